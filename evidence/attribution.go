package evidence

import (
	"cmp"
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
	Kind   string  `json:"kind,omitempty"` // claim, denial, acknowledges, source, direction, crossing, held, named
	For    string  `json:"for,omitempty"`  // the actor that it points to; "" if to none
	Weight float64 `json:"weight"`
	Report string  `json:"report,omitempty"`
	Says   string  `json:"says"`

	origin string // whose word it is: one origin counts once
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

// closedFrom is the support from which it is no longer called open who did it.
const closedFrom = 0.5

// Open reports whether it is open who did it: no actor, or more than one, is
// supported by anything that counts, or the one is supported by little.
func (a Attribution) Open() bool {
	one, most := 0, 0.0
	for _, x := range a.Actors {
		if x.Supported > 0 {
			one, most = one+1, x.Supported
		}
	}
	return one != 1 || most < closedFrom
}

// leans is the one actor to which all that counts points, though with little; "" if
// there is none.
func (a Attribution) leans() string {
	out, n := "", 0
	for _, x := range a.Actors {
		if x.Supported > 0 {
			out, n = x.Actor, n+1
		}
	}
	if n == 1 {
		return out
	}
	return ""
}

// Weights of grounds. They are a convention, stated in docs/fusion.md, and the
// same for every party.
const (
	ownWord       = 0.8  // a party says that it did it itself
	oneHolder     = 0.5  // it came from where only one side stood
	crossingOne   = 0.25 // bearings cross where only one side stood: if it all came from one place
	byReliability = "A0.5 B0.4 C0.25"
)

// Holders says who may have held any part of a place in a span; nil if nothing
// is known.
type Holders func(place where.Region, at when.Span) []string

// attribution weighs who may have done it.
func attribution(rs []*Prepared, gs []Group, holders Holders) Attribution {
	var a Attribution
	var from []direction
	for _, r := range rs {
		from = append(from, a.ofReport(r, rs, gs, holders)...)
	}
	a.crossing(from, holders)
	a.ofSources(rs, gs)
	a.ofNames(rs)
	slices.SortFunc(a.Grounds, func(x, y Ground) int {
		return strings.Compare(x.Kind+"\x00"+x.For+"\x00"+x.Report+"\x00"+x.Says, y.Kind+"\x00"+y.For+"\x00"+y.Report+"\x00"+y.Says)
	})
	a.once()
	a.weigh()
	return a
}

// once keeps what one origin says once, however many reports bring it: the first
// report stands for it. What an origin says in other words for the same actor is
// listed, and counts nothing more.
func (a *Attribution) once() {
	told, counted := map[[4]string]bool{}, map[[3]string]bool{}
	kept := a.Grounds[:0]
	for _, g := range a.Grounds {
		if k := [4]string{g.Kind, g.For, g.origin, g.Says}; told[k] {
			continue
		} else {
			told[k] = true
		}
		if k := [3]string{g.Kind, g.For, g.origin}; g.Weight > 0 && counted[k] {
			g.Weight, g.Says = 0, g.Says+"; this origin is counted already"
		} else if g.Weight > 0 {
			counted[k] = true
		}
		kept = append(kept, g)
	}
	a.Grounds = kept
}

// originOf is the origin on which a report of its own words rests.
func originOf(r *Prepared, gs []Group) (Group, bool) {
	for _, g := range gs {
		if slices.Contains(g.Reports, r.ID()) {
			return g, true
		}
	}
	return Group{}, false
}

// secondHand reports whether a report only passes on what others say: it cites
// them, or it is a copy of a report that does and is not whom that cites.
func secondHand(r *Prepared, rs []*Prepared) bool {
	if r.Relay.Relays() {
		return true
	}
	for _, k := range rs {
		if k != r && k.Relay.Relays() && !slices.Contains(k.Relay.Origins, r.Outlet) && r.sketch.Copied(k.sketch) {
			return true
		}
	}
	return false
}

func (a *Attribution) ofReport(r *Prepared, rs []*Prepared, gs []Group, holders Holders) (from []direction) {
	in := r.Incident
	for _, c := range in.Claims {
		switch c.Kind {
		case Attributes:
			a.ground("claim", c.Of, 0, r, partyPrefix+c.By, "%s says so of %s", c.By, c.Of)
		case Denies:
			a.ground("denial", "", 0, r, partyPrefix+c.By, "%s denies", c.By)
		case Acknowledges:
			if c.Of == "" || c.Of == c.By {
				a.ground("acknowledges", c.By, ownWord, r, partyPrefix+c.By, "%s says that it was itself", c.By)
			}
		}
	}
	if r.Denies {
		a.ground("denial", "", 0, r, nameOf(r), "%s denies", nameOf(r))
		return nil
	}
	actors := actorsOf(r)
	if r.Party != "" && len(actors) == 1 {
		if actors[0] == r.Party {
			a.ground("acknowledges", r.Party, ownWord, r, partyPrefix+r.Party, "%s says that it was itself", r.Party)
		} else {
			a.ground("claim", actors[0], 0, r, partyPrefix+r.Party, "%s says so of %s", r.Party, actors[0])
		}
	}
	// A direction that is only passed on, or copied from a party, is no ground.
	g, ok := originOf(r, gs)
	if holders == nil || !ok || g.Party != "" || secondHand(r, rs) {
		return nil
	}
	for i := range in.Scenarios {
		s := &in.Scenarios[i]
		if !s.Origin.IsUnknown() {
			h, shares := heldFrom([]where.Region{s.Origin}, s.Time, holders)
			from = append(from, direction{s.Origin, s.Time, r, g.Origin, h})
			switch {
			case len(h) == 1:
				a.ground("direction", h[0], oneHolder, r, g.Origin, "it came from %s, which only %s held", s.Origin, h[0])
			case len(h) > 1:
				a.ground("direction", "", 0, r, g.Origin, "it came from %s, which several may have held: %s%s", s.Origin, strings.Join(h, "|"), shares)
			default:
				a.ground("direction", "", 0, r, g.Origin, "it came from %s; it is not known who held that", s.Origin)
			}
		}
		if !s.Place.IsUnknown() {
			if h := holders(s.Place, s.Time); len(h) > 0 {
				a.ground("held", "", 0, r, g.Origin, "the place was held by %s, which says nothing of who did it", strings.Join(h, "|"))
			}
		}
	}
	return from
}

// ofSources counts what independent sources say, once for each group. Which of
// several copies is the original is not known, so that the least reliable of their
// outlets counts: a copy in a better paper makes nothing more reliable.
func (a *Attribution) ofSources(rs []*Prepared, gs []Group) {
	for _, g := range gs {
		if !g.Independent() || strings.HasPrefix(g.Origin, sensorPrefix) {
			continue
		}
		var actors []string
		var by *Prepared
		rated := map[string]string{} // by outlet
		for _, r := range rs {
			x := actorsOf(r)
			if len(x) == 0 || !states(r) || !slices.Contains(g.Reports, r.ID()) || secondHand(r, rs) {
				continue
			}
			by = r
			for _, v := range x {
				actors = appendNew(actors, v)
			}
			rated[r.Outlet] = max(rated[r.Outlet], letter(r.Incident.Reliability))
		}
		if len(actors) != 1 {
			continue
		}
		reliability := "A"
		for _, v := range rated {
			reliability = max(reliability, cmp.Or(v, "F"))
		}
		a.ground("source", actors[0], sourceWeight(reliability), by, g.Origin, "%s (%s) says so of %s", g.Origin, reliability, actors[0])
	}
}

// letter is the reliability of a rating, A to E; "" if it cannot be judged.
func letter(rating string) string {
	if v := strings.ToUpper(rating); v != "" && v[:1] >= "A" && v[:1] < "F" {
		return v[:1]
	}
	return ""
}

// ofNames lists actors that reports name where no other ground does: those of a
// source that tells it in several ways, or that passes on what others say. They
// count nothing.
func (a *Attribution) ofNames(rs []*Prepared) {
	listed := map[string]bool{}
	for _, g := range a.Grounds {
		listed[g.For] = true
	}
	for _, r := range rs {
		if !states(r) {
			continue
		}
		names := namedBy(r.Incident)
		for _, v := range names {
			switch {
			case listed[v]:
			case len(names) > 1:
				a.ground("named", v, 0, r, nameOf(r), "%s names %s as one of %s", nameOf(r), v, strings.Join(names, "|"))
			default:
				a.ground("named", v, 0, r, nameOf(r), "%s names %s", nameOf(r), v)
			}
		}
	}
}

// namedBy are all actors that any scenario of an incident names, sorted.
func namedBy(in *Incident) []string {
	var out []string
	for i := range in.Scenarios {
		for _, v := range in.Scenarios[i].Actor {
			out = appendNew(out, v)
		}
	}
	slices.Sort(out)
	return out
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

func (a *Attribution) ground(kind, actor string, weight float64, r *Prepared, origin, format string, args ...any) {
	a.Grounds = append(a.Grounds, Ground{Kind: kind, For: actor, Weight: weight, Report: r.ID(), Says: fmt.Sprintf(format, args...), origin: origin})
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
