package intake

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
)

// moment is what a cell says of a time: an instant lies in [from, to]. A day is
// the whole of it, a minute the whole of it.
type moment struct {
	from, to when.Instant
	exact    bool // to the second, or with an offset
}

// civilTime is a date and perhaps a time, as written.
type civilTime struct {
	y, m, d           int
	clock             bool
	hour, min, sec    int
	seconds, midnight bool // seconds were given; 24:00
}

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T,]?\s*(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?))?(?:\.0+)?$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})([-./])(\d{1,2})[-./](\d{4}|\d{2})(?:\s*(?:р\.|г\.))?(?:[T,]?\s*(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?))?$`)
	clockOnly = regexp.MustCompile(`^(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?$`)
	offset    = regexp.MustCompile(`(?i)\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(z|[+-]\d{2}:?\d{2})$`)
)

// parseCivil reads a date, with or without a time of day. order is that of
// 03/04/2025; points are read as day, month, year where none is given, since
// nobody parts months first by points.
func parseCivil(s, order string) (civilTime, error) {
	var c civilTime
	s = strings.TrimSpace(s)
	clock := ""
	if m := yearFirst.FindStringSubmatch(s); m != nil {
		c.y, c.m, c.d, clock = atoi(m[1]), atoi(m[2]), atoi(m[3]), m[4]
	} else if m := yearLast.FindStringSubmatch(s); m != nil {
		a, b, y := atoi(m[1]), atoi(m[3]), m[4]
		switch {
		case order == "ymd":
			return c, fmt.Errorf("%q does not begin with the year, as the mapping says that dates do", clip(s))
		case len(y) == 2 && order == "":
			return c, fmt.Errorf("%q: a year of two digits, and the mapping does not say the order: expected 2025-03-20, or `dates: dmy` or mdy", clip(s))
		case order == "" && m[2] != "." && a <= 12 && b <= 12 && a != b:
			return c, fmt.Errorf("%q may be the %d.%d. or the %d.%d.: say `dates: dmy` or mdy in the mapping", clip(s), a, b, b, a)
		case order == "mdy", order == "" && m[2] != "." && b > 12:
			a, b = b, a
		}
		c.d, c.m, c.y, clock = a, b, atoi(y), m[5]
		if len(y) == 2 {
			c.y += 2000
		}
	} else {
		return c, fmt.Errorf("%q is no date that is read here: expected 2025-03-20, 2025-03-20 14:30, 20.03.2025 or 2025-03-20T14:30:00+02:00", clip(s))
	}
	if t := time.Date(c.y, time.Month(c.m), c.d, 0, 0, 0, 0, time.UTC); c.m < 1 || c.m > 12 || t.Day() != c.d || c.y < 1900 || c.y > 2200 {
		return c, fmt.Errorf("%q: there is no day %d of month %d in %d: expected day, month and year in the order that the mapping says (dates)", clip(s), c.d, c.m, c.y)
	}
	if clock == "" {
		return c, nil
	}
	return c, c.setClock(clock)
}

// setClock reads a time of day into a date.
func (c *civilTime) setClock(s string) error {
	m := clockOnly.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return fmt.Errorf("%q is no time of day: expected such as 14:30", clip(s))
	}
	c.clock, c.hour, c.min, c.seconds = true, atoi(m[1]), atoi(m[2]), m[3] != ""
	if c.seconds {
		c.sec = atoi(m[3])
	}
	if c.hour == 24 && c.min == 0 && c.sec == 0 {
		c.hour, c.midnight = 0, true
	}
	if c.hour > 23 || c.min > 59 || c.sec > 59 {
		return fmt.Errorf("%q is no time of day: expected 00:00 to 24:00", clip(s))
	}
	return nil
}

// in is what the civil time means in a zone. Without seconds it is the whole
// minute.
func (c civilTime) in(loc *time.Location) (moment, error) {
	if loc == nil {
		return moment{}, fmt.Errorf("the time has no offset and the mapping names no zone: say `zone: Europe/Kyiv`, or which it is; nothing is guessed, since an hour may decide")
	}
	if !c.clock {
		d := when.Day(c.y, time.Month(c.m), c.d, loc)
		return moment{from: d.Start, to: d.End}, nil
	}
	day := c.d
	if c.midnight {
		day++
	}
	t := time.Date(c.y, time.Month(c.m), day, c.hour, c.min, c.sec, 0, time.UTC)
	i, err := when.ParseCivil(t.Format("2006-01-02 15:04:05"), loc)
	if err != nil || c.seconds {
		return moment{from: i, to: i, exact: true}, err
	}
	return moment{from: i, to: i + when.Instant(time.Minute/time.Millisecond)}, nil
}

// parseMoment reads a time with offset, or a civil one.
func parseMoment(s, order string, loc *time.Location) (moment, error) {
	if s = strings.TrimSpace(s); offset.MatchString(s) {
		i, err := when.ParseRFC3339(s)
		return moment{from: i, to: i, exact: true}, err
	}
	c, err := parseCivil(s, order)
	if err != nil {
		return moment{}, err
	}
	return c.in(loc)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // the expression lets few digits through
	return n
}

var (
	decimalDegrees = regexp.MustCompile(`^([-+]?\d{1,3}(?:[.,]\d+)?)\s*°?\s*$`)
	sexagesimal    = regexp.MustCompile(`^(\d{1,3})\s*[°ºd]\s*(\d{1,2}(?:[.,]\d+)?)\s*['′’]?\s*(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:["″”]|''|′′)?)?\s*$`)
)

// hemispheres are letters after or before degrees, and whether they are of
// latitude and of the negative half.
var hemispheres = map[string]struct{ lat, minus bool }{
	"N": {true, false}, "S": {true, true}, "E": {false, false}, "W": {false, true},
	"ПН": {true, false}, "ПД": {true, true}, "СХ": {false, false}, "ЗХ": {false, true}, // Ukrainian
	"С": {true, false}, "Ю": {true, true}, "В": {false, false}, "З": {false, true}, // Russian
}

// parseDegrees reads a latitude or longitude: decimal with point or comma, or
// degrees, minutes and seconds, with or without a letter.
func parseDegrees(s string, lat bool) (float64, error) {
	orig, minus := s, false
	s = strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
	s = strings.ReplaceAll(s, "−", "-")
	upper := strings.ToUpper(s)
	for letter, h := range hemispheres {
		rest, ok := strings.CutSuffix(upper, letter)
		if !ok {
			if rest, ok = strings.CutPrefix(upper, letter); !ok || rest == "" {
				continue
			}
		}
		if !digitOrMark(rest) {
			continue
		}
		if h.lat != lat {
			return 0, fmt.Errorf("%q is a %s: expected the other; the columns look exchanged", clip(orig), map[bool]string{true: "latitude", false: "longitude"}[h.lat])
		}
		s, minus = strings.TrimSpace(rest), h.minus
		break
	}
	v := 0.0
	if m := decimalDegrees.FindStringSubmatch(s); m != nil {
		v, _ = strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
	} else if m := sexagesimal.FindStringSubmatch(strings.ToLower(s)); m != nil {
		part := func(i int) float64 {
			f, _ := strconv.ParseFloat(strings.Replace(m[i], ",", ".", 1), 64)
			return f
		}
		if part(2) >= 60 || m[3] != "" && part(3) >= 60 {
			return 0, fmt.Errorf("%q: minutes and seconds go to 59", clip(orig))
		}
		v = part(1) + part(2)/60
		if m[3] != "" {
			v += part(3) / 3600
		}
		v = math.Round(v*1e7) / 1e7
	} else {
		return 0, fmt.Errorf("%q is no number of degrees: expected such as 48.5167, 48,5167 or 48°31'00\"N", clip(orig))
	}
	if minus {
		v = -v
	}
	if most := map[bool]float64{true: 90, false: 180}[lat]; math.Abs(v) > most {
		return 0, fmt.Errorf("%q is beyond %g degrees: latitude and longitude look exchanged, or the decimal point is missing", clip(orig), most)
	}
	return v, nil
}

func digitOrMark(s string) bool {
	for _, c := range s {
		if !(c >= '0' && c <= '9' || strings.ContainsRune(" .,-+°º'′’\"″”D", c)) {
			return false
		}
	}
	return s != ""
}

// parsePosition reads latitude and longitude in one cell.
func parsePosition(s string) (lat, lon float64, err error) {
	s = strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "()[]"))
	parts := strings.Split(s, ";")
	if len(parts) != 2 {
		parts = strings.Split(s, ", ")
	}
	if len(parts) != 2 {
		parts = strings.Split(s, ",")
	}
	if len(parts) != 2 {
		parts = strings.Fields(s)
	}
	if len(parts) != 2 {
		return 0, 0, fmt.Errorf("%q is no position: expected latitude and longitude such as 48.5167, 35.0333", clip(s))
	}
	if lat, err = parseDegrees(parts[0], true); err == nil {
		lon, err = parseDegrees(parts[1], false)
	}
	return lat, lon, err
}

var lengthWith = regexp.MustCompile(`(?i)^[±~]?\s*(\d+(?:[.,]\d+)?)\s*(m|metres|meters|м|km|км)?\.?$`)

// parseMetres reads a length, in metres where no unit stands.
func parseMetres(s string) (float64, error) {
	m := lengthWith.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, fmt.Errorf("%q is no length: expected such as 500, 500 m or 5 km", clip(s))
	}
	v, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
	if u := strings.ToLower(m[2]); u == "km" || u == "км" {
		v *= 1000
	}
	return v, err
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// fold makes words comparable: small letters, single blanks.
func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// clip shortens what a message quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

// Position reads latitude and longitude in one text.
func Position(s string) (lat, lon float64, err error) { return parsePosition(s) }
