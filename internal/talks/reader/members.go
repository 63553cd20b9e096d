package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// What is open where a text names people of a delegation.
const (
	whoHeads       = "which of those named heads it is not said"
	onlyRepresents = "told as who represents it, not as its head"
	whoLeads       = "who heads it is not said"
)

// addHead adds whom a text tells to head a delegation. Two who "represent" a party are
// members: the words do not say that either heads anything.
func (d *document) addHead(s *sentence, party, head string, h tag) {
	if !represents(s.words(h.s, h.e)) {
		d.addDelegation(s, party, head, h, nil)
		return
	}
	names := strings.Split(head, ", ")
	if list := s.nameList(h.e, party); len(list) > len(names) {
		names = list
	}
	if len(names) > 1 {
		d.addMembers(s, party, names, h, whoHeads)
		return
	}
	if x := d.delegationOf(party); x != nil && (x.Head != "" && !sameName(x.Head, head) || len(x.Members) > 0) {
		d.addMembers(s, party, names, h, "")
		return
	}
	told := d.delegationOf(party) != nil && d.delegationOf(party).Head != ""
	d.addDelegation(s, party, head, h, nil)
	if x := d.delegationOf(party); x != nil && !told && !slices.Contains(x.Open, onlyRepresents) {
		x.Open = append(x.Open, onlyRepresents)
	}
}

// describes: "Russia is represented by X, head of a committee": what somebody is else.
func (s *sentence) describes(h tag) bool {
	switch s.toks[h.s].low {
	case "глава", "голова", "главой", "главою", "руководитель", "керівник", "очільник", "head", "leader", "chief", "chairs":
	default:
		return false
	}
	for _, r := range s.of("heads") {
		if r.s < h.s && represents(s.words(r.s, r.e)) {
			return true
		}
	}
	return false
}

func represents(words string) bool {
	words = fold(words)
	return strings.Contains(words, "represent") || strings.HasPrefix(words, "представ")
}

// delegationOf is the draft of a party's delegation, or nil.
func (d *document) delegationOf(party string) *talks.Draft {
	for i := range d.drafts {
		if x := &d.drafts[i]; x.Kind == talks.Delegation && x.Party == party && party != "" {
			return x
		}
	}
	return nil
}

// addMembers adds people who are named as of a delegation.
func (d *document) addMembers(s *sentence, party string, names []string, at tag, open string) {
	if d.delegationOf(party) == nil {
		d.addDelegation(s, party, "", at, nil)
	}
	x := d.delegationOf(party)
	if x == nil {
		return
	}
	if x.Words[len(x.Words)-1].Start != s.b {
		x.Words = append(x.Words, d.wordsOf(s, 0, len(s.toks)))
	}
	for _, n := range names {
		known := func(m string) bool { return sameName(m, n) }
		if n != "" && !slices.ContainsFunc(x.Members, known) && !(x.Head != "" && slices.ContainsFunc(strings.Split(x.Head, ", "), known)) {
			x.Members = append(x.Members, n)
		}
	}
	if open != "" && x.Head == "" && !slices.Contains(x.Open, open) {
		x.Open = append(x.Open, open)
	}
}

// listed reads who is of a delegation: "the delegation includes X and Y", "led by X,
// accompanied by Y", "до складу делегації входять X та Y".
func (d *document) listed(s *sentence, m tag, last string) (string, bool) {
	party, ok := "", false
	if m.value == "with" { // beside a head that the sentence or the one before tells
		if x := d.delegationOf(last); x == nil || x.Words[len(x.Words)-1].Start != s.b || x.Head == "" {
			return "", false
		}
		party, ok = last, true
	} else {
		party, ok = d.whoseList(s, m, last)
	}
	if !ok || party == "" {
		return "", false
	}
	names := s.nameList(m.e, party)
	if len(names) == 0 {
		return "", false
	}
	d.addMembers(s, party, names, m, whoLeads)
	return party, true
}

// whoseList is the party whose delegation a list of names is of: one named beside the
// words, "it" for the delegation told right before, or one's own team.
func (d *document) whoseList(s *sentence, m tag, last string) (string, bool) {
	lo, hi := s.clause(m.s)
	for i := len(s.actors) - 1; i >= 0; i-- {
		a := &s.actors[i]
		if a.s >= lo && a.e <= min(hi, m.e+8) && isDelegation(a.role) && m.s-a.e <= 8 && a.name == "" {
			return a.party, true
		}
	}
	for _, r := range s.of("role") { // "the White House's delegation", "the team from Kyiv"
		if r.value != "delegation" || r.s < lo || r.e > hi || abs(r.e-m.s) > 8 && abs(r.s-m.e) > 4 {
			continue
		}
		for i := range s.actors {
			a := &s.actors[i]
			if a.name == "" && (a.e <= r.s && r.s-a.e <= 3 || a.s >= r.e && a.s-r.e <= 2 && (a.prep == "of" || a.prep == "from" || s.lang != "en")) {
				return a.party, true
			}
		}
		return last, last != ""
	}
	if p := s.delegationPronoun(m, lo); p >= 0 && d.delegationBefore(s) {
		return last, last != ""
	}
	return "", false
}

// delegationPronoun is a pronoun near words of a head or of members: "it is led by",
// "її очолює", "among its members are".
func (s *sentence) delegationPronoun(t tag, lo int) int {
	for k := lo; k < len(s.toks) && k <= t.e+2; k++ {
		if t.s-k > 6 {
			continue
		}
		switch s.toks[k].low {
		case "it", "its", "them", "they", "їх", "її", "нею", "вона", "ее", "её", "она", "ней", "неї", "их":
			return k
		}
	}
	return -1
}

// headOfLast reads the head of the delegation that the sentence before speaks of: "It is
// led by X", "The group is headed by X", "Ее возглавляет X".
func (d *document) headOfLast(s *sentence, h tag, last string) (party, head string, ok bool) {
	lo, hi := s.clause(h.s)
	if last == "" || !d.delegationBefore(s) || represents(s.words(h.s, h.e)) {
		return "", "", false
	}
	w := s.toks[h.s].low
	if s.delegationPronoun(h, lo) < 0 || s.lang == "en" && s.toks[h.e-1].low != "by" && w != "fronts" {
		return "", "", false
	}
	if s.lang != "en" && !strings.HasPrefix(w, "очол") && !strings.HasPrefix(w, "возглав") && !strings.HasPrefix(w, "керу") && !strings.HasPrefix(w, "руковод") {
		return "", "", false
	}
	name, whose := s.nameFrom(h.e, min(hi, h.e+44))
	if name == "" || whose != "" && whose != last {
		return "", "", false
	}
	return last, name, true
}

// nameList are the names that stand in a list from token b on, each with what he or she
// is before or after it: those of the party, and those that no list has.
func (s *sentence) nameList(b int, party string) (out []string) {
	hi := len(s.toks)
	for k := b; k < hi; {
		if s.isTag("say", k) || s.toks[k].low == ";" || breaks[s.toks[k].low] {
			return out
		}
		name, e := s.listItem(k, hi, party)
		if name == "" {
			if len(out) == 0 && k > b+1 && !s.separates(k) {
				return nil // what comes first is no name
			}
		} else {
			out = append(out, name)
			k = e
		}
		for k < hi && !s.separates(k) {
			if s.isTag("say", k) && (name == "" || s.toks[k].low == "told") {
				return out
			}
			k++
		}
		k++
	}
	return out
}

// separates: what divides the items of a list.
func (s *sentence) separates(k int) bool {
	w := s.toks[k].low
	return w == "," || isAnd(w) || w == "with"
}

// listItem is a name with which an item of a list begins, behind a role or a title.
func (s *sentence) listItem(k, hi int, party string) (string, int) {
	for j := k; j < hi && j <= k+10 && !s.separates(j); j++ {
		for i := range s.actors {
			a := &s.actors[i]
			if a.s <= j && j < a.e && a.name != "" && !s.isTag("say", j) {
				if a.party != party {
					return "", j
				}
				return a.name, a.e
			}
		}
		if !s.toks[j].capital || s.partyAt(j) || s.isTag("role", j) || s.isTag("agency", j) {
			if j > k+1 && s.lang == "en" && prepositions[s.toks[j].low] && s.toks[j].low != "by" {
				return "", j // "an official of the State Department"
			}
			continue
		}
		e := j
		for e < hi && (s.toks[e].capital || s.toks[e].low == "-") && !s.partyAt(e) {
			e++
		}
		if e-j >= 2 && e-j <= 3 && (s.endsName(e) || isAnd(s.toks[e].low) || s.toks[e].low == "from" || s.toks[e].low == "(") {
			return s.words(j, e), e
		}
		j = e
	}
	return "", k
}
