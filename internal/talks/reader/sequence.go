package reader

import (
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// sequence reads an order between two meetings of one sentence: "will precede".
func (d *document) sequence(s *sentence) {
	for _, b := range s.of("before", "after") {
		if s.commonBefore(b) {
			continue
		}
		if !s.nextMeets(b) {
			continue
		}
		left, right := d.sideOf(s, 0, b.s), d.sideOf(s, b.e, s.sideEnd(b))
		if len(left) < 2 && s.meetIn(0, b.s) {
			if before := d.meetingBefore(s); len(before) > 0 {
				left = before
			}
		}
		if all := d.allThree(s, b.e); all != nil {
			right = all
		}
		left, right = d.withHost(s, left, right)
		if len(left) == 0 || len(right) == 0 || slices.Equal(left, right) || !s.meetIn(0, b.s) && !s.meetIn(b.e, len(s.toks)) {
			continue
		}
		if !s.meetIn(b.e, min(len(s.toks), b.e+14)) || !s.meetIn(max(0, b.s-22), b.s) || s.attackRight(b) {
			continue
		}
		out := d.draft(talks.Sequence, s, 0, len(s.toks))
		out.First, out.Then = left, right
		followed := strings.Contains(s.words(b.s, b.e), "followed by") // A is followed by B: A first
		if b.class == "after" && !followed || b.s == 0 && b.class == "before" || b.class == "before" && s.preceded(b) {
			out.First, out.Then = right, left
		}
		for i := range d.drafts {
			x := &d.drafts[i]
			if x.Kind == talks.Meeting && slices.Equal(x.Parties, out.Then) && x.Date != nil && (x.State == "planned" || b.class == "after") && x.Words[len(x.Words)-1].Start == out.Words[0].Start {
				out.Date = x.Date // that of what comes after
			}
		}
		d.drafts = append(d.drafts, out)
		return
	}
}

// sideEnd is where what comes after a word of order ends: before ", and a further round".
func (s *sentence) sideEnd(b tag) int {
	for k := b.e + 2; k+2 < len(s.toks); k++ {
		if s.toks[k].low == ";" || s.toks[k].low == "," && isAnd(s.toks[k+1].low) && s.meetIn(b.e, k) && s.meetIn(k+1, len(s.toks)) {
			return k
		}
	}
	return len(s.toks)
}

// preceded: what stands before the word comes after: "was preceded by", "цьому
// передувала зустріч".
func (s *sentence) preceded(b tag) bool {
	if s.lang == "en" {
		return strings.HasPrefix(s.toks[b.s].low, "preced") && b.e < len(s.toks) && s.toks[b.e].low == "by"
	}
	if !strings.HasPrefix(s.toks[b.s].low, "переду") && !strings.HasPrefix(s.toks[b.s].low, "предшеств") || b.s == 0 || b.s > 4 {
		return false
	}
	return datives[s.toks[0].low]
}

var datives = wordList("цьому цим їм цій цим этому им ей этим этой")

// withHost gives a side that names one party alone the one with whom the other side is
// told to meet, or that the meeting before was with: "to meet the Ukrainians again after
// the talks with the Russians".
func (d *document) withHost(s *sentence, left, right []string) ([]string, []string) {
	if len(left) == 1 && len(right) == 1 && left[0] != right[0] && !d.hosts(left[0]) && !d.hosts(right[0]) {
		if p := d.hostBefore(s); p != "" {
			return sorted(left[0], p), sorted(right[0], p)
		}
	}
	host := func(two []string, one string) []string {
		for _, p := range two {
			if p != one && d.hosts(p) && !slices.Contains(two, one) && !d.hosts(one) {
				return sorted(one, p)
			}
		}
		return []string{one}
	}
	if len(left) == 2 && len(right) == 1 {
		right = host(left, right[0])
	} else if len(right) == 2 && len(left) == 1 {
		left = host(right, left[0])
	}
	return left, right
}

func sorted(p ...string) []string {
	slices.Sort(p)
	return p
}

// allThree are the two sides and who meets them, where a sentence tells of a meeting of
// three without naming them: "a trilateral contact".
func (d *document) allThree(s *sentence, from int) []string {
	three := false
	for k := from; k < len(s.toks) && k <= from+6; k++ {
		w := s.toks[k].low
		three = three || w == "trilateral" || w == "three" && k+2 < len(s.toks) && s.toks[k+2].low == "way" || fits("тристоронн*", w) || fits("трехсторонн*", w)
	}
	if !three || d.pair[0] == "" || s.actorAt(from, len(s.toks)) != nil {
		return nil
	}
	if p := d.hostBefore(s); p != "" {
		return sorted(d.pair[0], d.pair[1], p)
	}
	return nil
}

// hostBefore is who the sides meet in turn, by the meeting of two told last before.
func (d *document) hostBefore(s *sentence) string {
	for i := len(d.drafts) - 1; i >= 0; i-- {
		x := &d.drafts[i]
		if x.Kind != talks.Meeting || x.Medium != "" || len(x.Parties) != 2 || x.Words[0].Start >= s.b {
			continue
		}
		if p := d.hostOf(x.Parties); p != "" {
			return p
		}
	}
	return ""
}

// togetherAfter: a meeting between two is told after a token: "hours after a round of
// talks between U.S. and Ukrainian delegations".
func (s *sentence) togetherAfter(k int) bool {
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= k && a.s-k <= 12 && a.prep == "between" && s.meetIn(k, a.s) {
			return s.meetIn(0, k)
		}
	}
	return false
}

// nextMeets: no other word of order stands between this one and the meeting after
// it: "ahead of a wider agreement, a day after they met".
func (s *sentence) nextMeets(b tag) bool {
	for _, o := range s.of("before", "after") {
		if o.s >= b.e && !s.meetIn(b.e, o.s) && s.meetIn(o.e, len(s.toks)) {
			return false
		}
	}
	return true
}

// attackRight: what follows is an act, not a meeting.
func (s *sentence) attackRight(b tag) bool {
	last := ""
	for _, t := range s.of("attack", "meet") {
		if t.e <= b.s {
			last = t.class
		}
	}
	if last == "attack" {
		return true
	}
	for _, t := range s.tags {
		if t.s >= b.e && (t.class == "attack" || t.class == "meet") {
			return t.class == "attack"
		}
	}
	return false
}

// sideOf are the parties of the meeting told on one side of such a word.
func (d *document) sideOf(s *sentence, b, e int) []string {
	if p := s.builtIn(b, e); p != nil {
		return p
	}
	for _, t := range s.of("meet") {
		if t.s >= b && t.e <= e {
			if s.isTaken(talks.Meeting, t) {
				continue
			}
			if p, _, _ := d.meeters(s, t); len(p) > 1 {
				return p
			}
		}
	}
	return s.side(b, e)
}

// meetingBefore are the parties of the meeting told last: "the meeting will precede".
func (d *document) meetingBefore(s *sentence) []string {
	i := d.index(s)
	from := 0
	if i >= 5 {
		from = d.sents[i-5].b
	}
	var out []string
	for k := range d.drafts {
		x := &d.drafts[k]
		if x.Kind != talks.Meeting || len(x.Parties) < 2 {
			continue
		}
		for _, w := range x.Words {
			if w.Start >= from && w.End < s.b {
				out = x.Parties
			}
		}
	}
	return out
}

func (s *sentence) meetIn(b, e int) bool {
	for _, t := range s.of("meet") {
		if t.s >= b && t.e <= e {
			return true
		}
	}
	for _, m := range s.built {
		if m.s < e && m.e > b {
			return true
		}
	}
	for k := b; k < e-1; k++ { // "a further trilateral contact"
		if s.toks[k].low == "trilateral" || fits("тристоронн*", s.toks[k].low) || fits("трехсторонн*", s.toks[k].low) {
			return true
		}
	}
	for k := b; k < e && b == 0 && k < 2; k++ { // "They are to be followed by", "It comes ahead of"
		if w := s.toks[k].low; datives[w] || w == "they" || w == "it" || w == "this" || w == "these" {
			return true
		}
	}
	for k := b + 1; k < e; k++ { // "the Russian one"
		if s.toks[k].low == "one" && (s.partyAt(k-1) || k > 1 && s.partyAt(k-2) || k+1 < e && meetPreps[s.toks[k+1].low]) {
			return true
		}
	}
	return false
}

// side are the parties named in a part of a sentence, but for places and speakers.
func (s *sentence) side(b, e int) (out []string) {
	between := -1
	for i := range s.actors {
		if a := &s.actors[i]; a.s >= b && a.e <= e && (a.prep == "between" || a.prep == "між" || a.prep == "между") && between < 0 {
			between = a.s
		}
	}
	for i := range s.actors {
		a := &s.actors[i]
		if a.s < b || a.e > e || a.place || a.negated || s.venueOf(a) || a.prep == "by" {
			continue
		}
		if between >= 0 && a.s != between && !(a.s > between && i > 0 && s.joinedUp(s.actors[i-1].e, a.s)) {
			continue
		}
		if by := s.speech.by; by != nil && by.s == a.s {
			continue
		}
		if !slices.Contains(out, a.party) {
			out = append(out, a.party)
		}
	}
	sort.Strings(out)
	return out
}
