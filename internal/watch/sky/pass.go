package sky

import (
	"math"
	"time"

	"github.com/truce-project/truce/where"
)

// Pass is a stretch in which a satellite stands high enough over a place.
type Pass struct {
	Rise, Set time.Time
	Top       time.Time // when it stands highest
	Elevation float64   // then, degrees above the horizon
	Sun       float64   // elevation of the sun at the place at Top, degrees
}

// step is how finely passes are looked for: one higher than 10° lasts minutes.
const step = 30 * time.Second

// Passes returns the passes over a place within a span of time in which the
// satellite stands above an elevation (degrees). A span that lies more than
// MaxAge from the epoch of the elements has none, and old says so.
func (s *Satellite) Passes(p where.Point, from, to time.Time, above float64) (out []Pass, old bool, err error) {
	if from.Before(s.Epoch.Add(-MaxAge)) || to.After(s.Epoch.Add(MaxAge)) {
		old = true
		from, to = later(from, s.Epoch.Add(-MaxAge)), earlier(to, s.Epoch.Add(MaxAge))
	}
	var cur *Pass
	within := s.reach(above)
	for t := from; t.Before(to); {
		e, far, err := s.seen(p, t, within)
		if err != nil {
			return out, old, err
		}
		switch {
		case e >= above && cur == nil:
			cur = &Pass{Rise: s.crossing(p, later(from, t.Add(-step)), t, above), Top: t, Elevation: e}
		case e < above && cur != nil:
			cur.Set = s.crossing(p, t.Add(-step), t, above)
			out, cur = append(out, *cur), nil
		}
		if cur != nil && e > cur.Elevation {
			cur.Top, cur.Elevation = t, e
		}
		t = t.Add(max(step, far))
	}
	if cur != nil {
		cur.Set = to
		out = append(out, *cur)
	}
	for i := range out {
		out[i].Top = out[i].Top.Round(time.Second)
		out[i].Sun = Sun(p, out[i].Top)
	}
	return out, old, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// crossing finds to a second when the elevation goes through a value.
func (s *Satellite) crossing(p where.Point, a, b time.Time, above float64) time.Time {
	ea, err := s.Elevation(p, a)
	if err != nil || !a.Before(b) {
		return b
	}
	low := ea < above
	for b.Sub(a) > time.Second {
		m := a.Add(b.Sub(a) / 2)
		e, err := s.Elevation(p, m)
		if err != nil {
			return b
		}
		if (e < above) == low {
			a = m
		} else {
			b = m
		}
	}
	return b.Round(time.Second)
}

// Elevation is how high the satellite stands over a place, degrees above the
// horizon; below it, less than zero.
func (s *Satellite) Elevation(p where.Point, t time.Time) (float64, error) {
	e, _, err := s.seen(p, t, math.Pi)
	return e, err
}

// seen is the elevation, and how long the satellite stays farther away than some
// angle, seen from the middle of the earth, for certain: the two cannot near each
// other faster than the satellite and the earth turn.
func (s *Satellite) seen(p where.Point, t time.Time, within float64) (elevation float64, below time.Duration, err error) {
	r, _, err := s.At(t)
	if err != nil {
		return 0, 0, err
	}
	sin, cos := math.Sincos(gmst(t))
	fixed := [3]float64{r[0]*cos + r[1]*sin, r[1]*cos - r[0]*sin, r[2]}
	o, up := ground(p)
	d := [3]float64{fixed[0] - o[0], fixed[1] - o[1], fixed[2] - o[2]}
	elevation = math.Asin(dot(d, up)/math.Sqrt(dot(d, d))) / deg
	apart := math.Acos(max(-1, min(1, dot(fixed, o)/math.Sqrt(dot(fixed, fixed)*dot(o, o)))))
	if apart > within {
		below = time.Duration((apart - within) / s.fastest * float64(time.Minute))
	}
	return elevation, below, nil
}

// reach is how far apart, in radians seen from the middle of the earth, a place and
// the satellite can be at most while it stands above an elevation (degrees), with
// two degrees to spare.
func (s *Satellite) reach(above float64) float64 {
	apogee := s.axis0 * (1 + s.ecc) * earth
	return math.Acos(min(1, 6356/apogee*math.Cos(above*deg))) - above*deg + 2*deg
}

// nearing is how fast, in radians a minute, a satellite and a place on the turning
// earth can near each other at most, with a twentieth to spare.
func (s *Satellite) nearing() float64 {
	const turn = 2 * math.Pi / 1436 // of the earth
	return 1.05*s.motion0*math.Pow(1+s.ecc, 2)/math.Pow(1-s.ecc*s.ecc, 1.5) + turn
}

// ground is a place on the ellipsoid in km, and the direction up from it.
func ground(p where.Point) (at, up [3]float64) {
	const a, f = 6378.137, 1 / 298.257223563
	sinP, cosP := math.Sincos(p.Lat * deg)
	sinL, cosL := math.Sincos(p.Lon * deg)
	e2 := f * (2 - f)
	n := a / math.Sqrt(1-e2*sinP*sinP)
	return [3]float64{n * cosP * cosL, n * cosP * sinL, n * (1 - e2) * sinP}, [3]float64{cosP * cosL, cosP * sinL, sinP}
}

// gmst is the Greenwich mean sidereal time in radians (IAU 1982). UTC stands for
// UT1, from which it is never more than 0.9 s away.
func gmst(t time.Time) float64 {
	d := julian(t) - 2451545
	c := d / 36525
	sec := 67310.54841 + (876600*3600+8640184.812866)*c + 0.093104*c*c - 6.2e-6*c*c*c
	return math.Mod(sec/240*deg, 2*math.Pi)
}

func julian(t time.Time) float64 {
	return 2440587.5 + float64(t.Unix())/86400 + float64(t.Nanosecond())/86400e9
}

// Sun is how high the sun stands over a place, degrees above the horizon,
// without refraction; good to 0.02° from 1950 to 2050 (Astronomical Almanac, low
// precision formulae for the sun).
func Sun(p where.Point, t time.Time) float64 {
	n := julian(t) - 2451545
	mean := math.Mod(280.460+0.9856474*n, 360)
	g := math.Mod(357.528+0.9856003*n, 360) * deg
	lambda := (mean + 1.915*math.Sin(g) + 0.020*math.Sin(2*g)) * deg
	eps := (23.439 - 0.0000004*n) * deg
	ra, dec := math.Atan2(math.Cos(eps)*math.Sin(lambda), math.Cos(lambda)), math.Asin(math.Sin(eps)*math.Sin(lambda))
	h := gmst(t) + p.Lon*deg - ra
	sinP, cosP := math.Sincos(p.Lat * deg)
	return math.Asin(sinP*math.Sin(dec)+cosP*math.Cos(dec)*math.Cos(h)) / deg
}

// Dark is the elevation of the sun below which nothing is seen without lamps or
// other light: the end of civil twilight.
const Dark = -6.0

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
