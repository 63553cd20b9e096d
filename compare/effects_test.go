package compare

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/where"
)

// TestEffects: a clause changes some verdict exactly if deleting it does, by a
// twin that enumerates; and the act that is shown for it is one.
func TestEffects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := twin.DrawText(t)
		r, err := text.Regime()
		if err != nil {
			t.Fatalf("%v", err)
		}
		e, err := EffectsOf(r, Options{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		matters := map[string]bool{}
		for i, c := range r.Clauses {
			if len(e.Changes(i)) == 0 {
				continue
			}
			matters[string(c.ID)] = true
			act := e.Where(func(_ judge.Act, cs []judge.Change) bool {
				for _, ch := range cs {
					if ch.Clause == i {
						return true
					}
				}
				return false
			})
			if a := twinAct(act.Incident.Scenarios[0]); !nearEdge(a.Place) && !text.Changes(a)[string(c.ID)] {
				t.Fatalf("%s is said to matter on %+v, and does not\n%s", c.ID, a, text.Markdown())
			}
		}
		for range 20 {
			a := drawAct(t)
			for id := range text.Changes(a) {
				if !matters[id] {
					t.Fatalf("%s matters on %+v, and is said to matter nowhere\n%s", id, a, text.Markdown())
				}
			}
		}
	})
}

// nearEdge reports whether a point lies so near to an edge of a tiny zone that
// the twin, which draws edges along parallels, may see it otherwise.
func nearEdge(p where.Point) bool {
	for _, lat := range []float64{48, 50, 51, 52} {
		if math.Abs(p.Lat-lat) < 0.3 {
			return true
		}
	}
	for _, lon := range []float64{20, 30, 35, 40} {
		if math.Abs(p.Lon-lon) < 0.01 {
			return true
		}
	}
	return false
}

// twinAct is a scenario of which every fact is known, in the words of the twin.
func twinAct(s evidence.Scenario) twin.Act {
	a := twin.Act{Act: s.Act[0], Outcome: s.Outcome[0], Target: s.Target[0], Aimed: s.Intended[0], Actor: s.Actor[0], Owner: s.Owner[0],
		Place: twin.Points[3], At: s.Time.Start, Launch: s.Time.Start}
	if p, ok := s.Place.Centre(); ok {
		a.Place = p
	}
	if s.Launch.IsMoment() {
		a.Launch = s.Launch.Start
	}
	return a
}
