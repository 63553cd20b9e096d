package reader

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/talks"
)

//go:embed data/constructions.tsv
var constructionsTSV string

// construction is a wording that tells a draft whole: the words with slots between
// them. What stands in the slots fills the draft. data/constructions.tsv has them.
type construction struct {
	kind   talks.Kind
	lang   string
	fields map[string]string
	els    []element
}

// element is a part of a wording.
type element struct {
	slot     string   // P, Q, R a party; M a proposal; N a name; C a condition; F forces; else a class of words.tsv
	words    []string // or one of these
	optional bool
	gap      int  // or up to so many words between
	marks    bool // and marks too
}

// loadConstructions files wordings by kind and language.
var loadConstructions = sync.OnceValue(func() map[string][]construction {
	out := map[string][]construction{}
	for _, r := range table("constructions.tsv", constructionsTSV, 4) {
		c := construction{kind: talks.Kind(r[0]), lang: r[2], fields: map[string]string{}}
		for _, f := range strings.Fields(r[1]) {
			k, v, _ := strings.Cut(f, "=")
			c.fields[k] = strings.ReplaceAll(v, "_", " ")
		}
		for _, w := range strings.Fields(r[3]) {
			c.els = append(c.els, elementOf(w))
		}
		k := r[0] + " " + r[2]
		out[k] = append(out[k], c)
	}
	return out
})

func elementOf(w string) element {
	switch w {
	case "~":
		return element{gap: 4}
	case "~~":
		return element{gap: 12, marks: true}
	}
	e := element{}
	w, e.optional = strings.CutPrefix(w, "?")
	if strings.HasPrefix(w, "<") {
		e.slot = strings.Trim(w, "<>")
		return e
	}
	for _, x := range strings.Split(w, "|") {
		e.words = append(e.words, fold(x))
	}
	return e
}

// filled is a construction found in a sentence.
type filled struct {
	*construction
	s, e    int // tokens
	at      int // the first of its own words
	party   map[string]subj
	mention *mention
	name    string
	cond    [2]int
	own     []int // its own words
}

// maxWording is the longest sentence that wordings are looked for in, in tokens.
const maxWording = 200

// constructed finds the wordings of a kind in a sentence, the longest first at each
// place; no two share a word of their own.
func (d *document) constructed(s *sentence, kind talks.Kind) (out []filled) {
	if len(s.toks) > maxWording {
		return nil // no sentence that anybody would write
	}
	list := slices.DeleteFunc(slices.Clone(loadConstructions()[string(kind)+" "+s.lang]), func(c construction) bool { return !c.possible(s) })
	used := map[int]bool{}
	for i := 0; len(list) > 0 && i < len(s.toks); i++ {
		var here []filled
		for k := range list {
			f := filled{construction: &list[k], s: i, at: -1, party: map[string]subj{}}
			if d.fill(s, list[k].els, i, &f) && s.affirmed(&f) {
				here = append(here, f)
			}
		}
		slices.SortStableFunc(here, func(a, b filled) int { return cmp.Compare(b.e, a.e) })
		for _, f := range here {
			if slices.ContainsFunc(f.own, func(k int) bool { return used[k] }) {
				continue
			}
			for _, k := range f.own {
				used[k] = true
			}
			out = append(out, f)
		}
	}
	return out
}

// possible: each word that the construction must have stands in the sentence.
func (c *construction) possible(s *sentence) bool {
	for _, e := range c.els {
		if e.optional || len(e.words) == 0 {
			continue
		}
		if !slices.ContainsFunc(s.toks, func(t token) bool { return e.fits(t.low) }) {
			return false
		}
	}
	return true
}

func (e element) fits(word string) bool {
	return slices.ContainsFunc(e.words, func(w string) bool { return fits(w, word) })
}

// affirmed: no word of negation, demand or doubt stands in the wording that is not
// one of its own, or right before it.
func (s *sentence) affirmed(f *filled) bool {
	own := func(word string) bool {
		return slices.ContainsFunc(f.els, func(e element) bool { return e.fits(word) })
	}
	for _, t := range s.of("not") {
		if t.s >= f.s && t.s < f.e && !own(s.toks[t.s].low) && (f.cond[1] == 0 || t.s < f.cond[0]) {
			return false
		}
	}
	for k := max(0, f.at-4); k < f.e && (f.cond[1] == 0 || k < f.cond[0]); k++ {
		switch w := s.toks[k].low; w {
		case "if", "whether", "unless", "may", "might", "could", "should", "must", "якщо", "чи", "если", "ли":
			if !own(w) && (k >= f.s || w == "if" || w == "whether") {
				return false
			}
		}
	}
	return true
}

// fill matches the elements from token i on.
func (d *document) fill(s *sentence, els []element, i int, f *filled) bool {
	if len(els) == 0 {
		f.e = i
		return true
	}
	e := els[0]
	switch {
	case e.gap > 0:
		for n := 0; n <= e.gap && i+n <= len(s.toks); n++ {
			if n > 0 && (!passes(s.toks[i+n-1], e.marks) && !s.asideComma(i+n-1) || !e.marks && s.standsAlone(i+n-1)) {
				return false
			}
			if d.fill(s, els[1:], i+n, f) {
				return true
			}
		}
		return false
	case e.slot != "":
		if d.fillSlot(s, e, els[1:], i, f) {
			return true
		}
	case i < len(s.toks) && e.fits(s.toks[i].low):
		was, n := f.at, len(f.own)
		if f.at < 0 {
			f.at = i
		}
		f.own = append(f.own, i)
		if d.fill(s, els[1:], i+1, f) {
			return true
		}
		f.at, f.own = was, f.own[:n]
	}
	return e.optional && d.fill(s, els[1:], i, f)
}

// asideComma: a comma of ", however,".
func (s *sentence) asideComma(k int) bool {
	if s.toks[k].low != "," {
		return false
	}
	return k+1 < len(s.toks) && asides[s.toks[k+1].low] || k > 0 && asides[s.toks[k-1].low]
}

var asides = wordList("however instead meanwhile though nevertheless nonetheless too likewise similarly itself himself")

// standsAlone: a party that may be a subject begins here.
func (s *sentence) standsAlone(k int) bool {
	for i := range s.actors {
		if a := &s.actors[i]; a.s == k && !a.thing && a.prep == "" && !a.place {
			return true
		}
	}
	return false
}

// passes: a gap may have this token in it.
func passes(t token, marks bool) bool {
	if t.low == ";" || isEnd(t.low) && t.low != "." {
		return false
	}
	return !t.punct || marks || t.low == "-" || t.low == "'s" || t.low == "."
}

func (d *document) fillSlot(s *sentence, e element, rest []element, i int, f *filled) bool {
	name, role, _ := strings.Cut(e.slot, ":")
	switch name {
	case "P", "Q", "R":
		return d.fillParty(s, name, strings.ReplaceAll(role, "_", " "), rest, i, f)
	case "M":
		for _, m := range s.mentions() {
			if m.s < i || m.s > i+12 || m.scope == "exchange" || !s.leadsTo(i, m.s) {
				continue
			}
			f.mention = &m
			if d.fill(s, rest, m.e, f) {
				return true
			}
			f.mention = nil
		}
		return false
	case "N":
		b := i
		for b < len(s.toks) && articles[s.toks[b].low] {
			b++
		}
		for k := range s.actors {
			if a := &s.actors[k]; a.name != "" && a.s >= b && a.s <= b {
				f.name = a.name
				f.party["N"] = subj{party: a.party, actor: a}
				if d.fill(s, rest, a.e, f) {
					return true
				}
			}
		}
		if at, e := s.run(b, len(s.toks), 0); at >= 0 {
			f.name = s.words(at, e)
			return d.fill(s, rest, e, f)
		}
		return false
	case "C": // to the end of the clause, or to a comma
		_, hi := s.clause(min(i, len(s.toks)-1))
		for k := hi; k > i+1; k-- {
			if k < hi && s.toks[k].low != "," {
				continue
			}
			from := max(i-1, 0)
			f.cond = [2]int{from, k}
			if d.fill(s, rest, k, f) {
				return true
			}
		}
		f.cond = [2]int{}
		return false
	case "F":
		for _, t := range s.of("role") {
			if t.value == "forces" && (t.s == i || t.s == i+1 && (articles[s.toks[i].low] || s.partyAt(i))) && d.fill(s, rest, t.e, f) {
				return true
			}
		}
		return false
	}
	for _, t := range s.of(e.slot) {
		if t.s != i && !(t.s == i+1 && articles[s.toks[i].low]) {
			continue
		}
		was, n := f.at, len(f.own)
		if f.at < 0 {
			f.at = t.s
		}
		f.own = append(f.own, t.s)
		if d.fill(s, rest, t.e, f) {
			return true
		}
		f.at, f.own = was, f.own[:n]
	}
	return false
}

// fillParty fills a slot by a party that is named there, or that a pronoun means.
func (d *document) fillParty(s *sentence, slot, role string, rest []element, i int, f *filled) bool {
	b := i
	for b < len(s.toks) && (articles[s.toks[b].low] || s.toks[b].low == "that") {
		b++
	}
	for k := range s.actors {
		a := &s.actors[k]
		if a.s != b && a.s != i {
			continue
		}
		if a.thing && !s.sharesRole(k) && (a.e >= len(s.toks) || s.toks[a.e].low != "'s" || len(rest) == 0 || !rest[0].fits("'s")) {
			continue // whose thing it is
		}
		if a.place || a.negated || role != "" && !strings.Contains(fold(a.role), role) {
			continue
		}
		f.party[slot] = subj{party: a.party, actor: a}
		if d.fill(s, rest, a.e, f) {
			return true
		}
	}
	delete(f.party, slot)
	if i < len(s.toks) && s.isTag("pronoun", i) && role == "" {
		x := d.whom(s, i, nil)
		if x.party == "" {
			return false
		}
		f.party[slot] = x
		if d.fill(s, rest, i+1, f) {
			return true
		}
		delete(f.party, slot)
	}
	return false
}

// leadsTo: only words that belong to a noun stand between a place and a mention.
func (s *sentence) leadsTo(b, e int) bool {
	for k := b; k < e; k++ {
		w := s.toks[k]
		if w.punct && w.low != "-" && w.low != "." && w.low != "," && w.low != "'s" || breaks[w.low] || isAnd(w.low) || auxiliary[w.low] || prepositions[w.low] || s.isTag("say", k) || s.isTag("pronoun", k) || w.low == "that" || w.low == "which" || w.low == "who" {
			return false
		}
	}
	return true
}

// take marks the own words of a wording as read for a kind.
func (s *sentence) take(kind talks.Kind, f *filled) {
	if s.taken == nil {
		s.taken = map[talks.Kind][]int{}
	}
	s.taken[kind] = append(s.taken[kind], f.own...)
}

// isTaken reports whether a wording has read a tag for a kind.
func (s *sentence) isTaken(kind talks.Kind, t tag) bool {
	return slices.ContainsFunc(s.taken[kind], func(k int) bool { return t.s <= k && k < t.e })
}

// pred is the place of a wording's own words, as a tag.
func (f *filled) pred(class, value string) tag {
	at := f.at
	if at < 0 {
		at = f.s
	}
	return tag{phrase: &phrase{class: class, value: value, words: []string{"."}}, s: at, e: at + 1}
}
