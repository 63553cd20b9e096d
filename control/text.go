package control

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// isDisc reports whether a region is the disc; regions that are not discs have
// centres and radii too, so these alone do not tell.
func isDisc(r where.Region, c where.Point, radius where.Metres) bool {
	return reflect.DeepEqual(r, where.Disc(c, radius))
}

// DateOf writes the time of a layer: an instant, or the day (of UTC) if it is
// one, else both ends.
func DateOf(r when.Range) string {
	if r.Certain() {
		return r.Earliest.String()
	}
	day := r.Earliest.Time().Truncate(24 * time.Hour)
	if r == DayOf(day.Year(), day.Month(), day.Day()) {
		return day.Format("2006-01-02")
	}
	return r.String()
}

// DayOf is the time of a layer of which only the day of UTC is known.
func DayOf(y int, m time.Month, d int) when.Range {
	s := when.Day(y, m, d, time.UTC)
	return when.Range{Earliest: s.Start, Latest: s.End.Add(-time.Millisecond)}
}

// AgeString writes an age in whole hours and, from two days on, whole days:
// "18 h", "2 days 18 h".
func AgeString(d time.Duration) string {
	h := int64(d / time.Hour)
	days, rest := h/24, h%24
	switch {
	case days < 2:
		return fmt.Sprintf("%d h", h)
	case rest == 0:
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d days %d h", days, rest)
}

// String says the answer in a line: "RU|UA by layer 2025-03-18T03:00Z (2 days
// 18 h old), margin 2 km".
func (a Answer) String() string {
	who := strings.Join(a.Holders, "|")
	if a.Holders == nil {
		return "unknown: " + strings.Join(a.Notes, "; ")
	}
	s := fmt.Sprintf("%s by layer %s (%s old), margin %s", who, DateOf(a.Layer), AgeString(a.Age), a.Margin)
	if len(a.Notes) > 1 {
		s += "; layers: " + strings.Join(a.Notes, ", ")
	}
	return s
}
