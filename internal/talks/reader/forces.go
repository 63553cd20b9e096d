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
	return nil
}

// nounTag: the word of an act is a noun here: "a strike", "the attack".
func (s *sentence) nounTag(t tag) bool {
	if s.lang != "en" {
		return !s.pastTense(t)
	}
	return attackNouns[s.toks[t.s].low] && !(s.toks[t.s].low == "strike" || s.toks[t.s].low == "attack")
}
