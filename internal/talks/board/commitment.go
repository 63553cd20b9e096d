package board

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

// Commitment is what would follow of a position on a version that is a text. A person
// enters it as a commitment@1, or does not.
type Commitment struct {
	Position  string                 `json:"position"`
	Standing  string                 `json:"standing"`
	Since     string                 `json:"since,omitempty" doc:"from which day, by the words of the position, or those by which its condition is met; absent: they tell none"`
	Condition string                 `json:"condition,omitempty"`
	Met       string                 `json:"met,omitempty" doc:"of the condition: yes, no or unknown"`
	Confided  bool                   `json:"confided,omitempty" doc:"the position was said in confidence: entering it would tell of it"`
	Entry     record.CommitmentEntry `json:"entry" doc:"payload of a commitment@1"`
	// Recorded are the commitments of the same id and text in the record.
	Recorded string `json:"recorded,omitempty" doc:"id of the newest commitment@1 of this id for this text"`
	Differs  bool   `json:"differs,omitempty" doc:"what is recorded has other words than what follows now"`
}

type committed struct {
	id string
	record.CommitmentEntry
}

// commitment is what a position on the whole of a text would be as a commitment. A
// condition that is not known to be met stays one. It begins at the day of the
// position or, where it has a condition, at that by which the condition is met; a day
// alone is some instant of that day, and stays uncertain.
func (s *State) commitment(p *Position) {
	if p.Superseded || p.Clause != "" {
		return
	}
	var text string
	for _, v := range s.proposal(p.Proposal).Versions {
		if v.Version == p.Version {
			text = v.Terms
		}
	}
	status := map[string]string{"accepted": "given", "conditional": "given", "unmet": "given", "rejected": "refused"}[p.Standing]
	if text == "" || status == "" {
		return
	}
	c := Commitment{Position: p.ID, Standing: p.Standing, Condition: p.Condition, Confided: p.Confided}
	id := cmp.Or(p.Commitment, strings.ToLower(p.Holder))
	y := fmt.Sprintf("{id: %s, party: %s, act: %s, status: %s", id, p.Holder, quoted("position in talks: "+p.Stance), status)
	since := p.Day
	if p.Condition != "" {
		c.Met = map[string]string{"accepted": "yes", "conditional": "unknown", "unmet": "no"}[p.Standing]
		for _, x := range p.Conditions {
			if x.Settles && x.State == "met" {
				since = x.Day
			}
		}
		y += fmt.Sprintf(", if: %s, met: %s", quoted(p.Condition), c.Met)
	}
	if status == "given" {
		if c.Since = moment(since); c.Since != "" {
			y += ", from: " + quoted(c.Since)
		} else {
			y += ", from: unstated"
		}
	}
	y += fmt.Sprintf(", source: %s}", quoted(strings.Trim(p.Of+", "+p.Day, ", ")))
	c.Entry = record.CommitmentEntry{ID: id, Text: text, Party: p.Holder, Commitment: y}
	s.Commitments = append(s.Commitments, c)
}

// entered says which of these commitments the record has.
func (s *State) entered() {
	for i := range s.Commitments {
		c := &s.Commitments[i]
		for _, x := range s.committed {
			if x.ID == c.Entry.ID && x.Text == c.Entry.Text {
				c.Recorded, c.Differs = x.id, x.Commitment != c.Entry.Commitment
			}
		}
	}
}

// moment is a day or an instant as texts write it; "" for a relative day.
func moment(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err == nil {
		return day
	}
	if _, err := time.Parse(time.RFC3339, day); err == nil {
		return day
	}
	return ""
}

// quoted is a string as JSON writes it, which YAML reads.
func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Receipt is that a party has received what was disclosed to it.
type Receipt struct {
	ID  string `json:"id"`
	Day string `json:"day,omitempty"`
	// Says are the words of the receipt.
	Says string `json:"says,omitempty"`
}

// LedgerRow is one thing that was shown to one party: when, by which entry, and
// whether that party says that it has it.
type LedgerRow struct {
	Entry     string    `json:"entry" doc:"id of the draft, note or position"`
	Kind      string    `json:"kind,omitempty"`
	Of        string    `json:"of,omitempty" doc:"the party whose it is; absent: the mission's"`
	About     string    `json:"about,omitempty" doc:"the proposal, and its version"`
	To        string    `json:"to"`
	Disclosed string    `json:"disclosed" doc:"id of the disclosure@1"`
	Day       string    `json:"day,omitempty" doc:"when it was shown"`
	Says      string    `json:"says,omitempty" doc:"how"`
	Received  []Receipt `json:"received" doc:"what that party says of having it; none: nothing, which is not that it has it not"`
}

type received struct {
	*Entry
	record.ReceivedEntry
}

// ledger lays out who was shown what, and who says that it was received.
func (s *State) ledger(entries []Entry) {
	of := map[string]*Entry{}
	for i := range entries {
		of[entries[i].ID] = &entries[i]
	}
	for _, d := range s.Disclosures {
		for _, to := range d.To {
			row := LedgerRow{Entry: d.Entry, To: to, Disclosed: d.ID, Day: d.Day, Says: d.Says, Received: []Receipt{}}
			if e := of[d.Entry]; e != nil {
				row.Kind, row.Of, row.About = e.Kind, e.Of, about(e)
			}
			s.Ledger = append(s.Ledger, row)
		}
	}
	for _, r := range s.received {
		found := false
		for i := range s.Ledger {
			if x := &s.Ledger[i]; x.Entry == r.ReceivedEntry.Entry && x.To == r.ReceivedEntry.By {
				x.Received, found = append(x.Received, Receipt{r.ID, r.Day, r.Says}), true
			}
		}
		e := of[r.ReceivedEntry.Entry]
		switch {
		case e == nil:
			s.problem(r.Entry, "there is no entry "+r.ReceivedEntry.Entry+" among these talks")
		case !found: // what is on the table for all needs no disclosure
			s.Ledger = append(s.Ledger, LedgerRow{Entry: e.ID, Kind: e.Kind, Of: e.Of, About: about(e), To: r.ReceivedEntry.By, Received: []Receipt{{r.ID, r.Day, r.Says}}})
		}
	}
	slices.SortStableFunc(s.Ledger, func(a, b LedgerRow) int { return cmp.Or(cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.To, b.To)) })
}

// about names what a draft or a position is of.
func about(e *Entry) string {
	var p struct{ Proposal, Version, About string }
	if json.Unmarshal(e.Payload, &p) != nil {
		return ""
	}
	return strings.TrimSpace(cmp.Or(p.Proposal, p.About) + " " + p.Version)
}
