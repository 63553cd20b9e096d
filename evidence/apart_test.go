package evidence

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestApartDoesNotDependOnOrder: whatever people hold apart is in no incident
// together and is no candidate, in whatever order reports and pairs come; taken
// back, it is as if it had not been.
func TestApartDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 14)
		var pairs []Held
		for range rapid.IntRange(0, 6).Draw(t, "pairs") {
			a, b := rapid.SampledFrom(rs).Draw(t, "a").ID(), rapid.SampledFrom(rs).Draw(t, "b").ID()
			pairs = append(pairs, Held{A: a, B: b, Reason: rapid.SampledFrom([]string{"seen", "told"}).Draw(t, "why")})
		}
		one, _, err := Fuse(rs, FuseOptions{Sources: testSources, Apart: NewApart(pairs)})
		if err != nil {
			t.Fatal(err)
		}
		turned := slices.Clone(pairs)
		for i := range turned {
			if rapid.Bool().Draw(t, "turn") {
				turned[i].A, turned[i].B = turned[i].B, turned[i].A
			}
		}
		two, _, err := Fuse(rapid.Permutation(rs).Draw(t, "order"), FuseOptions{Sources: testSources, Workers: 2, Apart: NewApart(rapid.Permutation(turned).Draw(t, "order of pairs"))})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := dump(one), dump(two); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
		held := NewApart(pairs)
		for _, f := range one {
			for i, a := range f.Reports {
				for _, b := range f.Reports[i+1:] {
					if held.Pair(a.ID(), b.ID()) {
						t.Fatalf("%s and %s are held apart and in one incident", a.ID(), b.ID())
					}
				}
			}
			for _, m := range append(slices.Clone(f.Candidates), f.Joined...) {
				if held.Pair(m.A, m.B) {
					t.Fatalf("%s and %s are held apart and proposed", m.A, m.B)
				}
			}
		}
		none, _, _ := Fuse(rs, FuseOptions{Sources: testSources})
		empty, _, _ := Fuse(rs, FuseOptions{Sources: testSources, Apart: NewApart(nil)})
		if dump(none) != dump(empty) {
			t.Fatal("no pairs are not the same as none")
		}
	})
}

// TestApartThroughAThird: two that are held apart stay two also where each is one
// with a third; the third goes with one of them, and is a candidate of the other.
func TestApartThroughAThird(t *testing.T) {
	var rs []*Report
	for _, id := range []string{"R1", "R2", "R3"} {
		r := at(id, 0, time.Hour, 51.11, 35.18, 2000)
		r.Incident.Scenarios[0].Target = []string{"energy.gas.metering-station"}
		rs = append(rs, r)
	}
	fs, _, err := Fuse(rs, FuseOptions{})
	if err != nil || len(fs) != 1 {
		t.Fatalf("%d incidents without a pair, %v", len(fs), err)
	}
	fs, _, err = Fuse(rs, FuseOptions{Apart: NewApart([]Held{{A: "R3", B: "R1", Reason: "two shells, two craters"}})})
	if err != nil || len(fs) != 2 {
		t.Fatalf("%d incidents, %v", len(fs), err)
	}
	for _, f := range fs {
		if len(f.Apart) != 1 || f.Apart[0].Reason != "two shells, two craters" {
			t.Errorf("%s: %+v", f.Incident.ID, f.Apart)
		}
		if len(f.Candidates) != 1 || f.Candidates[0].A != "R2" && f.Candidates[0].B != "R2" {
			t.Errorf("%s: candidates %+v", f.Incident.ID, f.Candidates)
		}
	}
}
