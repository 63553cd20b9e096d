package count

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

func claimedOn(first, last, low, high int) Claimed {
	at := func(d int) when.Instant { return when.At(time.Date(2025, 4, d, 0, 0, 0, 0, time.UTC)) }
	return Claimed{By: "B", Of: "A", Span: when.Span{Start: at(first), End: at(last)}, Number: evidence.Number{Known: true, Min: low, Max: high}}
}

// TestSums: by hand. Parts that fill the time must add up; parts that are more than the
// whole do not, whatever is left out; what overlaps, or leaves time out, is open.
func TestSums(t *testing.T) {
	other := claimedOn(1, 2, 50, 50)
	other.By = "C"
	for _, x := range []struct {
		says string
		all  []Claimed
	}{
		{"yes", []Claimed{claimedOn(1, 4, 10, 10), claimedOn(1, 2, 3, 3), claimedOn(2, 3, 3, 3), claimedOn(3, 4, 4, 4)}},
		{"no", []Claimed{claimedOn(1, 4, 10, 10), claimedOn(1, 2, 3, 3), claimedOn(2, 3, 3, 3), claimedOn(3, 4, 3, 3)}},
		{"no", []Claimed{claimedOn(1, 4, 10, 10), claimedOn(1, 2, 7, 7), claimedOn(2, 3, 7, 7)}},
		{"open", []Claimed{claimedOn(1, 4, 10, 10), claimedOn(1, 2, 3, 3), claimedOn(2, 3, 3, 3)}},
		{"open", []Claimed{claimedOn(1, 4, 10, 10), claimedOn(1, 3, 9, 9), claimedOn(2, 4, 9, 9)}},
		{"yes", []Claimed{claimedOn(1, 3, 10, -1), claimedOn(1, 2, 30, 30), claimedOn(2, 3, 3, -1)}},
		{"", []Claimed{claimedOn(1, 4, 10, 10), other}},
		{"", []Claimed{claimedOn(1, 2, 10, 10), claimedOn(1, 2, 3, 3)}},
	} {
		got := Sums(x.all, 0)
		if got == nil && x.says != "" || got != nil && got.Says != x.says {
			t.Errorf("%v: %+v, want %q", x.all, got, x.says)
		}
	}
	never := Claimed{Span: when.Always}
	if day, three := claimedOn(1, 2, 1, 1), claimedOn(1, 4, 1, 1); ReachOf(&day) != Daily || ReachOf(&three) != Cumulative || ReachOf(&never) != NotSaid {
		t.Error("the reach of a total")
	}
}

// TestSumsOfParts: a total that is made of its parts always adds up, and one that is
// more than them never, where they fill its time.
func TestSumsOfParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(2, 9).Draw(t, "days")
		all, sum := []Claimed{{}}, 0
		for d := range days {
			n := rapid.IntRange(0, 40).Draw(t, "n")
			sum += n
			all = append(all, claimedOn(1+d, 2+d, n, n))
		}
		more := rapid.IntRange(0, 5).Draw(t, "more")
		all[0] = claimedOn(1, 1+days, sum+more, sum+more)
		got := Sums(all, 0)
		if want := map[bool]string{true: "yes", false: "no"}[more == 0]; got.Says != want || got.Covered != 1 || got.Low != sum {
			t.Fatalf("%+v, want %s", got, want)
		}
	})
}

// TestRevise: a number is the same as itself; what differs is named, record by record.
func TestRevise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"a", "b", "c", "d", "e"}
		draw := func(name string) *Number {
			n := &Number{Rule: "incident@1"}
			for _, id := range ids {
				switch rapid.IntRange(0, 2).Draw(t, name+id) {
				case 1:
					n.Open, n.High = append(n.Open, id), n.High+1
				case 2:
					n.Counted, n.Low, n.High = append(n.Counted, id), n.Low+1, n.High+1
				}
			}
			return n
		}
		was, now := draw("was"), draw("now")
		r, ok := Revise(was, now)
		if !ok {
			t.Fatal("the same rule and time")
		}
		if r.Changed(now) != (!slices.Equal(was.Open, now.Open) || !slices.Equal(was.Counted, now.Counted)) {
			t.Fatalf("%+v", r)
		}
		if low := was.Low + len(r.Firmer) - len(r.Weaker); r.Changed(now) && low > now.Low+len(r.Went) {
			t.Fatalf("%+v of %+v", r, now)
		}
		other := *now
		other.Rule = "smm-2016+@1"
		if _, ok := Revise(was, &other); ok {
			t.Fatal("another rule")
		}
	})
}
