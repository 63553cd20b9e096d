package evidence

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sketchSize is how many hashes a sketch keeps: the estimate of resemblance
// has a standard error of at most 0.5/sqrt(96), about 0.05.
const sketchSize = 96

// shingle is how many words in a row make a unit of text.
const shingle = 4

// Sketch is what is kept of a text to recognise it again: the smallest hashes of
// its runs of four words (a bottom-k sketch), and how many different runs there
// are. Case, punctuation and letters that only look different do not matter.
type Sketch struct {
	Least []uint64 // ascending
	Runs  int      // different runs
	Words int      // words, repeated ones counted
}

// NewSketch makes the sketch of a text.
func NewSketch(text string) Sketch {
	words := foldedWords(text)
	s := Sketch{Words: len(words)}
	if len(words) == 0 {
		return s
	}
	hashes := make([]uint64, 0, len(words))
	n := min(shingle, len(words))
	for i := 0; i+n <= len(words); i++ {
		h := uint64(14695981039346656037)
		for _, w := range words[i : i+n] {
			h = hashInto(h, w)
		}
		hashes = append(hashes, mix(h))
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	s.Runs = len(hashes)
	s.Least = slices.Clone(hashes[:min(sketchSize, len(hashes))])
	return s
}

// Repeats reports whether the text holds much of itself twice.
func (s Sketch) Repeats() bool { return s.Words >= 40 && float64(s.Words) >= 1.5*float64(s.Runs) }

// Short reports whether a text is too short to be recognised by its words.
func (s Sketch) Short() bool { return s.Runs < 8 }

// Resemblance estimates which part of the runs of two texts they have in common,
// from 0 to 1. It is the same both ways. Short texts resemble none.
func (s Sketch) Resemblance(t Sketch) float64 {
	if s.Short() || t.Short() {
		return 0
	}
	k := min(sketchSize, s.Runs+t.Runs)
	both, seen, i, j := 0, 0, 0, 0
	for seen < k && (i < len(s.Least) || j < len(t.Least)) {
		switch {
		case j >= len(t.Least) || i < len(s.Least) && s.Least[i] < t.Least[j]:
			i++
		case i >= len(s.Least) || t.Least[j] < s.Least[i]:
			j++
		default:
			both++
			i++
			j++
		}
		seen++
	}
	if seen == 0 {
		return 0
	}
	return float64(both) / float64(seen)
}

// Containment estimates which part of the runs of the shorter of two texts is in
// the longer one: an agency's report quoted whole inside an article.
func (s Sketch) Containment(t Sketch) float64 { return s.containment(t, s.Resemblance(t)) }

func (s Sketch) containment(t Sketch, r float64) float64 {
	both := r / (1 + r) * float64(s.Runs+t.Runs)
	return min(1, both/float64(max(1, min(s.Runs, t.Runs))))
}

// Copied says from which resemblance, or containment, on a text is taken as a
// copy of another.
const (
	CopiedResemblance = 0.5
	CopiedContainment = 0.8
)

// Copied reports whether one of two texts is a copy of the other, or holds it.
// A short one that stands whole inside a long one is a quotation, and no copy,
// unless it is a good part of it.
func (s Sketch) Copied(t Sketch) bool { return s.copied(t, s.Resemblance(t)) }

func (s Sketch) copied(t Sketch, r float64) bool {
	return r >= CopiedResemblance || r >= 0.2 && s.containment(t, r) >= CopiedContainment
}

// foldedWords splits a text into its words: letters and digits, small, with
// Cyrillic letters that look Latin kept as they are and ё written as е.
func foldedWords(text string) []string {
	var out []string
	start := -1
	end := func(i int) {
		if start >= 0 {
			out = append(out, foldWord(text[start:i]))
			start = -1
		}
	}
	for i, c := range text {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || start >= 0 && isApostrophe(c) {
			if start < 0 {
				start = i
			}
			continue
		}
		end(i)
	}
	end(len(text))
	return out
}

func isApostrophe(c rune) bool { return strings.ContainsRune("'’ʼ`", c) }

func foldWord(w string) string {
	ascii := true
	for i := 0; i < len(w); i++ {
		if w[i] >= utf8.RuneSelf || 'A' <= w[i] && w[i] <= 'Z' || w[i] == '\'' || w[i] == '`' {
			ascii = false
			break
		}
	}
	if ascii {
		return w
	}
	return strings.Map(func(c rune) rune {
		switch {
		case isApostrophe(c):
			return -1
		case c == 'ё' || c == 'Ё':
			return 'е'
		}
		return unicode.ToLower(c)
	}, w)
}

func hashInto(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// mix spreads the bits of a hash (the finaliser of SplitMix64).
func mix(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}

// numbersIn returns the numbers of a text that tell events apart: of two digits
// and more, without years, clocks and dates. "11,000" and "11 000" are one.
func numbersIn(text string) []uint64 {
	var out []uint64
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if !isDigit(runes[i]) {
			i++
			continue
		}
		j, n, digits := i, uint64(0), 0
		for j < len(runes) {
			if isDigit(runes[j]) {
				n, digits = n*10+uint64(runes[j]-'0'), digits+1
				j++
			} else if groupsDigits(runes, j) {
				j++
			} else {
				break
			}
		}
		clock := j < len(runes) && strings.ContainsRune(":.-/", runes[j]) && j+1 < len(runes) && isDigit(runes[j+1]) ||
			i > 0 && strings.ContainsRune(":.-/", runes[i-1]) && i > 1 && isDigit(runes[i-2])
		if digits >= 2 && digits <= 12 && !clock && !(n >= 1900 && n <= 2100) && n > 31 {
			out = append(out, n)
		}
		i = j
	}
	slices.SortFunc(out, cmp.Compare[uint64])
	return slices.Compact(out)
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

// groupsDigits reports whether a sign stands between groups of three digits.
func groupsDigits(r []rune, j int) bool {
	if !strings.ContainsRune(",  \u202f", r[j]) || j == 0 || !isDigit(r[j-1]) || j+3 >= len(r) {
		return false
	}
	for k := 1; k <= 3; k++ {
		if !isDigit(r[j+k]) {
			return false
		}
	}
	return j+4 >= len(r) || !isDigit(r[j+4])
}

func shared(a, b []uint64) []uint64 {
	var out []uint64
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			out = append(out, a[i])
			i++
			j++
		}
	}
	return out
}

func anyShared(a, b []uint64) bool {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			return true
		}
	}
	return false
}
