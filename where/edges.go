package where

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// onBoundary is how near a point has to be to an edge to lie on it: 1e-9
// degrees, a tenth of a millimetre, as a chord of the unit sphere.
const onBoundary = 1e-9 * radians

// edge is one straight piece under one edge model: never longer than a degree
// or so, and for planar edges never further than pad from the great circle.
type edge struct {
	a, b   Point
	va, vb vec
	n, t   vec     // unit normal of its great circle, and n x va
	angle  float64 // length in radians
	pad    float64 // chord
	line   int     // index of the edge in its line, for sides
}

// edgeSet is an immutable set of edges in a tree of boxes in space, searched by
// chord distance. One is built for each edge model.
type edgeSet struct {
	model EdgeModel
	edges []edge
	nodes []node
	pad   float64
}

type node struct {
	lo, hi     vec
	left       int32 // children are left and left+1; 0 in a leaf
	start, end int32
}

// rawEdge is an edge as given, before it is cut into pieces.
type rawEdge struct {
	a, b Point
	line int
}

func newEdgeSet(model EdgeModel, raw []rawEdge) *edgeSet {
	s := &edgeSet{model: model, edges: make([]edge, 0, len(raw))}
	for _, r := range raw {
		s.cut(r, 0)
	}
	return s.finish()
}

// finish builds the tree.
func (s *edgeSet) finish() *edgeSet {
	for _, e := range s.edges {
		s.pad = math.Max(s.pad, e.pad)
	}
	if len(s.edges) == 0 {
		return s
	}
	boxes := make([]edgeBox, len(s.edges))
	for i := range s.edges {
		boxes[i].lo, boxes[i].hi = s.edges[i].box()
		boxes[i].edge = int32(i)
	}
	s.nodes = append(make([]node, 0, len(s.edges)), node{start: 0, end: int32(len(s.edges))})
	s.build(0, boxes)
	sorted := make([]edge, len(s.edges))
	for i, b := range boxes {
		sorted[i] = s.edges[b.edge]
	}
	s.edges = sorted
	return s
}

// newLineSet is newEdgeSet for consecutive edges of one line: every piece gets
// its place along the line as its number.
func newLineSet(model EdgeModel, raw []rawEdge) *edgeSet {
	s := &edgeSet{model: model}
	for _, r := range raw {
		s.cut(r, 0)
	}
	for i := range s.edges {
		s.edges[i].line = i
	}
	return s.finish()
}

// cut appends the pieces of an edge: long ones are halved, and planar ones
// until they are within half a metre of their great circle.
func (s *edgeSet) cut(r rawEdge, depth int) {
	e := makeEdge(r)
	if s.model == Planar && r.a != r.b {
		e.pad = 2 * s.middle(r).vec().chord(e.va.add(e.vb).unit())
	}
	if depth < 14 && (e.angle > 1.2*radians || e.pad > 1e-7) {
		mid := s.middle(r)
		s.cut(rawEdge{r.a, mid, r.line}, depth+1)
		s.cut(rawEdge{mid, r.b, r.line}, depth+1)
		return
	}
	s.edges = append(s.edges, e)
}

func (s *edgeSet) middle(r rawEdge) Point {
	if s.model == Planar {
		return lerp(r.a, r.b, 0.5)
	}
	v := r.a.vec().add(r.b.vec())
	if v.norm() < 1e-9 {
		return r.a
	}
	return v.unit().point()
}

func lerp(a, b Point, t float64) Point {
	return Point{a.Lat + (b.Lat-a.Lat)*t, a.Lon + shortLon(b.Lon-a.Lon)*t}
}

func makeEdge(r rawEdge) edge {
	e := edge{a: r.a, b: r.b, va: r.a.vec(), vb: r.b.vec(), line: r.line}
	n := e.va.add(e.vb).cross(e.vb.sub(e.va))
	if l := n.norm(); l > 0 {
		e.n = n.scale(1 / l)
		e.t = e.n.cross(e.va)
		e.angle = chordAngle(e.va.chord(e.vb))
	}
	return e
}

func (e *edge) box() (lo, hi vec) {
	swell := 1 - math.Cos(e.angle/2) + e.pad + 1e-15
	for k := range lo {
		lo[k] = math.Min(e.va[k], e.vb[k]) - swell
		hi[k] = math.Max(e.va[k], e.vb[k]) + swell
	}
	return lo, hi
}

// edgeBox is the box of an edge, while the tree is built.
type edgeBox struct {
	lo, hi vec
	edge   int32
}

// build fills node i with its box and splits it when it holds many edges.
func (s *edgeSet) build(i int, boxes []edgeBox) {
	n := &s.nodes[i]
	part := boxes[n.start:n.end]
	n.lo, n.hi = part[0].lo, part[0].hi
	for j := range part[1:] {
		b := &part[j+1]
		for k := range b.lo {
			n.lo[k], n.hi[k] = min(n.lo[k], b.lo[k]), max(n.hi[k], b.hi[k])
		}
	}
	if len(part) <= 4 {
		return
	}
	halve(part, len(part)/2, widest(n.lo, n.hi))
	start, mid, end := n.start, n.start+int32(len(part)/2), n.end
	left := len(s.nodes)
	n.left = int32(left)
	s.nodes = append(s.nodes, node{start: start, end: mid}, node{start: mid, end: end})
	s.build(left, boxes)
	s.build(left+1, boxes)
}

// halve puts the k boxes that lie lowest along an axis before the others
// (Hoare's selection, with the median of three).
func halve(b []edgeBox, k, axis int) {
	key := func(i int) float64 { return b[i].lo[axis] + b[i].hi[axis] }
	for lo, hi := 0, len(b)-1; lo < hi; {
		x, y, z := key(lo), key((lo+hi)/2), key(hi)
		pivot := max(min(x, y), min(max(x, y), z))
		i, j := lo, hi
		for i <= j {
			for key(i) < pivot {
				i++
			}
			for key(j) > pivot {
				j--
			}
			if i <= j {
				b[i], b[j] = b[j], b[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

func widest(lo, hi vec) int {
	d := hi.sub(lo)
	axis := 0
	for k := range d {
		if d[k] > d[axis] {
			axis = k
		}
	}
	return axis
}

// gap2 is the square of the distance from a point in space to the node's box.
func (n *node) gap2(p vec) float64 {
	var sum float64
	for k := range p {
		if d := n.lo[k] - p[k]; d > 0 {
			sum += d * d
		} else if d := p[k] - n.hi[k]; d > 0 {
			sum += d * d
		}
	}
	return sum
}

// foot returns the chord from p to the nearest point of the edge's arc, and
// where that is, as a fraction of the arc.
func (e *edge) foot(p vec) (chord, t float64) {
	if e.angle > 0 {
		if x, y := p.dot(e.va), p.dot(e.t); y > 0 {
			if along := math.Atan2(y, x); along < e.angle {
				q := p.sub(e.n.scale(p.dot(e.n)))
				return p.chord(q.unit()), along / e.angle
			}
		}
	}
	da, db := p.chord(e.va), p.chord(e.vb)
	if da <= db {
		return da, 0
	}
	return db, 1
}

// at is the point at a fraction of an edge; fractions outside 0..1 go on.
func (s *edgeSet) at(e *edge, t float64) Point {
	switch {
	case t == 0 || e.angle == 0:
		return e.a
	case t == 1:
		return e.b
	case s.model == Planar:
		return lerp(e.a, e.b, t)
	}
	sin, cos := math.Sincos(t * e.angle)
	return e.va.scale(cos).add(e.t.scale(sin)).point()
}

// nearestArc finds the edge whose arc is nearest to p, if one is nearer than
// limit (a chord).
func (s *edgeSet) nearestArc(p vec, limit float64) (index int, chord float64) {
	index, chord = -1, limit
	if len(s.nodes) > 0 {
		s.searchArc(0, p, &index, &chord)
	}
	return index, chord
}

func (s *edgeSet) searchArc(i int32, p vec, index *int, chord *float64) {
	n := &s.nodes[i]
	if n.left == 0 {
		for j := n.start; j < n.end; j++ {
			if c, _ := s.edges[j].foot(p); c < *chord {
				*index, *chord = int(j), c
			}
		}
		return
	}
	first, second := n.left, n.left+1
	g1, g2 := s.nodes[first].gap2(p), s.nodes[second].gap2(p)
	if g2 < g1 {
		first, second, g1, g2 = second, first, g2, g1
	}
	if g1 < *chord**chord {
		s.searchArc(first, p, index, chord)
	}
	if g2 < *chord**chord {
		s.searchArc(second, p, index, chord)
	}
}

// visit calls f for every edge whose box is within a chord of p.
func (s *edgeSet) visit(p vec, chord float64, f func(e *edge)) {
	if len(s.nodes) > 0 {
		s.visitNode(0, p, chord, f)
	}
}

func (s *edgeSet) visitNode(i int32, p vec, chord float64, f func(e *edge)) {
	n := &s.nodes[i]
	if n.gap2(p) > chord*chord {
		return
	}
	if n.left == 0 {
		for j := n.start; j < n.end; j++ {
			f(&s.edges[j])
		}
		return
	}
	s.visitNode(n.left, p, chord, f)
	s.visitNode(n.left+1, p, chord, f)
}

// touches reports whether p lies on an edge.
func (s *edgeSet) touches(p Point, v vec) bool {
	if s.pad == 0 {
		i, _ := s.nearestArc(v, onBoundary)
		return i >= 0
	}
	on := false
	s.visit(v, s.pad+onBoundary, func(e *edge) {
		on = on || planarGap(p, e.a, e.b) <= 1e-9
	})
	return on
}

// planarGap is the distance in degrees from a point to a segment in the plane
// of longitude and latitude.
func planarGap(p, a, b Point) float64 {
	dx, dy := b.Lon-a.Lon, b.Lat-a.Lat
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, ((p.Lon-a.Lon)*dx+(p.Lat-a.Lat)*dy)/l))
	}
	return math.Hypot(p.Lon-a.Lon-t*dx, p.Lat-a.Lat-t*dy)
}

// nearest is the true distance from p to the nearest edge under the model, with
// the edge and the foot on it. Distance is +Inf for an empty set.
func (s *edgeSet) nearest(p Point, m Model) (d Metres, near *edge, foot Point) {
	v := p.vec()
	i, chord := s.nearestArc(v, math.Inf(1))
	if i < 0 {
		return Metres(math.Inf(1)), nil, p
	}
	near = &s.edges[i]
	d, foot = s.refine(p, v, near, m)
	if m.Distance == Sphere && s.pad == 0 {
		return d, near, foot
	}
	limit := math.Min(chordAngle(chord)*(ellipsoidHigh/ellipsoidLow), float64(d)/(ellipsoidLow*sphereRadius))
	reach := angleChord(limit) + s.pad + 1e-12
	s.visit(v, reach, func(e *edge) {
		c, _ := e.foot(v)
		if e == near || math.Max(0, c-e.pad)*sphereRadius*ellipsoidLow > float64(d) {
			return
		}
		if de, fe := s.refine(p, v, e, m); de < d {
			d, near, foot = de, e, fe
		}
	})
	return d, near, foot
}

// refine finds the true distance from p to one edge: from the foot on the
// sphere, parabolas through the squared distance at three points.
func (s *edgeSet) refine(p Point, v vec, e *edge, m Model) (Metres, Point) {
	_, t := e.foot(v)
	foot := s.at(e, t)
	d := Distance(p, foot, m)
	if e.angle == 0 || d == 0 || (m.Distance == Sphere && s.model == Geodesic) {
		return d, foot
	}
	// Feet on the sphere and on the ellipsoid are less than 0.7 % of the
	// distance apart; pieces of planar edges bend less than half a metre.
	step := (0.01*float64(d) + 1) / (e.angle * sphereRadius)
	for round := 0; round < 3; round++ {
		t = s.vertex(p, e, t, step, m)
		step /= 20
	}
	t = math.Max(0, math.Min(1, t))
	if better := s.at(e, t); better != foot {
		if db := Distance(p, better, m); db < d {
			return db, better
		}
	}
	return d, foot
}

// vertex is where the parabola through the squared distances at t-h, t, t+h is
// least, kept within h of t.
func (s *edgeSet) vertex(p Point, e *edge, t, h float64, m Model) float64 {
	sq := func(t float64) float64 {
		d := float64(Distance(p, s.at(e, t), m))
		return d * d
	}
	f0, f1, f2 := sq(t-h), sq(t), sq(t+h)
	bend := f0 - 2*f1 + f2
	if bend <= 0 {
		return t
	}
	return t + math.Max(-h, math.Min(h, h*(f0-f2)/(2*bend)))
}

// compare returns -1, 0 or 1 as the distance from p to the nearest edge is
// less than, equal to or more than d. Far from equality the sphere decides.
func (s *edgeSet) compare(p Point, d Metres, m Model) int {
	v := p.vec()
	i, chord := s.nearestArc(v, math.Inf(1))
	if i < 0 {
		return 1
	}
	angle, pad := chordAngle(chord), s.pad*1.01
	if (angle-pad)*sphereRadius*ellipsoidLow > float64(d) {
		return 1
	}
	if (angle+pad)*sphereRadius*ellipsoidHigh < float64(d) {
		return -1
	}
	exact, _, _ := s.nearest(p, m)
	switch {
	case exact < d:
		return -1
	case exact > d:
		return 1
	}
	return 0
}

// on reports whether p lies on this edge.
func (s *edgeSet) on(p Point, v vec, e *edge) bool {
	if s.model == Planar {
		return planarGap(p, e.a, e.b) <= 1e-9
	}
	c, _ := e.foot(v)
	return c <= onBoundary
}

// crosses reports whether two edges cross at an interior point of both.
func crosses(model EdgeModel, e, f *edge) bool {
	if model == Planar {
		return planarCross(e.a, e.b, f.a, f.b)
	}
	return s2.CrossingSign(e.va.s2(), e.vb.s2(), f.va.s2(), f.vb.s2()) == s2.Cross
}

func (v vec) s2() s2.Point { return s2.Point{Vector: r3.Vector{X: v[0], Y: v[1], Z: v[2]}} }

func planarCross(a, b, c, d Point) bool {
	o1, o2 := turn(a, b, c), turn(a, b, d)
	o3, o4 := turn(c, d, a), turn(c, d, b)
	return o1*o2 < 0 && o3*o4 < 0
}

// turn is positive when c lies left of the directed line a-b in the plane of
// longitude and latitude.
func turn(a, b, c Point) float64 {
	return (b.Lon-a.Lon)*(c.Lat-a.Lat) - (b.Lat-a.Lat)*(c.Lon-a.Lon)
}
