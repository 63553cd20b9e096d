package compare

import (
	"math"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Backtest judges real events under several texts: what each covers, what it
// leaves undetermined, and which events change verdict from one to another.
// The unit of every count is the incident.
type Backtest struct {
	Sides  []*SideTally
	Events int
	Moves  []Move // from the first side to each other, most frequent first in order of meeting
	Span   when.Span
	judges [][]*judge.Judge
	moves  map[[3]int]int
}

// SideTally is what one side says of all events.
type SideTally struct {
	Side     Side
	Verdicts map[judge.Verdict]int                    // of the side: contested where its readings disagree
	Clauses  map[terms.ClauseID]map[judge.Verdict]int // events on which a clause speaks, by what it says
	Readings []map[judge.Verdict]int                  // by regime
	// Disagree is how many events the readings give different verdicts, the
	// ambiguity mass of the text.
	Disagree int
	Days     float64 // of the period, on which it bound somebody; every day if judged as if in force; not a number without a period
}

// Move is a change of verdict from the first side to another.
type Move struct {
	To       int // index of the side
	From     judge.Verdict
	Becomes  judge.Verdict
	Events   int
	Clauses  map[terms.ClauseID]int // of the other side, that speak
	Examples []string               // ids of the first few events
}

// Row is what the sides say of one event.
type Row struct {
	Incident *evidence.Incident
	Verdicts []judge.Verdict // by side
	Findings [][]judge.Finding
}

// Changed reports whether two sides say different things of the event.
func (r *Row) Changed() bool {
	for _, v := range r.Verdicts[1:] {
		if v != r.Verdicts[0] {
			return true
		}
	}
	return false
}

// NewBacktest makes ready to judge events under the sides.
func NewBacktest(sides []Side) *Backtest {
	b := &Backtest{moves: map[[3]int]int{}}
	for _, s := range sides {
		t := &SideTally{Side: s, Verdicts: map[judge.Verdict]int{}, Clauses: map[terms.ClauseID]map[judge.Verdict]int{}}
		var js []*judge.Judge
		for _, r := range s.Regimes {
			js = append(js, judge.New(r))
			t.Readings = append(t.Readings, map[judge.Verdict]int{})
		}
		b.Sides = append(b.Sides, t)
		b.judges = append(b.judges, js)
	}
	return b
}

// maxExamples is how many events a move names.
const maxExamples = 5

// Add judges one event and counts it.
func (b *Backtest) Add(in *evidence.Incident) Row {
	row := Row{Incident: in}
	said := make([][]Said, len(b.Sides))
	for i := range b.Sides {
		fs := make([]judge.Finding, len(b.judges[i]))
		for k, j := range b.judges[i] {
			fs[k] = j.Incident(in, nil)
			said[i] = append(said[i], saidBy(&fs[k]))
		}
		row.Findings = append(row.Findings, fs)
	}
	row.Verdicts = b.Count(said, 1, in.ID)
	return row
}

// Say judges one event and does not count it: what each side says, by reading, as Count
// takes it.
func (b *Backtest) Say(in *evidence.Incident) [][]Said {
	said := make([][]Said, len(b.Sides))
	for i, js := range b.judges {
		for _, j := range js {
			f := j.Incident(in, nil)
			said[i] = append(said[i], saidBy(&f))
		}
	}
	return said
}

// Close sets the period that the events are taken to cover, from which rates
// are made.
func (b *Backtest) Close(period when.Span) {
	b.Span = period
	for _, t := range b.Sides {
		t.Days = t.exposure(period)
	}
}

const day = 86_400_000

// exposure is the number of days of a period on which the side may have bound
// somebody, under any reading and any answer to its open questions.
func (t *SideTally) exposure(period when.Span) float64 {
	if !period.Start.Bounded() || !period.End.Bounded() || period.End <= period.Start {
		return math.NaN() // no stretch of time to make a rate of
	}
	var in []when.Span
	for _, r := range t.Side.Regimes {
		if r.Counterfactual {
			return float64(period.End-period.Start) / day
		}
		for _, c := range r.Clauses {
			for _, w := range c.Windows {
				if w.Party == "" {
					continue // of an exception, which binds nobody by itself
				}
				if s := (when.Span{Start: max(w.Span.Start, period.Start), End: min(w.Span.End, period.End)}); s.Start < s.End {
					in = append(in, s)
				}
			}
		}
	}
	days := 0.0
	for _, s := range joined(in) {
		days += float64(s.End-s.Start) / day
	}
	return days
}

// Undetermined is the share of events of which the side says nothing certain:
// undetermined, or contested between readings.
func (t *SideTally) Undetermined() count.Interval {
	n := 0
	for _, k := range t.Verdicts {
		n += k
	}
	return count.Share(t.Verdicts[judge.Undetermined]+t.Verdicts[judge.Contested], n)
}

// Weekly is the rate of events a week of exposure that would breach for
// certain, if the facts hold.
func (t *SideTally) Weekly() count.Interval {
	return count.Rate(t.Verdicts[judge.Breach], t.Days/7)
}
