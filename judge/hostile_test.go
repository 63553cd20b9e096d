package judge_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// boxed is a text with a square zone and a zone of 5 km about a point.
const boxed = `---
truce: 1
id: t
start: "2025-03-18T00:00Z"
end: {for: 30 days}
time: {zone: Europe/Kyiv, days: 24h}
geometry: {boundary: BOUNDARY}
parties: {RU: {actors: [ru.forces]}, UA: {actors: [ua.forces]}}
---

` + "```truce\nclause: \"1\"\nforbid: {act: attack, zone: box}\n```\n\n```truce\ndefine: box\nzone: {geojson: '{\"type\":\"Polygon\",\"coordinates\":[[[36,49],[37,49],[37,50],[36,50],[36,49]]]}'}\n```\n\n" +
	"```truce\nclause: \"2\"\nforbid: {act: overflight, zone: ring}\n```\n\n```truce\ndefine: ring\nzone: {near: {points: [[30, 48]], within: 5 km}}\n```\n"

func judgeOf(t *testing.T, text string) *judge.Judge {
	t.Helper()
	tm, problems := terms.Parse(fstest.MapFS{"t.truce.md": {Data: []byte(text)}}, "t.truce.md")
	if tm == nil {
		t.Fatal(problems)
	}
	r, err := tm.Under("text", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	return judge.New(r)
}

func exact(act string, place where.Region, at when.Span) *evidence.Incident {
	s := evidence.Unknown()
	s.Act, s.Actor, s.Place, s.Time = []string{act}, []string{"ru.forces"}, place, at
	return &evidence.Incident{ID: "x", Scenarios: []evidence.Scenario{s}}
}

// TestF30ExactBoundariesAreJudgedByTheRule: what lies exactly on a boundary, or
// happens exactly at an end, is decided by a rule, and the trace quotes it.
func TestF30ExactBoundariesAreJudgedByTheRule(t *testing.T) {
	start, err := when.ParseRFC3339("2025-03-18T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	end, mid := start.Add(30*24*time.Hour), when.Moment(start.Add(time.Hour))
	site := where.Point{Lat: 48, Lon: 30}
	north := func(d where.Metres) where.Region {
		return where.Disc(where.Destination(site, 0, d, where.Model{}), 0)
	}
	at := func(lat, lon float64, r where.Metres) where.Region {
		return where.Disc(where.Point{Lat: lat, Lon: lon}, r)
	}
	closed, open := judgeOf(t, strings.Replace(boxed, "BOUNDARY", "closed", 1)), judgeOf(t, strings.Replace(boxed, "BOUNDARY", "open", 1))
	const isPart, isNot = "exactly on the boundary of box, which is part of it (boundary: closed)", "exactly on the boundary of box, which is not part of it (boundary: open)"
	for name, c := range map[string]struct {
		in           *evidence.Incident
		closed, open judge.Verdict
		rule, other  string // quoted under closed and under open
	}{
		"inside":                {exact("attack", at(49.5, 36.5, 0), mid), judge.Breach, judge.Breach, "", ""},
		"on an edge":            {exact("attack", at(49.5, 36, 0), mid), judge.Breach, judge.NotCovered, isPart, isNot},
		"on a vertex":           {exact("attack", at(50, 37, 0), mid), judge.Breach, judge.NotCovered, isPart, isNot},
		"outside":               {exact("attack", at(49.5, 37.00001, 0), mid), judge.NotCovered, judge.NotCovered, "", ""},
		"a disc that straddles": {exact("attack", at(49.5, 36, 1), mid), judge.Undetermined, judge.Undetermined, "", ""},
		"1 mm within 5 km":      {exact("overflight", north(4999.999), mid), judge.Breach, judge.Breach, "", ""},
		"1 mm beyond 5 km":      {exact("overflight", north(5000.001), mid), judge.NotCovered, judge.NotCovered, "", ""},
		"at the start":          {exact("attack", at(49.5, 36.5, 0), when.Moment(start)), judge.Breach, judge.Breach, "exactly when it starts (2025-03-18T00:00Z): the start is part of it", "exactly when it starts"},
		"1 ms before":           {exact("attack", at(49.5, 36.5, 0), when.Moment(start-1)), judge.NotInForce, judge.NotInForce, "", ""},
		"at the end":            {exact("attack", at(49.5, 36.5, 0), when.Moment(end)), judge.NotInForce, judge.NotInForce, "exactly when it ends (2025-04-17T00:00Z): the end is not part of it", "exactly when it ends"},
		"1 ms before the end":   {exact("attack", at(49.5, 36.5, 0), when.Moment(end-1)), judge.Breach, judge.Breach, "", ""},
		"over the end":          {exact("attack", at(49.5, 36.5, 0), when.Span{Start: end - 1, End: end + 1}), judge.Undetermined, judge.Undetermined, "", ""},
	} {
		for _, side := range []struct {
			j    *judge.Judge
			want judge.Verdict
			rule string
		}{{closed, c.closed, c.rule}, {open, c.open, c.other}} {
			f := side.j.Incident(c.in, nil)
			got := ""
			for _, w := range f.Trace {
				for _, k := range w.Conditions {
					got += k.Rule
				}
				if string(w.Clause.ID) == "1" {
					got += w.Rule
				}
			}
			if f.Verdict != side.want || side.rule == "" && got != "" || !strings.Contains(got, side.rule) {
				t.Errorf("%s: %v, want %v; rule %q, want %q", name, f.Verdict, side.want, got, side.rule)
			}
		}
	}
}
