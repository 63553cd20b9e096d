package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// Tiles makes proofs from the tiles of a log, which are proved by the root of a
// checkpoint before they are used.
type Tiles struct {
	ctx    context.Context
	source Source
	cp     record.Checkpoint
	reader tlog.HashReader
}

// NewTiles reads the tiles of a log below a source, as of a checkpoint.
func NewTiles(ctx context.Context, s Source, cp record.Checkpoint) *Tiles {
	t := &Tiles{ctx: ctx, source: s, cp: cp}
	t.reader = tlog.TileHashReader(tlog.Tree{N: cp.Size, Hash: tlog.Hash(cp.Root)}, t)
	return t
}

// Height is that of the tiles.
func (t *Tiles) Height() int { return record.TileHeight }

// ReadTiles reads tiles as they were asked for.
func (t *Tiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, x := range tiles {
		width := int(min(t.cp.Size>>(record.TileHeight*x.L)-x.N*record.Width, record.Width))
		a := auditor{log: t.source, cp: t.cp}
		_, b, err := a.readForm(t.ctx, x.L, x.N, width, record.Width*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		if len(b) < x.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut short", tilePath(x.L, x.N, width))
		}
		out = append(out, b[:x.W*tlog.HashSize])
	}
	return out, nil
}

// SaveTiles is part of the interface; nothing is kept.
func (t *Tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// Consistency is the proof that the log continues its first entries.
func (t *Tiles) Consistency(old int64) ([]record.Hash, error) {
	if old < 0 || old > t.cp.Size {
		return nil, fmt.Errorf("no proof from %d entries in a log of %d", old, t.cp.Size)
	}
	if old == 0 || old == t.cp.Size {
		return nil, nil
	}
	p, err := tlog.ProveTree(t.cp.Size, old, t.reader)
	return plain(p), err
}

// InclusionAt is the proof that an entry was in the log when that had size
// entries.
func (t *Tiles) InclusionAt(i, size int64) ([]record.Hash, error) {
	if i < 0 || i >= size || size > t.cp.Size {
		return nil, fmt.Errorf("no entry %d in the first %d of a log of %d", i, size, t.cp.Size)
	}
	p, err := tlog.ProveRecord(size, i, t.reader)
	return plain(p), err
}

// Root is the root that the log had with so many entries.
func (t *Tiles) Root(size int64) (record.Hash, error) {
	if size < 0 || size > t.cp.Size {
		return record.Hash{}, fmt.Errorf("no root of %d entries in a log of %d", size, t.cp.Size)
	}
	h, err := tlog.TreeHash(size, t.reader)
	return record.Hash(h), err
}

// Subtree is the hash over one complete tile, or bundle, of a log: of the entry n of
// the tile row above it. Level 1 is over bundles of entries.
func (t *Tiles) Subtree(level int, n int64) (record.Hash, error) {
	if level < 0 || n < 0 || (n+1)<<(level*record.TileHeight) > t.cp.Size {
		return record.Hash{}, fmt.Errorf("no complete subtree %d of level %d in a log of %d", n, level, t.cp.Size)
	}
	h, err := t.reader.ReadHashes([]int64{tlog.StoredHashIndex(level*record.TileHeight, n)})
	if err != nil {
		return record.Hash{}, err
	}
	return record.Hash(h[0]), nil
}

func plain(p []tlog.Hash) []record.Hash {
	out := make([]record.Hash, len(p))
	for i := range p {
		out[i] = record.Hash(p[i])
	}
	return out
}
