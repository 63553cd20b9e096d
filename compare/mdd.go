package compare

import "math/big"

// mdd is a store of canonical multi-valued decision diagrams over one list of
// levels: equal functions are the same node. Terminals are the negative ids
// -1, -2, ...
type mdd struct {
	levels []level
	nodes  []node
	unique map[uint64][]int
	counts map[int]*big.Int // of region nodes
}

// level is a dimension: its classes, and how many values each stands for.
type level struct {
	n      int
	weight []uint64
	all    set
	total  *big.Int
}

// node asks for the class of one level. Classes of one set lead to one child;
// the sets are disjoint and together hold every class.
type node struct {
	level int
	kids  []int
	sets  []set
}

func newMDD(levels []level) *mdd {
	return &mdd{levels: levels, unique: map[uint64][]int{}, counts: map[int]*big.Int{}}
}

func newLevel(weight []uint64) level {
	l := level{n: len(weight), weight: weight, all: fullSet(len(weight)), total: new(big.Int)}
	for _, w := range weight {
		l.total.Add(l.total, new(big.Int).SetUint64(w))
	}
	return l
}

// mk returns the node that leads classes to children; branches to one child
// are joined, and a node that asks nothing is its child.
func (d *mdd) mk(lv int, kids []int, sets []set) int {
	k := make([]int, 0, len(kids))
	s := make([]set, 0, len(kids))
next:
	for i, kid := range kids {
		if sets[i].empty() {
			continue
		}
		for at := range k {
			if k[at] == kid {
				s[at] = s[at].or(sets[i])
				continue next
			}
		}
		k, s = append(k, kid), append(s, sets[i])
	}
	if len(k) == 1 {
		return k[0]
	}
	for i := 1; i < len(k); i++ { // few children: insertion sort
		for j := i; j > 0 && k[j] < k[j-1]; j-- {
			k[j], k[j-1], s[j], s[j-1] = k[j-1], k[j], s[j-1], s[j]
		}
	}
	n := node{level: lv, kids: k, sets: s}
	h := n.hash()
	for _, id := range d.unique[h] {
		if d.nodes[id].equal(&n) {
			return id
		}
	}
	d.nodes = append(d.nodes, n)
	d.unique[h] = append(d.unique[h], len(d.nodes)-1)
	return len(d.nodes) - 1
}

// hash is that of FNV-1a, by words.
func (n *node) hash() uint64 {
	const prime = 1099511628211
	h := (uint64(14695981039346656037) ^ uint64(n.level)) * prime
	for i, kid := range n.kids {
		h = (h ^ uint64(kid)) * prime
		for _, w := range n.sets[i] {
			h = (h ^ w) * prime
			h ^= h >> 29
		}
	}
	return h
}

func (n *node) equal(o *node) bool {
	if n.level != o.level || len(n.kids) != len(o.kids) {
		return false
	}
	for i := range n.kids {
		if n.kids[i] != o.kids[i] || !n.sets[i].equal(o.sets[i]) {
			return false
		}
	}
	return true
}

// levelOf is the level that a node asks about; terminals are below all.
func (d *mdd) levelOf(id int) int {
	if id < 0 {
		return len(d.levels)
	}
	return d.nodes[id].level
}

// weigh is how many values a set of classes of a level stands for.
func (l *level) weigh(s set) *big.Int {
	sum := uint64(0)
	for i := range s.each {
		sum += l.weight[i]
	}
	return new(big.Int).SetUint64(sum)
}

// between is the number of values of all levels from a up to, not including, b.
func (d *mdd) between(a, b int) *big.Int {
	out := big.NewInt(1)
	for ; a < b; a++ {
		out.Mul(out, d.levels[a].total)
	}
	return out
}

// The terminals of a region.
const (
	no  = -1
	yes = -2
)

// box is a product of sets of classes, one for each level; nil is every class.
type box []set

func (b box) at(d *mdd, lv int) set {
	if b[lv] == nil {
		return d.levels[lv].all
	}
	return b[lv]
}

// count is how many cases of a region lie below a node, from its own level on.
func (d *mdd) count(id int) *big.Int {
	switch id {
	case no:
		return new(big.Int)
	case yes:
		return big.NewInt(1)
	}
	if c, ok := d.counts[id]; ok {
		return c
	}
	n := d.nodes[id]
	sum := new(big.Int)
	for i, kid := range n.kids {
		c := new(big.Int).Mul(d.count(kid), d.between(n.level+1, d.levelOf(kid)))
		sum.Add(sum, c.Mul(c, d.levels[n.level].weigh(n.sets[i])))
	}
	d.counts[id] = sum
	return sum
}

// cases is how many cases a whole region has.
func (d *mdd) cases(root int) *big.Int {
	return new(big.Int).Mul(d.count(root), d.between(0, d.levelOf(root)))
}

// size is how many cases a box has.
func (d *mdd) size(b box) *big.Int {
	out := big.NewInt(1)
	for lv := range d.levels {
		out.Mul(out, d.levels[lv].weigh(b.at(d, lv)))
	}
	return out
}

// cases within a box.
func (d *mdd) casesIn(root int, b box) *big.Int {
	memo := map[int]*big.Int{}
	inBox := func(from, to int) *big.Int {
		out := big.NewInt(1)
		for ; from < to; from++ {
			out.Mul(out, d.levels[from].weigh(b.at(d, from)))
		}
		return out
	}
	var walk func(id int) *big.Int
	walk = func(id int) *big.Int {
		switch id {
		case no:
			return new(big.Int)
		case yes:
			return big.NewInt(1)
		}
		if c, ok := memo[id]; ok {
			return c
		}
		n := d.nodes[id]
		sum := new(big.Int)
		for i, kid := range n.kids {
			in := n.sets[i].and(b.at(d, n.level))
			if in.empty() {
				continue
			}
			c := new(big.Int).Mul(walk(kid), inBox(n.level+1, d.levelOf(kid)))
			sum.Add(sum, c.Mul(c, d.levels[n.level].weigh(in)))
		}
		memo[id] = sum
		return sum
	}
	return new(big.Int).Mul(walk(root), inBox(0, d.levelOf(root)))
}

// minus takes a box out of a region.
func (d *mdd) minus(root int, b box) int {
	memo := map[[2]int]int{}
	var walk func(id, lv int) int
	walk = func(id, lv int) int {
		if id == no || lv == len(d.levels) {
			return no
		}
		for lv < d.levelOf(id) && lv < len(d.levels) && b[lv] == nil {
			lv++ // the box asks nothing here either
		}
		if lv == len(d.levels) {
			return no
		}
		key := [2]int{id, lv}
		if r, ok := memo[key]; ok {
			return r
		}
		var out int
		in := b.at(d, lv)
		if lv < d.levelOf(id) {
			out = d.mk(lv, []int{walk(id, lv+1), id}, []set{in, d.levels[lv].all.minus(in)})
		} else {
			n := d.nodes[id]
			var kids []int
			var sets []set
			for i, kid := range n.kids {
				if inside := n.sets[i].and(in); !inside.empty() {
					kids, sets = append(kids, walk(kid, lv+1)), append(sets, inside)
				}
				if outside := n.sets[i].minus(in); !outside.empty() {
					kids, sets = append(kids, kid), append(sets, outside)
				}
			}
			out = d.mk(lv, kids, sets)
		}
		memo[key] = out
		return out
	}
	return walk(root, 0)
}

// holder returns a test of whether every case of a box below a node is in.
func (d *mdd) holder(b box) func(int) bool {
	memo := map[int]bool{}
	var walk func(id int) bool
	walk = func(id int) bool {
		if id < 0 {
			return id == yes
		}
		if ok, done := memo[id]; done {
			return ok
		}
		n := d.nodes[id]
		ok := true
		for i, kid := range n.kids {
			if ok && n.sets[i].meets(b.at(d, n.level)) {
				ok = walk(kid)
			}
		}
		memo[id] = ok
		return ok
	}
	return walk
}

// grow returns the classes of a level that a box may have, with its other
// levels as they are, without leaving the region.
func (d *mdd) grow(root int, b box, lv int) set {
	holds := d.holder(b)
	all, none := d.levels[lv].all, newSet(d.levels[lv].n)
	memo := map[int]set{}
	var walk func(id int) set
	walk = func(id int) set {
		if d.levelOf(id) > lv {
			if holds(id) {
				return all
			}
			return none
		}
		if s, ok := memo[id]; ok {
			return s
		}
		n := d.nodes[id]
		var out set
		if n.level == lv {
			out = none.clone()
			for i, kid := range n.kids {
				if holds(kid) {
					out = out.or(n.sets[i])
				}
			}
		} else {
			out = all
			for i, kid := range n.kids {
				if n.sets[i].meets(b.at(d, n.level)) {
					out = out.and(walk(kid))
				}
			}
		}
		memo[id] = out
		return out
	}
	return walk(root)
}

// largest returns the box of a path through a region that has the most cases
// below it at every step.
func (d *mdd) largest(root int) box {
	b := make(box, len(d.levels))
	for id := root; id >= 0; {
		n := d.nodes[id]
		best, most := -1, new(big.Int)
		for i, kid := range n.kids {
			c := new(big.Int).Mul(d.count(kid), d.between(n.level+1, d.levelOf(kid)))
			c.Mul(c, d.levels[n.level].weigh(n.sets[i]))
			if best < 0 || c.Cmp(most) > 0 {
				best, most = i, c
			}
		}
		b[n.level] = n.sets[best]
		id = n.kids[best]
	}
	return b
}
