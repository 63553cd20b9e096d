package terms

import (
	"regexp"
	"strconv"
	"strings"
)

var clauseNumber = regexp.MustCompile(`^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$`)

// kindKeys are the keys of which a block has just one.
var kindKeys = []string{"forbid", "permit", "oblige", "power", "procedure", "define", "examples", "reserve", "not-executable"}

var commonKeys = []string{"clause", "readings", "from", "until", "note", "except", "reinstates", "against", "words", "assume", "counts", "judges", "bound", "lint"}

// block reads one truce block.
func (p *reader) block(b block) {
	v := b.val
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, "expected a block with clause: and one of %s", strings.Join(kindKeys, ", "))
		return
	}
	found := ""
	for _, k := range kindKeys {
		if v.get(k) == nil {
			continue
		}
		if found != "" {
			p.errorf(v.get(k).pos, "one clause a block: this one has %s and %s", found, k)
		}
		found = k
	}
	if found == "" {
		if v.get("reinstates") == nil {
			p.errorf(v.pos, "this block says nothing: expected one of %s", strings.Join(kindKeys, ", "))
			return
		}
		found = "reinstates"
	}
	switch found {
	case "examples":
		p.keys(v, "an examples block", "examples", "clause", "readings", "note")
		p.examples(v.get("examples"))
	case "define":
		p.defineBlock(v, b)
	default:
		p.clause(v, b, Kind(found))
	}
}

func (p *reader) defineBlock(v *value, b block) {
	d := v.get("define")
	var defs []*Definition
	switch d.kind {
	case scalar: // define: NAME, and what it means beside it
		p.keys(v, "a definition", "clause", "readings", "define", "note", "version", "unclear", "target", "act", "outcome", "means", "actor", "owner", "controller", "zone", "words", "datum", "drawn_by", "published", "lint")
		if def := p.definition(d.text, v, d.pos); def != nil {
			defs = append(defs, def)
		}
	case mapping: // define: {NAME: {...}, ...}
		p.keys(v, "a definition", "clause", "readings", "define", "note", "words", "lint")
		for _, k := range d.keys {
			if def := p.definition(k.name, k.val, k.pos); def != nil {
				defs = append(defs, def)
			}
		}
	default:
		p.errorf(d.pos, "expected define: NAME or define: {NAME: {...}}")
	}
	id := ClauseID(p.text(v.get("clause"), "clause"))
	readings := p.texts(v.get("readings"), "readings")
	for _, def := range defs {
		def.Clause, def.Readings = id, readings
		p.t.Definitions = append(p.t.Definitions, def)
	}
	p.justify(v.get("lint"), id)
	if id != "" {
		p.addClause(&Clause{ID: id, Kind: Define, Readings: readings, Pos: v.pos, body: v, Note: p.text(v.get("note"), "note")}, v, b)
	}
}

// clause reads a block of one of the other kinds.
func (p *reader) clause(v *value, b block, kind Kind) {
	known := append([]string{string(kind), "scope"}, commonKeys...)
	switch kind {
	case Power, Oblige, Procedure:
		known = append(known, bodyKeys...)
	case Reserve:
		known = append(known, "limits")
	}
	p.keys(v, "a "+string(kind)+" block", known...)
	c := &Clause{
		ID: ClauseID(p.text(v.get("clause"), "clause")), Kind: kind, Pos: v.pos, body: v,
		Readings: p.texts(v.get("readings"), "readings"), Note: p.text(v.get("note"), "note"),
		From: p.moment(v.get("from"), "from", false), Until: p.moment(v.get("until"), "until", true),
		Except: p.clauseIDs(v.get("except"), "except"), Against: p.clauseIDs(v.get("against"), "against"),
		Assume: p.text(v.get("assume"), "assume"),
	}
	// The older form writes the number as the value: `oblige: 2.1`.
	body := v.get(string(kind))
	if body != nil && body.kind == scalar && kind != NotExecutable && clauseNumber.MatchString(body.text) {
		if c.ID == "" {
			c.ID = ClauseID(body.text)
		}
		body = v
	}
	if r := v.get("reinstates"); r != nil {
		c.Kind = Reinstate
		c.Except = p.clauseIDs(r, "reinstates")
		if kind == Reinstate {
			body = v.get("scope")
		}
	}
	p.justify(v.get("lint"), c.ID)
	c.Limits = inWords(v.get("limits"))
	p.words(c, v.get("words"))
	p.counts(c, v)
	p.bound(c, v)
	switch c.Kind {
	case NotExecutable:
		if c.Reason = p.text(v.get(string(kind)), "the reason"); c.Reason == "" {
			p.errorf(v.pos, "expected not-executable: because ...")
		}
	case Forbid, Permit, Reinstate, Reserve:
		p.scopes(c, body, v)
	case Oblige, Power, Procedure:
		if body == nil || body.kind != mapping || len(body.keys) == 0 {
			p.errorf(v.pos, "expected what clause %s says under %s:", c.ID, kind)
		}
		p.parties3(c, body)
		p.body(c, body)
	}
	p.addClause(c, v, b)
}

// parties3 checks the parties that a duty or power names.
func (p *reader) parties3(c *Clause, body *value) {
	for _, k := range []string{"bound", "bearer"} {
		if b := body.get(k); b != nil {
			for _, n := range p.names(b, k) {
				n.Text = strings.TrimPrefix(n.Text, "each ")
				if p.t.Party(PartyID(n.Text)) != nil {
					c.Bound = append(c.Bound, PartyID(n.Text))
				}
			}
		}
	}
}

func (p *reader) words(c *Clause, v *value) {
	if v == nil {
		return
	}
	c.Words = map[string]string{}
	if v.kind != mapping {
		p.errorf(v.pos, "expected words: {act: \"strikes\", target: \"...\"}")
		return
	}
	for _, k := range v.keys {
		c.Words[k.name] = p.text(k.val, "words")
	}
}

func (p *reader) counts(c *Clause, v *value) {
	if k := v.get("counts"); k != nil {
		c.Counts = true
		switch p.text(k, "counts") {
		case "launch":
			c.Launch = true
		case "impact":
		default:
			p.errorf(k.pos, "counts: expected launch or impact, the time that counts")
		}
	}
	c.Judges = p.aim(v.get("judges"))
}

// aim reads which target counts; "" if nothing is said.
func (p *reader) aim(v *value) Aim {
	if v == nil {
		return ""
	}
	a := Aim(p.text(v, "judges"))
	switch a {
	case Hit, Intended, Either:
	default:
		p.errorf(v.pos, "judges: expected hit, intended or either, the target that counts")
	}
	return a
}

// scopes reads the scope or scopes of a clause.
func (p *reader) scopes(c *Clause, body, v *value) {
	if body == nil || body.kind == null {
		p.errorf(v.pos, "expected what clause %s speaks of, such as %s: {act: attack.strike}", c.ID, c.Kind)
		return
	}
	if len(body.elems()) == 0 {
		p.errorf(body.pos, "clause %s speaks of nothing: expected a scope such as {act: attack.strike}", c.ID)
	}
	for _, e := range body.elems() {
		if e.kind == mapping && len(e.keys) == 0 {
			p.errorf(e.pos, "this scope names nothing: write act: \"*\" if every act is meant")
			continue
		}
		if e.kind != mapping {
			p.errorf(e.pos, "expected a scope such as {act: attack.strike, target: energy}")
			continue
		}
		if n := len(body.elems()); n > 1 && (e.get("from") != nil || e.get("until") != nil) {
			p.errorf(e.pos, "from: and until: hold for the whole clause: write them beside %s:, or make two clauses", c.Kind)
		}
		c.Scopes = append(c.Scopes, p.scope(c, e, body == v))
	}
}

// bound reads whom a clause binds.
func (p *reader) bound(c *Clause, v *value) {
	x := v.get("bound")
	if x == nil || c.Kind == Oblige || c.Kind == Power || c.Kind == Procedure {
		return
	}
	if c.Bound = p.partyIDs(x, "bound"); len(c.Bound) == 0 {
		p.errorf(x.pos, "bound: is empty: leave it out to bind every party")
	}
	for _, id := range c.Bound {
		p.checkParty(id, x.pos)
	}
}

// dimensions of a scope, in the order in which they are printed.
var dimensions = []string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site", "zone", "origin"}

func (p *reader) scope(c *Clause, v *value, whole bool) Scope {
	s := Scope{Dims: map[string]Names{}, Pos: v.pos}
	known := append([]string{"bound", "of", "hours", "unclear", "except", "judges", "from", "until"}, dimensions...)
	if !whole {
		p.keys(v, "a scope", known...)
	}
	for _, d := range dimensions {
		if x := v.get(d); x != nil {
			if s.Dims[d] = p.names(x, d); len(s.Dims[d]) == 0 {
				p.errorf(x.pos, "%s: is empty: leave it out for any %s, or write nothing for none", d, d)
			}
		}
	}
	if x := v.get("of"); x != nil {
		s.Dims["owner"] = append(s.Dims["owner"], p.names(x, "of")...)
	}
	p.bound(c, v)
	if m := p.moment(v.get("from"), "from", false); m != nil && !whole {
		c.From = m
	}
	if m := p.moment(v.get("until"), "until", true); m != nil && !whole {
		c.Until = m
	}
	if x := v.get("except"); x != nil {
		c.Except = append(c.Except, p.clauseIDs(x, "except")...)
	}
	s.Judges = p.aim(v.get("judges"))
	s.Hours = p.hours(v.get("hours"))
	s.Unclear = p.unclear(v.get("unclear"), "")
	return s
}

// unclear reads the questions that a scope or definition leaves open. dim is
// the one dimension of a definition.
func (p *reader) unclear(v *value, dim string) []Unclear {
	var out []Unclear
	for _, e := range v.elems() {
		if !p.keys(e, "an unclear item", append([]string{"id", "question"}, dimensions...)...) {
			continue
		}
		u := Unclear{ID: p.text(e.get("id"), "id"), Question: p.text(e.get("question"), "question"), Dims: map[string]Names{}, Pos: e.pos}
		if u.ID == "" || strings.ContainsAny(u.ID, " =&;|,>") {
			p.errorf(e.pos, "an unclear item needs id: a short name without spaces")
		}
		for _, d := range dimensions {
			if x := e.get(d); x != nil {
				u.Dims[d] = p.names(x, d)
				if dim != "" && d != dim {
					p.errorf(x.pos, "this definition is about %s, not about %s", dim, d)
				}
			}
		}
		if len(u.Dims) > 1 {
			p.errorf(e.pos, "question %q speaks of more than one dimension: write one item for each, with the same id", u.ID)
		}
		out = append(out, u)
	}
	return out
}

var hoursForm = regexp.MustCompile(`^(\d{1,2}):(\d{2})\s*(?:-|–|to|\.\.)\s*(\d{1,2}):(\d{2})$`)

func (p *reader) hours(v *value) *Hours {
	if v == nil {
		return nil
	}
	m := hoursForm.FindStringSubmatch(p.text(v, "hours"))
	if m == nil {
		p.errorf(v.pos, "hours: expected such as 22:00-06:00")
		return nil
	}
	n := func(i int) int { x, _ := strconv.Atoi(m[i]); return x }
	h := &Hours{n(1)*60 + n(2), n(3)*60 + n(4)}
	if n(1) > 24 || n(3) > 24 || n(2) > 59 || n(4) > 59 || h.From > 1440 || h.Until > 1440 || h.From == h.Until {
		p.errorf(v.pos, "hours: %q is not a window of the day", v.str())
	}
	if p.t.Clock.Zone == nil {
		p.errorf(v.pos, "hours need a clock: write time: {zone: ...} in the front matter")
	}
	return h
}

func (p *reader) addClause(c *Clause, v *value, b block) {
	if c.ID == "" {
		p.errorf(v.pos, "expected clause: the number that the text gives it, such as clause: \"1.1\"")
		return
	}
	if !clauseNumber.MatchString(string(c.ID)) {
		p.errorf(v.get("clause").pos, "clause %q: expected a number such as 1, 1.10 or 4a", c.ID)
	}
	if b.sentence != nil && b.sentence.ID == c.ID {
		for i, tx := range b.sentence.Texts {
			if i == 0 || tx.Language == "en" {
				c.Text = tx.Text
			}
		}
	}
	if p.over = p.over || len(p.t.Clauses) == maxClauses; p.over {
		if len(p.t.Clauses) == maxClauses {
			p.errorf(v.pos, "more than %d clauses", maxClauses)
			p.t.Clauses = p.t.Clauses[:0] // said once; nothing more is checked
		}
		return
	}
	p.t.Clauses = append(p.t.Clauses, c)
}

// examples reads an examples block.
func (p *reader) examples(v *value) {
	for _, e := range v.elems() {
		if !p.keys(e, "an example", "name", "if", "then", "assume_in_force") {
			continue
		}
		x := Example{Name: p.text(e.get("name"), "name"), Pos: e.pos, Assume: e.get("assume_in_force").str() == "yes" || e.get("assume_in_force").str() == "true"}
		f := e.get("if")
		if f == nil || f.kind != mapping {
			p.errorf(e.pos, "example %q: expected if: {act: ..., target: ..., actor: ..., time: ...}", x.Name)
			continue
		}
		x.Facts = p.facts(f)
		for _, k := range f.keys {
			if !contains(factNames, k.name) && k.name != "either" {
				p.errorf(k.pos, "%q is not a fact of an example%s", k.name, didYouMean(k.name, factNames))
			}
		}
		x.Expect = p.expectation(e.get("then"), e.pos)
		p.t.Examples = append(p.t.Examples, x)
	}
}

// factNames are the columns of the incidents file that an example may state.
var factNames = []string{"time", "time_start", "time_end", "lasting", "launch", "launch_start", "launch_end", "place", "origin",
	"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site"}

// facts flattens the facts of an example; `either: [..]` holds alternatives.
func (p *reader) facts(v *value) []map[string]string {
	base := map[string]string{}
	for _, k := range v.keys {
		if k.name == "either" {
			continue
		}
		var s []string
		for _, e := range k.val.elems() {
			s = append(s, p.text(e, k.name))
		}
		base[k.name] = strings.Join(s, "|")
	}
	either := v.get("either")
	if either == nil {
		return []map[string]string{base}
	}
	var out []map[string]string
	for _, e := range either.elems() {
		if e.kind != mapping {
			p.errorf(e.pos, "expected either: [{act: ...}, {act: ...}]")
			continue
		}
		m := map[string]string{}
		for k, s := range base {
			m[k] = s
		}
		for _, f := range p.facts(e) {
			for k, s := range f {
				m[k] = s
			}
		}
		out = append(out, m)
	}
	return out
}

func (p *reader) expectation(v *value, pos Pos) Expectation {
	x := Expectation{Readings: map[string]string{}, Clauses: map[string]string{}}
	if v == nil || v.kind != mapping {
		p.errorf(pos, "expected then: {verdict: ...} or then: {readings: {...}}")
		return x
	}
	p.keys(v, "then", "verdict", "readings", "author", "clauses", "clause", "deciding", "decided_by")
	x.Verdict = verdictWord(p.text(v.get("verdict"), "verdict"))
	x.Author = strings.Join(p.texts(v.get("author"), "author"), "|")
	for _, k := range []string{"deciding", "decided_by"} {
		if d := v.get(k); d != nil && d.kind != mapping {
			x.Deciding = append(x.Deciding, p.texts(d, k)...)
		}
	}
	for name, to := range map[string]map[string]string{"readings": x.Readings, "clauses": x.Clauses} {
		if m := v.get(name); m != nil {
			for _, k := range m.keys {
				to[k.name] = verdictWord(p.text(k.val, "verdict"))
				if name != "clauses" || to[k.name] != "reserved" {
					p.verdict(to[k.name], k.val.pos)
				}
			}
		}
	}
	for r := range x.Readings {
		if p.t.Reading(r) == nil && r != "text" {
			p.errorf(v.get("readings").pos, "%q is not a reading of these terms", r)
		}
	}
	if c := v.get("clause"); c != nil && x.Verdict != "" {
		x.Clauses[c.str()] = x.Verdict
	}
	if x.Verdict != "" {
		p.verdict(x.Verdict, v.get("verdict").pos)
	} else if len(x.Readings) == 0 {
		p.errorf(v.pos, "then: expected verdict: or readings:")
	}
	return x
}

func verdictWord(s string) string { return strings.ReplaceAll(s, "_", "-") }

func (p *reader) verdict(s string, pos Pos) {
	words := []string{"breach", "permitted", "not-covered", "not-in-force", "undetermined"}
	for _, w := range words {
		if s == w {
			return
		}
	}
	p.errorf(pos, "%q is not a verdict%s", s, didYouMean(s, words))
}
