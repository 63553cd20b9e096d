package where

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// search divides the earth into squares, ever smaller, until every combination
// of zones is known that may be in a square. All squares of one size are done
// before the next smaller ones, so that witnesses come from the large ones.
//
// It is exact, up to the tolerance, because of three things: which leaves a
// square's centre is in follows from its parent's by counting the edges between
// the two; a square that no edge reaches is all in the same zones; a square
// with k different boundaries has no more than 2^k combinations, and is done
// when all of them have a witness.
type search struct {
	g      *leafage
	tol    float64 // metres
	facets []*facet
	half   float64 // half the side of the squares of this level
	level  int
	spent  int

	now, next level
	scratch   pattern

	atoms, slivers *catalogue
}

// level is the squares of one size, with what they refer to.
type level struct {
	boxes []box
	edges []int32 // segments of the facet
	nears []int32 // leaves that are distance zones
	words []uint64
}

func (l *level) reset() {
	l.boxes, l.edges, l.nears, l.words = l.boxes[:0], l.edges[:0], l.nears[:0], l.words[:0]
}

// box is a square on a facet.
type box struct {
	x, y           float64
	hash           uint64 // of the zones at the centre
	words          int32  // leaves and then zones at the centre
	e0, e1, n0, n1 int32  // boundaries that reach the square or its surroundings
	active         [mostActive]int32
	n              int8 // number of active groups, or mostActive+1
	facet          int8
	state          boxState
}

// mostActive is how many different boundaries a square may have for its
// combinations to be looked at.
const mostActive = 6

// mostBoxes bounds the work.
const mostBoxes = 6_000_000

type boxState uint8

const (
	mixed boxState = iota
	done
	divide // free of boundaries, but too near to one
)

// pattern is the leaves and zones at a point.
type pattern struct {
	leaves []uint64
	zones  ZoneSet
	hash   uint64
}

// found is a combination with a point.
type found struct {
	in    ZoneSet
	at    Point
	clear float64
	level int
}

// catalogue finds combinations by their hash and then by what they are.
type catalogue struct {
	found  []found
	byHash map[uint64][]int32
}

func newCatalogue() *catalogue { return &catalogue{byHash: map[uint64][]int32{}} }

func (c *catalogue) find(hash uint64, in ZoneSet) *found {
	for _, i := range c.byHash[hash] {
		if slices.Equal(c.found[i].in, in) {
			return &c.found[i]
		}
	}
	return nil
}

func (c *catalogue) has(hash uint64, in ZoneSet) bool { return c.find(hash, in) != nil }

func (c *catalogue) add(hash uint64, f found) {
	c.byHash[hash] = append(c.byHash[hash], int32(len(c.found)))
	c.found = append(c.found, f)
}

func newSearch(g *leafage, tolerance float64) *search {
	s := &search{g: g, tol: tolerance, atoms: newCatalogue(), slivers: newCatalogue()}
	s.scratch = pattern{leaves: make([]uint64, words(len(g.leaves))), zones: make(ZoneSet, words(len(g.zones)))}
	s.lay()
	return s
}

func (s *search) run() error {
	for ; len(s.now.boxes) > 0; s.level++ {
		if s.spent += len(s.now.boxes); s.spent > mostBoxes {
			return fmt.Errorf("more than %d squares looked at: too much boundary for a tolerance of %v m; take a coarser one, or fewer zones", mostBoxes, s.tol)
		}
		for i := range s.now.boxes {
			s.look(&s.now.boxes[i])
		}
		s.next.reset()
		for i := range s.now.boxes {
			s.divide(&s.now.boxes[i])
		}
		s.now, s.next = s.next, s.now
		s.half /= 2
	}
	return nil
}

// size returns half the diagonal of a square, at most, and half its side, at
// least, in metres.
func (s *search) size(b *box) (outer, inner float64) {
	low, high := s.stretch(b)
	return s.half * math.Sqrt2 / math.Sqrt(low) * sphereRadius * ellipsoidHigh, s.half / high * sphereRadius * ellipsoidLow
}

// stretch is 1+x²+y² at the square's points nearest to and farthest from where
// the facet touches the sphere: a length on the facet is that many times the
// one on the sphere, along the radius, and the root of it across.
func (s *search) stretch(b *box) (low, high float64) {
	ax, ay := math.Abs(b.x), math.Abs(b.y)
	nx, ny := math.Max(0, ax-s.half), math.Max(0, ay-s.half)
	fx, fy := ax+s.half, ay+s.half
	return 1 + nx*nx + ny*ny, 1 + fx*fx + fy*fy
}

// onFacet is a distance in metres as a length on the facet, near a square, at
// most.
func (s *search) onFacet(b *box, metres float64) float64 {
	_, high := s.stretch(b)
	return metres / (sphereRadius * ellipsoidLow) * high * 1.01
}

func (s *search) drawMetres() float64 { return s.g.draw * sphereRadius * ellipsoidHigh }

// around is how far beyond a square its list of boundaries goes, in metres.
func (s *search) around() float64 { return 1.3 * s.tol }

func (s *search) pattern(b *box) pattern {
	nl := int32(len(s.scratch.leaves))
	end := b.words + nl + int32(len(s.scratch.zones))
	return pattern{s.now.words[b.words : b.words+nl], ZoneSet(s.now.words[b.words+nl : end]), b.hash}
}

func (s *search) point(b *box) Point { return s.facets[b.facet].point(b.x, b.y) }

// look finds the boundaries that reach a square, and settles it if it is free
// of them.
func (s *search) look(b *box) {
	outer, _ := s.size(b)
	if !s.setActive(b, outer) || b.n > 0 && !s.same(b, b.active[:b.n]) {
		return
	}
	b.state = done
	p := s.pattern(b)
	old := s.atoms.find(p.hash, p.zones)
	if old != nil && old.level < s.level {
		return
	}
	clear := s.clearance(b)
	switch {
	case old != nil:
		if clear > old.clear {
			old.at, old.clear = s.point(b), clear
		}
	case clear > s.tol:
		s.atoms.add(p.hash, found{slices.Clone(p.zones), s.point(b), clear, s.level})
	case outer > s.least():
		b.state = divide
	default:
		s.sliver(p, b.facet, b.x, b.y)
	}
}

// least is the half diagonal, in metres, of squares that are not divided any
// more: any point of them is so near to the centre that it would have shown if
// it were two tolerances away from all boundaries.
func (s *search) least() float64 { return 0.75 * s.tol }

// setActive collects the groups that change in a square; false when there are
// too many.
func (s *search) setActive(b *box, outer float64) bool {
	segs, reach := s.facets[b.facet].segs, s.half+s.onFacet(b, s.drawMetres())
	for _, i := range s.now.edges[b.e0:b.e1] {
		e := &segs[i]
		if !slices.Contains(b.active[:b.n], e.group) && e.meets(b.x, b.y, reach) && !b.activate(e.group) {
			return false
		}
	}
	if b.n0 == b.n1 {
		return true
	}
	disc := Disc(s.point(b), Metres(outer))
	for _, l := range s.now.nears[b.n0:b.n1] {
		if leaf := s.g.leaves[l]; leaf.near.relate(disc, s.g.m) == Straddling && !b.activate(leaf.group) {
			return false
		}
	}
	return true
}

func (b *box) activate(group int32) bool {
	if b.n == mostActive {
		b.n++
		return false
	}
	b.active[b.n] = group
	b.n++
	return true
}

// combinations calls do for every combination that the centre's leaves give
// with any of the groups changed, until it returns false.
func (s *search) combinations(b *box, groups []int32, do func(p *pattern) bool) bool {
	from, p := s.pattern(b), &s.scratch
	copy(p.leaves, from.leaves)
	copy(p.zones, from.zones)
	p.hash = from.hash
	for i := 1; do(p); i++ {
		k := 0
		for i>>k&1 == 0 {
			k++
		}
		if k >= len(groups) {
			return true
		}
		s.g.flip(p, groups[k])
	}
	return false
}

// flip crosses an edge of a group.
func (g *leafage) flip(p *pattern, group int32) {
	leaves := g.groups[group]
	for _, l := range leaves {
		p.leaves[l/64] ^= 1 << (l % 64)
	}
	for _, l := range leaves {
		g.update(p, l)
	}
}

// update asks the zones that a leaf is part of again.
func (g *leafage) update(p *pattern, leaf int32) {
	for _, z := range g.uses[leaf] {
		if g.zones[z].holds(p.leaves) != p.zones.Has(int(z)) {
			p.zones[z/64] ^= 1 << (z % 64)
			p.hash ^= g.keys[z]
		}
	}
}

// same reports whether the zones stay the same whatever of the groups changes.
func (s *search) same(b *box, groups []int32) bool {
	base := s.pattern(b).zones
	return s.combinations(b, groups, func(p *pattern) bool { return slices.Equal(p.zones, base) })
}

// known reports whether every combination in a square has a witness.
func (s *search) known(b *box, orSliver bool) bool {
	return b.n <= mostActive && s.combinations(b, b.active[:b.n], func(p *pattern) bool {
		return s.atoms.has(p.hash, p.zones) || orSliver && s.slivers.has(p.hash, p.zones)
	})
}

// clearance is how far the centre of a free square is from every boundary of a
// zone, in metres, at least. It is exact enough near the tolerance.
func (s *search) clearance(b *box) float64 {
	outer, inner := s.size(b)
	free := math.Max(0, inner) // the square itself is free
	if s.half > 0.01 {
		return free
	}
	segs, r := s.facets[b.facet].segs, rulerAt(b.x, b.y)
	clear := inner + s.tol
	var groups []int32
	for _, i := range s.now.edges[b.e0:b.e1] {
		d := r.to(&segs[i], b.x, b.y)
		d = d*(1-3*math.Min(d, 0.1))*sphereRadius*ellipsoidLow - s.drawMetres()
		clear = math.Min(clear, d)
		if d <= s.tol*1.0001 && !slices.Contains(groups, segs[i].group) {
			groups = append(groups, segs[i].group)
		}
	}
	if b.n0 < b.n1 {
		clear, groups = s.nearClearance(b, math.Min(clear, outer+s.tol), groups)
	}
	if clear <= s.tol && len(groups) <= 8 && s.same(b, groups) {
		clear = s.tol * 1.0001
	}
	return math.Max(clear, free)
}

// nearClearance halves a clearance until no boundary of a distance zone is
// within it, and adds the groups of those within the tolerance.
func (s *search) nearClearance(b *box, clear float64, groups []int32) (float64, []int32) {
	c, floor := s.point(b), s.tol*1.0001
	for _, l := range s.now.nears[b.n0:b.n1] {
		leaf := s.g.leaves[l]
		if leaf.near.relate(Disc(c, Metres(floor)), s.g.m) == Straddling {
			clear = math.Min(clear, s.tol/2)
			groups = append(groups, leaf.group)
			continue
		}
		for clear > floor && leaf.near.relate(Disc(c, Metres(clear)), s.g.m) == Straddling {
			clear = math.Max(floor, clear/2)
		}
	}
	return clear, groups
}

// divide puts the quarters of a square that is not done on the next level.
func (s *search) divide(b *box) {
	switch {
	case b.state == done || b.state == mixed && s.known(b, false):
		return
	case b.state == mixed:
		if outer, _ := s.size(b); outer <= s.least() {
			s.end(b)
			return
		}
	}
	h := s.half / 2
	for _, d := range [4][2]float64{{-h, -h}, {h, -h}, {-h, h}, {h, h}} {
		s.quarter(b, b.x+d[0], b.y+d[1])
	}
}

func (s *search) quarter(b *box, x, y float64) {
	l := &s.next
	q := box{x: x, y: y, facet: b.facet, hash: b.hash, words: int32(len(l.words)), e0: int32(len(l.edges)), n0: int32(len(l.nears))}
	from := s.pattern(b)
	l.words = append(append(l.words, from.leaves...), from.zones...)
	nl := len(from.leaves)
	p := pattern{l.words[q.words:][:nl], ZoneSet(l.words[int(q.words)+nl:]), b.hash}
	// The square's half width is taken from the level that is being made.
	s.half /= 2
	reach := s.half + s.onFacet(&q, s.around())
	segs := s.facets[b.facet].segs
	for _, i := range s.now.edges[b.e0:b.e1] {
		e := &segs[i]
		if e.crossed(b.x, b.y, x, y) {
			for _, leaf := range s.g.groups[e.group] {
				p.leaves[leaf/64] ^= 1 << (leaf % 64)
			}
		}
		if e.meets(x, y, reach) {
			l.edges = append(l.edges, i)
		}
	}
	if b.n0 < b.n1 {
		s.quarterNears(b, &q, p.leaves)
	}
	s.half *= 2
	s.g.updateAll(&p, from.leaves)
	q.hash, q.e1, q.n1 = p.hash, int32(len(l.edges)), int32(len(l.nears))
	l.boxes = append(l.boxes, q)
}

func (s *search) quarterNears(b, q *box, leaves []uint64) {
	outer, _ := s.size(q)
	c := s.point(q)
	disc := Disc(c, Metres(outer+s.around()))
	for _, l := range s.now.nears[b.n0:b.n1] {
		near := s.g.leaves[l].near
		rel := near.relate(disc, s.g.m)
		if rel == Straddling {
			s.next.nears = append(s.next.nears, l)
			rel = relationOf(near.contains(c, s.g.m))
		}
		setBit(leaves, int(l), rel == Inside)
	}
}

func setBit(words []uint64, i int, on bool) {
	words[i/64] &^= 1 << (i % 64)
	if on {
		words[i/64] |= 1 << (i % 64)
	}
}

// updateAll brings the zones of a pattern up to date with its leaves, which
// were others before.
func (g *leafage) updateAll(p *pattern, before []uint64) {
	for w := range p.leaves {
		for diff := p.leaves[w] ^ before[w]; diff != 0; diff &= diff - 1 {
			g.update(p, int32(64*w+bits.TrailingZeros64(diff)))
		}
	}
}
