package reader

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

// statesIn: a part of a sentence has a statement of its own.
func (s *sentence) statesIn(b, e int) bool {
	for _, v := range s.of("accept", "reject", "say", "order") {
		if v.s >= b && v.e <= e {
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
