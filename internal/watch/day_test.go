package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// dayTasks are tasks at places, each about one finding of its own.
func dayTasks(o *Outlook, at ...where.Point) (out []*Task) {
	for i, p := range at {
		id := fmt.Sprintf("P%d", i+1)
		t := &Task{ID: id + "/act", Fact: "act", By: when.Future, Findings: []Settling{{id, "t", "r", 1}},
			scene: Scene{Place: where.Disc(p, 500), Time: when.Span{Start: o.Now.Add(-2 * time.Hour), End: o.Now.Add(-time.Hour)}}}
		t.Where = t.scene.Place
		o.finish(t)
		out = append(out, t)
	}
	return out
}

const dayMeans = `zone: Europe/Kyiv
means:
  - {id: patrol, kind: patrol, at: "50,35", speed: 60 km/h, stay: 30 min, hours: 08:00-17:00}
%s
`

func dayOfText(t *testing.T, rules, date string, at ...where.Point) *Day {
	o := &Outlook{House: house(t, fmt.Sprintf(dayMeans, rules)), Now: instant("2025-06-10T03:00:00Z"), Accept: evidence.Reported}
	day, err := time.ParseInLocation(time.DateOnly, date, o.House.Zone)
	if err != nil {
		t.Fatal(err)
	}
	x := o.OnDay(day)
	return x.PlanDay(dayTasks(x, at...), day, nil)
}

func (d *Day) String() string {
	var b strings.Builder
	for _, t := range d.Tours {
		for _, v := range t.Visits {
			fmt.Fprintf(&b, "%s %s-%s ", v.Home, v.Begin.Time().In(d.Zone).Format("15:04"), v.End.Time().In(d.Zone).Format("15:04"))
		}
		if len(t.Visits) > 0 {
			fmt.Fprintf(&b, "back %s ", t.Back.Time().In(d.Zone).Format("15:04"))
		}
		for _, l := range t.Left {
			fmt.Fprintf(&b, "not %s: %s ", l.Home, l.Why)
		}
	}
	return b.String()
}

// TestDay: hours, curfews, opening hours and ways decide when a visit is.
func TestDay(t *testing.T) {
	east := where.Point{Lat: 50, Lon: 35.4189} // 30 km: half an hour
	north := where.Point{Lat: 50.27, Lon: 35}  // 30 km
	for _, c := range []struct {
		rules string
		at    []where.Point
		want  []string
	}{
		{"", []where.Point{east}, []string{"P1 08:3", "back 09:3"}},
		{`curfew: [{hours: "21:00-10:00", why: by order}]`, []where.Point{east}, []string{"P1 10:3"}},
		{`curfew: [{hours: "21:00-10:00", to: "2025-06-01T00:00Z"}]`, []where.Point{east}, []string{"P1 08:3"}},
		{`open: [{place: "50,35.4189 ±1 km", hours: "13:00-14:00"}]`, []where.Point{east, north}, []string{"P2 ", "P1 13:00-13:30"}},
		{`open: [{place: "50,35.4189 ±1 km", hours: "18:00-20:00"}]`, []where.Point{east, north}, []string{"P2 ", "not P1: it cannot be there at any time of that day"}},
		{`open: [{place: "49,30 ±1 km", hours: "18:00-20:00"}]`, []where.Point{east}, []string{"P1 08:3"}},
		{"", []where.Point{{Lat: 50, Lon: 35.7}, {Lat: 50.45, Lon: 35}, {Lat: 50, Lon: 34.3}, {Lat: 49.55, Lon: 35}}, []string{"P1", "P2", "P3", "P4"}},
	} {
		d := dayOfText(t, c.rules, "2025-06-10", c.at...)
		got := d.String()
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q, expected %q", c.rules, got, w)
			}
		}
		if d.Value > d.Bound+1e-9 || d.Value <= 0 {
			t.Errorf("%s: value %g, bound %g", c.rules, d.Value, d.Bound)
		}
		for _, x := range d.Tours {
			now := x.Leave
			for _, v := range x.Visits {
				if v.Arrive < now || v.Begin < v.Arrive || v.End.Time().Sub(v.Begin.Time()) != 30*time.Minute {
					t.Errorf("%s: %+v after %s", c.rules, v, now)
				}
				now = v.End
			}
			if hour := x.Back.Time().In(d.Zone).Hour(); hour >= 17 {
				t.Errorf("back at %d", hour)
			}
		}
	}
}

// TestDenialEndsInTheDay: a place that is barred in the morning is visited after.
func TestDenialEndsInTheDay(t *testing.T) {
	o := &Outlook{House: house(t, fmt.Sprintf(dayMeans, "")), Now: instant("2025-06-10T03:00:00Z"), Accept: evidence.Reported}
	p := where.Point{Lat: 50, Lon: 35.4}
	o.Restrictions = []Restriction{{ID: "X", Kind: Denial, Place: where.Disc(p, 0), Span: when.Span{Start: instant("2025-06-09T00:00:00Z"), End: instant("2025-06-10T10:00:00Z")}}}
	day := time.Date(2025, 6, 10, 0, 0, 0, 0, o.House.Zone)
	x := o.OnDay(day)
	tasks := dayTasks(x, p)
	x.Restrictions = o.Restrictions
	if got := x.PlanDay(tasks, day, nil).String(); !strings.HasPrefix(got, "P1 13:00") {
		t.Error(got)
	}
}

// TestTwoMeansShareADay: what one settles the other does not go for.
func TestTwoMeansShareADay(t *testing.T) {
	d := dayOfText(t, `  - {id: second, kind: patrol, at: "50,35", speed: 60 km/h, hours: 08:00-17:00, finds: {act: 1}}
  - {id: away, kind: patrol, at: "50,35", hours: 08:00-09:00, ready: 20 h}`, "2025-06-10", where.Point{Lat: 50, Lon: 35.2})
	if len(d.Tours) != 3 || d.Tours[0].Means.ID != "away" || len(d.Tours[0].Visits) != 0 {
		t.Fatalf("%s", d)
	}
	first, second := d.Tours[1].Gain, d.Tours[2].Gain
	if first <= 0 || second <= 0 || first+second > 1 || d.Value > d.Bound+1e-9 || d.Promise != 0.5 {
		t.Errorf("%g and %g, value %g of %g, promised %g", first, second, d.Value, d.Bound, d.Promise)
	}
}

func FuzzMeansRules(f *testing.F) {
	f.Add(`curfew: [{hours: "22:00-05:00"}]`)
	f.Add(`open: [{place: "50,35 ±1 km", hours: "09:00-24:00", from: "2025-01-01T00:00Z"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		h, _ := ReadMeans("m.yaml", []byte(text), nil)
		for _, r := range h.Rules {
			if r.Hours[0] == r.Hours[1] || r.Span.End <= r.Span.Start || !r.Curfew && r.Place.IsUnknown() {
				t.Fatalf("%+v", r)
			}
		}
	})
}
