package reader

import (
	"slices"

	"github.com/truce-project/truce/internal/talks"
)

func (d *document) deny(s *sentence, t tag) {
	if not, _ := s.negatedAt(t.s); not && s.lang == "en" || s.supposed(t) {
		return
	}
	lo, hi := s.clause(t.s)
	inc := d.incidentOf(s)
	if inc == "" {
		inc = d.recentIncident(s, d.denier(s, t))
	}
	if namings[s.toks[t.s].low] && d.blamesOther(s, d.denier(s, t)) {
		return // "said Ukrainian forces attacked it, calling it a provocation"
	}
	if namings[s.toks[t.s].low] && s.accusesIn(lo, hi) {
		return // what somebody is accused of
	}
	if namings[s.toks[t.s].low] && !s.ofAccusation() && !d.names(inc, d.denier(s, t)) {
		return // an attack that is called a provocation
	}
	if adjectives[s.toks[t.s].low] && inc == "" && !s.ofAccusation() {
		return // "an absurd idea"
	}
	emit := func(by, open string) {
		out := d.draft(talks.Claim, s, lo, hi)
		out.Party, out.Mode, out.Incident = by, "denies", inc
		w := d.what(s, t.e, hi)
		if w.Text != "" {
			out.What = &w
		}
		if open != "" {
			out.Open = append(out.Open, open)
		}
		if inc == "" {
			if out.Answers = d.answered(s, by); out.Answers == "" {
				out.Open = append(out.Open, "what is denied is told in words only")
			}
		} else if by != "" {
			d.attribute(inc, talks.Attributed{By: by, Actor: by, Denied: true})
		}
		d.date(&out, s, t.s, false)
		d.addClaim(out)
	}
	if s.mutual(t) || d.bothDeny(s, t) {
		if p := d.pairOf(s, t); len(p) == 2 {
			emit(p[0], "")
			emit(p[1], "")
			return
		}
	}
	who := d.subject(s, t)
	if who.party == "" && s.speech.speaker != nil {
		who.party = s.speech.speaker.Party
	}
	if who.party == "" {
		if a := s.seatBefore(t); a != nil {
			who = subj{party: a.party, actor: a}
		}
	}
	if who.party == "" && namings[s.toks[t.s].low] {
		return
	}
	if who.party == "" && inc == "" && (!s.ofAccusation() || d.pair[0] == "") {
		return
	}
	emit(who.party, who.open)
	d.emitOwned(s, t, who.party, inc)
	if who.actor != nil && s.holds(who.actor) {
		for i := range s.actors {
			a := &s.actors[i]
			if a.e <= who.actor.s && s.and(a.e, who.actor.s) && a.party != who.party {
				emit(a.party, "")
			}
		}
	}
}

// names: an incident has a party named as its author.
func (d *document) names(id, party string) bool {
	for i := range d.drafts {
		if x := &d.drafts[i]; x.ID == id && id != "" {
			return party == "" || slices.ContainsFunc(x.ClaimedActor, func(a talks.Attributed) bool { return a.Actor == party })
		}
	}
	return false
}

// seatBefore is the seat whose people say what a tag tells: "у МЗС назвали це брехнею".
func (s *sentence) seatBefore(t tag) *actor {
	for i := range s.actors {
		a := &s.actors[i]
		if a.e > t.s || t.s-a.e > 6 {
			continue
		}
		for k := a.e; k < t.s && k <= a.e+3; k++ {
			if s.inSeat(a, tag{phrase: t.phrase, s: k, e: k + 1}) {
				return a
			}
		}
	}
	return nil
}

// denier is the party that a denial is of.
func (d *document) denier(s *sentence, t tag) string {
	if who := d.subject(s, t); who.party != "" {
		return who.party
	}
	if a := s.seatBefore(t); a != nil {
		return a.party
	}
	if sp := s.speech.speaker; sp != nil {
		return sp.Party
	}
	return ""
}

// bothDeny: "both deny it", "each denies".
func (d *document) bothDeny(s *sentence, t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		switch s.toks[k].low {
		case "both", "each", "обидві", "обидва", "обе", "оба", "кожна", "каждая":
			return true
		}
	}
	return false
}

// deniedBefore: a verb of denial stands in a part of a sentence.
func (s *sentence) deniedBefore(lo, hi int) bool {
	for _, v := range s.of("deny", "reject") {
		if v.s >= lo && v.e <= hi {
			return true
		}
	}
	return false
}

// blamesOther: a party names another as the author in the same sentence.
func (d *document) blamesOther(s *sentence, party string) bool {
	if party == "" {
		return false
	}
	for i := range d.drafts {
		if x := &d.drafts[i]; x.Kind == talks.Incident && toldIn(x, s) {
			t, ok := s.attack()
			if !ok {
				continue
			}
			for _, a := range d.authors(s, t) {
				if a.By == party && a.Actor != party && !a.Denied {
					return true
				}
			}
		}
	}
	return false
}
