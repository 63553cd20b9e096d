package feeds

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// hxlFacts say which columns hold what, by HXL hashtag: the tag, attributes it
// must have, and those it must not. The first that fits counts.
var hxlFacts = []struct{ fact, must, not string }{
	{"id", "#event+code", "type"}, {"id", "#event+id", ""}, {"id", "#meta+id", ""},
	{"date", "#date+occurred", ""}, {"date", "#date+event", ""}, {"date", "#date", "start end year reported month week created updated"},
	{"start", "#date+start", "year"}, {"end", "#date+end", "year"},
	{"sub", "#event+type+sub", ""}, {"type", "#event+type", "sub"},
	{"lat", "#geo+lat", ""}, {"lon", "#geo+lon", ""},
	{"country", "#country+name", ""}, {"country", "#country+code", ""}, {"country", "#country", ""},
	{"adm1", "#adm1+name", ""}, {"adm1", "#adm1", "code"}, {"adm2", "#adm2+name", ""}, {"adm2", "#adm2", "code"},
	{"place", "#loc+name", ""}, {"place", "#loc", "code"},
	{"killed", "#affected+killed", "min max f m"}, {"injured", "#affected+injured", "min max f m"},
	{"url", "#meta+url", ""}, {"url", "#event+url", ""}, {"source", "#meta+source", "url"}, {"source", "#meta", "id url"},
	{"text", "#description", ""},
}

func hxlKind() kind {
	return kind{
		name: "hxl", about: "a table with a row of HXL hashtags, among them #date+occurred and #event+type", tagged: true,
		match: func(c map[string]int) bool {
			n := 0
			for name := range c {
				if hashtag.MatchString(name) {
					n++
				}
			}
			return n >= 2
		},
		start: startHXL,
	}
}

var hashtag = regexp.MustCompile(`(?i)^#[a-z][a-z0-9_]*( *\+ *[a-z][a-z0-9_]*)*$`)

// hashtags reports whether a row is one of HXL hashtags: at least two, and
// nothing else.
func hashtags(fields []string) bool {
	n := 0
	for _, f := range fields {
		switch f = strings.TrimSpace(f); {
		case f == "":
		case !hashtag.MatchString(f):
			return false
		default:
			n++
		}
	}
	return n >= 2
}

// startHXL finds the columns by their tags. A table of something else than
// events, of people in need or prices, is refused by name.
func startHXL(r *run, columns map[string]int) (handler, error) {
	f := &hxlFeed{plain: plain{r}, columns: map[string]string{}}
	var names []string
	for name := range columns {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		return columns[names[i]] < columns[names[j]] || columns[names[i]] == columns[names[j]] && names[i] < names[j]
	})
	used := map[int]bool{}
	for _, want := range hxlFacts {
		for _, name := range names {
			if f.columns[want.fact] == "" && tagFits(name, want.must, want.not) {
				f.columns[want.fact] = name
				used[columns[name]] = true
			}
		}
	}
	if f.columns["date"] == "" {
		f.columns["date"] = f.columns["start"]
	}
	if f.columns["date"] == "" || f.columns["type"] == "" && f.columns["sub"] == "" {
		return nil, r.refuse("this is a table with HXL hashtags, but not of events: expected #date+occurred (or #date+start) and #event+type among them")
	}
	for _, name := range names {
		if !used[columns[name]] {
			used[columns[name]] = true
			r.ignore(name)
		}
	}
	return f, nil
}

// tagFits reports whether a tag has all that must be in it and nothing that
// must not. Other attributes, of languages and the like, may stand in it.
func tagFits(name, must, not string) bool {
	have := strings.Split(name, "+")
	for i, part := range strings.Split(must, "+") {
		if i == 0 && have[0] != part || !slices.Contains(have, part) {
			return false
		}
	}
	for _, part := range strings.Fields(not) {
		if slices.Contains(have, part) {
			return false
		}
	}
	return true
}

// hxlFeed reads a table of events by its hashtags. How exact places and days
// are no tag says.
type hxlFeed struct {
	plain
	columns map[string]string // column by fact
}

func (f *hxlFeed) get(rec *record, fact string) string {
	if f.columns[fact] == "" {
		return ""
	}
	return rec.get(f.columns[fact])
}

func (f *hxlFeed) record(rec *record) error {
	id, fact := f.get(rec, "id"), f.columns["id"]
	if id == "" {
		id = fmt.Sprintf("%s:%d", f.run.id, rec.line)
	}
	id = "HXL-" + id
	if fresh, err := f.fresh(rec, id, fact); err != nil || !fresh {
		return err
	}
	inc := &evidence.Incident{
		ID: id, Level: evidence.Reported, Source: f.get(rec, "source"), URL: f.get(rec, "url"), Text: f.get(rec, "text"), From: f.pos(rec.line),
		Scenarios: []evidence.Scenario{evidence.Unknown()},
	}
	s := &inc.Scenarios[0]
	at, err := f.place(rec, inc, s)
	if err == nil {
		err = f.time(rec, at, s)
	}
	if err == nil {
		err = f.people(rec, inc)
	}
	switch {
	case err != nil:
		return f.reject(rec, err)
	case !f.kind(rec, inc, s):
		f.sum.Reports++
		return nil
	}
	inform(Propose(inc.Text), byPeople, inc, s)
	return f.emit(inc)
}

func (f *hxlFeed) time(rec *record, at where.Point, s *evidence.Scenario) error {
	column := f.columns["date"]
	from, err := dateIn(column, rec.get(column))
	if err != nil {
		return err
	}
	to := from
	if v := f.get(rec, "end"); v != "" && column == f.columns["start"] {
		if to, err = dateIn(f.columns["end"], v); err != nil {
			return err
		}
	}
	if to.Before(from) {
		return faultIn(f.columns["end"], "it ends (%s) before it starts (%s)", to.Format(time.DateOnly), from.Format(time.DateOnly))
	}
	s.Time, err = f.daysIn(country(f.get(rec, "country")), at, from, to)
	return err
}

// place is 30 km round the point, since the point may be that of a district,
// or the first-level area.
func (f *hxlFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) (where.Point, error) {
	adm1, code := f.get(rec, "adm1"), country(f.get(rec, "country"))
	s.PlaceName = joinPlace(f.get(rec, "place"), f.get(rec, "adm2"), adm1, f.get(rec, "country"))
	lat, lon := f.get(rec, "lat"), f.get(rec, "lon")
	if !missing(lat) && !missing(lon) {
		at, err := pointIn(f.columns["lat"], f.columns["lon"], lat, lon)
		if err == nil {
			err = swapped(f.columns["lat"], at, countryArea(code).codes, f.get(rec, "country"))
		}
		if err == nil {
			s.Place = where.Disc(at, 30_000)
			inc.Notes = append(inc.Notes, "how exact the place is is not given: 30 km round the point")
		}
		return at, err
	}
	if h := adminArea("hxl", code, adm1); h.found() {
		var notes []string
		s.Place, notes = anyOf([]string{adm1}, func(string) hit { return h })
		inc.Notes = append(inc.Notes, notes...)
		return where.Point{}, nil
	}
	inc.Notes = append(inc.Notes, "no position is given: judged as unknown place")
	return where.Point{}, nil
}

// people are the dead and the injured. Exports write 0 also when no number is
// known.
func (f *hxlFeed) people(rec *record, inc *evidence.Incident) error {
	for _, c := range []struct {
		fact string
		to   *evidence.Number
	}{{"killed", &inc.Killed}, {"injured", &inc.Injured}} {
		n, err := evidence.ParseNumber(f.get(rec, c.fact))
		switch {
		case err != nil:
			return faultIn(f.columns[c.fact], "%v", err)
		case n.Known && n.Max == 0:
			inc.Notes = append(inc.Notes, c.fact+" 0: none, or the number is not known")
		default:
			*c.to = n
		}
	}
	return nil
}

// kind sets the act by the words of the type, the finer first. It reports
// whether the row is an incident: one without a type, or of a type that is no
// act of war, is not.
func (f *hxlFeed) kind(rec *record, inc *evidence.Incident, s *evidence.Scenario) bool {
	sub, kind := f.get(rec, "sub"), f.get(rec, "type")
	if sub == "" && kind == "" {
		return false
	}
	for _, name := range []string{sub, kind} {
		for _, table := range []map[string]entry{acledEvents(), hxlTypes()} {
			e, ok := table[strings.ToLower(name)]
			if name == "" || !ok {
				continue
			}
			s.Act, s.Outcome, s.Means, s.Target = e.set("act"), e.set("outcome"), e.set("means"), e.set("target")
			inc.Notes = append(inc.Notes, fmt.Sprintf("kind by the word %q", name))
			return e["use"] == "incident"
		}
	}
	f.unmapped(rec, f.columns["type"], "%q is not in data/hxl_types.csv: act left unknown", clip(joinText(kind, sub)))
	return true
}
