package watch

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func genOuting(t *rapid.T, stops int) (*Outing, []float64) {
	o := &Outing{From: rapid.IntRange(0, 60).Draw(t, "from")}
	o.To = o.From + rapid.IntRange(0, 300).Draw(t, "long")
	cells := rapid.IntRange(1, 5).Draw(t, "cells")
	for i := range stops {
		s := Stop{ID: fmt.Sprint(i), Stay: rapid.IntRange(1, 60).Draw(t, "stay"), By: noDeadline}
		if rapid.Bool().Draw(t, "deadline") {
			s.By = rapid.IntRange(0, 300).Draw(t, "by")
		}
		at := 0
		for range rapid.IntRange(1, 2).Draw(t, "windows") {
			a := at + rapid.IntRange(0, 150).Draw(t, "open")
			at = a + rapid.IntRange(1, 200).Draw(t, "for")
			s.Open = append(s.Open, [2]int{a, at})
			at++
		}
		for c := range cells {
			if p := rapid.SampledFrom([]float64{0, 0, 0.25, 0.9, 1}).Draw(t, "chance"); p > 0 {
				s.Sees = append(s.Sees, Sight{c, p})
			}
		}
		o.Stops = append(o.Stops, s)
	}
	for i := range stops + 1 {
		o.Way = append(o.Way, make([]int, stops+1))
		for k := range stops + 1 {
			if i != k {
				o.Way[i][k] = rapid.IntRange(0, 80).Draw(t, "way")
			}
		}
	}
	for via := range stops + 1 { // no way is longer than by way of a third place
		for i := range stops + 1 {
			for k := range stops + 1 {
				o.Way[i][k] = min(o.Way[i][k], o.Way[i][via]+o.Way[via][k])
			}
		}
	}
	open := make([]float64, cells)
	for i := range open {
		open[i] = rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "left")
	}
	return o, open
}

// dayByMinutes is the twin: every order of every subset, gone through minute by
// minute, and the best worth of them.
func dayByMinutes(o *Outing, open []float64) float64 {
	best := 0.0
	var try func(order []int)
	try = func(order []int) {
		if back, ok := minutes(o, order); ok && back <= o.To {
			left, w := slices.Clone(open), 0.0
			for _, i := range order {
				for _, x := range o.Stops[i].Sees {
					w += left[x.Cell] * x.Chance
					left[x.Cell] *= 1 - x.Chance
				}
			}
			best = max(best, w)
		}
		for i := range o.Stops {
			if !slices.Contains(order, i) {
				try(append(slices.Clone(order), i))
			}
		}
	}
	try(nil)
	return best
}

func minutes(o *Outing, order []int) (int, bool) {
	now, at := o.From, len(o.Stops)
	for _, i := range order {
		s := &o.Stops[i]
		for now += o.Way[at][i]; ; now++ {
			if now > s.By || now > 2000 {
				return 0, false
			}
			if slices.ContainsFunc(s.Open, func(w [2]int) bool { return w[0] <= now && now+s.Stay <= w[1] }) {
				break
			}
		}
		now, at = now+s.Stay, i
	}
	return now + o.Way[at][len(o.Stops)], true
}

// TestOutingAgainstAllOrders: up to maxExact stops the outing is the best of all.
func TestOutingAgainstAllOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, open := genOuting(t, rapid.IntRange(0, 5).Draw(t, "stops"))
		want := dayByMinutes(o, open)
		order, bound, exact := o.best(open)
		if !exact || bound < want-1e-9 || bound > want+1e-9 {
			t.Fatalf("%v settles %g, the best is %g", order, bound, want)
		}
		o.holds(t, order, open, want)
		// The way of many stops: never more than the best, never above its bound.
		var can []int
		for i := range o.Stops {
			can = append(can, i)
		}
		greedy := o.insert(can, open)
		o.holds(t, greedy, open, o.worth(greedy, open))
		if o.worth(greedy, open) > want+1e-9 {
			t.Fatalf("%v settles more than the best", greedy)
		}
		if len(can) > 0 && o.fill(can, open) < want-1e-9 {
			t.Fatalf("the bound %g is below the best %g", o.fill(can, open), want)
		}
	})
}

// holds fails where an outing cannot be gone, or is not worth what it says.
func (o *Outing) holds(t *rapid.T, order []int, open []float64, worth float64) {
	back, ok := minutes(o, order)
	begins, b, ok2 := o.walk(order)
	if len(order) > 0 && (!ok || !ok2 || back != b || back > o.To || len(begins) != len(order)) {
		t.Fatalf("%v cannot be gone: back %d or %d of %d", order, back, b, o.To)
	}
	if x := o.worth(order, open); x < worth-1e-9 || x > worth+1e-9 {
		t.Fatalf("%v is worth %g, expected %g", order, x, worth)
	}
	if s := slices.Sorted(slices.Values(order)); len(slices.Compact(s)) != len(order) {
		t.Fatalf("%v: a place twice", order)
	}
}

// TestManyStops: of more stops than all orders can be tried of, the outing can be
// gone and stays below its bound.
func TestManyStops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, open := genOuting(t, rapid.IntRange(maxExact+1, maxExact+4).Draw(t, "stops"))
		order, bound, _ := o.best(open)
		o.holds(t, order, open, o.worth(order, open))
		if w := o.worth(order, open); w > bound+1e-9 {
			t.Fatalf("worth %g above its bound %g", w, bound)
		}
	})
}
