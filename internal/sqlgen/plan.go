package sqlgen

import (
	"fmt"
	"slices"
	"sort"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// maxBits is how many things one whole number of a database tells apart: 64
// bits, less the sign and one for luck.
const maxBits = 62

// plan is the diagrams of all readings of a text on common ground: the same
// classes of leaves, zones and breakpoints for all of them.
type plan struct {
	t        *terms.Terms
	readings []*reading
	slots    []*slot
	zones    []*where.Zone // that places or origins are asked for
	atoms    map[string][]vocab.Set
	siteAtom []int // by object, then "not listed"; nil if no reading asks
	breaks   map[string][]when.Instant
	asks     map[string]bool
	judged   []judgement
	shapes   []*shape
	objects  []terms.Object
}

// reading is one reading of the plan.
type reading struct {
	id            string
	r             *terms.Regime
	d             *judge.Diagram
	zone          []int    // index of a zone of the regime in the plan, or -1
	zones         [2]int64 // that are asked for the place, the origin
	unknown       [2][]int64
	layers        map[string]int // slot -> layer
	base          []int          // layer -> number of its first node
	root, verdict int            // numbers of the root and of the first judgement
	sites         bool
}

// slot is one step of the walk: the layers of all readings that ask the same.
type slot struct {
	name, dim string
	kind      judge.LayerKind
	edges     [][]any
	lasting   [][]any
}

// judgement is what a node after the last slot says.
type judgement struct {
	reading int
	all     judge.Verdicts
	clauses []judge.Verdicts
}

// newPlan lays out every regime and puts the diagrams on common ground.
func newPlan(t *terms.Terms, regimes []*terms.Regime) (*plan, error) {
	p := &plan{t: t, atoms: map[string][]vocab.Set{}, breaks: map[string][]when.Instant{}, asks: map[string]bool{}}
	if n := t.Actors().Len(); n > maxBits {
		return nil, fmt.Errorf("%s names %d actors: at most %d can be told apart in SQL", t.ID, n, maxBits)
	}
	for _, r := range regimes {
		d, err := judge.New(r).Diagram()
		if err != nil {
			return nil, err
		}
		p.readings = append(p.readings, &reading{id: r.ReadingID, r: r, d: d, layers: map[string]int{}})
		p.objects = r.Objects
	}
	if err := p.commonZones(); err != nil {
		return nil, err
	}
	p.layOut()
	for _, s := range p.slots {
		if err := p.common(s); err != nil {
			return nil, err
		}
	}
	p.dropIdle()
	p.number()
	for _, s := range p.slots {
		p.connect(s)
	}
	return p, p.findShapes()
}

// commonZones numbers the zones that are asked for, over all readings.
func (p *plan) commonZones() error {
	known := map[string]int{}
	for _, rd := range p.readings {
		rd.zone = make([]int, len(rd.r.Zones))
		for i := range rd.zone {
			rd.zone[i] = -1
		}
		for i := range rd.d.Layers {
			l := &rd.d.Layers[i]
			for _, z := range l.Zones {
				key := rd.r.Zones[z].Digest()
				if _, ok := known[key]; !ok {
					known[key] = len(p.zones)
					p.zones = append(p.zones, rd.r.Zones[z])
				}
				rd.zone[z] = known[key]
			}
		}
		if len(p.zones) > maxBits {
			return fmt.Errorf("%s asks for %d zones: at most %d can be told apart in SQL", p.t.ID, len(p.zones), maxBits)
		}
		for i := range rd.d.Layers {
			if l := &rd.d.Layers[i]; l.Kind == judge.AskZones {
				rd.zones[kindOf(l.Dimension)] |= rd.mask(l.Zones)
			}
		}
		if err := rd.anywhere(p.t.Geometry); err != nil {
			return err
		}
	}
	return nil
}

// kindOf is 1 for the origin, 0 for the place.
func kindOf(dimension string) int {
	if dimension == "origin" {
		return 1
	}
	return 0
}

func (rd *reading) mask(zones []int) int64 {
	var m int64
	for _, z := range zones {
		m |= 1 << rd.zone[z]
	}
	return m
}

// anywhere finds which combinations of zones a place that is not known can be
// in, as the engine does.
func (rd *reading) anywhere(m where.Model) error {
	if len(rd.r.Zones) == 0 {
		return nil
	}
	sets, err := where.MembershipSets(where.Unknown(), rd.r.Zones, m)
	if err != nil {
		return fmt.Errorf("the zones of reading %s: %w", rd.id, err)
	}
	for _, in := range sets {
		var all []int
		for _, z := range in.Indices() {
			if rd.zone[z] >= 0 {
				all = append(all, z)
			}
		}
		for k := range rd.zones {
			if got := rd.mask(all) & rd.zones[k]; !slices.Contains(rd.unknown[k], got) {
				rd.unknown[k] = append(rd.unknown[k], got)
			}
		}
	}
	return nil
}

// order is the order of slots; those for zones come first.
var order = []string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site", "launch", "time"}

// layOut finds the slots, and which layer of each reading is in them.
func (p *plan) layOut() {
	most := map[string]int{}
	for _, rd := range p.readings {
		n := map[string]int{}
		for i := range rd.d.Layers {
			l := &rd.d.Layers[i]
			name := l.Dimension
			if l.Kind == judge.AskZones {
				name = fmt.Sprintf("%s_%d", l.Dimension, n[l.Dimension])
				n[l.Dimension]++
				most[l.Dimension] = max(most[l.Dimension], n[l.Dimension])
			}
			rd.layers[name] = i
			rd.sites = rd.sites || l.Kind == judge.AskSite
		}
	}
	for _, dim := range []string{"place", "origin"} {
		for i := 0; i < most[dim]; i++ {
			p.slots = append(p.slots, &slot{name: fmt.Sprintf("%s_%d", dim, i), dim: dim, kind: judge.AskZones})
		}
	}
	for _, dim := range order {
		s := &slot{name: dim, dim: dim, kind: judge.AskLeaf}
		switch dim {
		case "site":
			s.kind = judge.AskSite
		case "launch", "time":
			s.kind = judge.AskMoment
		}
		if slices.ContainsFunc(p.readings, func(rd *reading) bool { _, ok := rd.layers[dim]; return ok }) {
			p.slots = append(p.slots, s)
		}
	}
}

// common finds the classes of values that no reading tells apart.
func (p *plan) common(s *slot) error {
	switch s.kind {
	case judge.AskLeaf:
		if s.dim == "actor" { // leaves are needed one by one, to name authors
			for i := 0; i < p.t.Actors().Len(); i++ {
				p.atoms[s.dim] = append(p.atoms[s.dim], vocab.Set{}.With(i))
			}
			return nil
		}
		classes := p.classes(s.name)
		n := 0
		for _, c := range classes {
			n = max(n, c+1)
		}
		sets := make([]vocab.Set, n)
		for leaf, c := range classes {
			sets[c] = sets[c].With(leaf)
		}
		p.atoms[s.dim] = sets
		if n > maxBits {
			return fmt.Errorf("%s tells %d kinds of %s apart: at most %d can be told apart in SQL", p.t.ID, n, s.dim, maxBits)
		}
	case judge.AskSite:
		p.siteAtom = p.classes(s.name)
		if n := slices.Max(p.siteAtom) + 1; n > maxBits {
			return fmt.Errorf("%s tells %d groups of listed objects apart: at most %d can be told apart in SQL", p.t.ID, n, maxBits)
		}
	case judge.AskMoment:
		var all []when.Instant
		for _, rd := range p.readings {
			if i, ok := rd.layers[s.name]; ok {
				all = append(all, rd.d.Layers[i].Breaks...)
			}
		}
		slices.Sort(all)
		p.breaks[s.dim] = slices.Compact(all)
	}
	return nil
}

// classes numbers values by where they lead in every reading.
func (p *plan) classes(name string) []int {
	var keys []string
	for _, rd := range p.readings {
		i, ok := rd.layers[name]
		if !ok {
			continue
		}
		for _, next := range rd.d.Layers[i].Next {
			if keys == nil {
				keys = make([]string, len(next))
			}
			for v, n := range next {
				keys[v] += fmt.Sprint(n, ",")
			}
		}
	}
	seen := map[string]int{}
	out := make([]int, len(keys))
	for v, k := range keys {
		if _, ok := seen[k]; !ok {
			seen[k] = len(seen)
		}
		out[v] = seen[k]
	}
	return out
}

// dropIdle leaves out slots in which everything leads to the same.
func (p *plan) dropIdle() {
	p.slots = slices.DeleteFunc(p.slots, func(s *slot) bool {
		switch s.kind {
		case judge.AskLeaf:
			return s.dim != "actor" && len(p.atoms[s.dim]) == 1
		case judge.AskSite:
			return slices.Max(p.siteAtom) == 0
		case judge.AskMoment:
			return s.dim == "launch" && len(p.breaks[s.dim]) == 0
		}
		return false
	})
	for _, s := range p.slots {
		p.asks[s.dim] = true
	}
}

// number gives every node of a kept layer, and every judgement, a number of
// its own.
func (p *plan) number() {
	n := 1
	for _, rd := range p.readings {
		rd.base = make([]int, len(rd.d.Layers))
		for i := range rd.d.Layers {
			rd.base[i] = -1
		}
		for _, s := range p.slots {
			if i, ok := rd.layers[s.name]; ok {
				rd.base[i] = n
				n += rd.d.Layers[i].Nodes
			}
		}
		rd.verdict = n
		n += len(rd.d.Judgements)
	}
	p.judged = make([]judgement, n)
	for k, rd := range p.readings {
		for i, g := range rd.d.Judgements {
			p.judged[rd.verdict+i] = judgement{k, g.All, g.Clauses}
		}
		rd.root = rd.at(0, rd.d.Root)
	}
}

// at is the number of a node of a layer, past layers that are left out.
func (rd *reading) at(layer, node int) int {
	for layer < len(rd.d.Layers) && rd.base[layer] < 0 {
		node = rd.d.Layers[layer].Next[node][0]
		layer++
	}
	if layer == len(rd.d.Layers) {
		return rd.verdict + node
	}
	return rd.base[layer] + node
}

// connect writes the edges of a slot. Nodes of readings that do not ask go
// through unchanged.
func (p *plan) connect(s *slot) {
	for _, rd := range p.readings {
		i, ok := rd.layers[s.name]
		if !ok {
			p.through(s, rd)
			continue
		}
		l := &rd.d.Layers[i]
		for n := range l.Next {
			from := rd.base[i] + n
			switch s.kind {
			case judge.AskZones:
				g := rd.mask(l.Zones)
				s.edges = append(s.edges, []any{from, g, 0, rd.at(i+1, l.Next[n][0])}, []any{from, g, 1, rd.at(i+1, l.Next[n][1])})
			case judge.AskMoment:
				p.spans(s, rd, i, n)
			default:
				p.masks(s, rd, i, n)
			}
		}
	}
}

// through lets every node that the reading may be in before the slot pass.
func (p *plan) through(s *slot, rd *reading) {
	pass := func(n int) {
		switch s.kind {
		case judge.AskZones:
			s.edges = append(s.edges, []any{n, 0, 0, n})
		case judge.AskMoment:
			s.edges = append(s.edges, []any{n, 0, len(p.breaks[s.dim]), n})
		default:
			s.edges = append(s.edges, []any{n, int64(1)<<maxBits - 1, n})
		}
	}
	// The next slot that the reading asks for.
	for k := slices.Index(p.slots, s) + 1; k < len(p.slots); k++ {
		if i, ok := rd.layers[p.slots[k].name]; ok {
			for n := 0; n < rd.d.Layers[i].Nodes; n++ {
				pass(rd.base[i] + n)
			}
			return
		}
	}
}

// masks writes edges by the classes that lead from one node to another.
func (p *plan) masks(s *slot, rd *reading, layer, n int) {
	to := map[int]int64{}
	next := rd.d.Layers[layer].Next[n]
	if s.kind == judge.AskSite {
		for o, a := range p.siteAtom {
			to[rd.at(layer+1, next[o])] |= 1 << a
		}
	} else {
		for a, set := range p.atoms[s.dim] {
			for leaf := range set.Leaves {
				to[rd.at(layer+1, next[leaf])] |= 1 << a
				break
			}
		}
	}
	var ids []int
	for id := range to {
		ids = append(ids, id)
	}
	sort.Ints(ids)
	for _, id := range ids {
		s.edges = append(s.edges, []any{rd.base[layer] + n, to[id], id})
	}
}

// spans writes edges by ranges of common breakpoints.
func (p *plan) spans(s *slot, rd *reading, layer, n int) {
	l := &rd.d.Layers[layer]
	from := rd.base[layer] + n
	first := make([]int, len(l.Breaks)+2) // value -> its first common piece
	for v, b := range l.Breaks {
		i, _ := slices.BinarySearch(p.breaks[s.dim], b)
		first[v+1] = i + 1
	}
	first[len(l.Breaks)+1] = len(p.breaks[s.dim]) + 1
	for v := 0; v < len(l.Next[n]); {
		w := v + 1
		for w < len(l.Next[n]) && rd.at(layer+1, l.Next[n][w]) == rd.at(layer+1, l.Next[n][v]) {
			w++
		}
		s.edges = append(s.edges, []any{from, first[v], first[w] - 1, rd.at(layer+1, l.Next[n][v])})
		v = w
	}
	if layer != len(rd.d.Layers)-1 {
		return
	}
	for _, r := range rectangles(l.Lasting[n]) {
		s.lasting = append(s.lasting, []any{from, first[r.i0], first[r.i1+1] - 1, first[r.k0], first[r.k1+1] - 1, rd.at(layer+1, r.to)})
	}
}

// rectangle is the acts that lasted from a value in i0..i1 to one in k0..k1.
type rectangle struct{ i0, i1, k0, k1, to int }

// rectangles covers the table of acts that lasted.
func rectangles(table [][]int) []rectangle {
	var out []rectangle
	for i, row := range table {
		for v := 0; v < len(row); {
			w := v + 1
			for w < len(row) && row[w] == row[v] {
				w++
			}
			r := rectangle{i, i, i + v, i + w - 1, row[v]}
			v = w
			joined := false
			for k := range out {
				if o := &out[k]; o.i1 == i-1 && o.k0 == r.k0 && o.k1 == r.k1 && o.to == r.to {
					o.i1, joined = i, true
				}
			}
			if !joined {
				out = append(out, r)
			}
		}
	}
	return out
}

// maskOf returns the classes that a set meets.
func (p *plan) maskOf(dim string, s vocab.Set) int64 {
	var m int64
	for a, set := range p.atoms[dim] {
		if !set.Intersect(s).Empty() {
			m |= 1 << a
		}
	}
	return m
}
