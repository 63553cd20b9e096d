package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
)

// compareOutput is where a comparison goes, and in which form.
type compareOutput struct {
	out, format     string
	borders         string
	apply           bool
	examples, write bool
}

func (o *compareOutput) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "write here; the ending chooses html or json")
	f.StringVar(&o.format, "format", "", "table, json or html")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON of countries and disputed areas to draw on the page instead of the built-in map (docs/maps.md); none draws no countries")
	f.BoolVar(&o.apply, "apply", false, "the second text amends the first: a redline, and beside each change what it does")
	f.BoolVar(&o.examples, "examples", false, "print the examples as a block that the second text can hold")
	f.BoolVar(&o.write, "write-examples", false, "append that block to the file of the second text")
}

// prepare settles the format.
func (o *compareOptions) prepareOutput(args []string) error {
	if o.asJSON {
		if o.format != "" && o.format != "json" {
			return fmt.Errorf("--json and --format %s: expected one of them", o.format)
		}
		o.format = "json"
	}
	if o.format == "" && o.out != "" {
		o.format = strings.TrimPrefix(filepath.Ext(o.out), ".")
		if o.format != "html" && o.format != "json" {
			return fmt.Errorf("--out %s: the ending chooses the form: expected .html or .json, or --format", o.out)
		}
	}
	switch o.format {
	case "", "table", "json", "html":
	default:
		return fmt.Errorf("cannot write %q: expected table, json or html", o.format)
	}
	for _, name := range append(append([]string(nil), args...), o.over...) {
		if name, _, _ = strings.Cut(name, "@"); sameFile(name, o.out) {
			return fmt.Errorf("--out %s would replace what is read: write to another file", o.out)
		}
	}
	if (o.apply || o.examples || o.write) && len(args) != 2 {
		return fmt.Errorf("--apply, --examples and --write-examples take two texts, the old and the new")
	}
	if (o.examples || o.write) && (o.out != "" || o.format != "" && o.format != "table") {
		return fmt.Errorf("--examples and --write-examples have no other form: leave --out, --format and --json away")
	}
	return nil
}

// compared is all that a run of compare has found.
type compared struct {
	comparison *brief.Comparison
	amendment  *compare.Amendment
	history    *compare.Backtest
	rows       []compare.Row
	imports    string // how the events were read, for a terminal
}

// emit writes what was found in the form that was asked for.
func (o *compareOptions) emit(cmd *cobra.Command, args []string, c *compared) error {
	if o.out == "" {
		return o.emitTo(cmd.OutOrStdout(), cmd, args, c)
	}
	f, err := newFile(o.out)
	if err != nil {
		return unread(err)
	}
	if err = f.finish(o.emitTo(f, cmd, args, c)); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "written to %s\n", o.out)
	return nil
}

func (o *compareOptions) emitTo(w io.Writer, cmd *cobra.Command, args []string, c *compared) error {
	switch o.format {
	case "json":
		return o.emitJSON(w, c)
	case "html":
		base, err := openMap(o.borders)
		if err != nil {
			return err
		}
		p := brief.ComparePage{Names: o.names, Sides: o.sides, Comparison: c.comparison, Amendment: c.amendment, History: c.history, Rows: c.rows,
			Engine: judge.Engine, TZData: when.TZData, Command: commandLine(cmd, args), Base: base}
		return brief.WriteComparePage(w, p)
	}
	switch {
	case c.amendment != nil:
		c.comparison.Apply(w, c.amendment)
	case c.comparison != nil:
		c.comparison.Print(w)
	}
	if c.history != nil {
		o.printHistory(w, c)
	}
	return nil
}

func (o *compareOptions) emitJSON(w io.Writer, c *compared) error {
	var report struct {
		Compare   *brief.ComparisonJSON `json:"compare,omitempty"`
		Amendment *brief.AmendmentJSON  `json:"amendment,omitempty"`
		Over      *brief.HistoryJSON    `json:"over,omitempty"`
	}
	if c.comparison != nil {
		report.Compare = c.comparison.JSON()
	}
	if c.amendment != nil {
		report.Amendment = brief.NewAmendmentJSON(c.amendment)
	}
	if c.history != nil {
		report.Over = brief.NewHistoryJSON(c.history, o.names, c.rows)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

// commandLine is the command as it can be given again.
func commandLine(cmd *cobra.Command, args []string) string {
	s := []string{"truce", cmd.Name()}
	for _, a := range args {
		s = append(s, shellWord(a))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if v == f.NoOptDefVal {
				s = append(s, "--"+f.Name)
			} else {
				s = append(s, "--"+f.Name+"="+shellWord(v))
			}
		}
	})
	return strings.Join(s, " ")
}

// shellWord quotes a word where a shell would not keep it whole.
func shellWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n\"'`$\\|&;<>()*?[]{}!#~") {
		return s
	}
	if strings.ContainsAny(s, "\n\t") {
		return strconv.Quote(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
