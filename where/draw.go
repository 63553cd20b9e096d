package where

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/peterstace/simplefeatures/geom"
)

// circleVertices is how many vertices a drawn circle has.
const circleVertices = 96

// GeoJSON returns a GeoJSON geometry of the region, for drawing only: a Point
// for an exact point, polygons for a disc, sector or polygon, null for an
// Unknown region.
func (r Region) GeoJSON() []byte {
	switch r.kind {
	case kindUnknown:
		return []byte("null")
	case kindDisc, kindSector:
		if r.isPoint() {
			return append(position2([]byte(`{"type":"Point","coordinates":`), r.c), '}')
		}
		return geoJSON(MultiPolygon{r.drawn()})
	case kindPolygon:
		return geoJSON(r.poly.mp)
	}
	parts := make([]json.RawMessage, 0, len(r.parts))
	for _, part := range r.parts {
		parts = append(parts, part.GeoJSON())
	}
	return collection(parts)
}

func collection(parts []json.RawMessage) []byte {
	out := []byte(`{"type":"GeometryCollection","geometries":[`)
	for i, part := range parts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, part...)
	}
	return append(out, "]}"...)
}

// drawn is a disc or sector as a polygon.
func (r Region) drawn() Polygon {
	if r.kind == kindDisc || r.half >= 180 {
		p := Polygon{arc(r.c, 0, 360, r.max, Model{})}
		p[0][len(p[0])-1] = p[0][0]
		if r.min > 0 {
			hole := arc(r.c, 360, 0, r.min, Model{})
			hole[len(hole)-1] = hole[0]
			p = append(p, hole)
		}
		return p
	}
	ring := arc(r.c, r.bearing+r.half, r.bearing-r.half, r.max, Model{})
	if r.min > 0 {
		ring = append(ring, arc(r.c, r.bearing-r.half, r.bearing+r.half, r.min, Model{})...)
	} else {
		ring = append(ring, r.c)
	}
	return Polygon{append(ring, ring[0])}
}

// arc is a run of points at a distance from c; longitudes stay near c's, beyond
// 180 if need be. Full circles run anticlockwise.
func arc(c Point, from, to float64, d Metres, m Model) Ring {
	if to-from == 360 {
		from, to = to, from
	} else if from-to == 360 {
		from, to = to, from
	}
	var out Ring
	for i := 0; i <= circleVertices; i++ {
		p := Destination(c, from+(to-from)*float64(i)/circleVertices, d, m)
		p.Lon = c.Lon + math.Remainder(p.Lon-c.Lon, 360)
		out = append(out, p)
	}
	return out
}

// GeoJSON returns a GeoJSON MultiPolygon of the zone, for drawing only: circles
// have 96 vertices, and edges run as the drawing program draws them.
func (z *Zone) GeoJSON(m Model) []byte { return geoJSON(z.shape.outline(m)) }

func geoJSON(mp MultiPolygon) []byte {
	out := []byte(`{"type":"MultiPolygon","coordinates":[`)
	for i, p := range mp {
		out = open(out, i)
		for j, r := range p {
			out = open(out, j)
			for k, q := range r {
				if k > 0 {
					out = append(out, ',')
				}
				out = position2(out, q)
			}
			out = append(out, ']')
		}
		out = append(out, ']')
	}
	return append(out, "]}"...)
}

func open(out []byte, i int) []byte {
	if i > 0 {
		out = append(out, ',')
	}
	return append(out, '[')
}

func position2(out []byte, p Point) []byte {
	out = append(out, '[')
	out = strconv.AppendFloat(out, math.Round(p.Lon*1e7)/1e7, 'f', -1, 64)
	out = append(out, ',')
	out = strconv.AppendFloat(out, math.Round(p.Lat*1e7)/1e7, 'f', -1, 64)
	return append(out, ']')
}

func (s *nearShape) outline(m Model) MultiPolygon {
	if s.empty() {
		return nil
	}
	var parts []MultiPolygon
	if !s.line || !s.sided() {
		for _, p := range s.points {
			parts = append(parts, MultiPolygon{Disc(p, s.within).drawn()})
		}
	}
	if s.line {
		for _, e := range s.at(m.lineEdges()).order {
			if e.angle > 0 {
				parts = append(parts, MultiPolygon{s.band(e.a, e.b, m)})
			}
		}
	}
	return overlayAll(parts)
}

// band is the strip along an edge, on the sides that the zone covers.
func (s *nearShape) band(a, b Point, m Model) Polygon {
	left, right := s.within, s.within
	if s.side == Left {
		right = 0
	} else if s.side == Right {
		left = 0
	}
	out, in := initialBearing(a, b), initialBearing(b, a)+180
	near := func(p Point, bearing float64, d Metres) Point {
		q := Destination(p, bearing, d, m)
		q.Lon = a.Lon + math.Remainder(q.Lon-a.Lon, 360)
		return q
	}
	ring := Ring{near(a, out+90, right), near(b, in+90, right), near(b, in-90, left), near(a, out-90, left)}
	return Polygon{append(ring, ring[0])}
}

// overlayAll unites outlines, two by two.
func overlayAll(parts []MultiPolygon) MultiPolygon {
	if len(parts) > 512 {
		return append(overlayAll(parts[:512]), overlayAll(parts[512:])...)
	}
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	}
	mid := len(parts) / 2
	return overlay("union", overlayAll(parts[:mid]), overlayAll(parts[mid:]))
}

func (s *combined) outline(m Model) MultiPolygon {
	if s.op == "complement" {
		earth := MultiPolygon{{{{-90, -180}, {-90, -60}, {-90, 60}, {-90, 180}, {90, 180}, {90, 60}, {90, -60}, {90, -180}, {-90, -180}}}}
		return overlay("difference", earth, s.parts[0].outline(m))
	}
	var out MultiPolygon
	for i, part := range s.parts {
		if i == 0 {
			out = part.outline(m)
			continue
		}
		out = overlay(s.op, out, part.outline(m))
	}
	return out
}

// overlay combines two outlines in the plane of longitude and latitude. If that
// fails, a union is drawn as both, anything else as the first.
func overlay(op string, a, b MultiPolygon) MultiPolygon {
	do := map[string]func(a, b geom.Geometry) (geom.Geometry, error){
		"union": geom.Union, "intersection": geom.Intersection, "difference": geom.Difference}[op]
	if g, err := do(geometry(a), geometry(b)); err == nil {
		if mp, err := polygonsOf(g); err == nil {
			return mp
		}
	}
	if op == "union" {
		return append(append(MultiPolygon(nil), a...), b...)
	}
	return a
}

// geometry is mp dissolved, for neighbours may share borders.
func geometry(mp MultiPolygon) geom.Geometry {
	var all []geom.Geometry
	for _, p := range mp {
		g, err := geom.UnmarshalGeoJSON(geoJSON(MultiPolygon{p}), geom.NoValidate{})
		if err == nil {
			all = append(all, g)
		}
	}
	u, err := geom.UnionMany(all)
	if err != nil {
		return geom.Geometry{}
	}
	return u
}

func polygonsOf(g geom.Geometry) (MultiPolygon, error) {
	data, err := g.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if bytes.Contains(data, []byte(`"coordinates":[]`)) {
		return nil, nil
	}
	var r geoReader
	r.vertices = math.MinInt32
	err = r.read(data)
	return r.polygons, err
}
