package parts

import (
	"encoding/json"
	"io"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
)

// HistoryAsker asks how verdicts change from one text to another.
type HistoryAsker struct {
	base
	all *compare.Backtest // which counts nothing
}

func askHistory(b base) *HistoryAsker {
	h := &HistoryAsker{base: b}
	var sides []compare.Side
	for _, s := range b.sides {
		sides = append(sides, compare.Side{Regimes: s})
	}
	h.all = compare.NewBacktest(sides)
	return h
}

// Many is nil: all rows are wanted as incidents.
func (h *HistoryAsker) Many() *judge.Many { return nil }

// MaxChanged is how many incidents that change verdict are kept one by one; all
// are counted.
const MaxChanged = 10_000

// ChangedRow is an incident that changes verdict, as far as it is listed.
type ChangedRow struct {
	ID       string          `json:"id"`
	Time     when.Span       `json:"time"`
	Targets  [][]string      `json:"targets"`  // by scenario
	Verdicts []judge.Verdict `json:"verdicts"` // by side
}

// HistoryState is what was counted of some rows.
type HistoryState struct {
	Counted compare.Counted `json:"counted"`
	Changed []ChangedRow    `json:"changed"`
	Changes int             `json:"changes"` // all of them
	Outside int             `json:"outside"` // of the period asked for
	Seen    when.Span       `json:"seen"`    // within which the events lie
}

type historyAnswer struct {
	h     *HistoryAsker
	b     *compare.Backtest
	state HistoryState
}

// Begin begins an answer; nothing is written to w.
func (h *HistoryAsker) Begin(io.Writer) (Answer, error) {
	return &historyAnswer{h: h, b: h.all.Fresh(), state: HistoryState{Seen: when.Span{Start: when.Future, End: when.Past}}}, nil
}

// Batch answers rows, in order.
func (a *historyAnswer) Batch(b *bulk.Batch) error {
	for _, odd := range b.Odd {
		in := odd.Incident
		t := in.Scenarios[0].Time
		if !t.Overlaps(when.Span{Start: a.h.from, End: a.h.until}) {
			a.state.Outside++
			continue
		}
		a.state.Seen = widen(a.state.Seen, t)
		row := a.b.Add(in)
		if !row.Changed() {
			continue
		}
		if a.state.Changes++; len(a.state.Changed) < MaxChanged {
			c := ChangedRow{ID: in.ID, Time: t, Verdicts: row.Verdicts}
			for i := range in.Scenarios {
				c.Targets = append(c.Targets, in.Scenarios[i].Target)
			}
			a.state.Changed = append(a.state.Changed, c)
		}
	}
	return nil
}

// widen takes the bounded ends of a time into a span.
func widen(s, t when.Span) when.Span {
	if t.Start.Bounded() {
		s.Start = min(s.Start, t.Start)
	}
	if t.End.Bounded() {
		s.End = max(s.End, t.End)
	}
	return s
}

// State is what was counted.
func (a *historyAnswer) State() (json.RawMessage, error) {
	a.state.Counted = a.b.Counted()
	return json.Marshal(a.state)
}

// Merge adds up what was counted, and lists incidents that change verdict.
func (h *HistoryAsker) Merge(states []json.RawMessage) (*compare.Backtest, []compare.Row, HistoryState, error) {
	b, all := h.all.Fresh(), HistoryState{Seen: when.Span{Start: when.Future, End: when.Past}}
	var rows []compare.Row
	for _, raw := range states {
		var s HistoryState
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, nil, all, err
		}
		b.Merge(s.Counted)
		all.Changes += s.Changes
		all.Outside += s.Outside
		all.Seen = widen(all.Seen, s.Seen)
		for _, c := range s.Changed[:min(len(s.Changed), MaxChanged-len(rows))] {
			rows = append(rows, c.row())
		}
	}
	return b, rows, all, nil
}

// row is the incident as far as it is listed.
func (c *ChangedRow) row() compare.Row {
	in := &evidence.Incident{ID: c.ID}
	for _, t := range c.Targets {
		in.Scenarios = append(in.Scenarios, evidence.Scenario{Time: c.Time, Target: t})
	}
	return compare.Row{Incident: in, Verdicts: c.Verdicts}
}
