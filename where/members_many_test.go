package where

import (
	"fmt"
	"testing"
)

// TestMembershipSetsOfMany: of more than 64 zones every combination that points
// attain is found, and membership of a point is exact.
func TestMembershipSetsOfMany(t *testing.T) {
	var zones []*Zone
	for i := range 100 {
		zones = append(zones, NearSites(fmt.Sprint("z", i), []Point{{Lat: 48 + float64(i/10)*0.2, Lon: 30 + float64(i%10)*0.3}}, 15_000))
	}
	m := Model{}
	for _, r := range []Region{Unknown(), Disc(Point{Lat: 49, Lon: 31.5}, 300_000), Disc(Point{Lat: 49, Lon: 31.5}, 5_000), Disc(Point{Lat: 49, Lon: 31.5}, 0)} {
		sets, err := MembershipSets(r, zones, m)
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, s := range sets {
			have[s.String()] = true
		}
		if r.isPoint() && len(sets) != 1 {
			t.Errorf("a point attains %d combinations", len(sets))
		}
		for lat := 47.5; lat < 50.5; lat += 0.031 {
			for lon := 29.0; lon < 33.5; lon += 0.041 {
				p := Point{Lat: lat, Lon: lon}
				if !r.contains(p, m) {
					continue
				}
				in := make(ZoneSet, 2)
				near := false
				for i, z := range zones {
					if z.Contains(p, m) {
						in.add(i)
					}
					near = near || z.Relate(Disc(p, 200), m) == Straddling
				}
				if !near && !have[in.String()] {
					t.Fatalf("%s: the combination %s at %s was not found", r, in, p)
				}
			}
		}
	}
}
