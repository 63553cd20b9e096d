package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/vocab"
)

// verdictChange is an overall verdict of one reading that is another after a
// revision, or that is gone with the row.
type verdictChange struct {
	ID      string `json:"id"`
	Day     string `json:"day"`
	Change  string `json:"change"`
	Terms   string `json:"terms"`
	Reading string `json:"reading"`
	Old     string `json:"old"`
	New     string `json:"new"` // "" the row is withdrawn
}

// benches opens the terms of --terms.
func (o *editionsOptions) benches(cmd *cobra.Command) ([]*bench, *vocab.Vocabulary, error) {
	if len(o.terms) == 0 {
		return nil, nil, nil
	}
	j := &judgeOptions{assume: o.assume}
	for _, name := range o.terms {
		t, problems, err := openTerms(name)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range problems {
			fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
		}
		if t == nil {
			return nil, nil, unread(fmt.Errorf("%s cannot be used: mend the problems above (`truce check` shows them again)", name))
		}
		j.terms = append(j.terms, t)
	}
	benches, err := j.benches()
	return benches, j.terms[0].Vocabulary, err
}

// judge compares the verdicts on rows before and after.
func (r *editionsReport) judge(old, later *feeds.Edition, benches []*bench) {
	if len(benches) == 0 {
		return
	}
	r.Verdicts = []verdictChange{}
	for _, c := range r.Changes {
		if c.Change != feeds.ChangeUpdated && c.Change != feeds.ChangeWithdrawn {
			continue
		}
		before := old.Incident(c.OldRow)
		var after *evidence.Incident
		if c.NewRow != nil {
			after = later.Incident(c.NewRow)
		}
		if before == nil || after == nil && c.NewRow != nil {
			r.Unjudged++ // a report, or one that became an incident or ceased to be one
			continue
		}
		for _, b := range benches {
			r.verdicts(c, b, before, after)
		}
	}
}

func (r *editionsReport) verdicts(c feeds.EditionChange, b *bench, before, after *evidence.Incident) {
	was := b.findings(before, nil)
	var is []judge.Finding
	if after != nil {
		is = b.findings(after, nil)
	}
	for i := range was {
		v := verdictChange{
			ID: before.ID, Day: c.Day, Change: c.Change, Terms: was[i].Regime.Terms.ID, Reading: was[i].Regime.ReadingID, Old: was[i].Verdict.String(),
		}
		if after != nil {
			v.New = is[i].Verdict.String()
		}
		if v.Old != v.New {
			r.Verdicts = append(r.Verdicts, v)
		}
	}
}

func (r *editionsReport) printVerdicts(w io.Writer, limit int) {
	if r.Verdicts == nil {
		return
	}
	fmt.Fprintf(w, "\nverdicts that change with the rows: %d", len(r.Verdicts))
	if r.Counterfactual {
		fmt.Fprint(w, " (COUNTERFACTUAL: judged as if in force at all times)")
	}
	fmt.Fprintln(w)
	for i, v := range r.Verdicts {
		if limit > 0 && i == limit {
			fmt.Fprintf(w, "  and %d more: --limit 0 prints them, --json has them\n", len(r.Verdicts)-i)
			break
		}
		now := v.New
		if now == "" {
			now = "(withdrawn)"
		}
		fmt.Fprintf(w, "  %s  %s  %s, reading %s: %s -> %s\n", v.Day, short(v.ID, 60), v.Terms, v.Reading, v.Old, now)
	}
	if r.Unjudged > 0 {
		fmt.Fprintf(w, "  changed rows that are not judged in both editions (reports, or rows that cannot be told apart): %d\n", r.Unjudged)
	}
	if len(r.Verdicts) > 0 {
		fmt.Fprintln(w, "  Nobody has determined this: each verdict says what would follow if the facts hold.")
	}
}
