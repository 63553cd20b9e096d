package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// args is a task as the queue keeps it.
type args struct {
	Task string          `json:"task" river:"unique"`
	Key  string          `json:"key" river:"unique"`
	Body json.RawMessage `json:"body"`
}

// Kind is the same for all, so that one worker does them; the queue's name is the
// task's kind.
func (args) Kind() string { return "truce" }

// active are the states of a task that waits or runs.
var active = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}

// Add adds tasks, all or none.
func (d *DB) Add(ctx context.Context, ts ...Task) error {
	if len(ts) == 0 {
		return nil
	}
	var ps []river.InsertManyParams
	known := map[[2]string]bool{}
	for _, t := range ts {
		if known[[2]string{t.Kind, t.Key}] {
			continue
		}
		known[[2]string{t.Kind, t.Key}] = true
		if _, ok := d.kinds[t.Kind]; !ok {
			return errors.New("no task has the kind " + t.Kind)
		}
		body, err := json.Marshal(t.Body)
		if err != nil {
			return err
		}
		states := active
		if t.Once {
			states = append(active[:len(active):len(active)], rivertype.JobStateCompleted, rivertype.JobStateCancelled, rivertype.JobStateDiscarded)
		}
		ps = append(ps, river.InsertManyParams{Args: args{t.Kind, t.Key, body}, InsertOpts: &river.InsertOpts{Queue: t.Kind, MaxAttempts: max(t.Attempts, 1), ScheduledAt: t.At,
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: states}}})
	}
	_, err := d.client.InsertMany(ctx, ps)
	return err
}

// worker does tasks of all kinds.
type worker struct {
	river.WorkerDefaults[args]
	d    *DB
	kind string
}

func (w *worker) Timeout(j *river.Job[args]) time.Duration { return w.d.kinds[j.Args.Task].Time }

func (w *worker) Work(ctx context.Context, j *river.Job[args]) error {
	k, ok := w.d.kinds[j.Args.Task]
	if !ok {
		return river.JobCancel(errors.New("no task has the kind " + j.Args.Task))
	}
	err := k.Do(ctx, Try{Key: j.Args.Key, Attempt: j.Attempt, Last: j.Attempt >= j.MaxAttempts, Added: j.CreatedAt, Body: j.Args.Body})
	var g give
	switch {
	case errors.As(err, &g):
		return river.JobCancel(err)
	case err != nil && ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return river.JobSnooze(0) // the process ends: this was no attempt
	case err != nil:
		w.d.pauses.set(j.ID, afterOf(err))
	}
	return err
}

// pauses are what hosts have asked for, by the job that they asked it of.
type pauses struct {
	mu sync.Mutex
	of map[int64]time.Duration
}

func (p *pauses) set(id int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[int64]time.Duration{}
	}
	p.of[id] = d
}

func (p *pauses) take(id int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.of[id]
	delete(p.of, id)
	return d
}

// NextRetry is when a task that failed is tried again.
func (d *DB) NextRetry(j *rivertype.JobRow) time.Time {
	k := d.kinds[j.Queue].filled()
	return time.Now().Add(max(Backoff(j.Attempt, k.Base, k.Most), d.pauses.take(j.ID)))
}

// Start begins to do tasks.
func (d *DB) Start(ctx context.Context) error { return d.client.Start(context.WithoutCancel(ctx)) }

// Stop ends doing tasks.
func (d *DB) Stop(ctx context.Context) error {
	err := d.client.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return d.client.StopAndCancel(late)
}

// Dead lists what was given up.
func (d *DB) Dead(ctx context.Context, most int) ([]Dead, error) {
	l, err := d.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateDiscarded, rivertype.JobStateCancelled).OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(most))
	if err != nil {
		return nil, err
	}
	out := []Dead{}
	for _, j := range l.Jobs {
		var a args
		if err := json.Unmarshal(j.EncodedArgs, &a); err != nil {
			return nil, err
		}
		x := Dead{Kind: a.Task, Key: a.Key, Attempts: j.Attempt, Body: a.Body}
		if j.FinalizedAt != nil {
			x.At = j.FinalizedAt.UTC()
		}
		if n := len(j.Errors); n > 0 {
			x.Why = strings.TrimPrefix(j.Errors[n-1].Error, "JobCancelError: ")
		}
		out = append(out, x)
	}
	return out, nil
}

// Counts counts tasks by their state.
func (d *DB) Counts(ctx context.Context) (map[string]int64, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT state, count(*) FROM river_job GROUP BY state`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var s string
		var n int64
		if err := rows.Scan(&s, &n); err != nil {
			return nil, err
		}
		out[s] = n
	}
	return out, rows.Err()
}
