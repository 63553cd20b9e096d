package terms

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// frontMatter reads the first block.
func (p *reader) frontMatter(v *value) {
	if v == nil {
		return
	}
	if !p.keys(v, "the front matter", "truce", "id", "title", "version", "vocabulary", "languages", "time", "geometry", "parties", "others", "readings", "commitments", "annexes", "start", "end", "intended", "relations", "monitoring", "lint") {
		return
	}
	t := p.t
	t.Stated.Keys = map[string]Pos{}
	for _, k := range v.keys {
		t.Stated.Keys[k.name] = k.pos
	}
	if f := v.get("truce"); f == nil {
		p.errorf(v.pos, "expected truce: 1, the version of the language")
	} else if f.str() != "1" {
		p.errorf(f.pos, "truce: %s: this reader knows version 1 of the language", f.str())
	}
	if t.ID = p.text(v.get("id"), "id"); t.ID == "" {
		p.errorf(v.pos, "expected id: a short name for the terms")
	} else if strings.ContainsAny(t.ID, " \t,;|@/\\") {
		p.errorf(v.get("id").pos, "id %q: expected a short name without spaces, commas, @ or slashes", t.ID)
	}
	t.Version = p.text(v.get("version"), "version")
	t.Title = p.title(v.get("title"))
	p.vocabulary(v.get("vocabulary"))
	p.clock(v.get("time"))
	if m := p.moment(v.get("start"), "start", false); m != nil {
		t.Start = m
	}
	if m := p.moment(v.get("end"), "end", true); m != nil {
		t.End = m
	}
	p.geometry(v.get("geometry"))
	p.languages(v.get("languages"))
	p.parties(p.byID(v.get("parties")), v.pos)
	p.others(p.byID(v.get("others")))
	p.checkNames(v.pos)
	t.actors = newActorTree(t)
	p.annexes(p.byID(v.get("annexes")))
	t.Commitments = p.commitments(v.get("commitments"))
	p.readings(p.byID(v.get("readings")))
	p.intended(v.get("intended"))
	p.relations(v.get("relations"))
	p.monitoring(v.get("monitoring"))
	p.justify(v.get("lint"), "")
}

// byID turns a list of mappings that each have an id into a mapping by id, so
// that both ways of writing mean the same.
func (p *reader) byID(v *value) *value {
	if v == nil || v.kind != list {
		return v
	}
	out := &value{kind: mapping, pos: v.pos}
	for _, e := range v.items {
		id := e.get("id")
		if id == nil {
			if e.kind == scalar { // a bare id
				out.keys = append(out.keys, key{e.text, e.pos, &value{kind: null, pos: e.pos}})
				continue
			}
			p.errorf(e.pos, "expected id: in every item of this list")
			continue
		}
		item := &value{kind: mapping, pos: e.pos}
		for _, k := range e.keys {
			if k.name != "id" {
				item.keys = append(item.keys, k)
			}
		}
		out.keys = append(out.keys, key{id.text, id.pos, item})
	}
	return out
}

func (p *reader) title(v *value) map[string]string {
	out := map[string]string{}
	if v == nil {
		return out
	}
	if v.kind != mapping {
		out[""] = p.text(v, "title")
		return out
	}
	for _, k := range v.keys {
		out[k.name] = p.text(k.val, "title")
	}
	return out
}

func (p *reader) vocabulary(v *value) {
	name := p.text(v, "vocabulary")
	if name == "" || name == vocab.CoreVersion {
		p.t.Vocabulary = vocab.Core()
		return
	}
	if strings.HasPrefix(name, "truce-core@") {
		p.errorf(v.pos, "vocabulary %s is not known here: expected %s or a file", name, vocab.CoreVersion)
	} else if b := p.openBeside(name, v.pos); b != nil {
		voc, err := vocab.Read(bytes.NewReader(b))
		if err != nil {
			p.errorf(v.pos, "vocabulary %s: %v", name, err)
		}
		p.t.Vocabulary = voc
	}
	if p.t.Vocabulary == nil {
		p.t.Vocabulary = vocab.Core()
	}
}

func (p *reader) clock(v *value) {
	if v == nil {
		return
	}
	if !p.keys(v, "time", "zone", "days", "start", "end") {
		return
	}
	if z := v.get("zone"); z != nil {
		loc, err := when.Zone(p.text(z, "zone"))
		if err != nil {
			p.errorf(z.pos, "%v", err)
		}
		p.t.Clock.Zone, p.t.Clock.ZoneName = loc, z.str()
	}
	if d := v.get("days"); d != nil {
		c, err := when.ParseCounting(p.text(d, "days"))
		if err != nil {
			p.errorf(d.pos, "days: %v", err)
		}
		p.t.Stated.Days = true
		p.t.Clock.Days = c
	}
	p.t.Start = p.moment(v.get("start"), "start", false)
	p.t.End = p.moment(v.get("end"), "end", true)
}

func (p *reader) geometry(v *value) {
	if v == nil || !p.keys(v, "geometry", "distance", "edges", "boundary", "lines") {
		return
	}
	m, err := where.ParseModel(v.get("distance").str(), v.get("edges").str(), v.get("boundary").str())
	if err == nil {
		m, err = m.ParseLines(v.get("lines").str())
	}
	if err != nil {
		p.errorf(v.pos, "geometry: %v", err)
	}
	p.t.Stated.Geometry = v.get("distance") != nil
	p.t.Geometry = m
}

func (p *reader) languages(v *value) {
	if v != nil && v.kind == mapping {
		for _, k := range v.keys {
			s := k.val.str()
			p.t.Languages = append(p.t.Languages, Language{Code: k.name, Authentic: s != "translation", Prevails: s == "prevails"})
			if s != "authentic" && s != "translation" && s != "prevails" {
				p.errorf(k.pos, "language %s: expected authentic, translation, or prevails (the one of several authentic texts that is followed where they differ)", k.name)
			}
		}
		return
	}
	for _, s := range p.texts(v, "languages") {
		p.t.Languages = append(p.t.Languages, Language{Code: s, Authentic: true})
	}
}

func (p *reader) parties(v *value, pos Pos) {
	if v == nil || v.kind != mapping || len(v.keys) == 0 {
		p.errorf(pos, "expected parties: who can be bound, such as parties: {RU: {name: Russian Federation}}")
		return
	}
	for _, k := range v.keys {
		party := Party{ID: PartyID(k.name), Name: k.name}
		if k.val.kind == mapping {
			p.keys(k.val, "party "+k.name, "name", "actors", "aliases")
			if n := p.text(k.val.get("name"), "name"); n != "" {
				party.Name = n
			}
			party.Actors = p.texts(k.val.get("actors"), "actors")
			party.Aliases = p.texts(k.val.get("aliases"), "aliases")
		} else if k.val.kind == scalar {
			party.Name = k.val.text
		}
		p.actorName(k.name, k.pos)
		p.t.Parties = append(p.t.Parties, party)
	}
}

func (p *reader) actorName(s string, pos Pos) {
	if s == "unknown" || !plainID.MatchString(s) {
		p.errorf(pos, "%q cannot be the id of a party: expected Latin letters, digits, dots and hyphens, so that no two ids look alike", s)
	}
	for _, q := range p.t.Parties {
		if string(q.ID) == s {
			p.errorf(pos, "party %s stands twice", s)
		}
	}
}

// plainID keeps out letters of other scripts that look like Latin ones.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkNames refuses names that mean two parties.
func (p *reader) checkNames(pos Pos) {
	owner := map[string]PartyID{}
	for _, q := range p.t.Parties {
		for _, n := range append(append([]string{string(q.ID)}, q.Aliases...), q.Actors...) {
			k := strings.ToLower(n)
			if o, taken := owner[k]; taken && o != q.ID {
				p.errorf(pos, "%q means both %s and %s: give each its own names", n, o, q.ID)
			}
			owner[k] = q.ID
		}
		for _, n := range q.Actors {
			if !plainID.MatchString(n) {
				p.errorf(pos, "%q cannot be the id of an actor: expected Latin letters, digits, dots and hyphens", n)
			}
		}
	}
}

func (p *reader) others(v *value) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, "expected others: {ID: role}")
		return
	}
	for _, k := range v.keys {
		p.actorName(k.name, k.pos)
		role := k.val.str()
		if k.val.kind == mapping {
			role = k.val.get("role").str()
		}
		p.t.Others = append(p.t.Others, Other{PartyID(k.name), role})
	}
}

func (p *reader) checkParty(id PartyID, pos Pos) bool {
	if p.t.Party(id) != nil {
		return true
	}
	var known []string
	for _, q := range p.t.Parties {
		known = append(known, string(q.ID))
	}
	p.errorf(pos, "%q is not a party of these terms%s", id, didYouMean(string(id), known))
	return false
}

func (p *reader) readings(v *value) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, "expected readings: {NAME: {held_by: [...], ...}}")
		return
	}
	for _, k := range v.keys {
		if k.name == "text" || k.name == "*" || strings.ContainsAny(k.name, "|;, ") {
			p.errorf(k.pos, "%q cannot be the name of a reading", k.name)
		}
		r := &Reading{ID: k.name, Pos: k.pos, Status: "attributed"}
		p.t.Readings = append(p.t.Readings, r)
		if k.val.kind == null || !p.keys(k.val, "reading "+k.name, "title", "held_by", "status", "source", "note", "start", "end", "commitments", "define", "definitions") {
			continue
		}
		p.reading(r, k.val)
	}
}

func (p *reader) reading(r *Reading, v *value) {
	r.Title, r.Source, r.Note = p.text(v.get("title"), "title"), p.text(v.get("source"), "source"), p.text(v.get("note"), "note")
	r.HeldBy = p.partyIDs(v.get("held_by"), "held_by")
	for _, h := range r.HeldBy {
		if p.t.Party(h) == nil && !p.isOther(h) {
			p.errorf(v.get("held_by").pos, "reading %s is held by %q, who is neither a party nor among the others", r.ID, h)
		}
	}
	if s := v.get("status"); s != nil {
		r.Status = p.text(s, "status")
		switch r.Status {
		case "attributed", "endorsed", "amended", "rejected":
		default:
			p.errorf(s.pos, "status %q: expected attributed, endorsed, amended or rejected", r.Status)
		}
	}
	r.Start, r.End = p.moment(v.get("start"), "start", false), p.moment(v.get("end"), "end", true)
	r.Commitments = p.commitments(v.get("commitments"))
	d := v.get("define")
	if d == nil {
		d = p.byID(v.get("definitions"))
	}
	if d != nil {
		if d.kind != mapping {
			p.errorf(d.pos, "expected define: {NAME: {target: [...]}}")
			return
		}
		for _, k := range d.keys {
			if def := p.definition(k.name, k.val, k.pos); def != nil {
				def.Readings = []string{r.ID}
				r.Definitions = append(r.Definitions, def)
			}
		}
	}
}

func (p *reader) isOther(id PartyID) bool {
	for _, o := range p.t.Others {
		if o.ID == id {
			return true
		}
	}
	return false
}

// definition reads a definition whose keys stand in v.
func (p *reader) definition(name string, v *value, pos Pos) *Definition {
	dims := []string{"target", "act", "outcome", "means", "actor", "owner", "controller", "zone"}
	if v == nil || v.kind != mapping {
		p.errorf(pos, "expected what %q means: one of %s", name, strings.Join(dims, ", "))
		return nil
	}
	d := &Definition{Name: name, Pos: pos, Version: p.text(v.get("version"), "version"), Datum: stated(p.text(v.get("datum"), "datum")),
		DrawnBy: stated(p.text(v.get("drawn_by"), "drawn_by")), Published: p.moment(v.get("published"), "published", true)}
	for _, dim := range dims {
		val := v.get(dim)
		if val == nil {
			continue
		}
		if d.Dimension != "" {
			p.errorf(val.pos, "definition %q speaks of %s and %s: define two names", name, d.Dimension, dim)
		}
		d.Dimension = dim
		if dim == "zone" {
			d.Zone = val
		} else {
			d.Values = p.names(val, dim)
		}
	}
	if d.Dimension == "" {
		p.errorf(pos, "definition %q says nothing: expected one of %s", name, strings.Join(dims, ", "))
		return nil
	}
	if u := v.get("unclear"); u != nil && d.Zone != nil {
		p.errorf(u.pos, "a zone cannot hold a question: write unclear: with zone: in the scope that uses it")
		return d
	}
	d.Unclear = p.unclear(v.get("unclear"), d.Dimension)
	return d
}
