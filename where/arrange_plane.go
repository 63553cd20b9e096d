package where

import (
	"math"
	"math/big"
)

// facet is a plane that touches the sphere. Seen from the centre of the earth,
// great circles are straight lines on it (the gnomonic projection), so that
// edges are segments.
type facet struct {
	u, v, w vec // axes, and the point where it touches
	segs    []segment
}

// segment is an edge on a facet, from west (x) to east, or south to north.
type segment struct {
	ax, ay, bx, by float64
	group          int32
}

func (f *facet) point(x, y float64) Point {
	p := f.u.scale(x).add(f.v.scale(y)).add(f.w).unit().point()
	p.Lon = wrapLon(p.Lon)
	return p
}

// project adds the part of an edge that lies in the square of half width h. The
// edge's chord is cut by the four planes through the centre of the earth and the
// sides.
func (f *facet) project(e *drawn, h float64) {
	a := vec{e.a.dot(f.u), e.a.dot(f.v), e.a.dot(f.w)}
	b := vec{e.b.dot(f.u), e.b.dot(f.v), e.b.dot(f.w)}
	t0, t1 := 0.0, 1.0
	for k := 0; k < 2; k++ {
		for _, sign := range []float64{-1, 1} {
			da, db := h*a[2]-sign*a[k], h*b[2]-sign*b[k]
			switch {
			case da < 0 && db < 0:
				return
			case da < 0:
				t0 = math.Max(t0, da/(da-db))
			case db < 0:
				t1 = math.Min(t1, da/(da-db))
			}
		}
	}
	if t0 > t1 {
		return
	}
	p, q := a, b
	if t0 > 0 {
		p = a.add(b.sub(a).scale(t0))
	}
	if t1 < 1 {
		q = a.add(b.sub(a).scale(t1))
	}
	s := segment{p[0] / p[2], p[1] / p[2], q[0] / q[2], q[1] / q[2], e.group}
	if s.ax > s.bx || s.ax == s.bx && s.ay > s.by {
		s.ax, s.ay, s.bx, s.by = s.bx, s.by, s.ax, s.ay
	}
	if (s.ax != s.bx || s.ay != s.by) && !math.IsNaN(s.ax+s.ay+s.bx+s.by) {
		f.segs = append(f.segs, s)
	}
}

// left reports whether a point lies left of the segment's line. It is exact; a
// point on the line is taken as moved a little north, and much less east.
func (s *segment) left(x, y float64) bool {
	l, r := (s.bx-s.ax)*(y-s.ay), (s.by-s.ay)*(x-s.ax)
	if d := l - r; math.Abs(d) > 4e-16*(math.Abs(l)+math.Abs(r)) {
		return d > 0
	}
	return s.leftExact(x, y)
}

func (s *segment) leftExact(x, y float64) bool {
	diff := func(a, b float64) *big.Rat {
		return new(big.Rat).Sub(new(big.Rat).SetFloat64(a), new(big.Rat).SetFloat64(b))
	}
	l := new(big.Rat).Mul(diff(s.bx, s.ax), diff(y, s.ay))
	r := new(big.Rat).Mul(diff(s.by, s.ay), diff(x, s.ax))
	if c := l.Cmp(r); c != 0 {
		return c > 0
	}
	return s.bx > s.ax
}

// crossed reports whether the way from one point to another, first along x and
// then along y, crosses the segment an odd number of times.
func (s *segment) crossed(x0, y0, x1, y1 float64) bool {
	odd := false
	if (s.ay > y0) != (s.by > y0) {
		odd = s.left(x0, y0) != s.left(x1, y0)
	}
	if (s.ax > x1) != (s.bx > x1) {
		odd = odd != (s.left(x1, y0) != s.left(x1, y1))
	}
	return odd
}

// meets reports whether the segment reaches a square of half width h; it may
// say yes when it only just does not.
func (s *segment) meets(x, y, h float64) bool {
	if s.bx < x-h || s.ax > x+h {
		return false
	}
	if s.ay < s.by {
		if s.by < y-h || s.ay > y+h {
			return false
		}
	} else if s.ay < y-h || s.by > y+h {
		return false
	}
	dx, dy := s.bx-s.ax, s.by-s.ay
	d := dx*(y-s.ay) - dy*(x-s.ax)
	return math.Abs(d) <= h*(dx+math.Abs(dy))*(1+1e-9)+1e-30
}

// ruler measures short distances round a point of a facet: on the sphere, in
// radians, with the facet stretched linearly as it is at the point.
type ruler struct{ xx, xy, yy float64 }

func rulerAt(x, y float64) ruler {
	w, a := 1+x*x+y*y, 1+y*y
	return ruler{math.Sqrt(a) / w, -x * y / math.Sqrt(a) / w, math.Sqrt(w/a) / w}
}

// to is the distance from (x, y) to a segment.
func (r ruler) to(s *segment, x, y float64) float64 {
	ax, ay := r.xx*(s.ax-x)+r.xy*(s.ay-y), r.yy*(s.ay-y)
	bx, by := r.xx*(s.bx-x)+r.xy*(s.by-y), r.yy*(s.by-y)
	dx, dy := bx-ax, by-ay
	t := math.Max(0, math.Min(1, -(ax*dx+ay*dy)/(dx*dx+dy*dy)))
	return math.Hypot(ax+t*dx, ay+t*dy)
}
