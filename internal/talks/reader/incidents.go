package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/talks"
)

// incidents makes drafts of what is said to have happened: an act with a place, an
// object, a harm or a number of weapons. A general accusation makes none.
func (d *document) incidents() {
	for i := range d.sents {
		for _, s := range d.parts(&d.sents[i]) {
			d.incident(s)
		}
	}
}

// parts are the clauses of a sentence, where each tells an act of its own by a speaker
// of its own: "Moscow said A attacked X on Wednesday, and Kyiv said B struck Y".
func (d *document) parts(s *sentence) []*sentence {
	for k := 4; k < len(s.toks)-4 && len(s.toks) <= maxWording; k++ {
		if !s.breaksAt(k) {
			continue
		}
		left, right := d.part(s, 0, k), d.part(s, k, len(s.toks))
		if left.tellsAct() && right.tellsAct() {
			return append([]*sentence{left}, d.parts(right)...)
		}
	}
	return []*sentence{s}
}

// part is a piece of a sentence as one of its own.
func (d *document) part(s *sentence, b, e int) *sentence {
	out := &sentence{b: s.toks[b].b, e: s.toks[e-1].e, para: s.para, lang: s.lang, toks: s.toks[b:e]}
	out.tags = loadLexicon().find(out.toks)
	out.actors = findActors(out)
	out.dates = findDates(out)
	out.speech = d.findSpeech(out)
	return out
}

// tellsAct: a speaker of its own tells an act with an object or a day.
func (s *sentence) tellsAct() bool {
	_, ok := s.attack()
	return ok && s.speech.said && s.speech.by != nil && (len(s.of("target")) > 0 || len(s.dates) > 0)
}

func (d *document) incident(s *sentence) {
	t, ok := s.attack()
	if !ok || s.onlyTalk(t) {
		return
	}
	place := d.placeOf(s, t)
	target := s.targets()
	if len(target) == 0 {
		target = d.sameTarget(s)
	}
	harm := s.harm()
	if s.total(t) || s.country(place) && len(target) == 0 && !harm && len(s.dates) == 0 || place == "" && len(target) == 0 && !harm && (len(s.dates) == 0 || len(d.authors(s, t)) == 0) || bodies[s.toks[t.s].low] && place == "" && len(s.dates) == 0 {
		return
	}
	if place == "" && !harm && len(s.dates) == 0 && s.manyTargets() && s.throughout() {
		return
	}
	if place == "" && !harm && s.generalTalk() && (len(target) == 0 || len(s.dates) == 0 && s.manyTargets()) {
		return
	}
	out := d.draft(talks.Incident, s, 0, len(s.toks))
	out.Place = place
	d.meaning(&out, s, target)
	out.ClaimedActor = d.authors(s, t)
	d.date(&out, s, t.s, false)
	if out.Date == nil && len(s.dates) == 1 && !s.afterSay(s.dates[0]) && s.asideOf(s.dates[0].s) < 0 {
		x := d.resolve(s, s.dates[0], false)
		x.Why += "; the one day that the sentence tells"
		out.Date = &x
	}
	out.ID = "i" + itoa(len(d.drafts))
	id := d.addIncident(out)
	for _, a := range out.ClaimedActor {
		lo, hi := s.clause(t.s)
		d.said = append(d.said, attribution{id, a, s, lo, hi})
	}
}

// disputes makes a claim of each naming of an author, for incidents of which more
// than one is named or one is denied.
func (d *document) disputes() {
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind != talks.Incident {
			continue
		}
		named, denied := map[string]bool{}, false
		for _, a := range x.ClaimedActor {
			named[a.Actor] = true
			denied = denied || a.Denied
		}
		if len(named) < 2 && !denied && !d.anySilent(x.ID) {
			continue
		}
		for _, a := range d.said {
			if a.incident == x.ID && a.who.By != "" && a.who.By != a.who.Actor {
				out := d.draft(talks.Claim, a.in, a.lo, a.hi)
				out.Party, out.Accused, out.Mode, out.Incident = a.who.By, a.who.Actor, "attributes", a.incident
				d.addClaim(out)
				x = &d.drafts[i]
			}
		}
	}
}

// sameTarget: "the station", "the facility" is the object told last, if it was
// told in the four sentences before.
func (d *document) sameTarget(s *sentence) []string {
	named := false
	for k, t := range s.toks {
		if !objects[t.low] {
			continue
		}
		for j := k - 1; j >= 0 && j >= k-3; j-- {
			named = named || s.toks[j].low == "the" || s.toks[j].low == "this" || s.toks[j].capital
		}
		named = named || s.lang != "en"
	}
	for _, t := range s.of("attack") {
		named = named || slices.Contains(t.phrase.words, "it")
	}
	if !named {
		return nil
	}
	from := d.sents[max(0, d.index(s)-4)].b
	var last []string
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind == talks.Incident && len(x.Target) > 0 && strings.HasPrefix(x.Target[0], "energy.") && x.Words[len(x.Words)-1].Start >= from {
			last = x.Target
		}
	}
	return last
}

var objects = wordList("station facility site plant depot installation станція станції станцію станция станции станцию об'єкт об'єкта объект объекта")

// attack is the word of a sentence that tells of an act which is not part of a
// proposal, an order, a plan or a denial of what is general.
func (s *sentence) attack() (tag, bool) {
	talk := s.mentions()
	for _, t := range s.of("attack") {
		skip := false
		for _, m := range talk {
			if t.s >= m.s && t.s <= m.e+3 && !s.meansOf(t, m.e) {
				skip = true
			}
		}
		for _, h := range s.of("halt", "cease") {
			if h.s < t.s && t.s-h.e <= 5 && s.noMark(h.e, t.s) && !s.meansOf(t, h.e) {
				skip = true
			}
		}
		for _, r := range s.of("response", "role") {
			if t.s >= r.s && t.e <= r.e || r.class == "response" && r.e <= t.s && t.s-r.e <= 5 && s.noMark(r.e+1, t.s) {
				skip = true
			}
		}
		if skip || s.unreal(t) {
			continue
		}
		return t, true
	}
	return tag{}, false
}

// country: a place that is no more than the name of a party.
func (s *sentence) country(place string) bool {
	for i := range s.actors {
		if a := &s.actors[i]; place != "" && s.words(a.s, a.e) == place {
			return true
		}
	}
	return false
}

// harm: killed, injured, or a number of weapons.
func (s *sentence) harm() bool {
	for _, t := range s.toks {
		for _, w := range []string{"kill*", "injur*", "wound*", "dead", "casualt*", "загин*", "поранен*", "погиб*", "ранен*", "пострадал*", "постражда*"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	for k := range s.toks {
		if _, ok := s.number(k); ok {
			for j := k + 1; j < len(s.toks) && j <= k+3; j++ {
				for _, w := range []string{"drone*", "missile*", "uav*", "rocket*", "дрон*", "ракет*", "безпілотн*", "беспилотн*", "бпла", "шахед*", "strikes", "attacks", "targets"} {
					if fits(w, s.toks[j].low) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (s *sentence) targets() (out []string) {
	for _, t := range s.of("target") {
		for _, v := range strings.Split(t.value, "|") {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	if len(out) > 1 { // "pumping" and "metering" of one station stay both; a parent adds nothing
		var keep []string
		for _, v := range out {
			parent := false
			for _, o := range out {
				parent = parent || strings.HasPrefix(o, v+".")
			}
			if !parent {
				keep = append(keep, v)
			}
		}
		out = keep
	}
	return out
}

// meaning fills in what the words may mean, by the lexicon of the feeds.
func (d *document) meaning(out *talks.Draft, s *sentence, target []string) {
	p := feeds.Propose(d.text[s.b:s.e])
	out.Act, out.Means, out.Outcome, out.Target = p.Act, p.Means, p.Outcome, target
	if len(target) == 0 {
		out.Target = p.Target
	}
}

// meansOf: "derailing the truce with an attack": by what it is said to have been done.
func (s *sentence) meansOf(t tag, from int) bool {
	for k := from; k < t.s; k++ {
		switch s.toks[k].low {
		case "with", "by", "through":
			return true
		}
	}
	return false
}
