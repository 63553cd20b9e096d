// Package background is the work that a server does beside requests: it reads what
// the operator has set up, keeps the queue, and runs what takes in and what tells.
//
// It promises that it ends in order, that whatever it does can be cut off at any
// point and goes on at the next start, and that without a configuration it does
// nothing at all.
package background

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/inbox"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/stamp"
	"github.com/truce-project/truce/internal/views"
)

// Options are what it works with.
type Options struct {
	Dir     string // folder of the record
	Config  string // file; "" is serve.yaml in the folder, where there is one
	Log     *journal.Log
	Key     ed25519.PrivateKey
	Views   *views.Views
	Slog    *slog.Logger
	Version string
	// Database is where the queue is; nil: in the folder.
	Database *Database
	// Leaves is whether what workers can do is left to them.
	Leaves bool
	// URL is by which people reach the server, for links in mails to them; empty: nobody
	// subscribes to mail.
	URL string
	// Subscribers are people who asked to be told; nil: there are none.
	Subscribers notify.Subscribers
}

// Background is what runs.
type Background struct {
	o      Options
	conf   *Config
	db     *jobs.DB
	inbox  *inbox.Inbox
	notify *notify.Notifier
	stamps *stamp.Keeper // nil: nobody stamps
	ended  sync.WaitGroup
	begun  bool
	stop   sync.Once
}

// ConfigName is the file in the folder of the record.
const ConfigName = "serve.yaml"

// Open reads the configuration and opens the queue; nil where nothing is set up.
func Open(ctx context.Context, o Options) (*Background, error) {
	name := o.Config
	if name == "" {
		name = filepath.Join(o.Dir, ConfigName)
	}
	c, guard, err := Load(name, o.Dir)
	if o.Config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	of, err := office.Attach(o.Dir, o.Log)
	if err != nil {
		return nil, err
	}
	b := &Background{o: o, conf: c}
	in := inbox.Options{Dir: o.Dir, Office: of, Key: o.Key, Guard: guard, Slog: o.Slog, Version: o.Version, Config: c.Config}
	out := notify.Options{Dir: o.Dir, Origin: o.Log.Office().Origin, Views: o.Views, Guard: guard, Key: o.Key, Slog: o.Slog, Config: c.Tell, Sources: b.sources, Subscribers: o.Subscribers, Shared: o.Database != nil, Leaves: o.Leaves}
	// The kinds of task name those who do them, who need the queue: it is opened in
	// between.
	q := &late{}
	in.Store, in.Queue, out.Store, out.Queue = q, q, q, q
	if b.inbox, err = inbox.New(in); err != nil {
		return nil, err
	}
	b.notify = notify.New(out)
	kinds := append([]jobs.Kind{b.inbox.FeedKind()}, b.notify.Kinds()...)
	if c.Timestamps != nil {
		b.stamps = stamp.NewKeeper(stamp.Options{Dir: o.Dir, Config: *c.Timestamps, Guard: guard, Store: q, Queue: q, Slog: o.Slog, Size: func() int64 { return o.Log.Reader().Size() }})
		kinds = append(kinds, b.stamps.Kind())
	}
	if b.db, err = o.openQueue(ctx, kinds); err != nil {
		return nil, err
	}
	q.DB = b.db
	return b, nil
}

// late is a queue that is opened after those who use it were made.
type late struct{ *jobs.DB }

// Start begins. What was begun ends with Stop.
func (b *Background) Start(ctx context.Context) error {
	if err := b.db.Start(ctx); err != nil {
		return err
	}
	b.begun = true
	run := []func(context.Context){b.inbox.Run, b.notify.Run}
	if b.stamps != nil {
		run = append(run, b.stamps.Run)
	}
	for _, f := range run {
		b.ended.Go(func() { f(ctx) })
	}
	b.o.Slog.Info("background", "feeds", len(b.conf.Feeds), "drop", b.conf.Drop != nil, "hooks", len(b.conf.Hooks), "webhooks", len(b.conf.Tell.Webhooks), "alerts", len(b.conf.Tell.Alerts), "digests", len(b.conf.Tell.Digests))
	return nil
}

// stopTime is how long tasks may take to finish when the server ends.
const stopTime = 10 * time.Second

// Stop ends, once the context of Start has ended; the record and the views must
// still be open.
func (b *Background) Stop(ctx context.Context) (err error) {
	b.stop.Do(func() {
		b.ended.Wait()
		ctx, cancel := context.WithTimeout(ctx, stopTime)
		defer cancel()
		if b.begun {
			err = b.db.Stop(ctx)
		}
		err = errors.Join(err, b.db.Close())
	})
	return err
}

// sources says for digests how feeds stand.
func (b *Background) sources(ctx context.Context) (int, []string, error) {
	return sources(ctx, b.inbox)
}

func sources(ctx context.Context, x *inbox.Inbox) (int, []string, error) {
	all, err := x.Feeds(ctx)
	var troubled []string
	for _, f := range all {
		if f.State == "broken" || f.State == "empty" || f.State == "waiting" {
			troubled = append(troubled, fmt.Sprintf("%s: %s since %s: %s", f.Name, f.State, f.Since.UTC().Format("2006-01-02 15:04Z"), f.Why))
		}
	}
	return len(all), troubled, err
}

// Feeds lists the feeds as they stand.
func (b *Background) Feeds(ctx context.Context) ([]inbox.FeedState, error) { return b.inbox.Feeds(ctx) }

// Webhooks lists the webhooks as they stand.
func (b *Background) Webhooks(ctx context.Context) ([]notify.HookState, error) {
	return b.notify.Webhooks(ctx)
}

// Dead lists tasks that were given up, the newest first.
func (b *Background) Dead(ctx context.Context, most int) ([]jobs.Dead, error) {
	return b.db.Dead(ctx, most)
}

// Counts counts tasks by their state.
func (b *Background) Counts(ctx context.Context) (map[string]int64, error) { return b.db.Counts(ctx) }

// Receive takes a submission of a hook.
func (b *Background) Receive(ctx context.Context, name string, h http.Header, body []byte) (inbox.Received, error) {
	return b.inbox.Receive(ctx, name, h, body)
}
