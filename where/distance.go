package where

import "math"

// The sphere of the Sphere model, and the WGS84 ellipsoid.
const (
	sphereRadius = 6371008.771415059
	wgsA         = 6378137.0
	wgsF         = 1 / 298.257223563
	wgsB         = wgsA * (1 - wgsF)
)

// Any path on the ellipsoid is between these multiples of the same path on the
// sphere: the radii of curvature lie between 6335.4 and 6399.6 km.
const (
	ellipsoidLow  = 0.9944
	ellipsoidHigh = 1.0045
)

// Distance returns the shortest distance between two points on the surface of
// the model: the WGS84 ellipsoid (well under a millimetre of error) or the
// sphere. The boundary and edge rules of the model do not matter here.
func Distance(a, b Point, m Model) Metres {
	if m.Distance == Sphere {
		return Metres(sphereRadius * sphereAngle(a, b))
	}
	if a == b {
		return 0
	}
	if d, ok := vincentyInverse(a, b); ok {
		return Metres(d)
	}
	return Metres(antipodal(a, b))
}

// sphereAngle is the angle between two points in radians, exact to rounding at
// every size.
func sphereAngle(a, b Point) float64 {
	v, w := a.vec(), b.vec()
	return math.Atan2(v.cross(w).norm(), v.dot(w))
}

// Destination returns the point reached from a start by going a distance along
// the geodesic that leaves it at a bearing, degrees clockwise from north.
func Destination(from Point, bearingDeg float64, d Metres, m Model) Point {
	if d == 0 {
		return from
	}
	if m.Distance == Sphere {
		return sphereDirect(from, bearingDeg, float64(d)/sphereRadius)
	}
	return vincentyDirect(from, bearingDeg, float64(d))
}

func sphereDirect(from Point, bearingDeg, angle float64) Point {
	sinB, cosB := math.Sincos(bearingDeg * radians)
	sinLat, cosLat := math.Sincos(from.Lat * radians)
	sinLon, cosLon := math.Sincos(from.Lon * radians)
	east := vec{-sinLon, cosLon, 0}
	north := vec{-sinLat * cosLon, -sinLat * sinLon, cosLat}
	sinD, cosD := math.Sincos(angle)
	start := vec{cosLat * cosLon, cosLat * sinLon, sinLat}
	return start.scale(cosD).add(north.scale(sinD * cosB)).add(east.scale(sinD * sinB)).point()
}

// initialBearing is the bearing in degrees at which the great circle from a to
// b leaves a; it serves for drawing and sampling.
func initialBearing(a, b Point) float64 {
	sin1, cos1 := math.Sincos(a.Lat * radians)
	sin2, cos2 := math.Sincos(b.Lat * radians)
	sinL, cosL := math.Sincos((b.Lon - a.Lon) * radians)
	return math.Atan2(cos2*sinL, cos1*sin2-sin1*cos2*cosL) / radians
}

// reduced returns sine and cosine of the reduced latitude.
func reduced(lat float64) (sin, cos float64) {
	s, c := math.Sincos(lat * radians)
	s *= 1 - wgsF
	h := math.Hypot(s, c)
	return s / h, c / h
}

// vincentyInverse solves the inverse problem (T. Vincenty, Survey Review 1975);
// ok is false when the points are too near to antipodal for it to converge.
func vincentyInverse(a, b Point) (d float64, ok bool) {
	sinU1, cosU1 := reduced(a.Lat)
	sinU2, cosU2 := reduced(b.Lat)
	l := math.Remainder(b.Lon-a.Lon, 360) * radians
	lambda := l
	for i := 0; i < 60; i++ {
		sinL, cosL := math.Sincos(lambda)
		sinS := math.Hypot(cosU2*sinL, cosU1*sinU2-sinU1*cosU2*cosL)
		if sinS == 0 {
			return 0, cosL > 0
		}
		cosS := sinU1*sinU2 + cosU1*cosU2*cosL
		sigma := math.Atan2(sinS, cosS)
		sinA := cosU1 * cosU2 * sinL / sinS
		cos2A := 1 - sinA*sinA
		cos2M := 0.0
		if cos2A > 1e-15 {
			cos2M = cosS - 2*sinU1*sinU2/cos2A
		}
		c := wgsF / 16 * cos2A * (4 + wgsF*(4-3*cos2A))
		next := l + (1-c)*wgsF*sinA*(sigma+c*sinS*(cos2M+c*cosS*(2*cos2M*cos2M-1)))
		if math.Abs(next) > math.Pi {
			return 0, false
		}
		if math.Abs(next-lambda) < 1e-13 {
			ka, kb := vincentySeries(cos2A)
			return wgsB * ka * (sigma - vincentyDelta(kb, sinS, cosS, cos2M)), true
		}
		lambda = next
	}
	return 0, false
}

// vincentySeries returns the coefficients A and B of Vincenty's formulae, in
// Helmert's form.
func vincentySeries(cos2A float64) (a, b float64) {
	u := math.Sqrt(1 + cos2A*(wgsA*wgsA-wgsB*wgsB)/(wgsB*wgsB))
	k := (u - 1) / (u + 1)
	return (1 + k*k/4) / (1 - k), k * (1 - 3*k*k/8)
}

func vincentyDelta(b, sinS, cosS, cos2M float64) float64 {
	return b * sinS * (cos2M + b/4*(cosS*(2*cos2M*cos2M-1)-
		b/6*cos2M*(4*sinS*sinS-3)*(4*cos2M*cos2M-3)))
}

func vincentyDirect(from Point, bearingDeg, d float64) Point {
	sinB, cosB := math.Sincos(bearingDeg * radians)
	sinU1, cosU1 := reduced(from.Lat)
	sigma1 := math.Atan2(sinU1, cosU1*cosB)
	sinA := cosU1 * sinB
	cos2A := 1 - sinA*sinA
	ka, kb := vincentySeries(cos2A)
	first := d / (wgsB * ka)
	sigma := first
	var sinS, cosS, cos2M float64
	for i := 0; i < 60; i++ {
		sinS, cosS = math.Sincos(sigma)
		cos2M = math.Cos(2*sigma1 + sigma)
		next := first + vincentyDelta(kb, sinS, cosS, cos2M)
		done := math.Abs(next-sigma) < 1e-14
		sigma = next
		if done {
			break
		}
	}
	sinS, cosS = math.Sincos(sigma)
	cos2M = math.Cos(2*sigma1 + sigma)
	lat := math.Atan2(sinU1*cosS+cosU1*sinS*cosB,
		(1-wgsF)*math.Hypot(sinA, sinU1*sinS-cosU1*cosS*cosB))
	lambda := math.Atan2(sinS*sinB, cosU1*cosS-sinU1*sinS*cosB)
	c := wgsF / 16 * cos2A * (4 + wgsF*(4-3*cos2A))
	l := lambda - (1-c)*wgsF*sinA*(sigma+c*sinS*(cos2M+c*cosS*(2*cos2M*cos2M-1)))
	return Point{lat / radians, wrapLon(from.Lon + l/radians)}
}

func wrapLon(lon float64) float64 {
	if lon >= -180 && lon <= 180 {
		return lon
	}
	return math.Remainder(lon, 360)
}

// antipodal is the distance of two nearly antipodal points. Every path between
// them crosses the great circle midway, so the distance is the least sum of two
// halves through a point of that circle, and each half is an easy inverse
// problem.
func antipodal(a, b Point) float64 {
	via := midwayCircle(a.vec(), b.vec())
	sum := func(t float64) float64 {
		p := via(t)
		d1, _ := vincentyInverse(a, p)
		d2, _ := vincentyInverse(p, b)
		return d1 + d2
	}
	const n = 72
	best, at := math.Inf(1), 0.0
	for i := 0; i < n; i++ {
		t := 2 * math.Pi * float64(i) / n
		if s := sum(t); s < best {
			best, at = s, t
		}
	}
	lo, hi := at-2*math.Pi/n, at+2*math.Pi/n
	for i := 0; i < 60; i++ {
		m1, m2 := lo+(hi-lo)*0.382, lo+(hi-lo)*0.618
		if sum(m1) < sum(m2) {
			hi = m2
		} else {
			lo = m1
		}
	}
	return math.Min(best, sum((lo+hi)/2))
}

func midwayCircle(a, b vec) func(t float64) Point {
	axis := a.sub(b).unit()
	ref := vec{0, 0, 1}
	if math.Abs(axis[2]) > 0.9 {
		ref = vec{1, 0, 0}
	}
	u := axis.cross(ref).unit()
	w := axis.cross(u)
	return func(t float64) Point {
		s, c := math.Sincos(t)
		return u.scale(c).add(w.scale(s)).point()
	}
}
