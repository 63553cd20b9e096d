package where

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// maxCompared is how many pairs of edges of one polygon are compared. Where the
// edges of a boundary lie beside each other only here and there, as on a coast,
// 200,000 of them need a few million.
const maxCompared = 30_000_000

// span is an edge with its longitudes unwrapped, for the sweep, and the vertex
// before it in its ring.
type span struct {
	a, b       Point
	before     Point
	west, east float64
	ring       int
}

// spans lists the edges of a polygon. Longitudes are moved by whole turns only,
// so that vertices which are equal stay equal.
func spans(p Polygon) []span {
	var out []span
	middle := p[0][0].Lon
	for k, r := range p {
		first := len(out)
		prev := Point{r[0].Lat, near180(r[0].Lon, middle)}
		for i := 1; i < len(r); i++ {
			next := Point{r[i].Lat, near180(r[i].Lon, prev.Lon)}
			if next != prev {
				out = append(out, span{a: prev, b: next, west: math.Min(prev.Lon, next.Lon), east: math.Max(prev.Lon, next.Lon), ring: k})
			}
			prev = next
		}
		edges := out[first:]
		for i := range edges {
			n := len(edges)
			edges[i].before = edges[(i+n-1)%n].a
		}
		if k == 0 {
			middle = midway(edges)
		}
	}
	return out
}

// midway is the longitude in the middle of edges: a hole is looked for there.
func midway(edges []span) float64 {
	west, east := math.Inf(1), math.Inf(-1)
	for _, e := range edges {
		west, east = math.Min(west, e.west), math.Max(east, e.east)
	}
	return (west + east) / 2
}

// near180 moves a longitude by whole turns to within half a turn of another.
func near180(lon, to float64) float64 {
	for lon-to > 180 {
		lon -= 360
	}
	for lon-to < -180 {
		lon += 360
	}
	return lon
}

// sweep compares edges from west to east. Those at hand are filed by bands of
// latitude; edges over many bands lie in a list of their own.
type sweep struct {
	lo, step float64
	bands    [][]span
	tall     []span
	compared int
}

const tallBands = 8 // an edge over more bands is tall

func newSweep(edges []span) *sweep {
	lo, hi := 90.0, -90.0
	for _, e := range edges {
		lo, hi = math.Min(lo, math.Min(e.a.Lat, e.b.Lat)), math.Max(hi, math.Max(e.a.Lat, e.b.Lat))
	}
	s := &sweep{lo: lo, bands: make([][]span, len(edges)/4+1)}
	s.step = math.Max((hi-lo)/float64(len(s.bands)), 1e-12)
	return s
}

func (s *sweep) band(lat float64) int {
	return int(math.Max(0, math.Min(math.Floor((lat-s.lo)/s.step), float64(len(s.bands)-1))))
}

// selfCrossing looks for the first place, from the west, at which two edges of
// a polygon cross or run along each other, in the plane of longitude and
// latitude. Rings may touch in single points. The error says that there is too
// much to compare.
func selfCrossing(p Polygon) (Point, bool, error) {
	edges := spans(p)
	s := newSweep(edges)
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(edges[i].west, edges[j].west), cmp.Compare(i, j))
	})
	for _, i := range order {
		if at, ok := s.add(edges[i]); ok {
			return at, true, nil
		}
		if s.compared > maxCompared {
			return Point{}, false, fmt.Errorf("its edges lie beside each other so much that more than %d pairs would have to be compared to know whether it crosses itself: simplify it, or split it into parts", maxCompared)
		}
	}
	return Point{}, false, nil
}

// add compares an edge with those at hand and files it.
func (s *sweep) add(e span) (Point, bool) {
	first, last := s.band(math.Min(e.a.Lat, e.b.Lat)), s.band(math.Max(e.a.Lat, e.b.Lat))
	at, found := s.against(&s.tall, e)
	for i := first; i <= last && !found; i++ {
		at, found = s.against(&s.bands[i], e)
	}
	if last-first > tallBands {
		s.tall = append(s.tall, e)
		return at, found
	}
	for i := first; i <= last; i++ {
		s.bands[i] = append(s.bands[i], e)
	}
	return at, found
}

// against compares an edge with those of a list, and drops the ones that end
// west of it.
func (s *sweep) against(list *[]span, e span) (at Point, found bool) {
	keep := (*list)[:0]
	for _, f := range *list {
		s.compared++
		if f.east < e.west {
			continue
		}
		keep = append(keep, f)
		if !found {
			at, found = meet(e, f)
		}
	}
	*list = keep
	return at, found
}

// meet says where two edges of a polygon cross, or run along each other.
func meet(e, f span) (Point, bool) {
	o1, o2 := turn(e.a, e.b, f.a), turn(e.a, e.b, f.b)
	if o1 > 0 && o2 > 0 || o1 < 0 && o2 < 0 {
		return Point{}, false
	}
	o3, o4 := turn(f.a, f.b, e.a), turn(f.a, f.b, e.b)
	switch {
	case o1*o2 < 0 && o3*o4 < 0:
		return lerp(e.a, e.b, o3/(o3-o4)), true
	case o1 == 0 && o2 == 0:
		return along(e, f)
	case e.a == f.a:
		return e.a, parts(e.a, e.before, e.b, f.before, f.b)
	case o1 == 0 && inside(e, f.a):
		return f.a, turn(e.a, e.b, f.before)*o2 < 0
	case o3 == 0 && inside(f, e.a):
		return e.a, turn(f.a, f.b, e.before)*o4 < 0
	}
	return Point{}, false
}

// inside reports whether a point on the line of an edge lies between its ends.
func inside(e span, p Point) bool {
	t, from, to := p.Lon, e.a.Lon, e.b.Lon
	if math.Abs(e.b.Lat-e.a.Lat) > math.Abs(to-from) {
		t, from, to = p.Lat, e.a.Lat, e.b.Lat
	}
	return t > math.Min(from, to) && t < math.Max(from, to)
}

// along reports whether two edges on one line have more than a point in common,
// and one end of what they share.
func along(e, f span) (Point, bool) {
	for _, p := range []Point{f.a, f.b} {
		if inside(e, p) {
			return p, true
		}
	}
	for _, p := range []Point{e.a, e.b} {
		if inside(f, p) {
			return p, true
		}
	}
	return e.a, e.a == f.a && e.b == f.b || e.a == f.b && e.b == f.a
}

// parts reports whether, of two paths through v, one crosses over the other:
// its ends lie on both sides of the way from p by v to n.
func parts(v, p, n, q, m Point) bool {
	return between(v, n, p, q) != between(v, n, p, m)
}

// between reports whether direction q lies, anticlockwise, between from and to.
func between(v, from, to, q Point) bool {
	if turn(v, from, to) > 0 {
		return turn(v, from, q) > 0 && turn(v, q, to) > 0
	}
	return !(turn(v, to, q) >= 0 && turn(v, q, from) >= 0)
}

// strayHole looks for a hole that does not lie inside the outer ring of its
// polygon, or lies in another hole. No edges may cross. Counting the edges of
// the other rings east of a point of the hole, an odd number is as it should be.
func strayHole(p Polygon) (ring int, at Point, stray bool) {
	if len(p) < 2 {
		return 0, Point{}, false
	}
	edges := spans(p)
	s := newSweep(edges)
	for _, e := range edges {
		for i := s.band(math.Min(e.a.Lat, e.b.Lat)); i <= s.band(math.Max(e.a.Lat, e.b.Lat)); i++ {
			s.bands[i] = append(s.bands[i], e)
		}
	}
	known := make([]bool, len(p))
	for _, e := range edges {
		if e.ring == 0 || known[e.ring] {
			continue
		}
		for _, q := range []Point{e.a, lerp(e.a, e.b, 0.5)} {
			in, on := s.holds(q, e.ring)
			if on || known[e.ring] {
				continue
			}
			if known[e.ring] = true; !in {
				return e.ring, q, true
			}
		}
	}
	return 0, Point{}, false
}

// holds counts the edges of other rings east of q. on: q lies on one of them.
func (s *sweep) holds(q Point, ring int) (in, on bool) {
	for _, e := range s.bands[s.band(q.Lat)] {
		if e.ring == ring {
			continue
		}
		low, high := e.a, e.b
		if low.Lat > high.Lat {
			low, high = high, low
		}
		o := turn(low, high, q)
		if o == 0 && (inside(e, q) || q == e.a || q == e.b) {
			return false, true
		}
		if (low.Lat > q.Lat) != (high.Lat > q.Lat) && o > 0 {
			in = !in
		}
	}
	return in, false
}
