package lint

import (
	"strings"
	"time"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
)

// sentence says an act in words: what matters to the reading, and what is
// unusual about it.
func (l *linter) sentence(v *view, sc evidence.Scenario) string {
	one := func(list []string) string {
		if len(list) == 1 && list[0] != "none" {
			return list[0]
		}
		return ""
	}
	s := "an act"
	if a := one(sc.Act); a != "" {
		s = compare.Noun(a)
	}
	if a := one(sc.Actor); a == terms.Outsider {
		s += " by a force that the text does not name"
	} else if a != "" {
		s += " by " + a
	}
	target := one(sc.Target)
	if len(sc.Target) == 1 {
		target = sc.Target[0]
	}
	shown := target != "" && target != "none" && (v.asks["target"] || v.asks["owner"] || v.asks["controller"])
	if shown {
		s += " on " + compare.Noun(target)
	}
	if site := one(sc.Site); site != "" && site != compare.NotListed {
		s += " at " + site
	}
	if o := one(sc.Owner); o != "" && target != "none" && (v.asks["owner"] || o == l.party(one(sc.Actor))) {
		of := " of "
		if !shown {
			of = " on what is "
		}
		s += of + named(o, l.party(one(sc.Actor)))
	}
	var more []string
	if o := one(sc.Outcome); o != "" && (v.asks["outcome"] || o != "impact") {
		more = append(more, outcome(o))
	}
	if a := one(sc.Intended); a != "" && a != target && (v.asks["intended_target"] || one(sc.Outcome) == "incidental") {
		more = append(more, "aimed at "+compare.Noun(a))
	}
	if m := one(sc.Means); m != "" && v.asks["means"] {
		more = append(more, "with "+vocab.Words(m))
	}
	if c := one(sc.Controller); c != "" && (v.asks["controller"] || c == one(sc.Owner) && c == l.party(one(sc.Actor))) {
		more = append(more, "in a place that it holds itself")
		if c != l.party(one(sc.Actor)) {
			more[len(more)-1] = "in a place that " + named(c, "") + " holds"
		}
	}
	if len(more) > 0 {
		s += " (" + strings.Join(more, ", ") + ")"
	}
	if p, ok := sc.Place.Centre(); ok && v.asks["zone"] && (len(sc.Site) == 0 || sc.Site[0] == compare.NotListed) {
		s += " at " + p.String()
	}
	zone := l.t.Clock.Zone
	if zone == nil {
		zone = time.UTC
	}
	if sc.Time.IsMoment() && sc.Time.Start.Bounded() && sc.Time.Start != 0 {
		s += ", " + compare.InstantWords(sc.Time.Start, zone) + " (" + zone.String() + ")"
	}
	if sc.Launch.IsMoment() && sc.Launch.Start.Bounded() && sc.Launch.Start != sc.Time.Start && sc.Launch.Start != 0 {
		s += ", launched " + compare.InstantWords(sc.Launch.Start, zone)
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func outcome(o string) string {
	switch o {
	case "launched":
		return "launched, and no more is known"
	case "impact":
		return "it hits"
	case "debris":
		return "damage by debris"
	case "incidental":
		return "incidental damage"
	case "intercepted":
		return "shot down on its way"
	case "missed":
		return "it misses"
	}
	return vocab.Words(o)
}

func named(owner, self string) string {
	switch owner {
	case terms.Outsider:
		return "somebody whom the text does not name"
	case self:
		return "its own"
	}
	return owner
}

// party is the party for which an actor acts.
func (l *linter) party(actor string) string {
	s, ok := l.t.Actor(actor)
	if !ok {
		return ""
	}
	if ps := l.t.PartiesOf(s); len(ps) > 0 {
		return string(ps[0])
	}
	return ""
}
