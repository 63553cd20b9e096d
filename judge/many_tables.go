package judge

import (
	"slices"
	"sort"
	"sync"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// tables are rows of bits by facts. may holds the bits that some value of a
// fact leaves, must those that every value leaves; of a fact that is one
// leaf, or that no clause tells apart, they are the same.
type tables struct {
	joint []joint
	bound *joint // by actor: whom the windows bind, where that is told apart
}

// joint is a table over several dimensions at once.
type joint struct {
	dims   []dim
	stride []int
	may    []uint64
	must   []uint64
	sharp  []bool   // by row: may and must are the same
	zones  []uint64 // by row: the zones that a bit of it is about
}

// maxJoint bounds a table over several dimensions, in bytes.
const maxJoint = 8 << 20

// ready returns the tables of every group for the facts numbered so far.
func (m *Many) ready() []*tables {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*tables, len(m.groups))
	for i, g := range m.groups {
		if g.tables == nil {
			g.tables = g.tabulate()
		}
		out[i] = g.tables
	}
	return out
}

// tabulate makes the rows of every dimension that a clause is about, and
// multiplies out as many dimensions together as stay small.
func (g *group) tabulate() *tables {
	t := &tables{}
	var cur *joint
	for d := dim(0); int(d) < treeDims; d++ {
		one := g.rows(d, func(b *bit) *vocab.Set {
			if b.box == nil || d == dActor && g.m.joined && b.win {
				return b.whom(d)
			}
			return boxSet(b.box, d)
		})
		if one == nil {
			continue
		}
		if cur != nil && 8*(len(cur.sharp)*len(one.sharp))*g.words <= maxJoint {
			*cur = cur.times(one, g.words)
			continue
		}
		t.joint = append(t.joint, *one)
		cur = &t.joint[len(t.joint)-1]
	}
	for i := range t.joint {
		t.joint[i].about(g)
	}
	if !g.m.joined {
		t.bound = g.rows(dActor, func(b *bit) *vocab.Set {
			if b.box == nil || !b.win {
				return nil
			}
			return &b.who
		})
	}
	return t
}

// about finds which zones the bits of each row turn on.
func (a *joint) about(g *group) {
	n := g.zoneWords()
	a.zones = make([]uint64, len(a.sharp)*n)
	for row := range a.sharp {
		may := a.may[row*g.words : (row+1)*g.words]
		for z, bits := range g.zoneOf {
			for _, b := range bits {
				if may[b.word]&b.bits != 0 {
					a.zones[row*n+z/64] |= 1 << (z % 64)
					break
				}
			}
		}
	}
}

func (g *group) zoneWords() int { return (len(g.zones) + 63) / 64 }

// whom is the condition of a bit on the actor, its window's included.
func (b *bit) whom(d dim) *vocab.Set {
	if d != dActor {
		return nil
	}
	if b.box == nil || b.box.Actor == nil {
		return &b.who
	}
	s := b.box.Actor.Intersect(b.who)
	return &s
}

// rows makes a row of every fact in a dimension; nil if no bit has a condition
// on it.
func (g *group) rows(d dim, cond func(*bit) *vocab.Set) *joint {
	conds := make([]*vocab.Set, len(g.bits))
	any := false
	for i := range g.bits {
		conds[i] = cond(&g.bits[i])
		any = any || conds[i] != nil
	}
	if !any {
		return nil
	}
	names := g.m.facts[d].names
	n := len(names)
	j := &joint{dims: []dim{d}, stride: []int{1}, may: make([]uint64, n*g.words), must: make([]uint64, n*g.words), sharp: make([]bool, n)}
	for v := range names {
		may, must := j.may[v*g.words:(v+1)*g.words], j.must[v*g.words:(v+1)*g.words]
		lane, set := -1, vocab.Set{}
		for i := range g.bits {
			b := &g.bits[i]
			if b.lane != lane {
				lane, set = b.lane, g.lanes[b.lane].judge.fact(d, names[v])
			}
			w, m := b.at/64, uint64(1)<<(b.at%64)
			if c := conds[i]; c == nil {
				may[w], must[w] = may[w]|m, must[w]|m
			} else if in := set.Intersect(*c); !in.Empty() {
				may[w] |= m
				if in == set {
					must[w] |= m
				}
			}
		}
		j.sharp[v] = slices.Equal(may, must)
	}
	return j
}

// fact is the set of leaves that names of a dimension mean.
func (j *Judge) fact(d dim, names []string) vocab.Set {
	quiet := func(string) {}
	switch d {
	case dActor, dOwner, dController:
		return j.actors(dimNames[d], names, j.r.Terms.AllParties(), quiet)
	}
	return j.nodes(dimNames[d], names, quiet)
}

// times multiplies two tables out.
func (a *joint) times(b *joint, words int) joint {
	out := joint{dims: append(slices.Clone(a.dims), b.dims...), sharp: make([]bool, len(a.sharp)*len(b.sharp))}
	for _, s := range a.stride {
		out.stride = append(out.stride, s*len(b.sharp))
	}
	out.stride = append(out.stride, b.stride...)
	n := len(out.sharp) * words
	out.may, out.must = make([]uint64, n), make([]uint64, n)
	for i := range a.sharp {
		for k := range b.sharp {
			r := i*len(b.sharp) + k
			for w := range words {
				out.may[r*words+w] = a.may[i*words+w] & b.may[k*words+w]
				out.must[r*words+w] = a.must[i*words+w] & b.must[k*words+w]
			}
			out.sharp[r] = slices.Equal(out.may[r*words:(r+1)*words], out.must[r*words:(r+1)*words])
		}
	}
	return out
}

// timeTable finds the row of an instant: which windows hold between two dates
// that any of the texts names.
type timeTable struct {
	dates []when.Instant
	rows  []uint64 // of bits, by the number of dates before the instant
	// A first guess: number of dates at the start of every step.
	from  when.Instant
	shift uint
	guess []uint32
	may   []uint64 // of an unknown time
	must  []uint64
}

// maxGuess bounds the table of first guesses.
const maxGuess = 1 << 16

func (t *timeTable) build(g *group) {
	for i := range g.bits {
		if b := &g.bits[i]; b.win {
			for _, p := range []when.Instant{b.span.Start, b.span.End} {
				if p.Bounded() {
					t.dates = append(t.dates, p)
				}
			}
		}
	}
	slices.Sort(t.dates)
	t.dates = slices.Compact(t.dates)
	t.rows = make([]uint64, (len(t.dates)+1)*g.words)
	for i := range g.bits {
		b := &g.bits[i]
		first, end := 0, len(t.dates)+1
		if b.win {
			first, end = t.find(b.span.Start), t.find(b.span.End)
			if b.span.End == when.Future {
				end = len(t.dates) + 1
			}
		}
		for r := first; r < end; r++ {
			t.rows[r*g.words+b.at/64] |= 1 << (b.at % 64)
		}
	}
	t.may, t.must = make([]uint64, g.words), make([]uint64, g.words)
	t.span(0, len(t.dates), g.words, t.may, t.must)
	if len(t.dates) == 0 {
		return
	}
	t.from = t.dates[0]
	for t.shift = 16; int64(t.dates[len(t.dates)-1]-t.from)>>t.shift >= maxGuess; t.shift++ {
	}
	n := int64(t.dates[len(t.dates)-1]-t.from)>>t.shift + 1
	for i := range n {
		t.guess = append(t.guess, uint32(t.find(t.from+when.Instant(i)<<t.shift)))
	}
}

// find returns how many dates are not after an instant.
func (t *timeTable) find(at when.Instant) int {
	return sort.Search(len(t.dates), func(i int) bool { return t.dates[i] > at })
}

// row is find, by way of the guess.
func (t *timeTable) row(at when.Instant) int {
	if len(t.dates) == 0 || at < t.from {
		return 0
	}
	i := uint64(at-t.from) >> t.shift
	if i >= uint64(len(t.guess)) {
		return len(t.dates)
	}
	r := int(t.guess[i])
	for r < len(t.dates) && t.dates[r] <= at {
		r++
	}
	return r
}

// span is what some and what every instant of rows first to last leaves.
func (t *timeTable) span(first, last, words int, may, must []uint64) {
	copy(may, t.rows[first*words:])
	copy(must, may)
	for r := first + 1; r <= last; r++ {
		for w := range may {
			may[w] |= t.rows[r*words+w]
			must[w] &= t.rows[r*words+w]
		}
	}
}

// layer is a layer of the grid with the row of bits for each of its rows.
type layer struct {
	*where.Layer
	must []uint64 // zones that hold the disc
	may  []uint64 // and those that straddle it
	wide []bool   // zones that the lattice cannot hold
}

// layers are made when a radius first comes up.
type layers struct {
	mu sync.RWMutex
	by map[float32]*layer
}

// maxLayers bounds how many radii get a layer; zones are asked one by one
// about further radii.
const maxLayers = 8

// layer returns the layer for a radius, or nil.
func (g *group) layer(radius float32) *layer {
	g.layers.mu.RLock()
	l, ok := g.layers.by[radius]
	full := len(g.layers.by) >= maxLayers
	g.layers.mu.RUnlock()
	if ok || full && radius != 0 {
		return l
	}
	g.layers.mu.Lock()
	defer g.layers.mu.Unlock()
	if l, ok := g.layers.by[radius]; ok {
		return l
	}
	if g.layers.by == nil {
		g.layers.by = map[float32]*layer{}
	}
	l = g.makeLayer(radius)
	g.layers.by[radius] = l
	return l
}

func (g *group) makeLayer(radius float32) *layer {
	w := g.grid.Layer(where.Metres(radius))
	if w == nil {
		return nil
	}
	l := &layer{Layer: w, must: make([]uint64, w.Rows()*g.words), wide: make([]bool, len(g.zones))}
	for _, z := range w.Wide() {
		l.wide[z] = true
	}
	l.may = l.must
	if radius > 0 {
		l.may = make([]uint64, len(l.must))
	}
	for r := range w.Rows() {
		must, may := l.must[r*g.words:(r+1)*g.words], l.may[r*g.words:(r+1)*g.words]
		copy(must, g.always)
		copy(may, g.always)
		for z, bits := range g.zoneOf {
			in, part := w.Inside(uint32(r), z), w.Straddles(uint32(r), z)
			if !in && !part {
				continue
			}
			for _, b := range bits {
				if in {
					must[b.word] |= b.bits
				}
				may[b.word] |= b.bits
			}
		}
	}
	return l
}
