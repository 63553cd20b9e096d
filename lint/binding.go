package lint

import (
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// binding looks at who is bound, on what condition, and who is not.
func (l *linter) binding(v *view) {
	ks := l.t.CommitmentsUnder(v.id)
	if len(ks) == 0 {
		l.add(hit("L04", l.key("parties"), "no act by which a party undertook this is stated"), v)
	} else {
		l.unbound(v, ks)
	}
	for _, k := range ks {
		if k.Status != terms.Given {
			continue
		}
		if k.Act == "" {
			l.add(hit("L04", k.Pos, "by what act "+string(k.Party)+" undertook this is not said"), v)
		}
		if k.From != nil && !k.From.Range.Certain() {
			l.add(hit("L04", k.Pos, "from when "+string(k.Party)+" is bound is known only as a range: "+stated(k.From), l.open(v, k.From.Range, "text."+k.ID, string(k.Party))...), v)
		}
		if k.If != "" && k.Certifier == "" {
			l.condition(v, k)
		}
	}
	l.release(v, ks)
	l.proxies(v)
}

// unbound: L04, a party that a clause means to bind and that undertook nothing.
func (l *linter) unbound(v *view, ks []terms.Commitment) {
	for _, p := range l.t.Parties {
		if slices.ContainsFunc(ks, func(k terms.Commitment) bool { return k.Party == p.ID }) {
			continue
		}
		for _, s := range l.seeds(v) {
			c := s.clause
			if len(c.Bound) > 0 && !slices.Contains(c.Bound, p.ID) {
				continue
			}
			h := hit("L04", v.position, string(p.ID)+" is meant to be bound by "+string(c.ID)+" and has undertaken nothing")
			h.Clause = c.ID
			if w := l.witness(v, v.r, with(s.sc, func(sc *evidence.Scenario) { *sc = l.exchanged(*sc, l.party(sc.Actor[0]), string(p.ID)) })); w.Says[0].Verdict == judge.NotInForce {
				h.Witnesses = []Witness{w}
			}
			l.add(h, v)
			break
		}
	}
}

// condition: L05.
func (l *linter) condition(v *view, k terms.Commitment) {
	under := func(met string) *terms.Regime {
		c := k
		c.Met = met
		return l.alternative(v, []terms.Commitment{c}, func(*terms.Terms) {})
	}
	h := hit("L05", k.Pos, "nobody is named who certifies the condition of "+string(k.Party)+": "+clip(k.If))
	if yes, no := under("yes"), under("no"); yes != nil && no != nil {
		h.Witnesses = l.differ(v, yes, no, "if the condition is met", "if it is not")
	}
	l.add(h, v)
}

// clip shortens what is quoted.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return strings.TrimSpace(string(r[:77])) + "..."
	}
	return s
}

// release: L10.
func (l *linter) release(v *view, ks []terms.Commitment) {
	found := false
	for _, c := range l.t.Clauses {
		if c.Power == nil || !in(c.Readings, v.id) || c.Power.May != "release" && c.Power.May != "withdraw" && c.Power.May != "terminate" {
			continue
		}
		found = true
		if c.Power.Notice != "" && c.Power.Finding != "" {
			continue
		}
		h := hit("L10", c.Pos, "a side may be released; "+missing(map[string]string{"by what notice (notice:)": c.Power.Notice, "who finds the breach first (finding:)": c.Power.Finding}), l.released(v, ks)...)
		h.Clause = c.ID
		l.add(h, v)
	}
	if !found {
		l.add(hit("L10", l.key("id"), "nothing is said on release or withdrawal: whether a breach by one side frees the other", l.released(v, ks)...), v)
	}
}

// missing says what is not said.
func missing(fields map[string]string) string {
	var out []string
	for name, said := range fields {
		if said == "" {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	if len(out) > 1 {
		return both(out) + " are not said"
	}
	return both(out) + " is not said"
}

// released is an act that is a breach unless its author was released before.
func (l *linter) released(v *view, ks []terms.Commitment) []Witness {
	for _, s := range l.seeds(v) {
		if s.regime != v.r || len(s.sc.Actor) != 1 {
			continue
		}
		for _, k := range ks {
			at := s.sc.Time.Start - 1
			if string(k.Party) != l.party(s.sc.Actor[0]) || !at.Bounded() || k.Status != terms.Given {
				continue
			}
			k.Released = &at
			other := l.alternative(v, []terms.Commitment{k}, func(*terms.Terms) {})
			if other == nil {
				continue
			}
			a, b := l.judged(v.r, s.sc, nil), l.judged(other, s.sc, nil)
			if a.Verdict != b.Verdict {
				return []Witness{{Sentence: l.sentence(v, s.sc), Incident: incident(s.sc), Says: []Saying{saying("if it still holds for "+string(k.Party), a), saying("if the other side's breach has freed it", b)}}}
			}
		}
	}
	return nil
}

// proxies: L29.
func (l *linter) proxies(v *view) {
	var bare []string
	for _, p := range l.t.Parties {
		if len(p.Actors) == 0 {
			bare = append(bare, string(p.ID))
		}
	}
	if bare == nil {
		return
	}
	h := hit("L29", l.key("parties"), "who acts for "+both(bare)+" is not listed: irregulars and forces of third states are nobody's")
	for _, s := range l.seeds(v) {
		sc := with(s.sc, func(sc *evidence.Scenario) { sc.Actor = []string{terms.Outsider} })
		if w := l.witness(v, s.regime, sc); w.Says[0].Verdict == judge.NotInForce || w.Says[0].Verdict == judge.NotCovered {
			h.Witnesses = []Witness{w}
			break
		}
	}
	l.add(h, v)
}
