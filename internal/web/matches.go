package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// IncidentMatch is an incident that a draft may be about.
type IncidentMatch struct {
	ID      string   `json:"id" doc:"what a claim about it refers to"`
	State   string   `json:"state"`
	Title   string   `json:"title,omitempty"`
	Radio   string   `json:"radio,omitempty"`
	Reasons []string `json:"reasons" doc:"what fits"`
	Against []string `json:"against,omitempty" doc:"what does not"`
	score   int
}

const (
	maxMatches   = 5
	matchedOf    = 500
	townMetres   = 15_000 // a claim names a town, and the object lies near it
	daysOfMargin = 1      // of an article: the day is told by another clock, or is that of the news
)

// matchAll finds incidents for drafts of incidents, and for the claims and accusations
// that speak of them.
func (s *Server) matchAll(who Who, snap *views.Snapshot, a *talks.Article, out []ProposedDraft) error {
	of := map[string][]IncidentMatch{}
	for i := range a.Drafts {
		d := &a.Drafts[i]
		if d.Kind != talks.Incident {
			continue
		}
		m, err := s.match(who, snap, d)
		if err != nil {
			return err
		}
		of[d.ID], out[i].Matches = m, m
	}
	for i := range a.Drafts {
		if d := &a.Drafts[i]; d.Kind == talks.Claim && d.Incident != "" {
			out[i].Matches = of[d.Incident]
		}
	}
	return nil
}

// match finds incidents that somebody sees and that fit the day, the place and the
// object of a draft. Who is accused plays no part.
func (s *Server) match(who Who, snap *views.Snapshot, d *talks.Draft) ([]IncidentMatch, error) {
	f := &views.Filter{May: views.Markings(), Eyes: s.sights.Eyes(who)}
	if d.Date != nil {
		from, err := time.Parse(time.DateOnly, d.Date.Value)
		if err == nil {
			to, err := time.Parse(time.DateOnly, d.Date.End)
			if err != nil {
				to = from
			}
			f.Timed = true
			f.From, f.To = from.AddDate(0, 0, -daysOfMargin).Unix()/60, to.AddDate(0, 0, 1+daysOfMargin).Unix()/60
		}
	}
	if !f.Timed && d.Place == "" {
		return nil, nil // nothing to look by
	}
	regions := placesOf(d.Place)
	var out []IncidentMatch
	for _, row := range snap.List(f, nil, matchedOf).Rows {
		x, err := s.itemOf(who, snap, row.Num)
		if err != nil {
			return nil, err
		}
		if x == nil || x.State == "row" {
			continue
		}
		if m, ok := fit(d, &x.Incident, regions, f.Timed); ok {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b IncidentMatch) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.State, b.State), strings.Compare(a.ID, b.ID))
	})
	return out[:min(len(out), maxMatches)], nil
}

// fit compares a draft with an incident: two of place, object and day must fit, of
// which one is the place or the object, and no place or object may be another.
func fit(d *talks.Draft, v *views.Incident, regions []where.Region, dated bool) (IncidentMatch, bool) {
	m := IncidentMatch{ID: v.ID, State: v.State, Title: v.Title, Radio: v.Radio, Reasons: []string{}}
	told := strings.ToLower(v.Place + " " + v.Title + " " + v.Text)
	switch {
	case d.Place == "":
	case strings.Contains(told, strings.ToLower(d.Place)):
		m.Reasons, m.score = append(m.Reasons, fmt.Sprintf("place: it names %s too", d.Place)), m.score+2
	case v.Lat != nil && v.Lon != nil && len(regions) > 0:
		reach := where.Metres(townMetres)
		if v.PrecisionM != nil {
			reach += where.Metres(*v.PrecisionM)
		}
		near := where.Metres(-1)
		for _, r := range regions {
			if c, ok := r.Centre(); ok {
				if g := where.Distance(c, where.Point{Lat: *v.Lat, Lon: *v.Lon}, where.Model{}); near < 0 || g < near {
					near = g
				}
			}
		}
		if near < 0 {
			break
		}
		if near <= reach {
			m.Reasons, m.score = append(m.Reasons, fmt.Sprintf("place: within %.0f km of %s", float64(near)/1000, d.Place)), m.score+2
		} else {
			m.Against = append(m.Against, fmt.Sprintf("place: %.0f km from %s", float64(near)/1000, d.Place))
		}
	}
	if len(d.Target) > 0 && v.Target != "" {
		if shared := sharedNode(d.Target, strings.Split(v.Target, "|")); shared != "" {
			m.Reasons, m.score = append(m.Reasons, "object: "+shared), m.score+2
		} else {
			m.Against = append(m.Against, "object: "+v.Target)
		}
	}
	if dated && v.TimeStart != "" {
		m.Reasons, m.score = append(m.Reasons, "time: "+d.Date.Value+", within a day"), m.score+1
	}
	return m, m.score >= 3 && len(m.Against) == 0
}

// sharedNode is a node of one list that is, or lies below or above, one of the other.
func sharedNode(a, b []string) string {
	for _, x := range a {
		for _, y := range b {
			if x == y || strings.HasPrefix(x, y+".") || strings.HasPrefix(y, x+".") {
				return y
			}
		}
	}
	return ""
}

// placesOf are the regions that a name may mean.
func placesOf(name string) (out []where.Region) {
	for _, m := range gazetteer.Builtin().Mentions(name) {
		for _, c := range m.Candidates {
			out = append(out, c.Region())
		}
	}
	return out
}
