package watch

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func genSelection(t *rapid.T) *Selection {
	cells := rapid.IntRange(1, 8).Draw(t, "cells")
	s := &Selection{Budget: float64(rapid.IntRange(0, 12).Draw(t, "budget"))}
	for range cells {
		s.Weight = append(s.Weight, float64(rapid.IntRange(0, 5).Draw(t, "weight")))
		s.Seen = append(s.Seen, rapid.SampledFrom([]float64{0, 0, 0.5, 1}).Draw(t, "seen"))
	}
	same := rapid.Bool().Draw(t, "same cost")
	for i := range rapid.IntRange(1, 9).Draw(t, "choices") {
		c := Choice{ID: string(rune('a' + i)), Cost: 3}
		if !same {
			c.Cost = float64(rapid.IntRange(0, 8).Draw(t, "cost"))
		}
		for cell := range cells {
			if p := rapid.SampledFrom([]float64{0, 0, 0.25, 0.9, 1}).Draw(t, "chance"); p > 0 {
				c.Sees = append(c.Sees, Sight{cell, p})
			}
		}
		s.Choices = append(s.Choices, c)
	}
	return s
}

// brute tries every subset.
func brute(s *Selection) float64 {
	best := 0.0
	for set := range 1 << len(s.Choices) {
		cost := 0.0
		unseen := s.unseen()
		var c Chosen
		for i := range s.Choices {
			if set>>i&1 == 1 {
				cost += s.Choices[i].Cost
				s.take(i, unseen, &c)
			}
		}
		if cost <= s.Budget {
			best = math.Max(best, c.Value)
		}
	}
	return best
}

func TestGreedyAgainstAllSubsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genSelection(t)
		best := brute(s)
		got := s.Greedy()
		if got.Cost > s.Budget || got.Value > best+1e-9 || got.Value < got.Promise*best-1e-9 {
			t.Fatalf("chosen %v for %g of %g: value %g, best %g, promised %g of it", got.IDs, got.Cost, s.Budget, got.Value, best, got.Promise)
		}
		if got.Bound < best-1e-9 {
			t.Fatalf("the bound %g is below the best %g", got.Bound, best)
		}
		s.Budget += 2
		if more := s.Greedy(); more.Bound < got.Value-1e-9 {
			t.Fatalf("with more budget no more than %g, was %g", more.Bound, got.Value)
		}
	})
}
