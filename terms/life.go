package terms

import (
	"slices"

	"github.com/truce-project/truce/when"
)

// edge is a start or end that holds under some answers.
type edge struct {
	at      when.Instant
	answers []Answer
}

// lifetime is the starts and ends of a regime; ends hold under the answers
// that they carry, which may be those of a start.
type lifetime struct{ starts, ends []edge }

// edges turns a moment into edges: one if it is certain, two extremes, under
// a question, if it lies in a range.
func (x *resolver) edges(id, question string, m *Moment) []edge {
	r := m.Range
	if r.Certain() {
		return []edge{{at: r.Earliest}}
	}
	if m.Stated != "" {
		question += " The text says: " + m.Stated + "."
	}
	q := x.question(id, question, [2]string{label(r.Earliest), label(r.Latest)})
	return []edge{{r.Earliest, []Answer{{Question: q}}}, {r.Latest, []Answer{{Question: q, Value: 1}}}}
}

// label is how an answer names an instant.
func label(i when.Instant) string {
	switch i {
	case when.Past:
		return "already"
	case when.Future:
		return "never"
	}
	return i.String()
}

// after returns the edges that lie a stated duration after others.
func (x *resolver) after(from []edge, m *Moment) []edge {
	loc := x.p.t.Clock.Zone
	var out []edge
	for _, e := range from {
		at := e.at
		if loc != nil || m.For.Days == 0 || x.p.t.Clock.Days == when.Hours24 {
			at = m.For.After(e.at, x.p.t.Clock.Days, loc)
		} else {
			x.p.errorf(m.Pos, "%s counts calendar days and the terms name no time zone: write time: {zone: ..., days: calendar} or days: 24h", m.Stated)
		}
		out = append(out, edge{at, e.answers})
	}
	return out
}

// life returns the start and end of the reading.
func (x *resolver) life() lifetime {
	t, r := x.p.t, x.r.Reading
	start, end := t.Start, t.End
	if r != nil && r.Start != nil {
		start = r.Start
	}
	if r != nil && r.End != nil {
		end = r.End
	}
	var l lifetime
	switch {
	case start == nil && x.commitmentsStart():
		l.starts = []edge{{at: when.Past}}
	case start == nil:
		start = &Moment{Range: when.Range{Earliest: when.Past, Latest: when.Future}, Stated: "nothing"}
		fallthrough
	default:
		l.starts = x.edges("start", "When does it start?", start)
	}
	switch {
	case end == nil:
		l.ends = []edge{{at: when.Future}}
	case end.For != nil:
		l.ends = x.after(l.starts, end)
	default:
		l.ends = x.edges("end", "When does it end?", end)
	}
	return l
}

// commitmentsStart reports whether every commitment names its own start.
func (x *resolver) commitmentsStart() bool {
	cs := x.commitments(nil)
	for _, c := range cs {
		if c.From == nil && c.Status == Given {
			return false
		}
	}
	return len(cs) > 0
}

// commitments returns the undertakings under the reading: those of the text,
// overridden by id by those of the reading, then by extra.
func (x *resolver) commitments(extra []Commitment) []Commitment {
	var out []Commitment
	add := func(c Commitment) {
		for i := range out {
			if out[i].ID == c.ID {
				out[i] = c
				return
			}
		}
		out = append(out, c)
	}
	for _, c := range x.p.t.Commitments {
		if inReading(c.Readings, x.r.ReadingID) {
			add(c)
		}
	}
	if x.r.Reading != nil {
		for _, c := range x.r.Reading.Commitments {
			add(c)
		}
	}
	for _, c := range extra {
		if inReading(c.Readings, x.r.ReadingID) {
			add(c)
		}
	}
	return out
}

// windows returns when a clause binds whom.
func (x *resolver) windows(c *Clause, l lifetime, commitments []Commitment, assume bool) []Window {
	var out []Window
	if c.Kind == Reinstate || c.Kind == Reserve || c.Kind == Permit && len(c.Except) > 0 {
		// What takes back, or is reserved, lives as long as what it speaks of.
		base := Window{Actors: x.p.t.Actors().All(), Span: when.Always}
		if assume {
			return []Window{base}
		}
		return x.ownDates(c, l, []Window{base})
	}
	for _, id := range x.bound(c) {
		out = append(out, simplify(x.windowsOf(c, id, l, commitments, assume))...)
	}
	return out
}

// windowsOf returns when a clause binds one party.
func (x *resolver) windowsOf(c *Clause, id PartyID, l lifetime, commitments []Commitment, assume bool) []Window {
	actors, _ := x.p.t.Actor(string(id))
	base := Window{Party: id, Actors: actors, Span: when.Always}
	if len(commitments) == 0 {
		if assume {
			return []Window{base}
		}
		return x.window(c, l, base, nil)
	}
	var out []Window
	for i := range commitments {
		k := &commitments[i]
		if k.Party != id || len(k.Clauses) > 0 && !has(k.Clauses, c.ID) {
			continue
		}
		base.Why = k.ID
		if assume {
			return []Window{base}
		}
		out = append(out, x.window(c, l, base, k)...)
	}
	return out
}

// simplify cuts the windows of one party where any of them starts or ends and
// drops the questions that do not matter in a piece: an act well inside every
// answer's window does not turn on when it started.
func simplify(ws []Window) []Window {
	var cuts []when.Instant
	for _, w := range ws {
		cuts = append(cuts, w.Span.Start, w.Span.End)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []Window
	for i := 0; i+1 < len(cuts); i++ {
		piece := when.Span{Start: cuts[i], End: cuts[i+1]}
		var terms [][]Answer
		var in Window
		for _, w := range ws {
			if w.Span.Start <= piece.Start && piece.End <= w.Span.End {
				terms, in = append(terms, w.Answers), w
			}
		}
		for _, t := range reduce(terms) {
			w := in
			w.Span, w.Answers = piece, t
			out = extend(out, w)
		}
	}
	return out
}

// extend appends a window, or lengthens the one that it continues.
func extend(out []Window, w Window) []Window {
	for i := range out {
		if out[i].Span.End == w.Span.Start && sameAnswers(out[i].Answers, w.Answers) {
			out[i].Span.End = w.Span.End
			return out
		}
	}
	return append(out, w)
}

// reduce joins sets of answers, of which one must hold, that differ in the
// answer to one question alone, and drops those that another includes.
func reduce(terms [][]Answer) [][]Answer {
	for changed := true; changed; {
		changed = false
		for i := 0; i < len(terms) && !changed; i++ {
			for k := 0; k < len(terms) && !changed; k++ {
				if i == k {
					continue
				}
				if includes(terms[k], terms[i]) {
					terms = slices.Delete(terms, k, k+1)
					changed = true
				} else if q, ok := onlyDiffer(terms[i], terms[k]); ok {
					terms[i] = slices.DeleteFunc(slices.Clone(terms[i]), func(a Answer) bool { return a.Question == q })
					terms = slices.Delete(terms, k, k+1)
					changed = true
				}
			}
		}
	}
	return terms
}

// includes reports whether every answer of b stands in a.
func includes(a, b []Answer) bool {
	for _, x := range b {
		if !slices.Contains(a, x) {
			return false
		}
	}
	return true
}

func sameAnswers(a, b []Answer) bool { return includes(a, b) && includes(b, a) }

// onlyDiffer reports whether two sets of answers are to the same questions and
// differ in one answer, and to which.
func onlyDiffer(a, b []Answer) (question int, ok bool) {
	if len(a) != len(b) {
		return 0, false
	}
	n := 0
	for _, x := range a {
		found := false
		for _, y := range b {
			if x.Question == y.Question {
				found = true
				if x.Value != y.Value {
					n, question = n+1, x.Question
				}
			}
		}
		if !found {
			return 0, false
		}
	}
	return question, n == 1
}

// window intersects the life of the regime with a commitment and with the
// clause's own dates.
func (x *resolver) window(c *Clause, l lifetime, base Window, k *Commitment) []Window {
	out := []Window{base}
	out = x.clip(out, l.starts, l.ends)
	if k != nil {
		if k.Status != Given || k.Met == "no" {
			return nil
		}
		if k.Met == "unknown" {
			q := x.question(k.ID+"-condition", "Is the condition met: "+k.If+"?", [2]string{"yes", "no"})
			out = x.clip(out, []edge{{when.Past, []Answer{{Question: q}}}}, []edge{{at: when.Future}})
		}
		from, until := []edge{{at: when.Past}}, []edge{{at: when.Future}}
		if k.From != nil {
			from = x.edges(k.ID, "From when is "+string(k.Party)+" bound?", k.From)
		}
		if k.Until != nil && k.Until.For != nil {
			until = x.after(from, k.Until)
		} else if k.Until != nil {
			until = x.edges(k.ID+"-until", "Until when is "+string(k.Party)+" bound?", k.Until)
		}
		out = x.clip(out, from, until)
		out = interrupt(out, k)
	}
	return x.ownDates(c, l, out)
}

// ownDates clips windows to the dates that the clause itself names.
func (x *resolver) ownDates(c *Clause, l lifetime, out []Window) []Window {
	if c.From != nil || c.Until != nil {
		from, until := []edge{{at: when.Past}}, []edge{{at: when.Future}}
		if c.From != nil {
			from = x.edges(string(c.ID)+"-from", "From when does "+string(c.ID)+" apply?", c.From)
		}
		if c.Until != nil && c.Until.For != nil {
			until = x.after(l.starts, c.Until)
		} else if c.Until != nil {
			until = x.edges(string(c.ID)+"-until", "Until when does "+string(c.ID)+" apply?", c.Until)
		}
		out = x.clip(out, from, until)
	}
	return out
}

// clip intersects windows with every start and end whose answers agree.
func (x *resolver) clip(in []Window, starts, ends []edge) []Window {
	var out []Window
	for _, w := range in {
		for _, s := range starts {
			for _, e := range ends {
				answers, ok := merge(w.Answers, s.answers, e.answers)
				if !ok {
					continue
				}
				n := w
				n.Answers = answers
				n.Span = when.Span{Start: max(w.Span.Start, s.at), End: min(w.Span.End, e.at)}
				if n.Span.Start < n.Span.End {
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// merge joins answers; two different answers to one question do not agree.
func merge(lists ...[]Answer) ([]Answer, bool) {
	var out []Answer
	for _, l := range lists {
	next:
		for _, a := range l {
			for _, b := range out {
				if a.Question == b.Question {
					if a.Value != b.Value {
						return nil, false
					}
					continue next
				}
			}
			out = append(out, a)
		}
	}
	return out, true
}

// interrupt takes suspensions and release out of windows.
func interrupt(in []Window, k *Commitment) []Window {
	gaps := append([]when.Span(nil), k.Suspended...)
	if k.Released != nil {
		gaps = append(gaps, when.Span{Start: *k.Released, End: when.Future})
	}
	for _, g := range gaps {
		var out []Window
		for _, w := range in {
			if before := (when.Span{Start: w.Span.Start, End: min(w.Span.End, g.Start)}); before.Start < before.End {
				n := w
				n.Span = before
				out = append(out, n)
			}
			if after := (when.Span{Start: max(w.Span.Start, g.End), End: w.Span.End}); after.Start < after.End {
				n := w
				n.Span = after
				out = append(out, n)
			}
		}
		in = out
	}
	return in
}
