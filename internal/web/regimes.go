package web

import (
	"context"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// Regimes are the texts that incidents are judged by, with their readings.
type Regimes struct {
	Vector views.Vector `json:"vector"`
	Items  []RegimeItem `json:"items"`
}

// RegimeItem is one text, with the entry that brought it.
type RegimeItem struct {
	brief.TextJSON
	Entry string `json:"entry" doc:"id of the entry whose first file is the text"`
}

// Explanation is why an incident is judged as it is, reading by reading.
type Explanation struct {
	Vector    views.Vector            `json:"vector"`
	ID        string                  `json:"id"`
	Facts     [][2]string             `json:"facts" doc:"name and value of what all scenarios share; none, and no findings, for who may not see every fact that was judged"`
	Scenarios []ScenarioFacts         `json:"scenarios,omitempty" doc:"where there are several: what each says apart from the others"`
	Findings  []brief.ExplanationJSON `json:"findings"`
	Standing  string                  `json:"standing"`
}

// ScenarioFacts is one way in which an incident may have happened.
type ScenarioFacts struct {
	Name  string      `json:"name"`
	Facts [][2]string `json:"facts"`
}

// regimes adds what a reader of texts and verdicts asks for.
func (s *Server) regimes() {
	register(s, "/api/regimes", "Texts that incidents are judged by: readings, clauses, and when each party is bound", func(ctx context.Context, q *struct{ AsOf }) (*typed[Regimes], error) {
		if err := s.anyReading(ctx); err != nil {
			return nil, err
		}
		p := &Regimes{Items: []RegimeItem{}}
		who := whoOf(ctx)
		err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
			p.Vector = snap.Vector()
			for _, t := range snap.Texts() {
				if _, closed := s.redactFor(who, t.Entry); !closed {
					p.Items = append(p.Items, RegimeItem{*brief.NewTextJSON(t.Terms, t.Regimes), t.Entry.ID})
				}
			}
			return nil
		})
		if err != nil {
			return nil, viewFailure(err)
		}
		return answer(ctx, p.Vector, "regimes", q.Have, p), nil
	})
	register(s, "/api/incidents/{id}/explanation", "Why an incident is judged as it is: articles with lit and unlit phrases, and what would decide it", s.explanation)
}

func (s *Server) explanation(ctx context.Context, q *struct {
	AsOf
	ID string `path:"id" doc:"id or radio id" maxLength:"60"`
}) (*typed[Explanation], error) {
	who := whoOf(ctx)
	if err := s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	p := &Explanation{Facts: [][2]string{}, Findings: []brief.ExplanationJSON{}, Standing: standing}
	err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		num, ok, err := snap.Store().Num(q.ID)
		if err != nil {
			return err
		}
		var x *IncidentItem
		if ok {
			if x, err = s.itemOf(who, snap, num); err != nil {
				return err
			}
		}
		if x == nil {
			return s.notThere(q.ID, snap)
		}
		p.Vector, p.ID = snap.Vector(), x.ID
		if ok, err := s.seesReasons(who, snap, num); err != nil || !ok {
			return err
		}
		fs, err := snap.Explain(x.ID)
		if err != nil || len(fs) == 0 {
			return err
		}
		common, apart := brief.SplitFacts(fs[0].Incident)
		p.Facts = append(p.Facts, common...)
		for i, facts := range apart {
			p.Scenarios = append(p.Scenarios, ScenarioFacts{fs[0].Incident.Scenarios[i].Name, facts})
		}
		for i := range fs {
			p.Findings = append(p.Findings, brief.NewExplanationJSON(&fs[i]))
		}
		return nil
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	return answer(ctx, p.Vector, q, q.Have, p), nil
}
