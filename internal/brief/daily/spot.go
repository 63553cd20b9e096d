package daily

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/where"
)

// spotRecord finds the record that a spot report is about, by its id, its short
// name, or the number in its title.
func (in *Input) spotRecord() (*Record, error) {
	for _, r := range in.Records {
		if r.Is(in.Spot) {
			return r, nil
		}
	}
	return nil, fmt.Errorf("there is no record %q, or it may not be shown to: %s", in.Spot, in.For)
}

// spot writes a report about one event: what is on record, who says what, what the
// texts say, and where.
func (b *builder) spot(r *Record) {
	c := b.c
	b.r.Title = c.text("title.spot", "id", visible(r.name()))
	// The line on the period is of reports of a period.
	b.r.Head = append(b.r.Head[:1:1], b.r.Head[3:]...)
	f := &Figure{ID: "spot.count", Name: c.text("figure.total.incidents"), Number: b.plainNumber([]*Record{r}), Before: b.plainNumber(nil)}
	b.keep(f)
	text := r.Title
	if text == "" {
		text = r.Text
	}
	b.r.Summary = append(b.r.Summary,
		c.say("spot.says", "act", b.observation(r), "time", b.when(r), "region", b.regionOf(r), "level", c.text("level."+r.Level.String())),
		append(c.say("spot.words"), quoted(visible("“"+strings.Join(strings.Fields(text), " ")+"”"))...),
		c.say("spot.note"))
	b.r.Sections = append(b.r.Sections, b.spotFacts(r), b.spotClaims(r))
	if len(b.Judges) > 0 {
		b.r.Sections = append(b.r.Sections, b.spotFindings(r))
	}
}

func (b *builder) spotFacts(r *Record) *Section {
	c := b.c
	s := &Section{ID: "facts", Title: c.text("spot.facts")}
	t := &Table{ID: "facts", Title: c.text("spot.facts"), Columns: []string{c.text("col.fact")}}
	for i := range r.Scenarios {
		name := c.text("col.value")
		if len(r.Scenarios) > 1 {
			name = c.text("spot.possibility", "number", fmt.Sprint(i+1))
		}
		t.Columns = append(t.Columns, name)
	}
	row := func(key string, of func(*evidence.Scenario) Sentence) {
		line, any := []Sentence{plain(c.text(key))}, false
		for i := range r.Scenarios {
			x := of(&r.Scenarios[i])
			any = any || x.String() != ""
			line = append(line, x)
		}
		if any {
			t.Rows = append(t.Rows, line)
		}
	}
	tree := func(name string, of func(*evidence.Scenario) []string) func(*evidence.Scenario) Sentence {
		return func(s *evidence.Scenario) Sentence {
			var out []string
			for _, v := range of(s) {
				out = append(out, c.word(name, v))
			}
			if len(out) == 0 {
				return plain(c.text("not-known"))
			}
			return plain(joinWords(out, c.text("or")))
		}
	}
	if len(r.Scenarios) > 1 {
		row("col.no", func(s *evidence.Scenario) Sentence { return quoted(visible(s.Name)) })
	}
	row("col.time", func(s *evidence.Scenario) Sentence { return plain(b.span(s.Time)) })
	row("col.place", func(s *evidence.Scenario) Sentence {
		return b.location(&Record{Incident: &evidence.Incident{Scenarios: []evidence.Scenario{*s}}})
	})
	row("col.observation", tree("act", func(s *evidence.Scenario) []string { return s.Act }))
	row("col.outcome", tree("outcome", func(s *evidence.Scenario) []string { return s.Outcome }))
	row("col.weapon", tree("means", func(s *evidence.Scenario) []string { return s.Means }))
	row("col.author", func(s *evidence.Scenario) Sentence {
		if len(s.Actor) == 0 {
			return plain(c.text("attribution.open"))
		}
		var out Sentence
		for i, a := range s.Actor {
			if i > 0 {
				out = append(out, Piece{Text: c.text("or")})
			}
			out = append(out, c.say("attribution.party", "party", visible(a))...)
		}
		return out
	})
	one := func(key, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []Sentence{plain(c.text(key)), quoted(visible(value))})
		}
	}
	one("col.region", b.regionOf(r))
	one("col.killed", b.persons(r.Killed))
	one("col.injured", b.persons(r.Injured))
	one("col.severity", r.Severity)
	one("col.damage", r.Damage)
	one("col.sources", r.Source)
	one("col.level", c.text("level."+r.Level.String()))
	s.Tables = []*Table{t}
	place := r.Scenarios[0].Place
	if len(r.Scenarios) > 1 {
		var all []where.Region
		for i := range r.Scenarios {
			if !r.Scenarios[i].Place.IsUnknown() {
				all = append(all, r.Scenarios[i].Place)
			}
		}
		place = where.UnionRegion(all...)
	}
	class := "sure"
	if len(r.Scenarios) > 1 {
		class = "may"
	}
	if !place.IsUnknown() {
		svg, left := brief.Sketch(c.text("map.title"), []brief.SketchMark{{Region: place, Says: visible(r.name()), Class: class}}, b.Base, func(a where.AreaInfo) string { return b.areaName(a) })
		if len(left) == 0 {
			s.Graphics = []Graphic{{ID: "map", Title: c.text("map.title"), SVG: svg, Says: []Sentence{c.say("map.key", "n", 1)}}}
		}
	}
	return s
}

// spotClaims are the words of others: claims, never observations.
func (b *builder) spotClaims(r *Record) *Section {
	c := b.c
	s := &Section{ID: "claims", Title: c.text("spot.claims")}
	t := &Table{ID: "claims", Title: c.text("spot.claims"), Columns: []string{c.text("col.from"), c.text("col.kind"), c.text("col.about"), c.text("col.said"), c.text("col.says")}, Empty: c.text("empty.claims")}
	for _, x := range r.Claims {
		t.Rows = append(t.Rows, []Sentence{quoted(visible(x.By)), plain(c.word("claim", string(x.Kind))), quoted(visible(x.Of)), quoted(visible(x.On)), quoted(visible(x.Gist))})
	}
	s.Tables = []*Table{t}
	return s
}

func (b *builder) spotFindings(r *Record) *Section {
	c := b.c
	s := &Section{ID: "findings", Title: c.text("findings"), Says: []Sentence{c.say("spot.findings")}}
	t := &Table{ID: "findings", Title: c.text("spot.by-reading"), Columns: []string{c.text("col.reading"), c.text("col.verdict")}}
	for _, j := range b.Judges {
		f := j.Incident(r.judged(), nil)
		t.Rows = append(t.Rows, []Sentence{quoted(j.Regime().Terms.ID + "@" + j.Regime().ReadingID), plain(c.text("verdict." + f.Verdict.String()))})
	}
	s.Tables = []*Table{t}
	return s
}
