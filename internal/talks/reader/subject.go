package reader

import (
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// subj is who does what a verb says.
type subj struct {
	party string
	actor *actor
	open  string // why it could not be told
	agent bool   // told by "by"
}

// subject finds who does what the words of a tag say: an agent after them
// ("rejected by Moscow"), else the nearest party before them that can be a
// subject, else whom a pronoun means.
func (d *document) subject(s *sentence, t tag) subj {
	if a := s.agent(t); a != nil {
		return subj{party: a.party, actor: a, agent: true}
	}
	lo, _ := s.clause(t.s)
	if a := s.before(t, lo); a != nil {
		if p := s.pronounNear(t, a.e); p >= 0 {
			return d.whom(s, p, a)
		}
		return subj{party: a.party, actor: a}
	}
	if p := s.pronounNear(t, lo); p >= 0 {
		return d.whom(s, p, nil)
	}
	if x, ok := d.group(s, t, lo); ok {
		return x
	}
	if p := s.onePronoun(lo, t.s); p >= 0 && s.toks[p].depth == s.toks[t.s].depth {
		return d.whom(s, p, nil)
	}
	if s.carriesOn(t.s) || lo > 0 && s.carriesOn(lo+1) {
		if a := s.elided(t.s, max(lo, 1)); a != nil {
			return subj{party: a.party, actor: a}
		}
	}
	if lo > 0 { // the subject may stand in the clause before: "X refused, but offered"
		if a := s.before(t, 0); a != nil && s.breaksWithoutActor(lo, t.s) {
			return subj{party: a.party, actor: a}
		}
	}
	if s.lang != "en" { // the verb may come first
		for i := range s.actors {
			if a := &s.actors[i]; a.s >= t.e && a.s <= t.e+2 && !a.oblique && !a.thing && a.prep == "" {
				return subj{party: a.party, actor: a}
			}
		}
	}
	return subj{open: "who does this is not said here"}
}

// agent is the actor after "by", or in the instrumental.
func (s *sentence) agent(t tag) *actor {
	for i := range s.actors {
		a := &s.actors[i]
		if a.s < t.e || a.s > t.e+6 || a.negated || a.thing {
			continue
		}
		if s.lang == "en" && agentWords[a.prep] && (s.byRightAfter(t) || s.passiveEnglish(t)) {
			return a
		}
		if s.lang != "en" && a.prep == "" && a.s <= t.e+2 && s.instrumental(a) && s.passive(t) {
			return a
		}
	}
	if s.lang != "en" && s.passive(t) { // "Києвом прийнято"
		for i := range s.actors {
			a := &s.actors[i]
			if a.e <= t.s && t.s-a.e <= 3 && a.prep == "" && !a.negated && s.instrumental(a) {
				return a
			}
		}
	}
	return nil
}

// byRightAfter: "by" follows the verb, but for an adverb.
func (s *sentence) byRightAfter(t tag) bool {
	for k := t.e; k < len(s.toks) && k <= t.e+1; k++ {
		if s.toks[k].low == "by" {
			return true
		}
	}
	return false
}

var instrumentals = []string{"ою", "єю", "ею", "ою", "ой", "ом", "ем", "єм", "им", "ым", "ями", "ами"}

func (s *sentence) instrumental(a *actor) bool {
	for _, e := range instrumentals {
		if w := s.toks[a.s].low; len(w) > len(e) && w[len(w)-len(e):] == e {
			return true
		}
	}
	return false
}

// passive: a participle in -но, -то, -на, -ено, -ан of Ukrainian or Russian.
func (s *sentence) passive(t tag) bool {
	w := []rune(s.toks[t.e-1].low)
	if len(w) < 4 {
		return false
	}
	switch string(w[len(w)-2:]) {
	case "но", "то", "на", "та", "ен", "ан", "ят", "ты", "ны", "ні", "ті", "ий", "ой", "ое", "ая", "ый", "ых":
		return true
	}
	return false
}

// before is the nearest actor before a verb, not earlier than lo, that can be its
// subject.
func (s *sentence) before(t tag, lo int) *actor {
	for i := len(s.actors) - 1; i >= 0; i-- {
		a := &s.actors[i]
		if a.e > t.s || a.s < lo {
			continue
		}
		if s.ownAct(a, t) || a.e == t.s && !a.thing && (a.prep == "despite" || a.prep == "with") && strings.HasSuffix(s.toks[t.s].low, "ing") {
			return a // "despite Kyiv accusing Moscow"
		}
		if s.inSeat(a, t) && !a.negated {
			return a
		}
		if i > 0 && s.actors[i-1].prep != "" && s.and(s.actors[i-1].e, a.s) && s.noPunct(s.actors[i-1].e, a.s) {
			continue // "by Trump and Putin"
		}
		if a.thing || a.prep != "" || a.negated || s.lang != "en" && a.oblique {
			continue
		}
		if s.toks[a.s].depth > 0 && s.toks[t.s].depth == 0 && s.speech.by != nil && s.speech.by.s != a.s {
			continue // named within a quotation
		}
		if s.objectOfVerb(a) && !s.relative(t.s) || s.aside(a, t.s) || s.inRelative(a) && s.asideOf(a.s) != s.asideOf(t.s) {
			continue
		}
		return a
	}
	return nil
}

// inSeat: "в Кремле заявили", "у Генштабі заперечили": who speaks is told as a
// place, in Ukrainian and Russian.
func (s *sentence) inSeat(a *actor, t tag) bool {
	if s.lang == "en" || !placePreps[a.prep] || a.e > t.s || t.s-a.e > 3 && !s.seatCarries(a, t) {
		return false
	}
	for k := a.e; k < t.s; k++ {
		if s.toks[k].punct && t.s-a.e <= 3 {
			return false
		}
	}
	w := []rune(s.toks[t.s].low)
	if len(w) <= 3 {
		return false
	}
	switch string(w[len(w)-2:]) { // a plural without a subject
	case "ли", "ют", "ят":
		return true
	}
	return strings.HasSuffix(s.toks[t.s].low, "ють") || strings.HasSuffix(s.toks[t.s].low, "ять")
}

// seatCarries: "в Генштабе обвинения отвергли и заявили": a second verb of the same seat.
func (s *sentence) seatCarries(a *actor, t tag) bool {
	if !s.carriesOn(t.s) || t.s-a.e > 12 {
		return false
	}
	for _, v := range s.of("say", "deny", "reject", "accuse") {
		if v.s >= a.e && v.e < t.s && v.s-a.e <= 3 && s.inSeat(a, v) {
			return true
		}
	}
	return false
}

// ownAct: a noun of an act with its owner before it: "Moscow's refusal".
func (s *sentence) ownAct(a *actor, t tag) bool {
	if !actNouns[s.toks[t.s].low] || t.s-a.e > 8 || a.e >= len(s.toks) || s.toks[a.e].low != "'s" {
		return false
	}
	for i := range s.actors {
		if o := &s.actors[i]; o.s >= a.e && o.e <= t.s {
			return false
		}
	}
	return true
}

var actNouns = wordList("refusal rejection acceptance consent failure denial denials approval opposition readiness unwillingness")

// objectOfVerb: a verb stands right before the actor: "told Moscow".
func (s *sentence) objectOfVerb(a *actor) bool {
	i := a.s
	for i > 0 && articles[s.toks[i-1].low] {
		i--
	}
	if s.lang != "en" {
		return false
	}
	for _, t := range s.of("say", "accuse", "demand", "meet", "order", "attack") {
		if t.e == i && t.s > 0 && !s.toks[t.s].punct && (t.class != "say" || hearers[s.toks[t.s].low]) {
			return true
		}
	}
	return false
}

// hearers are verbs of saying right after which comes whom it is said to.
var hearers = wordList("told warned assured informed reminded notified promised cautioned tells telling assures advised")

// pronounNear is a pronoun between the subject looked for and its verb.
func (s *sentence) pronounNear(t tag, from int) int {
	for _, p := range s.of("pronoun") {
		if p.s >= from && p.e <= t.s && t.s-p.e <= 5 {
			return p.s
		}
	}
	return -1
}

// onePronoun is the first pronoun of a clause before a verb, where all pronouns of the
// sentence are the same word: "he told Trump that he would back it and ordered".
func (s *sentence) onePronoun(lo, at int) int {
	first, word := -1, ""
	for _, p := range s.of("pronoun") {
		w := s.toks[p.s].low
		if word != "" && w != word {
			return -1
		}
		word = w
		if p.s >= lo && p.e <= at && first < 0 {
			first = p.s
		}
	}
	return first
}

// whom says whom a pronoun means: the speaker of its own sentence, if it stands
// in what is said and nobody else is named between; else the one party of the
// sentence before.
func (d *document) whom(s *sentence, p int, a *actor) subj {
	w := s.toks[p].text
	if o := s.ownPronoun(p); o != nil && !first[s.toks[p].low] && s.toks[p].depth == 0 {
		return subj{party: o.party, actor: o}
	}
	if first[s.toks[p].low] {
		if sp := s.speech.speaker; sp != nil && sp.Party != "" && s.toks[p].depth > 0 {
			return subj{party: sp.Party}
		}
		return subj{open: "“" + w + "”: who speaks is not told"}
	}
	if s.speech.said && s.speech.by != nil && s.speech.verb.phrase != nil && p >= s.speech.verb.e && s.toks[p].depth == 0 {
		by := s.speech.by
		for i := range s.actors {
			o := &s.actors[i]
			if o.s > s.speech.verb.e && o.e <= p && o.party != by.party && !o.thing && !o.place && o.prep == "" && !s.objectOfVerb(o) {
				return subj{open: "“" + w + "” may be more than one"}
			}
		}
		return subj{party: by.party, actor: by}
	}
	if sp := s.speech.speaker; s.speech.said && s.speech.by == nil && sp != nil && sp.Party != "" && s.speech.verb.phrase != nil && p >= s.speech.verb.e && a == nil {
		return subj{party: sp.Party}
	}
	if a != nil && d.onlyParty(s, p) {
		return subj{party: a.party, actor: a}
	}
	if a == nil && d.onlyParty(s, p) {
		for i := range s.actors {
			if o := &s.actors[i]; o.e <= p && !o.place && o.prep == "" {
				return subj{party: o.party, actor: o}
			}
		}
	}
	if a == nil {
		if one := d.antecedentOf(s, s.toks[p].low); one != nil && one.Party != "" {
			return subj{party: one.Party}
		}
	}
	return subj{open: "“" + w + "” may be more than one"}
}

var first = wordList("we i ми я мы")

// group: "the group", "its ministry": the one armed group of the article, or the
// party of the sentence before.
func (d *document) group(s *sentence, t tag, lo int) (subj, bool) {
	for _, g := range s.of("group") {
		if g.s >= lo && g.e <= t.s && t.s-g.e <= 6 || g.e <= t.s && s.relative(t.s) && t.s-g.e <= 8 {
			if d.onlyGroup != "" {
				return subj{party: d.onlyGroup}, true
			}
			return subj{open: "“" + s.words(g.s, g.e) + "” may be more than one"}, true
		}
	}
	for _, r := range s.of("role") {
		if r.e <= t.s && t.s-r.e <= 2 && r.s >= lo {
			if p := d.sameOffice(s, r); p != "" && s.actorAt(r.s, 0) == nil {
				return subj{party: p}, true
			}
		}
		if r.e <= t.s && r.s > 0 && (s.toks[r.s-1].low == "its" || s.toks[r.s-1].low == "their" || s.toks[r.s-1].low == "його" || s.toks[r.s-1].low == "его") && r.s <= 2 {
			if one := d.antecedent(s); one != nil && one.Party != "" {
				return subj{party: one.Party}, true
			}
		}
	}
	return subj{}, false
}

// onlyParty: before token p the sentence names one party alone.
func (d *document) onlyParty(s *sentence, p int) bool {
	party := ""
	for _, a := range s.actors {
		if a.e > p || a.place {
			continue
		}
		if party != "" && party != a.party {
			return false
		}
		party = a.party
	}
	return party != ""
}

// breaksWithoutActor: no other subject stands between.
func (s *sentence) breaksWithoutActor(lo, hi int) bool {
	for _, a := range s.actors {
		if a.s >= lo && a.e <= hi && !a.thing && a.prep == "" {
			return false
		}
	}
	return s.pronounNear(tag{s: hi}, lo) < 0
}

// negatedAt reports whether a word of negation stands before a verb, and whether
// it is "not yet".
func (s *sentence) negatedAt(at int) (not, yet bool) {
	for _, t := range s.of("yet") {
		if t.e <= at && at-t.e <= 2 {
			return true, true
		}
	}
	for k := at - 1; k >= 0 && k >= at-4; k-- {
		w := s.toks[k].low
		if w == "," || w == ";" || w == "and" || w == "but" {
			return false, false
		}
		if s.isTag("not", k) || len(w) > 3 && w[len(w)-3:] == "n't" {
			if k+1 < len(s.toks) && s.toks[k+1].low == "only" {
				return false, false
			}
			return true, false
		}
		if s.lang != "en" && at-k > 1 { // не stands right before its verb
			return false, false
		}
	}
	return false, false
}

// conditions are the words of a condition after or before a token: from the word
// that opens it to the end of its clause.
func (d *document) conditions(s *sentence, at int) (out []talks.Words) {
	lo, hi := s.clause(at)
	for _, t := range s.of("if") {
		if t.s < lo || t.s >= hi {
			continue
		}
		if t.s < at && s.toks[t.s].low != "if" && s.toks[t.s].low != "once" && s.toks[t.s].low != "якщо" && s.toks[t.s].low != "если" && s.toks[t.s].low != "provided" && s.toks[t.s].low != "unless" && t.s > lo+1 {
			continue
		}
		if t.s > at && s.anotherStance(at, t.s) {
			continue // it is the condition of what comes between
		}
		e := hi
		for k := t.e; k < hi; k++ {
			w := s.toks[k].low
			if t.s < at && w == "," || isEnd(w) && k == len(s.toks)-1 || w == "”" || w == "»" || (w == `"` && k > t.e) || w == "," && s.sayAfter(k) {
				e = k
				break
			}
		}
		if t.s < at && e > at {
			continue
		}
		for e > t.s+1 && s.toks[e-1].punct {
			e--
		}
		if e-t.s < 3 {
			continue
		}
		out = append(out, d.wordsOf(s, t.s, e))
		if t.s > at {
			break
		}
	}
	return out
}

// anotherStance: after the verb at a token another says something, and then a verb
// of consent or refusal comes.
func (s *sentence) anotherStance(at, to int) bool {
	for _, v := range s.of("say") {
		if v.s <= at || v.e > to || s.toks[v.s].depth > 0 {
			continue
		}
		for _, x := range s.of("accept", "reject") {
			if x.s >= v.e && x.e <= to {
				return true
			}
		}
	}
	return false
}

func isEnd(w string) bool { return w == "." || w == "!" || w == "?" || w == "…" }

// sayAfter: after a comma comes who said it.
func (s *sentence) sayAfter(k int) bool {
	for _, t := range s.of("say", "according") {
		if t.s > k && t.s <= k+9 {
			return true
		}
	}
	return false
}

// supposed reports whether a verb tells no fact: it is demanded, asked, supposed.
func (s *sentence) supposed(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-5; k-- {
		if s.isTag("demand", k) || s.toks[k].low == "if" || s.toks[k].low == "якщо" || s.toks[k].low == "если" || s.toks[k].low == "unless" {
			return true
		}
		if breaks[s.toks[k].low] || s.toks[k].low == "that" && (k == 0 || !s.isTag("demand", k-1)) {
			break
		}
	}
	if t.s > 0 && s.toks[t.s-1].low == "to" && s.lang == "en" {
		for k := t.s - 2; k >= 0 && k >= t.s-4; k-- {
			if willing[s.toks[k].low] {
				return false
			}
		}
		return true
	}
	return false
}

var willing = wordList("ready prepared willing open agreed set is are going intends plans happy offered vowed yet pledged committed promised decided undertaken undertook declared")
