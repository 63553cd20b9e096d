package where

import (
	"encoding/binary"
	"fmt"
	"math"
)

// MarshalBinary writes the region exactly, for keeping it in a file for a while.
func (r Region) MarshalBinary() ([]byte, error) { return r.binary(nil), nil }

func (r Region) binary(to []byte) []byte {
	to = append(to, byte(r.kind))
	switch r.kind {
	case kindDisc, kindSector:
		to = numbers(to, r.c.Lat, r.c.Lon, r.bearing, r.half, float64(r.min), float64(r.max))
	case kindPolygon:
		to = binary.AppendUvarint(to, uint64(len(r.poly.codes)))
		for _, c := range r.poly.codes {
			to = append(binary.AppendUvarint(to, uint64(len(c))), c...)
		}
		if r.poly.codes == nil {
			to = r.poly.mp.binary(to)
		}
	case kindUnion:
		to = binary.AppendUvarint(to, uint64(len(r.parts)))
		for _, p := range r.parts {
			to = p.binary(to)
		}
	}
	return to
}

func (mp MultiPolygon) binary(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(mp)))
	for _, p := range mp {
		to = binary.AppendUvarint(to, uint64(len(p)))
		for _, ring := range p {
			to = binary.AppendUvarint(to, uint64(len(ring)))
			for _, v := range ring {
				to = numbers(to, v.Lat, v.Lon)
			}
		}
	}
	return to
}

func numbers(to []byte, vs ...float64) []byte {
	for _, v := range vs {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
	}
	return to
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (r *Region) UnmarshalBinary(b []byte) error {
	in := bytesIn{b: b}
	got := in.region(0)
	if in.err == nil && len(in.b) > 0 {
		in.err = fmt.Errorf("%d bytes too many", len(in.b))
	}
	if in.err != nil {
		return fmt.Errorf("region: %w", in.err)
	}
	*r = got
	return nil
}

// bytesIn reads the parts of a region.
type bytesIn struct {
	b   []byte
	err error
}

func (in *bytesIn) fail() {
	if in.err == nil {
		in.err = fmt.Errorf("cut short")
	}
	in.b = nil
}

func (in *bytesIn) number() float64 {
	if len(in.b) < 8 {
		in.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(in.b))
	in.b = in.b[8:]
	return v
}

func (in *bytesIn) count() int {
	v, n := binary.Uvarint(in.b)
	if n <= 0 || v > uint64(len(in.b)) {
		in.fail()
		return 0
	}
	in.b = in.b[n:]
	return int(v)
}

func (in *bytesIn) region(depth int) Region {
	if len(in.b) == 0 || depth > 4 {
		in.fail()
		return Unknown()
	}
	kind := regionKind(in.b[0])
	in.b = in.b[1:]
	switch kind {
	case kindUnknown:
		return Unknown()
	case kindDisc, kindSector:
		var v [6]float64
		for i := range v {
			v[i] = in.number()
		}
		if kind == kindDisc {
			return Disc(Point{v[0], v[1]}, Metres(v[5]))
		}
		return Sector(Point{v[0], v[1]}, v[2], v[3], Metres(v[4]), Metres(v[5]))
	case kindPolygon:
		return in.polygon()
	case kindUnion:
		var parts []Region
		for range in.count() {
			parts = append(parts, in.region(depth+1))
		}
		return UnionRegion(parts...)
	}
	in.fail()
	return Unknown()
}

func (in *bytesIn) polygon() Region {
	n := in.count()
	if n > 0 {
		codes := make([]string, 0, n)
		for range n {
			k := in.count()
			if k > len(in.b) {
				in.fail()
				return Unknown()
			}
			codes, in.b = append(codes, string(in.b[:k])), in.b[k:]
		}
		r, err := AreaRegion(codes...)
		if err != nil && in.err == nil {
			in.err = err
		}
		return r
	}
	var mp MultiPolygon
	for range in.count() {
		var p Polygon
		for range in.count() {
			var ring Ring
			for range in.count() {
				ring = append(ring, Point{in.number(), in.number()})
			}
			p = append(p, ring)
		}
		mp = append(mp, p)
	}
	if in.err != nil {
		return Unknown()
	}
	return PolygonRegion(mp)
}

// Text writes the region as ParsePlace reads it; false for an Unknown region, for
// a disc with a radius, and for several in one, which have no such form.
func (r Region) Text() (string, bool) {
	switch r.kind {
	case kindDisc:
		if r.max == 0 {
			return fmt.Sprintf("POINT (%v %v)", r.c.Lon, r.c.Lat), true
		}
	case kindSector:
		return fmt.Sprintf("sector:%v,%v,%v±%v,%v-%v", r.c.Lat, r.c.Lon, r.bearing, r.half, float64(r.min), float64(r.max)), true
	case kindPolygon:
		if r.poly.codes != nil {
			return "area:" + r.polygonString()[len("area "):], true
		}
		return r.poly.mp.wkt(), true
	}
	return "", false
}

func (mp MultiPolygon) wkt() string {
	b := []byte("MULTIPOLYGON (")
	for i, p := range mp {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '(')
		for k, ring := range p {
			if k > 0 {
				b = append(b, ", "...)
			}
			b = append(b, '(')
			for n, v := range ring {
				if n > 0 {
					b = append(b, ", "...)
				}
				b = fmt.Appendf(b, "%v %v", v.Lon, v.Lat)
			}
			b = append(b, ')')
		}
		b = append(b, ')')
	}
	return string(append(b, ')'))
}
