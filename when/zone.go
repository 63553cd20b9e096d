package when

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// TZData names the edition of the embedded IANA time zone database.
const TZData = "2025c"

//go:embed tzdata/zoneinfo.zip
var zoneinfo []byte

// Zone returns the named zone from the embedded database, never from the
// machine. "UTC" and "Z" are UTC. Errors name the zone.
func Zone(name string) (*time.Location, error) {
	if name == "UTC" || name == "Z" {
		return time.UTC, nil
	}
	r, err := zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		return nil, fmt.Errorf("embedded time zone database: %w", err)
	}
	f, err := r.Open(name)
	if err != nil || name == "" || strings.HasSuffix(name, "/") {
		return nil, fmt.Errorf("unknown time zone %q: expected an IANA name such as Europe/Kyiv or Europe/Moscow (database %s)", name, TZData)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q: expected an IANA name such as Europe/Kyiv", name)
	}
	return loc, nil
}

// layouts that civil times are read in.
var civilLayouts = []string{
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02 3:04",
}

// ParseCivil reads a civil date and time without offset in zone loc. A time
// that the clock skipped or showed twice is an error that names both readings.
func ParseCivil(s string, loc *time.Location) (Instant, error) {
	s = strings.TrimSpace(s)
	for _, layout := range civilLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		return civil(t, loc, s)
	}
	return 0, fmt.Errorf("%q is not a date and time: expected such as 2025-03-18 21:30", s)
}

// ParseDay reads a date and returns the civil day in zone loc (23, 24 or 25
// hours long).
func ParseDay(s string, loc *time.Location) (Span, error) {
	t, err := time.Parse("2006-01-02", strings.TrimSpace(s))
	if err != nil {
		return Span{}, fmt.Errorf("%q is not a date: expected such as 2025-03-18", s)
	}
	if _, err := bounded(t, s); err != nil {
		return Span{}, err
	}
	return Day(t.Year(), t.Month(), t.Day(), loc), nil
}

// Day returns the civil day in zone loc.
func Day(y int, m time.Month, d int, loc *time.Location) Span {
	return Span{At(startOfDay(y, m, d, loc)), At(startOfDay(y, m, d+1, loc))}
}

// startOfDay is the first instant of the civil day, also where midnight does
// not exist.
func startOfDay(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	for t.Hour() != 0 && t.Hour() > 12 { // Go moved it to the day before
		t = t.Add(time.Hour)
	}
	return t
}

// civil finds the instant at which a clock in loc shows t.
func civil(t time.Time, loc *time.Location, s string) (Instant, error) {
	if i, err := bounded(t, s); err != nil {
		return i, err
	}
	found := showing(t, loc)
	switch len(found) {
	case 1:
		return At(found[0]), nil
	case 0:
		before, after := withOffsetOf(t, loc, -aroundChange), withOffsetOf(t, loc, aroundChange)
		return 0, fmt.Errorf("%q does not exist in %s (time zone database %s): the clock was put forward over it; it is %s if the clock had not been changed yet and %s if it had: write the offset",
			s, loc, TZData, At(before), At(after))
	}
	return 0, fmt.Errorf("%q happens twice in %s (%s and %s, time zone database %s): write the offset", s, loc, At(found[0]), At(found[1]), TZData)
}

// aroundChange is far enough from a clock time to be before or after a change
// of the clock at it.
const aroundChange = 36 * time.Hour

// showing finds the instants at which a clock in loc shows t: none where it was
// put forward over it, two, the earlier first, where it was put back.
func showing(t time.Time, loc *time.Location) []time.Time {
	var found []time.Time
	seen := map[int]bool{}
	for _, probe := range []time.Duration{-aroundChange, 0, aroundChange} {
		_, off := t.Add(probe).In(loc).Zone()
		if seen[off] {
			continue
		}
		seen[off] = true
		c := time.Unix(t.Unix()-int64(off), int64(t.Nanosecond())).In(loc)
		if _, o := c.Zone(); o == off {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}

// withOffsetOf is the instant of clock time t with the offset that holds in loc
// some time before or after.
func withOffsetOf(t time.Time, loc *time.Location, shift time.Duration) time.Time {
	_, off := t.Add(shift).In(loc).Zone()
	return t.Add(-time.Duration(off) * time.Second)
}
