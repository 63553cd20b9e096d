package evidence

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func detected(t testing.TB, clock string, lat, lon, frp float64) Detection {
	t.Helper()
	i, err := when.ParseRFC3339(clock)
	if err != nil {
		t.Fatal(err)
	}
	return Detection{Time: i, Place: where.Point{Lat: lat, Lon: lon}, Scan: 0.4, Track: 0.4, Satellite: "N", Instrument: "VIIRS", Confidence: "nominal", FRP: frp}
}

// days is a baseline of detections elsewhere, so that it is known that somebody
// looked.
func days(t testing.TB, n int) *Baseline {
	b := &Baseline{}
	for i := range n {
		d := detected(t, "2025-03-10T23:40:00Z", 49, 30, 1)
		d.Time = d.Time.Add(time.Duration(i) * 24 * time.Hour)
		b.Add(d)
	}
	return b
}

// TestWeighing: a detection supports inside a pass, in time, at the place, and
// above what is usual; each of these alone takes the support away.
func TestWeighing(t *testing.T) {
	place := where.Point{Lat: 51.11, Lon: 35.18}
	at := when.Span{Start: mustTime(t, "2025-03-20T21:00Z"), End: mustTime(t, "2025-03-20T22:00Z")}
	good := detected(t, "2025-03-20T23:22:00Z", 51.11, 35.18, 12)
	b := days(t, 20)
	if s := Weigh(&good, at, place, 3000, b); !s.Supports || len(s.Shifts) > 0 {
		t.Fatalf("%+v", s)
	}
	flare := days(t, 20)
	for i := range 10 {
		d := detected(t, "2025-03-10T23:40:00Z", 51.112, 35.181, 30)
		d.Time = d.Time.Add(time.Duration(2*i) * 24 * time.Hour)
		flare.Add(d)
	}
	rare := days(t, 20)
	rare.Add(detected(t, "2025-03-12T23:40:00Z", 51.112, 35.181, 30))
	cases := map[string]struct {
		change func(*Detection)
		b      *Baseline
		radius float64
		says   string
	}{
		"static":            {func(d *Detection) { d.Static = "a static source" }, b, 3000, "the archive says that it is a static source"},
		"outside a pass":    {func(d *Detection) { d.Time = mustTime(t, "2025-03-20T20:22Z") }, b, 3000, "a wrong time zone? +2 h (22:22Z) would be, or +3 h (23:22Z)"},
		"too early":         {func(d *Detection) { d.Time = mustTime(t, "2025-03-20T10:00Z") }, b, 3000, "before the earliest time"},
		"too late":          {func(d *Detection) { d.Time = mustTime(t, "2025-03-21T23:22Z") }, b, 3000, "after the latest time"},
		"elsewhere":         {func(d *Detection) { d.Place.Lat += 0.1 }, b, 3000, "beyond the place"},
		"somewhere":         {func(*Detection) {}, b, 80000, "supports nothing"},
		"faint":             {func(d *Detection) { d.Confidence = "low" }, b, 3000, "confidence is low"},
		"no baseline":       {func(*Detection) {}, days(t, 3), 3000, "what is usual there is not known"},
		"a flare":           {func(*Detection) {}, flare, 3000, "something burns there"},
		"not more than was": {func(*Detection) {}, rare, 3000, "not stronger than"},
	}
	for name, c := range cases {
		d := good
		c.change(&d)
		if s := Weigh(&d, at, place, c.radius, c.b); s.Supports || !strings.Contains(strings.Join(s.Why, "\n"), c.says) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	strong := good
	strong.FRP = 60
	if s := Weigh(&strong, at, place, 3000, rare); !s.Supports {
		t.Errorf("stronger than ever: %+v", s)
	}
}

func mustTime(t testing.TB, s string) when.Instant {
	t.Helper()
	i, err := when.ParseRFC3339(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestZoneOfTheStation: of the three clocks that "23:22" may have been, Moscow's
// (20:22 UTC) and Kyiv's (21:22 UTC) fit no pass of VIIRS, and UTC does.
func TestZoneOfTheStation(t *testing.T) {
	for clock, fits := range map[string]bool{"2025-03-20T20:22:00Z": false, "2025-03-20T21:22:00Z": false, "2025-03-20T23:22:00Z": true} {
		d := detected(t, clock, 51.11, 35.18, 10)
		hs := Shifts(&d)
		if (len(hs) == 0) != fits {
			t.Errorf("%s: %v", clock, hs)
		}
		if !fits && !slices.ContainsFunc(hs, func(h int) bool { return d.Time.Add(time.Duration(h)*time.Hour) == mustTime(t, "2025-03-20T23:22Z") }) {
			t.Errorf("%s: %v does not lead to 23:22Z", clock, hs)
		}
	}
}

// TestMoreFiresSupportLess: whatever more is known to burn at a place never makes
// a detection support what it did not.
func TestMoreFiresSupportLess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, more := days(t, 20), days(t, 20)
		n := rapid.IntRange(0, 12).Draw(rt, "n")
		for i := range n + 3 {
			d := detected(t, "2025-03-10T23:40:00Z", 51.11, 35.18, rapid.Float64Range(1, 50).Draw(rt, "frp"))
			d.Time = d.Time.Add(time.Duration(rapid.IntRange(0, 19).Draw(rt, "day")) * 24 * time.Hour)
			if i < n {
				b.Add(d)
			}
			more.Add(d)
		}
		at := when.Span{Start: mustTime(t, "2025-03-20T21:00Z"), End: mustTime(t, "2025-03-20T22:00Z")}
		d := detected(t, "2025-03-20T23:22:00Z", 51.11, 35.18, rapid.Float64Range(1, 60).Draw(rt, "power"))
		x, y := Weigh(&d, at, d.Place, 2000, b), Weigh(&d, at, d.Place, 2000, more)
		if y.Supports && !x.Supports {
			rt.Fatalf("%+v\n%+v", x, y)
		}
	})
}

// TestAttributionNeedsMore: control of the place, and the word of parties, move
// no interval; a direction from where only one stood, and an independent
// source, do, and grounds for both parties widen both.
func TestAttributionNeedsMore(t *testing.T) {
	r := at("R", 0, time.Hour, 48, 38, 1000)
	s := &r.Incident.Scenarios[0]
	r.Outlet = "mission"
	holders := func(place where.Region, _ when.Span) []string {
		c, _ := place.Centre()
		if c.Lat > 48.02 {
			return []string{"A"}
		}
		return []string{"B"}
	}
	claim := at("C", 0, time.Hour, 48, 38, 1000)
	claim.Party, claim.Outlet = "B", "ministry-b"
	claim.Incident.Scenarios[0].Actor = []string{"A"}
	get := func(rs ...*Report) Attribution {
		for _, r := range rs {
			r.Incident.Scenarios[0].Target = []string{"civilian.residential"}
		}
		fs, _, err := Fuse(rs, FuseOptions{Sources: testSources, Holders: holders})
		if err != nil || len(fs) != 1 {
			t.Fatalf("%d incidents, %v", len(fs), err)
		}
		return fs[0].Attribution
	}
	a := get(r, claim)
	if !a.Open() || a.Actors[0].Least != 0 || a.Actors[0].Most != 1 {
		t.Errorf("a claim and control of the place: %+v", a)
	}
	s.Origin = where.Sector(where.Point{Lat: 48, Lon: 38}, 0, 5, 4000, 8000) // a crater's back azimuth
	a = get(r, claim)
	if a.Open() || a.Actors[0].Actor != "A" || a.Actors[0].Least != oneHolder || a.Actors[0].Most != 1 {
		t.Errorf("a direction: %+v", a)
	}
	other := at("S", 0, time.Hour, 48, 38, 1000)
	other.Outlet, other.Incident.Reliability = "agency", "A2"
	other.Incident.Scenarios[0].Actor = []string{"B"}
	a = get(r, claim, other)
	if !a.Open() || len(a.Actors) != 2 {
		t.Errorf("grounds for both: %+v", a)
	}
	for _, x := range a.Actors {
		if x.Least < 0 || x.Most > 1 || x.Least > x.Most || x.Most == 1 {
			t.Errorf("%+v", x)
		}
	}
}

// TestLevels: what each level needs.
func TestLevels(t *testing.T) {
	report := func(id, outlet, party string) *Report {
		r := at(id, 0, time.Hour, 48, 38, 1000)
		r.Incident.Scenarios[0].Target = []string{"energy.gas.pipeline"}
		r.Outlet, r.Party, r.Incident.Source, r.Incident.Level = outlet, party, outlet, Reported
		return r
	}
	rated := func(r *Report, s string) *Report { r.Incident.Reliability = s; return r }
	level := func(l Level, r *Report) *Report { r.Incident.Level = l; return r }
	strict := DefaultLevels()
	strict.Corroborated = LevelRule{Groups: 2, Reliability: "C"}
	strict.Verified.By = []string{"mission"}
	for name, c := range map[string]struct {
		rs    []*Report
		rules LevelRules
		want  Level
	}{
		"one party":                         {[]*Report{report("1", "ministry-a", "A")}, DefaultLevels(), Claimed},
		"two spokesmen of one party":        {[]*Report{report("1", "ministry-a", "A"), report("2", "other-a", "A")}, DefaultLevels(), Claimed},
		"both parties":                      {[]*Report{report("1", "ministry-a", "A"), report("2", "ministry-b", "B")}, DefaultLevels(), Reported},
		"one paper":                         {[]*Report{report("1", "paper", "")}, DefaultLevels(), Reported},
		"one paper that states a claim":     {[]*Report{level(Claimed, report("1", "paper", ""))}, DefaultLevels(), Claimed},
		"two papers, one states a claim":    {[]*Report{report("1", "paper", ""), level(Claimed, report("2", "weekly", ""))}, DefaultLevels(), Reported},
		"nobody's claim":                    {[]*Report{level(Claimed, report("1", "", ""))}, DefaultLevels(), Claimed},
		"a paper and a party":               {[]*Report{report("1", "paper", ""), report("2", "ministry-a", "A")}, DefaultLevels(), Reported},
		"two papers":                        {[]*Report{report("1", "paper", ""), report("2", "weekly", "")}, DefaultLevels(), Corroborated},
		"two papers of unknown reliability": {[]*Report{report("1", "paper", ""), report("2", "weekly", "")}, strict, Reported},
		"two rated papers":                  {[]*Report{rated(report("1", "paper", ""), "B2"), rated(report("2", "weekly", ""), "C3")}, strict, Corroborated},
		"a party says it is verified":       {[]*Report{level(Verified, report("1", "ministry-a", "A"))}, DefaultLevels(), Claimed},
		"the mission says so":               {[]*Report{level(Verified, report("1", "mission", ""))}, strict, Verified},
		"a paper says it is verified":       {[]*Report{level(Verified, report("1", "paper", ""))}, strict, Reported},
	} {
		rules := c.rules
		fs, _, err := Fuse(c.rs, FuseOptions{Sources: testSources, Levels: &rules})
		if err != nil || len(fs) != 1 || fs[0].Incident.Level != c.want {
			t.Errorf("%s: %d incidents, level %v %v, want %v (%v)", name, len(fs), fs[0].Incident.Level, fs[0].LevelWhy, c.want, err)
		}
	}
}

// TestIntervalsAreHonest: more grounds for one actor never lower what is least
// for it, and never raise what is most for another.
func TestIntervalsAreHonest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Attribution
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			a.Grounds = append(a.Grounds, Ground{For: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "for"), Weight: rapid.Float64Range(0, 0.9).Draw(t, "weight")})
		}
		a.Grounds = append(a.Grounds, Ground{For: "A"}, Ground{For: "B"})
		b := Attribution{Grounds: append(slices.Clone(a.Grounds), Ground{For: "A", Weight: rapid.Float64Range(0, 0.9).Draw(t, "more")})}
		a.weigh()
		b.weigh()
		for i, x := range a.Actors {
			y := b.Actors[i]
			if x.Least > x.Most || x.Least < 0 || x.Most > 1 || math.IsNaN(x.Least) {
				t.Fatalf("%+v", x)
			}
			if x.Actor == "A" && y.Least < x.Least-1e-12 || x.Actor != "A" && y.Most > x.Most+1e-12 {
				t.Fatalf("%+v to %+v", x, y)
			}
		}
	})
}

func FuzzPicture(f *testing.F) {
	f.Add("00000000ffffffff")
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := ParsePicture(s); err == nil && p.String() != strings.ToLower(s) {
			t.Fatalf("%q became %q", s, p)
		}
	})
}

// TestBestSupport: of what a detection says of several reports, the one with the
// fewest reasons against it is told, whatever their order.
func TestBestSupport(t *testing.T) {
	place := where.Point{Lat: 51.11, Lon: 35.18}
	d := detected(t, "2025-03-20T23:36:00Z", 51.11, 35.18, 12)
	var list []Support
	for _, from := range []string{"2025-03-20T21:00Z", "2025-03-21T00:00Z"} {
		at := when.Span{Start: mustTime(t, from), End: mustTime(t, "2025-03-21T02:00Z")}
		s := Weigh(&d, at, place, 3000, nil) // what is usual is not known: neither supports
		s.Report = "heat"
		list = append(list, s)
	}
	for range 2 {
		best := bestSupports(slices.Clone(list))
		if len(best) != 1 || best[0].Supports || strings.Contains(strings.Join(best[0].Why, "\n"), "before the earliest") {
			t.Errorf("%+v", best)
		}
		slices.Reverse(list)
	}
}
