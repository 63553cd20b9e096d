package brief

import (
	"fmt"
	"html"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
)

// SketchMark is a place on a sketch map.
type SketchMark struct {
	Region where.Region
	Says   string // for who points at it, or has it read out
	Href   string // "" links nowhere
	Class  string // sure, may or watched
}

// SketchFrame is a piece of the world that places are drawn on: the same for several
// pictures, so that they can be compared, and laid one over the other.
type SketchFrame struct {
	view mapView
	land pageMap
}

// NewSketchFrame is the piece of the world that holds the marks with something round
// them. Names of areas are told by name; a name of "" is left out.
func NewSketchFrame(marks []SketchMark, base *basemap.Map, name func(where.AreaInfo) string) *SketchFrame {
	drawn, _ := drawable(marks)
	v := sketchView(drawn)
	f := &SketchFrame{v, pageMap{Width: mapWidth, Height: math.Round(v.height())}}
	f.land.graticule(v)
	f.land.backdrop(v, base)
	f.land.areas(v, base, nil)
	f.land.Labels = nil
	f.land.sketchNames(v, base, name)
	return f
}

// Size is how wide and high its pictures are, in pixels.
func (f *SketchFrame) Size() (width, height int) { return int(f.land.Width), int(f.land.Height) }

// drawable parts marks from those whose place is not known, or too wide to draw.
func drawable(marks []SketchMark) (drawn, left []SketchMark) {
	for _, m := range marks {
		_, ok := m.Region.Centre()
		if r, known := m.Region.Radius(); !ok || known && r > mapWidest {
			left = append(left, m)
			continue
		}
		drawn = append(drawn, m)
	}
	return drawn, left
}

func (f *SketchFrame) begin(b *strings.Builder, title string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="sketch" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s" font-family="Noto Sans, DejaVu Sans, Liberation Sans, sans-serif">`, f.land.Width, f.land.Height, html.EscapeString(title))
	fmt.Fprintf(b, `<title>%s</title>%s`, html.EscapeString(title), sketchPatterns)
}

// ground draws what lies below the marks.
func (f *SketchFrame) ground(b *strings.Builder) {
	fmt.Fprintf(b, `<rect width="%.0f" height="%.0f" fill="#e9eef0"/>`, f.land.Width, f.land.Height)
	path := func(d, style, says string) {
		fmt.Fprintf(b, `<path d="%s" %s><title>%s</title></path>`, d, style, html.EscapeString(says))
	}
	for _, a := range f.land.Countries {
		path(a.Path, `fill="#f7f6f2" stroke="#b9b6ae" stroke-width=".6"`, a.Name)
	}
	for _, a := range f.land.Areas {
		path(a.Path, `fill="#efede8" stroke="#aaa79f" stroke-width=".7" stroke-linejoin="round"`, a.Name)
	}
	for _, a := range f.land.Disputed {
		path(a.Path, `fill="url(#sk-disputed)" stroke="#5b626b" stroke-width="1.1" stroke-dasharray="5 4"`, a.Name)
	}
	for _, l := range f.land.Lines {
		fmt.Fprintf(b, `<path d="%s" stroke="#8a9299" stroke-width=".4" stroke-opacity=".5" fill="none"/>`, l.Path)
	}
}

func (f *SketchFrame) marks(b *strings.Builder, drawn []SketchMark) {
	sort.SliceStable(drawn, func(i, k int) bool { return sketchSize(drawn[i]) > sketchSize(drawn[k]) })
	for _, x := range drawn {
		sketchMark(b, f.view, x)
	}
}

func (f *SketchFrame) names(b *strings.Builder) {
	for _, l := range f.land.Labels {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="11" fill="#4b5159" text-anchor="middle" stroke="#fff" stroke-opacity=".75" stroke-width="2.6" paint-order="stroke" pointer-events="none">%s</text>`, l.X, l.Y, html.EscapeString(l.Text))
	}
}

// Ground is the map without marks, as an SVG of its own.
func (f *SketchFrame) Ground(title string) string {
	var b strings.Builder
	f.begin(&b, title)
	f.ground(&b)
	f.names(&b)
	b.WriteString("</svg>")
	return b.String()
}

// Overlay is marks without the map, to be laid over Ground. Marks that are not drawn
// are returned.
func (f *SketchFrame) Overlay(title string, marks []SketchMark) (svg string, left []SketchMark) {
	drawn, left := drawable(marks)
	var b strings.Builder
	f.begin(&b, title)
	f.marks(&b, drawn)
	b.WriteString("</svg>")
	return b.String(), left
}

// Sketch draws places on the map that pages are drawn on, as one SVG that needs
// no styles from elsewhere and no script. Names of areas are told by name; a name
// of "" is left out. Marks whose place is not known, or too wide to draw, are
// returned and not drawn.
func Sketch(title string, marks []SketchMark, base *basemap.Map, name func(where.AreaInfo) string) (svg string, left []SketchMark) {
	f := NewSketchFrame(marks, base, name)
	drawn, left := drawable(marks)
	var b strings.Builder
	f.begin(&b, title)
	f.ground(&b)
	f.marks(&b, drawn)
	f.names(&b)
	b.WriteString("</svg>")
	return b.String(), left
}

// sketchView is the piece of the world that holds the marks with something round
// them; without marks it is the usual one.
func sketchView(marks []SketchMark) mapView {
	if len(marks) == 0 {
		return firstView
	}
	v := mapView{180, 80, -180, -80}
	for _, m := range marks {
		c, _ := m.Region.Centre()
		r, _ := m.Region.Radius()
		dy := float64(r)/111e3 + 0.5
		dx := dy / math.Max(0.2, math.Cos(c.Lat*math.Pi/180))
		v.west, v.east = math.Min(v.west, c.Lon-dx), math.Max(v.east, c.Lon+dx)
		v.south, v.north = math.Max(-79, math.Min(v.south, c.Lat-dy)), math.Min(79, math.Max(v.north, c.Lat+dy))
	}
	const wide, high, low = 5.0, 0.72, 0.5 // least width in degrees; bounds of height to width
	if w := v.east - v.west; w < wide {
		v.west, v.east = v.west-(wide-w)/2, v.east+(wide-w)/2
	}
	if need := (mercator(v.north) - mercator(v.south)) / high; need > v.east-v.west {
		grow := (need - (v.east - v.west)) / 2
		v.west, v.east = v.west-grow, v.east+grow
	}
	for (mercator(v.north)-mercator(v.south))/(v.east-v.west) < low {
		v.south, v.north = v.south-0.1, v.north+0.1
	}
	return v
}

// sketchPatterns are two hatchings: of areas whose status is disputed, and of
// places where something may have been.
const sketchPatterns = `<defs><pattern id="sk-disputed" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#efede8"/><rect width="2" height="8" fill="#c9c5bb"/></pattern>` +
	`<pattern id="sk-may" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="2" height="6" fill="#3d4450" fill-opacity=".55"/></pattern></defs>`

func sketchSize(m SketchMark) where.Metres {
	r, _ := m.Region.Radius()
	return r
}

func sketchMark(b *strings.Builder, v mapView, m SketchMark) {
	mp, _, _, err := where.ParseGeoJSON(m.Region.GeoJSON())
	if err != nil {
		mp = nil
	}
	path, lo, hi := polygonPath(v, mp, 0.3)
	c, _ := m.Region.Centre()
	at := v.project(c)
	style := map[string]string{
		"sure":    `fill="#3d4450" fill-opacity=".5" stroke="#22262b" stroke-width="1"`,
		"may":     `fill="url(#sk-may)" stroke="#22262b" stroke-width=".8" stroke-dasharray="3 2"`,
		"watched": `fill="#0d6a74" fill-opacity=".12" stroke="#0d6a74" stroke-width="1.2"`,
	}[m.Class]
	if m.Href != "" {
		fmt.Fprintf(b, `<a href="%s">`, html.EscapeString(m.Href))
	}
	if size := math.Max(hi[0]-lo[0], hi[1]-lo[1]); path == "" || size < 9 {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4.5" %s>`, at[0], at[1], style)
		fmt.Fprintf(b, `<title>%s</title></circle>`, html.EscapeString(m.Says))
	} else {
		if size > 60 && m.Class == "sure" { // a wide place hides no others
			style = `fill="#3d4450" fill-opacity=".08" stroke="#22262b" stroke-width=".9"`
		}
		fmt.Fprintf(b, `<path d="%s" %s><title>%s</title></path>`, path, style, html.EscapeString(m.Says))
	}
	if m.Href != "" {
		b.WriteString("</a>")
	}
}

// sketchNames sets the names of areas where there is room.
func (m *pageMap) sketchNames(v mapView, base *basemap.Map, name func(where.AreaInfo) string) {
	var names []mapName
	for _, a := range where.Areas() {
		mp, ok := where.Area(a.Code)
		text := name(a)
		if !ok || text == "" {
			continue
		}
		if path, _ := clippedPath(v, mp, 0.6); path == "" {
			continue
		}
		at, size := middle(v, mp)
		names = append(names, mapName{pageLabel{at[0], at[1], text, "area"}, nameBox(at, text, 6.2), size})
	}
	m.setNames(names, nil)
}

// AreasDisputed are the first-level areas whose status is disputed, by the map.
func AreasDisputed(base *basemap.Map) []string {
	var out []string
	status := disputes(base)
	for _, a := range where.Areas() {
		if mp, ok := where.Area(a.Code); ok {
			at, _ := middle(firstView, mp)
			if _, open := disputedAt(firstView, status, at); open {
				out = append(out, a.Code)
			}
		}
	}
	slices.Sort(out)
	return out
}
