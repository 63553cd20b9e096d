package evidence

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseNumber reads "3", "2..5", "about 80", "at least 15" or "" (unknown).
// "5.0", as spreadsheets write whole numbers, is 5.
func ParseNumber(s string) (Number, error) {
	orig := s
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return Number{}, nil
	}
	n := Number{Known: true}
	open := false
	for {
		switch {
		case strings.HasPrefix(s, "about "):
			n.About, s = true, strings.TrimSpace(s[len("about "):])
			continue
		case strings.HasPrefix(s, "at least "):
			open, s = true, strings.TrimSpace(s[len("at least "):])
			continue
		}
		break
	}
	lo, hi, isRange := strings.Cut(s, "..")
	var err error
	if n.Min, err = whole(lo); err == nil {
		n.Max = n.Min
		if isRange {
			n.Max, err = whole(hi)
		}
	}
	if err == nil && n.Max < n.Min {
		err = fmt.Errorf("the range runs backwards")
	}
	if err != nil {
		return Number{}, fmt.Errorf("%q is not a number: expected such as 3, 2..5, about 80 or at least 15, up to a thousand million", orig)
	}
	if open {
		n.Max = -1
	}
	return n, nil
}

// maxNumber bounds a number in a report: sums of them stay sums.
const maxNumber = 1_000_000_000

func whole(s string) (int, error) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".0")
	n, err := strconv.Atoi(s)
	if err == nil && (n < 0 || n > maxNumber) {
		err = fmt.Errorf("negative, or beyond anything that was counted")
	}
	return n, err
}

// String prints n as ParseNumber reads it.
func (n Number) String() string {
	if !n.Known {
		return ""
	}
	s := strconv.Itoa(n.Min)
	if n.Max > n.Min {
		s += ".." + strconv.Itoa(n.Max)
	}
	if n.Max < 0 {
		s = "at least " + s
	}
	if n.About {
		s = "about " + s
	}
	return s
}
