package watch

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// HoursRule says in which hours of the civil day nobody may be about (a curfew), or
// in which hours alone a place is open.
type HoursRule struct {
	Place  where.Region // unknown: everywhere
	Hours  [2]int       // minutes of the civil day in the zone of the house
	Span   when.Span    // when the rule is in force
	Curfew bool
	Why    string
}

// Day is a timetable: for each means that travels, one way out and back.
type Day struct {
	Span    when.Span // the civil day
	Zone    *time.Location
	Tours   []*Tour
	Value   float64 // findings expected to be settled
	Bound   float64 // what no timetable of these visits exceeds
	Promise float64 // part of the best that this never falls below; 0: nothing is promised
	Rule    string
}

// Tour is the day of one means.
type Tour struct {
	Means       *Means
	Leave, Back when.Instant // when there are visits
	Visits      []Visit
	Home        time.Duration // the way back
	Gain        float64       // beyond what the tours before it settle
	Exact       bool          // no other order or choice settles more
	Left        []Unfit
}

// Visit is one place on a tour.
type Visit struct {
	Home     string // what its tasks have in common: the id of the first incident
	Place    string
	At       where.Point
	Distance where.Metres  // from the place before, or from the base and there by way of it (UAV)
	Way      time.Duration // the same, in time
	Arrive   when.Instant
	Begin    when.Instant // later than Arrive where it has to wait
	End      when.Instant
	Tasks    []string
	Gain     float64
	By       when.Instant // the first deadline of its tasks; when.Future: none
	ByWhy    string
	Late     []string // terms of the text that are over already; without tasks why there are none
}

// Unfit is a place that a means could see something at, and does not go to that day.
type Unfit struct {
	Home, Why string
}

// PlanDay makes the timetable of a civil day that begins at an instant. The tasks have
// to be those of OnDay; only keeps the visits (MEANS for PLACE) that are wanted, nil
// keeps all. The means are taken one after the other, in the order of their ids, each
// with the best outing beyond what those before it settle.
func (o *Outlook) PlanDay(tasks []*Task, day time.Time, only func(visit string) bool) *Day {
	d := &Day{Zone: day.Location(), Span: when.Span{Start: when.At(day), End: when.At(day.AddDate(0, 0, 1))}}
	cells := map[string]int{}
	means := make([]*Means, 0, len(o.House.Means))
	for _, m := range o.House.Means {
		if m.Kind.travels() && !m.Option {
			means = append(means, m)
		}
	}
	sort.Slice(means, func(i, k int) bool { return means[i].ID < means[k].ID })
	plans := make([]*dayOf, len(means))
	for i, m := range means {
		plans[i] = o.dayOf(m, d, tasks, cells, only)
	}
	open := make([]float64, len(cells))
	for i := range open {
		open[i] = 1
	}
	alone, exact := mostOf(plans, open), true
	for _, p := range plans {
		t := p.choose(open, d)
		exact = exact && t.Exact
		d.Tours = append(d.Tours, t)
		d.Value += t.Gain
	}
	// No timetable settles more than each means by itself could, or than what is
	// settled and what each could add to that.
	d.Bound = max(d.Value, min(alone, d.Value+mostOf(plans, open)))
	d.promise(exact)
	return d
}

// mostOf is the sum of what no outing of each means exceeds.
func mostOf(plans []*dayOf, open []float64) (sum float64) {
	for _, p := range plans {
		_, b := p.most(open)
		sum += b
	}
	return sum
}

func (d *Day) promise(exact bool) {
	n := 0
	for _, t := range d.Tours {
		if len(t.Visits)+len(t.Left) > 0 {
			n++
		}
	}
	switch {
	case !exact:
		d.Rule = fmt.Sprintf("of more than %d places those are put in that add most for the time they take", maxExact)
	case n <= 1:
		d.Promise, d.Rule = 1, "all orders of all places were gone through"
	default:
		d.Promise, d.Rule = 0.5, "one means after the other, for each all orders of all places"
	}
}

// Words say how good a timetable is for certain.
func (d *Day) Words() string {
	if d.Bound <= 0 {
		return "no visit of that day settles anything"
	}
	s := fmt.Sprintf("at least %.0f %% of the best that one way out and back of each means allows, by the data", 100*d.Value/d.Bound)
	if d.Promise > 0 {
		return s + fmt.Sprintf(" (%.0f %% whatever the data: %s)", 100*d.Promise, d.Rule)
	}
	return s + " (" + d.Rule + ")"
}

// OnDay is the outlook at the beginning of a day: what means can find out then.
// Denials are left to the timetable, which knows when they end.
func (o *Outlook) OnDay(day time.Time) *Outlook {
	x := *o
	x.Told, x.Restrictions = o.Now, nil
	if s := when.At(day); s > x.Now {
		x.Now = s
	}
	return &x
}

// vague is the radius beyond which nobody can be sent to a place.
const vague where.Metres = 10_000

// dayOf is what one means could do on a day.
type dayOf struct {
	m       *Means
	outings []*Outing // one for each time in which it works
	visits  []Visit   // by stop: what is known before the order is
	why     string    // why it does not go out at all
}

// dayOf collects the places of a means and when it can be there.
func (o *Outlook) dayOf(m *Means, d *Day, tasks []*Task, cells map[string]int, only func(string) bool) *dayOf {
	p := &dayOf{m: m}
	minutes := int(d.Span.End.Time().Sub(d.Span.Start.Time()) / time.Minute)
	soonest := max(0, d.minute(max(o.Now, o.Told.Add(m.Ready)), math.Ceil))
	if o.Told == 0 {
		soonest = max(0, d.minute(o.Now.Add(m.Ready), math.Ceil))
	}
	byHome := map[string]int{}
	var stops []Stop
	var scenes []where.Region
	for _, t := range tasks {
		for _, c := range t.Means {
			chance := o.counts(c)
			if c.Means != m || chance == 0 || t.scene.Aside || only != nil && !only(m.ID+" for "+t.home()) {
				continue
			}
			n, ok := byHome[t.home()]
			if !ok {
				centre, known := t.scene.Place.Centre()
				if !known {
					continue
				}
				if m.Kind == Hospital {
					centre = m.At // those who were hurt are there
				}
				n = len(stops)
				byHome[t.home()] = n
				stops = append(stops, Stop{ID: t.home(), Stay: int(math.Ceil(m.Stay.Minutes())), By: noDeadline})
				p.visits = append(p.visits, Visit{Home: t.home(), Place: t.PlaceName, At: centre, By: when.Future})
				scenes = append(scenes, t.scene.Place)
			}
			s, v := &stops[n], &p.visits[n]
			direct := soonest + travel(m, m.At, v.At)
			if r, _ := t.scene.Place.Radius(); r > vague && m.Kind != Hospital {
				v.Late = []string{fmt.Sprintf("the place is known to %s only: there is no point to go to", round(r))}
				continue
			}
			if c.At.Start >= d.Span.End || d.minute(c.By, math.Floor) < direct {
				continue // gone by then
			}
			v.Tasks = append(v.Tasks, t.ID)
			d.due(s, v, c.By, m.ID+": "+c.ByWhy, direct)
			if t.By != c.By && strings.HasPrefix(t.ByWhy, "clause ") {
				if d.minute(t.By, math.Floor) < direct {
					v.Late = append(v.Late, t.ByWhy)
				} else {
					d.due(s, v, t.By, t.ByWhy, direct)
				}
			}
			s.Sees = see(s.Sees, t, chance, cells)
		}
	}
	for i := range stops {
		stops[i].Open = o.open(m, p.visits[i].At, scenes[i], d, minutes)
	}
	way := ways(m, p.visits)
	rules := o.House.rulesAt(m.At)
	base := func(t when.Instant) bool { return m.idle(t, m.At) == "" && shut(rules, t, d.Zone) == "" }
	for _, w := range runs(minutes, d, base) {
		if w[1] > soonest {
			p.outings = append(p.outings, &Outing{From: max(w[0], soonest), To: w[1], Stops: stops, Way: way})
		}
	}
	if p.outings == nil {
		p.why = o.resting(m, d, soonest, minutes)
	}
	return p
}

// minute is the minute of the day of an instant.
func (d *Day) minute(t when.Instant, round func(float64) float64) int {
	if t >= d.Span.End {
		return noDeadline
	}
	if t < d.Span.Start {
		return -1
	}
	return int(round(t.Time().Sub(d.Span.Start.Time()).Minutes()))
}

// due sets the first deadline of a stop.
func (d *Day) due(s *Stop, v *Visit, by when.Instant, why string, direct int) {
	if by < v.By {
		v.By, v.ByWhy = by, why
		s.By = min(s.By, max(d.minute(by, math.Floor), direct))
	}
}

// see adds what a task at a place settles.
func see(sees []Sight, t *Task, chance float64, cells map[string]int) []Sight {
	for _, f := range t.Findings {
		key := f.Incident + "\x00" + f.Terms + "\x00" + f.Reading
		n, ok := cells[key]
		if !ok {
			n = len(cells)
			cells[key] = n
		}
		sees = append(sees, Sight{n, chance * f.Worth})
	}
	return sees
}

// travel is the way from one place to another in whole minutes, at the speed of the
// means as the crow flies.
func travel(m *Means, a, b where.Point) int {
	return int(math.Ceil(float64(where.Distance(a, b, model)) / 1000 / m.Speed * 60))
}

// ways are the ways between all places of a means and its base, the last. A drone
// comes back to its base between two places.
func ways(m *Means, visits []Visit) [][]int {
	n := len(visits)
	at := func(i int) where.Point {
		if i == n {
			return m.At
		}
		return visits[i].At
	}
	out := make([][]int, n+1)
	for i := range out {
		out[i] = make([]int, n+1)
		for k := range out[i] {
			if i == k {
				continue
			}
			out[i][k] = travel(m, at(i), at(k))
			if m.Kind == UAV && i < n && k < n {
				out[i][k] = travel(m, at(i), m.At) + travel(m, m.At, at(k))
			}
		}
	}
	return out
}

// runs are the runs of minutes of a day in which something holds.
func runs(minutes int, d *Day, holds func(when.Instant) bool) (out [][2]int) {
	for i := range minutes {
		if !holds(d.Span.Start.Add(time.Duration(i) * time.Minute)) {
			continue
		}
		if n := len(out); n > 0 && out[n-1][1] == i {
			out[n-1][1] = i + 1
		} else {
			out = append(out, [2]int{i, i + 1})
		}
	}
	return out
}

// open is when a means can be at a place.
func (o *Outlook) open(m *Means, at where.Point, scene where.Region, d *Day, minutes int) [][2]int {
	var denied []when.Span
	for i := range o.Restrictions {
		r := &o.Restrictions[i]
		if r.Kind == Denial && (r.Means == "" || r.Means == m.ID) && (r.Of == "" || r.Of == string(m.Kind)) && r.hits(scene) {
			denied = append(denied, r.Span)
		}
	}
	rules := o.House.rulesAt(at)
	return runs(minutes, d, func(t when.Instant) bool {
		for _, s := range denied {
			if s.Contains(t) {
				return false
			}
		}
		return m.idle(t, at) == "" && shut(rules, t, d.Zone) == ""
	})
}

// rulesAt are the rules about a place.
func (h *House) rulesAt(at where.Point) (out []HoursRule) {
	for _, r := range h.Rules {
		if r.Place.IsUnknown() || where.NearSites("rule", []where.Point{at}, 0).Relate(r.Place, model) != where.Outside {
			out = append(out, r)
		}
	}
	return out
}

// shut says which rule keeps everybody from where it is in force; "" if none does.
func shut(rules []HoursRule, t when.Instant, zone *time.Location) string {
	for _, r := range rules {
		if !r.Span.Contains(t) {
			continue
		}
		c := t.Time().In(zone)
		if inHours(r.Hours, c.Hour()*60+c.Minute()) != r.Curfew {
			continue
		}
		words := "open from %s to %s only"
		if r.Curfew {
			words = "curfew from %s to %s"
		}
		s := fmt.Sprintf(words, clock(r.Hours[0]), clock(r.Hours[1]))
		if r.Why != "" {
			s += " (" + r.Why + ")"
		}
		return s
	}
	return ""
}

// resting says why a means does not go out at all that day.
func (o *Outlook) resting(m *Means, d *Day, soonest, minutes int) string {
	if soonest >= minutes {
		return "it is not ready before the day is over"
	}
	t := d.Span.Start.Add(time.Duration(max(soonest, minutes/2)) * time.Minute)
	if w := m.idle(t, m.At); w != "" {
		return w
	}
	if w := shut(o.House.rulesAt(m.At), t, d.Zone); w != "" {
		return w
	}
	return "its hours of that day are over before it is ready"
}

// most is the best of the outings of a day, and what none exceeds.
func (p *dayOf) most(open []float64) (best *dayBest, bound float64) {
	best = &dayBest{exact: true}
	worth := 0.0
	for _, o := range p.outings {
		order, b, exact := o.best(open)
		bound = max(bound, b)
		best.exact = best.exact && exact
		if w := o.worth(order, open); w > worth+1e-12 {
			best.outing, best.order, worth = o, order, w
		}
	}
	best.worth = worth
	return best, max(bound, worth)
}

type dayBest struct {
	outing *Outing
	order  []int
	worth  float64
	exact  bool
}

// choose takes the best outing, and what it settles from what is open.
func (p *dayOf) choose(open []float64, d *Day) *Tour {
	b, _ := p.most(open)
	t := &Tour{Means: p.m, Exact: b.exact, Gain: b.worth}
	gone := map[int]bool{}
	if b.outing != nil {
		t.lay(p, b, open, d)
	}
	for _, i := range b.order {
		gone[i] = true
	}
	for i := range p.visits {
		if !gone[i] {
			t.Left = append(t.Left, Unfit{p.visits[i].Home, p.unfit(i, b, open)})
		}
	}
	return t
}

// lay writes an outing down as a timetable. It leaves as late as it can.
func (t *Tour) lay(p *dayOf, b *dayBest, open []float64, d *Day) {
	o := b.outing
	begins, back, _ := o.walk(b.order)
	at := func(minute int) when.Instant { return d.Span.Start.Add(time.Duration(minute) * time.Minute) }
	before, spot, now := len(o.Stops), p.m.At, 0
	for k, i := range b.order {
		v := p.visits[i]
		way := o.Way[before][i]
		if k == 0 {
			now = begins[0] - way
			t.Leave = at(now)
		}
		v.Gain = o.worth([]int{i}, open)
		for _, x := range o.Stops[i].Sees {
			open[x.Cell] *= 1 - x.Chance
		}
		v.Way, v.Distance = time.Duration(way)*time.Minute, where.Distance(spot, v.At, model)
		if p.m.Kind == UAV && k > 0 {
			v.Distance = where.Distance(spot, p.m.At, model) + where.Distance(p.m.At, v.At, model)
		}
		v.Arrive, v.Begin, v.End = at(now+way), at(begins[k]), at(begins[k]+o.Stops[i].Stay)
		now = begins[k] + o.Stops[i].Stay
		before, spot = i, v.At
		t.Visits = append(t.Visits, v)
	}
	t.Back, t.Home = at(back), time.Duration(back-now)*time.Minute
}

// unfit says why a place is not on the tour.
func (p *dayOf) unfit(i int, b *dayBest, open []float64) string {
	v := &p.visits[i]
	switch {
	case len(v.Tasks) == 0 && len(v.Late) > 0:
		return v.Late[0]
	case len(v.Tasks) == 0:
		return "too late by then: the evidence is gone, or the day is over"
	case p.outings == nil:
		return p.why
	}
	s := &p.outings[0].Stops[i]
	if len(s.Open) == 0 {
		return "it cannot be there at any time of that day: dark, closed, or access denied"
	}
	for _, o := range p.outings {
		if _, _, ok := o.walk([]int{i}); !ok {
			continue
		}
		if o.worth([]int{i}, open) <= 1e-12 {
			return "what it could find out there is settled by others"
		}
		return "no time for it beside what settles more"
	}
	return "there and back, with the stay, does not fit into its hours, the hours of the place and the deadline"
}
