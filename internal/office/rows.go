package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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
func (x *importing) row(r *feeds.EditionRow, was map[*feeds.EditionRow]former) draft {
	now := x.ed.Columns(r)
	source := fmt.Sprintf("%s, line %d", x.in.Name, r.Line)
	about := record.Ref{Relation: record.About, ID: x.in.Dataset}
	f, corrects := was[r]
	if !corrects {
		return draft{kind: "report@1", payload: signedRow{record.ReportEntry{Format: x.in.Format, Row: now, Source: source}, x.in.Account, x.opt.Marking},
			refs: []record.Ref{about}, valid: r.Day}
	}
	facts := map[string]string{}
	for column, v := range now {
		if f.columns[column] != v {
			facts[column] = v
		}
	}
	for column := range f.columns {
		if _, has := now[column]; !has {
			facts[column] = ""
		}
	}
	return draft{kind: "correction@1", payload: signedCorrection{record.CorrectionEntry{Reason: "a later edition: " + source, Facts: facts}, x.in.Account, x.opt.Marking},
		refs: []record.Ref{{Relation: record.Supersedes, ID: f.id}, about}, valid: r.Day}
}

// former is the entry of a row of the edition before, and what it says by now.
type former struct {
	id      string
	columns map[string]string
}

// formers finds the entries of the rows that have other values now, where the rows of
// the edition before are entries.
func (x *importing) formers(ctx context.Context) (map[*feeds.EditionRow]former, error) {
	out := map[*feeds.EditionRow]former{}
	if x.diff == nil {
		return out, nil
	}
	wanted := map[string][]*feeds.EditionRow{} // by what was said
	for _, c := range x.diff.Changes {
		if c.OldRow != nil && c.NewRow != nil {
			key := said(x.old.Columns(c.OldRow))
			wanted[key] = append(wanted[key], c.NewRow)
		}
	}
	if len(wanted) == 0 {
		return out, nil
	}
	now := map[string]former{} // by id of the report
	if err := x.Log.Integrate(ctx); err != nil {
		return nil, err
	}
	r := x.Log.Reader()
	for e, err := range r.Range(0, min(r.Size(), x.in.Index)) { // what an interrupted import recorded of this edition is as it was decided then
		if err != nil {
			return nil, err
		}
		if k := e.Envelope.Kind; e.Envelope.Author != x.me || k != "report@1" && k != "correction@1" {
			continue
		}
		kept, err := r.Payload(e.Index)
		if errors.Is(err, record.ErrErased) || errors.Is(err, record.ErrAbsent) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b := kept.Bytes
		switch e.Envelope.Kind {
		case "report@1":
			var p signedRow
			if json.Unmarshal(b, &p) == nil && p.Account == x.in.Account && p.Format == x.in.Format {
				now[e.Envelope.ID] = former{e.Envelope.ID, p.Row}
			}
		case "correction@1":
			var p signedCorrection
			at := slices.IndexFunc(e.Envelope.Refs, func(r record.Ref) bool { return r.Relation == record.Supersedes })
			if at < 0 || json.Unmarshal(b, &p) != nil || p.Account != x.in.Account {
				continue
			}
			if f, is := now[e.Envelope.Refs[at].ID]; is {
				f.columns = maps.Clone(f.columns)
				for column, v := range p.Facts {
					if f.columns[column] = v; v == "" {
						delete(f.columns, column)
					}
				}
				now[f.id] = f
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		key := said(now[id].columns)
		if ws := wanted[key]; len(ws) > 0 {
			out[ws[0]], wanted[key] = now[id], ws[1:]
		}
	}
	return out, nil
}

// said are columns as a text that is the same for the same.
func said(columns map[string]string) string {
	b, _ := json.Marshal(columns) // keys are sorted
	return string(b)
}

// rows records rows as entries of their own.
func (x *importing) rows(ctx context.Context) error {
	rows, err := x.toRecord()
	if err != nil {
		return err
	}
	was, err := x.formers(ctx)
	if err != nil {
		return err
	}
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
