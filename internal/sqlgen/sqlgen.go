// Package sqlgen writes the judgement of a text as one SQL statement, for
// events that already sit in a database.
//
// It promises the rows that the engine gives. The rules are not written again:
// the engine lays each reading out as a decision diagram, the diagrams are
// written as tables of constants, and the statement only reads the cells,
// measures places and walks the tables. What a statement cannot read as the
// engine does it takes as not known; if the verdict turns on it, no verdict is
// given and the row says why.
//
// The package is pure: terms go in, text comes out.
package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Options say where the events are and what the statement is for.
type Options struct {
	Dialect string   // postgis, bigquery or duckdb
	Table   string   // that holds the events
	Columns []string // that the table has; nil: all of EventColumns
}

// EventColumns are the columns of the incidents file that bear on a verdict.
var EventColumns = []string{
	"id", "scenario", "time_start", "time_end", "lasting", "launch_start", "launch_end", "lat", "lon", "precision_m", "place", "origin",
	"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site", "level",
}

// Columns are the columns of the rows that a statement gives. All but the last
// are those of the findings file.
var Columns = []string{"incident", "terms", "reading", "clause", "party", "verdict", "author", "level", "terms_digest", "engine", "tzdata", "counterfactual", "unsupported"}

// Statement writes the statement for readings of one text.
func Statement(regimes []*terms.Regime, o Options) (string, error) {
	d, err := dialectOf(o.Dialect)
	if err != nil {
		return "", err
	}
	if len(regimes) == 0 {
		return "", fmt.Errorf("no reading to write a statement for")
	}
	for _, c := range o.Columns {
		if !slices.Contains(EventColumns, c) {
			return "", fmt.Errorf("column %q: expected some of %s", c, strings.Join(EventColumns, ", "))
		}
	}
	if o.Columns != nil && !slices.Contains(o.Columns, "id") {
		return "", fmt.Errorf("the table needs a column id")
	}
	p, err := newPlan(regimes[0].Terms, regimes)
	if err != nil {
		return "", err
	}
	w := &writer{d: d, p: p, o: o}
	w.read()
	w.clock()
	w.places()
	w.sites()
	w.cells()
	w.facts()
	w.kinds()
	w.walk()
	w.findings()
	return w.text(), nil
}

// writer gathers the steps of a statement.
type writer struct {
	d     *dialect
	p     *plan
	o     Options
	steps []string
	last  string
}

// step adds a step; what several steps read is kept.
func (w *writer) step(name, sql string) { w.steps = append(w.steps, name+" AS ("+sql+")") }
func (w *writer) kept(name, sql string) {
	w.steps = append(w.steps, name+" AS "+w.d.cte+"("+sql+")")
}

// long is a step with about as many rows as there are events.
func (w *writer) long(name, sql string) {
	if w.d.many != "" {
		sql = "SELECT q.* FROM (" + sql + ") AS q " + w.d.many
	}
	w.kept(name, sql)
}

func (w *writer) table(name string, cols []column, rows [][]any) {
	w.step(name, w.d.values(cols, rows))
}

func (w *writer) text() string {
	r := w.p.readings[0].r
	t := r.Terms
	var b strings.Builder
	line := func(format string, args ...any) {
		s := fmt.Sprintf(format, args...)
		b.WriteString("-- " + strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
				return ' '
			}
			return r
		}, s) + "\n")
	}
	var ids []string
	for _, rd := range w.p.readings {
		ids = append(ids, rd.id)
	}
	line("Findings under %s (%s), readings %s, for %s.", t.ID, t.TitleText(), strings.Join(ids, ", "), w.d.name)
	line("Written by truce sql: terms %s, engine %s, time zones %s, geometry %s.", t.Digest, judge.Engine, when.TZData, t.Geometry)
	line("Verdicts are computed and bind nobody: each says what would follow if the facts hold.")
	if r.Counterfactual {
		line("COUNTERFACTUAL: judged as if in force.")
	}
	for _, rd := range w.p.readings {
		for _, a := range rd.r.Assumes {
			line("Reading %s assumes: %s.", rd.id, a)
		}
	}
	b.WriteString("WITH\n" + strings.Join(w.steps, ",\n") + "\n" + w.last + "\n")
	return b.String()
}

// sum adds up what is counted of conditions.
func sum(parts []string) string {
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, " + ")
}

// worth is n where a condition holds.
func worth(condition string, n int64) string {
	return fmt.Sprintf("(CASE WHEN %s THEN %d ELSE 0 END)", condition, n)
}
