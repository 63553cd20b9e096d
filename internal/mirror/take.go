package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// most is how many payloads are asked for at once.
const most = 64

// payloads takes some payloads of a rank; false where none is left that this
// source may have.
func (p *pull) payloads(ctx context.Context, r Rank) (bool, error) {
	is := p.next(r)
	if len(is) == 0 {
		return false, nil
	}
	got := map[int64]map[int64]journal.Payload{}
	var large, held []int64
	answered := map[int64]bool{}
	err := p.from.Payloads(ctx, is, func(f Frame) error {
		if !slices.Contains(is, f.Index) {
			return fmt.Errorf("%s sends the payload of entry %d, which was not asked for", p.from.Name(), f.Index)
		}
		answered[f.Index] = true
		n := f.Index / record.Width
		switch f.State {
		case FrameHere:
			if got[n] == nil {
				got[n] = map[int64]journal.Payload{}
			}
			got[n][f.Index] = f.Payload
		case FrameLarge:
			large = append(large, f.Index)
		case FrameWithheld:
			held = append(held, f.Index)
		}
		return nil
	})
	if ferr := p.fill(got); ferr != nil {
		return false, ferr
	}
	for _, i := range held {
		if p.relay {
			continue // its own office may give it
		}
		if err := p.copy.Withhold(i); err != nil {
			return false, err
		}
		p.settled(i, true)
	}
	if err != nil {
		return false, err
	}
	for _, i := range large {
		if err := p.long(ctx, i); err != nil {
			return false, err
		}
	}
	for i := range answered { // what the source has not, it is not asked again in this pull
		p.passed[i] = true
	}
	return len(answered) > 0, nil
}

// next are the first payloads of a rank that are lacking and were not asked for in
// this pull.
func (p *pull) next(r Rank) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts[r] == 0 {
		return nil
	}
	var ns []int64
	for n, k := range p.lacks {
		if len(k.places[r]) > 0 {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	var out []int64
	for _, n := range ns {
		for _, i := range p.lacks[n].places[r] {
			if i < p.target.Size && !p.passed[i] {
				out = append(out, i)
			}
			if len(out) == most {
				return out
			}
		}
	}
	return out
}

// fill keeps payloads that came, by their bundles.
func (p *pull) fill(got map[int64]map[int64]journal.Payload) error {
	for n, ps := range got {
		err := p.copy.Fill(n, ps)
		if err != nil && !errors.Is(err, journal.ErrOtherPayload) {
			return err // a full disk, and no fault of whoever gave it
		}
		if err != nil {
			return errors.Join(err, p.alarm(Alarm{What: AlarmDamage, Index: n * record.Width, Says: fmt.Sprintf("%s gives a payload of %s that is not the one which the entry committed to: %v", p.from.Name(), p.peer.Origin, err)}))
		}
		for i := range ps {
			p.settled(i, false)
		}
	}
	return nil
}

// settled notes that a payload is here, or that it is not given to us.
func (p *pull) settled(i int64, withheld bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := i / record.Width
	if withheld {
		p.withheld[n]++
	}
	k := p.lacks[n]
	if k == nil {
		return
	}
	for r := range k.places {
		if at := slices.Index(k.places[r], i); at >= 0 {
			k.places[r] = slices.Delete(k.places[r], at, at+1)
			p.counts[r]--
		}
	}
	if k.empty() {
		delete(p.lacks, n)
	}
}

// long takes one payload that is too long to come with others, from where it broke
// off.
func (p *pull) long(ctx context.Context, i int64) error {
	f, err := os.OpenFile(filepath.Join(p.dir, partName, "payload-"+strconv.FormatInt(i, 10)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := p.from.Payload(ctx, i, f); err != nil {
		return err
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil { // whatever it was: if it does not fit it comes again
		return err
	}
	if len(b) < record.SaltSize {
		return fmt.Errorf("the payload of entry %d of %s was cut short", i, p.peer.Origin)
	}
	return p.fill(map[int64]map[int64]journal.Payload{i / record.Width: {i: {Salt: [record.SaltSize]byte(b), Bytes: b[record.SaltSize:]}}})
}

// file takes the next piece of a file; false where none is left that this source
// gives. Files that are longer than a piece wait until the short ones are here.
func (p *pull) file(ctx context.Context, r Rank) (bool, error) {
	which := int(r - SmallFiles)
	f, ok := p.nextFile(which)
	if !ok {
		return false, nil
	}
	blobs := p.copy.Blobs()
	upload := "mirror-" + f.hash.Hex()[:48]
	have, err := blobs.Held(upload)
	if err != nil {
		return false, err
	}
	b, whole, err := p.from.Blob(ctx, f.entry, f.hash, have)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNotGiven):
		p.none[f.hash] = true
		p.refuses(f)
		return true, nil
	case errors.Is(err, errRestart):
		return true, blobs.Discard(upload)
	case err != nil && len(b) == 0:
		return false, err
	}
	cut := err
	if len(b) > 0 {
		if have, err = blobs.Upload(ctx, upload, have, max(whole, have+int64(len(b))), bytes.NewReader(b)); err != nil {
			return false, err
		}
	}
	if cut != nil {
		return false, cut
	}
	if have < whole {
		if which == 0 {
			p.later(f, whole)
		}
		return true, nil
	}
	if whole == 0 {
		if _, err := blobs.Upload(ctx, upload, 0, 0, bytes.NewReader(nil)); err != nil {
			return false, err
		}
	}
	if _, err := blobs.Finish(upload, f.hash); err != nil {
		if !errors.Is(err, journal.ErrOtherHash) {
			return false, err
		}
		p.none[f.hash] = true
		p.refuses(f)
		return true, errors.Join(p.alarm(Alarm{What: AlarmDamage, Index: f.entry, Says: fmt.Sprintf("%s gives a file of entry %d of %s that is not the one which the entry names: %v", p.from.Name(), f.entry, p.peer.Origin, err)}))
	}
	p.dropFile(which, f)
	return true, nil
}

// refuses notes that a file cannot be had, so that entries do not wait for it: its own
// office does not give it, or there is no other way to it than this one.
func (p *pull) refuses(f file) {
	if p.relay && p.peer.URL != "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused[f.hash] = true
}

func (p *pull) nextFile(which int) (file, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var first file
	found := false
	for _, f := range p.files[which] {
		if p.none[f.hash] || f.entry >= p.held() {
			continue
		}
		if f.read { // entries wait for it
			return f, true
		}
		if !found {
			first, found = f, true
		}
	}
	return first, found
}

// later puts a file among the long ones.
func (p *pull) later(f file, size int64) {
	p.dropFile(0, f)
	p.mu.Lock()
	defer p.mu.Unlock()
	f.size = size
	p.files[1] = append(p.files[1], f)
}

func (p *pull) dropFile(which int, f file) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[which] = slices.DeleteFunc(p.files[which], func(x file) bool { return x.hash == f.hash })
}

// urgent takes hotline messages that stand further back than what is here: each
// comes with the proof that it is in the log.
func (p *pull) urgent(ctx context.Context) error {
	if p.target.Size/record.Width-p.held()/record.Width < 2 {
		return nil // they come in their turn
	}
	have, err := aheads(p.dir)
	if err != nil {
		return err
	}
	from := p.held()
	for n := from / record.Width; ; n++ { // bundles that came before their checkpoint
		if there, err := p.copy.HasBundle(n); err != nil || !there {
			from = max(from, n*record.Width)
			break
		}
	}
	if k := len(have); k > 0 {
		from = max(from, have[k-1]+1)
	}
	a, err := p.from.Urgent(ctx, from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(a.Messages) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return p.keepAhead(a)
}

// keepAhead checks messages that came ahead, and keeps them.
func (p *pull) keepAhead(a *Aheads) error {
	c, _, err := record.OpenCheckpoint(a.Checkpoint, p.peer.Origin, p.key)
	if err != nil {
		return err
	}
	if c != p.target {
		return nil // the log has grown in between: they are asked for with the next checkpoint
	}
	dir := filepath.Join(p.dir, aheadName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, m := range a.Messages {
		env, err := record.Decode(m.Entry)
		if err == nil {
			err = record.CheckInclusion(m.Path, c.Size, c.Root, m.Index, record.LeafHash(m.Entry))
		}
		if err == nil && len(m.Salt) == record.SaltSize {
			err = record.CheckPayload(env, [record.SaltSize]byte(m.Salt), m.Payload)
		} else if err == nil {
			err = errors.New("it has no salt")
		}
		if err != nil {
			return errors.Join(err, p.alarm(Alarm{What: AlarmDamage, Index: m.Index, Says: fmt.Sprintf("%s sends entry %d of %s ahead with a proof that does not hold", p.from.Name(), m.Index, p.peer.Origin)}))
		}
		b, err := json.Marshal(m)
		if err == nil {
			err = replace(filepath.Join(dir, aheadFile(m.Index)), b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func aheadFile(i int64) string { return fmt.Sprintf("%020d", i) }

// aheads lists the places of messages that came ahead.
func aheads(dir string) ([]int64, error) {
	es, err := os.ReadDir(filepath.Join(dir, aheadName))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	var out []int64
	for _, e := range es {
		if i, err := strconv.ParseInt(e.Name(), 10, 64); err == nil {
			out = append(out, i)
		}
	}
	return out, nil
}
