package when

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The names of these tests hold the number of the fault that they inject: F11
// the calendar, F12 changes of the clock, F30 exact ends.

func TestF11LeapSecondsAndDays(t *testing.T) {
	for in, want := range map[string]string{
		"2016-12-31T23:59:60Z":      "leap second",
		"2016-12-31T23:59:60.5Z":    "leap second",
		"2017-01-01T02:59:60+03:00": "leap second",
		"2016-12-31T23:59:59Z":      "2016-12-31T23:59:59Z",
		"2024-02-29T12:00Z":         "2024-02-29T12:00Z",
		"2023-02-29T12:00Z":         "not a time",
		"2100-02-29T12:00Z":         "not a time", // 2100 is no leap year
		"2000-02-29T12:00Z":         "2000-02-29T12:00Z",
		"2025-04-31T12:00Z":         "not a time",
		"2025-03-18T24:00Z":         "not a time",
		"2038-01-19T03:14:08Z":      "2038-01-19T03:14:08Z", // past 2^31 seconds
		"2106-02-07T06:28:16Z":      "2106-02-07T06:28:16Z", // past 2^32 seconds
		"1901-12-13T20:45:51Z":      "1901-12-13T20:45:51Z",
		"2200-12-31T23:59:59Z":      "2200-12-31T23:59:59Z",
		"2201-01-01T00:00:00Z":      "outside 1800..2200",
		"9999-12-31T23:59:59Z":      "outside",
		"1000000-01-01T00:00:00Z":   "not a time",
	} {
		i, err := ParseRFC3339(in)
		got := i.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestF11ThirtyDays: 30 days are what the terms say, by the calendar or 720
// hours, from the last day of January too, over 29 February, and past 2038.
func TestF11ThirtyDays(t *testing.T) {
	kyiv := zone(t, "Europe/Kyiv")
	d, err := ParseDuration("30 days")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ start, calendar, hours string }{
		{"2025-01-31T12:00+02:00", "2025-03-02T10:00Z", "2025-03-02T10:00Z"},
		{"2024-01-31T12:00+02:00", "2024-03-01T10:00Z", "2024-03-01T10:00Z"},
		{"2024-01-30T12:00+02:00", "2024-02-29T10:00Z", "2024-02-29T10:00Z"},
		{"2025-03-01T12:00+02:00", "2025-03-31T09:00Z", "2025-03-31T10:00Z"},
		{"2025-10-01T12:00+03:00", "2025-10-31T10:00Z", "2025-10-31T09:00Z"},
		{"2037-12-31T12:00+02:00", "2038-01-30T10:00Z", "2038-01-30T10:00Z"},
		{"2106-01-31T12:00+02:00", "2106-03-02T10:00Z", "2106-03-02T10:00Z"},
		// The hour of the end is skipped, or comes twice: by the clock that has
		// not been changed yet.
		{"2025-02-28T03:30+02:00", "2025-03-30T01:30Z", "2025-03-30T01:30Z"},
		{"2025-09-26T03:30+03:00", "2025-10-26T00:30Z", "2025-10-26T00:30Z"},
	} {
		start := at(t, c.start)
		if got := d.After(start, Calendar, kyiv).String(); got != c.calendar {
			t.Errorf("%s, calendar: %s, want %s", c.start, got, c.calendar)
		}
		if got := d.After(start, Hours24, kyiv).String(); got != c.hours {
			t.Errorf("%s, 24h: %s, want %s", c.start, got, c.hours)
		}
	}
	again := at(t, "2025-10-26T03:30+02:00") // the second 03:30 of that night
	if got := (Duration{}).After(again, Calendar, kyiv); got != again {
		t.Errorf("no days after the second 03:30: %s", got)
	}
	for _, in := range []string{"1 month", "P1M", "P1Y", "a month", "1000000 years"} {
		if _, err := ParseDuration(in); err == nil || !strings.Contains(err.Error(), "a month is not a length") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestF12ClocksThatAreChanged(t *testing.T) {
	for _, c := range []struct{ in, zone, want string }{
		{"2025-03-30 03:00", "Europe/Kyiv", "does not exist in Europe/Kyiv (time zone database " + TZData + "): the clock was put forward over it; it is 2025-03-30T01:00Z if the clock had not been changed yet and 2025-03-30T00:00Z if it had: write the offset"},
		{"2025-03-30 03:59:59", "Europe/Kyiv", "it is 2025-03-30T01:59:59Z if the clock had not been changed yet and 2025-03-30T00:59:59Z"},
		{"2025-03-30 02:59:59", "Europe/Kyiv", "2025-03-30T00:59:59Z"},
		{"2025-03-30 04:00", "Europe/Kyiv", "2025-03-30T01:00Z"},
		{"2025-10-26 02:59:59", "Europe/Kyiv", "2025-10-25T23:59:59Z"},
		{"2025-10-26 03:00", "Europe/Kyiv", "happens twice in Europe/Kyiv (2025-10-26T00:00Z and 2025-10-26T01:00Z, time zone database " + TZData + "): write the offset"},
		{"2025-10-26 03:59:59", "Europe/Kyiv", "happens twice"},
		{"2025-10-26 04:00", "Europe/Kyiv", "2025-10-26T02:00Z"},
		// Moscow has not changed its clock since it did for good on 26 October 2014.
		{"2014-10-26 01:30", "Europe/Moscow", "happens twice in Europe/Moscow (2014-10-25T21:30Z and 2014-10-25T22:30Z"},
		{"2014-10-26 00:59:59", "Europe/Moscow", "2014-10-25T20:59:59Z"},
		{"2014-10-26 02:00", "Europe/Moscow", "2014-10-25T23:00Z"},
		{"2025-03-30 03:30", "Europe/Moscow", "2025-03-30T00:30Z"},
		// Simferopol followed Kyiv until 30 March 2014, 02:00, then Moscow.
		{"2014-03-30 01:59", "Europe/Simferopol", "2014-03-29T23:59Z"},
		{"2014-03-30 02:30", "Europe/Simferopol", "does not exist"},
		{"2014-03-30 04:00", "Europe/Simferopol", "2014-03-30T00:00Z"},
		{"2025-03-30 03:30", "Europe/Simferopol", "2025-03-30T00:30Z"},
	} {
		i, err := ParseCivil(c.in, zone(t, c.zone))
		got := i.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s in %s: %s, want %s", c.in, c.zone, got, c.want)
		}
	}
}

// TestF12ClockAgreesWithSearch: the instants at which a clock shows a time are
// those that are found by trying every quarter of an hour.
func TestF12ClockAgreesWithSearch(t *testing.T) {
	zones := []*time.Location{zone(t, "Europe/Kyiv"), zone(t, "Europe/Moscow"), zone(t, "Europe/Simferopol"), zone(t, "Asia/Gaza"), zone(t, "Australia/Lord_Howe"), zone(t, "Pacific/Apia")}
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(t, "zone")
		wall := time.Date(rapid.IntRange(1990, 2037).Draw(t, "year"), time.Month(rapid.SampledFrom([]int{3, 4, 9, 10, 11, 12}).Draw(t, "month")),
			rapid.IntRange(1, 31).Draw(t, "day"), rapid.IntRange(0, 5).Draw(t, "hour"), 15*rapid.IntRange(0, 3).Draw(t, "quarter"), 0, 0, time.UTC)
		var want []time.Time
		for try := wall.Add(-27 * time.Hour); !try.After(wall.Add(27 * time.Hour)); try = try.Add(15 * time.Minute) {
			if in := try.In(loc); in.Format(time.DateTime) == wall.Format(time.DateTime) {
				want = append(want, try)
			}
		}
		got := showing(wall, loc)
		if len(got) != len(want) {
			t.Fatalf("%s in %s: %v, want %v", wall.Format(time.DateTime), loc, got, want)
		}
		for i := range got {
			if !got[i].Equal(want[i]) {
				t.Fatalf("%s in %s: %v, want %v", wall.Format(time.DateTime), loc, got, want)
			}
		}
	})
}

func TestF30EndsOfSpans(t *testing.T) {
	s := Span{at(t, "2025-03-18T00:00Z"), at(t, "2025-04-17T00:00Z")}
	for i, want := range map[Instant]bool{s.Start - 1: false, s.Start: true, s.Start + 1: true, s.End - 1: true, s.End: false, s.End + 1: false} {
		if s.Contains(i) != want || s.Overlaps(Moment(i)) != want {
			t.Errorf("%v: %v, want %v", i, s.Contains(i), want)
		}
	}
}

// FuzzCivil: a civil time is read, or refused with a reason, and what is read
// shows on the clock as it was written.
func FuzzCivil(f *testing.F) {
	f.Add("2025-03-30 03:30", "Europe/Kyiv")
	f.Add("2014-10-26T01:30:00", "Europe/Moscow")
	f.Add("2025-03-18", "Pacific/Apia")
	f.Fuzz(func(t *testing.T, s, name string) {
		loc, err := Zone(name)
		if err != nil {
			loc = time.UTC
		}
		if i, err := ParseCivil(s, loc); err == nil {
			shown := i.Time().In(loc).Format("2006-01-02T15:04:05.999999999")
			if back, err := ParseCivil(shown, loc); err != nil || back != i {
				t.Fatalf("%q in %s is %s, shown as %q, which is %s, %v", s, loc, i, shown, back, err)
			}
		}
		if d, err := ParseDay(s, loc); err == nil && d.End <= d.Start {
			t.Fatalf("the day %q in %s: %v", s, loc, d)
		}
	})
}
