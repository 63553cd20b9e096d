package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// stand is where a party stands, by the words of one tag.
type stand struct {
	party, stance, open string
	subj                subj
	at                  tag
}

// positions makes drafts of who accepts, accepts if, rejects, is silent or
// reserves, about which proposal.
func (d *document) positions() {
	for i := range d.sents {
		s := &d.sents[i]
		used := -1
		d.builtPositions(s)
		for _, t := range s.of("accept", "reject", "silent", "reserve") {
			if t.s < used || s.isTaken(talks.Position, t) {
				continue
			}
			m, ok := d.object(s, t)
			if !ok || s.onlyNames(t) || d.noStance(s, t, m) || m.scope == "other" && !d.ofPeace(m.in) {
				continue
			}
			st, stance, open := d.subject(s, t), stanceOf(t.class), ""
			if t.class == "accept" {
				stance, open = s.acceptance(t)
			}
			if first[s.toks[t.s].low] { // "we are in"
				st = d.whom(s, t.s, nil)
			}
			if by := s.speech.by; by != nil && strings.Contains(s.words(t.s, t.e), "depend") {
				st = subj{party: by.party, actor: by} // on whose conditions it depends
			}
			if stance == "" || s.supposed(t) && t.class != "silent" || s.adjective(t) || t.class == "accept" && s.passiveEnglish(t) && !st.agent && s.toks[t.e-1].low != "bound" {
				continue
			}
			if t.class == "reject" && s.passiveEnglish(t) && !st.agent {
				if len(s.of("weapon")) > 0 {
					continue // drones that were shot down
				}
				st = subj{open: "by whom is not said here"}
			}
			if t.class == "reject" {
				if s.yetAt(t.s) {
					stance, open = "silent", "has not accepted yet: neither accepted nor rejected"
				} else if not, _ := s.negatedAt(t.s); not && !negations[s.toks[t.s].low] {
					stance, open = "reserves", "said not to have rejected it, which is not acceptance"
				}
				used = t.e + 4 // "refused to accept" is one statement
			}
			if t.class == "reject" && s.fallsShort(t) && (st.party == "" || st.actor != nil && st.actor.thing) {
				st = subj{party: d.agreedBefore(s), open: "who agreed to less is not said here"}
				open = "the words say only that what it agreed to falls short of this"
				if st.party == "" {
					continue
				}
			}
			d.stand(s, stand{party: st.party, stance: stance, open: open, subj: st, at: t}, m)
			d.others(s, t, m, st.party, stance)
			if st.agent || st.party != "" {
				d.joined(s, t, m, st, stance, open)
			}
		}
		d.undertakings(s)
		d.ellipses(s)
	}
}

// fallsShort: "the accord fell short of a truce": a thing does, not a party.
func (s *sentence) fallsShort(t tag) bool {
	return t.e-t.s > 2 && s.toks[t.s+1].low == "short" && strings.HasPrefix(s.toks[t.s].low, "f")
}

// agreedBefore is the one party that the sentences before say agreed to something.
func (d *document) agreedBefore(s *sentence) string {
	from := d.sents[max(0, d.index(s)-5)].b
	party := ""
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind != talks.Position || !strings.HasPrefix(x.Stance, "accepts") || x.Words[0].Start < from || x.Words[0].Start >= s.e || x.Party == "" {
			continue
		}
		if party != "" && party != x.Party {
			return ""
		}
		party = x.Party
	}
	return party
}

// onlyNames: "the nuances of regimes" names what is to be discussed, and is no
// reserve of anybody.
func (s *sentence) onlyNames(t tag) bool {
	if t.class != "reserve" || !strings.HasPrefix(s.toks[t.s].low, "nuanc") && !strings.HasPrefix(s.toks[t.s].low, "нюанс") {
		return false
	}
	if len(s.of("agenda")) > 0 || t.s > 0 && (s.toks[t.s-1].low == "the" || s.toks[t.s-1].low == "of") {
		return true
	}
	return t.e < len(s.toks) && s.toks[t.e].low == "of"
}

// yetAt: "досі не погодився", where the words of a refusal begin with не.
func (s *sentence) yetAt(at int) bool {
	for _, y := range s.of("yet") {
		if y.s < at && y.e > at {
			return true
		}
	}
	return false
}

func stanceOf(class string) string {
	return map[string]string{"accept": "accepts", "reject": "rejects", "silent": "silent", "reserve": "reserves"}[class]
}

// acceptance reads what stands before a verb of consent.
func (s *sentence) acceptance(t tag) (stance, open string) {
	not, yet := s.negatedAt(t.s)
	switch {
	case yet:
		return "silent", "has not accepted yet: neither accepted nor rejected"
	case not:
		return "rejects", "the words say only that it did not agree"
	}
	switch s.toks[t.s].low {
	case "reach":
		return "", "" // to reach a truce is an aim
	case "consent", "assent", "approval", "agreement":
		return "", "" // the noun alone: "its consent depends on"
	}
	for k := t.s - 1; k >= 0 && k >= t.s-4; k-- {
		switch s.toks[k].low {
		case "may", "might", "could", "can", "possibly", "should", "must":
			return "", ""
		case "without":
			return "", ""
		case ",", ";":
			return "accepts", ""
		}
	}
	return "accepts", ""
}

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

// stand adds or joins the draft of a position.
func (d *document) stand(s *sentence, x stand, m mention) {
	lo, hi := s.clause(x.at.s)
	if x.subj.actor != nil && x.subj.actor.s < lo && x.subj.actor.s >= 0 && s.holds(x.subj.actor) {
		lo = x.subj.actor.s
	}
	cond := d.conditions(s, x.at.e-1)
	if len(cond) > 0 && x.stance == "accepts" {
		x.stance = "accepts-if"
	} else if x.stance != "accepts-if" && x.stance != "rejects" {
		cond = nil
	}
	out := d.draft(talks.Position, s, lo, hi)
	out.Party, out.Stance, out.Conditions = x.party, x.stance, cond
	if x.party == "" {
		out.Open = append(out.Open, x.subj.open)
	}
	if x.open != "" {
		out.Open = append(out.Open, x.open)
	}
	out.Proposal, out.Scope = d.proposalAt(m)
	if out.Proposal == "" {
		out.Open = append(out.Open, "which proposal is meant is not told apart here")
	}
	out.Days = m.days
	d.date(&out, s, x.at.s, s.ahead(x.at.s))
	if out.Speaker != nil && out.Speaker.Party == "" && out.Speaker.Open == "" {
		out.Speaker = nil
	}
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind == talks.Position && o.Party == out.Party && o.Stance == out.Stance && o.Proposal == out.Proposal && o.Scope == out.Scope && out.Party != "" && sameDate(o.Date, out.Date) {
			if o.Words[len(o.Words)-1].Start != out.Words[0].Start {
				o.Words = append(o.Words, out.Words...)
			}
			for _, c := range out.Conditions {
				if !slices.Contains(o.Conditions, c) {
					o.Conditions = append(o.Conditions, c)
				}
			}
			if o.Date == nil {
				o.Date = out.Date
			}
			return
		}
	}
	d.drafts = append(d.drafts, out)
}

func (s *sentence) holds(a *actor) bool {
	for i := range s.actors {
		if &s.actors[i] == a {
			return true
		}
	}
	return false
}

func sameDate(a, b *talks.Date) bool {
	return a == nil || b == nil || a.Value == b.Value && a.Relative == b.Relative
}

// others reads who stands elsewhere in the same breath: "accepted by Kyiv but not
// by Moscow".
func (d *document) others(s *sentence, t tag, m mention, party, stance string) {
	for i := range s.actors {
		a := &s.actors[i]
		if !a.negated || a.thing || a.party == party || abs(a.s-t.s) > 14 {
			continue
		}
		other := "rejects"
		if stance == "rejects" {
			other = "accepts"
		} else if stance == "silent" || stance == "reserves" {
			continue
		}
		d.stand(s, stand{party: a.party, stance: other, subj: subj{party: a.party, actor: a}, at: tag{phrase: t.phrase, s: a.s, e: a.e}, open: "told as the other of one who did"}, m)
	}
}

// joined reads a second subject: "India and Pakistan agreed".
func (d *document) joined(s *sentence, t tag, m mention, x subj, stance, open string) {
	if x.actor == nil || !s.holds(x.actor) {
		return
	}
	for i := range s.actors {
		a := &s.actors[i]
		if a.party == x.party || a.negated {
			continue
		}
		if a.e < x.actor.s && x.actor.s-a.e <= 2 && (!a.thing || !x.actor.thing) && s.and(a.e, x.actor.s) && a.prep == "" {
			d.stand(s, stand{party: a.party, stance: stance, open: open, subj: subj{party: a.party, actor: a}, at: t}, m)
		}
	}
}

// and: the words between are a conjunction.
func (s *sentence) and(b, e int) bool {
	and := false
	for _, t := range s.toks[b:e] {
		switch t.low {
		case "and", "і", "та", "й", "и":
			and = true
		case ",", "the", "also", "a", "an", "both", "its", "their":
		default:
			return false
		}
	}
	return and
}

// ellipses reads clauses without a verb of their own: "Moscow has not", "Москва —
// ні", after one that told a consent.
func (d *document) ellipses(s *sentence) {
	for i := range s.actors {
		a := &s.actors[i]
		if a.thing || a.prep != "" {
			continue
		}
		k := a.e
		if k < len(s.toks) && (s.toks[k].low == "—" || s.toks[k].low == "–" || s.toks[k].low == ",") {
			k++
		}
		no := false
		switch {
		case k+1 < len(s.toks) && auxiliary[s.toks[k].low] && s.toks[k+1].low == "not" && s.stops(k+2):
			no = true
		case k < len(s.toks) && auxiliary[s.toks[k].low] && len(s.toks[k].low) > 3 && s.toks[k].low[len(s.toks[k].low)-3:] == "n't" && s.stops(k+1):
			no = true
		case k < len(s.toks) && (s.toks[k].low == "ні" || s.toks[k].low == "нет") && s.stops(k+1):
			no = true
		}
		if !no || len(s.of("comply")) > 0 {
			continue
		}
		n := d.index(s)
		for back := n; back >= 0 && back >= n-1; back-- {
			o := &d.sents[back]
			for _, t := range o.of("accept") {
				if back == n && t.s > a.s {
					continue
				}
				if m, ok := d.object(o, t); ok {
					d.stand(s, stand{party: a.party, stance: "rejects", subj: subj{party: a.party, actor: a}, at: tag{phrase: t.phrase, s: a.s, e: a.e}, open: "the words say only that it did not"}, m)
					return
				}
			}
		}
	}
}

func (s *sentence) stops(k int) bool {
	return k >= len(s.toks) || s.toks[k].punct || s.toks[k].low == "and" || s.toks[k].low == "yet"
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

// statesIn: a part of a sentence has a statement of its own.
func (s *sentence) statesIn(b, e int) bool {
	for _, v := range s.of("accept", "reject", "say", "order") {
		if v.s >= b && v.e <= e {
			return true
		}
	}
	return false
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

// deniedThat: "denied that Ukraine had agreed": of what somebody denies nothing is told.
func (s *sentence) deniedThat(t tag) bool {
	lo, _ := s.clause(t.s)
	for _, o := range s.of("deny") {
		if o.s >= lo && o.e <= t.s && o.e < len(s.toks) && (s.toks[o.e].low == "that" || s.toks[o.e].low == "having" || s.toks[o.e].low == "що" || s.toks[o.e].low == "что" || o.e+1 < len(s.toks) && s.toks[o.e].low == "," && (s.toks[o.e+1].low == "що" || s.toks[o.e+1].low == "что")) {
			return true
		}
	}
	return false
}

var asking = wordList("which who whom whose how what when where whether")

// apposed: a comma and an article stand between two nouns, which are one thing.
func (s *sentence) apposed(b, e int) bool {
	comma := false
	for _, t := range s.toks[b:e] {
		switch t.low {
		case ",", "—", "–":
			comma = true
		case "a", "an", "the", "infrastructure", "facilities", "targets", "sites":
		default:
			return false
		}
	}
	return comma
}
