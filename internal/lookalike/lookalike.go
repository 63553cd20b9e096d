// Package lookalike finds text that looks unlike what it says, and writes it so that
// it does not.
package lookalike

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// invisible are characters that are not seen and change what is read or compared:
// joiners and spaces of no width, marks and overrides of direction, tags.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, {Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x061c, Hi: 0x061c, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1},
		{Lo: 0x200b, Hi: 0x200f, Stride: 1}, {Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2060, Hi: 0x206f, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0e, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}},
}

// scripts whose letters look like each other's.
var alike = []struct {
	name  string
	table *unicode.RangeTable
}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian}, {"Cherokee", unicode.Cherokee}}

// Deceives says, in words, how a text may look unlike what it says: characters that
// are not seen, and words of letters of several scripts. It judges nobody: keyboards
// and programs that copy do this too. At most five are named.
func Deceives(s string) []string {
	var out []string
	add := func(format string, args ...any) {
		if t := fmt.Sprintf(format, args...); len(out) < 5 && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, r := range s {
		switch {
		case unicode.Is(invisible, r):
			add("U+%04X is not seen", r)
		case r != '\n' && r != '\t' && r != '\r' && unicode.IsControl(r):
			add("U+%04X steers a terminal", r)
		}
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.Is(invisible, r) && !unicode.IsMark(r)
	}) {
		var in []string
		for _, a := range alike {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(a.table, r) }) {
				in = append(in, a.name)
			}
		}
		if len(in) > 1 {
			add("%q has letters of %s", Shown(word), strings.Join(in, " and "))
		}
	}
	return out
}

// Shown writes what is not seen as its number, so that a text looks like what it
// says.
func Shown(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.Is(invisible, r) || r != '\n' && r != '\t' && unicode.IsControl(r)
	}) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.Is(invisible, r) || r != '\n' && r != '\t' && unicode.IsControl(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
