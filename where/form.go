package where

import "math"

// Form is what a zone is made of, for programs that decide membership
// elsewhere, such as in a database.
type Form struct {
	Kind FormKind
	// Polygons are those of a FormPolygons, outer rings anticlockwise.
	Polygons MultiPolygon
	// Points are the sites of a FormSites, or the line of a FormLine.
	Points []Point
	Within Metres
	Side   Side // of a FormLine
	Parts  []Form
	// Centre and Radius are a cap that holds the zone, under both models of
	// distance; Radius is +Inf where there is none.
	Centre Point
	Radius Metres
	// Empty is set for a zone without a point.
	Empty bool

	border [2]*edgeSet // of a FormPolygons, by edge model
}

// FormKind says how a zone is made.
type FormKind string

// The kinds of form.
const (
	FormPolygons   FormKind = "polygons"
	FormSites      FormKind = "sites"
	FormLine       FormKind = "line"
	FormUnion      FormKind = "union"
	FormIntersect  FormKind = "intersection"
	FormComplement FormKind = "complement"
)

// Form returns what the zone is made of.
func (z *Zone) Form() Form { return formOf(z.shape) }

func formOf(s shape) Form {
	f := Form{Radius: Metres(math.Inf(1))}
	if c, ok := s.bounds(); ok && c.radius < world.radius {
		f.Centre, f.Radius = c.centre, c.radius
	}
	switch s := s.(type) {
	case *polyShape:
		f.Kind, f.Polygons = FormPolygons, orient(s.mp)
		f.border = [2]*edgeSet{s.at(Geodesic).border, s.at(Planar).border}
	case *nearShape:
		f.Kind, f.Points, f.Within, f.Side = FormSites, append([]Point(nil), s.points...), s.within, s.side
		if s.line {
			f.Kind = FormLine
		}
		f.Empty = s.empty()
	case *combined:
		f.Kind = FormKind(s.op)
		for _, part := range s.parts {
			f.Parts = append(f.Parts, formOf(part))
		}
	}
	return f
}

// Segment is a piece of a boundary.
type Segment struct{ From, To Point }

// Border returns the boundary of polygons, or a line, in pieces of which the
// great circle between the ends is nowhere farther than bend from the edge as
// the model draws it. Pieces that two polygons share are no boundary. Sites
// are pieces of no length.
func (f *Form) Border(model Model, bend Metres) []Segment {
	var out []Segment
	m := model.Edges
	if f.Kind == FormLine {
		m = model.lineEdges()
	}
	switch f.Kind {
	case FormPolygons:
		for i := range f.border[m&1].edges {
			e := &f.border[m&1].edges[i]
			out = straight(out, e.a, e.b, m, bend, 0)
		}
	case FormLine:
		for i := 1; i < len(f.Points); i++ {
			if f.Points[i] != f.Points[i-1] {
				out = straight(out, f.Points[i-1], f.Points[i], m, bend, 0)
			}
		}
		if len(out) == 0 && len(f.Points) > 0 {
			out = append(out, Segment{f.Points[0], f.Points[0]})
		}
	case FormSites:
		for _, p := range f.Points {
			out = append(out, Segment{p, p})
		}
	}
	return out
}

// straight cuts an edge until its pieces are as straight as great circles.
func straight(out []Segment, a, b Point, m EdgeModel, bend Metres, depth int) []Segment {
	if m == Planar && depth < 16 {
		mid := lerp(a, b, 0.5)
		e := makeEdge(rawEdge{a, b, 0})
		chord, _ := e.foot(mid.vec())
		// The middle is where a short edge bends most; a long one is always cut.
		if Metres(chord*sphereRadius) > bend || e.angle > 2*radians {
			return straight(straight(out, a, mid, m, bend, depth+1), mid, b, m, bend, depth+1)
		}
	}
	return append(out, Segment{a, b})
}
