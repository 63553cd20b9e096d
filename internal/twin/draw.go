package twin

import (
	"fmt"

	"pgregory.net/rapid"
)

// Horizon is the hour, after 1970, by which every text has ended.
const Horizon = 12

func drawSome(t *rapid.T, label string, names ...string) []string {
	if rapid.IntRange(0, 3).Draw(t, label+" any") == 0 {
		return nil
	}
	n := rapid.IntRange(1, 2).Draw(t, label+" n")
	out := []string{}
	for i := 0; i < n; i++ {
		out = append(out, rapid.SampledFrom(names).Draw(t, label))
	}
	return out
}

func drawRange(t *rapid.T, label string, lo, hi int) [2]int {
	a := rapid.IntRange(lo, hi).Draw(t, label)
	b := a
	if rapid.IntRange(0, 2).Draw(t, label+" open") == 0 {
		b = rapid.IntRange(a, hi).Draw(t, label+" latest")
	}
	return [2]int{a, b}
}

func drawScope(t *rapid.T) scope {
	s := scope{
		act: drawSome(t, "act", "a", "a.x", "b"), outcome: drawSome(t, "outcome", "hit", "shot"),
		target: drawSome(t, "target", "t", "t.u", "w"), zone: drawSome(t, "zone", "east", "south"),
	}
	if rapid.IntRange(0, 4).Draw(t, "with actor") == 0 {
		s.actor = []string{rapid.SampledFrom([]string{"P", "Q", "Q.1"}).Draw(t, "actor")}
	}
	s.owner = rapid.SampledFrom([]string{"", "", "", "other-party", "P"}).Draw(t, "owner")
	s.aim = rapid.SampledFrom([]string{"", "", "intended", "either"}).Draw(t, "aim")
	if rapid.IntRange(0, 3).Draw(t, "open target") == 0 {
		s.openTarget = []string{rapid.SampledFrom([]string{"t.v", "w"}).Draw(t, "q1")}
	}
	if rapid.IntRange(0, 3).Draw(t, "open outcome") == 0 {
		s.openOutcome = []string{"shot"}
	}
	return s
}

func drawClause(t *rapid.T, id, kind string) clause {
	c := clause{id: id, kind: kind, from: -1, until: -1}
	for i := rapid.IntRange(1, 2).Draw(t, "scopes"); i > 0; i-- {
		c.scopes = append(c.scopes, drawScope(t))
	}
	if rapid.IntRange(0, 4).Draw(t, "dates") == 0 {
		c.from = rapid.IntRange(0, 6).Draw(t, "from")
		c.until = rapid.IntRange(c.from+1, Horizon).Draw(t, "until")
	}
	c.wholeUnclear = rapid.IntRange(0, 7).Draw(t, "unclear") == 0
	return c
}

// DrawText draws a text.
func DrawText(t *rapid.T) *Text {
	b := &Text{start: drawRange(t, "start", 0, 5)}
	b.end = drawRange(t, "end", b.start[1]+1, Horizon)
	for _, p := range []string{"P", "Q"} {
		k := commit{party: p, from: [2]int{-1, -1}}
		if rapid.Bool().Draw(t, "commit from") {
			k.from = drawRange(t, "commit", 0, 8)
		}
		k.refused = rapid.IntRange(0, 5).Draw(t, "refused") == 0
		k.condOpen = rapid.IntRange(0, 5).Draw(t, "condition") == 0
		b.commits = append(b.commits, k)
	}
	n := rapid.IntRange(1, 2).Draw(t, "forbids")
	var ids []string
	for i := 0; i < n; i++ {
		c := drawClause(t, fmt.Sprintf("1.%d", i+1), "forbid")
		if rapid.IntRange(0, 3).Draw(t, "one bound") == 0 {
			c.bound = []string{rapid.SampledFrom([]string{"P", "Q"}).Draw(t, "bound")}
		}
		c.launch = rapid.IntRange(0, 4).Draw(t, "launch") == 0
		ids = append(ids, c.id)
		b.clauses = append(b.clauses, c)
	}
	if rapid.Bool().Draw(t, "with exception") {
		e := drawClause(t, "2.1", "permit")
		e.except = ids // all of them, so that nothing clashes
		b.clauses = append(b.clauses, e)
		if rapid.Bool().Draw(t, "with reinstating") {
			r := drawClause(t, "2.2", "reinstates")
			r.except, r.against = ids[:1], []string{"2.1"}
			b.clauses = append(b.clauses, r)
		}
	}
	return b
}

// DrawFacts draws the facts of a scenario.
func DrawFacts(t *rapid.T) Facts {
	s := Facts{
		Acts: drawSome(t, "fact act", "a", "a.x", "a.y", "b"), Outcomes: drawSome(t, "fact outcome", "hit", "shot"),
		Targets: drawSome(t, "fact target", "t", "t.u", "t.v", "w"), Aimed: drawSome(t, "fact aimed", "t.u", "t.v", "w"),
		Actors: drawSome(t, "fact actor", "P", "Q", "Q.1", "Z"), Owners: drawSome(t, "fact owner", "P", "Q.2", "Z"),
		From: -1, Until: -1, LaunchFrom: 0, LaunchUntil: 0,
	}
	s.Points = rapid.SliceOfNDistinct(rapid.IntRange(0, len(Points)-1), 1, 2, rapid.ID[int]).Draw(t, "points")
	s.From = rapid.IntRange(0, Horizon).Draw(t, "fact from")
	s.Until = s.From
	if rapid.Bool().Draw(t, "fact span") {
		s.Until = rapid.IntRange(s.From, Horizon+1).Draw(t, "fact until")
		s.Lasting = s.Until > s.From && rapid.IntRange(0, 3).Draw(t, "lasting") == 0
	}
	s.LaunchFrom = rapid.IntRange(0, s.From).Draw(t, "launch from")
	s.LaunchUntil = rapid.IntRange(s.LaunchFrom, s.From).Draw(t, "launch until")
	return s
}
