package commission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Duty is one party's duty under a clause, as some readings have it.
type Duty struct {
	Text     string   `json:"text"`
	Clause   string   `json:"clause"`
	Readings []string `json:"readings" doc:"that have it so"`
	Bearer   string   `json:"bearer"`
	Does     string   `json:"does"`
	Words    string   `json:"words,omitempty" doc:"of the text"`
	State    string   `json:"state" enum:"not-in-force,waiting,standing,due,claimed,fulfilled,late,overdue,violated,unclear,excused,suspended,discharged" doc:"claimed: said to be done, by nobody who verified it; overdue: nothing shows that it was done; violated: shown by the mission, or found by the commission"`
	Because  string   `json:"because" doc:"why, in words"`
	Due      Time     `json:"due,omitempty" doc:"the latest instant that the text allows"`
	DueFrom  Time     `json:"due_from,omitempty" doc:"the earliest, where the text leaves the start open"`
	LateTill Time     `json:"late_until,omitempty"`
	Evidence string   `json:"evidence,omitempty" doc:"what shows that it was done, by the text"`
	Verifier string   `json:"verifier,omitempty"`
	Breach   string   `json:"on_violation,omitempty" doc:"what the text says of it not being done; shown once it is overdue or violated"`
	Linked   []Linked `json:"linked,omitempty" doc:"duties that go hand in hand with it"`

	Quota        int              `json:"quota,omitempty"`
	Unit         string           `json:"unit,omitempty"`
	Periods      []Period         `json:"periods,omitempty" doc:"the last ones"`
	Counts       map[string]int   `json:"counts,omitempty" doc:"how many periods are in which state"`
	Required     int64            `json:"required,omitempty" doc:"of all periods that are over and not excused"`
	RequiredMost int64            `json:"required_most,omitempty" doc:"the same, with days on which the duty began or ended"`
	Verified     int64            `json:"verified,omitempty" doc:"of these, as the mission verified"`
	Claimed      map[string]int64 `json:"claimed,omitempty" doc:"of these, as each speaker says; speakers are not added up"`

	Left []Left `json:"left,omitempty" doc:"what was seen where nothing may be left"`

	clause *terms.Clause
	done   when.Instant // verified; 0: not
}

// Linked is another duty beside this one.
type Linked struct {
	Clause string `json:"clause"`
	Bearer string `json:"bearer"`
	State  string `json:"state"`
}

// Left is a sighting in a zone that is to be clear.
type Left struct {
	Event   string `json:"event"`
	Verdict string `json:"verdict" doc:"of the clause that says where nothing may be left"`
	Clause  string `json:"clause"`
	At      Time   `json:"at"`
}

// performance is what somebody says of a duty.
type performance struct {
	record.PerformanceEntry
	at    when.Range
	level evidence.Level
	who   string
	entry string
}

// speaker is who says it: the party, or the mission.
const mission = "mission"

// duties works out every duty of every text.
func (s *State) duties(seen []dated, now when.Instant) {
	done, ruled := s.performances(seen), s.rulings(seen)
	for _, t := range s.in.Texts {
		for _, c := range t.Clauses {
			if c.Duty == nil {
				continue
			}
			for _, b := range t.Bearers(c.Duty.Bearer) {
				s.Duties = append(s.Duties, s.dutiesOf(t, c, string(b), done, ruled, now)...)
			}
		}
	}
	for _, d := range s.Duties {
		for _, id := range d.clause.Duty.Linked {
			for _, o := range s.Duties {
				if o.Text == d.Text && o.Clause == string(id) && o != d && overlap(o.Readings, d.Readings) {
					d.Linked = append(d.Linked, Linked{o.Clause, o.Bearer, o.State})
				}
			}
		}
	}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// dutiesOf works a duty out under each reading; readings that agree are one.
func (s *State) dutiesOf(t *terms.Terms, c *terms.Clause, bearer string, done []performance, ruled []ruling, now when.Instant) []*Duty {
	var out []*Duty
	for _, r := range t.ReadingIDs() {
		if !c.Holds(r) {
			continue
		}
		d := &Duty{Text: t.ID, Clause: string(c.ID), Readings: []string{r}, Bearer: bearer, Does: c.Duty.Do, Words: c.Text, Evidence: c.Duty.Evidence, Verifier: c.Duty.Verifier, clause: c}
		s.weighDuty(t, d, r, done, ruled, now)
		same := func(o *Duty) bool {
			return o.State == d.State && o.Due == d.Due && o.DueFrom == d.DueFrom && o.Because == d.Because
		}
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].Readings = append(out[i].Readings, r)
			continue
		}
		out = append(out, d)
	}
	return out
}

// performances are what was said of duties, with the level that it may have: a party
// claims, and no more.
func (s *State) performances(seen []dated) []performance {
	var out []performance
	for _, x := range seen {
		if x.Kind != record.KindPerformance {
			continue
		}
		p, ok := read[record.PerformanceEntry](s, x.Entry)
		if !ok {
			continue
		}
		if _, ok := s.speaks(x.Entry, p.Party); !ok {
			continue
		}
		t := s.texts[p.Text]
		var c *terms.Clause
		if t != nil {
			c = t.Clause(terms.ClauseID(p.Clause))
		}
		if c == nil || c.Duty == nil {
			s.problem(x.Entry, "%s has no duty %s", p.Text, p.Clause)
			continue
		}
		k := performance{PerformanceEntry: p, who: p.Party, entry: x.ID}
		var err error
		if k.at, err = instant(p.At, t); err != nil {
			s.problem(x.Entry, "at: %v", err)
			continue
		}
		if p.Level != "" {
			if k.level, err = evidence.ParseLevel(p.Level); err != nil {
				s.problem(x.Entry, "%v", err)
			}
		}
		if p.Party != "" && k.level > evidence.Claimed {
			s.problem(x.Entry, "%s says of it that it is %s: what a party says is claimed", p.Party, k.level)
			k.level = evidence.Claimed
		}
		if p.Party == "" {
			k.who = mission
		}
		if p.Amount < 0 {
			s.problem(x.Entry, "a number below zero")
			continue
		}
		out = append(out, k)
	}
	return out
}

// ruling is what the commission decided of a duty.
type ruling struct {
	record.DutyEntry
	from, until when.Instant
}

// rulings are what was decided of duties, in order.
func (s *State) rulings(seen []dated) []ruling {
	var out []ruling
	for _, x := range seen {
		if x.Kind != record.KindDuty {
			continue
		}
		p, ok := read[record.DutyEntry](s, x.Entry)
		if !ok {
			continue
		}
		k := ruling{DutyEntry: p, until: when.Future}
		var err error
		if k.from, err = when.ParseRFC3339(p.From); err == nil && p.Until != "" {
			k.until, err = when.ParseRFC3339(p.Until)
		}
		switch {
		case !x.ofMission():
			s.problem(x.Entry, "what becomes of a duty the commission decides, and no party")
		case err != nil:
			s.problem(x.Entry, "%v", err)
		case !slices.Contains([]string{"excused", "suspended", "resumed", "discharged", "violated"}, p.State):
			s.problem(x.Entry, "%q: expected excused, suspended, resumed, discharged or violated", p.State)
		default:
			out = append(out, k)
		}
	}
	return out
}

func (d *Duty) is(text, clause, bearer string) bool {
	return d.Text == text && d.Clause == clause && d.Bearer == bearer
}

// starts is when the duty begins to bind its bearer: the earliest and latest that
// the reading leaves possible.
func (s *State) starts(t *terms.Terms, d *Duty, reading string) (when.Range, when.Instant, bool) {
	ws := t.Binding(reading, d.clause, terms.PartyID(d.Bearer), s.in.Commitments[t.ID])
	if len(ws) == 0 {
		return when.Range{}, 0, false
	}
	r, end := when.Range{Earliest: when.Future, Latest: when.Past}, when.Past
	for _, w := range ws {
		r.Earliest, end = min(r.Earliest, w.Span.Start), max(end, w.Span.End)
		if len(w.Answers) == 0 && r.Latest == when.Past {
			r.Latest = w.Span.Start
		}
	}
	if r.Latest == when.Past { // it turns on a question
		for _, w := range ws {
			r.Latest = max(r.Latest, w.Span.Start)
		}
	}
	return r, end, true
}

// weighDuty works out one duty under one reading.
func (s *State) weighDuty(t *terms.Terms, d *Duty, reading string, done []performance, ruled []ruling, now when.Instant) {
	start, end, binds := s.starts(t, d, reading)
	if !binds {
		d.set("not-in-force", "no commitment of %s brings it into force", d.Bearer)
		return
	}
	mine := slices.DeleteFunc(slices.Clone(done), func(p performance) bool { return !d.is(p.Text, p.Clause, p.Bearer) })
	rules := slices.DeleteFunc(slices.Clone(ruled), func(k ruling) bool { return !d.is(k.Text, k.Clause, k.Bearer) })
	switch {
	case d.clause.Duty.Amount != nil && (d.clause.Duty.Every == "day" || d.clause.Duty.Every == "week"):
		s.quota(t, d, start, end, mine, rules, now)
	default:
		s.once(t, d, reading, start, mine, now)
	}
	d.ruled(rules, now)
	if slices.Contains([]string{"overdue", "violated"}, d.State) {
		d.Breach = d.clause.Duty.Breach
	}
}

func (d *Duty) set(state, format string, args ...any) {
	d.State, d.Because = state, fmt.Sprintf(format, args...)
}

// ruled lets decisions of the commission stand before what was worked out.
func (d *Duty) ruled(rules []ruling, now when.Instant) {
	suspended := false
	for _, k := range rules {
		if k.from > now {
			continue
		}
		switch k.State {
		case "suspended":
			suspended = now < k.until
			if suspended {
				d.set("suspended", "since %s: %s", k.from, k.Reason)
			}
		case "resumed":
			suspended = false
		case "excused":
			if d.Quota == 0 && (now < k.until || d.Due != 0 && when.Instant(d.Due) <= k.until) && slices.Contains([]string{"due", "overdue", "unclear"}, d.State) {
				d.set("excused", "%s", k.Reason)
			}
		case "discharged", "violated":
			d.set(k.State, "decided for %s: %s", k.from, k.Reason)
		}
	}
}

// once works out a duty that is done once, or that has no deadline.
func (s *State) once(t *terms.Terms, d *Duty, reading string, start when.Range, mine []performance, now when.Instant) {
	u := d.clause.Duty
	due, ok := s.deadline(t, d, reading, start, u.By, u.Within)
	if !ok && u.Within != nil {
		d.set("waiting", "it runs from %q, which has not come", u.Within.After)
	} else if !ok {
		if now < start.Earliest {
			d.set("not-in-force", "it begins at %s", start)
		} else {
			d.set("standing", "the text sets no time that can be counted")
		}
	}
	late := due
	if ok {
		d.Due = Time(due.Latest)
		if !due.Certain() {
			d.DueFrom = Time(due.Earliest)
		}
		if u.LateBy != nil {
			if l, has := s.deadline(t, d, reading, start, nil, &terms.Term{For: u.LateBy.For, After: u.Within.From()}); has {
				late = l
				d.LateTill = Time(l.Latest)
			}
		}
	}
	verified, claimed := first(mine)
	s.left(t, d, reading, start, now)
	switch {
	case verified != nil:
		d.done = verified.at.Latest
		d.judgeDone(verified, due, late, ok)
	case !ok:
		if claimed != nil {
			d.set("claimed", "%s says that it was done at %s; nobody has verified it", claimed.who, claimed.At)
		}
	case claimed != nil:
		d.set("claimed", "%s says that it was done at %s; nobody has verified it%s", claimed.who, claimed.At, ifAfter(claimed.at.Earliest, due.Latest))
	case now < due.Earliest:
		d.set("due", "due in %s", lasts(between(now, due.Earliest)))
	case now <= due.Latest && !due.Certain():
		d.set("unclear", "whether its time has run out turns on when it began: between %s and %s", due.Earliest, due.Latest)
	case now < late.Earliest && late != due:
		d.set("late", "nothing shows that it was done; it may still be done late until %s", late.Latest)
	default:
		d.set("overdue", "nothing shows that it was done; its time ran out %s ago", lasts(between(late.Latest, now)))
	}
	d.seenLeft(due, ok, now)
}

func ifAfter(at, due when.Instant) string {
	if at > due {
		return "; that is after its time"
	}
	return ""
}

// first are the first words that it was done: verified, and anybody's.
func first(mine []performance) (verified, claimed *performance) {
	for i := range mine {
		p := &mine[i]
		if !p.Done {
			continue
		}
		if p.level >= evidence.Verified && verified == nil {
			verified = p
		}
		if claimed == nil {
			claimed = p
		}
	}
	return verified, claimed
}

// judgeDone says whether what is verified to be done was done in time.
func (d *Duty) judgeDone(p *performance, due, late when.Range, timed bool) {
	switch {
	case !timed || p.at.Latest <= due.Earliest:
		d.set("fulfilled", "verified: done at %s", p.At)
	case p.at.Earliest > late.Latest:
		d.set("violated", "verified: done at %s, after its time", p.At)
	case p.at.Earliest > due.Latest && p.at.Latest <= late.Earliest:
		d.set("late", "verified: done at %s, late and within the time for that", p.At)
	default:
		d.set("unclear", "verified: done at %s; whether that was in time is open (%s)", p.At, due)
	}
}

// deadline is when a duty is due; ok is false where that cannot be counted.
func (s *State) deadline(t *terms.Terms, d *Duty, reading string, start when.Range, by *terms.Moment, within *terms.Term) (when.Range, bool) {
	if by != nil {
		return by.Range, true
	}
	if within == nil {
		return when.Range{}, false
	}
	from := start
	if within.After != terms.InForce && within.After != "" {
		other := s.dutyDone(t.ID, within.After, reading)
		if other == 0 {
			return when.Range{}, false
		}
		from = when.Exactly(other)
	}
	c := clocked{&terms.Course{}, t.Clock}
	return when.Range{Earliest: c.due(within, false, from.Earliest), Latest: c.due(within, false, from.Latest)}, true
}

// dutyDone is when another duty was verified to be done, by the last of its bearers.
func (s *State) dutyDone(text, clause, reading string) when.Instant {
	var at when.Instant
	for _, o := range s.Duties {
		if o.Text != text || o.Clause != strings.TrimPrefix(clause, "clause ") || !slices.Contains(o.Readings, reading) {
			continue
		}
		if o.done == 0 {
			return 0
		}
		at = max(at, o.done)
	}
	return at
}
