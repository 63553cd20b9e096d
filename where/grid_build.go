package where

import "math"

// builder lays one zone out: it halves a square of cells until the zone is
// settled in it, carrying along only the edges that still matter.
type builder struct {
	l       *Layer
	z       *gridZone
	zone    int
	outside state // beyond the reach of every leaf
	blocks  []block
	opens   []cellOpen
	plane   []planeEdge
	cand    []uint32
	sites   []vec
	depth   [32]scratch
}

// scratch is the memory of one depth of the recursion; its four children use
// it one after another.
type scratch struct {
	items  []item
	parts  []partItem
	ints   []int32
	st     []state
	chords []float64
}

// item is a leaf that is not settled in a block.
type item struct {
	pos   int     // in gridZone.leaves
	arcs  []int32 // what may be the nearest edge to a place of the block
	parts []partItem
}

// partItem is a polygon in a block: the edges that enter the block, and a
// place of the block of which it is known whether the polygon holds it.
type partItem struct {
	part   int32
	edges  []int32
	rx, ry int32
	in     bool
	far    bool // the block is outside its box
	lost   bool // no such place was found
}

func newBuilder(l *Layer, zone int) *builder {
	return &builder{l: l, z: &l.g.zones[zone], zone: zone}
}

func (b *builder) leaf(pos int) *gridLeaf { return b.l.g.leaves[b.z.leaves[pos]] }

func (b *builder) run() {
	level := uint8(0)
	for int64(1)<<level < max(b.l.nx, b.l.ny) {
		level++
	}
	st := make([]state, len(b.z.leaves))
	b.outside = b.z.expr.eval(st)
	var items []item
	for pos := range b.z.leaves {
		items = append(items, b.first(pos))
		st[pos] = stOpen
	}
	b.visit(0, 0, level, items, st)
}

// first is a leaf before anything is known, with a place outside its box.
func (b *builder) first(pos int) item {
	f := b.leaf(pos)
	it := item{pos: pos, arcs: make([]int32, f.targets())}
	for i := range it.arcs {
		it.arcs[i] = int32(i)
	}
	for p := range f.parts {
		part := &f.parts[p]
		pi := partItem{part: int32(p), rx: int32(part.box.x0 - 1003), ry: int32(part.box.y0 - 1009)}
		for e := range part.edges {
			pi.edges = append(pi.edges, int32(e))
		}
		it.parts = append(it.parts, pi)
	}
	return it
}

// gridSquare is where a block lies.
type gridSquare struct {
	gridBox
	centre vec
	chord  float64 // from the centre to its farthest place
}

func (b *builder) square(x, y int64, level uint8) gridSquare {
	l := b.l
	s := gridSquare{gridBox: gridBox{l.x0 + x<<l.shift, l.y0 + y<<l.shift, 0, 0}}
	s.x1, s.y1 = s.x0+int64(1)<<(l.shift+uint(level)), s.y0+int64(1)<<(l.shift+uint(level))
	if s.x1-s.x0 > 600_000_000 {
		s.chord = 2
		return s
	}
	mid := Point{float64(s.y0+s.y1) / 2e7, float64(s.x0+s.x1) / 2e7}
	s.centre = mid.vec()
	for _, c := range [...]Point{{float64(s.y0) / 1e7, float64(s.x0) / 1e7}, {float64(s.y1) / 1e7, float64(s.x0) / 1e7}} {
		s.chord = math.Max(s.chord, s.centre.chord(c.vec()))
	}
	s.chord = s.chord*1.001 + 1e-9
	return s
}

// visit settles a block or visits its quarters.
func (b *builder) visit(x, y int64, level uint8, from []item, known []state) {
	if x >= b.l.nx || y >= b.l.ny {
		return
	}
	s := b.square(x, y, level)
	d := &b.depth[level]
	d.items, d.parts, d.ints = d.items[:0], d.parts[:0], d.ints[:0]
	d.st = append(d.st[:0], known...)
	for i := range from {
		it, st := b.narrow(&from[i], &s, d)
		d.st[it.pos] = st
		if st == stOpen {
			d.items = append(d.items, it)
		}
	}
	st := b.z.expr.eval(d.st)
	if st != stOpen {
		if st != stOut {
			b.blocks = append(b.blocks, block{int32(x), int32(y), level, st})
		}
		return
	}
	if level == 0 {
		b.open(x, y)
		return
	}
	h := int64(1) << (level - 1)
	for _, q := range [4][2]int64{{0, 0}, {h, 0}, {0, h}, {h, h}} {
		b.visit(x+q[0], y+q[1], level-1, d.items, d.st)
	}
}

// eval combines the states of the leaves by Kleene's tables.
func (e *gridExpr) eval(st []state) state {
	switch e.op {
	case "":
		return st[e.leaf]
	case "complement":
		switch s := e.parts[0].eval(st); s {
		case stIn:
			return stOut
		case stOut:
			return stIn
		default:
			return s
		}
	}
	decisive, out := stIn, stOut
	if e.op == "intersection" {
		decisive, out = stOut, stIn
	}
	for _, p := range e.parts {
		switch s := p.eval(st); s {
		case decisive:
			return s
		case stOpen:
			out = stOpen
		case stStraddles:
			if out != stOpen {
				out = s
			}
		}
	}
	return out
}

// narrow finds what of a leaf still matters in a block that is part of the
// one that the item was made for.
func (b *builder) narrow(from *item, s *gridSquare, d *scratch) (item, state) {
	f := b.leaf(from.pos)
	it := item{pos: from.pos}
	if !b.l.reach[b.z.leaves[from.pos]].meets(s.gridBox) {
		return it, stOut
	}
	if f.near != nil {
		lo, hi := b.nearest(f, from.arcs, s, d, &it)
		lim := &b.l.limits[b.z.leaves[from.pos]]
		switch {
		case lo > lim.out:
			return it, stOut
		case !f.sure:
			return it, stOpen
		case hi < lim.in:
			return it, stIn
		case lo > lim.notIn && hi < lim.part:
			return it, stStraddles
		}
		return it, stOpen
	}
	b.narrowParts(f, from, s, d, &it)
	if b.l.radius == 0 {
		return it, it.held()
	}
	lo, hi := b.nearest(f, from.arcs, s, d, &it)
	lim := &b.l.limits[b.z.leaves[from.pos]]
	switch {
	case hi < lim.part:
		return it, stStraddles
	case lo > lim.out:
		// No border here: what edges there are lie between parts that share
		// them, and any place speaks for all.
		st := stOut
		for i := range it.parts {
			if it.parts[i].lost {
				return it, stOpen
			}
			if it.parts[i].in {
				st = stIn
			}
		}
		return it, st
	}
	return it, stOpen
}

// nearest keeps the edges that may be nearest to a place of the square, and
// returns between which squared chords the nearest is for all places.
func (b *builder) nearest(f *gridLeaf, arcs []int32, s *gridSquare, d *scratch, it *item) (lo, hi float64) {
	if s.chord >= 2 {
		it.arcs = arcs
		return 0, 4
	}
	if len(arcs) == 0 {
		return math.Inf(1), math.Inf(1)
	}
	start := len(d.ints)
	least, best := math.Inf(1), 0
	d.chords = d.chords[:0]
	slack := 2*s.chord + 2*f.pad
	for _, i := range arcs {
		c := math.Sqrt(f.chord2(uint32(i), &s.centre))
		if c-slack > least {
			continue
		}
		if c < least {
			least, best = c, len(d.chords)
		}
		d.ints, d.chords = append(d.ints, i), append(d.chords, c)
	}
	// A second look, now that the least is known; it goes first, to be tried
	// first in the quarters.
	all := d.ints[start:]
	all[0], all[best] = all[best], all[0]
	d.chords[0], d.chords[best] = d.chords[best], d.chords[0]
	kept := all[:0]
	far := math.Sqrt(math.Max(0, b.l.limits[b.z.leaves[it.pos]].out)) + s.chord
	for k, i := range all {
		if c := d.chords[k]; c-slack <= least && c <= far {
			kept = append(kept, i)
		}
	}
	d.ints = d.ints[:start+len(kept)]
	it.arcs = kept
	l := math.Max(0, least-s.chord-f.pad)
	h := least + s.chord + f.pad
	return l * l, h * h
}

// held is the state of the union of the polygons of a leaf for points.
func (it *item) held() state {
	st := stOut
	for i := range it.parts {
		p := &it.parts[i]
		switch {
		case len(p.edges) > 0 || p.lost:
			st = stOpen
		case p.in:
			return stIn
		}
	}
	return st
}

// narrowParts keeps the edges that enter the square, and looks for a place in
// it of which it can be told on which side of every polygon it is.
func (b *builder) narrowParts(f *gridLeaf, from *item, s *gridSquare, d *scratch, it *item) {
	first := len(d.parts)
	for i := range from.parts {
		p := from.parts[i]
		part := &f.parts[p.part]
		if !part.box.meets(s.gridBox) {
			p = partItem{part: p.part, rx: int32(s.x0), ry: int32(s.y0), far: true}
		} else if s.x1-s.x0 <= 1<<29 { // else cross products would not fit
			start := len(d.ints)
			for _, e := range p.edges {
				if part.edges[e].enters(s.gridBox) {
					d.ints = append(d.ints, e)
				}
			}
			p.edges = d.ints[start:len(d.ints):len(d.ints)]
		}
		d.parts = append(d.parts, p)
	}
	it.parts = d.parts[first:len(d.parts):len(d.parts)]
	if s.x1-s.x0 > 1<<29 {
		return
	}
	for _, at := range places {
		if f.tell(from.parts, it.parts, s.x0+(s.x1-s.x0)*at[0]/64, s.y0+(s.y1-s.y0)*at[1]/64) {
			return
		}
	}
	for i := range it.parts {
		it.parts[i].lost = !it.parts[i].far
	}
}

// tell finds for every polygon whether it holds a place; false if it cannot
// be told of one.
func (f *gridLeaf) tell(from, to []partItem, x, y int64) bool {
	for i := range to {
		p, old := &to[i], &from[i]
		if p.far {
			continue
		}
		odd, ok := f.parts[p.part].cross(old.edges, int64(old.rx), int64(old.ry), x, y)
		if old.lost || !ok {
			return false
		}
		p.in, p.rx, p.ry = old.in != odd, int32(x), int32(y)
	}
	return true
}

// places of a square, in 64ths, that may serve to tell the sides by.
var places = [...][2]int64{{33, 31}, {17, 45}, {49, 21}, {11, 13}, {53, 51}, {5, 59}, {60, 7}, {27, 3}, {31, 61}}

// cross counts, modulo 2, the edges between two places; false when one of
// them is too near to an edge to tell.
func (p *planePart) cross(edges []int32, x, y, tox, toy int64) (odd, ok bool) {
	dx, dy := tox-x, toy-y
	for _, i := range edges {
		e := &p.edges[i]
		ax, ay := int64(e.ax)-x, int64(e.ay)-y
		bx, by := int64(e.bx)-x, int64(e.by)-y
		o1, o2 := dx*ay-dy*ax, dx*by-dy*bx
		o4 := (ax-dx)*(by-dy) - (ay-dy)*(bx-dx)
		if o1 == 0 || o2 == 0 || abs64(o4) <= 2*e.near && e.box().grow(1000).meets(gridBox{tox, toy, tox, toy}) {
			return false, false
		}
		if (o1 > 0) != (o2 > 0) && (ax*by-ay*bx > 0) != (o4 > 0) {
			odd = !odd
		}
	}
	return odd, true
}

func abs64(n int64) int64 { return max(n, -n) }

// open files what is not settled in a cell.
func (b *builder) open(x, y int64) {
	d := &b.depth[0]
	cell := uint32(y*b.l.nx + x)
	if !b.z.union {
		b.whole(cell)
		return
	}
	for _, st := range d.st {
		if st == stStraddles {
			b.blocks = append(b.blocks, block{int32(x), int32(y), 0, stStraddles})
			break
		}
	}
	mark := len(b.opens)
	for i := range d.items {
		if !b.openItem(cell, &d.items[i]) {
			b.opens = b.opens[:mark]
			b.whole(cell)
			return
		}
	}
}

func (b *builder) whole(cell uint32) {
	b.opens = append(b.opens, cellOpen{cell, opening{zone: uint32(b.zone), kind: openWhole}})
}

// openItem files a leaf; false when only the zone can tell.
func (b *builder) openItem(cell uint32, it *item) bool {
	f := b.leaf(it.pos)
	o := opening{zone: uint32(b.zone), leaf: uint32(b.z.leaves[it.pos])}
	if f.near != nil && !f.sure || len(it.parts) > 255 {
		return false
	}
	if f.near != nil || b.l.radius > 0 {
		o.kind = openNear
		if f.near == nil {
			o.kind, o.parts = openDisc, uint8(len(it.parts))
		}
		if f.points != nil {
			o.kind = openSites
			o.a = uint32(len(b.sites))
			for _, a := range it.arcs {
				b.sites = append(b.sites, f.points[a])
			}
			o.b = uint32(len(b.sites))
		} else {
			o.a = uint32(len(b.cand))
			for _, a := range it.arcs {
				b.cand = append(b.cand, uint32(a))
			}
			o.b = uint32(len(b.cand))
		}
		b.opens = append(b.opens, cellOpen{cell, o})
	}
	for i := range it.parts {
		p := &it.parts[i]
		if p.lost {
			return false
		}
		if len(p.edges) == 0 && !p.in && b.l.radius == 0 {
			continue
		}
		o.kind, o.parts, o.in, o.rx, o.ry = openPart, 0, p.in, p.rx, p.ry
		o.a = uint32(len(b.plane))
		for _, e := range p.edges {
			b.plane = append(b.plane, f.parts[p.part].edges[e])
		}
		o.b = uint32(len(b.plane))
		b.opens = append(b.opens, cellOpen{cell, o})
	}
	return true
}
