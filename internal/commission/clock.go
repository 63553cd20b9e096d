package commission

import (
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Clock is the time for one step of a case.
type Clock struct {
	Step    string            `json:"step"`
	Who     []string          `json:"who,omitempty" doc:"who has to act"`
	Says    string            `json:"says,omitempty" doc:"the rule, as the text states it"`
	State   string            `json:"state" enum:"waiting,running,stopped,met,late,overdue,unclear,free" doc:"waiting: what it runs from has not come; late: done after its time; unclear: by its own clock in time, and it stands in the log after the time; free: the text sets no time"`
	Started Time              `json:"started,omitempty"`
	Due     Time              `json:"due,omitempty" doc:"with stops, as they are known now"`
	Civil   map[string]string `json:"civil,omitempty" doc:"due by the clocks of the sides, by time zone"`
	At      Time              `json:"at,omitempty" doc:"when it was done"`
	Entry   string            `json:"entry,omitempty" doc:"by which it was done"`
	Stops   []Stop            `json:"stops,omitempty"`
	Default string            `json:"default,omitempty" doc:"what holds by the text since its time has run out"`
	Note    string            `json:"note,omitempty"`
}

// Stop is a time in which the clocks of a case stand.
type Stop struct {
	From   Time   `json:"from"`
	Until  Time   `json:"until,omitempty" doc:"absent: they stand"`
	Reason string `json:"reason"`
}

// lateBy is how far an entry may stand in the log after its own clock before that
// is said.
const lateBy = 5 * time.Minute

// clocked is a course with what its days are counted by.
type clocked struct {
	course *terms.Course
	clock  terms.Clock
}

// due is when a term ends that started at an instant, without stops.
func (c *clocked) due(t *terms.Term, working bool, start when.Instant) when.Instant {
	loc := c.clock.Zone
	if loc == nil {
		loc = time.UTC
	}
	if !working {
		return t.For.After(start, c.clock.Days, loc)
	}
	at := start
	for n, guard := 0, 0; n < t.For.Days; guard++ {
		if guard > 3660 { // a calendar without a working day
			return when.Future
		}
		at = when.Duration{Days: 1}.After(at, when.Calendar, loc)
		if c.works(at) {
			n++
		}
	}
	return at.Add(t.For.Exact)
}

// works reports whether an instant falls on a day on which every side works, by its
// own clock.
func (c *clocked) works(at when.Instant) bool {
	for i := range c.course.Calendars {
		k := &c.course.Calendars[i]
		loc := k.Zone
		if loc == nil {
			loc = time.UTC
		}
		local := at.Time().In(loc)
		if !k.Works(local.Format("2006-01-02"), local.Weekday()) {
			return false
		}
	}
	return true
}

// stopped moves a deadline by the stops that fall into it. Of a term of working days
// only such days count: a stop on a day that does not count moves nothing, and what is
// added is added in days that do.
func (c *clocked) stopped(due when.Instant, working bool, start, now when.Instant, stops []Stop) when.Instant {
	for _, s := range stops {
		from, until := max(when.Instant(s.From), start), now
		if s.Until != 0 {
			until = min(when.Instant(s.Until), now)
		}
		switch {
		case from >= due || until <= from || !due.Bounded():
		case working:
			due = c.later(due, c.counted(from, until))
		default:
			due += until - from
		}
	}
	return due
}

// counted is how much of a span falls on days on which every side works.
func (c *clocked) counted(from, until when.Instant) (d time.Duration) {
	for from < until {
		next := min(c.midnight(from), until)
		if c.works(from) {
			d += between(from, next)
		}
		from = next
	}
	return d
}

// later is an instant moved by so much of days on which every side works.
func (c *clocked) later(at when.Instant, d time.Duration) when.Instant {
	for guard := 0; d > 0; guard++ {
		if guard > 7320 { // a calendar without a working day
			return when.Future
		}
		next := c.midnight(at)
		if !c.works(at) {
			at = next
			continue
		}
		step := min(d, between(at, next))
		at, d = at.Add(step), d-step
	}
	return at
}

// midnight is when the next day begins by the clock of a side.
func (c *clocked) midnight(at when.Instant) when.Instant {
	next := at.Add(24 * time.Hour) // where there are no calendars every day counts
	for i := range c.course.Calendars {
		loc := c.course.Calendars[i].Zone
		if loc == nil {
			loc = time.UTC
		}
		y, m, d := at.Time().In(loc).Date()
		next = min(next, max(when.At(time.Date(y, m, d+1, 0, 0, 0, 0, loc)), at.Add(time.Minute)))
	}
	return next
}

// stands reports whether the clocks stand at a time.
func stands(stops []Stop, now when.Instant) bool {
	return slices.ContainsFunc(stops, func(s Stop) bool {
		return when.Instant(s.From) <= now && (s.Until == 0 || now < when.Instant(s.Until))
	})
}

// civil is an instant by the clocks of the sides.
func (c *clocked) civil(at when.Instant) map[string]string {
	if !at.Bounded() {
		return nil
	}
	zones := map[string]*time.Location{}
	if c.clock.Zone != nil {
		zones[c.clock.ZoneName] = c.clock.Zone
	}
	for _, k := range c.course.Calendars {
		if k.Zone != nil {
			zones[k.ZoneName] = k.Zone
		}
	}
	out := map[string]string{}
	for name, loc := range zones {
		out[name] = at.Time().In(loc).Format("2006-01-02 15:04")
	}
	return out
}

// lasts prints a length of time for people: "5 h", "2 d 3 h", "20 min".
func lasts(d time.Duration) string {
	d = d.Round(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case days > 0:
		return fmt.Sprintf("%d d", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d min", minutes)
}

// between is the time from one instant to a later one.
func between(a, b when.Instant) time.Duration { return time.Duration(b-a) * time.Millisecond }
