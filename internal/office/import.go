package office

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/record"
)

// ImportOptions say how files are taken in.
type ImportOptions struct {
	As       string // kind of the file; "" guesses it
	Source   string // what the files are editions of; "" takes their names
	Licence  string
	URL      string
	Each     bool   // record every row as an entry too
	Held     bool   // a file that is held will do, also where a later edition took its place
	Missing  string // why reports of rows that the file does not have any more are set aside; "": they are not
	Receipts string // folder for receipts; "" is receipts in the record
	Parser   string // program and version
	Progress func(file string, rows, of int)

	Name    string          // of the file, where it lies under another; "" is the file's
	Mapping *intake.Mapping // what its columns mean; nil: it is of a kind that is read as it is
	Account string          // in whose name it is
	By      *By             // who signs; nil: the office
	Marking string          // who may read it; "" is the mission
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
	Gone      []Gone          `json:"gone,omitempty"`      // the rows that are withdrawn
	Aside     int64           `json:"set_aside,omitempty"` // reports of these that were set aside now, or would be
	Before    int64           `json:"decided,omitempty"`   // ... about which somebody had decided before
	Warnings  []string        `json:"warnings,omitempty"`  // why what is gone may not be
	Problems  []feeds.Problem `json:"-"`

	Original string          `json:"original,omitempty"` // SHA-256 of the file as it arrived, where it was mapped
	Mapping  string          `json:"mapping,omitempty"`  // SHA-256 of the mapping
	Words    []string        `json:"unknown,omitempty"`  // that the mapping does not know
	Faults   []*intake.Fault `json:"-"`                  // where it was mapped, in the place of Problems
}

// Against says what a file is against what is held: of one that was new all rows that
// were read are, of one that is held they are unchanged.
func (i *Imported) Against() (added, updated, unchanged, withdrawn int64) {
	switch i.State {
	case "unchanged":
		return 0, 0, i.Rows - i.Refused, 0
	case "new":
		return i.Rows - i.Refused, 0, 0, 0
	}
	return i.New, i.Updated, i.Unchanged, i.Withdrawn
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
	old   *feeds.Edition // that it was compared with
	was   *formers       // the entries of its rows, once they were looked for
	out   *Imported

	name     string            // of the file as it arrived
	mapped   *intake.Converted // nil where there is no mapping
	original record.Hash
}

// Import takes a file in: the file as a blob, what it holds as an entry, and with
// Each its rows. What was taken in before is not taken in again; an import that
// was interrupted goes on.
func (o *Office) Import(ctx context.Context, file string, opt ImportOptions) (*Imported, error) {
	x, clean, err := o.importing(ctx, file, opt)
	if err != nil {
		return nil, err
	}
	defer clean()
	if x.in != nil && x.in.Done && (x.in.Each || !opt.Each) {
		x.out.State = "unchanged"
		if err := x.held(ctx, false); err != nil {
			return nil, err
		}
		x.report()
		return x.out, nil
	}
	if err := x.run(ctx); err != nil {
		return nil, err
	}
	x.state()
	x.report()
	return x.out, nil
}

// Try says what Import would do, and records nothing.
func (o *Office) Try(ctx context.Context, file string, opt ImportOptions) (*Imported, error) {
	x, clean, err := o.importing(ctx, file, opt)
	if err != nil {
		return nil, err
	}
	defer clean()
	if x.in != nil && x.in.Done {
		x.out.State = "unchanged"
		if err := x.held(ctx, true); err != nil {
			return nil, err
		}
		x.report()
		return x.out, nil
	}
	if err := x.read(); err != nil {
		return nil, err
	}
	x.in = x.counted(made{})
	if err := x.compare(); err != nil {
		return nil, err
	}
	if err := x.apart(); err != nil {
		return nil, err
	}
	if err := x.tried(ctx); err != nil {
		return nil, err
	}
	x.state()
	x.report()
	x.out.Receipt = ""
	return x.out, nil
}

// importing begins an import: it maps the file, where there is a mapping, and
// looks up what is known of it. What clean removes is not needed any more.
func (o *Office) importing(ctx context.Context, file string, opt ImportOptions) (x *importing, clean func(), err error) {
	if opt.Receipts == "" {
		opt.Receipts = o.receipts()
	}
	as := *o
	as.by = opt.By
	x, clean = &importing{Office: &as, opt: opt, file: file, name: opt.Name, out: &Imported{File: file}}, func() {}
	if x.name == "" {
		x.name = filepath.Base(file)
	}
	if opt.Mapping != nil {
		if clean, err = x.convert(); err != nil {
			return nil, nil, err
		}
	}
	if x.notes, err = o.intents(ctx); err == nil {
		x.sum, err = hashFile(x.file)
	}
	if err != nil {
		clean()
		return nil, nil, err
	}
	x.in, x.out.SHA256 = x.notes[x.sum], x.sum.Hex()
	if x.in != nil && x.in.Done && !opt.Held && !x.newest() {
		x.in = nil // an earlier edition again is the latest now
	}
	return x, clean, nil
}

// newest reports whether no later edition took the place of the file's.
func (x *importing) newest() bool {
	for _, n := range x.notes {
		if n.Dataset != "" && n.Index > x.in.Index && n.follows(x.in, x.me) {
			return false
		}
	}
	return true
}

// convert makes the table that is recorded, by the mapping.
func (x *importing) convert() (clean func(), err error) {
	f, err := os.Open(x.file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := intake.Read(x.name, f)
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp("", "truce-import-*.csv")
	if err != nil {
		return nil, err
	}
	clean = func() { os.Remove(tmp.Name()) }
	x.mapped, err = intake.Convert(table, x.opt.Mapping, tmp)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		x.original, err = hashFile(x.file)
	}
	if err != nil {
		clean()
		return nil, err
	}
	x.out.Original, x.out.Words = x.original.Hex(), x.mapped.Words()
	x.file, x.opt.As = tmp.Name(), "truce"
	return clean, nil
}

func (x *importing) state() {
	x.out.State = "new"
	if x.in.Earlier != "" {
		x.out.State = "edition"
	}
}

// read reads the file that is recorded.
func (x *importing) read() error {
	f, err := os.Open(x.file)
	if err != nil {
		return err
	}
	defer f.Close()
	name := x.out.File // in messages; the ids of rows have no folder in them
	if x.mapped != nil || x.opt.Name != "" {
		name = x.name
	}
	if x.ed, err = feeds.ReadEdition(name, f, feeds.Options{As: x.opt.As}); err != nil {
		if x.mapped != nil && x.mapped.Faulty > 0 {
			err = fmt.Errorf("%w; the first fault: %w", err, x.mapped.Faults[0])
		}
		return &Unreadable{err}
	}
	x.out.Problems = x.ed.Summary.Problems
	if x.mapped != nil {
		x.out.Faults, x.out.Problems = x.mapped.Merge(x.out.Problems), nil
	}
	return nil
}

func (x *importing) run(ctx context.Context) (err error) {
	if err := x.read(); err != nil {
		return err
	}
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
	if err := x.missing(ctx, x.in.Index); err != nil {
		return err
	}
	if err := x.setAside(ctx); err != nil {
		return err
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
	i.Original, i.Mapping, i.Words = c.Original, c.Mapping, c.Unknown
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
		if err := x.apart(); err != nil {
			return err
		}
		return x.note(x.sum, x.in)
	}
	in := x.counted(m)
	x.in = in
	if err := x.compare(); err != nil {
		return err
	}
	if err := x.apart(); err != nil {
		return err
	}
	return x.note(x.sum, in)
}

// counted is the note of a file that was read, before it is compared.
func (x *importing) counted(m made) *intent {
	s := x.ed.Summary
	in := &intent{Name: x.name, Source: x.opt.Source, Format: s.As, Account: x.opt.Account, Author: x.author().String(), Made: m.at, Seed: m.seed, Each: x.opt.Each}
	in.Counts = record.DatasetEntry{Name: in.Name, Format: s.As, Parser: x.opt.Parser, Rows: int64(s.Rows), Refused: int64(s.Rejected), Licence: x.opt.Licence, Each: x.opt.Each,
		Incidents: int64(s.Incidents), Reports: int64(s.Reports), Source: x.opt.Source, URL: x.opt.URL}
	if x.mapped != nil {
		in.Counts.Original, in.Counts.Unknown = x.original.Hex(), x.mapped.Words()
		in.Counts.Mapping = record.Hash(sha256.Sum256(x.opt.Mapping.JSON())).Hex()
	}
	if in.Source == "" {
		in.Source = in.Name
	}
	return in
}

// compare compares the file with the edition before, the last file of the same
// source and format.
func (x *importing) compare() error {
	var last record.Hash
	for h, n := range x.notes {
		if n.Dataset != "" && n.follows(x.in, x.me) && (last == (record.Hash{}) || n.Index > x.notes[last].Index) {
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
	x.in.Earlier, x.diff, x.old = last.Hex(), d, old
	c := &x.in.Counts
	c.New, c.Updated, c.Unchanged, c.Withdrawn = int64(d.New), int64(d.Updated), int64(d.Unchanged), int64(d.Withdrawn)
	if n.Each { // or its rows would count beside those entries
		x.in.Each, c.Each = true, true
	}
	return nil
}

// dataset records the file. Where the log holds the entry already, it answers
// with the receipt that was given.
func (x *importing) dataset(ctx context.Context) error {
	d := draft{kind: "dataset@1", payload: signedFor{x.in.Counts, x.opt.Account, x.opt.Marking}, blobs: []record.Hash{x.sum}}
	for _, b := range []string{x.in.Counts.Original, x.in.Counts.Mapping} {
		if h, err := record.ParseHash(b); err == nil {
			d.blobs = append(d.blobs, h)
		}
	}
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

// signedFor is a data set that the office signs for an account.
type signedFor struct {
	record.DatasetEntry
	Account string `json:"account,omitempty"`
	Marking string `json:"marking,omitempty"`
}

// keepBlob takes the file in, as it was hashed; of a file that was mapped also the
// file as it arrived, and the mapping.
func (x *importing) keepBlob(ctx context.Context) error {
	if err := x.keepFile(ctx, x.file, x.sum); err != nil || x.mapped == nil {
		return err
	}
	if err := x.keepFile(ctx, x.out.File, x.original); err != nil {
		return err
	}
	_, err := x.Log.Blobs().Put(ctx, bytes.NewReader(x.opt.Mapping.JSON()))
	return err
}

func (x *importing) keepFile(ctx context.Context, name string, sum record.Hash) error {
	if _, err := x.Log.Blobs().Stat(sum); err == nil {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := x.Log.Blobs().Put(ctx, f)
	if err == nil && b.Hash != sum {
		err = fmt.Errorf("%s changed while it was read: import it again", name)
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
