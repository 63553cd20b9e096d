package brief

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/terms"
)

// What of lint is shown at once: a short text must not drown in warnings.
const (
	lintCodes = 6 // at most so many codes, the gravest first
	lintEach  = 2 // at most so many findings of each
)

// Lint writes the findings of lint for people, by code: what must be defined,
// why it has mattered, where, and an act that shows it. dir is the folder of
// the text. With all, everything is written, with what the text accepts and
// why. It reports how many findings the text does not accept.
func Lint(w io.Writer, r lint.Result, dir string, all bool) int {
	open := r.Open()
	show := open
	if all {
		show = r.Hits
	}
	var order []string
	by := map[string][]lint.Hit{}
	for _, h := range show {
		if by[h.Code] == nil {
			order = append(order, h.Code)
		}
		by[h.Code] = append(by[h.Code], h)
	}
	told := 0
	for i, code := range order {
		if !all && i == lintCodes {
			break
		}
		hits := by[code]
		fmt.Fprintln(w, lintHead(hits[0].Rule))
		for k, h := range hits {
			if !all && k == lintEach {
				fmt.Fprintf(w, "  and %d more of %s\n", len(hits)-k, code)
				break
			}
			told++
			lintHit(w, h, dir)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "note: not examined: %s\n", n)
	}
	if n := len(show) - told; n > 0 {
		fmt.Fprintf(w, "%s, %d shown; --all shows every one\n", Count(len(show), "warning"), told)
	}
	return len(open)
}

func lintHead(r lint.Rule) string {
	s := r.Code + " " + r.Title + "\n  why: " + r.Why
	if r.Source != "" {
		s += " [" + r.Source + "]"
	}
	return s + "\n  way out: " + r.Mend
}

func lintHit(w io.Writer, h lint.Hit, dir string) {
	where := Place(h.Pos, dir)
	if len(h.Readings) > 0 {
		where += ": reading " + strings.Join(h.Readings, ", ")
	}
	if h.Clause != "" {
		where += ": clause " + string(h.Clause)
	}
	fmt.Fprintf(w, "  %s: %s\n", where, h.Says)
	for _, x := range h.Witnesses {
		fmt.Fprintf(w, "    %s: %s\n", x.Sentence, LintSays(x))
	}
	if h.Justified != "" {
		fmt.Fprintf(w, "    accepted: %s\n", h.Justified)
	}
}

// LintSays is what a text says of a witness, in words.
func LintSays(x lint.Witness) string {
	var out []string
	for _, s := range x.Says {
		t := s.Verdict.String()
		if s.As != "" {
			t = s.As + ": " + t
		}
		if s.Turns != "" {
			t += " (turns on " + s.Turns + ")"
		}
		if s.Reserved != "" {
			t += " (" + string(s.Reserved) + " may be invoked)"
		}
		out = append(out, t)
	}
	return strings.Join(out, "; ")
}

// Place is a place in a text whose folder is dir.
func Place(p terms.Pos, dir string) string {
	if dir != "" && dir != "." {
		p.File = filepath.Join(dir, p.File)
	}
	return p.String()
}

// LintRow is one finding of lint for programs.
type LintRow struct {
	Code      string        `json:"code"`
	Severity  int           `json:"severity"`
	Readings  []string      `json:"readings,omitempty"`
	Clause    string        `json:"clause,omitempty"`
	Why       string        `json:"why"`
	Mend      string        `json:"mend"`
	Witness   []LintWitness `json:"witness,omitempty"`
	Justified string        `json:"justified,omitempty"`
}

// LintWitness is an act for programs; facts are columns of the incidents file.
type LintWitness struct {
	Act   string            `json:"act"`
	Facts map[string]string `json:"facts"`
	Says  []LintSaying      `json:"says"`
}

// LintSaying is one verdict on a witness.
type LintSaying struct {
	As       string `json:"as,omitempty"`
	Verdict  string `json:"verdict"`
	Turns    string `json:"turns_on,omitempty"`
	Reserved string `json:"reserved,omitempty"`
}

// LintRowOf makes a row of a finding.
func LintRowOf(h lint.Hit) LintRow {
	row := LintRow{Code: h.Code, Severity: int(h.Severity), Readings: h.Readings, Clause: string(h.Clause), Why: h.Why, Mend: h.Mend, Justified: h.Justified}
	for _, x := range h.Witnesses {
		w := LintWitness{Act: x.Sentence, Facts: map[string]string{}}
		s := x.Incident.Scenarios[0]
		for name, list := range map[string][]string{"actor": s.Actor, "act": s.Act, "outcome": s.Outcome, "means": s.Means, "target": s.Target,
			"intended_target": s.Intended, "owner": s.Owner, "controller": s.Controller, "site": s.Site} {
			if len(list) > 0 {
				w.Facts[name] = strings.Join(list, "|")
			}
		}
		if s.Time.IsMoment() {
			w.Facts["time"] = s.Time.Start.String()
		}
		if p, ok := s.Place.Centre(); ok {
			w.Facts["place"] = p.String()
		}
		for _, y := range x.Says {
			w.Says = append(w.Says, LintSaying{y.As, y.Verdict.String(), y.Turns, string(y.Reserved)})
		}
		row.Witness = append(row.Witness, w)
	}
	return row
}
