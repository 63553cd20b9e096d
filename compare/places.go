package compare

import (
	"github.com/truce-project/truce/where"
)

// location is a cell of the arrangement of zones, by a point inside it.
type location struct {
	point where.Point
	known bool // false: no clause asks where, any place will do
	atom  int
}

// zones are the zones of all units, each geometry once.
type zones struct {
	list   []*where.Zone
	of     [][]int // unit -> its zone -> index in list
	names  []string
	atoms  []where.Point
	inside []set // zone of list -> the cells in it
}

// placeDimensions cuts the earth into the cells that the zones tell apart.
func (s *space) placeDimensions(tolerance where.Metres) error {
	s.collectZones()
	if err := s.arrange(tolerance); err != nil {
		return err
	}
	for _, origin := range []bool{false, true} {
		d := dPlace
		if origin {
			d = dOrigin
		}
		classes := map[string]int{}
		asked := false
		for i := range s.units {
			asked = asked || s.units[i].f.Place(origin, func(int) bool { return true }) != nil
		}
		if !asked || len(s.zones.atoms) == 0 {
			s.dims[d].add(classes, s.full(), 1, func(v *value) { v.points = []location{{}} })
			continue
		}
		for a, p := range s.zones.atoms {
			mask := s.joint(func(u *unit) []uint64 {
				return u.f.Place(origin, func(z int) bool { return u.r.Zones[z].Contains(p, u.r.Terms.Geometry) })
			})
			s.dims[d].add(classes, mask, 1, func(v *value) { v.points = append(v.points, location{p, true, a}) })
		}
	}
	return nil
}

func (s *space) collectZones() {
	known := map[string]int{}
	for i := range s.units {
		u := &s.units[i]
		of := make([]int, len(u.r.Zones))
		for k, z := range u.r.Zones {
			digest := z.Digest()
			at, ok := known[digest]
			if !ok {
				at = len(s.zones.list)
				known[digest] = at
				s.zones.list = append(s.zones.list, z)
				s.zones.names = append(s.zones.names, z.Name)
			}
			of[k] = at
		}
		s.zones.of = append(s.zones.of, of)
	}
	s.distinguish()
}

// distinguish tells zones apart that have one name in both texts and are not
// the same place.
func (s *space) distinguish() {
	n := map[string]int{}
	for _, name := range s.zones.names {
		n[name]++
	}
	said := map[int]bool{}
	for i := range s.units {
		for _, at := range s.zones.of[i] {
			if name := s.zones.names[at]; n[name] > 1 && !said[at] {
				said[at] = true
				s.zones.names[at] = name + " as " + "AB"[s.units[i].side:s.units[i].side+1] + " has it"
			}
		}
	}
}

// model is the geometry of the first text that has zones: differences between
// the models of two texts are met at the witness points, which each text judges
// under its own.
func (s *space) model() where.Model {
	for _, u := range s.units {
		if len(u.r.Zones) > 0 {
			return u.r.Terms.Geometry
		}
	}
	return where.Model{}
}
