package console

import (
	"encoding/json"
	"math"
	"net/http"
	"sync"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// layers are what maps are drawn on. Each is made when it is first asked for, and
// kept compressed. Nothing is judged by them.
func layers(base *basemap.Map) map[string]func() (*file, error) {
	return map[string]func() (*file, error){
		"map/world.geojson":  made(geoJSON, func() ([]byte, error) { return basemap.GeoJSON(base) }),
		"map/areas.geojson":  made(geoJSON, areas),
		"map/places.geojson": made(geoJSON, places),
		"map/names.json":     made("application/json", areaNames),
	}
}

const geoJSON = "application/geo+json"

func made(kind string, f func() ([]byte, error)) func() (*file, error) {
	return sync.OnceValues(func() (*file, error) {
		b, err := f()
		return &file{plain: b, kind: kind}, err
	})
}

func (c *Console) serveLayer(w http.ResponseWriter, r *http.Request, layer func() (*file, error)) {
	f, err := layer()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	f.serve(w, r)
}

type collection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   any            `json:"geometry"`
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

// areas are the outlines of first-level areas, as lines without status, to about a
// kilometre: they help to find one's way and no more.
func areas() ([]byte, error) {
	out := collection{Type: "FeatureCollection", Features: []feature{}}
	for _, a := range where.Areas() {
		mp, ok := where.Area(a.Code)
		if !ok {
			continue
		}
		var lines [][][2]float64
		for _, poly := range mp {
			for _, ring := range poly {
				if l := coarse(ring); len(l) > 3 {
					lines = append(lines, l)
				}
			}
		}
		out.Features = append(out.Features, feature{"Feature", map[string]any{"code": a.Code}, geometry{"MultiLineString", lines}})
	}
	return json.Marshal(out)
}

// areaNames are the names of first-level areas by their codes and by language, for
// places that are known as well as that.
func areaNames() ([]byte, error) {
	out := map[string]map[string]string{}
	for _, a := range where.Areas() {
		of := map[string]string{}
		for lang, name := range map[string]string{"en": a.Name, "uk": a.NameUK, "ru": a.NameRU} {
			if name != "" {
				of[lang] = name
			}
		}
		out[a.Code] = of
	}
	return json.Marshal(out)
}

// coarse rounds a ring to a hundredth of a degree and leaves out what falls
// together.
func coarse(ring where.Ring) [][2]float64 {
	var out [][2]float64
	for _, p := range ring {
		q := [2]float64{math.Round(p.Lon*100) / 100, math.Round(p.Lat*100) / 100}
		if n := len(out); n == 0 || out[n-1] != q {
			out = append(out, q)
		}
	}
	if n := len(out); n > 2 && out[0] != out[n-1] {
		out = append(out, out[0])
	}
	return out
}

// places are the settlements of the built-in gazetteer, with their names in the
// languages that it has.
func places() ([]byte, error) {
	out := collection{Type: "FeatureCollection", Features: []feature{}}
	for _, e := range gazetteer.Builtin().Entries() {
		if !e.HasPoint || e.Class != "settlement" || e.Population == 0 {
			continue
		}
		p := map[string]any{"people": e.Population}
		for _, n := range e.Names {
			lang := n.Lang
			if lang == "" {
				lang = "en"
			}
			if _, had := p[lang]; !had {
				p[lang] = n.Text
			}
		}
		out.Features = append(out.Features, feature{"Feature", p, geometry{"Point", [2]float64{e.Point.Lon, e.Point.Lat}}})
	}
	return json.Marshal(out)
}
