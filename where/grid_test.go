package where

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawCoord(t *rapid.T, label string, lo, hi float64) float64 {
	v := rapid.Float64Range(lo, hi).Draw(t, label)
	if rapid.IntRange(0, 3).Draw(t, label+" decimals") > 0 {
		v = math.Round(v*1e4) / 1e4 // as texts write it
	}
	return v
}

func drawGridNear(t *rapid.T, c Point, size float64, label string) Point {
	return Point{drawCoord(t, label+" lat", c.Lat-size, c.Lat+size), drawCoord(t, label+" lon", c.Lon-size, c.Lon+size)}
}

// drawStar draws a polygon round a centre, with or without a hole.
func drawStar(t *rapid.T, c Point, size float64) Polygon {
	ring := func(size float64) Ring {
		n := rapid.IntRange(3, 9).Draw(t, "corners")
		var r Ring
		for i := 0; i < n; i++ {
			s, k := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			d := size * rapid.Float64Range(0.5, 1).Draw(t, "radius")
			r = append(r, Point{math.Round((c.Lat+d*s)*1e6) / 1e6, math.Round((c.Lon+d*k)*1e6) / 1e6})
		}
		return append(r, r[0])
	}
	p := Polygon{ring(size)}
	if rapid.IntRange(0, 2).Draw(t, "hole") == 0 {
		p = append(p, ring(size*0.2))
	}
	return p
}

func drawGridZone(t *rapid.T, c Point, size float64, depth int) *Zone {
	most := 6
	if depth == 0 {
		most = 3
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0, 1:
		mp := MultiPolygon{drawStar(t, c, size)}
		if rapid.Bool().Draw(t, "two parts") {
			mp = append(mp, drawStar(t, Point{c.Lat, c.Lon + 2.5*size}, size))
		}
		if z, err := PolygonZone("polygons", mp); err == nil {
			return z
		}
		return NearSites("sites", []Point{c}, 700)
	case 2:
		line := LineString{drawGridNear(t, c, size, "a"), drawGridNear(t, c, size, "b"), drawGridNear(t, c, size, "c")}
		return NearLine("line", line, Metres(rapid.SampledFrom([]float64{300, 5000, 30000}).Draw(t, "within")), Side(rapid.SampledFrom([]Side{Both, Both, Left, Right}).Draw(t, "side")))
	case 3:
		var ps []Point
		for i := rapid.IntRange(1, 5).Draw(t, "sites"); i > 0; i-- {
			ps = append(ps, drawGridNear(t, c, size, "site"))
		}
		return NearSites("sites", ps, Metres(rapid.SampledFrom([]float64{200, 1000, 20000}).Draw(t, "within")))
	case 4:
		return UnionZone("union", drawGridZone(t, c, size, depth-1), drawGridZone(t, Point{c.Lat + size/2, c.Lon}, size, depth-1))
	case 5:
		return SubtractZone("less", drawGridZone(t, c, size, depth-1), drawGridZone(t, Point{c.Lat, c.Lon + size/3}, size, depth-1))
	}
	return ComplementZone("not", drawGridZone(t, c, size, depth-1))
}

// spots are places worth asking about: near what zones are made of, exactly
// on vertices and on edges, and anywhere.
func drawSpots(t *rapid.T, zs []*Zone, c Point, size float64) []Point {
	var marks []Point
	var walk func(s shape)
	walk = func(s shape) {
		switch s := s.(type) {
		case *polyShape:
			eachEdge(s.mp, func(a, b Point) { marks = append(marks, a, lerp(a, b, 0.5)) })
		case *nearShape:
			for _, p := range s.points {
				marks = append(marks, p, Destination(p, 77, s.within, Model{}), Destination(p, 200, s.within, Model{Distance: Sphere}))
			}
		case *combined:
			for _, p := range s.parts {
				walk(p)
			}
		}
	}
	for _, z := range zs {
		walk(z.shape)
	}
	var out []Point
	for range 150 {
		p := drawGridNear(t, c, size*4, "spot")
		if len(marks) > 0 && rapid.Bool().Draw(t, "at a mark") {
			p = rapid.SampledFrom(marks).Draw(t, "mark")
			if r := rapid.SampledFrom([]float64{0, 1e-7, 1e-6, 1e-3}).Draw(t, "off"); r > 0 {
				p = Point{p.Lat + r*rapid.Float64Range(-1, 1).Draw(t, "dy"), p.Lon + r*rapid.Float64Range(-1, 1).Draw(t, "dx")}
			}
		}
		out = append(out, p)
	}
	return out
}

// gridRelate is what a layer says of a zone at a place.
func gridRelate(l *Layer, zone int, lat, lon E7) Relation {
	s := &Spot{Lat: lat, Lon: lon}
	for _, w := range l.Wide() {
		if int(w) == zone {
			return l.Ask(w, s)
		}
	}
	c := l.At(lat, lon)
	best := Outside
	switch {
	case l.Inside(c.Row, zone):
		return Inside
	case l.Straddles(c.Row, zone):
		best = Straddling
	}
	for i := c.First; i < c.Last; i++ {
		if l.Zone(i) != uint32(zone) {
			continue
		}
		k := i
		for k < c.Last && l.Zone(k) == uint32(zone) {
			k++
		}
		if r := l.Look(i, k, s); r == Inside || r == Straddling {
			return r
		}
		break
	}
	return best
}

// TestGridIsTheZones: whatever the zones, the model and the radius, a grid
// says what the zones say; of a zone made of others it may say that it is straddled
// where only some of these are (see Zone.Joined).
func TestGridIsTheZones(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Point{drawCoord(t, "lat", -75, 75), drawCoord(t, "lon", -178, 178)}
		size := rapid.SampledFrom([]float64{0.003, 0.05, 0.7, 3}).Draw(t, "size")
		m := Model{
			Distance: DistanceModel(rapid.IntRange(0, 1).Draw(t, "distance")), Edges: EdgeModel(rapid.IntRange(0, 1).Draw(t, "edges")),
			Boundary: BoundaryRule(rapid.IntRange(0, 1).Draw(t, "boundary")), Lines: LineModel(rapid.IntRange(0, 1).Draw(t, "lines")),
		}
		var zs []*Zone
		for i := rapid.IntRange(1, 3).Draw(t, "zones"); i > 0; i-- {
			zs = append(zs, drawGridZone(t, c, size, 2))
		}
		r := Metres(rapid.SampledFrom([]float64{0, 0, 100, 2500, 40000}).Draw(t, "radius"))
		l := NewGrid(zs, m).Layer(r)
		for _, p := range drawSpots(t, zs, c, size) {
			lat, lon := E7(math.Round(p.Lat*1e7)), E7(math.Round(p.Lon*1e7))
			if lon >= 1_799_999_999 || lon <= -1_799_999_999 {
				continue
			}
			for i, z := range zs {
				want := z.Relate(Disc(Point{lat.Degrees(), lon.Degrees()}, r), m)
				if got := gridRelate(l, i, lat, lon); got != want && (got != Straddling || !z.Joined()) {
					t.Fatalf("%s ±%v (%v): zone %d is %v, the grid says %v", Point{lat.Degrees(), lon.Degrees()}, r, m, i, want, got)
				}
			}
		}
	})
}

// TestGridOfAreas: built-in areas, of which one lies on both sides of the
// antimeridian.
func TestGridOfAreas(t *testing.T) {
	var zs []*Zone
	for _, code := range []string{"UA-63", "RU", "UA", "RU-SA"} {
		z, err := AreaZone(code, code)
		if err != nil {
			t.Fatal(err)
		}
		zs = append(zs, z)
	}
	n := 0
	for _, m := range []Model{{}, {Edges: Planar, Distance: Sphere}} {
		g := NewGrid(zs, m)
		for _, r := range []Metres{0, 5000} {
			l := g.Layer(r)
			for i, p := range append(capRegion(cap{Point{49, 37}, 900_000}).lattice(1500, m), globe(1500)...) {
				lat, lon := E7(math.Round(p.Lat*1e7)), E7(math.Round(p.Lon*1e7))
				k := i % len(zs)
				want := zs[k].Relate(Disc(Point{lat.Degrees(), lon.Degrees()}, r), m)
				if got := gridRelate(l, k, lat, lon); got != want {
					t.Errorf("%v ±%v: %s is %v, the grid says %v", p, r, zs[k].Name, want, got)
				}
				n++
			}
		}
	}
	if n == 0 {
		t.Fatal("nothing was asked")
	}
}

func BenchmarkGrid(b *testing.B) {
	for _, m := range []Model{{}, {Edges: Planar, Distance: Sphere}} {
		b.Run(fmt.Sprint(m), func(b *testing.B) {
			z, err := AreaZone("z", "UA-63")
			if err != nil {
				b.Fatal(err)
			}
			l := NewGrid([]*Zone{z}, m).Layer(0)
			ps := capRegion(cap{Point{49.5, 36.5}, 150_000}).lattice(4096, m)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p := ps[i%len(ps)]
				gridRelate(l, 0, E7(p.Lat*1e7), E7(p.Lon*1e7))
			}
		})
	}
}
