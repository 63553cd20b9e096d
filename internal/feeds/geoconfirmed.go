package feeds

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// geoconfirmedColumns leave out Units and OrbatUnits: which unit stood where is
// nothing that a monitor of a ceasefire should pass on.
var geoconfirmedColumns = strings.Fields("date name faction origin latitude longitude pluscode description source geolocation equipment equipmentitems id")

func geoconfirmedKind() kind {
	return kind{
		name: "geoconfirmed", about: "GeoConfirmed's placed footage with Date;Name;Faction;Latitude;Longitude;Geolocation", known: geoconfirmedColumns,
		match: func(c map[string]int) bool {
			return hasAll(c, "date", "name", "faction", "latitude", "longitude") && (hasAll(c, "geolocation") || hasAll(c, "pluscode"))
		},
		start: func(r *run, _ map[string]int) (handler, error) { return &geoconfirmedFeed{plain{r}}, nil },
	}
}

// geoconfirmedFeed reads footage that volunteers have placed. The place is
// sure as few are; what was done, by whom and when are words beside it.
type geoconfirmedFeed struct{ plain }

const geoconfirmedNote = "footage placed by volunteers: the place is checked; what was done is told in words only and left unknown; the date may be that of the footage"

func (f *geoconfirmedFeed) record(rec *record) error {
	id := rec.get("id")
	if id == "" {
		id = fmt.Sprintf("%s:%d", f.run.id, rec.line)
	}
	id = "GEOCONFIRMED-" + id
	if fresh, err := f.fresh(rec, id, "id"); err != nil || !fresh {
		return err
	}
	inc := &evidence.Incident{
		ID: id, Level: evidence.Reported, Source: rec.first("source", "geolocation"), URL: firstAddress(rec.get("source"), rec.get("geolocation")),
		Text: joinText(rec.get("name"), rec.get("description")), From: f.pos(rec.line), Notes: []string{geoconfirmedNote},
	}
	s := evidence.Unknown()
	s.PlaceName = rec.get("pluscode")
	at, err := f.place(rec, inc, &s)
	if err == nil {
		f.withText(inc, &s, "", false)
		err = f.time(rec, at, inc, &s)
	}
	if err != nil {
		return f.reject(rec, err)
	}
	if v := joinText(rec.get("faction"), rec.get("origin")); v != "" {
		inc.Notes = append(inc.Notes, "faction as given: "+v+"; it is whose equipment or post it is, not the attacker: author left unknown")
	}
	if v := joinText(rec.get("equipment"), rec.get("equipmentitems")); v != "" {
		inc.Notes = append(inc.Notes, "equipment as given: "+v)
	}
	if said := Propose(inc.Text); said.Act != nil || said.Target != nil {
		inc.Notes = append(inc.Notes, fmt.Sprintf("words of the text may mean act %s, target %s: %s; not taken, the source has no code for either", either(said.Act), either(said.Target), quoted(said.Words)))
		inc.Notes = append(inc.Notes, said.doubts()...)
	}
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

// time is the day that is given, whole: hours in these lists are mostly 00:00,
// which is none.
func (f *geoconfirmedFeed) time(rec *record, at where.Point, inc *evidence.Incident, s *evidence.Scenario) error {
	text := rec.get("date")
	from, ok := date(text)
	to := from
	if !ok {
		if from, to, ok = slashDate(text); !ok {
			return faultIn("date", "%q is not a date: expected such as 2025-03-26", clip(text))
		}
		if !from.Equal(to) {
			inc.Notes = append(inc.Notes, fmt.Sprintf("date %q: whether the day or the month stands first is not said: %s to %s", text, from.Format(time.DateOnly), to.Format(time.DateOnly)))
		}
	}
	var err error
	s.Time, err = f.daysIn(countryAt(at), at, from, to)
	return err
}

// countryAt is the country that a point is in, "" if that is not sure: near a
// border, and everywhere but in Ukraine and Russia.
func countryAt(at where.Point) string {
	out := ""
	for _, code := range where.AreasAt(at) {
		c, _, _ := strings.Cut(code, "-")
		if out != "" && out != c {
			return ""
		}
		out = c
	}
	return out
}

var vague = regexp.MustCompile(`(?i)\b(approx(imate(ly)?)?|general area|exact (location|place) (is )?(unknown|not known)|roughly)\b`)

func (f *geoconfirmedFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) (where.Point, error) {
	lat, lon := rec.get("latitude"), rec.get("longitude")
	if missing(lat) && missing(lon) {
		inc.Notes = append(inc.Notes, "no position is given")
		return where.Point{}, nil
	}
	at, err := pointIn("latitude", "longitude", strings.Replace(lat, ",", ".", 1), strings.Replace(lon, ",", ".", 1))
	if err != nil {
		return at, err
	}
	s.Place = where.Disc(at, 100)
	if word := vague.FindString(joinText(rec.get("name"), rec.get("description"))); word != "" {
		s.Place = where.Disc(at, 5_000)
		inc.Notes = append(inc.Notes, fmt.Sprintf("%q: 5 km round the point", word))
	}
	return at, nil
}

var address = regexp.MustCompile(`https?://[^\s,;"]+`)

func firstAddress(texts ...string) string {
	for _, t := range texts {
		if a := address.FindString(t); a != "" {
			return a
		}
	}
	return ""
}
