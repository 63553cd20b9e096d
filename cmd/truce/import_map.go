package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/internal/office"
)

// readMapping reads the file of --map.
func (o *importOptions) readMapping() error {
	if o.mapping == "" {
		return nil
	}
	if o.As != "" && o.As != "truce" {
		return fmt.Errorf("--map and --as %s: a mapping makes an incidents file of a table; a file of a kind that is read as it is needs none", o.As)
	}
	b, err := os.ReadFile(o.mapping)
	if err != nil {
		return unread(err)
	}
	if o.Mapping, err = intake.ParseMapping(b); err != nil {
		return unread(fmt.Errorf("%s: %w", o.mapping, err))
	}
	return nil
}

// look proposes mappings or previews files; nothing is recorded.
func (o *importOptions) look(cmd *cobra.Command, files []string) error {
	out := cmd.OutOrStdout()
	for _, name := range files {
		b, err := readBounded(name)
		if err != nil {
			return unread(err)
		}
		if o.propose {
			err = o.printProposal(out, name, b)
		} else {
			err = o.printPreview(out, name, b)
		}
		if err != nil {
			return unread(err)
		}
	}
	return nil
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, intake.MaxFile+1))
	if err == nil && len(b) > intake.MaxFile {
		err = fmt.Errorf("%s is larger than %d MiB: split it", name, intake.MaxFile>>20)
	}
	return b, err
}

func (o *importOptions) printProposal(w io.Writer, name string, b []byte) error {
	r, err := intake.Recognise(filepath.Base(name), b, "")
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(w, r)
	}
	if r.Format != "" {
		fmt.Fprintf(w, "# %s: %s\n", name, r.Why)
		return nil
	}
	fmt.Fprintf(w, "# %s: %s. Look at every line, and change what is wrong.\n", name, r.Why)
	for _, s := range r.Sheets {
		if s.Name != "" {
			fmt.Fprintf(w, "# sheet %q: %d rows%s\n", s.Name, s.Count, map[bool]string{true: ", hidden", false: ""}[s.Hidden])
		}
		for _, n := range s.Notes {
			fmt.Fprintf(w, "#   %s\n", n)
		}
	}
	for _, c := range r.Proposed.Columns {
		to := c.To
		if to == "" {
			to = "not used"
		}
		fmt.Fprintf(w, "# %s -> %s (%.0f %%): %s\n", c.From, to, 100*c.Confidence, strings.Join(c.Reasons, "; "))
		for _, x := range c.Words {
			if x.To == "" {
				fmt.Fprintf(w, "#     %q, %d rows: %s\n", x.Word, x.Rows, x.Reason)
			}
		}
	}
	for _, q := range r.Proposed.Open {
		fmt.Fprintf(w, "# OPEN %s\n", strings.ReplaceAll(q, "\n", " "))
	}
	y, err := r.Proposed.Mapping.YAML()
	if err != nil {
		return err
	}
	_, err = w.Write(y)
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// see previews a file by the mapping, or as the kind that it is.
func (o *importOptions) see(name string, b []byte) (*intake.Preview, error) {
	base := filepath.Base(name)
	if o.Mapping == nil {
		p, err := intake.SeeKnown(base, bytes.NewReader(b), o.As, o.preview)
		if err != nil {
			return nil, fmt.Errorf("%w\nA table with columns of its own needs a mapping: truce import --propose %s", err, name)
		}
		return p, nil
	}
	f, err := intake.Read(base, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return intake.See(f, o.Mapping, o.preview)
}

func (o *importOptions) printPreview(w io.Writer, name string, b []byte) error {
	p, err := o.see(name, b)
	if errors.Is(err, intake.ErrMapping) {
		return fmt.Errorf("%s: %w", o.mapping, err)
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(w, p)
	}
	for _, n := range p.Notes {
		fmt.Fprintln(w, "note:", n)
	}
	for _, r := range p.Rows {
		if r.Incident == nil {
			fmt.Fprintf(w, "row %d: refused\n", r.Row)
			continue
		}
		i := r.Incident
		fmt.Fprintf(w, "row %d: %s\n  time %s\n  place %s\n  actor %s, act %s, means %s, outcome %s, target %s, level %s\n", r.Row, i.ID, i.Time, i.Place, i.Actor, i.Act, i.Means, i.Outcome, i.Target, i.Level)
		if i.Text != "" {
			fmt.Fprintf(w, "  text %s\n", i.Text)
		}
	}
	for _, f := range p.Faults {
		fmt.Fprintln(w, f)
	}
	if len(p.Unused) > 0 {
		fmt.Fprintf(w, "columns that are not used: %s\n", strings.Join(p.Unused, ", "))
	}
	return nil
}

// printTried says what an import would do.
func printTried(w io.Writer, i *office.Imported) {
	added, updated, unchanged, withdrawn := i.Against()
	fmt.Fprintf(w, "%s: would be %s, read as %s: %d rows: new %d · updated %d · unchanged %d · withdrawn %d · rejected %d; nothing was recorded\n", i.File, i.State, i.Format, i.Rows, added, updated, unchanged, withdrawn, i.Refused)
	printGone(w, i, true)
	printWords(w, i.Words)
}

func printWords(w io.Writer, words []string) {
	if len(words) > 0 {
		fmt.Fprintf(w, "  words that are not known and leave facts open: %s\n", strings.Join(words, ", "))
	}
}
