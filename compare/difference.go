package compare

import (
	"fmt"
	"math/big"
	"sort"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

// Kind says how two texts differ on an act.
type Kind string

// The kinds of difference; "here" is the side that Difference.Here names.
const (
	Opposed     Kind = "forbidden here, permitted there"
	Forbidden   Kind = "forbidden here, silent there"
	InForceOnly Kind = "in force here, not in force there"
	Permits     Kind = "permitted here, silent there"
	Open        Kind = "left open here, settled there"
	Apart       Kind = "left open by both, on other questions"
	Dormant     Kind = "spoken of here without being in force, silent there"
)

// Difference is all acts on which the two sides say one pair of things.
type Difference struct {
	Kind Kind
	Here int // 0 or 1: the side that says more
	Says [2]judge.Verdict
	// Asks is, of an open difference, the question that it turns on, or what
	// each reading says; it is empty where it turns on several questions.
	Asks  string
	Cases *big.Int // how many cases
	Boxes []Box    // the largest first; they may overlap
	Rest  *big.Int // cases in none of the boxes
}

// Box is a part of a difference that can be said in one sentence.
type Box struct {
	Cases   *big.Int
	Clauses [2][]terms.ClauseID // of each side that speak somewhere in it
	Facts   []Fact              // what it takes; a dimension without a fact may be anything
	Witness *Witness

	products []box
}

// Fact is what a box takes of one dimension.
type Fact struct {
	Dimension string
	Words     string   // for people
	Values    []string // nodes, names or spans
}

// Options says how much is compared and listed.
type Options struct {
	Tolerance where.Metres // how finely zones by distance are drawn; 0: 50 m
	// Given restricts what is compared: by dimension with a tree, the nodes or
	// names that are looked at.
	Given   map[string][]string
	Boxes   int  // at most so many boxes a difference; 0: 12
	Dormant bool // also list boxes where neither side is in force
	States  int  // refuse what takes more states of the diagram; 0: 4,000,000
}

// Result is what two texts differ in.
type Result struct {
	Sides       [2]Side
	Differences []Difference // the gravest first; empty if the texts say the same
	Cases       *big.Int     // of the whole joint space
	Same        *big.Int     // cases on which both say the same, or both leave open
	Notes       []string     // what was not compared, and within what tolerance
	Partial     bool         // something that one side speaks of was not compared
	States      int          // nodes of the diagram, for curiosity

	d     *diagram
	boxes int
}

// defaults of Options.
const (
	defaultTolerance where.Metres = 50
	defaultBoxes     int          = 12
)

// Texts compares two sides. Errors say what is too much to compare.
func Texts(a, b Side, o Options) (*Result, error) {
	if o.Tolerance == 0 {
		o.Tolerance = defaultTolerance
	}
	if o.Boxes == 0 {
		o.Boxes = defaultBoxes
	}
	s, err := newSpace([]Side{a, b}, o)
	if err != nil {
		return nil, err
	}
	d, err := s.diagram()
	if err != nil {
		return nil, err
	}
	r := &Result{Sides: [2]Side{a, b}, Cases: d.between(0, len(d.levels)), Notes: s.notes, Partial: s.partial, States: len(d.nodes), d: d, boxes: o.Boxes}
	r.Notes = append(s.given(o.Given), r.Notes...)
	r.Partial = s.partial
	r.Same = new(big.Int).Set(r.Cases)
	for _, p := range d.pairs() {
		kind, here, differ := p.kind()
		if !differ {
			continue
		}
		diff := Difference{Kind: kind, Here: here, Says: p.says, Asks: p.asks, Rest: new(big.Int)}
		m, root := d.region(func(t terminal) bool { return d.pair(t) == p })
		diff.Cases = m.cases(root)
		r.Same.Sub(r.Same, diff.Cases)
		if kind != Dormant || o.Dormant {
			boxes, rest := m.cover(root, o.Boxes)
			diff.Rest = m.cases(rest)
			diff.Boxes = d.describe(m, boxes)
		}
		r.Differences = append(r.Differences, diff)
	}
	sort.SliceStable(r.Differences, func(i, k int) bool { return r.Differences[i].rank() < r.Differences[k].rank() })
	return r, nil
}

// pair is what the two sides say, and the one question that it turns on.
type pair struct {
	says  [2]judge.Verdict
	asks  string
	apart bool // both leave it open, and ask different questions
}

// given says what the comparison was narrowed to, and over what time daily hours
// were laid out.
func (s *space) given(only map[string][]string) (notes []string) {
	for _, dim := range dimNames[:dSite] {
		if v := only[dim]; len(v) > 0 {
			s.partial = true
			notes = append(notes, fmt.Sprintf("only acts were compared of which the %s is %s", dim, strings.Join(v, " or ")))
		}
	}
	for _, u := range s.units {
		if u.f.HoursUsed() {
			return append(notes, "a text names hours of the day: where no date bounds them, the days of one year stand for all, and their number tells in the counts")
		}
	}
	return notes
}

// kind is how the sides differ.
func (p pair) kind() (k Kind, here int, differ bool) {
	if p.apart {
		return Apart, 0, true
	}
	return kindOf(p.says)
}

func (d *diagram) pair(t terminal) pair {
	p := pair{says: [2]judge.Verdict{d.status(t, 0), d.status(t, 1)}}
	kind, here, differ := kindOf(p.says)
	if p.says == [2]judge.Verdict{judge.Undetermined, judge.Undetermined} {
		p.apart = d.asked(t, 0) != d.asked(t, 1)
		return p
	}
	if !differ || kind != Open {
		return p
	}
	if p.says[here] == judge.Contested {
		p.asks = d.readings(t, here)
		return p
	}
	asked := map[string]bool{}
	for i, u := range d.s.units {
		for _, q := range d.said[i][t[i]].Asks {
			asked[u.r.Questions[q].Text] = true
			p.asks = u.r.Questions[q].Text
		}
	}
	if len(asked) != 1 {
		p.asks = ""
	}
	return p
}

// asked are the questions that a side's verdict turns on, in the order of the
// text.
func (d *diagram) asked(t terminal, side int) string {
	var out []string
	for i, u := range d.s.units {
		if u.side != side {
			continue
		}
		for _, q := range d.said[i][t[i]].Asks {
			if text := u.r.Questions[q].Text; !contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return strings.Join(out, " ")
}

// readings says what each reading of a side says.
func (d *diagram) readings(t terminal, side int) string {
	by := map[judge.Verdict][]string{}
	for i, u := range d.s.units {
		if u.side == side {
			v := d.said[i][t[i]].Verdict()
			by[v] = append(by[v], u.r.ReadingID)
		}
	}
	var out []string
	for _, v := range []judge.Verdict{judge.Breach, judge.Permitted, judge.Undetermined, judge.NotInForce, judge.NotCovered} {
		if len(by[v]) > 0 {
			out = append(out, v.String()+" under "+strings.Join(by[v], ", "))
		}
	}
	return strings.Join(out, "; ")
}

// pairs returns every pair that occurs, in a fixed order.
func (d *diagram) pairs() []pair {
	seen := map[pair]bool{}
	var out []pair
	for _, t := range d.terminals {
		if p := d.pair(t); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	sort.Slice(out, func(i, k int) bool {
		a, b := out[i], out[k]
		if a.says != b.says {
			return a.says[0] > b.says[0] || a.says[0] == b.says[0] && a.says[1] > b.says[1]
		}
		return (a.asks != "") != (b.asks != "") && a.asks != "" || (a.asks != "") == (b.asks != "") && a.asks < b.asks
	})
	return out
}

func open(v judge.Verdict) bool { return v == judge.Undetermined || v == judge.Contested }

// kindOf says how the sides of a pair differ, and which says more.
func kindOf(p [2]judge.Verdict) (k Kind, here int, differ bool) {
	a, b := p[0], p[1]
	if a == b || open(a) && open(b) {
		return "", 0, false
	}
	switch {
	case open(a):
		return Open, 0, true
	case open(b):
		return Open, 1, true
	case strength(b) > strength(a):
		here, a, b = 1, b, a
	}
	switch {
	case a == judge.Breach && b == judge.Permitted:
		return Opposed, here, true
	case a == judge.NotInForce:
		return Dormant, here, true
	case b == judge.NotInForce:
		return InForceOnly, here, true
	case a == judge.Breach:
		return Forbidden, here, true
	}
	return Permits, here, true
}

// strength orders verdicts by how much they say.
func strength(v judge.Verdict) int {
	switch v {
	case judge.Breach:
		return 4
	case judge.Permitted:
		return 3
	case judge.NotInForce:
		return 1
	case judge.NotCovered:
		return 0
	}
	return 2
}

var ranks = map[Kind]int{Opposed: 0, Forbidden: 1, InForceOnly: 2, Permits: 3, Open: 4, Apart: 5, Dormant: 6}

// rank orders differences, the gravest first.
func (d *Difference) rank() int {
	r := ranks[d.Kind] * 100
	if d.Kind == Open {
		r += 10 * (4 - strength(d.Says[1-d.Here]))
	} else {
		r += 10 * (4 - strength(d.Says[d.Here]))
	}
	if d.Says[d.Here] == judge.Contested {
		r += 5
	}
	return r + d.Here
}
