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

// Fused is an incident that is proposed: reports that are taken to be of one
// event, with whose word they are, what they agree and conflict on, and what
// else they may belong with. It is a proposal: what it was made from is whole,
// and each match can be taken back.
type Fused struct {
	Incident    *Incident // scenarios as reported, none blended; ID is that of the first report
	Reports     []*Report
	Groups      []Group
	Independent int // Corroboration(Groups)
	LevelWhy    []string
	Conflicts   []Conflict
	Attribution Attribution
	Supports    []Support
	Denials     []string // ids of reports that deny
	Joined      []Match  // matches by which the reports are one incident
	Candidates  []Match  // matches with reports of other incidents that people should look at
	Dropped     int      // candidates beyond the twenty likeliest
	Apart       []Held   // pairs of which one is a report of it, that people hold to be of different events
	Taken       []Taken  // sets of reports of it that people took as one
	Open        []Open
}

// Open is a fact that would have to be settled, and why.
type Open struct {
	Fact string `json:"fact"`
	Why  string `json:"why"`
}

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

// part is reports that are one incident, with the matches among them.
type part struct {
	nodes []*node
	edges []edge
}

func (p part) only(is func(*node) bool) bool {
	for _, n := range p.nodes {
		if !is(n) {
			return false
		}
	}
	return true
}

// maxPairs is up to how many reports of a part all pairs are compared before two
// parts become one.
const maxPairs = 60

// divide puts the reports of a component together, the likeliest matches first,
// and never two parts of which two reports cannot be of one event: that A is B
// and B is C does not make A C. What it does not join stays as a candidate.
func (f *Fuser) divide(by *Comparer, c *component) []part {
	slices.SortFunc(c.nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	slices.SortFunc(c.edges, func(x, y edge) int {
		return cmp.Or(cmp.Compare(y.v.likely, x.v.likely), cmp.Compare(x.a.order, y.a.order), cmp.Compare(x.b.order, y.b.order))
	})
	of := map[*node]*part{}
	for _, n := range c.nodes {
		of[n] = &part{nodes: []*node{n}}
	}
	f.asTaken(c, of)
	for _, e := range c.edges {
		x, y := of[e.a], of[e.b]
		if x != y {
			if !f.agree(by, x, y) {
				e.a.candidate(e.v, e.b.Prepared)
				e.b.candidate(e.v, e.a.Prepared)
				continue
			}
			x.nodes, x.edges = append(x.nodes, y.nodes...), append(x.edges, y.edges...)
			for _, n := range y.nodes {
				of[n] = x
			}
		}
		x.edges = append(x.edges, e)
	}
	var out []part
	done := map[*part]bool{}
	for _, n := range c.nodes {
		if p := of[n]; !done[p] {
			done[p] = true
			slices.SortFunc(p.nodes, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
			out = append(out, *p)
		}
	}
	return out
}

// agreeFrom is how likely the pairs of two parts must be, on average, for the
// parts to become one.
const agreeFrom = 0.5

// heldApart reports whether people hold two reports of two parts to be of
// different events.
func (f *Fuser) heldApart(x, y *part) bool {
	if f.opt.Apart == nil {
		return false
	}
	for _, a := range x.nodes {
		if len(f.opt.Apart.of[a.ID()]) == 0 {
			continue
		}
		for _, b := range y.nodes {
			if f.opt.Apart.Pair(a.ID(), b.ID()) {
				return true
			}
		}
	}
	return false
}

// agree reports whether two parts can be one: no pair is ruled out, by what they
// say or by people, and the pairs are likely on average.
func (f *Fuser) agree(by *Comparer, x, y *part) bool {
	if f.heldApart(x, y) {
		return false
	}
	if len(x.nodes)*len(y.nodes) > maxPairs*maxPairs {
		return f.meetAll(x, y)
	}
	told, likely := 0.0, 0.0
	for _, a := range x.nodes {
		for _, b := range y.nodes {
			v := by.compare(a.Prepared, b.Prepared)
			if v.veto {
				return false
			}
			told, likely = told+1, likely+v.likely
		}
	}
	return likely >= agreeFrom*told
}

func (f *Fuser) meetAll(x, y *part) bool {
	for _, a := range x.nodes {
		for _, b := range y.nodes {
			if a.timed && b.timed && gapOf(a.at, b.at) > maxGap || a.placed && b.placed && apart(a.Prepared, b.Prepared) > maxApart {
				return false
			}
		}
	}
	return true
}

// fused makes the incident of a part.
func (f *Fuser) fused(by *Comparer, p part) *Fused {
	out := &Fused{Taken: f.takenIn(p)}
	for _, e := range p.edges {
		out.Joined = append(out.Joined, by.told(e.v, e.a.Prepared, e.b.Prepared))
	}
	rs := make([]*Prepared, len(p.nodes))
	inside := map[*Prepared]bool{}
	for i, n := range p.nodes {
		rs[i] = n.Prepared
		out.Reports = append(out.Reports, n.Report)
		inside[n.Prepared] = true
	}
	for _, n := range p.nodes {
		n.trim()
		out.Dropped += n.dropped
		for _, m := range n.candidates {
			if !inside[m.with] {
				out.Candidates = append(out.Candidates, by.told(m.verdict, n.Prepared, m.with))
			}
		}
		out.Supports = append(out.Supports, n.supports...)
		out.Apart = append(out.Apart, f.opt.Apart.with(n.ID())...)
		if n.Denies {
			out.Denials = append(out.Denials, n.ID())
		}
	}
	slices.SortFunc(out.Apart, heldOrder)
	slices.SortFunc(out.Candidates, likelier)
	slices.SortFunc(out.Joined, likelier)
	out.Supports = bestSupports(out.Supports)
	out.Groups = groups(rs, f.opt.Sources)
	rate(out.Groups, rs)
	out.Independent = Corroboration(out.Groups)
	out.Conflicts = conflicts(rs, out.Groups)
	out.Attribution = attribution(rs, out.Groups, f.opt.Holders)
	out.Incident = assemble(rs, out.Groups)
	rules := DefaultLevels()
	if f.opt.Levels != nil {
		rules = *f.opt.Levels
	}
	supports := 0
	for _, s := range out.Supports {
		if s.Supports {
			supports++
		}
	}
	out.Incident.Level, out.LevelWhy = levelOf(rs, out.Groups, supports, rules)
	weigh(out, rs)
	out.open()
	return out
}

// weigh lowers the level of single facts that only parties state: that an event
// is reported makes no accusation more than a claim.
func weigh(x *Fused, rs []*Prepared) {
	if x.Incident.Level == Claimed || x.Incident.Level >= Verified {
		return
	}
	for i := range x.Incident.Scenarios {
		s := &x.Incident.Scenarios[i]
		levels := map[string]Level{}
		for _, f := range []struct {
			name   string
			values []string
			of     func(*Scenario) []string
		}{
			{"actor", s.Actor, func(s *Scenario) []string { return s.Actor }},
			{"act", s.Act, func(s *Scenario) []string { return s.Act }},
			{"means", s.Means, func(s *Scenario) []string { return s.Means }},
			{"intended_target", s.Intended, func(s *Scenario) []string { return s.Intended }},
		} {
			if len(f.values) > 0 && !backed(rs, f.values, f.of) {
				levels[f.name] = Claimed
			}
		}
		if len(levels) > 0 {
			s.Levels = levels
		}
	}
}

// backed reports whether somebody who speaks for no party, passes on no party's
// word, and states more than a claim, states a value that meets others.
func backed(rs []*Prepared, values []string, of func(*Scenario) []string) bool {
	for _, r := range rs {
		if r.Party != "" || !states(r) || r.Relay.Relays() || r.Incident.Level == Claimed {
			continue
		}
		for i := range r.Incident.Scenarios {
			if meet(of(&r.Incident.Scenarios[i]), values) {
				return true
			}
		}
	}
	return false
}

// WeakestLevel is the lowest level of the incident and its facts, for forms that
// have one level for all. Where all reports state no more than a claim it is a
// claim, though both parties may say that something happened.
func (x *Fused) WeakestLevel() Level {
	l := x.Incident.Level
	if !slices.ContainsFunc(x.Reports, func(r *Report) bool {
		return !r.Denies && r.Detection == nil && !r.Alert && r.Incident.Level > Claimed
	}) {
		return Claimed
	}
	for i := range x.Incident.Scenarios {
		for _, v := range x.Incident.Scenarios[i].Levels {
			l = min(l, v)
		}
	}
	return l
}

// named are all actors that the reports name, sorted.
func (x *Fused) named() []string {
	var out []string
	for _, r := range x.Reports {
		if r.Denies {
			continue
		}
		for _, v := range namedBy(r.Incident) {
			out = appendNew(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func hoursList(hs []int) string {
	var out []string
	for _, h := range hs[:min(3, len(hs))] {
		out = append(out, fmt.Sprintf("%+d h", h))
	}
	return strings.Join(out, " or ")
}

// bestSupports keeps what each detection says once: the best for the incident,
// since it may be near to several of its reports, with the fewest reasons against.
func bestSupports(list []Support) []Support {
	slices.SortStableFunc(list, func(a, b Support) int {
		return cmp.Or(strings.Compare(a.Report, b.Report), cmp.Compare(boolInt(b.Supports), boolInt(a.Supports)), cmp.Compare(a.against, b.against), strings.Compare(strings.Join(a.Why, ""), strings.Join(b.Why, "")))
	})
	return slices.CompactFunc(list, func(a, b Support) bool { return a.Report == b.Report })
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// open lists what would have to be settled.
func (x *Fused) open() {
	add := func(fact, format string, args ...any) {
		x.Open = append(x.Open, Open{fact, fmt.Sprintf(format, args...)})
	}
	for _, c := range x.Conflicts {
		if c.Fact == "actor" {
			continue
		}
		var says []string
		for _, v := range c.Values {
			says = append(says, v.Says)
		}
		add(c.Fact, "%s: these cannot all be so", strings.Join(says, "; "))
	}
	if a := x.Attribution; a.Open() {
		var names []string
		for _, y := range a.Actors {
			names = append(names, y.Actor)
		}
		if to := a.leans(); to != "" {
			add("actor", "%s, or somebody else: what counts points to %s alone, and is less than half", strings.Join(names, "|"), to)
		} else if named := x.named(); len(named) > 1 {
			add("actor", "sources name different actors, %s; it may be somebody else: nothing that counts points to one alone", strings.Join(named, "|"))
		} else if len(names) > 0 {
			add("actor", "%s, or somebody else: nothing that counts points to one alone", strings.Join(names, "|"))
		} else {
			add("actor", "nobody says who did it")
		}
	}
	for _, s := range x.Supports {
		if len(s.Shifts) > 0 {
			add("acq_time of "+s.Report, "its time is in no window of its satellite; moved by %s it would be: which clock is it?", hoursList(s.Shifts))
		}
	}
	for _, m := range x.Joined {
		if m.ShiftHours != 0 {
			add("time zone of "+m.A+" or "+m.B, "the times would meet if one clock were moved by %+d h", m.ShiftHours)
		}
	}
}
