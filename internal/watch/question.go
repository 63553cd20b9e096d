package watch

import (
	"sort"
	"strings"

	"github.com/truce-project/truce/judge"
)

// Open is a finding that facts would settle: one incident under one reading.
type Open struct {
	Finding *judge.Finding
	trees   []tree   // for each smallest set of facts that decides: the answers to it
	facts   []string // of all of them, sorted
}

// tree is the answers to one set of deciding facts. Each answer is a path: facts
// that it does not name are idle once the others are so.
type tree struct {
	facts  []string
	leaves []leaf
}

type leaf struct {
	values  map[string]string // fact -> its possible values, a|b
	verdict judge.Verdict
}

// NewOpen reads what would decide a finding; nil if nothing would, or if the
// finding is not undetermined.
func NewOpen(f *judge.Finding) *Open {
	if f.Verdict != judge.Undetermined || len(f.Answers) == 0 {
		return nil
	}
	o := &Open{Finding: f}
	known := map[string]bool{}
	for _, d := range f.Deciding {
		t := tree{facts: d}
		for _, a := range f.Answers {
			l := leaf{values: map[string]string{}, verdict: a.Verdict}
			inside := true
			for _, fact := range a.Facts {
				name, val, _ := strings.Cut(fact, "=")
				l.values[name] = val
				inside = inside && f.Decides(name) && contains(d, name)
			}
			if inside {
				t.leaves = append(t.leaves, l)
			}
		}
		if len(t.leaves) == 0 {
			continue
		}
		for _, name := range d {
			known[name] = true
		}
		o.trees = append(o.trees, t)
	}
	for name := range known {
		o.facts = append(o.facts, name)
	}
	sort.Strings(o.facts)
	if len(o.trees) == 0 {
		return nil
	}
	return o
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// Settles is the chance that knowing the facts settles the finding, with all
// answers to a fact taken as equally likely: no answer is favoured by what anybody
// hopes. Where several sets of facts decide, the best of them counts.
func (o *Open) Settles(known map[string]bool) float64 {
	best := 0.0
	for i := range o.trees {
		best = max(best, o.trees[i].settles(o.trees[i].leaves, known, o.trees[i].facts))
	}
	return best
}

// settles goes through the answers to the known facts, one fact after the other,
// and looks whether the answers that are left agree.
func (t *tree) settles(left []leaf, known map[string]bool, facts []string) float64 {
	if len(left) == 0 {
		return 0
	}
	if agree(left) {
		return 1
	}
	// The fact that most of the answers left name is asked first: one that they do
	// not name is idle.
	ask, most := -1, 0
	for i, f := range facts {
		n := 0
		for _, l := range left {
			if _, named := l.values[f]; named {
				n++
			}
		}
		if known[f] && n > most {
			ask, most = i, n
		}
	}
	if ask < 0 {
		return 0
	}
	rest := append(append([]string(nil), facts[:ask]...), facts[ask+1:]...)
	values := answersTo(left, facts[ask])
	sum := 0.0
	for _, v := range values {
		sum += t.settles(given(left, facts[ask], v), known, rest)
	}
	return sum / float64(len(values))
}

// agree reports whether answers lead to one verdict that is one.
func agree(ls []leaf) bool {
	for _, l := range ls {
		if l.verdict != ls[0].verdict || l.verdict == judge.Undetermined {
			return false
		}
	}
	return true
}

// answersTo are the answers to a fact that are told apart: as they stand, or,
// where they overlap, the values that they are made of.
func answersTo(ls []leaf, fact string) []string {
	seen := map[string]bool{}
	owner := map[string]string{}
	split := false
	for _, l := range ls {
		v, ok := l.values[fact]
		if !ok {
			continue
		}
		seen[v] = true
		for _, piece := range strings.Split(v, "|") {
			if o, taken := owner[piece]; taken && o != v {
				split = true
			}
			owner[piece] = v
		}
	}
	from := seen
	if split {
		from = map[string]bool{}
		for piece := range owner {
			from[piece] = true
		}
	}
	out := make([]string, 0, len(from))
	for v := range from {
		out = append(out, v)
	}
	sort.Strings(out)
	return out
}

// given leaves the answers that are possible where a fact has a value: those that
// name it, that do not name the fact, or that say "any other" where no answer
// with the same other facts names the value.
func given(ls []leaf, fact, value string) []leaf {
	var out []leaf
	for _, l := range ls {
		v, named := l.values[fact]
		if !named || has(v, value) || v == judge.AnyOther && !namedBeside(ls, l, fact, value) {
			out = append(out, l)
		}
	}
	return out
}

// has reports whether all values of b are among those of a.
func has(a, b string) bool {
	as := strings.Split(a, "|")
	for _, v := range strings.Split(b, "|") {
		if !contains(as, v) {
			return false
		}
	}
	return true
}

func namedBeside(ls []leaf, l leaf, fact, value string) bool {
	for _, o := range ls {
		if has(o.values[fact], value) && o.values[fact] != "" && fits(o, l, fact) {
			return true
		}
	}
	return false
}

// fits reports whether two answers can hold together, a fact apart.
func fits(a, b leaf, apart string) bool {
	for f, v := range a.values {
		if w, ok := b.values[f]; ok && f != apart && v != w {
			return false
		}
	}
	return true
}

// worth is what each fact is worth to a finding: the chance that it settles it
// alone, and its share (after Shapley, 1953) in the chance that all together
// settle it. The greater counts: a fact that decides only with another has a
// share, and one that decides alone is not worth less because another would, too.
func (o *Open) worth() map[string]float64 {
	n := len(o.facts)
	out := map[string]float64{}
	if n > maxFacts { // alone, then
		for _, f := range o.facts {
			out[f] = o.Settles(map[string]bool{f: true})
		}
		return out
	}
	value := make([]float64, 1<<n)
	for s := 1; s < 1<<n; s++ {
		known := map[string]bool{}
		for i, f := range o.facts {
			if s>>i&1 == 1 {
				known[f] = true
			}
		}
		value[s] = o.Settles(known)
	}
	weight := shapley(n)
	for i, f := range o.facts {
		share := 0.0
		for s := range value {
			if s>>i&1 == 0 {
				share += weight[bits(s)] * (value[s|1<<i] - value[s])
			}
		}
		out[f] = max(value[1<<i], share)
	}
	return out
}

// maxFacts is how many facts of one finding are weighed together.
const maxFacts = 8

func bits(s int) (n int) {
	for ; s > 0; s &= s - 1 {
		n++
	}
	return n
}

// shapley returns, for sets of each size, the share of the orders of n facts in
// which exactly such a set comes before one more.
func shapley(n int) []float64 {
	out := make([]float64, n)
	for k := range out {
		w := 1.0 / float64(n)
		for i := 1; i <= k; i++ { // 1/C(n-1,k)
			w *= float64(i) / float64(n-i)
		}
		out[k] = w
	}
	return out
}
