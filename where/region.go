package where

import (
	"fmt"
	"math"
	"strings"
)

type regionKind uint8

const (
	kindUnknown regionKind = iota
	kindDisc
	kindSector
	kindPolygon
	kindUnion
)

// Region is the set of points where something may have happened. It does not
// change; the zero Region is Unknown.
type Region struct {
	kind          regionKind
	c             Point   // centre or observer
	bearing, half float64 // degrees
	min, max      Metres
	poly          *polyShape
	parts         []Region
}

// Unknown is the region of a place not known at all: anywhere on earth.
func Unknown() Region { return Region{} }

// Disc is the region within a radius, in metres, of a point; its rim belongs to
// it. Radius 0 is an exact point. A centre that is not Valid, or a radius that
// is negative, infinite or not a number, makes the region Unknown.
func Disc(c Point, r Metres) Region {
	if c.Valid() != nil || !(r >= 0) || math.IsInf(float64(r), 0) {
		return Unknown()
	}
	return Region{kind: kindDisc, c: c, max: r}
}

// Sector is the region that an observer saw something in: at a bearing, degrees
// clockwise from true north, give or take half a width, from min to max metres
// away. Arguments that make no sense (see Disc; also min over max, or a
// negative width) make the region Unknown.
func Sector(observer Point, bearingDeg, halfWidthDeg float64, min, max Metres) Region {
	finite := !math.IsNaN(bearingDeg) && !math.IsInf(bearingDeg, 0) && halfWidthDeg >= 0
	if Disc(observer, max).IsUnknown() || !finite || !(min >= 0) || min > max {
		return Unknown()
	}
	if max == 0 {
		return Disc(observer, 0)
	}
	return Region{kind: kindSector, c: observer, bearing: bearingDeg, half: math.Min(halfWidthDeg, 180), min: min, max: max}
}

// AreaRegion is the union of built-in first-level areas, by ISO 3166-2 code
// ("UA" and "RU" stand for all of a country's). The error names the code that
// is not known or has no boundary in the data.
func AreaRegion(codes ...string) (Region, error) {
	s, err := areaShape(codes)
	if err != nil {
		return Unknown(), err
	}
	return Region{kind: kindPolygon, poly: s}, nil
}

// PolygonRegion is the region inside polygons. Polygons that are empty or not
// valid, which ParseGeoJSON and PolygonZone would refuse, make it Unknown.
func PolygonRegion(mp MultiPolygon) Region {
	clean, err := cleanPolygons(mp)
	if err != nil || len(clean) == 0 {
		return Unknown()
	}
	return Region{kind: kindPolygon, poly: newPolyShape(clean, nil)}
}

// UnionRegion is the region of points in any of the regions: "in A or in B". It
// is Unknown when one of them is, or when there is none.
func UnionRegion(rs ...Region) Region {
	var parts []Region
	for _, r := range rs {
		switch r.kind {
		case kindUnknown:
			return Unknown()
		case kindUnion:
			parts = append(parts, r.parts...)
		default:
			parts = append(parts, r)
		}
	}
	switch len(parts) {
	case 0:
		return Unknown()
	case 1:
		return parts[0]
	}
	return Region{kind: kindUnion, parts: parts}
}

// IsUnknown reports whether nothing is known of the place.
func (r Region) IsUnknown() bool { return r.kind == kindUnknown }

func (r Region) isPoint() bool { return r.kind == kindDisc && r.max == 0 }

// Centre returns a representative point, FOR DRAWING ONLY: it is never judged,
// and need not even be in the region. It is false for an Unknown region.
func (r Region) Centre() (Point, bool) {
	switch r.kind {
	case kindUnknown:
		return Point{}, false
	case kindSector:
		return sphereDirect(r.c, r.bearing, float64(r.min+r.max)/2/sphereRadius), true
	case kindDisc:
		return r.c, true
	}
	return r.cap().centre, true
}

// Radius returns the radius in metres of a disc, or of a cap that bounds the
// region, for drawing. It is false for an Unknown region.
func (r Region) Radius() (Metres, bool) {
	if r.kind == kindDisc {
		return r.max, true
	}
	return r.cap().radius, r.kind != kindUnknown
}

func (r Region) cap() cap {
	switch r.kind {
	case kindDisc, kindSector:
		return cap{r.c, r.max}
	case kindPolygon:
		return r.poly.cap
	case kindUnion:
		c := r.parts[0].cap()
		for _, part := range r.parts[1:] {
			c = c.merge(part.cap())
		}
		return c
	}
	return world
}

// String writes the region for people: "48.6000,34.9000 ±120 km",
// "area UA-63|UA-59", "sector 48.6000,34.9000 bearing 90±10°, 1 km to 5 km".
func (r Region) String() string {
	switch r.kind {
	case kindDisc:
		if r.max == 0 {
			return r.c.String()
		}
		return r.c.String() + " ±" + r.max.String()
	case kindSector:
		return fmt.Sprintf("sector %s bearing %g±%g°, %s to %s", r.c, r.bearing, r.half, r.min, r.max)
	case kindPolygon:
		return r.polygonString()
	case kindUnion:
		var parts []string
		for _, part := range r.parts {
			parts = append(parts, part.String())
		}
		return strings.Join(parts, " or ")
	}
	return "unknown"
}

func (r Region) polygonString() string {
	if r.poly.codes != nil {
		return "area " + strings.Join(r.poly.codes, "|")
	}
	return fmt.Sprintf("polygon round %s", r.poly.cap.centre)
}

// String writes a distance in metres below a kilometre, else in kilometres.
func (d Metres) String() string {
	if d < 1000 {
		return fmt.Sprintf("%.4g m", float64(d))
	}
	return fmt.Sprintf("%.6g km", float64(d)/1000)
}

// contains reports whether a point is in the region; a polygon region holds
// its boundary.
func (r Region) contains(p Point, m Model) bool {
	switch r.kind {
	case kindDisc:
		return Distance(r.c, p, m) <= r.max
	case kindSector:
		d := Distance(r.c, p, m)
		off := math.Abs(math.Remainder(initialBearing(r.c, p)-r.bearing, 360))
		return d >= r.min && d <= r.max && off <= r.half
	case kindPolygon:
		m.Boundary = Open
		return r.poly.contains(p, m)
	case kindUnion:
		for _, part := range r.parts {
			if part.contains(p, m) {
				return true
			}
		}
		return false
	}
	return true
}
