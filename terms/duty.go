package terms

import (
	"strings"

	"github.com/truce-project/truce/when"
)

// Duty is what an obliging clause says. Fields hold the text's own words and
// are empty where it says nothing, or says `unstated`.
type Duty struct {
	Bearer   []string // parties, or each
	Do       string
	When     string // what brings it about; "before in_force" for the time before the start
	Due      string // the deadline or rhythm: by, within, every or throughout
	By       *Moment
	Within   *Term
	Evidence string // what shows that it was done
	Verifier string // who looks
	Quota    string
	Amount   *Amount    // of the quota, where it is a number of things
	Every    string     // day or week: the rhythm of the quota
	Late     string     // until when it may still be done late
	LateBy   *Term      // the same, where it is a length of time
	Breach   string     // what follows if it is not done
	Clears   []ClauseID // forbidding clauses that say where nothing may be left
	Linked   []ClauseID // duties that it goes hand in hand with
}

// Authority is what a clause of power says.
type Authority struct {
	Holder  []string // parties, or each, injured, other
	May     string   // release, extend, suspend, respond, or another word
	When    string   // what brings it about
	Notice  string
	Finding string // who finds that the condition is met
	Form    string // by what act it is used
	Default string // what holds if it is not used
	Limits  string
	Response
}

// Term is a time after something: "PT48H after in_force".
type Term struct {
	For   when.Duration
	After string
}

// From is what the term runs after; of none, the start of the text.
func (t *Term) From() string {
	if t == nil {
		return InForce
	}
	return t.After
}

// InForce is what a term that runs from the start of the text runs after, and
// what comes "before" it in a duty's when.
const (
	InForce       = "in_force"
	BeforeInForce = "before in_force"
)

// bodyKeys are the keys of duties, powers and procedures that may also stand
// beside the kind, in the older form of a block.
var bodyKeys = []string{"bearer", "holder", "do", "when", "may", "within", "by", "every", "throughout", "after", "evidence", "verifier", "clock", "late_until", "on_violation", "notice", "limits", "steps", "quota", "finding", "form", "default", "of", "who", "clears", "linked", "first", "proportion", "answers"}

// body reads what a duty, power or procedure says; keys that it does not know
// are kept as they are and mean nothing here.
func (p *reader) body(c *Clause, v *value) {
	get := func(k string) string { return inWords(v.get(k)) }
	first := func(keys ...string) string {
		for _, k := range keys {
			if s := get(k); s != "" {
				return s
			}
		}
		return ""
	}
	if s := get("limits"); s != "" {
		c.Limits = s
	}
	switch c.Kind {
	case Oblige:
		c.Duty = &Duty{Bearer: words(v, "bearer", "bound"), Do: get("do"), When: get("when"), Due: first("by", "within", "every", "throughout"),
			By: p.dated(v.get("by")), Within: term(get("within")), Evidence: get("evidence"), Verifier: get("verifier"), Quota: get("quota"),
			Late: get("late_until"), Breach: get("on_violation"), Amount: amount(get("quota")), Every: get("every"), LateBy: term(get("late_until"))}
		for _, w := range words(v, "clears") {
			c.Duty.Clears = append(c.Duty.Clears, ClauseID(w))
		}
		for _, w := range words(v, "linked") {
			if clauseNumber.MatchString(w) {
				c.Duty.Linked = append(c.Duty.Linked, ClauseID(w))
			}
		}
	case Power:
		c.Power = &Authority{Holder: words(v, "holder", "bearer", "bound"), May: get("may"), When: get("when"), Notice: get("notice"),
			Finding: get("finding"), Form: first("form", "by"), Default: get("default"), Limits: c.Limits, Response: p.response(v)}
	case Procedure:
		c.Course = p.course(v, first("who", "by"))
	}
}

// dated reads an instant or a date, where it is one.
func (p *reader) dated(v *value) *Moment {
	s := v.str()
	if i, err := when.ParseRFC3339(s); err == nil {
		return &Moment{Range: when.Exactly(i), Stated: s, Pos: v.pos}
	}
	if p.t.Clock.Zone == nil {
		return nil
	}
	if d, err := when.ParseDay(s, p.t.Clock.Zone); err == nil {
		return &Moment{Range: when.Range{Earliest: d.Start, Latest: d.End}, Stated: s, Pos: v.pos}
	}
	if i, err := when.ParseCivil(s, p.t.Clock.Zone); err == nil {
		return &Moment{Range: when.Exactly(i), Stated: s, Pos: v.pos}
	}
	return nil
}

// term reads "PT48H after in_force", where it is such.
func term(s string) *Term {
	d, after, _ := strings.Cut(s, " after ")
	x, err := when.ParseDuration(d)
	if err != nil {
		return nil
	}
	return &Term{For: x, After: strings.TrimSpace(after)}
}

// words are the names under the first of some keys that stands.
func words(v *value, keys ...string) []string {
	for _, k := range keys {
		var out []string
		for _, e := range v.get(k).elems() {
			if s := stated(e.text); s != "" {
				out = append(out, strings.TrimPrefix(s, "each "))
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// stated drops the word by which a text is marked as silent.
func stated(s string) string {
	if s = strings.TrimSpace(s); s == "unstated" {
		return ""
	}
	return s
}

// inWords is a value as words; a list or mapping is joined.
func inWords(v *value) string {
	if v == nil {
		return ""
	}
	switch v.kind {
	case scalar:
		return stated(v.text)
	case list:
		var s []string
		for _, e := range v.items {
			s = append(s, inWords(e))
		}
		return strings.Join(s, "; ")
	case mapping:
		var s []string
		for _, k := range v.keys {
			s = append(s, k.name+": "+inWords(k.val))
		}
		return strings.Join(s, ", ")
	}
	return ""
}

// intended reads the scopes of what the text is meant to settle.
func (p *reader) intended(v *value) {
	for _, e := range v.elems() {
		if e.kind != mapping || len(e.keys) == 0 {
			p.errorf(e.pos, "intended: expected a scope such as {act: attack, target: energy}: every act in it that no clause speaks of is a gap")
			continue
		}
		for _, k := range e.keys {
			if !contains(dimensions, k.name) && k.name != "of" && k.name != "hours" {
				p.errorf(k.pos, "intended: unknown key %q%s", k.name, didYouMean(k.name, dimensions))
			}
			if k.name == "owner" && (k.val.str() == "own" || k.val.str() == "other-party") {
				p.errorf(k.pos, "intended: name the owners: %s belongs to a clause that binds somebody", k.val.str())
			}
		}
		p.t.Intended = append(p.t.Intended, p.scope(&Clause{}, e, true))
	}
}

// relations reads how the text stands to others.
func (p *reader) relations(v *value) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, `relations: expected {OTHER-TEXT: prevails|yields|beside}, or {"*": ...} for every other text`)
		return
	}
	for _, k := range v.keys {
		how := p.text(k.val, "relations")
		if how != "prevails" && how != "yields" && how != "beside" {
			p.errorf(k.val.pos, "relations: %s: expected prevails (this text goes first), yields, or beside (each is judged for itself)", k.name)
		}
		p.t.Relations = append(p.t.Relations, Relation{To: k.name, How: how, Pos: k.pos})
	}
}

// justify reads why findings of lint are accepted: `lint: {L22: because ...}`;
// a key may name several codes.
func (p *reader) justify(v *value, clause ClauseID) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, "lint: expected {L22: why this is accepted}")
		return
	}
	for _, k := range v.keys {
		reason := strings.TrimSpace(p.text(k.val, "lint"))
		if reason == "" {
			p.errorf(k.pos, "lint: %s: expected the reason why this is accepted", k.name)
		}
		for _, code := range strings.FieldsFunc(k.name, func(r rune) bool { return r == ' ' || r == ',' }) {
			p.t.Justifications = append(p.t.Justifications, Justification{Code: code, Reason: reason, Clause: clause, Pos: k.pos})
		}
	}
}

// Shape says how a zone is drawn.
type Shape int

// The shapes of a zone, as far as lint asks.
const (
	Composed   Shape = iota // of named areas, other zones or sites
	Drawn                   // polygons, or a line with its side
	LineNoSide              // a line, without a word on its side
)

// Shape says how the zone of a definition is drawn.
func (d *Definition) Shape() Shape {
	if d.Zone == nil || d.Zone.kind != mapping {
		return Composed
	}
	if d.Zone.get("geojson") != nil || d.Zone.get("file") != nil {
		return Drawn
	}
	near := d.Zone.get("near")
	switch {
	case near.get("line") == nil:
		return Composed
	case near.get("side") == nil:
		return LineNoSide
	}
	return Drawn
}
