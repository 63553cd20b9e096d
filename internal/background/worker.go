package background

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/truce-project/truce/internal/inbox"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/views"
)

// WorkerOptions are what a worker works with: it has neither the record nor its keys.
type WorkerOptions struct {
	Config   string // the serve.yaml of the server whose tasks it does
	Origin   string
	Database Database
	Views    *views.Views
	Slog     *slog.Logger
	// Jobs are for tests; zero values are right.
	Jobs jobs.Options
}

// Worker does tasks of a record that are in a database: messages to webhooks that have
// a secret, and mail that the operator has set up.
type Worker struct {
	o     WorkerOptions
	db    *jobs.DB
	inbox *inbox.Inbox
}

// OpenWorker opens the queue.
func OpenWorker(ctx context.Context, o WorkerOptions) (*Worker, error) {
	dir := filepath.Dir(o.Config)
	c, guard, err := Load(o.Config, dir)
	if err != nil {
		return nil, err
	}
	w, q := &Worker{o: o}, &late{}
	w.inbox = inbox.Asked(q, c.Config)
	n := notify.New(notify.Options{Dir: dir, Origin: o.Origin, Views: o.Views, Store: q, Queue: q, Guard: guard, Slog: o.Slog, Config: c.Tell, Shared: true, Away: true,
		Sources: func(ctx context.Context) (int, []string, error) { return sources(ctx, w.inbox) }})
	o.Jobs.Slog = o.Slog
	if w.db, err = jobs.OpenPostgres(ctx, o.Database.URL, o.Database.Schema, o.Jobs, n.Kinds()...); err != nil {
		return nil, err
	}
	q.DB = w.db
	return w, nil
}

// Start begins to do tasks.
func (w *Worker) Start(ctx context.Context) error { return w.db.Start(ctx) }

// Stop lets what runs finish, for a while.
func (w *Worker) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return errors.Join(w.db.Stop(ctx), w.db.Close())
}
