package where

import (
	"crypto/sha256"
	"math"
	"slices"
)

// leafage takes zones apart: into leaves, which are polygons and distance
// zones, formulas that make zones of leaves, and edges that say which leaves
// change across them.
type leafage struct {
	m      Model
	draw   float64 // how far a drawn edge may be from the true one, radians
	leaves []leaf
	zones  []*formula
	uses   [][]int32 // zones that a leaf has a part in
	keys   []uint64  // hash of each zone
	groups [][]int32 // leaves that change together, across an edge
	edges  []drawn

	byShape map[*polyShape]*formula
	byHash  map[string]*formula
	widest  map[string]Metres // of zones on one side of a line
}

// leaf is a polygon (one part of a multipolygon) or a distance zone.
type leaf struct {
	part  Polygon
	near  *nearShape
	group int32 // of a distance zone
}

// drawn is an edge, which runs along a great circle.
type drawn struct {
	a, b  vec
	group int32
}

// formula says whether a point is in a zone, from the leaves that it is in.
type formula struct {
	op     string // "leaves" (any of first..last-1), or as in combined
	lo, hi int
	parts  []*formula
}

func (f *formula) holds(in []uint64) bool {
	switch f.op {
	case "leaves":
		for i := f.lo; i < f.hi; i++ {
			if in[i/64]>>(i%64)&1 == 1 {
				return true
			}
		}
		return false
	case "complement":
		return !f.parts[0].holds(in)
	}
	stop := f.op == "union"
	for _, part := range f.parts {
		if part.holds(in) == stop {
			return stop
		}
	}
	return !stop
}

func (f *formula) eachLeaf(do func(i int)) {
	for i := f.lo; i < f.hi; i++ {
		do(i)
	}
	for _, part := range f.parts {
		part.eachLeaf(do)
	}
}

func newLeafage(zones []*Zone, m Model, draw Metres) *leafage {
	g := &leafage{m: m, draw: float64(draw) / sphereRadius / ellipsoidHigh,
		byShape: map[*polyShape]*formula{}, byHash: map[string]*formula{}, widest: map[string]Metres{}}
	for _, z := range zones {
		g.measure(z.shape)
	}
	for i, z := range zones {
		g.zones = append(g.zones, g.formula(z.shape))
		g.keys = append(g.keys, scramble(uint64(i)+1))
	}
	g.uses = make([][]int32, len(g.leaves))
	for i, f := range g.zones {
		f.eachLeaf(func(l int) {
			if u := g.uses[l]; len(u) == 0 || u[len(u)-1] != int32(i) {
				g.uses[l] = append(u, int32(i))
			}
		})
	}
	g.drawAll()
	return g
}

// scramble is the finaliser of splitmix64.
func scramble(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash of a set of zones: that of a set with one zone more or less differs by
// that zone's key.
func (g *leafage) hash(in ZoneSet) uint64 {
	var h uint64
	for _, i := range in.Indices() {
		h ^= g.keys[i]
	}
	return h
}

func (g *leafage) formula(s shape) *formula {
	switch s := s.(type) {
	case *polyShape:
		if f := g.byShape[s]; f != nil {
			return f
		}
		f := &formula{op: "leaves", lo: len(g.leaves)}
		for _, p := range s.mp {
			g.leaves = append(g.leaves, leaf{part: p})
		}
		f.hi = len(g.leaves)
		g.byShape[s] = f
		return f
	case *nearShape:
		return g.nearFormula(s)
	}
	c := s.(*combined)
	f := &formula{op: c.op}
	for _, part := range c.parts {
		f.parts = append(f.parts, g.formula(part))
	}
	return f
}

// nearFormula makes a zone on one side of a line of two leaves: the distance
// zone on both sides, and the left of the line, which zones of other widths and
// the zones on the right have a part in too.
func (g *leafage) nearFormula(s *nearShape) *formula {
	key, ok := s.lineKey()
	if !ok {
		return g.nearLeaf(s)
	}
	both := g.nearLeaf(newNearShape(s.points, true, s.within, Both))
	left := g.nearLeaf(newNearShape(s.points, true, g.widest[key]*1.25+1000, Left))
	if s.side == Right {
		left = &formula{op: "complement", parts: []*formula{left}}
	}
	return &formula{op: "intersection", parts: []*formula{both, left}}
}

// lineKey is the line of a zone on one side of a line that has a length.
func (s *nearShape) lineKey() (string, bool) {
	if s.empty() || !s.sided() || !slices.ContainsFunc(s.points, func(p Point) bool { return p != s.points[0] }) {
		return "", false
	}
	h := sha256.New()
	writePoints(h, s.points)
	return string(h.Sum(nil)), true
}

// measure notes the greatest width of zones on one side of a line.
func (g *leafage) measure(s shape) {
	switch s := s.(type) {
	case *nearShape:
		if key, ok := s.lineKey(); ok {
			g.widest[key] = max(g.widest[key], s.within)
		}
	case *combined:
		for _, part := range s.parts {
			g.measure(part)
		}
	}
}

// nearLeaf makes one leaf of equal distance zones, for their boundaries are not
// edges that could be seen to be the same.
func (g *leafage) nearLeaf(s *nearShape) *formula {
	h := sha256.New()
	s.digest(h)
	key := string(h.Sum(nil))
	if f := g.byHash[key]; f != nil {
		return f
	}
	f := &formula{op: "leaves", lo: len(g.leaves), hi: len(g.leaves)}
	if !s.empty() {
		g.leaves = append(g.leaves, leaf{near: s})
		f.hi++
	}
	g.byHash[key] = f
	return f
}

// drawAll draws the edges of every polygon, and makes one edge of those that
// have the same ends.
func (g *leafage) drawAll() {
	for i := range g.leaves {
		g.groups = append(g.groups, []int32{int32(i)})
		g.leaves[i].group = int32(i)
	}
	n := 0
	for _, l := range g.leaves {
		for _, r := range l.part {
			n += len(r)
		}
	}
	g.edges = make([]drawn, 0, n)
	t := newEdgeTable(n)
	for i, l := range g.leaves {
		for _, r := range l.part {
			g.drawRing(r, func(a, b vec) { t.add(g, a, b, int32(i)) })
		}
	}
	g.group(t)
}

func (g *leafage) drawRing(r Ring, add func(a, b vec)) {
	va := r[0].vec()
	for i := 1; i < len(r); i++ {
		vb := r[i].vec()
		switch {
		case va == vb:
		case g.m.Edges == Geodesic:
			add(va, vb)
		case less(r[i], r[i-1]): // both neighbours draw it the same way
			g.drawPlanar(r[i], r[i-1], vb, va, 0, add)
		default:
			g.drawPlanar(r[i-1], r[i], va, vb, 0, add)
		}
		va = vb
	}
}

// drawPlanar halves an edge until the great circle is near enough.
func (g *leafage) drawPlanar(a, b Point, va, vb vec, depth int, add func(a, b vec)) {
	mid := lerp(a, b, 0.5)
	vm := mid.vec()
	n := va.add(vb).cross(vb.sub(va))
	off := math.Abs(vm.dot(n)) / math.Max(n.norm(), 1e-30)
	wide := math.Abs(a.Lat-b.Lat)+math.Abs(a.Lon-b.Lon) > 1
	if depth < 30 && (wide || off > g.draw*0.9) {
		g.drawPlanar(a, mid, va, vm, depth+1, add)
		g.drawPlanar(mid, b, vm, vb, depth+1, add)
		return
	}
	if va != vb {
		add(va, vb)
	}
}

// edgeTable finds edges by their ends. Owners of an edge beyond the first are
// kept aside.
type edgeTable struct {
	slots []int32 // 1 + index of an edge, open addressing
	more  map[int32][]int32
}

func newEdgeTable(n int) *edgeTable {
	size := 1024
	for size < 2*n {
		size *= 2
	}
	return &edgeTable{make([]int32, size), map[int32][]int32{}}
}

func (t *edgeTable) add(g *leafage, a, b vec, leaf int32) {
	if slices.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	if 2*len(g.edges) >= len(t.slots) { // planar edges were halved
		t.grow(g)
	}
	i := t.slot(g, a, b)
	if at := t.slots[i]; at > 0 {
		t.more[at-1] = append(t.more[at-1], leaf)
		return
	}
	g.edges = append(g.edges, drawn{a, b, leaf})
	t.slots[i] = int32(len(g.edges))
}

// slot is where the edge is, or the empty slot where it belongs.
func (t *edgeTable) slot(g *leafage, a, b vec) int {
	h := uint64(0)
	for k := range a {
		h = h*0x9e3779b97f4a7c15 ^ math.Float64bits(a[k])
		h = h*0xbf58476d1ce4e5b9 ^ math.Float64bits(b[k])
		h ^= h >> 29
	}
	mask := uint64(len(t.slots) - 1)
	i := scramble(h) & mask
	for t.slots[i] > 0 {
		if e := &g.edges[t.slots[i]-1]; e.a == a && e.b == b {
			break
		}
		i = (i + 1) & mask
	}
	return int(i)
}

func (t *edgeTable) grow(g *leafage) {
	t.slots = make([]int32, 2*len(t.slots))
	for i, e := range g.edges {
		t.slots[t.slot(g, e.a, e.b)] = int32(i + 1)
	}
}

// group gives every edge the group of the leaves that change across it; an edge
// that a leaf has twice is no boundary of it.
func (g *leafage) group(t *edgeTable) {
	byLeaves := map[string]int32{}
	keep := g.edges[:0]
	for i, e := range g.edges {
		if others := t.more[int32(i)]; others != nil {
			leaves := odd(append([]int32{e.group}, others...))
			if len(leaves) == 0 {
				continue
			}
			e.group = g.groupOf(leaves, byLeaves)
		}
		keep = append(keep, e)
	}
	g.edges = keep
}

// odd returns, sorted, what stands an odd number of times in a list.
func odd(list []int32) []int32 {
	slices.Sort(list)
	out := list[:0]
	for _, l := range list {
		if n := len(out); n > 0 && out[n-1] == l {
			out = out[:n-1]
		} else {
			out = append(out, l)
		}
	}
	return out
}

func (g *leafage) groupOf(leaves []int32, byLeaves map[string]int32) int32 {
	if len(leaves) == 1 {
		return leaves[0]
	}
	key := make([]byte, 0, 4*len(leaves))
	for _, l := range leaves {
		key = append(key, byte(l), byte(l>>8), byte(l>>16), byte(l>>24))
	}
	id, ok := byLeaves[string(key)]
	if !ok {
		id = int32(len(g.groups))
		g.groups = append(g.groups, leaves)
		byLeaves[string(key)] = id
	}
	return id
}
