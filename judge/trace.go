package judge

import (
	"strings"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// trace says how every clause was weighed.
func (s *space) trace(o *outcome) []Weighed {
	t := tracer{space: s, reach: s.reaches()}
	out := make([]Weighed, len(s.j.r.Clauses))
	for c, rc := range s.j.r.Clauses {
		w := &out[c]
		w.Clause = rc
		if k := s.of[c]; k >= 0 && o.clauses[k] != 0 {
			w.Speaks, w.Verdict = true, o.verdict(k)
		}
		for d := dim(0); d < dLaunch; d++ {
			if cond, ok := t.condition(c, d); ok {
				w.Conditions = append(w.Conditions, cond)
			}
		}
		s.inForce(c, w)
	}
	return out
}

// tracer weighs clauses one dimension at a time. It looks at what the facts
// match before anything is left out as impossible.
type tracer struct {
	*space
	reach [dLaunch][]mask // by dimension: what the possible values match
	facts [dLaunch]string
}

// reaches returns, for each dimension, the distinct masks of its values.
func (s *space) reaches() (out [dLaunch][]mask) {
	for d := dim(0); int(d) < treeDims; d++ {
		var all vocab.Set
		for i := range s.ks {
			all = all.Union(s.ks[i].sets[d])
		}
		for leaf := range all.Leaves {
			out[d] = append(out[d], s.j.leaf[d][leaf])
		}
	}
	for d, ps := range map[dim][]piece{dSite: s.pieces[0], dPlace: s.pieces[dPlace-dSite], dOrigin: s.pieces[dOrigin-dSite]} {
		for _, p := range ps {
			out[d] = append(out[d], p.m)
		}
	}
	return out
}

// condition weighs one dimension of a clause on its own: whether every, some
// or no possible value is one that the clause speaks of.
func (t *tracer) condition(c int, d dim) (Condition, bool) {
	var boxes []int
	for _, b := range t.near(c, d) {
		if t.j.conditioned(b, d) {
			boxes = append(boxes, b)
		}
	}
	if len(boxes) == 0 {
		return Condition{}, false
	}
	if t.facts[d] == "" {
		t.facts[d] = t.fact(d)
	}
	cond := Condition{Dimension: dimNames[d], Fact: t.facts[d]}
	yes, no, open := false, false, false
	asked := map[int]bool{}
	for _, m := range t.reach[d] {
		certain := false
		var maybe []int
		for _, b := range boxes {
			if m[b/64]&(1<<(b%64)) == 0 {
				continue
			}
			if t.j.asks(b, d) {
				maybe = append(maybe, b)
			} else {
				certain = true
				break
			}
		}
		switch {
		case certain:
			yes = true
		case maybe != nil:
			open = true
			for _, b := range maybe {
				for _, an := range t.j.boxes[b].Answers {
					if an.About == dimNames[d] {
						asked[an.Question] = true
					}
				}
			}
		default:
			no = true
		}
	}
	switch {
	case yes && !no && !open:
		cond.State = Yes
	case no && !yes && !open:
		cond.State = No
	case open && !no && !yes:
		cond.State = IfText
	default:
		cond.State = Maybe
	}
	for q := range t.j.r.Questions {
		if asked[q] {
			cond.Questions = append(cond.Questions, t.j.r.Questions[q].ID)
		}
	}
	cond.Rule = t.onBoundary(boxes, d)
	return cond, true
}

// onBoundary quotes the rule of the terms that decides where an exact place
// lies on the boundary of a zone that the clause names.
func (s *space) onBoundary(boxes []int, d dim) string {
	if d != dPlace && d != dOrigin {
		return ""
	}
	closed, open := s.j.r.Terms.Geometry, s.j.r.Terms.Geometry
	closed.Boundary, open.Boundary = where.Closed, where.Open
	for i := range s.ss {
		place := s.ss[i].Place
		if d == dOrigin {
			place = s.ss[i].Origin
		}
		p, ok := place.Centre()
		if r, disc := place.Radius(); !ok || !disc || r != 0 {
			continue
		}
		for _, b := range boxes {
			zones := s.j.boxes[b].Zones
			if d == dOrigin {
				zones = s.j.boxes[b].Origins
			}
			for _, z := range zones {
				zone := s.j.r.Zones[z]
				if zone.Contains(p, closed) == zone.Contains(p, open) {
					continue
				}
				if s.j.r.Terms.Geometry.Boundary == where.Open {
					return "exactly on the boundary of " + zone.Name + ", which is not part of it (boundary: open)"
				}
				return "exactly on the boundary of " + zone.Name + ", which is part of it (boundary: closed)"
			}
		}
	}
	return ""
}

// atEnd quotes the rule that decides where an exact time is the start or the
// end of the time in which a clause binds one who may have done it.
func (s *space) atEnd(rc *terms.RegimeClause, td dim) string {
	authors := s.authors()
	for i := range s.ss {
		t := timeOf(td, &s.ss[i])
		if !t.IsMoment() {
			continue
		}
		for _, w := range rc.Windows {
			switch {
			case w.Actors.Intersect(authors).Empty():
			case t.Start == w.Span.End:
				return "exactly when it ends (" + t.Start.String() + "): the end is not part of it"
			case t.Start == w.Span.Start:
				return "exactly when it starts (" + t.Start.String() + "): the start is part of it"
			}
		}
	}
	return ""
}

// conditioned reports whether a box has a condition on a dimension.
func (j *Judge) conditioned(b int, d dim) bool {
	box := &j.boxes[b]
	switch d {
	case dSite:
		return box.Sites != nil
	case dPlace:
		return len(box.Zones) > 0
	case dOrigin:
		return len(box.Origins) > 0
	}
	return int(d) < treeDims && boxSet(box, d) != nil
}

// asks reports whether a box turns on a question about a dimension.
func (j *Judge) asks(b int, d dim) bool {
	for _, a := range j.boxes[b].Answers {
		if a.About == dimNames[d] {
			return true
		}
	}
	return false
}

// near returns the boxes of a clause that the facts match in every other
// dimension, or all of its boxes if there are none: how a dimension stands is
// of interest where it is what matters.
func (t *tracer) near(c int, d dim) []int {
	var all, out []int
	for b := t.j.boxesOf[c][0]; b < t.j.boxesOf[c][1]; b++ {
		all = append(all, b)
		ok := true
		for e := range t.ors {
			ok = ok && (e == int(d) || t.ors[e][b/64]&(1<<(b%64)) != 0)
		}
		if ok {
			out = append(out, b)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// fact prints what is known in a dimension.
func (s *space) fact(d dim) string {
	if int(d) < treeDims {
		u := s.ks[0].sets[d]
		for i := range s.ks {
			u = u.Union(s.ks[i].sets[d])
		}
		if txt := s.j.format(d, u); txt != "*" {
			return txt
		}
		return "unknown"
	}
	var out []string
	seen := map[string]bool{}
	for i := range s.ss {
		txt := ""
		switch d {
		case dSite:
			txt = strings.Join(s.ss[i].Site, "|")
		case dPlace:
			txt = s.ss[i].Place.String()
			if s.ss[i].PlaceName != "" {
				txt = s.ss[i].PlaceName + " (" + txt + ")"
			}
		case dOrigin:
			txt = s.ss[i].Origin.String()
		}
		if !seen[txt] {
			seen[txt] = true
			out = append(out, txt)
		}
	}
	return strings.Join(out, " or ")
}

// inForce weighs whether the clause binds the possible authors at the time.
func (s *space) inForce(c int, w *Weighed) {
	rc := s.j.r.Clauses[c]
	var authors vocab.Set
	for i := range s.ks {
		authors = authors.Union(s.ks[i].sets[dActor])
	}
	td := dTime
	if rc.Launch {
		td = dLaunch
	}
	w.Rule = s.atEnd(rc, td)
	yes, no := false, false
	for leaf := range authors.Leaves {
		for _, t := range s.pieces[td-dSite] {
			all, some := s.binds(c, leaf, t.m, w)
			yes, no = yes || some, no || !all
		}
	}
	switch {
	case yes && !no:
		w.InForce = Yes
	case !yes:
		w.InForce = No
		w.Why = s.whyNot(rc)
	default:
		w.InForce = Maybe
	}
}

// binds reports whether a clause binds an author in a piece of time under
// every answer to the open questions, and under some.
func (s *space) binds(c, leaf int, time mask, w *Weighed) (all, some bool) {
	var open []*terms.Window
	for i := s.j.winOf[c][0]; i < s.j.winOf[c][1]; i++ {
		win := &s.j.windows[i]
		bit := len(s.j.boxes) + i
		if !win.Actors.Has(leaf) || time[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		if win.Party != "" {
			w.InForceFor = addParty(w.InForceFor, win.Party)
		}
		if len(win.Answers) == 0 {
			return true, true
		}
		open = append(open, win)
	}
	if len(open) == 0 {
		return false, false
	}
	var qs []int
	for _, win := range open {
		for _, a := range win.Answers {
			if !member(qs, a.Question) {
				qs = append(qs, a.Question)
			}
		}
	}
	all = true
	for v := 0; v < 1<<min(len(qs), 12); v++ { // every assignment of answers
		hit := false
		for _, win := range open {
			ok := true
			for _, a := range win.Answers {
				for k, q := range qs {
					ok = ok && (a.Question != q || v>>k&1 == int(a.Value))
				}
			}
			hit = hit || ok
		}
		all = all && hit
	}
	return all, true
}

func member(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// whyNot says why a clause binds nobody who may have done it at the time.
func (s *space) whyNot(rc *terms.RegimeClause) string {
	if len(rc.Windows) == 0 {
		return "never accepted by anybody whom it would bind"
	}
	early, late, mine := true, true, false
	for _, w := range rc.Windows {
		hit := false
		for i := range s.ks {
			hit = hit || !w.Actors.Intersect(s.ks[i].sets[dActor]).Empty()
		}
		if !hit {
			continue
		}
		mine = true
		for i := range s.ss {
			t := timeOf(dTime, &s.ss[i])
			early = early && t.End <= w.Span.Start
			late = late && (t.Start >= w.Span.End || w.Span.Start == when.Future)
		}
	}
	switch {
	case !mine:
		return "never accepted by " + strings.Join(s.j.r.Terms.ActorNames(s.authors()), " or ")
	case early:
		return "not yet"
	case late:
		return "lapsed"
	}
	return "not at that time"
}

func (s *space) authors() vocab.Set {
	var u vocab.Set
	for i := range s.ks {
		u = u.Union(s.ks[i].sets[dActor])
	}
	return u
}
