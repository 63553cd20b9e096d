package gazetteer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/where"
)

// Class says what kind of thing a name stands for.
type Class string

// The classes.
const (
	Settlement Class = "settlement"
	Area       Class = "area" // an area of any level
	River      Class = "river"
	Other      Class = "other"
)

// Name is a name in one language: en, uk, ru, or "" where that is not known.
type Name struct{ Text, Lang string }

// Entry is one place of a list.
type Entry struct {
	ID    string
	Names []Name // the first is the one that notes show
	Class Class
	// Point is a centre, if HasPoint; Radius, in metres, is how far the place
	// may reach from it.
	Point    where.Point
	HasPoint bool
	Radius   where.Metres
	// Areas are ISO 3166-2 codes of the first-level areas that it lies in: one
	// for a settlement, several for a river.
	Areas          []string
	Country        string // ISO 3166-1, two letters
	PCode, KATOTTH string
	Population     int
	Source         string
	// Unverified names the columns that were written from memory.
	Unverified []string
}

// radiusOf is how far a settlement may reach from its centre, in metres, by
// population. It is wide on purpose: centres differ between lists by a few
// kilometres, and reports place what happened at the edge in the town.
func radiusOf(population int) where.Metres {
	switch {
	case population >= 1_000_000:
		return 20_000
	case population >= 250_000:
		return 12_000
	case population >= 50_000:
		return 8_000
	}
	return 5_000
}

// String is the name that notes show.
func (e *Entry) String() string {
	if len(e.Names) == 0 {
		return e.ID
	}
	return e.Names[0].Text
}

// firstLevel reports whether the entry is a first-level area.
func (e *Entry) firstLevel() bool {
	return e.Class == Area && len(e.Areas) == 1 && e.ID == e.Areas[0]
}

// In returns the first-level areas that the place lies in, sorted: those of the
// list, else those that hold its point, else its country alone, else none.
func (e *Entry) In() []string {
	switch {
	case len(e.Areas) > 0:
		return e.Areas
	case e.HasPoint:
		if at := where.AreasAt(e.Point); len(at) > 0 {
			return at
		}
	}
	if e.Country != "" {
		return []string{e.Country}
	}
	return nil
}

// Region is the set of points where the place may be: a disc for a place with a
// point, else the areas that it lies in, else unknown.
func (e *Entry) Region() where.Region {
	if e.HasPoint {
		return where.Disc(e.Point, e.Radius)
	}
	r, err := where.AreaRegion(drawable(e.In())...)
	if err != nil {
		return where.Unknown()
	}
	return r
}

// drawable replaces areas without a boundary by those in which they are drawn.
func drawable(codes []string) []string {
	out := make([]string, 0, len(codes))
	for _, c := range codes {
		switch c {
		case "RU-MOW":
			c = "RU-MOS"
		case "RU-CHU":
			c = "RU-SA"
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// Candidate is one place that a name may mean: the entries of the lists that
// describe it, which lie on one another.
type Candidate struct{ Entries []*Entry }

// Region unites the entries' regions.
func (c Candidate) Region() where.Region {
	var all []where.Region
	for _, e := range c.Entries {
		all = append(all, e.Region())
	}
	return where.UnionRegion(all...)
}

// In returns the first-level areas that it lies in by any of its entries.
func (c Candidate) In() []string {
	var out []string
	for _, e := range c.Entries {
		for _, a := range e.In() {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.Sort(out)
	return out
}

// String names the candidate by its areas, and by its class where that is not a
// settlement: "UA-14", "river in UA-12|UA-23".
func (c Candidate) String() string {
	in := strings.Join(c.In(), "|")
	if in == "" {
		in = "somewhere"
	}
	switch e := c.Entries[0]; {
	case e.firstLevel():
		return "area " + in
	case e.Class != Settlement:
		return fmt.Sprintf("%s in %s", e.Class, in)
	}
	return in
}

// same reports whether two entries describe one place: they are of one class
// and each may reach the other's centre.
func same(a, b *Entry) bool {
	if a.Class != b.Class || a.HasPoint != b.HasPoint {
		return false
	}
	if !a.HasPoint {
		return slices.Equal(a.Areas, b.Areas)
	}
	return where.Distance(a.Point, b.Point, where.Model{}) <= max(a.Radius, b.Radius)
}
