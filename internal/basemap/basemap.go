// Package basemap holds the outlines that maps are drawn on: countries, and
// areas whose status is disputed, which belong to no country here and are drawn
// as what they are. It is a backdrop: nothing is ever judged by it. Where a
// place is, for terms, is said by the terms' own zones (package where).
//
// Which areas are disputed, who claims them and what they are called is data:
// data/disputed.csv for the built-in map, and the properties of its features
// for a map that a mission brings itself.
package basemap

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/truce-project/truce/where"
)

//go:embed data/world.topojson
var worldTopoJSON []byte

// Map is a backdrop.
type Map struct {
	Features []Feature
	BuiltIn  bool
}

// Feature is a country, or a disputed area.
type Feature struct {
	Name      string
	Disputed  bool
	ClaimedBy []string // who claims it, as the data says; for disputed areas
	Area      where.MultiPolygon
}

// Title is how a feature is called on a map.
func (f Feature) Title() string {
	switch {
	case !f.Disputed:
		return f.Name
	case len(f.ClaimedBy) == 0:
		return f.Name + " (disputed)"
	}
	return f.Name + " (disputed: claimed by " + strings.Join(f.ClaimedBy, " and ") + ")"
}

// Disputed returns the disputed areas.
func (m *Map) Disputed() []Feature {
	var out []Feature
	for _, f := range m.Features {
		if f.Disputed {
			out = append(out, f)
		}
	}
	return out
}

// World returns the built-in map.
var World = sync.OnceValues(func() (*Map, error) {
	t, err := ParseTopology(worldTopoJSON)
	if err != nil {
		return nil, fmt.Errorf("built-in map: %w", err)
	}
	m := &Map{BuiltIn: true}
	for _, layer := range []string{Countries, Disputed} {
		for _, g := range t.Objects[layer].Geometries {
			m.Features = append(m.Features, Feature{
				Name: g.Properties.Name, Disputed: layer == Disputed, ClaimedBy: g.Properties.ClaimedBy, Area: t.area(g),
			})
		}
	}
	return m, nil
})

// MaxSize bounds a map that is read, in bytes.
const MaxSize = 32 << 20

// Parse reads a map from GeoJSON: a FeatureCollection of polygons with the
// property name. A feature with claimed_by (a list, or "A|B") or with disputed
// set to true is a disputed area.
func Parse(name string, data []byte) (*Map, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: larger than %d MB: simplify it", name, MaxSize>>20)
	}
	var file struct {
		Type     string
		Features []struct {
			Properties map[string]json.RawMessage
			Geometry   json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: expected a GeoJSON FeatureCollection: %w", name, err)
	}
	if file.Type != "FeatureCollection" || len(file.Features) == 0 {
		return nil, fmt.Errorf("%s: expected a GeoJSON FeatureCollection with at least one polygon", name)
	}
	m := &Map{}
	for i, in := range file.Features {
		f, err := parseFeature(in.Properties, in.Geometry)
		if err != nil {
			return nil, fmt.Errorf("%s: feature %d: %w", name, i+1, err)
		}
		m.Features = append(m.Features, f)
	}
	return m, nil
}

func parseFeature(properties map[string]json.RawMessage, geometry json.RawMessage) (Feature, error) {
	var f Feature
	mp, lines, points, err := where.ParseGeoJSON(geometry)
	if err != nil {
		return f, err
	}
	if len(mp) == 0 || len(lines)+len(points) > 0 {
		return f, fmt.Errorf("expected a Polygon or MultiPolygon")
	}
	f.Area = mp
	if raw, ok := properties["name"]; ok && json.Unmarshal(raw, &f.Name) != nil {
		return f, fmt.Errorf("property name: expected a text")
	}
	if raw, ok := properties["disputed"]; ok && json.Unmarshal(raw, &f.Disputed) != nil {
		return f, fmt.Errorf("property disputed: expected true or false")
	}
	if raw, ok := properties["claimed_by"]; ok {
		if f.ClaimedBy, err = claimants(raw); err != nil {
			return f, err
		}
		f.Disputed = f.Disputed || len(f.ClaimedBy) > 0
	}
	return f, nil
}

func claimants(raw json.RawMessage) ([]string, error) {
	var list []string
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text == nil {
			return nil, nil
		}
		return SplitClaims(*text), nil
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, fmt.Errorf("property claimed_by: expected a list such as [\"A\",\"B\"], or \"A|B\"")
	}
	return list, nil
}

// SplitClaims splits "A|B" into those who claim an area.
func SplitClaims(text string) []string {
	var out []string
	for _, v := range strings.Split(text, "|") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
