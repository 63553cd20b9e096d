package judge

import (
	mathbits "math/bits"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// worker is the memory of one goroutine.
type worker struct {
	m      *Many
	tables []*tables
	memo   []map[longKey]Outcome // by group
	runs   []groupRun
}

// longKey is the bits that are left of a long lane.
type longKey struct {
	lane int
	bits [maxKey]uint64
}

// maxRemembered bounds what a worker remembers of long lanes.
const maxRemembered = 1 << 15

func (m *Many) worker(t []*tables) *worker {
	if w, ok := m.idle.Get().(*worker); ok {
		w.tables = t
		return w
	}
	w := &worker{m: m, tables: t, memo: make([]map[longKey]Outcome, len(m.groups)), runs: make([]groupRun, len(m.groups))}
	for i, g := range m.groups {
		w.memo[i] = map[longKey]Outcome{}
		w.runs[i] = newGroupRun(g, w.memo[i])
	}
	return w
}

func (m *Many) release(w *worker) { m.idle.Put(w) }

// run judges events from up to to.
func (w *worker) run(ev *Events, from, to int, out []Outcome) {
	n := len(w.m.regimes)
	clear(out[from*n : to*n])
	for i := range w.runs {
		r := &w.runs[i]
		r.ev, r.t, r.out = ev, w.tables[i], out
		for d := range r.cols {
			r.cols[d] = *ev.column(dim(d))
		}
		for at := from; at < to; at += blockSize {
			r.block(at, min(at+blockSize, to))
		}
		r.ev, r.t, r.out, r.cols = nil, nil, nil, [treeDims][]Value{}
	}
}

// blockSize is how many events are looked up before the first is judged: the
// look-ups do not wait for one another.
const blockSize = 128

// groupRun judges events under the regimes of one group.
type groupRun struct {
	g    *group
	ev   *Events
	cols [treeDims][]Value // of ev
	t    *tables
	out  []Outcome
	memo map[longKey]Outcome

	cells [blockSize]where.Cell
	facts [blockSize]int32 // row of the joint table; -1: the long way
	times [blockSize]int32
	in    [blockSize]*layer // nil for the layer of points

	layers  []radiusLayer // those asked for, so that no lock is needed
	changed []zoneChange  // what a closer look said of zones, for one event

	row, left, place                        []uint64 // what facts and time leave; with place
	match, rowMatch                         []uint64 // the same without windows, if that is told apart
	rowMust, leftMust, matchMust            []uint64
	rowMatchMust, placeMust, span, spanMust []uint64
	straddled                               []uint64 // zones
}

// radiusLayer is a layer and its radius.
type radiusLayer struct {
	radius float32
	layer  *layer
}

// zoneChange is how a zone lies that was open in a cell.
type zoneChange struct {
	zone int
	rel  where.Relation
}

// layer is group.layer without the lock.
func (r *groupRun) layer(radius float32) *layer {
	for i := range r.layers {
		if r.layers[i].radius == radius {
			return r.layers[i].layer
		}
	}
	l := r.g.layer(radius)
	if l != nil {
		r.layers = append(r.layers, radiusLayer{radius, l})
	}
	return l
}

func newGroupRun(g *group, memo map[longKey]Outcome) groupRun {
	r := groupRun{g: g, memo: memo, straddled: make([]uint64, g.zoneWords())}
	for _, p := range []*[]uint64{&r.row, &r.left, &r.place, &r.match, &r.rowMatch, &r.rowMust, &r.leftMust, &r.matchMust, &r.rowMatchMust, &r.placeMust, &r.span, &r.spanMust} {
		*p = make([]uint64, g.words)
	}
	return r
}

// block judges up to blockSize events.
func (r *groupRun) block(from, to int) {
	g, ev := r.g, r.ev
	if g.words == 0 {
		return
	}
	points := r.layer(0)
	known := ev.Time != nil && ev.Lat != nil && ev.Lon != nil && len(r.t.joint) <= 1
	for i := from; i < to; i++ {
		k := i - from
		r.facts[k] = -1
		if !known || ev.Time[i] == when.Past || !onLattice(ev.Lat[i], ev.Lon[i]) {
			continue
		}
		l := points
		r.in[k] = nil
		if ev.Radius != nil && ev.Radius[i] != 0 {
			if l = r.layer(ev.Radius[i]); l == nil {
				continue
			}
			r.in[k] = l
		}
		row := 0
		if len(r.t.joint) == 1 {
			j := &r.t.joint[0]
			row = j.rowOf(&r.cols, i)
			if !j.sharp[row] {
				continue
			}
		}
		if b := r.t.bound; b != nil && !b.sharp[b.rowOf(&r.cols, i)] {
			continue
		}
		t := g.times.row(ev.Time[i])
		if ev.Until != nil && ev.Until[i] > ev.Time[i] && g.times.row(ev.Until[i]-1) != t {
			continue
		}
		r.facts[k], r.times[k] = int32(row), int32(t)
		r.cells[k] = l.At(ev.Lat[i], ev.Lon[i])
	}
	for i := from; i < to; i++ {
		switch k := i - from; {
		case r.facts[k] < 0:
			r.uncertain(i)
		case r.in[k] != nil:
			r.disc(i, k, r.in[k])
		default:
			r.point(i, k, points)
		}
	}
}

// onLattice: the antimeridian has two longitudes, which the grid does not
// know to be one; and what is no place on earth is judged as unknown.
func onLattice(lat, lon where.E7) bool {
	return lat >= -900_000_000 && lat <= 900_000_000 && lon > -1_800_000_000 && lon < 1_800_000_000
}

// rowOf is the row of an event's facts.
func (j *joint) rowOf(cols *[treeDims][]Value, i int) int {
	row := 0
	for k, d := range j.dims {
		if c := cols[d]; c != nil {
			row += int(c[i]) * j.stride[k]
		}
	}
	return row
}

// point judges an event of which everything is known that a clause may ask.
func (r *groupRun) point(i, k int, points *layer) {
	g := r.g
	n := g.words
	cell := r.cells[k]
	time := g.times.rows[int(r.times[k])*n:][:n]
	place := points.must[int(cell.Row)*n:][:n]
	facts := g.ones
	if len(r.t.joint) == 1 {
		facts = r.t.joint[0].may[int(r.facts[k])*n:][:n]
	}
	if r.t.bound != nil {
		r.pointBoth(i, k, facts, time, place, cell, points)
		return
	}
	left := r.left[:n]
	if cell.First != cell.Last || len(points.Wide()) > 0 {
		row := r.row[:n]
		for w := range row {
			row[w] = facts[w] & time[w]
		}
		place = r.look(i, k, row, place, cell, points)
		for w := range left {
			if left[w] = row[w] & place[w]; left[w] != 0 && w < g.from {
				r.word(i, w, left[w], left[w])
			}
		}
	} else {
		for w := range left {
			if left[w] = facts[w] & time[w] & place[w]; left[w] != 0 && w < g.from {
				r.word(i, w, left[w], left[w])
			}
		}
	}
	if len(g.long) > 0 {
		r.longLanes(i, left, left)
	}
}

// pointBoth is point where "not in force" is told from "not covered": match is
// what matches, left is what matches and binds.
func (r *groupRun) pointBoth(i, k int, facts, time, place []uint64, cell where.Cell, points *layer) {
	n := r.g.words
	bound := r.t.bound.may[r.t.bound.rowOf(&r.cols, i)*n:][:n]
	if cell.First != cell.Last || len(points.Wide()) > 0 {
		place = r.look(i, k, facts, place, cell, points)
	}
	left := r.left[:n]
	for w := range left {
		match := facts[w] & place[w]
		left[w] = match & bound[w] & time[w]
		if match != 0 && w < r.g.from {
			r.word(i, w, left[w], match)
		}
	}
	if len(r.g.long) > 0 {
		r.longLanes(i, left, left)
	}
}

// look settles the zones that are open in a cell, if a bit that is left turns
// on them, and returns the bits of the place.
func (r *groupRun) look(i, k int, row, place []uint64, cell where.Cell, points *layer) []uint64 {
	g := r.g
	spot := where.Spot{Lat: r.ev.Lat[i], Lon: r.ev.Lon[i]}
	copied := false
	enter := func(zone []wordBits) {
		if !copied {
			copy(r.place, place)
			place, copied = r.place, true
		}
		for _, b := range zone {
			place[b.word] |= b.bits
		}
	}
	about := r.about(k)
	for e := cell.First; e < cell.Last; {
		z := points.Zone(e)
		first := e
		for e++; e < cell.Last && points.Zone(e) == z; e++ {
		}
		if about[z/64]>>(z%64)&1 == 1 && needed(g.zoneOf[z], row, place) && points.Look(first, e, &spot) == where.Inside {
			enter(g.zoneOf[z])
		}
	}
	for _, z := range points.Wide() {
		if needed(g.zoneOf[z], row, place) && points.Ask(z, &spot) == where.Inside {
			enter(g.zoneOf[z])
		}
	}
	return place
}

// about is the zones that the facts of an event leave bits about.
func (r *groupRun) about(k int) []uint64 {
	n := len(r.straddled)
	if len(r.t.joint) == 1 {
		return r.t.joint[0].zones[int(r.facts[k])*n:][:n]
	}
	return r.g.ones[:n]
}

// needed reports whether a bit that is left turns on a zone.
func needed(zone []wordBits, row, place []uint64) bool {
	var any uint64
	for _, b := range zone {
		any |= b.bits & row[b.word] &^ place[b.word]
	}
	return any != 0
}

// word judges the short lanes of a word; match holds at least what is left.
func (r *groupRun) word(i, w int, left, match uint64) {
	g := r.g
	out := r.out[i*len(g.m.regimes):]
	for match != 0 {
		l := &g.lanes[g.laneOf[w*64+mathbits.TrailingZeros64(match)]]
		m := match >> l.off & l.mask
		p := left >> l.off & l.mask
		match &^= l.mask << l.off
		if p&l.hard|m&l.unsure != 0 {
			out[l.regime] = l.weigh(p, p&^l.hard, m, m&^l.unsure, nil, true)
			continue
		}
		out[l.regime] = l.rules.say(p, m)
	}
}

// say is what follows from one possible act.
func (r *rules) say(left, match uint64) Outcome {
	if left == 0 {
		if match == 0 {
			return 0
		}
		return outcomeOf(1<<NotInForce, int(r.clause[mathbits.TrailingZeros64(match)&63]))
	}
	for f := left & r.forbid; f != 0; f &= f - 1 {
		b := mathbits.TrailingZeros64(f) & 63
		if left&r.except[b] == 0 {
			return outcomeOf(1<<Breach, int(r.clause[b]))
		}
	}
	return outcomeOf(1<<Permitted, int(r.clause[mathbits.TrailingZeros64(left)&63]))
}

// longLanes judges the lanes of whole words, by what was found for the same
// bits before.
func (r *groupRun) longLanes(i int, may, must []uint64) {
	g := r.g
	for _, k := range g.long {
		l := &g.lanes[k]
		var any, open uint64
		for w := l.word; w < l.boxes; w++ {
			any |= may[w]
			open |= (may[w] ^ must[w]) | may[w]&g.hard[w]
		}
		if any == 0 {
			continue // nothing can match: not covered
		}
		for w := l.boxes; w < l.end; w++ {
			open |= (may[w] ^ must[w]) | may[w]&g.hard[w]
		}
		o := &r.out[i*len(g.m.regimes)+l.regime]
		if open != 0 || l.beyond {
			*o = outcomeOf(1<<NotCovered|1<<NotInForce|1<<Permitted|1<<Breach, -1) | outcomeOpen
			continue
		}
		key := longKey{lane: k}
		copy(key.bits[:], may[l.word:l.end])
		was, ok := r.memo[key]
		if !ok {
			if len(r.memo) >= maxRemembered {
				clear(r.memo)
			}
			was = g.m.ask(r.ev, i, l.regime)
			r.memo[key] = was
		}
		*o = was
	}
}
