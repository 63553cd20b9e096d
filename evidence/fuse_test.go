package evidence

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var testSources = NewSources([]Source{
	{ID: "ministry-a", Kind: "official", Party: "A", Aliases: []string{"Ministry of Alfa"}},
	{ID: "ministry-b", Kind: "official", Party: "B", Aliases: []string{"Ministry of Bravo"}},
	{ID: "agency", Kind: "agency", Aliases: []string{"Newswire"}},
	{ID: "paper", Kind: "outlet", Aliases: []string{"Morning Paper"}},
	{ID: "weekly", Kind: "outlet", Aliases: []string{"Weekly Post"}},
	{ID: "mission", Kind: "monitor", Aliases: []string{"Observer Mission"}},
})

var day0 = func() when.Instant { i, _ := when.ParseRFC3339("2030-03-01T00:00Z"); return i }()

// at makes a report.
func at(id string, start, long time.Duration, lat, lon, radius float64) *Report {
	s := Unknown()
	s.Time = when.Span{Start: day0.Add(start), End: day0.Add(start + long)}
	s.Place = where.Disc(where.Point{Lat: lat, Lon: lon}, where.Metres(radius))
	return &Report{Incident: &Incident{ID: id, Scenarios: []Scenario{s}}, Published: when.Always}
}

var filler = strings.Fields("the night sky over town was lit by fire as crews worked until dawn to save pumps and valves while residents heard several loud blasts near the eastern gate of an old plant that feeds gas to villages beyond river")

func words(t *rapid.T, n int) string {
	var out []string
	for range n {
		out = append(out, rapid.SampledFrom(filler).Draw(t, "word"))
	}
	return strings.Join(out, " ")
}

func genReport(t *rapid.T, id string) *Report {
	r := at(id, time.Duration(rapid.IntRange(0, 14*24).Draw(t, "hour"))*time.Hour, time.Duration(rapid.SampledFrom([]int{0, 1, 8, 24, 90}).Draw(t, "long"))*time.Hour,
		50+rapid.Float64Range(0, 1).Draw(t, "lat"), 35+rapid.Float64Range(0, 1).Draw(t, "lon"), rapid.SampledFrom([]float64{0, 2000, 15000, 90000}).Draw(t, "radius"))
	s := &r.Incident.Scenarios[0]
	if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
		s.Place = where.Unknown()
	}
	if rapid.IntRange(0, 9).Draw(t, "untimed") == 0 {
		s.Time = when.Always
	}
	s.Act = rapid.SampledFrom([][]string{nil, {"attack.strike.drone"}, {"attack.strike.artillery"}, {"attack.sabotage.demolition"}, {"attack"}}).Draw(t, "act")
	s.Target = rapid.SampledFrom([][]string{nil, {"energy.gas.metering-station"}, {"energy.gas.compressor-station"}, {"energy.power.substation"}}).Draw(t, "target")
	s.Actor = rapid.SampledFrom([][]string{nil, {"A"}, {"B"}, {"A", "B"}}).Draw(t, "actor")
	src := rapid.SampledFrom(append([]Source{{}}, testSources.list...)).Draw(t, "source")
	r.Outlet, r.Party, r.Incident.Source = src.ID, src.Party, src.ID
	r.Incident.Text = words(t, rapid.SampledFrom([]int{0, 6, 40}).Draw(t, "words"))
	if src.Party == "" && rapid.Bool().Draw(t, "cites") {
		r.Relay.Origins = []string{rapid.SampledFrom(testSources.list).Draw(t, "cited").ID}
	}
	if rapid.IntRange(0, 6).Draw(t, "picture") == 0 {
		r.Pictures = []Picture{Picture(rapid.SampledFrom([]uint64{1, 3, 0xffff0000ffff0000}).Draw(t, "hash"))}
	}
	r.Denies = rapid.IntRange(0, 9).Draw(t, "denies") == 0
	r.Incident.Level = rapid.SampledFrom([]Level{Claimed, Reported, Reported}).Draw(t, "level")
	return r
}

func genReports(t *rapid.T, most int) []*Report {
	n := rapid.IntRange(1, most).Draw(t, "n")
	var out []*Report
	for i := range n {
		r := genReport(t, fmt.Sprintf("R%02d", i))
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "near") == 0 { // near an earlier one, so that something matches
			o := out[rapid.IntRange(0, i-1).Draw(t, "of")].Incident.Scenarios[0]
			s := &r.Incident.Scenarios[0]
			s.Time, s.Place, s.Target = o.Time, o.Place, o.Target
		}
		out = append(out, r)
	}
	return out
}

func dump(fs []*Fused) string {
	b, err := json.Marshal(fs)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestOrderDoesNotMatter: the same reports in any order make the same incidents.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 14)
		one, _, err := Fuse(rs, FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		two, _, err := Fuse(rapid.Permutation(rs).Draw(t, "order"), FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(two)
		if string(a) != string(b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

// TestNothingIsLost: every report is in one incident, and no two of one incident
// are ruled out.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 14)
		fs, _, err := Fuse(rs, FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		n, c := 0, Comparer{}
		for _, f := range fs {
			n += len(f.Reports)
			for i, a := range f.Reports {
				for _, b := range f.Reports[i+1:] {
					if m := c.Compare(a, b); m.veto {
						t.Fatalf("%s and %s in one incident: %+v", m.A, m.B, m.Reasons)
					}
				}
			}
			if len(f.Incident.Scenarios) == 0 {
				t.Fatal("an incident without a scenario")
			}
		}
		if n != len(rs) {
			t.Fatalf("%d of %d reports", n, len(rs))
		}
	})
}

// TestBlockingLosesNothing: what the index does not bring together could not be
// matched. All pairs are compared beside it.
func TestBlockingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 14)
		fs, _, err := Fuse(rs, FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]bool{}
		for _, f := range fs {
			for _, m := range append(slices.Clone(f.Joined), f.Candidates...) {
				told[m.A+" "+m.B] = true
			}
			for i, a := range f.Reports {
				for _, b := range f.Reports[i+1:] {
					told[a.ID()+" "+b.ID()], told[b.ID()+" "+a.ID()] = true, true
				}
			}
		}
		c := Comparer{}
		for i, a := range rs {
			for _, b := range rs[i+1:] {
				if m := c.Compare(a, b); (m.Likeness == Same || m.Likeness == Possible) && !told[m.A+" "+m.B] {
					t.Fatalf("%s and %s are %s (%.2f) and were not found: %+v", m.A, m.B, m.Likeness, m.Likely, m.Reasons)
				}
			}
		}
	})
}

// TestSymmetric: a comparison is the same both ways, and does not change when
// the parties change places.
func TestSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genReport(t, "R1"), genReport(t, "R2")
		c := Comparer{}
		x, y := c.Compare(a, b), c.Compare(b, a)
		if fmt.Sprint(x) != fmt.Sprint(y) {
			t.Fatalf("%+v\n%+v", x, y)
		}
		z := c.Compare(swapped(a), swapped(b))
		if fmt.Sprint(x) != fmt.Sprint(z) {
			t.Fatalf("%+v\n%+v", x, z)
		}
	})
}

var swapNames = map[string]string{"A": "B", "B": "A", "ministry-a": "ministry-b", "ministry-b": "ministry-a"}

func swapAll(list []string) []string {
	out := slices.Clone(list)
	for i, v := range out {
		if w, ok := swapNames[v]; ok {
			out[i] = w
		}
	}
	return out
}

func swapOne(s string) string { return swapAll([]string{s})[0] }

// swapped is a report with the parties in each other's place.
func swapped(r *Report) *Report {
	x, in := *r, *r.Incident
	in.Scenarios = slices.Clone(in.Scenarios)
	for i := range in.Scenarios {
		in.Scenarios[i].Actor = swapAll(in.Scenarios[i].Actor)
	}
	in.Source = swapOne(in.Source)
	x.Incident, x.Party, x.Outlet = &in, swapOne(x.Party), swapOne(x.Outlet)
	x.Relay.Origins = swapAll(x.Relay.Origins)
	return &x
}

// TestPartiesAreEqual: with the parties in each other's place incidents, levels
// and counts are the same, and the intervals change places.
func TestPartiesAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 10)
		var other []*Report
		for _, r := range rs {
			other = append(other, swapped(r))
		}
		one, _, _ := Fuse(rs, FuseOptions{Sources: testSources})
		two, _, _ := Fuse(other, FuseOptions{Sources: testSources})
		byID := map[string]*Fused{}
		for _, f := range two {
			byID[f.Incident.ID] = f
		}
		if len(one) != len(two) {
			t.Fatalf("%d and %d incidents", len(one), len(two))
		}
		for _, f := range one {
			g := byID[swapOne(f.Incident.ID)]
			if g == nil || g.Independent != f.Independent || g.Incident.Level != f.Incident.Level || len(g.Reports) != len(f.Reports) || len(g.Attribution.Actors) != len(f.Attribution.Actors) {
				t.Fatalf("%+v\n%+v", f, g)
			}
			for _, x := range f.Attribution.Actors {
				i := slices.IndexFunc(g.Attribution.Actors, func(y Attributed) bool { return y.Actor == swapOne(x.Actor) })
				if i < 0 || math.Abs(g.Attribution.Actors[i].Least-x.Least) > 1e-12 || math.Abs(g.Attribution.Actors[i].Most-x.Most) > 1e-12 {
					t.Fatalf("%+v\n%+v", f.Attribution, g.Attribution)
				}
			}
		}
	})
}

// TestRelaysAddNothing: one more report that only passes on what one of them
// says, by copying or by citing it, raises neither the count of independent
// sources nor the level.
func TestRelaysAddNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		var rs []*Prepared
		for i := range n {
			r := genReport(t, fmt.Sprintf("R%d", i))
			r.Denies = false
			if r.Outlet == "" {
				r.Outlet = fmt.Sprintf("own%d", i)
			}
			rs = append(rs, Prepare(r).words())
		}
		of := rs[rapid.IntRange(0, n-1).Draw(t, "of")]
		relay := *of.Report
		in := *relay.Incident
		relay.Incident, relay.Outlet, relay.Party = &in, "another-paper", ""
		in.ID = "RELAY"
		relay.Relay = Relay{}
		if rapid.Bool().Draw(t, "copies") && !of.sketch.Short() {
			in.Text += " as was told today"
		} else {
			in.Text = "short"
			relay.Relay.Origins = []string{of.Outlet}
		}
		relay.Pictures = nil
		before := groups(rs, testSources)
		after := groups(append(slices.Clone(rs), Prepare(&relay).words()), testSources)
		if Corroboration(after) > Corroboration(before) {
			t.Fatalf("%d to %d: %+v\n%+v", Corroboration(before), Corroboration(after), before, after)
		}
		x, _ := levelOf(rs, before, 0, DefaultLevels())
		y, _ := levelOf(append(slices.Clone(rs), Prepare(&relay).words()), after, 0, DefaultLevels())
		if y > x {
			t.Fatalf("%s to %s", x, y)
		}
	})
}

// TestWeekApart: two events at one object a week apart stay two, even told in
// the same words.
func TestWeekApart(t *testing.T) {
	a, b := at("one", 0, time.Hour, 51.11, 35.18, 2000), at("two", 7*24*time.Hour, time.Hour, 51.11, 35.18, 2000)
	text := strings.Join(filler, " ")
	a.Incident.Text, b.Incident.Text = text, text
	fs, _, err := Fuse([]*Report{a, b}, FuseOptions{})
	if err != nil || len(fs) != 2 {
		t.Fatalf("%d incidents, %v", len(fs), err)
	}
	// At one time, told of two places, it is for people to look at.
	c := at("three", 0, time.Hour, 48.5, 37.9, 2000)
	c.Incident.Text = text
	if fs, _, err = Fuse([]*Report{a, c}, FuseOptions{}); err != nil || len(fs) != 2 || len(fs[0].Candidates) != 1 || fs[0].Candidates[0].Likeness != Possible {
		t.Errorf("%d incidents, %v", len(fs), err)
	}
}

// TestWorkersAgree: however many goroutines compare, and however many reports are
// compared together, the incidents and what was counted are the same.
func TestWorkersAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 30)
		one, n, err := Fuse(rs, FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(one)
		for _, workers := range []int{2, 5} {
			many, m, err := Fuse(rs, FuseOptions{Sources: testSources, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(many); string(got) != string(want) || n != m {
				t.Fatalf("%d workers: %+v %+v\n%s\n%s", workers, n, m, got, want)
			}
		}
		// One by one, as they would come if they were compared at once.
		var alone []*Fused
		f := NewFuser(FuseOptions{Sources: testSources}, func(x *Fused) error { alone = append(alone, x); return nil })
		list := make([]*Prepared, len(rs))
		for i, r := range rs {
			list[i] = Prepare(r)
		}
		slices.SortStableFunc(list, before)
		for _, p := range list {
			if err := f.Add(p); err != nil {
				t.Fatal(err)
			}
			f.settle()
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(alone); string(got) != string(want) || n != f.Stats {
			t.Fatalf("one by one: %+v %+v\n%s\n%s", n, f.Stats, got, want)
		}
	})
}

// TestQuickSaysTheSame: the quick comparison finds what the whole one finds.
func TestQuickSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 8)
		c := Comparer{}
		for i, a := range rs {
			for _, b := range rs[i+1:] {
				x, y := Prepare(a).words(), Prepare(b).words()
				whole, quick := c.compare(x, y), c.quick(x, y)
				matched := whole.likeness == Same || whole.likeness == Possible
				if matched && quick != whole || !matched && (quick.likeness == Same || quick.likeness == Possible) {
					t.Fatalf("%s and %s: %+v, quick %+v", a.ID(), b.ID(), whole, quick)
				}
			}
		}
	})
}
