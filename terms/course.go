package terms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
)

// Course is what a procedure says. Of names what it is the procedure of:
// monitoring, liaison, incidents, counting, messaging, amendment or annexes.
type Course struct {
	Of        string
	Who       string
	Steps     []Step
	Members   []string   // who sits in the commission, by id
	Tiers     []Tier     // from the lowest; a case that is not decided goes up
	Stops     []string   // reasons that stop a clock
	Calendars []Calendar // working days of each side
	Silence   string     // what silence means where a step does not say
	fields    map[string]string
}

// Has reports whether the procedure says something under a key.
func (c *Course) Has(key string) bool { return c.fields[key] != "" }

// Says is what the procedure says under a key, in words.
func (c *Course) Says(key string) string { return c.fields[key] }

// Step returns the step with an id, or nil.
func (c *Course) Step(id string) *Step {
	for i := range c.Steps {
		if c.Steps[i].ID == id {
			return &c.Steps[i]
		}
	}
	return nil
}

// Step is one step of a procedure.
type Step struct {
	ID, By     string
	Within     *Term
	Clock      bool     // whether it has a clock that runs
	Working    bool     // its days are those on which both sides work
	Answers    []string // what may be answered
	Default    string   // what holds when its time has run out
	Needs      []string // steps that come first, or whose time has run out
	Quorum     int      // members who take part; 0: not said
	Signatures int      // members who agree; 0: not said
	Pos        Pos
}

// Tier is a level that hears cases.
type Tier struct {
	ID     string
	Within *Term // after it was reached: then an undecided case goes up
}

// Calendar is the working days of one side, by its own clock.
type Calendar struct {
	Party    PartyID
	Zone     *time.Location
	ZoneName string
	Week     [7]bool  // by time.Weekday
	Holidays []string // civil dates
}

// Works reports whether a civil date is a working day.
func (c *Calendar) Works(date string, day time.Weekday) bool {
	return c.Week[day] && !slices.Contains(c.Holidays, date)
}

// course reads a procedure.
func (p *reader) course(v *value, who string) *Course {
	c := &Course{Of: inWords(v.get("of")), Who: who, Silence: inWords(v.get("silence")), fields: map[string]string{},
		Members: words(v, "members"), Stops: words(v, "stops")}
	if v == nil {
		return c
	}
	for _, k := range v.keys {
		c.fields[k.name] = inWords(k.val)
	}
	for _, s := range v.get("steps").elems() {
		c.Steps = append(c.Steps, p.step(s))
	}
	for _, t := range v.get("tiers").elems() {
		if t.kind == scalar {
			c.Tiers = append(c.Tiers, Tier{ID: t.text})
		} else if p.keys(t, "a tier", "id", "who", "within") {
			c.Tiers = append(c.Tiers, Tier{ID: t.get("id").str(), Within: p.lasting(t.get("within"))})
		}
	}
	if cal := v.get("calendars"); cal != nil {
		for _, k := range cal.keys {
			c.Calendars = append(c.Calendars, p.calendar(PartyID(k.name), k.val))
		}
	}
	p.checkCourse(c)
	return c
}

// step reads one step; a scalar is its id alone.
func (p *reader) step(s *value) Step {
	if s.kind == scalar {
		return Step{ID: s.text, Pos: s.pos}
	}
	st := Step{ID: s.get("id").str(), By: stated(s.get("by").str()), Within: term(s.get("within").str()), Pos: s.pos,
		Clock:   stated(s.get("within").str()) != "" || stated(s.get("clock").str()) != "",
		Answers: words(s, "answers"), Default: stated(s.get("default").str()), Needs: words(s, "needs"),
		Quorum: p.count(s.get("quorum")), Signatures: p.count(s.get("signatures"))}
	switch d := s.get("days"); d.str() {
	case "", "calendar":
	case "working":
		st.Working = true
	default:
		p.errorf(d.pos, "days: expected calendar or working (days on which both sides work)")
	}
	return st
}

// count reads a number of people.
func (p *reader) count(v *value) int {
	s := stated(v.str())
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		p.errorf(v.pos, "%q: expected a number of people, such as 2", s)
		return 0
	}
	return n
}

// lasting reads a time that something takes, after it began.
func (p *reader) lasting(v *value) *Term {
	s := stated(v.str())
	if s == "" {
		return nil
	}
	t := term(s)
	if t == nil {
		p.errorf(v.pos, "%q: expected a length of time, such as P3D", s)
	}
	return t
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// calendar reads the working days of a side: {zone: Europe/Kyiv, week: mon-fri,
// holidays: [2030-03-08]}.
func (p *reader) calendar(party PartyID, v *value) Calendar {
	c := Calendar{Party: party, Zone: p.t.Clock.Zone, ZoneName: p.t.Clock.ZoneName}
	if !p.keys(v, "a calendar", "zone", "week", "holidays") {
		return c
	}
	if z := v.get("zone"); z != nil {
		var err error
		if c.Zone, err = when.Zone(z.str()); err != nil {
			p.errorf(z.pos, "calendars: %v", err)
		}
		c.ZoneName = z.str()
	}
	week := v.get("week")
	if week == nil {
		week = &value{kind: scalar, text: "mon-fri", pos: v.pos}
	}
	for _, e := range week.elems() {
		if err := c.work(e.text); err != nil {
			p.errorf(e.pos, "calendars: %v", err)
		}
	}
	for _, e := range v.get("holidays").elems() {
		if _, err := time.Parse("2006-01-02", e.text); err != nil {
			p.errorf(e.pos, "calendars: %q is not a date: expected such as 2030-03-08", e.text)
			continue
		}
		c.Holidays = append(c.Holidays, e.text)
	}
	return c
}

// work adds days of the week: "mon-fri" or "sat".
func (c *Calendar) work(text string) error {
	a, b, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "-")
	if !ok {
		b = a
	}
	from, to := slices.Index(weekdays, a), slices.Index(weekdays, b)
	if from < 0 || to < 0 {
		return fmt.Errorf("week: %q: expected days such as mon-fri or [mon, tue, sun]", text)
	}
	for d := from; ; d = (d + 1) % 7 {
		c.Week[d] = true
		if d == to {
			return nil
		}
	}
}

// checkCourse looks for steps that wait for nothing that there is.
func (p *reader) checkCourse(c *Course) {
	var ids []string
	for _, s := range c.Steps {
		if s.ID != "" && slices.Contains(ids, s.ID) {
			p.errorf(s.Pos, "step %q stands twice", s.ID)
		}
		ids = append(ids, s.ID)
	}
	for _, s := range c.Steps {
		for _, n := range s.Needs {
			if !slices.Contains(ids, n) {
				p.errorf(s.Pos, "step %s needs %q, which is no step%s", s.ID, n, didYouMean(n, ids))
			}
		}
		if s.Default != "" && s.Within == nil {
			p.errorf(s.Pos, "step %s has default: and no within: that could run out", s.ID)
		}
		if n := len(c.Members); n > 0 && (s.Quorum > n || s.Signatures > n) {
			p.errorf(s.Pos, "step %s asks for more members than the %d of the commission", s.ID, n)
		}
		if s.Quorum > 0 && s.Signatures > s.Quorum && len(c.Members) == 0 {
			p.errorf(s.Pos, "step %s asks for more signatures than its quorum", s.ID)
		}
	}
	for _, s := range c.Steps {
		if s.Working && len(c.Calendars) == 0 {
			p.errorf(s.Pos, "step %s counts working days: write calendars: with those of each side", s.ID)
		}
	}
}

// Amount is a number of things: 600 trucks.
type Amount struct {
	N    int
	Unit string
}

// amount reads "600 trucks", where it is such.
func amount(s string) *Amount {
	n, unit, _ := strings.Cut(s, " ")
	k, err := strconv.Atoi(strings.ReplaceAll(n, ",", ""))
	if err != nil || k < 1 {
		return nil
	}
	return &Amount{k, strings.TrimSpace(unit)}
}

// Response is what bounds a power to respond.
type Response struct {
	Within     *Term    // after what, and how long, it may be used
	Notice     *Term    // before it
	First      []string // what must have been tried: message
	Proportion int      // answers to one breach at the most; 0: not said
	Once       bool     // to a breach by the other, never to an answer
}

// response reads it of a power.
func (p *reader) response(v *value) Response {
	r := Response{Within: term(stated(v.get("within").str())), Notice: term(strings.TrimSuffix(stated(v.get("notice").str()), " in writing")), First: words(v, "first"), Proportion: p.count(v.get("proportion"))}
	switch a := v.get("answers"); a.str() {
	case "":
	case "no answer":
		r.Once = true
	default:
		p.errorf(a.pos, "answers: expected `no answer`: an answer gives no right to another")
	}
	return r
}

// checkClears looks for the clauses by which a withdrawal is measured.
func (p *reader) checkClears() {
	for _, c := range p.t.Clauses {
		if c.Duty == nil {
			continue
		}
		for _, id := range c.Duty.Clears {
			if x := p.t.Clause(id); x == nil || x.Kind != Forbid {
				p.errorf(c.Pos, "clause %s clears %q: expected a forbidding clause that says where nothing may be left", c.ID, id)
			}
		}
		for _, id := range c.Duty.Linked {
			if x := p.t.Clause(id); x == nil || x.Duty == nil {
				p.errorf(c.Pos, "clause %s is linked to %q: expected another duty", c.ID, id)
			}
		}
	}
}
