package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// Source is somebody who reports, or is cited: a ministry, an agency, a paper.
type Source struct {
	ID    string
	Kind  string // official, agency, outlet, operator, monitor, research, sensor
	Party string // the party that it speaks for, if for one
	// Aliases are its names in texts, in any language; a word that ends in *
	// is a stem.
	Aliases []string
	// Domains are the names of its sites.
	Domains []string
}

// Sources finds sources by name, by address, and in texts. It does not change.
type Sources struct {
	list    []Source
	byFirst map[string][]alias // by the first four letters (or the whole) of the first word
	domains map[string]int
}

type alias struct {
	words []string
	of    int
}

// aliasKey is how many bytes of its first word an alias is filed by.
const aliasKey = 4

// NewSources makes a register of sources.
func NewSources(list []Source) *Sources {
	s := &Sources{list: list, byFirst: map[string][]alias{}, domains: map[string]int{}}
	for i, x := range list {
		for _, name := range append([]string{x.ID}, x.Aliases...) {
			a := alias{of: i}
			for _, f := range strings.Fields(name) {
				stem := strings.HasSuffix(f, "*")
				for k, w := range foldedWords(f) {
					if stem && k == len(foldedWords(f))-1 {
						w += "*"
					}
					a.words = append(a.words, w)
				}
			}
			if len(a.words) > 0 {
				k := firstKey(strings.TrimSuffix(a.words[0], "*"))
				s.byFirst[k] = append(s.byFirst[k], a)
			}
		}
		for _, d := range x.Domains {
			s.domains[d] = i
		}
	}
	for _, l := range s.byFirst { // the longest first
		slices.SortStableFunc(l, func(a, b alias) int { return cmp.Compare(len(b.words), len(a.words)) })
	}
	return s
}

func firstKey(w string) string { return w[:min(aliasKey, len(w))] }

// Named finds the source that a name is, as a column gives it: the whole name,
// or the first source that it mentions.
func (s *Sources) Named(name string) (Source, bool) {
	if s == nil {
		return Source{}, false
	}
	w := foldedWords(name)
	for i := range w {
		if a, ok := s.at(w, i); ok {
			return s.list[a.of], true
		}
	}
	return Source{}, false
}

// At finds the source of an address.
func (s *Sources) At(address string) (Source, bool) {
	if s == nil {
		return Source{}, false
	}
	host := address
	if _, after, ok := strings.Cut(host, "://"); ok {
		host = after
	}
	host, _, _ = strings.Cut(host, "/")
	for host != "" {
		if i, ok := s.domains[strings.TrimPrefix(host, "www.")]; ok {
			return s.list[i], true
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			break
		}
		host = rest
	}
	return Source{}, false
}

func (s *Sources) at(words []string, i int) (alias, bool) {
	for n := min(aliasKey, len(words[i])); n > 0; n-- {
		for _, a := range s.byFirst[words[i][:n]] {
			if fitsAlias(a.words, words[i:]) {
				return a, true
			}
		}
	}
	return alias{}, false
}

func fitsAlias(pattern, words []string) bool {
	if len(pattern) > len(words) {
		return false
	}
	for i, p := range pattern {
		stem, ok := strings.CutSuffix(p, "*")
		if !(ok && strings.HasPrefix(words[i], stem) || words[i] == p) {
			return false
		}
	}
	return true
}

// Relay is what a text says of where it has its news from.
type Relay struct {
	// Origins are the ids of those whose word it is in the end; Through are those
	// who passed it on, the nearest first. "Reuters citing TASS citing the
	// ministry" has the origin ministry, through Reuters and TASS.
	Origins, Through []string
	// Unnamed is set if it cites somebody whom it does not name.
	Unnamed bool
	// Own is set if it says that its own people saw something.
	Own bool
}

// Relays reports whether the text passes on what others say, and nothing that
// its own people saw.
func (r Relay) Relays() bool { return !r.Own && (len(r.Origins) > 0 || r.Unnamed) }

// Words by which texts cite. Those of before stand before the source that is
// cited, those of after behind it; channel stands before one that was told.
var (
	citedBefore = stems("according citing cited cites quoting quoted quotes via attribut referring reference reported-by " +
		"посилан посилаюч словами даними інформаці повідомля повідомил передає передают пише пишуть " +
		"ссылк ссылаясь словам данным информаци сообща сообщил передает передают пишет пишут")
	citedAfter = stems("said says say reported reports report told tells claimed claims stated announced confirmed denied accused wrote added " +
		"повідом заяви заявл підтверд спрост звинувати сказа написа розпов " +
		"сообщ заяви заявл подтверд опроверг обвини сказа написа рассказ")
	channels = stems("told tells carried published channel")
	unnamed  = stems("media sources outlets channels змі джерел медіа сми источник")
	ownWords = stems("correspondent correspondents witnessed кореспондент корреспондент")
)

func stems(s string) []string { return strings.Fields(s) }

// cue reports whether a word is one of a list: whole, or from four letters on as
// a stem.
func cue(list []string, word string) bool {
	for _, l := range list {
		if word == l || len(l) > 6 && strings.HasPrefix(word, l) {
			return true
		}
	}
	return false
}

// How far before and behind a source words are looked at that cite it.
const (
	citeBefore = 5
	citeAfter  = 4
	chainGap   = 7 // from one source of a chain to the next
)

// mention is a source in a text.
type mention struct {
	at, end int
	of      int
	cited   bool // words beside it say that something is its word
	before  bool // they stand before it
	channel bool // it was told something
}

// Relay reads where a text has its news from. self is the id of who published
// it; "" if not known.
func (s *Sources) Relay(text, self string) Relay {
	var r Relay
	if s == nil {
		return r
	}
	words := foldedWords(text)
	found := s.mentions(words)
	for i, w := range words {
		switch {
		case cue(ownWords, w) && i > 0 && (words[i-1] == "our" || words[i-1] == "наш" || w == "witnessed"):
			r.Own = true
		case cue(unnamed, w) && (i+1 < len(words) && cue(citedAfter, words[i+1]) || before3(words, i)):
			r.Unnamed = true
		}
	}
	for i := range found {
		s.citing(words, found, i)
	}
	for i, m := range found {
		id := s.list[m.of].ID
		if !m.cited || id == self {
			continue
		}
		if s.passesOn(words, found, i) {
			r.Through = appendNew(r.Through, id)
		} else {
			r.Origins = appendNew(r.Origins, id)
		}
	}
	r.Through = slices.DeleteFunc(r.Through, func(id string) bool { return slices.Contains(r.Origins, id) })
	return r
}

func before3(words []string, i int) bool {
	for k := max(0, i-3); k < i; k++ {
		if cue(citedBefore, words[k]) {
			return true
		}
	}
	return false
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (s *Sources) mentions(words []string) []mention {
	var out []mention
	for i := 0; i < len(words); i++ {
		if a, ok := s.at(words, i); ok {
			out = append(out, mention{at: i, end: i + len(a.words), of: a.of})
			i += len(a.words) - 1
		}
	}
	return out
}

// citing looks at the words beside a mention, up to its neighbours.
func (s *Sources) citing(words []string, found []mention, i int) {
	m := &found[i]
	from, to := max(0, m.at-citeBefore), min(len(words), m.end+citeAfter)
	if i > 0 {
		from = max(from, found[i-1].end)
	}
	if i+1 < len(found) {
		to = min(to, found[i+1].at)
	}
	for k := from; k < m.at; k++ {
		if cue(citedBefore, words[k]) || words[k] == "by" && k > 0 && cue(citedAfter, words[k-1]) {
			m.cited, m.before = true, true
		}
		if cue(channels, words[k]) && k >= m.at-2 {
			m.cited, m.channel = true, true
		}
	}
	for k := m.end; k < to; k++ {
		if cue(citedAfter, words[k]) {
			m.cited = true
		}
		if cue(citedBefore, words[k]) { // it cites the next, and so passes it on
			m.cited = true
		}
	}
}

// passesOn reports whether a source of a text has its word from another: the
// next one, that follows close behind words that cite, or one before that told
// it.
func (s *Sources) passesOn(words []string, found []mention, i int) bool {
	m := found[i]
	if m.channel {
		for k := range found {
			if k != i && found[k].of != m.of && found[k].cited && !found[k].channel {
				return true
			}
		}
	}
	if i+1 >= len(found) || found[i+1].of == m.of || found[i+1].at-m.end > chainGap {
		return false
	}
	for k := m.end; k < found[i+1].at; k++ {
		if cue(citedBefore, words[k]) {
			return true
		}
	}
	return false
}
