package judge

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// The slow, obvious evaluator: it enumerates possible acts one by one from an
// abstract description of a text, which is printed, parsed and judged by the
// real one. The two share no code but the parser of instants.

const tinyVocabulary = `vocabulary tiny@1
act a.{x,y}
act b
outcome hit
outcome shot
means m
target t.{u,v}
target w
`

var (
	tinyActs     = map[string][]string{"a": {"a.x", "a.y"}, "a.x": {"a.x"}, "a.y": {"a.y"}, "b": {"b"}}
	tinyOutcomes = map[string][]string{"hit": {"hit"}, "shot": {"shot"}}
	tinyTargets  = map[string][]string{"t": {"t.u", "t.v"}, "t.u": {"t.u"}, "t.v": {"t.v"}, "w": {"w"}}
	tinyActors   = map[string][]string{"P": {"P"}, "Q": {"Q.1", "Q.2"}, "Q.1": {"Q.1"}, "Q.2": {"Q.2"}, "Z": {"Z"}}
)

// Two overlapping squares and points in every combination of them.
var (
	tinyZones  = map[string][4]float64{"east": {30, 40, 50, 52}, "south": {20, 35, 48, 51}}
	tinyPoints = []where.Point{{Lat: 50.5, Lon: 32}, {Lat: 51.5, Lon: 38}, {Lat: 49, Lon: 25}, {Lat: 10, Lon: 10}}
)

func inTiny(zone string, p where.Point) bool {
	z := tinyZones[zone]
	return z[0] < p.Lon && p.Lon < z[1] && z[2] < p.Lat && p.Lat < z[3]
}

type bruteScope struct {
	act, outcome, target, actor, zone []string // nil: any
	owner                             string   // "", "other-party", or a party
	openTarget, openOutcome           []string // under question q1, q2
	aim                               string
}

type bruteClause struct {
	id           string
	kind         string
	bound        []string
	scopes       []bruteScope
	except       []string
	against      []string
	from, until  int // hours; -1: none
	launch       bool
	wholeUnclear bool // under question q3
}

type bruteTerms struct {
	start, end [2]int // ranges of hours; equal: certain
	commits    []bruteCommit
	clauses    []bruteClause
}

type bruteCommit struct {
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

func (b *bruteTerms) text() string {
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
		z := tinyZones[n]
		fmt.Fprintf(&s, "  %s: {zone: {geojson: {type: Polygon, coordinates: [[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]]}}}\n", n, z[0], z[2], z[1], z[2], z[1], z[3], z[0], z[3], z[0], z[2])
	}
	s.WriteString("```\n")
	for _, c := range b.clauses {
		s.WriteString("\n```truce\n" + c.text() + "```\n")
	}
	return s.String()
}

func (c *bruteClause) text() string {
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

// bruteAct is one possible act, fully known.
type bruteAct struct {
	act, outcome, target, aimed, actor, owner string
	place                                     where.Point
	at, launch                                when.Instant
}

// bruteWorld answers every open question.
type bruteWorld struct {
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

func (c *bruteClause) boundParties() []string {
	if len(c.bound) > 0 {
		return c.bound
	}
	return []string{"P", "Q"}
}

func (c *bruteClause) matches(a bruteAct, w bruteWorld) bool {
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

func (s *bruteScope) matches(c *bruteClause, a bruteAct, w bruteWorld) bool {
	target := func(leaf string) bool {
		if s.target == nil {
			return !leafIn(tinyTargets, s.openTarget, leaf) || w.q1
		}
		return leafIn(tinyTargets, s.target, leaf) || w.q1 && leafIn(tinyTargets, s.openTarget, leaf)
	}
	aimOK := target(a.target)
	switch s.aim {
	case "intended":
		aimOK = target(a.aimed)
	case "either":
		aimOK = target(a.target) || target(a.aimed)
	}
	outcomeOK := s.outcome == nil && (w.q2 || !leafIn(tinyOutcomes, s.openOutcome, a.outcome)) || leafIn(tinyOutcomes, s.outcome, a.outcome) || w.q2 && leafIn(tinyOutcomes, s.openOutcome, a.outcome)
	ownerOK := true
	switch s.owner {
	case "other-party":
		ownerOK = false
		for _, p := range c.boundParties() {
			if partyOf(a.actor) == p && partyOf(a.owner) != "" && partyOf(a.owner) != p {
				ownerOK = true
			}
		}
	case "P", "Q":
		ownerOK = partyOf(a.owner) == s.owner
	}
	zoneOK := s.zone == nil
	for _, z := range s.zone {
		zoneOK = zoneOK || inTiny(z, a.place)
	}
	return aimOK && outcomeOK && ownerOK && zoneOK &&
		(s.act == nil || leafIn(tinyActs, s.act, a.act)) &&
		(s.actor == nil || leafIn(tinyActors, s.actor, a.actor))
}

func pick(r [2]int, late bool) when.Instant {
	if late {
		return hour(r[1])
	}
	return hour(r[0])
}

func (c *bruteClause) ownDates(a bruteAct) bool {
	t := a.at
	if c.launch {
		t = a.launch
	}
	return (c.from < 0 || t >= hour(c.from)) && (c.until < 0 || t < hour(c.until))
}

func (b *bruteTerms) binds(c *bruteClause, a bruteAct, w bruteWorld) bool {
	t := a.at
	if c.launch {
		t = a.launch
	}
	if !c.ownDates(a) || t < pick(b.start, w.startLate) || t >= pick(b.end, w.endLate) {
		return false
	}
	p := partyOf(a.actor)
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

func (b *bruteTerms) clause(id string) *bruteClause {
	for i := range b.clauses {
		if b.clauses[i].id == id {
			return &b.clauses[i]
		}
	}
	return nil
}

// effective: no exception that applies takes it back, unless reinstated.
func (b *bruteTerms) effective(c *bruteClause, a bruteAct, w bruteWorld) bool {
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

func (b *bruteTerms) judge(a bruteAct, w bruteWorld) string {
	matched, bound, breach := false, false, false
	for i := range b.clauses {
		c := &b.clauses[i]
		if c.kind == "permit" && c.matches(a, w) {
			matched = true
			for _, id := range c.except { // it lives as what it excepts lives
				bound = bound || c.ownDates(a) && b.binds(b.clause(id), a, w)
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
func (b *bruteTerms) worlds() []bruteWorld {
	out := []bruteWorld{{fromLate: map[string]bool{}, cond: map[string]bool{}}}
	split := func(set func(*bruteWorld)) {
		for _, w := range append([]bruteWorld(nil), out...) {
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
		split(func(w *bruteWorld) { w.q1 = true })
	}
	if q2 {
		split(func(w *bruteWorld) { w.q2 = true })
	}
	if q3 {
		split(func(w *bruteWorld) { w.q3 = true })
	}
	if b.start[0] != b.start[1] {
		split(func(w *bruteWorld) { w.startLate = true })
	}
	if b.end[0] != b.end[1] {
		split(func(w *bruteWorld) { w.endLate = true })
	}
	for _, c := range b.commits {
		p := c.party
		if c.from[0] != c.from[1] {
			split(func(w *bruteWorld) { w.fromLate[p] = true })
		}
		if c.condOpen {
			split(func(w *bruteWorld) { w.cond[p] = true })
		}
	}
	return out
}

// bruteFacts is a scenario as sets.
type bruteFacts struct {
	acts, outcomes, targets, aimed, actors, owners []string // node names; nil: unknown
	points                                         []int
	from, until                                    int // hours; equal: a moment; -1: unknown
	launchFrom, launchUntil                        int
	lasting                                        bool
}

func leaves(tree map[string][]string, names, unknown []string) []string {
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

// verdicts are all that possible acts have.
func (b *bruteTerms) verdicts(ss []bruteFacts, horizon int) map[string]bool {
	worlds := b.worlds()
	all := map[string]bool{}
	for _, s := range ss {
		launches := instants(s.launchFrom, s.launchUntil, horizon)
		ats := instants(s.from, s.until, horizon)
		for _, act := range leaves(tinyActs, s.acts, []string{"a", "b"}) {
			for _, outcome := range leaves(tinyOutcomes, s.outcomes, []string{"hit", "shot"}) {
				for _, target := range leaves(tinyTargets, s.targets, []string{"t", "w"}) {
					for _, aimed := range leaves(tinyTargets, s.aimed, []string{"t", "w"}) {
						for _, actor := range leaves(tinyActors, s.actors, []string{"P", "Q"}) {
							for _, owner := range leaves(tinyActors, s.owners, []string{"P", "Q"}) {
								for _, p := range s.points {
									for _, l := range launches {
										b.one(all, worlds, s.lasting, ats, bruteAct{act, outcome, target, aimed, actor, owner, tinyPoints[p], 0, l})
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

var bruteRank = map[string]int{"not-covered": 0, "not-in-force": 1, "permitted": 2, "breach": 3}

func (b *bruteTerms) one(all map[string]bool, worlds []bruteWorld, lasting bool, ats []when.Instant, a bruteAct) {
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
				a.at = at
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
			a.at = at
			if v := b.judge(a, w); bruteRank[v] > bruteRank[top] {
				top = v
			}
		}
		vs[top] = true
	}
	add(vs)
}

func (s bruteFacts) scenario() evidence.Scenario {
	out := evidence.Unknown()
	out.Act, out.Outcome, out.Target, out.Intended, out.Actor, out.Owner = s.acts, s.outcomes, s.targets, s.aimed, s.actors, s.owners
	var rs []where.Region
	for _, p := range s.points {
		rs = append(rs, where.Disc(tinyPoints[p], 0))
	}
	out.Place = where.UnionRegion(rs...)
	if s.from >= 0 {
		out.Time = when.Span{Start: hour(s.from), End: hour(s.until)}
	}
	if s.launchFrom >= 0 {
		out.Launch = when.Span{Start: hour(s.launchFrom), End: hour(s.launchUntil)}
	}
	out.Lasting = s.lasting
	return out
}

const horizon = 12

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

func drawScope(t *rapid.T) bruteScope {
	s := bruteScope{
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

func drawClause(t *rapid.T, id, kind string) bruteClause {
	c := bruteClause{id: id, kind: kind, from: -1, until: -1}
	for i := rapid.IntRange(1, 2).Draw(t, "scopes"); i > 0; i-- {
		c.scopes = append(c.scopes, drawScope(t))
	}
	if rapid.IntRange(0, 4).Draw(t, "dates") == 0 {
		c.from = rapid.IntRange(0, 6).Draw(t, "from")
		c.until = rapid.IntRange(c.from+1, horizon).Draw(t, "until")
	}
	c.wholeUnclear = rapid.IntRange(0, 7).Draw(t, "unclear") == 0
	return c
}

func drawTerms(t *rapid.T) *bruteTerms {
	b := &bruteTerms{start: drawRange(t, "start", 0, 5)}
	b.end = drawRange(t, "end", b.start[1]+1, horizon)
	for _, p := range []string{"P", "Q"} {
		k := bruteCommit{party: p, from: [2]int{-1, -1}}
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

func drawFacts(t *rapid.T) bruteFacts {
	s := bruteFacts{
		acts: drawSome(t, "fact act", "a", "a.x", "a.y", "b"), outcomes: drawSome(t, "fact outcome", "hit", "shot"),
		targets: drawSome(t, "fact target", "t", "t.u", "t.v", "w"), aimed: drawSome(t, "fact aimed", "t.u", "t.v", "w"),
		actors: drawSome(t, "fact actor", "P", "Q", "Q.1", "Z"), owners: drawSome(t, "fact owner", "P", "Q.2", "Z"),
		from: -1, until: -1, launchFrom: 0, launchUntil: 0,
	}
	s.points = rapid.SliceOfNDistinct(rapid.IntRange(0, len(tinyPoints)-1), 1, 2, rapid.ID[int]).Draw(t, "points")
	s.from = rapid.IntRange(0, horizon).Draw(t, "fact from")
	s.until = s.from
	if rapid.Bool().Draw(t, "fact span") {
		s.until = rapid.IntRange(s.from, horizon+1).Draw(t, "fact until")
		s.lasting = s.until > s.from && rapid.IntRange(0, 3).Draw(t, "lasting") == 0
	}
	s.launchFrom = rapid.IntRange(0, s.from).Draw(t, "launch from")
	s.launchUntil = rapid.IntRange(s.launchFrom, s.from).Draw(t, "launch until")
	return s
}

func parseTiny(t interface{ Fatalf(string, ...any) }, b *bruteTerms) *Judge {
	fsys := fstest.MapFS{"tiny.truce.md": {Data: []byte(b.text())}, "tiny.txt": {Data: []byte(tinyVocabulary)}}
	tm, problems := terms.Parse(fsys, "tiny.truce.md")
	if tm == nil {
		t.Fatalf("%v\n%s", problems, b.text())
	}
	r, err := tm.Under("text", nil, false)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return New(r)
}

// TestAgreesWithEnumeration: on random terms and incidents the engine gives
// the verdict that enumerating every possible act gives.
func TestAgreesWithEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawTerms(t)
		j := parseTiny(t, b)
		in := &evidence.Incident{ID: "x"}
		var ss []bruteFacts
		for i := rapid.IntRange(1, 2).Draw(t, "scenarios"); i > 0; i-- {
			s := drawFacts(t)
			ss = append(ss, s)
			in.Scenarios = append(in.Scenarios, s.scenario())
		}
		// Not the verdict alone: all that possible acts have must be the same.
		got := j.space(in.Scenarios, func(string) {}).collect(nil).all
		want := b.verdicts(ss, horizon+1)
		for v := NotCovered; v <= Breach; v++ {
			if want[v.String()] != (got&(1<<v) != 0) {
				t.Fatalf("%s: engine %v, enumeration %v\nfacts %+v\n%s", v, got&(1<<v) != 0, want, ss, b.text())
			}
		}
		if f := j.Incident(in, nil); (len(want) == 1) != (f.Verdict != Undetermined) || len(want) == 1 && !want[f.Verdict.String()] {
			t.Fatalf("engine: %s, enumeration: %v", f.Verdict, want)
		}
	})
}

// TestRefiningNeverFlips: taking possibilities away from the facts never
// turns one decided verdict into another.
func TestRefiningNeverFlips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, drawTerms(t))
		s := drawFacts(t)
		before := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{s.scenario()}}, nil)
		narrow := func(tree map[string][]string, names, unknown []string, label string) []string {
			return []string{rapid.SampledFrom(leaves(tree, names, unknown)).Draw(t, label)}
		}
		r := s
		switch rapid.IntRange(0, 6).Draw(t, "which") {
		case 0:
			r.acts = narrow(tinyActs, s.acts, []string{"a", "b"}, "act")
		case 1:
			r.outcomes = narrow(tinyOutcomes, s.outcomes, []string{"hit", "shot"}, "outcome")
		case 2:
			r.targets = narrow(tinyTargets, s.targets, []string{"t", "w"}, "target")
		case 3:
			r.actors = narrow(tinyActors, s.actors, []string{"P", "Q"}, "actor")
		case 4:
			r.owners = narrow(tinyActors, s.owners, []string{"P", "Q"}, "owner")
		case 5:
			r.points = s.points[:1]
		case 6:
			if s.lasting || s.from == s.until {
				return
			}
			r.from = rapid.IntRange(s.from, s.until-1).Draw(t, "from")
			r.until = r.from
		}
		after := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{r.scenario()}}, nil)
		if before.Verdict != Undetermined && after.Verdict != before.Verdict {
			t.Fatalf("%s became %s\n%+v\n%+v", before.Verdict, after.Verdict, s, r)
		}
	})
}

// TestDecidingFactsDecide: under each answer to a deciding fact that narrows
// the facts, judging again gives the verdict that was promised.
func TestDecidingFactsDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, drawTerms(t))
		s := drawFacts(t)
		sc := s.scenario()
		f := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{sc}}, nil)
		for _, a := range f.Answers {
			n := sc
			usable := a.Verdict != Undetermined
			for _, fact := range a.Facts {
				name, val, _ := strings.Cut(fact, "=")
				if strings.Contains(val, "…") || val == "*" || val == AnyOther {
					usable = usable && val == "*"
					continue
				}
				switch name {
				case "act", "outcome", "target", "intended_target", "actor", "owner":
					if err := n.SetFact(name, val); err != nil {
						t.Fatalf("%v", err)
					}
				default:
					usable = false
				}
			}
			if !usable {
				continue
			}
			if g := j.Incident(&evidence.Incident{Scenarios: []evidence.Scenario{n}}, nil); g.Verdict != a.Verdict {
				t.Fatalf("%s was promised, got %s (%s)\n%+v", a, g.Verdict, g.DecidingText(), s)
			}
		}
	})
}

// TestWhatWasJudgedBeforeChangesNothing: a judge that has seen many incidents
// gives the finding that a new one gives.
func TestWhatWasJudgedBeforeChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, drawTerms(t))
		for i := 0; i < 12; i++ {
			in := &evidence.Incident{}
			for k := rapid.IntRange(1, 2).Draw(t, "scenarios"); k > 0; k-- {
				in.Scenarios = append(in.Scenarios, drawFacts(t).scenario())
			}
			old, fresh := j.Incident(in, nil), New(j.r).Incident(in, nil)
			if old.Verdict != fresh.Verdict || old.DecidingText() != fresh.DecidingText() || len(old.Clauses) != len(fresh.Clauses) {
				t.Fatalf("%s (%s), a new judge says %s (%s)", old.Verdict, old.DecidingText(), fresh.Verdict, fresh.DecidingText())
			}
		}
	})
}
