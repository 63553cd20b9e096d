package web

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// Counts are numbers of incidents by day.
type Counts struct {
	Vector views.Vector `json:"vector"`
	Totals views.Totals `json:"totals"`
	By     string       `json:"by"`
	Groups []string     `json:"groups" doc:"values of what was asked by; one that is empty is not known"`
	Days   []DayCount   `json:"days" doc:"by the day (UTC) in which the time begins; day is empty for those without a time"`
	Rule   string       `json:"rule" doc:"what was counted"`
}

// DayCount is the numbers of one day, by group.
type DayCount struct {
	Day string `json:"day"`
	N   []int  `json:"n"`
}

// Bins are numbers of incidents in the cells of a grid.
type Bins struct {
	Vector views.Vector `json:"vector"`
	Totals views.Totals `json:"totals"`
	Width  int          `json:"width"`
	Height int          `json:"height"`
	N      []int        `json:"n" doc:"cells from the south west, row by row; by the middle of the uncertain place, for drawing only"`
}

func (s *Server) numbers() {
	register(s, "/api/counts", "Incidents by day and by a fact or verdict", s.counts)
	register(s, "/api/bins", "Incidents in a grid over a box", s.bins)
	register(s, "/api/vector", "Sizes of the logs that answers are computed from", func(ctx context.Context, _ *struct{}) (*typed[vectorPage], error) {
		if err := s.anyReading(ctx); err != nil {
			return nil, err
		}
		p := &vectorPage{Log: s.o.Log.Size(), Checkpoint: s.o.Log.Reader().Size()}
		err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { p.Vector = snap.Vector(); return nil })
		if err != nil {
			return nil, failure(err)
		}
		return answer(ctx, p.Vector, p, "", p), nil
	})
}

type vectorPage struct {
	Vector     views.Vector `json:"vector"`
	Log        int64        `json:"log" doc:"entries that were accepted"`
	Checkpoint int64        `json:"checkpoint" doc:"entries in the last checkpoint"`
}

// ask reads the filter and asks the views.
func (s *Server) ask(ctx context.Context, q *IncidentQuery, f func(snap *views.Snapshot, f *views.Filter) error) error {
	who := whoOf(ctx)
	if err := s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}); err != nil {
		return err
	}
	filter, err := q.filter(s.sights.Eyes(who))
	if err != nil {
		return err
	}
	return viewFailure(s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		if err := s.knownReading(who, snap, filter); err != nil {
			return err
		}
		if err := s.search(who, snap, filter, q.Q); err != nil {
			return err
		}
		return f(snap, filter)
	}))
}

func (s *Server) counts(ctx context.Context, q *struct {
	IncidentQuery
	By string `query:"by" doc:"state, level, marking, actor, act, outcome, means, target, owner, controller, or TEXT@READING for the verdict"`
}) (*typed[Counts], error) {
	c := &Counts{By: q.By, Days: []DayCount{}, Rule: "each incident once, on the day (UTC) in which the span of its time begins; possible values of one fact are one group"}
	err := s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		names, days, err := snap.Days(f, q.By)
		if err != nil {
			return huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Message: err.Error(), Location: "query.by", Value: q.By})
		}
		c.Vector, c.Totals, c.Groups = snap.Vector(), snap.Count(f), names
		var order []int64
		for d := range days {
			order = append(order, d)
		}
		sort.Slice(order, func(i, k int) bool { return order[i] < order[k] })
		for _, d := range order {
			name := ""
			if d > -1<<31 {
				name = time.Unix(d*86400, 0).UTC().Format("2006-01-02")
			}
			c.Days = append(c.Days, DayCount{name, days[d]})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(ctx, c.Vector, q, q.Have, c), nil
}

func (s *Server) bins(ctx context.Context, q *struct {
	IncidentQuery
	Width  int `query:"width" minimum:"1" maximum:"512" default:"64"`
	Height int `query:"height" minimum:"1" maximum:"512" default:"64"`
}) (*typed[Bins], error) {
	b := &Bins{Width: q.Width, Height: q.Height}
	err := s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		if f.Box == nil || f.Box.West >= f.Box.East || f.Box.South >= f.Box.North {
			return huma.Error422UnprocessableEntity("a grid needs a box", &huma.ErrorDetail{Message: fmt.Sprintf("expected west,south,east,north with west below east; for a box over the antimeridian ask twice (got %q)", q.Box), Location: "query.bbox"})
		}
		b.Vector, b.Totals, b.N = snap.Vector(), snap.Count(f), snap.Bins(f, q.Width, q.Height)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(ctx, b.Vector, q, q.Have, b), nil
}
