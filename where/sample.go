package where

import (
	"iter"
	"math"
	"slices"
)

const (
	shareLattice  = 2048
	memberLattice = 512
	golden        = 0.6180339887498949
)

// lattice returns about n points of the region, spread evenly by area, the same
// at every call.
func (r Region) lattice(n int, m Model) []Point {
	switch r.kind {
	case kindDisc, kindSector:
		return slices.Collect(r.roundLattice(n, m))
	case kindPolygon:
		return r.poly.lattice(n, m)
	case kindUnion:
		return r.unionLattice(n, m)
	}
	return globe(n)
}

// latticeSeq is lattice, a point at a time.
func (r Region) latticeSeq(n int, m Model) iter.Seq[Point] {
	if r.kind == kindDisc || r.kind == kindSector {
		return r.roundLattice(n, m)
	}
	return slices.Values(r.lattice(n, m))
}

func (r Region) roundLattice(n int, m Model) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		if r.isPoint() {
			yield(r.c)
			return
		}
		bearing, half := r.bearing, r.half
		if r.kind == kindDisc {
			half = 180
		}
		lo, hi := float64(r.min*r.min), float64(r.max*r.max)
		for i := range n {
			d := math.Sqrt(lo + (hi-lo)*(float64(i)+0.5)/float64(n))
			_, f := math.Modf(float64(i) * golden)
			if !yield(Destination(r.c, bearing+half*(2*f-1), Metres(d), m)) {
				return
			}
		}
	}
}

// globe is a spiral over the whole earth.
func globe(n int) []Point {
	out := make([]Point, n)
	for i := range out {
		_, f := math.Modf(float64(i) * golden)
		out[i] = Point{math.Asin(1-2*(float64(i)+0.5)/float64(n)) / radians, 360*f - 180}
	}
	return out
}

// lattice throws points of a low-discrepancy sequence on the bounding boxes of
// the parts, by area, and keeps those inside.
func (s *polyShape) lattice(n int, m Model) []Point {
	var boxes []patch
	total := 0.0
	for _, p := range s.mp {
		for _, b := range boxPatches(p[0]) {
			boxes = append(boxes, b)
			total += boxArea(b)
		}
	}
	density := float64(n) / total
	var out []Point
	for round := 0; round < 8; round++ {
		out = s.throw(boxes, density, m)
		if len(out) >= n {
			return out
		}
		density *= math.Max(1.2, math.Min(20, 1.1*float64(n)/float64(len(out)+1)))
	}
	if len(out) == 0 {
		return s.witnesses()
	}
	return out
}

func boxArea(b patch) float64 {
	return (b.x1 - b.x0) * (math.Sin(b.y1*radians) - math.Sin(b.y0*radians))
}

func (s *polyShape) throw(boxes []patch, density float64, m Model) []Point {
	var out []Point
	carry := 0.5
	for _, b := range boxes {
		want := density*boxArea(b) + carry
		k := int(want)
		carry = want - float64(k)
		lo, hi := math.Sin(b.y0*radians), math.Sin(b.y1*radians)
		for i := 0; i < k; i++ {
			_, fx := math.Modf(0.5 + float64(i+1)*0.7548776662466927)
			_, fy := math.Modf(0.5 + float64(i+1)*0.5698402909980532)
			p := Point{math.Asin(lo+(hi-lo)*fy) / radians, wrapLon(b.x0 + (b.x1-b.x0)*fx)}
			if s.interior(p, m.Edges) {
				out = append(out, p)
			}
		}
	}
	return out
}

// unionLattice gives every part points by its area, and leaves out those that
// an earlier part holds.
func (r Region) unionLattice(n int, m Model) []Point {
	total := 0.0
	for _, part := range r.parts {
		total += part.area()
	}
	var out []Point
	for i, part := range r.parts {
		k := 1
		if total > 0 {
			k = int(math.Ceil(float64(n) * part.area() / total))
		}
		if k == 0 {
			continue
		}
		for _, p := range part.lattice(k, m) {
			if !slices.ContainsFunc(r.parts[:i], func(q Region) bool { return q.contains(p, m) }) {
				out = append(out, p)
			}
		}
	}
	return out
}

// area is about the area of a region in square metres, for weights.
func (r Region) area() float64 {
	switch r.kind {
	case kindDisc:
		return math.Pi * float64(r.max*r.max)
	case kindSector:
		return r.half * radians * float64(r.max*r.max-r.min*r.min)
	case kindPolygon:
		return r.poly.area()
	}
	return 0
}

func (s *polyShape) area() float64 {
	var sum float64
	for _, p := range s.mp {
		for _, r := range p {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				sum -= shortLon(b.Lon-a.Lon) * radians * (math.Sin(a.Lat*radians) + math.Sin(b.Lat*radians)) / 2
			}
		}
	}
	return math.Abs(sum) * sphereRadius * sphereRadius
}
