package compare

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

func itoa(n int) string { return strconv.Itoa(n) }

// leaves returns the joint leaves of a set of classes.
func (d *diagram) leaves(lv int, in set) vocab.Set {
	var out vocab.Set
	for c := range in.each {
		for _, l := range d.s.dims[lv].values[c].leaves {
			out = out.With(l)
		}
	}
	return out
}

// names names a set of actors as the texts do.
func (d *diagram) names(lv int, in set) []string {
	t := d.s.tree(lv)
	var out []string
	for _, p := range t.Paths(d.leaves(lv, in)) {
		switch p {
		case "*":
			p = "anybody"
		case terms.Outsider:
			p = "anybody whom the text does not name"
		default:
			p = d.s.shown(lv, p)
		}
		out = append(out, p)
	}
	return out
}

// treeFact words a set of leaves by as few nodes as possible, or by what is
// left out of it where that is shorter.
func (d *diagram) treeFact(lv int, in set) Fact {
	t := d.s.tree(lv)
	s := d.leaves(lv, in)
	paths := t.Paths(s)
	f := Fact{Dimension: dimNames[lv], Values: paths}
	rest := t.Paths(d.leaves(lv, d.levels[lv].all.minus(in)))
	words := make([]string, 0, len(paths))
	for _, p := range paths {
		words = append(words, phrase(p))
	}
	text := few(words, 8)
	if 2*len(rest) < len(paths) && len(rest) <= 3 {
		for i := range rest {
			rest[i] = phrase(rest[i])
		}
		text = "anything but " + few(rest, 3)
	}
	f.Words = text
	switch lv {
	case dTarget:
		f.Words = "on: " + text
	case dMeans:
		f.Words = "with: " + text
	case dOutcome:
		f.Words = "outcome: " + text
	case dIntended:
		f.Words = "aimed at: " + text
	}
	return f
}

// phrase names a node; an inner node stands for all below it.
func phrase(path string) string {
	if path == "none" {
		return "nothing that could be named"
	}
	return vocab.Words(path)
}

// timeFact words a set of stretches of time on the clock of the first side.
func (d *diagram) timeFact(in set) Fact {
	var impact, launch []when.Span
	for c := range in.each {
		for _, m := range d.s.dims[dTime].values[c].moments {
			impact = append(impact, m.impact)
			launch = append(launch, m.launch)
		}
	}
	f := Fact{Dimension: "time"}
	spans := joined(impact)
	loc := d.s.clock()
	var words []string
	for _, sp := range spans {
		f.Values = append(f.Values, sp.String())
		words = append(words, SpanWords(sp, loc))
	}
	if f.Words = few(words, 4); len(spans) > 5 {
		if daily, ok := dailyWords(spans, loc); ok {
			f.Words = daily
		}
	}
	if l := joined(launch); len(l) > 0 && !(len(l) == 1 && l[0] == when.Always) {
		var lw []string
		for _, sp := range l {
			lw = append(lw, SpanWords(sp, loc))
		}
		f.Words += "; launched " + few(lw, 4)
	}
	return f
}

// dailyWords words stretches that come back at the same hours day by day; the
// few that do not, where the clock or a date cuts them, are counted.
func dailyWords(spans []when.Span, loc *time.Location) (string, bool) {
	hours := map[string]int{}
	var order []string
	for _, sp := range spans {
		if !sp.Start.Bounded() || !sp.End.Bounded() || sp.End-sp.Start > 86_400_000 {
			continue
		}
		k := sp.Start.Time().In(loc).Format("15:04") + "-" + sp.End.Time().In(loc).Format("15:04")
		if hours[k] == 0 {
			order = append(order, k)
		}
		hours[k]++
	}
	best := ""
	for _, k := range order {
		if hours[k] > hours[best] {
			best = k
		}
	}
	if hours[best] < 5 {
		return "", false
	}
	from, to := spans[0].Start, spans[len(spans)-1].End
	all := when.Span{Start: from, End: to}
	s := "daily " + best + ", " + strings.TrimPrefix(SpanWords(all, loc), "at ")
	if n := len(spans) - hours[best]; n > 0 {
		s += ", and " + itoa(n) + " stretches of other lengths"
	}
	return s, true
}

// clock is the civil clock of the first side that has one other than UTC.
func (s *space) clock() *time.Location {
	for _, side := range s.sides {
		if z := side.terms().Clock.Zone; z != nil && z.String() != "UTC" {
			return z
		}
	}
	return time.UTC
}

// joined unites spans that touch.
func joined(spans []when.Span) []when.Span {
	spans = append([]when.Span(nil), spans...)
	sort.Slice(spans, func(i, k int) bool { return spans[i].Start < spans[k].Start })
	var out []when.Span
	for _, sp := range spans {
		if n := len(out); n > 0 && sp.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, sp.End)
			continue
		}
		out = append(out, sp)
	}
	return out
}

// SpanWords words a span of time on a civil clock: "from 18 Mar 2025 00:00 to
// 25 Mar 2025 01:00 (Europe/Moscow)".
func SpanWords(sp when.Span, loc *time.Location) string {
	zone := " (" + loc.String() + ")"
	switch {
	case sp == when.Always:
		return "at any time"
	case sp.IsMoment():
		return "at " + InstantWords(sp.Start, loc) + zone
	case sp.Start == when.Past:
		return "before " + InstantWords(sp.End, loc) + zone
	case sp.End == when.Future:
		return "from " + InstantWords(sp.Start, loc) + " on" + zone
	}
	return "from " + InstantWords(sp.Start, loc) + " to " + InstantWords(sp.End, loc) + zone
}

// InstantWords words an instant on a civil clock.
func InstantWords(i when.Instant, loc *time.Location) string {
	t := i.Time().In(loc)
	if t.Second() != 0 || t.Nanosecond() != 0 {
		return t.Format("2 Jan 2006 15:04:05.999")
	}
	return t.Format("2 Jan 2006 15:04")
}

// Words says a box in one line: what, on what, by whom, where, when.
func (b *Box) Words() string {
	if len(b.Facts) == 0 {
		return "any act"
	}
	var s []string
	if b.Facts[0].Dimension != "act" && !b.has("act") {
		s = append(s, "any act")
	}
	for _, dim := range []string{"act", "target", "intended_target", "site", "actor", "owner", "controller", "means", "outcome", "place", "origin", "time"} {
		for _, f := range b.Facts {
			if f.Dimension == dim {
				s = append(s, f.Words)
			}
		}
	}
	return strings.Join(s, "; ")
}

func (b *Box) has(dim string) bool {
	for _, f := range b.Facts {
		if f.Dimension == dim {
			return true
		}
	}
	return false
}

// Words says a difference in one line; a and b are what the sides are called.
func (d *Difference) Words(a, b string) string {
	h, t := a, b
	if d.Here == 1 {
		h, t = b, a
	}
	here, there := d.Says[d.Here], d.Says[1-d.Here]
	says := map[judge.Verdict]string{
		judge.Breach: "forbids it", judge.Permitted: "permits it", judge.NotInForce: "speaks of it but is not in force for it", judge.NotCovered: "is silent",
	}
	switch d.Kind {
	case Opposed:
		return "forbidden by " + h + ", permitted by " + t
	case Forbidden:
		return "forbidden by " + h + "; " + t + " is silent"
	case InForceOnly:
		verb := map[judge.Verdict]string{judge.Breach: "forbidden", judge.Permitted: "permitted"}[here]
		return verb + " by " + h + "; " + t + " speaks of it but is not in force for it"
	case Permits:
		return "permitted by " + h + "; " + t + " is silent"
	case Apart:
		return "left open by both, on different questions"
	case Dormant:
		return h + " speaks of it but is not in force for it; " + t + " is silent"
	}
	if here == judge.Contested {
		return "the readings of " + h + " disagree; " + t + " " + says[there]
	}
	return "left open by " + h + "; " + t + " " + says[there]
}
