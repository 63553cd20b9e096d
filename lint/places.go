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
		for _, s := range v.seeds {
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

// maxPairs is how many zones are held against each other.
const maxPairs = 12

// overlaps: D06. Zones of one reading that overlap in part, which is meant
// seldom.
func (l *linter) overlaps(v *view) {
	m := l.t.Geometry
	if n := len(v.r.Zones); n > maxPairs {
		l.out.Notes = append(l.out.Notes, fmt.Sprintf("reading %s: overlaps of %d zones are not looked for (at most %d)", v.id, n, maxPairs))
		return
	}
	for i, a := range v.r.Zones {
		for _, b := range v.r.Zones[i+1:] {
			p, ok := where.Overlap(a, b, m)
			if !ok || !apart(a, b, m) || !apart(b, a, m) {
				continue
			}
			says := fmt.Sprintf("zones %s and %s overlap in part, as at %s", a.Name, b.Name, p)
			if where.IntersectZone("", a, b).Share(where.Disc(p, 2000), m) < 0.1 {
				says = fmt.Sprintf("zones %s and %s overlap in a sliver, as at %s", a.Name, b.Name, p)
			}
			h := hit("D06", l.zonePos(a.Name), says)
			for _, s := range v.seeds {
				sc := with(s.sc, func(sc *evidence.Scenario) { sc.Place = where.Disc(p, 0) })
				if f := l.judged(s.regime, sc, nil); len(f.Clauses) > 0 {
					h.Witnesses = []Witness{l.witness(v, s.regime, sc)}
					break
				}
			}
			l.add(h, v)
		}
	}
}

// apart reports whether some of a is found outside b.
func apart(a, b *where.Zone, m where.Model) bool {
	_, ok := where.Overlap(a, where.ComplementZone("", b), m)
	return ok
}

func (l *linter) zonePos(name string) terms.Pos {
	i := slices.IndexFunc(l.t.Definitions, func(d *terms.Definition) bool { return d.Name == name })
	if i < 0 {
		return l.key("id")
	}
	return l.t.Definitions[i].Pos
}
