package views

import (
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestColumnsAgree: columns that rows were put into and taken from, in any order,
// answer as a plain list of rows does.
func TestColumnsAgree(t *testing.T) {
	profiles := []string{}
	for _, state := range []string{"report", "incident"} {
		for _, m := range []string{"public", "restricted"} {
			for _, act := range []string{"", "attack.strike.drone", "attack.strike.drone|attack.sabotage.demolition"} {
				profiles = append(profiles, strings.Join([]string{state, "reported", m, "RU|UA", act, "impact", "", "energy.coal", "", ""}, parted))
			}
		}
	}
	judgements := []string{"", "t@a breach 1.1=breach\x1ft@b permitted", "t@a undetermined\x1ft@b undetermined 1.1=undetermined"}
	rapid.Check(t, func(rt *rapid.T) {
		c := NewColumns(nil)
		rows := map[uint32]Row{}
		n := rapid.IntRange(0, 60).Draw(rt, "rows")
		for range n {
			num := uint32(rapid.IntRange(1, 40).Draw(rt, "num"))
			if old, ok := rows[num]; ok {
				if !c.Remove(old.Start, num) {
					rt.Fatalf("row %d is not found", num)
				}
				delete(rows, num)
				continue
			}
			r := Row{Num: num, Start: noTime, End: noTime, Lat: noPlace, Lon: noPlace, Profile: uint32(rapid.IntRange(0, len(profiles)-1).Draw(rt, "profile")), Judged: uint32(rapid.IntRange(0, len(judgements)-1).Draw(rt, "judged"))}
			if rapid.Bool().Draw(rt, "timed") {
				r.Start = int32(rapid.IntRange(0, 5000).Draw(rt, "start"))
				r.End = r.Start + int32(rapid.IntRange(1, 2000).Draw(rt, "length"))
			}
			if rapid.Bool().Draw(rt, "placed") {
				r.Lat, r.Lon = int32(rapid.IntRange(-89*degree, 89*degree).Draw(rt, "lat")), int32(rapid.IntRange(-180*degree, 180*degree).Draw(rt, "lon"))
				r.Radius = rapid.SampledFrom([]uint16{0, 10, 5000}).Draw(rt, "radius")
			}
			rows[num] = r
			c.Insert(r)
		}
		f := &Filter{Fields: map[string][]string{}, May: []Marking{Public}}
		if rapid.Bool().Draw(rt, "may") {
			f.May = Markings()
		}
		if rapid.Bool().Draw(rt, "span") {
			f.Timed, f.From = true, int64(rapid.IntRange(0, 5000).Draw(rt, "from"))
			f.To = f.From + int64(rapid.IntRange(1, 3000).Draw(rt, "to"))
		}
		if rapid.Bool().Draw(rt, "box") {
			f.Box = &Box{South: -50, West: rapid.Float64Range(-180, 180).Draw(rt, "west"), North: 50, East: rapid.Float64Range(-180, 180).Draw(rt, "east")}
		}
		if rapid.Bool().Draw(rt, "act") {
			f.Fields["act"] = []string{rapid.SampledFrom([]string{"attack", "attack.sabotage", "unknown", "attack.str"}).Draw(rt, "node")}
		}
		f.Verdict = rapid.SampledFrom([]string{"", "breach", "contested", "undetermined"}).Draw(rt, "verdict")
		f.Reading = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "reading")
		if rapid.Bool().Draw(rt, "without") {
			f.Not.Fields = map[string][]string{"act": rapid.SliceOfN(rapid.SampledFrom([]string{"attack", "attack.sabotage", "unknown", "attack.str"}), 0, 2).Draw(rt, "no node")}
			f.Not.Verdicts = rapid.SliceOfN(rapid.SampledFrom([]string{"breach", "contested", "undetermined"}), 0, 2).Draw(rt, "no verdict")
		}
		if f.Verdict == "" && rapid.Bool().Draw(rt, "several") {
			f.Verdicts = rapid.SliceOfN(rapid.SampledFrom([]string{"breach", "contested", "undetermined"}), 1, 2).Draw(rt, "verdicts")
		}
		p := plan(f, profiles, judgements)
		want, totals := plainly(f, rows, profiles, judgements)
		var got []uint32
		var after *Key
		for {
			page := c.List(p, after, 3)
			for _, r := range page.Rows {
				got = append(got, r.Num)
				after = &Key{r.Start, r.Num}
			}
			page.Totals.Shown = 0
			if page.Totals != totals {
				rt.Fatalf("totals %+v, want %+v", page.Totals, totals)
			}
			if !page.More {
				break
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%v, want %v", got, want)
		}
		if f.Box != nil && f.Box.West < f.Box.East {
			inBins, middles := 0, 0
			for _, n := range c.Bins(p, 7, 3) {
				inBins += n
			}
			for _, num := range want {
				r := rows[num]
				middles += one(r.Lat >= p.south && r.Lat < p.north && r.Lon >= p.west && r.Lon < p.east)
			}
			if inBins != middles {
				rt.Fatalf("%d in bins, want %d", inBins, middles)
			}
		}
		days := 0
		for _, counts := range c.Days(p, &grouping{names: []string{""}}) {
			days += counts[0]
		}
		if days != len(want) {
			rt.Fatalf("%d by day, want %d", days, len(want))
		}
	})
}

// plainly is List and Count by going through all rows, one condition after the
// other.
func plainly(f *Filter, rows map[uint32]Row, profiles, judgements []string) ([]uint32, Totals) {
	var t Totals
	var out []Row
	for _, r := range rows {
		fields := strings.Split(profiles[r.Profile], parted)
		if !slices.Contains(f.May, Marking(fields[2])) {
			t.Withheld++
			continue
		}
		may := func(node string) bool {
			ok := fields[4] == "" && node == "unknown"
			for _, v := range strings.Split(fields[4], "|") {
				ok = ok || v != "" && (v + ".")[:min(len(v)+1, len(node)+1)] == node+"."
			}
			return ok
		}
		if want := f.Fields["act"]; want != nil && !may(want[0]) {
			continue
		}
		left := false
		for _, not := range f.Not.Fields["act"] {
			left = left || may(not)
		}
		for _, v := range f.Not.Verdicts {
			left = left || saysSo(&Filter{Reading: f.Reading, Verdict: v}, judgements[r.Judged])
		}
		several := len(f.Verdicts) == 0
		for _, v := range f.Verdicts {
			several = several || saysSo(&Filter{Reading: f.Reading, Verdict: v}, judgements[r.Judged])
		}
		if left || !several {
			continue
		}
		if !saysSo(f, judgements[r.Judged]) {
			continue
		}
		timeOK, timePart := true, false
		if f.Timed && r.Start != noTime {
			timeOK = int64(r.Start) < f.To && int64(r.End) > f.From
			timePart = int64(r.Start) < f.From || int64(r.End) > f.To
		}
		placeOK, placePart := true, false
		if f.Box != nil && r.Lat != noPlace {
			placeOK, placePart = near(f.Box, r)
		}
		if !timeOK || !placeOK {
			continue
		}
		lostTime, lostPlace := f.Timed && r.Start == noTime, f.Box != nil && r.Lat == noPlace
		if r.Start == noTime && !lostPlace {
			t.Undated++
		}
		if r.Lat == noPlace && !lostTime {
			t.Unlocated++
		}
		if lostTime || lostPlace {
			continue
		}
		t.Matched++
		if timePart || placePart {
			t.Straddling++
		}
		out = append(out, r)
	}
	sort.Slice(out, func(i, k int) bool { return before(out[k].Start, out[k].Num, out[i].Start, out[i].Num) })
	var nums []uint32
	for _, r := range out {
		nums = append(nums, r.Num)
	}
	return nums, t
}

func saysSo(f *Filter, judgement string) bool {
	if f.Verdict == "" && f.Reading == "" {
		return true
	}
	has := map[string]string{}
	for _, s := range strings.Split(judgement, parted) {
		if s != "" {
			w := strings.Fields(s)
			has[w[0][2:]] = w[1]
		}
	}
	if f.Verdict == "contested" {
		return f.Reading == "" && has["a"] != has["b"]
	}
	for r, v := range has {
		if (f.Reading == "" || r == f.Reading) && (f.Verdict == "" || v == f.Verdict) {
			return true
		}
	}
	return false
}

// near is the box test in integers of units, longitude by longitude.
func near(b *Box, r Row) (hit, part bool) {
	p := plan(&Filter{Box: b}, nil, nil)
	dlat, dlon := reach(r.Lat, r.Radius)
	if r.Lat-dlat > p.north || r.Lat+dlat < p.south {
		return false, false
	}
	in := func(lon int32) bool {
		if p.west <= p.east {
			return lon >= p.west && lon <= p.east
		}
		return lon >= p.west || lon <= p.east
	}
	hit = in(r.Lon) || in(r.Lon-dlon) || in(r.Lon+dlon) || p.west <= p.east && r.Lon-dlon < p.west && r.Lon+dlon > p.east
	whole := in(r.Lon-dlon) && in(r.Lon+dlon) && r.Lat-dlat >= p.south && r.Lat+dlat <= p.north
	if p.west > p.east { // both ends in the same half
		whole = whole && (r.Lon-dlon >= p.west) == (r.Lon+dlon >= p.west)
	}
	return hit, hit && !whole
}

// TestWithinIsNoLess: the quick bound of a reach is never below it.
func TestWithinIsNoLess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lat, radius := int32(rapid.IntRange(-90*degree, 90*degree).Draw(rt, "lat")), rapid.Uint16().Draw(rt, "radius")
		a, b := reach(lat, radius)
		if c, d, ok := within(lat, radius); ok && (c < a || d < min(b, 180*degree)) && d > 0 {
			rt.Fatalf("within %d %d, reach %d %d", c, d, a, b)
		}
	})
}

// TestSortedInParts: rows sorted part by part are in the order that they have
// sorted at once.
func TestSortedInParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rows := make([]Row, rapid.IntRange(0, 3000).Draw(t, "rows"))
		for i := range rows {
			rows[i] = Row{Num: uint32(i), Start: int32(r.IntN(1 + len(rows)/2))}
		}
		want := slices.Clone(rows)
		slices.SortFunc(want, compareRows)
		if rapid.Bool().Draw(t, "two parts in order") && len(rows) > 0 {
			h := r.IntN(len(rows))
			slices.SortFunc(rows[:h], compareRows)
			slices.SortFunc(rows[h:], compareRows)
			merge(rows, h)
		} else {
			sortRows(rows)
		}
		if !slices.Equal(rows, want) {
			t.Fatal("the order differs")
		}
		n := 0
		for x := range NewColumns(rows).Each {
			if x != want[n] {
				t.Fatalf("row %d of the columns is %v, want %v", n, x, want[n])
			}
			n++
		}
	})
}
