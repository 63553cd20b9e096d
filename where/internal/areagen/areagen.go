// Package areagen makes the built-in area boundaries from their source. All
// boundaries are simplified together, arc by arc, so that neighbours keep one
// common border.
package areagen

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"sort"
)

// Tolerances of the simplification, in metres: near is for Ukraine and for
// Russia west of nearLon.
const (
	near    = 150.0
	far     = 1000.0
	nearLon = 50 * unit
	unit    = 100000 // of a degree
)

// pt is a longitude and latitude in units of 1e-5 degree.
type pt struct{ x, y int }

func (a pt) less(b pt) bool { return a.x < b.x || a.x == b.x && a.y < b.y }

type region struct {
	code  string
	polys [][][]pt // rings, closed
}

// Generate returns areas.geojson: the sources' regions under the codes of the
// table (columns source_code, iso, ...), simplified.
func Generate(table []byte, sources ...[]byte) ([]byte, error) {
	codes, err := readTable(table)
	if err != nil {
		return nil, err
	}
	byCode := map[string]*region{}
	for _, src := range sources {
		if err := readSource(src, codes, byCode); err != nil {
			return nil, err
		}
	}
	var regions []*region
	for _, r := range byCode {
		regions = append(regions, r)
	}
	sort.Slice(regions, func(i, j int) bool { return regions[i].code < regions[j].code })
	simplify(regions)
	return write(regions), nil
}

func readTable(table []byte) (map[string]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	codes := map[string]string{}
	for _, r := range rows[1:] {
		if r[0] != "" {
			codes[r[0]] = r[1]
		}
	}
	return codes, nil
}

type feature struct {
	Properties struct {
		RegionCode string `json:"region_code"`
	}
	Geometry struct {
		Type        string
		Coordinates json.RawMessage
	}
}

func readSource(src []byte, codes map[string]string, byCode map[string]*region) error {
	var file struct{ Features []feature }
	if err := json.Unmarshal(src, &file); err != nil {
		return err
	}
	for _, f := range file.Features {
		polys, err := f.polygons()
		if err != nil {
			return err
		}
		for _, p := range polys {
			code, ok := codes[f.Properties.RegionCode]
			if !ok {
				return fmt.Errorf("source code %q is not in the table", f.Properties.RegionCode)
			}
			if byCode[code] == nil {
				byCode[code] = &region{code: code}
			}
			byCode[code].polys = append(byCode[code].polys, quantise(p))
		}
	}
	return nil
}

func (f *feature) polygons() ([][][][2]float64, error) {
	if f.Geometry.Type == "Polygon" {
		var one [][][2]float64
		err := json.Unmarshal(f.Geometry.Coordinates, &one)
		return [][][][2]float64{one}, err
	}
	var all [][][][2]float64
	err := json.Unmarshal(f.Geometry.Coordinates, &all)
	return all, err
}

func quantise(p [][][2]float64) [][]pt {
	var out [][]pt
	for _, r := range p {
		var ring []pt
		for _, c := range r {
			q := pt{int(math.Round(c[0] * unit)), int(math.Round(c[1] * unit))}
			if len(ring) == 0 || ring[len(ring)-1] != q {
				ring = append(ring, q)
			}
		}
		out = append(out, ring)
	}
	return out
}

// arc is a run of border between two junctions, or a whole ring; it is stored
// in one direction only.
type arc struct {
	pts       []pt
	tolerance float64
	out       []pt
}

// use is an arc as a ring runs along it.
type use struct {
	arc     *arc
	flipped bool
}

func simplify(regions []*region) {
	nodes := junctions(regions)
	arcs := map[string]*arc{}
	var order []*arc
	rings := map[*[]pt][]use{}
	for _, r := range regions {
		for i := range r.polys {
			for j := range r.polys[i] {
				ring := &r.polys[i][j]
				for _, part := range split(*ring, nodes) {
					u := intern(part, r.code, arcs, &order)
					rings[ring] = append(rings[ring], u)
				}
			}
		}
	}
	for _, a := range order {
		a.out = reduce(a.pts, a.tolerance)
	}
	mend(order)
	for _, r := range regions {
		for i := range r.polys {
			for j := range r.polys[i] {
				ring := &r.polys[i][j]
				*ring = join(rings[ring])
			}
		}
	}
}

// junctions are the points where borders meet: those with other than two
// neighbours along all rings.
func junctions(regions []*region) map[pt]bool {
	next := map[pt]map[pt]bool{}
	link := func(a, b pt) {
		if next[a] == nil {
			next[a] = map[pt]bool{}
		}
		next[a][b] = true
	}
	eachRing(regions, func(r []pt) {
		for i := 1; i < len(r); i++ {
			link(r[i-1], r[i])
			link(r[i], r[i-1])
		}
	})
	out := map[pt]bool{}
	for p, n := range next {
		// Ends of common borders are junctions too; the edges of the frame at
		// 180 degrees stay as they are.
		if len(n) != 2 || p.x == 180*unit || p.x == -180*unit {
			out[p] = true
		}
	}
	return out
}

func eachRing(regions []*region, f func([]pt)) {
	for _, r := range regions {
		for _, p := range r.polys {
			for _, ring := range p {
				f(ring)
			}
		}
	}
}

// split cuts a ring at its junctions, or at its least point if it has none.
func split(ring []pt, nodes map[pt]bool) [][]pt {
	open := ring[:len(ring)-1]
	start, least := -1, 0
	for i, p := range open {
		if nodes[p] && start < 0 {
			start = i
		}
		if p.less(open[least]) {
			least = i
		}
	}
	if start < 0 {
		start = least
	}
	turned := append(append([]pt(nil), open[start:]...), open[:start]...)
	turned = append(turned, turned[0])
	var out [][]pt
	from := 0
	for i := 1; i < len(turned); i++ {
		if nodes[turned[i]] || i == len(turned)-1 {
			out = append(out, turned[from:i+1])
			from = i
		}
	}
	return out
}

func intern(part []pt, code string, arcs map[string]*arc, order *[]*arc) use {
	back := reversed(part)
	u := use{}
	if lessRun(back, part) {
		part, u.flipped = back, true
	}
	key := fmt.Sprint(part)
	a := arcs[key]
	if a == nil {
		a = &arc{pts: append([]pt(nil), part...), tolerance: far}
		arcs[key] = a
		*order = append(*order, a)
	}
	if isNear(part, code) {
		a.tolerance = near
	}
	u.arc = a
	return u
}

func isNear(part []pt, code string) bool {
	if code[:2] == "UA" {
		return true
	}
	for _, p := range part {
		if p.x >= 0 && p.x < nearLon {
			return true
		}
	}
	return false
}

func reversed(in []pt) []pt {
	out := make([]pt, len(in))
	for i, p := range in {
		out[len(in)-1-i] = p
	}
	return out
}

func lessRun(a, b []pt) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i].less(b[i])
		}
	}
	return false
}

// reduce is Douglas and Peucker's; a closed run is first cut at the point
// farthest from its start, and keeps at least a triangle.
func reduce(run []pt, tolerance float64) []pt {
	if run[0] != run[len(run)-1] {
		return append(peucker(run, tolerance), run[len(run)-1])
	}
	apex := 0
	for i, p := range run {
		if metres(p, run[0], run[0]) > metres(run[apex], run[0], run[0]) {
			apex = i
		}
	}
	for t := tolerance; t > 1; t /= 2 {
		out := append(peucker(run[:apex+1], t), peucker(run[apex:], t)...)
		if len(out) >= 3 {
			return append(out, run[0])
		}
	}
	return run
}

// peucker leaves out the last point.
func peucker(run []pt, tolerance float64) []pt {
	last := len(run) - 1
	worst, at := tolerance, 0
	for i := 1; i < last; i++ {
		if d := metres(run[i], run[0], run[last]); d > worst {
			worst, at = d, i
		}
	}
	if at == 0 {
		return run[:1:1]
	}
	return append(peucker(run[:at+1], tolerance), peucker(run[at:], tolerance)...)
}

// metres is about the distance from p to the segment a-b.
func metres(p, a, b pt) float64 {
	const perUnit = 111195.0 / unit
	k := math.Cos(float64(p.y) / unit * math.Pi / 180)
	px, py := float64(p.x-a.x)*k*perUnit, float64(p.y-a.y)*perUnit
	dx, dy := float64(b.x-a.x)*k*perUnit, float64(b.y-a.y)*perUnit
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, (px*dx+py*dy)/l))
	}
	return math.Hypot(px-t*dx, py-t*dy)
}

func join(uses []use) []pt {
	var out []pt
	for _, u := range uses {
		run := u.arc.out
		if u.flipped {
			run = reversed(run)
		}
		out = append(out, run[:len(run)-1]...)
	}
	return append(out, out[0])
}

// mend takes back some simplification from arcs that cross after it.
func mend(arcs []*arc) {
	for round := 0; round < 20; round++ {
		bad := crossing(arcs)
		if len(bad) == 0 {
			return
		}
		for a := range bad {
			a.tolerance /= 2
			if round > 12 {
				a.tolerance = 0
			}
			a.out = reduce(a.pts, a.tolerance)
		}
	}
}

type seg struct {
	a, b pt
	arc  *arc
}

func (s seg) west() int { return min(s.a.x, s.b.x) }
func (s seg) east() int { return max(s.a.x, s.b.x) }

func crossing(arcs []*arc) map[*arc]bool {
	var segs []seg
	for _, a := range arcs {
		for i := 1; i < len(a.out); i++ {
			segs = append(segs, seg{a.out[i-1], a.out[i], a})
		}
	}
	sort.SliceStable(segs, func(i, j int) bool { return segs[i].west() < segs[j].west() })
	bad := map[*arc]bool{}
	var active []seg
	for _, s := range segs {
		keep := active[:0]
		for _, t := range active {
			if t.east() < s.west() {
				continue
			}
			keep = append(keep, t)
			if cross(s, t) {
				bad[s.arc], bad[t.arc] = true, true
			}
		}
		active = append(keep, s)
	}
	return bad
}

// cross reports whether two segments cross, or one touches the other's middle.
func cross(s, t seg) bool {
	if s.a == t.a || s.a == t.b || s.b == t.a || s.b == t.b {
		return false
	}
	o1, o2 := side(s.a, s.b, t.a), side(s.a, s.b, t.b)
	o3, o4 := side(t.a, t.b, s.a), side(t.a, t.b, s.b)
	return o1*o2 < 0 && o3*o4 < 0
}

func side(a, b, c pt) int {
	v := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func write(regions []*region) []byte {
	var w bytes.Buffer
	w.WriteString("{\"type\":\"FeatureCollection\",\"features\":[\n")
	for i, r := range regions {
		if i > 0 {
			w.WriteString(",\n")
		}
		fmt.Fprintf(&w, `{"type":"Feature","properties":{"code":%q},"geometry":{"type":"MultiPolygon","coordinates":[`, r.code)
		for j, p := range r.polys {
			comma(&w, j)
			w.WriteByte('[')
			for k, ring := range p {
				comma(&w, k)
				writeRing(&w, ring)
			}
			w.WriteByte(']')
		}
		w.WriteString("]}}")
	}
	w.WriteString("\n]}\n")
	return w.Bytes()
}

func comma(w *bytes.Buffer, i int) {
	if i > 0 {
		w.WriteByte(',')
	}
}

func writeRing(w *bytes.Buffer, ring []pt) {
	w.WriteByte('[')
	for i, p := range ring {
		comma(w, i)
		fmt.Fprintf(w, "[%g,%g]", float64(p.x)/unit, float64(p.y)/unit)
	}
	w.WriteByte(']')
}
