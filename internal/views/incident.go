package views

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Incident is what is held to have happened, as the entries make it.
type Incident struct {
	ID    string `json:"id" doc:"ULID of the entry that made it; of a row of a data set ULID.NUMBER"`
	Radio string `json:"radio,omitempty" doc:"short id to be read over a radio: area, then digits of which the last checks the others"`
	State string `json:"state" doc:"report: one report, which nobody has taken as an incident yet; incident: reports taken to be of one event; row: of a data set"`
	Title string `json:"title,omitempty"`

	Members        []string  `json:"members,omitempty" doc:"incident entries that are taken as one"`
	Merges         []string  `json:"merges,omitempty" doc:"entries by which they are"`
	Apart          []string  `json:"apart,omitempty" doc:"entries by which it, or a part of it, is held to be another event than something else"`
	Reports        []string  `json:"reports,omitempty"`
	Claims         []string  `json:"claims,omitempty" doc:"a claim is never an observation"`
	Determinations []string  `json:"determinations,omitempty" doc:"they stand beside findings and change none"`
	Corrections    []string  `json:"corrections,omitempty"`
	Disputes       []Dispute `json:"disputes,omitempty"`
	Dataset        string    `json:"dataset,omitempty"`
	Row            string    `json:"row,omitempty" doc:"id of the row in its data set"`

	Level      string   `json:"level" doc:"evidence level"`
	Marking    Marking  `json:"marking" doc:"the most closed of its parts"`
	Narrowed   Narrowed `json:"narrowed,omitzero" doc:"never shown"`
	TimeStart  string   `json:"time_start,omitempty" doc:"the instant lies in [start, end); absent: unknown"`
	TimeEnd    string   `json:"time_end,omitempty"`
	Lat        *float64 `json:"lat,omitempty" doc:"for drawing; never judged as a point"`
	Lon        *float64 `json:"lon,omitempty"`
	PrecisionM *float64 `json:"precision_m,omitempty" doc:"metres; the place is within this of lat, lon"`
	Place      string   `json:"place,omitempty" doc:"as given"`
	Actor      string   `json:"actor,omitempty" doc:"who may have done it, a|b while open; absent: unknown"`
	Act        string   `json:"act,omitempty"`
	Outcome    string   `json:"outcome,omitempty"`
	Means      string   `json:"means,omitempty"`
	Target     string   `json:"target,omitempty"`
	Owner      string   `json:"owner,omitempty"`
	Controller string   `json:"controller,omitempty"`
	Scenarios  int      `json:"scenarios" doc:"ways in which it may have happened, which exclude each other"`
	Killed     string   `json:"killed,omitempty"`
	Injured    string   `json:"injured,omitempty"`
	Damage     string   `json:"damage,omitempty"`
	Severity   string   `json:"severity,omitempty"`
	Source     string   `json:"source,omitempty"`
	Text       string   `json:"text,omitempty"`
	// Fields are answers of forms, by FORM.FIELD.
	Fields   map[string]string `json:"fields,omitempty" doc:"answers of forms that are no facts, by FORM.FIELD; where reports differ a | b"`
	Words    []string          `json:"words,omitempty" doc:"those from closed vocabularies, FORM.FIELD=WORD; lists can be filtered by them"`
	Notes    []string          `json:"notes,omitempty" doc:"what reading it left open"`
	Problems []string          `json:"problems,omitempty" doc:"parts that could not be read"`
	Erased   int               `json:"erased,omitempty" doc:"parts that were destroyed by lawful order"`
}

// Dispute is a contradiction by another author.
type Dispute struct {
	Entry  string `json:"entry"`
	Of     string `json:"of"`
	Status string `json:"status" doc:"open, adopted or rejected"`
	By     string `json:"by,omitempty" doc:"the entry that settles it"`
}

// Row is an incident as the columns hold it. Times are minutes since 1970, the
// start rounded down and the end up; places are in units of 10 µdeg, the radius
// in units of 10 m, rounded up.
type Row struct {
	Num        uint32
	Start, End int32
	Lat, Lon   int32
	Radius     uint16
	Profile    uint32 // code of the facts that are words
	Judged     uint32 // code of what was found
}

const (
	noTime    = math.MinInt32
	noPlace   = math.MinInt32
	maxRadius = math.MaxUint16
	degree    = 100_000 // units
	// noCode stands for no judgement: it never was made, or has ended.
	noCode = math.MaxUint32
)

// minuteText is a time of the columns as text.
func minuteText(m int32) string { return time.Unix(int64(m)*60, 0).UTC().Format(time.RFC3339) }

// tell writes what an incident's facts are into the view of it.
func (v *Incident) tell(in *evidence.Incident) {
	v.Level, v.Scenarios = in.Level.String(), len(in.Scenarios)
	of := func(f func(*evidence.Scenario) []string) string { return union(in, f) }
	v.Actor = of(func(s *evidence.Scenario) []string { return s.Actor })
	v.Act = of(func(s *evidence.Scenario) []string { return s.Act })
	v.Outcome = of(func(s *evidence.Scenario) []string { return s.Outcome })
	v.Means = of(func(s *evidence.Scenario) []string { return s.Means })
	v.Target = of(func(s *evidence.Scenario) []string { return s.Target })
	v.Owner = of(func(s *evidence.Scenario) []string { return s.Owner })
	v.Controller = of(func(s *evidence.Scenario) []string { return s.Controller })
	if t, ok := hull(in); ok {
		v.TimeStart, v.TimeEnd = t.Start.RFC3339(), t.End.RFC3339()
	}
	if p, r, ok := cap(in); ok {
		v.Lat, v.Lon, v.PrecisionM = &p.Lat, &p.Lon, &r
	}
	var names []string
	for i := range in.Scenarios {
		v.Narrowed.Site = v.Narrowed.Site || len(in.Scenarios[i].Site) > 0
		if n := in.Scenarios[i].PlaceName; n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	v.Place = strings.Join(names, " | ")
	v.Killed, v.Injured, v.Damage, v.Severity = in.Killed.String(), in.Injured.String(), in.Damage, in.Severity
	v.Source, v.Text = in.Source, in.Text
	v.Notes = append(v.Notes, in.Notes...)
}

// union joins what the scenarios say of one fact; where one leaves it unknown, so
// is the whole.
func union(in *evidence.Incident, of func(*evidence.Scenario) []string) string {
	var out []string
	for i := range in.Scenarios {
		vs := of(&in.Scenarios[i])
		if len(vs) == 0 {
			return ""
		}
		for _, v := range vs {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "|")
}

// hull is the shortest span that holds the times of all scenarios; false where
// one of them is open at an end.
func hull(in *evidence.Incident) (when.Span, bool) {
	var h when.Span
	for i := range in.Scenarios {
		t := in.Scenarios[i].Time
		if !t.Start.Bounded() || !t.End.Bounded() {
			return h, false
		}
		if i == 0 {
			h = t
		}
		h.Start, h.End = min(h.Start, t.Start), max(h.End, t.End)
	}
	return h, len(in.Scenarios) > 0
}

// cap is a circle that holds the places of all scenarios; false where one is not
// known.
func cap(in *evidence.Incident) (where.Point, float64, bool) {
	rs := make([]where.Region, len(in.Scenarios))
	for i := range in.Scenarios {
		rs[i] = in.Scenarios[i].Place
	}
	all := rs[0]
	if len(rs) > 1 {
		all = where.UnionRegion(rs...)
	}
	p, ok := all.Centre()
	r, bounded := all.Radius()
	return p, math.Round(float64(r)*10) / 10, ok && bounded
}

// row is the incident as columns, but for its codes.
func (v *Incident) row(num uint32) Row {
	r := Row{Num: num, Start: noTime, End: noTime, Lat: noPlace, Lon: noPlace}
	a, errA := when.ParseRFC3339(v.TimeStart)
	b, errB := when.ParseRFC3339(v.TimeEnd)
	if errA == nil && errB == nil {
		lo, hi := floorDiv(int64(a), 60_000), -floorDiv(-int64(b), 60_000)
		if lo > noTime && hi < math.MaxInt32 {
			r.Start, r.End = int32(lo), int32(max(hi, lo+1))
		}
	}
	if v.Lat != nil && v.Lon != nil {
		r.Lat, r.Lon = int32(math.Round(*v.Lat*degree)), int32(math.Round(*v.Lon*degree))
		r.Radius = uint16(min(math.Ceil(*v.PrecisionM/10), maxRadius))
	}
	return r
}

// packed is how long the columns of a row are in the store, without its number and
// what was found.
const packed = 22

func (r *Row) pack() []byte {
	b := make([]byte, 0, packed)
	for _, x := range []int32{r.Start, r.End, r.Lat, r.Lon} {
		b = binary.BigEndian.AppendUint32(b, uint32(x))
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(b, r.Radius), r.Profile)
}

func (r *Row) unpack(b []byte) error {
	if len(b) != packed {
		return fmt.Errorf("malformed row of %d bytes of incident %d", len(b), r.Num)
	}
	at := func(i int) int32 { return int32(binary.BigEndian.Uint32(b[i:])) }
	r.Start, r.End, r.Lat, r.Lon = at(0), at(4), at(8), at(12)
	r.Radius, r.Profile = binary.BigEndian.Uint16(b[16:]), binary.BigEndian.Uint32(b[18:])
	return nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// parted separates the fields of a profile, and the findings of a judgement.
const parted = "\x1f"

// profileFields are what filters can ask of a profile, in its order.
// After them comes what narrows who sees it, which nobody asks for.
var profileFields = []string{"state", "level", "marking", "actor", "act", "outcome", "means", "target", "owner", "controller", "field"}

const markingField = 2

func (v *Incident) profile() string {
	return strings.Join([]string{v.State, v.Level, string(v.Marking), v.Actor, v.Act, v.Outcome, v.Means, v.Target, v.Owner, v.Controller, strings.Join(v.Words, "|"), v.Narrowed.String()}, parted)
}

// judgement is what the findings say, in short: TEXT@READING VERDICT CLAUSE=VERDICT ...
func judgement(fs []Finding) string {
	var out []string
	for _, f := range fs {
		s := f.Terms + "@" + f.Reading + " " + f.Verdict
		for _, c := range f.Clauses {
			s += " " + c.Clause + "=" + c.Verdict
		}
		out = append(out, s)
	}
	return strings.Join(out, parted)
}

// sumNumber is a number that several sources give: the range of what they say.
func sumNumber(a, b evidence.Number) evidence.Number {
	switch {
	case !a.Known:
		return b
	case !b.Known || a == b:
		return a
	}
	n := evidence.Number{Known: true, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max), About: a.About || b.About}
	if a.Max < 0 || b.Max < 0 {
		n.Max = -1
	}
	return n
}

// noted says a problem with where it is.
func noted(d *Doc, format string, args ...any) string {
	return d.Kind + " " + d.ID + ", entry " + strconv.FormatInt(d.Index, 10) + ": " + fmt.Sprintf(format, args...)
}
