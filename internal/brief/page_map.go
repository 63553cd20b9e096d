package brief

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
)

// pageMap is the map, in user units of a Mercator projection.
type pageMap struct {
	Width, Height float64
	Lines         []pageLine
	Countries     []pageArea // the backdrop
	Areas         []pageArea
	Disputed      []pageArea // on top of both
	Disputes      []string   // what is claimed by whom, once each
	Base, OwnBase bool       // there is a backdrop; somebody has brought it
	Labels        []pageLabel
	Places        []pagePlace
	Unknown, Wide []pageCard // not drawn: no place, or one too wide to draw
	Empty         bool       // no boundaries are available

	countryNames []mapName
}

type pageLine struct {
	Path, Text string
	X, Y       float64
}

type pageArea struct{ Path, Name, Class string }

type pageLabel struct {
	X, Y        float64
	Text, Class string
}

// pagePlace is where one or more incidents may have happened.
type pagePlace struct {
	Keys, First, Says string
	Path              string
	Dot               string // "exact" or "near": the place is too small to see
	X, Y              float64
	Label             string
	LabelX, LabelY    float64
	Anchor            string

	size float64
}

const (
	mapWidth  = 920.0
	mapWidest = where.Metres(450e3) // wider places are listed, not drawn
	mapExact  = where.Metres(1000)
)

// mapView is the piece of the world that is drawn.
type mapView struct{ west, south, east, north float64 }

// firstView holds Ukraine with the border areas of Russia.
var firstView = mapView{22, 44.2, 40.8, 53}

func mercator(lat float64) float64 {
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

func (v mapView) scale() float64  { return mapWidth / (v.east - v.west) }
func (v mapView) height() float64 { return (mercator(v.north) - mercator(v.south)) * v.scale() }

func (v mapView) project(p where.Point) [2]float64 {
	lat := math.Min(math.Max(p.Lat, -80), 80)
	return [2]float64{(p.Lon - v.west) * v.scale(), (mercator(v.north) - mercator(lat)) * v.scale()}
}

// place is where a point of the map lies.
func (v mapView) place(at [2]float64) where.Point {
	y := mercator(v.north) - at[1]/v.scale()
	return where.Point{Lat: math.Atan(math.Exp(y*math.Pi/180))*360/math.Pi - 90, Lon: v.west + at[0]/v.scale()}
}

// include widens the view, within the limits of what boundaries there are.
func (v *mapView) include(p where.Point) {
	v.west, v.east = math.Min(v.west, math.Max(p.Lon-0.6, 19)), math.Max(v.east, math.Min(p.Lon+0.6, 62))
	v.south, v.north = math.Min(v.south, math.Max(p.Lat-0.4, 41)), math.Max(v.north, math.Min(p.Lat+0.4, 62))
}

func newPageMap(cards []pageCard, base *basemap.Map) pageMap {
	m := pageMap{Width: mapWidth}
	places := m.sort(cards)
	v := firstView
	for _, p := range places {
		if c, ok := p.region.Centre(); ok {
			v.include(c)
		}
	}
	m.Height = math.Round(v.height())
	m.graticule(v)
	m.backdrop(v, base)
	used := m.markPlaces(v, places)
	m.areas(v, base, used)
	return m
}

// mapPlace is a region and the incidents that may have happened in it.
type mapPlace struct {
	region where.Region
	cards  []*pageCard
}

// sort gathers incidents by place, and sets aside those that cannot be drawn.
func (m *pageMap) sort(cards []pageCard) []*mapPlace {
	var out []*mapPlace
	byShape := map[string]*mapPlace{}
	for i := range cards {
		c := &cards[i]
		drawn, wide := false, false
		for s := range c.in.Scenarios {
			r := c.in.Scenarios[s].Place
			if r.IsUnknown() {
				continue
			}
			if d, ok := r.Radius(); ok && d > mapWidest {
				wide = true
				continue
			}
			key := string(r.GeoJSON())
			p := byShape[key]
			if p == nil {
				p = &mapPlace{region: r}
				byShape[key] = p
				out = append(out, p)
			}
			if n := len(p.cards); n == 0 || p.cards[n-1] != c {
				p.cards = append(p.cards, c)
			}
			drawn = true
		}
		switch {
		case drawn:
		case wide:
			m.Wide = append(m.Wide, *c)
		default:
			m.Unknown = append(m.Unknown, *c)
		}
	}
	return out
}

func (m *pageMap) graticule(v mapView) {
	for lon := math.Ceil(v.west/5) * 5; lon < v.east; lon += 5 {
		x := v.project(where.Point{Lon: lon})[0]
		m.Lines = append(m.Lines, pageLine{fmt.Sprintf("M%.1f 0V%.1f", x, m.Height), fmt.Sprintf("%.0f° E", lon), x + 3, m.Height - 5})
	}
	for lat := math.Ceil(v.south/5) * 5; lat < v.north; lat += 5 {
		y := v.project(where.Point{Lat: lat})[1]
		m.Lines = append(m.Lines, pageLine{fmt.Sprintf("M0 %.1fH%.1f", y, mapWidth), fmt.Sprintf("%.0f° N", lat), 4, y - 4})
	}
}

// box is a rectangle that a label takes.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) meets(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

func free(b box, used []box) bool {
	for _, u := range used {
		if b.meets(u) {
			return false
		}
	}
	return true
}

// markPlaces draws the places, the widest first, and returns what space is
// taken.
func (m *pageMap) markPlaces(v mapView, places []*mapPlace) []box {
	for _, p := range places {
		m.Places = append(m.Places, newPagePlace(v, p))
	}
	sort.SliceStable(m.Places, func(i, j int) bool { return m.Places[i].size > m.Places[j].size })
	var used []box
	for _, p := range m.Places {
		if p.Dot != "" {
			used = append(used, box{p.X - 6, p.Y - 6, p.X + 6, p.Y + 6})
		}
	}
	for i := len(m.Places) - 1; i >= 0; i-- {
		used = m.Places[i].placeLabel(used)
	}
	return used
}

func newPagePlace(v mapView, p *mapPlace) pagePlace {
	var keys, ids []string
	for _, c := range p.cards {
		keys, ids = append(keys, c.Key), append(ids, c.ID)
	}
	out := pagePlace{Keys: strings.Join(keys, " "), First: p.cards[0].DOM, Label: strings.Join(ids, ", ")}
	if len(ids) > 3 {
		out.Label = fmt.Sprintf("%d incidents", len(ids))
	}
	out.Says = strings.Join(ids, ", ") + ": " + placeText(p.region, placeName(p))
	mp, _, points, err := where.ParseGeoJSON(p.region.GeoJSON())
	if err != nil {
		mp = nil
	}
	var lo, hi [2]float64
	tolerance := 0.3
	if corners(mp) < 400 { // rings and sectors stay round when the map is zoomed
		tolerance = 0.03
	}
	out.Path, lo, hi = polygonPath(v, mp, tolerance)
	out.size = math.Max(hi[0]-lo[0], hi[1]-lo[1])
	at, _ := middle(v, mp)
	out.X, out.Y = at[0], at[1]
	if out.Path == "" || out.size < 11 {
		c, ok := p.region.Centre()
		if !ok && len(points) > 0 {
			c = points[0]
		}
		at = v.project(c)
		out.X, out.Y, out.Dot = at[0], at[1], "near"
		if r, ok := p.region.Radius(); ok && r <= mapExact {
			out.Dot = "exact"
		}
	}
	return out
}

func corners(mp where.MultiPolygon) int {
	n := 0
	for _, poly := range mp {
		for _, ring := range poly {
			n += len(ring)
		}
	}
	return n
}

func placeName(p *mapPlace) string {
	for _, c := range p.cards {
		for i := range c.in.Scenarios {
			if s := &c.in.Scenarios[i]; s.PlaceName != "" && s.Place.String() == p.region.String() {
				return s.PlaceName
			}
		}
	}
	return ""
}

// placeLabel puts the label where nothing is in its way: into the place if it
// is wide enough, else beside it. Where there is no room the marker goes
// without, and its title still says it.
func (p *pagePlace) placeLabel(used []box) []box {
	w, h := 6.6*float64(len([]rune(p.Label)))+4, 13.0
	out := 9.0 // from the middle to clear of the marker
	if p.Dot == "" {
		out = p.size/2 + 4
	}
	try := []struct {
		dx, dy float64
		anchor string
	}{{out, 4, "start"}, {-out, 4, "end"}, {0, -out, "middle"}, {0, out + 9, "middle"}, {out, 15, "start"}, {-out, -7, "end"}, {0, 4, "middle"}}
	if p.Dot == "" && p.size > w+8 {
		try[0], try[6] = try[6], try[0]
	}
	for _, t := range try {
		x := p.X + t.dx
		switch t.anchor {
		case "middle":
			x -= w / 2
		case "end":
			x -= w
		}
		b := box{x, p.Y + t.dy - h + 3, x + w, p.Y + t.dy + 3}
		if free(b, used) && b.x0 > 0 && b.x1 < mapWidth {
			p.LabelX, p.LabelY, p.Anchor = p.X+t.dx, p.Y+t.dy, t.anchor
			return append(used, b)
		}
	}
	p.Label = ""
	return used
}

// areas draws first-level areas: filled, or as outlines on a map that somebody
// has brought.
func (m *pageMap) areas(v mapView, base *basemap.Map, used []box) {
	var names []mapName
	var late []pageArea
	status := disputes(base)
	for _, a := range where.Areas() {
		mp, ok := where.Area(a.Code)
		if !ok {
			continue
		}
		path, _ := clippedPath(v, mp, 0.6)
		if path == "" {
			continue
		}
		at, size := middle(v, mp)
		area := pageArea{path, a.Name, "land " + strings.ToLower(a.Country)}
		d, open := disputedAt(v, status, at)
		switch {
		case m.OwnBase:
			area.Class = "outline"
			m.Areas = append(m.Areas, area)
		case open:
			area.Name, area.Class = d.Title(), "land disputed"
			if a.Name != d.Name {
				area.Name = a.Name + ", " + d.Title()
			}
			late = append(late, area)
		default:
			m.Areas = append(m.Areas, area)
		}
		text := areaLabel(a.Name)
		names = append(names, mapName{pageLabel{at[0], at[1], text, "area"}, nameBox(at, text, 5.8), size})
	}
	if len(late) > 0 { // drawn in finer lines than those of the backdrop
		m.Areas, m.Disputed = append(m.Areas, m.Disputed...), late
	}
	m.Disputes = titles(v, status)
	m.Empty = len(m.Areas)+len(m.Countries) == 0
	used = m.setNames(names, used)
	m.setNames(slices.DeleteFunc(m.countryNames, func(n mapName) bool {
		return len(where.AreasAt(v.place([2]float64{n.label.X, n.label.Y}))) > 0 // its areas have names
	}), used)
}

// areaLabel shortens the name of an area to what tells it apart.
func areaLabel(name string) string {
	for _, s := range []string{" Oblast", " oblast", " Region", " region", " Krai", " krai", "Republic of ", "Autonomous "} {
		name = strings.ReplaceAll(name, s, "")
	}
	return strings.TrimSpace(name)
}

// middle is the centroid of the largest ring, for a label, and how big that
// ring is.
func middle(v mapView, mp where.MultiPolygon) ([2]float64, float64) {
	var best [2]float64
	most := 0.0
	for _, poly := range mp {
		if len(poly) == 0 {
			continue
		}
		pts := make([][2]float64, len(poly[0]))
		for i, p := range poly[0] {
			pts[i] = v.project(p)
		}
		if at, size := middleOf(pts); size > most {
			best, most = at, size
		}
	}
	return best, most
}

// middleOf is the centroid of a ring, and the root of its area.
func middleOf(pts [][2]float64) ([2]float64, float64) {
	var area, cx, cy float64
	for i := 0; i+1 < len(pts); i++ {
		a, b := pts[i], pts[i+1]
		k := a[0]*b[1] - b[0]*a[1]
		area, cx, cy = area+k, cx+k*(a[0]+b[0]), cy+k*(a[1]+b[1])
	}
	if area == 0 {
		return [2]float64{}, 0
	}
	return [2]float64{cx / (3 * area), cy / (3 * area)}, math.Sqrt(math.Abs(area) / 2)
}

// polygonPath prints polygons as an SVG path, simplified to a tolerance in
// user units, without the rings that lie outside the view, and returns the
// rectangle that holds it.
func polygonPath(v mapView, mp where.MultiPolygon, tolerance float64) (path string, lo, hi [2]float64) {
	var b strings.Builder
	h := v.height()
	lo, hi = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
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
			if len(pts) < 4 || u[0] < -20 || l[0] > mapWidth+20 || u[1] < -20 || l[1] > h+20 || u[0]-l[0] < 1 && u[1]-l[1] < 1 {
				continue
			}
			for d := range lo {
				lo[d], hi[d] = math.Min(lo[d], l[d]), math.Max(hi[d], u[d])
			}
			writeRing(&b, simplify(pts, tolerance))
		}
	}
	return b.String(), lo, hi
}

func writeRing(b *strings.Builder, pts [][2]float64) {
	if len(pts) < 4 {
		return
	}
	for i, p := range pts[:len(pts)-1] {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(b, "%s%s %s", op, decimal(p[0]), decimal(p[1]))
	}
	b.WriteByte('Z')
}

// decimal prints a coordinate with the precision that a zoomed map needs.
func decimal(x float64) string { return strconv.FormatFloat(math.Round(x*20)/20, 'f', -1, 64) }

// simplify is Douglas and Peucker's method on a closed line, cut in two at
// the point farthest from its start.
func simplify(pts [][2]float64, tolerance float64) [][2]float64 {
	far, most := 0, 0.0
	for i, p := range pts {
		if d := math.Hypot(p[0]-pts[0][0], p[1]-pts[0][1]); d > most {
			far, most = i, d
		}
	}
	keep := make([]bool, len(pts))
	keep[0], keep[far], keep[len(pts)-1] = true, true, true
	mark(pts, keep, 0, far, tolerance)
	mark(pts, keep, far, len(pts)-1, tolerance)
	var out [][2]float64
	for i, k := range keep {
		if k {
			out = append(out, pts[i])
		}
	}
	return out
}

func mark(pts [][2]float64, keep []bool, from, to int, tolerance float64) {
	at, most := -1, tolerance
	for i := from + 1; i < to; i++ {
		if d := off(pts[i], pts[from], pts[to]); d > most {
			at, most = i, d
		}
	}
	if at < 0 {
		return
	}
	keep[at] = true
	mark(pts, keep, from, at, tolerance)
	mark(pts, keep, at, to, tolerance)
}

// off is how far p lies from the segment a b.
func off(p, a, b [2]float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Min(1, math.Max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/l))
	}
	return math.Hypot(p[0]-a[0]-t*dx, p[1]-a[1]-t*dy)
}
