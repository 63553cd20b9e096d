package journal

import (
	"bytes"
	"hash/crc32"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/truce-project/truce/record"
)

func drawFrame(t *rapid.T) []byte {
	buf := beginFrame(nil, rapid.Int64Range(0, 1e13).Draw(t, "accepted"))
	buf = append(buf, rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "body")...)
	sealFrame(buf, rapid.Int64Range(0, 1e12).Draw(t, "first"), rapid.IntRange(0, 9).Draw(t, "count"), record.LeafHash([]byte{1}))
	return buf
}

// TestOneBitIsMended: whichever bit of a frame flips, the frame is read as it was
// written, and the bit named.
func TestOneBitIsMended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := drawFrame(t)
		bit := rapid.IntRange(0, len(good)*8-1).Draw(t, "bit")
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		f, at, err := readFrame(bad)
		if err != nil || at != int64(bit) || !bytes.Equal(bad, good) || f.length != len(good) {
			t.Fatalf("bit %d of %d: %d %v", bit, len(good)*8, at, err)
		}
	})
}

// TestMoreIsNotInvented: what is changed in more than a bit is never read as
// something that was not written.
func TestMoreIsNotInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := drawFrame(t)
		bad := bytes.Clone(good)
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] ^= rapid.Byte().Draw(t, "by")
		}
		if cut := rapid.IntRange(0, 3).Draw(t, "cut"); cut > 0 {
			bad = bad[:len(bad)-min(len(bad), cut*cut)]
		}
		before := bytes.Clone(bad)
		if _, _, err := readFrame(bad); err == nil && !bytes.Equal(bad, good) {
			t.Fatal("something else is read")
		} else if err != nil && !bytes.Equal(bad, before) {
			t.Fatal("what cannot be read was changed")
		}
	})
}

// TestFlippedBit: the bit is found by the CRC alone, in pieces of any length.
func TestFlippedBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 3000).Draw(t, "data")
		want := crc32.Checksum(b, castagnoli)
		bit := rapid.IntRange(0, len(b)*8-1).Draw(t, "bit")
		b[bit/8] ^= 1 << (bit % 8)
		if at, k, ok := flippedBit(b, want); !ok || at*8+int(k) != bit {
			t.Fatalf("bit %d: found %d.%d %v", bit, at, k, ok)
		}
	})
}

// FuzzFrame: no bytes make the reader fall over.
func FuzzFrame(f *testing.F) {
	buf := append(beginFrame(nil, 1), "some entries"...)
	sealFrame(buf, 7, 0, record.Hash{})
	f.Add(buf)
	f.Fuzz(func(t *testing.T, b []byte) {
		x, _, err := readFrame(bytes.Clone(b))
		if err == nil {
			_, _ = x.items()
		}
		followed(b, 0)
		tornOff(b, 0)
	})
}

// TestEdge: the root by the right edge is that of the whole tree, at every size
// and over several levels, and every tile is handed out once, when it is full.
func TestEdge(t *testing.T) {
	var hashes []tlog.Hash
	stored := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(ix))
		for i, k := range ix {
			out[i] = hashes[k]
		}
		return out, nil
	})
	e := &edge{}
	tiles := map[[2]int64]bool{}
	for n := range int64(70000) {
		leaf := record.LeafHash([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
		h, err := tlog.StoredHashesForRecordHash(n, tlog.Hash(leaf), stored)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h...)
		if err := e.add(leaf, func(level int, n int64, full []tlog.Hash) error {
			if tiles[[2]int64{int64(level), n}] || len(full) != record.Width {
				t.Errorf("tile %d of level %d: again, or not full", n, level)
			}
			tiles[[2]int64{int64(level), n}] = true
			want, err := stored([]int64{tlog.StoredHashIndex(level*8, n*256)})
			if err != nil || want[0] != full[0] {
				t.Errorf("tile %d of level %d begins with another hash: %v", n, level, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n > 600 && n%97 != 0 && n < 65000 {
			continue
		}
		root, err := tlog.TreeHash(n+1, stored)
		if err != nil || record.Hash(root) != e.root() {
			t.Fatalf("%d leaves: another root (%v)", n+1, err)
		}
	}
	if len(tiles) != 273+1 {
		t.Errorf("%d tiles, expected 274", len(tiles))
	}
}
