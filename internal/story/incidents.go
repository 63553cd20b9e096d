package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// byHand are the incidents that have chapters of their own.
var byHand = map[string]bool{"I-05": true, "I-12": true}

// incidents takes down each disputed incident: what was published of it as a
// report, the incident, and what each side says.
func incidents(b *book) {
	all, err := cases.Story()
	if err != nil {
		b.fail("%v", err)
		return
	}
	for i := range all {
		c := &all[i]
		if byHand[c.Incident.ID] {
			continue
		}
		b.incident(c, "one publication; nobody else has reported it to the mission")
	}
}

// incident records a case as a report and an incident.
func (b *book) incident(c *cases.Case, reason string) {
	id := c.Incident.ID
	t := b.firstSaid(id)
	var reports []string
	for i := range c.Incident.Scenarios {
		name := fmt.Sprintf("report %s/%d", id, i+1)
		b.report(name, "desk", t.Add(time.Duration(i)*time.Minute), "public", rowOf(c, i), strings.Join(c.Sources, "; "), "")
		reports = append(reports, name)
	}
	b.add(draft{name: id, by: "verifier", at: t.Add(30 * time.Minute), kind: "incident@1", marking: "public", refs: about(reports...),
		payload: record.IncidentEntry{Title: id + " · " + c.Title, Reason: reason}})
	b.said(id)
}

// firstSaid is the forenoon of the day on which an incident was first spoken of.
func (b *book) firstSaid(id string) time.Time {
	all, err := readStatements()
	if err != nil {
		b.fail("%v", err)
	}
	day := ""
	for _, s := range all {
		if s.incident == id && (day == "" || s.day < day) {
			day = s.day
		}
	}
	if day == "" {
		b.fail("nobody has said anything of %s", id)
		return time.Time{}
	}
	return at(day).Add(10 * time.Hour)
}

func (b *book) report(name, by string, t time.Time, marking string, row map[string]string, source, note string, refs ...ref) {
	b.add(draft{name: name, by: by, at: t, kind: "report@1", marking: marking, refs: refs, payload: record.ReportEntry{Format: "truce", Row: row, Source: source, Note: note}})
}

// rowOf writes a scenario of a case as a row of the incidents file.
func rowOf(c *cases.Case, i int) map[string]string {
	in, s := &c.Incident, &c.Incident.Scenarios[i]
	row := map[string]string{"id": in.ID, "level": in.Level.String(), "text": in.Text, "source": strings.Join(c.Sources, "; ")}
	span := func(name string, t when.Span) {
		if !t.Unknown() {
			row[name+"_start"], row[name+"_end"] = t.Start.String(), t.End.String()
		}
	}
	span("time", s.Time)
	span("launch", s.Launch)
	if s.Lasting {
		row["lasting"] = "yes"
	}
	placeOf(row, s.Place)
	for column, set := range map[string][]string{"actor": s.Actor, "act": s.Act, "outcome": s.Outcome, "means": s.Means, "target": s.Target, "intended_target": s.Intended, "owner": s.Owner, "controller": s.Controller} {
		if len(set) > 0 {
			row[column] = strings.Join(set, "|")
		}
	}
	return row
}

// placeOf writes a place as columns: a disc, or areas.
func placeOf(row map[string]string, r where.Region) {
	text := r.String()
	if codes, ok := strings.CutPrefix(text, "area "); ok {
		row["place"] = "area:" + codes
		return
	}
	p, ok := r.Centre()
	radius, _ := r.Radius()
	if ok {
		row["lat"], row["lon"], row["precision_m"] = fmt.Sprintf("%.4f", p.Lat), fmt.Sprintf("%.4f", p.Lon), fmt.Sprintf("%.0f", float64(radius))
	}
}

func caseOf(b *book, id string) *cases.Case {
	all, err := cases.Story()
	if err != nil {
		b.fail("%v", err)
		return &cases.Case{Incident: evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}}}
	}
	for i := range all {
		if all[i].Incident.ID == id {
			return &all[i]
		}
	}
	b.fail("there is no case %s", id)
	return &cases.Case{Incident: evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}}}
}
