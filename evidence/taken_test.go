package evidence

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTakenIsOne: what people took as one is one incident, in whatever order reports
// and sets come, unless people hold two of it apart; nothing is lost by it.
func TestTakenIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 14)
		ids := make([]string, len(rs))
		for i, r := range rs {
			ids[i] = r.ID()
		}
		var sets []Taken
		for range rapid.IntRange(0, 3).Draw(t, "sets") {
			sets = append(sets, Taken{Reports: rapid.SliceOfN(rapid.SampledFrom(ids), 1, 4).Draw(t, "set"), Reason: "seen"})
		}
		var pairs []Held
		if rapid.Bool().Draw(t, "apart too") {
			pairs = append(pairs, Held{A: rapid.SampledFrom(ids).Draw(t, "a"), B: rapid.SampledFrom(ids).Draw(t, "b"), Reason: "told"})
		}
		one, _, err := Fuse(rs, FuseOptions{Sources: testSources, Taken: sets, Apart: NewApart(pairs)})
		if err != nil {
			t.Fatal(err)
		}
		turned := rapid.Permutation(sets).Draw(t, "order of sets")
		two, _, err := Fuse(rapid.Permutation(rs).Draw(t, "order"), FuseOptions{Sources: testSources, Workers: 2, Taken: turned, Apart: NewApart(pairs)})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := dump(one), dump(two); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
		in, n := map[string]*Fused{}, 0
		for _, f := range one {
			for _, r := range f.Reports {
				in[r.ID()] = f
				n++
			}
		}
		held := NewApart(pairs)
		for _, s := range sets {
			for _, a := range s.Reports {
				for _, b := range s.Reports {
					if x, y := in[a], in[b]; len(pairs) == 0 && x != nil && y != nil && x != y {
						t.Fatalf("%s and %s were taken as one and are two", a, b)
					} else if held.Pair(a, b) && x != nil && x == y {
						t.Fatalf("%s and %s are held apart and are one", a, b)
					}
				}
			}
		}
		empty, _, _ := Fuse(rs, FuseOptions{Sources: testSources, Taken: []Taken{{Reports: []string{ids[0], ids[0]}}}})
		none, _, _ := Fuse(rs, FuseOptions{Sources: testSources})
		if dump(empty) != dump(none) {
			t.Fatal("one report taken as one with itself changes something")
		}
	})
}

// TestTakenFarApart: what people took as one is one however far apart it lies, and a
// third that lies between is not drawn in.
func TestTakenFarApart(t *testing.T) {
	rs := []*Report{at("A", 0, time.Hour, 51, 35, 100), at("B", 40*24*time.Hour, time.Hour, 48, 30, 100), at("C", 20*24*time.Hour, time.Hour, 49, 33, 100)}
	fs, _, err := Fuse(rs, FuseOptions{Taken: []Taken{{Reports: []string{"B", "A", "gone"}, Reason: "one campaign", By: "desk", Entry: "e1"}}})
	if err != nil || len(fs) != 2 {
		t.Fatalf("%d incidents, %v", len(fs), err)
	}
	for _, f := range fs {
		var ids []string
		for _, r := range f.Reports {
			ids = append(ids, r.ID())
		}
		if slices.Contains(ids, "A") && (len(ids) != 2 || len(f.Taken) != 1 || f.Taken[0].Reason != "one campaign") {
			t.Errorf("%v: %+v", ids, f.Taken)
		}
		if slices.Contains(ids, "C") && f.Taken != nil {
			t.Errorf("%+v", f.Taken)
		}
	}
}
