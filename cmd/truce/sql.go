package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/sqlgen"
	"github.com/truce-project/truce/terms"
)

const sqlHelp = `Sql writes the judgement of a text as one SQL statement, for events that
already sit in a database: it reads a table in the shape of the incidents CSV
(docs/formats.md) and gives the rows that truce judge gives. Zones, rules and
names are tables of constants inside it; it creates nothing and needs no right
but to read the table.

Columns of the table may be text, numbers and timestamps with a time zone; those
that it lacks are left out with --columns.

Rows have the columns ` + "%s." + `
They do not have share, deciding, trace, time_start, lat, lon, act and target:
for those, judge the incidents in question with truce judge.

What a statement cannot read as truce does (a place or origin in words, a cell
that is wrong) it takes as not known. If the verdict turns on it, none is given,
and the column unsupported says why. Verdicts can differ from those of truce
judge only for places within a metre, or a fifty-thousandth of the distance, of
a boundary (docs/sql.md).

Exit status: 0 fine, 2 usage, 3 if the terms could not be read or cannot be
written as a statement.`

const sqlExample = `  truce sql energy-2025 --dialect postgis > energy.sql
  psql monitoring -c 'set jit = off' -f energy.sql
  truce sql energy-2025 --dialect duckdb --table "incidents" --columns id,time_start,actor,act,target
  truce sql my.truce.md --dialect bigquery --table project.dataset.events --reading ukraine --out q.sql`

// sqlOptions are the flags of sql.
type sqlOptions struct {
	sqlgen.Options
	out, commitments string
	reading          []string
	assume           bool
}

func sqlCommand() *cobra.Command {
	o := &sqlOptions{}
	cmd := &cobra.Command{
		Use: "sql TERMS --dialect D", Short: "The same judgement as one SQL statement", Example: sqlExample,
		Long: fmt.Sprintf(sqlHelp, wrapped(sqlgen.Columns)),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Dialect, "dialect", "", strings.Join(sqlgen.Dialects, ", "))
	f.StringVar(&o.Table, "table", "events", "table of the events, with its schema if need be")
	f.StringSliceVar(&o.Columns, "columns", nil, "the columns that the table has, if not all: some of "+strings.Join(sqlgen.EventColumns, ","))
	f.StringSliceVar(&o.reading, "reading", nil, "only these readings")
	f.StringVar(&o.commitments, "commitments", "", "YAML file of commitments that override those of the text by id")
	f.BoolVar(&o.assume, "assume-in-force", false, "judge as if in force at all times for everybody who was asked; stamped counterfactual")
	f.StringVar(&o.out, "out", "", "write the statement here")
	return cmd
}

// wrapped breaks a list of words into lines.
func wrapped(words []string) string {
	s, line := "", 18
	for i, w := range words {
		if line += len(w) + 2; line > 78 {
			s, line = s+"\n", len(w)+2
		} else if i > 0 {
			s += " "
		}
		s += w + ","
	}
	return strings.TrimSuffix(s, ",")
}

func (o *sqlOptions) run(cmd *cobra.Command, name string) error {
	if o.Dialect == "" {
		return fmt.Errorf("no dialect: expected --dialect %s", strings.Join(sqlgen.Dialects, ", "))
	}
	if !contains(sqlgen.Dialects, o.Dialect) {
		return fmt.Errorf("--dialect %s: expected %s", o.Dialect, strings.Join(sqlgen.Dialects, ", "))
	}
	t, problems, err := openTerms(name)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
	}
	if t == nil {
		return unread(fmt.Errorf("%s cannot be used: mend the problems above (`truce check` shows them again)", name))
	}
	regimes, err := o.regimes(t)
	if err != nil {
		return err
	}
	stmt, err := sqlgen.Statement(regimes, o.Options)
	if err != nil {
		return unread(err)
	}
	if o.out == "" {
		_, err = io.WriteString(cmd.OutOrStdout(), stmt)
		return err
	}
	f, err := newFile(o.out)
	if err != nil {
		return unread(err)
	}
	_, err = io.Copy(f, bytes.NewReader([]byte(stmt)))
	return f.finish(err)
}

// regimes resolves the readings that are asked for.
func (o *sqlOptions) regimes(t *terms.Terms) ([]*terms.Regime, error) {
	j := &judgeOptions{reading: o.reading, commitments: o.commitments, terms: []*terms.Terms{t}}
	if err := j.checkReadings(); err != nil {
		return nil, err
	}
	if err := j.readCommitments(); err != nil {
		return nil, err
	}
	var out []*terms.Regime
	for _, id := range t.ReadingIDs() {
		if len(o.reading) > 0 && !contains(o.reading, id) {
			continue
		}
		r, err := t.Under(id, j.commitmentsOfText[t.ID], o.assume)
		if err != nil {
			return nil, unread(err)
		}
		out = append(out, r)
	}
	return out, nil
}
