package watch

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/watch/sky"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// ReadMeans reads a means file, YAML or CSV (by its first line), as
// docs/verification.md describes it. What cannot be read is named and left out;
// the rest is read. Acts are checked against a vocabulary.
func ReadMeans(file string, src []byte, v *vocab.Vocabulary) (*House, []Problem) {
	r := &reader{file: file, vocabulary: v, house: &House{Zone: time.UTC}, seen: map[string]bool{}, zone: time.UTC}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(src, []byte("\n"))
	if cells := strings.Split(strings.TrimSpace(string(first)), ","); slices.Contains(cells, "id") && slices.Contains(cells, "kind") {
		r.table(src)
	} else if doc := parseYAML(file, src, r.problem); doc != nil {
		r.document(doc)
	}
	return r.house, r.problems
}

type reader struct {
	file       string
	vocabulary *vocab.Vocabulary
	house      *House
	problems   []Problem
	seen       map[string]bool
	zone       *time.Location
	bad        bool // the item that is read has a fault
}

// maxProblems is how many faults are named.
const maxProblems = 200

func (r *reader) problem(line, col int, format string, args ...any) {
	r.bad = true
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{r.file, line, col, fmt.Sprintf(format, args...)})
	}
}

func (r *reader) at(v *value, format string, args ...any) { r.problem(v.line, v.col, format, args...) }

// table reads means from a table: a column for each key, lists with semicolons.
func (r *reader) table(src []byte) {
	c := csv.NewReader(bytes.NewReader(src))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		r.problem(1, 1, "%v", err)
		return
	}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			line, col := 1, 1
			if pe, ok := err.(*csv.ParseError); ok {
				line, col = pe.Line, pe.Column
				err = pe.Err
			}
			r.problem(line, col, "%v", err)
			if _, ok := err.(*csv.ParseError); !ok && err != csv.ErrBareQuote && err != csv.ErrQuote && err != csv.ErrFieldCount {
				return
			}
			continue
		}
		line, _ := c.FieldPos(0)
		v := &value{fields: map[string]*value{}, line: line, col: 1}
		for i, cell := range row {
			if cell = strings.TrimSpace(cell); cell != "" && i < len(head) {
				l, col := c.FieldPos(i)
				k := strings.TrimSpace(head[i])
				v.keys = append(v.keys, k)
				v.fields[k] = &value{text: cell, line: l, col: col}
			}
		}
		r.means(v)
	}
}

func (r *reader) document(doc *value) {
	if doc.fields["means"] == nil {
		r.at(doc, "no means: expected a list under means:")
	}
	if z := doc.fields["zone"]; z != nil {
		if loc, err := when.Zone(z.text); err != nil {
			r.at(z, "%v", err)
		} else {
			r.zone, r.house.Zone = loc, loc
		}
	}
	for _, k := range doc.keys {
		v := doc.fields[k]
		switch k {
		case "zone", "title", "note":
		case "means":
			for _, m := range v.list {
				r.means(m)
			}
		case "weather":
			for _, m := range v.list {
				r.weather(m)
			}
		case "watch":
			for _, m := range v.list {
				r.post(m)
			}
		case "curfew", "open":
			for _, m := range v.list {
				r.rule(m, k == "curfew")
			}
		default:
			r.at(v, "%q is not known here: expected zone, means, weather, watch, curfew or open", k)
		}
	}
}

// defaults are what a kind has where the file does not say: how far it sees or
// goes (m), how far those that travel see, chance beside it and at its range,
// whether it sees at night, how fast it is (km/h), how long a visit takes.
var defaults = map[Kind]struct {
	reach, sight where.Metres
	near, far    float64
	night        bool
	speed        float64
	stay         time.Duration // a visit
}{
	Patrol:    {60_000, 2_000, 0.9, 0.3, false, 40, 45 * time.Minute},
	Camera:    {5_000, 0, 0.9, 0.3, false, 0, 0},
	UAV:       {40_000, 3_000, 0.9, 0.4, false, 60, 15 * time.Minute},
	Acoustic:  {8_000, 0, 0.9, 0.4, true, 0, 0},
	Satellite: {0, 0, 0.5, 0.5, false, 0, 0},
	Hospital:  {100_000, 0, 0, 0, true, 40, time.Hour},
}

func (r *reader) means(v *value) {
	outer := r.bad
	defer func() { r.bad = outer || r.bad }()
	r.bad = false
	m := &Means{From: evidence.Position{File: r.file, Line: v.line}, Service: when.Always, Zone: r.zone, Cost: 1, Access: 1, Width: 360, Elevation: 30}
	if v.fields == nil {
		r.at(v, "expected keys such as id, kind, at")
		return
	}
	k := v.fields["kind"]
	if k == nil || !slices.Contains(Kinds(), Kind(k.text)) {
		at := v
		if k != nil {
			at = k
		}
		r.at(at, "kind: expected one of %s", kindWords())
		return
	}
	m.Kind = Kind(k.text)
	d := defaults[m.Kind]
	m.Range, m.Sight, m.Near, m.Far, m.Night, m.Speed, m.Stay = d.reach, d.sight, d.near, d.far, d.night, d.speed, d.stay
	if m.Kind == Acoustic { // it hears what is loud, and nothing else
		m.Detects = map[string][2]float64{"attack": {d.near, d.far}, "airdefence": {d.near, d.far}, "accident": {d.near, d.far}}
		m.Near, m.Far = 0, 0
	}
	for _, key := range v.keys {
		r.key(m, key, v.fields[key])
	}
	switch {
	case m.ID == "":
		r.at(v, "a means needs an id")
	case r.seen[m.ID]:
		r.at(v, "id %q stands twice", m.ID)
	case (m.Kind.travels() || m.Kind.records()) && v.fields["at"] == nil && m.Route == nil:
		r.at(v, "%s: expected at: LAT,LON (its post or base)", m.ID)
	case m.Kind == Satellite && m.Orbit == nil && v.fields["tle"] == nil:
		r.at(v, "%s: expected tle: with two lines of elements", m.ID)
	case m.Kind == Request && m.Party == "":
		r.at(v, "%s: expected party: whom is asked", m.ID)
	}
	r.seen[m.ID] = true
	if m.Route != nil && v.fields["at"] == nil {
		m.At = m.Route[0]
	}
	if !r.bad {
		r.house.Means = append(r.house.Means, m)
	}
}

func kindWords() string {
	var s []string
	for _, k := range Kinds() {
		s = append(s, string(k))
	}
	return strings.Join(s, ", ")
}

// key reads one key of a means.
func (r *reader) key(m *Means, key string, v *value) {
	switch key {
	case "kind", "note":
	case "id":
		m.ID = v.text
	case "name":
		m.Name = v.text
	case "option":
		m.Option = r.yes(v)
	case "at":
		m.At = r.point(v)
	case "route":
		for _, p := range v.items() {
			m.Route = append(m.Route, r.point(p))
		}
	case "range":
		m.Range = r.metres(v)
	case "sight":
		m.Sight = r.metres(v)
	case "facing":
		m.Facing = r.number(v, 0, 360)
	case "width":
		m.Width = r.number(v, 0, 360)
	case "from":
		m.Service.Start = r.instant(v)
	case "until":
		m.Service.End = r.instant(v)
	case "hours":
		m.Hours = r.hours(v)
	case "night":
		m.Night = r.yes(v)
	case "weather":
		m.Weather = r.yes(v)
	case "speed":
		m.Speed = r.number(trimmed(v, "km/h"), 0.1, 2000)
	case "ready":
		m.Ready = r.duration(v)
	case "stay":
		m.Stay = r.duration(v)
	case "keeps":
		m.Keeps = r.duration(v)
	case "cost":
		m.Cost = r.number(v, 0, 1e12)
	case "access":
		m.Access = r.number(v, 0, 1)
	case "needs":
		for _, n := range v.items() {
			m.Needs = append(m.Needs, n.text)
		}
	case "party":
		m.Party = v.text
	case "detects":
		r.detects(m, v)
	case "finds":
		r.finds(m, v)
	case "tle":
		e, err := sky.ParseTLE(v.text)
		if err != nil {
			r.at(v, "tle: %v", err)
			return
		}
		m.Orbit = sky.New(e)
	case "elevation":
		m.Elevation = r.number(v, 0, 90)
	case "outages":
		for _, o := range v.list {
			m.Outages = append(m.Outages, Outage{r.span(o), o.field("why").text})
		}
	default:
		r.at(v, "%q is not a key of a means%s", key, nearest(key))
	}
}

var meansKeys = []string{"kind", "note", "id", "name", "option", "at", "route", "range", "sight", "facing", "width", "from", "until", "hours", "night", "weather", "speed", "ready", "stay", "keeps", "cost", "access", "needs", "party", "detects", "finds", "tle", "elevation", "outages"}

func nearest(key string) string {
	if n := vocab.Nearest(key, meansKeys); n != "" {
		return "; did you mean " + n + "?"
	}
	return ": expected one of " + strings.Join(meansKeys, ", ")
}

func (v *value) field(k string) *value {
	if f := v.fields[k]; f != nil {
		return f
	}
	return &value{line: v.line, col: v.col}
}

func trimmed(v *value, unit string) *value {
	w := *v
	w.text = strings.TrimSpace(strings.TrimSuffix(v.text, unit))
	return &w
}

func (r *reader) yes(v *value) bool {
	switch strings.ToLower(v.text) {
	case "yes", "true":
		return true
	case "no", "false":
		return false
	}
	r.at(v, "%q: expected yes or no", v.text)
	return false
}

func (r *reader) number(v *value, low, high float64) float64 {
	x, err := strconv.ParseFloat(v.text, 64)
	if err != nil || math.IsNaN(x) || x < low || x > high {
		r.at(v, "%q: expected a number from %g to %g", v.text, low, high)
		return low
	}
	return x
}

func (r *reader) point(v *value) where.Point {
	lat, lon, ok := strings.Cut(v.text, ",")
	a, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	b, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	p := where.Point{Lat: a, Lon: b}
	if !ok || err1 != nil || err2 != nil || p.Valid() != nil {
		r.at(v, "%q: expected latitude and longitude in degrees, such as 51.11,35.18", v.text)
		return where.Point{}
	}
	return p
}

func (r *reader) metres(v *value) where.Metres {
	var num string
	unit := 1.0
	if s, ok := strings.CutSuffix(v.text, "km"); ok {
		num, unit = s, 1000
	} else if s, ok := strings.CutSuffix(v.text, "m"); ok {
		num = s
	} else {
		r.at(v, "%q: expected a distance with its unit, such as 5 km or 800 m", v.text)
		return 0
	}
	return where.Metres(r.number(&value{text: strings.TrimSpace(num), line: v.line, col: v.col}, 0, 2e7) * unit)
}

func (r *reader) instant(v *value) when.Instant {
	i, err := when.ParseRFC3339(v.text)
	if err != nil {
		r.at(v, "%v", err)
	}
	return i
}

// duration reads "30 days", "2 h" or "45 min".
func (r *reader) duration(v *value) time.Duration {
	for _, u := range []struct {
		name string
		of   time.Duration
	}{{"days", 24 * time.Hour}, {"day", 24 * time.Hour}, {"min", time.Minute}, {"h", time.Hour}} {
		if s, ok := strings.CutSuffix(v.text, u.name); ok {
			return time.Duration(r.number(&value{text: strings.TrimSpace(s), line: v.line, col: v.col}, 0, 1e5) * float64(u.of))
		}
	}
	r.at(v, "%q: expected a time with its unit, such as 30 days, 2 h or 45 min", v.text)
	return 0
}

func (r *reader) hours(v *value) [2]int {
	a, b, ok := strings.Cut(v.text, "-")
	from, err1 := time.Parse("15:04", strings.TrimSpace(a))
	b = strings.TrimSpace(b)
	whole := b == "24:00"
	if whole {
		b = "00:00"
	}
	to, err2 := time.Parse("15:04", b)
	if !ok || err1 != nil || err2 != nil {
		r.at(v, "%q: expected hours of the day such as 08:00-17:00", v.text)
		return [2]int{}
	}
	h := [2]int{from.Hour()*60 + from.Minute(), to.Hour()*60 + to.Minute()}
	if whole {
		h[1] = 1440
	}
	return h
}

func (r *reader) span(v *value) when.Span {
	s := when.Span{Start: r.instant(v.field("from")), End: r.instant(v.field("to"))}
	if s.End <= s.Start {
		r.at(v, "it ends before it begins")
	}
	return s
}

// detects reads "{attack.strike: 0.9..0.4}" or "attack.strike=0.9..0.4; ...".
func (r *reader) detects(m *Means, v *value) {
	m.Detects = map[string][2]float64{}
	r.pairs(v, func(name string, x *value) {
		if r.vocabulary != nil && !slices.Contains(r.vocabulary.Act.Nodes(), name) {
			r.at(x, "%q is not an act of the vocabulary", name)
			return
		}
		a, b, two := strings.Cut(x.text, "..")
		near := r.number(&value{text: strings.TrimSpace(a), line: x.line, col: x.col}, 0, 1)
		far := near
		if two {
			far = r.number(&value{text: strings.TrimSpace(b), line: x.line, col: x.col}, 0, 1)
		}
		m.Detects[name] = [2]float64{near, far}
	})
}

// facts are the facts that a means may find out.
var facts = []string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site", "place", "origin", "launch", "time", "text"}

func (r *reader) finds(m *Means, v *value) {
	m.Finds = map[string]float64{}
	r.pairs(v, func(name string, x *value) {
		if !slices.Contains(facts, name) {
			r.at(x, "%q is not a fact: expected one of %s", name, strings.Join(facts, ", "))
			return
		}
		m.Finds[name] = r.number(x, 0, 1)
	})
}

// pairs goes through the names and values of a mapping, or of a text "a=1; b=2".
func (r *reader) pairs(v *value, each func(string, *value)) {
	for _, k := range v.keys {
		each(k, v.fields[k])
	}
	if v.fields != nil {
		return
	}
	for _, x := range v.items() {
		k, val, ok := strings.Cut(x.text, "=")
		if !ok {
			r.at(x, "%q: expected NAME=NUMBER", x.text)
			continue
		}
		each(strings.TrimSpace(k), &value{text: strings.TrimSpace(val), line: x.line, col: x.col})
	}
}

func (r *reader) weather(v *value) {
	outer := r.bad
	defer func() { r.bad = outer || r.bad }()
	r.bad = false
	w := Weather{Span: r.span(v), Why: v.field("why").text}
	if c := v.fields["cloud"]; c != nil {
		w.Cloud = r.number(c, 0, 1)
	}
	if s := v.fields["sight"]; s != nil {
		w.Sight = r.metres(s)
	}
	if !r.bad {
		r.house.Weather = append(r.house.Weather, w)
	}
}

func (r *reader) post(v *value) {
	outer := r.bad
	defer func() { r.bad = outer || r.bad }()
	r.bad = false
	p := Post{ID: v.field("id").text, Weight: 1}
	if w := v.fields["weight"]; w != nil {
		p.Weight = r.number(w, 0, 1e9)
	}
	s := evidence.Unknown()
	if err := s.SetFact("place", v.field("place").text); err != nil || s.Place.IsUnknown() {
		r.at(v.field("place"), "%q: expected a place such as 51.11,35.18 ±2 km or area:UA-63", v.field("place").text)
	}
	p.Place = s.Place
	if p.ID == "" {
		r.at(v, "a place to watch needs an id")
	}
	if !r.bad {
		r.house.Watch = append(r.house.Watch, p)
	}
}

// rule reads hours in which nobody may be about, or in which alone a place is open.
func (r *reader) rule(v *value, curfew bool) {
	outer := r.bad
	defer func() { r.bad = outer || r.bad }()
	r.bad = false
	x := HoursRule{Place: where.Unknown(), Span: when.Always, Curfew: curfew, Why: v.field("why").text}
	for _, k := range v.keys {
		f := v.fields[k]
		switch k {
		case "why":
		case "hours":
			x.Hours = r.hours(f)
		case "from":
			x.Span.Start = r.instant(f)
		case "to":
			x.Span.End = r.instant(f)
		case "place":
			s := evidence.Unknown()
			if err := s.SetFact("place", f.text); err != nil || s.Place.IsUnknown() {
				r.at(f, "%q: expected a place such as 51.11,35.18 ±2 km or area:UA-63", f.text)
			}
			x.Place = s.Place
		default:
			r.at(f, "%q is not known here: expected hours, place, from, to or why", k)
		}
	}
	switch {
	case r.bad:
	case v.fields["hours"] == nil || x.Hours[0] == x.Hours[1]:
		r.at(v, "expected hours: such as 22:00-05:00")
	case x.Span.End <= x.Span.Start:
		r.at(v, "it ends before it begins")
	case !curfew && x.Place.IsUnknown():
		r.at(v, "expected place: which place is open in these hours")
	default:
		r.house.Rules = append(r.house.Rules, x)
	}
}
