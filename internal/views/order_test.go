package views

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/journal"
)

// several says of entries of one log that they are of several.
type several struct {
	*journal.Reader
	of []string // whose each entry is; empty: the own log's
}

func (s several) Runs(tell func(at int64, office string, first int64)) {
	seen := map[string]int64{}
	for i, office := range s.of[:min(int64(len(s.of)), s.Size())] {
		if i == 0 || s.of[i-1] != office {
			tell(int64(i), office, seen[office])
		}
		seen[office]++
	}
}

// TestOrder: what runs say of places is what counting the entries says.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		of := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "north", "south"}), 0, 30).Draw(rt, "of")
		var o order
		several{&journal.Reader{}, of}.Runs(func(at int64, office string, first int64) { rt.Fatal("an entry of a log without any") })
		places, seen := []int64{}, map[string]int64{}
		for i, office := range of {
			if i == 0 || of[i-1] != office {
				o = append(o, Run{int64(i), office, seen[office]})
			}
			places = append(places, seen[office])
			seen[office]++
		}
		name := func(i int) string { return map[string]string{"": "hq"}[of[i]] + of[i] }
		had := Vector{"hq": rapid.Int64Range(0, 12).Draw(rt, "hq"), "north": rapid.Int64Range(0, 12).Draw(rt, "north")}
		want, after := Vector{"hq": 0}, int64(-1)
		for n := 0; n <= len(of); n++ {
			if got := o.sizes("hq", int64(n)); !maps.Equal(got, want) && len(of) > 0 {
				rt.Fatalf("before %d stand %v, expected %v", n, got, want)
			}
			if n == len(of) {
				break
			}
			if office, place := o.place(int64(n)); office != of[n] || place != places[n] {
				rt.Fatalf("entry %d is %d of %q, expected %d of %q", n, place, office, places[n], of[n])
			}
			if after < 0 && places[n] >= had[name(n)] {
				after = int64(n)
			}
			want[name(n)]++
		}
		if after < 0 {
			after = int64(len(of))
		}
		if got := o.after("hq", had, int64(len(of))); got != after && len(of) > 0 {
			rt.Fatalf("after %v comes %d, expected %d", had, got, after)
		}
		from := rapid.IntRange(0, len(of)).Draw(rt, "from")
		to := rapid.IntRange(from, len(of)).Draw(rt, "to")
		part := order(o.between(int64(from), int64(to)))
		for i := from; i < to && len(o) > 0; i++ {
			if office, place := part.place(int64(i)); office != of[i] || place != places[i] || part[0].At != int64(from) {
				rt.Fatalf("from %d to %d: entry %d is %d of %q: %v", from, to, i, place, office, part)
			}
		}
		if n := len(slices.Compact(slices.Clone(of[from:to]))); len(o) > 0 && n != len(part) {
			rt.Fatalf("from %d to %d: %d runs, expected %d", from, to, len(part), n)
		}
	})
}
