package evidence

import (
	"fmt"
	"math/bits"
	"strconv"
)

// Picture is the perceptual hash of a picture: it hardly changes when the
// picture is scaled or compressed again.
type Picture uint64

// Apart is the number of bits, of 64, in which two hashes differ.
func (p Picture) Apart(q Picture) int { return bits.OnesCount64(uint64(p ^ q)) }

// String writes the hash as 16 hexadecimal digits.
func (p Picture) String() string { return fmt.Sprintf("%016x", uint64(p)) }

// ParsePicture reads what String writes.
func ParsePicture(s string) (Picture, error) {
	v, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0, fmt.Errorf("%q is no hash of a picture: expected 16 hexadecimal digits", s)
	}
	return Picture(v), nil
}

// nearest is the least distance between pictures of two lists.
func nearest(a, b []Picture) (int, bool) {
	best, ok := 65, false
	for _, p := range a {
		for _, q := range b {
			best, ok = min(best, p.Apart(q)), true
		}
	}
	return best, ok
}
