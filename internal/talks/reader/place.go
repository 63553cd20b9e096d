package reader

import (
	"strings"

	"github.com/truce-project/truce/where/gazetteer"
)

// placeOf is the place of an act: a name that the gazetteer knows and that is no
// country or seat of a party's voice, or a name after "in".
func (d *document) placeOf(s *sentence, t tag) string {
	text := d.text[s.b:s.e]
	area := ""
	for _, m := range gazetteer.Builtin().Mentions(text) {
		if m.NotPlace != "" || s.speaksAs(m.Text) {
			continue
		}
		if s.ofRegion(m.Text) {
			if area == "" {
				area = m.Text
			}
			continue
		}
		return m.Text
	}
	if area != "" { // "in Kursk region near Sudzha" is at Sudzha, if that is told
		return area
	}
	for k := 0; k+1 < len(s.toks); k++ {
		if !inPreps[s.toks[k].low] {
			continue
		}
		b := k + 1
		for b < len(s.toks) && (articles[s.toks[b].low] || compass[s.toks[b].low]) {
			b++
		}
		if b >= len(s.toks) || !s.toks[b].capital || s.months(b) || s.isTag("agency", b) {
			continue
		}
		if s.inBody(b) || s.saysAt(b) || s.ofParty(b) {
			continue
		}
		e := b
		for e < len(s.toks) && (s.toks[e].capital || s.toks[e].low == "-") && !s.months(e) {
			e++
		}
		if w := s.toks[b].text; w == "X" || w == "Telegram" || w == "Facebook" || w == "Truth" {
			continue
		}
		return strings.ReplaceAll(s.words(b, e), " - ", "-")
	}
	return ""
}

// ofRegion: a name that a word of a region follows.
func (s *sentence) ofRegion(name string) bool {
	for k := 0; k+1 < len(s.toks); k++ {
		if s.toks[k].text != name {
			continue
		}
		switch s.toks[k+1].low {
		case "region", "oblast", "province", "area", "області", "область", "областю", "области", "областью", "краї", "крае", "край":
			return true
		}
	}
	return false
}

// inBody: the name belongs to a body or a person: "the ministry in Moscow".
func (s *sentence) inBody(k int) bool {
	for i := range s.actors {
		if a := &s.actors[i]; a.s <= k && k < a.e && (a.name != "" || a.role != "") {
			return true
		}
	}
	return false
}

// saysAt: the name is that of a body that speaks.
func (s *sentence) saysAt(k int) bool {
	for i := range s.actors {
		if a := &s.actors[i]; a.s <= k && k < a.e && s.seatOf(a) {
			return true
		}
	}
	return false
}

var (
	inPreps = wordList("in at near across on over inside outside в у біля під поблизу во около под")
	compass = wordList("northern southern eastern western central occupied the town village city border region capital")
)

// speaksAs: the name stands for a party here, not for a place.
func (s *sentence) speaksAs(name string) bool {
	for i := range s.actors {
		a := &s.actors[i]
		w := s.words(a.s, a.e)
		if strings.Contains(w, name) && !a.place && !placePreps[a.prep] && a.prep != "on" && a.prep != "near" {
			return true
		}
	}
	return false
}

// ofParty: the name only tells whose a thing is: "on Russian energy sites".
func (s *sentence) ofParty(k int) bool {
	for i := range s.actors {
		if a := &s.actors[i]; a.s == k && a.thing {
			return true
		}
	}
	return false
}
