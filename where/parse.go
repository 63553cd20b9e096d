package where

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxDepth is how deep a GeoJSON text may nest.
const maxDepth = 64

const placeForms = "area:CODE|CODE, sector:lat,lon,bearing±degrees,min-max (metres), or WKT POINT, POLYGON or MULTIPOLYGON"

// ParsePlace reads a place as incidents write it:
//
//	area:UA-63 or area:UA-63|RU-KRS      one of these areas
//	sector:48.5,37.9,120±10,2000-6000    bearing and range from an observer; "+-" will do
//	POINT (37.9 48.5), POLYGON, MULTIPOLYGON   WKT, longitude first
//
// The error says what was expected.
func ParsePlace(s string) (Region, error) {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	switch {
	case strings.HasPrefix(lower, "area:"):
		return parseArea(s[len("area:"):])
	case strings.HasPrefix(lower, "sector:"):
		return parseSector(s[len("sector:"):])
	case strings.HasPrefix(lower, "point"), strings.HasPrefix(lower, "polygon"), strings.HasPrefix(lower, "multipolygon"):
		return parseWKT(s)
	}
	return Unknown(), fmt.Errorf("place %q: expected %s", clip(s), placeForms)
}

// clip shortens input that an error quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

func parseArea(s string) (Region, error) {
	var codes []string
	for _, c := range strings.Split(s, "|") {
		if c = strings.ToUpper(strings.TrimSpace(c)); c != "" {
			codes = append(codes, c)
		}
	}
	r, err := AreaRegion(codes...)
	if err != nil {
		return Unknown(), fmt.Errorf("place area:%s: %w", clip(s), err)
	}
	return r, nil
}

func parseSector(s string) (Region, error) {
	fail := func(what string) (Region, error) {
		return Unknown(), fmt.Errorf("place sector:%s: %s; expected sector:lat,lon,bearing±degrees,min-max (metres)", clip(s), what)
	}
	parts := strings.Split(strings.ReplaceAll(s, "+-", "±"), ",")
	if len(parts) != 4 {
		return fail(fmt.Sprintf("%d parts", len(parts)))
	}
	bearing, half, ok1 := strings.Cut(parts[2], "±")
	low, high, ok2 := strings.Cut(parts[3], "-")
	if !ok1 || !ok2 {
		return fail("no ± in the bearing or no - in the range")
	}
	var v [6]float64
	for i, text := range []string{parts[0], parts[1], bearing, half, low, high} {
		f, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "°")), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fail(fmt.Sprintf("%q is not a number", clip(text)))
		}
		v[i] = f
	}
	if err := (Point{v[0], v[1]}).Valid(); err != nil {
		return fail(err.Error())
	}
	switch {
	case v[3] > 180:
		return fail("the width is more than ±180 degrees")
	case v[5] > 2e7:
		return fail("max is more than half way round the earth")
	}
	r := Sector(Point{v[0], v[1]}, v[2], v[3], Metres(v[4]), Metres(v[5]))
	if r.IsUnknown() {
		return fail("the width is negative, or min is negative or over max")
	}
	return r, nil
}

// parseWKT turns the brackets of WKT into those of GeoJSON and reads that.
func parseWKT(s string) (Region, error) {
	kind, body, ok := strings.Cut(s, "(")
	fail := func(err error) (Region, error) {
		return Unknown(), fmt.Errorf("place %q: %w", clip(s), err)
	}
	if !ok {
		return fail(fmt.Errorf("expected ( after %s", kind))
	}
	name := map[string]string{"POINT": "Point", "POLYGON": "Polygon", "MULTIPOLYGON": "MultiPolygon"}[strings.ToUpper(strings.TrimSpace(kind))]
	if name == "" {
		return fail(fmt.Errorf("expected %s", placeForms))
	}
	coords, err := bracket("(" + body)
	if err != nil {
		return fail(err)
	}
	if name == "Point" {
		coords = strings.TrimSuffix(strings.TrimPrefix(coords, "["), "]")
	}
	mp, _, points, err := ParseGeoJSON([]byte(`{"type":"` + name + `","coordinates":` + coords + `}`))
	switch {
	case err != nil:
		return fail(err)
	case len(points) == 1:
		return Disc(points[0], 0), nil
	case len(mp) == 0:
		return fail(fmt.Errorf("it is empty"))
	}
	return PolygonRegion(mp), nil
}

// bracket writes WKT coordinates as JSON arrays.
func bracket(s string) (string, error) {
	var out strings.Builder
	for len(s) > 0 {
		switch c := s[0]; c {
		case '(':
			out.WriteByte('[')
		case ')':
			out.WriteByte(']')
		case ',', ' ', '\t', '\n', '\r':
			if c == ',' {
				out.WriteByte(',')
			}
		default:
			end := strings.IndexAny(s, "(),")
			if end < 0 {
				return "", fmt.Errorf("a bracket is not closed")
			}
			var nums []string
			for _, f := range strings.Fields(s[:end]) {
				v, err := strconv.ParseFloat(f, 64)
				if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
					return "", fmt.Errorf("%q is not a number", clip(f))
				}
				nums = append(nums, strconv.FormatFloat(v, 'g', -1, 64))
			}
			out.WriteString("[" + strings.Join(nums, ",") + "]")
			s = s[end:]
			continue
		}
		s = s[1:]
	}
	return out.String(), nil
}

// ParseGeoJSON reads a Feature, FeatureCollection, GeometryCollection or bare
// geometry, and returns its polygons, lines and points. Rings may run either
// way. It refuses, and says where: coordinates out of range, rings that are not
// closed (to within 1e-9 degrees), have fewer than 4 positions, have no area or
// cross themselves, holes outside their outer ring, a reference system other
// than WGS 84 longitude and latitude, keys that stand twice, more than 64
// levels of nesting, more than 200,000 vertices.
func ParseGeoJSON(data []byte) (MultiPolygon, []LineString, []Point, error) {
	if err := checkDepth(data); err != nil {
		return nil, nil, nil, err
	}
	if key, twice := RepeatedKey(data); twice && json.Valid(data) {
		return nil, nil, nil, fmt.Errorf("GeoJSON: the key %q stands twice in one object: which value is meant?", clip(key))
	}
	var g geoReader
	if err := g.read(data); err != nil {
		return nil, nil, nil, fmt.Errorf("GeoJSON: %w", err)
	}
	mp, err := cleanPolygons(g.polygons)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("GeoJSON: %w", err)
	}
	return mp, g.lines, g.points, nil
}

func checkDepth(data []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("GeoJSON: nested deeper than %d levels", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

type geoReader struct {
	polygons MultiPolygon
	lines    []LineString
	points   []Point
	vertices int
}

type geoObject struct {
	Type        string            `json:"type"`
	Coordinates json.RawMessage   `json:"coordinates"`
	Geometry    json.RawMessage   `json:"geometry"`
	Geometries  []json.RawMessage `json:"geometries"`
	Features    []json.RawMessage `json:"features"`
	CRS         json.RawMessage   `json:"crs"`
}

func (g *geoReader) read(data []byte) error {
	var o geoObject
	if err := json.Unmarshal(data, &o); err != nil {
		return PlainJSON(data, err)
	}
	if !Geographic(o.CRS) {
		return fmt.Errorf("crs %s: expected WGS 84 longitude and latitude (CRS84, EPSG:4326), or no crs; convert the coordinates", clip(string(o.CRS)))
	}
	switch o.Type {
	case "FeatureCollection":
		return g.readAll("feature", o.Features)
	case "GeometryCollection":
		return g.readAll("geometry", o.Geometries)
	case "Feature":
		if len(o.Geometry) == 0 || string(o.Geometry) == "null" {
			return nil
		}
		return g.read(o.Geometry)
	}
	if err := g.coordinates(o.Type, o.Coordinates); err != nil {
		return fmt.Errorf("%s: %w", clip(o.Type), err)
	}
	return nil
}

func (g *geoReader) readAll(what string, all []json.RawMessage) error {
	for i, one := range all {
		if err := g.read(one); err != nil {
			return fmt.Errorf("%s %d: %w", what, i+1, err)
		}
	}
	return nil
}

type position []float64

func (g *geoReader) coordinates(kind string, raw json.RawMessage) error {
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	switch kind {
	case "Point":
		return decode(raw, func(p position) error { return g.addPoints([]position{p}) })
	case "MultiPoint":
		return decode(raw, g.addPoints)
	case "LineString":
		return decode(raw, g.addLine)
	case "MultiLineString":
		return decode(raw, each(g.addLine))
	case "Polygon":
		return decode(raw, g.addPolygon)
	case "MultiPolygon":
		return decode(raw, each(g.addPolygon))
	}
	return fmt.Errorf("unknown type: expected Feature, FeatureCollection, GeometryCollection or a geometry")
}

func decode[T any](raw json.RawMessage, f func(T) error) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return PlainJSON(raw, err)
	}
	return f(v)
}

func each[T any](f func(T) error) func([]T) error {
	return func(all []T) error {
		for _, one := range all {
			if err := f(one); err != nil {
				return err
			}
		}
		return nil
	}
}

func (g *geoReader) list(ps []position) ([]Point, error) {
	if g.vertices += len(ps); g.vertices > maxVertices {
		return nil, fmt.Errorf("more than %d vertices", maxVertices)
	}
	out := make([]Point, 0, len(ps))
	for i, p := range ps {
		if len(p) < 2 {
			return nil, fmt.Errorf("position %d: expected longitude and latitude", i+1)
		}
		q := Point{p[1], p[0]}
		if err := q.Valid(); err != nil {
			return nil, fmt.Errorf("position %d: %w", i+1, err)
		}
		out = append(out, q)
	}
	return out, nil
}

func (g *geoReader) addPoints(ps []position) error {
	list, err := g.list(ps)
	g.points = append(g.points, list...)
	return err
}

func (g *geoReader) addLine(ps []position) error {
	list, err := g.list(ps)
	if err == nil && len(list) < 2 {
		err = fmt.Errorf("%d positions in a line: expected at least 2", len(list))
	}
	g.lines = append(g.lines, list)
	return err
}

func (g *geoReader) addPolygon(rings [][]position) error {
	var p Polygon
	for i, ps := range rings {
		r, err := g.list(ps)
		if err != nil {
			return fmt.Errorf("ring %d: %w", i+1, err)
		}
		p = append(p, r)
	}
	g.polygons = append(g.polygons, p)
	return nil
}
