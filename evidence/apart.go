package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// Held is what somebody says of two reports: that they are of different events.
type Held struct {
	A      string `json:"a"` // ids, in the order of the alphabet
	B      string `json:"b"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
	Entry  string `json:"entry,omitempty"` // of a record
}

// Apart are pairs of reports that people hold to be of different events. Fusing
// never puts two of a pair into one incident, nor proposes it. It says nothing of
// any other pair: that A is not B and B is C is for people to see.
type Apart struct {
	of map[string]map[string]Held
}

// NewApart makes a set of pairs; their order does not matter. Of several about one
// pair all reasons are kept. A pair of one report with itself is left out.
func NewApart(pairs []Held) *Apart {
	x := &Apart{of: map[string]map[string]Held{}}
	pairs = slices.Clone(pairs)
	for i := range pairs {
		if h := &pairs[i]; h.B < h.A {
			h.A, h.B = h.B, h.A
		}
	}
	slices.SortFunc(pairs, heldOrder)
	for _, h := range slices.Compact(pairs) {
		if h.A == h.B {
			continue
		}
		if old, ok := x.of[h.A][h.B]; ok {
			h.Reason, h.By, h.Entry = both(old.Reason, h.Reason), both(old.By, h.By), both(old.Entry, h.Entry)
		}
		x.put(h.A, h.B, h)
		x.put(h.B, h.A, h)
	}
	return x
}

func heldOrder(a, b Held) int {
	return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B), strings.Compare(a.Entry, b.Entry), strings.Compare(a.By, b.By), strings.Compare(a.Reason, b.Reason))
}

func both(a, b string) string {
	if a == "" || b == "" || a == b {
		return a + strings.TrimPrefix(b, a)
	}
	return a + "; " + b
}

func (x *Apart) put(a, b string, h Held) {
	if x.of[a] == nil {
		x.of[a] = map[string]Held{}
	}
	x.of[a][b] = h
}

// Pair reports whether two reports are held apart.
func (x *Apart) Pair(a, b string) bool {
	if x == nil || len(x.of) == 0 {
		return false
	}
	_, ok := x.of[a][b]
	return ok
}

// All are the pairs, sorted.
func (x *Apart) All() []Held {
	var out []Held
	if x != nil {
		for a, m := range x.of {
			for b, h := range m {
				if a < b {
					out = append(out, h)
				}
			}
		}
	}
	slices.SortFunc(out, heldOrder)
	return out
}

// with are the pairs of which a report is one.
func (x *Apart) with(id string) []Held {
	if x == nil {
		return nil
	}
	var out []Held
	for _, h := range x.of[id] {
		out = append(out, h)
	}
	return out
}
