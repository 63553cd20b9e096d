package web

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/when"
)

// CoverageList is who could have seen what.
type CoverageList struct {
	Vector   views.Vector      `json:"vector" doc:"that it was worked out from"`
	Working  bool              `json:"working,omitempty" doc:"it is being worked out anew (only with stale): ask again in a second. Where vector is empty, nothing was worked out yet"`
	Act      string            `json:"act"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Means    string            `json:"means" doc:"entry that holds the means file"`
	Problems []string          `json:"problems,omitempty"`
	Posts    []brief.PlanPost  `json:"posts"`
	Hours    []brief.PlanHours `json:"hours"`
	Gaps     []brief.PlanGap   `json:"gaps" doc:"longest first"`
	Rule     string            `json:"rule"`
}

type coverageQuery struct {
	AsOf
	From   string `query:"from" doc:"RFC 3339, with or without seconds, or a day (UTC); a day ago, where absent"`
	To     string `query:"to" doc:"now, where absent; at most 31 days after from"`
	Act    string `query:"act" default:"attack.strike" doc:"node of the tree of acts"`
	Accept string `query:"accept" enum:"claimed,reported,corroborated,verified,determined" default:"reported" doc:"incidents from this level on are counted in rates"`
	Stale  bool   `query:"stale" doc:"answer at once with what was worked out last, even if entries came since: vector says of what; working says that it is being worked out anew"`
}

func (s *Server) coverage(ctx context.Context, q *coverageQuery) (*typed[CoverageList], error) {
	to := when.At(s.o.Now().Truncate(time.Minute))
	span := when.Span{Start: to.Add(-24 * time.Hour), End: to}
	var faults []error
	for _, x := range []struct {
		name, text string
		into       *when.Instant
	}{{"from", q.From, &span.Start}, {"to", q.To, &span.End}} {
		if x.text != "" {
			i, err := timeOf(x.text)
			if err != nil {
				faults = append(faults, &huma.ErrorDetail{Message: err.Error(), Location: "query." + x.name, Value: x.text})
			}
			*x.into = when.At(i)
		}
	}
	if len(faults) == 0 && (span.End <= span.Start || span.End.Time().Sub(span.Start.Time()) > 31*24*time.Hour) {
		faults = append(faults, &huma.ErrorDetail{Message: "expected a time after from, at most 31 days", Location: "query.to", Value: q.To})
	}
	if _, ok := views.Vocabulary().Act.Node(q.Act); !ok {
		faults = append(faults, &huma.ErrorDetail{Message: noNode(views.Vocabulary().Act, q.Act), Location: "query.act", Value: q.Act})
	}
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("the question cannot be read", faults...)
	}
	l := &CoverageList{Act: q.Act, From: span.Start.RFC3339(), To: span.End.RFC3339(), Posts: []brief.PlanPost{}, Hours: []brief.PlanHours{}, Gaps: []brief.PlanGap{},
		Rule: "watched hours: hours times the chance that an act would have been noticed; what nobody could have seen says nothing (docs/verification.md)"}
	// Of one size, at one minute, for one person it is the same: a page asks for it again
	// and again.
	now := s.o.Now().Truncate(time.Minute)
	plainly := *q
	plainly.Have = ""
	kept := func(v views.Vector) string {
		return fmt.Sprintf("coverage %v %+v %+v %v", v, whoOf(ctx), plainly, now)
	}
	asked := struct {
		any
		at when.Instant
	}{plainly, when.At(now)}
	if err := viewFailure(s.o.Views.Read(q.size(), func(snap *views.Snapshot) error { l.Vector = snap.Vector(); return nil })); err != nil {
		return nil, err
	}
	if x, ok := s.work.answer(kept(l.Vector)); ok {
		return answer(ctx, l.Vector, asked, q.Have, x.(*CoverageList)), nil
	}
	if q.Stale {
		l, err := s.staleCoverage(ctx, q, l, span)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, struct{ Asked, Working any }{asked, l.Working}, q.Have, l), nil
	}
	if _, err := s.coverageOf(ctx, q, l, span); err != nil {
		return nil, err
	}
	s.work.keep(kept(l.Vector), l)
	return answer(ctx, l.Vector, asked, q.Have, l), nil
}

// covered is coverage as it was worked out last.
type covered struct {
	views, size int64
	l           *CoverageList
}

func (c *covered) of() (made, size int64) { return c.views, c.size }

// staleCoverage is the coverage that was worked out last; working says that it is being
// worked out anew. Without any its vector is empty.
func (s *Server) staleCoverage(ctx context.Context, q *coverageQuery, l *CoverageList, span when.Span) (*CoverageList, error) {
	who, of := whoOf(ctx), *q
	of.Have = ""
	var size, made int64
	err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error { size, made = snap.Size, snap.Made(); return nil })
	if err != nil {
		return nil, viewFailure(err)
	}
	empty := *l
	c, working, err := s.covers.last(&question[*covered]{
		key: fmt.Sprintf("%+v %+v %s %s", who, of, l.From, l.To), views: made, stranger: who.Account == "",
		fits: func(c *covered) bool { return c.size == size },
		make: func() (*covered, error) {
			x := empty
			return s.coverageOf(context.WithoutCancel(ctx), &of, &x, span)
		},
		failed: func(err error) { s.o.Slog.Info("coverage could not be worked out", "error", err.Error()) },
	})
	if err != nil {
		return nil, err
	}
	if c != nil {
		empty = *c.l
	} else {
		empty.Vector = views.Vector{}
	}
	empty.Working = working
	return &empty, nil
}

// coverageOf works coverage out.
func (s *Server) coverageOf(ctx context.Context, q *coverageQuery, l *CoverageList, span when.Span) (*covered, error) {
	out := &covered{l: l}
	var o *watch.Outlook
	var ins []*evidence.Incident
	var unread *views.Unread
	iq := IncidentQuery{AsOf: q.AsOf, From: l.From, To: l.To}
	err := s.ask(ctx, &iq, func(snap *views.Snapshot, f *views.Filter) (err error) { // files are read while the views are not held
		unread, err = snap.Unread(snap.List(f, nil, maxWatched).Rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	unread.Read()
	err = s.ask(ctx, &iq, func(snap *views.Snapshot, f *views.Filter) (err error) {
		if o, l.Means, l.Problems, err = s.outlook(whoOf(ctx), snap); err != nil {
			return err
		}
		l.Vector, out.views, out.size = snap.Vector(), snap.Made(), snap.Size
		rows, err := s.reasoned(whoOf(ctx), snap, snap.List(f, nil, maxWatched).Rows)
		if err != nil {
			return err
		}
		ins, _, err = snap.EvidenceWith(rows, unread)
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.Means == "" {
		return nil, s.noMeans(ctx)
	}
	o.Accept, _ = evidence.ParseLevel(q.Accept)
	posts := o.House.Watch
	if len(posts) == 0 {
		posts = watch.PostsOf(ins)
	}
	if len(posts) > 50 {
		l.Problems = append(l.Problems, fmt.Sprintf("the first 50 of %d places are here", len(posts)))
		posts = posts[:50]
	}
	if len(posts) > 0 {
		ledger, err := o.Cover(q.Act, span, posts)
		if err != nil {
			return nil, failure(err)
		}
		p := &brief.Plan{}
		p.Cover(ledger, ledger.Rates(ins, o.Accept))
		l.Posts, l.Hours, l.Gaps = p.Posts, append(l.Hours, p.Hours...), append(l.Gaps, p.Gaps...)
	}
	return out, nil
}
