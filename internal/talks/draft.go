package talks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Kind is what a draft is of.
type Kind string

// The kinds of drafts.
const (
	Meeting    Kind = "meeting"    // a meeting or call: planned, held, moved, cancelled
	Sequence   Kind = "sequence"   // an order between two meetings or tracks
	Delegation Kind = "delegation" // who speaks for a party, under whom, with which mandate
	Proposal   Kind = "proposal"   // a text, halt or truce on the table
	Position   Kind = "position"   // where a party stands on a proposal
	Order      Kind = "order"      // an order to forces
	Claim      Kind = "claim"      // attributes, denies, acknowledges, is silent, or asserts that an order is kept
	Accusation Kind = "accusation" // a general one: names a norm or a pattern, lists no incident
	Incident   Kind = "incident"   // what is said to have happened
	Response   Kind = "response"   // a response that a party reserves or threatens
	Agenda     Kind = "agenda"     // what is to be settled
)

// Kinds lists all kinds, in the order in which drafts are shown.
func Kinds() []Kind {
	return []Kind{Meeting, Sequence, Delegation, Agenda, Proposal, Position, Order, Accusation, Claim, Incident, Response}
}

// Words is a piece of the text, verbatim: Text is the bytes from Start up to End.
type Words struct {
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Speaker is who is said to have said the words. Party is empty while it is
// open; Name and Role are as the text gives them.
type Speaker struct {
	Party string `json:"party,omitempty"`
	Name  string `json:"name,omitempty"`
	Role  string `json:"role,omitempty"`
	Words Words  `json:"words"`
	// Open says why the speaker could not be told: "he" may be two people.
	Open string `json:"open,omitempty"`
}

// Date is a day or some days, as the text tells them. Value and End are civil
// dates (2025-03-23); without a year they are XXXX-03-23. Relative counts days
// from D, which Why explains, where no dateline is known.
type Date struct {
	Words    Words  `json:"words"`
	Value    string `json:"value,omitempty"`
	End      string `json:"end,omitempty"` // last day, if it is more than one
	Relative string `json:"relative,omitempty"`
	Why      string `json:"why"`
}

// Said is words with who is said to have said them.
type Said struct {
	Words
	Speaker *Speaker `json:"speaker,omitempty"`
}

// Draft is one reading. Which fields are filled depends on the kind.
type Draft struct {
	ID    string  `json:"id"`
	Kind  Kind    `json:"kind"`
	Words []Words `json:"words"`
	Lang  string  `json:"lang"`
	// Party is who holds, claims, orders, accuses, or is represented. Parties
	// are those who meet.
	Party   string   `json:"party,omitempty"`
	Parties []string `json:"parties,omitempty"`
	Date    *Date    `json:"date,omitempty"`
	// Dates are the other dates in the same words.
	Dates []Date `json:"dates,omitempty"`
	Place string `json:"place,omitempty"`

	State      string   `json:"state,omitempty"`      // meeting: planned, held, ongoing, moved, cancelled
	Medium     string   `json:"medium,omitempty"`     // meeting: call, in person
	First      []string `json:"first,omitempty"`      // sequence: who meets first
	Then       []string `json:"then,omitempty"`       // sequence: who meets after
	Head       string   `json:"head,omitempty"`       // delegation: who is told to head it
	Members    []string `json:"members,omitempty"`    // delegation: who is named as of it, or as speaking for the party
	Mandate    []Said   `json:"mandate,omitempty"`    // delegation: what it may do, by whom; such words may conflict
	Scope      string   `json:"scope,omitempty"`      // proposal: blanket, energy, maritime, ...
	Days       int      `json:"days,omitempty"`       // proposal: how long
	Proposal   string   `json:"proposal,omitempty"`   // position, order: the id of a proposal draft
	Stance     string   `json:"stance,omitempty"`     // position: accepts, accepts-if, rejects, silent, reserves
	Conditions []Words  `json:"conditions,omitempty"` // position, verbatim
	Mode       string   `json:"mode,omitempty"`       // claim: attributes, denies, acknowledges, asserts, silent
	Accused    string   `json:"accused,omitempty"`
	Period     *Words   `json:"period,omitempty"`   // accusation: since when or how often
	Norm       string   `json:"norm,omitempty"`     // accusation: order, agreement, statement, law
	Incident   string   `json:"incident,omitempty"` // claim: the id of an incident draft
	Answers    string   `json:"answers,omitempty"`  // claim: the id of the general accusation that it answers
	Act        []string `json:"act,omitempty"`      // incident: nodes that the words may mean
	Target     []string `json:"target,omitempty"`
	Means      []string `json:"means,omitempty"`
	Outcome    []string `json:"outcome,omitempty"`
	// ClaimedActor is who is said to have done it, by whom: never who did it.
	ClaimedActor []Attributed `json:"claimed_actor,omitempty"`
	What         *Words       `json:"what,omitempty"`      // order, claim, response: of what
	Questions    []Words      `json:"questions,omitempty"` // agenda

	Speaker *Speaker `json:"speaker,omitempty"` // nil: the article speaks
	Relay   []string `json:"relay,omitempty"`   // who carried it, nearest to the reader first
	Quoted  int      `json:"quoted,omitempty"`  // how deep in quotation marks
	Open    []string `json:"open,omitempty"`    // what the words leave open
	// Extractor names what made the draft, where it was not the rules.
	Extractor string `json:"extractor,omitempty"`
}

// Attributed says whom somebody names as the author of an incident.
type Attributed struct {
	By     string `json:"by,omitempty"` // a party, empty: the article
	Actor  string `json:"actor"`
	Denied bool   `json:"denied,omitempty"` // By denies that it was Actor
}

// Article is what was read, and the drafts. Offsets of all words are bytes of
// Text; for a plain text that is the file itself.
type Article struct {
	Name     string   `json:"name"`
	URL      string   `json:"url,omitempty"`
	Title    string   `json:"title,omitempty"`
	Lang     string   `json:"lang"`
	Agency   string   `json:"agency,omitempty"`
	Dateline string   `json:"dateline,omitempty"` // as a date, or empty: none known
	From     string   `json:"dateline_from,omitempty"`
	SHA256   string   `json:"text_sha256"`
	Text     string   `json:"text,omitempty"` // only where it is not the file itself
	Removed  []Words  `json:"removed,omitempty"`
	Drafts   []Draft  `json:"drafts"`
	Refused  []string `json:"refused,omitempty"` // what an extractor handed in and was not taken, and why
}

// Extractor makes drafts of a text. The rules of package reader are one; a service
// that an operator runs may be another. What comes out are drafts in either case.
type Extractor interface {
	Extract(ctx context.Context, name, text string) (Article, error)
}

// Identify gives drafts ids that depend on what they say, not on where it
// stands, so that text removed elsewhere changes none.
func Identify(d *Draft) {
	h := sha256.New()
	fmt.Fprintln(h, d.Kind, d.Party, d.Parties, d.State, d.Stance, d.Scope, d.Days, d.Mode, d.Accused, d.Head, d.Members)
	for _, w := range d.Words {
		fmt.Fprintln(h, strings.Join(strings.Fields(w.Text), " "))
	}
	d.ID = string(d.Kind) + "-" + hex.EncodeToString(h.Sum(nil))[:8]
}
