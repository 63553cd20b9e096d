package where

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
)

// Side chooses which side of a line a zone near it covers, as seen going along
// the line from its first point to its last.
type Side uint8

// The sides of a line. Beyond an end of the line, its first or last edge
// continued parts left from right.
const (
	Both Side = iota
	Left
	Right
)

// nearShape is the set of points within a distance of sites or of a line.
type nearShape struct {
	points []Point
	line   bool
	within Metres
	side   Side
	cap    cap
	once   [2]sync.Once
	index  [2]*nearIndex
}

type nearIndex struct {
	target *edgeSet
	order  []edge   // the pieces along the line
	ends   *edgeSet // the line continued beyond its ends
}

func newNearShape(points []Point, line bool, within Metres, side Side) *nearShape {
	s := &nearShape{points: append([]Point(nil), points...), line: line && len(points) > 1, within: within, side: side}
	if len(points) > 0 {
		s.cap = capOf(points)
		s.cap.radius += within * 1.01
		for i := 1; s.line && i < len(points); i++ {
			s.cap.radius += Metres(sphereRadius*sphereAngle(points[i-1], points[i])) / 2
		}
	}
	return s
}

func (s *nearShape) empty() bool { return len(s.points) == 0 || !(s.within >= 0) }

func (s *nearShape) at(e EdgeModel) *nearIndex {
	e &= 1
	s.once[e].Do(func() { s.index[e] = s.build(e) })
	return s.index[e]
}

func (s *nearShape) build(e EdgeModel) *nearIndex {
	if !s.line {
		var raw []rawEdge
		for _, p := range s.points {
			raw = append(raw, rawEdge{p, p, len(raw)})
		}
		return &nearIndex{target: newEdgeSet(e, raw)}
	}
	var raw []rawEdge
	for i := 1; i < len(s.points); i++ {
		if s.points[i] != s.points[i-1] {
			raw = append(raw, rawEdge{s.points[i-1], s.points[i], 0})
		}
	}
	if len(raw) == 0 {
		raw = append(raw, rawEdge{s.points[0], s.points[0], 0})
	}
	x := &nearIndex{target: newLineSet(e, raw)}
	x.order = make([]edge, len(x.target.edges))
	for _, e := range x.target.edges {
		x.order[e.line] = e
	}
	x.ends = newEdgeSet(e, s.extensions(x, e))
	return x
}

// extensions continues the line beyond both ends, to the edge of the zone.
func (s *nearShape) extensions(x *nearIndex, model EdgeModel) []rawEdge {
	first, last := &x.order[0], &x.order[len(x.order)-1]
	if first.angle == 0 {
		return nil
	}
	reach := (float64(s.within)*1.1 + 10) / sphereRadius
	t0 := -math.Min(reach, 3) / first.angle
	t1 := 1 + math.Min(reach, 3)/last.angle
	a, b := x.target.at(first, t0), x.target.at(last, t1)
	if model == Geodesic && reach > 1 {
		return nil
	}
	return []rawEdge{{a, first.a, 0}, {last.b, b, 1}}
}

func (s *nearShape) contains(p Point, m Model) bool {
	if s.empty() || !s.cap.reaches(p, 0) {
		return false
	}
	x := s.at(m.lineEdges())
	cmp := x.target.compare(p, s.within, m)
	if cmp > 0 || cmp == 0 && m.Boundary == Open {
		return false
	}
	return s.onSide(p, x, m)
}

func (s *nearShape) onSide(p Point, x *nearIndex, m Model) bool {
	if !s.sided() {
		return true
	}
	switch side := x.sideOf(p, m); side {
	case 0:
		return m.Boundary == Closed
	default:
		return (side > 0) == (s.side == Left)
	}
}

func (s *nearShape) sided() bool { return s.side != Both && s.line }

// sideOf is 1 left of the line, -1 right of it, and 0 on it or on its
// continuation.
func (x *nearIndex) sideOf(p Point, m Model) int {
	v := p.vec()
	if x.target.touches(p, v) {
		return 0
	}
	_, e, _ := x.target.nearest(p, m)
	return x.sideBy(p, v, e.line)
}

// sideBy is the side of p as seen from piece i, to which it is near.
func (x *nearIndex) sideBy(p Point, v vec, i int) int {
	e := &x.order[i]
	_, t := e.foot(v)
	here := x.signed(p, v, i)
	other, turn := -1, 0
	switch {
	case t <= 0 && i > 0:
		other, turn = i-1, x.turnAt(i-1)
	case t >= 1 && i+1 < len(x.order):
		other, turn = i+1, x.turnAt(i)
	}
	if other < 0 || turn == 0 {
		return here
	}
	// Beyond a corner a point is on the outer side of the turn, unless both
	// edges have it on the inner side.
	if there := x.signed(p, v, other); here == turn && there == turn {
		return turn
	}
	return -turn
}

func (x *nearIndex) signed(p Point, v vec, i int) int {
	e := &x.order[i]
	if x.target.model == Planar {
		gap := turn(e.a, e.b, p) / math.Hypot(e.b.Lon-e.a.Lon, e.b.Lat-e.a.Lat)
		return signOf(gap, 1e-9)
	}
	return signOf(v.dot(e.n), onBoundary)
}

// turnAt is 1 where the line turns left between pieces i and i+1, -1 where it
// turns right, 0 where it goes on.
func (x *nearIndex) turnAt(i int) int {
	e, f := &x.order[i], &x.order[i+1]
	if x.target.model == Planar {
		return signOf(turn(e.a, e.b, f.b), 1e-14)
	}
	return signOf(f.vb.dot(e.n), 1e-14)
}

func signOf(x, tolerance float64) int {
	switch {
	case x > tolerance:
		return 1
	case x < -tolerance:
		return -1
	}
	return 0
}

func (s *nearShape) relate(r Region, m Model) Relation {
	if s.empty() {
		return Outside
	}
	if r.kind == kindDisc {
		return s.relateDisc(r.c, r.max, m)
	}
	return relateByCover(r, m, s)
}

func (s *nearShape) relateDisc(c Point, r Metres, m Model) Relation {
	if s.empty() || !s.cap.reaches(c, r) {
		return Outside
	}
	x := s.at(m.lineEdges())
	if cmp := x.target.compare(c, s.within+r, m); cmp > 0 || cmp == 0 && m.Boundary == Open {
		return Outside
	}
	side := 1
	if s.sided() {
		side = x.sideOfDisc(c, r, m)
		if s.side == Right {
			side = -side
		}
	}
	if side < 0 {
		return Outside
	}
	if side == 0 || s.within < r {
		return Straddling
	}
	if cmp := x.target.compare(c, s.within-r, m); cmp > 0 || cmp == 0 && m.Boundary == Open {
		return Straddling
	}
	return Inside
}

// sideOfDisc is 1 or -1 when the whole disc is left or right of the line, as
// far as the disc is within the zone's distance, and 0 when it is not or might
// not be.
func (x *nearIndex) sideOfDisc(c Point, r Metres, m Model) int {
	if x.target.compare(c, r, m) <= 0 || x.ends.compare(c, r, m) <= 0 {
		return 0
	}
	side := x.sideOf(c, m)
	d, _, _ := x.target.nearest(c, m)
	v := c.vec()
	// Every piece that may be the nearest one to a point of the disc.
	reach := angleChord(float64(d+2*r)/sphereRadius/ellipsoidLow) + x.target.pad
	x.target.visit(v, reach, func(e *edge) {
		if chord, _ := e.foot(v); chord-e.pad > reach || side == 0 || x.passes(v, e) {
			return
		}
		if x.sideBy(c, v, e.line) != side {
			side = 0
		}
	})
	return side
}

// passes reports whether the foot of v on e is a corner that a neighbouring
// piece passes nearer to v: the neighbour then speaks for it.
func (x *nearIndex) passes(v vec, e *edge) bool {
	_, t := e.foot(v)
	near := func(i int, inner func(t float64) bool) bool {
		if i < 0 || i >= len(x.order) {
			return false
		}
		_, u := x.order[i].foot(v)
		return inner(u)
	}
	return t <= 0 && near(e.line-1, func(u float64) bool { return u < 1 }) ||
		t >= 1 && near(e.line+1, func(u float64) bool { return u > 0 })
}

func (s *nearShape) seeds() []Point {
	if s.empty() {
		return nil
	}
	if !s.sided() {
		return s.points[:min(len(s.points), 64)]
	}
	var out []Point
	for i := 1; i < len(s.points) && len(out) < 64; i++ {
		a, b := s.points[i-1], s.points[i]
		turn := -90.0
		if s.side == Right {
			turn = 90
		}
		for _, f := range []Metres{0.5, 0.1, 0.01} {
			out = append(out, sphereDirect(a.vec().add(b.vec()).unit().point(),
				initialBearing(a, b)+turn, float64(s.within*f)/sphereRadius))
		}
	}
	return out
}

func (s *nearShape) bounds() (cap, bool) { return s.cap, !s.empty() }

func (s *nearShape) digest(w io.Writer) {
	fmt.Fprintf(w, "near line=%t side=%d\n", s.line, s.side)
	binary.Write(w, binary.BigEndian, float64(s.within))
	writePoints(w, s.points)
}

// curves samples the circles round the points, the parallels of the edges and,
// when the zone has a side, the line itself.
func (s *nearShape) curves(c cap, m Model) []curve {
	if s.empty() {
		return nil
	}
	var out []curve
	for _, p := range s.points {
		if c.reaches(p, s.within*1.01) {
			out = append(out, arcNear(p, s.within, c, m))
		}
	}
	if s.line {
		out = append(out, s.parallels(c, m)...)
	}
	return thin(out, 1000)
}

// arcNear samples the part of a circle that a cap may reach.
func arcNear(p Point, r Metres, c cap, m Model) curve {
	mid, half := 0.0, 180.0
	if gap := Metres(sphereRadius * sphereAngle(p, c.centre)); c.radius < gap*0.9 && c.radius < r*0.9 {
		mid = initialBearing(p, c.centre)
		half = math.Min(180, 1.5*math.Asin(float64(c.radius/gap))/radians+1)
	}
	const n = 96
	var out curve
	for i := 0; i <= n; i++ {
		out = append(out, Destination(p, mid-half+2*half*float64(i)/n, r, m))
	}
	return out
}

func (s *nearShape) parallels(c cap, m Model) []curve {
	x := s.at(m.lineEdges())
	step := float64(c.radius) / 12 / sphereRadius
	var out []curve
	for i := range x.order {
		e := &x.order[i]
		if e.angle == 0 || !c.reaches(e.a, s.within*1.01+Metres(sphereRadius*(e.angle+e.pad))*2) {
			continue
		}
		n := int(math.Min(64, 2+e.angle/(step+1e-9)))
		var left, on, right curve
		for k := 0; k <= n; k++ {
			t := float64(k) / float64(n)
			p := x.target.at(e, t)
			bearing := initialBearing(p, e.b)
			if k == n {
				bearing = initialBearing(e.a, p)
			}
			left = append(left, Destination(p, bearing-90, s.within, m))
			right = append(right, Destination(p, bearing+90, s.within, m))
			on = append(on, p)
		}
		out = append(out, left, right)
		if s.sided() {
			out = append(out, on)
		}
	}
	return out
}
