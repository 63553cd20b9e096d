package fusing

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
)

// columns are those of the incidents file, as `truce judge` reads it.
var columns = []string{
	"id", "scenario", "time_start", "time_end", "lasting", "launch_start", "launch_end", "lat", "lon", "precision_m", "place", "origin",
	"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site",
	"killed", "injured", "damage", "severity", "level", "source", "reliability", "url", "text",
}

// Writer writes fused incidents.
type Writer interface {
	Write(*evidence.Fused) error
	Close() error
}

// NewWriter returns a writer for csv (the incidents file), jsonl or json. deciding,
// where it is not nil, says what a text turns on, for the JSON.
func NewWriter(format string, w io.Writer, deciding func(*evidence.Fused) []string) (Writer, error) {
	switch format {
	case "csv":
		c := &csvWriter{w: csv.NewWriter(w)}
		return c, c.w.Write(columns)
	case "jsonl":
		return &jsonWriter{w: w, lines: true, deciding: deciding}, nil
	case "json":
		return &jsonWriter{w: w, deciding: deciding}, nil
	}
	return nil, fmt.Errorf("cannot write %q: expected csv, jsonl or json", format)
}

type csvWriter struct{ w *csv.Writer }

func (c *csvWriter) Write(f *evidence.Fused) error {
	for i := range f.Incident.Scenarios {
		row := cells(f.Incident, &f.Incident.Scenarios[i])
		row[slices.Index(columns, "level")] = f.WeakestLevel().String() // the form has one for all facts
		for k := range row {
			row[k] = brief.Inert(row[k])
		}
		if err := c.w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// cells is a row of the incidents file. A place that has no form there is
// written as the disc that holds it.
func cells(in *evidence.Incident, s *evidence.Scenario) []string {
	v := map[string]string{
		"id": in.ID, "scenario": s.Name, "killed": in.Killed.String(), "injured": in.Injured.String(), "damage": in.Damage, "severity": in.Severity,
		"level": in.Level.String(), "source": in.Source, "reliability": in.Reliability, "url": in.URL, "text": in.Text,
		"actor": list(s.Actor), "act": list(s.Act), "outcome": list(s.Outcome), "means": list(s.Means), "target": list(s.Target),
		"intended_target": list(s.Intended), "owner": list(s.Owner), "controller": list(s.Controller), "site": list(s.Site),
	}
	for name, t := range map[string]interface {
		Unknown() bool
	}{"time": s.Time, "launch": s.Launch} {
		if t.Unknown() {
			continue
		}
		span := s.Time
		if name == "launch" {
			span = s.Launch
		}
		if span.Start.Bounded() {
			v[name+"_start"] = span.Start.RFC3339()
		}
		if span.End.Bounded() && !span.IsMoment() {
			v[name+"_end"] = span.End.RFC3339()
		}
	}
	if s.Lasting {
		v["lasting"] = "yes"
	}
	if text, ok := s.Place.Text(); ok && !strings.HasPrefix(text, "POINT") {
		v["place"] = text
	} else if p, ok := s.Place.Centre(); ok {
		r, _ := s.Place.Radius()
		v["lat"], v["lon"], v["precision_m"] = number(p.Lat), number(p.Lon), number(float64(r))
	}
	if text, ok := s.Origin.Text(); ok {
		v["origin"] = text
	}
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = v[c]
	}
	return out
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func list(s []string) string { return strings.Join(s, "|") }

// Row is a fused incident as JSON.
type Row struct {
	ID          string              `json:"id"`
	Level       string              `json:"level"`
	LevelWhy    []string            `json:"level_why"`
	Independent int                 `json:"independent" doc:"independent groups"`
	Reports     []ReportRow         `json:"reports"`
	Groups      []evidence.Group    `json:"groups"`
	Scenarios   []map[string]string `json:"scenarios"`
	Conflicts   []evidence.Conflict `json:"conflicts,omitempty"`
	Attribution *AttributionRow     `json:"attribution,omitempty"`
	Supports    []evidence.Support  `json:"sensors,omitempty"`
	Denials     []string            `json:"denials,omitempty"`
	Claims      []evidence.Claim    `json:"claims,omitempty"`
	Open        []evidence.Open     `json:"open,omitempty"`
	Joined      []evidence.Match    `json:"joined,omitempty"`
	Candidates  []evidence.Match    `json:"candidates,omitempty"`
	Dropped     int                 `json:"candidates_dropped,omitempty"`
	Apart       []evidence.Held     `json:"apart,omitempty" doc:"held by people to be of different events"`
	Taken       []evidence.Taken    `json:"taken,omitempty" doc:"taken by people as one event"`
	Deciding    []string            `json:"deciding,omitempty" doc:"facts that the terms turn on, by reading"`
	Notes       []string            `json:"notes,omitempty"`
}

// ReportRow is one report of a fused incident.
type ReportRow struct {
	ID        string   `json:"id"`
	From      string   `json:"from,omitempty"`
	Source    string   `json:"source,omitempty"`
	Party     string   `json:"party,omitempty"`
	Origins   []string `json:"origins,omitempty"`
	Through   []string `json:"through,omitempty"`
	Denies    bool     `json:"denies,omitempty"`
	Repeats   bool     `json:"repeats_itself,omitempty"`
	Published string   `json:"published,omitempty"`
}

// AttributionRow is who may have done it.
type AttributionRow struct {
	Open    bool                  `json:"open"`
	Actors  []evidence.Attributed `json:"actors,omitempty"`
	Grounds []evidence.Ground     `json:"grounds,omitempty"`
}

// RowOf is a fused incident as JSON.
func RowOf(f *evidence.Fused) Row {
	in := f.Incident
	r := Row{
		ID: in.ID, Level: in.Level.String(), LevelWhy: f.LevelWhy, Independent: f.Independent, Groups: f.Groups, Conflicts: f.Conflicts,
		Supports: f.Supports, Denials: f.Denials, Claims: in.Claims, Open: f.Open, Joined: f.Joined, Candidates: f.Candidates, Dropped: f.Dropped, Apart: f.Apart, Taken: f.Taken, Notes: in.Notes,
	}
	for _, x := range f.Reports {
		row := ReportRow{ID: x.ID(), From: x.Incident.From.String(), Source: x.Incident.Source, Party: x.Party, Denies: x.Denies,
			Origins: x.Relay.Origins, Through: x.Relay.Through, Repeats: evidence.NewSketch(x.Incident.Text).Repeats()}
		if x.Published.Start.Bounded() {
			row.Published = x.Published.Start.RFC3339()
		}
		r.Reports = append(r.Reports, row)
	}
	for i := range in.Scenarios {
		m := map[string]string{}
		for k, c := range cells(in, &in.Scenarios[i]) {
			if c != "" && !slices.Contains([]string{"id", "text", "source", "url", "level", "reliability"}, columns[k]) {
				m[columns[k]] = c
			}
		}
		r.Scenarios = append(r.Scenarios, m)
	}
	if a := f.Attribution; len(a.Grounds) > 0 {
		r.Attribution = &AttributionRow{Open: a.Open(), Actors: a.Actors, Grounds: a.Grounds}
	}
	return r
}

type jsonWriter struct {
	w        io.Writer
	lines    bool
	n        int
	deciding func(*evidence.Fused) []string
}

func (j *jsonWriter) Write(f *evidence.Fused) error {
	r := RowOf(f)
	if j.deciding != nil {
		r.Deciding = j.deciding(f)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return err
	}
	text := strings.TrimSuffix(b.String(), "\n")
	before, after := "", "\n"
	if !j.lines {
		before, after = ",\n", ""
		if j.n == 0 {
			before = "[\n"
		}
	}
	j.n++
	_, err := io.WriteString(j.w, before+text+after)
	return err
}

func (j *jsonWriter) Close() error {
	if j.lines {
		return nil
	}
	end := "\n]\n"
	if j.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}
