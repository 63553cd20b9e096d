package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

const reportHelp = `Report writes the report of a day: summary, violations by region and kind,
casualties, weapons, notices, what the texts say, coverage, restrictions of movement,
and annex tables, in the order of the daily reports of the OSCE's Special Monitoring
Mission to Ukraine.

The day ends at the cut-off by the clock of --zone; the period is the day before it,
and is compared with the one before that. --days 7 makes a weekly report. Every number
leads to the rule it was counted by, the records it counts, what is open, the coverage,
and what has changed since the last issue. A number is a range where records leave
something open.

It is made from a record (--data), from the record of the built-in story (--demo) or
from files (--in). Of a record it holds what is public, or with --for mission what the
mission may read.

The ending of --out chooses html, pdf, xlsx, csv, json, ics (deadlines, windows and
dates of the texts, iCalendar), svg or png (a map or chart: --graphic), or of the
records alone hxl.csv, jsonl, geojson, kml, parquet (GeoParquet), cap (CAP 1.2), cot
(Cursor on Target, neutral types alone) or plover; --out may be given again. A folder
gets all of them, with each table as CSV. PDF and PNG are made by Chromium. A CSV is one
table: --annex names which.

--issue records the report in --data: its files, the entries it was made from, its
numbers. It stays as it is; --corrects makes a corrigendum to it, and the next report
says which of its numbers have changed.

Exit status: 0; 1 if the period has been issued and nothing is corrected; 2 usage; 3 if
input could not be read.`

const reportExample = `  truce report --demo --date 2025-04-02 --out report.html
  truce report --demo --date 2025-04-02 --lang uk --out report.pdf
  truce report --data north --date 2025-04-02 --for mission --out reports/ --issue
  truce report --in docs/report-week.csv --date 2020-08-03 --cutoff 19:30 --zone Europe/Kyiv --out reports/`

// reportOptions are the flags of report.
type reportOptions struct {
	date, cutoff, zone, lang, rule, mission, data, forWhom, as string
	means, restrictions, borders, browser, annex, asOf         string
	corrects, reason, issuedAlready, template, spot, graphic   string
	in, out                                                    []string
	days, number                                               int
	demo, asJSON, issue                                        bool

	input daily.Input
	made  []byte // the page, once it is made
}

func reportCommand() *cobra.Command {
	o := &reportOptions{}
	c := &cobra.Command{
		Use: "report --date D --out FILE", Short: "The daily report of a mission: every number with its rule and its records", Long: reportHelp, Example: reportExample,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&o.date, "date", "", "day of the cut-off, such as 2025-04-02")
	f.StringVar(&o.cutoff, "cutoff", "19:30", "time of day at which the period ends, by the clock of --zone")
	f.StringVar(&o.zone, "zone", "Europe/Kyiv", "clock of the report")
	f.StringVar(&o.lang, "lang", "en", "language: "+strings.Join(daily.Languages, ", "))
	f.IntVar(&o.days, "days", 1, "length of the period: 1 daily, 7 weekly")
	f.StringVar(&o.rule, "rule", "", "counting rule of the headline (truce count --rules); smm-2016+ where there are observations, else incident")
	f.StringVar(&o.mission, "mission", "", "who reports; the origin of the record when absent")
	f.IntVar(&o.number, "number", 0, "number of the report in its year; the day of the year when 0")
	f.StringVar(&o.data, "data", "", "folder of a record")
	f.BoolVar(&o.demo, "demo", false, "the record of the built-in story")
	f.StringSliceVar(&o.in, "in", nil, "files of events (docs/formats.md), instead of a record")
	f.StringVar(&o.as, "as", "", "kind of the files (guessed by content when absent)")
	f.StringVar(&o.means, "means", "", "means file, for the coverage of a report from files")
	f.StringVar(&o.restrictions, "restrictions", "", "CSV of restrictions of movement, for a report from files")
	f.StringVar(&o.forWhom, "for", "public", "whom the report may be shown to: public, parties, mission or restricted")
	f.StringVar(&o.asOf, "as-of", "", "of a record: only its first N entries, or those up to a time, RFC 3339, or up to the cutoff")
	f.StringArrayVar(&o.out, "out", nil, "file or folder to write (repeatable)")
	f.StringVar(&o.annex, "annex", "violations", "table that a .csv holds; figures is all numbers, records the records in the columns of docs/formats.md, hxl the same with HXL tags")
	f.StringVar(&o.graphic, "graphic", "map", "picture that a .svg or .png holds: map or chart")
	f.StringVar(&o.spot, "spot", "", "a spot report: of the record with this id, short name, or number in its title alone")
	f.StringVar(&o.template, "template", "", "Markdown with {{figure ID}}, {{count ...}}, {{table ID}}, {{map}}, {{chart}}: words of your own with live numbers (docs/report.md)")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON to draw the map on instead of the built-in one (docs/maps.md); none draws no countries")
	f.StringVar(&o.browser, "browser", "", "program that prints the PDF; Chromium is looked for when absent")
	f.BoolVar(&o.issue, "issue", false, "record in --data that this report was issued")
	f.StringVar(&o.corrects, "corrects", "", "id of the issued report that this one takes the place of")
	f.StringVar(&o.reason, "reason", "", "of a corrigendum: what was wrong")
	f.BoolVar(&o.asJSON, "json", false, "print the report as JSON")
	return c
}

func (o *reportOptions) run(cmd *cobra.Command) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := o.gather(cmd); err != nil {
		return err
	}
	if o.template != "" {
		b, err := readPlain(o.template, maxTemplate)
		if err != nil {
			return unread(err)
		}
		o.input.TextName, o.input.Text = o.template, b
	}
	if o.input.Rule == nil {
		o.input.Rule = daily.DefaultRule(o.input.Records)
	}
	if o.issue && o.corrects == "" && o.issuedAlready != "" {
		return failed(fmt.Errorf("this period was issued as %s, which stays as it is: --corrects %s --reason makes a corrigendum", o.issuedAlready, o.issuedAlready))
	}
	r, err := daily.New(&o.input)
	if err != nil {
		return err
	}
	hard := printFaults(cmd.ErrOrStderr(), r.Faults)
	if hard > 0 && o.issue {
		return unread(fmt.Errorf("%s: %s cannot be done, and nothing was issued: mend them above", o.template, brief.Count(hard, "thing")))
	}
	written, err := o.write(cmd.Context(), r)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if o.issue {
		id, err := o.recordIssue(cmd.Context(), r, written)
		if err != nil {
			return unread(err)
		}
		if !o.asJSON {
			fmt.Fprintln(out, "issued as", id)
		}
	}
	if o.asJSON {
		return r.WriteJSON(out)
	}
	printReport(out, r, written)
	if hard > 0 {
		return unread(fmt.Errorf("%s: %s cannot be done, and the text stands there as it was written", o.template, brief.Count(hard, "thing")))
	}
	return nil
}

const maxTemplate = 4 << 20

// printFaults tells what is wrong with a text, and how much of it cannot be done.
func printFaults(w io.Writer, faults []daily.Fault) (hard int) {
	for _, f := range faults {
		fmt.Fprintln(w, f.Error())
		if f.Hard {
			hard++
		}
	}
	return hard
}

func printReport(w io.Writer, r *daily.Report, written []string) {
	fmt.Fprintln(w, r.Title)
	for _, s := range r.Head {
		fmt.Fprintln(w, " ", s)
	}
	for _, s := range r.Summary {
		fmt.Fprintln(w, "  -", s)
	}
	for _, name := range written {
		fmt.Fprintln(w, "wrote", name)
	}
}

// check reads the flags.
func (o *reportOptions) check() (err error) {
	sources := 0
	for _, given := range []bool{o.data != "", o.demo, len(o.in) > 0} {
		if given {
			sources++
		}
	}
	switch {
	case o.date == "":
		return errors.New("no day: expected --date, such as --date 2025-04-02")
	case sources != 1:
		return errors.New("expected one of --data DIR, --demo and --in FILES")
	case len(o.out) == 0 && !o.asJSON:
		return errors.New("expected --out FILE, such as report.html, report.pdf or a folder such as reports/")
	case o.days < 1 || o.days > 366:
		return fmt.Errorf("--days %d: expected 1 to 366", o.days)
	case o.spot != "" && (o.issue || o.template != ""):
		return errors.New("--spot goes with neither --issue nor --template yet")
	case o.issue && o.data == "":
		return errors.New("--issue needs --data: it is recorded there")
	case o.issue && len(o.out) == 0:
		return errors.New("--issue needs --out: what is issued are files")
	case (o.corrects != "") != (o.reason != ""):
		return errors.New("--corrects and --reason go together: a corrigendum says what was wrong")
	case o.corrects != "" && o.data == "":
		return errors.New("--corrects needs --data: the report that is corrected stands there")
	case o.asOf != "" && len(o.in) > 0:
		return errors.New("--as-of is of records: files do not say when something was known")
	case !slices.Contains([]string{"public", "parties", "mission", "restricted"}, o.forWhom):
		return fmt.Errorf("--for %q: expected public, parties, mission or restricted", o.forWhom)
	case !slices.Contains(daily.Languages, o.lang):
		return fmt.Errorf("--lang %q: expected one of %s", o.lang, strings.Join(daily.Languages, ", "))
	}
	in := &o.input
	in.Spot = o.spot
	in.Lang, in.Mission, in.Days, in.Number, in.For = o.lang, o.mission, o.days, o.number, o.forWhom
	if in.Zone, err = when.Zone(o.zone); err != nil {
		return fmt.Errorf("--zone: %w", err)
	}
	if in.Day, err = when.ParseDay(o.date, in.Zone); err != nil {
		return fmt.Errorf("--date: %w", err)
	}
	t, err := time.Parse("15:04", o.cutoff)
	if err != nil {
		return fmt.Errorf("--cutoff %q: expected a time of day, such as 19:30", o.cutoff)
	}
	in.Hour, in.Minute = t.Hour(), t.Minute()
	if o.rule != "" {
		if in.Rule, err = count.RuleNamed(o.rule); err != nil {
			return err
		}
	}
	for _, name := range o.out {
		if err := o.checkOut(name); err != nil {
			return err
		}
	}
	in.Base, err = openMap(o.borders)
	return err
}

// reportEndings are the formats of a whole report; records have those of package
// formats beside them.
var reportEndings = []string{".html", ".pdf", ".xlsx", ".csv", ".json", ".ics", ".svg", ".png"}

// recordsFormat is the format of package formats that a file is of: of the records
// alone; nil: it is of the report.
func recordsFormat(name string) *formats.Format {
	f := formats.OfFile(name)
	if f == nil || f.Name == "csv" || f.Name == "xlsx" || f.Name == "html" {
		return nil
	}
	return f
}

func (o *reportOptions) checkOut(name string) error {
	if isFolder(name) {
		return nil
	}
	ending := filepath.Ext(name)
	if recordsFormat(name) == nil && !slices.Contains(reportEndings, ending) {
		return fmt.Errorf("--out %s: the ending chooses the format: expected %s, or a folder with / at its end, or of the records %s", name, strings.Join(reportEndings, ", "), formats.Listed())
	}
	for _, in := range append([]string{o.template, o.means, o.restrictions}, o.in...) {
		if in != "" && sameFile(in, name) {
			return fmt.Errorf("--out %s would replace a file that is read: write to another", name)
		}
	}
	if (ending == ".pdf" || ending == ".png") && o.browser == "" {
		var err error
		if o.browser, err = daily.FindBrowser(); err != nil {
			return unread(err)
		}
	}
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return strings.HasSuffix(name, "/") || err == nil && info.IsDir()
}

// gather reads what the report is made from.
func (o *reportOptions) gather(cmd *cobra.Command) error {
	if len(o.in) == 0 {
		return o.fromRecord(cmd)
	}
	j := &judgeOptions{as: o.as, in: o.in}
	sums, err := j.readFiles(cmd, vocab.Core(), func(in *evidence.Incident) error {
		o.input.Records = append(o.input.Records, &daily.Record{Incident: in})
		return nil
	})
	if err != nil {
		return err
	}
	var names []string
	for _, s := range sums {
		printImport(cmd.ErrOrStderr(), s)
		names = append(names, filepath.Base(s.File))
	}
	o.input.Of = strings.Join(names, ", ")
	return o.openMeans(cmd)
}

// openMeans reads the means and the restrictions of a report from files.
func (o *reportOptions) openMeans(cmd *cobra.Command) error {
	if o.means != "" {
		b, err := readPlain(o.means, watch.MaxFile)
		if err != nil {
			return unread(err)
		}
		h, problems := watch.ReadMeans(o.means, b, vocab.Core())
		printWatch(cmd.ErrOrStderr(), problems)
		o.input.Outlook = &watch.Outlook{House: h, Now: when.Future}
	}
	if o.restrictions != "" {
		b, err := readPlain(o.restrictions, watch.MaxFile)
		if err != nil {
			return unread(err)
		}
		rs, problems := watch.ReadRestrictions(o.restrictions, b)
		printWatch(cmd.ErrOrStderr(), problems)
		o.input.Restrictions = rs
		if o.input.Outlook != nil {
			o.input.Outlook.Restrictions = rs
		}
	}
	return nil
}

// write writes the files that are asked for, and returns their names.
func (o *reportOptions) write(ctx context.Context, r *daily.Report) ([]string, error) {
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		return nil, err
	}
	o.made = page.Bytes()
	var written []string
	put := func(name string, f func(io.Writer) error) error {
		x, err := newFile(name)
		if err != nil {
			return unread(err)
		}
		if err := x.finish(f(x)); err != nil {
			return err
		}
		written = append(written, name)
		return nil
	}
	one := func(name string) error {
		f, err := o.writer(ctx, r, name)
		if err != nil {
			return err
		}
		return put(name, f)
	}
	for _, name := range o.out {
		if !isFolder(name) {
			if err := one(name); err != nil {
				return nil, err
			}
			continue
		}
		if err := os.MkdirAll(name, 0o755); err != nil {
			return nil, unread(err)
		}
		if err := o.folder(name, r, one, put); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// writer is what writes a file of the report, by its ending.
func (o *reportOptions) writer(ctx context.Context, r *daily.Report, name string) (func(io.Writer) error, error) {
	if f := recordsFormat(name); f != nil {
		return func(w io.Writer) error { return r.WriteRecords(f, w) }, nil
	}
	bytes := func(b []byte, err error) (func(io.Writer) error, error) {
		if err != nil {
			return nil, unread(err)
		}
		return func(w io.Writer) error { _, err := w.Write(b); return err }, nil
	}
	switch filepath.Ext(name) {
	case ".html":
		return bytes(o.made, nil)
	case ".pdf":
		return bytes(daily.PDF(ctx, o.browser, o.made))
	case ".svg", ".png":
		g := r.Graphic(o.graphic)
		if g == nil {
			return nil, fmt.Errorf("--graphic %q: expected one of %s", o.graphic, strings.Join(r.GraphicIDs(), ", "))
		}
		if filepath.Ext(name) == ".svg" {
			return bytes([]byte(g.SVG), nil)
		}
		return bytes(daily.PNG(ctx, o.browser, g.SVG))
	case ".xlsx":
		return r.WriteXLSX, nil
	case ".json":
		return r.WriteJSON, nil
	case ".ics":
		return bytes(r.Calendar(), nil)
	}
	if o.annex == "hxl" {
		f, err := formats.Named("hxl")
		return func(w io.Writer) error { return r.WriteRecords(f, w) }, err
	}
	t := r.Table(o.annex)
	if t == nil {
		return nil, fmt.Errorf("--annex %q: expected one of %s", o.annex, strings.Join(append(tableIDs(r), "hxl"), ", "))
	}
	return func(w io.Writer) error { return daily.WriteCSV(w, t) }, nil
}

func tableIDs(r *daily.Report) []string {
	var ids []string
	for _, t := range r.Tables() {
		ids = append(ids, t.ID)
	}
	return ids
}

// folder writes everything into a folder; the PDF and pictures in pixels only where a
// browser is there.
func (o *reportOptions) folder(dir string, r *daily.Report, one func(string) error, put func(string, func(io.Writer) error) error) error {
	if o.browser == "" {
		o.browser, _ = daily.FindBrowser() // none: no PDF in the folder
	}
	endings := []string{"html", "xlsx", "json", "ics"}
	for _, f := range formats.All() {
		if recordsFormat("."+f.Ending) != nil { // the other tables of the records are among the annexes
			endings = append(endings, f.Ending)
		}
	}
	if o.browser != "" {
		endings = append(endings, "pdf")
	}
	for _, e := range endings {
		if err := one(filepath.Join(dir, "report."+e)); err != nil {
			return err
		}
	}
	for _, t := range r.Tables() {
		if err := put(filepath.Join(dir, t.ID+".csv"), func(w io.Writer) error { return daily.WriteCSV(w, t) }); err != nil {
			return err
		}
	}
	for _, id := range r.GraphicIDs() {
		o.graphic = id
		for _, e := range []string{".svg", ".png"} {
			if e == ".png" && o.browser == "" {
				continue
			}
			if err := one(filepath.Join(dir, id+e)); err != nil {
				return err
			}
		}
	}
	return nil
}
