package record

import (
	"encoding/binary"
	"fmt"
	"time"
)

// crockford are the digits of a ULID.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// digitOf is the value of a digit, or -1.
var digitOf = func() (of [256]int8) {
	for i := range of {
		of[i] = -1
	}
	for i := range len(crockford) {
		of[crockford[i]] = int8(i)
	}
	return of
}()

// NewID makes the id of an entry: a ULID of a time, to the millisecond, and of
// ten bytes that whoever makes the entry drew by chance.
func NewID(t time.Time, entropy [10]byte) string {
	var b [16]byte
	ms := uint64(t.UnixMilli())
	binary.BigEndian.PutUint16(b[:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	copy(b[6:], entropy[:])
	return FromIDBytes(b)
}

// FromIDBytes writes the 16 bytes of an id as text.
func FromIDBytes(b [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

// IDBytes reads an id into its 16 bytes.
func IDBytes(id string) ([16]byte, error) {
	var b [16]byte
	if !isULID(id) {
		return b, fmt.Errorf("id %q: expected a ULID, 26 letters and digits", id)
	}
	var hi, lo uint64
	for i := range len(id) {
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(digitOf[id[i]])
	}
	binary.BigEndian.PutUint64(b[:], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return b, nil
}
