package reader

import (
	"slices"
	"sort"
)

var notPeople = wordList("criticism demand demands needs target targets conditions deadline resistance scepticism skepticism humanitarian requirements standards with")

// meeters are the parties of a meeting: those joined with it, before and after.
func (d *document) meeters(s *sentence, t tag) (out []string, from, to int) {
	lo, hi := s.clause(t.s)
	lo, hi = max(lo, t.s-42), min(hi, t.e+16)
	from, to = t.s, t.e
	cut := s.border(t, lo, hi)
	lo, hi = cut[0], cut[1]
	add := func(p string, b, e int) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
		from, to = min(from, b), max(to, e)
	}
	by := s.speech.by
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= t.e && s.ownsLater(a, t) {
			continue
		}
		if a.s < lo || a.e > hi || a.place || a.negated || a.prep == "by" && s.toks[t.e-1].low != "by" && s.toks[t.s].low != "visit" && !s.agentThere(a, t) || a.prep == "about" || a.prep == "on" || a.prep == "про" || a.prep == "о" || a.prep == "об" {
			continue
		}
		if by != nil && a.s == by.s && !s.within(t) && t.value != "call" && s.speech.said && s.speech.verb.phrase != nil && s.toks[t.s].low != "met" && !s.sameVerb(t) {
			continue
		}
		if a.thing && !s.meetThing(a, t) || !s.meets(a, t) && !s.agentThere(a, t) {
			continue
		}
		if s.venueOf(a) && !(s.toks[t.s].low == "visit" && a.prep == "to") {
			continue
		}
		add(a.party, a.s, a.e)
	}
	if a := s.ownerOf(t); a != nil { // "the US leader's conversation with Putin"
		for i := range s.actors {
			if o := &s.actors[i]; o.s >= t.e && o.s-t.e <= 4 && o.party != a.party && s.meets(o, t) {
				out = []string{a.party, o.party}
				break
			}
		}
	}
	if two := s.betweenTwo(t); len(two) == 2 {
		out = two // "the talks between A and B": they alone
	}
	if len(out) == 1 {
		for _, p := range s.of("pronoun") {
			if p.e <= t.s && t.s-p.e <= 6 && p.s >= lo || p.s >= t.e && p.s < hi && s.within(t) && p.s-t.e <= 8 {
				if x := d.whom(s, p.s, nil); x.party != "" {
					add(x.party, p.s, p.e)
				}
			}
		}
	}
	if lo, hi := s.clause(t.s); len(out) == 1 && t.value == "call" && s.within(t) && lo > 0 && !s.subjectIn(t.e, s.nextVerb(t.e, hi)) {
		if a := s.elided(t.s, lo); a != nil && a.name != "" && a.party != out[0] {
			add(a.party, t.s, t.e) // "Putin refused, but in a call with Trump agreed"
		}
	}
	if len(out) == 1 && by != nil && by.party != out[0] && by.s < t.s && s.talksWith(t) && s.speech.verb.e <= t.s && t.s-s.speech.verb.e <= 6 {
		add(by.party, by.s, by.e) // "Umerov said talks with the US team were useful"
	}
	sort.Strings(out)
	return out, from, to
}

// nextVerb is where the first verb of a stance or an order after a token stands.
func (s *sentence) nextVerb(from, hi int) int {
	for _, v := range s.of("accept", "reject", "order", "halt") {
		if v.s >= from {
			hi = min(hi, v.s)
		}
	}
	return hi
}

// subjectIn: a part of a sentence names who may be a subject.
func (s *sentence) subjectIn(b, e int) bool {
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= b && a.e <= e && a.prep == "" && !a.thing && !a.place && (s.lang == "en" || !a.oblique) {
			return true
		}
	}
	return s.pronounBetween(b, e)
}

// talksWith: "talks with": the other side is whoever tells of them.
func (s *sentence) talksWith(t tag) bool {
	return t.e < len(s.toks) && s.toks[t.e].low == "with"
}

// meets: an actor after the word of a meeting takes part if "with" or "between"
// stands before it or before one that it is joined to; one before it takes part
// if nobody else's verb stands between.
func (s *sentence) meets(a *actor, t tag) bool {
	if a.s >= t.e {
		for _, o := range s.of("meet") {
			if o.s >= t.e && o.s < a.s && s.ownerOf(o) != nil && s.ownerOf(o).s >= t.e {
				return false // "to discuss the leader's conversation with Putin"
			}
		}
		if s.toks[t.s].low == "visit" && (a.prep == "by" || a.prep == "to") && a.s-t.e <= 8 {
			return true
		}
		if s.toks[t.e-1].low == "by" && a.prep == "by" || a.s-t.e <= 3 && a.s > t.e && (s.toks[t.e].low == "that" || s.toks[t.e].low == "which") {
			return true
		}
		for _, m := range s.of("proposal") {
			if m.s >= t.e && m.e <= a.s && s.lang == "en" {
				return false // "talks on a truce between": whose truce
			}
		}
		if a.prep == "with" && a.s > 1 && fights[s.toks[a.s-2].low] {
			return false // "talks on the war with Russia"
		}
		if meetPreps[a.prep] || a.s-t.e <= 2 && a.prep == "" && verbMeets[s.toks[t.s].low] {
			return true
		}
		if s.lang != "en" && a.s-t.e <= 1 && a.prep == "" {
			return true // "переговори Росії та США"
		}
		for i := range s.actors {
			if o := &s.actors[i]; o.s >= t.e && o.e <= a.s && s.joinedUp(o.e, a.s) && s.meets(o, t) {
				return true
			}
		}
		if s.within(t) && t.s < 8 && a.prep == "" && !a.thing && s.toldIn(a, t) {
			return true
		}
		return t.s < 8 && s.within(t) && a.prep == "" && !a.thing && (s.toks[max(0, a.s-1)].low == "," || s.dateEnds(a.s))
	}
	if s.within(t) && a.prep == "" && t.s-a.e <= 40 {
		for i := range s.actors {
			if o := &s.actors[i]; o.s >= a.e && o.e <= t.s && s.inRelative(o) && !s.breaksBetween(o.e, t.s) {
				return false // "turned down a truce that Ukraine had backed at a meeting"
			}
		}
		return true // whoever did it did it there
	}
	if gap := t.s - a.e; gap > 16 && !(gap <= 30 && a.e < len(s.toks) && s.toks[a.e].low == ",") {
		return false
	}
	for _, v := range s.of("say", "accuse", "deny", "accept", "reject") {
		if v.class == "say" && s.toks[t.s].low != "talks" && t.phrase.value == "call" && (s.toks[v.s].low == "told" || s.toks[v.s].low == "tells") {
			continue // "told Trump by telephone"
		}
		if v.class == "say" && s.calls(v) {
			continue // "concluded its meeting"
		}
		if v.s >= a.e && v.e <= t.s && !s.sameVerb(t) && !(v.class == "accept" && t.s-v.e <= 3) {
			return false
		}
	}
	return true
}

func (s *sentence) breaksBetween(b, e int) bool {
	for k := b; k < e; k++ {
		if s.breaksAt(k) {
			return true
		}
	}
	return false
}

// toldIn: "in a call, Putin told Trump": whom the first that is named told.
func (s *sentence) toldIn(a *actor, t tag) bool {
	if a.s == 0 || s.toks[a.s-1].low != "told" {
		return false
	}
	for i := range s.actors {
		o := &s.actors[i]
		if o.s >= t.e && o.e <= a.s {
			return o.e == a.s-1 && s.meets(o, t)
		}
	}
	return false
}

// dateEnds: a date stands right before.
func (s *sentence) dateEnds(k int) bool {
	for _, x := range s.dates {
		if x.e == k {
			return true
		}
	}
	return false
}

var fights = wordList("war conflict fighting battle ceasefire truce peace deal agreement relations")

var (
	meetPreps = wordList("with between and to з із зі між с со между")
	verbMeets = wordList("met meet meets visited hosted phoned telephoned spoke")
)

// joinedUp: a conjunction, a comma or a hyphen, and no verb.
func (s *sentence) joinedUp(b, e int) bool {
	if e-b > 4 {
		return false
	}
	for _, t := range s.toks[b:e] {
		switch t.low {
		case "and", "і", "та", "й", "и", ",", "the", "a", "an", "-", "–", "from", "also", "his", "her", "its", "their":
		default:
			return false
		}
	}
	return b < e
}

// sameVerb: the verb of saying is that of the meeting: "spoke to".
func (s *sentence) sameVerb(t tag) bool {
	return s.speech.verb.s >= t.s && s.speech.verb.s < t.e
}

// meetThing: an adjective that tells who meets: "US-Ukraine talks", "Russian and
// American delegations".
func (s *sentence) meetThing(a *actor, t tag) bool {
	if a.s >= t.e && s.meets(a, t) {
		return true
	}
	if a.e <= t.s && t.s-a.e <= 5 {
		for k := a.e; k < t.s; k++ {
			if s.isTag("strikes", k) || s.isTag("attack", k) || s.toks[k].low == "'s" && k == a.e && !s.isTag("meet", k+1) {
				return false
			}
		}
		return true
	}
	for k := a.e; k < len(s.toks) && k <= a.e+4; k++ { // "Russian and American teams"
		for i := range s.actors {
			if o := &s.actors[i]; o != a && o.s <= k && k < o.e && !o.thing && s.and(a.e, o.s) {
				return true
			}
		}
		if s.isTag("role", k) {
			return true
		}
		if s.toks[k].punct && s.toks[k].low != "-" && s.toks[k].low != "–" {
			break
		}
	}
	return false
}

// venueOf: a party named only as a place: "at the Kremlin", "to Moscow", "hosted by".
func (s *sentence) venueOf(a *actor) bool {
	switch a.prep {
	case "at", "to", "toward", "towards", "from", "via", "through", "against", "near", "of", "for", "до", "к", "проти", "против", "через", "для", "від", "от":
		if a.prep == "of" && a.e < len(s.toks) && (s.toks[a.e].low == "-" || s.toks[a.e].low == "–" || s.toks[a.e].low == "and" || s.toks[a.e].low == ",") {
			return false
		}
		if i := a.s - 2; a.prep == "from" && i >= 0 && s.lang == "en" && s.roleEnds(i+1) {
			return false // "negotiators from Kyiv"
		}
		return a.role == "" && a.name == ""
	}
	return false
}

// roleEnds: a word of people ends before token k.
func (s *sentence) roleEnds(k int) bool {
	for _, r := range s.of("role") {
		if r.e == k {
			return true
		}
	}
	return false
}

// border keeps two meetings of one sentence apart: what is before a word such as
// "precede" belongs to one, what is after it to the other.
func (s *sentence) border(t tag, lo, hi int) [2]int {
	for _, b := range s.of("before", "after") {
		if s.commonBefore(b) || !s.meetIn(0, b.s) || !s.meetIn(b.e, len(s.toks)) {
			continue
		}
		if b.e <= t.s && b.e > lo {
			lo = b.e
		}
		if e := s.sideEnd(b); e < t.s && e > lo {
			lo = e
		}
		if b.s >= t.e && b.s < hi {
			hi = b.s
		}
	}
	return [2]int{lo, hi}
}

// commonBefore: a word that here stands before a time, not a meeting.
func (s *sentence) commonBefore(b tag) bool {
	for _, x := range s.dates {
		if x.next && x.s <= b.s && b.s < x.e {
			return false
		}
	}
	if b.s == 0 {
		return len(s.dates) > 0 && s.dates[0].s == 0
	}
	if s.dayBefore(b) {
		return true
	}
	prev := s.toks[b.s-1].low
	for _, x := range s.dates {
		if x.s <= b.s && b.s < x.e {
			return !x.event || !s.togetherAfter(b.e)
		}
	}
	return prev == "day" && s.toks[b.s].low == "before" && (b.e >= len(s.toks) || s.toks[b.e].punct)
}

// betweenTwo are the two that a word of a meeting is told to be between.
func (s *sentence) betweenTwo(t tag) (out []string) {
	for i := range s.actors {
		a := &s.actors[i]
		if a.s < t.e || a.s-t.e > 3 || a.prep != "between" || i+1 >= len(s.actors) {
			continue
		}
		if b := &s.actors[i+1]; b.party != a.party && s.and(a.e, b.s) && !(i+2 < len(s.actors) && s.and(b.e, s.actors[i+2].s)) {
			return []string{a.party, b.party}
		}
	}
	return nil
}

// ownerOf is whose meeting or call it is said to be.
func (s *sentence) ownerOf(t tag) *actor {
	for i := range s.actors {
		if a := &s.actors[i]; a.e < t.s && t.s-a.e <= 9 && s.toks[a.e].low == "'s" && s.noMark(a.e, t.s) && s.actorAt(a.e, t.s-a.e-1) == nil && s.longWord(a.e+1, t.s) {
			return a
		}
	}
	return nil
}

// agentThere: "sought by Trump in a call with": whoever is named right before was there.
func (s *sentence) agentThere(a *actor, t tag) bool {
	return a.prep == "by" && s.lang == "en" && s.within(t) && a.e < t.s && t.s-a.e <= 4 && placePreps[s.toks[a.e].low]
}

// ownsLater: whose other meeting is told after this one.
func (s *sentence) ownsLater(a *actor, t tag) bool {
	for _, o := range s.of("meet") {
		if x := s.ownerOf(o); o.s > t.e && x != nil && x.s == a.s {
			return true
		}
	}
	return false
}

// longWord: only words that hyphens join stand between: "two-and-a-half-hour".
func (s *sentence) longWord(b, e int) bool {
	for k := b; k < e; k++ {
		if s.toks[k].low == "-" || k+1 < len(s.toks) && s.toks[k+1].low == "-" || s.toks[k-1].low == "-" {
			continue
		}
		if k < e-1 {
			return false
		}
	}
	return true
}
