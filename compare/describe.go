package compare

import (
	"math/big"
	"slices"
	"strings"

	"github.com/truce-project/truce/terms"
)

// describe turns boxes into what people read: facts, clauses, an act.
func (d *diagram) describe(m *mdd, boxes []box) []Box {
	out := make([]Box, 0, len(boxes))
	for _, group := range mirrored(boxes) {
		b := Box{Cases: new(big.Int), products: group}
		for _, p := range group {
			b.Cases.Add(b.Cases, m.size(p))
		}
		b.Facts = d.facts(group)
		b.Clauses = d.speaking(group)
		b.Witness = d.witness(group[0])
		out = append(out, b)
	}
	return out
}

// mirrored groups boxes that differ only in who acts and whose it is, and that
// do so for distinct authors: "each party on what is the other's".
func mirrored(boxes []box) [][]box {
	var out [][]box
next:
	for _, b := range boxes {
		for i, g := range out {
			if b[dActor] == nil || !alike(g[0], b) {
				continue
			}
			distinct := true
			for _, o := range g {
				distinct = distinct && o[dActor] != nil && !o[dActor].meets(b[dActor])
			}
			if distinct {
				out[i] = append(g, b)
				continue next
			}
		}
		out = append(out, []box{b})
	}
	return out
}

func alike(a, b box) bool {
	for lv := range a {
		if isActor(lv) {
			continue
		}
		if (a[lv] == nil) != (b[lv] == nil) || a[lv] != nil && !a[lv].equal(b[lv]) {
			return false
		}
	}
	return true
}

// speaking returns the clauses of each side that speak somewhere in the boxes.
func (d *diagram) speaking(boxes []box) (out [2][]terms.ClauseID) {
	seen := [2]map[terms.ClauseID]bool{{}, {}}
	visited := map[[2]int]bool{}
	for k, b := range boxes {
		var walk func(id int)
		walk = func(id int) {
			if visited[[2]int{k, id}] {
				return
			}
			visited[[2]int{k, id}] = true
			if id < 0 {
				for i, u := range d.s.units {
					for _, c := range d.said[i][d.terminals[-id-1][i]].Speaks {
						seen[u.side][u.r.Clauses[c].ID] = true
					}
				}
				return
			}
			n := d.nodes[id]
			for i, kid := range n.kids {
				if n.sets[i].meets(b.at(d.mdd, n.level)) {
					walk(kid)
				}
			}
		}
		walk(d.root)
	}
	for side := range out {
		for _, c := range d.s.sides[side].terms().Clauses {
			if seen[side][c.ID] && !slices.Contains(out[side], c.ID) {
				out[side] = append(out[side], c.ID)
			}
		}
	}
	return out
}

// facts words what the boxes take of each dimension.
func (d *diagram) facts(group []box) []Fact {
	var out []Fact
	b := group[0]
	if f, ok := d.who(group); ok {
		out = append(out, f)
	} else {
		for _, lv := range []int{dActor, dOwner, dController} {
			if b[lv] != nil {
				out = append(out, d.actorFact(lv, b[lv]))
			}
		}
	}
	for _, lv := range []int{dAct, dMeans, dOutcome, dTarget, dIntended} {
		if b[lv] != nil {
			out = append(out, d.treeFact(lv, b[lv]))
		}
	}
	if b[dSite] != nil {
		out = append(out, d.siteFact(b[dSite]))
	}
	for _, lv := range []int{dPlace, dOrigin} {
		if b[lv] != nil {
			out = append(out, d.placeFact(lv, b[lv]))
		}
	}
	if b[dTime] != nil {
		out = append(out, d.timeFact(b[dTime]))
	}
	return out
}

// who words boxes that differ in authors and owners alone.
func (d *diagram) who(group []box) (Fact, bool) {
	if len(group) < 2 {
		return Fact{}, false
	}
	cross := true
	var says, values []string
	for _, b := range group {
		a := d.names(dActor, b[dActor])
		s := "by " + strings.Join(a, " or ")
		for _, lv := range []int{dOwner, dController} {
			if b[lv] == nil {
				continue
			}
			o := d.names(lv, b[lv])
			word := " on what belongs to "
			if lv == dController {
				word = " where control is with "
			}
			s += word + strings.Join(o, " or ")
			cross = cross && lv == dOwner && len(o) == 1 && len(a) == 1 && o[0] != a[0]
		}
		cross = cross && b[dOwner] != nil
		says, values = append(says, s), append(values, s)
	}
	words := strings.Join(says, "; ")
	if cross && len(group) == 2 {
		words = "by either of " + strings.Join(append(d.names(dActor, group[0][dActor]), d.names(dActor, group[1][dActor])...), " and ") + " on what belongs to the other"
	}
	return Fact{"actor", words, values}, true
}

func (d *diagram) actorFact(lv int, in set) Fact {
	names := d.names(lv, in)
	word := map[int]string{dActor: "by ", dOwner: "on what belongs to ", dController: "where control is with "}[lv]
	return Fact{dimNames[lv], word + strings.Join(names, " or "), names}
}

func (d *diagram) siteFact(in set) Fact {
	var ids, words []string
	for c := range in.each {
		for _, id := range d.s.dims[dSite].values[c].sites {
			ids = append(ids, id)
			if id == "" {
				id = "anything that is not listed"
			}
			words = append(words, id)
		}
	}
	return Fact{"site", "at " + few(words, 6), ids}
}

// few joins words, and names only some of many.
func few(words []string, n int) string {
	if len(words) > n+1 {
		return strings.Join(words[:n], ", ") + " and " + itoa(len(words)-n) + " more"
	}
	if len(words) > 1 {
		return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	}
	return strings.Join(words, "")
}
