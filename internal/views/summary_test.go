package views

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSummariesAgree: columns of several blocks, some of whose rows came and went,
// count by their summaries what they count row by row.
func TestSummariesAgree(t *testing.T) {
	var profiles, judgements []string
	for _, m := range []string{"public", "restricted"} {
		for _, act := range []string{"", "attack.strike.drone", "attack.sabotage", "attack.strike.drone|attack.sabotage"} {
			profiles = append(profiles, strings.Join([]string{"report", "reported", m, "RU|UA", act, "impact", "", "", "", ""}, parted))
		}
	}
	for _, v := range []string{"breach", "permitted", "undetermined"} {
		judgements = append(judgements, "t@a "+v+" 1.1="+v+"\x1ft@b permitted")
	}
	many := slices.Clone(judgements)
	for i := range 700 { // more than are tallied
		many = append(many, "t@a breach 1."+strings.Repeat("1", 1+i%9)+"=breach\x1ft@c permitted"+strings.Repeat(" ", i))
	}
	ran := 0
	rapid.Check(t, func(rt *rapid.T) {
		if ran++; ran > 12 {
			return // each has tens of thousands of rows
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		said := judgements
		if rapid.Bool().Draw(rt, "many codes") {
			said = many
		}
		c := scattered(r, rapid.IntRange(0, 30_000).Draw(rt, "rows"), len(profiles), len(said), rapid.Bool().Draw(rt, "undated"))
		s := &Snapshot{cols: c, profiles: profiles, judgements: said}
		for i := range 60 {
			summaryAgrees(rt, r, s, asked(r), i%12 == 0)
		}
	})
}

// asked is a filter as a console may ask it.
func asked(r *rand.Rand) *Filter {
	f := &Filter{Fields: map[string][]string{}, May: Markings()}
	if r.IntN(4) == 0 {
		f.May = []Marking{Public}
	}
	if r.IntN(3) == 0 {
		f.Timed, f.From = true, int64(r.IntN(40*day))
		f.To = f.From + int64(1+r.IntN(60*day))
	}
	switch r.IntN(6) {
	case 0:
	case 1: // anywhere
		lat, lon := 48+4*r.NormFloat64(), 36+6*r.NormFloat64()
		h, w := math.Exp(3*r.NormFloat64()), math.Exp(3*r.NormFloat64())
		f.Box = &Box{South: max(-90, lat-h), North: min(90, lat+h), West: max(-180, lon-w), East: min(180, lon+w)}
		if r.IntN(6) == 0 {
			f.Box.West, f.Box.East = f.Box.East, f.Box.West
		}
	default: // edges that circles touch, and just do not
		by := func() float64 {
			return []float64{0, 1e-5, 1e-4, 0.0089, 0.0091, 0.1798, 0.1802, 0.268, 0.27, 1, 20}[r.IntN(11)]
		}
		f.Box = &Box{South: 48 + 0.5*float64(r.IntN(3)) - by(), West: 36 - by(), East: 36 + by() + 1e-5}
		f.Box.North = f.Box.South + by() + by() + 1e-5
	}
	if r.IntN(3) == 0 {
		f.Fields["act"] = []string{[]string{"attack.sabotage", "unknown"}[r.IntN(2)]}
	}
	f.Verdict = []string{"", "", "breach", "contested"}[r.IntN(4)]
	if r.IntN(8) == 0 {
		f.Only = map[uint32]bool{}
		for range 500 {
			f.Only[uint32(r.IntN(30_000))] = true
		}
	}
	return f
}

// summaryAgrees compares what one filter counts; with cells too, which takes longer.
func summaryAgrees(rt *rapid.T, r *rand.Rand, s *Snapshot, f *Filter, cells bool) {
	c, p := s.cols, plan(f, s.profiles, s.judgements)
	in := slowly(c, p)
	if got := c.Count(p); got != in.totals {
		rt.Fatalf("%+v, want %+v", got, in.totals)
	}
	by := []string{"", "act", "t@a"}[r.IntN(3)]
	_, days, err := s.Days(f, by)
	if err != nil {
		rt.Fatal(err)
	}
	n := map[int64]int{}
	for d, groups := range days {
		for _, k := range groups {
			n[d] += k
		}
	}
	if !maps.Equal(n, in.days) {
		rt.Fatalf("by %q: %v, want %v", by, n, in.days)
	}
	if got := c.byJudgement(p, len(s.judgements)); !slices.Equal(got, in.judged[:len(s.judgements)]) {
		rt.Fatalf("by judgement %v, want %v", got, in.judged)
	}
	if f.Box != nil && f.Box.West < f.Box.East && f.Box.South < f.Box.North {
		if got, want := c.Bins(p, 31, 17), slowBins(c, p, 31, 17); !slices.Equal(got, want) {
			rt.Fatalf("bins %v, want %v", got, want)
		}
	}
	if !cells {
		return
	}
	z := r.IntN(7)
	u, v := Mercator(48, 36)
	tile := Tile{z, int(u * float64(int(1)<<z)), int(v * float64(int(1)<<z))}
	got, err := s.Cells(f, tile, 32, by)
	if err != nil {
		rt.Fatal(err)
	}
	if want := slowCells(c, p, s, got, by, tile); !slices.Equal(slices.Concat(got.N...), slices.Concat(want.N...)) || !slices.Equal(got.Wide, want.Wide) {
		rt.Fatalf("tile %v by %q: %v\nwant %v", tile, by, got, want)
	}
	rows, more, err := s.OnTile(f, Box{South: 47, North: 49.5, West: 34, East: 38}, 3000, by)
	if err != nil {
		rt.Fatal(err)
	}
	want := slowOnTile(c, f, Box{South: 47, North: 49.5, West: 34, East: 38}, s.profiles, s.judgements)
	if more != (len(want) > 3000) || !more && !slices.Equal(numsOf(rows), want) {
		rt.Fatalf("%d on the tile, want %d", len(rows), len(want))
	}
}

// scattered are columns with rows round some towns and far away, of which a part was
// put in and taken out one by one.
func scattered(r *rand.Rand, n, profiles, judgements int, undated bool) *Columns {
	var rows []Row
	for i := range n {
		x := Row{Num: uint32(i), Start: int32(r.IntN(90 * day)), Lat: noPlace, Lon: noPlace, Profile: uint32(r.IntN(profiles)), Judged: uint32(r.IntN(judgements))}
		if r.IntN(20) == 0 {
			x.Judged = noCode
		}
		if x.End = x.Start + int32(1+r.IntN(3*day)); undated && r.IntN(9) == 0 {
			x.Start, x.End = noTime, noTime
		}
		switch k := r.IntN(20); {
		case k == 0:
		case k == 1:
			x.Lat, x.Lon = int32(r.IntN(180*degree+1)-90*degree), int32(r.IntN(360*degree+1)-180*degree)
		case k < 8: // a town
			x.Lat, x.Lon = 4_800_000+int32(r.IntN(3))*50_000, 3_600_000
		default:
			x.Lat, x.Lon = 4_850_000+int32(r.NormFloat64()*100_000), 3_650_000+int32(r.NormFloat64()*200_000)
		}
		if x.Lat != noPlace {
			x.Lat = min(max(x.Lat, -90*degree), 90*degree)
			x.Radius = []uint16{0, 1, 100, 2000}[r.IntN(4)*r.IntN(2)]
			if k := r.IntN(3000); k < 3 { // few: one makes its whole patch wide
				x.Radius = maxRadius
			}
		}
		rows = append(rows, x)
	}
	h := n - n/10
	c := NewColumns(slices.Clone(rows[:h]))
	for _, x := range rows[h:] {
		c.Insert(x)
		if r.IntN(3) == 0 && h > 0 { // summaries are asked for in between
			c.Count(plan(&Filter{}, make([]string, 0), nil).forAll(profiles, judgements))
		}
	}
	for _, i := range r.Perm(n)[:n/20] {
		c.Remove(rows[i].Start, rows[i].Num)
	}
	return c
}

// forAll lets every code in.
func (p *Plan) forAll(profiles, judgements int) *Plan {
	p.profile, p.may, p.judged = slices.Repeat([]bool{true}, profiles), slices.Repeat([]bool{true}, profiles), slices.Repeat([]bool{true}, judgements)
	return p
}

type slowCount struct {
	totals Totals
	days   map[int64]int
	judged []int
}

// slowly counts row by row.
func slowly(c *Columns, p *Plan) slowCount {
	out := slowCount{days: map[int64]int{}, judged: make([]int, 1000)}
	for _, b := range c.blocks {
		for i := range b.num {
			in, partly, noWhen, noWhere := p.row(b, i)
			t := &out.totals
			t.Matched += one(in)
			t.Straddling += one(partly)
			t.Undated += one(noWhen)
			t.Unlocated += one(noWhere)
			t.Withheld += one(!p.may[b.profile[i]])
			if in {
				out.days[dayOf(b.start[i])]++
				if b.judged[i] != noCode {
					out.judged[b.judged[i]]++
				}
			}
		}
	}
	return out
}

func slowCells(c *Columns, p *Plan, s *Snapshot, like *Cells, by string, t Tile) *Cells {
	g, _ := s.groups(by, s.profiles, p.may)
	out := &Cells{Side: like.Side, N: make([][]int, len(like.N)), Wide: make([]int, len(like.Wide))}
	for i := range out.N {
		out.N[i] = make([]int, len(g.names))
	}
	n := like.Side << t.Z
	for _, b := range c.blocks {
		for i := range b.num {
			if in, _, _, _ := p.row(b, i); !in || b.lat[i] == noPlace {
				continue
			}
			lat, lon := b.lat[i], b.lon[i]
			for x := range like.Side {
				west, east := west(t.X*like.Side+x, n), west(t.X*like.Side+x+1, n)
				if t.X*like.Side+x+1 == n {
					east++
				}
				if lon < west || lon >= east {
					continue
				}
				for y := range like.Side {
					north, south := top(t.Y*like.Side+y, n), top(t.Y*like.Side+y+1, n)
					if lat > north || lat <= south {
						continue
					}
					cell := y*like.Side + x
					out.N[cell][g.of(b.profile[i], b.judged[i])]++
					dlat, dlon, ok := within(lat, b.radius[i])
					if !ok {
						dlat, dlon = reach(lat, b.radius[i])
					}
					out.Wide[cell] += one(b.radius[i] > 0 && (lat+dlat > north || lat-dlat <= south || lon-dlon < west || lon+dlon >= east))
				}
			}
		}
	}
	return out
}

func slowBins(c *Columns, p *Plan, w, h int) []int {
	out := make([]int, w*h)
	for _, b := range c.blocks {
		for i, lat := range b.lat {
			lon := b.lon[i]
			if in, _, _, _ := p.row(b, i); in && lat != noPlace && lat >= p.south && lat < p.north && lon >= p.west && lon < p.east {
				y := min(int(float64(lat-p.south)*(float64(h)/float64(p.north-p.south))), h-1)
				out[y*w+min(int(float64(lon-p.west)*(float64(w)/float64(p.east-p.west))), w-1)]++
			}
		}
	}
	return out
}

func slowOnTile(c *Columns, f *Filter, box Box, profiles, judgements []string) (nums []uint32) {
	g := *f
	g.Box = &box
	p, own := plan(&g, profiles, judgements), plan(f, profiles, judgements)
	for _, b := range c.blocks {
		for i := range b.num {
			on, _, _, _ := p.row(b, i)
			in, _, _, _ := own.row(b, i)
			if on && in && b.lat[i] != noPlace {
				nums = append(nums, b.num[i])
			}
		}
	}
	sort.Slice(nums, func(i, k int) bool { return nums[i] < nums[k] })
	return nums
}

func numsOf(rows []TileRow) (nums []uint32) {
	for _, r := range rows {
		nums = append(nums, r.Num)
	}
	return nums
}
