package count

import (
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// Claimed is a total that somebody published.
type Claimed struct {
	By, Of string
	Span   when.Span // that it speaks of; without bounds where that is not said
	Number evidence.Number
}

// Reach says over what time a total was claimed.
type Reach string

// A total of one day or less, of more, or of a time that is not said.
const (
	Daily      Reach = "daily"
	Cumulative Reach = "cumulative"
	NotSaid    Reach = "not-said"
)

// dayLong is up to how many milliseconds a total is one of a day: a night may reach
// into the next date, and clocks are changed.
const dayLong = 26 * 3600 * 1000

// ReachOf is the time over which a total was claimed.
func ReachOf(c *Claimed) Reach {
	switch {
	case !c.Span.Start.Bounded() || !c.Span.End.Bounded():
		return NotSaid
	case c.Span.End-c.Span.Start <= dayLong:
		return Daily
	}
	return Cumulative
}

// Summing says whether totals of parts of a time add up to the total of the whole.
type Summing struct {
	Parts     []int   // those that lie in the time of the whole, by their place in the list
	Low, High int     // what they add up to; High is -1 without bound
	Covered   float64 // the part of the time of the whole that they speak of, 0 to 1
	// Says is whether they add up: yes, no, or open where the parts leave some of the
	// time out or overlap, so that they need not.
	Says string
}

// Sums holds a total against others of the same claimant about the same party within
// its time; nil where there are none. Nothing is known of whether the claimant counts
// the same things each time: that they do not add up is said, and not why.
func Sums(all []Claimed, whole int) *Summing {
	w := &all[whole]
	if ReachOf(w) != Cumulative || !w.Number.Known {
		return nil
	}
	s := &Summing{}
	for i := range all {
		c := &all[i]
		inside := c.Span.Start.Bounded() && c.Span.End.Bounded() && c.Span.Start >= w.Span.Start && c.Span.End <= w.Span.End && c.Span.End-c.Span.Start < w.Span.End-w.Span.Start
		if i != whole && inside && c.By == w.By && c.Of == w.Of && c.Number.Known {
			s.Parts = append(s.Parts, i)
		}
	}
	if len(s.Parts) == 0 {
		return nil
	}
	slices.SortStableFunc(s.Parts, func(a, b int) int { return int(all[a].Span.Start - all[b].Span.Start) })
	covered, upTo, overlap := when.Instant(0), w.Span.Start, false
	for _, i := range s.Parts {
		c := &all[i]
		s.Low += c.Number.Min
		if c.Number.Max < 0 || s.High < 0 {
			s.High = -1
		} else {
			s.High += c.Number.Max
		}
		overlap = overlap || c.Span.Start < upTo
		covered += max(0, c.Span.End-max(upTo, c.Span.Start))
		upTo = max(upTo, c.Span.End)
	}
	s.Covered = float64(covered) / float64(w.Span.End-w.Span.Start)
	fits := (w.Number.Max < 0 || s.Low <= w.Number.Max) && (s.High < 0 || s.High >= w.Number.Min)
	switch {
	case overlap: // what two speak of stands in both
		s.Says = "open"
	case w.Number.Max >= 0 && s.Low > w.Number.Max: // the parts alone are more
		s.Says = "no"
	case covered < w.Span.End-w.Span.Start:
		s.Says = "open"
	case fits:
		s.Says = "yes"
	default:
		s.Says = "no"
	}
	return s
}

// Revision is how a number differs from the one that was given before of the same time
// by the same rule.
type Revision struct {
	WasLow       int      `json:"was_low"`
	WasHigh      int      `json:"was_high"`
	WasUnbounded bool     `json:"was_unbounded,omitempty"`
	Came         []string `json:"came" doc:"records that count or may, and did not before"`
	Went         []string `json:"went" doc:"records that counted or could, and do not any more"`
	Firmer       []string `json:"firmer" doc:"records that could count, and do now"`
	Weaker       []string `json:"weaker" doc:"records that counted, and now may"`
}

// Changed reports whether anything is otherwise than before.
func (r *Revision) Changed(now *Number) bool {
	return r.WasLow != now.Low || r.WasHigh != now.High || r.WasUnbounded != now.Unbounded || len(r.Came)+len(r.Went)+len(r.Firmer)+len(r.Weaker) > 0
}

// Revise says what has changed since a number was given. ok is false where the two are
// not of the same rule and time, and cannot be held against each other.
func Revise(was, now *Number) (r *Revision, ok bool) {
	if was.Rule != now.Rule || (was.From == nil) != (now.From == nil) || (was.To == nil) != (now.To == nil) ||
		was.From != nil && !was.From.Equal(*now.From) || was.To != nil && !was.To.Equal(*now.To) {
		return nil, false
	}
	r = &Revision{WasLow: was.Low, WasHigh: was.High, WasUnbounded: was.Unbounded, Came: []string{}, Went: []string{}, Firmer: []string{}, Weaker: []string{}}
	state := func(n *Number) map[string]int {
		out := map[string]int{}
		for _, id := range n.Open {
			out[id] = 1
		}
		for _, id := range n.Counted {
			out[id] = 2
		}
		return out
	}
	before, after := state(was), state(now)
	for id, s := range after {
		switch before[id] {
		case s:
		case 0:
			r.Came = append(r.Came, id)
		case 1:
			r.Firmer = append(r.Firmer, id)
		default:
			r.Weaker = append(r.Weaker, id)
		}
	}
	for id := range before {
		if after[id] == 0 {
			r.Went = append(r.Went, id)
		}
	}
	for _, l := range []*[]string{&r.Came, &r.Went, &r.Firmer, &r.Weaker} {
		slices.Sort(*l)
	}
	return r, true
}
