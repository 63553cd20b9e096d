package audit

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// spine is the row of complete subtrees that a tree is made of, the largest
// first: with what comes after it, it gives the root.
type spine struct {
	hashes  []tlog.Hash
	heights []int
}

// push adds a complete subtree of a height.
func (s *spine) push(h tlog.Hash, height int) {
	for k := len(s.heights) - 1; k >= 0 && s.heights[k] == height; k-- {
		h = tlog.NodeHash(s.hashes[k], h)
		height++
		s.hashes, s.heights = s.hashes[:k], s.heights[:k]
	}
	s.hashes, s.heights = append(s.hashes, h), append(s.heights, height)
}

// root is the root over the subtrees and leaves that follow them.
func (s *spine) root(leaves []tlog.Hash) record.Hash {
	c := spine{slices.Clone(s.hashes), slices.Clone(s.heights)}
	for _, h := range leaves {
		c.push(h, 0)
	}
	if len(c.hashes) == 0 {
		return record.RootOf(nil)
	}
	h := c.hashes[len(c.hashes)-1]
	for i := len(c.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.hashes[i], h)
	}
	return record.Hash(h)
}

// over is the root over a complete tile.
func over(hashes []tlog.Hash) tlog.Hash {
	var s spine
	for _, h := range hashes {
		s.push(h, 0)
	}
	return s.hashes[0]
}

func hashes(b []byte) []tlog.Hash {
	var out []tlog.Hash
	for ; len(b) >= tlog.HashSize; b = b[tlog.HashSize:] {
		out = append(out, tlog.Hash(b[:tlog.HashSize]))
	}
	return out
}

// tilePath is the path of a tile, or of a bundle of entries (level -1), in the
// log.
func tilePath(level int, n int64, width int) string {
	return record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: width})
}
