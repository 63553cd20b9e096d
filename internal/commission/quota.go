package commission

import (
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Period is a day or a week of a quota.
type Period struct {
	Day      string           `json:"day" doc:"its first civil day, by the clock of the text"`
	State    string           `json:"state" enum:"open,fulfilled,claimed,short,unclear,unknown,excused,partial" doc:"short: the mission counted all of it; unclear: what is stated does not reach the quota, and nobody says that it is all; unknown: nobody says anything; partial: the duty began or ended within it, and whether it is asked for is open"`
	Verified int64            `json:"verified"`
	Claimed  map[string]int64 `json:"claimed,omitempty" doc:"by speaker"`
}

// periodsShown is how many periods an answer lists; all are counted.
const periodsShown = 14

// maxPeriods is how far back a quota without an end is counted: ten years of days.
const maxPeriods = 3660

// quota works out a duty with a number for each day or week.
func (s *State) quota(t *terms.Terms, d *Duty, start when.Range, end when.Instant, mine []performance, rules []ruling, now when.Instant) {
	u := d.clause.Duty
	d.Quota, d.Unit = u.Amount.N, u.Amount.Unit
	if now < start.Earliest {
		d.set("not-in-force", "it begins at %s", start)
		return
	}
	if !start.Latest.Bounded() || !start.Earliest.Bounded() {
		d.set("unclear", "when it began is open: no period can be counted")
		return
	}
	loc := t.Clock.Zone
	if loc == nil {
		loc = time.UTC
	}
	days := 1
	if u.Every == "week" {
		days = 7
	}
	d.Counts, d.Claimed = map[string]int{}, map[string]int64{}
	y, m, day := start.Latest.Time().In(loc).Date()
	for i := range maxPeriods {
		a, b := when.Day(y, m, day+i*days, loc).Start, when.Day(y, m, day+(i+1)*days, loc).Start
		if a > now || a >= end {
			break
		}
		p := d.period(when.Span{Start: a, End: b}, mine, rules, now)
		p.Day = a.Time().In(loc).Format("2006-01-02")
		if (a < start.Latest || b > end) && p.State != "open" && p.State != "fulfilled" {
			p.State = "partial"
		}
		d.count(p)
	}
	d.sumUp(t)
}

// period works out one day or week.
func (d *Duty) period(span when.Span, mine []performance, rules []ruling, now when.Instant) Period {
	p := Period{Claimed: map[string]int64{}}
	whole := false
	for _, x := range mine {
		if x.at.Earliest < span.Start || x.at.Earliest >= span.End {
			continue
		}
		if x.level >= evidence.Verified {
			p.Verified += x.Amount
			whole = whole || x.Done
			continue
		}
		p.Claimed[x.who] += x.Amount
	}
	best := p.Verified
	for _, n := range p.Claimed {
		best = max(best, n)
	}
	excused := slices.ContainsFunc(rules, func(k ruling) bool {
		return (k.State == "excused" || k.State == "suspended") && k.from < span.End && span.Start < k.until
	})
	switch q := int64(d.Quota); {
	case p.Verified >= q:
		p.State = "fulfilled"
	case excused:
		p.State = "excused"
	case now < span.End:
		p.State = "open"
	case whole:
		p.State = "short"
	case best >= q:
		p.State = "claimed"
	case best == 0 && p.Verified == 0 && len(p.Claimed) == 0:
		p.State = "unknown"
	default:
		p.State = "unclear"
	}
	return p
}

// count takes a period into the sums.
func (d *Duty) count(p Period) {
	d.Counts[p.State]++
	if p.State != "open" && p.State != "excused" {
		d.RequiredMost += int64(d.Quota)
		if p.State != "partial" {
			d.Required += int64(d.Quota)
		}
		d.Verified += p.Verified
		for who, n := range p.Claimed {
			d.Claimed[who] += n
		}
	}
	if d.Periods = append(d.Periods, p); len(d.Periods) > periodsShown {
		d.Periods = d.Periods[1:]
	}
}

// sumUp is the state of the whole.
func (d *Duty) sumUp(t *terms.Terms) {
	n := func(s string) int { return d.Counts[s] }
	says := fmt.Sprintf("%d %s of %s verified", d.Verified, d.Unit, d.of(d.Verified))
	for _, who := range speakers(t, d.Bearer) {
		if n, spoke := d.Claimed[who]; spoke {
			says += fmt.Sprintf("; %s says %d of %s", who, n, d.of(n))
		}
	}
	switch {
	case n("short") > 0:
		d.set("violated", "%s; short on %d periods", says, n("short"))
	case n("unclear")+n("unknown") > 0:
		d.set("unclear", "%s; of %d periods nobody says all", says, n("unclear")+n("unknown"))
	case n("claimed") > 0:
		d.set("claimed", "%s; of %d periods it is only said", says, n("claimed"))
	case n("fulfilled") > 0:
		d.set("fulfilled", "%s", says)
	default:
		d.set("due", "the first period is not over")
	}
}

// speakers are those who may say something of a duty: its bearer, then the others in
// the order of the text, which favours nobody by name.
func speakers(t *terms.Terms, bearer string) []string {
	out := []string{bearer}
	for _, p := range t.Parties {
		if string(p.ID) != bearer {
			out = append(out, string(p.ID))
		}
	}
	return append(out, mission)
}

// of is what a number is a part of, with the share in per cent; both are ranges
// where it is open whether days on which the duty began or ended are asked for.
func (d *Duty) of(n int64) string {
	switch {
	case d.RequiredMost == 0:
		return "0"
	case d.Required == 0:
		return fmt.Sprintf("0 to %d", d.RequiredMost)
	case d.Required == d.RequiredMost:
		return fmt.Sprintf("%d (%d %%)", d.Required, n*100/d.Required)
	}
	return fmt.Sprintf("%d to %d (%d to %d %%)", d.Required, d.RequiredMost, n*100/d.RequiredMost, n*100/d.Required)
}

// left looks at sightings by the clauses that say where nothing may be left. They are
// judged as if in force, since what is due is that they hold.
func (s *State) left(t *terms.Terms, d *Duty, reading string, start when.Range, now when.Instant) {
	if len(d.clause.Duty.Clears) == 0 || len(s.in.Events) == 0 {
		return
	}
	for _, in := range s.in.Events {
		at := latest(in)
		if at > now || at < start.Earliest {
			continue
		}
		for _, c := range s.memo.of(t, reading, in) {
			if !slices.Contains(d.clause.Duty.Clears, c.clause) || !slices.Contains(c.author, d.Bearer) && len(c.author) > 0 {
				continue
			}
			v := c.verdict
			if v == "breach" && len(c.author) != 1 {
				v = "undetermined" // whose it is stays open
			}
			if v == "breach" || v == "undetermined" {
				d.Left = append(d.Left, Left{in.ID, v, string(c.clause), Time(at)})
			}
		}
	}
	slices.SortStableFunc(d.Left, func(a, b Left) int { return int(a.At - b.At) })
}

// latest is the latest instant at which an event may have been.
func latest(in *evidence.Incident) when.Instant {
	at := when.Past
	for _, sc := range in.Scenarios {
		if sc.Time.End.Bounded() {
			at = max(at, sc.Time.End)
		}
	}
	return at
}

// seenLeft lets what was seen in the zone after the time stand against what was said.
func (d *Duty) seenLeft(due when.Range, timed bool, now when.Instant) {
	surely, perhaps := 0, 0
	for _, l := range d.Left {
		switch after := timed && when.Instant(l.At) > due.Latest; {
		case after && l.Verdict == "breach":
			surely++
		case after:
			perhaps++
		}
	}
	switch {
	case surely > 0:
		d.set("violated", "%d sightings after its time where nothing may be left", surely)
	case perhaps > 0 && d.State != "violated":
		d.set("unclear", "%d sightings after its time that may be where nothing may be left; %s", perhaps, d.Because)
	case len(d.Left) > 0 && d.State == "due":
		d.Because += fmt.Sprintf("; %d sightings where nothing may be left by then", len(d.Left))
	}
}
