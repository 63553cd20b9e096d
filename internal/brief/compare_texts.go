package brief

import (
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/terms"
)

// compareTexts is two texts side by side.
type compareTexts struct {
	Rows  []compareRow
	Same  bool // versions or readings of one text, in which numbers mean the same
	Apart bool // no number is on both sides: each column runs on by itself
}

// compareRow is what stands under one number on either side.
type compareRow struct{ Cells [2]*compareCell }

// compareCell is one numbered sentence, in its languages, and where its clause
// speaks.
type compareCell struct {
	ID, Kind string
	Versions []terms.Version
	Links    []compareLink
	More     int // links that are not shown

	letter string
}

// compareLink leads to a difference in which a clause speaks.
type compareLink struct{ Label, DOM string }

// maxLinks is how many differences one clause names.
const maxLinks = 16

func newCompareTexts(sides [2]compare.Side, acts []*compareAct) *compareTexts {
	a, b := sentencesOf(sides[0], 0, acts), sentencesOf(sides[1], 1, acts)
	t := &compareTexts{Rows: align(a, b), Same: sides[0].Regimes[0].Terms.ID == sides[1].Regimes[0].Terms.ID, Apart: true}
	for _, r := range t.Rows {
		t.Apart = t.Apart && (r.Cells[0] == nil || r.Cells[1] == nil)
	}
	if t.Apart {
		t.Rows = nil
		for i := range max(len(a), len(b)) {
			var r compareRow
			if i < len(a) {
				r.Cells[0] = a[i]
			}
			if i < len(b) {
				r.Cells[1] = b[i]
			}
			t.Rows = append(t.Rows, r)
		}
	}
	return t
}

// sentencesOf lists the numbered sentences that stand in some reading of a
// side, and the clauses over which no sentence stands.
func sentencesOf(s compare.Side, side int, acts []*compareAct) []*compareCell {
	t := s.Regimes[0].Terms
	kinds := map[terms.ClauseID]string{}
	known := map[terms.ClauseID]bool{}
	for _, c := range t.Clauses {
		known[c.ID] = true
		if standsIn(c, s) {
			kinds[c.ID] = string(c.Kind)
		}
	}
	var out []*compareCell
	have := map[terms.ClauseID]bool{}
	add := func(id terms.ClauseID, texts []terms.Version) {
		if have[id] || known[id] && kinds[id] == "" {
			return // it stands in other readings
		}
		have[id] = true
		c := &compareCell{ID: string(id), Kind: kinds[id], Versions: texts, letter: sideLetter(side)}
		c.links(id, side, acts)
		out = append(out, c)
	}
	for _, q := range t.Sentences {
		add(q.ID, q.Texts)
	}
	for _, c := range t.Clauses {
		add(c.ID, nil)
	}
	return out
}

func standsIn(c *terms.Clause, s compare.Side) bool {
	if len(c.Readings) == 0 {
		return true
	}
	for _, r := range s.Regimes {
		for _, id := range c.Readings {
			if id == r.ReadingID {
				return true
			}
		}
	}
	return false
}

func (c *compareCell) links(id terms.ClauseID, side int, acts []*compareAct) {
	for _, a := range acts {
		for _, s := range a.Speaks[side] {
			if s != id {
				continue
			}
			if len(c.Links) == maxLinks {
				c.More++
				continue
			}
			c.Links = append(c.Links, compareLink{a.Label, a.DOM})
		}
	}
}

// align sets sentences of one number side by side, and after them those of
// one wording that have another number; the order is that of the second text,
// with what only the first has where it stood.
func align(a, b []*compareCell) []compareRow {
	of := map[*compareCell]*compareCell{} // of b -> of a
	taken := map[*compareCell]bool{}
	match := func(same func(x, y *compareCell) bool) {
		for _, y := range b {
			for _, x := range a {
				if of[y] == nil && !taken[x] && same(x, y) {
					of[y], taken[x] = x, true
				}
			}
		}
	}
	match(func(x, y *compareCell) bool { return x.ID == y.ID })
	match(func(x, y *compareCell) bool { return x.words() != "" && x.words() == y.words() })
	var out []compareRow
	next := 0
	alone := func() {
		for ; next < len(a) && !taken[a[next]]; next++ {
			out = append(out, compareRow{[2]*compareCell{a[next], nil}})
		}
	}
	alone()
	for _, y := range b {
		x := of[y]
		out = append(out, compareRow{[2]*compareCell{x, y}})
		if x != nil && next < len(a) && a[next] == x {
			next++
			alone()
		}
	}
	for ; next < len(a); next++ { // the order of those that both have is another one
		alone()
	}
	return out
}

func (c *compareCell) words() string {
	var s []string
	for _, v := range c.Versions {
		s = append(s, v.Text)
	}
	return strings.Join(s, "\n")
}
