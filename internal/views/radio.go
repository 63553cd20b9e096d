package views

import (
	"crypto/sha256"
	"strings"

	"github.com/truce-project/truce/where"
)

// digits are those of the short ids: no I, L, O or U, which are misheard and
// misread.
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// radioID is a short id that can be read over a radio: three letters of an area,
// a hyphen, n digits made of the incident's id, and a check digit. It stands for
// the incident for ever, also when the place turns out to be another.
func radioID(area, id string, n int) string {
	h := sha256.Sum256([]byte("truce radio v1\n" + id))
	var b strings.Builder
	b.WriteString(area + "-")
	for i := range n {
		b.WriteByte(digits[h[i]&31])
	}
	return b.String() + string(digits[check(b.String())])
}

// CheckRadio reports whether a short id was heard right: its last digit checks
// the others. One wrong letter, and two exchanged neighbours, are always found.
func CheckRadio(s string) bool {
	s = strings.ToUpper(s)
	return len(s) > 5 && s[3] == '-' && strings.IndexByte(digits, s[len(s)-1]) == check(s[:len(s)-1])
}

// check is the sum of the values of letters and digits, each times another power
// of a generator of GF(32).
func check(s string) int {
	sum, weight := 0, 2
	for i := range len(s) {
		v := strings.IndexByte(digits, s[i])
		if i < 3 {
			v = int(s[i]-'A') & 31
		} else if v < 0 {
			continue
		}
		sum ^= times(weight, v)
		weight = times(weight, 2)
	}
	return sum
}

// times multiplies in GF(32), by x^5 + x^2 + 1.
func times(a, b int) int {
	p := 0
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return p
}

// area3 is the area in a short id: three letters of the first-level area in which
// the middle of the place lies. It is a help to the ear and judges nothing.
func area3(v *Incident) string {
	if v.Lat == nil {
		return "UNK"
	}
	codes := where.AreasAt(where.Point{Lat: *v.Lat, Lon: *v.Lon})
	if len(codes) == 0 {
		return "OUT"
	}
	for _, a := range where.Areas() {
		if a.Code == codes[0] {
			return letters(a.Name)
		}
	}
	return "OUT"
}

func letters(name string) string {
	out := ""
	for _, r := range strings.ToUpper(name) {
		if r >= 'A' && r <= 'Z' && len(out) < 3 {
			out += string(r)
		}
	}
	return (out + "XXX")[:3]
}
