package brief

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// Row is one incident with the findings of all readings.
type Row struct {
	Incident *evidence.Incident
	Findings []judge.Finding // in the order of readings; may span several terms
}

// Page is what the self-contained page shows.
type Page struct {
	Title          string
	Terms          []*terms.Terms
	Rows           []Row
	Engine, TZData string
	Counterfactual bool // all of it is judged as if in force
	Notes          []string
	Command        string // that reproduces it
}

// WritePage writes one HTML file that needs nothing else: no request leaves
// it, it can be read without scripts, and no text of an incident can run in
// it. A Content-Security-Policy admits the page's own script and style by
// their digests and nothing besides.
func WritePage(w io.Writer, p Page) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	return t.Execute(w, newPageView(p))
}

var pageTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Funcs(template.FuncMap{"verdict": verdictView}).Parse(pageHTML)
})

// pageView is the page as the template has it.
type pageView struct {
	Page
	CSP       string
	Style     template.CSS
	Script    template.JS
	Data      pageData
	Groups    []pageGroup // the columns by terms
	Columns   []pageColumn
	Cards     []pageCard
	Contested int
	Legend    []pageVerdict
	Map       pageMap
	Time      pageTime
	Levels    []evidence.Level
}

// pageData is what the page carries for programs, and for its own filter.
type pageData struct {
	Engine    string         `json:"engine"`
	TZData    string         `json:"tzdata"`
	Terms     []pageTerms    `json:"terms"`
	Incidents []pageIncident `json:"incidents"`
}

type pageTerms struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

type pageIncident struct {
	Key       string            `json:"key"`
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Start     string            `json:"time_start"`
	End       string            `json:"time_end"`
	Level     string            `json:"level"`
	Contested bool              `json:"contested"`
	Verdicts  map[string]string `json:"verdicts"` // "terms/reading" -> verdict
	Deciding  map[string]string `json:"deciding,omitempty"`
}

// pageColumn is one reading of one text.
type pageColumn struct {
	Key, Label, Terms string
	Title, Status     string
	Held              []string
	Source, Note      string
	Counterfactual    bool
	regime            *terms.Regime
}

// pageGroup is the columns of one text.
type pageGroup struct {
	Terms   *terms.Terms
	Columns []pageColumn
}

// pageVerdict is a verdict with how it is shown.
type pageVerdict struct{ Word, Text, Means string }

var verdictMeanings = map[judge.Verdict]string{
	judge.Breach:       "would breach a clause if the facts hold",
	judge.Permitted:    "a clause speaks of it and allows it",
	judge.NotCovered:   "no clause speaks of such an act",
	judge.NotInForce:   "a clause speaks of it, and bound nobody who may have done it at that time",
	judge.Undetermined: "turns on a fact that is not known, or on what the text leaves open",
}

func verdictView(v judge.Verdict) pageVerdict {
	return pageVerdict{v.String(), strings.ReplaceAll(v.String(), "-", " "), verdictMeanings[v]}
}

func newPageView(p Page) pageView {
	v := pageView{Page: p, CSP: pagePolicy(), Style: template.CSS(pageCSS), Script: template.JS(pageJS), Levels: evidence.Levels()}
	v.Columns = pageColumns(p.Rows)
	v.Groups = pageGroups(v.Columns)
	for _, k := range verdictOrder {
		v.Legend = append(v.Legend, verdictView(k))
	}
	for i := range p.Rows {
		c := newPageCard(i, &p.Rows[i], v.Columns)
		if c.Contested {
			v.Contested++
		}
		v.Cards = append(v.Cards, c)
	}
	v.Map = newPageMap(v.Cards)
	v.Time = newPageTime(v.Columns, v.Cards)
	v.Data = newPageData(p, v.Cards, v.Columns)
	return v
}

// pagePolicy admits exactly the embedded script and style.
func pagePolicy() string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(pageCSS) + "; script-src " + digest(pageJS) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

func newPageData(p Page, cards []pageCard, cols []pageColumn) pageData {
	d := pageData{Engine: p.Engine, TZData: p.TZData, Terms: []pageTerms{}, Incidents: []pageIncident{}}
	for _, t := range p.Terms {
		d.Terms = append(d.Terms, pageTerms{t.ID, t.Version, t.Digest})
	}
	for _, c := range cards {
		in := pageIncident{Key: c.Key, ID: c.ID, Title: c.Title, Start: c.span.Start.RFC3339(), End: c.span.End.RFC3339(),
			Level: c.Level, Contested: c.Contested, Verdicts: map[string]string{}, Deciding: map[string]string{}}
		for k, f := range c.Findings {
			if f.f == nil {
				continue
			}
			in.Verdicts[cols[k].Key] = f.Verdict.String()
			if s := f.f.DecidingText(); s != "" {
				in.Deciding[cols[k].Key] = s
			}
		}
		d.Incidents = append(d.Incidents, in)
	}
	return d
}

// pageColumns lists the readings in the order in which they first appear.
func pageColumns(rows []Row) []pageColumn {
	var out []pageColumn
	seen := map[string]bool{}
	for _, r := range rows {
		for i := range r.Findings {
			if c := newPageColumn(r.Findings[i].Regime); !seen[c.Key] {
				seen[c.Key] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func columnKey(r *terms.Regime) string {
	k := r.Terms.ID + "/" + r.ReadingID
	if r.Counterfactual {
		k += "/as-if"
	}
	return k
}

func newPageColumn(r *terms.Regime) pageColumn {
	c := pageColumn{Key: columnKey(r), Label: r.ReadingID, Terms: r.Terms.ID, Counterfactual: r.Counterfactual, regime: r}
	if r.Reading == nil {
		c.Label, c.Title = r.Terms.ID, r.Terms.TitleText()
		return c
	}
	c.Title, c.Status, c.Source, c.Note = r.Reading.Title, r.Reading.Status, r.Reading.Source, r.Reading.Note
	for _, h := range r.Reading.HeldBy {
		c.Held = append(c.Held, partyName(r.Terms, string(h)))
	}
	return c
}

func pageGroups(cols []pageColumn) []pageGroup {
	var out []pageGroup
	for _, c := range cols {
		if n := len(out); n == 0 || out[n-1].Terms != c.regime.Terms {
			out = append(out, pageGroup{Terms: c.regime.Terms})
		}
		g := &out[len(out)-1]
		g.Columns = append(g.Columns, c)
	}
	return out
}

// partyName is the name of a party, or the id of anybody else.
func partyName(t *terms.Terms, id string) string {
	if p := t.Party(terms.PartyID(id)); p != nil && p.Name != "" {
		return p.Name
	}
	return id
}

func partyNames(t *terms.Terms, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = partyName(t, id)
	}
	return strings.Join(out, " or ")
}

// ---- cards -----------------------------------------------------------------

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

func newPageDecider(f *judge.Finding, d judge.Decider) pageDecider {
	out := pageDecider{}
	for _, name := range d {
		out.Facts = append(out.Facts, factName(name))
	}
	for _, a := range f.Answers {
		if !sameFacts(a.Facts, d) {
			continue
		}
		row := pageAnswer{Verdict: a.Verdict}
		for _, name := range d {
			for _, fact := range a.Facts {
				if v, ok := strings.CutPrefix(fact, name+"="); ok {
					row.Values = append(row.Values, answerText(v))
				}
			}
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

// pageClause is a clause with its sentence lit.
type pageClause struct {
	ID, Kind   string
	Speaks     bool
	Verdict    judge.Verdict
	Text       []pagePhrase
	Conditions []pageCondition
	Share      string
	Note       string
}

// pagePhrase is a run of the sentence; Class is empty outside of the words
// that a condition stands on.
type pagePhrase struct{ Text, Class, Says string }

type pageCondition struct {
	Name, Class, Says, Fact string
	Questions               []string
}

// stateClasses and stateWords show the states of a condition.
var (
	stateClasses = [...]string{"no", "yes", "maybe", "text"}
	stateWords   = [...]string{"does not hold", "holds", "holds for part of what is possible", "turns on how the text is read"}
)

// pageClauses returns the clauses that speak; where none does, those that
// come nearest, which show the phrase that fails.
func pageClauses(f *judge.Finding) (out []pageClause, silent bool) {
	for i := range f.Trace {
		if f.Trace[i].Speaks {
			out = append(out, newPageClause(f, &f.Trace[i]))
		}
	}
	if len(out) > 0 {
		return out, false
	}
	near := make([]int, 0, len(f.Trace))
	for i := range f.Trace {
		if f.Trace[i].Clause.Kind == terms.Forbid {
			near = append(near, i)
		}
	}
	sort.SliceStable(near, func(a, b int) bool { return failing(&f.Trace[near[a]]) < failing(&f.Trace[near[b]]) })
	for _, i := range near[:min(2, len(near))] {
		out = append(out, newPageClause(f, &f.Trace[i]))
	}
	return out, true
}

func failing(w *judge.Weighed) int {
	n := 0
	for _, c := range w.Conditions {
		if c.State == judge.No {
			n++
		}
	}
	return n
}

func newPageClause(f *judge.Finding, w *judge.Weighed) pageClause {
	c := pageClause{ID: string(w.Clause.ID), Kind: string(w.Clause.Kind), Speaks: w.Speaks, Verdict: w.Verdict, Note: w.Clause.Note}
	states := map[string]judge.State{}
	for _, k := range w.Conditions {
		states[k.Dimension] = k.State
		c.Conditions = append(c.Conditions, pageCondition{strings.ReplaceAll(k.Dimension, "_", " "), stateClasses[k.State], stateWords[k.State], conditionFact(k), openQuestions(f, k)})
	}
	if s, ok := states["intended_target"]; ok {
		if _, hit := states["target"]; !hit {
			states["target"] = s
		}
	}
	states["bound"], states["time"] = lifeStates(f, w)
	c.Conditions = append(c.Conditions, pageCondition{Name: "in force", Class: stateClasses[w.InForce], Says: stateWords[w.InForce], Fact: inForceText(f, w)})
	c.Text = lightUp(w.Clause.Text, w.Clause.Words, states)
	for i := range f.Clauses {
		if f.Clauses[i].Clause == w.Clause && f.Clauses[i].Share < 1 {
			c.Share = fmt.Sprintf("%.0f %% of the uncertain place lies in the clause's zone", 100*f.Clauses[i].Share)
		}
	}
	return c
}

// openQuestions are those questions of a condition that the finding turns on.
func openQuestions(f *judge.Finding, k judge.Condition) []string {
	var out []string
	for _, q := range k.Questions {
		if f.Decides("text." + q) {
			out = append(out, q)
		}
	}
	return out
}

func conditionFact(k judge.Condition) string {
	if k.Fact == "" {
		return "unknown"
	}
	return strings.ReplaceAll(nodeText(k.Fact), "|", " or ")
}

// lifeStates tells "binds nobody who may have done it" from "binds them, but
// not at that time", which a trace has as one condition.
func lifeStates(f *judge.Finding, w *judge.Weighed) (bound, life judge.State) {
	yes, no := 0, 0
	for _, a := range f.Author {
		if bindsActor(w.Clause, a) {
			yes++
		} else {
			no++
		}
	}
	switch {
	case yes > 0 && no == 0:
		return judge.Yes, w.InForce
	case yes > 0:
		return judge.Maybe, w.InForce
	case no > 0:
		return judge.No, judge.Maybe
	}
	return judge.Maybe, w.InForce
}

func bindsActor(c *terms.RegimeClause, actor string) bool {
	for _, w := range c.Windows {
		if p := string(w.Party); p == "" || p == actor || strings.HasPrefix(actor, p+".") || strings.HasPrefix(actor, strings.ToLower(p)+".") {
			return true
		}
	}
	return false
}

func inForceText(f *judge.Finding, w *judge.Weighed) string {
	if w.Why != "" {
		return w.Why
	}
	if len(w.InForceFor) == 0 {
		return ""
	}
	ids := make([]string, len(w.InForceFor))
	for i, p := range w.InForceFor {
		ids[i] = partyName(f.Regime.Terms, string(p))
	}
	return "for " + strings.Join(ids, " and ")
}

// lightUp splits a sentence into the phrases that conditions stand on and
// what lies between them.
func lightUp(text string, words map[string]string, states map[string]judge.State) []pagePhrase {
	type hit struct {
		from, to int
		dim      string
	}
	var hits []hit
	for dim, phrase := range words {
		if i := strings.Index(text, phrase); i >= 0 && phrase != "" {
			hits = append(hits, hit{i, i + len(phrase), dim})
		}
	}
	sort.Slice(hits, func(a, b int) bool {
		if hits[a].from != hits[b].from {
			return hits[a].from < hits[b].from
		}
		return hits[a].dim < hits[b].dim
	})
	var out []pagePhrase
	at := 0
	for _, h := range hits {
		s, known := states[h.dim]
		if h.from < at || !known {
			continue
		}
		if h.from > at {
			out = append(out, pagePhrase{Text: text[at:h.from]})
		}
		out = append(out, pagePhrase{text[h.from:h.to], stateClasses[s], h.dim + ": " + stateWords[s]})
		at = h.to
	}
	return append(out, pagePhrase{Text: text[at:]})
}

// ---- times -----------------------------------------------------------------

// pageSpan is a span in UTC and on the civil clocks of both sides.
type pageSpan struct {
	UTC   string
	Civil [][2]string // place, time
}

// civilZones are the civil clocks that are shown, with equal rank, by name.
var civilZones = [][2]string{{"Kyiv", "Europe/Kyiv"}, {"Moscow", "Europe/Moscow"}}

func newPageSpan(s when.Span) pageSpan {
	if s.Unknown() {
		return pageSpan{UTC: "time unknown"}
	}
	v := pageSpan{UTC: spanText(s, time.UTC, true) + " UTC"}
	for _, z := range civilZones {
		if loc, err := when.Zone(z[1]); err == nil {
			v.Civil = append(v.Civil, [2]string{z[0], spanText(s, loc, false)})
		}
	}
	return v
}

// spanText prints a span in a zone without saying a date twice; civil times
// stand beside those of UTC, which name the year.
func spanText(s when.Span, loc *time.Location, year bool) string {
	date := "2 Jan"
	if year {
		date += " 2006"
	}
	show := func(i when.Instant, layout string) string { return i.Time().In(loc).Format(layout) }
	full := date + ", 15:04"
	switch {
	case !s.Start.Bounded():
		return "before " + show(s.End, full)
	case !s.End.Bounded():
		return "from " + show(s.Start, full)
	case s.IsMoment():
		return show(s.Start, full)
	case show(s.Start, "2 Jan 2006") == show(s.End, "2 Jan 2006"):
		return show(s.Start, full) + "–" + show(s.End, "15:04")
	case show(s.Start, "2006") == show(s.End, "2006"):
		return show(s.Start, "2 Jan, 15:04") + " – " + show(s.End, full)
	}
	return show(s.Start, full) + " – " + show(s.End, full)
}

// ---- timeline --------------------------------------------------------------

// pageTime is the timeline, laid out in user units.
type pageTime struct {
	Width, Height float64
	Left, Right   float64 // of the time axis
	Ticks         []pageTick
	Lives         []pageLife
	Marks         []pageMark
	LivesEnd      float64 // below the readings
	Unknown       []pageCard
}

type pageTick struct {
	X    float64
	Text string
}

// pageLife is the life of one reading, with one band a party.
type pageLife struct {
	Label, Title string
	Y, TextY     float64
	Bands        []pageBand
	AsIf         bool
}

type pageBand struct {
	Party    string
	Y, TextY float64
	Parts    []pagePart
}

// pagePart is a stretch of a band: in force for certain, or under some
// answers to what the text leaves open.
type pagePart struct {
	X, W    float64
	Certain bool
	Says    string
}

// pageMark is an incident on the timeline.
type pageMark struct {
	Key, DOM, ID, Says  string
	X, W, Y, TextX, Mid float64
	Moment              bool
}

const (
	timeWidth  = 1120.0
	timeLeft   = 222.0
	timeRight  = timeWidth - 16
	bandHeight = 9.0
	laneHeight = 20.0
)

// axis maps instants to user units.
type axis struct{ from, to when.Instant }

func (a axis) x(i when.Instant) float64 {
	i = min(max(i, a.from), a.to)
	return timeLeft + (timeRight-timeLeft)*float64(i-a.from)/float64(a.to-a.from)
}

func newPageTime(cols []pageColumn, cards []pageCard) pageTime {
	t := pageTime{Width: timeWidth, Left: timeLeft, Right: timeRight}
	stretches := make([]map[terms.PartyID][]stretch, len(cols))
	for k := range cols {
		stretches[k] = lifeOf(cols[k].regime)
	}
	a := timeAxis(cards, stretches)
	t.ticks(a)
	y := 26.0
	for k := range cols {
		y = t.life(a, &cols[k], stretches[k], y)
	}
	t.LivesEnd = y
	t.Height = t.marks(a, cards, y+12) + 8
	return t
}

const dayLong = when.Instant(24 * 60 * 60 * 1000)

// timeAxis spans the incidents, and the starts and ends of readings that lie
// within 45 days of them.
func timeAxis(cards []pageCard, lives []map[terms.PartyID][]stretch) axis {
	a := axis{when.Future, when.Past}
	add := func(i when.Instant) {
		if i.Bounded() {
			a.from, a.to = min(a.from, i), max(a.to, i)
		}
	}
	for _, c := range cards {
		add(c.span.Start)
		add(c.span.End)
	}
	known := a.from <= a.to
	near := axis{a.from, a.to}
	for _, life := range lives {
		for _, ss := range life {
			for _, s := range ss {
				for _, i := range []when.Instant{s.span.Start, s.span.End} {
					if !known || i.Bounded() && i >= near.from-45*dayLong && i <= near.to+45*dayLong {
						add(i)
					}
				}
			}
		}
	}
	if a.from > a.to {
		a = axis{0, dayLong}
	}
	pad := max((a.to-a.from)/40, dayLong/2)
	return axis{a.from - pad, a.to + pad}
}

// ticks marks days of UTC, at most a dozen or so.
func (t *pageTime) ticks(a axis) {
	days := float64(a.to-a.from) / float64(dayLong)
	step := when.Instant(1)
	for _, s := range []when.Instant{1, 2, 3, 5, 7, 14, 28, 56, 91, 182, 365, 730, 1825, 3650} {
		if step = s; days/float64(s) <= 14 {
			break
		}
	}
	layout := "2 Jan"
	if days > 300 {
		layout = "Jan 2006"
	}
	for i := (a.from/dayLong + 1) * dayLong; i <= a.to; i += step * dayLong {
		t.Ticks = append(t.Ticks, pageTick{a.x(i), i.Time().Format(layout)})
	}
}

func (t *pageTime) life(a axis, c *pageColumn, parties map[terms.PartyID][]stretch, y float64) float64 {
	l := pageLife{Label: c.Label, Title: c.Title, Y: y, AsIf: c.Counterfactual}
	ids := make([]string, 0, len(parties))
	for p := range parties {
		ids = append(ids, string(p))
	}
	sort.Strings(ids)
	for _, id := range ids {
		b := pageBand{Party: id, Y: y, TextY: y + bandHeight - 1}
		for _, s := range parties[terms.PartyID(id)] {
			if s.span.End < a.from || s.span.Start > a.to {
				continue
			}
			x := a.x(s.span.Start)
			b.Parts = append(b.Parts, pagePart{x, math.Max(a.x(s.span.End)-x, 1.5), s.certain, s.says(id)})
		}
		l.Bands = append(l.Bands, b)
		y += bandHeight + 3
	}
	if len(ids) == 0 {
		y += bandHeight + 3
	}
	l.TextY = (l.Y+y-3)/2 + 4
	t.Lives = append(t.Lives, l)
	return y + 9
}

// marks lays the incidents into lanes; a mark holds its lane as far as its
// name reaches.
func (t *pageTime) marks(a axis, cards []pageCard, top float64) float64 {
	var ends []float64
	order := make([]int, 0, len(cards))
	for i := range cards {
		if cards[i].span.Unknown() {
			t.Unknown = append(t.Unknown, cards[i])
			continue
		}
		order = append(order, i)
	}
	sort.SliceStable(order, func(i, j int) bool { return cards[order[i]].span.Start < cards[order[j]].span.Start })
	for _, i := range order {
		c := &cards[i]
		x, w := a.x(c.span.Start), a.x(c.span.End)-a.x(c.span.Start)
		m := pageMark{Key: c.Key, DOM: c.DOM, ID: c.ID, Says: c.ID + ", " + c.Time.UTC + ": " + c.Title, X: x, W: math.Max(w, 3), Moment: w < 7}
		if m.Moment {
			m.X, m.W = x+w/2, 0
		}
		reach := m.X + m.W + 10
		label := 8 + 7*float64(len([]rune(c.ID)))
		m.TextX = reach - 3
		lane := 0
		for lane < len(ends) && ends[lane] > m.X-8 {
			lane++
		}
		if lane == len(ends) {
			ends = append(ends, 0)
		}
		if m.TextX+label > timeWidth {
			m.TextX = m.X - label
		}
		ends[lane] = reach + label
		m.Y = top + float64(lane)*laneHeight
		m.Mid = m.Y + 6
		t.Marks = append(t.Marks, m)
	}
	return top + float64(len(ends))*laneHeight
}

// stretch is a part of the life of a reading for one party.
type stretch struct {
	span    when.Span
	certain bool
}

func (s stretch) says(party string) string {
	word := "in force for certain"
	if !s.certain {
		word = "may be in force: the text leaves it open"
	}
	if s.span == when.Always {
		return party + ": " + word + ", at all times"
	}
	return party + ": " + word + ", " + s.span.String()
}

// lifeOf derives from the windows of the forbidding clauses when a regime
// binds each party for certain (under every answer to what the text leaves
// open) and when possibly (under some).
func lifeOf(r *terms.Regime) map[terms.PartyID][]stretch {
	windows := map[terms.PartyID][]terms.Window{}
	for _, c := range r.Clauses {
		if c.Kind != terms.Forbid {
			continue
		}
		for _, w := range c.Windows {
			if w.Party != "" {
				windows[w.Party] = append(windows[w.Party], w)
			}
		}
	}
	out := map[terms.PartyID][]stretch{}
	for p, ws := range windows {
		out[p] = stretches(ws)
	}
	return out
}

func stretches(ws []terms.Window) []stretch {
	var cuts []when.Instant
	for _, w := range ws {
		cuts = append(cuts, w.Span.Start, w.Span.End)
	}
	sort.Slice(cuts, func(i, j int) bool { return cuts[i] < cuts[j] })
	var out []stretch
	for i := 0; i+1 < len(cuts); i++ {
		piece := when.Span{Start: cuts[i], End: cuts[i+1]}
		var over []terms.Window
		for _, w := range ws {
			if w.Span.Start <= piece.Start && piece.End <= w.Span.End {
				over = append(over, w)
			}
		}
		if piece.Start == piece.End || len(over) == 0 {
			continue
		}
		s := stretch{piece, everyAnswer(over)}
		if n := len(out); n > 0 && out[n-1].span.End == piece.Start && out[n-1].certain == s.certain {
			out[n-1].span.End = piece.End
			continue
		}
		out = append(out, s)
	}
	return out
}

// maxAsked is how many questions are enumerated; with more, a stretch is held
// to be uncertain.
const maxAsked = 12

// everyAnswer reports whether some window covers under every combination of
// answers.
func everyAnswer(ws []terms.Window) bool {
	index := map[int]int{}
	for _, w := range ws {
		if len(w.Answers) == 0 {
			return true
		}
		for _, a := range w.Answers {
			if _, ok := index[a.Question]; !ok {
				index[a.Question] = len(index)
			}
		}
	}
	if len(index) > maxAsked {
		return false
	}
	for world := 0; world < 1<<len(index); world++ {
		covered := false
		for _, w := range ws {
			fits := true
			for _, a := range w.Answers {
				fits = fits && uint8(world>>index[a.Question]&1) == a.Value
			}
			covered = covered || fits
		}
		if !covered {
			return false
		}
	}
	return true
}

// ---- map -------------------------------------------------------------------

// pageMap is the map, in user units of a Mercator projection.
type pageMap struct {
	Width, Height float64
	Lines         []pageLine
	Areas         []pageArea
	Labels        []pageLabel
	Places        []pagePlace
	Unknown, Wide []pageCard // not drawn: no place, or one too wide to draw
	Empty         bool       // no boundaries are available
}

type pageLine struct {
	Path, Text string
	X, Y       float64
}

type pageArea struct{ Path, Name, Class string }

type pageLabel struct {
	X, Y        float64
	Text, Class string
}

// pagePlace is where one or more incidents may have happened.
type pagePlace struct {
	Keys, First, Says string
	Path              string
	Dot               string // "exact" or "near": the place is too small to see
	X, Y              float64
	Label             string
	LabelX, LabelY    float64
	Anchor            string

	size float64
}

const (
	mapWidth  = 920.0
	mapWidest = where.Metres(450e3) // wider places are listed, not drawn
	mapExact  = where.Metres(1000)
)

// mapView is the piece of the world that is drawn.
type mapView struct{ west, south, east, north float64 }

// firstView holds Ukraine with the border areas of Russia.
var firstView = mapView{22, 44.2, 40.8, 53}

func mercator(lat float64) float64 {
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

func (v mapView) scale() float64  { return mapWidth / (v.east - v.west) }
func (v mapView) height() float64 { return (mercator(v.north) - mercator(v.south)) * v.scale() }

func (v mapView) project(p where.Point) [2]float64 {
	lat := math.Min(math.Max(p.Lat, -80), 80)
	return [2]float64{(p.Lon - v.west) * v.scale(), (mercator(v.north) - mercator(lat)) * v.scale()}
}

// include widens the view, within the limits of what boundaries there are.
func (v *mapView) include(p where.Point) {
	v.west, v.east = math.Min(v.west, math.Max(p.Lon-0.6, 19)), math.Max(v.east, math.Min(p.Lon+0.6, 62))
	v.south, v.north = math.Min(v.south, math.Max(p.Lat-0.4, 41)), math.Max(v.north, math.Min(p.Lat+0.4, 62))
}

func newPageMap(cards []pageCard) pageMap {
	m := pageMap{Width: mapWidth}
	places := m.sort(cards)
	v := firstView
	for _, p := range places {
		if c, ok := p.region.Centre(); ok {
			v.include(c)
		}
	}
	m.Height = math.Round(v.height())
	m.graticule(v)
	used := m.markPlaces(v, places)
	m.areas(v, used)
	return m
}

// mapPlace is a region and the incidents that may have happened in it.
type mapPlace struct {
	region where.Region
	cards  []*pageCard
}

// sort gathers incidents by place, and sets aside those that cannot be drawn.
func (m *pageMap) sort(cards []pageCard) []*mapPlace {
	var out []*mapPlace
	byShape := map[string]*mapPlace{}
	for i := range cards {
		c := &cards[i]
		drawn, wide := false, false
		for s := range c.in.Scenarios {
			r := c.in.Scenarios[s].Place
			if r.IsUnknown() {
				continue
			}
			if d, ok := r.Radius(); ok && d > mapWidest {
				wide = true
				continue
			}
			key := string(r.GeoJSON())
			p := byShape[key]
			if p == nil {
				p = &mapPlace{region: r}
				byShape[key] = p
				out = append(out, p)
			}
			if n := len(p.cards); n == 0 || p.cards[n-1] != c {
				p.cards = append(p.cards, c)
			}
			drawn = true
		}
		switch {
		case drawn:
		case wide:
			m.Wide = append(m.Wide, *c)
		default:
			m.Unknown = append(m.Unknown, *c)
		}
	}
	return out
}

func (m *pageMap) graticule(v mapView) {
	for lon := math.Ceil(v.west/5) * 5; lon < v.east; lon += 5 {
		x := v.project(where.Point{Lon: lon})[0]
		m.Lines = append(m.Lines, pageLine{fmt.Sprintf("M%.1f 0V%.1f", x, m.Height), fmt.Sprintf("%.0f° E", lon), x + 3, m.Height - 5})
	}
	for lat := math.Ceil(v.south/5) * 5; lat < v.north; lat += 5 {
		y := v.project(where.Point{Lat: lat})[1]
		m.Lines = append(m.Lines, pageLine{fmt.Sprintf("M0 %.1fH%.1f", y, mapWidth), fmt.Sprintf("%.0f° N", lat), 4, y - 4})
	}
}

// box is a rectangle that a label takes.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) meets(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

func free(b box, used []box) bool {
	for _, u := range used {
		if b.meets(u) {
			return false
		}
	}
	return true
}

// markPlaces draws the places, the widest first, and returns what space is
// taken.
func (m *pageMap) markPlaces(v mapView, places []*mapPlace) []box {
	for _, p := range places {
		m.Places = append(m.Places, newPagePlace(v, p))
	}
	sort.SliceStable(m.Places, func(i, j int) bool { return m.Places[i].size > m.Places[j].size })
	var used []box
	for _, p := range m.Places {
		if p.Dot != "" {
			used = append(used, box{p.X - 6, p.Y - 6, p.X + 6, p.Y + 6})
		}
	}
	for i := len(m.Places) - 1; i >= 0; i-- {
		used = m.Places[i].placeLabel(used)
	}
	return used
}

func newPagePlace(v mapView, p *mapPlace) pagePlace {
	var keys, ids []string
	for _, c := range p.cards {
		keys, ids = append(keys, c.Key), append(ids, c.ID)
	}
	out := pagePlace{Keys: strings.Join(keys, " "), First: p.cards[0].DOM, Label: strings.Join(ids, ", ")}
	if len(ids) > 3 {
		out.Label = fmt.Sprintf("%d incidents", len(ids))
	}
	out.Says = strings.Join(ids, ", ") + ": " + placeText(p.region, placeName(p))
	mp, _, points, err := where.ParseGeoJSON(p.region.GeoJSON())
	if err != nil {
		mp = nil
	}
	var lo, hi [2]float64
	tolerance := 0.3
	if corners(mp) < 400 { // rings and sectors stay round when the map is zoomed
		tolerance = 0.03
	}
	out.Path, lo, hi = polygonPath(v, mp, tolerance)
	out.size = math.Max(hi[0]-lo[0], hi[1]-lo[1])
	at, _ := middle(v, mp)
	out.X, out.Y = at[0], at[1]
	if out.Path == "" || out.size < 11 {
		c, ok := p.region.Centre()
		if !ok && len(points) > 0 {
			c = points[0]
		}
		at = v.project(c)
		out.X, out.Y, out.Dot = at[0], at[1], "near"
		if r, ok := p.region.Radius(); ok && r <= mapExact {
			out.Dot = "exact"
		}
	}
	return out
}

func corners(mp where.MultiPolygon) int {
	n := 0
	for _, poly := range mp {
		for _, ring := range poly {
			n += len(ring)
		}
	}
	return n
}

func placeName(p *mapPlace) string {
	for _, c := range p.cards {
		for i := range c.in.Scenarios {
			if s := &c.in.Scenarios[i]; s.PlaceName != "" && s.Place.String() == p.region.String() {
				return s.PlaceName
			}
		}
	}
	return ""
}

// placeLabel puts the label where nothing is in its way: into the place if it
// is wide enough, else beside it. Where there is no room the marker goes
// without, and its title still says it.
func (p *pagePlace) placeLabel(used []box) []box {
	w, h := 6.6*float64(len([]rune(p.Label)))+4, 13.0
	out := 9.0 // from the middle to clear of the marker
	if p.Dot == "" {
		out = p.size/2 + 4
	}
	try := []struct {
		dx, dy float64
		anchor string
	}{{out, 4, "start"}, {-out, 4, "end"}, {0, -out, "middle"}, {0, out + 9, "middle"}, {out, 15, "start"}, {-out, -7, "end"}, {0, 4, "middle"}}
	if p.Dot == "" && p.size > w+8 {
		try[0], try[6] = try[6], try[0]
	}
	for _, t := range try {
		x := p.X + t.dx
		switch t.anchor {
		case "middle":
			x -= w / 2
		case "end":
			x -= w
		}
		b := box{x, p.Y + t.dy - h + 3, x + w, p.Y + t.dy + 3}
		if free(b, used) && b.x0 > 0 && b.x1 < mapWidth {
			p.LabelX, p.LabelY, p.Anchor = p.X+t.dx, p.Y+t.dy, t.anchor
			return append(used, b)
		}
	}
	p.Label = ""
	return used
}

// disputed are the areas whose outline is dashed.
var disputed = map[string]bool{"UA-43": true, "UA-40": true}

func (m *pageMap) areas(v mapView, used []box) {
	type name struct {
		label pageLabel
		box   box
		size  float64
	}
	var names []name
	var late []pageArea
	for _, a := range where.Areas() {
		mp, ok := where.Area(a.Code)
		if !ok {
			continue
		}
		path, _, _ := polygonPath(v, mp, 0.6)
		if path == "" {
			continue
		}
		area := pageArea{path, a.Name, "land " + strings.ToLower(a.Country)}
		if disputed[a.Code] {
			area.Name, area.Class = a.Name+" (disputed)", "land disputed"
			late = append(late, area)
		} else {
			m.Areas = append(m.Areas, area)
		}
		at, size := middle(v, mp)
		text := areaLabel(a.Name)
		w := 5.8 * float64(len([]rune(text)))
		b := box{at[0] - w/2, at[1] - 8, at[0] + w/2, at[1] + 4}
		if size > 24 && b.x0 > 0 && b.x1 < mapWidth && b.y0 > 0 && b.y1 < m.Height {
			names = append(names, name{pageLabel{at[0], at[1], text, "area"}, b, size})
		}
	}
	m.Areas = append(m.Areas, late...)
	m.Empty = len(m.Areas) == 0
	sort.SliceStable(names, func(i, j int) bool { return names[i].size > names[j].size })
	for _, n := range names {
		if free(n.box, used) {
			used = append(used, n.box)
			m.Labels = append(m.Labels, n.label)
		}
	}
}

// areaLabel shortens the name of an area to what tells it apart.
func areaLabel(name string) string {
	for _, s := range []string{" Oblast", " oblast", " Region", " region", " Krai", " krai", "Republic of ", "Autonomous "} {
		name = strings.ReplaceAll(name, s, "")
	}
	return strings.TrimSpace(name)
}

// middle is the centroid of the largest ring, for a label, and how big that
// ring is.
func middle(v mapView, mp where.MultiPolygon) ([2]float64, float64) {
	var best [2]float64
	most := 0.0
	for _, poly := range mp {
		if len(poly) == 0 {
			continue
		}
		var area, cx, cy float64
		for i := 0; i+1 < len(poly[0]); i++ {
			a, b := v.project(poly[0][i]), v.project(poly[0][i+1])
			k := a[0]*b[1] - b[0]*a[1]
			area, cx, cy = area+k, cx+k*(a[0]+b[0]), cy+k*(a[1]+b[1])
		}
		if math.Abs(area) > most {
			most = math.Abs(area)
			best = [2]float64{cx / (3 * area), cy / (3 * area)}
		}
	}
	return best, math.Sqrt(most / 2)
}

// polygonPath prints polygons as an SVG path, simplified to a tolerance in
// user units, without the rings that lie outside the view, and returns the
// rectangle that holds it.
func polygonPath(v mapView, mp where.MultiPolygon, tolerance float64) (path string, lo, hi [2]float64) {
	var b strings.Builder
	h := v.height()
	lo, hi = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, poly := range mp {
		for _, ring := range poly {
			pts := make([][2]float64, len(ring))
			l, u := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
			for i, p := range ring {
				pts[i] = v.project(p)
				for d := range l {
					l[d], u[d] = math.Min(l[d], pts[i][d]), math.Max(u[d], pts[i][d])
				}
			}
			if len(pts) < 4 || u[0] < -20 || l[0] > mapWidth+20 || u[1] < -20 || l[1] > h+20 || u[0]-l[0] < 1 && u[1]-l[1] < 1 {
				continue
			}
			for d := range lo {
				lo[d], hi[d] = math.Min(lo[d], l[d]), math.Max(hi[d], u[d])
			}
			writeRing(&b, simplify(pts, tolerance))
		}
	}
	return b.String(), lo, hi
}

func writeRing(b *strings.Builder, pts [][2]float64) {
	if len(pts) < 4 {
		return
	}
	for i, p := range pts[:len(pts)-1] {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(b, "%s%s %s", op, decimal(p[0]), decimal(p[1]))
	}
	b.WriteByte('Z')
}

// decimal prints a coordinate with the precision that a zoomed map needs.
func decimal(x float64) string { return strconv.FormatFloat(math.Round(x*20)/20, 'f', -1, 64) }

// simplify is Douglas and Peucker's method on a closed line, cut in two at
// the point farthest from its start.
func simplify(pts [][2]float64, tolerance float64) [][2]float64 {
	far, most := 0, 0.0
	for i, p := range pts {
		if d := math.Hypot(p[0]-pts[0][0], p[1]-pts[0][1]); d > most {
			far, most = i, d
		}
	}
	keep := make([]bool, len(pts))
	keep[0], keep[far], keep[len(pts)-1] = true, true, true
	mark(pts, keep, 0, far, tolerance)
	mark(pts, keep, far, len(pts)-1, tolerance)
	var out [][2]float64
	for i, k := range keep {
		if k {
			out = append(out, pts[i])
		}
	}
	return out
}

func mark(pts [][2]float64, keep []bool, from, to int, tolerance float64) {
	at, most := -1, tolerance
	for i := from + 1; i < to; i++ {
		if d := off(pts[i], pts[from], pts[to]); d > most {
			at, most = i, d
		}
	}
	if at < 0 {
		return
	}
	keep[at] = true
	mark(pts, keep, from, at, tolerance)
	mark(pts, keep, at, to, tolerance)
}

// off is how far p lies from the segment a b.
func off(p, a, b [2]float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Min(1, math.Max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/l))
	}
	return math.Hypot(p[0]-a[0]-t*dx, p[1]-a[1]-t*dy)
}
