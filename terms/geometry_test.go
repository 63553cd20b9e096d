package terms

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/where"
)

const nearText = `---
truce: 1
id: near
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-01-01T00:00Z", end: none}
geometry: {distance: sphere, edges: planar, boundary: closed%s}
parties: {A: {}, B: {}}
---
` + "```truce\nclause: \"1\"\nforbid: {act: attack, zone: z}\n```\n\n```truce\ndefine: z\nzone: {near: {points: sites.geojson, within: 1 km}}\n```\n"

// TestLines: lines may be great circles where edges are straight.
func TestLines(t *testing.T) {
	fsys := fstest.MapFS{"sites.geojson": {Data: []byte(`{"type":"MultiPoint","coordinates":[[36,49],[37,50]]}`)}}
	for entry, want := range map[string]string{"": "sphere, planar, closed", ", lines: geodesic": "sphere, planar, closed, lines geodesic", ", lines: planar": "sphere, planar, closed"} {
		tm, problems := ParseBytes(fsys, "near.truce.md", []byte(strings.Replace(nearText, "%s", entry, 1)))
		if tm == nil {
			t.Fatal(problems)
		}
		r, err := tm.Under("text", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := tm.Geometry.String(); got != want {
			t.Errorf("%s: %s, want %s", entry, got, want)
		}
		z := r.Zones[0]
		if !z.Contains(where.Point{Lat: 50.005, Lon: 37}, tm.Geometry) || z.Contains(where.Point{Lat: 49.5, Lon: 36.5}, tm.Geometry) {
			t.Error("the zone is not what is near the points of the file")
		}
	}
	if tm, problems := ParseBytes(fsys, "near.truce.md", []byte(strings.Replace(nearText, "%s", ", lines: straight", 1))); tm != nil || !strings.Contains(problems.Error(), "expected geodesic or planar") {
		t.Errorf("lines: straight: %v", problems)
	}
	if _, problems := ParseBytes(fsys, "near.truce.md", []byte(strings.Replace(strings.Replace(nearText, "%s", "", 1), "sites.geojson", "none.geojson", 1))); problems.Errors() == nil {
		t.Error("a file of points that is not there was not missed")
	}
}
