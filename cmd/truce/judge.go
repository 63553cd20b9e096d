package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where/gazetteer"
)

const judgeHelp = `Judge reads events and says, for each and under each reading of the terms,
whether it would be a breach, permitted, not covered, not in force or
undetermined, by whom, and which missing fact would decide it.

A file is recognised by its content; --as names the kind. A bad row is
reported with file, line and reason, counted and left out; --strict stops at
it. .gz and .zip are read directly; - is standard input.

With --control the fact "controller", where it is not stated, is taken from
maps of who held what, by date: the nearest earlier layer, or everybody who may
have held the place. It never says who did anything.

A name in "place" or "origin" means every place of that name that the built-in
list and those of --gazetteer know; docs/places.md.

Without --out a summary is printed by reading, verdict and kind of target.
--verdicts writes one short line for each incident and reading, millions of
them a minute where rows are written plainly.

Folders, Parquet and, with --work, tables of text are read in partitions, on all
processors and within a bound of memory; --work DIR keeps each partition as it
is done, and the same command goes on where it was stopped (docs/large.md).
With --database too, truce worker --parts on other machines does partitions
beside this process: they have to see DIR and the files where they are here.
Exit status: 0 whatever the verdict, 2 usage, 3 if input could not be read.`

const judgeExample = `  truce judge regimes/energy-2025.truce.md --in claims.csv
  truce judge energy-2025 blanket-30d --in incidents.csv --out findings.csv
  truce judge energy-2025 --in claims.csv --explain EC-002
  truce judge energy-2025 --in viina_2024.csv --assume-in-force
  truce judge energy-2025 --in history/ --verdicts verdicts.csv --work job/
  truce judge energy-2025 --in /net/history/ --verdicts verdicts.csv --work /net/job --database "$DB"
  truce judge local.truce.md --in incidents.csv --control RU=frontline/ --control-time 03:00Z \
      --control-margin 2km --control-widen 500m --control-universe UA --control-rest UA=UA`

// judgeOptions are the flags of judge.
type judgeOptions struct {
	in                []string
	as, out, format   string
	reading           []string
	level, at         string
	explain           string
	commitments       string
	verdicts          string
	control           controlOptions
	gazetteers        []string
	places            *gazetteer.Gazetteer
	assume, strict    bool
	asJSON            bool
	record            string
	terms             []*terms.Terms
	names             []string // of the terms, as given
	parts             partOptions
	cutoff            when.Instant
	acceptedLevel     *evidence.Level
	commitmentsOfText map[string][]terms.Commitment
}

func judgeCommand() *cobra.Command {
	o := &judgeOptions{cutoff: when.Future}
	cmd := &cobra.Command{
		Use: "judge TERMS... --in FILES", Short: "Findings on events, under every reading", Long: judgeHelp, Example: judgeExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.prepare(cmd, args); err != nil {
				return err
			}
			if o.verdicts != "" {
				return o.runVerdicts(cmd)
			}
			if o.wantsParts() {
				return o.runParts(cmd, parts.Findings)
			}
			if o.record != "" {
				return o.recordFindings(cmd, args)
			}
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.in, "in", nil, "file of events, or folder of CSV and Parquet (more may follow, or repeat the flag); - is standard input")
	f.StringVar(&o.as, "as", "", "kind of the files: "+strings.Join(feeds.Kinds(), ", ")+" (guessed by content when absent)")
	f.StringVar(&o.out, "out", "", "write the findings here; the ending chooses the format: "+formats.Listed())
	f.StringVar(&o.format, "format", "", "table, "+formats.Listed())
	f.StringSliceVar(&o.reading, "reading", nil, "only these readings")
	f.StringVar(&o.level, "level", "", "accept only facts of this evidence level and above: claimed, reported, corroborated, verified, determined")
	f.StringVar(&o.at, "at", "", "leave out what had not begun by this instant (RFC 3339)")
	f.StringVar(&o.explain, "explain", "", "print why the incident with this id is judged as it is")
	f.StringVar(&o.commitments, "commitments", "", "YAML file of commitments that override those of the text by id (a notice of release, an acceptance)")
	f.StringVar(&o.verdicts, "verdicts", "", "write verdicts alone here (id,terms,reading,verdict,clause; .csv or .jsonl, packed with .zst behind it), without trace and deciding facts: for files of millions of rows")
	f.BoolVar(&o.assume, "assume-in-force", false, "judge as if in force at all times for everybody who was asked; stamped counterfactual")
	f.StringArrayVar(&o.gazetteers, "gazetteer", nil, "list of places that names are looked up in beside the built-in one: this project's CSV, GeoNames, P-codes (repeatable)")
	f.BoolVar(&o.strict, "strict", false, "stop at the first bad row")
	f.BoolVar(&o.asJSON, "json", false, "print the summary as JSON")
	f.StringVar(&o.record, "record", "", "folder of a record: the files, the terms and the findings become entries, which truce verify judges again")
	o.control.flags(cmd)
	o.parts.flags(f)
	return cmd
}

func (o *judgeOptions) prepare(cmd *cobra.Command, args []string) error {
	for _, a := range args {
		if !isTerms(a) {
			if _, err := os.Stat(a); err != nil && a != "-" {
				return unread(fmt.Errorf("%s: neither a file nor a regime that comes with truce%s", a, didYouMean(a)))
			}
			o.in = append(o.in, a)
			continue
		}
		t, problems, err := openTerms(a)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
		}
		if t == nil {
			return unread(fmt.Errorf("%s cannot be used: mend the problems above (`truce check` shows them again)", a))
		}
		o.terms, o.names = append(o.terms, t), append(o.names, a)
	}
	if len(o.terms) == 0 {
		return fmt.Errorf("no terms: expected a file ending in .truce.md or the id of a built-in regime (%s)", strings.Join(regimes.Names(), ", "))
	}
	if len(o.in) == 0 {
		return fmt.Errorf("no events: expected --in FILE (- for standard input)")
	}
	if err := o.checkReadings(); err != nil {
		return err
	}
	if o.level != "" {
		l, err := evidence.ParseLevel(o.level)
		if err != nil {
			return err
		}
		o.acceptedLevel = &l
	}
	if o.at != "" {
		at, err := when.ParseRFC3339(o.at)
		if err != nil {
			return fmt.Errorf("--at: %w", err)
		}
		o.cutoff = at
	}
	if o.format == "" && o.out != "" {
		if f := formats.OfFile(o.out); f != nil {
			o.format = f.Name
		} else {
			o.format = strings.TrimPrefix(filepath.Ext(o.out), ".")
		}
	}
	if o.out != "" && (o.format == "" || o.format == "table") {
		return fmt.Errorf("--out %s: the ending chooses the format: expected .%s, or --format", o.out, strings.Join(formats.Names(), ", ."))
	}
	for _, in := range o.in {
		for _, out := range []string{o.out, o.verdicts} {
			if sameFile(in, out) {
				return fmt.Errorf("--out %s would replace the events that are read: write to another file", out)
			}
		}
	}
	if err := o.checkVerdicts(); err != nil {
		return err
	}
	if err := o.checkParts(); err != nil {
		return err
	}
	if o.format != "" && o.format != "table" {
		if _, err := formats.Named(o.format); err != nil {
			return fmt.Errorf("%w, or table", err)
		}
	}
	if err := o.readCommitments(); err != nil {
		return err
	}
	if err := o.readGazetteers(cmd); err != nil {
		return err
	}
	return o.control.prepare(cmd, o)
}

func (o *judgeOptions) checkReadings() error {
	var known []string
	for _, t := range o.terms {
		known = append(known, t.ReadingIDs()...)
	}
	for _, r := range o.reading {
		found := false
		for _, k := range known {
			found = found || k == r
		}
		if !found {
			return fmt.Errorf("--reading %s: expected one of %s", r, strings.Join(known, ", "))
		}
	}
	return nil
}

// readCommitments reads overriding commitments for every text.
func (o *judgeOptions) readCommitments() error {
	o.commitmentsOfText = map[string][]terms.Commitment{}
	if o.commitments == "" {
		return nil
	}
	b, err := readPlain(o.commitments, maxCommitments)
	if err != nil {
		return unread(err)
	}
	for _, t := range o.terms {
		cs, problems := t.ParseCommitments(o.commitments, b)
		if problems != nil {
			return unread(problems)
		}
		o.commitmentsOfText[t.ID] = cs
	}
	return nil
}

// bench judges one text under its readings.
type bench struct {
	judges []*judge.Judge
	tally  brief.Tally
}

func (o *judgeOptions) benches() ([]*bench, error) {
	var out []*bench
	for _, t := range o.terms {
		b := &bench{}
		for _, id := range t.ReadingIDs() {
			if len(o.reading) > 0 && !contains(o.reading, id) {
				continue
			}
			r, err := t.Under(id, o.commitmentsOfText[t.ID], o.assume)
			if err != nil {
				return nil, unread(err)
			}
			b.judges = append(b.judges, judge.New(r))
		}
		if len(b.judges) > 0 {
			out = append(out, b)
		}
	}
	return out, nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (b *bench) findings(in *evidence.Incident, level *evidence.Level) []judge.Finding {
	fs := make([]judge.Finding, len(b.judges))
	for i, j := range b.judges {
		fs[i] = j.Incident(in, level)
	}
	return fs
}

// session is one run of the command.
type session struct {
	*judgeOptions
	cmd       *cobra.Command
	benches   []*bench
	writer    brief.Writer
	file      *file     // where the findings go, if to a file
	explain   io.Writer // where an explanation goes
	summary   io.Writer
	progress  *progress
	rows      []brief.Row
	explained bool
	seen      map[string]uint64 // id -> hash of what was known, over all files
	again     int               // incidents that stood in an earlier file unchanged
}

func (o *judgeOptions) run(cmd *cobra.Command) error {
	benches, err := o.benches()
	if err != nil {
		return err
	}
	s := &session{
		judgeOptions: o, cmd: cmd, benches: benches, explain: cmd.OutOrStdout(), summary: cmd.OutOrStdout(),
		progress: &progress{w: cmd.ErrOrStderr(), started: time.Now()}, seen: map[string]uint64{},
	}
	if err := s.open(); err != nil {
		return err
	}
	sums, err := o.readAll(cmd, s.incident)
	s.progress.done()
	if err == nil && s.writer != nil {
		err = s.writer.Close()
	}
	if s.file != nil { // before anything is printed: a closed pipe must not lose it
		err = s.file.finish(err)
	}
	if err != nil {
		return err
	}
	return s.print(sums)
}

// open opens what the findings are written to.
func (s *session) open() (err error) {
	if s.format == "" || s.format == "table" || s.judgeOptions.explain != "" {
		return nil
	}
	out := s.cmd.OutOrStdout()
	if s.out == "" {
		s.summary = s.cmd.ErrOrStderr()
	} else {
		if s.file, err = newFile(s.out); err != nil {
			return unread(err)
		}
		out = s.file
	}
	var names []string
	for _, in := range s.in {
		names = append(names, filepath.Base(in))
	}
	at := s.progress.started
	if s.cutoff.Bounded() {
		at = s.cutoff.Time()
	}
	s.writer, err = brief.NewWriter(s.format, out, strings.Join(names, ", "), at)
	return err
}

// incident judges one incident.
func (s *session) incident(in *evidence.Incident) error {
	if s.cmd.Context().Err() != nil {
		return context.Canceled
	}
	if in.Scenarios[0].Time.Start > s.cutoff || s.judgeOptions.explain != "" && in.ID != s.judgeOptions.explain || s.repeated(in) {
		return nil
	}
	s.progress.tick()
	s.control.fill(in)
	row := brief.Row{Incident: in}
	for _, b := range s.benches {
		fs := b.findings(in, s.acceptedLevel)
		b.tally.Add(fs)
		if s.judgeOptions.explain != "" {
			s.explained = true
			brief.Explain(s.explain, fs)
			continue
		}
		if s.writer != nil {
			if err := s.writer.Write(fs); err != nil {
				return err
			}
		}
		row.Findings = append(row.Findings, fs...)
	}
	if s.writer == nil && s.judgeOptions.explain == "" && len(s.rows) <= maxMatrix {
		s.rows = append(s.rows, row)
	}
	return nil
}

// repeated reports whether an incident stood in an earlier file with the same
// facts; with other facts both are judged, and it is said.
func (s *session) repeated(in *evidence.Incident) bool {
	if len(s.in) < 2 {
		return false
	}
	h := parts.Facts(in)
	old, ok := s.seen[in.ID]
	s.seen[in.ID] = h
	switch {
	case ok && old == h:
		s.again++
		return true
	case ok:
		fmt.Fprintf(s.cmd.ErrOrStderr(), "%s: incident %s stood in an earlier file with other facts: both are judged\n", in.From, in.ID)
	}
	return false
}

// print says what was found.
func (s *session) print(sums []feeds.Summary) error {
	switch {
	case s.judgeOptions.explain != "" && !s.explained:
		return unread(fmt.Errorf("no incident %q in the files", s.judgeOptions.explain))
	case s.judgeOptions.explain != "":
		return nil
	case s.asJSON:
		return s.printJSON(s.summary, sums, s.benches)
	}
	if s.writer == nil && len(s.rows) <= maxMatrix {
		brief.Matrix(s.summary, s.rows)
		fmt.Fprintln(s.summary)
	}
	for _, sum := range sums {
		printImport(s.summary, sum)
	}
	if s.again > 0 {
		fmt.Fprintf(s.summary, "%s stood in an earlier file unchanged and count once\n", brief.Count(s.again, "incident"))
	}
	s.control.print(s.summary)
	for _, b := range s.benches {
		fmt.Fprintln(s.summary)
		b.tally.Print(s.summary)
	}
	return nil
}

// maxMatrix is how many incidents are listed one by one on a terminal.
const maxMatrix = 60

func (o *judgeOptions) readAll(cmd *cobra.Command, each func(*evidence.Incident) error) ([]feeds.Summary, error) {
	return o.readFiles(cmd, o.terms[0].Vocabulary, each)
}

func (o *judgeOptions) readFiles(cmd *cobra.Command, v *vocab.Vocabulary, each func(*evidence.Incident) error) ([]feeds.Summary, error) {
	opt := feeds.Options{As: o.as, Strict: o.strict, Vocabulary: v, Gazetteer: o.places}
	var sums []feeds.Summary
	for _, name := range o.in {
		var s feeds.Summary
		var err error
		if name == "-" {
			s, err = feeds.Read("standard input", cmd.InOrStdin(), opt, each)
		} else {
			s, err = feeds.ReadFile(name, opt, each)
		}
		for i, p := range s.Problems {
			if o.strict && err != nil {
				break // err says it
			}
			if i == maxShown {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d more problems\n", name, len(s.Problems)-i)
				break
			}
			fmt.Fprintln(cmd.ErrOrStderr(), p)
		}
		if errors.Is(err, context.Canceled) {
			return sums, failed(fmt.Errorf("interrupted; nothing was written"))
		}
		if err != nil {
			return sums, unread(err)
		}
		sums = append(sums, s)
	}
	return sums, nil
}

// maxShown is how many problems of one file are printed.
const maxShown = 20

func printImport(w io.Writer, s feeds.Summary) {
	fmt.Fprintf(w, "%s: read as %s: %s, %s, %s, %d rejected, %d unmapped, %d repeated\n", s.File, s.As, brief.Count(s.Rows, "row"), brief.Count(s.Incidents, "incident"), brief.Count(s.Reports, "report"), s.Rejected, s.Unmapped, s.Duplicates)
	switch {
	case s.Rows == 0:
		fmt.Fprintln(w, "  no rows: that says nothing about what happened")
	case s.Incidents == 0 && s.Reports > 0:
		fmt.Fprintln(w, "  these are sensor reports, warnings or other reports: none of them is an act that could be judged")
	}
}

func (o *judgeOptions) printJSON(w io.Writer, sums []feeds.Summary, benches []*bench) error {
	out := struct {
		Files []feeds.Summary `json:"files"`
		Terms []brief.Tally   `json:"terms"`
	}{Files: sums}
	for _, b := range benches {
		out.Terms = append(out.Terms, b.tally)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// sameFile reports whether two names mean one file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil || b == "" {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// maxCommitments bounds the file of --commitments.
const maxCommitments = 1 << 20

// readPlain reads a plain file that is not large.
func readPlain(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a plain file", name)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, limit>>20)
	}
	return os.ReadFile(name)
}

// file is written beside its name and moved there when it is whole, so that
// an interrupted run leaves nothing half-written.
type file struct {
	*os.File
	name string
}

func newFile(name string) (*file, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", name)
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".truce-*")
	if err != nil {
		return nil, err
	}
	return &file{f, name}, nil
}

func (f *file) finish(err error) error {
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), f.name)
}

// progress says on a terminal how far a long run is.
type progress struct {
	w             io.Writer
	started, last time.Time
	n             int
	shown         bool
}

func (p *progress) tick() {
	p.n++
	if p.n%256 != 0 || time.Since(p.started) < time.Second || time.Since(p.last) < 200*time.Millisecond {
		return
	}
	if f, ok := p.w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.last, p.shown = time.Now(), true
		fmt.Fprintf(p.w, "\r%d incidents judged", p.n)
	}
}

// show says where a long run is, at most five times a second.
func (p *progress) show(where string) {
	if time.Since(p.started) < time.Second || time.Since(p.last) < 200*time.Millisecond {
		return
	}
	if f, ok := p.w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.last, p.shown = time.Now(), true
		fmt.Fprintf(p.w, "\r\033[K%s", where)
	}
}

func (p *progress) done() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
	}
}
