package judge

import (
	"encoding/binary"
	"fmt"
	"sort"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Judge is a regime made ready to judge many incidents. It may be used by
// several goroutines at once.
type Judge struct {
	r       *terms.Regime
	boxes   []terms.Box    // of all clauses
	windows []terms.Window // of all clauses; bits follow those of the boxes
	boxesOf [][2]int       // clause -> range of boxes
	winOf   [][2]int       // clause -> range of windows
	boxDim  []dim          // whether the time of impact or launch counts for a box
	words   int
	leaf    [treeDims][]mask // tree dimension, leaf -> what it matches
	breaks  [2][]when.Instant

	windowDim  []dim
	answer     [][2]mask // question -> what each answer leaves
	hoursUsed  [2]bool
	launchUsed bool
	zoneUsed   [2][]bool
	placeUsed  [2]bool
	sitesUsed  bool
	objects    map[string]int
	siteZones  []*where.Zone
	nothing    Verdict // about an incident of which nothing is known

	mu   sync.Mutex
	memo map[string]*settled // by what the facts leave possible
}

// settled is what follows from what is possible; many incidents of one feed
// leave the same possible.
type settled struct {
	o        *outcome
	deciding []Decider
	answers  []Answered
}

// maxMemo bounds what is kept of incidents judged before.
const maxMemo = 2048

// siteTolerance is how far the place of an act may lie from the coordinates
// of a listed object that it hit.
const siteTolerance where.Metres = 500

// New makes a regime ready.
func New(r *terms.Regime) *Judge {
	j := &Judge{r: r, objects: map[string]int{}, memo: map[string]*settled{}}
	for _, c := range r.Clauses {
		d := dTime
		if c.Launch {
			d, j.launchUsed = dLaunch, true
		}
		b, w := len(j.boxes), len(j.windows)
		j.boxes = append(j.boxes, c.Boxes...)
		j.windows = append(j.windows, c.Windows...)
		j.boxesOf = append(j.boxesOf, [2]int{b, len(j.boxes)})
		j.winOf = append(j.winOf, [2]int{w, len(j.windows)})
		for range c.Boxes {
			j.boxDim = append(j.boxDim, d)
		}
		for range c.Windows {
			j.windowDim = append(j.windowDim, d)
		}
	}
	j.words = (len(j.boxes) + len(j.windows) + 63) / 64
	j.index()
	j.sites()
	j.nothing = j.verdictOf(&evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}})
	return j
}

// index precomputes what each leaf matches, and the breakpoints of time.
func (j *Judge) index() {
	for d := dim(0); int(d) < treeDims; d++ {
		tree := j.tree(d)
		j.leaf[d] = make([]mask, tree.Len())
		for leaf := range j.leaf[d] {
			m := j.full()
			for b := range j.boxes {
				if s := boxSet(&j.boxes[b], d); s != nil && !s.Has(leaf) {
					m.clear(b)
				}
			}
			if d == dActor {
				for w := range j.windows {
					if !j.windows[w].Actors.Has(leaf) {
						m.clear(len(j.boxes) + w)
					}
				}
			}
			j.leaf[d][leaf] = m
		}
	}
	for w, win := range j.windows {
		k := j.windowDim[w] - dLaunch
		for _, p := range []when.Instant{win.Span.Start, win.Span.End} {
			if p.Bounded() {
				j.breaks[k] = append(j.breaks[k], p)
			}
		}
	}
	for k := range j.breaks {
		sort.Slice(j.breaks[k], func(a, b int) bool { return j.breaks[k][a] < j.breaks[k][b] })
	}
	for q := range j.r.Questions {
		j.answer = append(j.answer, [2]mask{j.answerMask(q, 0), j.answerMask(q, 1)})
	}
	j.zoneUsed = [2][]bool{make([]bool, len(j.r.Zones)), make([]bool, len(j.r.Zones))}
	for b := range j.boxes {
		if j.boxes[b].Hours != nil {
			j.hoursUsed[j.boxDim[b]-dLaunch] = true
		}
		for _, z := range j.boxes[b].Zones {
			j.zoneUsed[0][z], j.placeUsed[0] = true, true
		}
		for _, z := range j.boxes[b].Origins {
			j.zoneUsed[1][z], j.placeUsed[1] = true, true
		}
		j.sitesUsed = j.sitesUsed || j.boxes[b].Sites != nil
	}
}

func (j *Judge) sites() {
	j.siteZones = make([]*where.Zone, len(j.r.Objects))
	for i, o := range j.r.Objects {
		j.objects[o.ID] = i
		if o.HasPoint {
			j.siteZones[i] = where.NearSites(o.ID, []where.Point{o.Point}, siteTolerance)
		}
	}
}

func boxSet(b *terms.Box, d dim) *vocab.Set {
	switch d {
	case dActor:
		return b.Actor
	case dAct:
		return b.Act
	case dOutcome:
		return b.Outcome
	case dMeans:
		return b.Means
	case dTarget:
		return b.Target
	case dIntended:
		return b.Intends
	case dOwner:
		return b.Owner
	case dController:
		return b.Controller
	}
	return nil
}

// full returns a new mask of everything.
func (j *Judge) full() mask {
	m := make(mask, j.words)
	for i := range m {
		m[i] = ^uint64(0)
	}
	return m
}

// Regime returns the regime that is judged by.
func (j *Judge) Regime() *terms.Regime { return j.r }

// space is the possible acts of an incident, as atoms by dimension.
type space struct {
	j     *Judge
	ss    []evidence.Scenario
	ks    []known
	atoms [][]atom // by dimension, then question
	all   uint64

	pieces [5][]piece // of the dimensions from dSite to dTime
	ors    []mask     // by dimension: what some possible value matches
	alive  mask       // what can match at all
	index  []int      // for wide regimes: the alive bits, in order
	live   []int      // the clauses of which a box is alive
	cb     []bits     // boxes of the live clauses
	cw     []bits     // windows of the live clauses
	of     []int      // clause -> its place in live, or -1
	over   bool       // more was possible than can be judged
}

func (j *Judge) space(ss []evidence.Scenario, note func(string)) *space {
	if len(ss) > maxScenarios {
		note("more than 64 scenarios: the rest was not judged")
		ss = ss[:maxScenarios]
	}
	s := &space{j: j, ss: ss, all: ^uint64(0) >> (64 - len(ss))}
	for i := range ss {
		s.ks = append(s.ks, j.read(&ss[i], note))
	}
	s.pieces = [5][]piece{j.sitePieces(ss), j.placePieces(dPlace, ss), j.placePieces(dOrigin, ss), j.timePieces(dLaunch, ss), j.timePieces(dTime, ss)}
	s.findAlive(note)
	s.atoms = make([][]atom, 0, int(dQuestion)+len(j.r.Questions))
	for d := dim(0); int(d) < treeDims; d++ {
		s.atoms = append(s.atoms, s.treeAtoms(d))
	}
	for _, ps := range s.pieces {
		s.atoms = append(s.atoms, s.atomsOf(ps))
	}
	for q := range j.r.Questions {
		var as []atom
		for v := range j.answer[q] {
			m := s.bits(j.answer[q][v])
			if v == 1 && as[0].m == m {
				break // no clause that can match asks
			}
			as = append(as, atom{m: m, scen: s.all, label: j.r.Questions[q].Answers[v], named: true})
		}
		s.atoms = append(s.atoms, as)
	}
	return s
}

// findAlive finds the boxes and windows that some possible act can match, and
// the clauses that they belong to.
func (s *space) findAlive(note func(string)) {
	j := s.j
	s.alive = j.full()
	for d := dim(0); int(d) < treeDims; d++ {
		or := make(mask, j.words)
		for i := range s.ks {
			j.reach(or, d, s.ks[i].sets[d])
		}
		s.ors = append(s.ors, or)
	}
	for _, ps := range s.pieces {
		or := make(mask, j.words)
		for _, p := range ps {
			or.or(p.m)
		}
		s.ors = append(s.ors, or)
	}
	for _, or := range s.ors {
		s.alive.and(or)
	}
	if j.words > len(bits{}) {
		s.index = make([]int, 0, maxAlive)
		for i := 0; i < len(j.boxes)+len(j.windows); i++ {
			if s.alive[i/64]&(1<<(i%64)) != 0 && s.wanted(i) {
				s.index = append(s.index, i)
			}
		}
		if len(s.index) > maxAlive {
			note(fmt.Sprintf("%d parts of clauses may speak at once, more than can be weighed: left undetermined", len(s.index)))
			s.index, s.over = s.index[:maxAlive], true
		}
	}
	s.of = make([]int, len(j.r.Clauses))
	for c := range j.r.Clauses {
		s.of[c] = -1
		if s.anyAlive(j.boxesOf[c]) {
			s.of[c] = len(s.live)
			s.live = append(s.live, c)
			s.cb = append(s.cb, s.rangeBits(j.boxesOf[c], 0))
			s.cw = append(s.cw, s.rangeBits(j.winOf[c], len(j.boxes)))
		}
	}
}

// wanted leaves out the windows of clauses of which no box is alive.
func (s *space) wanted(bit int) bool {
	j := s.j
	if bit < len(j.boxes) {
		return true
	}
	w := bit - len(j.boxes)
	c := sort.Search(len(j.winOf), func(c int) bool { return j.winOf[c][1] > w })
	return s.anyAlive(j.boxesOf[c])
}

func (s *space) anyAlive(r [2]int) bool {
	for i := r[0]; i < r[1]; i++ {
		if s.alive[i/64]&(1<<(i%64)) != 0 {
			return true
		}
	}
	return false
}

func (s *space) rangeBits(r [2]int, offset int) bits {
	var out bits
	for i := offset + r[0]; i < offset+r[1]; i++ {
		k := i
		if s.index != nil {
			k = sort.SearchInts(s.index, i)
			if k == len(s.index) || s.index[k] != i {
				continue
			}
		}
		out[k/64] |= 1 << (k % 64)
	}
	return out
}

// bits takes from a mask what is alive.
func (s *space) bits(m mask) bits {
	var out bits
	if s.index == nil {
		for i := range m {
			out[i] = m[i] & s.alive[i]
		}
		return out
	}
	for k, i := range s.index {
		if m[i/64]&(1<<(i%64)) != 0 {
			out[k/64] |= 1 << (k % 64)
		}
	}
	return out
}

// full is everything that is alive.
func (s *space) full() bits { return s.bits(s.alive) }

// restriction fixes some dimensions to one of their atoms.
type restriction map[int]int

// each calls yield with every distinct mask that the facts of a possible act
// within the restriction leave, before time and the open questions of the
// text, together with the scenario's pieces of time. It is exact: what is
// folded away is only what leads to the same mask.
func (s *space) each(fix restriction, yield func(m bits, times []atom, lasting bool)) {
	for i := range s.ss {
		bit := uint64(1) << i
		states := []bits{s.full()}
		for d := 0; d < int(dTime) && len(states) > 0; d++ {
			states = s.fold(states, d, bit, fix)
		}
		times := s.allowed(int(dTime), bit, fix)
		if len(times) == 0 {
			continue
		}
		for _, m := range states {
			yield(m, times, s.ss[i].Lasting)
		}
	}
}

// answers returns the distinct masks that the answers to the open questions
// leave of m.
func (s *space) answers(m bits, fix restriction) []bits {
	states := []bits{m}
	for d := int(dQuestion); d < len(s.atoms); d++ {
		states = s.fold(states, d, s.all, fix)
	}
	return states
}

// allowed returns the atoms of a dimension that a scenario allows, restricted.
func (s *space) allowed(d int, scen uint64, fix restriction) []atom {
	k, fixed := fix[d]
	if !fixed && len(s.ss) == 1 {
		return s.atoms[d]
	}
	var out []atom
	for i, a := range s.atoms[d] {
		if a.scen&scen != 0 && (!fixed || i == k) {
			out = append(out, a)
		}
	}
	return out
}

// fold returns the distinct masks that the atoms of a dimension leave.
func (s *space) fold(states []bits, d int, scen uint64, fix restriction) []bits {
	as := s.allowed(d, scen, fix)
	if len(as) == 1 {
		for i := range states {
			states[i] = states[i].and(as[0].m)
		}
		return unique(states)
	}
	out := make([]bits, 0, len(states)*len(as))
	for _, a := range as {
		for _, m := range states {
			out = append(out, m.and(a.m))
		}
	}
	return unique(out)
}

// unique drops repeated masks, in place.
func unique(ms []bits) []bits {
	if len(ms) <= 1 {
		return ms
	}
	out := ms[:0]
	if len(ms) <= 32 {
	next:
		for _, m := range ms {
			for _, o := range out {
				if o == m {
					continue next
				}
			}
			out = append(out, m)
		}
		return out
	}
	seen := make(map[bits]bool, len(ms))
	for _, m := range ms {
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

// act is what a regime says about one possible act.
type act struct {
	verdict Verdict
	clauses []verdicts // by live clause; 0: silent
}

// one judges a single possible act: which clauses match it, which of them
// bind its author at its instant, and what the exceptions take back. Every
// clause is weighed, also after a breach is found.
func (s *space) one(m bits) act {
	w := weighing{s: s, matched: make([]bool, len(s.live)), bound: make([]bool, len(s.live))}
	for k := range s.live {
		w.matched[k] = m.meets(s.cb[k])
		w.bound[k] = m.meets(s.cw[k])
	}
	a := act{clauses: make([]verdicts, len(s.live))}
	anyMatch, anyBound := false, false
	for k, c := range s.live {
		rc := s.j.r.Clauses[c]
		if !w.matched[k] || rc.Kind != terms.Forbid && (rc.Kind != terms.Permit || len(rc.Except) > 0) {
			continue
		}
		anyMatch = true
		if !w.bound[k] {
			a.clauses[k] = a.clauses[k].with(NotInForce)
			continue
		}
		anyBound = true
		v := Permitted
		if rc.Kind == terms.Forbid && w.effective(c) {
			v, a.verdict = Breach, Breach
		}
		a.clauses[k] = a.clauses[k].with(v)
	}
	switch {
	case !anyMatch:
		a.verdict = NotCovered
	case !anyBound:
		a.verdict = NotInForce
	case a.verdict != Breach:
		a.verdict = Permitted
	}
	w.helpers(&a)
	return a
}

// weighing is which live clauses match an act and bind its author.
type weighing struct {
	s              *space
	matched, bound []bool
}

// applies reports whether clause c matches and binds.
func (w *weighing) applies(c int) bool {
	k := w.s.of[c]
	return k >= 0 && w.matched[k] && w.bound[k]
}

// effective reports whether no exception takes clause c back.
func (w *weighing) effective(c int) bool {
	for _, e := range w.s.j.r.Clauses[c].ExceptedBy {
		if !w.applies(e.Permit) {
			continue
		}
		reinstated := false
		for _, r := range e.ReinstatedBy {
			reinstated = reinstated || w.applies(r) && w.effective(r)
		}
		if !reinstated {
			return false
		}
	}
	return true
}

// helpers notes which exceptions, reinstatements and reservations speak: those
// that apply to a clause that matches.
func (w *weighing) helpers(a *act) {
	for k, c := range w.s.live {
		rc := w.s.j.r.Clauses[c]
		if !w.matched[k] || !w.bound[k] {
			continue
		}
		switch {
		case rc.Kind == terms.Reserve && a.verdict != NotCovered:
			a.clauses[k] = a.clauses[k].with(a.verdict)
		case rc.Kind == terms.Reinstate || rc.Kind == terms.Permit && len(rc.Except) > 0:
			for kf, f := range w.s.live {
				fc := w.s.j.r.Clauses[f]
				if fc.Kind != terms.Forbid || !w.matched[kf] || !exceptsOrReinstates(rc, fc) {
					continue
				}
				v := NotInForce
				if w.bound[kf] {
					v = Permitted
					if w.effective(f) {
						v = Breach
					}
				}
				if rc.Kind == terms.Permit && v == Breach {
					continue // taken back: it has no effect
				}
				a.clauses[k] = a.clauses[k].with(v)
			}
		}
	}
}

func exceptsOrReinstates(h, f *terms.RegimeClause) bool {
	for _, id := range h.Except {
		if id == f.ID {
			return true
		}
	}
	return false
}

// outcome collects what possible acts say.
type outcome struct {
	all     verdicts
	clauses []verdicts // by live clause
	silent  []bool     // some possible act on which the clause is silent
}

// add takes in one possible act, with what is said of it under each answer to
// the open questions.
func (o *outcome) add(under []act) {
	var all verdicts
	for _, a := range under {
		all = all.with(a.verdict)
	}
	o.all |= all.idle()
	for c := range o.clauses {
		var v verdicts
		silent := false
		for _, a := range under {
			v |= a.clauses[c]
			silent = silent || a.clauses[c] == 0
		}
		o.clauses[c] |= v
		if silent && v != 1<<NotInForce {
			o.silent[c] = true
		}
	}
}

// verdict is what one live clause says.
func (o *outcome) verdict(k int) Verdict {
	if o.silent[k] {
		return Undetermined
	}
	return o.clauses[k].one()
}

// idle drops a question of the text that needs no answer: where it could only
// choose between not covered and not in force, the act is not in force.
func (s verdicts) idle() verdicts {
	if s == 1<<NotCovered|1<<NotInForce {
		return 1 << NotInForce
	}
	return s
}

// collect judges every possible act within a restriction.
func (s *space) collect(fix restriction) *outcome {
	n := len(s.live)
	o := &outcome{clauses: make([]verdicts, n), silent: make([]bool, n)}
	if s.over {
		o.all = 1<<NotCovered | 1<<Breach
		return o
	}
	cache := map[bits]act{}
	judge := func(m bits) act {
		a, ok := cache[m]
		if !ok {
			a = s.one(m)
			cache[m] = a
		}
		return a
	}
	seen := map[bits]bool{}
	s.each(fix, func(m bits, times []atom, lasting bool) {
		var under []act
		if !lasting {
			for _, t := range times {
				mt := m.and(t.m)
				if seen[mt] {
					continue
				}
				seen[mt] = true
				under = under[:0]
				for _, q := range s.answers(mt, fix) {
					under = append(under, judge(q))
				}
				o.add(under)
			}
			return
		}
		// An act that lasted is judged at every instant of it: a breach in
		// any part is a breach.
		for _, q := range s.answers(m, fix) {
			total := act{clauses: make([]verdicts, n)}
			for _, t := range times {
				total = strongest(total, judge(q.and(t.m)))
			}
			under = append(under, total)
		}
		o.add(under)
	})
	return o
}

// strongest joins the verdicts on parts of one lasting act.
func strongest(a, b act) act {
	a.verdict = max(a.verdict, b.verdict)
	out := make([]verdicts, len(a.clauses))
	for c := range out {
		v := a.clauses[c] | b.clauses[c]
		for k := Breach; ; k-- {
			if v&(1<<k) != 0 {
				out[c] = 1 << k
				break
			}
			if k == NotCovered {
				break
			}
		}
	}
	a.clauses = out
	return a
}

// settle judges what is possible, or finds that it was judged before.
func (s *space) settle() *settled {
	key := s.key()
	s.j.mu.Lock()
	done := s.j.memo[key]
	s.j.mu.Unlock()
	if done != nil {
		return done
	}
	done = &settled{o: s.collect(nil)}
	if done.o.all.one() == Undetermined {
		done.deciding, done.answers = s.decide()
	}
	s.j.mu.Lock()
	if len(s.j.memo) >= maxMemo {
		clear(s.j.memo)
	}
	s.j.memo[key] = done
	s.j.mu.Unlock()
	return done
}

// key tells apart what is possible: every atom of every dimension, with its
// name where it may be named, and which scenarios lasted.
func (s *space) key() string {
	n := s.j.words
	if s.index != nil {
		n = (len(s.index) + 63) / 64
	}
	b := make([]byte, 0, 1024)
	for d, as := range s.atoms {
		b = append(b, byte(d), byte(len(as)), byte(len(as)>>8))
		for i := range as {
			for w := 0; w < n; w++ {
				b = binary.LittleEndian.AppendUint64(b, as[i].m[w])
			}
			b = binary.LittleEndian.AppendUint64(b, as[i].scen)
			if len(as) == 1 {
				continue
			}
			b = append(append(b, as[i].label...), 0)
			for _, w := range as[i].set {
				b = binary.LittleEndian.AppendUint64(b, w)
			}
		}
	}
	for _, i := range s.index {
		b = binary.LittleEndian.AppendUint32(b, uint32(i))
	}
	for _, c := range s.live {
		b = binary.LittleEndian.AppendUint32(b, uint32(c))
	}
	for i := range s.ss {
		b = append(b, 'a')
		if s.ss[i].Lasting {
			b = append(b, 'l')
		}
	}
	if s.over {
		b = append(b, 'o')
	}
	return string(b)
}

// verdictOf is the verdict alone.
func (j *Judge) verdictOf(in *evidence.Incident) Verdict {
	return j.space(in.Scenarios, func(string) {}).collect(nil).all.one()
}

// Incident judges an incident by its facts of the given level and above; with
// level nil all facts are used. Every clause is weighed, also after a breach
// is found: the trace must show what else was considered.
func (j *Judge) Incident(in *evidence.Incident, level *evidence.Level) Finding {
	f := Finding{Incident: in, Regime: j.r, Level: in.Level}
	ss := in.Scenarios
	if level != nil {
		f.Level = *level
		ss = Accepted(in, *level)
	}
	s := j.space(ss, func(n string) {
		for _, o := range f.Notes {
			if o == n {
				return
			}
		}
		f.Notes = append(f.Notes, n)
	})
	done := s.settle()
	o := done.o
	f.Verdict, f.Deciding, f.Answers = o.all.one(), done.deciding, done.answers
	var authors vocab.Set
	for i := range s.ks {
		authors = authors.Union(s.ks[i].sets[dActor])
	}
	f.Author = j.r.Terms.ActorNames(authors)
	for k, c := range s.live {
		if o.clauses[k] == 0 {
			continue
		}
		rc := j.r.Clauses[c]
		cf := ClauseFinding{Clause: rc, Verdict: o.verdict(k), Party: j.boundAmong(rc, authors), Share: j.share(rc, ss)}
		f.Clauses = append(f.Clauses, cf)
		for _, p := range cf.Party {
			f.Party = addParty(f.Party, p)
		}
	}
	f.Trace = s.trace(o)
	f.Profile = j.profile(in, f.Verdict, level)
	return f
}

func addParty(ps []terms.PartyID, p terms.PartyID) []terms.PartyID {
	for _, q := range ps {
		if q == p {
			return ps
		}
	}
	return append(ps, p)
}

// boundAmong returns the parties whom the clause binds and who may be the
// author.
func (j *Judge) boundAmong(c *terms.RegimeClause, authors vocab.Set) []terms.PartyID {
	var out []terms.PartyID
	for _, p := range j.r.Terms.PartiesOf(authors) {
		for _, w := range c.Windows {
			if w.Party == p {
				out = addParty(out, p)
			}
		}
	}
	return out
}

// share is the largest part of the place, over the scenarios, that lies in a
// zone of the clause.
func (j *Judge) share(c *terms.RegimeClause, ss []evidence.Scenario) float64 {
	zones := map[int]bool{}
	for _, b := range c.Boxes {
		if len(b.Zones) == 0 {
			return 1
		}
		for _, z := range b.Zones {
			zones[z] = true
		}
	}
	best := 0.0
	for i := range ss {
		for z := range zones {
			best = max(best, j.r.Zones[z].Share(ss[i].Place, j.r.Terms.Geometry))
		}
	}
	return best
}

// Accepted returns the scenarios with every fact below the level made
// unknown.
func Accepted(in *evidence.Incident, level evidence.Level) []evidence.Scenario {
	out := make([]evidence.Scenario, len(in.Scenarios))
	for i, s := range in.Scenarios {
		keep := func(fact string) bool {
			l, ok := s.Levels[fact]
			if !ok {
				l = in.Level
			}
			return l >= level
		}
		n := evidence.Unknown()
		n.Name = s.Name
		if keep("time_start") {
			n.Time, n.Lasting = s.Time, s.Lasting
		}
		if keep("launch_start") {
			n.Launch = s.Launch
		}
		if keep("place") {
			n.Place, n.PlaceName = s.Place, s.PlaceName
		}
		if keep("origin") {
			n.Origin, n.OriginName = s.Origin, s.OriginName
		}
		for _, f := range []struct {
			name     string
			from, to *[]string
		}{
			{"actor", &s.Actor, &n.Actor}, {"act", &s.Act, &n.Act}, {"outcome", &s.Outcome, &n.Outcome},
			{"means", &s.Means, &n.Means}, {"target", &s.Target, &n.Target}, {"intended_target", &s.Intended, &n.Intended},
			{"owner", &s.Owner, &n.Owner}, {"controller", &s.Controller, &n.Controller}, {"site", &s.Site, &n.Site},
		} {
			if keep(f.name) {
				*f.to = *f.from
			}
		}
		out[i] = n
	}
	return out
}

// profile is the verdict at every evidence level.
func (j *Judge) profile(in *evidence.Incident, v Verdict, level *evidence.Level) [5]Verdict {
	var out [5]Verdict
	lowest, highest, mixed := in.Level, in.Level, false
	for _, s := range in.Scenarios {
		for _, l := range s.Levels {
			lowest, highest, mixed = min(lowest, l), max(highest, l), true
		}
	}
	for _, l := range evidence.Levels() {
		switch {
		case l <= lowest && level == nil:
			out[l] = v
		case !mixed && l > highest:
			out[l] = j.nothing
		default:
			out[l] = j.verdictOf(&evidence.Incident{Scenarios: Accepted(in, l)})
		}
	}
	return out
}
