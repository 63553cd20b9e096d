package control_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/truce-project/truce/control"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// TestRealLayers looks at real maps that are not part of the project: what
// Russia held in Ukraine by the DeepState map, as of 03:00 UTC.
func TestRealLayers(t *testing.T) {
	files, _ := filepath.Glob("../../shared/data/frontline/deepstatemap_data_*.geojson")
	if len(files) == 0 {
		t.Skip("SKIPPED: ../../shared/data/frontline is not here, so nothing was tried on real layers")
	}
	var layers []control.Layer
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		mp, _, _, err := where.ParseGeoJSON(b)
		if err != nil {
			t.Fatal(err)
		}
		z, err := where.PolygonZone(f, mp)
		if err != nil {
			t.Fatal(err)
		}
		day := f[len(f)-len("20250318.geojson"):][:8]
		d := day[:4] + "-" + day[4:6] + "-" + day[6:] + "T03:00Z"
		layers = append(layers, control.Layer{At: when.Exactly(at(t, d)), Source: filepath.Base(f), Held: map[string]*where.Zone{"RU": z}})
	}
	ua, err := where.AreaZone("UA", "UA")
	if err != nil {
		t.Fatal(err)
	}
	ru, err := where.AreaZone("RU", "RU")
	if err != nil {
		t.Fatal(err)
	}
	s, err := control.New(layers, control.Rules{Margin: 2000, WidenPerDay: 500, MaxAge: 7 * 24 * time.Hour,
		Universe: ua, Rest: map[string]*where.Zone{"UA": ua}})
	if err != nil {
		t.Fatal(err)
	}
	night := when.Span{Start: at(t, "2025-03-20T20:20Z"), End: at(t, "2025-03-20T23:30Z")}
	for _, c := range []struct {
		name     string
		lat, lon float64
		want     string
	}{
		{"Lviv", 49.84, 24.03, "UA"}, {"Kyiv", 50.45, 30.52, "UA"}, {"Poltava", 49.59, 34.55, "UA"},
		{"Donetsk", 48.0, 37.8, "RU"}, {"Simferopol", 44.95, 34.1, "RU"}, {"Melitopol", 46.85, 35.37, "RU"},
		{"Toretsk", 48.39, 37.87, "RU|UA"},
		// Held by Ukraine then, but in no layer of this source: not "RU".
		{"Sudzha", 51.19, 35.27, "unknown"}, {"Moscow", 55.75, 37.62, "unknown"},
	} {
		a := s.At(where.Disc(where.Point{Lat: c.lat, Lon: c.lon}, 500), night, planar)
		if who(a) != c.want {
			t.Errorf("%s: %s, want %s", c.name, a, c.want)
		}
		if a.Holders == nil {
			continue
		}
		if a.Source != "deepstatemap_data_20250318.geojson" || a.Age != 2*24*time.Hour+20*time.Hour+30*time.Minute {
			t.Errorf("%s: layer %s, age %s", c.name, a.Source, a.Age)
		}
		if want := 2000 + 500*where.Metres(68.5/24); a.Margin < want-0.01 || a.Margin > want+0.01 {
			t.Errorf("%s: margin %s, want %s", c.name, a.Margin, want)
		}
	}
	for code, want := range map[string]string{"UA-46": "UA", "UA-53": "UA", "UA-14": "RU|UA", "UA-48": "RU|UA", "RU-KRS": "unknown"} {
		place, err := where.AreaRegion(code)
		if err != nil {
			t.Fatal(err)
		}
		if a := s.At(place, night, planar); who(a) != want {
			t.Errorf("%s: %s, want %s", code, a, want)
		}
	}
	// 31 March has no file, and the nearest is six days old; on 10 April that of 2
	// April is too old.
	lviv := where.Disc(where.Point{Lat: 49.84, Lon: 24.03}, 0)
	if a := s.At(lviv, moment(t, "2025-03-31T03:00Z"), planar); who(a) != "UA" || a.Age != 6*24*time.Hour {
		t.Errorf("31 March: %s", a)
	}
	if a := s.At(lviv, moment(t, "2025-04-10T03:00Z"), planar); who(a) != "unknown" {
		t.Errorf("10 April: %s", a)
	}
	// What stretching the rule of the rest over Russia would say, wrongly.
	both, err := where.AreaZone("both", "UA", "RU")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := control.New(layers, control.Rules{Margin: 2000, Universe: both, Rest: map[string]*where.Zone{"UA": ua, "RU": ru}})
	if err != nil {
		t.Fatal(err)
	}
	if a := wrong.At(where.Disc(where.Point{Lat: 51.19, Lon: 35.27}, 500), night, planar); who(a) != "RU" {
		t.Errorf("the trap is not what docs/control.md says it is: %s", a)
	}
	if a := wrong.At(where.Disc(where.Point{Lat: 51.11, Lon: 35.18}, 6000), night, planar); who(a) != "RU|UA" {
		t.Errorf("across the border: %s", a)
	}
}
