package daily

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/where"
)

// plainNumber counts records, each as one, whenever they were.
func (b *builder) plainNumber(rs []*Record) *count.Number {
	return tally(&count.Question{Rule: b.rules["incident"], Coverage: -1}, rs, anyRecord)
}

// part makes a figure of a part of another: what is shown and not added up.
func (b *builder) part(of *Figure, id, name string) *Figure {
	pick := func(n *count.Number) *count.Number {
		x := *n
		x.Low, x.High, x.Unbounded, x.Counted = 0, 0, false, []string{}
		for _, p := range n.Parts {
			if p.Listed {
				x.Low, x.High, x.Unbounded = p.Low, p.High, p.Unbounded
			}
		}
		x.Parts = nil
		return &x
	}
	f := &Figure{ID: id, Name: name, Number: pick(of.Number), Before: pick(of.Before)}
	b.keep(f)
	return f
}

// casualties are people and damage. A person enters the total when two sources that
// do not depend on each other confirm it.
func (b *builder) casualties() {
	c := b.c
	s := &Section{ID: "casualties", Title: c.text("casualties")}
	killed := b.figure("casualties.killed", c.text("figure.killed"), b.rules["smm-killed"], anyRecord, -1)
	injured := b.figure("casualties.injured", c.text("figure.injured"), b.rules["smm-injured"], anyRecord, -1)
	rk, ri := b.part(killed, "casualties.killed.reported", c.text("figure.killed.reported")), b.part(injured, "casualties.injured.reported", c.text("figure.injured.reported"))
	if killed.none() && injured.none() && rk.none() && ri.none() { // no record speaks of any: that is no zero
		s.Says = append(s.Says, c.say("summary.casualties.none"))
	} else {
		s.Says = append(s.Says,
			c.say("casualties.confirmed", "killed", killed, "injured", injured, "killed.before", killed.beforeText, "injured.before", injured.beforeText),
			c.say("casualties.reported", "killed", rk, "injured", ri))
	}
	s.Says = append(s.Says, c.say("casualties.rule"))
	t := &Table{ID: "casualties", Title: c.text("table.casualties"), Empty: c.text("empty.casualties"),
		Columns: []string{c.text("col.no"), c.text("col.time"), c.text("col.region"), c.text("col.place"), c.text("col.killed"), c.text("col.injured"), c.text("col.severity"), c.text("col.damage"), c.text("col.status"), c.text("col.sources")}}
	for _, r := range b.now {
		if !r.Killed.Known && !r.Injured.Known && r.Damage == "" {
			continue
		}
		status := "status.reported"
		if r.Level >= evidence.Corroborated {
			status = "status.confirmed"
		} else if r.Level == evidence.Claimed {
			status = "status.claimed"
		}
		t.Rows = append(t.Rows, []Sentence{record(r), plain(b.when(r)), plain(b.regionOf(r)), b.location(r), plain(b.persons(r.Killed)), plain(b.persons(r.Injured)), quoted(visible(r.Severity)), quoted(visible(r.Damage)), plain(c.text(status)), quoted(visible(r.Source))})
		t.IDs = append(t.IDs, r.ID)
	}
	s.Tables = append(s.Tables, t)
	b.r.Sections = append(b.r.Sections, s)
}

// persons is a number as a record gives it, in the language of the report.
func (b *builder) persons(n evidence.Number) string {
	if !n.Known {
		return ""
	}
	return b.c.count(n.Min, max(n.Min, n.Max), n.Max < 0, n.About)
}

// weapons are those that were seen, where and by whom.
func (b *builder) weapons() {
	c := b.c
	s := &Section{ID: "weapons", Title: c.text("weapons")}
	f := b.figure("weapons.seen", c.text("figure.weapons"), b.rules["smm-weapons"], sighted("deploy"), -1)
	moved := b.figure("weapons.withdrawals", c.text("figure.withdrawals"), b.rules["incident"], sighted("movement.withdraw"), -1)
	if f.none() {
		s.Says = append(s.Says, c.say("summary.weapons.none", "before", f.beforeText))
	} else {
		s.Says = append(s.Says, c.say("weapons.says", "n", f, "before", f.beforeText))
	}
	if !moved.none() {
		s.Says = append(s.Says, c.say("weapons.withdrawals", "n", moved))
	}
	s.Says = append(s.Says, c.say("weapons.note"))
	b.r.Sections = append(b.r.Sections, s)
}

// sighted picks records of acts that are on record: what observers heard, and acts of
// which nothing is recorded, are no sightings.
func sighted(nodes ...string) picker {
	return func(r *Record) truth {
		for i := range r.Scenarios {
			if r.Seen != nil || len(r.Scenarios[i].Act) == 0 {
				return no
			}
		}
		return byAct(nodes...)(r)
	}
}

// windows are repairs, windows of silence and what else was notified.
func (b *builder) windows() {
	c := b.c
	s := &Section{ID: "windows", Title: c.text("windows")}
	t := &Table{ID: "windows", Title: c.text("table.windows"), Empty: c.text("empty.windows"), Columns: []string{c.text("col.time"), c.text("col.from"), c.text("col.text"), c.text("col.says")}}
	span := b.r.Period.span()
	for _, n := range b.Notices {
		if span.Contains(n.At) {
			text := n.Text
			if n.Clause != "" {
				text += ", " + n.Clause
			}
			t.Rows = append(t.Rows, []Sentence{plain(c.short(n.At.Time().In(b.Zone))), quoted(visible(n.From)), quoted(visible(text)), quoted(visible(n.Says))})
			t.IDs = append(t.IDs, n.ID)
		}
	}
	s.Tables = append(s.Tables, t)
	b.r.Sections = append(b.r.Sections, s)
}

var verdicts = []judge.Verdict{judge.Breach, judge.Permitted, judge.NotCovered, judge.NotInForce, judge.Undetermined}

// findings are what would follow under each reading of each text, if the facts hold.
func (b *builder) findings() {
	if len(b.Judges) == 0 {
		return
	}
	c := b.c
	s := &Section{ID: "findings", Title: c.text("findings"), Says: []Sentence{c.say("findings.says")}}
	t := &Table{ID: "findings", Title: c.text("table.findings"), Columns: []string{c.text("col.reading")}}
	for _, v := range verdicts {
		t.Columns = append(t.Columns, c.text("verdict."+v.String()))
	}
	for _, j := range b.Judges {
		name := j.Regime().Terms.ID + "@" + j.Regime().ReadingID
		found := map[string]judge.Verdict{}
		for _, r := range slices.Concat(b.now, b.then) {
			if _, ok := found[r.ID]; !ok {
				f := j.Weigh(r.judged(), nil) // of what would decide it nothing is said here
				found[r.ID] = f.Verdict
			}
		}
		row := []Sentence{quoted(name)}
		for _, v := range verdicts {
			f := b.figure("findings."+name+"."+v.String(), name+": "+c.text("verdict."+v.String()), b.rules["incident"], func(r *Record) truth {
				if found[r.ID] == v {
					return yes
				}
				return no
			}, -1)
			row = append(row, c.say("number.only", "n", f))
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = append(s.Tables, t)
	b.r.Sections = append(b.r.Sections, s)
}

// coverage says who could have seen: what nobody could see is in no number.
func (b *builder) coverage() {
	c := b.c
	s := &Section{ID: "coverage", Title: c.text("coverage")}
	if b.ledger == nil {
		s.Says = append(s.Says, c.say("coverage.unknown"))
		b.r.Sections = append(b.r.Sections, s)
		return
	}
	all := b.watched(func(int) bool { return true })
	s.Says = append(s.Says, c.say("coverage.says", "share", percent(all), "n", len(b.ledger.Posts), "posts", len(b.ledger.Posts)), c.say("coverage.note"))
	t := &Table{ID: "coverage", Title: c.text("table.coverage"), Columns: []string{c.text("col.post"), c.text("col.watched"), c.text("col.gap"), c.text("col.hindered")}}
	for i, p := range b.ledger.Posts {
		blind, why := 0, []string{}
		for _, h := range b.ledger.Hours {
			if h.Post != i {
				continue
			}
			if h.Chance < watch.Unwatched {
				blind++
			}
			for _, w := range h.Hindered {
				if !slices.Contains(why, w) && len(why) < 3 {
					why = append(why, w)
				}
			}
		}
		t.Rows = append(t.Rows, []Sentence{quoted(visible(p.ID)), plain(percent(b.watched(func(k int) bool { return k == i }))), plain(fmt.Sprint(blind)), quoted(visible(strings.Join(why, "; ")))})
	}
	s.Tables = append(s.Tables, t)
	b.r.Sections = append(b.r.Sections, s)
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// postIn picks the watched places of an area.
func (b *builder) postIn(code string) func(int) bool {
	return func(i int) bool {
		c, ok := b.ledger.Posts[i].Place.Centre()
		return ok && slices.Contains(where.AreasAt(c), code)
	}
}

// limitKinds are the kinds of restriction, in the order in which the Mission of the
// OSCE reported them.
var limitKinds = []string{"denial", "regular", "delay", "conditional", "other"}

// limit gathers what kept monitors from seeing: restrictions as such, and incidents
// that were recorded as acts against monitors.
func (b *builder) limit() {
	for i := range b.Restrictions {
		x := &b.Restrictions[i]
		in := x.Incident()
		if !in.Scenarios[0].Time.End.Bounded() { // it goes on
			in.Scenarios[0].Time.End = max(b.r.Period.span().End, in.Scenarios[0].Time.Start)
		}
		b.limited(&Record{Incident: in, limit: x})
	}
	for _, r := range b.Records {
		if r.limit = limitOf(r); r.limit != nil && dated(r) {
			b.limited(r)
		}
	}
}

func (b *builder) limited(r *Record) {
	if touches(r, b.r.Period) {
		b.limits[0] = append(b.limits[0], r)
	}
	if touches(r, b.r.Previous) {
		b.limits[1] = append(b.limits[1], r)
	}
}

// limitOf reads an incident as a restriction, where it is one for sure.
func limitOf(r *Record) *watch.Restriction {
	at := func(nodes ...string) bool { return byAct(nodes...)(r) == yes }
	x := &watch.Restriction{ID: r.ID, Level: r.Level, Reason: r.Text}
	for i := range r.Scenarios {
		if x.Name == "" {
			x.Name = r.Scenarios[i].PlaceName
		}
	}
	monitor := facts(r, func(s *evidence.Scenario) truth { return among(s.Target, []string{"monitor"}) }) == yes
	switch {
	case at("obstruct.access"):
		x.Kind = watch.Denial
	case at("obstruct.delay"):
		x.Kind = watch.Delay
	case at("obstruct.conditional"):
		x.Kind = watch.Conditional
	case at("obstruct"), at("jam", "attack", "detain") && monitor:
		x.Kind = watch.Other
	default:
		return nil
	}
	return x
}

func limitKind(r *Record) string {
	if r.limit.Regular && r.limit.Kind == watch.Denial {
		return "regular"
	}
	return string(r.limit.Kind)
}

// restrictions stand last, as the asterisk of the summary says.
func (b *builder) restrictions() {
	c := b.c
	s := &Section{ID: "restrictions", Title: c.text("restrictions")}
	total := b.figureOf("restrictions.total", c.text("restrictions"), b.rules["incident"], b.limits, anyRecord, -1)
	if total.none() {
		s.Says = append(s.Says, c.say("summary.restrictions.none", "before", total.beforeText))
	} else {
		s.Says = append(s.Says, c.say("restrictions.says", "n", total, "before", total.beforeText))
	}
	s.Says = append(s.Says, c.say("restrictions.note"))
	for _, k := range limitKinds {
		f := b.figureOf("restrictions."+k, c.text("limit."+k), b.rules["incident"], b.limits, func(r *Record) truth {
			if limitKind(r) == k {
				return yes
			}
			return no
		}, -1)
		t := &Table{ID: "restrictions-" + k, Title: c.text("limit." + k), Empty: c.text("empty.restrictions"),
			Columns: []string{c.text("col.no"), c.text("col.time"), c.text("col.place"), c.text("col.of"), c.text("col.reason"), c.text("col.delay"), c.text("col.told")}}
		for _, r := range b.limits[0] {
			if limitKind(r) != k {
				continue
			}
			x := r.limit
			t.Rows = append(t.Rows, []Sentence{record(r), plain(b.when(r)), quoted(visible(x.Name)), plain(c.word("of", orDash(x.Of, r))), quoted(visible(x.Reason)), plain(minutes(x.Delay)), quoted(visible(x.Told))})
			t.IDs = append(t.IDs, r.ID)
		}
		if k == "regular" && f.none() {
			continue
		}
		s.Tables = append(s.Tables, t)
	}
	b.r.Sections = append(b.r.Sections, s)
}

// orDash is whom a restriction met: as it says, or by the target of the incident.
func orDash(of string, r *Record) string {
	if of != "" {
		return of
	}
	for i := range r.Scenarios {
		for _, t := range r.Scenarios[i].Target {
			if rest, ok := strings.CutPrefix(t, "monitor."); ok {
				return rest
			}
		}
	}
	return ""
}

func minutes(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func placeName(r *Record) string {
	var names []string
	for i := range r.Scenarios {
		if n := r.Scenarios[i].PlaceName; n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, " / ")
}

// when is the time of a record, by the clock of the report.
func (b *builder) when(r *Record) string {
	var out []string
	for i := range r.Scenarios {
		if t := b.span(r.Scenarios[i].Time); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, b.c.text("or"))
}
