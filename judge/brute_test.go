package judge

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/twin"
)

func parseTiny(t interface{ Fatalf(string, ...any) }, b *twin.Text) *Judge {
	r, err := b.Regime()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return New(r)
}

// TestAgreesWithEnumeration: on random terms and incidents the engine gives
// the verdict that enumerating every possible act gives.
func TestAgreesWithEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := twin.DrawText(t)
		j := parseTiny(t, b)
		in := &evidence.Incident{ID: "x"}
		var ss []twin.Facts
		for i := rapid.IntRange(1, 2).Draw(t, "scenarios"); i > 0; i-- {
			s := twin.DrawFacts(t)
			ss = append(ss, s)
			in.Scenarios = append(in.Scenarios, s.Scenario())
		}
		// Not the verdict alone: all that possible acts have must be the same.
		got := j.space(in.Scenarios, func(string) {}).collect(nil).all
		want := b.Verdicts(ss, twin.Horizon+1)
		for v := NotCovered; v <= Breach; v++ {
			if want[v.String()] != (got&(1<<v) != 0) {
				t.Fatalf("%s: engine %v, enumeration %v\nfacts %+v\n%s", v, got&(1<<v) != 0, want, ss, b.Markdown())
			}
		}
		if f := j.Incident(in, nil); (len(want) == 1) != (f.Verdict != Undetermined) || len(want) == 1 && !want[f.Verdict.String()] {
			t.Fatalf("engine: %s, enumeration: %v", f.Verdict, want)
		}
	})
}

// TestRefiningNeverFlips: taking possibilities away from the facts never
// turns one decided verdict into another.
func TestRefiningNeverFlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		s := twin.DrawFacts(t)
		before := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{s.Scenario()}}, nil)
		narrow := func(tree map[string][]string, names, unknown []string, label string) []string {
			return []string{rapid.SampledFrom(twin.LeavesOf(tree, names, unknown)).Draw(t, label)}
		}
		r := s
		switch rapid.IntRange(0, 6).Draw(t, "which") {
		case 0:
			r.Acts = narrow(twin.Acts, s.Acts, []string{"a", "b"}, "act")
		case 1:
			r.Outcomes = narrow(twin.Outcomes, s.Outcomes, []string{"hit", "shot"}, "outcome")
		case 2:
			r.Targets = narrow(twin.Targets, s.Targets, []string{"t", "w"}, "target")
		case 3:
			r.Actors = narrow(twin.Actors, s.Actors, []string{"P", "Q"}, "actor")
		case 4:
			r.Owners = narrow(twin.Actors, s.Owners, []string{"P", "Q"}, "owner")
		case 5:
			r.Points = s.Points[:1]
		case 6:
			if s.Lasting || s.From == s.Until {
				return
			}
			r.From = rapid.IntRange(s.From, s.Until-1).Draw(t, "from")
			r.Until = r.From
		}
		after := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{r.Scenario()}}, nil)
		if before.Verdict != Undetermined && after.Verdict != before.Verdict {
			t.Fatalf("%s became %s\n%+v\n%+v", before.Verdict, after.Verdict, s, r)
		}
	})
}

// TestDecidingFactsDecide: under each answer to a deciding fact that narrows
// the facts, judging again gives the verdict that was promised.
func TestDecidingFactsDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		s := twin.DrawFacts(t)
		sc := s.Scenario()
		f := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{sc}}, nil)
		for _, a := range f.Answers {
			n := sc
			usable := a.Verdict != Undetermined
			for _, fact := range a.Facts {
				name, val, _ := strings.Cut(fact, "=")
				if strings.Contains(val, "…") || val == "*" || val == AnyOther {
					usable = usable && val == "*"
					continue
				}
				switch name {
				case "act", "outcome", "target", "intended_target", "actor", "owner":
					if err := n.SetFact(name, val); err != nil {
						t.Fatalf("%v", err)
					}
				default:
					usable = false
				}
			}
			if !usable {
				continue
			}
			if g := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{n}}, nil); g.Verdict != a.Verdict {
				t.Fatalf("%s was promised, got %s (%s)\n%+v", a, g.Verdict, g.DecidingText(), s)
			}
		}
	})
}

// TestWhatWasJudgedBeforeChangesNothing: a judge that has seen many incidents
// gives the finding that a new one gives.
func TestWhatWasJudgedBeforeChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		for i := 0; i < 12; i++ {
			in := &evidence.Incident{}
			for k := rapid.IntRange(1, 2).Draw(t, "scenarios"); k > 0; k-- {
				in.Scenarios = append(in.Scenarios, twin.DrawFacts(t).Scenario())
			}
			old, fresh := j.Incident(in, nil), New(j.r).Incident(in, nil)
			if old.Verdict != fresh.Verdict || old.DecidingText() != fresh.DecidingText() || len(old.Clauses) != len(fresh.Clauses) {
				t.Fatalf("%s (%s), a new judge says %s (%s)", old.Verdict, old.DecidingText(), fresh.Verdict, fresh.DecidingText())
			}
		}
	})
}
