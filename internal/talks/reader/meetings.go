package reader

import (
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// meetings makes drafts of meetings and calls, and of the order between them.
func (d *document) meetings() {
	for i := range d.sents {
		s := &d.sents[i]
		d.builtMeetings(s)
		for _, t := range s.of("meet") {
			if !s.isTaken(talks.Meeting, t) {
				d.meeting(s, t)
			}
		}
		d.sequence(s)
	}
}

func (d *document) meeting(s *sentence, t tag) {
	parties, from, to := d.meeters(s, t)
	state, open := s.state(t)
	if len(parties) == 0 || state == "" && len(s.dates) == 0 {
		return
	}
	if d.onlyPrecedes(s, t, parties) {
		return
	}
	if s.apart(t) {
		if host := d.hostOf(parties); host != "" && len(parties) == 3 {
			for _, p := range parties {
				if p != host {
					d.meetingOf(s, t, sorted(host, p), state, open, from, to)
				}
			}
			return
		}
	}
	if s.wrongMeet(t) || s.toks[t.s].low == "the" && (len(s.dates) == 0 || s.datedBy(t)) && s.actorAt(t.e, 3) == nil {
		return // "since the call" tells of no other
	}
	d.meetingOf(s, t, parties, state, open, from, to)
}

// onlyPrecedes: "the consultations will precede a further contact": a meeting told
// before is only placed before another.
func (d *document) onlyPrecedes(s *sentence, t tag, parties []string) bool {
	for _, b := range s.of("before") {
		if b.s < t.e || b.s-t.e > 3 || len(s.dates) > 0 || !strings.HasPrefix(s.toks[b.s].low, "preced") && !strings.HasPrefix(s.toks[b.s].low, "переду") && !strings.HasPrefix(s.toks[b.s].low, "предшеств") {
			continue
		}
		for i := range d.drafts {
			if x := &d.drafts[i]; x.Kind == talks.Meeting && x.Medium == "" && slices.Equal(x.Parties, parties) {
				return true
			}
		}
	}
	return false
}

// hostOf is the one of some parties that is not at war with another of them.
func (d *document) hostOf(parties []string) string {
	host := ""
	for _, p := range parties {
		if d.pair[0] == "" || p == "SA" || !d.hosts(p) {
			continue
		}
		if host != "" {
			return ""
		}
		host = p
	}
	return host
}

// apart: "separate meetings with A and B" are two meetings.
func (s *sentence) apart(t tag) bool {
	for k := max(0, t.s-4); k < len(s.toks) && k <= t.e+2; k++ {
		switch w := s.toks[k].low; {
		case w == "separate" || w == "separately" || fits("окрем*", w) || fits("отдельн*", w) || fits("раздельн*", w):
			return true
		case w == "turn" && k > 0 && s.toks[k-1].low == "in":
			return true
		}
	}
	return false
}

// meetingOf makes the draft of a meeting of parties.
func (d *document) meetingOf(s *sentence, t tag, parties []string, state, open string, from, to int) {
	out := d.draft(talks.Meeting, s, 0, len(s.toks))
	out.Parties, out.State = parties, state
	if t.value == "call" {
		out.Medium = "call"
	}
	out.Place = d.venue(s, t)
	if len(parties) < 2 {
		strong := state != "" && len(s.dates) > 0 && (out.Place != "" || state != "held")
		if !strong {
			return
		}
		out.Open = append(out.Open, "who else takes part is not said here")
	}
	if open != "" {
		out.Open = append(out.Open, open)
	}
	if state == "" {
		out.Open = append(out.Open, "whether it has taken place is not said here")
	}
	d.meetingDates(&out, s, t, from, to)
	d.join(out)
}

// datedBy: a call dates something else: "hours after the call".
func (s *sentence) datedBy(t tag) bool {
	for _, x := range s.dates {
		if x.event && t.s-x.e <= 3 && t.s >= x.e-1 {
			return true
		}
	}
	return false
}

// wrongMeet: "met with criticism", "round of strikes".
func (s *sentence) wrongMeet(t tag) bool {
	w := s.toks[t.s].low
	next := ""
	if t.e < len(s.toks) {
		next = s.toks[t.e].low
	}
	if (w == "meet" || w == "met") && !(next == "with" && s.actorAt(t.e, 4) != nil) && (next == "the" && t.e+1 < len(s.toks) && notPeople[s.toks[t.e+1].low] || notPeople[next]) {
		return true
	}
	if t.s > 0 && (s.toks[t.s-1].low == "trade" || s.toks[t.s-1].low == "tariff") || w == "hosted" && s.passiveEnglish(t) {
		return true
	}
	if w == "talks" && (next == "about" && t.s > 0 && s.actorAt(t.s-1, 0) != nil || next == "of") {
		return true
	}
	if strings.HasPrefix(w, "visit") && s.actorAt(t.e, 6) == nil {
		return true
	}
	if t.s > 1 && s.toks[t.s-2].low == "from" && s.toks[t.s-1].low == "the" {
		return true
	}
	if (w == "round" || w == "session") && next == "of" {
		return true // the talks that follow are told by their own word
	}
	return (w == "round" || w == "session") && next == "of" && t.e+1 < len(s.toks) && !s.isTag("meet", t.e+1)
}

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

// join adds a meeting to one that is told the same way before.
func (d *document) join(out talks.Draft) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind == talks.Meeting && o.State == "held" && (out.State == "planned" || out.State == "") && o.Medium == out.Medium && slices.Equal(o.Parties, out.Parties) && o.Date != nil && out.Date != nil && o.Date.Words == out.Date.Words {
			return // told held already, with the same date: "sat down on Monday for talks"
		}
		if o.Kind == talks.Meeting && out.State == "" && slices.Equal(o.Parties, out.Parties) && o.Date != nil && out.Date != nil && sameDate(o.Date, out.Date) && o.Medium == out.Medium {
			return // it tells no more than what was told
		}
		if o.Kind != talks.Meeting || o.State != out.State || !sameDate(o.Date, out.Date) || o.Medium != out.Medium || len(o.Parties) < 2 && len(out.Parties) < 2 {
			continue
		}
		if !slices.Equal(o.Parties, out.Parties) && !(o.Words[0].Start == out.Words[0].Start && (subset(o.Parties, out.Parties) || subset(out.Parties, o.Parties))) {
			continue
		}
		if o.Place != "" && out.Place != "" && o.Place != out.Place && !sameCountry(o.Place, out.Place) {
			continue
		}
		if out.Place != "" && cities[fold(out.Place)] {
			o.Place = out.Place // the town goes before its country
		}
		if len(out.Parties) > len(o.Parties) {
			o.Parties = out.Parties
		}
		if o.Words[len(o.Words)-1].Start != out.Words[0].Start {
			o.Words = append(o.Words, out.Words...)
		}
		if o.Date == nil {
			o.Date = out.Date
		}
		if o.Place == "" {
			o.Place = out.Place
		}
		return
	}
	d.drafts = append(d.drafts, out)
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// sameCountry: one place is the country of the other, as far as the table of parties
// tells: Riyadh, Saudi Arabia.
func sameCountry(a, b string) bool {
	of := func(place string) string {
		for _, t := range loadLexicon().find(tokenize(place, 0, len(place))) {
			if t.class == "party" {
				return t.value
			}
		}
		return place
	}
	return of(a) == of(b)
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
