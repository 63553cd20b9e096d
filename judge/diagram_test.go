package judge

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// walk follows the facts of a scenario through a diagram and returns the
// judgements that are reached.
func walk(j *Judge, d *Diagram, s *evidence.Scenario) []Judgement {
	k := j.read(s, func(string) {})
	reached := map[int]bool{}
	places, _ := j.memberships(s.Place)
	origins, _ := j.memberships(s.Origin)
	for _, in := range places {
		for _, from := range origins {
			at := map[int]bool{d.Root: true}
			for i := range d.Layers {
				l := &d.Layers[i]
				next := map[int]bool{}
				for n := range at {
					if i == len(d.Layers)-1 && s.Lasting {
						vs := values(j, l, &k, s, in, from)
						next[l.Lasting[n][vs[0]][len(vs)-1]] = true
						continue
					}
					for _, v := range values(j, l, &k, s, in, from) {
						next[l.Next[n][v]] = true
					}
				}
				at = next
			}
			for n := range at {
				reached[n] = true
			}
		}
	}
	var out []Judgement
	for n := range reached {
		out = append(out, d.Judgements[n])
	}
	return out
}

func values(j *Judge, l *Layer, k *known, s *evidence.Scenario, in, from where.ZoneSet) []int {
	switch l.Kind {
	case AskZones:
		if l.Dimension == "origin" {
			in = from
		}
		if anyZone(in, l.Zones) {
			return []int{1}
		}
		return []int{0}
	case AskSite:
		return j.possibleSites(s)
	case AskLeaf:
		for d := dim(0); int(d) < treeDims; d++ {
			if dimNames[d] == l.Dimension {
				var out []int
				for leaf := range k.sets[d].Leaves {
					out = append(out, leaf)
				}
				return out
			}
		}
	}
	d := dTime
	if l.Dimension == "launch" {
		d = dLaunch
	}
	return pieceNumbers(l.Breaks, timeOf(d, s))
}

func pieceNumbers(breaks []when.Instant, sp when.Span) []int {
	lo, hi := 0, 0
	for _, b := range breaks {
		if b <= sp.Start {
			lo++
		}
		if b < sp.End || b <= sp.Start {
			hi++
		}
	}
	var out []int
	for v := lo; v <= hi; v++ {
		out = append(out, v)
	}
	return out
}

// TestDiagramAgrees: on random terms and incidents the diagram reaches what
// the engine finds, for the whole and for every clause.
func TestDiagramAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		d, err := j.Diagram()
		if err != nil {
			t.Fatal(err)
		}
		in := &evidence.Incident{ID: "x"}
		for i := rapid.IntRange(1, 2).Draw(t, "scenarios"); i > 0; i-- {
			in.Scenarios = append(in.Scenarios, twin.DrawFacts(t).Scenario())
		}
		sp := j.space(in.Scenarios, func(string) {})
		want := sp.collect(nil)
		got := Judgement{Clauses: make([]Verdicts, len(j.r.Clauses))}
		for i := range in.Scenarios {
			for _, g := range walk(j, d, &in.Scenarios[i]) {
				got.All |= g.All
				for c := range got.Clauses {
					got.Clauses[c] |= g.Clauses[c]
				}
			}
		}
		if got.All != Verdicts(want.all) {
			t.Fatalf("the diagram has %b, the engine %b", got.All, want.all)
		}
		for c := range got.Clauses {
			w := Silent
			if k := sp.of[c]; k >= 0 {
				if w = Verdicts(want.clauses[k]); want.silent[k] {
					w |= Silent
				}
			}
			if got.Clauses[c] != w {
				t.Fatalf("clause %s: the diagram has %b, the engine %b", j.r.Clauses[c].ID, got.Clauses[c], w)
			}
		}
	})
}

// TestDiagramsOfTheShelf: every regime that comes with truce can be laid out,
// and stays small.
func TestDiagramsOfTheShelf(t *testing.T) {
	for _, name := range regimes.Names() {
		tm, err := regimes.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range tm.ReadingIDs() {
			r, err := tm.Under(id, nil, false)
			if err != nil {
				t.Fatal(err)
			}
			d, err := New(r).Diagram()
			if err != nil {
				t.Fatal(err)
			}
			nodes := 0
			for _, l := range d.Layers {
				nodes += l.Nodes
			}
			if nodes > 5000 {
				t.Errorf("%s, %s: %d nodes", name, id, nodes)
			}
		}
	}
}

// TestWeighIsTheFinding: without what is said for people the finding is the
// same.
func TestWeighIsTheFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		in := &evidence.Incident{ID: "x", Scenarios: []evidence.Scenario{twin.DrawFacts(t).Scenario()}}
		full, short := j.Incident(in, nil), j.Weigh(in, nil)
		for i := range full.Clauses {
			full.Clauses[i].Share = 0
		}
		if full.Verdict != short.Verdict || !reflect.DeepEqual(full.Author, short.Author) || !reflect.DeepEqual(full.Party, short.Party) ||
			!reflect.DeepEqual(full.Clauses, short.Clauses) || !reflect.DeepEqual(full.Reserved, short.Reserved) {
			t.Fatalf("%+v\n%+v", full, short)
		}
	})
}
