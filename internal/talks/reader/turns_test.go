package reader

import (
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/talks"
)

// TestTurns: turns of several sentences come out as expected, in every wording. of=PLACE
// is of the incident that a claim is about, answers=KIND of what it answers.
func TestTurns(t *testing.T) {
	for _, p := range paraphrasesIn(t, "testdata/turns.tsv") {
		text := "RIYADH, March 24, 2025 (Agency) - " + strings.ReplaceAll(p.text, " ¶ ", "\n\n")
		a := Read(text, Options{})
		for _, e := range p.want {
			found := slices.ContainsFunc(a.Drafts, func(d talks.Draft) bool { return turnIs(text, a.Drafts, e, &d) })
			if found == e.not {
				t.Errorf("%s\n\t%s %v: expected %t", p.text, e.kind, e.fields, !e.not)
			}
		}
	}
}

func turnIs(text string, all []talks.Draft, e expectation, d *talks.Draft) bool {
	plain := expectation{kind: e.kind, fields: map[string]string{}}
	for k, v := range e.fields {
		switch k {
		case "of":
			if !slices.ContainsFunc(all, func(x talks.Draft) bool { return x.ID == d.Incident && strings.HasPrefix(x.Place, v) }) {
				return false
			}
		case "answers":
			if !slices.ContainsFunc(all, func(x talks.Draft) bool { return x.ID == d.Answers && string(x.Kind) == v }) {
				return false
			}
		default:
			plain.fields[k] = v
		}
	}
	return plain.meets(text, d)
}
