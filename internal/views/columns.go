package views

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// blockSize is how many rows a block holds at most. A full one is parted in two.
const blockSize = 8192

// Columns holds incidents in memory, 30 bytes each and up to one more for summaries, in
// blocks by time. It is not
// safe for use by several goroutines while it is changed.
type Columns struct {
	blocks []*block // each has rows; in order of time, then number
	n      int
}

// block is up to blockSize rows in order of start and number.
type block struct {
	num                  []uint32
	start, end, lat, lon []int32
	radius               []uint16
	profile, judged      []uint32

	// Bounds of the rows, so that a block can be passed over. They are never too
	// narrow; after a removal they may be too wide.
	maxEnd                         int32
	minLat, maxLat, minLon, maxLon int32 // with the radius; min over max: no place

	sum atomic.Pointer[summary] // nil: not made, or not of these rows
}

// NewColumns makes columns of rows, in any order, on all processors. It sorts
// the rows.
func NewColumns(rows []Row) *Columns {
	sortRows(rows)
	c := &Columns{n: len(rows), blocks: make([]*block, (len(rows)+filled-1)/filled)}
	workers := min(runtime.GOMAXPROCS(0), len(c.blocks))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(c.blocks); i += workers {
				c.blocks[i] = blockOf(rows[i*filled : min((i+1)*filled, len(rows))])
				c.blocks[i].summed()
			}
		})
	}
	wg.Wait()
	return c
}

// filled is how many rows a block begins with: there is room for some more.
const filled = blockSize * 3 / 4

func blockOf(rows []Row) *block {
	b, n := emptyBlock(), len(rows)
	b.num, b.profile, b.judged = make([]uint32, n), make([]uint32, n), make([]uint32, n)
	b.start, b.end, b.lat, b.lon = make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	b.radius = make([]uint16, n)
	for i, r := range rows {
		b.num[i], b.start[i], b.end[i], b.lat[i], b.lon[i] = r.Num, r.Start, r.End, r.Lat, r.Lon
		b.radius[i], b.profile[i], b.judged[i] = r.Radius, r.Profile, r.Judged
		b.widen(r)
	}
	return b
}

func compareRows(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Num, b.Num))
}

// sortRows sorts two parts at the same time, and merges them.
func sortRows(rows []Row) {
	if len(rows) < 1000 || runtime.GOMAXPROCS(0) == 1 {
		slices.SortFunc(rows, compareRows)
		return
	}
	var wg sync.WaitGroup
	h := len(rows) / 2
	for _, half := range [][]Row{rows[:h], rows[h:]} {
		wg.Go(func() { slices.SortFunc(half, compareRows) })
	}
	wg.Wait()
	merge(rows, h)
}

// merge merges two sorted parts of rows; the first is copied aside.
func merge(rows []Row, h int) {
	if h == 0 || h == len(rows) || compareRows(rows[h-1], rows[h]) <= 0 {
		return
	}
	a, b, at := slices.Clone(rows[:h]), rows[h:], 0
	for len(a) > 0 && len(b) > 0 {
		if compareRows(b[0], a[0]) < 0 {
			rows[at], b = b[0], b[1:]
		} else {
			rows[at], a = a[0], a[1:]
		}
		at++
	}
	copy(rows[at:], a)
}

func emptyBlock() *block {
	return &block{maxEnd: math.MinInt32, minLat: math.MaxInt32, maxLat: math.MinInt32, minLon: math.MaxInt32, maxLon: math.MinInt32}
}

func before(s1 int32, n1 uint32, s2 int32, n2 uint32) bool { return s1 < s2 || s1 == s2 && n1 < n2 }

// Len is how many incidents the columns hold.
func (c *Columns) Len() int { return c.n }

// find is the block that a row belongs to.
func (c *Columns) find(start int32, num uint32) int {
	i := sort.Search(len(c.blocks), func(i int) bool { b := c.blocks[i]; return before(start, num, b.start[0], b.num[0]) })
	return max(i-1, 0)
}

// at is the place of a row in a block.
func (b *block) at(start int32, num uint32) int {
	return sort.Search(len(b.num), func(i int) bool { return !before(b.start[i], b.num[i], start, num) })
}

// Insert adds a row.
func (c *Columns) Insert(r Row) {
	c.n++
	if len(c.blocks) == 0 {
		c.blocks = []*block{emptyBlock()}
		c.blocks[0].insert(0, r)
		return
	}
	i := c.find(r.Start, r.Num)
	b := c.blocks[i]
	b.insert(b.at(r.Start, r.Num), r)
	if len(b.num) > blockSize {
		c.blocks = slices.Insert(c.blocks, i+1, b.part())
	}
}

// Remove takes a row away; false where it is not there.
func (c *Columns) Remove(start int32, num uint32) bool {
	if len(c.blocks) == 0 {
		return false
	}
	i := c.find(start, num)
	b := c.blocks[i]
	k := b.at(start, num)
	if k == len(b.num) || b.num[k] != num || b.start[k] != start {
		return false
	}
	c.n--
	b.sum.Store(nil)
	b.num = slices.Delete(b.num, k, k+1)
	for _, x := range []*[]int32{&b.start, &b.end, &b.lat, &b.lon} {
		*x = slices.Delete(*x, k, k+1)
	}
	b.radius = slices.Delete(b.radius, k, k+1)
	b.profile, b.judged = slices.Delete(b.profile, k, k+1), slices.Delete(b.judged, k, k+1)
	if len(b.num) == 0 {
		c.blocks = slices.Delete(c.blocks, i, i+1)
	}
	return true
}

func (b *block) insert(k int, r Row) {
	b.sum.Store(nil)
	b.num = slices.Insert(b.num, k, r.Num)
	b.start, b.end = slices.Insert(b.start, k, r.Start), slices.Insert(b.end, k, r.End)
	b.lat, b.lon = slices.Insert(b.lat, k, r.Lat), slices.Insert(b.lon, k, r.Lon)
	b.radius = slices.Insert(b.radius, k, r.Radius)
	b.profile, b.judged = slices.Insert(b.profile, k, r.Profile), slices.Insert(b.judged, k, r.Judged)
	b.widen(r)
}

func (b *block) widen(r Row) {
	b.maxEnd = max(b.maxEnd, r.End)
	if r.Lat == noPlace {
		return
	}
	dlat, dlon := reach(r.Lat, r.Radius)
	b.minLat, b.maxLat = min(b.minLat, r.Lat-dlat), max(b.maxLat, r.Lat+dlat)
	b.minLon, b.maxLon = min(b.minLon, r.Lon-dlon), max(b.maxLon, r.Lon+dlon)
}

// reach is how far a radius reaches north and east, in units, rounded up.
func reach(lat int32, radius uint16) (dlat, dlon int32) {
	if radius == 0 {
		return 0, 0
	}
	d := north(radius)
	far := min(math.Abs(float64(lat))+d, 89.9*degree)
	return int32(math.Ceil(d)), int32(min(math.Ceil(d/math.Cos(far/degree*math.Pi/180)), 180*degree))
}

// north is a radius in units of latitude, on a sphere of 6371 km.
func north(radius uint16) float64 { return float64(radius) * 10 / 111_195 * degree }

// stretch is no less than 16/cos of every latitude of a degree, with a degree's
// margin.
var stretch = func() (s [92]int32) {
	for i := range s {
		s[i] = int32(math.Ceil(16 / math.Cos(min(float64(i+2), 89.9)*math.Pi/180)))
	}
	return s
}()

// within is a quick bound of reach, in whole numbers: no less than it. Radii of
// about a degree and more have none.
func within(lat int32, radius uint16) (dlat, dlon int32, ok bool) {
	dlat = int32(radius)*9 + 1 // 10 m are 8.994 units
	if dlat > degree {
		return 0, 0, false
	}
	return dlat, dlat*stretch[max(lat, -lat)/degree]>>4 + 1, true
}

// part moves the second half of a block into a new one.
func (b *block) part() *block {
	h := len(b.num) / 2
	b.sum.Store(nil)
	n := emptyBlock()
	n.num = slices.Clone(b.num[h:])
	n.start, n.end, n.lat, n.lon = slices.Clone(b.start[h:]), slices.Clone(b.end[h:]), slices.Clone(b.lat[h:]), slices.Clone(b.lon[h:])
	n.radius, n.profile, n.judged = slices.Clone(b.radius[h:]), slices.Clone(b.profile[h:]), slices.Clone(b.judged[h:])
	b.num, b.start, b.end, b.lat, b.lon = b.num[:h], b.start[:h], b.end[:h], b.lat[:h], b.lon[:h]
	b.radius, b.profile, b.judged = b.radius[:h], b.profile[:h], b.judged[:h]
	b.bound()
	n.bound()
	return n
}

func (b *block) bound() {
	e := emptyBlock()
	b.maxEnd, b.minLat, b.maxLat, b.minLon, b.maxLon = e.maxEnd, e.minLat, e.maxLat, e.minLon, e.maxLon
	for i := range b.num {
		b.widen(b.row(i))
	}
}

func (b *block) row(i int) Row {
	return Row{b.num[i], b.start[i], b.end[i], b.lat[i], b.lon[i], b.radius[i], b.profile[i], b.judged[i]}
}

// Each calls yield with all rows, in order of time and number.
func (c *Columns) Each(yield func(Row) bool) {
	for _, b := range c.blocks {
		for i := range b.num {
			if !yield(b.row(i)) {
				return
			}
		}
	}
}

// scan calls f with every block, on all processors; worker tells which of them
// calls.
func (c *Columns) scan(f func(worker int, b *block)) {
	workers := min(runtime.GOMAXPROCS(0), 1+len(c.blocks)/16)
	if workers == 1 {
		for _, b := range c.blocks {
			f(0, b)
		}
		return
	}
	// Who is done with a part takes the next: other work may keep one of them up.
	const part = 8
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				from := int(next.Add(part)) - part
				if from >= len(c.blocks) {
					return
				}
				for _, b := range c.blocks[from:min(from+part, len(c.blocks))] {
					f(w, b)
				}
			}
		})
	}
	wg.Wait()
}
