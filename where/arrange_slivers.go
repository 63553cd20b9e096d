package where

import (
	"math"
	"slices"
)

// mostLocal is how many edges of a smallest square are cut at each other.
const mostLocal = 24

// offEdge is how far off an edge a place is to be told as a sliver, in
// radians: more than the width of a boundary.
const offEdge = 3 * onBoundary

// end looks through a smallest square for combinations that are in no atom: at
// the centre, and on both sides of the pieces that its edges cut each other
// into.
func (s *search) end(b *box) {
	s.sliver(s.pattern(b), b.facet, b.x, b.y)
	if s.known(b, true) {
		return
	}
	segs := s.facets[b.facet].segs
	var local []*segment
	for _, i := range s.now.edges[b.e0:b.e1] {
		if e := &segs[i]; e.meets(b.x, b.y, s.half) {
			local = append(local, e)
		}
	}
	if len(local) > mostLocal {
		return
	}
	low, _ := s.stretch(b)
	off := offEdge * low
	for _, e := range local {
		cuts := s.cuts(b, e, local)
		dx, dy := e.bx-e.ax, e.by-e.ay
		k := off / math.Hypot(dx, dy)
		for i := 1; i < len(cuts); i++ {
			t := (cuts[i-1] + cuts[i]) / 2
			x, y := e.ax+t*dx, e.ay+t*dy
			s.probe(b, x-k*dy, y+k*dx)
			s.probe(b, x+k*dy, y-k*dx)
		}
	}
}

// cuts are the places along an edge, as fractions, where it enters and leaves
// the square and where others cross it.
func (s *search) cuts(b *box, e *segment, others []*segment) []float64 {
	t0, t1 := 0.0, 1.0
	clip := func(a, d, c float64) {
		if d == 0 {
			return
		}
		p, q := (c-s.half-a)/d, (c+s.half-a)/d
		t0, t1 = max(t0, min(p, q)), min(t1, max(p, q))
	}
	dx, dy := e.bx-e.ax, e.by-e.ay
	clip(e.ax, dx, b.x)
	clip(e.ay, dy, b.y)
	if t0 >= t1 {
		return nil
	}
	cuts := []float64{t0, t1}
	for _, f := range others {
		fx, fy := f.bx-f.ax, f.by-f.ay
		if turn := dx*fy - dy*fx; f != e && turn != 0 {
			t := ((f.ax-e.ax)*fy - (f.ay-e.ay)*fx) / turn
			if t > t0 && t < t1 {
				cuts = append(cuts, t)
			}
		}
	}
	slices.Sort(cuts)
	return cuts
}

// probe finds the combination at a place in a square from that at the centre.
func (s *search) probe(b *box, x, y float64) {
	from, p := s.pattern(b), &s.scratch
	copy(p.leaves, from.leaves)
	copy(p.zones, from.zones)
	p.hash = from.hash
	segs := s.facets[b.facet].segs
	for _, i := range s.now.edges[b.e0:b.e1] {
		if segs[i].crossed(b.x, b.y, x, y) {
			for _, l := range s.g.groups[segs[i].group] {
				p.leaves[l/64] ^= 1 << (l % 64)
			}
		}
	}
	for _, l := range s.now.nears[b.n0:b.n1] {
		setBit(p.leaves, int(l), s.g.leaves[l].near.contains(s.facets[b.facet].point(x, y), s.g.m))
	}
	s.g.updateAll(p, from.leaves)
	s.sliver(*p, b.facet, x, y)
}

// sliver keeps a combination that is not known.
func (s *search) sliver(p pattern, facet int8, x, y float64) {
	if !s.atoms.has(p.hash, p.zones) && !s.slivers.has(p.hash, p.zones) {
		s.slivers.add(p.hash, found{in: slices.Clone(p.zones), at: s.facets[facet].point(x, y)})
	}
}
