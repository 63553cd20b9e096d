package reader

import "github.com/truce-project/truce/internal/talks"

// agendas makes drafts of what is to be settled, with each question verbatim.
func (d *document) agendas() {
	for i := range d.sents {
		s := &d.sents[i]
		in := s.of("agenda")
		if len(in) == 0 {
			continue
		}
		if len(in) == 1 && s.inCondition(in[0]) {
			continue // "once a document says what is covered"
		}
		q := d.questions(s, in[0])
		if len(q) == 0 && len(in) < 2 && !s.settles() {
			continue
		}
		out := d.draft(talks.Agenda, s, 0, len(s.toks))
		out.Questions = q
		if len(q) == 0 {
			for _, t := range in {
				lo, hi := s.clause(t.s)
				out.Questions = append(out.Questions, d.phraseWords(s, t, lo, hi))
			}
		}
		if s.speech.by != nil {
			out.Party = s.speech.by.party
		}
		d.date(&out, s, in[0].s, s.ahead(in[0].s))
		d.drafts = append(d.drafts, out)
	}
}

// inCondition: a word of a condition stands before it in its clause.
func (s *sentence) inCondition(t tag) bool {
	lo, _ := s.clause(t.s)
	for _, i := range s.of("if") {
		if i.s >= lo && i.e <= t.s && len(s.of("accept")) > 0 {
			return true
		}
	}
	return false
}

// settles: the sentence speaks of talks, or of work on details.
func (s *sentence) settles() bool {
	if len(s.of("meet")) > 0 {
		return true
	}
	for _, t := range s.of("agenda") {
		switch t.phrase.words[0] {
		case "modalities", "модальност*", "agenda", "parameters", "параметр*", "verification", "monitoring", "механізм*", "механизм*", "technicalities", "порядок", "порядк*", "повестк*":
			return true
		}
	}
	return false
}

// questions are the parts of a list that begin with how, what, who: "how to
// monitor it, how to control it, what is in scope".
func (d *document) questions(s *sentence, first tag) (out []talks.Words) {
	qs := s.of("question")
	for i, q := range qs {
		if q.s < first.s && first.s-q.s > 12 || q.s > 0 && !s.opens(q.s-1) {
			continue
		}
		e := len(s.toks)
		for _, n := range qs[i+1:] {
			if s.opens(n.s - 1) {
				e = n.s
				break
			}
		}
		for k := q.e; k < e; k++ {
			w := s.toks[k].low
			if w == "”" || w == "»" || w == `"` || w == ";" || w == "—" || w == "–" || w == "," && s.sayAfter(k) || w == ")" {
				e = k
				break
			}
		}
		for e > q.e && (s.toks[e-1].punct || s.toks[e-1].low == "and" || s.toks[e-1].low == "or" || s.toks[e-1].low == "і" || s.toks[e-1].low == "та" || s.toks[e-1].low == "и") {
			e--
		}
		if e-q.s >= 3 || s.lang != "en" && e-q.s == 2 {
			out = append(out, d.wordsOf(s, q.s, e))
		}
	}
	if len(out) == 1 && len(s.of("agenda")) == 1 && !s.settles() && first.phrase.words[0] == "clarify" {
		return nil
	}
	return out
}

// opens: after this token a question may begin.
func (s *sentence) opens(k int) bool {
	switch s.toks[k].low {
	case "are", "is", "were", "was", "remain": // "on the agenda are how"
		for _, t := range s.of("agenda") {
			if t.e <= k && k-t.e <= 1 {
				return true
			}
		}
		return false
	case ",", "and", "or", ":", "—", "–", "-", "(", "on", "about", "of", "і", "та", "и", "або", "или", "про", "о", "“", `"`, "«", "clarify", "settle", "discuss", "decide", "agree", "determine", "уточнити", "уточнить", "за", "modalities", "з'ясувати", "выяснить", "обговорити", "обсудить", "over", "define", "unclear", "clear", "known", "decided", "details", "work", "out", "say", "того", "тому", "том":
		return true
	}
	return false
}
