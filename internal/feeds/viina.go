package feeds

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// viinaColumns are those of VIINA 1.0, of event_info and event_1pd of VIINA
// 2.0, and of selections made from it.
var viinaColumns = strings.Fields(`
	viina_version event_id event_id_1pd date time geonameid feature_code asciiname adm1_name adm1_code adm2_name adm2_code longitude latitude
	geo_precision geo_api location address report_id source url text lang tempid tid n_reports event_ids sources
	event_ids_matching sources_matching source_urls target_classes target_terms attack_terms location_bucket location_method
	nearest_ru_distance_km nearest_ru_geonameid nearest_ru_name a_ukr_init_field a_ukr_init a_ukr_field a_ukr a_rus_init_field a_rus_init
	a_rus_field a_rus ua_actor_text_terms ru_scope_text_terms ua_actor_text ru_scope_text representative_text triagestatus triagereason
	stage1triage candidatecensuscomplete a_rus_b a_ukr_b a_rus_init_b a_ukr_init_b a_civ_b a_other_b t_mil_b t_airalert_b t_property_b
	t_cyber_b t_hospital_b t_milcas_b t_civcas_b t_loc_b t_san_b t_aad_b t_airstrike_b t_uav_b t_armor_b t_arrest_b t_artillery_b
	t_control_b t_firefight_b t_ied_b t_raid_b t_occupy_b t_retreat_b`)

func viinaKind() kind {
	return kind{
		name: "viina", about: "VIINA event_info, event_1pd or VIINA 1.0, with date and event_id_1pd or tempid", known: viinaColumns,
		match: func(c map[string]int) bool {
			return hasAll(c, "date", "event_id_1pd") || hasAll(c, "date", "event_id", "report_id", "longitude") && (hasAll(c, "tempid") || hasAll(c, "viina_version"))
		},
		start: startViina,
	}
}

func startViina(r *run, columns map[string]int) (handler, error) {
	if !hasAll(columns, "latitude", "longitude") {
		return nil, r.refuse("this is VIINA's table of labels, which has neither places nor texts: give event_info or event_1pd")
	}
	loc, err := r.kyiv()
	f := &viinaFeed{plain: plain{r}, loc: loc}
	for c := range columns {
		if _, ok := viinaActs()[c]; ok {
			f.labels = append(f.labels, c)
		}
	}
	sort.Strings(f.labels)
	return f, err
}

// viinaFeed reads media items that machines have sorted. It takes them for
// what they are: an item mentions words, and a place, on a day.
type viinaFeed struct {
	plain
	loc    *time.Location
	labels []string // columns whose label says something of the act
}

const (
	viinaNote = "media item sorted by machine: kind and place are words that it mentions; it may be a plan, an arrest or a comment"
	viinaTime = "the date is that of publication: taken as that day or the day before"
)

func (f *viinaFeed) record(rec *record) error {
	id := f.makeID(rec)
	if id == "" {
		return f.reject(rec, faultIn("event_id_1pd", "it is empty: expected an id"))
	}
	if fresh, err := f.fresh(rec, id, "event_id_1pd"); err != nil || !fresh {
		return err
	}
	s := evidence.Unknown()
	inc := &evidence.Incident{
		ID: id, Level: evidence.Claimed, Source: rec.first("sources_matching", "sources", "source"), URL: rec.first("source_urls", "url"),
		Text: rec.first("representative_text", "text"), From: f.pos(rec.line), Notes: []string{viinaNote, viinaTime},
	}
	var err error
	if s.Time, err = f.time(rec); err == nil {
		err = f.place(rec, inc, &s)
	}
	if err != nil {
		return f.reject(rec, err)
	}
	said := Propose(inc.Text)
	if said.nothingHappened() {
		f.sum.Reports++
		f.remark(rec, "", "the text speaks of %s (words: %s): nothing may have happened, or only earlier; it is kept as a report and is no incident", strings.Join(said.Kind, ", "), quoted(said.Words))
		return nil
	}
	s.Actor = initiator(rec)
	f.target(rec, inc, &s)
	f.act(rec, &s)
	inform(said, bySorter, inc, &s)
	f.withText(inc, &s, rec.first("asciiname", "location"), true)
	s.Intended = s.Target // an item names one object and does not tell what was aimed at from what was hit
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

// makeID holds the date, since numbers start anew in some editions.
func (f *viinaFeed) makeID(rec *record) string {
	date := rec.get("date")
	if v := rec.get("event_id"); v != "" {
		return "VIINA-" + date + "-E" + v
	}
	if v := rec.get("event_id_1pd"); v != "" {
		return "VIINA-" + date + "-" + v
	}
	return ""
}

// time is the day of publication and the day before: media report at night what
// happened the evening before, and the hour of most items is not known. The
// zone is not documented; Kyiv is taken.
func (f *viinaFeed) time(rec *record) (when.Span, error) {
	text := rec.get("date")
	for _, layout := range []string{"20060102", "2006-01-02"} {
		t, err := time.Parse(layout, text)
		if err != nil || t.Year() < 1800 || t.Year() > 2200 {
			continue
		}
		before := t.AddDate(0, 0, -1)
		return when.Span{
			Start: when.Day(before.Year(), before.Month(), before.Day(), f.loc).Start,
			End:   when.Day(t.Year(), t.Month(), t.Day(), f.loc).End,
		}, nil
	}
	return when.Always, faultIn("date", "%q is not a date: expected such as 20240106", clip(text))
}

// radii are how far from its point an item may be, in metres, by the precision
// of the geocoding. Points of a raion, and points of which no precision is
// given, stand for something about the size of a raion before the reform.
var radii = map[string]where.Metres{"ADM2": 30_000, "": 30_000, "ADM3": 5_000, "ADM4": 5_000, "STREET": 1_000}

func (f *viinaFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) error {
	area, city, precision := rec.get("adm1_name"), rec.first("asciiname", "location"), strings.ToUpper(rec.get("geo_precision"))
	s.PlaceName = joinPlace(rec.get("asciiname"), rec.get("adm2_name"), area)
	if s.PlaceName == "" {
		s.PlaceName = rec.first("address", "location")
	}
	lat, lon := rec.get("latitude"), rec.get("longitude")
	if precision == "ADM1" || precision == "ADM0" || missing(lat) || missing(lon) {
		return f.area(area, precision, inc, s)
	}
	p, err := point(lat, lon)
	if err != nil {
		return err
	}
	if err := swapped("latitude", p, []string{"UA"}, "Ukraine, of which this source is"); err != nil {
		return err
	}
	if precision == "" && !missing(area) {
		if h := viinaArea(area); h.found() {
			// The point may stand for the town, for its raion or for the whole
			// oblast (all items of a peninsula share one); only the oblast is sure.
			inc.Notes = append(inc.Notes, "how exact the place is is not given: taken as the whole of "+clip(area))
			return f.area(area, precision, inc, s)
		}
	}
	radius, ok := radii[precision]
	if !ok {
		radius = radii[""]
	}
	if precision == "" || !ok {
		inc.Notes = append(inc.Notes, fmt.Sprintf("how exact the place is is not given: 30 km round %s; it may be a namesake, or stand for its whole oblast", clip(city)))
	}
	s.Place = where.Disc(p, radius)
	return nil
}

func missing(s string) bool {
	return s == "" || strings.EqualFold(s, "NA") || strings.EqualFold(s, "nan")
}

func joinPlace(parts ...string) string {
	var out []string
	for _, p := range parts {
		if !missing(p) {
			out = union(out, p)
		}
	}
	return strings.Join(out, ", ")
}

// area is a place known only by its oblast, which is that whole oblast; the
// point in the row only represents it.
func (f *viinaFeed) area(name, precision string, inc *evidence.Incident, s *evidence.Scenario) error {
	if precision == "ADM0" {
		name = "Ukraine"
	}
	if missing(name) {
		inc.Notes = append(inc.Notes, "no place is given")
		return nil
	}
	var notes []string
	s.Place, notes = anyOf([]string{name}, f.tools.remembered("viina ", viinaArea))
	inc.Notes = append(inc.Notes, notes...)
	return nil
}

func viinaArea(name string) hit {
	if e, ok := viinaAreas()[strings.ToLower(name)]; ok {
		return hit{codes: e.set("code")}
	}
	return areaNamed(name)
}

// initiator is who started the act. Only the labels that say so count: the
// others say who is mentioned.
func initiator(rec *record) []string {
	ru, ua := rec.first("a_rus_init_b", "a_rus_init"), rec.first("a_ukr_init_b", "a_ukr_init")
	switch {
	case isOne(ru) && !isOne(ua):
		return []string{"RU"}
	case isOne(ua) && !isOne(ru):
		return []string{"UA"}
	case isOne(ua) && isOne(ru):
		return []string{"RU", "UA"}
	}
	return nil
}

func isOne(s string) bool { return s == "1" || s == "1.0" || strings.EqualFold(s, "TRUE") }

// target unites what the classes may be; a class that is not known leaves it open.
func (f *viinaFeed) target(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	for _, class := range evidence.Set(rec.get("target_classes")) {
		e, ok := viinaTargets()[strings.ToLower(class)]
		if !ok {
			f.unmapped(rec, "target_classes", "%q is not in data/viina_targets.csv: target left unknown", clip(class))
			inc.Notes = append(inc.Notes, fmt.Sprintf("class %q is not known: target left unknown", clip(class)))
			s.Target = nil
			return
		}
		s.Target = union(s.Target, e.set("target")...)
	}
}

// act unites what the words and labels may mean. Words that are not known leave
// the act open.
func (f *viinaFeed) act(rec *record, s *evidence.Scenario) {
	var found []entry
	for _, term := range evidence.Set(rec.get("attack_terms")) {
		e, ok := actWord(strings.ToLower(term))
		if !ok {
			s.Act, s.Outcome = nil, nil
			return
		}
		found = append(found, e)
	}
	for _, label := range f.labels {
		if isOne(rec.get(label)) {
			found = append(found, viinaActs()[label])
		}
	}
	s.Act = collect(found, "act")
	for _, e := range found {
		s.Outcome = union(s.Outcome, e.set("outcome")...)
	}
	if len(s.Outcome) > 0 && len(found) > 1 {
		s.Outcome = union(s.Outcome, "impact")
	}
}

// actWord finds the longest stem that a word starts with.
func actWord(word string) (entry, bool) {
	for n := len(word); n > 0; n-- {
		if e, ok := viinaActs()[word[:n]]; ok && !strings.HasSuffix(word[:n], "_b") {
			return e, true
		}
	}
	return nil, false
}
