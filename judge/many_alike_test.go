package judge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// howAsked counts the answers that were given without sampling, and those that
// only the zones that sampling found could give.
func howAsked(m *Many) (at, sampled, unsettled int) {
	for _, p := range m.asked.by {
		for _, o := range p.answers {
			at++
			if !o.Settled() {
				unsettled++
			}
		}
	}
	return at, len(m.asked.sampled), unsettled
}

// TestAsked: whatever was asked before, an event has the verdict and the clause that
// it has when it is judged by itself, with its place sampled.
func TestAsked(t *testing.T) {
	verdicts := map[Verdict]int{}
	var at, sampled, unsettled int
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMany([]*terms.Regime{parseTiny(t, twin.DrawText(t)).r}, Options{Joined: rapid.Bool().Draw(t, "joined")})
		if err != nil {
			t.Fatal(err)
		}
		b := &bulk{m: m}
		for range 3 {
			b.add(t)
		}
		for i := range 24 { // the same facts at other times and places
			for d := range treeDims {
				if c := b.column(dim(d)); *c != nil {
					*c = append(*c, (*c)[i%3])
				}
			}
			at := hour(rapid.IntRange(0, twin.Horizon).Draw(t, "at"))
			b.Time, b.Until = append(b.Time, at), append(b.Until, at+hour(rapid.SampledFrom([]int{0, 0, 1, 5, 30}).Draw(t, "for")))
			lat, lon, r := b.Lat[i%3], b.Lon[i%3], b.Radius[i%3]
			if rapid.Bool().Draw(t, "a disc") { // the squares overlap round 50, 30 and 51, 35
				r = rapid.SampledFrom([]float32{0, 1000, 20000, 90000, 200000}).Draw(t, "radius")
				lat, lon = where.E7(rapid.IntRange(495_000_000, 515_000_000).Draw(t, "lat")), where.E7(rapid.IntRange(295_000_000, 355_000_000).Draw(t, "lon"))
			}
			b.Lat, b.Lon, b.Radius = append(b.Lat, lat), append(b.Lon, lon), append(b.Radius, r)
		}
		for i := range b.Len() {
			got, want := m.ask(&b.Events, i, 0), m.Ask(m.Incident(&b.Events, i), 0)
			verdicts[want.Verdict()]++
			if got.Verdict() != want.Verdict() || got.Clause() != want.Clause() {
				t.Fatalf("event %d %+v: %s of clause %d, by itself %s of clause %d", i, m.Incident(&b.Events, i).Scenarios[0], got.Verdict(), got.Clause(), want.Verdict(), want.Clause())
			}
		}
		a, s, u := howAsked(m)
		at, sampled, unsettled = at+a, sampled+s, unsettled+u
	})
	t.Logf("%d answers, %d of them left to sampling, which found %d sets; %v", at, unsettled, sampled, verdicts)
	if at == 0 || unsettled == 0 || sampled == 0 || unsettled == at {
		t.Error("not both ways were tried")
	}
}

// TestDiscsAcrossLines: discs near the lines of a real text, whose belts lie in one
// another and whose two lines cross, are judged as when each is sampled.
func TestDiscsAcrossLines(t *testing.T) {
	tm, err := regimes.Open("minsk-2015-weapons")
	if err != nil {
		t.Fatal(err)
	}
	discsAgree(t, tm, 2015, where.Point{Lat: 48.2, Lon: 38.4}, 1.2, 200)
}

// realText has zones by a front line as it was mapped: belts of both sides, oblasts
// with and without it, and an exception.
const realText = `---
truce: 1
id: real-zones
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-01-01T00:00Z", end: {for: 300 days}}
parties: {A: {name: A}, B: {name: B}}
---

` + "```truce" + `
define:
  beyond: {zone: {file: layer.geojson}}
  oblasts: {zone: {area: [UA-14, UA-23, UA-65]}}
  north: {zone: {area: [UA-63, UA-09]}}
  this side: {zone: {subtract: [oblasts, beyond]}}
  both: {zone: {intersect: [oblasts, beyond]}}
  rest: {zone: {not: {union: [oblasts, north, beyond]}}}
` + "```\n\n```truce\nclause: \"1\"\nforbid: {act: attack, zone: beyond, unclear: [{id: ground, question: Does ground count?, act: attack.ground}]}\n```\n" +
	"\n```truce\nclause: \"2\"\nforbid: {act: [attack.strike, movement], zone: this side}\n```\n" +
	"\n```truce\nclause: \"3\"\nforbid: {act: movement, zone: both, actor: A}\n```\n" +
	"\n```truce\nclause: \"4\"\nexcept: [\"1\", \"2\"]\npermit: {act: attack.strike.drone, zone: north}\n```\n" +
	"\n```truce\nclause: \"5\"\npermit: {act: attack.ground, zone: rest}\n```\n"

// TestDiscsAcrossRealZones is TestDiscsAcrossLines with polygons of thousands of
// vertices.
func TestDiscsAcrossRealZones(t *testing.T) {
	const file = "../../shared/data/frontline/deepstatemap_data_20250417.geojson"
	layer, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("SKIPPED: %s is not here, so discs were NOT tried on zones as they are mapped", file)
	}
	tm, problems := terms.ParseBytes(fstest.MapFS{"layer.geojson": {Data: layer}}, "real.truce.md", []byte(realText))
	if tm == nil {
		t.Fatal(problems)
	}
	discsAgree(t, tm, 2025, where.Point{Lat: 48.3, Lon: 37.6}, 1.5, 200)
}

// discsAgree judges seeded discs round a place by a text in bulk, and each by itself.
func discsAgree(t *testing.T, tm *terms.Terms, year int, c where.Point, size float64, n int) {
	for _, reading := range tm.ReadingIDs() {
		r, err := tm.Under(reading, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMany([]*terms.Regime{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ev := drawDiscs(m, r, year, c, size, n)
		out := make([]Outcome, n)
		m.Judge(ev, out)
		open := m.Settle(ev, out)
		by := map[string]int{}
		for i := range n {
			want := m.Ask(m.Incident(ev, i), 0)
			by[fmt.Sprint(want.Verdict())]++
			if out[i].Verdict() != want.Verdict() || out[i].Clause() != want.Clause() {
				t.Errorf("%+v: %s of clause %d, by itself %s of clause %d", m.Incident(ev, i).Scenarios[0], out[i].Verdict(), out[i].Clause(), want.Verdict(), want.Clause())
			}
		}
		at, sampled, unsettled := howAsked(m)
		t.Logf("%s: %v, %d asked: %d answers, %d left to sampling, which found %d sets", reading, by, open, at, unsettled, sampled)
		if open == 0 || len(by) < 3 {
			t.Errorf("%s: too little was tried", reading)
		}
	}
}

// drawDiscs draws events in some days from the beginning of a year.
func drawDiscs(m *Many, r *terms.Regime, year int, c where.Point, size float64, n int) *Events {
	const days = 500
	from := when.At(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	rnd := rand.New(rand.NewPCG(1, 2))
	ev := &Events{}
	one := func(dimension string, names ...string) Value {
		if k := rnd.IntN(len(names) + 1); k < len(names) {
			return m.Value(dimension, names[k])
		}
		return Unknown
	}
	for range n {
		ev.Time = append(ev.Time, from.Add(time.Duration(rnd.IntN(days*24))*time.Hour))
		ev.Lat = append(ev.Lat, where.E7((c.Lat+size*(2*rnd.Float64()-1))*1e7))
		ev.Lon = append(ev.Lon, where.E7((c.Lon+1.3*size*(2*rnd.Float64()-1))*1e7))
		ev.Radius = append(ev.Radius, []float32{0, 100, 1000, 5000, 5000, 12000}[rnd.IntN(6)])
		ev.Actor = append(ev.Actor, one("actor", append(r.Terms.ActorNames(r.Terms.AllParties()), "elsewhere")...))
		ev.Act = append(ev.Act, one("act", "attack.strike.drone", "attack.ground", "attack", "movement", "deploy"))
		ev.Means = append(ev.Means, one("means", "artillery.gun.100mm-and-over", "artillery.mlrs.standard", "artillery.mlrs", "tank"))
	}
	return ev
}

// TestReservedZone: a zone that a reservation alone is about changes nothing.
func TestReservedZone(t *testing.T) {
	tm, problems := terms.ParseBytes(fstest.MapFS{}, "reserved.truce.md", []byte(`---
truce: 1
id: reserved
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-01-01T00:00Z", end: none}
parties: {A: {name: A}, B: {name: B}}
---

`+"```truce\nclause: \"1\"\nforbid: {actor: A, act: attack.strike, means: artillery}\n```\n\n"+
		"```truce\nclause: \"2\"\npermit: {act: attack.strike, means: tank, actor: A}\n```\n\n"+
		"```truce\nclause: \"3\"\nreserve: {act: attack, zone: belt}\nlimits: [necessity]\n```\n\n"+
		"```truce\ndefine: belt\nzone: {near: {line: [[35.0, 50.4], [36.0, 50.3]], within: 15 km, side: both}}\n```\n"))
	if tm == nil {
		t.Fatal(problems)
	}
	discsAgree(t, tm, 2025, where.Point{Lat: 50.35, Lon: 35.5}, 0.3, 60)
}
