package brief

import (
	"math"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
)

// backdrop draws countries, cut off at the edge of the map, and the areas that
// are disputed.
func (m *pageMap) backdrop(v mapView, base *basemap.Map) {
	if base == nil {
		return
	}
	m.Base, m.OwnBase = true, !base.BuiltIn
	for _, f := range base.Features {
		path, shown := clippedPath(v, f.Area, 0.6)
		if path == "" {
			continue
		}
		area := pageArea{path, f.Title(), "country"}
		if f.Disputed {
			area.Class = "land disputed"
			m.Disputed = append(m.Disputed, area)
			continue
		}
		m.Countries = append(m.Countries, area)
		at, size := middleOf(shown)
		m.countryNames = append(m.countryNames, mapName{pageLabel{at[0], at[1], f.Name, "country"}, nameBox(at, f.Name, 6.6), size})
	}
}

// disputes are the areas whose status is disputed: those of the map that is
// drawn, or of the built-in one where none is.
func disputes(base *basemap.Map) []basemap.Feature {
	if base == nil {
		world, err := basemap.World()
		if err != nil {
			return nil
		}
		base = world
	}
	return base.Disputed()
}

// disputedAt finds the disputed area in which a point of the map lies.
func disputedAt(v mapView, areas []basemap.Feature, at [2]float64) (basemap.Feature, bool) {
	for _, f := range areas {
		if enclosed(v, f.Area, at) {
			return f, true
		}
	}
	return basemap.Feature{}, false
}

// enclosed counts how often a line to the east of a point meets the outline.
func enclosed(v mapView, mp where.MultiPolygon, at [2]float64) bool {
	inside := false
	for _, poly := range mp {
		for _, ring := range poly {
			for i := 0; i+1 < len(ring); i++ {
				a, b := v.project(ring[i]), v.project(ring[i+1])
				if (a[1] > at[1]) != (b[1] > at[1]) && at[0] < a[0]+(at[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
					inside = !inside
				}
			}
		}
	}
	return inside
}

// mapName is a name that is set where there is room.
type mapName struct {
	label pageLabel
	box   box
	size  float64 // of what it names
}

func nameBox(at [2]float64, text string, letter float64) box {
	w := letter * float64(len([]rune(text)))
	return box{at[0] - w/2, at[1] - 8, at[0] + w/2, at[1] + 4}
}

// setNames sets the names for which there is room, of the largest first.
func (m *pageMap) setNames(names []mapName, used []box) []box {
	sort.SliceStable(names, func(i, j int) bool { return names[i].size > names[j].size })
	for _, n := range names {
		for _, dy := range []float64{0, 14, -14, 24} { // a little lower or higher, if something is in its way
			b := box{n.box.x0, n.box.y0 + dy, n.box.x1, n.box.y1 + dy}
			if dy > n.size/4 || n.size <= 24 || b.x0 <= 0 || b.x1 >= mapWidth || b.y0 <= 0 || b.y1 >= m.Height || !free(b, used) {
				continue
			}
			n.label.Y += dy
			used = append(used, b)
			m.Labels = append(m.Labels, n.label)
			break
		}
	}
	return used
}

// margin is how far beyond the edge of the map outlines go, so that the cut is
// not seen.
const margin = 12.0

// clippedPath is polygonPath without what lies off the map, and the largest piece
// that is left.
func clippedPath(v mapView, mp where.MultiPolygon, tolerance float64) (path string, largest [][2]float64) {
	var b strings.Builder
	most := 0.0
	lo, hi := [2]float64{-margin, -margin}, [2]float64{mapWidth + margin, v.height() + margin}
	for _, poly := range mp {
		for _, ring := range poly {
			pts := make([][2]float64, len(ring))
			l, u := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
			for i, p := range ring {
				pts[i] = v.project(p)
				for d := range l {
					l[d], u[d] = math.Min(l[d], pts[i][d]), math.Max(u[d], pts[i][d])
				}
			}
			if u[0] < lo[0] || l[0] > hi[0] || u[1] < lo[1] || l[1] > hi[1] || u[0]-l[0] < 1 && u[1]-l[1] < 1 {
				continue
			}
			if pts = clipRing(pts, lo, hi); len(pts) >= 4 {
				writeRing(&b, simplify(pts, tolerance))
				if _, size := middleOf(pts); size > most {
					most, largest = size, pts
				}
			}
		}
	}
	return b.String(), largest
}

// clipRing is Sutherland and Hodgman's method: what a closed line encloses, cut
// to a rectangle.
func clipRing(pts [][2]float64, lo, hi [2]float64) [][2]float64 {
	for d := range lo {
		for _, edge := range []struct{ at, sign float64 }{{lo[d], 1}, {hi[d], -1}} {
			pts = clipHalf(pts, d, edge.at, edge.sign)
		}
	}
	return pts
}

// clipHalf keeps what lies on one side of a line along an axis.
func clipHalf(pts [][2]float64, axis int, at, sign float64) [][2]float64 {
	var out [][2]float64
	for i := 0; i+1 < len(pts); i++ {
		a, b := pts[i], pts[i+1]
		inA, inB := (a[axis]-at)*sign >= 0, (b[axis]-at)*sign >= 0
		if inA {
			out = append(out, a)
		}
		if inA != inB {
			s := (at - a[axis]) / (b[axis] - a[axis])
			cut := [2]float64{a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1])}
			cut[axis] = at
			out = append(out, cut)
		}
	}
	if len(out) > 0 {
		out = append(out, out[0])
	}
	return out
}

// titles say which disputed areas are on the map, and who claims them.
func titles(v mapView, areas []basemap.Feature) []string {
	var out []string
	for _, f := range areas {
		if path, _ := clippedPath(v, f.Area, 0.6); path == "" {
			continue
		}
		says := f.Name
		if len(f.ClaimedBy) > 0 {
			says += ", claimed by " + strings.Join(f.ClaimedBy, " and ")
		}
		out = append(out, says)
	}
	return out
}
