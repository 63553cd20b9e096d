package compare

import (
	"math/big"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// TestRedlineKeepsBothTexts: without what is put in, a redline is the old text;
// without what is taken out, the new one.
func TestRedlineKeepsBothTexts(t *testing.T) {
	word := rapid.SampledFrom([]string{"the", "sides", "refrain", "from", "strikes", "сторони", "не", "10", "kV", ",", ".", " ", "  ", "\n", "[-", "+}", "a-b", "é", "\u200d"})
	rapid.Check(t, func(t *rapid.T) {
		a, b := strings.Join(rapid.SliceOf(word).Draw(t, "old"), ""), strings.Join(rapid.SliceOf(word).Draw(t, "new"), " ")
		var old, now strings.Builder
		runs := Redline(a, b)
		for i, r := range runs {
			if r.Text == "" || i > 0 && r.Op == Kept && runs[i-1].Op == Kept {
				t.Fatalf("a run that says nothing: %+v", runs)
			}
			if r.Op != In {
				old.WriteString(r.Text)
			}
			if r.Op != Out {
				now.WriteString(r.Text)
			}
		}
		if old.String() != a || now.String() != b {
			t.Fatalf("%q -> %q gives %+v", a, b, runs)
		}
	})
}

func TestRedlineCutsWholeWords(t *testing.T) {
	got := ""
	for _, r := range Redline("The sides refrain from strikes on depots.", "The sides refrain from attacks by air on depots.") {
		got += map[Op]string{Out: "[-" + r.Text + "-]", In: "{+" + r.Text + "+}", Kept: r.Text}[r.Op]
	}
	if want := "The sides refrain from [-strikes-]{+attacks by air+} on depots."; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestAmendmentAccountsForEverything: whatever two texts differ in, some change
// of the files is behind it; a change that is said to do nothing is one without
// which the count of differing cases stays what it is.
func TestAmendmentAccountsForEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := twin.DrawText(t), twin.DrawText(t)
		r, err := Texts(side(t, a), side(t, b), Options{Boxes: 1})
		if err != nil {
			t.Fatalf("%v", err)
		}
		x := Amend(r, 0)
		if len(x.Unexplained) > 0 {
			t.Fatalf("nothing accounts for %+v\n%s\n----\n%s", x.Unexplained[0].Boxes[0].Words(), a.Markdown(), b.Markdown())
		}
		differ := new(big.Int)
		for _, d := range r.Differences {
			if d.Kind != Dormant {
				differ.Add(differ, d.Cases)
			}
		}
		sum := new(big.Int)
		for _, c := range x.Changes {
			if c.Cases.Cmp(differ) > 0 {
				t.Fatalf("%s: %s of %s cases", c.What, c.Cases, differ)
			}
			if !c.Effective() && c.Cases.Sign() > 0 {
				t.Fatalf("%s rules on nothing and changes %s cases", c.What, c.Cases)
			}
			sum.Add(sum, c.Cases)
			checkEffects(t, r, c)
		}
		if sum.Cmp(differ) < 0 {
			t.Fatalf("the changes account for %s of %s cases", sum, differ)
		}
	})
}

// checkEffects: in every box of an effect a clause of the change speaks, and
// the engine says of an example what the effect says (of one, since that is
// slow; TestWitnesses asks of all).
func checkEffects(t *rapid.T, r *Result, c *Change) {
	for n, e := range c.Effects {
		for k := range e.Boxes {
			b := &e.Boxes[k]
			if !meet(c.Via[0], b.Clauses[0]) && !meet(c.Via[1], b.Clauses[1]) {
				t.Fatalf("%s: no clause of it speaks in %s", c.What, b.Words())
			}
			for i := range r.Sides {
				if n+k > 0 {
					break
				}
				if f := b.Witness.Says(i, r.Sides[i])[0]; f.Verdict != e.Says[i] {
					t.Fatalf("%s: %s: side %d: the engine says %s, the effect %s", c.What, b.Witness.Sentence, i, f.Verdict, e.Says[i])
				}
			}
		}
	}
}

func parsed(t *testing.T, text string) Side {
	t.Helper()
	tm, problems := terms.ParseBytes(nil, "x.truce.md", []byte(text))
	if tm == nil {
		t.Fatal(problems)
	}
	r, err := tm.Under("text", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return Side{Regimes: []*terms.Regime{r}}
}

func belt(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../docs/belt-old.truce.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWhatAChangeDoes: one change at a time, with the name of what changed and
// what it does.
func TestWhatAChangeDoes(t *testing.T) {
	old := belt(t)
	for _, c := range []struct {
		name, from, to string
		what           string
		effective      bool
		becomes        judge.Verdict
		none           bool
	}{
		{name: "words alone", from: "Drones do not strike depots.", to: "Drones never strike depots.", what: "clause 2"},
		{name: "a block", from: "attack.strike.drone", to: "attack.strike", what: "clause 2", effective: true, becomes: judge.Breach},
		{name: "a definition", from: "[energy.oil.storage]", to: "[energy.oil]", what: "definition depots", effective: true, becomes: judge.Breach},
		{name: "a zone", from: "15 km", to: "5 km", what: "definition belt", effective: true, becomes: judge.NotCovered},
		{name: "an end", from: `end: "2030-04-01`, to: `end: "2030-05-01`, what: "dates and undertakings", effective: true, becomes: judge.Breach},
		{name: "a version", from: `version: "2030-02"`, to: `version: "2030-09"`, what: "front matter"},
		{name: "a block to no effect", from: "target: depots}", to: "target: [depots, energy.oil.storage]}", what: "clause 2", effective: true, none: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(old, c.from) {
				t.Fatalf("the fixture lacks %q", c.from)
			}
			r, err := Texts(parsed(t, old), parsed(t, strings.Replace(old, c.from, c.to, 1)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			a := Amend(r, 0)
			if len(a.Changes) != 1 || a.Changes[0].What != c.what || a.Changes[0].Effective() != c.effective {
				t.Fatalf("changes: %+v", a.Changes)
			}
			x := a.Changes[0]
			if want := c.effective && !c.none; want != (x.Cases.Sign() > 0) {
				t.Fatalf("%s cases", x.Cases)
			}
			if x.Cases.Sign() > 0 && (len(x.Effects) != 1 || x.Effects[0].Says[1] != c.becomes) {
				t.Errorf("effects: %+v", x.Effects)
			}
			total := new(big.Int)
			for _, d := range r.Differences {
				if d.Kind != Dormant {
					total.Add(total, d.Cases)
				}
			}
			if x.Cases.Cmp(total) != 0 {
				t.Errorf("the only change accounts for %s of %s cases", x.Cases, total)
			}
		})
	}
}

// TestZonesOfOneNameAreToldApart: a zone that was moved and kept its name is
// named with the text that has it so.
func TestZonesOfOneNameAreToldApart(t *testing.T) {
	old := belt(t)
	r, err := Texts(parsed(t, old), parsed(t, strings.Replace(old, "15 km", "5 km", 1)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w := r.Differences[0].Boxes[0].Words(); !strings.Contains(w, "inside belt as A has it, outside belt as B has it") {
		t.Error(w)
	}
}
