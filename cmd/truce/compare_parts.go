package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/terms"
)

// checkParts refuses what partitions cannot be combined with.
func (o *compareOptions) checkParts() error {
	if o.parts.cores < 0 || o.parts.mib < 1 {
		return fmt.Errorf("--cores and --partition-mib: expected 1 or more")
	}
	if len(o.over) == 0 || !o.parts.wanted(o.over) {
		return nil
	}
	switch {
	case o.as != "" && o.as != "truce":
		return fmt.Errorf("folders, Parquet and --work are read in partitions, which cannot be combined with --as %s", o.as)
	case slices.Contains(o.over, "-"):
		return fmt.Errorf("folders, Parquet and --work are read in partitions, which cannot be combined with standard input")
	case o.format == "html":
		return fmt.Errorf("a page shows each incident with its facts, which partitions do not keep: expected --out FILE.json or --json")
	}
	return nil
}

// question is what the texts are asked of each event.
func (o *compareOptions) question() (parts.Question, map[string]*terms.Terms) {
	q := parts.Question{Kind: parts.History, From: o.from, Until: o.until, Strict: o.strict}
	texts := map[string]*terms.Terms{}
	for i, s := range o.sides {
		name, _, _ := strings.Cut(o.names[i], "@")
		t := s.Regimes[0].Terms
		texts[name] = t
		side := parts.Side{Text: name, Digest: t.Digest}
		for _, r := range s.Regimes {
			side.Readings = append(side.Readings, parts.Reading{ID: r.ReadingID, Assume: r.Counterfactual})
		}
		q.Sides = append(q.Sides, side)
	}
	return q, texts
}

// historyInParts judges the events under every text, in partitions.
func (o *compareOptions) historyInParts(cmd *cobra.Command) (*compare.Backtest, []compare.Row, []feeds.Summary, error) {
	q, texts := o.question()
	ask, err := parts.Ask(q, func(name string) (*terms.Terms, error) { return texts[name], nil })
	if err != nil {
		return nil, nil, nil, unread(err)
	}
	beside := ""
	if o.out != "" {
		beside = filepath.Dir(o.out)
	}
	r, err := o.parts.start(cmd, o.over, q, ask, beside)
	if err != nil {
		return nil, nil, nil, err
	}
	defer r.close()
	j, err := r.join(cmd, "", "")
	if err != nil {
		return nil, nil, nil, err
	}
	showUnread(cmd.ErrOrStderr(), j)
	if j.Again > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s stood in an earlier file unchanged and count once\n", brief.Count(j.Again, "incident"))
	}
	b, rows, all, err := ask.(*parts.HistoryAsker).Merge(j.States)
	if err != nil {
		return nil, nil, nil, unread(err)
	}
	if all.Changes > len(rows) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d incidents change verdict: all are counted, the first %d are listed\n", all.Changes, len(rows))
	}
	o.closeHistory(cmd, b, all.Seen, all.Outside)
	return b, rows, j.Sums, nil
}
