package brief

import (
	"fmt"
	"math"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
)

// compareMap is the map of a comparison: the zones of the texts, the examples
// and the events that change. Small maps on the cards are pieces of it.
type compareMap struct {
	pageMap
	Zones []compareZone
	NoDot []string // zones that cannot be drawn
}

// compareZone is a zone and whose it is.
type compareZone struct {
	Path, Says, Class string
	Label             string
	X, Y              float64
	size              float64
}

// newCompareMap draws a map if a text has zones or events have places; where
// neither is so, no clause asks where and there is nothing to show.
func newCompareMap(sides []compare.Side, acts []*compareAct, h *compareHistory, base *basemap.Map) *compareMap {
	zones := zonesOf(sides)
	var cards []pageCard
	if h != nil {
		cards = h.cards
	}
	m := &compareMap{}
	m.Width = mapWidth
	places := m.sort(cards)
	if len(zones) == 0 && len(places) == 0 {
		return nil
	}
	v := compareMapView(zones, places, acts)
	m.Height = math.Round(v.height())
	m.graticule(v)
	m.backdrop(v, base)
	m.zones(v, zones)
	used := m.markPlaces(v, places)
	if len(zones) > 0 {
		used = m.acts(v, acts, used)
	}
	m.areas(v, base, used)
	return m
}

// sideZone is one geometry and the texts that have it.
type sideZone struct {
	zone  *where.Zone
	model where.Model
	says  string
	sides [2]bool
	shape where.MultiPolygon
}

func zonesOf(sides []compare.Side) []*sideZone {
	var out []*sideZone
	by := map[string]*sideZone{}
	for i, s := range sides[:min(len(sides), 2)] {
		for _, r := range s.Regimes {
			for _, z := range r.Zones {
				x := by[z.Digest()]
				if x == nil {
					x = &sideZone{zone: z, model: r.Terms.Geometry, says: z.Name}
					x.shape, _, _, _ = where.ParseGeoJSON(z.GeoJSON(x.model))
					by[z.Digest()] = x
					out = append(out, x)
				}
				x.sides[i] = true
			}
		}
	}
	return out
}

// compareMapView is the usual view widened to what is shown; far from there,
// it is a view of what is shown alone.
func compareMapView(zones []*sideZone, places []*mapPlace, acts []*compareAct) mapView {
	var pts []where.Point
	for _, p := range places {
		if c, ok := p.region.Centre(); ok {
			pts = append(pts, c)
		}
	}
	if len(zones) > 0 {
		for _, a := range acts {
			pts = append(pts, a.Point)
		}
	}
	for _, z := range zones {
		if p, ok := z.zone.Witness(); ok {
			pts = append(pts, p)
		}
	}
	near := mapView{19, 41, 62, 62}
	v := firstView
	far := len(pts) > 0
	for _, p := range pts {
		in := p.Lon >= near.west && p.Lon <= near.east && p.Lat >= near.south && p.Lat <= near.north
		far = far && !in
		v.include(p)
	}
	if !far {
		return v
	}
	v = mapView{180, 80, -180, -80}
	for _, p := range pts {
		v.west, v.east = math.Min(v.west, p.Lon-2), math.Max(v.east, p.Lon+2)
		v.south, v.north = math.Max(-79, math.Min(v.south, p.Lat-1.5)), math.Min(79, math.Max(v.north, p.Lat+1.5))
	}
	return v
}

// zones draws the zones, those of A under lines that rise and those of B under
// lines that fall, so that what both have is crossed.
func (m *compareMap) zones(v mapView, zones []*sideZone) {
	for _, z := range zones {
		whose, class := "of A", "zone a"
		switch {
		case z.sides[0] && z.sides[1]:
			whose, class = "of A and B", "zone ab"
		case z.sides[1]:
			whose, class = "of B", "zone b"
		}
		path, lo, hi := polygonPath(v, z.shape, 0.05)
		if path == "" {
			m.NoDot = append(m.NoDot, z.says+" ("+whose+")")
			continue
		}
		at, size := middle(v, z.shape)
		c := compareZone{Path: path, Class: class, Says: z.says + ", zone " + whose, X: at[0], Y: at[1], size: math.Max(hi[0]-lo[0], hi[1]-lo[1])}
		if size > 60 {
			c.Label = z.says + " (" + whose[3:] + ")"
		}
		m.Zones = append(m.Zones, c)
	}
}

// acts marks the examples, one mark a place, and gives each card its piece of
// the map.
func (m *compareMap) acts(v mapView, acts []*compareAct, used []box) []box {
	by := map[where.Point]int{}
	var places []pagePlace
	n := map[where.Point]int{}
	for _, a := range acts {
		if a.Point == (where.Point{}) {
			continue
		}
		at := v.project(a.Point)
		a.piece(m, at)
		i, ok := by[a.Point]
		if !ok {
			by[a.Point] = len(places)
			n[a.Point] = 1
			places = append(places, pagePlace{Keys: a.DOM, First: a.DOM, Says: "example " + a.Label + " at " + a.Point.String(), Dot: "exact", X: at[0], Y: at[1], Label: a.Label})
			continue
		}
		if n[a.Point]++; n[a.Point] <= maxNamed {
			places[i].Label += ", " + a.Label
		}
	}
	for p, k := range n {
		if k > maxNamed {
			places[by[p]].Label += fmt.Sprintf(" and %d more", k-maxNamed)
		}
	}
	for i := range places {
		used = append(used, box{places[i].X - 6, places[i].Y - 6, places[i].X + 6, places[i].Y + 6})
	}
	for i := range places {
		used = places[i].placeLabel(used)
	}
	m.Places = append(m.Places, places...)
	return used
}

// piece chooses the part of the map around an example, as wide as the zones
// near it need.
func (a *compareAct) piece(m *compareMap, at [2]float64) {
	w := 230.0
	for _, z := range m.Zones {
		if d := math.Hypot(z.X-at[0], z.Y-at[1]); d < z.size+20 {
			w = math.Min(w, math.Max(24, 2.2*math.Max(z.size, d)))
		}
	}
	h := w * 0.5
	a.Mini = fmt.Sprintf("%.1f %.1f %.1f %.1f", at[0]-w/2, at[1]-h/2, w, h)
	a.X, a.Y, a.R = at[0], at[1], w/55
}
