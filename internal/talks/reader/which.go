package reader

import (
	"slices"

	"github.com/truce-project/truce/internal/talks"
)

// incidentOf is the incident that a sentence tells of or, where it speaks of an
// attack without saying which, the one told right before.
func (d *document) incidentOf(s *sentence) string {
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Kind != talks.Incident {
			continue
		}
		for _, w := range x.Words {
			if w.Start >= s.b && w.End <= s.e && (len(x.Target) > 0 || x.Place != "") && !(s.isGeneral() && len(s.of("target")) == 0) {
				return x.ID
			}
		}
	}
	return ""
}

// recentIncident is the incident that words without an object of their own speak
// of: the one of the nearest of the three sentences before that tells of one alone,
// of those that name the party which denies, where one does.
func (d *document) recentIncident(s *sentence, party string) string {
	n := d.index(s)
	for k := n; k >= 0 && k >= n-3; k-- {
		if d.accusedIn(&d.sents[k], party) {
			return ""
		}
		in, named := "", ""
		many, manyNamed := false, false
		for j := range d.drafts {
			x := &d.drafts[j]
			if x.Kind != talks.Incident || !toldIn(x, &d.sents[k]) || d.closed(x.ID, party) {
				continue
			}
			many, in = in != "" && in != x.ID, x.ID
			if slices.ContainsFunc(x.ClaimedActor, func(a talks.Attributed) bool { return a.Actor == party && party != "" }) {
				manyNamed, named = named != "" && named != x.ID, x.ID
			}
		}
		if named != "" && !manyNamed {
			return named
		}
		if in != "" {
			if many || k < n-2 {
				return ""
			}
			return in
		}
	}
	return ""
}

// accusedIn: a sentence tells a general accusation against a party, so that this is
// what it denies.
func (d *document) accusedIn(s *sentence, party string) bool {
	for j := range d.drafts {
		if x := &d.drafts[j]; x.Kind == talks.Accusation && party != "" && x.Accused == party && toldIn(x, s) {
			return true
		}
	}
	return false
}

// onlyIncident is the one incident told in the two sentences before.
func (d *document) onlyIncident(s *sentence) string {
	from := d.sents[max(0, d.index(s)-2)].b
	found := ""
	for k := range d.drafts {
		x := &d.drafts[k]
		if x.Kind != talks.Incident {
			continue
		}
		for _, w := range x.Words {
			if w.Start >= from && w.End <= s.e {
				if found != "" && found != x.ID {
					return ""
				}
				found = x.ID
			}
		}
	}
	return found
}

// toldIn: a draft rests on words of a sentence.
func toldIn(x *talks.Draft, s *sentence) bool {
	return slices.ContainsFunc(x.Words, func(w talks.Words) bool { return w.Start >= s.b && w.End <= s.e })
}
