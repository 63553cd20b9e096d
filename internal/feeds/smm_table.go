package feeds

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// smmTable reads the annex table of ceasefire violations.
type smmTable struct {
	plain
	report *smmReport
}

func newSMMTable(r *run) (handler, error) {
	s, err := newSMMReport(r, "")
	if err != nil {
		return nil, err
	}
	return &smmTable{plain{r}, s}, nil
}

var (
	tableDay    = regexp.MustCompile(`(?i)^(\d{1,2})[-\s]([A-Za-z]{3,9})(?:[-\s](20\d\d))?,?\s*(.*)$`)
	wholeNumber = regexp.MustCompile(`(?i)^` + smmNumber + `$`)
	tableClock  = regexp.MustCompile(`^(\d{1,2}):(\d\d)(?:\s*(?:-|–|to)\s*(\d{1,2}):(\d\d))?$`)
)

func (f *smmTable) record(rec *record) error {
	kind, ok := observedKind(rec.get("observation"))
	if !ok {
		return f.reject(rec, faultIn("observation", "%q is no observation: expected explosion, burst, shot, projectile, muzzle flash, illumination flare or airburst", clip(rec.get("observation"))))
	}
	in := &evidence.Incident{ID: fmt.Sprintf("%s:%d", f.run.id, rec.line), Level: evidence.Reported, Source: smmSource, From: f.pos(rec.line)}
	m := wholeNumber.FindStringSubmatch(strings.TrimSpace(rec.get("no.")))
	if m == nil {
		return f.reject(rec, faultIn("no.", "%q is no number: expected 5, about 80, at least 15, or uncountable", clip(rec.get("no."))))
	}
	in.Count = smmCount(m[1], m[2])
	o := smmObservation{kind: kind, what: strings.ToLower(rec.get("description"))}
	if !strings.EqualFold(rec.get("weapon"), "N/K") {
		o.armed(rec.get("weapon"))
	}
	switch d := o.what; {
	case strings.Contains(d, "exercise"):
		o.exercise = "live-fire exercise"
	case strings.Contains(d, "detonation"), strings.Contains(d, "demining"):
		o.exercise = "controlled detonation"
	}
	if kind == "explosion" && strings.Contains(o.what, "airburst") {
		o.kind = "airburst"
	}
	span, err := f.time(rec)
	if err != nil {
		return f.reject(rec, err)
	}
	sc := evidence.Unknown()
	sc.Time = span
	o.facts(&sc)
	position := rec.get("smm position")
	if st, ok := f.report.stationOf(position); ok {
		f.report.station = st
	} else {
		f.report.station = smmStation{name: position}
	}
	location := rec.get("event location")
	for _, m := range smmRange.FindAllStringSubmatch(location, -1) {
		for _, w := range append(smmOneWind.FindAllString(m[3], -1), "") {
			if text := strings.TrimSpace(m[1] + " " + w); w != "" || len(o.ranges) == 0 {
				o.ranges = append(o.ranges, text)
			}
		}
	}
	o.where = location
	if strings.EqualFold(location, "N/K") {
		o.where = ""
	}
	in.Seen = &evidence.Observation{Station: position, Sense: tableSense(rec.get("means")), Kind: o.kind, What: o.what, Weapon: o.weapon, Exercise: o.exercise, Bearings: smmOneWind.FindAllString(location, -1)}
	f.report.located(in, &sc, o)
	in.Scenarios = []evidence.Scenario{sc}
	return f.emit(in)
}

func tableSense(s string) string {
	switch s = strings.ToLower(s); {
	case strings.HasPrefix(s, "heard"):
		return "heard"
	case strings.HasPrefix(s, "saw"):
		return "saw"
	case strings.HasPrefix(s, "recorded"):
		return "recorded"
	}
	return s
}

func observedKind(s string) (string, bool) {
	s = strings.ToLower(s)
	for _, k := range []struct{ begins, kind string }{{"explosion", "explosion"}, {"burst", "burst"}, {"shot", "shot"}, {"projectile", "projectile"}, {"muzzle", "muzzle-flash"}, {"illumination", "flare"}, {"flare", "flare"}, {"airburst", "airburst"}} {
		if strings.HasPrefix(s, k.begins) {
			return k.kind, true
		}
	}
	return "", false
}

// time reads "13-Apr, 20:52", also in two columns; the year is that of the name of
// the file where the cell has none.
func (f *smmTable) time(rec *record) (when.Span, error) {
	column := "date, time"
	text := rec.get(column)
	if text == "" {
		column, text = "date", strings.TrimSpace(rec.get("date")+", "+rec.get("time"))
	}
	m := tableDay.FindStringSubmatch(text)
	if m == nil {
		return when.Always, faultIn(column, "%q is no day and time: expected one such as 13-Apr, 20:52", clip(text))
	}
	if m[3] == "" && f.report.year == 0 {
		return when.Always, nil
	}
	name := strings.ToLower(m[2])
	if len(name) > 3 {
		name = name[:3]
	}
	year := m[3]
	if year == "" {
		year = fmt.Sprint(f.report.year)
	}
	day, err := time.Parse("2 Jan 2006", m[1]+" "+title(name)+" "+year)
	if err != nil {
		return when.Always, faultIn(column, "%q is no day: expected one such as 13-Apr", clip(text))
	}
	at := func(h, min string, more int) when.Instant {
		var hour, minute int
		fmt.Sscan(h, &hour)
		fmt.Sscan(min, &minute)
		return when.At(time.Date(day.Year(), day.Month(), day.Day(), hour, minute+more, 0, 0, f.report.zone))
	}
	c := tableClock.FindStringSubmatch(strings.TrimSpace(m[4]))
	switch {
	case c == nil:
		return when.Span{Start: at("0", "0", 0), End: at("24", "0", 0)}, nil
	case c[3] == "":
		return when.Span{Start: at(c[1], c[2], 0), End: at(c[1], c[2], 1)}, nil
	}
	end := at(c[3], c[4], 1)
	if start := at(c[1], c[2], 0); end > start {
		return when.Span{Start: start, End: end}, nil
	}
	return when.Span{Start: at(c[1], c[2], 0), End: at(c[3], c[4], 1+24*60)}, nil
}
