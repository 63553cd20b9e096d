package evidence

import (
	"fmt"
	"math"
	"strings"

	"github.com/truce-project/truce/where"
)

// explain writes out the reasons of a match. It is done only for matches that
// somebody will see: millions of pairs are compared for each that is shown.
func (m *Match) explain(a, b *Prepared) {
	if before(b, a) < 0 {
		a, b = b, a
	}
	if a.timed && b.timed {
		m.says("time", timeWords(m, a, b))
	}
	if a.placed && b.placed {
		m.says("place", placeReasons(a, b))
	}
	m.says("act", map[string]string{
		"meets":   fmt.Sprintf("the acts can be one: %s, %s", set(a.act), set(b.act)),
		"differs": fmt.Sprintf("the acts differ: %s, %s", set(a.act), set(b.act)),
	})
	m.says("target", map[string]string{
		"meets":   fmt.Sprintf("the objects can be one: %s, %s", set(a.target), set(b.target)),
		"vague":   "the objects can be one, of many kinds",
		"kin":     fmt.Sprintf("the objects are of one family: %s, %s", set(a.target), set(b.target)),
		"differs": fmt.Sprintf("the objects differ: %s, %s", set(a.target), set(b.target)),
		"site":    "both name the object " + sharedSite(a.Incident, b.Incident),
	})
	m.says("outcome", map[string]string{"differs": fmt.Sprintf("they end differently: %s, %s", set(a.outcome), set(b.outcome))})
	m.says("text", textWords(m, a, b))
	if d, ok := nearest(a.Pictures, b.Pictures); ok {
		m.says("picture", map[string]string{"same": fmt.Sprintf("they show one picture (%d of 64 bits differ)", d)})
	}
	m.says("list", map[string]string{"apart": "one list counts them as two", "denial": "one denies what is said to have happened there and then"})
	m.says("count", map[string]string{"part": "one speaks of several events, of which the other may be one"})
	m.says("time", map[string]string{"unknown": "a time is not known"})
	m.says("place", map[string]string{"unknown": "a place is not known"})
}

func (m *Match) says(fact string, words map[string]string) {
	for i := range m.Reasons {
		if r := &m.Reasons[i]; r.Fact == fact && r.Says == "" {
			r.Says = words[r.Word]
		}
	}
}

func timeWords(m *Match, a, b *Prepared) map[string]string {
	gap, longest := gapOf(a.at, b.at), max(length(a.at), length(b.at))
	far := hours(gap) + " apart"
	return map[string]string{
		"published": "the time of one is taken from when it was published",
		"tight":     "both within the same " + hours(longest),
		"day":       fmt.Sprintf("the times meet; the vaguer is %s long", hours(longest)),
		"vague":     fmt.Sprintf("the times meet, but one is %s long", hours(longest)),
		"zone":      fmt.Sprintf("the times are %s and would meet if one clock were moved by %+d h: a wrong time zone?", far, m.ShiftHours),
		"near":      far, "half-day": far, "next-day": far,
		"apart": far + ", more than " + hours(maxGap),
	}
}

func placeReasons(a, b *Prepared) map[string]string {
	radius := where.Metres(max(a.radius, b.radius))
	far := where.Metres(math.Round(apart(a, b))).String() + " apart"
	meets := fmt.Sprintf("the places meet; the vaguer is ±%s", radius)
	return map[string]string{
		"other-area": "one lies outside of the areas that the other names",
		"exact":      meets, "near": meets,
		"area":   fmt.Sprintf("the places meet, but one is an area of ±%s", radius),
		"beside": far + ", beyond what both leave open",
		"off":    far + ", beyond what both leave open",
		"apart":  far + ", more than " + where.Metres(maxApart).String(),
	}
}

func textWords(m *Match, a, b *Prepared) map[string]string {
	out := map[string]string{
		"copy":           fmt.Sprintf("one text is a copy of the other, or holds it (%.0f%% in common)", 100*m.Copy),
		"alike":          fmt.Sprintf("the texts share whole phrases (%.0f%% in common)", 100*m.Copy),
		"other-numbers":  "no number of one text stands in the other",
		"concepts":       "words of both mean " + set(common(a.Concepts, b.Concepts)),
		"other-concepts": "their words mean different things",
		"other-names":    "the texts name other places",
	}
	if n := shared(a.numbers, b.numbers); len(n) > 0 {
		out["numbers"] = fmt.Sprintf("both texts give the number %d", n[len(n)-1])
	}
	if both := common(a.settlements, b.settlements); len(both) > 0 {
		out["names"] = "both texts name " + strings.Join(both[:min(3, len(both))], ", ")
	}
	if both := common(a.Names, b.Names); len(both) > 0 {
		out["area-names"] = fmt.Sprintf("both texts name %s, an area", both[0])
	}
	return out
}
