package evidence

import (
	"cmp"
	"math"
	"slices"

	"github.com/truce-project/truce/when"
)

// index finds the held reports that may be of one event with another: by cells
// of latitude and longitude, by the texts' smallest hashes, by pictures. What it
// leaves out could not be matched (TestBlockingLosesNothing compares all pairs).
type index struct {
	cells  map[[2]int16][]slot
	coarse []slot             // places too large for cells
	words  map[uint64][]*node // by the smallest hashes of the text
	images []*node            // those with pictures
}

// slot is a report in the index, with what is asked of it first beside it.
type slot struct {
	start, end when.Instant
	on         vector
	radius     float64 // metres
	*node
}

// Sizes of the index.
const (
	cellDeg   = 0.5      // of latitude and longitude
	coarse    = 60_000.0 // metres; larger places are in no cell
	wordKeys  = 10       // hashes of a text that it is filed by: of two with half in common, one in 500 shares none
	maxNear   = 3000     // reports that one is compared with at most, the nearest in time
	maxByWord = 100      // texts with one hash: where more have it, it is a formula
)

func newIndex() index {
	return index{cells: map[[2]int16][]slot{}, words: map[uint64][]*node{}}
}

func cellAt(lat, lon float64) [2]int16 {
	return [2]int16{int16(math.Floor(lat / cellDeg)), int16(math.Floor(lon / cellDeg))}
}

func (x *index) add(n *node) {
	if n.placed && n.timed {
		s := slot{n.at.Start, n.at.End, n.on, n.radius, n}
		if n.radius > coarse {
			x.coarse = append(x.coarse, s)
		} else {
			c := cellAt(n.centre.Lat, n.centre.Lon)
			x.cells[c] = append(x.cells[c], s)
		}
	}
	for _, k := range n.textKeys() {
		x.words[k] = append(x.words[k], n)
	}
	if len(n.Pictures) > 0 {
		x.images = append(x.images, n)
	}
}

func (n *node) textKeys() []uint64 {
	if n.sketch.Short() {
		return nil
	}
	return n.sketch.Least[:min(wordKeys, len(n.sketch.Least))]
}

// near returns the reports before a report that it is to be compared with, in
// order, and how many were left out because they are too many. What lies too far
// back is not among them, whether it is still held or not.
func (x *index) near(n *node) ([]*node, int) {
	var out []*node
	first, last := n.at.Start.Add(-maxGap), n.at.End.Add(maxGap)
	take := func(list []slot) {
		for i := range list {
			o := &list[i]
			if o.end >= first && o.start <= last && reaches(o.on, n.on, o.radius+n.radius) && o.order < n.order {
				out = append(out, o.node)
			}
		}
	}
	if n.placed && n.timed {
		take(x.coarse)
		x.around(n, take)
	}
	for _, key := range n.textKeys() {
		list := x.words[key] // in order
		end, _ := slices.BinarySearchFunc(list, n.order, func(o *node, order int) int { return cmp.Compare(o.order, order) })
		if end > maxByWord { // words of a form, not of a text
			continue
		}
		for _, o := range list[:end] {
			if near(o, n) && o.sketch.Copied(n.sketch) {
				out = append(out, o)
			}
		}
	}
	if len(n.Pictures) > 0 {
		for _, o := range x.images {
			if d, ok := nearest(o.Pictures, n.Pictures); o.order < n.order && near(o, n) && ok && d <= pictureBits {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	out = slices.Compact(out)
	if extra := len(out) - maxNear; extra > 0 {
		return out[extra:], extra
	}
	return out, 0
}

// near reports whether two reports are not too far apart in time, as far as it
// is known.
func near(a, b *node) bool { return !a.timed || !b.timed || gapOf(a.at, b.at) <= maxGap }

// around visits the cells within reach of a report's place.
func (x *index) around(n *node, take func([]slot)) {
	reach := n.radius + maxApart + coarse
	lat := reach / 111_000
	lon := lat / math.Max(0.05, math.Cos((math.Abs(n.centre.Lat)+lat)*math.Pi/180))
	if span := 4 * lat * lon / (cellDeg * cellDeg); lon >= 180 || span > float64(len(x.cells)) {
		for _, c := range x.cells {
			take(c)
		}
		return
	}
	from, to := cellAt(n.centre.Lat-lat, n.centre.Lon-lon), cellAt(n.centre.Lat+lat, n.centre.Lon+lon)
	turn := int16(360 / cellDeg)
	for i := from[0]; i <= to[0]; i++ {
		for k := from[1]; k <= to[1]; k++ {
			w := k // round the antimeridian
			if w < -turn/2 {
				w += turn
			} else if w >= turn/2 {
				w -= turn
			}
			take(x.cells[[2]int16{i, w}])
		}
	}
}

// sweep drops what is no longer held.
func (x *index) sweep() {
	dead := func(n *node) bool { return n.dead }
	gone := func(s slot) bool { return s.dead }
	x.coarse = slices.DeleteFunc(x.coarse, gone)
	x.images = slices.DeleteFunc(x.images, dead)
	for c, l := range x.cells {
		if l = slices.DeleteFunc(l, gone); len(l) == 0 {
			delete(x.cells, c)
		} else {
			x.cells[c] = l
		}
	}
	for k, l := range x.words {
		if l = slices.DeleteFunc(l, dead); len(l) == 0 {
			delete(x.words, k)
		} else {
			x.words[k] = l
		}
	}
}
