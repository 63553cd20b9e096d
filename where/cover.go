package where

import "math"

// coverBudget bounds the discs that a cover may take before it gives up and
// says Straddling.
const coverBudget = 3000

// patch is a piece of a region: a rectangle in bearing and distance from an
// observer (a sector's) or in longitude and latitude (a polygon's).
type patch struct{ x0, x1, y0, y1 float64 }

// relateByCover covers a region with discs, ever smaller, until every disc is
// inside or every disc is outside, or one point of the region is in and another
// out.
func relateByCover(r Region, m Model, s shape) Relation {
	in, out := false, false
	queue := r.patches()
	for used := 0; len(queue) > 0; used++ {
		if used > coverBudget {
			return Straddling
		}
		p := queue[0]
		queue = queue[1:]
		disc := r.patchDisc(p, m)
		if r.misses(disc, m) {
			continue
		}
		rel := s.relate(disc, m)
		if rel == Straddling {
			queue = append(queue, r.halve(p)...)
			if !r.contains(disc.c, m) {
				continue
			}
			rel = relationOf(s.contains(disc.c, m))
		}
		in, out = in || rel == Inside, out || rel == Outside
		if in && out {
			return Straddling
		}
	}
	return relationOf(in)
}

// patches returns the first patches of a sector or polygon region.
func (r Region) patches() []patch {
	if r.kind == kindSector {
		n := int(math.Ceil(r.half/15)) + 1
		var out []patch
		for i := 0; i < n; i++ {
			x := r.bearing - r.half + 2*r.half*float64(i)/float64(n)
			out = append(out, patch{x, x + 2*r.half/float64(n), float64(r.min), float64(r.max)})
		}
		return out
	}
	var out []patch
	for _, p := range r.poly.mp {
		out = append(out, boxPatches(p[0])...)
	}
	return out
}

func boxPatches(outer Ring) []patch {
	lo, hi := latRange(outer)
	west, east, lon := outer[0].Lon, outer[0].Lon, outer[0].Lon
	for i := 1; i < len(outer); i++ {
		lon += shortLon(outer[i].Lon - outer[i-1].Lon)
		west, east = math.Min(west, lon), math.Max(east, lon)
	}
	// Great circles bulge towards the poles, by less than this.
	bulge := math.Min(20, (east-west)*(east-west)/800+1e-6)
	lo, hi = math.Max(-90, lo-bulge), math.Min(90, hi+bulge)
	nx, ny := int((east-west)/10)+1, int((hi-lo)/10)+1
	var out []patch
	for i := 0; i < nx; i++ {
		for j := 0; j < ny; j++ {
			out = append(out, patch{
				west + (east-west)*float64(i)/float64(nx), west + (east-west)*float64(i+1)/float64(nx),
				lo + (hi-lo)*float64(j)/float64(ny), lo + (hi-lo)*float64(j+1)/float64(ny)})
		}
	}
	return out
}

// patchDisc is a disc that holds the patch.
func (r Region) patchDisc(p patch, m Model) Region {
	x, y := (p.x0+p.x1)/2, (p.y0+p.y1)/2
	if r.kind == kindSector {
		// A circle's arc is never longer than on a plane.
		radius := (p.y1-p.y0)/2 + p.y1*(p.x1-p.x0)/2*radians
		return Disc(Destination(r.c, x, Metres(y), m), Metres(radius*1.01+0.001))
	}
	c := Point{y, wrapLon(x)}
	var radius Metres
	for _, corner := range []Point{{p.y0, p.x0}, {p.y1, p.x0}} {
		d := Distance(c, Point{corner.Lat, wrapLon(corner.Lon)}, m)
		radius = Metres(math.Max(float64(radius), float64(d)))
	}
	return Disc(c, radius*1.01+0.001)
}

// misses reports whether a disc has no point in common with the region for
// certain.
func (r Region) misses(disc Region, m Model) bool {
	return r.kind == kindPolygon && r.poly.relateDisc(disc.c, disc.max, m) == Outside
}

// halve cuts a patch in two across its longer side.
func (r Region) halve(p patch) []patch {
	wide := (p.x1 - p.x0) * math.Cos((p.y0+p.y1)/2*radians)
	if r.kind == kindSector {
		wide = (p.x1 - p.x0) * radians * p.y1
	}
	if wide > p.y1-p.y0 {
		x := (p.x0 + p.x1) / 2
		return []patch{{p.x0, x, p.y0, p.y1}, {x, p.x1, p.y0, p.y1}}
	}
	y := (p.y0 + p.y1) / 2
	return []patch{{p.x0, p.x1, p.y0, y}, {p.x0, p.x1, y, p.y1}}
}
