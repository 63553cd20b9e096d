package reader

import (
	"strings"
)

// total: a sum over a long time, not an act.
func (s *sentence) total(t tag) bool {
	if s.trend() && !s.harm() || s.counted(t) || s.isCounted(t) {
		return true
	}
	if !bodies[s.toks[t.s].low] {
		return false
	}
	for k := range s.toks {
		if s.toks[k].low == "since" || s.toks[k].low == "every" {
			return true
		}
	}
	return false
}

func (s *sentence) trend() bool {
	for _, t := range s.toks {
		for _, w := range []string{"stepped", "intensif*", "escalat*", "increase", "onslaught", "campaign"} {
			if fits(w, t.low) {
				return true
			}
		}
	}
	return false
}

// bodies are words of harm that alone tell of no act.
var bodies = wordList("killed destroyed damaged")

// unreal: a plan, a threat, a condition.
func (s *sentence) unreal(t tag) bool {
	if s.attempt(t) {
		return false
	}
	if s.lang == "en" && t.s > 0 && (s.toks[t.s-1].low == "to" || s.toks[t.s-1].low == "collateral" || s.toks[t.s-1].low == "from") {
		return true
	}
	for k := t.e; k < len(s.toks) && k <= t.e+3; k++ {
		switch s.toks[k].low {
		case "image", "reputation", "dignity", "relations", "credibility", "trust":
			return true
		}
	}
	for k := t.s - 1; k >= 0 && k >= t.s-5; k-- {
		switch s.toks[k].low {
		case "if", "will", "would", "could", "should", "case", "event", "may", "might", "against", "future", "not", "якщо", "если", "не", "possible", "further", "any", "no", "hypothetical":
			if s.toks[k].low == "against" && k != t.s-1 {
				continue
			}
			return true
		case ",", ";", "that":
			return false
		}
	}
	return false
}

// attempt: "tried to strike", "намагалися атакувати": an act that was begun, by whoever
// tried.
func (s *sentence) attempt(t tag) bool {
	k := t.s - 1
	if s.lang == "en" {
		if k < 1 || s.toks[k].low != "to" {
			return false
		}
		k--
	}
	for _, w := range attempts {
		if k >= 0 && fits(w, s.toks[k].low) {
			return true
		}
	}
	return false
}

// tryAt is the verb of trying before an act that was only tried.
func (s *sentence) tryAt(t tag) tag {
	k := t.s - 1
	if s.lang == "en" {
		k--
	}
	return tag{phrase: t.phrase, s: k, e: k + 1}
}

var attempts = []string{"tried", "attempted", "trying", "attempting", "намагал*", "намагав*", "спробувал*", "спробував", "пытал*", "попытал*", "пробовал*"}

// onlyTalk: "hit out at" is no strike.
func (s *sentence) onlyTalk(t tag) bool {
	return s.toks[t.s].low == "hit" && t.e < len(s.toks) && (s.toks[t.e].low == "out" || s.toks[t.e].low == "back")
}

// generalTalk: words of every day, of a pattern, of a norm that is broken.
func (s *sentence) generalTalk() bool {
	return len(s.of("general")) > 0 || len(s.of("violate")) > 0 || len(s.of("accuse")) > 0
}

// counted: a number of attacks since some day: "three attacks since Wednesday".
func (s *sentence) counted(t tag) bool {
	if !attackNouns[s.toks[t.s].low] || t.s == 0 || t.e >= len(s.toks) {
		return false
	}
	_, number := s.number(t.s - 1)
	if !number && !s.isTag("general", t.s-1) && s.toks[t.s-1].low != "of" {
		return false
	}
	for k := t.e; k < len(s.toks) && k <= t.e+6; k++ {
		if w := s.toks[k].low; w == "since" || w == "so" && k+1 < len(s.toks) && s.toks[k+1].low == "far" {
			return true
		}
	}
	return false
}

// inquiry: what was launched is an investigation.
func (s *sentence) inquiry(b, e int) bool {
	for _, t := range s.toks[b:e] {
		switch t.low {
		case "investigation", "probe", "inquiry", "case", "proceedings":
			return true
		}
	}
	return false
}

// manyTargets: the objects are told in the plural or as a whole, so that no one of
// them is told: "striking its energy sites".
func (s *sentence) manyTargets() bool {
	list := s.of("target")
	for _, t := range list {
		w := s.toks[t.e-1].low
		if !strings.HasSuffix(w, "s") && w != "infrastructure" && w != "grid" && w != "system" && w != "network" {
			return false
		}
	}
	return len(list) > 0 && s.lang == "en"
}

// throughout: told of a long time: "has pounded energy installations throughout the war".
func (s *sentence) throughout() bool {
	for k, t := range s.toks {
		switch t.low {
		case "throughout", "continued", "continues", "years", "months":
			return true
		case "has", "have":
			if k+1 < len(s.toks) && s.isTag("attack", k+1) {
				return true
			}
		}
	}
	return false
}
