package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// attribution is where somebody names an author.
type attribution struct {
	incident string
	who      talks.Attributed
	in       *sentence
	lo, hi   int
}

// authors is whom the words name as the author, by whom.
func (d *document) authors(s *sentence, t tag) (out []talks.Attributed) {
	by := ""
	if s.speech.speaker != nil {
		by = s.speech.speaker.Party
	}
	add := func(p string) {
		x := talks.Attributed{By: by, Actor: p}
		if by == p && len(s.of("deny")) > 0 {
			return // what it denies is what others say
		}
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	for _, c := range s.of("accuse") {
		if s.accusationNoun(c) && (s.lang != "en" && s.deniedBefore(c.s, min(len(s.toks), c.e+4)) || s.deniedBefore(max(0, c.s-5), c.e)) {
			continue // "звинувачення відкинули": what is denied
		}
		who := d.subject(s, c)
		by = who.party
		if a := s.actorAt(c.e, 5); a != nil && who.party != "" {
			add(a.party)
		}
		return out
	}
	for _, t := range s.of("attack") {
		by = ""
		if sp := d.speakerAt(s, t.s); sp != nil {
			by = sp.Party
		}
		if intercepts[s.toks[t.s].low] || s.toks[t.s].low == "destroyed" && s.shotAt() {
			continue
		}
		if a := s.forcesOf(t); a != nil && !intercepts[s.toks[t.s].low] {
			add(a.party)
			continue
		}
		if s.attempt(t) {
			if x := d.subject(s, s.tryAt(t)); x.party != "" && x.party != by {
				add(x.party)
			} else if a := s.forcesOf(s.tryAt(t)); a != nil {
				add(a.party)
			}
			continue
		}
		noun := attackNouns[s.toks[t.s].low] || s.lang != "en" && !s.pastTense(t)
		if !noun && s.lang != "en" {
			if a := s.doer(t); a != nil {
				add(a.party)
			}
			continue
		}
		for i := range s.actors {
			a := &s.actors[i]
			if noun && a.thing && a.e <= t.s && t.s-a.e <= 5 && s.noMark(a.e, t.s) && !s.belongs(a, t) && s.actorAt(a.e, t.s-a.e-1) == nil {
				add(a.party)
			}
			if noun && s.lang == "en" && !a.thing && a.name == "" && a.e == t.s && !a.place { // "an IAF strike"
				add(a.party)
			}
			if a.prep == "by" && a.s >= t.e && a.s-t.e <= 8 && s.noMark(t.e, a.s) {
				add(a.party)
			}
		}
		if noun && s.lang == "en" || s.passiveEnglish(t) {
			continue
		}
		if own := s.ownForces(t); own && by != "" {
			add(by)
			continue
		}
		if x := d.subject(s, t); x.party != "" && !x.agent && (x.actor == nil || x.actor.e <= t.s && (t.s-x.actor.e <= 6 || s.asideAfter(x.actor, t.s)) || s.pronounNear(t, 0) >= 0) {
			if x.actor != nil && s.speech.by != nil && s.speech.by.s == x.actor.s && s.speech.verb.phrase != nil && s.speech.verb.s < t.s && s.pronounNear(t, s.speech.verb.e) < 0 {
				continue
			}
			add(x.party)
		}
	}
	for _, t := range s.of("attack") { // "launched strikes", "staged an attack"
		if len(out) > 0 || !attackNouns[s.toks[t.s].low] {
			continue
		}
		for k := t.s - 1; k >= 0 && k >= t.s-6; k-- {
			if launched[s.toks[k].low] && !s.inquiry(k, t.s) {
				if a := s.before(tag{s: k, e: k + 1, phrase: t.phrase}, 0); a != nil && k-a.e <= 14 && !(s.speech.by != nil && s.speech.by.s == a.s && s.pronounNear(tag{s: k}, a.e) < 0) {
					add(a.party)
				}
			}
		}
	}
	return out
}

// pastTense: a verb of Ukrainian or Russian in the past.
func (s *sentence) pastTense(t tag) bool {
	for _, e := range []string{"ли", "ла", "ло", "ал", "ил", "ел", "ял", "ав", "ив", "ів", "ов", "лися", "лись"} {
		if strings.HasSuffix(s.toks[t.e-1].low, e) {
			return true
		}
	}
	return false
}

// doer is the subject of such a verb: a nominative near it, before or after.
func (s *sentence) doer(t tag) *actor {
	var best *actor
	gap := 5
	for i := range s.actors {
		a := &s.actors[i]
		if a.oblique || a.thing || a.prep != "" || a.place {
			continue
		}
		g := a.s - t.e
		if a.e <= t.s {
			g = t.s - a.e
		}
		if g >= 0 && g < gap && s.noMark(min(t.e, a.e), max(t.s, a.s)) {
			best, gap = a, g
		}
	}
	return best
}

// ownForces: "its aircraft struck".
func (s *sentence) ownForces(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		if s.toks[k].low == "its" || s.toks[k].low == "our" {
			return s.speech.said && s.speech.verb.phrase != nil && s.speech.verb.e <= k
		}
	}
	return false
}

// shotAt: drones or missiles are what was destroyed.
func (s *sentence) shotAt() bool {
	for _, t := range s.toks {
		for _, w := range []string{"drone*", "missile*", "uav*"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

var intercepts = wordList("intercepted shot downed repelled збил збило збито збила збили сбил сбила сбили сбиты сбито сбило")

// belongs: the party is the victim: "strikes on Russian forces" has the strikes
// before; "Gaza strikes" names a place.
func (s *sentence) belongs(a *actor, t tag) bool {
	return a.prep == "on" || a.prep == "against" || a.prep == "at" || a.place
}

var notPassive = wordList("willing ready open in on supportive reluctant unwilling ok fine opposed against")

func (s *sentence) passiveEnglish(t tag) bool {
	if t.s > 0 && s.toks[t.s-1].low == "to" || notPassive[s.toks[t.s].low] {
		return false // "was ready to observe", "was willing to"
	}
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		switch s.toks[k].low {
		case "was", "were", "been", "being", "is", "are", "be", "got":
			return true
		}
	}
	return false
}
