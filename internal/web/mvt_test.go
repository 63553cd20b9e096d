package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// tile asks for a tile and decodes it with a reader that is not ours.
func (w *world) tile(account, path string) map[string]*mvt.Layer {
	w.t.Helper()
	r, text := w.do("GET", path, account, "", nil, nil)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != tileType {
		w.t.Fatalf("%s: %d %s %s", path, r.StatusCode, r.Header.Get("Content-Type"), text)
	}
	layers, err := mvt.Unmarshal([]byte(text))
	if err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	out := map[string]*mvt.Layer{}
	for _, l := range layers {
		if l.Version != 2 {
			w.t.Fatalf("version %d", l.Version)
		}
		out[l.Name] = l
	}
	return out
}

// listed are all incidents of the list, by its filter.
func (w *world) listed(account, query string) map[string]IncidentItem {
	w.t.Helper()
	var l IncidentList
	_, text := w.do("GET", "/api/incidents?limit=1000&"+query, account, "", nil, nil)
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		w.t.Fatal(err, text)
	}
	out := map[string]IncidentItem{}
	for _, i := range l.Items {
		out[i.ID] = i
	}
	return out
}

// TestTilesAgree: tiles hold what the list holds, for each account and filter, and
// nothing else.
func TestTilesAgree(t *testing.T) {
	w := newWorld(t, nil)
	r := rand.New(rand.NewPCG(1, 2))
	acts := []string{"attack.strike.drone", "attack.strike.artillery", ""}
	for i := range 60 {
		row := map[string]string{"text": fmt.Sprintf("event %d", i), "act": acts[i%3], "time_start": fmt.Sprintf("2025-03-%02dT10:00Z", 1+i%28)}
		if i%10 != 0 {
			row["lat"], row["lon"] = fmt.Sprintf("%.5f", 48+r.Float64()*3), fmt.Sprintf("%.5f", 34+r.Float64()*4)
			row["precision_m"] = []string{"0", "100", "6000", "40000"}[i%4]
		}
		if i == 7 {
			row["lat"], row["lon"] = "51.2", "179.9999"
		}
		body, err := json.Marshal(map[string]any{"id": record.NewID(w.web.began.Add(0), [10]byte{byte(i), 7}), "row": row, "marking": []string{"public", "mission", "restricted"}[i%3]})
		if err != nil {
			t.Fatal(err)
		}
		if r, text := w.do("POST", "/api/reports", "anna", "application/json", body, nil); r.StatusCode != 201 {
			t.Fatal(text)
		}
	}
	w.follow()
	for _, account := range []string{"anna", "check", "alfa", "desk"} {
		for _, query := range []string{"", "act=attack.strike.drone", "from=2025-03-05&to=2025-03-15", "bbox=35,48.5,37,50"} {
			list := w.listed(account, query)
			placed := map[string]IncidentItem{}
			for id, x := range list {
				if x.Lat != nil {
					placed[id] = x
				}
			}
			for _, z := range []int{0, 3} {
				n := 0
				for x := range 1 << z {
					for y := range 1 << z {
						for _, f := range w.tile(account, fmt.Sprintf("/api/tiles/%d/%d/%d.mvt?%s", z, x, y, query))["cells"].Features {
							n += int(f.Properties["n"].(float64))
						}
					}
				}
				if n != len(placed) {
					t.Errorf("%s %q, zoom %d: %d in cells, %d in the list", account, query, z, n, len(placed))
				}
			}
			w.singlesAgree(account, query, list, placed)
		}
	}
}

// singlesAgree compares tiles of a high zoom with what the list finds in their
// boxes.
func (w *world) singlesAgree(account, query string, list, placed map[string]IncidentItem) {
	w.t.Helper()
	for _, id := range slices.Sorted(maps.Keys(placed)) {
		x := placed[id]
		for _, z := range []int{8, 13} {
			u, v := views.Mercator(*x.Lat, *x.Lon)
			n := float64(int(1) << z)
			tile := views.Tile{Z: z, X: int(u * n), Y: int(v * n)}
			layers := w.tile(account, fmt.Sprintf("/api/tiles/%d/%d/%d?%s", z, tile.X, tile.Y, query))
			found := map[string]string{}
			for _, name := range []string{"incidents", "areas"} {
				for _, f := range layers[name].Features {
					got := f.Properties["id"].(string)
					if found[got] != "" {
						w.t.Errorf("%s is twice on a tile", got)
					}
					if _, ok := list[got]; !ok {
						w.t.Errorf("%s %q: %s is on a tile and not in the list", account, query, got)
					}
					if name == "incidents" && f.Geometry.GeoJSONType() != "Point" || name == "areas" && !strings.HasSuffix(f.Geometry.GeoJSONType(), "Polygon") {
						w.t.Errorf("%s: %s", name, f.Geometry.GeoJSONType())
					}
					found[got] = name
				}
			}
			// A radius that can be seen is never a point.
			if want := map[bool]string{true: "areas", false: "incidents"}[*x.PrecisionM/metresAUnit(tile, *x.Lat) > pointWithin]; found[id] != want {
				w.t.Errorf("zoom %d: %s with %g m is in %q, expected %q", z, id, *x.PrecisionM, found[id], want)
			}
			if query != "" || z != 8 {
				continue
			}
			b := maptile.New(uint32(tile.X), uint32(tile.Y), maptile.Zoom(z)).Bound()
			inside := w.listed(account, "bbox="+url.QueryEscape(fmt.Sprintf("%.6f,%.6f,%.6f,%.6f", b.Min[0], b.Min[1], b.Max[0], b.Max[1])))
			for id, y := range inside {
				if b.Contains([2]float64{*y.Lon, *y.Lat}) && found[id] == "" {
					w.t.Errorf("zoom %d: %s lies on the tile and is not drawn", z, id)
				}
			}
		}
	}
}

func TestTileUnchanged(t *testing.T) {
	w := newWorld(t, nil)
	r, _ := w.do("GET", "/api/tiles/5/18/10.mvt", "reader", "", nil, nil)
	tag := r.Header.Get("ETag")
	if r, _ := w.do("GET", "/api/tiles/5/18/10.mvt", "reader", "", nil, map[string]string{"If-None-Match": tag}); tag == "" || r.StatusCode != http.StatusNotModified {
		t.Errorf("%q %d", tag, r.StatusCode)
	}
	for path, want := range map[string]int{"/api/tiles/5/32/10.mvt": 422, "/api/tiles/5/1/x": 422, "/api/tiles/21/0/0": 422, "/api/tiles/2/0/0?by=rubbish": 422, "/api/tiles/2/0/0?act=rubbish": 422, "/api/tiles/2/0/-1": 422} {
		if r, text := w.do("GET", path, "reader", "", nil, nil); r.StatusCode != want {
			t.Errorf("%s: %d %s", path, r.StatusCode, text)
		}
	}
	if r, _ := w.do("GET", "/api/tiles/5/18/10.mvt", "", "", nil, nil); r.StatusCode != 200 {
		t.Errorf("nobody: %d", r.StatusCode)
	}
}
