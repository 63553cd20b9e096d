package reader

import "strings"

// venue is the place that a meeting is said to be at.
func (d *document) venue(s *sentence, t tag) string {
	best, gap := "", 1<<30
	cut := s.border(t, 0, len(s.toks))
	lo, hi := cut[0], cut[1]
	for _, c := range s.of("capital") {
		if g := min(abs(c.s-t.s), abs(c.e-t.s)); g <= 20 && g < gap && !s.capitalAsVoice(c) {
			best, gap = c.value, 3 // a name that stands nearer goes before
		}
	}
	for k := 0; k+1 < len(s.toks); k++ {
		if s.isTag("capital", k+1) || s.toks[k+1].low == "the" {
			continue
		}
		if !placePreps[s.toks[k].low] || !s.toks[k+1].capital || s.months(k+1) || k < lo || k >= hi || k > 0 && fights[s.toks[k-1].low] {
			continue
		}
		e := k + 1
		for e < len(s.toks) && (s.toks[e].capital || s.toks[e].low == "-" && e+1 < len(s.toks) && s.toks[e+1].capital) && e-k <= 4 && !s.months(e) {
			e++
		}
		if a := s.actorAt(k+1, 0); a != nil && (a.name != "" || a.thing && a.party != "SA") {
			continue
		}
		if s.isTag("agency", k+1) || s.toks[k+1].text == "X" || s.toks[k+1].text == "Telegram" || s.toks[k+1].low == "facebook" {
			continue
		}
		g := abs(k - t.s)
		if k < t.s {
			g += 3
		}
		if g < gap && g <= 18 {
			best, gap = s.words(k+1, e), g
		}
	}
	return strings.ReplaceAll(best, " - ", "-")
}

// capitalAsVoice: "for the Russian capital", "the Ukrainian capital said": no place
// of a meeting.
func (s *sentence) capitalAsVoice(c tag) bool {
	k := c.s - 1
	if k >= 0 && s.toks[k].low == "the" {
		k--
	}
	return k < 0 || !prepositions[s.toks[k].low] || s.toks[k].low == "for" || s.toks[k].low == "from"
}
