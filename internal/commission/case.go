package commission

import (
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Case is a complaint and what became of it.
type Case struct {
	ID      string   `json:"id" doc:"of the complaint"`
	Number  int      `json:"number" doc:"its place among the complaints of the log"`
	Text    string   `json:"text"`
	Clauses []string `json:"clauses,omitempty" doc:"that are said to be breached"`
	By      string   `json:"by" doc:"who complains"`
	Against string   `json:"against"`
	Says    string   `json:"says"`
	Asks    string   `json:"asks,omitempty"`
	About   []string `json:"about,omitempty" doc:"incidents and other entries that it is about"`
	Opened  Time     `json:"opened"`
	State   string   `json:"state" enum:"open,acknowledged,replied,visited,proposed,determined,appealed,remedied,withdrawn"`
	Tier    string   `json:"tier,omitempty" doc:"that hears it now"`
	Rule    string   `json:"rule,omitempty" doc:"clause of the procedure; absent: the text has none, and there are no clocks"`
	Clocks  []Clock  `json:"clocks"`
	Missing []string `json:"missing" doc:"what keeps it from going on, in words"`
	Gates   []Gate   `json:"gates" doc:"the same, for programs"`

	Steps          []Taken          `json:"steps" doc:"what was done, in the order of the log"`
	Determinations []*Determination `json:"determinations,omitempty" doc:"proposed or adopted; the last one counts"`
	Tiers          []Reached        `json:"tiers,omitempty"`
	Stops          []Stop           `json:"stops,omitempty"`

	on    *clocked
	s     *State
	since when.Instant // when the tier that hears it was reached
}

// Taken is a step that somebody took.
type Taken struct {
	Step      string `json:"step"`
	Party     string `json:"party,omitempty" doc:"absent: the commission"`
	Answer    string `json:"answer,omitempty"`
	Says      string `json:"says"`
	At        Time   `json:"at"`
	Entry     string `json:"entry"`
	TakenDown bool   `json:"taken_down,omitempty" doc:"the mission took down what the party said"`
	Tier      string `json:"tier,omitempty"`

	after when.Instant
}

// Reached is when a tier began to hear the case, and why.
type Reached struct {
	Tier string `json:"tier"`
	At   Time   `json:"at"`
	Why  string `json:"why"`
}

// course finds the procedure for incidents of a text.
func course(t *terms.Terms) (*terms.Clause, *clocked) {
	for _, c := range t.Clauses {
		if c.Course != nil && (c.Course.Of == "" || c.Course.Of == "incidents") && len(c.Course.Steps) > 0 {
			return c, &clocked{c.Course, t.Clock}
		}
	}
	return nil, nil
}

// complaint opens a case.
func (s *State) complaint(x dated) {
	p, ok := read[record.ComplaintEntry](s, x.Entry)
	if !ok {
		return
	}
	if _, ok := s.speaks(x.Entry, p.Party); !ok {
		return
	}
	t := s.texts[p.Text]
	switch {
	case t == nil:
		s.problem(x.Entry, "there is no text %q in this record", p.Text)
		return
	case t.Party(terms.PartyID(p.Against)) == nil || t.Party(terms.PartyID(p.Party)) == nil:
		s.problem(x.Entry, "%s complains of %s: expected two parties of %s", p.Party, p.Against, p.Text)
		return
	case p.Party == p.Against:
		s.problem(x.Entry, "%s complains of itself", p.Party)
		return
	}
	c := &Case{ID: x.ID, Number: len(s.Cases) + 1, Text: p.Text, Clauses: p.Clauses, By: p.Party, Against: p.Against, Says: p.Says, Asks: p.Asks, About: x.About(),
		Opened: Time(x.Made), Clocks: []Clock{}, Missing: []string{}, Gates: []Gate{}, s: s, since: x.Made}
	rule, on := course(t)
	if rule != nil {
		c.Rule, c.on = string(rule.ID), on
		c.lodge(x, p.Tier)
	}
	for _, id := range p.Clauses {
		if t.Clause(terms.ClauseID(id)) == nil {
			s.problem(x.Entry, "%s has no clause %s", p.Text, id)
		}
	}
	c.Steps = []Taken{{Step: "complaint", Party: p.Party, Says: p.Says, At: Time(x.Made), Entry: x.ID, Tier: c.Tier, after: x.after}}
	s.Cases = append(s.Cases, c)
	s.cases[x.ID] = c
}

// lodge begins at a tier, the lowest where none is named.
func (c *Case) lodge(x dated, tier string) {
	ts := c.on.course.Tiers
	if len(ts) == 0 {
		return
	}
	i := 0
	if tier != "" {
		if i = slices.IndexFunc(ts, func(t terms.Tier) bool { return t.ID == tier }); i < 0 {
			c.s.problem(x.Entry, "there is no tier %q: the case begins at %s", tier, ts[0].ID)
			i = 0
		}
	}
	c.reach(ts[i].ID, x.Made, "lodged")
}

func (c *Case) reach(tier string, at when.Instant, why string) {
	c.Tier, c.since = tier, at
	c.Tiers = append(c.Tiers, Reached{tier, Time(at), why})
}

// next is the tier above the one that hears the case.
func (c *Case) next() (string, bool) {
	if c.on == nil {
		return "", false
	}
	ts := c.on.course.Tiers
	i := slices.IndexFunc(ts, func(t terms.Tier) bool { return t.ID == c.Tier })
	if i < 0 || i+1 >= len(ts) {
		return "", false
	}
	return ts[i+1].ID, true
}

// step takes a step of a case.
func (s *State) step(x dated) {
	p, ok := read[record.StepEntry](s, x.Entry)
	if !ok {
		return
	}
	c := about(x.Entry, s.cases)
	if c == nil {
		s.problem(x.Entry, "it is about no case of this record")
		return
	}
	down, ok := s.speaks(x.Entry, p.Party)
	if !ok {
		return
	}
	if why := c.refuse(x, &p); why != "" {
		s.problem(x.Entry, "%s", why)
		return
	}
	c.handUps(x.Made) // what the clock did before this
	k := Taken{Step: p.Step, Party: p.Party, Answer: p.Answer, Says: p.Says, At: Time(x.Made), Entry: x.ID, TakenDown: down, Tier: c.Tier, after: x.after}
	c.Steps = append(c.Steps, k)
	switch p.Step {
	case "stop":
		c.Stops = append(c.Stops, Stop{From: k.At, Reason: p.Reason})
	case "resume":
		c.Stops[len(c.Stops)-1].Until = k.At
	case "determination":
		d := &Determination{Entry: x.ID, By: p.Party, Answer: p.Answer, Says: p.Says, Facts: p.Facts, Proposed: k.At, Tier: c.Tier}
		c.Determinations = append(c.Determinations, d)
		c.s.proposals[x.ID] = &proposal{c, d}
	case "hand-up":
		up, _ := c.next()
		c.reach(up, x.Made, "handed up: "+p.Says)
	case "appeal":
		c.appeal(x.Made, p.Party)
	}
}

// ofParties are steps that one of the two parties takes, ofCommission those of the
// commission or the mission.
var ofCommission = []string{"visit", "stop", "resume", "hand-up"}

// refuse says why a step does not count; "" where it does.
func (c *Case) refuse(x dated, p *record.StepEntry) string {
	switch {
	case c.withdrawn():
		return "the case was withdrawn"
	case p.Party != "" && p.Party != c.By && p.Party != c.Against && !c.member(p.Party):
		return p.Party + " is no party to the case"
	case slices.Contains(ofCommission, p.Step) && p.Party != "":
		return fmt.Sprintf("a %s is the commission's: a party asks for it on the hotline", p.Step)
	}
	switch p.Step {
	case "reply", "acknowledgement", "remedy":
		if p.Party != c.Against {
			return fmt.Sprintf("the %s is %s's", p.Step, c.Against)
		}
	case "withdraw":
		if p.Party != c.By {
			return "only " + c.By + " can withdraw its complaint"
		}
	case "determination":
		return c.refuseProposal(x, p)
	case "appeal":
		return c.refuseAppeal(x, p)
	case "stop":
		return c.refuseStop(x, p)
	case "resume":
		if !stands(c.Stops, x.Made) {
			return "no clock stands"
		}
	case "hand-up":
		if _, ok := c.next(); !ok {
			return "there is no higher tier"
		}
	}
	return c.refuseAnswer(p)
}

// refuseAnswer checks an answer by those that the text names.
func (c *Case) refuseAnswer(p *record.StepEntry) string {
	answers := []string{}
	if p.Step == "reply" {
		answers = []string{"admits", "denies", "accident", "no-knowledge"}
	}
	if c.on != nil {
		if st := c.on.course.Step(p.Step); st != nil && len(st.Answers) > 0 {
			answers = st.Answers
		}
	}
	if len(answers) > 0 && !slices.Contains(answers, p.Answer) {
		return fmt.Sprintf("%q is no answer: expected one of %s", p.Answer, list(answers))
	}
	return ""
}

func (c *Case) refuseStop(x dated, p *record.StepEntry) string {
	switch {
	case c.on == nil:
		return "the text has no clocks that could stop"
	case stands(c.Stops, x.Made):
		return "the clocks stand already"
	case !slices.Contains(c.on.course.Stops, p.Reason):
		return fmt.Sprintf("%q is no reason to stop a clock: the text names %s", p.Reason, orNone(c.on.course.Stops))
	}
	return ""
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return list(words)
}

func (c *Case) withdrawn() bool {
	return slices.ContainsFunc(c.Steps, func(k Taken) bool { return k.Step == "withdraw" })
}

// taken is the first time that a step was taken since the tier was reached; of a
// step that belongs to the case as a whole, at all.
func (c *Case) taken(step string) *Taken {
	for i := range c.Steps {
		if k := &c.Steps[i]; k.Step == step {
			return k
		}
	}
	return nil
}

// member reports whether somebody sits in the commission. Where the text names
// nobody, the parties do.
func (c *Case) member(id string) bool {
	if c.on == nil || len(c.on.course.Members) == 0 {
		return id == c.By || id == c.Against
	}
	return slices.Contains(c.on.course.Members, id)
}

// handUps lets the clock of tiers take an undecided case up.
func (c *Case) handUps(now when.Instant) {
	for c.on != nil {
		i := slices.IndexFunc(c.on.course.Tiers, func(t terms.Tier) bool { return t.ID == c.Tier })
		if i < 0 || i+1 >= len(c.on.course.Tiers) || c.on.course.Tiers[i].Within == nil {
			return
		}
		w := c.on.course.Tiers[i].Within
		due := c.on.stopped(c.on.due(w, false, c.since), false, c.since, now, c.Stops)
		if d := c.adopted(now); due > now || stands(c.Stops, now) || d != nil && when.Instant(d.Adopted) <= due || c.withdrawn() {
			return
		}
		c.reach(c.on.course.Tiers[i+1].ID, due, fmt.Sprintf("not decided within %s", w.For))
	}
}

// settle works out clocks, gates and the state.
func (c *Case) settle(now when.Instant) {
	c.handUps(now)
	if c.on == nil {
		c.lack(Gate{Code: "no-procedure", Says: "the text has no procedure for incidents: there are no clocks (L24)"})
	} else {
		for i := range c.on.course.Steps {
			c.Clocks = append(c.Clocks, c.clock(&c.on.course.Steps[i], now))
		}
	}
	c.State = c.word(now)
	c.gates(now)
}

// word is the state of the case.
func (c *Case) word(now when.Instant) string {
	d := c.adopted(now)
	switch {
	case c.withdrawn():
		return "withdrawn"
	case d != nil && c.after("remedy", d.Adopted):
		return "remedied"
	case d != nil:
		return "determined"
	case c.last() != nil && c.last().Appealed != 0:
		return "appealed"
	case c.last() != nil:
		return "proposed"
	}
	for _, x := range [][2]string{{"visit", "visited"}, {"reply", "replied"}, {"acknowledgement", "acknowledged"}} {
		if c.taken(x[0]) != nil {
			return x[1]
		}
	}
	return "open"
}

// after reports whether a step was taken at or after a time.
func (c *Case) after(step string, at Time) bool {
	return slices.ContainsFunc(c.Steps, func(k Taken) bool { return k.Step == step && k.At >= at })
}
