package reader

import "strings"

// actor is a party where a sentence names it: a country or a group, a body of
// it, or somebody who speaks for it, with the words round the name that belong
// to it.
type actor struct {
	party      string
	s, e       int
	role, name string
	thing      bool   // it only tells whose a thing is: "Russian strikes", "Kyiv's delegation"
	oblique    bool   // Ukrainian, Russian: not the nominative
	prep       string // the preposition before it
	negated    bool   // "not Russia"
	place      bool   // "in Moscow"
}

// nominative are words of a role as a subject has them, in Ukrainian and Russian.
var nominative = wordList(`президент міністр министр делегація делегация команда група группа глава голова міністерство министерство минобороны міноборони мид мзс
 представник представитель спецпредставник спецпредставитель спецпосланник сторона військові военные армия армія войска війська радник советник помічник помощник посол
 лидер лідер очільник керівник руководитель речник речниця пресс прес пресссекретарь прессекретар спикер спікер влада власти чиновник чиновники джерело источник правительство уряд офис офіс
 адміністрація администрация представники представители посадовець дипломат переговірник переговорники переговорщики сили силы збройні вооруженные премьер прем'єр госсекретарь держсекретар официальный
 посланник генштаб повітряні заступник заместитель министры лидеры лідери делегации делегації команды команди`)

func wordList(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

var (
	prepositions = wordList(`of by with from to on in at for against between over under towards toward into near about via through upon despite
 в у з із зі від до на для проти між біля під про через щодо во с со из от для против между около под о об через при к ко`)
	agentWords = wordList("by")
	placePreps = wordList("in at в у во")
	roleLinks  = wordList("the of for in from at close to within")
	articles   = wordList("the a an both its his her their several senior top new former")
	negations  = wordList("not never не ні ані нет ни")
	between    = wordList(`top senior main chief deputy state new own lead permanent acting first presidential national the
 оборони закордонних справ енергетики обороны иностранных дел энергетики оборони збройних сил вооруженных спеціальний специальный главный головний`)
)

// findActors puts party names together with the words round them.
func findActors(s *sentence) (out []actor) {
	roles := s.starts("role")
	parties := s.starts("party")
	until := 0
	for i := 0; i < len(s.toks); i++ {
		t, ok := parties[i]
		if !ok || i < until {
			continue
		}
		a := actor{party: t.value, s: t.s, e: t.e, oblique: t.oblique, thing: t.form == "adj"}
		person := t.form == "person"
		if person {
			a.name = s.words(t.s, t.e)
		}
		a.right(s, roles, parties, person)
		a.left(s, roles, until, person)
		if a.e < len(s.toks) && s.toks[a.e].low == "'s" {
			a.thing = true
		}
		a.around(s)
		if a.e == a.s+1 && a.role == "" && s.isTag("meet", a.e) && !s.isTag("say", a.e) && talksIn[s.toks[a.e].low] && cities[s.toks[a.s].low] {
			a.place = true // "the Riyadh talks"
		}
		if s.inCapital(a.s) {
			a.place = true // "the Saudi capital"
		}
		until = a.e
		if s.posted(a) {
			continue
		}
		out = append(out, a)
	}
	return out
}

// cities are names of parties' or hosts' capitals; before a word of a meeting they
// say where it is.
var (
	cities  = wordList("riyadh doha ankara cairo minsk paris london brussels berlin")
	talksIn = wordList("talks round meeting meetings negotiations session summit consultations")
)

// posted: "a diplomat in Ankara" may be anybody's.
func (s *sentence) posted(a actor) bool {
	if s.lang != "en" || a.name != "" || !strings.HasSuffix(a.role, " in") {
		return false
	}
	for _, w := range []string{"diplomat", "envoy", "ambassador", "source"} {
		if strings.HasPrefix(fold(a.role), w) {
			return true
		}
	}
	return false
}

func (s *sentence) inCapital(i int) bool {
	for _, t := range s.of("capital") {
		if t.s <= i && i < t.e {
			return true
		}
	}
	return false
}

// right takes in what follows: roles, names, more names of the same party.
func (a *actor) right(s *sentence, roles, parties map[int]tag, person bool) {
	named := person
	for a.e < len(s.toks) {
		i := a.e
		if s.toks[i].low == "'s" {
			i++
		}
		if j, ok := s.roleAfter(i, roles); ok {
			if i != a.e {
				a.name = "" // "Trump's envoy": somebody else
			}
			if a.role == "" {
				a.role = s.words(roles[j].s, roles[j].e)
			}
			a.e, a.thing, named = roles[j].e, false, true
			if s.lang != "en" {
				a.oblique = !nominative[s.toks[roles[j].s].low]
			}
			continue
		}
		if i != a.e && a.role == "" {
			return // the possessive of a thing
		}
		if p, ok := parties[i]; ok {
			if p.value != a.party || i != a.e && p.form != "person" {
				return
			}
			a.e = p.e
			if p.form == "person" {
				a.name = strings.TrimSpace(a.name + " " + s.words(p.s, p.e))
				a.thing, named = false, true
			} else if p.form != "adj" {
				a.thing = false
			}
			continue
		}
		if i == a.e && i < len(s.toks) && s.toks[i].capital && (named || s.lang != "en" && s.nameAfter(i, parties, a.party)) && !s.months(i) {
			a.name = strings.TrimSpace(a.name + " " + s.toks[i].text)
			a.e = i + 1
			a.thing = false
			continue
		}
		return
	}
}

// nameAfter reports whether a first name at i is followed by a person of the party.
func (s *sentence) nameAfter(i int, parties map[int]tag, party string) bool {
	p, ok := parties[i+1]
	return ok && p.value == party && p.form == "person"
}

func (s *sentence) months(i int) bool {
	for _, t := range s.tags {
		if t.s == i && (t.class == "month" || t.class == "weekday") {
			return true
		}
	}
	return false
}

// roleAfter looks for a role at i, or after one or two words such as "senior".
func (s *sentence) roleAfter(i int, roles map[int]tag) (int, bool) {
	for j := i; j < len(s.toks) && j <= i+2; j++ {
		if _, ok := roles[j]; ok {
			return j, true
		}
		if !between[s.toks[j].low] {
			break
		}
	}
	return 0, false
}

// left takes in what stands before: first names and roles ("President Vladimir
// Putin"), roles that a genitive follows ("міністр оборони України").
func (a *actor) left(s *sentence, roles map[int]tag, until int, person bool) {
	i := a.s
	for n := 0; person && n < 3 && i > until && s.toks[i-1].capital && !s.partyAt(i-1) && s.roleEnding(i, roles) < 0 && !s.isStopWord(i-1) && !s.months(i-1); n++ {
		i--
	}
	if person && i < a.s {
		a.name = strings.TrimSpace(s.words(i, a.s) + " " + a.name)
		a.s = i
	}
	for {
		j := s.roleEnding(a.s, roles)
		k := a.s
		for n := 0; j < 0 && n < 3 && k > until && (s.lang != "en" && between[s.toks[k-1].low] || s.lang == "en" && roleLinks[s.toks[k-1].low]); n++ {
			k--
			j = s.roleEnding(k, roles)
		}
		if j < until || j < 0 {
			return
		}
		if a.role == "" || s.lang != "en" {
			a.role = strings.TrimSpace(s.words(j, a.s) + " " + a.role)
		}
		a.s, a.thing = j, false
		if s.lang != "en" {
			a.oblique = !nominative[s.toks[j].low]
		}
	}
}

// isStopWord: a capital word that is no name, as at the start of a sentence.
func (s *sentence) isStopWord(i int) bool {
	if i > 0 {
		return false
	}
	return stopWords[s.toks[i].low]
}

var stopWords = wordList("the a an but and on in at as for after before when while if no with earlier later both it he she they his her its their this that these those")

// roleEnding returns where a role that ends at i begins, or -1.
func (s *sentence) roleEnding(i int, roles map[int]tag) int {
	best := -1
	for j := max(0, i-4); j < i; j++ {
		if t, ok := roles[j]; ok && t.e == i && best < 0 {
			best = j
		}
	}
	return best
}

func (s *sentence) partyAt(i int) bool {
	for _, t := range s.tags {
		if t.class == "party" && t.s <= i && i < t.e {
			return true
		}
	}
	return false
}

// around looks at the words before: a preposition, a negation.
func (a *actor) around(s *sentence) {
	i := a.s
	for i > 0 && articles[s.toks[i-1].low] {
		i--
	}
	if i > 0 && prepositions[s.toks[i-1].low] {
		a.prep = s.toks[i-1].low
		i--
	}
	if i > 0 && negations[s.toks[i-1].low] {
		a.negated = true
	}
	if a.role == "" && a.name == "" && a.s > 1 && s.toks[a.s-1].low == "," && s.toks[a.s-2].capital && !s.partyAt(a.s-2) && !s.months(a.s-2) && s.lang == "en" {
		a.place = true // "Banff, Canada"
	}
	if placePreps[a.prep] && a.role == "" && a.name == "" && !a.thing && !s.seatOf(a) {
		a.place = true
	}
}

// seatOf: a plural verb without a subject comes right after: "у Кремлі заявили".
func (s *sentence) seatOf(a *actor) bool {
	for _, t := range s.of("say", "deny", "accuse", "reject", "accept") {
		if s.inSeat(a, t) {
			return true
		}
	}
	return false
}

// starts files the tags of a class by the token they start at.
func (s *sentence) starts(class string) map[int]tag {
	out := map[int]tag{}
	for _, t := range s.tags {
		if t.class == class {
			out[t.s] = t
		}
	}
	return out
}

// words are the tokens from b up to e, one blank between them.
func (s *sentence) words(b, e int) string {
	var out []string
	for _, t := range s.toks[b:e] {
		if t.low == "'s" && len(out) > 0 {
			out[len(out)-1] += t.text
			continue
		}
		out = append(out, t.text)
	}
	return strings.Join(out, " ")
}

// of returns the tags of some classes.
func (s *sentence) of(classes ...string) (out []tag) {
	for _, t := range s.tags {
		for _, c := range classes {
			if t.class == c {
				out = append(out, t)
			}
		}
	}
	return out
}

// sharesRole: an adjective shares the role of the one that comes after "and": "the
// Russian and American delegations".
func (s *sentence) sharesRole(k int) bool {
	if k+1 >= len(s.actors) || s.lang != "en" {
		return false
	}
	a, b := &s.actors[k], &s.actors[k+1]
	return a.thing && a.role == "" && b.role != "" && b.s == a.e+1 && s.toks[a.e].low != "'s"
}
