package evidence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Ground is something that bears on who did it. Weight is how far it counts, from
// 0 to 1, and 0 for what is listed and counts nothing: the word of a party about
// the other, a denial, who held the place.
type Ground struct {
	Kind   string  `json:"kind,omitempty"` // claim, denial, acknowledges, source, direction, held
	For    string  `json:"for,omitempty"`  // the actor that it points to; "" if to none
	Weight float64 `json:"weight"`
	Report string  `json:"report,omitempty"`
	Says   string  `json:"says"`
}

// Attributed is how far grounds support, and allow, that an actor did it.
type Attributed struct {
	Actor        string  `json:"actor"`
	Least        float64 `json:"least"` // 0..1 is "nothing is known"
	Most         float64 `json:"most"`
	Supported    float64 `json:"supported"`    // by grounds for it alone
	Contradicted float64 `json:"contradicted"` // by grounds for others
}

// Attribution is who may have done it. It is a set with grounds and intervals:
// nobody is ever named by it.
type Attribution struct {
	Actors  []Attributed // all that anybody names, sorted; others are never excluded
	Grounds []Ground
}

// Open reports whether it is open who did it: no actor, or more than one, is
// supported by anything that counts, or something supports another.
func (a Attribution) Open() bool {
	one := 0
	for _, x := range a.Actors {
		if x.Supported > 0 {
			one++
		}
	}
	return one != 1
}

// Weights of grounds. They are a convention, stated in docs/fusion.md, and the
// same for every party.
const (
	ownWord       = 0.8 // a party says that it did it itself
	oneHolder     = 0.5 // it came from where only one side stood
	byReliability = "A0.5 B0.4 C0.25"
)

// Holders says who may have held any part of a place in a span; nil if nothing
// is known.
type Holders func(place where.Region, at when.Span) []string

// attribution weighs who may have done it.
func attribution(rs []*Prepared, gs []Group, holders Holders) Attribution {
	var a Attribution
	for _, r := range rs {
		a.ofReport(r, gs, holders)
	}
	a.ofSources(rs, gs)
	slices.SortFunc(a.Grounds, func(x, y Ground) int {
		return strings.Compare(x.Kind+"\x00"+x.For+"\x00"+x.Report+"\x00"+x.Says, y.Kind+"\x00"+y.For+"\x00"+y.Report+"\x00"+y.Says)
	})
	a.Grounds = slices.Compact(a.Grounds)
	a.weigh()
	return a
}

func (a *Attribution) ofReport(r *Prepared, gs []Group, holders Holders) {
	in := r.Incident
	for _, c := range in.Claims {
		switch c.Kind {
		case Attributes:
			a.ground("claim", c.Of, 0, r, "%s says so of %s", c.By, c.Of)
		case Denies:
			a.ground("denial", "", 0, r, "%s denies", c.By)
		case Acknowledges:
			if c.Of == "" || c.Of == c.By {
				a.ground("acknowledges", c.By, ownWord, r, "%s says that it was itself", c.By)
			}
		}
	}
	if r.Denies {
		a.ground("denial", "", 0, r, "%s denies", nameOf(r))
		return
	}
	actors := actorsOf(r)
	if r.Party != "" && len(actors) == 1 {
		if actors[0] == r.Party {
			a.ground("acknowledges", r.Party, ownWord, r, "%s says that it was itself", r.Party)
		} else {
			a.ground("claim", actors[0], 0, r, "%s says so of %s", r.Party, actors[0])
		}
	}
	if holders == nil || r.Party != "" {
		return
	}
	for i := range in.Scenarios {
		s := &in.Scenarios[i]
		if !s.Origin.IsUnknown() {
			switch h := holders(s.Origin, s.Time); {
			case len(h) == 1:
				a.ground("direction", h[0], oneHolder, r, "it came from %s, which only %s held", s.Origin, h[0])
			case len(h) > 1:
				a.ground("direction", "", 0, r, "it came from %s, which several may have held: %s", s.Origin, strings.Join(h, "|"))
			default:
				a.ground("direction", "", 0, r, "it came from %s; it is not known who held that", s.Origin)
			}
		}
		if !s.Place.IsUnknown() {
			if h := holders(s.Place, s.Time); len(h) > 0 {
				a.ground("held", "", 0, r, "the place was held by %s, which says nothing of who did it", strings.Join(h, "|"))
			}
		}
	}
}

// ofSources counts what independent sources say, once for each group.
func (a *Attribution) ofSources(rs []*Prepared, gs []Group) {
	for _, g := range gs {
		if !g.Independent() || strings.HasPrefix(g.Origin, sensorPrefix) {
			continue
		}
		var actors []string
		var by *Prepared
		for _, r := range rs {
			if x := actorsOf(r); slices.Contains(g.Reports, r.ID()) && states(r) && !r.Relay.Relays() && len(x) > 0 {
				by = r
				for _, v := range x {
					actors = appendNew(actors, v)
				}
			}
		}
		if len(actors) != 1 {
			continue
		}
		a.ground("source", actors[0], sourceWeight(g.Reliability), by, "%s (%s) says so of %s", g.Origin, g.Reliability, actors[0])
	}
}

func sourceWeight(reliability string) float64 {
	for _, f := range strings.Fields(byReliability) {
		if f[:1] == reliability {
			var w float64
			fmt.Sscan(f[1:], &w)
			return w
		}
	}
	return 0
}

func (a *Attribution) ground(kind, actor string, weight float64, r *Prepared, format string, args ...any) {
	a.Grounds = append(a.Grounds, Ground{Kind: kind, For: actor, Weight: weight, Report: r.ID(), Says: fmt.Sprintf(format, args...)})
}

// weigh makes intervals of the grounds. Grounds for one actor strengthen each
// other; grounds for others weaken the least and lower the most, whoever it is:
// with s the support of an actor and t that of all others, it is
// s(1-t) .. 1-t(1-s).
func (a *Attribution) weigh() {
	left := map[string]float64{} // what grounds leave open, by actor
	for _, g := range a.Grounds {
		if g.For != "" {
			if _, ok := left[g.For]; !ok {
				left[g.For] = 1
			}
			left[g.For] *= 1 - g.Weight
		}
	}
	for actor, open := range left {
		others := 1.0
		for b, o := range left {
			if b != actor {
				others *= o
			}
		}
		s, t := 1-open, 1-others
		a.Actors = append(a.Actors, Attributed{Actor: actor, Least: s * (1 - t), Most: 1 - t*(1-s), Supported: s, Contradicted: t})
	}
	slices.SortFunc(a.Actors, func(x, y Attributed) int { return strings.Compare(x.Actor, y.Actor) })
}
