package evidence

import (
	"cmp"
	"slices"
	"strings"

	"github.com/truce-project/truce/when"
)

// Taken is what somebody says of reports: that they are of one event.
type Taken struct {
	Reports []string `json:"reports"` // ids
	Reason  string   `json:"reason,omitempty"`
	By      string   `json:"by,omitempty"`
	Entry   string   `json:"entry,omitempty"` // of a record
}

func takenOrder(a, b Taken) int {
	return cmp.Or(slices.Compare(a.Reports, b.Reports), strings.Compare(a.Entry, b.Entry), strings.Compare(a.By, b.By), strings.Compare(a.Reason, b.Reason))
}

// together are reports that people take as one.
type together struct {
	list []Taken
	of   map[string][]int // by report
}

// newTogether sorts what was taken as one; sets of fewer than two reports say nothing.
func newTogether(taken []Taken) *together {
	x := &together{of: map[string][]int{}}
	for _, t := range taken {
		t.Reports = slices.Compact(slices.Sorted(slices.Values(t.Reports)))
		if len(t.Reports) > 1 {
			x.list = append(x.list, t)
		}
	}
	slices.SortFunc(x.list, takenOrder)
	x.list = slices.CompactFunc(x.list, func(a, b Taken) bool { return takenOrder(a, b) == 0 })
	for i, t := range x.list {
		for _, id := range t.Reports {
			x.of[id] = append(x.of[id], i)
		}
	}
	return x
}

// gather puts a report beside those that people took as one with it, so that they are
// looked at together however far apart they lie.
func (f *Fuser) gather(n *node) {
	for _, i := range f.taken.of[n.ID()] {
		if first := f.first[i]; first != nil {
			f.unite(first.comp, n.comp)
		} else {
			f.first[i] = n
		}
		n.comp.until = when.Future // they may lie further apart than anything matches
	}
}

// asTaken makes one part of the reports that people took as one, but for two that
// people hold apart: then that set is not made one, nor a part of it.
func (f *Fuser) asTaken(c *component, of map[*node]*part) {
	sets := map[int][]*node{}
	for _, n := range c.nodes {
		for _, i := range f.taken.of[n.ID()] {
			sets[i] = append(sets[i], n)
		}
	}
	for i := range f.taken.list {
		nodes := sets[i]
		var parts []*part
		for _, n := range nodes {
			if !slices.Contains(parts, of[n]) {
				parts = append(parts, of[n])
			}
		}
		if len(parts) < 2 || f.anyApart(parts) {
			continue
		}
		x := parts[0]
		for _, y := range parts[1:] {
			x.nodes = append(x.nodes, y.nodes...)
			for _, n := range y.nodes {
				of[n] = x
			}
		}
	}
}

// anyApart reports whether people hold reports of two of the parts apart.
func (f *Fuser) anyApart(parts []*part) bool {
	for i, x := range parts {
		for _, y := range parts[i+1:] {
			if f.heldApart(x, y) {
				return true
			}
		}
	}
	return false
}

// takenIn is what people took as one that an incident holds at least two reports of.
func (f *Fuser) takenIn(p part) (out []Taken) {
	n := map[int]int{}
	for _, x := range p.nodes {
		for _, i := range f.taken.of[x.ID()] {
			n[i]++
		}
	}
	for i, t := range f.taken.list {
		if n[i] > 1 {
			out = append(out, t)
		}
	}
	return out
}
