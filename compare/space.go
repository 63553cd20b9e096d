package compare

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Side is one text of a comparison: its regime under each reading that takes
// part. Where readings of one side disagree the side is contested.
type Side struct {
	Regimes []*terms.Regime
}

// terms returns the text of the side.
func (s Side) terms() *terms.Terms { return s.Regimes[0].Terms }

// unit is one regime of one side.
type unit struct {
	side   int
	r      *terms.Regime
	f      *judge.Form
	lo, hi int // its words in a joint mask
}

// space is the joint decision space of all units: the dimensions of an act,
// each cut into classes of values that no clause of any text tells apart.
type space struct {
	sides []Side
	units []unit
	words int
	most  int // states
	dims  []dimension
	notes []string
	// partial: something that one side speaks of was not compared.
	partial bool
	turn    int // whose turn it is to be the author of an example
	trees   [dSite]*tree
	zones   zones
}

// The dimensions in the order of the diagram: those that leave the fewest
// clauses to speak come first. Places have the most classes, and come before
// time, which would multiply how often they are asked.
const (
	dActor = iota
	dAct
	dTarget
	dMeans
	dOwner
	dController
	dOutcome
	dIntended
	dSite
	dPlace
	dOrigin
	dTime
	dimensions
)

var dimNames = [dimensions]string{"actor", "act", "target", "means", "owner", "controller", "outcome", "intended_target", "site", "place", "origin", "time"}

// dimension is one dimension of the joint space.
type dimension struct {
	values  []value
	weight  []uint64
	columns []int // bit -> index in keeps, or -1 where every class keeps it
	keeps   []set // distinct sets of classes that keep a bit
}

// value is a class of values.
type value struct {
	mask    []uint64
	leaves  []int      // of a tree: joint leaves
	moments []moment   // of time
	points  []location // of place and origin
	sites   []string   // ids of listed objects; "" is "not listed"
}

// Limits beyond which a comparison is refused rather than left half done.
const (
	maxStates = 4_000_000 // of the diagram
	maxWords  = 256       // of the joint mask
)

var errTooMuch = errors.New("the texts differ in too many ways to be compared exactly: compare fewer clauses, or one reading at a time")

func newSpace(sides []Side, o Options) (*space, error) {
	s := &space{sides: sides, most: maxStates}
	if o.States > 0 {
		s.most = o.States
	}
	for i, side := range sides {
		if len(side.Regimes) == 0 {
			return nil, errors.New("a side without a regime cannot be compared")
		}
		for _, r := range side.Regimes {
			s.units = append(s.units, unit{side: i, r: r})
		}
	}
	var wg sync.WaitGroup
	for i := range s.units {
		wg.Go(func() { s.units[i].f = judge.New(s.units[i].r).Form() })
	}
	wg.Wait()
	for i := range s.units {
		u := &s.units[i]
		u.lo, u.hi = s.words, s.words+u.f.Words()
		s.words = u.hi
	}
	if s.words > maxWords {
		return nil, fmt.Errorf("%d parts of clauses are more than can be compared at once (%d): compare fewer readings", s.words*64, maxWords*64)
	}
	s.dims = make([]dimension, dimensions)
	for d, name := range dimNames[:dSite] {
		if err := s.treeDimension(d, name, o.Given[name]); err != nil {
			return nil, err
		}
	}
	s.siteDimension()
	s.timeDimension()
	if err := s.placeDimensions(o.Tolerance); err != nil {
		return nil, err
	}
	for d := range s.dims {
		s.dims[d].index(s.words)
	}
	return s, nil
}

// full is the joint mask of everything.
func (s *space) full() []uint64 {
	m := make([]uint64, 0, s.words)
	for _, u := range s.units {
		m = append(m, u.f.Full()...)
	}
	return m
}

// joint puts masks of the units side by side; nil keeps everything.
func (s *space) joint(of func(u *unit) []uint64) []uint64 {
	m := make([]uint64, 0, s.words)
	for i := range s.units {
		part := of(&s.units[i])
		if part == nil {
			part = s.units[i].f.Full()
		}
		m = append(m, part...)
	}
	return m
}

// add puts a value into the class of those with the same mask; join adds it to
// the class.
func (d *dimension) add(classes map[string]int, mask []uint64, weight uint64, join func(*value)) {
	k := judge.Key(mask)
	at, ok := classes[k]
	if !ok {
		at = len(d.values)
		classes[k] = at
		d.values = append(d.values, value{mask: mask})
		d.weight = append(d.weight, 0)
	}
	d.weight[at] += weight
	join(&d.values[at])
}

// index notes, for every bit, which classes keep it.
func (d *dimension) index(words int) {
	n := len(d.values)
	d.columns = make([]int, words*64)
	known := map[string]int{}
	for b := range d.columns {
		col := newSet(n)
		for v := range d.values {
			if d.values[v].mask[b/64]&(1<<(b%64)) != 0 {
				col.add(v)
			}
		}
		d.columns[b] = -1
		if col.len() == n {
			continue
		}
		k := col.key()
		at, ok := known[k]
		if !ok {
			at = len(d.keeps)
			known[k] = at
			d.keeps = append(d.keeps, col)
		}
		d.columns[b] = at
	}
}

// diagram is the joint diagram of all units. Its terminals say what each unit
// says of an act.
type diagram struct {
	*mdd
	s         *space
	root      int
	memo      []map[string]int // by level
	states    int
	terminals []terminal
	ids       map[string]int
	acts      []map[string]int // unit -> mask -> index in said
	said      [][]judge.Act
	index     []map[string]int             // unit -> act -> index in said
	end       func(*diagram, []uint64) int // the terminal of what an act leaves
}

// terminal is what the units say, as indices into said.
type terminal []int

func (s *space) diagram() (*diagram, error) { return s.diagramOf((*diagram).terminal) }

// diagramOf builds the diagram with terminals of another kind.
func (s *space) diagramOf(end func(*diagram, []uint64) int) (*diagram, error) {
	levels := make([]level, len(s.dims))
	for i := range s.dims {
		levels[i] = newLevel(s.dims[i].weight)
	}
	d := &diagram{end: end, mdd: newMDD(levels), s: s, ids: map[string]int{}, memo: make([]map[string]int, len(s.dims)),
		acts: make([]map[string]int, len(s.units)), said: make([][]judge.Act, len(s.units)), index: make([]map[string]int, len(s.units))}
	for i := range d.memo {
		d.memo[i] = map[string]int{}
	}
	for i := range d.acts {
		d.acts[i], d.index[i] = map[string]int{}, map[string]int{}
	}
	root, ok := d.build(0, s.full())
	if !ok {
		return nil, errTooMuch
	}
	d.root = root
	return d, nil
}

// build returns the node for what the levels above leave; it may change m.
func (d *diagram) build(lv int, m []uint64) (int, bool) {
	some := false
	for i := range d.s.units {
		u := &d.s.units[i]
		part := m[u.lo:u.hi]
		if u.f.Trim(part) {
			some = true
		} else {
			clear(part)
		}
	}
	if !some || lv == len(d.levels) {
		return d.end(d, m), true
	}
	cols := d.s.dims[lv].asked(m)
	for len(cols) == 0 {
		if lv++; lv == len(d.levels) {
			return d.end(d, m), true
		}
		cols = d.s.dims[lv].asked(m)
	}
	key := judge.Key(m)
	if id, ok := d.memo[lv][key]; ok {
		return id, true
	}
	if d.states++; d.states > d.s.most {
		return 0, false
	}
	var kids []int
	var sets []set
	for _, g := range d.s.dims[lv].split(m, cols, d.levels[lv].all) {
		kid, ok := d.build(lv+1, g.mask)
		if !ok {
			return 0, false
		}
		kids, sets = append(kids, kid), append(sets, g.in)
	}
	id := d.mk(lv, kids, sets)
	d.memo[lv][key] = id
	return id, true
}

// asked returns the columns of the bits of m about which the dimension asks,
// each once, in order.
func (d *dimension) asked(m []uint64) []int {
	if len(d.keeps) == 0 {
		return nil
	}
	var out []int
	for w, word := range m {
		for ; word != 0; word &= word - 1 {
			if c := d.columns[w*64+bits.TrailingZeros64(word)]; c >= 0 {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// group is the classes that leave the same of a mask.
type group struct {
	in   set
	mask []uint64
}

// split parts the classes of a dimension by what they leave of m.
func (d *dimension) split(m []uint64, cols []int, all set) []group {
	parts := []set{all}
	for _, c := range cols {
		var next []set
		for _, p := range parts {
			switch keep := d.keeps[c]; {
			case !p.meets(keep), p.within(keep):
				next = append(next, p)
			default:
				next = append(next, p.and(keep), p.minus(keep))
			}
		}
		parts = next
	}
	groups := make([]group, len(parts))
	for i, p := range parts {
		first := 0
		for v := range p.each {
			first = v
			break
		}
		g := group{p, make([]uint64, len(m))}
		for w := range m {
			g.mask[w] = m[w] & d.values[first].mask[w]
		}
		groups[i] = g
	}
	return groups
}

// terminal returns the id of what the units say of the acts that leave m.
func (d *diagram) terminal(m []uint64) int {
	t := make(terminal, len(d.s.units))
	key := make([]byte, 0, 8*len(t))
	for i, u := range d.s.units {
		part := m[u.lo:u.hi]
		k := judge.Key(part)
		at, ok := d.acts[i][k]
		if !ok {
			at = d.say(i, u.f.Act(part))
			d.acts[i][k] = at
		}
		t[i] = at
		key = binary.AppendUvarint(key, uint64(at))
	}
	id, ok := d.ids[string(key)]
	if !ok {
		d.terminals = append(d.terminals, t)
		id = -len(d.terminals)
		d.ids[string(key)] = id
	}
	return id
}

// say returns the index of an act among those that a unit has said.
func (d *diagram) say(unit int, a judge.Act) int {
	var key []byte
	for _, v := range a.Verdicts {
		key = append(key, byte(v))
	}
	for _, list := range [][]int{a.Speaks, a.Asks} {
		key = append(key, 0xff)
		for _, x := range list {
			key = binary.AppendUvarint(key, uint64(x))
		}
	}
	at, ok := d.index[unit][string(key)]
	if !ok {
		at = len(d.said[unit])
		d.said[unit] = append(d.said[unit], a)
		d.index[unit][string(key)] = at
	}
	return at
}

// status is what a side says of the acts of a terminal: what its readings agree
// on, or contested.
func (d *diagram) status(t terminal, side int) judge.Verdict {
	var first judge.Verdict
	n := 0
	for i, u := range d.s.units {
		if u.side != side {
			continue
		}
		v := d.said[i][t[i]].Verdict()
		if n > 0 && v != first {
			return judge.Contested
		}
		first = v
		n++
	}
	return first
}

// region returns the acts whose terminal a predicate accepts, in a store of
// its own.
func (d *diagram) region(accept func(terminal) bool) (*mdd, int) {
	r := newMDD(d.levels)
	memo := map[int]int{}
	var walk func(id int) int
	walk = func(id int) int {
		if id < 0 {
			if accept(d.terminals[-id-1]) {
				return yes
			}
			return no
		}
		if out, ok := memo[id]; ok {
			return out
		}
		n := d.nodes[id]
		kids := make([]int, len(n.kids))
		for i, k := range n.kids {
			kids[i] = walk(k)
		}
		out := r.mk(n.level, kids, n.sets)
		memo[id] = out
		return out
	}
	return r, walk(d.root)
}
