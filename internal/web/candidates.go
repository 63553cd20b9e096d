package web

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// CandidateList is what an incident may be one with.
type CandidateList struct {
	Vector   views.Vector        `json:"vector"`
	Incident string              `json:"incident"`
	Items    []IncidentCandidate `json:"items" doc:"likeliest first"`
	Compared int                 `json:"compared" doc:"incidents near it in time and place that you may see"`
	Left     int                 `json:"left,omitempty" doc:"further ones that were not compared, because too many are near"`
	Apart    []HeldApart         `json:"apart,omitempty" doc:"what people hold to be another event: none of it is among the items. An entry of kind apart@1 about both with the decision withdrawn takes that back"`
	Says     string              `json:"says"`
}

// IncidentCandidate is another incident that may be the same event.
type IncidentCandidate struct {
	ID       string            `json:"id"`
	State    string            `json:"state"`
	Title    string            `json:"title,omitempty"`
	Likeness evidence.Likeness `json:"likeness" enum:"same,possible"`
	Likely   float64           `json:"likely" doc:"0 to 1, among incidents near each other; as measured in docs/fusion.md"`
	Reasons  []evidence.Reason `json:"reasons" doc:"for (weight above 0) and against"`
	Accept   []CandidateEntry  `json:"accept" doc:"entries that, posted to /api/entries with ids of your own, take both as one; split@1 takes a merge back"`
	Refuse   []CandidateEntry  `json:"refuse" doc:"the entry that says that these are two; the decision withdrawn takes it back"`
}

// CandidateEntry is an entry that nobody has made yet.
type CandidateEntry struct {
	ID      string            `json:"id,omitempty" doc:"NEW: a ULID that you make, and put in its place in the next entry too"`
	Kind    string            `json:"kind"`
	Refs    []CandidateRef    `json:"refs"`
	Payload map[string]string `json:"payload" doc:"to be filled in"`
}

// CandidateRef is a reference of a proposed entry.
type CandidateRef struct {
	Relation string `json:"relation"`
	ID       string `json:"id"`
}

type candidatesQuery struct {
	AsOf
	ID string `path:"id" doc:"id or radio id" maxLength:"60"`
}

// maxCompared is how many incidents one is compared with.
const maxCompared = 500

const candidatesSay = "Proposals: nothing was merged. Who is accused plays no part. An entry of kind merge@1 takes incidents as one, split@1 takes that back; one of kind apart@1 says that they are two, and withdrawn takes that back. A candidate that is left alone changes nothing."

func (s *Server) candidates() {
	register(s, "/api/incidents/{id}/candidates", "What an incident may be one with, and why", s.candidateList)
}

func (s *Server) candidateList(ctx context.Context, q *candidatesQuery) (*typed[CandidateList], error) {
	who := whoOf(ctx)
	if err := s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	p := &CandidateList{Items: []IncidentCandidate{}, Says: candidatesSay}
	id := q.ID
	if len(id) < 26 {
		id = strings.ToUpper(id)
	}
	err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		p.Vector = snap.Vector()
		num, ok, err := snap.Store().Num(id)
		if err != nil {
			return err
		}
		var x *IncidentItem
		if ok {
			x, err = s.itemOf(who, snap, num)
		}
		if err != nil {
			return err
		}
		if x == nil {
			return s.notThere(id, snap)
		}
		p.Incident = x.ID
		held, apart, err := s.heldOf(who, snap, &x.Incident)
		if err != nil {
			return err
		}
		p.Apart = apart
		return s.compare(who, p, snap, x, held)
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	return answer(ctx, p.Vector, q, q.Have, p), nil
}

// compare compares an incident with those near it, each as somebody sees it.
func (s *Server) compare(who Who, p *CandidateList, snap *views.Snapshot, x *IncidentItem, held []views.Held) error {
	f, ok := nearby(&x.Incident, s.sights.Eyes(who))
	if !ok {
		p.Says += " Its time or place is not known, so that nothing is near it."
		return nil
	}
	page := snap.List(f, nil, maxCompared)
	p.Left = max(0, page.Totals.Matched-len(page.Rows))
	one := reportOf(&x.Incident)
	var c evidence.Comparer
	for _, row := range page.Rows {
		y, err := s.itemOf(who, snap, row.Num)
		if err != nil {
			return err
		}
		if y == nil || y.ID == x.ID || y.Dataset != "" && y.Dataset == x.Dataset && y.Row == x.Row {
			continue
		}
		if heldFrom(held, &y.Incident) {
			continue
		}
		p.Compared++
		m := c.Compare(one, reportOf(&y.Incident))
		if m.Likeness != evidence.Same && m.Likeness != evidence.Possible {
			continue
		}
		p.Items = append(p.Items, IncidentCandidate{ID: y.ID, State: y.State, Title: y.Title, Likeness: m.Likeness, Likely: math.Round(m.Likely*1000) / 1000, Reasons: m.Reasons, Accept: accept(x, y), Refuse: refuse(x, y)})
	}
	slices.SortFunc(p.Items, func(a, b IncidentCandidate) int {
		return cmp.Or(cmp.Compare(b.Likely, a.Likely), strings.Compare(a.ID, b.ID))
	})
	return nil
}

// nearby asks for incidents that may be of one event with another.
func nearby(v *views.Incident, eyes *views.Eyes) (*views.Filter, bool) {
	start, err := when.ParseRFC3339(v.TimeStart)
	if err != nil || v.Lat == nil || v.Lon == nil {
		return nil, false
	}
	end := start
	if v.TimeEnd != "" {
		if end, err = when.ParseRFC3339(v.TimeEnd); err != nil {
			return nil, false
		}
	}
	reach := evidence.ReachMetres
	if v.PrecisionM != nil {
		reach += *v.PrecisionM
	}
	lat := reach / 111_000
	lon := lat / math.Max(0.05, math.Cos((math.Abs(*v.Lat)+lat)*math.Pi/180))
	f := &views.Filter{Timed: true, May: views.Markings(), Eyes: eyes, From: int64(start.Add(-evidence.Reach).Time().Unix() / 60), To: int64(end.Add(evidence.Reach+time.Minute).Time().Unix()/60) + 1}
	f.Box = &views.Box{South: math.Max(-90, *v.Lat-lat), North: math.Min(90, *v.Lat+lat), West: math.Max(-180, *v.Lon-lon), East: math.Min(180, *v.Lon+lon)}
	return f, true
}

// reportOf is an incident as it is compared: what the views hold of it.
func reportOf(v *views.Incident) *evidence.Report {
	row := map[string]string{
		"id": v.ID, "time_start": v.TimeStart, "time_end": v.TimeEnd, "act": v.Act, "outcome": v.Outcome, "target": v.Target,
		"killed": v.Killed, "injured": v.Injured, "source": v.Source, "text": v.Text,
	}
	if v.Lat != nil && v.Lon != nil {
		row["lat"], row["lon"] = strconv.FormatFloat(*v.Lat, 'f', -1, 64), strconv.FormatFloat(*v.Lon, 'f', -1, 64)
	}
	if v.PrecisionM != nil {
		row["precision_m"] = strconv.FormatFloat(*v.PrecisionM, 'f', -1, 64)
	}
	in, _, err := views.ReadRow("truce", row)
	if err != nil || in == nil {
		in = &evidence.Incident{ID: v.ID, Scenarios: []evidence.Scenario{evidence.Unknown()}, Text: v.Text, Source: v.Source}
	}
	return &evidence.Report{Incident: in, Published: when.Always}
}

// heldFrom reports whether an incident is one that another is held apart from.
func heldFrom(held []views.Held, y *views.Incident) bool {
	return slices.ContainsFunc(held, func(h views.Held) bool {
		return h.B == y.ID || slices.Contains(y.Members, h.B) || slices.Contains(y.Reports, h.B)
	})
}

// refuse is what would say that two are two.
func refuse(x, y *IncidentItem) []CandidateEntry {
	if x.State == "row" || y.State == "row" {
		return []CandidateEntry{}
	}
	return []CandidateEntry{{Kind: record.KindApart, Refs: []CandidateRef{{"about", x.ID}, {"about", y.ID}}, Payload: map[string]string{"decision": "apart", "reason": ""}}}
}

// accept is what would take two as one. A report becomes an incident first.
func accept(x, y *IncidentItem) []CandidateEntry {
	reason := map[string]string{"reason": ""}
	about := func(ids ...string) CandidateEntry {
		e := CandidateEntry{ID: "NEW", Kind: "incident@1", Payload: map[string]string{"title": "", "reason": ""}}
		for _, id := range ids {
			e.Refs = append(e.Refs, CandidateRef{"about", id})
		}
		return e
	}
	merge := func(a, b string) CandidateEntry {
		return CandidateEntry{Kind: "merge@1", Refs: []CandidateRef{{"merges", a}, {"merges", b}}, Payload: reason}
	}
	switch {
	case x.State == "row" || y.State == "row":
		return []CandidateEntry{} // rows of a data set are no entries
	case x.State == "report" && y.State == "report":
		return []CandidateEntry{about(x.ID, y.ID)}
	case x.State == "report":
		return []CandidateEntry{about(x.ID), merge("NEW", y.ID)}
	case y.State == "report":
		return []CandidateEntry{about(y.ID), merge(x.ID, "NEW")}
	}
	return []CandidateEntry{merge(x.ID, y.ID)}
}
