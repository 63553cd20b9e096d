package reader

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	_ "embed"

	"github.com/truce-project/truce/internal/talks"
)

//go:embed data/boilerplate.tsv
var boilerplateTSV string

// token is a word or a mark of a text.
type token struct {
	text, low string
	b, e      int // bytes of the text
	capital   bool
	punct     bool
	depth     int // in how many quotation marks
}

// sentence is a piece of a paragraph, with what was found in it.
type sentence struct {
	b, e   int
	para   int
	lang   string
	toks   []token
	tags   []tag
	actors []actor
	dates  []dateTag
	speech speech
	built  []builtMeeting
	// speaksOf are the proposals of the sentence, once they were looked for.
	speaksOf []mention
	taken    map[talks.Kind][]int // read by constructions
}

// span is a paragraph, in bytes of the text.
type span struct{ b, e int }

var boilerplate = sync.OnceValue(func() []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, r := range table("boilerplate.tsv", boilerplateTSV, 2) {
		out = append(out, regexp.MustCompile("(?i)"+r[1]))
	}
	return out
})

// paragraphs splits a text at ends of lines. Those that are boilerplate, or that
// say again what one before them said, come back as removed.
func paragraphs(text string) (kept, removed []span) {
	var seen []map[string]bool
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		b, e := trim(text, at, end)
		at = end + 1
		if b >= e {
			continue
		}
		p := text[b:e]
		if isBoilerplate(p) {
			removed = append(removed, span{b, e})
			continue
		}
		words := wordSet(p)
		if repeated(words, seen) {
			removed = append(removed, span{b, e})
			continue
		}
		seen = append(seen, words)
		kept = append(kept, span{b, e})
	}
	return kept, removed
}

func trim(text string, b, e int) (int, int) {
	for b < e {
		r, n := utf8.DecodeRuneInString(text[b:e])
		if !unicode.IsSpace(r) && r != '\ufeff' {
			break
		}
		b += n
	}
	for b < e {
		r, n := utf8.DecodeLastRuneInString(text[b:e])
		if !unicode.IsSpace(r) {
			break
		}
		e -= n
	}
	return b, e
}

func isBoilerplate(p string) bool {
	if len(p) > 600 {
		return false
	}
	for _, re := range boilerplate() {
		if re.MatchString(p) {
			return true
		}
	}
	return false
}

func wordSet(p string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(fold(p), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out[w] = true
	}
	return out
}

// repeated reports whether the words of a paragraph are those of one before, but
// for one in twenty. Short lines must be the same.
func repeated(words map[string]bool, seen []map[string]bool) bool {
	for _, s := range seen {
		if len(s) > 2*len(words)+2 || len(words) > 2*len(s)+2 {
			continue
		}
		both := 0
		for w := range words {
			if s[w] {
				both++
			}
		}
		all := len(words) + len(s) - both
		if both == all || len(words) >= 8 && both*20 >= all*19 {
			return true
		}
	}
	return false
}

// abbreviations end in a full stop that ends no sentence.
var abbreviations = map[string]bool{}

func init() {
	for _, w := range strings.Fields("mr mrs ms dr gen lt col maj sgt sen rep gov st no jan feb mar apr jun jul aug sept sep oct nov dec vs etc prof adm capt u.s u.k г р ст им ім тис тыс млн млрд обл см т.е т.д вул ул о грн руб д") {
		abbreviations[w] = true
	}
}

// maxSentence bounds a sentence, in tokens: reading one takes more than its length in
// time. What is longer is cut.
const maxSentence = 250

// sentences splits a paragraph into sentences of tokens.
func sentences(text string, p span, para int) (out []sentence) {
	toks := tokenize(text, p.b, p.e)
	start := 0
	for i := range toks {
		if i+1 < len(toks) && !endsSentence(toks, i) && i-start < maxSentence {
			continue
		}
		part := toks[start : i+1]
		out = append(out, sentence{b: part[0].b, e: part[len(part)-1].e, para: para, toks: part})
		start = i + 1
	}
	return out
}

// endsSentence reports whether a sentence ends after token i. A closing quotation
// mark after the stop belongs to it.
func endsSentence(toks []token, i int) bool {
	last := i
	for last > 0 && (isClosing(toks[last]) || toks[last].low == `"`) {
		last--
	}
	t := toks[last]
	if t.low != "." && t.low != "!" && t.low != "?" && t.low != "…" {
		return false
	}
	next := toks[i+1]
	if next.b == toks[i].e && !isClosing(next) && next.low != `"` && t.low == "." { // 3.5, U.S
		return next.capital && last > 0 && len(toks[last-1].text) > 1 && (len(next.text) > 2 || len(next.text) == 2 && len(toks[last-1].text) > 2 && !toks[last-1].capital)
	}
	if isClosing(next) || next.low == `"` && next.b == toks[i].e {
		return false
	}
	if t.low == "." && last > 0 {
		w := toks[last-1]
		if w.e == t.b && (abbreviations[w.low] || utf8.RuneCountInString(w.text) == 1 && w.capital) {
			return false
		}
	}
	return next.capital || next.punct || unicode.IsDigit(firstRune(next.text))
}

func isClosing(t token) bool { return t.low == "”" || t.low == "»" || t.low == ")" }

func firstRune(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

// tokenize cuts words and marks. A possessive 's is a token of its own.
func tokenize(text string, b, e int) (out []token) {
	depth := 0
	straight := false
	add := func(b, e int, punct bool) {
		t := token{text: text[b:e], b: b, e: e, punct: punct, depth: depth}
		t.low = fold(t.text)
		t.capital = !punct && unicode.IsUpper(firstRune(t.text))
		out = append(out, t)
	}
	for i := b; i < e; {
		r, n := utf8.DecodeRuneInString(text[i:e])
		switch {
		case unicode.IsSpace(r) || r == '\ufeff':
		case wordRune(r):
			j := i + n
			for j < e {
				r2, n2 := utf8.DecodeRuneInString(text[j:e])
				if !wordRune(r2) {
					if !isApostrophe(r2) || !wordAt(text, j+n2, e) || possessive(text, j, n2, e) {
						break
					}
				}
				j += n2
			}
			add(i, j, false)
			if j < e {
				r2, n2 := utf8.DecodeRuneInString(text[j:e])
				if isApostrophe(r2) && possessive(text, j, n2, e) {
					add(j, j+n2+1, false)
					out[len(out)-1].low = "'s"
					j += n2 + 1
				}
			}
			i = j
			continue
		case r == '“' || r == '«' || r == '„':
			add(i, i+n, true)
			depth++
		case r == '”' || r == '»':
			depth = max(0, depth-1)
			add(i, i+n, true)
		case r == '"':
			if straight {
				depth = max(0, depth-1)
			}
			add(i, i+n, true)
			out[len(out)-1].low = "”"
			if !straight {
				out[len(out)-1].low = "“"
				depth++
			}
			straight = !straight
		default:
			add(i, i+n, true)
			if r == '‑' || r == '‐' {
				out[len(out)-1].low = "-"
			}
		}
		i += n
	}
	return out
}

func wordRune(r rune) bool     { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

func wordAt(text string, i, e int) bool {
	if i >= e {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[i:e])
	return wordRune(r)
}

// possessive: 's at the end of a word.
func possessive(text string, at, n, e int) bool {
	i := at + n
	if i >= e || text[i] != 's' && text[i] != 'S' {
		return false
	}
	return !wordAt(text, i+1, e)
}

// language is that of most of a text's words: the letters tell uk from ru.
func language(text string) string {
	cyr, lat, uk, ru := 0, 0, 0, 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("іїєґІЇЄҐ", r):
			uk++
			cyr++
		case strings.ContainsRune("ыэъёЫЭЪЁ", r):
			ru++
			cyr++
		case unicode.Is(unicode.Cyrillic, r):
			cyr++
		case unicode.Is(unicode.Latin, r):
			lat++
		}
	}
	switch {
	case lat >= cyr:
		return "en"
	case uk >= ru:
		return "uk"
	}
	return "ru"
}
