package daily

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

const observers = "smm-2016+"

// kind is a kind of what is counted: what observers observed, or acts.
type kind struct {
	id   string
	pick picker
}

// actKinds are the kinds of act that a report tells apart, by the tree of acts.
var actKinds = []struct {
	id    string
	nodes []string
}{
	{"artillery", []string{"attack.strike.artillery"}}, {"missile", []string{"attack.strike.missile"}}, {"drone", []string{"attack.strike.drone"}},
	{"air", []string{"attack.strike.air"}}, {"naval", []string{"attack.strike.naval"}}, {"ground", []string{"attack.ground"}}, {"sabotage", []string{"attack.sabotage"}},
	{"mine", []string{"attack.mine"}}, {"cyber", []string{"attack.cyber"}}, {"intercept", []string{"airdefence"}}, {"overflight", []string{"overflight"}},
	{"movement", []string{"movement", "deploy", "fortify"}}, {"accident", []string{"accident"}},
}

// limitActs are acts that restrict monitors; they have a section of their own.
var limitActs = []string{"obstruct", "jam", "detain"}

// counted picks what the headline counts: all records but those that only restrict
// monitors. The rule chooses among them.
func (b *builder) counted() picker {
	if b.Rule.Name == observers {
		return anyRecord
	}
	return func(r *Record) truth {
		if r.Title == "" && r.Text == "" && len(r.Scenarios) == 0 {
			return no
		}
		if t := byAct(limitActs...)(r); t == yes {
			return no
		}
		return yes
	}
}

func (b *builder) kinds() []kind {
	var out []kind
	if b.Rule.Name == observers {
		for _, k := range evidence.Observed {
			out = append(out, kind{k, func(r *Record) truth {
				if r.Seen != nil && r.Seen.Kind == k {
					return yes
				}
				return no
			}})
		}
		return out
	}
	of := func(r *Record) (sure bool, open bool) {
		for _, k := range actKinds {
			switch byAct(k.nodes...)(r) {
			case yes:
				sure = true
			case may:
				open = true
			}
		}
		return sure, open
	}
	for _, k := range actKinds {
		out = append(out, kind{k.id, both(b.counted(), byAct(k.nodes...))})
	}
	return append(out, kind{"open", both(b.counted(), func(r *Record) truth {
		if sure, open := of(r); !sure && open {
			return yes
		}
		return no
	})})
}

// anchor gives each record that the report shows a place on the page, by time.
func (b *builder) anchor() {
	shown := slices.Concat(b.now, b.limits[0], b.undated)
	byStart := func(x, y *Record) int { return cmp.Or(cmp.Compare(start(x), start(y)), cmp.Compare(x.ID, y.ID)) }
	slices.SortStableFunc(shown, byStart)
	for i, r := range shown {
		r.anchor = fmt.Sprintf("r-%d", i+1)
	}
	for _, list := range [][]*Record{b.now, b.limits[0]} {
		slices.SortStableFunc(list, byStart)
	}
}

func start(r *Record) when.Instant {
	t := when.Future
	for i := range r.Scenarios {
		t = min(t, r.Scenarios[i].Time.Start)
	}
	return t
}

// violations is the chapter that gives the report its name.
func (b *builder) violations() {
	c := b.c
	s := &Section{ID: "violations", Title: c.text("violations." + b.style())}
	all := func(int) bool { return true }
	total := b.figure("violations.total", c.text("figure.total."+b.style()), b.Rule, b.counted(), b.watched(all))
	s.Says = append(s.Says, c.say("violations.says."+b.style(), "n", total, "before", total.beforeText, "rule", b.Rule.ID()))
	if b.Rule.Name == observers {
		train := b.figure("violations.exercises", c.text("figure.exercises"), b.Rule, func(r *Record) truth {
			if r.Seen != nil && r.Seen.Exercise != "" {
				return yes
			}
			return no
		}, -1)
		s.Says = append(s.Says, c.say("violations.exercises", "n", train))
	}
	regions := &Table{ID: "regions", Title: c.text("table.regions"), Columns: []string{c.text("col.region"), c.text("col.now"), c.text("col.before"), c.text("col.records")}}
	row := func(name Sentence, f *Figure, t *Table) {
		if f.none() && f.Before.High == 0 && !f.Before.Unbounded {
			return
		}
		t.Rows = append(t.Rows, []Sentence{name, c.say("number.only", "n", f), plain(f.beforeText), plain(fmt.Sprint(len(f.Counted) + len(f.Open)))})
	}
	for _, a := range b.areas {
		f := b.figure("violations.region."+a.code, b.areaTitle(a), b.Rule, both(b.counted(), inArea(a.code)), b.watched(b.postIn(a.code)))
		row(plain(b.areaTitle(a)), f, regions)
	}
	row(plain(c.text("area.wide")), b.figure("violations.region.wide", c.text("area.wide"), b.Rule, both(b.counted(), wide), -1), regions)
	row(plain(c.text("area.unknown")), b.figure("violations.region.unknown", c.text("area.unknown"), b.Rule, both(b.counted(), nowhere), -1), regions)
	regions.Rows = append(regions.Rows, []Sentence{plain(c.text("total")), c.say("number.only", "n", total), plain(total.beforeText), plain(fmt.Sprint(len(total.Counted) + len(total.Open)))})
	regions.Notes = append(regions.Notes, c.say("note.regions"))
	kinds := &Table{ID: "kinds", Title: c.text("table.kinds"), Columns: []string{c.text("col.kind"), c.text("col.now"), c.text("col.before"), c.text("col.records")}}
	for _, k := range b.kinds() {
		name := c.text("kind." + k.id)
		row(plain(name), b.figure("violations.kind."+k.id, name, b.Rule, k.pick, -1), kinds)
	}
	levels := &Table{ID: "levels", Title: c.text("table.levels"), Columns: []string{c.text("col.level"), c.text("col.now"), c.text("col.before"), c.text("col.records")}}
	for _, l := range evidence.Levels() {
		name := c.text("level." + l.String())
		row(plain(name), b.figure("violations.level."+l.String(), name, b.Rule, both(b.counted(), func(r *Record) truth {
			if r.Level == l {
				return yes
			}
			return no
		}), -1), levels)
	}
	s.Tables = append(s.Tables, regions, kinds, levels)
	if b.For != "public" { // the public is told of no author
		s.Tables = append(s.Tables, b.attribution(row))
	}
	s.Graphics = b.graphics(total)
	if len(b.undated) > 0 {
		f := b.undatedFigure()
		s.After = append(s.After, append(c.say("violations.undated", "n", f), b.links(b.undated, 12)...))
	}
	b.r.Sections = append(b.r.Sections, s)
}

// style is how the headline speaks: of ceasefire violations as observers count them,
// or of incidents, which nobody has found to be violations.
func (b *builder) style() string {
	if b.Rule.Name == observers {
		return "smm"
	}
	return "incidents"
}

// undatedFigure counts records without a time: they may be of any day, and are in
// no other number.
func (b *builder) undatedFigure() *Figure {
	f := &Figure{ID: "undated", Name: b.c.text("figure.undated"), Number: b.plainNumber(b.undated), Before: b.plainNumber(nil)}
	b.keep(f)
	return f
}

// attribution says how many records name whom, with bounds: those that name nobody
// may be by anybody. Shares of the known alone are not given.
func (b *builder) attribution(row func(Sentence, *Figure, *Table)) *Table {
	c := b.c
	t := &Table{ID: "attribution", Title: c.text("table.attribution"), Columns: []string{c.text("col.author"), c.text("col.now"), c.text("col.before"), c.text("col.records")}}
	parties := map[string]bool{}
	for _, r := range slices.Concat(b.now, b.then) {
		for i := range r.Scenarios {
			for _, a := range r.Scenarios[i].Actor {
				head, _, _ := strings.Cut(a, ".")
				parties[head] = true
			}
		}
	}
	names := make([]string, 0, len(parties))
	for p := range parties {
		names = append(names, p)
	}
	slices.Sort(names)
	for _, p := range names {
		f := b.figure("attribution."+p, c.text("attribution.party", "party", visible(p)), b.Rule, both(b.counted(), func(r *Record) truth {
			return facts(r, func(s *evidence.Scenario) truth { return among(s.Actor, []string{p}) })
		}), -1)
		row(c.say("attribution.party", "party", visible(p)), f, t)
	}
	open := b.figure("attribution.open", c.text("attribution.open"), b.Rule, both(b.counted(), func(r *Record) truth {
		for _, p := range names {
			if facts(r, func(s *evidence.Scenario) truth { return among(s.Actor, []string{p}) }) == yes {
				return no
			}
		}
		return yes
	}), -1)
	row(plain(c.text("attribution.open")), open, t)
	t.Notes = append(t.Notes, c.say("note.attribution"))
	return t
}

// links are links to records, some of many.
func (b *builder) links(rs []*Record, most int) Sentence {
	var out Sentence
	for i, r := range rs {
		if i == most {
			return append(out, b.c.say("links.more", "n", len(rs)-most)...)
		}
		if i > 0 {
			out = append(out, Piece{Text: ", "})
		}
		out = append(out, record(r)...)
	}
	return out
}
