package brief

import (
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
)

// ExplanationJSON says why an incident is judged as it is under one reading, as
// Explain prints it.
type ExplanationJSON struct {
	Terms          string        `json:"terms"`
	Title          string        `json:"title,omitempty"`
	Reading        string        `json:"reading"`
	ReadingTitle   string        `json:"reading_title,omitempty"`
	Status         string        `json:"status,omitempty" doc:"attributed, endorsed, amended or rejected"`
	HeldBy         []string      `json:"held_by,omitempty"`
	Verdict        string        `json:"verdict"`
	Says           string        `json:"says" doc:"in words: what would follow if the facts hold"`
	Counterfactual bool          `json:"counterfactual,omitempty" doc:"judged as if in force"`
	Clauses        []WeighedJSON `json:"clauses"`
	Deciding       []DecideJSON  `json:"deciding,omitempty"`
	Profile        []LevelJSON   `json:"profile" doc:"the verdict if only facts of a level are accepted"`
	Assumes        []string      `json:"assumes,omitempty"`
	Notes          []string      `json:"notes,omitempty"`
}

// WeighedJSON is how one clause was weighed.
type WeighedJSON struct {
	ID         string          `json:"id"`
	Kind       string          `json:"kind"`
	Pieces     []PieceJSON     `json:"pieces" doc:"the sentence, cut where a condition begins or ends"`
	Conditions []ConditionJSON `json:"conditions,omitempty"`
	InForce    string          `json:"in_force" enum:"no,yes,maybe,if-text"`
	InForceFor []string        `json:"in_force_for,omitempty"`
	Why        string          `json:"why,omitempty"`
	Rule       string          `json:"rule,omitempty"`
	Speaks     bool            `json:"speaks"`
	Verdict    string          `json:"verdict,omitempty" doc:"of a clause that speaks"`
}

// PieceJSON is a piece of a sentence. With a dimension it is lit by the state of
// that condition.
type PieceJSON struct {
	Text      string `json:"text"`
	Dimension string `json:"dimension,omitempty"`
	State     string `json:"state,omitempty" enum:"no,yes,maybe,if-text"`
}

// ConditionJSON is one dimension of a clause.
type ConditionJSON struct {
	Dimension string   `json:"dimension"`
	State     string   `json:"state" enum:"no,yes,maybe,if-text"`
	Fact      string   `json:"fact" doc:"what is known"`
	Questions []string `json:"questions,omitempty"`
	Rule      string   `json:"rule,omitempty"`
}

// DecideJSON is a smallest set of facts that would settle a finding.
type DecideJSON struct {
	Facts     []string       `json:"facts"`
	Questions []QuestionJSON `json:"questions,omitempty" doc:"those of the text among them"`
	Answers   []AnsweredJSON `json:"answers,omitempty"`
}

// AnsweredJSON is what follows of one answer.
type AnsweredJSON struct {
	If      []string `json:"if" doc:"fact=value"`
	Verdict string   `json:"verdict"`
}

// LevelJSON is the verdict at one level of evidence.
type LevelJSON struct {
	Level   string `json:"level"`
	Verdict string `json:"verdict"`
}

var stateNames = [...]string{"no", "yes", "maybe", "if-text"}

// NewExplanationJSON tells of one finding.
func NewExplanationJSON(f *judge.Finding) ExplanationJSON {
	r := f.Regime
	x := ExplanationJSON{Terms: r.Terms.ID, Title: r.Terms.TitleText(), Reading: r.ReadingID, Verdict: f.Verdict.String(), Says: Sentence(f),
		Counterfactual: r.Counterfactual, Clauses: []WeighedJSON{}, Assumes: r.Assumes, Notes: f.Notes}
	if r.Reading != nil {
		x.ReadingTitle, x.Status = r.Reading.Title, r.Reading.Status
		for _, p := range r.Reading.HeldBy {
			x.HeldBy = append(x.HeldBy, string(p))
		}
	}
	for i := range f.Trace {
		x.Clauses = append(x.Clauses, newWeighedJSON(&f.Trace[i]))
	}
	for _, d := range f.Deciding {
		x.Deciding = append(x.Deciding, newDecideJSON(f, d))
	}
	for _, l := range evidence.Levels() {
		x.Profile = append(x.Profile, LevelJSON{l.String(), f.Profile[l].String()})
	}
	return x
}

func newWeighedJSON(t *judge.Weighed) WeighedJSON {
	w := WeighedJSON{ID: string(t.Clause.ID), Kind: string(t.Clause.Kind), Pieces: pieces(t), InForce: stateNames[t.InForce], Why: t.Why, Rule: t.Rule, Speaks: t.Speaks}
	for _, p := range t.InForceFor {
		w.InForceFor = append(w.InForceFor, string(p))
	}
	if t.Speaks {
		w.Verdict = t.Verdict.String()
	}
	for _, c := range t.Conditions {
		w.Conditions = append(w.Conditions, ConditionJSON{c.Dimension, stateNames[c.State], c.Fact, c.Questions, c.Rule})
	}
	return w
}

func newDecideJSON(f *judge.Finding, d judge.Decider) DecideJSON {
	x := DecideJSON{Facts: d}
	for _, name := range d {
		id, ok := strings.CutPrefix(name, "text.")
		if !ok {
			continue
		}
		for _, q := range f.Regime.Questions {
			if q.ID == id {
				x.Questions = append(x.Questions, QuestionJSON{q.ID, q.Text, q.Answers[:]})
			}
		}
	}
	for _, a := range f.Answers {
		if sameFacts(a.Facts, d) {
			x.Answers = append(x.Answers, AnsweredJSON{a.Facts, a.Verdict.String()})
		}
	}
	return x
}

// pieces cuts the sentence of a clause at the words that say its conditions.
func pieces(t *judge.Weighed) []PieceJSON {
	text := t.Clause.Text
	states := litStates(t)
	type cut struct {
		at, end int
		dim     string
	}
	var cuts []cut
	for d, words := range t.Clause.Words {
		if _, ok := states[d]; !ok || words == "" {
			continue
		}
		if i := strings.Index(text, words); i >= 0 {
			cuts = append(cuts, cut{i, i + len(words), d})
		}
	}
	sort.Slice(cuts, func(i, k int) bool {
		if cuts[i].at != cuts[k].at {
			return cuts[i].at < cuts[k].at
		}
		return cuts[i].dim < cuts[k].dim
	})
	out := []PieceJSON{}
	at := 0
	for _, c := range cuts {
		if c.at < at {
			continue // the words of another condition hold these
		}
		if c.at > at {
			out = append(out, PieceJSON{Text: text[at:c.at]})
		}
		out = append(out, PieceJSON{text[c.at:c.end], c.dim, stateNames[states[c.dim]]})
		at = c.end
	}
	if at < len(text) {
		out = append(out, PieceJSON{Text: text[at:]})
	}
	return out
}
