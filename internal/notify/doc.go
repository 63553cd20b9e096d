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
	"errors"
	"log/slog"
	"maps"
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
	Next int64      `json:"next"`           // place in the common order, as it was then
	Seen views.Seen `json:"seen,omitempty"` // of which log how many: also where the order is another one now

	order uint64 // as of which places were looked for
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
	if !known {
		c, _, err = n.look(cursor{}, 0)
		if err == nil {
			err = n.o.Store.Put(ctx, "notify", "cursor", c)
		}
		return err
	}
	if next, places, err := n.look(c, perLook); err != nil || len(places) == 0 {
		return errors.Join(err, n.keep(ctx, c, next))
	}
	own, since, _, err := n.asked(ctx)
	if err != nil {
		return err
	}
	if len(n.o.Config.Webhooks)+len(n.o.Config.Alerts)+len(own) == 0 { // nobody is told
		next, _, err := n.look(c, 0)
		return errors.Join(err, n.keep(ctx, c, next))
	}
	alerts := slices.Concat(n.o.Config.Alerts, own)
	for ctx.Err() == nil {
		next, places, err := n.look(c, perLook)
		if err != nil || len(places) == 0 {
			return errors.Join(err, n.keep(ctx, c, next))
		}
		var ts []jobs.Task
		for _, i := range places {
			more, err := n.tasks(i, alerts, since)
			if err != nil {
				return err
			}
			ts = append(ts, more...)
		}
		same := false
		if err := n.o.Views.Read(views.Now, func(s *views.Snapshot) error { same = s.Order() == next.order; return nil }); err != nil {
			return err
		}
		if !same { // others may stand at these places
			continue
		}
		// First the tasks: where it ends in between they are added again, and known.
		if err := n.o.Queue.Add(ctx, ts...); err != nil {
			return err
		}
		if err := n.keep(ctx, c, next); err != nil {
			return err
		}
		c = next
	}
	return nil
}

// look finds entries that were not looked through, among the next so many, and how far
// it has come with them; 0: all are left out.
func (n *Notifier) look(c cursor, most int64) (next cursor, places []int64, err error) {
	err = n.o.Views.Read(views.Now, func(s *views.Snapshot) error {
		if c.Seen == nil { // nothing, or kept by an earlier version
			c.Seen = views.Seen(s.VectorAt(min(c.Next, s.Size)))
		}
		next = c
		from := s.After(c.Seen)
		to := s.Size
		if most > 0 {
			to = min(from+most, s.Size)
		}
		for i := from; i < to && most > 0; i++ {
			if !s.Has(c.Seen, i) {
				places = append(places, i)
			}
		}
		next.order = s.Order()
		next.Seen = maps.Clone(c.Seen)
		for name, size := range s.VectorAt(to) {
			next.Seen[name] = max(next.Seen[name], size)
		}
		next.Next = to
		return nil
	})
	return next, places, err
}

// keep remembers how far it was looked, where that is further.
func (n *Notifier) keep(ctx context.Context, was, next cursor) error {
	if next.Seen == nil || maps.Equal(was.Seen, next.Seen) {
		return nil
	}
	return n.o.Store.Put(ctx, "notify", "cursor", next)
}
