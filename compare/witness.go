package compare

import (
	"sort"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Witness is one act that shows a difference. Its facts are complete, so that
// it is a single possible act for both texts.
type Witness struct {
	Sentence string
	Incident [2]*evidence.Incident // in the words of each side
	Point    where.Point
	Placed   bool // a place is part of what shows the difference
	Time     when.Instant

	facts map[string]string // by column of the incidents file, in the words of the first side
}

// liking lists the nodes that make a witness plain to read, the best first. Any
// other node of a box will do where none of these is in it.
var liking = map[int][]string{
	dAct:      {"attack.strike.drone", "attack.strike.missile", "attack.strike.artillery", "attack.strike.air", "attack.ground.assault", "attack.sabotage.demolition", "attack.ground.small-arms"},
	dTarget:   {"energy.power.substation", "energy.power.plant.thermal", "energy.gas.production", "infra.rail.station", "infra.port", "civilian.residential", "military.forces"},
	dOutcome:  {"impact"},
	dIntended: {"energy.power.substation", "military.forces"},
}

// arms are the means that go with an act, by its path.
var arms = []struct{ act, means string }{
	{"attack.strike.missile", "missile.cruise"}, {"attack.strike.drone", "drone.one-way"}, {"attack.strike.air", "bomb.guided"},
	{"attack.strike.artillery", "artillery.gun.100mm-and-over"}, {"attack.strike.naval", "naval.gun"}, {"attack.ground.small-arms", "small-arms.rifle"},
	{"attack.ground", "small-arms.rifle"}, {"attack.sabotage.demolition", "explosive-charge"}, {"attack.sabotage.arson", "incendiary"},
	{"attack.mine", "mine"}, {"attack.cyber", "cyber"}, {"airdefence", "missile.air-defence"}, {"jam", "jammer"},
	{"overflight", "drone.reconnaissance"}, {"", "none"},
}

// witness chooses an act of a box.
func (d *diagram) witness(b box) *Witness {
	w := &Witness{facts: map[string]string{}}
	chosen := map[int]int{} // dimension -> joint leaf
	pick := func(lv int, wanted ...string) {
		chosen[lv] = d.pick(lv, b.at(d.mdd, lv), wanted)
	}
	pick(dAct, liking[dAct]...)
	act := d.s.tree(dAct).Leaf(chosen[dAct])
	for _, a := range arms {
		if strings.HasPrefix(act, a.act) {
			pick(dMeans, a.means)
			break
		}
	}
	if strings.HasPrefix(act, "attack") {
		pick(dTarget, liking[dTarget]...)
	} else {
		pick(dTarget, append([]string{"none"}, liking[dTarget]...)...)
	}
	pick(dIntended, append([]string{d.s.tree(dTarget).Leaf(chosen[dTarget])}, liking[dIntended]...)...)
	pick(dOutcome, liking[dOutcome]...)
	pick(dActor, d.authors(b)...)
	pick(dOwner, d.parties(&b, d.top(dActor, chosen[dActor]))...)
	pick(dController, d.top(dOwner, chosen[dOwner]))
	for side := range d.s.sides {
		w.Incident[side] = d.incident(side, chosen, b, w)
	}
	w.Sentence = d.sentence(b, chosen, w)
	return w
}

// pick returns the joint leaf that is liked best among classes.
func (d *diagram) pick(lv int, in set, wanted []string) int {
	t := d.s.tree(lv)
	leaves := d.leaves(lv, in)
	for _, p := range wanted {
		if s, ok := t.Node(p); ok {
			for l := range s.Intersect(leaves).Leaves {
				return l
			}
		}
	}
	for l := range leaves.Leaves {
		if t.Leaf(l) != "none" {
			return l
		}
	}
	for l := range leaves.Leaves {
		return l
	}
	return 0
}

// top is the party that a leaf of actors belongs to.
func (d *diagram) top(lv, leaf int) string {
	p := d.s.tree(lv).Leaf(leaf)
	for vocab.Parent(p) != "" {
		p = vocab.Parent(p)
	}
	return p
}

// authors lists the parties in turn, so that no side is the author of every
// made-up act: each next box begins with another.
func (d *diagram) authors(b box) []string {
	ps := d.parties(nil)
	var may []string
	t := d.s.tree(dActor)
	for _, p := range ps {
		if set, ok := t.Node(p); ok && !set.Intersect(d.leaves(dActor, b.at(d.mdd, dActor))).Empty() {
			may = append(may, p)
		}
	}
	if len(may) < 2 {
		return ps
	}
	k := d.s.turn % len(may)
	d.s.turn++
	return append(append([]string(nil), may[k:]...), may[:k]...)
}

// parties lists the parties of all sides; those named last come last.
func (d *diagram) parties(_ *box, last ...string) []string {
	var out, end []string
	for _, s := range d.s.sides {
		for _, p := range s.terms().Parties {
			id := string(p.ID)
			switch {
			case contains(out, id) || contains(end, id):
			case contains(last, id):
				end = append(end, id)
			default:
				out = append(out, id)
			}
		}
	}
	return append(out, end...)
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// incident is the act in the words of one side.
func (d *diagram) incident(side int, chosen map[int]int, b box, w *Witness) *evidence.Incident {
	t := d.s.sides[side].terms()
	sc := evidence.Unknown()
	for lv, list := range map[int]*[]string{dActor: &sc.Actor, dAct: &sc.Act, dTarget: &sc.Target, dMeans: &sc.Means, dOwner: &sc.Owner,
		dController: &sc.Controller, dOutcome: &sc.Outcome, dIntended: &sc.Intended} {
		*list = []string{d.nameIn(side, t, lv, chosen[lv])}
	}
	if objects := d.s.sides[side].Regimes[0].Objects; len(objects) > 0 {
		sc.Site = []string{d.site(b)}
	}
	at, launch, launched := d.moment(b)
	sc.Time = when.Moment(at)
	if launched {
		sc.Launch = when.Moment(launch)
	}
	w.Time = at
	sc.Place, w.Point, w.Placed = d.point(dPlace, b, d.top(dOwner, chosen[dOwner]), d.top(dActor, chosen[dActor]))
	if o, _, asked := d.point(dOrigin, b, "", ""); asked {
		sc.Origin = o
	}
	return &evidence.Incident{ID: "witness", Scenarios: []evidence.Scenario{sc}, Level: evidence.Determined}
}

// nameIn names a joint leaf in the words of a side.
func (d *diagram) nameIn(side int, t *terms.Terms, lv, leaf int) string {
	image := d.s.tree(lv).images[side][leaf]
	if isActor(lv) {
		if n := t.ActorNames(vocab.Set{}.With(image)); len(n) > 0 {
			return n[0]
		}
	}
	return treeOf(t, dimNames[lv]).Leaf(image)
}

// NotListed is what a witness has as its site where it is no listed object.
const NotListed = "not listed"

func (d *diagram) site(b box) string {
	for c := range b.at(d.mdd, dSite).each {
		for _, id := range d.s.dims[dSite].values[c].sites {
			if id == "" {
				return NotListed
			}
		}
	}
	for c := range b.at(d.mdd, dSite).each {
		return d.s.dims[dSite].values[c].sites[0]
	}
	return NotListed
}

// moment chooses an instant of a box, if it can at two at night of a day in
// the middle of a stretch; and one of launch not after it.
func (d *diagram) moment(b box) (at, launch when.Instant, launched bool) {
	var best moment
	score := -1
	for c := range b.at(d.mdd, dTime).each {
		for _, m := range d.s.dims[dTime].values[c].moments {
			s := 0
			if m.impact.Start.Bounded() && m.impact.End.Bounded() {
				s = 2 + int(min((m.impact.End-m.impact.Start)/86_400_000, 60))
			} else if m.impact.Start.Bounded() || m.impact.End.Bounded() {
				s = 1
			}
			if s > score {
				best, score = m, s
			}
		}
	}
	at = d.instant(best.impact)
	if best.launch == when.Always {
		return at, 0, d.s.launches()
	}
	if best.launch.Start.Bounded() && at < best.launch.Start {
		at = best.launch.Start
	}
	launch = min(at, best.launch.End-1)
	return at, launch, true
}

func (s *space) launches() bool {
	for _, u := range s.units {
		if u.f.LaunchUsed() {
			return true
		}
	}
	return false
}

// instant is a plain instant of a stretch of time.
func (d *diagram) instant(sp when.Span) when.Instant {
	const day = 86_400_000
	switch {
	case !sp.Start.Bounded() && !sp.End.Bounded():
		return 0
	case !sp.End.Bounded():
		sp.End = sp.Start + 2*day
	case !sp.Start.Bounded():
		sp.Start = sp.End - 2*day
	}
	middle := sp.Start + (sp.End-sp.Start)/2
	t := middle.Time().In(d.s.clock())
	y, m, dd := t.Date()
	if night := dateAt(y, m, dd, 2, d.s.clock()); night >= sp.Start && night < sp.End {
		return night
	}
	if h := middle - middle%3_600_000; h >= sp.Start {
		return h
	}
	return sp.Start
}

// point chooses a place of a box: a cell's own point where a clause asks for
// the place, else a region of the owner that lies nearest to the author's.
func (d *diagram) point(lv int, b box, owner, author string) (where.Region, where.Point, bool) {
	placed := len(d.s.dims[lv].values) > 1
	var plain *where.Point // a place that people know, if one fits
	if lv == dPlace {
		for _, other := range d.parties(nil, author) {
			if p, ok := border(owner, other); ok && other != owner {
				plain = &p
				break
			}
		}
	}
	for c := range b.at(d.mdd, lv).each {
		for _, p := range d.s.dims[lv].values[c].points {
			if !p.known {
				continue
			}
			if plain != nil && d.s.sameCell(p.point, *plain) {
				return where.Disc(*plain, 0), *plain, placed
			}
		}
	}
	for c := range b.at(d.mdd, lv).each {
		for _, p := range d.s.dims[lv].values[c].points {
			if p.known {
				return where.Disc(p.point, 0), p.point, placed
			}
		}
	}
	if plain != nil {
		return where.Disc(*plain, 0), *plain, false
	}
	return where.Unknown(), where.Point{}, false
}

// sameCell reports whether two points lie in the same zones of every text, the
// second off all boundaries.
func (s *space) sameCell(a, b where.Point) bool {
	for _, u := range s.units {
		m := u.r.Terms.Geometry
		for _, z := range u.r.Zones {
			if z.Contains(a, m) != z.Contains(b, m) || z.Relate(where.Disc(b, 200), m) == where.Straddling {
				return false
			}
		}
	}
	return true
}

// countries are two: whose land it is, and whose act.
type countries struct{ owner, author string }

// borders and midpoints keep what follows from the built-in areas alone, as package
// where keeps the areas: each is worked out once.
var borders, midpoints sync.Map

// near is a point and whether there is one.
type near struct {
	p  where.Point
	ok bool
}

// border is a point in the first-level area of one country that is nearest to
// an area of another, by points in the middle of areas.
func border(owner, author string) (where.Point, bool) {
	if x, ok := borders.Load(countries{owner, author}); ok {
		return x.(near).p, x.(near).ok
	}
	own, other := middles(owner), middles(author)
	if len(own) == 0 || len(other) == 0 { // names that are no countries are not kept: there is no end of them
		return where.Point{}, false
	}
	best, out := where.Metres(1e9), near{}
	for _, p := range own {
		d := where.Metres(1e9)
		for _, q := range other {
			d = min(d, where.Distance(p, q, where.Model{Distance: where.Sphere}))
		}
		if !out.ok || d < best {
			best, out = d, near{p, true}
		}
	}
	borders.Store(countries{owner, author}, out)
	return out.p, out.ok
}

// middles are points in the first-level areas of a country.
func middles(country string) []where.Point {
	if x, ok := midpoints.Load(country); ok {
		return x.([]where.Point)
	}
	var out []where.Point
	for _, a := range where.Areas() {
		if a.Country != country {
			continue
		}
		r, err := where.AreaRegion(a.Code)
		if err != nil {
			continue
		}
		z, _ := where.AreaZone(a.Code, a.Code)
		if p, ok := r.Centre(); ok && z.Contains(p, where.Model{}) {
			out = append(out, p)
		}
	}
	if len(out) > 0 {
		midpoints.Store(country, out)
	}
	return out
}

// sentence says the act, without what does not matter to either text.
func (d *diagram) sentence(b box, chosen map[int]int, w *Witness) string {
	leaf := func(lv int) string { return phrase(d.s.tree(lv).Leaf(chosen[lv])) }
	who := d.s.shown(dActor, d.s.tree(dActor).Leaf(chosen[dActor]))
	if who == terms.Outsider {
		who = "somebody whom the text does not name"
	}
	s := article(leaf(dAct)) + " by " + who
	target := d.s.tree(dTarget).Leaf(chosen[dTarget])
	if (len(d.s.dims[dTarget].values) > 1 || len(d.s.dims[dOwner].values) > 1) && target != "none" {
		s += " on " + article(leaf(dTarget))
	}
	if len(d.s.dims[dOwner].values) > 1 && target != "none" {
		s += " of " + d.s.shown(dOwner, d.s.tree(dOwner).Leaf(chosen[dOwner]))
	}
	var more []string
	if len(d.s.dims[dOutcome].values) > 1 && target != "none" {
		more = append(more, leaf(dOutcome))
	}
	if len(d.s.dims[dIntended].values) > 1 && chosen[dIntended] != chosen[dTarget] {
		more = append(more, "aimed at "+article(leaf(dIntended)))
	}
	if len(d.s.dims[dMeans].values) > 1 {
		more = append(more, "with "+leaf(dMeans))
	}
	if len(d.s.dims[dController].values) > 1 {
		more = append(more, "in a place that "+d.s.shown(dController, d.s.tree(dController).Leaf(chosen[dController]))+" controls")
	}
	if id := d.site(b); id != NotListed {
		more = append(more, "at "+id)
	}
	if len(more) > 0 {
		s += " (" + strings.Join(more, ", ") + ")"
	}
	if w.Placed || len(d.s.zones.list) > 0 {
		s += " at " + w.Point.String()
		if n := areaAt(w.Point); n != "" {
			s += " in " + n
		}
	} else if n := areaAt(w.Point); n != "" && w.Point != (where.Point{}) {
		s += " in " + n
	}
	if len(d.s.dims[dTime].values) > 1 {
		s += " on " + InstantWords(w.Time, d.s.clock()) + " (" + d.s.clock().String() + ")"
	}
	if _, launch, ok := d.moment(b); ok && d.s.launches() && launch != w.Time && launch.Bounded() {
		s += ", launched on " + InstantWords(launch, d.s.clock())
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Noun names a node, with its article, for a sentence.
func Noun(path string) string { return article(phrase(path)) }

// article puts "a" or "an" before a noun.
func article(noun string) string {
	if strings.HasPrefix(noun, "nothing") || strings.HasSuffix(noun, "forces") || strings.HasSuffix(noun, "fire") || strings.HasPrefix(noun, "forces") ||
		strings.HasSuffix(noun, "laying") || strings.HasSuffix(noun, "telecommunications") || strings.HasSuffix(noun, "traction power") || strings.HasPrefix(noun, "monitors") || noun == "headquarters" || noun == "water supply" || noun == "sabotage" || noun == "arson" || noun == "jamming" {
		return noun
	}
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// areaAt names the first-level area that a point lies in, by the built-in
// polygons; a point on a border may have none.
func areaAt(p where.Point) string {
	var in []string
	for _, a := range where.Areas() {
		if z, err := where.AreaZone(a.Code, a.Code); err == nil && z.Contains(p, where.Model{}) {
			in = append(in, a.Name+" ("+a.Code+")")
		}
	}
	sort.Strings(in)
	return strings.Join(in, " or ")
}

// Says judges a witness by the ordinary engine, under each regime of a side.
func (w *Witness) Says(side int, s Side) []judge.Finding {
	var out []judge.Finding
	for _, r := range s.Regimes {
		out = append(out, judge.New(r).Incident(w.Incident[side], nil))
	}
	return out
}
