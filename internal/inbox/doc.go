// Package inbox takes in what comes by itself: feeds on a schedule, files dropped
// into a folder, and submissions that other programs send.
//
// It promises that the same bytes are taken in once, however often they come and
// wherever the process ends in between; and that an empty answer, an answer that
// says nothing has changed, and a source that is broken are told apart. What is
// broken never withdraws or adds anything.
package inbox

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"log/slog"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/office"
)

// Options are what the inbox works with.
type Options struct {
	Dir     string // folder of the record; relative names start there
	Office  *office.Office
	Key     ed25519.PrivateKey // of the office
	Store   jobs.Store
	Queue   jobs.Queue
	Guard   *fetch.Guard
	Slog    *slog.Logger
	Version string // for datasets: who counted the rows
	Now     func() time.Time
	Config  Config
}

// Inbox is what takes things in.
type Inbox struct {
	o         Options
	secret    []byte     // for digests of what was sent
	importing sync.Mutex // one file at a time is taken in
	hooking   sync.Mutex // one submission at a time

	mu    sync.Mutex
	drops map[string]settling
}

// New makes an inbox. Feeds are done once its Kind is in the queue.
func New(o Options) (*Inbox, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	secret, err := hkdf.Key(sha256.New, o.Key.Seed(), nil, "truce hooks v1", 32)
	return &Inbox{o: o, secret: secret, drops: map[string]settling{}}, err
}

// Asked is an inbox of another process: it takes nothing in, and says how feeds stand.
func Asked(s jobs.Store, c Config) *Inbox {
	return &Inbox{o: Options{Store: s, Config: c, Now: time.Now}}
}

// Run looks for what is due until the context ends.
func (x *Inbox) Run(ctx context.Context) {
	t := time.NewTicker(x.o.Config.Look())
	defer t.Stop()
	for {
		for _, f := range []func(context.Context) error{x.due, x.drop} {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				x.o.Slog.Error("inbox", "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
