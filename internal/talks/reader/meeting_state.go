package reader

import (
	"strings"
)

// state says whether a meeting is planned, held, moved or cancelled, by the words
// round it.
func (s *sentence) state(t tag) (state, open string) {
	lo, hi := s.clause(t.s)
	cut := s.border(t, lo, hi)
	in := func(class string, within int) (tag, bool) {
		for _, o := range s.of(class) {
			if o.s >= cut[0] && o.e <= cut[1] && abs(o.s-t.s) <= within {
				return o, true
			}
		}
		return tag{}, false
	}
	if _, ok := in("cancelled", 20); ok {
		return "cancelled", ""
	}
	if not, _ := s.negatedAt(t.s); not && (s.toks[t.s].low == "meet" || s.toks[t.s].low == "met") {
		return "cancelled", "the words say only that they did not meet"
	}
	if _, ok := in("moved", 20); ok {
		return "moved", ""
	}
	for k := t.s - 1; k >= cut[0] && k >= t.s-4; k-- {
		if s.toks[k].low == "no" {
			return "not planned", "told only that there is none"
		}
	}
	if w := s.toks[t.s].low; (w == "by" || w == "over") && t.value == "call" && !s.futureBefore(t, 4) {
		return "held", ""
	}
	if s.within(t) && !s.futureBefore(t, 4) {
		return "held", ""
	}
	if met[s.toks[t.s].low] && !s.futureBefore(t, 4) && !s.relative(t.s) {
		return "held", ""
	}
	for _, h := range s.of("held") {
		if ended[s.toks[h.s].low] && h.s >= t.e && h.s-t.e <= 24 && h.e <= cut[1] && !s.futureBefore(h, 3) && !s.futureBefore(t, 3) {
			return "held", ""
		}
	}
	if f, ok := in("future", 12); ok && !s.dayBefore(f) && !(f.e == t.e && f.s+1 == t.s && t.s > 1 && s.toks[t.s-2].low == "first") && !s.pastAfter(f, t) {
		return "planned", ""
	}
	if t.s > 1 && s.toks[t.s-1].low == "to" && (s.toks[t.s-2].low == "first" || s.toks[t.s-2].low == "last") && s.pastBefore(t.s-2) {
		return "held", "" // "was the first to meet"
	}
	if t.s > 0 && s.toks[t.s-1].low == "to" {
		return "planned", ""
	}
	for _, b := range s.of("before", "after") {
		if s.commonBefore(b) {
			continue
		}
		if b.e <= t.s && t.s-b.e <= 8 && (cut[0] == b.e || t.s-b.e <= 4 && s.noMark(b.e, t.s)) {
			if b.class == "after" {
				return "held", ""
			}
			if s.lang == "en" && strings.HasPrefix(s.toks[b.s].low, "preced") || s.ahead(b.s) || s.toks[b.s].low == "ahead" || s.toks[b.s].low == "eve" || s.toks[b.s].low == "напередодні" || s.toks[b.s].low == "накануне" || s.toks[b.s].low == "перед" {
				return "planned", ""
			}
			return "planned", "told only as something to come at that time"
		}
	}
	if s.within(t) {
		return "held", ""
	}
	if _, ok := in("ongoing", 10); ok {
		return "ongoing", ""
	}
	if _, ok := in("held", 10); ok {
		return "held", ""
	}
	for _, x := range s.dates {
		if x.s >= cut[0] && x.e <= cut[1] && (x.side < 0 || x.fixed && x.offset < 0) {
			return "held", ""
		}
	}
	switch s.toks[t.s].low {
	case "meet", "meets", "hold", "holds":
		return "held", "told in the present"
	case "visited", "hosted", "met", "spoke", "phoned", "received", "by", "over":
		return "held", ""
	}
	return "", ""
}

// dayBefore: "напередодні відбулася", "накануне прошла": on the day before, not ahead of.
func (s *sentence) dayBefore(f tag) bool {
	w := s.toks[f.s].low
	return (w == "напередодні" || w == "накануне") && f.e < len(s.toks) && s.isTag("held", f.e)
}

// met are verbs of meeting that are past, ended are those that tell its end.
var (
	met   = wordList("met sat gathered convened huddled conferred")
	ended = wordList("ended concluded wound wrapped finished closed broke drew came rounded завершилися завершились завершилась завершилася завершилися закінчилися закінчилась завершился закончились")
)

// within: "in a phone call", "during the talks": what is told happened there.
func (s *sentence) within(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-6; k-- {
		switch s.toks[k].low {
		case "in", "at", "during", "on", "after", "following", "since", "під", "в", "во", "у", "після", "после":
			return true
		case "a", "the", "their", "his", "phone", "telephone", "long", "hour", "two", "-", "ході", "ходе", "час", "время", "lengthy", "recent":
			continue
		}
		if s.plainWord(k) && t.s-k <= 4 {
			continue // "after a high-stakes phone call"
		}
		return false
	}
	return false
}

// plainWord: an adjective, as far as the tables tell: neither a name nor a verb nor a
// word of order or number.
func (s *sentence) plainWord(k int) bool {
	w := s.toks[k]
	if s.lang != "en" || w.punct && w.low != "-" || w.capital || prepositions[w.low] || breaks[w.low] || isAnd(w.low) {
		return false
	}
	for _, c := range []string{"say", "accept", "reject", "order", "meet", "future", "held", "demand", "not", "moved", "cancelled", "pronoun"} {
		if s.isTag(c, k) {
			return false
		}
	}
	return !strings.HasSuffix(w.low, "ing") && w.low != "that" && w.low != "no" && !auxiliary[w.low]
}

// futureBefore: a word of the future stands right before.
func (s *sentence) futureBefore(t tag, within int) bool {
	for _, f := range s.of("future") {
		if f.e <= t.s && t.s-f.e <= within {
			return true
		}
	}
	return false
}

// pastAfter: "were due to meet" is planned; "will, they said, have met" is rare.
func (s *sentence) pastAfter(f, t tag) bool {
	return s.lang == "en" && f.phrase.words[0] == "ahead"
}

// pastBefore: a verb of the past stands right before: "was the first".
func (s *sentence) pastBefore(k int) bool {
	for j := k - 1; j >= 0 && j >= k-3; j-- {
		switch s.toks[j].low {
		case "was", "were", "had":
			return true
		}
	}
	return false
}
