package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
)

// scopes varies what each prohibition surely forbids.
func (l *linter) scopes(v *view) {
	for _, s := range v.seeds {
		l.verbs(v, l.fair(s))
		l.outcomes(v, l.fair(s))
		l.incidental(v, l.fair(s))
		l.territory(v, l.fair(s))
	}
	l.classes(v)
	l.annexes(v)
}

// spectrum is what becomes of an act when one fact of it is varied.
type spectrum struct {
	silent, open vocab.Set
	witness      *Witness
}

// vary tries every leaf of a list and keeps, as witness, the first of the liked
// ones on which the text is silent or open, else the first of all.
func (l *linter) vary(v *view, s seed, tree *vocab.Tree, among []string, liked []string, set func(*evidence.Scenario, string)) spectrum {
	var out spectrum
	best := -1
	for _, leaf := range among {
		sc := with(s.sc, func(sc *evidence.Scenario) { set(sc, leaf) })
		f := l.judged(s.regime, sc, nil)
		node, ok := tree.Node(leaf)
		if !ok {
			continue
		}
		switch f.Verdict {
		case judge.NotCovered:
			out.silent = out.silent.Union(node)
		case judge.Undetermined:
			out.open = out.open.Union(node)
		default:
			continue
		}
		rank := len(liked)
		if i := slices.Index(liked, leaf); i >= 0 {
			rank = i
		}
		if best < 0 || rank < best {
			w := l.witness(v, s.regime, sc)
			best, out.witness = rank, &w
		}
	}
	return out
}

// says words a spectrum: "silent on sabotage and mine; left open: cyber".
func (x spectrum) says(tree *vocab.Tree) string {
	var parts []string
	if !x.silent.Empty() {
		parts = append(parts, "silent on "+both(nodes(tree, x.silent)))
	}
	if !x.open.Empty() {
		parts = append(parts, "left open: "+both(nodes(tree, x.open)))
	}
	return strings.Join(parts, "; ")
}

func nodes(tree *vocab.Tree, s vocab.Set) []string {
	return append([]string(nil), tree.Paths(s)...)
}

// clauseHit reports a spectrum of a clause.
func (l *linter) clauseHit(v *view, code string, s seed, x spectrum, says string) {
	if x.witness == nil {
		return
	}
	h := hit(code, s.clause.Pos, says, *x.witness)
	h.Clause = s.clause.ID
	l.add(h, v)
}

// verbs: L06, other acts of the same kind against the same.
func (l *linter) verbs(v *view, s seed) {
	tree := l.t.Vocabulary.Act
	if len(s.sc.Act) != 1 {
		return
	}
	top, _, below := strings.Cut(s.sc.Act[0], ".")
	if !below {
		return
	}
	x := l.vary(v, s, tree, leaves(tree, top), []string{"attack.sabotage.demolition", "attack.cyber", "attack.ground.assault"}, func(sc *evidence.Scenario, leaf string) {
		sc.Act = []string{leaf}
		if !v.asks["means"] {
			sc.Means = nil
		}
	})
	l.clauseHit(v, "L06", s, x, "of "+top+" on the same: "+x.says(tree))
}

// outcomes: L09.
func (l *linter) outcomes(v *view, s seed) {
	tree := l.t.Vocabulary.Outcome
	among := slices.DeleteFunc(leaves(tree, "*"), func(leaf string) bool { return leaf == "incidental" })
	x := l.vary(v, s, tree, among, []string{"intercepted", "launched", "debris"}, func(sc *evidence.Scenario, leaf string) {
		sc.Outcome = []string{leaf}
		if leaf != "debris" {
			sc.Intended = sc.Target
		}
	})
	l.clauseHit(v, "L09", s, x, "outcomes: "+x.says(tree))
}

// incidental: L11.
func (l *linter) incidental(v *view, s seed) {
	tree := l.t.Vocabulary.Outcome
	if _, ok := tree.Node("incidental"); !ok {
		return
	}
	x := l.vary(v, s, tree, []string{"incidental"}, nil, func(sc *evidence.Scenario, leaf string) {
		sc.Outcome = []string{leaf}
		if _, ok := l.t.Vocabulary.Target.Node("military.base"); ok {
			sc.Intended = []string{"military.base"}
		}
	})
	l.clauseHit(v, "L11", s, x, "damage done while something else was aimed at is "+map[bool]string{true: "left open", false: "not spoken of"}[x.silent.Empty()])
}

// territory: L13.
func (l *linter) territory(v *view, s seed) {
	for _, b := range s.clause.Boxes {
		if b.Owner != nil || b.Controller != nil || b.Sites != nil || len(b.Zones) > 0 || len(b.Origins) > 0 {
			return
		}
	}
	if len(s.sc.Actor) != 1 {
		return
	}
	party := l.party(s.sc.Actor[0])
	if party == "" {
		return
	}
	sc := with(s.sc, func(sc *evidence.Scenario) { sc.Owner, sc.Controller = []string{party}, []string{party} })
	w := l.witness(v, s.regime, sc)
	if w.Says[0].Verdict != judge.Breach {
		return
	}
	h := hit("L13", s.clause.Pos, "whose objects are meant, in whose hands and where, is not said: what a side does to its own counts as well", w)
	h.Clause = s.clause.ID
	l.add(h, v)
}

// classes: L07, what a class takes in is a question.
func (l *linter) classes(v *view) {
	if v.assumed == nil {
		return
	}
	for _, it := range l.openItems(v) {
		q := slices.IndexFunc(v.as.Questions, func(q terms.Question) bool { return q.ID == it.u.ID })
		if q < 0 {
			continue
		}
		a := v.assumed.Where(func(a judge.Act, _ []judge.Change) bool {
			return a.Verdict() == judge.Undetermined && slices.Equal(a.Asks, []int{q})
		})
		if a == nil {
			continue
		}
		sc := a.Incident.Scenarios[0]
		if !sc.Time.Start.Bounded() || sc.Time.Start == 0 {
			sc.Time.Start, sc.Time.End = v.some(), v.some()
		}
		if other := l.balanced(sc, v.r, v.as); turns(l.judged(v.as, other, nil), it.u.ID) {
			sc = other
		}
		r := v.r
		f := l.judged(r, sc, nil)
		if !turns(f, it.u.ID) {
			r = v.as
		}
		w := l.witness(v, r, sc)
		w.Says[0].Turns = "text." + it.u.ID
		h := hit("L07", it.u.Pos, "open: "+question(it.u), w)
		h.Clause = it.clause
		l.add(h, v)
		if l.parallel(it.clause) && !slices.ContainsFunc(l.out.Hits, func(h Hit) bool { return h.Code == "L08" && h.Clause == it.clause }) {
			h := hit("L08", it.u.Pos, "the sentence stands in several languages, and what its words take in is open, as: "+question(it.u), w)
			h.Clause = it.clause
			l.add(h, v)
		}
	}
}

// turns reports whether a finding turns on a question of the text.
func turns(f judge.Finding, question string) bool {
	return f.Verdict == judge.Undetermined && f.Decides("text."+question)
}

func question(u terms.Unclear) string {
	if u.Question != "" {
		return u.Question
	}
	return u.ID
}

// item is an open question on a class of objects.
type item struct {
	u      terms.Unclear
	clause terms.ClauseID
}

func (l *linter) openItems(v *view) []item {
	var out []item
	take := func(us []terms.Unclear, c terms.ClauseID) {
		for _, u := range us {
			_, hit := u.Dims["target"]
			_, aimed := u.Dims["intended_target"]
			if (hit || aimed) && !slices.ContainsFunc(out, func(i item) bool { return i.u.ID == u.ID }) {
				out = append(out, item{u, c})
			}
		}
	}
	for _, d := range l.t.Definitions {
		if in(d.Readings, v.id) && d.Dimension == "target" {
			take(d.Unclear, d.Clause)
		}
	}
	if rd := v.r.Reading; rd != nil {
		for _, d := range rd.Definitions {
			take(d.Unclear, d.Clause)
		}
	}
	for _, c := range v.r.Clauses {
		for _, s := range c.Scopes {
			take(s.Unclear, c.ID)
		}
	}
	return out
}

// parallel reports whether the sentence of a clause stands in more than one
// language.
func (l *linter) parallel(id terms.ClauseID) bool {
	for _, s := range l.t.Sentences {
		if s.ID == id {
			return len(s.Texts) > 1
		}
	}
	return false
}

// annexes: L07, classes without a list of objects, and lists with holes.
func (l *linter) annexes(v *view) {
	for _, c := range v.r.Clauses {
		if c.Kind != terms.Forbid || len(l.t.Annexes) > 0 {
			continue
		}
		for _, s := range c.Scopes {
			if _, ok := s.Dims["target"]; ok {
				l.add(hit("L07", l.key("annexes"), "objects are protected by class, and no annex lists them"), v)
			}
		}
	}
	for _, a := range l.t.Annexes {
		var place, owner, claimed []string
		for _, o := range a.Objects {
			if !o.HasPoint {
				place = append(place, o.ID)
			}
			if o.Owner == "" {
				owner = append(owner, o.ID)
			}
			if len(o.ClaimedBy) > 1 {
				claimed = append(claimed, o.ID)
			}
		}
		if n := len(place); n > 0 {
			l.add(hit("L07", a.Pos, fmt.Sprintf("annex %s: %d objects without coordinates: %s", a.ID, n, some(place))), nil)
		}
		if n := len(owner); n > 0 {
			l.add(hit("L07", a.Pos, fmt.Sprintf("annex %s: %d objects without an owner: %s", a.ID, n, some(owner))), nil)
		}
		if n := len(claimed); n > 0 {
			l.add(hit("L13", a.Pos, fmt.Sprintf("annex %s: %d objects that more than one party claims: %s", a.ID, n, some(claimed))), nil)
		}
	}
}

// some names a few of many.
func some(ids []string) string {
	if len(ids) > 4 {
		return strings.Join(ids[:4], ", ") + ", ..."
	}
	return strings.Join(ids, ", ")
}
