package basemap

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/truce-project/truce/where"
)

// inside is the even-odd rule on the plane of longitudes and latitudes.
func inside(mp where.MultiPolygon, p where.Point) bool {
	in := false
	for _, poly := range mp {
		for _, ring := range poly {
			for i := 0; i+1 < len(ring); i++ {
				a, b := ring[i], ring[i+1]
				if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < a.Lon+(p.Lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon) {
					in = !in
				}
			}
		}
	}
	return in
}

func at(m *Map, p where.Point) string {
	var out []string
	for _, f := range m.Features {
		if inside(f.Area, p) {
			out = append(out, f.Title())
		}
	}
	return strings.Join(out, "; ")
}

// TestCrimeaIsInNoCountry: the source draws it as a part of Russia, our regions
// as a part of Ukraine; the map gives it to neither and says who claims it.
func TestCrimeaIsInNoCountry(t *testing.T) {
	m, err := World()
	if err != nil {
		t.Fatal(err)
	}
	const crimea = "Crimea (disputed: claimed by UA and RU)"
	for _, c := range []struct {
		name     string
		lat, lon float64
		want     string
	}{
		{"Simferopol", 44.95, 34.10, crimea}, {"Bakhchysarai", 44.75, 33.86, crimea}, {"inland of Sevastopol", 44.62, 33.70, crimea},
		{"Dzhankoi", 45.71, 34.39, crimea}, {"west of Kerch", 45.33, 36.30, crimea}, {"Yevpatoria", 45.22, 33.45, crimea},
		{"Kherson", 46.65, 32.61, "Ukraine"}, {"Kyiv", 50.45, 30.52, "Ukraine"}, {"Donetsk", 48.0, 37.8, "Ukraine"}, {"Melitopol", 46.84, 35.37, "Ukraine"},
		{"Krasnodar", 45.04, 38.98, "Russia"}, {"Kursk", 51.73, 36.19, "Russia"}, {"Anadyr", 65.5, 175.0, "Russia"}, {"Yakutsk", 62.0, 129.7, "Russia"},
		{"Ankara", 39.93, 32.86, "Turkey"}, {"Tbilisi", 41.72, 44.83, "Georgia"}, {"Chisinau", 47.02, 28.85, "Moldova"}, {"Minsk", 53.9, 27.56, "Belarus"},
		{"the Black Sea", 43.5, 34.0, ""}, {"the Sea of Azov", 46.0, 36.5, ""}, {"Lima", -12.05, -76.9, "Peru"}, {"Perth", -31.95, 116.2, "Australia"},
	} {
		if got := at(m, where.Point{Lat: c.lat, Lon: c.lon}); got != c.want {
			t.Errorf("%s lies in %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWorldIsSoundAndSmall(t *testing.T) {
	if n := len(worldTopoJSON); n > 1<<20 {
		t.Errorf("world.topojson has %d bytes: more than 1 MB", n)
	}
	m, err := World()
	if err != nil {
		t.Fatal(err)
	}
	corners, polygons := 0, 0
	for _, f := range m.Features {
		if f.Name == "" || len(f.Area) == 0 || f.Disputed != (len(f.ClaimedBy) > 0) {
			t.Errorf("feature %+v", f.Title())
		}
		for i, poly := range f.Area {
			polygons++
			var rings []geom.LineString
			for _, ring := range poly {
				var xy []float64
				for _, p := range ring {
					corners++
					if p.Lat < -90 || p.Lat > 90 || p.Lon < -180.001 || p.Lon > 180.001 {
						t.Errorf("%s: a corner at %v", f.Name, p)
					}
					xy = append(xy, p.Lon, p.Lat)
				}
				rings = append(rings, geom.NewLineString(geom.NewSequence(xy, geom.DimXY)))
			}
			if err := geom.NewPolygon(rings).Validate(); err != nil {
				t.Errorf("%s, polygon %d: %v", f.Name, i, err)
			}
		}
	}
	if len(m.Features) < 200 || len(m.Disputed()) != 1 {
		t.Errorf("%d features, %d disputed", len(m.Features), len(m.Disputed()))
	}
	t.Logf("%d features, %d polygons, %d corners, %d bytes", len(m.Features), polygons, corners, len(worldTopoJSON))
}

// TestNeighboursKeepOneBorder: of two sides of a border no point lies in both
// countries and few in none.
func TestNeighboursKeepOneBorder(t *testing.T) {
	m, err := World()
	if err != nil {
		t.Fatal(err)
	}
	none := 0
	for lat := 47.0; lat < 53; lat += 0.197 {
		for lon := 24.0; lon < 40; lon += 0.193 { // no sea in it but at the edge
			switch got := at(m, where.Point{Lat: lat, Lon: lon}); {
			case strings.Contains(got, ";"):
				t.Errorf("%.3f,%.3f lies in %s", lat, lon, got)
			case got == "":
				none++
			}
		}
	}
	if none > 10 { // the Taganrog Bay
		t.Errorf("%d points of the inland lie in no country", none)
	}
}

const square = `{"type":"Polygon","coordinates":[[[30,50],[31,50],[31,51],[30,50]]]}`

func TestParse(t *testing.T) {
	m, err := Parse("m.json", []byte(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"name":"A"},"geometry":`+square+`},
		{"type":"Feature","properties":{"name":"B","claimed_by":["X","Y"]},"geometry":`+square+`},
		{"type":"Feature","properties":{"name":"C","claimed_by":"X|Y"},"geometry":`+square+`},
		{"type":"Feature","properties":{"name":"D","disputed":true,"claimed_by":null},"geometry":`+square+`}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, f := range m.Features {
		titles = append(titles, f.Title())
	}
	if got, want := strings.Join(titles, "; "), "A; B (disputed: claimed by X and Y); C (disputed: claimed by X and Y); D (disputed)"; got != want || m.BuiltIn || len(m.Disputed()) != 3 {
		t.Errorf("%s", got)
	}
	for text, want := range map[string]string{
		`[]`: "expected a GeoJSON FeatureCollection", `{"type":"FeatureCollection","features":[]}`: "at least one polygon",
		`{"type":"FeatureCollection","features":[{"properties":{"name":1},"geometry":` + square + `}]}`:                        "feature 1: property name",
		`{"type":"FeatureCollection","features":[{"properties":{"claimed_by":{}},"geometry":` + square + `}]}`:                 "property claimed_by",
		`{"type":"FeatureCollection","features":[{"properties":{"disputed":"maybe"},"geometry":` + square + `}]}`:              "property disputed",
		`{"type":"FeatureCollection","features":[{"properties":{},"geometry":{"type":"Point","coordinates":[30,50]}}]}`:        "expected a Polygon",
		`{"type":"FeatureCollection","features":[{"properties":{},"geometry":{"type":"Polygon","coordinates":[[[30,500]]]}}]}`: "feature 1",
		`{"type":"Topology","objects":{"countries":{"geometries":[{"type":"Polygon","arcs":[[7]]}]}},"arcs":[]}`:               "FeatureCollection",
	} {
		if _, err := Parse("m.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestTopologyWithoutItsArcsIsRefused(t *testing.T) {
	for _, text := range []string{
		`{"objects":{"countries":{"geometries":[{"type":"Polygon","arcs":[[7]]}]}},"arcs":[]}`,
		`{"objects":{"countries":{"geometries":[{"type":"MultiPolygon","arcs":[[[-2]]]}]}},"arcs":[[[0,0]]]}`,
		`{"objects":{"countries":{"geometries":[{"type":"Point","arcs":[[0]]}]}},"arcs":[[[0,0]]]}`,
	} {
		if _, err := ParseTopology([]byte(text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

// TestDisputedAreasAreData: each row of the table has its feature, with those
// who claim it.
func TestDisputedAreasAreData(t *testing.T) {
	table, err := os.ReadFile("data/disputed.csv")
	if err != nil {
		t.Fatal(err)
	}
	m, err := World()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Disputed() {
		if !strings.Contains(string(table), f.Name+",") || !strings.Contains(string(table), strings.Join(f.ClaimedBy, "|")) {
			t.Errorf("%s is not in the table", f.Title())
		}
	}
	if rows := strings.Count(strings.TrimSpace(string(table)), "\n"); rows != len(m.Disputed()) {
		t.Errorf("%d rows, %d features", rows, len(m.Disputed()))
	}
}

// FuzzParse: no map makes the reader fail otherwise than with an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"properties":{"name":"A","claimed_by":"X|Y"},"geometry":` + square + `}]}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m.json", data)
		if err != nil {
			return
		}
		for _, x := range m.Features {
			if len(x.Area) == 0 {
				t.Fatal("a feature without area")
			}
			if _, err := json.Marshal(x); err != nil {
				t.Fatal(err)
			}
		}
	})
}
