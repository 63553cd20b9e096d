package commission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Chain is what follows where each side uses its power to answer the other, as soon
// as it may and as much as it may.
type Chain struct {
	Reading string `json:"reading"`
	Begins  string `json:"begins" doc:"who breaks the text first"`
	Links   []Link `json:"links"`
	Endless bool   `json:"endless" doc:"no rule of the text ends it"`
	Ends    string `json:"ends" doc:"why it ends, or why it does not"`
}

// Link is one act in it.
type Link struct {
	By      string `json:"by"`
	Clause  string `json:"clause,omitempty" doc:"that lets it answer; absent: the first breach"`
	After   string `json:"after" doc:"since the first breach"`
	Acts    int64  `json:"acts" doc:"how many acts, where one breach had one"`
	Verdict string `json:"verdict" doc:"of the same act by this party"`
}

// linksMost is how long a chain is followed; one that has not ended by then, and has
// no window that closes, never does: from two links on it repeats itself.
const linksMost = 12

// Chains follows the answers under each reading, begun by each party. The act is the
// first of the text's own examples that is a breach by one party; answers are
// symmetrical: the same act by the other. A text without such an example has none.
func Chains(t *terms.Terms) ([]Chain, error) {
	var out []Chain
	for _, reading := range t.ReadingIDs() {
		r, err := t.Under(reading, nil, true)
		if err != nil {
			return nil, err
		}
		j := judge.New(r)
		act := exampleOf(t, j)
		for _, p := range t.Parties {
			out = append(out, chain(t, reading, j, act, string(p.ID)))
		}
	}
	return out, nil
}

// exampleOf is an act of one party that is a breach if the text is in force.
func exampleOf(t *terms.Terms, j *judge.Judge) *evidence.Scenario {
	for _, x := range t.Examples {
		if len(x.Facts) != 1 || t.Party(terms.PartyID(x.Facts[0]["actor"])) == nil {
			continue
		}
		sc := evidence.Unknown()
		ok := true
		for k, v := range x.Facts[0] {
			if strings.HasPrefix(k, "time") || strings.HasPrefix(k, "launch") {
				continue // it is judged as if in force
			}
			ok = ok && sc.SetFact(k, v) == nil
		}
		if ok && verdictOf(j, &sc, x.Facts[0]["actor"]) == "breach" {
			return &sc
		}
	}
	return nil
}

// verdictOf judges an act by a party.
func verdictOf(j *judge.Judge, act *evidence.Scenario, by string) string {
	sc := *act
	sc.Actor = []string{by}
	if len(sc.Owner) == 1 && sc.Owner[0] == by { // the answer is against the other
		sc.Owner = nil
	}
	sc.Site = nil
	f := j.Incident(&evidence.Incident{ID: "answer", Scenarios: []evidence.Scenario{sc}, Level: evidence.Determined}, nil)
	return f.Verdict.String()
}

// answers is the power by which a party may answer a breach of the other.
func answers(t *terms.Terms, reading, party string) *terms.Clause {
	for _, c := range t.Clauses {
		if !c.Holds(reading) {
			continue
		}
		if p := c.Power; p != nil && (p.May == "respond" || p.May == "answer") && slices.Contains(t.Bearers(p.Holder), terms.PartyID(party)) {
			return c
		}
	}
	return nil
}

// chain follows answers from one breach.
func chain(t *terms.Terms, reading string, j *judge.Judge, act *evidence.Scenario, first string) Chain {
	c := Chain{Reading: reading, Begins: first, Links: []Link{}}
	verdict := func(by string) string {
		if act == nil {
			return "breach"
		}
		return verdictOf(j, act, by)
	}
	on := clocked{&terms.Course{}, t.Clock}
	begin := when.Instant(0)
	at, acts, by := begin, int64(1), first
	c.Links = append(c.Links, Link{By: first, After: "0 min", Acts: 1, Verdict: verdict(first)})
	for len(c.Links) < linksMost {
		if c.Links[len(c.Links)-1].Verdict == "permitted" {
			c.Ends = "the text permits the answer of " + by + ": it is no breach that could be answered"
			return c
		}
		next := other(t, by)
		k := answers(t, reading, next)
		if k == nil {
			c.Ends = next + " has no power to answer by this text"
			return c
		}
		p := k.Power
		if p.Once && len(c.Links) > 1 {
			c.Ends = fmt.Sprintf("%s gives no answer to an answer", k.ID)
			return c
		}
		soonest := at
		if p.Response.Notice != nil {
			soonest = on.due(p.Response.Notice, false, at)
		}
		if w := p.Response.Within; w != nil && w.After == "first breach" && on.due(w, false, begin) < soonest {
			c.Ends = fmt.Sprintf("%s closes %s after the first breach", k.ID, w.For)
			return c
		}
		if p.Proportion > 0 {
			acts *= int64(p.Proportion)
		}
		at, by = soonest, next
		c.Links = append(c.Links, Link{By: by, Clause: string(k.ID), After: lasts(between(begin, at)), Acts: acts, Verdict: verdict(by)})
	}
	c.Endless = true
	c.Ends = "each answer is a breach that the other may answer, and no rule ends it (answers: no answer; within: ... after first breach; or a permit: for what answers)"
	return c
}

// other is the first party that is not this one.
func other(t *terms.Terms, party string) string {
	for _, p := range t.Parties {
		if string(p.ID) != party {
			return string(p.ID)
		}
	}
	return ""
}
