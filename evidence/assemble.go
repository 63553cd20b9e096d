package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// maxScenarios is how many ways of having happened an incident keeps.
const maxScenarios = 40

// assemble makes one incident of reports. Each report is one way, or more, in
// which it may have happened; equal ones are one. A vaguer one is left out where
// an exact one says the same of all that it says, and is not the word of a party
// that would so become the only one.
func assemble(rs []*Prepared, gs []Group) *Incident {
	first := rs[0].Incident
	out := &Incident{ID: first.ID, From: first.From}
	var said []scenarioOf
	several := 0
	for _, r := range rs {
		if states(r) {
			several++
		}
	}
	for _, r := range rs {
		in := r.Incident
		out.Claims = append(out.Claims, in.Claims...)
		if r.Denies {
			out.Claims = append(out.Claims, Claim{By: nameOf(r), Kind: Denies, On: publishedWords(r), Gist: in.Text})
			continue
		}
		if !states(r) {
			continue
		}
		out.takes(in)
		for i := range in.Scenarios {
			s := in.Scenarios[i]
			if several > 1 {
				s.Name = strings.TrimSpace(in.ID + " " + s.Name)
			}
			said = append(said, scenarioOf{s, r.Party, key(&in.Scenarios[i])})
		}
	}
	if len(said) == 0 { // nothing but denials
		s := Unknown()
		s.Time, s.PlaceName = rs[0].at, first.Scenarios[0].PlaceName
		s.Place = first.Scenarios[0].Place
		out.Scenarios = []Scenario{s}
		out.Notes = append(out.Notes, "nothing is reported to have happened: there are denials only")
		return out
	}
	out.Scenarios = exact(said)
	if n := len(out.Scenarios) - maxScenarios; n > 0 {
		// What is not told one by one is open: nothing is ruled out by a limit.
		out.Notes = append(out.Notes, fmt.Sprintf("%d of %d scenarios are not told apart: all facts are open beside those that are", n, len(out.Scenarios)))
		s := Unknown()
		s.Name = "others"
		s.Time, s.Place = rs[0].at, out.Scenarios[maxScenarios].Place
		out.Scenarios = append(out.Scenarios[:maxScenarios], s)
	}
	if len(out.Scenarios) == 1 {
		out.Scenarios[0].Name = ""
	}
	out.Claims = dedupeClaims(out.Claims)
	if several > 1 {
		out.Notes = append(out.Notes, fmt.Sprintf("fused from %d reports: a proposal", several))
	}
	return out
}

type scenarioOf struct {
	Scenario
	party, key string
}

// exact drops scenarios that are told twice, or more exactly.
func exact(said []scenarioOf) []Scenario {
	var out []Scenario
	seen := map[string]bool{}
	for i, s := range said {
		if seen[s.key] {
			continue
		}
		seen[s.key] = true
		drop := false
		for k, t := range said {
			if k != i && t.key != s.key && t.narrows(s) {
				drop = true
				break
			}
		}
		if !drop {
			out = append(out, s.Scenario)
		}
	}
	return out
}

// narrows reports whether t says all that s says, and more, and may stand for it.
func (t scenarioOf) narrows(s scenarioOf) bool {
	if t.party != "" && t.party != s.party {
		return false
	}
	if t.Lasting != s.Lasting || !within(t.Scenario, s.Scenario) {
		return false
	}
	for _, f := range [][2][]string{{t.Actor, s.Actor}, {t.Act, s.Act}, {t.Outcome, s.Outcome}, {t.Means, s.Means}, {t.Target, s.Target},
		{t.Intended, s.Intended}, {t.Owner, s.Owner}, {t.Controller, s.Controller}, {t.Site, s.Site}} {
		if len(f[1]) == 0 {
			continue
		}
		if len(f[0]) == 0 {
			return false
		}
		for _, v := range f[0] {
			if !slices.ContainsFunc(f[1], func(w string) bool { return covers(w, v) }) {
				return false
			}
		}
	}
	return s.Origin.IsUnknown() || s.Origin.String() == t.Origin.String()
}

// within reports whether time and place of t lie in those of s.
func within(t, s Scenario) bool {
	if !s.Time.Unknown() && (t.Time.Start < s.Time.Start || t.Time.End > s.Time.End) ||
		!s.Launch.Unknown() && (t.Launch.Start < s.Launch.Start || t.Launch.End > s.Launch.End) {
		return false
	}
	if s.Place.IsUnknown() {
		return true
	}
	if t.Place.IsUnknown() {
		return false
	}
	if t.Place.String() == s.Place.String() {
		return true
	}
	if strings.Contains(s.Place.String(), "sector") || strings.Contains(s.Place.String(), "area") || strings.Contains(s.Place.String(), " or ") || strings.Contains(s.Place.String(), "polygon") {
		return false // whether a place lies in another shape is not asked here
	}
	p, _ := t.Place.Centre()
	q, _ := s.Place.Centre()
	r1, _ := t.Place.Radius()
	r2, _ := s.Place.Radius()
	return metres(p, q)*1.005+float64(r1) <= float64(r2)
}

func key(s *Scenario) string {
	return fmt.Sprint(s.Time, s.Launch, s.Lasting, s.Place, s.Origin, s.Actor, s.Act, s.Outcome, s.Means, s.Target, s.Intended, s.Owner, s.Controller, s.Site)
}

// takes what is no part of a scenario.
func (in *Incident) takes(x *Incident) {
	join := func(to *string, s, by string) {
		if s != "" && !slices.Contains(strings.Split(*to, by), s) {
			*to = strings.TrimPrefix(*to+by+s, by)
		}
	}
	in.Killed, in.Injured = either(in.Killed, x.Killed), either(in.Injured, x.Injured)
	join(&in.Damage, x.Damage, "; ")
	join(&in.Severity, x.Severity, "; ")
	join(&in.Source, x.Source, "; ")
	join(&in.Reliability, x.Reliability, "; ")
	join(&in.URL, x.URL, " | ")
	if len(in.Text) < 4000 {
		join(&in.Text, x.Text, "\n")
	}
	for _, n := range x.Notes {
		in.Notes = appendNew(in.Notes, n)
	}
}

// either is the range of what two counts say.
func either(a, b Number) Number {
	switch {
	case !a.Known:
		return b
	case !b.Known || a == b:
		return a
	}
	n := Number{Known: true, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max), About: a.About || b.About}
	if a.Max < 0 || b.Max < 0 {
		n.Max = -1
	}
	return n
}

func publishedWords(r *Prepared) string {
	if r.Published.Start.Bounded() {
		return r.Published.Start.RFC3339()
	}
	return ""
}

func dedupeClaims(cs []Claim) []Claim {
	var out []Claim
	for _, c := range cs {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
