package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// TaskList is what is to be found out, ranked.
type TaskList struct {
	Vector   views.Vector      `json:"vector"`
	Newest   views.Vector      `json:"newest" doc:"size of the record now, or that was asked for, as of which it is said where tasks stand; where it is not vector, entries came since"`
	Working  bool              `json:"working" doc:"it is being worked out anew (only with stale): ask again in a second"`
	Totals   views.Totals      `json:"totals" doc:"of incidents with an open finding"`
	At       string            `json:"at" doc:"time that it is planned at"`
	Accept   string            `json:"accept"`
	Findings int               `json:"findings" doc:"of the incidents that were looked at"`
	Open     int               `json:"open" doc:"of these, undetermined"`
	Means    string            `json:"means,omitempty" doc:"entry that holds the means file; absent: there is none, or you may not read it"`
	Problems []string          `json:"problems,omitempty" doc:"what of the means could not be read"`
	Total    int               `json:"total" doc:"tasks; items are the first of them"`
	Items    []TaskItem        `json:"items"`
	Others   []*TaskMark       `json:"others" doc:"tasks that entries speak of and the plan has not: what they ask is settled, or nobody has it open"`
	Chosen   *brief.PlanChoice `json:"chosen,omitempty" doc:"within the budget"`
	Rule     string            `json:"rule"`
}

// TaskItem is a task and where it stands.
type TaskItem struct {
	brief.PlanTask
	State string    `json:"state" enum:"open,done,dropped,expired" doc:"as the newest entry about it says; open where there is none, expired where it is open and too late"`
	Entry *TaskMark `json:"entry,omitempty" doc:"the newest entry about it"`
}

// TaskMark is what an entry says of a task.
type TaskMark struct {
	ID   string `json:"id"`
	Made string `json:"made" doc:"by its author's clock"`
	record.TaskEntry
}

// RestrictionList is what kept monitors from seeing, each with what the texts say.
type RestrictionList struct {
	Vector   views.Vector            `json:"vector"`
	Items    []brief.PlanRestriction `json:"items"`
	Problems []string                `json:"problems,omitempty"`
	Withheld int                     `json:"withheld" doc:"restrictions that you may not read"`
}

// maxWatched is how many incidents with an open finding are looked at for tasks.
const maxWatched = 1000

type taskQuery struct {
	IncidentQuery
	Accept string  `query:"accept" enum:"claimed,reported,corroborated,verified,determined" default:"reported" doc:"how well a fact has to be established to settle a finding"`
	Limit  int     `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"of tasks"`
	Now    string  `query:"now" doc:"time to plan at, RFC 3339; now, where absent"`
	Budget float64 `query:"budget" minimum:"0" doc:"choose means for tasks within it"`
	Stale  bool    `query:"stale" doc:"answer at once with what was worked out last, even if entries came since: vector and at say of what; working says that it is being worked out anew"`
}

// watched holds the last open findings that were judged: all who ask at one size
// for the same ask for the same.
type watched struct {
	mu   sync.Mutex
	key  string
	open []*judge.Finding
	n    int
}

func (s *Server) watching() {
	register(s, "/api/tasks", "What to find out first: facts that would settle open findings, ranked, with the means that could find them out", s.tasks)
	register(s, "/api/coverage", "Who could have seen an act, where and when, and the gaps", s.coverage)
	register(s, "/api/restrictions", "Restrictions of the monitors' freedom of movement, each judged by the texts", s.restrictions)
}

// outlook reads the means, and what hindered them, as far as somebody may.
func (s *Server) outlook(who Who, snap *views.Snapshot) (o *watch.Outlook, means string, problems []string, err error) {
	o = &watch.Outlook{House: &watch.House{}, Now: when.At(s.o.Now().Truncate(time.Minute))}
	tell := func(ps []watch.Problem) {
		for _, p := range ps {
			if len(problems) < 50 {
				problems = append(problems, p.Error())
			}
		}
	}
	readable := func(d *views.Doc, into any) bool {
		d, closed := s.redactFor(who, d)
		return !closed && !d.Erased && json.Unmarshal(d.Payload, into) == nil
	}
	err = snap.Store().Docs([]string{record.KindMeans}, math.MaxInt64, func(d *views.Doc) bool {
		var m record.MeansEntry
		if !readable(d, &m) {
			return true
		}
		means = d.ID
		var ps []watch.Problem
		o.House, ps = watch.ReadMeans(d.ID, []byte(m.Means), views.Vocabulary())
		tell(ps)
		return false
	})
	if err != nil {
		return nil, "", nil, err
	}
	byID := map[string]*watch.Means{}
	for _, m := range o.House.Means {
		byID[m.ID] = m
	}
	err = snap.Store().InOrder([]string{record.KindRestriction, record.KindCoverage, record.KindPatrol}, func(d *views.Doc) bool {
		switch d.Kind {
		case record.KindRestriction:
			var r record.RestrictionEntry
			if readable(d, &r) {
				x, errs := restrictionOf(d.ID, &r)
				for _, e := range errs {
					problems = append(problems, d.ID+": "+e.Error())
				}
				if errs == nil {
					o.Restrictions = append(o.Restrictions, x)
				}
			}
		case record.KindCoverage:
			var c record.CoverageEntry
			if readable(d, &c) && byID[c.Means] != nil {
				from, err1 := when.ParseRFC3339(c.From)
				to, err2 := when.ParseRFC3339(c.To)
				if err1 != nil || err2 != nil || to <= from {
					problems = append(problems, d.ID+": expected from and to as times, from before to")
					return true
				}
				byID[c.Means].Outages = append(byID[c.Means].Outages, watch.Outage{Span: when.Span{Start: from, End: to}, Why: c.Why})
			}
		case record.KindPatrol:
			var p record.PatrolEntry
			if readable(d, &p) && byID[p.Means] != nil {
				for _, h := range d.Blobs {
					fixes, err := s.track(h)
					if err != nil {
						problems = append(problems, d.ID+": "+err.Error())
					}
					byID[p.Means].AddTrack(fixes)
				}
			}
		}
		return true
	})
	return o, means, problems, err
}

// track reads a file of a patrol@1 entry.
func (s *Server) track(hash string) ([]watch.Fix, error) {
	h, err := record.ParseHash(hash)
	if err != nil {
		return nil, err
	}
	f, err := s.files().Open(h)
	if err != nil {
		return nil, fmt.Errorf("the track %s cannot be read", hash)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, watch.MaxTrack+1))
	if err != nil || len(b) > watch.MaxTrack {
		return nil, fmt.Errorf("the track %s cannot be read, or is longer than %d bytes", hash, watch.MaxTrack)
	}
	fixes, problems := watch.ReadGPX(hash, b)
	if len(problems) > 0 {
		err = problems[0]
	}
	return fixes, err
}

// restrictionOf reads an entry as a file of restrictions would be read.
func restrictionOf(id string, r *record.RestrictionEntry) (watch.Restriction, []error) {
	delay := ""
	if r.Delay != 0 {
		delay = fmt.Sprint(r.Delay)
	}
	cells := map[string]string{"id": id, "kind": r.Type, "time_start": r.From, "time_end": r.To, "place": r.Place, "checkpoint": r.Checkpoint, "by": r.By, "reason": r.Reason, "delay_minutes": delay, "of": r.Of, "means": r.Means, "told": r.Told}
	return watch.SetRestriction(func(c string) string { return cells[c] })
}

func (s *Server) tasks(ctx context.Context, q *taskQuery) (*typed[TaskList], error) {
	q.Verdict = []string{"undetermined"}
	if _, err := when.ParseRFC3339(q.Now); q.Now != "" && err != nil {
		return nil, huma.Error422UnprocessableEntity("the question cannot be read", &huma.ErrorDetail{Message: err.Error(), Location: "query.now", Value: q.Now})
	}
	var p *plan
	var working bool
	var err error
	if q.Stale {
		p, working, err = s.stalePlan(ctx, q)
	} else if p, err = s.makePlan(ctx, q); err == nil {
		s.plans.put(planKey(whoOf(ctx), q), p)
	}
	if err != nil {
		return nil, err
	}
	if p == nil {
		p = &plan{list: TaskList{Vector: views.Vector{}, Accept: q.Accept, Rule: taskRule}}
	}
	l := p.list
	l.Working, l.Items, l.Others = working, []TaskItem{}, []*TaskMark{}
	marks, newest, err := s.taskMarks(ctx, q.size())
	if err != nil {
		return nil, err
	}
	l.Newest = newest
	for i, t := range p.tasks {
		if i < q.Limit {
			l.Items = append(l.Items, taskItem(t, marks[t.ID], p.list.At))
		}
		delete(marks, t.ID)
	}
	if l.Total = len(p.tasks); l.At != "" {
		l.Others = slices.AppendSeq(l.Others, maps.Values(marks))
		slices.SortFunc(l.Others, func(a, b *TaskMark) int { return cmp.Compare(b.ID, a.ID) })
	}
	return answer(ctx, l.Newest, struct {
		taskQuery
		of      views.Vector
		at      string
		working bool
	}{*q, l.Vector, l.At, working}, q.Have, &l), nil
}

const taskRule = "worth: open findings that knowing the fact is expected to settle, all answers taken as equally likely; expected: worth times the chance of the best means (docs/verification.md)"

// taskMarks are the newest entries about tasks.
func (s *Server) taskMarks(ctx context.Context, at int64) (marks map[string]*TaskMark, v views.Vector, err error) {
	marks = map[string]*TaskMark{}
	err = viewFailure(s.o.Views.Read(at, func(snap *views.Snapshot) error {
		v = snap.Vector()
		return snap.Store().InOrder([]string{record.KindTask}, func(d *views.Doc) bool {
			m := &TaskMark{ID: d.ID, Made: d.Made}
			d, closed := s.redact(ctx, d)
			if !closed && !d.Erased && json.Unmarshal(d.Payload, &m.TaskEntry) == nil {
				marks[m.Task] = m
			}
			return true
		})
	}))
	return marks, v, err
}

// makePlan works out what to find out, which takes a while.
func (s *Server) makePlan(ctx context.Context, q *taskQuery) (*plan, error) {
	made := &plan{list: TaskList{Accept: q.Accept, Rule: taskRule}}
	l := &made.list
	var o *watch.Outlook
	var ins []*evidence.Incident
	var judges []*judge.Judge
	var texts []*terms.Terms
	var may string
	var unread *views.Unread
	newest := func(snap *views.Snapshot, f *views.Filter) (views.Page, []views.Row, error) {
		page := snap.List(f, nil, maxWatched)
		rows, err := s.reasoned(whoOf(ctx), snap, page.Rows)
		return page, rows, err
	}
	// Files are read while the views are not held.
	err := s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) (err error) {
		_, rows, err := newest(snap, f)
		if err == nil {
			unread, err = snap.Unread(rows)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	unread.Read()
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) (err error) {
		if o, l.Means, l.Problems, err = s.outlook(whoOf(ctx), snap); err != nil {
			return err
		}
		page, rows, err := newest(snap, f)
		if err != nil {
			return err
		}
		l.Vector, l.Totals, made.made, made.size = snap.Vector(), page.Totals, snap.Made(), snap.Size
		may = f.Eyes.Key
		judges, texts = snap.Judges()
		ins, _, err = snap.EvidenceWith(rows, unread)
		return err
	})
	if err != nil {
		return nil, err
	}
	o.Accept, _ = evidence.ParseLevel(q.Accept)
	if q.Now != "" {
		if o.Now, err = when.ParseRFC3339(q.Now); err != nil {
			return nil, failure(err)
		}
	}
	open, n := s.judgeOpen(fmt.Sprintf("%v %s %+v", l.Vector, may, q.IncidentQuery), ins, judges, q)
	tasks := o.Tasks(open)
	p := brief.NewPlan(o, texts, n, len(open), tasks)
	if q.Budget > 0 {
		p.Choose("tasks", q.Budget, o.ChooseTasks(tasks, q.Budget))
	}
	l.At, l.Findings, l.Open, l.Chosen = p.At, n, len(open), p.Chosen
	made.tasks = p.Tasks[:min(len(p.Tasks), 1000)]
	return made, nil
}

// judgeOpen judges incidents, with what would decide them; that takes a while, so
// that it is done outside the views and the last answer is kept.
func (s *Server) judgeOpen(key string, ins []*evidence.Incident, judges []*judge.Judge, q *taskQuery) ([]*judge.Finding, int) {
	w := &s.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.key == key {
		return w.open, w.n
	}
	w.key, w.open, w.n = key, nil, 0
	for _, in := range ins {
		for _, j := range judges {
			r := j.Regime()
			if q.Terms != "" && r.Terms.ID != q.Terms || q.Reading != "" && q.Reading != "*" && r.ReadingID != q.Reading {
				continue
			}
			f := j.Incident(in, nil)
			if w.n++; f.Verdict == judge.Undetermined {
				w.open = append(w.open, &f)
			}
		}
	}
	return w.open, w.n
}

// taskItem says where a task stands: what an entry says of it, and whether it is
// too late.
func taskItem(t brief.PlanTask, m *TaskMark, now string) TaskItem {
	x := TaskItem{PlanTask: t, State: "open", Entry: m}
	by := t.By
	if m != nil {
		x.State = m.State
		if m.Due != "" {
			by = m.Due
		}
	}
	due, err1 := when.ParseRFC3339(by)
	at, err2 := when.ParseRFC3339(now)
	if x.State == "open" && err1 == nil && err2 == nil && due < at {
		x.State = "expired"
	}
	return x
}

func (s *Server) restrictions(ctx context.Context, q *struct{ AsOf }) (*typed[RestrictionList], error) {
	if err := s.anyReading(ctx); err != nil {
		return nil, err
	}
	l := &RestrictionList{Items: []brief.PlanRestriction{}}
	var rs []watch.Restriction
	var judges []*judge.Judge
	err := viewFailure(s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		o, _, problems, err := s.outlook(whoOf(ctx), snap)
		if err != nil {
			return err
		}
		l.Vector, l.Problems, rs = snap.Vector(), problems, o.Restrictions
		judges, _ = snap.Judges()
		return snap.Store().InOrder([]string{record.KindRestriction}, func(d *views.Doc) bool {
			if _, closed := s.redact(ctx, d); closed {
				l.Withheld++
			}
			return true
		})
	}))
	if err != nil {
		return nil, err
	}
	p := &brief.Plan{}
	for i := range rs {
		var fs []judge.Finding
		for _, j := range judges {
			fs = append(fs, j.Incident(rs[i].Incident(), nil))
		}
		p.Restrict(&rs[i], fs)
	}
	l.Items = append(l.Items, p.Restrictions...)
	return answer(ctx, l.Vector, q, q.Have, l), nil
}

// reasoned are those of some incidents of which somebody may see all facts that
// they are judged by: what is computed from facts would tell them.
func (s *Server) reasoned(who Who, snap *views.Snapshot, rows []views.Row) ([]views.Row, error) {
	var out []views.Row
	for _, r := range rows {
		ok, err := s.seesReasons(who, snap, r.Num)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// noMeans says that there are no means that somebody may read.
func (s *Server) noMeans(ctx context.Context) error {
	if err := s.allow(ctx, "read", Object{Thing: thingOf(record.KindMeans), Marking: rights.Marking(views.MarkingOf(record.KindMeans))}); err != nil {
		return err
	}
	return huma.Error404NotFound("the record holds no means: hand in an entry means@1 (docs/verification.md)")
}
