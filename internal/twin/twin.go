// Package twin is for tests: a slow, obvious evaluator of random texts. It
// enumerates possible acts one by one from an abstract description of a text,
// which is printed, parsed and judged by the real one. The two share no code
// but the parser of instants.
package twin

import (
	"fmt"
	"testing/fstest"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Act is one possible act, fully known.
type Act struct {
	Act, Outcome, Target, Aimed, Actor, Owner string
	Place                                     where.Point
	At, Launch                                when.Instant
}

// world answers every open question.
type world struct {
	q1, q2, q3     bool
	startLate      bool
	endLate        bool
	fromLate, cond map[string]bool
}

func leafIn(tree map[string][]string, names []string, leaf string) bool {
	for _, n := range names {
		for _, l := range tree[n] {
			if l == leaf {
				return true
			}
		}
	}
	return false
}

func partyOf(actor string) string {
	switch actor {
	case "P":
		return "P"
	case "Q.1", "Q.2":
		return "Q"
	}
	return ""
}

func (c *clause) boundParties() []string {
	if len(c.bound) > 0 {
		return c.bound
	}
	return []string{"P", "Q"}
}

func (c *clause) matches(a Act, w world) bool {
	if c.wholeUnclear && !w.q3 {
		return false
	}
	for _, s := range c.scopes {
		if s.matches(c, a, w) {
			return true
		}
	}
	return false
}

func (s *scope) matches(c *clause, a Act, w world) bool {
	target := func(leaf string) bool {
		if s.target == nil {
			return !leafIn(Targets, s.openTarget, leaf) || w.q1
		}
		return leafIn(Targets, s.target, leaf) || w.q1 && leafIn(Targets, s.openTarget, leaf)
	}
	aimOK := target(a.Target)
	switch s.aim {
	case "intended":
		aimOK = target(a.Aimed)
	case "either":
		aimOK = target(a.Target) || target(a.Aimed)
	}
	outcomeOK := s.outcome == nil && (w.q2 || !leafIn(Outcomes, s.openOutcome, a.Outcome)) || leafIn(Outcomes, s.outcome, a.Outcome) || w.q2 && leafIn(Outcomes, s.openOutcome, a.Outcome)
	ownerOK := true
	switch s.owner {
	case "other-party":
		ownerOK = false
		for _, p := range c.boundParties() {
			if partyOf(a.Actor) == p && partyOf(a.Owner) != "" && partyOf(a.Owner) != p {
				ownerOK = true
			}
		}
	case "P", "Q":
		ownerOK = partyOf(a.Owner) == s.owner
	}
	zoneOK := s.zone == nil
	for _, z := range s.zone {
		zoneOK = zoneOK || inTiny(z, a.Place)
	}
	return aimOK && outcomeOK && ownerOK && zoneOK &&
		(s.act == nil || leafIn(Acts, s.act, a.Act)) &&
		(s.actor == nil || leafIn(Actors, s.actor, a.Actor))
}

func pick(r [2]int, late bool) when.Instant {
	if late {
		return hour(r[1])
	}
	return hour(r[0])
}

func (c *clause) ownDates(a Act) bool {
	t := a.At
	if c.launch {
		t = a.Launch
	}
	return (c.from < 0 || t >= hour(c.from)) && (c.until < 0 || t < hour(c.until))
}

func (b *Text) binds(c *clause, a Act, w world) bool {
	t := a.At
	if c.launch {
		t = a.Launch
	}
	if !c.ownDates(a) || t < pick(b.start, w.startLate) || t >= pick(b.end, w.endLate) {
		return false
	}
	p := partyOf(a.Actor)
	listed := false
	for _, q := range c.boundParties() {
		listed = listed || p == q
	}
	if !listed || p == "" {
		return false
	}
	for _, k := range b.commits {
		if k.party == p && !k.refused && (!k.condOpen || w.cond[p]) && (k.from[0] < 0 || t >= pick(k.from, w.fromLate[p])) {
			return true
		}
	}
	return false
}

func (b *Text) find(id string) *clause {
	for i := range b.clauses {
		if b.clauses[i].id == id {
			return &b.clauses[i]
		}
	}
	return nil
}

// effective: no exception that applies takes it back, unless reinstated.
func (b *Text) effective(c *clause, a Act, w world) bool {
	for i := range b.clauses {
		e := &b.clauses[i]
		if e.kind != "permit" || !contains(e.except, c.id) || !e.matches(a, w) || !e.ownDates(a) {
			continue
		}
		back := false
		for k := range b.clauses {
			r := &b.clauses[k]
			if r.kind == "reinstates" && contains(r.except, c.id) && contains(r.against, e.id) && r.matches(a, w) && r.ownDates(a) && b.effective(r, a, w) {
				back = true
			}
		}
		if !back {
			return false
		}
	}
	return true
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}

func (b *Text) judge(a Act, w world) string {
	matched, bound, breach := false, false, false
	for i := range b.clauses {
		c := &b.clauses[i]
		if c.kind == "permit" && c.matches(a, w) {
			matched = true
			for _, id := range c.except { // it lives as what it excepts lives
				bound = bound || c.ownDates(a) && b.binds(b.find(id), a, w)
			}
		}
		if c.kind != "forbid" || !c.matches(a, w) {
			continue
		}
		matched = true
		if b.binds(c, a, w) {
			bound = true
			breach = breach || b.effective(c, a, w)
		}
	}
	switch {
	case !matched:
		return "not-covered"
	case !bound:
		return "not-in-force"
	case breach:
		return "breach"
	}
	return "permitted"
}

// worlds are all answers to all questions.
func (b *Text) worlds() []world {
	out := []world{{fromLate: map[string]bool{}, cond: map[string]bool{}}}
	split := func(set func(*world)) {
		for _, w := range append([]world(nil), out...) {
			n := w
			n.fromLate, n.cond = map[string]bool{}, map[string]bool{}
			for k, v := range w.fromLate {
				n.fromLate[k] = v
			}
			for k, v := range w.cond {
				n.cond[k] = v
			}
			set(&n)
			out = append(out, n)
		}
	}
	q1, q2, q3 := false, false, false
	for _, c := range b.clauses {
		q3 = q3 || c.wholeUnclear
		for _, s := range c.scopes {
			q1 = q1 || s.openTarget != nil
			q2 = q2 || s.openOutcome != nil
		}
	}
	if q1 {
		split(func(w *world) { w.q1 = true })
	}
	if q2 {
		split(func(w *world) { w.q2 = true })
	}
	if q3 {
		split(func(w *world) { w.q3 = true })
	}
	if b.start[0] != b.start[1] {
		split(func(w *world) { w.startLate = true })
	}
	if b.end[0] != b.end[1] {
		split(func(w *world) { w.endLate = true })
	}
	for _, c := range b.commits {
		p := c.party
		if c.from[0] != c.from[1] {
			split(func(w *world) { w.fromLate[p] = true })
		}
		if c.condOpen {
			split(func(w *world) { w.cond[p] = true })
		}
	}
	return out
}

// Regime parses a text and resolves it.
func (b *Text) Regime() (*terms.Regime, error) {
	fsys := fstest.MapFS{"tiny.truce.md": {Data: []byte(b.Markdown())}, "tiny.txt": {Data: []byte(vocabulary)}}
	tm, problems := terms.Parse(fsys, "tiny.truce.md")
	if tm == nil {
		return nil, fmt.Errorf("%v\n%s", problems, b.Markdown())
	}
	return tm.Under("text", nil, false)
}

// Of returns the verdicts that the answers to the open questions give on one
// act.
func (b *Text) Of(a Act) map[string]bool {
	all := map[string]bool{}
	b.one(all, b.worlds(), false, []when.Instant{a.At}, a)
	return all
}

// Changes says which clauses, by id, change the verdict on an act: those without
// which it would be another one, under some answers to the open questions.
func (b *Text) Changes(a Act) map[string]bool {
	out := map[string]bool{}
	for i, c := range b.clauses {
		less := *b
		less.clauses = nil
		for k, d := range b.clauses {
			if k == i {
				continue
			}
			var left []string
			for _, id := range d.except {
				if id != c.id {
					left = append(left, id)
				}
			}
			d.except = left // an exception from nothing else still speaks
			less.clauses = append(less.clauses, d)
		}
		for _, w := range b.worlds() {
			if b.judge(a, w) != less.judge(a, w) {
				out[c.id] = true
			}
		}
	}
	return out
}
