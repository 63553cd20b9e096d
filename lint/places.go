package lint

import (
	"fmt"
	"math"
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

// places: L14 and D06.
func (l *linter) places(v *view) {
	for _, d := range l.t.Definitions {
		if d.Dimension != "zone" || !in(d.Readings, v.id) {
			continue
		}
		shape := d.Shape()
		if shape == terms.Composed {
			continue
		}
		says := missing(map[string]string{"the version (version:)": d.Version, "datum or map (datum:)": d.Datum, "who draws and moves it (drawn_by:)": d.DrawnBy,
			"which side of the line (side:)": map[bool]string{true: "", false: "said"}[shape == terms.LineNoSide]})
		if d.Version == "" || d.Datum == "" || d.DrawnBy == "" || shape == terms.LineNoSide {
			h := hit("L14", d.Pos, "zone "+d.Name+": "+says)
			h.Clause = d.Clause
			l.add(h, v)
		}
	}
	l.model(v)
	l.overlaps(v)
}

// model: L14, a distance that is not measured in a stated way, where a point
// shows it.
func (l *linter) model(v *view) {
	if l.t.Stated.Geometry {
		return
	}
	for i := range v.r.Zones {
		p, ok := between(v.r.Zones[i], l.t.Geometry)
		if !ok {
			continue
		}
		other := l.alternative(v, nil, func(t *terms.Terms) { t.Geometry.Distance = where.Sphere })
		if other == nil {
			return
		}
		for _, s := range l.seeds(v) {
			sc := with(s.sc, func(sc *evidence.Scenario) { sc.Place = where.Disc(p, 0) })
			a, b := l.judged(v.r, sc, nil), l.judged(other, sc, nil)
			if a.Verdict != b.Verdict {
				w := Witness{Sentence: l.sentence(v, sc), Incident: incident(sc), Says: []Saying{saying("if the earth is an ellipsoid", a), saying("if it is a sphere", b)}}
				l.add(hit("L14", l.key("geometry"), "how distances are measured is not said (geometry:), and it decides near the edge of "+v.r.Zones[i].Name, w), v)
				return
			}
		}
	}
}

// between looks for a point that is in a zone by one model of distance and not
// by the other, along strokes through its edge.
func between(z *where.Zone, m where.Model) (where.Point, bool) {
	inside, ok := z.Witness()
	if !ok {
		return where.Point{}, false
	}
	sphere := m
	sphere.Distance = where.Sphere
	for _, bearing := range []float64{0, 45, 90, 135, 180, 225, 270, 315} {
		dlat, dlon := math.Cos(bearing*math.Pi/180), math.Sin(bearing*math.Pi/180)/math.Cos(inside.Lat*math.Pi/180)
		at := func(deg float64) where.Point {
			return where.Point{Lat: inside.Lat + deg*dlat, Lon: inside.Lon + deg*dlon}
		}
		lo, hi := 0.0, 5.0
		if p := at(hi); p.Valid() != nil || z.Contains(p, m) {
			continue
		}
		for range 40 { // the edge by the first model
			mid := (lo + hi) / 2
			if z.Contains(at(mid), m) {
				lo = mid
			} else {
				hi = mid
			}
		}
		for _, step := range []float64{1e-5, 5e-5, 2e-4, 1e-3} {
			for _, d := range []float64{lo - step, hi + step} {
				if p := at(d); z.Contains(p, m) != z.Contains(p, sphere) {
					return p, true
				}
			}
		}
	}
	return where.Point{}, false
}

// overlaps: D06. Zones of one reading that overlap in part, which is meant
// seldom, and combinations that occur only in strips thinner than the
// tolerance.
func (l *linter) overlaps(v *view) {
	if len(v.r.Zones) < 2 {
		return
	}
	a, err := where.Arrange(v.r.Zones, l.t.Geometry, tolerance)
	if err != nil {
		l.out.Notes = append(l.out.Notes, "reading "+v.id+": "+err.Error())
		return
	}
	for i := range v.r.Zones {
		for k := range v.r.Zones[:i] {
			l.overlap(v, a, k, i)
		}
	}
	for _, s := range a.Boundary {
		if in := s.In.Indices(); len(in) > 1 && l.inside(v, in, s.At) {
			var names []string
			for _, i := range in {
				names = append(names, v.r.Zones[i].Name)
			}
			l.zoneHit(v, in[0], fmt.Sprintf("only a sliver thinner than %s is in %s, as at %s", tolerance, both(names), s.At), s.At)
		}
	}
}

// overlap reports two zones of which each has a part of its own.
func (l *linter) overlap(v *view, a *where.Arrangement, i, k int) {
	var common *where.Atom
	alone := [2]bool{}
	for n := range a.Atoms {
		switch at := &a.Atoms[n]; {
		case at.In.Has(i) && at.In.Has(k):
			if common == nil || at.Clearance > common.Clearance {
				common = at
			}
		case at.In.Has(i):
			alone[0] = true
		case at.In.Has(k):
			alone[1] = true
		}
	}
	if common != nil && alone[0] && alone[1] {
		l.zoneHit(v, i, fmt.Sprintf("zones %s and %s overlap in part, as at %s", v.r.Zones[i].Name, v.r.Zones[k].Name, common.Witness), common.Witness)
	}
}

// inside reports whether a point is truly inside zones, and not on a border
// that they share.
func (l *linter) inside(v *view, zones []int, p where.Point) bool {
	m := l.t.Geometry
	m.Boundary = where.Open
	for _, i := range zones {
		if !v.r.Zones[i].Contains(p, m) {
			return false
		}
	}
	return true
}

// zoneHit reports a place in zones, with an act there of which a clause speaks.
func (l *linter) zoneHit(v *view, zone int, says string, p where.Point) {
	h := hit("D06", l.zonePos(v.r.Zones[zone].Name), says)
	for _, s := range l.seeds(v) {
		sc := with(s.sc, func(sc *evidence.Scenario) { sc.Place = where.Disc(p, 0) })
		if f := l.judged(s.regime, sc, nil); len(f.Clauses) > 0 {
			h.Witnesses = []Witness{l.witness(v, s.regime, sc)}
			break
		}
	}
	l.add(h, v)
}

func (l *linter) zonePos(name string) terms.Pos {
	i := slices.IndexFunc(l.t.Definitions, func(d *terms.Definition) bool { return d.Name == name })
	if i < 0 {
		return l.key("id")
	}
	return l.t.Definitions[i].Pos
}
