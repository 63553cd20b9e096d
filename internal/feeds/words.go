package feeds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
)

// take is what may be taken from words for a fact.
type take int

const (
	takeNone take = iota
	takeLess      // only what narrows the set that the source gives; unknown stays unknown
	takeEach      // narrows each value by itself and takes none away: several tags were all meant
	takeAny       // also where the source gives nothing
)

// takes say what the words of a source's text may change. The author is never
// among it.
type takes struct {
	act, means, outcome, target take
	// strikes narrows act and means only where the source says that it was a
	// strike, and all words speak of an attack of some sort. Of a clash on the
	// ground the text tells one part as a rule, and "destroyed" is said of
	// accidents too.
	strikes bool
	// mention says in a note what words propose for a target that the source
	// leaves unknown; it is not taken.
	mention bool
}

var (
	// bySorter is for items that a machine has sorted by words: the words of the
	// whole text know no less.
	bySorter = takes{act: takeLess, means: takeAny, outcome: takeAny, target: takeLess}
	// byPeople is for events that people have coded: their codes stand. How an
	// attack ended they have no code for.
	byPeople = takes{act: takeLess, means: takeLess, outcome: takeAny, target: takeEach, strikes: true, mention: true}
)

// inform narrows what a source leaves open by the words of its text, and says
// by which; done are facts that were narrowed already. Words that contradict
// the source change nothing.
func inform(said Proposal, how takes, inc *evidence.Incident, s *evidence.Scenario, done ...string) {
	if said.Words == nil && said.Negated == nil {
		return
	}
	if how.strikes && !(allUnder(s.Act, "attack.strike") && said.namesAttack()) {
		how.act, how.means = takeNone, takeNone
	}
	var by []string
	for _, c := range []struct {
		name  string
		known *[]string
		said  []string
		take  take
	}{{"act", &s.Act, said.Act, how.act}, {"means", &s.Means, said.Means, how.means}, {"outcome", &s.Outcome, said.Outcome, how.outcome}, {"target", &s.Target, said.Target, how.target}} {
		changed := slices.Contains(done, c.name)
		if c.take == takeAny && *c.known == nil && c.said != nil {
			*c.known, changed = c.said, true
		} else if c.take != takeNone {
			set, narrower := narrow(*c.known, c.said)
			if c.take == takeEach {
				set, narrower = narrowEach(*c.known, c.said)
			}
			*c.known, changed = set, changed || narrower
		}
		if changed {
			by = append(by, c.name)
		}
	}
	if by != nil {
		inc.Notes = append(inc.Notes, fmt.Sprintf("%s narrowed by words of the text: %s", strings.Join(by, ", "), quoted(said.Words)))
	}
	if how.mention && s.Target == nil && said.Target != nil {
		inc.Notes = append(inc.Notes, fmt.Sprintf("words of the text may name the target (%s): %s; not taken, the source has no code for it", strings.Join(said.Target, ", "), quoted(said.Words)))
	}
	inc.Notes = append(inc.Notes, said.doubts()...)
}

// narrowEach narrows each value of a set by what the words say of it alone.
func narrowEach(known, said []string) (set []string, changed bool) {
	for _, v := range known {
		less, narrower := narrow([]string{v}, said)
		set, changed = union(set, less...), changed || narrower
	}
	return set, changed
}

// doubts are notes on words that speak against an attack.
func (p Proposal) doubts() []string {
	var notes, kinds []string
	if p.Negated != nil {
		notes = append(notes, "words of the text that another word turns off: "+quoted(p.Negated))
	}
	for _, k := range p.Kind {
		if k != "attack" && k != "accident" {
			kinds = append(kinds, k)
		}
	}
	if kinds != nil {
		notes = append(notes, fmt.Sprintf("words of the text also speak of %s", strings.Join(kinds, ", ")))
	}
	return notes
}

// namesAttack reports whether the words speak of an attack alone, and name only
// sorts of attack.
func (p Proposal) namesAttack() bool {
	return slices.Equal(p.Kind, []string{"attack"}) && p.Negated == nil && !slices.Contains(p.Act, "attack") && allUnder(p.Act, "attack")
}

// allUnder reports whether a set has values, and all lie at a node or under it.
func allUnder(set []string, node string) bool {
	return set != nil && !slices.ContainsFunc(set, func(v string) bool { return !covers(node, v) })
}

// quoted lists words for a note, the first dozen of them.
func quoted(words []string) string {
	more := ""
	if len(words) > 12 {
		words, more = words[:12], ", ..."
	}
	return strings.Join(words, ", ") + more
}

// either shows a set for a note.
func either(set []string) string {
	if set == nil {
		return "unknown"
	}
	return strings.Join(set, " or ")
}
