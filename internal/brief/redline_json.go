package brief

import (
	"github.com/truce-project/truce/compare"
)

// AmendmentJSON is an amendment for programs.
type AmendmentJSON struct {
	Same    int          `json:"unchanged"`
	Changes []changeJSON `json:"changes"`
	// Unexplained are boxes that no change accounts for.
	Unexplained []effectJSON `json:"unexplained,omitempty"`
}

type changeJSON struct {
	What      string        `json:"what"`
	Clause    string        `json:"clause,omitempty"`
	State     string        `json:"state"`
	Redline   []redlineJSON `json:"redline,omitempty"`
	Keys      []keyJSON     `json:"keys,omitempty"`
	Effective bool          `json:"rules_otherwise"`
	Cases     string        `json:"cases"`
	Dormant   string        `json:"cases_not_in_force"`
	Effects   []effectJSON  `json:"effects,omitempty"`
	Elsewhere []string      `json:"other_changes,omitempty"`
}

type redlineJSON struct {
	Language  string `json:"language,omitempty"`
	Authentic bool   `json:"authentic,omitempty"`
	Text      string `json:"text"` // [-taken out-] {+put in+}
}

type keyJSON struct {
	Path  string `json:"path"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	Inert bool   `json:"rules_on_nothing,omitempty"`
}

type effectJSON struct {
	Old      string          `json:"old"` // verdicts
	New      string          `json:"new"`
	Question string          `json:"question,omitempty"`
	Cases    string          `json:"cases"`
	Boxes    []effectBoxJSON `json:"boxes"`
	Rest     string          `json:"rest,omitempty"` // cases in none of the boxes
}

type effectBoxJSON struct {
	boxJSON
	With []string `json:"other_changes,omitempty"` // that may have a part in it
}

func effectsJSON(es []compare.Effect) []effectJSON {
	var out []effectJSON
	for i := range es {
		e := &es[i]
		j := effectJSON{Old: e.Says[0].String(), New: e.Says[1].String(), Question: e.Asks, Cases: e.Cases.String()}
		for k := range e.Boxes {
			x := effectBoxJSON{boxJSON: newBoxJSON(&e.Boxes[k])}
			if k < len(e.With) {
				x.With = e.With[k]
			}
			j.Boxes = append(j.Boxes, x)
		}
		if e.Rest.Sign() > 0 {
			j.Rest = e.Rest.String()
		}
		out = append(out, j)
	}
	return out
}

// NewAmendmentJSON returns an amendment for programs.
func NewAmendmentJSON(a *compare.Amendment) *AmendmentJSON {
	out := &AmendmentJSON{Same: a.Same, Changes: []changeJSON{}, Unexplained: effectsJSON(a.Unexplained)}
	for _, c := range a.Changes {
		j := changeJSON{What: c.What, Clause: string(c.ID), State: c.State, Effective: c.Effective(), Cases: c.Cases.String(), Dormant: c.Dormant.String(), Effects: effectsJSON(c.Effects), Elsewhere: c.Elsewhere}
		for _, v := range c.Words {
			j.Redline = append(j.Redline, redlineJSON{v.Language, v.Authentic, RedlineText(v.Runs)})
		}
		for _, k := range c.Keys {
			j.Keys = append(j.Keys, keyJSON{k.Path, k.Old, k.New, k.Inert})
		}
		out.Changes = append(out.Changes, j)
	}
	return out
}
