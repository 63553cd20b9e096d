package brief

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// signs of a state beside the words of a text: lit, unlit, in part, and lit
// only if a question of the text is answered so.
var signs = [...]string{"✗", "✓", "?", "¿"}

// Explain prints why one incident is judged as it is under each reading: the
// article with its lit and unlit phrases, what would decide it, and what is
// assumed.
func Explain(w io.Writer, fs []judge.Finding) {
	if len(fs) == 0 {
		return
	}
	in := fs[0].Incident
	fmt.Fprintf(w, "%s  %s\n", Visible(in.ID), Visible(firstLine(in.Text)))
	if in.From.File != "" {
		fmt.Fprintf(w, "from %s\n", in.From)
	}
	fmt.Fprintln(w)
	facts(w, in)
	for i := range fs {
		explainReading(w, &fs[i])
	}
	fmt.Fprintf(w, "\n✓ holds for all that is possible  ✗ for nothing of it  ? for a part  ¿ if the text is read so\nNobody has determined this: each verdict says what would follow if the facts hold.\n")
}

func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}

func facts(w io.Writer, in *evidence.Incident) {
	fmt.Fprintf(w, "What is known (level: %s)\n", in.Level)
	common, apart := SplitFacts(in)
	for _, f := range common {
		fmt.Fprintf(w, "  %-16s %s\n", f[0], Visible(f[1]))
	}
	for i, fs := range apart {
		var s []string
		for _, f := range fs {
			s = append(s, f[0]+" "+f[1])
		}
		fmt.Fprintf(w, "  %-16s %s: %s\n", "possibility "+strconv.Itoa(i+1), in.Scenarios[i].Name, strings.Join(s, ", "))
	}
	for _, c := range in.Claims {
		fmt.Fprintf(w, "  %-16s %s\n", "claim", Visible(ClaimText(c)))
	}
	for _, n := range in.Notes {
		fmt.Fprintf(w, "  %-16s %s\n", "note", Visible(n))
	}
}

// ClaimText prints a claim as a sentence.
func ClaimText(c evidence.Claim) string {
	s := c.By + " " + string(c.Kind)
	if c.Of != "" {
		s += " it to " + c.Of
	}
	if c.Gist != "" {
		s += ": " + c.Gist
	}
	if c.On != "" {
		s += " (" + c.On + ")"
	}
	return s
}

// FactLines lists the facts of a scenario as name and text; what is unknown
// says so.
func FactLines(s *evidence.Scenario) [][2]string {
	set := func(v []string) string {
		if len(v) == 0 {
			return "unknown"
		}
		return strings.Join(v, " or ")
	}
	t := s.Time.String()
	if s.Lasting {
		t += ", lasting"
	}
	out := [][2]string{{"time", t}}
	if !s.Launch.Unknown() {
		out = append(out, [2]string{"launch", s.Launch.String()})
	}
	place := s.Place.String()
	if s.PlaceName != "" && s.PlaceName != place {
		place = s.PlaceName + " (" + place + ")"
	}
	out = append(out, [2]string{"place", place}, [2]string{"actor", set(s.Actor)}, [2]string{"act", set(s.Act)},
		[2]string{"outcome", set(s.Outcome)}, [2]string{"target", set(s.Target)})
	for _, f := range []struct {
		name string
		v    []string
	}{{"intended target", s.Intended}, {"means", s.Means}, {"owner", s.Owner}, {"controller", s.Controller}, {"site", s.Site}} {
		if len(f.v) > 0 {
			out = append(out, [2]string{f.name, set(f.v)})
		}
	}
	return out
}

// SplitFacts returns the facts that all scenarios of an incident share, and
// for each scenario, where there are several, those in which they differ.
func SplitFacts(in *evidence.Incident) (common [][2]string, apart [][][2]string) {
	lines := make([][][2]string, len(in.Scenarios))
	for i := range in.Scenarios {
		lines[i] = FactLines(&in.Scenarios[i])
	}
	if len(lines) == 1 {
		return lines[0], nil
	}
	apart = make([][][2]string, len(lines))
	shared := func(f [2]string) bool {
		for _, l := range lines {
			found := false
			for _, g := range l {
				found = found || f == g
			}
			if !found {
				return false
			}
		}
		return true
	}
	for i, l := range lines {
		for _, f := range l {
			switch {
			case !shared(f):
				apart[i] = append(apart[i], f)
			case i == 0:
				common = append(common, f)
			}
		}
	}
	return common, apart
}

func explainReading(w io.Writer, f *judge.Finding) {
	r := f.Regime
	fmt.Fprintf(w, "\n── %s, reading %s", r.Terms.ID, r.ReadingID)
	if r.Reading != nil && r.Reading.Title != "" {
		fmt.Fprintf(w, ": %s (%s)", r.Reading.Title, r.Reading.Status)
	}
	fmt.Fprintf(w, "\n   %s\n", Sentence(f))
	if r.Counterfactual {
		fmt.Fprintln(w, "   COUNTERFACTUAL: judged as if in force at all times for everybody who was asked")
	}
	for i := range f.Trace {
		explainClause(w, f, &f.Trace[i])
	}
	if len(f.Deciding) > 0 {
		fmt.Fprintln(w, "   It would be decided by:")
		deciding(w, f)
	}
	for _, a := range r.Assumes {
		fmt.Fprintf(w, "   assumes: %s\n", a)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(w, "   note: %s\n", n)
	}
	var ladder []string
	for _, l := range evidence.Levels() {
		ladder = append(ladder, fmt.Sprintf("%s: %s", l, f.Profile[l]))
	}
	fmt.Fprintf(w, "   if only facts of a level are accepted: %s\n", strings.Join(ladder, " · "))
	fmt.Fprintf(w, "   terms %.12s, engine %s, time zones %s\n", r.Terms.Digest, judge.Engine, when.TZData)
}

// Sentence says a finding in words.
func Sentence(f *judge.Finding) string {
	author := strings.Join(f.Author, " or ")
	var breached []string
	for _, c := range f.Clauses {
		if c.Verdict == judge.Breach && c.Clause.Kind == terms.Forbid {
			breached = append(breached, string(c.Clause.ID))
		}
	}
	switch f.Verdict {
	case judge.Breach:
		s := "would breach " + strings.Join(breached, ", ") + " if the facts hold (level: " + f.Level.String() + "), author " + author
		if len(breached) == 0 {
			s = "would be a breach if the facts hold (level: " + f.Level.String() + "), under one clause or another, author " + author
		}
		if len(f.Author) > 1 {
			s += ": open, whoever did it"
		}
		return s
	case judge.Permitted:
		return "permitted, if the facts hold (level: " + f.Level.String() + ")"
	case judge.NotCovered:
		return "not covered: no clause speaks of such an act"
	case judge.NotInForce:
		why := ""
		for _, t := range f.Trace {
			if t.Why != "" && t.Speaks {
				why = ": " + t.Why
			}
		}
		return "not in force for its author at that time" + why
	}
	return "undetermined"
}

func explainClause(w io.Writer, f *judge.Finding, t *judge.Weighed) {
	c := t.Clause
	fmt.Fprintf(w, "   %s %s\n", c.ID, lit(c.Clause, t))
	var conds []string
	for _, k := range t.Conditions {
		s := fmt.Sprintf("%s %s %s", k.Dimension, signs[k.State], k.Fact)
		if len(k.Questions) > 0 {
			s += " [" + strings.Join(k.Questions, ", ") + "]"
		}
		conds = append(conds, s+ruled(k.Rule))
	}
	force := "in force " + signs[t.InForce]
	if t.Why != "" {
		force += " " + t.Why
	}
	conds = append(conds, force+ruled(t.Rule))
	for _, s := range conds {
		fmt.Fprintf(w, "       %s\n", s)
	}
	if t.Speaks && c.Kind == terms.Reserve {
		fmt.Fprintf(w, "       => a reserved right that may be invoked; it changes no verdict\n")
	} else if t.Speaks {
		fmt.Fprintf(w, "       => %s %s: %s\n", c.Kind, c.ID, t.Verdict)
	} else {
		fmt.Fprintf(w, "       => %s %s does not speak\n", c.Kind, c.ID)
	}
}

// litStates are the states of what the words of a clause say, by dimension.
func litStates(t *judge.Weighed) map[string]judge.State {
	state := map[string]judge.State{"bound": t.InForce, "time": t.InForce}
	for _, k := range t.Conditions {
		state[k.Dimension] = k.State
		if k.Dimension == "intended_target" {
			if _, ok := state["target"]; !ok {
				state["target"] = k.State
			}
		}
	}
	return state
}

// lit marks the phrases of a sentence with the state of their condition.
func lit(c *terms.Clause, t *judge.Weighed) string {
	text := c.Text
	if text == "" {
		return "(" + string(c.Kind) + ")"
	}
	state := litStates(t)
	dims := make([]string, 0, len(c.Words))
	for d := range c.Words {
		dims = append(dims, d)
	}
	sort.Strings(dims)
	for _, d := range dims {
		if s, ok := state[d]; ok {
			text = strings.Replace(text, c.Words[d], "⟦"+c.Words[d]+" "+signs[s]+"⟧", 1)
		}
	}
	return text
}

func deciding(w io.Writer, f *judge.Finding) {
	for _, d := range f.Deciding {
		fmt.Fprintf(w, "     %s\n", strings.Join(d, " and "))
		for _, name := range d {
			if id, ok := strings.CutPrefix(name, "text."); ok {
				for _, q := range f.Regime.Questions {
					if q.ID == id && q.Text != "" {
						fmt.Fprintf(w, "       the text leaves open: %s\n", q.Text)
					}
				}
			}
		}
		for _, a := range f.Answers {
			if sameFacts(a.Facts, d) {
				fmt.Fprintf(w, "       if %s: %s\n", strings.Join(a.Facts, " and "), a.Verdict)
			}
		}
	}
}

// sameFacts reports whether an answer is to a decider: each of its facts is one
// of it.
func sameFacts(facts []string, d judge.Decider) bool {
	for _, f := range facts {
		name, _, _ := strings.Cut(f, "=")
		if !has(d, name) {
			return false
		}
	}
	return len(facts) > 0
}
