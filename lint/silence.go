package lint

import (
	"slices"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

// silence varies the act of the first prohibition over what a text easily
// forgets.
func (l *linter) silence(v *view) {
	if len(v.seeds) == 0 {
		return
	}
	l.forgotten(v, "L15", "overflight and jamming: ", []string{"overflight", "jam"}, []string{"overflight", "jam"})
	l.forgotten(v, "L20", "what forces may go on doing: ", []string{"movement", "deploy", "fortify"}, []string{"fortify", "movement.rotate", "movement.advance"})
}

func (l *linter) forgotten(v *view, code, what string, acts, liked []string) {
	tree := l.t.Vocabulary.Act
	var among []string
	for _, a := range acts {
		among = append(among, leaves(tree, a)...)
	}
	s := l.fair(v.seeds[0])
	places := v.everywhere()
	x := l.vary(v, s, tree, among, liked, func(sc *evidence.Scenario, leaf string) {
		sc.Act = []string{leaf}
		if !v.asks["means"] {
			sc.Means = nil
		}
		sc.Outcome, sc.Target, sc.Intended = nil, nil, nil
		if _, ok := l.t.Vocabulary.Target.Node("none"); ok {
			sc.Target, sc.Intended = []string{"none"}, []string{"none"}
		}
		if len(sc.Site) > 0 {
			sc.Site = []string{compare.NotListed}
		}
		for _, p := range places { // where it is silent, if anywhere
			there := with(*sc, func(sc *evidence.Scenario) { sc.Place = p })
			if f := l.judged(s.regime, there, nil); f.Verdict == judge.NotCovered || f.Verdict == judge.Undetermined {
				sc.Place = p
				return
			}
		}
	})
	if x.witness != nil {
		l.add(hit(code, l.key("id"), what+x.says(tree), *x.witness), v)
	}
}

// everywhere is a point in each zone of the reading, and one outside of all.
func (v *view) everywhere() []where.Region {
	if len(v.r.Zones) == 0 {
		return nil
	}
	var out []where.Region
	for _, z := range append([]*where.Zone{where.ComplementZone("", where.UnionZone("", v.r.Zones...))}, v.r.Zones...) {
		if p, ok := z.Witness(); ok {
			out = append(out, where.Disc(p, 0))
		}
	}
	return out
}

// rights looks at exceptions, reserved rights and answers.
func (l *linter) rights(v *view) {
	var reserves []int
	some := false
	for i, c := range v.r.Clauses {
		some = some || c.Kind == terms.Permit || c.Kind == terms.Reserve
		if c.Kind == terms.Reserve {
			reserves = append(reserves, i)
		}
	}
	if !some && len(v.seeds) > 0 {
		s := l.fair(v.seeds[0])
		h := hit("L16", l.key("id"), "no exception and no reserved right: an act in self-defence is a breach like any other")
		if w := l.witness(v, s.regime, s.sc); w.Says[0].Verdict == judge.Breach {
			w.Sentence += ", said to be in answer to an attack"
			h.Witnesses = []Witness{w}
		}
		l.add(h, v)
	}
	if v.live == nil {
		return
	}
	for _, i := range reserves {
		c := v.r.Clauses[i]
		if c.Limits != "" {
			continue
		}
		w := l.invoked(v, i)
		if w == nil {
			continue
		}
		h := hit("L17", c.Pos, "a right to answer is reserved, and nothing bounds it: on whose order, after what, in what proportion", *w)
		h.Clause = c.ID
		l.add(h, v)
	}
	l.loops(v, reserves)
}

// invoked is a breach about which a reserved right may be invoked.
func (l *linter) invoked(v *view, reserve int) *Witness {
	accept := func(a judge.Act, _ []judge.Change) bool {
		return a.Verdict() == judge.Breach && slices.Contains(a.Speaks, reserve)
	}
	r, a := v.r, v.live.Where(accept)
	if a == nil {
		r, a = v.as, v.assumed.Where(accept)
	}
	if a == nil {
		return nil
	}
	sc := a.Incident.Scenarios[0]
	if r == v.as {
		sc.Time.Start, sc.Time.End = v.some(), v.some()
	}
	return l.mayInvoke(v, r, sc, v.r.Clauses[reserve].ID)
}

// mayInvoke is a witness if the act is a breach about which the right may be
// invoked.
func (l *linter) mayInvoke(v *view, r *terms.Regime, sc evidence.Scenario, right terms.ClauseID) *Witness {
	f := l.judged(r, sc, nil)
	if f.Verdict != judge.Breach {
		return nil
	}
	for _, c := range f.Reserved {
		if c.ID == right {
			w := l.witness(v, r, sc)
			w.Says[0].Reserved = right
			return &w
		}
	}
	return nil
}

// loops: D04, two rights to answer, each of which makes a breach that the other
// answers.
func (l *linter) loops(v *view, reserves []int) {
	for n, i := range reserves {
		for _, k := range reserves[n:] {
			a, b := v.r.Clauses[i], v.r.Clauses[k]
			if a.Limits != "" || b.Limits != "" {
				continue
			}
			if ws := l.loop(v, i, b.ID); ws != nil {
				h := hit("D04", b.Pos, "an answer under "+string(a.ID)+" is itself a breach that "+string(b.ID)+" answers, and so on without end", ws...)
				h.Clause = b.ID
				l.add(h, v)
			}
		}
	}
	l.answers(v)
}

// loop is an act under one right, the answer of another party under the other,
// and the answer to that.
func (l *linter) loop(v *view, first int, second terms.ClauseID) []Witness {
	w := l.invoked(v, first)
	if w == nil {
		return nil
	}
	one := w.Incident.Scenarios[0]
	r := w.Says[0].Regime
	mine := l.party(one.Actor[0])
	for _, p := range l.t.Parties {
		if string(p.ID) == mine {
			continue
		}
		two := l.turned(one, string(p.ID), mine)
		back := l.mayInvoke(v, r, two, second)
		if back == nil {
			continue
		}
		three := l.turned(two, mine, string(p.ID))
		three.Time.Start, three.Time.End = two.Time.Start+hour, two.Time.Start+hour
		if again := l.mayInvoke(v, r, three, v.r.Clauses[first].ID); again != nil {
			return []Witness{*w, *back, *again}
		}
	}
	return nil
}

// turned is the same act an hour later by another party against the first.
func (l *linter) turned(sc evidence.Scenario, by, against string) evidence.Scenario {
	return with(sc, func(sc *evidence.Scenario) {
		sc.Actor = []string{by}
		if len(sc.Owner) == 1 && l.party(sc.Owner[0]) != "" {
			sc.Owner = []string{against}
		}
		if len(sc.Controller) == 1 && l.party(sc.Controller[0]) != "" {
			sc.Controller = []string{against}
		}
		sc.Time.Start, sc.Time.End = sc.Time.Start+hour, sc.Time.Start+hour
		sc.Launch = sc.Time
	})
}

// answers: D04 for powers to respond to a breach.
func (l *linter) answers(v *view) {
	var holders []string
	var last *terms.Clause
	for _, c := range l.t.Clauses {
		if c.Power == nil || c.Power.May != "respond" || c.Power.When != "breach" || c.Limits != "" || !in(c.Readings, v.id) {
			continue
		}
		for _, h := range c.Power.Holder {
			if l.t.Party(terms.PartyID(h)) != nil {
				holders = append(holders, h)
				continue
			}
			for _, p := range l.t.Parties { // each, injured, the other side
				holders = append(holders, string(p.ID))
			}
		}
		last = c
	}
	for _, s := range l.seeds(v) {
		if len(s.sc.Actor) != 1 {
			continue
		}
		mine := l.party(s.sc.Actor[0])
		for _, other := range holders {
			if other == mine || !slices.Contains(holders, mine) {
				continue
			}
			two := l.turned(s.sc, other, mine)
			three := l.turned(two, mine, other)
			ws := []Witness{l.witness(v, s.regime, s.sc), l.witness(v, s.regime, two), l.witness(v, s.regime, three)}
			if slices.ContainsFunc(ws, func(w Witness) bool { return w.Says[0].Verdict != judge.Breach }) {
				continue
			}
			h := hit("D04", last.Pos, "each answer to a breach is itself a breach that the other side may answer, and so on without end", ws...)
			h.Clause = last.ID
			l.add(h, v)
			return
		}
	}
}
