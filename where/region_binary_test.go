package where

import (
	"bytes"
	"testing"
)

func regions(t testing.TB) []Region {
	area, err := AreaRegion("UA-63", "RU-KRS")
	if err != nil {
		t.Fatal(err)
	}
	poly, err := ParsePlace("MULTIPOLYGON (((35 50, 36 50, 36 51, 35 51, 35 50), (35.2 50.2, 35.2 50.4, 35.4 50.4, 35.4 50.2, 35.2 50.2)))")
	if err != nil {
		t.Fatal(err)
	}
	disc, sector := Disc(Point{48.123456789, 37.9}, 1234.5), Sector(Point{48.5, 37.9}, 120, 10, 2000, 6000)
	return []Region{Unknown(), disc, Disc(Point{1, 2}, 0), sector, area, poly, UnionRegion(disc, sector, area)}
}

// TestRegionIsKept: a region comes back as it was, from bytes and, where it has
// that form, from text.
func TestRegionIsKept(t *testing.T) {
	for _, r := range regions(t) {
		b, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Region
		if err := back.UnmarshalBinary(b); err != nil || back.String() != r.String() || !bytes.Equal(back.GeoJSON(), r.GeoJSON()) {
			t.Errorf("%s came back as %s, %v", r, back, err)
		}
		for i := range b {
			if err := new(Region).UnmarshalBinary(b[:i]); err == nil && i > 0 {
				t.Errorf("%s was read from %d of %d bytes", r, i, len(b))
			}
		}
		if text, ok := r.Text(); ok {
			if back, err = ParsePlace(text); err != nil || !bytes.Equal(back.GeoJSON(), r.GeoJSON()) {
				t.Errorf("%s came back from %q as %s, %v", r, text, back, err)
			}
		}
	}
}

func FuzzRegionBinary(f *testing.F) {
	for _, r := range regions(f) {
		b, _ := r.MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again Region
		if r.UnmarshalBinary(b) != nil {
			return
		}
		out, _ := r.MarshalBinary()
		if err := again.UnmarshalBinary(out); err != nil || again.String() != r.String() {
			t.Fatalf("%s came back as %s, %v", r, again, err)
		}
	})
}
