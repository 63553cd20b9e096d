package views

import (
	"math"
	"runtime"
	"sort"
	"strings"
)

// Tile is a tile of the web's map grid: 2^Z by 2^Z, x from west, y from north.
type Tile struct{ Z, X, Y int }

// Mercator gives the place of a position in the grid's square, 0 to 1 from the
// north west; latitudes beyond the square are on its edge.
func Mercator(lat, lon float64) (u, v float64) {
	const most = 85.0511287798066
	s := math.Sin(min(max(lat, -most), most) * math.Pi / 180)
	return (lon + 180) / 360, min(max(0.5-math.Log((1+s)/(1-s))/(4*math.Pi), 0), 1)
}

// west and north are the edges of lines g of a grid of n over the whole square, in
// units. The lines of neighbouring tiles are the same numbers, so that each place is
// in one cell and no other.
func west(g, n int) int32 { return int32(math.Round((float64(g)/float64(n)*360 - 180) * degree)) }

func top(g, n int) int32 {
	switch {
	case g <= 0:
		return 90 * degree
	case g >= n:
		return -90*degree - 1
	}
	return int32(math.Round(math.Atan(math.Sinh(math.Pi*(1-2*float64(g)/float64(n)))) * 180 / math.Pi * degree))
}

// Cells are numbers of incidents in the cells of a tile.
type Cells struct {
	Side   int     // cells a side
	N      [][]int // by cell, row by row from the north west, and group
	Wide   []int   // of each cell, incidents whose place may be outside it
	Groups []string
}

// TileRow is an incident on a tile.
type TileRow struct {
	Row
	Group  string
	Fields map[string]string // those of its profile
}

// groups tells rows apart by a field of the profile or by TEXT@READING; "" by
// nothing.
func (s *Snapshot) groups(by string) (names []string, of func(profile, judged uint32) int, err error) {
	if by == "" {
		return []string{""}, func(_, _ uint32) int { return 0 }, nil
	}
	number := map[string]int{"": 0}
	names = []string{""}
	code := func(name string) int {
		n, ok := number[name]
		if !ok {
			n = len(names)
			number[name], names = n, append(names, name)
		}
		return n
	}
	var codes []int
	if i := fieldIndex(by); i >= 0 {
		for _, t := range s.profiles {
			codes = append(codes, code(fieldsOf(t)[i]))
		}
		return names, func(profile, _ uint32) int { return codes[profile] }, nil
	}
	known := false
	for _, t := range s.judgements {
		v, ok := verdictOf(t, by)
		known = known || ok
		codes = append(codes, code(v))
	}
	if !known && len(s.judgements) > 0 || !strings.Contains(by, "@") {
		return nil, nil, notBy(by)
	}
	return names, func(_, judged uint32) int {
		if judged == noCode {
			return 0
		}
		return codes[judged]
	}, nil
}

// Cells counts what matches in the cells of a tile, side by side of them, by the
// middles of their places and by group. Each incident with a place is in one cell
// of one tile of a zoom; for drawing, nothing is judged by it.
func (s *Snapshot) Cells(f *Filter, t Tile, side int, by string) (*Cells, error) {
	names, group, err := s.groups(by)
	if err != nil {
		return nil, err
	}
	n := side << t.Z
	lons, lats := make([]int32, side+1), make([]int32, side+1)
	for i := range side + 1 {
		lons[i], lats[i] = west(t.X*side+i, n), top(t.Y*side+i, n)
	}
	if t.X == 1<<t.Z-1 {
		lons[side]++ // the antimeridian itself
	}
	p := plan(f, s.profiles, s.judgements)
	parts := make([][]int, runtime.GOMAXPROCS(0)) // cells by groups, then those that are wide
	size := side * side * len(names)
	s.cols.scan(func(k int, b *block) {
		if parts[k] == nil {
			parts[k] = make([]int, size+side*side)
		}
		if p.skip(b) || b.minLat > lats[0] || b.maxLat <= lats[side] || b.minLon >= lons[side] || b.maxLon < lons[0] {
			return
		}
		for i := range b.num {
			lat, lon := b.lat[i], b.lon[i]
			if lat == noPlace || lat > lats[0] || lat <= lats[side] || lon < lons[0] || lon >= lons[side] {
				continue
			}
			if in, _, _, _ := p.row(b, i); !in {
				continue
			}
			x := sort.Search(side, func(i int) bool { return lons[i+1] > lon })
			y := sort.Search(side, func(i int) bool { return lats[i+1] < lat })
			cell := y*side + x
			parts[k][cell*len(names)+group(b.profile[i], b.judged[i])]++
			if dlat, dlon := reach(lat, b.radius[i]); lat+dlat > lats[y] || lat-dlat <= lats[y+1] || lon-dlon < lons[x] || lon+dlon >= lons[x+1] {
				parts[k][size+cell]++
			}
		}
	})
	sum := make([]int, size+side*side)
	for _, part := range parts {
		for i, v := range part {
			sum[i] += v
		}
	}
	c := &Cells{Side: side, Groups: names, Wide: sum[size:]}
	for i := range side * side {
		c.N = append(c.N, sum[i*len(names):(i+1)*len(names)])
	}
	return c, nil
}

// OnTile returns the incidents that may lie in a box, with those that the filter's
// own box leaves, in the order of their numbers; more is true where there are more
// than limit, and then none are returned.
func (s *Snapshot) OnTile(f *Filter, box Box, limit int, by string) (rows []TileRow, more bool, err error) {
	names, group, err := s.groups(by)
	if err != nil {
		return nil, false, err
	}
	own := plan(f, s.profiles, s.judgements)
	g := *f
	g.Box = &box
	p := plan(&g, s.profiles, s.judgements)
	parts := make([][]Row, runtime.GOMAXPROCS(0))
	s.cols.scan(func(k int, b *block) {
		if p.skip(b) || p.west <= p.east && (b.minLat > p.north || b.maxLat < p.south || b.minLon > p.east || b.maxLon < p.west) {
			return
		}
		for i := range b.num {
			if len(parts[k]) > limit {
				return
			}
			if b.lat[i] == noPlace {
				continue
			}
			if in, _, _, _ := p.row(b, i); !in {
				continue
			}
			if f.Box != nil {
				if in, _, _, _ := own.row(b, i); !in {
					continue
				}
			}
			parts[k] = append(parts[k], b.row(i))
		}
	})
	var all []Row
	for _, part := range parts {
		all = append(all, part...)
	}
	if len(all) > limit {
		return nil, true, nil
	}
	sort.Slice(all, func(i, k int) bool { return all[i].Num < all[k].Num })
	for _, r := range all {
		x := TileRow{Row: r, Group: names[group(r.Profile, r.Judged)], Fields: map[string]string{}}
		for i, v := range fieldsOf(s.profiles[r.Profile]) {
			if v != "" {
				x.Fields[profileFields[i]] = v
			}
		}
		rows = append(rows, x)
	}
	return rows, false, nil
}

// Position is the middle of a row's place and its radius in metres; the radius is
// at least that where wide.
func (r *Row) Position() (lat, lon, radius float64, wide bool) {
	return float64(r.Lat) / degree, float64(r.Lon) / degree, float64(r.Radius) * 10, r.Radius == maxRadius
}
