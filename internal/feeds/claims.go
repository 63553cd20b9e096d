package feeds

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var claimsColumns = []string{
	"claim_id", "published", "claimant", "accused", "event_start", "event_end", "tz", "time_precision", "region", "country_dejure",
	"side_controlling", "object", "object_kind", "means", "consequence", "count_claimed", "parent_claim", "denied_by", "denied_on",
	"denial_gist", "quote_fragment", "source_url", "n_objects",
}

func claimsKind() kind {
	return kind{
		name: "claims", about: "a list of claims with claim_id, claimant, accused, event_start", known: claimsColumns,
		match: func(c map[string]int) bool { return hasAll(c, "claim_id", "claimant", "event_start") },
		start: func(r *run, _ map[string]int) (handler, error) { return &claimsFeed{plain{r}}, nil },
	}
}

// plain is a handler of rows that stand for themselves.
type plain struct{ *run }

func (p plain) broken(rec *record, because error) error { return p.reject(rec, because) }
func (p plain) end() error                              { return nil }

// claimsFeed reads what parties say of each other. A claim asserts an act; it
// stays the claim of its speaker, and a denial leaves the author open.
type claimsFeed struct{ plain }

func (f *claimsFeed) record(rec *record) error {
	id := rec.get("claim_id")
	if id == "" {
		return f.reject(rec, faultIn("claim_id", "it is empty: expected an id that other rows can name"))
	}
	if fresh, err := f.fresh(rec, id, "claim_id"); err != nil || !fresh {
		return err
	}
	if f.opt.totals != nil {
		f.opt.totals.add(f, rec)
	}
	if rec.get("object") == "" && rec.get("object_kind") == "" && rec.get("count_claimed") != "" {
		f.unmapped(rec, "object", "claim %s only gives a number (%s) and names no object: a count, not an incident; it is not judged", id, clip(rec.get("count_claimed")))
		return nil
	}
	inc, err := f.incident(rec)
	if err != nil {
		return f.reject(rec, err)
	}
	return f.emit(inc)
}

func (f *claimsFeed) incident(rec *record) (*evidence.Incident, error) {
	inc := &evidence.Incident{
		ID: rec.get("claim_id"), Level: evidence.Claimed, Source: rec.get("claimant"), URL: rec.get("source_url"),
		Damage: rec.get("consequence"), From: f.pos(rec.line),
	}
	inc.Text = joinText(rec.get("object"), rec.get("means"), rec.get("consequence"), rec.get("quote_fragment"))
	var err error
	if inc.Count, err = evidence.ParseNumber(rec.get("count_claimed")); err != nil {
		return nil, faultIn("count_claimed", "%v", err)
	}
	s := evidence.Unknown()
	var notes []string
	if s.Time, notes, err = f.time(rec); err != nil {
		return nil, err
	}
	inc.Notes = append(inc.Notes, notes...)
	f.who(rec, inc, &s)
	f.where(rec, inc, &s)
	f.withText(inc, &s, "", false)
	f.what(rec, inc, &s)
	f.words(rec, inc, &s)
	inc.Scenarios = []evidence.Scenario{s}
	inc.Scenarios = append(inc.Scenarios, f.counterclaims(rec, inc, s)...)
	inc.Notes = append(inc.Notes, remarks(rec)...)
	return inc, nil
}

func joinText(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "; ")
}

// remarks are notes on columns that change no fact.
func remarks(rec *record) []string {
	var out []string
	if v := rec.get("count_claimed"); v != "" {
		out = append(out, fmt.Sprintf("the statement counts %s in all; this row is what it says of one object or group", v))
	}
	if n, err := strconv.Atoi(rec.get("n_objects")); err == nil && n > 1 {
		out = append(out, fmt.Sprintf("the claim speaks of %d objects", n))
	}
	if v := rec.get("parent_claim"); v != "" {
		out = append(out, "stands with claim "+v)
	}
	if v := rec.get("time_precision"); strings.Contains(strings.ToLower(v), "conflicting") {
		out = append(out, "the time is given differently: "+v)
	}
	return out
}

// time reads when the claimant says it happened.
func (f *claimsFeed) time(rec *record) (when.Span, []string, error) {
	loc, err := f.zone(rec)
	if err != nil {
		return when.Always, nil, err
	}
	startText, endText := rec.get("event_start"), rec.get("event_end")
	var start, end stamp
	if startText != "" {
		if start, err = parseStamp(startText, loc); err != nil {
			return when.Always, nil, faultIn("event_start", "%v", err)
		}
	}
	if endText != "" {
		if end, err = parseStamp(endText, loc); err != nil {
			return when.Always, nil, faultIn("event_end", "%v", err)
		}
	}
	var notes []string
	if start.open || end.open {
		notes = append(notes, "the clock was changed at that hour: both times it may mean are kept")
	}
	switch {
	case startText == "" && endText == "":
		return when.Always, append(notes, "the claim gives no time"), nil
	case startText == "":
		return when.Span{Start: when.Past, End: end.span.End}, append(notes, "the claim gives no start"), nil
	case endText == "":
		span, more := lengthen(start, rec.get("time_precision"), loc)
		return span, append(notes, more...), nil
	}
	span, err := interval(start, end)
	if err != nil {
		return span, nil, faultIn("event_end", "%v", err)
	}
	return span, notes, nil
}

// zone is the zone of a row; nil if none is named anywhere.
func (f *claimsFeed) zone(rec *record) (*time.Location, error) {
	name := rec.get("tz")
	if name == "" {
		return f.opt.Zone, nil
	}
	if z, ok := f.tools.zones[name]; ok {
		return z.loc, z.err
	}
	loc, err := when.Zone(name)
	if err != nil {
		err = faultIn("tz", "%v", err)
	}
	if len(f.tools.zones) < maxKept {
		f.tools.zones[name] = zone{loc, err}
	}
	return loc, err
}

// zone is a zone that was looked up.
type zone struct {
	loc *time.Location
	err error
}

// precisions are how long a time without an end may be, by the word that says
// how exact it is. Of a part of the day only that much is sure that it is not
// longer than half a day.
var precisions = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "24h": 24 * time.Hour, "24 h": 24 * time.Hour, "24 hours": 24 * time.Hour,
	"night": 12 * time.Hour, "morning": 12 * time.Hour, "afternoon": 12 * time.Hour, "evening": 12 * time.Hour,
}

// lengthen gives a start without end the length that its precision says.
func lengthen(start stamp, precision string, loc *time.Location) (when.Span, []string) {
	span := start.span
	if start.day {
		return span, nil
	}
	precision = strings.ToLower(strings.TrimSpace(precision))
	if d, ok := precisions[precision]; ok {
		span.End = span.End.Add(d)
		return span, nil
	}
	if precision == "day" && loc != nil {
		t := span.Start.Time().In(loc)
		span.End = when.Day(t.Year(), t.Month(), t.Day(), loc).End
		return span, nil
	}
	return span, []string{"no end is given, and no precision that says how long: the time is taken as exact"}
}

var partyCode = regexp.MustCompile(`^([A-Z]{2,3})(?:$|[\s(])`)

// party is the code that a speaker's name starts with: "RU (as carried by
// Reuters)" speaks for RU. Other names stay as given and stand for no party.
func party(name string) (code string, ok bool) {
	m := partyCode.FindStringSubmatch(name)
	if m == nil {
		return name, false
	}
	return m[1], true
}

var listSigns = regexp.MustCompile(`\s*[;|/,]\s*`)

func list(s string) []string {
	var out []string
	for _, v := range listSigns.Split(s, -1) {
		if v != "" {
			out = union(out, v)
		}
	}
	return out
}

// who sets the actor and the claims. The accused is the author as claimed; a
// denial is kept beside it, and opens the author only where it charges the
// claimant's own side: a denial that only denies accuses nobody.
func (f *claimsFeed) who(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	claimant, accused := rec.get("claimant"), rec.get("accused")
	by, side := party(claimant)
	if isUnknown(accused) {
		accused = ""
	}
	s.Actor = list(accused)
	quote := rec.get("quote_fragment")
	if quote == "" {
		quote = joinText(rec.get("object"), rec.get("consequence"))
	}
	if claimant != "" {
		inc.Claims = append(inc.Claims, evidence.Claim{By: by, Kind: evidence.Asserts, Of: accused, On: rec.get("published"), Gist: quote})
		if accused != "" {
			inc.Claims = append(inc.Claims, evidence.Claim{By: by, Kind: evidence.Attributes, Of: accused, On: rec.get("published"), Gist: quote})
		}
	}
	if by != claimant {
		inc.Notes = append(inc.Notes, "claim of "+by+", given as: "+claimant)
	}
	denier := rec.get("denied_by")
	if denier == "" {
		return
	}
	inc.Claims = append(inc.Claims, evidence.Claim{By: denier, Kind: evidence.Denies, Of: accused, On: rec.get("denied_on"), Gist: rec.get("denial_gist")})
	inc.Notes = append(inc.Notes, fmt.Sprintf("%s says %s; denied by %s", claimant, accused, denier))
	if side && f.belligerent(rec, by) && charges(rec, by) && !slices.Contains(s.Actor, by) {
		s.Actor = union(s.Actor, by)
		inc.Notes = append(inc.Notes, "the denial charges "+by+": author left open")
	}
}

// charges reports whether a denial says that a side did it itself.
func charges(rec *record, by string) bool {
	for _, side := range sides {
		if side.party == by && side.words.MatchString(rec.get("denial_gist")) {
			return true
		}
	}
	return false
}

// sides are words by which a denial names the one who it says did it.
var sides = []struct {
	party string
	words *regexp.Regexp
}{
	{"RU", regexp.MustCompile(`(?i)\b(russia|russians?|russian (forces|troops|army)) (did|themselves|itself)|\b(by|of) (the )?(russians?|russia)\b|\b(russia|russians) (shell|struck|hit|bomb|attack|blew)`)},
	{"UA", regexp.MustCompile(`(?i)\b(ukraine|ukrainians?|ukrainian (forces|troops|army)|kyiv|kiev) (did|themselves|itself)|\b(by|of) (the )?(ukrainians?|ukraine|kyiv|kiev)\b|\b(ukraine|ukrainians) (shell|struck|hit|bomb|attack|blew)`)},
}

var (
	accidentWords = regexp.MustCompile(`(?i)\b(accident(al|ally)?|malfunction|technical (fault|failure|reasons?)|short circuit|negligence)\b`)
	negation      = regexp.MustCompile(`(?i)\b(no|not|never|none|nobody)\b`)
	aimWords      = regexp.MustCompile(`(?i)\b(?:hit|struck|targeted|attacked|destroyed)\b(.*)`)
)

// counterclaims are the other possibilities that a denial tells: that the
// claimant's own side did it by other means, that it was an accident, or that
// something else was hit. A denial that only denies tells none. Claim and
// countercharge stay apart: each author goes with the act that he is charged
// with.
func (f *claimsFeed) counterclaims(rec *record, inc *evidence.Incident, s evidence.Scenario) []evidence.Scenario {
	gist := rec.get("denial_gist")
	by, _ := party(rec.get("claimant"))
	var out []evidence.Scenario
	add := func(name, note string, change func(*evidence.Scenario)) {
		n := s
		n.Name, n.Actor = name, list(rec.get("accused"))
		change(&n)
		out = append(out, n)
		inc.Notes = append(inc.Notes, note+": kept as another possibility")
	}
	if found, _ := claimMeans().find("", gist); len(found) > 0 && charges(rec, by) && !slices.Contains(list(rec.get("accused")), by) {
		add("as the denial says", "the denial charges "+by, func(n *evidence.Scenario) {
			n.Actor, n.Act, n.Means = []string{by}, collect(found, "act"), collect(found, "means")
		})
		inc.Claims = append(inc.Claims, evidence.Claim{By: rec.get("denied_by"), Kind: evidence.Attributes, Of: by, On: rec.get("denied_on"), Gist: gist})
	}
	if accidentWords.MatchString(gist) {
		add("an accident, as the denial says", "the denial speaks of an accident", func(n *evidence.Scenario) {
			n.Actor, n.Act, n.Means, n.Intended = nil, []string{"accident"}, nil, nil
		})
	}
	if m := aimWords.FindStringSubmatch(gist); m != nil && !negation.MatchString(gist) {
		if found, _ := claimObjects().find("*", m[1]); len(found) > 0 {
			target := collect(found, "target")
			add("another object, as the denial says", "the denial names another object", func(n *evidence.Scenario) {
				n.Target, n.Intended = target, target
			})
		}
	}
	if len(out) > 0 {
		inc.Scenarios[0].Name, inc.Scenarios[0].Actor = "as claimed", list(rec.get("accused"))
	}
	return out
}

// belligerent reports whether a claimant is a side of this war, and so may be
// the author itself: UA, RU, or a side that the row names.
func (f *claimsFeed) belligerent(rec *record, by string) bool {
	sides := append(list(rec.get("country_dejure")), list(rec.get("side_controlling"))...)
	return slices.Contains(append(sides, "UA", "RU"), by)
}

// where sets the place and who controls it. The owner of an object does not
// follow from the country it stands in, and stays unknown.
func (f *claimsFeed) where(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	s.PlaceName = rec.get("region")
	if !isUnknown(s.PlaceName) {
		var notes []string
		s.Place, notes = f.region(s.PlaceName)
		inc.Notes = append(inc.Notes, notes...)
	}
	for _, side := range list(rec.get("side_controlling")) {
		switch {
		case isUnknown(side):
			s.Controller = nil
			return
		case strings.EqualFold(side, "disputed"), strings.EqualFold(side, "contested"):
			s.Controller = union(s.Controller, "UA", "RU")
		default:
			s.Controller = union(s.Controller, side)
		}
	}
}

var regionSigns = regexp.MustCompile(`\s*;\s*|\s+and\s+`)

func (f *claimsFeed) region(text string) (where.Region, []string) {
	if geometry.MatchString(text) {
		if region, notes, err := f.tools.place(text); err == nil {
			return region, notes
		}
	}
	return anyOf(splitNames(text, regionSigns), f.tools.remembered("", areaNamed))
}

func splitNames(text string, signs *regexp.Regexp) []string {
	var out []string
	for _, n := range signs.Split(strings.TrimSpace(text), -1) {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// what sets act, means, outcome and target.
func (f *claimsFeed) what(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	consequence := rec.get("consequence")
	found, _ := claimOutcomes().find("", consequence+" "+strings.Join(brackets.FindAllString(rec.get("means"), -1), " "))
	s.Outcome = outcomeOf(found)
	if consequence != "" && s.Outcome == nil {
		inc.Notes = append(inc.Notes, fmt.Sprintf("consequence %q does not say how it ended", clip(consequence)))
	}
	target, known := targetOf(rec.get("object_kind"), rec.get("object"))
	s.Target = target
	if !known {
		f.unmapped(rec, "object_kind", "%q (%s) is not in data/claims_objects.csv: target left unknown", clip(rec.get("object_kind")), clip(rec.get("object")))
		inc.Notes = append(inc.Notes, "the kind of object is not known: target left unknown")
	}
	s.Intended = s.Target // the claimant names one object: what was aimed at and what was hit are not told apart
	f.act(rec, inc, s)
}

// outcomeOf unites outcomes. What was only tried, or shot down, or fell in
// pieces is said more exactly by those words than by the damage beside them.
func outcomeOf(found []entry) []string {
	var damage, exact, tried []string
	for _, e := range found {
		switch v := e.set("outcome"); {
		case len(v) > 1:
			tried = v
		case slices.Contains(v, "impact"):
			damage = v
		default:
			exact = union(exact, v...)
		}
	}
	switch {
	case exact != nil && damage != nil && !slices.Contains(exact, "debris"):
		return union(exact, "impact", "debris")
	case exact != nil:
		return exact
	case tried != nil && damage != nil:
		return union(append([]string(nil), tried...), damage...)
	case tried != nil:
		return tried
	}
	return damage
}

var severalMeans = regexp.MustCompile(`(?i)\band\b|[,+/;]`)

// narrowed unites what several words may mean; where they name one thing
// ("MLRS Grad") the more exact word narrows the other.
func narrowed(text string, found []entry, column string) []string {
	if severalMeans.MatchString(text) {
		return collect(found, column)
	}
	var out []string
	for _, e := range found {
		v := e.set(column)
		var both []string
		for _, n := range v {
			if slices.Contains(out, n) {
				both = append(both, n)
			}
		}
		if both != nil {
			out = both
		} else {
			out = union(out, v...)
		}
	}
	return out
}

// words takes from what the claim quotes how it ended, where the consequence
// does not say it, and by what, where no means are given. Kind and object of a
// claim have tables of their own.
func (f *claimsFeed) words(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	how := byPeople
	how.means, how.target, how.mention = takeNone, takeNone, false
	if rec.get("means") != "" {
		how.act = takeNone
	}
	inform(Propose(joinText(rec.get("consequence"), rec.get("quote_fragment"))), how, inc, s)
}

var strikeWords = regexp.MustCompile(`(?i)\b(strikes?|struck|striking|hit|hits|shell(ed|ing)|airstrikes?)\b`)

func (f *claimsFeed) act(rec *record, inc *evidence.Incident, s *evidence.Scenario) {
	means := rec.get("means")
	found, _ := claimMeans().find("", means)
	s.Act, s.Means = narrowed(means, found, "act"), narrowed(means, found, "means")
	switch {
	case len(found) > 0:
	case strikeWords.MatchString(strings.Join([]string{means, rec.get("quote_fragment"), rec.get("consequence"), rec.get("object")}, " ")):
		s.Act = []string{"attack.strike"}
	case means == "" && len(s.Target) > 0:
		// These lists are of alleged breaches of a halt of strikes: an
		// accusation that names an object and no means alleges a strike on it.
		s.Act = []string{"attack.strike"}
		inc.Notes = append(inc.Notes, "no means are given: the accusation is read as one of a strike")
	default:
		s.Act = []string{"attack"}
		inc.Notes = append(inc.Notes, "the accusation says that it was an attack, not of what kind")
	}
	if means != "" && len(found) == 0 && !isUnknown(means) {
		f.unmapped(rec, "means", "%q is not in data/claims_means.csv: means left unknown", clip(means))
	}
}

var (
	voltages = regexp.MustCompile(`(?i)((?:\d+(?:[.,]\d+)?\s*[-–/]\s*)*\d+(?:[.,]\d+)?)\s*-?\s*(?:kv\b|кв)`)
	kilovolt = regexp.MustCompile(`\d+(?:[.,]\d+)?`)
)

// targetOf is the set of kinds that an object may be.
func targetOf(kindText, object string) (target []string, known bool) {
	t := claimObjects()
	kind := strings.ReplaceAll(foldWords(kindText), " ", "_")
	if base, ok := t.base(kind); ok && kind != "" {
		target = base.set("target")
		if found, _ := t.find(kind, object); len(found) > 0 {
			target = collect(found, "target")
		}
	} else if found, _ := t.find("*", kindText+" "+object); len(found) > 0 {
		target = collect(found, "target")
	}
	return byVoltage(target, object), target != nil
}

// byVoltage tells transmission from distribution lines: from 110 kV a line
// transmits, up to 20 kV it distributes, between them both words are in use.
// Several voltages leave it open unless they agree.
func byVoltage(target []string, object string) []string {
	const transmission, distribution = "energy.power.line.transmission", "energy.power.line.distribution"
	if !slices.Contains(target, transmission) || !slices.Contains(target, distribution) {
		return target
	}
	high, low, other := false, false, false
	for _, group := range voltages.FindAllStringSubmatch(object, -1) {
		for _, m := range kilovolt.FindAllString(group[1], -1) {
			kv, _ := strconv.ParseFloat(strings.Replace(m, ",", ".", 1), 64)
			high, low, other = high || kv >= 110, low || kv <= 20, other || kv > 20 && kv < 110
		}
	}
	drop := ""
	switch {
	case high && !low && !other:
		drop = distribution
	case low && !high && !other:
		drop = transmission
	}
	out := []string{}
	for _, t := range target {
		if t != drop {
			out = append(out, t)
		}
	}
	return out
}
