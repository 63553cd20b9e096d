package commission

import (
	"github.com/truce-project/truce/terms"
)

// Rules are what a text says of cases, answers and duties, as far as whoever writes an
// entry has to know it.
type Rules struct {
	Text    string      `json:"text"`
	Title   string      `json:"title"`
	Parties []RuleParty `json:"parties"`
	Clauses []Rule      `json:"clauses" doc:"that a complaint can name"`
	Course  string      `json:"course,omitempty" doc:"clause of the procedure for incidents; absent: the text has none, and cases by it have no clocks"`
	Says    string      `json:"says,omitempty" doc:"its words"`
	Steps   []RuleStep  `json:"steps,omitempty"`
	Members []string    `json:"members,omitempty"`
	Tiers   []string    `json:"tiers,omitempty" doc:"from the lowest"`
	Stops   []string    `json:"stops,omitempty" doc:"reasons for which a clock stands"`
	Clocks  []RuleClock `json:"clocks,omitempty" doc:"the calendars that working days are counted by"`
	Powers  []Rule      `json:"powers,omitempty" doc:"clauses under which a party may answer a breach, or reserves to"`
	Answers bool        `json:"answers" doc:"whether some clause gives a power to answer, so that chains of answers can be followed"`
	Duties  []Rule      `json:"duties,omitempty"`
}

// RuleParty is a party of a text.
type RuleParty struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Rule is a clause with what it is.
type Rule struct {
	Clause string   `json:"clause"`
	Kind   string   `json:"kind"`
	Says   string   `json:"says,omitempty"`
	Of     []string `json:"of,omitempty" doc:"who holds the power, or bears the duty"`
}

// RuleStep is a step of the procedure, as the text has it.
type RuleStep struct {
	ID         string   `json:"id"`
	By         string   `json:"by,omitempty"`
	Within     string   `json:"within,omitempty"`
	Default    string   `json:"default,omitempty"`
	Needs      []string `json:"needs,omitempty"`
	Quorum     int      `json:"quorum,omitempty"`
	Signatures int      `json:"signatures,omitempty"`
}

// RuleClock is the calendar of one side.
type RuleClock struct {
	Of   string `json:"of"`
	Zone string `json:"zone,omitempty"`
}

// Rules are those of every text of the state, in the order of the record.
func (s *State) Rules() []Rules {
	out := []Rules{}
	for _, t := range s.in.Texts {
		out = append(out, rulesOf(t))
	}
	return out
}

func rulesOf(t *terms.Terms) Rules {
	r := Rules{Text: t.ID, Title: t.TitleText(), Parties: []RuleParty{}, Clauses: []Rule{}}
	for _, p := range t.Parties {
		r.Parties = append(r.Parties, RuleParty{string(p.ID), p.Name})
	}
	for _, c := range t.Clauses {
		k := Rule{Clause: string(c.ID), Kind: string(c.Kind), Says: c.Text}
		switch {
		case c.Power != nil:
			k.Of = bearers(t, c.Power.Holder)
			r.Powers = append(r.Powers, k)
			r.Answers = r.Answers || c.Power.May == "respond" || c.Power.May == "answer"
		case c.Kind == terms.Reserve:
			r.Powers = append(r.Powers, k)
		case c.Duty != nil:
			k.Of = bearers(t, c.Duty.Bearer)
			r.Duties = append(r.Duties, k)
			r.Clauses = append(r.Clauses, k)
		case c.Course == nil:
			r.Clauses = append(r.Clauses, k)
		}
	}
	if c, on := course(t); on != nil {
		r.courseOf(c, on)
	}
	return r
}

func (r *Rules) courseOf(c *terms.Clause, on *clocked) {
	r.Course, r.Says, r.Members, r.Stops = string(c.ID), c.Text, on.course.Members, on.course.Stops
	for _, x := range on.course.Tiers {
		r.Tiers = append(r.Tiers, x.ID)
	}
	for _, x := range on.course.Calendars {
		r.Clocks = append(r.Clocks, RuleClock{string(x.Party), x.ZoneName})
	}
	for i := range on.course.Steps {
		st := &on.course.Steps[i]
		k := RuleStep{ID: st.ID, By: st.By, Default: st.Default, Needs: st.Needs, Quorum: st.Quorum, Signatures: st.Signatures}
		if st.Within != nil {
			k.Within = within(st)
		}
		r.Steps = append(r.Steps, k)
	}
}

func bearers(t *terms.Terms, of []string) []string {
	var out []string
	for _, p := range t.Bearers(of) {
		out = append(out, string(p))
	}
	return out
}

// Chains follows the answers of a text of the state; ok is false where there is no
// such text in it.
func (s *State) Chains(text string) (chains []Chain, ok bool, err error) {
	t := s.texts[text]
	if t == nil {
		return nil, false, nil
	}
	chains, err = Chains(t)
	return chains, true, err
}
