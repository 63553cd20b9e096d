package web

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// sight is what somebody sees of incidents, or of findings, that are for the same
// readers: which fields, and whether place and time are coarse.
type sight struct {
	ok, coarse bool
	shown      map[string]bool
}

// sights are remembered: there are few, and each incident of a list needs one.
type sights struct {
	sync.Mutex
	of map[string]*sight
}

const sightsKept = 10_000

// incidentFields are the fields of an incident by the names that package rights has
// for them, each with a value that can be made coarse if it may be seen at all.
var incidentFields = map[string]string{
	"id": "x", "title": "x", "level": "x", "time_start": "2000-01-01T00:00:00Z", "lat": "1", "lon": "1", "precision_m": "1", "place": "XX", "actor": "x", "act": "x", "outcome": "x", "means": "x",
	"target": "x", "owner": "x", "controller": "x", "killed": "x", "injured": "x", "damage": "x", "severity": "x", "source": "x", "text": "x", "note": "x", "fields": "x",
}

// findingFields are those of a finding.
var findingFields = map[string]string{"verdict": "x", "clause": "x", "reading": "x", "level": "x", "reason": "x", "party": "x", "actor": "x", "share": "x", "deciding": "x"}

// eyesOf is a key for those who see the same of incidents, whichever account they
// have: what is about one account or another counts for documents only.
func eyesOf(who Who) string { return who.Role + "|" + who.Party + "|" + strings.Join(who.Scopes, ",") }

// sight looks at incidents or findings that are for the same readers.
func (s *Server) sight(who Who, thing string, n views.Narrowed) *sight {
	key := eyesOf(who) + "|" + thing + "|" + string(n.Marking) + "|" + n.String()
	s.sights.Lock()
	defer s.sights.Unlock()
	if x := s.sights.of[key]; x != nil {
		return x
	}
	fields := incidentFields
	if thing == "finding" {
		fields = findingFields
	}
	x := s.newSight(who, thing, n, fields)
	if s.sights.of == nil || len(s.sights.of) >= sightsKept {
		s.sights.of = map[string]*sight{}
	}
	s.sights.of[key] = x
	return x
}

func (s *Server) newSight(who Who, thing string, n views.Narrowed, fields map[string]string) *sight {
	d := rights.Document{Object: Object{Thing: thing, Marking: rights.Marking(n.Marking)}}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		d.Fields = append(d.Fields, rights.Field{Name: name, Value: fields[name], Marking: rights.Marking(n.Fields[name])})
	}
	d.Sealed = n.Site
	table := s.o.People.Table()
	seen, coarse, ok := table.Glance(who, d)
	x := &sight{ok: ok, coarse: coarse, shown: map[string]bool{}}
	for _, f := range seen.Fields {
		x.shown[f.Name] = true
	}
	// One place and one time: who may not see a part of it sees none.
	for _, whole := range [][]string{{"lat", "lon", "precision_m", "place"}, {"time_start", "time_end"}} {
		for _, f := range whole {
			if m, narrowed := n.Fields[f]; narrowed && !s.freely(who, Object{Thing: thing, Marking: rights.Narrower(d.Marking, rights.Marking(m))}) {
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
func (s *Server) toldByVerdict(who Who, n views.Narrowed) bool {
	in := s.newSight(who, "incident", n, incidentFields)
	for f := range n.Fields {
		switch f {
		case "text", "title", "note", "fields", "words", "source", "damage", "killed", "injured", "severity":
		case "time_end":
			f = "time_start"
			fallthrough
		default:
			if _, fact := incidentFields[f]; fact && !in.shown[f] || !fact && !s.freely(who, Object{Thing: "incident", Marking: rights.Narrower(rights.Marking(n.Marking), rights.Marking(n.Fields[f]))}) {
				return true
			}
		}
	}
	return false
}

// narrowedOf is what decides how much of an incident is seen.
func narrowedOf(v *views.Incident) views.Narrowed {
	n := v.Narrowed
	n.Marking = v.Marking
	return n
}

// eyes are how somebody sees incidents in lists and counts.
func (s *Server) eyes(who Who) *views.Eyes {
	return &views.Eyes{Key: eyesOf(who), Of: func(n views.Narrowed) views.Look {
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

// see leaves of an incident what somebody may see of it; false where that is
// nothing.
func (s *Server) see(who Who, v *views.Incident) bool {
	x := s.sight(who, "incident", narrowedOf(v))
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

// seeFindings leaves of what was found of an incident what somebody may see. n is
// of the incident before anything was left out.
func (s *Server) seeFindings(who Who, n views.Narrowed, fs []views.Finding) []views.Finding {
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

// document is an entry of the views as rights see it, with its fields.
func (s *Server) document(d *views.Doc) (rights.Document, error) {
	payload := d.Payload
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	x, err := s.o.People.Table().DocumentOf(d.Kind, d.ID, payload)
	if key, kerr := record.ParseKeyID(d.Author); kerr == nil {
		if a, ok := s.o.People.Directory().ByKey(key); ok {
			x.Account = a.ID
			if a.Party != "" {
				x.Party = a.Party
			}
		}
	}
	x.Sealed = d.Touches
	return x, err
}

// redact is what somebody sees of an entry without opening it: what is left of the
// payload, or else the envelope, which is in the public log. closed says that it
// is the envelope alone.
func (s *Server) redact(ctx context.Context, d *views.Doc) (seen *views.Doc, closed bool) {
	return s.redactFor(whoOf(ctx), d)
}

func (s *Server) redactFor(who Who, d *views.Doc) (seen *views.Doc, closed bool) {
	if len(d.Payload) == 0 { // erased, none, or not JSON: there is nothing to leave out but why
		x := envelopeOnly(d)
		if s.freely(who, s.object(d)) {
			x.Problem, x.Marking = d.Problem, d.Marking
		}
		return x, false
	}
	whole, err := s.document(d)
	if err != nil {
		return envelopeOnly(d), true
	}
	left, coarse, ok := s.o.People.Table().Glance(who, whole)
	if !ok {
		return envelopeOnly(d), true
	}
	return s.leave(d, &whole, &left, coarse), false
}

// leave makes the entry of what is left of its payload. Where that is all of it,
// the payload is as it was written.
func (s *Server) leave(d *views.Doc, whole, left *rights.Document, coarse bool) *views.Doc {
	all := !coarse && left.Party == whole.Party && len(left.Fields) == len(whole.Fields)
	for i := range left.Fields {
		all = all && left.Fields[i].Raw != ""
	}
	if all {
		x := *d
		x.Touches, x.Deceives = false, deceives(left)
		return &x
	}
	x := envelopeOnly(d)
	x.Marking = d.Marking
	p, err := left.Payload()
	if err != nil {
		s.o.Slog.Error("payload", "entry", d.ID, "error", err.Error())
		return x
	}
	x.Payload, x.Deceives = p, deceives(left)
	for _, f := range left.Fields {
		if f.Name == "account" && f.In == "" {
			x.Account = f.Value
		}
	}
	return x
}

// deceives says how the words of an entry may look unlike what they say.
func deceives(d *rights.Document) []string {
	var words []string
	for _, f := range d.Fields {
		words = append(words, f.Name, f.Value)
	}
	return lookalike.Deceives(strings.Join(words, " "))
}

// search finds the incidents in which all words are, as far as somebody sees them.
// Where some are kept back, each is looked at: an index of all words would tell
// what is in those that are not shown.
func (s *Server) search(who Who, snap *views.Snapshot, f *views.Filter, q string) error {
	words := views.Search(q)
	if len(words) == 0 {
		return nil
	}
	var err error
	if f.Only, err = snap.Store().IncidentsWith(words); err != nil || !snap.Hides(f.Eyes) {
		return err
	}
	for num := range f.Only {
		v, err := snap.Store().Version(num, snap.At)
		if err != nil {
			return err
		}
		if v == nil || !s.see(who, &v.Incident) || !words.In(v.Searched()...) {
			delete(f.Only, num)
		}
	}
	return nil
}

// seesReasons reports whether somebody may see why an incident was judged as it
// was: the reasons name every fact.
func (s *Server) seesReasons(who Who, snap *views.Snapshot, num uint32) (bool, error) {
	v, err := snap.Store().Version(num, snap.At)
	if err != nil || v == nil {
		return false, err
	}
	n := narrowedOf(&v.Incident)
	in, of := s.sight(who, "incident", n), s.sight(who, "finding", n)
	if !of.shown["verdict"] || !of.shown["reason"] || in.coarse || len(n.Fields) > 0 && !s.freely(who, Object{Thing: "incident", Marking: rights.Restricted}) {
		return false, nil
	}
	for _, f := range []string{"title", "time_start", "lat", "place", "actor", "act", "outcome", "means", "target", "owner", "controller", "level"} {
		if !in.shown[f] {
			return false, nil
		}
	}
	return true, nil
}
