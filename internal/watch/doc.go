// Package watch turns doubt into work: what would settle open findings becomes
// tasks, ranked by how much each is expected to settle; it says which means could
// find it out and why another cannot, who could have seen what, where and when,
// where the gaps are, and which posts and routes see most for a budget.
//
// It promises that "not seen" is never given without "could have been seen"; that
// a party's answer to a request stays a claim, and settles nothing by itself; that
// means and restrictions are weighed alike whoever they belong to, so that
// swapping the names of the parties swaps nothing but names; and that the same
// input gives the same plan. It does no I/O and reads no clock: the time that it
// is planned at is handed in.
//
// Chances are assumptions, and are shown as such: those by kind of means stand in
// data/methods.csv, each row with its reason, and a means file overrides them.
package watch

import (
	"math"

	"github.com/truce-project/truce/where"
)

// model is how distances are measured: on the ellipsoid.
var model = where.Model{}

// bearing is the direction in degrees, clockwise from north, in which the great
// circle from a to b leaves a. It is within 0.2° of the geodesic for places that
// anybody sees.
func bearing(a, b where.Point) float64 {
	const rad = math.Pi / 180
	sin1, cos1 := math.Sincos(a.Lat * rad)
	sin2, cos2 := math.Sincos(b.Lat * rad)
	sinL, cosL := math.Sincos((b.Lon - a.Lon) * rad)
	return math.Mod(math.Atan2(cos2*sinL, cos1*sin2-sin1*cos2*cosL)/rad+360, 360)
}

// compass names a bearing as monitors do, on 16 points.
func compass(deg float64) string {
	return [...]string{"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"}[int(math.Floor(deg/22.5+0.5))%16]
}
