package terms

import (
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Regime is the terms as one reading has them: names are resolved to sets,
// starts and ends to windows, silences to questions. A text without readings
// has one regime, whose ReadingID is "text".
type Regime struct {
	Terms     *Terms
	ReadingID string
	Reading   *Reading // nil for "text"
	Clauses   []*RegimeClause
	Questions []Question
	Zones     []*where.Zone // that scopes speak of
	Objects   []Object      // of all annexes, in order
	Assumes   []string      // what every finding has to state as assumed
	Intended  []Box         // what the text is meant to settle; empty if it does not say
	// Counterfactual is set when the regime is judged as if in force.
	Counterfactual bool
}

// Question is something that the text, or the state of the deal, leaves open
// under a reading. It has two answers.
type Question struct {
	ID      string
	Text    string
	Answers [2]string
}

// Answer is an answer to question Question: the first if Value is 0. About is
// the dimension of an act that it bears on, where it bears on one.
type Answer struct {
	Question int
	Value    uint8
	About    string
}

// RegimeClause is a clause under a reading.
type RegimeClause struct {
	*Clause
	Boxes   []Box
	Windows []Window
	// ExceptedBy holds the exceptions from this clause.
	ExceptedBy []Exception
}

// Exception is a permitting clause that takes another back, and the clauses
// that reinstate that other one where they apply. Indices into
// Regime.Clauses.
type Exception struct {
	Permit       int
	ReinstatedBy []int
}

// Box is a product of conditions. A nil set is no condition.
type Box struct {
	Actor, Owner, Controller             *vocab.Set
	Act, Outcome, Means, Target, Intends *vocab.Set
	Sites                                []bool // by object; the last entry is "not listed"
	Zones, Origins                       []int  // indices into Regime.Zones; in any of them
	Hours                                *Hours
	Answers                              []Answer
}

// Window says when a clause binds a party: within Span, if the answers are
// so. Launch windows are about the time of launch.
type Window struct {
	Party   PartyID
	Actors  vocab.Set
	Span    when.Span
	Answers []Answer
	// Why names the commitment, for the trace.
	Why string
}

// Under resolves the terms under a reading ("text" for a text without
// readings). Extra commitments, such as those entered in a record, override
// the text's by id. assume judges as if in force: dates and acceptance are
// waived for every party that has a commitment in the reading.
func (t *Terms) Under(reading string, extra []Commitment, assume bool) (*Regime, error) {
	p := &reader{file: t.File, t: t}
	r := p.under(reading, extra, assume)
	if errs := p.problems.Errors(); errs != nil {
		return nil, errs
	}
	return r, nil
}

// CommitmentsUnder returns the undertakings that hold under a reading.
func (t *Terms) CommitmentsUnder(reading string) []Commitment {
	x := &resolver{p: &reader{file: t.File, t: t}, r: &Regime{ReadingID: reading, Reading: t.Reading(reading)}}
	return x.commitments(nil)
}

// ReadingIDs returns the ids of the readings in the order of the text, or
// "text" where there are none.
func (t *Terms) ReadingIDs() []string {
	if len(t.Readings) == 0 {
		return []string{"text"}
	}
	out := make([]string, len(t.Readings))
	for i, r := range t.Readings {
		out[i] = r.ID
	}
	return out
}
