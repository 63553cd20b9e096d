package where

import (
	"fmt"
	"io"
	"slices"
)

// maxLeaves bounds the parts of a zone that are looked at together.
const maxLeaves = 64

// combined is a union, intersection or complement of shapes.
type combined struct {
	op    string // "union", "intersection", "complement"
	parts []shape
}

func (s *combined) contains(p Point, m Model) bool {
	if s.op == "complement" {
		return !s.parts[0].contains(p, m)
	}
	stop := s.op == "union"
	for _, part := range s.parts {
		if part.contains(p, m) == stop {
			return stop
		}
	}
	return !stop
}

// relate combines the answers of the parts by Kleene's tables: a region that
// straddles two parts of a union is said to straddle the union. Zone.Relate looks
// again at what straddles here.
func (s *combined) relate(r Region, m Model) Relation {
	if s.op == "complement" {
		return opposite(s.parts[0].relate(r, m))
	}
	decisive, out := Inside, Outside
	if s.op == "intersection" {
		decisive, out = Outside, Inside
	}
	for _, part := range s.parts {
		switch part.relate(r, m) {
		case decisive:
			return decisive
		case Straddling:
			out = Straddling
		}
	}
	return out
}

// leaves are the shapes that s is made of, each once.
func (s *combined) leaves() []shape {
	var out []shape
	for _, part := range s.parts {
		inner := []shape{part}
		if c, ok := part.(*combined); ok {
			inner = c.leaves()
		}
		for _, leaf := range inner {
			if !slices.Contains(out, leaf) {
				out = append(out, leaf)
			}
		}
	}
	return out
}

// given is whether a point is in s, where it is known in which leaves it is.
func (s *combined) given(in func(shape) bool) bool {
	stop := s.op == "union"
	for _, part := range s.parts {
		holds := false
		if c, ok := part.(*combined); ok {
			holds = c.given(in)
		} else {
			holds = in(part)
		}
		if s.op == "complement" {
			return !holds
		}
		if holds == stop {
			return stop
		}
	}
	return !stop
}

// settle relates a region that straddles leaves of s: two areas that border on each
// other hold all of it together though neither does, and no point is in a zone and in
// its complement. Which combinations of leaves the region reaches is found as
// Memberships does.
func (s *combined) settle(r Region, m Model) Relation {
	leaves := s.leaves()
	zones := make([]*Zone, len(leaves))
	for i, leaf := range leaves {
		zones[i] = &Zone{shape: leaf}
	}
	in, out := false, false
	for _, mask := range Memberships(r, zones, m) {
		if s.given(func(leaf shape) bool { return mask>>slices.Index(leaves, leaf)&1 == 1 }) {
			in = true
		} else {
			out = true
		}
	}
	if in && out {
		return Straddling
	}
	return relationOf(in)
}

func opposite(r Relation) Relation {
	switch r {
	case Inside:
		return Outside
	case Outside:
		return Inside
	}
	return Straddling
}

func (s *combined) curves(c cap, m Model) []curve {
	var out []curve
	for _, part := range s.parts {
		out = append(out, part.curves(c, m)...)
	}
	return thin(out, 4000)
}

func (s *combined) seeds() []Point {
	var out []Point
	for _, part := range s.parts {
		out = append(out, part.seeds()...)
	}
	return out
}

func (s *combined) bounds() (cap, bool) {
	var all cap
	found := false
	for _, part := range s.parts {
		c, ok := part.bounds()
		switch {
		case s.op == "complement":
			return world, true
		case !ok && s.op == "union":
			continue
		case !ok:
			return cap{}, false
		case !found:
			all = c
		case s.op == "union":
			all = all.merge(c)
		case c.radius < all.radius:
			all = c
		}
		found = true
	}
	return all, found
}

func (s *combined) digest(w io.Writer) {
	fmt.Fprintf(w, "%s %d\n", s.op, len(s.parts))
	for _, part := range s.parts {
		part.digest(w)
	}
}
