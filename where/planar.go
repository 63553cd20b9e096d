package where

import "math"

// planarPart is a polygon in the plane of longitude and latitude, its edges
// filed by bands of latitude.
type planarPart struct {
	lo, step   float64
	west, east float64 // unwrapped: beyond 180 where it runs over the antimeridian
	bands      [][]planarEdge
}

// planarEdge goes from its lower end to its higher.
type planarEdge struct{ low, high Point }

func newPlanarPart(p Polygon) *planarPart {
	lo, hi := latRange(p[0])
	n := 0
	for _, r := range p {
		n += len(r)
	}
	part := &planarPart{lo: lo, bands: make([][]planarEdge, n/2+1)}
	part.step = (hi - lo) / float64(len(part.bands))
	part.west, part.east = math.Inf(1), math.Inf(-1)
	for _, e := range spans(p) {
		a, b := e.a, e.b
		if a.Lat > b.Lat {
			a, b = b, a
		}
		for i := part.band(a.Lat); i <= part.band(b.Lat); i++ {
			part.bands[i] = append(part.bands[i], planarEdge{a, b})
		}
		part.west, part.east = math.Min(part.west, e.west), math.Max(part.east, e.east)
	}
	return part
}

func (t *planarPart) band(lat float64) int {
	i := math.Floor((lat - t.lo) / t.step)
	return int(math.Max(0, math.Min(i, float64(len(t.bands)-1))))
}

// holds counts the edges east of p. Points within 1e-9 degrees of an edge are
// decided before this, so rounding cannot change the count.
func (t *planarPart) holds(p Point) bool {
	if p.Lon < t.west || p.Lon > t.east || p.Lat < t.lo || p.Lat > t.lo+t.step*float64(len(t.bands))+1e-9 {
		return false
	}
	in := false
	for _, e := range t.bands[t.band(p.Lat)] {
		if (e.low.Lat > p.Lat) != (e.high.Lat > p.Lat) && turn(e.low, e.high, p) > 0 {
			in = !in
		}
	}
	return in
}
