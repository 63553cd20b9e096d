// Package calendar writes calendars of RFC 5545, in UTC, for the calendars that people
// have. An event keeps its id where it moves, so that a calendar that is fetched again
// has it once.
package calendar

import (
	"strings"
	"time"
)

// Event is something that is due, or that begins and ends.
type Event struct {
	ID    string    // the same for the same event, also where it moves
	At    time.Time // when it is due, or begins
	Until time.Time // when it ends; zero: it is a moment
	Title string
	Says  string
}

// Calendar is a calendar with a name; Of says whose ids its events have, and Product
// what wrote it.
type Calendar struct {
	Name, Of, Product string
	Made              time.Time
	Events            []Event
}

// Bytes is the calendar as a file.
func (c *Calendar) Bytes() []byte {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	stamp := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//truce//"+c.Product+"//EN")
	line("X-WR-CALNAME", escape(c.Name))
	for _, e := range c.Events {
		line("BEGIN", "VEVENT")
		line("UID", escape(e.ID+"@"+c.Of))
		line("DTSTAMP", stamp(c.Made))
		line("DTSTART", stamp(e.At))
		if !e.Until.IsZero() {
			line("DTEND", stamp(e.Until))
		}
		line("SUMMARY", escape(e.Title))
		line("DESCRIPTION", escape(e.Says))
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

// escape writes a text value.
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
