package brief

import (
	"fmt"
	"sort"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/judge"
)

// compareHistory is real events under every text.
type compareHistory struct {
	Span    string
	Texts   []compareTally
	Columns []pageVerdict
	Tables  []compareMoves
	Moves   []string
	Changed []compareChanged
	More    int // events that change and are not listed

	cards []pageCard
}

// compareTally is what one text says of all events.
type compareTally struct {
	Letter, Name, Open, Rate, Disagree, Clauses string
	Counts                                      []int
}

// compareMoves is how often a verdict of the first text meets one of another.
type compareMoves struct {
	From, To string
	Columns  []pageVerdict
	Rows     []compareMoveRow
}

type compareMoveRow struct {
	Verdict pageVerdict
	Cells   []compareMoveCell
}

type compareMoveCell struct {
	N    int
	Same bool
}

// compareChanged is one event whose verdict changes.
type compareChanged struct {
	DOM, ID, Title, Time, Target, Place string
	Verdicts                            []judge.Verdict
}

// maxListed is how many events a page lists one by one.
const maxListed = 300

// sideVerdicts are the verdicts of a side, in the order in which they are
// shown.
var sideVerdicts = append(append([]judge.Verdict(nil), verdictOrder...), judge.Contested)

func newCompareHistory(p *ComparePage) *compareHistory {
	b := p.History
	h := &compareHistory{}
	if b.Span.Start.Bounded() && b.Span.End.Bounded() {
		h.Span = newPageSpan(b.Span).UTC
	}
	for _, v := range sideVerdicts {
		h.Columns = append(h.Columns, verdictView(v))
	}
	for i, t := range b.Sides {
		c := compareTally{Letter: sideLetter(i), Name: plainName(p.Names[i]), Open: ShareText(t.Undetermined()), Rate: rateText(t), Clauses: clauseCounts(t)}
		for _, v := range sideVerdicts {
			c.Counts = append(c.Counts, t.Verdicts[v])
		}
		if len(t.Readings) > 1 {
			c.Disagree = fmt.Sprintf("readings disagree on %d of %d", t.Disagree, b.Events)
		}
		h.Texts = append(h.Texts, c)
		if i > 0 {
			h.Tables = append(h.Tables, newCompareMoves(b, i))
		}
	}
	h.moves(b)
	h.changed(p)
	return h
}

// newCompareMoves counts pairs of verdicts; what is not a move stayed.
func newCompareMoves(b *compare.Backtest, to int) compareMoves {
	m := compareMoves{From: "A", To: sideLetter(to)}
	n := map[[2]judge.Verdict]int{}
	for v, k := range b.Sides[0].Verdicts {
		n[[2]judge.Verdict{v, v}] = k
	}
	for _, x := range b.Moves {
		if x.To == to {
			n[[2]judge.Verdict{x.From, x.Becomes}] += x.Events
			n[[2]judge.Verdict{x.From, x.From}] -= x.Events
		}
	}
	for _, w := range sideVerdicts {
		m.Columns = append(m.Columns, verdictView(w))
	}
	for _, v := range sideVerdicts {
		row := compareMoveRow{Verdict: verdictView(v)}
		for _, w := range sideVerdicts {
			row.Cells = append(row.Cells, compareMoveCell{n[[2]judge.Verdict{v, w}], v == w})
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func (h *compareHistory) moves(b *compare.Backtest) {
	ms := append([]compare.Move(nil), b.Moves...)
	sort.SliceStable(ms, func(i, k int) bool {
		return ms[i].To < ms[k].To || ms[i].To == ms[k].To && ms[i].Events > ms[k].Events
	})
	for i := range ms {
		m := &ms[i]
		h.Moves = append(h.Moves, fmt.Sprintf("%s by A becomes %s by %s: %s%s", verdictView(m.From).Text, verdictView(m.Becomes).Text, sideLetter(m.To), Count(m.Events, "incident"), byClause(*m)))
	}
}

func (h *compareHistory) changed(p *ComparePage) {
	rows := p.Rows
	if len(rows) > maxListed {
		h.More = len(rows) - maxListed
		rows = rows[:maxListed]
	}
	for i := range rows {
		r := &rows[i]
		c := newPageCard(i, &Row{Incident: r.Incident}, nil)
		c.DOM = fmt.Sprintf("event-%d", i)
		c.Key = c.DOM
		h.cards = append(h.cards, c)
		x := compareChanged{DOM: c.DOM, ID: c.ID, Title: c.Title, Time: c.Time.UTC, Target: nodeText(TargetKind(r.Incident)), Verdicts: r.Verdicts}
		for s := range r.Incident.Scenarios {
			if x.Place == "" {
				x.Place = factText(&r.Incident.Scenarios[s], "place")
			}
		}
		h.Changed = append(h.Changed, x)
	}
}
