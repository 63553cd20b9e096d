package reader

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/where/gazetteer"
)

var (
	attackNouns = wordList("attack attacks strike strikes airstrike airstrikes shelling bombardment bombardments bombing bombings blast explosion explosions raid barrage barrages sabotage destruction demolition incursion")
	launched    = wordList("launched launching unleashed carried staged mounted conducted delivered fired made out began started resumed reported announced")
)

// addIncident joins an incident to one that cannot be told from it: the same kind
// of object at the same place, or with no place told, on days that agree.
func (d *document) addIncident(out talks.Draft) string {
	for i := len(d.drafts) - 1; i >= 0; i-- { // the one told last goes before
		o := &d.drafts[i]
		if o.Kind != talks.Incident || !sameObject(o, &out) || !sameDate(o.Date, out.Date) && !near(o.Date, out.Date) {
			continue
		}
		o.Words = append(o.Words, out.Words...)
		if o.Place == "" {
			o.Place = out.Place
		}
		if o.Date == nil {
			o.Date = out.Date
		}
		for _, v := range out.Target {
			if !slices.Contains(o.Target, v) {
				o.Target = append(o.Target, v)
			}
		}
		for _, a := range out.ClaimedActor {
			if !slices.Contains(o.ClaimedActor, a) {
				o.ClaimedActor = append(o.ClaimedActor, a)
			}
		}
		return o.ID
	}
	d.drafts = append(d.drafts, out)
	return out.ID
}

// near: one date is a part of the other.
func near(a, b *talks.Date) bool {
	return a != nil && b != nil && (a.End == b.Value && a.End != "" || b.End == a.Value && b.End != "" || a.Value != "" && a.Value == b.Value)
}

// sameObject: one station, one depot; kinds that are many ("house", "power") are
// told apart by their place.
func sameObject(a, b *talks.Draft) bool {
	if len(a.Target) == 0 || len(b.Target) == 0 {
		return false
	}
	one := strings.HasPrefix(a.Target[0], "energy.gas") && strings.HasPrefix(b.Target[0], "energy.gas")
	if !one && !slices.Equal(a.Target, b.Target) {
		return false
	}
	if a.Place != "" && b.Place != "" {
		return samePlace(a.Place, b.Place) || one && sameArea(a.Place, b.Place)
	}
	return one
}

func samePlace(a, b string) bool {
	a, b = fold(a), fold(b)
	return a == b || len(a) > 5 && len(b) > 5 && a[:6] == b[:6]
}

// sameArea: a region may hold the other place.
func sameArea(a, b string) bool {
	in := func(p string) (out []string) {
		for _, m := range gazetteer.Builtin().Mentions(p) {
			out = append(out, m.In()...)
		}
		return out
	}
	areas := in(a)
	return slices.ContainsFunc(in(b), func(x string) bool { return slices.Contains(areas, x) })
}
