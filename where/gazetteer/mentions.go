package gazetteer

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/truce-project/truce/where"
)

// Mention is a name of a place in a text.
type Mention struct {
	Text       string // as it stands there
	Candidates []Candidate
	// Area says that a first-level area is named as such: "Kharkiv Oblast",
	// "Харківщина", "Крим".
	Area bool
	// Adjective says that the name is only the adjective of an area, which may
	// mean anything of it: "одеський порт".
	Adjective bool
	// NotPlace says what the name is, when words beside it show that it is no
	// place: a pipeline, a ship, a brigade.
	NotPlace string
}

// In returns the first-level areas of all candidates, sorted.
func (m Mention) In() []string {
	var out []string
	for _, c := range m.Candidates {
		for _, a := range c.In() {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.Sort(out)
	return out
}

const maxWords = 4000 // of one text; the rest is not read

// word is a word of a text.
type word struct {
	folded     string
	start, end int // bytes
	sentence   int
	capital    bool
}

// wordsOf splits a text into words; apostrophes part none.
func wordsOf(text string) []word {
	var out []word
	sentence, start := 0, -1
	end := func(i int) {
		if start >= 0 {
			first := []rune(text[start:i])[0]
			if f := fold(text[start:i]); f != "" {
				out = append(out, word{f, start, i, sentence, unicode.IsUpper(first) || unicode.IsDigit(first)})
			}
			start = -1
		}
	}
	for i, c := range text {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			if start < 0 {
				start = i
			}
		case start >= 0 && strings.ContainsRune("'’ʼ`", c):
		default:
			if end(i); strings.ContainsRune(".!?;|\n", c) {
				sentence++
			}
		}
		if len(out) >= maxWords {
			return out
		}
	}
	end(len(text))
	return out
}

// Mentions finds the names of places in a text, in any of the languages and in
// any case of the grammar. A name starts with a capital. What stands there are
// words: a person, a ship or a street may bear the name of a place, and only
// what data/contexts.csv lists is told apart.
func (g *Gazetteer) Mentions(text string) []Mention {
	list := wordsOf(text)
	var out []Mention
	for i := 0; i < len(list); i++ {
		m, n := g.mention(list[i:])
		if n == 0 {
			continue
		}
		m.Text = text[list[i].start:list[i+n-1].end]
		if !m.Area && !m.Adjective {
			m.NotPlace = notPlace(list, i, n)
		}
		out = append(out, m)
		i += n - 1
	}
	return out
}

// mention reads the mention that a text starts with, and how many words it has.
func (g *Gazetteer) mention(list []word) (Mention, int) {
	if codes, n := g.areaIn(list); n > 0 {
		return Mention{Area: true, Candidates: candidates(nil, codes)}, n
	}
	m, n := adjective(list)
	if n > 0 && m.Area || !list[0].capital {
		return m, n
	}
	var entries []*Entry
	longest := 0
	g.forms(sameSentence(list, 6), func(f form, words int) {
		if words > longest {
			entries, longest = nil, words
		}
		if words == longest && !slices.Contains(entries, f.entry) {
			entries = append(entries, f.entry)
		}
	})
	if longest == 0 {
		return m, n
	}
	m = Mention{Candidates: candidates(entries, nil)}
	m.Area = !slices.ContainsFunc(m.Candidates, func(c Candidate) bool { return !c.firstLevel() })
	return m, longest
}

// sameSentence is the folded words of a sentence from its start on.
func sameSentence(list []word, most int) []string {
	var out []string
	for _, w := range list {
		if w.sentence != list[0].sentence || len(out) == most {
			break
		}
		out = append(out, w.folded)
	}
	return out
}

// areaHeads are words that follow the adjective of a first-level area, or its
// English name.
var areaHeads = []string{"област", "обл", "край", "краю", "краї", "края", "крае", "крем", "республік", "республик", "oblast", "region", "province", "krai", "kray"}

func areaHead(w string) bool {
	return slices.ContainsFunc(areaHeads, func(h string) bool {
		rest, ok := strings.CutPrefix(w, h)
		return ok && (endings[rest] || rest == "s")
	})
}

const maxList = 8 // words between an adjective and the word that it shares

// adjective reads "Харківська область", "в Харьковской и Сумской областях" (of
// which it reads the first), and the adjective alone.
func adjective(list []word) (Mention, int) {
	words := sameSentence(list, maxList)
	codes := adjectives()[stemOfAdjective(words[0])]
	if codes == nil {
		return Mention{}, 0
	}
	area := headFollows(words)
	return Mention{Area: area, Adjective: !area, Candidates: candidates(nil, codes)}, 1
}

// areaIn reads "Kharkiv Oblast".
func (g *Gazetteer) areaIn(list []word) ([]string, int) {
	words := sameSentence(list, maxList)
	if cyrillic(words[0]) {
		return nil, 0
	}
	for n := 1; n <= 3 && n < len(words) && list[0].capital; n++ {
		if !areaHead(words[n]) {
			continue
		}
		if codes := where.AreaByName(strings.Join(words[:n], " ") + " oblast"); codes != nil {
			return codes, n
		}
		if codes := where.AreaByName(strings.Join(words[:n], " ")); codes != nil {
			return codes, n
		}
	}
	return nil, 0
}

// headFollows reports whether the word for an area follows, with nothing but
// other adjectives and joining words between.
func headFollows(words []string) bool {
	for _, w := range words[1:] {
		switch {
		case areaHead(w):
			return true
		case w == "івано" || w == "ивано" || w == "нижньо" || w == "і" || w == "й" || w == "та" || w == "и" || w == "а" || w == "також" || w == "также" || w == "або" || w == "или" || w == "сусідній" || w == "соседней":
		case stemOfAdjective(w) != "":
		default:
			return false
		}
	}
	return false
}

// stemOfAdjective cuts the ending of an adjective in -ськ-, -цьк-, -зьк- or
// -ск-, "" for other words.
func stemOfAdjective(w string) string {
	for _, k := range []string{"ск", "цк", "зк"} { // the soft sign is folded away
		if i := strings.LastIndex(w, k); i > 0 && endings[w[i+len(k):]] && len(w) > i+len(k) {
			return w[:i+len(k)]
		}
	}
	return ""
}

// adjectives maps the stem of an adjective to areas.
var adjectives = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	add := func(name, code string) {
		for _, w := range foldedWords(name) {
			if stem := stemOfAdjective(w); stem != "" && !slices.Contains(m[stem], code) {
				m[stem] = append(m[stem], code)
			}
		}
	}
	for _, a := range where.Areas() {
		add(a.NameUK, a.Code)
		add(a.NameRU, a.Code)
	}
	for _, r := range rows(areasCSV) {
		add(strings.ReplaceAll(r[4], "|", " "), r[0])
	}
	return m
})
