package story

import (
	"fmt"
	"time"

	"github.com/truce-project/truce/record"
)

// spoken is an entry of talks that a statement is recorded as.
type spoken struct {
	kind    string
	payload any
}

// atTalks records a statement as entries of talks, where it is one; n is its place
// among those without an incident. The Kremlin's list stays a claim beside them: it is
// more than a position.
func (b *book) atTalks(n int, s statement) bool {
	list := talksOf(s)[n]
	for i, x := range list {
		b.add(draft{name: fmt.Sprintf("talks %d/%d", n, i+1), by: "duty", kind: x.kind, marking: "public", valid: s.day,
			at: at(s.day).Add(16*time.Hour + time.Duration(n)*time.Minute + time.Duration(i)*time.Second), payload: x.payload})
	}
	return len(list) > 0 && n != 10
}

var both = []string{"RU", "UA"}

// talksOf says what the statements of the talks are, by their place.
func talksOf(s statement) map[int][]spoken {
	held := func(id, round, title, venue, medium string, parties ...string) spoken {
		return spoken{record.KindMeeting, record.MeetingEntry{Meeting: id, Round: round, Title: title, Parties: parties, State: "held", Day: s.day, Venue: venue, Medium: medium, Says: s.says, Of: s.by + ", " + s.where}}
	}
	tabled := func(id, version, by, title, terms string, clauses ...record.ProposedClause) spoken {
		return spoken{record.KindProposal, record.ProposalEntry{Proposal: id, Version: version, Tabled: by, Title: title, Needs: both, Terms: terms, Clauses: clauses, Day: s.day, Of: s.by + ", " + s.where}}
	}
	stands := func(party, proposal, version, clause, stance, condition string) spoken {
		p := record.PositionEntry{Holder: party, Proposal: proposal, Version: version, Clause: clause, Stance: stance, Condition: condition, By: s.by, Day: s.day, Quotation: s.says, Summary: true, Of: s.where}
		if proposal == "blanket-30d" {
			p.Commitment = map[string]string{"RU": "russia", "UA": "ukraine"}[party]
		}
		return spoken{record.KindPosition, p}
	}
	named := func(party, round string, heads string) spoken {
		return spoken{record.KindDelegation, record.DelegationEntry{Delegation: party, Round: round, Day: s.day, Head: heads, Quotation: s.says, Of: s.by + ", " + s.where}}
	}
	return map[int][]spoken{
		1: {held("jeddah", "jeddah", "Jeddah", "Jeddah", "in person", "UA", "US"), tabled("blanket-30d", "11 March", "US", "An interim ceasefire of 30 days", "blanket-30d"),
			stands("UA", "blanket-30d", "11 March", "", "accepts-if", "acceptance and concurrent implementation by the Russian Federation")},
		2: {stands("RU", "blanket-30d", "11 March", "", "reserves", "")},
		3: {named("UA", "", "")},
		4: {held("call of 18 March", "call of 18 March", "Call of 18 March", "", "call", "RU", "US"),
			tabled("energy", "18 March", "US", "A halt of strikes on energy", "", record.ProposedClause{Clause: "objects", Says: "Energy infrastructure, as the Kremlin words it; energy and infrastructure, as the White House words it."}, record.ProposedClause{Clause: "duration", Says: "30 days."}),
			stands("RU", "energy", "18 March", "", "accepts", "")},
		6: {stands("UA", "energy", "18 March", "", "accepts-if", "once a document sets out its terms"), stands("UA", "energy", "18 March", "objects", "reserves", "")},
		7: {held("riyadh ua-us", "riyadh", "Riyadh", "Riyadh", "in person", "UA", "US"), named("UA", "riyadh", "Minister of Defence")},
		8: {held("riyadh ru-us", "riyadh", "Riyadh", "Riyadh", "in person", "RU", "US"), named("RU", "riyadh", "a member of the Federation Council, with an adviser of the security service")},
		9: {tabled("energy", "25 March", "US", "A halt of strikes on energy", "energy-2025", record.ProposedClause{Clause: "objects", Says: "Energy facilities of Russia and Ukraine, as the White House words it; a list, as the Kremlin words it."}, record.ProposedClause{Clause: "start", Says: "No day is given."}, record.ProposedClause{Clause: "duration", Says: "30 days."}),
			tabled("black-sea", "25 March", "US", "Safe navigation in the Black Sea", "black-sea-2025")},
		// Each accepts what it reads: the lists and the days of the start differ, and are
		// not agreed.
		10: {stands("RU", "energy", "25 March", "", "accepts", ""), stands("RU", "energy", "25 March", "objects", "reserves", ""), stands("RU", "energy", "25 March", "start", "reserves", ""), stands("RU", "black-sea", "25 March", "", "accepts-if", "after sanctions are lifted")},
		11: {stands("UA", "energy", "25 March", "", "accepts", ""), stands("UA", "energy", "25 March", "start", "reserves", ""), stands("UA", "black-sea", "25 March", "", "accepts", "")},
		12: {{record.KindAgenda, record.AgendaEntry{Questions: []string{"who is monitoring what"}, By: s.by, Day: s.day, Of: s.where}}},
		20: {tabled("easter-2025", "19 April", "RU", "A truce at Easter", "easter-2025"), stands("RU", "easter-2025", "19 April", "", "accepts", "")},
		21: {stands("UA", "easter-2025", "19 April", "", "accepts-if", "in mirror fashion"), tabled("civilian-30d", "19 April", "UA", "30 days without missiles and drones against civilian infrastructure", "")},
	}
}

// liaison is a round of the demo about the rules of its commission: what is said of the
// mandates conflicts within each side, each side says something in confidence, and the
// chair shows a draft to one side and then to the other. Both do the same, minutes
// apart.
func liaison(b *book) {
	add := func(name, by, when string, shift time.Duration, kind string, payload any) {
		b.add(draft{name: name, by: by, at: at(when).Add(shift), kind: kind, payload: payload})
	}
	confide := func(kind string, entry map[string]any) record.CaucusEntry {
		return record.CaucusEntry{Kind: kind, Entry: entry}
	}
	add("liaison", "chair", "2025-03-27T10:00Z", 0, record.KindMeeting, record.MeetingEntry{Meeting: "demo liaison", Round: "demo liaison", Title: "DEMO liaison", Parties: both, State: "planned", Day: "2025-03-30", Medium: "call", Says: "DEMO: about the rules of the commission.", Of: "DEMO: minutes of the liaison"})
	add("liaison/moved", "chair", "2025-03-29T10:00Z", 0, record.KindMeeting, record.MeetingEntry{Meeting: "demo liaison", Parties: both, State: "moved", Day: "2025-03-31", Says: "DEMO: by a day, on the wish of both.", Of: "DEMO: minutes of the liaison"})
	add("liaison/held", "chair", "2025-03-31T15:00Z", 0, record.KindMeeting, record.MeetingEntry{Meeting: "demo liaison", Parties: both, State: "held", Day: "2025-03-31", Of: "DEMO: minutes of the liaison"})
	add("liaison/rules", "chair", "2025-03-31T15:05Z", 0, record.KindProposal, record.ProposalEntry{Proposal: "demo-rules", Version: "26 March", Title: "DEMO: rules of the commission", Needs: both, Terms: "demo-commission", Day: "2025-03-26", Of: "DEMO: minutes of the liaison"})
	add("liaison/draft", "chair", "2025-03-31T15:10Z", 0, record.KindCaucus, confide(record.KindProposal, map[string]any{"proposal": "demo-rules", "version": "draft of the chair", "title": "DEMO: rules of the commission", "day": "2025-04-02", "needs": both}))
	for i, p := range both {
		shift := time.Duration(i) * time.Minute
		add("liaison/delegation "+p, delegates[p], "2025-03-31T15:20Z", shift, record.KindDelegation, record.DelegationEntry{Delegation: p, Round: "demo liaison", Day: "2025-03-31", Head: "DEMO: a deputy", Of: "DEMO", Mandate: []record.MandateWords{
			{Says: "DEMO: a technical delegation", By: "DEMO: a spokesman", Day: "2025-03-30", May: []string{"discuss"}}, {Says: "DEMO: it may act quickly", By: "DEMO: its head", Day: "2025-03-31", May: []string{"discuss", "accept"}}}})
		add("liaison/position "+p, delegates[p], "2025-03-31T15:30Z", shift, record.KindPosition, record.PositionEntry{Holder: p, Proposal: "demo-rules", Version: "26 March", Stance: "accepts", Capacity: "delegation", Round: "demo liaison", By: "DEMO: the head of the delegation", Day: "2025-03-31", Quotation: "DEMO: we can work by these rules.", Of: "DEMO"})
		add("liaison/note "+p, delegates[p], "2025-03-31T15:40Z", shift, record.KindCaucus, confide("note", map[string]any{"says": "DEMO: a shorter time to reply would do.", "about": "demo-rules"}))
		b.add(draft{name: "liaison/shown " + p, by: "chair", at: at("2025-04-02T09:00Z").Add(shift), kind: record.KindCaucus,
			payload: confide(record.KindDisclosure, map[string]any{"entry": b.id("liaison/draft"), "to": []string{p}, "day": "2025-04-02", "says": "DEMO: read out, no copy left"})})
	}
}
