package feeds

import (
	"fmt"
	"hash/maphash"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// truceColumns are the columns of the incidents file.
var truceColumns = []string{
	"id", "scenario", "time_start", "time_end", "lasting", "launch_start", "launch_end", "lat", "lon", "precision_m", "place", "origin",
	"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site",
	"killed", "injured", "damage", "severity", "level", "source", "reliability", "url", "text",
	"count", "observed", "sense", "station", "exercise", "same",
}

// IncidentColumns are the columns of the incidents file, in the order of the docs.
func IncidentColumns() []string { return slices.Clone(truceColumns) }

// factColumns are those that make a file an incidents file.
var factColumns = []string{"time_start", "time_end", "act", "actor", "outcome", "means", "target", "intended_target", "launch_start", "place", "lat", "lon"}

// setColumns hold a|b.
var setColumns = []string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site"}

const maxScenarios = 1000 // rows of one incident

func truceKind() kind {
	return kind{
		name: "truce", about: "incidents with columns such as id, time_start, lat, lon, act, target", known: truceColumns,
		match: func(c map[string]int) bool {
			return (hasAll(c, "time_start") || hasAll(c, "act") || hasAll(c, "launch_start")) && countOf(c, factColumns) >= 1 && countOf(c, truceColumns) >= 2
		},
		start: func(r *run, _ map[string]int) (handler, error) { return &truceFeed{run: r}, nil },
	}
}

// truceFeed gathers the rows of one incident. Incidents with scenarios are held
// to the end of the file, since their rows may lie apart; others are handed
// over as soon as the next begins.
type truceFeed struct {
	*run
	g     gathered // the incident at hand
	held  map[string]*gathered
	order []*gathered
	lost  string // id of the last row that could not be split
	swaps swaps
}

// gathered is what was read of one incident.
type gathered struct {
	id     string
	group  *evidence.Incident
	rows   int
	leveld bool // some row gave a level
	bad    bool // a row of the incident could not be read
	first  *record
	names  map[string]bool
}

// maxHeld bounds the incidents with scenarios that are held; the first ones are
// handed over when there are more.
const maxHeld = 50_000

// leave ends the incident at hand: one with scenarios is held, others are
// handed over.
func (f *truceFeed) leave() error {
	if f.g.group == nil || len(f.g.names) == 0 || f.g.names[""] {
		if g := f.held[f.g.id]; g != nil && f.g.group != nil { // it was held, until a row without a scenario came
			g.group = nil
			delete(f.held, f.g.id)
		}
		return f.flush()
	}
	if f.held[f.g.id] == nil {
		if f.held == nil {
			f.held = map[string]*gathered{}
		}
		g := f.g
		f.held[g.id] = &g
		f.order = append(f.order, &g)
	} else {
		*f.held[f.g.id] = f.g
	}
	f.g.group = nil
	if len(f.order) <= maxHeld {
		return nil
	}
	first := f.order[0]
	f.order = f.order[1:]
	delete(f.held, first.id)
	f.g = *first
	return f.flush()
}

func (f *truceFeed) record(rec *record) error {
	id := rec.get("id")
	switch {
	case id == "" && rec.get("scenario") != "":
		return f.reject(rec, faultIn("id", "it is empty in a row of scenario %q: an alternative needs the id of its incident", clip(rec.get("scenario"))))
	case id == "":
		if err := f.leave(); err != nil {
			return err
		}
		f.begin(fmt.Sprintf("%s:%d", f.run.id, rec.line), rec)
		return f.add(rec)
	case f.g.group != nil && id == f.g.id:
		if f.repeated(rec) {
			return nil
		}
		return f.add(rec)
	case f.held[id] != nil:
		if err := f.leave(); err != nil {
			return err
		}
		f.g = *f.held[id]
		if f.repeated(rec) {
			return nil
		}
		return f.add(rec)
	}
	fresh, err := f.freshIncident(rec, id)
	if err != nil || !fresh {
		return err
	}
	if err := f.leave(); err != nil {
		return err
	}
	f.begin(id, rec)
	return f.add(rec)
}

// repeated counts a row of the incident at hand that was read already.
func (f *truceFeed) repeated(rec *record) bool {
	h := f.rowHash(rec, f.g.id)
	if _, same := f.seen[h]; same {
		f.sum.Duplicates++
		return true
	}
	f.seen[h] = struct{}{}
	return false
}

func (f *truceFeed) freshIncident(rec *record, id string) (bool, error) {
	h, row := maphash.String(f.seed, "id "+id), f.rowHash(rec, id)
	_, seen := f.seen[h]
	_, same := f.seen[row]
	f.seen[h], f.seen[row] = struct{}{}, struct{}{}
	switch {
	case !seen:
		return true, nil
	case same:
		f.sum.Duplicates++
		return false, nil
	}
	return false, f.reject(rec, faultIn("id", "%q was read before: if this is an alternative of that incident give both rows a scenario name, else give this row an id of its own", clip(id)))
}

func (f *truceFeed) begin(id string, rec *record) {
	f.g = gathered{id: id, bad: id == f.lost, first: rec, names: map[string]bool{}, group: &evidence.Incident{ID: id, From: f.pos(rec.line)}}
}

// broken is a row that could not be split. If its id can be told, the incident
// is broken with it.
func (f *truceFeed) broken(rec *record, because error) error {
	if id := rec.get("id"); id != "" {
		f.lost = id
		f.g.bad = f.g.bad || id == f.g.id
		if g := f.held[id]; g != nil {
			g.bad = true
		}
	} else if f.g.group != nil && len(f.g.names) > 0 && !f.g.names[""] {
		f.g.group.Notes = union(f.g.group.Notes, "a row beside it could not be read: if it was another scenario of this incident, that is missing")
	}
	return f.reject(rec, because)
}

func (f *truceFeed) add(rec *record) error {
	name := rec.get("scenario")
	err := f.fits(name)
	var s evidence.Scenario
	if err == nil {
		s, err = f.scenario(rec)
	}
	if err == nil {
		err = f.incident(rec)
	}
	if err != nil {
		f.g.bad = true
		return f.reject(rec, err)
	}
	f.g.rows++
	f.g.names[name] = true
	s.Name = name
	f.g.group.Scenarios = append(f.g.group.Scenarios, s)
	return nil
}

func (f *truceFeed) fits(name string) error {
	switch {
	case f.g.names[name] && name == "":
		return faultIn("id", "%q stands in two rows: give each alternative its scenario name, or each event its own id", clip(f.g.id))
	case f.g.names[name]:
		return faultIn("scenario", "%q stands twice in incident %q: expected one row for each scenario", clip(name), clip(f.g.id))
	case len(f.g.group.Scenarios) >= maxScenarios:
		return faultIn("id", "more than %d rows of incident %q", maxScenarios, clip(f.g.id))
	}
	return nil
}

func (f *truceFeed) end() error {
	if err := f.leave(); err != nil {
		return err
	}
	for _, g := range f.order {
		if f.g = *g; f.g.group != nil {
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut ends a file that could not be read to its end, because of an error. The
// incident at hand is handed over if it is one of a single row. Of those with
// scenarios a row may be missing: they are left out.
func (f *truceFeed) cut(because error) error {
	if g := f.g; g.group != nil && (len(g.names) == 0 || g.names[""]) {
		if err := f.flush(); err != nil {
			return err
		}
	}
	if err := f.leave(); err != nil {
		return err
	}
	for _, g := range f.order {
		g.bad = true
		if f.g = *g; f.g.group != nil {
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
	f.order = nil
	return because
}

// flush hands the incident over, unless a row of it is missing: an incident
// with fewer alternatives would look more certain than it is.
func (f *truceFeed) flush() error {
	inc := f.g.group
	f.g.group = nil
	switch {
	case inc == nil:
		return nil
	case !f.g.bad:
		if !f.g.leveld {
			inc.Level = evidence.Reported
		}
		for i := range inc.Scenarios {
			f.withText(inc, &inc.Scenarios[i], inc.Scenarios[i].PlaceName, false)
		}
		return f.emit(inc)
	case f.g.rows > 0:
		f.sum.Rejected += f.g.rows - 1 // reject counts one
		return f.reject(f.g.first, faultIn("id", "incident %q was left out: %d of its rows could be read and others not, or may be missing, and an alternative must not get lost; mend those rows", clip(f.g.id), f.g.rows))
	}
	return nil
}

// incident reads the columns that belong to the incident, not to a scenario:
// the first row that has them counts.
func (f *truceFeed) incident(rec *record) error {
	inc := f.g.group
	if err := f.level(rec.get("level")); err != nil {
		return err
	}
	for _, c := range []struct {
		column string
		to     *string
	}{{"damage", &inc.Damage}, {"severity", &inc.Severity}, {"source", &inc.Source}, {"reliability", &inc.Reliability}, {"url", &inc.URL}, {"text", &inc.Text}} {
		if *c.to == "" {
			*c.to = rec.get(c.column)
		}
	}
	for _, c := range []struct {
		column string
		to     *evidence.Number
	}{{"killed", &inc.Killed}, {"injured", &inc.Injured}, {"count", &inc.Count}} {
		n, err := evidence.ParseNumber(rec.get(c.column))
		if err != nil {
			return faultIn(c.column, "%v", err)
		}
		if !c.to.Known {
			*c.to = n
		}
	}
	return observation(rec, inc)
}

// observation reads what an observer saw, heard or recorded.
func observation(rec *record, inc *evidence.Incident) error {
	kind := strings.ToLower(rec.get("observed"))
	if kind == "" || inc.Seen != nil {
		return nil
	}
	if !slices.Contains(evidence.Observed, kind) {
		return faultIn("observed", "%q is no kind of observation: expected one of %s", clip(kind), strings.Join(evidence.Observed, ", "))
	}
	inc.Seen = &evidence.Observation{Kind: kind, Sense: strings.ToLower(rec.get("sense")), Station: rec.get("station"), Exercise: rec.get("exercise"), Same: rec.get("same")}
	return nil
}

func (f *truceFeed) level(text string) error {
	if isUnknown(text) {
		return nil
	}
	l, err := evidence.ParseLevel(strings.ToLower(text))
	switch {
	case err != nil:
		return faultIn("level", "%v", err)
	case f.g.leveld && l != f.g.group.Level:
		f.g.group.Notes = union(f.g.group.Notes, "the rows give different levels: the lowest was taken")
		l = min(l, f.g.group.Level)
	}
	f.g.group.Level, f.g.leveld = l, true
	return nil
}

func isUnknown(s string) bool {
	switch strings.ToLower(s) {
	case "", "?", "unknown", "any":
		return true
	}
	return false
}

// scenario reads the facts of a row. Its notes go to the incident.
func (f *truceFeed) scenario(rec *record) (evidence.Scenario, error) {
	s := evidence.Unknown()
	var err error
	if s.Time, err = f.span(rec, "time_start", "time_end"); err != nil {
		return s, err
	}
	if s.Launch, err = f.span(rec, "launch_start", "launch_end"); err != nil {
		return s, err
	}
	if v := rec.get("lasting"); !isUnknown(v) {
		if err := s.SetFact("lasting", v); err != nil {
			return s, faultIn("lasting", "%v", err)
		}
	}
	for _, c := range setColumns {
		v, err := nodes(f.opt.Vocabulary, c, rec.get(c))
		if err != nil {
			return s, err
		}
		if len(v) == 0 {
			continue
		}
		if err := s.SetFact(c, strings.Join(v, "|")); err != nil {
			return s, faultIn(c, "%v", err)
		}
	}
	return s, f.places(rec, &s)
}

// nodes reads a set and checks that the vocabulary has its values.
func nodes(v *vocab.Vocabulary, column, text string) ([]string, error) {
	if isUnknown(text) {
		return nil, nil
	}
	tree := v.Tree(column)
	var out []string
	for _, n := range strings.Split(text, "|") {
		n = strings.TrimSpace(n)
		if n == "" {
			continue
		}
		if isUnknown(n) || tree != nil && n == "*" {
			return nil, nil
		}
		if tree != nil {
			if _, ok := tree.Node(n); !ok {
				low := strings.ToLower(n)
				if _, ok := tree.Node(low); !ok {
					return nil, unknownNode(v, tree, column, n)
				}
				n = low
			}
		}
		out = union(out, n)
	}
	return out, nil
}

func unknownNode(v *vocab.Vocabulary, tree *vocab.Tree, column, n string) error {
	hint := "see the tree " + tree.Name()
	if near := tree.Nearest(n); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return faultIn(column, "%q is not in vocabulary %s: %s (leave the cell empty if it is not known)", clip(n), v.Version, hint)
}

// span reads a start and an end. A start alone is an exact instant.
func (f *truceFeed) span(rec *record, startColumn, endColumn string) (when.Span, error) {
	out := when.Always
	start, end := rec.get(startColumn), rec.get(endColumn)
	if !isUnknown(start) {
		a, b, err := f.instant(start)
		if err != nil {
			return out, faultIn(startColumn, "%v", err)
		}
		out = when.Span{Start: a, End: b}
	}
	if isUnknown(end) {
		return out, nil
	}
	_, b, err := f.instant(end)
	if err != nil {
		return out, faultIn(endColumn, "%v", err)
	}
	if out.Start.Bounded() && b < out.Start {
		return out, faultIn(endColumn, "%q is before %s %q: expected start and end the other way round, or check the offsets", end, startColumn, start)
	}
	out.End = b
	return out, nil
}

// instant reads a time; it is two where a zone was given and its clock showed
// that time twice.
func (f *truceFeed) instant(s string) (when.Instant, when.Instant, error) {
	if bareDate.MatchString(s) {
		next := s
		if d, err := time.Parse("2006-01-02", s); err == nil {
			next = d.AddDate(0, 0, 1).Format("2006-01-02")
		}
		return 0, 0, fmt.Errorf("%q is a date without an hour: expected a time such as %sT14:30+02:00; for the whole day write its start %sT00:00+02:00 and its end %sT00:00+02:00, with the offset that holds there", s, s, s, next)
	}
	i, err := when.ParseRFC3339(s)
	if err == nil || f.opt.Zone == nil || withOffset.MatchString(s) {
		return i, i, err
	}
	return civil(s, f.opt.Zone)
}

// places reads where it happened and where it was launched.
func (f *truceFeed) places(rec *record, s *evidence.Scenario) error {
	note := func(format string, args ...any) {
		f.g.group.Notes = union(f.g.group.Notes, fmt.Sprintf(format, args...))
	}
	s.PlaceName, s.OriginName = rec.get("place"), rec.get("origin")
	region, given, err := f.coordinates(rec, note)
	if err != nil {
		return err
	}
	switch {
	case given:
		s.Place = region
		if geometry.MatchString(s.PlaceName) {
			note("place %s and a position are both given: the position was taken", clip(s.PlaceName))
		}
	case !isUnknown(s.PlaceName):
		var notes []string
		if s.Place, notes, err = f.tools.place(s.PlaceName); err != nil {
			return faultIn("place", "%v", err)
		}
		f.g.group.Notes = union(f.g.group.Notes, notes...)
	}
	if isUnknown(s.OriginName) {
		return nil
	}
	var notes []string
	if s.Origin, notes, err = f.tools.place(s.OriginName); err != nil {
		return faultIn("origin", "%v", err)
	}
	for _, n := range notes {
		note("origin: %s", n)
	}
	return nil
}

var decimalComma = regexp.MustCompile(`^-?\d+,\d+$`)

// coordinates reads lat, lon and precision_m, or the geometry of a feature.
func (f *truceFeed) coordinates(rec *record, note func(string, ...any)) (where.Region, bool, error) {
	if rec.shape != nil && rec.shape.area {
		return rec.shape.region, true, nil
	}
	lat, lon, precision := rec.get("lat"), rec.get("lon"), rec.get("precision_m")
	switch {
	case lat == "" && lon == "":
		if precision != "" {
			note("precision_m %s is given without a position: not used", clip(precision))
		}
		return where.Unknown(), false, nil
	case lat == "":
		return where.Unknown(), false, faultIn("lat", "it is empty though lon is not: expected both or none")
	case lon == "":
		return where.Unknown(), false, faultIn("lon", "it is empty though lat is not: expected both or none")
	}
	p, err := point(lat, lon)
	if err != nil {
		return where.Unknown(), false, err
	}
	radius := 0.0
	if precision == "" {
		note("no precision given: place taken as exact")
	} else if radius, err = metres("precision_m", precision); err != nil {
		return where.Unknown(), false, err
	}
	remark, err := f.swaps.check(rec, p, where.Metres(radius), f.named(rec.get("place")))
	if remark != "" {
		note("%s", remark)
	}
	return where.Disc(p, where.Metres(radius)), true, err
}

// named returns the areas that a place which is no geometry names.
func (f *truceFeed) named(place string) []string {
	if isUnknown(place) || geometry.MatchString(place) {
		return nil
	}
	h, _ := within(place, f.tools.remembered("", areaNamed))
	return h.codes
}

func point(lat, lon string) (where.Point, error) {
	var p where.Point
	var err error
	if p.Lat, err = degrees("lat", lat); err != nil {
		return p, err
	}
	if p.Lon, err = degrees("lon", lon); err != nil {
		return p, err
	}
	if math.Abs(p.Lat) > 90 && math.Abs(p.Lat) <= 180 && math.Abs(p.Lon) <= 90 {
		return p, faultIn("lat", "%s is beyond 90 degrees: lat and lon look swapped", lat)
	}
	if err := p.Valid(); err != nil {
		column := "lon"
		if math.IsNaN(p.Lat) || math.Abs(p.Lat) > 90 {
			column = "lat"
		}
		return p, faultIn(column, "%v", err)
	}
	if math.Abs(p.Lat) < nullIsland && math.Abs(p.Lon) < nullIsland {
		return p, faultIn("lat", "the position 0,0 (null island) means that it was not known: leave lat and lon empty, and name the place")
	}
	return p, nil
}

// nullIsland is how near to 0,0, in degrees, a position is that was not known.
const nullIsland = 0.001

// decimalNumber keeps out what a reader would not take for the number that a
// program makes of it: hexadecimal, underscores, infinities.
var decimalNumber = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$`)

func degrees(column, s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err == nil && decimalNumber.MatchString(s):
		return v, nil
	case decimalComma.MatchString(s):
		return 0, faultIn(column, "%q has a decimal comma: write %s", s, strings.Replace(s, ",", ".", 1))
	}
	return 0, faultIn(column, "%q is not a number of degrees: expected such as 48.5167 (north and east positive)", clip(s))
}

func metres(column, s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case decimalComma.MatchString(s):
		return 0, faultIn(column, "%q has a decimal comma: write %s", s, strings.Replace(s, ",", ".", 1))
	case err != nil || math.IsNaN(v) || !decimalNumber.MatchString(s):
		return 0, faultIn(column, "%q is not a number of metres: expected such as 5000", clip(s))
	case v < 0 || v > 20_038_000:
		return 0, faultIn(column, "%s is not between 0 and half the way round the earth, in metres", s)
	}
	return v, nil
}
