package sqlgen

import (
	"fmt"
	"math"
	"strings"

	"github.com/truce-project/truce/where"
)

// places reads positions and finds how each lies to every zone that is asked
// for.
func (w *writer) places() {
	d := w.d
	number := d.str(`^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$`)
	w.step("spot_text", "SELECT DISTINCT spot, lat, lon, precision_m FROM ev WHERE lat IS NOT NULL OR lon IS NOT NULL")
	num := func(c, to string) string {
		return "CASE WHEN " + d.matches(c, number) + " THEN " + d.toReal(c) + " END AS " + to
	}
	w.step("spot_number", "SELECT spot, lat, lon, precision_m, "+num("lat", "y")+", "+num("lon", "x")+",\n  "+
		num("COALESCE(precision_m, '0')", "r")+" FROM spot_text")
	w.kept("spot_at", `SELECT spot, y, x, r, CASE
  WHEN lat IS NULL THEN 'lat: it is empty though lon is not' WHEN lon IS NULL THEN 'lon: it is empty though lat is not'
  WHEN y IS NULL THEN 'lat: not a number of degrees' WHEN x IS NULL THEN 'lon: not a number of degrees'
  WHEN ABS(y) > 90 THEN 'lat: outside -90..90' WHEN ABS(x) > 180 THEN 'lon: outside -180..180'
  WHEN y = 0 AND x = 0 THEN 'lat: the position 0,0 means that it was not known'
  WHEN r IS NULL THEN 'precision_m: not a number of metres' WHEN r < 0 OR r > 20038000 THEN 'precision_m: outside 0..20038000' END AS bad FROM spot_number`)
	w.step("pt", "SELECT spot, y, x, r FROM spot_at WHERE bad IS NULL")
	if len(w.p.shapes) == 0 {
		w.step("placed", fmt.Sprintf("SELECT spot, 0 AS fixed, 0 AS astride, 0 AS joint, 0 AS loose, %d AS sites FROM pt", w.anySite()))
		return
	}
	if d.planar {
		w.measureByPostGIS()
	} else {
		w.measureByArithmetic()
	}
	w.step("lie_mask", "SELECT spot, BIT_OR(CASE WHEN lies = 1 THEN bit ELSE 0 END) AS m_in, BIT_OR(CASE WHEN lies = 0 THEN bit ELSE 0 END) AS m_out FROM lie GROUP BY spot")
	var fixed, astride, joint, loose []string
	sites := []string{fmt.Sprint(w.alwaysSites())}
	for z, zone := range w.p.zones {
		f := zone.Form()
		in, out := w.p.relation(f)
		fixed = append(fixed, worth(in, 1<<z))
		astride = append(astride, worth("NOT ("+in+") AND NOT ("+out+")", 1<<z))
		if l := w.p.maskOfShapes(f); l&(l-1) != 0 {
			open := fmt.Sprintf("(%d - ((m_in | m_out) & %d))", l, l)
			joint = append(joint, worth(fmt.Sprintf("(%s & (%s - 1)) <> 0 AND NOT (%s) AND NOT (%s)", open, open, in, out), 1<<z))
		}
		if l := w.p.loosely(f); l != 0 {
			loose = append(loose, worth(fmt.Sprintf("((m_in | m_out) & %d) <> %d AND NOT (%s) AND NOT (%s)", l, l, in, out), 1<<z))
		}
	}
	seen := w.alwaysSites()
	for s, sh := range w.p.shapes {
		if sh.sites != 0 && sh.sites&seen == 0 {
			sites = append(sites, worth(fmt.Sprintf("(m_out & %d) = 0", int64(1)<<s), sh.sites))
		}
	}
	w.kept("placed", fmt.Sprintf("SELECT spot,\n  %s AS fixed,\n  %s AS astride,\n  %s AS joint,\n  %s AS loose,\n  %s AS sites FROM lie_mask",
		sum(fixed), sum(astride), sum(joint), sum(loose), sum(sites)))
}

// anySite is the classes of all listed objects, and of none.
func (w *writer) anySite() int64 {
	m := w.siteMask(len(w.p.objects))
	for i := range w.p.objects {
		m |= w.siteMask(i)
	}
	return m
}

// alwaysSites is the classes of objects that no place excludes.
func (w *writer) alwaysSites() int64 {
	m := w.siteMask(len(w.p.objects))
	for i := range w.p.objects {
		if !w.p.objects[i].HasPoint {
			m |= w.siteMask(i)
		}
	}
	return m
}

// lies decides from `far`, the distance d to the boundary, line or site, and
// `within`, whether a disc of radius r is outside (0), inside (1) or both (2).
func (w *writer) lies() string {
	beyond, touch, inner := ">", "held = 0", "<="
	if w.p.t.Geometry.Boundary == where.Open {
		beyond, touch, inner = ">=", "held = 1", "<"
	}
	return "CASE WHEN far = 1 OR kind = 'nothing' THEN 0\n" +
		"    WHEN kind = 'polygons' AND r > 0 AND (d < r OR d = r AND " + touch + ") THEN 2\n" +
		"    WHEN kind = 'polygons' THEN held\n" +
		"    WHEN kind = 'loose' THEN 2\n" +
		"    WHEN d " + beyond + " near + r THEN 0 WHEN kind = 'side' THEN 2\n" +
		"    WHEN r <= near AND d " + inner + " near - r THEN 1 WHEN r = 0 THEN 0 ELSE 2 END"
}

// kind is how a shape is measured.
func (s *shape) kind() string {
	switch {
	case s.form.Empty:
		return "nothing"
	case s.loose && s.form.Kind == where.FormLine && s.form.Side != where.Both:
		return "side"
	case s.loose:
		return "loose"
	case s.form.Kind == where.FormPolygons:
		return "polygons"
	}
	return "near"
}

// cap is the row of a shape with a disc round it.
func (s *shape) cap(i int) []any {
	var radius any
	if !math.IsInf(float64(s.form.Radius), 1) {
		radius = float64(s.form.Radius)
	}
	return []any{int64(1) << i, s.kind(), float64(s.form.Within), s.form.Centre.Lat, s.form.Centre.Lon, radius}
}

var capColumns = []column{{"bit", 'i'}, {"kind", 't'}, {"near", 'f'}, {"cy", 'f'}, {"cx", 'f'}, {"radius", 'f'}}

// farther is how much longer a way on the ellipsoid may be than on the sphere.
const farther = 0.9944

// measureByPostGIS leaves measuring to PostGIS: geodesic edges and distances
// to geography, planar edges to geometry.
func (w *writer) measureByPostGIS() {
	planar := w.p.t.Geometry.Edges == where.Planar
	spheroid := "true"
	if w.p.t.Geometry.Distance == where.Sphere {
		spheroid = "false"
	}
	rows := [][]any{}
	for i, s := range w.p.shapes {
		var area, border any
		switch s.kind() {
		case "polygons":
			area = multiPolygon(s.form.Polygons)
			border = multiLine(s.form.Border(w.p.t.Geometry, bend))
		case "near", "side":
			border = multiLine(s.form.Border(w.p.t.Geometry, bend))
		}
		rows = append(rows, append(s.cap(i), area, border))
	}
	w.table("shape_text", append(append([]column{}, capColumns...), column{"area", 't'}, column{"border", 't'}), rows)
	area := "ST_GeogFromText('SRID=4326;' || area)"
	point := "ST_SetSRID(ST_MakePoint(p.x, p.y), 4326)"
	covers := "ST_Covers(s.area, p.g)"
	if planar {
		area = "ST_GeomFromText(area, 4326)"
		covers = "ST_Covers(s.area, p.g::geometry)"
	}
	w.kept("shape", "SELECT bit, kind, near, radius, ST_SetSRID(ST_MakePoint(cx, cy), 4326)::geography AS centre, "+area+" AS area,\n  ST_GeogFromText('SRID=4326;' || border) AS border FROM shape_text")
	w.kept("pt_g", "SELECT p.spot, p.r, "+point+"::geography AS g FROM pt AS p")
	w.kept("pt_near", "SELECT p.spot, p.r, p.g, s.bit, s.kind, s.near,\n"+
		fmt.Sprintf("  CASE WHEN ST_Distance(p.g, s.centre, false) * %v > s.radius + p.r THEN 1 ELSE 0 END AS far FROM shape AS s CROSS JOIN pt_g AS p", farther))
	// PostGIS keeps the index of a shape while it is asked for the same one.
	w.step("pt_measured", "SELECT p.spot, p.r, p.bit, p.kind, p.near, p.far,\n"+
		"  CASE WHEN p.far = 0 AND p.kind = 'polygons' AND "+covers+" THEN 1 ELSE 0 END AS held,\n"+
		"  CASE WHEN p.far = 0 AND (p.kind IN ('near', 'side') OR p.kind = 'polygons' AND p.r > 0) THEN ST_Distance(s.border, p.g, "+spheroid+") END AS d\n"+
		"  FROM (SELECT * FROM pt_near ORDER BY bit) AS p JOIN shape AS s ON s.bit = p.bit")
	w.step("lie", "SELECT spot, bit, "+w.lies()+" AS lies FROM pt_measured")
}

// The ellipsoid and the sphere, as package where has them.
const (
	wgsA         = 6378137.0
	wgsF         = 1 / 298.257223563
	sphereRadius = 6371008.771415059
)

// measureByArithmetic measures where the database has no geometry, or has one
// that knows the sphere alone. Whether a point is inside polygons is counted
// from the edges that lie north or east of it; the nearest point of an edge is
// found on the sphere and its distance computed on the model, on the ellipsoid
// by Lambert's formula (good to a hundred-thousandth of the distance).
func (w *writer) measureByArithmetic() {
	g := w.p.t.Geometry
	var caps, ring, border [][]any
	for i, s := range w.p.shapes {
		bit := int64(1) << i
		caps = append(caps, s.cap(i))
		if s.kind() == "loose" || s.kind() == "nothing" {
			continue
		}
		for part, poly := range s.form.Polygons {
			for _, r := range poly {
				for k := 1; k < len(r); k++ {
					if r[k] != r[k-1] {
						ring = append(ring, []any{bit, part, r[k-1].Lat, r[k-1].Lon, r[k].Lat, r[k].Lon})
					}
				}
			}
		}
		for _, e := range s.form.Border(g, bend) {
			border = append(border, []any{bit, e.From.Lat, e.From.Lon, e.To.Lat, e.To.Lon})
		}
	}
	const rad = "0.017453292519943295"
	w.table("shape", capColumns, caps)
	w.table("ring", []column{{"bit", 'i'}, {"part", 'i'}, {"y0", 'f'}, {"x0", 'f'}, {"y9", 'f'}, {"x9", 'f'}}, ring)
	w.table("border", []column{{"bit", 'i'}, {"y0", 'f'}, {"x0", 'f'}, {"y9", 'f'}, {"x9", 'f'}}, border)
	vec := func(y, x, to string) string {
		return fmt.Sprintf("COS(%s * %s) * COS(%s * %s) AS %sx, COS(%s * %s) * SIN(%s * %s) AS %sy, SIN(%s * %s) AS %sz", y, rad, x, rad, to, y, rad, x, rad, to, y, rad, to)
	}
	w.kept("pt_v", "SELECT spot, y, x, r, "+vec("y", "x", "p")+" FROM pt")
	w.step("shape_v", "SELECT bit, kind, near, radius, "+vec("cy", "cx", "c")+" FROM shape")
	chord := "SQRT((px - cx) * (px - cx) + (py - cy) * (py - cy) + (pz - cz) * (pz - cz))"
	w.kept("pt_near", "SELECT spot, y, x, r, px, py, pz, bit, kind, near,\n"+
		fmt.Sprintf("  CASE WHEN 2 * ASIN(LEAST(1.0, %s / 2)) * %v > radius + r THEN 1 ELSE 0 END AS far FROM shape_v CROSS JOIN pt_v", chord, sphereRadius*farther))
	crosses := "(x0 > x) <> (x9 > x) AND (TAN(y0 * " + rad + ") * SIN((x9 - x) * " + rad + ") + TAN(y9 * " + rad + ") * SIN((x - x0) * " + rad + ")) / SIN((x9 - x0) * " + rad + ") > TAN(y * " + rad + ")"
	if g.Edges == where.Planar {
		crosses = "(y0 > y) <> (y9 > y) AND x < x0 + (x9 - x0) * (y - y0) / (y9 - y0)"
	}
	w.step("pt_part", "SELECT n.spot, n.bit, g.part, COUNT(*) AS crossed FROM pt_near AS n JOIN ring AS g ON g.bit = n.bit\n  WHERE n.far = 0 AND n.kind = 'polygons' AND "+crosses+" GROUP BY n.spot, n.bit, g.part")
	w.step("pt_held", "SELECT spot, bit, MAX(MOD(crossed, 2)) AS held FROM pt_part GROUP BY spot, bit")
	w.border(vec, rad)
	w.step("lie", "SELECT n.spot, n.bit, "+qualified(w.lies())+" AS lies FROM pt_near AS n\n"+
		"  LEFT JOIN pt_held AS h ON h.spot = n.spot AND h.bit = n.bit LEFT JOIN pt_d AS q ON q.spot = n.spot AND q.bit = n.bit")
}

// qualified names the tables in the condition of lies.
func qualified(s string) string {
	return strings.NewReplacer("held = ", "COALESCE(h.held, 0) = ", "THEN held", "THEN COALESCE(h.held, 0)", "far = ", "n.far = ", "kind = ", "n.kind = ").Replace(s)
}

// border writes the distance to the nearest piece of every boundary.
func (w *writer) border(vec func(y, x, to string) string, rad string) {
	w.step("edge_v", "SELECT bit, y0, x0, y9, x9, "+vec("y0", "x0", "u")+",\n  "+vec("y9", "x9", "v")+" FROM border")
	w.step("edge_n", "SELECT *, uy * vz - uz * vy AS mx, uz * vx - ux * vz AS my, ux * vy - uy * vx AS mz,\n"+
		"  2 * ASIN(LEAST(1.0, SQRT((ux - vx) * (ux - vx) + (uy - vy) * (uy - vy) + (uz - vz) * (uz - vz)) / 2)) AS angle FROM edge_v")
	w.step("edge_u", "SELECT *, CASE WHEN angle > 0 THEN SQRT(mx * mx + my * my + mz * mz) ELSE 1.0 END AS ml FROM edge_n")
	w.step("edge_t", "SELECT bit, y0, x0, y9, x9, ux, uy, uz, vx, vy, vz, mx / ml AS nx, my / ml AS ny, mz / ml AS nz, angle FROM edge_u")
	w.kept("edge", "SELECT *, ny * uz - nz * uy AS tx, nz * ux - nx * uz AS ty, nx * uy - ny * ux AS tz FROM edge_t")
	w.step("pt_edge", "SELECT n.spot, n.bit, n.y, n.x, n.px, n.py, n.pz, e.y0, e.x0, e.y9, e.x9, e.nx, e.ny, e.nz, e.angle,\n"+
		"  n.px * e.nx + n.py * e.ny + n.pz * e.nz AS off, n.px * e.ux + n.py * e.uy + n.pz * e.uz AS du, n.px * e.vx + n.py * e.vy + n.pz * e.vz AS dv,\n"+
		"  n.px * e.tx + n.py * e.ty + n.pz * e.tz AS dt FROM pt_near AS n JOIN edge AS e ON e.bit = n.bit\n"+
		"  WHERE n.far = 0 AND (n.kind IN ('near', 'side') OR n.kind = 'polygons' AND n.r > 0)")
	w.step("pt_foot", "SELECT spot, bit, y, x, px, py, pz, y0, x0, y9, x9, du, dv, CASE WHEN angle > 0 AND dt > 0 AND ATAN2(dt, du) < angle THEN 1 ELSE 0 END AS inner_,\n"+
		"  px - nx * off AS fx, py - ny * off AS fy, pz - nz * off AS fz FROM pt_edge")
	// The foot, as latitude and longitude in radians.
	w.step("pt_to", fmt.Sprintf("SELECT spot, bit, y * %s AS y1, x * %s AS x1,\n"+
		"  CASE WHEN inner_ = 1 THEN ATAN2(fz, SQRT(fx * fx + fy * fy)) WHEN du >= dv THEN y0 * %s ELSE y9 * %s END AS y2,\n"+
		"  CASE WHEN inner_ = 1 THEN ATAN2(fy, fx) WHEN du >= dv THEN x0 * %s ELSE x9 * %s END AS x2 FROM pt_foot", rad, rad, rad, rad, rad, rad))
	hav := func(y1, y2, x string) string {
		return fmt.Sprintf("2 * ASIN(LEAST(1.0, SQRT(POWER(SIN((%s - %s) / 2), 2) + COS(%s) * COS(%s) * POWER(SIN(%s / 2), 2))))", y2, y1, y1, y2, x)
	}
	if w.p.t.Geometry.Distance == where.Sphere {
		w.step("pt_d", fmt.Sprintf("SELECT spot, bit, MIN(%s) * %v AS d FROM pt_to GROUP BY spot, bit", hav("y1", "y2", "(x2 - x1)"), sphereRadius))
		return
	}
	w.step("pt_reduced", fmt.Sprintf("SELECT spot, bit, ATAN(%v * TAN(y1)) AS b1, ATAN(%v * TAN(y2)) AS b2, x2 - x1 AS dx FROM pt_to", 1-wgsF, 1-wgsF))
	w.step("pt_arc", "SELECT spot, bit, (b1 + b2) / 2 AS mid, (b2 - b1) / 2 AS half, "+hav("b1", "b2", "dx")+" AS arc FROM pt_reduced")
	w.step("pt_d", fmt.Sprintf("SELECT spot, bit, MIN(CASE WHEN arc = 0 THEN 0.0 ELSE %v * (arc - %v * (\n"+
		"    (arc - SIN(arc)) * POWER(SIN(mid) * COS(half) / COS(arc / 2), 2)\n"+
		"    + (arc + SIN(arc)) * POWER(COS(mid) * SIN(half) / SIN(arc / 2), 2))) END) AS d FROM pt_arc GROUP BY spot, bit", wgsA, wgsF/2))
}
