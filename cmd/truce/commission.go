package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/commission/gather"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

const commissionHelp = `Commission shows what a record says of a joint commission's work: cases with their
clocks and what is missing, the hotline, duties and quotas, answers to breaches,
windows, notified activities, and in an exercise how soon each inject was answered
(docs/commission.md). It only reads; a server may run on the record. Who sits at the
machine sees everything: over HTTP everybody sees what they may.

--at shows how it stood at a time, or will stand if nothing more is written.

Exit status: 0 shown, 2 usage, 3 the record or a text cannot be read.`

type commissionOptions struct {
	data, at    string
	asJSON, ics bool
}

func commissionCommand() *cobra.Command {
	var o commissionOptions
	c := &cobra.Command{
		Use: "commission --data DIR", Short: "Cases, clocks, the hotline, duties, answers and windows of a record", Long: commissionHelp,
		Example: `  truce commission --data north
  truce commission --data north --at 2030-03-06T12:00:00Z
  truce commission --data north --ics > deadlines.ics
  truce commission chains docs/commission.truce.md
  truce commission window --id repair-7 --purpose repair --parties ALFA,BRAVO \
    --place 50.46,35.41 --within 2000 --from 2030-03-12T06:00Z --until 2030-03-12T14:00Z > repair-7.truce.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the record")
	f.StringVar(&o.at, "at", "", "time, RFC 3339; now, where absent")
	f.BoolVar(&o.asJSON, "json", false, "all of it, as JSON")
	f.BoolVar(&o.ics, "ics", false, "what is due, as a calendar (RFC 5545)")
	c.AddCommand(chainsCommand(), windowCommand())
	return c
}

func (o *commissionOptions) run(cmd *cobra.Command) error {
	now := when.At(time.Now())
	if o.data == "" {
		return errors.New("no folder: expected --data DIR")
	}
	if o.asJSON && o.ics {
		return errors.New("--json or --ics: expected one of them")
	}
	if o.at != "" {
		var err error
		if now, err = when.ParseRFC3339(o.at); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	}
	in, skipped, err := commissionInput(cmd.Context(), o.data)
	if err != nil {
		return unread(err)
	}
	for _, s := range skipped {
		fmt.Fprintln(cmd.ErrOrStderr(), "not read:", s)
	}
	s := commission.At(in, now)
	out := cmd.OutOrStdout()
	switch {
	case o.ics:
		_, err = out.Write(s.Calendar(in.Origin))
	case o.asJSON:
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(struct {
			Origin    string                `json:"origin"`
			Deadlines []commission.Deadline `json:"deadlines"`
			*commission.State
		}{in.Origin, s.Deadlines(), s})
	default:
		printCommission(out, in.Origin, s)
	}
	return err
}

// commissionInput reads a record. Where anything is about events, views are made of
// it in a folder that is thrown away.
func commissionInput(ctx context.Context, dir string) (*commission.Input, []string, error) {
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, nil, err
	}
	src := &gather.Source{Origin: r.Office.Origin, Blobs: r.Blobs(), Texts: &gather.Texts{}}
	in, err := gather.FromLog(r, src)
	for _, d := range damage {
		src.Skipped = append(src.Skipped, d.Error())
	}
	if err != nil || !gather.NeedsEvents(in) {
		return in, src.Skipped, err
	}
	tmp, err := os.MkdirTemp("", "truce-commission-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(tmp)
	store, err := views.OpenSQLite(filepath.Join(tmp, "views.db"))
	if err != nil {
		return nil, nil, err
	}
	v, err := views.New(store, r.Office.Origin, r.Blobs())
	if err != nil {
		store.Close()
		return nil, nil, err
	}
	defer v.Close()
	if err := v.Update(ctx, r); err != nil {
		return nil, nil, err
	}
	src.Skipped = src.Skipped[:0]
	err = v.Read(views.Now, func(snap *views.Snapshot) error {
		in, err = gather.FromViews(snap, src)
		return err
	})
	return in, src.Skipped, err
}

// printCommission writes a state for people.
func printCommission(out io.Writer, origin string, s *commission.State) {
	if s.Exercise != nil {
		fmt.Fprintf(out, "%s\n\n", s.Exercise.Banner)
	}
	fmt.Fprintf(out, "%s at %s: %d cases, %d messages, %d duties, %d answers, %d windows, %d notified activities\n", origin, s.Now, len(s.Cases), len(s.Messages), len(s.Duties), len(s.Responses), len(s.Windows), len(s.Activities))
	for _, c := range s.Cases {
		printCase(out, c)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, m := range s.Messages {
		head(w, &m.Number, 1, "\nHotline")
		fmt.Fprintf(w, "  %d\t%s\t%s to %s\t%s\t%s\n", m.Number, m.At, orMission(m.From), strings.Join(m.To, ", "), m.State, firstOf(m.Words["en"], m.Says))
	}
	for i, d := range s.Duties {
		head(w, &i, 0, "\nDuties")
		fmt.Fprintf(w, "  %s %s\t%s\t%s\t%s\n", d.Text, d.Clause, d.Bearer, d.State, d.Because+under(d.Readings))
	}
	for i, r := range s.Responses {
		head(w, &i, 0, "\nAnswers")
		fmt.Fprintf(w, "  %s %s\t%s\t%s\t%s\t%s\n", r.Text, r.Clause, r.Party, r.Stage, r.State, checksOf(r))
	}
	for _, x := range s.Windows {
		head(w, &x.Number, 1, "\nWindows")
		fmt.Fprintf(w, "  %d %s\t%s..%s\t%s\t%s\n", x.Number, x.Purpose, x.From, x.Until, x.State, strings.Join(x.Missing, "; "))
	}
	for _, a := range s.Activities {
		head(w, &a.Number, 1, "\nNotified activities")
		fmt.Fprintf(w, "  %d %s of %s\t%s..%s\t%s\t%d events may be it\n", a.Number, a.What, a.Party, a.From, a.Until, a.State, len(a.Seen))
	}
	if s.Exercise != nil {
		for _, k := range s.Exercise.Injects {
			head(w, &k.Number, 1, "\nInjects")
			fmt.Fprintf(w, "  %d %s\t%s\t%s\t%s\n", k.Number, k.Name, k.At, k.State, k.Took)
		}
	}
	for i, d := range s.Deadlines() {
		head(w, &i, 0, "\nDue")
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", d.At, d.State, d.Of, d.What)
	}
	for i, p := range s.Problems {
		head(w, &i, 0, "\nEntries that count for nothing, or less than they say")
		fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Entry, p.Kind, p.Why)
	}
	w.Flush()
}

func printCase(out io.Writer, c *commission.Case) {
	tier := ""
	if c.Tier != "" {
		tier = ", before the tier " + c.Tier
	}
	fmt.Fprintf(out, "\nCase %d: %s complains of %s under %s %s (%s, %s%s)\n  %s\n", c.Number, c.By, c.Against, c.Text, strings.Join(c.Clauses, ", "), c.Opened, c.State, tier, c.Says)
	for _, k := range c.Steps[1:] {
		fmt.Fprintf(out, "  %s  %s of %s%s\n", k.At, k.Step, orMission(k.Party), answerOf(k.Answer))
	}
	for _, d := range c.Determinations {
		if d.Adopted != 0 {
			fmt.Fprintf(out, "  %s  determined: %s (%d agree, %d dissent)\n", d.Adopted, d.Answer, d.Agreed, len(d.Dissented))
		}
		for _, x := range d.Dissented {
			fmt.Fprintf(out, "  %s  %s dissents: %s\n", x.At, x.Member, x.Reason)
		}
	}
	for _, m := range c.Missing {
		fmt.Fprintf(out, "  missing: %s\n", m)
	}
}

// head writes a heading before the first row.
func head(w io.Writer, n *int, first int, title string) {
	if *n == first {
		fmt.Fprintln(w, title)
	}
}

func orMission(party string) string { return firstOf(party, "the commission") }

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

func answerOf(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func under(readings []string) string {
	if slices.Equal(readings, []string{"text"}) {
		return ""
	}
	return " (" + strings.Join(readings, ", ") + ")"
}

// checksOf are the checks that keep an answer from holding, or all where it does.
func checksOf(r *commission.Response) string {
	var out []string
	for _, c := range r.Checks {
		if c.Is != "yes" || r.State == "holds" {
			out = append(out, c.What+": "+c.Says)
		}
	}
	return strings.Join(out, "; ")
}

func chainsCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "chains TERMS", Short: "Where answers to answers lead: to an end, or to none",
		Long: `Chains follows what a text lets the sides do where each answers the other as soon
and as much as it may, begun by each of them. The act is the first example of the
text that is a breach. A chain that no rule ends is shown as such.`,
		Example: "  truce commission chains docs/commission.truce.md",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, problems, err := openTerms(args[0])
			if err == nil && t == nil {
				err = problems
			}
			if err != nil {
				return unread(err)
			}
			cs, err := commission.Chains(t)
			if err != nil {
				return unread(err)
			}
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(cs)
			}
			for _, k := range cs {
				fmt.Fprintf(cmd.OutOrStdout(), "%s, begun by %s: %s\n", k.Reading, k.Begins, map[bool]string{true: "NO END: " + k.Ends, false: "ends: " + k.Ends}[k.Endless])
				for _, l := range k.Links {
					fmt.Fprintf(cmd.OutOrStdout(), "  after %s  %s, %s%s: %s\n", l.After, l.By, brief.Count(int(l.Acts), "act"), map[bool]string{true: " under " + l.Clause}[l.Clause != ""], l.Verdict)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func windowCommand() *cobra.Command {
	var l commission.Local
	var place, from, until string
	var within float64
	c := &cobra.Command{
		Use: "window", Short: "A local truce for some hours, as a text that runs",
		Long: `Window writes the terms of a window from a template: no fire, flight or advance
within a distance of a place, so that people can work there. What it writes has been
parsed, and can be checked, judged by and accepted like any other text.`,
		Example: `  truce commission window --id repair-7 --purpose repair --parties ALFA,BRAVO \
    --place 50.46,35.41 --within 2000 --from 2030-03-12T06:00Z --until 2030-03-12T14:00Z > repair-7.truce.md
  truce check repair-7.truce.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if l.Span.Start, err = when.ParseRFC3339(from); err != nil {
				return fmt.Errorf("--from: %w", err)
			}
			if l.Span.End, err = when.ParseRFC3339(until); err != nil {
				return fmt.Errorf("--until: %w", err)
			}
			if _, err := fmt.Sscanf(place, "%g,%g", &l.Place.Lat, &l.Place.Lon); err != nil {
				return fmt.Errorf("--place %q: expected LAT,LON such as 50.46,35.41", place)
			}
			l.Within = where.Metres(within)
			text, err := l.Text()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&l.ID, "id", "", "short name of the window")
	f.StringVar(&l.Purpose, "purpose", "", "repair, bodies, convoy, ...")
	f.StringSliceVar(&l.Parties, "parties", nil, "both parties")
	f.StringVar(&place, "place", "", "LAT,LON")
	f.Float64Var(&within, "within", 0, "metres round the place")
	f.StringVar(&from, "from", "", "RFC 3339")
	f.StringVar(&until, "until", "", "RFC 3339")
	f.StringVar(&l.Zone, "zone", "UTC", "clock of the text, an IANA name")
	return c
}
