package basemap

import (
	"encoding/json"
	"fmt"

	"github.com/truce-project/truce/where"
)

// The layers of the built-in map.
const (
	Countries = "countries"
	Disputed  = "disputed"
)

// Topology is a TopoJSON file of polygons. Boundaries are kept once, as arcs
// that neighbours share; coordinates are whole steps of a grid.
type Topology struct {
	Type      string           `json:"type"`
	Transform Transform        `json:"transform"`
	Objects   map[string]Layer `json:"objects"`
	Arcs      [][][2]int       `json:"arcs"` // each point but the first as steps from the one before
}

// Transform turns steps of the grid into degrees.
type Transform struct {
	Scale     [2]float64 `json:"scale"`
	Translate [2]float64 `json:"translate"`
}

// Layer is a list of features.
type Layer struct {
	Type       string     `json:"type"`
	Geometries []Geometry `json:"geometries"`
}

// Geometry is one feature: for each polygon its rings, for each ring its arcs;
// ^i is arc i backwards.
type Geometry struct {
	Type       string     `json:"type"`
	Properties Properties `json:"properties"`
	Polygons   [][][]int  `json:"arcs"`
}

// Properties are what is said of a feature.
type Properties struct {
	Name      string   `json:"name"`
	ClaimedBy []string `json:"claimed_by,omitempty"`
}

// UnmarshalJSON reads a Polygon as a MultiPolygon of one.
func (g *Geometry) UnmarshalJSON(data []byte) error {
	var raw struct {
		Type       string
		Properties Properties
		Arcs       json.RawMessage
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	g.Type, g.Properties = "MultiPolygon", raw.Properties
	switch raw.Type {
	case "MultiPolygon":
		return json.Unmarshal(raw.Arcs, &g.Polygons)
	case "Polygon":
		g.Polygons = make([][][]int, 1)
		return json.Unmarshal(raw.Arcs, &g.Polygons[0])
	}
	return fmt.Errorf("geometry of type %q: expected Polygon or MultiPolygon", raw.Type)
}

// ParseTopology reads a TopoJSON file and checks that every arc that a feature
// names is there.
func ParseTopology(data []byte) (*Topology, error) {
	t := &Topology{}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, err
	}
	for name, layer := range t.Objects {
		for _, g := range layer.Geometries {
			for _, poly := range g.Polygons {
				for _, ring := range poly {
					for _, a := range ring {
						if i := Arc(a); i >= len(t.Arcs) {
							return nil, fmt.Errorf("%s: %s: arc %d of %d", name, g.Properties.Name, i, len(t.Arcs))
						}
					}
				}
			}
		}
	}
	return t, nil
}

// Arc is the index of an arc, whichever way it runs.
func Arc(a int) int {
	if a < 0 {
		return ^a
	}
	return a
}

// Ring joins arcs to a closed line in steps of the grid.
func (t *Topology) Ring(arcs []int) [][2]int {
	var out [][2]int
	for _, a := range arcs {
		part := make([][2]int, len(t.Arcs[Arc(a)]))
		var x, y int
		for i, d := range t.Arcs[Arc(a)] {
			x, y = x+d[0], y+d[1]
			j := i
			if a < 0 {
				j = len(part) - 1 - i
			}
			part[j] = [2]int{x, y}
		}
		if len(out) > 0 && len(part) > 0 {
			part = part[1:] // arcs meet in a point
		}
		out = append(out, part...)
	}
	return out
}

// Degrees turns a point of the grid into a place.
func (t *Topology) Degrees(p [2]int) where.Point {
	return where.Point{
		Lat: float64(p[1])*t.Transform.Scale[1] + t.Transform.Translate[1],
		Lon: float64(p[0])*t.Transform.Scale[0] + t.Transform.Translate[0],
	}
}

func (t *Topology) area(g Geometry) where.MultiPolygon {
	var out where.MultiPolygon
	for _, poly := range g.Polygons {
		rings := make(where.Polygon, 0, len(poly))
		for _, ring := range poly {
			var pts where.Ring
			for _, p := range t.Ring(ring) {
				pts = append(pts, t.Degrees(p))
			}
			rings = append(rings, pts)
		}
		out = append(out, rings)
	}
	return out
}
