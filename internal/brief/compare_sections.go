package brief

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// compareSection is one numbered kind of difference, numbered as on a
// terminal.
type compareSection struct {
	DOM, N, Head, Cases string
	Boxes               []compareBox
	Rest                string // cases in smaller boxes
	Unlisted            bool   // neither is in force: counted, not listed
	Questions           []compareQuestion
	More                int // questions that are not told

	sum *big.Int // of cases
}

// compareQuestion is what one side leaves open and the other settles.
type compareQuestion struct {
	Text  string
	Boxes []compareBox
}

// compareBox is a part of a difference, with an act that shows it.
type compareBox struct {
	Label, DOM, Head, Words, Cases string
	Facts                          [][2]string
	Rest                           string
	Act                            *compareAct
}

// compareAct is an example: an act that the engine has judged under both
// sides.
type compareAct struct {
	Label, DOM, Sentence string
	Time                 pageSpan
	At                   when.Instant
	Facts                []pageFact
	Sides                [2]compareSays
	Point                where.Point
	Placed               bool                // where it happens matters
	Mini                 string              // the piece of the map, as a viewBox; empty without one
	X, Y, R              float64             // on the map
	Speaks               [2][]terms.ClauseID // of its box
}

// compareSays is what one side says of an act.
type compareSays struct {
	Letter   string
	Verdicts []compareVerdict
	Clauses  []string
}

// compareVerdict is what one reading says, and what it turns on.
type compareVerdict struct {
	Reading   string
	Verdict   judge.Verdict
	Questions []terms.Question
	AsIf      bool
}

// compareSections tells the differences in the order and with the numbers of
// the terminal form; every also tells what is rarely wanted.
func compareSections(c *Comparison, every bool) ([]compareSection, []*compareAct) {
	b := &sectionBuilder{c: c, every: every || c.All}
	for i, side := range c.Result.Sides {
		for _, r := range side.Regimes {
			b.judges[i] = append(b.judges[i], judge.New(r))
		}
	}
	for i := range c.Result.Differences {
		if d := &c.Result.Differences[i]; d.Kind != compare.Open {
			b.definite(i, d)
		}
	}
	for here := range 2 {
		for _, contested := range []bool{false, true} {
			b.open(here, contested)
		}
	}
	return b.out, b.acts
}

type sectionBuilder struct {
	c     *Comparison
	every bool // every question and box of what is left open
	out   []compareSection
	acts  []*compareAct

	judges [2][]*judge.Judge // by side, one a reading
}

func (b *sectionBuilder) next(head string) compareSection {
	n := fmt.Sprint(len(b.out) + 1)
	return compareSection{DOM: "difference-" + n, N: n, Head: capital(head), sum: new(big.Int)}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (b *sectionBuilder) definite(i int, d *compare.Difference) {
	s := b.next(d.Words("A", "B"))
	s.Cases, s.sum = cases(d.Cases), d.Cases
	s.Unlisted = d.Kind == compare.Dormant && !b.c.All
	if !s.Unlisted {
		for k := range d.Boxes {
			s.Boxes = append(s.Boxes, b.box(i, k, s.N+ordinal(k), ""))
		}
		if d.Rest.Sign() > 0 {
			s.Rest = cases(d.Rest)
		}
	}
	b.out = append(b.out, s)
}

// ordinal counts a, b, ..., z, aa, ab, ...
func ordinal(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('a'+(i-1)%26)) + s
	}
	return s
}

func (b *sectionBuilder) open(here int, contested bool) {
	var ds []*compare.Difference
	index := map[*compare.Difference]int{}
	for i := range b.c.Result.Differences {
		d := &b.c.Result.Differences[i]
		if d.Kind == compare.Open && d.Here == here && (d.Says[here] == judge.Contested) == contested {
			ds, index[d] = append(ds, d), i
		}
	}
	if len(ds) == 0 {
		return
	}
	s := b.next(openHead(here, contested))
	for _, d := range ds {
		s.sum.Add(s.sum, d.Cases)
	}
	s.Cases = cases(s.sum)
	asked := questions(ds)
	n := 0
	for i, text := range asked {
		if i == maxQuestions && !b.every {
			s.More = len(asked) - i
			break
		}
		q := compareQuestion{Text: capital(text)}
		for _, d := range ds {
			if asks(d) != text {
				continue
			}
			head := fmt.Sprintf("%s says %s", sideLetter(1-here), verdictView(d.Says[1-here]).Text)
			for k := range d.Boxes {
				if k > 0 && !b.every {
					break
				}
				x := b.box(index[d], k, s.N+ordinal(n), head)
				if !b.every {
					x.Cases = cases(d.Cases)
					if len(d.Boxes) > 1 {
						x.Rest = "in several boxes, of which this is the largest"
					}
				}
				q.Boxes = append(q.Boxes, x)
				n++
			}
		}
		s.Questions = append(s.Questions, q)
	}
	b.out = append(b.out, s)
}

// box tells one box; head says what the other side says, where that is not in
// the heading of the section.
func (b *sectionBuilder) box(i, k int, label, head string) compareBox {
	x := &b.c.Result.Differences[i].Boxes[k]
	out := compareBox{Label: label, DOM: "box-" + label, Head: head, Words: capital(x.Words()), Cases: cases(x.Cases)}
	for _, f := range x.Facts {
		out.Facts = append(out.Facts, [2]string{strings.ReplaceAll(f.Dimension, "_", " "), plainWords(f.Words)})
	}
	out.Act = newCompareAct(b.judges, x, label)
	b.acts = append(b.acts, out.Act)
	return out
}

// plainWords drops what the name of the row says already.
func plainWords(s string) string {
	for _, p := range []string{"on: ", "with: ", "outcome: ", "aimed at: ", "on what belongs to ", "where control is with "} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest
		}
	}
	return s
}

func newCompareAct(judges [2][]*judge.Judge, x *compare.Box, label string) *compareAct {
	w := x.Witness
	a := &compareAct{Label: label, DOM: "box-" + label, Sentence: w.Sentence, At: w.Time, Time: newPageSpan(when.Moment(w.Time)), Point: w.Point,
		Placed: w.Placed, Speaks: x.Clauses}
	var card pageCard
	card.facts(w.Incident[0])
	for _, f := range card.Facts {
		switch {
		case f.Name == "time": // which the card says on both clocks
			continue
		case f.Name == "place" && !w.Placed:
			f.Values = []string{f.Values[0] + " (no clause asks where)"}
		}
		a.Facts = append(a.Facts, f)
	}
	for i := range judges {
		says := compareSays{Letter: sideLetter(i)}
		seen := map[terms.ClauseID]bool{}
		for _, j := range judges[i] {
			f := j.Incident(w.Incident[i], nil)
			v := compareVerdict{Reading: f.Regime.ReadingID, Verdict: f.Verdict, Questions: askedQuestions(&f), AsIf: f.Regime.Counterfactual}
			if f.Regime.Reading == nil {
				v.Reading = f.Regime.Terms.ID
			}
			says.Verdicts = append(says.Verdicts, v)
			for _, c := range f.Reserved {
				if !seen[c.ID] {
					seen[c.ID] = true
					says.Clauses = append(says.Clauses, string(c.ID)+" (reserved)")
				}
			}
			for _, c := range f.Clauses {
				if !seen[c.Clause.ID] {
					seen[c.Clause.ID] = true
					says.Clauses = append(says.Clauses, string(c.Clause.ID))
				}
			}
		}
		a.Sides[i] = says
	}
	return a
}
