package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
)

const editionsHelp = `Editions compares two editions of one source, an earlier and a later file, and
lists what the later one adds, changes and withdraws. Rows are known again by
the source's own id; where it has none, by what names a row (docs/editions.md).

A number that is revised for an earlier day is a revision of what was said, and
no further event. What the later edition does not cover is not withdrawn: where
its period is smaller, the rows outside it are counted apart, and it is said.
Columns that only one edition has are named once. A file without a sound row is
an error: an empty answer is not zero events.

With --terms the verdicts that change with the rows are listed too.
Exit status: 0 whatever has changed, 2 usage, 3 if a file could not be read.`

const editionsExample = `  truce editions missiles-march.csv missiles-april.csv
  truce editions acled-monday.csv acled-friday.csv --out changes.csv
  truce editions old.csv page-of-april.csv --covers 2025-04-01..2025-04-30
  truce editions claims-1.csv claims-2.csv --terms energy-2025`

// editionsOptions are the flags of editions.
type editionsOptions struct {
	as, out, covers string
	terms           []string
	assume, asJSON  bool
	limit           int
	period          feeds.Covers
}

func editionsCommand() *cobra.Command {
	o := &editionsOptions{}
	cmd := &cobra.Command{
		Use: "editions EARLIER LATER", Short: "What a later edition of a source adds, changes and withdraws", Long: editionsHelp, Example: editionsExample,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.prepare(args); err != nil {
				return err
			}
			return o.run(cmd, args[0], args[1])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "", "kind of the files: "+strings.Join(feeds.Kinds(), ", ")+" (guessed by content when absent)")
	f.StringVar(&o.out, "out", "", "write every change here; the ending chooses csv or json")
	f.BoolVar(&o.asJSON, "json", false, "print everything as JSON")
	f.StringVar(&o.covers, "covers", "", "the period that the later edition holds whole, as FROM..TO (taken from its rows when absent)")
	f.StringSliceVar(&o.terms, "terms", nil, "terms by which to list the verdicts that change")
	f.BoolVar(&o.assume, "assume-in-force", false, "with --terms: judge as if in force at all times; stamped counterfactual")
	f.IntVar(&o.limit, "limit", 20, "how many changes of each kind are printed; 0 prints all")
	return cmd
}

func (o *editionsOptions) prepare(files []string) error {
	if o.covers != "" {
		from, to, ok := strings.Cut(o.covers, "..")
		a, err1 := time.Parse(time.DateOnly, from)
		b, err2 := time.Parse(time.DateOnly, to)
		if !ok || err1 != nil || err2 != nil || b.Before(a) {
			return fmt.Errorf("--covers %q: expected two days such as 2025-04-01..2025-04-30", o.covers)
		}
		o.period = feeds.Covers{From: from, To: to}
	}
	if o.limit < 0 {
		return fmt.Errorf("--limit %d: expected 0 or more", o.limit)
	}
	if o.assume && len(o.terms) == 0 {
		return fmt.Errorf("--assume-in-force needs --terms: nothing is judged without")
	}
	switch ext := filepath.Ext(o.out); ext {
	case ".csv", ".json":
	default:
		if o.out != "" {
			return fmt.Errorf("--out %s: the ending chooses the format: expected .csv or .json", o.out)
		}
	}
	for _, f := range files {
		if sameFile(f, o.out) {
			return fmt.Errorf("--out %s would replace a file that is compared: write to another", o.out)
		}
	}
	return nil
}

// editionsReport is what is printed.
type editionsReport struct {
	*feeds.EditionDiff
	Verdicts       []verdictChange `json:"verdicts,omitempty"`
	Unjudged       int             `json:"unjudged,omitempty"` // changed rows of which no verdict can be told
	Counterfactual bool            `json:"counterfactual,omitempty"`
}

func (o *editionsOptions) run(cmd *cobra.Command, earlier, later string) error {
	opt := feeds.Options{As: o.as, Incidents: len(o.terms) > 0}
	benches, vocabulary, err := o.benches(cmd)
	if err != nil {
		return err
	}
	opt.Vocabulary = vocabulary
	var r *editionsReport
	err = interruptible(cmd, func() (err error) {
		r, err = o.compare(cmd.ErrOrStderr(), earlier, later, opt, benches)
		return err
	})
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := r.writeFile(o.out); err != nil {
			return unread(err)
		}
	}
	if o.asJSON {
		return r.writeJSON(cmd.OutOrStdout())
	}
	r.print(cmd.OutOrStdout(), o.limit)
	return nil
}

// compare reads and compares the two files.
func (o *editionsOptions) compare(errs io.Writer, earlier, later string, opt feeds.Options, benches []*bench) (*editionsReport, error) {
	var editions [2]*feeds.Edition
	for i, name := range []string{earlier, later} {
		e, err := feeds.ReadEditionFile(name, opt)
		if e != nil {
			printProblems(errs, e.Summary)
		}
		if err != nil {
			return nil, unread(err)
		}
		editions[i] = e
	}
	d, err := feeds.CompareEditions(editions[0], editions[1], o.period)
	if err != nil {
		return nil, err
	}
	r := &editionsReport{EditionDiff: d, Counterfactual: o.assume}
	r.judge(editions[0], editions[1], benches)
	return r, nil
}

// interruptible does work that writes no files until it is done or interrupted,
// and says on a terminal how long it has taken.
func interruptible(cmd *cobra.Command, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	f, ok := cmd.ErrOrStderr().(*os.File)
	tell := ok && term.IsTerminal(int(f.Fd()))
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seconds := 1; ; seconds++ {
		select {
		case err := <-done:
			if tell && seconds > 1 {
				fmt.Fprint(f, "\r\033[K")
			}
			return err
		case <-cmd.Context().Done():
			return failed(fmt.Errorf("interrupted; nothing was written"))
		case <-tick.C:
			if tell {
				fmt.Fprintf(f, "\rcomparing for %d s", seconds)
			}
		}
	}
}

// printProblems says what could not be read, apart from mere remarks.
func printProblems(w io.Writer, s feeds.Summary) {
	shown := 0
	for _, p := range s.Problems {
		if !p.Fatal {
			continue
		}
		if shown++; shown > maxShown {
			fmt.Fprintf(w, "%s: more rows could not be read, %d in all\n", s.File, s.Rejected)
			return
		}
		fmt.Fprintln(w, p)
	}
}

func (r *editionsReport) writeFile(name string) error {
	f, err := newFile(name)
	if err != nil {
		return err
	}
	if filepath.Ext(name) == ".json" {
		return f.finish(r.writeJSON(f))
	}
	return f.finish(r.writeCSV(f))
}

func (r *editionsReport) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// writeCSV writes a row for each value that changed, and one for each row that
// was added or is gone.
func (r *editionsReport) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	err := out.Write(strings.Split("change,id,day,field,old,new,old_line,new_line,paired_by,late,counts_revised,note", ","))
	for _, c := range r.Changes {
		fields := c.Fields
		if len(fields) == 0 {
			fields = []feeds.FieldChange{{}}
		}
		for _, f := range fields {
			row := []string{c.Change, c.ID, c.Day, f.Column, f.Old, f.New, lineNumber(c.OldLine), lineNumber(c.NewLine), c.PairedBy, yesIf(c.Late), yesIf(c.Counts), c.Note}
			for i := range row {
				row[i] = brief.Inert(row[i])
			}
			err = errors.Join(err, out.Write(row))
		}
	}
	out.Flush()
	return errors.Join(err, out.Error())
}

func lineNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yesIf(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// headings say what the changes of a kind mean.
var headings = []struct{ change, says string }{
	{feeds.ChangeUpdated, "updated: a revision of what was said of that day, not a new event"},
	{feeds.ChangeNew, "new"},
	{feeds.ChangeWithdrawn, "withdrawn: the later edition covers the day and no longer has the row, which does not say that it did not happen"},
	{feeds.ChangeLost, "in the later edition, but unreadable there: not withdrawn"},
	{feeds.ChangeOutside, "not in the later edition's period: not withdrawn"},
}

// print writes the summary and the changes for people.
func (r *editionsReport) print(w io.Writer, limit int) {
	for _, s := range []struct {
		name string
		feeds.EditionSide
	}{{"earlier", r.Old}, {"later", r.Later}} {
		period := "no dates"
		if s.From != "" {
			period = s.From + ".." + s.To
		}
		fmt.Fprintf(w, "%-8s %s (%s): %s, %s", s.name, s.File, r.Kind, brief.Count(s.Rows, "row"), period)
		if s.Rejected+s.Repeated > 0 {
			fmt.Fprintf(w, "; %d rejected, %d repeated", s.Rejected, s.Repeated)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nnew %d · updated %d · unchanged %d · withdrawn %d · rejected %d\n", r.New, r.Updated, r.Unchanged, r.Withdrawn, r.Rejected)
	for _, n := range []struct {
		n    int
		says string
	}{
		{r.Outside, "not in the later edition's period"}, {r.Lost, "in the later edition, but unreadable there"},
		{r.Counts, "of the updated revise a count: no new event"}, {r.Late, "of the new are for days that the earlier edition covered"},
		{r.Restamped, "of the unchanged differ only in when they were written"},
	} {
		if n.n > 0 {
			fmt.Fprintf(w, "  %d %s\n", n.n, n.says)
		}
	}
	for _, c := range []struct {
		names []string
		says  string
	}{{r.ColumnsAdded, "only the later edition has"}, {r.ColumnsDropped, "only the earlier edition has"}} {
		if len(c.names) > 0 {
			fmt.Fprintf(w, "columns that %s, not compared: %s\n", c.says, brief.Visible(strings.Join(c.names, ", ")))
		}
	}
	for _, s := range r.Warnings {
		fmt.Fprintf(w, "warning: %s\n", s)
	}
	for _, h := range headings {
		r.section(w, h.change, h.says, limit)
	}
	r.printVerdicts(w, limit)
}

func (r *editionsReport) section(w io.Writer, change, says string, limit int) {
	n := 0
	for _, c := range r.Changes {
		if c.Change != change {
			continue
		}
		if n++; n == 1 {
			fmt.Fprintf(w, "\n%s\n", says)
		}
		if limit == 0 || n <= limit {
			fmt.Fprintln(w, "  "+changeLine(c))
		}
	}
	if limit > 0 && n > limit {
		fmt.Fprintf(w, "  and %d more: --limit 0 prints them, --out FILE.csv writes them\n", n-limit)
	}
}

func changeLine(c feeds.EditionChange) string {
	day := c.Day
	if day == "" {
		day = "no date   "
	}
	s := day + "  " + short(c.ID, 90)
	for i, f := range c.Fields {
		sep := "; "
		if i == 0 {
			sep = "\n      "
		}
		s += fmt.Sprintf("%s%s: %s -> %s", sep, short(f.Column, 40), given(f.Old), given(f.New))
	}
	if c.PairedBy != "" && len(c.Fields) > 0 {
		s += "\n      held for the same row by " + c.PairedBy
	}
	if c.Note != "" {
		s += "\n      " + short(c.Note, 200)
	}
	return s
}

func given(s string) string {
	if s == "" {
		return "(empty)"
	}
	return short(s, 60)
}

// short is a text as it may be shown on a line of a terminal.
func short(s string, n int) string {
	s = brief.Visible(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "..."
	}
	return s
}
