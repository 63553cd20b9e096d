package when

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Counting says what a day is.
type Counting uint8

// The two ways to count days. They differ where the clock changes.
const (
	Calendar Counting = iota // the same civil time on a later date
	Hours24                  // 24 hours each
)

// ParseCounting reads "calendar" or "24h".
func ParseCounting(s string) (Counting, error) {
	switch s {
	case "calendar":
		return Calendar, nil
	case "24h", "24 hours":
		return Hours24, nil
	}
	return 0, fmt.Errorf("%q: expected calendar (the same hour on a later date) or 24h", s)
}

// String prints the way of counting as terms write it.
func (c Counting) String() string {
	if c == Hours24 {
		return "24h"
	}
	return "calendar"
}

// Duration is a stretch of time as a text states it: days are kept apart from
// hours because how they count is a question of its own.
type Duration struct {
	Days  int
	Exact time.Duration
}

var (
	wordDuration = regexp.MustCompile(`^(\d{1,5})\s*(days?|d|hours?|h|minutes?|min|weeks?)$`)
	isoDuration  = regexp.MustCompile(`^P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)
)

// ParseDuration reads "30 days", "72 hours", "45 minutes", "2 weeks" or ISO
// 8601 (P30D, PT48H). A month is refused: it is not a length.
func ParseDuration(s string) (Duration, error) {
	s = strings.TrimSpace(s)
	if m := wordDuration.FindStringSubmatch(strings.ToLower(s)); m != nil {
		n, _ := strconv.Atoi(m[1])
		switch m[2][0] {
		case 'd':
			return Duration{Days: n}, nil
		case 'w':
			return Duration{Days: 7 * n}, nil
		case 'h':
			return Duration{Exact: time.Duration(n) * time.Hour}, nil
		}
		return Duration{Exact: time.Duration(n) * time.Minute}, nil
	}
	if m := isoDuration.FindStringSubmatch(s); m != nil && len(s) > 2 && !strings.HasSuffix(s, "T") {
		n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
		return Duration{
			Days:  7*n(1) + n(2),
			Exact: time.Duration(n(3))*time.Hour + time.Duration(n(4))*time.Minute + time.Duration(n(5))*time.Second,
		}, nil
	}
	return Duration{}, fmt.Errorf("%q is not a duration: expected such as \"30 days\", \"72 hours\", P30D or PT48H (a month is not a length: write days)", s)
}

// After returns start moved by d, counting days as c says in zone loc. Calendar
// days that end where the clock skips an hour, or shows it twice, end at the
// instant that a clock shows which has not been changed yet.
func (d Duration) After(start Instant, c Counting, loc *time.Location) Instant {
	if !start.Bounded() {
		return start
	}
	t := start.Time()
	if c == Calendar && d.Days != 0 { // hours need no clock
		t = onDay(t.In(loc), d.Days, loc)
	} else {
		t = t.Add(time.Duration(d.Days) * 24 * time.Hour)
	}
	return At(t.Add(d.Exact))
}

// onDay is the instant at which a clock in loc shows the time of t some days
// later.
func onDay(t time.Time, days int, loc *time.Location) time.Time {
	if days == 0 {
		return t // t may be the second of two instants of one clock time
	}
	wall := time.Date(t.Year(), t.Month(), t.Day()+days, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	if found := showing(wall, loc); len(found) > 0 {
		return found[0]
	}
	return withOffsetOf(wall, loc, -aroundChange)
}

// String prints d as ISO 8601.
func (d Duration) String() string {
	s := "P"
	if d.Days != 0 {
		s += strconv.Itoa(d.Days) + "D"
	}
	if d.Exact != 0 {
		s += "T"
		for _, u := range []struct {
			unit time.Duration
			name string
		}{{time.Hour, "H"}, {time.Minute, "M"}, {time.Second, "S"}} {
			if n := d.Exact % (60 * u.unit) / u.unit; u.unit == time.Hour {
				if n = d.Exact / u.unit; n != 0 {
					s += strconv.Itoa(int(n)) + u.name
				}
			} else if n != 0 {
				s += strconv.Itoa(int(n)) + u.name
			}
		}
	}
	if s == "P" {
		return "PT0S"
	}
	return s
}
