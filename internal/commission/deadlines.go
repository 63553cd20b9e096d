package commission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/calendar"
	"github.com/truce-project/truce/when"
)

// Deadline is something that is due.
type Deadline struct {
	ID    string `json:"id" doc:"the same for the same deadline, also where it moves"`
	At    Time   `json:"at"`
	What  string `json:"what"`
	Of    string `json:"of,omitempty" doc:"who has to act"`
	State string `json:"state"`
}

// Deadlines are what is due, the earliest first: what is open, and what has run out.
func (s *State) Deadlines() []Deadline {
	out := []Deadline{}
	add := func(at Time, state, of, id, format string, args ...any) {
		if at != 0 && when.Instant(at).Bounded() {
			out = append(out, Deadline{id, at, fmt.Sprintf(format, args...), of, state})
		}
	}
	for _, c := range s.Cases {
		if c.State == "withdrawn" || c.State == "remedied" {
			continue
		}
		for _, k := range c.Clocks {
			if c.moot(k.Step) {
				continue
			}
			if k.State == "running" || k.State == "overdue" || k.State == "stopped" {
				add(k.Due, k.State, list(k.Who), c.ID+"-"+k.Step+"-"+c.Tier, "case %d (%s of %s): %s", c.Number, c.By, c.Against, k.Step)
			}
		}
	}
	for _, m := range s.Messages {
		if m.State == "open" || m.State == "overdue" {
			add(m.Due, m.State, list(m.Missing), m.ID, "message %d: acknowledgement", m.Number)
		}
	}
	for _, d := range s.Duties {
		if d.State == "due" || d.State == "overdue" || d.State == "late" {
			add(d.Due, d.State, d.Bearer, d.Text+"-"+d.Clause+"-"+d.Bearer+"-"+strings.Join(d.Readings, "-"), "%s %s: %s (%s)", d.Text, d.Clause, d.Does, list(d.Readings))
		}
	}
	for _, w := range s.Windows {
		if slices.Contains([]string{"asked", "guaranteed", "go", "refused"}, w.State) {
			add(w.From, w.State, list(w.ungranted()), w.ID+"-from", "window %d (%s) begins", w.Number, w.Purpose)
		}
		if w.State == "open" || w.State == "unfinished" {
			add(w.Until, w.State, "", w.ID+"-until", "window %d (%s) ends", w.Number, w.Purpose)
		}
	}
	slices.SortStableFunc(out, func(a, b Deadline) int {
		if a.At != b.At {
			return int(a.At - b.At)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Calendar is the deadlines as a calendar of RFC 5545, in UTC.
func (s *State) Calendar(origin string) []byte {
	c := calendar.Calendar{Name: "Deadlines of " + origin, Of: origin, Product: "commission", Made: when.Instant(s.Now).Time()}
	for _, d := range s.Deadlines() {
		title := d.What
		if d.Of != "" {
			title += ": " + d.Of
		}
		if s.Exercise != nil {
			title = "EXERCISE " + title
		}
		c.Events = append(c.Events, calendar.Event{ID: d.ID, At: when.Instant(d.At).Time(), Title: title, Says: d.State})
	}
	return c.Bytes()
}
