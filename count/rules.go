package count

import (
	"cmp"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
)

// rules are the rules seen in use. Sources are named as they were published;
// what a rule's author did by hand and no record can say is in Blind.
func rules() []*Rule {
	return append(peopleRules(), []*Rule{
		{Name: "incident", Version: 1, Unit: "incident", Source: "truce",
			Says:  "Each record is one, however many events it speaks of.",
			count: func(t *tally) { t.each(func(m *member) { t.add(m, yes, single, nil) }) }},
		{Name: "smm-2016+", Version: 1, Unit: "observation: an explosion, burst, shot, projectile, muzzle flash, flare or airburst",
			Says:   "Each observation of the table of ceasefire violations is one; live-fire exercises are counted and shown; controlled detonations are shown and not counted; what several positions observed counts once.",
			Source: "OSCE Special Monitoring Mission to Ukraine, daily reports 2016 to 2022, annex table",
			Blind:  []string{"what no patrol or camera observed", "how many rounds a burst had"}, Listed: []string{training, controlled},
			count: (*tally).smm},
		{Name: "osce-coder-2015", Version: 1, Unit: "place and day with fire",
			Says:   "A place counts once a day; where artillery and small arms were observed it counts as artillery; what has no place is left out.",
			Source: "coding of the SMM's summary tables of 2015 (Armed Politics, 2016)",
			Blind:  []string{"what has no place", "the coder took incoming fire for fire by the other side: no author is taken from a direction here"},
			count:  (*tally).coder},
		{Name: "jfo-incident", Version: 1, Unit: "shelling incident",
			Says:   "Thirty or more discharges at one place are one incident; a new one begins after more than an hour of silence; flares are listed and not counted; one date and place listed twice counts once.",
			Source: "methodology published by InformNapalm for the Joint Forces Operation",
			Blind:  []string{"fewer than thirty discharges", "what has no place or no time"}, Listed: []string{"flare"},
			count: (*tally).jfo},
		{Name: "ua-gs-2025", Version: 1, Unit: "assault, shelling, FPV use or air strike",
			Says:   "The sum of assaults, shellings (of which by heavy weapons), uses of FPV drones and air strikes.",
			Source: "statements of the General Staff of Ukraine on the truces of April and May 2025",
			Blind:  []string{"long-range drones and missiles"}, Listed: []string{"of which by heavy weapons"},
			count: classes(ua...)},
		{Name: "ru-mod-2025", Version: 1, Unit: "fire, drone strike, assault attempt, incursion or fixed-wing drone",
			Says:   "The sum of artillery, tank and mortar fire, multiple rocket launchers, drone strikes and drops, assault attempts, border incursions and fixed-wing drones.",
			Source: "statements of the Ministry of Defence of the Russian Federation, April and May 2025",
			Blind:  []string{"missiles and air strikes"},
			count:  classes(ru...)},
		{Name: "unifil-traj", Version: 1, Unit: "trajectory",
			Says:   "Each trajectory that a radar saw is one; one may be of several projectiles.",
			Source: "reports of the Secretary-General on resolution 1701 (S/2024/222)",
			Blind:  []string{"tanks, anti-tank missiles, fire from the air and small arms: radar does not see them", "several projectiles on one trajectory"},
			count:  (*tally).trajectories},
		{Name: "unifil-violations", Version: 1, Unit: "air or ground violation",
			Says:   "Air violations and ground violations, each record one.",
			Source: "UNIFIL statements, November 2025",
			count:  eachOnce(unifil...)},
		{Name: "gaza-gmo", Version: 1, Unit: "incident by class",
			Says:   "Each record is one, of direct fire, incursion, bombardment or demolition.",
			Source: "statements of the Gaza government media office, November 2025 (whose published parts did not add up to the published total)",
			count:  eachOnce(gaza...)},
		{Name: "nuba-jmc", Version: 1, Unit: "allegation found to be so",
			Says:   "Allegations, those looked into, and those found to be so; the number is of the last.",
			Source: "Joint Military Commission, Nuba Mountains, 2002 to 2005",
			Listed: []string{"alleged", "looked into"},
			count:  (*tally).inquiries},
	}...)
}

var (
	heavy = []string{"artillery.gun.100mm-and-over", "artillery.mortar.over-120mm", "artillery.mlrs"}

	assaults = class{"assaults", []alternative{{act: []string{"attack.ground.assault", "movement.advance"}}}}
	ua       = []class{
		assaults,
		{"shellings", []alternative{{act: []string{"attack.strike.artillery"}}}},
		{"of which by heavy weapons", []alternative{{[]string{"attack.strike.artillery"}, heavy}}},
		{"uses of FPV drones", []alternative{{[]string{"attack.strike.drone"}, []string{"drone.fpv"}}}},
		{"air strikes", []alternative{{act: []string{"attack.strike.air"}}}},
	}
	ru = []class{
		{"artillery, tank and mortar fire", []alternative{{[]string{"attack.strike.artillery"}, []string{"artillery.gun", "artillery.mortar", "tank"}}}},
		{"multiple rocket launchers", []alternative{{[]string{"attack.strike.artillery"}, []string{"artillery.mlrs"}}}},
		{"drone strikes and drops", []alternative{{[]string{"attack.strike.drone"}, []string{"drone.fpv", "drone.bomber", "drone.other"}}}},
		{"assault attempts", assaults.any},
		{"border incursions", []alternative{{act: []string{"attack.ground.raid"}}}},
		{"fixed-wing drones", []alternative{{[]string{"attack.strike.drone", "airdefence.intercept"}, []string{"drone.one-way"}}}},
	}
	unifil = []class{
		{"air violations", []alternative{{act: []string{"overflight", "attack.strike.air", "attack.strike.drone", "attack.strike.missile"}}}},
		{"ground violations", []alternative{{act: []string{"attack.ground", "attack.strike.artillery", "attack.strike.naval", "attack.sabotage", "attack.mine", "movement.advance", "deploy", "fortify"}}}},
	}
	gaza = []class{
		{"direct fire", []alternative{{act: []string{"attack.ground.small-arms"}}}},
		{"incursions", []alternative{{act: []string{"attack.ground.assault", "attack.ground.raid", "movement.advance"}}}},
		{"bombardments", []alternative{{act: []string{"attack.strike"}}}},
		{"demolitions", []alternative{{act: []string{"attack.sabotage.demolition"}}}},
	}
)

func (t *tally) each(f func(*member)) {
	for i := range t.in {
		f(&t.in[i])
	}
}

// classes sums what records of some classes speak of.
func classes(cs ...class) func(*tally) {
	return func(t *tally) { t.sum(cs, amountOf) }
}

// eachOnce counts records of some classes.
func eachOnce(cs ...class) func(*tally) {
	return func(t *tally) { t.sum(cs, func(*Record) amount { return single }) }
}

func (t *tally) sum(cs []class, of func(*Record) amount) {
	for i := range cs {
		t.part(cs[i].name)
	}
	t.each(func(m *member) {
		any, each := t.classed(m, cs)
		if any == no {
			t.leave("not of a kind that the rule counts", m.Record)
			return
		}
		t.add(m, any, of(m.Record), each)
	})
}

// classed says of which classes a record is, and whether it is of any that is not
// only listed: yes and no hold for all its possible acts.
func (t *tally) classed(m *member, cs []class) (any truth, each map[string]truth) {
	each = map[string]truth{}
	first := true
	note := func(was, is truth) truth {
		if first || was == is {
			return is
		}
		return open
	}
	pairs(m.Incident, func(act, means string) {
		one := no
		for i := range cs {
			is := cs[i].has(act, means)
			each[cs[i].name] = note(each[cs[i].name], is)
			if !slices.Contains(t.Rule.Listed, cs[i].name) {
				one = or(one, is)
			}
		}
		any = note(any, one)
		first = false
	})
	return any, each
}

// pairs calls f with every possible act and means; "" is not known.
func pairs(in *evidence.Incident, f func(act, means string)) {
	for i := range in.Scenarios {
		s := &in.Scenarios[i]
		for _, a := range orUnknown(s.Act) {
			for _, m := range orUnknown(s.Means) {
				f(a, m)
			}
		}
	}
}

func orUnknown(set []string) []string {
	if len(set) == 0 {
		return []string{""}
	}
	return set
}

const (
	training   = "of which assessed as live-fire exercises"
	controlled = "controlled detonations"
)

func (t *tally) smm() {
	for _, k := range append(slices.Clone(evidence.Observed), training, controlled) {
		t.part(k)
	}
	taken := map[string]bool{}
	t.each(func(m *member) {
		o := m.Seen
		switch {
		case o == nil || !slices.Contains(evidence.Observed, o.Kind):
			t.leave("no observation: this rule counts what observers saw, heard or recorded", m.Record)
			return
		case o.Same != "" && taken[o.Same]:
			t.leave("observed from several positions, and counted once", m.Record)
			return
		}
		a := amountOf(m.Record)
		if o.Same != "" {
			taken[o.Same] = true
			a = t.hull(o.Same)
		}
		parts := map[string]truth{o.Kind: yes}
		switch exercise := strings.ToLower(o.Exercise); {
		case strings.Contains(exercise, "detonation") || strings.Contains(exercise, "demining"):
			parts = map[string]truth{controlled: yes}
		case exercise != "":
			parts[training] = yes
		}
		t.add(m, yes, a, parts)
	})
}

// hull is the amount of an event that several positions observed.
func (t *tally) hull(same string) amount {
	var out amount
	first := true
	t.each(func(m *member) {
		if m.Seen == nil || m.Seen.Same != same {
			return
		}
		a := amountOf(m.Record)
		if first {
			out, first = a, false
			return
		}
		out = amount{min(out.low, a.low), max(out.high, a.high), out.open || a.open, out.about || a.about}
	})
	return out
}

func (t *tally) trajectories() {
	t.each(func(m *member) {
		if m.Seen == nil || m.Seen.Sense != "radar" {
			t.leave("not seen by radar", m.Record)
			return
		}
		t.add(m, yes, amountOf(m.Record), nil)
	})
}

func (t *tally) inquiries() {
	for _, name := range []string{"alleged", "looked into", "found to be so"} {
		t.part(name)
	}
	t.each(func(m *member) {
		once := single
		parts := map[string]truth{"alleged": yes}
		switch m.Inquiry {
		case Substantiated:
			parts["looked into"], parts["found to be so"] = yes, yes
		case NotSubstantiated:
			parts["looked into"] = yes
		}
		t.add(m, yes, once, parts)
	})
}

// placeOf is a place by which records are taken together; "" is not known.
func placeOf(in *evidence.Incident) string {
	name := ""
	for i := range in.Scenarios {
		s := &in.Scenarios[i]
		n := strings.ToLower(strings.Join(strings.Fields(s.PlaceName), " "))
		if p, ok := s.Place.Centre(); n == "" && ok {
			n = point(p)
		}
		if n == "" || i > 0 && n != name {
			return ""
		}
		name = n
	}
	return name
}

func compareStrings(a, b string) int { return strings.Compare(a, b) }

func compareMembers(a, b *member) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), cmp.Compare(a.ID, b.ID))
}
