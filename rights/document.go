package rights

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// KindRule says what thing an entry of a kind is, and for whom where it does not
// say so itself.
type KindRule struct {
	Thing   string
	Marking Marking
	Because string
}

// DocumentOf makes a document of a payload in JSON. Three members are about
// rights, in a payload of any kind: marking, for whom it is; markings, an object
// with those of single fields; party, whose it is. Members of row and facts are
// fields of their own. A kind that the table does not know, and a marking that
// is none, are restricted.
func (t *Table) DocumentOf(kind, id string, payload []byte) (Document, error) {
	rule, known := t.Kinds[kind]
	if !known {
		rule = KindRule{Thing: "evidence", Marking: Restricted}
	}
	d := Document{Object: Object{Thing: rule.Thing, ID: id, Marking: rule.Marking}}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		return d, fmt.Errorf("the payload of %s is no object of JSON: %w", id, err)
	}
	var own struct {
		Marking  *Marking           `json:"marking"`
		Markings map[string]Marking `json:"markings"`
		Party    string             `json:"party"`
	}
	if err := json.Unmarshal(payload, &own); err != nil {
		d.Marking = Restricted // says something of rights that cannot be read
		return d, fmt.Errorf("the markings of %s cannot be read: %w", id, err)
	}
	if own.Marking != nil {
		d.Marking = Narrower(*own.Marking, ForPublic)
	}
	d.Party = own.Party
	add := func(in, name string, raw json.RawMessage) {
		f := Field{Name: name, Value: plain(raw), Marking: own.Markings[name], In: in, Raw: string(raw)}
		if _, marked := own.Markings[name]; marked {
			f.Marking = Narrower(f.Marking, ForPublic)
		}
		d.Fields = append(d.Fields, f)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var inner map[string]json.RawMessage
		switch {
		case name == "marking" || name == "markings" || name == "party":
		case (name == "row" || name == "facts") && json.Unmarshal(members[name], &inner) == nil:
			for _, n := range slices.Sorted(maps.Keys(inner)) {
				add(name, n, inner[n])
			}
		default:
			add("", name, members[name])
		}
	}
	return d, nil
}

// Payload writes what is left of a document as a payload of JSON. What was left out
// leaves no gap, and the markings of fields are not told.
func (d *Document) Payload() ([]byte, error) {
	out := map[string]any{"marking": d.Marking}
	if d.Party != "" {
		out["party"] = d.Party
	}
	for _, f := range d.Fields {
		to := out
		if f.In != "" {
			inner, there := out[f.In].(map[string]any)
			if !there {
				inner = map[string]any{}
				out[f.In] = inner
			}
			to = inner
		}
		if f.Raw != "" {
			to[f.Name] = json.RawMessage(f.Raw)
		} else {
			to[f.Name] = f.Value
		}
	}
	return json.Marshal(out)
}

// plain is a value of JSON as text: strings as they are, lists of strings with
// commas, anything else as it is written.
func plain(raw json.RawMessage) string {
	var s string
	var l []string
	switch {
	case json.Unmarshal(raw, &s) == nil:
		return s
	case json.Unmarshal(raw, &l) == nil:
		return strings.Join(l, ", ")
	}
	return string(raw)
}

// ExplainDocument says what somebody sees of a document and why: of the whole,
// then of each field. It is for somebody who may see all of it, since it names
// fields that the other does not see.
func (t *Table) ExplainDocument(who Who, d Document) []string {
	out := t.Explain(who, "read", d.Object)
	seen, _, _, ok := t.Redact(who, d)
	if !ok {
		return out
	}
	left := map[string]string{}
	for _, f := range seen.Fields {
		left[f.Name] = f.Value
	}
	for _, f := range d.Fields {
		rule, o := t.field(d, f)
		v, shown := left[f.Name]
		switch {
		case shown && v == f.Value:
			out = append(out, fmt.Sprintf("%s: as it is (%s, for %s).", f.Name, rule.Class, o.Marking))
		case shown:
			out = append(out, fmt.Sprintf("%s: coarse, as %s (%s, for %s).", f.Name, v, rule.Class, o.Marking))
		default:
			why := "what it is cannot be made coarse"
			if dec := t.Allow(who, "read", o); !dec.OK {
				why = dec.Because
			}
			out = append(out, fmt.Sprintf("%s: left out (%s, for %s): %s", f.Name, rule.Class, o.Marking, why))
		}
	}
	return out
}
