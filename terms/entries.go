package terms

import "strconv"

// Part is a block of a text, or its front matter, as people compare them: key
// by key.
type Part struct {
	Clause   ClauseID // the number, if it has one
	Defines  []string // names that it defines
	Readings []string
	Front    bool // it is the front matter
	Examples bool // it holds examples, which rule on nothing
	Entries  []Entry
}

// Entry is one key and what stands under it, in one line. Path joins keys with
// dots; an element of a list goes by its id, or by its number from 1.
type Entry struct{ Path, Value string }

// Parts returns the front matter and the blocks of a text in order. An annex
// has an entry for what its file holds.
func (t *Terms) Parts() []Part {
	var out []Part
	for _, b := range t.doc.blocks {
		if b.val == nil || b.val.kind != mapping {
			continue
		}
		p := Part{Front: b.front, Clause: ClauseID(b.val.get("clause").str()), Examples: b.val.get("examples") != nil}
		for _, r := range b.val.get("readings").elems() {
			if !b.front {
				p.Readings = append(p.Readings, r.str())
			}
		}
		if d := b.val.get("define"); d != nil && d.kind == scalar {
			p.Defines = []string{d.text}
		} else if d != nil {
			for _, k := range d.keys {
				p.Defines = append(p.Defines, k.name)
			}
		}
		for _, kind := range kindKeys { // the older form: `oblige: 2.1`
			if s := b.val.get(kind).str(); p.Clause == "" && !b.front && kind != "define" && clauseNumber.MatchString(s) {
				p.Clause = ClauseID(s)
			}
		}
		p.Entries = b.val.entries(nil, "")
		if b.front {
			for _, a := range t.Annexes {
				p.Entries = append(p.Entries, Entry{"annexes." + a.ID + ".content", a.digest})
			}
		}
		out = append(out, p)
	}
	return out
}

// entries flattens a value; lists of scalars stay whole.
func (v *value) entries(out []Entry, path string) []Entry {
	join := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch {
	case v == nil:
	case v.kind == mapping && len(v.keys) > 0:
		for _, k := range v.keys {
			out = k.val.entries(out, join(k.name))
		}
		return out
	case v.kind == list && holdsMapping(v):
		for i, e := range v.items {
			name := strconv.Itoa(i + 1)
			if id := e.get("id").str(); id != "" {
				name = id
			}
			out = e.entries(out, join(name))
		}
		return out
	case v.kind == scalar:
		return append(out, Entry{path, v.text})
	default:
		return append(out, Entry{path, v.flow()})
	}
	return out
}

func holdsMapping(v *value) bool {
	for _, e := range v.items {
		if e.kind == mapping {
			return true
		}
	}
	return false
}
