package shares

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/parts"
)

// Worker does partitions that others ask for.
type Worker struct {
	Edition string
	Open    func(base string) parts.OpenText
	Log     *slog.Logger

	mu    sync.Mutex
	last  *opened // the plan that was worked on last
	amiss time.Time
}

// opened is a plan that is ready to be worked on.
type opened struct {
	of   task // without its unit
	plan *parts.Plan
	ask  parts.Asker
}

// pause is how long a worker that could not do a partition waits before it tries the
// next: those who can should have them. A test has less.
var pause = 2 * time.Second

// Kind says how partitions are done, some at a time.
func (w *Worker) Kind(cores int) jobs.Kind {
	return jobs.Kind{Name: kind, Do: w.do, AtOnce: cores, Time: 2 * time.Hour, Base: pause, Most: 5 * pause}
}

func (w *Worker) do(ctx context.Context, t jobs.Try) error {
	var k task
	if err := json.Unmarshal(t.Body, &k); err != nil {
		return jobs.Give(err)
	}
	if err := w.rest(ctx); err != nil {
		return err
	}
	began := time.Now()
	err := w.unit(ctx, k)
	switch {
	case err == nil:
		w.Log.Info("partition", "folder", k.Dir, "unit", k.Unit, "ms", time.Since(began).Milliseconds())
		return nil
	case ctx.Err() != nil:
		return err
	}
	w.Log.Error("partition", "folder", k.Dir, "unit", k.Unit, "error", err.Error())
	w.mu.Lock()
	w.amiss = time.Now()
	w.mu.Unlock()
	return fmt.Errorf("%s: %w", Me(), err)
}

func (w *Worker) rest(ctx context.Context) error {
	w.mu.Lock()
	wait := pause - time.Since(w.amiss)
	w.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

func (w *Worker) unit(ctx context.Context, k task) error {
	if k.Edition != w.Edition {
		return fmt.Errorf("this is another edition of truce: %s, and %s was asked; run the same on all machines", w.Edition, k.Edition)
	}
	o, err := w.open(k)
	if err != nil {
		return err
	}
	err = o.plan.Do(ctx, k.Unit, o.ask)
	if err != nil && ctx.Err() == nil {
		if done, derr := o.plan.Done(k.Unit); done && derr == nil { // by another meanwhile
			return nil
		}
	}
	return err
}

// open reads the plan and the question of a task, unless it did before.
func (w *Worker) open(k task) (*opened, error) {
	k.Unit = 0
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last != nil && w.last.of == k {
		return w.last, nil
	}
	p, err := parts.Load(k.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: every worker has to see the folder of --work, and the files, where they are for who asked", err)
	}
	if p.Digest() != k.Plan {
		return nil, fmt.Errorf("%s holds another plan than was asked for", k.Dir)
	}
	q, err := parts.LoadQuestion(k.Dir)
	if err != nil {
		return nil, err
	}
	ask, err := parts.Ask(q, w.Open(k.Base))
	if err != nil {
		return nil, err
	}
	p.At(k.Base)
	w.last = &opened{of: k, plan: p, ask: ask}
	return w.last, nil
}
