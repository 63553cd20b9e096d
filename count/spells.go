package count

import (
	"math"
	"slices"
	"sort"
)

// Spells say how quiet a series of days was. Days that could not be seen are
// neither quiet nor not.
type Spells struct {
	Days    int // that could be seen
	Quiet   int // of these, without an event
	Longest int // quiet days in a row; a day that could not be seen ends a spell
	// First is the number of days before the first event; -1: there was none.
	First int
	// Unseen days before the first event: it may have been earlier.
	UnseenBefore int
	HalfLife     float64 // days in which the calm's survivors halve, see below; NaN: not known
}

// Quiet looks at one count a day; seen says which days could be seen (nil: all).
// HalfLife is that of a constant hazard: log 2 over events-ending-calm by quiet
// days, the simplest estimate that uses spells which have not ended.
func Quiet(counts []int, seen []bool) Spells {
	s := Spells{First: -1, HalfLife: math.NaN()}
	run, ended := 0, 0
	for i, c := range counts {
		if seen != nil && !seen[i] {
			if s.First < 0 {
				s.UnseenBefore++
			}
			run = 0
			continue
		}
		s.Days++
		if c == 0 {
			s.Quiet++
			run++
			s.Longest = max(s.Longest, run)
			continue
		}
		if s.First < 0 {
			s.First = i
		}
		if run > 0 {
			ended++
		}
		run = 0
	}
	if ended > 0 {
		s.HalfLife = math.Ln2 * float64(s.Quiet) / float64(ended)
	}
	return s
}

// Top is the share of all events that the k places with most of them have.
func Top(byPlace map[string]int, k int) (share float64, places []string) {
	all := 0
	for p, n := range byPlace {
		places = append(places, p)
		all += n
	}
	sort.Slice(places, func(i, j int) bool {
		a, b := byPlace[places[i]], byPlace[places[j]]
		return a > b || a == b && places[i] < places[j]
	})
	places = places[:min(k, len(places))]
	if all == 0 {
		return math.NaN(), places
	}
	top := 0
	for _, p := range places {
		top += byPlace[p]
	}
	return float64(top) / float64(all), places
}

// Displacement compares what a text covers with what it does not, before and
// after: the ratio of ratios, with the interval of the logarithm (Wald). Above 1
// what is not covered fell less, or rose more, than what is. It is a comparison of
// counts; why is another question.
func Displacement(coveredBefore, coveredAfter, otherBefore, otherAfter int) Interval {
	n := []int{coveredBefore, coveredAfter, otherBefore, otherAfter}
	if slices.Min(n) == 0 {
		return Interval{math.NaN(), 0, math.Inf(1)}
	}
	b := math.Log(float64(otherAfter)/float64(otherBefore)) - math.Log(float64(coveredAfter)/float64(coveredBefore))
	v := 0.0
	for _, x := range n {
		v += 1 / float64(x)
	}
	half := 1.959963984540054 * math.Sqrt(v)
	return Interval{math.Exp(b), math.Exp(b - half), math.Exp(b + half)}
}

// Lagged is the correlation of one series with another some days later.
type Lagged struct {
	Lag  int // days that the second follows the first
	R    float64
	Low  float64 // interval of Fisher's z over the days that overlap
	High float64
}

// Reciprocity correlates two series of days, differenced so that a common trend
// does not pass for an answer, at lags from -most to most. Several lags are looked
// at: the intervals are widened for that (Bonferroni). It says what follows what,
// and not why, nor who began.
func Reciprocity(a, b []int, most int) []Lagged {
	x, y := differences(a), differences(b)
	z := normalQuantile(1 - 0.025/float64(2*most+1))
	var out []Lagged
	for lag := -most; lag <= most; lag++ {
		var p, q []float64
		for i := range x {
			if j := i + lag; j >= 0 && j < len(y) {
				p, q = append(p, x[i]), append(q, y[j])
			}
		}
		if len(p) < 6 {
			continue
		}
		r := correlation(p, q)
		if math.IsNaN(r) {
			out = append(out, Lagged{lag, r, -1, 1})
			continue
		}
		f, half := math.Atanh(max(-0.999999, min(r, 0.999999))), z/math.Sqrt(float64(len(p)-3))
		out = append(out, Lagged{lag, r, math.Tanh(f - half), math.Tanh(f + half)})
	}
	return out
}

func differences(a []int) []float64 {
	var out []float64
	for i := 1; i < len(a); i++ {
		out = append(out, float64(a[i]-a[i-1]))
	}
	return out
}
