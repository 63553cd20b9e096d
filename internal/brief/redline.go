package brief

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/terms"
)

// Apply writes an amendment for a terminal: each change of the text, and under
// it the change in effect.
func (c Comparison) Apply(w io.Writer, a *compare.Amendment) {
	r := c.Result
	fmt.Fprintf(w, "old  %s\nnew  %s\n\n", SideTitle(c.Names[0], r.Sides[0]), SideTitle(c.Names[1], r.Sides[1]))
	if len(a.Changes) == 0 {
		fmt.Fprintln(w, "The two are the same, sentence by sentence and block by block.")
	} else {
		fmt.Fprintf(w, "%s, %s as before. Taken out [-so-], put in {+so+}.\n", Count(len(a.Changes), "change"), Count(a.Same, "numbered part"))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	if n := SeveralReadings(r); n != "" {
		fmt.Fprintln(w, "note:", n)
	}
	for _, x := range a.Changes {
		c.change(w, x)
	}
	if len(a.Unexplained) > 0 {
		fmt.Fprintln(w, "\nDifferences that no change of the text accounts for (the readings that are compared may be others):")
		effects(w, a.Unexplained)
	}
	fmt.Fprintln(w, "\nEach example is judged by the ordinary engine under both texts: would breach if the facts hold.")
}

func (c Comparison) change(w io.Writer, x *compare.Change) {
	fmt.Fprintf(w, "\n%s: %s\n", x.What, x.State)
	for _, v := range x.Words {
		fmt.Fprintf(w, "   %s%s\n", languageMark(v.Language, v.Authentic), RedlineText(v.Runs))
	}
	for _, k := range x.Keys {
		fmt.Fprintf(w, "   | %s\n", keyText(k))
	}
	fmt.Fprintf(w, "   in effect: %s\n", EffectText(x))
	effects(w, x.Effects)
	if x.More > 0 {
		fmt.Fprintf(w, "   - and %s more (--all)\n", Count(x.More, "verdict change"))
	}
}

func effects(w io.Writer, es []compare.Effect) {
	for i := range es {
		e := &es[i]
		fmt.Fprintf(w, "   - %s: %s\n", changeWords(&e.Difference), cases(e.Cases))
		for k := range e.Boxes {
			b := &e.Boxes[k]
			fmt.Fprintf(w, "     %s%s\n       e.g. %s\n", b.Words(), togetherWith(e.With, k), b.Witness.Sentence)
		}
		if e.Rest.Sign() > 0 {
			fmt.Fprintf(w, "     and %s in smaller boxes (--boxes N lists more)\n", cases(e.Rest))
		}
	}
}

func togetherWith(with [][]string, k int) string {
	if k >= len(with) || len(with[k]) == 0 {
		return ""
	}
	return "; " + strings.Join(with[k], ", ") + " may have a part in it"
}

// SeveralReadings warns that what one reading alone says otherwise may be hidden
// behind a disagreement of all.
func SeveralReadings(r *compare.Result) string {
	for _, s := range r.Sides {
		if len(s.Regimes) > 1 {
			return "several readings are compared together, so that a text on which they disagree is contested before and after; name one (TEXT@" + s.Regimes[0].ReadingID + ") to see what changes under it alone"
		}
	}
	return ""
}

// changeWords says a difference between the text as it was and as it is.
func changeWords(d *compare.Difference) string {
	s := "was " + verdictView(d.Says[0]).Text + ", becomes " + verdictView(d.Says[1]).Text
	if d.Asks != "" {
		s += " [" + d.Asks + "]"
	}
	return s
}

// EffectText says in one line what a change does.
func EffectText(x *compare.Change) string {
	var s string
	switch {
	case !x.Effective() && len(x.Keys) == 0:
		s = "none: the words changed, the block that runs did not"
	case !x.Effective():
		s = "none: what changed rules on nothing"
	case x.Cases.Sign() == 0 && x.Dormant.Sign() == 0:
		s = "none: no act is judged otherwise" + whereSpeaks(x)
	case x.Cases.Sign() == 0:
		s = "none while a text is in force"
	default:
		s = cases(x.Cases) + " judged otherwise" + whereSpeaks(x)
	}
	if x.Dormant != nil && x.Dormant.Sign() > 0 {
		s += "; and " + cases(x.Dormant) + " of which only one text speaks, while neither is in force"
	}
	if len(x.Elsewhere) > 0 {
		s += "; other changes bear on it: " + strings.Join(x.Elsewhere, ", ")
	}
	return s
}

// whereSpeaks names the clauses through which a change matters.
func whereSpeaks(x *compare.Change) string {
	var ids []terms.ClauseID
	for _, via := range x.Via {
		for _, id := range via {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return " where clause " + string(ids[0]) + " speaks"
	}
	return " where one of clauses " + clauseList(ids) + " speaks"
}

func languageMark(lang string, authentic bool) string {
	switch {
	case lang == "":
		return ""
	case authentic:
		return "(" + lang + ", authentic) "
	}
	return "(" + lang + ") "
}

// RedlineText prints a redline with marks that need no colour.
func RedlineText(runs []compare.Run) string {
	var b strings.Builder
	for _, r := range runs {
		switch r.Op {
		case compare.Out:
			b.WriteString("[-" + r.Text + "-]")
		case compare.In:
			b.WriteString("{+" + r.Text + "+}")
		default:
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

func keyText(k compare.KeyChange) string {
	s := k.Path + ":"
	if k.Old != "" {
		s += " [-" + k.Old + "-]"
	}
	if k.New != "" {
		s += " {+" + k.New + "+}"
	}
	return s
}
