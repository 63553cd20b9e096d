package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// readTile reads a tile or a bundle of a log of a size: the partial file of the
// right edge, or the complete one where that is gone.
func (w World) readTile(level int, n, size int64) (name string, data []byte, err error) {
	width := int(min(size>>(record.TileHeight*max(level, 0))-n*record.Width, record.Width))
	names := []string{tileName(level, n, record.Width)}
	if width < record.Width {
		names = []string{tileName(level, n, width), names[0]}
	}
	for _, name = range names {
		data, err = w.read(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return names[0], nil, damaged(names[0], 0, "is missing")
	}
	if err == nil && level >= 0 {
		if len(data) < width*tlog.HashSize || len(data) > width*tlog.HashSize && (len(names) == 1 || name == names[0]) {
			return name, nil, damaged(name, int64(len(data)), "has %d bytes, expected %d", len(data), width*tlog.HashSize)
		}
		data = data[:width*tlog.HashSize]
	}
	return name, data, err
}

// loadEdge reads the right edge of a log and proves it by the checkpoint. Where
// one hash of one tile is wrong it is found, put right in memory, and named.
func (w World) loadEdge(c record.Checkpoint) (*edge, *Damage, error) {
	e := &edge{size: c.Size}
	var names []string
	var missing *Damage
	for level := 0; c.Size>>(record.TileHeight*level) > 0; level++ {
		hashes, name, err := w.edgeTile(level, c.Size)
		var d *Damage
		if errors.As(err, &d) && missing == nil {
			missing, err = d, nil
			hashes, err = w.fromBelow(level, c.Size)
		}
		if err != nil {
			return nil, nil, err
		}
		e.levels, names = append(e.levels, hashes), append(names, name)
	}
	if e.root() == c.Root {
		return e, missing, nil
	}
	for level := range e.levels {
		kept := e.levels[level]
		below, err := w.fromBelow(level, c.Size)
		if err != nil || len(below) != len(kept) {
			continue
		}
		e.levels[level] = below
		if e.root() == c.Root {
			at := 0
			for at < len(kept) && kept[at] == below[at] {
				at++
			}
			shift := record.TileHeight * level
			first := (c.Size>>(shift+record.TileHeight)*record.Width + int64(at)) << shift
			return e, damaged(names[level], int64(at*tlog.HashSize), "holds another hash than those that the signed root is made of").touching(first, first+1<<shift-1), nil
		}
		e.levels[level] = kept
	}
	return nil, nil, damaged("log/tile", 0, "the tiles do not give the root of the %d entries that the log has signed", c.Size)
}

// edgeTile reads the tile of a level that is not complete.
func (w World) edgeTile(level int, size int64) ([]tlog.Hash, string, error) {
	n := size >> (record.TileHeight * (level + 1))
	if (size>>(record.TileHeight*level))%record.Width == 0 {
		return nil, "", nil
	}
	name, b, err := w.readTile(level, n, size)
	return unflat(b), name, err
}

// fromBelow computes the tile of the edge from the bundle, or the tiles, below.
func (w World) fromBelow(level int, size int64) ([]tlog.Hash, error) {
	n := size >> (record.TileHeight * (level + 1))
	width := (size >> (record.TileHeight * level)) % record.Width
	out := make([]tlog.Hash, 0, record.Width)
	if width == 0 {
		return out, nil
	}
	if level == 0 {
		_, b, err := w.readTile(-1, n, size)
		if err != nil {
			return nil, err
		}
		entries, err := record.Unbundle(b)
		if err != nil {
			return nil, err
		}
		for _, e := range entries[:min(len(entries), int(width))] {
			out = append(out, tlog.RecordHash(e))
		}
		return out, nil
	}
	for k := range width {
		_, b, err := w.readTile(level-1, n*record.Width+k, size)
		if err != nil {
			return nil, err
		}
		out = append(out, perfect(unflat(b)))
	}
	return out, nil
}

// tileCache keeps complete tiles that were proved. They never change.
type tileCache struct {
	mu    sync.Mutex
	tiles map[[2]int64][]tlog.Hash
}

// maxTiles is how many complete tiles are kept, 8 kB each.
const maxTiles = 2048

func newTileCache() *tileCache { return &tileCache{tiles: map[[2]int64][]tlog.Hash{}} }

func (c *tileCache) get(level int, n int64) []tlog.Hash {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tiles[[2]int64{int64(level), n}]
}

func (c *tileCache) put(level int, n int64, hashes []tlog.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.tiles {
		if len(c.tiles) < maxTiles {
			break
		}
		delete(c.tiles, k)
	}
	c.tiles[[2]int64{int64(level), n}] = hashes
}

// tile returns the hashes of a tile, proved by the checkpoint: those of the edge
// were proved when it was loaded, a complete one is proved by the hash that the
// tile above has of it.
func (r *Reader) tile(level int, n int64) ([]tlog.Hash, error) {
	if level < len(r.edge.levels) && n == r.edge.size>>(record.TileHeight*(level+1)) {
		return r.edge.levels[level], nil
	}
	if t := r.cache.get(level, n); t != nil {
		return t, nil
	}
	above, err := r.tile(level+1, n/record.Width)
	if err != nil {
		return nil, err
	}
	name, b, err := r.w.readTile(level, n, r.edge.size)
	if err != nil {
		return nil, err
	}
	hashes := unflat(b)
	if len(hashes) != record.Width || perfect(hashes) != above[n%record.Width] {
		return nil, r.blameTile(name, level, n, hashes)
	}
	r.cache.put(level, n, hashes)
	return hashes, nil
}

// blameTile says where a tile is wrong, as far as what is below it tells.
func (r *Reader) blameTile(name string, level int, n int64, hashes []tlog.Hash) error {
	first := n << (record.TileHeight * (level + 1))
	last := first + 1<<(record.TileHeight*(level+1)) - 1
	d := damaged(name, 0, "does not fit the tile above it")
	var below []tlog.Hash
	if level == 0 {
		_, b, _ := r.w.readTile(-1, n, r.edge.size)
		entries, _ := record.Unbundle(b)
		for _, e := range entries {
			below = append(below, tlog.RecordHash(e))
		}
	}
	for k := range below {
		if k < len(hashes) && below[k] != hashes[k] {
			d.Offset, first, last = int64(k*tlog.HashSize), first+int64(k), first+int64(k)
			break
		}
	}
	return d.touching(first, last)
}

// hashReader makes proofs of a size: it reads hashes by the numbers that tlog
// gives them.
type hashReader struct{ r *Reader }

func (h hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(record.TileHeight, index)
		hashes, err := h.r.tile(t.L, t.N)
		if err != nil {
			return nil, err
		}
		if len(hashes) < t.W {
			return nil, fmt.Errorf("hash %d is beyond a log of %d entries", index, h.r.edge.size)
		}
		t.W = len(hashes)
		if out[i], err = tlog.HashFromTile(t, flat(hashes), index); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bundle returns the bytes of the entries of a bundle, proved by their hashes.
func (r *Reader) bundle(n int64) ([][]byte, error) {
	hashes, err := r.tile(0, n)
	if err != nil {
		return nil, err
	}
	name, b, err := r.w.readTile(-1, n, r.edge.size)
	if err != nil {
		var d *Damage
		if errors.As(err, &d) {
			err = d.touching(n*record.Width, n*record.Width+int64(len(hashes))-1)
		}
		return nil, err
	}
	entries, d := checkBundle(name, n, b, hashes)
	if d == nil && name == tileName(-1, n, len(hashes)) {
		d = overlong(name, n, b, entries)
	}
	if d != nil {
		return nil, d
	}
	return entries, nil
}

// checkBundle splits a bundle and compares each entry with its hash. What it
// names is as little as can be: where one byte of a length was changed, it is one
// entry and not all that follow.
func checkBundle(name string, n int64, b []byte, hashes []tlog.Hash) ([][]byte, *Damage) {
	entries, at := prefix(b, hashes)
	k := len(entries)
	if k == len(hashes) {
		return entries, nil
	}
	i, last := n*record.Width+int64(k), n*record.Width+int64(len(hashes))-1
	rest := b[at:]
	if len(rest) < 2 {
		return entries, damaged(name, int64(len(b)), "ends before entry %d", i).touching(i, last)
	}
	follows := func(length int) bool { // whether all that comes after is right
		if len(rest) < 2+length {
			return false
		}
		after, _ := prefix(rest[2+length:], hashes[k+1:])
		return len(after) == len(hashes)-k-1
	}
	length := int(rest[0])<<8 + int(rest[1])
	if follows(length) {
		return entries, damaged(name, at, "holds another entry than the one that the tree has").touching(i, i)
	}
	for x := 1; x < 256; x++ {
		for _, l := range []int{length ^ x, length ^ x<<8} {
			if len(rest) >= 2+l && tlog.RecordHash(rest[2:2+l]) == hashes[k] && follows(l) {
				return entries, damaged(name, at, "the length of an entry is wrong").touching(i, i)
			}
		}
	}
	return entries, damaged(name, at, "holds other entries than those that the tree has").touching(i, last)
}

// overlong reports bytes after the last entry.
func overlong(name string, n int64, b []byte, entries [][]byte) *Damage {
	end := int64(0)
	for _, e := range entries {
		end += 2 + int64(len(e))
	}
	if end == int64(len(b)) {
		return nil
	}
	last := n*record.Width + int64(len(entries)) - 1
	return damaged(name, end, "has bytes after its last entry").touching(last, last)
}

// prefix returns the entries at the start of a bundle that are as they should
// be, and where they end.
func prefix(b []byte, hashes []tlog.Hash) (entries [][]byte, end int64) {
	for len(entries) < len(hashes) && int64(len(b)) >= end+2 {
		length := int64(b[end])<<8 + int64(b[end+1])
		if int64(len(b)) < end+2+length {
			break
		}
		e := b[end+2 : end+2+length : end+2+length]
		if tlog.RecordHash(e) != hashes[len(entries)] {
			break
		}
		entries, end = append(entries, e), end+2+length
	}
	return entries, end
}
