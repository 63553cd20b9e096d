package where

import "fmt"

// Model says what the words of a geometry mean. Terms name it, because the
// choice moves memberships. The zero value is WGS84, Geodesic, Closed.
type Model struct {
	Distance DistanceModel // how far apart two points are
	Edges    EdgeModel     // the path of an edge between two vertices
	Boundary BoundaryRule  // whether a zone owns its boundary
	Lines    LineModel     // the path of a line that a zone is near to
}

// DistanceModel is how distance is measured.
type DistanceModel uint8

// The distance models.
const (
	WGS84  DistanceModel = iota // geodesics of the WGS84 ellipsoid
	Sphere                      // great circles of a sphere of radius 6371008.771415059 m
)

// EdgeModel is the path between two consecutive vertices of a ring or line.
type EdgeModel uint8

// The edge models.
const (
	Geodesic EdgeModel = iota // great circle on the geographic coordinates
	Planar                    // straight line in longitude and latitude (RFC 7946)
)

// LineModel is the path of a line, as against that of a ring.
type LineModel uint8

// The line models. What many use together, straight edges of polygons and
// distances from great-circle arcs, is Planar with GreatCircle.
const (
	AsEdges     LineModel = iota // as the edges of polygons
	GreatCircle                  // great circle, also where edges are planar
)

// lineEdges is the edge model of lines.
func (m Model) lineEdges() EdgeModel {
	if m.Lines == GreatCircle {
		return Geodesic
	}
	return m.Edges
}

// BoundaryRule says whether a point on the boundary of a zone is in the zone.
type BoundaryRule uint8

// The boundary rules.
const (
	Closed BoundaryRule = iota // the boundary belongs to the zone
	Open                       // the boundary does not belong to the zone
)

// ParseModel reads the three words of the terms' geometry entry: distance
// "wgs84" or "sphere", edges "geodesic" or "planar", boundary "closed" or
// "open". An empty word means the default, the first of each pair. The error
// names the entry and the words it may hold.
func ParseModel(distance, edges, boundary string) (Model, error) {
	d, err := choice("distance", distance, "wgs84", "sphere")
	if err != nil {
		return Model{}, err
	}
	e, err := choice("edges", edges, "geodesic", "planar")
	if err != nil {
		return Model{}, err
	}
	b, err := choice("boundary", boundary, "closed", "open")
	if err != nil {
		return Model{}, err
	}
	return Model{Distance: DistanceModel(d), Edges: EdgeModel(e), Boundary: BoundaryRule(b)}, nil
}

// ParseLines reads the fourth word of the geometry entry, lines: "geodesic"
// for lines that are great circles whatever the edges are; empty, or the word
// of the edges, for as the edges.
func (m Model) ParseLines(lines string) (Model, error) {
	e, err := choice("lines", lines, "geodesic", "planar")
	switch {
	case err != nil:
		return m, err
	case lines == "" || EdgeModel(e) == m.Edges:
		m.Lines = AsEdges
	case lines == "planar":
		return m, fmt.Errorf("lines %q: expected geodesic, as the edges are", lines)
	default:
		m.Lines = GreatCircle
	}
	return m, nil
}

func choice(entry, got, first, second string) (uint8, error) {
	switch got {
	case "", first:
		return 0, nil
	case second:
		return 1, nil
	}
	return 0, fmt.Errorf("%s %q: expected %s or %s", entry, got, first, second)
}

// String writes the model as "wgs84, geodesic, closed", with the lines where
// they differ from the edges.
func (m Model) String() string {
	return [...]string{"wgs84", "sphere"}[m.Distance&1] + ", " +
		[...]string{"geodesic", "planar"}[m.Edges&1] + ", " +
		[...]string{"closed", "open"}[m.Boundary&1] +
		[...]string{"", ", lines geodesic"}[m.Lines&1]
}
