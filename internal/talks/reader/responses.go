package reader

import (
	"slices"

	"github.com/truce-project/truce/internal/talks"
)

// responses makes drafts of responses that a party reserves or announces.
func (d *document) responses() {
	for i := range d.sents {
		s := &d.sents[i]
		for _, t := range s.of("response") {
			if !s.reserving(t) {
				continue
			}
			who := d.subject(s, s.reserveVerb(t))
			if who.party == "" && s.speech.speaker != nil && s.speech.speaker.Party != "" {
				who.party = s.speech.speaker.Party
			}
			lo, hi := s.clause(t.s)
			out := d.draft(talks.Response, s, lo, hi)
			out.Party, out.State = who.party, "reserved"
			if who.party == "" {
				out.Open = append(out.Open, who.open)
			}
			if not, _ := s.negatedAt(t.s); not {
				out.State = "renounced"
			}
			if t.value == "symmetrical" || s.inKind(t) {
				out.Mode = "symmetrical"
			}
			v := s.reserveVerb(t)
			w := d.what(s, min(v.s, t.s), hi)
			out.What = &w
			out.Conditions = d.conditions(s, t.e-1)
			d.date(&out, s, t.s, false)
			d.addResponse(out)
		}
	}
}

// inKind: the words after a right to respond say that it is of the same kind.
func (s *sentence) inKind(t tag) bool {
	for k := t.s; k < len(s.toks) && k <= t.e+5; k++ {
		w := s.toks[k].low
		for _, p := range []string{"symmetric*", "mirror*", "симетричн*", "дзеркальн*", "симметричн*", "зеркальн*"} {
			if fits(p, w) {
				return true
			}
		}
		if w == "kind" && k > 0 && s.toks[k-1].low == "in" {
			return true
		}
	}
	return false
}

// reserving: the words keep a right, or warn; a response that has come is an
// incident.
func (s *sentence) reserving(t tag) bool {
	for _, w := range s.toks[t.s:t.e] {
		switch w.low {
		case "right", "reserves", "reserve", "reserved", "reserving", "право", "free", "will", "would":
			return s.toks[t.s].low != "will" && s.toks[t.s].low != "would" || t.value == "symmetrical"
		}
	}
	for _, r := range s.of("reserves") {
		if abs(r.s-t.s) <= 9 {
			return true
		}
	}
	return false
}

// reserveVerb is the verb that a response depends on: its subject is the party.
func (s *sentence) reserveVerb(t tag) tag {
	for _, r := range s.of("reserves") {
		if r.e <= t.s && t.s-r.e <= 9 {
			return r
		}
	}
	return t
}

func (d *document) addResponse(out talks.Draft) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind != talks.Response || o.Party != out.Party || o.State != out.State {
			continue
		}
		if o.Words[len(o.Words)-1].Start != out.Words[0].Start {
			o.Words = append(o.Words, out.Words...)
		}
		if o.Mode == "" && out.Mode != "" {
			o.Mode, o.What = out.Mode, out.What
		}
		for _, c := range out.Conditions {
			if !slices.Contains(o.Conditions, c) {
				o.Conditions = append(o.Conditions, c)
			}
		}
		return
	}
	d.drafts = append(d.drafts, out)
}
