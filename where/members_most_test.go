package where

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestBoundedMemberships: where the search for combinations ends early, it has found
// what it finds when it does not.
func TestBoundedMemberships(t *testing.T) {
	bounded, ended, open := 0, 0, map[int]int{}
	rapid.Check(t, func(t *rapid.T) {
		c := Point{rapid.Float64Range(-60, 60).Draw(t, "lat"), rapid.Float64Range(-170, 170).Draw(t, "lon")}
		size := rapid.SampledFrom([]float64{0.01, 0.2}).Draw(t, "size")
		var zones []*Zone
		for range rapid.IntRange(2, 3).Draw(t, "zones") {
			zones = append(zones, drawGridZone(t, c, size, 1))
		}
		m := models[rapid.IntRange(0, len(models)-1).Draw(t, "model")]
		r := Disc(drawGridNear(t, c, size*2, "disc"), Metres(size*rapid.SampledFrom([]float64{3_000, 30_000, 120_000}).Draw(t, "radius")))
		fixed, which := relateAll(r, zones, m)
		open[len(which)]++
		if len(which) < 2 {
			return
		}
		most := mayAttain(r, zones, which, fixed.word(0), m)
		whole := attained(r, zones, which, fixed.word(0), m, nil)
		if most == nil {
			return
		}
		bounded++
		for mask := range whole {
			if !most[mask] {
				t.Fatalf("%v: %b is attained, and not among %v", r, mask, slices.Sorted(maps.Keys(most)))
			}
		}
		if len(whole) == len(most) {
			ended++
		}
		if got := attained(r, zones, which, fixed.word(0), m, most); !maps.Equal(got, whole) {
			t.Fatalf("%v: %v, and when all is searched %v", r, got, whole)
		}
	})
	t.Logf("straddled zones: %v; %d were bounded, and of %d the search could end early", open, bounded, ended)
	if ended == 0 || ended == bounded {
		t.Error("not both ends were tried")
	}
}

// BenchmarkMembershipsOfBelts: belts in one another along a line, beside those along
// another, and discs across some of them.
func BenchmarkMembershipsOfBelts(b *testing.B) {
	one := LineString{{47.1, 37.83}, {47.7, 37.65}, {47.93, 37.52}, {48.1, 37.72}, {48.34, 37.98}, {48.4, 38.25}, {48.63, 38.42}, {48.7, 38.98}, {48.65, 39.45}}
	two := LineString{{47.1, 37.98}, {47.7, 37.75}, {47.93, 37.62}, {48.08, 37.78}, {48.28, 38.02}, {48.2, 38.2}, {48.25, 38.55}, {48.42, 38.62}, {48.6, 38.5}, {48.7, 38.98}, {48.65, 39.45}}
	var zones []*Zone
	for _, km := range []Metres{15, 25, 35, 70} {
		zones = append(zones, NearLine("a", one, km*1000, Both), NearLine("b", two, km*1000, Both))
	}
	for _, radius := range []Metres{1000, 5000, 20000} {
		b.Run(fmt.Sprint(radius), func(b *testing.B) {
			var discs []Region
			for i := range 64 {
				_, x := math.Modf(float64(i) * 0.7549)
				_, y := math.Modf(float64(i) * 0.5698)
				discs = append(discs, Disc(Point{47.2 + 2*x, 37 + 3*y}, radius))
			}
			for i := 0; b.Loop(); i++ {
				Memberships(discs[i%64], zones, Model{})
			}
		})
	}
}
