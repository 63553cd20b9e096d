package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/fusing"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

const fuseHelp = `Fuse puts reports together that may be of one event: by place, time, act,
target and text, with the uncertainty of each. It proposes and decides nothing:
every match has its reasons, for and against, and a probability; what is only
possible is listed for people; nothing of a report is lost. What people hold to be
two events (--apart) is never put together, nor proposed again.

Sources that have their word from each other are one origin: an article copied
between papers, an agency that cites another, the spokesmen of a party. A level
of evidence counts origins, not papers. Values that cannot all be so stand
beside each other. Who did it is a set with grounds, and nobody is named by it.

Files are those that judge reads, and detections of heat (firms), air-raid
alerts (sirens) and articles (one JSON object a line). A detection supports only
when a satellite passes, and above what is usual at its place.

The CSV that is written is read by truce judge. Exit status: 0, 2 usage, 3 if
input could not be read.`

const fuseExample = `  truce fuse --in reports.csv claims.csv firms.csv
  truce fuse --in reports.csv --explain R-1
  truce fuse --in reports.csv claims.csv --terms energy-2025 --out incidents.csv
  truce judge energy-2025 --in incidents.csv
  truce fuse --in articles.jsonl --format jsonl
  truce fuse --in reports.csv --pictures pictures.csv
  truce fuse --data north --terms energy-2025       # the reports of a record
  truce fuse --in reports.csv --apart apart.csv     # a,b,reason: people say that these are two events`

// fuseOptions are the flags of fuse.
type fuseOptions struct {
	judgeOptions
	textName, pictures string
	apart              []string
	held               []evidence.Held
	taken              []evidence.Taken
	data               string
}

func fuseCommand() *cobra.Command {
	o := &fuseOptions{judgeOptions: judgeOptions{cutoff: when.Future}}
	cmd := &cobra.Command{
		Use: "fuse --in FILES", Short: "Reports to incidents: who reported what, how sure, what conflicts", Long: fuseHelp, Example: fuseExample,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.in = append(o.in, args...)
			if err := o.ready(cmd); err != nil {
				return err
			}
			return o.fuse(cmd)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.in, "in", nil, "file of reports (more may follow, or repeat the flag); - is standard input")
	f.StringVar(&o.as, "as", "", "kind of the files: "+strings.Join(fusing.Kinds(), ", ")+" (guessed by content when absent)")
	f.StringVar(&o.textName, "terms", "", "a text: its parties, its rules for levels of evidence (monitoring:), and what it turns on")
	f.StringVar(&o.out, "out", "", "write the incidents here; the ending chooses csv, jsonl or json")
	f.StringVar(&o.format, "format", "", "table, csv, jsonl or json")
	f.StringVar(&o.explain, "explain", "", "print what the incident with this id, or that holds the report with this id, was made of")
	f.StringVar(&o.pictures, "pictures", "", "CSV with columns id,file: pictures that were published with reports, beside that CSV")
	f.StringVar(&o.data, "data", "", "folder of a record: its reports by the ids of their entries, its files, and what people hold apart or took as one")
	f.StringArrayVar(&o.apart, "apart", nil, "CSV with columns a,b,reason (by, entry, decision): reports that people hold to be of different events; or the answer of a server's /api/apart (repeatable)")
	f.StringArrayVar(&o.gazetteers, "gazetteer", nil, "list of places that names are looked up in beside the built-in one (repeatable)")
	f.BoolVar(&o.strict, "strict", false, "stop at the first bad row")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json")
	o.control.flags(cmd)
	return cmd
}

// ready checks words before it reads files.
func (o *fuseOptions) ready(cmd *cobra.Command) error {
	if len(o.in) == 0 && o.data == "" {
		return fmt.Errorf("no reports: expected --in FILE (- for standard input), or --data DIR of a record")
	}
	if o.as != "" && !contains(fusing.Kinds(), o.as) {
		return fmt.Errorf("--as %q is not a kind of file that is read here: expected one of %s", o.as, strings.Join(fusing.Kinds(), ", "))
	}
	if o.asJSON && o.format == "" {
		o.format = "json"
	}
	if o.format == "" && o.out != "" {
		o.format = strings.TrimPrefix(filepath.Ext(o.out), ".")
	}
	switch o.format {
	case "", "table":
		if o.out != "" {
			return fmt.Errorf("--out %s: the ending chooses the format: expected .csv, .jsonl or .json, or --format", o.out)
		}
	case "csv", "jsonl", "json":
	default:
		return fmt.Errorf("cannot write %q: expected table, csv, jsonl or json", o.format)
	}
	for _, in := range o.in {
		if sameFile(in, o.out) {
			return fmt.Errorf("--out %s would replace the reports that are read: write to another file", o.out)
		}
	}
	if o.textName != "" {
		t, problems, err := openTerms(o.textName)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
		}
		if t == nil {
			return unread(fmt.Errorf("%s cannot be used: mend the problems above (`truce check` shows them again)", o.textName))
		}
		o.terms = []*terms.Terms{t}
	}
	for _, name := range o.apart {
		held, err := fusing.ApartFile(name)
		if err != nil {
			return unread(err)
		}
		o.held = append(o.held, held...)
	}
	if err := o.readGazetteers(cmd); err != nil {
		return err
	}
	if len(o.terms) == 0 && len(o.control.layers) > 0 {
		return fmt.Errorf("--control needs --terms: the holders are parties of a text")
	}
	return o.control.prepare(cmd, &o.judgeOptions)
}

// fuse reads, fuses and writes.
func (o *fuseOptions) fuse(cmd *cobra.Command) error {
	l := &fusing.Loader{Builder: fusing.NewBuilder(), Sorter: fusing.NewSorter(), Options: feeds.Options{As: o.as, Strict: o.strict}}
	defer l.Sorter.Close()
	if o.places != nil {
		l.Gazetteer = o.places
	}
	progress := &progress{w: cmd.ErrOrStderr(), started: time.Now()}
	n := 0
	l.Tick = func() error {
		if n++; n%256 == 0 {
			progress.show(fmt.Sprintf("%d reports read", n))
			return cmd.Context().Err()
		}
		return nil
	}
	if err := o.parties(l); err != nil {
		return err
	}
	var sums []feeds.Summary
	if o.data != "" {
		var err error
		if sums, err = o.fromRecord(cmd, l); err != nil {
			return err
		}
	}
	for _, name := range o.in {
		sum, err := l.Load(name, cmd.InOrStdin())
		o.problems(cmd, name, sum, err)
		if errors.Is(err, context.Canceled) {
			return failed(fmt.Errorf("interrupted; nothing was written"))
		}
		if err != nil {
			return unread(err)
		}
		sums = append(sums, sum)
	}
	s := &fuseSession{fuseOptions: o, cmd: cmd, progress: progress, out: cmd.OutOrStdout(), info: cmd.OutOrStdout()}
	if err := s.open(); err != nil {
		return err
	}
	stats, err := s.run(l)
	progress.done()
	if err == nil && s.writer != nil {
		err = s.writer.Close()
	}
	if s.file != nil {
		err = s.file.finish(err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return failed(fmt.Errorf("interrupted; nothing was written"))
	case err != nil:
		return err
	}
	return s.print(sums, stats, l)
}

// parties takes the parties of the text and the pictures.
func (o *fuseOptions) parties(l *fusing.Loader) (err error) {
	for _, t := range o.terms {
		l.Options.Vocabulary = t.Vocabulary
		for _, p := range t.Parties {
			for _, n := range append(append([]string{string(p.ID), p.Name}, p.Aliases...), p.Actors...) {
				if n != "" {
					l.Parties[n] = string(p.ID)
				}
			}
		}
	}
	if o.pictures != "" {
		l.Pictures, err = readPictures(o.pictures)
	}
	return err
}

func (o *fuseOptions) problems(cmd *cobra.Command, name string, s feeds.Summary, err error) {
	for i, p := range s.Problems {
		if o.strict && err != nil {
			return // err says it
		}
		if i == maxShown {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d more problems\n", name, len(s.Problems)-i)
			return
		}
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
}

// fuseSession is one run.
type fuseSession struct {
	*fuseOptions
	cmd       *cobra.Command
	progress  *progress
	out, info io.Writer
	file      *file
	writer    fusing.Writer
	rows      []*evidence.Fused
	incidents int
	joined    int // incidents of several reports
	possible  int // pairs that people should look at
	levels    map[evidence.Level]int
	found     bool
	judges    []*judge.Judge
}

func (s *fuseSession) open() (err error) {
	s.levels = map[evidence.Level]int{}
	for _, t := range s.terms {
		js, err := underAll(t, false)
		if err != nil {
			return unread(err)
		}
		s.judges = append(s.judges, js...)
	}
	if s.format == "" || s.format == "table" || s.fuseOptions.explain != "" {
		return nil
	}
	if s.fuseOptions.out == "" {
		s.info = s.cmd.ErrOrStderr()
	} else {
		if s.file, err = newFile(s.fuseOptions.out); err != nil {
			return unread(err)
		}
		s.out = s.file
	}
	var deciding func(*evidence.Fused) []string
	if len(s.judges) > 0 {
		deciding = s.turns
	}
	s.writer, err = fusing.NewWriter(s.format, s.out, deciding)
	return err
}

func (s *fuseSession) run(l *fusing.Loader) (evidence.Stats, error) {
	for _, h := range s.held {
		for _, id := range []string{h.A, h.B} {
			if !l.Has(id) {
				fmt.Fprintf(s.cmd.ErrOrStderr(), "--apart: no report %s was read; %s and %s cannot be kept apart by it\n", id, h.A, h.B)
			}
		}
	}
	opt := evidence.FuseOptions{News: &l.News, Apart: evidence.NewApart(s.held), Taken: s.taken, Sources: l.Sources, Baseline: &l.Baseline, Workers: runtime.GOMAXPROCS(0)}
	if len(s.terms) > 0 {
		opt.Levels = levelRules(s.terms[0].Monitoring)
	}
	if c := s.control.series; c != nil {
		opt.Holders = func(place where.Region, at when.Span) []string { return c.At(place, at, layerModel).Holders }
	}
	f := evidence.NewFuser(opt, s.take)
	n := 0
	err := l.Each(func(p *evidence.Prepared) error {
		if s.cmd.Context().Err() != nil {
			return context.Canceled
		}
		if n++; n%256 == 0 {
			s.progress.show(fmt.Sprintf("%d of %d reports fused", n, l.Number))
		}
		return f.Add(p)
	})
	if err == nil {
		err = f.Close()
	}
	return f.Stats, err
}

// levelRules turns the rules of a text into those of package evidence; a level
// that it does not speak of has the default.
func levelRules(m *terms.Monitoring) *evidence.LevelRules {
	if m == nil {
		return nil
	}
	rules := evidence.DefaultLevels()
	for _, n := range m.Levels {
		r := evidence.LevelRule{Groups: n.Groups, BothParties: n.BothParties, Reliability: n.Reliability, Sensors: n.Sensors, By: n.By}
		switch n.Level {
		case "reported":
			rules.Reported = r
		case "corroborated":
			rules.Corroborated = r
		case "verified":
			rules.Verified = r
		case "determined":
			rules.Determined = r
		}
	}
	return &rules
}

// take takes an incident.
func (s *fuseSession) take(f *evidence.Fused) error {
	s.incidents++
	if len(f.Reports) > 1 {
		s.joined++
	}
	s.possible += len(f.Candidates)
	s.levels[f.Incident.Level]++
	if s.fuseOptions.explain != "" {
		if !holds1(f, s.fuseOptions.explain) {
			return nil
		}
		s.found = true
		fusing.Explain(s.out, f)
		s.deciding(s.out, f)
		return nil
	}
	if s.writer == nil {
		if len(s.rows) <= maxMatrix {
			s.rows = append(s.rows, f)
		}
		return nil
	}
	return s.writer.Write(f)
}

// holds1 reports whether an incident has an id, or holds the report of that id.
func holds1(f *evidence.Fused, id string) bool {
	if f.Incident.ID == id {
		return true
	}
	for _, r := range f.Reports {
		if r.ID() == id {
			return true
		}
	}
	return false
}

// deciding prints what the text turns on.
func (s *fuseSession) deciding(w io.Writer, f *evidence.Fused) {
	if len(s.judges) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat it turns on under the text")
	for _, line := range s.turns(f) {
		fmt.Fprintf(w, "   %s\n", strings.ReplaceAll(line, ";", "; "))
	}
}

// turns says what follows under each reading, and what would decide it.
func (s *fuseSession) turns(f *evidence.Fused) []string {
	var out []string
	for _, j := range s.judges {
		for _, r := range brief.Records([]judge.Finding{j.Incident(f.Incident, nil)}) {
			if r.Clause == "" {
				out = append(out, strings.TrimSpace(r.Reading+": "+r.Verdict+" "+r.Deciding))
			}
		}
	}
	return out
}

// print says what was done.
func (s *fuseSession) print(sums []feeds.Summary, stats evidence.Stats, l *fusing.Loader) error {
	if s.fuseOptions.explain != "" {
		if !s.found {
			return unread(fmt.Errorf("no incident and no report %q in the files", s.fuseOptions.explain))
		}
		return nil
	}
	w := s.info
	if s.writer == nil && s.incidents <= maxMatrix {
		fuseTable(w, s.rows)
		fmt.Fprintln(w)
	}
	for _, sum := range sums {
		printImport(w, sum)
	}
	if l.Again > 0 {
		fmt.Fprintf(w, "%s came twice and count once\n", brief.Count(l.Again, "report"))
	}
	if l.Twice > 0 {
		fmt.Fprintf(w, "%s with an id that another has, told apart by file and line\n", brief.Count(l.Twice, "report"))
	}
	fmt.Fprintf(w, "%s: %s, %d of them of several reports; %d matches for people to look at\n",
		brief.Count(stats.Reports, "report"), brief.Count(s.incidents, "incident"), s.joined, s.possible)
	var levels []string
	for _, v := range evidence.Levels() {
		if n := s.levels[v]; n > 0 {
			levels = append(levels, fmt.Sprintf("%s %d", v, n))
		}
	}
	fmt.Fprintf(w, "levels: %s\n", strings.Join(levels, ", "))
	if n := stats.Untimed + stats.Unplaced; n > 0 {
		fmt.Fprintf(w, "%s without a time or a place: matched by words and pictures alone\n", brief.Count(n, "report"))
	}
	if stats.Crowded > 0 {
		fmt.Fprintf(w, "%d pairs were not compared, because too many reports are near each other\n", stats.Crowded)
	}
	fmt.Fprintln(w, "A proposal: nothing was merged. A match is accepted or taken back by people (docs/fusion.md).")
	return nil
}

func fuseTable(w io.Writer, rows []*evidence.Fused) {
	fmt.Fprintf(w, "%-24s %-12s %7s %6s %5s  %s\n", "incident", "level", "reports", "indep.", "maybe", "open")
	for _, f := range rows {
		var open []string
		for _, o := range f.Open {
			open = append(open, o.Fact)
		}
		id := []rune(brief.Visible(f.Incident.ID))
		if len(id) > 24 {
			id = append(id[:23], '…')
		}
		fmt.Fprintf(w, "%-24s %-12s %7d %6d %5d  %s\n", string(id), f.Incident.Level, len(f.Reports), f.Independent, len(f.Candidates), brief.Visible(strings.Join(open, ", ")))
	}
}

// readPictures reads which pictures came with which report, and hashes them.
func readPictures(name string) (map[string][]evidence.Picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, unread(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, unread(fmt.Errorf("%s: %w", name, err))
	}
	if len(rows) == 0 || len(rows[0]) != 2 || rows[0][0] != "id" || rows[0][1] != "file" {
		return nil, unread(fmt.Errorf("%s: expected the columns id,file", name))
	}
	out := map[string][]evidence.Picture{}
	for i, r := range rows[1:] {
		p, err := fusing.ReadPicture(filepath.Join(filepath.Dir(name), r[1]))
		if err != nil {
			return nil, unread(fmt.Errorf("%s:%d: column file: %w", name, i+2, err))
		}
		out[r[0]] = append(out[r[0]], p)
	}
	return out, nil
}
