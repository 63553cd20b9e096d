package feeds

import (
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// dateLayouts are how tables write a date. None of them can be mistaken for
// another: dates of the form 3/4/2025 are a matter of slashDate.
var dateLayouts = []string{
	"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05Z07:00", "2006/01/02",
	"2 January 2006", "2 Jan 2006", "2-January-2006", "2-Jan-2006", "2-Jan-06", "02-01-2006", "02.01.2006", "20060102",
}

// date reads the date of a cell, as midnight UTC; an hour in it is dropped.
func date(text string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		t, err := time.Parse(layout, text)
		if err == nil && t.Year() >= 1800 && t.Year() <= 2200 {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
		}
	}
	return time.Time{}, false
}

// dateIn reads the date in a column.
func dateIn(column, text string) (time.Time, error) {
	t, ok := date(text)
	if !ok {
		return t, faultIn(column, "%q is not a date: expected such as 2025-03-26 or 26 March 2025", clip(text))
	}
	return t, nil
}

// slashDate reads 3/4/2025, of which nobody says whether the day or the month
// stands first: the days that it may mean, from the earlier to the later.
func slashDate(text string) (from, to time.Time, ok bool) {
	text, _, _ = strings.Cut(text, " ")
	for _, layout := range []string{"2/1/2006", "1/2/2006"} {
		t, err := time.Parse(layout, text)
		switch {
		case err != nil || t.Year() < 1800 || t.Year() > 2200:
		case !ok:
			from, to, ok = t, t, true
		case t.Before(from):
			from = t
		default:
			to = t
		}
	}
	return from, to, ok
}

// A day begins and ends, somewhere on earth, that much before and after it does
// in UTC.
const (
	firstDawn = 14 * time.Hour
	lastDusk  = 12 * time.Hour
)

// daysIn is the time from one civil day to another, both whole, of a source
// that does not say in which zone its days are. In Ukraine they may be those of
// Kyiv or of Moscow; in Russia those as well, since its west is reported from
// Kyiv, too, or of any of its zones. Elsewhere they may be those of any zone on
// earth.
func (r *run) daysIn(country string, at where.Point, from, to time.Time) (when.Span, error) {
	zones := []string{"Europe/Kyiv", "Europe/Moscow"}
	switch {
	case r.opt.Zone != nil:
		return daysOf([]*time.Location{r.opt.Zone}, from, to), nil
	case country == "RU":
		zones = append(zones, "Europe/Kaliningrad")
		if at.Lon > 44 || at.Lon < 0 || at == (where.Point{}) { // east of where Moscow time ends, or unknown
			zones = append(zones, "Asia/Kamchatka")
		}
	case country != "UA":
		return when.Span{Start: when.At(from.Add(-firstDawn)), End: when.At(to.AddDate(0, 0, 1).Add(lastDusk))}, nil
	}
	var locs []*time.Location
	for _, name := range zones {
		loc, err := r.tools.zone(name)
		if err != nil {
			return when.Always, err
		}
		locs = append(locs, loc)
	}
	return daysOf(locs, from, to), nil
}

// daysOf is the time that is between two days in any of the zones.
func daysOf(locs []*time.Location, from, to time.Time) when.Span {
	var out when.Span
	for i, loc := range locs {
		start, end := when.Day(from.Year(), from.Month(), from.Day(), loc).Start, when.Day(to.Year(), to.Month(), to.Day(), loc).End
		if i == 0 || start < out.Start {
			out.Start = start
		}
		if i == 0 || end > out.End {
			out.End = end
		}
	}
	return out
}

// zone keeps the zones at hand that were asked for: reading one is slow.
func (t *tools) zone(name string) (*time.Location, error) {
	z, ok := t.zones[name]
	if !ok {
		loc, err := when.Zone(name)
		z = zone{loc, err}
		t.zones[name] = z
	}
	return z.loc, z.err
}
