package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// verdictHeader is the first line of a file of verdicts.
const verdictHeader = "id,terms,reading,verdict,clause\n"

// verdicts are the verdicts alone on the incidents of one file.
type verdicts struct {
	*judgeOptions
	many   *judge.Many
	tails  [][judge.Contested + 1][]string // by regime, verdict and clause + 1: what follows the id
	counts [][judge.Contested + 1]int
}

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
	if len(o.in) != 1 {
		return fmt.Errorf("--verdicts takes one file of events: run it for each")
	}
	return nil
}

// runVerdicts judges a file for the verdict alone.
func (o *judgeOptions) runVerdicts(cmd *cobra.Command) error {
	benches, err := o.benches()
	if err != nil {
		return err
	}
	var rs []*terms.Regime
	for _, b := range benches {
		for _, j := range b.judges {
			rs = append(rs, j.Regime())
		}
	}
	v := &verdicts{judgeOptions: o}
	if v.many, err = judge.NewMany(rs, judge.Options{}); err != nil {
		return unread(err)
	}
	v.tail()
	v.counts = make([][judge.Contested + 1]int, len(rs))
	f, err := newFile(o.verdicts)
	if err != nil {
		return unread(err)
	}
	sum, plain, err := v.write(cmd, f.File)
	if err = f.finish(err); err != nil {
		return err
	}
	printImport(cmd.OutOrStdout(), sum)
	if plain > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%s judged in bulk\n", brief.Count(plain, "incident"))
	}
	if err := v.print(cmd.OutOrStdout()); err != nil {
		return err
	}
	unnamed := v.many.Unnamed()
	for i, n := range unnamed {
		if i == maxShown {
			fmt.Fprintf(cmd.OutOrStdout(), "note: and %d more names\n", len(unnamed)-i)
			break
		}
		fmt.Fprintf(cmd.OutOrStdout(), "note: %s\n", brief.Visible(n))
	}
	return nil
}

// tail makes what follows the id in every line that can be written.
func (v *verdicts) tail() {
	for _, r := range v.many.Regimes() {
		var t [judge.Contested + 1][]string
		for verdict := judge.NotCovered; verdict <= judge.Undetermined; verdict++ {
			t[verdict] = make([]string, len(r.Clauses)+1)
			for c := range t[verdict] {
				clause := ""
				if c > 0 {
					clause = string(r.Clauses[c-1].ID)
				}
				t[verdict][c] = "," + cells(r.Terms.ID, r.ReadingID, verdict.String(), clause)
			}
		}
		v.tails = append(v.tails, t)
	}
}

// cells writes cells as a line of CSV.
func cells(s ...string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for i := range s {
		s[i] = brief.Inert(s[i])
	}
	_ = w.Write(s) // to memory
	w.Flush()
	return b.String()
}

// row appends the lines about one incident.
func (v *verdicts) row(to, id []byte, out []judge.Outcome) []byte {
	if bytes.ContainsAny(id, "\",\r\n") || len(id) > 0 && bytes.ContainsAny(id[:1], " \t=+-@") || !ascii(id) {
		id = bytes.TrimRight([]byte(cells(string(id))), "\n")
	}
	for k, o := range out {
		to = append(to, id...)
		to = append(to, v.tails[k][o.Verdict()][o.Clause()+1]...)
	}
	return to
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c < ' ' {
			return false
		}
	}
	return true
}

// write judges the file, in bulk if it is plain enough.
func (v *verdicts) write(cmd *cobra.Command, f *os.File) (feeds.Summary, int, error) {
	name := v.in[0]
	if name != "-" && (v.as == "" || v.as == "truce") {
		in, err := os.Open(name)
		if err != nil {
			return feeds.Summary{}, 0, unread(err)
		}
		res, err := v.bulk(cmd, in, f)
		in.Close()
		if !errors.Is(err, bulk.ErrNotPlain) {
			v.counts = res.Counts
			if err != nil {
				err = unread(err)
			}
			v.problems(cmd, res.Sum, err)
			return res.Sum, res.Plain, err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return feeds.Summary{}, 0, err
		}
		if err := f.Truncate(0); err != nil {
			return feeds.Summary{}, 0, err
		}
	}
	w := bufio.NewWriterSize(f, 1<<16)
	w.WriteString(verdictHeader)
	out := make([]judge.Outcome, len(v.counts))
	var line []byte
	sums, err := v.readAll(cmd, func(in *evidence.Incident) error {
		for k := range out {
			out[k] = v.many.Ask(in, k)
			v.counts[k][out[k].Verdict()]++
		}
		line = v.row(line[:0], []byte(in.ID), out)
		_, err := w.Write(line)
		return err
	})
	if err != nil {
		return feeds.Summary{}, 0, err
	}
	return sums[0], 0, w.Flush()
}

func (v *verdicts) bulk(cmd *cobra.Command, in io.Reader, f *os.File) (bulk.Result, error) {
	if _, err := f.WriteString(verdictHeader); err != nil {
		return bulk.Result{}, err
	}
	return bulk.Judge(in, f, bulk.Options{Name: v.in[0], Many: v.many, Vocabulary: v.terms[0].Vocabulary, Strict: v.strict, Row: v.row})
}

func (v *verdicts) problems(cmd *cobra.Command, sum feeds.Summary, err error) {
	for i, p := range sum.Problems {
		if v.strict && err != nil {
			break // err says it
		}
		if i == maxShown {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d more problems\n", v.in[0], len(sum.Problems)-i)
			break
		}
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
}

// print says how often each verdict was given.
func (v *verdicts) print(w io.Writer) error {
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
	for k, r := range v.many.Regimes() {
		for _, o := range order {
			fmt.Fprintf(t, "%d\t", v.counts[k][o])
		}
		fmt.Fprintf(t, " %s, %s\n", r.Terms.ID, r.ReadingID)
	}
	return t.Flush()
}
