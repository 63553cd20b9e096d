package feeds

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// country is the code of a country that we have areas of, "" of any other.
func country(name string) string {
	switch strings.ToLower(name) {
	case "ukraine", "ua", "ukr", "804":
		return "UA"
	case "russia", "russian federation", "russia (soviet union)", "ru", "rus", "643":
		return "RU"
	}
	return ""
}

// countryArea is all of a country. A source that counts by countries does not
// say to which it counts Crimea, so that Russia may include it.
func countryArea(code string) hit {
	switch code {
	case "UA":
		return hit{codes: []string{"UA"}}
	case "RU":
		return hit{codes: []string{"RU", "UA-43", "UA-40"}}
	}
	return hit{}
}

// adminArea finds a first-level area of a country by the name or code that a
// source gives it. The tables' own names come first: to ACLED "Kyiv" is the
// oblast. An area of another country that has the same name is none.
func adminArea(source, country, name string) hit {
	if country == "" || missing(name) {
		return hit{}
	}
	h := viinaArea(name)
	if e, ok := adminAreas()[source+" "+strings.ToLower(name)]; ok {
		h = hit{codes: e.set("code")}
	}
	for _, c := range h.codes {
		// Crimea stands under Russia in some tables.
		if !strings.HasPrefix(c, country) && c != "UA-43" && c != "UA-40" {
			return hit{}
		}
	}
	return h
}

// areaOrDisc sets the place of an event that is known to a first-level area:
// that area if it is one of ours, else a disc round the point that stands for
// it.
func (r *run) areaOrDisc(source, country, name string, at where.Point, radius where.Metres, inc *evidence.Incident, s *evidence.Scenario) {
	find := r.tools.remembered(source+" "+country+" ", func(n string) hit { return adminArea(source, country, n) })
	if h := find(name); h.found() {
		var notes []string
		s.Place, notes = anyOf([]string{name}, func(string) hit { return h })
		inc.Notes = append(inc.Notes, notes...)
		return
	}
	s.Place = where.Disc(at, radius)
	inc.Notes = append(inc.Notes, fmt.Sprintf("only the area %s is given, whose boundary is not known here: %s", clip(name), s.Place))
}
