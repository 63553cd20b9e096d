package where

import (
	"iter"
	"math"
	"slices"
)

// Memberships returns the distinct combinations of membership in zones that
// points of r attain, as sorted bit masks: bit i means inside zones[i]. Only
// the first 64 zones count; MembershipSets takes any number. For an Unknown
// region they are the combinations attained anywhere. The answer is exact for a
// point. For an extended region it is collected from a fixed lattice and from
// points pushed to both sides of boundaries and of their crossings; a bit is
// constant where Relate says Inside or Outside, and appears both set and clear
// where it says Straddling.
func Memberships(r Region, zones []*Zone, m Model) []uint64 {
	zones = zones[:min(len(zones), 64)]
	fixed, straddled := relateAll(r, zones, m)
	return straddles(r, zones, straddled, fixed.word(0), m)
}

// MembershipSets is Memberships for any number of zones. Where a region
// straddles more than 64 of them, the combinations are all those that Arrange
// finds anywhere, within 50 m of a boundary too: never fewer than the region
// attains, but for cells thinner than that.
func MembershipSets(r Region, zones []*Zone, m Model) ([]ZoneSet, error) {
	fixed, straddled := relateAll(r, zones, m)
	if len(straddled) > 64 {
		return arranged(zones, straddled, fixed, m)
	}
	open := make([]*Zone, len(straddled))
	for i, k := range straddled {
		open[i] = zones[k]
	}
	all := make([]int, len(open))
	for i := range all {
		all[i] = i
	}
	var out []ZoneSet
	for _, mask := range straddles(r, open, all, 0, m) {
		s := slices.Clone(fixed)
		for i, k := range straddled {
			if mask>>i&1 == 1 {
				s.add(k)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// arranged returns fixed with every combination of the straddled zones.
func arranged(zones []*Zone, straddled []int, fixed ZoneSet, m Model) ([]ZoneSet, error) {
	open := make([]*Zone, len(straddled))
	for i, k := range straddled {
		open[i] = zones[k]
	}
	a, err := Arrange(open, m, 50)
	if err != nil {
		return nil, err
	}
	var out []ZoneSet
	add := func(in ZoneSet) {
		s := slices.Clone(fixed)
		for _, i := range in.Indices() {
			s.add(straddled[i])
		}
		out = append(out, s)
	}
	for _, atom := range a.Atoms {
		add(atom.In)
	}
	for _, sliver := range a.Boundary {
		add(sliver.In)
	}
	slices.SortFunc(out, ZoneSet.compare)
	return out, nil
}

// relateAll sorts zones into those that hold all of a region and those that it
// straddles.
func relateAll(r Region, zones []*Zone, m Model) (fixed ZoneSet, straddled []int) {
	fixed = make(ZoneSet, (len(zones)+63)/64)
	for i, z := range zones {
		switch z.Relate(r, m) {
		case Inside:
			fixed.add(i)
		case Straddling:
			straddled = append(straddled, i)
		}
	}
	return fixed, straddled
}

func (s ZoneSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s ZoneSet) word(i int) uint64 {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// straddles returns fixed with every combination of the straddled zones that
// the region attains.
func straddles(r Region, zones []*Zone, which []int, fixed uint64, m Model) []uint64 {
	var open uint64
	for _, i := range which {
		open |= 1 << i
	}
	switch len(which) {
	case 0:
		return []uint64{fixed}
	case 1:
		return []uint64{fixed, fixed | open}
	}
	return complete(attained(r, zones, which, fixed, m, mayAttain(r, zones, which, fixed, m)), fixed, open)
}

// attained returns the combinations that candidates find. most are those beside
// which there are none, if it is not nil: when all of them are found, the search is
// over.
func attained(r Region, zones []*Zone, which []int, fixed uint64, m Model, most map[uint64]bool) map[uint64]bool {
	straddled := make([]*Zone, len(which))
	for i, k := range which {
		straddled[i] = zones[k]
	}
	found := map[uint64]bool{}
	for p := range candidates(r, straddled, m) {
		mask := fixed
		for i, z := range straddled {
			if z.Contains(p, m) {
				mask |= 1 << which[i]
			}
		}
		if found[mask] {
			continue
		}
		found[mask] = true
		if most != nil && len(found) >= len(most) && holdsAll(found, most) {
			break
		}
	}
	return found
}

func holdsAll(found, most map[uint64]bool) bool {
	for mask := range most {
		if !found[mask] {
			return false
		}
	}
	return true
}

func maskAt(p Point, zones []*Zone, m Model) uint64 {
	var mask uint64
	for i, z := range zones {
		if z.Contains(p, m) {
			mask |= 1 << i
		}
	}
	return mask
}

// complete sorts the masks, and adds what is missing for every open bit to
// appear both set and clear: the least mask with that bit turned.
func complete(found map[uint64]bool, fixed, open uint64) []uint64 {
	if len(found) == 0 {
		found[fixed] = true
	}
	for i := 0; i < 64; i++ {
		bit := uint64(1) << i
		if open&bit == 0 {
			continue
		}
		var set, clear bool
		least := uint64(math.MaxUint64)
		for mask := range found {
			set, clear = set || mask&bit != 0, clear || mask&bit == 0
			least = min(least, mask)
		}
		if !set || !clear {
			found[least^bit] = true
		}
	}
	out := make([]uint64, 0, len(found))
	for mask := range found {
		out = append(out, mask)
	}
	slices.Sort(out)
	return out
}

// candidates are points of r that between them should meet every combination
// of the zones.
func candidates(r Region, zones []*Zone, m Model) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for p := range r.latticeSeq(memberLattice, m) {
			if !yield(p) {
				return
			}
		}
		for p := range boundaryCandidates(zones, r.cap(), m) {
			if r.contains(p, m) && !yield(p) {
				return
			}
		}
		if r.kind == kindPolygon {
			for _, p := range r.poly.witnesses() {
				if !yield(p) {
					return
				}
			}
		}
		for _, z := range zones {
			for _, p := range z.shape.seeds() {
				if r.contains(p, m) && !yield(p) {
					return
				}
			}
		}
	}
}

// boundaryCandidates pushes samples of every boundary to all sides, and where
// the other memberships change along a boundary, searches for the place and
// pushes from there.
func boundaryCandidates(zones []*Zone, c cap, m Model) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		var out []Point
		for _, z := range zones {
			for _, cv := range z.shape.curves(c, m) {
				var last uint64
				for i, p := range cv {
					out = push(out[:0], p, 4, 1)
					mask := maskAt(p, zones, m)
					if i > 0 && mask != last {
						out = crossing(out, cv[i-1], p, last, zones, m)
					}
					last = mask
					for _, q := range out {
						if !yield(q) {
							return
						}
					}
				}
			}
		}
	}
}

// crossing finds by bisection where memberships change between a and b.
func crossing(out []Point, a, b Point, before uint64, zones []*Zone, m Model) []Point {
	if math.Abs(a.Lon-b.Lon) > 180 {
		return out
	}
	for i := 0; i < 30; i++ {
		mid := lerp(a, b, 0.5)
		if maskAt(mid, zones, m) == before {
			a = mid
		} else {
			b = mid
		}
	}
	for _, d := range []Metres{0.1, 2, 50} {
		out = push(out, a, 8, d)
	}
	return out
}

// push appends points at a distance from p in n directions.
func push(out []Point, p Point, n int, d Metres) []Point {
	for i := 0; i < n; i++ {
		out = append(out, sphereDirect(p, 360*float64(i)/float64(n), float64(d)/sphereRadius))
	}
	return out
}

// pairCandidates are points anywhere that may be in all of the zones.
func pairCandidates(zones []*Zone, m Model) []Point {
	var out []Point
	smallest := world
	for _, z := range zones {
		out = append(out, z.shape.seeds()...)
		if c, ok := z.shape.bounds(); ok && c.radius < smallest.radius {
			smallest = c
		}
	}
	out = append(out, capRegion(smallest).lattice(shareLattice, m)...)
	return slices.AppendSeq(out, boundaryCandidates(zones, smallest, m))
}

func capRegion(c cap) Region {
	if c.radius >= world.radius/2 {
		return Unknown()
	}
	return Disc(c.centre, c.radius)
}

func witnessCandidates(z *Zone) []Point {
	return pairCandidates([]*Zone{z}, Model{})
}
