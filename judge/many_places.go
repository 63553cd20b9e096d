package judge

import (
	mathbits "math/bits"
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

const (
	// maxSets is how many straddled zones where.MembershipSets samples.
	maxSets = 64
	// maxWays is how many straddled zones of a regime are tried out, each inside
	// and outside.
	maxWays = 5
)

// said is what possible acts say, by clause of the regime.
type said struct {
	all     verdicts
	clauses []verdicts
	silent  []bool
}

// answer is what follows for a place that lies to zones as it does. It is not
// settled where that depends on which of the straddled zones have a place of the
// disc in common.
func (m *Many) answer(p *placed, lies []byte, in *evidence.Incident, regime int) Outcome {
	if string(lies) == nowhere {
		return m.Ask(in, regime)
	}
	j := m.judges[regime]
	fixed := make(where.ZoneSet, (len(j.r.Zones)+63)/64)
	var open []int
	for n, rel := range lies {
		switch z := p.zones[n].ofRegime; where.Relation(rel) {
		case where.Inside:
			fixed[z/64] |= 1 << (z % 64)
		case where.Straddling:
			open = append(open, z)
		}
	}
	notSettled := outcomeOf(1<<NotCovered|1<<NotInForce|1<<Permitted|1<<Breach, -1) | outcomeOpen
	if len(open) > maxWays {
		return notSettled
	}
	ways := make([]where.ZoneSet, 1<<len(open))
	for way := range ways {
		ways[way] = slices.Clone(fixed)
		for n, z := range open {
			if way>>n&1 == 1 {
				ways[way][z/64] |= 1 << (z % 64)
			}
		}
	}
	if len(open) <= 1 {
		return m.askIn(in, regime, ways)
	}
	most, ok := j.saidIn(in, ways)
	if !ok {
		return notSettled
	}
	each := make([]*said, len(ways))
	for way := range ways {
		if each[way], ok = j.saidIn(in, ways[way:way+1]); !ok {
			return notSettled
		}
	}
	o, ok := m.between(j.r, least(each, len(open)), most, disagree(each, len(open)))
	if !ok {
		return notSettled
	}
	return o
}

// saidIn is what possible acts say at places that lie in one of the sets of zones;
// false where that is too much to weigh.
func (j *Judge) saidIn(in *evidence.Incident, sets []where.ZoneSet) (*said, bool) {
	s := j.spaceIn(in.Scenarios, sets, func(string) {})
	o := s.collect(nil)
	out := &said{all: o.all, clauses: make([]verdicts, len(j.r.Clauses)), silent: make([]bool, len(j.r.Clauses))}
	for c := range out.silent {
		out.silent[c] = true
	}
	for k, c := range s.live {
		out.clauses[c], out.silent[c] = o.clauses[k], o.silent[k]
	}
	return out, !s.over
}

// least is what is said in whichever ways are possible, as long as each zone is in
// in one of them and out in another: what all ways of one side of a zone say.
func least(each []*said, zones int) *said {
	n := len(each[0].clauses)
	out := &said{clauses: make([]verdicts, n), silent: make([]bool, n)}
	for k := range zones {
		for side := range 2 {
			all := ^verdicts(0)
			clauses, silent := make([]verdicts, n), make([]bool, n)
			for c := range n {
				clauses[c], silent[c] = ^verdicts(0), true
			}
			for way, s := range each {
				if way>>k&1 != side {
					continue
				}
				all &= s.all
				for c := range n {
					clauses[c] &= s.clauses[c]
					silent[c] = silent[c] && s.silent[c]
				}
			}
			out.all |= all
			for c := range n {
				out.clauses[c] |= clauses[c]
				out.silent[c] = out.silent[c] || silent[c]
			}
		}
	}
	return out
}

// disagree reports whether the two sides of some zone have no verdict in common.
func disagree(each []*said, zones int) bool {
	for k := range zones {
		var side [2]verdicts
		for way, s := range each {
			side[way>>k&1] |= s.all
		}
		if side[0]&side[1] == 0 {
			return true
		}
	}
	return false
}

// between is the outcome if at least one and at most the other is said, where both
// lead to the same. two: at least two verdicts are among those that are said.
func (m *Many) between(r *terms.Regime, least, most *said, two bool) (Outcome, bool) {
	set, sure := m.told(most.all), m.told(least.all)
	v := set.one()
	if v == Undetermined && mathbits.OnesCount8(uint8(sure)) < 2 && (!two || m.joined) {
		return 0, false
	}
	if v == NotCovered {
		return outcomeOf(set, -1), true
	}
	first := -1
	for c, rc := range r.Clauses {
		if most.clauses[c] == 0 || rc.Kind == terms.Reserve {
			continue
		}
		if least.clauses[c] == 0 {
			return 0, false
		}
		switch one, ok := oneBetween(least, most, c); {
		case ok && one == v:
			return outcomeOf(set, c), true
		case !ok && (v == Undetermined || most.clauses[c]&(1<<v) != 0):
			return 0, false
		}
		if first < 0 {
			first = c
		}
	}
	return outcomeOf(set, first), true
}

// oneBetween is the verdict of a clause that speaks; false where it cannot be told.
func oneBetween(least, most *said, c int) (Verdict, bool) {
	switch {
	case least.silent[c] || mathbits.OnesCount8(uint8(least.clauses[c])) > 1:
		return Undetermined, true
	case !most.silent[c] && least.clauses[c] == most.clauses[c]:
		return least.clauses[c].one(), true
	}
	return Undetermined, false
}
