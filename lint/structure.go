package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// effects: D01, D02 and D08, by what each clause changes under every reading in
// which it stands.
func (l *linter) effects() {
	for _, c := range l.t.Clauses {
		switch c.Kind {
		case terms.Forbid, terms.Permit, terms.Reinstate:
			l.effect(c)
		}
	}
}

// does is what a clause does somewhere.
type does struct {
	changes  bool // some verdict
	breaches bool // makes a breach of something while it is in force
	assumed  bool // would, as if in force
	lifts    bool // takes a breach back
	speaks   bool
	excepted bool // some exception is from it
	shown    []Witness
}

func (l *linter) effect(c *terms.Clause) {
	var d does
	var last *view
	for _, v := range l.views {
		i := slices.IndexFunc(v.r.Clauses, func(r *terms.RegimeClause) bool { return r.Clause == c })
		if i < 0 {
			continue
		}
		if v.live == nil {
			return // not examined
		}
		last = v
		d.excepted = d.excepted || len(v.r.Clauses[i].ExceptedBy) > 0
		l.sum(&d, v, i)
	}
	if last == nil {
		return
	}
	report := func(code, says string) {
		h := hit(code, c.Pos, says, d.shown...)
		h.Clause = c.ID
		l.add(h, nil)
	}
	past := slices.ContainsFunc(l.out.Hits, func(h Hit) bool { return h.Code == "D05" && h.Clause == c.ID })
	switch {
	case c.Kind == terms.Permit && len(c.Except) > 0 && !d.lifts:
		report("D02", "the exception takes nothing back: what it speaks of is forbidden all the same, or was never forbidden")
	case c.Kind == terms.Reinstate && !d.breaches && !d.assumed:
		report("D02", "it reinstates nothing: no act that it speaks of was taken back")
	case !d.changes:
		d.shown = nil
		report("D01", "no act is judged differently without it")
	case c.Kind == terms.Forbid && !d.breaches && !past && d.assumed:
		report("D08", "it is never in force for anybody")
	case c.Kind == terms.Forbid && !d.breaches && !past && !d.excepted:
		d.shown = nil // nothing is forbidden, as if in force neither
		report("D08", "it binds nobody of whom it speaks: who is bound cannot do what it forbids")
	case c.Kind == terms.Forbid && !d.breaches && !past:
		report("D02", "it never makes a breach: all that it forbids is taken back")
	}
}

// sum adds what a clause does under one reading.
func (l *linter) sum(d *does, v *view, i int) {
	for k, e := range []*compare.Effects{v.live, v.assumed} {
		d.speaks = d.speaks || e.Speaks(i)
		for _, ch := range e.Changes(i) {
			d.changes = true
			d.lifts = d.lifts || ch.Without == judge.Breach
			if ch.With == judge.Breach {
				d.breaches = d.breaches || k == 0
				d.assumed = true
			}
		}
	}
	if d.shown != nil {
		return
	}
	a := v.assumed.Where(func(_ judge.Act, cs []judge.Change) bool {
		return slices.ContainsFunc(cs, func(ch judge.Change) bool { return ch.Clause == i && ch.With == judge.Breach })
	})
	if a == nil {
		a = v.assumed.Where(func(a judge.Act, _ []judge.Change) bool { return slices.Contains(a.Speaks, i) })
	}
	if a == nil {
		return
	}
	sc := a.Incident.Scenarios[0]
	if v.r.Clauses[i].From == nil && v.r.Clauses[i].Until == nil {
		sc.Time = when.Moment(v.some())
	}
	w := l.witness(v, v.r, sc)
	if len(l.judged(v.r, sc, nil).Clauses) == 0 {
		return
	}
	w.Says = append(w.Says, saying("as if in force", l.judged(v.as, sc, nil)))
	if len(l.t.Readings) > 0 {
		w.Says[0].As = "under " + v.id
	}
	d.shown = []Witness{w}
}

// maxGaps is how many gaps of one reading are told.
const maxGaps = 3

// gaps: D03. What the text is meant to settle becomes a text of its own, which
// forbids it all, and is compared with the real one.
func (l *linter) gaps(v *view) {
	if len(v.r.Intended) == 0 {
		return
	}
	r, span := v.r, v.certain()
	if span.Start >= span.End {
		r, span = v.as, when.Always
	}
	whole := *r
	whole.Questions = nil
	launch := slices.ContainsFunc(r.Clauses, func(c *terms.RegimeClause) bool { return c.Kind == terms.Forbid && c.Launch })
	rule := &terms.RegimeClause{Clause: &terms.Clause{ID: "intended", Kind: terms.Forbid, Launch: launch}, Boxes: r.Intended}
	for _, p := range l.t.Parties {
		actors, _ := l.t.Actor(string(p.ID))
		rule.Windows = append(rule.Windows, terms.Window{Party: p.ID, Actors: actors, Span: span})
	}
	whole.Clauses = []*terms.RegimeClause{rule}
	side := func(r *terms.Regime) compare.Side { return compare.Side{Regimes: []*terms.Regime{r}} }
	res, err := compare.Texts(side(r), side(&whole), options(maxGaps))
	if err != nil {
		l.out.Notes = append(l.out.Notes, "reading "+v.id+": the intended scope: "+err.Error())
		return
	}
	for _, d := range res.Differences {
		if d.Says[1] != judge.Breach || d.Says[0] != judge.NotCovered && d.Says[0] != judge.NotInForce {
			continue
		}
		what := "no clause speaks of it"
		if d.Says[0] == judge.NotInForce {
			what = "no clause that speaks of it binds its author then"
		}
		for _, b := range d.Boxes {
			sc := b.Witness.Incident[0].Scenarios[0]
			if r == v.as {
				sc.Time = when.Moment(v.some())
			}
			l.add(hit("D03", l.key("intended"), fmt.Sprintf("%s: %s", what, facts(b.Facts)), l.witness(v, r, sc)), v)
		}
	}
}

func facts(fs []compare.Fact) string {
	var out []string
	for _, f := range fs {
		if f.Dimension != "time" {
			out = append(out, f.Words)
		}
	}
	if out == nil {
		return "any act"
	}
	return strings.Join(out, "; ")
}

// certain is when the reading is surely in force.
func (v *view) certain() when.Span {
	s := when.Span{Start: when.Past, End: when.Future}
	if v.start != nil {
		s.Start = v.start.Range.Latest
	}
	if v.end != nil && v.end.For == nil {
		s.End = v.end.Range.Earliest
	} else if v.end != nil && s.Start.Bounded() {
		s.End = s.Start + when.Instant(v.end.For.Days)*day + when.Instant(v.end.For.Exact.Milliseconds()) - day
		s.End = max(s.End, s.Start+hour)
	}
	return s
}

// readings: D09, each reading against the first.
func (l *linter) readings() {
	for i, v := range l.views {
		if i == 0 {
			continue
		}
		a := l.views[0]
		if w := l.differ(a, a.r, v.r, "as "+a.id+" has it", "as "+v.id+" has it"); w != nil {
			l.add(hit("D09", v.position, "read as "+v.id+" and as "+a.id+", the text says different things", w...), nil)
		}
	}
}
