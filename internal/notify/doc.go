// Package notify tells others what is new in a record: webhooks out, alerts by
// rule, daily digests.
//
// It promises that what is told is what the record holds and nothing that was
// inferred from it, that nobody is told what the table of rights does not let them
// see, and that a message is sent until it is taken, or is found among those that
// were given up. What is in a message is worked out when it is sent: the queue
// holds no words of the record.
package notify

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"slices"
	"time"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// Options are what is told from.
type Options struct {
	Dir    string // for secrets and zones in files
	Origin string
	Views  *views.Views
	Store  jobs.Store
	Queue  jobs.Queue
	Guard  *fetch.Guard
	Key    ed25519.PrivateKey // of the office, for signatures that anybody can check
	Slog   *slog.Logger
	Now    func() time.Time
	Config Config
	// Subscribers are people who asked to be told; nil: there are none.
	Subscribers Subscribers
	// Sources says how the sources stand, for digests: how many there are, and in
	// words which of them say nothing that can be relied on.
	Sources func(ctx context.Context) (all int, troubled []string, err error)
	// Shared is where several processes send: what needs the key of the office, or the
	// people who asked, has kinds of task of its own, which are done where these are.
	Shared bool
	// Away is where they are not.
	Away bool
	// Leaves is where they are, and all else is left to others.
	Leaves bool
	// Base and Most bound the waiting between attempts; 0: 30 s and 6 h.
	Base, Most time.Duration
	Every      time.Duration // how often it is looked for what is new; 0 is 1 s
}

// Notifier tells.
type Notifier struct {
	o     Options
	table *rights.Table
}

// New makes a notifier, of a configuration that was checked.
func New(o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.Base == 0 {
		o.Base = 30 * time.Second
	}
	if o.Most == 0 {
		o.Most = 6 * time.Hour
	}
	return &Notifier{o: o, table: rights.Default()}
}

// Run looks for what is new until the context ends.
func (n *Notifier) Run(ctx context.Context) {
	t := time.NewTicker(n.o.Every)
	defer t.Stop()
	for {
		for _, f := range []func(context.Context) error{n.follow, n.digests} {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				n.o.Slog.Error("notify", "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// cursor is how far the record was looked through.
type cursor struct {
	Next int64 `json:"next"`
}

// perLook is how many entries are looked through before it is remembered.
const perLook = 200

// follow looks through entries that are new. What was there before the first
// start is not told.
func (n *Notifier) follow(ctx context.Context) error {
	var c cursor
	known, err := n.o.Store.Get(ctx, "notify", "cursor", &c)
	if err != nil {
		return err
	}
	size := n.o.Views.Size()
	if !known {
		return n.o.Store.Put(ctx, "notify", "cursor", cursor{size})
	}
	if c.Next >= size {
		return nil
	}
	own, since, _, err := n.asked(ctx)
	if err != nil {
		return err
	}
	if len(n.o.Config.Webhooks)+len(n.o.Config.Alerts)+len(own) == 0 { // nobody is told
		return n.o.Store.Put(ctx, "notify", "cursor", cursor{size})
	}
	alerts := slices.Concat(n.o.Config.Alerts, own)
	for c.Next < size && ctx.Err() == nil {
		to := min(c.Next+perLook, size)
		var ts []jobs.Task
		for i := c.Next; i < to; i++ {
			more, err := n.tasks(i, alerts, since)
			if err != nil {
				return err
			}
			ts = append(ts, more...)
		}
		// First the tasks: where it ends in between they are added again, and known.
		if err := n.o.Queue.Add(ctx, ts...); err != nil {
			return err
		}
		c.Next = to
		if err := n.o.Store.Put(ctx, "notify", "cursor", c); err != nil {
			return err
		}
	}
	return nil
}
