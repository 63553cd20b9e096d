package main

import (
	"strings"
	"testing"
)

// FuzzLayers reads layers of who holds what.
func FuzzLayers(f *testing.F) {
	ring := `[[36,49],[37,49],[37,50],[36,49]]`
	f.Add([]byte(`{"type":"FeatureCollection","date":"2025-03-01","features":[{"type":"Feature","properties":{"holder":"RU"},"geometry":{"type":"Polygon","coordinates":[` + ring + `]}}]}`))
	f.Add([]byte(`{"type":"FeatureCollection","date":"2025-03-01","held":"nothing","features":[]}`))
	f.Add([]byte(`{"type":"Polygon","coordinates":[` + ring + `]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		layers, err := parseLayers("layer_20250301.geojson", data, "RU", "00:00Z")
		if (err == nil) != (len(layers) > 0) {
			t.Fatalf("%d layers, %v", len(layers), err)
		}
		if err == nil {
			return
		}
		for _, word := range []string{"json:", "Go value", "strconv", "invalid character '"} {
			if strings.Contains(err.Error(), word) && !strings.Contains(string(data), word) {
				t.Fatalf("%q in %v", word, err)
			}
		}
	})
}
