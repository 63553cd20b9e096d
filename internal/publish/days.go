package publish

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// ruleName is the counting rule of daily numbers: one is an incident.
const ruleName = "incident"

// day is what the site says of one day of UTC.
type day struct {
	Day      string    `json:"day"`
	Rule     string    `json:"rule"`
	Number   bounds    `json:"number" doc:"incidents of the day: for sure, and with all that may be of it"`
	ByLevel  []counted `json:"by_level"`
	Readings []reading `json:"by_reading"`
	items    []*item
}

// surely reports whether an incident is of a day for sure.
func (d *day) surely(x *item) bool {
	s, ok := x.span()
	from, err := time.Parse(time.DateOnly, d.Day)
	return ok && err == nil && !s.Start.Time().Before(from) && !s.End.Time().After(from.AddDate(0, 0, 1))
}

// bounds are how many for sure, and with all that may be.
type bounds struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// String writes the range as one number where it is one.
func (b bounds) String() string {
	if b.Low == b.High {
		return fmt.Sprint(b.Low)
	}
	return fmt.Sprintf("%d to %d", b.Low, b.High)
}

// counted is a part of a day's number.
type counted struct {
	Name string `json:"name"`
	bounds
}

// reading is what a day's incidents are under one reading of one text.
type reading struct {
	Terms    string    `json:"terms"`
	Reading  string    `json:"reading"`
	Verdicts []counted `json:"verdicts"`
}

// verdictWords are the verdicts of one reading, in the order of tables.
var verdictWords = []string{"breach", "permitted", "not-covered", "not-in-force", "undetermined"}

// span is when an incident may have happened; false where that is no known day.
func (x *item) span() (when.Span, bool) {
	from, err := time.Parse(time.RFC3339, x.TimeStart)
	if err != nil {
		return when.Always, false
	}
	to, err := time.Parse(time.RFC3339, x.TimeEnd)
	if err != nil || !to.After(from) {
		to = from
	}
	if to.Sub(from) > longest*24*time.Hour {
		return when.Always, false
	}
	return when.Span{Start: when.At(from), End: when.At(to)}, true
}

// longest is over how many days an incident may lie and still stand in each: one
// that may be of any of more is of no known day.
const longest = 400

// daysOf sorts incidents into the days that they may be of, and counts each day.
func (g *gathered) daysOf() ([]*day, error) {
	rule, err := count.RuleNamed(ruleName)
	if err != nil {
		return nil, err
	}
	by := map[string]*day{}
	for _, x := range g.items {
		s, ok := x.span()
		if !ok {
			continue
		}
		start := s.Start.Time().UTC()
		first := start.Truncate(24 * time.Hour)
		for d := first; d.Before(s.End.Time()) || d.Equal(first); d = d.AddDate(0, 0, 1) {
			name := d.Format(time.DateOnly)
			if by[name] == nil {
				by[name] = &day{Day: name, Rule: rule.ID()}
			}
			by[name].items = append(by[name].items, x)
		}
	}
	var out []*day
	for _, d := range by {
		g.count(rule, d)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *day) int { return cmp.Compare(a.Day, b.Day) })
	return out, nil
}

// count counts a day by the rule: all of it, and each part as a count of its own.
func (g *gathered) count(rule *count.Rule, d *day) {
	from, _ := time.Parse(time.DateOnly, d.Day) // written above
	q := &count.Question{Rule: rule, From: from, To: from.AddDate(0, 0, 1), Zone: time.UTC, Coverage: -1}
	of := func(keep func(*item) bool) bounds {
		var rs []count.Record
		for _, x := range d.items {
			if s, ok := x.span(); ok && keep(x) {
				rs = append(rs, count.Record{Incident: &evidence.Incident{ID: x.ID, Scenarios: []evidence.Scenario{{Time: s}}}})
			}
		}
		n := count.Count(q, rs)
		return bounds{n.Low, n.High}
	}
	d.Number = of(func(*item) bool { return true })
	for _, l := range evidence.Levels() {
		d.ByLevel = append(d.ByLevel, counted{l.String(), of(func(x *item) bool { return x.Level == l.String() })})
	}
	for _, t := range g.texts {
		for _, r := range t.Readings {
			y := reading{Terms: t.ID, Reading: r.ID}
			for _, v := range verdictWords {
				y.Verdicts = append(y.Verdicts, counted{v, of(func(x *item) bool { return x.verdict(t.ID, r.ID) == v })})
			}
			y.Verdicts = append(y.Verdicts, counted{"not told", of(func(x *item) bool { return !slices.Contains(verdictWords, x.verdict(t.ID, r.ID)) })})
			d.Readings = append(d.Readings, y)
		}
	}
}

// verdict is that of one reading; "" where none is shown.
func (x *item) verdict(terms, reading string) string {
	for _, f := range x.Findings {
		if f.Terms == terms && f.Reading == reading {
			return f.Verdict
		}
	}
	return ""
}
