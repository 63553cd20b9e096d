package feeds

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/truce-project/truce/evidence"
)

var airforceColumns = []string{
	"time_start", "time_end", "model", "launch_place", "target", "carrier", "launched", "destroyed", "not_reach_goal", "cross_border_belarus",
	"back_russia", "still_attacking", "affected region", "destroyed_details", "launched_details", "launch_place_details", "source",
}

func airforceKind() kind {
	return kind{
		name: "airforce", about: "the table of missile and drone attacks with time_start, model, launched, destroyed", known: airforceColumns,
		match: func(c map[string]int) bool { return hasAll(c, "time_start", "model", "launched", "destroyed") },
		start: func(r *run, _ map[string]int) (handler, error) {
			loc, err := r.kyiv()
			return &airforceFeed{plain{r}, loc}, err
		},
	}
}

// airforceFeed reads reports of the Ukrainian Air Force on attacks. A row is
// an attack of several weapons of a kind, known by its interval and by counts.
type airforceFeed struct {
	plain
	loc *time.Location
}

const airforceGround = "author: the table is defined as Russian missile and drone attacks on Ukraine, as the Ukrainian Air Force reports them; a party's claim"

func (f *airforceFeed) record(rec *record) error {
	row := f.rowHash(rec, "airforce")
	if _, same := f.seen[row]; same {
		f.sum.Duplicates++
		return nil
	}
	inc, err := f.incident(rec)
	if err != nil {
		return f.reject(rec, err)
	}
	f.seen[row] = struct{}{}
	return f.emit(inc)
}

func (f *airforceFeed) incident(rec *record) (*evidence.Incident, error) {
	s := evidence.Unknown()
	inc := &evidence.Incident{Level: evidence.Claimed, Source: rec.get("source"), From: f.pos(rec.line), Notes: []string{airforceGround}}
	if err := f.time(rec, inc, &s); err != nil {
		return nil, err
	}
	n, err := readCounts(rec)
	if err != nil {
		return nil, err
	}
	inc.Count, s.Actor = n.launched, []string{"RU"}
	f.model(rec, inc, &s)
	f.places(rec, inc, &s)
	overflightOnly := len(s.Act) == 1 && s.Act[0] == "overflight"
	var note string
	if s.Outcome, note = n.outcome(overflightOnly); note != "" {
		inc.Notes = append(inc.Notes, note)
	}
	inc.Text = airforceText(rec)
	inc.Claims = []evidence.Claim{
		{By: "UA Air Force", Kind: evidence.Asserts, Of: "RU", Gist: inc.Text},
		{By: "UA Air Force", Kind: evidence.Attributes, Of: "RU", Gist: inc.Text},
	}
	inc.ID = f.makeID(rec)
	inc.Scenarios = []evidence.Scenario{s}
	return inc, nil
}

// time reads the interval of the attack: the weapons were launched in it, and
// came down in it.
func (f *airforceFeed) time(rec *record, inc *evidence.Incident, s *evidence.Scenario) error {
	startText, endText := rec.get("time_start"), rec.get("time_end")
	if startText == "" {
		return faultIn("time_start", "it is empty: expected a date, with or without an hour")
	}
	start, err := parseStamp(startText, f.loc)
	if err != nil {
		return faultIn("time_start", "%v", err)
	}
	end := start
	if endText == "" {
		inc.Notes = append(inc.Notes, "no end is given: taken to be the start")
	} else if end, err = parseStamp(endText, f.loc); err != nil {
		return faultIn("time_end", "%v", err)
	}
	if start.open || end.open {
		inc.Notes = append(inc.Notes, "the clock was changed at that hour: both times it may mean are kept")
	}
	if s.Time, err = interval(start, end); err != nil {
		return faultIn("time_end", "%v", err)
	}
	s.Launch = s.Time
	return nil
}

// counts are the numbers of a row.
type counts struct {
	launched, destroyed, missed, left, still evidence.Number
}

func readCounts(rec *record) (counts, error) {
	var c counts
	for _, n := range []struct {
		column string
		to     *evidence.Number
	}{{"launched", &c.launched}, {"destroyed", &c.destroyed}, {"not_reach_goal", &c.missed}, {"still_attacking", &c.still}} {
		var err error
		if *n.to, err = evidence.ParseNumber(rec.get(n.column)); err != nil {
			return c, faultIn(n.column, "%v", err)
		}
	}
	for _, column := range []string{"cross_border_belarus", "back_russia"} {
		v, err := evidence.ParseNumber(rec.get(column))
		if err != nil {
			return c, faultIn(column, "%v", err)
		}
		if v.Known {
			c.left.Known = true
			c.left.Min += v.Min
		}
	}
	return c, nil
}

// outcome is the set of outcomes that the numbers allow: a row is many acts.
func (c counts) outcome(overflightOnly bool) (set []string, note string) {
	switch {
	case !c.launched.Known || !c.destroyed.Known:
		return nil, "how many were launched or shot down is not given: outcome left unknown"
	case c.launched.Max != c.launched.Min || c.destroyed.Max != c.destroyed.Min:
		return nil, "the numbers are ranges: outcome left unknown"
	case c.destroyed.Min > c.launched.Min:
		return nil, "more were shot down than launched: outcome left unknown"
	case c.destroyed.Min == c.launched.Min && c.launched.Min > 0:
		return []string{"intercepted"}, ""
	}
	if c.destroyed.Min > 0 {
		set = union(set, "intercepted")
	}
	if c.missed.Min > 0 || c.left.Min > 0 {
		set = union(set, "missed")
	}
	if c.still.Min > 0 {
		set = union(set, "launched")
	}
	switch rest := c.launched.Min - c.destroyed.Min - c.missed.Min - c.left.Min - c.still.Min; {
	case rest < 0:
		return nil, "the numbers add up to more than were launched: outcome left unknown"
	case rest > 0 && overflightOnly:
		set = union(set, "launched")
	case rest > 0:
		set = union(set, "impact", "missed", "debris", "incidental")
		note = fmt.Sprintf("what became of %d of %d is not said", rest, c.launched.Min)
	}
	return set, note
}

// model sets act and means by the names of the weapons.
func (f *airforceFeed) model(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	found, rest := airforceModels().find("", rec.get("model"))
	for _, e := range found {
		s.Act = union(s.Act, e.set("act")...)
	}
	s.Means = collect(found, "means")
	unknown := unnamed(rest)
	if len(found) > 0 && unknown == "" {
		return
	}
	if unknown == "" {
		unknown = rec.get("model")
	}
	s.Act, s.Means = union(s.Act, "attack.strike", "overflight"), nil
	f.unmapped(rec, "model", "%q is not in data/airforce_models.csv: act left as strike or overflight", clip(unknown))
	inc.Notes = append(inc.Notes, fmt.Sprintf("model %q is not known: strike or overflight", clip(unknown)))
}

// unnamed is what is left of a list of models beside numbers and joining words.
func unnamed(rest string) string {
	var out []string
	for _, w := range strings.Fields(rest) {
		if w != "and" && strings.ContainsFunc(w, unicode.IsLetter) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

var joinedBy = regexp.MustCompile(`\s+and\s+|\s*;\s*`)

// places sets where the attack went and where it came from. What it hit is not
// in the table: the column called target is a place.
func (f *airforceFeed) places(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	s.PlaceName, s.OriginName = rec.get("target"), rec.get("launch_place")
	if s.PlaceName != "" {
		var notes []string
		s.Place, notes = anyOf(splitNames(s.PlaceName, joinedBy), f.tools.remembered("target ", targetPlace))
		inc.Notes = append(inc.Notes, notes...)
	}
	if s.OriginName != "" {
		s.Origin, _ = anyOf(splitNames(s.OriginName, joinedBy), f.tools.remembered("origin ", launchPlace))
		if s.Origin.IsUnknown() {
			inc.Notes = append(inc.Notes, fmt.Sprintf("launch place %q is no area: origin left unknown", clip(s.OriginName)))
		}
	}
}

func targetPlace(name string) hit { return airforcePlace(name, true) }

// launchPlace does not read "south": that may be the south of either country.
func launchPlace(name string) hit { return airforcePlace(name, false) }

func airforcePlace(name string, directions bool) hit {
	bare := strings.TrimSpace(brackets.ReplaceAllString(name, " "))
	e, ok := airforcePlaces()[strings.ToLower(bare)]
	switch {
	case !ok:
		return areaNamed(bare)
	case e["kind"] == "none":
		return hit{none: true}
	case e["kind"] == "direction" && !directions:
		return hit{none: true}
	case e["kind"] == "direction":
		return hit{codes: e.set("place"), note: fmt.Sprintf("only %q is given: anywhere in Ukraine", bare)}
	case e["kind"] == "point":
		var s evidence.Scenario
		if err := s.SetFact("place", e["place"]); err != nil {
			return hit{}
		}
		return hit{region: s.Place}
	}
	return hit{codes: e.set("place")}
}

func airforceText(rec *record) string {
	parts := []string{number(rec.get("launched")) + " " + rec.get("model")}
	if v := rec.get("launch_place"); v != "" {
		parts[0] += " from " + v
	}
	if v := rec.get("target"); v != "" {
		parts[0] += " at " + v
	}
	for _, c := range []struct{ column, words string }{
		{"destroyed", "shot down"}, {"not_reach_goal", "did not reach the goal"}, {"cross_border_belarus", "crossed into Belarus"},
		{"back_russia", "turned back to Russia"}, {"still_attacking", "still in the air"},
	} {
		if v := rec.get(c.column); v != "" {
			parts = append(parts, number(v)+" "+c.words)
		}
	}
	if v := rec.get("carrier"); v != "" {
		parts = append(parts, "carried by "+v)
	}
	if v := rec.get("affected region"); v != "" {
		parts = append(parts, "affected: "+listWords(v))
	}
	return strings.Join(parts, "; ")
}

func number(s string) string {
	if s == "" {
		return "an unknown number of"
	}
	return strings.TrimSuffix(s, ".0")
}

// listWords writes a Python list of words as words; it is not always well formed.
func listWords(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("[", "", "]", "", "'", "", `"`, "").Replace(s)), " ")
}

// makeID makes an id out of what is least likely to be revised: start, model
// and source, and a number where those are not enough.
func (f *airforceFeed) makeID(rec *record) string {
	h := fnv.New32a()
	h.Write([]byte(rec.get("source")))
	id := fmt.Sprintf("AF-%s-%s-%08x", slug(rec.get("time_start")), slug(rec.get("model")), h.Sum32())
	if n := f.number(id); n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	return id
}

func slug(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '/':
			return '-'
		case r == ':':
			return -1
		}
		return unicode.ToLower(r)
	}, strings.Join(strings.Fields(s), " "))
}
