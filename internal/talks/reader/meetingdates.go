package reader

import "github.com/truce-project/truce/internal/talks"

// meetingDates dates a meeting by what stands nearest to it, not across another.
func (d *document) meetingDates(out *talks.Draft, s *sentence, t tag, from, to int) {
	lo, hi := s.clause(t.s)
	cut := s.border(t, lo, hi)
	best, gap := -1, 1<<30
	for i, x := range s.dates {
		g := min(abs(x.s-t.s), abs(x.s-from), abs(x.s-to))
		if x.s < cut[0] || x.e > cut[1] {
			g += 200
			if len(s.of("before", "after")) > 0 && !x.shift && !(len(s.dates) == 1 && len(s.of("meet")) == 1) {
				continue // it dates the other meeting
			}
		}
		if x.next && x.e <= t.s && (len(s.of("before", "after")) == 0 || cut[0] >= x.s) {
			g = -1 // "a day before U.S. negotiators meet"
		} else if x.next {
			continue
		}
		if s.afterSay(x) && !s.sameVerb(t) {
			continue
		}
		if g < gap {
			best, gap = i, g
		}
	}
	if best < 0 {
		d.dayOfTelling(out, s)
		return
	}
	if out.State == "moved" || out.State == "cancelled" {
		d.movedDates(out, s, cut)
		return
	}
	if b := s.dates[best]; s.presentMeet(t) && d.dateline.weekday() != 0 && b.to != 0 && b.to != d.dateline.weekday() && b.side >= 0 && d.nearerAhead(b) {
		out.State = "planned" // "they meet on Thursday"
	}
	ahead := out.State == "planned" && !(s.wasToBe(t) && !d.nearerAhead(s.dates[best])) || out.State == "" && d.nearerAhead(s.dates[best])
	x := d.resolve(s, s.dates[best], ahead)
	out.Date = &x
}

// presentMeet: told in the present.
func (s *sentence) presentMeet(t tag) bool {
	switch s.toks[t.s].low {
	case "meet", "meets":
		return true
	}
	return false
}

// movedDates: the new day of a meeting that is moved is its date, the old ones
// stand beside it. A weekday that was given up is the nearest of that name.
func (d *document) movedDates(out *talks.Draft, s *sentence, cut [2]int) {
	for _, x := range s.dates {
		if x.s < cut[0] || x.e > cut[1] || s.afterSay(x) {
			continue
		}
		if out.State == "moved" && s.movedTo(x) {
			r := d.resolve(s, x, true)
			out.Date = &r
			continue
		}
		out.Dates = append(out.Dates, d.resolve(s, x, d.nearerAhead(x)))
	}
	if out.State == "cancelled" && len(out.Dates) > 0 {
		out.Date, out.Dates = &out.Dates[0], out.Dates[1:]
	}
	if out.State == "moved" && out.Date == nil {
		out.Open = append(out.Open, "to which day is not said here")
	}
}

// movedTo: "to Sunday", "на вівторок".
func (s *sentence) movedTo(x dateTag) bool {
	for k := x.s; k >= 0 && k >= x.s-1; k-- {
		switch s.toks[k].low {
		case "to", "until", "till", "на":
			return true
		}
	}
	return false
}

// nearerAhead: the next day of that name is nearer than the last.
func (d *document) nearerAhead(x dateTag) bool {
	from := d.dateline.weekday()
	if from == 0 {
		from = d.anchor
	}
	return x.to != 0 && ((x.to-from)+7)%7 <= 3
}

// dayOfTelling dates a meeting that is told to have begun or ended by the day on which
// that was said, where the words give no other.
func (d *document) dayOfTelling(out *talks.Draft, s *sentence) {
	if len(s.dates) != 1 || !s.afterSay(s.dates[0]) || out.State != "held" && out.State != "ongoing" || len(s.of("meet")) > 1 {
		return
	}
	x := d.resolve(s, s.dates[0], false)
	x.Why += "; the words date that it was said"
	out.Date = &x
}

// wasToBe: a plan that is told in the past: "was to take place on Monday".
func (s *sentence) wasToBe(t tag) bool {
	lo, hi := s.clause(t.s)
	for _, f := range s.of("future") {
		if f.s < lo || f.e > hi {
			continue
		}
		if w := f.phrase.words[0]; w == "was" || w == "were" || f.s > 0 && (s.toks[f.s-1].low == "was" || s.toks[f.s-1].low == "were") {
			return true
		}
	}
	return false
}
