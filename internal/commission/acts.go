package commission

import (
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Act is something that can be written next of a case, a message or a window, in one
// name. Who may write in that name is for the rights to say.
type Act struct {
	About   string   `json:"about" doc:"id of the case, the proposal, the message or the window"`
	Kind    string   `json:"kind" doc:"of the entry"`
	Step    string   `json:"step,omitempty"`
	Party   string   `json:"party,omitempty" doc:"in whose name; absent: the commission, or the mission"`
	Member  string   `json:"member,omitempty" doc:"of a signature: who signs"`
	Answers []string `json:"answers,omitempty" doc:"that count"`
	Reasons []string `json:"reasons,omitempty" doc:"of a stop: those that the text names"`
	Why     string   `json:"why,omitempty" doc:"why it would not count now; absent: it would"`
}

// Acts are all that can be done next, of every name alike: what one party can do of a
// case the other can do of the same case the other way round (tested). What would not
// count stands with the reason that a state would give.
func (s *State) Acts() []Act {
	out := []Act{}
	now := when.Instant(s.Now)
	for _, c := range s.Cases {
		out = append(out, c.acts(now)...)
	}
	for _, m := range s.Messages {
		for _, to := range m.Missing {
			a := Act{About: m.ID, Kind: record.KindAcknowledged, Party: to}
			if !s.isParty(to) {
				a.Party = ""
			}
			out = append(out, a)
		}
	}
	for _, w := range s.Windows {
		out = append(out, w.acts(now)...)
	}
	return out
}

// acts are the steps of a case that somebody could take now.
func (c *Case) acts(now when.Instant) []Act {
	var out []Act
	step := func(step, party string) {
		out = append(out, c.act(step, party, now))
	}
	for _, s := range []string{"acknowledgement", "reply", "remedy"} {
		step(s, c.Against)
	}
	step("withdraw", c.By)
	for _, p := range []string{c.By, c.Against} {
		step("appeal", p)
		if c.member(p) {
			step("determination", p)
		}
	}
	for _, s := range []string{"visit", "determination", "stop", "resume", "hand-up"} {
		step(s, "")
	}
	return append(append(out, c.signatures(now)...), c.writing(now))
}

// act is one step in one name, with what would keep it from counting.
func (c *Case) act(step, party string, now when.Instant) Act {
	a := Act{About: c.ID, Kind: record.KindStep, Step: step, Party: party, Answers: c.answers(step)}
	p := &record.StepEntry{Step: step, Party: party}
	if len(a.Answers) > 0 {
		p.Answer = a.Answers[0]
	}
	if step == "stop" && c.on != nil {
		if a.Reasons = c.on.course.Stops; len(a.Reasons) > 0 {
			p.Reason = a.Reasons[0]
		}
	}
	done := c.taken(step)
	switch a.Why = c.refuse(dated{&Entry{Made: now}, now}, p); {
	case a.Why != "":
	case (step == "acknowledgement" || step == "reply") && done != nil:
		a.Why = fmt.Sprintf("done at %s: the first one counts", done.At)
	case step == "remedy" && c.adopted(now) == nil:
		a.Why = "no determination is adopted that a remedy could follow from"
	}
	return a
}

// answers are those that count as the answer of a step; of a determination, what may
// be determined.
func (c *Case) answers(step string) []string {
	if c.on != nil {
		if st := c.on.course.Step(step); st != nil && len(st.Answers) > 0 {
			return st.Answers
		}
	}
	switch step {
	case "reply":
		return []string{"admits", "denies", "accident", "no-knowledge"}
	case "determination":
		return []string{"breach", "permitted", "not-covered", "not-in-force", "undetermined", "could-not-be-attributed"}
	}
	return nil
}

// signatures are what each member can sign, if anything is proposed.
func (c *Case) signatures(now when.Instant) []Act {
	members := []string{c.By, c.Against}
	if c.on != nil && len(c.on.course.Members) > 0 {
		members = c.on.course.Members
	}
	d := c.last()
	var out []Act
	for _, m := range members {
		a := Act{About: c.ID, Kind: record.KindSignature, Member: m, Answers: []string{"agrees", "dissents", "abstains"}}
		if c.s.texts[c.Text].Party(terms.PartyID(m)) != nil {
			a.Party = m
		}
		switch {
		case d == nil:
			a.Why = "no determination is proposed"
		case c.withdrawn():
			a.Why = "the case was withdrawn"
		case c.adopted(now) != nil:
			a.Why = "the determination is adopted"
			a.About = d.Entry
		default:
			a.About = d.Entry
		}
		out = append(out, a)
	}
	return out
}

// writing is that the chair writes down what was adopted, which is what an incident
// shows.
func (c *Case) writing(now when.Instant) Act {
	a := Act{About: c.ID, Kind: "determination@1"}
	switch d := c.adopted(now); {
	case d == nil:
		a.Why = "no determination is adopted"
	case d.Recorded != "":
		a.Why = "it is written down"
		a.About = d.Entry
	default:
		a.About = d.Entry
	}
	return a
}

// acts are the steps of a window that somebody could take now.
func (w *Window) acts(now when.Instant) []Act {
	var out []Act
	step := func(step, party string) {
		a := Act{About: w.ID, Kind: record.KindWindowStep, Step: step, Party: party}
		switch a.Why = w.refuse(&record.WindowStepEntry{Step: step, Party: party}, now); {
		case a.Why != "":
		case step == "guarantee" && slices.Contains(w.Guaranteed, party):
			a.Why = "it is guaranteed"
		case step == "withhold" && slices.Contains(w.withheld(), party):
			a.Why = "it is withheld"
		case step == "go" && w.gone():
			a.Why = "the mission has said go"
		}
		out = append(out, a)
	}
	for _, p := range w.Of {
		for _, s := range []string{"guarantee", "withhold", "abort"} {
			step(s, p)
		}
	}
	for _, s := range []string{"go", "no-go", "abort", "complete", "extend"} {
		step(s, "")
	}
	return out
}
