package watch

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Covered says how well one place was watched in one hour: the chance that an act
// at an unknown point of it and an unknown moment would have been noticed.
type Covered struct {
	Post     int
	Span     when.Span
	Chance   float64
	By       []string // means that could have seen it
	Hindered []string // means that see the place and could not then, and why
}

// Ledger is who could have seen what, where and when.
type Ledger struct {
	Act   string
	Span  when.Span
	Posts []Post
	Hours []Covered // by post, then by time
	Areas []float64 // km² of each post, by the lattice that it was looked at on
}

// hour is the piece of time of a ledger, and moments how many moments of it are
// looked at.
const (
	hour    = time.Hour
	moments = 6
)

// MaxHours bounds a ledger: posts times hours.
const MaxHours = 200_000

// Cover makes the ledger of an act for a span of time. Means that may be chosen
// are left out, unless they are named.
func (o *Outlook) Cover(act string, span when.Span, posts []Post, with ...string) (*Ledger, error) {
	n := int(math.Ceil(span.End.Time().Sub(span.Start.Time()).Hours()))
	if n <= 0 || n*len(posts) > MaxHours {
		return nil, fmt.Errorf("%d places for %d hours: expected up to %d hours of places in all", len(posts), n, MaxHours)
	}
	l := &Ledger{Act: act, Span: span, Posts: posts}
	for i, p := range posts {
		pts, area := lattice(p.Place)
		l.Areas = append(l.Areas, area)
		v := o.views(p.Place, span, act, pts, with)
		for h := range n {
			s := when.Span{Start: span.Start.Add(time.Duration(h) * hour), End: min(span.End, span.Start.Add(time.Duration(h+1)*hour))}
			c := v.covered(s)
			c.Post = i
			l.Hours = append(l.Hours, c)
		}
	}
	return l, nil
}

// lattice are points of a place to look at, some fifty, and its area in km². A
// place within 200 m is one point.
func lattice(r where.Region) ([]where.Point, float64) {
	c, ok := r.Centre()
	radius, _ := r.Radius()
	if !ok {
		return nil, 0
	}
	if radius <= 200 {
		return []where.Point{c}, math.Pi * float64(radius*radius) / 1e6
	}
	z := zoneOf(r)
	step := radius / 4
	var out []where.Point
	for y := -4; y <= 4; y++ {
		row := where.Destination(c, 0, where.Metres(y)*step, model)
		for x := -4; x <= 4; x++ {
			p := where.Destination(row, 90, where.Metres(x)*step, model)
			if z.Contains(p, model) {
				out = append(out, p)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, c)
	}
	return out, float64(len(out)) * float64(step*step) / 1e6
}

// zoneOf is the zone of the points of a place.
func zoneOf(r where.Region) *where.Zone {
	c, _ := r.Centre()
	radius, _ := r.Radius()
	if mp, _, _, err := where.ParseGeoJSON(r.GeoJSON()); err == nil && len(mp) > 0 {
		if z, err := where.PolygonZone("place", mp); err == nil {
			return z
		}
	}
	return where.NearSites("place", []where.Point{c}, radius)
}

// view is what the means see of one place.
type view struct {
	o      *Outlook
	place  where.Region
	centre where.Point
	points []where.Point
	act    string
	means  []*Means
	still  [][]float64 // chance by means and point, of those that stand still
	passes map[int][]when.Span
}

func (o *Outlook) views(place where.Region, span when.Span, act string, points []where.Point, with []string) *view {
	v := &view{o: o, place: place, points: points, act: act, passes: map[int][]when.Span{}}
	v.centre, _ = place.Centre()
	for _, m := range o.House.Means {
		if m.Option && !contains(with, m.ID) || m.Kind == Hospital || m.Kind == Documents || m.Kind == Request || m.Kind == Consultation {
			continue
		}
		v.add(m, span)
	}
	return v
}

func (v *view) add(m *Means, span when.Span) {
	var still []float64
	switch {
	case m.Kind == Satellite:
		ps, _, err := m.Orbit.Passes(v.centre, span.Start.Time(), span.End.Time(), m.Elevation)
		if err != nil {
			return
		}
		for _, p := range ps {
			if m.Weather || p.Sun >= daylight {
				v.passes[len(v.means)] = append(v.passes[len(v.means)], when.Span{Start: when.At(p.Rise), End: when.At(p.Set)})
			}
		}
		still = make([]float64, len(v.points))
		for i := range still {
			still[i] = m.chance(v.act, 0)
		}
	case m.Kind.records():
		still = make([]float64, len(v.points))
		any := false
		for i, p := range v.points {
			if m.faces(p) == "" {
				still[i] = m.chance(v.act, where.Distance(m.At, p, model))
				any = any || still[i] > 0
			}
		}
		if !any {
			return
		}
	}
	v.means, v.still = append(v.means, m), append(v.still, still)
}

// at is the chance that one means notices an act at each point at an instant; nil
// if it cannot, and why where it would see the place.
func (v *view) at(k int, t when.Instant) (chances []float64, why string) {
	m := v.means[k]
	if m.Kind == Satellite {
		for _, p := range v.passes[k] {
			if p.Contains(t) {
				if !m.Service.Contains(t) || outageAt(m, t) {
					return nil, "it was out"
				}
				w, known := v.o.House.overcast(t)
				if m.Weather || !known || w.Cloud == 0 {
					return v.still[k], ""
				}
				return scaled(v.still[k], 1-w.Cloud), ""
			}
		}
		return nil, ""
	}
	spot, lost := m.position(t, v.o.Now)
	if lost != "" {
		if v.reaches(m) {
			return nil, lost
		}
		return nil, ""
	}
	chances = v.still[k]
	if m.Kind.travels() {
		chances = v.moving(m, spot)
		if chances == nil {
			return nil, ""
		}
	}
	if why := m.idle(t, v.centre); why != "" {
		return nil, why
	}
	if m.Kind.travels() {
		if r := v.o.barred(m, v.place, t); r != nil {
			return nil, r.words()
		}
	}
	if w, known := v.o.House.overcast(t); known && w.Sight > 0 && m.Kind != Acoustic {
		out := make([]float64, len(chances))
		any := false
		for i, p := range v.points {
			if where.Distance(spot, p, model) <= w.Sight {
				out[i], any = chances[i], any || chances[i] > 0
			}
		}
		if !any {
			return nil, fmt.Sprintf("sight was %s: %s", round(w.Sight), w.Why)
		}
		return out, ""
	}
	return chances, ""
}

// reaches reports whether a means that travels might have been near at all.
func (v *view) reaches(m *Means) bool {
	spots := m.Route
	if len(spots) == 0 {
		return false
	}
	for i := range spots {
		if i > 0 && where.NearLine("way", where.LineString{spots[i-1], spots[i]}, m.Sight, where.Both).Relate(v.place, model) != where.Outside {
			return true
		}
	}
	return false
}

func (v *view) moving(m *Means, spot where.Point) []float64 {
	var out []float64
	for i, p := range v.points {
		if c := m.chance(v.act, where.Distance(spot, p, model)); c > 0 {
			if out == nil {
				out = make([]float64, len(v.points))
			}
			out[i] = c
		}
	}
	return out
}

func scaled(xs []float64, by float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = x * by
	}
	return out
}

// covered looks at some moments of an hour. Of satellites, a pass shorter than the
// time between two moments counts by its share of the hour.
func (v *view) covered(s when.Span) Covered {
	c := Covered{Span: s}
	unseen := make([]float64, len(v.points))
	length := s.End.Time().Sub(s.Start.Time())
	why := map[string]string{}
	by := map[string]bool{}
	n := 60 // by the minute where satellites pass
	if len(v.passes) == 0 {
		n = moments
	}
	for k := range n {
		t := s.Start.Add(length * time.Duration(2*k+1) / time.Duration(2*n))
		for i := range unseen {
			unseen[i] = 1
		}
		for m := range v.means {
			chances, w := v.at(m, t)
			if w != "" {
				why[v.means[m].ID] = w
			}
			for i, x := range chances {
				unseen[i] *= 1 - x
				if x > 0 {
					by[v.means[m].ID] = true
				}
			}
		}
		for _, u := range unseen {
			c.Chance += (1 - u) / float64(len(unseen)*n)
		}
	}
	for id := range by {
		c.By = append(c.By, id)
	}
	for id, w := range why {
		c.Hindered = append(c.Hindered, id+": "+w)
	}
	sort.Strings(c.By)
	sort.Strings(c.Hindered)
	return c
}

// Gap is a time in which a place was hardly watched.
type Gap struct {
	Post     int
	Span     when.Span
	Chance   float64 // the highest of its hours
	Hindered []string
}

// Unwatched is the chance below which a place counts as not watched.
const Unwatched = 0.1

// Gaps lists the times in which nobody could have seen, longest first.
func (l *Ledger) Gaps() []Gap {
	var out []Gap
	var cur *Gap
	for _, h := range l.Hours {
		if h.Chance >= Unwatched {
			cur = nil
			continue
		}
		if cur == nil || cur.Post != h.Post || cur.Span.End != h.Span.Start {
			out = append(out, Gap{Post: h.Post, Span: h.Span})
			cur = &out[len(out)-1]
		}
		cur.Span.End, cur.Chance = h.Span.End, max(cur.Chance, h.Chance)
		for _, w := range h.Hindered {
			if !contains(cur.Hindered, w) && len(cur.Hindered) < 20 {
				cur.Hindered = append(cur.Hindered, w)
			}
		}
	}
	sort.SliceStable(out, func(i, k int) bool {
		return out[i].Span.End.Time().Sub(out[i].Span.Start.Time()) > out[k].Span.End.Time().Sub(out[k].Span.Start.Time())
	})
	return out
}

// Rate is how much was observed at a place for the time in which something could
// have been.
type Rate struct {
	Post     int
	Certain  int            // incidents that were there and then
	Possible int            // those, and incidents that may have been
	Claimed  int            // incidents that may have been and are claimed only: not in the rate
	Watched  float64        // hours times the chance that an act would have been noticed
	Hours    float64        // in all
	Low      count.Interval // of those certain, by watched hour
	High     count.Interval // of those possible
}

// may says whether an incident may be of an act, and whether it is for certain: what
// is not known may be anything.
func may(in *evidence.Incident, act string) (possible, certain bool) {
	certain = true
	for i := range in.Scenarios {
		acts := in.Scenarios[i].Act
		if len(acts) == 0 {
			return true, false
		}
		for _, a := range acts {
			inside := a == act || strings.HasPrefix(a, act+".")
			possible = possible || inside || strings.HasPrefix(act, a+".")
			certain = certain && inside
		}
	}
	return possible, certain
}

// Rates are the incidents of the act by watched hour. Of a place that was not watched there is
// no rate: that nothing was seen there says nothing.
func (l *Ledger) Rates(ins []*evidence.Incident, accept evidence.Level) []Rate {
	out := make([]Rate, len(l.Posts))
	for _, h := range l.Hours {
		n := h.Span.End.Time().Sub(h.Span.Start.Time()).Hours()
		out[h.Post].Hours += n
		out[h.Post].Watched += n * h.Chance
	}
	for i := range out {
		r := &out[i]
		r.Post = i
		z := zoneOf(l.Posts[i].Place)
		for _, in := range ins {
			s := sceneOf(in)
			possible, certain := may(in, l.Act)
			if !possible || !s.Time.Overlaps(l.Span) {
				continue
			}
			in1 := s.Time.Start >= l.Span.Start && s.Time.End <= l.Span.End
			switch rel := z.Relate(s.Place, model); {
			case rel == where.Outside:
				continue
			case in.Level < accept:
				r.Claimed++
				continue
			case rel == where.Inside && in1 && certain:
				r.Certain++
			}
			r.Possible++
		}
		r.Low, r.High = count.Rate(r.Certain, r.Watched), count.Rate(r.Possible, r.Watched)
	}
	return out
}
