package web

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// CompareAnswer is where two texts, versions or readings differ, and which incidents
// of the record that changes.
type CompareAnswer struct {
	Vector     views.Vector          `json:"vector"`
	A          CompareSide           `json:"a"`
	B          CompareSide           `json:"b"`
	Comparison *brief.ComparisonJSON `json:"comparison,omitempty" doc:"differences with their boxes, and an act that shows each; counts of cases are decimal strings"`
	Texts      *brief.BesideJSON     `json:"texts,omitempty" doc:"the sentences side by side"`
	Amendment  *brief.AmendmentJSON  `json:"amendment,omitempty" doc:"of two versions of one text: what each change does"`
	History    *brief.HistoryJSON    `json:"history,omitempty" doc:"incidents of the record under both; absent: you may read none"`
	Incidents  []views.Incident      `json:"incidents" doc:"those that change verdict, newest first"`
	Totals     views.Totals          `json:"totals" doc:"of the incidents that the filters ask for"`
	Looked     int                   `json:"looked" doc:"incidents of which both say something: of those of which you see every fact all, where both are texts that the record judges by as they stand, and else the newest"`
	Changed    int                   `json:"changed" doc:"of these, those that change verdict; incidents are the newest of them"`
	Newest     bool                  `json:"newest,omitempty" doc:"only the newest were judged"`
	Working    bool                  `json:"working,omitempty" doc:"all are being judged: ask again in a few seconds"`
	Standing   string                `json:"standing"`
}

// CompareSide is one of the two.
type CompareSide struct {
	ID       string   `json:"id"`
	Entry    string   `json:"entry"`
	Title    string   `json:"title"`
	Version  string   `json:"version,omitempty"`
	Digest   string   `json:"digest"`
	Readings []string `json:"readings"`
	Never    []string `json:"never,omitempty" doc:"readings under which it was never in force for anybody: with assume=never they are compared as if they had been"`
	AsIf     []string `json:"as_if,omitempty" doc:"readings that are judged as if in force"`
}

const (
	maxBacktested  = 1000    // incidents
	compareStates  = 400_000 // of the diagram; 4,000,000 on the command line
	compareChanged = 300     // incidents that are listed
)

type compareQuery struct {
	A      string `query:"a" required:"true" maxLength:"400" doc:"TEXT, or TEXT@READING,READING; TEXT is the id of a text, or of an entry terms@1"`
	B      string `query:"b" required:"true" maxLength:"400" doc:"as a"`
	Assume string `query:"assume" enum:"never,all" doc:"as if in force at all times, stamped so: readings that never were, or all"`
	Boxes  int    `query:"boxes" minimum:"1" maximum:"12" default:"4" doc:"at most so many boxes of a difference"`
	Part   string `query:"part" enum:"texts,incidents" doc:"one part of the answer: the texts, which say the same as long as they are the same, or the incidents of the record; both, where absent"`
	Stale  bool   `query:"stale" doc:"answer at once, also where the record does not judge by both as they stand and all incidents are still being judged: then none was looked at, and working says so. Without it the newest are judged for the question"`
	IncidentQuery
}

// plain is the question without what a client has already.
func (q *compareQuery) plain() *compareQuery {
	x := *q
	x.Have = ""
	return &x
}

func (s *Server) comparisons() {
	register(s, "/api/compare", "Where two texts, versions or readings differ, exactly, and the incidents that change verdict", s.compareTexts)
}

// comparedSides are two sides as they stand in the record.
type comparedSides struct {
	of   [2]compare.Side
	held [2]bool // incidents are judged by it as it is compared
	key  string  // the same as long as both say the same
}

func (s *Server) compareTexts(ctx context.Context, q *compareQuery) (*typed[CompareAnswer], error) {
	if err := s.anyReading(ctx); err != nil {
		return nil, err
	}
	p := &CompareAnswer{Incidents: []views.Incident{}, Standing: standing}
	var sides comparedSides
	err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) (err error) {
		p.Vector = snap.Vector()
		if sides.of[0], p.A, sides.held[0], err = s.side(ctx, snap, q.A, q.Assume, "query.a"); err == nil {
			sides.of[1], p.B, sides.held[1], err = s.side(ctx, snap, q.B, q.Assume, "query.b")
		}
		sides.key = fmt.Sprintf("%s %+v %+v", snap.TextsAt(), p.A, p.B)
		return err
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	if q.Part != "incidents" {
		done, err := computed(ctx, s, fmt.Sprintf("compare %q %q %d %s", q.A, q.B, q.Boxes, sides.key), func() (*CompareAnswer, error) { return comparedTexts(&sides, p, q) })
		if err != nil {
			return nil, err
		}
		p.Comparison, p.Texts, p.Amendment = done.Comparison, done.Texts, done.Amendment
	}
	if q.Part != "texts" && s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}) == nil {
		over := s.comparedAnew
		if sides.held[0] && sides.held[1] {
			over = s.comparedFound
		}
		if err := over(ctx, q, p, &sides); err != nil {
			return nil, err
		}
	}
	return answer(ctx, p.Vector, struct {
		Asked           *compareQuery
		Newest, Working bool
	}{q.plain(), p.Newest, p.Working}, q.Have, p), nil
}

// comparedTexts compares two sides, whatever has happened.
func comparedTexts(sides *comparedSides, of *CompareAnswer, q *compareQuery) (*CompareAnswer, error) {
	r, err := compare.Texts(sides.of[0], sides.of[1], compare.Options{Boxes: q.Boxes, States: compareStates})
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the two cannot be compared here: " + err.Error())
	}
	p := &CompareAnswer{Comparison: brief.Comparison{Names: [2]string{q.A, q.B}, Result: r}.Short(), Texts: brief.NewBesideJSON(sides.of)}
	if of.A.ID == of.B.ID && of.A.Digest != of.B.Digest {
		p.Amendment = brief.NewAmendmentJSON(compare.Amend(r, 8))
	}
	return p, nil
}

// comparedNewest judges the newest incidents under both sides. That takes long where they
// are rows of data sets, so that what is kept is looked up first.
func (s *Server) comparedNewest(ctx context.Context, q *compareQuery, p *CompareAnswer, sides *comparedSides) error {
	key := fmt.Sprintf("compare over %v %s %+v", p.Vector, sight.Key(whoOf(ctx)), *q)
	done, kept := s.work.answer(key)
	if !kept {
		of := map[string]views.Incident{}
		ins, err := s.backtested(ctx, q, p, of)
		if err != nil {
			return err
		}
		if done, err = computed(ctx, s, key, func() (*CompareAnswer, error) {
			x := *p
			compareOver(&x, sides.of, ins, of, q)
			return &x, nil
		}); err != nil {
			return err
		}
	}
	x := done.(*CompareAnswer)
	p.History, p.Incidents, p.Totals, p.Looked, p.Changed, p.Vector = x.History, x.Incidents, x.Totals, x.Looked, x.Changed, x.Vector
	p.Newest = p.Totals.Matched > maxBacktested
	return nil
}

// backtested are the newest incidents of which somebody sees every fact: what others
// become under a text would tell what they do not see.
func (s *Server) backtested(ctx context.Context, q *compareQuery, p *CompareAnswer, of map[string]views.Incident) (ins []*evidence.Incident, err error) {
	who := whoOf(ctx)
	var unread *views.Unread
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error { // files are read while the views are not held
		unread, err = snap.Unread(snap.List(f, nil, maxBacktested).Rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	unread.Read()
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		page := snap.List(f, nil, maxBacktested)
		p.Vector, p.Totals = snap.Vector(), page.Totals
		rows, err := s.reasoned(who, snap, page.Rows)
		if err != nil {
			return err
		}
		for _, r := range rows {
			x, err := s.itemOf(who, snap, r.Num)
			if err != nil {
				return err
			}
			if x != nil {
				of[x.ID] = x.Incident
			}
		}
		ins, _, err = snap.EvidenceWith(rows, unread)
		return err
	})
	if ins == nil {
		ins = []*evidence.Incident{}
	}
	return ins, err
}

// side reads what one side of a comparison names; held says that incidents are judged by
// it as it is.
func (s *Server) side(ctx context.Context, snap *views.Snapshot, ref, assume, location string) (side compare.Side, x CompareSide, held bool, err error) {
	name, readings := sideRef(ref)
	t, err := s.textOf(ctx, snap, name)
	if err != nil {
		return side, x, false, err
	}
	regimes, err := t.under(readings, location)
	if err != nil {
		return side, x, false, err
	}
	x = CompareSide{ID: t.terms.ID, Entry: t.entry.ID, Title: t.terms.TitleText(), Version: t.terms.Version, Digest: t.terms.Digest}
	for _, r := range regimes {
		never := neverInForce(r)
		if never {
			x.Never = append(x.Never, r.ReadingID)
		}
		if assume == "all" || assume == "never" && never {
			if r, err = t.terms.Under(r.ReadingID, nil, true); err != nil {
				return side, x, false, failure(err)
			}
			x.AsIf = append(x.AsIf, r.ReadingID)
		}
		x.Readings = append(x.Readings, r.ReadingID)
		side.Regimes = append(side.Regimes, r)
	}
	return side, x, t.newest && len(x.AsIf) == 0, nil
}

// neverInForce reports whether no clause of a regime ever binds anybody.
func neverInForce(r *terms.Regime) bool {
	for _, c := range r.Clauses {
		for _, w := range c.Windows {
			if w.Party != "" {
				return false
			}
		}
	}
	return true
}

// compareOver judges incidents under both sides.
func compareOver(p *CompareAnswer, sides [2]compare.Side, ins []*evidence.Incident, of map[string]views.Incident, q *compareQuery) {
	b := compare.NewBacktest(sides[:])
	var rows []compare.Row
	seen := when.Span{Start: when.Future, End: when.Past}
	for _, in := range ins {
		t := in.Scenarios[0].Time
		if t.Start.Bounded() {
			seen.Start = min(seen.Start, t.Start)
		}
		if t.End.Bounded() {
			seen.End = max(seen.End, t.End)
		}
		if row := b.Add(in); row.Changed() {
			rows = append(rows, row)
		}
	}
	b.Close(seen)
	p.Looked, p.Changed = len(ins), len(rows)
	p.History = brief.NewHistoryJSON(b, []string{q.A, q.B}, rows)
	for i, row := range rows {
		if i == compareChanged {
			break
		}
		p.Incidents = append(p.Incidents, of[row.Incident.ID])
	}
	p.Totals.Shown = len(p.Incidents)
}
