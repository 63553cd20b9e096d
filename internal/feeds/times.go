package feeds

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
)

var (
	bareDate   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	withOffset = regexp.MustCompile(`(?i)\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(z|[+-]\d{2}:?\d{2})$`)
)

// civilLayouts are how sources write dates with an hour.
var civilLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

// civil reads a civil time. Where the clock was put back and the time exists
// twice, both instants it may mean are returned; where it was put forward over
// the time, which no clock showed, the error names both readings.
func civil(s string, loc *time.Location) (earliest, latest when.Instant, err error) {
	i, err := when.ParseCivil(s, loc)
	if err == nil {
		return i, i, nil
	}
	for _, layout := range civilLayouts {
		t, e := time.Parse(layout, strings.TrimSpace(s))
		if e != nil || t.Year() < 1800 || t.Year() > 2200 {
			continue
		}
		a, b := atOffset(t, loc, -36*time.Hour), atOffset(t, loc, 36*time.Hour)
		if a > b {
			break // the clock was put forward
		}
		return a, b, nil
	}
	return 0, 0, err
}

// atOffset is the instant of wall time t with the offset that holds in loc some
// time before or after.
func atOffset(t time.Time, loc *time.Location, shift time.Duration) when.Instant {
	_, off := t.Add(shift).In(loc).Zone()
	return when.At(t.Add(-time.Duration(off) * time.Second))
}

// stamp is what one cell says of a time: an instant as [at, at], or a day.
type stamp struct {
	span when.Span
	day  bool // no hour was given
	open bool // the clock was changed: the time may mean either end of span
}

// parseStamp reads a date, a civil time or a time with offset. loc is nil when
// nobody says which zone a civil time is in.
func parseStamp(s string, loc *time.Location) (stamp, error) {
	s = strings.TrimSpace(s)
	if withOffset.MatchString(s) {
		i, err := when.ParseRFC3339(s)
		return stamp{span: when.Moment(i)}, err
	}
	if loc == nil {
		return stamp{}, fmt.Errorf("%q has no offset and no zone is named: write Z or +03:00 at the end, or name the zone", clip(s))
	}
	if bareDate.MatchString(s) {
		d, err := when.ParseDay(s, loc)
		return stamp{span: d, day: true}, err
	}
	a, b, err := civil(s, loc)
	return stamp{span: when.Span{Start: a, End: b}, open: a != b}, err
}

// interval is the time from one stamp to another, days counted whole.
func interval(start, end stamp) (when.Span, error) {
	s := when.Span{Start: start.span.Start, End: end.span.End}
	if s.End < s.Start {
		return s, fmt.Errorf("it ends (%s) before it starts (%s)", s.End, s.Start)
	}
	return s, nil
}

// kyiv is the zone of sources that write Kyiv time, unless another was asked for.
func (r *run) kyiv() (*time.Location, error) {
	if r.opt.Zone != nil {
		return r.opt.Zone, nil
	}
	return when.Zone("Europe/Kyiv")
}
