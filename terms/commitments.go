package terms

import (
	"strings"

	"github.com/truce-project/truce/when"
)

func (p *reader) commitments(v *value) []Commitment {
	var out []Commitment
	if v != nil && v.kind == mapping && v.get("party") == nil { // by id
		l := &value{kind: list, pos: v.pos}
		for _, k := range v.keys {
			k.val.keys = append([]key{{"id", k.pos, &value{kind: scalar, text: k.name, pos: k.pos}}}, k.val.keys...)
			l.items = append(l.items, k.val)
		}
		v = l
	}
	for _, e := range v.elems() {
		if !p.keys(e, "a commitment", "id", "party", "act", "status", "from", "until", "for", "if", "met", "certified_by", "clauses", "readings", "suspended", "released", "source", "note") {
			continue
		}
		c := Commitment{
			Pos: e.pos, ID: p.text(e.get("id"), "id"), Party: PartyID(p.text(e.get("party"), "party")),
			Act: p.text(e.get("act"), "act"), Status: CommitmentStatus(p.text(e.get("status"), "status")),
			From: p.moment(e.get("from"), "from", false), Until: p.moment(e.get("until"), "until", true),
			If: p.text(e.get("if"), "if"), Certifier: stated(p.text(e.get("certified_by"), "certified_by")), Met: p.text(e.get("met"), "met"),
			Clauses: p.clauseIDs(e.get("clauses"), "clauses"), Readings: p.texts(e.get("readings"), "readings"),
			Source: p.text(e.get("source"), "source"), Note: p.text(e.get("note"), "note"),
		}
		p.commitmentDetails(&c, e)
		for _, o := range out {
			if o.ID == c.ID {
				p.errorf(e.pos, "commitment %q stands twice", c.ID)
			}
		}
		out = append(out, c)
	}
	return out
}

func (p *reader) commitmentDetails(c *Commitment, e *value) {
	if c.Party == "" {
		p.errorf(e.pos, "expected party: who undertakes")
	} else {
		p.checkParty(c.Party, e.get("party").pos)
	}
	if c.ID == "" {
		c.ID = strings.ToLower(string(c.Party))
	}
	switch c.Status {
	case "":
		c.Status = Given
	case Given, Proposed, Refused:
	default:
		p.errorf(e.get("status").pos, "status %q: expected given, proposed or refused", c.Status)
	}
	if c.If != "" && c.Met == "" {
		c.Met = "unknown"
	}
	if m := e.get("met"); m != nil && c.Met != "yes" && c.Met != "no" && c.Met != "unknown" {
		p.errorf(m.pos, "met: expected yes, no or unknown")
	}
	if f := e.get("for"); f != nil {
		if c.Until != nil {
			p.errorf(f.pos, "a commitment has until: or for:, not both")
		}
		d, err := when.ParseDuration(p.text(f, "for"))
		if err != nil {
			p.errorf(f.pos, "%v", err)
		}
		c.Until = &Moment{For: &d, Stated: f.str(), Pos: f.pos}
	}
	for _, s := range e.get("suspended").elems() {
		if !p.keys(s, "suspended", "from", "until") {
			continue
		}
		from, until := p.moment(s.get("from"), "from", false), p.moment(s.get("until"), "until", true)
		if from == nil || until == nil || !from.Range.Certain() || !until.Range.Certain() {
			p.errorf(s.pos, "a suspension needs from: and until: as instants")
			continue
		}
		c.Suspended = append(c.Suspended, when.Span{Start: from.Range.Earliest, End: until.Range.Earliest})
	}
	if r := p.moment(e.get("released"), "released", true); r != nil {
		if !r.Range.Certain() {
			p.errorf(r.Pos, "released: expected an instant")
		}
		c.Released = &r.Range.Earliest
	}
}

// ParseCommitments reads a YAML list of commitments, or a mapping with the
// key commitments, that override those of the text by id.
func (t *Terms) ParseCommitments(file string, b []byte) ([]Commitment, Problems) {
	p := &reader{file: file, t: t}
	v := p.parseYAML(b, 1)
	if c := v.get("commitments"); c != nil {
		v = c
	}
	if v != nil && v.kind != list && p.problems == nil {
		p.errorf(v.pos, "expected a list of commitments: - {id: ..., party: ..., released: ...}")
	}
	out := p.commitments(v)
	return out, p.problems.Errors()
}
