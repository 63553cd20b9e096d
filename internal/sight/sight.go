// Package sight leaves of incidents and findings what somebody may see, by the table
// of rights: which fields, and whether place and time are coarse. The server and the
// daily report look through it.
package sight

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// sight is what somebody sees of incidents, or of findings, that are for the same
// readers: which fields, and whether place and time are coarse.
type sight struct {
	ok, coarse bool
	shown      map[string]bool
}

// Sights are remembered: there are few, and each incident of a list needs one.
type Sights struct {
	table *rights.Table
	mu    sync.Mutex
	of    map[string]*sight
}

// New looks by a table of rights.
func New(t *rights.Table) *Sights { return &Sights{table: t} }

// Who is who looks; the zero Who is the public.
type Who = rights.Who

const sightsKept = 10_000

// incidentFields are the fields of an incident by the names that package rights has
// for them, each with a value that can be made coarse if it may be seen at all.
var incidentFields = map[string]string{
	"id": "x", "title": "x", "level": "x", "time_start": "2000-01-01T00:00:00Z", "lat": "1", "lon": "1", "precision_m": "1", "place": "XX", "actor": "x", "act": "x", "outcome": "x", "means": "x",
	"target": "x", "owner": "x", "controller": "x", "killed": "x", "injured": "x", "damage": "x", "severity": "x", "source": "x", "text": "x", "note": "x", "fields": "x",
}

// findingFields are those of a finding.
var findingFields = map[string]string{"verdict": "x", "clause": "x", "reading": "x", "level": "x", "reason": "x", "party": "x", "actor": "x", "share": "x", "deciding": "x"}

// Key is the same for those who see the same of incidents, whichever account they
// have: what is about one account or another counts for documents only.
func Key(who Who) string { return who.Role + "|" + who.Party + "|" + strings.Join(who.Scopes, ",") }

// sight looks at incidents or findings that are for the same readers.
func (s *Sights) sight(who Who, thing string, n views.Narrowed) *sight {
	key := Key(who) + "|" + thing + "|" + string(n.Marking) + "|" + n.String()
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.of[key]; x != nil {
		return x
	}
	fields := incidentFields
	if thing == "finding" {
		fields = findingFields
	}
	x := s.newSight(who, thing, n, fields)
	if s.of == nil || len(s.of) >= sightsKept {
		s.of = map[string]*sight{}
	}
	s.of[key] = x
	return x
}

func (s *Sights) newSight(who Who, thing string, n views.Narrowed, fields map[string]string) *sight {
	d := rights.Document{Object: rights.Object{Thing: thing, Marking: rights.Marking(n.Marking)}}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		d.Fields = append(d.Fields, rights.Field{Name: name, Value: fields[name], Marking: rights.Marking(n.Fields[name])})
	}
	d.Sealed = n.Site
	seen, coarse, ok := s.table.Glance(who, d)
	x := &sight{ok: ok, coarse: coarse, shown: map[string]bool{}}
	for _, f := range seen.Fields {
		x.shown[f.Name] = true
	}
	// One place and one time: who may not see a part of it sees none.
	for _, whole := range [][]string{{"lat", "lon", "precision_m", "place"}, {"time_start", "time_end"}} {
		for _, f := range whole {
			if m, narrowed := n.Fields[f]; narrowed && !s.freely(who, rights.Object{Thing: thing, Marking: rights.Narrower(d.Marking, rights.Marking(m))}) {
				for _, g := range whole {
					delete(x.shown, g)
				}
			}
		}
	}
	if thing == "finding" && ok && s.toldByVerdict(who, n) {
		delete(x.shown, "verdict")
	}
	return x
}

// toldByVerdict reports whether a verdict would tell a fact that its author has
// kept for fewer.
func (s *Sights) toldByVerdict(who Who, n views.Narrowed) bool {
	in := s.newSight(who, "incident", n, incidentFields)
	for f := range n.Fields {
		switch f {
		case "text", "title", "note", "fields", "words", "source", "damage", "killed", "injured", "severity":
		case "time_end":
			f = "time_start"
			fallthrough
		default:
			if _, fact := incidentFields[f]; fact && !in.shown[f] || !fact && !s.freely(who, rights.Object{Thing: "incident", Marking: rights.Narrower(rights.Marking(n.Marking), rights.Marking(n.Fields[f]))}) {
				return true
			}
		}
	}
	return false
}

// NarrowedOf is what decides how much of an incident is seen.
func NarrowedOf(v *views.Incident) views.Narrowed {
	n := v.Narrowed
	n.Marking = v.Marking
	return n
}

// Eyes are how somebody sees incidents in lists and counts.
func (s *Sights) Eyes(who Who) *views.Eyes {
	return &views.Eyes{Key: Key(who), Of: func(n views.Narrowed) views.Look {
		x, f := s.sight(who, "incident", n), s.sight(who, "finding", n)
		l := views.Look{See: x.ok, Coarse: x.coarse, NoPlace: !x.shown["lat"], NoTime: !x.shown["time_start"], NoFindings: !f.ok || !f.shown["verdict"], NoWords: !x.shown["title"] || !x.shown["text"] || !x.shown["place"] || x.coarse, Hidden: map[string]bool{}}
		for _, name := range []string{"level", "actor", "act", "outcome", "means", "target", "owner", "controller"} {
			if !x.shown[name] {
				l.Hidden[name] = true
			}
		}
		if !x.shown["fields"] {
			l.Hidden["field"] = true
		}
		return l
	}}
}

// See leaves of an incident what somebody may see of it; false where that is
// nothing.
func (s *Sights) See(who Who, v *views.Incident) bool {
	x := s.sight(who, "incident", NarrowedOf(v))
	if !x.ok {
		return false
	}
	if x.coarse {
		v.TimeStart, v.TimeEnd, v.Lat, v.Lon, v.PrecisionM = v.CoarseRow()
		v.Place = areasOf(v.Place)
	}
	for _, f := range []struct {
		name string
		at   *string
	}{{"title", &v.Title}, {"time_start", &v.TimeStart}, {"time_start", &v.TimeEnd}, {"place", &v.Place}, {"actor", &v.Actor}, {"act", &v.Act}, {"outcome", &v.Outcome}, {"means", &v.Means}, {"target", &v.Target}, {"owner", &v.Owner},
		{"controller", &v.Controller}, {"killed", &v.Killed}, {"injured", &v.Injured}, {"damage", &v.Damage}, {"severity", &v.Severity}, {"source", &v.Source}, {"text", &v.Text}, {"level", &v.Level}, {"id", &v.Row}} {
		if !x.shown[f.name] {
			*f.at = ""
		}
	}
	if !x.shown["lat"] {
		v.Lat, v.Lon, v.PrecisionM = nil, nil, nil
	}
	if !x.shown["note"] {
		v.Notes, v.Problems = nil, nil
	}
	if !x.shown["fields"] {
		v.Fields, v.Words = nil, nil
	}
	v.Narrowed = views.Narrowed{}
	return true
}

// areasOf is a place as it was given where that is areas of the first level, and
// nothing else.
func areasOf(place string) string {
	for _, a := range strings.Split(strings.TrimPrefix(place, "area:"), "|") {
		if !rights.IsArea(a) {
			return ""
		}
	}
	return place
}

// Findings leaves of what was found of an incident what somebody may see. n is
// of the incident before anything was left out.
func (s *Sights) Findings(who Who, n views.Narrowed, fs []views.Finding) []views.Finding {
	x := s.sight(who, "finding", n)
	out := []views.Finding{}
	if !x.ok || !x.shown["verdict"] {
		return out
	}
	for _, f := range fs {
		f.Clauses = slices.Clone(f.Clauses)
		for i := range f.Clauses {
			if !x.shown["party"] {
				f.Clauses[i].Party = nil
			}
			if !x.shown["share"] || x.coarse {
				f.Clauses[i].Share = views.NoShare
			}
		}
		if !x.shown["party"] {
			f.Party = nil
		}
		if !x.shown["actor"] {
			f.Author = nil
		}
		if !x.shown["reason"] {
			f.Says, f.Profile, f.Assumes = "", nil, nil
		}
		if !x.shown["deciding"] {
			f.Deciding = ""
		}
		out = append(out, f)
	}
	return out
}

// Coarse reports whether somebody sees place and time of an incident by cells and
// days only. n is of the incident before anything was left out.
func (s *Sights) Coarse(who Who, n views.Narrowed) bool { return s.sight(who, "incident", n).coarse }

// Verdict reports whether somebody is told what was found of an incident.
func (s *Sights) Verdict(who Who, n views.Narrowed) bool {
	x := s.sight(who, "finding", n)
	return x.ok && x.shown["verdict"]
}

// Reasons reports whether somebody sees every fact of an incident, and so may see
// why it was judged as it was.
func (s *Sights) Reasons(who Who, n views.Narrowed) bool {
	in, of := s.sight(who, "incident", n), s.sight(who, "finding", n)
	if !of.shown["verdict"] || !of.shown["reason"] || in.coarse || len(n.Fields) > 0 && !s.freely(who, rights.Object{Thing: "incident", Marking: rights.Restricted}) {
		return false
	}
	for _, f := range []string{"title", "time_start", "lat", "place", "actor", "act", "outcome", "means", "target", "owner", "controller", "level"} {
		if !in.shown[f] {
			return false
		}
	}
	return true
}

// freely reports whether somebody may read something as it is, without an entry
// that says so.
func (s *Sights) freely(who Who, o rights.Object) bool {
	d := s.table.Allow(who, "read", o)
	return d.OK && !d.Logged && s.table.Allow(who, "exact", o).OK
}
