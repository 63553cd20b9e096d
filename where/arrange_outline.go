package where

import (
	"fmt"

	"github.com/peterstace/simplefeatures/geom"
)

// frameMargin is how far beyond the zones the outside is drawn, in degrees.
const frameMargin = 1.0

// Outline draws the atoms that pick chooses as polygons in the plane of
// longitude and latitude, as GeoJSON does (see Zone.GeoJSON): for looking at,
// not for deciding. What is outside of all zones is drawn only as far as a frame
// round them. It takes a few overlays of polygons for each atom.
func (a *Arrangement) Outline(pick func(in ZoneSet) bool) (MultiPolygon, error) {
	d := a.drawing()
	var cells []geom.Geometry
	for _, x := range a.Atoms {
		if !pick(x.In) {
			continue
		}
		cell, err := d.cell(x.In)
		if err != nil {
			return nil, fmt.Errorf("drawing the atom of zones %v: %w", x.In, err)
		}
		cells = append(cells, cell)
	}
	all, err := geom.UnionMany(cells)
	if err != nil {
		return nil, fmt.Errorf("drawing %d atoms as one: %w", len(cells), err)
	}
	return polygonsOf(areal(all))
}

// SquareKilometres is about the area of polygons that do not overlap, on a
// sphere, with edges straight in longitude and sine of latitude.
func (mp MultiPolygon) SquareKilometres() float64 {
	return (&polyShape{mp: orient(mp)}).area() / 1e6
}

// zoneDrawing is the outlines of all zones.
type zoneDrawing struct {
	zones []geom.Geometry
	boxes []geom.Envelope
	frame geom.Geometry
}

func (a *Arrangement) drawing() *zoneDrawing {
	d := &zoneDrawing{}
	var all geom.Envelope
	for _, z := range a.zones {
		g := geometry(z.shape.outline(a.Model))
		d.zones, d.boxes = append(d.zones, g), append(d.boxes, g.Envelope())
		all = all.ExpandToIncludeEnvelope(g.Envelope())
	}
	lo, hi, ok := all.MinMaxXYs()
	if !ok {
		lo, hi = geom.XY{X: -180, Y: -90}, geom.XY{X: 180, Y: 90}
	}
	lo = geom.XY{X: max(-180, lo.X-frameMargin), Y: max(-90, lo.Y-frameMargin)}
	hi = geom.XY{X: min(180, hi.X+frameMargin), Y: min(90, hi.Y+frameMargin)}
	if lo.X < hi.X && lo.Y < hi.Y {
		d.frame = geom.NewEnvelope(lo, hi).AsGeometry()
	}
	return d
}

// cell is what lies in all the zones of a set and in no other.
func (d *zoneDrawing) cell(in ZoneSet) (geom.Geometry, error) {
	out := d.frame
	var err error
	for _, i := range in.Indices() {
		if out, err = geom.Intersection(out, d.zones[i]); err != nil {
			return out, err
		}
		out = areal(out)
	}
	for i, z := range d.zones {
		if in.Has(i) || !out.Envelope().Intersects(d.boxes[i]) {
			continue
		}
		if out, err = geom.Difference(out, z); err != nil {
			return out, err
		}
		out = areal(out)
	}
	return out, nil
}

// areal is the polygons of a geometry, without the points and lines in which
// zones touch.
func areal(g geom.Geometry) geom.Geometry {
	c, ok := g.AsGeometryCollection()
	if !ok {
		if g.Dimension() < 2 {
			return geom.Geometry{}
		}
		return g
	}
	var polygons []geom.Polygon
	for i := 0; i < c.NumGeometries(); i++ {
		part := c.GeometryN(i)
		if p, ok := part.AsPolygon(); ok {
			polygons = append(polygons, p)
		} else if mp, ok := part.AsMultiPolygon(); ok {
			for k := 0; k < mp.NumPolygons(); k++ {
				polygons = append(polygons, mp.PolygonN(k))
			}
		}
	}
	return geom.NewMultiPolygon(polygons).AsGeometry()
}
