package office

import (
	"context"
	"fmt"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Attach is an office on a record that is open already, such as that of a server.
// Who opened the record closes it.
func Attach(dir string, l *journal.Log) (*Office, error) {
	o := &Office{Dir: dir, Log: l, now: time.Now}
	return o, o.prepare("")
}

// Unreadable means that a file is not what it should be: importing it again does
// not help.
type Unreadable struct{ Err error }

func (u *Unreadable) Error() string { return u.Err.Error() }
func (u *Unreadable) Unwrap() error { return u.Err }

// Draft is an entry that the office is to sign. The same draft with the same time
// and seed (32 random bytes) is the same entry: writing it twice records it once.
type Draft struct {
	Kind    string
	Payload any
	Refs    []record.Ref
	Blobs   []record.Hash
	Made    time.Time
	Seed    []byte
}

// Write signs an entry and records it.
func (o *Office) Write(ctx context.Context, d Draft) (*record.Envelope, journal.Ack, error) {
	if len(d.Seed) != 32 {
		return nil, journal.Ack{}, fmt.Errorf("a seed of %d bytes: expected 32", len(d.Seed))
	}
	es, ps, err := o.sign(made{d.Made.UTC().Truncate(time.Millisecond), d.Seed}, "written", []draft{{kind: d.Kind, payload: d.Payload, refs: d.Refs, blobs: d.Blobs}})
	if err != nil {
		return nil, journal.Ack{}, err
	}
	ack, err := o.Log.Append(ctx, es, ps)
	return es[0], ack, err
}
