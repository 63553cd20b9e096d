package commission

import (
	"fmt"

	"github.com/truce-project/truce/when"
)

// Gate is one thing that keeps a case or a window from going on: a code and what it is
// about, for programs that say it in another language, and the same in words.
type Gate struct {
	Code    string   `json:"code" enum:"no-procedure,stands,due,overdue,waits,begins,stopped,unproposed,by-number,signatures,part,unfinished,opens,guarantee,go" doc:"waits: a step has not come; begins: and its clock begins with another; part: too few members took part"`
	Step    string   `json:"step,omitempty"`
	Of      []string `json:"of,omitempty" doc:"who has to do it; of part: who did not"`
	At      Time     `json:"at,omitzero" doc:"when it is or was due, begins, or began"`
	After   string   `json:"after,omitempty"`
	Have    int      `json:"have,omitempty"`
	Need    int      `json:"need,omitempty"`
	Quorum  int      `json:"quorum,omitempty"`
	Tier    string   `json:"tier,omitempty"`
	Reason  string   `json:"reason,omitempty" doc:"in the words of whoever gave it"`
	Default string   `json:"default,omitempty" doc:"what the text says for the case that it is not done"`
	Says    string   `json:"says" doc:"the same in words"`
}

// of words who has to do a step.
func of(who []string) string {
	if len(who) == 0 {
		return ""
	}
	return " of " + list(who)
}

// dueGate is a step whose time runs, or has run out.
func dueGate(step string, who []string, due, now when.Instant, byText string) Gate {
	g := Gate{Code: "due", Step: step, Of: who, At: Time(due)}
	if due > now {
		g.Says = fmt.Sprintf("%s%s due in %s", step, of(who), lasts(between(now, due)))
		return g
	}
	g.Code, g.Default = "overdue", byText
	g.Says = fmt.Sprintf("%s%s overdue by %s", step, of(who), lasts(between(due, now)))
	if byText != "" {
		g.Says += "; by the text: " + byText
	}
	return g
}

// lack notes what keeps the case from going on; the same thing once.
func (c *Case) lack(g Gate) {
	if !contains(c.Missing, g.Says) {
		c.Missing, c.Gates = append(c.Missing, g.Says), append(c.Gates, g)
	}
}

// wait notes what a determination waits for.
func (d *Determination) wait(g Gate) {
	d.Waiting, d.Gates = append(d.Waiting, g.Says), append(d.Gates, g)
}

// lack notes what keeps the window from being open.
func (w *Window) lack(g Gate) { w.Missing, w.Gates = append(w.Missing, g.Says), append(w.Gates, g) }
