package feeds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// neighbours are areas that people do not keep apart: a city and the region
// round it, which one name may mean, and a peninsula.
var neighbours = map[string]string{
	"UA-30": "UA-32", "UA-32": "UA-30", "UA-40": "UA-43", "UA-43": "UA-40", "RU-MOW": "RU-MOS", "RU-SPE": "RU-LEN", "RU-LEN": "RU-SPE",
	"RU-AD": "RU-KDA", "RU-KDA": "RU-AD", "RU-CHU": "RU-SA",
}

// noBoundary are areas that are drawn as part of their neighbour.
func noBoundary(code string) bool { return code == "RU-MOW" || code == "RU-CHU" }

// withText holds the place of a row against the places that its text names. name
// is what the place is called in the source, in Latin letters; "" if it has no
// name. Where they lie apart a note says so. With widen, for places that a
// machine has found, the place becomes all that may be meant: its own and those
// of the text. It is never narrowed, and never dropped.
//
// A text that names another place is no proof that the place is wrong: it may
// name where something came from.
func (r *run) withText(inc *evidence.Incident, s *evidence.Scenario, name string, widen bool) {
	if inc.Text == "" || s.Place.IsUnknown() || r.opt.Readable {
		return
	}
	d := r.tools.disagreement(inc.Text, s.Place, name)
	if d.note == "" {
		return
	}
	if !widen {
		inc.Notes = union(inc.Notes, d.note+": the place is doubtful, and left as given")
		return
	}
	if s.Place = where.UnionRegion(append([]where.Region{s.Place}, d.others...)...); len(d.others) == 0 {
		s.Place = where.Unknown()
		inc.Notes = append(inc.Notes, d.note+": judged as unknown place")
		return
	}
	inc.Notes = append(inc.Notes, d.note+": both are kept as possible")
}

// disagreement is how a text and a place differ.
type disagreement struct {
	note   string // "" if they do not
	kind   string // area, place or no-place: for counting
	others []where.Region
}

func (t *tools) disagreement(text string, place where.Region, name string) disagreement {
	var areas, towns, homonyms []gazetteer.Mention
	for _, m := range t.names.Mentions(text) {
		in := m.In()
		switch meets := m.NotPlace == "" && t.meets(place, in); {
		case m.NotPlace != "":
		case meets && len(in) > 1 && !m.Area && !m.Adjective:
			homonyms = append(homonyms, m)
		case meets:
			return disagreement{} // the text names a place there
		case m.Adjective:
		case m.Area:
			areas = append(areas, m)
		case large(m):
			towns = append(towns, m)
		}
	}
	for _, m := range homonyms {
		if !namedToo(m, areas) {
			return disagreement{} // it names one that may be there, and no area for another
		}
	}
	named, notPlace := gazetteer.Named(text, name)
	if notPlace == "government" {
		notPlace = "" // or it is the place: which one, nothing tells
	}
	d := disagreement{kind: "place"}
	said := towns
	switch {
	case areas != nil:
		d.kind, said = "area", areas
	case named && notPlace == "":
		return disagreement{}
	case towns == nil && notPlace == "":
		return disagreement{}
	}
	var told []string
	for _, m := range said {
		told = union(told, fmt.Sprintf("%s (%s)", clip(m.Text), strings.Join(m.In(), "|")))
		d.others = append(d.others, gazetteer.Region(m.Candidates))
	}
	if notPlace != "" {
		d.note = fmt.Sprintf("the text names %s as a %s and no place", clip(name), notPlace)
		if d.kind = "no-place"; told != nil {
			d.note += ", and names " + strings.Join(told, ", ")
		}
		return d
	}
	d.note = fmt.Sprintf("the text names %s; the place that is given lies elsewhere: %s", strings.Join(told, ", "), clip(place.String()))
	if spare := t.namesakes(name, said); spare != "" {
		d.note += "; " + spare
	}
	return d
}

// namedToo reports whether a place of a name lies in an area that is named too.
func namedToo(m gazetteer.Mention, areas []gazetteer.Mention) bool {
	return slices.ContainsFunc(areas, func(a gazetteer.Mention) bool { return len(gazetteer.Narrow(m.Candidates, a.In()...)) > 0 })
}

// large reports whether a name is that of a town. Villages bear the names of
// people and things: they may confirm a place, and do not contradict one.
func large(m gazetteer.Mention) bool {
	return slices.ContainsFunc(m.Candidates, func(c gazetteer.Candidate) bool {
		return slices.ContainsFunc(c.Entries, func(e *gazetteer.Entry) bool { return e.Population >= 5000 })
	})
}

// namesakes says which places of the name lie in the areas that the text names.
func (t *tools) namesakes(name string, said []gazetteer.Mention) string {
	if name == "" {
		return ""
	}
	var areas []string
	for _, m := range said {
		areas = union(areas, m.In()...)
	}
	list := gazetteer.Narrow(t.names.Lookup(name), areas...)
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("another %s is known there: %s", clip(name), gazetteer.Listed(list))
}

// meets reports whether a region reaches into one of some areas, or that cannot
// be told.
func (t *tools) meets(place where.Region, areas []string) bool {
	var codes []string
	for _, a := range areas {
		if !noBoundary(a) {
			codes = union(codes, a)
		}
		if n, ok := neighbours[a]; ok {
			codes = union(codes, n)
		}
	}
	slices.Sort(codes)
	key := strings.Join(codes, "|")
	z, ok := t.areas[key]
	if !ok {
		var err error
		if z, err = where.AreaZone(key, codes...); err != nil {
			z = nil // areas of other countries
		}
		if len(t.areas) < maxKept {
			t.areas[key] = z
		}
	}
	return z == nil || z.Relate(place, where.Model{}) != where.Outside
}
