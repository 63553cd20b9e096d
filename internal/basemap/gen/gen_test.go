package gen

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/basemap"
)

// two countries side by side, with one common border (arc 1) and a peninsula of
// East (arc 3) that lies apart. One step of the grid is a tenth of a degree.
const twoCountries = `{"type":"Topology","transform":{"scale":[0.1,0.1],"translate":[30,45]},"objects":{"countries":{"type":"GeometryCollection","geometries":[
	{"type":"Polygon","properties":{"name":"West"},"arcs":[[0,1]]},
	{"type":"MultiPolygon","properties":{"name":"East"},"arcs":[[[-2,2]],[[3]]]},
	{"type":"Polygon","properties":{"name":"Isle"},"arcs":[[4]]}]}},
	"arcs":[[[10,10],[-10,0],[0,-10],[10,0]],[[10,0],[0,10]],[[10,0],[10,0],[0,10],[-10,0]],[[40,0],[5,0],[0,5],[-5,0],[0,-5]],[[60,0],[5,0],[0,5],[-5,0],[0,-5]]]}`

const head = "name,source,west,south,east,north,claimed_by,comment\n"

func generate(t *testing.T, table string) *basemap.Topology {
	t.Helper()
	b, err := Generate([]byte(twoCountries), []byte(head+table))
	if err != nil {
		t.Fatal(err)
	}
	out, err := basemap.ParseTopology(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func list(l basemap.Layer) string {
	var out []string
	for _, g := range l.Geometries {
		s := g.Properties.Name + strings.Repeat("*", len(g.Polygons))
		if c := g.Properties.ClaimedBy; len(c) > 0 {
			s += "(" + strings.Join(c, ",") + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestDisputedAreasAreTakenOut(t *testing.T) {
	m := generate(t, "Cape,East,33.9,44.9,34.6,45.6,W|E,why\n")
	if got := list(m.Objects[basemap.Countries]) + " / " + list(m.Objects[basemap.Disputed]); got != "West* East* Isle* / Cape*(W,E)" {
		t.Error(got)
	}
	m = generate(t, "Isle of all,Isle,,,,,W|E|X,a whole feature\n")
	if got := list(m.Objects[basemap.Countries]) + " / " + list(m.Objects[basemap.Disputed]); got != "West* East** / Isle of all*(W,E,X)" {
		t.Error(got)
	}
	for table, want := range map[string]string{
		"Cape,East,34.1,44.9,34.6,45.6,W|E,box too small\n":   "no polygon",
		"Cape,Nowhere,33.9,44.9,34.6,45.6,W|E,no such land\n": "no polygon",
		"Cape,East,33.9,44.9,34.6,45.6,W,one claims it\n":     "at least two",
		"Cape,East,x,44.9,34.6,45.6,W|E,no number\n":          "row 2",
	} {
		if _, err := Generate([]byte(twoCountries), []byte(head+table)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// TestSimpleRings: whatever closed line it is given, what is left does not meet
// itself in a point of it, or is nothing.
func TestSimpleRings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pt := rapid.Custom(func(rt *rapid.T) [2]int {
			return [2]int{rapid.IntRange(0, 12).Draw(rt, "x"), rapid.IntRange(0, 12).Draw(rt, "y")}
		})
		line := rapid.SliceOfN(pt, 3, 25).Draw(rt, "line")
		out := simple(append(line, line[0]))
		if len(out) == 0 {
			return
		}
		seen := map[[2]int]bool{}
		for _, p := range out[:len(out)-1] {
			if seen[p] {
				rt.Fatalf("%v meets itself in %v", out, p)
			}
			seen[p] = true
		}
		for i := range out[:len(out)-1] {
			for j := i + 1; j < len(out)-1; j++ {
				if cross(out[i], out[i+1], out[j], out[j+1]) {
					rt.Fatalf("%v crosses itself", out)
				}
			}
		}
	})
}

// TestWorldIsWhatTheGeneratorGives needs the source, which is not kept here.
func TestWorldIsWhatTheGeneratorGives(t *testing.T) {
	name := os.Getenv("WORLD_ATLAS")
	if name == "" {
		t.Skip("SKIPPED: WORLD_ATLAS does not name countries-10m.json of world-atlas 2.0.2, so world.topojson is not compared with its source")
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	got, err := Generate(read(name), read("../data/disputed.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, read("../data/world.topojson")) {
		t.Error("world.topojson differs from what the generator gives: run internal/basemap/data/generate.go")
	}
}
