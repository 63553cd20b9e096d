package brief

import "github.com/truce-project/truce/terms"

// PassageJSON is a piece of the literate text.
type PassageJSON struct {
	Kind   string        `json:"kind" enum:"front,heading,prose,sentence,block"`
	Line   int           `json:"line"`
	Last   int           `json:"last"`
	Text   string        `json:"text" doc:"as it stands in the file"`
	Clause string        `json:"clause,omitempty" doc:"number of a sentence, or of the clause that a block makes run"`
	Texts  []VersionJSON `json:"texts,omitempty" doc:"of a sentence: its parallel texts"`
}

// VersionJSON is a sentence in one language.
type VersionJSON struct {
	Language  string `json:"language,omitempty"`
	Authentic bool   `json:"authentic,omitempty"`
	Text      string `json:"text"`
}

// NewLiterateJSON cuts a text into passages.
func NewLiterateJSON(t *terms.Terms) []PassageJSON {
	out := []PassageJSON{}
	for _, p := range t.Passages() {
		out = append(out, PassageJSON{string(p.Kind), p.Line, p.Last, p.Text, string(p.Clause), versionsJSON(p.Texts)})
	}
	return out
}

func versionsJSON(vs []terms.Version) []VersionJSON {
	var out []VersionJSON
	for _, v := range vs {
		out = append(out, VersionJSON{v.Language, v.Authentic, v.Text})
	}
	return out
}
