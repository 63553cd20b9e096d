package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/terms"
)

// CheckIn is a text to be examined.
type CheckIn struct {
	Text string `json:"text" maxLength:"524288" doc:"the file, as UTF-8"`
	Name string `json:"name,omitempty" maxLength:"200" doc:"of the file, for messages"`
	Lint string `json:"lint,omitempty" enum:"off" doc:"off: problems and examples alone, which is quicker"`
}

// CheckOut is what was found in it.
type CheckOut struct {
	brief.CheckJSON
	Passages []brief.PassageJSON `json:"passages,omitempty" doc:"the file, cut into what people read; absent: it cannot be used"`
	Readings []string            `json:"readings,omitempty"`
	Recorded bool                `json:"recorded" doc:"always false: nothing is recorded"`
}

// JudgeIn supposes facts.
type JudgeIn struct {
	Incident string            `json:"incident,omitempty" maxLength:"60" doc:"id or radio id of the incident that is changed; absent: one of which nothing is known"`
	Facts    map[string]string `json:"facts,omitempty" maxProperties:"40" doc:"facts in the place of the incident's, by column of the incidents file (docs/formats.md); a|b several possible values, empty one that is not known"`
	Terms    []string          `json:"terms,omitempty" maxItems:"50" doc:"ids of texts; absent: all"`
	At       int64             `json:"at,omitempty" minimum:"1" doc:"as of this size of the log; the newest, where absent"`
	Assume   bool              `json:"assume_in_force,omitempty" doc:"as if in force at all times, stamped so"`
}

// JudgeOut is what would follow.
type JudgeOut struct {
	Vector   views.Vector      `json:"vector"`
	Incident string            `json:"incident,omitempty"`
	Facts    [][2]string       `json:"facts" doc:"name and value of what all scenarios share, as supposed"`
	Items    []SupposedFinding `json:"items" doc:"by text and reading, in their order"`
	Changed  int               `json:"changed" doc:"findings with another verdict"`
	Recorded bool              `json:"recorded" doc:"always false: nothing is recorded"`
	Standing string            `json:"standing"`
}

// SupposedFinding is what one reading says of what is supposed.
type SupposedFinding struct {
	Before  string `json:"before" doc:"the verdict without what is supposed"`
	Changed bool   `json:"changed"`
	brief.ExplanationJSON
}

// checkLimits bound what is examined of a text that anybody may send.
var checkLimits = brief.CheckLimits{Clauses: 400, Examples: 1500}

// trials adds what is computed from what is sent, and recorded nowhere.
func (s *Server) trials() {
	huma.Register(s.api, huma.Operation{OperationID: "check-text", Method: http.MethodPost, Path: "/api/check", Summary: "Examine a text: problems, lint, examples. Nothing is recorded", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusOK, Tags: []string{"try"},
		Description: "As truce check does it. Files beside a text are not there: annexes and zones in files of their own are problems here."}, s.check)
	huma.Register(s.api, huma.Operation{OperationID: "judge-supposed", Method: http.MethodPost, Path: "/api/judge", Summary: "What every text and reading would say if facts were others. Nothing is recorded", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusOK, Tags: []string{"try"}}, s.suppose)
}

func (s *Server) check(ctx context.Context, in *struct{ Body CheckIn }) (*struct{ Body *CheckOut }, error) {
	if err := s.anyReading(ctx); err != nil {
		return nil, err
	}
	name := in.Body.Name
	if name == "" {
		name = "text.truce.md"
	}
	most := checkLimits
	most.NoLint = in.Body.Lint == "off"
	out, err := computed(ctx, s, "", func() (*CheckOut, error) {
		t, problems := terms.ParseBytes(nil, name, []byte(in.Body.Text))
		x := &CheckOut{CheckJSON: *brief.NewCheckJSON(t, problems, most)}
		if t != nil {
			x.Passages, x.Readings = brief.NewLiterateJSON(t), t.ReadingIDs()
		}
		return x, nil
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body *CheckOut }{out}, nil
}

func (s *Server) suppose(ctx context.Context, in *struct{ Body JudgeIn }) (*struct{ Body *JudgeOut }, error) {
	q := &in.Body
	if err := s.anyReading(ctx); err != nil {
		return nil, err
	}
	if len(q.Facts) > 0 {
		if faults := factFaults(q.Facts); len(faults) > 0 {
			return nil, huma.Error422UnprocessableEntity("nothing was judged: the facts cannot be read", faults...)
		}
	}
	p := &JudgeOut{Facts: [][2]string{}, Items: []SupposedFinding{}, Standing: standing}
	var before, after *evidence.Incident
	var judges []*judge.Judge
	err := s.o.Views.Read(AsOf{At: q.At}.size(), func(snap *views.Snapshot) (err error) {
		p.Vector = snap.Vector()
		id := ""
		if q.Incident != "" {
			if id, err = s.supposed(ctx, snap, q.Incident); err != nil {
				return err
			}
		}
		if before, after, err = snap.Suppose(id, q.Facts); err != nil {
			return err
		}
		if before == nil {
			return s.notThere(q.Incident, snap)
		}
		p.Incident = id
		judges = snap.JudgesOf(func(entry *views.Doc) bool { return s.mayReadText(ctx, entry) })
		return nil
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	judges = slices.DeleteFunc(judges, func(j *judge.Judge) bool {
		return len(q.Terms) > 0 && !slices.Contains(q.Terms, j.Regime().Terms.ID)
	})
	out, err := computed(ctx, s, "", func() (*JudgeOut, error) { return p, judgeBoth(p, judges, before, after, q.Assume) })
	if err != nil {
		return nil, err
	}
	return &struct{ Body *JudgeOut }{out}, nil
}

// supposed is the id of an incident of which somebody sees every fact: what follows
// of other facts would tell those that they do not see.
func (s *Server) supposed(ctx context.Context, snap *views.Snapshot, name string) (string, error) {
	if err := s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}); err != nil {
		return "", err
	}
	who := whoOf(ctx)
	num, ok, err := snap.Store().Num(name)
	if err != nil {
		return "", err
	}
	var x *IncidentItem
	if ok {
		if x, err = s.itemOf(who, snap, num); err != nil {
			return "", err
		}
	}
	if x == nil {
		return "", s.notThere(name, snap)
	}
	if ok, err = s.seesReasons(who, snap, num); err != nil {
		return "", err
	}
	if !ok {
		return "", huma.Error403Forbidden("nothing was judged: you may not see every fact of this incident, and what follows of others would tell them")
	}
	return x.ID, nil
}

// judgeBoth judges an incident as it is and as it is supposed.
func judgeBoth(p *JudgeOut, judges []*judge.Judge, before, after *evidence.Incident, assume bool) error {
	common, _ := brief.SplitFacts(after)
	p.Facts = append(p.Facts, common...)
	for _, j := range judges {
		if assume {
			r, err := j.Regime().Terms.Under(j.Regime().ReadingID, nil, true)
			if err != nil {
				return fmt.Errorf("%s@%s: %w", j.Regime().Terms.ID, j.Regime().ReadingID, err)
			}
			j = judge.New(r)
		}
		was := j.Incident(before, nil)
		is := j.Incident(after, nil)
		x := SupposedFinding{Before: was.Verdict.String(), Changed: was.Verdict != is.Verdict, ExplanationJSON: brief.NewExplanationJSON(&is)}
		if x.Changed {
			p.Changed++
		}
		p.Items = append(p.Items, x)
	}
	return nil
}

// factFaults says what of supposed facts cannot be read, and which are no facts.
func factFaults(facts map[string]string) (faults []error) {
	known := append(slices.DeleteFunc(evidence.Facts(), func(f string) bool { return f == "time" || f == "launch" }), "lat", "lon", "precision_m")
	for name, value := range facts {
		switch {
		case !slices.Contains(known, name):
			faults = append(faults, fault("facts."+name, value, "%q is not a fact: expected one of %v", name, known))
		case len(value) > 4000:
			faults = append(faults, fault("facts."+name, len(value), "expected at most 4,000 characters"))
		}
	}
	if len(faults) > 0 {
		return faults
	}
	for _, f := range rowFaults("truce", facts) {
		if d, ok := f.(*huma.ErrorDetail); ok && len(d.Location) > 8 && d.Location[:8] == "body.row" {
			d.Location = "body.facts" + d.Location[8:]
		}
		faults = append(faults, f)
	}
	return faults
}
