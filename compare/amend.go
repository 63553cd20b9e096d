package compare

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/truce-project/truce/terms"
)

// Amendment is what changed from one text to another, part by part, each with
// the differences that it makes.
type Amendment struct {
	Changes []*Change // in the order of the new text; what was taken out stands where it stood
	Same    int       // numbers of the text that are alike
	// Unexplained are differences that no change of the texts accounts for.
	Unexplained []Effect
}

// Change is one part of the text that is not as it was.
type Change struct {
	What  string              // what it is: "clause 1.2", "definition depots", "dates and undertakings", "front matter"
	ID    terms.ClauseID      // of a numbered part
	State string              // changed, added or taken out
	Words []Reworded          // of the sentence, by language; empty if its words are the same
	Keys  []KeyChange         // of the block
	Via   [2][]terms.ClauseID // clauses of each side through which it can matter
	// Cases counts those that differ, with some clause of Via speaking, exactly;
	// Dormant those of them in which neither text is in force.
	Cases, Dormant *big.Int
	Effects        []Effect
	More           int // effects that are counted and not described
	// Elsewhere names other changes that bear on a clause whose own change rules
	// on nothing.
	Elsewhere []string
}

// Reworded is a sentence in one language, with what changed in it.
type Reworded struct {
	Language  string
	Authentic bool
	Runs      []Run
}

// KeyChange is a key of a block that is not as it was; "" is absent.
type KeyChange struct {
	Path, Old, New string
	Inert          bool // it rules on nothing: a note, a title, a source
}

// Effect is a difference as far as some clauses speak in it.
type Effect struct {
	Difference
	// With names, by box, the other changes whose clauses speak in it too and may
	// have a part in it.
	With [][]string
}

// Effective reports whether the part rules otherwise than it did.
func (c *Change) Effective() bool {
	for _, k := range c.Keys {
		if !k.Inert {
			return true
		}
	}
	return false
}

// Amend sets the changes of the text beside the differences of a result, of
// which the first side is the text as it was. Of each change it describes at
// most so many effects, the gravest first; 0 is all. What is counted is counted
// over all of them.
func Amend(r *Result, most int) *Amendment {
	a := &amender{r: r, most: most, texts: [2]*textParts{newTextParts(r.Sides[0].terms()), newTextParts(r.Sides[1].terms())}}
	a.numbers()
	a.definitions()
	a.front()
	a.effects()
	return &a.out
}

type amender struct {
	r     *Result
	most  int
	texts [2]*textParts
	out   Amendment
}

// numbers compares what stands under each number.
func (a *amender) numbers() {
	for _, id := range merged(a.texts[0].order, a.texts[1].order) {
		c := &Change{What: "clause " + string(id), ID: id, State: state(slices.Contains(a.texts[0].order, id), slices.Contains(a.texts[1].order, id))}
		c.Words = reworded(a.texts[0].sentence[id], a.texts[1].sentence[id])
		c.Keys = keyChanges(a.texts[0].entries[id], a.texts[1].entries[id])
		if len(c.Words) == 0 && len(c.Keys) == 0 {
			a.out.Same++
			continue
		}
		names := append(append([]string(nil), a.texts[0].defines[id]...), a.texts[1].defines[id]...)
		for side, p := range a.texts {
			c.Via[side] = p.users(names, id)
		}
		a.out.Changes = append(a.out.Changes, c)
	}
}

func state(before, after bool) string {
	switch {
	case !before:
		return "added"
	case !after:
		return "taken out"
	}
	return "changed"
}

// merged lists what either has, in the order of b, with what only a has where
// it stood.
func merged[T comparable](a, b []T) []T {
	var out []T
	next := 0
	alone := func() {
		for ; next < len(a) && !slices.Contains(b, a[next]); next++ {
			out = append(out, a[next])
		}
	}
	alone()
	for _, y := range b {
		out = append(out, y)
		if next < len(a) && a[next] == y {
			next++
			alone()
		}
	}
	for ; next < len(a); next++ {
		alone()
	}
	return out
}

// reworded compares sentences language by language, if any is not as it was.
func reworded(from, to []terms.Version) []Reworded {
	same := len(from) == len(to)
	for i := range from {
		same = same && from[i] == to[i]
	}
	if same {
		return nil
	}
	var langs []string
	find := func(vs []terms.Version, lang string) (out terms.Version) {
		for _, v := range vs {
			if v.Language == lang {
				out.Text = strings.TrimSpace(out.Text + " " + v.Text)
				out.Authentic = v.Authentic
			}
		}
		return out
	}
	for _, v := range append(append([]terms.Version(nil), to...), from...) {
		if !slices.Contains(langs, v.Language) {
			langs = append(langs, v.Language)
		}
	}
	var out []Reworded
	for _, l := range langs {
		x, y := find(from, l), find(to, l)
		out = append(out, Reworded{l, x.Authentic || y.Authentic, Redline(x.Text, y.Text)})
	}
	return out
}

// inertKeys rule on nothing.
var inertKeys = []string{"note", "words", "source", "title", "held_by", "version", "id", "aliases", "name", "stated", "status_note", "truce"}

func keyChanges(from, to []terms.Entry) []KeyChange {
	var paths []string
	values := [2]map[string]string{{}, {}}
	for i, es := range [2][]terms.Entry{from, to} {
		for _, e := range es {
			for values[i][e.Path] != "" && e.Value != "" { // a second block of the number
				e.Path += "'"
			}
			values[i][e.Path] = e.Value
		}
	}
	for _, e := range append(append([]terms.Entry(nil), to...), from...) {
		if !slices.Contains(paths, e.Path) {
			paths = append(paths, e.Path)
		}
	}
	var out []KeyChange
	for _, p := range paths {
		if old, now := values[0][p], values[1][p]; old != now && p != "clause" && !strings.HasSuffix(p, "] clause") {
			out = append(out, KeyChange{p, old, now, inert(p)})
		}
	}
	return out
}

func inert(path string) bool {
	if _, rest, ok := strings.Cut(path, "] "); ok && strings.HasPrefix(path, "[") {
		path = rest
	}
	keys := strings.Split(path, ".")
	first, last := keys[0], strings.TrimRight(keys[len(keys)-1], "'")
	if first == "words" || first == "title" || first == "others" || first == "languages" {
		return true
	}
	return slices.Contains(inertKeys, last) && !(last == "id" && len(keys) > 1)
}

// definitions compares the definitions that have no number.
func (a *amender) definitions() {
	for _, name := range merged(a.texts[0].names, a.texts[1].names) {
		old, now := a.texts[0].named[name], a.texts[1].named[name]
		c := &Change{What: "definition " + name, State: state(old != nil, now != nil), Keys: keyChanges(old, now)}
		if len(c.Keys) == 0 {
			continue
		}
		for side, p := range a.texts {
			c.Via[side] = p.users(strings.Split(name, ", "), "")
		}
		a.out.Changes = append(a.out.Changes, c)
	}
}

// front compares the front matter: dates and undertakings, which matter to the
// clauses whose windows they move, and the rest, which may matter to all.
func (a *amender) front() {
	dates := &Change{What: "dates and undertakings", State: "changed"}
	rest := &Change{What: "front matter", State: "changed"}
	for _, k := range keyChanges(a.texts[0].front, a.texts[1].front) {
		if dated(k.Path) {
			dates.Keys = append(dates.Keys, k)
		} else {
			rest.Keys = append(rest.Keys, k)
		}
	}
	for side := range a.r.Sides {
		if dates.Effective() {
			dates.Via[side] = a.moved(side)
		}
		if rest.Effective() {
			rest.Via[side] = slices.DeleteFunc(slices.Clone(a.texts[side].order), a.texts[side].idle)
		}
	}
	for _, c := range []*Change{dates, rest} {
		if len(c.Keys) > 0 {
			a.out.Changes = append(a.out.Changes, c)
		}
	}
}

func dated(path string) bool {
	for _, k := range strings.Split(path, ".") {
		if k == "start" || k == "end" || k == "commitments" || k == "time" {
			return true
		}
	}
	return false
}

// moved lists the clauses of a side whose windows are not those that clauses of
// the same number have on the other.
func (a *amender) moved(side int) []terms.ClauseID {
	windows := func(s Side) map[terms.ClauseID]string {
		out := map[terms.ClauseID]string{}
		for _, r := range s.Regimes {
			for _, c := range r.Clauses {
				for _, w := range c.Windows {
					life := fmt.Sprint(r.ReadingID, w.Party, w.Span)
					for _, x := range w.Answers {
						life += fmt.Sprint(r.Questions[x.Question].ID, x.Value)
					}
					out[c.ID] += life
					for _, e := range c.ExceptedBy { // an exception lives as what it excepts lives
						out[r.Clauses[e.Permit].ID] += life
					}
				}
			}
		}
		return out
	}
	mine, other := windows(a.r.Sides[side]), windows(a.r.Sides[1-side])
	var out []terms.ClauseID
	for _, id := range a.texts[side].order {
		if mine[id] != other[id] && !a.texts[side].idle(id) {
			out = append(out, id)
		}
	}
	return out
}
