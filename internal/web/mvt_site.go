package web

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"

	"github.com/truce-project/truce/internal/views"
)

// SiteZoom is the closest zoom of the tiles of a site: its places are cells of about
// 22 km, of which closer tiles would tell no more.
const SiteZoom = 7

// SiteTiles are vector tiles of incidents for a site of plain files, by the name
// Z/X/Y.mvt. They have the layers of the tiles of a server: incidents and areas; and
// cells, with numbers, where a tile has too many to draw each. Tiles with nothing on
// them are left out.
func SiteTiles(items []IncidentItem) (map[string][]byte, error) {
	out := map[string][]byte{}
	for z := range SiteZoom + 1 {
		on := map[views.Tile][]int{}
		for i := range items {
			for _, t := range tilesOf(&items[i], z) {
				on[t] = append(on[t], i)
			}
		}
		for t, which := range on {
			b, err := siteTile(t, items, which)
			if err != nil {
				return nil, err
			}
			if len(b) > 0 {
				out[fmt.Sprintf("%d/%d/%d.mvt", t.Z, t.X, t.Y)] = b
			}
		}
	}
	return out, nil
}

// tilesOf are the tiles of a zoom that an incident may lie on.
func tilesOf(x *IncidentItem, z int) []views.Tile {
	if x.Lat == nil || x.Lon == nil {
		return nil
	}
	t := views.Tile{Z: z}
	r := 0.0
	if x.PrecisionM != nil {
		r = *x.PrecisionM / metresAUnit(t, *x.Lat)
	}
	at, n := inTile(t, *x.Lat, *x.Lon, 0), 1<<z
	span := func(v float64) (int, int) {
		return int(math.Floor((v - r - buffer) / extent)), int(math.Floor((v + r + buffer) / extent))
	}
	x0, x1 := span(at[0])
	y0, y1 := span(at[1])
	const most = 64 // one that may be anywhere is on none
	if (x1-x0+1)*(y1-y0+1) > most {
		return nil
	}
	var out []views.Tile
	for i := x0; i <= x1; i++ {
		for k := max(0, y0); k <= min(n-1, y1); k++ {
			if t := (views.Tile{Z: z, X: ((i % n) + n) % n, Y: k}); !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

func siteTile(t views.Tile, items []IncidentItem, which []int) ([]byte, error) {
	if len(which) > maxSingles {
		return mvt.Marshal(mvt.Layers{siteCells(t, items, which)})
	}
	points, areas := layer("incidents"), layer("areas")
	bound := orb.Bound{Min: orb.Point{-buffer, -buffer}, Max: orb.Point{extent + buffer, extent + buffer}}
	for _, i := range which {
		x := &items[i]
		p := geojson.Properties{"id": x.ID}
		radius := 0.0
		if x.PrecisionM != nil {
			radius = *x.PrecisionM
			p["precision_m"] = int(radius)
		}
		for k, v := range map[string]string{"radio": x.Radio, "state": x.State, "level": x.Level, "act": x.Act, "target": x.Target, "time_start": x.TimeStart, "time_end": x.TimeEnd} {
			if v != "" {
				p[k] = v
			}
		}
		for _, f := range x.Findings {
			p[f.Terms+"@"+f.Reading] = f.Verdict
		}
		for _, around := range []float64{-1, 0, 1} { // over the antimeridian
			at := inTile(t, *x.Lat, *x.Lon, around)
			if radius/metresAUnit(t, *x.Lat) <= pointWithin {
				if bound.Contains(at) {
					points.Features = append(points.Features, feature(uint32(i), at, p))
				}
				continue
			}
			if g := clip.Polygon(bound, orb.Polygon{circle(t, *x.Lat, *x.Lon, radius, around)}); len(g) > 0 && len(g[0]) > 3 {
				areas.Features = append(areas.Features, feature(uint32(i), rounded(g), p))
			}
		}
	}
	if len(points.Features)+len(areas.Features) == 0 {
		return nil, nil
	}
	return mvt.Marshal(mvt.Layers{points, areas})
}

// siteCells counts incidents in squares of a tile; wide is how many of them may lie
// outside.
func siteCells(t views.Tile, items []IncidentItem, which []int) *mvt.Layer {
	side := float64(extent / cellsASide)
	n, wide := make([]int, cellsASide*cellsASide), make([]int, cellsASide*cellsASide)
	for _, i := range which {
		at := inTile(t, *items[i].Lat, *items[i].Lon, 0)
		cx, cy := int(math.Floor(at[0]/side)), int(math.Floor(at[1]/side))
		if cx < 0 || cy < 0 || cx >= cellsASide || cy >= cellsASide {
			continue // counted on the tile that it is on
		}
		n[cy*cellsASide+cx]++
		if r := items[i].PrecisionM; r != nil && *r/metresAUnit(t, *items[i].Lat) > side/2 {
			wide[cy*cellsASide+cx]++
		}
	}
	l := layer("cells")
	for i, k := range n {
		if k == 0 {
			continue
		}
		x, y := float64(i%cellsASide)*side, float64(i/cellsASide)*side
		f := geojson.NewFeature(orb.Polygon{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}})
		f.Properties["n"], f.Properties["wide"] = k, wide[i]
		l.Features = append(l.Features, f)
	}
	return l
}

// SiteTileJSON describes them, as TileJSON 3.0.
func SiteTileJSON(name string) map[string]any {
	fields := map[string]string{}
	for _, f := range strings.Fields("id radio precision_m state level act target time_start time_end") {
		fields[f] = "as in data/incidents.csv"
	}
	return map[string]any{"tilejson": "3.0.0", "name": name, "scheme": "xyz", "tiles": []string{"{z}/{x}/{y}.mvt"}, "minzoom": 0, "maxzoom": SiteZoom,
		"description":   "Incidents as the public sees them. A point is drawn where its place is known better than can be seen; areas are where something may have been. Members such as TEXT@READING are verdicts.",
		"vector_layers": []map[string]any{{"id": "incidents", "fields": fields}, {"id": "areas", "fields": fields}, {"id": "cells", "fields": map[string]string{"n": "incidents in the square", "wide": "how many of them may lie outside"}}}}
}
