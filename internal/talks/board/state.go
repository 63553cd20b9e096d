package board

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/truce-project/truce/record"
)

// Problem is why an entry counts for nothing, or for less than it says.
type Problem struct {
	Entry string `json:"entry"`
	Kind  string `json:"kind"`
	Why   string `json:"why"`
}

// Meeting is a meeting or call as the newest words about it have it.
type Meeting struct {
	ID      string    `json:"id"`
	Parties []string  `json:"parties"`
	State   string    `json:"state" doc:"planned, moved, ongoing, held, cancelled, not-planned; disputed, where parties say different things and the mission says nothing"`
	Day     string    `json:"day,omitempty"`
	Until   string    `json:"until,omitempty"`
	Venue   string    `json:"venue,omitempty"`
	Medium  string    `json:"medium,omitempty"`
	Follows string    `json:"follows,omitempty"`
	Told    []Telling `json:"told" doc:"all that was entered of it, in the order of the log"`
}

// Telling is one entry about a meeting.
type Telling struct {
	Entry     string `json:"entry"`
	By        string `json:"by,omitempty" doc:"the party whose delegate entered it; absent: the mission"`
	State     string `json:"state"`
	Day       string `json:"day,omitempty"`
	Says      string `json:"says,omitempty"`
	Quotation string `json:"quotation,omitempty"`
	Of        string `json:"of,omitempty"`
}

// Round is meetings that belong together, with who came to them.
type Round struct {
	ID          string         `json:"id" doc:"empty: before the first round"`
	Title       string         `json:"title,omitempty"`
	Day         string         `json:"day,omitempty" doc:"of its first meeting"`
	Meetings    []*Meeting     `json:"meetings"`
	Delegations []*Delegation  `json:"delegations"`
	Agenda      []AgendaItem   `json:"agenda"`
	Counts      map[string]int `json:"counts" doc:"clauses of all proposals at the end of the round, by how they stand"`
	from        int64          // seconds; the first day
	order       int64          // place of its first entry in the log
}

// AgendaItem is a question that is to be settled.
type AgendaItem struct {
	Entry string `json:"entry"`
	Asks  string `json:"asks"`
	By    string `json:"by,omitempty"`
	Of    string `json:"of,omitempty"`
}

// Delegation is all that was entered of a party's delegation to a round.
type Delegation struct {
	Party    string                `json:"party"`
	Heads    []string              `json:"heads,omitempty" doc:"as they were named; more than one where sources differ or it changed"`
	Members  []string              `json:"members,omitempty"`
	Mandate  []record.MandateWords `json:"mandate" doc:"what is said of what it may do"`
	Conflict bool                  `json:"conflict" doc:"of these words some allow to accept and some do not"`
	Entries  []string              `json:"entries"`
}

// Sequence is an order between meetings.
type Sequence struct {
	Entry string `json:"entry"`
	record.SequenceEntry
}

// Shown is a disclosure.
type Shown struct {
	ID string `json:"id"`
	record.DisclosureEntry
}

// NoteShown is a note said in confidence.
type NoteShown struct {
	ID string `json:"id"`
	Of string `json:"of,omitempty" doc:"the party that it is of; absent: the mission"`
	NoteWords
	Disclosed []string `json:"disclosed,omitempty" doc:"to whom"`
}

// State is what follows of the entries.
type State struct {
	Rounds      []*Round     `json:"rounds"`
	Sequences   []Sequence   `json:"sequences"`
	Proposals   []*Proposal  `json:"proposals"`
	Positions   []*Position  `json:"positions" doc:"all of them, by day"`
	Commitments []Commitment `json:"commitments" doc:"what would follow as commitments to texts, to be entered by a person: none of it binds"`
	Notes       []NoteShown  `json:"notes"`
	Disclosures []Shown      `json:"disclosures"`
	Ledger      []LedgerRow  `json:"ledger" doc:"who was shown which draft, note or position, and who says that it was received"`
	Problems    []Problem    `json:"problems"`

	meetings    map[string]*Meeting
	inRound     map[string]string // meeting -> round
	delegations []delegated
	conditions  []conditioned
	agenda      []agendaed
	committed   []committed
	received    []received
	titles      map[string]string
	order       map[string]int64
}

type delegated struct {
	id string
	record.DelegationEntry
}

type conditioned struct {
	*Entry
	record.ConditionEntry
}

type agendaed struct {
	id string
	record.AgendaEntry
}

// Of makes the state of entries, which somebody may see all of.
func Of(entries []Entry) *State {
	s := &State{Rounds: []*Round{}, Sequences: []Sequence{}, Proposals: []*Proposal{}, Positions: []*Position{}, Commitments: []Commitment{}, Notes: []NoteShown{}, Disclosures: []Shown{}, Ledger: []LedgerRow{}, Problems: []Problem{},
		meetings: map[string]*Meeting{}, inRound: map[string]string{}, titles: map[string]string{}, order: map[string]int64{}}
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Index, b.Index) })
	there := map[string]bool{}
	for i := range entries {
		there[entries[i].ID] = true
	}
	for i := range entries {
		e := &entries[i]
		if e.Kind == kindCommitment && !e.Wrapped {
			x := committed{id: e.ID}
			if json.Unmarshal(e.Payload, &x.CommitmentEntry) == nil {
				s.committed = append(s.committed, x)
			}
			continue
		}
		if faults := Faults(e.Kind, e.Payload, e.Speaks); len(faults) > 0 {
			s.problem(e, strings.Join(faults, "; "))
			continue
		}
		s.take(e, there)
	}
	s.rounds()
	s.settle()
	s.ledger(entries)
	for _, r := range s.Rounds {
		s.delegationsOf(r)
	}
	for _, p := range s.Positions {
		s.mandate(p)
	}
	for _, p := range s.Proposals {
		s.board(p)
	}
	return s
}

func (s *State) problem(e *Entry, why string) {
	s.Problems = append(s.Problems, Problem{e.ID, e.Kind, why})
}

// take reads an entry, which Faults has read before.
func (s *State) take(e *Entry, there map[string]bool) {
	read := func(into any) { _ = json.Unmarshal(e.Payload, into) }
	switch e.Kind {
	case record.KindMeeting:
		var p record.MeetingEntry
		read(&p)
		s.meeting(e, &p)
	case record.KindSequence:
		x := Sequence{Entry: e.ID}
		read(&x.SequenceEntry)
		s.Sequences = append(s.Sequences, x)
	case record.KindAgenda:
		x := agendaed{id: e.ID}
		read(&x.AgendaEntry)
		s.agenda = append(s.agenda, x)
	case record.KindDelegation:
		x := delegated{id: e.ID}
		read(&x.DelegationEntry)
		s.delegations = append(s.delegations, x)
	case record.KindProposal:
		var p record.ProposalEntry
		read(&p)
		s.version(e, &p)
	case record.KindPosition:
		x := &Position{ID: e.ID, index: e.Index, Confided: e.Wrapped}
		read(&x.PositionEntry)
		x.at, x.dated = instant(x.Day)
		s.Positions = append(s.Positions, x)
	case record.KindCondition:
		x := conditioned{Entry: e}
		read(&x.ConditionEntry)
		s.conditions = append(s.conditions, x)
	case record.KindDisclosure:
		x := Shown{ID: e.ID}
		read(&x.DisclosureEntry)
		if !there[x.DisclosureEntry.Entry] {
			s.problem(e, "there is no entry "+x.DisclosureEntry.Entry+" among these talks")
		}
		s.Disclosures = append(s.Disclosures, x)
	case record.KindReceived:
		x := received{Entry: e}
		read(&x.ReceivedEntry)
		s.received = append(s.received, x)
	case Note:
		x := NoteShown{ID: e.ID, Of: e.Of}
		read(&x.NoteWords)
		s.Notes = append(s.Notes, x)
	}
}

func (s *State) meeting(e *Entry, p *record.MeetingEntry) {
	m := s.meetings[p.Meeting]
	if m == nil {
		m = &Meeting{ID: p.Meeting}
		s.meetings[p.Meeting], s.order[p.Meeting] = m, e.Index
	}
	m.Told = append(m.Told, Telling{e.ID, e.Speaks, p.State, p.Day, p.Says, p.Quotation, p.Of})
	newest := map[string]Telling{}
	for _, t := range m.Told {
		newest[t.By] = t
	}
	if said, ok := newest[""]; ok && said.Entry != e.ID {
		return // what the mission says goes before
	}
	m.Parties, m.State = p.Parties, p.State
	for _, d := range []struct{ to, from *string }{{&m.Day, &p.Day}, {&m.Until, &p.Until}, {&m.Venue, &p.Venue}, {&m.Medium, &p.Medium}, {&m.Follows, &p.Follows}} {
		if *d.from != "" {
			*d.to = *d.from
		}
	}
	if _, ok := newest[""]; !ok {
		for _, t := range newest {
			if t.State != p.State || t.Day != p.Day {
				m.State = "disputed"
			}
		}
	}
	round := cmp.Or(p.Round, s.inRound[p.Meeting], p.Meeting)
	s.inRound[p.Meeting] = round
	if p.Title != "" {
		s.titles[round] = p.Title
	}
}

// rounds puts meetings into rounds, and rounds into the order of their days. What
// has no date stands in the order of the log, after what has.
func (s *State) rounds() {
	of := map[string]*Round{}
	for id, m := range s.meetings {
		r := of[s.inRound[id]]
		if r == nil {
			r = newRound(s.inRound[id])
			r.Title = s.titles[r.ID]
			of[r.ID] = r
		}
		r.Meetings = append(r.Meetings, m)
		r.order = min(r.order, s.order[id])
		if at, ok := instant(m.Day); ok && at < r.from && m.State != "cancelled" && m.State != "not-planned" {
			r.from, r.Day = at, m.Day
		}
	}
	for _, r := range of {
		slices.SortFunc(r.Meetings, func(a, b *Meeting) int { return cmp.Compare(s.order[a.ID], s.order[b.ID]) })
		s.Rounds = append(s.Rounds, r)
	}
	slices.SortFunc(s.Rounds, func(a, b *Round) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.order, b.order)) })
	for _, d := range s.delegations { // rounds that only they name are there before any is counted
		s.roundAt(d.Round, d.Day)
	}
	for _, a := range s.agenda {
		r := s.roundAt(a.Round, a.Day)
		for _, q := range a.Questions {
			r.Agenda = append(r.Agenda, AgendaItem{a.id, q, a.By, a.Of})
		}
	}
}

func newRound(id string) *Round {
	return &Round{ID: id, Meetings: []*Meeting{}, Delegations: []*Delegation{}, Agenda: []AgendaItem{}, Counts: map[string]int{}, from: math.MaxInt64, order: math.MaxInt64}
}

// roundAt is the round that is named, or else the last that had begun by a day; the
// time before the first is a round without a name.
func (s *State) roundAt(name, day string) *Round {
	for _, r := range s.Rounds {
		if name != "" && r.ID == name {
			return r
		}
	}
	at, dated := instant(day)
	var last *Round
	for _, r := range s.Rounds {
		if name == "" && dated && r.from <= at {
			last = r
		}
	}
	if last != nil {
		return last
	}
	if name != "" { // no meeting of it is known
		r := newRound(name)
		if dated {
			r.from, r.Day = at, day
		}
		i := slices.IndexFunc(s.Rounds, func(x *Round) bool { return x.from > r.from })
		if i < 0 {
			i = len(s.Rounds)
		}
		s.Rounds = slices.Insert(s.Rounds, i, r)
		return r
	}
	if len(s.Rounds) == 0 || s.Rounds[0].ID != "" {
		r := newRound("")
		r.from = math.MinInt64
		s.Rounds = slices.Insert(s.Rounds, 0, r)
	}
	return s.Rounds[0]
}

// delegationsOf gathers what was entered of each party's delegation to a round.
func (s *State) delegationsOf(r *Round) {
	of := map[string]*Delegation{}
	for i := range s.delegations {
		d := &s.delegations[i]
		if at := s.roundAt(d.Round, d.Day); at != r {
			continue
		}
		x := of[d.DelegationEntry.Delegation]
		if x == nil {
			x = &Delegation{Party: d.DelegationEntry.Delegation, Mandate: []record.MandateWords{}}
			of[x.Party] = x
			r.Delegations = append(r.Delegations, x)
		}
		x.Entries = append(x.Entries, d.id)
		if d.Head != "" && !slices.Contains(x.Heads, d.Head) {
			x.Heads = append(x.Heads, d.Head)
		}
		for _, m := range d.Members {
			if !slices.Contains(x.Members, m) {
				x.Members = append(x.Members, m)
			}
		}
		x.Mandate = append(x.Mandate, d.Mandate...)
		allow, deny := allows(x.Mandate, "", "")
		x.Conflict = allow > 0 && deny > 0
	}
	slices.SortFunc(r.Delegations, func(a, b *Delegation) int { return cmp.Compare(a.Party, b.Party) })
}

// allows counts the words of a mandate that allow to accept, and those that say what
// is allowed and leave it out.
func allows(ms []record.MandateWords, proposal, clause string) (allow, deny int) {
	for _, m := range ms {
		if len(m.May) == 0 {
			continue
		}
		may := slices.Contains(m.May, "accept") || slices.Contains(m.May, "sign")
		about := len(m.Only) == 0 || proposal == "" || slices.Contains(m.Only, proposal) || clause != "" && slices.Contains(m.Only, clause)
		switch {
		case may && about:
			allow++
		case about || may: // it allows to accept something else
			deny++
		}
	}
	return allow, deny
}

// mandate holds an acceptance by a delegation against what is said of its mandate.
func (s *State) mandate(p *Position) {
	if p.Capacity != "delegation" || p.Stance != "accepts" && p.Stance != "accepts-if" {
		return
	}
	var ms []record.MandateWords
	known := false
	for i := range s.delegations {
		d := &s.delegations[i]
		if d.DelegationEntry.Delegation != p.Holder || d.Round != "" && s.roundAt(d.Round, d.Day).ID != p.In {
			continue
		}
		if at, ok := instant(d.Day); d.Round == "" && ok && p.dated && at > p.at {
			continue
		}
		known, ms = true, append(ms, d.Mandate...)
	}
	allow, deny := allows(ms, p.Proposal, p.Clause)
	switch {
	case !known:
		p.Mandate, p.Because = "not-told", "nothing was entered of the delegation of "+p.Holder
	case allow == 0 && deny == 0:
		p.Mandate, p.Because = "not-told", "no words about the mandate say what it allows"
	case deny == 0:
		p.Mandate, p.Because = "within", fmt.Sprintf("all %d characterisations that say so allow it", allow)
	case allow == 0:
		p.Mandate, p.Because = "beyond", fmt.Sprintf("none of the %d characterisations that say what it may do allows it", deny)
	default:
		p.Mandate, p.Because = "contested", fmt.Sprintf("%d characterisations allow it and %d do not", allow, deny)
	}
}
