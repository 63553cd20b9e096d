// Package vocab holds the trees of kinds that terms and facts share: what was
// done (act), how it ended (outcome), with what (means), at what kind of
// object (target).
//
// A tree is closed and versioned. Nodes are dotted paths; naming a parent
// means everything below it. Sets are sets of leaves, so that "what is
// possible" can be intersected, united and complemented exactly.
//
// The package promises that a node means the same leaves wherever the same
// vocabulary version is named, and refuses nodes that are not in it.
package vocab

import (
	"fmt"
	"math/bits"
	"sort"
	"strings"
)

// MaxLeaves is how many leaves one tree can hold.
const MaxLeaves = 256

// Set is a set of leaves of one tree. The zero value is the empty set. Sets
// of different trees must not be mixed.
type Set [MaxLeaves / 64]uint64

// With returns s with leaf i added.
func (s Set) With(i int) Set { s[i/64] |= 1 << (i % 64); return s }

// Has reports whether leaf i is in s.
func (s Set) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Union returns the leaves in s or t.
func (s Set) Union(t Set) Set {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

// Intersect returns the leaves in both s and t.
func (s Set) Intersect(t Set) Set {
	for i := range s {
		s[i] &= t[i]
	}
	return s
}

// Minus returns the leaves in s that are not in t.
func (s Set) Minus(t Set) Set {
	for i := range s {
		s[i] &^= t[i]
	}
	return s
}

// Empty reports whether s has no leaf.
func (s Set) Empty() bool { return s == Set{} }

// Len returns the number of leaves in s.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Leaves calls yield with every leaf of s in ascending order.
func (s Set) Leaves(yield func(int) bool) {
	for w, word := range s {
		for word != 0 {
			i := bits.TrailingZeros64(word)
			if !yield(w*64 + i) {
				return
			}
			word &= word - 1
		}
	}
}

// Tree is one closed tree of kinds.
type Tree struct {
	name     string
	leaves   []string       // leaf index -> path
	nodes    map[string]Set // every path -> its leaves
	order    []string       // every path, parents before children
	children map[string][]string
}

// NewTree makes a tree from paths; every prefix of a path becomes a node, and
// a path without longer ones is a leaf. Errors: an empty or malformed path,
// or more than MaxLeaves leaves.
func NewTree(name string, paths []string) (*Tree, error) {
	t := &Tree{name: name, nodes: map[string]Set{}, children: map[string][]string{}}
	seen := map[string]bool{}
	for _, p := range paths {
		if err := checkPath(p); err != nil {
			return nil, fmt.Errorf("tree %s: %w", name, err)
		}
		parts := strings.Split(p, ".")
		parent := ""
		for i := range parts {
			n := strings.Join(parts[:i+1], ".")
			if !seen[n] {
				seen[n] = true
				t.order = append(t.order, n)
				t.children[parent] = append(t.children[parent], n)
			}
			parent = n
		}
	}
	for _, n := range t.order {
		if len(t.children[n]) == 0 {
			if len(t.leaves) == MaxLeaves {
				return nil, fmt.Errorf("tree %s has more than %d leaves", name, MaxLeaves)
			}
			t.leaves = append(t.leaves, n)
		}
	}
	for i, leaf := range t.leaves {
		for n := leaf; n != ""; n = Parent(n) {
			t.nodes[n] = t.nodes[n].With(i)
		}
	}
	return t, nil
}

func checkPath(p string) error {
	if p == "" {
		return fmt.Errorf("empty path")
	}
	for _, part := range strings.Split(p, ".") {
		if part == "" || strings.ContainsAny(part, " \t|;,*") {
			return fmt.Errorf("malformed path %q", p)
		}
	}
	return nil
}

// Parent returns the path one level up, or "" for a top node.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return ""
}

// Name returns what the tree is a tree of.
func (t *Tree) Name() string { return t.name }

// All returns the set of all leaves.
func (t *Tree) All() Set {
	var s Set
	for i := range t.leaves {
		s = s.With(i)
	}
	return s
}

// Len returns the number of leaves.
func (t *Tree) Len() int { return len(t.leaves) }

// Leaf returns the path of leaf i.
func (t *Tree) Leaf(i int) string { return t.leaves[i] }

// Nodes returns every path, parents before children.
func (t *Tree) Nodes() []string { return t.order }

// Node returns the leaves below path; `path.*` means the same as `path`, and
// `*` means everything.
func (t *Tree) Node(path string) (Set, bool) {
	path = strings.TrimSuffix(path, ".*")
	if path == "*" || path == "any" {
		return t.All(), true
	}
	s, ok := t.nodes[path]
	return s, ok
}

// Paths names s with as few nodes as possible: a parent where all its leaves
// are in s. The order is that of the tree.
func (t *Tree) Paths(s Set) []string {
	if s == t.All() && t.Len() > 0 {
		return []string{"*"}
	}
	var out []string
	var walk func(nodes []string)
	walk = func(nodes []string) {
		for _, n := range nodes {
			set := t.nodes[n]
			switch in := s.Intersect(set); {
			case in.Empty():
			case in == set:
				out = append(out, n)
			default:
				walk(t.children[n])
			}
		}
	}
	walk(t.children[""])
	return out
}

// Format names s for people: its paths joined by "|", or "(none)".
func (t *Tree) Format(s Set) string {
	p := t.Paths(s)
	if len(p) == 0 {
		return "(none)"
	}
	return strings.Join(p, "|")
}

// Nearest returns the node most like path, or "" when nothing is near.
func (t *Tree) Nearest(path string) string { return Nearest(path, t.order) }

// Nearest returns the candidate most like word (by edit distance, whole or by
// last part), or "" when none is near enough to suggest.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, bestCost := "", 1+len(word)/3
	for _, c := range sorted(candidates) {
		lc := strings.ToLower(c)
		cost := distance(word, lc)
		if last := lc[strings.LastIndexByte(lc, '.')+1:]; last == word || last == word[strings.LastIndexByte(word, '.')+1:] {
			cost = min(cost, 1)
		}
		if len(word) > 3 && strings.HasPrefix(lc, word) {
			cost = min(cost, 2)
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

func sorted(s []string) []string {
	out := append([]string(nil), s...)
	sort.Strings(out)
	return out
}

// distance is the Levenshtein distance, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost = 1 + min(prev, row[j], row[j-1])
			}
			prev, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
