package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// Reader reads a log as it was at one checkpoint. All that it returns is proved
// by the root that the log signed; what does not fit is a *Damage with the name
// of the file. A Reader may be used by several goroutines.
type Reader struct {
	Office     Office
	Checkpoint record.Checkpoint
	Signed     []byte // the checkpoint, as the log signed it

	w     World
	key   note.Verifier
	edge  *edge
	cache *tileCache

	once  sync.Once
	known knowledge // made when it is needed first
	err   error

	mu   sync.Mutex
	last *bundle // that was read
}

// bundle is a bundle that was read and decoded.
type bundle struct {
	n       int64
	entries []Entry
	at      []int64 // where the record of each entry begins in the segment
}

// Entry is an entry at its place.
type Entry struct {
	Index    int64
	Bytes    []byte // the leaf
	Envelope *record.Envelope
}

// Leaf is the hash of the entry as a leaf of the tree.
func (e Entry) Leaf() record.Hash { return record.LeafHash(e.Bytes) }

// OpenReader opens the record in a folder for reading, as its last signed
// checkpoint says. It needs no lock and no key, and it also opens a record that
// Open refuses; damaged says what of the newest tiles was wrong and had to be
// computed anew from what is below them.
func OpenReader(w World) (r *Reader, damage []*Damage, err error) {
	office, key, err := w.readOffice()
	if err != nil {
		return nil, nil, err
	}
	signed, err := w.read("signed")
	var c record.Checkpoint
	if err == nil {
		c, _, err = record.OpenCheckpoint(signed, office.Origin, key)
	}
	if err != nil { // what was shown serves as well, and is all that a mirror has
		if mine, kerr := w.exists("log.key"); mine || kerr != nil || !errors.Is(err, fs.ErrNotExist) {
			damage = append(damage, damaged("signed", 0, "%v", err))
		}
		if signed, err = w.read("log/checkpoint"); err == nil {
			c, _, err = record.OpenCheckpoint(signed, office.Origin, key)
		}
		if err != nil {
			return nil, damage, fmt.Errorf("no checkpoint that the key of %s signed can be read: %w", office.Origin, err)
		}
	}
	e, d, err := w.loadEdge(c)
	if err != nil {
		return nil, damage, err
	}
	if d != nil {
		damage = append(damage, d)
	}
	return newReader(w, office, key, c, signed, e, newTileCache()), damage, nil
}

func newReader(w World, office Office, key note.Verifier, c record.Checkpoint, signed []byte, e *edge, cache *tileCache) *Reader {
	return &Reader{Office: office, Checkpoint: c, Signed: signed, w: w, key: key, edge: e, cache: cache}
}

// Size is how many entries the checkpoint has.
func (r *Reader) Size() int64 { return r.Checkpoint.Size }

// Verifier is the public key of the log.
func (r *Reader) Verifier() note.Verifier { return r.key }

func (r *Reader) inside(i int64) error {
	if i < 0 || i >= r.Size() {
		return fmt.Errorf("no entry %d in a log of %d", i, r.Size())
	}
	return nil
}

// load reads and decodes a bundle.
func (r *Reader) load(n int64) (*bundle, error) {
	r.mu.Lock()
	b := r.last
	r.mu.Unlock()
	if b != nil && b.n == n {
		return b, nil
	}
	b, err := r.decode(n)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.last = b
	r.mu.Unlock()
	return b, nil
}

// decode reads and decodes a bundle anew.
func (r *Reader) decode(n int64) (*bundle, error) {
	raw, err := r.bundle(n)
	if err != nil {
		return nil, err
	}
	b := &bundle{n: n}
	at := int64(0)
	for k, e := range raw {
		i := n*record.Width + int64(k)
		env, err := record.Decode(e)
		if err != nil {
			return nil, damaged(tileName(-1, n, len(raw)), 0, "the tree has something here that is no entry: %v", err).touching(i, i)
		}
		b.entries = append(b.entries, Entry{i, e, env})
		b.at = append(b.at, at)
		at += payloadSpan(env)
	}
	return b, nil
}

// Entry reads an entry.
func (r *Reader) Entry(i int64) (Entry, error) {
	if err := r.inside(i); err != nil {
		return Entry{}, err
	}
	b, err := r.load(i / record.Width)
	if err != nil {
		return Entry{}, err
	}
	return b.entries[i%record.Width], nil
}

// Payload reads the payload of an entry with its salt; an entry may have none.
// It returns record.ErrErased where the payload was destroyed and an entry says
// so, record.ErrAbsent where it is not here.
func (r *Reader) Payload(i int64) (Payload, error) {
	p, err := r.payload(i)
	if !errors.Is(err, record.ErrErased) {
		return p, err
	}
	e, err := r.Entry(i)
	if err != nil {
		return p, err
	}
	erased, err := r.Erased(e.Envelope.ID)
	if err != nil {
		return p, err
	}
	if !erased {
		return p, r.unexplained(i)
	}
	return p, fmt.Errorf("entry %d: %w", i, record.ErrErased)
}

func (r *Reader) unexplained(i int64) *Damage {
	return damaged(segmentName(i/record.Width), 0, "the payload is zeros, and no entry says that it was erased").touching(i, i)
}

// payload reads a payload; it does not ask whether its erasure was recorded.
func (r *Reader) payload(i int64) (Payload, error) {
	if err := r.inside(i); err != nil {
		return Payload{}, err
	}
	b, err := r.load(i / record.Width)
	if err != nil {
		return Payload{}, err
	}
	k := i % record.Width
	name, at := segmentName(b.n), b.at[k]
	raw, err := r.w.readSpan(name, at, payloadSpan(b.entries[k].Envelope))
	var d *Damage
	if errors.As(err, &d) {
		return Payload{}, d.touching(i, i)
	}
	if err != nil {
		return Payload{}, err
	}
	bytes, salt, err := checkPayloadRecord(b.entries[k].Envelope, raw)
	if errors.Is(err, errPayload) {
		return Payload{}, damaged(name, at, "%v", err).touching(i, i)
	}
	return Payload{Salt: salt, Bytes: bytes}, err
}

// Range goes through the entries from one up to, and not including, another. It
// ends at the first that cannot be read.
func (r *Reader) Range(from, to int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i := max(from, 0); i < min(to, r.Size()); i++ {
			e, err := r.Entry(i)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Path is the proof that an entry is in the log of the checkpoint.
func (r *Reader) Path(i int64) ([]record.Hash, error) {
	if err := r.inside(i); err != nil {
		return nil, err
	}
	p, err := tlog.ProveRecord(r.Size(), i, hashReader{r})
	return fromTlog(p), err
}

// Proof is the .tlog-proof of an entry, by the checkpoint as the log signed it.
func (r *Reader) Proof(i int64) ([]byte, error) {
	p, err := r.Path(i)
	if err != nil {
		return nil, err
	}
	return record.Proof(i, p, r.Signed), nil
}

// Consistency is the proof that the log of new entries continues that of old.
func (r *Reader) Consistency(old, new int64) ([]record.Hash, error) {
	if old < 0 || new < old || new > r.Size() {
		return nil, fmt.Errorf("no proof from %d to %d in a log of %d", old, new, r.Size())
	}
	if old == 0 || old == new {
		return nil, nil
	}
	p, err := tlog.ProveTree(new, old, hashReader{r})
	return fromTlog(p), err
}

// RootAt is the root that the log had when it had so many entries.
func (r *Reader) RootAt(size int64) (record.Hash, error) {
	if size < 0 || size > r.Size() {
		return record.Hash{}, fmt.Errorf("no root for %d entries in a log of %d", size, r.Size())
	}
	h, err := tlog.TreeHash(size, hashReader{r})
	return record.Hash(h), err
}

func fromTlog(p []tlog.Hash) []record.Hash {
	out := make([]record.Hash, len(p))
	for i := range p {
		out[i] = record.Hash(p[i])
	}
	return out
}

// Find returns the place of an entry by its id.
func (r *Reader) Find(id string) (int64, bool, error) {
	b, err := record.IDBytes(id)
	if err != nil {
		return 0, false, err
	}
	k, err := r.know()
	if err != nil {
		return 0, false, err
	}
	i, ok := k.place(b)
	return i, ok && i < r.Size(), nil
}

// KeyRing is the keys as the entries of the log make them.
func (r *Reader) KeyRing() (*record.KeyRing, error) {
	k, err := r.know()
	if err != nil {
		return nil, err
	}
	if c, ok := k.(*catalog); ok && c.unread != nil {
		return nil, c.unread
	}
	ring := k.keys()
	if ring == nil {
		return nil, errors.New("the keys of the log are not known: the payload of one of them is not here")
	}
	return ring.Clone(), nil
}

// Erased reports whether an erasure names the entry with an id.
func (r *Reader) Erased(id string) (bool, error) {
	k, err := r.know()
	return err == nil && k.isErased(id), err
}

func (r *Reader) know() (knowledge, error) {
	r.once.Do(func() {
		if r.known == nil {
			var c *catalog
			c, _, r.err = r.readCatalog()
			r.known = c
		}
	})
	return r.known, r.err
}

// Office is whose record it is.
type Office struct {
	Origin string `json:"origin"` // a name without a scheme, such as example.org/north
	Key    string `json:"key"`    // of the log, in the form of signed notes
}

// readOffice reads office.json, which has one encoding.
func (w World) readOffice() (Office, note.Verifier, error) {
	var o Office
	b, err := w.read("office.json")
	if err != nil {
		return o, nil, fmt.Errorf("no record here: %w", err)
	}
	if json.Unmarshal(b, &o) != nil || string(o.encode()) != string(b) {
		return o, nil, damaged("office.json", 0, "is not what was written: expected the origin and the key of the log")
	}
	v, err := note.NewVerifier(o.Key)
	if err != nil || v.Name() != o.Origin || !keyID(strings.Split(o.Key, "+")[1], v.KeyHash()) {
		return o, nil, damaged("office.json", 0, "the key is not one of %q", o.Origin)
	}
	return o, v, nil
}

func (o Office) encode() []byte {
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		panic("journal: two strings have an encoding: " + err.Error())
	}
	return append(b, '\n')
}
