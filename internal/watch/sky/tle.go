package sky

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Elements are the mean elements of a satellite as a two-line set has them.
type Elements struct {
	Name    string
	Number  string // catalogue number
	Epoch   time.Time
	bstar   float64 // drag, per earth radius
	incl    float64 // radians, as all angles here
	node    float64
	ecc     float64
	perigee float64
	anomaly float64
	motion  float64 // radians per minute
}

// MaxAge is how far from its epoch a set of elements is used.
const MaxAge = 14 * 24 * time.Hour

// deep is the period, in minutes, from which SGP4 alone does not hold.
const deep = 225

// ParseTLE reads two lines of elements, with or without a line with the name
// before them. Errors name the line and column and what was expected.
func ParseTLE(text string) (*Elements, error) {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimRight(l, " \r\t"); l != "" {
			lines = append(lines, l)
		}
	}
	e := &Elements{}
	if len(lines) == 3 {
		e.Name, lines = strings.TrimSpace(strings.TrimPrefix(lines[0], "0 ")), lines[1:]
	}
	if len(lines) != 2 {
		return nil, fmt.Errorf("expected two lines of elements, with or without a name before them, got %d", len(lines))
	}
	for i, l := range lines {
		if err := checkLine(l, i+1); err != nil {
			return nil, err
		}
	}
	if lines[0][2:7] != lines[1][2:7] {
		return nil, fmt.Errorf("the lines are of two satellites, %s and %s", lines[0][2:7], lines[1][2:7])
	}
	e.Number = strings.TrimSpace(lines[0][2:7])
	r := reader{}
	year, day := r.number(lines[0], 1, 18, 20), r.number(lines[0], 1, 20, 32)
	e.bstar = r.power(lines[0], 1, 53, 61)
	e.incl, e.node = r.number(lines[1], 2, 8, 16)*deg, r.number(lines[1], 2, 17, 25)*deg
	e.ecc = r.fraction(lines[1], 2, 26, 33)
	e.perigee, e.anomaly = r.number(lines[1], 2, 34, 42)*deg, r.number(lines[1], 2, 43, 51)*deg
	revs := r.number(lines[1], 2, 52, 63)
	if r.err != nil {
		return nil, r.err
	}
	if revs <= 0 || revs > 18 || e.ecc >= 1 || day < 1 || day >= 367 || e.incl > math.Pi {
		return nil, fmt.Errorf("line 2: %g turns a day, eccentricity %g and inclination %.4g° on day %g are no orbit round the earth", revs, e.ecc, e.incl/deg, day)
	}
	if 1440/revs >= deep {
		return nil, fmt.Errorf("line 2, column 53: one turn takes %.0f minutes: expected less than %d, as the satellites that see the ground in detail have", 1440/revs, deep)
	}
	e.motion = revs * 2 * math.Pi / 1440
	y := int(year) + 1900
	if year < 57 {
		y += 100
	}
	e.Epoch = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration((day - 1) * 86400e9).Round(time.Microsecond))
	return e, nil
}

const deg = math.Pi / 180

// checkLine checks the length, number and check sum of a line.
func checkLine(l string, n int) error {
	if len(l) < 68 || len(l) > 69 {
		return fmt.Errorf("line %d has %d characters: expected 69", n, len(l))
	}
	for i := range len(l) {
		if l[i] < ' ' || l[i] > '~' {
			return fmt.Errorf("line %d, column %d: expected plain characters", n, i+1)
		}
	}
	if l[0] != byte('0'+n) || l[1] != ' ' {
		return fmt.Errorf("line %d, column 1: expected %q, got %q", n, fmt.Sprintf("%d ", n), l[:2])
	}
	if len(l) < 69 {
		return nil // some lists leave the check digit out
	}
	sum := 0
	for _, c := range l[:68] {
		if c >= '0' && c <= '9' {
			sum += int(c - '0')
		} else if c == '-' {
			sum++
		}
	}
	if int(l[68]-'0') != sum%10 {
		return fmt.Errorf("line %d, column 69: the check digit is %c and the line gives %d: a digit was mistyped", n, l[68], sum%10)
	}
	return nil
}

// reader reads fixed columns and keeps the first error.
type reader struct{ err error }

func (r *reader) number(l string, line, from, to int) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(l[from:to]), 64)
	if (err != nil || math.IsNaN(v) || math.IsInf(v, 0)) && r.err == nil {
		r.err = fmt.Errorf("line %d, column %d: expected a number, got %q", line, from+1, l[from:to])
	}
	return v
}

// fraction reads digits behind a decimal point that is not written.
func (r *reader) fraction(l string, line, from, to int) float64 {
	digits := strings.ReplaceAll(l[from:to], " ", "0")
	v, err := strconv.ParseUint(digits, 10, 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("line %d, column %d: expected digits, got %q", line, from+1, l[from:to])
	}
	return float64(v) / math.Pow10(len(digits))
}

// power reads a number such as " 28098-4", which is 0.28098e-4.
func (r *reader) power(l string, line, from, to int) float64 {
	s := strings.TrimSpace(l[from:to])
	if s == "" {
		return 0
	}
	sign := 1.0
	if s[0] == '-' || s[0] == '+' {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	at := strings.LastIndexAny(s, "+-")
	if at > 0 {
		m, err1 := strconv.ParseUint(strings.TrimSpace(s[:at]), 10, 64)
		x, err2 := strconv.Atoi(s[at:])
		if err1 == nil && err2 == nil && x >= -9 && x <= 9 {
			return sign * float64(m) * math.Pow10(x-len(strings.TrimSpace(s[:at])))
		}
	}
	if r.err == nil {
		r.err = fmt.Errorf("line %d, column %d: expected a number such as 28098-4, got %q", line, from+1, l[from:to])
	}
	return 0
}
