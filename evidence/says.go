package evidence

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/truce-project/truce/where"
)

// explain writes out the reasons of a match. It is done only for matches that
// somebody will see: a hundred pairs are compared for each that is shown.
func (m *Match) explain(a, b *Prepared) {
	if later(a, b) {
		a, b = b, a
	}
	for i := range m.Reasons {
		r := &m.Reasons[i]
		switch r.Fact {
		case "time":
			r.Says = m.timeWords(r.Word, a, b)
		case "place":
			r.Says = placeReason(r.Word, a, b)
		case "text", "picture":
			r.Says = m.textWords(r.Word, a, b)
		default:
			r.Says = kindWords(r.Fact+"."+r.Word, a, b)
		}
	}
}

func (m *Match) timeWords(word string, a, b *Prepared) string {
	gap, longest := hours(gapOf(a.at, b.at)), hours(max(length(a.at), length(b.at)))
	switch word {
	case "unknown":
		return "a time is not known"
	case "published":
		return "the time of one is taken from when it was published"
	case "tight":
		return "both within the same " + longest
	case "day":
		return "the times meet; the vaguer is " + longest + " long"
	case "vague":
		return "the times meet, but one is " + longest + " long"
	case "zone":
		return fmt.Sprintf("the times are %s apart and would meet if one clock were moved by %+d h: a wrong time zone?", gap, m.ShiftHours)
	case "apart":
		return gap + " apart, more than " + hours(maxGap)
	}
	return gap + " apart"
}

func placeReason(word string, a, b *Prepared) string {
	if word == "unknown" {
		return "a place is not known"
	}
	radius, far := where.Metres(max(a.radius, b.radius)).String(), where.Metres(math.Round(apart(a, b))).String()
	switch word {
	case "other-area":
		return "one lies outside of the areas that the other names"
	case "exact", "near":
		return "the places meet; the vaguer is ±" + radius
	case "area":
		return "the places meet, but one is an area of ±" + radius
	case "apart":
		return far + " apart, more than " + where.Metres(maxApart).String()
	}
	return far + " apart, beyond what both leave open"
}

func (m *Match) textWords(word string, a, b *Prepared) string {
	switch word {
	case "copy":
		return fmt.Sprintf("one text is a copy of the other, or holds it (%.0f%% in common)", 100*m.Copy)
	case "alike":
		return fmt.Sprintf("the texts share whole phrases (%.0f%% in common)", 100*m.Copy)
	case "numbers":
		n := shared(a.numbers, b.numbers)
		return fmt.Sprintf("both texts give the number %d", n[len(n)-1])
	case "other-numbers":
		return "no number of one text stands in the other"
	case "proper":
		return "both texts name " + strings.Join(common(a.Proper, b.Proper), ", ") + " (beginnings of names), of which one at least is seldom in the reports at hand"
	case "names":
		both := common(a.settlements, b.settlements)
		return "both texts name " + strings.Join(both[:min(3, len(both))], ", ")
	case "area-names":
		return fmt.Sprintf("both texts name, or name places in, %s", strings.Join(common(append(slices.Clone(a.Within), a.Names...), append(slices.Clone(b.Within), b.Names...)), ", "))
	case "other-names":
		return "the texts name other places"
	case "concepts":
		if both := common(a.Concepts, b.Concepts); len(both) > 0 {
			return "words of both mean " + set(both)
		}
		return fmt.Sprintf("their words can mean one thing: %s, %s", set(a.Concepts), set(b.Concepts))
	case "same": // of pictures
		d, _ := nearest(a.Pictures, b.Pictures)
		return fmt.Sprintf("they show one picture (%d of 64 bits differ)", d)
	}
	return "their words mean different things"
}

func kindWords(word string, a, b *Prepared) string {
	switch word {
	case "act.meets":
		return fmt.Sprintf("the acts can be one: %s, %s", set(a.act), set(b.act))
	case "act.differs":
		return fmt.Sprintf("the acts differ: %s, %s", set(a.act), set(b.act))
	case "target.meets":
		return fmt.Sprintf("the objects can be one: %s, %s", set(a.target), set(b.target))
	case "target.vague":
		return "the objects can be one, of many kinds"
	case "target.kin":
		return fmt.Sprintf("the objects are of one family: %s, %s", set(a.target), set(b.target))
	case "target.differs":
		return fmt.Sprintf("the objects differ: %s, %s", set(a.target), set(b.target))
	case "target.seldom":
		return "such an object is seldom in the reports at hand from there: on at most one day in twenty"
	case "target.often":
		return "such objects are often in the reports at hand from there: on one day in five and more"
	case "target.site":
		return "both name the object " + set(common(a.sites, b.sites))
	case "outcome.differs":
		return fmt.Sprintf("they end differently: %s, %s", set(a.outcome), set(b.outcome))
	case "list.apart":
		return "one list counts them as two"
	case "list.denial":
		return "one denies what is said to have happened there and then"
	}
	return "one speaks of several events, of which the other may be one"
}
