package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/terms"
)

const checkHelp = `Check reads terms, reports everything that is wrong with them at once, each
with file, line, column and a way out, finds clauses that clash, and runs the
examples that stand in the text.

It then lints: what a ceasefire text must define and this one does not, with
the place, a failure that it has led to, and an act on which the text is silent
or two ways to take it differ. The gravest are shown; --all shows every one, and
what the text accepts with its reasons (lint: {L22: because ...}). docs/lint.md
lists the codes. With --lint=strict a finding that the text does not accept
makes it fail.

Exit status: 0 if they hold, 1 if not, 3 if a file could not be read.`

const checkExample = `  truce check regimes/energy-2025.truce.md
  regimes/energy-2025.truce.md: 17 clauses, 5 readings, 15 examples hold

  truce check --all my.truce.md     every finding of lint, with its act

  truce check --fmt my.truce.md     the terms in canonical form, on standard output`

func checkCommand() *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use: "check TERMS...", Aliases: []string{"lint"}, Short: "Validate terms and run their examples", Long: checkHelp, Example: checkExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.lint != "strict" && o.lint != "warn" && o.lint != "off" {
				return fmt.Errorf("--lint=%s: expected strict, warn or off", o.lint)
			}
			ok := true
			for _, name := range args {
				good, err := check(cmd, name, o)
				if err != nil {
					return err
				}
				ok = ok && good
			}
			if !ok {
				return failed(nil)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&o.format, "fmt", false, "print the terms in canonical form, without lint")
	cmd.Flags().BoolVar(&o.json, "json", false, "print problems and findings of lint as JSON")
	cmd.Flags().StringVar(&o.lint, "lint", "warn", "strict, warn or off")
	cmd.Flags().BoolVar(&o.all, "all", false, "show every finding of lint, also those that the text accepts")
	return cmd
}

// checkOptions are the flags of check.
type checkOptions struct {
	format, json, all bool
	lint              string
}

func check(cmd *cobra.Command, name string, o checkOptions) (bool, error) {
	t, problems, err := openTerms(name)
	if err != nil {
		return false, err
	}
	if t != nil {
		more := append(judge.RunExamples(t), judge.Uncovered(t)...)
		problems = append(problems, inDir(more, filepath.Dir(name))...)
	}
	good := len(problems.Errors()) == 0
	var found lint.Result
	if good && o.lint != "off" && !o.format { // errors are mended first
		found = lint.Check(t)
		good = good && (o.lint != "strict" || len(found.Open()) == 0)
	}
	out := cmd.OutOrStdout()
	if o.json {
		return good, checkJSON(out, name, t, good, problems, found)
	}
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
	}
	open := brief.Lint(cmd.ErrOrStderr(), found, filepath.Dir(name), o.all)
	switch n := len(problems.Errors()); {
	case o.format && t != nil:
		fmt.Fprint(out, t.Format())
	case good:
		fmt.Fprintf(out, "%s: %s, %s, %s hold\n", name, brief.Count(len(t.Clauses), "clause"), brief.Count(len(t.ReadingIDs()), "reading"), brief.Count(len(t.Examples), "example"))
	case n == 0:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s of lint: mend the text, or write lint: with the reason why it is accepted\n", name, brief.Count(open, "warning"))
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", name, brief.Count(n, "problem"))
	}
	return good, nil
}

func checkJSON(w io.Writer, name string, t *terms.Terms, good bool, problems terms.Problems, found lint.Result) error {
	type problem struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
		Warning bool   `json:"warning,omitempty"`
		*brief.LintRow
	}
	out := struct {
		File     string    `json:"file"`
		OK       bool      `json:"ok"`
		Digest   string    `json:"digest,omitempty"`
		Problems []problem `json:"problems"`
		Notes    []string  `json:"notes,omitempty"`
	}{File: name, OK: good, Problems: []problem{}, Notes: found.Notes}
	if t != nil {
		out.Digest = t.Digest
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, problem{p.Pos.File, p.Pos.Line, p.Pos.Col, p.Msg, p.Warning, nil})
	}
	for _, h := range found.Hits {
		row := brief.LintRowOf(h)
		p := inDir(terms.Problems{{Pos: h.Pos}}, filepath.Dir(name))[0].Pos
		out.Problems = append(out.Problems, problem{p.File, p.Line, p.Col, h.Says, true, &row})
	}
	return json.NewEncoder(w).Encode(out)
}
