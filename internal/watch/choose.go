package watch

import (
	"fmt"
	"math"
	"sort"
)

// Choice is something that can be chosen: a post, a route, a visit.
type Choice struct {
	ID   string
	Cost float64 // 0 or more
	Sees []Sight
}

// Sight is the chance with which a choice sees one cell: a place in a piece of
// time, or a task.
type Sight struct {
	Cell   int
	Chance float64 // 0 to 1
}

// Selection is what may be chosen: cells have weights; chances of different choices are taken
// as independent; Seen is the chance with which a cell is seen anyhow.
type Selection struct {
	Weight, Seen []float64
	Choices      []Choice
	Budget       float64
}

// Chosen is what was chosen, and how good that is for certain.
type Chosen struct {
	IDs   []string // in the order in which they were chosen
	Cost  float64
	Value float64 // expected weight that is seen beyond what is seen anyhow
	// Gains are what each adds when it is chosen.
	Gains []float64
	// Bound is a value that no choice within the budget exceeds, by the data.
	Bound float64
	// Promise is the part of the best value that this way of choosing never falls
	// below, whatever the data.
	Promise float64
	Rule    string // how it was chosen
}

// maxSeeds is how many choices are tried in all triples.
const maxSeeds = 24

// Greedy chooses by what is gained for the cost, and compares with the best choice
// alone. The value that is seen is submodular (a second camera on one street adds
// less), so that this never falls below a known part of the best: 1-1/e where all
// cost the same (Nemhauser, Wolsey and Fisher, 1978); with a budget and differing
// costs (1-1/e)/2 (Leskovec et al., 2007), and 1-1/e if it is begun anew from every
// triple (Sviridenko, 2004), which is done for up to 24 choices.
func (s *Selection) Greedy() Chosen {
	s.sort()
	best := s.from(nil)
	best.Promise, best.Rule = (1-1/math.E)/2, "most gained for the cost, or the best alone"
	if s.equal() {
		best.Promise, best.Rule = 1-1/math.E, "most gained, one after the other; all cost the same"
	}
	try := func(seed ...int) {
		if c, ok := s.seeded(seed); ok && c.Value > best.Value*(1+1e-12) {
			c.Promise, c.Rule = best.Promise, best.Rule
			best = c
		}
	}
	n := len(s.Choices)
	for i := range n {
		try1 := s.alone(i)
		if try1.Value > best.Value*(1+1e-12) {
			try1.Promise, try1.Rule = best.Promise, best.Rule
			best = try1
		}
	}
	if n <= maxSeeds && !s.equal() {
		for i := range n {
			for k := i + 1; k < n; k++ {
				try(i, k)
				for l := k + 1; l < n; l++ {
					try(i, k, l)
				}
			}
		}
		best.Promise, best.Rule = 1-1/math.E, "most gained for the cost, begun anew from every triple"
	}
	best.Bound = s.bound(best)
	return best
}

func (s *Selection) sort() {
	sort.SliceStable(s.Choices, func(i, k int) bool { return s.Choices[i].ID < s.Choices[k].ID })
}

// equal reports whether all choices cost the same.
func (s *Selection) equal() bool {
	for _, c := range s.Choices {
		if c.Cost != s.Choices[0].Cost {
			return false
		}
	}
	return true
}

// unseen is the chance for each cell that nothing sees it.
func (s *Selection) unseen() []float64 {
	out := make([]float64, len(s.Weight))
	for i := range out {
		out[i] = 1
		if i < len(s.Seen) {
			out[i] = 1 - s.Seen[i]
		}
	}
	return out
}

func (s *Selection) gain(i int, unseen []float64) float64 {
	g := 0.0
	for _, x := range s.Choices[i].Sees {
		g += s.Weight[x.Cell] * unseen[x.Cell] * x.Chance
	}
	return g
}

func (s *Selection) take(i int, unseen []float64, c *Chosen) {
	g := s.gain(i, unseen)
	for _, x := range s.Choices[i].Sees {
		unseen[x.Cell] *= 1 - x.Chance
	}
	c.IDs, c.Gains = append(c.IDs, s.Choices[i].ID), append(c.Gains, g)
	c.Cost += s.Choices[i].Cost
	c.Value += g
}

func (s *Selection) alone(i int) (c Chosen) {
	if s.Choices[i].Cost <= s.Budget {
		s.take(i, s.unseen(), &c)
	}
	return c
}

func (s *Selection) seeded(seed []int) (Chosen, bool) {
	cost := 0.0
	for _, i := range seed {
		cost += s.Choices[i].Cost
	}
	if cost > s.Budget {
		return Chosen{}, false
	}
	return s.from(seed), true
}

// from chooses greedily after a seed.
func (s *Selection) from(seed []int) (c Chosen) {
	unseen := s.unseen()
	used := make([]bool, len(s.Choices))
	for _, i := range seed {
		s.take(i, unseen, &c)
		used[i] = true
	}
	for {
		best, score := -1, 0.0
		for i := range s.Choices {
			if used[i] || c.Cost+s.Choices[i].Cost > s.Budget {
				continue
			}
			g := s.gain(i, unseen)
			if g <= 1e-12 {
				continue
			}
			r := math.Inf(1)
			if s.Choices[i].Cost > 0 {
				r = g / s.Choices[i].Cost
			}
			if r > score || r == score && best >= 0 && g > s.gain(best, unseen) {
				best, score = i, r
			}
		}
		if best < 0 {
			return c
		}
		used[best] = true
		s.take(best, unseen, &c)
	}
}

// bound is a value that nothing within the budget exceeds. What was chosen, and
// all choices filled into the budget by gain for cost, the last in part, cannot be
// beaten, because nothing adds more to a larger set; this is so after each step,
// and the least counts.
func (s *Selection) bound(c Chosen) float64 {
	byID := map[string]int{}
	for i := range s.Choices {
		byID[s.Choices[i].ID] = i
	}
	unseen := s.unseen()
	var have Chosen
	least := s.fill(unseen)
	for _, id := range c.IDs {
		s.take(byID[id], unseen, &have)
		least = min(least, have.Value+s.fill(unseen))
	}
	return max(least, c.Value)
}

// fill is the most that a budget could add if no two choices saw the same.
func (s *Selection) fill(unseen []float64) float64 {
	type item struct{ gain, cost float64 }
	var items []item
	for i := range s.Choices {
		if s.Choices[i].Cost <= s.Budget {
			items = append(items, item{s.gain(i, unseen), s.Choices[i].Cost})
		}
	}
	sort.SliceStable(items, func(i, k int) bool { return items[i].gain*items[k].cost > items[k].gain*items[i].cost })
	sum, left := 0.0, s.Budget
	for _, x := range items {
		if x.cost <= left {
			sum, left = sum+x.gain, left-x.cost
			continue
		}
		return sum + x.gain*left/x.cost
	}
	return sum
}

// Words say how good a choice is for certain.
func (c Chosen) Words() string {
	if c.Bound <= 0 {
		return "nothing is gained by any choice"
	}
	return fmt.Sprintf("at least %.0f %% of the best that the budget allows, by the data (%.0f %% whatever the data: %s)", 100*c.Value/c.Bound, 100*c.Promise, c.Rule)
}
