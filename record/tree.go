package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is that of tlog-tiles: tiles and bundles are 256 wide.
const TileHeight = 8

// Width is how many hashes a tile, or entries a bundle, holds.
const Width = 1 << TileHeight

// LeafHash is the hash of an entry's bytes as a leaf of the tree.
func LeafHash(entry []byte) Hash { return Hash(tlog.RecordHash(entry)) }

// RootOf is the root of the Merkle tree over leaves.
func RootOf(leaves []Hash) Hash {
	var stack []tlog.Hash // roots of complete subtrees, the largest first
	for i, l := range leaves {
		h := tlog.Hash(l)
		for n := i; n&1 == 1; n >>= 1 {
			h = tlog.NodeHash(stack[len(stack)-1], h)
			stack = stack[:len(stack)-1]
		}
		stack = append(stack, h)
	}
	if len(stack) == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return Hash(h)
	}
	h := stack[len(stack)-1]
	for i := len(stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(stack[i], h)
	}
	return Hash(h)
}

// tree is a Merkle tree in memory.
type tree struct {
	n      int64
	hashes []tlog.Hash // as tlog stores them
}

func newTree() *tree { return &tree{} }

// ReadHashes makes a tree a tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, k := range indexes {
		if k < 0 || k >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no hash %d in a tree of %d", k, len(t.hashes))
		}
		out[i] = t.hashes[k]
	}
	return out, nil
}

func (t *tree) add(data []byte) {
	h, err := tlog.StoredHashes(t.n, data, t)
	if err != nil {
		panic("record: a tree in memory cannot miss its own hashes: " + err.Error())
	}
	t.hashes = append(t.hashes, h...)
	t.n++
}

func (t *tree) root() Hash {
	h, err := tlog.TreeHash(t.n, t)
	if err != nil {
		panic("record: a tree in memory cannot miss its own hashes: " + err.Error())
	}
	return Hash(h)
}

func (t *tree) prove(i int64) []Hash {
	p, err := tlog.ProveRecord(t.n, i, t)
	if err != nil {
		panic("record: a tree in memory cannot miss its own hashes: " + err.Error())
	}
	out := make([]Hash, len(p))
	for k := range p {
		out[k] = Hash(p[k])
	}
	return out
}

func proofOf(hashes []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(hashes))
	for i, h := range hashes {
		out[i] = tlog.Hash(h)
	}
	return out
}

// TilePath is the path of a tile, or of a bundle of entries (level -1), in the
// form of tlog-tiles: tile/0/x001/234, tile/entries/000.p/7.
func TilePath(t tlog.Tile) string {
	p := t.Path() // tile/8/0/x001/234 or tile/8/data/...
	p = strings.TrimPrefix(p, fmt.Sprintf("tile/%d/", t.H))
	if rest, ok := strings.CutPrefix(p, "data/"); ok {
		return "tile/entries/" + rest
	}
	return "tile/" + p
}

// ParseTilePath reads a path of tlog-tiles.
func ParseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tlog.Tile{}, fmt.Errorf("%q is not a path of a tile", path)
	}
	if e, isBundle := strings.CutPrefix(rest, "entries/"); isBundle {
		rest = "data/" + e
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", TileHeight, rest))
	if err != nil || t.L > 7 { // 256^8 entries are more than a size can say
		return t, fmt.Errorf("%q is not a path of a tile", path)
	}
	return t, nil
}

// AppendBundled appends an entry to the bytes of a bundle: two bytes of length,
// then the entry.
func AppendBundled(bundle, entry []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...)
}

// Unbundle splits a bundle into its entries, which share its bytes.
func Unbundle(bundle []byte) ([][]byte, error) {
	var out [][]byte
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, errors.New("a bundle that ends within a length")
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return nil, fmt.Errorf("a bundle that ends within entry %d", len(out))
		}
		out = append(out, bundle[2:2+n:2+n])
		bundle = bundle[2+n:]
	}
	if len(out) > Width {
		return nil, fmt.Errorf("a bundle of %d entries: expected at most %d", len(out), Width)
	}
	return out, nil
}

// CheckInclusion proves that a leaf is at an index of the log of a checkpoint.
func CheckInclusion(path []Hash, size int64, root Hash, index int64, leaf Hash) error {
	if err := tlog.CheckRecord(proofOf(path), size, tlog.Hash(root), index, tlog.Hash(leaf)); err != nil {
		return fmt.Errorf("entry %d is not in the log of %d with that root", index, size)
	}
	return nil
}

// CheckConsistency proves that the log of size, root is a continuation of that
// of old, oldRoot.
func CheckConsistency(path []Hash, size int64, root Hash, old int64, oldRoot Hash) error {
	if old == 0 {
		return nil // everything continues the empty log
	}
	if old == size {
		if root != oldRoot {
			return fmt.Errorf("two logs of %d entries with different roots: one of them was rewritten", size)
		}
		return nil
	}
	if err := tlog.CheckTree(proofOf(path), size, tlog.Hash(root), old, tlog.Hash(oldRoot)); err != nil {
		return fmt.Errorf("the log of %d entries does not continue that of %d: one of them was rewritten, or the proof is not of them", size, old)
	}
	return nil
}
