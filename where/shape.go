package where

import (
	"io"
	"math"
)

// shape is what a zone is made of.
type shape interface {
	contains(p Point, m Model) bool
	// relate answers for a disc, sector or polygon region.
	relate(r Region, m Model) Relation
	// curves returns samples along the boundary within reach of a cap.
	curves(c cap, m Model) []curve
	// seeds returns points likely to be inside.
	seeds() []Point
	// bounds is a cap that holds the shape; ok is false when there is none.
	bounds() (c cap, ok bool)
	// outline is the shape as polygons, for drawing.
	outline(m Model) MultiPolygon
	digest(w io.Writer)
}

// cap is a disc on the sphere that bounds something.
type cap struct {
	centre Point
	radius Metres
}

// world is the cap that holds the whole earth.
var world = cap{Point{}, sphereRadius * math.Pi * 1.01}

func (c cap) reaches(p Point, more Metres) bool {
	if c.radius >= world.radius {
		return true
	}
	return sphereRadius*sphereAngle(c.centre, p)*ellipsoidLow <= float64(c.radius+more)
}

// merge returns a cap that holds both.
func (c cap) merge(d cap) cap {
	gap := Metres(sphereRadius * sphereAngle(c.centre, d.centre) * ellipsoidHigh)
	if gap+d.radius <= c.radius {
		return c
	}
	if gap+c.radius <= d.radius {
		return d
	}
	r := (gap + c.radius + d.radius) / 2
	if r > world.radius/2 {
		return world
	}
	mid := sphereDirect(c.centre, initialBearing(c.centre, d.centre), float64(r-c.radius)/sphereRadius)
	return cap{mid, r * 1.01}
}

// capOf bounds a set of points.
func capOf(ps []Point) cap {
	var sum vec
	for _, p := range ps {
		sum = sum.add(p.vec())
	}
	if sum.norm() < 1e-9 {
		return world
	}
	c := cap{centre: sum.unit().point()}
	for _, p := range ps {
		d := Metres(sphereRadius * sphereAngle(c.centre, p) * ellipsoidHigh)
		c.radius = Metres(math.Max(float64(c.radius), float64(d)))
	}
	c.radius = c.radius*1.001 + 1
	return c
}

// curve is a run of samples along a boundary.
type curve []Point
