package compare

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/terms"
)

// textParts is a text by number, by name and by front matter.
type textParts struct {
	t        *terms.Terms
	order    []terms.ClauseID
	sentence map[terms.ClauseID][]terms.Version
	entries  map[terms.ClauseID][]terms.Entry
	defines  map[terms.ClauseID][]string
	names    []string // definitions without a number, in order
	named    map[string][]terms.Entry
	front    []terms.Entry
}

func newTextParts(t *terms.Terms) *textParts {
	p := &textParts{t: t, sentence: map[terms.ClauseID][]terms.Version{}, entries: map[terms.ClauseID][]terms.Entry{}, defines: map[terms.ClauseID][]string{}, named: map[string][]terms.Entry{}}
	for _, s := range t.Sentences {
		p.number(s.ID)
		p.sentence[s.ID] = append(p.sentence[s.ID], s.Texts...)
	}
	for _, b := range t.Parts() {
		switch {
		case b.Examples:
		case b.Front:
			p.front = b.Entries
		case b.Clause != "":
			p.number(b.Clause)
			prefix := ""
			if len(b.Readings) > 0 {
				prefix = "[" + strings.Join(b.Readings, ", ") + "] "
			}
			for _, e := range b.Entries {
				p.entries[b.Clause] = append(p.entries[b.Clause], terms.Entry{Path: prefix + e.Path, Value: e.Value})
			}
			p.defines[b.Clause] = append(p.defines[b.Clause], b.Defines...)
		default:
			name := strings.Join(b.Defines, ", ")
			if p.named[name] == nil {
				p.names = append(p.names, name)
			}
			p.named[name] = append(p.named[name], b.Entries...)
		}
	}
	return p
}

func (p *textParts) number(id terms.ClauseID) {
	if !slices.Contains(p.order, id) {
		p.order = append(p.order, id)
	}
}

// users returns the clauses that lean on definitions, directly or through
// others, and the clause itself.
func (p *textParts) users(names []string, self terms.ClauseID) (out []terms.ClauseID) {
	if self != "" && p.entries[self] != nil {
		out = append(out, self)
	}
	defer func() { out = slices.DeleteFunc(out, p.idle) }()
	for grown := true; grown; {
		grown = false
		for _, name := range p.names {
			if mentions(p.named[name], names) && !slices.Contains(names, name) {
				names, grown = append(names, strings.Split(name, ", ")...), true
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		for _, id := range p.order {
			if !slices.Contains(out, id) && mentions(p.entries[id], names) {
				out, grown = append(out, id), true
				names = append(names, p.defines[id]...)
			}
		}
	}
	return out
}

// idle reports whether what stands under a number gives no verdict by itself: a
// definition, a duty, a right that is reserved.
func (p *textParts) idle(id terms.ClauseID) bool {
	for _, c := range p.t.Clauses {
		if c.ID == id && (c.Kind == terms.Forbid || c.Kind == terms.Permit || c.Kind == terms.Reinstate) {
			return false
		}
	}
	return true
}

// mentions reports whether a name stands among the values.
func mentions(es []terms.Entry, names []string) bool {
	for _, e := range es {
		if inert(e.Path) {
			continue
		}
		for _, w := range strings.FieldsFunc(e.Value, func(r rune) bool { return strings.ContainsRune("[]{},:|\" ", r) }) {
			if slices.Contains(names, w) {
				return true
			}
		}
	}
	return false
}
