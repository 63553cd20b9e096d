package web

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/when"
)

// How many plans are kept, how many wait to be worked out beside requests, and how old the time at which one was made may be until
// it is made anew though nothing was recorded.
const (
	maxPlans   = 16
	maxWorking = 8
	planAge    = 15 * time.Minute
)

// plan is what is to be found out, as it was worked out last, before anybody says
// where tasks stand.
type plan struct {
	list  TaskList // without items
	tasks []brief.PlanTask
}

// plans keeps the last plans, so that a page opens at once with the one before
// while the next is worked out. What somebody may read is part of the key.
type plans struct {
	mu      sync.Mutex
	kept    map[string]*plan
	order   []string // of kept, the oldest first
	working map[string]chan struct{}
	one     sync.Mutex // one is worked out at a time beside requests
}

// planKey is who asks for what; the time to plan at is left out.
func planKey(who Who, q *taskQuery) string {
	x := *q
	x.Now, x.Limit, x.Stale, x.Have = "", 0, false, ""
	return fmt.Sprintf("%+v %+v", who, x)
}

func (p *plans) get(key string) *plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept[key]
}

func (p *plans) put(key string, made *plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[string]*plan{}
	}
	if _, there := p.kept[key]; !there {
		p.order = append(p.order, key)
	}
	p.kept[key] = made
	if len(p.order) > maxPlans {
		delete(p.kept, p.order[0])
		p.order = p.order[1:]
	}
}

// fits reports whether a plan is of this size, and of about this time.
func (p *plan) fits(v views.Vector, now time.Time) bool {
	at, err := time.Parse(time.RFC3339, p.list.At)
	return err == nil && maps.Equal(p.list.Vector, v) && now.Sub(at).Abs() < planAge
}

// begin works a plan out beside requests, if nobody does yet.
func (p *plans) begin(key string, work func() (*plan, error), failed func(error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.working[key] != nil || len(p.working) >= maxWorking {
		return // whoever asks again in a second begins it then
	}
	if p.working == nil {
		p.working = map[string]chan struct{}{}
	}
	done := make(chan struct{})
	p.working[key] = done
	go func() {
		p.one.Lock()
		made, err := work()
		p.one.Unlock()
		if err != nil {
			failed(err)
		} else {
			p.put(key, made)
		}
		p.mu.Lock()
		delete(p.working, key)
		p.mu.Unlock()
		close(done)
	}()
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
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, _ *views.Filter) error { now = snap.Vector(); return nil })
	if err != nil {
		return nil, false, err
	}
	key := planKey(whoOf(ctx), q)
	p = s.plans.get(key)
	if p != nil && p.fits(now, s.planNow(q)) {
		return p, false, nil
	}
	asked := *q
	s.plans.begin(key, func() (*plan, error) { return s.makePlan(context.WithoutCancel(ctx), &asked) },
		func(err error) { s.o.Slog.Error("what to find out could not be worked out", "error", err.Error()) })
	return p, true, nil
}
