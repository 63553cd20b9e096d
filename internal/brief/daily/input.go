package daily

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
)

// Record is an incident as the report tells it.
type Record struct {
	*evidence.Incident // as far as the report may show it
	// Whole is what texts are put to, where the report shows less; nil: the incident.
	Whole *evidence.Incident
	Short string // to be read aloud; "" is the id
	Title string
	Since int64 // the entry that made it as it is; 0: of files

	areas  map[string]truth // first-level areas that it may lie in
	anchor string           // of its row on the page
	limit  *watch.Restriction
}

// judged is what texts are put to.
func (r *Record) judged() *evidence.Incident {
	if r.Whole != nil {
		return r.Whole
	}
	return r.Incident
}

// Is reports whether a record is meant by an id: its own, the short one, or a number that
// its title begins with, as in `I-05 · a station`.
func (r *Record) Is(id string) bool {
	number, _, titled := strings.Cut(r.Title, " · ")
	return id != "" && (r.ID == id || r.Short == id || titled && number == id)
}

func (r *Record) name() string {
	if r.Short != "" {
		return r.Short
	}
	return r.ID
}

// Notice is what a record holds of works, windows of silence and undertakings.
type Notice struct {
	ID, From, Says, Text, Clause string
	At                           when.Instant
	Span                         when.Span // that it speaks of; the zero Span: none
}

// Deadline is something that is due of cases, duties and windows.
type Deadline struct {
	ID, What, Of, State string
	At                  time.Time
}

// Issue is a report that was issued, as far as the next one needs it.
type Issue struct {
	ID      string
	Title   string
	From    time.Time
	To      time.Time
	Figures map[string]string
	Size    int64 // entries of the log that it was made from
}

// Input is what a report is made from.
type Input struct {
	Lang    string
	Mission string // who reports, as it calls itself
	Number  int    // of the report in its year; 0: the day of the year
	// Day is the day of the cut-off; Hour and Minute are the cut-off by the clock
	// of Zone.
	Day          when.Span
	Hour, Minute int
	Zone         *time.Location
	Days         int // length of the period: 1 of a daily report, 7 of a weekly one
	Rule         *count.Rule
	Records      []*Record // all, or those that Needs says
	Rest         *Rest     // what is known of the others; nil: there are none
	Restrictions []watch.Restriction
	Notices      []Notice
	Deadlines    []Deadline
	Judges       []*judge.Judge
	Outlook      *watch.Outlook // nil: no means are recorded, and coverage is not known
	Base         *basemap.Map
	Of           string           // what it was made from, for people: the origin of a record, or files
	Vector       map[string]int64 // sizes of the logs that it was made from; nil: of files
	For          string           // marking of those that it may be shown to
	Withheld     int              // records that are not for them
	Last         *Issue           // the report before; nil: none is known
	Corrects     *Issue           // the report that this is a corrigendum to; nil: none
	Reason       string           // of the corrigendum
	Spot         string           // id of the record that a spot report is about; "" is a report of the period
	TextName     string           // of a text of one's own, for messages
	Text         []byte           // Markdown with {{...}} in it; nil: the report as it is
}

// Rest is what a report says of records that are not among those that it was given.
type Rest struct {
	First  time.Time // when the first of all records begins, to the minute before it; zero: none has a time
	Actors []string  // all that may have done something, in any record
}

// Needs is the time of which a report needs the records: its period, the one before it,
// and the days of the chart. Besides these it needs those without a time.
func (in *Input) Needs() Period {
	return Period{in.cutoff(max(chartDays, 2*in.Days)), in.cutoff(0)}
}

// fits reports what is wrong with an input.
func (in *Input) fits() error {
	switch {
	case in.Zone == nil || in.Rule == nil || in.Days < 1:
		return fmt.Errorf("a report needs a zone, a rule and a length")
	case slices.Contains([]string{"jfo-incident", "osce-coder-2015"}, in.Rule.Name):
		return fmt.Errorf("rule %s does not add up over regions: expected another, such as smm-2016+ or incident", in.Rule.Name)
	case in.Hour < 0 || in.Hour > 23 || in.Minute < 0 || in.Minute > 59:
		return fmt.Errorf("cut-off %d:%02d: expected 00:00 to 23:59", in.Hour, in.Minute)
	}
	return nil
}

// Period is a span of time between two cut-offs.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (p Period) span() when.Span { return when.Span{Start: when.At(p.From), End: when.At(p.To)} }

// cutoff is the cut-off some days before that of the report, by the clock.
func (in *Input) cutoff(daysBefore int) time.Time {
	d := in.Day.Start.Time().In(in.Zone)
	return time.Date(d.Year(), d.Month(), d.Day()-daysBefore, in.Hour, in.Minute, 0, 0, in.Zone)
}

// period is the period of the report (0), the one before (1), and so on.
func (in *Input) period(before int) Period {
	return Period{in.cutoff((before + 1) * in.Days), in.cutoff(before * in.Days)}
}

// DefaultRule is the rule of the observer tables where a record holds observations,
// and else the one by which each record is one.
func DefaultRule(records []*Record) *count.Rule {
	name := "incident"
	for _, r := range records {
		if r.Seen != nil {
			name = "smm-2016+"
			break
		}
	}
	rule, err := count.RuleNamed(name)
	if err != nil {
		panic("daily: " + err.Error()) // both come with package count
	}
	return rule
}

// dated reports whether a record says when it was, as far as a day's report can use
// it.
func dated(r *Record) bool {
	for i := range r.Scenarios {
		if t := r.Scenarios[i].Time; !t.Start.Bounded() || !t.End.Bounded() {
			return false
		}
	}
	return true
}

// touches reports whether a record may be of a period.
func touches(r *Record, p Period) bool {
	span := p.span()
	for i := range r.Scenarios {
		t := r.Scenarios[i].Time
		if t.Overlaps(span) || t.IsMoment() && span.Contains(t.Start) {
			return true
		}
	}
	return false
}

// Cutoff is the end of the period.
func (in *Input) Cutoff() time.Time { return in.cutoff(0) }

// Now is the period of the report.
func (in *Input) Now() Period { return in.period(0) }

// Before is the period before that of the report.
func (in *Input) Before() Period { return in.period(1) }
