package commission

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Activity is something that a party notified beforehand.
type Activity struct {
	ID     string   `json:"id"`
	Number int      `json:"number"`
	Party  string   `json:"party"`
	What   string   `json:"what"`
	Acts   []string `json:"acts"`
	Lat    float64  `json:"lat"`
	Lon    float64  `json:"lon"`
	Within int64    `json:"within_m"`
	From   Time     `json:"from"`
	Until  Time     `json:"until"`
	At     Time     `json:"at" doc:"when it was notified"`
	Late   bool     `json:"late,omitempty" doc:"it was notified after it was to begin"`
	State  string   `json:"state" enum:"ahead,on,over"`
	Seen   []Seen   `json:"seen" doc:"events that may be it. That one may be it changes nothing of the event"`
	Says   string   `json:"says"`

	span when.Span
}

// Seen is an event that may be a notified activity.
type Seen struct {
	Event string `json:"event"`
	How   string `json:"how" enum:"fits,may-fit" doc:"fits: the whole of what is known of it lies within; may-fit: a part of it"`
}

// activity takes a notified activity.
func (s *State) activity(x dated) {
	p, ok := read[record.ActivityEntry](s, x.Entry)
	if !ok {
		return
	}
	if _, ok := s.speaks(x.Entry, p.Party); !ok {
		return
	}
	a := &Activity{ID: x.ID, Number: len(s.Activities) + 1, Party: p.Party, What: p.What, Acts: p.Acts, Within: p.Within, At: Time(x.Made), Says: p.Says, Seen: []Seen{}}
	var err error
	if a.Lat, a.Lon, err = place(p.Lat, p.Lon); err == nil {
		a.span, err = span(p.From, p.Until)
	}
	if err != nil {
		s.problem(x.Entry, "%v", err)
		return
	}
	if p.Within <= 0 || p.Within > 100_000 || len(p.Acts) == 0 {
		s.problem(x.Entry, "expected acts that it may look like, and within_m of 1 to 100000 metres")
		return
	}
	a.From, a.Until, a.Late = Time(a.span.Start), Time(a.span.End), x.Made > a.span.Start
	s.Activities = append(s.Activities, a)
}

// settle looks for events that may be it.
func (a *Activity) settle(s *State, now when.Instant) {
	switch {
	case now < a.span.Start:
		a.State = "ahead"
	case now < a.span.End:
		a.State = "on"
	default:
		a.State = "over"
	}
	zone := where.NearSites(a.ID, []where.Point{{Lat: a.Lat, Lon: a.Lon}}, where.Metres(a.Within))
	for _, in := range s.in.Events {
		all, some := len(in.Scenarios) > 0, false
		for i := range in.Scenarios {
			fits, may := a.matches(&in.Scenarios[i], zone)
			all, some = all && fits, some || may
		}
		switch {
		case all:
			a.Seen = append(a.Seen, Seen{in.ID, "fits"})
		case some:
			a.Seen = append(a.Seen, Seen{in.ID, "may-fit"})
		}
	}
}

// matches compares what is known of an event with the notice. What is not known may
// be anything, and fits nothing.
func (a *Activity) matches(sc *evidence.Scenario, zone *where.Zone) (fits, may bool) {
	fits, may = true, true
	weigh := func(all, some bool) { fits, may = fits && all, may && some }
	weigh(sc.Time.Start >= a.span.Start && sc.Time.End <= a.span.End && !sc.Time.Unknown(), sc.Time.Overlaps(a.span))
	if sc.Place.IsUnknown() {
		weigh(false, true)
	} else {
		r := zone.Relate(sc.Place, where.Model{})
		weigh(r == where.Inside, r != where.Outside)
	}
	weigh(each(sc.Act, a.below))
	weigh(each(sc.Actor, func(who string) bool { return who == a.Party || strings.HasPrefix(who, a.Party+".") }))
	return fits, may
}

// each reports whether all and whether some of the values pass; no values are any.
func each(values []string, pass func(string) bool) (all, some bool) {
	if len(values) == 0 {
		return false, true
	}
	return !slices.ContainsFunc(values, func(v string) bool { return !pass(v) }), slices.ContainsFunc(values, pass)
}

// below reports whether an act is one of those that the activity may look like.
func (a *Activity) below(act string) bool {
	return slices.ContainsFunc(a.Acts, func(node string) bool { return act == node || strings.HasPrefix(act, node+".") })
}
