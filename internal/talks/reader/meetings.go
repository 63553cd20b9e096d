package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// meetings makes drafts of meetings and calls, and of the order between them.
func (d *document) meetings() {
	for i := range d.sents {
		s := &d.sents[i]
		d.builtMeetings(s)
		for _, t := range s.of("meet") {
			if !s.isTaken(talks.Meeting, t) {
				d.meeting(s, t)
			}
		}
		d.sequence(s)
	}
}

func (d *document) meeting(s *sentence, t tag) {
	parties, from, to := d.meeters(s, t)
	state, open := s.state(t)
	if len(parties) == 0 || state == "" && len(s.dates) == 0 {
		return
	}
	if d.onlyPrecedes(s, t, parties) {
		return
	}
	if s.apart(t) {
		if host := d.hostOf(parties); host != "" && len(parties) == 3 {
			for _, p := range parties {
				if p != host {
					d.meetingOf(s, t, sorted(host, p), state, open, from, to)
				}
			}
			return
		}
	}
	if s.wrongMeet(t) || s.toks[t.s].low == "the" && (len(s.dates) == 0 || s.datedBy(t)) && s.actorAt(t.e, 3) == nil {
		return // "since the call" tells of no other
	}
	d.meetingOf(s, t, parties, state, open, from, to)
}

// onlyPrecedes: "the consultations will precede a further contact": a meeting told
// before is only placed before another.
func (d *document) onlyPrecedes(s *sentence, t tag, parties []string) bool {
	for _, b := range s.of("before") {
		if b.s < t.e || b.s-t.e > 3 || len(s.dates) > 0 || !strings.HasPrefix(s.toks[b.s].low, "preced") && !strings.HasPrefix(s.toks[b.s].low, "переду") && !strings.HasPrefix(s.toks[b.s].low, "предшеств") {
			continue
		}
		for i := range d.drafts {
			if x := &d.drafts[i]; x.Kind == talks.Meeting && x.Medium == "" && slices.Equal(x.Parties, parties) {
				return true
			}
		}
	}
	return false
}

// hostOf is the one of some parties that is not at war with another of them.
func (d *document) hostOf(parties []string) string {
	host := ""
	for _, p := range parties {
		if d.pair[0] == "" || p == "SA" || !d.hosts(p) {
			continue
		}
		if host != "" {
			return ""
		}
		host = p
	}
	return host
}

// apart: "separate meetings with A and B" are two meetings.
func (s *sentence) apart(t tag) bool {
	for k := max(0, t.s-4); k < len(s.toks) && k <= t.e+2; k++ {
		switch w := s.toks[k].low; {
		case w == "separate" || w == "separately" || fits("окрем*", w) || fits("отдельн*", w) || fits("раздельн*", w):
			return true
		case w == "turn" && k > 0 && s.toks[k-1].low == "in":
			return true
		}
	}
	return false
}

// meetingOf makes the draft of a meeting of parties.
func (d *document) meetingOf(s *sentence, t tag, parties []string, state, open string, from, to int) {
	out := d.draft(talks.Meeting, s, 0, len(s.toks))
	out.Parties, out.State = parties, state
	if t.value == "call" {
		out.Medium = "call"
	}
	out.Place = d.venue(s, t)
	if len(parties) < 2 {
		strong := state != "" && len(s.dates) > 0 && (out.Place != "" || state != "held")
		if !strong {
			return
		}
		out.Open = append(out.Open, "who else takes part is not said here")
	}
	if open != "" {
		out.Open = append(out.Open, open)
	}
	if state == "" {
		out.Open = append(out.Open, "whether it has taken place is not said here")
	}
	d.meetingDates(&out, s, t, from, to)
	d.join(out)
}

// datedBy: a call dates something else: "hours after the call".
func (s *sentence) datedBy(t tag) bool {
	for _, x := range s.dates {
		if x.event && t.s-x.e <= 3 && t.s >= x.e-1 {
			return true
		}
	}
	return false
}

// wrongMeet: "met with criticism", "round of strikes".
func (s *sentence) wrongMeet(t tag) bool {
	w := s.toks[t.s].low
	next := ""
	if t.e < len(s.toks) {
		next = s.toks[t.e].low
	}
	if (w == "meet" || w == "met") && !(next == "with" && s.actorAt(t.e, 4) != nil) && (next == "the" && t.e+1 < len(s.toks) && notPeople[s.toks[t.e+1].low] || notPeople[next]) {
		return true
	}
	if t.s > 0 && (s.toks[t.s-1].low == "trade" || s.toks[t.s-1].low == "tariff") || w == "hosted" && s.passiveEnglish(t) {
		return true
	}
	if w == "talks" && (next == "about" && t.s > 0 && s.actorAt(t.s-1, 0) != nil || next == "of") {
		return true
	}
	if strings.HasPrefix(w, "visit") && s.actorAt(t.e, 6) == nil {
		return true
	}
	if t.s > 1 && s.toks[t.s-2].low == "from" && s.toks[t.s-1].low == "the" {
		return true
	}
	if (w == "round" || w == "session") && next == "of" {
		return true // the talks that follow are told by their own word
	}
	return (w == "round" || w == "session") && next == "of" && t.e+1 < len(s.toks) && !s.isTag("meet", t.e+1)
}

// join adds a meeting to one that is told the same way before.
func (d *document) join(out talks.Draft) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind == talks.Meeting && o.State == "held" && (out.State == "planned" || out.State == "") && o.Medium == out.Medium && slices.Equal(o.Parties, out.Parties) && o.Date != nil && out.Date != nil && o.Date.Words == out.Date.Words {
			return // told held already, with the same date: "sat down on Monday for talks"
		}
		if o.Kind == talks.Meeting && out.State == "" && slices.Equal(o.Parties, out.Parties) && o.Date != nil && out.Date != nil && sameDate(o.Date, out.Date) && o.Medium == out.Medium {
			return // it tells no more than what was told
		}
		if o.Kind != talks.Meeting || o.State != out.State || !sameDate(o.Date, out.Date) || o.Medium != out.Medium || len(o.Parties) < 2 && len(out.Parties) < 2 {
			continue
		}
		if !slices.Equal(o.Parties, out.Parties) && !(o.Words[0].Start == out.Words[0].Start && (subset(o.Parties, out.Parties) || subset(out.Parties, o.Parties))) {
			continue
		}
		if o.Place != "" && out.Place != "" && o.Place != out.Place && !sameCountry(o.Place, out.Place) {
			continue
		}
		if out.Place != "" && cities[fold(out.Place)] {
			o.Place = out.Place // the town goes before its country
		}
		if len(out.Parties) > len(o.Parties) {
			o.Parties = out.Parties
		}
		if o.Words[len(o.Words)-1].Start != out.Words[0].Start {
			o.Words = append(o.Words, out.Words...)
		}
		if o.Date == nil {
			o.Date = out.Date
		}
		if o.Place == "" {
			o.Place = out.Place
		}
		return
	}
	d.drafts = append(d.drafts, out)
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// sameCountry: one place is the country of the other, as far as the table of parties
// tells: Riyadh, Saudi Arabia.
func sameCountry(a, b string) bool {
	of := func(place string) string {
		for _, t := range loadLexicon().find(tokenize(place, 0, len(place))) {
			if t.class == "party" {
				return t.value
			}
		}
		return place
	}
	return of(a) == of(b)
}
