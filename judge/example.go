package judge

import (
	"fmt"
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
)

// RunExamples judges the examples that stand in a text and returns what
// differs from what they expect, with the place of each.
func RunExamples(t *terms.Terms) terms.Problems {
	var out terms.Problems
	judges := map[string]*Judge{}
	for _, x := range t.Examples {
		fail := func(format string, args ...any) {
			out = append(out, terms.Problem{Pos: x.Pos, Msg: fmt.Sprintf("example %q: ", x.Name) + fmt.Sprintf(format, args...)})
		}
		in, err := ExampleIncident(x)
		if err != nil {
			fail("%v", err)
			continue
		}
		for _, id := range t.ReadingIDs() {
			key := fmt.Sprint(id, x.Assume)
			if judges[key] == nil {
				r, err := t.Under(id, nil, x.Assume)
				if err != nil {
					fail("%v", err)
					return out
				}
				judges[key] = New(r)
			}
			f := judges[key].Incident(in, nil)
			for _, msg := range Compare(&f, x.Expect) {
				fail("%s", msg)
			}
		}
	}
	return out
}

// Uncovered warns of readings and clauses for which the text has no example
// that they reach, or none that they do not: what no example shows is not
// tested.
func Uncovered(t *terms.Terms) terms.Problems {
	type seen struct{ yes, no bool }
	clauses := map[terms.ClauseID]*seen{}
	readings := map[string]*seen{}
	for _, x := range t.Examples {
		in, err := ExampleIncident(x)
		if err != nil {
			continue
		}
		for _, id := range t.ReadingIDs() {
			r, err := t.Under(id, nil, x.Assume)
			if err != nil {
				return nil
			}
			f := New(r).Incident(in, nil)
			if readings[id] == nil {
				readings[id] = &seen{}
			}
			reached := f.Verdict == Breach || f.Verdict == Permitted || f.Verdict == Undetermined
			readings[id].yes, readings[id].no = readings[id].yes || reached, readings[id].no || !reached
			for _, w := range f.Trace {
				c := clauses[w.Clause.ID]
				if c == nil {
					c = &seen{}
					clauses[w.Clause.ID] = c
				}
				c.yes, c.no = c.yes || w.Speaks, c.no || !w.Speaks
			}
		}
	}
	var out terms.Problems
	warn := func(pos terms.Pos, what string, s *seen) {
		switch {
		case s == nil || !s.yes:
			out = append(out, terms.Problem{Pos: pos, Warning: true, Msg: what + " has no example that it reaches"})
		case !s.no:
			out = append(out, terms.Problem{Pos: pos, Warning: true, Msg: what + " has no example that it does not reach"})
		}
	}
	for _, r := range t.Readings {
		warn(r.Pos, "reading "+r.ID, readings[r.ID])
	}
	for _, c := range t.Clauses {
		switch c.Kind {
		case terms.Forbid, terms.Permit, terms.Reinstate, terms.Reserve:
			warn(c.Pos, "clause "+string(c.ID), clauses[c.ID])
		}
	}
	return out
}

// ExampleIncident makes an incident of an example's facts.
func ExampleIncident(x terms.Example) (*evidence.Incident, error) {
	in := &evidence.Incident{ID: x.Name, From: evidence.Position{File: x.Pos.File, Line: x.Pos.Line}}
	for _, facts := range x.Facts {
		s := evidence.Unknown()
		columns := make([]string, 0, len(facts))
		for c := range facts {
			columns = append(columns, c)
		}
		sort.Strings(columns)
		sort.SliceStable(columns, func(i, j int) bool {
			return !strings.HasSuffix(columns[i], "_end") && strings.HasSuffix(columns[j], "_end") // a start before its end
		})
		for _, c := range columns {
			if err := s.SetFact(c, facts[c]); err != nil {
				return nil, fmt.Errorf("%s: %w", c, err)
			}
		}
		in.Scenarios = append(in.Scenarios, s)
	}
	return in, nil
}

// Compare says how a finding differs from what was expected of it.
func Compare(f *Finding, want terms.Expectation) []string {
	var out []string
	reading := f.Regime.ReadingID
	verdict := want.Verdict
	if v, ok := want.Readings[reading]; ok {
		verdict = v
	} else if len(want.Readings) > 0 && want.Verdict == "" {
		return nil // nothing is expected under this reading
	}
	if got := f.Verdict.String(); verdict != "" && got != verdict {
		msg := fmt.Sprintf("under %s: %s, expected %s", reading, got, verdict)
		if d := f.DecidingText(); d != "" {
			msg += " (" + d + ")"
		}
		out = append(out, msg)
	}
	if got := strings.Join(f.Author, "|"); want.Author != "" && !sameSet(got, want.Author) {
		out = append(out, fmt.Sprintf("under %s: author %s, expected %s", reading, got, want.Author))
	}
	if f.Verdict == Undetermined {
		for _, d := range want.Deciding {
			if !f.Decides(d) {
				out = append(out, fmt.Sprintf("under %s: %s is not among the deciding facts: %s", reading, d, f.DecidingText()))
			}
		}
	}
	for id, v := range want.Clauses {
		got := "silent"
		for _, c := range f.Clauses {
			if string(c.Clause.ID) == id {
				got = c.Verdict.String()
			}
		}
		for _, c := range f.Reserved {
			if string(c.ID) == id {
				got = "reserved"
			}
		}
		if got != v && clauseStands(f.Regime, id) {
			out = append(out, fmt.Sprintf("under %s: clause %s: %s, expected %s", reading, id, got, v))
		}
	}
	return out
}

func clauseStands(r *terms.Regime, id string) bool {
	for _, c := range r.Clauses {
		if string(c.ID) == id {
			return true
		}
	}
	return false
}

func sameSet(a, b string) bool {
	x, y := strings.Split(a, "|"), strings.Split(b, "|")
	sort.Strings(x)
	sort.Strings(y)
	return strings.Join(x, "|") == strings.Join(y, "|")
}
