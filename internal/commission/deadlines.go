package commission

import (
	"fmt"
	"slices"
	"strings"

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
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//truce//commission//EN")
	line("X-WR-CALNAME", escape("Deadlines of "+origin))
	for _, d := range s.Deadlines() {
		stamp := func(t Time) string { return when.Instant(t).Time().Format("20060102T150405Z") }
		line("BEGIN", "VEVENT")
		line("UID", escape(d.ID+"@"+origin))
		line("DTSTAMP", stamp(s.Now))
		line("DTSTART", stamp(d.At))
		title := d.What
		if d.Of != "" {
			title += ": " + d.Of
		}
		if s.Exercise != nil {
			title = "EXERCISE " + title
		}
		line("SUMMARY", escape(title))
		line("DESCRIPTION", escape(d.State))
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

// escape writes a text value of RFC 5545.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r", "", "\n", `\n`).Replace(s)
}

// fold writes a content line of at most 75 octets, continued after a space, never
// within a letter.
func fold(b *strings.Builder, s string) {
	n := 0
	for _, r := range s {
		w := len(string(r))
		if n+w > 75 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += w
	}
	b.WriteString("\r\n")
}
