package feeds

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Proposal is what the words of a text may say, as sets of possible values: nil
// is "the words say nothing of it". It never names an actor.
type Proposal struct {
	// Kind is what the text may be: attack, accident, plan, arrest, comment,
	// warning, repair, drill, aftermath.
	Kind                        []string
	Act, Means, Outcome, Target []string // nodes of the vocabulary
	Words                       []string // the words that led to it, in order
	Negated                     []string // words that another word turns off, in order
}

const (
	maxLexiconWords = 4000 // of one text; the rest is not read
	maxStem         = 80   // bytes of a word that are looked at
	lexiconGap      = 3    // how many words ~ stands for at most
)

// lexicon holds the patterns of data/lexicon.csv by their first word: whole, or
// as a stem.
type lexicon struct {
	whole, stems map[string][]*pattern
}

// pattern is some words. A word that ends in * is a stem, ~ stands for up to
// three words that do not matter.
type pattern struct {
	text       string
	words      []string
	letters    int
	facts      map[string][]string
	next, prev int // how many words after and before it are turned off
	negation   bool
}

var words = sync.OnceValue(loadLexicon)

func loadLexicon() *lexicon {
	l := &lexicon{map[string][]*pattern{}, map[string][]*pattern{}}
	byText := map[string]*pattern{}
	for _, e := range loadTable("lexicon.csv") {
		p := byText[e["pattern"]]
		if p == nil {
			p = newPattern(e["pattern"])
			byText[p.text] = p
			first, stem := strings.CutSuffix(p.words[0], "*")
			if stem {
				l.stems[first] = append(l.stems[first], p)
			} else {
				l.whole[first] = append(l.whole[first], p)
			}
		}
		if _, twice := p.facts[e["fact"]]; twice {
			panic(fmt.Sprintf("feeds: data/lexicon.csv: %q has %s twice", p.text, e["fact"]))
		}
		p.facts[e["fact"]] = e.set("values")
		p.negation = p.negation || e["fact"] == "negation"
		p.scope(e["negates"])
	}
	for _, m := range []map[string][]*pattern{l.whole, l.stems} {
		for _, list := range m {
			slices.SortFunc(list, before)
		}
	}
	return l
}

func newPattern(text string) *pattern {
	p := &pattern{text: text, facts: map[string][]string{}}
	for _, w := range strings.Fields(text) {
		bare, stem := strings.CutSuffix(w, "*")
		if w != "~" {
			if bare = foldLetters(bare); bare == "" {
				panic(fmt.Sprintf("feeds: data/lexicon.csv: %q has a word without letters", text))
			}
			p.letters += len(bare)
			w = bare
		}
		if stem {
			w += "*"
		}
		p.words = append(p.words, w)
	}
	if len(p.words) == 0 || p.words[0] == "~" || p.words[len(p.words)-1] == "~" {
		panic(fmt.Sprintf("feeds: data/lexicon.csv: %q must start and end with a word", text))
	}
	return p
}

func (p *pattern) scope(s string) {
	for _, part := range strings.Split(s, ",") {
		side, n, ok := strings.Cut(part, ":")
		v, err := strconv.Atoi(n)
		switch {
		case part == "":
		case ok && err == nil && side == "next":
			p.next = v
		case ok && err == nil && side == "prev":
			p.prev = v
		default:
			panic(fmt.Sprintf("feeds: data/lexicon.csv: %q: %q is no scope such as next:3", p.text, part))
		}
	}
}

// before orders patterns: more words first, then more letters.
func before(a, b *pattern) int {
	return cmp.Or(cmp.Compare(len(b.words), len(a.words)), cmp.Compare(b.letters, a.letters), strings.Compare(a.text, b.text))
}

// token is a word of a text, folded and as it stands, with the number of its sentence.
type token struct {
	folded, text string
	sentence     int
	used         bool
}

// foldLetters writes a word small and its Cyrillic letters that look Latin as Latin.
func foldLetters(s string) string {
	return strings.Map(func(c rune) rune {
		if l, ok := lookalike(c); ok {
			return l
		}
		if c == 'ё' {
			return 'e' // as the folded е
		}
		return c
	}, strings.ToLower(s))
}

// tokens splits a text into words. Apostrophes part no word; . ! ? ; and | part
// sentences.
func tokens(text string) []token {
	var out []token
	sentence, start := 0, -1
	end := func(i int) {
		if start >= 0 {
			w := text[start:i]
			out = append(out, token{folded: foldLetters(strings.Map(noApostrophe, w)), text: w, sentence: sentence})
			start = -1
		}
	}
	for i, c := range text {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			if start < 0 {
				start = i
			}
		case noApostrophe(c) < 0 && start >= 0:
		default:
			if end(i); strings.ContainsRune(".!?;|", c) {
				sentence++
			}
		}
		if len(out) >= maxLexiconWords {
			return out
		}
	}
	end(len(text))
	return out
}

func noApostrophe(c rune) rune {
	if strings.ContainsRune("'’ʼ`", c) {
		return -1
	}
	return c
}

// match is a pattern found in a text, with the places of its words.
type match struct {
	*pattern
	at     []int
	off    bool // another match turns it off
	worked bool // it turned another off
}

// find finds patterns from left to right, the longest first. What one has
// matched no other can match again.
func (l *lexicon) find(list []token) []*match {
	var out []*match
	for i := range list {
		if list[i].used {
			continue
		}
		var best *match
		try := func(candidates []*pattern) {
			for _, p := range candidates {
				if best != nil && before(p, best.pattern) >= 0 {
					return
				}
				if at, ok := p.matches(list, i); ok {
					best = &match{pattern: p, at: at}
					return
				}
			}
		}
		w := list[i].folded
		try(l.whole[w])
		for n := range min(len(w), maxStem) {
			try(l.stems[w[:n+1]])
		}
		if best == nil {
			continue
		}
		for _, k := range best.at {
			list[k].used = true
		}
		out = append(out, best)
	}
	return out
}

func (p *pattern) matches(list []token, i int) ([]int, bool) {
	at, sentence, gap := make([]int, 0, len(p.words)), list[i].sentence, 0
	for _, w := range p.words {
		if w == "~" {
			gap = lexiconGap
			continue
		}
		for ; ; i++ {
			if i >= len(list) || list[i].sentence != sentence {
				return nil, false
			}
			if fits(w, list[i]) {
				break
			}
			if gap--; gap < 0 {
				return nil, false
			}
		}
		at, gap = append(at, i), 0
		i++
	}
	return at, true
}

func fits(w string, t token) bool {
	if t.used {
		return false
	}
	stem, ok := strings.CutSuffix(w, "*")
	return ok && strings.HasPrefix(t.folded, stem) || t.folded == w
}

// turnOff marks the matches that a negation, a plan or an arrest governs: those
// that speak of an event, and stand near it in the same sentence.
func turnOff(found []*match, list []token) {
	for _, by := range found {
		if by.off || by.next == 0 && by.prev == 0 {
			continue
		}
		first, last := by.at[0], by.at[len(by.at)-1]
		for _, m := range found {
			if m == by || !m.event() || list[m.at[0]].sentence != list[first].sentence {
				continue
			}
			if after, back := m.at[0]-last, first-m.at[len(m.at)-1]; after > 0 && after <= by.next || back > 0 && back <= by.prev {
				m.off, by.worked = true, true
			}
		}
	}
}

// event reports whether a pattern says that something was done; an object, or a
// weapon alone, it does not turn off.
func (p *pattern) event() bool {
	k := p.facts["kind"]
	return slices.Contains(k, "attack") || slices.Contains(k, "accident") || p.facts["act"] != nil || p.facts["outcome"] != nil
}

// Propose says what the words of a text in English, Ukrainian or Russian may
// mean, by data/lexicon.csv. It is a proposal: words are no knowledge of what
// happened.
func Propose(text string) Proposal {
	list := tokens(text)
	found := words().find(list)
	turnOff(found, list)
	var p Proposal
	sets := map[string][][]string{}
	for _, m := range found {
		if _, ok := m.facts["none"]; ok || m.negation && !m.worked {
			continue
		}
		said := m.said(list)
		if m.off {
			p.Negated = union(p.Negated, said)
			if m.facts["target"] == nil {
				continue
			}
		}
		p.Words = union(p.Words, said)
		for fact, values := range m.facts {
			if !m.off || fact == "target" {
				sets[fact] = append(sets[fact], values)
			}
		}
	}
	p.Kind = kindsOf(sets["kind"])
	p.Act, p.Means, p.Target = combined(sets["act"]), combined(sets["means"]), combined(sets["target"])
	for _, s := range sets["outcome"] {
		p.Outcome = union(p.Outcome, s...)
	}
	return p
}

func (m *match) said(list []token) string {
	var out []string
	for _, k := range m.at {
		out = append(out, clip(list[k].text))
	}
	return strings.Join(out, " ")
}

// kindsOf unites kinds; a word of an attack tells what words that may mean an
// accident leave open.
func kindsOf(sets [][]string) []string {
	var events [][]string
	var others []string
	for _, s := range sets {
		var event []string
		for _, k := range s {
			if k == "attack" || k == "accident" {
				event = append(event, k)
			} else {
				others = union(others, k)
			}
		}
		if event != nil {
			events = append(events, event)
		}
	}
	return union(combined(events), others...)
}

// combined unites what words may mean, so that a more exact word narrows a
// vaguer one: of "drone", "attack" and "attack or accident" a drone attack is left.
func combined(sets [][]string) []string {
	sets = slices.Clone(sets)
	slices.SortStableFunc(sets, func(a, b []string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(depth(b), depth(a)))
	})
	var out []string
	for _, s := range sets {
		if both := common(out, s); both != nil {
			var rest []string
			for _, v := range out {
				if !slices.ContainsFunc(s, func(w string) bool { return covers(v, w) }) {
					rest = append(rest, v)
				}
			}
			out = union(rest, both...)
		} else {
			out = union(out, s...)
		}
	}
	return out
}

func depth(s []string) int {
	n := 0
	for _, v := range s {
		n = max(n, strings.Count(v, "."))
	}
	return n
}

// covers reports whether b is a or lies under it.
func covers(a, b string) bool { return a == b || strings.HasPrefix(b, a+".") }

// common is what two sets of nodes share: of two that lie in one another the
// more exact.
func common(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			switch {
			case covers(x, y):
				out = union(out, y)
			case covers(y, x):
				out = union(out, x)
			}
		}
	}
	return out
}

// nothingHappened reports whether the words speak of a plan, an arrest, a
// repair and the like, and no word of an attack or accident is left. Comments,
// warnings and drills count only where no weapon is named either: a warning
// that drones are in the air tells of an attack under way.
func (p Proposal) nothingHappened() bool {
	none := []string{"plan", "arrest", "repair"}
	if p.Act == nil {
		none = append(none, "comment", "warning", "drill")
	}
	return slices.ContainsFunc(p.Kind, func(k string) bool { return slices.Contains(none, k) }) &&
		!slices.Contains(p.Kind, "attack") && !slices.Contains(p.Kind, "accident")
}

// narrow intersects a set that is known with what the words say; where they say
// nothing or something else, it is left as it is.
func narrow(known, said []string) (set []string, changed bool) {
	both := common(known, said)
	if both == nil || slices.Equal(both, known) {
		return known, false
	}
	return both, true
}
