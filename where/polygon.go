package where

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/golang/geo/s2"
)

// polyShape is a multipolygon with its indexes, one for each edge model, built
// when first needed.
type polyShape struct {
	mp    MultiPolygon // outer rings anticlockwise, holes clockwise
	codes []string     // sorted area codes, if this is a union of areas
	cap   cap
	once  [2]sync.Once
	index [2]*polyIndex
	wit   sync.Once
	pts   []Point // an interior point of each part, where one was found
}

type polyIndex struct {
	border *edgeSet
	shapes *s2.ShapeIndex // Geodesic
	parts  []*planarPart  // Planar
}

func newPolyShape(mp MultiPolygon, codes []string) *polyShape {
	s := &polyShape{mp: orient(mp), codes: codes}
	s.cap = capOf(s.vertices())
	// An edge may bulge out of the cap of its ends.
	s.cap.radius += Metres(longestEdge(mp)) / 2
	return s
}

func longestEdge(mp MultiPolygon) float64 {
	var l float64
	eachEdge(mp, func(a, b Point) { l = math.Max(l, sphereRadius*sphereAngle(a, b)) })
	return l
}

func eachEdge(mp MultiPolygon, f func(a, b Point)) {
	for _, p := range mp {
		for _, r := range p {
			for i := 1; i < len(r); i++ {
				if r[i] != r[i-1] {
					f(r[i-1], r[i])
				}
			}
		}
	}
}

func (s *polyShape) vertices() []Point {
	var out []Point
	for _, p := range s.mp {
		for _, r := range p {
			out = append(out, r[1:]...)
		}
	}
	return out
}

// orient copies mp with outer rings anticlockwise and holes clockwise.
func orient(mp MultiPolygon) MultiPolygon {
	out := make(MultiPolygon, len(mp))
	for i, p := range mp {
		out[i] = make(Polygon, len(p))
		for j, r := range p {
			c := append(Ring(nil), r...)
			if (signedArea(c) > 0) != (j == 0) {
				reverse(c)
			}
			out[i][j] = c
		}
	}
	return out
}

func reverse(r Ring) {
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
}

// signedArea is positive for an anticlockwise ring; longitudes are unwrapped.
func signedArea(r Ring) float64 {
	var sum, lon float64
	for i := 1; i < len(r); i++ {
		next := lon + shortLon(r[i].Lon-r[i-1].Lon)
		sum += lon*(r[i].Lat-r[0].Lat) - next*(r[i-1].Lat-r[0].Lat)
		lon = next
	}
	return sum
}

func shortLon(d float64) float64 {
	if d > 180 {
		return d - 360
	}
	if d < -180 {
		return d + 360
	}
	return d
}

func (s *polyShape) at(e EdgeModel) *polyIndex {
	e &= 1
	s.once[e].Do(func() {
		x := &polyIndex{border: newEdgeSet(e, dissolve(s.mp))}
		if e == Geodesic {
			x.shapes = shapeIndex(s.mp)
		} else {
			for _, p := range s.mp {
				x.parts = append(x.parts, newPlanarPart(p))
			}
		}
		s.index[e] = x
	})
	return s.index[e]
}

// dissolve returns the edges of a multipolygon without those that two parts
// share, which are not boundary.
func dissolve(mp MultiPolygon) []rawEdge {
	type key struct{ a, b Point }
	norm := func(p Point) Point {
		if p.Lon == -180 {
			p.Lon = 180
		}
		return p
	}
	if out, ok := distinct(mp, norm); ok {
		return out
	}
	net := map[key]int{}
	eachEdge(mp, func(a, b Point) {
		a, b = norm(a), norm(b)
		if a == b {
			return
		}
		if less(b, a) {
			net[key{b, a}]--
		} else {
			net[key{a, b}]++
		}
	})
	var out []rawEdge
	eachEdge(mp, func(a, b Point) {
		k, sign := key{norm(a), norm(b)}, 1
		if less(k.b, k.a) {
			k, sign = key{k.b, k.a}, -1
		}
		if net[k]*sign > 0 {
			net[k] = 0
			out = append(out, rawEdge{a, b, len(out)})
		}
	})
	return out
}

// distinct returns all edges when no two of them have the same ends. It goes by
// hashes, and may say false when it need not.
func distinct(mp MultiPolygon, norm func(Point) Point) ([]rawEdge, bool) {
	n := 0
	for _, p := range mp {
		for _, r := range p {
			n += len(r)
		}
	}
	out, hashes := make([]rawEdge, 0, n), make([]uint64, 0, n)
	hash := func(p Point) uint64 {
		return scramble(scramble(math.Float64bits(p.Lat+0)) + math.Float64bits(p.Lon+0))
	}
	eachEdge(mp, func(a, b Point) {
		if a, b = norm(a), norm(b); a != b {
			out = append(out, rawEdge{a, b, len(out)})
			hashes = append(hashes, hash(a)+hash(b))
		}
	})
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			return nil, false
		}
	}
	return out, true
}

func less(a, b Point) bool { return a.Lat < b.Lat || a.Lat == b.Lat && a.Lon < b.Lon }

func shapeIndex(mp MultiPolygon) *s2.ShapeIndex {
	x := s2.NewShapeIndex()
	for _, p := range mp {
		var loops [][]s2.Point
		for _, r := range p {
			var loop []s2.Point
			for i := 1; i < len(r); i++ {
				if r[i] != r[i-1] {
					loop = append(loop, r[i].vec().s2())
				}
			}
			loops = append(loops, loop)
		}
		x.Add(s2.LaxPolygonFromPoints(loops))
	}
	x.Build()
	return x
}

func (x *polyIndex) holds(p Point, v vec) bool {
	if x.shapes != nil {
		return s2.NewContainsPointQuery(x.shapes, s2.VertexModelSemiOpen).Contains(v.s2())
	}
	for _, part := range x.parts {
		if part.holds(p) || part.holds(Point{p.Lat, p.Lon + 360}) || part.holds(Point{p.Lat, p.Lon - 360}) {
			return true
		}
	}
	return false
}

func (s *polyShape) contains(p Point, m Model) bool {
	if !s.cap.reaches(p, 0) {
		return false
	}
	v, x := p.vec(), s.at(m.Edges)
	if x.border.touches(p, v) {
		return m.Boundary == Closed
	}
	return x.holds(p, v)
}

// interior reports whether p is inside and not on the boundary.
func (s *polyShape) interior(p Point, e EdgeModel) bool {
	return s.contains(p, Model{Edges: e, Boundary: Open})
}

func (s *polyShape) relate(r Region, m Model) Relation {
	switch r.kind {
	case kindDisc:
		return s.relateDisc(r.c, r.max, m)
	case kindPolygon:
		return s.relatePolygon(r.poly, m)
	}
	return relateByCover(r, m, s)
}

func (s *polyShape) relateDisc(c Point, r Metres, m Model) Relation {
	if !s.cap.reaches(c, r) {
		return Outside
	}
	x := s.at(m.Edges)
	cmp := x.border.compare(c, r, m)
	if cmp < 0 {
		return Straddling
	}
	in := x.holds(c, c.vec())
	if cmp == 0 && in != (m.Boundary == Closed) {
		return Straddling
	}
	return relationOf(in)
}

func relationOf(in bool) Relation {
	if in {
		return Inside
	}
	return Outside
}

// relatePolygon compares interiors: a border that both share decides nothing.
// The interior of every part of r is connected, so the part is all on one side
// unless the boundary of s runs through it.
func (s *polyShape) relatePolygon(r *polyShape, m Model) Relation {
	if s.codes != nil && r.codes != nil {
		return relateCodes(r.codes, s.codes)
	}
	if !s.cap.reaches(r.cap.centre, s.slack(r)) {
		return Outside
	}
	if s.enters(r, m) {
		return Straddling
	}
	in, out := 0, 0
	for _, w := range r.witnesses() {
		if s.contains(w, m) {
			in++
		} else {
			out++
		}
	}
	switch {
	case in == len(r.mp):
		return Inside
	case out == len(r.mp):
		return Outside
	}
	return Straddling
}

func (s *polyShape) slack(r *polyShape) Metres { return r.cap.radius }

func relateCodes(r, z []string) Relation {
	in := 0
	for _, c := range r {
		if i := sort.SearchStrings(z, c); i < len(z) && z[i] == c {
			in++
		}
	}
	switch in {
	case 0:
		return Outside
	case len(r):
		return Inside
	}
	return Straddling
}

// enters reports whether an edge of s's boundary runs through the interior of
// r. Where it cannot tell, it says yes.
func (s *polyShape) enters(r *polyShape, m Model) bool {
	zb, rb := s.at(m.Edges).border, r.at(m.Edges).border
	for i := range zb.edges {
		e := &zb.edges[i]
		if r.cap.reaches(e.a, Metres(2*sphereRadius*(e.angle+e.pad))) && enter(zb, e, rb, r, m.Edges) {
			return true
		}
	}
	return false
}

// enter cuts edge e where it touches the border of r and looks at the middle
// of every piece.
func enter(zb *edgeSet, e *edge, rb *edgeSet, r *polyShape, model EdgeModel) bool {
	cuts := []float64{0, 1}
	crossed := false
	mid := e.va.add(e.vb).unit()
	reach := e.va.chord(e.vb)/2*1.01 + e.pad + rb.pad + onBoundary
	rb.visit(mid, reach, func(f *edge) {
		if crossed {
			return
		}
		touch := rb.on(e.a, e.va, f) || rb.on(e.b, e.vb, f)
		for _, end := range []struct {
			p Point
			v vec
		}{{f.a, f.va}, {f.b, f.vb}} {
			if zb.on(end.p, end.v, e) {
				touch = true
				_, t := e.foot(end.v)
				cuts = append(cuts, t)
			}
		}
		crossed = !touch && crosses(model, e, f)
	})
	if crossed {
		return true
	}
	sort.Float64s(cuts)
	for i := 1; i < len(cuts); i++ {
		if cuts[i]-cuts[i-1] > 1e-9 && r.interior(zb.at(e, (cuts[i]+cuts[i-1])/2), model) {
			return true
		}
	}
	return false
}

// witnesses returns an interior point of every part, as far as one is found.
func (s *polyShape) witnesses() []Point {
	s.wit.Do(func() {
		for _, p := range s.mp {
			if w, ok := partWitness(p); ok {
				s.pts = append(s.pts, w)
			}
		}
	})
	return s.pts
}

// partWitness looks along a few parallels for the middle of the widest stretch
// inside the polygon that is so under both edge models.
func partWitness(p Polygon) (Point, bool) {
	lo, hi := latRange(p[0])
	for _, f := range []float64{0.5, 0.382, 0.618, 0.25, 0.75, 0.125, 0.875, 0.05, 0.95, 0.01, 0.99} {
		lat := lo + f*(hi-lo)
		if w, ok := widestAt(p, lat); ok && farOff(p, w) {
			return w, true
		}
	}
	return Point{}, false
}

// farOff reports whether w is so far from every edge that it is on the same side
// of it whether the edge is straight or a great circle.
func farOff(p Polygon, w Point) bool {
	v, ok := w.vec(), true
	eachEdge(MultiPolygon{p}, func(a, b Point) {
		e := makeEdge(rawEdge{a, b, 0})
		bend := lerp(a, b, 0.5).vec().chord(e.va.add(e.vb).unit())
		chord, _ := e.foot(v)
		ok = ok && chord > 2*bend+onBoundary
	})
	return ok
}

func latRange(r Ring) (lo, hi float64) {
	lo, hi = 90, -90
	for _, q := range r {
		lo, hi = math.Min(lo, q.Lat), math.Max(hi, q.Lat)
	}
	return lo, hi
}

func widestAt(p Polygon, lat float64) (Point, bool) {
	var lons []float64
	for _, e := range spans(p) {
		if (e.a.Lat > lat) != (e.b.Lat > lat) {
			lons = append(lons, e.a.Lon+(e.b.Lon-e.a.Lon)*(lat-e.a.Lat)/(e.b.Lat-e.a.Lat))
		}
	}
	sort.Float64s(lons)
	best, at := 0.0, 0.0
	for i := 0; i+1 < len(lons); i += 2 {
		if w := lons[i+1] - lons[i]; w > best {
			best, at = w, (lons[i]+lons[i+1])/2
		}
	}
	return Point{lat, wrapLon(at)}, best > 0
}

func (s *polyShape) seeds() []Point             { return s.witnesses() }
func (s *polyShape) bounds() (cap, bool)        { return s.cap, true }
func (s *polyShape) outline(Model) MultiPolygon { return s.mp }

func (s *polyShape) digest(w io.Writer) {
	fmt.Fprintf(w, "polygon %s\n", strings.Join(s.codes, "|"))
	for _, p := range s.mp {
		fmt.Fprintf(w, "part %d\n", len(p))
		for _, r := range p {
			writePoints(w, r)
		}
	}
}

func writePoints(w io.Writer, ps []Point) {
	fmt.Fprintf(w, "points %d\n", len(ps))
	buf := make([]byte, 0, 16*len(ps))
	for _, p := range ps {
		buf = binary.BigEndian.AppendUint64(buf, math.Float64bits(p.Lat+0))
		buf = binary.BigEndian.AppendUint64(buf, math.Float64bits(p.Lon+0))
	}
	w.Write(buf)
}

func (s *polyShape) curves(c cap, m Model) []curve {
	b := s.at(m.Edges).border
	step := float64(c.radius)/12/sphereRadius + 1e-9
	var out []curve
	for i := range b.edges {
		e := &b.edges[i]
		if !c.reaches(e.a, Metres(2*sphereRadius*(e.angle+e.pad))) {
			continue
		}
		n := int(math.Min(64, 1+e.angle/step))
		var cv curve
		for k := 0; k <= n; k++ {
			cv = append(cv, b.at(e, float64(k)/float64(n)))
		}
		out = append(out, cv)
	}
	return thin(out, 4000)
}

// thin keeps at most n curves, evenly.
func thin(cs []curve, n int) []curve {
	if len(cs) <= n {
		return cs
	}
	out := make([]curve, 0, n)
	for i := 0; i < n; i++ {
		out = append(out, cs[i*len(cs)/n])
	}
	return out
}
