package reader

import (
	"cmp"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// delegations makes drafts of who speaks for a party, under whom, and of what is
// said of their mandate.
func (d *document) delegations() {
	last := ""
	for i := range d.sents {
		s := &d.sents[i]
		here := ""
		d.builtDelegations(s)
		for _, h := range s.of("heads") {
			if s.describes(h) {
				continue
			}
			party, head, ok := d.head(s, h)
			if !ok {
				party, head, ok = d.headOfLast(s, h, last)
			}
			if ok {
				d.addHead(s, party, head, h)
				last, here = party, party
			}
		}
		for _, m := range s.of("members") {
			if party, ok := d.listed(s, m, cmp.Or(here, last)); ok {
				last, here = party, party
			}
		}
		for _, m := range s.of("mandate") {
			party, ok := d.mandated(s, m, last)
			if here != "" {
				party, ok = here, true
			}
			if !ok {
				continue
			}
			lo, hi := s.clause(m.s)
			w := talks.Said{Words: d.phraseWords(s, m, lo, hi), Speaker: d.speakerAt(s, m.s)}
			d.addDelegation(s, party, "", m, &w)
			if party != "" {
				last = party
			}
		}
		for _, a := range s.actors {
			if isDelegation(a.role) {
				last = a.party
			}
		}
	}
}

func isDelegation(role string) bool {
	r := fold(role)
	for _, w := range []string{"delegation", "team", "contingent", "negotiators", "делегаці", "делегаци", "команд", "груп"} {
		if strings.Contains(r, w) {
			return true
		}
	}
	return false
}

// head reads "a delegation led by X", "X, who heads the delegation".
func (d *document) head(s *sentence, h tag) (party, head string, ok bool) {
	lo, hi := s.clause(h.s)
	far := min(hi, h.e+44) // a second head may come after what the first one is
	lo, hi = max(lo, h.s-16), min(hi, h.e+18)
	side, where := d.delegationNear(s, h, lo, hi)
	if where < 0 {
		return "", "", false
	}
	for i := range s.actors { // "head of Kyiv's delegation Rustem Umerov"
		if a := &s.actors[i]; a.s == where && a.name != "" && isDelegation(a.role) && where-h.e <= 2 {
			return side, a.name, true
		}
	}
	after := s.headFollows(h, where)
	var name, whose string
	for i := range s.actors { // "with X at its head"
		if a := &s.actors[i]; a.s > h.s && a.e < h.e && a.name != "" {
			return side, a.name, true
		}
	}
	if after {
		name, whose = s.nameFrom(h.e, far)
	} else {
		name, whose = s.nameBack(h.s, lo)
		if name == "" {
			name, whose = s.nameFrom(max(h.e, where+1), hi)
		}
	}
	if name == "" {
		return "", "", false
	}
	if whose != "" { // "Ukrainian and U.S. delegations, led by Ukraine's minister X"
		side = whose
	}
	return side, name, true
}

// delegationNear is the party whose delegation is named near a tag, and where.
func (d *document) delegationNear(s *sentence, h tag, lo, hi int) (string, int) {
	best, party, gap := -1, "", 1<<30
	for i := range s.actors { // "украинскую возглавляет", after the delegation of another
		if a := &s.actors[i]; s.lang != "en" && a.thing && a.e == h.s && a.role == "" && (s.delegationIn(a.s) || d.delegationBefore(s)) {
			return a.party, a.s
		}
	}
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= lo && a.e <= hi && (isDelegation(a.role) || fold(a.role) == "side" || strings.HasPrefix(fold(a.role), "сторон")) {
			if g := min(abs(a.s-h.e), abs(a.e-h.s)); g < gap {
				best, party, gap = a.s, a.party, g
			}
		}
	}
	if best >= 0 {
		return party, best
	}
	for _, r := range s.of("role") {
		if r.value == "delegation" && r.s >= lo && r.e <= hi && abs(r.s-h.s) < gap {
			best, gap = r.s, abs(r.s-h.s)
		}
	}
	for i := range s.actors { // "Kyiv's, under X", after the delegation of another
		if a := &s.actors[i]; best < 0 && a.thing && a.s >= lo && a.e+1 < hi && s.toks[a.e].low == "'s" && s.toks[a.e+1].low == "," && d.delegationBefore(s) {
			return a.party, a.s
		}
	}
	if best < 0 && strings.Contains(s.words(h.s, h.e), "represent") || best < 0 && (strings.HasPrefix(s.toks[h.s].low, "представ")) {
		if a := s.represented(h, lo, hi); a != nil { // "Russia is represented by X"
			return a.party, a.s
		}
	}
	for i := range s.actors { // "the Russian one, led by X", after the delegation of another
		a := &s.actors[i]
		if best < 0 && a.thing && a.e <= h.s && a.e < len(s.toks) && (s.toks[a.e].low == "one" || s.lang != "en" && a.e == h.s) && a.s >= lo && (d.delegationBefore(s) || s.delegationIn(a.s)) {
			return a.party, a.s
		}
	}
	for i := range s.actors { // "the Russians, led by X"
		a := &s.actors[i]
		if best < 0 && people[s.toks[a.e-1].low] && a.e <= h.s && h.s-a.e <= 3 && a.s >= lo {
			return a.party, a.s
		}
	}
	if best < 0 {
		return "", -1
	}
	for i := range s.actors { // "the delegation of Ukraine", "делегація України"
		a := &s.actors[i]
		if a.s > best && a.s-best <= 3 && a.name == "" && (a.prep == "of" || a.prep == "from" || s.lang != "en") {
			return a.party, best
		}
	}
	return "", best
}

var people = wordList("russians ukrainians americans росіяни українці американці россияне украинцы американцы")

// represented is the party that stands as the subject of "is represented by".
func (s *sentence) represented(h tag, lo, hi int) *actor {
	for i := len(s.actors) - 1; i >= 0; i-- {
		a := &s.actors[i]
		if a.s < lo || a.e > hi || a.name != "" || a.place {
			continue
		}
		if a.e <= h.s && h.s-a.e <= 5 {
			return a
		}
	}
	return nil
}

// delegationIn: the sentence speaks of a delegation before token k.
func (s *sentence) delegationIn(k int) bool {
	for i := range s.actors {
		if a := &s.actors[i]; a.e <= k && isDelegation(a.role) {
			return true
		}
	}
	return s.delegationHere(tag{s: k})
}

// headFollows: the name comes after the tag: "led by", "на чолі з", "делегацію
// очолює X".
func (s *sentence) headFollows(h tag, where int) bool {
	last := s.toks[h.e-1].low
	if s.toks[h.s].low == "fronts" {
		return false
	}
	switch last {
	case "by", "under", "з", "с", "чолі", "главе", "керівництвом", "руководством":
		return true
	case "of", "очільник":
		return false
	}
	return where < h.s && s.lang != "en"
}

// nameFrom is the first name after a token, with the party it belongs to, and a
// second one that is joined to it: "led by X, a senator, and Y".
func (s *sentence) nameFrom(b, hi int) (string, string) {
	for i := range s.actors {
		a := &s.actors[i]
		if (a.s >= b || a.s >= b-2 && a.e > b) && a.e <= hi && a.name != "" && (a.s-b <= 6 || s.lang != "en" && a.s-b <= 10) {
			return s.withSecond(a.name, a.party, a.e, hi), a.party
		}
	}
	at, e := s.run(b, hi, 8)
	if at < 0 {
		return "", ""
	}
	return s.withSecond(s.words(at, e), "", e, hi), ""
}

// withSecond adds a second head that "and" joins to a first: somebody of the same
// party, or a name that no list has, with what he or she is between commas.
func (s *sentence) withSecond(name, party string, from, hi int) string {
	for k := from; k < hi && k < from+32; k++ {
		if !isAnd(s.toks[k].low) && !(s.toks[k].low == "with" && s.toks[k-1].low == "along") {
			if s.isTag("say", k) || s.toks[k].low == ";" {
				return name
			}
			continue
		}
		b := k + 1
		for b < hi && (articles[s.toks[b].low] || between[s.toks[b].low]) {
			b++
		}
		for i := range s.actors {
			o := &s.actors[i]
			if o.s >= k+1 && o.s <= b+2 && !s.includes(k+1, o.s) && o.e <= hi && o.name != "" && (party == "" || o.party == party) && (o.prep == "" || o.prep == "with") && !isDelegation(o.role) {
				return name + ", " + o.name
			}
		}
		if party == "" || s.toks[k-1].low == "," {
			if at, e := s.run(k+1, hi, 3); at >= 0 && s.endsName(e) {
				return name + ", " + s.words(at, e)
			}
		}
	}
	return name
}

// endsName: what follows a run of capital words fits a name, not a title.
func (s *sentence) endsName(e int) bool {
	if e >= len(s.toks) {
		return true
	}
	w := s.toks[e].low
	return w == "," || isEnd(w) || w == "of"
}

// run is where a run of two or more capital words that no list knows begins and
// ends, or -1.
func (s *sentence) run(b, hi, within int) (int, int) {
	for k := b; k < hi && k <= b+within; k++ {
		if !s.toks[k].capital || s.partyAt(k) || s.months(k) {
			continue
		}
		e := k
		for e < hi && (s.toks[e].capital || s.toks[e].low == "-") && !s.partyAt(e) && !s.months(e) {
			e++
		}
		if e-k >= 2 && !s.isTag("agency", k) && !s.isTag("role", k) {
			return k, e
		}
		k = e
	}
	return -1, -1
}

func (s *sentence) nameBack(e, lo int) (string, string) {
	for i := len(s.actors) - 1; i >= 0; i-- {
		a := &s.actors[i]
		if a.e <= e && a.s >= lo && a.name != "" && e-a.e <= 12 {
			if i > 0 {
				if o := &s.actors[i-1]; o.name != "" && o.party == a.party && a.s-o.e <= 2 && s.and(o.e, a.s) {
					return o.name + ", " + a.name, a.party
				}
			}
			return a.name, a.party
		}
	}
	for k := e - 1; k >= lo && k >= e-10; k-- {
		if !s.toks[k].capital || s.partyAt(k) || s.months(k) || s.isTag("role", k) {
			continue
		}
		b := k
		for b > lo && s.toks[b-1].capital && !s.partyAt(b-1) {
			b--
		}
		if k-b >= 1 {
			return s.words(b, k+1), ""
		}
	}
	return "", ""
}

// mandated is the party whose delegation or talks a word of a mandate is about.
func (d *document) mandated(s *sentence, m tag, last string) (string, bool) {
	lo, hi := s.clause(m.s)
	about := ""
	found := false
	for i := range s.actors {
		a := &s.actors[i]
		if a.s >= lo && a.e <= hi && (isDelegation(a.role) || a.name != "" && s.isTag("heads", a.e) || d.hasDelegation(a.party) && (fold(a.role) == "side" || people[s.toks[a.e-1].low])) {
			about, found = a.party, true
		}
	}
	if s.ofTalks(m, lo, hi) {
		return "", false
	}
	for _, r := range s.of("role") {
		if r.value == "envoy" && r.s > m.e+1 {
			continue // "technical people - officers and experts"
		}
		if (r.value == "delegation" || r.value == "envoy" && s.lang == "en") && r.s >= lo && r.e <= hi {
			found = true
			if p := s.envoysOf(r); p != "" && about == "" {
				about = p // "Moscow's envoys"
			}
			if about != "" {
				continue
			}
			if about = s.ourTeam(r, last); s.pluralTeam(r) {
				return "", false // the teams of all
			}
		}
	}
	if !found && m.s < len(s.toks) && (s.toks[m.s].low != "technical" || s.ofPeople(m) || s.whoseBefore(m)) {
		p := s.pronounNear(tag{s: m.s}, lo)
		for _, o := range s.of("pronoun") {
			if p < 0 && o.s >= lo && o.e <= m.s && m.s-o.e <= 9 {
				p = o.s
			}
		}
		for k := lo; k < m.s && p < 0; k++ {
			if whose[s.toks[k].low] && m.s-k <= 9 {
				p = k // "its make-up was technical"
			}
		}
		if p >= 0 && last != "" && (d.delegationBefore(s) || s.delegationHere(m)) {
			return last, true
		}
	}
	if !found && last != "" && them[s.toks[0].low] && d.toldBefore(s, last) {
		return last, true // "Neither has the power to sign"
	}
	if sp := d.speakerAt(s, m.s); !found && last != "" && sp != nil && sp.Party == last && (strings.HasPrefix(m.phrase.words[0], "tech") || strings.HasPrefix(m.phrase.words[0], "техн")) {
		return last, true // a meeting that its side calls technical
	}
	return about, found
}

var them = wordList("neither both they none жоден обидва вони ни оба они ніхто никто")

// toldBefore: the sentence before tells of a party's delegation.
func (d *document) toldBefore(s *sentence, party string) bool {
	i := d.index(s)
	x := d.delegationOf(party)
	return i > 0 && x != nil && toldIn(x, &d.sents[i-1])
}

// envoysOf is the one party whose envoys or team a role is told to be.
func (s *sentence) envoysOf(r tag) string {
	for i := range s.actors {
		a := &s.actors[i]
		own := a.s <= r.s && r.e <= a.e || a.thing && a.e <= r.s && r.s-a.e <= 1 && s.noMark(a.e, r.s)
		if own && a.name == "" && !(i > 0 && s.and(s.actors[i-1].e, a.s)) {
			return a.party
		}
	}
	return ""
}

// ofTalks: "technical discussions" of delegations of two parties says what the talks are.
func (s *sentence) ofTalks(m tag, lo, hi int) bool {
	if m.e >= len(s.toks) || !s.isTag("meet", m.e) {
		return false
	}
	party := ""
	for _, a := range s.actors {
		if a.s < lo || a.e > hi || a.place {
			continue
		}
		if party != "" && a.party != party {
			return true
		}
		party = a.party
	}
	return false
}

// hasDelegation: the text has told of a delegation of a party.
func (d *document) hasDelegation(party string) bool {
	for i := range d.drafts {
		if x := &d.drafts[i]; x.Kind == talks.Delegation && x.Party == party {
			return true
		}
	}
	return false
}

// ofPeople: "technical people": who they are, not what a meeting is.
func (s *sentence) ofPeople(m tag) bool {
	switch s.toks[min(m.e, len(s.toks)-1)].low {
	case "people", "experts", "specialists", "staff", "officials", "figures":
		return true
	}
	return m.e-m.s > 1 && s.toks[m.e-1].low != "nature" && s.toks[m.e-1].low != "level"
}

var whose = wordList("its their her його її їхній їхня їхній его ее их")

func (s *sentence) whoseBefore(m tag) bool {
	for k := max(0, m.s-9); k < m.s; k++ {
		if whose[s.toks[k].low] {
			return true
		}
	}
	return false
}

// delegationHere: the sentence speaks of a delegation before this place.
func (s *sentence) delegationHere(m tag) bool {
	for _, r := range s.of("role") {
		if r.value == "delegation" && r.e <= m.s {
			return true
		}
	}
	return false
}

// delegationBefore: the sentence before speaks of a delegation.
func (d *document) delegationBefore(s *sentence) bool {
	i := d.index(s)
	if i == 0 {
		return false
	}
	for _, r := range d.sents[i-1].of("role") {
		if r.value == "delegation" || fold(d.sents[i-1].words(r.s, r.e)) == "side" {
			return true
		}
	}
	return false
}

func (s *sentence) pluralTeam(r tag) bool {
	switch s.toks[r.e-1].low {
	case "teams", "delegations", "negotiators", "envoys", "experts", "делегації", "делегации", "команди", "команды", "групи", "группы":
		return true
	}
	return false
}

// ourTeam: "our team" is the speaker's; "the team" is the one named last.
func (s *sentence) ourTeam(r tag, last string) string {
	for k := r.s - 1; k >= 0 && k >= r.s-4; k-- {
		switch s.toks[k].low {
		case "our", "наша", "нашої", "нашу", "наш", "нашей", "its", "his", "їхня", "его", "його", "свою":
			if s.speech.speaker != nil {
				return s.speech.speaker.Party
			}
			return ""
		}
	}
	return last
}

// phraseWords are the words round a tag that stand between marks.
func (d *document) phraseWords(s *sentence, t tag, lo, hi int) talks.Words {
	b, e := t.s, t.e
	for b > lo && !s.toks[b-1].punct {
		b--
	}
	for e < hi && (!s.toks[e].punct || s.toks[e].low == "-" || s.toks[e].low == "'s") {
		e++
	}
	return d.wordsOf(s, b, e)
}

// addDelegation adds what is said of a delegation to its draft.
func (d *document) addDelegation(s *sentence, party, head string, at tag, said *talks.Said) {
	for i := range d.drafts {
		o := &d.drafts[i]
		if o.Kind != talks.Delegation || o.Party != party || party == "" && o.Head != head && head != "" || head != "" && o.Head != "" && !sameName(o.Head, head) {
			continue
		}
		if head != "" { // now it is told
			o.Open = slices.DeleteFunc(o.Open, func(x string) bool { return x == whoHeads || x == onlyRepresents })
		}
		if len(head) > len(o.Head) {
			o.Head = head
		}
		if said != nil && !overlaps(o.Mandate, said) {
			o.Mandate = append(o.Mandate, *said)
		}
		if o.Words[len(o.Words)-1].Start != s.b {
			o.Words = append(o.Words, d.wordsOf(s, 0, len(s.toks)))
		}
		return
	}
	out := d.draft(talks.Delegation, s, 0, len(s.toks))
	out.Party, out.Head = party, head
	if said != nil {
		out.Mandate = append(out.Mandate, *said)
	}
	if party == "" {
		out.Open = append(out.Open, "whose delegation is not told")
	}
	d.drafts = append(d.drafts, out)
}

// overlaps: the same words have been taken in.
func overlaps(list []talks.Said, x *talks.Said) bool {
	for _, m := range list {
		if m.Start < x.End && x.Start < m.End {
			return true
		}
	}
	return false
}

// sameName: one name holds the other: "Umerov", "Rustem Umerov".
func sameName(a, b string) bool {
	a, b = fold(a), fold(b)
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return true
	}
	x, y := strings.Fields(a), strings.Fields(b)
	return len(x) > 0 && len(y) > 0 && len(key4(x[len(x)-1])) > 3 && key4(x[len(x)-1]) == key4(y[len(y)-1])
}

// key4 is the first eight bytes of a name, so that cases of the grammar agree.
func key4(s string) string { return s[:min(len(s), 8)] }

// includes: what follows "and" are members, not heads: "and include X".
func (s *sentence) includes(b, e int) bool {
	for _, t := range s.toks[b:e] {
		if strings.HasPrefix(t.low, "includ") || strings.HasPrefix(t.low, "compris") {
			return true
		}
	}
	return false
}
