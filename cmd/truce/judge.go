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
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

const judgeHelp = `Judge reads events and says, for each and under each reading of the terms,
whether it would be a breach, permitted, not covered, not in force or
undetermined, by whom, and which missing fact would decide it.

A file is recognised by its content; --as names the kind. A bad row is
reported with file, line and reason, counted and left out; --strict stops at
it. .gz and .zip are read directly; - is standard input.

Without --out a summary is printed by reading, verdict and kind of target.
Exit status: 0 whatever the verdict, 2 usage, 3 if input could not be read.`

const judgeExample = `  truce judge regimes/energy-2025.truce.md --in claims.csv
  truce judge energy-2025 blanket-30d --in incidents.csv --out findings.csv
  truce judge energy-2025 --in claims.csv --explain EC-002
  truce judge energy-2025 --in viina_2024.csv --assume-in-force`

// judgeOptions are the flags of judge.
type judgeOptions struct {
	in                []string
	as, out, format   string
	reading           []string
	level, at         string
	explain           string
	commitments       string
	assume, strict    bool
	asJSON            bool
	terms             []*terms.Terms
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
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.in, "in", nil, "file of events (more may follow, or repeat the flag); - is standard input")
	f.StringVar(&o.as, "as", "", "kind of the files: "+strings.Join(feeds.Kinds(), ", ")+" (guessed by content when absent)")
	f.StringVar(&o.out, "out", "", "write the findings here; the ending chooses csv, jsonl or geojson")
	f.StringVar(&o.format, "format", "", "table, csv, jsonl or geojson")
	f.StringSliceVar(&o.reading, "reading", nil, "only these readings")
	f.StringVar(&o.level, "level", "", "accept only facts of this evidence level and above: claimed, reported, corroborated, verified, determined")
	f.StringVar(&o.at, "at", "", "leave out what had not begun by this instant (RFC 3339)")
	f.StringVar(&o.explain, "explain", "", "print why the incident with this id is judged as it is")
	f.StringVar(&o.commitments, "commitments", "", "YAML file of commitments that override those of the text by id (a notice of release, an acceptance)")
	f.BoolVar(&o.assume, "assume-in-force", false, "judge as if in force at all times for everybody who was asked; stamped counterfactual")
	f.BoolVar(&o.strict, "strict", false, "stop at the first bad row")
	f.BoolVar(&o.asJSON, "json", false, "print the summary as JSON")
	return cmd
}

func (o *judgeOptions) prepare(cmd *cobra.Command, args []string) error {
	for _, a := range args {
		if !isTerms(a) {
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
		o.terms = append(o.terms, t)
	}
	if len(o.terms) == 0 {
		return fmt.Errorf("no terms: expected a file ending in .truce.md or the id of a built-in regime")
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
		o.format = strings.TrimPrefix(filepath.Ext(o.out), ".")
	}
	switch o.format {
	case "", "table", "csv", "jsonl", "geojson":
	default:
		return fmt.Errorf("cannot write %q: expected table, csv, jsonl or geojson", o.format)
	}
	return o.readCommitments()
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
	b, err := os.ReadFile(o.commitments)
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

func (o *judgeOptions) run(cmd *cobra.Command) (err error) {
	benches, err := o.benches()
	if err != nil {
		return err
	}
	out, summary := cmd.OutOrStdout(), cmd.OutOrStdout()
	var writer brief.Writer
	if o.format != "" && o.format != "table" {
		if o.out == "" {
			summary = cmd.ErrOrStderr()
		} else {
			file, ferr := newFile(o.out)
			if ferr != nil {
				return unread(ferr)
			}
			defer func() { err = file.finish(err) }()
			out = file
		}
		if writer, err = brief.NewWriter(o.format, out); err != nil {
			return err
		}
	}
	p := &progress{w: cmd.ErrOrStderr(), started: time.Now()}
	var rows []brief.Row
	explained := false
	each := func(in *evidence.Incident) error {
		if cmd.Context().Err() != nil {
			return context.Canceled
		}
		if in.Scenarios[0].Time.Start > o.cutoff || o.explain != "" && in.ID != o.explain {
			return nil
		}
		p.tick()
		row := brief.Row{Incident: in}
		for _, b := range benches {
			fs := b.findings(in, o.acceptedLevel)
			b.tally.Add(fs)
			if o.explain != "" {
				explained = true
				brief.Explain(out, fs)
				continue
			}
			if writer != nil {
				if err := writer.Write(fs); err != nil {
					return err
				}
			}
			row.Findings = append(row.Findings, fs...)
		}
		if writer == nil && o.explain == "" && len(rows) <= maxMatrix {
			rows = append(rows, row)
		}
		return nil
	}
	sums, err := o.readAll(cmd, each)
	p.done()
	if err != nil {
		return err
	}
	if o.explain != "" {
		if !explained {
			return unread(fmt.Errorf("no incident %q in the files", o.explain))
		}
		return nil
	}
	if writer != nil {
		if err := writer.Close(); err != nil {
			return err
		}
	}
	if o.asJSON {
		return o.printJSON(summary, sums, benches)
	}
	if writer == nil && len(rows) <= maxMatrix {
		brief.Matrix(summary, rows)
		fmt.Fprintln(summary)
	}
	for _, s := range sums {
		printImport(summary, s)
	}
	for _, b := range benches {
		fmt.Fprintln(summary)
		b.tally.Print(summary)
	}
	return nil
}

// maxMatrix is how many incidents are listed one by one on a terminal.
const maxMatrix = 60

func (o *judgeOptions) readAll(cmd *cobra.Command, each func(*evidence.Incident) error) ([]feeds.Summary, error) {
	opt := feeds.Options{As: o.as, Strict: o.strict, Vocabulary: o.terms[0].Vocabulary}
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
	fmt.Fprintf(w, "%s: read as %s: %s, %s, %d rejected, %d unmapped, %d repeated\n", s.File, s.As, brief.Count(s.Rows, "row"), brief.Count(s.Incidents, "incident"), s.Rejected, s.Unmapped, s.Duplicates)
	if s.Rows == 0 {
		fmt.Fprintln(w, "  no rows: that says nothing about what happened")
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

// file is written beside its name and moved there when it is whole, so that
// an interrupted run leaves nothing half-written.
type file struct {
	*os.File
	name string
}

func newFile(name string) (*file, error) {
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

func (p *progress) done() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
	}
}
