package where

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// ZoneSet is a set of zones by their index: bit i%64 of word i/64. All sets of
// one arrangement have the same length.
type ZoneSet []uint64

// Has reports whether zone i is in the set.
func (s ZoneSet) Has(i int) bool {
	return i >= 0 && i/64 < len(s) && s[i/64]>>(i%64)&1 == 1
}

// Indices returns the zones of the set in ascending order.
func (s ZoneSet) Indices() []int {
	var out []int
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			out = append(out, 64*w+bits.TrailingZeros64(word))
		}
	}
	return out
}

// String writes the set as "{0 3 17}".
func (s ZoneSet) String() string {
	return "{" + strings.Trim(fmt.Sprint(s.Indices()), "[]") + "}"
}

// compare orders sets of one length as binary numbers.
func (s ZoneSet) compare(t ZoneSet) int {
	for w := len(s) - 1; w >= 0; w-- {
		if s[w] != t[w] {
			if s[w] < t[w] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// Atom is a combination of zones that really occurs: somewhere there is a point
// that lies in exactly the zones of In, farther than the tolerance from the
// boundary of every zone.
type Atom struct {
	In        ZoneSet
	Witness   Point  // such a point, checked with Contains for every zone
	Clearance Metres // Witness is at least so far from every boundary
}

// Sliver is a combination of zones that was met only within the tolerance of a
// boundary.
type Sliver struct {
	In ZoneSet
	At Point // lies in exactly the zones of In
}

// Arrangement is the division of the earth by a list of zones.
type Arrangement struct {
	Atoms     []Atom   // sorted by In as a binary number: outside of all zones first
	Boundary  []Sliver // sorted by In; not complete, see Arrange
	Tolerance Metres
	Model     Model

	zones []*Zone
}

// The tolerances that Arrange takes, in metres. Below the least, the width of
// a boundary itself (0.1 mm) would count; above the greatest, a small piece of
// the earth could no longer be taken as flat.
const (
	leastTolerance    = 0.01
	greatestTolerance = 10_000
)

// Arrange finds the combinations of zones that occur under a model, each with a
// witness. Tolerance, in metres, says how thin a cell may be: a combination
// that has a point at least twice the tolerance away from the boundary of every
// zone is always among the Atoms; one that has no point farther than the
// tolerance never is. Combinations that were seen only nearer to a boundary
// than that are told as Boundary, with a place; there may be more of them than
// were seen.
//
// Distance zones are not drawn but decided by distance. Planar edges are drawn
// as great circles within an eighth of the tolerance. Where two parts of a union
// (or intersection, complement) have boundaries that come within the tolerance
// of each other without being the same edge or the same distance zone, both count as
// boundary even if the union has none there.
//
// The answer is the same at every call. It is an error if the tolerance is not
// between 1 cm and 10 km, or too fine for zones with that much boundary side by
// side.
func Arrange(zones []*Zone, m Model, tolerance Metres) (*Arrangement, error) {
	if !(tolerance >= leastTolerance && tolerance <= greatestTolerance) {
		return nil, fmt.Errorf("tolerance %v m: expected %v to %v metres", float64(tolerance), leastTolerance, greatestTolerance)
	}
	g := newLeafage(zones, m, tolerance/8)
	s := newSearch(g, float64(tolerance))
	if err := s.run(); err != nil {
		return nil, err
	}
	a := &Arrangement{Tolerance: tolerance, Model: m, zones: slices.Clone(zones)}
	check := newMembership(zones, m)
	for _, f := range s.atoms.found {
		if got := check.at(f.at); got.compare(f.in) != 0 {
			return nil, fmt.Errorf("%s: at %.7f,%.7f the drawn boundaries say %v and the zones %v: expected the same; look for rings that cross or a line that runs back on itself",
				blame(zones, got, f.in), f.at.Lat, f.at.Lon, f.in, got)
		}
		a.Atoms = append(a.Atoms, Atom{In: f.in, Witness: f.at, Clearance: Metres(f.clear)})
	}
	slices.SortFunc(a.Atoms, func(x, y Atom) int { return x.In.compare(y.In) })
	a.Boundary = s.boundary(check)
	return a, nil
}

// blame names the first zone that two sets differ in.
func blame(zones []*Zone, a, b ZoneSet) string {
	for i, z := range zones {
		if a.Has(i) != b.Has(i) {
			return fmt.Sprintf("zone %d %q", i, z.Name)
		}
	}
	return "zones"
}

// boundary is the slivers that are no atoms, each as the zones themselves say.
func (s *search) boundary(check *membership) []Sliver {
	seen := newCatalogue()
	var out []Sliver
	for _, f := range s.slivers.found {
		in := check.at(f.at)
		hash := s.g.hash(in)
		if s.atoms.has(hash, in) || seen.has(hash, in) {
			continue
		}
		seen.add(hash, found{in: in})
		out = append(out, Sliver{in, f.at})
	}
	slices.SortFunc(out, func(x, y Sliver) int { return x.In.compare(y.In) })
	return out
}

// At returns the index of the atom that holds a point, by asking every zone;
// false when the point's combination is not an atom, as may be near boundaries.
func (a *Arrangement) At(p Point) (int, bool) {
	in := newMembership(a.zones, a.Model).at(p)
	return slices.BinarySearchFunc(a.Atoms, in, func(x Atom, t ZoneSet) int { return x.In.compare(t) })
}

// membership asks every zone about a point, passing over those that are far
// away.
type membership struct {
	zones []*Zone
	m     Model
	mid   []vec
	cos   []float64 // of the angle beyond which the zone cannot hold a point
}

func newMembership(zones []*Zone, m Model) *membership {
	c := &membership{zones: zones, m: m}
	for _, z := range zones {
		mid, cos := vec{}, -2.0
		switch s := z.shape.(type) {
		case *polyShape:
			mid, cos = s.cap.horizon()
		case *nearShape:
			mid, cos = s.cap.horizon()
		}
		c.mid, c.cos = append(c.mid, mid), append(c.cos, cos)
	}
	return c
}

// horizon is the centre of a cap and the cosine of an angle that it does not
// reach.
func (c cap) horizon() (vec, float64) {
	angle := float64(c.radius)/sphereRadius/ellipsoidLow*1.001 + 1e-6
	if angle >= math.Pi {
		return vec{}, -2
	}
	return c.centre.vec(), math.Cos(angle)
}

func (c *membership) at(p Point) ZoneSet {
	in, v := make(ZoneSet, words(len(c.zones))), p.vec()
	for i, z := range c.zones {
		if v.dot(c.mid[i]) >= c.cos[i] && z.Contains(p, c.m) {
			in[i/64] |= 1 << (i % 64)
		}
	}
	return in
}

func words(n int) int { return (n + 63) / 64 }
