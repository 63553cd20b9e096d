package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// builtMeeting is where a sentence tells a meeting by a wording.
type builtMeeting struct {
	s, e    int
	parties []string
}

// builtIn is the meeting told by a wording in a part of a sentence.
func (s *sentence) builtIn(b, e int) []string {
	for _, m := range s.built {
		if m.s >= b && m.e <= e {
			return m.parties
		}
	}
	return nil
}

// builtMeetings makes drafts of meetings that a wording tells whole.
func (d *document) builtMeetings(s *sentence) {
	for _, f := range d.constructed(s, talks.Meeting) {
		t := f.pred("meet", f.fields["medium"])
		out := d.draft(talks.Meeting, s, 0, len(s.toks))
		out.State, out.Medium = f.fields["state"], f.fields["medium"]
		for _, slot := range []string{"P", "Q", "R"} {
			if x := f.party[slot].party; x != "" && !slices.Contains(out.Parties, x) {
				out.Parties = append(out.Parties, x)
			}
		}
		if len(out.Parties) == 1 && f.fields["with"] == "before" { // whoever the meeting told last was with
			for _, p := range d.meetingBefore(s) {
				if p != "SA" && !slices.Contains(out.Parties, p) && d.hosts(p) {
					out.Parties = append(out.Parties, p)
				}
			}
		}
		if len(out.Parties) < 2 {
			continue
		}
		slices.Sort(out.Parties)
		if other := d.alsoApart(s, t, &f, out.Parties); other != nil {
			two := out
			two.Parties = other
			two.Place = d.venue(s, t)
			d.meetingDates(&two, s, t, f.s, f.e)
			d.join(two)
		}
		out.Place = d.venue(s, t)
		d.meetingDates(&out, s, t, f.s, f.e)
		s.take(talks.Meeting, &f)
		s.built = append(s.built, builtMeeting{f.s, f.e, out.Parties})
		d.join(out)
	}
}

// alsoApart are the parties of the second meeting of "held separate talks with A and B".
func (d *document) alsoApart(s *sentence, t tag, f *filled, parties []string) []string {
	q := f.party["Q"].actor
	if q == nil || len(parties) != 2 || !s.apart(tag{s: f.s, e: min(f.e, len(s.toks))}) && !s.apart(tag{s: max(f.s, q.s-2), e: q.s}) {
		return nil
	}
	host := d.hostOf(parties)
	for i := range s.actors {
		if a := &s.actors[i]; a.s >= q.e && s.joinedUp(q.e, a.s) && host != "" && a.party != host && a.party != q.party {
			return sorted(host, a.party)
		}
	}
	return nil
}

// hosts: a party that is not at war with another of the article: whom the sides
// meet in turn.
func (d *document) hosts(p string) bool { return p != d.pair[0] && p != d.pair[1] }

// builtPositions makes positions that a wording tells whole.
func (d *document) builtPositions(s *sentence) {
	for _, f := range d.constructed(s, talks.Position) {
		m := f.mention
		if m == nil {
			if m = d.toldLast(s, f.s, f.fields["of"]); m == nil {
				continue
			}
		}
		at := f.pred("accept", ".")
		at.e = max(at.e, min(f.e, at.s+1))
		x := stand{party: f.party["P"].party, stance: f.fields["stance"], open: f.fields["open"], subj: f.party["P"], at: at}
		s.take(talks.Position, &f)
		if sp := d.speakerAt(s, at.s); f.fields["own"] != "" && sp != nil && sp.Party != "" && sp.Party != x.party {
			continue // what others say that it will do is no position of it
		}
		d.stand(s, x, *m)
		if f.cond[1] > 0 {
			d.underCondition(s, &x, *m, f.cond)
		}
	}
}

// underCondition adds the words of a condition to the position told last.
func (d *document) underCondition(s *sentence, x *stand, m mention, cond [2]int) {
	w := d.wordsOf(s, cond[0], cond[1])
	for i := len(d.drafts) - 1; i >= 0; i-- {
		o := &d.drafts[i]
		if o.Kind != talks.Position || o.Party != x.party || !toldIn(o, s) || !strings.HasPrefix(o.Stance, "accepts") {
			continue
		}
		o.Stance = "accepts-if"
		if !slices.ContainsFunc(o.Conditions, func(c talks.Words) bool { return c.Start < w.End && w.Start < c.End }) {
			o.Conditions = append(o.Conditions, w)
		}
		return
	}
}

// toldLast is the proposal told last before a token, in its sentence or the four
// before it: the narrowest that a sentence tells.
func (d *document) toldLast(s *sentence, before int, scope string) *mention {
	i := d.index(s)
	for k := i; k >= 0 && k >= i-4; k-- {
		var best *mention
		list := d.sents[k].mentions()
		for j := range list {
			m := &list[j]
			if k == i && m.s >= before || m.scope == "exchange" || m.scope == "other" {
				continue
			}
			if best == nil || specific(m.scope) && !specific(best.scope) || specific(m.scope) && m.scope != "blanket" {
				best = m
			}
		}
		if best != nil && (scope == "" || scope == best.scope) {
			return best
		}
	}
	return nil
}

// builtDelegations makes drafts of heads and mandates that a wording tells whole.
func (d *document) builtDelegations(s *sentence) {
	for _, f := range d.constructed(s, talks.Delegation) {
		party := f.party["P"].party
		if party == "" {
			party = f.party["N"].party
		}
		if party == "" {
			continue
		}
		at := f.pred("heads", ".")
		if f.fields["mandate"] == "" {
			name := f.name
			if f.party["N"].actor != nil {
				name = s.withSecond(f.name, party, f.party["N"].actor.e, len(s.toks))
			}
			d.addDelegation(s, party, name, at, nil)
			continue
		}
		if a := f.party["P"].actor; !d.hasDelegation(party) && (a == nil || !isDelegation(a.role) && fold(a.role) != "side") {
			continue
		}
		lo, hi := s.clause(at.s)
		w := talks.Said{Words: d.phraseWords(s, at, lo, hi), Speaker: d.speakerAt(s, at.s)}
		d.addDelegation(s, party, "", at, &w)
	}
}

// builtOrders makes drafts of orders that a wording tells whole.
func (d *document) builtOrders(s *sentence) {
	for _, f := range d.constructed(s, talks.Order) {
		at := f.pred("order", ".")
		lo, hi := s.clause(at.s)
		out := d.draft(talks.Order, s, lo, hi)
		out.Party, out.State = f.party["P"].party, f.fields["state"]
		if out.Party == "" {
			if sp := s.speech.speaker; f.fields["by"] == "speaker" && sp != nil {
				out.Party = sp.Party
			}
		}
		if out.Party == "" {
			out.Open = append(out.Open, "by whom is not said here")
		}
		m := f.mention
		if m == nil {
			m = d.toldLast(s, at.s, "")
		}
		if m != nil {
			out.Proposal, out.Scope = d.proposalAt(*m)
		}
		w := d.wordsOf(s, f.at, f.e)
		out.What = &w
		d.date(&out, s, at.s, false)
		d.withCall(&out, s)
		s.take(talks.Order, &f)
		d.addOrder(out)
	}
}

// builtClaims makes accusations, attributions and denials that a wording tells whole.
func (d *document) builtClaims(s *sentence) {
	for _, kind := range []talks.Kind{talks.Claim, talks.Accusation} {
		for _, f := range d.constructed(s, kind) {
			d.builtClaim(s, kind, &f)
		}
	}
}

func (d *document) builtClaim(s *sentence, kind talks.Kind, f *filled) {
	at := f.pred("accuse", ".")
	lo, hi := s.clause(at.s)
	by, accused := f.party["P"].party, f.party["Q"].party
	if by == "" && s.speech.speaker != nil {
		by = s.speech.speaker.Party
	}
	if f.fields["mutual"] != "" {
		p := d.pairOf(s, tag{phrase: at.phrase, s: at.s, e: f.e})
		if len(p) != 2 {
			return
		}
		by, accused = p[0], p[1]
	}
	if by == "" || kind == talks.Accusation && (accused == "" || accused == by) {
		return
	}
	inc := d.incidentOf(s)
	if inc == "" && f.fields["of"] != "general" {
		inc = d.recentIncident(s, by)
	}
	if f.fields["mode"] == "attributes" && (inc == "" || accused == by || accused == "") {
		return
	}
	emit := func(by, accused string) {
		out := d.draft(kind, s, lo, hi)
		out.Party, out.Mode = by, f.fields["mode"]
		if out.Mode != "denies" {
			out.Accused = accused
		}
		out.Incident = inc
		if f.fields["mutual"] != "" && out.Speaker != nil && out.Speaker.Party == "" && out.Speaker.Name == "" {
			out.Speaker = nil // "each side says": both
		}
		switch {
		case kind == talks.Accusation && inc != "" && f.fields["of"] != "general" && s.targetIn(lo, hi):
			out.Kind, out.Mode = talks.Claim, "attributes"
			d.attribute(inc, talks.Attributed{By: by, Actor: accused})
		case kind == talks.Accusation:
			out.Incident, out.Norm, out.Period = "", s.norm(lo, hi), d.period(s, lo, hi)
			if out.Norm == "" {
				out.Norm = s.keptNorm(lo, hi)
			}
		case inc == "" && out.Mode == "denies" && d.answered(s, by) != "":
			out.Answers = d.answered(s, by)
		case inc == "":
			out.Open = append(out.Open, "what is meant is told in words only")
		case out.Mode == "attributes":
			d.attribute(inc, talks.Attributed{By: by, Actor: accused})
		case out.Mode == "denies":
			d.attribute(inc, talks.Attributed{By: by, Actor: by, Denied: true})
		}
		d.date(&out, s, at.s, false)
		d.addClaim(out)
	}
	s.take(talks.Claim, f)
	emit(by, accused)
	if f.fields["mode"] == "denies" {
		d.emitOwned(s, at, by, inc)
	}
	if f.fields["mutual"] != "" {
		emit(accused, by)
	}
}
