package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
)

// beside reads what parties claimed, and counts the same time by the same rule.
func (o *countOptions) beside(cmd *cobra.Command, q *count.Question, records []count.Record) ([]claimedTotal, error) {
	totals, sum, err := feeds.Totals(o.claims)
	if err != nil {
		return nil, unread(fmt.Errorf("--claims: %w", err))
	}
	for i, p := range sum.Problems {
		if i == maxShown {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d more problems\n", o.claims, len(sum.Problems)-i)
			break
		}
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
	out := []claimedTotal{}
	all := make([]count.Claimed, len(totals))
	for i, t := range totals {
		all[i] = count.Claimed{By: t.By, Of: t.Of, Span: t.Span, Number: t.Number}
	}
	for i, t := range totals {
		x := claimedTotal{Reach: string(count.ReachOf(&all[i])), Sums: summing(all, i), By: t.By, Of: t.Of, Published: t.Published, Number: t.Number.String(), Named: len(t.Rows), Says: t.Says}
		same := *q
		if t.Span.Start.Bounded() && t.Span.End.Bounded() {
			same.From, same.To = t.Span.Start.Time(), t.Span.End.Time()
			x.From, x.To = t.Span.Start.RFC3339(), t.Span.End.RFC3339()
			if !q.To.IsZero() && !same.From.Before(q.To) || !q.From.IsZero() && !same.To.After(q.From) {
				continue
			}
			x.Ratio = claimRatio(t.Number, count.Count(&same, mayBeBy(t.Of, records)))
		}
		out = append(out, x)
	}
	return out, nil
}

// summing holds a cumulative total against those of parts of its time.
func summing(all []count.Claimed, i int) *summed {
	s := count.Sums(all, i)
	if s == nil {
		return nil
	}
	out := &summed{Parts: len(s.Parts), Low: s.Low, Covered: s.Covered, Says: s.Says}
	if s.High >= 0 {
		out.High = &s.High
	}
	return out
}

// reach says over what time a total was claimed, and whether it adds up.
func (c *claimedTotal) reach() string {
	switch c.Reach {
	case string(count.Daily):
		return "of a day"
	case string(count.NotSaid):
		return "of a time that is not said"
	}
	out := "cumulative, " + c.From + " to " + c.To
	if c.Sums == nil {
		return out
	}
	high := c.Sums.Low
	if c.Sums.High != nil {
		high = *c.Sums.High
	}
	says := map[string]string{"yes": "they add up to it", "no": "they do not add up to it", "open": "whether they add up is open: they overlap, or leave time out"}[c.Sums.Says]
	return fmt.Sprintf("%s; %s within it by the same, of %.0f%% of that time: %s: %s", out, brief.Count(c.Sums.Parts, "total"), 100*c.Sums.Covered, span(c.Sums.Low, high, c.Sums.High == nil), says)
}

// mayBeBy are the records that may be of acts by somebody; "" is anybody.
func mayBeBy(who string, records []count.Record) []count.Record {
	var out []count.Record
	for _, r := range records {
		if who == "" || slices.ContainsFunc(r.Scenarios, func(s evidence.Scenario) bool {
			return len(s.Actor) == 0 || slices.ContainsFunc(s.Actor, func(a string) bool { return a == who || strings.HasPrefix(a, who+".") })
		}) {
			out = append(out, r)
		}
	}
	return out
}

func claimRatio(claimed evidence.Number, n *count.Number) *bracket {
	if n.High == 0 && !n.Unbounded {
		return nil
	}
	b := &bracket{}
	if !n.Unbounded {
		b.Low = float64(claimed.Min) / float64(n.High)
	}
	if n.Low > 0 && claimed.Max >= 0 {
		high := float64(claimed.Max) / float64(n.Low)
		b.High = &high
	}
	return b
}

func (n *counted) printClaims(w io.Writer) {
	if n.Claimed == nil {
		return
	}
	fmt.Fprintf(w, "  claimed, by %s; a claim is what somebody said. Counted are records that may be by whom it accuses:\n", brief.Count(len(n.Claimed), "statement"))
	for _, c := range n.Claimed {
		r := "nothing was counted in that time"
		if c.Ratio != nil && c.Ratio.High != nil && *c.Ratio.High == c.Ratio.Low {
			r = fmt.Sprintf("%.1f times what was counted", c.Ratio.Low)
		} else if c.Ratio != nil && c.Ratio.High != nil {
			r = fmt.Sprintf("%.1f to %.1f times what was counted", c.Ratio.Low, *c.Ratio.High)
		} else if c.Ratio != nil {
			r = fmt.Sprintf("%.1f times what was counted, or more", c.Ratio.Low)
		}
		named := ""
		if c.Named > 1 || c.Number != "1" {
			named = fmt.Sprintf(", %s named", brief.Count(c.Named, "object"))
		}
		fmt.Fprintf(w, "    %s  %s of %s: %s%s: %s\n", c.Published, c.By, strings.TrimSpace(c.Of), c.Number, named, r)
		fmt.Fprintf(w, "      %s\n", c.reach())
		if c.Says != "" {
			fmt.Fprintf(w, "      %s\n", c.Says)
		}
	}
}

const maxLast = 64 << 20

// revised reads the number that was given before, and says what has changed since.
func (o *countOptions) revised(now *count.Number) (*count.Revision, error) {
	b, err := readPlain(o.last, maxLast)
	if err != nil {
		return nil, unread(fmt.Errorf("--last: %w", err))
	}
	var was count.Number
	if err := json.Unmarshal(b, &was); err != nil || was.Rule == "" {
		return nil, unread(fmt.Errorf("--last %s: expected a number as truce count --json prints it", o.last))
	}
	r, ok := count.Revise(&was, now)
	if !ok {
		return nil, fmt.Errorf("--last %s: is by %s from %s to %s, and cannot be held against %s from %s to %s: give the same rule and times", o.last, was.Rule, stamp(was.From), stamp(was.To), now.Rule, stamp(now.From), stamp(now.To))
	}
	return r, nil
}

func (n *counted) printRevised(w io.Writer) {
	r := n.Revised
	if r == nil {
		fmt.Fprintln(w, "  revisions since the last issue: not known; --last has it")
		return
	}
	if !r.Changed(n.Number) {
		fmt.Fprintln(w, "  revisions since the last issue: none")
		return
	}
	fmt.Fprintf(w, "  revised: the last issue gave %s\n", span(r.WasLow, r.WasHigh, r.WasUnbounded))
	for _, l := range []struct {
		what string
		ids  []string
	}{{"came", r.Came}, {"went", r.Went}, {"could count, and do", r.Firmer}, {"counted, and may", r.Weaker}} {
		if len(l.ids) > 0 {
			fmt.Fprintf(w, "    %s: %s\n", l.what, strings.Join(l.ids[:min(len(l.ids), 12)], ", "))
		}
	}
}
