package fusing

import (
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
	"github.com/truce-project/truce/where/gazetteer"
)

// Builder makes reports of what files say: who speaks, whose word it is, which
// places and things the text names.
type Builder struct {
	Sources   *evidence.Sources
	Gazetteer *gazetteer.Gazetteer
	// Parties are the ids of parties, and what else they go by, to the id.
	Parties map[string]string
}

// NewBuilder returns a builder with the built-in lists.
func NewBuilder() *Builder {
	return &Builder{Sources: Sources(), Gazetteer: gazetteer.Builtin(), Parties: map[string]string{"RU": "RU", "UA": "UA"}}
}

// maxText is how much of a text is read for names and words, in bytes; texts are
// compared whole.
const maxText = 6000

// Report makes a report of an incident that was read as a kind of file.
func (b *Builder) Report(in *evidence.Incident, kind string) *evidence.Report {
	r := &evidence.Report{Incident: in, Published: when.Always}
	b.who(r)
	b.read(r, in.Text)
	if kind == "claims" {
		b.claim(r)
	}
	if b.isParty(in.Source) && r.List == "" && kind == "truce" {
		r.List = in.From.File + "|" + in.Source
	}
	r.Denies = denies(in)
	return r
}

// who finds out who speaks.
func (b *Builder) who(r *evidence.Report) {
	in := r.Incident
	s, ok := b.Sources.Named(in.Source)
	if !ok && in.Source == "" {
		s, ok = b.Sources.At(in.URL)
	}
	switch {
	case ok:
		r.Outlet, r.Party = s.ID, s.Party
	default:
		r.Outlet = strings.TrimSpace(in.Source)
	}
	if p, ok := b.Parties[in.Source]; ok {
		r.Party = p
	}
}

func (b *Builder) isParty(name string) bool {
	s, ok := b.Sources.Named(name)
	return ok && s.Party != "" || b.Parties[name] != ""
}

// claim reads who claims, from a list of claims: it is the word of that party,
// wherever it was printed.
func (b *Builder) claim(r *evidence.Report) {
	for _, c := range r.Incident.Claims {
		if c.Kind != evidence.Asserts {
			continue
		}
		if p, ok := b.Parties[c.By]; ok {
			r.Party = p
		}
		if t, err := time.Parse(time.DateOnly, c.On); err == nil {
			r.Published = when.Day(t.Year(), t.Month(), t.Day(), time.UTC)
		}
		r.List = r.Incident.From.File + "|" + r.Incident.Source + "|" + c.On
		return
	}
}

// read takes from a text the places that it names, what its words may mean, and
// whom it cites.
func (b *Builder) read(r *evidence.Report, text string) {
	if text == "" {
		return
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	found := b.Gazetteer.Mentions(text)
	r.Names, r.Within = names(found)
	r.Proper = proper(text, found)
	p := feeds.Propose(text)
	for _, l := range [][]string{p.Act, p.Target, p.Outcome} {
		for _, n := range l {
			if !slices.Contains(r.Concepts, n) && n != "attack" {
				r.Concepts = append(r.Concepts, n)
			}
		}
	}
	slices.Sort(r.Concepts)
	r.Relay = b.Sources.Relay(text, r.Outlet)
}

// maxNames is how many places of a text are kept.
const maxNames = 12

// names are the places that a text names, and the areas in which they lie.
func names(found []gazetteer.Mention) (out, within []string) {
	for _, m := range found {
		if m.NotPlace != "" || len(m.Candidates) == 0 {
			continue
		}
		k := ""
		if m.Area || m.Adjective {
			k = strings.Join(m.In(), "|")
			if k == "UA" || k == "RU" {
				continue
			}
		} else if e := m.Candidates[0].Entries; len(e) > 0 {
			k = e[0].String()
			if in := m.In(); len(in) == 1 && !slices.Contains(within, in[0]) {
				within = append(within, in[0])
			}
		}
		if k != "" && !slices.Contains(out, k) && len(out) < maxNames {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	slices.Sort(within)
	return out, within
}

// denials are stems of words by which somebody denies.
var denials = strings.Fields("denies denied deny denial groundless baseless fabricat fake absurd " +
	"спросту безпідставн фейк вигадк заперечу абсурд опроверг отрица безоснователь фейков вымыс")

// KindOfClaim is what the words of a claim do, as far as they show it: deny, or
// assert.
func KindOfClaim(words string) evidence.ClaimKind {
	if denies(&evidence.Incident{Text: words}) {
		return evidence.Denies
	}
	return evidence.Asserts
}

// denies reports whether a report does nothing but deny: its words say so, and
// it states no act and no outcome.
func denies(in *evidence.Incident) bool {
	for i := range in.Scenarios {
		if s := &in.Scenarios[i]; len(s.Act) > 0 || len(s.Outcome) > 0 {
			return false
		}
	}
	words := strings.Fields(strings.ToLower(in.Text))
	for _, w := range words[:min(60, len(words))] {
		w = strings.Trim(w, `"'«»“”.,:;()`)
		for _, d := range denials {
			if strings.HasPrefix(w, d) {
				return true
			}
		}
	}
	return false
}

// Detection makes a report of what a satellite saw.
func Detection(d feeds.Detection, id string, from evidence.Position) *evidence.Report {
	s := evidence.Unknown()
	s.Time = when.Moment(d.Time)
	s.Place = where.Disc(d.Place, 500)
	in := &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{s}, Source: strings.TrimSpace(d.Instrument + " " + d.Satellite), From: from}
	return &evidence.Report{Incident: in, Published: when.Always, Outlet: "firms", Detection: &d}
}

// Alert makes a report of an air-raid alert.
func Alert(a feeds.Alert, id string, from evidence.Position) *evidence.Report {
	s := evidence.Unknown()
	s.Time, s.Place, s.PlaceName = a.Time, a.Area, a.PlaceName
	in := &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{s}, Source: a.Source, From: from}
	return &evidence.Report{Incident: in, Published: when.Always, Alert: true}
}
