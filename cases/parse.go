// Package cases holds conformance cases in a language that a diplomat can
// read: what is known of an incident, and what follows under each reading,
// with the words of the text that decide it. docs/cases.md describes the
// language; another implementation may run the same files.
package cases

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// Case is one incident and what is expected of it.
type Case struct {
	Incident evidence.Incident
	Title    string
	About    []string
	Sources  []string
	Expect   []Under
	File     string
	Line     int
}

// Under is what is expected under the readings of one text.
type Under struct {
	Terms    string
	Assume   bool // as if in force
	Released []Release
	Readings []Expected
	Author   string
	Line     int
}

// Release is a notice by which a party ended its commitment.
type Release struct {
	Party string
	At    when.Instant
}

// Expected is a verdict under one reading.
type Expected struct {
	Reading, Verdict, Because string
	Deciding                  []string
	Clauses                   map[string]string
	Assumes                   []string // words that must stand among the assumptions
	Line                      int
}

// Parse reads a file of cases. All errors are returned together, each with
// its line.
func Parse(name string, r io.Reader) ([]Case, []error) {
	p := &parser{file: name}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p.line++
		text, _, _ := strings.Cut(sc.Text(), "#")
		if f := strings.Fields(text); len(f) > 0 {
			p.word(f[0], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), f[0])))
		}
	}
	if err := sc.Err(); err != nil {
		p.errorf("%v", err)
	}
	p.finish()
	return p.cases, p.errs
}

type parser struct {
	file  string
	line  int
	cases []Case
	errs  []error
	base  *evidence.Scenario // facts before "either"
	alt   int                // alternatives seen
	under *Under
	last  *Expected
}

func (p *parser) errorf(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...)))
}

func (p *parser) current() *Case {
	if len(p.cases) == 0 {
		p.errorf("expected `case ID TITLE` first")
		p.cases = append(p.cases, Case{Incident: evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}}})
		p.base = &p.cases[0].Incident.Scenarios[0]
	}
	return &p.cases[len(p.cases)-1]
}

// facts maps the words of the language to columns.
var facts = map[string]string{
	"by": "actor", "act": "act", "outcome": "outcome", "with": "means", "hit": "target", "aimed-at": "intended_target",
	"owner": "owner", "held-by": "controller", "site": "site", "origin": "origin",
}

func (p *parser) word(w, rest string) {
	if w == "case" {
		p.finish()
		id, title, _ := strings.Cut(rest, " ")
		p.cases = append(p.cases, Case{Title: strings.TrimSpace(title), File: p.file, Line: p.line, Incident: evidence.Incident{
			ID: id, Text: strings.TrimSpace(title), Level: evidence.Reported, From: evidence.Position{File: p.file, Line: p.line}, Scenarios: []evidence.Scenario{evidence.Unknown()},
		}})
		p.base, p.alt, p.under, p.last = nil, 0, nil, nil
		return
	}
	c := p.current()
	s := &c.Incident.Scenarios[len(c.Incident.Scenarios)-1]
	if col, ok := facts[w]; ok && p.under == nil {
		p.check(s.SetFact(col, rest))
		return
	}
	switch w {
	case "about":
		c.About = append(c.About, rest)
		c.Incident.Text += "\n" + rest
	case "source":
		c.Sources = append(c.Sources, rest)
		c.Incident.Source = strings.Join(c.Sources, "; ")
	case "level":
		l, err := evidence.ParseLevel(rest)
		p.check(err)
		c.Incident.Level = l
	case "when":
		p.time(&s.Time, rest)
	case "lasting":
		s.Lasting = true
		p.time(&s.Time, rest)
	case "launched":
		p.time(&s.Launch, rest)
	case "where":
		p.check(s.SetFact("place", strings.TrimPrefix(rest, "at ")))
	case "place":
		s.PlaceName = rest
	case "claim":
		p.claim(c, rest)
	case "either", "or":
		p.alternative(c, w, rest)
	case "under":
		p.startUnder(c, rest)
	default:
		if p.under != nil {
			p.expectation(w, rest)
			return
		}
		p.errorf("%q is not a word of this language: expected case, about, source, level, when, lasting, launched, where, by, act, outcome, with, hit, aimed-at, owner, held-by, claim, either, or, under", w)
	}
}

func (p *parser) check(err error) {
	if err != nil {
		p.errorf("%v", err)
	}
}

// time reads "A", "between A and B".
func (p *parser) time(to *when.Span, rest string) {
	from, until, ok := strings.Cut(strings.TrimPrefix(rest, "between "), " and ")
	a, err := when.ParseRFC3339(from)
	p.check(err)
	if !ok {
		*to = when.Moment(a)
		return
	}
	b, err := when.ParseRFC3339(until)
	p.check(err)
	if b < a {
		p.errorf("%s is before %s", b, a)
	}
	*to = when.Span{Start: a, End: b}
}

var claimForm = regexp.MustCompile(`^(\S+(?: \S+)??) (asserts|denies|attributes|acknowledges|justifies|counts)(?: to (\S+?))?(?: on (\S+?))?(?:: (.*))?$`)

func (p *parser) claim(c *Case, rest string) {
	m := claimForm.FindStringSubmatch(rest)
	if m == nil {
		p.errorf("expected `claim WHO asserts|denies|attributes|acknowledges|justifies|counts [to PARTY] [on DATE]: WORDS`")
		return
	}
	c.Incident.Claims = append(c.Incident.Claims, evidence.Claim{By: m[1], Kind: evidence.ClaimKind(m[2]), Of: m[3], On: m[4], Gist: m[5]})
}

// alternative opens a scenario: the facts before `either` hold for all.
func (p *parser) alternative(c *Case, w, name string) {
	last := &c.Incident.Scenarios[len(c.Incident.Scenarios)-1]
	if w == "either" {
		base := *last
		p.base = &base
	} else {
		if p.base == nil {
			p.errorf("`or` without `either`")
			return
		}
		c.Incident.Scenarios = append(c.Incident.Scenarios, *p.base)
		last = &c.Incident.Scenarios[len(c.Incident.Scenarios)-1]
	}
	p.alt++
	if last.Name = name; name == "" {
		last.Name = fmt.Sprintf("%d", p.alt)
	}
}

var underForm = regexp.MustCompile(`^(\S+)( as if in force)?((?: given notice of release by \S+ at \S+)*)$`)
var releaseForm = regexp.MustCompile(`given notice of release by (\S+) at (\S+)`)

func (p *parser) startUnder(c *Case, rest string) {
	m := underForm.FindStringSubmatch(rest)
	if m == nil {
		p.errorf("expected `under TERMS [as if in force] [given notice of release by PARTY at TIME]`")
		return
	}
	u := Under{Terms: m[1], Assume: m[2] != "", Line: p.line}
	for _, r := range releaseForm.FindAllStringSubmatch(m[3], -1) {
		at, err := when.ParseRFC3339(r[2])
		p.check(err)
		u.Released = append(u.Released, Release{r[1], at})
	}
	c.Expect = append(c.Expect, u)
	p.under = &c.Expect[len(c.Expect)-1]
	p.last = nil
}

var verdictWords = []string{"breach", "permitted", "not-covered", "not-in-force", "undetermined"}

func (p *parser) expectation(w, rest string) {
	u := p.under
	switch w {
	case "author":
		u.Author = rest
		return
	case "deciding", "clause", "assumes":
		if p.last == nil {
			p.errorf("expected a reading and its verdict before %s", w)
			return
		}
		if w == "assumes" {
			p.last.Assumes = append(p.last.Assumes, rest)
			return
		}
		if w == "deciding" {
			for _, f := range strings.Split(rest, ",") {
				p.last.Deciding = append(p.last.Deciding, strings.TrimSpace(f))
			}
			return
		}
		f := strings.Fields(rest)
		if len(f) != 2 {
			p.errorf("expected `clause NUMBER VERDICT`")
			return
		}
		p.last.Clauses[f[0]] = f[1]
		return
	}
	v, because, _ := strings.Cut(rest, ",")
	ok := false
	for _, word := range verdictWords {
		ok = ok || word == v
	}
	if !ok {
		p.errorf("%q is not a verdict: expected %s", v, strings.Join(verdictWords, ", "))
	}
	u.Readings = append(u.Readings, Expected{Reading: w, Verdict: v, Because: strings.TrimSpace(because), Clauses: map[string]string{}, Line: p.line})
	p.last = &u.Readings[len(u.Readings)-1]
}

// finish checks that the case that ends here says enough.
func (p *parser) finish() {
	if len(p.cases) == 0 {
		return
	}
	c := &p.cases[len(p.cases)-1]
	for _, d := range p.cases[:len(p.cases)-1] {
		if d.Incident.ID == c.Incident.ID {
			p.errorf("case %s stands twice", c.Incident.ID)
		}
	}
	if len(c.Expect) == 0 {
		p.errorf("case %s expects nothing: write `under TERMS` and a verdict for each reading", c.Incident.ID)
	}
	if len(c.Sources) == 0 {
		p.errorf("case %s names no source", c.Incident.ID)
	}
	if p.alt == 1 {
		p.errorf("case %s has `either` without `or`", c.Incident.ID)
	}
}
