package reader

import "strings"

// inRelative reports whether an actor is the subject of a clause that only says
// more of a noun: "a truce which Ukraine had backed", "a plan that Trump proposed".
func (s *sentence) inRelative(a *actor) bool {
	k := a.s - 1
	for k > 0 && articles[s.toks[k].low] {
		k--
	}
	if k <= 0 {
		return false
	}
	switch w := s.toks[k].low; w {
	case "which", "whom", "який", "яку", "яке", "которое", "который", "которую":
		return true
	case "that":
		for _, t := range s.of("proposal", "halt") {
			if t.e == k {
				return true
			}
		}
	}
	return false
}

// mainSubject is who a sentence is about before token hi: its first actor that can
// be a subject and stands in no clause within another.
func (s *sentence) mainSubject(hi int) *actor {
	for i := range s.actors {
		a := &s.actors[i]
		if i > 0 && s.actors[i-1].prep != "" && s.and(s.actors[i-1].e, a.s) {
			continue // "between Kyiv and Moscow"
		}
		if a.e > hi || a.thing || a.place || a.negated || a.prep != "" || s.lang != "en" && a.oblique || s.inRelative(a) || s.toks[a.s].depth > 0 && s.toks[hi-1].depth == 0 {
			continue
		}
		return a
	}
	return nil
}

// carriesOn reports whether a verb at k takes over the subject of the verb before
// it: "turned down the truce but said", "dismissed it and said".
func (s *sentence) carriesOn(k int) bool {
	for k > 0 && s.toks[k-1].low != "," && (s.isTag("not", k-1) || adverbs[s.toks[k-1].low]) {
		k--
	}
	if k < 2 {
		return false
	}
	switch s.toks[k-1].low {
	case "but", "and", "yet", "але", "та", "і", "но", "и", "однако", "проте":
		return true
	}
	return false
}

var adverbs = wordList("also then instead immediately later only did has had have then again promptly at once in turn також потім відразу також сразу также затем")

// elided is the subject that a verb of a later clause leaves out, or nil.
func (s *sentence) elided(at, lo int) *actor {
	if lo <= 0 || !s.breaksWithoutActor(lo, at) {
		return nil
	}
	return s.mainSubject(lo)
}

// ownPronoun is whom a pronoun at p means by its own sentence: the subject that the
// verb of saying before it has taken over, or the one person that the sentence is
// about.
func (s *sentence) ownPronoun(p int) *actor {
	lo, _ := s.clause(p)
	for _, v := range s.of("say") {
		if v.e <= p && p-v.e <= 1 && v.s >= lo && s.carriesOn(v.s) {
			return s.mainSubject(v.s)
		}
	}
	if !persons[s.toks[p].low] {
		return nil
	}
	var one *actor
	for i := range s.actors {
		a := &s.actors[i]
		if a.e > p || a.thing || a.place || s.inRelative(a) || a.name == "" || s.objectOfVerb(a) {
			continue
		}
		if a.prep != "" || a.s > 1 && s.toks[a.s-1].low == "," && strings.HasPrefix(s.toks[a.s-2].low, "counterpart") {
			continue
		}
		if one != nil && one.party != a.party {
			return nil
		}
		one = a
	}
	return one
}
