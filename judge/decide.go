package judge

import (
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// maxTable is how many combinations of open facts are laid out when looking
// for the deciding ones, and maxTogether how many facts may decide together.
const (
	maxTable    = 1 << 12
	maxTogether = 3
)

// decide finds the smallest sets of facts that would settle the finding, and
// the verdict under each answer.
func (s *space) decide() (deciding []Decider, under []Answered) {
	open := s.open()
	t := s.table(open)
	if t == nil {
		return s.few(open)
	}
	for size := 1; size <= min(maxTogether, len(open)); size++ {
		for _, set := range subsets(len(open), size) {
			answers, ok := t.settles(set)
			if !ok {
				continue
			}
			d := make(Decider, size)
			for i, k := range set {
				d[i] = s.name(open[k])
			}
			deciding = append(deciding, d)
			if size == 1 {
				under = append(under, s.alone(open[set[0]], answers)...)
				continue
			}
			under = append(under, s.together(open, set, answers)...)
		}
		if len(deciding) > 0 {
			break
		}
	}
	if len(deciding) == 0 {
		return s.steps(open)
	}
	return deciding, sortAnswers(under)
}

// together gives the answers to facts that decide together: step by step,
// where an answer to one of them makes the others idle.
func (s *space) together(open, set []int, answers []cellAnswer) []Answered {
	t := &stepper{space: s, used: map[int]bool{}}
	for _, k := range set {
		t.open = append(t.open, open[k])
	}
	t.ask(restriction{}, nil, 0)
	for _, a := range t.out {
		if a.Verdict == Undetermined {
			t.out = nil // too many steps: every combination is named
			break
		}
	}
	if t.out != nil {
		return t.out
	}
	var out []Answered
	for _, a := range answers {
		a.Facts = nil
		for i, k := range set {
			a.Facts = append(a.Facts, s.name(open[k])+"="+s.label(open[k], a.coords[i]))
		}
		sort.Strings(a.Facts)
		out = append(out, a.Answered)
	}
	return out
}

// alone joins the answers to one fact that lead to one verdict.
func (s *space) alone(d int, answers []cellAnswer) []Answered {
	byVerdict := map[Verdict][]int{}
	for _, a := range answers {
		byVerdict[a.Verdict] = append(byVerdict[a.Verdict], a.coords[0])
	}
	var out []Answered
	for v := NotCovered; v <= Breach; v++ {
		if atoms := byVerdict[v]; atoms != nil {
			out = append(out, Answered{[]string{s.name(d) + "=" + s.union(d, atoms)}, v})
		}
	}
	return out
}

// union names several atoms of a dimension together.
func (s *space) union(d int, atoms []int) string {
	if len(atoms) == 1 {
		return s.label(d, atoms[0])
	}
	first := s.atoms[d][atoms[0]]
	switch {
	case first.spans != nil:
		var spans []when.Span
		for _, i := range atoms {
			spans = append(spans, s.atoms[d][i].spans...)
		}
		return spanLabel(spans)
	case !first.named:
		var set vocab.Set
		for _, i := range atoms {
			set = set.Union(s.atoms[d][i].set)
		}
		txt := s.j.format(dim(d), set)
		if strings.Count(txt, "|") >= maxNamed && 2*set.Len() > s.leaves(d) {
			return AnyOther
		}
		return txt
	}
	label := s.label(d, atoms[0])
	for _, i := range atoms[1:] {
		label = joinLabel(label, s.label(d, i))
	}
	return label
}

// leaves is how many leaves of a dimension are possible.
func (s *space) leaves(d int) int {
	n := 0
	for i := range s.atoms[d] {
		n += s.atoms[d][i].set.Len()
	}
	return n
}

// Bounds on asking step by step.
const (
	maxSteps  = 4  // facts on one path
	maxLeaves = 24 // answers in all
)

// steps asks one fact at a time, first the one that settles most, where no few
// facts settle everything at once: many answers end it early. What is still
// open after a few steps is said to be undetermined.
func (s *space) steps(open []int) ([]Decider, []Answered) {
	t := &stepper{space: s, open: open, used: map[int]bool{}}
	t.ask(restriction{}, nil, 0)
	if len(t.used) == 0 {
		var all Decider
		for _, d := range open {
			all = append(all, s.name(d))
		}
		sort.Strings(all)
		return []Decider{all}, nil
	}
	var d Decider
	for _, k := range open {
		if t.used[k] {
			d = append(d, s.name(k))
		}
	}
	sort.Strings(d)
	return []Decider{d}, sortAnswers(t.out)
}

type stepper struct {
	*space
	open []int
	used map[int]bool
	out  []Answered
}

// ask settles what a restriction leaves open, by the fact that settles most of
// its answers.
func (t *stepper) ask(fix restriction, path []string, depth int) {
	best, bestScore := -1, -1.0
	var bestBy [][]int
	var bestV []verdicts
	for _, d := range t.open {
		if _, fixed := fix[d]; fixed {
			continue
		}
		by, vs := t.split(fix, d)
		settled := 0
		for _, v := range vs {
			if v&(v-1) == 0 {
				settled++
			}
		}
		if len(vs) < 2 || settled == 0 && d >= int(dQuestion) {
			continue // a fact may be worth asking first; a question of the text is asked where it settles
		}
		// The share of answers that settle it; then, the fewer answers the better.
		if score := float64(settled)/float64(len(vs)) - 0.001*float64(len(vs)); score > bestScore {
			best, bestScore, bestBy, bestV = d, score, by, vs
		}
	}
	if best < 0 || depth == maxSteps || len(t.out)+len(bestV) > maxLeaves {
		t.out = append(t.out, Answered{sorted(path), Undetermined})
		return
	}
	t.used[best] = true
	for i, v := range bestV {
		step := append(append([]string(nil), path...), t.name(best)+"="+t.union(best, bestBy[i]))
		if v&(v-1) == 0 {
			t.out = append(t.out, Answered{sorted(step), v.one()})
			continue
		}
		next := restriction{}
		for k, a := range fix {
			next[k] = a
		}
		next[best] = bestBy[i]
		t.ask(next, step, depth+1)
	}
}

// split looks at the answers to a fact: those that settle it are grouped by
// verdict, the others stand alone.
func (t *stepper) split(fix restriction, d int) (by [][]int, vs []verdicts) {
	for i := range t.atoms[d] {
		next := restriction{}
		for k, a := range fix {
			next[k] = a
		}
		next[d] = []int{i}
		v := t.collect(next).all
		if v == 0 {
			continue // no possible act is so
		}
		at := -1
		for k := range vs {
			if vs[k] == v && v&(v-1) == 0 {
				at = k
			}
		}
		if at < 0 {
			at = len(vs)
			vs, by = append(vs, v), append(by, nil)
		}
		by[at] = append(by[at], i)
	}
	return by, vs
}

func sorted(s []string) []string {
	out := append([]string(nil), s...)
	sort.Strings(out)
	return out
}

// sortAnswers puts answers in order and drops those that stand twice, as one
// answer may belong to two deciding sets.
func sortAnswers(as []Answered) []Answered {
	sort.Slice(as, func(i, j int) bool { return as[i].String() < as[j].String() })
	return slices.CompactFunc(as, func(a, b Answered) bool { return a.String() == b.String() })
}

// open returns the dimensions on which the possible acts differ in a way that
// a clause can tell.
func (s *space) open() []int {
	lasting := false // the time of an act that lasted is not to be found out
	for i := range s.ss {
		lasting = lasting || s.ss[i].Lasting
	}
	var out []int
	for d, as := range s.atoms {
		if len(as) > 1 && !(d == int(dTime) && lasting) {
			out = append(out, d)
		}
	}
	return out
}

// label names an atom.
func (s *space) label(d, i int) string {
	a := &s.atoms[d][i]
	switch {
	case a.spans != nil:
		return spanLabel(a.spans)
	case a.named:
		return a.label
	}
	// A large class is what is left when the others are named.
	if txt := s.j.format(dim(d), a.set); strings.Count(txt, "|") < maxNamed || 2*a.set.Len() <= s.leaves(d) {
		return txt
	}
	return AnyOther
}

// AnyOther is how an answer names the values that the other answers leave.
const AnyOther = "any other"

// maxNamed is how many nodes an answer names before it says "any other".
const maxNamed = 5

// name is how a deciding fact is called.
func (s *space) name(d int) string {
	if d >= int(dQuestion) {
		return "text." + s.j.r.Questions[d-int(dQuestion)].ID
	}
	return dimNames[d]
}

// table holds the verdict of every combination of open facts.
type table struct {
	sizes []int
	cells []verdicts // mixed radix, first dimension slowest; 0: impossible
}

func (s *space) table(open []int) *table {
	t := &table{}
	n := 1
	for _, d := range open {
		t.sizes = append(t.sizes, len(s.atoms[d]))
		if n *= len(s.atoms[d]); n > maxTable {
			return nil
		}
	}
	base := s.full()
	isOpen := map[int]bool{}
	for _, d := range open {
		isOpen[d] = true
	}
	for d, as := range s.atoms {
		if !isOpen[d] && d != int(dTime) && len(as) == 1 {
			base = base.and(as[0].m)
		}
	}
	t.cells = make([]verdicts, n)
	cache := map[bits]Verdict{}
	verdict := func(m bits) Verdict {
		v, ok := cache[m]
		if !ok {
			v = s.one(m).verdict
			cache[m] = v
		}
		return v
	}
	var walk func(k, cell int, m bits, scen uint64)
	walk = func(k, cell int, m bits, scen uint64) {
		if scen == 0 {
			return
		}
		if k == len(open) {
			t.cells[cell] = s.cell(m, scen, isOpen[int(dTime)], verdict)
			return
		}
		for i, a := range s.atoms[open[k]] {
			walk(k+1, cell*len(s.atoms[open[k]])+i, m.and(a.m), scen&a.scen)
		}
	}
	walk(0, 0, base, s.all)
	t.idle(open)
	return t
}

// idle applies to every combination of facts the rule that a question which
// could only choose between not covered and not in force needs no answer.
// Questions stand last among the open dimensions, so that the cells of one
// combination of facts lie together.
func (t *table) idle(open []int) {
	run := 1
	for i, d := range open {
		if d >= int(dQuestion) {
			run *= t.sizes[i]
		}
	}
	for at := 0; at < len(t.cells); at += run {
		var all verdicts
		for _, v := range t.cells[at : at+run] {
			all |= v
		}
		if all == all.idle() {
			continue
		}
		for i := at; i < at+run; i++ {
			if t.cells[i] != 0 {
				t.cells[i] = 1 << NotInForce
			}
		}
	}
}

// cell is the set of verdicts of one combination over the scenarios that
// allow it. Where the time is not among the facts laid out, it is judged over
// all of its pieces: as alternatives, or together if the act lasted.
func (s *space) cell(m bits, scen uint64, timeOpen bool, verdict func(bits) Verdict) verdicts {
	var out verdicts
	if timeOpen {
		return out.with(verdict(m))
	}
	for i := range s.ss {
		if scen&(1<<i) == 0 {
			continue
		}
		longest := NotCovered
		for _, t := range s.allowed(int(dTime), 1<<i, nil) {
			v := verdict(m.and(t.m))
			longest = max(longest, v)
			if !s.ss[i].Lasting {
				out = out.with(v)
			}
		}
		if s.ss[i].Lasting {
			out = out.with(longest)
		}
	}
	return out
}

type cellAnswer struct {
	Answered
	coords []int
}

// settles reports whether knowing the facts of a set leaves one verdict under
// each answer, and which.
func (t *table) settles(set []int) ([]cellAnswer, bool) {
	n := 1
	for _, d := range set {
		n *= t.sizes[d]
	}
	groups := make([]verdicts, n)
	stride := t.strides()
	for cell, v := range t.cells {
		if v == 0 {
			continue
		}
		k := 0
		for _, d := range set {
			k = k*t.sizes[d] + cell/stride[d]%t.sizes[d]
		}
		if groups[k] |= v; groups[k]&(groups[k]-1) != 0 {
			return nil, false
		}
	}
	var out []cellAnswer
	for k, v := range groups {
		if v == 0 {
			continue
		}
		cs := make([]int, len(set))
		for i := len(set) - 1; i >= 0; i-- {
			cs[i] = k % t.sizes[set[i]]
			k /= t.sizes[set[i]]
		}
		out = append(out, cellAnswer{Answered{Verdict: v.one()}, cs})
	}
	return out, len(out) > 1
}

// strides returns how far apart neighbours in each dimension lie.
func (t *table) strides() []int {
	out := make([]int, len(t.sizes))
	n := 1
	for d := len(t.sizes) - 1; d >= 0; d-- {
		out[d] = n
		n *= t.sizes[d]
	}
	return out
}

// few looks for single deciding facts where too much is open to lay all
// combinations out, and asks step by step if there is none.
func (s *space) few(open []int) (deciding []Decider, under []Answered) {
	t := &stepper{space: s, open: open}
	for _, d := range open {
		by, vs := t.split(nil, d)
		settled := len(vs) > 1
		for _, v := range vs {
			settled = settled && v&(v-1) == 0
		}
		if !settled {
			continue
		}
		deciding = append(deciding, Decider{s.name(d)})
		for i, v := range vs {
			under = append(under, Answered{[]string{s.name(d) + "=" + s.union(d, by[i])}, v.one()})
		}
	}
	if len(deciding) == 0 {
		return s.steps(open)
	}
	return deciding, sortAnswers(under)
}

// subsets returns the k-element subsets of 0..n-1 in order.
func subsets(n, k int) [][]int {
	var out [][]int
	cur := make([]int, 0, k)
	var rec func(from int)
	rec = func(from int) {
		if len(cur) == k {
			out = append(out, append([]int(nil), cur...))
			return
		}
		for i := from; i < n; i++ {
			cur = append(cur, i)
			rec(i + 1)
			cur = cur[:len(cur)-1]
		}
	}
	rec(0)
	return out
}
