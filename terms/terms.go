// Package terms reads ceasefire texts that run: literate Markdown in which
// the sentence that people sign stands over the block that makes it
// executable. docs/terms.md describes the language.
//
// The package promises that every error carries file, line and column, that
// all errors are reported at once, that what Format prints parses back to the
// same terms, and that a text's silence is kept as a question and never
// settled by the reader. It does no I/O: files come through an fs.FS.
package terms

import (
	"fmt"
	"strings"
	"time"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// ClauseID is the number of a clause as the text prints it: "1.10" is not 1.1.
type ClauseID string

// PartyID names a party or another actor of the terms.
type PartyID string

// Pos is a place in a file; line and column count from 1.
type Pos struct {
	File      string
	Line, Col int
}

// String prints file:line:col.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Problem is one thing wrong with a text.
type Problem struct {
	Pos     Pos
	Msg     string
	Warning bool // the terms can still be used
}

// Error prints the problem with its place.
func (p Problem) Error() string {
	if p.Warning {
		return p.Pos.String() + ": warning: " + p.Msg
	}
	return p.Pos.String() + ": " + p.Msg
}

// Problems is a list of problems in the order of the file.
type Problems []Problem

// Error prints one problem a line.
func (ps Problems) Error() string {
	s := make([]string, len(ps))
	for i, p := range ps {
		s[i] = p.Error()
	}
	return strings.Join(s, "\n")
}

// Errors returns the problems that are not warnings, or nil.
func (ps Problems) Errors() Problems {
	var out Problems
	for _, p := range ps {
		if !p.Warning {
			out = append(out, p)
		}
	}
	return out
}

// Terms is one version of an instrument.
type Terms struct {
	File    string
	ID      string
	Title   map[string]string // by language; "" if the text gives no language
	Version string
	Digest  string // hex SHA-256 over the canonical text and blocks, annexes and files of zones included

	Vocabulary *vocab.Vocabulary
	Languages  []Language
	Clock      Clock
	Start, End *Moment // of the text, where it states them
	Geometry   where.Model

	Parties     []Party
	Others      []Other
	Readings    []*Reading
	Commitments []Commitment
	Annexes     []*Annex
	Clauses     []*Clause // all blocks with a number, in the order of the text
	Definitions []*Definition
	Examples    []Example
	Sentences   []Sentence // the numbered sentences of the legal text

	Intended       []Scope // what the text is meant to settle; lint looks for gaps in it
	Relations      []Relation
	Monitoring     *Monitoring // nil where the text says nothing of it
	Justifications []Justification
	Stated         Stated

	actors *actorTree
	doc    *document
	// zoneFiles are the files that zones are drawn in, by name.
	zoneFiles map[string][]byte
}

// TitleText returns the title, in English where there is one.
func (t *Terms) TitleText() string {
	for _, l := range []string{"en", ""} {
		if s, ok := t.Title[l]; ok {
			return s
		}
	}
	for _, s := range t.Title {
		return s
	}
	return t.ID
}

// Language is a language of the text, whether it is authentic, and whether it
// prevails where authentic texts differ.
type Language struct {
	Code      string
	Authentic bool
	Prevails  bool
}

// Stated says what the front matter says in so many words, where there is a
// default; lint asks.
type Stated struct {
	Days, Geometry bool
	Keys           map[string]Pos // keys of the front matter
}

// Relation is how a text stands to another one that may hold at the same time.
type Relation struct {
	To  string // the id of the other text, or "*" for every other
	How string // prevails, yields or beside
	Pos Pos
}

// Justification is why a finding of lint is accepted, for one clause or for
// the whole text.
type Justification struct {
	Code, Reason string
	Clause       ClauseID // empty: the whole text
	Pos          Pos
}

// Clock is the civil clock of a text.
type Clock struct {
	Zone     *time.Location
	ZoneName string
	Days     when.Counting
}

// Party can be bound.
type Party struct {
	ID      PartyID
	Name    string
	Actors  []string // who acts for it
	Aliases []string
}

// Other is a facilitator, guarantor, monitor or anybody else whom the text
// names and does not bind.
type Other struct {
	ID   PartyID
	Role string
}

// Moment is when something starts or ends as a text states it.
type Moment struct {
	Range  when.Range
	Stated string // as written, for people
	For    *when.Duration
	Pos    Pos
}

// Reading is how somebody understands the terms.
type Reading struct {
	ID          string
	Title       string
	HeldBy      []PartyID
	Status      string // attributed (the default), endorsed, amended or rejected
	Source      string
	Note        string
	Start, End  *Moment
	Commitments []Commitment
	Definitions []*Definition
	Pos         Pos
}

// Commitment is one party's undertaking.
type Commitment struct {
	ID        string
	Party     PartyID
	Act       string // signature, statement, order, acceptance, ...
	Status    CommitmentStatus
	From      *Moment
	Until     *Moment
	If        string // a condition precedent, in words
	Certifier string // who certifies that it is met
	Met       string // whether the condition is met: "no", "yes" or "unknown"
	Clauses   []ClauseID
	Readings  []string
	Suspended []when.Span
	Released  *when.Instant // the commitment ended by notice
	Source    string
	Note      string
	Pos       Pos
}

// CommitmentStatus says whether an undertaking was given.
type CommitmentStatus string

// The states of a commitment.
const (
	Given    CommitmentStatus = "given"
	Proposed CommitmentStatus = "proposed" // put forward, never accepted
	Refused  CommitmentStatus = "refused"
)

// Kind says what a clause does.
type Kind string

// The kinds of clause.
const (
	Forbid        Kind = "forbid"
	Permit        Kind = "permit"
	Reinstate     Kind = "reinstates"
	Reserve       Kind = "reserve"
	Oblige        Kind = "oblige"
	Power         Kind = "power"
	Procedure     Kind = "procedure"
	Define        Kind = "define"
	NotExecutable Kind = "not-executable"
)

// Clause is one numbered rule.
type Clause struct {
	ID       ClauseID
	Kind     Kind
	Text     string // the sentence it stands under
	Readings []string
	Bound    []PartyID // whom it binds; empty: every party
	Scopes   []Scope   // what it speaks of: any of these
	Except   []ClauseID
	Against  []ClauseID // of a reinstating clause: which exceptions it takes away
	From     *Moment
	Until    *Moment
	Launch   bool // the time of launch counts, not that of impact
	Judges   Aim
	Words    map[string]string // dimension -> the words of the sentence that say it
	Assume   string            // what a finding has to state as assumed
	Note     string
	Reason   string // of a sentence that is not executable
	Limits   string // of a reserved right or a power: what bounds its use
	Counts   bool   // whether the clause says which time counts
	Duty     *Duty
	Power    *Authority
	Course   *Course // of a procedure
	Pos      Pos

	body *value
}

// Aim says which target a clause judges.
type Aim string

// The aims.
const (
	Hit      Aim = "hit"      // what was hit (the default)
	Intended Aim = "intended" // what was aimed at
	Either   Aim = "either"   // one or the other
)

// Scope is a product of conditions on the dimensions of an act.
type Scope struct {
	Dims    map[string]Names // by dimension: actor act outcome means target intended_target owner controller site zone origin
	Judges  Aim              // where it differs from the clause's
	Hours   *Hours
	Unclear []Unclear
	Pos     Pos
}

// Names is a list of names of nodes, definitions, parties, zones or annexes.
type Names []Name

// Name is a name and where it stands.
type Name struct {
	Text string
	Pos  Pos
}

// Hours is a daily window on the civil clock, From minute up to Until minute
// of the day; it may run over midnight.
type Hours struct{ From, Until int }

// Unclear is a question that the text leaves open: whether the listed values
// are in the scope. Without values the question is about the whole clause.
type Unclear struct {
	ID       string
	Question string
	Dims     map[string]Names
	Pos      Pos
}

// Definition gives a name to a set of nodes or to a zone.
type Definition struct {
	Name      string
	Clause    ClauseID
	Readings  []string
	Dimension string // target, act, outcome, means, actor, owner, controller or zone
	Values    Names
	Unclear   []Unclear
	Zone      *value
	Version   string
	Datum     string  // of a zone: datum, map or drawing that it was taken from
	DrawnBy   string  // of a zone: who draws and moves it
	Published *Moment // when it was made known, where that is said
	Pos       Pos
}

// Annex is a file that belongs to the terms.
type Annex struct {
	ID      string
	File    string
	Objects []Object
	Zones   []*where.Zone
	// Published is when the annex was made known, where that is said.
	Published *Moment
	digest    string
	ids       map[string]bool
	Pos       Pos
}

// Object is one listed object of an annex.
type Object struct {
	ID, Kind, Name    string
	Point             where.Point
	HasPoint          bool
	Owner, Controller string
	ClaimedBy         []string
}

// Sentence is a numbered sentence of the legal text.
type Sentence struct {
	ID    ClauseID
	Texts []Version // the parallel texts
	Pos   Pos
}

// Version is one language version of a sentence.
type Version struct {
	Language  string
	Authentic bool
	Text      string
}

// Example is a test that stands in the text.
type Example struct {
	Name   string
	Facts  []map[string]string // alternatives; each by column of the incidents file
	Expect Expectation
	Assume bool // judged as if in force
	Pos    Pos
}

// Expectation is what an example or case expects.
type Expectation struct {
	Verdict  string            // for every reading, where not empty
	Readings map[string]string // reading -> verdict
	Author   string            // where not empty
	Clauses  map[string]string // clause -> verdict, where given
	Deciding []string          // facts that must be among the deciding ones
}

// Reading returns the reading with an id, or nil.
func (t *Terms) Reading(id string) *Reading {
	for _, r := range t.Readings {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Clause returns the clause with an id that stands in a reading, or nil.
func (t *Terms) Clause(id ClauseID) *Clause {
	for _, c := range t.Clauses {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Party returns the party with an id, or nil.
func (t *Terms) Party(id PartyID) *Party {
	for i := range t.Parties {
		if t.Parties[i].ID == id {
			return &t.Parties[i]
		}
	}
	return nil
}
