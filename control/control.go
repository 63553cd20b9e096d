// Package control says who held a place on a day, from map layers: each layer
// shows, for a day or an instant, the area that some side held.
//
// It promises that a later layer never speaks of an earlier day; that a place
// is given one holder only if all of it lies in that holder's area, farther
// from the edge than a stated margin, which grows with the age of the layer;
// and that where the layers and the rules do not say, nobody is named. Widening
// the place, the time or the margin never removes a possible holder.
//
// What is said is who held a place as some source drew it. It is no evidence of
// who did what there, and is never to be used to name an actor.
//
// The package does no input or output and reads no clock. A Series does not
// change and may be used from several goroutines at once.
package control

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Layer is a map as of some time.
type Layer struct {
	// At is when the map holds. A layer that names only a day holds at some
	// instant of it: it is used from the end of the day, and its age is counted
	// from the start.
	At     when.Range
	Source string // a file, for messages
	// Held is the area of each holder whom the layer shows, by id. "RU|UA" is
	// held by one of these, it is not known which: a grey area. A holder of
	// nothing has an empty zone (where.UnionZone of none), and is not left out:
	// a holder whom a layer does not name has the area of an earlier one.
	Held map[string]*where.Zone
}

// Rules say how far layers are trusted.
type Rules struct {
	// Margin is the distance from the edge of an area within which it is not
	// known who holds.
	Margin where.Metres
	// WidenPerDay is added to the margin for each 24 hours of the age of a layer,
	// pro rata: what front lines may move in a day.
	WidenPerDay where.Metres
	// MaxAge is the age beyond which a layer says nothing; 0 is no limit.
	MaxAge time.Duration
	// Universe is where the layers speak at all, and is required. Of a place that
	// reaches out of it nothing is known.
	Universe *where.Zone
	// Rest is who holds what no layer shows as held, by id. Without it, nothing
	// is known outside the areas of the layers and within the margin of their
	// edges.
	Rest map[string]*where.Zone
}

// Answer is who may have held a place.
type Answer struct {
	// Holders are the possible holders, sorted: several if it is not known which,
	// nil if nothing is known (it may be anybody).
	Holders []string
	// Layer, Source and Age are those of the oldest layer that was used; the
	// zero values if none was.
	Layer  when.Range
	Source string
	Age    time.Duration // at the end of the span that was asked about
	Margin where.Metres  // the widest that was used
	Notes  []string      // why nothing is known, or what it was drawn from
}

// Series is the layers of a source in time, with the rules for their use.
type Series struct {
	rules  Rules
	tracks []track
	rest   []held
}

// track is the layers of one holder, earliest first.
type track struct {
	holder string
	layers []entry
}

type entry struct {
	at     when.Range
	source string
	zone   *where.Zone
}

type held struct {
	holder string
	zone   *where.Zone
}

// New makes a series. It refuses, and says why: no layers, a layer without a
// bounded time, two layers of one holder whose times are the same or overlap,
// a holder or zone that is empty or nil, negative distances, no universe.
func New(layers []Layer, rules Rules) (*Series, error) {
	if err := rules.check(); err != nil {
		return nil, err
	}
	s := &Series{rules: rules}
	byHolder := map[string][]entry{}
	for _, l := range layers {
		if !l.At.Earliest.Bounded() || !l.At.Latest.Bounded() || l.At.Latest < l.At.Earliest {
			return nil, fmt.Errorf("layer %s: %s is no time", l.Source, l.At)
		}
		if len(l.Held) == 0 {
			return nil, fmt.Errorf("layer %s: no holder is named", l.Source)
		}
		for h, z := range l.Held {
			if err := checkHolder(h, z); err != nil {
				return nil, fmt.Errorf("layer %s: %w", l.Source, err)
			}
			byHolder[h] = append(byHolder[h], entry{l.At, l.Source, z})
		}
	}
	if len(byHolder) == 0 {
		return nil, fmt.Errorf("no layers")
	}
	for _, h := range sorted(byHolder) {
		es := byHolder[h]
		sort.SliceStable(es, func(i, j int) bool { return es[i].at.Earliest < es[j].at.Earliest })
		for i := 1; i < len(es); i++ {
			if es[i].at.Earliest <= es[i-1].at.Latest {
				return nil, fmt.Errorf("layers %s and %s: both show what %s held at %s", es[i-1].source, es[i].source, h, DateOf(es[i].at))
			}
		}
		s.tracks = append(s.tracks, track{h, es})
	}
	for _, h := range sorted(rules.Rest) {
		s.rest = append(s.rest, held{h, rules.Rest[h]})
	}
	return s, nil
}

func (r *Rules) check() error {
	for _, d := range []struct {
		name string
		v    where.Metres
	}{{"the margin", r.Margin}, {"what the margin widens by in a day", r.WidenPerDay}} {
		if !(d.v >= 0) || math.IsInf(float64(d.v), 0) {
			return fmt.Errorf("%s is %v: expected 0 or more metres", d.name, float64(d.v))
		}
	}
	if r.MaxAge < 0 {
		return fmt.Errorf("the greatest age is %s: expected 0 (no limit) or more", r.MaxAge)
	}
	if r.Universe == nil {
		return fmt.Errorf("no universe: expected the area of which the layers speak")
	}
	for _, h := range sorted(r.Rest) {
		if err := checkHolder(h, r.Rest[h]); err != nil {
			return fmt.Errorf("who holds the rest: %w", err)
		}
	}
	return nil
}

func checkHolder(h string, z *where.Zone) error {
	if z == nil {
		return fmt.Errorf("%s: no zone", h)
	}
	for _, part := range strings.Split(h, "|") {
		if part == "" || strings.TrimSpace(part) != part || strings.EqualFold(part, "unknown") {
			return fmt.Errorf("%q is no holder: expected an id, or several such as RU|UA", h)
		}
	}
	return nil
}

func sorted[T any](m map[string]T) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Holders returns the ids that an answer may name, sorted.
func (s *Series) Holders() []string {
	set := names{}
	for _, t := range s.tracks {
		set.add(t.holder)
	}
	for _, r := range s.rest {
		set.add(r.holder)
	}
	return sorted(set)
}

// names is a set of holders.
type names map[string]bool

func (n names) add(h string) {
	for _, part := range strings.Split(h, "|") {
		n[part] = true
	}
}

// At says who may have held a place at some instant of a span. For each instant
// it takes the nearest layer that is not later; a layer of that instant will do.
func (s *Series) At(place where.Region, span when.Span, m where.Model) Answer {
	switch {
	case place.IsUnknown():
		return Answer{Notes: []string{"no place is given"}}
	case !span.Start.Bounded() || !span.End.Bounded():
		return Answer{Notes: []string{"no time is given"}}
	case span.End < span.Start:
		return Answer{Notes: []string{"the time ends before it starts"}}
	case s.rules.Universe.Relate(place, m) != where.Inside:
		return Answer{Notes: []string{"the place is not wholly in the area of which the layers speak"}}
	}
	var a Answer
	found := names{}
	for _, p := range s.pieces(span) {
		uses, why := s.uses(p)
		a.record(uses)
		if why == "" {
			why = s.holders(found, uses, place, m)
		}
		if why != "" {
			a.Holders, a.Notes = nil, []string{why}
			return a
		}
	}
	a.Holders = sorted(found)
	return a
}

// pieces cuts a span wherever another layer becomes the nearest.
func (s *Series) pieces(span when.Span) []when.Span {
	cuts := []when.Instant{span.Start}
	for _, t := range s.tracks {
		for _, e := range t.layers {
			if e.at.Latest > span.Start && e.at.Latest < span.End {
				cuts = append(cuts, e.at.Latest)
			}
		}
	}
	sort.Slice(cuts, func(i, j int) bool { return cuts[i] < cuts[j] })
	var out []when.Span
	for i, c := range cuts {
		end := span.End
		if i+1 < len(cuts) {
			end = cuts[i+1]
		}
		if i == 0 || c != cuts[i-1] {
			out = append(out, when.Span{Start: c, End: end})
		} else {
			out[len(out)-1].End = end
		}
	}
	return out
}

// use is a layer of one holder with its age and margin at the end of a piece.
type use struct {
	entry
	holder string
	age    time.Duration
	margin where.Metres
}

// uses finds the nearest earlier layer of every holder. why is set if one has
// none: who is not shown might hold the place.
func (s *Series) uses(p when.Span) (out []use, why string) {
	for _, t := range s.tracks {
		i := sort.Search(len(t.layers), func(i int) bool { return t.layers[i].at.Latest > p.Start }) - 1
		if i < 0 {
			why = fmt.Sprintf("no layer shows what %s held as early as %s", t.holder, p.Start)
			continue
		}
		e := t.layers[i]
		u := use{entry: e, holder: t.holder, age: age(e.at.Earliest, p.End)}
		u.margin = s.rules.Margin + s.rules.WidenPerDay*where.Metres(u.age.Hours()/24)
		out = append(out, u)
		if s.rules.MaxAge > 0 && u.age > s.rules.MaxAge {
			why = fmt.Sprintf("the nearest earlier layer of what %s held, %s, is %s old: more than %s", t.holder, DateOf(e.at), AgeString(u.age), AgeString(s.rules.MaxAge))
		}
	}
	return out, why
}

// age is the time from one instant to another; instants are farther apart than
// a Duration can say only in nonsense.
func age(from, to when.Instant) time.Duration {
	if ms := int64(to - from); ms < math.MaxInt64/int64(time.Millisecond) {
		return time.Duration(ms) * time.Millisecond
	}
	return math.MaxInt64
}

func (a *Answer) record(uses []use) {
	for _, u := range uses {
		a.Margin = max(a.Margin, u.margin)
		if u.age >= a.Age && (a.Source == "" || u.at.Earliest <= a.Layer.Earliest) {
			a.Layer, a.Source = u.at, u.source
		}
		a.Age = max(a.Age, u.age)
		note := fmt.Sprintf("%s as of %s (%s)", u.holder, DateOf(u.at), u.source)
		if !member(a.Notes, note) {
			a.Notes = append(a.Notes, note)
		}
	}
}

func member(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// holders adds those who may have held the place by some layers; why is set if
// it may be somebody else.
func (s *Series) holders(found names, uses []use, place where.Region, m where.Model) (why string) {
	certain := false
	widest := s.rules.Margin
	for _, u := range uses {
		widest = max(widest, u.margin)
		switch u.zone.Relate(Grow(place, u.margin), m) {
		case where.Inside:
			certain = true
			found.add(u.holder)
		case where.Straddling:
			found.add(u.holder)
		}
	}
	if certain {
		return ""
	}
	if !s.restCovers(place, m) {
		return "the place is not farther than the margin inside an area that a layer shows, and no rule says who holds all that is round it"
	}
	grown := Grow(place, widest)
	for _, r := range s.rest {
		if r.zone.Relate(grown, m) != where.Outside {
			found.add(r.holder)
		}
	}
	return ""
}

// restCovers reports whether the zones of the rest hold all of the place. Of
// several that meet, it goes by the points that where.Memberships finds.
func (s *Series) restCovers(place where.Region, m where.Model) bool {
	var zones []*where.Zone
	for _, r := range s.rest {
		switch r.zone.Relate(place, m) {
		case where.Inside:
			return true
		case where.Straddling:
			zones = append(zones, r.zone)
		}
	}
	if len(zones) < 2 || len(zones) > 64 {
		return false
	}
	for _, in := range where.Memberships(place, zones, m) {
		if in == 0 {
			return false
		}
	}
	return true
}

// Grow returns a region that holds every point within d metres of a place: for
// a disc exactly those, for others the disc that bounds the place, widened.
func Grow(place where.Region, d where.Metres) where.Region {
	c, ok := place.Centre()
	if !ok {
		return where.Unknown()
	}
	r, _ := place.Radius()
	if isDisc(place, c, r) {
		return where.Disc(c, r+d)
	}
	// The centre of a sector is in its middle, while its radius is told from the
	// observer; that of a union is the centre of what bounds it.
	u := where.UnionRegion(place, place)
	c, _ = u.Centre()
	r, _ = u.Radius()
	return where.Disc(c, r*1.01+d)
}
