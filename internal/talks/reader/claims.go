package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// claims makes drafts of accusations and denials: about an incident, or general.
func (d *document) claims() {
	for i := range d.sents {
		s := &d.sents[i]
		d.builtClaims(s)
		d.counted(s)
		d.silences(s)
		for _, t := range s.of("accuse") {
			if !s.isTaken(talks.Claim, t) {
				d.accuse(s, t)
			}
		}
		for _, t := range s.of("deny") {
			if !s.isTaken(talks.Claim, t) {
				d.deny(s, t)
			}
		}
		for _, t := range s.of("reject") {
			if !s.isTaken(talks.Claim, t) && s.rejectsClaim(t) {
				d.deny(s, t)
			}
		}
		d.violation(s)
		d.compliance(s)
	}
}

// pairOf are the two sides that "each other" means: those named before as
// subjects, else the one pair of a conflict that the article names.
func (d *document) pairOf(s *sentence, t tag) []string {
	var out []string
	for i := range s.actors {
		a := &s.actors[i]
		if a.e <= t.e+1 && !a.place && !a.negated && !slices.Contains(out, a.party) && !(s.speech.by != nil && s.speech.by.s == a.s && s.speech.verb.class == "according") {
			out = append(out, a.party)
		}
	}
	if len(out) == 2 {
		return out
	}
	if d.pair[0] == "" || len(out) > 2 && !s.bothSubjects(d.pair, t) {
		return nil
	}
	return d.pair[:]
}

// bothSubjects: both of a pair may be meant by "both sides" of a sentence that names
// others too: neither is told only as what something is on or of.
func (s *sentence) bothSubjects(pair [2]string, t tag) bool {
	for _, p := range pair {
		if !slices.ContainsFunc(s.actors, func(a actor) bool {
			return a.party == p && a.e <= t.e+1 && (a.prep == "" || a.prep == "between" || a.prep == "by") && !a.place
		}) {
			return false
		}
	}
	return true
}

// mutual: the words have both sides do it.
func (s *sentence) mutual(t tag) bool {
	for _, m := range s.of("mutual") {
		if abs(m.s-t.s) <= 7 {
			return true
		}
	}
	return false
}

// rejectsClaim: what is rejected is a claim or a report.
func (s *sentence) rejectsClaim(t tag) bool {
	for _, o := range s.of("deny") {
		if o.s <= t.s && t.e <= o.e {
			return false
		}
	}
	for k := t.s - 1; k >= 0 && k >= t.s-3 && s.lang != "en"; k-- { // "обвинения отвергли"
		if s.toks[k].punct {
			break
		}
		if fits("обвинени*", s.toks[k].low) || fits("звинуваченн*", s.toks[k].low) {
			return true
		}
	}
	for k := t.e; k < len(s.toks) && k <= t.e+5; k++ {
		switch s.toks[k].low {
		case "claim", "claims", "accusation", "accusations", "allegation", "allegations", "report", "reports", "charge", "charges", "звинувачення", "обвинения", "обвинение":
			return true
		case "that", "this", "it":
			return k == t.e && len(s.mentions()) == 0 && (len(s.of("attack")) > 0 || len(s.of("accuse")) > 0)
		case "proposal", "plan", "truce", "ceasefire", ",":
			return false
		}
	}
	return false
}

// shifts are verbs with which blame is not laid on anybody: "an attempt to shift blame".
var shifts = wordList("shift shifting shifts deflect deflecting deflects pass passing avoid avoiding dodge dodging escape divert diverting evade")

func (d *document) accuse(s *sentence, t tag) {
	if t.s > 0 && (shifts[s.toks[t.s-1].low] || t.s > 1 && s.toks[t.s-1].low == "the" && shifts[s.toks[t.s-2].low]) {
		return
	}
	if not, _ := s.negatedAt(t.s); not || s.supposed(t) || s.accusationNoun(t) && !s.mutual(t) {
		return
	}
	inc := d.incidentOf(s)
	lo, hi := s.clause(t.s)
	if s.accusationNoun(t) && s.deniedBefore(lo, t.s) {
		return // "each denied the other's accusation"
	}
	if inc == "" && len(s.of("violate", "general")) == 0 && s.ofWhat(t, hi) == t.e {
		inc = d.onlyIncident(s)
	}
	emit := func(by, accused, open string) {
		out := d.draft(talks.Accusation, s, lo, hi)
		out.Party, out.Accused = by, accused
		if inc != "" {
			out.Kind, out.Mode, out.Incident = talks.Claim, "attributes", inc
			d.attribute(inc, talks.Attributed{By: by, Actor: accused})
		}
		if open != "" {
			out.Open = append(out.Open, open)
		}
		out.Norm = s.norm(lo, hi)
		if from := s.ofWhat(t, hi); from != t.e {
			w := d.what(s, from, hi)
			out.What = &w
		}
		out.Period = d.period(s, lo, hi)
		d.date(&out, s, t.s, false)
		d.addClaim(out)
	}
	if s.mutual(t) {
		if p := d.pairOf(s, t); len(p) == 2 {
			emit(p[0], p[1], "")
			emit(p[1], p[0], "")
			return
		}
		emit("", "", "who “each other” is cannot be told")
		return
	}
	who := d.subject(s, t)
	if s.lang == "en" && !who.agent && t.e < len(s.toks) && s.toks[t.e].low == "of" {
		return // "men accused of": by whom is not told, and who they are
	}
	accused := s.accused(t, who)
	if who.party == accused && accused != "" { // "accused by": the agent is who accuses
		for i := len(s.actors) - 1; i >= 0; i-- {
			if a := &s.actors[i]; a.e <= t.s && a.party != who.party && !a.thing {
				accused = a.party
				break
			}
		}
	}
	if who.party == "" && accused == "" {
		return
	}
	if w := s.toks[t.s].low; accused == "" && t.e-t.s == 1 && s.isTag("say", t.s) && (w == "charged" || w == "alleged") {
		return // it only says who said so
	}
	if who.party == accused || accused == "" && who.party != d.pair[0] && who.party != d.pair[1] {
		return
	}
	emit(who.party, accused, who.open)
	if who.agent {
		d.gapped(s, who.actor, emit)
	}
	for _, more := range s.moreAccused(t, accused) {
		emit(who.party, more, who.open)
	}
}

// gapped reads the second half of "Kyiv was blamed by Moscow, and Moscow by Kyiv".
func (d *document) gapped(s *sentence, agent *actor, emit func(by, accused, open string)) {
	for i := range s.actors {
		a := &s.actors[i]
		if a.prep != "by" || a.s <= agent.e || i == 0 {
			continue
		}
		if o := &s.actors[i-1]; o.s >= agent.e && a.s-o.e <= 3 && o.party != a.party {
			emit(a.party, o.party, "")
			return
		}
	}
}

// accusationNoun: the thing, not the act of accusing.
func (s *sentence) accusationNoun(t tag) bool {
	w := s.toks[t.s].low
	for _, p := range []string{"accusation", "звинувачен", "обвинени"} {
		if strings.HasPrefix(w, p) {
			return true
		}
	}
	return false
}

// ofWhat is where the words of what somebody is accused of begin.
func (s *sentence) ofWhat(t tag, hi int) int {
	for k := t.e; k < hi && k < t.e+12; k++ {
		switch s.toks[k].low {
		case "of", "for", "у", "в", "во", "за":
			return k + 1
		}
	}
	return t.e
}

// period are the words that say since when or how often.
func (d *document) period(s *sentence, lo, hi int) *talks.Words {
	b, e := -1, -1
	for _, t := range s.of("general") {
		if t.s >= lo && t.e <= hi && b < 0 {
			b, e = t.s, t.e
		}
	}
	for k := lo; k < hi; k++ {
		switch s.toks[k].low {
		case "since", "відтоді", "моменту", "момента", "минулі", "последние", "past":
			if s.toks[k].low == "since" && k > 0 && (s.toks[k-1].low == "have" || s.toks[k-1].low == "has") {
				continue
			}
			if b < 0 {
				b = k
				if k > lo && prepositions[s.toks[k-1].low] {
					b--
				}
			}
			e = hi
			for j := k; j < hi; j++ {
				if s.toks[j].punct {
					e = j
					break
				}
			}
		}
	}
	if b < 0 || e <= b {
		return nil
	}
	w := d.wordsOf(s, b, e)
	return &w
}

// accused is the party after the verb.
func (s *sentence) accused(t tag, who subj) string {
	if who.agent {
		for i := len(s.actors) - 1; i >= 0; i-- {
			if a := &s.actors[i]; a.e <= t.s && !a.thing && a.prep == "" {
				return a.party
			}
		}
	}
	for i := range s.actors {
		a := &s.actors[i]
		if a.s > t.s && a.e < t.e && a.party != who.party { // "held Ukrainian soldiers responsible"
			return a.party
		}
		if a.s == t.e && a.prep == "at" && s.toks[t.e-1].low == "at" && a.party != who.party { // "pointed the finger at Russia"
			return a.party
		}
		if a.s >= t.e && a.s-t.e <= 8 && a.party != who.party && !a.place && a.prep != "by" {
			return a.party
		}
	}
	return ""
}

// moreAccused: "blamed Israel and the US".
func (s *sentence) moreAccused(t tag, first string) (out []string) {
	for i := 1; i < len(s.actors); i++ {
		a, b := &s.actors[i-1], &s.actors[i]
		if a.s >= t.e && a.party == first && b.party != first && s.and(a.e, b.s) {
			out = append(out, b.party)
		}
	}
	return out
}

// norm is the norm that the words invoke: an order, an agreement, a statement.
func (s *sentence) norm(lo, hi int) string {
	for _, v := range s.of("violate") {
		for _, n := range s.of("norm") {
			if v.s >= lo && n.e <= hi && n.s >= v.s && n.s-v.e <= 9 {
				return n.value
			}
		}
	}
	for _, n := range s.of("norm") {
		if n.s >= lo && n.e <= hi && len(s.of("violate")) > 0 {
			return n.value
		}
	}
	return ""
}

func (s *sentence) isGeneral() bool { return len(s.of("general")) > 0 && len(s.of("violate")) > 0 }

func (d *document) attribute(id string, a talks.Attributed) {
	for i := range d.drafts {
		if x := &d.drafts[i]; x.ID == id && a.Actor != "" && !slices.Contains(x.ClaimedActor, a) {
			x.ClaimedActor = append(x.ClaimedActor, a)
		}
	}
}

var namings = wordList("provocation провокацією провокація провокацією провокацией провокация")

var adjectives = wordList("absurd untrue fake baseless groundless unfounded fabricated disinformation fabrication provocation nonsense ridiculous ludicrous провокацією провокація провокацией провокация нісенітниця вздор абсурдно абсурдними абсурдними")

// ofAccusation: the sentence speaks of an accusation or an allegation.
func (s *sentence) ofAccusation() bool {
	for _, t := range s.toks {
		for _, w := range []string{"accusation*", "allegation*", "charge", "charges", "claim*", "report*", "звинуваченн*", "обвинени*"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

// violation reads accusations without a verb of accusing: "X said Y had broken the
// truce", "called the attack a violation of the Geneva Conventions".
func (d *document) violation(s *sentence) {
	for _, t := range s.of("violate") {
		lo, hi := s.clause(t.s)
		if s.norm(lo, hi) == "" || s.supposed(t) || s.accusesIn(lo, hi) {
			continue
		}
		if not, _ := s.negatedAt(t.s); not {
			continue
		}
		by := ""
		if sp := d.speakerAt(s, t.s); sp != nil {
			by = sp.Party
		}
		accused := ""
		lo0, _ := s.clause(t.s)
		if who := d.subject(s, t); who.party != by {
			accused = who.party
		}
		if k := s.violationNoun(t); k {
			accused = ""
			for i := range s.actors {
				a := &s.actors[i]
				if a.party == by || a.place {
					continue
				}
				if a.e <= t.s && a.thing && a.prep != "on" && a.prep != "against" || a.s >= t.e && a.prep == "by" {
					accused = a.party
				}
				if a.thing && s.attackAfter(a) {
					accused = a.party
					break
				}
			}
		}
		if accused == "" {
			for i := range s.actors {
				if a := &s.actors[i]; a.s >= t.e && a.prep == "by" && a.party != by {
					accused = a.party
				}
			}
		}
		if accused == "" {
			continue
		}
		if by == "" { // "Kellogg called Russia's attacks a violation"
			for i := range s.actors {
				if a := &s.actors[i]; a.e <= t.s && a.s >= lo0 && !a.thing && a.prep == "" && a.party != accused {
					by = a.party
					break
				}
			}
		}
		if by == "" && s.speech.speaker == nil {
			continue // the article's own words
		}
		out := d.draft(talks.Accusation, s, lo, hi)
		out.Party, out.Accused, out.Norm = by, accused, s.norm(lo, hi)
		out.Period = d.period(s, lo, hi)
		if inc := d.incidentOf(s); inc != "" && s.targetIn(lo, hi) && !s.isGeneral() {
			out.Kind, out.Mode, out.Incident = talks.Claim, "attributes", inc
		}
		if by == "" {
			out.Open = append(out.Open, "who says so is not said here")
		}
		d.date(&out, s, t.s, false)
		d.addClaim(out)
	}
}

// targetIn: a part of a sentence names an object and an act.
func (s *sentence) targetIn(lo, hi int) bool {
	object, act := false, false
	for _, t := range s.of("target", "attack") {
		if t.s >= lo && t.e <= hi {
			object = object || t.class == "target"
			act = act || t.class == "attack"
		}
	}
	return object && act
}

// attackAfter: "the Russian attack".
func (s *sentence) attackAfter(a *actor) bool {
	for _, t := range s.of("attack") {
		if t.s >= a.e && t.s-a.e <= 3 && s.noMark(a.e, t.s) {
			return true
		}
	}
	return false
}

// accusesIn: a part of a sentence has a verb of accusing.
func (s *sentence) accusesIn(lo, hi int) bool {
	for _, t := range s.of("accuse") {
		if t.s >= lo && t.e <= hi {
			return true
		}
	}
	return false
}

// violationNoun: "a violation of", "violations by".
func (s *sentence) violationNoun(t tag) bool {
	w := s.toks[t.s].low
	for _, p := range []string{"violation", "breach", "порушення", "нарушени"} {
		if strings.HasPrefix(w, p) && w != "breached" && w != "breaching" {
			return true
		}
	}
	return false
}

func (d *document) addClaim(out talks.Draft) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind == out.Kind && o.Party == out.Party && o.Accused == out.Accused && o.Mode == out.Mode && o.Incident == out.Incident && o.Norm == out.Norm && (out.Incident != "" || o.Words[0].Start == out.Words[0].Start) {
			if o.Words[len(o.Words)-1].Start != out.Words[0].Start {
				o.Words = append(o.Words, out.Words...)
			}
			return
		}
	}
	d.drafts = append(d.drafts, out)
}
