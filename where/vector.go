package where

import "math"

// vec is a point of the unit sphere: geographic latitude and longitude taken
// as spherical ones.
type vec [3]float64

const radians = math.Pi / 180

func (p Point) vec() vec {
	lon := p.Lon
	if lon == -180 {
		lon = 180 // the two sides of the antimeridian are one
	}
	sinLat, cosLat := math.Sincos(p.Lat * radians)
	sinLon, cosLon := math.Sincos(lon * radians)
	return vec{cosLat * cosLon, cosLat * sinLon, sinLat}
}

func (v vec) point() Point {
	return Point{math.Atan2(v[2], math.Hypot(v[0], v[1])) / radians, math.Atan2(v[1], v[0]) / radians}
}

func (v vec) dot(w vec) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

func (v vec) cross(w vec) vec {
	return vec{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

func (v vec) add(w vec) vec            { return vec{v[0] + w[0], v[1] + w[1], v[2] + w[2]} }
func (v vec) sub(w vec) vec            { return vec{v[0] - w[0], v[1] - w[1], v[2] - w[2]} }
func (v vec) scale(k float64) vec      { return vec{v[0] * k, v[1] * k, v[2] * k} }
func (v vec) norm() float64            { return math.Sqrt(v.dot(v)) }
func (v vec) unit() vec                { return v.scale(1 / v.norm()) }
func (v vec) chord(w vec) float64      { return v.sub(w).norm() }
func chordAngle(chord float64) float64 { return 2 * math.Asin(math.Min(1, chord/2)) }
func angleChord(a float64) float64     { return 2 * math.Sin(math.Min(a, math.Pi)/2) }
