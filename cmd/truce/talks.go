package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/talks/gather"
)

const talksHelp = `Talks shows what a record says of talks: rounds with their meetings, delegations and
what is said of their mandates; proposals by version; and the convergence board, with
rounds across and clauses down, and where each party stands (docs/talks.md). It only
reads. Who sits at the machine sees everything, also what was said in confidence:
over HTTP everybody sees what they may.

Exit status: 0 shown, 2 usage, 3 the record cannot be read.`

func talksCommand() *cobra.Command {
	var data string
	var at int64
	var asJSON bool
	c := &cobra.Command{
		Use: "talks --data DIR", Short: "Rounds, mandates, proposals and positions of a record, as a board", Long: talksHelp,
		Example: "  truce talks --data north\n  truce talks --data north --at 4120 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if data == "" {
				return errors.New("no folder: expected --data DIR")
			}
			if at < 0 {
				return fmt.Errorf("--at %d: expected a size of the log", at)
			}
			if at == 0 {
				at = math.MaxInt64
			}
			r, damage, err := journal.OpenReader(journal.RealWorld(data))
			if err != nil {
				return unread(err)
			}
			for _, d := range damage {
				fmt.Fprintln(cmd.ErrOrStderr(), "not read:", d)
			}
			entries, err := gather.FromLog(r, at)
			if err != nil {
				return unread(err)
			}
			s := board.Of(entries)
			if asJSON {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				return e.Encode(s)
			}
			printTalks(cmd.OutOrStdout(), s)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&data, "data", "", "folder of the record")
	f.Int64Var(&at, "at", 0, "as of this size of the log; the newest, where absent")
	f.BoolVar(&asJSON, "json", false, "all of it, as JSON")
	return c
}

// printTalks writes talks for people.
func printTalks(out io.Writer, s *board.State) {
	fmt.Fprintf(out, "%d rounds, %d proposals, %d positions\n", len(s.Rounds), len(s.Proposals), len(s.Positions))
	for _, r := range s.Rounds {
		printRound(out, r)
	}
	for _, p := range s.Proposals {
		printBoard(out, s, p)
	}
	for i, p := range s.Positions {
		if i == 0 {
			fmt.Fprintln(out, "\nPositions")
		}
		fmt.Fprintf(out, "  %s  %s on %s %s: %s%s\n    %s (%s)\n", p.Day, p.Holder, p.Proposal, orWhole(p.Clause), p.Standing, condition(p), wordsOf(p), p.Of)
		if p.Mandate != "" {
			fmt.Fprintf(out, "    mandate: %s: %s\n", p.Mandate, p.Because)
		}
	}
	for i, c := range s.Commitments {
		if i == 0 {
			fmt.Fprintln(out, "\nAs commitments, to be entered by a person; none of it binds")
		}
		fmt.Fprintf(out, "  %s: %s\n", c.Entry.Text, c.Entry.Commitment)
	}
	for i, p := range s.Problems {
		if i == 0 {
			fmt.Fprintln(out, "\nEntries that count for nothing, or less than they say")
		}
		fmt.Fprintf(out, "  %s  %s  %s\n", p.Entry, p.Kind, p.Why)
	}
}

func printRound(out io.Writer, r *board.Round) {
	fmt.Fprintf(out, "\nRound %s\n", roundName(r))
	for _, m := range r.Meetings {
		fmt.Fprintf(out, "  %s  %s  %s  %s\n", firstOf(m.Day, "no day"), strings.Join(m.Parties, "–"), m.State, m.Venue)
	}
	for _, d := range r.Delegations {
		fmt.Fprintf(out, "  delegation of %s: %s\n", d.Party, firstOf(strings.Join(d.Heads, "; "), "head not told"))
		for _, m := range d.Mandate {
			fmt.Fprintf(out, "    “%s” (%s) %s\n", m.Says, firstOf(m.By, "who says so is not told"), strings.Join(m.May, ", "))
		}
		if d.Conflict {
			fmt.Fprintln(out, "    these words conflict")
		}
	}
	for _, a := range r.Agenda {
		fmt.Fprintf(out, "  to be settled: %s\n", a.Asks)
	}
}

func printBoard(out io.Writer, s *board.State, p *board.Proposal) {
	fmt.Fprintf(out, "\n%s: %s (needs %s)\n", p.ID, firstOf(p.Title, "no version is known"), strings.Join(p.Needs, ", "))
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprint(w, "  clause")
	for _, r := range s.Rounds {
		fmt.Fprintf(w, "\t%s", roundName(r))
	}
	fmt.Fprintln(w)
	for _, row := range p.Rows {
		fmt.Fprintf(w, "  %s", orWhole(row.Clause))
		for _, c := range row.Cells {
			var holds []string
			for _, h := range c.Holds {
				if c.Status != "none" {
					holds = append(holds, h.Party+" "+h.Standing+flag(h.Flag))
				}
			}
			fmt.Fprintf(w, "\t%s", strings.TrimSuffix(c.Status+": "+strings.Join(holds, ", "), ": "))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

func roundName(r *board.Round) string {
	if r.ID == "" {
		return "before the first"
	}
	return strings.TrimSpace(firstOf(r.Title, r.ID) + " " + r.Day)
}

func orWhole(clause string) string { return firstOf(clause, "the whole") }

func flag(f string) string {
	if f == "" {
		return ""
	}
	return " (mandate " + f + ")"
}

func condition(p *board.Position) string {
	if p.Condition == "" {
		return ""
	}
	said := map[string]bool{}
	for _, c := range p.Conditions {
		said[c.State+" as "+c.By+" says"] = true
	}
	return strings.TrimSpace(fmt.Sprintf(", on the condition “%s” %s", p.Condition, strings.Join(slices.Sorted(maps.Keys(said)), ", ")))
}

// wordsOf is a quotation in its marks, or a summary without.
func wordsOf(p *board.Position) string {
	if p.Summary {
		return p.Quotation
	}
	return "“" + p.Quotation + "”"
}
