package evidence

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Unknown returns a scenario of which nothing is known.
func Unknown() Scenario { return Scenario{Time: when.Always, Launch: when.Always} }

// Facts lists the columns that SetFact reads.
func Facts() []string {
	return []string{"time", "time_start", "time_end", "lasting", "launch", "launch_start", "launch_end", "place", "origin",
		"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site"}
}

// SetFact sets one fact of a scenario from the text of a column of the
// incidents file, or of an example or case; those also write `time` (an
// instant, or A..B) and `place` as "lat,lon ±km". An empty text, "unknown"
// and "?" leave the fact unknown. Errors say what was expected.
func (s *Scenario) SetFact(column, text string) error {
	text = strings.TrimSpace(text)
	if text == "" || text == "unknown" || text == "?" {
		return nil
	}
	var err error
	switch column {
	case "time":
		s.Time, err = span(text)
	case "launch":
		s.Launch, err = span(text)
	case "time_start", "time_end":
		err = setEnd(&s.Time, text, column == "time_end")
	case "launch_start", "launch_end":
		err = setEnd(&s.Launch, text, column == "launch_end")
	case "lasting":
		s.Lasting, err = yes(text)
	case "place":
		s.PlaceName = text
		s.Place, err = place(text)
	case "origin":
		s.OriginName = text
		s.Origin, err = place(text)
	default:
		list := s.list(column)
		if list == nil {
			return fmt.Errorf("%q is not a fact: expected one of %s", column, strings.Join(Facts(), ", "))
		}
		*list = Set(text)
	}
	return err
}

func (s *Scenario) list(column string) *[]string {
	switch column {
	case "actor":
		return &s.Actor
	case "act":
		return &s.Act
	case "outcome":
		return &s.Outcome
	case "means":
		return &s.Means
	case "target":
		return &s.Target
	case "intended_target":
		return &s.Intended
	case "owner":
		return &s.Owner
	case "controller":
		return &s.Controller
	case "site":
		return &s.Site
	}
	return nil
}

// Set splits "a|b" into its values; a set that holds "unknown" is unknown.
func Set(text string) []string {
	var out []string
	for _, v := range strings.Split(text, "|") {
		v = strings.TrimSpace(v)
		switch v {
		case "":
			continue
		case "unknown", "?", "any":
			return nil
		}
		out = append(out, v)
	}
	return out
}

func span(text string) (when.Span, error) {
	a, b, ok := strings.Cut(text, "..")
	from, err := when.ParseRFC3339(a)
	if err != nil || !ok {
		return when.Moment(from), err
	}
	to, err := when.ParseRFC3339(b)
	if err == nil && to < from {
		err = fmt.Errorf("%q ends before it starts", text)
	}
	return when.Span{Start: from, End: to}, err
}

// setEnd sets the start or the end of a span that is read from two columns,
// the start first. A start alone is a moment.
func setEnd(s *when.Span, text string, end bool) error {
	i, err := when.ParseRFC3339(text)
	if err != nil {
		return err
	}
	if !end {
		*s = when.Moment(i)
		return nil
	}
	if s.Unknown() {
		s.Start = when.Past
	}
	if s.Start.Bounded() && i < s.Start {
		return fmt.Errorf("%q is before the start %s", text, s.Start)
	}
	s.End = i
	return nil
}

func yes(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "1", "y":
		return true, nil
	case "no", "false", "0", "n":
		return false, nil
	}
	return false, fmt.Errorf("%q: expected yes or no", text)
}

var disc = regexp.MustCompile(`^(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)(?:\s*(?:±|\+-|within)\s*(\d+(?:\.\d+)?)\s*(km|m)?)?$`)

// place reads what where.ParsePlace reads, and "lat,lon ±5 km".
func place(text string) (where.Region, error) {
	m := disc.FindStringSubmatch(text)
	if m == nil {
		return where.ParsePlace(text)
	}
	lat, _ := strconv.ParseFloat(m[1], 64)
	lon, _ := strconv.ParseFloat(m[2], 64)
	r, _ := strconv.ParseFloat(m[3], 64)
	if m[4] != "m" {
		r *= 1000
	}
	p := where.Point{Lat: lat, Lon: lon}
	if err := p.Valid(); err != nil {
		return where.Unknown(), err
	}
	return where.Disc(p, where.Metres(r)), nil
}
