package where

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"sync"
)

// Zone is a named geometry of the terms. Make one with a constructor; it does
// not change afterwards and may be used from several goroutines at once. Do not
// copy a Zone.
type Zone struct {
	Name    string // as the terms call it
	Version string // free for the caller; the digest does not cover it

	shape shape
	memo  sync.Map // relations and shares of area regions
}

// Relation says how a region lies to a zone.
type Relation uint8

// The relations.
const (
	Outside    Relation = iota // no point of the region is in the zone
	Inside                     // every point of the region is in the zone
	Straddling                 // some are and some are not, or it cannot be told
)

// String returns "outside", "inside" or "straddling".
func (r Relation) String() string {
	switch r {
	case Outside:
		return "outside"
	case Inside:
		return "inside"
	}
	return "straddling"
}

// AreaZone is the union of built-in first-level areas, by ISO 3166-2 code, or
// by "UA" or "RU" for all areas of a country as they are coded in the data. The
// error names the code that is not known or has no boundary in the data.
func AreaZone(name string, codes ...string) (*Zone, error) {
	s, err := areaShape(codes)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	return &Zone{Name: name, shape: s}, nil
}

// PolygonZone is a zone bounded by polygons, which it copies. Edges follow the
// edge rule of the model. The error says which ring is wrong and where. A
// boundary between two parts that share it exactly is no boundary of the zone;
// parts should not otherwise overlap (use UnionZone). A polygon may not hold a
// pole.
func PolygonZone(name string, mp MultiPolygon) (*Zone, error) {
	if len(mp) == 0 {
		return nil, fmt.Errorf("zone %q: no polygon", name)
	}
	clean, err := cleanPolygons(mp)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", name, err)
	}
	return &Zone{Name: name, shape: newPolyShape(clean, nil)}, nil
}

// NearLine is the zone of points within a distance, in metres, of a line, on
// both sides of it or on one. It is decided by distance, never by a drawn
// buffer.
func NearLine(name string, line LineString, within Metres, side Side) *Zone {
	return &Zone{Name: name, shape: newNearShape(line, true, within, side)}
}

// NearSites is the zone of points within a distance, in metres, of one of the
// sites.
func NearSites(name string, sites []Point, within Metres) *Zone {
	return &Zone{Name: name, shape: newNearShape(sites, false, within, Both)}
}

// UnionZone is the zone of points that are in at least one of the zones.
func UnionZone(name string, zs ...*Zone) *Zone { return combine(name, "union", zs...) }

// IntersectZone is the zone of points that are in all of the zones.
func IntersectZone(name string, zs ...*Zone) *Zone { return combine(name, "intersection", zs...) }

// ComplementZone is the zone of all points that are not in z.
func ComplementZone(name string, z *Zone) *Zone { return combine(name, "complement", z) }

// SubtractZone is the zone of points that are in a and not in b.
func SubtractZone(name string, a, b *Zone) *Zone {
	return combine(name, "intersection", a, ComplementZone("", b))
}

func combine(name, op string, zs ...*Zone) *Zone {
	s := &combined{op: op}
	for _, z := range zs {
		s.parts = append(s.parts, z.shape)
	}
	return &Zone{Name: name, shape: s}
}

// Contains reports whether a point is in the zone.
func (z *Zone) Contains(p Point, m Model) bool { return z.shape.contains(p, m) }

// Relate says how a region lies to the zone. It never says Inside or Outside
// when a point of the region is on the other side; when it cannot tell, and for
// an Unknown region, it says Straddling. For a disc it goes by the exact
// distance from the centre to the boundary. Between polygons it compares
// interiors, so that neighbours that share a border are outside each other.
// Unions, intersections and complements combine the answers of their parts; where a
// region straddles several of these, which combinations of them it reaches is found
// as Memberships finds it.
func (z *Zone) Relate(r Region, m Model) Relation {
	switch {
	case r.kind == kindUnknown:
		return Straddling
	case r.kind == kindUnion:
		return z.relateUnion(r, m)
	case r.isPoint():
		return relationOf(z.shape.contains(r.c, m))
	case r.kind == kindPolygon && r.poly.codes != nil:
		return z.remember(memoKey{"relate", r.String(), m}, func() any { return z.relate(r, m) }).(Relation)
	}
	return z.relate(r, m)
}

func (z *Zone) relate(r Region, m Model) Relation {
	rel := z.shape.relate(r, m)
	if c, ok := z.shape.(*combined); ok && rel == Straddling && len(c.leaves()) <= maxLeaves {
		return c.settle(r, m)
	}
	return rel
}

// kleene is Relate, but that it may say Straddling where a zone is made of others.
func (z *Zone) kleene(r Region, m Model) Relation {
	if r.isPoint() {
		return relationOf(z.shape.contains(r.c, m))
	}
	return z.shape.relate(r, m)
}

// Joined reports whether a zone is made of others. That a region straddles some of
// them does not yet mean that it straddles the zone.
func (z *Zone) Joined() bool {
	_, ok := z.shape.(*combined)
	return ok
}

type memoKey struct {
	what, region string
	model        Model
}

func (z *Zone) remember(k memoKey, f func() any) any {
	if v, ok := z.memo.Load(k); ok {
		return v
	}
	v := f()
	z.memo.Store(k, v)
	return v
}

func (z *Zone) relateUnion(r Region, m Model) Relation {
	first := z.Relate(r.parts[0], m)
	for _, part := range r.parts[1:] {
		if first == Straddling || z.Relate(part, m) != first {
			return Straddling
		}
	}
	return first
}

// Share is the part of the region's area that is in the zone, 0 to 1, from a
// fixed lattice of about 2000 points. It is exactly 0 or 1 if and only if
// Relate says Outside or Inside. A union of points counts its points.
func (z *Zone) Share(r Region, m Model) float64 {
	switch z.Relate(r, m) {
	case Outside:
		return 0
	case Inside:
		return 1
	}
	if r.kind == kindPolygon && r.poly.codes != nil {
		return z.remember(memoKey{"share", r.String(), m}, func() any { return z.countShare(r, m) }).(float64)
	}
	return z.countShare(r, m)
}

func (z *Zone) countShare(r Region, m Model) float64 {
	points := r.lattice(shareLattice, m)
	in := 0
	for _, p := range points {
		if z.shape.contains(p, m) {
			in++
		}
	}
	n := float64(len(points))
	switch in {
	case 0:
		return 0.5 / (n + 1)
	case len(points):
		return 1 - 0.5/(n+1)
	}
	return float64(in) / n
}

// Witness returns a point that is in the zone and off its boundary, under the
// default model and under planar edges, if it finds one.
func (z *Zone) Witness() (Point, bool) {
	for _, p := range witnessCandidates(z) {
		if z.shape.contains(p, Model{Boundary: Open}) && z.shape.contains(p, Model{}) &&
			z.shape.contains(p, Model{Edges: Planar, Boundary: Open}) && z.shape.contains(p, Model{Edges: Planar}) {
			return p, true
		}
	}
	return Point{}, false
}

// Digest is the SHA-256, in hexadecimal, of the kind, parameters and geometry
// of the zone. Name and Version are not part of it.
func (z *Zone) Digest() string {
	h := sha256.New()
	z.shape.digest(h)
	return hex.EncodeToString(h.Sum(nil))
}

// Overlap returns a point that is in both zones, if one is found; one that is
// off both boundaries if possible. It may miss an overlap that is thin against
// the size of the zones.
func Overlap(a, b *Zone, m Model) (Point, bool) {
	open := m
	open.Boundary = Open
	candidates := pairCandidates([]*Zone{a, b}, m)
	for _, rule := range []Model{open, m} {
		for _, p := range candidates {
			if a.Contains(p, rule) && b.Contains(p, rule) && a.Contains(p, m) && b.Contains(p, m) {
				return p, true
			}
		}
	}
	return Point{}, false
}

var errNoArea = errors.New("expected at least one area code, such as UA-63")

func sortedUnique(in []string) []string {
	out := append([]string(nil), in...)
	sort.Strings(out)
	n := 0
	for i, s := range out {
		if i == 0 || s != out[n-1] {
			out[n] = s
			n++
		}
	}
	return out[:n]
}
