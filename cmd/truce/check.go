package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

const checkHelp = `Check reads terms, reports everything that is wrong with them at once, each
with file, line, column and a way out, finds clauses that clash, and runs the
examples that stand in the text.

Exit status: 0 if they hold, 1 if not, 3 if a file could not be read.`

const checkExample = `  truce check regimes/energy-2025.truce.md
  regimes/energy-2025.truce.md: 19 clauses, 5 readings, 14 examples hold

  truce check --fmt my.truce.md     the terms in canonical form, on standard output`

func checkCommand() *cobra.Command {
	var format, asJSON bool
	cmd := &cobra.Command{
		Use: "check TERMS...", Short: "Validate terms and run their examples", Long: checkHelp, Example: checkExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ok := true
			for _, name := range args {
				good, err := check(cmd, name, format, asJSON)
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
	cmd.Flags().BoolVar(&format, "fmt", false, "print the terms in canonical form")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print problems as JSON")
	return cmd
}

func check(cmd *cobra.Command, name string, format, asJSON bool) (bool, error) {
	t, problems, err := openTerms(name)
	if err != nil {
		return false, err
	}
	if t != nil {
		more := append(judge.RunExamples(t), judge.Uncovered(t)...)
		problems = append(problems, inDir(more, filepath.Dir(name))...)
	}
	good := len(problems.Errors()) == 0
	out := cmd.OutOrStdout()
	if asJSON {
		return good, checkJSON(out, name, t, problems)
	}
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
	}
	switch {
	case format && t != nil:
		fmt.Fprint(out, t.Format())
	case good:
		fmt.Fprintf(out, "%s: %s, %s, %s hold\n", name, brief.Count(len(t.Clauses), "clause"), brief.Count(len(t.ReadingIDs()), "reading"), brief.Count(len(t.Examples), "example"))
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", name, brief.Count(len(problems.Errors()), "problem"))
	}
	return good, nil
}

func checkJSON(w io.Writer, name string, t *terms.Terms, problems terms.Problems) error {
	type problem struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
		Warning bool   `json:"warning,omitempty"`
	}
	out := struct {
		File     string    `json:"file"`
		OK       bool      `json:"ok"`
		Digest   string    `json:"digest,omitempty"`
		Problems []problem `json:"problems"`
	}{File: name, OK: len(problems.Errors()) == 0, Problems: []problem{}}
	if t != nil {
		out.Digest = t.Digest
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, problem{p.Pos.File, p.Pos.Line, p.Pos.Col, p.Msg, p.Warning})
	}
	return json.NewEncoder(w).Encode(out)
}
