package where

import (
	"fmt"
	"math"
)

// Metres is a distance on the ground, in metres.
type Metres float64

// Point is a place on earth: latitude and longitude in degrees WGS84.
type Point struct{ Lat, Lon float64 }

// Valid returns nil for a usable point, and otherwise an error that says which
// coordinate is wrong and why: not a number, infinite, or out of range
// (latitude -90..90, longitude -180..180).
func (p Point) Valid() error {
	if err := validCoordinate("latitude", p.Lat, 90); err != nil {
		return err
	}
	return validCoordinate("longitude", p.Lon, 180)
}

func validCoordinate(name string, v, limit float64) error {
	switch {
	case math.IsNaN(v):
		return fmt.Errorf("%s is not a number", name)
	case math.IsInf(v, 0):
		return fmt.Errorf("%s is infinite", name)
	case math.Abs(v) > limit:
		return fmt.Errorf("%s %v is outside -%v..%v", name, v, limit, limit)
	}
	return nil
}

// String writes the point as "lat,lon" with four decimals (about 10 m).
func (p Point) String() string { return fmt.Sprintf("%.4f,%.4f", p.Lat, p.Lon) }

// Ring is a closed line: the last point equals the first.
type Ring []Point

// Polygon is an outer ring followed by the rings of its holes.
type Polygon []Ring

// MultiPolygon is the union of its polygons.
type MultiPolygon []Polygon

// LineString is an open line through its points, in order.
type LineString []Point
