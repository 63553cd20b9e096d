package where

import (
	"fmt"
	"math"
)

// maxVertices is the most vertices that one input may have.
const maxVertices = 200_000

// cleanPolygons copies polygons, closing rings that are all but closed, and
// says what is wrong with those that cannot be used.
func cleanPolygons(mp MultiPolygon) (MultiPolygon, error) {
	out := make(MultiPolygon, 0, len(mp))
	for i, p := range mp {
		c, err := cleanPolygon(p)
		if err != nil {
			return nil, fmt.Errorf("polygon %d: %w", i+1, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func cleanPolygon(p Polygon) (Polygon, error) {
	if len(p) == 0 {
		return nil, fmt.Errorf("no rings: expected an outer ring")
	}
	out := make(Polygon, 0, len(p))
	for i, r := range p {
		c, err := cleanRing(r)
		if err != nil {
			return nil, fmt.Errorf("ring %d: %w", i+1, err)
		}
		out = append(out, c)
	}
	for i, r := range out {
		if flat(r) {
			return nil, fmt.Errorf("ring %d: has no area: %v, where it starts, is the end of a line there and back", i+1, r[0])
		}
	}
	at, ok, err := selfCrossing(out)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return nil, fmt.Errorf("boundary crosses itself, or runs back along itself, at latitude %.6f, longitude %.6f", at.Lat, wrapLon(at.Lon))
	}
	for i, r := range out {
		if thin := math.Abs(signedArea(r)) / girth(r); !(thin >= boundaryDegrees) {
			return nil, fmt.Errorf("ring %d: has no area: at %v it is thinner than the %g degrees within which a point is on its boundary", i+1, r[0], boundaryDegrees)
		}
	}
	if i, at, ok := strayHole(out); ok {
		return nil, fmt.Errorf("ring %d: a hole that lies at latitude %.6f, longitude %.6f outside its outer ring, or in another hole: leave it out, or make it a polygon of its own", i+1, at.Lat, wrapLon(at.Lon))
	}
	return out, nil
}

// boundaryDegrees is the distance at which a point lies on a boundary.
const boundaryDegrees = 1e-9

// flat reports whether all of a ring lies on one line.
func flat(r Ring) bool {
	var far Point // the vertex farthest from the first
	d := 0.0
	at := func(q Point) Point { return Point{q.Lat, near180(q.Lon, r[0].Lon)} }
	for _, q := range r {
		if l := math.Hypot(q.Lat-r[0].Lat, at(q).Lon-r[0].Lon); l > d {
			far, d = at(q), l
		}
	}
	for _, q := range r {
		if turn(r[0], far, at(q)) != 0 {
			return false
		}
	}
	return true
}

// girth is the length round a ring, in degrees.
func girth(r Ring) float64 {
	var sum float64
	for i := 1; i < len(r); i++ {
		sum += math.Hypot(r[i].Lat-r[i-1].Lat, shortLon(r[i].Lon-r[i-1].Lon))
	}
	return sum
}

func cleanRing(r Ring) (Ring, error) {
	for i, p := range r {
		if err := p.Valid(); err != nil {
			return nil, fmt.Errorf("position %d: %w", i+1, err)
		}
	}
	if len(r) < 4 {
		return nil, fmt.Errorf("%d positions: expected at least 4, the last equal to the first", len(r))
	}
	c := append(Ring(nil), r...)
	first, last := c[0], c[len(c)-1]
	if first != last {
		if math.Abs(first.Lat-last.Lat) >= 1e-9 || math.Abs(shortLon(first.Lon-last.Lon)) >= 1e-9 {
			return nil, fmt.Errorf("not closed: it starts at %v and ends at %v", first, last)
		}
		c[len(c)-1] = first
	}
	var turned float64
	for i := 1; i < len(c); i++ {
		turned += shortLon(c[i].Lon - c[i-1].Lon)
	}
	if math.Abs(turned) > 180 {
		return nil, fmt.Errorf("goes round a pole, which is not supported")
	}
	return c, nil
}
