package terms

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/where"
)

// resolver builds one regime.
type resolver struct {
	p     *reader
	r     *Regime
	defs  map[string]*Definition
	zones *zoneResolver
	index map[string]int // question id -> index
	zi    map[*where.Zone]int
	work  int // names resolved
}

// maxWork is how many names one reading may stand for when every definition is
// written out.
const maxWork = 200_000

func (p *reader) under(id string, extra []Commitment, assume bool) *Regime {
	r := &Regime{Terms: p.t, ReadingID: id, Reading: p.t.Reading(id), Counterfactual: assume}
	if r.Reading == nil && (id != "text" || len(p.t.Readings) > 0) {
		p.errorf(Pos{p.file, 1, 1}, "%q is not a reading of %s%s", id, p.t.ID, didYouMean(id, p.t.ReadingIDs()))
		return r
	}
	for _, a := range p.t.Annexes {
		r.Objects = append(r.Objects, a.Objects...)
	}
	x := &resolver{p: p, r: r, defs: map[string]*Definition{}, index: map[string]int{}, zi: map[*where.Zone]int{}}
	x.collectDefinitions()
	x.zones = &zoneResolver{p: p, defs: x.defs, done: map[string]*where.Zone{}, busy: map[string]bool{}, parts: map[*where.Zone]int{}}
	life := x.life()
	commitments := x.commitments(extra)
	for _, c := range p.t.Clauses {
		if !inReading(c.Readings, id) {
			continue
		}
		if c.Assume != "" {
			r.Assumes = append(r.Assumes, fmt.Sprintf("%s (%s)", c.Assume, c.ID))
		}
		switch c.Kind {
		case Forbid, Permit, Reinstate, Reserve:
			rc := &RegimeClause{Clause: c}
			for _, s := range c.Scopes {
				rc.Boxes = append(rc.Boxes, x.boxes(c, s)...)
			}
			rc.Windows = x.windows(c, life, commitments, assume)
			r.Clauses = append(r.Clauses, rc)
		}
	}
	for _, s := range p.t.Intended {
		r.Intended = append(r.Intended, x.boxes(&Clause{}, s)...)
	}
	if len(r.Zones) > maxZones {
		p.errorf(Pos{p.file, 1, 1}, "reading %s speaks of %d zones: at most %d are weighed together; unite some", id, len(r.Zones), maxZones)
	}
	x.defeats()
	return r
}

// maxZones is how many zones of one reading are told apart for one place.
const maxZones = 1024

func inReading(readings []string, id string) bool {
	if len(readings) == 0 {
		return true
	}
	for _, r := range readings {
		if r == id {
			return true
		}
	}
	return false
}

func (x *resolver) collectDefinitions() {
	for _, d := range x.p.t.Definitions {
		if inReading(d.Readings, x.r.ReadingID) {
			if old := x.defs[d.Name]; old != nil && len(old.Readings) > 0 && len(d.Readings) == 0 {
				continue // a definition for the reading stands before the general one
			}
			x.defs[d.Name] = d
		}
	}
	if x.r.Reading != nil {
		for _, d := range x.r.Reading.Definitions {
			x.defs[d.Name] = d
		}
	}
}

// question returns the index of a question, adding it when it is new.
func (x *resolver) question(id, text string, answers [2]string) int {
	if i, ok := x.index[id]; ok {
		if x.r.Questions[i].Text == "" {
			x.r.Questions[i].Text = text
		}
		return i
	}
	i := len(x.r.Questions)
	x.index[id] = i
	x.r.Questions = append(x.r.Questions, Question{id, text, answers})
	return i
}

// part is a set of values that counts under some answers.
type part struct {
	set     vocab.Set
	answers []Answer
}

// resolve returns the parts that a list of names means in a tree.
func (x *resolver) resolve(dim string, tree *vocab.Tree, names Names, busy []string) []part {
	certain := part{}
	var open []part
	if x.work += len(names); x.work > maxWork {
		if x.work-len(names) <= maxWork && len(names) > 0 {
			x.p.errorf(names[0].Pos, "definitions within definitions stand for too much: write some of them out")
		}
		return nil
	}
	for _, n := range names {
		if n.Text == "nothing" {
			continue
		}
		name, must := strings.CutPrefix(strings.TrimSuffix(n.Text, ")"), "term(")
		d := x.defs[name]
		if d != nil && (d.Dimension == dim || dim == "intended_target" && d.Dimension == "target") && !contains(busy, name) {
			for _, pt := range x.definition(d, dim, tree, append(busy, name)) {
				if len(pt.answers) == 0 {
					certain.set = certain.set.Union(pt.set)
				} else {
					open = append(open, pt)
				}
			}
			continue
		}
		if must {
			x.p.errorf(n.Pos, "%q is not defined under reading %s", name, x.r.ReadingID)
			continue
		}
		s, ok := x.node(dim, tree, name)
		if !ok && contains(busy, name) {
			x.p.errorf(n.Pos, "definition %q stands for itself, by way of %s", name, strings.Join(busy, ", "))
			continue
		}
		if !ok {
			x.p.errorf(n.Pos, "%q is not in the %s tree of %s%s", n.Text, dim, x.p.t.Vocabulary.Version, x.suggest(dim, tree, name))
		}
		certain.set = certain.set.Union(s)
	}
	out := []part{certain}
	if certain.set.Empty() {
		out = nil
	}
	for _, o := range open {
		if o.set = o.set.Minus(certain.set); !o.set.Empty() {
			out = append(out, o)
		}
	}
	return out
}

func (x *resolver) node(dim string, tree *vocab.Tree, name string) (vocab.Set, bool) {
	switch dim {
	case "actor", "owner", "controller":
		if name == Outsider {
			return tree.Node(Outsider)
		}
		return x.p.t.Actor(name)
	}
	return tree.Node(name)
}

func (x *resolver) suggest(dim string, tree *vocab.Tree, name string) string {
	known := append([]string(nil), tree.Nodes()...)
	for n, d := range x.defs {
		if d.Dimension == dim {
			known = append(known, n)
		}
	}
	if s := nearest(name, known); s != "" {
		return fmt.Sprintf("; did you mean %q?", s)
	}
	return ""
}

func nearest(word string, known []string) string { return vocab.Nearest(word, known) }

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// definition returns the parts of a definition.
func (x *resolver) definition(d *Definition, dim string, tree *vocab.Tree, busy []string) []part {
	out := x.resolve(dim, tree, d.Values, busy)
	for _, u := range d.Unclear {
		out = append(out, x.openParts(u, dim, tree, busy)...)
	}
	return out
}

// openParts returns the values that an unclear item adds if the answer is yes.
func (x *resolver) openParts(u Unclear, dim string, tree *vocab.Tree, busy []string) []part {
	q := x.question(u.ID, u.Question, [2]string{"yes", "no"})
	var out []part
	for d, names := range u.Dims {
		if d != dim && !(dim == "intended_target" && d == "target") {
			continue
		}
		for _, pt := range x.resolve(dim, tree, names, busy) {
			pt.answers = append(append([]Answer(nil), pt.answers...), Answer{Question: q})
			out = append(out, pt)
		}
	}
	return out
}

// treeOf returns the tree of a dimension.
func (x *resolver) treeOf(dim string) *vocab.Tree {
	switch dim {
	case "actor", "owner", "controller":
		return x.p.t.Actors()
	}
	return x.p.t.Vocabulary.Tree(dim)
}

// boxes turns a scope into a union of products.
func (x *resolver) boxes(c *Clause, s Scope) []Box {
	out := []Box{{Hours: s.Hours}}
	for _, u := range s.Unclear {
		if len(u.Dims) == 0 { // the question is about the whole clause
			q := x.question(u.ID, u.Question, [2]string{"yes", "no"})
			for i := range out {
				out[i].Answers = append(out[i].Answers, Answer{Question: q})
			}
		}
	}
	for _, dim := range dimensions {
		if dim == "target" {
			out = x.crossTarget(c, s, out)
			continue
		}
		out = x.cross(c, s, dim, dim, out)
	}
	return out
}

// crossTarget applies the target condition to what was hit, aimed at, or both.
func (x *resolver) crossTarget(c *Clause, s Scope, in []Box) []Box {
	aim := s.Judges
	if aim == "" {
		aim = c.Judges
	}
	switch aim {
	case Intended:
		return x.cross(c, s, "target", "intended_target", in)
	case Either:
		if _, ok := s.Dims["target"]; ok || unclearAbout(s, "target") {
			hit := x.cross(c, s, "target", "target", in)
			return append(hit, x.cross(c, s, "target", "intended_target", in)...)
		}
	}
	return x.cross(c, s, "target", "target", in)
}

func unclearAbout(s Scope, dim string) bool {
	for _, u := range s.Unclear {
		if _, ok := u.Dims[dim]; ok {
			return true
		}
	}
	return false
}

// cross multiplies boxes by the condition that the scope puts on dimension
// from, applied to dimension to.
func (x *resolver) cross(c *Clause, s Scope, from, to string, in []Box) []Box {
	names, ok := s.Dims[from]
	if !ok && !unclearAbout(s, from) {
		return in
	}
	switch from {
	case "zone", "origin":
		return x.open(s, from, names, in, func(n Names, in []Box) []Box { return x.crossZone(n, from, in) })
	case "site":
		return x.open(s, from, names, in, x.crossSite)
	case "owner":
		if len(names) == 1 && (names[0].Text == "other-party" || names[0].Text == "own") {
			if unclearAbout(s, "owner") {
				x.p.errorf(names[0].Pos, "a question about the owner cannot stand beside %s: write another scope", names[0].Text)
			}
			return x.crossOwner(c, names[0].Text == "own", in)
		}
	}
	if from == "target" {
		if id, rest, listed := listedNames(names); listed {
			return x.crossListed(c, s, id, rest, to, in)
		}
	}
	tree := x.treeOf(to)
	parts := x.resolve(to, tree, names, nil)
	if !ok { // what is not named is any, less what is in question
		parts = []part{{set: tree.All().Minus(x.inQuestion(s, from, tree))}}
	}
	for _, u := range s.Unclear {
		if _, about := u.Dims[from]; about {
			asked := false
			for _, pt := range x.openParts(u, from, tree, nil) {
				pt = x.less(pt, parts)
				asked = asked || !pt.set.Empty()
				parts = append(parts, pt)
			}
			if !asked && len(u.Dims) == 1 {
				x.p.warnf(u.Pos, "the question %q is never asked: the scope names what it is about for certain; take that out of the scope, or drop the question", u.ID)
			}
		}
	}
	var out []Box
	for _, b := range in {
		for _, pt := range parts {
			if pt.set.Empty() {
				continue
			}
			nb := b
			nb.Answers = append([]Answer(nil), b.Answers...)
			for _, a := range pt.answers {
				a.About = to
				nb.Answers = append(nb.Answers, a)
			}
			set := pt.set
			if named := *b.dim(to); named != nil { // judges: intended, beside intended_target
				if set = set.Intersect(*named); set.Empty() {
					continue
				}
			}
			*nb.dim(to) = &set
			out = append(out, nb)
		}
	}
	return out
}

// open crosses boxes with what is certain of a dimension that is not a tree,
// and with what its open questions add.
func (x *resolver) open(s Scope, dim string, certain Names, in []Box, cross func(Names, []Box) []Box) []Box {
	var out []Box
	if len(certain) > 0 {
		out = cross(certain, in)
	}
	for _, u := range s.Unclear {
		names, asked := u.Dims[dim]
		if !asked {
			continue
		}
		q := x.question(u.ID, u.Question, [2]string{"yes", "no"})
		for _, b := range cross(names, in) {
			b.Answers = append(append([]Answer(nil), b.Answers...), Answer{Question: q, About: about[dim]})
			out = append(out, b)
		}
	}
	return out
}

// about names the dimensions of a scope as those of an act.
var about = map[string]string{"zone": "place", "origin": "origin", "site": "site"}

// inQuestion is everything that the questions of a scope are about in a
// dimension.
func (x *resolver) inQuestion(s Scope, dim string, tree *vocab.Tree) vocab.Set {
	var out vocab.Set
	for _, u := range s.Unclear {
		for _, pt := range x.openParts(u, dim, tree, nil) {
			out = out.Union(pt.set)
		}
	}
	return out
}

// less takes away from pt what is certain anyway.
func (x *resolver) less(pt part, parts []part) part {
	for _, q := range parts {
		if len(q.answers) == 0 {
			pt.set = pt.set.Minus(q.set)
		}
	}
	return pt
}

// dim returns where a box holds its condition on a dimension.
func (b *Box) dim(name string) **vocab.Set {
	switch name {
	case "actor":
		return &b.Actor
	case "owner":
		return &b.Owner
	case "controller":
		return &b.Controller
	case "act":
		return &b.Act
	case "outcome":
		return &b.Outcome
	case "means":
		return &b.Means
	case "intended_target":
		return &b.Intends
	}
	return &b.Target
}

// listedNames splits `listed(annex)` from other target names.
func listedNames(names Names) (annexes, rest Names, found bool) {
	for _, n := range names {
		if a, ok := strings.CutPrefix(n.Text, "listed("); ok {
			annexes = append(annexes, Name{strings.TrimSuffix(a, ")"), n.Pos})
			continue
		}
		rest = append(rest, n)
	}
	return annexes, rest, len(annexes) > 0
}

// crossListed: the target is one of the listed objects, or of the other names.
func (x *resolver) crossListed(c *Clause, s Scope, annexes, rest Names, to string, in []Box) []Box {
	out := x.crossSite(annexes, in)
	if len(rest) > 0 {
		s.Dims = map[string]Names{"target": rest}
		out = append(out, x.cross(c, s, "target", to, in)...)
	}
	return out
}

// crossSite: the site is one of the objects of an annex, or an object by id.
func (x *resolver) crossSite(names Names, in []Box) []Box {
	sites := make([]bool, len(x.r.Objects)+1)
	for _, n := range names {
		id := strings.TrimSuffix(strings.TrimPrefix(n.Text, "listed("), ")")
		hit := false
		if a := x.p.annex(id); a != nil {
			for i, o := range x.r.Objects {
				for _, ao := range a.Objects {
					if ao.ID == o.ID {
						sites[i], hit = true, true
					}
				}
			}
			hit = true
		}
		for i, o := range x.r.Objects {
			if o.ID == id {
				sites[i], hit = true, true
			}
		}
		if !hit {
			x.p.errorf(n.Pos, "%q is neither an annex of these terms nor an object in one", n.Text)
		}
	}
	out := make([]Box, len(in))
	for i, b := range in {
		b.Sites = sites
		out[i] = b
	}
	return out
}

func (x *resolver) crossZone(names Names, dim string, in []Box) []Box {
	var idx []int
	for _, n := range names {
		z := x.zones.named(Name{strings.TrimSuffix(strings.TrimPrefix(n.Text, "zone("), ")"), n.Pos})
		if z == nil {
			continue
		}
		i, ok := x.zi[z]
		if !ok {
			i = len(x.r.Zones)
			x.zi[z] = i
			x.r.Zones = append(x.r.Zones, z)
		}
		idx = append(idx, i)
	}
	out := make([]Box, len(in))
	for i, b := range in {
		if dim == "zone" {
			b.Zones = idx
		} else {
			b.Origins = idx
		}
		out[i] = b
	}
	return out
}

// crossOwner expands "of the other party" (or "of its own") to one box for
// each bound party.
func (x *resolver) crossOwner(c *Clause, own bool, in []Box) []Box {
	var out []Box
	for _, id := range x.bound(c) {
		actors, _ := x.p.t.Actor(string(id))
		owners := x.p.t.AllParties().Minus(actors)
		if own {
			owners = actors
		}
		for _, b := range in {
			a, o := actors, owners
			if b.Actor != nil {
				a = b.Actor.Intersect(actors)
			}
			if a.Empty() || o.Empty() {
				continue
			}
			b.Actor, b.Owner = &a, &o
			out = append(out, b)
		}
	}
	return out
}

// bound returns whom a clause binds.
func (x *resolver) bound(c *Clause) []PartyID {
	if len(c.Bound) > 0 {
		return c.Bound
	}
	var out []PartyID
	for _, p := range x.p.t.Parties {
		out = append(out, p.ID)
	}
	return out
}

// defeats resolves the order between clauses: which exceptions take a clause
// back, and which clauses reinstate it against each of them.
func (x *resolver) defeats() {
	for _, c := range x.r.Clauses {
		for i, e := range x.r.Clauses {
			if e.Kind != Permit || !has(e.Except, c.ID) {
				continue
			}
			ex := Exception{Permit: i}
			for j, r := range x.r.Clauses {
				if r.Kind == Reinstate && has(r.Except, c.ID) && (len(r.Against) == 0 || has(r.Against, e.ID)) {
					ex.ReinstatedBy = append(ex.ReinstatedBy, j)
				}
			}
			c.ExceptedBy = append(c.ExceptedBy, ex)
		}
	}
}

func has(ids []ClauseID, id ClauseID) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}
