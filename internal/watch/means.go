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

// Kind is a kind of means.
type Kind string

// The kinds of means.
const (
	Patrol       Kind = "patrol"
	Camera       Kind = "camera"
	UAV          Kind = "uav"
	Acoustic     Kind = "acoustic"
	Satellite    Kind = "satellite"
	Hospital     Kind = "hospital"     // a visit to those who were hurt, and to who treats them
	Documents    Kind = "documents"    // logs, registers and orders that are handed over
	Request      Kind = "request"      // a request for information to a party: the answer is a claim
	Consultation Kind = "consultation" // the parties, or who may, say what a word of the text means
)

// Kinds lists the kinds of means in order.
func Kinds() []Kind {
	return []Kind{Patrol, Camera, UAV, Acoustic, Satellite, Hospital, Documents, Request, Consultation}
}

// records reports whether a kind sees what happens while it happens, and keeps it.
func (k Kind) records() bool { return k == Camera || k == Acoustic }

// travels reports whether a kind has to go to the place.
func (k Kind) travels() bool { return k == Patrol || k == UAV || k == Hospital }

// Means is something that can find facts out, or see what happens.
type Means struct {
	ID, Name string
	Kind     Kind
	From     evidence.Position // where it stands in the means file
	Option   bool              // it is not there: the plan may choose it

	At     where.Point // post, or base; not of satellites and of what is asked
	Route  []where.Point
	Range  where.Metres // camera, acoustic: how far it sees or hears; those that travel: how far they go
	Sight  where.Metres // those that travel: how far they see on the way
	Facing float64      // degrees clockwise from north, of the middle of what it sees
	Width  float64      // degrees; 360: all round

	Service when.Span // when it is there at all
	Hours   [2]int    // minutes of the civil day in Zone, from and to; equal: all day
	Zone    *time.Location
	Night   bool // it sees in the dark
	Weather bool // it sees through cloud

	Speed  float64       // km/h
	Ready  time.Duration // until it can start
	Stay   time.Duration // those that travel: how long a visit takes
	Keeps  time.Duration // how long recordings are kept; 0: for good
	Cost   float64
	Access float64  // chance that access is given
	Needs  []string // what access needs
	Party  string   // whose it is, or who is asked

	Near, Far float64               // chance to notice an act beside it, and at its range
	Detects   map[string][2]float64 // the same by act
	Finds     map[string]float64    // chance to find a fact out, where it differs from the kind's

	Orbit     *sky.Satellite
	Elevation float64 // degrees: how high a satellite has to stand

	Outages []Outage
	Track   []Fix // where it was, by its own device
}

// Outage is a time in which a means saw nothing.
type Outage struct {
	Span when.Span
	Why  string
}

// Fix is where somebody was at an instant.
type Fix struct {
	At   when.Instant
	Spot where.Point
}

// Weather is how far could be seen in a span of time.
type Weather struct {
	Span  when.Span
	Cloud float64      // part of the sky, 0 to 1
	Sight where.Metres // 0: not limited
	Why   string
}

// Post is a place that is to be watched.
type Post struct {
	ID     string
	Place  where.Region
	Weight float64 // how much seeing there counts
}

// House is all that a means file says.
type House struct {
	Means   []*Means
	Weather []Weather
	Watch   []Post
	Rules   []HoursRule // curfews, and opening hours of places
	Zone    *time.Location
}

// chance is the chance to notice an act at a distance, where nothing hinders: it
// falls in a straight line from Near to Far. The nearest name of the act counts.
func (m *Means) chance(act string, d where.Metres) float64 {
	if d > m.reach() {
		return 0
	}
	near, far := m.Near, m.Far
	for a := act; a != ""; a = parent(a) {
		if c, ok := m.Detects[a]; ok {
			near, far = c[0], c[1]
			break
		}
	}
	if r := m.reach(); r > 0 {
		return near + (far-near)*float64(d/r)
	}
	return near
}

// reach is how far a means sees from where it is.
func (m *Means) reach() where.Metres {
	if m.Kind.travels() {
		return m.Sight
	}
	return m.Range
}

// parent is the node above; "" above the top.
func parent(node string) string {
	for i := len(node) - 1; i > 0; i-- {
		if node[i] == '.' {
			return node[:i]
		}
	}
	return ""
}

// faces says why a means does not look to where a place is; "" if it does.
func (m *Means) faces(p where.Point) string {
	if m.Width >= 360 {
		return ""
	}
	b := bearing(m.At, p)
	if off := math.Abs(math.Remainder(b-m.Facing, 360)); off > m.Width/2 {
		return fmt.Sprintf("it looks to %03.0f±%.0f°, the place lies to %03.0f° (%s)", m.Facing, m.Width/2, b, compass(b))
	}
	return ""
}

// idle says why a means does not work at an instant; "" if it does. The place is
// where it would have to see, for the light.
func (m *Means) idle(t when.Instant, at where.Point) string {
	if !m.Service.Contains(t) {
		return "it was not there then"
	}
	for _, o := range m.Outages {
		if o.Span.Contains(t) {
			return "it was out: " + o.Why
		}
	}
	if m.Hours[0] != m.Hours[1] && !m.onTrack(t) { // its own device knows better than its roster
		c := t.Time().In(m.Zone)
		if !inHours(m.Hours, c.Hour()*60+c.Minute()) {
			return fmt.Sprintf("it works from %s to %s", clock(m.Hours[0]), clock(m.Hours[1]))
		}
	}
	if !m.Night && m.Kind != Acoustic && sky.Sun(at, t.Time()) < sky.Dark {
		return "it was dark, and it does not see at night"
	}
	return ""
}

func inHours(h [2]int, min int) bool {
	if h[0] <= h[1] {
		return min >= h[0] && min < h[1]
	}
	return min >= h[0] || min < h[1] // over midnight
}

func clock(min int) string { return fmt.Sprintf("%02d:%02d", min/60, min%60) }

// overcast is the cloud and the sight at an instant; known is false where the
// weather is not recorded.
func (h *House) overcast(t when.Instant) (w Weather, known bool) {
	for _, w := range h.Weather {
		if w.Span.Contains(t) {
			return w, true
		}
	}
	return Weather{}, false
}
