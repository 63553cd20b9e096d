package views

import (
	"math"
	"runtime"
	"slices"
	"sort"
	"strings"
)

// Box is a box of latitudes and longitudes, in degrees.
type Box struct{ South, West, North, East float64 }

// Filter says which incidents are wanted. Zero values want all. Of an uncertain
// fact it asks whether it may be so: a time that may lie in the span, a place
// that may lie in the box, one of the possible values.
type Filter struct {
	From, To int64 // minutes since 1970; To 0: open. From is used only with Timed
	Timed    bool
	Box      *Box
	// Fields are wanted values of the profile's fields, by name: any of them. Nodes
	// of trees stand for all below them; "unknown" for a fact that is not known.
	Fields map[string][]string
	// Found asks that one finding is so: text, reading, verdict, clause. The verdict
	// "contested" asks that readings of one text disagree.
	Terms, Reading, Verdict, Clause string
	// Verdicts are verdicts of which any will do, beside Verdict.
	Verdicts []string
	// Not leaves out what the same values would ask for: with it and without it are
	// together all that the rest asks for.
	Not Without
	// Only are the incidents that a search has found; nil: any.
	Only map[uint32]bool
	// May says which markings the reader may see; Eyes, where they are given, how
	// much of what.
	May  []Marking
	Eyes *Eyes
}

// Without is what a filter leaves out: rows of which a field may be so, or a finding, as
// text and reading ask for it, is so.
type Without struct {
	Fields   map[string][]string
	Verdicts []string
	Clause   string
}

// Totals say what a list leaves out.
type Totals struct {
	Matched    int `json:"matched" doc:"incidents that the filters ask for"`
	Shown      int `json:"shown" doc:"of these, on this page"`
	Unlocated  int `json:"unlocated" doc:"incidents that all other filters ask for and whose place is not known: with a box they are not in matched"`
	Undated    int `json:"undated" doc:"incidents that all other filters ask for and whose time is not known: with a span they are not in matched"`
	Straddling int `json:"straddling" doc:"of matched, those whose uncertain place may also lie outside the box, or time outside the span"`
	Withheld   int `json:"withheld" doc:"incidents of the whole record that you may not see, whatever the filters"`
}

// Plan is a filter made ready for the codes of a state.
type Plan struct {
	f               *Filter
	profile, judged []bool // by code
	may             []bool // by profile code: the reader may see it
	unjudged        bool   // so are rows of which nothing was found
	allProfile      bool   // every profile is asked for
	allJudged       bool   // and every judgement
	south, north    int32
	west, east      int32
}

// codes reports whether the codes of a row are asked for.
func (p *Plan) codes(profile, judged uint32) bool {
	if !p.profile[profile] {
		return false
	}
	if judged == noCode {
		return p.unjudged
	}
	return p.judged[judged]
}

// fieldsOf reads the fields of a code's text.
func fieldsOf(text string) []string { return strings.Split(text, parted) }

// plan reads what the codes stand for.
func plan(f *Filter, profiles, judgements []string) *Plan {
	p := &Plan{f: f, unjudged: !f.asksFindings(), profile: make([]bool, len(profiles)), may: make([]bool, len(profiles)), judged: make([]bool, len(judgements))}
	for i, t := range profiles {
		fields := fieldsOf(t)
		p.may[i] = slices.Contains(f.May, Marking(fields[markingField]))
		p.profile[i] = p.may[i] && f.profileFits(fields)
	}
	for i, t := range judgements {
		p.judged[i] = f.judgementFits(t)
	}
	p.allProfile, p.allJudged = !slices.Contains(p.profile, false), p.unjudged && !slices.Contains(p.judged, false)
	if f.Box != nil {
		p.south, p.north = int32(math.Floor(f.Box.South*degree)), int32(math.Ceil(f.Box.North*degree))
		p.west, p.east = int32(math.Floor(f.Box.West*degree)), int32(math.Ceil(f.Box.East*degree))
	}
	return p
}

func (f *Filter) profileFits(fields []string) bool {
	for i, name := range profileFields {
		if want := f.Fields[name]; len(want) > 0 && !fits(fields[i], want) {
			return false
		}
		if not := f.Not.Fields[name]; len(not) > 0 && fits(fields[i], not) {
			return false
		}
	}
	return true
}

// fits reports whether one of the possible values is one that is wanted, or below
// it.
func fits(have string, want []string) bool {
	if have == "" {
		return slices.Contains(want, "unknown")
	}
	for _, h := range strings.Split(have, "|") {
		for _, w := range want {
			if h == w || strings.HasPrefix(h, w) && h[len(w)] == '.' {
				return true
			}
		}
	}
	return false
}

// asksFindings reports whether the filter asks for what was found.
func (f *Filter) asksFindings() bool {
	return f.Terms != "" || f.Reading != "" || f.Verdict != "" || len(f.Verdicts) > 0 || f.Clause != ""
}

// judgementFits reports whether what was found is as wanted, and is not what is left
// out.
func (f *Filter) judgementFits(text string) bool {
	any := len(f.Verdicts) == 0 && f.found(text, f.Verdict, f.Clause)
	for _, v := range f.Verdicts {
		any = any || f.found(text, v, f.Clause)
	}
	if !any || f.Not.Clause != "" && f.found(text, "", f.Not.Clause) {
		return false
	}
	for _, v := range f.Not.Verdicts {
		if f.found(text, v, f.Clause) {
			return false
		}
	}
	return true
}

// found reports whether a finding of the text and reading has a verdict and a clause.
func (f *Filter) found(text, verdict, clause string) bool {
	f = &Filter{Terms: f.Terms, Reading: f.Reading, Verdict: verdict, Clause: clause}
	if !f.asksFindings() {
		return true
	}
	if text == "" {
		return false
	}
	verdicts := map[string]string{}
	contested := false
	for _, one := range fieldsOf(text) {
		words := strings.Split(one, " ")
		id, reading, _ := strings.Cut(words[0], "@")
		if f.Terms != "" && id != f.Terms || f.Reading != "" && f.Reading != "*" && reading != f.Reading {
			continue
		}
		if v, ok := verdicts[id]; ok && v != words[1] {
			contested = true
		}
		verdicts[id] = words[1]
		if f.Verdict == "contested" || f.Reading == "*" {
			continue
		}
		if f.one(words[1], words[2:]) {
			return true
		}
	}
	return contested && (f.Verdict == "contested" || f.Reading == "*")
}

// one reports whether one finding is as wanted; with a clause, the verdict asked
// for is that of the clause.
func (f *Filter) one(verdict string, clauses []string) bool {
	if f.Clause == "" {
		return f.Verdict == "" || verdict == f.Verdict
	}
	for _, c := range clauses {
		id, v, _ := strings.Cut(c, "=")
		if id == f.Clause && (f.Verdict == "" || v == f.Verdict) {
			return true
		}
	}
	return false
}

// Wants reports whether a finding is one that the filter asks for.
func (f *Filter) Wants(x *Finding) bool {
	if f.Terms != "" && x.Terms != f.Terms || f.Reading != "" && f.Reading != "*" && x.Reading != f.Reading {
		return false
	}
	if slices.Contains(f.Not.Verdicts, x.Verdict) {
		return false
	}
	if f.Verdict == "contested" || slices.Contains(f.Verdicts, "contested") {
		return true // all readings that disagree
	}
	var clauses []string
	for _, c := range x.Clauses {
		clauses = append(clauses, c.Clause+"="+c.Verdict)
	}
	if len(f.Verdicts) == 0 {
		return f.one(x.Verdict, clauses)
	}
	return slices.ContainsFunc(f.Verdicts, func(v string) bool {
		return (&Filter{Verdict: v, Clause: f.Clause}).one(x.Verdict, clauses)
	})
}

// row weighs a row by the codes, then by time, then by place: whether it is asked
// for, whether it may also lie outside, and whether it counts as undated or
// unlocated.
func (p *Plan) row(b *block, i int) (in, partly, noWhen, noWhere bool) {
	if !p.codes(b.profile[i], b.judged[i]) {
		return
	}
	if p.f.Only != nil && !p.f.Only[b.num[i]] {
		return
	}
	noWhen, noWhere = b.start[i] == noTime, b.lat[i] == noPlace
	in = true
	if p.f.Timed && !noWhen {
		from, to := p.f.From, p.f.To
		if to == 0 {
			to = math.MaxInt64
		}
		s, e := int64(b.start[i]), int64(b.end[i])
		if s >= to || e <= from {
			return false, false, false, false
		}
		partly = s < from || e > to
	}
	if p.f.Box != nil && !noWhere {
		hit, whole := p.box(b.lat[i], b.lon[i], b.radius[i])
		if !hit {
			return false, false, false, false
		}
		partly = partly || !whole
	}
	if p.f.Timed && noWhen || p.f.Box != nil && noWhere {
		in = false
	}
	return in, partly && in, noWhen && (in || !(p.f.Box != nil && noWhere)), noWhere && (in || !(p.f.Timed && noWhen))
}

// box reports whether a circle may lie in the box, and whether it lies in it for
// sure. A box whose west is east of its east goes over the antimeridian.
func (p *Plan) box(lat, lon int32, radius uint16) (hit, whole bool) {
	if dlat, dlon, ok := within(lat, radius); ok && p.west <= p.east { // most rows are far from the rim
		if lat-dlat > p.north || lat+dlat < p.south || lon-dlon > p.east || lon+dlon < p.west {
			return false, false
		}
		if lat-dlat >= p.south && lat+dlat <= p.north && lon-dlon >= p.west && lon+dlon <= p.east {
			return true, true
		}
	}
	dlat, dlon := reach(lat, radius)
	if lat-dlat > p.north || lat+dlat < p.south {
		return false, false
	}
	insideLat := lat-dlat >= p.south && lat+dlat <= p.north
	if p.west <= p.east {
		if lon-dlon > p.east || lon+dlon < p.west {
			return false, false
		}
		return true, insideLat && lon-dlon >= p.west && lon+dlon <= p.east
	}
	if lon-dlon > p.east && lon+dlon < p.west {
		return false, false
	}
	return true, insideLat && (lon-dlon >= p.west || lon+dlon <= p.east)
}

// skip reports whether no row of a block can be asked for, or counted as undated
// or unlocated.
func (p *Plan) skip(b *block) bool {
	if p.f.Timed && b.start[0] != noTime {
		if p.f.To != 0 && int64(b.start[0]) >= p.f.To || int64(b.maxEnd) <= p.f.From {
			return true
		}
	}
	return false
}

// Key is the place of a row in a list by time, newest first.
type Key struct {
	Start int32
	Num   uint32
}

// Page is a part of a list.
type Page struct {
	Rows   []Row
	More   bool // there are further rows after the last
	Totals Totals
}

// List returns the rows after a key (nil: from the newest on), and the totals of
// the whole list.
func (c *Columns) List(p *Plan, after *Key, limit int) Page {
	page := c.page(p, after, limit)
	page.Totals = c.Count(p)
	page.Totals.Shown = len(page.Rows)
	return page
}

// page is List without the totals: it goes no further than it must.
func (c *Columns) page(p *Plan, after *Key, limit int) Page {
	var page Page
	for k := len(c.blocks) - 1; k >= 0 && !page.More; k-- {
		b := c.blocks[k]
		if p.skip(b) || after != nil && !before(b.start[0], b.num[0], after.Start, after.Num) {
			continue
		}
		for i := len(b.num) - 1; i >= 0; i-- {
			if after != nil && !before(b.start[i], b.num[i], after.Start, after.Num) {
				continue
			}
			if in, _, _, _ := p.row(b, i); !in {
				continue
			}
			if len(page.Rows) == limit {
				page.More = true
				break
			}
			page.Rows = append(page.Rows, b.row(i))
		}
	}
	return page
}

// Count counts, over all rows.
func (c *Columns) Count(p *Plan) Totals {
	parts, seesAll := make([]Totals, runtime.GOMAXPROCS(0)), p.allSeen()
	rows := make([]*lists, len(parts))
	c.scan(func(w int, b *block) {
		t := &parts[w]
		if !seesAll {
			p.withheld(b, t)
		}
		if p.skip(b) {
			return
		}
		if p.f.Box != nil && rows[w] == nil {
			rows[w] = new(lists)
		}
		p.count(b, rows[w], t)
	})
	var sum Totals
	for _, t := range parts {
		sum.Matched += t.Matched
		sum.Straddling += t.Straddling
		sum.Undated += t.Undated
		sum.Unlocated += t.Unlocated
		sum.Withheld += t.Withheld
	}
	return sum
}

// whole reports whether all rows of a block are in the span that is asked for, if
// one is.
func (p *Plan) whole(b *block) bool {
	return !p.f.Timed || b.start[0] != noTime && int64(b.start[0]) >= p.f.From && (p.f.To == 0 || int64(b.maxEnd) <= p.f.To)
}

// count counts a block. Most blocks need neither the span nor a search.
func (p *Plan) count(b *block, l *lists, t *Totals) {
	if p.f.Only != nil || !p.whole(b) || p.f.Box != nil && p.west > p.east {
		for i := range b.num {
			in, partly, noWhen, noWhere := p.row(b, i)
			t.Matched += one(in)
			t.Straddling += one(partly)
			t.Undated += one(noWhen)
			t.Unlocated += one(noWhere)
		}
		return
	}
	for i := 0; i < len(b.num) && b.start[i] == noTime; i++ { // and no span is asked for
		in, _, _, _ := p.row(b, i)
		t.Undated += one(in)
	}
	if s := b.summed(); p.f.Box == nil {
		p.countCodes(b, s, t)
	} else {
		p.countBox(b, s, l, t)
	}
}

// withheld counts the rows of a block that the reader may not see.
func (p *Plan) withheld(b *block, t *Totals) {
	if of := b.summed().profile; of != nil {
		for _, x := range of {
			t.Withheld += int(x.n) * one(!p.may[x.code])
		}
		return
	}
	for _, code := range b.profile {
		t.Withheld += one(!p.may[code])
	}
}

func (p *Plan) allSeen() bool { return !slices.Contains(p.may, false) }

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// day is minutes.
const day = 24 * 60

// Days counts what matches by day of its start (UTC) and by a group of its codes;
// rows without a time are counted under day noTime.
func (c *Columns) Days(p *Plan, g *grouping) map[int64][]int {
	parts := make([]map[int64][]int, runtime.GOMAXPROCS(0))
	c.scan(func(w int, b *block) {
		if parts[w] == nil {
			parts[w] = map[int64][]int{}
		}
		if p.skip(b) {
			return
		}
		whole := p.whole(b)
		for from, to := 0, 0; from < len(b.num); from = to {
			d := dayOf(b.start[from])
			to = from + sort.Search(len(b.num)-from, func(i int) bool { return dayOf(b.start[from+i]) > d })
			counts := parts[w][d]
			if counts == nil {
				counts = make([]int, len(g.names))
			}
			if g.day(p, b, from, to, whole, counts) {
				parts[w][d] = counts
			}
		}
	})
	out := map[int64][]int{}
	for _, m := range parts {
		for d, counts := range m {
			if out[d] == nil {
				out[d] = counts
				continue
			}
			for g, n := range counts {
				out[d][g] += n
			}
		}
	}
	return out
}

// dayOf is the day of a start; that of none is before all others.
func dayOf(start int32) int64 {
	if start == noTime {
		return noTime
	}
	return floorDiv(int64(start), day)
}

// day adds the groups of the rows of a block from one to another; false where none
// matches.
func (g *grouping) day(p *Plan, b *block, from, to int, whole bool, into []int) (some bool) {
	if whole && p.f.Only == nil && p.f.Box == nil && p.allProfile && p.allJudged && g.ofProfile == nil {
		if g.ofJudged == nil {
			into[0] += to - from
			return true
		}
		if of := b.summed().judged; to-from == len(b.num) && of != nil {
			for _, x := range of {
				into[g.of(0, x.code)] += int(x.n)
			}
			return true
		}
		for _, j := range b.judged[from:to] {
			into[g.of(0, j)]++
		}
		return true
	}
	for i := from; i < to; i++ {
		if p.takes(b, i, whole) {
			into[g.of(b.profile[i], b.judged[i])]++
			some = true
		}
	}
	return some
}

// Bins counts what matches in the cells of a grid over the filter's box, by the
// middles of their places: for drawing, nothing is judged by it. Rows whose middle
// lies outside are left out; cells go from the south west, row by row.
func (c *Columns) Bins(p *Plan, w, h int) []int {
	parts := make([][]uint32, runtime.GOMAXPROCS(0))
	perLon, perLat := float64(w)/float64(p.east-p.west), float64(h)/float64(p.north-p.south)
	box, some := frameOf(p.south, p.north-1, p.west, p.east-1, 0, 0)
	if !some {
		return make([]int, w*h)
	}
	c.scan(func(k int, b *block) {
		if parts[k] == nil {
			parts[k] = make([]uint32, w*h)
		}
		if p.skip(b) || b.maxLat < p.south || b.minLat > p.north || b.maxLon < p.west || b.minLon > p.east {
			return
		}
		simple := p.f.Only == nil && p.whole(b) // a middle in the box is a place that may lie in it
		all := simple && p.allProfile && p.allJudged
		counts, lons := parts[k], b.lon[:len(b.lat)]
		for i, lat := range b.lat {
			lon := lons[i]
			if !box.holds(lat, lon) {
				continue
			}
			if !all && (simple && !p.codes(b.profile[i], b.judged[i]) || !simple && !p.takes(b, i, false)) {
				continue
			}
			counts[min(int(float64(lat-p.south)*perLat), h-1)*w+min(int(float64(lon-p.west)*perLon), w-1)]++
		}
	})
	out := make([]int, w*h)
	for _, part := range parts {
		for i, n := range part {
			out[i] += int(n)
		}
	}
	return out
}
