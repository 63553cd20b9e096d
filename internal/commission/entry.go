package commission

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Entry is an entry of the record with what is known of its author.
type Entry struct {
	Index   int64
	ID      string
	Kind    string
	Made    when.Instant // by the author's clock
	Refs    []record.Ref
	Payload []byte
	Account string
	Role    string // of the author; empty: not known
	Party   string // that the author is a delegate of
}

// About are the ids that the entry speaks of.
func (e *Entry) About() []string {
	var out []string
	for _, r := range e.Refs {
		if r.Relation == record.About {
			out = append(out, r.ID)
		}
	}
	return out
}

// Input is what a state is made of.
type Input struct {
	Origin  string // of the record
	Entries []Entry
	Texts   []*terms.Terms
	// Commitments override those of the texts, by the id of the text.
	Commitments map[string][]terms.Commitment
	// Events are what is held to have happened, where duties and notified
	// activities are about it.
	Events []*evidence.Incident
	Memo   *Memo // of what was found of the events; may be nil
}

// Time is an instant as an answer prints it; zero is none.
type Time when.Instant

// MarshalText prints RFC 3339.
func (t Time) MarshalText() ([]byte, error) { return []byte(when.Instant(t).RFC3339()), nil }

// UnmarshalText reads RFC 3339.
func (t *Time) UnmarshalText(b []byte) error {
	i, err := when.ParseRFC3339(string(b))
	*t = Time(i)
	return err
}

func (t Time) String() string { return when.Instant(t).String() }

// State is what follows of the entries at a time.
type State struct {
	Now        Time        `json:"now"`
	Exercise   *Exercise   `json:"exercise,omitempty" doc:"the record is an exercise: nothing in it is evidence of anything"`
	Cases      []*Case     `json:"cases"`
	Messages   []*Message  `json:"messages"`
	Duties     []*Duty     `json:"duties"`
	Responses  []*Response `json:"responses"`
	Windows    []*Window   `json:"windows"`
	Activities []*Activity `json:"activities"`
	Problems   []Problem   `json:"problems,omitempty" doc:"entries that count for nothing or less than they say, and why"`

	texts map[string]*terms.Terms
	cases map[string]*Case // by the complaint's id
	// What entries are about, by its id.
	proposals map[string]*proposal
	messages  map[string]*Message
	windows   map[string]*Window
	in        *Input
	memo      *Memo
}

// Problem is an entry that counts for nothing, or less than it says.
type Problem struct {
	Entry string `json:"entry"`
	Kind  string `json:"kind"`
	Why   string `json:"why"`
}

// At is the state at a time. Entries made later are not seen.
func At(in *Input, now when.Instant) *State {
	s := &State{Now: Time(now), Cases: []*Case{}, Messages: []*Message{}, Duties: []*Duty{}, Responses: []*Response{}, Windows: []*Window{}, Activities: []*Activity{},
		texts: map[string]*terms.Terms{}, cases: map[string]*Case{}, in: in,
		proposals: map[string]*proposal{}, messages: map[string]*Message{}, windows: map[string]*Window{}}
	if s.memo = in.Memo; s.memo == nil {
		s.memo = NewMemo(nil)
	}
	for _, t := range in.Texts {
		s.texts[t.ID] = t
	}
	seen := s.seen(now)
	s.exercise(seen)
	for _, x := range seen {
		s.take(x)
	}
	for _, c := range s.Cases {
		c.settle(now)
	}
	s.duties(seen, now)
	for _, m := range s.Messages {
		m.settle(s, now)
	}
	for _, r := range s.Responses {
		r.settle(s, now)
	}
	for _, w := range s.Windows {
		w.settle(now)
	}
	for _, a := range s.Activities {
		a.settle(s, now)
	}
	return s
}

// dated is an entry with the time after which it stands in the log: the latest that
// an entry before it was made. It tells an entry that claims to be older than it
// can be.
type dated struct {
	*Entry
	after when.Instant
}

// seen are the entries up to now, in the order of the log.
func (s *State) seen(now when.Instant) []dated {
	var out []dated
	after := when.Past
	in := slices.Clone(s.in.Entries)
	slices.SortFunc(in, func(a, b Entry) int { return int(a.Index - b.Index) })
	for i := range in {
		e := &in[i]
		if e.Made > now {
			continue
		}
		out = append(out, dated{e, after})
		after = max(after, e.Made)
	}
	return out
}

func (s *State) problem(e *Entry, format string, args ...any) {
	s.Problems = append(s.Problems, Problem{e.ID, e.Kind, fmt.Sprintf(format, args...)})
}

// read decodes a payload; one that cannot be read is a problem.
func read[T any](s *State, e *Entry) (T, bool) {
	var p T
	if len(e.Payload) == 0 {
		s.problem(e, "the payload is not here, or was erased")
		return p, false
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		s.problem(e, "the payload cannot be read: %v", err)
		return p, false
	}
	return p, true
}

// take takes an entry into the state.
func (s *State) take(x dated) {
	switch x.Kind {
	case record.KindComplaint:
		s.complaint(x)
	case record.KindStep:
		s.step(x)
	case record.KindSignature:
		s.signature(x)
	case "determination@1":
		s.determined(x)
	case record.KindMessage:
		s.message(x)
	case record.KindAcknowledged:
		s.acknowledged(x)
	case record.KindResponse:
		s.response(x)
	case record.KindWindow:
		s.window(x)
	case record.KindWindowStep:
		s.windowStep(x)
	case record.KindActivity:
		s.activity(x)
	}
}

// speaks checks in whose name an entry is. A delegate speaks for the own party; the
// mission takes down what either says.
func (s *State) speaks(e *Entry, party string) (takenDown, ok bool) {
	if e.Party != "" && party != e.Party {
		s.problem(e, "it is in the name of %s, and its author is a delegate of %s", orCommission(party), e.Party)
		return false, false
	}
	return e.Party == "" && party != "", true
}

// about finds what an entry is about, among what is known by id.
func about[T any](e *Entry, known map[string]*T) *T {
	for _, r := range e.Refs {
		if x := known[r.ID]; x != nil && r.Relation == record.About {
			return x
		}
	}
	return nil
}

func orCommission(party string) string {
	if party == "" {
		return "the commission"
	}
	return party
}

// ofMission reports whether an entry is by the mission or the chair.
func (e *Entry) ofMission() bool { return e.Party == "" }

// instant reads a time, or the whole of a civil day.
func instant(text string, t *terms.Terms) (when.Range, error) {
	i, err := when.ParseRFC3339(text)
	if err == nil {
		return when.Exactly(i), nil
	}
	if t != nil && t.Clock.Zone != nil {
		if d, derr := when.ParseDay(text, t.Clock.Zone); derr == nil {
			return when.Range{Earliest: d.Start, Latest: d.End - 1}, nil
		}
	}
	return when.Range{}, err
}

// span reads from and until; until must be later.
func span(from, until string) (when.Span, error) {
	a, err := when.ParseRFC3339(from)
	if err != nil {
		return when.Span{}, fmt.Errorf("from: %w", err)
	}
	b, err := when.ParseRFC3339(until)
	if err != nil {
		return when.Span{}, fmt.Errorf("until: %w", err)
	}
	if b <= a {
		return when.Span{}, fmt.Errorf("until %s is not after from %s", b, a)
	}
	return when.Span{Start: a, End: b}, nil
}

// list is words as a list for people: "UA and RU".
func list(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
