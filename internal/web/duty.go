package web

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// WatchLog is the watch log: what was said to the office, line by line.
type WatchLog struct {
	Vector   views.Vector `json:"vector"`
	Total    int64        `json:"total" doc:"lines, also those that you may not read"`
	Items    []WatchLine  `json:"items" doc:"the newest first"`
	Handover *Handover    `json:"handover,omitempty" doc:"the last change of shift"`
	Makes    []string     `json:"makes" doc:"kinds of entries that a line may become here, report@1 among them"`
}

// WatchLine is a line of the watch log. Its number is its place among all lines of
// the record: it is never given again, and a gap is a line that one may not read.
type WatchLine struct {
	Number  int64  `json:"number"`
	ID      string `json:"id"`
	Index   int64  `json:"index"`
	Account string `json:"account,omitempty"`
	Made    string `json:"made" doc:"when it was written down"`
	record.WatchLineEntry
	Became []Became `json:"became,omitempty" doc:"entries that refer to it"`
}

// Became is an entry that was made of another.
type Became struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}

// Handover is a change of shift.
type Handover struct {
	ID string `json:"id"`
	record.HandoverEntry
}

// OverdueList is what should have been done by now.
type OverdueList struct {
	Vector views.Vector `json:"vector"`
	At     string       `json:"at"`
	Items  []Overdue    `json:"items" doc:"the longest overdue first"`
	Next   []Overdue    `json:"next" doc:"due within a day"`
	Rule   string       `json:"rule"`
}

// Overdue is something that is due at a time: an answer that a party was asked for,
// or a task that somebody was given.
type Overdue struct {
	Kind string `json:"kind" enum:"request,task"`
	ID   string `json:"id" doc:"of the entry"`
	Task string `json:"task,omitempty"`
	Says string `json:"says,omitempty"`
	Of   string `json:"of,omitempty" doc:"the party that is asked, or the means that was sent"`
	Due  string `json:"due"`
}

// TriageList says which reports were set aside, by the newest entry about each.
type TriageList struct {
	Vector   views.Vector `json:"vector"`
	Items    []Triaged    `json:"items"`
	Compares bool         `json:"compares" doc:"this server says what a report may be one with, at /api/incidents/ID/candidates"`
}

// Triaged is a decision about a report.
type Triaged struct {
	Report  string `json:"report"`
	Entry   string `json:"entry"`
	Account string `json:"account,omitempty"`
	Made    string `json:"made"`
	record.TriageEntry
}

const overdueRule = "A request counts as answered once a reply refers to it, and a task by the newest entry about it. That nothing is overdue here does not mean that nothing is owed elsewhere."

func (s *Server) duties() {
	register(s, "/api/watchlog", "The watch log, its numbers, what became of lines, and the last change of shift", func(ctx context.Context, q *struct {
		AsOf
		Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
		Before int64 `query:"before" minimum:"1" doc:"lines with smaller numbers"`
	}) (*typed[WatchLog], error) {
		l, err := s.watchLog(ctx, q.size(), q.Limit, q.Before)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
	register(s, "/api/overdue", "What should have been done by now", func(ctx context.Context, q *struct {
		At  int64  `query:"at" doc:"as of this size of the log; the newest, where absent" minimum:"1"`
		Now string `query:"now" doc:"RFC 3339; now, where absent"`
	}) (*struct{ Body *OverdueList }, error) {
		l, err := s.overdue(ctx, AsOf{At: q.At}.size(), q.Now)
		return &struct{ Body *OverdueList }{l}, err
	})
	register(s, "/api/triage", "Reports that were set aside, and why", func(ctx context.Context, q *struct{ AsOf }) (*typed[TriageList], error) {
		l, err := s.triage(ctx, q.size())
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
}

// mayReadKind refuses whoever may read no entry of a kind.
func (s *Server) mayReadKind(ctx context.Context, kind, name string) error {
	o := Object{Thing: thingOf(kind), Marking: rights.Marking(views.MarkingOf(kind))}
	if !s.freely(whoOf(ctx), o) {
		return s.closed(ctx, name)
	}
	return nil
}

// each goes through the entries of some kinds, with what of each somebody may read
// freely.
func (s *Server) each(ctx context.Context, snap *views.Snapshot, kinds []string, yield func(d *views.Doc, payload []byte)) error {
	who := whoOf(ctx)
	return snap.Store().InOrder(kinds, func(d *views.Doc) bool {
		if d.Index < snap.Size {
			payload, ok := s.wholly(who, d)
			if !ok || d.Erased {
				payload = nil
			}
			yield(d, payload)
		}
		return true
	})
}

func (s *Server) watchLog(ctx context.Context, at int64, limit int, before int64) (*WatchLog, error) {
	if err := s.mayReadKind(ctx, record.KindWatchLine, "the watch log"); err != nil {
		return nil, err
	}
	l := &WatchLog{Items: []WatchLine{}, Makes: []string{"report@1"}}
	for _, k := range []string{"claim@1", record.KindRestriction, "message@1", "window@1"} {
		if _, known := record.KindOf(k); known {
			l.Makes = append(l.Makes, k)
		}
	}
	err := s.o.Views.Read(at, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		err := s.each(ctx, snap, []string{record.KindWatchLine, record.KindHandover}, func(d *views.Doc, payload []byte) {
			if d.Kind == record.KindHandover {
				h := &Handover{ID: d.ID}
				if json.Unmarshal(payload, &h.HandoverEntry) == nil {
					l.Handover = h
				}
				return
			}
			l.Total++
			x := WatchLine{Number: l.Total, ID: d.ID, Index: d.Index, Account: d.Account, Made: d.Made}
			if (before == 0 || l.Total < before) && json.Unmarshal(payload, &x.WatchLineEntry) == nil {
				l.Items = append(l.Items, x)
				l.Items = l.Items[max(0, len(l.Items)-limit):]
			}
		})
		if err != nil {
			return err
		}
		slices.Reverse(l.Items)
		for i := range l.Items {
			ds, err := snap.Store().Pointing(string(record.About), l.Items[i].ID)
			if err != nil {
				return err
			}
			for _, d := range ds {
				if _, closed := s.redact(ctx, d); !closed {
					l.Items[i].Became = append(l.Items[i].Became, Became{d.ID, d.Kind})
				}
			}
		}
		return nil
	})
	return l, viewFailure(err)
}

func (s *Server) overdue(ctx context.Context, size int64, at string) (*OverdueList, error) {
	if err := s.mayReadKind(ctx, record.KindRequest, "what is overdue"); err != nil {
		return nil, err
	}
	now := s.o.Now()
	if at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			return nil, huma.Error422UnprocessableEntity("the question cannot be read", &huma.ErrorDetail{Message: "expected a time such as 2025-03-20T20:20:00Z", Location: "query.now", Value: at})
		}
	}
	l := &OverdueList{At: now.UTC().Format(time.RFC3339), Items: []Overdue{}, Next: []Overdue{}, Rule: overdueRule}
	open := map[string]Overdue{} // by request, and by task
	err := s.o.Views.Read(size, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		return s.each(ctx, snap, []string{record.KindRequest, record.KindReply, record.KindTask}, func(d *views.Doc, payload []byte) {
			switch d.Kind {
			case record.KindReply: // also one that may not be read is an answer
				for _, r := range d.Refs {
					delete(open, r.ID)
				}
			case record.KindRequest:
				var r record.RequestEntry
				if json.Unmarshal(payload, &r) == nil && r.Due != "" {
					open[d.ID] = Overdue{Kind: "request", ID: d.ID, Task: r.Task, Says: r.Asks, Of: r.To, Due: r.Due}
				}
			case record.KindTask:
				var t record.TaskEntry
				if json.Unmarshal(payload, &t) != nil {
					return
				}
				delete(open, "task "+t.Task)
				if t.State == "open" && t.Due != "" {
					open["task "+t.Task] = Overdue{Kind: "task", ID: d.ID, Task: t.Task, Of: t.Means, Due: t.Due}
				}
			}
		})
	})
	for _, x := range open {
		due, err := time.Parse(time.RFC3339, x.Due)
		switch {
		case err != nil:
		case !due.After(now):
			l.Items = append(l.Items, x)
		case due.Before(now.Add(24 * time.Hour)):
			l.Next = append(l.Next, x)
		}
	}
	for _, xs := range [][]Overdue{l.Items, l.Next} {
		slices.SortFunc(xs, func(a, b Overdue) int {
			x, _ := time.Parse(time.RFC3339, a.Due) // it was read before
			y, _ := time.Parse(time.RFC3339, b.Due)
			if c := x.Compare(y); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
	return l, viewFailure(err)
}

func (s *Server) triage(ctx context.Context, at int64) (*TriageList, error) {
	if err := s.mayReadKind(ctx, record.KindTriage, "triage"); err != nil {
		return nil, err
	}
	l := &TriageList{Items: []Triaged{}, Compares: s.api.OpenAPI().Paths["/api/incidents/{id}/candidates"] != nil}
	newest := map[string]Triaged{}
	err := s.o.Views.Read(at, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		return s.each(ctx, snap, []string{record.KindTriage}, func(d *views.Doc, payload []byte) {
			t := Triaged{Entry: d.ID, Account: d.Account, Made: d.Made}
			if json.Unmarshal(payload, &t.TriageEntry) != nil {
				return
			}
			for _, r := range d.Refs {
				t.Report = r.ID
				newest[r.ID] = t
			}
		})
	})
	for _, t := range newest {
		if t.Decision != "restored" {
			l.Items = append(l.Items, t)
		}
	}
	slices.SortFunc(l.Items, func(a, b Triaged) int { return strings.Compare(b.Made+b.Entry, a.Made+a.Entry) })
	return l, viewFailure(err)
}

// dutyFaults checks what the type of a payload does not say.
func dutyFaults(kind string, payload map[string]any) (faults []error) {
	moment := func(member string) {
		v, _ := payload[member].(string)
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			faults = append(faults, fault("payload."+member, v, "expected a time such as 2025-03-20T20:20:00Z"))
		}
	}
	filled := func(member string) {
		if v, _ := payload[member].(string); strings.TrimSpace(v) == "" {
			faults = append(faults, fault("payload."+member, v, "it is empty: expected words"))
		}
	}
	switch kind {
	case record.KindWatchLine:
		moment("time")
		filled("words")
	case record.KindHandover:
		moment("from")
		moment("to")
		filled("leaves")
		filled("takes")
	case record.KindApart:
		if d, _ := payload["decision"].(string); d != "apart" && d != "withdrawn" {
			faults = append(faults, fault("payload.decision", d, "expected apart or withdrawn"))
		}
		filled("reason")
	case record.KindTriage:
		if d, _ := payload["decision"].(string); d != "rejected" && d != "restored" {
			faults = append(faults, fault("payload.decision", d, "expected rejected or restored"))
		}
		filled("reason")
	}
	return faults
}
