package reader

import "github.com/truce-project/truce/internal/talks"

// date gives a draft the date nearest to a token, of those that its words are
// dated by: of its clause, else of the head of the sentence, else that it was said.
func (d *document) date(out *talks.Draft, s *sentence, at int, ahead bool) {
	lo, hi := s.clause(at)
	best, gap := -1, 1<<30
	for i, t := range s.dates {
		g := abs(t.s - at)
		inside := t.s >= lo && t.e <= hi
		switch {
		case !s.sameAside(t.s, at):
			continue
		case !inside && !s.heads(t) && !s.afterSay(t) && !(t.e <= lo && s.verbOpens(lo) && s.carriesOn(min(lo+1, at))):
			continue
		case !inside && s.hadBefore(at):
			continue // "had backed": before what the sentence dates
		case !inside:
			g += 1000
		}
		if s.afterSay(t) {
			g += 100 // when it was said
		}
		if g < gap {
			best, gap = i, g
		}
	}
	if best < 0 {
		if x := d.callOfSentence(s); x != nil && !s.hadBefore(at) {
			out.Date = x
			return
		}
		if !s.hadBefore(at) {
			d.dayOfCall(out, s, at)
		}
		return
	}
	t := s.dates[best]
	x := d.resolve(s, t, ahead && !s.afterSay(t) && !s.beforeSay(t, at))
	out.Date = &x
}

// beforeSay: the date stands before a verb of saying that what is told hangs on: "on
// Tuesday he said that he would".
func (s *sentence) beforeSay(t dateTag, at int) bool {
	v := s.speech.verb
	return s.speech.said && v.phrase != nil && v.class == "say" && t.e <= v.s && v.e <= at
}

// heads reports whether a date opens the sentence and dates all of it: "Last
// Tuesday, in a call".
func (s *sentence) heads(t dateTag) bool {
	for k := 0; k < t.s; k++ {
		if s.toks[k].low == "," || s.toks[k].low == "that" || s.toks[k].low == ":" || k > 7 {
			return false
		}
	}
	if t.s == 0 || t.e < len(s.toks) && s.toks[t.e].low == "," {
		return true
	}
	lo, hi := s.clause(t.s)
	return lo == 0 && hi < len(s.toks) && !s.relativeIn(lo, t.s) && !s.statesIn(0, t.s)
}

func (s *sentence) relativeIn(b, e int) bool {
	for k := b; k < e; k++ {
		switch s.toks[k].low {
		case "which", "who", "whom":
			return true
		}
	}
	return false
}

// sameAside: two tokens stand in the same clause as to ", which", ", who".
func (s *sentence) sameAside(a, b int) bool { return s.asideOf(a) == s.asideOf(b) }

// asideOf is where the clause with which or who begins that a token stands in, or -1.
func (s *sentence) asideOf(at int) int {
	for k := at; k > 0; k-- {
		switch s.toks[k].low {
		case "which", "who", "whom", "который", "которая", "которое", "которые", "которую", "який", "яка", "яке", "які", "яку":
			if s.toks[k-1].low == "," {
				return k
			}
		case ",", ";":
			if k == at {
				continue
			}
			if k+1 < len(s.toks) && !relatives[s.toks[k+1].low] && !s.aboutDate(k+1) {
				return -1
			}
		}
		if k < at && s.breaksAt(k) {
			return -1
		}
	}
	return -1
}

// aboutDate: what follows a comma is a year or a day, which closes no clause.
func (s *sentence) aboutDate(k int) bool {
	_, ok := s.number(k)
	return ok
}

// hadBefore: "had" stands before the verb.
func (s *sentence) hadBefore(at int) bool {
	for k := at - 1; k >= 0 && k >= at-3; k-- {
		if s.toks[k].low == "had" {
			return true
		}
	}
	return false
}

// callBefore is the day of the call or meeting that a party had, told in the
// sentence of s or the two before it.
func (d *document) callBefore(s *sentence, party string) *talks.Date {
	i := d.index(s)
	from := d.sents[max(0, i-2)].b
	var last *talks.Date
	for k := range d.drafts {
		x := &d.drafts[k]
		if x.Kind != talks.Meeting || x.Medium != "call" || x.State != "held" || x.Date == nil {
			continue
		}
		for _, w := range x.Words {
			if w.Start < from || w.Start >= s.e {
				continue
			}
			for _, p := range x.Parties {
				if p == party || party == "" {
					last = x.Date
				}
			}
		}
	}
	return last
}

// withCall dates an order that no words of its own date by the call that it is
// told with.
func (d *document) withCall(out *talks.Draft, s *sentence) {
	if out.Date != nil || out.Party == "" {
		return
	}
	if last := d.callBefore(s, out.Party); last != nil {
		x := *last
		x.Why += "; the day of the call that it is told with"
		out.Date = &x
	}
}

// afterEvent dates "hours after the call", "hours later": the day of that event, or
// the one after it.
func (d *document) afterEvent(s *sentence, out *talks.Date, t dateTag) {
	var base *talks.Date
	for _, c := range s.of("meet") {
		if c.value == "call" && c.s >= t.e-1 && c.s-t.e <= 3 {
			if base = d.callBefore(s, ""); base == nil {
				base = d.anyCall(s)
			}
		}
	}
	if base == nil && t.later {
		base, _ = d.lastDate(s, t.s)
	}
	if base == nil {
		out.Why = "counted from an event whose day the text has not told before"
		return
	}
	*out = talks.Date{Words: out.Words, Value: base.Value, Relative: base.Relative, Why: "the day of the event it is counted from (“" + base.Words.Text + "”), or the one after"}
	if day, ok := parseDay(base.Value); ok && base.End == "" && t.offset > 0 {
		if x, ok := day.plus(t.offset); ok {
			out.End = x.String()
		}
	}
}

// anyCall is the day of the one call that the text tells of before s.
func (d *document) anyCall(s *sentence) *talks.Date {
	var one *talks.Date
	for k := range d.drafts {
		x := &d.drafts[k]
		if x.Kind != talks.Meeting || x.Medium != "call" || x.State != "held" || x.Date == nil || x.Words[0].Start >= s.b {
			continue
		}
		if one != nil && !sameDate(one, x.Date) {
			return nil
		}
		one = x.Date
	}
	return one
}

// verbOpens: after the word that opens a clause comes its verb, not a subject of its own.
func (s *sentence) verbOpens(lo int) bool {
	k := lo + 1
	for k < len(s.toks) && (adverbs[s.toks[k].low] || auxiliary[s.toks[k].low] || s.isTag("not", k)) {
		k++
	}
	return k < len(s.toks) && (s.verbAt(k) || s.lang != "en")
}

// callOfSentence is the day of a call that a sentence ends with: "agreed to A but declined
// B in a call on Tuesday".
func (d *document) callOfSentence(s *sentence) *talks.Date {
	if len(s.dates) != 1 || s.afterSay(s.dates[0]) {
		return nil
	}
	t := s.dates[0]
	for _, c := range s.of("meet") {
		if c.value == "call" && s.within(c) && t.s >= c.e && t.s-c.e <= 8 && t.e >= len(s.toks)-2 {
			x := d.resolve(s, t, false)
			x.Why += "; the day of the call in which it was said"
			return &x
		}
	}
	return nil
}
