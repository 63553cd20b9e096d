package lint

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// How finely lint draws zones by distance, and how much it compares: a text
// that takes more is left unexamined, with a note.
const (
	tolerance where.Metres = 200
	states    int          = 200_000
)

func options(boxes int) compare.Options {
	return compare.Options{Tolerance: tolerance, States: states, Boxes: boxes}
}

// view is the text under one reading, with an act that each prohibition surely
// forbids.
type view struct {
	id       string
	r        *terms.Regime // as it stands
	as       *terms.Regime // as if in force
	live     *compare.Effects
	assumed  *compare.Effects
	start    *terms.Moment
	end      *terms.Moment
	seeds    []seed
	asks     map[string]bool
	position terms.Pos
}

// seed is an act that a clause surely forbids.
type seed struct {
	clause *terms.RegimeClause
	regime *terms.Regime // under which it is a breach
	sc     evidence.Scenario
}

func (l *linter) view(id string) *view {
	v := &view{id: id, start: l.t.Start, end: l.t.End, position: l.key("time")}
	var err error
	if v.r, err = l.t.Under(id, nil, false); err != nil {
		return nil // check has told
	}
	if v.as, err = l.t.Under(id, nil, true); err != nil {
		return nil
	}
	if rd := v.r.Reading; rd != nil {
		v.position = rd.Pos
		if rd.Start != nil {
			v.start = rd.Start
		}
		if rd.End != nil {
			v.end = rd.End
		}
	}
	v.asks = asked(v.r)
	if v.live, err = compare.EffectsOf(v.r, options(0)); err == nil {
		v.assumed, err = compare.EffectsOf(v.as, options(0))
	}
	if err != nil {
		l.out.Notes = append(l.out.Notes, "reading "+id+": "+err.Error())
		v.live, v.assumed = nil, nil
		return v
	}
	for i, c := range v.r.Clauses {
		if c.Kind != terms.Forbid {
			continue
		}
		if a := forbidden(v.live, i); a != nil {
			v.seeds = append(v.seeds, seed{c, v.r, l.balanced(a.Incident.Scenarios[0], v.r)})
		} else if a := forbidden(v.assumed, i); a != nil {
			s := seed{c, v.as, a.Incident.Scenarios[0]}
			s.sc.Time = when.Moment(v.some())
			s.sc = l.balanced(s.sc, v.as)
			v.seeds = append(v.seeds, s)
		}
	}
	return v
}

// forbidden is an act that a clause makes a breach, however the open questions
// are answered.
func forbidden(e *compare.Effects, clause int) *compare.Act {
	return e.Where(func(a judge.Act, cs []judge.Change) bool {
		return a.Verdict() == judge.Breach && slices.ContainsFunc(cs, func(c judge.Change) bool { return c.Clause == clause && c.With == judge.Breach })
	})
}

// some is an instant of the life of the reading, if it may have one.
func (v *view) some() when.Instant {
	const day = 86_400_000
	if v.start == nil {
		return 0
	}
	switch lo, hi := v.start.Range.Earliest, v.start.Range.Latest; {
	case hi.Bounded():
		return hi + day
	case lo.Bounded():
		return lo + day
	}
	return 0
}

// balanced lets the parties take turns as authors of witnesses: the act is done
// by the next party, with owners and holders exchanged, if that one has done
// fewer and the regimes say the same of it. Else one party would stand in all
// of them.
func (l *linter) balanced(sc evidence.Scenario, regimes ...*terms.Regime) evidence.Scenario {
	if len(sc.Actor) != 1 {
		return sc
	}
	mine := l.party(sc.Actor[0])
	next := mine
	for i, p := range l.t.Parties {
		if string(p.ID) == mine {
			next = string(l.t.Parties[(i+1)%len(l.t.Parties)].ID)
		}
	}
	if l.authors[next] < l.authors[mine] {
		other := l.exchanged(sc, mine, next)
		same := true
		for _, r := range regimes {
			same = same && l.judged(r, sc, nil).Verdict == l.judged(r, other, nil).Verdict
		}
		if same {
			sc, mine = other, next
		}
	}
	l.authors[mine]++
	return sc
}

// fair is a seed whose author is a party that has done fewer, where it can be.
func (l *linter) fair(s seed) seed {
	s.sc = l.balanced(s.sc, s.regime)
	return s
}

// seeds are the seeds of a reading, the parties taking turns.
func (l *linter) seeds(v *view) []seed {
	out := make([]seed, len(v.seeds))
	for i, s := range v.seeds {
		out[i] = l.fair(s)
	}
	return out
}

// exchanged is an act with two parties in each other's place.
func (l *linter) exchanged(sc evidence.Scenario, a, b string) evidence.Scenario {
	return with(sc, func(sc *evidence.Scenario) {
		for _, list := range []*[]string{&sc.Actor, &sc.Owner, &sc.Controller} {
			if len(*list) != 1 {
				continue
			}
			switch l.party((*list)[0]) {
			case a:
				*list = []string{b}
			case b:
				*list = []string{a}
			}
		}
	})
}

// asked names the dimensions that some clause has a condition on.
func asked(r *terms.Regime) map[string]bool {
	out := map[string]bool{}
	for _, c := range r.Clauses {
		for _, b := range c.Boxes {
			for name, on := range map[string]bool{"actor": b.Actor != nil, "owner": b.Owner != nil, "controller": b.Controller != nil, "outcome": b.Outcome != nil,
				"means": b.Means != nil, "target": b.Target != nil || b.Intends != nil, "intended_target": b.Intends != nil, "site": b.Sites != nil,
				"zone": len(b.Zones) > 0, "origin": len(b.Origins) > 0} {
				out[name] = out[name] || on
			}
		}
	}
	return out
}

// judged asks the ordinary engine about one act.
func (l *linter) judged(r *terms.Regime, sc evidence.Scenario, level *evidence.Level) judge.Finding {
	return l.engine(r).Incident(heldAt(sc, level), level)
}

// weighed is judged without what would decide it, which takes long where much is open.
func (l *linter) weighed(r *terms.Regime, sc evidence.Scenario, level *evidence.Level) judge.Finding {
	return l.engine(r).Weigh(heldAt(sc, level), level)
}

func (l *linter) engine(r *terms.Regime) *judge.Judge {
	j := l.judge[r]
	if j == nil {
		j = judge.New(r)
		l.judge[r] = j
	}
	return j
}

// heldAt is an act of which everything is determined; claimed, where it is asked what
// a level is enough for.
func heldAt(sc evidence.Scenario, level *evidence.Level) *evidence.Incident {
	in := incident(sc)
	if level != nil {
		in.Level = evidence.Claimed
	}
	return in
}

func incident(sc evidence.Scenario) *evidence.Incident {
	return &evidence.Incident{ID: "witness", Scenarios: []evidence.Scenario{sc}, Level: evidence.Determined}
}

// saying is what a finding says of a witness; want is the open question that
// it is expected to turn on, if any.
func saying(as string, f judge.Finding) Saying {
	s := Saying{As: as, Regime: f.Regime, Verdict: f.Verdict}
	if f.Regime.Counterfactual && as == "" {
		s.As = "as if in force"
	}
	for _, d := range f.Deciding {
		for _, fact := range d {
			if strings.HasPrefix(fact, "text.") && s.Turns == "" {
				s.Turns = fact
			}
		}
	}
	return s
}

// witness makes a witness of one act under one regime.
func (l *linter) witness(v *view, r *terms.Regime, sc evidence.Scenario) Witness {
	f := l.judged(r, sc, nil)
	return Witness{Sentence: l.sentence(v, sc), Incident: incident(sc), Says: []Saying{saying("", f)}}
}

// with changes a copy of a scenario.
func with(sc evidence.Scenario, change func(*evidence.Scenario)) evidence.Scenario {
	change(&sc)
	return sc
}

// differ is an act on which two ways to take a text differ, found by exact
// comparison; nil if there is none.
func (l *linter) differ(v *view, a, b *terms.Regime, asA, asB string) []Witness {
	parties := make([]string, 0, len(l.t.Parties))
	for _, p := range l.t.Parties {
		parties = append(parties, string(p.ID))
	}
	// An act of a party on what is a party's is plainer than any other.
	for _, given := range []map[string][]string{{"actor": parties, "owner": parties}, nil} {
		o := options(1)
		o.Given = given
		r, err := compare.Texts(compare.Side{Regimes: []*terms.Regime{a}}, compare.Side{Regimes: []*terms.Regime{b}}, o)
		if err != nil {
			l.out.Notes = append(l.out.Notes, "reading "+v.id+": "+err.Error())
			return nil
		}
		for _, d := range r.Differences {
			if len(d.Boxes) == 0 || d.Kind == compare.Apart {
				continue
			}
			sc := l.balanced(d.Boxes[0].Witness.Incident[0].Scenarios[0], a, b)
			return []Witness{{Sentence: l.sentence(v, sc), Incident: incident(sc),
				Says: []Saying{saying(asA, l.judged(a, sc, nil)), saying(asB, l.judged(b, sc, nil))}}}
		}
	}
	return nil
}

// alternative resolves the reading of a changed copy of the text.
func (l *linter) alternative(v *view, extra []terms.Commitment, change func(*terms.Terms)) *terms.Regime {
	t := *l.t
	t.Readings = nil
	for _, r := range l.t.Readings {
		c := *r
		t.Readings = append(t.Readings, &c)
	}
	t.Clauses = nil
	for _, c := range l.t.Clauses {
		d := *c
		t.Clauses = append(t.Clauses, &d)
	}
	change(&t)
	r, err := t.Under(v.id, extra, false)
	if err != nil {
		return nil
	}
	return r
}

// leaves are the leaves of a tree below a node, or nil.
func leaves(t *vocab.Tree, node string) []string {
	s, ok := t.Node(node)
	if !ok {
		return nil
	}
	var out []string
	for i := range s.Leaves {
		out = append(out, t.Leaf(i))
	}
	return out
}
