package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

const countHelp = `Count turns records into a number by a named rule. The same records give other
numbers by other rules, so a number is printed with its rule and version, the cut-off,
the sources, what was left out and why, what is open, and the coverage, where it is
known.

A number is a range where records say so: numbers such as "about 80" or "at least 15",
times that lie across the cut-off, acts that may or may not be of the kind that is
counted. Nothing is rounded away and nothing is scaled up.

--rules lists the rules. --claims sets what parties claimed beside it: of a day or
cumulative, whether totals of days add up to those of longer times, and how many times
what was counted. --last has a number that was given before, as --json printed it: what
has changed since is named, record by record. --baseline
compares the rate with that of an earlier period, without the days between what was
announced and when it took effect (--gap).`

type countOptions struct {
	rule, from, to, zone, as, claims, baseline, last string
	in, sources                                      []string
	coverage                                         float64
	gap                                              time.Duration
	asJSON, list, byDay                              bool
}

func countCommand() *cobra.Command {
	var o countOptions
	c := &cobra.Command{
		Use: "count --rule R --in FILES", Short: "A number by a named counting rule, with all that it stands on", Long: countHelp,
		Example: `  truce count --rules
  truce count --rule ua-gs-2025 --in docs/count-week.csv --from 2025-04-20 --to 2025-04-21 --zone Europe/Kyiv
  truce count --rule smm-2016+ --in docs/count-week.csv --by-day`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && len(o.in) == 0 {
				return fmt.Errorf("%s: expected --in before files", args[0])
			}
			o.in = append(o.in, args...)
			return o.run(cmd)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.list, "rules", false, "list the rules, with what each counts and cannot count")
	f.StringVar(&o.rule, "rule", "", "counting rule, by name or name@version")
	f.StringSliceVar(&o.in, "in", nil, "files of records (docs/formats.md); more may follow")
	f.StringVar(&o.as, "as", "", "kind of the files (guessed by content when absent)")
	f.StringVar(&o.from, "from", "", "from this time on: 2025-04-20, or with hour and offset")
	f.StringVar(&o.to, "to", "", "the cut-off: what is not before it does not count")
	f.StringVar(&o.zone, "zone", "UTC", "clock by which dates and days are told, such as Europe/Kyiv")
	f.StringSliceVar(&o.sources, "sources", nil, "only records by these sources")
	f.Float64Var(&o.coverage, "coverage", -1, "part that could have been seen, 0 to 1, as your coverage ledger has it; it is stated, nothing is scaled by it")
	f.StringVar(&o.claims, "claims", "", "a list of claims: the totals that parties claimed for the time are set beside")
	f.StringVar(&o.baseline, "baseline", "", "FROM..TO: an earlier period to compare the rate with")
	f.DurationVar(&o.gap, "gap", 0, "left out at the end of the baseline: what was announced and not yet in effect")
	f.StringVar(&o.last, "last", "", "the number that was given before of the same time, as --json printed it: what has changed is named")
	f.BoolVar(&o.byDay, "by-day", false, "a number for each day")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	return c
}

// counted is what the command prints.
type counted struct {
	*count.Number
	Days     []dayCount      `json:"days,omitempty"`
	Claimed  []claimedTotal  `json:"claimed,omitempty"`
	Baseline *baseline       `json:"baseline,omitempty"`
	Revised  *count.Revision `json:"revised" doc:"what has changed since the last issue; null: no last issue was given"`
}

type dayCount struct {
	Day       string `json:"day"`
	Low       int    `json:"low"`
	High      int    `json:"high"`
	Unbounded bool   `json:"unbounded,omitempty"`
}

// claimedTotal is a claimed number, and what it is to the counted one.
type claimedTotal struct {
	By        string   `json:"by"`
	Of        string   `json:"of,omitempty"`
	Published string   `json:"published"`
	Number    string   `json:"number"`
	Named     int      `json:"named" doc:"objects that the statement names"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Reach     string   `json:"reach" doc:"daily, cumulative or not-said"`
	Sums      *summed  `json:"sums,omitempty" doc:"of a cumulative total, whether totals of parts of its time by the same add up to it"`
	Ratio     *bracket `json:"ratio" doc:"claimed over counted, of records that may be by whom it accuses, in the time that it speaks of; null where nothing was counted"`
	Says      string   `json:"says,omitempty"`
}

// summed is what claimed totals of parts of a time add up to.
type summed struct {
	Parts   int     `json:"parts" doc:"totals within its time"`
	Low     int     `json:"low"`
	High    *int    `json:"high"` // null: no bound
	Covered float64 `json:"covered" doc:"the part of its time that they speak of, 0 to 1"`
	Says    string  `json:"adds_up" doc:"yes, no, or open where parts leave time out or overlap"`
}

type bracket struct {
	Low  float64  `json:"low"`
	High *float64 `json:"high"` // null: no bound
}

// baseline compares rates: of what is sure, and of all that may be.
type baseline struct {
	From time.Time     `json:"from"`
	To   time.Time     `json:"to"`
	Was  *count.Number `json:"was"`
	Low  *ratio        `json:"ratio_of_sure"`
	High *ratio        `json:"ratio_of_possible"`
}

type ratio struct {
	Value *float64 `json:"value"`
	Low   float64  `json:"low"`
	High  *float64 `json:"high"`
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func (o *countOptions) run(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	if o.list {
		return printRules(out, o.asJSON)
	}
	if o.rule == "" || len(o.in) == 0 {
		return fmt.Errorf("expected --rule R and --in FILES (`truce count --rules` lists the rules)")
	}
	rule, err := count.RuleNamed(o.rule)
	if err != nil {
		return err
	}
	if o.coverage > 1 {
		return fmt.Errorf("--coverage %v: expected 0 to 1", o.coverage)
	}
	loc, err := when.Zone(o.zone)
	if err != nil {
		return fmt.Errorf("--zone: %w", err)
	}
	q := &count.Question{Rule: rule, Sources: o.sources, Zone: loc, Coverage: o.coverage}
	if q.From, err = dateOrTime("--from", o.from, loc); err != nil {
		return err
	}
	if q.To, err = dateOrTime("--to", o.to, loc); err != nil {
		return err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return fmt.Errorf("--from %s is not before --to %s", o.from, o.to)
	}
	records, err := o.read(cmd)
	if err != nil {
		return err
	}
	n := counted{Number: count.Count(q, records)}
	if o.byDay {
		if n.Days, err = perDay(q, records); err != nil {
			return err
		}
	}
	if o.claims != "" {
		if n.Claimed, err = o.beside(cmd, q, records); err != nil {
			return err
		}
	}
	if o.baseline != "" {
		if n.Baseline, err = o.compare(q, n.Number, records); err != nil {
			return err
		}
	}
	if o.last != "" {
		if n.Revised, err = o.revised(n.Number); err != nil {
			return err
		}
	}
	if o.asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(n)
	}
	n.print(out, rule)
	return nil
}

func printRules(w io.Writer, asJSON bool) error {
	if asJSON {
		type rule struct {
			Rule   string   `json:"rule"`
			Unit   string   `json:"unit"`
			Says   string   `json:"says"`
			Source string   `json:"source"`
			Blind  []string `json:"blind,omitempty"`
		}
		var all []rule
		for _, r := range count.Rules() {
			all = append(all, rule{r.ID(), r.Unit, r.Says, r.Source, r.Blind})
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	for _, r := range count.Rules() {
		fmt.Fprintf(w, "%s: %s\n  %s\n", r.ID(), r.Unit, r.Says)
		if len(r.Blind) > 0 {
			fmt.Fprintf(w, "  blind to: %s\n", strings.Join(r.Blind, "; "))
		}
		fmt.Fprintf(w, "  source: %s\n", r.Source)
	}
	return nil
}

// dateOrTime reads a date by a clock, or a time with an offset.
func dateOrTime(flag, text string, loc *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := when.ParseDay(text, loc); err == nil {
		return day.Start.Time(), nil
	}
	i, err := when.ParseRFC3339(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: expected a date such as 2025-04-20, or a time with an offset: %w", flag, err)
	}
	return i.Time(), nil
}

func (o *countOptions) read(cmd *cobra.Command) ([]count.Record, error) {
	var records []count.Record
	j := &judgeOptions{as: o.as, in: o.in}
	sums, err := j.readFiles(cmd, vocab.Core(), func(in *evidence.Incident) error {
		records = append(records, count.Record{Incident: in})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		printImport(cmd.ErrOrStderr(), s)
	}
	return records, nil
}

const maxPerDay = 3700

// perDay counts each day of the question, or of the records where it has no ends.
func perDay(q *count.Question, records []count.Record) ([]dayCount, error) {
	from, to := q.From, q.To
	for i := range records {
		for k := range records[i].Scenarios {
			span := records[i].Scenarios[k].Time
			if span.Start.Bounded() && (from.IsZero() || q.From.IsZero() && span.Start.Time().Before(from)) {
				from = span.Start.Time()
			}
			if span.End.Bounded() && q.To.IsZero() && span.End.Time().After(to) {
				to = span.End.Time()
			}
		}
	}
	if from.IsZero() || to.IsZero() {
		return nil, nil
	}
	var out []dayCount
	start := from.In(q.Zone)
	for d := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, q.Zone); d.Before(to); {
		next := time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, q.Zone)
		one := *q
		one.From, one.To = d, next
		if one.From.Before(from) && !q.From.IsZero() {
			one.From = from
		}
		if one.To.After(to) && !q.To.IsZero() {
			one.To = to
		}
		n := count.Count(&one, records)
		out = append(out, dayCount{d.Format("2006-01-02"), n.Low, n.High, n.Unbounded})
		if len(out) > maxPerDay {
			return nil, fmt.Errorf("more than %d days: narrow them with --from and --to", maxPerDay)
		}
		d = next
	}
	return out, nil
}

func (o *countOptions) compare(q *count.Question, n *count.Number, records []count.Record) (*baseline, error) {
	if q.From.IsZero() || q.To.IsZero() {
		return nil, fmt.Errorf("--baseline needs --from and --to: a rate is by time")
	}
	a, z, ok := strings.Cut(o.baseline, "..")
	if !ok {
		return nil, fmt.Errorf("--baseline %q: expected FROM..TO", o.baseline)
	}
	was := *q
	var err error
	if was.From, err = dateOrTime("--baseline", a, q.Zone); err != nil {
		return nil, err
	}
	if was.To, err = dateOrTime("--baseline", z, q.Zone); err != nil {
		return nil, err
	}
	was.To = was.To.Add(-o.gap)
	if !was.From.Before(was.To) || was.To.After(q.From) {
		return nil, fmt.Errorf("--baseline %s less the gap of %s: expected a period that ends before --from", o.baseline, o.gap)
	}
	b := &baseline{From: was.From, To: was.To, Was: count.Count(&was, records)}
	days := func(q *count.Question) float64 { return q.To.Sub(q.From).Hours() / 24 }
	of := func(now, then int) *ratio {
		r := count.Ratio(now, days(q), then, days(&was))
		return &ratio{finite(r.Value), r.Low, finite(r.High)}
	}
	b.Low = of(n.Low, b.Was.Low)
	if !n.Unbounded && !b.Was.Unbounded {
		b.High = of(n.High, b.Was.High)
	}
	return b, nil
}

// span prints a number as it is: exact, a range, or without a bound above.
func span(low, high int, unbounded bool) string {
	switch {
	case unbounded:
		return fmt.Sprintf("at least %d", low)
	case low == high:
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}

func (n *counted) print(w io.Writer, rule *count.Rule) {
	about := ""
	if n.About {
		about = ", of numbers that are about"
	}
	fmt.Fprintf(w, "%s by %s%s\n  one is: %s\n  %s\n", span(n.Low, n.High, n.Unbounded), n.Rule, about, n.Unit, rule.Says)
	period := "all times"
	if n.From != nil || n.To != nil {
		period = "from " + stamp(n.From) + " to the cut-off " + stamp(n.To)
	}
	fmt.Fprintf(w, "  time: %s\n", period)
	sources := "none that is named"
	if len(n.Sources) > 0 {
		sources = strings.Join(n.Sources, ", ")
	}
	fmt.Fprintf(w, "  sources: %s\n", sources)
	for _, p := range n.Parts {
		listed := ""
		if p.Listed {
			listed = " (shown, not added up)"
		}
		fmt.Fprintf(w, "  %8s  %s%s\n", span(p.Low, p.High, p.Unbounded), p.Name, listed)
	}
	fmt.Fprintf(w, "  records: %d count, %d may (%.0f%% of these are open)", len(n.Counted), len(n.Open), 100*n.UnknownPart)
	for _, l := range n.LeftOut {
		fmt.Fprintf(w, "; %d left out: %s", len(l.Records), l.Because)
	}
	fmt.Fprintln(w)
	if n.Coverage == nil {
		fmt.Fprintln(w, "  coverage: not known: what nobody could see is not in the number")
	} else {
		fmt.Fprintf(w, "  coverage: %.0f%% could have been seen; the number is not scaled by it\n", 100**n.Coverage)
	}
	if len(n.Blind) > 0 {
		fmt.Fprintf(w, "  the rule is blind to: %s\n", strings.Join(n.Blind, "; "))
	}
	for _, d := range n.Days {
		fmt.Fprintf(w, "  %s  %s\n", d.Day, span(d.Low, d.High, d.Unbounded))
	}
	n.printRevised(w)
	n.printClaims(w)
	n.printBaseline(w)
}

func stamp(t *time.Time) string {
	if t == nil {
		return "(open)"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func (n *counted) printBaseline(w io.Writer) {
	b := n.Baseline
	if b == nil {
		return
	}
	fmt.Fprintf(w, "  before, %s to %s: %s\n", stamp(&b.From), stamp(&b.To), span(b.Was.Low, b.Was.High, b.Was.Unbounded))
	for _, x := range []struct {
		of string
		r  *ratio
	}{{"of what is sure", b.Low}, {"of all that may be", b.High}} {
		if x.r == nil || x.r.Value == nil {
			continue
		}
		high := "no bound"
		if x.r.High != nil {
			high = fmt.Sprintf("%.2f", *x.r.High)
		}
		fmt.Fprintf(w, "  rate a day, %s: %.2f times that before (95%%: %.2f to %s, exact, for events that come one by one)\n", x.of, *x.r.Value, x.r.Low, high)
	}
	if n.Unbounded || b.Was.Unbounded {
		fmt.Fprintln(w, "  some numbers have no bound above: there is no ratio of all that may be")
	}
}
