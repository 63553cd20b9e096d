// Package doctor looks at the machine and the folder of an office, and says what
// could cost it a record, a deadline or a night: a clock that is not set, a disk
// that is nearly full or does not sync, keys that others can read, views that fell
// behind, a backup of secrets that nobody made.
//
// It changes nothing but one small file that it writes to time the disk, and
// removes. It needs no lock: a server may be running.
package doctor

import (
	"context"
	"fmt"
	"time"
)

// State is how a finding stands.
type State string

// States, from good to bad. Unknown is not good: it could not be looked at.
const (
	Fine    State = "fine"
	Unknown State = "unknown"
	Look    State = "look" // somebody should look at it
	Wrong   State = "wrong"
)

// Finding is one thing that was looked at.
type Finding struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Says  string `json:"says"`         // what was seen, with units
	Do    string `json:"do,omitempty"` // a way out
	About string `json:"about"`        // machine or record
}

// Options say what to look at.
type Options struct {
	Data    string // folder of a record; empty: the machine alone
	Version string // of the program
	Deep    bool   // every entry, tile, payload and blob too
	Now     func() time.Time
}

// Examine looks at everything, and yields findings as they come.
func Examine(ctx context.Context, o Options, yield func(Finding)) {
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &exam{o: o, yield: yield}
	e.about = "machine"
	e.machine()
	if o.Data == "" {
		return
	}
	e.about = "record"
	e.record(ctx)
}

type exam struct {
	o     Options
	about string
	yield func(Finding)
}

func (e *exam) say(s State, name, do, format string, args ...any) {
	e.yield(Finding{Name: name, State: s, Says: fmt.Sprintf(format, args...), Do: do, About: e.about})
}

// fault says what an error was, or nothing.
func (e *exam) fault(name, do string, err error) bool {
	if err == nil {
		return false
	}
	e.say(Unknown, name, do, "%v", err)
	return true
}
