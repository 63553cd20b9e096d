package reader

import "github.com/truce-project/truce/internal/talks"

// compliance makes a claim of a party's words that it keeps an order, a promise or a
// truce: "the order remains in force", "our military is complying". It is a claim of
// that party, and nothing is said of whether it is so.
func (d *document) compliance(s *sentence) {
	for _, t := range s.of("comply") {
		lo, hi := s.clause(t.s)
		if not, _ := s.negatedAt(t.s); not || s.supposed(t) || s.toCome(t) || !d.kept(s, t, lo, hi) {
			continue
		}
		by := d.speakerAt(s, t.s)
		if by == nil || by.Party == "" || by.Party != d.pair[0] && by.Party != d.pair[1] {
			continue
		}
		if who := d.subject(s, t); who.party != "" && who.party != by.Party && who.actor != nil && !who.actor.thing {
			continue // what it says of others
		}
		out := d.draft(talks.Claim, s, lo, hi)
		out.Party, out.Mode, out.Norm = by.Party, "asserts", s.keptNorm(lo, hi)
		if out.Norm == "" {
			out.Norm = "order"
		}
		w := out.Words[0]
		out.What = &w
		d.date(&out, s, t.s, false)
		d.addClaim(out)
		return
	}
}

// kept: what is kept is an order or a promise, or forces keep it.
func (d *document) kept(s *sentence, t tag, lo, hi int) bool {
	if s.keptNorm(lo, hi) != "" {
		return true
	}
	for _, r := range s.of("role") {
		if r.value == "forces" && r.s >= lo && r.e <= t.s {
			return true
		}
	}
	for _, o := range s.of("target", "energyword") { // "had not hit any energy site"
		if o.s >= t.e && o.e <= hi && len(t.phrase.words) > 2 {
			return true
		}
	}
	return false
}

func (s *sentence) keptNorm(lo, hi int) string {
	for _, n := range s.of("norm") {
		if n.s >= lo && n.e <= hi {
			return n.value
		}
	}
	return ""
}

// toCome: "will comply" tells of no compliance.
func (s *sentence) toCome(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		switch s.toks[k].low {
		case "will", "would", "to", "should", "must", "may", "буде", "будет", "ready":
			return true
		}
	}
	return false
}
