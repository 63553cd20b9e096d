package compare

import "github.com/truce-project/truce/where"

// arrange finds the cells (interim, by sampled points).
func (s *space) arrange(where.Metres) error {
	z := &s.zones
	if len(z.list) == 0 {
		return nil
	}
	m := s.model()
	seen := map[string]bool{}
	try := func(p where.Point) {
		in := make([]bool, len(z.list))
		k := ""
		for i, zone := range z.list {
			in[i] = zone.Contains(p, m)
			if in[i] {
				k += "1"
			} else {
				k += "0"
			}
		}
		if !seen[k] {
			seen[k] = true
			z.atoms = append(z.atoms, p)
			z.within = append(z.within, in)
		}
	}
	for i, a := range z.list {
		if p, ok := a.Witness(); ok {
			try(p)
		}
		for _, b := range z.list[i+1:] {
			if p, ok := where.Overlap(a, b, m); ok {
				try(p)
			}
		}
	}
	for lat := 44.0; lat < 58; lat += 0.5 {
		for lon := 22.0; lon < 60; lon += 0.7 {
			try(where.Point{Lat: lat, Lon: lon})
		}
	}
	return nil
}
