package brief

import (
	"fmt"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/judge"
)

// compareRedline is an amendment on a page.
type compareRedline struct {
	Rows        []redlineRow
	Same        string // what is as it was
	Note        string
	Unexplained []redlineEffect
}

type redlineRow struct {
	DOM, What, State string
	Words            []compare.Reworded
	Keys             []redlineKey
	Effect           string
	Effects          []redlineEffect
	More             string // effects that are not told
}

type redlineKey struct {
	Path, Old, New string
	Runs           []compare.Run
	Inert          bool
}

// redlineEffect is a change of verdict, with boxes and examples.
type redlineEffect struct {
	Old, New    judge.Verdict
	Asks, Cases string
	Boxes       []redlineBox
	Rest        string
}

type redlineBox struct{ Words, With, Sentence string }

func newCompareRedline(a *compare.Amendment) *compareRedline {
	out := &compareRedline{Same: Count(a.Same, "numbered part") + " as before", Unexplained: redlineEffects(a.Unexplained)}
	for i, c := range a.Changes {
		row := redlineRow{DOM: fmt.Sprintf("change-%d", i+1), What: c.What, State: c.State, Words: c.Words, Effect: EffectText(c), Effects: redlineEffects(c.Effects)}
		for _, k := range c.Keys {
			row.Keys = append(row.Keys, redlineKey{k.Path, k.Old, k.New, compare.Redline(k.Old, k.New), k.Inert})
		}
		if c.More > 0 {
			row.More = Count(c.More, "verdict change")
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func redlineEffects(es []compare.Effect) []redlineEffect {
	var out []redlineEffect
	for i := range es {
		e := &es[i]
		x := redlineEffect{Old: e.Says[0], New: e.Says[1], Asks: e.Asks, Cases: cases(e.Cases)}
		for k := range e.Boxes {
			x.Boxes = append(x.Boxes, redlineBox{e.Boxes[k].Words(), togetherWith(e.With, k), e.Boxes[k].Witness.Sentence})
		}
		if e.Rest.Sign() > 0 {
			x.Rest = cases(e.Rest)
		}
		out = append(out, x)
	}
	return out
}
