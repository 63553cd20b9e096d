package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/judge"
)

// checkVerdicts refuses what verdicts alone cannot be combined with.
func (o *judgeOptions) checkVerdicts() error {
	if o.verdicts == "" {
		return nil
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"--out", o.out != ""}, {"--format", o.format != ""}, {"--explain", o.explain != ""}, {"--level", o.level != ""}, {"--at", o.at != ""}, {"--json", o.asJSON}, {"--control", len(o.control.layers) > 0}} {
		if f.set {
			return fmt.Errorf("--verdicts cannot be combined with %s: it writes verdicts alone, from all facts as the file states them", f.name)
		}
	}
	if !slices.Contains(parts.Formats, verdictFormat(o.verdicts)) {
		return fmt.Errorf("--verdicts %s: the ending chooses the format: expected .%s, packed with .zst behind it", o.verdicts, strings.Join(parts.Formats, ", ."))
	}
	return nil
}

// packed is the ending of a file that is packed as it is written.
const packed = ".zst"

// verdictFormat is what the ending of a name chooses.
func verdictFormat(name string) string {
	return strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(name, packed)), ".")
}

// packing is what a file is written through: itself, or a packer if its name says
// so. done must be called before the file is finished.
func packing(f io.Writer, name string) (w io.Writer, done func() error, err error) {
	if !strings.HasSuffix(name, packed) {
		return f, func() error { return nil }, nil
	}
	p, err := parts.Pack(f)
	if err != nil {
		return nil, nil, err
	}
	return p, p.Close, nil
}

// runVerdicts judges files for the verdict alone: in partitions, or the ordinary
// way if they are not plain incidents files.
func (o *judgeOptions) runVerdicts(cmd *cobra.Command) error {
	if !slices.Contains(o.in, "-") && (o.as == "" || o.as == "truce") {
		err := o.runParts(cmd, parts.Verdicts)
		if !errors.Is(err, parts.ErrNotParted) || o.wantsParts() {
			return err
		}
	}
	q, err := o.question(parts.Verdicts)
	if err != nil {
		return err
	}
	ask, err := o.ask(q)
	if err != nil {
		return unread(err)
	}
	v := ask.(*parts.VerdictAsker)
	f, err := newFile(o.verdicts)
	if err != nil {
		return unread(err)
	}
	pack, done, err := packing(f, o.verdicts)
	if err != nil {
		return f.finish(err)
	}
	w := bufio.NewWriterSize(pack, 1<<16)
	w.WriteString(v.Header())
	a, err := v.Begin(w)
	if err != nil {
		return f.finish(err)
	}
	sums, err := o.readAll(cmd, func(in *evidence.Incident) error {
		return a.Batch(&bulk.Batch{Odd: []bulk.Odd{{Incident: in}}})
	})
	var state json.RawMessage
	if err == nil {
		state, err = a.State()
	}
	if err == nil {
		err = w.Flush()
	}
	if derr := done(); err == nil {
		err = derr
	}
	if err = f.finish(err); err != nil {
		return err
	}
	return o.printVerdicts(cmd.OutOrStdout(), v, &parts.Joined{Sums: sums, States: []json.RawMessage{state}})
}

// printVerdicts says how often each verdict was given.
func (o *judgeOptions) printVerdicts(w io.Writer, v *parts.VerdictAsker, j *parts.Joined) error {
	all, unnamed, err := v.Merge(j.States)
	if err != nil {
		return unread(err)
	}
	printRead(w, j)
	if j.Plain > 0 {
		fmt.Fprintf(w, "%s judged in bulk\n", brief.Count(j.Plain, "incident"))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	order := []judge.Verdict{judge.Breach, judge.Permitted, judge.NotInForce, judge.NotCovered, judge.Undetermined}
	fmt.Fprint(t, "\n")
	for _, o := range order {
		name := o.String()
		if o == judge.Breach {
			name = "would breach"
		}
		fmt.Fprintf(t, "%s\t", name)
	}
	fmt.Fprintln(t, " terms, reading")
	for k, r := range v.Regimes() {
		for _, o := range order {
			fmt.Fprintf(t, "%d\t", all.Counts[k][o])
		}
		fmt.Fprintf(t, " %s, %s\n", r.Terms.ID, r.ReadingID)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i, n := range unnamed {
		if i == maxShown {
			fmt.Fprintf(w, "note: and %d more names\n", len(unnamed)-i)
			break
		}
		fmt.Fprintf(w, "note: %s\n", brief.Visible(n))
	}
	return nil
}
