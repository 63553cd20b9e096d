package journal

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// edge is the right edge of the tree: on each level the hashes of the tile that
// is not complete yet. It is all that is needed to add leaves and to know the
// root.
type edge struct {
	size   int64
	levels [][]tlog.Hash
}

func (e *edge) clone() *edge {
	c := &edge{size: e.size, levels: make([][]tlog.Hash, len(e.levels))}
	for i, l := range e.levels {
		c.levels[i] = append(make([]tlog.Hash, 0, record.Width), l...)
	}
	return c
}

// add adds a leaf. full is called with each tile that becomes complete, from
// level 0 upwards.
func (e *edge) add(leaf record.Hash, full func(level int, n int64, hashes []tlog.Hash) error) error {
	h := tlog.Hash(leaf)
	e.size++
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]tlog.Hash, 0, record.Width))
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < record.Width {
			return nil
		}
		n := e.size>>(record.TileHeight*(level+1)) - 1
		if err := full(level, n, e.levels[level]); err != nil {
			return err
		}
		h = perfect(e.levels[level])
		e.levels[level] = e.levels[level][:0]
	}
}

// partial calls out for each tile that is not complete and has changed since the
// tree had old leaves.
func (e *edge) partial(old int64, out func(level int, n int64, hashes []tlog.Hash) error) error {
	for level, hashes := range e.levels {
		shift := record.TileHeight * level
		if len(hashes) == 0 || e.size>>shift == old>>shift {
			continue
		}
		if err := out(level, e.size>>(shift+record.TileHeight), hashes); err != nil {
			return err
		}
	}
	return nil
}

// root is the root of the tree.
func (e *edge) root() record.Hash {
	var r tlog.Hash
	some := false
	for _, hashes := range e.levels {
		for end, w := len(hashes), 1; end > 0; w <<= 1 {
			if end&w == 0 {
				continue
			}
			h := perfect(hashes[end-w : end])
			if some {
				h = tlog.NodeHash(h, r)
			}
			r, some = h, true
			end -= w
		}
	}
	if !some {
		return record.RootOf(nil)
	}
	return record.Hash(r)
}

// perfect is the root over a power of two of hashes.
func perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	var buf [record.Width / 2]tlog.Hash
	level := buf[:0]
	for i := 0; i < len(hashes); i += 2 {
		level = append(level, tlog.NodeHash(hashes[i], hashes[i+1]))
	}
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// flat writes hashes as tiles have them.
func flat(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

func unflat(b []byte) []tlog.Hash {
	out := make([]tlog.Hash, 0, record.Width)
	for ; len(b) >= tlog.HashSize; b = b[tlog.HashSize:] {
		out = append(out, tlog.Hash(b[:tlog.HashSize]))
	}
	return out
}

// tileName is the file of a tile, or of a bundle (level -1), below the data
// directory.
func tileName(level int, n int64, w int) string {
	return "log/" + record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: w})
}
