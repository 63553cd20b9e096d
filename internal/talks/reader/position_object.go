package reader

import (
	"strings"
)

// object is the proposal that a verb is about.
func (d *document) object(s *sentence, t tag) (mention, bool) {
	lo, hi := s.clause(t.s)
	if hi < len(s.toks) && s.toks[hi].low == ":" { // "a limited pause: a halt of ..."
		if _, more := s.clause(min(hi+1, len(s.toks)-1)); !s.statesIn(hi+1, more) {
			hi = more
		}
	}
	hi = s.objectEnd(t, hi)
	var best *mention
	rank := 1 << 30
	list := s.mentions()
	for i := range list {
		m := &list[i]
		r := 0
		switch {
		case m.s >= t.s && m.s < hi && m.s-t.e <= 22:
			r = m.s - t.e
			if m.s < t.e {
				r = 0
			}
			for _, v := range s.of("accept", "reject") { // another verb has it
				if v.s >= t.e && v.e <= m.s && v.s-t.e > 3 {
					r += 50
				}
			}
		case m.e <= t.s && !s.refersBack(t, m):
			continue
		case m.e <= t.s && m.s >= lo:
			r = 60 + t.s - m.e
		case m.e <= t.s:
			r = 100 + t.s - m.e
		default:
			r = 200 + m.s - t.e
		}
		if m.scope == "exchange" {
			continue
		}
		if !specific(m.scope) {
			r += 8
		}
		if m.scope == "other" {
			r += 6
		}
		if r < rank {
			rank, best = r, m
		}
	}
	if best != nil && best.scope == "other" {
		for i := range list { // "a pause in strikes, a proposal that was accepted by"
			if m := &list[i]; m.scope != "other" && m.e <= best.s && best.s-m.e <= 4 && s.apposed(m.e, best.s) {
				return *m, true
			}
		}
	}
	if best != nil && rank < 190 {
		if best.scope == "other" && d.index(s) > 0 { // "that proposal" is the one told right before
			if before := d.sents[d.index(s)-1].mentions(); len(before) == 1 && before[0].scope != "exchange" && s.points(best) {
				return before[0], true
			}
		}
		return *best, true
	}
	// No proposal in the sentence: the verb may speak of the one before.
	if !s.anaphor(t) {
		return mention{}, false
	}
	if m := s.ofWhichSaid(t); m != nil {
		return *m, true
	}
	i := d.index(s)
	if t.class == "silent" && i > 0 && len(d.sents[i-1].of("attack", "accuse")) > 0 && len(d.sents[i-1].mentions()) == 0 {
		return mention{}, false // silent about an attack
	}
	for k := i - 1; k >= 0 && k >= i-4; k-- {
		if list := d.sents[k].mentions(); len(list) > 0 {
			m := list[len(list)-1]
			for _, x := range list {
				if specific(x.scope) && !specific(m.scope) {
					m = x
				}
			}
			if m.scope == "exchange" {
				continue
			}
			return m, true
		}
	}
	return mention{}, false
}

// ofPeace: a plan or a proposal is one of a truce, by the words round it or right
// before it.
func (d *document) ofPeace(s *sentence) bool {
	i := d.index(s)
	for k := max(0, i-2); k <= i; k++ {
		for _, m := range d.sents[k].mentions() {
			if m.scope != "other" {
				return true
			}
		}
	}
	for _, t := range s.toks {
		for _, w := range []string{"peace", "hostage*", "mediator*", "envoy", "hostilities", "negotiat*", "мирн*"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

// points: "that proposal", "the offer".
func (s *sentence) points(m *mention) bool {
	if m.s == 0 {
		return false
	}
	switch s.toks[m.s-1].low {
	case "that", "this", "the", "цю", "ту", "цей", "цього", "это", "этот", "эту", "этого":
		return m.e >= len(s.toks) || s.toks[m.e].punct || !s.isTag("proposal", m.e)
	}
	return s.lang != "en"
}

// objectEnd is where the object of a verb must have come: not behind words of
// time, of saying or of asking.
func (s *sentence) objectEnd(t tag, hi int) int {
	for k := t.e; k < hi; k++ {
		if s.toks[k-1].low == "-" {
			continue // "sought-after"
		}
		switch s.toks[k].low {
		case "after", "before", "following", "when", "amid", "since", "as", "після", "перед", "после":
			return k
		}
		if s.toks[k].low == "," && k+1 < hi && strings.HasSuffix(s.toks[k+1].low, "ing") {
			return k
		}
		if t.class == "silent" {
			continue // "has not said whether"
		}
		if k > t.e+1 && s.isTag("say", k) || s.isTag("demand", k) && s.lang == "en" && s.toks[k].low != "may" {
			return k
		}
	}
	return hi
}

// refersBack: the verb takes what stands before it for its object: "the truce was
// accepted by", "a truce, which Kyiv accepted", "the truce Kyiv accepted".
func (s *sentence) refersBack(t tag, m *mention) bool {
	if s.relative(t.s) || s.passiveEnglish(t) || s.byRightAfter(t) || s.anaphor(t) || s.lang != "en" && s.passive(t) {
		return true
	}
	if strings.Contains(s.words(t.s, t.e), "depend") {
		return true // "the proposal would depend on"
	}
	for i := range s.actors {
		if a := &s.actors[i]; a.s == m.e && a.e <= t.s || a.negated && a.s >= t.s || a.s > m.e && a.e <= t.s && s.toks[a.s-1].low == "which" {
			return true
		}
	}
	return false
}

// adjective: "an agreed number", "an Israeli-approved body".
func (s *sentence) adjective(t tag) bool {
	if t.s == 0 || s.lang != "en" {
		return false
	}
	switch s.toks[t.s-1].low {
	case "-", "an", "a", "the", "mutually", "previously":
		return strings.HasSuffix(s.toks[t.s].low, "ed")
	}
	return false
}

// anaphor: the verb has an object that stands for something told before, or none.
func (s *sentence) anaphor(t tag) bool {
	if s.passiveEnglish(t) && s.pronounNear(t, 0) >= 0 {
		return true // "it was not accepted by"
	}
	for k := t.e; k < len(s.toks) && k <= t.e+4; k++ {
		w := s.toks[k].low
		if anaphors[w] || isEnd(w) || w == "," && k == t.e || s.isTag("if", k) {
			return true
		}
	}
	return false
}

var anaphors = wordList("it this that them so idea offer text terms measure step halt pause arrangement to його її це їх неї нього цього це этого это его ее их нему ней нею нього")

// noStance: the words are about something else: an accusation that is rejected, a
// report that is denied, support with arms.
func (d *document) noStance(s *sentence, t tag, m mention) bool {
	if s.deniedThat(t) {
		return true
	}
	for _, o := range s.of("deny", "accuse", "response") {
		if o.s <= t.s && t.e <= o.e || o.s >= t.e && o.s-t.e <= 2 && t.class == "reject" && o.class != "response" {
			return true
		}
	}
	if t.class == "silent" {
		for k := t.e; k < len(s.toks) && k <= t.e+5; k++ {
			if w := s.toks[k].low; w == "stance" || w == "position" {
				return true // it says nothing of where another stands
			}
		}
	}
	if t.class == "accept" && t.e < len(s.toks) && asking[s.toks[t.e].low] {
		return true // "have yet to agree which sites"
	}
	if w := s.toks[t.s].low; (w == "reach" || w == "reached") && m.s < t.s && !s.passiveEnglish(t) && !s.byRightAfter(t) {
		return true // "no such order has reached the troops"
	}
	if t.s > 0 && s.toks[t.s-1].low == "mutual" || t.class == "reject" && s.givesUpStrikes(t) {
		return true // "a mutual refusal to strike" is what is proposed
	}
	next := ""
	if t.e < len(s.toks) {
		next = s.toks[t.e].low
	}
	switch s.toks[t.s].low {
	case "agreed", "agree", "agrees", "reached", "reach", "согласовали", "погодили", "погодились", "договорились":
		if next == "with" && !s.onWhat(t, m) || next == "that" && m.s < t.s {
			return true
		}
	case "join", "joined", "joins", "support", "supported", "supports", "back", "backed", "backs", "sign", "observe", "honour", "honor":
		if m.scope == "other" && m.s > t.e+5 {
			return true
		}
	}
	if t.class == "reject" && m.s > t.e { // "refuses to say"
		for _, v := range s.of("say") {
			if v.s >= t.e && v.s <= t.e+1 {
				return true
			}
		}
	}
	for _, c := range []string{"accusation", "accusations", "claim", "claims", "allegation", "allegations", "report", "reports", "charge", "charges", "suggestion", "звинувачення", "обвинения", "notion"} {
		for k := t.e; k < len(s.toks) && k <= t.e+4; k++ {
			if s.toks[k].low == c {
				return true
			}
		}
	}
	if t.class == "reject" && s.rejectsClaim(t) || t.s+1 < len(s.toks) && (t.class == "accept") && s.violatesNear(t) {
		return true
	}
	return false
}

// givesUpStrikes: "отказ от ударов", "відмова від атак", "refusal to strike": what is
// given up are strikes, so that it is a halt and no refusal of one.
func (s *sentence) givesUpStrikes(t tag) bool {
	of := t.e
	if s.toks[t.e-1].low == "от" || s.toks[t.e-1].low == "від" {
		of = t.e - 1
	}
	if of >= len(s.toks) || s.toks[of].low != "от" && s.toks[of].low != "від" {
		return false
	}
	for _, x := range s.of("strikes") {
		if x.s > of && x.s-of <= 4 && s.noPunct(of, x.s) && s.actorAt(of+1, x.s-of-2) == nil {
			return true
		}
	}
	return false
}

// violatesNear: "broke the truce it had agreed to" is no new consent.
func (s *sentence) violatesNear(t tag) bool {
	for _, v := range s.of("violate") {
		if v.s < t.s && t.s-v.e <= 4 {
			return true
		}
	}
	return false
}

// ofWhichSaid is the proposal that a quotation is said to be of: "We will back it,"
// he said of the truce.
func (s *sentence) ofWhichSaid(t tag) *mention {
	list := s.mentions()
	for i := range list {
		m := &list[i]
		for _, v := range s.of("say") {
			if s.toks[t.s].depth == 0 || v.s < t.e || v.e > m.s || m.s-v.e > 5 || s.toks[v.e].low != "of" && s.toks[v.e].low != "about" {
				continue
			}
			return m
		}
	}
	return nil
}

// onWhat: "agreed with Washington on a moratorium".
func (s *sentence) onWhat(t tag, m mention) bool {
	for k := t.e + 1; k < m.s && k <= t.e+5; k++ {
		if s.toks[k].low == "on" || s.toks[k].low == "to" {
			return true
		}
	}
	return false
}
