package views

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// halfBlind sees what is public as cells and days, what is for the mission without
// what was found, nothing that is restricted, and no act that is kept for fewer.
var halfBlind = &Eyes{Key: "half blind", Of: func(n Narrowed) Look {
	_, kept := n.Fields["act"]
	return Look{See: n.Marking != Restricted, Coarse: n.Marking == Public, NoFindings: n.Marking == Mission, NoTime: n.Site, Hidden: map[string]bool{"act": kept}}
}}

// glanced compares what some eyes see with all rows looked at one by one. The
// columns of those eyes have grown with the views, or were made at once.
func glanced(t testing.TB, b *strings.Builder, s *Snapshot, all []Row) {
	t.Helper()
	g := s.look(halfBlind)
	var want []Row
	for _, r := range all {
		fields := fieldsOf(s.profiles[r.Profile])
		n := narrowedOf(fields[markingField], fields[len(profileFields)])
		if n.Marking == Restricted {
			continue
		}
		if n.Marking == Public {
			r = r.Coarse()
		}
		if n.Marking == Mission {
			r.Judged = noCode
		}
		if n.Site {
			r.Start, r.End = noTime, noTime
		}
		want = append(want, r)
		if _, kept := n.Fields["act"]; kept && fieldsOf(g.profiles[r.Profile])[4] != "" {
			t.Errorf("an act that is kept for fewer is seen: %q", g.profiles[r.Profile])
		}
	}
	slices.SortFunc(want, func(x, y Row) int { return -cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.Num, y.Num)) })
	got := s.List(&Filter{Eyes: halfBlind}, nil, 1000)
	if !slices.Equal(got.Rows, want) || got.Totals.Withheld != len(all)-len(want) {
		t.Errorf("as of %d: %+v\nwant %+v, %d withheld", s.At, got, want, len(all)-len(want))
	}
	fmt.Fprintf(b, "%+v\n", got.Totals)
}

// TestCoarseRowHolds: the days hold the time, the cell holds the place, and two
// rows of one cell and day are alike.
func TestCoarseRowHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := int32(rapid.IntRange(-1e6, 4e7).Draw(t, "start"))
		r := Row{Start: start, End: start + int32(rapid.IntRange(1, 5000).Draw(t, "length")), Lat: int32(rapid.IntRange(-79*degree, 79*degree).Draw(t, "lat")), Lon: int32(rapid.IntRange(-178*degree, 178*degree).Draw(t, "lon")), Radius: uint16(rapid.IntRange(0, 3000).Draw(t, "radius"))}
		c := r.Coarse()
		if c.Start > r.Start || c.End < r.End || c.Start%day != 0 || c.End%day != 0 || r.Start-c.Start >= day || c.End-r.End >= day {
			t.Fatalf("%+v as %+v", r, c)
		}
		// Metres on a sphere between the middles, by the chord.
		at := func(lat, lon int32) (x, y, z float64) {
			a, o := float64(lat)/degree*math.Pi/180, float64(lon)/degree*math.Pi/180
			return math.Cos(a) * math.Cos(o), math.Cos(a) * math.Sin(o), math.Sin(a)
		}
		x1, y1, z1 := at(r.Lat, r.Lon)
		x2, y2, z2 := at(c.Lat, c.Lon)
		far := 2 * math.Asin(math.Sqrt((x1-x2)*(x1-x2)+(y1-y2)*(y1-y2)+(z1-z2)*(z1-z2))/2) * 6371008.8
		if far+float64(r.Radius)*10 > float64(c.Radius)*10+1 {
			t.Fatalf("%+v as %+v: %.0f m away", r, c, far)
		}
		if c.Coarse().Start != c.Start || c.Coarse().End != c.End {
			t.Fatalf("%+v twice is %+v", c, c.Coarse())
		}
	})
}
