package feeds

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// The reports of the OSCE Special Monitoring Mission to Ukraine (2014 to 2022):
// their prose, and the annex table of ceasefire violations saved as a table.
// Each observation becomes an incident with what was observed (Seen), how many,
// from where, and the sector in which it was. Who fired is not said, and nothing
// makes it up: the act is open unless a weapon was assessed, and then it is that
// weapon's fire by whomever.

const maxReport = 8 << 20 // bytes of a report in prose

// smmSource is who observed.
const smmSource = "OSCE SMM"

func smmKind() kind {
	return kind{
		name: "smm", about: "OSCE SMM daily reports in prose, or their table of ceasefire violations with columns SMM position, Event location, No., Observation",
		known: []string{"smm position", "event location", "means", "no.", "observation", "description", "weapon", "date, time", "date", "time"},
		match: func(c map[string]int) bool { return hasAll(c, "event location", "observation", "no.") },
		start: func(r *run, _ map[string]int) (handler, error) { return newSMMTable(r) },
	}
}

// smmProse recognises prose: its title, or a sentence of an observation.
var smmProse = regexp.MustCompile(`(?i)osce smm daily report|daily report \d+/20\d\d issued by the osce|(?:osce|special monitoring mission)[^\n]{0,200}based on information|\bSMM\b[^.\n]{0,300}\b(?:heard|recorded|observed|saw)\b`)

// prose reports whether a text is a report in prose, not a table: asked for as
// such, its first line has not the columns of the table.
func (r *run) prose(head []byte) bool {
	if r.opt.As != "" && r.opt.As != "smm" {
		return false
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.Contains(bytes.ToLower(first), []byte("event location")) {
		return false
	}
	return r.opt.As == "smm" || smmProse.Match(head[:min(len(head), 16<<10)])
}

var (
	issued    = regexp.MustCompile(`(?i)(?:issued on|as of \d{1,2}[:.]?\d{2}\s*(?:hrs|h)?,?(?: \([^)]*\))?,?|date)\s+(\d{1,2})\s+(` + monthNames + `)\s+(20\d\d)`)
	issuedISO = regexp.MustCompile(`(?i)\bdate (20\d\d)-(\d\d)-(\d\d)`)
	fileYear  = regexp.MustCompile(`(20[12]\d)`)
)

const monthNames = `January|February|March|April|May|June|July|August|September|October|November|December`

// smm reads a report in prose.
func (r *run) smm(br *bufio.Reader, _ []byte) error {
	r.readAs("smm")
	text, err := io.ReadAll(io.LimitReader(br, maxReport+1))
	if err != nil {
		return err
	}
	if len(text) > maxReport {
		return r.refuse("a report of more than %d MB: give one report a file", maxReport>>20)
	}
	s, err := newSMMReport(r, string(text))
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(text), "\n") {
		for _, sentence := range sentencesOf(line) {
			if err := s.sentence(i+1, sentence); err != nil {
				return err
			}
		}
	}
	if r.sum.Rows == 0 {
		return r.empty()
	}
	return nil
}

// smmReport is what a report has said so far: later sentences lean on it.
type smmReport struct {
	*run
	issued  time.Time // zero: not said
	year    int       // 0: not known
	zone    *time.Location
	date    smmDate
	span    when.Span
	station smmStation
	n       int
}

// smmDate is a day, or two that follow each other.
type smmDate struct{ first, last time.Time }

// smmStation is where an observer was.
type smmStation struct {
	name   string
	at     where.Point
	within where.Metres // 0 with no place
	known  bool
	notes  []string
}

func newSMMReport(r *run, text string) (*smmReport, error) {
	zone, err := r.kyiv()
	if err != nil {
		return nil, err
	}
	s := &smmReport{run: r, zone: zone, span: when.Always}
	if m := issued.FindStringSubmatch(text); m != nil {
		s.issued, _ = time.Parse("2 January 2006", m[1]+" "+title(m[2])+" "+m[3])
	} else if m := issuedISO.FindStringSubmatch(text); m != nil {
		s.issued, _ = time.Parse("2006-01-02", m[1]+"-"+m[2]+"-"+m[3])
	}
	s.year = s.issued.Year()
	if s.issued.IsZero() {
		s.year = 0
		if m := fileYear.FindStringSubmatch(r.id); m != nil {
			fmt.Sscan(m[1], &s.year)
		}
	}
	if s.year == 0 {
		r.note(Problem{Pos: r.pos(0), Msg: "the text does not say when it was issued, and neither does the name of the file: days have no year, and times are left open; put a line such as \"issued on 8 September 2018\" at its head"})
	}
	return s, nil
}

func title(s string) string { return strings.ToUpper(s[:1]) + strings.ToLower(s[1:]) }

var abbreviated = regexp.MustCompile(`(?:^|[ (])(?:No|St|approx|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|[A-Z])$`)

// sentencesOf parts a line into sentences. A full stop between digits, after an
// initial or an abbreviation ends none.
func sentencesOf(line string) []string {
	var out []string
	start, depth := 0, 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case '.':
			end := i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '"'
			if !end || depth > 0 && i+1 < len(line) {
				continue
			}
			before := line[max(0, i-8):i]
			if abbreviated.MatchString(before) {
				continue
			}
			out = append(out, strings.TrimSpace(line[start:i+1]))
			start = i + 1
		}
	}
	if rest := strings.TrimSpace(line[start:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

var (
	observing = regexp.MustCompile(`(?i)\b(?:SMM|camera|cameras|mission|monitors?|patrol|patrol members|it|they|UAV|also)\b[^.;]{0,260}?\b(heard|saw|recorded|observed|registered)\b`)
	// smmTotals are sums over the region, which the sentences after them break down.
	smmTotals = regexp.MustCompile(`(?i)ceasefire violations|compared with|previous reporting period|previous 24 hours|observed a (?:generally|relatively)`)
	again     = regexp.MustCompile(`(?i)\b(?:same|this|that) (?:location|position|place|camera)|of its (?:position|location)`)
	saw       = map[string]string{"heard": "heard", "saw": "saw", "recorded": "recorded", "registered": "recorded", "observed": "saw"}
)

// sentence reads what one sentence says was observed.
func (s *smmReport) sentence(line int, text string) error {
	text = strings.NewReplacer("–", "-", "‑", "-", "−", "-", "“", `"`, "”", `"`, "\u00a0", " ").Replace(text)
	if issued.MatchString(text) || issuedISO.MatchString(text) {
		return nil // the day of the report is no day of an event
	}
	clauses := s.partsByVerb(text)
	if len(clauses) == 0 {
		s.time(text) // it may set the scene for the next
		return nil
	}
	if smmTotals.MatchString(text) {
		s.sum.Rows++
		s.sum.Reports++
		return nil
	}
	for _, c := range clauses {
		s.place(c.before, c.after)
		s.time(c.before + " " + c.after)
		for _, o := range observationsIn(c.after) {
			if err := s.incident(line, text, saw[c.verb], o); err != nil {
				return err
			}
		}
	}
	return nil
}

// smmClause is a verb of observing, with what stands before it and after it up to
// the next.
type smmClause struct{ before, verb, after string }

func (s *smmReport) partsByVerb(text string) []smmClause {
	at := observing.FindAllStringSubmatchIndex(text, -1)
	var out []smmClause
	for i, m := range at {
		from, to := 0, len(text)
		if i > 0 {
			from = at[i][0]
		}
		if i+1 < len(at) {
			to = at[i+1][0]
		}
		c := smmClause{text[from:m[2]], strings.ToLower(text[m[2]:m[3]]), text[m[3]:to]}
		if len(observationsIn(c.after)) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// incident hands one observation over.
func (s *smmReport) incident(line int, text, sense string, o smmObservation) error {
	s.sum.Rows++
	s.n++
	in := &evidence.Incident{
		ID: fmt.Sprintf("%s:%d", s.id, s.n), Level: evidence.Reported, Source: smmSource, Text: text, Count: o.count, From: s.pos(line),
		Seen: &evidence.Observation{Station: s.station.name, Sense: sense, Kind: o.kind, What: o.what, Weapon: o.weapon, Exercise: o.exercise, Bearings: o.bearings},
	}
	sc := evidence.Unknown()
	sc.Time = s.span
	o.facts(&sc)
	s.located(in, &sc, o)
	if s.span.Unknown() {
		in.Notes = append(in.Notes, "no time was found in the sentence or before it")
	}
	in.Notes = append(in.Notes, o.notes...)
	in.Scenarios = []evidence.Scenario{sc}
	return s.emit(in)
}

// located puts the observation into the sector that range and bearing give.
func (s *smmReport) located(in *evidence.Incident, sc *evidence.Scenario, o smmObservation) {
	sc.PlaceName = strings.TrimSpace(o.where + " of " + s.station.name)
	if o.where == "" {
		sc.PlaceName = "near " + s.station.name
	}
	if s.station.name == "" {
		sc.PlaceName = o.where
	}
	switch {
	case !s.station.known:
		in.Notes = append(in.Notes, "where the observer was could not be told: the place is left open")
		return
	case len(o.ranges) == 0:
		in.Notes = append(in.Notes, "no range is given: the place is left open")
		return
	}
	var all []where.Region
	for _, text := range o.ranges {
		if b, ok := gazetteer.ParseBearing(text + " of the observer"); ok && b.Ranged {
			all = append(all, b.Around(s.station.at, s.station.within))
		} else if b, ok := gazetteer.ParseBearing(text + " from the observer"); ok && b.Ranged {
			all = append(all, b.Around(s.station.at, s.station.within))
		}
	}
	if len(all) > 0 {
		sc.Place = where.UnionRegion(all...)
		in.Notes = append(in.Notes, s.station.notes...)
	}
}
