package office

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/record"
)

// ImportOptions say how files are taken in.
type ImportOptions struct {
	As       string // kind of the file; "" guesses it
	Source   string // what the files are editions of; "" takes their names
	Licence  string
	URL      string
	Each     bool   // record every row as an entry too
	Receipts string // folder for receipts; "" is receipts in the record
	Parser   string // program and version
	Progress func(file string, rows, of int)
}

// Imported is what became of a file.
type Imported struct {
	File      string          `json:"file"`
	SHA256    string          `json:"sha256"`
	State     string          `json:"state"` // new, edition or unchanged
	Entry     string          `json:"entry"` // id of the dataset
	Index     int64           `json:"index"`
	Receipt   string          `json:"receipt"` // file
	Format    string          `json:"format"`
	Rows      int64           `json:"rows"`
	Incidents int64           `json:"incidents"`
	Reports   int64           `json:"reports"`
	Refused   int64           `json:"refused"`
	Recorded  int64           `json:"recorded"`          // rows as entries of their own
	Earlier   string          `json:"earlier,omitempty"` // SHA-256 of the edition before
	New       int64           `json:"new"`
	Updated   int64           `json:"updated"`
	Unchanged int64           `json:"unchanged"`
	Withdrawn int64           `json:"withdrawn"`
	Problems  []feeds.Problem `json:"-"`
}

// importing is one file on its way in.
type importing struct {
	*Office
	opt   ImportOptions
	file  string
	sum   record.Hash
	ed    *feeds.Edition
	notes map[record.Hash]*intent
	in    *intent
	diff  *feeds.EditionDiff
	out   *Imported
}

// Import takes a file in: the file as a blob, what it holds as an entry, and with
// Each its rows. What was taken in before is not taken in again; an import that
// was interrupted goes on.
func (o *Office) Import(ctx context.Context, file string, opt ImportOptions) (*Imported, error) {
	if opt.Receipts == "" {
		opt.Receipts = o.receipts()
	}
	x := &importing{Office: o, opt: opt, file: file, out: &Imported{File: file}}
	var err error
	if x.notes, err = o.intents(ctx); err != nil {
		return nil, err
	}
	if x.sum, err = hashFile(file); err != nil {
		return nil, err
	}
	x.in, x.out.SHA256 = x.notes[x.sum], x.sum.Hex()
	if x.in != nil && x.in.Done && (x.in.Each || !opt.Each) {
		x.out.State = "unchanged"
		x.report()
		return x.out, nil
	}
	if err := x.run(ctx); err != nil {
		return nil, err
	}
	x.out.State = "new"
	if x.in.Earlier != "" {
		x.out.State = "edition"
	}
	x.report()
	return x.out, nil
}

func (x *importing) run(ctx context.Context) (err error) {
	if x.ed, err = feeds.ReadEditionFile(x.file, feeds.Options{As: x.opt.As}); err != nil {
		return &Unreadable{err}
	}
	x.out.Problems = x.ed.Summary.Problems
	if x.in == nil || x.in.Done {
		if err := x.intend(); err != nil {
			return err
		}
	}
	if err := x.keepBlob(ctx); err != nil {
		return err
	}
	if x.in.Dataset == "" {
		if err := x.dataset(ctx); err != nil {
			return err
		}
	}
	if x.in.Each {
		if err := x.rows(ctx); err != nil {
			return err
		}
	}
	x.in.Done, x.in.Seed = true, nil
	return x.note(x.sum, x.in)
}

// report fills in what is told of the file.
func (x *importing) report() {
	i, in, c := x.out, x.in, x.in.Counts
	i.Entry, i.Index, i.Format, i.Earlier = in.Dataset, in.Index, in.Format, in.Earlier
	i.Rows, i.Incidents, i.Reports, i.Refused = c.Rows, c.Incidents, c.Reports, c.Refused
	i.New, i.Updated, i.Unchanged, i.Withdrawn = c.New, c.Updated, c.Unchanged, c.Withdrawn
	i.Receipt = filepath.Join(x.opt.Receipts, in.Dataset+".receipt")
}

// intend decides what will be recorded, and keeps that on disk before anything
// is.
func (x *importing) intend() error {
	m, err := x.fresh()
	if err != nil {
		return err
	}
	if x.in != nil { // the dataset is in; its rows are to follow
		again := *x.in
		again.Made, again.Seed, again.Each, again.Done = m.at, m.seed, true, false
		x.in = &again
		return x.note(x.sum, x.in)
	}
	s := x.ed.Summary
	in := &intent{Name: filepath.Base(x.file), Source: x.opt.Source, Format: s.As, Made: m.at, Seed: m.seed, Each: x.opt.Each}
	in.Counts = record.DatasetEntry{Name: in.Name, Format: s.As, Parser: x.opt.Parser, Rows: int64(s.Rows), Refused: int64(s.Rejected), Licence: x.opt.Licence,
		Incidents: int64(s.Incidents), Reports: int64(s.Reports), Source: x.opt.Source, URL: x.opt.URL}
	if in.Source == "" {
		in.Source = in.Name
	}
	x.in = in
	if err := x.compare(); err != nil {
		return err
	}
	return x.note(x.sum, in)
}

// compare compares the file with the edition before, the last file of the same
// source and format.
func (x *importing) compare() error {
	var last record.Hash
	for h, n := range x.notes {
		if n.Dataset != "" && n.Source == x.in.Source && n.Format == x.in.Format && (last == (record.Hash{}) || n.Index > x.notes[last].Index) {
			last = h
		}
	}
	if h, err := record.ParseHash(x.in.Earlier); err == nil {
		last = h // as it was decided before an interruption
	}
	if (last == record.Hash{}) {
		return nil
	}
	n := x.notes[last]
	f, err := x.Log.Blobs().Open(last)
	if err != nil {
		return fmt.Errorf("the edition before, entry %s: %w", n.Dataset, err)
	}
	defer f.Close()
	old, err := feeds.ReadEdition(n.Name, f, feeds.Options{As: x.opt.As})
	if err != nil {
		return fmt.Errorf("the edition before, entry %s: %w", n.Dataset, err)
	}
	d, err := feeds.CompareEditions(old, x.ed, feeds.Covers{})
	if err != nil {
		return err
	}
	x.in.Earlier, x.diff = last.Hex(), d
	c := &x.in.Counts
	c.New, c.Updated, c.Unchanged, c.Withdrawn = int64(d.New), int64(d.Updated), int64(d.Unchanged), int64(d.Withdrawn)
	return nil
}

// dataset records the file. Where the log holds the entry already, it answers
// with the receipt that was given.
func (x *importing) dataset(ctx context.Context) error {
	d := draft{kind: "dataset@1", payload: x.in.Counts, blobs: []record.Hash{x.sum}}
	if h, err := record.ParseHash(x.in.Earlier); err == nil && x.notes[h] != nil {
		d.refs = []record.Ref{{Relation: record.Supersedes, ID: x.notes[h].Dataset}}
	}
	es, ps, err := x.sign(made{x.in.Made, x.in.Seed}, "dataset", []draft{d})
	if err != nil {
		return err
	}
	ack, err := x.append(ctx, es, ps, x.opt.Receipts)
	if err != nil {
		return err
	}
	x.in.Dataset, x.in.Index = es[0].ID, ack.Index
	return x.note(x.sum, x.in)
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

// rows records rows as reports of their own.
func (x *importing) rows(ctx context.Context) error {
	rows, err := x.toRecord()
	if err != nil {
		return err
	}
	for from := 0; from < len(rows); from += perBatch {
		batch := rows[from:min(from+perBatch, len(rows))]
		ds := make([]draft, len(batch))
		for i, r := range batch {
			ds[i] = draft{kind: "report@1", payload: record.ReportEntry{Format: x.in.Format, Row: x.ed.Columns(r), Source: fmt.Sprintf("%s, line %d", x.in.Name, r.Line)},
				refs: []record.Ref{{Relation: record.About, ID: x.in.Dataset}}, valid: r.Day}
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

// keepBlob takes the file in, as it was hashed.
func (x *importing) keepBlob(ctx context.Context) error {
	if _, err := x.Log.Blobs().Stat(x.sum); err == nil {
		return nil
	}
	f, err := os.Open(x.file)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := x.Log.Blobs().Put(ctx, f)
	if err == nil && b.Hash != x.sum {
		err = fmt.Errorf("%s changed while it was read: import it again", x.file)
	}
	return err
}

func hashFile(name string) (h record.Hash, err error) {
	f, err := os.Open(name)
	if err != nil {
		return h, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return h, fmt.Errorf("%s is not a plain file", name)
	}
	s := sha256.New()
	_, err = io.Copy(s, f)
	return record.Hash(s.Sum(nil)), err
}
