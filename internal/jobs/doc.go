// Package jobs is the queue of work that is done beside requests, and what is
// remembered between one time and the next.
//
// It promises that a task which was accepted is done at least once, also when the
// process is killed in between, or is found among the dead with the reason. Tasks
// must therefore be such that doing one twice does no harm. Behind the interfaces
// stands River, on SQLite for one process, or on PostgreSQL for several.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"
)

// Task is something to do.
type Task struct {
	Kind     string
	Key      string // two tasks of a kind with one key are one, while one waits or runs
	Once     bool   // ... and also once it is done, as long as that is remembered (a day)
	Body     any    // as JSON; no secrets and no payloads: it is kept in the clear
	At       time.Time
	Attempts int // 0 is 1
}

// Try is one attempt at a task.
type Try struct {
	Key     string
	Attempt int // from 1
	Last    bool
	Added   time.Time
	Body    json.RawMessage
}

// Handler does tasks of a kind. An error is a failed attempt; Give and Later say
// more of it.
type Handler func(ctx context.Context, t Try) error

// Kind says how tasks of a kind are done.
type Kind struct {
	Name   string
	Do     Handler       // nil: tasks of it are added here, and done by another process
	AtOnce int           // how many at a time; 0 is 1
	Time   time.Duration // for one attempt; 0 is 1 minute
	Base   time.Duration // waiting after the first failed attempt; 0 is 10 s
	Most   time.Duration // the longest waiting; 0 is 6 h
}

// Dead is a task that was given up.
type Dead struct {
	Kind     string          `json:"kind"`
	Key      string          `json:"key"`
	Attempts int             `json:"attempts"`
	At       time.Time       `json:"at"`
	Why      string          `json:"why"`
	Body     json.RawMessage `json:"-"`
}

// Queue holds tasks.
type Queue interface {
	Start(ctx context.Context) error
	Add(ctx context.Context, ts ...Task) error
	// Stop lets what runs finish until the context ends, and then breaks it off.
	Stop(ctx context.Context) error
	// Dead are the tasks that were given up, the newest first.
	Dead(ctx context.Context, most int) ([]Dead, error)
	Counts(ctx context.Context) (map[string]int64, error) // by state
}

// Store remembers documents by a kind and a key.
type Store interface {
	Get(ctx context.Context, kind, key string, to any) (bool, error)
	Put(ctx context.Context, kind, key string, v any) error
	// Change reads a document into to, which stays as it is where there is none, calls
	// do, which alters it, and keeps it: no other change comes in between.
	Change(ctx context.Context, kind, key string, to any, do func()) error
	Delete(ctx context.Context, kind, key string) error
	All(ctx context.Context, kind string, f func(key string, value []byte) error) error
}

// give is an error after which nothing is tried again.
type give struct{ error }

func (g give) Unwrap() error { return g.error }

// Give says that trying again would not help.
func Give(err error) error { return give{err} }

// later is an error after which the next attempt waits at least so long.
type later struct {
	error
	after time.Duration
}

func (l later) Unwrap() error { return l.error }

// Later says that the next attempt has to wait at least so long.
func Later(after time.Duration, err error) error { return later{err, after} }

// afterOf is the waiting that an error asks for.
func afterOf(err error) time.Duration {
	var l later
	if errors.As(err, &l) {
		return l.after
	}
	return 0
}

// Backoff is how long to wait after n failures, from 1: doubled each time, up to
// the most, less up to a half of it by chance so that many do not come at once.
func Backoff(n int, base, most time.Duration) time.Duration {
	d := min(base, most)
	for ; n > 1 && d < most; n-- {
		d = min(2*d, most)
	}
	if d < 2 {
		return d
	}
	return d - time.Duration(rand.Int64N(int64(d/2)))
}
