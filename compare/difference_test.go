package compare

import (
	"fmt"
	"math/big"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

func side(t interface{ Fatalf(string, ...any) }, b *twin.Text) Side {
	r, err := b.Regime()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return Side{Regimes: []*terms.Regime{r}}
}

func reading(t testing.TB, id, reading string) Side {
	t.Helper()
	tm, err := regimes.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := tm.Under(reading, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return Side{Regimes: []*terms.Regime{r}}
}

// TestWitnesses: the ordinary engine says of every witness what the comparison
// claims.
func TestWitnesses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := twin.DrawText(t), twin.DrawText(t)
		r, err := Texts(side(t, a), side(t, b), Options{Dormant: true})
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, d := range r.Differences {
			if len(d.Boxes) == 0 {
				t.Fatalf("a difference without a box: %+v", d)
			}
			for _, x := range d.Boxes {
				for i := range r.Sides {
					if f := x.Witness.Says(i, r.Sides[i])[0]; f.Verdict != d.Says[i] {
						t.Fatalf("%s: side %d: the engine says %s, the comparison %s\n%+v\n%s\n----\n%s",
							x.Witness.Sentence, i, f.Verdict, d.Says[i], x.Witness.Incident[i].Scenarios[0], a.Markdown(), b.Markdown())
					}
				}
			}
		}
	})
}

// TestSame: a text compared with itself shows no difference.
func TestSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := twin.DrawText(t)
		r, err := Texts(side(t, a), side(t, a), Options{Dormant: true})
		if err != nil || len(r.Differences) > 0 || r.Same.Cmp(r.Cases) != 0 {
			t.Fatalf("%v %+v", err, r.Differences)
		}
	})
	for _, id := range regimes.Names() {
		tm, err := regimes.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, rd := range tm.ReadingIDs() {
			s := reading(t, id, rd)
			if r, err := Texts(s, s, Options{Dormant: true}); err != nil || len(r.Differences) > 0 {
				t.Errorf("%s@%s differs from itself: %v %+v", id, rd, err, r.Differences)
			}
		}
	}
}

// drawAct draws one act of the tiny texts.
func drawAct(t *rapid.T) twin.Act {
	one := func(tree map[string][]string, label string) string {
		return rapid.SampledFrom(twin.Leaves(tree)).Draw(t, label)
	}
	at := when.Instant(rapid.IntRange(-1, 2*twin.Horizon+1).Draw(t, "half hour")) * 1_800_000
	return twin.Act{Act: one(twin.Acts, "act"), Outcome: one(twin.Outcomes, "outcome"), Target: one(twin.Targets, "target"),
		Aimed: one(twin.Targets, "aimed"), Actor: one(twin.Actors, "actor"), Owner: one(twin.Actors, "owner"),
		Place: rapid.SampledFrom(twin.Points).Draw(t, "place"), At: at,
		Launch: min(at, when.Instant(rapid.IntRange(-1, 2*twin.Horizon).Draw(t, "launch"))*1_800_000)}
}

// classes finds the class of an act in every dimension.
func (d *diagram) classes(t *rapid.T, a twin.Act) []int {
	out := make([]int, len(d.levels))
	leafOf := map[int]string{dActor: a.Actor, dAct: a.Act, dTarget: a.Target, dOwner: a.Owner, dOutcome: a.Outcome, dIntended: a.Aimed}
	for lv, name := range leafOf {
		found := false
		for c, v := range d.s.dims[lv].values {
			for _, l := range v.leaves {
				p := d.s.tree(lv).Leaf(l)
				if p == name || isActor(lv) && p[max(0, len(p)-1):] == name[len(name)-1:] {
					out[lv], found = c, true
				}
			}
		}
		if !found {
			t.Fatalf("%s %s is in no class", dimNames[lv], name)
		}
	}
	for c, v := range d.s.dims[dTime].values {
		for _, m := range v.moments {
			if within(m.impact, a.At) && within(m.launch, a.Launch) {
				out[dTime] = c
			}
		}
	}
	for c, v := range d.s.dims[dPlace].values {
		for _, p := range v.points {
			same := true
			for _, z := range d.s.zones.list {
				same = same && z.Contains(p.point, d.s.model()) == z.Contains(a.Place, d.s.model())
			}
			if same {
				out[dPlace] = c
			}
		}
	}
	return out
}

func within(s when.Span, i when.Instant) bool { return s.Start <= i && i < s.End }

// at follows an act through the diagram.
func (d *diagram) at(classes []int) terminal {
	id := d.root
	for id >= 0 {
		n := d.nodes[id]
		for i, s := range n.sets {
			if s.has(classes[n.level]) {
				id = n.kids[i]
				break
			}
		}
	}
	return d.terminals[-id-1]
}

// TestDiagramAgreesWithEnumeration: what the diagram says of an act is what the
// twin, which knows neither masks nor diagrams, says of it; and an act is in a
// box of a difference exactly if the texts differ on it so.
func TestDiagramAgreesWithEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := []*twin.Text{twin.DrawText(t), twin.DrawText(t)}
		r, err := Texts(side(t, texts[0]), side(t, texts[1]), Options{Dormant: true, Boxes: 1000})
		if err != nil {
			t.Fatalf("%v", err)
		}
		for range 20 {
			a := drawAct(t)
			classes := r.d.classes(t, a)
			term := r.d.at(classes)
			for i, text := range texts {
				want := text.Of(a)
				said := r.d.said[i][term[i]].Verdicts
				same := len(said) == len(want)
				for _, v := range said {
					same = same && want[v.String()]
				}
				if !same {
					t.Fatalf("text %d: the diagram says %v, enumeration %v, of %+v\n%s", i, said, want, a, text.Markdown())
				}
			}
			for _, d := range r.Differences {
				want := r.d.pair(term) == pair{d.Says, d.Asks, d.Kind == Apart}
				in := false
				for _, b := range d.Boxes {
					for _, p := range b.products {
						all := true
						for lv := range p {
							all = all && p.at(r.d.mdd, lv).has(classes[lv])
						}
						in = in || all
					}
				}
				if in != want {
					t.Fatalf("%+v: in a box of %s %v: %v, differs so: %v", a, d.Kind, d.Says, in, want)
				}
			}
		}
	})
}

// TestCounts: counts of cases agree with counting one by one.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, err := Texts(side(t, twin.DrawText(t)), side(t, twin.DrawText(t)), Options{Dormant: true, Boxes: 1000})
		if err != nil {
			t.Fatalf("%v", err)
		}
		d := r.d
		counts := map[pair]uint64{}
		total := uint64(0)
		classes := make([]int, len(d.levels))
		var walk func(lv int, weight uint64)
		walk = func(lv int, weight uint64) {
			if lv == len(d.levels) {
				counts[d.pair(d.at(classes))] += weight
				total += weight
				return
			}
			for c, w := range d.levels[lv].weight {
				classes[lv] = c
				walk(lv+1, weight*w)
			}
		}
		n := 1
		for _, l := range d.levels {
			n *= l.n
		}
		if n > 200_000 {
			return
		}
		walk(0, 1)
		if r.Cases.Cmp(new(big.Int).SetUint64(total)) != 0 {
			t.Fatalf("%s cases, counted %d", r.Cases, total)
		}
		for _, x := range r.Differences {
			if want := counts[pair{x.Says, x.Asks, x.Kind == Apart}]; x.Cases.Cmp(new(big.Int).SetUint64(want)) != 0 {
				t.Fatalf("%s %v: %s cases, counted %d", x.Kind, x.Says, x.Cases, want)
			}
			if x.Rest.Sign() != 0 {
				t.Fatalf("%s cases are in no box", x.Rest)
			}
		}
	})
}

// TestKnownDisputes: what the two sides are known to have disagreed on in March
// and April 2025 is among the differences of their readings.
func TestKnownDisputes(t *testing.T) {
	r, err := Texts(reading(t, "energy-2025", "kremlin"), reading(t, "energy-2025", "ukraine"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	hour := func(s string) when.Instant {
		i, err := when.ParseRFC3339(s)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	for _, x := range []struct {
		what   string
		target string
		at     string
		says   [2]judge.Verdict
	}{
		{"gas production at Poltava, 28 March", "energy.gas.production", "2025-03-28T00:00Z", [2]judge.Verdict{judge.NotCovered, judge.Breach}},
		{"17 April, by one way of counting thirty days", "energy.power.substation", "2025-04-17T12:00Z", [2]judge.Verdict{judge.Undetermined, judge.Breach}},
		{"Kherson, 22 April", "energy.power.substation", "2025-04-22T22:00Z", [2]judge.Verdict{judge.NotInForce, judge.Breach}},
		{"24 April, the last day by one way of counting", "energy.power.substation", "2025-04-24T12:00Z", [2]judge.Verdict{judge.NotInForce, judge.Undetermined}},
		{"heating at Kharkiv, 27 March", "energy.heat", "2025-03-27T00:00Z", [2]judge.Verdict{judge.NotCovered, judge.Undetermined}},
		{"railway traction power, 19 March", "infra.rail.traction-power", "2025-03-19T21:20Z", [2]judge.Verdict{judge.Undetermined, judge.NotInForce}},
	} {
		found := false
		for _, d := range r.Differences {
			for _, b := range d.Boxes {
				if d.Says == x.says && r.d.covers(b, "attack.strike.drone", x.target, hour(x.at)) {
					found = true
				}
			}
		}
		if !found {
			t.Errorf("%s: no difference says %v", x.what, x.says)
		}
	}
}

// covers reports whether a box holds a strike that hit a target at an instant.
func (d *diagram) covers(b Box, act, target string, at when.Instant) bool {
	for _, p := range b.products {
		in := true
		for lv, name := range map[int]string{dAct: act, dTarget: target, dOutcome: "impact", dActor: "RU", dOwner: "UA"} {
			l, ok := d.s.tree(lv).Node(name)
			in = in && ok && !d.leaves(lv, p.at(d.mdd, lv)).Intersect(l).Empty()
		}
		some := false
		for c := range p.at(d.mdd, dTime).each {
			for _, m := range d.s.dims[dTime].values[c].moments {
				some = some || within(m.impact, at)
			}
		}
		if in && some {
			return true
		}
	}
	return false
}

const lonely = `---
truce: 1
id: %s
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-03-18T00:00Z", end: "2025-04-18T00:00Z"}
parties: {%s}
others: {%s: monitor}
---

> 1 No attacks.

` + "```truce\nclause: \"1\"\nforbid: {act: attack}\n```\n"

// TestDifferentActors: an actor whom one text does not name is an outsider
// there, and a party that one text parts into forces is all of them in the
// other.
func TestDifferentActors(t *testing.T) {
	open := func(id, parties, other string) Side {
		fsys := fstest.MapFS{"x.truce.md": {Data: fmt.Appendf(nil, lonely, id, parties, other)}}
		tm, problems := terms.Parse(fsys, "x.truce.md")
		if tm == nil {
			t.Fatal(problems)
		}
		r, err := tm.Under("text", nil, false)
		if err != nil {
			t.Fatal(err)
		}
		return Side{Regimes: []*terms.Regime{r}}
	}
	a := open("a", "X: {actors: [army, navy]}, Y: {}", "M")
	b := open("b", "X: {}, Z: {}", "N")
	r, err := Texts(a, b, Options{Dormant: true})
	if err != nil {
		t.Fatal(err)
	}
	byActor := map[string][2]judge.Verdict{}
	for _, d := range r.Differences {
		for _, x := range d.Boxes {
			for _, p := range x.products {
				for _, n := range r.d.names(dActor, p.at(r.d.mdd, dActor)) {
					byActor[n] = d.Says
				}
			}
			for i := range r.Sides {
				if f := x.Witness.Says(i, r.Sides[i])[0]; f.Verdict != d.Says[i] {
					t.Errorf("%s: side %d: the engine says %s, the comparison %s", x.Witness.Sentence, i, f.Verdict, d.Says[i])
				}
			}
		}
	}
	want := map[string][2]judge.Verdict{"Y": {judge.Breach, judge.NotInForce}, "Z": {judge.NotInForce, judge.Breach}}
	if len(byActor) != len(want) || byActor["Y"] != want["Y"] || byActor["Z"] != want["Z"] {
		t.Errorf("got %v, expected %v", byActor, want)
	}
}
