package brief

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// pageCard is one incident.
type pageCard struct {
	Key, DOM, ID, Title string
	More                string // the text after its first line
	Level               string
	Contested           bool
	Time                pageSpan
	Scenarios           []string // headings, where there are several
	Facts               []pageFact
	Unknown             []string // facts of which nothing is known
	Claims              []string
	Details             [][2]string
	URL, BadURL         string
	Notes               []string
	Findings            []pageFinding // one a column

	in   *evidence.Incident
	span when.Span // holds the times of all scenarios
}

// pageFact is one fact, with what each scenario says of it.
type pageFact struct {
	Name, Level string
	Values      []string
	Same        bool // all scenarios say it
}

func newPageCard(i int, r *Row, cols []pageColumn) pageCard {
	in := r.Incident
	c := pageCard{Key: fmt.Sprint(i), DOM: fmt.Sprintf("incident-%d", i), ID: in.ID, Title: shorten(firstLine(in.Text), 140),
		Level: in.Level.String(), Notes: in.Notes, in: in, span: envelope(in)}
	if c.Title == "" {
		c.Title = "(no description)"
	}
	if _, rest, ok := strings.Cut(in.Text, "\n"); ok {
		c.More = strings.TrimSpace(rest)
	} else if first := firstLine(in.Text); shorten(first, 140) != first {
		c.More = first
	}
	c.Time = newPageSpan(c.span)
	c.facts(in)
	c.claims(in, r.Findings)
	c.details(in)
	c.findings(r.Findings, cols)
	return c
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// envelope is the shortest span that holds the times of all scenarios.
func envelope(in *evidence.Incident) when.Span {
	s := when.Always
	for i := range in.Scenarios {
		t := in.Scenarios[i].Time
		if i == 0 {
			s = t
			continue
		}
		s.Start, s.End = min(s.Start, t.Start), max(s.End, t.End)
	}
	return s
}

// facts lays the scenarios side by side; what none of them knows is only
// named.
func (c *pageCard) facts(in *evidence.Incident) {
	if len(in.Scenarios) > 1 {
		for i := range in.Scenarios {
			name := in.Scenarios[i].Name
			if name == "" {
				name = fmt.Sprintf("possibility %d", i+1)
			}
			c.Scenarios = append(c.Scenarios, name)
		}
	}
	for _, col := range factColumns {
		f := pageFact{Name: strings.ReplaceAll(col, "_", " ")}
		known := false
		for i := range in.Scenarios {
			s := &in.Scenarios[i]
			txt := factText(s, col)
			known = known || txt != ""
			if txt == "" {
				txt = "unknown"
			}
			if l, ok := s.Levels[levelColumn(col)]; ok && l != in.Level {
				f.Level = l.String()
			}
			f.Values = append(f.Values, txt)
		}
		if !known {
			c.Unknown = append(c.Unknown, f.Name)
			continue
		}
		f.Same = true
		for _, v := range f.Values {
			f.Same = f.Same && v == f.Values[0]
		}
		if f.Same {
			f.Values = f.Values[:1]
		}
		c.Facts = append(c.Facts, f)
	}
}

// factColumns are the facts of a card, in order.
var factColumns = []string{"time", "launch", "place", "origin", "actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site"}

func levelColumn(col string) string {
	if col == "time" || col == "launch" {
		return col + "_start"
	}
	return col
}

// factText prints a fact of a scenario; "" if it is unknown.
func factText(s *evidence.Scenario, col string) string {
	switch col {
	case "time", "launch":
		t := s.Time
		if col == "launch" {
			t = s.Launch
		}
		if t.Unknown() {
			return ""
		}
		v := newPageSpan(t)
		if col == "time" && s.Lasting {
			return v.UTC + ", lasting all through"
		}
		return v.UTC
	case "place":
		return placeText(s.Place, s.PlaceName)
	case "origin":
		return placeText(s.Origin, s.OriginName)
	}
	vs := map[string][]string{"actor": s.Actor, "act": s.Act, "outcome": s.Outcome, "means": s.Means, "target": s.Target,
		"intended_target": s.Intended, "owner": s.Owner, "controller": s.Controller, "site": s.Site}[col]
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = nodeText(v)
	}
	if len(out) > 1 {
		return "one of: " + strings.Join(out, " / ")
	}
	return strings.Join(out, "")
}

// dotted finds paths in a tree; times and coordinates are none.
var dotted = regexp.MustCompile(`\b[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+`)

// nodeText prints dotted paths so that they can break and be read.
func nodeText(v string) string {
	return dotted.ReplaceAllStringFunc(v, func(p string) string { return strings.ReplaceAll(p, ".", " › ") })
}

// answerText prints an answer to a deciding fact: a time or a span of time on
// the clock of UTC, else values of a tree.
func answerText(v string) string {
	from, to, isSpan := strings.Cut(v, "..")
	a, err := when.ParseRFC3339(from)
	b := a
	if err == nil && isSpan {
		b, err = when.ParseRFC3339(to)
	}
	if err == nil {
		return spanText(when.Span{Start: a, End: b}, time.UTC, true) + " UTC"
	}
	return strings.ReplaceAll(nodeText(v), "|", " or ")
}

// placeText prints a place with its name; areas by name and code, since few
// know the codes.
func placeText(r where.Region, name string) string {
	if machinePlace(name) && !r.IsUnknown() {
		name = ""
	}
	switch s := areaCode.ReplaceAllStringFunc(strings.ReplaceAll(strings.TrimPrefix(r.String(), "area "), "|", " or "), areaWithName); {
	case r.IsUnknown() && name != "":
		return name + " (not found on the map)"
	case r.IsUnknown():
		return ""
	case name != "" && name != s:
		return name + " (" + s + ")"
	default:
		return s
	}
}

// areaCode finds codes of first-level areas.
var areaCode = regexp.MustCompile(`\b(?:UA|RU)-[0-9A-Z]{2,3}\b`)

var areaNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, a := range where.Areas() {
		out[a.Code] = a.Name
	}
	return out
})

func areaWithName(code string) string {
	if n := areaNames()[code]; n != "" {
		return n + " (" + code + ")"
	}
	return code
}

// machinePlace reports whether a place is given in a form for programs, which
// the region says better.
func machinePlace(name string) bool {
	for _, p := range []string{"area:", "sector:", "POINT", "POLYGON", "MULTI", "GEOMETRY"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return name != "" && strings.ContainsRune("-0123456789", rune(name[0])) && strings.Contains(name, ",")
}

func (c *pageCard) claims(in *evidence.Incident, fs []judge.Finding) {
	for _, cl := range in.Claims {
		if len(fs) > 0 {
			t := fs[0].Regime.Terms
			cl.By, cl.Of = partyName(t, cl.By), partyName(t, cl.Of)
		}
		c.Claims = append(c.Claims, ClaimText(cl))
	}
}

func (c *pageCard) details(in *evidence.Incident) {
	for _, d := range [][2]string{
		{"events", in.Count.String()}, {"killed", in.Killed.String()}, {"injured", in.Injured.String()},
		{"damage", in.Damage}, {"severity", in.Severity}, {"source", in.Source}, {"reliability", in.Reliability}, {"read from", in.From.String()},
	} {
		if d[1] != "" {
			c.Details = append(c.Details, d)
		}
	}
	if in.URL == "" {
		return
	}
	if webAddress(in.URL) {
		c.URL = in.URL
	} else {
		c.BadURL = in.URL
	}
}

// webAddress reports whether s may be followed: http or https and a host.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(s, " |\n\t")
}

// findings puts the findings under their columns and marks the card where
// readings of one text disagree.
func (c *pageCard) findings(fs []judge.Finding, cols []pageColumn) {
	c.Findings = make([]pageFinding, len(cols))
	byTerms := map[*terms.Terms][]judge.Finding{}
	for i := range fs {
		t := fs[i].Regime.Terms
		byTerms[t] = append(byTerms[t], fs[i])
		for k := range cols {
			if cols[k].Key == columnKey(fs[i].Regime) {
				c.Findings[k] = newPageFinding(&fs[i])
			}
		}
	}
	for k := range cols {
		c.Findings[k].Column = cols[k]
		c.Findings[k].DOM = fmt.Sprintf("%s-%d", c.DOM, k)
	}
	for _, group := range byTerms {
		c.Contested = c.Contested || Contested(group)
	}
}

// pageFinding is what one reading says.
type pageFinding struct {
	Column    pageColumn
	DOM       string
	Verdict   judge.Verdict
	Sentence  string
	Author    string
	Open      bool
	Level     string
	Deciders  []pageDecider
	Questions []terms.Question
	Clauses   []pageClause
	Silent    bool // no clause speaks; Clauses are those that come nearest
	Assumes   []string
	Notes     []string
	Ladder    []pageRung

	f *judge.Finding
}

// Known reports whether there is a finding.
func (f pageFinding) Known() bool { return f.f != nil }

// pageDecider is one smallest set of facts that would settle a finding.
type pageDecider struct {
	Facts []string
	Rows  []pageAnswer
}

type pageAnswer struct {
	Values  []string
	Verdict judge.Verdict
}

// pageRung is one level of the evidence ladder.
type pageRung struct {
	Level   string
	Verdict judge.Verdict
	Here    bool
}

func newPageFinding(f *judge.Finding) pageFinding {
	v := pageFinding{Verdict: f.Verdict, Level: f.Level.String(), Assumes: f.Regime.Assumes, Notes: f.Notes, f: f,
		Author: partyNames(f.Regime.Terms, f.Author), Open: len(f.Author) > 1}
	s, _, _ := strings.Cut(Sentence(f), ", author ") // which has its own line
	if f.Verdict == judge.Undetermined {
		s += ": what is known leaves more than one verdict possible"
	}
	if f.Verdict == judge.Breach && v.Open {
		s += ", whoever of them did it"
	}
	v.Sentence = strings.ToUpper(s[:1]) + s[1:] + "."
	for _, d := range f.Deciding {
		v.Deciders = append(v.Deciders, newPageDecider(f, d))
	}
	v.Clauses, v.Silent = pageClauses(f)
	v.Questions = askedQuestions(f)
	for _, l := range evidence.Levels() {
		v.Ladder = append(v.Ladder, pageRung{l.String(), f.Profile[l], l == f.Level})
	}
	return v
}

// maxColumns is how many deciding facts stand in columns of their own.
const maxColumns = 2

func newPageDecider(f *judge.Finding, d judge.Decider) pageDecider {
	out := pageDecider{}
	for _, name := range d {
		out.Facts = append(out.Facts, factName(name))
	}
	if len(d) > maxColumns {
		out.Facts = []string{"if"}
	}
	for _, a := range f.Answers {
		if !sameFacts(a.Facts, d) {
			continue
		}
		row := pageAnswer{Verdict: a.Verdict}
		if len(d) > maxColumns { // as words: a table of so many columns cannot be read
			var words []string
			for _, fact := range a.Facts {
				name, v, _ := strings.Cut(fact, "=")
				words = append(words, factName(name)+": "+answerText(v))
			}
			row.Values = []string{strings.Join(words, "; ")}
			out.Rows = append(out.Rows, row)
			continue
		}
		for _, name := range d {
			text := "any" // where the other answers settle it
			for _, fact := range a.Facts {
				if v, ok := strings.CutPrefix(fact, name+"="); ok {
					text = answerText(v)
				}
			}
			row.Values = append(row.Values, text)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// factName tells a fact of the world from a question of the text.
func factName(name string) string {
	if id, ok := strings.CutPrefix(name, "text."); ok {
		return "the text: " + id
	}
	return strings.ReplaceAll(name, "_", " ")
}

// askedQuestions are the questions on which the finding turns, spelled out.
func askedQuestions(f *judge.Finding) []terms.Question {
	var out []terms.Question
	for _, q := range f.Regime.Questions {
		if f.Decides("text."+q.ID) && q.Text != "" {
			out = append(out, q)
		}
	}
	return out
}
