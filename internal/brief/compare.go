package brief

import (
	"fmt"
	"io"
	"math"
	"math/big"
	"sort"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Comparison is two texts and what they differ in, with what they are called.
type Comparison struct {
	Names  [2]string
	Result *compare.Result
	All    bool // also what is rarely wanted
}

// Print writes a comparison for a terminal.
func (c Comparison) Print(w io.Writer) {
	r := c.Result
	for i, s := range r.Sides {
		fmt.Fprintf(w, "%s  %s\n", "AB"[i:i+1], SideTitle(c.Names[i], s))
	}
	fmt.Fprintf(w, "\n%s cases that some clause could tell apart; both say the same, or both leave open, %s of them.\n", Big(r.Cases), percent(r.Same, r.Cases))
	for _, n := range r.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	if len(r.Differences) == 0 {
		fmt.Fprintln(w, "\n"+sameWords(r))
		return
	}
	n := 0
	for i := range r.Differences {
		d := &r.Differences[i]
		if d.Kind == compare.Open {
			continue
		}
		n++
		c.difference(w, n, d)
	}
	c.open(w, n)
	fmt.Fprintln(w, "\nA case is one combination of kinds (leaves of the trees), of a stretch of time between two dates and of a cell of zones.")
	fmt.Fprintln(w, "Each example is judged by the ordinary engine as it says here; nothing is said about what really happened.")
}

func (c Comparison) difference(w io.Writer, n int, d *compare.Difference) {
	if d.Kind == compare.Dormant && !c.All {
		fmt.Fprintf(w, "\n%d. %s: %s (--all lists them)\n", n, d.Words("A", "B"), cases(d.Cases))
		return
	}
	fmt.Fprintf(w, "\n%d. %s: %s%s\n", n, d.Words("A", "B"), cases(d.Cases), overlap(d))
	for i := range d.Boxes {
		if i == 2 && d.Kind == compare.Apart && !c.All {
			fmt.Fprintln(w, "   and more (--all)")
			return
		}
		b := &d.Boxes[i]
		fmt.Fprintf(w, "   %c) %s\n", 'a'+rune(i%26), b.Words())
		fmt.Fprintf(w, "      %s%s\n", speaking(b), cases(b.Cases))
		fmt.Fprintf(w, "      e.g. %s\n", b.Witness.Sentence)
	}
	if d.Rest.Sign() > 0 {
		fmt.Fprintf(w, "   and %s in smaller boxes (--boxes N lists more)\n", cases(d.Rest))
	}
}

// sameWords says that two texts differ in nothing that was compared.
func sameWords(r *compare.Result) string {
	if r.Partial {
		return "The two say the same of every act that was compared; the notes above say what was not."
	}
	return "The two say the same of every act."
}

// overlap says that the boxes of a difference share cases, where they do.
func overlap(d *compare.Difference) string {
	sum := new(big.Int).Set(d.Rest)
	for i := range d.Boxes {
		sum.Add(sum, d.Boxes[i].Cases)
	}
	if sum.Cmp(d.Cases) > 0 {
		return " (boxes overlap)"
	}
	return ""
}

// maxQuestions is how many open questions are told without --all.
const maxQuestions = 12

// open prints what one side leaves open, by question or by reading, those that
// the other side settles as a breach first.
func (c Comparison) open(w io.Writer, n int) {
	for here := range 2 {
		var ds []*compare.Difference
		for i := range c.Result.Differences {
			if d := &c.Result.Differences[i]; d.Kind == compare.Open && d.Here == here {
				ds = append(ds, d)
			}
		}
		for _, contested := range []bool{false, true} {
			var of []*compare.Difference
			for _, d := range ds {
				if (d.Says[here] == judge.Contested) == contested {
					of = append(of, d)
				}
			}
			if len(of) == 0 {
				continue
			}
			n++
			head := "Left open by %s, settled by %s"
			if contested {
				head = "The readings of %s disagree, %s is settled"
			}
			fmt.Fprintf(w, "\n%d. "+head+"\n", n, "AB"[here:here+1], "AB"[1-here:2-here])
			c.questions(w, here, of)
		}
	}
}

func (c Comparison) questions(w io.Writer, here int, ds []*compare.Difference) {
	asked := questions(ds)
	for i, q := range asked {
		if i == maxQuestions && !c.All {
			fmt.Fprintf(w, "   and %d more (--all)\n", len(asked)-i)
			return
		}
		fmt.Fprintf(w, "   %s\n", q)
		for _, d := range ds {
			if asks(d) != q {
				continue
			}
			fmt.Fprintf(w, "      %s says %s: %s", "AB"[1-here:2-here], d.Says[1-here], cases(d.Cases))
			boxes := d.Boxes
			if !c.All && len(boxes) > 0 {
				fmt.Fprintf(w, "; e.g. %s\n", boxes[0].Witness.Sentence)
				continue
			}
			fmt.Fprintln(w)
			for i := range boxes {
				fmt.Fprintf(w, "      - %s\n        e.g. %s\n", boxes[i].Words(), boxes[i].Witness.Sentence)
			}
			if d.Rest.Sign() > 0 {
				fmt.Fprintf(w, "      - and %s in smaller boxes (--boxes N lists more)\n", cases(d.Rest))
			}
		}
	}
}

func asks(d *compare.Difference) string {
	if d.Asks != "" {
		return d.Asks
	}
	return "Several of its questions at once."
}

// questions lists what differences turn on, each once: first those that the
// other side settles as a breach, then by how many cases they have; several at
// once come last.
func questions(ds []*compare.Difference) []string {
	best := map[string]*compare.Difference{}
	var out []string
	breach := func(d *compare.Difference) bool { return d.Says[1-d.Here] == judge.Breach }
	for _, d := range ds {
		q := asks(d)
		if best[q] == nil {
			out = append(out, q)
		}
		if b := best[q]; b == nil || breach(d) && !breach(b) || breach(d) == breach(b) && d.Cases.Cmp(b.Cases) > 0 {
			best[q] = d
		}
	}
	sort.SliceStable(out, func(i, k int) bool {
		a, b := best[out[i]], best[out[k]]
		if (a.Asks == "") != (b.Asks == "") {
			return b.Asks == ""
		}
		if breach(a) != breach(b) {
			return breach(a)
		}
		return a.Cases.Cmp(b.Cases) > 0
	})
	return out
}

func speaking(b *compare.Box) string {
	var s []string
	for i, ids := range b.Clauses {
		if len(ids) > 0 {
			s = append(s, "AB"[i:i+1]+" "+clauseList(ids))
		}
	}
	if len(s) == 0 {
		return ""
	}
	return strings.Join(s, ", ") + "; "
}

func clauseList(ids []terms.ClauseID) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	if len(s) > 6 {
		s = append(s[:6], "...")
	}
	return strings.Join(s, ", ")
}

// SideTitle says which text a side is, under which readings, and whether it is
// judged as if in force.
func SideTitle(name string, s compare.Side) string {
	t := s.Regimes[0].Terms
	out := name
	if !strings.HasPrefix(name, t.ID) {
		out = t.ID
	}
	out += ": " + t.TitleText()
	var readings []string
	asIf := 0
	for _, r := range s.Regimes {
		if r.ReadingID != "text" {
			readings = append(readings, r.ReadingID)
		}
		if r.Counterfactual {
			asIf++
		}
	}
	switch {
	case len(readings) > 1:
		out += "; under " + strings.Join(readings, ", ") + " (where they disagree it is contested)"
	case len(readings) == 1:
		out += "; under reading " + readings[0]
	}
	switch {
	case asIf == len(s.Regimes):
		out += "; COUNTERFACTUAL: as if in force at all times"
	case asIf > 0:
		out += fmt.Sprintf("; COUNTERFACTUAL for %d of the readings, which were never in force", asIf)
	}
	return out
}

// Big prints a large whole number with commas.
func Big(n *big.Int) string {
	s := n.String()
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func cases(n *big.Int) string {
	if n.Cmp(big.NewInt(1)) == 0 {
		return "1 case"
	}
	return Big(n) + " cases"
}

func percent(part, whole *big.Int) string {
	if whole.Sign() == 0 {
		return "0 %"
	}
	f, _ := new(big.Rat).SetFrac(part, whole).Float64()
	if f < 1 && f > 0.9999 {
		return "over 99.99 %"
	}
	return fmt.Sprintf("%.2f %%", 100*f)
}

// History writes what a backtest found for a terminal.
func History(w io.Writer, b *compare.Backtest, names []string, rows []compare.Row) {
	fmt.Fprintf(w, "Over %s", Count(b.Events, "incident"))
	if b.Span.Start.Bounded() && b.Span.End.Bounded() {
		fmt.Fprintf(w, " of %s", b.Span)
	}
	fmt.Fprintln(w, ". A breach here means: would breach if the facts hold.")
	names = letters(len(names))
	width := widest("text", names)
	fmt.Fprintf(w, "\n%-*s %7s %9s %12s %11s %13s %9s  %-24s  %s\n", width, "text", "breach", "permitted", "not-in-force", "not-covered", "undetermined", "contested", "open or contested", "breaches a week in force")
	for i, t := range b.Sides {
		v := t.Verdicts
		fmt.Fprintf(w, "%-*s %7d %9d %12d %11d %13d %9d  %-24s  %s\n", width, names[i], v[judge.Breach], v[judge.Permitted], v[judge.NotInForce], v[judge.NotCovered],
			v[judge.Undetermined], v[judge.Contested], ShareText(t.Undetermined()), rateText(t))
	}
	fmt.Fprintln(w)
	for i, t := range b.Sides {
		if len(t.Readings) > 1 {
			fmt.Fprintf(w, "%s: its readings disagree on %d of %d incidents, ambiguity mass %s\n", names[i], t.Disagree, b.Events, ShareText(count.Share(t.Disagree, b.Events)))
		}
		fmt.Fprintf(w, "%s: clauses that speak: %s\n", names[i], clauseCounts(t))
	}
	moves := append([]compare.Move(nil), b.Moves...)
	sort.SliceStable(moves, func(i, k int) bool {
		return moves[i].To < moves[k].To || moves[i].To == moves[k].To && moves[i].Events > moves[k].Events
	})
	for _, m := range moves {
		fmt.Fprintf(w, "\n%s by %s becomes %s by %s: %s%s; such as %s\n", m.From, names[0], m.Becomes, names[m.To], Count(m.Events, "incident"), byClause(m), strings.Join(m.Examples, ", "))
	}
	if len(moves) == 0 {
		fmt.Fprintln(w, "\nNo incident changes its verdict.")
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		changedTable(w, names, rows)
	}
	fmt.Fprintln(w, "\nIntervals hold 95 % (Wilson for shares, exact Poisson for rates). Rates count incidents of this list a week on which the text may have bound somebody; they say nothing of what no source saw.")
}

// letters are what the sides of a backtest are called in tables: A, B, C, ...
func letters(n int) []string {
	out := make([]string, n)
	for i := range out {
		if out[i] = string(rune('A' + i)); i >= 26 {
			out[i] = fmt.Sprint(i + 1)
		}
	}
	return out
}

// Legend says which letter is which text.
func Legend(w io.Writer, names []string, sides []compare.Side) {
	for i, l := range letters(len(names)) {
		fmt.Fprintf(w, "%s  %s\n", l, SideTitle(names[i], sides[i]))
	}
}

func rateText(t *compare.SideTally) string {
	switch {
	case math.IsNaN(t.Days):
		return "no period: give --from, --until"
	case t.Days == 0:
		return "not in force in the period"
	}
	r := t.Weekly()
	return fmt.Sprintf("%.2f (%.2f-%.2f) over %.0f days", r.Value, r.Low, r.High, t.Days)
}

// ShareText prints a share with its interval.
func ShareText(s count.Interval) string {
	return fmt.Sprintf("%.1f %% (%.1f-%.1f)", 100*s.Value, 100*s.Low, 100*s.High)
}

func clauseCounts(t *compare.SideTally) string {
	var s []string
	seen := map[terms.ClauseID]bool{}
	for _, c := range t.Side.Regimes[0].Terms.Clauses {
		by := t.Clauses[c.ID]
		if by == nil || seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		var vs []string
		for _, v := range []judge.Verdict{judge.Breach, judge.Undetermined, judge.Permitted, judge.NotInForce} {
			if by[v] > 0 {
				vs = append(vs, fmt.Sprintf("%d %s", by[v], v))
			}
		}
		s = append(s, fmt.Sprintf("%s (%s)", c.ID, strings.Join(vs, ", ")))
	}
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

func byClause(m compare.Move) string {
	var ids []string
	for id := range m.Clauses {
		ids = append(ids, string(id))
	}
	if len(ids) == 0 {
		return ""
	}
	sort.Strings(ids)
	for i, id := range ids {
		ids[i] = fmt.Sprintf("%s on %d", id, m.Clauses[terms.ClauseID(id)])
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

// changedTable lists incidents whose verdict changes.
func changedTable(w io.Writer, names []string, rows []compare.Row) {
	idWidth := 8
	for _, r := range rows {
		idWidth = max(idWidth, min(24, len(r.Incident.ID)))
	}
	fmt.Fprintf(w, "%-*s %-17s %-30s", idWidth, "incident", "time", "target")
	for _, n := range names {
		fmt.Fprintf(w, " %-13s", fit(n, 13))
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		at := "unknown"
		if s := r.Incident.Scenarios[0].Time.Start; s.Bounded() {
			at = s.String()
		}
		fmt.Fprintf(w, "%-*s %-17s %-30s", idWidth, fit(Visible(r.Incident.ID), idWidth), at, fit(TargetKind(r.Incident), 30))
		for _, v := range r.Verdicts {
			fmt.Fprintf(w, " %-13s", v)
		}
		fmt.Fprintln(w)
	}
}
