package where

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var models = []Model{{}, {Distance: Sphere}, {Edges: Planar}, {Boundary: Open}, {Distance: Sphere, Edges: Planar, Boundary: Open}}

func square(lat, lon, size float64) MultiPolygon {
	return MultiPolygon{{{{lat, lon}, {lat, lon + size}, {lat + size, lon + size}, {lat + size, lon}, {lat, lon}}}}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestDistance(t *testing.T) {
	dms := func(d, m, s float64) float64 { return d + m/60 + s/3600 }
	for _, c := range []struct {
		name string
		a, b Point
		want float64
		tol  float64
	}{
		{"Flinders Peak to Buninyong", Point{-dms(37, 57, 3.72030), dms(144, 25, 29.52440)}, Point{-dms(37, 39, 10.15610), dms(143, 55, 35.38390)}, 54972.271, 0.001},
		{"quarter meridian", Point{0, 0}, Point{90, 0}, 10001965.7293, 0.001},
		{"pole to pole", Point{-90, 0}, Point{90, 0}, 20003931.4586, 0.001},
		{"a degree of the equator", Point{0, 0}, Point{0, 1}, 111319.4908, 0.001},
		{"antipodal on the equator goes over a pole", Point{0, 0}, Point{0, 180}, 20003931.4586, 0.001},
		{"nearly antipodal (Karney)", Point{-30, 0}, Point{29.9, 179.8}, 19989832.8276, 0.002},
		{"nearly antipodal on the equator (Karney)", Point{0, 0}, Point{0.5, 179.5}, 19936288.579, 0.002},
		{"same", Point{1, 2}, Point{1, 2}, 0, 0},
		{"across 180", Point{0, 179.5}, Point{0, -179.5}, 111319.4908, 0.001},
	} {
		if got := float64(Distance(c.a, c.b, Model{})); math.Abs(got-c.want) > c.tol {
			t.Errorf("%s: %.4f, want %.4f", c.name, got, c.want)
		}
	}
}

func TestDirectAndInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Point{rapid.Float64Range(-89, 89).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")}
		b := rapid.Float64Range(0, 360).Draw(t, "bearing")
		d := Metres(rapid.Float64Range(0.01, 1.5e7).Draw(t, "d"))
		for _, m := range models[:2] {
			q := Destination(p, b, d, m)
			if err := q.Valid(); err != nil {
				t.Fatal(err)
			}
			if back := Distance(p, q, m); math.Abs(float64(back-d)) > 1e-4 {
				t.Fatalf("%v: went %v, came back %v", m, float64(d), float64(back))
			}
			if there := Distance(p, q, m); there != Distance(q, p, m) && math.Abs(float64(there-Distance(q, p, m))) > 1e-6 {
				t.Fatal("not symmetric")
			}
		}
	})
}

func TestPointToEdge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Point{rapid.Float64Range(-70, 70).Draw(t, "lat"), rapid.Float64Range(-170, 170).Draw(t, "lon")}
		b := Destination(a, rapid.Float64Range(0, 360).Draw(t, "bearing"), Metres(rapid.Float64Range(1, 5e5).Draw(t, "length")), Model{})
		p := Destination(a, rapid.Float64Range(0, 360).Draw(t, "to"), Metres(rapid.Float64Range(0, 3e5).Draw(t, "far")), Model{})
		if math.Abs(b.Lon-a.Lon) > 180 {
			return
		}
		for _, m := range models[:3] {
			s := newEdgeSet(m.Edges, []rawEdge{{a, b, 0}})
			got, _, _ := s.nearest(p, m)
			if want := slowNearest(a, b, p, m); math.Abs(float64(got)-want) > 0.01 {
				t.Fatalf("%v: %v, want %v", m, float64(got), want)
			}
		}
	})
}

// slowNearest halves its way along the whole edge.
func slowNearest(a, b, p Point, m Model) float64 {
	whole := makeEdge(rawEdge{a, b, 0})
	s := &edgeSet{model: m.Edges}
	best, at := math.Inf(1), 0.0
	lo, hi := 0.0, 1.0
	for round := 0; round < 8; round++ {
		for i := 0; i <= 100; i++ {
			u := math.Max(0, math.Min(1, lo+(hi-lo)*float64(i)/100))
			if d := float64(Distance(p, s.at(&whole, u), m)); d < best {
				best, at = d, u
			}
		}
		w := (hi - lo) / 50
		lo, hi = at-w, at+w
	}
	return best
}

func TestBoundaryRule(t *testing.T) {
	sq := must(PolygonZone("square", square(48, 37, 1)))
	two := must(PolygonZone("two", append(square(48, 37, 1), square(48, 38, 1)...)))
	site := NearSites("site", []Point{{48, 37}}, 1000)
	line := NearLine("line", LineString{{48, 37}, {48.5, 37}, {49, 37}}, 1000, Left)
	for _, c := range []struct {
		name  string
		z     *Zone
		p     Point
		bound bool // on the boundary: in if closed
		in    bool // otherwise
	}{
		{"corner", sq, Point{48, 37}, true, false},
		{"side on a meridian", sq, Point{48.5, 37}, true, false},
		{"a hair off the side", sq, Point{48.5, 37 - 5e-10}, true, false},
		{"two hairs off the side", sq, Point{48.5, 37 - 3e-9}, false, false},
		{"just inside", sq, Point{48.5, 37 + 3e-9}, false, true},
		{"between two parts", two, Point{48.5, 38}, false, true},
		{"corner of both parts", two, Point{48, 38}, true, false},
		{"site itself", site, Point{48, 37}, false, true},
		{"on a one-sided line", line, Point{48.25, 37}, true, false},
		{"left of it", line, Point{48.25, 36.999}, false, true},
		{"right of it", line, Point{48.25, 37.001}, false, false},
		{"left beyond its end", line, Point{49.001, 36.999}, false, true},
		{"right beyond its end", line, Point{49.001, 37.001}, false, false},
	} {
		for _, m := range models {
			want := c.in || c.bound && m.Boundary == Closed
			if got := c.z.Contains(c.p, m); got != want {
				t.Errorf("%s, %v: %t", c.name, m, got)
			}
			if r := c.z.Relate(Disc(c.p, 0), m); r != relationOf(want) {
				t.Errorf("%s, %v: relation %v", c.name, m, r)
			}
		}
	}
}

func TestDiscAtEquality(t *testing.T) {
	sq := must(PolygonZone("square", square(48, 37, 1)))
	open := Model{Boundary: Open}
	p := Point{48.5, 37.01}
	d, _, _ := sq.shape.(*polyShape).at(Geodesic).border.nearest(p, Model{})
	site := NearSites("site", []Point{{48, 37}}, 1500)
	q := Destination(Point{48, 37}, 30, 1000, Model{})
	gap := Distance(Point{48, 37}, q, Model{})
	for _, c := range []struct {
		name string
		z    *Zone
		r    Region
		m    Model
		want Relation
	}{
		{"touches the side", sq, Disc(p, d), Model{}, Inside},
		{"touches the side, open", sq, Disc(p, d), open, Straddling},
		{"just short of it, open", sq, Disc(p, d-0.001), open, Inside},
		{"just over it", sq, Disc(p, d+0.001), Model{}, Straddling},
		{"near a site, well inside", site, Disc(q, 1499-gap), Model{}, Inside},
		{"near a site, over the rim", site, Disc(q, 1501-gap), Model{}, Straddling},
		{"near a site, outside", site, Disc(Destination(Point{48, 37}, 30, 3000, Model{}), 1499), Model{}, Outside},
		{"near a site, reaching in", site, Disc(Destination(Point{48, 37}, 30, 3000, Model{}), 1501), Model{}, Straddling},
	} {
		if got := c.z.Relate(c.r, c.m); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAreaRelations(t *testing.T) {
	ua := must(AreaZone("Ukraine", "UA"))
	kharkiv := must(AreaZone("Kharkiv", "UA-63"))
	sumy := must(AreaZone("Sumy", "UA-59"))
	poly := must(PolygonZone("drawn", first(Area("UA-63"))))
	east := UnionZone("east", must(AreaZone("", "UA-63")), must(AreaZone("", "UA-14")))
	region := must(AreaRegion("UA-63"))
	for _, c := range []struct {
		name string
		z    *Zone
		r    Region
		want Relation
	}{
		{"an oblast in its country", ua, region, Inside},
		{"an oblast in itself", kharkiv, region, Inside},
		{"an oblast and its neighbour", sumy, region, Outside},
		{"two oblasts, one zone", kharkiv, must(AreaRegion("UA-63", "UA-59")), Straddling},
		{"the same border, drawn", poly, region, Inside},
		{"a neighbour, drawn", poly, must(AreaRegion("UA-59")), Outside},
		{"drawn region in the country", ua, PolygonRegion(first(Area("UA-63"))), Inside},
		{"drawn region, neighbour's zone", sumy, PolygonRegion(first(Area("UA-63"))), Outside},
		{"across an inner border, in the country", ua, Disc(Point{49.4, 36.3}, 80000), Inside},
		{"across an outer border", ua, Disc(Point{50.3, 36.3}, 30000), Straddling},
		{"unknown", ua, Unknown(), Straddling},
		{"union of oblasts", east, region, Inside},
		{"not that oblast", ComplementZone("", kharkiv), region, Outside},
		{"one or the other, both in", ua, UnionRegion(region, Disc(Point{50.45, 30.5}, 1000)), Inside},
		{"one or the other, one out", ua, UnionRegion(region, Disc(Point{55.7, 37.5}, 1000)), Straddling},
		{"sector within", kharkiv, Sector(Point{49.6, 36.6}, 10, 20, 500, 9000), Inside},
		{"sector without", sumy, Sector(Point{49.6, 36.6}, 10, 20, 500, 9000), Outside},
		{"sector over the border", ua, Sector(Point{50.0, 36.3}, 0, 20, 500, 90000), Straddling},
		{"area near a site", NearSites("", []Point{{49.5, 36.5}}, 400000), region, Inside},
		{"area far from a site", NearSites("", []Point{{46, 30}}, 100000), region, Outside},
		{"area partly near a site", NearSites("", []Point{{49.5, 36.5}}, 50000), region, Straddling},
		{"hole", must(PolygonZone("ring", MultiPolygon{{square(48, 36, 4)[0][0], square(49, 37, 1)[0][0]}})), Disc(Point{49.5, 37.5}, 10000), Outside},
		{"region round the zone", kharkiv, PolygonRegion(square(40, 30, 15)), Straddling},
	} {
		for _, m := range models[:3] {
			if got := c.z.Relate(c.r, m); got != c.want {
				t.Errorf("%s, %v: %v, want %v", c.name, m, got, c.want)
			}
			share := c.z.Share(c.r, m)
			if (share == 0) != (c.want == Outside) || (share == 1) != (c.want == Inside) {
				t.Errorf("%s, %v: %v but share %v", c.name, m, c.want, share)
			}
		}
	}
}

func first[T any](v T, _ bool) T { return v }

func TestShare(t *testing.T) {
	half := must(PolygonZone("east", square(40, 37, 15)))
	for _, c := range []struct {
		name string
		z    *Zone
		r    Region
		want float64
	}{
		{"disc cut in half", half, Disc(Point{48, 37}, 10000), 0.5},
		{"square cut in half", half, PolygonRegion(square(48, 36.5, 1)), 0.5},
		{"sector cut in half", half, Sector(Point{48, 37}, 0, 30, 1000, 9000), 0.5},
		{"small zone in a disc", NearSites("", []Point{{48, 37}}, 5000), Disc(Point{48, 37.05}, 20000), 1.0 / 16},
		{"one of two equal discs", half, UnionRegion(Disc(Point{48, 36}, 5000), Disc(Point{48, 38}, 5000)), 0.5},
		{"one of two points", half, UnionRegion(Disc(Point{48, 36}, 0), Disc(Point{48, 38}, 0)), 0.5},
	} {
		if got := c.z.Share(c.r, Model{}); math.Abs(got-c.want) > 0.02 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// drawZone makes a zone of any kind near 48, 37.
func drawZone(t *rapid.T, depth int) *Zone {
	point := func() Point {
		return Point{rapid.Float64Range(47.9, 48.1).Draw(t, "lat"), rapid.Float64Range(36.9, 37.1).Draw(t, "lon")}
	}
	kinds := 4
	if depth > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		p := point()
		return must(PolygonZone("", square(p.Lat, p.Lon, rapid.Float64Range(0.01, 0.1).Draw(t, "size"))))
	case 1:
		return NearSites("", []Point{point(), point()}, Metres(rapid.Float64Range(100, 9000).Draw(t, "within")))
	case 2:
		return NearLine("", LineString{point(), point(), point(), point()}, Metres(rapid.Float64Range(100, 9000).Draw(t, "within")),
			Side(rapid.IntRange(0, 2).Draw(t, "side")))
	case 3:
		p, star := point(), Ring{}
		for i := 0; i < 9; i++ {
			star = append(star, Destination(p, -40*float64(i), Metres(rapid.Float64Range(500, 9000).Draw(t, "arm")), Model{}))
		}
		return must(PolygonZone("", MultiPolygon{{append(star, star[0])}}))
	case 4:
		return UnionZone("", drawZone(t, depth-1), drawZone(t, depth-1))
	case 5:
		return IntersectZone("", drawZone(t, depth-1), drawZone(t, depth-1))
	case 6:
		return SubtractZone("", drawZone(t, depth-1), drawZone(t, depth-1))
	}
	return ComplementZone("", drawZone(t, depth-1))
}

func drawRegion(t *rapid.T) Region {
	p := Point{rapid.Float64Range(47.9, 48.1).Draw(t, "rlat"), rapid.Float64Range(36.9, 37.1).Draw(t, "rlon")}
	r := Metres(rapid.Float64Range(0, 6000).Draw(t, "r"))
	switch rapid.IntRange(0, 3).Draw(t, "rkind") {
	case 0:
		return Sector(p, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 180).Draw(t, "half"), r/3, r)
	case 1:
		return PolygonRegion(square(p.Lat, p.Lon, rapid.Float64Range(0.001, 0.1).Draw(t, "rsize")))
	case 2:
		return UnionRegion(Disc(p, r), Disc(Point{p.Lat, p.Lon + 0.02}, r/2))
	}
	return Disc(p, r)
}

func TestRelateAgainstSampling(t *testing.T) {
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		z, r := drawZone(t, 2), drawRegion(t)
		m := models[rapid.IntRange(0, len(models)-1).Draw(t, "model")]
		rel := z.Relate(r, m)
		if rel == Straddling {
			return
		}
		decided++
		for _, p := range r.lattice(700, m) {
			if z.Contains(p, m) != (rel == Inside) {
				t.Fatalf("%v is %v, but %v is on the other side (%v)", r, rel, p, m)
			}
		}
	})
	if decided == 0 {
		t.Error("nothing was decided")
	}
}

func TestMembershipsAgainstSampling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zones := []*Zone{drawZone(t, 1), drawZone(t, 0), drawZone(t, 0)}
		r := drawRegion(t)
		m := models[rapid.IntRange(0, len(models)-1).Draw(t, "model")]
		got := Memberships(r, zones, m)
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("not sorted or not distinct: %v", got)
		}
		for i, z := range zones {
			var set, clear bool
			for _, mask := range got {
				set, clear = set || mask>>i&1 == 1, clear || mask>>i&1 == 0
			}
			rel := z.Relate(r, m)
			if set != (rel != Outside) || clear != (rel != Inside) {
				t.Fatalf("zone %d is %v, masks %b", i, rel, got)
			}
		}
		// Combinations that cover more than a few points must be there.
		count := map[uint64]int{}
		for _, p := range r.lattice(900, m) {
			var mask uint64
			for i, z := range zones {
				if z.Contains(p, m) {
					mask |= 1 << i
				}
			}
			count[mask]++
		}
		for mask, n := range count {
			if n >= 9 && !slices.Contains(got, mask) {
				t.Fatalf("%v: %b is attained by %d points of 900, but not in %b", r, mask, n, got)
			}
		}
	})
}

func TestMembershipsOfPoint(t *testing.T) {
	zones := []*Zone{must(AreaZone("", "UA-63")), NearSites("", []Point{{50, 36.25}}, 5000), must(AreaZone("", "RU"))}
	if got := Memberships(Disc(Point{50, 36.25}, 0), zones, Model{}); !slices.Equal(got, []uint64{0b011}) {
		t.Errorf("%b", got)
	}
	if got := Memberships(Unknown(), zones, Model{}); !slices.Equal(got, []uint64{0, 0b001, 0b011, 0b100}) {
		t.Errorf("unknown: %b", got)
	}
	if got := Memberships(Unknown(), nil, Model{}); !slices.Equal(got, []uint64{0}) {
		t.Errorf("no zones: %b", got)
	}
}

func TestParsePlace(t *testing.T) {
	for _, c := range []struct{ in, want, err string }{
		{in: "area:UA-63", want: "area UA-63"},
		{in: "area:UA-63|RU-KRS", want: "area RU-KRS|UA-63"},
		{in: " area: ua-63 ", want: "area UA-63"},
		{in: "sector:48.5,37.9,120±10,2000-6000", want: "sector 48.5000,37.9000 bearing 120±10°, 2 km to 6 km"},
		{in: "sector:48.5,37.9,120+-10,2000-6000", want: "sector 48.5000,37.9000 bearing 120±10°, 2 km to 6 km"},
		{in: "POINT (37.9 48.5)", want: "48.5000,37.9000"},
		{in: "POLYGON((37 48,38 48,38 49,37 49,37 48))", want: "polygon"},
		{in: "MULTIPOLYGON(((37 48,38 48,38 49,37 48)))", want: "polygon"},
		{in: "area:UA-99", err: "not known"},
		{in: "area:", err: "at least one area code"},
		{in: "area:RU-MOW", err: "no boundary"},
		{in: "sector:48.5,37.9,120,2000-6000", err: "no ±"},
		{in: "sector:98.5,37.9,120±10,2000-6000", err: "latitude"},
		{in: "sector:48.5,37.9,120±10,6000-2000", err: "min"},
		{in: "POINT EMPTY", err: "expected ("},
		{in: "POLYGON((37 48,38 48,38 49))", err: "at least 4"},
		{in: "POLYGON((37 48,38 49,38 48,37 49,37 48))", err: "48.5"},
		{in: "somewhere", err: "expected area:"},
	} {
		r, err := ParsePlace(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || !strings.HasPrefix(r.String(), c.want) {
			t.Errorf("%s: %v, %v", c.in, r, err)
		}
	}
}

func TestParseGeoJSON(t *testing.T) {
	ring := `[[37,48],[38,48],[38,49],[37,49],[37,48]]`
	for _, c := range []struct {
		name, in string
		counts   string
		err      string
	}{
		{name: "polygon", in: `{"type":"Polygon","coordinates":[` + ring + `]}`, counts: "1 0 0"},
		{name: "feature", in: `{"type":"Feature","geometry":{"type":"Point","coordinates":[37,48,5]}}`, counts: "0 0 1"},
		{name: "collection", in: `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}},{"type":"Feature","geometry":null}]}`, counts: "0 1 0"},
		{name: "all but closed", in: `{"type":"Polygon","coordinates":[[[37,48],[38,48],[38,49],[37.0000000001,48]]]}`, counts: "1 0 0"},
		{name: "not closed", in: `{"type":"Polygon","coordinates":[[[37,48],[38,48],[38,49],[37,48.1]]]}`, err: "not closed"},
		{name: "bow tie", in: `{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}`, err: "latitude 1.000000, longitude 1.000000"},
		{name: "out of range", in: `{"type":"Point","coordinates":[37,98]}`, err: "latitude 98"},
		{name: "overflow", in: `{"type":"Point","coordinates":[37,1e999]}`, err: "1e999"},
		{name: "type", in: `{"type":"Circle","coordinates":[37,48]}`, err: "unknown type"},
		{name: "deep", in: strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 40) + strings.Repeat("]}", 40), err: "deeper"},
		{name: "many", in: `{"type":"MultiPoint","coordinates":[[1,1]` + strings.Repeat(",[1,1]", maxVertices) + `]}`, err: "more than 200000"},
	} {
		mp, lines, points, err := ParseGeoJSON([]byte(c.in))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if got := fmt.Sprint(len(mp), len(lines), len(points)); err != nil || got != c.counts {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
}

func TestDrawing(t *testing.T) {
	ua := must(AreaZone("", "UA-63"))
	near := NearLine("", LineString{{49, 36}, {49.5, 36.5}, {50, 36}}, 5000, Both)
	for name, data := range map[string][]byte{
		"area": ua.GeoJSON(Model{}), "line": near.GeoJSON(Model{}),
		"left":       NearLine("", LineString{{49, 36}, {49.5, 36.5}}, 5000, Left).GeoJSON(Model{}),
		"sites":      NearSites("", []Point{{49, 36}, {49, 36.01}}, 5000).GeoJSON(Model{}),
		"subtract":   SubtractZone("", ua, near).GeoJSON(Model{}),
		"intersect":  IntersectZone("", ua, near).GeoJSON(Model{}),
		"union":      UnionZone("", ua, near).GeoJSON(Model{}),
		"complement": ComplementZone("", ua).GeoJSON(Model{}),
		"disc":       Disc(Point{48, 37}, 5000).GeoJSON(), "sector": Sector(Point{48, 37}, 90, 20, 100, 5000).GeoJSON(),
	} {
		if !json.Valid(data) {
			t.Errorf("%s: not JSON", name)
		}
		if mp, _, _, err := ParseGeoJSON(data); err != nil || len(mp) == 0 {
			t.Errorf("%s: %d polygons, %v", name, len(mp), err)
		}
	}
	if !bytes.Equal(Unknown().GeoJSON(), []byte("null")) {
		t.Error("unknown is not null")
	}
}

func TestWitnessOverlapDigest(t *testing.T) {
	kharkiv, kursk := must(AreaZone("a", "UA-63")), must(AreaZone("b", "RU-KRS"))
	near := NearLine("n", LineString{{49, 36}, {50, 36.5}}, 3000, Left)
	for _, z := range []*Zone{kharkiv, near, SubtractZone("", kharkiv, near), IntersectZone("", kharkiv, near), ComplementZone("", kharkiv)} {
		if p, ok := z.Witness(); !ok || !z.Contains(p, Model{}) {
			t.Errorf("no witness of %s", z.Name)
		}
	}
	if _, ok := IntersectZone("", kharkiv, kursk).Witness(); ok {
		t.Error("witness of nothing")
	}
	if p, ok := Overlap(kharkiv, near, Model{}); !ok || !kharkiv.Contains(p, Model{}) || !near.Contains(p, Model{}) {
		t.Error("no overlap")
	}
	if _, ok := Overlap(kharkiv, kursk, Model{}); ok {
		t.Error("an overlap of neighbours' neighbours")
	}
	again := must(AreaZone("another name", "UA-63"))
	if kharkiv.Digest() != again.Digest() || kharkiv.Digest() == kursk.Digest() || len(kharkiv.Digest()) != 64 {
		t.Error("digests")
	}
}

func TestModelAndPoint(t *testing.T) {
	if m := must(ParseModel("sphere", "", "open")); m != (Model{Distance: Sphere, Boundary: Open}) {
		t.Error(m)
	}
	if _, err := ParseModel("flat", "", ""); err == nil || !strings.Contains(err.Error(), "wgs84 or sphere") {
		t.Error(err)
	}
	for _, p := range []Point{{math.NaN(), 0}, {0, math.Inf(1)}, {91, 0}, {0, -181}} {
		if p.Valid() == nil || !Disc(p, 1).IsUnknown() {
			t.Errorf("%v is valid", p)
		}
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, s := range []string{"area:UA-63", "sector:48,37,90±10,1-2", "POINT(1 2)", "POLYGON((0 0,1 0,1 1,0 0))", "POLYGON((", "area:|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParsePlace(s)
		if (err != nil) != r.IsUnknown() {
			t.Errorf("%q: %v, %v", s, r, err)
		}
		_ = r.String()
	})
}

func FuzzParseGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[]]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		mp, _, _, err := ParseGeoJSON(data)
		if err == nil && len(mp) > 0 {
			z, err := PolygonZone("z", mp)
			if err != nil {
				t.Fatal(err)
			}
			z.Contains(Point{1, 2}, Model{})
			z.Contains(Point{1, 2}, Model{Edges: Planar})
		}
	})
}

func BenchmarkContains(b *testing.B) {
	z := must(AreaZone("", "UA-63"))
	for _, m := range models[:3] {
		b.Run(m.String(), func(b *testing.B) {
			i := 0
			for b.Loop() {
				z.Contains(Point{48.6 + float64(i%100)*0.018, 34.9 + float64(i%97)*0.03}, m)
				i++
			}
		})
	}
}

func BenchmarkRelateDisc(b *testing.B) {
	z := must(AreaZone("", "UA-63"))
	for _, m := range models[:3] {
		b.Run(m.String(), func(b *testing.B) {
			i := 0
			for b.Loop() {
				z.Relate(Disc(Point{48.6 + float64(i%100)*0.018, 34.9 + float64(i%97)*0.03}, Metres(1000+i%20000)), m)
				i++
			}
		})
	}
}

func BenchmarkShareDisc(b *testing.B) {
	z := must(AreaZone("", "UA-63"))
	for b.Loop() {
		z.Share(Disc(Point{50.3, 36.3}, 30000), Model{})
	}
}

func BenchmarkMemberships(b *testing.B) {
	zs := []*Zone{must(AreaZone("", "UA-63")), must(AreaZone("", "RU")), NearSites("", []Point{{50.2, 36.3}}, 9000)}
	for b.Loop() {
		Memberships(Disc(Point{50.3, 36.3}, 30000), zs, Model{})
	}
}
