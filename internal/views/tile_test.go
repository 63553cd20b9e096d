package views

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestCellsAgree: over all tiles of a zoom each incident with a place is counted
// once, in the cell that its middle is in, and told wide where its circle leaves it.
func TestCellsAgree(t *testing.T) {
	profiles := []string{}
	for _, m := range []string{"public", "restricted"} {
		profiles = append(profiles, strings.Join([]string{"report", "reported", m, "", "attack.strike.drone", "", "", "", "", ""}, parted))
	}
	judgements := []string{"", "t@a breach", "t@a permitted"}
	rapid.Check(t, func(t *rapid.T) {
		var rows []Row
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			r := Row{Num: uint32(i + 1), Start: noTime, End: noTime, Lat: noPlace, Lon: noPlace, Profile: uint32(rapid.IntRange(0, 1).Draw(t, "profile")), Judged: uint32(rapid.IntRange(0, 2).Draw(t, "judged"))}
			if rapid.IntRange(0, 4).Draw(t, "placed") > 0 {
				r.Lat = rapid.SampledFrom([]int32{0, 90 * degree, -90 * degree, 4_851_670, int32(rapid.IntRange(-90*degree, 90*degree).Draw(t, "lat"))}).Draw(t, "which lat")
				r.Lon = rapid.SampledFrom([]int32{0, 180 * degree, -180 * degree, 3_500_000, int32(rapid.IntRange(-180*degree, 180*degree).Draw(t, "lon"))}).Draw(t, "which lon")
				r.Radius = rapid.SampledFrom([]uint16{0, 100, 60000}).Draw(t, "radius")
			}
			rows = append(rows, r)
		}
		may := []Marking{Public}
		if rapid.Bool().Draw(t, "all") {
			may = Markings()
		}
		s := &Snapshot{cols: NewColumns(rows), profiles: profiles, judgements: judgements}
		f := &Filter{Fields: map[string][]string{}, May: may}
		z, side := rapid.IntRange(0, 2).Draw(t, "z"), rapid.SampledFrom([]int{1, 4, 32}).Draw(t, "side")
		got, groups := 0, map[string]int{}
		for x := range 1 << z {
			for y := range 1 << z {
				c, err := s.Cells(f, Tile{z, x, y}, side, "t@a")
				if err != nil {
					t.Fatal(err)
				}
				for i, n := range c.N {
					all := 0
					for g, k := range n {
						all += k
						groups[c.Groups[g]] += k
					}
					if c.Wide[i] > all {
						t.Fatalf("%d wide of %d", c.Wide[i], all)
					}
					got += all
					if all != inCell(rows, profiles, may, z, x*side+i%side, y*side+i/side, side) {
						t.Fatalf("zoom %d, cell %d,%d of %d a tile: %d", z, x*side+i%side, y*side+i/side, side, all)
					}
				}
			}
		}
		want, wanted := 0, map[string]int{"": 0}
		for _, r := range rows {
			if r.Lat != noPlace && (len(may) > 1 || r.Profile == 0) {
				want++
				wanted[[]string{"", "breach", "permitted"}[r.Judged]]++
			}
		}
		if got != want || groups["breach"] != wanted["breach"] || groups["permitted"] != wanted["permitted"] || groups[""] != wanted[""] {
			t.Fatalf("%d in cells %v, expected %d %v", got, groups, want, wanted)
		}
	})
}

// inCell counts by the formula of the projection, with what lies on a line within a
// unit given to the cell that the tile gives it to.
func inCell(rows []Row, profiles []string, may []Marking, z, x, y, side int) (n int) {
	cells := float64(side) * float64(int(1)<<z)
	for _, r := range rows {
		if r.Lat == noPlace || len(may) == 1 && r.Profile != 0 {
			continue
		}
		u, v := Mercator(float64(r.Lat)/degree, float64(r.Lon)/degree)
		if r.Lon == 180*degree {
			u = math.Nextafter(1, 0)
		}
		v = min(v, math.Nextafter(1, 0))
		if int(u*cells) == x && int(v*cells) == y {
			n++
		}
	}
	return n
}

func TestOnTile(t *testing.T) {
	profiles := []string{strings.Join([]string{"report", "reported", "public", "", "attack.strike.drone", "", "", "", "", ""}, parted), strings.Join([]string{"report", "reported", "restricted", "", "", "", "", "", "", ""}, parted)}
	rows := []Row{{Num: 3, Lat: 4_850_000, Lon: 3_500_000, Judged: noCode}, {Num: 2, Lat: 4_900_000, Lon: 3_500_000, Radius: 6000, Judged: noCode}, {Num: 1, Lat: 4_850_000, Lon: 3_500_000, Profile: 1, Judged: noCode}, {Num: 4, Lat: noPlace, Lon: noPlace, Judged: noCode}, {Num: 5, Lat: 6_000_000, Lon: 3_500_000, Judged: noCode}}
	s := &Snapshot{cols: NewColumns(rows), profiles: profiles}
	box := Box{South: 48.4, North: 48.6, West: 34.9, East: 35.1}
	f := &Filter{Fields: map[string][]string{}, May: []Marking{Public}}
	got, more, err := s.OnTile(f, box, 10, "")
	if err != nil || more || len(got) != 2 || got[0].Num != 2 || got[1].Num != 3 || got[1].Fields["act"] != "attack.strike.drone" {
		t.Errorf("%+v %v %v", got, more, err)
	}
	if _, more, _ := s.OnTile(f, box, 1, ""); !more {
		t.Error("two are not more than one")
	}
	f.Box = &Box{South: 48.9, North: 49.1, West: 34.9, East: 35.1}
	if got, _, _ := s.OnTile(f, box, 10, ""); len(got) != 1 || got[0].Num != 2 {
		t.Errorf("with a box of its own: %+v", got)
	}
	if _, _, err := s.OnTile(f, box, 10, "rubbish"); err == nil {
		t.Error("rubbish is no group")
	}
}
