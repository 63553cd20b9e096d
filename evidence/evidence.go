// Package evidence holds what is known about incidents: facts as sets of
// possibilities, who reported them, who claims or denies what, and how well
// it is established.
//
// It promises that an empty fact means "unknown" and never "did not happen",
// that a claim stays a claim of its speaker, and that alternatives
// (scenarios) are never blended into combinations nobody reported.
//
// It puts reports together that may be of one event (Fuse). What it says are
// proposals with reasons; they do not depend on the order of reports, and are the
// same when parties change places. A relay adds no source, and control of a
// place names nobody.
package evidence

import (
	"fmt"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Level says how well something is established.
type Level uint8

// The evidence levels, in order.
const (
	Claimed Level = iota
	Reported
	Corroborated
	Verified
	Determined
)

// Levels lists the levels in order.
var levelNames = [...]string{"claimed", "reported", "corroborated", "verified", "determined"}

// Levels returns all levels, weakest first.
func Levels() []Level { return []Level{Claimed, Reported, Corroborated, Verified, Determined} }

// String returns the level's word.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", l)
}

// ParseLevel reads a level's word.
func ParseLevel(s string) (Level, error) {
	for i, n := range levelNames {
		if s == n {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not an evidence level: expected claimed, reported, corroborated, verified or determined", s)
}

// Position says where something was read, for messages.
type Position struct {
	File string
	Line int
}

// String prints file:line.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Incident is what monitors hold may have happened once: one or more
// scenarios, which exclude each other.
type Incident struct {
	ID        string
	Scenarios []Scenario // at least one
	Level     Level
	Claims    []Claim
	Source    string // who reported it, as given
	// Reliability is the source's rating on the two Admiralty axes, such as
	// "B2", as given.
	Reliability string
	URL         string
	Text        string
	Count       Number // how many events the report speaks of; zero value: one
	Killed      Number
	Injured     Number
	Damage      string
	Severity    string
	Seen        *Observation // by an observer, where the report is of one; else nil
	From        Position
	Notes       []string // what reading it left open, for people
}

// Scenario is one way in which an incident may have happened. Each fact is a
// set: the listed values are the possible ones, and no values at all means
// unknown. Values are nodes of the vocabulary's trees (act, outcome, means,
// target, intended target) or ids of parties and what the terms list under
// them (actor, owner, controller).
type Scenario struct {
	Name string

	Time    when.Span // contains the instant of the act (of impact); when.Always if unknown
	Lasting bool      // the act lasted through all of Time
	Launch  when.Span // contains the instant of launch; when.Always if unknown

	Place      where.Region // the zero value is unknown
	PlaceName  string       // as given
	Origin     where.Region // from where it was launched
	OriginName string

	Actor, Act, Outcome, Means, Target, Intended, Owner, Controller []string
	Site                                                            []string // ids of annex objects

	// Levels holds the evidence level of a single fact where it differs from
	// the incident's, by the column name of the fact.
	Levels map[string]Level
}

// Claim is a speech act of somebody about an incident.
type Claim struct {
	By   string // the speaker: a party id where known, else as given
	Kind ClaimKind
	Of   string // the party that is accused, where one is
	On   string // when it was said, as given
	Gist string
}

// ClaimKind says what a claim does.
type ClaimKind string

// The kinds of claim.
const (
	Asserts      ClaimKind = "asserts"
	Denies       ClaimKind = "denies"
	Attributes   ClaimKind = "attributes"
	Acknowledges ClaimKind = "acknowledges"
	Justifies    ClaimKind = "justifies"
	Counts       ClaimKind = "counts"
)

// Number is a count as a source gives it: exact, a range, "about" or "at
// least". The zero value is unknown.
type Number struct {
	Known    bool
	Min, Max int // Max < 0: no upper bound was given
	About    bool
}

// Observation is what somebody saw, heard or recorded, before anybody says what it
// was an act of: the unit of the tables of observer missions (OSCE SMM daily
// reports, annex "Table of ceasefire violations"). Its words are kept as given.
type Observation struct {
	Station  string   // where the observer was, as given
	Sense    string   // heard, saw, recorded, radar; "" not said
	Kind     string   // one of Observed
	What     string   // undetermined, outgoing, impact, "from N to S" ..., as given
	Weapon   string   // as assessed by the observer; "" not known
	Exercise string   // live-fire exercise, controlled detonation; "" neither was assessed
	Bearings []string // compass points from the station, where given
	// Same names the event where several stations observed one: they count once.
	Same string
}

// Observed are the kinds of observation.
var Observed = []string{"explosion", "burst", "shot", "projectile", "muzzle-flash", "flare", "airburst"}
