package journal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/truce-project/truce/record"
)

// Recovery is what Open found and did. None of it is a reason not to write; it
// must be shown to whoever keeps the record.
type Recovery struct {
	Size     int64 // entries in the last checkpoint that was signed
	Replayed int64 // acknowledged entries that were in the WAL alone
	Torn     []Torn
	Mended   []Mended
	Remade   []string // what was derived from the entries anew
}

// Torn is the end of a WAL that was being written when the machine stopped. It
// was not acknowledged, as far as this disk knows: a receipt for an entry from
// Next on proves otherwise.
type Torn struct {
	File          string
	Offset, Bytes int64
	Next          int64 // index that the next entry gets
}

// Mended is a bit that had flipped in the WAL, and was put right: a SHA-256
// confirms it.
type Mended struct {
	File   string
	Offset int64
	Bit    uint
}

func (r *Recovery) String() string {
	s := fmt.Sprintf("%d entries in the last checkpoint, %d after it", r.Size, r.Replayed)
	for _, t := range r.Torn {
		s += fmt.Sprintf("; %s, byte %d: %d bytes of a write that was not finished were cut off: entry %d was not acknowledged, unless somebody has a receipt for it", t.File, t.Offset, t.Bytes, t.Next)
	}
	for _, m := range r.Mended {
		s += fmt.Sprintf("; %s, byte %d: bit %d had flipped and was put right", m.File, m.Offset, m.Bit)
	}
	for _, f := range r.Remade {
		s += "; " + f + " was made anew"
	}
	return s
}

// Open opens a record for writing. It proves the newest tiles by the checkpoint
// that was signed last, replays what was acknowledged after it, and refuses to
// write, with the file and the place, where something is damaged (*Damage), an
// older copy was put back (*RolledBack) or history differs from what others hold
// (*Forked). OpenReader reads such a record.
func Open(w World, o Options) (*Log, *Recovery, error) {
	lock, err := w.FS.Lock("lock")
	if err != nil {
		return nil, nil, err
	}
	l, rec, err := open(w, o, lock)
	if err == nil && l.wal.next == 0 {
		err = l.introduce()
	}
	if err != nil {
		if l != nil {
			l.wal.close()
		}
		lock.Close()
		return nil, rec, err
	}
	l.ended.Add(2)
	go l.sequence()
	go l.integrate()
	return l, rec, nil
}

func open(w World, o Options, lock interface{ Close() error }) (*Log, *Recovery, error) {
	l := &Log{w: w, opts: o, lock: lock, queue: make(chan *submission, 4096), rotate: make(chan chan rotated),
		asked: make(chan chan error), wake: make(chan struct{}, 1), quit: make(chan struct{})}
	rec := &Recovery{}
	if err := l.readKeys(); err != nil {
		return nil, rec, err
	}
	r, err := l.readTree(rec)
	if err != nil {
		return nil, rec, err
	}
	c, remade, err := r.readCatalog()
	if err == nil {
		err = c.unread
	}
	if err != nil {
		return nil, rec, err
	}
	if err := l.mendIndex(r, remade, rec); err != nil {
		return nil, rec, err
	}
	l.ids, l.last, l.erased = c.ids, c.last, c.erased
	r.known = l
	l.reader.Store(r)
	if err := l.replay(c, rec); err != nil {
		return l, rec, err
	}
	l.ring.Store(c.ring)
	l.verify.Key = func(id record.KeyID) (ed25519.PublicKey, bool) { return l.ring.Load().Key(id) }
	if err := l.heed(o.Known); err != nil {
		return l, rec, err
	}
	if err := l.w.retireWAL(l.base); err != nil {
		return l, rec, err
	}
	return l, rec, nil
}

func (l *Log) readKeys() error {
	var err error
	if l.office, l.key, err = l.w.readOffice(); err != nil {
		return err
	}
	skey, err := l.w.read("log.key")
	if err != nil {
		return fmt.Errorf("the record can be read, not written: %w", err)
	}
	office, signer, secret, err := readLogKey(skey)
	if err != nil {
		return err
	}
	if office != l.office {
		return damaged("log.key", 0, "is not the key that office.json names")
	}
	l.signer, l.secret, l.self = signer, secret, record.IDOf(secret.Public().(ed25519.PublicKey))
	return nil
}

// readTree reads and proves what the last checkpoint covers, as far as the next
// one builds on it.
func (l *Log) readTree(rec *Recovery) (*Reader, error) {
	c := record.Checkpoint{Origin: l.office.Origin, Root: record.RootOf(nil)}
	signed, err := l.w.read("signed")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		signed = nil
	case err != nil:
		return nil, err
	default:
		if c, _, err = record.OpenCheckpoint(signed, l.office.Origin, l.key); err != nil {
			return nil, damaged("signed", 0, "%v", err)
		}
	}
	e, d, err := l.w.loadEdge(c)
	if err != nil {
		return nil, err
	}
	if d != nil {
		return nil, d
	}
	l.base, l.tree = c.Size, tree{edge: e, signed: signed, dirs: map[string]bool{}}
	rec.Size = c.Size
	r := newReader(l.w, l.office, l.key, c, signed, e, newTileCache())
	if err := l.readShown(r, rec); err != nil {
		return nil, err
	}
	return r, l.readTail(r)
}

// readTail reads the bundle and the payloads that the next entries stand beside.
func (l *Log) readTail(r *Reader) error {
	n := r.Size() / record.Width
	for i := n * record.Width; i < r.Size(); i++ {
		e, err := r.Entry(i)
		if err != nil {
			return err
		}
		if _, err := r.payload(i); err != nil && !errors.Is(err, record.ErrErased) && !errors.Is(err, record.ErrAbsent) {
			return err
		}
		l.tree.tail = record.AppendBundled(l.tree.tail, e.Bytes)
		l.tree.spans += payloadSpan(e.Envelope)
	}
	return nil
}

// readShown compares what everybody reads with what was signed.
func (l *Log) readShown(r *Reader, rec *Recovery) error {
	shown, err := l.w.read("log/checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, _, err := record.OpenCheckpoint(shown, l.office.Origin, l.key)
	if err != nil { // it is a copy of what was signed
		rec.Remade = append(rec.Remade, "log/checkpoint")
		return nil
	}
	if c.Size > r.Size() {
		return &RolledBack{Known: c, Size: r.Size()}
	}
	root, err := r.RootAt(c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return &Forked{Known: c, Here: root}
	}
	l.tree.shown = c.Size == r.Size()
	return nil
}

// mendIndex writes anew what of the index was wrong.
func (l *Log) mendIndex(r *Reader, remade []int64, rec *Recovery) error {
	if len(remade) == 0 {
		return nil
	}
	index, size, err := l.w.remadeIndex(r, remade)
	if err != nil {
		return err
	}
	rec.Remade = append(rec.Remade, fmt.Sprintf("%s (%d of %d entries, from entry %d)", indexName, size, r.Size(), remade[0]))
	return l.w.replace(indexName, index, 0o644)
}

// remadeIndex is the index with some of its entries made anew from the log; size is
// how many.
func (w World) remadeIndex(r *Reader, remade []int64) (index []byte, size int64, err error) {
	old, err := w.read(indexName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, err
	}
	bad := map[int64]bool{}
	for _, n := range remade {
		bad[n] = true
	}
	for n := range r.Size() {
		if !bad[n] {
			index = append(index, old[n*indexRecord:(n+1)*indexRecord]...)
			continue
		}
		e, err := r.Entry(n)
		if err != nil {
			return nil, 0, err
		}
		it := item{env: e.Envelope, accepted: e.Envelope.Made.UnixMilli()}
		if it.id, err = record.IDBytes(e.Envelope.ID); err != nil {
			return nil, 0, err
		}
		index = indexOf(&it).append(index, n)
		size++
	}
	return index, size, nil
}

// heed compares this record with what others hold of it.
func (l *Log) heed(known [][]byte) error {
	e := l.tree.edge.clone()
	r := l.Reader()
	roots := map[int64]record.Hash{e.size: e.root()}
	for i := range l.pending {
		if err := e.add(l.pending[i].leaf, nothing); err != nil {
			return err
		}
		roots[e.size] = record.Hash{}
		if slices.ContainsFunc(known, func(k []byte) bool { return bytes.Contains(k, fmt.Appendf(nil, "\n%d\n", e.size)) }) {
			roots[e.size] = e.root()
		}
	}
	for _, k := range known {
		c, _, err := record.OpenCheckpoint(k, l.office.Origin, l.key)
		if err != nil {
			return fmt.Errorf("a checkpoint that is said to be known elsewhere: %w", err)
		}
		if c.Size > e.size {
			return &RolledBack{Known: c, Size: e.size}
		}
		here, ok := roots[c.Size]
		if !ok {
			if here, err = r.RootAt(c.Size); err != nil {
				return err
			}
		}
		if here != c.Root {
			return &Forked{Known: c, Here: here}
		}
	}
	return nil
}
