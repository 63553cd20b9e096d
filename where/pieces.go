package where

import "math"

// piecesBudget bounds the patches that Pieces looks at.
const piecesBudget = 20_000

// Pieces returns discs of a radius of at most size that together hold every point
// that lies in all of the regions, and none that certainly misses one of them: where
// the bearings from several craters cross. There are none if the regions have no
// point in common for certain. ok is false where a region is unknown, or where it would take too
// many.
func Pieces(size Metres, m Model, rs ...Region) (out []Region, ok bool) {
	if len(rs) == 0 || !(size > 0) {
		return nil, false
	}
	first, rest := rs[0], rs[1:]
	if first.kind == kindUnknown {
		return nil, false
	}
	parts := []Region{first}
	if first.kind == kindUnion {
		parts = first.parts
	}
	used := 0
	for _, r := range parts {
		if r.kind == kindDisc {
			if r.max <= size {
				if !missesAny(r, rest, m) {
					out = append(out, r)
				}
				continue
			}
			r = Sector(r.c, 180, 180, 0, r.max)
		}
		queue := r.patches()
		for len(queue) > 0 {
			if used++; used > piecesBudget {
				return nil, false
			}
			p := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			disc := r.patchDisc(p, m)
			switch {
			case r.misses(disc, m) || missesAny(disc, rest, m):
			case disc.max > size:
				queue = append(queue, r.halve(p)...)
			default:
				out = append(out, disc)
			}
		}
	}
	for _, r := range rest {
		if r.kind == kindUnknown {
			return nil, false
		}
	}
	return out, true
}

func missesAny(disc Region, rs []Region, m Model) bool {
	for _, r := range rs {
		if r.clear(disc, m) {
			return true
		}
	}
	return false
}

// clear reports whether a disc has no point in common with a region for certain.
func (r Region) clear(disc Region, m Model) bool {
	switch r.kind {
	case kindUnknown:
		return false
	case kindPolygon:
		return r.misses(disc, m)
	case kindUnion:
		for _, p := range r.parts {
			if !p.clear(disc, m) {
				return false
			}
		}
		return true
	}
	d, reach := Distance(r.c, disc.c, m), disc.max*1.001+0.01
	if d > r.max+reach || d < r.min-reach {
		return true
	}
	if r.kind == kindDisc || r.half >= 180 || d <= reach {
		return false
	}
	// From the observer the disc is this wide to each side, with one part in a
	// hundred for the roundness of the Earth.
	wide := math.Asin(math.Min(1, float64(reach/d))) / radians * 1.01
	off := math.Abs(math.Remainder(initialBearing(r.c, disc.c)-r.bearing, 360)) // of a sphere: a quarter of a degree off at most
	return off > r.half+wide+0.25
}
