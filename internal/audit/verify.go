package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// Options say what an audit goes by.
type Options struct {
	// Key is the key that the log must have; nil takes the one that office.json
	// names, which proves nothing about who the office is.
	Key note.Verifier
	// Policy says whose cosignatures count; nil: nobody's.
	Policy *Policy
	// Known are checkpoints of this log that were kept, and Receipts those that
	// were given: this history must continue the ones and hold the others.
	Known, Receipts []Note
	// Collect are kinds of entries that are returned with their payloads.
	Collect map[string]bool
	// Now is what receipts are held against.
	Now time.Time
	// Progress is called with how many entries have been checked.
	Progress func(done, total int64)
}

// Note is a signed note in a file.
type Note struct {
	Name  string
	Bytes []byte
}

// Unreadable means that there is nothing that could be checked.
type Unreadable struct{ What string }

func (u *Unreadable) Error() string { return u.What }

// VerifyDir checks a data directory, or a copy of the public part of a log.
// Problems are in the report; the error means that it could not go on.
func VerifyDir(ctx context.Context, dir string, o Options) (*Report, []Item, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, nil, &Unreadable{fmt.Sprintf("%s: no such folder", dir)}
	}
	a := newAuditor(o)
	a.dir = Dir(dir)
	a.log = below{a.dir, "log/"}
	a.below = "log/"
	if _, err := os.Stat(a.dir.path("log")); err != nil { // tiles without an office
		a.log, a.below = a.dir, ""
	} else {
		a.private = true
	}
	return a.run(ctx)
}

// VerifyWeb checks a log that is served as static files.
func VerifyWeb(ctx context.Context, base string, o Options) (*Report, []Item, error) {
	w, err := NewWeb(base)
	if err != nil {
		return nil, nil, &Unreadable{err.Error()}
	}
	a := newAuditor(o)
	a.log = w
	return a.run(ctx)
}

func newAuditor(o Options) *auditor {
	return &auditor{o: o, r: &Report{Kinds: map[string]int64{}, Problems: []Problem{}}, last: map[record.KeyID]record.Hash{}, erased: map[string]bool{},
		blobs: map[record.Hash]*blobUse{}, keys: map[record.KeyID]ed25519.PublicKey{}, served: map[int64]PublicKey{}, waiting: map[int64]record.Hash{}}
}

func (a *auditor) run(ctx context.Context) (*Report, []Item, error) {
	for _, step := range []func(context.Context) error{a.office, a.checkpoints, a.notes, a.keysFile, a.open, a.walk, a.upper, a.store} {
		if err := step(ctx); err != nil {
			var u *Unreadable
			if errors.As(err, &u) && len(a.r.Problems) > 0 {
				break // what is wrong was said
			}
			return a.r, nil, err
		}
	}
	a.finish()
	a.r.Sort()
	return a.r, a.items, nil
}

// office reads whose log it is.
func (a *auditor) office(ctx context.Context) error {
	var named note.Verifier
	if a.private {
		b, err := a.dir.Read(ctx, "office.json", maxNote)
		if err == nil {
			named, err = readOffice(b)
		}
		if err != nil && (a.o.Key == nil || !errors.Is(err, fs.ErrNotExist)) {
			a.r.Add(problem(OfOffice, "office.json", 0, "%v", err))
		}
	}
	switch {
	case a.o.Key != nil:
		a.key = a.o.Key
	case named != nil:
		a.key = named
	case a.o.Policy != nil && len(a.o.Policy.Logs) == 1:
		a.key = a.o.Policy.Logs[0]
	default:
		return &Unreadable{"the key of the log is not known: give it with --key"}
	}
	if named != nil && (named.Name() != a.key.Name() || named.KeyHash() != a.key.KeyHash()) {
		a.r.Add(problem(OfOffice, "office.json", 0, "names another key than the one that was given"))
	}
	a.r.Origin, a.r.Key = a.key.Name(), fmt.Sprintf("%08x", a.key.KeyHash())
	if a.private {
		return a.logKey(ctx)
	}
	return nil
}

// readOffice reads office.json, which has one encoding.
func readOffice(b []byte) (note.Verifier, error) {
	var o struct {
		Origin string `json:"origin"`
		Key    string `json:"key"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, errors.New("is not what was written: expected the origin and the key of the log")
	}
	again, err := json.MarshalIndent(o, "", "  ")
	if err != nil || !bytes.Equal(append(again, '\n'), b) {
		return nil, errors.New("is not what was written: expected the origin and the key of the log")
	}
	v, err := LogVerifier(o.Key)
	if err != nil || v.Name() != o.Origin {
		return nil, errors.New("is not what was written: the key is not one of the origin")
	}
	return v, nil
}

// checkpoints reads the one that everything is held against: the last that was
// signed, or what is shown.
func (a *auditor) checkpoints(ctx context.Context) error {
	names := []string{"checkpoint"}
	source := a.log
	if a.private {
		names, source = []string{"signed", "log/checkpoint"}, a.dir
	}
	found := false
	for _, name := range names {
		b, err := source.Read(ctx, name, maxNote)
		if errors.Is(err, fs.ErrNotExist) && name == "log/checkpoint" && found {
			a.r.skipped("log/checkpoint: is not here yet")
			continue
		}
		if err != nil {
			if !a.private {
				return &Unreadable{fmt.Sprintf("%s: %v", name, err)}
			}
			if name == "signed" && a.mirror() && errors.Is(err, fs.ErrNotExist) {
				continue // a copy of another office's log shows what that signed
			}
			a.r.Add(lost(OfCheckpoint, name, err))
			continue
		}
		c, ok := a.note(name, b, OfCheckpoint)
		if !ok {
			continue
		}
		if !found || c.Size > a.cp.Size {
			a.cp = c
		}
		if found { // the other one is of the same history, or this is a fork
			a.earlier = append(a.earlier, earlier{name, b, c})
		} else if name == "signed" {
			a.earlier = append(a.earlier, earlier{name, b, c})
		}
		found = true
	}
	if !found {
		return &Unreadable{"no checkpoint that the key of the log signed can be read"}
	}
	a.r.Checkpoint, a.r.Size, a.r.Root = a.cp, a.cp.Size, a.cp.Root.String()
	return nil
}

// mirror reports whether what is checked is a copy that nobody can write to in the
// name of its office.
func (a *auditor) mirror() bool {
	_, err := os.Stat(a.dir.path("log.key"))
	return errors.Is(err, fs.ErrNotExist)
}

// note reads a checkpoint and counts who has cosigned it.
func (a *auditor) note(name string, signed []byte, about string) (record.Checkpoint, bool) {
	c, _, err := openCheckpoint(signed, a.key)
	if err != nil {
		a.r.Add(problem(about, name, 0, "%v", err))
		return c, false
	}
	counted := 1 // the log's own
	for _, w := range a.o.Policy.witnesses() {
		_, sigs, err := openCheckpoint(signed, a.key, w.Key)
		switch {
		case err != nil:
			a.r.Add(problem(OfCosignature, name, 0, "the cosignature of %s does not fit", w.Name))
		case len(sigs) > 0:
			a.cosigned(w.Name, c.Size)
			counted++
		}
	}
	if lines := bytes.Count(signed[bytes.Index(signed, []byte("\n\n"))+2:], []byte("\n")); lines > counted {
		a.r.skipped("cosignatures of keys that no policy names (--policy)")
	}
	return c, true
}

func (p *Policy) witnesses() []PolicyWitness {
	if p == nil {
		return nil
	}
	return p.Witnesses
}

func (a *auditor) cosigned(witness string, size int64) {
	for i := range a.r.Cosigned {
		if a.r.Cosigned[i].Witness == witness {
			a.r.Cosigned[i].Size = max(a.r.Cosigned[i].Size, size)
			return
		}
	}
	a.r.Cosigned = append(a.r.Cosigned, Cosigned{witness, size})
}

// notes reads checkpoints and receipts that were kept.
func (a *auditor) notes(ctx context.Context) error {
	known, receipts := a.o.Known, a.o.Receipts
	if a.private {
		for _, d := range []string{"known", "cosigned", "receipts"} {
			more, err := a.folder(ctx, d)
			if err != nil {
				return err
			}
			if d == "receipts" {
				receipts = append(receipts, more...)
			} else {
				known = append(known, more...)
			}
		}
	}
	for _, n := range known {
		if c, ok := a.note(n.Name, n.Bytes, OfCheckpoint); ok {
			a.earlier = append(a.earlier, earlier{n.Name, n.Bytes, c})
		}
	}
	for _, n := range receipts {
		a.addReceipt(n.Name, n.Bytes)
	}
	slices.SortStableFunc(a.earlier, func(x, y earlier) int { return cmp.Compare(x.Size, y.Size) })
	a.sortReceipts()
	for len(a.earlier) > 0 && a.earlier[0].Size == 0 {
		a.continues(a.earlier[0], record.RootOf(nil))
		a.earlier = a.earlier[1:]
	}
	return nil
}

// folder reads the notes in a folder.
func (a *auditor) folder(ctx context.Context, dir string) ([]Note, error) {
	names, err := a.dir.list(dir)
	if err != nil {
		return nil, err
	}
	var out []Note
	for _, n := range names {
		if strings.HasSuffix(n, ".new") || strings.HasPrefix(n, ".") || strings.HasSuffix(n, "/") {
			a.r.skipped("%s/%s: not part of the record", dir, n)
			continue
		}
		b, err := a.dir.Read(ctx, dir+"/"+n, maxNote)
		if err != nil {
			return nil, err
		}
		out = append(out, Note{dir + "/" + n, b})
	}
	return out, nil
}

// keysFile reads the payloads of keys that the log serves.
func (a *auditor) keysFile(ctx context.Context) error {
	b, err := a.log.Read(ctx, "keys", 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := ReadKeys(b)
	if err != nil {
		a.r.Add(problem(OfKey, a.below+"keys", 0, "%v", err))
	}
	for _, k := range keys {
		a.served[k.Index] = k
	}
	return nil
}

// ReadKeys reads the file "keys": one JSON object a line.
func ReadKeys(b []byte) ([]PublicKey, error) {
	var out []PublicKey
	for line := range bytes.Lines(b) {
		var k PublicKey
		err := json.Unmarshal(line, &k)
		again, _ := json.Marshal(k)
		if err != nil || !bytes.Equal(append(again, '\n'), line) {
			return out, fmt.Errorf("line %d is not what was written", len(out)+1)
		}
		if k.Index < 0 || len(out) > 0 && k.Index <= out[len(out)-1].Index {
			return out, fmt.Errorf("line %d is not in the order of the log", len(out)+1)
		}
		out = append(out, k)
	}
	return out, nil
}

// open makes room, and opens the index.
func (a *auditor) open(context.Context) error {
	a.ids = make([]idAt, 0, min(a.cp.Size, 1<<24))
	if !a.private {
		return nil
	}
	f, err := os.Open(a.dir.path("index"))
	if errors.Is(err, fs.ErrNotExist) {
		if a.cp.Size > 0 {
			a.r.Add(problem(OfStore, "index", 0, "is missing; opening the record makes it anew"))
		}
		return nil
	}
	a.indexFile = f
	return err
}

// store checks the office's own files.
func (a *auditor) store(ctx context.Context) error {
	if !a.private {
		a.r.skipped("payloads and blobs: only the log itself is served")
		return nil
	}
	if a.indexFile != nil {
		a.indexFile.Close()
	}
	if err := a.wal(ctx); err != nil {
		return err
	}
	if err := a.checkBlobs(ctx); err != nil {
		return err
	}
	return a.others()
}
