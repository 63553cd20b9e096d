package compare

import (
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Counted is what a backtest has counted, in a form that can be kept and added
// to that of other events.
type Counted struct {
	Events int           `json:"events"`
	Sides  []CountedSide `json:"sides"`
	Moves  []Move        `json:"moves"`
}

// CountedSide is what one side says of the events.
type CountedSide struct {
	Verdicts map[judge.Verdict]int                    `json:"verdicts"`
	Clauses  map[terms.ClauseID]map[judge.Verdict]int `json:"clauses"`
	Readings []map[judge.Verdict]int                  `json:"readings"`
	Disagree int                                      `json:"disagree"`
}

// Fresh returns a backtest of the same sides that has counted nothing. Both may
// be used at the same time.
func (b *Backtest) Fresh() *Backtest {
	out := &Backtest{moves: map[[3]int]int{}, judges: b.judges}
	for _, t := range b.Sides {
		n := &SideTally{Side: t.Side, Verdicts: map[judge.Verdict]int{}, Clauses: map[terms.ClauseID]map[judge.Verdict]int{}}
		for range t.Readings {
			n.Readings = append(n.Readings, map[judge.Verdict]int{})
		}
		out.Sides = append(out.Sides, n)
	}
	return out
}

// Counted returns what was counted.
func (b *Backtest) Counted() Counted {
	c := Counted{Events: b.Events, Moves: b.Moves}
	for _, t := range b.Sides {
		c.Sides = append(c.Sides, CountedSide{t.Verdicts, t.Clauses, t.Readings, t.Disagree})
	}
	return c
}

// Merge adds what a backtest of the same sides counted over events that follow.
func (b *Backtest) Merge(c Counted) {
	b.Events += c.Events
	for i, s := range c.Sides {
		t := b.Sides[i]
		sum(t.Verdicts, s.Verdicts)
		t.Disagree += s.Disagree
		for k := range s.Readings {
			sum(t.Readings[k], s.Readings[k])
		}
		for id, by := range s.Clauses {
			if t.Clauses[id] == nil {
				t.Clauses[id] = map[judge.Verdict]int{}
			}
			sum(t.Clauses[id], by)
		}
	}
	for _, m := range c.Moves {
		key := [3]int{m.To, int(m.From), int(m.Becomes)}
		at, ok := b.moves[key]
		if !ok {
			at = len(b.Moves)
			b.moves[key] = at
			b.Moves = append(b.Moves, Move{To: m.To, From: m.From, Becomes: m.Becomes, Clauses: map[terms.ClauseID]int{}})
		}
		to := &b.Moves[at]
		to.Events += m.Events
		sum(to.Clauses, m.Clauses)
		to.Examples = append(to.Examples, m.Examples[:min(len(m.Examples), maxExamples-len(to.Examples))]...)
	}
}

func sum[K comparable](to, more map[K]int) {
	for k, n := range more {
		to[k] += n
	}
}
