package where

import (
	"testing"

	"pgregory.net/rapid"
)

// TestJoined: what holds of several zones together, though of none of them alone.
func TestJoined(t *testing.T) {
	area := func(code string) *Zone {
		z, err := AreaZone(code, code)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	sumy, kharkiv := area("UA-59"), area("UA-63")
	border := Disc(Point{50.25, 35.11}, 12_000) // across the border of both oblasts, far from any other
	home := Point{48, 37}
	near := NearSites("near", []Point{home}, 5000)
	edge := Disc(Destination(home, 70, 5000, Model{}), 800)
	west, east := NearSites("west", []Point{Destination(home, 270, 3000, Model{})}, 5000), NearSites("east", []Point{Destination(home, 90, 3000, Model{})}, 5000)
	for _, c := range []struct {
		says string
		zone *Zone
		in   Region
		want Relation
	}{
		{"two oblasts that border on each other", UnionZone("", sumy, kharkiv), border, Inside},
		{"one of them", UnionZone("", sumy, near), border, Straddling},
		{"in a zone and in its complement", IntersectZone("", near, ComplementZone("", near)), edge, Outside},
		{"in a zone or in its complement", UnionZone("", ComplementZone("", near), near), edge, Inside},
		{"less itself", SubtractZone("", near, near), edge, Outside},
		{"two discs that hold it together", UnionZone("", west, east), Disc(home, 3500), Inside},
		{"two discs that do not", UnionZone("", west, east), Disc(home, 4500), Straddling},
	} {
		if got := c.zone.Relate(c.in, Model{}); got != c.want {
			t.Errorf("%s: %v, want %v", c.says, got, c.want)
		}
	}
}

// TestJoinedIsThePoints: a place said to be all inside or all outside has no point on
// the other side, among many more than were looked at.
func TestJoinedIsThePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Point{rapid.Float64Range(-60, 60).Draw(t, "lat"), rapid.Float64Range(-170, 170).Draw(t, "lon")}
		disc := func(name string) *Zone {
			p := Destination(c, rapid.Float64Range(0, 360).Draw(t, name), Metres(rapid.Float64Range(0, 6000).Draw(t, name+" at")), Model{})
			return NearSites(name, []Point{p}, Metres(rapid.Float64Range(500, 7000).Draw(t, name+" within")))
		}
		a, b, d := disc("a"), disc("b"), disc("d")
		z := rapid.SampledFrom([]*Zone{UnionZone("", a, b), UnionZone("", a, b, d), IntersectZone("", a, b), SubtractZone("", a, b), UnionZone("", SubtractZone("", a, b), d)}).Draw(t, "zone")
		r := Disc(c, Metres(rapid.Float64Range(50, 4000).Draw(t, "radius")))
		rel := z.Relate(r, Model{})
		for _, p := range r.lattice(5000, Model{}) {
			if rel != Straddling && z.Contains(p, Model{}) != (rel == Inside) {
				t.Fatalf("%v of %v is said to be %v, and %v is not", r, z.Name, rel, p)
			}
		}
	})
}
