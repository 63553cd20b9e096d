package feeds

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// ucdpNames are the columns of UCDP GED and Candidate, in their order, which
// some editions of Candidate need because they have no header.
var ucdpNames = strings.Fields(`
	id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id conflict_name dyad_dset_id dyad_new_id dyad_name
	side_a_dset_id side_a_new_id side_a side_b_dset_id side_b_new_id side_b number_of_sources source_article source_office source_date
	source_headline source_original where_prec where_coordinates where_description adm_1 adm_2 latitude longitude geom_wkt priogrid_gid
	country country_id region event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high low
	gwnoa gwnob`)

// ucdpOlder are columns of older editions.
var ucdpOlder = strings.Fields("start_year end_year iso3")

func ucdpKind() kind {
	return kind{
		name: "ucdp", about: "UCDP GED or Candidate with type_of_violence, date_start, where_prec", known: slices.Concat(ucdpOlder, ucdpNames),
		match: func(c map[string]int) bool { return hasAll(c, "id", "type_of_violence", "date_start", "where_prec") },
		start: func(r *run, _ map[string]int) (handler, error) {
			return &ucdpFeed{plain{r}}, nil
		},
		header: ucdpWithoutHeader,
	}
}

var (
	digits  = regexp.MustCompile(`^\d+$`)
	aYear   = regexp.MustCompile(`^(1[89]|20|21)\d\d$`)
	isoDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

// ucdpWithoutHeader recognises the 49 columns by what stands in them.
func ucdpWithoutHeader(head []byte) []string {
	t := &table{br: bufio.NewReader(bytes.NewReader(head)), delim: delimiter(head), line: 1}
	w, err := t.next()
	if err != nil || len(w.fields) != len(ucdpNames) {
		return nil
	}
	rec := &record{columns: row{fields: ucdpNames}.columns(), fields: w.fields}
	if digits.MatchString(rec.get("id")) && aYear.MatchString(rec.get("year")) && digits.MatchString(rec.get("type_of_violence")) && isoDate.MatchString(rec.get("date_start")) {
		return ucdpNames
	}
	return nil
}

// ucdpFeed reads events of organised violence in which somebody died. What did
// not kill is not in it: an empty day says nothing of attacks on objects.
type ucdpFeed struct{ plain }

const ucdpNote = "UCDP holds only events in which somebody died, and does not say who attacked, with what, or what object"

func (f *ucdpFeed) record(rec *record) error {
	id := rec.get("id")
	if !digits.MatchString(id) {
		return f.reject(rec, faultIn("id", "%q is not a number: expected an id such as 239008", clip(id)))
	}
	id = "UCDP-" + id
	if fresh, err := f.fresh(rec, id, "id"); err != nil || !fresh {
		return err
	}
	inc := &evidence.Incident{
		ID: id, Level: evidence.Reported, Source: rec.first("source_office", "source_original", "source_article"),
		Text: rec.first("source_headline", "source_article"), From: f.pos(rec.line), Notes: []string{ucdpNote},
	}
	s := evidence.Unknown()
	at, err := f.place(rec, inc, &s)
	if err == nil {
		err = f.time(rec, at, inc, &s)
	}
	if err == nil {
		err = f.killed(rec, inc)
	}
	if err != nil {
		return f.reject(rec, err)
	}
	f.describe(rec, inc, &s)
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

// describe sets the act and the remarks.
func (f *ucdpFeed) describe(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	if sides := joinText(rec.get("side_a"), rec.get("side_b")); sides != "" {
		inc.Notes = append(inc.Notes, "sides as named: "+sides+"; side_a is not the attacker: author left unknown")
	}
	if v := rec.get("code_status"); v != "" && !strings.EqualFold(v, "clear") {
		inc.Notes = append(inc.Notes, "UCDP's own remark: "+v)
	}
	if rec.get("event_clarity") == "2" {
		inc.Count = evidence.Number{Known: true, Min: 1, Max: -1}
		inc.Notes = append(inc.Notes, "event_clarity 2: it may sum up several events")
	}
	kind := rec.get("type_of_violence")
	e, ok := ucdpViolence()[kind]
	if !ok {
		f.unmapped(rec, "type_of_violence", "%q is not in data/ucdp_violence.csv: act left unknown", clip(kind))
		return
	}
	s.Act = e.set("act")
}

// slack is how many days an event may be off, by date_prec, when its dates name
// one day although the day is not known.
var slack = map[string]int{"2": 6, "3": 6, "4": 30, "5": 366}

// time is the civil days from date_start to date_end, both whole.
func (f *ucdpFeed) time(rec *record, at where.Point, inc *evidence.Incident, s *evidence.Scenario) error {
	from, err := dateIn("date_start", rec.get("date_start"))
	if err != nil {
		return err
	}
	to := from
	if v := rec.get("date_end"); v != "" {
		if to, err = dateIn("date_end", v); err != nil {
			return err
		}
	}
	if to.Before(from) {
		return faultIn("date_end", "it ends (%s) before it starts (%s)", to.Format(time.DateOnly), from.Format(time.DateOnly))
	}
	precision := rec.get("date_prec")
	days, coarse := slack[precision]
	switch {
	case precision != "1" && !coarse:
		return faultIn("date_prec", "%q is none of 1 (day) to 5 (more than a month)", clip(precision))
	case coarse && from.Equal(to):
		from, to = from.AddDate(0, 0, -days), to.AddDate(0, 0, days)
	}
	if coarse {
		inc.Notes = append(inc.Notes, fmt.Sprintf("the day is not known (date_prec %s): %s to %s", precision, from.Format(time.DateOnly), to.Format(time.DateOnly)))
	}
	s.Time, err = f.daysIn(country(rec.get("country")), at, from, to)
	return err
}

// ucdpRadii are how far from its point an event may be, in metres, by
// where_prec: a town or spot; within 25 km; the middle of a district; a road, a
// river or a vague region.
var ucdpRadii = map[string]where.Metres{"1": 5_000, "2": 25_000, "3": 50_000, "5": 100_000}

func (f *ucdpFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) (where.Point, error) {
	s.PlaceName = joinPlace(rec.get("where_coordinates"), rec.get("adm_2"), rec.get("adm_1"), rec.get("country"))
	precision, code := rec.get("where_prec"), country(rec.get("country"))
	at, err := pointIn("latitude", "longitude", rec.get("latitude"), rec.get("longitude"))
	if err != nil {
		return at, err
	}
	if err := swappedCountry("latitude", at, rec.get("country")); err != nil {
		return at, err
	}
	if radius, ok := ucdpRadii[precision]; ok {
		s.Place = where.Disc(at, radius)
		return at, nil
	}
	switch precision {
	case "4":
		f.areaOrDisc("ucdp", code, rec.get("adm_1"), at, 150_000, inc, s)
	case "6":
		if h := countryArea(code); h.found() {
			s.Place, err = where.AreaRegion(h.codes...)
		}
		inc.Notes = append(inc.Notes, "only the country is known")
	case "7":
		inc.Notes = append(inc.Notes, "in international waters or airspace: the place is left unknown")
	default:
		return at, faultIn("where_prec", "%q is none of 1 (exact) to 7 (international)", clip(precision))
	}
	return at, err
}

// killed is the range from the lowest to the highest estimate.
func (f *ucdpFeed) killed(rec *record, inc *evidence.Incident) error {
	var all []int
	for _, column := range []string{"low", "best", "high"} {
		n, err := evidence.ParseNumber(rec.get(column))
		if err == nil && n.Known && (n.Min != n.Max) {
			err = fmt.Errorf("%q is not one number", clip(rec.get(column)))
		}
		if err != nil {
			return faultIn(column, "%v", err)
		}
		if n.Known {
			all = append(all, n.Min)
		}
	}
	for i, n := range all {
		if i == 0 {
			inc.Killed = evidence.Number{Known: true, Min: n, Max: n}
		}
		if i > 0 && n < all[i-1] {
			inc.Notes = append(inc.Notes, "low, best and high are out of order: the widest range is taken")
		}
		inc.Killed.Min, inc.Killed.Max = min(inc.Killed.Min, n), max(inc.Killed.Max, n)
	}
	return nil
}
