package reader

import (
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// speech is who says what a sentence tells, and who relays it.
type speech struct {
	said    bool
	verb    tag
	by      *actor // nil: not known as a party
	speaker *talks.Speaker
	relay   []string
}

// findSpeech reads "X said", "according to X", "A reported, citing B".
func (d *document) findSpeech(s *sentence) (sp speech) {
	verbs := s.of("say")
	for _, v := range append(verbs, s.of("according")...) {
		if s.toks[v.s].depth > 0 && !s.allQuoted() {
			continue // said within the quotation
		}
		if s.calls(v) {
			continue
		}
		if sp.said && sp.speaker != nil {
			break
		}
		var a *actor
		if v.class == "according" {
			a = s.actorAt(v.e, 3)
		} else {
			a = s.sayer(v)
		}
		sp.said, sp.verb = true, v
		if a != nil {
			sp.by = a
			sp.speaker = d.speaker(s, a)
			continue
		}
		sp.speaker = d.namelessSpeaker(s, v)
	}
	sp.relay = d.relay(s)
	if c := s.of("cite"); len(c) > 0 {
		if a := s.actorAt(c[len(c)-1].e, 4); a != nil {
			sp.said, sp.by, sp.speaker = true, a, d.speaker(s, a)
		}
	}
	return sp
}

// calls: "called on", "called for", "called off" tell no words.
func (s *sentence) calls(v tag) bool {
	if w := s.toks[v.s].low; w == "concluded" && v.e < len(s.toks) && s.toks[v.e].low != "that" && !isMark(s.toks[v.e].low) {
		return true // "concluded its meeting"
	}
	if s.toks[v.s].low == "went" && v.e < len(s.toks) && strings.HasSuffix(s.toks[v.e].low, "ing") {
		return true // "went on violating"
	}
	if w := s.toks[v.s].low; w != "called" && w != "calls" || v.e >= len(s.toks) {
		return false
	}
	switch s.toks[v.e].low {
	case "on", "for", "off", "by", "in", "to":
		return true
	}
	return false
}

// speakerAt is who says what a part of a sentence tells: the speaker of its own
// clause, if it has one, else that of the sentence.
func (d *document) speakerAt(s *sentence, at int) *talks.Speaker {
	lo, hi := s.clause(at)
	if lo == 0 && hi == len(s.toks) {
		return s.speech.speaker
	}
	for _, v := range s.of("say") {
		if v.s < lo || v.e > hi || s.calls(v) || s.toks[v.s].depth > 0 && !s.allQuoted() {
			continue
		}
		if a := s.sayer(v); a != nil && (a.s >= lo || s.carriesOn(v.s)) {
			return d.speaker(s, a)
		}
		if r := s.roleBefore(v, lo); r.phrase != nil && v.s != s.speech.verb.s {
			return &talks.Speaker{Role: s.words(r.s, r.e), Words: d.wordsOf(s, r.s, r.e), Open: "whose " + s.words(r.s, r.e) + " is not said here"}
		}
	}
	if v := s.speech.verb; s.speech.said && v.phrase != nil && v.s >= hi && v.class == "say" && (s.carriesOn(v.s) || s.opensClause(v)) {
		return nil // "X turned it down but said": the article tells the first
	}
	return s.speech.speaker
}

// opensClause: the clause of a verb of saying begins with its subject: "Kyiv agreed;
// Moscow did not, but he told Trump that": what stands before is not said by him.
func (s *sentence) opensClause(v tag) bool {
	lo, _ := s.clause(v.s)
	if lo == 0 || v.s-lo > 3 || v.e >= len(s.toks) || s.toks[v.e].punct || s.toks[lo].low == "," || isAnd(s.toks[lo].low) {
		return false
	}
	if !breaks[s.toks[lo].low] {
		return false
	}
	return lo+1 < len(s.toks) && (s.isTag("pronoun", lo+1) || s.actorAt(lo+1, 1) != nil)
}

// roleBefore is a role without a party right before a verb: "one Western diplomat
// said".
func (s *sentence) roleBefore(v tag, lo int) tag {
	for _, r := range s.of("role") {
		if r.s >= lo && r.e <= v.s && v.s-r.e <= 3 && s.actorAt(r.e, v.s-r.e) == nil {
			for b := r.s; b > lo && b > r.s-3 && !s.toks[b-1].punct && !breaks[s.toks[b-1].low]; b-- {
				r.s = b - 1
			}
			return r
		}
	}
	return tag{}
}

// unnamedBefore: "in what officials described as": whoever says it is told by a role
// alone, that belongs to no party named before.
func (s *sentence) unnamedBefore(v tag, from int) bool {
	for _, r := range s.of("role") {
		if r.e != v.s || r.s <= from {
			continue
		}
		k := r.s - 1
		for k > from && (articles[s.toks[k].low] && s.toks[k].low != "its" && s.toks[k].low != "his" && s.toks[k].low != "their" || between[s.toks[k].low]) {
			k--
		}
		switch s.toks[k].low {
		case "what", "which", "as", "some", "several", "unnamed", "анонімні", "як", "как", "що", "что":
			return true
		}
	}
	return false
}

func (s *sentence) allQuoted() bool {
	for _, t := range s.toks {
		if !t.punct && t.depth == 0 {
			return false
		}
	}
	return true
}

// sayer is the subject of a verb of saying: before it, or right after it.
func (s *sentence) sayer(v tag) *actor {
	after := 1
	if s.lang != "en" {
		after = 3
	}
	if a := s.actorAt(v.e, after); a != nil && s.toks[v.e].low != "that" && (a.s-v.e <= 1 || s.noPunct(v.e, a.s)) && !a.thing && (a.prep == "" && (s.lang != "en" || v.s > 0 && isMark(s.toks[v.s-1].low))) && !a.oblique {
		return a
	}
	for i := len(s.actors) - 1; i >= 0; i-- {
		a := &s.actors[i]
		if a.e <= v.s && s.inSeat(a, v) {
			return a
		}
		if a.e > v.s || a.thing || a.prep != "" && !(a.prep == "of" && a.name != "") || s.lang != "en" && a.oblique || s.aside(a, v.s) {
			continue
		}
		gap := v.s - a.e
		if s.asideAfter(a, v.s) {
			gap = 1
		}
		for k := a.e; k < v.s; k++ {
			if s.toks[k].punct && s.toks[k].low != "," && s.toks[k].low != "(" && s.toks[k].low != ")" && s.toks[k].low != "-" && !(s.toks[k].low == "." && s.partyAt(k)) {
				gap = 99
			}
		}
		participle := v.s > 1 && strings.HasSuffix(s.toks[v.s].low, "ing") && (s.toks[v.s-1].low == "," || s.toks[v.s-1].low == "”" && s.toks[v.s-2].low == ",")
		if participle {
			return a
		}
		if gap <= 45 && s.carriesOn(v.s) && !s.pronounBetween(a.e, v.s) && s.verbBetween(0, v.s) {
			return s.mainSubject(v.s)
		}
		if gap > 14 || s.pronounBetween(a.e, v.s) || s.verbBetween(a.e, v.s) || s.unnamedBefore(v, a.e) {
			return nil
		}
		return a
	}
	return nil
}

// aside reports whether an actor stands between commas that close before token
// end, after another actor that can be the subject: "Umerov, who heads Kyiv's
// delegation, said".
func (s *sentence) aside(a *actor, end int) bool {
	open, shut := -1, -1
	for k := a.s - 1; k >= 0; k-- {
		if s.toks[k].low == "," {
			open = k
			break
		}
	}
	for k := a.e; k < end; k++ {
		if s.toks[k].low == "," {
			shut = k
			break
		}
	}
	if open >= 0 && open+1 < len(s.toks) && isClosing(s.toks[open+1]) {
		return false // the comma ends a quotation
	}
	if open < 0 || shut < 0 || open == a.s-1 && shut == a.e {
		return false
	}
	for i := range s.actors {
		if o := &s.actors[i]; o.e <= open && !o.thing && o.prep == "" && (s.lang == "en" || !o.oblique) {
			return true
		}
	}
	for _, t := range s.of("agency", "group") {
		if t.e <= open {
			return true
		}
	}
	return false
}

// asideAfter: all that stands between an actor and its verb is such an aside.
func (s *sentence) asideAfter(a *actor, end int) bool {
	return a.e < end && s.toks[a.e].low == "," && end > 0 && s.toks[end-1].low == ","
}

func (s *sentence) noPunct(b, e int) bool {
	for _, t := range s.toks[b:e] {
		if t.punct {
			return false
		}
	}
	return true
}

func isMark(w string) bool {
	switch w {
	case ",", `"`, "”", "»", "—", "–", "-":
		return true
	}
	return false
}

// actorAt is the actor that begins within some tokens from i.
func (s *sentence) actorAt(i, within int) *actor {
	for k := range s.actors {
		if a := &s.actors[k]; a.s >= i && a.s <= i+within {
			return a
		}
	}
	return nil
}

// pronounBetween: another subject stands between.
func (s *sentence) pronounBetween(b, e int) bool {
	for _, t := range s.of("pronoun") {
		if t.s >= b && t.s < e {
			return true
		}
	}
	return false
}

// verbBetween: another verb of which the actor may be the subject.
func (s *sentence) verbBetween(b, e int) bool {
	for _, t := range s.of("say", "accept", "reject", "accuse", "deny", "order") {
		if t.s >= b && t.e <= e && !(s.toks[b].low == "," && e > 0 && s.toks[e-1].low == ",") && (t.s == 0 || s.toks[t.s-1].low != "to") && !s.relative(t.s) {
			return true
		}
	}
	return false
}

// relative reports whether a verb at i belongs to a clause with who or which.
func (s *sentence) relative(i int) bool {
	for k := i - 1; k >= 0 && k > i-8; k-- {
		switch s.toks[k].low {
		case "who", "which", "that", "який", "яка", "яке", "які", "который", "которая", "которое", "которые", "що":
			return true
		case ",", ";":
			return false
		}
	}
	return false
}

func (d *document) speaker(s *sentence, a *actor) *talks.Speaker {
	return &talks.Speaker{Party: a.party, Name: a.name, Role: a.role, Words: d.wordsOf(s, a.s, a.e)}
}

// namelessSpeaker is a speaker whose party the sentence does not name: a pronoun,
// that is resolved if the sentence before has one speaker alone, or a name or a
// role that no list has.
func (d *document) namelessSpeaker(s *sentence, v tag) *talks.Speaker {
	for k := v.s - 1; k >= 0 && k >= v.s-4; k-- {
		if s.isTag("pronoun", k) {
			return d.pronoun(s, k)
		}
	}
	if v.e < len(s.toks) && s.isTag("pronoun", v.e) && (v.e+1 >= len(s.toks) || s.toks[v.e+1].punct) {
		return d.pronoun(s, v.e)
	}
	for _, g := range s.of("group") {
		if d.onlyGroup != "" && (g.e <= v.s && v.s-g.e < 4 || g.s == v.e) {
			return &talks.Speaker{Party: d.onlyGroup, Words: d.wordsOf(s, g.s, g.e)}
		}
	}
	if b, e := s.nameNear(v); b >= 0 {
		return &talks.Speaker{Name: s.words(b, e), Words: d.wordsOf(s, b, e), Open: "no list says for whom this name speaks"}
	}
	for _, r := range s.of("role") {
		if r.e <= v.s && v.s-r.e < 4 || r.s >= v.e && r.s-v.e < 3 {
			if p := d.sameOffice(s, r); p != "" {
				return &talks.Speaker{Party: p, Role: s.words(r.s, r.e), Words: d.wordsOf(s, r.s, r.e)}
			}
			return &talks.Speaker{Role: s.words(r.s, r.e), Words: d.wordsOf(s, r.s, r.e), Open: "whose " + s.words(r.s, r.e) + " is not said here"}
		}
	}
	return nil
}

func (d *document) pronoun(s *sentence, k int) *talks.Speaker {
	w := d.wordsOf(s, k, k+1)
	if a := s.ownPronoun(k); a != nil {
		out := *d.speaker(s, a)
		out.Words = w
		return &out
	}
	if a := s.itSaid(k); a != nil {
		out := *d.speaker(s, a)
		out.Words = w
		return &out
	}
	if p := d.antecedentOf(s, s.toks[k].low); p != nil {
		out := *p
		out.Words = w
		return &out
	}
	return &talks.Speaker{Words: w, Open: "“" + w.Text + "” may be more than one"}
}

// itSaid is who "it said" means at the end of a sentence that tells before what the
// same one said, denied or rejected: its subject.
func (s *sentence) itSaid(k int) *actor {
	if !itself[s.toks[k].low] || k < 2 || s.toks[k-1].low != "," && s.toks[k-1].low != ";" && s.toks[k-1].low != "”" && s.toks[k-1].low != "—" {
		return nil
	}
	a := s.mainSubject(k)
	if a == nil || a.name != "" {
		return nil
	}
	for _, v := range s.of("say", "deny", "reject", "accuse") {
		if v.s >= a.e && v.e < k && s.actorAt(a.e, v.s-a.e-1) == nil && s.pronounNear(v, a.e) < 0 {
			return a
		}
	}
	return nil
}

var itself = wordList("it they воно вона вони там оно она они")

// antecedent is whom a pronoun means: the speaker of the sentence before, if
// that sentence names nobody else who may be meant.
func (d *document) antecedent(s *sentence) *talks.Speaker { return d.antecedentOf(s, "") }

// antecedentOf leaves out whom a pronoun cannot mean: "he" is a person that is
// named, "it" is none.
func (d *document) antecedentOf(s *sentence, pronoun string) *talks.Speaker {
	i := d.index(s)
	if i == 0 || d.sents[i-1].para < s.para-1 {
		return nil
	}
	before := &d.sents[i-1]
	if persons[pronoun] && s.lang == "en" {
		if a := before.onlySubject(); a != nil {
			return d.speaker(before, a)
		}
	}
	var one *talks.Speaker
	for k := range before.actors {
		a := &before.actors[k]
		if a.place || a.thing && !before.only(a.party) {
			continue
		}
		if a.s > 1 && relatives[before.toks[a.s-1].low] && !before.isTag("say", a.s-2) && !(before.toks[a.s-2].low == ",") {
			continue // "a truce that Trump had proposed": named in passing
		}
		if persons[pronoun] && a.name == "" || pronoun == "it" && a.name != "" {
			continue
		}
		if one != nil && (one.Party != a.party || a.name != "" && one.Name != "" && one.Name != a.name) {
			return nil
		}
		if one == nil || one.Name == "" {
			one = d.speaker(before, a)
		}
	}
	if one == nil && before.speech.speaker != nil && before.speech.speaker.Open == "" {
		one = before.speech.speaker
	}
	return one
}

var relatives = wordList("that which whom")

var persons = wordList("he she він вона он она")

// only: the sentence names no other party.
func (s *sentence) only(party string) bool {
	for _, a := range s.actors {
		if a.party != party {
			return false
		}
	}
	return true
}

func (s *sentence) isTag(class string, at int) bool {
	for _, t := range s.tags {
		if t.class == class && t.s == at {
			return true
		}
	}
	return false
}

// nameNear is a run of capital words beside a verb of saying.
func (s *sentence) nameNear(v tag) (int, int) {
	e := v.s
	b := e
	for b > 0 && s.toks[b-1].capital && !s.partyAt(b-1) && !s.isTag("agency", b-1) && !(b == 1 && stopWords[s.toks[0].low]) {
		b--
	}
	if b < e {
		return b, e
	}
	b = v.e
	e = b
	for e < len(s.toks) && s.toks[e].capital && !s.partyAt(e) && !s.isTag("agency", e) {
		e++
	}
	if b < e && v.s > 0 {
		return b, e
	}
	return -1, -1
}

// relay lists the agencies that carried what a sentence tells, nearest to the
// reader first: "A reported, citing B" is A, B; "he told B, A reported" is A, B.
func (d *document) relay(s *sentence) (out []string) {
	in := s.of("agency")
	cite := s.of("cite")
	add := func(name string) {
		for _, o := range out {
			if o == name {
				return
			}
		}
		if name != d.agency {
			out = append(out, name)
		}
	}
	if len(in) == 0 {
		return nil
	}
	ordered := in
	if len(cite) == 0 && len(in) > 1 {
		ordered = nil
		for i := len(in) - 1; i >= 0; i-- {
			ordered = append(ordered, in[i])
		}
	}
	for _, t := range ordered {
		add(t.value)
	}
	return out
}

// sameOffice is the party whose office "the ministry", "the committee" is: that of the
// one actor with such a role in the four sentences before.
func (d *document) sameOffice(s *sentence, r tag) string {
	if r.s == 0 || s.lang != "en" || !(s.toks[r.s-1].low == "the" || s.toks[r.s-1].low == "its") && r.s != 1 {
		return ""
	}
	word := s.toks[r.e-1].low
	if !offices[word] {
		return ""
	}
	i := d.index(s)
	for k := i; k >= 0 && k >= i-4; k-- {
		party := ""
		for j := range d.sents[k].actors {
			a := &d.sents[k].actors[j]
			if k == i && a.s >= r.s || !strings.Contains(fold(a.role), word) && !strings.Contains(fold(a.role), strings.ReplaceAll(word, "defence", "defense")) {
				continue
			}
			if party != "" && party != a.party {
				return ""
			}
			party = a.party
		}
		if party != "" {
			return party
		}
	}
	return ""
}

var offices = wordList("ministry committee staff office spokesman spokeswoman minister president army military administration presidency secretary")

// onlySubject is the person that a sentence is about, where all others that it names
// stand behind a preposition or in a clause within another: "he" is none of them.
func (s *sentence) onlySubject() *actor {
	one := s.mainSubject(len(s.toks))
	if one == nil || one.name == "" {
		return nil
	}
	for i := range s.actors {
		a := &s.actors[i]
		if a.s == one.s || a.party == one.party || a.name == "" || a.prep != "" || s.inRelative(a) {
			continue
		}
		return nil
	}
	return one
}
