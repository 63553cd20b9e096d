package reader

// undertakings makes positions of a party that says it will stop or sit out what a
// proposal stops: "said he would halt strikes on energy facilities", without a word
// of consent.
func (d *document) undertakings(s *sentence) {
	for _, m := range s.mentions() {
		if m.scope != "energy" && m.scope != "maritime" && m.scope != "air" {
			continue
		}
		v := tag{phrase: &phrase{class: "halt"}, s: m.s, e: m.s + 1}
		if !s.willDo(v) || s.supposed(v) || s.takenBy(v) {
			continue
		}
		if not, _ := s.negatedAt(v.s); not {
			continue
		}
		who := d.subject(s, v)
		if who.party == "" || who.agent || who.actor != nil && who.actor.thing {
			continue
		}
		if sp := d.speakerAt(s, v.s); sp != nil && sp.Party != "" && sp.Party != who.party {
			continue // what others say that it will do is no position of it
		}
		d.stand(s, stand{party: who.party, stance: "accepts", open: "the words say that it will do so, not that it agreed", subj: who, at: v}, m)
	}
}

// willDo: "would halt", "will refrain from", "is to pause", "обіцяв припинити".
func (s *sentence) willDo(v tag) bool {
	for k := v.s - 1; k >= 0 && k >= v.s-3; k-- {
		switch s.toks[k].low {
		case "would", "will", "shall", "буде", "будет":
			return true
		case "also", "then", "now", "immediately", "itself":
			continue
		}
		return false
	}
	return false
}

// takenBy: a verb of consent, refusal, order or demand stands before it, and has it.
func (s *sentence) takenBy(v tag) bool {
	lo, _ := s.clause(v.s)
	for k := v.s - 1; k > lo; k-- {
		if s.toks[k].low == "that" {
			lo = k
			break
		}
	}
	for _, t := range s.of("accept", "reject", "order", "demand", "accuse", "propose", "reserve") {
		if t.class == "order" && (s.toks[t.s].low == "told" || s.toks[t.s].low == "tells") {
			continue // told whom it would
		}
		if t.s >= lo && t.e <= v.s {
			return true
		}
	}
	for k := lo; k < v.s; k++ {
		if s.isTag("if", k) {
			return true
		}
	}
	return false
}
