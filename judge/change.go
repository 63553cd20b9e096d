package judge

// Change is what a clause changes on an act: the verdict without it and with
// it, under one set of answers to the open questions.
type Change struct {
	Clause        int // by index in the regime
	Without, With Verdict
}

// Changes returns every change that a clause makes on the act that leaves m,
// under any answers, each once, in order. A clause that makes none on any act
// could be deleted and no verdict would notice.
func (f *Form) Changes(m []uint64) []Change {
	var out []Change
	seen := map[Change]bool{}
	for _, s := range f.worlds(m) {
		with, _ := f.one(s)
		for c := range f.boxes {
			if !f.boxes[c].meets(s) && !f.windows[c].meets(s) { // windows: exceptions live as long
				continue
			}
			n := append([]uint64(nil), s...)
			f.boxes[c].clear(n)
			f.windows[c].clear(n)
			without, _ := f.one(n)
			ch := Change{c, without.verdict, with.verdict}
			if ch.Without != ch.With && !seen[ch] {
				seen[ch] = true
				out = append(out, ch)
			}
		}
	}
	return out
}

// worlds is what each set of answers to the open questions leaves of m, each
// mask once.
func (f *Form) worlds(m []uint64) [][]uint64 {
	states := [][]uint64{m}
	for q := range f.j.answer {
		next := states[:0:0]
		seen := map[string]bool{}
		for _, s := range states {
			for v := range uint8(2) {
				n := f.answered(s, q, v)
				if k := Key(n); !seen[k] {
					seen[k] = true
					next = append(next, n)
				}
			}
		}
		states = next
	}
	return states
}

func (r wordRange) clear(m []uint64) {
	for i := r.lo; i < r.hi; i++ {
		m[i] &^= r.word(i)
	}
}
