package commission

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// TestStopOnAWeekend: a stop on days that do not count moves no deadline of working
// days, and one that reaches into them moves it by what falls on them.
func TestStopOnAWeekend(t *testing.T) {
	for name, x := range map[string]struct{ stop, resume, due string }{
		"none":                       {"", "", "2030-03-11T08:00Z"},
		"Saturday to Sunday":         {"+70h", "+24h", "2030-03-11T08:00Z"},
		"on Thursday, for six hours": {"+24h", "+6h", "2030-03-11T14:00Z"},
	} {
		p := newPlay(t, text)
		p.At("+120h").As("UA").Complains("RU", "1.1") // Wednesday 6 March, 8:00 UTC; the 8th is a holiday of one side
		if x.stop != "" {
			p.At(x.stop).As("chair").Stops("mines").At(x.resume).Step("resume", "")
		}
		for _, k := range p.State().Cases[0].Clocks {
			if k.Step == "visit" && k.Due.String() != x.due {
				t.Errorf("%s: the visit is due %s, expected %s", name, k.Due, x.due)
			}
		}
	}
}

// TestStoppedByMinutes: what is added to a term of working days is, counted minute by
// minute, what the stops took of it.
func TestStoppedByMinutes(t *testing.T) {
	zones := []*time.Location{nil, time.FixedZone("two", 2*3600), time.FixedZone("three and a half", 3*3600+1800)}
	begin := when.At(time.Date(2030, 3, 4, 8, 0, 0, 0, time.UTC)) // a Monday
	rapid.Check(t, func(t *rapid.T) {
		c := &clocked{course: &terms.Course{}}
		for range rapid.IntRange(0, 2).Draw(t, "sides") {
			k := terms.Calendar{Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
			for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID[int]).Draw(t, "week") {
				k.Week[d] = true
			}
			c.course.Calendars = append(c.course.Calendars, k)
		}
		minute := func(n int) when.Instant { return begin.Add(time.Duration(n) * time.Minute) }
		due := rapid.IntRange(1, 4*1440).Draw(t, "due")
		from := rapid.IntRange(0, due-1).Draw(t, "from")
		until := rapid.IntRange(from+1, from+4*1440).Draw(t, "until")
		got := c.stopped(minute(due), true, begin, minute(until), []Stop{{From: Time(minute(from))}})
		took := 0
		for n := from; n < until; n++ {
			if c.works(minute(n)) {
				took++
			}
		}
		want := due
		for guard := 0; took > 0 && guard < 30*1440; want, guard = want+1, guard+1 {
			if c.works(minute(want)) {
				took--
			}
		}
		if took > 0 {
			return // hardly a day on which both work: it is far away
		}
		if got != minute(want) {
			t.Fatalf("due %s, by minutes %s", got, minute(want))
		}
	})
}

// TestSilenceIsAnAnswer: what silence means by the text is shown of what is answered, and
// not of a visit.
func TestSilenceIsAnAnswer(t *testing.T) {
	p := newPlay(t, strings.Replace(text, "  calendars:\n", "  silence: no knowledge\n  calendars:\n", 1))
	p.As("UA").Complains("RU", "1.1")
	p.At("+200h")
	overdue := 0
	for _, k := range p.State().Cases[0].Clocks {
		if k.State != "overdue" {
			continue
		}
		overdue++
		if silent := k.Step == "acknowledgement" || k.Step == "reply"; silent != (k.Default != "") {
			t.Errorf("%s: by the text %q", k.Step, k.Default)
		}
	}
	if overdue < 3 {
		t.Errorf("%d steps are overdue: this test tests nothing", overdue)
	}
}
