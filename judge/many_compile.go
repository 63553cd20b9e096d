package judge

import (
	"slices"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// group is the regimes that measure space in the same way.
type group struct {
	m       *Many
	model   where.Model
	regimes []int // of m
	words   int
	bits    []bit
	lanes   []lane
	laneOf  []int32 // by bit
	long    []int   // lanes of whole words; those words begin at longFrom
	from    int     // first word of long lanes
	zones   []*where.Zone
	numbers map[*where.Zone]int // in zones
	joined  []bool              // of zones: made of others, so that straddling them has to be asked for
	zoneOf  [][]wordBits        // zone -> the bits that are about it
	grid    *where.Grid
	ones    []uint64 // a row that leaves everything
	always  []uint64 // bits that are about no zone
	hard    []uint64 // bits that turn on what events do not tell
	unsure  []uint64 // those of them whose box does, and not their window alone
	times   timeTable
	tables  *tables
	layers  layers
}

// wordBits are bits of one word of a row.
type wordBits struct {
	word uint32
	bits uint64
}

// bit is one condition that an act meets or not: a box with one of the windows
// in which its clause binds, or, in a long lane, a box or a window by itself.
type bit struct {
	lane  int
	box   *terms.Box // nil: a window by itself
	zones []int      // of the group
	win   bool       // actors and span count
	who   vocab.Set
	span  when.Span
	hard  bool // turns on something that events do not tell
	sure  bool // of a hard bit: its window alone does, so that the box matches or not
	at    int  // its place in the row
}

// lane is the bits of one regime.
type lane struct {
	regime int // of m
	judge  *Judge
	n      int
	// A short lane is part of one word.
	word   int
	off    uint
	mask   uint64 // of n bits, before the shift
	rules  rules
	zones  []laneZone
	hard   uint64 // bits that turn on what events do not tell
	unsure uint64 // those of them whose box does
	// A long lane is whole words: boxes, then windows. Its outcome is
	// remembered by what they are.
	long       bool
	beyond     bool // too long for that
	boxes, end int  // words: boxes from word up to boxes, windows up to end
}

// laneZone is the bits of a lane that are about a zone.
type laneZone struct {
	zone int
	bits uint64
}

// rules say what follows from the bits of a short lane.
type rules struct {
	joined bool // "not in force" is not told from "not covered"
	forbid uint64
	except [64]uint64 // forbidding bit -> bits of what takes it back
	clause [64]int16
}

// maxKey is how many words of a long lane are remembered by.
const maxKey = 8

// compile lays out the bits of all regimes.
func (g *group) compile() {
	index := zoneIndex{g: g, seen: map[*where.Zone]int{}, byDigest: map[string]int{}}
	index.digest()
	g.numbers = index.seen
	var long []lane
	for _, r := range g.regimes {
		j := g.m.judges[r]
		specs, rules, ok := shortBits(j)
		rules.joined = g.m.joined
		l := lane{regime: r, judge: j, n: len(specs), rules: rules}
		if !ok {
			l.long = true
			long = append(long, l)
			continue
		}
		g.place(&l, specs, &index)
	}
	g.from = g.words
	for _, l := range long {
		g.placeLong(&l, &index)
	}
	g.laneOf = make([]int32, g.words*64)
	for i := range g.bits {
		g.laneOf[g.bits[i].at] = int32(g.bits[i].lane)
	}
	g.hard, g.unsure, g.ones = make([]uint64, g.words), make([]uint64, g.words), make([]uint64, g.words)
	for w := range g.ones {
		g.ones[w] = ^uint64(0)
	}
	for i := range g.bits {
		if b := &g.bits[i]; b.hard {
			g.hard[b.at/64] |= 1 << (b.at % 64)
			if !b.sure {
				g.unsure[b.at/64] |= 1 << (b.at % 64)
			}
		}
	}
	g.zoneBits()
	g.grid = where.NewGrid(g.zones, g.model)
	g.times.build(g)
}

// place puts a short lane into the last word, or begins another.
func (g *group) place(l *lane, specs []bit, index *zoneIndex) {
	if l.n == 0 {
		return // nothing can match: not covered
	}
	l.mask = ^uint64(0) >> (64 - l.n)
	if k := len(g.lanes); k > 0 && int(g.lanes[k-1].off)+g.lanes[k-1].n+l.n <= 64 {
		l.word, l.off = g.lanes[k-1].word, g.lanes[k-1].off+uint(g.lanes[k-1].n)
	} else {
		l.word = g.words
		g.words++
	}
	for i := range specs {
		s := &specs[i]
		s.lane, s.at = len(g.lanes), l.word*64+int(l.off)+i
		index.zonesOf(s, l.judge)
		if s.hard {
			l.hard |= 1 << i
			if !s.sure {
				l.unsure |= 1 << i
			}
		}
		for _, z := range s.zones {
			k := slices.IndexFunc(l.zones, func(x laneZone) bool { return x.zone == z })
			if k < 0 {
				k = len(l.zones)
				l.zones = append(l.zones, laneZone{zone: z})
			}
			l.zones[k].bits |= 1 << i
		}
	}
	g.bits = append(g.bits, specs...)
	g.lanes = append(g.lanes, *l)
}

// placeLong gives a lane whole words, in the order of the bits of its judge.
func (g *group) placeLong(l *lane, index *zoneIndex) {
	j := l.judge
	l.word = g.words
	l.boxes = l.word + (len(j.boxes)+63)/64
	l.end = l.boxes + (len(j.windows)+63)/64
	l.beyond = l.end-l.word > maxKey || j.words > maxKey
	for b := range j.boxes {
		s := bit{lane: len(g.lanes), box: &j.boxes[b], hard: hardBox(&j.boxes[b]), at: l.word*64 + b}
		index.zonesOf(&s, j)
		g.bits = append(g.bits, s)
	}
	for w := range j.windows {
		win := &j.windows[w]
		launch := j.windowDim[w] == dLaunch
		s := bit{lane: len(g.lanes), win: true, who: win.Actors, span: win.Span, hard: launch, at: l.boxes*64 + w}
		if launch {
			s.span = when.Always
		}
		g.bits = append(g.bits, s)
	}
	g.words = l.end
	g.long = append(g.long, len(g.lanes))
	g.lanes = append(g.lanes, *l)
}

// hardBox reports whether a box turns on what events do not tell.
func hardBox(b *terms.Box) bool { return b.Hours != nil || b.Sites != nil || len(b.Origins) > 0 }

// shortBits makes a bit of every box of a clause with every window in which
// it binds. It is false for a regime that has reinstating clauses or open
// questions, or too many bits: those need the judge's own weighing.
//
// For an exception the windows are those in which both it and something that
// it excepts bind: only then does it speak, and where the clause that it
// excepts binds, this is the same as that it binds itself.
func shortBits(j *Judge) (out []bit, r rules, ok bool) {
	if len(j.r.Questions) > 0 || j.words > maxAlive/64 {
		return nil, r, false
	}
	bitsOf := make([]uint64, len(j.r.Clauses))
	for c, rc := range j.r.Clauses {
		switch {
		case rc.Kind == terms.Reserve:
			continue // changes no verdict
		case rc.Kind == terms.Reinstate, rc.Kind == terms.Forbid && len(rc.Except) > 0:
			return nil, r, false
		}
		for b := j.boxesOf[c][0]; b < j.boxesOf[c][1]; b++ {
			for _, w := range clauseWindows(j, c) {
				if len(out) == 64 {
					return nil, r, false
				}
				w.box = &j.boxes[b]
				w.sure = !hardBox(w.box)
				w.hard = w.hard || !w.sure
				r.clause[len(out)] = int16(c)
				if rc.Kind == terms.Forbid {
					r.forbid |= 1 << len(out)
				}
				bitsOf[c] |= 1 << len(out)
				out = append(out, w)
			}
		}
	}
	for i := range out {
		if r.forbid>>i&1 == 1 {
			for _, e := range j.r.Clauses[r.clause[i]].ExceptedBy {
				r.except[i] |= bitsOf[e.Permit]
			}
		}
	}
	return out, r, true
}

// clauseWindows returns the windows of a clause, joined where they differ only
// in whom they bind. A clause that never binds has one window that holds
// nothing: it may still match.
func clauseWindows(j *Judge, c int) []bit {
	var out []bit
	add := func(who vocab.Set, span when.Span, hard bool) {
		if who.Empty() || span.Start >= span.End {
			return
		}
		for i := range out {
			if out[i].span == span && out[i].hard == hard {
				out[i].who = out[i].who.Union(who)
				return
			}
		}
		out = append(out, bit{win: true, who: who, span: span, hard: hard})
	}
	rc := j.r.Clauses[c]
	for _, w := range rc.Windows {
		span, hard := windowSpan(j.r.Clauses[c], w)
		if len(rc.Except) == 0 {
			add(w.Actors, span, hard)
			continue
		}
		for _, f := range j.excepted[c] {
			for _, x := range j.r.Clauses[f].Windows {
				xspan, xhard := windowSpan(j.r.Clauses[f], x)
				add(w.Actors.Intersect(x.Actors), when.Span{Start: max(span.Start, xspan.Start), End: min(span.End, xspan.End)}, hard || xhard)
			}
		}
	}
	if out == nil {
		out = []bit{{win: true, span: when.Span{Start: when.Past, End: when.Past}}}
	}
	return out
}

// windowSpan is the span of a window about the time of impact. One about the
// time of launch may hold or not, whatever the time of impact is.
func windowSpan(c *terms.RegimeClause, w terms.Window) (when.Span, bool) {
	if c.Launch {
		return when.Always, true
	}
	return w.Span, false
}

// zoneIndex numbers the zones of a group; those of the same geometry are one.
type zoneIndex struct {
	g        *group
	seen     map[*where.Zone]int
	byDigest map[string]int
	digests  map[*where.Zone]string
}

// digest takes the digests of all zones, which is most of the work.
func (x *zoneIndex) digest() {
	var all []*where.Zone
	x.digests = map[*where.Zone]string{}
	for _, r := range x.g.regimes {
		for _, z := range x.g.m.regimes[r].Zones {
			if _, ok := x.digests[z]; !ok {
				x.digests[z] = ""
				all = append(all, z)
			}
		}
	}
	sums := make([]string, len(all))
	inParallel(len(all), 1, func(_, i, _ int) { sums[i] = all[i].Digest() })
	for i, z := range all {
		x.digests[z] = sums[i]
	}
}

func (x *zoneIndex) zonesOf(b *bit, j *Judge) {
	for _, k := range b.box.Zones {
		z := j.r.Zones[k]
		i, ok := x.seen[z]
		if !ok {
			if i, ok = x.byDigest[x.digests[z]]; !ok {
				i = len(x.g.zones)
				x.g.zones = append(x.g.zones, z)
				x.byDigest[x.digests[z]] = i
			}
			x.seen[z] = i
		}
		if !slices.Contains(b.zones, i) {
			b.zones = append(b.zones, i)
		}
	}
}

func (g *group) zoneBits() {
	g.always = make([]uint64, g.words)
	g.zoneOf = make([][]wordBits, len(g.zones))
	for _, z := range g.zones {
		g.joined = append(g.joined, z.Joined())
	}
	for i := range g.bits {
		b := &g.bits[i]
		w, m := uint32(b.at/64), uint64(1)<<(b.at%64)
		if len(b.zones) == 0 {
			g.always[w] |= m
		}
		for _, z := range b.zones {
			k := len(g.zoneOf[z]) - 1
			if k < 0 || g.zoneOf[z][k].word != w {
				g.zoneOf[z] = append(g.zoneOf[z], wordBits{word: w})
				k++
			}
			g.zoneOf[z][k].bits |= m
		}
	}
}
