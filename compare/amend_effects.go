package compare

import (
	"math/big"
	"slices"
	"sort"

	"github.com/truce-project/truce/terms"
)

// effects sets beside each change the differences as far as its clauses speak
// in them.
func (a *amender) effects() {
	var all [2][]terms.ClauseID
	for _, c := range a.out.Changes {
		c.Cases, c.Dormant = new(big.Int), new(big.Int)
		if !c.Effective() {
			continue
		}
		for side := range all {
			all[side] = append(all[side], c.Via[side]...)
		}
		via := c.Via
		c.Effects, c.More = a.r.within(func(t terminal) bool { return a.r.d.someSpeaks(t, via) }, a.most, c.Cases, c.Dormant)
		for i := range c.Effects {
			a.with(c, &c.Effects[i])
		}
	}
	a.out.Unexplained, _ = a.r.within(func(t terminal) bool { return !a.r.d.someSpeaks(t, all) }, a.most, new(big.Int), new(big.Int))
	for _, c := range a.out.Changes {
		a.elsewhere(c)
	}
}

// with names the other changes that may have a part in each box of an effect.
func (a *amender) with(c *Change, e *Effect) {
	e.With = make([][]string, len(e.Boxes))
	for k := range e.Boxes {
		b := &e.Boxes[k]
		for _, o := range a.out.Changes {
			if o != c && o.Effective() && (meet(o.Via[0], b.Clauses[0]) || meet(o.Via[1], b.Clauses[1])) {
				e.With[k] = append(e.With[k], o.What)
			}
		}
	}
}

// elsewhere notes, for a clause that changed in nothing that rules, what else
// bears on it.
func (a *amender) elsewhere(c *Change) {
	if c.ID == "" || c.Effective() {
		return
	}
	for _, o := range a.out.Changes {
		if o.Cases.Sign() > 0 && (slices.Contains(o.Via[0], c.ID) || slices.Contains(o.Via[1], c.ID)) {
			c.Elsewhere = append(c.Elsewhere, o.What)
		}
	}
}

// within lists the differences as far as they lie in a region, at most so many
// of them, and how many more there are. It adds to differ the cases of all, and
// to dormant those for which neither text is in force.
func (r *Result) within(in func(terminal) bool, most int, differ, dormant *big.Int) (out []Effect, more int) {
	d := r.d
	var found []*part
	by := map[pair]*part{}
	for _, t := range d.terminals { // one walk over what the sides say, not one a pair
		p := d.pair(t)
		kind, here, differs := p.kind()
		if !differs || by[p] != nil || !in(t) {
			continue
		}
		by[p] = &part{e: Effect{Difference: Difference{Kind: kind, Here: here, Says: p.says, Asks: p.asks}}, p: p}
		found = append(found, by[p])
	}
	for _, x := range found {
		p := x.p
		x.m, x.root = d.region(func(t terminal) bool { return d.pair(t) == p && in(t) })
		x.e.Cases = x.m.cases(x.root)
		if x.e.Kind == Dormant {
			dormant.Add(dormant, x.e.Cases)
		} else {
			differ.Add(differ, x.e.Cases)
		}
	}
	found = slices.DeleteFunc(found, func(x *part) bool { return x.e.Kind == Dormant || x.root == no })
	sort.SliceStable(found, func(i, k int) bool {
		a, b := &found[i].e, &found[k].e
		if a.rank() != b.rank() {
			return a.rank() < b.rank()
		}
		return a.Cases.Cmp(b.Cases) > 0
	})
	if most > 0 && len(found) > most {
		found, more = found[:most], len(found)-most
	}
	for _, x := range found {
		boxes, rest := x.m.cover(x.root, r.boxes)
		x.e.Rest, x.e.Boxes = x.m.cases(rest), d.describe(x.m, boxes)
		out = append(out, x.e)
	}
	return out, more
}

// part is a difference as far as it lies in a region.
type part struct {
	e    Effect
	p    pair
	m    *mdd
	root int
}

func meet(a, b []terms.ClauseID) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// someSpeaks reports whether a clause of those named speaks.
func (d *diagram) someSpeaks(t terminal, via [2][]terms.ClauseID) bool {
	for i, u := range d.s.units {
		for _, c := range d.said[i][t[i]].Speaks {
			if slices.Contains(via[u.side], u.r.Clauses[c].ID) {
				return true
			}
		}
	}
	return false
}
