package reader

import (
	_ "embed"
	"fmt"
	"sort"
	"strings"
	"sync"
)

//go:embed data/parties.tsv
var partiesTSV string

//go:embed data/words.tsv
var wordsTSV string

//go:embed data/dates.tsv
var datesTSV string

//go:embed data/conflicts.tsv
var conflictsTSV string

// phrase is some words that stand for a value of a class. A word that ends in *
// is a stem, ~ stands for up to three words that do not matter.
type phrase struct {
	class, value string
	form         string // of a party: noun, adj, person, organ
	oblique      bool   // of a party, in Ukrainian or Russian: any case but the nominative
	words        []string
}

const phraseGap = 3 // words that ~ stands for at most

type lexicon struct {
	first     map[string][]*phrase // by the first three letters of the first word
	conflicts [][2]string
}

var loadLexicon = sync.OnceValue(func() *lexicon {
	l := &lexicon{first: map[string][]*phrase{}}
	for _, r := range table("parties.tsv", partiesTSV, 4) {
		for _, p := range strings.Split(r[3], "|") {
			l.add(&phrase{class: "party", value: r[0], form: r[1], oblique: r[2] != "en" && strings.Contains(p, "*")}, p)
		}
	}
	for _, t := range [][2]string{{"words.tsv", wordsTSV}, {"dates.tsv", datesTSV}} {
		for _, r := range table(t[0], t[1], 4) {
			for _, p := range strings.Split(r[3], "|") {
				l.add(&phrase{class: r[0], value: r[1]}, p)
			}
		}
	}
	for _, r := range table("conflicts.tsv", conflictsTSV, 2) {
		l.conflicts = append(l.conflicts, [2]string{r[0], r[1]})
	}
	for _, list := range l.first {
		sort.SliceStable(list, func(i, j int) bool { return len(list[i].words) > len(list[j].words) })
	}
	return l
})

// table reads rows of a file under data/; # begins a comment line.
func table(name, text string, columns int) (rows [][]string) {
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r := strings.Split(line, "\t")
		if len(r) != columns {
			panic(fmt.Sprintf("reader: data/%s:%d: %d columns, expected %d", name, i+1, len(r), columns))
		}
		rows = append(rows, r)
	}
	return rows
}

func (l *lexicon) add(p *phrase, text string) {
	for _, w := range strings.Fields(text) {
		w = fold(w)
		for {
			head, tail, cut := strings.Cut(w, "'s")
			if !cut || tail != "" {
				break
			}
			p.words, w = append(p.words, head), "'s"
			break
		}
		p.words = append(p.words, w)
	}
	if len(p.words) == 0 || p.words[0] == "~" {
		panic("reader: data: a phrase must begin with a word: " + text)
	}
	k := key(strings.TrimSuffix(p.words[0], "*"))
	l.first[k] = append(l.first[k], p)
}

// key is what phrases are filed by: up to three letters.
func key(s string) string {
	n := 0
	for i := range s {
		if n == 3 {
			return s[:i]
		}
		n++
	}
	return s
}

// tag is a phrase found in a sentence, as tokens from s up to e.
type tag struct {
	*phrase
	s, e int
}

// find returns the phrases of a sentence. Of each class the longest at a place
// wins, and no two of one class overlap.
func (l *lexicon) find(toks []token) (out []tag) {
	until := map[string]int{}
	for i := range toks {
		best := map[string]tag{}
		for _, k := range keys(toks[i].low) {
			for _, p := range l.first[k] {
				e, ok := p.match(toks, i)
				if !ok || i < until[p.class] || p.class == "party" && !toks[i].capital && !(p.oblique && p.form == "adj" || p.form == "people") {
					continue
				}
				if b, there := best[p.class]; !there || better(p, e, b) {
					best[p.class] = tag{p, i, e}
				}
			}
		}
		for _, t := range best {
			until[t.class] = t.e
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].s != out[j].s {
			return out[i].s < out[j].s
		}
		return out[i].class < out[j].class
	})
	return out
}

// better: longer first, then a whole word before a stem, then a longer stem,
// then by the order of the alphabet, so that nothing is left to chance.
func better(p *phrase, e int, b tag) bool {
	if e != b.e {
		return e > b.e
	}
	a, c := strings.Join(p.words, " "), strings.Join(b.words, " ")
	if x, y := strings.Count(a, "*"), strings.Count(c, "*"); x != y {
		return x < y
	}
	if len(a) != len(c) {
		return len(a) > len(c)
	}
	if p.form != b.form { // "US" stands alone or before a role: both are looked at in actors
		return p.form == "noun"
	}
	return a+p.value < c+b.value
}

// keys are those under which phrases that may begin with a word are filed: stems
// may be shorter than three letters.
func keys(w string) []string {
	k := key(w)
	out := []string{k}
	for i := range k {
		if i > 0 {
			out = append(out, k[:i])
		}
	}
	return out
}

func (p *phrase) match(toks []token, at int) (end int, ok bool) {
	i, gap := at, 0
	for _, w := range p.words {
		if w == "~" {
			gap += phraseGap
			continue
		}
		j := i
		for ; ; j++ {
			if j >= len(toks) || j > i+gap || j > i && toks[j-1].punct && toks[j-1].low != "-" {
				return 0, false
			}
			if fits(w, toks[j].low) {
				break
			}
		}
		i, gap = j+1, 0
	}
	return i, true
}

func fits(pattern, word string) bool {
	if stem, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(word, stem)
	}
	return pattern == word
}

// fold writes a word small, with one kind of apostrophe, and ё as е.
func fold(s string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '’', 'ʼ', '`', '‘':
			return '\''
		case 'ё', 'Ё':
			return 'е'
		}
		return c
	}, strings.ToLower(s))
}
