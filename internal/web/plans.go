package web

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/when"
)

// planAge is how old the time at which a plan was made may be until it is made anew
// though nothing was recorded.
const planAge = 15 * time.Minute

// plan is what is to be found out, as it was worked out last, before anybody says
// where tasks stand.
type plan struct {
	list  TaskList // without items
	made  int64    // of which views
	size  int64    // and of how many entries
	tasks []brief.PlanTask
}

func (p *plan) of() (made, size int64) { return p.made, p.size }

// planKey is who asks for what; the time to plan at is left out.
func planKey(who Who, q *taskQuery) string {
	x := *q
	x.Now, x.Limit, x.Stale, x.Have = "", 0, false, ""
	return fmt.Sprintf("%+v %+v", who, x)
}

// fits reports whether a plan is of this size, and of about this time.
func (p *plan) fits(v views.Vector, now time.Time) bool {
	at, err := time.Parse(time.RFC3339, p.list.At)
	return err == nil && maps.Equal(p.list.Vector, v) && now.Sub(at).Abs() < planAge
}

// planNow is the time to plan at.
func (s *Server) planNow(q *taskQuery) time.Time {
	if t, err := when.ParseRFC3339(q.Now); err == nil {
		return t.Time()
	}
	return s.o.Now().Truncate(time.Minute)
}

// stalePlan is the plan that was made last, and whether another is being made.
// There is none at first: then the plan is nil.
func (s *Server) stalePlan(ctx context.Context, q *taskQuery) (p *plan, working bool, err error) {
	var now views.Vector
	x := question[*plan]{key: planKey(whoOf(ctx), q), stranger: whoOf(ctx).Account == ""}
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, _ *views.Filter) error {
		now, x.views = snap.Vector(), snap.Made()
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	asked, at := *q, s.planNow(q)
	x.fits = func(p *plan) bool { return p.fits(now, at) }
	x.make = func() (*plan, error) { return s.makePlan(context.WithoutCancel(ctx), &asked) }
	x.failed = func(err error) { s.o.Slog.Error("what to find out could not be worked out", "error", err.Error()) }
	return s.plans.last(&x)
}
