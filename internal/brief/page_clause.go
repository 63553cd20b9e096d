package brief

import (
	"fmt"
	"sort"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// pageClause is a clause with its sentence lit.
type pageClause struct {
	ID, Kind   string
	Speaks     bool
	Verdict    judge.Verdict
	Text       []pagePhrase
	Conditions []pageCondition
	Share      string
	Note       string
}

// pagePhrase is a run of the sentence; Class is empty outside of the words
// that a condition stands on.
type pagePhrase struct{ Text, Class, Says string }

type pageCondition struct {
	Name, Class, Says, Fact string
	Questions               []string
}

// stateClasses and stateWords show the states of a condition.
var (
	stateClasses = [...]string{"no", "yes", "maybe", "text"}
	stateWords   = [...]string{"does not hold", "holds", "holds for part of what is possible", "turns on how the text is read"}
)

// pageClauses returns the clauses that speak; where none does, those that
// come nearest, which show the phrase that fails.
func pageClauses(f *judge.Finding) (out []pageClause, silent bool) {
	for i := range f.Trace {
		if f.Trace[i].Speaks {
			out = append(out, newPageClause(f, &f.Trace[i]))
		}
	}
	if len(out) > 0 {
		return out, false
	}
	near := make([]int, 0, len(f.Trace))
	for i := range f.Trace {
		if f.Trace[i].Clause.Kind == terms.Forbid {
			near = append(near, i)
		}
	}
	sort.SliceStable(near, func(a, b int) bool { return failing(&f.Trace[near[a]]) < failing(&f.Trace[near[b]]) })
	for _, i := range near[:min(2, len(near))] {
		out = append(out, newPageClause(f, &f.Trace[i]))
	}
	return out, true
}

func failing(w *judge.Weighed) int {
	n := 0
	for _, c := range w.Conditions {
		if c.State == judge.No {
			n++
		}
	}
	return n
}

func newPageClause(f *judge.Finding, w *judge.Weighed) pageClause {
	c := pageClause{ID: string(w.Clause.ID), Kind: string(w.Clause.Kind), Speaks: w.Speaks, Verdict: w.Verdict, Note: w.Clause.Note}
	states := map[string]judge.State{}
	for _, k := range w.Conditions {
		states[k.Dimension] = k.State
		c.Conditions = append(c.Conditions, pageCondition{strings.ReplaceAll(k.Dimension, "_", " "), stateClasses[k.State], stateWords[k.State], conditionFact(k), openQuestions(f, k)})
	}
	if s, ok := states["intended_target"]; ok {
		if _, hit := states["target"]; !hit {
			states["target"] = s
		}
	}
	states["bound"], states["time"] = lifeStates(f, w)
	c.Conditions = append(c.Conditions, pageCondition{Name: "in force", Class: stateClasses[w.InForce], Says: stateWords[w.InForce], Fact: inForceText(f, w)})
	c.Text = lightUp(w.Clause.Text, w.Clause.Words, states)
	for i := range f.Clauses {
		if f.Clauses[i].Clause == w.Clause && f.Clauses[i].Share < 1 {
			c.Share = fmt.Sprintf("%.0f %% of the uncertain place lies in the clause's zone", 100*f.Clauses[i].Share)
		}
	}
	return c
}

// openQuestions are those questions of a condition that the finding turns on.
func openQuestions(f *judge.Finding, k judge.Condition) []string {
	var out []string
	for _, q := range k.Questions {
		if f.Decides("text." + q) {
			out = append(out, q)
		}
	}
	return out
}

func conditionFact(k judge.Condition) string {
	if k.Fact == "" {
		return "unknown"
	}
	return strings.ReplaceAll(nodeText(k.Fact), "|", " or ") + ruled(k.Rule)
}

// lifeStates tells "binds nobody who may have done it" from "binds them, but
// not at that time", which a trace has as one condition.
func lifeStates(f *judge.Finding, w *judge.Weighed) (bound, life judge.State) {
	yes, no := 0, 0
	for _, a := range f.Author {
		if bindsActor(w.Clause, a) {
			yes++
		} else {
			no++
		}
	}
	switch {
	case yes > 0 && no == 0:
		return judge.Yes, w.InForce
	case yes > 0:
		return judge.Maybe, w.InForce
	case no > 0:
		return judge.No, judge.Maybe
	}
	return judge.Maybe, w.InForce
}

func bindsActor(c *terms.RegimeClause, actor string) bool {
	for _, w := range c.Windows {
		if p := string(w.Party); p == "" || p == actor || strings.HasPrefix(actor, p+".") || strings.HasPrefix(actor, strings.ToLower(p)+".") {
			return true
		}
	}
	return false
}

func inForceText(f *judge.Finding, w *judge.Weighed) string {
	if w.Why != "" {
		return w.Why + ruled(w.Rule)
	}
	if len(w.InForceFor) == 0 {
		return strings.TrimSpace(ruled(w.Rule))
	}
	ids := make([]string, len(w.InForceFor))
	for i, p := range w.InForceFor {
		ids[i] = partyName(f.Regime.Terms, string(p))
	}
	return "for " + strings.Join(ids, " and ") + ruled(w.Rule)
}

// lightUp splits a sentence into the phrases that conditions stand on and
// what lies between them.
func lightUp(text string, words map[string]string, states map[string]judge.State) []pagePhrase {
	type hit struct {
		from, to int
		dim      string
	}
	var hits []hit
	for dim, phrase := range words {
		if i := strings.Index(text, phrase); i >= 0 && phrase != "" {
			hits = append(hits, hit{i, i + len(phrase), dim})
		}
	}
	sort.Slice(hits, func(a, b int) bool {
		if hits[a].from != hits[b].from {
			return hits[a].from < hits[b].from
		}
		return hits[a].dim < hits[b].dim
	})
	var out []pagePhrase
	at := 0
	for _, h := range hits {
		s, known := states[h.dim]
		if h.from < at || !known {
			continue
		}
		if h.from > at {
			out = append(out, pagePhrase{Text: text[at:h.from]})
		}
		out = append(out, pagePhrase{text[h.from:h.to], stateClasses[s], h.dim + ": " + stateWords[s]})
		at = h.to
	}
	return append(out, pagePhrase{Text: text[at:]})
}
