package reader

import (
	"fmt"
	"strconv"
	"time"

	"github.com/truce-project/truce/internal/talks"
)

// Day is a civil day; Year 0 is one of no known year.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

func (d Day) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("XXXX-%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

func (d Day) known() bool { return d.Month != 0 }

// plus counts days. Without a year the end of February stops it: what comes
// after would be a guess.
func (d Day) plus(n int) (Day, bool) {
	year := d.Year
	if year == 0 {
		year = 2023
	}
	t := time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	out := Day{t.Year(), t.Month(), t.Day()}
	if d.Year == 0 {
		spring := time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)
		first := time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
		if t.Before(spring) != first.Before(spring) || t.Year() != year {
			return Day{}, false
		}
		out.Year = 0
	}
	return out, true
}

// weekday is 1 for Monday to 7 for Sunday, 0 without a year.
func (d Day) weekday() int {
	if d.Year == 0 {
		return 0
	}
	w := int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday())
	if w == 0 {
		w = 7
	}
	return w
}

// dateTag is a date in a sentence as it is told there.
type dateTag struct {
	s, e   int
	day    Day // a date with a month
	to     int // a weekday, 1 to 7
	offset int // from the day of the dateline
	fixed  bool
	shift  bool // offset counts from another date that the text tells
	side   int  // last -1, next +1
	night  bool
	unit   string // "week" or "of" a month: a span of days
	next   bool   // it dates what is told after it
	event  bool   // it counts from an event that the text tells of
	later  bool   // that event is the one told before
}

// findDates finds the dates of a sentence.
func findDates(s *sentence) (out []dateTag) {
	covered := 0
	for _, t := range s.of("weekday", "month", "day", "shift", "ago", "event", "night", "week", "of") {
		if t.s < covered {
			continue
		}
		d := dateTag{s: t.s, e: t.e}
		n, _ := strconv.Atoi(t.value)
		switch t.class {
		case "month":
			if !s.monthDay(&d, n) {
				continue
			}
		case "weekday":
			d.to = n
			s.around(&d)
			s.withDay(&d)
		case "day":
			d.offset, d.fixed = n, true
		case "week", "of":
			d.unit, d.side, d.offset = t.class, n, n
		case "shift":
			d.offset, d.shift = n, true
			if w := s.toks[t.e-1].low; (w == "before" || w == "after") && t.e < len(s.toks) && !s.toks[t.e].punct {
				d.offset, d.next = -n, true // "a day before they meet": they meet a day later
			}
		case "ago":
			k, ok := s.number(t.s - 1)
			if !ok {
				continue
			}
			d.s, d.offset, d.fixed = t.s-1, -k*n, true
		case "event":
			d.event, d.offset = true, n
			w := s.toks[t.e-1].low
			d.later = w == "later" || w == "часы"
			if !d.later && !s.callAfter(t) {
				continue
			}
		case "night":
			d.night = true
			s.nightOf(&d)
		}
		covered = d.e
		out = append(out, d)
	}
	return out
}

// callAfter: a call or a talk is what follows: "hours after the call".
func (s *sentence) callAfter(t tag) bool {
	for _, c := range s.of("meet") {
		if c.s >= t.e-1 && c.s-t.e <= 3 {
			return true
		}
	}
	return false
}

// withDay takes in the day of the month after a weekday: "Friday, March 21".
func (s *sentence) withDay(d *dateTag) {
	for _, t := range s.of("month") {
		if t.s < d.e || t.s-d.e > 2 {
			continue
		}
		m := dateTag{s: t.s, e: t.e}
		n, _ := strconv.Atoi(t.value)
		if s.monthDay(&m, n) && m.s-d.e <= 1 {
			d.day, d.e = m.day, m.e
		}
	}
}

// headWeekday is the weekday of a dateline without a year, where the text names
// some day by both weekday and date.
func (d *document) headWeekday() int {
	if !d.dateline.known() || d.dateline.Year != 0 {
		return 0
	}
	for i := range d.sents {
		for _, t := range d.sents[i].dates {
			if t.to == 0 || !t.day.known() {
				continue
			}
			for n := -60; n <= 60; n++ {
				if x, ok := d.dateline.plus(n); ok && x.Month == t.day.Month && x.Day == t.day.Day {
					return ((t.to-n-1)%7+7)%7 + 1
				}
			}
		}
	}
	return 0
}

// monthDay reads March 23, 2025 and 23 March 2025; a month alone is no day.
func (s *sentence) monthDay(d *dateTag, month int) bool {
	d.day.Month = time.Month(month)
	if n, ok := s.number(d.s - 1); ok && n >= 1 && n <= 31 {
		d.day.Day = n
		d.s--
	} else if n, ok := s.number(d.e); ok && n >= 1 && n <= 31 {
		d.day.Day = n
		d.e++
	} else {
		return false
	}
	i := d.e
	if i < len(s.toks) && s.toks[i].low == "," {
		i++
	}
	if y, ok := s.number(i); ok && y >= 1900 && y < 2200 {
		d.day.Year = y
		d.e = i + 1
	}
	t := time.Date(2024, d.day.Month, d.day.Day, 0, 0, 0, 0, time.UTC)
	return t.Month() == d.day.Month
}

func (s *sentence) number(i int) (int, bool) {
	if i < 0 || i >= len(s.toks) {
		return 0, false
	}
	if n, ok := numerals[s.toks[i].low]; ok {
		return n, true
	}
	n, err := strconv.Atoi(s.toks[i].text)
	return n, err == nil && n < 10000
}

var numerals = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fourteen": 14, "thirty": 30, "sixty": 60, "ninety": 90,
	"два": 2, "дві": 2, "три": 3, "чотири": 4, "п'ять": 5, "шість": 6, "сім": 7, "вісім": 8, "дев'ять": 9, "десять": 10, "шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "две": 2, "четыре": 4, "пять": 5, "тридцять": 30, "тридцать": 30}

// around looks for last and next before a weekday, and "late on" and "evening".
func (s *sentence) around(d *dateTag) {
	for _, t := range s.of("last") {
		if t.e == d.s {
			d.side, _ = strconv.Atoi(t.value)
			if t.value == "0" {
				d.side = 0
			}
			d.s = t.s
		}
	}
	for d.s > 0 && dateBefore[s.toks[d.s-1].low] {
		d.s--
	}
	if d.e < len(s.toks) && dateAfter[s.toks[d.e].low] {
		d.e++
	}
}

var (
	dateBefore = wordList("late early on into в у во ввечері вечером вранці утром пізно поздно")
	dateAfter  = wordList("evening morning afternoon night ввечері вечером вранці утром вночі ночью")
)

// nightOf takes in the day that a night belongs to: "overnight into Sunday".
func (s *sentence) nightOf(d *dateTag) {
	for _, t := range s.of("weekday") {
		if t.s >= d.e && t.s-d.e <= 2 {
			d.to, _ = strconv.Atoi(t.value)
			d.e = t.e
		}
	}
	for _, t := range s.of("month") {
		if t.s >= d.e && t.s-d.e <= 2 {
			m := dateTag{s: t.s, e: t.e}
			n, _ := strconv.Atoi(t.value)
			if s.monthDay(&m, n) {
				d.day, d.e = m.day, m.e
			}
		}
	}
}

// resolve turns a date into days. ahead says whether what it dates is still to
// come.
func (d *document) resolve(s *sentence, t dateTag, ahead bool) talks.Date {
	out := talks.Date{Words: d.wordsOf(s, t.s, t.e)}
	switch {
	case t.day.known():
		d.absolute(&out, t)
	case t.event:
		d.afterEvent(s, &out, t)
	case t.unit != "":
		d.spanOf(&out, t)
	case t.shift:
		d.shifted(s, &out, t)
	case t.fixed:
		d.fromDay(&out, t.offset, "counted from the day of the dateline")
	case t.to != 0:
		d.weekday(&out, t, ahead)
	default:
		d.overnight(&out)
	}
	return out
}

// spanOf is a week, Monday to Sunday, or a month, before, of or after the dateline.
func (d *document) spanOf(out *talks.Date, t dateTag) {
	at := d.dateline
	if !at.known() || at.Year == 0 {
		out.Relative, out.Why = relative(map[string]string{"week": "week of P", "of": "month of P"}[t.unit], t.offset), "P is the day of publication, which is not known"
		return
	}
	first := time.Date(at.Year, at.Month, at.Day, 0, 0, 0, 0, time.UTC)
	var last time.Time
	if t.unit == "week" {
		first = first.AddDate(0, 0, 7*t.offset-(at.weekday()-1))
		last = first.AddDate(0, 0, 6)
		if t.offset == -1 && at.weekday() == 7 { // on a Sunday: the week before, or the days just past
			last = last.AddDate(0, 0, 6)
		}
	} else {
		first = time.Date(at.Year, at.Month+time.Month(t.offset), 1, 0, 0, 0, 0, time.UTC)
		last = first.AddDate(0, 1, -1)
	}
	out.Value, out.End, out.Why = first.Format(time.DateOnly), last.Format(time.DateOnly), "a day of that span, counted from the dateline"
}

func (d *document) absolute(out *talks.Date, t dateTag) {
	day := t.day
	out.Why = "as written"
	if day.Year == 0 && d.dateline.Year != 0 {
		day.Year = d.nearestYear(day)
		out.Why = "as written, in the year nearest to the dateline"
	} else if day.Year == 0 {
		out.Why = "as written; no year is known"
	}
	out.Value = day.String()
	if t.night {
		if before, ok := day.plus(-1); ok {
			out.Value, out.End = before.String(), day.String()
		}
	}
}

func (d *document) nearestYear(day Day) int {
	best, gap := 0, time.Duration(1<<62)
	at := time.Date(d.dateline.Year, d.dateline.Month, d.dateline.Day, 0, 0, 0, 0, time.UTC)
	for y := d.dateline.Year - 1; y <= d.dateline.Year+1; y++ {
		g := time.Date(y, day.Month, day.Day, 0, 0, 0, 0, time.UTC).Sub(at).Abs()
		if g < gap {
			best, gap = y, g
		}
	}
	return best
}

func (d *document) fromDay(out *talks.Date, offset int, why string) {
	if !d.dateline.known() {
		out.Relative, out.Why = relative("P", offset), "P is the day of publication, which is not known"
		return
	}
	day, ok := d.dateline.plus(offset)
	if !ok {
		out.Relative, out.Why = relative("P", offset), "P is the day of the dateline, whose year is not known"
		return
	}
	out.Value, out.Why = day.String(), why
}

func relative(base string, n int) string {
	if n == 0 {
		return base
	}
	return fmt.Sprintf("%s%+d", base, n)
}

// weekday finds the day of that name: at or before the dateline for what has
// happened, at or after it for what is to come.
func (d *document) weekday(out *talks.Date, t dateTag, ahead bool) {
	from := d.dateline.weekday()
	if from == 0 {
		from = d.headDay
	}
	anchored := from != 0
	if !anchored {
		from = d.anchor
	}
	n := t.to - from
	switch {
	case t.side < 0:
		if n >= 0 {
			n -= 7
		}
	case t.side > 0:
		if n <= 0 {
			n += 7
		}
	case ahead && n < 0:
		n += 7
	case !ahead && t.side == 0 && (n+7)%7 == 1 && !anchored && !d.anchorAhead:
		n = 1 // told as past beside the day before: the text is of that day or later
	case !ahead && n > 0:
		n -= 7
	}
	direction := "the nearest such day that is past"
	if ahead || t.side > 0 || n > 0 {
		direction = "the nearest such day to come"
	}
	if n == 0 {
		direction = "the day itself"
	}
	if !anchored {
		out.Relative = relative("D", n)
		out.Why = fmt.Sprintf("D is the %s that the text names first; no dateline is known; %s", weekdayNames[d.anchor], direction)
		return
	}
	day, ok := d.dateline.plus(n)
	if !ok {
		return
	}
	out.Value, out.Why = day.String(), direction+", by the dateline"
	if t.night {
		if before, ok := day.plus(-1); ok {
			out.Value, out.End = before.String(), day.String()
		}
	}
}

var weekdayNames = []string{"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

func (d *document) overnight(out *talks.Date) {
	if before, ok := d.dateline.plus(-1); d.dateline.known() && ok {
		out.Value, out.End, out.Why = before.String(), d.dateline.String(), "the night before the dateline, or into it"
		return
	}
	out.Relative, out.Why = "P-1..P", "P is the day of publication, which is not known"
}

// shifted counts from the date that the text told last before this one.
func (d *document) shifted(s *sentence, out *talks.Date, t dateTag) {
	base, why := d.lastDate(s, t.s)
	if base == nil {
		d.fromDay(out, t.offset, "counted from the dateline: the text has told no other date before")
		return
	}
	out.Why = "counted from " + strconv.Quote(why)
	if base.Value != "" {
		if day, ok := parseDay(base.Value); ok {
			if x, ok := day.plus(t.offset); ok {
				out.Value = x.String()
				return
			}
		}
	}
	if len(base.Relative) > 0 {
		n, _ := strconv.Atoi(base.Relative[1:])
		out.Relative = relative(base.Relative[:1], n+t.offset)
	}
}

// lastDate is the last date before a token, in the sentence or the two before it.
func (d *document) lastDate(s *sentence, before int) (*talks.Date, string) {
	i := d.index(s)
	for k := i; k >= 0 && k >= i-4; k-- {
		x := &d.sents[k]
		for j := len(x.dates) - 1; j >= 0; j-- {
			t := x.dates[j]
			if k == i && t.s >= before || t.shift {
				continue
			}
			r := d.resolve(x, t, x.ahead(t.s))
			return &r, r.Words.Text
		}
	}
	return nil, ""
}

func parseDay(s string) (Day, bool) {
	var d Day
	var m int
	if len(s) == 10 && s[:4] == "XXXX" {
		if _, err := fmt.Sscanf(s[5:], "%d-%d", &m, &d.Day); err != nil {
			return d, false
		}
	} else if _, err := fmt.Sscanf(s, "%d-%d-%d", &d.Year, &m, &d.Day); err != nil {
		return d, false
	}
	d.Month = time.Month(m)
	return d, m >= 1 && m <= 12
}

// DayOf is the civil day of a time, in its own zone.
func DayOf(t time.Time) Day { return Day{t.Year(), t.Month(), t.Day()} }
