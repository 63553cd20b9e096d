package where

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPiecesHoldTheCrossing: every point that lies in all regions lies in a piece,
// and pieces are as small as was asked.
func TestPiecesHoldTheCrossing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rs []Region
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			c := Point{Lat: 50 + rapid.Float64Range(-0.1, 0.1).Draw(t, "lat"), Lon: 35 + rapid.Float64Range(-0.1, 0.1).Draw(t, "lon")}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				rs = append(rs, Disc(c, Metres(rapid.Float64Range(0, 20_000).Draw(t, "r"))))
			case 1:
				low := rapid.Float64Range(0, 5_000).Draw(t, "min")
				rs = append(rs, Sector(c, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(1, 40).Draw(t, "half"), Metres(low), Metres(low+rapid.Float64Range(1, 20_000).Draw(t, "deep"))))
			default:
				rs = append(rs, UnionRegion(Disc(c, 3000), Sector(c, 90, 10, 0, 15_000)))
			}
		}
		for _, m := range []Model{{}, {Distance: Sphere}} {
			pieces, ok := Pieces(900, m, rs...)
			if !ok {
				t.Fatal("too many pieces")
			}
			for range 40 {
				p := Point{Lat: 50 + rapid.Float64Range(-0.3, 0.3).Draw(t, "y"), Lon: 35 + rapid.Float64Range(-0.4, 0.4).Draw(t, "x")}
				all := true
				for _, r := range rs {
					all = all && r.contains(p, m)
				}
				held := false
				for _, d := range pieces {
					held = held || d.contains(p, m)
				}
				if all && !held {
					t.Fatalf("%v lies in all of %v and in no piece", p, rs)
				}
			}
			for _, d := range pieces {
				if d.max > 900 {
					t.Fatalf("a piece of %v", d.max)
				}
			}
		}
	})
}

func TestPiecesOfNothing(t *testing.T) {
	a, b := Sector(Point{50, 35}, 0, 5, 0, 20_000), Sector(Point{50, 35.5}, 180, 5, 0, 20_000)
	if got, ok := Pieces(500, Model{}, a, b); !ok || len(got) != 0 {
		t.Errorf("north of one and south of the other: %d, %v", len(got), ok)
	}
	if _, ok := Pieces(500, Model{}, a, Unknown()); ok {
		t.Error("an unknown region")
	}
	if _, ok := Pieces(1, Model{}, a); ok {
		t.Error("pieces of a metre")
	}
}
