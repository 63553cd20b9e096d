package watch

import (
	"math"
	"slices"
	"sort"
)

// Stop is a place that one means can visit in its day. All times are whole minutes
// from the beginning of the day.
type Stop struct {
	ID   string
	Open [][2]int // when somebody can be there, from and to, in order
	Stay int      // how long
	By   int      // when it has to have begun; noDeadline: whenever
	Sees []Sight  // what it is expected to settle: cells are findings
}

// noDeadline is later than every minute.
const noDeadline = math.MaxInt32

// Outing is one way out and back of a means, from its base: Way[i][k] are the
// minutes from stop i to stop k, and the last row and column are the base; no way is
// longer than by way of a third place.
type Outing struct {
	From, To int // it leaves at From at the earliest, and is back by To
	Stops    []Stop
	Way      [][]int
}

// maxExact is the number of stops up to which all orders are gone through.
const maxExact = 12

// maxStops is how many stops are tried where they are more; those that are expected
// to settle most, each by itself.
const maxStops = 200

// begin is when a visit can begin for somebody who arrives; false if not any more.
func (s *Stop) begin(arrive int) (int, bool) {
	for _, w := range s.Open {
		b := max(arrive, w[0])
		if b+s.Stay <= w[1] {
			return b, b <= s.By
		}
	}
	return 0, false
}

// walk goes through stops in an order: when each visit begins, and when the means is
// back; false where that cannot be.
func (o *Outing) walk(order []int) (begins []int, back int, ok bool) {
	t, at := o.From, len(o.Stops)
	for _, i := range order {
		b, ok := o.Stops[i].begin(t + o.Way[at][i])
		if !ok {
			return nil, 0, false
		}
		begins = append(begins, b)
		t, at = b+o.Stops[i].Stay, i
	}
	t += o.Way[at][len(o.Stops)]
	return begins, t, t <= o.To
}

// worth is what stops are expected to settle together, of what is open.
func (o *Outing) worth(stops []int, open []float64) float64 {
	left := map[int]float64{}
	sum := 0.0
	for _, i := range stops {
		for _, x := range o.Stops[i].Sees {
			l, ok := left[x.Cell]
			if !ok {
				l = open[x.Cell]
			}
			sum += l * x.Chance
			left[x.Cell] = l * (1 - x.Chance)
		}
	}
	return sum
}

// best is the outing that is expected to settle most. With at most maxExact stops it
// is the best there is, and bound is its worth; otherwise stops are put in where they
// add most for the time that they take, and bound is what no outing exceeds.
func (o *Outing) best(open []float64) (order []int, bound float64, exact bool) {
	var can []int
	for i := range o.Stops {
		if _, _, ok := o.walk([]int{i}); ok && o.worth([]int{i}, open) > 1e-12 {
			can = append(can, i)
		}
	}
	if len(can) <= maxExact {
		order = o.all(can, open)
		return order, o.worth(order, open), true
	}
	bound = o.fill(can, open)
	sort.SliceStable(can, func(i, k int) bool {
		return o.worth(can[i:i+1], open) > o.worth(can[k:k+1], open)
	})
	can = can[:min(len(can), maxStops)]
	order = o.insert(can, open)
	if x := o.all(can[:maxExact], open); o.worth(x, open) > o.worth(order, open)+1e-12 {
		order = x
	}
	return order, max(bound, o.worth(order, open)), false
}

// all finds the best of all orders of all subsets. For each subset and last stop only
// the soonest end counts, because who is somewhere sooner is nowhere later.
func (o *Outing) all(can []int, open []float64) []int {
	n, base := len(can), len(o.Stops)
	const never = math.MaxInt32
	ends := make([][]int, 1<<n)
	via := make([][]int8, 1<<n)
	best, bestWorth, bestBack := 0, 0.0, 0
	last := -1
	for set := 1; set < 1<<n; set++ {
		ends[set], via[set] = make([]int, n), make([]int8, n)
		back, end := never, -1
		for k := range n {
			ends[set][k] = never
			if set>>k&1 == 0 {
				continue
			}
			s, from := &o.Stops[can[k]], set&^(1<<k)
			if from == 0 {
				if b, ok := s.begin(o.From + o.Way[base][can[k]]); ok {
					ends[set][k], via[set][k] = b+s.Stay, -1
				}
			} else {
				for j := range n {
					if from>>j&1 == 0 || ends[from][j] == never {
						continue
					}
					if b, ok := s.begin(ends[from][j] + o.Way[can[j]][can[k]]); ok && b+s.Stay < ends[set][k] {
						ends[set][k], via[set][k] = b+s.Stay, int8(j)
					}
				}
			}
			if ends[set][k] < never {
				if t := ends[set][k] + o.Way[can[k]][base]; t <= o.To && t < back {
					back, end = t, k
				}
			}
		}
		if end < 0 {
			continue
		}
		w := o.worth(members(set, can), open)
		if w > bestWorth+1e-12 || w > bestWorth-1e-12 && best != 0 && back < bestBack {
			best, bestWorth, bestBack, last = set, w, back, end
		}
	}
	var order []int
	for set, k := best, last; set != 0; {
		order = append(order, can[k])
		j := via[set][k]
		set, k = set&^(1<<k), int(j)
	}
	slices.Reverse(order)
	return order
}

func members(set int, can []int) (out []int) {
	for i, x := range can {
		if set>>i&1 == 1 {
			out = append(out, x)
		}
	}
	return out
}

// insert puts in, one after the other, the stop that adds most for the time that it
// takes, where it takes least.
func (o *Outing) insert(can []int, open []float64) []int {
	var order []int
	used := make([]bool, len(o.Stops))
	_, back, _ := o.walk(nil)
	for {
		have := o.worth(order, open)
		var next []int
		score, nextBack := 0.0, 0
		for _, i := range can {
			if used[i] {
				continue
			}
			gain := o.worth(append(slices.Clone(order), i), open) - have
			if gain <= 1e-12 {
				continue
			}
			for at := range len(order) + 1 {
				try := slices.Insert(slices.Clone(order), at, i)
				if _, b, ok := o.walk(try); ok {
					if x := gain / float64(max(b-back, 1)); x > score {
						next, score, nextBack = try, x, b
					}
				}
			}
		}
		if next == nil {
			return order
		}
		order, back = next, nextBack
		for _, i := range order {
			used[i] = true
		}
	}
}

// fill is what no outing exceeds: all stops by themselves, filled into the time by
// what they add for the least time that each can take, the last in part. Two stops
// together never add more than each by itself.
func (o *Outing) fill(can []int, open []float64) float64 {
	type item struct{ gain, takes float64 }
	var items []item
	home := noDeadline
	for _, i := range can {
		near := noDeadline
		for _, k := range append(slices.Clone(can), len(o.Stops)) {
			if k != i {
				near = min(near, o.Way[k][i])
			}
		}
		home = min(home, o.Way[i][len(o.Stops)])
		items = append(items, item{o.worth([]int{i}, open), float64(o.Stops[i].Stay + near)})
	}
	sort.SliceStable(items, func(i, k int) bool { return items[i].gain*items[k].takes > items[k].gain*items[i].takes })
	left, sum := float64(max(o.To-o.From-home, 0)), 0.0
	for _, x := range items {
		if x.takes > left {
			return sum + x.gain*left/x.takes
		}
		sum, left = sum+x.gain, left-x.takes
	}
	return sum
}
