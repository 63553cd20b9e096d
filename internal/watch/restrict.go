package watch

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Restriction is a limit on the freedom of movement of monitors, as the Special
// Monitoring Mission of the OSCE reported them: by kind, with who stood at which
// checkpoint and the reason that was given, in their words. It is an incident of
// its own: monitors who cannot see do not see that nothing happened.
type Restriction struct {
	ID      string
	Kind    RestrictionKind
	Span    when.Span
	Place   where.Region
	Name    string   // of the checkpoint or village, as given
	By      []string // who may have restricted: parties, or what the terms list under them
	Reason  string   // as given, quoted
	Delay   int      // minutes
	Of      string   // patrol, camera, uav or premises
	Means   string   // id of the means, where one is meant
	Told    string   // who was informed, such as a joint centre
	Level   evidence.Level
	From    evidence.Position
	Regular bool // mines or disengagement: it was known before
}

// RestrictionKind is the taxonomy of the Mission.
type RestrictionKind string

// The kinds of restriction.
const (
	Denial      RestrictionKind = "denial"
	Delay       RestrictionKind = "delay"
	Conditional RestrictionKind = "conditional"
	Other       RestrictionKind = "other" // jamming, fire at a drone, a camera that was turned away
)

// RestrictionKinds lists the kinds in the order in which they are reported.
func RestrictionKinds() []RestrictionKind {
	return []RestrictionKind{Denial, Delay, Conditional, Other}
}

// act is what a restriction is called in the tree of acts; of other impediments
// it is not said which.
var restrictionActs = map[RestrictionKind][]string{
	Denial: {"obstruct.access"}, Delay: {"obstruct.delay"}, Conditional: {"obstruct.conditional"},
	Other: {"obstruct", "jam", "attack"},
}

// Incident is the restriction as an incident that the text can be asked about:
// whoever stood at the checkpoint is the actor as far as the report names them,
// and else anybody.
func (r *Restriction) Incident() *evidence.Incident {
	s := evidence.Unknown()
	s.Time, s.Place, s.PlaceName = r.Span, r.Place, r.Name
	s.Act, s.Actor = restrictionActs[r.Kind], r.By
	if r.Of != "" {
		s.Target = []string{"monitor." + r.Of}
	} else {
		s.Target = []string{"monitor"}
	}
	text := fmt.Sprintf("%s of access", r.Kind)
	if r.Name != "" {
		text += " at " + r.Name
	}
	if r.Reason != "" {
		text += fmt.Sprintf(": “%s”", r.Reason)
	}
	return &evidence.Incident{ID: r.ID, Scenarios: []evidence.Scenario{s}, Level: r.Level, Text: text, From: r.From}
}

// near is how close to a restriction a place has to lie to be barred by it.
const near where.Metres = 5000

// barred finds a denial that is in force when a means would arrive.
func (o *Outlook) barred(m *Means, place where.Region, at when.Instant) *Restriction {
	for i := range o.Restrictions {
		r := &o.Restrictions[i]
		if r.Kind != Denial || !r.Span.Contains(at) || r.Means != "" && r.Means != m.ID || r.Of != "" && r.Of != string(m.Kind) {
			continue
		}
		if r.hits(place) {
			return r
		}
	}
	return nil
}

// hits reports whether a place may lie near a restriction.
func (r *Restriction) hits(place where.Region) bool {
	c, ok := r.Place.Centre()
	if !ok {
		return false // a restriction without a place bars no place in particular
	}
	radius, _ := r.Place.Radius()
	return where.NearSites("restricted", []where.Point{c}, near+radius).Relate(place, model) != where.Outside
}

func (r *Restriction) words() string {
	s := fmt.Sprintf("access is restricted (%s %s", r.Kind, r.ID)
	if r.Name != "" {
		s += " at " + r.Name
	}
	if r.Reason != "" {
		s += ", reason given: “" + r.Reason + "”"
	}
	return s + ")"
}

// restrictionColumns are those of the file of restrictions.
var restrictionColumns = []string{"id", "kind", "time_start", "time_end", "place", "checkpoint", "by", "reason", "delay_minutes", "of", "means", "told", "level", "regular"}

// SetRestriction reads one restriction from columns; get returns the text of a
// column. The errors name the column.
func SetRestriction(get func(string) string) (Restriction, []error) {
	r := Restriction{ID: get("id"), Kind: RestrictionKind(get("kind")), Name: get("checkpoint"), By: evidence.Set(get("by")), Reason: get("reason"), Of: get("of"), Means: get("means"), Told: get("told"), Level: evidence.Reported}
	var errs []error
	bad := func(col, format string, args ...any) {
		errs = append(errs, fmt.Errorf(col+": "+format, args...))
	}
	if r.ID == "" {
		bad("id", "a restriction needs an id")
	}
	if restrictionActs[r.Kind] == nil {
		bad("kind", "%q: expected denial, delay, conditional or other", r.Kind)
	}
	s := evidence.Unknown()
	for _, c := range []string{"time_start", "time_end", "place"} {
		if err := s.SetFact(c, get(c)); err != nil {
			bad(c, "%v", err)
		}
	}
	r.Span, r.Place = s.Time, s.Place
	if get("time_start") != "" && get("time_end") == "" {
		r.Span.End = when.Future // it goes on
	}
	if t := get("delay_minutes"); t != "" {
		if _, err := fmt.Sscanf(t, "%d", &r.Delay); err != nil || r.Delay < 0 {
			bad("delay_minutes", "%q: expected whole minutes", t)
		}
	}
	if r.Of != "" && !contains([]string{"patrol", "camera", "uav", "premises"}, r.Of) {
		bad("of", "%q: expected patrol, camera, uav or premises", r.Of)
	}
	if t := get("level"); t != "" {
		l, err := evidence.ParseLevel(t)
		if err != nil {
			bad("level", "%v", err)
		}
		r.Level = l
	}
	r.Regular = strings.EqualFold(get("regular"), "yes")
	return r, errs
}

// ReadRestrictions reads a CSV file of restrictions, with the columns of
// docs/verification.md in any order. A bad row is named and left out.
func ReadRestrictions(file string, src []byte) (out []Restriction, problems []Problem) {
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))))
	c.FieldsPerRecord = -1
	bad := func(line, col int, format string, args ...any) {
		if len(problems) < maxProblems {
			problems = append(problems, Problem{file, line, col, fmt.Sprintf(format, args...)})
		}
	}
	head, err := c.Read()
	if err != nil {
		bad(1, 1, "expected a first line with the columns %s", strings.Join(restrictionColumns, ","))
		return nil, problems
	}
	at := map[string]int{}
	for i, h := range head {
		h = strings.TrimSpace(h)
		if !contains(restrictionColumns, h) {
			bad(1, 1, "column %q is not known: expected some of %s", h, strings.Join(restrictionColumns, ","))
		}
		at[h] = i
	}
	if _, ok := at["kind"]; !ok {
		bad(1, 1, "no column kind: expected some of %s", strings.Join(restrictionColumns, ","))
		return nil, problems
	}
	seen := map[string]bool{}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return out, problems
		}
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				bad(1, 1, "%v", err)
				return out, problems
			}
			bad(pe.Line, pe.Column, "%v", pe.Err)
			continue
		}
		line, _ := c.FieldPos(0)
		r, errs := SetRestriction(func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		})
		for _, e := range errs {
			name, _, _ := strings.Cut(e.Error(), ":")
			col := 1
			if i, ok := at[name]; ok && i < len(row) {
				_, col = c.FieldPos(i)
			}
			bad(line, col, "%v", e)
		}
		switch {
		case errs != nil:
		case seen[r.ID]:
			bad(line, 1, "id %q stands twice", r.ID)
		default:
			seen[r.ID] = true
			r.From = evidence.Position{File: file, Line: line}
			out = append(out, r)
		}
	}
}
