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
