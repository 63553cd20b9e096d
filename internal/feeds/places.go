package feeds

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// tools are what the reading of one file keeps at hand.
type tools struct {
	places map[string]hit // names looked up already; bounded
	zones  map[string]zone
	names  *gazetteer.Gazetteer
	areas  map[string]*where.Zone // areas as zones, by their codes; bounded

	// Who asked for what is no incident; nil when nobody did.
	detection func(Detection) error
	alert     func(Alert) error
	warning   func(Warning) error
}

func newTools(names *gazetteer.Gazetteer) *tools {
	if names == nil {
		names = gazetteer.Builtin()
	}
	return &tools{places: map[string]hit{}, zones: map[string]zone{}, names: names, areas: map[string]*where.Zone{}}
}

// hit is what a name of a place stands for.
type hit struct {
	codes  []string     // areas
	region where.Region // a place that is no area
	none   bool         // the name is known, but stands for no area: a sea, another country
	note   string
}

func (h hit) found() bool { return len(h.codes) > 0 || !h.region.IsUnknown() }

// lookup turns one name into a place.
type lookup func(name string) hit

const maxKept = 10000 // names of places kept at hand

// remembered keeps what was looked up.
func (t *tools) remembered(scope string, f lookup) lookup {
	return func(name string) hit {
		key := scope + strings.ToLower(name)
		if h, ok := t.places[key]; ok {
			return h
		}
		h := f(name)
		if len(t.places) < maxKept {
			t.places[key] = h
		}
		return h
	}
}

// anyOf resolves names one of which holds: alternatives. Parts of one
// alternative that are divided by commas are a place within another ("Odesa
// oblast, Izmail raion") or a list; those that are known are united. When an
// alternative is not known at all the whole place is unknown: the others would
// claim too much.
func anyOf(alternatives []string, find lookup) (where.Region, []string) {
	var codes, notes []string
	var regions []where.Region
	open := false
	for _, alt := range alternatives {
		h, n := within(alt, find)
		notes = union(notes, n...)
		if !h.found() {
			open = true
			notes = union(notes, fmt.Sprintf("place name %q not resolved; judged as unknown place", clip(strings.TrimSpace(alt))))
			continue
		}
		codes = union(codes, h.codes...)
		if !h.region.IsUnknown() {
			regions = append(regions, h.region)
		}
	}
	if open || len(alternatives) == 0 {
		return where.Unknown(), notes
	}
	if len(codes) > 0 {
		area, err := where.AreaRegion(codes...)
		if err != nil {
			return where.Unknown(), append(notes, fmt.Sprintf("%v; judged as unknown place", err))
		}
		regions = append(regions, area)
	}
	if len(regions) == 1 {
		return regions[0], notes
	}
	return where.UnionRegion(regions...), notes
}

func within(alt string, find lookup) (hit, []string) {
	var out hit
	var notes, missed []string
	for _, part := range strings.Split(alt, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		h := find(part)
		if h.note != "" {
			notes = append(notes, h.note)
		}
		switch {
		case h.none:
			return hit{}, notes
		case !h.found():
			missed = append(missed, part)
		case h.region.IsUnknown():
			out.codes = union(out.codes, h.codes...)
		default:
			out.region = h.region
		}
	}
	if out.found() && len(missed) > 0 {
		notes = append(notes, fmt.Sprintf("%q is not known: the larger place is taken", clip(strings.Join(missed, ", "))))
	}
	return out, notes
}

var (
	areaWords = regexp.MustCompile(`(?i)\b(oblast'?|region|krai|kray|republic of|the republic of|republic|autonomous|(temporarily )?occupied|province)\b`)
	brackets  = regexp.MustCompile(`\([^()]*\)`)
)

// areaNamed finds a first-level area by name, without the word oblast and with
// one letter wrong if need be.
func areaNamed(name string) hit {
	name = strings.TrimSpace(brackets.ReplaceAllString(name, " "))
	if codes := where.AreaByName(name); len(codes) > 0 {
		return hit{codes: codes}
	}
	bare := bareName(name)
	for _, n := range []string{bare, bare + " oblast"} {
		if codes := where.AreaByName(n); bare != "" && len(codes) > 0 {
			return hit{codes: codes}
		}
	}
	return misspelt(name, bare)
}

func bareName(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(areaWords.ReplaceAllString(s, " "))), " ")
}

// misspelt finds the only area whose name differs in one letter or two swapped.
func misspelt(name, bare string) hit {
	if len([]rune(bare)) < 5 {
		return hit{}
	}
	var codes []string
	near := ""
	for _, a := range where.Areas() {
		if n := bareName(a.Name); oneSlip(bare, n) {
			codes, near = union(codes, a.Code), a.Name
		}
	}
	if len(codes) != 1 {
		return hit{}
	}
	return hit{codes: codes, note: fmt.Sprintf("%q read as %s", clip(name), near)}
}

// oneSlip reports whether one letter inserted, left out, changed or swapped
// with its neighbour makes b of a.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	x, y = x[i:], y[i:]
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x) == 2 && len(y) == 2 {
		return x[0] == y[1] && x[1] == y[0]
	}
	return len(x) <= 1 && len(y) <= 1 && len(x)+len(y) > 0
}

// geometry recognises places that are written as geometry, not as a name.
var geometry = regexp.MustCompile(`(?i)^\s*(area:|sector:|(multi)?(point|polygon|linestring)\s*(z|m|zm)?\s*\(|geometrycollection\s*\(|-?\d+(\.\d+)?\s*,\s*-?\d)`)

// place reads the place or origin cell of the incidents file: geometry, or what
// the gazetteer knows, which may be several places of one name, or areas whose
// names are misspelt.
func (t *tools) place(text string) (where.Region, []string, error) {
	if geometry.MatchString(text) {
		var s evidence.Scenario
		err := s.SetFact("place", text)
		return s.Place, nil, err
	}
	r := t.names.Resolve(text)
	if r.Known || r.Err != nil {
		return r.Region, r.Notes, r.Err
	}
	region, notes := anyOf([]string{text}, t.remembered("", areaNamed))
	return region, union(r.Notes, notes...), nil
}
