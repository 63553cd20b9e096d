package compare

import (
	"fmt"
	"testing"

	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

func TestTry(t *testing.T) {
	e, err := regimes.Open("energy-2025")
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.Under("kremlin", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Under("ukraine", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Texts(Side{Regimes: []*terms.Regime{a}}, Side{Regimes: []*terms.Regime{b}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(r.Cases, r.Same, r.States, r.Notes)
	for _, d := range r.Differences {
		fmt.Println("==", d.Kind, "here:", d.Here, d.Says, d.Asks, d.Cases, "rest", d.Rest)
		for _, b := range d.Boxes {
			fmt.Println("  -", b.Cases, b.Clauses)
			for _, f := range b.Facts {
				fmt.Println("      ", f.Dimension, ":", f.Words)
			}
			fmt.Println("     e.g.", b.Witness.Sentence)
			for side := range r.Sides {
				for _, f := range b.Witness.Says(side, r.Sides[side]) {
					fmt.Println("        ", f.Verdict, f.Notes, f.Deciding)
				}
			}
		}
	}
}
