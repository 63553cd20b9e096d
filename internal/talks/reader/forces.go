package reader

// forcesOf is the party whose weapons or troops do what a verb says: "Ukrainian
// drones had attacked", "українські безпілотники атакували". It is whom the words
// name, never who did it.
func (s *sentence) forcesOf(t tag) *actor {
	for _, w := range s.of("weapon") {
		if w.e > t.s || t.s-w.e > 7 || !s.noMark(w.e, t.s) || s.nounTag(t) {
			continue
		}
		if s.passiveEnglish(t) || s.verbBetween(w.e, t.s) {
			continue
		}
		for i := range s.actors {
			a := &s.actors[i]
			if a.thing && a.e <= w.s && w.s-a.e <= 3 && s.noMark(a.e, w.s) && s.actorAt(a.e, w.s-a.e-1) == nil && !prepositions[a.prep] {
				return a
			}
			if a.s <= w.s && w.e <= a.e && a.prep == "" && !a.place { // "Russian forces"
				return a
			}
		}
	}
	return s.forcesAfter(t)
}

// forcesAfter: "станцію обстріляла російська артилерія": whoever does it comes after the
// verb, where what it is done to stands before.
func (s *sentence) forcesAfter(t tag) *actor {
	if s.lang == "en" || !s.pastTense(t) || intercepts[s.toks[t.s].low] || !s.objectBefore(t) {
		return nil
	}
	for _, p := range []string{"знищ*", "уничтож*", "збил*", "сбил*"} {
		if fits(p, s.toks[t.s].low) {
			return nil
		}
	}
	for _, w := range s.of("weapon") {
		if w.s < t.e || w.s-t.e > 3 || !s.noMark(t.e, w.s) {
			continue
		}
		for i := range s.actors {
			if a := &s.actors[i]; a.s >= t.e && a.s <= w.s && !prepositions[a.prep] {
				return a
			}
		}
	}
	return nil
}

// objectBefore: an object, or a noun that stands for one, stands right before a verb.
func (s *sentence) objectBefore(t tag) bool {
	for k := t.s - 1; k >= 0 && k >= t.s-3; k-- {
		if s.toks[k].punct {
			return false
		}
		if objects[s.toks[k].low] || s.toks[k].low == "її" || s.toks[k].low == "его" || s.toks[k].low == "ее" || s.toks[k].low == "його" {
			return true
		}
		for _, x := range s.of("target") {
			if x.s <= k && k < x.e {
				return true
			}
		}
	}
	return false
}

// nounTag: the word of an act is a noun here: "a strike", "the attack".
func (s *sentence) nounTag(t tag) bool {
	if s.lang != "en" {
		return !s.pastTense(t)
	}
	return attackNouns[s.toks[t.s].low] && !(s.toks[t.s].low == "strike" || s.toks[t.s].low == "attack")
}
