package judge

import (
	mathbits "math/bits"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Form is a regime as masks, for those who ask about all acts at once and not
// about an incident. A mask holds a bit for every box and every window of the
// regime; each value of a dimension leaves some of the bits, and an act leaves
// those that all its values leave. What it leaves is enough to judge it.
type Form struct {
	j       *Judge
	boxes   []wordRange // by clause
	windows []wordRange
	clause  []int      // box -> clause
	keep    [][]uint64 // clause -> the windows that matter while a box of it is left
	boxBits []uint64   // all boxes
}

// Form returns the compiled form of the regime. It may be used by several
// goroutines at once.
func (j *Judge) Form() *Form {
	f := &Form{j: j}
	for c := range j.r.Clauses {
		f.boxes = append(f.boxes, wordsOf(j.boxesOf[c], 0))
		f.windows = append(f.windows, wordsOf(j.winOf[c], len(j.boxes)))
		for range j.boxesOf[c][1] - j.boxesOf[c][0] {
			f.clause = append(f.clause, c)
		}
	}
	f.boxBits = make([]uint64, j.words)
	for b := range j.boxes {
		f.boxBits[b/64] |= 1 << (b % 64)
	}
	for c := range j.r.Clauses {
		keep := make([]uint64, j.words)
		f.windows[c].add(keep)
		for _, x := range j.excepted[c] { // an exception lives as what it excepts lives
			f.windows[x].add(keep)
		}
		f.keep = append(f.keep, keep)
	}
	return f
}

// Regime returns the regime.
func (f *Form) Regime() *terms.Regime { return f.j.r }

// Words is how many 64-bit words a mask has.
func (f *Form) Words() int { return f.j.words }

// Dimensions names the dimensions whose values are leaves of trees, in order.
func Dimensions() []string { return append([]string(nil), dimNames[:treeDims]...) }

// Full returns a mask that holds every box and window.
func (f *Form) Full() []uint64 {
	m := f.j.full()
	if n := len(f.j.boxes) + len(f.j.windows); n%64 != 0 {
		m[len(m)-1] = 1<<(n%64) - 1
	}
	return m
}

// Leaf is what a leaf of a tree leaves; dimension d counts as Dimensions does.
func (f *Form) Leaf(d, leaf int) []uint64 { return f.j.leaf[d][leaf] }

// Place is what a point leaves, by the zones that it is in; nil says that no
// clause asks where. origin asks for the place of launch.
func (f *Form) Place(origin bool, in func(zone int) bool) []uint64 {
	k := 0
	if origin {
		k = 1
	}
	if !f.j.placeUsed[k] {
		return nil
	}
	m := f.j.full()
	for b := range f.j.boxes {
		zs := f.j.boxes[b].Zones
		if origin {
			zs = f.j.boxes[b].Origins
		}
		if len(zs) == 0 {
			continue
		}
		some := false
		for _, z := range zs {
			some = some || in(z)
		}
		if !some {
			m.clear(b)
		}
	}
	return m
}

// ZoneUsed reports whether a clause asks about a zone of the regime.
func (f *Form) ZoneUsed(origin bool, zone int) bool {
	if origin {
		return f.j.zoneUsed[1][zone]
	}
	return f.j.zoneUsed[0][zone]
}

// Site is what an object of an annex leaves, by its index in the regime; the
// index after the last is "not listed". nil says that no clause asks.
func (f *Form) Site(object int) []uint64 {
	if !f.j.sitesUsed {
		return nil
	}
	m := f.j.full()
	for b := range f.j.boxes {
		if s := f.j.boxes[b].Sites; s != nil && !s[object] {
			m.clear(b)
		}
	}
	return m
}

// At is what an instant of impact, or of launch, leaves.
func (f *Form) At(launch bool, t when.Instant) []uint64 {
	d := dTime
	if launch {
		d = dLaunch
	}
	return f.j.timeMask(d, t, t)
}

// Breaks returns the starts and ends of windows, in order, some more than once.
func (f *Form) Breaks(launch bool) []when.Instant {
	if launch {
		return f.j.breaks[0]
	}
	return f.j.breaks[1]
}

// Cuts returns the instants within a span at which what At leaves may change:
// starts and ends of windows, and of daily hours. Over a span of more than a
// year a year of daily hours stands for all.
func (f *Form) Cuts(launch bool, sp when.Span) []when.Instant {
	d := dTime
	if launch {
		d = dLaunch
	}
	var out []when.Instant
	for _, p := range f.j.cut(d, sp) {
		if p.Start != sp.Start {
			out = append(out, p.Start)
		}
	}
	return out
}

// LaunchUsed reports whether a clause asks when something was launched.
func (f *Form) LaunchUsed() bool { return f.j.launchUsed }

// HoursUsed reports whether a clause asks about hours of the day.
func (f *Form) HoursUsed() bool { return f.j.hoursUsed[0] || f.j.hoursUsed[1] }

// Trim clears the bits of a mask that cannot matter any more: windows of
// clauses of which no box is left, nor one of an exception from them. Two
// masks that judge alike are then the same more often. It reports whether a
// box is left.
func (f *Form) Trim(m []uint64) bool {
	var buf [64]uint64
	keep := buf[:min(len(m), len(buf))]
	if len(m) > len(buf) {
		keep = make([]uint64, len(m))
	}
	some, last := false, -1
	for w := range m {
		for word := m[w] & f.boxBits[w]; word != 0; word &= word - 1 {
			some = true
			if c := f.clause[w*64+mathbits.TrailingZeros64(word)]; c != last {
				last = c
				for i, k := range f.keep[c] {
					keep[i] |= k
				}
			}
		}
	}
	for w := range m {
		m[w] &= f.boxBits[w] | keep[w]
	}
	return some
}

// Act is what a regime says about one possible act: the verdicts that the
// answers to its open questions give (one, if none matters), the clauses that
// speak, by index, and the questions whose answer can change the verdict.
type Act struct {
	Verdicts []Verdict
	Speaks   []int
	Asks     []int
}

// Verdict is what all answers agree on, or Undetermined.
func (a Act) Verdict() Verdict {
	if len(a.Verdicts) == 1 {
		return a.Verdicts[0]
	}
	return Undetermined
}

// maxAsked is how many questions one act is asked about in every combination;
// of more, all are held to matter.
const maxAsked = 10

// Act judges the act that leaves m. It is the rule by which incidents are
// judged, on a single possible act.
func (f *Form) Act(m []uint64) Act {
	var asked []int
	states := [][]uint64{m}
	for q := range f.j.answer {
		both := [2][]uint64{f.answered(m, q, 0), f.answered(m, q, 1)}
		if Key(both[0]) == Key(both[1]) {
			continue
		}
		asked = append(asked, q)
		if len(asked) > maxAsked {
			break
		}
	}
	if len(asked) > maxAsked {
		return f.many(m)
	}
	for _, q := range asked {
		next := make([][]uint64, 0, 2*len(states))
		for v := range uint8(2) {
			for _, s := range states {
				next = append(next, f.answered(s, q, v))
			}
		}
		states = next
	}
	var all verdicts
	speaks := map[int]bool{}
	each := make([]Verdict, len(states))
	for i, s := range states {
		each[i] = f.note(s, speaks)
		all = all.with(each[i])
	}
	out := f.said(all, speaks)
	for k, q := range asked {
		// The answer to question k is the k-th bit of an index.
		for i := range each {
			if o := i ^ 1<<k; len(out.Verdicts) > 1 && each[i] != each[o] {
				out.Asks = append(out.Asks, q)
				break
			}
		}
	}
	return out
}

// many judges an act that turns on many questions: repeated masks are dropped,
// and every question counts as asked.
func (f *Form) many(m []uint64) Act {
	var all verdicts
	speaks := map[int]bool{}
	for _, s := range f.worlds(m) {
		all = all.with(f.note(s, speaks))
	}
	out := f.said(all, speaks)
	for q := range f.j.answer {
		out.Asks = append(out.Asks, q)
	}
	return out
}

// answered is what an answer to a question leaves of a mask.
func (f *Form) answered(m []uint64, q int, v uint8) []uint64 {
	n := append([]uint64(nil), m...)
	mask(n).and(f.j.answer[q][v])
	f.Trim(n)
	return n
}

// note judges a mask and notes the clauses that speak.
func (f *Form) note(m []uint64, speaks map[int]bool) Verdict {
	a, live := f.one(m)
	for k, c := range live {
		if a.clauses[k] != 0 {
			speaks[c] = true
		}
	}
	return a.verdict
}

func (f *Form) said(all verdicts, speaks map[int]bool) Act {
	all = all.idle()
	var out Act
	for v := NotCovered; v <= Breach; v++ {
		if all&(1<<v) != 0 {
			out.Verdicts = append(out.Verdicts, v)
		}
	}
	for c := range f.j.r.Clauses {
		if speaks[c] {
			out.Speaks = append(out.Speaks, c)
		}
	}
	return out
}

// Key is a mask as a key of a map.
func Key(m []uint64) string {
	b := make([]byte, 0, 8*len(m))
	for _, w := range m {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	return string(b)
}

func (f *Form) one(m []uint64) (act, []int) {
	var live []int
	of := make([]int, len(f.boxes))
	for c := range of {
		of[c] = -1
	}
	for w := range m {
		for word := m[w] & f.boxBits[w]; word != 0; word &= word - 1 {
			if c := f.clause[w*64+mathbits.TrailingZeros64(word)]; of[c] < 0 {
				of[c] = len(live)
				live = append(live, c)
			}
		}
	}
	w := newWeighing(f.j.r, live, of)
	for k, c := range live {
		w.matched[k] = true
		w.bound[k] = f.windows[c].meets(m)
		for _, x := range f.j.excepted[c] {
			w.excepts[k] = w.excepts[k] || f.windows[x].meets(m)
		}
	}
	return w.act(), live
}

// wordRange is a run of bits of a mask.
type wordRange struct {
	lo, hi      int // words, hi excluded
	first, last uint64
}

func wordsOf(r [2]int, offset int) wordRange {
	from, to := r[0]+offset, r[1]+offset
	if from == to {
		return wordRange{}
	}
	w := wordRange{lo: from / 64, hi: (to-1)/64 + 1, first: ^uint64(0) << (from % 64), last: ^uint64(0)}
	if to%64 != 0 {
		w.last = 1<<(to%64) - 1
	}
	return w
}

// word returns the bits of the range in one word.
func (r wordRange) word(i int) uint64 {
	m := ^uint64(0)
	if i == r.lo {
		m &= r.first
	}
	if i == r.hi-1 {
		m &= r.last
	}
	return m
}

func (r wordRange) meets(m []uint64) bool {
	for i := r.lo; i < r.hi; i++ {
		if m[i]&r.word(i) != 0 {
			return true
		}
	}
	return false
}

func (r wordRange) add(m []uint64) {
	for i := r.lo; i < r.hi; i++ {
		m[i] |= r.word(i)
	}
}
