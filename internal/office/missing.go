package office

import (
	"context"
	"fmt"
	"math"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/record"
)

// Gone is a row of the edition before that the later one does not have, though it covers
// its day. That says nothing about whether it happened.
type Gone struct {
	ID    string `json:"id" doc:"as the source names the row"`
	Day   string `json:"day" doc:"such as 2025-03-20; empty: unknown"`
	Line  int    `json:"line" doc:"in the edition before"`
	Entry string `json:"entry,omitempty" doc:"the report that was made of it; absent: there is none that says the same"`
	Aside string `json:"aside,omitempty" doc:"the entry that decides about that report; absent: it stands as it is"`
}

// missing names the rows that are gone. before is the place in the log up to which their
// entries are looked for.
func (x *importing) missing(ctx context.Context, before int64) error {
	if x.diff == nil && x.in.Earlier != "" {
		if err := x.compare(); err != nil {
			return err
		}
	}
	if x.diff == nil || x.diff.Withdrawn == 0 {
		return nil
	}
	x.out.Warnings = x.diff.Warnings
	var was formers
	if h, err := record.ParseHash(x.in.Earlier); err == nil && x.notes[h] != nil && x.notes[h].Each {
		if x.was == nil {
			found, err := x.formers(ctx, before)
			if err != nil {
				return err
			}
			x.was = &found
		}
		was = *x.was
	}
	for _, c := range x.diff.Changes {
		if c.Change == feeds.ChangeWithdrawn {
			x.out.Gone = append(x.out.Gone, Gone{ID: c.ID, Day: c.Day, Line: c.OldLine, Entry: was.ids[c.OldRow]})
		}
	}
	return nil
}

// setAside sets the reports of rows that are gone aside, for the reason that was given.
// They stay as they are, and so do the findings about them: a row that a source does not
// publish any more is not shown to be wrong. A report about which somebody has decided
// is left alone.
func (x *importing) setAside(ctx context.Context) error {
	if x.opt.Missing == "" {
		return nil
	}
	decided, err := x.decided(ctx)
	if err != nil {
		return err
	}
	var at []int // of those to set aside, in Gone
	for i, g := range x.out.Gone {
		switch {
		case g.Entry == "":
		case decided[g.Entry] != "":
			x.out.Gone[i].Aside = decided[g.Entry]
			x.out.Before++
		default:
			at = append(at, i)
		}
	}
	m, err := x.fresh()
	if err != nil {
		return err
	}
	for from := 0; from < len(at); from += perBatch {
		batch := at[from:min(from+perBatch, len(at))]
		ds := make([]draft, len(batch))
		for k, i := range batch {
			g := x.out.Gone[i]
			reason := fmt.Sprintf("%s (%s no longer has this row: line %d of the edition before)", x.opt.Missing, x.in.Name, g.Line)
			ds[k] = draft{kind: record.KindTriage, payload: signedTriage{record.TriageEntry{Decision: "rejected", Reason: reason}, x.in.Account, x.opt.Marking}, refs: []record.Ref{{Relation: record.About, ID: g.Entry}}}
		}
		es, ps, err := x.sign(m, fmt.Sprintf("missing %d", from), ds)
		if err != nil {
			return err
		}
		if _, err := x.append(ctx, es, ps, x.opt.Receipts); err != nil {
			return err
		}
		for k, i := range batch {
			x.out.Gone[i].Aside = es[k].ID
		}
		x.out.Aside += int64(len(batch))
	}
	return nil
}

// decided are the entries triage@1 by the report that they are about, the newest of each.
func (x *importing) decided(ctx context.Context) (map[string]string, error) {
	gone := map[string]bool{}
	for _, g := range x.out.Gone {
		gone[g.Entry] = g.Entry != ""
	}
	out := map[string]string{}
	if len(gone) == 0 {
		return out, nil
	}
	if err := x.Log.Integrate(ctx); err != nil {
		return nil, err
	}
	r := x.Log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return nil, err
		}
		if e.Envelope.Kind != record.KindTriage {
			continue
		}
		for _, ref := range e.Envelope.Refs {
			if ref.Relation == record.About && gone[ref.ID] {
				out[ref.ID] = e.Envelope.ID
			}
		}
	}
	return out, nil
}

// tried names what is gone, and what would be set aside.
func (x *importing) tried(ctx context.Context) error {
	if err := x.missing(ctx, math.MaxInt64); err != nil || x.opt.Missing == "" {
		return err
	}
	decided, err := x.decided(ctx)
	if err != nil {
		return err
	}
	for i, g := range x.out.Gone {
		switch {
		case g.Entry == "":
		case decided[g.Entry] != "":
			x.out.Gone[i].Aside = decided[g.Entry]
			x.out.Before++
		default:
			x.out.Aside++
		}
	}
	return nil
}

// held names what is gone from a file that is held, and sets it aside where that is
// asked for: as it was compared when it was taken in.
func (x *importing) held(ctx context.Context, try bool) error {
	if x.opt.Missing == "" || x.in.Earlier == "" {
		return nil
	}
	if err := x.read(); err != nil {
		return err
	}
	x.out.Problems, x.out.Faults = nil, nil // they were told when it was taken in
	if try {
		return x.tried(ctx)
	}
	if err := x.missing(ctx, x.in.Index); err != nil {
		return err
	}
	return x.setAside(ctx)
}

// signedTriage is an entry about a row, for the account and in the marking of the data
// set that it is of.
type signedTriage struct {
	record.TriageEntry
	Account string `json:"account,omitempty"`
	Marking string `json:"marking,omitempty"`
}
