// Package judge applies a regime to an incident: which clauses speak, what
// follows, by whom, how sure that is and which missing fact would decide it.
//
// An incident is the set of possible acts that its facts allow. A verdict is
// given only if it holds for every one of them (supervaluation); otherwise
// the finding is undetermined and says what would settle it. The answers to
// questions that a text leaves open are enumerated in the same way, under
// names that begin with "text.", so that text and facts are never mixed into
// one "unknown".
//
// The package promises that narrowing a fact never turns one decided verdict
// into another, and that the same regime, incident and engine give the same
// finding, byte for byte. It does no I/O and reads no clock.
package judge

import (
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
)

// Engine names the version of the rules in this package; findings carry it.
const Engine = "truce-judge/1"

// Verdict is what a clause, or a regime, says about an incident.
type Verdict uint8

// The verdicts, from the weakest to the strongest for an act that lasted.
const (
	NotCovered Verdict = iota
	NotInForce
	Permitted
	Breach
	Undetermined
	Contested
)

var verdictNames = [...]string{"not-covered", "not-in-force", "permitted", "breach", "undetermined", "contested"}

// String returns the word that is used everywhere.
func (v Verdict) String() string { return verdictNames[v] }

// VerdictOf is the verdict of a name, as String gives it.
func VerdictOf(name string) (Verdict, bool) {
	i := slices.Index(verdictNames[:], name)
	return Verdict(max(i, 0)), i >= 0
}

// verdicts is a set of verdicts that possible acts have.
type verdicts uint8

func (s verdicts) with(v Verdict) verdicts { return s | 1<<v }

// one returns the verdict that a set agrees on, or Undetermined.
func (s verdicts) one() Verdict {
	for v := NotCovered; v <= Breach; v++ {
		if s == 1<<v {
			return v
		}
	}
	return Undetermined
}

// Finding is what one reading says about one incident.
type Finding struct {
	Incident *evidence.Incident
	Regime   *terms.Regime
	Verdict  Verdict
	Level    evidence.Level // the evidence level of the facts that were used
	Author   []string       // who may have done it, as the terms name them
	Party    []terms.PartyID
	Clauses  []ClauseFinding       // of the clauses that speak
	Reserved []*terms.RegimeClause // rights that may be invoked about it; they change no verdict
	Trace    []Weighed             // of every clause, in order
	Deciding []Decider             // of an undetermined finding: the smallest sets of facts that would settle it
	Answers  []Answered            // the verdict under each answer to them
	Profile  [5]Verdict            // by evidence level: what follows if only facts of that level are accepted
	Notes    []string              // what the facts left unusable
}

// ClauseFinding is what one clause says.
type ClauseFinding struct {
	Clause  *terms.RegimeClause
	Verdict Verdict
	Party   []terms.PartyID
	Share   float64 // part of the uncertain place that is inside the clause's zone; 1 without a zone
}

// Decider is a smallest set of facts that would settle a finding.
type Decider []string

// Answered is one answer to a decider.
type Answered struct {
	Facts   []string // "fact=value"
	Verdict Verdict
}

// String prints the answer as the findings file holds it.
func (a Answered) String() string {
	return strings.Join(a.Facts, "&") + "->" + a.Verdict.String()
}

// DecidingText prints the deciding facts as the findings file holds them:
// fact=value->verdict, sorted, separated by semicolons.
func (f *Finding) DecidingText() string {
	s := make([]string, 0, len(f.Answers))
	for _, a := range f.Answers {
		s = append(s, a.String())
	}
	if len(s) == 0 {
		for _, d := range f.Deciding {
			s = append(s, strings.Join(d, "&"))
		}
	}
	sort.Strings(s)
	return strings.Join(s, ";")
}

// Decides reports whether a fact is among the deciding ones.
func (f *Finding) Decides(fact string) bool {
	for _, d := range f.Deciding {
		for _, name := range d {
			if name == fact {
				return true
			}
		}
	}
	return false
}

// State is whether a condition holds for what is known.
type State uint8

// The states of a condition.
const (
	No State = iota
	Yes
	Maybe  // for some of the possible acts
	IfText // if an open question of the text is answered so
)

// Weighed is how one clause was weighed.
type Weighed struct {
	Clause     *terms.RegimeClause
	Conditions []Condition
	InForce    State
	InForceFor []terms.PartyID // those of the possible authors whom it binds in some of the time
	Speaks     bool
	Verdict    Verdict
	Why        string // for not-in-force: never accepted, not yet, lapsed
	Rule       string // the rule that decides where the time is exactly the clause's start or end
}

// Condition is one dimension of a clause.
type Condition struct {
	Dimension string
	State     State
	Fact      string   // what is known
	Questions []string // ids of the open questions it turns on
	Rule      string   // the rule that decides where the place is exactly on a zone's boundary
}
