package gazetteer

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/where"
)

// Gazetteer is a set of entries, filed by name and code. It does not change;
// With makes a larger one.
type Gazetteer struct {
	entries []*Entry
	codes   map[string][]*Entry // by P-code, KATOTTH and ISO 3166-2, in capitals
	words   map[string][]form   // by the first word of a name, and the stems of it
}

// form is a name as it may stand in a text. Large lists have millions, so that
// its words and their stems are not kept.
type form struct {
	entry *Entry
	name  string // folded
}

// New files entries.
func New(entries ...Entry) *Gazetteer { return (&Gazetteer{}).With(entries...) }

// With returns a gazetteer that holds more entries beside those of g.
func (g *Gazetteer) With(more ...Entry) *Gazetteer {
	out := &Gazetteer{entries: slices.Clone(g.entries), codes: map[string][]*Entry{}, words: map[string][]form{}}
	for i := range more {
		e := more[i]
		out.entries = append(out.entries, &e)
	}
	for _, e := range out.entries {
		out.file(e)
	}
	return out
}

// Len is how many entries there are.
func (g *Gazetteer) Len() int { return len(g.entries) }

// Entries returns all entries, in the order of the lists.
func (g *Gazetteer) Entries() []Entry {
	out := make([]Entry, 0, len(g.entries))
	for _, e := range g.entries {
		out = append(out, *e)
	}
	return out
}

func (g *Gazetteer) file(e *Entry) {
	seen := map[string]bool{}
	for _, n := range e.Names {
		for _, key := range append([]string{fold(n.Text)}, Romanise(n.Text, n.Lang)...) {
			if key == "" || seen[key] {
				continue
			}
			seen[key] = true
			g.fileForm(key, e)
		}
	}
	for _, c := range []string{e.PCode, e.KATOTTH} {
		if c != "" {
			g.codes[strings.ToUpper(c)] = append(g.codes[strings.ToUpper(c)], e)
		}
	}
	if e.firstLevel() {
		g.codes[e.ID] = append(g.codes[e.ID], e)
	}
}

func (g *Gazetteer) fileForm(key string, e *Entry) {
	first, _, _ := strings.Cut(key, " ")
	g.words[first] = append(g.words[first], form{e, key})
	for _, stem := range stemsOf(first) {
		if stem != first {
			g.words[stem] = append(g.words[stem], form{e, key})
		}
	}
}

// Lookup returns every place that a name may mean, in any of the languages, in
// the usual transliterations, and, in Cyrillic, in any case of the grammar:
// first-level areas, settlements, and what else the lists hold.
func (g *Gazetteer) Lookup(name string) []Candidate {
	key := fold(name)
	entries := g.exactly(key)
	areas := where.AreaByName(name)
	if len(entries) == 0 && len(areas) == 0 && cyrillic(name) {
		entries, areas = g.inflected(strings.Fields(key))
	}
	return candidates(entries, areas)
}

// exactly finds the entries with a folded name.
func (g *Gazetteer) exactly(key string) []*Entry {
	first, _, _ := strings.Cut(key, " ")
	var out []*Entry
	for _, f := range g.words[first] {
		if f.name == key {
			out = append(out, f.entry)
		}
	}
	return out
}

// inflected finds the entries of which words are a form, and the first-level
// areas that bear their names.
func (g *Gazetteer) inflected(words []string) (entries []*Entry, areas []string) {
	g.forms(words, func(f form, n int) {
		if n != len(words) {
			return
		}
		if !slices.Contains(entries, f.entry) {
			entries = append(entries, f.entry)
		}
		for _, code := range where.AreaByName(f.name) {
			if !slices.Contains(areas, code) {
				areas = append(areas, code)
			}
		}
	})
	slices.Sort(areas)
	return entries, areas
}

// forms calls yield with the forms that folded words start with, and how many
// words that are.
func (g *Gazetteer) forms(words []string, yield func(form, int)) {
	if len(words) == 0 {
		return
	}
	try := func(key string) {
		for _, f := range g.words[key] {
			if n := f.matches(words); n > 0 {
				yield(f, n)
			}
		}
	}
	try(words[0])
	if !cyrillic(words[0]) {
		return
	}
	r := []rune(words[0])
	for n := 1; n <= maxEnding && len(r)-n >= minStem; n++ {
		if endings[string(r[len(r)-n:])] {
			try(string(r[:len(r)-n]))
		}
	}
}

// matches returns how many words the name has if others start with them, each
// in any form, else 0.
func (f form) matches(words []string) int {
	n := 0
	for w := range strings.SplitSeq(f.name, " ") {
		if n == len(words) || words[n] != w && !inflects(words[n], w, stemsOf(w)) {
			return 0
		}
		n++
	}
	return n
}

// candidates gathers entries that describe one place. First-level areas come
// first, each once.
func candidates(entries []*Entry, areas []string) []Candidate {
	var out []Candidate
	for _, code := range areas {
		e := &Entry{ID: code, Class: Area, Areas: []string{code}, Names: []Name{{code, ""}}}
		out = append(out, Candidate{[]*Entry{e}})
	}
	for _, e := range entries {
		if c := (Candidate{[]*Entry{e}}); c.firstLevel() && !slices.Contains(areas, e.ID) {
			areas = append(areas, e.ID)
			out = append(out, c)
		}
	}
	for _, e := range entries {
		if !e.firstLevel() {
			out = gather(out, e)
		}
	}
	return out
}

func (c Candidate) firstLevel() bool { return c.Entries[0].firstLevel() }

func gather(list []Candidate, e *Entry) []Candidate {
	for i, c := range list {
		for _, old := range c.Entries {
			if same(old, e) {
				list[i].Entries = append(c.Entries, e)
				return list
			}
		}
	}
	return append(list, Candidate{[]*Entry{e}})
}

// Narrow keeps the candidates that lie, by any of their entries, in one of
// some areas; UA and RU stand for a whole country. Of a river, which lies in
// several areas, it keeps those. A candidate of which no area is known stays.
// What is left of one is never more than it was.
func Narrow(list []Candidate, areas ...string) []Candidate {
	var out []Candidate
	for _, c := range list {
		in := c.In()
		if len(in) == 0 || slices.ContainsFunc(in, func(a string) bool { return inAny(a, areas) }) {
			out = append(out, c.cut(areas))
		}
	}
	return out
}

// cut leaves out the areas of entries without a point that are not among some.
func (c Candidate) cut(areas []string) Candidate {
	var out Candidate
	for _, e := range c.Entries {
		if e.HasPoint || len(e.Areas) < 2 {
			out.Entries = append(out.Entries, e)
			continue
		}
		part := *e
		part.Areas = slices.DeleteFunc(slices.Clone(e.Areas), func(a string) bool { return !inAny(a, areas) })
		if len(part.Areas) > 0 {
			out.Entries = append(out.Entries, &part)
		}
	}
	return out
}

// inAny reports whether an area is one of some, lies in one of some countries,
// or is a country one of whose areas is named.
func inAny(area string, set []string) bool {
	for _, s := range set {
		if area == s || strings.HasPrefix(area, s+"-") || strings.HasPrefix(s, area+"-") {
			return true
		}
	}
	return false
}

// maxDiscs is how many candidates are kept one by one.
const maxDiscs = 50

// Region is the set of points of all candidates. When there are very many, it
// is all of the first-level areas that hold them, which is more.
func Region(list []Candidate) where.Region {
	if len(list) > maxDiscs {
		var codes []string
		for _, c := range list {
			codes = append(codes, c.In()...)
		}
		r, err := where.AreaRegion(drawable(codes)...)
		if err == nil && settled(list) {
			return r
		}
	}
	all := make([]where.Region, 0, len(list))
	for _, c := range list {
		all = append(all, c.Region())
	}
	return where.UnionRegion(all...)
}

// settled reports whether each candidate has an area.
func settled(list []Candidate) bool {
	return !slices.ContainsFunc(list, func(c Candidate) bool { return len(c.In()) == 0 })
}
