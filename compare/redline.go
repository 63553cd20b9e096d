package compare

import (
	"regexp"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Run is a stretch of a redline: kept, taken out or put in.
type Run struct {
	Op   Op
	Text string
}

// Op says what became of a run of words.
type Op int8

// What can become of words.
const (
	Out  Op = -1
	Kept Op = 0
	In   Op = 1
)

// token is a word, a mark or a space; words are compared whole.
var token = regexp.MustCompile(`[\p{L}\p{M}\p{N}]+(?:['’\-.][\p{L}\p{M}\p{N}]+)*|\s+|.`)

// maxTokens bounds what is compared word by word; longer sentences are shown
// as taken out and put in whole.
const maxTokens = 20_000

// Redline compares two sentences word by word.
func Redline(from, to string) []Run {
	a, b := token.FindAllString(from, -1), token.FindAllString(to, -1)
	if len(a)+len(b) > maxTokens {
		return nonEmpty([]Run{{Out, from}, {In, to}})
	}
	c := coder{runes: map[string]rune{}, words: map[rune]string{}}
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // the same redline on a slow machine as on a fast one
	var out []Run
	for _, x := range d.DiffMainRunes(c.code(a), c.code(b), false) {
		var s strings.Builder
		for _, r := range x.Text {
			s.WriteString(c.words[r])
		}
		out = append(out, Run{Op(x.Type), s.String()})
	}
	return nonEmpty(bridged(out))
}

// coder gives each word a rune of its own, since the library compares runes.
type coder struct {
	runes map[string]rune
	words map[rune]string
	last  rune
}

func (c *coder) code(words []string) []rune {
	out := make([]rune, len(words))
	for i, w := range words {
		r, ok := c.runes[w]
		if !ok {
			c.last++
			if c.last == 0xD800 {
				c.last = 0xE000 // surrogates are no characters
			}
			r = c.last
			c.runes[w], c.words[r] = r, w
		}
		out[i] = r
	}
	return out
}

// bridged joins changes with nothing but a space between them, which is
// easier to read than single words crossed out one by one.
func bridged(runs []Run) []Run {
	var out []Run
	for i := 0; i < len(runs); {
		if runs[i].Op == Kept {
			out = append(out, runs[i])
			i++
			continue
		}
		var gone, come strings.Builder
		for ; i < len(runs); i++ {
			r := runs[i]
			if r.Op == Kept && (strings.TrimSpace(r.Text) != "" || i+1 == len(runs)) {
				break
			}
			if r.Op != In {
				gone.WriteString(r.Text)
			}
			if r.Op != Out {
				come.WriteString(r.Text)
			}
		}
		out = append(out, Run{Out, gone.String()}, Run{In, come.String()})
	}
	return out
}

func nonEmpty(runs []Run) []Run {
	var out []Run
	for _, r := range runs {
		if r.Text != "" {
			out = append(out, r)
		}
	}
	return out
}
