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

// grouping tells rows apart by their codes: by one of the two lists, by neither where
// both are nil.
type grouping struct {
	names               []string
	ofProfile, ofJudged []int
}

func (g *grouping) of(profile, judged uint32) int {
	switch {
	case g.ofProfile != nil:
		return g.ofProfile[profile]
	case g.ofJudged != nil && judged != noCode:
		return g.ofJudged[judged]
	}
	return 0
}

// groups tells rows apart by a field of the profile or by TEXT@READING; "" by
// nothing.
func (s *Snapshot) groups(by string, profiles []string, may []bool) (*grouping, error) {
	g := &grouping{names: []string{""}}
	if by == "" {
		return g, nil
	}
	number := map[string]int{"": 0}
	code := func(name string) int {
		n, ok := number[name]
		if !ok {
			n = len(g.names)
			number[name], g.names = n, append(g.names, name)
		}
		return n
	}
	if i := fieldIndex(by); i >= 0 {
		for k, t := range profiles {
			if !may[k] { // its values are no group of this reader's
				g.ofProfile = append(g.ofProfile, 0)
				continue
			}
			g.ofProfile = append(g.ofProfile, code(fieldsOf(t)[i]))
		}
		return g, nil
	}
	known := false
	for _, t := range s.judgements {
		v, ok := verdictOf(t, by)
		known = known || ok
		g.ofJudged = append(g.ofJudged, code(v))
	}
	if !known && len(s.judgements) > 0 || !strings.Contains(by, "@") {
		return nil, notBy(by)
	}
	return g, nil
}

// lines are the edges of the columns and rows of cells of a tile, with what finds
// the cell of a position at once.
type lines struct {
	lons, lats []int32
	perLon     float64
	perLat     float64
	row        [rowHints]uint8 // a row at or above that of a part of the latitudes

	frame          frame   // the tile
	rows, cols     []uint8 // of cells, by part of the axis; unsure where it has to be looked at
	perRow, perCol uint64
}

const rowHints = 256

func linesOf(t Tile, side int) *lines {
	n := side << t.Z
	l := &lines{lons: make([]int32, side+1), lats: make([]int32, side+1)}
	for i := range side + 1 {
		l.lons[i], l.lats[i] = west(t.X*side+i, n), top(t.Y*side+i, n)
	}
	if t.X == 1<<t.Z-1 {
		l.lons[side]++ // the antimeridian itself
	}
	l.perLon = float64(side) / float64(l.lons[side]-l.lons[0])
	span := float64(l.lats[0]) - float64(l.lats[side])
	l.perLat = rowHints / span
	for i := range l.row {
		lat := int32(float64(l.lats[0]) - float64(i)/l.perLat)
		y := sort.Search(side-1, func(y int) bool { return l.lats[y+1] < lat })
		l.row[i] = uint8(y)
	}
	l.axes()
	return l
}

// cell is the column and row of a position that is on the tile.
func (l *lines) cell(lat, lon int32) (x, y int) {
	n := len(l.lons) - 1
	x = min(int(float64(lon-l.lons[0])*l.perLon), n-1)
	for lon < l.lons[x] {
		x--
	}
	for lon >= l.lons[x+1] {
		x++
	}
	y = int(l.row[min(int((float64(l.lats[0])-float64(lat))*l.perLat), rowHints-1)])
	for lat > l.lats[y] {
		y--
	}
	for lat <= l.lats[y+1] {
		y++
	}
	return x, y
}

// Cells counts what matches in the cells of a tile, side by side of them, by the
// middles of their places and by group. Each incident with a place is in one cell
// of one tile of a zoom; for drawing, nothing is judged by it.
func (s *Snapshot) Cells(f *Filter, t Tile, side int, by string) (*Cells, error) {
	cols, p, profiles := s.plan(f)
	g, err := s.groups(by, profiles, p.may)
	if err != nil {
		return nil, err
	}
	l, names := linesOf(t, side), g.names
	parts := make([][]int, runtime.GOMAXPROCS(0)) // cells by groups, then those that are wide
	size := side * side * len(names)
	cols.scan(func(k int, b *block) {
		if parts[k] == nil {
			parts[k] = make([]int, 2*size+side*side)
		}
		if p.skip(b) || b.minLat > l.lats[0] || b.maxLat <= l.lats[side] || b.minLon >= l.lons[side] || b.maxLon < l.lons[0] {
			return
		}
		l.count(p, g, b, parts[k][:2*size], parts[k][2*size:])
	})
	sum := make([]int, size+side*side)
	for _, part := range parts {
		for i := range min(size, len(part)) {
			sum[i] += part[i] + part[size+i]
		}
		for i := size; i < len(part)-size; i++ {
			sum[i] += part[size+i]
		}
	}
	c := &Cells{Side: side, Groups: names, Wide: sum[size:]}
	for i := range side * side {
		c.N = append(c.N, sum[i*len(names):(i+1)*len(names)])
	}
	return c, nil
}

// count counts the rows of a block. Far enough from all lines, neither lines nor
// circles are looked at.
func (l *lines) count(p *Plan, g *grouping, b *block, n, wide []int) {
	twin := len(n) / 2 // rows take turns: a counter that was just changed is slow to be changed again
	side, groups, whole := len(l.lons)-1, len(g.names), p.whole(b)
	all := whole && p.f.Only == nil && p.f.Box == nil && p.allProfile && p.allJudged
	lons, radius, ofJudged := b.lon[:len(b.lat)], b.radius[:len(b.lat)], g.ofJudged
	for i, lat := range b.lat {
		lon := lons[i]
		if !l.frame.holds(lat, lon) || !all && !p.takes(b, i, whole) {
			continue
		}
		group := 0
		if ofJudged == nil {
			group = g.of(b.profile[i], b.judged[i])
		} else if j := b.judged[i]; j != noCode {
			group = ofJudged[j]
		}
		if radius[i] <= usual {
			of := (small - uint64(radius[i])) >> 63 * parts // by how wide the circle is
			row, col := l.rows[of+uint64(l.lats[0]-lat)*l.perRow>>32], l.cols[of+uint64(lon-l.lons[0])*l.perCol>>32]
			if row != unsure && col != unsure {
				n[i&1*twin+(int(row)*side+int(col))*groups+group]++
				continue
			}
		}
		col, row := l.cell(lat, lon)
		n[(row*side+col)*groups+group]++
		if radius[i] > 0 {
			wide[row*side+col] += one(l.leaves(col, row, lat, lon, radius[i]))
		}
	}
}

// leaves reports whether a circle may reach out of the cell that its middle is in.
func (l *lines) leaves(col, row int, lat, lon int32, radius uint16) bool {
	dlat, dlon, ok := within(lat, radius)
	if !ok {
		dlat, dlon = reach(lat, radius)
	}
	return lat+dlat > l.lats[row] || lat-dlat <= l.lats[row+1] || lon-dlon < l.lons[col] || lon+dlon >= l.lons[col+1]
}

// parts is how many parts an axis of a tile has, of which the row or column of cells
// is known at once, or is not sure.
const (
	parts  = 4096
	small  = 100 // a radius that many circles do not exceed, in units of 10 m
	unsure = math.MaxUint8
	// calm is the latitude up to which that is tried: circles are wider beyond.
	calm = 70 * degree
)

// axes fills in the rows and columns of parts: a part has one where all of it, with
// room for a circle, is in it; first for small ones, then for usual ones.
func (l *lines) axes() {
	n := len(l.lons) - 1
	l.rows, l.cols = make([]uint8, 2*parts), make([]uint8, 2*parts)
	l.frame, _ = frameOf(l.lats[n]+1, l.lats[0], l.lons[0], l.lons[n]-1, 0, 0)
	for i, radius := range []uint16{small, usual} {
		dlat, dlon := room(-calm, calm, radius)
		l.perRow = l.axis(l.rows[i*parts:][:parts], int64(l.lats[0])-int64(l.lats[n]), func(first, last int32) uint8 {
			north, south := l.lats[0]-first, l.lats[0]-last
			_, row := l.cell(north, l.lons[0])
			if n >= unsure || max(north, -south) > calm || north+dlat > l.lats[row] || south-dlat <= l.lats[row+1] {
				return unsure
			}
			return uint8(row)
		})
		l.perCol = l.axis(l.cols[i*parts:][:parts], int64(l.lons[n])-int64(l.lons[0]), func(first, last int32) uint8 {
			west, east := l.lons[0]+first, l.lons[0]+last
			col, _ := l.cell(l.lats[0], west)
			if n >= unsure || west-dlon < l.lons[col] || east+dlon >= l.lons[col+1] {
				return unsure
			}
			return uint8(col)
		})
	}
}

// axis asks of each part of an axis of a length; it returns by what a distance is
// multiplied, and divided by 2^32, to get its part.
func (l *lines) axis(into []uint8, length int64, of func(first, last int32) uint8) (per uint64) {
	if length <= 0 {
		return 0
	}
	per = parts << 32 / uint64(length)
	for i := range into {
		first := (uint64(i)<<32 + per - 1) / per
		last := min((uint64(i+1)<<32+per-1)/per, uint64(length)) - 1
		if into[i] = unsure; first <= last && first < uint64(length) {
			into[i] = of(int32(first), int32(last))
		}
	}
	return per
}

// OnTile returns the incidents that may lie in a box, with those that the filter's
// own box leaves, in the order of their numbers; more is true where there are more
// than limit, and then none are returned.
func (s *Snapshot) OnTile(f *Filter, box Box, limit int, by string) (rows []TileRow, more bool, err error) {
	cols, own, profiles := s.plan(f)
	groups, err := s.groups(by, profiles, own.may)
	if err != nil {
		return nil, false, err
	}
	g := *f
	g.Box = &box
	_, p, _ := s.plan(&g)
	dlat, dlon := room(p.south, p.north, usual)
	outer, _ := frameOf(p.south, p.north, p.west, p.east, dlat, dlon)
	parts := make([][]Row, runtime.GOMAXPROCS(0))
	cols.scan(func(k int, b *block) {
		if p.skip(b) || p.west <= p.east && (b.minLat > p.north || b.maxLat < p.south || b.minLon > p.east || b.maxLon < p.west) {
			return
		}
		whole := p.whole(b)
		for i, lat := range b.lat {
			if b.radius[i] <= usual && p.west <= p.east && !outer.holds(lat, b.lon[i]) {
				continue
			}
			if lat == noPlace || !p.takes(b, i, whole) || f.Box != nil && !own.takes(b, i, whole) {
				continue
			}
			if len(parts[k]) > limit {
				return
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
		x := TileRow{Row: r, Group: groups.names[groups.of(r.Profile, r.Judged)], Fields: map[string]string{}}
		fields := fieldsOf(profiles[r.Profile])
		for i, name := range profileFields {
			if i < len(fields) && fields[i] != "" {
				x.Fields[name] = fields[i]
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
