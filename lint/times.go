package lint

import (
	"fmt"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

const (
	minute when.Instant = 60_000
	hour                = 60 * minute
	day                 = 24 * hour
)

// times looks at when the reading begins and ends.
func (l *linter) times(v *view) {
	l.startOf(v)
	l.endOf(v)
	l.clockOf(v)
	l.inFlight(v)
	l.before(v)
	l.extension(v)
	l.published(v)
	l.deadlines(v)
}

// startOf: L01.
func (l *linter) startOf(v *view) {
	if v.start == nil {
		if l.asks(v, "start") {
			l.add(hit("L01", v.position, "no start is stated", l.open(v, when.Range{Earliest: when.Past, Latest: when.Future}, "text.start")...), v)
		}
		return
	}
	if !v.start.Range.Certain() {
		l.add(hit("L01", v.start.Pos, "the start is known only as a range: "+stated(v.start), l.open(v, v.start.Range, "text.start")...), v)
	}
}

func (l *linter) asks(v *view, question string) bool {
	for _, q := range v.r.Questions {
		if q.ID == question {
			return true
		}
	}
	return false
}

func stated(m *terms.Moment) string {
	if m.Stated != "" {
		return m.Stated
	}
	return m.Range.String()
}

// open finds an instant within a range at which an act, by somebody where that
// is given, is undetermined because of the question.
func (l *linter) open(v *view, r when.Range, question string, by ...string) []Witness {
	var at []when.Instant
	switch lo, hi := r.Earliest, r.Latest; {
	case lo.Bounded() && hi.Bounded():
		at = []when.Instant{lo + (hi-lo)/2, lo, hi - 1}
	case lo.Bounded():
		at = []when.Instant{lo + day, lo}
	case hi.Bounded():
		at = []when.Instant{hi - day, hi - 1}
	default:
		at = []when.Instant{20_000 * day} // any instant will do
	}
	for _, s := range l.seeds(v) {
		for _, t := range at {
			sc := with(s.sc, func(sc *evidence.Scenario) {
				sc.Time, sc.Launch = when.Moment(t), when.Moment(t)
				if by != nil && len(sc.Actor) == 1 {
					*sc = l.exchanged(*sc, l.party(sc.Actor[0]), by[0])
				}
			})
			if f := l.judged(v.r, sc, nil); f.Verdict == judge.Undetermined && f.Decides(question) {
				w := l.witness(v, v.r, sc)
				w.Says[0].Turns = question
				return []Witness{w}
			}
		}
	}
	return nil
}

// endOf: L03.
func (l *linter) endOf(v *view) {
	switch end := v.end; {
	case end == nil:
		h := hit("L03", v.position, "no end is stated, nor that there is none")
		for _, s := range l.seeds(v) {
			sc := with(s.sc, func(sc *evidence.Scenario) { sc.Time = when.Moment(v.some() + 3650*day); sc.Launch = sc.Time })
			if w := l.witness(v, v.r, sc); w.Says[0].Verdict == judge.Breach && v.some() != 0 {
				h.Witnesses = []Witness{w}
				break
			}
		}
		l.add(h, v)
	case end.For != nil:
		l.counting(v)
	case !end.Range.Certain():
		l.add(hit("L03", end.Pos, "the end is known only as a range: "+stated(end), l.open(v, end.Range, "text.end")...), v)
	}
}

// counting: days that the text does not say how to count, where it matters.
func (l *linter) counting(v *view) {
	if l.t.Stated.Days || v.end.For.Days == 0 || l.t.Clock.Zone == nil {
		return
	}
	other := l.alternative(v, nil, func(t *terms.Terms) { t.Clock.Days = when.Hours24 })
	if other == nil {
		return
	}
	if w := l.differ(v, v.r, other, "if days are those of the calendar", "if days are 24 hours each"); w != nil {
		l.add(hit("L03", v.end.Pos, "the clock changes within "+stated(v.end)+", and how days are counted is not said", w...), v)
	}
}

// clockOf: L02.
func (l *linter) clockOf(v *view) {
	if l.t.Clock.Zone != nil || len(v.seeds) == 0 {
		return
	}
	s := l.fair(v.seeds[0])
	at := s.sc.Time.Start
	if !at.Bounded() || at == 0 {
		at = v.some()
	}
	at -= at%day - 23*hour - 30*minute
	w := l.witness(v, s.regime, with(s.sc, func(sc *evidence.Scenario) { sc.Time = when.Moment(at) }))
	w.Sentence += fmt.Sprintf("; by a clock one hour further east that is the %s", (at + hour).Time().Format("2 January"))
	l.add(hit("L02", l.key("time"), "no clock is named: of which day an act near midnight is, the text does not say", w), nil)
}

// inFlight: L09, what is in the air when the text begins.
func (l *linter) inFlight(v *view) {
	if v.start == nil || !v.start.Range.Certain() || !v.start.Range.Earliest.Bounded() {
		return
	}
	for _, s := range l.seeds(v) {
		if s.clause.Counts || s.regime != v.r || !under(s.sc.Act, "attack.strike") {
			continue
		}
		other := l.alternative(v, nil, func(t *terms.Terms) {
			for _, c := range t.Clauses {
				c.Launch = c.Launch || c.Kind == terms.Forbid && !c.Counts
			}
		})
		if other == nil {
			return
		}
		sc := with(s.sc, func(sc *evidence.Scenario) {
			sc.Time, sc.Launch = when.Moment(v.start.Range.Earliest+5*minute), when.Moment(v.start.Range.Earliest-30*minute)
		})
		a, b := l.judged(v.r, sc, nil), l.judged(other, sc, nil)
		if a.Verdict == b.Verdict {
			continue
		}
		w := Witness{Sentence: l.sentence(v, sc), Incident: incident(sc), Says: []Saying{saying("if the hit counts", a), saying("if the launch counts", b)}}
		h := hit("L09", s.clause.Pos, "whether launch or impact counts is not said, for what is in flight at the start", w)
		h.Clause = s.clause.ID
		l.add(h, v)
		return
	}
}

func under(list []string, node string) bool {
	return len(list) == 1 && (list[0] == node || len(list[0]) > len(node) && list[0][:len(node)+1] == node+".")
}

// before: L19.
func (l *linter) before(v *view) {
	if v.start == nil || !v.start.Range.Earliest.Bounded() || len(v.seeds) == 0 {
		return
	}
	for _, c := range l.t.Clauses {
		if c.Duty != nil && c.Duty.When == terms.BeforeInForce {
			return
		}
	}
	for _, s := range l.seeds(v) {
		sc := with(s.sc, func(sc *evidence.Scenario) {
			sc.Time = when.Moment(v.start.Range.Earliest - hour)
			sc.Launch = sc.Time
		})
		if w := l.witness(v, v.r, sc); w.Says[0].Verdict == judge.NotInForce {
			l.add(hit("L19", l.key("time"), "nothing is said on conduct before entry into force", w), v)
			return
		}
	}
}

// extension: L27.
func (l *linter) extension(v *view) {
	if v.end == nil || v.end.For == nil && !v.end.Range.Latest.Bounded() && !v.end.Range.Earliest.Bounded() {
		return
	}
	h := hit("L27", v.end.Pos, "the text ends, and nothing is said on extension")
	for _, c := range l.t.Clauses {
		if c.Power == nil || c.Power.May != "extend" || !in(c.Readings, v.id) {
			continue
		}
		if c.Power.Form != "" && c.Power.Default != "" {
			return
		}
		h.Pos, h.Clause, h.Says = c.Pos, c.ID, "it can be extended; "+missing(map[string]string{"by what act (form:)": c.Power.Form, "what holds without it (default:)": c.Power.Default})
	}
	open := &terms.Moment{Range: when.Exactly(when.Future), Stated: "none"}
	other := l.alternative(v, nil, func(t *terms.Terms) {
		t.End = open
		for _, r := range t.Readings {
			r.End = open
		}
	})
	if other != nil {
		h.Witnesses = l.differ(v, other, v.r, "if it was extended", "if it lapsed")
	}
	l.add(h, v)
}

// in reports whether a clause stands in a reading.
func in(readings []string, id string) bool {
	for _, r := range readings {
		if r == id {
			return true
		}
	}
	return len(readings) == 0
}

// deadlines: D05, dates that have passed when the text begins.
func (l *linter) deadlines(v *view) {
	if v.start == nil || !v.start.Range.Earliest.Bounded() {
		return
	}
	begins := v.start.Range.Earliest
	for _, c := range l.t.Clauses {
		if !in(c.Readings, v.id) {
			continue
		}
		if d := c.Duty; d != nil && d.By != nil && d.By.Range.Latest <= begins {
			h := hit("D05", c.Pos, fmt.Sprintf("due by %s, and the text begins at %s", stated(d.By), begins))
			h.Clause = c.ID
			l.add(h, v)
		}
		if c.Until == nil || c.Until.For != nil || c.Until.Range.Latest > begins {
			continue
		}
		h := hit("D05", c.Pos, fmt.Sprintf("holds until %s, and the text begins at %s", stated(c.Until), begins))
		h.Clause = c.ID
		for _, s := range l.seeds(v) {
			if s.clause.ID != c.ID {
				continue
			}
			sc := with(s.sc, func(sc *evidence.Scenario) { sc.Time = when.Moment(c.Until.Range.Latest - hour); sc.Launch = sc.Time })
			h.Witnesses = []Witness{l.witness(v, v.r, sc)}
		}
		l.add(h, v)
	}
	for _, k := range l.t.CommitmentsUnder(v.id) {
		if k.Until != nil && k.Until.For == nil && k.Until.Range.Latest <= begins {
			l.add(hit("D05", k.Pos, fmt.Sprintf("%s undertakes until %s, and the text begins at %s", k.Party, stated(k.Until), begins)), v)
		}
	}
}

// published: L12 and L30, lists that were made known late or never.
func (l *linter) published(v *view) {
	for _, a := range l.t.Annexes {
		switch {
		case a.Published == nil:
			l.add(hit("L12", a.Pos, "when annex "+a.ID+" was published is not said"), nil)
		case a.Published.Range.Latest == when.Future:
			l.add(hit("L30", a.Pos, "annex "+a.ID+" is not published"), nil)
		case v.start != nil && v.start.Range.Earliest.Bounded() && a.Published.Range.Latest > v.start.Range.Earliest:
			l.add(hit("L12", a.Pos, fmt.Sprintf("annex %s was published %s, after the start", a.ID, stated(a.Published)), l.unknown(v, a)...), v)
		}
	}
	for _, d := range l.t.Definitions {
		if d.Published == nil || !in(d.Readings, v.id) {
			continue
		}
		h := hit("L30", d.Pos, "the list of "+d.Name+" is not published")
		if d.Published.Range.Latest != when.Future {
			if v.start == nil || !v.start.Range.Earliest.Bounded() || d.Published.Range.Latest <= v.start.Range.Earliest {
				continue
			}
			h = hit("L12", d.Pos, fmt.Sprintf("the list of %s was published %s, after the start", d.Name, stated(d.Published)))
		}
		h.Clause = d.Clause
		l.add(h, v)
	}
}

// unknown is a breach at a listed object before the list was known.
func (l *linter) unknown(v *view, a *terms.Annex) []Witness {
	for _, s := range l.seeds(v) {
		for _, o := range a.Objects {
			sc := with(s.sc, func(sc *evidence.Scenario) {
				sc.Site, sc.Time = []string{o.ID}, when.Moment(a.Published.Range.Latest-hour)
				sc.Launch = sc.Time
				if o.Kind != "" {
					sc.Target = []string{o.Kind}
				}
			})
			if w := l.witness(v, v.r, sc); w.Says[0].Verdict == judge.Breach {
				return []Witness{w}
			}
		}
	}
	return nil
}
