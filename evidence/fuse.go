package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/truce-project/truce/when"
)

// FuseOptions say how to fuse. The zero value will do.
type FuseOptions struct {
	Sources  *Sources
	Levels   *LevelRules // nil: DefaultLevels
	Baseline *Baseline
	Holders  Holders
	Weights  map[string]float64 // nil: built in
	News     *News              // nil: what is usual is not known
	Apart    *Apart             // what people hold to be of different events
	Taken    []Taken            // what people took as one event: it becomes one, whatever the reports say, but for pairs of Apart
	Workers  int                // how many goroutines compare and assemble; 0 and 1 are one. What comes of it is the same
}

// Stats count what a Fuser did.
type Stats struct {
	Reports, Incidents, Compared, Near int // Near: pairs near enough in time and place to be compared
	Untimed, Unplaced                  int // reports that can be matched by their words alone
	Crowded                            int // pairs that were not compared because too many were near (see maxNear)
	Active                             int // most reports that were held at once
}

// Fuse puts reports together. The answer does not depend on their order.
func Fuse(reports []*Report, opt FuseOptions) ([]*Fused, Stats, error) {
	list := make([]*Prepared, len(reports))
	for i, r := range reports {
		list[i] = Prepare(r)
	}
	slices.SortStableFunc(list, before)
	var out []*Fused
	f := NewFuser(opt, func(x *Fused) error { out = append(out, x); return nil })
	for _, s := range list {
		if err := f.Add(s); err != nil {
			return nil, f.Stats, err
		}
	}
	err := f.Close()
	return out, f.Stats, err
}

// Fuser fuses reports that come in order of time, and lets go of what lies
// further back than anything can match: its memory does not grow with their
// number. Reports of about an hour are compared together, by as many goroutines as
// there may be; what they find is taken in the order of the reports.
type Fuser struct {
	Stats    Stats
	opt      FuseOptions
	yield    func(*Fused) error
	comparer []Comparer // of each worker
	index    index
	nodes    []*node // those held, in order
	fresh    []*node // those of nodes that are not compared yet
	found    []found // of fresh, one each
	last     *Prepared
	swept    when.Instant
	count    int
	taken    *together
	first    map[int]*node // by set of taken: the first report of it
}

// node is a report that is held.
type node struct {
	*Prepared
	comp       *component
	candidates []candidate
	dropped    int
	supports   []Support
	dead       bool
}

// candidate is a match with a report of another incident.
type candidate struct {
	verdict
	with *Prepared
}

// found is what a report was compared with, and what came of it, in order.
type found struct {
	near, compared, crowded int
	pairs                   []met
}

// met is a report held that matches, or that a sensor supports.
type met struct {
	with *node
	verdict
	support *Support
}

// component is reports that are linked as the same; it is divided before it is
// handed over.
type component struct {
	nodes []*node
	edges []edge
	until when.Instant
}

type edge struct {
	a, b *node
	v    verdict
}

// maxCandidates is how many candidates of a report are kept, the likeliest.
const maxCandidates = 20

// NewFuser starts to fuse. Incidents are handed to yield when no later report
// can belong to them.
func NewFuser(opt FuseOptions, yield func(*Fused) error) *Fuser {
	f := &Fuser{opt: opt, yield: yield, comparer: make([]Comparer, max(1, opt.Workers)), index: newIndex(), swept: when.Past, taken: newTogether(opt.Taken), first: map[int]*node{}}
	for i := range f.comparer {
		f.comparer[i].Weights, f.comparer[i].News = opt.Weights, opt.News
	}
	return f
}

// maxFresh is how many reports are compared together at most.
const maxFresh = 1024

// Add takes the next report. They must come in the order of Before.
func (f *Fuser) Add(s *Prepared) error {
	if f.last != nil && before(s, f.last) < 0 {
		return fmt.Errorf("report %s comes after %s, which lies later: sort them first", s.ID(), f.last.ID())
	}
	f.last = s
	f.count++
	s.order = f.count
	f.Stats.Reports++
	if s.timed && s.at.Start >= f.swept.Add(time.Hour) || !f.swept.Bounded() && s.timed {
		if err := f.sweep(s.at.Start); err != nil {
			return err
		}
	} else if len(f.fresh) >= maxFresh {
		f.settle()
	}
	n := &node{Prepared: s}
	n.comp = &component{nodes: []*node{n}, until: until(s)}
	if !s.timed {
		f.Stats.Untimed++
	} else if !s.placed {
		f.Stats.Unplaced++
	}
	f.gather(n)
	f.fresh = append(f.fresh, n)
	f.nodes = append(f.nodes, n)
	f.Stats.Active = max(f.Stats.Active, len(f.nodes))
	return nil
}

// settle compares the fresh reports with those held before each of them, and
// links what matches.
func (f *Fuser) settle() {
	f.side(len(f.fresh), func(_ *Comparer, i int) { f.fresh[i].words() })
	for _, n := range f.fresh {
		f.index.add(n)
	}
	f.found = append(f.found[:0], make([]found, len(f.fresh))...)
	f.side(len(f.fresh), func(c *Comparer, i int) { f.look(c, f.fresh[i], &f.found[i]) })
	for i, n := range f.fresh {
		x := &f.found[i]
		f.Stats.Near, f.Stats.Compared, f.Stats.Crowded = f.Stats.Near+x.near, f.Stats.Compared+x.compared, f.Stats.Crowded+x.crowded
		for _, m := range x.pairs {
			f.take(m, n)
		}
	}
	clear(f.found)
	clear(f.fresh)
	f.fresh = f.fresh[:0]
}

// side does n things beside each other, with a Comparer for each worker.
func (f *Fuser) side(n int, do func(c *Comparer, i int)) {
	workers := min(len(f.comparer), n)
	if workers <= 1 {
		for i := range n {
			do(&f.comparer[0], i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(&f.comparer[w], i)
			}
		})
	}
	wg.Wait()
}

// until is the time after which a report can match nothing.
func until(s *Prepared) when.Instant {
	if !s.timed {
		return when.Future
	}
	return s.at.End.Add(maxGap + nearGap)
}

// look finds what a report matches among those before it. It changes neither.
func (f *Fuser) look(c *Comparer, n *node, x *found) {
	near, crowded := f.index.near(n)
	x.near, x.crowded = len(near), crowded
	for _, o := range near {
		if o.Alert || n.Alert || o.Detection != nil || n.Detection != nil {
			if s := f.sensor(o, n); s != nil {
				x.pairs = append(x.pairs, met{with: o, support: s})
			}
			continue
		}
		x.compared++
		if v := c.quick(o.Prepared, n.Prepared); (v.likeness == Same || v.likeness == Possible) && !f.opt.Apart.Pair(o.ID(), n.ID()) {
			x.pairs = append(x.pairs, met{with: o, verdict: v})
		}
	}
}

// take links a report with one before it.
func (f *Fuser) take(m met, n *node) {
	switch {
	case m.support != nil && n.Detection != nil:
		m.with.supports = append(m.with.supports, *m.support)
	case m.support != nil:
		n.supports = append(n.supports, *m.support)
	case m.likeness == Same:
		f.join(m.with, n, m.verdict)
	default:
		m.with.candidate(m.verdict, n.Prepared)
		n.candidate(m.verdict, m.with.Prepared)
	}
}

// sensor weighs a detection for a report. A siren says that somebody expected
// an attack, and links nothing.
func (f *Fuser) sensor(a, b *node) *Support {
	if a.Detection == nil {
		a, b = b, a
	}
	if a.Detection == nil || b.Detection != nil || b.Alert || !b.placed || !b.timed || b.Denies {
		return nil
	}
	if apart(a.Prepared, b.Prepared) > 0 || gapOf(a.at, b.at) > burnsFor {
		return nil
	}
	s := Weigh(a.Detection, b.at, b.centre, b.radius, f.opt.Baseline)
	s.Report = a.ID()
	return &s
}

func (n *node) candidate(v verdict, with *Prepared) {
	n.candidates = append(n.candidates, candidate{v, with})
	if len(n.candidates) > 2*maxCandidates {
		n.trim()
	}
}

// trim keeps the likeliest candidates, of equal ones those that come first.
func (n *node) trim() {
	slices.SortFunc(n.candidates, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.likely, x.likely), cmp.Compare(x.with.order, y.with.order))
	})
	if len(n.candidates) > maxCandidates {
		n.dropped += len(n.candidates) - maxCandidates
		clear(n.candidates[maxCandidates:])
		n.candidates = n.candidates[:maxCandidates]
	}
}

func likelier(x, y Match) int {
	return cmp.Or(cmp.Compare(y.Likely, x.Likely), strings.Compare(x.A, y.A), strings.Compare(x.B, y.B))
}

func (f *Fuser) join(a, b *node, v verdict) {
	f.unite(a.comp, b.comp)
	a.comp.edges = append(a.comp.edges, edge{a, b, v})
}

// unite makes one component of two.
func (f *Fuser) unite(x, y *component) {
	if x == y {
		return
	}
	if len(x.nodes) < len(y.nodes) {
		x, y = y, x
	}
	for _, n := range y.nodes {
		n.comp = x
	}
	x.nodes, x.edges, x.until = append(x.nodes, y.nodes...), append(x.edges, y.edges...), max(x.until, y.until)
}

// sweep hands over what no report from now on can belong to.
func (f *Fuser) sweep(now when.Instant) error {
	f.settle()
	f.swept = now
	return f.finish(func(c *component) bool { return c.until < now })
}

// Close hands over what is left.
func (f *Fuser) Close() error {
	f.settle()
	return f.finish(func(*component) bool { return true })
}

// handed is how many components are made into incidents before they are handed
// over.
const handed = 512

func (f *Fuser) finish(done func(*component) bool) error {
	var closed []*component
	told := map[*component]bool{}
	kept := f.nodes[:0]
	for _, n := range f.nodes {
		if !done(n.comp) {
			kept = append(kept, n)
			continue
		}
		n.dead = true
		if !told[n.comp] {
			told[n.comp] = true
			closed = append(closed, n.comp)
		}
	}
	clear(f.nodes[len(kept):])
	f.nodes = kept
	if len(closed) > 0 {
		f.index.sweep()
	}
	for chunk := range slices.Chunk(closed, handed) {
		made := make([][]*Fused, len(chunk))
		f.side(len(chunk), func(c *Comparer, i int) {
			for _, p := range f.divide(c, chunk[i]) {
				if !p.only(func(n *node) bool { return n.Alert || n.Detection != nil }) {
					made[i] = append(made[i], f.fused(c, p))
				}
			}
		})
		for _, list := range made {
			for _, x := range list {
				f.Stats.Incidents++
				if err := f.yield(x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
