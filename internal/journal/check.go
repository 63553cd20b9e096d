package journal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// CheckOptions are what a data directory is expected to have.
type CheckOptions struct {
	// Mirror is a copy of log/ with office.json: payloads, index, WAL and blobs are
	// checked where they are there and not missed where they are not. Without the
	// payloads of the entries that introduce keys, signatures of authors cannot be
	// checked.
	Mirror bool
}

// Check reads everything in a data directory and reports each thing that is not
// as it was written, with the file and the entries that it touches. It changes
// nothing. An error means that it could not go on.
//
// It proves: every bundle and tile by the root that the log signed, every payload
// by its commitment, every author's signature by the key as it stood at that
// place, the index by the entries, the WAL by its sums, blobs by their names.
func Check(ctx context.Context, w World, o CheckOptions, report func(*Damage)) error {
	told := map[string]bool{}
	c := &checker{w: w, o: o, report: func(d *Damage) { // what several steps meet is said once
		key := fmt.Sprint(d.File, d.HasEntries, d.Entries)
		if !told[key] {
			told[key] = true
			report(d)
		}
	}}
	return c.run(ctx)
}

type checker struct {
	w      World
	o      CheckOptions
	report func(*Damage)
	r      *Reader
	ring   *record.KeyRing
	verify record.Verifier
	erased map[string]bool
	zeros  []zeros
	// unread is set once the payload of a key could not be read: then a key that
	// is not known says nothing about the entry that it signed.
	unread bool
}

// zeros is a payload that was destroyed; whether an entry says so is known at
// the end.
type zeros struct {
	id string
	d  *Damage
}

// say reports damage, and returns other errors.
func (c *checker) say(err error) error {
	var d *Damage
	if errors.As(err, &d) {
		c.report(d)
		return nil
	}
	return err
}

func (c *checker) run(ctx context.Context) error {
	r, ds, err := OpenReader(c.w)
	for _, d := range ds {
		c.report(d)
	}
	if err != nil {
		return c.say(err)
	}
	c.r, c.erased = r, map[string]bool{}
	c.verify.Key = func(id record.KeyID) (ed25519.PublicKey, bool) {
		if c.ring == nil {
			return nil, false
		}
		return c.ring.Key(id)
	}
	for _, step := range []func(context.Context) error{c.keyFile, c.shown, c.entries, c.tiles, c.wal, c.blobs} {
		if err := c.say(step(ctx)); err != nil {
			return err
		}
	}
	for _, z := range c.zeros {
		if !c.erased[z.id] {
			c.report(z.d)
		}
	}
	return nil
}

func (c *checker) keyFile(context.Context) error {
	b, err := c.w.read("log.key")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a mirror has none
	}
	if err != nil {
		return err
	}
	o, _, _, err := readLogKey(b)
	if err == nil && o != c.r.Office {
		err = damaged("log.key", 0, "is not the key that office.json names")
	}
	return err
}

func (c *checker) shown(context.Context) error {
	b, err := c.w.read("log/checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p, _, err := record.OpenCheckpoint(b, c.r.Office.Origin, c.r.key)
	if err != nil {
		return damaged("log/checkpoint", 0, "%v", err)
	}
	if root, err := c.r.RootAt(min(p.Size, c.r.Size())); err != nil || p.Size > c.r.Size() || root != p.Root {
		return damaged("log/checkpoint", 0, "is of another history than the tiles, or of more entries")
	}
	return nil
}

// part is a bundle that was read, with all that can be said of it by itself.
type part struct {
	b        *bundle
	payloads [][]byte // nil where one could not be read
	damage   []*Damage
	zeros    []zeros
	err      error
}

// entries goes through bundles, with payloads, index and signatures. They are
// read by as many goroutines as there are processors, and taken in their order,
// since keys are valid from one place to another.
func (c *checker) entries(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bundles := (c.r.Size() + record.Width - 1) / record.Width
	workers := runtime.GOMAXPROCS(0)
	ahead := make(chan chan *part, 4*workers)
	go func() {
		defer close(ahead)
		busy := make(chan struct{}, workers)
		for n := range bundles {
			done := make(chan *part, 1)
			select {
			case ahead <- done:
			case <-ctx.Done():
				return
			}
			busy <- struct{}{}
			go func() {
				done <- c.part(n)
				<-busy
			}()
		}
	}()
	for done := range ahead {
		p := <-done
		for _, d := range p.damage {
			c.report(d)
		}
		c.zeros = append(c.zeros, p.zeros...)
		if p.err != nil {
			return p.err
		}
		if p.b == nil {
			continue
		}
		for k, e := range p.b.entries {
			c.signature(e, p.payloads[k])
		}
	}
	return ctx.Err()
}

// part reads a bundle and what stands beside it.
func (c *checker) part(n int64) *part {
	p := &part{}
	b, err := c.r.decode(n)
	var d *Damage
	if errors.As(err, &d) {
		p.damage = append(p.damage, d)
		return p
	}
	if err != nil {
		p.err = err
		return p
	}
	p.b, p.payloads = b, make([][]byte, len(b.entries))
	if p.err = c.segment(p); p.err == nil {
		p.err = c.indexed(p)
	}
	return p
}

func (p *part) say(d *Damage) { p.damage = append(p.damage, d) }

// segment checks the payloads of a bundle.
func (c *checker) segment(p *part) error {
	first, last := p.b.entries[0], p.b.entries[len(p.b.entries)-1]
	name := segmentName(p.b.n)
	segment, err := c.w.read(name)
	if errors.Is(err, fs.ErrNotExist) && c.o.Mirror {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		p.say(damaged(name, 0, "is missing").touching(first.Index, last.Index))
		return nil
	}
	if err != nil {
		return err
	}
	if end := p.b.at[len(p.b.at)-1] + payloadSpan(last.Envelope); len(p.b.entries) == record.Width && int64(len(segment)) > end {
		p.say(damaged(name, end, "has bytes after its last payload"))
	}
	for k, e := range p.b.entries {
		p.payloads[k] = c.payload(p, name, segment, p.b.at[k], e)
	}
	return nil
}

// indexed checks the index of the entries of a bundle.
func (c *checker) indexed(p *part) error {
	b := make([]byte, len(p.b.entries)*indexRecord)
	n, err := 0, error(nil)
	if f, oerr := c.w.FS.OpenFile(indexName, 0, 0); oerr == nil {
		n, err = f.ReadAt(b, p.b.n*record.Width*indexRecord)
		f.Close()
	} else if !errors.Is(oerr, fs.ErrNotExist) {
		return oerr
	} else if c.o.Mirror {
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for k, e := range p.b.entries {
		if (k+1)*indexRecord > n || !c.sameIndex(b[k*indexRecord:(k+1)*indexRecord], e) {
			p.say(damaged(indexName, e.Index*indexRecord, "does not say what the entry says").touching(e.Index, e.Index))
		}
	}
	return nil
}

// payload checks one payload and returns it.
func (c *checker) payload(part *part, name string, segment []byte, at int64, e Entry) []byte {
	end := at + payloadSpan(e.Envelope)
	if int64(len(segment)) < end {
		part.say(damaged(name, int64(len(segment)), "ends before the payload of entry %d does", e.Index).touching(e.Index, e.Index))
		return nil
	}
	p, _, err := checkPayloadRecord(e.Envelope, segment[at:end])
	switch {
	case errors.Is(err, record.ErrErased):
		d := c.r.unexplained(e.Index)
		d.Offset = at
		part.zeros = append(part.zeros, zeros{e.Envelope.ID, d})
		return nil
	case err != nil:
		part.say(damaged(name, at, "%v", err).touching(e.Index, e.Index))
		return nil
	}
	return p
}

// signature checks that the author signed, by a key that could, and takes keys
// and erasures into account.
func (c *checker) signature(e Entry, payload []byte) {
	name := tileName(-1, e.Index/record.Width, int(min(c.r.Size()-e.Index/record.Width*record.Width, record.Width)))
	bad := func(err error) {
		if err != nil {
			c.report(damaged(name, 0, "%v", err).touching(e.Index, e.Index))
		}
	}
	if c.ring == nil && e.Index == 0 && payload != nil {
		var err error
		c.ring, err = record.First(e.Envelope, payload)
		bad(err)
	}
	if c.ring == nil {
		return // the first key could not be read, which was reported
	}
	switch err := c.ring.Usable(e.Envelope.Author, e.Index); {
	case errors.Is(err, record.ErrUnknownKey) && c.unread:
	case err != nil:
		bad(err)
		return
	default:
		bad(c.verify.Verify(e.Envelope))
	}
	switch e.Envelope.Kind {
	case record.KindKey, record.KindRevoke:
		if payload == nil {
			c.unread = true
			return
		}
		bad(c.ring.Apply(e.Index, e.Envelope, payload))
	case record.KindErasure:
		for _, ref := range e.Envelope.Refs {
			c.erased[ref.ID] = c.erased[ref.ID] || ref.Relation == record.Erases
		}
	}
}

func (c *checker) sameIndex(b []byte, e Entry) bool {
	x, ok := readIndexEntry(b, e.Index)
	it := item{env: e.Envelope, accepted: x.accepted}
	it.id, _ = record.IDBytes(e.Envelope.ID)
	return ok && x == indexOf(&it)
}

// tiles checks partial tiles: reading the entries did not need them, but others
// may still ask for them.
func (c *checker) tiles(ctx context.Context) error {
	for level := -1; level < len(c.r.edge.levels); level++ {
		shift := record.TileHeight * max(level, 0)
		for n := int64(0); n*record.Width < c.r.Size()>>shift; n++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.partials(level, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) partials(level int, n int64) error {
	dir := tileName(level, n, record.Width) + ".p"
	parts, err := c.w.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	hashes, err := c.r.tile(max(level, 0), n)
	if err != nil {
		return c.say(err)
	}
	for _, p := range parts {
		width, err := strconv.Atoi(p)
		if err != nil || width > len(hashes) {
			continue // of an attempt that was interrupted
		}
		b, err := c.w.read(dir + "/" + p)
		if err != nil {
			return err
		}
		if d := sameTile(dir+"/"+p, level, n, b, hashes[:width]); d != nil {
			c.report(d)
		}
	}
	return nil
}

// sameTile compares one file of a tile, or of a bundle, with its proved hashes.
func sameTile(name string, level int, n int64, b []byte, hashes []tlog.Hash) *Damage {
	if level < 0 {
		entries, d := checkBundle(name, n, b, hashes)
		if d == nil {
			d = overlong(name, n, b, entries)
		}
		return d
	}
	want := flat(hashes)
	if bytes.Equal(b, want) {
		return nil
	}
	at := 0
	for at < len(b) && at < len(want) && b[at] == want[at] {
		at++
	}
	at -= at % tlog.HashSize
	shift := record.TileHeight * level
	first := (n*record.Width + int64(at/tlog.HashSize)) << shift
	return damaged(name, int64(at), "holds another hash than the one that is proved").touching(first, first+1<<shift-1)
}

// wal checks the frames of the WAL.
func (c *checker) wal(context.Context) error {
	names, err := c.w.walNames()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && c.o.Mirror {
			return nil
		}
		return err
	}
	next := int64(-1)
	for i, name := range names {
		b, err := c.w.read("wal/" + name)
		if err != nil {
			return err
		}
		first := walFirst(name)
		if i > 0 && first != next {
			c.report(damaged("wal/"+name, 0, "does not follow the file before it"))
		}
		if next = c.frames("wal/"+name, b, first); next < 0 {
			return nil
		}
	}
	if len(names) == 0 || walFirst(names[0]) > c.r.Size() || next < c.r.Size() {
		return damaged(walName(c.r.Size()), 0, "is missing or cut short: entries from %d on may have been in it", max(next, 0))
	}
	return nil
}

// frames checks the frames of one file and returns the index that follows, or -1.
func (c *checker) frames(name string, b []byte, next int64) int64 {
	for at := int64(0); at < int64(len(b)) || at == 0; {
		f, bit, err := readFrame(b[at:])
		if err != nil {
			c.report(damaged(name, at, "%v", err).touching(next, next))
			return -1
		}
		if bit >= 0 {
			c.report(damaged(name, at+bit/8, "bit %d has flipped; opening the record puts it right", bit%8).touching(f.first, f.first+int64(max(f.count, 1))-1))
		}
		if f.first != next {
			c.report(damaged(name, at, "a frame that does not follow the one before it").touching(next, next))
			return -1
		}
		next += int64(f.count)
		at += int64(f.length)
	}
	return next
}

// blobs hashes every blob.
func (c *checker) blobs(ctx context.Context) error {
	dirs, err := c.w.FS.ReadDir("blob")
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, d := range dirs {
		if len(d) != 2 || strings.Trim(d, "0123456789abcdef") != "" {
			continue
		}
		names, err := c.w.FS.ReadDir("blob/" + d)
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.blob("blob/"+d+"/"+n, d+n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) blob(name, want string) error {
	f, err := c.w.FS.OpenFile(name, 0, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		c.report(damaged(name, 0, "holds bytes with the hash %s", got))
	}
	return nil
}
