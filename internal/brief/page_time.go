package brief

import (
	"math"
	"sort"
	"time"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// pageSpan is a span in UTC and on the civil clocks of both sides.
type pageSpan struct {
	UTC   string
	Civil [][2]string // place, time
}

// civilZones are the civil clocks that are shown, with equal rank, by name.
var civilZones = [][2]string{{"Kyiv", "Europe/Kyiv"}, {"Moscow", "Europe/Moscow"}}

func newPageSpan(s when.Span) pageSpan {
	if s.Unknown() {
		return pageSpan{UTC: "time unknown"}
	}
	v := pageSpan{UTC: spanText(s, time.UTC, true) + " UTC"}
	for _, z := range civilZones {
		if loc, err := when.Zone(z[1]); err == nil {
			v.Civil = append(v.Civil, [2]string{z[0], spanText(s, loc, false)})
		}
	}
	return v
}

// spanText prints a span in a zone without saying a date twice; civil times
// stand beside those of UTC, which name the year.
func spanText(s when.Span, loc *time.Location, year bool) string {
	date := "2 Jan"
	if year {
		date += " 2006"
	}
	show := func(i when.Instant, layout string) string { return i.Time().In(loc).Format(layout) }
	full := date + ", 15:04"
	switch {
	case !s.Start.Bounded():
		return "before " + show(s.End, full)
	case !s.End.Bounded():
		return "from " + show(s.Start, full)
	case s.IsMoment():
		return show(s.Start, full)
	case show(s.Start, "2 Jan 2006") == show(s.End, "2 Jan 2006"):
		return show(s.Start, full) + "–" + show(s.End, "15:04")
	case show(s.Start, "2006") == show(s.End, "2006"):
		return show(s.Start, "2 Jan, 15:04") + " – " + show(s.End, full)
	}
	return show(s.Start, full) + " – " + show(s.End, full)
}

// pageTime is the timeline, laid out in user units.
type pageTime struct {
	Width, Height float64
	Left, Right   float64 // of the time axis
	Ticks         []pageTick
	Lives         []pageLife
	Marks         []pageMark
	LivesEnd      float64 // below the readings
	Unknown       []pageCard
}

type pageTick struct {
	X    float64
	Text string
}

// pageLife is the life of one reading, with one band a party.
type pageLife struct {
	Label, Title string
	Y, TextY     float64
	Bands        []pageBand
	AsIf         bool
}

type pageBand struct {
	Party    string
	Y, TextY float64
	Parts    []pagePart
}

// pagePart is a stretch of a band: in force for certain, or under some
// answers to what the text leaves open.
type pagePart struct {
	X, W    float64
	Certain bool
	Says    string
}

// pageMark is an incident on the timeline.
type pageMark struct {
	Key, DOM, ID, Says  string
	X, W, Y, TextX, Mid float64
	Moment              bool
}

const (
	timeWidth  = 1120.0
	timeLeft   = 222.0
	timeRight  = timeWidth - 16
	bandHeight = 9.0
	laneHeight = 20.0
)

// axis maps instants to user units.
type axis struct{ from, to when.Instant }

func (a axis) x(i when.Instant) float64 {
	i = min(max(i, a.from), a.to)
	return timeLeft + (timeRight-timeLeft)*float64(i-a.from)/float64(a.to-a.from)
}

func newPageTime(cols []pageColumn, cards []pageCard) pageTime {
	t := pageTime{Width: timeWidth, Left: timeLeft, Right: timeRight}
	stretches := make([]map[terms.PartyID][]stretch, len(cols))
	for k := range cols {
		stretches[k] = lifeOf(cols[k].regime)
	}
	a := timeAxis(cards, stretches)
	t.ticks(a)
	y := 26.0
	for k := range cols {
		y = t.life(a, &cols[k], stretches[k], y)
	}
	t.LivesEnd = y
	t.Height = t.marks(a, cards, y+12) + 8
	return t
}

const dayLong = when.Instant(24 * 60 * 60 * 1000)

// timeAxis spans the incidents, and the starts and ends of readings that lie
// within 45 days of them.
func timeAxis(cards []pageCard, lives []map[terms.PartyID][]stretch) axis {
	a := axis{when.Future, when.Past}
	add := func(i when.Instant) {
		if i.Bounded() {
			a.from, a.to = min(a.from, i), max(a.to, i)
		}
	}
	for _, c := range cards {
		add(c.span.Start)
		add(c.span.End)
	}
	known := a.from <= a.to
	near := axis{a.from, a.to}
	for _, life := range lives {
		for _, ss := range life {
			for _, s := range ss {
				for _, i := range []when.Instant{s.span.Start, s.span.End} {
					if !known || i.Bounded() && i >= near.from-45*dayLong && i <= near.to+45*dayLong {
						add(i)
					}
				}
			}
		}
	}
	if a.from > a.to {
		a = axis{0, dayLong}
	}
	pad := max((a.to-a.from)/40, dayLong/2)
	return axis{a.from - pad, a.to + pad}
}

// ticks marks days of UTC, at most a dozen or so.
func (t *pageTime) ticks(a axis) {
	days := float64(a.to-a.from) / float64(dayLong)
	step := when.Instant(1)
	for _, s := range []when.Instant{1, 2, 3, 5, 7, 14, 28, 56, 91, 182, 365, 730, 1825, 3650} {
		if step = s; days/float64(s) <= 14 {
			break
		}
	}
	layout := "2 Jan"
	if days > 300 {
		layout = "Jan 2006"
	}
	for i := (a.from/dayLong + 1) * dayLong; i <= a.to; i += step * dayLong {
		t.Ticks = append(t.Ticks, pageTick{a.x(i), i.Time().Format(layout)})
	}
}

func (t *pageTime) life(a axis, c *pageColumn, parties map[terms.PartyID][]stretch, y float64) float64 {
	l := pageLife{Label: c.Label, Title: c.Title, Y: y, AsIf: c.Counterfactual}
	ids := make([]string, 0, len(parties))
	for p := range parties {
		ids = append(ids, string(p))
	}
	sort.Strings(ids)
	for _, id := range ids {
		b := pageBand{Party: id, Y: y, TextY: y + bandHeight - 1}
		for _, s := range parties[terms.PartyID(id)] {
			if s.span.End < a.from || s.span.Start > a.to {
				continue
			}
			x := a.x(s.span.Start)
			b.Parts = append(b.Parts, pagePart{x, math.Max(a.x(s.span.End)-x, 1.5), s.certain, s.says(id)})
		}
		l.Bands = append(l.Bands, b)
		y += bandHeight + 3
	}
	if len(ids) == 0 {
		y += bandHeight + 3
	}
	l.TextY = (l.Y+y-3)/2 + 4
	t.Lives = append(t.Lives, l)
	return y + 9
}

// marks lays the incidents into lanes; a mark holds its lane as far as its
// name reaches.
func (t *pageTime) marks(a axis, cards []pageCard, top float64) float64 {
	var ends []float64
	order := make([]int, 0, len(cards))
	for i := range cards {
		if cards[i].span.Unknown() {
			t.Unknown = append(t.Unknown, cards[i])
			continue
		}
		order = append(order, i)
	}
	sort.SliceStable(order, func(i, j int) bool { return cards[order[i]].span.Start < cards[order[j]].span.Start })
	for _, i := range order {
		c := &cards[i]
		x, w := a.x(c.span.Start), a.x(c.span.End)-a.x(c.span.Start)
		m := pageMark{Key: c.Key, DOM: c.DOM, ID: c.ID, Says: c.ID + ", " + c.Time.UTC + ": " + c.Title, X: x, W: math.Max(w, 3), Moment: w < 7}
		if m.Moment {
			m.X, m.W = x+w/2, 0
		}
		reach := m.X + m.W + 10
		label := 8 + 7*float64(len([]rune(c.ID)))
		m.TextX = reach - 3
		lane := 0
		for lane < len(ends) && ends[lane] > m.X-8 {
			lane++
		}
		if lane == len(ends) {
			ends = append(ends, 0)
		}
		if m.TextX+label > timeWidth {
			m.TextX = m.X - label
		}
		ends[lane] = reach + label
		m.Y = top + float64(lane)*laneHeight
		m.Mid = m.Y + 6
		t.Marks = append(t.Marks, m)
	}
	return top + float64(len(ends))*laneHeight
}

// stretch is a part of the life of a reading for one party.
type stretch struct {
	span    when.Span
	certain bool
}

func (s stretch) says(party string) string {
	word := "in force for certain"
	if !s.certain {
		word = "may be in force: the text leaves it open"
	}
	if s.span == when.Always {
		return party + ": " + word + ", at all times"
	}
	return party + ": " + word + ", " + s.span.String()
}

// lifeOf derives from the windows of the forbidding clauses when a regime
// binds each party for certain (under every answer to what the text leaves
// open) and when possibly (under some).
func lifeOf(r *terms.Regime) map[terms.PartyID][]stretch {
	windows := map[terms.PartyID][]terms.Window{}
	for _, c := range r.Clauses {
		if c.Kind != terms.Forbid {
			continue
		}
		for _, w := range c.Windows {
			if w.Party != "" {
				windows[w.Party] = append(windows[w.Party], w)
			}
		}
	}
	out := map[terms.PartyID][]stretch{}
	for p, ws := range windows {
		out[p] = stretches(ws)
	}
	return out
}

func stretches(ws []terms.Window) []stretch {
	var cuts []when.Instant
	for _, w := range ws {
		cuts = append(cuts, w.Span.Start, w.Span.End)
	}
	sort.Slice(cuts, func(i, j int) bool { return cuts[i] < cuts[j] })
	var out []stretch
	for i := 0; i+1 < len(cuts); i++ {
		piece := when.Span{Start: cuts[i], End: cuts[i+1]}
		var over []terms.Window
		for _, w := range ws {
			if w.Span.Start <= piece.Start && piece.End <= w.Span.End {
				over = append(over, w)
			}
		}
		if piece.Start == piece.End || len(over) == 0 {
			continue
		}
		s := stretch{piece, everyAnswer(over)}
		if n := len(out); n > 0 && out[n-1].span.End == piece.Start && out[n-1].certain == s.certain {
			out[n-1].span.End = piece.End
			continue
		}
		out = append(out, s)
	}
	return out
}

// maxAsked is how many questions are enumerated; with more, a stretch is held
// to be uncertain.
const maxAsked = 12

// everyAnswer reports whether some window covers under every combination of
// answers.
func everyAnswer(ws []terms.Window) bool {
	index := map[int]int{}
	for _, w := range ws {
		if len(w.Answers) == 0 {
			return true
		}
		for _, a := range w.Answers {
			if _, ok := index[a.Question]; !ok {
				index[a.Question] = len(index)
			}
		}
	}
	if len(index) > maxAsked {
		return false
	}
	for world := 0; world < 1<<len(index); world++ {
		covered := false
		for _, w := range ws {
			fits := true
			for _, a := range w.Answers {
				fits = fits && uint8(world>>index[a.Question]&1) == a.Value
			}
			covered = covered || fits
		}
		if !covered {
			return false
		}
	}
	return true
}
