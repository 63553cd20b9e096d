// Package gen makes the built-in map from its source: disputed areas are
// taken out of the country that the source gives them to, boundaries are
// simplified arc by arc, so that neighbours keep one common line, and islands
// too small to see are left out.
package gen

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/truce-project/truce/internal/basemap"
)

// disputed is a row of the table: the polygons of a feature of the source that
// lie in a box, or the whole feature where no box is given.
type disputed struct {
	name, source string
	box          *[4]float64 // west, south, east, north
	claimedBy    []string
}

// Generate returns world.topojson from a TopoJSON file with the layer countries
// and the table of disputed areas.
func Generate(countries, table []byte) ([]byte, error) {
	rows, err := readTable(table)
	if err != nil {
		return nil, err
	}
	t, err := basemap.ParseTopology(countries)
	if err != nil {
		return nil, err
	}
	layer := basemap.Layer{Type: "GeometryCollection"}
	for _, g := range t.Objects[basemap.Countries].Geometries {
		if g.Properties.Name != "Antarctica" { // runs round a pole, which no plane map shows
			layer.Geometries = append(layer.Geometries, g)
		}
	}
	apart := basemap.Layer{Type: "GeometryCollection", Geometries: []basemap.Geometry{}}
	for _, d := range rows {
		g, err := d.takeFrom(t, &layer)
		if err != nil {
			return nil, err
		}
		apart.Geometries = append(apart.Geometries, g)
	}
	t.Objects = map[string]basemap.Layer{basemap.Countries: layer, basemap.Disputed: apart}
	if err := simplify(t); err != nil {
		return nil, err
	}
	return write(t)
}

func readTable(table []byte) ([]disputed, error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []disputed
	for i, r := range rows[1:] {
		d := disputed{name: r[0], source: r[1], claimedBy: basemap.SplitClaims(r[6])}
		if len(d.claimedBy) < 2 {
			return nil, fmt.Errorf("disputed areas, row %d: claimed_by %q: expected at least two who claim it", i+2, r[6])
		}
		if r[2] != "" {
			d.box = new([4]float64)
			for k := range d.box {
				if d.box[k], err = strconv.ParseFloat(r[2+k], 64); err != nil {
					return nil, fmt.Errorf("disputed areas, row %d: %w", i+2, err)
				}
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// takeFrom moves the polygons of a disputed area out of its country.
func (d disputed) takeFrom(t *basemap.Topology, layer *basemap.Layer) (basemap.Geometry, error) {
	out := basemap.Geometry{Type: "MultiPolygon", Properties: basemap.Properties{Name: d.name, ClaimedBy: d.claimedBy}}
	var left []basemap.Geometry
	for _, g := range layer.Geometries {
		if g.Properties.Name == d.source {
			var keep [][][]int
			for _, poly := range g.Polygons {
				if d.holds(t, poly) {
					out.Polygons = append(out.Polygons, poly)
				} else {
					keep = append(keep, poly)
				}
			}
			g.Polygons = keep
		}
		if len(g.Polygons) > 0 {
			left = append(left, g)
		}
	}
	layer.Geometries = left
	if len(out.Polygons) == 0 {
		return out, fmt.Errorf("disputed area %s: no polygon of %q lies in its box: has the source changed?", d.name, d.source)
	}
	return out, nil
}

func (d disputed) holds(t *basemap.Topology, poly [][]int) bool {
	if d.box == nil {
		return true
	}
	for _, p := range t.Ring(poly[0]) {
		at := t.Degrees(p)
		if at.Lon < d.box[0] || at.Lon > d.box[2] || at.Lat < d.box[1] || at.Lat > d.box[3] {
			return false
		}
	}
	return true
}

// write numbers the arcs that are left anew and prints the file.
func write(t *basemap.Topology) ([]byte, error) {
	number := map[int]int{}
	var arcs [][][2]int
	for _, name := range []string{basemap.Countries, basemap.Disputed} {
		for _, g := range t.Objects[name].Geometries {
			for _, poly := range g.Polygons {
				for _, ring := range poly {
					for i, a := range ring {
						n, ok := number[basemap.Arc(a)]
						if !ok {
							n = len(arcs)
							number[basemap.Arc(a)] = n
							arcs = append(arcs, t.Arcs[basemap.Arc(a)])
						}
						if ring[i] = n; a < 0 {
							ring[i] = ^n
						}
					}
				}
			}
		}
	}
	t.Arcs = arcs
	b, err := json.Marshal(t)
	return append(b, '\n'), err
}
