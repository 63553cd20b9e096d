package brief

import (
	"fmt"
	"io"
	"strings"
)

// Print writes a plan for people; no more than so many tasks, gaps and places.
func (p *Plan) Print(w io.Writer, limit int) {
	fmt.Fprintf(w, "Planned at %s. Of %s %d open: %s to find out.\n", p.At, Count(p.Findings, "finding"), p.Open, Count(len(p.Tasks), "thing"))
	fmt.Fprintf(w, "A fact settles a finding if it is %s or better; a party's answer to a request is a claim.\n", p.Accept)
	for i := range p.Tasks {
		if i == limit {
			fmt.Fprintf(w, "\nand %d more (--limit 0 prints all)\n", len(p.Tasks)-i)
			break
		}
		p.Tasks[i].print(w)
	}
	if p.Chosen != nil {
		p.Chosen.print(w)
	}
	if p.Timetable != nil {
		p.Timetable.print(w)
	}
	p.printCover(w, limit)
	p.printRestrictions(w, limit)
}

func (t *PlanTask) print(w io.Writer) {
	fmt.Fprintf(w, "\n%d. %s  [%s]\n", t.Rank, Visible(t.Question), Visible(t.ID))
	fmt.Fprintf(w, "   possible: %s\n", Visible(strings.Join(t.Answers, " / ")))
	if t.Place != "" {
		fmt.Fprintf(w, "   at %s", Visible(t.Place))
		if t.TimeStart != "" || t.TimeEnd != "" {
			fmt.Fprintf(w, ", %s..%s", t.TimeStart, t.TimeEnd)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "   would settle %.2f of %s on %s", t.Worth, Count(len(t.Findings), "open finding"), Visible(strings.Join(first(t.Incidents, 5), ", ")))
	if n := len(t.Incidents); n > 5 {
		fmt.Fprintf(w, " and %d more", n-5)
	}
	fmt.Fprintf(w, "; expected %.2f\n", t.Expected)
	if t.By != "" {
		fmt.Fprintf(w, "   by %s: %s\n", t.By, t.ByWhy)
	}
	for _, m := range t.Can {
		fmt.Fprintf(w, "   %3.0f %%  %s (%s)", 100*m.Chance, m.ID, m.Kind)
		if m.From != "" {
			fmt.Fprintf(w, " from %s", m.From)
		}
		if len(m.Needs) > 0 {
			fmt.Fprintf(w, "; access: %s", strings.Join(m.Needs, ", "))
		}
		if !m.Counts {
			fmt.Fprintf(w, "; would be %s: settles nothing", m.Level)
		}
		fmt.Fprintln(w)
		for _, n := range m.Notes {
			fmt.Fprintf(w, "           %s\n", n)
		}
	}
	if len(t.Can) == 0 {
		fmt.Fprintln(w, "   no means of the file can find it out")
	}
	for _, m := range t.Cannot {
		fmt.Fprintf(w, "    no    %s: %s\n", m.ID, m.Why)
	}
}

func first(list []string, n int) []string { return list[:min(n, len(list))] }

func (c *PlanChoice) print(w io.Writer) {
	fmt.Fprintf(w, "\nFor a budget of %g, of %s:\n", c.Budget, map[string]string{"tasks": "means and tasks", "posts": "posts and routes that may be had"}[c.For])
	for _, s := range c.Steps {
		fmt.Fprintf(w, "  +%-8.3f %s\n", s.Gain, Visible(s.ID))
	}
	if len(c.Steps) == 0 {
		fmt.Fprintln(w, "  nothing")
	}
	fmt.Fprintf(w, "  cost %g, value %.3f %s\n  %s\n", c.Cost, c.Value, c.Unit, c.words)
}

func (p *Plan) printCover(w io.Writer, limit int) {
	if p.From == "" {
		return
	}
	fmt.Fprintf(w, "\nWho could have seen %s, %s..%s\n", p.Act, p.From, p.To)
	for i, x := range p.Posts {
		if i == limit {
			fmt.Fprintf(w, "  and %d more places\n", len(p.Posts)-i)
			break
		}
		fmt.Fprintf(w, "  %-16s watched %.1f of %.1f h (%.0f %%), %.1f km²; ", Visible(x.ID), x.Watched, x.Hours, 100*x.Share, x.Area)
		switch {
		case x.Rate == nil:
			fmt.Fprint(w, "not watched: that nothing was seen says nothing")
		default:
			fmt.Fprintf(w, "%d to %s, %.4f to %.4f a watched hour (95 %%)", x.Certain, Count(x.Possible, "incident"), *x.RateLow, *x.RateHigh)
		}
		if x.Claimed > 0 {
			fmt.Fprintf(w, "; %d claimed only, not counted", x.Claimed)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "\nGaps, longest first")
	for i, g := range p.Gaps {
		if i == limit {
			fmt.Fprintf(w, "  and %d more\n", len(p.Gaps)-i)
			break
		}
		fmt.Fprintf(w, "  %-16s %s..%s  %g h", Visible(g.Post), g.From, g.To, g.Hours)
		if len(g.Hindered) > 0 {
			fmt.Fprintf(w, "  (%s)", Visible(strings.Join(g.Hindered, "; ")))
		}
		fmt.Fprintln(w)
	}
	if len(p.Gaps) == 0 {
		fmt.Fprintln(w, "  none")
	}
}

func (p *Plan) printRestrictions(w io.Writer, limit int) {
	if len(p.Restrictions) == 0 {
		return
	}
	fmt.Fprintln(w, "\nRestrictions of freedom of movement, as the text has them")
	n := 0
	for _, kind := range []string{"denial", "delay", "conditional", "other"} {
		for _, r := range p.Restrictions {
			if r.Kind != kind {
				continue
			}
			if n++; limit > 0 && n > limit {
				continue
			}
			fmt.Fprintf(w, "  %-11s %s  %s", r.Kind, Visible(r.ID), r.From)
			if r.Place != "" {
				fmt.Fprintf(w, " at %s", Visible(r.Place))
			}
			if r.By != "" {
				fmt.Fprintf(w, " by %s", Visible(r.By))
			} else {
				fmt.Fprint(w, " by whom is not known")
			}
			if r.Delay > 0 {
				fmt.Fprintf(w, ", %d min", r.Delay)
			}
			if r.Reason != "" {
				fmt.Fprintf(w, ", “%s”", Visible(r.Reason))
			}
			fmt.Fprintln(w)
			for _, k := range sortedKeys(r.Verdicts) {
				v := r.Verdicts[k]
				if v == "breach" {
					v = "would breach, if the facts hold"
				}
				fmt.Fprintf(w, "              %s: %s\n", k, v)
			}
		}
	}
	if limit > 0 && n > limit {
		fmt.Fprintf(w, "  and %d more\n", n-limit)
	}
}
