package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// DB is the queue and the store, in a file or in a database.
type DB struct {
	Store
	engine engine
	client client
	kinds  map[string]Kind
	does   bool // some kind is done here
	o      Options
	quiet  *slog.Logger
	pauses pauses
	busy   busy
}

var (
	_ Queue = (*DB)(nil)
	_ Store = (*DB)(nil)
)

// engine is what differs between a file and a database.
type engine interface {
	Store
	counts(ctx context.Context) (map[string]int64, error)
	begin(ctx context.Context, d *DB) error // before tasks are done
	end()                                   // after
	close() error
}

// client is a client of River, whatever its transactions are.
type client interface {
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobDeleteMany(ctx context.Context, params *river.JobDeleteManyParams) (*river.JobDeleteManyResult, error)
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// Options are how a queue is kept.
type Options struct {
	Slog *slog.Logger
	Poll time.Duration // how often the queue is looked at; 0 is 1 s
	Soon time.Duration // how soon after some tasks more are asked for; 0 is 100 ms, or Poll if that is less
	// Gone is after how long without a sign of life a process counts as gone, and what
	// it was doing is done by another; 0 is 20 s. Of a queue in a file nobody else is
	// there.
	Gone time.Duration
}

func newDB(e engine, o Options, kinds []Kind) *DB {
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Gone == 0 {
		o.Gone = 20 * time.Second
	}
	if o.Soon == 0 {
		o.Soon = min(o.Poll, 100*time.Millisecond)
	}
	d := &DB{Store: e, engine: e, kinds: map[string]Kind{}, o: o, quiet: slog.New(only{o.Slog.Handler()})}
	for _, k := range kinds {
		d.kinds[k.Name] = k.filled()
		d.does = d.does || k.Do != nil
	}
	return d
}

// config is what a client of River does: the kinds that are done here.
func (d *DB) config() *river.Config {
	c := &river.Config{Logger: d.quiet, FetchPollInterval: d.o.Poll, FetchCooldown: d.o.Soon, RetryPolicy: d, RescueStuckJobsAfter: 3 * time.Hour,
		CompletedJobRetentionPeriod: 24 * time.Hour, CancelledJobRetentionPeriod: 30 * 24 * time.Hour, DiscardedJobRetentionPeriod: 30 * 24 * time.Hour}
	if !d.does {
		return c
	}
	c.Workers, c.Queues = river.NewWorkers(), map[string]river.QueueConfig{}
	river.AddWorker(c.Workers, &worker{d: d})
	for _, k := range d.kinds {
		if k.Do != nil {
			c.Queues[k.Name] = river.QueueConfig{MaxWorkers: k.AtOnce}
		}
	}
	return c
}

// pair is a document under its key.
type pair struct {
	key   string
	value []byte
}

func each(all []pair, do func(key string, value []byte) error) error {
	for _, p := range all {
		if err := do(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// busy are the tasks that are done here at this moment.
type busy struct {
	mu sync.Mutex
	of map[int64]bool
}

func (b *busy) set(id int64, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[int64]bool{}
	}
	if b.of[id] = on; !on {
		delete(b.of, id)
	}
}

func (b *busy) has(id int64) bool { b.mu.Lock(); defer b.mu.Unlock(); return b.of[id] }

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
	d *DB
}

func (w *worker) Timeout(j *river.Job[args]) time.Duration { return w.d.kinds[j.Args.Task].Time }

func (w *worker) Work(ctx context.Context, j *river.Job[args]) error {
	w.d.busy.set(j.ID, true)
	defer w.d.busy.set(j.ID, false)
	k, ok := w.d.kinds[j.Args.Task]
	if !ok || k.Do == nil {
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
func (d *DB) Start(ctx context.Context) error {
	if !d.does {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if err := d.engine.begin(ctx, d); err != nil {
		return err
	}
	err := d.client.Start(ctx)
	if err != nil {
		d.engine.end()
	}
	return err
}

// Stop ends doing tasks.
func (d *DB) Stop(ctx context.Context) error {
	if !d.does {
		return nil
	}
	defer d.engine.end()
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
	return d.engine.counts(ctx)
}

// Close closes it, after Stop.
func (d *DB) Close() error { return d.engine.close() }

func (k Kind) filled() Kind {
	if k.AtOnce == 0 {
		k.AtOnce = 1
	}
	if k.Time == 0 {
		k.Time = time.Minute
	}
	if k.Base == 0 {
		k.Base = 10 * time.Second
	}
	if k.Most == 0 {
		k.Most = 6 * time.Hour
	}
	return k
}

// only lets warnings and errors of the queue through: what it does is told by
// those who use it.
type only struct{ slog.Handler }

func (o only) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && o.Handler.Enabled(ctx, l)
}
