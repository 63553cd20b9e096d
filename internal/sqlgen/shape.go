package sqlgen

import (
	"fmt"
	"math"
	"strings"

	"github.com/truce-project/truce/where"
)

// bend is how far a boundary may be drawn from where the model has it, in
// metres: planar edges are cut until they are as straight as great circles.
const bend = 0.1

// shape is a part of zones that is measured by itself.
type shape struct {
	form  where.Form
	sites int64 // of a shape round listed objects: their class
	loose bool  // which side of a line something is on is not told in SQL
}

// findShapes lists what has to be measured: the parts of zones, and the
// surroundings of listed objects.
func (p *plan) findShapes() error {
	for _, z := range p.zones {
		p.shapesOf(z.Form())
	}
	if p.asks["site"] {
		groups := map[int][]where.Point{}
		for i, o := range p.objects {
			if o.HasPoint {
				groups[p.siteAtom[i]] = append(groups[p.siteAtom[i]], o.Point)
			}
		}
		for a := 0; a < maxBits; a++ {
			if pts := groups[a]; pts != nil {
				p.shapes = append(p.shapes, &shape{form: where.NearSites("", pts, 500).Form(), sites: 1 << a})
			}
		}
	}
	if len(p.shapes) > maxBits {
		return fmt.Errorf("the zones of %s have %d parts: at most %d can be told apart in SQL", p.t.ID, len(p.shapes), maxBits)
	}
	return nil
}

func (p *plan) shapesOf(f where.Form) {
	if len(f.Parts) > 0 {
		for _, part := range f.Parts {
			p.shapesOf(part)
		}
		return
	}
	if p.shapeOf(&f) < 0 {
		p.shapes = append(p.shapes, &shape{form: f, loose: f.Kind == where.FormLine && f.Side != where.Both || p.wraps(&f)})
	}
}

// shapeOf finds a part among the shapes.
func (p *plan) shapeOf(f *where.Form) int {
	key := formKey(f)
	for i, s := range p.shapes {
		if s.sites == 0 && formKey(&s.form) == key {
			return i
		}
	}
	return -1
}

func formKey(f *where.Form) string {
	return fmt.Sprint(f.Kind, f.Polygons, f.Points, f.Within, f.Side, f.Empty)
}

// wraps reports whether an edge crosses the antimeridian or touches a pole,
// which the arithmetic does not take.
func (p *plan) wraps(f *where.Form) bool {
	for _, s := range f.Border(p.t.Geometry, 1e6) {
		if math.Abs(s.From.Lon-s.To.Lon) > 180 || math.Abs(s.From.Lat) > 89 || math.Abs(s.To.Lat) > 89 {
			return true
		}
	}
	return false
}

// relation writes two conditions on the masks m_in and m_out of shapes: all of
// a place is inside the zone, and none of it is.
func (p *plan) relation(f where.Form) (inside, outside string) {
	if len(f.Parts) == 0 {
		bit := int64(1) << p.shapeOf(&f)
		return fmt.Sprintf("(m_in & %d) <> 0", bit), fmt.Sprintf("(m_out & %d) <> 0", bit)
	}
	var ins, outs []string
	for _, part := range f.Parts {
		in, out := p.relation(part)
		ins, outs = append(ins, in), append(outs, out)
	}
	and := func(s []string) string { return "(" + strings.Join(s, " AND ") + ")" }
	or := func(s []string) string { return "(" + strings.Join(s, " OR ") + ")" }
	switch f.Kind {
	case where.FormUnion:
		return or(ins), and(outs)
	case where.FormComplement:
		return outs[0], ins[0]
	}
	return and(ins), or(outs)
}

// maskOfShapes is the shapes that a zone is made of, as a mask.
func (p *plan) maskOfShapes(f where.Form) int64 {
	if len(f.Parts) == 0 {
		return 1 << p.shapeOf(&f)
	}
	var m int64
	for _, part := range f.Parts {
		m |= p.maskOfShapes(part)
	}
	return m
}

// loosely is the shapes, as a mask, that are not measured exactly.
func (p *plan) loosely(f where.Form) int64 {
	if len(f.Parts) == 0 {
		if i := p.shapeOf(&f); p.shapes[i].loose {
			return 1 << i
		}
		return 0
	}
	var m int64
	for _, part := range f.Parts {
		m |= p.loosely(part)
	}
	return m
}

// multiPolygon writes polygons as WKT.
func multiPolygon(mp where.MultiPolygon) string {
	var b strings.Builder
	b.WriteString("MULTIPOLYGON(")
	for i, poly := range mp {
		b.WriteString(comma(i) + "(")
		for k, ring := range poly {
			b.WriteString(comma(k) + "(")
			for n, pt := range ring {
				b.WriteString(comma(n) + wktPoint(pt))
			}
			b.WriteByte(')')
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String()
}

// multiLine writes a boundary as WKT: lines, or points for sites.
func multiLine(segs []where.Segment) string {
	var b strings.Builder
	if len(segs) > 0 && segs[0].From == segs[0].To {
		b.WriteString("MULTIPOINT(")
		for i, s := range segs {
			b.WriteString(comma(i) + wktPoint(s.From))
		}
	} else {
		b.WriteString("MULTILINESTRING(")
		for i, s := range segs {
			b.WriteString(comma(i) + "(" + wktPoint(s.From) + "," + wktPoint(s.To) + ")")
		}
	}
	b.WriteByte(')')
	return b.String()
}

func wktPoint(p where.Point) string { return real(p.Lon) + " " + real(p.Lat) }

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}
