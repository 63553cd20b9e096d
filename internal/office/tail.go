package office

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

func names(m map[string][]byte) []string { return slices.Sorted(maps.Keys(m)) }

// replaceSecret writes a file that only its owner reads.
func replaceSecret(name string, b []byte) error {
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		return err
	}
	f, err := os.Open(name + ".new")
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	return err
}

// tailName is the file with entries of a log that lost its tenure, below a folder
// that has their files too.
const tailName = "entries.jsonl"

// tailed is an entry on its way from a machine that lost its tenure.
type tailed struct {
	Origin  string `json:"origin"`
	Index   int64  `json:"index"` // its place there, as receipts name it
	Entry   []byte `json:"entry"` // as its author signed it
	Salt    []byte `json:"salt,omitempty"`
	Payload []byte `json:"payload,omitempty"`
	Absent  bool   `json:"absent,omitempty"`
}

// Tail is what TailOut wrote.
type Tail struct {
	Origin string `json:"origin"`
	From   int64  `json:"from"`
	Size   int64  `json:"size"` // entries that the record has acknowledged
	Files  int    `json:"files"`
}

// errSome ends a look at whether there are entries.
var errSome = errors.New("there are some")

// TailOut writes what a record has acknowledged from a place on into a new folder,
// with the files, so that it can be handed in at the machine that writes the log now.
// It changes nothing in the record and signs nothing.
func TailOut(ctx context.Context, dir string, from int64, out string) (*Tail, error) {
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(out, tailName)); err == nil {
		return nil, fmt.Errorf("%s holds entries that were written out before: expected a new folder", out)
	}
	// Before a folder is made: a place after the end is a mistake.
	size, err := journal.Acknowledged(journal.RealWorld(dir), from, func(journal.Kept) error { return errSome })
	if err != nil && !errors.Is(err, errSome) || err == nil && from > size {
		return &Tail{Origin: r.Office.Origin, From: from, Size: size}, err
	}
	if err := os.MkdirAll(filepath.Join(out, "blob"), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(out, tailName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	t := &Tail{Origin: r.Office.Origin, From: from}
	files := journal.OpenBlobs(journal.RealWorld(out))
	t.Size, err = journal.Acknowledged(journal.RealWorld(dir), from, func(k journal.Kept) error {
		x := tailed{Origin: r.Office.Origin, Index: k.Index, Entry: k.Bytes, Absent: k.Absent}
		if !k.Absent && k.Envelope.Payload != (record.Hash{}) {
			x.Salt, x.Payload = k.Payload.Salt[:], k.Payload.Bytes
		}
		for _, h := range k.Envelope.Blobs {
			if _, err := r.Blobs().Stat(h); err == nil {
				t.Files++
			}
			if err := copyBlob(ctx, r.Blobs(), files, h); err != nil {
				return err
			}
		}
		return enc.Encode(x)
	})
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return t, err
}

// HandedIn is what became of one entry that was handed in again.
type HandedIn struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Was   int64  `json:"was"` // place that its receipt names
	Now   int64  `json:"now"` // place in this log; -1: not taken
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
}

// States of entries that were handed in.
const (
	HandedTaken   = "taken"
	HandedHeld    = "held already" // at the place that its receipt names, or handed in before
	HandedLeft    = "left out"     // a note of that machine about itself
	HandedRefused = "refused"
)

// ofMachine are kinds of entries that a machine writes about itself.
var ofMachine = map[string]bool{record.KindClock: true, record.KindMirror: true, record.KindTenure: true}

// TailIn hands in what another machine of the same log had acknowledged. Entries are
// taken as their authors signed them, in their order; each gets a new place, since
// its old one was given to something else. What is not taken says why, and stays in
// the folder.
func (o *Office) TailIn(ctx context.Context, dir string) ([]HandedIn, error) {
	f, err := os.Open(filepath.Join(dir, tailName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	files := journal.OpenBlobs(journal.RealWorld(dir))
	dec := json.NewDecoder(bufio.NewReader(f))
	var out []HandedIn
	keys := false
	for dec.More() {
		var x tailed
		if err := dec.Decode(&x); err != nil {
			return out, fmt.Errorf("%s, after %d entries: %w", tailName, len(out), err)
		}
		if x.Origin != o.Log.Office().Origin {
			return out, fmt.Errorf("entry %d is one of %s, not of %s", x.Index, x.Origin, o.Log.Office().Origin)
		}
		h, err := o.handIn(ctx, x, files)
		if err != nil {
			return out, err
		}
		keys = keys || h.State == HandedTaken && (h.Kind == record.KindKey || h.Kind == record.KindRevoke)
		out = append(out, h)
	}
	if keys { // the payloads of keys are served beside the log
		if err := o.Log.Integrate(ctx); err != nil {
			return out, err
		}
		if err := os.Remove(filepath.Join(o.Dir, filepath.FromSlash(keysName))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
		return out, o.serveKeys()
	}
	return out, nil
}

func (o *Office) handIn(ctx context.Context, x tailed, files journal.Blobs) (HandedIn, error) {
	e, err := record.Decode(x.Entry)
	if err != nil {
		return HandedIn{}, fmt.Errorf("entry %d: %w", x.Index, err)
	}
	h := HandedIn{ID: e.ID, Kind: e.Kind, Was: x.Index, Now: -1}
	if at, there := o.Log.Find(e.ID); there {
		h.Now, h.State = at, HandedHeld
		return h, o.complete(ctx, at, e, x, files)
	}
	if ofMachine[e.Kind] {
		h.State = HandedLeft
		return h, nil
	}
	if x.Absent {
		h.State, h.Why = HandedRefused, "its payload is not here: it was erased, or had never come"
		return h, nil
	}
	p := journal.Payload{Bytes: x.Payload}
	copy(p.Salt[:], x.Salt)
	for _, b := range e.Blobs {
		if err := copyBlob(ctx, files, o.Log.Blobs(), b); err != nil {
			return h, err
		}
	}
	ack, err := o.append(ctx, []*record.Envelope{e}, []journal.Payload{p}, o.receipts())
	if errors.Is(err, journal.ErrStopped) || errors.Is(err, journal.ErrFull) || errors.Is(err, journal.ErrClosed) {
		return h, err
	}
	if err != nil {
		h.State, h.Why = HandedRefused, err.Error()
		return h, nil
	}
	h.Now, h.State = ack.Index, HandedTaken
	return h, nil
}

// complete takes what an entry that is held lacks: its files, and its payload.
func (o *Office) complete(ctx context.Context, at int64, e *record.Envelope, x tailed, files journal.Blobs) error {
	for _, b := range e.Blobs {
		if err := copyBlob(ctx, files, o.Log.Blobs(), b); err != nil {
			return err
		}
	}
	r := o.Log.Reader()
	if x.Absent || x.Salt == nil || at >= r.Size() {
		return nil
	}
	if _, err := r.Payload(at); !errors.Is(err, record.ErrAbsent) {
		return nil
	}
	return o.Log.Fill(at, journal.Payload{Salt: [record.SaltSize]byte(x.Salt), Bytes: x.Payload})
}
