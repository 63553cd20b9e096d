// Package twin is for tests: a slow, obvious evaluator of random texts. It
// enumerates possible acts one by one from an abstract description of a text,
// which is printed, parsed and judged by the real one. The two share no code
// but the parser of instants.
package twin

import (
	"fmt"
	"sort"
	"strings"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
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

// Act is one possible act, fully known.
type Act struct {
	Act, Outcome, Target, Aimed, Actor, Owner string
	Place                                     where.Point
	At, Launch                                when.Instant
}

// world answers every open question.
type world struct {
	q1, q2, q3     bool
	startLate      bool
	endLate        bool
	fromLate, cond map[string]bool
}

func leafIn(tree map[string][]string, names []string, leaf string) bool {
	for _, n := range names {
		for _, l := range tree[n] {
			if l == leaf {
				return true
			}
		}
	}
	return false
}

func partyOf(actor string) string {
	switch actor {
	case "P":
		return "P"
	case "Q.1", "Q.2":
		return "Q"
	}
	return ""
}

func (c *clause) boundParties() []string {
	if len(c.bound) > 0 {
		return c.bound
	}
	return []string{"P", "Q"}
}

func (c *clause) matches(a Act, w world) bool {
	if c.wholeUnclear && !w.q3 {
		return false
	}
	for _, s := range c.scopes {
		if s.matches(c, a, w) {
			return true
		}
	}
	return false
}

func (s *scope) matches(c *clause, a Act, w world) bool {
	target := func(leaf string) bool {
		if s.target == nil {
			return !leafIn(Targets, s.openTarget, leaf) || w.q1
		}
		return leafIn(Targets, s.target, leaf) || w.q1 && leafIn(Targets, s.openTarget, leaf)
	}
	aimOK := target(a.Target)
	switch s.aim {
	case "intended":
		aimOK = target(a.Aimed)
	case "either":
		aimOK = target(a.Target) || target(a.Aimed)
	}
	outcomeOK := s.outcome == nil && (w.q2 || !leafIn(Outcomes, s.openOutcome, a.Outcome)) || leafIn(Outcomes, s.outcome, a.Outcome) || w.q2 && leafIn(Outcomes, s.openOutcome, a.Outcome)
	ownerOK := true
	switch s.owner {
	case "other-party":
		ownerOK = false
		for _, p := range c.boundParties() {
			if partyOf(a.Actor) == p && partyOf(a.Owner) != "" && partyOf(a.Owner) != p {
				ownerOK = true
			}
		}
	case "P", "Q":
		ownerOK = partyOf(a.Owner) == s.owner
	}
	zoneOK := s.zone == nil
	for _, z := range s.zone {
		zoneOK = zoneOK || inTiny(z, a.Place)
	}
	return aimOK && outcomeOK && ownerOK && zoneOK &&
		(s.act == nil || leafIn(Acts, s.act, a.Act)) &&
		(s.actor == nil || leafIn(Actors, s.actor, a.Actor))
}

func pick(r [2]int, late bool) when.Instant {
	if late {
		return hour(r[1])
	}
	return hour(r[0])
}

func (c *clause) ownDates(a Act) bool {
	t := a.At
	if c.launch {
		t = a.Launch
	}
	return (c.from < 0 || t >= hour(c.from)) && (c.until < 0 || t < hour(c.until))
}

func (b *Text) binds(c *clause, a Act, w world) bool {
	t := a.At
	if c.launch {
		t = a.Launch
	}
	if !c.ownDates(a) || t < pick(b.start, w.startLate) || t >= pick(b.end, w.endLate) {
		return false
	}
	p := partyOf(a.Actor)
	listed := false
	for _, q := range c.boundParties() {
		listed = listed || p == q
	}
	if !listed || p == "" {
		return false
	}
	for _, k := range b.commits {
		if k.party == p && !k.refused && (!k.condOpen || w.cond[p]) && (k.from[0] < 0 || t >= pick(k.from, w.fromLate[p])) {
			return true
		}
	}
	return false
}

func (b *Text) find(id string) *clause {
	for i := range b.clauses {
		if b.clauses[i].id == id {
			return &b.clauses[i]
		}
	}
	return nil
}

// effective: no exception that applies takes it back, unless reinstated.
func (b *Text) effective(c *clause, a Act, w world) bool {
	for i := range b.clauses {
		e := &b.clauses[i]
		if e.kind != "permit" || !contains(e.except, c.id) || !e.matches(a, w) || !e.ownDates(a) {
			continue
		}
		back := false
		for k := range b.clauses {
			r := &b.clauses[k]
			if r.kind == "reinstates" && contains(r.except, c.id) && contains(r.against, e.id) && r.matches(a, w) && r.ownDates(a) && b.effective(r, a, w) {
				back = true
			}
		}
		if !back {
			return false
		}
	}
	return true
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}

func (b *Text) judge(a Act, w world) string {
	matched, bound, breach := false, false, false
	for i := range b.clauses {
		c := &b.clauses[i]
		if c.kind == "permit" && c.matches(a, w) {
			matched = true
			for _, id := range c.except { // it lives as what it excepts lives
				bound = bound || c.ownDates(a) && b.binds(b.find(id), a, w)
			}
		}
		if c.kind != "forbid" || !c.matches(a, w) {
			continue
		}
		matched = true
		if b.binds(c, a, w) {
			bound = true
			breach = breach || b.effective(c, a, w)
		}
	}
	switch {
	case !matched:
		return "not-covered"
	case !bound:
		return "not-in-force"
	case breach:
		return "breach"
	}
	return "permitted"
}

// worlds are all answers to all questions.
func (b *Text) worlds() []world {
	out := []world{{fromLate: map[string]bool{}, cond: map[string]bool{}}}
	split := func(set func(*world)) {
		for _, w := range append([]world(nil), out...) {
			n := w
			n.fromLate, n.cond = map[string]bool{}, map[string]bool{}
			for k, v := range w.fromLate {
				n.fromLate[k] = v
			}
			for k, v := range w.cond {
				n.cond[k] = v
			}
			set(&n)
			out = append(out, n)
		}
	}
	q1, q2, q3 := false, false, false
	for _, c := range b.clauses {
		q3 = q3 || c.wholeUnclear
		for _, s := range c.scopes {
			q1 = q1 || s.openTarget != nil
			q2 = q2 || s.openOutcome != nil
		}
	}
	if q1 {
		split(func(w *world) { w.q1 = true })
	}
	if q2 {
		split(func(w *world) { w.q2 = true })
	}
	if q3 {
		split(func(w *world) { w.q3 = true })
	}
	if b.start[0] != b.start[1] {
		split(func(w *world) { w.startLate = true })
	}
	if b.end[0] != b.end[1] {
		split(func(w *world) { w.endLate = true })
	}
	for _, c := range b.commits {
		p := c.party
		if c.from[0] != c.from[1] {
			split(func(w *world) { w.fromLate[p] = true })
		}
		if c.condOpen {
			split(func(w *world) { w.cond[p] = true })
		}
	}
	return out
}

// Facts is a scenario as sets.
type Facts struct {
	Acts, Outcomes, Targets, Aimed, Actors, Owners []string // node names; nil: unknown
	Points                                         []int
	From, Until                                    int // hours; equal: a moment; -1: unknown
	LaunchFrom, LaunchUntil                        int
	Lasting                                        bool
}

// LeavesOf returns the leaves of some nodes, or of others where there are none.
func LeavesOf(tree map[string][]string, names, unknown []string) []string {
	if names == nil {
		names = unknown
	}
	set := map[string]bool{}
	for _, n := range names {
		for _, l := range tree[n] {
			set[l] = true
		}
	}
	var out []string
	for l := range set {
		out = append(out, l)
	}
	sort.Strings(out)
	return out
}

// instants are those that stand for all of a span: one in every piece between
// whole hours.
func instants(from, until, horizon int) []when.Instant {
	switch {
	case from < 0:
		from, until = -2, horizon
	case from == until:
		return []when.Instant{hour(from)}
	}
	var out []when.Instant
	for h := from; h < until; h++ {
		out = append(out, hour(h), hour(h)+1)
	}
	return out
}

// Verdicts are all that possible acts have.
func (b *Text) Verdicts(ss []Facts, horizon int) map[string]bool {
	worlds := b.worlds()
	all := map[string]bool{}
	for _, s := range ss {
		launches := instants(s.LaunchFrom, s.LaunchUntil, horizon)
		ats := instants(s.From, s.Until, horizon)
		for _, act := range LeavesOf(Acts, s.Acts, []string{"a", "b"}) {
			for _, outcome := range LeavesOf(Outcomes, s.Outcomes, []string{"hit", "shot"}) {
				for _, target := range LeavesOf(Targets, s.Targets, []string{"t", "w"}) {
					for _, aimed := range LeavesOf(Targets, s.Aimed, []string{"t", "w"}) {
						for _, actor := range LeavesOf(Actors, s.Actors, []string{"P", "Q"}) {
							for _, owner := range LeavesOf(Actors, s.Owners, []string{"P", "Q"}) {
								for _, p := range s.Points {
									for _, l := range launches {
										b.one(all, worlds, s.Lasting, ats, Act{act, outcome, target, aimed, actor, owner, Points[p], 0, l})
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return all
}

var rank = map[string]int{"not-covered": 0, "not-in-force": 1, "permitted": 2, "breach": 3}

func (b *Text) one(all map[string]bool, worlds []world, lasting bool, ats []when.Instant, a Act) {
	add := func(vs map[string]bool) {
		if len(vs) == 2 && vs["not-covered"] && vs["not-in-force"] {
			vs = map[string]bool{"not-in-force": true}
		}
		for v := range vs {
			all[v] = true
		}
	}
	if !lasting {
		for _, at := range ats {
			vs := map[string]bool{}
			for _, w := range worlds {
				a.At = at
				vs[b.judge(a, w)] = true
			}
			add(vs)
		}
		return
	}
	vs := map[string]bool{}
	for _, w := range worlds {
		top := "not-covered"
		for _, at := range ats {
			a.At = at
			if v := b.judge(a, w); rank[v] > rank[top] {
				top = v
			}
		}
		vs[top] = true
	}
	add(vs)
}

// Scenario turns the facts into those of an incident.
func (s Facts) Scenario() evidence.Scenario {
	out := evidence.Unknown()
	out.Act, out.Outcome, out.Target, out.Intended, out.Actor, out.Owner = s.Acts, s.Outcomes, s.Targets, s.Aimed, s.Actors, s.Owners
	var rs []where.Region
	for _, p := range s.Points {
		rs = append(rs, where.Disc(Points[p], 0))
	}
	out.Place = where.UnionRegion(rs...)
	if s.From >= 0 {
		out.Time = when.Span{Start: hour(s.From), End: hour(s.Until)}
	}
	if s.LaunchFrom >= 0 {
		out.Launch = when.Span{Start: hour(s.LaunchFrom), End: hour(s.LaunchUntil)}
	}
	out.Lasting = s.Lasting
	return out
}

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

// Regime parses a text and resolves it.
func (b *Text) Regime() (*terms.Regime, error) {
	fsys := fstest.MapFS{"tiny.truce.md": {Data: []byte(b.Markdown())}, "tiny.txt": {Data: []byte(vocabulary)}}
	tm, problems := terms.Parse(fsys, "tiny.truce.md")
	if tm == nil {
		return nil, fmt.Errorf("%v\n%s", problems, b.Markdown())
	}
	return tm.Under("text", nil, false)
}

// Of returns the verdicts that the answers to the open questions give on one
// act.
func (b *Text) Of(a Act) map[string]bool {
	all := map[string]bool{}
	b.one(all, b.worlds(), false, []when.Instant{a.At}, a)
	return all
}

// Changes says which clauses, by id, change the verdict on an act: those without
// which it would be another one, under some answers to the open questions.
func (b *Text) Changes(a Act) map[string]bool {
	out := map[string]bool{}
	for i, c := range b.clauses {
		less := *b
		less.clauses = nil
		for k, d := range b.clauses {
			if k == i {
				continue
			}
			var left []string
			for _, id := range d.except {
				if id != c.id {
					left = append(left, id)
				}
			}
			d.except = left // an exception from nothing else still speaks
			less.clauses = append(less.clauses, d)
		}
		for _, w := range b.worlds() {
			if b.judge(a, w) != less.judge(a, w) {
				out[c.id] = true
			}
		}
	}
	return out
}

// Leaves are all leaves of a tree of this package.
func Leaves(tree map[string][]string) []string {
	all := make([]string, 0, len(tree))
	for n := range tree {
		all = append(all, n)
	}
	return LeavesOf(tree, all, nil)
}
