package where

import (
	"runtime"
	"slices"
	"sync"
)

// Grid answers many questions "which of these zones hold this place" under one
// model. It lays a lattice of cells over the zones; a cell knows the zones
// that hold all of it, and keeps, for those that a boundary runs through, the
// few edges that matter there. Its answers are those of Zone.Contains and
// Zone.Relate: where its own arithmetic is within a hand's breadth of the
// boundary, it asks them.
//
// A Grid may be used by several goroutines at once.
type Grid struct {
	model  Model
	zones  []gridZone
	leaves []*gridLeaf
	mu     sync.Mutex
	layers map[Metres]*Layer
}

// maxGridRadius is the widest disc, in metres, that gets a layer of its own.
const maxGridRadius Metres = 100_000

// NewGrid prepares zones. Nothing is laid out yet: see Layer.
func NewGrid(zones []*Zone, m Model) *Grid {
	g := &Grid{model: m, layers: map[Metres]*Layer{}}
	g.zones = make([]gridZone, len(zones))
	g.leaves = make([]*gridLeaf, 0, len(zones))
	for i, z := range zones {
		g.zones[i] = g.prepare(z)
	}
	parallel(len(g.leaves), func(i int) { g.leaves[i].read(m) })
	for i := range g.zones {
		for _, l := range g.zones[i].leaves {
			g.zones[i].wide = g.zones[i].wide || g.leaves[l].wide
		}
	}
	return g
}

// parallel calls f with 0..n-1 on as many goroutines as there are processors.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// Layer returns the lattice for discs of a radius, in metres; radius 0 is for
// points. It is laid out when first asked for, and kept. It is nil for a
// radius that is negative or more than 100 km.
func (g *Grid) Layer(radius Metres) *Layer {
	if !(radius >= 0 && radius <= maxGridRadius) {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.layers[radius]
	if l == nil {
		l = g.lay(radius)
		g.layers[radius] = l
	}
	return l
}

// Layer is the lattice of a grid for discs of one radius.
type Layer struct {
	g      *Grid
	radius Metres
	x0, y0 int64 // the south-west corner, in E7
	nx, ny int64
	shift  uint // a cell is 1<<shift E7 wide and high
	cells  []uint32
	recs   []Cell
	words  int      // of a set of zones
	sets   []uint64 // by row: the zones that hold the cell, then those that straddle any disc in it
	rows   int
	opens  []opening
	plane  []planeEdge
	cand   []uint32
	sites  []vec
	limits []limits // by leaf
	reach  []gridBox
	wide   []uint32
}

// Cell is what a layer knows of a place before it looks closer. Row numbers
// the set of zones that is settled; from First up to Last stand what is not.
type Cell struct {
	Row         uint32
	First, Last uint32
}

// opening is one part of a zone that is not settled in a cell.
type opening struct {
	zone   uint32
	leaf   uint32
	a, b   uint32 // range of plane (openPart), sites (openSites) or cand
	rx, ry int32  // openPart: a place of the cell for which in holds
	kind   openKind
	in     bool
	parts  uint8 // openDisc: how many openPart follow and say what holds off the border
}

type openKind uint8

const (
	openPart  openKind = iota // a polygon, by the edges crossed on the way to rx, ry
	openDisc                  // a disc against the border of polygons
	openNear                  // distance from a line
	openSites                 // distance from sites
	openWhole                 // ask the zone
)

// At returns the cell of a place.
func (l *Layer) At(lat, lon E7) Cell {
	x, y := uint64(int64(lon)-l.x0)>>l.shift, uint64(int64(lat)-l.y0)>>l.shift
	if x >= uint64(l.nx) || y >= uint64(l.ny) {
		return l.recs[0]
	}
	return l.recs[l.cells[int64(y)*l.nx+int64(x)]]
}

// Rows returns how many different settled sets there are.
func (l *Layer) Rows() int { return l.rows }

// Inside reports whether the zone holds whole the disc round any place of a
// cell with this row.
func (l *Layer) Inside(row uint32, zone int) bool {
	return l.sets[int(row)*2*l.words+zone/64]>>(zone%64)&1 == 1
}

// Straddles reports whether the border of the zone runs through the disc round
// any place of a cell with this row; what is open in the cell may add to it.
func (l *Layer) Straddles(row uint32, zone int) bool {
	return l.sets[(int(row)*2+1)*l.words+zone/64]>>(zone%64)&1 == 1
}

// StraddledWord returns the zones of Straddles from 64*word on, as bits.
func (l *Layer) StraddledWord(row uint32, word int) uint64 {
	return l.sets[(int(row)*2+1)*l.words+word]
}

// Wide lists the zones that the lattice cannot hold, because they reach round
// the antimeridian or to a pole: ask Ask about them at every place.
func (l *Layer) Wide() []uint32 { return l.wide }

// Zone returns which zone an entry from Cell.First to Cell.Last is about; the
// entries of one zone follow each other.
func (l *Layer) Zone(entry uint32) uint32 { return l.opens[entry].zone }

// Spot is a place that is looked at closely.
type Spot struct {
	Lat, Lon E7
	v        vec
	ready    bool
}

func (s *Spot) vec() *vec {
	if !s.ready {
		s.v, s.ready = s.point().vec(), true
	}
	return &s.v
}

func (s *Spot) point() Point { return Point{s.Lat.Degrees(), s.Lon.Degrees()} }

// Ask relates a zone to the disc round a place without the lattice.
func (l *Layer) Ask(zone uint32, s *Spot) Relation { return l.g.Ask(zone, s, l.radius) }

// Ask relates a zone to the disc of a radius round a place.
func (g *Grid) Ask(zone uint32, s *Spot, radius Metres) Relation {
	return g.zones[zone].zone.Relate(Disc(s.point(), radius), g.model)
}

// block is a square of cells, 1<<level on a side, on one side of a zone.
type block struct {
	x, y  int32
	level uint8
	state state
}

// state is how the discs round the places of a block lie to a zone.
type state uint8

const (
	stOut state = iota
	stOpen
	stStraddles
	stIn
)

// cellOpen is an open entry and the cell that it is in.
type cellOpen struct {
	cell uint32
	opening
}

// lay lays the lattice out: every zone by itself, then all together in the
// order of the zones, so that the layer is the same at every call.
func (g *Grid) lay(radius Metres) *Layer {
	l := &Layer{g: g, radius: radius, words: (len(g.zones) + 63) / 64}
	if radius > 0 {
		parallel(len(g.leaves), func(i int) { g.leaves[i].readBorder(g.model) })
	}
	for _, leaf := range g.leaves {
		l.limits = append(l.limits, leaf.limits(radius, g.model))
		box, _ := leaf.reach(radius)
		l.reach = append(l.reach, box)
	}
	l.frame()
	laid := make([]*builder, len(g.zones))
	parallel(len(g.zones), func(i int) {
		if !g.zones[i].wide {
			laid[i] = newBuilder(l, i)
			laid[i].run()
		}
	})
	m := newMerger(l)
	for i, b := range laid {
		if b == nil {
			l.wide = append(l.wide, uint32(i))
			continue
		}
		m.blocks(b)
	}
	m.finish(laid)
	return l
}

// maxCells bounds the lattice: 4 bytes each.
const maxCells = 1 << 23

// frame chooses where the lattice lies and how fine it is: about 1.4 km of
// latitude, coarser for wide discs and where that would be too many cells.
func (l *Layer) frame() {
	box := emptyBox
	for i := range l.g.zones {
		if z := &l.g.zones[i]; !z.wide {
			for _, leaf := range z.leaves {
				if b, ok := l.g.leaves[leaf].reach(l.radius); ok {
					box = box.merge(b)
				} else {
					z.wide = true // for this radius and all that follow
				}
			}
		}
	}
	if box == emptyBox {
		box = gridBox{}
	}
	l.shift = 17
	if l.radius >= 4000 {
		l.shift++
	}
	for {
		l.nx, l.ny = (box.x1-box.x0)>>l.shift+1, (box.y1-box.y0)>>l.shift+1
		if l.nx*l.ny <= maxCells {
			break
		}
		l.shift++
	}
	l.x0, l.y0 = box.x0, box.y0
}

// merger puts the zones together.
type merger struct {
	l    *Layer
	rows map[string]uint32
	row  []uint32 // by cell
	out  uint32   // the row outside the frame
}

func newMerger(l *Layer) *merger {
	m := &merger{l: l, rows: map[string]uint32{}, row: make([]uint32, l.nx*l.ny)}
	m.number(make([]uint64, 2*l.words))
	return m
}

// number returns the row of a pair of sets.
func (m *merger) number(sets []uint64) uint32 {
	key := make([]byte, 0, 8*len(sets))
	for _, w := range sets {
		for i := 0; i < 64; i += 8 {
			key = append(key, byte(w>>i))
		}
	}
	r, ok := m.rows[string(key)]
	if !ok {
		r = uint32(m.l.rows)
		m.rows[string(key)] = r
		m.l.sets = append(m.l.sets, sets...)
		m.l.rows++
	}
	return r
}

// with returns the row that a zone's state makes of a row.
func (m *merger) with(row uint32, zone int, st state) uint32 {
	l := m.l
	if l.Inside(row, zone) || st == stStraddles && l.Straddles(row, zone) {
		return row
	}
	sets := slices.Clone(l.sets[int(row)*2*l.words : int(row+1)*2*l.words])
	if st == stIn {
		sets[zone/64] |= 1 << (zone % 64)
		sets[l.words+zone/64] &^= 1 << (zone % 64)
	} else {
		sets[l.words+zone/64] |= 1 << (zone % 64)
	}
	return m.number(sets)
}

// blocks enters the blocks of a zone.
func (m *merger) blocks(b *builder) {
	memo := [4]map[uint32]uint32{stStraddles: {}, stIn: {}}
	if b.outside == stIn {
		m.out = m.with(m.out, b.zone, stIn)
	}
	for _, k := range b.blocks {
		size := int64(1) << k.level
		x1, y1 := min(int64(k.x)+size, m.l.nx), min(int64(k.y)+size, m.l.ny)
		known := memo[k.state]
		last, to := ^uint32(0), uint32(0)
		for y := int64(k.y); y < y1; y++ {
			line := m.row[y*m.l.nx+int64(k.x) : y*m.l.nx+x1]
			for i, r := range line {
				if r != last {
					n, ok := known[r]
					if !ok {
						n = m.with(r, b.zone, k.state)
						known[r] = n
					}
					last, to = r, n
				}
				line[i] = to
			}
		}
	}
}

// finish numbers the cells and files what is open in them.
func (m *merger) finish(laid []*builder) {
	l := m.l
	count := make([]uint32, len(m.row)+1)
	total := 0
	for _, b := range laid {
		if b == nil {
			continue
		}
		kept := b.opens[:0]
		for _, o := range b.opens {
			if !l.Inside(m.row[o.cell], b.zone) {
				count[o.cell+1]++
				kept = append(kept, o)
			}
		}
		b.opens = kept
		total += len(kept)
	}
	l.opens = make([]opening, total)
	l.cells = m.row
	plain := map[uint32]uint32{m.out: 0}
	l.recs = []Cell{{Row: m.out}}
	at := uint32(0)
	for i, row := range m.row {
		n := count[i+1]
		count[i+1] = at
		if n > 0 {
			l.cells[i] = uint32(len(l.recs))
			l.recs = append(l.recs, Cell{row, at, at + n})
			at += n
			continue
		}
		r, ok := plain[row]
		if !ok {
			r = uint32(len(l.recs))
			plain[row] = r
			l.recs = append(l.recs, Cell{Row: row})
		}
		l.cells[i] = r
	}
	m.file(laid, count)
}

func (m *merger) file(laid []*builder, next []uint32) {
	l := m.l
	planes, cands, sites := 0, 0, 0
	for _, b := range laid {
		if b != nil {
			planes, cands, sites = planes+len(b.plane), cands+len(b.cand), sites+len(b.sites)
		}
	}
	l.plane, l.cand, l.sites = make([]planeEdge, 0, planes), make([]uint32, 0, cands), make([]vec, 0, sites)
	for _, b := range laid {
		if b == nil {
			continue
		}
		var at [openWhole + 1]uint32
		at[openPart], at[openSites] = uint32(len(l.plane)), uint32(len(l.sites))
		at[openDisc], at[openNear] = uint32(len(l.cand)), uint32(len(l.cand))
		l.plane, l.cand, l.sites = append(l.plane, b.plane...), append(l.cand, b.cand...), append(l.sites, b.sites...)
		for _, o := range b.opens {
			o.a, o.b = o.a+at[o.kind], o.b+at[o.kind]
			l.opens[next[o.cell+1]] = o.opening
			next[o.cell+1]++
		}
	}
}
