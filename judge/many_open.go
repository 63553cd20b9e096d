package judge

import (
	mathbits "math/bits"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// maxOpenZones is how many open zones of one regime are tried out, each inside
// and outside.
const maxOpenZones = 4

// openZone is a zone of a lane that the place straddles, by its bits.
type openZone = uint64

// weigh is what follows if some acts leave the bits left, and all leave at
// least leftMust; match likewise, without windows. zones says which bits turn
// on each zone that the place straddles, and that those are all that is open;
// with other set, something else is open too.
func (l *lane) weigh(left, leftMust, match, matchMust uint64, zones []openZone, other bool) Outcome {
	if left == leftMust && match == matchMust {
		return l.rules.say(left, match)
	}
	set := l.rules.kleene(left, leftMust, match, matchMust)
	switch {
	case set.one() != Undetermined:
		return outcomeOf(set, l.rules.first(set, left, leftMust, match, matchMust))
	case other || len(zones) == 0 || len(zones) > maxOpenZones:
		return outcomeOf(set, l.rules.first(set, left, leftMust, match, matchMust)) | outcomeOpen
	}
	set, settled := l.try(left, match, zones)
	o := outcomeOf(set, l.rules.first(set, left, leftMust, match, matchMust))
	if !settled {
		o |= outcomeOpen
	}
	return o
}

// kleene bounds the verdicts that possible acts have: those that they have are
// among them.
func (r *rules) kleene(left, leftMust, match, matchMust uint64) verdicts {
	breach, certain := false, false
	for f := left & r.forbid; f != 0; f &= f - 1 {
		b := mathbits.TrailingZeros64(f) & 63
		if leftMust&r.except[b] == 0 {
			breach = true
			if leftMust>>b&1 == 1 && left&r.except[b] == 0 {
				certain = true
			}
		}
	}
	if certain {
		return 1 << Breach
	}
	var set verdicts
	if breach {
		set = set.with(Breach)
	}
	if left != 0 {
		// An act that leaves bits, and no breach; it may be that every act
		// that leaves any is a breach, but that is not looked into here.
		set = set.with(Permitted)
	}
	if leftMust != 0 {
		return set
	}
	if match != 0 && !r.joined {
		set = set.with(NotInForce)
	}
	if matchMust == 0 || r.joined {
		set = set.with(NotCovered)
	}
	return set
}

// try judges every way in which the open zones may lie. The second result is
// whether the verdict is settled: all ways agree, or there is one zone, of
// which both sides are possible for certain, or there is one whose two sides
// never agree whatever the others are.
func (l *lane) try(left, match uint64, zones []openZone) (set verdicts, settled bool) {
	var side [maxOpenZones][2]verdicts
	// A bit may turn on several zones, of which any will do.
	var all uint64
	for _, z := range zones {
		all |= z
	}
	for way := range 1 << len(zones) {
		in := uint64(0)
		for k, z := range zones {
			if way>>k&1 == 1 {
				in |= z
			}
		}
		drop := all &^ in
		v := l.rules.say(left&^drop, match&^drop).set()
		set |= v
		for k := range zones {
			side[k][way>>k&1] |= v
		}
	}
	if set.one() != Undetermined {
		return set, true
	}
	for k := range zones {
		if side[k][0]&side[k][1] == 0 {
			return set, true
		}
	}
	return set, len(zones) == 1
}

// first is the clause that an outcome names.
func (r *rules) first(set verdicts, left, leftMust, match, matchMust uint64) int {
	at := func(b uint64) int { return int(r.clause[mathbits.TrailingZeros64(b)&63]) }
	switch v := set.one(); {
	case v == NotCovered:
		return -1
	case v == Breach:
		for f := leftMust & r.forbid; f != 0; f &= f - 1 {
			if b := mathbits.TrailingZeros64(f) & 63; left&r.except[b] == 0 {
				return int(r.clause[b])
			}
		}
		return -1
	case v == Permitted && leftMust != 0:
		return at(leftMust)
	case v == NotInForce && matchMust != 0:
		return at(matchMust)
	case v != Undetermined:
		return -1
	case match != 0:
		return at(match)
	}
	return at(left)
}

// uncertain judges an event of which something is not known.
func (r *groupRun) uncertain(i int) {
	g, n := r.g, r.g.words
	r.rows(i)
	r.places(i)
	both := r.t.bound != nil
	for w := range n {
		hard := g.hard[w]
		r.left[w] = r.row[w] & r.place[w]
		r.leftMust[w] = r.rowMust[w] & r.placeMust[w] &^ hard
		r.match[w], r.matchMust[w] = r.left[w], r.leftMust[w]
		if both {
			r.match[w] = r.rowMatch[w] & r.place[w]
			r.matchMust[w] = r.rowMatchMust[w] & r.placeMust[w] &^ g.unsure[w]
		}
		if r.match[w] != 0 && w < g.from {
			r.openWord(i, w)
		}
	}
	if len(g.long) > 0 {
		r.longLanes(i, r.left, r.leftMust)
	}
}

// disc judges an event of which all is known but where in a disc it was.
func (r *groupRun) disc(i, k int, l *layer) {
	g, n := r.g, r.g.words
	cell := r.cells[k]
	time := g.times.rows[int(r.times[k])*n:][:n]
	facts := g.ones[:n]
	if len(r.t.joint) == 1 {
		facts = r.t.joint[0].may[int(r.facts[k])*n:][:n]
	}
	row, match := r.row[:n], facts
	if b := r.t.bound; b != nil {
		bound := b.may[b.rowOf(&r.cols, i)*n:][:n]
		for w := range row {
			row[w] = facts[w] & time[w] & bound[w]
		}
	} else {
		for w := range row {
			row[w] = facts[w] & time[w]
		}
		match = row
	}
	may, must := l.may[int(cell.Row)*n:][:n], l.must[int(cell.Row)*n:][:n]
	r.changed = r.changed[:0]
	if cell.First != cell.Last || len(l.Wide()) > 0 {
		may, must = r.lookDisc(i, k, match, may, must, cell, l)
	}
	open := false
	for w := range row {
		m := match[w] & may[w]
		if m == 0 {
			continue
		}
		if m == match[w]&must[w] {
			if w < g.from {
				r.word(i, w, row[w]&may[w], m)
			}
			continue
		}
		if !open {
			open = true
			r.unfold(cell.Row, l, match, may, must)
		}
		if w < g.from {
			r.openWord(i, w)
		}
	}
	if len(g.long) > 0 {
		if !open {
			r.unfold(cell.Row, l, match, may, must)
		}
		r.longLanes(i, r.left, r.leftMust)
	}
}

// lookDisc settles what is open in a cell, if a bit turns on it.
func (r *groupRun) lookDisc(i, k int, match, may, must []uint64, cell where.Cell, l *layer) (_, _ []uint64) {
	g := r.g
	spot := where.Spot{Lat: r.ev.Lat[i], Lon: r.ev.Lon[i]}
	change := func(z uint32, rel where.Relation) {
		if rel == where.Outside {
			return
		}
		if len(r.changed) == 0 {
			copy(r.place, may)
			copy(r.placeMust, must)
			may, must = r.place, r.placeMust
		}
		r.changed = append(r.changed, zoneChange{int(z), rel})
		for _, b := range g.zoneOf[z] {
			may[b.word] |= b.bits
			if rel == where.Inside {
				must[b.word] |= b.bits
			}
		}
	}
	about := r.about(k)
	for e := cell.First; e < cell.Last; {
		z := l.Zone(e)
		first := e
		for e++; e < cell.Last && l.Zone(e) == z; e++ {
		}
		if about[z/64]>>(z%64)&1 == 1 && needed(g.zoneOf[z], match, must) {
			change(z, l.Look(first, e, &spot))
		}
	}
	for _, z := range l.Wide() {
		if needed(g.zoneOf[z], match, must) {
			change(z, l.Ask(z, &spot))
		}
	}
	return may, must
}

// unfold fills in what openWord and longLanes read.
func (r *groupRun) unfold(cellRow uint32, l *layer, match, may, must []uint64) {
	for z := range r.straddled {
		r.straddled[z] = l.StraddledWord(cellRow, z)
	}
	for _, c := range r.changed {
		if c.rel == where.Straddling {
			r.straddled[c.zone/64] |= 1 << (c.zone % 64)
		} else {
			r.straddled[c.zone/64] &^= 1 << (c.zone % 64)
		}
	}
	for w, hard := range r.g.hard {
		r.place[w], r.placeMust[w] = may[w], must[w]
		r.rowMust[w] = r.row[w]
		r.rowMatch[w], r.rowMatchMust[w] = match[w], match[w]
		r.left[w], r.leftMust[w] = r.row[w]&may[w], r.row[w]&must[w]&^hard
		r.match[w], r.matchMust[w] = match[w]&may[w], match[w]&must[w]&^r.g.unsure[w]
	}
}

// openWord judges the short lanes of a word.
func (r *groupRun) openWord(i, w int) {
	g := r.g
	out := r.out[i*len(g.m.regimes):]
	for match := r.match[w]; match != 0; {
		l := &g.lanes[g.laneOf[w*64+mathbits.TrailingZeros64(match)]]
		match &^= l.mask << l.off
		cut := func(words []uint64) uint64 { return words[w] >> l.off & l.mask }
		left, leftMust, m, mMust := cut(r.left), cut(r.leftMust), cut(r.match), cut(r.matchMust)
		if left == leftMust && m == mMust {
			out[l.regime] = l.rules.say(left, m)
			continue
		}
		// Is it the place alone that is open, and through which zones?
		place := cut(r.place)
		other := (cut(r.row)^cut(r.rowMust))&place | left&l.hard
		if r.t.bound != nil {
			other |= (cut(r.rowMatch)^cut(r.rowMatchMust))&place | m&l.unsure
		}
		var zones [maxOpenZones + 1]openZone
		k := 0
		open := m &^ mMust
		rest := open
		for _, z := range l.zones {
			if z.bits&open != 0 && k < len(zones) && r.straddled[z.zone/64]>>(z.zone%64)&1 == 1 {
				zones[k] = z.bits & open
				k++
				if !g.joined[z.zone] {
					rest &^= z.bits // else it is not known that both sides are reached
				}
			}
		}
		out[l.regime] = l.weigh(left, leftMust, m, mMust, zones[:k], other|rest != 0)
	}
}

// rows finds what facts and time leave.
func (r *groupRun) rows(i int) {
	g, n, ev := r.g, r.g.words, r.ev
	t := &g.times
	may, must := t.may, t.must
	if ev.Time != nil && ev.Time[i] != when.Past {
		first := t.row(ev.Time[i])
		last := first
		if ev.Until != nil && ev.Until[i] > ev.Time[i] {
			last = t.row(ev.Until[i] - 1)
		}
		may = t.rows[first*n:][:n]
		must = may
		if last > first {
			t.span(first, last, n, r.span, r.spanMust)
			may, must = r.span, r.spanMust
		}
	}
	for w := range n {
		r.rowMatch[w], r.rowMatchMust[w] = ^uint64(0), ^uint64(0)
	}
	for k := range r.t.joint {
		j := &r.t.joint[k]
		at := j.rowOf(&r.cols, i) * n
		for w := range n {
			r.rowMatch[w] &= j.may[at+w]
			r.rowMatchMust[w] &= j.must[at+w]
		}
	}
	for w := range n {
		r.row[w], r.rowMust[w] = r.rowMatch[w]&may[w], r.rowMatchMust[w]&must[w]
	}
	if b := r.t.bound; b != nil {
		at := b.rowOf(&r.cols, i) * n
		for w := range n {
			r.row[w] &= b.may[at+w]
			r.rowMust[w] &= b.must[at+w]
		}
		return
	}
	// Windows and all count together: what matches is what is left.
	copy(r.rowMatch, r.row)
	copy(r.rowMatchMust, r.rowMust)
}

// places finds what the place leaves, and which zones it straddles.
func (r *groupRun) places(i int) {
	g, n, ev := r.g, r.g.words, r.ev
	clear(r.straddled)
	copy(r.place, g.always)
	copy(r.placeMust, g.always)
	if ev.Lat == nil || ev.Lon == nil || ev.Lat[i] == where.NoE7 {
		for z := range g.zones {
			r.enter(z, where.Straddling)
		}
		return
	}
	radius := float32(0)
	if ev.Radius != nil {
		radius = ev.Radius[i]
	}
	spot := where.Spot{Lat: ev.Lat[i], Lon: ev.Lon[i]}
	l := r.layer(radius)
	if l == nil || !onLattice(ev.Lat[i], ev.Lon[i]) {
		for z := range g.zones {
			if needed(g.zoneOf[z], r.rowMatch, r.placeMust) {
				r.enter(z, g.grid.Ask(uint32(z), &spot, where.Metres(radius)))
			}
		}
		return
	}
	cell := l.At(spot.Lat, spot.Lon)
	copy(r.place, l.may[int(cell.Row)*n:][:n])
	copy(r.placeMust, l.must[int(cell.Row)*n:][:n])
	for z := range r.straddled {
		r.straddled[z] = l.StraddledWord(cell.Row, z)
	}
	for e := cell.First; e < cell.Last; {
		z := l.Zone(e)
		first := e
		for e++; e < cell.Last && l.Zone(e) == z; e++ {
		}
		if needed(g.zoneOf[z], r.rowMatch, r.placeMust) {
			r.enter(int(z), l.Look(first, e, &spot))
		}
	}
	for _, z := range l.Wide() {
		if needed(g.zoneOf[z], r.rowMatch, r.placeMust) {
			r.enter(int(z), l.Ask(z, &spot))
		}
	}
}

// enter takes in how the place lies to a zone.
func (r *groupRun) enter(z int, rel where.Relation) {
	word, bit := z/64, uint64(1)<<(z%64)
	switch rel {
	case where.Outside:
		return
	case where.Straddling:
		r.straddled[word] |= bit
	case where.Inside:
		r.straddled[word] &^= bit
	}
	for _, b := range r.g.zoneOf[z] {
		r.place[b.word] |= b.bits
		if rel == where.Inside {
			r.placeMust[b.word] |= b.bits
		}
	}
}
