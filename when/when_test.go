package when

import (
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func at(t *testing.T, s string) Instant {
	t.Helper()
	i, err := ParseRFC3339(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestSpanIsHalfOpen(t *testing.T) {
	s := Span{at(t, "2025-03-18T00:00:00+03:00"), at(t, "2025-03-19T00:00:00+03:00")}
	for in, want := range map[string]bool{
		"2025-03-17T20:59:59Z": false, "2025-03-17T21:00:00Z": true, "2025-03-18T20:59:59Z": true, "2025-03-18T21:00:00Z": false,
	} {
		if got := s.Contains(at(t, in)); got != want {
			t.Errorf("%v contains %s: %v, want %v", s, in, got, want)
		}
	}
	if m := Moment(s.Start); !m.Contains(s.Start) || m.Contains(s.Start+1) || !m.Overlaps(s) {
		t.Error("a moment contains just itself")
	}
	if (Span{1, 5}).Overlaps(Span{5, 9}) {
		t.Error("spans that touch do not overlap")
	}
}

func TestCivilTimes(t *testing.T) {
	kyiv, msk := zone(t, "Europe/Kyiv"), zone(t, "Europe/Moscow")
	for _, c := range []struct {
		in   string
		loc  *time.Location
		want string // an instant, or part of an error
	}{
		{"2025-03-19 01:20", kyiv, "2025-03-18T23:20Z"},
		{"2025-03-31 01:20", kyiv, "2025-03-30T22:20Z"},
		{"2025-03-30 03:30", kyiv, "does not exist"},
		{"2025-10-26 03:30", kyiv, "happens twice"},
		{"2025-03-30 03:30", msk, "2025-03-30T00:30Z"},
		{"2014-10-26 01:30", msk, "happens twice"},
		{"2023-05-16 3:30", kyiv, "2023-05-16T00:30Z"},
		{"2025-02-29 10:00", kyiv, "not a date and time"},
		{"0001-01-01 10:00", kyiv, "outside"},
	} {
		i, err := ParseCivil(c.in, c.loc)
		got := i.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s in %s: %s, want %s", c.in, c.loc, got, c.want)
		}
	}
	for in, hours := range map[string]int{"2025-03-29": 24, "2025-03-30": 23, "2025-10-26": 25} {
		d, err := ParseDay(in, kyiv)
		if err != nil || int(d.End-d.Start) != hours*3600_000 {
			t.Errorf("day %s: %v %v, want %d hours", in, d, err, hours)
		}
	}
}

func TestThirtyDaysAcrossTheClockChange(t *testing.T) {
	kyiv := zone(t, "Europe/Kyiv")
	start, _ := ParseCivil("2025-03-25 12:00", kyiv)
	d, _ := ParseDuration("30 days")
	if got := d.After(start, Calendar, kyiv).String(); got != "2025-04-24T09:00Z" {
		t.Errorf("calendar: %s", got)
	}
	if got := d.After(start, Hours24, kyiv).String(); got != "2025-04-24T10:00Z" {
		t.Errorf("24h: %s", got)
	}
}

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]string{"30 days": "P30D", "72 hours": "PT72H", "P2DT3H": "P2DT3H", "2 weeks": "P14D", "90 minutes": "PT1H30M"} {
		if d, err := ParseDuration(in); err != nil || d.String() != want {
			t.Errorf("%q: %v %v, want %s", in, d, err, want)
		}
	}
	for _, in := range []string{"", "a month", "1 month", "P", "PT", "-3 days", "999999999 days"} {
		if d, err := ParseDuration(in); err == nil {
			t.Errorf("%q was read as %v", in, d)
		}
	}
}

func TestParseRFC3339Refuses(t *testing.T) {
	for in, want := range map[string]string{
		"2025-03-18T21:00:00":  "no offset",
		"2016-12-31T23:59:60Z": "leap second",
		"2025-02-30T00:00:00Z": "not a time",
		"3025-02-03T00:00:00Z": "outside",
		"yesterday":            "not a time",
	} {
		if _, err := ParseRFC3339(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestZoneComesFromTheEmbeddedDatabase(t *testing.T) {
	t.Setenv("ZONEINFO", "/nonexistent")
	for _, bad := range []string{"", "Europe/", "Europe/Kiew", "../../etc/passwd"} {
		if _, err := Zone(bad); err == nil {
			t.Errorf("zone %q was found", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2025-03-18T21:00:00Z")
	f.Add("30 days")
	f.Fuzz(func(t *testing.T, s string) {
		if i, err := ParseRFC3339(s); err == nil {
			if _, err := ParseRFC3339(i.RFC3339()); err != nil {
				t.Fatalf("%q printed as %q: %v", s, i.RFC3339(), err)
			}
		}
		if d, err := ParseDuration(s); err == nil {
			if _, err := ParseDuration(d.String()); err != nil {
				t.Fatalf("%q printed as %q: %v", s, d, err)
			}
		}
	})
}

// TestHoursNeedNoClock: 72 hours are the same everywhere, also where no zone is
// known.
func TestHoursNeedNoClock(t *testing.T) {
	d, err := ParseDuration("72 hours")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.After(0, Calendar, nil); got != Instant(72*3600*1000) {
		t.Errorf("72 hours after 1970 is %s", got)
	}
}
