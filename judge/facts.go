package judge

import (
	"fmt"
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// dim numbers the dimensions of an act. Questions follow after dTime.
type dim int

const (
	dActor dim = iota
	dAct
	dOutcome
	dMeans
	dTarget
	dIntended
	dOwner
	dController
	dSite
	dPlace
	dOrigin
	dLaunch
	dTime
	dQuestion
)

var dimNames = [...]string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site", "place", "origin", "launch", "time"}

// treeDims is the number of dimensions whose values are leaves of trees.
const treeDims = int(dController) + 1

// mask is a set of boxes and windows of a regime, in the order of the regime.
type mask []uint64

func (m mask) clear(i int) { m[i/64] &^= 1 << (i % 64) }

func (m mask) or(o mask) {
	for i := range m {
		m[i] |= o[i]
	}
}

func (m mask) and(o mask) {
	for i := range m {
		m[i] &= o[i]
	}
}

// bits is a mask over what can still match the incident at hand.
type bits [maxAlive / 64]uint64

// maxAlive is how many boxes and windows may be possible for one incident at
// a time; more than that is told and left undetermined.
const maxAlive = 512

func (m bits) and(o bits) bits {
	for i := range m {
		m[i] &= o[i]
	}
	return m
}

func (m bits) or(o bits) bits {
	for i := range m {
		m[i] |= o[i]
	}
	return m
}

func (m bits) meets(o bits) bool {
	for i := range m {
		if m[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// atom is a class of values of one dimension that no clause, of those that
// can still match, tells apart and that belong to the same scenarios.
type atom struct {
	m     bits
	scen  uint64 // the scenarios that allow it
	set   vocab.Set
	label string
	named bool        // label holds; else it is made from set or spans
	spans []when.Span // of a dimension of time
}

// maxScenarios is how many scenarios of one incident are judged apart.
const maxScenarios = 64

// known is what a scenario knows about each tree dimension.
type known struct {
	sets [treeDims]vocab.Set
	s    *evidence.Scenario
}

// read turns the facts of a scenario into sets, and notes what it cannot use.
func (j *Judge) read(s *evidence.Scenario, note func(string)) known {
	k := known{s: s}
	t := j.r.Terms
	site := j.objectsOf(s.Site, note)
	fill := func(given []string, from func(*terms.Object) string) []string {
		if len(given) > 0 || len(site) == 0 {
			return given
		}
		var out []string
		for _, o := range site {
			v := from(o)
			if v == "" {
				return nil
			}
			out = append(out, v)
		}
		return out
	}
	k.sets[dActor] = j.actors("actor", s.Actor, t.AllParties(), note)
	k.sets[dOwner] = j.actors("owner", fill(s.Owner, func(o *terms.Object) string { return o.Owner }), t.AllParties(), note)
	k.sets[dController] = j.actors("controller", fill(s.Controller, func(o *terms.Object) string { return o.Controller }), t.AllParties(), note)
	k.sets[dAct] = j.nodes("act", s.Act, note)
	k.sets[dOutcome] = j.nodes("outcome", s.Outcome, note)
	k.sets[dMeans] = j.nodes("means", s.Means, note)
	k.sets[dTarget] = j.nodes("target", fill(s.Target, func(o *terms.Object) string { return o.Kind }), note)
	k.sets[dIntended] = j.nodes("intended_target", s.Intended, note)
	return k
}

func (j *Judge) actors(dim string, names []string, unknown vocab.Set, note func(string)) vocab.Set {
	var out vocab.Set
	for _, n := range names {
		if n == "unknown" {
			return unknown
		}
		s, ok := j.r.Terms.Actor(n)
		if !ok {
			note(fmt.Sprintf("%s %q is not named in %s: taken as an outsider%s", dim, n, j.r.Terms.ID, j.meant(n)))
			s, _ = j.r.Terms.Actor(terms.Outsider)
		}
		out = out.Union(s)
	}
	if out.Empty() {
		return unknown
	}
	return out
}

// meant suggests a party that an unknown name may stand for.
func (j *Judge) meant(name string) string {
	var known []string
	for _, p := range j.r.Terms.Parties {
		known = append(append(known, string(p.ID), p.Name), p.Aliases...)
	}
	if n := vocab.Nearest(name, known); n != "" {
		return fmt.Sprintf("; is it %s?", n)
	}
	return ""
}

func (j *Judge) nodes(dim string, names []string, note func(string)) vocab.Set {
	tree := j.r.Terms.Vocabulary.Tree(dim)
	var out vocab.Set
	for _, n := range names {
		if n == "unknown" {
			return tree.All()
		}
		s, ok := tree.Node(n)
		if !ok {
			note(fmt.Sprintf("%s %q is not in %s: taken as unknown", dim, n, j.r.Terms.Vocabulary.Version))
			return tree.All()
		}
		out = out.Union(s)
	}
	if out.Empty() {
		return tree.All()
	}
	return out
}

func (j *Judge) objectsOf(ids []string, note func(string)) []*terms.Object {
	var out []*terms.Object
	for _, id := range ids {
		i, ok := j.objects[id]
		if !ok {
			if len(j.r.Objects) > 0 {
				note(fmt.Sprintf("site %q is not in an annex of %s", id, j.r.Terms.ID))
			}
			return nil
		}
		out = append(out, &j.r.Objects[i])
	}
	return out
}

// treeAtoms groups the leaves that some scenario allows by what the clauses
// tell apart.
func (s *space) treeAtoms(d dim) []atom {
	var out []atom
	var all vocab.Set
	for i := range s.ks {
		all = all.Union(s.ks[i].sets[d])
	}
leaves:
	for leaf := range all.Leaves {
		var scen uint64
		for i := range s.ks {
			if s.ks[i].sets[d].Has(leaf) {
				scen |= 1 << i
			}
		}
		m := s.bits(s.j.leaf[d][leaf])
		for i := range out {
			if out[i].scen == scen && out[i].m == m {
				out[i].set = out[i].set.With(leaf)
				continue leaves
			}
		}
		out = append(out, atom{m: m, scen: scen, set: vocab.Set{}.With(leaf)})
	}
	return out
}

// reach adds to m what some leaf of a set matches.
func (j *Judge) reach(m mask, d dim, set vocab.Set) {
	for leaf := range set.Leaves {
		m.or(j.leaf[d][leaf])
	}
}

func (j *Judge) format(d dim, s vocab.Set) string {
	switch d {
	case dActor, dOwner, dController:
		return strings.Join(j.r.Terms.ActorNames(s), "|")
	}
	return j.tree(d).Format(s)
}

func (j *Judge) tree(d dim) *vocab.Tree {
	switch d {
	case dActor, dOwner, dController:
		return j.r.Terms.Actors()
	}
	return j.r.Terms.Vocabulary.Tree(dimNames[d])
}

// piece is a class of values of a dimension that is not a tree, before what
// cannot match is left out.
type piece struct {
	m     mask
	scen  uint64
	label string
	span  *when.Span // of a dimension of time
}

// pieces merges those that say the same.
func pieces(ps []piece, m mask, scen uint64, label string) []piece {
	for i := range ps {
		if ps[i].label == label {
			ps[i].scen |= scen
			return ps
		}
	}
	return append(ps, piece{m, scen, label, nil})
}

// atoms turns pieces into atoms, joining those that nothing tells apart.
func (s *space) atomsOf(ps []piece) []atom {
	var out []atom
pieces:
	for _, p := range ps {
		m := s.bits(p.m)
		for i := range out {
			if out[i].scen == p.scen && out[i].m == m {
				if p.span != nil {
					out[i].spans = append(out[i].spans, *p.span)
				} else {
					out[i].label = joinLabel(out[i].label, p.label)
				}
				continue pieces
			}
		}
		a := atom{m: m, scen: p.scen, label: p.label, named: p.span == nil}
		if p.span != nil {
			a.spans = []when.Span{*p.span}
		}
		out = append(out, a)
	}
	return out
}

// spanLabel names a set of spans: those that touch as one, and of many the
// first few.
func spanLabel(spans []when.Span) string {
	spans = append([]when.Span(nil), spans...)
	sort.Slice(spans, func(i, j int) bool { return spans[i].Start < spans[j].Start })
	joined := spans[:1]
	for _, sp := range spans[1:] {
		if last := &joined[len(joined)-1]; sp.Start <= last.End {
			last.End = max(last.End, sp.End)
		} else {
			joined = append(joined, sp)
		}
	}
	label := joined[0].String()
	for _, sp := range joined[1:] {
		label = joinLabel(label, sp.String())
	}
	return label
}

// joinLabel names a class of several values; of many it names a few.
func joinLabel(a, b string) string {
	switch n := strings.Count(a, "|"); {
	case n < maxNamed:
		return a + "|" + b
	case n == maxNamed:
		return a + "|…"
	}
	return a
}

// placePieces groups the points where it may have happened by the zones that
// they are in: by those of known, if it is not nil.
func (j *Judge) placePieces(d dim, ss []evidence.Scenario, known []where.ZoneSet) (out []piece, ok bool) {
	if !j.placeUsed[d-dPlace] {
		return []piece{{j.full(), 1<<len(ss) - 1, "", nil}}, true
	}
	ok = true
	for i := range ss {
		r := ss[i].Place
		if d == dOrigin {
			r = ss[i].Origin
		}
		sets, all := known, true
		if known == nil {
			sets, all = j.memberships(r)
		}
		ok = ok && all
		for _, in := range sets {
			m := j.full()
			for b := range j.boxes {
				zs := j.boxes[b].Zones
				if d == dOrigin {
					zs = j.boxes[b].Origins
				}
				if len(zs) > 0 && !anyZone(in, zs) {
					m.clear(b)
				}
			}
			out = pieces(out, m, 1<<i, j.zoneLabel(d, in))
		}
	}
	return out, ok
}

// memberships are the combinations of zones that a place may lie in; those of
// an unknown place are kept. ok is false where not all could be found.
func (j *Judge) memberships(r where.Region) (sets []where.ZoneSet, ok bool) {
	if len(j.r.Zones) == 0 {
		return []where.ZoneSet{nil}, true
	}
	if r.IsUnknown() { // the same for every incident, and slow to find
		j.anywhere.Do(func() { j.everywhere, j.everywhereOK = j.sets(r) })
		return j.everywhere, j.everywhereOK
	}
	return j.sets(r)
}

func (j *Judge) sets(r where.Region) ([]where.ZoneSet, bool) {
	sets, err := where.MembershipSets(r, j.r.Zones, j.r.Terms.Geometry)
	if err != nil {
		return []where.ZoneSet{make(where.ZoneSet, (len(j.r.Zones)+63)/64)}, false
	}
	return sets, true
}

func anyZone(in where.ZoneSet, zs []int) bool {
	for _, z := range zs {
		if in.Has(z) {
			return true
		}
	}
	return false
}

// maxOutside is how many zones of a text are still named where a place lies
// outside of them.
const maxOutside = 16

func (j *Judge) zoneLabel(d dim, in where.ZoneSet) string {
	var s []string
	for z, zone := range j.r.Zones {
		if !j.zoneUsed[d-dPlace][z] {
			continue
		}
		if in.Has(z) {
			s = append(s, "inside "+zone.Name)
		} else if len(j.r.Zones) <= maxOutside {
			s = append(s, "outside "+zone.Name)
		}
	}
	if len(s) == 0 && len(j.r.Zones) > maxOutside {
		return "outside all zones"
	}
	return strings.Join(s, ", ")
}

// sitePieces: which listed object it may have been.
func (j *Judge) sitePieces(ss []evidence.Scenario) []piece {
	if !j.sitesUsed {
		return []piece{{j.full(), 1<<len(ss) - 1, "", nil}}
	}
	var out []piece
	for i := range ss {
		for _, o := range j.possibleSites(&ss[i]) {
			m := j.full()
			for b := range j.boxes {
				if s := j.boxes[b].Sites; s != nil && !s[o] {
					m.clear(b)
				}
			}
			label := "not listed"
			if o < len(j.r.Objects) {
				label = j.r.Objects[o].ID
			}
			out = pieces(out, m, 1<<i, label)
		}
	}
	return out
}

// possibleSites returns the objects, by index, that a scenario may speak of;
// the index after the last is "not listed".
func (j *Judge) possibleSites(s *evidence.Scenario) []int {
	var out []int
	for _, id := range s.Site {
		if i, ok := j.objects[id]; ok {
			out = append(out, i)
		} else {
			out = append(out, len(j.r.Objects))
		}
	}
	if len(out) > 0 {
		sort.Ints(out)
		return out
	}
	for i := range j.r.Objects {
		if z := j.siteZones[i]; z == nil || s.Place.IsUnknown() || z.Relate(s.Place, j.r.Terms.Geometry) != where.Outside {
			out = append(out, i)
		}
	}
	return append(out, len(j.r.Objects))
}

// answerMask is what one answer to a question leaves.
func (j *Judge) answerMask(q int, v uint8) mask {
	m := j.full()
	drop := func(bit int, as []terms.Answer) {
		for _, a := range as {
			if a.Question == q && a.Value != v {
				m.clear(bit)
			}
		}
	}
	for b := range j.boxes {
		drop(b, j.boxes[b].Answers)
	}
	for w := range j.windows {
		drop(len(j.boxes)+w, j.windows[w].Answers)
	}
	return m
}
