package judge

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

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
	xw     []bits     // of a live exception: the windows of what it excepts
	of     []int      // clause -> its place in live, or -1
	over   bool       // more was possible than can be judged
}

func (j *Judge) space(ss []evidence.Scenario, note func(string)) *space {
	return j.spaceIn(ss, nil, note)
}

// spaceIn is space where it is known in which zones the place may lie, if in is
// not nil.
func (j *Judge) spaceIn(ss []evidence.Scenario, in []where.ZoneSet, note func(string)) *space {
	if len(ss) > maxScenarios {
		note("more than 64 scenarios: the rest was not judged")
		ss = ss[:maxScenarios]
	}
	s := &space{j: j, ss: ss, all: ^uint64(0) >> (64 - len(ss))}
	for i := range ss {
		s.ks = append(s.ks, j.read(&ss[i], note))
	}
	places, ok := j.placePieces(dPlace, ss, in)
	origins, okOrigin := j.placePieces(dOrigin, ss, nil)
	if !ok || !okOrigin {
		note("the boundaries of too many zones lie side by side to say in which the place may be: left undetermined")
		s.over = true
	}
	s.pieces = [5][]piece{j.sitePieces(ss), places, origins, j.timePieces(dLaunch, ss), j.timePieces(dTime, ss)}
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
			var xw bits
			for _, f := range j.excepted[c] {
				xw = xw.or(s.rangeBits(j.winOf[f], len(j.boxes)))
			}
			s.xw = append(s.xw, xw)
		}
	}
}

// wanted leaves out the windows of clauses of which no box is alive, nor one
// of an exception from them.
func (s *space) wanted(bit int) bool {
	j := s.j
	if bit < len(j.boxes) {
		return true
	}
	w := bit - len(j.boxes)
	c := sort.Search(len(j.winOf), func(c int) bool { return j.winOf[c][1] > w })
	if s.anyAlive(j.boxesOf[c]) {
		return true
	}
	for _, e := range j.r.Clauses[c].ExceptedBy {
		if s.anyAlive(j.boxesOf[e.Permit]) {
			return true
		}
	}
	return false
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

// maxStates bounds how many different acts are weighed at once. Honest texts
// stay far below; one made to explode is left undetermined.
const maxStates = 1 << 16

// restriction fixes some dimensions to some of their atoms.
type restriction map[int][]int

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
	for d := int(dQuestion); d < len(s.atoms) && !s.over; d++ {
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
		if a.scen&scen != 0 && (!fixed || slices.Contains(k, i)) {
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
	if len(states)*len(as) > maxStates {
		s.over = true // left undetermined
		return states[:1]
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

// settled is what follows from what is possible; many incidents of one feed
// leave the same possible.
type settled struct {
	o        *outcome
	deciding []Decider
	answers  []Answered
}

// maxMemo bounds what is kept of incidents judged before.
const maxMemo = 2048

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
	if s.over {
		return done
	}
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
			for _, sp := range as[i].spans {
				b = binary.LittleEndian.AppendUint64(b, uint64(sp.Start))
				b = binary.LittleEndian.AppendUint64(b, uint64(sp.End))
			}
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
