package judge

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// TestHoursWhereTheClockChanges: daily windows at nights when the clock goes
// forward or back agree with going through a span minute by minute.
func TestHoursWhereTheClockChanges(t *testing.T) {
	nights := map[string][]string{
		"Europe/Kyiv":         {"2030-10-27T00:00Z", "2030-03-31T00:00Z"},
		"Australia/Lord_Howe": {"2030-04-06T15:00Z", "2030-10-05T15:30Z"},
		"America/St_Johns":    {"2030-11-03T04:00Z", "2030-03-10T05:00Z"},
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Kyiv", "Australia/Lord_Howe", "America/St_Johns"}).Draw(t, "zone")
		night, err := when.ParseRFC3339(rapid.SampledFrom(nights[zone]).Draw(t, "night"))
		if err != nil {
			t.Fatal(err)
		}
		quarter := rapid.IntRange(0, 23)
		from, until := quarter.Draw(t, "from")*15, quarter.Draw(t, "until")*15
		if from == until {
			return
		}
		clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
		text := "---\ntruce: 1\nid: h\nvocabulary: truce-core@1\ntime: {zone: " + zone + ", days: 24h, start: \"2030-01-01T00:00Z\", end: \"2031-01-01T00:00Z\"}\nparties: {A: {}, B: {}}\n---\n\n> 1 x.\n\n```truce\nclause: \"1\"\nforbid: {act: attack, hours: \"" +
			clock(from) + "-" + clock(until) + "\"}\n```\n"
		tm, problems := terms.Parse(fstest.MapFS{"h.truce.md": {Data: []byte(text)}}, "h.truce.md")
		if tm == nil {
			t.Fatal(problems)
		}
		r, err := tm.Under("text", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		start := night + when.Instant(rapid.IntRange(-180, 240).Draw(t, "start"))*60_000
		end := start + when.Instant(rapid.IntRange(1, 180).Draw(t, "length"))*60_000
		s := evidence.Unknown()
		s.Actor, s.Act, s.Time = []string{"A"}, []string{"attack.mine"}, when.Span{Start: start, End: end}
		s.Lasting = rapid.Bool().Draw(t, "lasting")
		in, out := false, false
		for i := start; i < end; i += 60_000 {
			if inHours(terms.Hours{From: from, Until: until}, i, tm.Clock.Zone) {
				in = true
			} else {
				out = true
			}
		}
		want := Undetermined
		switch {
		case s.Lasting && in || in && !out:
			want = Breach
		case !in:
			want = NotCovered
		}
		if got := New(r).Incident(&evidence.Incident{Scenarios: []evidence.Scenario{s}}, nil).Verdict; got != want {
			t.Fatalf("%s, hours %s-%s, %s to %s, lasting %v: %s, minute by minute %s", zone, clock(from), clock(until),
				start.Time().Format(time.RFC3339), end.Time().Format(time.RFC3339), s.Lasting, got, want)
		}
	})
}
