package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// Copy is a copy of the log of another office, in the form of a record without
// its key: OpenReader reads it, Check checks it, Restore restores from it. It
// grows from one checkpoint that the other signed to the next, and never shrinks.
// Bundles may come before the checkpoint that covers them, payloads after it.
type Copy struct {
	w      World
	office Office
	key    note.Verifier
	lock   io.Closer

	mu     sync.Mutex
	cp     record.Checkpoint
	signed []byte
	edge   *edge
	cache  *tileCache
	dirs   map[string]bool
	last   *bundle // of those that may not be covered yet
	known  *catalog
}

// Differs means that a place holds another entry than the one that was taken in
// before, or than the tree has there.
type Differs struct {
	Origin string
	Index  int64
}

func (d *Differs) Error() string {
	return fmt.Sprintf("%s: entry %d is not the one that is held here", d.Origin, d.Index)
}

// ErrRoot means that entries do not give the root that was signed for them.
var ErrRoot = errors.New("the entries do not have the root that the log has signed for them")

// OpenCopy opens a copy, or begins one. Only one process may have it open.
func OpenCopy(w World, o Office) (c *Copy, err error) {
	for _, d := range []string{"log", "payload", "blob"} {
		if err := w.FS.MkdirAll(d); err != nil {
			return nil, err
		}
	}
	lock, err := w.FS.Lock("lock")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	if there, err := w.exists("office.json"); err != nil {
		return nil, err
	} else if !there {
		if err := w.replace("office.json", o.encode(), 0o644); err != nil {
			return nil, err
		}
	}
	have, key, err := w.readOffice()
	if err != nil {
		return nil, err
	}
	if have != o {
		return nil, fmt.Errorf("the copy here is of %s with the key %s, not of %s with %s", have.Origin, have.Key, o.Origin, o.Key)
	}
	c = &Copy{w: w, office: o, key: key, lock: lock, cache: newTileCache(), dirs: map[string]bool{}, cp: record.Checkpoint{Origin: o.Origin, Root: record.RootOf(nil)}, edge: &edge{}, known: &catalog{ids: map[[16]byte]int64{}, last: map[record.KeyID]int64{}, erased: map[string]bool{}}}
	signed, err := w.read("log/checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if c.cp, _, err = record.OpenCheckpoint(signed, o.Origin, key); err != nil {
		return nil, damaged("log/checkpoint", 0, "%v", err)
	}
	c.signed = signed
	var wrong *Damage
	if c.edge, wrong, err = w.loadEdge(c.cp); err != nil { // one wrong hash is put right
		return nil, err
	}
	r := newReader(w, o, key, c.cp, signed, c.edge, c.cache)
	var remade []int64
	if c.known, remade, err = r.readCatalog(); err != nil {
		return nil, err
	}
	return c, c.mendDerived(r, wrong != nil, remade)
}

// Close lets others open the copy.
func (c *Copy) Close() error { return c.lock.Close() }

// Checkpoint is the one up to which all entries are on disk.
func (c *Copy) Checkpoint() (record.Checkpoint, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cp, c.signed
}

// Reader reads the copy as of its checkpoint; nil where it has none.
func (c *Copy) Reader() *Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.signed == nil {
		return nil
	}
	r := newReader(c.w, c.office, c.key, c.cp, c.signed, c.edge, c.cache)
	r.known = copyKnows{c, c.cp.Size}
	return r
}

// copyKnows is what a reader of a copy asks of all entries, without reading them
// again for each checkpoint.
type copyKnows struct {
	c    *Copy
	size int64
}

func (k copyKnows) place(id [16]byte) (int64, bool) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	i, ok := k.c.known.ids[id]
	return i, ok && i < k.size
}

func (k copyKnows) isErased(id string) bool {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.c.known.erased[id]
}

// keys reads the ring anew, since payloads of keys may come late; nil where one of
// them is missing.
func (k copyKnows) keys() *record.KeyRing {
	r := k.c.Reader()
	fresh := newReader(r.w, r.Office, r.key, r.Checkpoint, r.Signed, r.edge, r.cache)
	c, _, err := fresh.readCatalog()
	if err != nil || c.unread != nil {
		return nil
	}
	return c.ring
}

// Blobs are the files beside the copy.
func (c *Copy) Blobs() Blobs { return Blobs{c.w} }

// HasBundle reports whether a complete bundle is on disk.
func (c *Copy) HasBundle(n int64) (bool, error) { return c.w.exists(tileName(-1, n, record.Width)) }

// AddBundle takes a complete bundle whose leaves have the root sub, ahead of the
// checkpoint that will cover it. Whoever calls has proved sub.
func (c *Copy) AddBundle(n int64, raw []byte, sub record.Hash) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries, hashes, err := split(raw, record.Width)
	if err != nil {
		return fmt.Errorf("bundle %d: %w", n, err)
	}
	if err := c.same(n, hashes); err != nil {
		return err
	}
	if record.Hash(perfect(hashes)) != sub {
		return fmt.Errorf("bundle %d, entries %d to %d: %w", n, n*record.Width, (n+1)*record.Width-1, ErrRoot)
	}
	if err := c.file(tileName(-1, n, record.Width), bundled(entries)); err != nil {
		return err
	}
	b, err := decodeBundle(n, entries)
	if err != nil {
		return err
	}
	return c.segment(b)
}

// bundled are entries in the bytes of a bundle.
func bundled(entries [][]byte) (out []byte) {
	for _, e := range entries {
		out = record.AppendBundled(out, e)
	}
	return out
}

// Begun is what is held of a bundle that is not complete here, as its file has it.
func (c *Copy) Begun(n int64) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	width := c.cp.Size - n*record.Width
	if width <= 0 || width >= record.Width {
		return nil, nil
	}
	b, err := c.load(n)
	if err != nil {
		return nil, err
	}
	return b.raw(), nil
}

// Recheck reads a bundle that came ahead of its checkpoint again, and removes it
// where it has not the root that its leaves must have: the disk may have failed.
func (c *Copy) Recheck(n int64, sub record.Hash) (removed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, err := c.w.read(tileName(-1, n, record.Width))
	if err != nil || (n+1)*record.Width <= c.cp.Size {
		return false, err
	}
	if _, hashes, err := split(raw, record.Width); err == nil && record.Hash(perfect(hashes)) == sub {
		return false, nil
	}
	c.last = nil
	return true, c.w.FS.Remove(tileName(-1, n, record.Width))
}

// split reads the first entries of a bundle.
func split(raw []byte, width int) ([][]byte, []tlog.Hash, error) {
	entries, err := record.Unbundle(raw)
	if err != nil {
		return nil, nil, err
	}
	if len(entries) < width {
		return nil, nil, fmt.Errorf("%d entries, expected %d", len(entries), width)
	}
	entries = entries[:width]
	hashes := make([]tlog.Hash, width)
	for k, e := range entries {
		hashes[k] = tlog.RecordHash(e)
	}
	return entries, hashes, nil
}

// same reports an entry of the bundle at the edge that is not the one held.
func (c *Copy) same(n int64, hashes []tlog.Hash) error {
	if n != c.cp.Size/record.Width || len(c.edge.levels) == 0 {
		return nil
	}
	for k, have := range c.edge.levels[0] {
		if k >= len(hashes) || hashes[k] != have {
			return &Differs{c.office.Origin, n*record.Width + int64(k)}
		}
	}
	return nil
}

func decodeBundle(n int64, entries [][]byte) (*bundle, error) {
	b := &bundle{n: n}
	at := int64(0)
	for k, e := range entries {
		i := n*record.Width + int64(k)
		env, err := record.Decode(e)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		b.entries, b.at = append(b.entries, Entry{i, e, env}), append(b.at, at)
		at += payloadSpan(env)
	}
	return b, nil
}

// Advance takes the entries of a newer checkpoint. Bundles that are not on disk
// come from the function; what it returns may be longer than asked. Nothing is
// kept of what does not have the signed root.
func (c *Copy) Advance(signed []byte, fetch func(n int64, width int) ([]byte, error)) error {
	next, _, err := record.OpenCheckpoint(signed, c.office.Origin, c.key)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if next.Size < c.cp.Size {
		return &RolledBack{Known: c.cp, Size: next.Size}
	}
	if next.Size == c.cp.Size {
		if next.Root != c.cp.Root {
			return &Forked{Known: c.cp, Here: next.Root}
		}
		if c.signed == nil {
			c.cp, c.signed = next, signed
			return c.w.replace("log/checkpoint", signed, 0o644)
		}
		return nil
	}
	g := &growth{c: c, edge: c.edge.clone()}
	for n := c.cp.Size / record.Width; n*record.Width < next.Size; n++ {
		if err := g.bundle(n, int(min(next.Size-n*record.Width, record.Width)), fetch); err != nil {
			return err
		}
	}
	if g.edge.root() != next.Root {
		return fmt.Errorf("%s, %d entries: %w", c.office.Origin, next.Size, ErrRoot)
	}
	return g.write(next, signed)
}

// growth is what a copy is to gain.
type growth struct {
	c     *Copy
	edge  *edge
	tiles []tileOf
	fresh []*bundle // with new entries
	index []byte

	bundles []*bundle // of these, that are not on disk
}

type tileOf struct {
	level  int
	n      int64
	hashes []tlog.Hash
}

func (g *growth) bundle(n int64, width int, fetch func(int64, int) ([]byte, error)) error {
	c := g.c
	raw, err := c.w.read(tileName(-1, n, record.Width)) // the complete one serves for a part as well
	there := err == nil
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = fetch(n, width)
	}
	if err != nil {
		return err
	}
	entries, hashes, err := split(raw, width)
	if err == nil {
		err = c.same(n, hashes)
	}
	var b *bundle
	if err == nil {
		b, err = decodeBundle(n, entries)
	}
	if err != nil && there { // it was right when it came: the disk has changed it
		return fmt.Errorf("bundle %d: %w (%w)", n, ErrRoot, err)
	}
	if err != nil {
		return err
	}
	for k := range entries {
		if n*record.Width+int64(k) < c.cp.Size {
			continue
		}
		it := item{env: b.entries[k].Envelope, accepted: b.entries[k].Envelope.Made.UnixMilli()}
		if it.id, err = record.IDBytes(it.env.ID); err != nil {
			return err
		}
		g.index = indexOf(&it).append(g.index, n*record.Width+int64(k))
		err := g.edge.add(record.Hash(hashes[k]), func(level int, n int64, hashes []tlog.Hash) error {
			g.tiles = append(g.tiles, tileOf{level, n, slices.Clone(hashes)})
			return nil
		})
		if err != nil {
			return err
		}
	}
	g.fresh = append(g.fresh, b)
	if !there { // proved only with the whole: kept with it
		g.bundles = append(g.bundles, b)
	}
	return nil
}

// write puts on disk what was proved, and the checkpoint last.
func (g *growth) write(next record.Checkpoint, signed []byte) error {
	c, w := g.c, g.c.w
	old := c.cp.Size
	for _, b := range g.fresh {
		if err := c.segment(b); err != nil {
			return err
		}
	}
	for _, b := range g.bundles {
		if err := c.file(tileName(-1, b.n, len(b.entries)), b.raw()); err != nil {
			return err
		}
	}
	for _, t := range g.tiles {
		if err := c.file(tileName(t.level, t.n, record.Width), flat(t.hashes)); err != nil {
			return err
		}
	}
	err := g.edge.partial(old, func(level int, n int64, hashes []tlog.Hash) error {
		return c.file(tileName(level, n, len(hashes)), flat(hashes))
	})
	if err == nil {
		err = w.writeSegment(indexName, old*indexRecord, g.index)
	}
	if err == nil {
		err = w.FS.SyncDir(".")
	}
	if err == nil {
		_, _, err = w.loadEdge(next) // what is on disk, before it is said to be there
	}
	if err == nil {
		err = w.replace("log/checkpoint", signed, 0o644)
	}
	if err != nil {
		return err
	}
	c.cp, c.signed, c.edge = next, signed, g.edge
	for _, t := range g.tiles {
		if err := w.removePartials(tileName(t.level, t.n, record.Width)); err != nil {
			return err
		}
	}
	if old/record.Width < next.Size/record.Width { // the bundle that was staged
		if err := w.removePartials(tileName(-1, old/record.Width, record.Width)); err != nil {
			return err
		}
	}
	return c.obey(g.fresh)
}

func (b *bundle) raw() (out []byte) {
	for _, e := range b.entries {
		out = record.AppendBundled(out, e.Bytes)
	}
	return out
}

// load reads a bundle that is covered by the checkpoint, or came before it.
func (c *Copy) load(n int64) (*bundle, error) {
	if c.last != nil && c.last.n == n && len(c.last.entries) == c.width(n) {
		return c.last, nil
	}
	names := []string{tileName(-1, n, record.Width)}
	if w := int(c.cp.Size - n*record.Width); w < record.Width && w > 0 {
		names = append(names, tileName(-1, n, w))
	}
	for _, name := range names {
		raw, err := c.w.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		entries, err := record.Unbundle(raw)
		if err != nil {
			return nil, damaged(name, 0, "%v", err).touching(n*record.Width, n*record.Width+int64(c.width(n))-1)
		}
		b, err := decodeBundle(n, entries)
		if err != nil { // it was decoded when it came
			return nil, damaged(name, 0, "%v", err).touching(n*record.Width, n*record.Width+int64(c.width(n))-1)
		}
		c.last = b
		return b, nil
	}
	return nil, damaged(names[0], 0, "is missing")
}

// width is how many entries of a bundle are known here.
func (c *Copy) width(n int64) int {
	if there, err := c.HasBundle(n); err == nil && there {
		return record.Width
	}
	return int(min(c.cp.Size-n*record.Width, record.Width))
}

// file writes a file of the log, durably.
func (c *Copy) file(name string, data []byte) error {
	if err := c.dir(dirOf(name)); err != nil {
		return err
	}
	return noSpace(c.w.replace(name, data, 0o644))
}

func (c *Copy) dir(name string) error {
	if name == "." || c.dirs[name] {
		return nil
	}
	if err := c.dir(dirOf(name)); err != nil {
		return err
	}
	if err := c.w.FS.MkdirAll(name); err != nil {
		return noSpace(err)
	}
	if err := syncError(dirOf(name), c.w.FS.SyncDir(dirOf(name))); err != nil {
		return err
	}
	c.dirs[name] = true
	return nil
}
