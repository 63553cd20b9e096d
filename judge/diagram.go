package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// Diagram is a regime as a decision diagram: possible acts go from the root
// through one layer after another, each of which asks for one dimension, to a
// judgement. It holds for every act and for nothing but the regime, so that
// judgements can be made where no engine runs. Nodes of one layer that lead to
// the same are one.
type Diagram struct {
	Regime     *terms.Regime
	Layers     []Layer
	Root       int         // a node of the first layer
	Judgements []Judgement // where the edges of the last layer lead
}

// LayerKind says what a layer asks.
type LayerKind uint8

// The kinds of layer.
const (
	AskZones  LayerKind = iota // is it in any of the zones?
	AskLeaf                    // which leaf of a tree?
	AskSite                    // which listed object, or none?
	AskMoment                  // between which breakpoints of time?
)

// Layer asks one question about an act.
type Layer struct {
	Dimension string // as an act has it: place, origin, actor, ..., site, launch, time
	Kind      LayerKind
	Zones     []int          // AskZones: indices into Regime.Zones
	Breaks    []when.Instant // AskMoment: value i lies from Breaks[i-1] to Breaks[i]
	Nodes     int
	// Next leads from a node and a value to a node of the next layer: values
	// are 0 (in none) and 1 for AskZones, leaves of the tree for AskLeaf,
	// indices of Regime.Objects, and one more for "not listed", for AskSite.
	Next [][]int
	// Lasting leads, in the last layer, from a node to a judgement for an act
	// that lasted from value i through value k, at [i][k-i].
	Lasting [][][]int
}

// Judgement is what is said of a kind of act under all answers to the open
// questions of the text.
type Judgement struct {
	All     Verdicts
	Clauses []Verdicts // by clause of the regime
}

// Verdicts is a set of verdicts, as bits 1<<NotCovered to 1<<Breach, and
// Silent.
type Verdicts uint8

// Silent is the bit of a clause that does not speak about some act.
const Silent Verdicts = 16

// maxDiagram bounds the kinds of act in one layer of a diagram.
const maxDiagram = 1 << 17

// Diagram lays the regime out. It fails where terms have daily hours, or too
// many parts of clauses, or tell too many kinds of act apart.
func (j *Judge) Diagram() (*Diagram, error) {
	if j.hoursUsed[0] || j.hoursUsed[1] {
		return nil, fmt.Errorf("%s has clauses with daily hours: those are not laid out in a diagram", j.r.Terms.ID)
	}
	s, err := j.everything()
	if err != nil {
		return nil, err
	}
	b := &diagramBuilder{s: s, d: &Diagram{Regime: j.r}, known: map[string]int{}, answered: map[bits]int{}}
	b.layers()
	if err := b.down(); err != nil {
		return nil, err
	}
	b.up()
	return b.d, nil
}

// everything is the space of all acts, by anybody, in every combination.
func (j *Judge) everything() (*space, error) {
	s := &space{j: j, ss: []evidence.Scenario{evidence.Unknown()}, all: 1, ks: make([]known, 1)}
	for d := dim(0); int(d) < treeDims; d++ {
		s.ks[0].sets[d] = j.tree(d).All()
	}
	anywhere := []piece{{j.full(), 1, "", nil}}
	s.pieces = [5][]piece{j.sitePieces(s.ss), anywhere, anywhere, j.timePieces(dLaunch, s.ss), j.timePieces(dTime, s.ss)}
	s.findAlive(func(string) {})
	if s.over {
		return nil, fmt.Errorf("%s, reading %s, has more than %d parts of clauses", j.r.Terms.ID, j.r.ReadingID, maxAlive)
	}
	s.atoms = make([][]atom, int(dQuestion))
	for q := range j.r.Questions {
		s.atoms = append(s.atoms, []atom{{m: s.bits(j.answer[q][0]), scen: 1}, {m: s.bits(j.answer[q][1]), scen: 1}})
	}
	return s, nil
}

type diagramBuilder struct {
	s        *space
	d        *Diagram
	masks    [][]bits // by layer and value
	states   [][]bits // by layer, before it
	index    []map[bits]int
	known    map[string]int // judgements
	answered map[bits]int   // what was judged of an act
}

// layers lays out the questions that the regime asks. Zones come first, since
// a place is mostly known; time comes last, since acts last in it.
func (b *diagramBuilder) layers() {
	s, j := b.s, b.s.j
	for k, d := range []dim{dPlace, dOrigin} {
		for _, zs := range j.zoneLists(k) {
			out := j.full()
			for i := range j.boxes {
				if slices.Equal(boxZones(&j.boxes[i], k), zs) {
					out.clear(i)
				}
			}
			b.layer(Layer{Dimension: dimNames[d], Kind: AskZones, Zones: zs}, []bits{s.bits(out), s.full()})
		}
	}
	for d := dim(0); int(d) < treeDims; d++ {
		var ms []bits
		for leaf := range j.leaf[d] {
			ms = append(ms, s.bits(j.leaf[d][leaf]))
		}
		b.layer(Layer{Dimension: dimNames[d], Kind: AskLeaf}, ms)
	}
	if j.sitesUsed {
		var ms []bits
		for o := 0; o <= len(j.r.Objects); o++ {
			m := j.full()
			for i := range j.boxes {
				if l := j.boxes[i].Sites; l != nil && !l[o] {
					m.clear(i)
				}
			}
			ms = append(ms, s.bits(m))
		}
		b.layer(Layer{Dimension: dimNames[dSite], Kind: AskSite}, ms)
	}
	for _, d := range []dim{dLaunch, dTime} {
		if d == dLaunch && !j.launchUsed {
			continue
		}
		l := Layer{Dimension: dimNames[d], Kind: AskMoment, Breaks: slices.Compact(slices.Clone(j.breaks[d-dLaunch]))}
		var ms []bits
		for _, sp := range j.cut(d, when.Always) {
			ms = append(ms, s.bits(j.timeMask(d, sp.Start, sp.End)))
		}
		b.layer(l, ms)
	}
}

func (b *diagramBuilder) layer(l Layer, ms []bits) {
	b.d.Layers = append(b.d.Layers, l)
	b.masks = append(b.masks, ms)
}

func boxZones(b *terms.Box, k int) []int {
	if k == 1 {
		return b.Origins
	}
	return b.Zones
}

// zoneLists are the different lists of zones that boxes ask for.
func (j *Judge) zoneLists(k int) [][]int {
	var out [][]int
	for i := range j.boxes {
		zs := boxZones(&j.boxes[i], k)
		if len(zs) > 0 && !slices.ContainsFunc(out, func(o []int) bool { return slices.Equal(o, zs) }) {
			out = append(out, zs)
		}
	}
	return out
}

// down finds the states before each layer.
func (b *diagramBuilder) down() error {
	states := []bits{b.settled(b.s.full())}
	for l := range b.masks {
		ix := map[bits]int{}
		for i, m := range states {
			ix[m] = i
		}
		b.states, b.index = append(b.states, states), append(b.index, ix)
		if l == len(b.masks)-1 {
			return nil
		}
		seen := map[bits]bool{}
		var next []bits
		values := unique(slices.Clone(b.masks[l]))
		for _, m := range states {
			for _, v := range values {
				if n := b.settled(m.and(v)); !seen[n] {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		if len(next) > maxDiagram {
			return fmt.Errorf("%s, reading %s, tells more than %d kinds of act apart", b.s.j.r.Terms.ID, b.s.j.r.ReadingID, maxDiagram)
		}
		states = next
	}
	return nil
}

// settled drops the windows of clauses that can no longer match, where no
// exception that can match asks for them.
func (b *diagramBuilder) settled(m bits) bits {
	var keep bits
	for k, c := range b.s.live {
		if m.meets(b.s.cb[k]) {
			keep = keep.or(b.s.cb[k]).or(b.s.cw[k]).or(b.s.xw[k])
			continue
		}
		for _, e := range b.s.j.r.Clauses[c].ExceptedBy {
			if i := b.s.of[e.Permit]; i >= 0 && m.meets(b.s.cb[i]) {
				keep = keep.or(b.s.cw[k])
			}
		}
	}
	return m.and(keep)
}

// up numbers the nodes from the last layer to the first, equal ones as one.
func (b *diagramBuilder) up() {
	last := len(b.masks) - 1
	var node []int // of a state of the layer at hand
	for l := last; l >= 0; l-- {
		layer := &b.d.Layers[l]
		ids := map[string]int{}
		mine := make([]int, len(b.states[l]))
		for i, m := range b.states[l] {
			next := make([]int, len(b.masks[l]))
			for v, mask := range b.masks[l] {
				if l == last {
					next[v] = b.judgement(m, []bits{mask})
				} else {
					next[v] = node[b.index[l+1][b.settled(m.and(mask))]]
				}
			}
			var lasting [][]int
			if l == last {
				lasting = b.lasting(m)
			}
			key := fmt.Sprint(next, lasting)
			id, ok := ids[key]
			if !ok {
				id = len(ids)
				ids[key] = id
				layer.Next = append(layer.Next, next)
				layer.Lasting = append(layer.Lasting, lasting)
			}
			mine[i] = id
		}
		layer.Nodes, node = len(ids), mine
	}
	b.d.Root = node[0]
}

// lasting judges acts that lasted through several values of time.
func (b *diagramBuilder) lasting(m bits) [][]int {
	values := b.masks[len(b.masks)-1]
	out := make([][]int, len(values))
	memo := map[string]int{}
	for i := range values {
		var parts []bits
		for k := i; k < len(values); k++ {
			if n := b.settled(m.and(values[k])); !slices.Contains(parts, n) {
				parts = append(parts, n)
				slices.SortFunc(parts, func(x, y bits) int { return slices.Compare(x[:], y[:]) })
			}
			key := fmt.Sprint(parts)
			id, ok := memo[key]
			if !ok {
				id = b.judgement(m, parts)
				memo[key] = id
			}
			out[i] = append(out[i], id)
		}
	}
	return out
}

// judgement numbers what is said of an act that takes all of the times.
func (b *diagramBuilder) judgement(m bits, times []bits) int {
	if len(times) == 1 {
		at := m.and(times[0])
		if id, ok := b.answered[at]; ok {
			return id
		}
		id := b.number(b.judge(at, times))
		b.answered[at] = id
		return id
	}
	return b.number(b.judge(m, times))
}

// judge joins the verdicts under every answer to the open questions, as
// collect does.
func (b *diagramBuilder) judge(m bits, times []bits) Judgement {
	s := b.s
	var under []act
	for _, q := range s.answers(m, nil) {
		total := act{clauses: make([]verdicts, len(s.live))}
		if len(times) == 1 {
			total = s.one(q.and(times[0]))
		} else {
			for _, t := range times {
				total = strongest(total, s.one(q.and(t)))
			}
		}
		under = append(under, total)
	}
	o := &outcome{clauses: make([]verdicts, len(s.live)), silent: make([]bool, len(s.live))}
	o.add(under)
	out := Judgement{All: Verdicts(o.all), Clauses: make([]Verdicts, len(s.j.r.Clauses))}
	for c := range out.Clauses {
		out.Clauses[c] = Silent
		if k := s.of[c]; k >= 0 {
			out.Clauses[c] = Verdicts(o.clauses[k])
			if o.silent[k] {
				out.Clauses[c] |= Silent
			}
		}
	}
	return out
}

func (b *diagramBuilder) number(g Judgement) int {
	var key strings.Builder
	key.WriteByte(byte(g.All))
	for _, c := range g.Clauses {
		key.WriteByte(byte(c))
	}
	id, ok := b.known[key.String()]
	if !ok {
		id = len(b.d.Judgements)
		b.known[key.String()] = id
		b.d.Judgements = append(b.d.Judgements, g)
	}
	return id
}

// Leaves returns, for a layer that asks for a leaf, the tree that it is of.
func (d *Diagram) Leaves(l *Layer) *vocab.Tree {
	if l.Dimension == "actor" || l.Dimension == "owner" || l.Dimension == "controller" {
		return d.Regime.Terms.Actors()
	}
	return d.Regime.Terms.Vocabulary.Tree(l.Dimension)
}
