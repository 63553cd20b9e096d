package compare

import (
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Effects is what each clause of one regime does to verdicts: which it changes,
// and an act on which it does. It is exact: a change that is not listed for a
// clause happens on no act, but for what is thinner than the tolerance of
// zones.
type Effects struct {
	d       *diagram
	masks   [][]uint64 // of terminals
	changes [][]judge.Change
	acts    []judge.Act
}

// EffectsOf examines a regime. Errors say what is too much to examine.
func EffectsOf(r *terms.Regime, o Options) (*Effects, error) {
	if o.Tolerance == 0 {
		o.Tolerance = defaultTolerance
	}
	s, err := newSpace([]Side{{Regimes: []*terms.Regime{r}}}, o)
	if err != nil {
		return nil, err
	}
	e := &Effects{}
	ids := map[string]int{}
	e.d, err = s.diagramOf(func(d *diagram, m []uint64) int {
		k := judge.Key(m)
		id, ok := ids[k]
		if !ok {
			e.masks = append(e.masks, slices.Clone(m))
			d.terminals = append(d.terminals, terminal{len(e.masks) - 1})
			id = -len(e.masks)
			ids[k] = id
		}
		return id
	})
	if err != nil {
		return nil, err
	}
	f := s.units[0].f
	for _, m := range e.masks {
		e.changes = append(e.changes, f.Changes(m))
		e.acts = append(e.acts, f.Act(m))
	}
	return e, nil
}

// Changes lists what a clause, by index, changes somewhere.
func (e *Effects) Changes(clause int) []judge.Change {
	var out []judge.Change
	for _, all := range e.changes {
		for _, c := range all {
			if c.Clause == clause && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// Speaks reports whether a clause speaks of some act at all.
func (e *Effects) Speaks(clause int) bool {
	for _, a := range e.acts {
		if slices.Contains(a.Speaks, clause) {
			return true
		}
	}
	return false
}

// Where finds an act that a predicate accepts: what the regime says of it, and
// what its clauses change. It returns nil if there is none.
func (e *Effects) Where(accept func(judge.Act, []judge.Change) bool) *Act {
	some := false
	take := make([]bool, len(e.masks))
	for i := range e.masks {
		take[i] = accept(e.acts[i], e.changes[i])
		some = some || take[i]
	}
	if !some {
		return nil
	}
	m, root := e.d.region(func(t terminal) bool { return take[t[0]] })
	if root == no {
		return nil
	}
	w := e.d.witness(m.largest(root))
	return &Act{Sentence: w.Sentence, Incident: w.Incident[0], Placed: w.Placed}
}

// Act is one act in words and as an incident, of which every fact is known.
type Act struct {
	Sentence string
	Incident *evidence.Incident
	Placed   bool // the place is a part of what it shows
}
