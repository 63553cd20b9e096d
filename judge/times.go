package judge

import (
	"sort"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// timePieces cuts the time that the scenarios allow at every instant where
// what is in force changes.
func (j *Judge) timePieces(d dim, ss []evidence.Scenario) []piece {
	if d == dLaunch && !j.launchUsed {
		return []piece{{j.full(), 1<<len(ss) - 1, "", nil}}
	}
	type cut struct {
		sp   when.Span
		scen uint64
	}
	var cuts []cut
	for i := range ss {
	next:
		for _, sp := range j.cut(d, timeOf(d, &ss[i])) {
			for k := range cuts {
				if cuts[k].sp == sp {
					cuts[k].scen |= 1 << i
					continue next
				}
			}
			cuts = append(cuts, cut{sp, 1 << i})
		}
	}
	sort.SliceStable(cuts, func(a, b int) bool { return cuts[a].sp.Start < cuts[b].sp.Start })
	out := make([]piece, len(cuts))
	for i, c := range cuts {
		out[i] = piece{m: j.timeMask(d, c.sp.Start, c.sp.End), scen: c.scen, span: &cuts[i].sp}
	}
	return out
}

// timeOf is when an act may have happened, or have been launched: never after the end
// of the time in which it happened, where that is known.
func timeOf(d dim, s *evidence.Scenario) when.Span {
	if d != dLaunch {
		return s.Time
	}
	launch, end := s.Launch, s.Time.End
	if !end.Bounded() {
		return launch
	}
	if s.Time.IsMoment() {
		end++
	}
	if launch.Start < end && launch.End > end {
		launch.End = end
	}
	return launch
}

// cut returns the pieces of a span between the breakpoints of the regime.
func (j *Judge) cut(d dim, sp when.Span) []when.Span {
	if sp.IsMoment() {
		return []when.Span{sp}
	}
	points := append([]when.Instant(nil), j.breaks[d-dLaunch]...)
	points = append(points, j.hourBreaks(d, sp)...)
	sort.Slice(points, func(a, b int) bool { return points[a] < points[b] })
	var out []when.Span
	at := sp.Start
	for _, p := range points {
		if p > at && p < sp.End {
			out = append(out, when.Span{Start: at, End: p})
			at = p
		}
	}
	return append(out, when.Span{Start: at, End: sp.End})
}

// maxHourDays bounds the days over which daily windows are laid out one by
// one; over longer spans one year stands for all.
const maxHourDays = 370

// hourBreaks returns the instants at which daily windows open or close.
func (j *Judge) hourBreaks(d dim, sp when.Span) []when.Instant {
	if !j.hoursUsed[d-dLaunch] {
		return nil
	}
	loc := j.r.Terms.Clock.Zone
	from := sp.Start
	if !from.Bounded() {
		from = 0
		if sp.End.Bounded() {
			from = sp.End.Add(-maxHourDays * 24 * time.Hour)
		}
		for _, b := range j.breaks[d-dLaunch] {
			if b.Bounded() && (b < sp.End || !sp.End.Bounded()) {
				from = b
				break
			}
		}
	}
	t := from.Time().In(loc).AddDate(0, 0, -1)
	var out []when.Instant
	for i := 0; i < maxHourDays; i++ {
		y, m, day := t.AddDate(0, 0, i).Date()
		noon := time.Date(y, m, day, 12, 0, 0, 0, loc)
		for b := range j.boxes {
			if h := j.boxes[b].Hours; h != nil {
				out = civilMinute(out, noon, h.From)
				out = civilMinute(out, noon, h.Until)
			}
		}
		if len(out) > 0 && when.At(noon.Add(-36*time.Hour)) > sp.End {
			break
		}
	}
	return out
}

// civilMinute appends the instants at which a clock may show, or pass, a minute
// of the day round noon: both where it shows the minute twice, and where the
// clock changes on that day also the change itself, at which a daily window may
// open or close though the clock never shows its minute.
func civilMinute(out []when.Instant, noon time.Time, minute int) []when.Instant {
	y, m, day := noon.Date()
	civil := time.Date(y, m, day, minute/60, minute%60, 0, 0, time.UTC)
	start, end := noon.ZoneBounds()
	seen := map[int]bool{}
	for _, t := range []time.Time{noon, noon.Add(-24 * time.Hour), noon.Add(24 * time.Hour)} {
		_, offset := t.Zone()
		if !seen[offset] {
			seen[offset] = true
			out = append(out, when.At(civil.Add(-time.Duration(offset)*time.Second)))
		}
	}
	for _, change := range []time.Time{start, end} {
		if !change.IsZero() && change.Sub(noon).Abs() <= 36*time.Hour {
			out = append(out, when.At(change))
		}
	}
	return out
}

// timeMask says which windows and daily hours hold in a piece between
// breakpoints.
func (j *Judge) timeMask(d dim, start, end when.Instant) mask {
	at := start
	if at == when.Past {
		at = end - 1
		if end == when.Future {
			at = 0 // no breakpoint at all: any instant stands for all
		}
	}
	m := j.full()
	for w := range j.windows {
		if j.windowDim[w] == d && !inWindow(j.windows[w].Span, at) {
			m.clear(len(j.boxes) + w)
		}
	}
	for b := range j.boxes {
		if h := j.boxes[b].Hours; h != nil && j.boxDim[b] == d && !inHours(*h, at, j.r.Terms.Clock.Zone) {
			m.clear(b)
		}
	}
	return m
}

func inWindow(s when.Span, at when.Instant) bool {
	return s.Start <= at && (at < s.End || s.End == when.Future)
}

func inHours(h terms.Hours, at when.Instant, loc *time.Location) bool {
	t := at.Time().In(loc)
	min := t.Hour()*60 + t.Minute()
	if h.From < h.Until {
		return h.From <= min && min < h.Until
	}
	return min >= h.From || min < h.Until
}
