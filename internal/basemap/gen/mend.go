package gen

import (
	"errors"
	"fmt"
	"math"

	"github.com/truce-project/truce/internal/basemap"
)

// smallest is the area in square kilometres below which a polygon or a hole is
// left out that cannot be drawn without crossing itself: enclaves and islets of
// a few steps of the source's grid.
const smallest = 300

// unwrap moves corners that the source has on the wrong side of the world: points
// at 180 degrees west of a line that runs in the east for the rest.
func unwrap(line [][2]int, width int) {
	east := false
	for _, p := range line {
		if p[0] > 0 && p[0] <= width/2 {
			return
		}
		east = east || p[0] > 0
	}
	for i := range line {
		if east && line[i][0] == 0 {
			line[i][0] = width
		}
	}
}

// mend gives rings that still touch or cross themselves a line of their own,
// without the spikes that the grid of the source has where three borders meet.
func mend(t, source *basemap.Topology) error {
	var failed error
	each(t, func(g *basemap.Geometry) {
		var keep [][][]int
		for _, poly := range g.Polygons {
			was := squareKilometres(source, poly[0])
			if validate(t, poly) == nil {
				failed = errors.Join(failed, whole(t, g, poly, was))
				keep = append(keep, poly)
				continue
			}
			fixed := mendPolygon(t, source, poly)
			err := validate(t, fixed)
			switch {
			case err == nil:
				failed = errors.Join(failed, whole(t, g, fixed, was))
				keep = append(keep, fixed)
			case was >= smallest:
				failed = errors.Join(failed, fmt.Errorf("%s: %w", g.Properties.Name, err))
			}
		}
		g.Polygons = keep
	})
	dropEmpty(t)
	return failed
}

// large is the size in square kilometres of land of which thinning must not take
// more than the share mostLost; islands may shrink by more where they are drawn
// to ten kilometres.
const (
	large    = 50_000
	mostLost = 0.15
)

// whole is an error if too much of a polygon is lost, whose outline had so many
// square kilometres.
func whole(t *basemap.Topology, g *basemap.Geometry, poly [][]int, was float64) error {
	if is := squareKilometres(t, poly[0]); was >= large && math.Abs(is-was) > mostLost*was {
		return fmt.Errorf("%s: a polygon of %.0f square kilometres became one of %.0f", g.Properties.Name, was, is)
	}
	return nil
}

func mendPolygon(t, source *basemap.Topology, poly [][]int) [][]int {
	var out [][]int
	for i, ring := range poly {
		line := mendRing(t, source, ring)
		if line == nil {
			if i == 0 {
				return poly
			}
			continue
		}
		t.Arcs = append(t.Arcs, steps(line))
		out = append(out, []int{len(t.Arcs) - 1})
	}
	if validate(t, out) != nil && len(out) > 1 { // a hole that meets the edge
		shell := out[:1:1]
		for _, hole := range out[1:] {
			if with := append(shell[:len(shell):len(shell)], hole); validate(t, with) == nil {
				shell = with
			}
		}
		return shell
	}
	return out
}

// mendRing is a ring without its spikes: as it was thinned, or thinned less. It
// is nil if nothing is left of it.
func mendRing(t, source *basemap.Topology, ring []int) [][2]int {
	all := fromTheWest(source.Ring(ring))
	tolerance := detailOf(t, all).metres
	for _, line := range [][][2]int{t.Ring(ring), thin(t, all, tolerance), thin(t, all, tolerance/2), thin(t, all, tolerance/5), all} {
		if line = simple(line); len(line) >= 4 && plain(line) {
			return line
		}
	}
	return nil
}

// simple is the largest loop of a closed line that meets itself.
func simple(line [][2]int) [][2]int {
	line = touched(uncrossed(line[:len(line)-1]))
	var best, stack [][2]int
	at := map[[2]int]int{}
	for _, p := range line {
		if i, again := at[p]; again {
			loop := append([][2]int{}, stack[i:]...)
			if span(loop) > span(best) {
				best = loop
			}
			for _, q := range stack[i+1:] {
				delete(at, q)
			}
			stack = stack[:i+1]
			continue
		}
		at[p] = len(stack)
		stack = append(stack, p)
	}
	if span(stack) > span(best) {
		best = stack
	}
	if len(best) == 0 {
		return nil
	}
	return append(append([][2]int{}, best...), best[0])
}

// uncrossed cuts off the shorter loop wherever two segments cross.
func uncrossed(line [][2]int) [][2]int {
	for i := 0; i < len(line); i++ {
		for j := i + 2; j < len(line); j++ {
			if i == 0 && j == len(line)-1 || !cross(line[i], line[i+1], line[j], line[(j+1)%len(line)]) {
				continue
			}
			if j-i <= len(line)/2 {
				line = append(append([][2]int{}, line[:i+1]...), line[j+1:]...)
			} else {
				line = append([][2]int{}, line[i+1:j+1]...)
			}
			i = -1 // from the start
			break
		}
	}
	return line
}

// cross reports whether two segments cross in a point inside both.
func cross(a, b, c, d [2]int) bool {
	if max(a[0], b[0]) < min(c[0], d[0]) || max(c[0], d[0]) < min(a[0], b[0]) || max(a[1], b[1]) < min(c[1], d[1]) || max(c[1], d[1]) < min(a[1], b[1]) {
		return false
	}
	side := func(p, q, r [2]int) int { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	s1, s2, s3, s4 := side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
	return (s1 > 0 && s2 < 0 || s1 < 0 && s2 > 0) && (s3 > 0 && s4 < 0 || s3 < 0 && s4 > 0)
}

// touched puts a point into every segment that another point of the line lies on.
func touched(line [][2]int) [][2]int {
	var out [][2]int
	for i, a := range line {
		b := line[(i+1)%len(line)]
		out = append(out, a)
		var on [][2]int
		for _, p := range line {
			if p != a && p != b && between(p, a, b) {
				on = append(on, p)
			}
		}
		for len(on) > 0 { // the nearest to a first
			k := 0
			for j := range on {
				if apart(on[j], a) < apart(on[k], a) {
					k = j
				}
			}
			if on[k] != out[len(out)-1] {
				out = append(out, on[k])
			}
			on = append(on[:k], on[k+1:]...)
		}
	}
	return out
}

// between reports whether p lies on the segment a b, exactly.
func between(p, a, b [2]int) bool {
	if p[0] < min(a[0], b[0]) || p[0] > max(a[0], b[0]) || p[1] < min(a[1], b[1]) || p[1] > max(a[1], b[1]) {
		return false
	}
	return (b[0]-a[0])*(p[1]-a[1]) == (b[1]-a[1])*(p[0]-a[0])
}

func apart(p, q [2]int) int { return (p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) }

// span is twice the area of a loop, in steps of the grid.
func span(loop [][2]int) int {
	sum := 0
	for i, a := range loop {
		b := loop[(i+1)%len(loop)]
		sum += a[0]*b[1] - b[0]*a[1]
	}
	if sum < 0 {
		return -sum
	}
	return sum
}
