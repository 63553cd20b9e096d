package where

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The names of these tests hold the number of the fault that they inject:
// F27 bombs in JSON, F28 broken polygons, F29 impossible coordinates, F30
// exact boundaries. docs/hostile.md lists the limits.

func TestF27JSONBombs(t *testing.T) {
	ring := "[[0,0],[1,0],[1,1],[0,0]]"
	for name, c := range map[string]struct{ in, want string }{
		"a million levels":       {strings.Repeat("[", 1_000_000), "nested deeper than 64 levels"},
		"a million open objects": {strings.Repeat(`{"a":`, 1_000_000), "nested deeper than 64 levels"},
		"coordinates":            {`{"type":"MultiPoint","coordinates":[[1,1]` + strings.Repeat(",[1,1]", 300_000) + `]}`, "more than 200000 vertices"},
		"many features": {`{"type":"FeatureCollection","features":[{"type":"Point","coordinates":[1,1]}` +
			strings.Repeat(`,{"type":"Point","coordinates":[1,1]}`, 200_000) + `]}`, "feature 200001: Point: more than 200000 vertices"},
		"type twice":        {`{"type":"Polygon","coordinates":[` + ring + `],"type":"Point"}`, `the key "type" stands twice`},
		"coordinates twice": {`{"type":"Polygon","coordinates":[` + ring + `],"coordin\u0061tes":[` + ring + `]}`, `the key "coordinates" stands twice`},
		"twice, far inside": {`{"type":"Feature","geometry":null,"properties":{"a":[{"b":1,"c":{"d":1,"d":2}}]}}`, `the key "d" stands twice`},
		"1e400":             {`{"type":"Point","coordinates":[1e400,1]}`, "the number 1e400 is too large"},
		"a huge exponent":   {`{"type":"Point","coordinates":[1e` + strings.Repeat("9", 1000) + `,1]}`, "is too large"},
		"a huge number":     {`{"type":"Point","coordinates":[1` + strings.Repeat("0", 1000) + `,1]}`, "is too large"},
		"NaN":               {`{"type":"Point","coordinates":[NaN,1]}`, "not JSON: 'N' cannot stand in line 1, column 32"},
		"text":              {`{"type":"Point","coordinates":["1","2"]}`, "expected a number, got text in quotes"},
		"an object":         {`{"type":"Polygon","coordinates":{}}`, "expected a list in brackets, got an object in braces"},
		"cut":               {`{"type":"Polygon","coordinates":[[[1,2],[3`, "it ends before its brackets and quotes are closed"},
		"invalid UTF-8":     {"{\"type\":\"Po\xff\",\"coordinates\":[1,2]}", "unknown type"},
		"empty":             {"", "it ends before"},
	} {
		_, _, _, err := ParseGeoJSON([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		wantPlain(t, err)
	}
}

// wantPlain refuses messages with the words of a library.
func wantPlain(t *testing.T, err error) {
	t.Helper()
	for _, word := range []string{"json:", "Go value", "Go struct", "strconv", "unmarshal", "invalid character", "unexpected end", "float64", "looking for"} {
		if strings.Contains(err.Error(), word) {
			t.Errorf("%q in %v", word, err)
		}
	}
	if len(err.Error()) > 500 {
		t.Errorf("%d bytes of message", len(err.Error()))
	}
}

func TestF27ReferenceSystems(t *testing.T) {
	for crs, ok := range map[string]bool{
		`null`: true, `{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}`: true, `"EPSG:4326"`: true,
		`{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4326"}}`: true, `{"properties":{"name":"http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}`: true,
		`{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}`: false, `{"type":"name","properties":{"name":"EPSG:4284"}}`: false,
		`{"type":"name","properties":{"name":"EPSG:14326"}}`: false, `{"type":"link","properties":{"href":"http://example.org/4326"}}`: false, `{}`: false, `7`: false,
	} {
		_, _, points, err := ParseGeoJSON([]byte(`{"type":"FeatureCollection","crs":` + crs + `,"features":[{"type":"Point","coordinates":[1,2]}]}`))
		if ok != (err == nil) || ok && len(points) != 1 || !ok && !strings.Contains(err.Error(), "expected WGS 84") {
			t.Errorf("%s: %v", crs, err)
		}
	}
}

// jagged is a ring of n vertices round a place, with a wavy radius.
func jagged(n int, c Point, radius float64) Ring {
	r := make(Ring, 0, n+1)
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		d := radius * (1 + 0.3*math.Sin(17*a) + 0.1*math.Sin(211*a))
		r = append(r, Point{c.Lat + d*math.Sin(a), c.Lon + 1.5*d*math.Cos(a)})
	}
	return append(r, r[0])
}

func ringOf(lonLat ...float64) Ring {
	var r Ring
	for i := 0; i < len(lonLat); i += 2 {
		r = append(r, Point{lonLat[i+1], lonLat[i]})
	}
	return r
}

func TestF28BrokenPolygons(t *testing.T) {
	crossed := jagged(10_000, Point{49, 36}, 1)
	crossed[7000], crossed[7001] = crossed[7001], crossed[7000]
	shuffled := jagged(10_000, Point{49, 36}, 1)
	rng := rand.New(rand.NewPCG(28, 0))
	rng.Shuffle(len(shuffled)-2, func(i, j int) { shuffled[i+1], shuffled[j+1] = shuffled[j+1], shuffled[i+1] })
	square := ringOf(0, 0, 10, 0, 10, 10, 0, 10, 0, 0)
	for name, c := range map[string]struct {
		p    Polygon
		want string // "" is sound
	}{
		"bow tie":                        {Polygon{ringOf(0, 0, 2, 2, 2, 0, 0, 2, 0, 0)}, "latitude 1.000000, longitude 1.000000"},
		"bow tie through a vertex":       {Polygon{ringOf(0, 0, 1, 1, 2, 2, 2, 0, 0, 2, 0, 0)}, "latitude 1.000000, longitude 1.000000"},
		"bow tie at a vertex of both":    {Polygon{ringOf(0, 0, 1, 1, 2, 2, 2, 0, 1, 1, 0, 3, 0, 0)}, "latitude 1.000000, longitude 1.000000"},
		"two lobes that touch":           {Polygon{ringOf(0, 0, 2, 0, 1, 1, 2, 2, 0, 2, 1, 1, 0, 0)}, ""},
		"10,000 vertices, two swapped":   {Polygon{crossed}, "crosses itself"},
		"10,000 vertices in disorder":    {Polygon{shuffled}, "crosses itself"},
		"10,000 sound vertices":          {Polygon{jagged(10_000, Point{49, 36}, 1)}, ""},
		"zero area":                      {Polygon{ringOf(0, 0, 1, 1, 2, 2, 0, 0)}, "no area"},
		"one point":                      {Polygon{ringOf(1, 1, 1, 1, 1, 1, 1, 1)}, "no area"},
		"unclosed":                       {Polygon{ringOf(0, 0, 1, 0, 1, 1, 0, 1)}, "not closed: it starts at 0.0000,0.0000"},
		"three positions":                {Polygon{ringOf(0, 0, 1, 0, 0, 0)}, "at least 4"},
		"no ring":                        {Polygon{}, "no rings"},
		"hole":                           {Polygon{square, ringOf(1, 1, 2, 1, 2, 2, 1, 1)}, ""},
		"hole that touches":              {Polygon{square, ringOf(0, 5, 2, 4, 2, 6, 0, 5)}, ""},
		"hole outside":                   {Polygon{square, ringOf(11, 1, 12, 1, 12, 2, 11, 1)}, "ring 2: a hole that lies at latitude 1.000000, longitude 11.000000 outside"},
		"hole round its ring":            {Polygon{ringOf(1, 1, 2, 1, 2, 2, 1, 1), square}, "ring 2: a hole"},
		"hole in a hole":                 {Polygon{square, ringOf(1, 1, 6, 1, 6, 6, 1, 6, 1, 1), ringOf(2, 2, 3, 2, 3, 3, 2, 2)}, "ring 3: a hole"},
		"hole over the edge":             {Polygon{square, ringOf(9, 1, 12, 1, 12, 2, 9, 1)}, "crosses itself"},
		"hole along the edge":            {Polygon{square, ringOf(10, 1, 10, 4, 8, 2, 10, 1)}, "runs back along itself"},
		"ring twice":                     {Polygon{square, square}, "runs back along itself"},
		"ring twice round":               {Polygon{append(append(Ring{}, square...), square[1:]...)}, "runs back along itself"},
		"spike":                          {Polygon{ringOf(0, 0, 10, 0, 10, 5, 20, 5, 10, 5, 10, 10, 0, 10, 0, 0)}, "latitude 5.000000, longitude 20.000000"},
		"spike at the start":             {Polygon{ringOf(-5, 0, 10, 0, 10, 10, 0, 10, 0, 0, -5, 0)}, "runs back along itself"},
		"vertex twice in a row":          {Polygon{ringOf(0, 0, 10, 0, 10, 0, 10, 10, 0, 10, 0, 0)}, ""},
		"clockwise":                      {Polygon{ringOf(0, 0, 0, 10, 10, 10, 10, 0, 0, 0), ringOf(1, 1, 2, 2, 2, 1, 1, 1)}, ""},
		"a sliver of 1e-9 degrees":       {Polygon{ringOf(0, 0, 10, 0, 10, 1e-9, 0, 1e-9, 0, 0)}, "thinner than"},
		"a sliver of 1e-7 degrees":       {Polygon{ringOf(0, 0, 10, 0, 10, 1e-7, 0, 1e-7, 0, 0)}, ""},
		"a sliver off the equator":       {Polygon{ringOf(30, 49, 40, 49, 40, 49.000000001, 30, 49.000000001, 30, 49)}, "thinner than"},
		"more edges than are compared":   {Polygon{zigzag(40_000)}, "more than 30000000 pairs"},
		"a hole beyond the antimeridian": {Polygon{ringOf(170, 0, -170, 0, -170, 10, 170, 10, 170, 0), ringOf(-175, 1, -174, 1, -174, 2, -175, 1)}, ""},
	} {
		z, err := PolygonZone("z", MultiPolygon{c.p})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "":
			for _, m := range models {
				if w, ok := z.Witness(); ok && !z.Contains(w, m) {
					t.Errorf("%s: %v is not in it under %v", name, w, m)
				}
			}
		case err == nil || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// zigzag is a sound ring whose edges are long, slanted and side by side.
func zigzag(n int) Ring {
	var r Ring
	for i := range n / 2 {
		x := float64(i) / float64(n)
		r = append(r, Point{10 - x, 10 + x}, Point{60 - x, 60 + x})
	}
	return append(r, Point{5, 70}, Point{5, 10}, r[0])
}

// TestF28OrientationDoesNotMatter: rings may run either way and start anywhere.
func TestF28OrientationDoesNotMatter(t *testing.T) {
	outer, hole := jagged(60, Point{49, 36}, 1), jagged(40, Point{49, 36}, 0.2)
	want := must(PolygonZone("z", MultiPolygon{{outer, hole}}))
	for k := range 4 {
		o, h := append(Ring{}, outer...), append(Ring{}, hole...)
		if k&1 != 0 {
			reverse(o)
		}
		if k&2 != 0 {
			reverse(h)
			h = append(append(Ring{}, h[13:]...), h[1:14]...)
		}
		z := must(PolygonZone("z", MultiPolygon{{o, h}}))
		for i := range 2000 {
			p := Point{47.5 + float64(i%50)*0.06, 34 + float64(i/50)*0.1}
			for _, m := range models {
				if z.Contains(p, m) != want.Contains(p, m) {
					t.Fatalf("%d: %v under %v", k, p, m)
				}
			}
		}
	}
}

// TestF28SweepAgreesWithAllPairs: the sweep finds a crossing just where
// comparing every pair finds one.
func TestF28SweepAgreesWithAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, wide := rapid.IntRange(3, 14).Draw(t, "n"), rapid.SampledFrom([]int{3, 6, 1000}).Draw(t, "grid")
		var r Ring
		for range n {
			r = append(r, Point{float64(rapid.IntRange(0, wide).Draw(t, "lat")) / 64, float64(rapid.IntRange(0, wide).Draw(t, "lon")) / 64})
		}
		p := Polygon{append(r, r[0])}
		_, got, err := selfCrossing(p)
		edges, want, turned := spans(p), false, false
		for i := range edges {
			for _, f := range edges[:i] {
				_, x := meet(edges[i], f)
				_, y := meet(f, edges[i])
				want, turned = want || x, turned || y
			}
		}
		if got != want || got != turned || err != nil {
			t.Fatalf("%v: sweep %v, all pairs %v, in the other order %v, %v", p, got, want, turned, err)
		}
	})
}

func TestF29ImpossibleCoordinates(t *testing.T) {
	for in, want := range map[string]string{
		"POINT(181 10)": "longitude 181 is outside", "POINT(540 10)": "longitude 540 is outside", "POINT(-180.0001 10)": "outside", "POINT(10 90.5)": "latitude 90.5 is outside",
		"POINT(NaN 10)": "not", "POINT(Inf 10)": "not", "POINT(1,5 10)": "", "POINT(37°30' 48)": "", "sector:NaN,37,90±10,1-2": "not a number", "sector:1,37,Inf±10,1-2": "not a number",
	} {
		r, err := ParsePlace(in)
		if err == nil || !r.IsUnknown() || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", in, r, err, want)
			continue
		}
		wantPlain(t, err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 181, 540} {
		if _, err := PolygonZone("z", MultiPolygon{{ringOf(0, 0, v, 0, 1, 1, 0, 0)}}); err == nil {
			t.Errorf("%v was taken as a longitude", v)
		}
		if !Disc(Point{v, 0}, 1).IsUnknown() || !Disc(Point{0, v}, 1).IsUnknown() {
			t.Errorf("a disc round %v", v)
		}
	}
	neg := math.Copysign(0, -1)
	if a, b := must(PolygonZone("z", MultiPolygon{{ringOf(neg, neg, 1, neg, 1, 1, neg, neg)}})), must(PolygonZone("z", MultiPolygon{{ringOf(0, 0, 1, 0, 1, 1, 0, 0)}})); a.Digest() != b.Digest() {
		t.Error("-0 and 0 give two digests of one zone")
	}
}

// TestF29Antimeridian: a zone split at 180 degrees as RFC 7946 section 3.1.9
// asks, and one that runs over it, hold the same points; a pole is refused.
func TestF29Antimeridian(t *testing.T) {
	split := must(PolygonZone("z", MultiPolygon{{ringOf(170, 60, 180, 60, 180, 70, 170, 70, 170, 60)}, {ringOf(-180, 60, -170, 60, -170, 70, -180, 70, -180, 60)}}))
	over := must(PolygonZone("z", MultiPolygon{{ringOf(170, 60, -170, 60, -170, 70, 170, 70, 170, 60)}}))
	planar := Model{Edges: Planar}
	for _, lon := range []float64{169, 171, 179.999, 180, -180, -179.999, -171, -169} {
		want := lon < -170 || lon > 170
		for _, lat := range []float64{61, 65, 69} {
			if got := split.Contains(Point{lat, lon}, planar); got != want {
				t.Errorf("split, %v,%v: %v", lat, lon, got)
			}
			if got := over.Contains(Point{lat, lon}, planar); got != want {
				t.Errorf("over 180, %v,%v: %v", lat, lon, got)
			}
			if m := (Model{}); lat == 65 && (over.Contains(Point{lat, lon}, m) != want || split.Contains(Point{lat, lon}, m) != want) {
				t.Errorf("%v,%v: great circles", lat, lon)
			}
		}
		if rel := split.Relate(Disc(Point{65, lon}, 1000), Model{}); rel == Straddling {
			t.Errorf("a disc at %v straddles a boundary that is none", lon)
		}
	}
	for _, m := range models {
		box := PolygonRegion(MultiPolygon{{ringOf(178, 64, -178, 64, -178, 66, 178, 66, 178, 64)}})
		if w, ok := over.Witness(); !ok || math.Abs(w.Lon) < 170 || over.Relate(box, m) != Inside {
			t.Errorf("%v: witness %v, a box inside is %v", m, w, over.Relate(box, m))
		}
		if far := PolygonRegion(MultiPolygon{{ringOf(-2, 64, 2, 64, 2, 66, -2, 66, -2, 64)}}); over.Relate(far, m) != Outside {
			t.Errorf("%v: a box on the other side of the earth is %v", m, over.Relate(far, m))
		}
		if rel := over.Relate(Disc(Point{60, 180}, 10), Model{Edges: Planar}); rel != Straddling {
			t.Errorf("on the southern edge: %v", rel)
		}
	}
	if _, err := PolygonZone("z", MultiPolygon{{ringOf(0, 80, 90, 80, 180, 80, -90, 80, 0, 80)}}); err == nil || !strings.Contains(err.Error(), "pole") {
		t.Errorf("round the pole: %v", err)
	}
	for _, lat := range []float64{90, -90} {
		if z := NearSites("z", []Point{{lat, 0}}, 1000); !z.Contains(Point{lat, 123}, Model{}) || z.Contains(Point{lat * 0.99, 0}, Model{}) {
			t.Errorf("near the pole %v", lat)
		}
	}
}

func TestF30ExactBoundaries(t *testing.T) {
	r := ringOf(36, 49, 37, 49, 37, 50, 36, 50, 36, 49)
	z := must(PolygonZone("z", MultiPolygon{{r}}))
	for _, edges := range []EdgeModel{Planar, Geodesic} {
		for _, dist := range []DistanceModel{WGS84, Sphere} {
			closed, open := Model{Distance: dist, Edges: edges}, Model{Distance: dist, Edges: edges, Boundary: Open}
			on := append(Ring{}, r...)
			on = append(on, Point{49.5, 36}, Point{49.25, 37}) // meridians are great circles
			if edges == Planar {
				on = append(on, Point{49, 36.5}, Point{50, 36.25})
			}
			for _, p := range on {
				if !z.Contains(p, closed) || z.Contains(p, open) {
					t.Errorf("%v on the boundary: closed %v, open %v", p, z.Contains(p, closed), z.Contains(p, open))
				}
				if rel := z.Relate(Disc(p, 0), closed); rel != Inside {
					t.Errorf("exactly at %v, closed: %v", p, rel)
				}
				if rel := z.Relate(Disc(p, 0), open); rel != Outside {
					t.Errorf("exactly at %v, open: %v", p, rel)
				}
				if rel := z.Relate(Disc(p, 0.01), closed); rel != Straddling {
					t.Errorf("1 cm about %v: %v", p, rel)
				}
			}
		}
	}
}

// TestF30DistanceToAMillimetre: within 5 km of a site means 5 km, and 1 mm
// more is not.
func TestF30DistanceToAMillimetre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site := Point{rapid.Float64Range(44, 60).Draw(t, "lat"), rapid.Float64Range(22, 140).Draw(t, "lon")}
		p := Point{site.Lat + rapid.Float64Range(-0.5, 0.5).Draw(t, "north"), site.Lon + rapid.Float64Range(-0.5, 0.5).Draw(t, "east")}
		for _, dist := range []DistanceModel{WGS84, Sphere} {
			m := Model{Distance: dist}
			d := Distance(site, p, m)
			if d < 1 {
				continue
			}
			for _, mm := range []Metres{-1, 1} {
				z := NearSites("z", []Point{site}, d+mm/1000)
				if got := z.Contains(p, m); got != (mm > 0) {
					t.Fatalf("%v metres, %v mm: %v", d, mm, got)
				}
				want := Outside
				if mm > 0 {
					want = Inside
				}
				if rel := z.Relate(Disc(p, 0), m); rel != want {
					t.Fatalf("%v metres, %v mm: %v", d, mm, rel)
				}
				if rel := z.Relate(Disc(p, 0.002), m); rel != Straddling {
					t.Fatalf("a disc of 2 mm at %v metres %v mm: %v", d, mm, rel)
				}
			}
		}
	})
}

func BenchmarkF28Validation(b *testing.B) {
	for _, n := range []int{10_000, 200_000} {
		p := MultiPolygon{{jagged(n, Point{49, 36}, 1)}}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := cleanPolygons(p); err != nil {
					b.Fatal(err)
				}
			}
		})
		comb := MultiPolygon{{comb(n)}}
		b.Run(fmt.Sprint("comb", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := cleanPolygons(comb); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	p := MultiPolygon{{zigzag(40_000)}}
	b.Run("refused", func(b *testing.B) {
		for b.Loop() {
			if _, err := cleanPolygons(p); err == nil {
				b.Fatal("not refused")
			}
		}
	})
}

// comb has long teeth from west to east.
func comb(n int) Ring {
	var r Ring
	for i := range n / 4 {
		y := 40 + 10*float64(i)/float64(n)
		r = append(r, Point{y, 1}, Point{y, 20}, Point{y + 5/float64(n), 20}, Point{y + 5/float64(n), 1})
	}
	return append(r, Point{43, 0}, Point{40, 0}, r[0])
}
