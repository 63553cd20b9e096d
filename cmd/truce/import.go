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

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

const importHelp = `Import takes files into the record of an office: the file itself by its hash,
and an entry that says what it holds, who counted it and under which licence.
A receipt is kept for each. With --each every row becomes an entry of its own, which
counts in the place of the row, here and in later editions.

What was taken in before is not taken in again. A later edition of the same
source supersedes the one before, and what it adds, changes and withdraws is
counted. An import that was interrupted goes on where it was, and records
nothing twice.

Rows of the edition before that a later one does not have any more are named, with their
ids and entries. That a source does not publish a row any more does not say that it was
wrong: nothing is done about entries of such rows. --withdraw-missing with a --reason
sets them aside (triage@1, which names the row and your reason, and can be taken back):
they stand as reports that are not taken for an incident, and findings stay.

A table with columns of its own, CSV, TSV or a spreadsheet (.xlsx), needs a
mapping: --propose prints one that the file suggests, with reasons, as YAML to be
looked at and changed; --map FILE takes the table in by it. --preview N shows the
first rows as they would become incidents, and each fault with row, column and a
way out. --dry-run counts what would be new, updated, unchanged, withdrawn and
rejected against the record. Neither records anything (docs/import.md).

A text (.truce.md) is taken in with the files that it is made of: annexes, and those
that zones are drawn in. Another version supersedes the one before.

A folder without a record becomes one with --origin; its key is made then.
Exit status: 0 done, 2 usage, 3 if a file or the record could not be read.`

const importExample = `  truce import --data north --origin example.org/north claims.csv
  truce import --data north --each viina_2024.csv
  truce import --data north --source acled --licence "ACLED terms" acled-friday.csv
  truce import --data north --source acled --each --dry-run acled-friday.csv
  truce import --data north --source acled --each --withdraw-missing --reason "ACLED: merged with others" acled-friday.csv
  truce import --data north terms/halt-2030.truce.md
  truce import --propose week-12.xlsx > week.map.yaml
  truce import --map week.map.yaml --preview 5 week-12.xlsx
  truce import --data north --map week.map.yaml --source patrols --dry-run week-12.xlsx
  truce import --data north --map week.map.yaml --source patrols week-12.xlsx`

// importOptions are the flags of import.
type importOptions struct {
	data, origin string
	asJSON       bool
	mapping      string
	preview      int
	propose, dry bool
	withdraw     bool
	office.ImportOptions
}

func importCommand() *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use: "import --data DIR FILES...", Short: "Take files into a record, once each", Long: importHelp, Example: importExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the record (not needed for --propose and --preview)")
	f.StringVar(&o.mapping, "map", "", "file that says what the columns of a table mean (YAML or JSON)")
	f.BoolVar(&o.propose, "propose", false, "print a mapping that the file suggests, with reasons")
	f.IntVar(&o.preview, "preview", 0, "show the first N rows as they would become incidents")
	f.BoolVar(&o.dry, "dry-run", false, "say what would be taken in, and record nothing")
	f.StringVar(&o.origin, "origin", "", "name of a new record, such as example.org/north")
	f.StringVar(&o.As, "as", "", "kind of the files: "+strings.Join(feeds.Kinds(), ", ")+" (guessed by content when absent)")
	f.StringVar(&o.Source, "source", "", "what the files are editions of (their names when absent)")
	f.StringVar(&o.Licence, "licence", "", "licence of the files")
	f.StringVar(&o.URL, "url", "", "where they came from")
	f.StringVar(&o.Receipts, "receipts", "", "folder for the receipts (receipts/ in the record when absent)")
	f.BoolVar(&o.Each, "each", false, "record every row as an entry too")
	f.BoolVar(&o.withdraw, "withdraw-missing", false, "set the entries of rows aside that a later edition does not have any more, for a --reason; without it they are named, and nothing is done")
	f.StringVar(&o.Missing, "reason", "", "with --withdraw-missing: why, in words; it stands in the record")
	f.BoolVar(&o.asJSON, "json", false, "print what became of the files as JSON")
	return cmd
}

// dataFlag adds --data, which must be given.
func dataFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "data", "", "folder of the record")
	if err := cmd.MarkFlagRequired("data"); err != nil {
		panic(err)
	}
}

// openTrial is openOffice, which says nothing of a record that is thrown away.
func openTrial(cmd *cobra.Command, dir, origin string, trial bool) (*office.Office, error) {
	if !trial {
		return openOffice(cmd, dir, origin)
	}
	of, err := office.Open(dir, origin, journal.Options{})
	if err != nil {
		return nil, unread(err)
	}
	return of, nil
}

// openOffice opens a record for writing, and says what had to be mended.
func openOffice(cmd *cobra.Command, dir, origin string) (*office.Office, error) {
	o, err := office.Open(dir, origin, journal.Options{})
	if err != nil {
		return nil, unread(err)
	}
	w := cmd.ErrOrStderr()
	if o.Created {
		fmt.Fprintf(w, "%s: a new record, of %s\n  its key is in %s/log.key: whoever holds it can write in its name\n  others check by: %s\n", dir, o.Log.Office().Origin, dir, o.Log.Office().Key)
	} else if r := o.Recovery; len(r.Torn)+len(r.Mended)+len(r.Remade) > 0 {
		fmt.Fprintf(w, "%s: %s\n", dir, r)
	}
	return o, nil
}

func (o *importOptions) run(cmd *cobra.Command, files []string) (err error) {
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			return unread(err)
		}
	}
	if o.Missing = strings.TrimSpace(o.Missing); o.withdraw != (o.Missing != "") {
		return errors.New("--withdraw-missing and --reason: expected both, such as --withdraw-missing --reason \"the source has said that these were counted twice\"; --dry-run names the rows first")
	}
	if err := o.readMapping(); err != nil {
		return err
	}
	if o.propose || o.preview > 0 {
		if err := o.look(cmd, files); err != nil || o.propose || o.data == "" {
			return err
		}
	}
	if o.data == "" {
		return errors.New("no folder: expected --data DIR, the record to take the files into (--propose and --preview N need none)")
	}
	if o.preview > 0 && !o.dry {
		return nil
	}
	data := o.data
	if _, serr := os.Stat(filepath.Join(data, "office.json")); o.dry && o.origin != "" && errors.Is(serr, os.ErrNotExist) {
		// A record is not begun for a trial: it is tried against one that is thrown away.
		if data, err = os.MkdirTemp("", "truce-trial-"); err != nil {
			return unread(err)
		}
		defer os.RemoveAll(data)
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: no record here yet: tried against an empty one, and nothing was made\n", o.data)
	} else if o.dry {
		o.origin = ""
	}
	of, err := openTrial(cmd, data, o.origin, data != o.data)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := of.Close(); err == nil && cerr != nil {
			err = unread(cerr)
		}
	}()
	bar := &progress{w: cmd.ErrOrStderr(), started: time.Now()}
	defer bar.done()
	o.Progress = func(file string, rows, total int) {
		bar.show(fmt.Sprintf("%s: %d of %d rows recorded", file, rows, total))
	}
	o.Parser = "truce " + version()
	done, bad := []any{}, error(nil)
	for _, f := range files {
		if strings.HasSuffix(f, ".truce.md") {
			x, err := o.takeText(cmd, of, f)
			if err != nil {
				bad = err
				fmt.Fprintln(cmd.ErrOrStderr(), "truce:", bad)
				continue
			}
			done = append(done, x)
			continue
		}
		take := of.Import
		if o.dry {
			take = of.Try
		}
		out, err := take(cmd.Context(), f, o.ImportOptions)
		bar.done()
		switch {
		case errors.Is(err, context.Canceled):
			return failed(errors.New("interrupted; the same command goes on"))
		case err != nil && of.Log.Err() != nil:
			return unread(err)
		case err != nil:
			bad = fmt.Errorf("%s: %w", f, err)
			fmt.Fprintln(cmd.ErrOrStderr(), "truce:", bad)
			continue
		}
		printImportProblems(cmd.ErrOrStderr(), f, out)
		done = append(done, out)
		out.New, out.Updated, out.Unchanged, out.Withdrawn = out.Against()
		switch {
		case o.asJSON:
		case o.dry:
			printTried(cmd.OutOrStdout(), out)
		default:
			printImported(cmd.OutOrStdout(), out)
		}
	}
	if o.asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		if err := enc.Encode(done); err != nil {
			return err
		}
	}
	if bad != nil {
		return unread(errors.New("not all files could be taken in"))
	}
	return nil
}

// takeText takes a text in, or says what would become of it.
func (o *importOptions) takeText(cmd *cobra.Command, of *office.Office, file string) (*office.TakenText, error) {
	fsys, name, done, err := termsFS(file)
	if err != nil {
		return nil, err
	}
	defer done()
	x, err := of.TakeText(cmd.Context(), fsys, name, o.dry)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if o.asJSON {
		return x, nil
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s: %s, the text %s of %s, digest %s\n", file, x.State, x.ID, brief.Count(len(x.Files), "file"), x.Digest)
	switch {
	case o.dry:
		fmt.Fprintln(w, "  nothing was recorded")
	case x.Supersedes != "":
		fmt.Fprintf(w, "  entry %s, supersedes %s\n", x.Entry, x.Supersedes)
	default:
		fmt.Fprintf(w, "  entry %s\n", x.Entry)
	}
	return x, nil
}

// printImportProblems prints the first of what could not be read.
func printImportProblems(w io.Writer, file string, i *office.Imported) {
	var all []any
	for _, p := range i.Problems {
		all = append(all, p)
	}
	for _, p := range i.Faults {
		all = append(all, p)
	}
	for k, p := range all {
		if k == maxShown {
			fmt.Fprintf(w, "%s: %d more problems\n", file, len(all)-k)
			break
		}
		fmt.Fprintln(w, p)
	}
}

func printImported(w io.Writer, i *office.Imported) {
	fmt.Fprintf(w, "%s: %s, read as %s: %d rows, %d incidents, %d reports, %d rejected\n", i.File, i.State, i.Format, i.Rows, i.Incidents, i.Reports, i.Refused)
	fmt.Fprintf(w, "  entry %s at %d, receipt %s\n", i.Entry, i.Index, i.Receipt)
	against := ""
	if i.Earlier != "" {
		against = "against the edition before: "
	}
	fmt.Fprintf(w, "  %snew %d · updated %d · unchanged %d · withdrawn %d · rejected %d\n", against, i.New, i.Updated, i.Unchanged, i.Withdrawn, i.Refused)
	printGone(w, i, false)
	printWords(w, i.Words)
	if i.Recorded > 0 {
		fmt.Fprintf(w, "  %s recorded as entries\n", some(int(i.Recorded), "row", "rows"))
	}
}

// printGone names the rows that are gone, and what became of their entries.
func printGone(w io.Writer, i *office.Imported, try bool) {
	if len(i.Gone) == 0 {
		return
	}
	fmt.Fprintf(w, "  of the edition before %s not there any more, which says nothing about what happened:\n", some(len(i.Gone), "row is", "rows are"))
	entries := 0
	for k, g := range i.Gone {
		if g.Entry != "" {
			entries++
		}
		if k < maxShown {
			fmt.Fprintf(w, "    %s\n", goneText(g))
		}
	}
	if n := len(i.Gone) - maxShown; n > 0 {
		fmt.Fprintf(w, "    ... and %d more: --json names all\n", n)
	}
	for _, warning := range i.Warnings {
		fmt.Fprintf(w, "  note: %s\n", warning)
	}
	would := map[bool]string{true: "would be ", false: ""}[try]
	switch {
	case entries == 0:
		fmt.Fprintln(w, "  they end with that edition, since they were no entries")
	case i.Aside+i.Before > 0:
		fmt.Fprintf(w, "  %sset aside with your reason: %d of %s; decided by somebody before: %d\n", would, i.Aside, some(entries, "entry", "entries"), i.Before)
	default:
		fmt.Fprintln(w, "  their entries stand as they are; --withdraw-missing --reason \"...\" sets them aside (triage@1)")
	}
}

func goneText(g office.Gone) string {
	text := fmt.Sprintf("line %d", g.Line)
	if g.ID != "" {
		text = g.ID + ", " + text
	}
	if g.Day != "" {
		text += ", " + g.Day
	}
	if g.Entry != "" {
		text += ": entry " + g.Entry
	}
	return text
}

// some is a number with its word.
func some(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
