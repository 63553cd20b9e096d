package gazetteer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/truce-project/truce/where"
)

// Result is what a text says of a place.
type Result struct {
	Region where.Region
	Known  bool // something of it is known
	// Candidates are the places that the name may mean, after narrowing; empty
	// for a code.
	Candidates []Candidate
	Notes      []string // for people: candidates, what narrowed them, tolerances
	Err        error    // what looks like a code or a bearing and is none
}

// Resolve reads a place as people write it: a name in any of the languages; a
// name with what it lies in ("Pokrovsk, Donetsk Oblast", "Kirov (Russia)"); a
// code (see ByCode); a distance and bearing from such a place ("15 km northwest
// of Sudzha", see Bearing). It returns all places that are possible. What it
// does not know is not Known, with an Unknown region.
func (g *Gazetteer) Resolve(text string) Result {
	text = strings.TrimSpace(text)
	if len(text) > maxPlace {
		return Result{}
	}
	if r, ok := g.byCode(text); ok {
		return r
	}
	if b, ok := ParseBearing(text); ok {
		return g.from(b)
	}
	return g.named(text, true)
}

const (
	maxPlace = 1000 // bytes of a place
	maxParts = 6    // names of what it lies in
)

var parts = regexp.MustCompile(`[,()]`)

// named resolves a name and what it is said to lie in. With absorb a settlement
// in a first-level area of the same name is not listed beside it.
func (g *Gazetteer) named(text string, absorb bool) Result {
	var names []string
	for _, p := range parts.Split(text, -1) {
		if p = strings.TrimSpace(p); p != "" {
			names = append(names, p)
		}
	}
	if len(names) == 0 || len(names) > maxParts {
		return Result{}
	}
	head, said := bareSettlement(names[0])
	list := g.Lookup(head)
	if len(list) == 0 {
		return Result{}
	}
	out := Result{Known: true}
	if towns := slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool { return !c.town() }); said != "" && len(towns) > 0 && len(towns) < len(list) {
		out.Notes = append(out.Notes, fmt.Sprintf("%s: narrowed from %s by %q", clip(head), Listed(list), said))
		list = towns
	}
	for _, name := range names[1:] {
		list = g.narrowBy(list, head, name, &out)
	}
	if absorb {
		list = absorbed(list)
	}
	out.Candidates = list
	out.Region = Region(list)
	if len(list) > 1 {
		out.Notes = append([]string{fmt.Sprintf("%s: %s", clip(head), Listed(list))}, out.Notes...)
	}
	return out
}

// absorbed leaves out settlements that lie in a first-level area of the list:
// the area holds them.
func absorbed(list []Candidate) []Candidate {
	var areas []string
	for _, c := range list {
		if c.firstLevel() {
			areas = append(areas, c.Entries[0].ID)
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool {
		return c.Entries[0].Class == Settlement && within(c.In(), areas)
	})
}

// within reports whether a list is not empty and part of a set.
func within(list, set []string) bool {
	for _, a := range list {
		if !slices.Contains(set, a) {
			return false
		}
	}
	return len(list) > 0
}

// narrowBy keeps what lies in the country or area of a name. When nothing does,
// the area is kept beside the candidates: the lists may lack the place.
func (g *Gazetteer) narrowBy(list []Candidate, head, name string, out *Result) []Candidate {
	areas := g.areasOf(name)
	if areas == nil {
		out.Notes = append(out.Notes, fmt.Sprintf("%q is not known as an area: it narrows nothing", clip(name)))
		return list
	}
	kept := Narrow(list, areas...)
	if allAreas(list) && len(kept) == 0 { // "Kursk, Belgorod" is a list
		return append(list, candidates(nil, areas)...)
	}
	switch {
	case len(kept) == 0:
		out.Notes = append(out.Notes, fmt.Sprintf("no %s is known in %s: all of that area is kept beside the others", clip(head), strings.Join(areas, "|")))
		return append(list, candidates(nil, areas)...)
	case len(kept) < len(list):
		out.Notes = append(out.Notes, fmt.Sprintf("%s: narrowed from %s by %q", clip(head), Listed(list), clip(name)))
	}
	return kept
}

func allAreas(list []Candidate) bool {
	return !slices.ContainsFunc(list, func(c Candidate) bool { return !c.firstLevel() })
}

// areasOf returns the areas that a name of a larger place stands for: a country,
// a first-level area, or that in which an area of a lower level lies.
func (g *Gazetteer) areasOf(name string) []string {
	switch fold(name) {
	case "ukraine", "україна", "украина", "ua":
		return []string{"UA"}
	case "russia", "russian federation", "росія", "россия", "рф", "російська федерація", "российская федерация", "ru":
		return []string{"RU"}
	}
	if c, ok, err := g.ByCode(name); ok && err == nil {
		return []string{c.ISO}
	}
	if codes := where.AreaByName(name); codes != nil {
		return codes
	}
	var out []string
	for _, c := range g.Lookup(bareRaion(name)) {
		for _, e := range c.Entries {
			if e.Class == Area {
				out = append(out, e.In()...)
			}
		}
	}
	return out
}

var (
	raionWords      = regexp.MustCompile(`(?i)(^|\s)(raion|rayon|district|район[ауі]?|р-н)($|\s)`)
	settlementWords = regexp.MustCompile(`(?i)^(the\s+)?(city of|town of|village of|settlement of|(м|г|с|смт|пгт|сел)\.\s*|(місто|город|село|селище|поселок|посёлок|смт|пгт|хутор|станиця|станица)\s)\s*`)
)

func bareRaion(s string) string { return strings.TrimSpace(raionWords.ReplaceAllString(s, " ")) }

// bareSettlement drops the word for the kind of settlement, and returns it.
func bareSettlement(s string) (bare, word string) {
	word = settlementWords.FindString(s)
	if bare = strings.TrimSpace(s[len(word):]); bare == "" {
		return s, ""
	}
	return bare, strings.TrimSpace(word)
}

// town reports whether a candidate is a settlement, or a city that is a
// first-level area of its own.
func (c Candidate) town() bool {
	switch e := c.Entries[0]; e.ID {
	case "UA-30", "UA-40", "RU-MOW", "RU-SPE":
		return true
	default:
		return e.Class == Settlement
	}
}

// Listed counts candidates and says where they are: "2 candidates: UA-14,
// RU-SA".
func Listed(list []Candidate) string {
	var names []string
	count := map[string]int{}
	for _, c := range list {
		if s := c.String(); count[s] == 0 {
			names = append(names, s)
			count[s] = 1
		} else {
			count[s]++
		}
	}
	for i, n := range names {
		if count[n] > 1 {
			names[i] = fmt.Sprintf("%s (%d)", n, count[n])
		}
	}
	if len(names) > 12 {
		names = append(names[:12:12], "...")
	}
	word := "candidates"
	if len(list) == 1 {
		word = "candidate"
	}
	return fmt.Sprintf("%d %s: %s", len(list), word, strings.Join(names, ", "))
}
