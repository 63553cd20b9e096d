package brief

import (
	"sort"

	"github.com/truce-project/truce/terms"
)

// TextJSON is a text as programs that draw it need it: who is bound, what each
// reading makes of it, and when.
type TextJSON struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Version   string           `json:"version,omitempty"`
	Digest    string           `json:"digest"`
	Zone      string           `json:"zone,omitempty" doc:"civil clock of the text"`
	Parties   []PartyJSON      `json:"parties"`
	Languages []string         `json:"languages,omitempty"`
	Readings  []ReadingJSON    `json:"readings" doc:"a text without readings has one, called text"`
	Clauses   []TextClauseJSON `json:"clauses" doc:"in the order of the text"`
}

// PartyJSON is somebody whom a text binds.
type PartyJSON struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// TextClauseJSON is a clause as it is written.
type TextClauseJSON struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Text     string   `json:"text,omitempty"`
	Readings []string `json:"readings,omitempty" doc:"under which it stands; absent: under all"`
	Reason   string   `json:"reason,omitempty" doc:"why the sentence is not executable"`
	Note     string   `json:"note,omitempty"`
}

// ReadingJSON is one reading of a text.
type ReadingJSON struct {
	ID        string         `json:"id"`
	Title     string         `json:"title,omitempty"`
	Status    string         `json:"status,omitempty" doc:"attributed, endorsed, amended or rejected"`
	HeldBy    []string       `json:"held_by,omitempty"`
	Source    string         `json:"source,omitempty"`
	Note      string         `json:"note,omitempty"`
	Assumes   []string       `json:"assumes,omitempty" doc:"what each finding under it assumes"`
	Questions []QuestionJSON `json:"questions,omitempty" doc:"what it leaves open"`
	Life      []LifeJSON     `json:"life" doc:"when its prohibitions bind, party by party"`
}

// QuestionJSON is something that a text leaves open.
type QuestionJSON struct {
	ID      string   `json:"id"`
	Text    string   `json:"text,omitempty"`
	Answers []string `json:"answers,omitempty"`
}

// LifeJSON is when one party is bound.
type LifeJSON struct {
	Party     string        `json:"party"`
	Stretches []StretchJSON `json:"stretches"`
}

// StretchJSON is a span in which a party is bound: for certain, or under some of
// the answers to what the text leaves open.
type StretchJSON struct {
	From    string `json:"from,omitempty" doc:"RFC 3339; absent: always was"`
	To      string `json:"to,omitempty" doc:"the end, which is not in it; absent: without end"`
	Certain bool   `json:"certain"`
}

// NewTextJSON tells of a text and of the regimes that its readings make.
func NewTextJSON(t *terms.Terms, regimes []*terms.Regime) *TextJSON {
	x := &TextJSON{ID: t.ID, Title: t.TitleText(), Version: t.Version, Digest: t.Digest, Zone: t.Clock.ZoneName,
		Parties: []PartyJSON{}, Readings: []ReadingJSON{}, Clauses: []TextClauseJSON{}}
	for _, p := range t.Parties {
		x.Parties = append(x.Parties, PartyJSON{string(p.ID), p.Name})
	}
	for _, l := range t.Languages {
		x.Languages = append(x.Languages, l.Code)
	}
	for _, c := range t.Clauses {
		x.Clauses = append(x.Clauses, TextClauseJSON{ID: string(c.ID), Kind: string(c.Kind), Text: c.Text, Readings: c.Readings, Reason: c.Reason, Note: c.Note})
	}
	for _, r := range regimes {
		x.Readings = append(x.Readings, newReadingJSON(r))
	}
	return x
}

func newReadingJSON(r *terms.Regime) ReadingJSON {
	x := ReadingJSON{ID: r.ReadingID, Assumes: r.Assumes, Life: []LifeJSON{}}
	if d := r.Reading; d != nil {
		x.Title, x.Status, x.Source, x.Note = d.Title, d.Status, d.Source, d.Note
		for _, p := range d.HeldBy {
			x.HeldBy = append(x.HeldBy, string(p))
		}
	}
	for _, q := range r.Questions {
		x.Questions = append(x.Questions, QuestionJSON{q.ID, q.Text, q.Answers[:]})
	}
	for p, ss := range lifeOf(r) {
		l := LifeJSON{Party: string(p), Stretches: []StretchJSON{}}
		for _, s := range ss {
			y := StretchJSON{Certain: s.certain}
			if s.span.Start.Bounded() {
				y.From = s.span.Start.RFC3339()
			}
			if s.span.End.Bounded() {
				y.To = s.span.End.RFC3339()
			}
			l.Stretches = append(l.Stretches, y)
		}
		x.Life = append(x.Life, l)
	}
	sort.Slice(x.Life, func(i, k int) bool { return x.Life[i].Party < x.Life[k].Party })
	return x
}
