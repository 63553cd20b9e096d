package where

import (
	"fmt"
	"io"
)

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
// straddles two parts of a union is said to straddle the union.
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
