package office

import (
	"context"
	"fmt"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/record"
)

// apart refuses rows that exclude each other where each is to be an entry: each would
// count.
func (x *importing) apart() error {
	if !x.in.Each {
		return nil
	}
	for _, r := range x.ed.Rows {
		if c := x.ed.Columns(r); c["scenario"] != "" {
			return &Unreadable{fmt.Errorf("line %d: scenario %q: rows that are alternatives of one incident (%s) would count each as one by itself if they were entries: expected no scenarios; import the file without --each (where an edition before had that, also under another --source)", r.Line, c["scenario"], c["id"])}
		}
	}
	return nil
}

// perBatch is how many rows are recorded under one signature.
const perBatch = 1000

// toRecord are the rows that are recorded: all, or where the rows of the edition
// before were recorded too, those that are new or updated.
func (x *importing) toRecord() ([]*feeds.EditionRow, error) {
	h, err := record.ParseHash(x.in.Earlier)
	if err != nil || x.notes[h] == nil || !x.notes[h].Each {
		return x.ed.Rows, nil
	}
	if x.diff == nil {
		if err := x.compare(); err != nil {
			return nil, err
		}
	}
	changed := map[*feeds.EditionRow]bool{}
	for _, c := range x.diff.Changes {
		changed[c.NewRow] = c.NewRow != nil
	}
	var out []*feeds.EditionRow
	for _, r := range x.ed.Rows {
		if changed[r] {
			out = append(out, r)
		}
	}
	return out, nil
}

// row is the entry of a row: a report, or where the edition before has the row with
// other values a correction of the report of it.
func (x *importing) row(r *feeds.EditionRow, was formers) draft {
	now := x.ed.Columns(r)
	source := fmt.Sprintf("%s, line %d", x.in.Name, r.Line)
	about := record.Ref{Relation: record.About, ID: x.in.Dataset}
	old := was.of(r)
	id, corrects := was.ids[old]
	if !corrects {
		return draft{kind: "report@1", payload: signedRow{record.ReportEntry{Format: x.in.Format, Row: now, Source: source}, x.in.Account, x.opt.Marking},
			refs: []record.Ref{about}, valid: r.Day}
	}
	before, facts := x.old.Columns(old), map[string]string{}
	for column, v := range now {
		if before[column] != v {
			facts[column] = v
		}
	}
	for column := range before {
		if _, has := now[column]; !has {
			facts[column] = ""
		}
	}
	return draft{kind: "correction@1", payload: signedCorrection{record.CorrectionEntry{Reason: "a later edition: " + source, Facts: facts}, x.in.Account, x.opt.Marking},
		refs: []record.Ref{{Relation: record.Supersedes, ID: id}, about}, valid: r.Day}
}

// rows records rows as entries of their own.
func (x *importing) rows(ctx context.Context) error {
	rows, err := x.toRecord()
	if err != nil {
		return err
	}
	was, err := x.formers(ctx, x.in.Index) // what an interrupted import recorded of this edition is as it was decided then
	if err != nil {
		return err
	}
	x.was = &was
	for from := 0; from < len(rows); from += perBatch {
		batch := rows[from:min(from+perBatch, len(rows))]
		ds := make([]draft, len(batch))
		for i, r := range batch {
			ds[i] = x.row(r, was)
		}
		es, ps, err := x.sign(made{x.in.Made, x.in.Seed}, fmt.Sprintf("rows %d", from), ds)
		if err != nil {
			return err
		}
		if _, err := x.append(ctx, es, ps, x.opt.Receipts); err != nil {
			return err
		}
		x.out.Recorded += int64(len(batch))
		if x.opt.Progress != nil {
			x.opt.Progress(x.file, from+len(batch), len(rows))
		}
	}
	return nil
}

// signedRow and signedCorrection are entries of rows, for the account and in the
// marking of the data set that they are of.
type signedRow struct {
	record.ReportEntry
	Account string `json:"account,omitempty"`
	Marking string `json:"marking,omitempty"`
}

type signedCorrection struct {
	record.CorrectionEntry
	Account string `json:"account,omitempty"`
	Marking string `json:"marking,omitempty"`
}
