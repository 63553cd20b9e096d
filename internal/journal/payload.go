package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// A segment holds the payloads of the 256 entries of one bundle, in their order:
// commitment (32 bytes), salt (32), length (uint32, big-endian), payload. An
// entry without a payload has a record of zeros. Where a record lies follows from
// the sizes in the entries, so that a damaged length shifts nothing.
//
// Erasure writes zeros over salt and payload; commitment and length stay. A
// payload that is not here has the length absent, whatever follows.
const (
	payloadHead = 32 + record.SaltSize + 4
	absent      = 1<<32 - 1
)

// segmentName is the file of the segment beside bundle n.
func segmentName(n int64) string {
	return "payload/" + strings.TrimPrefix(record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: record.Width}), "tile/entries/")
}

// payloadSpan is how many bytes the payload of an entry takes in its segment.
func payloadSpan(e *record.Envelope) int64 {
	if e.Payload == (record.Hash{}) {
		return payloadHead
	}
	return payloadHead + e.Size
}

func appendPayload(buf []byte, it *item) []byte {
	if !it.hasPayload() {
		return append(buf, make([]byte, payloadHead)...)
	}
	buf = append(buf, it.env.Payload[:]...)
	if it.absent {
		buf = append(buf, make([]byte, record.SaltSize)...)
		buf = binary.BigEndian.AppendUint32(buf, absent)
		return append(buf, make([]byte, it.env.Size)...)
	}
	buf = append(buf, it.salt[:]...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(it.payload)))
	return append(buf, it.payload...)
}

// errPayload means that a record of a segment is not what its entry says.
var errPayload = errors.New("the payload is not the one that the entry committed to")

// checkPayloadRecord checks the record of an entry. It returns record.ErrErased
// where salt and payload are zeros, record.ErrAbsent where it is not here.
func checkPayloadRecord(e *record.Envelope, b []byte) (payload []byte, salt [record.SaltSize]byte, err error) {
	if int64(len(b)) != payloadSpan(e) {
		return nil, salt, errPayload
	}
	if e.Payload == (record.Hash{}) {
		if !zero(b) {
			return nil, salt, errPayload
		}
		return nil, salt, nil
	}
	copy(salt[:], b[32:])
	payload = b[payloadHead:]
	length := int64(binary.BigEndian.Uint32(b[payloadHead-4:]))
	if record.Hash(b[:32]) == e.Payload && length == absent {
		return nil, salt, record.ErrAbsent
	}
	if record.Hash(b[:32]) != e.Payload || length != e.Size {
		return nil, salt, errPayload
	}
	if zero(salt[:]) && zero(payload) {
		return nil, salt, record.ErrErased
	}
	if record.Commit(salt, payload) != e.Payload {
		return nil, salt, errPayload
	}
	return payload, salt, nil
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// writeSegment writes records into a segment from an offset on; what stood there
// is what an interrupted attempt had left.
func (w World) writeSegment(name string, at int64, data []byte) error {
	f, err := w.FS.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil && size < at {
		err = fmt.Errorf("%s has %d bytes, expected at least %d", name, size, at)
	}
	if err == nil && size > at {
		err = f.Truncate(at)
	}
	if err == nil {
		err = writeAt(f, data, at)
	}
	if err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// readSpan reads a piece of a file.
func (w World) readSpan(name string, at, length int64) ([]byte, error) {
	f, err := w.FS.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, length)
	n, err := f.ReadAt(b, at)
	if int64(n) == length {
		err = nil
	} else if errors.Is(err, io.EOF) {
		err = &Damage{File: name, Offset: at + int64(n), What: fmt.Sprintf("ends after %d bytes, expected %d", at+int64(n), at+length)}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &Damage{File: name, What: "is missing"}
	}
	return b, err
}

// erase writes zeros over the salt and the payload of a record.
func (w World) erase(name string, at, length int64) error {
	f, err := w.FS.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = writeAt(f, make([]byte, record.SaltSize), at+32); err == nil {
		err = writeAt(f, make([]byte, length-payloadHead), at+payloadHead)
	}
	if err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// fill writes a payload into a record that has none: the length last, so that an
// interruption leaves the record as absent as it was.
func (w World) fill(name string, at int64, p Payload) error {
	f, err := w.FS.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = writeAt(f, p.Salt[:], at+32); err == nil {
		err = writeAt(f, p.Bytes, at+payloadHead)
	}
	if err == nil {
		err = syncError(name, f.Sync())
	}
	if err == nil {
		err = writeAt(f, binary.BigEndian.AppendUint32(nil, uint32(len(p.Bytes))), at+payloadHead-4)
	}
	if err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
