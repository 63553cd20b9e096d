// Package brief writes what was found for people and programs: tables, CSV,
// JSON lines, GeoJSON and pages.
//
// It promises that every surface says "would breach, if the facts hold" of a
// finding that nobody has determined, and that a cell which a spreadsheet
// would run as a formula is written so that it does not.
package brief

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Columns are the columns of the findings file.
var columns = []string{"incident", "terms", "reading", "clause", "party", "verdict", "author", "level", "share", "deciding", "time_start", "lat", "lon", "act", "target", "trace", "terms_digest", "engine", "tzdata"}

// Columns returns the columns of the findings file, in order.
func Columns() []string { return append([]string(nil), columns...) }

// Record is one row of the findings file.
type Record struct {
	Incident    string   `json:"incident"`
	Terms       string   `json:"terms"`
	Reading     string   `json:"reading"`
	Clause      string   `json:"clause"`
	Party       string   `json:"party"`
	Verdict     string   `json:"verdict"`
	Author      string   `json:"author"`
	Level       string   `json:"level"`
	Share       string   `json:"share"`
	Deciding    string   `json:"deciding"`
	TimeStart   string   `json:"time_start"`
	Lat         string   `json:"lat"`
	Lon         string   `json:"lon"`
	Act         string   `json:"act"`
	Target      string   `json:"target"`
	Trace       string   `json:"trace"`
	TermsDigest string   `json:"terms_digest"`
	Engine      string   `json:"engine"`
	TZData      string   `json:"tzdata"`
	Assumes     []string `json:"assumes,omitempty"`
	Profile     []string `json:"profile,omitempty"`
	Reserved    []string `json:"reserved,omitempty"` // rights that may be invoked
	Counter     bool     `json:"counterfactual,omitempty"`
}

func (r *Record) fields() []string {
	return []string{r.Incident, r.Terms, r.Reading, r.Clause, r.Party, r.Verdict, r.Author, r.Level, r.Share, r.Deciding, r.TimeStart, r.Lat, r.Lon, r.Act, r.Target, r.Trace, r.TermsDigest, r.Engine, r.TZData}
}

// Records turns the findings of one incident under the readings of one text
// into rows: for each reading the overall one, then one for each clause that
// speaks; last, where the readings disagree, the row that says so.
func Records(fs []judge.Finding) []Record {
	var out []Record
	for i := range fs {
		out = append(out, records(&fs[i])...)
	}
	if Contested(fs) {
		c := base(&fs[0])
		c.Reading, c.Verdict = "*", judge.Contested.String()
		var says []string
		for i := range fs {
			says = append(says, fs[i].Regime.ReadingID+"="+fs[i].Verdict.String())
		}
		c.Trace = stamp(&fs[0]) + strings.Join(says, "; ")
		c.Profile, c.Assumes = nil, nil
		out = append(out, c)
	}
	return out
}

// Contested reports whether readings of one text disagree.
func Contested(fs []judge.Finding) bool {
	for i := range fs {
		if fs[i].Verdict != fs[0].Verdict {
			return true
		}
	}
	return false
}

func base(f *judge.Finding) Record {
	s := &f.Incident.Scenarios[0]
	r := Record{
		Incident: f.Incident.ID, Terms: f.Regime.Terms.ID, Reading: f.Regime.ReadingID,
		Author: strings.Join(f.Author, "|"), Level: f.Level.String(),
		TimeStart: s.Time.Start.RFC3339(), Act: union(f.Incident, func(s *evidence.Scenario) []string { return s.Act }),
		Target:      union(f.Incident, func(s *evidence.Scenario) []string { return s.Target }),
		TermsDigest: f.Regime.Terms.Digest, Engine: judge.Engine, TZData: when.TZData, Counter: f.Regime.Counterfactual,
	}
	if p, ok := s.Place.Centre(); ok {
		r.Lat, r.Lon = degrees(p.Lat), degrees(p.Lon)
	}
	return r
}

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }

// union joins what the scenarios of an incident say of one fact; where one of
// them leaves it unknown, so is the whole.
func union(in *evidence.Incident, of func(*evidence.Scenario) []string) string {
	var out []string
	for i := range in.Scenarios {
		vs := of(&in.Scenarios[i])
		if len(vs) == 0 {
			return ""
		}
	next:
		for _, v := range vs {
			for _, o := range out {
				if o == v {
					continue next
				}
			}
			out = append(out, v)
		}
	}
	return strings.Join(out, "|")
}

func records(f *judge.Finding) []Record {
	all := base(f)
	all.Verdict, all.Party = f.Verdict.String(), parties(f.Party)
	all.Deciding = f.DecidingText()
	all.Trace = Trace(f)
	all.Assumes = f.Regime.Assumes
	for _, c := range f.Reserved {
		all.Reserved = append(all.Reserved, string(c.ID))
	}
	for _, v := range f.Profile {
		all.Profile = append(all.Profile, v.String())
	}
	out := []Record{all}
	for _, c := range f.Clauses {
		r := base(f)
		r.Clause, r.Verdict, r.Party = string(c.Clause.ID), c.Verdict.String(), parties(c.Party)
		r.Share = strconv.FormatFloat(c.Share, 'f', 3, 64)
		for _, w := range f.Trace {
			if w.Clause == c.Clause {
				r.Trace = stamp(f) + weighed(&w)
			}
		}
		if c.Verdict == judge.Undetermined {
			r.Deciding = all.Deciding
		}
		out = append(out, r)
	}
	return out
}

func parties(ps []terms.PartyID) string {
	s := make([]string, len(ps))
	for i, p := range ps {
		s[i] = string(p)
	}
	return strings.Join(s, "|")
}

// Trace prints how every clause was weighed, on one line.
func Trace(f *judge.Finding) string {
	var s []string
	for i := range f.Trace {
		s = append(s, weighed(&f.Trace[i]))
	}
	for _, a := range f.Regime.Assumes {
		s = append(s, "assumes: "+a)
	}
	for _, n := range f.Notes {
		s = append(s, "note: "+n)
	}
	return stamp(f) + strings.Join(s, " | ")
}

// stamp marks what was judged under terms that were not in force.
func stamp(f *judge.Finding) string {
	if f.Regime.Counterfactual {
		return "COUNTERFACTUAL: judged as if in force | "
	}
	return ""
}

// Mark is the sign of a state in text.
func Mark(s judge.State) string {
	return [...]string{"no", "yes", "perhaps", "if the text is read so"}[s]
}

// ruled quotes the rule that decided, if it was exact.
func ruled(rule string) string {
	if rule == "" {
		return ""
	}
	return " (" + rule + ")"
}

func weighed(w *judge.Weighed) string {
	var s []string
	for _, c := range w.Conditions {
		t := c.Dimension + " " + Mark(c.State)
		if len(c.Questions) > 0 {
			t += " [text." + strings.Join(c.Questions, ", text.") + "]"
		}
		s = append(s, t+ruled(c.Rule))
	}
	force := "in force " + Mark(w.InForce)
	if w.Why != "" {
		force += " (" + w.Why + ")"
	}
	force += ruled(w.Rule)
	s = append(s, force)
	out := fmt.Sprintf("%s %s: %s", w.Clause.Kind, w.Clause.ID, strings.Join(s, ", "))
	if w.Speaks && w.Clause.Kind == terms.Reserve {
		out += " => may be invoked"
	} else if w.Speaks {
		out += " => " + w.Verdict.String()
	} else {
		out += " => does not speak"
	}
	return out
}

// Writer writes findings in one format.
type Writer interface {
	// Write writes the findings of one incident under the readings of one text.
	Write(fs []judge.Finding) error
	Close() error
}

// NewWriter returns a writer in a format of package formats. of is what was judged,
// at is when.
func NewWriter(format string, w io.Writer, of string, at time.Time) (Writer, error) {
	f, err := formats.Named(format)
	if err != nil {
		return nil, err
	}
	x, err := f.New(w, &formats.Head{Name: "findings", Title: "Findings", Of: of, At: at, Columns: columns, About: aboutFindings()})
	return &rowWriter{x}, err
}

type rowWriter struct{ w formats.Writer }

// Write writes a row for each record; its place and time are those in which the
// incident may lie.
func (x *rowWriter) Write(fs []judge.Finding) error {
	if len(fs) == 0 {
		return nil
	}
	place, span := extent(fs[0].Incident)
	says := Visible(fs[0].Incident.Text)
	for _, r := range Records(fs) {
		if err := x.w.Row(&formats.Row{Cells: r.fields(), Place: place, Span: span, Says: says, Whole: r}); err != nil {
			return err
		}
	}
	return nil
}

func (x *rowWriter) Close() error { return x.w.Close() }

// extent is where and when an incident may have been, over all its scenarios.
func extent(in *evidence.Incident) (where.Region, when.Span) {
	place, span := in.Scenarios[0].Place, in.Scenarios[0].Time
	seen := []string{place.String()}
	for i := 1; i < len(in.Scenarios); i++ {
		s := &in.Scenarios[i]
		span.Start, span.End = min(span.Start, s.Time.Start), max(span.End, s.Time.End)
		if p := s.Place.String(); !slices.Contains(seen, p) {
			seen, place = append(seen, p), where.UnionRegion(place, s.Place)
		}
	}
	return place, span
}

// aboutFindings says what findings are, for whoever is passed the file alone.
func aboutFindings() [][2]string {
	return [][2]string{
		{"What this is", "Findings: what would follow under each reading of each text, if the facts hold. They bind nobody."},
		{"Rows", "One for each incident and reading with an empty clause, the overall verdict; one for each clause that speaks; one with reading * where readings disagree."},
		{"Engine", judge.Engine},
		{"Cells", "Texts are texts, also where they begin with = + - or @. Times are UTC, RFC 3339."},
	}
}

// Inert keeps a spreadsheet from running a cell, as formats.Inert.
func Inert(s string) string { return formats.Inert(s) }

// Visible shows what steers a terminal or turns the direction of writing, as
// formats.Visible.
func Visible(s string) string { return formats.Visible(s) }
