package evidence

import (
	"fmt"
	"math"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Baseline is what satellites saw in each cell of about a kilometre, day by day,
// so that a flare, a steelworks or stubble that burns every evening is not
// taken for an attack.
type Baseline struct {
	cells    map[[2]int32]*burnt
	from, to int32 // days since 1970 that were seen, at least
	any      bool
}

type burnt struct {
	days []int32 // distinct, in no order
	frps []float64
}

// maxBurnt is how many days, and powers, are kept of a cell: beyond that it is
// known well enough.
const maxBurnt = 400

const cellDegrees = 0.01

func cellOf(p where.Point) [2]int32 {
	return [2]int32{int32(math.Floor(p.Lat / cellDegrees)), int32(math.Floor(p.Lon * math.Cos(p.Lat*math.Pi/180) / cellDegrees))}
}

func dayOf(t when.Instant) int32 {
	return int32(math.Floor(float64(t.Time().Unix()) / 86400))
}

// Add takes a detection into the baseline.
func (b *Baseline) Add(d Detection) {
	day := dayOf(d.Time)
	if !b.any {
		b.cells, b.from, b.to, b.any = map[[2]int32]*burnt{}, day, day, true
	}
	b.from, b.to = min(b.from, day), max(b.to, day)
	c := b.cells[cellOf(d.Place)]
	if c == nil {
		c = &burnt{}
		b.cells[cellOf(d.Place)] = c
	}
	for _, x := range c.days {
		if x == day {
			return
		}
	}
	if len(c.days) < maxBurnt {
		c.days = append(c.days, day)
		c.frps = append(c.frps, d.FRP)
	}
}

// Usual is what is usual at a place: on how many of the days of the baseline
// other than the day in question and its neighbours something burned there, and
// how strongly at most.
type Usual struct {
	Days, Of int
	MostFRP  float64 // MW; 0 unknown
}

// At says what is usual round a place, apart from a day.
func (b *Baseline) At(p where.Point, t when.Instant) Usual {
	if b == nil || !b.any {
		return Usual{}
	}
	day := dayOf(t)
	u := Usual{Of: int(b.to - b.from + 1)}
	for d := day - 1; d <= day+1; d++ {
		if d >= b.from && d <= b.to {
			u.Of--
		}
	}
	days := map[int32]bool{}
	at := cellOf(p)
	for i := int32(-1); i <= 1; i++ {
		for k := int32(-1); k <= 1; k++ {
			c := b.cells[[2]int32{at[0] + i, at[1] + k}]
			if c == nil {
				continue
			}
			for n, d := range c.days {
				if d < day-1 || d > day+1 {
					days[d] = true
					u.MostFRP = math.Max(u.MostFRP, c.frps[n])
				}
			}
		}
	}
	u.Days = len(days)
	return u
}

// Limits of what a detection can support.
const (
	burnsFor      = 12 * time.Hour // after an act a fire may still be seen
	baselineDays  = 5              // fewer days say nothing of what is usual
	staticShare   = 0.20           // of the days: a source that always burns
	supportWithin = 15_000.0       // metres: a fire somewhere in an oblast supports nothing
)

// Support is what a detection says of an incident.
type Support struct {
	Supports bool     `json:"supports"` // it was seen when, where and as nothing usual is
	Report   string   `json:"report,omitempty"`
	Why      []string `json:"why,omitempty"`
	// Shifts are the whole hours by which its time would have to be moved to lie
	// in a window in which the satellite passes; only where it lies in none.
	Shifts []int `json:"shifts,omitempty"`

	against int // how many of the reasons speak against it
}

// Weigh says what a detection supports of an act within a span and a place. That
// nothing was seen is never asked: outside the passes, or under cloud, it says
// nothing.
func Weigh(d *Detection, at when.Span, place where.Point, radius float64, b *Baseline) Support {
	var s Support
	ok := true
	no := func(format string, args ...any) {
		ok = false
		s.against++
		s.Why = append(s.Why, fmt.Sprintf(format, args...))
	}
	yes := func(format string, args ...any) { s.Why = append(s.Why, fmt.Sprintf(format, args...)) }
	clock := d.Time.Time().Format("15:04Z")
	if d.Doubted() != "" {
		s.Shifts = Shifts(d)
		no("%s is in no window in which the satellite passes there%s", clock, shiftWords(d, s.Shifts))
	} else {
		yes("%s is in a window in which the satellite passes there", clock)
	}
	last := at.End.Add(burnsFor)
	switch {
	case !at.Start.Bounded() || !at.End.Bounded():
		no("when it happened is not known")
	case d.Time < at.Start:
		no("it was seen %s before the earliest time of the report that it is held against", hours(at.Start.Time().Sub(d.Time.Time())))
	case d.Time > last:
		no("it was seen more than %s after the latest time that is reported", hours(burnsFor))
	default:
		yes("it was seen within the time, or up to %s after", hours(burnsFor))
	}
	pixel := 1000 * math.Hypot(math.Max(d.Scan, 0.375), math.Max(d.Track, 0.375)) / 2
	switch gap := metres(d.Place, place) - radius - pixel; {
	case radius > supportWithin:
		no("the place is known to ±%s only: a fire somewhere in it supports nothing", where.Metres(radius))
	case gap > 0:
		no("it is %s beyond the place", where.Metres(math.Round(gap)))
	default:
		yes("its pixel meets the place")
	}
	if d.Static != "" {
		no("the archive says that it is %s", d.Static)
	}
	if d.Confidence == "low" {
		no("its confidence is low")
	}
	switch u := b.At(d.Place, d.Time); {
	case u.Of < baselineDays:
		no("what is usual there is not known: the detections at hand tell of %d other days, fewer than %d", max(0, u.Of), baselineDays)
	case float64(u.Days) >= staticShare*float64(u.Of):
		no("something burns there on %d of %d other days: a flare, a works, a field", u.Days, u.Of)
	case u.Days > 0 && !(d.FRP > u.MostFRP):
		no("it is not stronger than what was seen there on %d of %d other days", u.Days, u.Of)
	default:
		yes("above what is usual there: seen on %d of %d other days", u.Days, u.Of)
	}
	s.Supports = ok
	return s
}

// Shifts are the whole hours from -12 to 14 by which the time of a detection would
// have to be moved to lie in a window of its satellite, the smallest first; none
// if it lies in one.
func Shifts(d *Detection) []int {
	if Passes(d.Satellite, d.Instrument, d.Place, d.Time) {
		return nil
	}
	var out []int
	for n := 1; n <= 14; n++ {
		for _, h := range []int{n, -n} {
			if h >= -12 && Passes(d.Satellite, d.Instrument, d.Place, d.Time.Add(time.Duration(h)*time.Hour)) {
				out = append(out, h)
			}
		}
	}
	return out
}

func shiftWords(d *Detection, shifts []int) string {
	if len(shifts) == 0 {
		return ", nor would it be under any other zone: a wrong place?"
	}
	s := ": a wrong time zone? "
	for i, h := range shifts[:min(2, len(shifts))] {
		if i > 0 {
			s += ", or "
		}
		s += fmt.Sprintf("%+d h (%s) would be", h, d.Time.Add(time.Duration(h)*time.Hour).Time().Format("15:04Z"))
	}
	return s
}
