package terms

import (
	"fmt"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// check finds what is wrong with terms that could be read: names that mean
// nothing, numbers that stand twice, sentences without a clause, cycles, and
// clauses that clash.
func (p *reader) check() {
	p.checkNumbers()
	p.checkReadings()
	p.checkReferences()
	p.checkSentences()
	p.checkClears()
	sound := p.problems.Errors() == nil
	seen := map[string]bool{}
	for _, id := range p.t.ReadingIDs() {
		sub := &reader{file: p.file, fsys: p.fsys, t: p.t}
		r := sub.under(id, nil, false)
		if sound && sub.problems == nil {
			sub.checkLife(r)
			sub.checkClashes(r)
		}
		for _, pr := range sub.problems {
			for _, old := range p.problems { // once is enough for one place
				seen[pr.Error()] = seen[pr.Error()] || !old.Warning && old.Pos == pr.Pos
			}
			if !seen[pr.Error()] {
				seen[pr.Error()] = true
				p.problems = append(p.problems, pr)
			}
		}
	}
}

func (p *reader) checkNumbers() {
	for i, c := range p.t.Clauses {
		for _, d := range p.t.Clauses[:i] {
			if c.ID == d.ID && c.Kind != Define && d.Kind != Define && overlap(c.Readings, d.Readings) {
				p.errorf(c.Pos, "clause %s stands twice (first on line %d): give each its own number, or its own readings", c.ID, d.Pos.Line)
			}
		}
	}
}

func overlap(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		if contains(b, x) {
			return true
		}
	}
	return false
}

func (p *reader) checkReadings() {
	ids := p.t.ReadingIDs()
	known := func(list []string, pos Pos) {
		for _, r := range list {
			if !contains(ids, r) {
				p.errorf(pos, "%q is not a reading of these terms%s", r, didYouMean(r, ids))
			}
		}
	}
	for _, c := range p.t.Clauses {
		known(c.Readings, c.Pos)
	}
	all := append([]Commitment(nil), p.t.Commitments...)
	for _, r := range p.t.Readings {
		all = append(all, r.Commitments...)
	}
	var clauses []string
	for _, c := range p.t.Clauses {
		clauses = append(clauses, string(c.ID))
	}
	for _, c := range all {
		known(c.Readings, c.Pos)
		for _, id := range c.Clauses {
			if !contains(clauses, string(id)) {
				p.errorf(c.Pos, "commitment %s speaks of clause %q, which does not exist%s", c.ID, id, didYouMean(string(id), clauses))
			}
		}
	}
	if len(p.t.Clauses) == 0 {
		p.warnf(Pos{p.file, 1, 1}, "this text has no clause that runs: a fenced block with the info word truce makes a sentence executable")
	}
}

func (p *reader) checkReferences() {
	var ids []string
	kinds := map[ClauseID]Kind{}
	for _, c := range p.t.Clauses {
		if !contains(ids, string(c.ID)) {
			ids = append(ids, string(c.ID))
		}
		if kinds[c.ID] == "" || kinds[c.ID] == Define {
			kinds[c.ID] = c.Kind
		}
	}
	refer := func(c *Clause, id ClauseID, word string, want ...Kind) {
		k, ok := kinds[id]
		if !ok {
			p.errorf(c.Pos, "clause %s %s clause %q, which does not exist%s", c.ID, word, id, didYouMean(string(id), ids))
			return
		}
		for _, w := range want {
			if k == w {
				return
			}
		}
		p.errorf(c.Pos, "clause %s %s clause %s, which is of kind %s: expected %v", c.ID, word, id, k, want)
	}
	for _, c := range p.t.Clauses {
		for _, id := range c.Except {
			if c.Kind == Reinstate {
				refer(c, id, "reinstates", Forbid, Reinstate)
			} else {
				refer(c, id, "is an exception from", Forbid, Reinstate)
			}
			if id == c.ID {
				p.errorf(c.Pos, "clause %s is an exception from itself", c.ID)
			}
		}
		for _, id := range c.Against {
			refer(c, id, "stands against", Permit)
		}
		for _, w := range sortedKeys(c.Words) {
			if !contains(dimensions, w) && w != "bound" && w != "time" {
				p.errorf(c.Pos, "words: %q is not a dimension%s", w, didYouMean(w, dimensions))
			}
		}
	}
	for _, x := range p.t.Examples {
		for id := range x.Expect.Clauses {
			if contains(ids, id) {
				continue
			}
			p.errorf(x.Pos, "example %q speaks of clause %q, which does not exist%s", x.Name, id, didYouMean(id, ids))
		}
	}
	p.checkCycles()
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for _, d := range append([]string{"bound", "time"}, dimensions...) {
		if _, ok := m[d]; ok {
			out = append(out, d)
		}
	}
	for k := range m {
		if !contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// checkCycles refuses exceptions that except each other in a circle.
func (p *reader) checkCycles() {
	edges := map[ClauseID][]ClauseID{}
	for _, c := range p.t.Clauses {
		if c.Kind == Permit {
			edges[c.ID] = append(edges[c.ID], c.Except...)
		}
		if c.Kind == Reinstate {
			edges[c.ID] = append(edges[c.ID], c.Against...)
		}
	}
	state := map[ClauseID]int{}
	var visit func(id ClauseID) bool
	visit = func(id ClauseID) bool {
		switch state[id] {
		case 1:
			return false
		case 2:
			return true
		}
		state[id] = 1
		for _, n := range edges[id] {
			if !visit(n) {
				return false
			}
		}
		state[id] = 2
		return true
	}
	for _, c := range p.t.Clauses {
		if !visit(c.ID) {
			p.errorf(c.Pos, "clause %s: exceptions run in a circle", c.ID)
			return
		}
	}
}

// checkSentences wants a clause, or a mark, for every numbered sentence.
func (p *reader) checkSentences() {
	blocks := map[ClauseID]bool{}
	for _, c := range p.t.Clauses {
		blocks[c.ID] = true
	}
	for _, d := range p.t.Definitions {
		blocks[d.Clause] = true
	}
	for _, s := range p.t.Sentences {
		if !blocks[s.ID] {
			p.errorf(s.Pos, "sentence %s has no clause: write a truce block with clause: %q, or one with not-executable: because ...", s.ID, string(s.ID))
		}
	}
	for _, c := range p.t.Clauses {
		if c.Text == "" && c.Kind != Define {
			p.warnf(c.Pos, "clause %s stands under no sentence: quote the sentence that it executes (> %s ...)", c.ID, c.ID)
		}
	}
}

// checkLife refuses a reading that ends before it starts.
func (p *reader) checkLife(r *Regime) {
	start, end := p.t.Start, p.t.End
	if r.Reading != nil && r.Reading.Start != nil {
		start = r.Reading.Start
	}
	if r.Reading != nil && r.Reading.End != nil {
		end = r.Reading.End
	}
	if start == nil || end == nil || start.Range.Earliest == when.Future {
		return
	}
	if end.For != nil && *end.For == (when.Duration{}) || end.For == nil && end.Range.Latest <= start.Range.Earliest {
		p.errorf(end.Pos, "reading %s ends before it starts: it would never be in force", r.ReadingID)
	}
}

// maxClashes is how many clashes of one reading are told.
const maxClashes = 20

// checkClashes finds pairs of clauses with different results on one act that
// no exception orders, and says the act.
func (p *reader) checkClashes(r *Regime) {
	told := 0
	for i, a := range r.Clauses {
		for _, b := range r.Clauses[i+1:] {
			f, m := a, b
			if f.Kind == Permit {
				f, m = b, a
			}
			if !forbids(f) || m.Kind != Permit || ordered(r, f, m) {
				continue
			}
			if act, ok := r.commonAct(f, m); ok {
				if told++; told > maxClashes {
					p.errorf(m.Pos, "reading %s: more than %d clashes", r.ReadingID, maxClashes)
					return
				}
				p.errorf(m.Pos, "reading %s: clauses %s and %s clash: %s forbids and %s permits %s; write except: %q in %s, or narrow one of them",
					r.ReadingID, f.ID, m.ID, f.ID, m.ID, act, string(f.ID), m.ID)
			}
		}
	}
}

func forbids(c *RegimeClause) bool { return c.Kind == Forbid }

// ordered reports whether an exception relates two clauses.
func ordered(r *Regime, f, m *RegimeClause) bool {
	return has(m.Except, f.ID)
}

// commonAct describes an act on which both clauses speak, where there is one.
func (r *Regime) commonAct(f, m *RegimeClause) (string, bool) {
	for _, x := range f.Boxes {
		for _, y := range m.Boxes {
			if s, ok := r.common(f, m, x, y); ok {
				return s, true
			}
		}
	}
	return "", false
}

func (r *Regime) common(f, m *RegimeClause, x, y Box) (string, bool) {
	t := r.Terms
	if _, ok := merge(x.Answers, y.Answers); !ok {
		return "", false
	}
	out := ""
	for _, d := range []struct {
		name string
		a, b *vocab.Set
		tree *vocab.Tree
	}{
		{"act", x.Act, y.Act, t.Vocabulary.Act}, {"outcome", x.Outcome, y.Outcome, t.Vocabulary.Outcome},
		{"means", x.Means, y.Means, t.Vocabulary.Means}, {"target", x.Target, y.Target, t.Vocabulary.Target},
		{"intended_target", x.Intends, y.Intends, t.Vocabulary.Target}, {"actor", x.Actor, y.Actor, t.Actors()},
		{"owner", x.Owner, y.Owner, t.Actors()}, {"controller", x.Controller, y.Controller, t.Actors()},
	} {
		set := d.tree.All()
		if d.a != nil {
			set = set.Intersect(*d.a)
		}
		if d.b != nil {
			set = set.Intersect(*d.b)
		}
		if set.Empty() {
			return "", false
		}
		if d.a != nil || d.b != nil {
			for leaf := range set.Leaves {
				out += fmt.Sprintf("%s %s, ", d.name, d.tree.Leaf(leaf))
				break
			}
		}
	}
	if x.Sites != nil && y.Sites != nil && !anyBoth(x.Sites, y.Sites) {
		return "", false
	}
	w, ok := commonWindow(f, m)
	if !ok {
		return "", false
	}
	place, ok := r.commonPlace(x, y)
	if !ok {
		return "", false
	}
	return "an act (" + out + place + w + ")", true
}

func anyBoth(a, b []bool) bool {
	for i := range a {
		if a[i] && b[i] {
			return true
		}
	}
	return false
}

// commonWindow finds a party and time that both clauses bind.
func commonWindow(f, m *RegimeClause) (string, bool) {
	for _, a := range f.Windows {
		for _, b := range m.Windows {
			_, agree := merge(a.Answers, b.Answers)
			s := when.Span{Start: max(a.Span.Start, b.Span.Start), End: min(a.Span.End, b.Span.End)}
			if agree && a.Party == b.Party && s.Start < s.End {
				return fmt.Sprintf("by %s, %s", a.Party, s), true
			}
		}
	}
	return "", false
}

// commonPlace finds a point in the zones of both boxes.
func (r *Regime) commonPlace(x, y Box) (string, bool) {
	if len(x.Zones) == 0 && len(y.Zones) == 0 {
		return "", true
	}
	if len(x.Zones) == 0 || len(y.Zones) == 0 {
		for _, z := range append(append([]int(nil), x.Zones...), y.Zones...) {
			if pt, ok := r.Zones[z].Witness(); ok {
				return fmt.Sprintf("at %.4f,%.4f, ", pt.Lat, pt.Lon), true
			}
		}
		return "", false
	}
	for _, i := range x.Zones {
		for _, j := range y.Zones {
			if pt, ok := where.Overlap(r.Zones[i], r.Zones[j], r.Terms.Geometry); ok {
				return fmt.Sprintf("at %.4f,%.4f, ", pt.Lat, pt.Lon), true
			}
		}
	}
	return "", false
}
