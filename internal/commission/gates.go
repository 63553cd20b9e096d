package commission

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// clock works out the clock of one step.
func (c *Case) clock(st *terms.Step, now when.Instant) Clock {
	k := Clock{Step: st.ID, Who: c.who(st.By), State: "free"}
	done := c.takenFor(st.ID, now)
	if done != nil {
		k.At, k.Entry = done.At, done.Entry
		k.State = "met"
	}
	if d := c.adopted(now); st.ID == "remedy" && done == nil && d != nil && d.Answer != "" && d.Answer != "breach" {
		k.Note = "what was determined is no breach: no remedy follows from it"
		return k
	}
	if st.Within == nil {
		if st.Clock {
			k.Note = "the text has a clock in words that cannot be counted"
		}
		return k
	}
	k.Says = within(st)
	start, ok := c.begins(st.Within.After, now)
	if !ok {
		if done == nil {
			k.State = "waiting"
		}
		return k
	}
	due := c.dueOf(st, start, now)
	k.Started, k.Due, k.Civil = Time(start), Time(due), c.on.civil(due)
	for _, x := range c.Stops {
		if when.Instant(x.From) < due {
			k.Stops = append(k.Stops, x)
		}
	}
	c.measure(&k, st, done, due, now)
	return k
}

// within is the time for a step in words.
func within(st *terms.Step) string {
	says := fmt.Sprintf("%s after %s", st.Within.For, st.Within.After)
	if st.Working {
		says += ", days on which both sides work"
	}
	return says
}

// measure compares a deadline with what was done and what time it is.
func (c *Case) measure(k *Clock, st *terms.Step, done *Taken, due, now when.Instant) {
	switch {
	case done != nil && when.Instant(done.At) > due:
		k.State, k.Note = "late", "late by "+lasts(between(due, when.Instant(done.At)))
		k.Default = st.Default
	case done != nil && done.after > due.Add(lateBy):
		k.State = "unclear"
		k.Note = fmt.Sprintf("by its own clock at %s; it stands in the log after an entry of %s", done.At, done.after)
	case done != nil:
		k.State = "met"
	case stands(c.Stops, now):
		k.State = "stopped"
	case due <= now:
		k.State, k.Default = "overdue", st.Default
		if st.Default == "" && isAnswer(st) {
			k.Default = c.on.course.Silence
		}
	default:
		k.State = "running"
	}
}

// isAnswer reports whether a step is what somebody says when asked: only there silence
// can mean anything. A visit that is overdue, a remedy or an appeal is not said by it.
func isAnswer(st *terms.Step) bool {
	return st.ID == "acknowledgement" || st.ID == "reply" || len(st.Answers) > 0
}

// dueOf is when a step is due, with stops as they are known now.
func (c *Case) dueOf(st *terms.Step, start, now when.Instant) when.Instant {
	return c.on.stopped(c.on.due(st.Within, st.Working, start), st.Working, start, now, c.Stops)
}

// takenFor is the step as it was taken; a determination is taken when it is adopted.
func (c *Case) takenFor(step string, now when.Instant) *Taken {
	switch step {
	case "determination", "finding":
		d := c.adopted(now)
		if d == nil {
			return nil
		}
		return &Taken{Step: step, At: d.Adopted, Entry: d.Entry, after: when.Past}
	}
	return c.taken(step)
}

// begins is when what a term runs from came; ok is false where it has not.
func (c *Case) begins(after string, now when.Instant) (when.Instant, bool) {
	switch after {
	case "tier":
		return c.since, true
	case terms.InForce:
		return 0, false // a case has no term from the start of the text
	}
	if k := c.takenFor(after, now); k != nil {
		return when.Instant(k.At), true
	}
	return 0, false
}

// past is since when a step is done or its time has run out; the gate says what is
// awaited where neither is.
func (c *Case) past(step string, now when.Instant) (at when.Instant, awaits *Gate) {
	if k := c.takenFor(step, now); k != nil {
		return when.Instant(k.At), nil
	}
	st := c.on.course.Step(step)
	if st == nil || st.Within == nil {
		g := &Gate{Code: "waits", Step: step}
		if st != nil {
			g.Of = c.who(st.By)
		}
		g.Says = step + " has not come" + of(g.Of)
		return 0, g
	}
	start, ok := c.begins(st.Within.After, now)
	if !ok {
		return 0, &Gate{Code: "begins", Step: step, After: st.Within.After, Says: fmt.Sprintf("%s has not come: its clock begins with %s", step, st.Within.After)}
	}
	due, who := c.dueOf(st, start, now), c.who(st.By)
	switch {
	case stands(c.Stops, now):
		reason := c.Stops[len(c.Stops)-1].Reason
		return 0, &Gate{Code: "stopped", Step: step, Of: who, Reason: reason, Says: fmt.Sprintf("%s%s: the clocks stand (%s)", step, of(who), reason)}
	case due > now:
		g := dueGate(step, who, due, now, "")
		return 0, &g
	}
	return due, nil // its time has run out: nobody can stop a case by silence
}

// who are those whom a word of the text means in this case.
func (c *Case) who(by string) []string {
	switch strings.ToLower(by) {
	case "":
		return nil
	case "respondent", "accused":
		return []string{c.Against}
	case "complainant", "any_party":
		if by == "any_party" {
			return []string{c.By, c.Against}
		}
		return []string{c.By}
	case "members", "commission":
		if c.on != nil && len(c.on.course.Members) > 0 {
			return c.on.course.Members
		}
	}
	return []string{by}
}

// gates says what keeps the case from going on.
func (c *Case) gates(now when.Instant) {
	if c.State == "withdrawn" || c.State == "remedied" || c.on == nil {
		return
	}
	if stands(c.Stops, now) {
		k := c.Stops[len(c.Stops)-1]
		c.lack(Gate{Code: "stands", At: k.From, Reason: k.Reason, Says: fmt.Sprintf("the clocks stand since %s: %s", k.From, k.Reason)})
	}
	for _, k := range c.Clocks {
		if k.Step == "complaint" || k.Step == "appeal" || k.Step == "determination" || k.Step == "finding" || c.moot(k.Step) {
			continue
		}
		if k.State == "running" || k.State == "overdue" {
			c.lack(dueGate(k.Step, k.Who, when.Instant(k.Due), now, k.Default))
		}
	}
	c.gateOfDetermination(now)
}

// moot reports whether a step was for a determination that is there.
func (c *Case) moot(step string) bool {
	if c.State != "determined" {
		return false
	}
	for _, st := range c.on.course.Steps {
		switch st.ID {
		case "determination":
			return false
		case step:
			return true
		}
	}
	return false
}

func (c *Case) gateOfDetermination(now when.Instant) {
	if c.State == "determined" {
		return
	}
	st := c.on.course.Step("determination")
	d := c.last()
	switch {
	case st == nil:
	case d == nil || d.Appealed != 0:
		g := Gate{Code: "unproposed", Step: "determination", Need: st.Signatures, Quorum: st.Quorum, Says: "no determination is proposed"}
		if d != nil {
			g.Tier, g.Says = c.Tier, "the tier "+c.Tier+" has not proposed a determination"
		}
		if st.Signatures > 0 {
			g.Says += fmt.Sprintf(" (it needs %d signatures", st.Signatures)
			if st.Quorum > 0 {
				g.Says += fmt.Sprintf(" of %d who take part", st.Quorum)
			}
			g.Says += ")"
		}
		c.lack(g)
	default:
		for _, g := range d.Gates {
			c.lack(g)
		}
	}
	for _, k := range c.Clocks {
		if k.Step == "determination" && (k.State == "overdue" || k.State == "running") {
			c.lack(dueGate(k.Step, nil, when.Instant(k.Due), now, ""))
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
