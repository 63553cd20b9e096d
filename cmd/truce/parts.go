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
	"github.com/spf13/pflag"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/terms"
)

// partOptions are the flags of what is done in partitions.
type partOptions struct {
	work  string
	cores int
	mib   int
	queueOptions
	wait bool // partitions are left to workers
}

func (o *partOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.work, "work", "", "work in partitions and keep each in this folder as it is done; the same command goes on where it was stopped")
	f.IntVar(&o.cores, "cores", 0, "so many partitions at a time (all processors unless given)")
	f.IntVar(&o.mib, "partition-mib", 64, "size of a partition of a table of text; of Parquet the same number of times 16,000 rows, in whole row groups")
	o.queueOptions.flags(f)
	f.BoolVar(&o.wait, "wait", false, "with --database or --queue: leave partitions to workers, and do here only those that one of them could not do")
}

// wanted reports whether files are to be read in partitions: folders and Parquet
// cannot be read otherwise.
func (o *partOptions) wanted(files []string) bool {
	return o.work != "" || slices.ContainsFunc(files, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.IsDir() || strings.EqualFold(filepath.Ext(name), ".parquet")
	})
}

func (o *judgeOptions) wantsParts() bool { return o.parts.wanted(o.in) }

// checkParts refuses what partitions cannot be combined with.
func (o *judgeOptions) checkParts() error {
	if o.parts.cores < 0 || o.parts.mib < 1 {
		return fmt.Errorf("--cores and --partition-mib: expected 1 or more")
	}
	if err := o.parts.checkShared(); err != nil {
		return err
	}
	if !o.wantsParts() {
		return nil
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"--explain", o.explain != ""}, {"--control", len(o.control.layers) > 0}, {"--gazetteer", len(o.gazetteers) > 0}, {"--record", o.record != ""}, {"--as " + o.as, o.as != "" && o.as != "truce"}, {"standard input", slices.Contains(o.in, "-")}} {
		if f.set {
			return fmt.Errorf("folders, Parquet and --work are read in partitions, which cannot be combined with %s", f.name)
		}
	}
	if o.format != "" && o.format != "table" && !slices.Contains(parts.Formats, o.format) {
		return fmt.Errorf("findings from partitions are written as %s, not as %s", strings.Join(parts.Formats, " or "), o.format)
	}
	return nil
}

// question is what judge asks of each row.
func (o *judgeOptions) question(kind string) (parts.Question, error) {
	q := parts.Question{Kind: kind, Level: o.level, Until: o.at, Strict: o.strict}
	if o.format != "table" {
		q.Format = o.format
	}
	if kind == parts.Verdicts {
		q.Format = verdictFormat(o.verdicts)
	}
	if o.commitments != "" {
		b, err := readPlain(o.commitments, maxCommitments)
		if err != nil {
			return q, unread(err)
		}
		q.Commitments = string(b)
	}
	for i, t := range o.terms {
		s := parts.Side{Text: o.names[i], Digest: t.Digest}
		for _, id := range t.ReadingIDs() {
			if len(o.reading) == 0 || contains(o.reading, id) {
				s.Readings = append(s.Readings, parts.Reading{ID: id, Assume: o.assume})
			}
		}
		if len(s.Readings) > 0 {
			q.Sides = append(q.Sides, s)
		}
	}
	return q, nil
}

// ask makes a question ready with the texts that were opened already.
func (o *judgeOptions) ask(q parts.Question) (parts.Asker, error) {
	return parts.Ask(q, func(name string) (*terms.Terms, error) {
		return o.terms[slices.Index(o.names, name)], nil
	})
}

// partRun is a question that was answered in partitions.
type partRun struct {
	plan *parts.Plan
	ask  parts.Asker
	dir  string // to be removed; "" if it is kept
}

// start plans partitions or takes up those that are there, and does what is
// missing.
func (o *partOptions) start(cmd *cobra.Command, files []string, q parts.Question, ask parts.Asker, beside string) (*partRun, error) {
	ctx, errw := cmd.Context(), cmd.ErrOrStderr()
	files, other, err := parts.Files(files)
	if err != nil {
		return nil, unread(err)
	}
	r := &partRun{ask: ask}
	dir := o.work
	if dir == "" {
		if dir, err = os.MkdirTemp(beside, ".truce-parts-*"); err != nil {
			return nil, unread(err)
		}
		r.dir = dir
	}
	for _, name := range other {
		fmt.Fprintf(errw, "%s: not read: it is neither .csv, .tsv nor .parquet\n", name)
	}
	p := &progress{w: errw, started: time.Now()}
	p.show("partitions are planned")
	var again bool
	r.plan, again, err = parts.Open(ctx, files, parts.Options{Dir: dir, Question: ask.Digest(), Feed: ask.Feed(), Cores: o.cores, UnitSize: int64(o.mib) << 20, UnitRows: int64(o.mib) * 16_000})
	if err == nil && o.work != "" {
		err = errors.Join(q.Keep(dir), parts.Sweep(dir, time.Now()))
	}
	if err == nil && again {
		err = r.resumed(errw)
	}
	if err == nil && o.shared() {
		err = o.share(ctx, r, errw, p)
	} else if err == nil {
		err = r.plan.Run(ctx, o.cores, ask, func(done int) { p.show(fmt.Sprintf("%d of %d partitions done", done, len(r.plan.Units))) })
	}
	p.done()
	if errors.Is(err, context.Canceled) {
		kept := "nothing was written"
		if o.work != "" {
			kept = "what was done is kept in " + o.work + "; the same command goes on"
		}
		err = failed(fmt.Errorf("interrupted; %s", kept))
	} else if err != nil {
		err = unread(err)
	}
	if err != nil {
		r.close()
	}
	return r, err
}

func (r *partRun) resumed(w io.Writer) error {
	missing, err := r.plan.Missing()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %d of %d partitions were done before; their input and the question are the same\n", r.plan.Dir(), len(r.plan.Units)-len(missing), len(r.plan.Units))
	return nil
}

func (r *partRun) close() {
	if r.dir != "" {
		os.RemoveAll(r.dir)
	}
}

// runParts judges files in partitions.
func (o *judgeOptions) runParts(cmd *cobra.Command, kind string) error {
	q, err := o.question(kind)
	if err != nil {
		return err
	}
	ask, err := o.ask(q)
	if err != nil {
		return unread(err)
	}
	name := o.out
	if kind == parts.Verdicts {
		name = o.verdicts
	}
	beside := ""
	if name != "" {
		beside = filepath.Dir(name)
	}
	r, err := o.parts.start(cmd, o.in, q, ask, beside)
	if err != nil {
		return err
	}
	defer r.close()
	j, err := r.join(cmd, name, q.Format)
	if err != nil {
		return err
	}
	showUnread(cmd.ErrOrStderr(), j)
	w := cmd.OutOrStdout()
	if name == "" && q.Format != "" {
		w = cmd.ErrOrStderr()
	}
	switch a := ask.(type) {
	case *parts.VerdictAsker:
		return o.printVerdicts(w, a, j)
	case *parts.FindingAsker:
		return o.printFindings(w, a, j)
	}
	return nil
}

// join writes what the partitions answered to a file, or to standard output.
func (r *partRun) join(cmd *cobra.Command, name, format string) (*parts.Joined, error) {
	var header string
	if h, ok := r.ask.(interface{ Header() string }); ok {
		header = h.Header()
	}
	if name == "" {
		w := cmd.OutOrStdout()
		if format == "" {
			w = io.Discard
		}
		if _, err := io.WriteString(w, header); err != nil {
			return nil, err
		}
		j, err := r.plan.Join(cmd.Context(), w, r.ask)
		return j, unreadIf(err)
	}
	f, err := newFile(name)
	if err != nil {
		return nil, unread(err)
	}
	w, done, err := packing(f, name)
	if err != nil {
		return nil, unread(f.finish(err))
	}
	_, err = io.WriteString(w, header)
	var j *parts.Joined
	if err == nil {
		j, err = r.plan.Join(cmd.Context(), w, r.ask)
	}
	if derr := done(); err == nil {
		err = derr
	}
	return j, unreadIf(f.finish(err))
}

func unreadIf(err error) error {
	if err == nil {
		return nil
	}
	return unread(err)
}

// showUnread says what could not be read, and what stood in several files with
// other facts.
func showUnread(w io.Writer, j *parts.Joined) {
	for _, s := range j.Sums {
		showProblems(w, s)
	}
	for i, s := range j.Other {
		if i == maxShown {
			fmt.Fprintf(w, "%d more incidents stood in an earlier file with other facts\n", len(j.Other)-i)
			break
		}
		fmt.Fprintln(w, s)
	}
}

// showProblems says what could not be read.
func showProblems(w io.Writer, s feeds.Summary) {
	for i, p := range s.Problems {
		if i == maxShown {
			fmt.Fprintf(w, "%s: %d more problems\n", s.File, len(s.Problems)-i)
			break
		}
		fmt.Fprintln(w, p)
	}
}

// printRead says how files were read: each, or all together where there are many.
func printRead(w io.Writer, j *parts.Joined) {
	for _, s := range j.Sums {
		printImport(w, s)
	}
	if j.Again > 0 {
		fmt.Fprintf(w, "%s stood in an earlier file unchanged and count once\n", brief.Count(j.Again, "incident"))
	}
}

func (o *judgeOptions) printFindings(w io.Writer, f *parts.FindingAsker, j *parts.Joined) error {
	ts, err := f.Merge(j.States)
	if err != nil {
		return unread(err)
	}
	if o.asJSON {
		var benches []*bench
		for _, t := range ts {
			benches = append(benches, &bench{tally: t})
		}
		return o.printJSON(w, j.Sums, benches)
	}
	var b bytes.Buffer
	printRead(&b, j)
	for i := range ts {
		fmt.Fprintln(&b)
		ts[i].Print(&b)
	}
	_, err = w.Write(b.Bytes())
	return err
}
