package web

import (
	"context"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// comparedFound counts what was found under both sides, of all incidents of which
// somebody sees every fact: findings were made when the entries came, and nothing is
// judged anew.
func (s *Server) comparedFound(ctx context.Context, q *compareQuery, p *CompareAnswer, sides *comparedSides) error {
	who := whoOf(ctx)
	may := func(n views.Narrowed) bool { return s.sights.Reasons(who, n) }
	return s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		p.Vector, p.Totals = snap.Vector(), snap.Count(f)
		found := snap.Found(f, may)
		b := compare.NewBacktest(sides.of[:])
		changed, verdicts := map[uint32]bool{}, map[uint32][]judge.Verdict{}
		for _, x := range found.Found {
			said, ok := saidOf(&x, p, sides)
			if !ok {
				continue
			}
			v := b.Count(said, x.N)
			verdicts[x.Code] = v
			if v[0] != v[1] {
				changed[x.Code] = true
				p.Changed += x.N
			}
		}
		b.Close(spanOf(found.From, found.To))
		p.Looked = b.Events
		rows := []compare.Row{}
		if len(changed) > 0 {
			for _, r := range snap.FoundRows(f, may, changed, compareChanged) {
				x, err := s.itemOf(who, snap, r.Num)
				if err != nil {
					return err
				}
				if x != nil {
					p.Incidents = append(p.Incidents, x.Incident)
					rows = append(rows, compare.Row{Incident: inShort(&x.Incident), Verdicts: verdicts[r.Judged]})
				}
			}
		}
		p.Totals.Shown = len(p.Incidents)
		p.History = brief.NewHistoryJSON(b, []string{q.A, q.B}, rows)
		return nil
	})
}

// saidOf is what was found under the readings of both sides; false where one of them
// found nothing, as a reading that has duties alone.
func saidOf(x *views.Found, p *CompareAnswer, sides *comparedSides) ([][]compare.Said, bool) {
	out := make([][]compare.Said, len(sides.of))
	for i, id := range []string{p.A.ID, p.B.ID} {
		for _, r := range sides.of[i].Regimes {
			words := x.Said[id+"@"+r.ReadingID]
			if len(words) == 0 {
				return nil, false
			}
			v, ok := judge.VerdictOf(words[0])
			if !ok {
				return nil, false
			}
			said := compare.Said{Verdict: v}
			for _, w := range words[1:] {
				clause, text, _ := strings.Cut(w, "=")
				if v, ok := judge.VerdictOf(text); ok {
					said.Clauses = append(said.Clauses, compare.SaidClause{Clause: terms.ClauseID(clause), Verdict: v})
				}
			}
			out[i] = append(out[i], said)
		}
	}
	return out, true
}

// spanOf is a period; one that is not known is none.
func spanOf(from, to string) when.Span {
	start, err1 := when.ParseRFC3339(from)
	end, err2 := when.ParseRFC3339(to)
	if err1 != nil || err2 != nil {
		return when.Span{Start: when.Future, End: when.Past}
	}
	return when.Span{Start: start, End: end}
}

// inShort is an incident as a list of changes tells it: its target and its time.
func inShort(v *views.Incident) *evidence.Incident {
	sc := evidence.Unknown()
	if v.Target != "" {
		sc.Target = strings.Split(v.Target, "|")
	}
	if s := spanOf(v.TimeStart, v.TimeEnd); s.Start <= s.End {
		sc.Time = s
	}
	return &evidence.Incident{ID: v.ID, Scenarios: []evidence.Scenario{sc}}
}
