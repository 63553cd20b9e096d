package sqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/terms"
)

// drawn are texts made by seed, one for each model of geometry that matters.
var drawn = []struct {
	name, geometry string
	events         int
}{
	{"geodesic-wgs84", "{distance: wgs84, edges: geodesic, boundary: closed}", 800},
	{"planar-sphere", "{distance: sphere, edges: planar, boundary: closed}", 800},
	{"planar-wgs84-open", "{distance: wgs84, edges: planar, boundary: open}", 500},
	{"geodesic-sphere", "{distance: sphere, edges: geodesic, boundary: open}", 800},
}

// drawer writes a text.
type drawer struct{ *rand.Rand }

func (d drawer) pick(list ...string) string { return list[d.IntN(len(list))] }

func (d drawer) some(key string, one int, list ...string) string {
	if d.IntN(one) > 0 {
		return ""
	}
	return fmt.Sprintf(", %s: [%s, %s]", key, d.pick(list...), d.pick(list...))
}

// zones are an area with a hole and a dent, a belt along a line, the
// surroundings of sites, and what they make together.
func (d drawer) zones() string {
	x, y := 30+3*d.Float64(), 47+2*d.Float64()
	at := func(dx, dy float64) string { return fmt.Sprintf("[%.5f,%.5f]", x+dx, y+dy) }
	ring := func(p ...string) string { return "[" + strings.Join(append(p, p[0]), ",") + "]" }
	return fmt.Sprintf(`
  block: {zone: {geojson: {type: Polygon, coordinates: [%s, %s]}}}
  belt: {zone: {near: {line: [%s, %s, %s], within: 12 km}}}
  east bank: {zone: {near: {line: [%s, %s], within: 9 km, side: left}}}
  round sites: {zone: {near: {sites: sites, within: %d m}}}
  quiet: {zone: {subtract: [block, belt]}}
  outer: {zone: {not: block}}
`,
		ring(at(0, 0), at(3.3, 0.2), at(3.1, 2.4), at(1.4, 1.1), at(0.2, 2.6)), ring(at(0.7, 0.5), at(0.9, 0.9), at(1.2, 0.6)),
		at(-1, 3), at(1.5, 3.4), at(4, 2.9), at(5, 0), at(5.2, 3), 800+d.IntN(20_000))
}

func (d drawer) sites() string {
	s := "id,kind,name,lat,lon,owner,controller,claimed_by\n"
	for i := 0; i < 14; i++ {
		pos := fmt.Sprintf("%.5f,%.5f", 46+5*d.Float64(), 29+8*d.Float64())
		if i%5 == 4 {
			pos = ","
		}
		s += fmt.Sprintf("S%d,%s,site %d,%s,%s,,\n", i, d.pick("energy.oil.storage", "energy.power.substation", "infra.bridge"), i, pos, d.pick("A", "B", ""))
	}
	return s
}

func (d drawer) scope(owner bool) string {
	s := "{act: [" + d.pick("attack.strike", "attack.strike.drone", "attack", "movement") + ", " + d.pick("attack.ground", "overflight", "attack.strike.missile") + "]"
	s += d.some("outcome", 3, "impact", "debris", "intercepted")
	s += d.some("means", 4, "drone", "bomb", "missile")
	switch d.IntN(4) {
	case 0:
		s += ", target: [listed(sites), civilian]"
	case 1:
		s += ", target: [energy, infra]"
	}
	s += d.some("zone", 2, "block", "belt", "round sites", "quiet", "outer", "east bank")
	s += d.some("origin", 8, "block", "belt")
	if owner {
		s += d.pick("", "", ", owner: other-party", ", owner: [A]")
	}
	s += d.pick("", "", ", judges: intended", ", judges: either")
	switch d.IntN(6) {
	case 0:
		s += ", unclear: [{id: q1, question: \"What of dams?\", outcome: missed}]"
	case 1:
		s += ", unclear: [{id: q2, question: \"Also then?\"}]"
	}
	return s + "}"
}

// draw makes a text that can be resolved.
func draw(t *testing.T, seed uint64, geometry string) *terms.Terms {
	t.Helper()
	for try := uint64(0); try < 200; try++ {
		d := drawer{rand.New(rand.NewPCG(seed, try))}
		files := fstest.MapFS{"x.truce.md": {Data: []byte(d.text(geometry))}, "sites.csv": {Data: []byte(d.sites())}}
		tm, problems := terms.Parse(files, "x.truce.md")
		if tm == nil || len(problems.Errors()) > 0 {
			if try == 199 {
				t.Fatalf("no text could be made: %v\n%s", problems, files["x.truce.md"].Data)
			}
			continue
		}
		return tm
	}
	return nil
}

func (d drawer) text(geometry string) string {
	var s strings.Builder
	fmt.Fprintf(&s, `---
truce: 1
id: drawn
title: "It's a \\ \"drawn\" text; -- and \u2028 'quoted'"
time: {zone: Europe/Kyiv}
geometry: %s
parties: {A: {name: "L'État \\ Ä", aliases: ["République d'A"], actors: [A-1, A-2]}, B: {actors: ["b-air"]}}
others: {M: monitor}
annexes: {sites: {file: sites.csv}}
readings:
  - {id: one, start: "2025-03-18T21:00Z", end: {for: 30 days}, commitments: [{id: cA, party: A}, {id: cB, party: B, from: {between: ["2025-03-20T00:00Z", "2025-03-25T12:00Z"]}}]}
  - {id: two, start: {between: ["2025-03-18T00:00Z", "2025-03-19T21:00Z"]}, commitments: [{id: cA, party: A}, {id: cB, party: B, status: refused}]}
---

`+"```truce\ndefine:%s```\n", geometry, d.zones())
	block := func(format string, args ...any) { fmt.Fprintf(&s, "\n```truce\n"+format+"\n```\n", args...) }
	launch := d.pick("", "counts: launch\n")
	block("clause: \"1.1\"\n%sforbid:\n  - %s\n  - %s", launch, d.scope(true), d.scope(true))
	block("clause: \"1.2\"\nforbid: %s", d.scope(true))
	block("clause: \"2.1\"\nexcept: [\"1.1\", \"1.2\"]\npermit: %s", d.scope(false))
	block("clause: \"2.2\"\nreinstates: [\"1.1\"]\nagainst: [\"2.1\"]\nscope: %s", d.scope(false))
	block("clause: \"2.3\"\nreserve: {actor: B, act: attack}")
	return s.String()
}
