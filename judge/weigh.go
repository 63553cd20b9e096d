package judge

import (
	"github.com/truce-project/truce/terms"
)

// act is what a regime says about one possible act.
type act struct {
	verdict Verdict
	clauses []verdicts // by live clause; 0: silent
}

// one judges a single possible act: which clauses match it, which of them
// bind its author at its instant, and what the exceptions take back. Every
// clause is weighed, also after a breach is found.
func (s *space) one(m bits) act {
	w := newWeighing(s.j.r, s.live, s.of)
	for k := range s.live {
		w.matched[k] = m.meets(s.cb[k])
		w.bound[k] = m.meets(s.cw[k])
		w.excepts[k] = m.meets(s.xw[k])
	}
	return w.act()
}

// act judges the act that is weighed.
func (w *weighing) act() act {
	a := act{clauses: make([]verdicts, len(w.live))}
	anyMatch, anyBound := false, false
	for k, c := range w.live {
		rc := w.r.Clauses[c]
		if !w.matched[k] || rc.Kind != terms.Forbid && rc.Kind != terms.Permit {
			continue
		}
		anyMatch = true
		if !w.bound[k] || len(rc.Except) > 0 && !w.excepts[k] {
			a.clauses[k] = a.clauses[k].with(NotInForce)
			continue
		}
		anyBound = true
		v := Permitted
		if rc.Kind == terms.Forbid && w.effective(c) {
			v, a.verdict = Breach, Breach
		}
		if rc.Kind == terms.Permit && w.takenBack(c) {
			continue // reinstated: the exception has no effect on this act
		}
		a.clauses[k] = a.clauses[k].with(v)
	}
	switch {
	case !anyMatch:
		a.verdict = NotCovered
	case !anyBound:
		a.verdict = NotInForce
	case a.verdict != Breach:
		a.verdict = Permitted
	}
	w.helpers(&a)
	return a
}

// weighing is which live clauses match an act and bind its author.
type weighing struct {
	r              *terms.Regime
	live, of       []int // the clauses that may speak; clause -> its place in live, or -1
	matched, bound []bool
	excepts        []bool // of an exception: something that it excepts binds
}

func newWeighing(r *terms.Regime, live, of []int) *weighing {
	n := len(live)
	flags := make([]bool, 3*n)
	return &weighing{r: r, live: live, of: of, matched: flags[:n], bound: flags[n : 2*n], excepts: flags[2*n:]}
}

// applies reports whether clause c matches and binds.
func (w *weighing) applies(c int) bool {
	k := w.of[c]
	return k >= 0 && w.matched[k] && w.bound[k]
}

// effective reports whether no exception takes clause c back.
func (w *weighing) effective(c int) bool {
	for _, e := range w.r.Clauses[c].ExceptedBy {
		if !w.applies(e.Permit) {
			continue
		}
		reinstated := false
		for _, r := range e.ReinstatedBy {
			reinstated = reinstated || w.applies(r) && w.effective(r)
		}
		if !reinstated {
			return false
		}
	}
	return true
}

// takenBack reports whether an exception is without effect on an act: every
// clause that matches and that it excepts is in breach all the same.
func (w *weighing) takenBack(c int) bool {
	rc := w.r.Clauses[c]
	some := false
	for k, f := range w.live {
		if fc := w.r.Clauses[f]; fc.Kind == terms.Forbid && w.matched[k] && exceptsOrReinstates(rc, fc) {
			if some = true; !w.effective(f) {
				return false
			}
		}
	}
	return some
}

// helpers notes which reinstatements and reservations speak: those that apply
// to a clause that matches.
func (w *weighing) helpers(a *act) {
	for k, c := range w.live {
		rc := w.r.Clauses[c]
		if !w.matched[k] || !w.bound[k] {
			continue
		}
		switch rc.Kind {
		case terms.Reserve:
			if a.verdict != NotCovered {
				a.clauses[k] = a.clauses[k].with(a.verdict)
			}
		case terms.Reinstate:
			for kf, f := range w.live {
				fc := w.r.Clauses[f]
				if fc.Kind != terms.Forbid || !w.matched[kf] || !exceptsOrReinstates(rc, fc) {
					continue
				}
				v := NotInForce
				if w.bound[kf] {
					v = Permitted
					if w.effective(f) {
						v = Breach
					}
				}
				a.clauses[k] = a.clauses[k].with(v)
			}
		}
	}
}

func exceptsOrReinstates(h, f *terms.RegimeClause) bool {
	for _, id := range h.Except {
		if id == f.ID {
			return true
		}
	}
	return false
}

// outcome collects what possible acts say.
type outcome struct {
	all     verdicts
	clauses []verdicts // by live clause
	silent  []bool     // some possible act on which the clause is silent
}

// add takes in one possible act, with what is said of it under each answer to
// the open questions.
func (o *outcome) add(under []act) {
	var all verdicts
	for _, a := range under {
		all = all.with(a.verdict)
	}
	o.all |= all.idle()
	for c := range o.clauses {
		var v verdicts
		silent := false
		for _, a := range under {
			v |= a.clauses[c]
			silent = silent || a.clauses[c] == 0
		}
		o.clauses[c] |= v
		if silent && v != 1<<NotInForce {
			o.silent[c] = true
		}
	}
}

// verdict is what one live clause says.
func (o *outcome) verdict(k int) Verdict {
	if o.silent[k] {
		return Undetermined
	}
	return o.clauses[k].one()
}

// idle drops a question of the text that needs no answer: where it could only
// choose between not covered and not in force, the act is not in force.
func (s verdicts) idle() verdicts {
	if s == 1<<NotCovered|1<<NotInForce {
		return 1 << NotInForce
	}
	return s
}

// collect judges every possible act within a restriction.
func (s *space) collect(fix restriction) *outcome {
	n := len(s.live)
	o := &outcome{clauses: make([]verdicts, n), silent: make([]bool, n)}
	if s.over {
		o.all = 1<<NotCovered | 1<<Breach
		return o
	}
	cache := map[bits]act{}
	judge := func(m bits) act {
		a, ok := cache[m]
		if !ok {
			a = s.one(m)
			cache[m] = a
		}
		return a
	}
	seen := map[bits]bool{}
	s.each(fix, func(m bits, times []atom, lasting bool) {
		if s.over {
			return
		}
		var under []act
		if !lasting {
			for _, t := range times {
				mt := m.and(t.m)
				if seen[mt] {
					continue
				}
				seen[mt] = true
				under = under[:0]
				for _, q := range s.answers(mt, fix) {
					under = append(under, judge(q))
				}
				o.add(under)
			}
			return
		}
		// An act that lasted is judged at every instant of it: a breach in
		// any part is a breach.
		for _, q := range s.answers(m, fix) {
			total := act{clauses: make([]verdicts, n)}
			for _, t := range times {
				total = strongest(total, judge(q.and(t.m)))
			}
			under = append(under, total)
		}
		o.add(under)
	})
	if s.over {
		o.all = 1<<NotCovered | 1<<Breach
	}
	return o
}

// strongest joins the verdicts on parts of one lasting act.
func strongest(a, b act) act {
	a.verdict = max(a.verdict, b.verdict)
	out := make([]verdicts, len(a.clauses))
	for c := range out {
		v := a.clauses[c] | b.clauses[c]
		for k := Breach; ; k-- {
			if v&(1<<k) != 0 {
				out[c] = 1 << k
				break
			}
			if k == NotCovered {
				break
			}
		}
	}
	a.clauses = out
	return a
}
