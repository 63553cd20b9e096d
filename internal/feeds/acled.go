package feeds

import (
	"fmt"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// acledColumns are those of the layouts of 2020 and 2025.
var acledColumns = strings.Fields(`
	event_id_cnty event_date year time_precision disorder_type event_type sub_event_type actor1 assoc_actor_1 inter1 actor2 assoc_actor_2
	inter2 interaction civilian_targeting iso region country admin1 admin2 admin3 location latitude longitude geo_precision source
	source_scale notes fatalities tags timestamp data_id event_id_no_cnty iso3 population_1km population_2km population_5km population_best`)

func acledKind() kind {
	return kind{
		name: "acled", about: "ACLED events with event_date, event_type, sub_event_type, actor1", known: acledColumns,
		match: func(c map[string]int) bool { return hasAll(c, "event_date", "event_type", "sub_event_type", "actor1") },
		start: func(r *run, _ map[string]int) (handler, error) { return &acledFeed{plain{r}}, nil },
	}
}

// acledFeed reads events that people have coded from media and partners. An
// event has a day and no hour, and two actors of whom nothing says which one
// acted: the author is never taken from them.
type acledFeed struct{ plain }

func (f *acledFeed) record(rec *record) error {
	id := rec.get("event_id_cnty")
	if v := rec.get("data_id"); id == "" && v != "" {
		id = "ACLED-" + v
	}
	if id == "" {
		return f.reject(rec, faultIn("event_id_cnty", "it is empty: expected an id such as UKR12345"))
	}
	if fresh, err := f.fresh(rec, id, "event_id_cnty"); err != nil || !fresh {
		return err
	}
	inc, err := f.incident(rec, id)
	if err != nil {
		return f.reject(rec, err)
	}
	if f.kind(rec, inc, &inc.Scenarios[0]) {
		inform(Propose(inc.Text), byPeople, inc, &inc.Scenarios[0])
		return f.emit(inc)
	}
	f.sum.Reports++
	return nil
}

// incident reads all but the kind of the event.
func (f *acledFeed) incident(rec *record, id string) (*evidence.Incident, error) {
	inc := &evidence.Incident{
		ID: id, Level: evidence.Reported, Source: rec.get("source"), Text: rec.get("notes"), From: f.pos(rec.line),
		Scenarios: []evidence.Scenario{evidence.Unknown()},
	}
	s := &inc.Scenarios[0]
	at, err := f.place(rec, inc, s)
	if err == nil {
		f.withText(inc, s, rec.get("location"), false)
		err = f.time(rec, at, inc, s)
	}
	if err == nil {
		err = f.killed(rec, inc)
	}
	if err != nil {
		return nil, err
	}
	if actors := joinText(rec.get("actor1"), rec.get("actor2")); actors != "" {
		inc.Notes = append(inc.Notes, fmt.Sprintf("actors as named: %s; ACLED does not say who acted on whom: author left unknown", actors))
	}
	if v := rec.get("timestamp"); v != "" {
		inc.Notes = append(inc.Notes, "state of the row at ACLED: timestamp "+v+"; ACLED revises and deletes events")
	}
	return inc, nil
}

// time is the civil day, or the days that a coarser precision leaves open: of a
// week its middle is given, so that the act may be up to six days off.
func (f *acledFeed) time(rec *record, at where.Point, inc *evidence.Incident, s *evidence.Scenario) error {
	from, err := dateIn("event_date", rec.get("event_date"))
	if err != nil {
		return err
	}
	to := from
	switch v := rec.get("time_precision"); v {
	case "1":
	case "2":
		from, to = from.AddDate(0, 0, -6), to.AddDate(0, 0, 6)
		inc.Notes = append(inc.Notes, "only the week is known: any seven days that hold the date")
	case "3":
		from = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 1, -1)
		inc.Notes = append(inc.Notes, "only the month is known")
	case "":
		inc.Notes = append(inc.Notes, "how exact the date is is not given: taken as that day")
	default:
		return faultIn("time_precision", "%q is none of 1 (day), 2 (week), 3 (month)", clip(v))
	}
	s.Time, err = f.daysIn(country(rec.first("country", "iso3", "iso")), at, from, to)
	return err
}

// place is a disc round the point of a town or of a part of a region, or the
// whole region, for which the point only stands.
func (f *acledFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) (where.Point, error) {
	s.PlaceName = joinPlace(rec.get("location"), rec.get("admin2"), rec.get("admin1"), rec.get("country"))
	lat, lon := rec.get("latitude"), rec.get("longitude")
	if missing(lat) || missing(lon) {
		inc.Notes = append(inc.Notes, "no position is given")
		return where.Point{}, nil
	}
	at, err := pointIn("latitude", "longitude", lat, lon)
	if err != nil {
		return at, err
	}
	if err := swappedCountry("latitude", at, rec.first("country", "iso3", "iso")); err != nil {
		return at, err
	}
	switch v := rec.get("geo_precision"); v {
	case "1":
		s.Place = where.Disc(at, 5_000)
	case "2":
		s.Place = where.Disc(at, 30_000)
		inc.Notes = append(inc.Notes, "the place is near the point, or a part of a region that it stands for: 30 km round it")
	case "3", "":
		f.areaOrDisc("acled", country(rec.first("country", "iso3", "iso")), rec.get("admin1"), at, 150_000, inc, s)
		if v == "" {
			inc.Notes = append(inc.Notes, "how exact the place is is not given: taken as its region")
		}
	default:
		return at, faultIn("geo_precision", "%q is none of 1 (town), 2 (part of a region), 3 (region)", clip(v))
	}
	return at, nil
}

// killed is the number of dead. ACLED writes 0 also when no number is known.
func (f *acledFeed) killed(rec *record, inc *evidence.Incident) error {
	n, err := evidence.ParseNumber(rec.get("fatalities"))
	switch {
	case err != nil:
		return faultIn("fatalities", "%v", err)
	case n.Known && n.Max == 0:
		inc.Notes = append(inc.Notes, "fatalities 0: none is reported, or the number is not known")
	default:
		inc.Killed = n
	}
	return nil
}

// kind sets act, outcome, means and target; it reports whether the row is an
// incident at all. A kind that is not known leaves everything open.
func (f *acledFeed) kind(rec *record, inc *evidence.Incident, s *evidence.Scenario) bool {
	name := rec.get("sub_event_type")
	e, ok := acledEvents()[strings.ToLower(name)]
	if !ok {
		f.unmapped(rec, "sub_event_type", "%q is not in data/acled_subevents.csv: act left unknown", clip(name))
		inc.Notes = append(inc.Notes, fmt.Sprintf("sub-event %q is not known: act left unknown", clip(name)))
		return true
	}
	if e["use"] != "incident" {
		return false
	}
	s.Act, s.Outcome, s.Means, s.Target = e.set("act"), e.set("outcome"), e.set("means"), e.set("target")
	if s.Act == nil {
		inc.Notes = append(inc.Notes, fmt.Sprintf("%s: %s", name, e["comment"]))
	}
	found, _ := acledTags().find("", rec.get("tags"))
	if tagged := collect(found, "target"); tagged != nil {
		s.Target = union(tagged, s.Target...)
		inc.Notes = append(inc.Notes, "target by the tags, which say what was hit, not what was aimed at: "+rec.get("tags"))
	}
	return true
}

// pointIn is point for columns of other names.
func pointIn(latColumn, lonColumn, lat, lon string) (where.Point, error) {
	p, err := point(lat, lon)
	if f, ok := err.(*fault); ok {
		column := latColumn
		if f.column == "lon" {
			column = lonColumn
		}
		return p, faultIn(column, "%s", f.msg)
	}
	return p, err
}
