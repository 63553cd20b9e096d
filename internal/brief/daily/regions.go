package daily

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/where"
)

// areaInfo is a first-level area, named in the language of the report. Names of
// regions come from one list, by code, whatever a record calls them.
type areaInfo struct {
	code, name string
	disputed   bool
}

func incidentsOf(rs []*Record) []*evidence.Incident {
	out := make([]*evidence.Incident, len(rs))
	for i, r := range rs {
		out[i] = r.Incident
	}
	return out
}

// areaName is the name of an area in the language of the report: that of the list in
// this language or, where it has none, in English.
func (b *builder) areaName(a where.AreaInfo) string {
	switch {
	case b.c.lang == "uk" && a.NameUK != "":
		return a.NameUK
	case b.c.lang == "ru" && a.NameRU != "":
		return a.NameRU
	}
	return a.Name
}

// locate finds in which areas records of both periods may lie.
func (b *builder) locate() {
	var model where.Model
	disputed := brief.AreasDisputed(b.Base)
	zones := map[string]*where.Zone{}
	for _, a := range where.Areas() {
		if z, err := where.AreaZone(a.Code, a.Code); err == nil {
			zones[a.Code] = z
		}
	}
	found := map[string]bool{}
	memo := map[string]map[string]where.Relation{}
	at := func(r where.Region) map[string]where.Relation {
		exact, err := r.MarshalBinary()
		key := string(exact)
		if out, ok := memo[key]; ok && err == nil {
			return out
		}
		out := map[string]where.Relation{}
		for code, z := range zones {
			if rel := z.Relate(r, model); rel != where.Outside {
				out[code] = rel
			}
		}
		memo[key] = out
		return out
	}
	for _, r := range slices.Concat(b.now, b.then, b.limits[0], b.limits[1], b.undated) {
		if r.areas != nil {
			continue
		}
		r.areas = map[string]truth{}
		for i := range r.Scenarios {
			s := &r.Scenarios[i]
			if s.Place.IsUnknown() {
				r.areas = map[string]truth{}
				break
			}
			for code, rel := range at(s.Place) {
				t := may
				if rel == where.Inside {
					t = yes
				}
				if was, ok := r.areas[code]; i > 0 && (!ok || was != t) {
					t = may
				}
				r.areas[code] = t
			}
			for code := range r.areas { // of another scenario alone
				if _, ok := at(s.Place)[code]; !ok {
					r.areas[code] = may
				}
			}
		}
		for code := range r.areas {
			found[code] = true
		}
	}
	for _, a := range where.Areas() {
		if found[a.Code] {
			b.areas = append(b.areas, areaInfo{a.Code, b.areaName(a), slices.Contains(disputed, a.Code)})
		}
	}
	slices.SortFunc(b.areas, func(x, y areaInfo) int { return strings.Compare(x.name, y.name) }) // by name, whosever they are
}

// widest is how many areas a place may reach into and still stand with each of them.
// Of a wider one, such as "the south", the table of regions says that it is wide:
// in every region's second number it would tell nothing of any.
const widest = 4

func wide(r *Record) truth {
	sure := false
	for _, t := range r.areas {
		sure = sure || t == yes
	}
	if len(r.areas) > widest && !sure {
		return yes
	}
	return no
}

// inArea picks records by area; one whose place is not known, or wide, is of none, and
// has a row of its own.
func inArea(code string) picker {
	return func(r *Record) truth {
		if t, ok := r.areas[code]; ok && wide(r) != yes {
			return t
		}
		return no
	}
}

// nowhere picks records whose place is not known, or is in no area of the list.
func nowhere(r *Record) truth {
	if len(r.areas) == 0 {
		return yes
	}
	return no
}

func (b *builder) areaTitle(a areaInfo) string {
	if a.disputed {
		return b.c.text("area.disputed", "area", a.name)
	}
	return a.name
}

// regionOf names the areas in which a record may lie.
func (b *builder) regionOf(r *Record) string {
	var sure, open []string
	for _, a := range b.areas {
		switch r.areas[a.code] {
		case yes:
			sure = append(sure, b.areaTitle(a))
		case may:
			if _, ok := r.areas[a.code]; ok {
				open = append(open, b.areaTitle(a))
			}
		}
	}
	switch {
	case len(sure) > 0:
		return joinWords(sure, ", ")
	case len(open) > 3:
		return b.c.text("area.several", "n", len(open))
	case len(open) > 0:
		return joinWords(open, b.c.text("or"))
	}
	return b.c.text("area.unknown")
}

func joinWords(list []string, by string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += by
		}
		out += s
	}
	return out
}
