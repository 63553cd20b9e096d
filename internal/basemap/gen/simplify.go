package gen

import (
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/truce-project/truce/internal/basemap"
)

// detail says how exactly a part of the world is drawn: to so many metres, and
// with islands from so many square kilometres on.
type detail struct {
	west, south, east, north float64
	metres, island           float64
}

// details, the first that fits counts: round the Black Sea, as far as the map
// of the page reaches; Europe; the rest.
var details = []detail{
	{16, 38, 65, 64, 400, 2},
	{-15, 30, 80, 73, 3_000, 60},
	{-180, -90, 180, 90, 10_000, 500},
}

func (d detail) holds(t *basemap.Topology, p [2]int) bool {
	at := t.Degrees(p)
	return at.Lon >= d.west && at.Lon <= d.east && at.Lat >= d.south && at.Lat <= d.north
}

func detailOf(t *basemap.Topology, line [][2]int) detail {
	for _, d := range details {
		for _, p := range line {
			if d.holds(t, p) {
				return d
			}
		}
	}
	return details[len(details)-1]
}

// factors are tried in turn on an arc that makes a polygon cross or touch itself.
// Finer is not always better: the grid of the source has spikes of its own.
var factors = []float64{1, 0.5, 2, 0.25, 3, 0.7, 1.5, 5, 8, 0.1, 12, 20}

// simplify leaves out islands and thins the arcs.
func simplify(t *basemap.Topology) error {
	lines, tolerance, tries := make([][][2]int, len(t.Arcs)), make([]float64, len(t.Arcs)), make([]int, len(t.Arcs))
	width := int(math.Round(360 / t.Transform.Scale[0]))
	for i := range t.Arcs {
		line := t.Ring([]int{i})
		unwrap(line, width)
		t.Arcs[i] = steps(line)
		lines[i] = fromTheWest(t.Ring([]int{i}))
		tolerance[i] = detailOf(t, lines[i]).metres
	}
	source := &basemap.Topology{Transform: t.Transform, Arcs: slices.Clone(t.Arcs)}
	dropIslands(t)
	for i := range lines {
		t.Arcs[i] = steps(thin(t, lines[i], tolerance[i]))
	}
	for bad := badArcs(t, nil); len(bad) > 0; {
		next := map[int]bool{}
		for a := range bad {
			if tries[a]++; tries[a] < len(factors) {
				t.Arcs[a] = steps(thin(t, lines[a], tolerance[a]*factors[tries[a]]))
				next[a] = true
			}
		}
		if len(next) == 0 {
			break
		}
		bad = badArcs(t, next)
	}
	for i := range lines { // what no thinning could mend is thinned as the rest
		if tries[i] >= len(factors) {
			t.Arcs[i] = steps(thin(t, lines[i], tolerance[i]))
		}
	}
	return mend(t, source)
}

// fromTheWest turns a closed line so that it begins at its westernmost point,
// which is no spike that thinning would have to keep.
func fromTheWest(line [][2]int) [][2]int {
	last := len(line) - 1
	if last < 1 || line[0] != line[last] {
		return line
	}
	west := 0
	for i, p := range line {
		if p[0] < line[west][0] {
			west = i
		}
	}
	out := append(append([][2]int{}, line[west:last]...), line[:west]...)
	return append(out, line[west])
}

// dropIslands leaves out polygons of one arc that are too small, but for the
// largest of a feature.
func dropIslands(t *basemap.Topology) {
	uses := map[int]int{}
	each(t, func(g *basemap.Geometry) {
		for _, poly := range g.Polygons {
			for _, ring := range poly {
				for _, a := range ring {
					uses[basemap.Arc(a)]++
				}
			}
		}
	})
	each(t, func(g *basemap.Geometry) {
		largest, most := 0, 0.0
		for i, poly := range g.Polygons {
			if s := squareKilometres(t, poly[0]); s > most {
				largest, most = i, s
			}
		}
		var keep [][][]int
		for i, poly := range g.Polygons {
			island := len(poly) == 1 && len(poly[0]) == 1 && uses[basemap.Arc(poly[0][0])] == 1
			if i == largest || !island || squareKilometres(t, poly[0]) >= detailOf(t, t.Ring(poly[0])).island {
				keep = append(keep, poly)
			}
		}
		g.Polygons = keep
	})
}

// dropEmpty leaves out features of which no polygon is left.
func dropEmpty(t *basemap.Topology) {
	for name, layer := range t.Objects {
		layer.Geometries = slices.DeleteFunc(layer.Geometries, func(g basemap.Geometry) bool { return len(g.Polygons) == 0 })
		t.Objects[name] = layer
	}
}

func each(t *basemap.Topology, f func(*basemap.Geometry)) {
	for _, name := range []string{basemap.Countries, basemap.Disputed} {
		gs := t.Objects[name].Geometries
		for i := range gs {
			f(&gs[i])
		}
	}
}

const metresPerDegree = 111_195.0

// squareKilometres is the area of a ring, near enough to tell islets apart.
func squareKilometres(t *basemap.Topology, ring []int) float64 {
	pts := t.Ring(ring)
	sum := 0.0
	for i := 0; i+1 < len(pts); i++ {
		a, b := t.Degrees(pts[i]), t.Degrees(pts[i+1])
		sum += (b.Lon - a.Lon) * (math.Sin(b.Lat*math.Pi/180) + math.Sin(a.Lat*math.Pi/180)) / 2
	}
	return math.Abs(sum) * 180 / math.Pi * metresPerDegree * metresPerDegree / 1e6
}

// thin is Douglas and Peucker's method. The ends of an arc stay; of a closed one
// also the point farthest from them, and never fewer than four points.
func thin(t *basemap.Topology, line [][2]int, tolerance float64) [][2]int {
	if tolerance == 0 || len(line) < 3 {
		return line
	}
	last := len(line) - 1
	keep := make([]bool, len(line))
	keep[0], keep[last] = true, true
	if line[0] == line[last] {
		far := farthest(t, line)
		keep[far] = true
		mark(t, line, keep, 0, far, tolerance)
		mark(t, line, keep, far, last, tolerance)
	} else {
		mark(t, line, keep, 0, last, tolerance)
	}
	var out [][2]int
	for i, k := range keep {
		if k {
			out = append(out, line[i])
		}
	}
	if line[0] == line[last] && len(out) < 4 {
		return thin(t, line, finer(tolerance))
	}
	return out
}

func finer(tolerance float64) float64 {
	if tolerance < 20 {
		return 0
	}
	return tolerance / 2
}

func farthest(t *basemap.Topology, line [][2]int) int {
	far, most := 0, -1.0
	for i := range line {
		if d := metres(t, line[i], line[0], line[0]); d > most {
			far, most = i, d
		}
	}
	return far
}

func mark(t *basemap.Topology, line [][2]int, keep []bool, from, to int, tolerance float64) {
	at, most := -1, tolerance
	for i := from + 1; i < to; i++ {
		if d := metres(t, line[i], line[from], line[to]); d > most {
			at, most = i, d
		}
	}
	if at < 0 {
		return
	}
	keep[at] = true
	mark(t, line, keep, from, at, tolerance)
	mark(t, line, keep, at, to, tolerance)
}

// metres is how far p lies from the segment a b, on a plane that touches there.
func metres(t *basemap.Topology, p, a, b [2]int) float64 {
	o := t.Degrees(p)
	k := math.Cos(o.Lat * math.Pi / 180)
	flat := func(q [2]int) (float64, float64) {
		d := t.Degrees(q)
		return (d.Lon - o.Lon) * k * metresPerDegree, (d.Lat - o.Lat) * metresPerDegree
	}
	ax, ay := flat(a)
	bx, by := flat(b)
	dx, dy := bx-ax, by-ay
	s := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		s = math.Min(1, math.Max(0, -(ax*dx+ay*dy)/l))
	}
	return math.Hypot(ax+s*dx, ay+s*dy)
}

// steps writes points as steps from the one before.
func steps(line [][2]int) [][2]int {
	out := make([][2]int, 0, len(line))
	var at [2]int
	for _, p := range line {
		out = append(out, [2]int{p[0] - at[0], p[1] - at[1]})
		at = p
	}
	return out
}

// badArcs are arcs that run where a polygon is not valid. Only polygons with one
// of the arcs in changed are looked at; nil looks at all.
func badArcs(t *basemap.Topology, changed map[int]bool) map[int]bool {
	bad := map[int]bool{}
	each(t, func(g *basemap.Geometry) {
		for _, poly := range g.Polygons {
			if changed != nil && !touches(poly, changed) {
				continue
			}
			if err := validate(t, poly); err != nil {
				for _, a := range arcsAt(t, poly, err) {
					bad[a] = true
				}
			}
		}
	})
	return bad
}

func touches(poly [][]int, arcs map[int]bool) bool {
	for _, ring := range poly {
		for _, a := range ring {
			if arcs[basemap.Arc(a)] {
				return true
			}
		}
	}
	return false
}

func validate(t *basemap.Topology, poly [][]int) error {
	var rings []geom.LineString
	for _, ring := range poly {
		rings = append(rings, lineString(t.Ring(ring)))
	}
	return geom.NewPolygon(rings).Validate()
}

// plain reports whether a closed line does not meet itself.
func plain(line [][2]int) bool {
	return geom.NewPolygon([]geom.LineString{lineString(line)}).Validate() == nil
}

func lineString(line [][2]int) geom.LineString {
	var xy []float64
	for _, p := range line {
		xy = append(xy, float64(p[0]), float64(p[1]))
	}
	return geom.NewLineString(geom.NewSequence(xy, geom.DimXY))
}

var spot = regexp.MustCompile(`\{(-?[\d.]+) (-?[\d.]+)\}`)

// arcsAt are the arcs of a polygon that pass the place that an error names; all
// of them if it names none.
func arcsAt(t *basemap.Topology, poly [][]int, err error) []int {
	var all, near []int
	m := spot.FindStringSubmatch(err.Error())
	for _, ring := range poly {
		for _, a := range ring {
			all = append(all, basemap.Arc(a))
			if m == nil {
				continue
			}
			x, _ := strconv.ParseFloat(m[1], 64)
			y, _ := strconv.ParseFloat(m[2], 64)
			if line := t.Ring([]int{basemap.Arc(a)}); passes(line, x, y) {
				near = append(near, basemap.Arc(a))
			}
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}

// passes reports whether a line passes a point of the grid within a step or so.
func passes(line [][2]int, x, y float64) bool {
	for i := 0; i+1 < len(line); i++ {
		ax, ay := float64(line[i][0])-x, float64(line[i][1])-y
		dx, dy := float64(line[i+1][0]-line[i][0]), float64(line[i+1][1]-line[i][1])
		s := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			s = math.Min(1, math.Max(0, -(ax*dx+ay*dy)/l))
		}
		if math.Hypot(ax+s*dx, ay+s*dy) < 1.5 {
			return true
		}
	}
	return false
}
