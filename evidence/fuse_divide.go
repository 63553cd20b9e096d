package evidence

import (
	"cmp"
	"slices"
)

// part is reports that are one incident, with the matches among them.
type part struct {
	nodes []*node
	edges []edge
}

func (p part) only(is func(*node) bool) bool {
	for _, n := range p.nodes {
		if !is(n) {
			return false
		}
	}
	return true
}

// maxPairs is up to how many reports of a part all pairs are compared before two
// parts become one.
const maxPairs = 60

// divide puts the reports of a component together, the likeliest matches first,
// and never two parts of which two reports cannot be of one event: that A is B
// and B is C does not make A C. What it does not join stays as a candidate.
func (f *Fuser) divide(by *Comparer, c *component) []part {
	slices.SortFunc(c.nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	slices.SortFunc(c.edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(y.v.likely, x.v.likely), cmp.Compare(x.a.order, y.a.order), cmp.Compare(x.b.order, y.b.order))
	})
	of := map[*node]*part{}
	for _, n := range c.nodes {
		of[n] = &part{nodes: []*node{n}}
	}
	f.asTaken(c, of)
	for _, e := range c.edges {
		x, y := of[e.a], of[e.b]
		if x != y {
			if !f.agree(by, x, y) {
				e.a.candidate(e.v, e.b.Prepared)
				e.b.candidate(e.v, e.a.Prepared)
				continue
			}
			x.nodes, x.edges = append(x.nodes, y.nodes...), append(x.edges, y.edges...)
			for _, n := range y.nodes {
				of[n] = x
			}
		}
		x.edges = append(x.edges, e)
	}
	var out []part
	done := map[*part]bool{}
	for _, n := range c.nodes {
		if p := of[n]; !done[p] {
			done[p] = true
			slices.SortFunc(p.nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
			out = append(out, *p)
		}
	}
	return out
}

// agreeFrom is how likely the pairs of two parts must be, on average, for the
// parts to become one.
const agreeFrom = 0.5

// heldApart reports whether people hold two reports of two parts to be of
// different events.
func (f *Fuser) heldApart(x, y *part) bool {
	if f.opt.Apart == nil {
		return false
	}
	for _, a := range x.nodes {
		if len(f.opt.Apart.of[a.ID()]) == 0 {
			continue
		}
		for _, b := range y.nodes {
			if f.opt.Apart.Pair(a.ID(), b.ID()) {
				return true
			}
		}
	}
	return false
}

// agree reports whether two parts can be one: no pair is ruled out, by what they
// say or by people, and the pairs are likely on average.
func (f *Fuser) agree(by *Comparer, x, y *part) bool {
	if f.heldApart(x, y) {
		return false
	}
	if len(x.nodes)*len(y.nodes) > maxPairs*maxPairs {
		return f.meetAll(x, y)
	}
	told, likely := 0.0, 0.0
	for _, a := range x.nodes {
		for _, b := range y.nodes {
			v := by.compare(a.Prepared, b.Prepared)
			if v.veto {
				return false
			}
			told, likely = told+1, likely+v.likely
		}
	}
	return likely >= agreeFrom*told
}

func (f *Fuser) meetAll(x, y *part) bool {
	for _, a := range x.nodes {
		for _, b := range y.nodes {
			if a.timed && b.timed && gapOf(a.at, b.at) > maxGap || a.placed && b.placed && apart(a.Prepared, b.Prepared) > maxApart {
				return false
			}
		}
	}
	return true
}
