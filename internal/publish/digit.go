package publish

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	"github.com/truce-project/truce/record"
)

// tries bounds how many bytes are hashed in the search for one changed byte.
const tries = 4 << 30

// changed says what is wrong with the bytes of a file, as closely as it can be
// said from their hashes: if one digit is another than was published, which and
// where; else in which blocks.
func changed(f *listed, b []byte) string {
	if int64(len(b)) != f.size {
		return fmt.Sprintf("has %d bytes, expected %d", len(b), f.size)
	}
	want := "SHA-256 " + f.sum.Hex()
	if len(f.blocks) == 0 {
		if at, was, ok := oneDigit(b, f.sum); ok {
			return spot(b, at, was) + "; expected " + want
		}
		return "is not what was published: expected " + want
	}
	var wrong []int
	for i, h := range f.blocks {
		if sha256.Sum256(blockOf(b, i)) != h {
			wrong = append(wrong, i)
		}
	}
	if len(wrong) == 1 {
		i := wrong[0]
		if at, was, ok := oneDigit(blockOf(b, i), f.blocks[i]); ok {
			return spot(b, i*block+at, was) + "; expected " + want
		}
	}
	if len(wrong) == 0 {
		return "is not what was published: expected " + want
	}
	first := wrong[0] * block
	return fmt.Sprintf("is not what was published in %d of %d blocks of %d bytes, the first at line %d: expected %s", len(wrong), len(f.blocks), block, 1+bytes.Count(b[:first], []byte("\n")), want)
}

func blockOf(b []byte, i int) []byte { return b[i*block : min((i+1)*block, len(b))] }

// oneDigit looks for the one digit that makes bytes those of a hash. What is found
// is what was published: nobody can make other bytes with that hash.
func oneDigit(b []byte, sum record.Hash) (at int, was byte, ok bool) {
	digits := 0
	for _, c := range b {
		if isDigit(c) {
			digits++
		}
	}
	if digits*9*len(b) > tries {
		return 0, 0, false
	}
	c := bytes.Clone(b)
	for i := range c {
		is := c[i]
		if !isDigit(is) {
			continue
		}
		for d := byte('0'); d <= '9'; d++ {
			if d == is {
				continue
			}
			c[i] = d
			if sha256.Sum256(c) == sum {
				return i, d, true
			}
		}
		c[i] = is
	}
	return 0, 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// spot names a changed digit with its line, column and what stands round it.
func spot(b []byte, at int, was byte) string {
	start := bytes.LastIndexByte(b[:at], '\n') + 1
	line := 1 + bytes.Count(b[:start], []byte("\n"))
	from, to := max(start, at-30), at+1
	for to < len(b) && to < at+20 && b[to] != '\n' {
		to++
	}
	for from < at && !utf8.RuneStart(b[from]) {
		from++
	}
	for to < len(b) && to > at+1 && !utf8.RuneStart(b[to]) {
		to--
	}
	return fmt.Sprintf("line %d, column %d: is %q, expected %q: ...%s[%c]%s...", line, at-start+1, b[at], was, b[from:at], was, b[at+1:to])
}
