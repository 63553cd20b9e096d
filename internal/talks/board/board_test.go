package board

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/record"
)

// told is a log of talks, by whoever writes it.
type told []Entry

// add writes an entry: who is the party whose delegate writes it, or nobody.
func (l *told) add(who, kind string, payload any) string {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	e := Entry{Index: int64(len(*l)), ID: fmt.Sprintf("E%d", len(*l)), Kind: kind, Payload: b, Speaks: who, Of: who, Role: "chair"}
	if who != "" {
		e.Role = "delegate"
	}
	*l = append(*l, e)
	return e.ID
}

// confide wraps an entry of a party, or of the mission.
func (l *told) confide(who, kind string, payload any) string {
	id := l.add(who, kind, payload)
	(*l)[len(*l)-1].Wrapped = true
	return id
}

// reads is what somebody reads without a disclosure: what is not in confidence, and
// what is of the own party. The mission reads all that is told to it.
func reads(party string) func(*Entry) bool {
	return func(e *Entry) bool { return !e.Wrapped || party == "" || e.Of == party }
}

func march() told {
	var l told
	l.add("", record.KindMeeting, record.MeetingEntry{Meeting: "jeddah", Parties: []string{"UA", "US"}, State: "held", Day: "2025-03-11"})
	l.add("", record.KindProposal, record.ProposalEntry{Proposal: "blanket", Version: "11 March", Tabled: "US", Title: "30 days", Needs: []string{"UA", "RU"}, Day: "2025-03-11", Terms: "blanket-30d"})
	l.add("", record.KindPosition, record.PositionEntry{Holder: "UA", Proposal: "blanket", Version: "11 March", Stance: "accepts-if", Condition: "acceptance by the other side", Day: "2025-03-11", Quotation: "q", Of: "joint statement"})
	l.add("", record.KindPosition, record.PositionEntry{Holder: "RU", Proposal: "blanket", Version: "11 March", Stance: "reserves", Day: "2025-03-13", Quotation: "The idea is correct", Of: "press conference"})
	l.add("", record.KindMeeting, record.MeetingEntry{Meeting: "riyadh-ua", Round: "riyadh", Parties: []string{"UA", "US"}, State: "planned", Day: "2025-03-23"})
	l.add("", record.KindMeeting, record.MeetingEntry{Meeting: "riyadh-ru", Round: "riyadh", Parties: []string{"RU", "US"}, State: "held", Day: "2025-03-24"})
	l.add("", record.KindProposal, record.ProposalEntry{Proposal: "energy", Version: "18 March", Title: "energy", Needs: []string{"UA", "RU"}, Day: "2025-03-18", Clauses: []record.ProposedClause{{Clause: "1", Says: "No strikes."}, {Clause: "2", Says: "30 days."}}, Terms: "energy-2025"})
	l.add("", record.KindPosition, record.PositionEntry{Holder: "RU", Proposal: "energy", Version: "18 March", Stance: "accepts", Day: "2025-03-18", Quotation: "q", Of: "read-out"})
	return l
}

func (p *Proposal) cell(clause, round string) *Cell {
	for _, r := range p.Rows {
		for i := range r.Cells {
			if r.Clause == clause && r.Cells[i].Round == round {
				return &r.Cells[i]
			}
		}
	}
	return nil
}

// TestMarch: the talks of March 2025 as a board.
func TestMarch(t *testing.T) {
	l := march()
	cond := l.add("", record.KindPosition, record.PositionEntry{Holder: "UA", Proposal: "energy", Version: "18 March", Stance: "accepts-if", Condition: "once a document sets out its terms", Day: "2025-03-19", Quotation: "q", Of: "remarks"})
	s := Of(l)
	if len(s.Problems) > 0 || len(s.Rounds) != 2 || s.Rounds[0].ID != "jeddah" || s.Rounds[1].ID != "riyadh" || len(s.Rounds[1].Meetings) != 2 {
		t.Fatalf("%+v %+v", s.Problems, s.Rounds)
	}
	if m := s.Rounds[1].Meetings[0]; m.State != "planned" {
		t.Errorf("a planned meeting is %s", m.State)
	}
	energy := s.proposal("energy")
	if c := energy.cell("1", "riyadh"); c.Status != "agreed-if" || c.Holds[0].Standing != "accepted" || c.Holds[1].Standing != "conditional" {
		t.Errorf("%+v", c)
	}
	if c := s.proposal("blanket").cell("", "riyadh"); c.Status != "open" || c.Holds[0].New {
		t.Errorf("%+v", c)
	}
	find := func(s *State, position string) Commitment {
		for _, c := range s.Commitments {
			if c.Position == position {
				return c
			}
		}
		return Commitment{}
	}
	if y := find(s, cond).Entry.Commitment; !strings.Contains(y, `if: "once a document sets out its terms", met: unknown`) {
		t.Error(y)
	}
	// Somebody else's word does not meet it; the party's own does.
	l.add("", record.KindCondition, record.ConditionEntry{Position: cond, State: "met", By: "RU", Day: "2025-03-25", Says: "published"})
	if got := Of(l).proposal("energy").cell("1", "riyadh"); got.Status != "agreed-if" {
		t.Error(got.Status)
	}
	l.add("UA", record.KindCondition, record.ConditionEntry{Position: cond, State: "met", By: "UA", Day: "2025-03-25", Says: "published"})
	s = Of(l)
	if got := s.proposal("energy").cell("2", "riyadh"); got.Status != "agreed" {
		t.Error(got)
	}
	if y := find(s, cond).Entry.Commitment; !strings.Contains(y, "met: yes") {
		t.Error(y)
	}
	// A later version: clause 1 reads the same, clause 2 does not.
	l.add("", record.KindProposal, record.ProposalEntry{Proposal: "energy", Version: "24 March", Title: "energy", Needs: []string{"UA", "RU"}, Day: "2025-03-24", Clauses: []record.ProposedClause{{Clause: "1", Says: "No strikes."}, {Clause: "2", Says: "60 days."}}})
	energy = Of(l).proposal("energy")
	if c := energy.cell("1", "riyadh"); c.Status != "agreed" {
		t.Errorf("the same words: %+v", c)
	}
	if c := energy.cell("2", "riyadh"); c.Status != "open" || c.Holds[0].Standing != "earlier-version" {
		t.Errorf("other words: %+v", c)
	}
	// Acceptance taken back.
	l.add("RU", record.KindPosition, record.PositionEntry{Holder: "RU", Proposal: "energy", Version: "24 March", Clause: "1", Stance: "rejects", Day: "2025-03-25", Quotation: "q", Of: "x"})
	if c := Of(l).proposal("energy").cell("1", "riyadh"); c.Status != "apart" || c.Holds[0].Standing != "withdrawn" {
		t.Errorf("taken back: %+v", c)
	}
}

// TestMandates: words about a mandate may conflict, and none is chosen.
func TestMandates(t *testing.T) {
	accept := record.PositionEntry{Holder: "UA", Proposal: "energy", Version: "18 March", Stance: "accepts", Capacity: "delegation", Round: "riyadh", Day: "2025-03-23", Quotation: "q", Of: "x"}
	technical := record.MandateWords{Says: "technical", By: "an aide", May: []string{"discuss"}}
	quick := record.MandateWords{Says: "may act quickly", By: "the president", May: []string{"accept"}}
	maritime := record.MandateWords{Says: "may settle the ports", May: []string{"accept"}, Only: []string{"maritime"}}
	open := record.MandateWords{Says: "experienced people"}
	for _, x := range []struct {
		words []record.MandateWords
		want  string
	}{
		{nil, "not-told"}, {[]record.MandateWords{open}, "not-told"}, {[]record.MandateWords{technical}, "beyond"}, {[]record.MandateWords{quick, open}, "within"},
		{[]record.MandateWords{technical, quick}, "contested"}, {[]record.MandateWords{maritime}, "beyond"},
	} {
		l := march()
		l.add("", record.KindDelegation, record.DelegationEntry{Delegation: "UA", Round: "riyadh", Head: "Minister of Defence", Mandate: x.words})
		id := l.add("UA", record.KindPosition, accept)
		s := Of(l)
		for _, p := range s.Positions {
			if p.ID == id && p.Mandate != x.want {
				t.Errorf("%v: %s (%s), expected %s", x.words, p.Mandate, p.Because, x.want)
			}
		}
		if d := s.Rounds[1].Delegations[0]; d.Conflict != (x.want == "contested") {
			t.Errorf("%v: conflict %v", x.words, d.Conflict)
		}
	}
}

// TestNoOtherVoice: a delegate enters nothing for the other side, and the words of two
// parties about one meeting leave it open.
func TestNoOtherVoice(t *testing.T) {
	l := march()
	n := len(Of(l).Positions)
	l.add("RU", record.KindPosition, record.PositionEntry{Holder: "UA", Proposal: "energy", Version: "18 March", Stance: "rejects", Day: "2025-03-20", Quotation: "q", Of: "x"})
	s := Of(l)
	if len(s.Positions) != n || len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Why, "speaks for no other") {
		t.Errorf("%+v", s.Problems)
	}
	for _, who := range []string{"UA", "RU"} {
		l.add(who, record.KindMeeting, record.MeetingEntry{Meeting: "call", Parties: []string{"UA", "RU"}, State: map[string]string{"UA": "held", "RU": "cancelled"}[who], Day: "2025-03-26"})
	}
	state := func() string { return Of(l).meetings["call"].State }
	if got := state(); got != "disputed" {
		t.Error(got)
	}
	l.add("", record.KindMeeting, record.MeetingEntry{Meeting: "call", Parties: []string{"UA", "RU"}, State: "held", Day: "2025-03-26"})
	l.add("RU", record.KindMeeting, record.MeetingEntry{Meeting: "call", Parties: []string{"UA", "RU"}, State: "cancelled", Day: "2025-03-26"})
	if got := state(); got != "held" {
		t.Error(got)
	}
}

// TestDisclosure: only the one whose it is discloses, and only those who were told see.
func TestDisclosure(t *testing.T) {
	for _, me := range []string{"UA", "RU"} {
		other := map[string]string{"UA": "RU", "RU": "UA"}[me]
		l := march()
		mine := l.confide(me, Note, NoteWords{Says: "we could live with 20 days"})
		chair := l.confide("", record.KindProposal, record.ProposalEntry{Proposal: "bridge", Version: "a", Title: "a bridge"})
		has := func(party, id string) bool {
			return slices.ContainsFunc(Visible(l, party, reads(party)), func(e Entry) bool { return e.ID == id })
		}
		l.add(other, record.KindDisclosure, record.DisclosureEntry{Entry: mine, To: []string{other}})
		l.add("", record.KindDisclosure, record.DisclosureEntry{Entry: mine, To: []string{other}})
		l.add(other, record.KindDisclosure, record.DisclosureEntry{Entry: chair, To: []string{other}})
		if has(other, mine) || !has(me, mine) || !has("", mine) || has(other, chair) || has(me, chair) {
			t.Errorf("%s: somebody disclosed what is not theirs", me)
		}
		l.confide(me, record.KindDisclosure, record.DisclosureEntry{Entry: mine, To: []string{other}})
		l.confide("", record.KindDisclosure, record.DisclosureEntry{Entry: chair, To: []string{me}})
		if !has(other, mine) || !has(me, chair) || has(other, chair) {
			t.Errorf("%s: what was disclosed is not seen, or by others too", me)
		}
	}
}

// drawn is a log of talks by chance, and the same with the parties exchanged.
func drawn(t *rapid.T) (l, swapped told) {
	party := rapid.SampledFrom([]string{"A", "B"})
	day := rapid.SampledFrom([]string{"2025-03-10", "2025-03-11", "2025-03-12", "2025-03-13", "D+1"})
	round := rapid.SampledFrom([]string{"", "one", "two"})
	for range rapid.IntRange(0, 14).Draw(t, "entries") {
		who := rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "who")
		mine := party.Draw(t, "of")
		var kind string
		var p any
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			kind, p = record.KindMeeting, record.MeetingEntry{Meeting: rapid.SampledFrom([]string{"m", "n"}).Draw(t, "m"), Round: round.Draw(t, "r"), Parties: []string{mine}, State: rapid.SampledFrom(words[record.KindMeeting]).Draw(t, "s"), Day: day.Draw(t, "d")}
		case 1:
			kind, p = record.KindProposal, record.ProposalEntry{Proposal: "p", Version: rapid.SampledFrom([]string{"v", "w"}).Draw(t, "v"), Tabled: mine, Title: "t", Day: day.Draw(t, "d"), Clauses: []record.ProposedClause{{Clause: "1", Says: "x"}, {Clause: "2", Says: day.Draw(t, "words")}}, Terms: "text"}
		case 2, 3:
			x := record.PositionEntry{Holder: mine, Proposal: "p", Version: rapid.SampledFrom([]string{"v", "w"}).Draw(t, "v"), Clause: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "c"), Stance: rapid.SampledFrom(words[record.KindPosition]).Draw(t, "s"), Round: round.Draw(t, "r"), Day: day.Draw(t, "d"), Capacity: rapid.SampledFrom([]string{"", "delegation"}).Draw(t, "cap"), Quotation: "q", Of: "o"}
			if x.Stance == "accepts-if" {
				x.Condition = "c"
			}
			kind, p = record.KindPosition, x
		case 4:
			kind, p = record.KindDelegation, record.DelegationEntry{Delegation: mine, Round: round.Draw(t, "r"), Day: day.Draw(t, "d"), Head: "h", Mandate: []record.MandateWords{{Says: "s", May: []string{rapid.SampledFrom(words["may"]).Draw(t, "may")}}}}
		case 5:
			kind, p = record.KindCondition, record.ConditionEntry{Position: fmt.Sprint("E", rapid.IntRange(0, 14).Draw(t, "e")), State: rapid.SampledFrom(words[record.KindCondition]).Draw(t, "s"), By: mine, Day: "2025-03-13", Says: "s"}
		default:
			kind, p = record.KindDisclosure, record.DisclosureEntry{Entry: fmt.Sprint("E", rapid.IntRange(0, 14).Draw(t, "e")), To: []string{mine}}
		}
		l.add(who, kind, p)
		l[len(l)-1].Wrapped = rapid.Bool().Draw(t, "in confidence")
	}
	for _, e := range l {
		e.Speaks, e.Of = exchange.Replace(e.Speaks), exchange.Replace(e.Of)
		e.Payload = []byte(exchange.Replace(string(e.Payload)))
		swapped = append(swapped, e)
	}
	return l, swapped
}

// exchange swaps the parties of drawn, whose names stand nowhere else.
var exchange = strings.NewReplacer(`"A"`, `"B"`, `"B"`, `"A"`, "A", "B", "B", "A")

// TestSwapped: with the parties exchanged, each sees what the other did.
func TestSwapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, swapped := drawn(t)
		for _, p := range []string{"A", "B", ""} {
			q := exchange.Replace(p)
			a, b := Of(Visible(l, p, reads(p))), Of(Visible(swapped, q, reads(q)))
			if x, y := flat(a), flat(b); !reflect.DeepEqual(x, y) {
				t.Fatalf("%s sees\n%v\n%s sees\n%v", p, x, q, y)
			}
		}
	})
}

// flat is what a state says, with the parties of the second put back, in an order
// that does not depend on how they are called.
func flat(s *State) map[string]int {
	out := map[string]int{}
	for i, r := range s.Rounds {
		out[fmt.Sprint(i, r.ID, r.Day, r.Counts, len(r.Meetings), len(r.Delegations))]++
		for _, m := range r.Meetings {
			out[fmt.Sprint(m.ID, m.State, m.Day, len(m.Told))]++
		}
	}
	for _, p := range s.Proposals {
		for _, r := range p.Rows {
			for _, c := range r.Cells {
				out[fmt.Sprint(p.ID, r.Clause, r.Says, c.Round, c.Version, c.Status, len(c.Holds))]++
				for _, h := range c.Holds {
					out[fmt.Sprint(p.ID, r.Clause, c.Round, h.Standing, h.Position, h.New, h.Except, h.Flag)]++
				}
			}
		}
	}
	for _, p := range s.Positions {
		out[fmt.Sprint(p.ID, p.In, p.Standing, p.Mandate, p.Superseded, len(p.Conditions))]++
	}
	out[fmt.Sprint(len(s.Problems), len(s.Commitments), len(s.Disclosures))]++
	return out
}

// TestConfidedTellsNothing: entries that a party may not see, more or fewer of them,
// change no byte of what it is told.
func TestConfidedTellsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, _ := drawn(t)
		var without told
		for _, e := range l {
			if reads("B")(&e) {
				without = append(without, e)
			}
		}
		// Only what was disclosed to B may differ: here nothing is.
		l = slices.DeleteFunc(l, func(e Entry) bool { return e.Kind == record.KindDisclosure && e.Wrapped })
		var plain told
		for _, e := range without {
			if e.Kind != record.KindDisclosure {
				plain = append(plain, e)
			}
		}
		l = slices.DeleteFunc(l, func(e Entry) bool { return e.Kind == record.KindDisclosure })
		a, _ := json.Marshal(Of(Visible(l, "B", reads("B"))))
		b, _ := json.Marshal(Of(plain))
		if string(a) != string(b) {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

// TestKindsAreNamed: a kind without its version is told the one that is meant, and any
// other which there are.
func TestKindsAreNamed(t *testing.T) {
	for _, k := range append(Kinds(), Note) {
		name, _, _ := strings.Cut(k, "@")
		if k == Note || k == record.KindCaucus {
			continue
		}
		if got := Faults(name, []byte("{}"), ""); len(got) != 1 || !strings.HasSuffix(got[0], "expected "+k) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := Faults("report@1", []byte("{}"), ""); len(got) != 1 || !strings.Contains(got[0], "expected one of "+record.KindMeeting) || strings.Contains(got[0], record.KindCaucus) {
		t.Errorf("%q", got)
	}
}

// FuzzFaults: no payload makes it fail, and what it lets through makes a state.
func FuzzFaults(f *testing.F) {
	for _, e := range march() {
		f.Add(e.Kind, e.Payload)
	}
	f.Add(record.KindCaucus, []byte(`{"kind":"note","entry":{"says":"x"}}`))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		e := Unwrap(Entry{ID: "E", Kind: kind, Payload: payload})
		s := Of([]Entry{e, e})
		if len(Faults(e.Kind, e.Payload, "")) > 0 && len(s.Problems) == 0 {
			t.Fatal("a fault that nobody is told of")
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}
