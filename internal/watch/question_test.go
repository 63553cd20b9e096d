package watch

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/judge"
)

func open(deciding []judge.Decider, answers ...judge.Answered) *Open {
	return NewOpen(&judge.Finding{Verdict: judge.Undetermined, Deciding: deciding, Answers: answers})
}

// The disputed station under the Kremlin's reading: a demolition is no strike,
// and of shelling it matters what the text means.
func TestWorthOfAFact(t *testing.T) {
	o := open([]judge.Decider{{"act", "text.metering"}},
		judge.Answered{Facts: []string{"act=demolition"}, Verdict: judge.NotCovered},
		judge.Answered{Facts: []string{"act=artillery", "text.metering=no"}, Verdict: judge.NotCovered},
		judge.Answered{Facts: []string{"act=artillery", "text.metering=yes"}, Verdict: judge.Breach})
	w := o.worth()
	if w["act"] != 0.5 || w["text.metering"] != 0.5 {
		t.Errorf("worth %v: each settles one of two answers", w)
	}
	if got := o.Settles(map[string]bool{"act": true, "text.metering": true}); got != 1 {
		t.Errorf("all facts settle %g", got)
	}
	both := open([]judge.Decider{{"actor", "place"}},
		judge.Answered{Facts: []string{"actor=A", "place=in"}, Verdict: judge.Breach},
		judge.Answered{Facts: []string{"actor=A", "place=out"}, Verdict: judge.NotCovered},
		judge.Answered{Facts: []string{"actor=B", "place=in"}, Verdict: judge.NotCovered},
		judge.Answered{Facts: []string{"actor=B", "place=out"}, Verdict: judge.Breach})
	if w := both.worth(); w["actor"] != 0.5 || both.Settles(map[string]bool{"actor": true}) != 0 {
		t.Errorf("a fact that decides only with another has half of it: %v", w)
	}
	either := open([]judge.Decider{{"act"}, {"actor"}},
		judge.Answered{Facts: []string{"act=x"}, Verdict: judge.Breach}, judge.Answered{Facts: []string{"act=y|z"}, Verdict: judge.Permitted},
		judge.Answered{Facts: []string{"actor=A"}, Verdict: judge.Breach}, judge.Answered{Facts: []string{"actor=any other"}, Verdict: judge.Permitted})
	if w := either.worth(); w["act"] != 1 || w["actor"] != 1 {
		t.Errorf("either alone settles it: %v", w)
	}
}

// genOpen draws a full table of verdicts over up to three facts, and hands out its
// answers as the engine does where facts decide together.
func genOpen(t *rapid.T) (*Open, func(known map[string]bool) float64) {
	names := []string{"act", "actor", "place"}[:rapid.IntRange(1, 3).Draw(t, "facts")]
	sizes := make([]int, len(names))
	n := 1
	for i := range sizes {
		sizes[i] = rapid.IntRange(2, 3).Draw(t, "values")
		n *= sizes[i]
	}
	vs := rapid.SliceOfN(rapid.SampledFrom([]judge.Verdict{judge.NotCovered, judge.Permitted, judge.Breach}), n, n).Draw(t, "verdicts")
	value := func(cell, i int) int {
		for k := len(names) - 1; k > i; k-- {
			cell /= sizes[k]
		}
		return cell % sizes[i]
	}
	var as []judge.Answered
	for c, v := range vs {
		a := judge.Answered{Verdict: v}
		for i, name := range names {
			a.Facts = append(a.Facts, name+"="+string(rune('p'+value(c, i))))
		}
		as = append(as, a)
	}
	// The twin: for every answer to the known facts, whether all cells agree.
	brute := func(known map[string]bool) float64 {
		groups := map[string]map[judge.Verdict]bool{}
		for c, v := range vs {
			key := ""
			for i, name := range names {
				if known[name] {
					key += string(rune('p' + value(c, i)))
				}
			}
			if groups[key] == nil {
				groups[key] = map[judge.Verdict]bool{}
			}
			groups[key][v] = true
		}
		settled := 0
		for _, g := range groups {
			if len(g) == 1 {
				settled++
			}
		}
		return float64(settled) / float64(len(groups))
	}
	return open([]judge.Decider{names}, as...), brute
}

func TestSettlesAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, brute := genOpen(t)
		sum := 0.0
		n := len(o.facts)
		weight := shapley(n)
		for s := range 1 << n {
			known := map[string]bool{}
			for i, f := range o.facts {
				known[f] = s>>i&1 == 1
			}
			if got, want := o.Settles(known), brute(known); math.Abs(got-want) > 1e-9 {
				t.Fatalf("knowing %v settles %g, counted out %g", known, got, want)
			}
			for i, f := range o.facts { // knowing more never settles less
				if s>>i&1 == 0 {
					more := map[string]bool{f: true}
					for k, v := range known {
						more[k] = more[k] || v
					}
					if d := o.Settles(more) - o.Settles(known); d < -1e-9 {
						t.Fatalf("knowing %s as well settles %g less", f, -d)
					} else {
						sum += weight[bits(s)] * d
					}
				}
			}
		}
		all := map[string]bool{}
		for _, f := range o.facts {
			all[f] = true
		}
		if math.Abs(sum-o.Settles(all)+o.Settles(nil)) > 1e-9 {
			t.Fatalf("the shares sum to %g, all settle %g", sum, o.Settles(all))
		}
	})
}
