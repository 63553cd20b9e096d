package twin

import (
	"fmt"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

const vocabulary = `vocabulary tiny@1
act a.{x,y}
act b
outcome hit
outcome shot
means m
target t.{u,v}
target w
`

// The trees: every node with its leaves.
var (
	Acts     = map[string][]string{"a": {"a.x", "a.y"}, "a.x": {"a.x"}, "a.y": {"a.y"}, "b": {"b"}}
	Outcomes = map[string][]string{"hit": {"hit"}, "shot": {"shot"}}
	Targets  = map[string][]string{"t": {"t.u", "t.v"}, "t.u": {"t.u"}, "t.v": {"t.v"}, "w": {"w"}}
	Actors   = map[string][]string{"P": {"P"}, "Q": {"Q.1", "Q.2"}, "Q.1": {"Q.1"}, "Q.2": {"Q.2"}, "Z": {"Z"}}
)

// Points lie in every combination of the zones, two overlapping squares.
var (
	zones  = map[string][4]float64{"east": {30, 40, 50, 52}, "south": {20, 35, 48, 51}}
	Points = []where.Point{{Lat: 50.5, Lon: 32}, {Lat: 51.5, Lon: 38}, {Lat: 49, Lon: 25}, {Lat: 10, Lon: 10}}
)

func inTiny(zone string, p where.Point) bool {
	z := zones[zone]
	return z[0] < p.Lon && p.Lon < z[1] && z[2] < p.Lat && p.Lat < z[3]
}

type scope struct {
	act, outcome, target, actor, zone []string // nil: any
	owner                             string   // "", "other-party", or a party
	openTarget, openOutcome           []string // under question q1, q2
	aim                               string
}

type clause struct {
	id           string
	kind         string
	bound        []string
	scopes       []scope
	except       []string
	against      []string
	from, until  int // hours; -1: none
	launch       bool
	wholeUnclear bool // under question q3
}

// Text is a random text: a few clauses, dates and commitments.
type Text struct {
	start, end [2]int // ranges of hours; equal: certain
	commits    []commit
	clauses    []clause
}

type commit struct {
	party    string
	from     [2]int // hours; {-1,-1}: none
	refused  bool
	condOpen bool
}

func hour(h int) when.Instant { return when.Instant(int64(h) * 3600_000) }

func stamp(h int) string { return hour(h).RFC3339() }

func moment(r [2]int) string {
	if r[0] == r[1] {
		return `"` + stamp(r[0]) + `"`
	}
	return fmt.Sprintf(`{between: ["%s", "%s"]}`, stamp(r[0]), stamp(r[1]))
}

// Markdown prints the text.
func (b *Text) Markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "---\ntruce: 1\nid: tiny\nvocabulary: tiny.txt\ntime: {zone: UTC, start: %s, end: %s}\n", moment(b.start), moment(b.end))
	s.WriteString("parties: {P: {}, Q: {actors: [Q.1, Q.2]}}\nothers: {Z: monitor}\ncommitments:\n")
	for _, c := range b.commits {
		fmt.Fprintf(&s, "  - {id: c%s, party: %s", c.party, c.party)
		if c.from[0] >= 0 {
			s.WriteString(", from: " + moment(c.from))
		}
		if c.refused {
			s.WriteString(", status: refused")
		}
		if c.condOpen {
			s.WriteString(", if: something happens, met: unknown")
		}
		s.WriteString("}\n")
	}
	s.WriteString("---\n\n```truce\ndefine:\n")
	for _, n := range []string{"east", "south"} {
		z := zones[n]
		fmt.Fprintf(&s, "  %s: {zone: {geojson: {type: Polygon, coordinates: [[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]]}}}\n", n, z[0], z[2], z[1], z[2], z[1], z[3], z[0], z[3], z[0], z[2])
	}
	s.WriteString("```\n")
	for _, c := range b.clauses {
		s.WriteString("\n```truce\n" + c.markdown() + "```\n")
	}
	return s.String()
}

func (c *clause) markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "clause: %q\n", c.id)
	if len(c.except) > 0 && c.kind == "permit" {
		fmt.Fprintf(&s, "except: [%s]\n", strings.Join(c.except, ", "))
	}
	key := c.kind
	if c.kind == "reinstates" {
		fmt.Fprintf(&s, "reinstates: [%s]\nagainst: [%s]\n", strings.Join(c.except, ", "), strings.Join(c.against, ", "))
		key = "scope"
	}
	if c.from >= 0 {
		fmt.Fprintf(&s, "from: %q\n", stamp(c.from))
	}
	if c.until >= 0 {
		fmt.Fprintf(&s, "until: %q\n", stamp(c.until))
	}
	if c.launch {
		s.WriteString("counts: launch\n")
	}
	s.WriteString(key + ":\n")
	for i, sc := range c.scopes {
		s.WriteString("  - {")
		var parts []string
		if i == 0 && len(c.bound) > 0 {
			parts = append(parts, "bound: ["+strings.Join(c.bound, ", ")+"]")
		}
		for _, d := range []struct {
			n string
			v []string
		}{{"act", sc.act}, {"outcome", sc.outcome}, {"target", sc.target}, {"actor", sc.actor}, {"zone", sc.zone}} {
			if d.v != nil {
				parts = append(parts, d.n+": ["+strings.Join(d.v, ", ")+"]")
			}
		}
		if sc.owner != "" {
			parts = append(parts, "owner: "+sc.owner)
		}
		if sc.aim != "" {
			parts = append(parts, "judges: "+sc.aim)
		}
		var open []string
		if sc.openTarget != nil {
			open = append(open, "{id: q1, question: q, target: ["+strings.Join(sc.openTarget, ", ")+"]}")
		}
		if sc.openOutcome != nil {
			open = append(open, "{id: q2, question: q, outcome: ["+strings.Join(sc.openOutcome, ", ")+"]}")
		}
		if c.wholeUnclear {
			open = append(open, "{id: q3, question: q}")
		}
		if open != nil {
			parts = append(parts, "unclear: ["+strings.Join(open, ", ")+"]")
		}
		if len(parts) == 0 {
			parts = append(parts, "act: [a, b]")
		}
		s.WriteString(strings.Join(parts, ", ") + "}\n")
	}
	return s.String()
}
