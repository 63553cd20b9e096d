package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/truce-project/truce/record"
)

// A file of the WAL is a row of frames, each written and synced at once:
//
//	 0  magic "TRW1" (a later form must be more than one bit from it)
//	 4  how many entries, uint32
//	 8  index of the first, uint64
//	16  length of the body, uint64
//	24  CRC32C of the body
//	28  CRC32C of the header, without these four bytes
//	32  sum of the frame before
//	64  sum of this one: SHA-256 of bytes 0 to 23, the sum before, and the body
//	96  body
//
// Numbers are big-endian. The first frame of a file has no entries; its body is
// the origin of the log. The body of the others is the time of acceptance
// (milliseconds, uint64), then for each entry its length (uint32), its bytes, and
// 0 (no payload), 2 (a payload that is not here), or 1 and the salt, the length of
// the payload (uint32) and the payload.
//
// The CRC tells where a single flipped bit is; the sum proves that the repaired
// frame is the one that was written. The sums form a chain, so that a frame that
// is gone from the middle is noticed.
const (
	headerSize = 96
	magic      = "TRW1"
	maxBody    = 192 << 20 // below the 256 MB up to which one bit can be located
)

// item is an entry with its payload, as it goes from a submission into the WAL
// and from there into tiles.
type item struct {
	entry    []byte
	leaf     record.Hash // of entry, when it was accepted
	env      *record.Envelope
	id       [16]byte
	salt     [record.SaltSize]byte
	payload  []byte
	absent   bool  // the entry has a payload, but it is not here
	accepted int64 // milliseconds
}

func (it *item) hasPayload() bool { return it.env.Payload != record.Hash{} }

// size is about how many bytes the item takes.
func (it *item) size() int { return len(it.entry) + len(it.payload) + 64 }

// frame is what was read of one.
type frame struct {
	first     int64
	count     int
	prev, sum record.Hash
	body      []byte
	length    int // with header
}

// beginFrame returns the header, yet empty, and the start of the body.
func beginFrame(buf []byte, accepted int64) []byte {
	buf = append(buf[:0], make([]byte, headerSize)...)
	return binary.BigEndian.AppendUint64(buf, uint64(accepted))
}

// appendItem writes one entry into a body.
func appendItem(buf []byte, it *item) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(it.entry)))
	buf = append(buf, it.entry...)
	if !it.hasPayload() {
		return append(buf, 0)
	}
	if it.absent {
		return append(buf, 2)
	}
	buf = append(buf, 1)
	buf = append(buf, it.salt[:]...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(it.payload)))
	return append(buf, it.payload...)
}

// sealFrame fills in the header and returns the sum.
func sealFrame(buf []byte, first int64, count int, prev record.Hash) record.Hash {
	h, body := buf[:headerSize], buf[headerSize:]
	copy(h, magic)
	binary.BigEndian.PutUint32(h[4:], uint32(count))
	binary.BigEndian.PutUint64(h[8:], uint64(first))
	binary.BigEndian.PutUint64(h[16:], uint64(len(body)))
	binary.BigEndian.PutUint32(h[24:], crc32.Checksum(body, castagnoli))
	copy(h[32:], prev[:])
	sum := frameSum(h, body)
	copy(h[64:], sum[:])
	binary.BigEndian.PutUint32(h[28:], headerCRC(h))
	return sum
}

// headFrame is the first frame of a file.
func headFrame(origin string, first int64, prev record.Hash) ([]byte, record.Hash) {
	buf := append(make([]byte, headerSize), origin...)
	sum := sealFrame(buf, first, 0, prev)
	return buf, sum
}

func frameSum(h, body []byte) record.Hash {
	s := sha256.New()
	s.Write(h[:24])
	s.Write(h[32:64])
	s.Write(body)
	return record.Hash(s.Sum(nil))
}

func headerCRC(h []byte) uint32 {
	return crc32.Update(crc32.Checksum(h[:28], castagnoli), castagnoli, h[32:headerSize])
}

var (
	errCut = errors.New("the frame is cut short")
	errBad = errors.New("the frame is damaged")
)

// readFrame reads the frame at the start of b. A single flipped bit is set right
// in b, and its place returned as bit (counted from the start of b, or -1). It
// returns errCut where b is shorter than the frame, errBad where the frame is
// neither whole nor one bit from it.
func readFrame(b []byte) (f frame, bit int64, err error) {
	f, bit, err = mendFrame(b)
	if err != nil && bit >= 0 {
		b[bit/8] ^= 1 << (bit % 8) // it was not that bit, or not that alone
		bit = -1
	}
	return f, bit, err
}

// mendFrame reads a frame; a bit that it changed stays changed.
func mendFrame(b []byte) (f frame, bit int64, err error) {
	bit = -1
	if len(b) < headerSize {
		return f, bit, errCut
	}
	h := b[:headerSize]
	good := func() bool {
		return string(h[:4]) == magic && headerCRC(h) == binary.BigEndian.Uint32(h[28:])
	}
	if !good() {
		if bit = mend(h, good); bit < 0 {
			return f, bit, errBad
		}
	}
	length := binary.BigEndian.Uint64(h[16:])
	if length > maxBody {
		return f, bit, errBad
	}
	if uint64(len(b)-headerSize) < length {
		return f, bit, errCut
	}
	body := b[headerSize : headerSize+length]
	if want := binary.BigEndian.Uint32(h[24:]); crc32.Checksum(body, castagnoli) != want {
		at, k, ok := flippedBit(body, want)
		if !ok || bit >= 0 { // of two wrong bits one cannot be sure
			return f, bit, errBad
		}
		body[at] ^= 1 << k
		bit = int64(headerSize+at)*8 + int64(k)
	}
	f = frame{first: int64(binary.BigEndian.Uint64(h[8:])), count: int(binary.BigEndian.Uint32(h[4:])), body: body, length: headerSize + int(length)}
	copy(f.prev[:], h[32:])
	copy(f.sum[:], h[64:])
	if frameSum(h, body) != f.sum {
		return frame{}, bit, errBad
	}
	return f, bit, nil
}

// mend tries every bit of a short piece and leaves the one change that makes it
// good.
func mend(b []byte, good func() bool) int64 {
	for i := range int64(len(b) * 8) {
		b[i/8] ^= 1 << (i % 8)
		if good() {
			return i
		}
		b[i/8] ^= 1 << (i % 8)
	}
	return -1
}

// items reads the entries of a frame. The bytes are copied.
func (f *frame) items() ([]item, error) {
	r := bytes.NewReader(f.body)
	bad := func(i int) error { return fmt.Errorf("entry %d of the frame cannot be read", i) }
	var accepted uint64
	if binary.Read(r, binary.BigEndian, &accepted) != nil {
		return nil, bad(0)
	}
	out := make([]item, 0, min(f.count, 1<<16))
	for i := range f.count {
		it := item{accepted: int64(accepted)}
		var err error
		if it.entry, err = readSized(r); err != nil {
			return nil, bad(i)
		}
		has, err := r.ReadByte()
		if err != nil || has > 2 {
			return nil, bad(i)
		}
		it.absent = has == 2
		if has == 1 {
			if n, _ := r.Read(it.salt[:]); n != len(it.salt) {
				return nil, bad(i)
			}
			if it.payload, err = readSized(r); err != nil {
				return nil, bad(i)
			}
		}
		if err := it.decode(); err != nil {
			return nil, fmt.Errorf("entry %d: %w", f.first+int64(i), err)
		}
		out = append(out, it)
	}
	if r.Len() > 0 {
		return nil, bad(f.count)
	}
	return out, nil
}

// decode fills in what follows from the bytes of the entry.
func (it *item) decode() error {
	var err error
	if it.env, err = record.Decode(it.entry); err != nil {
		return err
	}
	it.leaf = record.LeafHash(it.entry)
	it.id, err = record.IDBytes(it.env.ID)
	return err
}

func readSized(r *bytes.Reader) ([]byte, error) {
	var n uint32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		return nil, err
	}
	if int64(n) > int64(r.Len()) {
		return nil, errCut
	}
	b := make([]byte, n)
	_, err := r.Read(b)
	if n == 0 {
		err = nil
	}
	return b, err
}
