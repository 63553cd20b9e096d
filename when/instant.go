// Package when holds instants, half-open spans, uncertain instants, durations
// as texts write them ("30 days", which must say how it counts) and civil time
// in named zones.
//
// It promises that a span contains its start and not its end, that a civil
// time which a clock shows twice or never is reported and not guessed, and
// that zone rules come only from the embedded database named by TZData. It
// reads no clock.
package when

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Instant is a moment in UTC, in milliseconds since 1970-01-01T00:00:00Z.
// Leap seconds do not exist in it: 23:59:60 is refused on reading.
type Instant int64

// Unbounded ends of spans.
const (
	Past   Instant = math.MinInt64 // before everything
	Future Instant = math.MaxInt64 // after everything
)

// Earliest and latest years that are read; outside them a typing error is
// likelier than a ceasefire.
const (
	minYear = 1800
	maxYear = 2200
)

// At converts t.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time converts i to UTC. It must not be called on Past or Future.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// Bounded reports whether i is neither Past nor Future.
func (i Instant) Bounded() bool { return i != Past && i != Future }

// Add returns i moved by d; unbounded instants stay where they are.
func (i Instant) Add(d time.Duration) Instant {
	if !i.Bounded() {
		return i
	}
	return i + Instant(d.Milliseconds())
}

// String prints i as RFC 3339 in UTC, without seconds where they are zero:
// 2025-03-18T21:00Z.
func (i Instant) String() string {
	switch i {
	case Past:
		return "the beginning of time"
	case Future:
		return "the end of time"
	}
	t := i.Time()
	switch {
	case t.Nanosecond() != 0:
		return t.Format("2006-01-02T15:04:05.000Z")
	case t.Second() != 0:
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04Z")
}

// RFC3339 prints i with seconds, as the findings files hold it; "" if unbounded.
func (i Instant) RFC3339() string {
	if !i.Bounded() {
		return ""
	}
	return i.Time().Format(time.RFC3339)
}

// ParseRFC3339 reads an instant with an offset. Seconds may be left out:
// 2025-03-18T21:00Z. Errors say what is wrong.
func ParseRFC3339(s string) (Instant, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return bounded(t, s)
		}
	}
	if len(s) >= 16 && strings.Contains(s, ":60") {
		return 0, fmt.Errorf("%q: a leap second or a 60th minute is not an instant here; write the second before or after it", s)
	}
	for _, layout := range civilLayouts {
		if _, err := time.Parse(layout, s); err == nil {
			return 0, fmt.Errorf("%q has no offset: expected Z or +03:00 at the end, such as %sZ", s, s)
		}
	}
	return 0, fmt.Errorf("%q is not a time: expected RFC 3339, such as 2025-03-18T21:00:00Z or 2025-03-19T00:00:00+03:00", s)
}

func bounded(t time.Time, s string) (Instant, error) {
	if y := t.Year(); y < minYear || y > maxYear {
		return 0, fmt.Errorf("%q: year %d is outside %d..%d", s, y, minYear, maxYear)
	}
	return At(t), nil
}

// Span is the half-open interval [Start, End). A span whose End equals its
// Start is the single instant Start. The zero value is the instant 1970.
type Span struct{ Start, End Instant }

// Always is the span of all time.
var Always = Span{Past, Future}

// Moment returns the span that is the single instant i.
func Moment(i Instant) Span { return Span{i, i} }

// IsMoment reports whether s is one instant.
func (s Span) IsMoment() bool { return s.Start == s.End }

// Unknown reports whether s says nothing.
func (s Span) Unknown() bool { return s == Always }

// Contains reports whether i is in s.
func (s Span) Contains(i Instant) bool { return s.Start <= i && (i < s.End || i == s.Start) }

// Overlaps reports whether s and t have an instant in common.
func (s Span) Overlaps(t Span) bool {
	return s.Contains(t.Start) || t.Contains(s.Start)
}

// String prints the span.
func (s Span) String() string {
	switch {
	case s.Unknown():
		return "unknown"
	case s.IsMoment():
		return s.Start.String()
	case s.Start == Past:
		return "before " + s.End.String()
	case s.End == Future:
		return "from " + s.Start.String()
	}
	return s.Start.String() + ".." + s.End.String()
}

// Range is an instant that is known only to lie between Earliest and Latest,
// both included: "18 March, no hour given". Latest may be Future ("no end is
// stated"). A Range with equal ends is certain.
type Range struct{ Earliest, Latest Instant }

// Exactly returns the certain range i.
func Exactly(i Instant) Range { return Range{i, i} }

// Certain reports whether r is one instant.
func (r Range) Certain() bool { return r.Earliest == r.Latest }

// String prints the range.
func (r Range) String() string {
	switch {
	case r.Certain():
		return r.Earliest.String()
	case r.Latest == Future:
		return "not before " + r.Earliest.String()
	case r.Earliest == Past:
		return "not after " + r.Latest.String()
	}
	return "between " + r.Earliest.String() + " and " + r.Latest.String()
}
