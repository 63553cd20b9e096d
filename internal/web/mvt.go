package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"

	"github.com/truce-project/truce/internal/views"
)

// Vector tiles, Mapbox Vector Tile 2.1. Below zoom singlesFrom incidents are counted
// in cells; from there on each is drawn: as a point where its place is known better
// than can be seen, else as the area in which it lies.
const (
	maxZoom     = 20
	singlesFrom = 8
	maxSingles  = 4000 // on one tile; where there are more they are counted
	cellsASide  = 32
	extent      = 4096
	buffer      = 128 // units beyond the edge, so that symbols are whole
	pointWithin = 32  // units: a radius up to this is drawn as a point (2 pixels of 256)
	circleSides = 48
)

type tileQuery struct {
	IncidentQuery
	Z  int    `path:"z" minimum:"0" maximum:"20"`
	X  int    `path:"x" minimum:"0"`
	Y  string `path:"y" doc:"number, with or without .mvt"`
	By string `query:"by" doc:"group of each incident, and numbers by group in cells: a fact (act, level, ...), or TEXT@READING for the verdict"`
}

func (s *Server) mapTiles() {
	path := "/api/tiles/{z}/{x}/{y}"
	huma.Register(s.api, huma.Operation{OperationID: "get-tile", Method: http.MethodGet, Path: path, Summary: "Incidents as a vector tile, with the filters of the list", Tags: []string{"read"},
		Description: "Layer cells (to zoom 7, and where there are too many): squares with n, wide (how many of n may lie outside) and n_GROUP. Layers incidents (points) and areas (where the place is uncertain; never a point): id, radio, precision_m, group, state, level, act, target. What has no place is on no tile: totals of lists say how many.",
		Responses:   map[string]*huma.Response{"200": {Description: "Mapbox Vector Tile", Content: map[string]*huma.MediaType{tileType: {}}}}},
		func(ctx context.Context, q *tileQuery) (*exported, error) { return s.mapTile(ctx, q) })
}

const tileType = "application/vnd.mapbox-vector-tile"

func (s *Server) mapTile(ctx context.Context, q *tileQuery) (*exported, error) {
	y, err := strconv.Atoi(strings.TrimSuffix(q.Y, ".mvt"))
	if err != nil || y < 0 || y >= 1<<q.Z || q.X >= 1<<q.Z {
		return nil, huma.Error422UnprocessableEntity("there is no such tile", &huma.ErrorDetail{Message: fmt.Sprintf("at zoom %d x and y go from 0 to %d", q.Z, 1<<q.Z-1), Location: "path.y", Value: q.Y})
	}
	t := views.Tile{Z: q.Z, X: q.X, Y: y}
	a := &exported{}
	a.Status, a.Vary, a.Cache, a.ContentType = http.StatusOK, byWho, "private, no-cache", tileType
	err = s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		a.Vector, a.ETag = vectorText(snap.Vector()), etag(ctx, snap.Vector(), []any{*q})
		if notModified(q.Have, a.ETag) {
			a.Status = http.StatusNotModified
			return nil
		}
		layers, err := layersOf(snap, f, t, q.By)
		if err != nil {
			return huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Message: err.Error(), Location: "query.by", Value: q.By})
		}
		a.Body, err = mvt.Marshal(layers)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

func layersOf(snap *views.Snapshot, f *views.Filter, t views.Tile, by string) (mvt.Layers, error) {
	if t.Z >= singlesFrom {
		rows, more, err := snap.OnTile(f, boxOf(t), maxSingles, by)
		if err != nil {
			return nil, err
		}
		if !more {
			return singles(snap, t, rows)
		}
	}
	c, err := snap.Cells(f, t, cellsASide, by)
	if err != nil {
		return nil, err
	}
	return mvt.Layers{cellLayer(c)}, nil
}

// boxOf is the box of a tile with its buffer.
func boxOf(t views.Tile) views.Box {
	n, b := float64(int(1)<<t.Z), float64(buffer)/extent
	lon := func(x float64) float64 {
		l := x/n*360 - 180
		if l < -180 {
			l += 360
		}
		if l > 180 {
			l -= 360
		}
		return l
	}
	lat := func(y float64) float64 {
		switch {
		case y <= 0:
			return 90
		case y >= n:
			return -90
		}
		return math.Atan(math.Sinh(math.Pi*(1-2*y/n))) * 180 / math.Pi
	}
	x, y := float64(t.X), float64(t.Y)
	return views.Box{West: lon(x - b), East: lon(x + 1 + b), North: lat(y - b), South: lat(y + 1 + b)}
}

func layer(name string) *mvt.Layer {
	return &mvt.Layer{Name: name, Version: 2, Extent: extent}
}

// cellLayer has a square for each cell that is not empty.
func cellLayer(c *views.Cells) *mvt.Layer {
	l := layer("cells")
	side := float64(extent / c.Side)
	for i, groups := range c.N {
		n := 0
		for _, g := range groups {
			n += g
		}
		if n == 0 {
			continue
		}
		x, y := float64(i%c.Side)*side, float64(i/c.Side)*side
		f := geojson.NewFeature(orb.Polygon{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}})
		f.Properties["n"], f.Properties["wide"] = n, c.Wide[i]
		for g, name := range c.Groups {
			if len(c.Groups) > 1 && groups[g] > 0 {
				if name == "" {
					name = "unknown"
				}
				f.Properties["n_"+name] = groups[g]
			}
		}
		l.Features = append(l.Features, f)
	}
	return l
}

// singles has a point or an area for each incident.
func singles(snap *views.Snapshot, t views.Tile, rows []views.TileRow) (mvt.Layers, error) {
	points, areas := layer("incidents"), layer("areas")
	bound := orb.Bound{Min: orb.Point{-buffer, -buffer}, Max: orb.Point{extent + buffer, extent + buffer}}
	for i := range rows {
		r := &rows[i]
		id, radio, err := snap.Store().Name(r.Num)
		if err != nil {
			return nil, err
		}
		lat, lon, radius, wide := r.Position()
		p := geojson.Properties{"id": id, "precision_m": int(radius)}
		if radio != "" {
			p["radio"] = radio
		}
		if wide {
			p["wide"] = true // the radius is at least this
		}
		if r.Group != "" {
			p["group"] = r.Group
		}
		for _, k := range []string{"state", "level", "act", "target"} {
			if v := r.Fields[k]; v != "" {
				p[k] = v
			}
		}
		for _, around := range []float64{-1, 0, 1} { // over the antimeridian
			at := inTile(t, lat, lon, around)
			if units := radius / metresAUnit(t, lat); units <= pointWithin {
				if bound.Contains(at) {
					points.Features = append(points.Features, feature(r.Num, at, p))
				}
				continue
			}
			if g := clip.Polygon(bound, orb.Polygon{circle(t, lat, lon, radius, around)}); len(g) > 0 && len(g[0]) > 3 {
				areas.Features = append(areas.Features, feature(r.Num, rounded(g), p))
			}
		}
	}
	return mvt.Layers{points, areas}, nil
}

func feature(num uint32, g orb.Geometry, p geojson.Properties) *geojson.Feature {
	f := geojson.NewFeature(g)
	f.ID, f.Properties = uint64(num), p
	return f
}

// inTile is a position in units of a tile; around is a number of turns round the
// earth.
func inTile(t views.Tile, lat, lon, around float64) orb.Point {
	u, v := views.Mercator(lat, lon)
	n := float64(int(1) << t.Z)
	return orb.Point{math.Round(((u+around)*n - float64(t.X)) * extent), math.Round((v*n - float64(t.Y)) * extent)}
}

// earthRadius is that of a sphere, in metres, as the columns take it.
const earthRadius = 6_371_000

// metresAUnit is how long a unit of a tile is at a latitude.
func metresAUnit(t views.Tile, lat float64) float64 {
	return 2 * math.Pi * earthRadius * math.Cos(min(math.Abs(lat), 85)*math.Pi/180) / float64(int(1)<<t.Z) / extent
}

// circle is a ring of positions at a distance from a middle, on a sphere.
func circle(t views.Tile, lat, lon, radius, around float64) orb.Ring {
	d, a := radius/earthRadius, lat*math.Pi/180
	ring := make(orb.Ring, 0, circleSides+1)
	for i := range circleSides + 1 {
		b := 2 * math.Pi * float64(i%circleSides) / circleSides
		la := math.Asin(math.Sin(a)*math.Cos(d) + math.Cos(a)*math.Sin(d)*math.Cos(b))
		lo := math.Atan2(math.Sin(b)*math.Sin(d)*math.Cos(a), math.Cos(d)-math.Sin(a)*math.Sin(la))
		ring = append(ring, inTile(t, la*180/math.Pi, lon+lo*180/math.Pi, around))
	}
	return ring
}

// rounded puts clipped corners on whole units, and drops those that fall together.
func rounded(p orb.Polygon) orb.Polygon {
	for i, ring := range p {
		out := ring[:0]
		for _, c := range ring {
			c = orb.Point{math.Round(c[0]), math.Round(c[1])}
			if len(out) == 0 || out[len(out)-1] != c {
				out = append(out, c)
			}
		}
		p[i] = out
	}
	return p
}
