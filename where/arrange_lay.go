package where

import (
	"math"
)

// wideAngle is how far from the middle of the zones, in radians, boundaries may
// be for one facet to do.
const wideAngle = 0.7

// lay chooses the facets, draws the edges on them and makes a square of each:
// one facet over the zones where that does, or a cube round the earth.
func (s *search) lay() {
	mid, angle := s.extent()
	side := vec{0, 0, 1}
	if math.Abs(mid[2]) > 0.9 {
		side = vec{1, 0, 0}
	}
	u := side.cross(mid).unit()
	v := mid.cross(u)
	s.half = 1
	s.facets = []*facet{{u: u, v: v, w: mid}}
	if angle < wideAngle {
		s.half = math.Tan(angle*1.1 + 6*s.tol/sphereRadius)
	} else {
		back := mid.scale(-1)
		s.facets = append(s.facets, &facet{u: v, v: mid, w: u}, &facet{u: mid, v: u, w: v},
			&facet{u: mid, v: v, w: u.scale(-1)}, &facet{u: u, v: mid, w: v.scale(-1)}, &facet{u: v, v: u, w: back})
	}
	// Beyond its square a facet keeps what may be near to the square.
	wide := s.half + 1e-6 + 2*s.tol/sphereRadius*(1+2*s.half*s.half)*1.1
	for i, f := range s.facets {
		if len(s.facets) == 1 {
			f.segs = make([]segment, 0, len(s.g.edges))
		}
		for j := range s.g.edges {
			f.project(&s.g.edges[j], wide)
		}
		s.root(i)
	}
}

// extent is a cap round all boundaries: its middle, and an angle in radians.
func (s *search) extent() (vec, float64) {
	var sum vec
	for i := range s.g.edges {
		sum = sum.add(s.g.edges[i].a).add(s.g.edges[i].b)
	}
	for _, l := range s.g.leaves {
		if l.near != nil {
			sum = sum.add(l.near.cap.centre.vec())
		}
	}
	if sum.norm() < 1e-9 {
		if len(s.g.leaves) == 0 {
			return Point{}.vec(), 0
		}
		return Point{}.vec(), math.Pi
	}
	mid, angle := sum.unit(), 0.0
	for i := range s.g.edges {
		e := &s.g.edges[i]
		angle = math.Max(angle, math.Max(mid.chord(e.a), mid.chord(e.b)))
	}
	angle = chordAngle(angle)
	for _, l := range s.g.leaves {
		if l.near != nil {
			angle = math.Max(angle, chordAngle(mid.chord(l.near.cap.centre.vec()))+float64(l.near.cap.radius)/sphereRadius/ellipsoidLow)
		}
	}
	return mid, angle
}

// root makes the first square of a facet.
func (s *search) root(i int) {
	f, l := s.facets[i], &s.now
	b := box{facet: int8(i), words: int32(len(l.words)), e0: int32(len(l.edges)), n0: int32(len(l.nears))}
	p := pattern{make([]uint64, len(s.scratch.leaves)), make(ZoneSet, len(s.scratch.zones)), 0}
	x, y := s.start(f, p.leaves)
	for j := range f.segs {
		if f.segs[j].crossed(x, y, 0, 0) {
			for _, leaf := range s.g.groups[f.segs[j].group] {
				p.leaves[leaf/64] ^= 1 << (leaf % 64)
			}
		}
		l.edges = append(l.edges, int32(j))
	}
	for j, leaf := range s.g.leaves {
		if leaf.near != nil {
			setBit(p.leaves, j, leaf.near.contains(s.point(&b), s.g.m))
			l.nears = append(l.nears, int32(j))
		}
	}
	for j, z := range s.g.zones {
		if z.holds(p.leaves) {
			p.zones[j/64] |= 1 << (j % 64)
		}
	}
	b.hash, b.e1, b.n1 = s.g.hash(p.zones), int32(len(l.edges)), int32(len(l.nears))
	l.words = append(append(l.words, p.leaves...), p.zones...)
	l.boxes = append(l.boxes, b)
}

// start is a place on a facet, with the polygons that it lies in. A single
// facet's corner lies in none: all boundaries are far from it, and no polygon
// holds a pole. On a cube it is a place off all edges, and the polygons are
// asked.
func (s *search) start(f *facet, leaves []uint64) (x, y float64) {
	if len(s.facets) == 1 {
		return -s.half, -s.half
	}
	off := 4*s.g.draw + 1e-8
	for k := 1.0; ; k++ {
		x, y = 0.9*math.Remainder(k*golden, 1), 0.9*math.Remainder(k*0.7548776662466927, 1)
		clear := true
		for j := range f.segs {
			clear = clear && !f.segs[j].meets(x, y, off*3)
		}
		if clear || k > 1000 {
			break
		}
	}
	p := f.point(x, y)
	for j, leaf := range s.g.leaves {
		if leaf.near == nil && newPolyShape(MultiPolygon{leaf.part}, nil).contains(p, s.g.m) {
			setBit(leaves, j, true)
		}
	}
	return x, y
}
