package compare

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/where"
)

// arrange cuts the earth into the cells that the zones of all texts tell apart,
// each with a point inside it. Cells thinner than the tolerance are noted and
// left out: they are boundary, and never show a difference.
func (s *space) arrange(tolerance where.Metres) error {
	z := &s.zones
	if len(z.list) == 0 {
		return nil
	}
	a, err := where.Arrange(z.list, s.model(), tolerance)
	if err != nil {
		return err
	}
	z.inside = make([]set, len(z.list))
	for i := range z.inside {
		z.inside[i] = newSet(len(a.Atoms))
	}
	for k, atom := range a.Atoms {
		z.atoms = append(z.atoms, atom.Witness)
		for _, i := range atom.In.Indices() {
			z.inside[i].add(k)
		}
	}
	if n := len(a.Boundary); n > 0 {
		first := a.Boundary[0]
		what := "combinations of zones are thinner than %s and were not compared; one of them"
		if n == 1 {
			what = "combination of zones is thinner than %s and was not compared; it"
		}
		s.partial = true
		s.notes = append(s.notes, fmt.Sprintf("%d "+what+" lies at %s (%s)", n, tolerance, first.At, z.places(first.In.Indices())))
	}
	for _, u := range s.units {
		if len(u.r.Zones) > 0 && u.r.Terms.Geometry != s.model() {
			s.notes = append(s.notes, fmt.Sprintf("the texts measure differently (%s; %s): the strips between the two boundaries of one zone were not compared", s.model(), u.r.Terms.Geometry))
			break
		}
	}
	return nil
}

// places names zones in a row.
func (z *zones) places(of []int) string {
	if len(of) == 0 {
		return "outside all zones"
	}
	var s []string
	for _, i := range of {
		s = append(s, z.names[i])
	}
	return "inside " + strings.Join(s, " and ")
}
