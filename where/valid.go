package where

import (
	"fmt"
	"math"
	"sort"
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
	if at, ok := selfCrossing(out); ok {
		return nil, fmt.Errorf("boundary crosses itself at latitude %.6f, longitude %.6f", at.Lat, wrapLon(at.Lon))
	}
	for i, r := range out {
		if signedArea(r) == 0 {
			return nil, fmt.Errorf("ring %d: has no area", i+1)
		}
	}
	return out, nil
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

// span is an edge with its longitudes unwrapped, for the sweep.
type span struct {
	a, b       Point
	west, east float64
}

func spans(p Polygon) []span {
	var out []span
	for _, r := range p {
		lon := p[0][0].Lon + shortLon(r[0].Lon-p[0][0].Lon)
		for i := 1; i < len(r); i++ {
			next := lon + shortLon(r[i].Lon-r[i-1].Lon)
			if r[i] != r[i-1] {
				out = append(out, span{Point{r[i-1].Lat, lon}, Point{r[i].Lat, next},
					math.Min(lon, next), math.Max(lon, next)})
			}
			lon = next
		}
	}
	return out
}

// selfCrossing sweeps from west to east for two edges that cross, or run back
// on each other, in the plane of longitude and latitude.
func selfCrossing(p Polygon) (Point, bool) {
	edges := spans(p)
	if len(edges) == 0 {
		return Point{}, false
	}
	for i, e := range edges[:len(edges)-1] {
		if f := edges[i+1]; e.b == f.a && turn(e.a, e.b, f.b) == 0 &&
			(e.b.Lat-e.a.Lat)*(f.b.Lat-f.a.Lat)+(e.b.Lon-e.a.Lon)*(f.b.Lon-f.a.Lon) < 0 {
			return e.b, true
		}
	}
	sort.Slice(edges, func(i, j int) bool { return edges[i].west < edges[j].west })
	var active []span
	for _, e := range edges {
		keep := active[:0]
		for _, f := range active {
			if f.east < e.west {
				continue
			}
			keep = append(keep, f)
			if planarCross(e.a, e.b, f.a, f.b) {
				return crossPoint(e, f), true
			}
		}
		active = append(keep, e)
	}
	return Point{}, false
}

func crossPoint(e, f span) Point {
	o1, o2 := turn(f.a, f.b, e.a), turn(f.a, f.b, e.b)
	return lerp(e.a, e.b, o1/(o1-o2))
}
