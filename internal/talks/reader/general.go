package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// counted makes an accusation of a number of acts over a time: "Ukraine says Russia has
// struck energy sites eight times since the order was given". It makes no incident.
func (d *document) counted(s *sentence) {
	for _, t := range s.of("attack") {
		at, n := s.times(t)
		if n == 0 || s.supposed(t) {
			continue
		}
		if not, _ := s.negatedAt(t.s); not {
			continue
		}
		for _, a := range d.authors(s, t) {
			if a.By == "" || a.By == a.Actor || a.Denied {
				continue
			}
			lo, hi := s.clause(t.s)
			out := d.draft(talks.Accusation, s, lo, hi)
			out.Party, out.Accused = a.By, a.Actor
			from, to := at, s.endOfTime(at)
			w := d.wordsOf(s, from, to)
			out.Period, out.Norm = &w, s.norm(lo, hi)
			if out.Norm == "" {
				out.Norm = s.keptNorm(from, to)
			}
			d.addClaim(out)
		}
		return
	}
}

// times is where a number of acts is told with the time over which they were: "eight
// times since", "шість разів", "three attacks since"; and the number, at least 2.
func (s *sentence) times(t tag) (int, int) {
	since := s.sinceAt()
	if since < 0 {
		return 0, 0
	}
	for k := range s.toks {
		n, ok := s.number(k)
		if !ok || n < 2 {
			continue
		}
		unit := k + 1
		for unit < len(s.toks) && (s.toks[unit].low == "separate" || s.toks[unit].low == "more" || s.toks[unit].low == "such") {
			unit++
		}
		if unit < len(s.toks) && (timesWords[s.toks[unit].low] || unit == t.s && attackNouns[s.toks[unit].low]) && abs(unit-t.s) <= 12 {
			return min(k, since), n
		}
	}
	return 0, 0
}

// sinceAt is where words of a time that began with some event stand, or -1.
func (s *sentence) sinceAt() int {
	for k, t := range s.toks {
		next := ""
		if k+1 < len(s.toks) {
			next = s.toks[k+1].low
		}
		switch t.low {
		case "since", "відтоді", "після", "после", "after":
			if t.low == "since" && k > 0 && (s.toks[k-1].low == "have" || s.toks[k-1].low == "has") || (t.low == "after" || t.low == "після" || t.low == "после") && s.keptNorm(k, min(len(s.toks), k+5)) == "" {
				continue
			}
			return k
		case "з", "із", "с", "со":
			if next == "часу" || next == "моменту" || next == "момента" || next == "времени" || next == "тех" || next == "того" || next == "дня" {
				return k
			}
		case "so":
			if next == "far" {
				return k
			}
		}
	}
	return -1
}

// endOfTime is the end of the words of a number and a time that begin at a token.
func (s *sentence) endOfTime(from int) int {
	for k := from; k < len(s.toks); k++ {
		if s.toks[k].punct && s.toks[k].low != "-" && s.toks[k].low != "'s" || s.isTag("attack", k) && k > from+3 && s.lang != "en" {
			return k
		}
	}
	return len(s.toks)
}

var timesWords = wordList("times occasions раз разів рази раза")

// silences makes a claim of each party that is said not to have commented on what is
// said of it right before. No comment is neither a denial nor an admission.
func (d *document) silences(s *sentence) {
	if len(s.mentions()) > 0 {
		return // silent about a proposal
	}
	for _, t := range s.of("silent") {
		party := d.silentOne(s, t)
		if party == "" {
			continue
		}
		inc := d.incidentOf(s)
		if inc == "" {
			inc = d.recentIncident(s, party)
		}
		general := d.accusationBefore(s, party)
		if inc == "" && general == nil || inc != "" && !d.names(inc, party) {
			continue
		}
		lo, hi := s.clause(t.s)
		out := d.draft(talks.Claim, s, lo, hi)
		out.Party, out.Mode, out.Incident = party, "silent", inc
		if inc == "" {
			out.Answers = d.answered(s, party)
		}
		out.Open = append(out.Open, "no comment is neither a denial nor an admission")
		d.date(&out, s, t.s, false)
		d.addClaim(out)
		return
	}
}

// silentOne is who does not comment: the subject, or whom the words name after "from"
// or as a seat: "no comment from Kyiv", "у Києві не коментували".
func (d *document) silentOne(s *sentence, t tag) string {
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= t.e && a.s-t.e <= 3 && (a.prep == "from" || a.prep == "by") {
			return a.party
		}
		if a.e <= t.s && t.s-a.e <= 6 && a.place && (a.prep == "in" || placePreps[a.prep]) && s.noMark(a.e, t.s) {
			return a.party
		}
	}
	if x := d.subject(s, t); x.party != "" {
		return x.party
	}
	return ""
}

// accusationBefore is the general accusation against a party told in the two sentences
// before, or nil.
func (d *document) accusationBefore(s *sentence, party string) *talks.Draft {
	from := d.sents[max(0, d.index(s)-2)].b
	for i := len(d.drafts) - 1; i >= 0; i-- {
		x := &d.drafts[i]
		if x.Kind == talks.Accusation && party != "" && x.Accused == party && x.Words[len(x.Words)-1].Start >= from && x.Words[0].Start < s.e {
			return x
		}
	}
	return nil
}

// answered is the id of that accusation.
func (d *document) answered(s *sentence, party string) string {
	x := d.accusationBefore(s, party)
	if x == nil {
		return ""
	}
	if x.ID == "" {
		x.ID = "a" + itoa(len(d.drafts)) + "-" + itoa(x.Words[0].Start) + party
	}
	return x.ID
}

// closed: a party has been told to be silent on an incident, so that what it denies
// later is something else.
func (d *document) closed(id, party string) bool {
	return slices.ContainsFunc(d.drafts, func(x talks.Draft) bool {
		return x.Kind == talks.Claim && x.Mode == "silent" && x.Incident == id && x.Party == party
	})
}

// anySilent: some party is told to be silent on an incident.
func (d *document) anySilent(id string) bool {
	return slices.ContainsFunc(d.drafts, func(x talks.Draft) bool {
		return x.Kind == talks.Claim && x.Mode == "silent" && x.Incident == id
	})
}

// owned reads whose claim a denial is of, and whom it names: "rejected Russia's claim
// that its troops blew up", "denied Kyiv's allegation that Russian forces shelled".
func (d *document) owned(s *sentence, t tag, denier string) (by, accused string) {
	for i := range s.actors {
		a := &s.actors[i]
		if a.party == denier || a.s < t.e || a.s-t.e > 6 || a.e+1 >= len(s.toks) {
			continue
		}
		k := a.e
		if s.toks[k].low == "'s" {
			k++
		} else if !a.thing {
			continue
		}
		for n := 0; n < 2 && k < len(s.toks) && !claimNouns[s.toks[k].low]; n++ {
			k++
		}
		if k+1 >= len(s.toks) || !claimNouns[s.toks[k].low] {
			continue
		}
		for j := k + 1; j < len(s.toks) && j <= k+5; j++ {
			if ownWords[s.toks[j].low] {
				return a.party, denier
			}
			if o := s.actorAt(j, 0); o != nil && o.party == denier {
				return a.party, denier
			}
		}
	}
	return "", ""
}

// emitOwned makes a claim of the one that a denial is of.
func (d *document) emitOwned(s *sentence, t tag, denier, inc string) {
	by, accused := d.owned(s, t, denier)
	if by == "" || inc == "" {
		return
	}
	lo, hi := s.clause(t.s)
	out := d.draft(talks.Claim, s, lo, hi)
	out.Party, out.Accused, out.Mode, out.Incident, out.Speaker = by, accused, "attributes", inc, nil
	out.Open = append(out.Open, "told only in the words of who denies it")
	d.attribute(inc, talks.Attributed{By: by, Actor: accused})
	d.addClaim(out)
}

var (
	claimNouns = wordList("claim claims allegation allegations accusation accusations charge charges assertion assertions report reports statement statements contention")
	ownWords   = wordList("its their his her it they he she")
)

// isCounted: an act is one of a number told over a time.
func (s *sentence) isCounted(t tag) bool {
	_, n := s.times(t)
	return n > 0 && (s.speech.said || strings.Contains(s.words(0, len(s.toks)), "since"))
}
