package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

const compareHelp = `Compare says exactly where two texts differ: what A forbids and B does not, and
the other way, what one permits and the other forbids, what only one covers or
has in force, and what one leaves open. Each difference comes in a few boxes,
with the number of cases in it and an act that shows it.

TEXT is a file of terms or the id of a regime that comes with truce, and may
name readings: energy-2025@kremlin, or energy-2025@kremlin,ukraine. Without
them all readings take part, and where they disagree the side is contested.

A text that was never in force for anybody differs from others in that alone;
--assume-in-force compares it as if it had been, and stamps it so.

With --apply the second text amends the first: a redline of the sentences and
blocks, and beside each change the acts that are judged otherwise because of it.
--examples prints those acts as a block of examples that hold for the new text;
--write-examples appends it to the file.

--out writes a page of HTML that needs nothing else and can be printed, or JSON.

With --over, events are judged under every text (two or more), and those that
change verdict are listed: history under each regime, never a score. Folders,
Parquet and, with --work, tables of text are read in partitions, as by
truce judge (docs/large.md).

Exit status: 0 whatever the difference, 2 usage, 3 if input could not be read.`

const compareExample = `  truce compare energy-2025@kremlin energy-2025@ukraine
  truce compare blanket-30d energy-2025 --assume-in-force --over claims.csv
  truce compare energy-2025@kremlin energy-2025@ukraine --out page.html
  truce compare energy-2025 blanket-30d --over history/ --work job/
  truce compare --apply old.truce.md new.truce.md
  truce compare --apply old.truce.md new.truce.md --write-examples
  truce compare energy-2025@kremlin energy-2025@ukraine blanket-30d --over events.csv --from 2025-03-18T00:00Z --until 2025-04-25T00:00Z`

type compareOptions struct {
	over        []string
	as          string
	from, until string
	assume      string
	boxes       int
	tolerance   string
	given       []string
	all, asJSON bool
	strict      bool
	compareOutput
	parts partOptions

	names  []string
	sides  []compare.Side
	period when.Span
	metres where.Metres
	only   map[string][]string
}

func compareCommand() *cobra.Command {
	o := &compareOptions{}
	cmd := &cobra.Command{
		Use: "compare TEXT TEXT...", Short: "Where two texts differ, exactly; and over real events", Long: compareHelp, Example: compareExample,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.prepare(cmd, args); err != nil {
				return err
			}
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.over, "over", nil, "file of events, or folder of CSV and Parquet, to judge under every text (repeat the flag for more); - is standard input")
	f.StringVar(&o.as, "as", "", "kind of the files of events (guessed by content when absent)")
	f.StringVar(&o.from, "from", "", "only events that may have happened at or after this instant (RFC 3339)")
	f.StringVar(&o.until, "until", "", "only events that may have happened before this instant (RFC 3339)")
	f.StringVar(&o.assume, "assume-in-force", "", "as if in force at all times, stamped counterfactual: those that never were, or \"all\"")
	f.Lookup("assume-in-force").NoOptDefVal = "never"
	f.IntVar(&o.boxes, "boxes", 12, "list at most so many boxes of a difference (with --apply, 4 unless given)")
	f.StringArrayVar(&o.given, "given", nil, "compare only acts of this kind, such as act=attack.strike or owner=RU|UA (repeat the flag for more)")
	f.StringVar(&o.tolerance, "tolerance", "50m", "how finely zones are drawn; what is thinner is named as boundary, never as a difference")
	f.BoolVar(&o.all, "all", false, "list also where neither text is in force, and every box of what is left open")
	f.BoolVar(&o.strict, "strict", false, "stop at the first bad row of events")
	f.BoolVar(&o.asJSON, "json", false, "print as JSON")
	o.compareOutput.flags(cmd)
	o.parts.flags(f)
	return cmd
}

func (o *compareOptions) prepare(cmd *cobra.Command, args []string) (err error) {
	switch o.assume {
	case "", "never", "all":
	default:
		return fmt.Errorf("--assume-in-force=%s: expected no value (texts that never were) or all", o.assume)
	}
	if len(args) > 2 && len(o.over) == 0 {
		return fmt.Errorf("more than two texts are compared over events: expected --over FILE, or two texts")
	}
	if err := o.prepareOutput(args); err != nil {
		return err
	}
	if o.apply && !cmd.Flags().Changed("boxes") {
		o.boxes = 4
	}
	if o.boxes < 1 {
		return fmt.Errorf("--boxes %d: expected 1 or more", o.boxes)
	}
	if o.metres, err = distance(o.tolerance); err != nil {
		return fmt.Errorf("--tolerance: %w", err)
	}
	if err := o.checkParts(); err != nil {
		return err
	}
	o.only = map[string][]string{}
	for _, g := range o.given {
		dim, values, ok := strings.Cut(g, "=")
		if !ok || !slices.Contains(judge.Dimensions(), dim) {
			return fmt.Errorf("--given %s: expected DIMENSION=VALUE|VALUE with one of %s", g, strings.Join(judge.Dimensions(), ", "))
		}
		o.only[dim] = evidence.Set(values)
	}
	o.period = when.Always
	for _, x := range []struct {
		flag, text string
		to         *when.Instant
	}{{"from", o.from, &o.period.Start}, {"until", o.until, &o.period.End}} {
		if x.text == "" {
			continue
		}
		if *x.to, err = when.ParseRFC3339(x.text); err != nil {
			return fmt.Errorf("--%s: %w", x.flag, err)
		}
	}
	if o.period.Start >= o.period.End {
		return fmt.Errorf("--from %s is not before --until %s", o.from, o.until)
	}
	for _, a := range args {
		s, err := o.side(cmd, a)
		if err != nil {
			return err
		}
		o.names = append(o.names, a)
		o.sides = append(o.sides, s)
	}
	return nil
}

// side opens a text under the readings that its argument names.
func (o *compareOptions) side(cmd *cobra.Command, arg string) (compare.Side, error) {
	name, readings, named := strings.Cut(arg, "@")
	t, problems, err := openTerms(name)
	if err != nil {
		return compare.Side{}, err
	}
	for _, p := range problems.Errors() {
		fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
	}
	if t == nil {
		return compare.Side{}, unread(fmt.Errorf("%s cannot be used: mend the problems above (`truce check` shows them again)", name))
	}
	ids := t.ReadingIDs()
	if named {
		ids = strings.Split(readings, ",")
	}
	var s compare.Side
	for _, id := range ids {
		if !slices.Contains(t.ReadingIDs(), id) {
			return s, fmt.Errorf("%s: %q is not a reading of %s: expected one of %s", arg, id, t.ID, strings.Join(t.ReadingIDs(), ", "))
		}
		r, err := t.Under(id, nil, o.assume == "all")
		if err == nil && o.assume == "never" && neverInForce(r) {
			r, err = t.Under(id, nil, true)
		}
		if err != nil {
			return s, unread(err)
		}
		if neverInForce(r) {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: under reading %s this text was never in force for anybody; --assume-in-force compares what it covers\n", arg, id)
		}
		s.Regimes = append(s.Regimes, r)
	}
	return s, nil
}

// neverInForce reports whether no clause of a regime ever binds anybody.
func neverInForce(r *terms.Regime) bool {
	for _, c := range r.Clauses {
		for _, w := range c.Windows {
			if w.Party != "" {
				return false
			}
		}
	}
	return true
}

// maxChanged is how many incidents are listed one by one on a terminal.
const maxChanged = 60

// maxEffects is how many effects of one change are described without --all.
const maxEffects = 8

func (o *compareOptions) run(cmd *cobra.Command, args []string) error {
	found := &compared{}
	if len(o.sides) == 2 {
		r, err := compare.Texts(o.sides[0], o.sides[1], compare.Options{Boxes: o.boxes, Dormant: o.all, Tolerance: o.metres, Given: o.only})
		if err != nil {
			return failed(err)
		}
		if o.examples || o.write {
			return o.writeExamples(cmd, args, r)
		}
		found.comparison = &brief.Comparison{Names: [2]string{o.names[0], o.names[1]}, Result: r, All: o.all}
		if o.apply {
			most := maxEffects
			if o.all || o.format == "json" {
				most = 0
			}
			found.amendment = compare.Amend(r, most)
		}
	}
	if len(o.over) > 0 {
		b, rows, sums, err := o.history(cmd)
		if err != nil {
			return err
		}
		var how strings.Builder
		for _, s := range sums {
			printImport(&how, s)
		}
		found.history, found.rows, found.imports = b, rows, how.String()
	}
	return o.emit(cmd, args, found)
}

func (o *compareOptions) printHistory(out io.Writer, c *compared) {
	if len(o.sides) == 2 {
		fmt.Fprint(out, "\n\n")
	}
	fmt.Fprint(out, c.imports)
	if len(o.sides) != 2 {
		brief.Legend(out, o.names, o.sides)
		fmt.Fprintln(out)
	}
	rows := c.rows
	more := 0
	if len(rows) > maxChanged {
		more = len(rows) - maxChanged
		rows = rows[:maxChanged]
	}
	brief.History(out, c.history, o.names, rows)
	if more > 0 {
		fmt.Fprintf(out, "%d more incidents change; --json lists all\n", more)
	}
}

// history judges the events under every text.
func (o *compareOptions) history(cmd *cobra.Command) (*compare.Backtest, []compare.Row, []feeds.Summary, error) {
	b := compare.NewBacktest(o.sides)
	var rows []compare.Row
	seen := when.Span{Start: when.Future, End: when.Past}
	if o.parts.wanted(o.over) {
		return o.historyInParts(cmd)
	}
	reader := &judgeOptions{in: o.over, as: o.as, strict: o.strict, terms: []*terms.Terms{o.sides[0].Regimes[0].Terms}}
	outside := 0
	sums, err := reader.readAll(cmd, func(in *evidence.Incident) error {
		if cmd.Context().Err() != nil {
			return context.Canceled
		}
		t := in.Scenarios[0].Time
		if !t.Overlaps(o.period) {
			outside++
			return nil
		}
		if t.Start.Bounded() {
			seen.Start = min(seen.Start, t.Start)
		}
		if t.End.Bounded() {
			seen.End = max(seen.End, t.End)
		}
		if row := b.Add(in); row.Changed() {
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, nil, nil, err
	}
	o.closeHistory(cmd, b, seen, outside)
	return b, rows, sums, nil
}

// closeHistory sets the period: what was asked for, or what the events span.
func (o *compareOptions) closeHistory(cmd *cobra.Command, b *compare.Backtest, seen when.Span, outside int) {
	if outside > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s outside the period asked for\n", brief.Count(outside, "incident"))
	}
	period := o.period
	if !period.Start.Bounded() && seen.Start.Bounded() {
		period.Start = seen.Start
	}
	if !period.End.Bounded() && seen.End.Bounded() {
		period.End = seen.End
	}
	b.Close(period)
}
