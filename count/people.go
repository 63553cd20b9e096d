package count

import (
	"github.com/truce-project/truce/evidence"
)

// confirmedBy is the level from which a harm to people is confirmed: a second
// source that does not depend on the first. Names of sources cannot tell that, since
// one may repeat another; whoever sets the level can.
const confirmedBy = evidence.Corroborated

const asReported = "as reported, not confirmed by a second independent source"

// people adds up persons: those of records that are corroborated. What is only
// reported or claimed is shown beside it and never added to it.
func people(of func(*Record) evidence.Number) func(*tally) {
	return func(t *tally) {
		t.part(asReported)
		t.each(func(m *member) {
			n := of(m.Record)
			if !n.Known {
				t.leave("gives no number of persons", m.Record)
				return
			}
			a := amount{n.Min, n.Max, n.Max < 0, n.About}
			if a.open {
				a.high = a.low
			}
			if m.Level < confirmedBy {
				t.add(m, yes, a, map[string]truth{asReported: yes})
				t.leave(asReported+": shown, not added up", m.Record) // it cannot count as it stands
				return
			}
			t.add(m, yes, a, nil)
		})
	}
}

// weapons are kinds of weapon that agreements on withdrawal speak of.
var weapons = []class{
	{"guns and howitzers", []alternative{{[]string{"deploy"}, []string{"artillery.gun"}}}},
	{"mortars", []alternative{{[]string{"deploy"}, []string{"artillery.mortar"}}}},
	{"multiple rocket launchers", []alternative{{[]string{"deploy"}, []string{"artillery.mlrs"}}}},
	{"anti-tank guided missiles", []alternative{{[]string{"deploy"}, []string{"artillery.atgm"}}}},
	{"tanks", []alternative{{[]string{"deploy"}, []string{"tank"}}}},
	{"air defence systems", []alternative{{[]string{"deploy"}, []string{"missile.air-defence"}}}},
}

func peopleRules() []*Rule {
	says := ", of records that are corroborated by a second independent source; what is only reported or claimed is shown and not added up."
	source := "practice of the OSCE Special Monitoring Mission to Ukraine: a casualty is counted once two independent sources confirm it"
	return []*Rule{
		{Name: "smm-killed", Version: 1, Unit: "person killed", Says: "Persons killed" + says, Source: source,
			Blind: []string{"who was killed where nobody reported it"}, Listed: []string{asReported},
			count: people(func(r *Record) evidence.Number { return r.Killed })},
		{Name: "smm-injured", Version: 1, Unit: "person injured", Says: "Persons injured" + says, Source: source,
			Blind: []string{"who was injured where nobody reported it"}, Listed: []string{asReported},
			count: people(func(r *Record) evidence.Number { return r.Injured })},
		{Name: "smm-weapons", Version: 1, Unit: "weapon seen",
			Says:   "Each piece that a record of deployed weapons speaks of is one. Whether it may be there follows from a text, and not from this number.",
			Source: "OSCE Special Monitoring Mission to Ukraine, daily reports, table of weapons",
			Blind:  []string{"what is hidden, under cover or in store"}, count: classes(weapons...)},
	}
}
