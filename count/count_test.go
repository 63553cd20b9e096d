package count

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

func named(t testing.TB, name string) *Rule {
	t.Helper()
	r, err := RuleNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ask(t testing.TB, rule string, rs []Record) *Number {
	t.Helper()
	return Count(&Question{Rule: named(t, rule), Coverage: -1}, rs)
}

var day0 = time.Date(2020, 8, 1, 0, 0, 0, 0, time.UTC)

func at(minutes, long int) when.Span {
	s := when.At(day0.Add(time.Duration(minutes) * time.Minute))
	return when.Span{Start: s, End: s.Add(time.Duration(long) * time.Minute)}
}

func exactly(n int) evidence.Number { return evidence.Number{Known: true, Min: n, Max: n} }

func observed(id, kind string, n evidence.Number, minutes, long int, place string) Record {
	s := evidence.Unknown()
	s.Time, s.PlaceName = at(minutes, long), place
	return Record{Incident: &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{s}, Count: n, Seen: &evidence.Observation{Kind: kind}}}
}

func act(id string, n evidence.Number, acts, means []string) Record {
	s := evidence.Unknown()
	s.Time, s.Act, s.Means = at(0, 1), acts, means
	return Record{Incident: &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{s}, Count: n}}
}

func bounds(t *testing.T, n *Number, low, high int) {
	t.Helper()
	if n.Low != low || n.High != high {
		t.Errorf("%s: %d to %d, expected %d to %d (%+v)", n.Rule, n.Low, n.High, low, high, n)
	}
}

// TestObservations: the breakdown of 22 July to 13 October 2020 that the SMM gave
// (1,620 ceasefire violations: 398 explosions, 17 projectiles, 7 muzzle flashes,
// 21 flares, 1,177 bursts and shots), and what its tables list beside them.
func TestObservations(t *testing.T) {
	rs := []Record{
		observed("a", "explosion", exactly(398), 0, 1, "x"), observed("b", "projectile", exactly(17), 0, 1, "x"),
		observed("c", "muzzle-flash", exactly(7), 0, 1, "x"), observed("d", "flare", exactly(21), 0, 1, "x"),
		observed("e", "burst", exactly(1000), 0, 1, "x"), observed("f", "shot", exactly(177), 0, 1, "x"),
	}
	bounds(t, ask(t, "smm-2016+", rs), 1620, 1620)

	training := observed("g", "explosion", exactly(10), 0, 1, "x")
	training.Seen.Exercise = "live-fire exercise (inside the security zone)"
	demining := observed("h", "explosion", exactly(4), 0, 1, "x")
	demining.Seen.Exercise = "controlled detonation"
	twice := observed("i", "explosion", exactly(3), 0, 1, "x")
	again := observed("j", "explosion", exactly(5), 0, 1, "y")
	twice.Seen.Same, again.Seen.Same = "one", "one"
	many := observed("k", "burst", evidence.Number{Known: true, Min: 80, Max: -1}, 0, 1, "x")
	n := ask(t, "smm-2016+@1", append(rs, training, demining, twice, again, many))
	bounds(t, n, 1620+10+3+80, 1620+10+5+80)
	if !n.Unbounded {
		t.Error("a number without a bound above is lost")
	}
	for _, p := range n.Parts {
		if p.Name == controlled && (p.Low != 4 || !p.Listed) {
			t.Errorf("controlled detonations: %+v", p)
		}
	}
}

// TestShellings: thirty discharges, an hour of silence.
func TestShellings(t *testing.T) {
	rs := []Record{
		observed("a", "explosion", exactly(20), 0, 1, "Pisky"), observed("b", "burst", exactly(15), 50, 1, "Pisky"), // one
		observed("c", "explosion", exactly(40), 200, 1, "Pisky"), // another
		observed("d", "explosion", exactly(29), 0, 1, "Avdiivka"), observed("e", "flare", exactly(50), 0, 1, "Avdiivka"),
		observed("f", "explosion", exactly(99), 0, 1, ""),
	}
	bounds(t, ask(t, "jfo-incident", rs), 2, 2)
	rs = append(rs, observed("c2", "explosion", exactly(40), 200, 1, "Pisky")) // the same row again
	bounds(t, ask(t, "jfo-incident", rs), 2, 2)
	// Two times that are not known to the hour: one incident, two, or none.
	bounds(t, ask(t, "jfo-incident", []Record{observed("a", "explosion", exactly(30), 0, 240, "x"), observed("b", "burst", exactly(31), 60, 200, "x")}), 1, 2)
	bounds(t, ask(t, "jfo-incident", []Record{observed("a", "explosion", exactly(20), 0, 240, "x"), observed("b", "burst", exactly(20), 60, 200, "x")}), 0, 1)
}

// TestShellingsBruteForce: the bounds are those of all ways of parting.
func TestShellingsBruteForce(t *testing.T) {
	rule := named(t, "jfo-incident")
	rapid.Check(t, func(t *rapid.T) {
		var rs []Record
		for i := range rapid.IntRange(1, 9).Draw(t, "rows") {
			low := rapid.IntRange(1, 40).Draw(t, "low")
			n := evidence.Number{Known: true, Min: low, Max: low + rapid.IntRange(0, 20).Draw(t, "more")}
			rs = append(rs, observed(fmt.Sprint("r", i), "explosion", n, rapid.IntRange(0, 400).Draw(t, "at"), rapid.IntRange(1, 150).Draw(t, "long"), "x"))
		}
		q := &tally{Question: &Question{Rule: rule, Coverage: -1}, n: &Number{}, parts: map[string]*Part{}, left: map[string][]string{}, zone: time.UTC}
		for i := range rs {
			q.take(&rs[i])
		}
		slices.SortFunc(q.in, func(a, b member) int { return compareMembers(&a, &b) })
		var ms []*member
		for i := range q.in {
			ms = append(ms, &q.in[i])
		}
		low, high := q.shellings(ms)
		few, most := 1<<30, -1
		for cut := range 1 << (len(ms) - 1) {
			if !allowed(ms, cut) {
				continue
			}
			a, b, n1, n2 := 0, 0, 0, 0
			for i := range ms {
				a, b = a+ms[i].Count.Min, b+ms[i].Count.Max
				if i == len(ms)-1 || cut>>i&1 == 1 {
					n1, n2 = n1+one(a >= 30), n2+one(b >= 30)
					a, b = 0, 0
				}
			}
			few, most = min(few, n1), max(most, n2)
		}
		if low != few || high != most {
			t.Fatalf("%d to %d, by trying all %d to %d", low, high, few, most)
		}
	})
}

// allowed reports whether silences may be where cut parts the members.
func allowed(ms []*member, cut int) bool {
	for i := 1; i < len(ms); i++ {
		last, first := ms[0].last, ms[0].first
		for _, m := range ms[:i] {
			last, first = max(last, m.last), max(first, m.first)
		}
		parted := cut>>(i-1)&1 == 1
		hour := when.Instant(time.Hour.Milliseconds())
		if surely := ms[i].first-last > hour; surely && !parted {
			return false
		}
		if never := ms[i].last-first <= hour; never && parted {
			return false
		}
	}
	return true
}

// TestStatements: the parts of two published totals. The General Staff's of 20
// April 2025 were 96 assaults, 1,882 shellings (812 heavy) and "more than 950"
// uses of FPV drones; its total was 2,935.
func TestStatements(t *testing.T) {
	rs := []Record{
		act("a", exactly(96), []string{"attack.ground.assault"}, nil),
		act("b", exactly(812), []string{"attack.strike.artillery"}, []string{"artillery.gun.100mm-and-over"}),
		act("c", exactly(1070), []string{"attack.strike.artillery"}, []string{"artillery.mortar.120mm-and-under"}),
		act("d", evidence.Number{Known: true, Min: 950, Max: -1}, []string{"attack.strike.drone"}, []string{"drone.fpv"}),
		act("e", exactly(3), []string{"attack.strike.missile"}, nil),
	}
	n := ask(t, "ua-gs-2025", rs)
	bounds(t, n, 96+1882+950, 96+1882+950)
	if !n.Unbounded || n.Parts[2].Low != 812 {
		t.Errorf("%+v", n)
	}
	n = ask(t, "ru-mod-2025", rs)
	bounds(t, n, 96+1882+950, 96+1882+950)
	// Of what nobody knows the means it is open whether it counts.
	n = ask(t, "ua-gs-2025", []Record{act("a", exactly(5), []string{"attack.strike.drone"}, nil), act("b", exactly(2), []string{"attack.strike"}, nil)})
	bounds(t, n, 0, 7)
	if n.UnknownPart != 1 {
		t.Errorf("all are open: %v", n.UnknownPart)
	}
}

// TestPersonsReported: what is only reported is shown beside the number, and neither
// counts nor may: how much of the number is open is said without it.
func TestPersonsReported(t *testing.T) {
	person := func(id string, n int, level evidence.Level) Record {
		r := act(id, evidence.Number{}, []string{"attack.strike.drone"}, nil)
		r.Killed, r.Level = exactly(n), level
		return r
	}
	n := ask(t, "smm-killed", []Record{person("a", 2, evidence.Reported), person("b", 1, evidence.Claimed)})
	bounds(t, n, 0, 0)
	if len(n.Counted)+len(n.Open) != 0 || n.UnknownPart != 0 || len(n.LeftOut) != 1 || len(n.LeftOut[0].Records) != 2 || n.Parts[0].Low != 3 || !n.Parts[0].Listed {
		t.Errorf("%+v", n)
	}
	n = ask(t, "smm-killed", []Record{person("a", 2, evidence.Reported), person("b", 4, evidence.Corroborated)})
	bounds(t, n, 4, 4)
	if !slices.Equal(n.Counted, []string{"b"}) || len(n.Open) != 0 || n.UnknownPart != 0 {
		t.Errorf("%+v", n)
	}
}

func TestInquiries(t *testing.T) {
	var rs []Record
	for i := range 54 {
		r := act(fmt.Sprint(i), evidence.Number{}, nil, nil)
		switch {
		case i < 9:
			r.Inquiry = Substantiated
		case i < 50:
			r.Inquiry = NotSubstantiated
		}
		rs = append(rs, r)
	}
	n := ask(t, "nuba-jmc", rs)
	bounds(t, n, 9, 9)
	for _, p := range n.Parts {
		if want := map[string]int{"alleged": 54, "looked into": 50, "found to be so": 9}[p.Name]; p.Low != want {
			t.Errorf("%s: %d, expected %d", p.Name, p.Low, want)
		}
	}
}

// TestCutOff: half-open spans; a record that lies across the cut-off may count.
func TestCutOff(t *testing.T) {
	rs := []Record{observed("before", "shot", exactly(1), -10, 10, "x"), observed("across", "shot", exactly(2), -5, 10, "x"), observed("in", "shot", exactly(4), 0, 10, "x"), observed("after", "shot", exactly(8), 60, 1, "x")}
	undated := observed("undated", "shot", exactly(16), 0, 0, "x")
	undated.Scenarios[0].Time = when.Always
	n := Count(&Question{Rule: named(t, "smm-2016+"), From: day0, To: day0.Add(time.Hour), Coverage: -1}, append(rs, undated))
	bounds(t, n, 4, 4+2+16)
	if len(n.LeftOut) != 1 || !slices.Equal(n.LeftOut[0].Records, []string{"after", "before"}) {
		t.Errorf("left out: %+v", n.LeftOut)
	}
}

// anyRecord draws records of all sorts.
func anyRecord(t *rapid.T, i int) Record {
	pick := func(name string, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 2, rapid.ID).Draw(t, name)
	}
	r := act(fmt.Sprint(i), evidence.Number{}, pick("act", "attack", "attack.strike.artillery", "attack.strike.drone", "attack.ground.assault", "overflight", "accident"), pick("means", "artillery.mlrs", "artillery.gun", "drone.fpv", "drone"))
	if rapid.Bool().Draw(t, "counted") {
		r.Count = exactly(rapid.IntRange(0, 60).Draw(t, "n"))
	}
	s := &r.Scenarios[0]
	s.Time = at(rapid.IntRange(-3000, 3000).Draw(t, "at"), rapid.IntRange(1, 2000).Draw(t, "long"))
	s.PlaceName = rapid.SampledFrom([]string{"", "Pisky", "Zolote"}).Draw(t, "place")
	if rapid.Bool().Draw(t, "seen") {
		r.Seen = &evidence.Observation{Kind: rapid.SampledFrom(evidence.Observed).Draw(t, "kind"), Sense: rapid.SampledFrom([]string{"heard", "radar"}).Draw(t, "sense")}
	}
	r.Inquiry = Inquiry(rapid.IntRange(0, 3).Draw(t, "inquiry"))
	return r
}

// TestOrderAndNarrowing: the order of records makes no difference, and a record
// whose facts become better known never leads outside the bounds.
func TestOrderAndNarrowing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rs []Record
		for i := range rapid.IntRange(0, 8).Draw(t, "records") {
			rs = append(rs, anyRecord(t, i))
		}
		shuffled := slices.Clone(rs)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		narrow := slices.Clone(rs)
		for i := range narrow {
			in := *narrow[i].Incident
			in.Scenarios = slices.Clone(in.Scenarios)
			s := &in.Scenarios[0]
			if len(s.Act) > 1 {
				s.Act = s.Act[:1]
			}
			if len(s.Means) > 1 {
				s.Means = s.Means[:1]
			}
			s.Time.End = s.Time.Start + 1 + (s.Time.End-s.Time.Start-1)/2
			narrow[i].Incident = &in
		}
		for _, rule := range Rules() {
			q := &Question{Rule: rule, From: day0.Add(-24 * time.Hour), To: day0.Add(24 * time.Hour), Coverage: -1}
			a, b, c := Count(q, rs), Count(q, shuffled), Count(q, narrow)
			if !reflect.DeepEqual(a, b) {
				t.Fatalf("%s: %+v\nin another order %+v", rule.Name, a, b)
			}
			if c.Low < a.Low || c.High > a.High {
				t.Fatalf("%s: %d to %d, with facts better known %d to %d", rule.Name, a.Low, a.High, c.Low, c.High)
			}
			if a.Low > a.High {
				t.Fatalf("%s: %d to %d", rule.Name, a.Low, a.High)
			}
		}
	})
}

// TestDaysOfTheTimeAskedFor: a record that lies across the cut-off may count on the day
// before it, and never on the day after.
func TestDaysOfTheTimeAskedFor(t *testing.T) {
	midnight := 24 * 60
	rs := []Record{observed("a", "explosion", exactly(15), 600, 1, "Pisky"), observed("b", "explosion", exactly(3), midnight-30, 60, "Avdiivka")}
	n := Count(&Question{Rule: named(t, "osce-coder-2015"), From: day0, To: day0.AddDate(0, 0, 1), Coverage: -1}, rs)
	bounds(t, n, 1, 2)
}
