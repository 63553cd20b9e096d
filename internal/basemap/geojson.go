package basemap

import (
	"encoding/json"
	"math"

	"github.com/truce-project/truce/where"
)

// GeoJSON writes a map as a FeatureCollection, with places to about a hundred metres. Its
// properties are those that Parse reads, and title: how an area is called on a map.
// A map of nil has no features.
func GeoJSON(m *Map) ([]byte, error) {
	type geometry struct {
		Type        string           `json:"type"`
		Coordinates [][][][2]float64 `json:"coordinates"`
	}
	type feature struct {
		Type       string         `json:"type"`
		Properties map[string]any `json:"properties"`
		Geometry   geometry       `json:"geometry"`
	}
	out := struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{"FeatureCollection", []feature{}}
	if m == nil {
		return json.Marshal(out)
	}
	for _, f := range m.Features {
		p := map[string]any{"name": f.Name, "title": f.Title()}
		if f.Disputed {
			p["disputed"], p["claimed_by"] = true, f.ClaimedBy
		}
		out.Features = append(out.Features, feature{"Feature", p, geometry{"MultiPolygon", rings(f.Area)}})
	}
	return json.Marshal(out)
}

func rings(mp where.MultiPolygon) [][][][2]float64 {
	out := [][][][2]float64{}
	for _, poly := range mp {
		var p [][][2]float64
		for _, ring := range poly {
			var r [][2]float64
			for _, at := range ring {
				r = append(r, [2]float64{round(at.Lon), round(at.Lat)})
			}
			if n := len(r); n > 0 && r[0] != r[n-1] {
				r = append(r, r[0])
			}
			p = append(p, r)
		}
		out = append(out, p)
	}
	return out
}

func round(d float64) float64 { return math.Round(d*1e3) / 1e3 }
