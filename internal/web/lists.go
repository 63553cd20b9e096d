package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// IncidentList is a page of incidents.
type IncidentList struct {
	Vector views.Vector   `json:"vector" doc:"sizes of the logs that this was computed from"`
	Totals views.Totals   `json:"totals"`
	Items  []IncidentItem `json:"items"`
	Next   string         `json:"next,omitempty" doc:"cursor of the next page"`
}

// IncidentItem is an incident with what was found of it.
type IncidentItem struct {
	views.Incident
	Since    int64           `json:"since" doc:"the entry that made it as it is"`
	Coarse   bool            `json:"coarse,omitempty" doc:"you see the place as the cell of a grid of about 22 km and the time as days of UTC"`
	Deceives []string        `json:"deceives,omitempty" doc:"how words of it may look unlike what they say: characters that are not seen, letters of several scripts in one word"`
	Findings []views.Finding `json:"findings"`
}

// listed is an answer in one of the formats.
type listed struct {
	Status      int
	ETag        string `header:"ETag"`
	Vary        string `header:"Vary"`
	Cache       string `header:"Cache-Control"`
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// typed is listed, as JSON of a type.
type typed[T any] struct {
	Status int
	ETag   string `header:"ETag"`
	Vary   string `header:"Vary"`
	Cache  string `header:"Cache-Control"`
	Body   *T
}

// byWho are the headers by which an answer differs for the same question.
const byWho = "Authorization, Cookie"

func answer[T any](ctx context.Context, v views.Vector, asked any, has have, body *T) *typed[T] {
	a := &typed[T]{Status: http.StatusOK, ETag: etag(ctx, v, asked), Vary: byWho, Cache: "private, no-cache", Body: body}
	if notModified(has, a.ETag) {
		a.Status, a.Body = http.StatusNotModified, nil
	}
	return a
}

// incidentListQuery is what lists of incidents and findings are asked with.
type incidentListQuery struct {
	IncidentQuery
	PageQuery
	Whole int `query:"whole" minimum:"0" maximum:"1000" doc:"where there are no more than so many in all, the first page has all of them, whatever limit says"`
}

// documentListQuery is what lists of entries are asked with.
type documentListQuery struct {
	AsOf
	PageQuery
	Kind    []string `query:"kind" doc:"NAME@VERSION; only for entries"`
	Account string   `query:"account" doc:"for whom the office signed"`
	Author  string   `query:"author" doc:"id of the key that signed"`
	Marking []string `query:"marking" enum:"public,parties,mission,restricted"`
	About   string   `query:"about" doc:"id of an entry that it refers to, by any relation"`
	From    string   `query:"from" doc:"made at or after this: RFC 3339, with or without seconds, or a day (UTC)"`
	To      string   `query:"to" doc:"made before this"`
	Act     []string `query:"act" doc:"reports: node, with all below it"`
	Target  []string `query:"target" doc:"reports: node, with all below it"`
	Actor   []string `query:"actor" doc:"reports: party"`
	Q       string   `query:"q" doc:"all of these words, in any of their forms"`
}

func (s *Server) lists() {
	s.list("incidents", "Incidents, newest first", func(ctx context.Context, q *incidentListQuery) (*IncidentList, error) { return s.incidentList(ctx, q) })
	register(s, "/api/findings", "Findings of incidents, newest incident first; a finding that was revised is in its history", func(ctx context.Context, q *incidentListQuery) (*typed[IncidentList], error) {
		l, err := s.findingList(ctx, q)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
	s.exports("findings", func(ctx context.Context, q *incidentListQuery) (table, views.Vector, error) {
		l, err := s.findingList(ctx, q)
		if err != nil {
			return table{}, nil, err
		}
		return findingTable(l), l.Vector, nil
	})
	for path, kinds := range map[string][]string{"reports": {"report@1"}, "claims": {"claim@1"}, "terms": {"terms@1"}, "entries": nil} {
		s.documents(path, kinds)
	}
}

// register adds a question that is asked by GET.
func register[Q, A any](s *Server, path, summary string, f func(context.Context, *Q) (*A, error)) {
	huma.Register(s.api, huma.Operation{OperationID: "get" + operation(path), Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"read"}}, f)
}

func operation(path string) string {
	out := []byte{}
	for _, c := range []byte(path) {
		switch {
		case c >= 'a' && c <= 'z':
			out = append(out, c)
		case c == '/' || c == '.':
			out = append(out, '-')
		}
	}
	return string(out)
}

func (s *Server) list(name, summary string, f func(context.Context, *incidentListQuery) (*IncidentList, error)) {
	register(s, "/api/"+name, summary, func(ctx context.Context, q *incidentListQuery) (*typed[IncidentList], error) {
		l, err := f(ctx, q)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
	s.exports(name, func(ctx context.Context, q *incidentListQuery) (table, views.Vector, error) {
		l, err := f(ctx, q)
		if err != nil {
			return table{}, nil, err
		}
		return incidentTable(l), l.Vector, nil
	})
}

// page asks for one page of incidents and calls each with it. All of it is of one
// size of the log.
func (s *Server) page(ctx context.Context, q *incidentListQuery, thing string, each func(snap *views.Snapshot, f *views.Filter, r views.Row) error) (*IncidentList, error) {
	who := whoOf(ctx)
	if err := s.allow(ctx, "read", Object{Thing: thing, Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	f, err := q.filter(s.sights.Eyes(who))
	if err != nil {
		return nil, err
	}
	after, err := keyOf(q.Cursor)
	if err != nil {
		return nil, err
	}
	l := &IncidentList{Items: []IncidentItem{}}
	err = s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		if err := s.knownReading(who, snap, f); err != nil {
			return err
		}
		if err := s.search(who, snap, f, q.Q); err != nil {
			return err
		}
		p := snap.List(f, after, q.Limit)
		if p.More && after == nil && p.Totals.Matched <= q.Whole {
			p = snap.List(f, nil, q.Whole)
		}
		l.Vector, l.Totals = snap.Vector(), p.Totals
		for _, r := range p.Rows {
			if err := each(snap, f, r); err != nil {
				return err
			}
		}
		if p.More {
			last := p.Rows[len(p.Rows)-1]
			l.Next = cursorOf(views.Key{Start: last.Start, Num: last.Num})
		}
		return nil
	})
	return l, viewFailure(err)
}

// viewFailure is failure, where asking as of a size that is not there yet is the
// asker's mistake.
func viewFailure(err error) error {
	var beyond *views.Beyond
	if errors.As(err, &beyond) {
		return huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Message: err.Error(), Location: "query.at", Value: beyond.At})
	}
	return failure(err)
}

func (s *Server) incidentList(ctx context.Context, q *incidentListQuery) (*IncidentList, error) {
	who := whoOf(ctx)
	var items []IncidentItem
	l, err := s.page(ctx, q, "incident", func(snap *views.Snapshot, _ *views.Filter, r views.Row) error {
		x, err := s.itemOf(who, snap, r.Num)
		if x != nil {
			items = append(items, *x)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	l.Items = append(l.Items, items...)
	return l, nil
}

// itemOf is an incident as somebody sees it; nil where it is not there for them.
func (s *Server) itemOf(who Who, snap *views.Snapshot, num uint32) (*IncidentItem, error) {
	v, err := snap.Store().Version(num, snap.At)
	if err != nil || v == nil {
		return nil, err
	}
	fs, err := snap.Store().Findings(num, snap.At)
	if err != nil {
		return nil, err
	}
	n := sight.NarrowedOf(&v.Incident)
	coarse := s.sights.Coarse(who, n)
	if !s.sights.See(who, &v.Incident) {
		return nil, nil
	}
	words := append([]string{v.Title, v.Text, v.Place, v.Source, v.Damage}, v.Notes...)
	return &IncidentItem{Incident: v.Incident, Since: v.Since, Coarse: coarse, Deceives: lookalike.Deceives(strings.Join(words, " ")), Findings: s.sights.Findings(who, n, fs)}, nil
}

// findingList is the incidents with those of their findings that are asked for.
func (s *Server) findingList(ctx context.Context, q *incidentListQuery) (*IncidentList, error) {
	who := whoOf(ctx)
	var items []IncidentItem
	l, err := s.page(ctx, q, "finding", func(snap *views.Snapshot, f *views.Filter, r views.Row) error {
		x, err := s.itemOf(who, snap, r.Num)
		if err != nil || x == nil {
			return err
		}
		wanted := []views.Finding{}
		for i := range x.Findings {
			if f.Wants(&x.Findings[i]) {
				wanted = append(wanted, x.Findings[i])
			}
		}
		x.Findings = wanted
		items = append(items, *x)
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.Items = append(l.Items, items...)
	return l, nil
}
