package watch

import (
	"fmt"
	"math"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/watch/sky"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Scene is where and when something is to be found out.
type Scene struct {
	Place  where.Region
	Time   when.Span
	Hurt   bool   // somebody was
	Aside  bool   // it has no place: a question of the text, or of papers
	Person string // "", or why people who were hurt cannot be asked
}

// Can is what a means can do about one fact of one scene.
type Can struct {
	Means  *Means
	Fact   string
	Chance float64 // that it finds the fact out; 0: it cannot, and Why says so
	Level  evidence.Level
	At     when.Span    // when: the visit's arrival, the pass, the recording
	By     when.Instant // after which it is too late, when.Future if never
	ByWhy  string
	Why    string
	Notes  []string // what the chance rests on
}

// Outlook is when plans are made, how far ahead, and what stands in the way.
type Outlook struct {
	House        *House
	Now          when.Instant
	Told         when.Instant  // when means were told to be ready, if that was before Now; 0: at Now
	Ahead        time.Duration // how far passes are looked for; 0: 14 days
	Restrictions []Restriction
	Accept       evidence.Level // what settles a finding has to be established this well
}

// quarter is when evidence counts as gone: after two half-lives a quarter is left.
const quarter = 2

// can says what a means can find out. The steps are: does this kind find such a
// fact, does it reach or see the place, in time, in the light and weather there
// was or will be, and is it let in.
func (o *Outlook) can(m *Means, fact string, s *Scene) Can {
	c := Can{Means: m, Fact: fact, By: when.Future, At: when.Always}
	x, ok := m.method(fact)
	if !ok {
		return c.no("means of this kind (%s) do not find out %s", m.Kind, factWords(fact))
	}
	c.Chance, c.Level = x.Chance, x.Level
	c.note("%s: %s", percent(x.Chance), x.Why)
	end := s.Time.End
	if s.Time.Unknown() {
		end = o.Now
	}
	if x.HalfLife > 0 && end.Bounded() {
		c.By, c.ByWhy = end.Add(quarter*x.HalfLife), "three quarters of such evidence are gone then"
	}
	switch {
	case m.Kind.records():
		c = o.recorded(c, s)
	case m.Kind == Satellite:
		c = o.passed(c, s, x)
	case m.Kind.travels():
		c = o.visited(c, s, x)
	default:
		at := o.Now.Add(m.Ready)
		c.At = when.Span{Start: at, End: c.By}
		c = c.decay(x, end, at)
	}
	if c.Chance > 0 && m.Access < 1 {
		c.Chance *= m.Access
		c.note("× %s: chance of access", percent(m.Access))
		if m.Access == 0 {
			return c.no("access is not given")
		}
	}
	return c
}

func (c Can) no(format string, args ...any) Can {
	c.Chance, c.Why, c.Notes = 0, fmt.Sprintf(format, args...), nil
	return c
}

func (c *Can) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// decay lessens a chance by the evidence that is gone.
func (c Can) decay(x Method, end, at when.Instant) Can {
	if x.HalfLife == 0 || !end.Bounded() {
		return c
	}
	if at > c.By {
		return c.no("it could be there at %s; by %s three quarters of such evidence are gone", at, c.By)
	}
	if age := at.Time().Sub(end.Time()); age > 0 {
		left := math.Exp2(-age.Hours() / x.HalfLife.Hours())
		c.Chance *= left
		c.note("× %s: evidence left after %.1f days (half is gone in %.0f)", percent(left), age.Hours()/24, x.HalfLife.Hours()/24)
	}
	return c
}

// within says which part of a place a means reaches; why is set if none.
func within(m *Means, reach where.Metres, s *Scene, verb string) (share float64, why string) {
	centre, ok := s.Place.Centre()
	if !ok {
		return 0, "the place is not known"
	}
	d := where.Distance(m.At, centre, model)
	zone := where.NearSites("reach", []where.Point{m.At}, reach)
	switch zone.Relate(s.Place, model) {
	case where.Inside:
		return 1, ""
	case where.Outside:
		return 0, fmt.Sprintf("out of range: the place is %s away and it %s %s", round(d), verb, round(reach))
	}
	share = zone.Share(s.Place, model)
	if share == 0 {
		return 0, fmt.Sprintf("out of range: the place is %s away and it %s %s", round(d), verb, round(reach))
	}
	return share, ""
}

func round(d where.Metres) string {
	if d < 1000 {
		return fmt.Sprintf("%.0f m", float64(d))
	}
	return fmt.Sprintf("%.1f km", float64(d)/1000)
}

// recorded is what a camera or an acoustic array may have kept.
func (o *Outlook) recorded(c Can, s *Scene) Can {
	m := c.Means
	if s.Time.Unknown() || !s.Time.Start.Bounded() || !s.Time.End.Bounded() {
		return c.no("the time is not known: no recording can be named")
	}
	share, why := within(m, m.Range, s, word(m.Kind))
	if why != "" {
		return c.no("%s", why)
	}
	centre, _ := s.Place.Centre()
	if radius, _ := s.Place.Radius(); m.Width < 360 && radius == 0 {
		if why := m.faces(centre); why != "" {
			return c.no("%s", why)
		}
	} else if m.Width < 360 {
		sector := sectorZone(m)
		if share = sector.Share(s.Place, model); share == 0 {
			return c.no("%s", m.faces(centre))
		}
	}
	if m.Keeps > 0 {
		if kept := s.Time.End.Add(m.Keeps); kept < c.By {
			c.By, c.ByWhy = kept, "the recording is overwritten then"
		}
		if o.Now > c.By {
			return c.no("recordings are kept for %.0f days: this one was overwritten by %s", m.Keeps.Hours()/24, c.By)
		}
	}
	on, why := o.awake(m, s.Time, centre)
	if on == 0 {
		return c.no("%s", why)
	}
	c.At = s.Time
	if share < 1 {
		c.Chance *= share
		c.note("× %s: part of the uncertain place that it %s", percent(share), word(m.Kind))
	}
	if on < 1 {
		c.Chance *= on
		c.note("× %s: part of the uncertain time in which it worked (else %s)", percent(on), why)
	}
	return c
}

func word(k Kind) string {
	if k == Acoustic {
		return "hears"
	}
	return "sees"
}

// sectorZone is what a means looks at, as a zone of its polygon.
func sectorZone(m *Means) *where.Zone {
	var ring where.Ring
	ring = append(ring, m.At)
	for b := -m.Width / 2; b <= m.Width/2+1e-9; b += max(m.Width/32, 1) {
		ring = append(ring, where.Destination(m.At, m.Facing+b, m.Range, model))
	}
	ring = append(ring, m.At)
	if z, err := where.PolygonZone(m.ID, where.MultiPolygon{where.Polygon{ring}}); err == nil {
		return z
	}
	return where.NearSites(m.ID, []where.Point{m.At}, m.Range)
}

// awake is the part of a span in which a means worked and could see, and what
// hindered it in the rest.
func (o *Outlook) awake(m *Means, span when.Span, at where.Point) (part float64, why string) {
	n, on := 0, 0
	step := max(time.Minute, span.End.Time().Sub(span.Start.Time())/256)
	for t := span.Start; t < span.End || n == 0; t = t.Add(step) {
		n++
		w := m.idle(t, at)
		if w == "" && m.Kind != Acoustic {
			if cond, known := o.House.overcast(t); known && cond.Sight > 0 && where.Distance(m.At, at, model) > cond.Sight {
				w = fmt.Sprintf("sight was %s: %s", round(cond.Sight), cond.Why)
			}
		}
		if w == "" {
			on++
		} else {
			why = w
		}
	}
	return float64(on) / float64(n), why
}

// visited is what somebody who goes there may find.
func (o *Outlook) visited(c Can, s *Scene, x Method) Can {
	m := c.Means
	if m.Kind == Hospital {
		if !s.Hurt {
			return c.no("nobody is reported hurt")
		}
	}
	share, why := within(m, m.Range, s, "goes")
	if why != "" {
		return c.no("%s", why)
	}
	centre, _ := s.Place.Centre()
	way := time.Duration(float64(where.Distance(m.At, centre, model)) / 1000 / m.Speed * float64(time.Hour))
	start := o.Now.Add(m.Ready)
	if o.Told != 0 {
		start = max(o.Now, o.Told.Add(m.Ready))
	}
	at, ok := o.arrival(m, centre, start, way)
	if !ok {
		return c.no("it does not work within %.0f days", o.ahead().Hours()/24)
	}
	if r := o.barred(m, s.Place, at); r != nil {
		return c.no("%s", r.words())
	}
	end := s.Time.End
	if !end.Bounded() {
		end = o.Now
	}
	c.At = when.Span{Start: at, End: c.By}
	if c = c.decay(x, end, at); c.Chance == 0 {
		return c
	}
	if share < 1 {
		c.Chance *= share
		c.note("× %s: part of the uncertain place that it reaches", percent(share))
	}
	if radius, _ := s.Place.Radius(); radius > m.Sight && m.Kind != Hospital {
		c.note("the place is known to %s only: it has to be found first", round(radius))
	}
	return c
}

// arrival is the first time at which a means can be there, within its hours.
func (o *Outlook) arrival(m *Means, at where.Point, start when.Instant, way time.Duration) (when.Instant, bool) {
	for t := start; t < start.Add(o.ahead()); t = t.Add(15 * time.Minute) {
		if m.idle(t, m.At) != "" {
			continue
		}
		there := t.Add(way)
		if m.idle(there, at) == "" {
			return there, true
		}
	}
	return 0, false
}

func (o *Outlook) ahead() time.Duration {
	if o.Ahead > 0 {
		return o.Ahead
	}
	return 14 * 24 * time.Hour
}

// passed is what a satellite may show: in a picture of a pass after the event,
// also one that may lie in an archive.
func (o *Outlook) passed(c Can, s *Scene, x Method) Can {
	m := c.Means
	centre, ok := s.Place.Centre()
	if !ok {
		return c.no("the place is not known")
	}
	from := o.Now
	if s.Time.End.Bounded() && s.Time.End < from {
		from = s.Time.End
	}
	to := o.Now.Add(o.ahead())
	if c.By < to {
		to = c.By
	}
	if to <= from {
		return c.no("by %s three quarters of such evidence are gone", c.By)
	}
	passes, old, err := m.Orbit.Passes(centre, from.Time(), to.Time(), m.Elevation)
	if err != nil {
		return c.no("%v", err)
	}
	dark, best, cloudy := 0, -1, 0.0
	for i, p := range passes {
		if !m.Service.Contains(when.At(p.Top)) || outageAt(m, when.At(p.Top)) {
			continue
		}
		if !m.Weather && p.Sun < daylight {
			dark++
			continue
		}
		w, known := o.House.overcast(when.At(p.Top))
		cloud := w.Cloud
		if m.Weather {
			cloud = 0
		} else if !known {
			cloud = unknownCloud
		}
		if best < 0 || cloud < cloudy-0.2 {
			best, cloudy = i, cloud
		}
	}
	if best < 0 {
		switch {
		case dark > 0:
			return c.no("all %d passes above %.0f° are in the dark or at a low sun", dark, m.Elevation)
		case old:
			return c.no("its elements are of %s: older than %d days, or younger, than the time asked for", m.Orbit.Epoch.Format("2 January 2006"), int(sky.MaxAge.Hours()/24))
		}
		return c.no("it does not pass above %.0f° between %s and %s", m.Elevation, when.At(from.Time()), when.At(to.Time()))
	}
	p := passes[best]
	c.At = when.Span{Start: when.At(p.Rise), End: when.At(p.Set)}
	if c.At.Start < o.Now {
		c.note("the pass lies before now: the picture has to be in an archive")
	}
	end := s.Time.End
	if !end.Bounded() {
		end = o.Now
	}
	if c = c.decay(x, end, when.At(p.Top)); c.Chance == 0 {
		return c
	}
	c.note("pass at %s, %.0f° high, sun at %.0f°", when.At(p.Top), p.Elevation, p.Sun)
	if cloudy > 0 {
		c.Chance *= 1 - cloudy
		known := "by the weather in the means file"
		if _, k := o.House.overcast(when.At(p.Top)); !k {
			known = "assumed: the weather is not known"
		}
		c.note("× %s: clear sky (%s)", percent(1-cloudy), known)
	}
	return c
}

func outageAt(m *Means, t when.Instant) bool {
	for _, o := range m.Outages {
		if o.Span.Contains(t) {
			return true
		}
	}
	return false
}

// daylight is the elevation of the sun, in degrees, that a picture from above
// needs, and unknownCloud what is assumed of weather that is not known.
const (
	daylight     = 10.0
	unknownCloud = 0.5
)

func percent(p float64) string { return fmt.Sprintf("%.0f %%", p*100) }

// factWords name a fact for people.
func factWords(fact string) string {
	switch fact {
	case "actor":
		return "who did it"
	case "act":
		return "what was done"
	case "outcome":
		return "what came of it"
	case "means":
		return "by what weapon"
	case "target":
		return "what was hit"
	case "intended_target":
		return "what was aimed at"
	case "owner":
		return "whose it is"
	case "controller":
		return "who held the place"
	case "site":
		return "which listed object it was"
	case "place":
		return "where exactly it was"
	case "origin":
		return "from where it came"
	case "launch":
		return "when it was launched"
	case "time":
		return "when exactly it was"
	}
	return "what the text means (" + fact + ")"
}
