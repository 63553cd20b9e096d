package watch

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

const meansFile = `zone: Europe/Kyiv
means:
  - {id: patrol, kind: patrol, at: "51.25,35.2", range: 60 km, hours: 08:00-17:00, access: 0.5, cost: 2}
  - {id: far, kind: patrol, at: "48,35", range: 60 km}
  - {id: camera, kind: camera, at: "51.09,35.18", range: 8 km, facing: 0, width: 90, night: yes, keeps: 30 days}
  - {id: blind, kind: camera, at: "51.09,35.18", range: 8 km, facing: 180, width: 60, night: yes}
  - {id: day, kind: camera, at: "51.10,35.18", range: 8 km}
  - {id: ask-ua, kind: request, party: UA}
  - {id: ask-ru, kind: request, party: RU}
  - {id: tcg, kind: consultation, needs: [both parties]}
`

func house(t testing.TB, text string) *House {
	h, problems := ReadMeans("means.yaml", []byte(text), vocab.Core())
	for _, p := range problems {
		t.Fatal(p)
	}
	return h
}

func instant(s string) when.Instant {
	i, err := when.ParseRFC3339(s)
	if err != nil {
		panic(err)
	}
	return i
}

// station is the disputed incident: shelling by one side or demolition by the
// other, at a place known to a radius.
func station(a, b string, radius where.Metres) *evidence.Incident {
	in := &evidence.Incident{ID: "S"}
	for _, x := range [][2]string{{a, "attack.strike.artillery"}, {b, "attack.sabotage.demolition"}} {
		s := evidence.Unknown()
		s.Time = when.Span{Start: instant("2025-03-20T20:20:00Z"), End: instant("2025-03-20T23:30:00Z")}
		s.Place = where.Disc(where.Point{Lat: 51.11, Lon: 35.18}, radius)
		s.Actor, s.Act, s.Outcome, s.Target = []string{x[0]}, []string{x[1]}, []string{"impact"}, []string{"energy.gas.metering-station"}
		in.Scenarios = append(in.Scenarios, s)
	}
	return in
}

func findings(t testing.TB, text string, ins ...*evidence.Incident) (out []*judge.Finding) {
	x, err := regimes.Open(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range x.ReadingIDs() {
		r, err := x.Under(id, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		j := judge.New(r)
		for _, in := range ins {
			f := j.Incident(in, nil)
			out = append(out, &f)
		}
	}
	return out
}

func TestStation(t *testing.T) {
	o := &Outlook{House: house(t, meansFile), Now: instant("2025-03-21T05:00:00Z"), Accept: evidence.Reported}
	tasks := o.Tasks(findings(t, "energy-2025", station("RU", "UA", 1000)))
	var order []string
	byID := map[string]*Task{}
	for _, x := range tasks {
		order = append(order, x.ID)
		byID[x.ID] = x
	}
	if len(tasks) == 0 || order[0] != "S/act" {
		t.Fatalf("ranked %v: what was done settles most", order)
	}
	act := byID["S/act"]
	// Three readings turn on the act alone, or half of it.
	if act.Worth != 3 || len(act.Findings) != 4 {
		t.Errorf("act is worth %g of %d findings", act.Worth, len(act.Findings))
	}
	if act.Best.Means.ID != "camera" {
		t.Errorf("best is %s", act.Best.Means.ID)
	}
	says := map[string]string{"far": "out of range", "blind": "it looks to 180±30°, the place lies to", "day": "it was dark"}
	for _, c := range act.Means {
		if w := says[c.Means.ID]; !strings.Contains(c.Why, w) || w != "" && c.Chance > 0 {
			t.Errorf("%s: %q, expected %q", c.Means.ID, c.Why, w)
		}
		if c.Means.Kind == Request && o.counts(c) != 0 {
			t.Errorf("the answer of a party settles: %v", c)
		}
		if c.Means.ID == "patrol" && (c.At.Start < instant("2025-03-21T06:00:00Z") || c.At.Start > instant("2025-03-21T07:00:00Z")) {
			t.Errorf("the patrol, which works from 08:00 in Kyiv, is there at %v", c.At.Start)
		}
	}
	if q := byID["energy-2025/text.metering-stations"]; q == nil || q.Best.Means.ID != "tcg" || len(q.Means) != 1 {
		t.Errorf("the question of the text: %+v", q)
	}
	if actor := byID["S/actor"]; actor == nil || actor.Best != nil {
		t.Errorf("who did it is found out by no means here, and a party's word is a claim: %+v", actor)
	}
	later := *o
	later.Now = instant("2025-05-21T05:00:00Z")
	for _, x := range later.Tasks(findings(t, "energy-2025", station("RU", "UA", 1000))) {
		if x.ID == "S/act" && x.Best != nil {
			t.Errorf("two months later %s still finds it: %v", x.Best.Means.ID, x.Best.Notes)
		}
	}
}

// Swapping the names of the parties swaps names and nothing else.
func TestParties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		radius := where.Metres(rapid.IntRange(0, 8000).Draw(t, "radius"))
		now := instant("2025-03-21T05:00:00Z").Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours")) * time.Hour)
		swap := strings.NewReplacer("ask-ua", "ask-ru", "ask-ru", "ask-ua", "UA", "RU", "RU", "UA")
		reading := func(text string, a, b string) string {
			h, _ := ReadMeans("m", []byte(text), vocab.Core())
			o := &Outlook{House: h, Now: now}
			fs := symmetric(a, b, radius)
			var out strings.Builder
			for _, x := range o.Tasks(fs) {
				out.WriteString(x.ID + " ")
				for _, c := range x.Means {
					if c.Means.Kind != Request { // these are told apart by their id
						out.WriteString(c.Means.ID + percent(c.Chance) + c.Why)
					}
				}
			}
			return out.String()
		}
		a := reading(meansFile, "UA", "RU")
		b := reading(swap.Replace(meansFile), "RU", "UA")
		if strings.ReplaceAll(b, "ask-ru", "ask-ua") != strings.ReplaceAll(a, "ask-ru", "ask-ua") {
			t.Fatalf("not the same:\n%s\n%s", a, b)
		}
	})
}

// symmetric is a finding that turns on who did it and on where.
func symmetric(a, b string, radius where.Metres) []*judge.Finding {
	x, err := regimes.Open("energy-2025")
	if err != nil {
		panic(err)
	}
	r, err := x.Under("kremlin", nil, false)
	if err != nil {
		panic(err)
	}
	in := station(a, b, radius)
	return []*judge.Finding{{Incident: in, Regime: r, Verdict: judge.Undetermined, Deciding: []judge.Decider{{"actor"}, {"act", "place"}}, Answers: []judge.Answered{
		{Facts: []string{"actor=" + a}, Verdict: judge.Breach}, {Facts: []string{"actor=" + b}, Verdict: judge.NotCovered},
		{Facts: []string{"act=x", "place=in"}, Verdict: judge.Breach}, {Facts: []string{"act=x", "place=out"}, Verdict: judge.NotCovered}, {Facts: []string{"act=y"}, Verdict: judge.NotCovered}}}}
}

// More means never cover less, and an outage or a denial never more.
func TestMoreMeansCoverNoLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &House{}
		for i := range rapid.IntRange(1, 5).Draw(t, "means") {
			m := &Means{ID: string(rune('a' + i)), Kind: rapid.SampledFrom([]Kind{Camera, Acoustic, Patrol, UAV}).Draw(t, "kind"), Service: when.Always, Zone: time.UTC, Width: 360, Near: 0.9, Far: 0.2,
				Range: where.Metres(rapid.IntRange(500, 9000).Draw(t, "range")), Sight: 2500, Speed: 20, Night: rapid.Bool().Draw(t, "night"), Access: 1}
			m.At = where.Destination(where.Point{Lat: 51, Lon: 35}, rapid.Float64Range(0, 360).Draw(t, "to"), where.Metres(rapid.IntRange(0, 9000).Draw(t, "off")), model)
			if rapid.Bool().Draw(t, "sector") {
				m.Facing, m.Width = rapid.Float64Range(0, 360).Draw(t, "facing"), rapid.Float64Range(10, 180).Draw(t, "width")
			}
			if m.Kind.travels() && rapid.Bool().Draw(t, "route") {
				m.Route = []where.Point{m.At, {Lat: 51, Lon: 35}}
			}
			h.Means = append(h.Means, m)
		}
		posts := []Post{{ID: "p", Place: where.Disc(where.Point{Lat: 51, Lon: 35}, where.Metres(rapid.IntRange(0, 4000).Draw(t, "radius"))), Weight: 1}}
		o := &Outlook{House: h, Now: instant("2025-03-01T00:00:00Z")}
		span := when.Span{Start: instant("2025-03-21T03:00:00Z"), End: instant("2025-03-21T06:00:00Z")}
		all := mustCover(t, o, span, posts)
		fewer := *o
		fewer.House = &House{Means: h.Means[:len(h.Means)-1]}
		less := mustCover(t, &fewer, span, posts)
		barred := *o
		barred.Restrictions = []Restriction{{ID: "R", Kind: Denial, Span: when.Span{Start: span.Start, End: span.Start.Add(90 * time.Minute)}, Place: posts[0].Place}}
		denied := mustCover(t, &barred, span, posts)
		for i := range all.Hours {
			a := all.Hours[i].Chance
			if less.Hours[i].Chance > a+1e-9 || denied.Hours[i].Chance > a+1e-9 || a < 0 || a > 1 {
				t.Fatalf("hour %d: %g with all, %g with fewer, %g where access is denied", i, a, less.Hours[i].Chance, denied.Hours[i].Chance)
			}
		}
	})
}

func mustCover(t *rapid.T, o *Outlook, span when.Span, posts []Post) *Ledger {
	l, err := o.Cover("attack.strike", span, posts)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const gpx = `<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="51.10" lon="35.18"><time>2025-03-21T08:00:00Z</time></trkpt>
<trkpt lat="51.10" lon="35.18"><time>2025-03-21T08:09:00Z</time></trkpt>
<trkpt lat="51.10" lon="35.18"><time>2025-03-21T08:30:00Z</time></trkpt>
<trkpt lat="151.10" lon="35.18"><time>2025-03-21T08:31:00Z</time></trkpt>
</trkseg></trk></gpx>`

// A patrol of the past has seen what its track shows, and no more.
func TestTracks(t *testing.T) {
	fixes, problems := ReadGPX("p.gpx", []byte(gpx))
	if len(fixes) != 3 || len(problems) != 1 || problems[0].Line != 5 || !strings.Contains(problems[0].Text, "expected degrees") {
		t.Fatal(fixes, problems)
	}
	h := house(t, `means: [{id: p, kind: patrol, at: "51.2,35.18", route: ["51.2,35.18", "51.0,35.18"]}]`)
	h.Means[0].Track = fixes
	o := &Outlook{House: h, Now: instant("2025-03-22T00:00:00Z")}
	posts := []Post{{ID: "village", Place: where.Disc(where.Point{Lat: 51.1, Lon: 35.18}, 0), Weight: 1}}
	l, err := o.Cover("attack.strike", when.Span{Start: instant("2025-03-21T08:00:00Z"), End: instant("2025-03-21T10:00:00Z")}, posts)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := l.Hours[0], l.Hours[1]; a.Chance != 0.9/6 || b.Chance != 0 || !strings.Contains(strings.Join(b.Hindered, ""), "no track shows") {
		t.Errorf("covered %v, then %v", a, b)
	}
	gaps := l.Gaps()
	if len(gaps) != 1 || gaps[0].Span.Start != instant("2025-03-21T09:00:00Z") {
		t.Errorf("gaps %v", gaps)
	}
	in := station("RU", "UA", 500)
	for i := range in.Scenarios {
		in.Scenarios[i].Time = when.Span{Start: instant("2025-03-21T08:10:00Z"), End: instant("2025-03-21T08:20:00Z")}
		in.Scenarios[i].Place = posts[0].Place
	}
	other := *l
	other.Act = "movement"
	if r := other.Rates([]*evidence.Incident{in}, evidence.Claimed)[0]; r.Possible != 0 {
		t.Errorf("an incident of another act was counted: %+v", r)
	}
	if r := l.Rates([]*evidence.Incident{in}, evidence.Claimed)[0]; r.Certain != 0 || r.Possible != 1 {
		t.Errorf("a strike or a demolition was counted as a strike: %+v", r)
	}
	in.Scenarios = in.Scenarios[:1]
	if r := l.Rates([]*evidence.Incident{in}, evidence.Claimed)[0]; r.Certain != 1 || r.Low.Value < 6 || r.Low.Value > 7 || r.Hours != 2 {
		t.Errorf("rate %+v", r)
	}
	if r := l.Rates([]*evidence.Incident{in}, evidence.Reported)[0]; r.Possible != 0 || r.Claimed != 1 {
		t.Errorf("a claim was counted as seen: %+v", r)
	}
}

func TestRestrictionIsAnIncident(t *testing.T) {
	row := map[string]string{"id": "R1", "kind": "denial", "time_start": "2025-03-21T08:00:00Z", "place": "51.1,35.18", "checkpoint": "north of Sudzha", "reason": "orders from superiors", "of": "patrol"}
	r, errs := SetRestriction(func(c string) string { return row[c] })
	if errs != nil || r.Span.End != when.Future {
		t.Fatal(errs, r)
	}
	in := r.Incident()
	if s := in.Scenarios[0]; len(s.Actor) != 0 || s.Act[0] != "obstruct.access" || s.Target[0] != "monitor.patrol" {
		t.Errorf("nobody is named who was not: %+v", s)
	}
	o := &Outlook{House: house(t, meansFile), Now: instant("2025-03-21T05:00:00Z"), Restrictions: []Restriction{r}}
	for _, c := range o.Tasks(findings(t, "energy-2025", station("RU", "UA", 1000)))[0].Means {
		if c.Means.ID == "patrol" && c.Chance > 0 {
			t.Log(c.Why)
			if c.At.Start >= r.Span.Start {
				t.Error("the patrol goes where it is denied")
			}
		}
	}
	_, errs = SetRestriction(func(c string) string { return map[string]string{"kind": "no", "place": "x"}[c] })
	if len(errs) != 3 {
		t.Errorf("faults: %v", errs)
	}
}

func TestMeansFaultsAreNamed(t *testing.T) {
	_, problems := ReadMeans("m.yaml", []byte("means:\n  - {id: a, kind: camera, at: \"51,35\", rang: 5 km}\n  - {id: b, kind: camra}\n  - {id: c, kind: camera, at: \"51,35\", range: 5}\n  - {id: d, kind: acoustic, at: \"51,35\"}\nwatch:\n  - {id: x, place: nowhere at all}\n"), vocab.Core())
	want := []string{"m.yaml:2:46: \"rang\" is not a key of a means; did you mean range?", "m.yaml:3:19: kind: expected one of", "m.yaml:4:47: \"5\": expected a distance with its unit", "m.yaml:7:20: \"nowhere at all\": expected a place"}
	if len(problems) != len(want) {
		t.Fatal(problems)
	}
	for i, p := range problems {
		if !strings.HasPrefix(p.Error(), want[i]) {
			t.Errorf("%s\nexpected %s", p, want[i])
		}
	}
	h, problems := ReadMeans("m.csv", []byte("id,kind,at,range,needs\na,camera,\"51,35\",5 km,escort; notice\nb,camera,51,5 km,\n"), nil)
	if len(h.Means) != 1 || len(h.Means[0].Needs) != 2 || len(problems) != 1 || problems[0].Line != 3 {
		t.Errorf("%v %v", h.Means, problems)
	}
}

func FuzzReadMeans(f *testing.F) {
	f.Add([]byte(meansFile))
	f.Add([]byte("id,kind,at\na,camera,\"1,2\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _ := ReadMeans("f", b, vocab.Core())
		for _, m := range h.Means {
			if m.Access < 0 || m.Access > 1 || m.Cost < 0 || m.At.Valid() != nil {
				t.Errorf("%+v", m)
			}
		}
	})
}

func FuzzReadGPX(f *testing.F) {
	f.Add([]byte(gpx))
	f.Fuzz(func(t *testing.T, b []byte) {
		fixes, _ := ReadGPX("f", b)
		for _, x := range fixes {
			if x.Spot.Valid() != nil {
				t.Error(x)
			}
		}
	})
}

// One visit serves incidents that lie together, and one answer about the text all
// that turn on it; incidents a week apart at one object stay two tasks.
func TestOneTaskForMany(t *testing.T) {
	again, later := station("RU", "UA", 500), station("RU", "UA", 500)
	again.ID, later.ID = "S2", "S3"
	for i := range later.Scenarios {
		later.Scenarios[i].Time.Start = later.Scenarios[i].Time.Start.Add(7 * 24 * time.Hour)
		later.Scenarios[i].Time.End = later.Scenarios[i].Time.End.Add(7 * 24 * time.Hour)
	}
	o := &Outlook{House: house(t, meansFile), Now: instant("2025-03-28T05:00:00Z"), Accept: evidence.Reported}
	byID := map[string]*Task{}
	for _, x := range o.Tasks(findings(t, "energy-2025", station("RU", "UA", 500), again, later)) {
		byID[x.ID] = x
	}
	if x := byID["S/act"]; x == nil || strings.Join(x.Incidents, " ") != "S S2" || byID["S2/act"] != nil || byID["S3/act"] == nil {
		t.Errorf("tasks %v", byID)
	}
	q := byID["energy-2025/text.metering-stations"]
	if q == nil || strings.Join(q.Incidents, " ") != "S S2 S3" {
		t.Errorf("the question of the text is for %v", q)
	}
	all := o.ChooseTasks([]*Task{byID["S/act"], q}, 100)
	if all.Value <= 0 || all.Value > float64(len(byID["S/act"].Findings)+len(q.Findings)) || all.Bound < all.Value {
		t.Errorf("chosen %+v", all)
	}
}

// More means never make a task less likely to be done, and the order of the
// findings changes nothing.
func TestMoreMeansSettleNoLess(t *testing.T) {
	fs := findings(t, "energy-2025", station("RU", "UA", 2000))
	h := house(t, meansFile)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, len(h.Means)).Draw(t, "means")
		now := instant("2025-03-21T05:00:00Z").Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
		a := (&Outlook{House: &House{Means: h.Means[:n-1]}, Now: now}).Tasks(fs)
		mixed := append([]*judge.Finding{}, fs...)
		rand := rapid.Permutation(mixed).Draw(t, "order")
		b := (&Outlook{House: &House{Means: h.Means[:n]}, Now: now}).Tasks(rand)
		best := map[string]float64{}
		for _, x := range b {
			best[x.ID] = x.Expected
		}
		if len(a) != len(b) {
			t.Fatalf("%d tasks, then %d", len(a), len(b))
		}
		for _, x := range a {
			if best[x.ID] < x.Expected-1e-9 {
				t.Fatalf("%s: %g with one means more, %g before", x.ID, best[x.ID], x.Expected)
			}
		}
	})
}
