package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/where/gazetteer"
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

// attribution is where somebody names an author.
type attribution struct {
	incident string
	who      talks.Attributed
	in       *sentence
	lo, hi   int
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

// total: a sum over a long time, not an act.
func (s *sentence) total(t tag) bool {
	if s.trend() && !s.harm() || s.counted(t) || s.isCounted(t) {
		return true
	}
	if !bodies[s.toks[t.s].low] {
		return false
	}
	for k := range s.toks {
		if s.toks[k].low == "since" || s.toks[k].low == "every" {
			return true
		}
	}
	return false
}

func (s *sentence) trend() bool {
	for _, t := range s.toks {
		for _, w := range []string{"stepped", "intensif*", "escalat*", "increase", "onslaught", "campaign"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

// bodies are words of harm that alone tell of no act.
var bodies = wordList("killed destroyed damaged")

// unreal: a plan, a threat, a condition.
func (s *sentence) unreal(t tag) bool {
	if s.attempt(t) {
		return false
	}
	if s.lang == "en" && t.s > 0 && (s.toks[t.s-1].low == "to" || s.toks[t.s-1].low == "collateral" || s.toks[t.s-1].low == "from") {
		return true
	}
	for k := t.e; k < len(s.toks) && k <= t.e+3; k++ {
		switch s.toks[k].low {
		case "image", "reputation", "dignity", "relations", "credibility", "trust":
			return true
		}
	}
	for k := t.s - 1; k >= 0 && k >= t.s-5; k-- {
		switch s.toks[k].low {
		case "if", "will", "would", "could", "should", "case", "event", "may", "might", "against", "future", "not", "якщо", "если", "не", "possible", "further", "any", "no", "hypothetical":
			if s.toks[k].low == "against" && k != t.s-1 {
				continue
			}
			return true
		case ",", ";", "that":
			return false
		}
	}
	return false
}

// attempt: "tried to strike", "намагалися атакувати": an act that was begun, by whoever
// tried.
func (s *sentence) attempt(t tag) bool {
	k := t.s - 1
	if s.lang == "en" {
		if k < 1 || s.toks[k].low != "to" {
			return false
		}
		k--
	}
	for _, w := range attempts {
		if k >= 0 && fits(w, s.toks[k].low) {
			return true
		}
	}
	return false
}

// tryAt is the verb of trying before an act that was only tried.
func (s *sentence) tryAt(t tag) tag {
	k := t.s - 1
	if s.lang == "en" {
		k--
	}
	return tag{phrase: t.phrase, s: k, e: k + 1}
}

var attempts = []string{"tried", "attempted", "trying", "attempting", "намагал*", "намагав*", "спробувал*", "спробував", "пытал*", "попытал*", "пробовал*"}

// onlyTalk: "hit out at" is no strike.
func (s *sentence) onlyTalk(t tag) bool {
	return s.toks[t.s].low == "hit" && t.e < len(s.toks) && (s.toks[t.e].low == "out" || s.toks[t.e].low == "back")
}

// generalTalk: words of every day, of a pattern, of a norm that is broken.
func (s *sentence) generalTalk() bool {
	return len(s.of("general")) > 0 || len(s.of("violate")) > 0 || len(s.of("accuse")) > 0
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

// authors is whom the words name as the author, by whom.
func (d *document) authors(s *sentence, t tag) (out []talks.Attributed) {
	by := ""
	if s.speech.speaker != nil {
		by = s.speech.speaker.Party
	}
	add := func(p string) {
		x := talks.Attributed{By: by, Actor: p}
		if by == p && len(s.of("deny")) > 0 {
			return // what it denies is what others say
		}
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	for _, c := range s.of("accuse") {
		if s.accusationNoun(c) && (s.lang != "en" && s.deniedBefore(c.s, min(len(s.toks), c.e+4)) || s.deniedBefore(max(0, c.s-5), c.e)) {
			continue // "звинувачення відкинули": what is denied
		}
		who := d.subject(s, c)
		by = who.party
		if a := s.actorAt(c.e, 5); a != nil && who.party != "" {
			add(a.party)
		}
		return out
	}
	for _, t := range s.of("attack") {
		by = ""
		if sp := d.speakerAt(s, t.s); sp != nil {
			by = sp.Party
		}
		if intercepts[s.toks[t.s].low] || s.toks[t.s].low == "destroyed" && s.shotAt() {
			continue
		}
		if a := s.forcesOf(t); a != nil && !intercepts[s.toks[t.s].low] {
			add(a.party)
			continue
		}
		if s.attempt(t) {
			if x := d.subject(s, s.tryAt(t)); x.party != "" && x.party != by {
				add(x.party)
			} else if a := s.forcesOf(s.tryAt(t)); a != nil {
				add(a.party)
			}
			continue
		}
		noun := attackNouns[s.toks[t.s].low] || s.lang != "en" && !s.pastTense(t)
		if !noun && s.lang != "en" {
			if a := s.doer(t); a != nil {
				add(a.party)
			}
			continue
		}
		for i := range s.actors {
			a := &s.actors[i]
			if noun && a.thing && a.e <= t.s && t.s-a.e <= 5 && s.noMark(a.e, t.s) && !s.belongs(a, t) && s.actorAt(a.e, t.s-a.e-1) == nil {
				add(a.party)
			}
			if noun && s.lang == "en" && !a.thing && a.name == "" && a.e == t.s && !a.place { // "an IAF strike"
				add(a.party)
			}
			if a.prep == "by" && a.s >= t.e && a.s-t.e <= 8 && s.noMark(t.e, a.s) {
				add(a.party)
			}
		}
		if noun && s.lang == "en" || s.passiveEnglish(t) {
			continue
		}
		if own := s.ownForces(t); own && by != "" {
			add(by)
			continue
		}
		if x := d.subject(s, t); x.party != "" && !x.agent && (x.actor == nil || x.actor.e <= t.s && (t.s-x.actor.e <= 6 || s.asideAfter(x.actor, t.s)) || s.pronounNear(t, 0) >= 0) {
			if x.actor != nil && s.speech.by != nil && s.speech.by.s == x.actor.s && s.speech.verb.phrase != nil && s.speech.verb.s < t.s && s.pronounNear(t, s.speech.verb.e) < 0 {
				continue
			}
			add(x.party)
		}
	}
	for _, t := range s.of("attack") { // "launched strikes", "staged an attack"
		if len(out) > 0 || !attackNouns[s.toks[t.s].low] {
			continue
		}
		for k := t.s - 1; k >= 0 && k >= t.s-6; k-- {
			if launched[s.toks[k].low] && !s.inquiry(k, t.s) {
				if a := s.before(tag{s: k, e: k + 1, phrase: t.phrase}, 0); a != nil && k-a.e <= 14 && !(s.speech.by != nil && s.speech.by.s == a.s && s.pronounNear(tag{s: k}, a.e) < 0) {
					add(a.party)
				}
			}
		}
	}
	return out
}

// pastTense: a verb of Ukrainian or Russian in the past.
func (s *sentence) pastTense(t tag) bool {
	for _, e := range []string{"ли", "ла", "ло", "ал", "ил", "ел", "ял", "ав", "ив", "ів", "ов", "лися", "лись"} {
		if strings.HasSuffix(s.toks[t.e-1].low, e) {
			return true
		}
	}
	return false
}

// doer is the subject of such a verb: a nominative near it, before or after.
func (s *sentence) doer(t tag) *actor {
	var best *actor
	gap := 5
	for i := range s.actors {
		a := &s.actors[i]
		if a.oblique || a.thing || a.prep != "" || a.place {
			continue
		}
		g := a.s - t.e
		if a.e <= t.s {
			g = t.s - a.e
		}
		if g >= 0 && g < gap && s.noMark(min(t.e, a.e), max(t.s, a.s)) {
			best, gap = a, g
		}
	}
	return best
}

// ownForces: "its aircraft struck".
func (s *sentence) ownForces(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		if s.toks[k].low == "its" || s.toks[k].low == "our" {
			return s.speech.said && s.speech.verb.phrase != nil && s.speech.verb.e <= k
		}
	}
	return false
}

// shotAt: drones or missiles are what was destroyed.
func (s *sentence) shotAt() bool {
	for _, t := range s.toks {
		for _, w := range []string{"drone*", "missile*", "uav*"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

var intercepts = wordList("intercepted shot downed repelled збил збило збито збила збили сбил сбила сбили сбиты сбито сбило")

// belongs: the party is the victim: "strikes on Russian forces" has the strikes
// before; "Gaza strikes" names a place.
func (s *sentence) belongs(a *actor, t tag) bool {
	return a.prep == "on" || a.prep == "against" || a.prep == "at" || a.place
}

var notPassive = wordList("willing ready open in on supportive reluctant unwilling ok fine opposed against")

func (s *sentence) passiveEnglish(t tag) bool {
	if t.s > 0 && s.toks[t.s-1].low == "to" || notPassive[s.toks[t.s].low] {
		return false // "was ready to observe", "was willing to"
	}
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		switch s.toks[k].low {
		case "was", "were", "been", "being", "is", "are", "be", "got":
			return true
		}
	}
	return false
}

var (
	attackNouns = wordList("attack attacks strike strikes airstrike airstrikes shelling bombardment bombardments bombing bombings blast explosion explosions raid barrage barrages sabotage destruction demolition incursion")
	launched    = wordList("launched launching unleashed carried staged mounted conducted delivered fired made out began started resumed reported announced")
)

// addIncident joins an incident to one that cannot be told from it: the same kind
// of object at the same place, or with no place told, on days that agree.
func (d *document) addIncident(out talks.Draft) string {
	for i := len(d.drafts) - 1; i >= 0; i-- { // the one told last goes before
		o := &d.drafts[i]
		if o.Kind != talks.Incident || !sameObject(o, &out) || !sameDate(o.Date, out.Date) && !near(o.Date, out.Date) {
			continue
		}
		o.Words = append(o.Words, out.Words...)
		if o.Place == "" {
			o.Place = out.Place
		}
		if o.Date == nil {
			o.Date = out.Date
		}
		for _, v := range out.Target {
			if !slices.Contains(o.Target, v) {
				o.Target = append(o.Target, v)
			}
		}
		for _, a := range out.ClaimedActor {
			if !slices.Contains(o.ClaimedActor, a) {
				o.ClaimedActor = append(o.ClaimedActor, a)
			}
		}
		return o.ID
	}
	d.drafts = append(d.drafts, out)
	return out.ID
}

// near: one date is a part of the other.
func near(a, b *talks.Date) bool {
	return a != nil && b != nil && (a.End == b.Value && a.End != "" || b.End == a.Value && b.End != "" || a.Value != "" && a.Value == b.Value)
}

// sameObject: one station, one depot; kinds that are many ("house", "power") are
// told apart by their place.
func sameObject(a, b *talks.Draft) bool {
	if len(a.Target) == 0 || len(b.Target) == 0 {
		return false
	}
	one := strings.HasPrefix(a.Target[0], "energy.gas") && strings.HasPrefix(b.Target[0], "energy.gas")
	if !one && !slices.Equal(a.Target, b.Target) {
		return false
	}
	if a.Place != "" && b.Place != "" {
		return samePlace(a.Place, b.Place) || one && sameArea(a.Place, b.Place)
	}
	return one
}

func samePlace(a, b string) bool {
	a, b = fold(a), fold(b)
	return a == b || len(a) > 5 && len(b) > 5 && a[:6] == b[:6]
}

// sameArea: a region may hold the other place.
func sameArea(a, b string) bool {
	in := func(p string) (out []string) {
		for _, m := range gazetteer.Builtin().Mentions(p) {
			out = append(out, m.In()...)
		}
		return out
	}
	areas := in(a)
	return slices.ContainsFunc(in(b), func(x string) bool { return slices.Contains(areas, x) })
}

// counted: a number of attacks since some day: "three attacks since Wednesday".
func (s *sentence) counted(t tag) bool {
	if !attackNouns[s.toks[t.s].low] || t.s == 0 || t.e >= len(s.toks) {
		return false
	}
	_, number := s.number(t.s - 1)
	if !number && !s.isTag("general", t.s-1) && s.toks[t.s-1].low != "of" {
		return false
	}
	for k := t.e; k < len(s.toks) && k <= t.e+6; k++ {
		if w := s.toks[k].low; w == "since" || w == "so" && k+1 < len(s.toks) && s.toks[k+1].low == "far" {
			return true
		}
	}
	return false
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

// inquiry: what was launched is an investigation.
func (s *sentence) inquiry(b, e int) bool {
	for _, t := range s.toks[b:e] {
		switch t.low {
		case "investigation", "probe", "inquiry", "case", "proceedings":
			return true
		}
	}
	return false
}

// manyTargets: the objects are told in the plural or as a whole, so that no one of
// them is told: "striking its energy sites".
func (s *sentence) manyTargets() bool {
	list := s.of("target")
	for _, t := range list {
		w := s.toks[t.e-1].low
		if !strings.HasSuffix(w, "s") && w != "infrastructure" && w != "grid" && w != "system" && w != "network" {
			return false
		}
	}
	return len(list) > 0 && s.lang == "en"
}

// throughout: told of a long time: "has pounded energy installations throughout the war".
func (s *sentence) throughout() bool {
	for k, t := range s.toks {
		switch t.low {
		case "throughout", "continued", "continues", "years", "months":
			return true
		case "has", "have":
			if k+1 < len(s.toks) && s.isTag("attack", k+1) {
				return true
			}
		}
	}
	return false
}
