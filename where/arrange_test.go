package where

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// blob is a wavy ring of n vertices; seed chooses its shape.
func blob(c Point, radius Metres, n int, seed uint64) MultiPolygon {
	unit := func(k uint64) float64 { return float64(scramble(seed*1000+k)>>11) / (1 << 53) }
	var r Ring
	for i := 0; i < n; i++ {
		a := -360 * float64(i) / float64(n)
		f := 1.0
		for k := uint64(1); k <= 6; k++ {
			f += 0.3 / float64(k) * (unit(k) - 0.5) * math.Cos(a*radians*float64(k*k)+6.3*unit(k+20))
		}
		f += 0.01 * (unit(uint64(100+i)) - 0.5)
		r = append(r, Destination(c, a, radius*Metres(f), Model{Distance: Sphere}))
	}
	return MultiPolygon{{append(r, r[0])}}
}

// blobs are zones over Ukraine.
func blobs(n, vertices int, radius Metres) []*Zone {
	var zones []*Zone
	for i := 0; i < n; i++ {
		_, x := math.Modf(0.5 + float64(i)*0.7548776662466927)
		_, y := math.Modf(0.5 + float64(i)*0.5698402909980532)
		zones = append(zones, must(PolygonZone(fmt.Sprint("blob ", i), blob(Point{45 + 7*y, 22.5 + 17*x}, radius, vertices, uint64(i)))))
	}
	return zones
}

func BenchmarkArrange(b *testing.B) {
	for _, c := range []struct {
		name   string
		radius Metres
		m      Model
		tol    Metres
	}{
		{"apart", 15_000, Model{}, 50}, {"overlapping", 35_000, Model{}, 50}, {"overlapping planar", 35_000, Model{Edges: Planar}, 50}, {"overlapping 1 m", 35_000, Model{}, 1},
		{"heaped", 70_000, Model{}, 50},
	} {
		b.Run(c.name, func(b *testing.B) {
			zones := blobs(500, 1000, c.radius)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for _, z := range zones { // forget the indexes
					z.shape = &polyShape{mp: z.shape.(*polyShape).mp, cap: z.shape.(*polyShape).cap}
				}
				b.StartTimer()
				a := must(Arrange(zones, c.m, c.tol))
				b.ReportMetric(float64(len(a.Atoms)), "atoms")
				b.ReportMetric(float64(len(a.Boundary)), "slivers")
			}
		})
	}
}

// sets writes the atoms of an arrangement as "{} {0} {0 1}".
func sets(a *Arrangement) string {
	var out []string
	for _, x := range a.Atoms {
		out = append(out, x.In.String())
	}
	return strings.Join(out, " ")
}

func slivers(a *Arrangement) string {
	var out []string
	for _, x := range a.Boundary {
		out = append(out, x.In.String())
	}
	return strings.Join(out, " ")
}

// checkAtoms asks every zone about every witness and about points round it.
func checkAtoms(t interface{ Fatalf(string, ...any) }, a *Arrangement) {
	for i, x := range a.Atoms {
		if !(x.Clearance > a.Tolerance) || i > 0 && a.Atoms[i-1].In.compare(x.In) >= 0 {
			t.Fatalf("atom %d %v: clearance %v, or not in order", i, x.In, float64(x.Clearance))
		}
		at := func(p Point) {
			for k, z := range a.zones {
				if z.Contains(p, a.Model) != x.In.Has(k) {
					t.Fatalf("atom %v, witness %v, clearance %v: zone %d %q differs at %v", x.In, x.Witness, float64(x.Clearance), k, z.Name, p)
				}
			}
		}
		at(x.Witness)
		for b := 0.0; b < 360; b += 15 {
			for _, f := range []Metres{0.3, 0.7, 0.999} {
				at(Destination(x.Witness, b, min(x.Clearance, 1e6)*f, a.Model))
			}
		}
	}
	for i, x := range a.Boundary {
		if _, ok := slices.BinarySearchFunc(a.Atoms, x.In, func(y Atom, in ZoneSet) int { return y.In.compare(in) }); ok {
			t.Fatalf("%v is an atom and a sliver", x.In)
		}
		for k, z := range a.zones {
			if z.Contains(x.At, a.Model) != x.In.Has(k) {
				t.Fatalf("sliver %d %v: zone %d differs at %v", i, x.In, k, x.At)
			}
		}
	}
}

func TestArrange(t *testing.T) {
	poly := func(mp MultiPolygon) *Zone { return must(PolygonZone("drawn", mp)) }
	area := func(codes ...string) *Zone { return must(AreaZone(codes[0], codes...)) }
	sq := poly(square(48, 37, 1))
	same := poly(square(48, 37, 1))
	inner := poly(square(48.4, 37.4, 0.2))
	ring := poly(MultiPolygon{{square(48, 37, 1)[0][0], square(48.4, 37.4, 0.2)[0][0]}})
	line := LineString{{49.0, 36.0}, {49.6, 36.6}, {50.4, 36.4}}
	offset := func(metres Metres) float64 { return float64(metres) / 111_200 }
	for _, c := range []struct {
		name           string
		zones          []*Zone
		want, boundary string
	}{
		{"no zone", nil, "{}", ""},
		{"one", []*Zone{sq}, "{} {0}", ""},
		{"identical", []*Zone{sq, same, sq}, "{} {0 1 2}", ""},
		{"nested", []*Zone{sq, inner}, "{} {0} {0 1}", ""},
		{"hole and what fills it", []*Zone{ring, inner}, "{} {0} {1}", ""},
		{"hole, filled, whole", []*Zone{ring, inner, UnionZone("", ring, inner), sq}, "{} {0 2 3} {1 2 3}", ""},
		{"complement", []*Zone{ComplementZone("", sq)}, "{} {0}", ""},
		{"zone and complement", []*Zone{sq, ComplementZone("", sq)}, "{0} {1}", ""},
		{"everything", []*Zone{UnionZone("", sq, ComplementZone("", same))}, "{0}", ""},
		{"nothing", []*Zone{SubtractZone("", sq, same), NearSites("", nil, 5)}, "{}", ""},
		{"sharing a side", []*Zone{sq, poly(square(48, 38, 1))}, "{} {0} {1}", ""},
		{"touching at a corner", []*Zone{sq, poly(square(49, 38, 1))}, "{} {0} {1}", ""},
		{"crossing", []*Zone{sq, poly(square(48.5, 37.5, 1))}, "{} {0} {1} {0 1}", ""},
		{"corner on a side", []*Zone{sq, poly(MultiPolygon{{{{48.5, 38}, {48.2, 38.5}, {48.8, 38.5}, {48.5, 38}}}})}, "{} {0} {1}", ""},
		{"parts that overlap", []*Zone{poly(append(square(48, 37, 1), square(48.5, 37.5, 1)...))}, "{} {0}", ""},
		{"parts that share a side", []*Zone{poly(append(square(48, 37, 1), square(48, 38, 1)...)), sq}, "{} {0} {0 1}", ""},
		{"thick enough", []*Zone{poly(square(0, 37, 1)), poly(square(offset(420), 37, 1))}, "{} {0} {1} {0 1}", ""},
		{"too thin", []*Zone{poly(square(0, 37, 1)), poly(square(offset(180), 37, 1))}, "{} {0 1}", "{0} {1}"},
		{"far too thin", []*Zone{poly(square(0, 37, 1)), poly(square(offset(0.02), 37, 1))}, "{} {0 1}", "{0} {1}"},
		{"across 180", []*Zone{poly(MultiPolygon{{{{60, 179}, {60, 180}, {61, 180}, {61, 179}, {60, 179}}}, {{{60, -180}, {60, -179}, {61, -179}, {61, -180}, {60, -180}}}}),
			NearSites("", []Point{{60.5, 180}}, 10_000)}, "{} {0} {0 1}", ""},
		{"near a line", []*Zone{NearLine("", line, 15_000, Both), NearLine("", line, 15_000, Left), NearLine("", line, 15_000, Right)}, "{} {0 1} {0 2}", ""},
		{"three widths on both sides", []*Zone{NearLine("", line, 15_000, Left), NearLine("", line, 25_000, Left), NearLine("", line, 35_000, Left),
			NearLine("", line, 15_000, Right), NearLine("", line, 25_000, Right)}, "{} {2} {1 2} {0 1 2} {4} {3 4}", ""},
		{"a line without length", []*Zone{NearLine("", LineString{{49, 36}, {49, 36}}, 15_000, Both)}, "{} {0}", ""},
		{"equal distance zones", []*Zone{NearLine("", line, 15_000, Both), NearLine("", line, 15_000, Both)}, "{} {0 1}", ""},
		{"area and a line", []*Zone{area("UA-63"), NearLine("", line, 15_000, Both), NearSites("", []Point{{50, 36.25}}, 1500)}, "{} {0} {1} {0 1} {0 2}", ""},
		{"country, areas and the rest", []*Zone{area("UA"), area("UA-63"), area("UA-59"), SubtractZone("", area("UA"), area("UA-63", "UA-59"))}, "{} {0 1} {0 2} {0 3}", ""},
		{"both countries", []*Zone{area("UA"), area("RU"), ComplementZone("", area("RU")), area("UA-43", "UA-40")}, "{1} {2} {0 2} {0 2 3}", ""},
		{"the whole earth", []*Zone{NearSites("", []Point{{0, 0}}, 3e7)}, "{0}", ""},
		{"large polygon", []*Zone{poly(square(0, 0, 60)), NearSites("", []Point{{-30, -150}, {30, 20}}, 500_000)}, "{} {0} {1} {0 1}", ""},
		{"half of it", []*Zone{NearSites("", []Point{{50, 30}}, 1e7), sq}, "{} {0} {0 1}", ""},
	} {
		for _, m := range models {
			if strings.HasPrefix(c.name, "corner on") && m.Edges == Geodesic {
				continue // the side bends, and the corner cuts a sliver off
			}
			a, err := Arrange(c.zones, m, 100)
			if err != nil {
				t.Errorf("%s, %v: %v", c.name, m, err)
				continue
			}
			if got := sets(a); got != c.want {
				t.Errorf("%s, %v: %s, want %s", c.name, m, got, c.want)
			}
			if got := slivers(a); got != c.boundary {
				t.Errorf("%s, %v: boundary %s, want %s", c.name, m, got, c.boundary)
			}
			checkAtoms(t, a)
		}
	}
}

func BenchmarkArrangeDistances(b *testing.B) {
	var zones []*Zone
	for i, z := range blobs(100, 20, 60_000) {
		zones = append(zones, NearLine(fmt.Sprint("line ", i), LineString(z.shape.(*polyShape).mp[0][0][:10]), 15_000, Side(i%3)))
	}
	for b.Loop() {
		a := must(Arrange(zones, Model{}, 50))
		b.ReportMetric(float64(len(a.Atoms)), "atoms")
		b.ReportMetric(float64(len(a.Boundary)), "slivers")
	}
}

func TestArrangeAreas(t *testing.T) {
	for country, want := range map[string]int{"UA": 27, "RU": 81} {
		var zones []*Zone
		for _, info := range Areas() {
			if _, ok := Area(info.Code); ok && info.Country == country {
				zones = append(zones, must(AreaZone(info.Code, info.Code)))
			}
		}
		if len(zones) != want {
			t.Fatalf("%s: %d areas with a boundary", country, len(zones))
		}
		zones = append(zones, must(AreaZone(country, country)))
		for _, m := range models[1:3] {
			a := must(Arrange(zones, m, 200))
			if len(a.Atoms) != want+1 || len(a.Boundary) != 0 {
				t.Errorf("%s, %v: %d atoms and boundary %s", country, m, len(a.Atoms), slivers(a))
			}
			for _, x := range a.Atoms {
				if n := len(x.In.Indices()); n != 0 && (n != 2 || !x.In.Has(want)) {
					t.Errorf("%s: atom %v", country, x.In)
				}
			}
			checkAtoms(t, a)
		}
	}
}

// TestArrangeSmall: discs a little wider than twice the tolerance are atoms
// wherever they lie, and discs a little narrower than it are not.
func TestArrangeSmall(t *testing.T) {
	for _, tol := range []Metres{50, 59, 74} {
		var zones []*Zone
		for i := 0; i < 200; i++ {
			p := Point{46 + 5*float64(i%14)/14, 30 + 7*float64(i/14)/15}
			if r := 2.01 * tol; i%2 == 0 {
				zones = append(zones, NearSites("", []Point{p}, r))
			} else {
				zones = append(zones, must(PolygonZone("", MultiPolygon{{arc(p, 0, 360, r*1.001, Model{})}})))
			}
		}
		for i := 0; i < 20; i++ {
			zones = append(zones, NearSites("", []Point{{50.2, 30.03 + 0.3*float64(i)}}, 0.99*tol))
		}
		a := must(Arrange(zones, Model{}, tol))
		checkAtoms(t, a)
		if len(a.Atoms) != 201 || len(a.Boundary) > 20 {
			t.Errorf("%v: %d atoms, %d slivers", tol, len(a.Atoms), len(a.Boundary))
		}
		for _, x := range a.Atoms {
			if in := x.In.Indices(); len(in) > 1 || len(in) == 1 && in[0] >= 200 {
				t.Errorf("atom %v", x.In)
			}
		}
	}
}

// TestArrangeEdges: a place between the parallel and the great circle.
func TestArrangeEdges(t *testing.T) {
	zones := []*Zone{must(PolygonZone("", square(48, 37, 1))), NearSites("", []Point{{48.0006, 37.5}}, 30)}
	for e, want := range []string{"{} {0} {1}", "{} {0} {0 1}"} {
		a := must(Arrange(zones, Model{Edges: EdgeModel(e)}, 10))
		checkAtoms(t, a)
		if got := sets(a); got != want {
			t.Errorf("%v: %s, want %s", a.Model, got, want)
		}
	}
}

func TestArrangeTolerance(t *testing.T) {
	for _, tol := range []Metres{0, -1, 0.001, 20_000, Metres(math.NaN()), Metres(math.Inf(1))} {
		if _, err := Arrange(nil, Model{}, tol); err == nil || !strings.Contains(err.Error(), "expected 0.01 to 10000") {
			t.Errorf("%v: %v", float64(tol), err)
		}
	}
}

// TestArrangeAgainstSampling: every combination that holds on a disc of twice
// the tolerance is an atom.
func TestArrangeAgainstSampling(t *testing.T) {
	clear := 0
	rapid.Check(t, func(t *rapid.T) {
		zones := []*Zone{drawZone(t, 2), drawZone(t, 1), drawZone(t, 0), drawZone(t, 0)}
		zones = append(zones, drawNeighbours(t)...)
		m := models[rapid.IntRange(0, len(models)-1).Draw(t, "model")]
		tol := Metres(rapid.SampledFrom([]float64{20, 150, 600}).Draw(t, "tolerance"))
		a := must(Arrange(zones, m, tol))
		checkAtoms(t, a)
		if again := must(Arrange(zones, m, tol)); !reflect.DeepEqual(a, again) {
			t.Fatal("another answer to the same question")
		}
		ask := newMembership(zones, m)
		seen := map[string]bool{}
		for i := 0; i < 600; i++ {
			_, fx := math.Modf(float64(i) * 0.7548776662466927)
			_, fy := math.Modf(float64(i) * 0.5698402909980532)
			p := Point{47.8 + 0.5*fy, 36.75 + 0.6*fx}
			in := ask.at(p)
			if seen[in.String()] || !clearOf(zones, p, 2*tol, m) {
				continue
			}
			seen[in.String()] = true
			clear++
			if _, ok := a.At(p); !ok {
				t.Fatalf("%v: %v holds within %v m of %v, and is not among %s", m, in, float64(2*tol), p, sets(a))
			}
		}
	})
	if clear == 0 {
		t.Error("nothing was tried")
	}
}

// drawNeighbours makes zones that share edges or lines, and one far away, which
// puts the others anywhere on the facets.
func drawNeighbours(t *rapid.T) []*Zone {
	at := func(name string) Point {
		return Point{48 + rapid.Float64Range(-0.1, 0.1).Draw(t, name+" lat"), 37 + rapid.Float64Range(-0.1, 0.1).Draw(t, name+" lon")}
	}
	p, size := at("corner"), rapid.Float64Range(0.01, 0.1).Draw(t, "size")
	mid := Point{p.Lat + size*rapid.Float64Range(0.2, 0.8).Draw(t, "knee"), p.Lon + size}
	far := must(PolygonZone("", MultiPolygon{{{p, {p.Lat, p.Lon + size}, mid, {p.Lat + size, p.Lon + size}, p}}}))
	switch rapid.IntRange(0, 4).Draw(t, "neighbours") {
	case 0:
		return nil
	case 1: // one has a vertex in the side that both share
		return []*Zone{far, must(PolygonZone("", square(p.Lat, p.Lon+size, size)))}
	case 2: // a line that does not run back on itself, which has no clear sides
		line := LineString{at("a"), at("b"), at("c")}
		line[0].Lon, line[2].Lon = line[1].Lon-0.05, line[1].Lon+0.03
		return []*Zone{NearLine("", line, 3000, Left), NearLine("", line, 5000, Right), NearLine("", line, 5000, Both), NearLine("", line, 6000, Left)}
	case 3:
		hole := square(p.Lat+size*0.2, p.Lon+size*0.3, size*0.4)
		ring := must(PolygonZone("", MultiPolygon{{square(p.Lat, p.Lon, size)[0][0], hole[0][0]}}))
		return []*Zone{ring, UnionZone("", ring, must(PolygonZone("", hole)))}
	}
	return []*Zone{NearSites("", []Point{{rapid.Float64Range(-90, 90).Draw(t, "far lat"), rapid.Float64Range(-180, 180).Draw(t, "far lon")}}, 5000)}
}

// clearOf reports whether a disc has no boundary of any zone, for certain.
func clearOf(zones []*Zone, p Point, r Metres, m Model) bool {
	for _, z := range zones {
		if z.Relate(Disc(p, r), m) == Straddling {
			return false
		}
	}
	return true
}

// TestArrangeBlobsAgainstSampling does so with many crossing polygons, of which
// some are drawn again with a small shift.
func TestArrangeBlobsAgainstSampling(t *testing.T) {
	zones := blobs(60, 120, 110_000)
	for i := 0; i < 20; i++ {
		mp := zones[i].shape.(*polyShape).mp
		zones = append(zones, must(PolygonZone("shifted", shifted(mp, 0.0002*float64(i)))))
	}
	for _, m := range models[1:3] {
		a := must(Arrange(zones, m, 80))
		checkAtoms(t, a)
		var points []Point
		for i := 0; i < 8_000; i++ {
			_, fx := math.Modf(float64(i) * 0.7548776662466927)
			_, fy := math.Modf(float64(i) * 0.5698402909980532)
			points = append(points, Point{44 + 9*fy, 21 + 20*fx})
		}
		for _, x := range a.Boundary {
			points = push(append(points, x.At), x.At, 12, a.Tolerance)
			points = push(points, x.At, 12, 3*a.Tolerance)
		}
		ask, tried := newMembership(zones, m), 0
		for _, p := range points {
			if _, ok := a.At(p); ok {
				continue
			}
			tried++
			if clearOf(zones, p, 2*a.Tolerance, m) {
				t.Fatalf("%v: %v at %v is no atom", m, ask.at(p), p)
			}
		}
		if tried == 0 || len(a.Boundary) == 0 {
			t.Errorf("%v: %d points in no atom, %d slivers", m, tried, len(a.Boundary))
		}
	}
}

func shifted(mp MultiPolygon, by float64) MultiPolygon {
	var r Ring
	for _, p := range mp[0][0] {
		r = append(r, Point{p.Lat + by, p.Lon + by})
	}
	return MultiPolygon{{r}}
}

func TestOutline(t *testing.T) {
	zones := append(blobs(12, 60, 200_000), must(AreaZone("", "UA-63", "UA-53")),
		NearLine("", LineString{{49, 33}, {50, 36}}, 30_000, Both))
	a := must(Arrange(zones, Model{}, 50))
	outline := func(pick func(in ZoneSet) bool) float64 { return must(a.Outline(pick)).SquareKilometres() }
	var sum float64
	for _, x := range a.Atoms {
		one := outline(func(in ZoneSet) bool { return in.compare(x.In) == 0 })
		if one <= 0 {
			t.Errorf("atom %v has no area", x.In)
		}
		if len(x.In.Indices()) > 0 {
			sum += one
		}
	}
	var all []MultiPolygon
	for i, z := range zones {
		mp := z.shape.outline(Model{})
		all = append(all, mp)
		want := overlay("union", mp, nil).SquareKilometres()
		if got := outline(func(in ZoneSet) bool { return in.Has(i) }); math.Abs(got-want) > 1+want/1e5 {
			t.Errorf("zone %d: its atoms have %v km², it has %v", i, got, want)
		}
	}
	want := overlayAll(all).SquareKilometres()
	if whole := outline(func(in ZoneSet) bool { return len(in.Indices()) > 0 }); math.Abs(whole-want) > 1+want/1e5 || math.Abs(sum-want) > 1+want/1e5 {
		t.Errorf("the atoms have %v km² one by one and %v together, the union has %v", sum, whole, want)
	}
	if none := must(a.Outline(func(ZoneSet) bool { return false })); len(none) != 0 {
		t.Errorf("%d polygons of nothing", len(none))
	}
}
