package brief

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/terms"
)

// CheckJSON is what `truce check` finds in a text, for programs that show it beside
// the text.
type CheckJSON struct {
	OK       bool          `json:"ok" doc:"it has no error, and its examples hold"`
	ID       string        `json:"id,omitempty" doc:"absent: the text cannot be used"`
	Version  string        `json:"version,omitempty"`
	Digest   string        `json:"digest,omitempty"`
	Problems []ProblemJSON `json:"problems" doc:"in the order of the file; a text with errors is not linted"`
	Lint     []LintJSON    `json:"lint" doc:"the gravest first, with what the text accepts"`
	Examples []ExampleJSON `json:"examples"`
	Notes    []string      `json:"notes,omitempty" doc:"what was not examined"`
}

// ProblemJSON is one thing wrong with a text.
type ProblemJSON struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty" doc:"the text can still be used"`
}

// LintJSON is one finding of lint and its place.
type LintJSON struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Title  string `json:"title"`
	Says   string `json:"says"`
	Source string `json:"source,omitempty" doc:"where it has mattered"`
	LintRow
}

// ExampleJSON is an example that stands in a text and what became of it.
type ExampleJSON struct {
	Name     string              `json:"name"`
	Line     int                 `json:"line"`
	Facts    []map[string]string `json:"facts" doc:"alternatives; each by column of the incidents file"`
	Assume   bool                `json:"assume_in_force,omitempty" doc:"judged as if in force"`
	Holds    bool                `json:"holds"`
	Readings []ExampleSaysJSON   `json:"readings"`
	Fault    string              `json:"fault,omitempty" doc:"why it could not be judged"`
}

// ExampleSaysJSON is what one reading says of an example.
type ExampleSaysJSON struct {
	Reading  string   `json:"reading"`
	Verdict  string   `json:"verdict"`
	Expected string   `json:"expected,omitempty" doc:"absent: no verdict is expected under this reading"`
	Deciding string   `json:"deciding,omitempty"`
	Differs  []string `json:"differs,omitempty" doc:"how it differs from what was expected"`
}

// CheckLimits bound what is examined of a text. Zero values examine all.
type CheckLimits struct {
	Clauses  int // counted once for each reading; beyond, there is no lint
	Examples int // counted once for each reading; the first are run
	NoLint   bool
}

// NewCheckJSON examines a text that was read; t is nil where it cannot be used.
func NewCheckJSON(t *terms.Terms, problems terms.Problems, most CheckLimits) *CheckJSON {
	x := &CheckJSON{Problems: []ProblemJSON{}, Lint: []LintJSON{}, Examples: []ExampleJSON{}}
	tell := func(ps terms.Problems) {
		for _, p := range ps {
			x.Problems = append(x.Problems, ProblemJSON{p.Pos.Line, p.Pos.Col, p.Msg, p.Warning})
		}
	}
	tell(problems)
	x.OK = t != nil && len(problems.Errors()) == 0
	if t == nil {
		return x
	}
	x.ID, x.Version, x.Digest = t.ID, t.Version, t.Digest
	readings := len(t.ReadingIDs())
	if most.Examples > 0 && len(t.Examples)*readings > most.Examples {
		n := most.Examples / readings
		x.Notes = append(x.Notes, fmt.Sprintf("%d of %d examples were run here: truce check runs all", n, len(t.Examples)))
		x.examples(t, t.Examples[:n])
	} else {
		x.examples(t, t.Examples)
		tell(judge.Uncovered(t))
	}
	if most.Clauses > 0 && len(t.Clauses)*readings > most.Clauses {
		x.Notes = append(x.Notes, fmt.Sprintf("%d clauses under %d readings are more than is examined here (%d together): there is no lint; truce check examines more", len(t.Clauses), readings, most.Clauses))
		return x
	}
	if most.NoLint || len(problems.Errors()) > 0 {
		return x // errors are mended first
	}
	found := lint.Check(t)
	for _, h := range found.Hits {
		x.Lint = append(x.Lint, LintJSON{h.Pos.Line, h.Pos.Col, h.Title, h.Says, h.Source, LintRowOf(h)})
	}
	x.Notes = append(x.Notes, found.Notes...)
	return x
}

func (x *CheckJSON) examples(t *terms.Terms, list []terms.Example) {
	judges := map[string]*judge.Judge{}
	for _, e := range list {
		j := ExampleJSON{Name: e.Name, Line: e.Pos.Line, Facts: e.Facts, Assume: e.Assume, Holds: true, Readings: []ExampleSaysJSON{}}
		in, err := judge.ExampleIncident(e)
		for _, id := range t.ReadingIDs() {
			key := id + strconv.FormatBool(e.Assume)
			if err == nil && judges[key] == nil {
				var r *terms.Regime
				if r, err = t.Under(id, nil, e.Assume); err == nil {
					judges[key] = judge.New(r)
				}
			}
			if err != nil {
				j.Fault, j.Holds = err.Error(), false
				break
			}
			f := judges[key].Incident(in, nil)
			s := ExampleSaysJSON{Reading: id, Verdict: f.Verdict.String(), Expected: expected(e.Expect, id), Deciding: f.DecidingText(), Differs: judge.Compare(&f, e.Expect)}
			for i := range s.Differs {
				s.Differs[i] = strings.TrimPrefix(s.Differs[i], "under "+id+": ")
			}
			j.Holds = j.Holds && len(s.Differs) == 0
			j.Readings = append(j.Readings, s)
		}
		x.OK = x.OK && j.Holds
		x.Examples = append(x.Examples, j)
	}
}

// expected is the verdict that is expected under a reading, if one is.
func expected(e terms.Expectation, reading string) string {
	if v, ok := e.Readings[reading]; ok {
		return v
	}
	return e.Verdict
}
