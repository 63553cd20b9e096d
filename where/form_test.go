package where

import (
	"testing"

	"pgregory.net/rapid"
)

// rebuilt makes a zone of a form.
func rebuilt(f Form) *Zone {
	var parts []*Zone
	for _, p := range f.Parts {
		parts = append(parts, rebuilt(p))
	}
	switch f.Kind {
	case FormPolygons:
		z, _ := PolygonZone("", f.Polygons)
		return z
	case FormSites:
		return NearSites("", f.Points, f.Within)
	case FormLine:
		return NearLine("", f.Points, f.Within, f.Side)
	case FormUnion:
		return UnionZone("", parts...)
	case FormIntersect:
		return IntersectZone("", parts...)
	}
	return ComplementZone("", parts[0])
}

// TestFormIsTheZone: what a zone says it is made of makes the same zone.
func TestFormIsTheZone(t *testing.T) {
	square, err := PolygonZone("", MultiPolygon{{{{50, 30}, {50, 35}, {53, 35}, {53, 30}, {50, 30}}}})
	if err != nil {
		t.Fatal(err)
	}
	area, err := AreaZone("", "UA-30", "UA-32")
	if err != nil {
		t.Fatal(err)
	}
	line := NearLine("", LineString{{50, 30}, {51, 31}, {50, 32}}, 7000, Left)
	sites := NearSites("", []Point{{50, 30}, {52, 34}}, 900)
	all := UnionZone("", SubtractZone("", square, line), IntersectZone("", area, ComplementZone("", sites)))
	m := Model{}
	again := rebuilt(all.Form())
	rapid.Check(t, func(t *rapid.T) {
		p := Point{rapid.Float64Range(49, 54).Draw(t, "lat"), rapid.Float64Range(29, 36).Draw(t, "lon")}
		if all.Contains(p, m) != again.Contains(p, m) {
			t.Fatalf("%v: %v, and by its form %v", p, all.Contains(p, m), again.Contains(p, m))
		}
		if f := all.Form(); float64(f.Radius) < 1e9 && all.Contains(p, m) && Distance(f.Centre, p, m) > f.Radius {
			t.Fatalf("%v is in the zone and not in the cap round it", p)
		}
	})
}

// TestBorderIsNearlyStraight: the pieces of a planar border are within the
// bend that was asked for, and join.
func TestBorderIsNearlyStraight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(40, 60).Draw(t, "lat"), rapid.Float64Range(20, 40).Draw(t, "lon")
		dx, dy := rapid.Float64Range(0.1, 6).Draw(t, "dx"), rapid.Float64Range(0.1, 4).Draw(t, "dy")
		z, err := PolygonZone("", MultiPolygon{{{{lat, lon}, {lat, lon + dx}, {lat + dy, lon + dx/2}, {lat, lon}}}})
		if err != nil {
			t.Fatal(err)
		}
		f := z.Form()
		const bend = 0.25
		var length float64
		for _, s := range f.Border(Model{Edges: Planar}, bend) {
			e := makeEdge(rawEdge{s.From, s.To, 0})
			length += e.angle
			for _, at := range []float64{0.2, 0.5, 0.7} {
				if chord, _ := e.foot(lerp(s.From, s.To, at).vec()); chord*sphereRadius > bend*1.01 {
					t.Fatalf("%v bends by %.3f m", s, chord*sphereRadius)
				}
			}
		}
		if g := f.Border(Model{}, bend); len(g) < 3 || length < 0.9*(dx+dy)*radians*0.5 {
			t.Fatalf("a border of %.3f rad in %d pieces", length, len(g))
		}
	})
}
