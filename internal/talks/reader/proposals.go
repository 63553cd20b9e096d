package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// mention is a proposal as a sentence speaks of it.
type mention struct {
	in    *sentence
	s, e  int
	scope string // blanket, energy, maritime, air, truce, exchange, other
	days  int
}

// specific are scopes that tell one proposal from another.
func specific(scope string) bool {
	return scope == "blanket" || scope == "energy" || scope == "maritime" || scope == "air"
}

// mentions are the proposals that a sentence speaks of.
func (s *sentence) mentions() []mention {
	if s.speaksOf == nil {
		s.speaksOf = append([]mention{}, s.findMentions()...)
	}
	return s.speaksOf
}

func (s *sentence) findMentions() (out []mention) {
	until := 0
	for _, t := range s.of("proposal", "halt") {
		if t.s < until || t.value == "other" && s.offering(t) {
			continue
		}
		m := mention{in: s, s: t.s, e: t.e, scope: t.value}
		if t.class == "halt" {
			if m.scope = s.halts(&m); m.scope == "" {
				if m.scope = s.halted(&m); m.scope == "" {
					continue
				}
			}
		}
		if m.scope == "truce" || m.scope == "blanket" || m.scope == "limited" {
			s.narrow(&m)
		}
		m.days = s.duration(m)
		until = m.e
		if n := len(out) - 1; n >= 0 && out[n].scope == "other" && m.scope != "other" && m.s-out[n].e <= 9 && s.noMark(out[n].e, m.s) {
			m.s = out[n].s
			out[n] = m // "a proposal for a truce" is one
			continue
		}
		if n := len(out) - 1; n >= 0 && m.scope == "other" && out[n].scope != "other" && m.s == out[n].e {
			out[n].e = m.e // "a ceasefire proposal"
			continue
		}
		out = append(out, m)
	}
	return out
}

// halts reads "halt of strikes on energy": what a word of stopping stops.
func (s *sentence) halts(m *mention) string {
	strikes := false
	for k := m.e; k < len(s.toks) && (k <= m.e+10 || strikes && k <= m.e+18); k++ {
		if s.toks[k].punct && s.toks[k].low != "-" && s.toks[k].low != "'s" {
			return ""
		}
		if s.isTag("strikes", k) || k == m.e && s.toks[m.s].low == "ceasefire" {
			strikes = true
		}
		for _, c := range [][2]string{{"energyword", "energy"}, {"seaword", "maritime"}} {
			if s.isTag(c[0], k) && (strikes || k-m.e <= 4) {
				m.e = k + 1
				return c[1]
			}
		}
		if breaks[s.toks[k].low] {
			return ""
		}
	}
	return ""
}

// halted reads "strikes on power plants are to be suspended".
func (s *sentence) halted(m *mention) string {
	if !s.passiveEnglish(tag{s: m.s, e: m.e}) && !s.toStop(m.s) {
		return ""
	}
	scope := ""
	for k := m.s - 1; k >= 0 && k >= m.s-14 && !breaks[s.toks[k].low]; k-- {
		switch {
		case s.isTag("energyword", k):
			scope = "energy"
		case s.isTag("seaword", k):
			scope = "maritime"
		case s.isTag("strikes", k) && scope != "":
			m.s = k
			return scope
		}
	}
	return ""
}

// narrow tells by words nearby whether a truce is one of everything, or of
// strikes on energy, or at sea.
func (s *sentence) narrow(m *mention) {
	for _, t := range s.tags {
		before, after := t.e <= m.s && (m.s-t.e <= 4 || t.class == "wide" && m.s-t.e <= 8 && s.oneNoun(t.e, m.s)) && s.noMark(t.e, m.s), t.s >= m.e && t.s-m.e <= 5 && s.noMark(m.e, t.s)
		switch {
		case t.class == "energyword" && (before && m.s-t.e <= 2 || after):
			m.scope, m.e = "energy", max(m.e, t.e)
			return
		case t.class == "seaword" && (before && m.s-t.e <= 2 || after):
			m.scope, m.e = "maritime", max(m.e, t.e)
			return
		case m.scope != "limited" && t.class == "wide" && (before || after && t.s-m.e <= 2):
			m.scope = "blanket"
		}
	}
}

// noMark: nothing but words, commas between adjectives and hyphens stand between.
func (s *sentence) noMark(b, e int) bool {
	for _, t := range s.toks[b:max(b, e)] {
		if t.punct && t.low != "-" && t.low != "," {
			return false
		}
	}
	return true
}

var dayWords = map[string]int{"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30, "дней": 1, "дня": 1, "суток": 1, "днів": 1, "дні": 1, "діб": 1, "денне": 1, "денного": 1, "денний": 1, "денну": 1,
	"дневное": 1, "дневного": 1, "дневный": 1, "дневную": 1, "дневному": 1, "денному": 1, "денної": 1, "дневной": 1, "дневным": 1, "денним": 1, "денна": 1, "дневная": 1, "дневном": 1}

var dayStems = map[string]int{"тридцятиденн": 30, "тридцатидневн": 30, "місячн": 30, "месячн": 30, "тижнев": 7, "недельн": 7}

// duration is how many days a proposal lasts, by a number near it; 0 if none is
// told. A month counts 30 where it is called a month long.
func (s *sentence) duration(m mention) int {
	from := max(0, m.s-7)
	for k := m.s - 1; k > from; k-- {
		if breaks[s.toks[k].low] {
			from = k
		}
	}
	for k := from; k < len(s.toks) && k < m.e+9; k++ {
		for stem, n := range dayStems {
			if fits(stem+"*", s.toks[k].low) {
				return n
			}
		}
		unit, ok := dayWords[s.toks[k].low]
		if !ok || k == 0 {
			continue
		}
		if k > m.e && breaks[s.toks[k].low] {
			break
		}
		if s.toks[k].low == "month" && k > 1 && s.toks[k-1].low == "-" && (s.toks[k-2].low == "one" || s.toks[k-2].text == "1") {
			return 30
		}
		if s.toks[k].low == "month" {
			if k+2 < len(s.toks) && s.toks[k+1].low == "-" && s.toks[k+2].low == "long" || s.toks[k-1].low == "a" && k > 1 && s.toks[k-2].low == "for" {
				return 30
			}
			continue
		}
		i := k - 1
		if s.toks[i].low == "-" && i > 0 {
			i--
		}
		if n, ok := s.number(i); ok && n*unit <= 1000 && !s.pastCount(k) {
			return n * unit
		}
	}
	return 0
}

// pastCount: "four days ago", "three days of talks" are no duration of a truce.
func (s *sentence) pastCount(k int) bool {
	if k+1 >= len(s.toks) {
		return false
	}
	switch s.toks[k+1].low {
	case "ago", "earlier", "later", "of", "назад", "тому":
		return s.toks[k+1].low != "of" || k+2 < len(s.toks) && s.toks[k+2].low != "calm" && s.toks[k+2].low != "silence"
	}
	return false
}

// proposals makes a draft of each proposal that is told apart: by what it stops,
// by its length, by who made it.
func (d *document) proposals() {
	for i := range d.sents {
		s := &d.sents[i]
		for _, m := range s.mentions() {
			if m.scope == "exchange" || m.scope == "limited" {
				continue
			}
			by := d.proposer(s, m)
			if !specific(m.scope) && m.days == 0 && (by == "" || m.scope == "other" && !s.tabled(m)) {
				continue
			}
			d.addProposal(s, m, by)
		}
	}
}

// tabled: a single thing that somebody is said to have made.
func (s *sentence) tabled(m mention) bool {
	w := s.toks[m.e-1].low
	if w == "proposals" || w == "plans" {
		return false
	}
	for _, t := range s.of("propose") {
		if (t.e <= m.s || t.s >= m.e) && abs(t.s-m.s) <= 8 && s.proposes(t, m) {
			return true
		}
	}
	return false
}

var offers = wordList("plan proposal offer initiative roadmap")

// near: a word of a class in the clause of a mention.
func (s *sentence) near(class string, m mention) bool {
	lo, hi := s.clause(m.s)
	for _, t := range s.of(class) {
		if t.s >= lo && t.e <= hi && (t.e <= m.s || t.s >= m.e) {
			return true
		}
	}
	return false
}

// proposer is who made a proposal: "proposed by Washington", "a US proposal",
// "Washington proposed".
func (d *document) proposer(s *sentence, m mention) string {
	lo, hi := s.clause(m.s)
	for _, t := range s.of("propose") {
		if t.s < lo || t.s >= hi || abs(t.s-m.s) > 18 {
			continue
		}
		if not, _ := s.negatedAt(t.s); not {
			continue
		}
		if !s.proposes(t, m) {
			continue
		}
		if x := d.proposing(s, t); x != "" {
			return x
		}
	}
	for _, a := range s.actors { // whose proposal
		if m.scope == "energy" && a.e != m.s {
			continue // whose energy, not whose proposal
		}
		if a.thing && a.e <= m.s && m.s-a.e <= 4 && s.noMark(a.e, m.s) || a.e == m.s && a.role == "" && a.name == "" && s.lang == "en" && offers[s.toks[m.s].low] {
			return a.party
		}
	}
	return ""
}

// proposes: the mention stands where the thing proposed does: after the verb, or
// before a passive one.
func (s *sentence) proposes(t tag, m mention) bool {
	if t.s >= m.s && t.e <= m.e {
		return true
	}
	if s.lang != "en" || s.toks[t.s].low == "proposal" || s.toks[t.s].low == "offer" {
		return true
	}
	if s.passiveEnglish(t) || s.byRightAfter(t) {
		return m.e <= t.s
	}
	return m.s >= t.e || s.relative(t.s)
}

func (d *document) proposing(s *sentence, t tag) string {
	switch s.toks[t.s].low {
	case "proposal", "brokered", "offer":
		for _, a := range s.actors {
			if a.e <= t.s && (t.s-a.e <= 3 && a.thing || a.e == t.s && a.role == "") {
				return a.party
			}
			if a.s >= t.e && a.s-t.e <= 2 && (a.prep == "by" || a.prep == "from") {
				return a.party
			}
		}
		return ""
	}
	if a := s.agent(t); a != nil {
		return a.party
	}
	if s.lang != "en" { // "яке запропонували США", "предложенное США"
		if a := s.actorAt(t.e, 0); a != nil && a.prep == "" && !a.thing {
			return a.party
		}
	}
	if s.toks[t.s].low == "proposed" && t.s > 0 && (prepositions[s.toks[t.s-1].low] || articles[s.toks[t.s-1].low]) {
		return "" // "a proposed truce"
	}
	for _, a := range s.actors { // US-proposed
		if a.e == t.s-1 && s.toks[a.e].low == "-" {
			return a.party
		}
		if a.e == t.s && a.thing && s.toks[t.s].low != "proposal" && s.lang == "en" {
			return a.party
		}
	}
	lo, _ := s.clause(t.s)
	if a := s.before(t, lo); a != nil && t.s-a.e <= 8 && !s.verbBetween(a.e, t.s) {
		return a.party
	}
	if p := s.pronounNear(t, lo); p >= 0 {
		return d.whom(s, p, nil).party
	}
	return ""
}

// addProposal adds a draft or joins it to one of the same scope, length and
// author, as far as both tell.
func (d *document) addProposal(s *sentence, m mention, by string) int {
	lo, hi := s.clause(m.s)
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind != talks.Proposal || x.Scope != m.scope || x.Days != 0 && m.days != 0 && x.Days != m.days || x.Party != "" && by != "" && x.Party != by && !specific(m.scope) {
			continue
		}
		if x.Days == 0 {
			x.Days = m.days
		}
		if x.Party == "" {
			x.Party = by
		} else if by != "" && by != x.Party {
			note := "also said to be proposed by " + by
			if !slices.Contains(x.Open, note) {
				x.Open = append(x.Open, note)
			}
		}
		if w := d.wordsOf(s, lo, hi); len(x.Words) < 8 && !slices.ContainsFunc(x.Words, func(o talks.Words) bool { return o.Start == w.Start }) {
			x.Words = append(x.Words, w)
		}
		return i
	}
	out := d.draft(talks.Proposal, s, lo, hi)
	out.Scope, out.Days, out.Party = m.scope, m.days, by
	if by != "" && s.near("propose", m) {
		d.date(&out, s, m.s, false)
	}
	out.ID = "p" + itoa(len(d.drafts))
	d.drafts = append(d.drafts, out)
	return len(d.drafts) - 1
}

// proposalAt is the draft that a mention belongs to, or "" where it may be more
// than one.
func (d *document) proposalAt(m mention) (id, scope string) {
	s := m.in
	if m.scope == "limited" {
		return d.onlyLimited(s)
	}
	if m.scope == "other" || m.scope == "truce" {
		found := -1
		for i := range d.drafts {
			x := &d.drafts[i]
			if x.Kind != talks.Proposal || m.days != 0 && x.Days != 0 && x.Days != m.days {
				continue
			}
			if m.scope == "truce" && x.Scope == "other" || x.Words[0].Start > s.e {
				continue
			}
			if m.scope == "truce" && x.Scope == "truce" && (m.days == 0 || m.days == x.Days) {
				return x.ID, x.Scope
			}
			if found >= 0 {
				return "", m.scope
			}
			found = i
		}
		if found >= 0 {
			return d.drafts[found].ID, d.drafts[found].Scope
		}
		return "", m.scope
	}
	i := d.addProposal(s, m, "")
	return d.drafts[i].ID, d.drafts[i].Scope
}

// onlyLimited is the one proposal told so far that stops a part of the fighting.
func (d *document) onlyLimited(s *sentence) (id, scope string) {
	accepted := map[string]bool{}
	for i := range d.drafts {
		if x := &d.drafts[i]; x.Kind == talks.Position && strings.HasPrefix(x.Stance, "accepts") {
			accepted[x.Proposal] = true
		}
	}
	many := false
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind != talks.Proposal || !specific(x.Scope) || x.Scope == "blanket" || x.Words[0].Start > s.e {
			continue
		}
		if id != "" && accepted[id] == accepted[x.ID] {
			many = true
		}
		if id == "" || accepted[x.ID] && !accepted[id] {
			id, scope, many = x.ID, x.Scope, false // the one that somebody has agreed to
		}
	}
	if many {
		return "", "limited"
	}
	if id == "" {
		scope = "limited"
	}
	return id, scope
}

func itoa(n int) string {
	out := ""
	for ; n > 0 || out == ""; n /= 10 {
		out = string(rune('0'+n%10)) + out
	}
	return out
}

// offering: "offer" is a verb here: "did, however, offer to pause".
func (s *sentence) offering(t tag) bool {
	if s.toks[t.s].low != "offer" || t.e-t.s > 1 {
		return false
	}
	for k := t.s - 1; k >= 0 && k >= t.s-4; k-- {
		switch w := s.toks[k].low; {
		case w == "did", w == "does", w == "will", w == "would", w == "to":
			return true
		case w != "," && !asides[w]:
			return false
		}
	}
	return false
}

// toStop: "strikes should stop", "attacks would cease": what a modal says of them.
func (s *sentence) toStop(k int) bool {
	switch s.toks[k].low {
	case "stop", "cease", "end", "halt", "pause":
	default:
		return false
	}
	for j := k - 1; j >= 0 && j >= k-2; j-- {
		switch s.toks[j].low {
		case "should", "would", "will", "must", "shall":
			return true
		}
	}
	return false
}

// oneNoun: only words that belong to one noun stand between: "broader US-backed 30-day
// ceasefire".
func (s *sentence) oneNoun(b, e int) bool {
	for _, t := range s.toks[b:e] {
		if prepositions[t.low] || auxiliary[t.low] || isAnd(t.low) || t.low == "that" || t.low == "to" {
			return false
		}
	}
	return true
}
