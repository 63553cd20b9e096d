package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// orders makes drafts of orders to forces.
func (d *document) orders() {
	for i := range d.sents {
		s := &d.sents[i]
		until := 0
		d.builtOrders(s)
		for _, t := range s.of("order") {
			if t.s < until || s.isTaken(talks.Order, t) {
				continue
			}
			f, ok := s.forcesNear(t)
			if !ok || s.supposed(t) && s.toks[t.s].low != "order" {
				continue
			}
			lo, hi := s.clause(t.s)
			from := max(t.e, f.e)
			cease := false
			for _, c := range s.of("cease", "halt") {
				if c.s >= t.e && c.s < hi {
					cease = true
				}
			}
			if a := s.agent(t); a != nil {
				from = max(from, a.e)
			}
			toDo := from < len(s.toks) && (s.toks[from].low == "to" || s.lang != "en")
			given := len(t.phrase.words) > 1 && (f.s >= t.s && f.e <= t.e || s.lang == "en" && f.s >= t.e) // "gave the military the corresponding order"
			if s.onlyDates(t) || s.stillStands(t) || !cease && !toDo && !given || s.violatesNear(t) || s.noun(t) {
				continue
			}
			who := d.subject(s, t)
			if by := s.speech.by; who.actor != nil && by != nil && who.actor.s == by.s && s.speech.verb.s == t.s {
				who.party = by.party
			}
			out := d.draft(talks.Order, s, lo, hi)
			out.Party = who.party
			if who.party == "" {
				out.Open = append(out.Open, who.open)
			}
			out.State = "given"
			if not, _ := s.negatedAt(t.s); not {
				out.State = "not given"
			}
			for _, n := range s.of("deny") {
				if n.e <= t.s && n.s >= lo {
					out.State = "denied"
				}
			}
			if w := d.what(s, from, hi); w.Text != "" {
				out.What = &w
			}
			for _, m := range s.mentions() {
				if m.s >= t.e {
					out.Proposal, out.Scope = d.proposalAt(m)
				}
			}
			d.date(&out, s, t.s, false)
			d.withCall(&out, s)
			until = from
			d.addOrder(out)
		}
	}
}

// stillStands: the words tell of an order given before, that it is kept.
func (s *sentence) stillStands(t tag) bool {
	w := s.toks[t.s].low
	if w != "order" && w != "orders" && w != "command" && w != "instruction" && !strings.HasPrefix(w, "наказ") && !strings.HasPrefix(w, "приказ") || len(t.phrase.words) > 1 || s.pastTense(t) {
		return false
	}
	return len(s.of("comply")) > 0
}

// onlyDates: "з часу наказу", "since the order": it tells since when, not that it is given.
func (s *sentence) onlyDates(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-2; k-- {
		switch s.toks[k].low {
		case "часу", "моменту", "момента", "времени", "після", "после", "since", "after":
			return len(t.phrase.words) == 1
		}
	}
	return false
}

// noun: an order that somebody breaks or cites, not one that is given here.
func (s *sentence) noun(t tag) bool {
	w := s.toks[t.s].low
	if len(t.phrase.words) > 1 {
		return false
	}
	if w == "order" || w == "orders" || w == "instruction" || w == "command" || w == "наказ" || w == "приказ" {
		return s.lang == "en" && t.s > 0 && (s.toks[t.s-1].low == "'s" || s.toks[t.s-1].low == "of") && len(s.of("violate")) > 0
	}
	return false
}

// forcesNear is a word of forces after an order: "his military", "the army".
func (s *sentence) forcesNear(t tag) (tag, bool) {
	for _, r := range s.of("role") {
		if r.value == "forces" && r.s >= t.e && r.s-t.e <= 6 && s.noMark(t.e, r.s) {
			return r, true
		}
	}
	for _, r := range s.of("role") { // "gave his military an order"
		if r.value == "forces" && r.s >= t.s && r.e <= t.e {
			return r, true
		}
	}
	if s.toks[t.s].low == "told" {
		return tag{}, false
	}
	if s.passiveEnglish(t) {
		for _, r := range s.of("role") {
			if r.value == "forces" && r.e <= t.s && t.s-r.e <= 4 {
				return tag{phrase: r.phrase, s: t.s, e: t.e}, true
			}
		}
	}
	if s.lang != "en" {
		for _, r := range s.of("role") {
			if r.value == "forces" && t.s >= r.e && t.s-r.e <= 4 {
				return tag{phrase: r.phrase, s: t.s, e: t.e}, true
			}
		}
	}
	return tag{}, false
}

// what are the words of a thing ordered, denied or reserved: up to the end of the
// clause.
func (d *document) what(s *sentence, b, hi int) talks.Words {
	for b < hi && (s.toks[b].punct || s.toks[b].low == "that") {
		if s.toks[b].low == "," && s.sayAfter(b) {
			return talks.Words{}
		}
		b++
	}
	if b < hi && isAnd(s.toks[b].low) && s.verbAt(b+1) {
		return talks.Words{}
	}
	e := hi
	for k := b; k < hi; k++ {
		if s.toks[k].low == "," && s.sayAfter(k) || k > b && isAnd(s.toks[k].low) && (s.verbAt(k+1) || s.toks[k-1].low == ",") {
			e = k
			break
		}
	}
	for e > b && s.toks[e-1].punct {
		e--
	}
	if e <= b {
		return talks.Words{}
	}
	return d.wordsOf(s, b, e)
}

func isAnd(w string) bool {
	switch w {
	case "and", "і", "та", "й", "и":
		return true
	}
	return false
}

// verbAt: another verb begins here.
func (s *sentence) verbAt(k int) bool {
	for _, t := range s.of("accuse", "say", "accept", "reject", "deny", "order") {
		if t.s == k {
			return true
		}
	}
	return false
}

// addOrder joins an order to one of the same party that is told again.
func (d *document) addOrder(out talks.Draft) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind == talks.Order && o.Party == out.Party && o.State == out.State && out.Party != "" && sameDate(o.Date, out.Date) {
			if !slices.Contains(o.Words, out.Words[0]) {
				o.Words = append(o.Words, out.Words...)
			}
			if o.Date == nil {
				o.Date = out.Date
			}
			return
		}
	}
	d.drafts = append(d.drafts, out)
}
