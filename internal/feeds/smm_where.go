package feeds

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var (
	// stationIn finds a place with what these reports put behind it: "Svitlodarsk
	// (government-controlled, 57km north-east of Donetsk)".
	stationIn = regexp.MustCompile(`((?:[A-ZŁŽ][\p{L}’'-]*|camera|station|checkpoint|in|at|the|of|central|railway|entry-exit|city|centre)(?:[ /](?:[A-ZŁŽ][\p{L}\d’'-]*|station|checkpoint|central|railway|entry-exit|in|city|centre))*)\s*(?:\([A-Z]{2,5}\)\s*)?\(([^()]*?(\d+(?:\.\d+)?\s?km\s+(?i:` + smmWind + `))(?:\s+of\s+([\p{Lu}][\p{L}’'-]+(?: city)?(?: centre)?)|[^()]*)[^()]*)\)`)
	// controlledIn finds one with the holder before it: `"DPR"-controlled Debaltseve`.
	controlledIn = regexp.MustCompile(`(?:controlled|government-controlled)\s+((?:[\p{Lu}][\p{L}’'-]+ ?){1,3})`)
	plainIn      = regexp.MustCompile(`(?:[Ww]hile|[Ww]hilst|[Pp]ositioned|camera)\s+(?:in|at|near)\s+((?:the )?(?:[\p{Lu}][\p{L}’'-]+ ?){1,4})`)
)

// place finds out where the observer was. A sentence that names no place goes on
// at the one before.
func (s *smmReport) place(before, after string) {
	if st, ok := s.stationOf(before); ok {
		s.station = st
		return
	}
	if again.MatchString(before+after) && s.station.name != "" {
		return
	}
	if st, ok := s.stationOf(after); ok { // "heard a burst 2km west of Horlivka (...)"
		s.station = st
	}
}

func (s *smmReport) stationOf(text string) (smmStation, bool) {
	if all := stationIn.FindAllStringSubmatch(text, -1); len(all) > 0 {
		m := all[len(all)-1]
		name := strings.TrimSpace(strings.TrimPrefix(m[1], "the "))
		for _, p := range []string{"camera at the ", "camera in the ", "camera at ", "camera in ", "in ", "at ", "of "} {
			if i := strings.LastIndex(name, p); i >= 0 {
				name = name[i+len(p):]
			}
		}
		city := m[4]
		if city == "" {
			city = "Donetsk"
			if strings.Contains(m[2], "Luhansk") {
				city = "Luhansk"
			}
		}
		city = strings.TrimSuffix(strings.TrimSuffix(city, " centre"), " city")
		return s.locate(name, m[3]+" of "+city), true
	}
	for _, r := range []*regexp.Regexp{controlledIn, plainIn} {
		if m := r.FindStringSubmatch(text); m != nil {
			return s.locate(strings.TrimSpace(strings.TrimPrefix(m[1], "the ")), ""), true
		}
	}
	return smmStation{}, false
}

// locate looks a station up: by its name, where one place of it fits the bearing
// that the report gives, else by the bearing.
func (s *smmReport) locate(name, bearing string) smmStation {
	st := smmStation{name: name}
	var by where.Region
	if bearing != "" {
		by, st.notes, _ = s.tools.place(bearing)
	}
	r := s.tools.names.Resolve(name)
	for _, c := range r.Candidates {
		for _, e := range c.Entries {
			if !e.HasPoint || bearing == "" && len(r.Candidates) > 1 {
				continue
			}
			if at, ok := by.Centre(); bearing == "" || ok && near(at, by, e.Point) {
				st.at, st.within, st.known = e.Point, max(e.Radius/4, 200), true
				st.notes = []string{"the observer was in " + name + ": taken from its centre"}
				return st
			}
		}
	}
	if at, ok := by.Centre(); ok {
		radius, _ := by.Radius()
		st.at, st.within, st.known = at, radius, true
		st.notes = append(st.notes, "the observer's place is as the report gives it: "+bearing)
	}
	return st
}

// near reports whether a place may be the one of a bearing: these are rounded, and
// taken from one centre of a city or another.
func near(at where.Point, by where.Region, p where.Point) bool {
	radius, ok := by.Radius()
	return ok && where.Distance(at, p, where.Model{}) <= radius+8000
}

var (
	onDate    = regexp.MustCompile(`(?i)\b` + `(\d{1,2})(?:\s*-\s*(\d{1,2}))?\s+(` + monthNames + `|Jan\.|Feb\.|Dec\.|Nov\.|Oct\.|Sept?\.|Aug\.)(?:\s+(20\d\d))?`)
	monthDay  = regexp.MustCompile(`(?i)\b(` + monthNames + `|Jan\.|Feb\.|Dec\.|Nov\.|Oct\.|Sept?\.|Aug\.)\s+(\d{1,2})\b`)
	clocks    = regexp.MustCompile(`(?i)\b(?:between|from)\s+(\d{1,2})[:.](\d\d)\s*(?:hrs|h)?\s+(?:and|to|until)\s+(\d{1,2})[:.](\d\d)`)
	clockAt   = regexp.MustCompile(`(?i)\bat\s+(about |approximately |around )?(\d{1,2})[:.](\d\d)`)
	partOfDay = regexp.MustCompile(`(?i)\b(early morning|morning|daytime|day|afternoon|evening|night|overnight)\b(?:\s+hours)?(?:\s+and\s+(?:the\s+)?(?:early\s+)?(night|morning)(?:\s+hours)?)?(?:\s+(?:of|on)\b)?`)
	following = regexp.MustCompile(`(?i)\bfollowing (?:day|morning)|the next day`)
)

// hoursOf are the hours of a part of the day: wide, since nobody said when it ends.
var hoursOf = map[string][2]int{"early morning": {0, 9}, "morning": {4, 12}, "daytime": {6, 20}, "day": {6, 20}, "afternoon": {12, 19}, "evening": {16, 24}, "night": {-6, 8}, "overnight": {-6, 8}}

// time finds out when; what a sentence does not say goes on from the one before.
func (s *smmReport) time(text string) {
	if s.year == 0 {
		return
	}
	dated := s.dates(text)
	if !dated && following.MatchString(text) && !s.date.first.IsZero() {
		d := s.date.last.AddDate(0, 0, 1)
		s.date, dated = smmDate{d, d}, true
	}
	if s.date.first.IsZero() {
		return
	}
	at := func(d time.Time, h, m int) when.Instant {
		return when.At(time.Date(d.Year(), d.Month(), d.Day(), h, m, 0, 0, s.zone))
	}
	num := func(x string) int { n, _ := strconv.Atoi(x); return n }
	first, last := s.date.first, s.date.last
	switch m := clocks.FindStringSubmatch(text); {
	case m != nil:
		end := at(last, num(m[3]), num(m[4])+1)
		start := at(first, num(m[1]), num(m[2]))
		if end <= start {
			end = at(last.AddDate(0, 0, 1), num(m[3]), num(m[4])+1)
		}
		s.span = when.Span{Start: start, End: end}
		return
	}
	if m := clockAt.FindStringSubmatch(text); m != nil {
		slack := 0
		if m[1] != "" {
			slack = 15
		}
		s.span = when.Span{Start: at(first, num(m[2]), num(m[3])-slack), End: at(last, num(m[2]), num(m[3])+1+slack)}
		return
	}
	part := partOfDay.FindStringSubmatch(text)
	switch {
	case part != nil:
		h := hoursOf[strings.ToLower(part[1])]
		start, end := at(first, h[0], 0), at(last, h[1], 0)
		if first != last { // "the night of 6-7": from the one evening to the other morning
			start = at(first, max(h[0], 16), 0)
		}
		if then := strings.ToLower(part[2]); then != "" {
			end = at(last, 12, 0)
			if then == "night" {
				end = at(last, 8, 0)
			}
			if first == last {
				end = at(last.AddDate(0, 0, 1), 8, 0)
			}
		}
		s.span = when.Span{Start: start, End: end}
	case dated:
		s.span = when.Span{Start: at(first, 0, 0), End: at(last.AddDate(0, 0, 1), 0, 0)}
	}
}

// dates reads the days that a sentence names; false where it names none.
func (s *smmReport) dates(text string) bool {
	d, d2, month, year := "", "", "", ""
	if m := onDate.FindStringSubmatch(text); m != nil {
		d, d2, month, year = m[1], m[2], m[3], m[4]
	} else if m := monthDay.FindStringSubmatch(text); m != nil {
		d, month = m[2], m[1]
	} else {
		return false
	}
	first, ok := s.day(d, month, year)
	if !ok {
		return false
	}
	s.date = smmDate{first, first}
	if d2 != "" {
		if last, ok := s.day(d2, month, year); ok {
			if last.Before(first) { // "30-1 September" is of two months
				first = first.AddDate(0, -1, 0)
			}
			s.date = smmDate{first, last}
		}
	}
	return true
}

// day is a day of the year of the report, or of the year before where it would
// lie after the report.
func (s *smmReport) day(d, month, year string) (time.Time, bool) {
	y := s.year
	if year != "" {
		y, _ = strconv.Atoi(year)
	}
	for _, layout := range []string{"2 January 2006", "2 Jan 2006"} {
		text := d + " " + title(strings.TrimSuffix(month, ".")) + " " + strconv.Itoa(y)
		text = strings.Replace(text, "Sept ", "Sep ", 1)
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if !s.issued.IsZero() && year == "" && t.After(s.issued.AddDate(0, 0, 40)) {
			t = t.AddDate(-1, 0, 0)
		}
		return t, true
	}
	return time.Time{}, false
}
