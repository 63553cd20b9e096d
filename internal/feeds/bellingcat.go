package feeds

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// bellingcatFeed reads Bellingcat's collection of harm to civilians in Ukraine.
// It says what was hit and often with what, never by whom; it says the day, not
// the hour.
type bellingcatFeed struct{ *run }

// bellingcatEvent is an event of either layout: the export with ids of
// associations and sources, or the later api.json with both spelt out.
type bellingcatEvent struct {
	ID           any               `json:"id"`
	Date         string            `json:"date"`
	Time         string            `json:"time"`
	Location     string            `json:"location"`
	Latitude     any               `json:"latitude"`
	Longitude    any               `json:"longitude"`
	Description  string            `json:"description"`
	Sources      []json.RawMessage `json:"sources"`
	Associations []string          `json:"associations"`
	Filters      []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"filters"`
}

func (r *run) bellingcat(br *bufio.Reader, _ []byte) error {
	r.readAs("bellingcat")
	f, in, before := &bellingcatFeed{r}, &scanner{br: br, line: 1}, r.sum.Rows
	if _, err := in.skip(); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	in.next() // the bracket that documentKind saw
	if err := r.elements(in, "array of events breaks", func(line int, raw string) error { return f.event(&record{line: line, raw: raw}) }); err != nil {
		return err
	}
	if err := r.rest(in); err != nil {
		return err
	}
	if r.sum.Rows == before {
		return r.empty()
	}
	return nil
}

// elements reads an array of rows whose bracket was passed, one by one; what says, in an
// error, what breaks off.
func (r *run) elements(in *scanner, what string, each func(line int, raw string) error) error {
	for first := true; ; first = false {
		done, err := in.element(first, ']')
		if done {
			return nil
		}
		line := in.line
		var raw []byte
		if err == nil {
			raw, err = in.balanced()
		}
		if err != nil {
			return fmt.Errorf("%s:%d: the %s off here, what came before was read: %w", r.file, in.line, what, err)
		}
		r.sum.Rows++
		if err := each(line, string(raw)); err != nil {
			return err
		}
	}
}

// rest refuses what follows after the end of a JSON document.
func (r *run) rest(in *scanner) error {
	c, err := in.skip()
	switch {
	case err == nil:
		return fmt.Errorf("%s:%d: after the end of the JSON stands %q: what came before was read", r.file, in.line, c)
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil
	}
	return fmt.Errorf("%s:%d: the end of the JSON cannot be read, what came before was read: %w", r.file, in.line, err)
}

// decode reads an element of a JSON list; it is empty if it was too large.
func decode(rec *record, to any) error {
	if rec.raw == "" {
		return &fault{msg: fmt.Sprintf("the element is larger than %d bytes or nested deeper than %d levels", maxRow, maxNesting)}
	}
	if err := sound([]byte(rec.raw)); err != nil {
		return &fault{msg: err.Error()}
	}
	if err := unrepeated([]byte(rec.raw)); err != nil {
		return &fault{msg: err.Error()}
	}
	d := json.NewDecoder(strings.NewReader(rec.raw))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		return &fault{msg: fmt.Sprintf("not an event: %v", where.PlainJSON([]byte(rec.raw), err))}
	}
	return nil
}

const (
	// bellingcatBlur is how far off a point may be: "slightly obscured", says
	// the source, to protect those who live there.
	bellingcatBlur where.Metres = 500

	bellingcatLevel = "level: the source publishes what it holds for corroborated, but does not say by what; reported is taken"
	bellingcatPlace = "the source has moved its points slightly, to protect people: 500 m round it"
	bellingcatEd    = "the ids of associations are read by the list of 28 May 2023; if the edition is another, compare its export_associations.json"
	bellingcatArea  = "target: the source names the type of area affected, which is taken as what was hit; what was aimed at is left unknown"
)

func (f *bellingcatFeed) event(rec *record) error {
	var e bellingcatEvent
	if err := decode(rec, &e); err != nil {
		return f.reject(rec, err)
	}
	f.watch(rec, func() []field { return jsonFields([]byte(rec.raw)) })
	given, err := scalar(e.ID)
	if err != nil || given == "" {
		return f.reject(rec, faultIn("id", "expected an id"))
	}
	id := "BELLINGCAT-" + given
	if _, same := f.seen[f.rowHash(rec, id)]; same {
		f.sum.Duplicates++
		return nil
	}
	inc := &evidence.Incident{
		ID: id, Level: evidence.Reported, Source: "Bellingcat", Text: e.Description, URL: bellingcatURL(e.Sources),
		From: f.pos(rec.line), Notes: []string{bellingcatLevel},
	}
	s := evidence.Unknown()
	s.PlaceName = e.Location
	if err = f.place(&e, inc, &s); err == nil {
		err = f.time(&e, inc, &s)
	}
	if err != nil {
		return f.reject(rec, err)
	}
	f.seen[f.rowHash(rec, id)] = struct{}{}
	if n := f.number(id); n > 1 {
		inc.ID = fmt.Sprintf("%s-%d", id, n)
		inc.Notes = append(inc.Notes, fmt.Sprintf("id %s stands at %d events of other content: this one was numbered", given, n))
		f.remark(rec, "id", "%q was already read with other content: kept as another event, %s", clip(given), clip(inc.ID))
	}
	f.what(rec, &e, inc, &s)
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

// bellingcatURL is the first address of the sources; the export gives none, only
// ids of another file.
func bellingcatURL(sources []json.RawMessage) string {
	for _, raw := range sources {
		var s struct {
			Path string `json:"path"`
		}
		if json.Unmarshal(raw, &s) == nil && address.MatchString(s.Path) {
			return address.FindString(s.Path)
		}
	}
	return ""
}

func (f *bellingcatFeed) place(e *bellingcatEvent, inc *evidence.Incident, s *evidence.Scenario) error {
	lat, err1 := scalar(e.Latitude)
	lon, err2 := scalar(e.Longitude)
	if err := errors.Join(err1, err2); err != nil {
		return faultIn("latitude", "%v", err)
	}
	lat, lon = strings.TrimSpace(lat), strings.TrimSpace(lon)
	if lat == "" && lon == "" {
		inc.Notes = append(inc.Notes, "no position is given")
		return nil
	}
	at, err := pointIn("latitude", "longitude", lat, lon)
	if err != nil {
		return err
	}
	if err := swapped("latitude", at, []string{"UA"}, "Ukraine, of which this source is"); err != nil {
		return err
	}
	s.Place = where.Disc(at, bellingcatBlur)
	inc.Notes = append(inc.Notes, bellingcatPlace)
	return nil
}

// time is the civil day in Kyiv, the month before the day, whole if no hour is
// given: 00:00 is none.
func (f *bellingcatFeed) time(e *bellingcatEvent, inc *evidence.Incident, s *evidence.Scenario) error {
	loc, err := f.kyiv()
	if err != nil {
		return err
	}
	text := strings.TrimSpace(e.Date)
	d, err := time.Parse("1/2/2006", text)
	if err != nil {
		var ok bool
		if d, ok = date(text); !ok {
			return faultIn("date", "%q is not a date: expected month/day/year such as 3/26/2022", clip(text))
		}
	}
	if d.Year() < 1990 || d.Year() > 2200 {
		return faultIn("date", "%q: the year cannot be", clip(text))
	}
	clock := strings.TrimSpace(e.Time)
	if clock == "" || clock == "00:00" || clock == "00:00:00" {
		s.Time = when.Day(d.Year(), d.Month(), d.Day(), loc)
		return nil
	}
	from, to, err := civil(d.Format(time.DateOnly)+" "+clock, loc)
	if err != nil {
		return faultIn("time", "%q is not a time of day: expected such as 14:30", clip(clock))
	}
	s.Time = when.Span{Start: from, End: to.Add(time.Minute)}
	return nil
}

// what reads the type of area affected and the weapon.
//
// Several types of area were all affected: words of the description narrow each
// type by itself, and take none away. "Cultural" has no nearer node than
// civilian, and is none of those under it. Where the weapon is coded as unknown
// words may say that it was a strike, but not by what.
func (f *bellingcatFeed) what(rec *record, e *bellingcatEvent, inc *evidence.Incident, s *evidence.Scenario) {
	open := map[string]bool{} // of what something is not known: then it may be anything
	said, done := Propose(e.Description), []string(nil)
	add := func(key, shown string) {
		m, ok := bellingcatAssociations()[strings.ToLower(key)]
		for c, axis := range bellingcatAxis {
			if named := strings.HasPrefix(strings.ToLower(key), axis); named && m[c] == "" || !ok && !strings.Contains(key, ": ") {
				open[c] = true
			}
		}
		if ok {
			inc.Notes = union(inc.Notes, "as given: "+m["key"])
			target := m.set("target")
			if !slices.Equal(target, []string{"civilian"}) {
				if set, narrower := narrow(target, said.Target); narrower {
					target, done = set, []string{"target"}
				}
			}
			s.Target = union(s.Target, target...)
			s.Means = union(s.Means, m.set("means")...)
			s.Act = union(s.Act, m.set("act")...)
			return
		}
		f.unmapped(rec, "associations", "%q is not in data/bellingcat_associations.csv: what it says is left unknown", clip(shown))
	}
	for _, id := range e.Associations {
		if m, ok := bellingcatIDs()[strings.ToLower(strings.TrimSpace(id))]; ok {
			add(m["key"], id)
			inc.Notes = union(inc.Notes, bellingcatEd)
		} else {
			add(id, id)
		}
	}
	for _, v := range e.Filters {
		add(strings.TrimSpace(v.Key)+": "+strings.TrimSpace(v.Value), v.Value)
	}
	if open["target"] {
		s.Target, done = nil, nil
	}
	if open["means"] || len(s.Act) == 0 {
		s.Means, s.Act = nil, []string{"attack", "accident"}
		if said.namesAttack() && allUnder(said.Act, "attack.strike") {
			s.Act, done = []string{"attack.strike"}, append(done, "act")
		}
	}
	if len(s.Target) > 0 {
		inc.Notes = append(inc.Notes, bellingcatArea)
	}
	how := byPeople
	how.act, how.means, how.target = takeNone, takeNone, takeNone
	inform(said, how, inc, s, done...)
}

// bellingcatAxis says which associations speak of what.
var bellingcatAxis = map[string]string{"target": "type of area affected: ", "means": "weapon system: "}
