package fusing

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
)

// Explain says for people what an incident was made of, and why.
func Explain(w io.Writer, f *evidence.Fused) {
	p := func(format string, args ...any) { fmt.Fprintln(w, brief.Visible(fmt.Sprintf(format, args...))) }
	in := f.Incident
	p("%s  %s, %s, level: %s", in.ID, brief.Count(len(f.Reports), "report"), brief.Count(f.Independent, "independent group"), in.Level)
	for _, y := range f.LevelWhy {
		p("   %s", y)
	}
	p("\nReports")
	for _, r := range f.Reports {
		p("   %s  %s%s", r.ID(), said(r), from(r))
		for i := range r.Incident.Scenarios {
			if line := scenarioLine(&r.Incident.Scenarios[i]); line != "" && r.Detection == nil {
				p("      %s", line)
			}
		}
	}
	p("\nWhose word it is (reliability of the source, credibility of what it says)")
	for _, g := range f.Groups {
		through := ""
		if len(g.Through) > 0 {
			through = " through " + strings.Join(g.Through, ", ")
		}
		kind := "independent"
		if g.Party != "" {
			kind = "word of party " + g.Party
		} else if !g.Independent() {
			kind = "not named: counts only alone"
		}
		p("   %s (%s%d) %s: %s%s", g.Origin, g.Reliability, g.Credibility, kind, strings.Join(g.Reports, ", "), through)
	}
	if len(f.Conflicts) > 0 {
		p("\nConflicts (all values are kept)")
		for _, c := range f.Conflicts {
			for i, v := range c.Values {
				name := c.Fact
				if i > 0 {
					name = ""
				}
				p("   %-8s %s  (%s)", name, v.Says, strings.Join(v.Groups, ", "))
			}
		}
	}
	explainAuthor(p, f)
	if len(f.Supports) > 0 {
		p("\nSensors (that nothing was seen would say nothing)")
		for _, s := range f.Supports {
			word := "supports nothing"
			if s.Supports {
				word = "supports that something burned"
			}
			p("   %s %s", s.Report, word)
			for _, y := range s.Why {
				p("      %s", y)
			}
		}
	}
	if len(f.Open) > 0 {
		p("\nTo be settled")
		for _, o := range f.Open {
			p("   %s: %s", o.Fact, o.Why)
		}
	}
	matches(p, "Taken as one because", f.Joined)
	matches(p, "May belong with (to be accepted or rejected by people)", f.Candidates)
	if f.Dropped > 0 {
		p("   and %s less likely", brief.Count(f.Dropped, "other"))
	}
	taken(p, f.Taken)
	apart(p, f.Apart)
}

func taken(p func(string, ...any), list []evidence.Taken) {
	if len(list) == 0 {
		return
	}
	p("\nTaken as one by people (whatever the reports say)")
	for _, t := range list {
		line := "   " + strings.Join(t.Reports, ", ")
		if t.By != "" {
			line += " by " + t.By
		}
		if t.Entry != "" {
			line += ", entry " + t.Entry
		}
		if t.Reason != "" {
			line += ": " + t.Reason
		}
		p("%s", line)
	}
}

func apart(p func(string, ...any), list []evidence.Held) {
	if len(list) == 0 {
		return
	}
	p("\nHeld apart by people (they are not put together, nor proposed)")
	for _, h := range list {
		by := ""
		if h.By != "" {
			by = " by " + h.By
		}
		if h.Entry != "" {
			by += ", entry " + h.Entry
		}
		p("   %s and %s%s: %s", h.A, h.B, by, h.Reason)
	}
}

func said(r *evidence.Report) string {
	s := r.Incident.Source
	if s == "" {
		s = "source not named"
	}
	switch {
	case r.Detection != nil:
		s += fmt.Sprintf(" saw heat at %s, %s", r.Detection.Place, r.Detection.Time.RFC3339())
	case r.Denies:
		s += " denies"
	case r.Party != "":
		s += " claims (party " + r.Party + ")"
	case r.Relay.Relays() && len(r.Relay.Origins) > 0:
		s += " relays " + strings.Join(r.Relay.Origins, ", ")
		if len(r.Relay.Through) > 0 {
			s += " through " + strings.Join(r.Relay.Through, ", ")
		}
	case r.Relay.Unnamed && r.Relay.Relays():
		s += " relays somebody not named"
	default:
		s += " reports"
	}
	if evidence.NewSketch(r.Incident.Text).Repeats() {
		s += "; its text repeats itself"
	}
	return s
}

func from(r *evidence.Report) string {
	if f := r.Incident.From.String(); f != "" {
		return "  [" + f + "]"
	}
	return ""
}

func scenarioLine(s *evidence.Scenario) string {
	var parts []string
	for _, l := range brief.FactLines(s) {
		parts = append(parts, l[0]+" "+l[1])
	}
	if s.Name != "" {
		return s.Name + ": " + strings.Join(parts, ", ")
	}
	return strings.Join(parts, ", ")
}

func explainAuthor(p func(string, ...any), f *evidence.Fused) {
	a := f.Attribution
	if len(a.Grounds) == 0 {
		return
	}
	if a.Open() {
		p("\nWho did it is open (nobody is named here)")
	} else {
		p("\nWho may have done it (nobody is named here)")
	}
	for _, x := range a.Actors {
		p("   %s between %.0f%% and %.0f%%", x.Actor, math.Floor(100*x.Least), math.Ceil(100*x.Most))
	}
	for _, g := range a.Grounds {
		weight := "counts nothing"
		if g.Weight > 0 {
			weight = fmt.Sprintf("counts %.2f", g.Weight)
		}
		p("      %s: %s (%s, %s)", g.Kind, g.Says, g.Report, weight)
	}
}

func matches(p func(string, ...any), title string, list []evidence.Match) {
	if len(list) == 0 {
		return
	}
	p("\n%s", title)
	for _, m := range list {
		p("   %s and %s: %s, %.2f", m.A, m.B, m.Likeness, m.Likely)
		for _, r := range m.Reasons {
			side := "for"
			if r.Weight < 0 {
				side = "against"
			}
			p("      %-7s %+.1f %s: %s", side, r.Weight, r.Fact, r.Says)
		}
	}
}
