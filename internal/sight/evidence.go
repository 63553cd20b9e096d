package sight

import (
	"encoding/json"
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Evidence leaves of an incident, as it is judged, what somebody may see of it; v is
// the incident as the views hold it. nil where that is nothing. What is left is no
// more certain than the whole: a fact that is left out is open, a coarse time or
// place holds the exact one.
func (s *Sights) Evidence(who Who, v *views.Incident, in *evidence.Incident) *evidence.Incident {
	n := NarrowedOf(v)
	x := s.sight(who, "incident", n)
	seen := *v
	if !s.See(who, &seen) {
		return nil
	}
	out := *in
	out.Scenarios = slices.Clone(in.Scenarios)
	for name, text := range map[string]*string{"source": &out.Source, "text": &out.Text, "damage": &out.Damage, "severity": &out.Severity} {
		if !x.shown[name] {
			*text = ""
		}
	}
	for name, number := range map[string]*evidence.Number{"killed": &out.Killed, "injured": &out.Injured} {
		if !x.shown[name] {
			*number = evidence.Number{}
		}
	}
	if !x.shown["note"] {
		out.Notes = nil
	}
	if !s.Reasons(who, n) { // what an observer saw is told by station, weapon and direction
		out.Claims, out.Seen, out.Reliability, out.URL = nil, nil, "", ""
	}
	for i := range out.Scenarios {
		s.scenario(x, &seen, &out.Scenarios[i])
	}
	return &out
}

// scenario leaves of a scenario what is shown of the incident; seen is what the
// lists show of it.
func (s *Sights) scenario(x *sight, seen *views.Incident, sc *evidence.Scenario) {
	for name, set := range map[string]*[]string{"actor": &sc.Actor, "act": &sc.Act, "outcome": &sc.Outcome, "means": &sc.Means, "target": &sc.Target, "owner": &sc.Owner, "controller": &sc.Controller} {
		if !x.shown[name] {
			*set = nil
		}
	}
	if !x.shown["target"] {
		sc.Intended = nil
	}
	if x.coarse || !x.shown["time_start"] || !x.shown["lat"] {
		// Objects, and where and when something was launched, tell what is coarse.
		sc.Site, sc.Origin, sc.OriginName, sc.Launch = nil, where.Unknown(), "", when.Always
	}
	switch {
	case !x.shown["time_start"]:
		sc.Time, sc.Lasting = when.Always, false
	case x.coarse:
		sc.Time = when.Always
		start, err := when.ParseRFC3339(seen.TimeStart)
		end, err2 := when.ParseRFC3339(seen.TimeEnd)
		if err == nil && err2 == nil {
			sc.Time = when.Span{Start: start, End: end}
		}
		sc.Lasting = false
	}
	switch {
	case !x.shown["lat"]:
		sc.Place, sc.PlaceName = where.Unknown(), ""
	case x.coarse:
		sc.Place, sc.PlaceName = where.Unknown(), seen.Place
		if seen.Lat != nil && seen.Lon != nil && seen.PrecisionM != nil {
			sc.Place = where.Disc(where.Point{Lat: *seen.Lat, Lon: *seen.Lon}, where.Metres(*seen.PrecisionM))
		}
	}
}

// Payload leaves of an entry's payload what somebody may see of it without opening
// it; false where that is nothing.
func (s *Sights) Payload(who Who, d *views.Doc, into any) bool {
	if d.Erased || len(d.Payload) == 0 {
		return false
	}
	whole, err := s.table.DocumentOf(d.Kind, d.ID, d.Payload)
	if err != nil {
		return false
	}
	whole.Sealed = d.Touches
	left, _, ok := s.table.Glance(who, whole)
	if !ok {
		return false
	}
	b, err := left.Payload()
	return err == nil && json.Unmarshal(b, into) == nil
}

// As is somebody for whom what has a marking is meant: the public, a delegate, or
// an officer of the mission. A delegate is of neither party, so that the report is
// the same for both.
func As(m rights.Marking) Who {
	switch m {
	case rights.ForParties:
		return Who{Account: "-", Role: rights.Delegate, Party: "-"}
	case rights.ForMission:
		return Who{Account: "-", Role: rights.DutyOfficer}
	}
	return Who{}
}
