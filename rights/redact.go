package rights

import "slices"

// FieldRule says what a field is and for whom at the most.
type FieldRule struct {
	Class   string // one of the classes
	Marking Marking
	Because string
}

// classes of fields: place and time are made coarse for those who do not see
// them exactly; area is an administrative area; site, damage and window are
// rights of their own.
var classes = []string{"plain", "place", "time", "area", "text", "name", "site", "damage", "window"}

// Field is a field of a document.
type Field struct {
	Name    string
	Value   string
	Marking Marking // narrower than the table's; empty: as the table says
	Party   string  // whose it is, where it is another's than the document
}

// Document is a payload, or what a view made of one.
type Document struct {
	Object
	Fields []Field
}

// Redact is what somebody sees of a document. ok is false where that is nothing,
// not even that it is there. A field that the table does not know is restricted.
// Coarse is whether place and time are made coarse for this reader; it does not
// tell whether any field was left out.
//
// Opened is what of it is restricted and seen all the same: that it is read must
// be in the record before it is shown.
func (t *Table) Redact(who Who, d Document) (seen Document, coarse bool, opened []Object, ok bool) {
	whole := t.Allow(who, "read", d.Object)
	if !whole.OK {
		return Document{}, false, nil, false
	}
	seen = Document{Object: d.Object}
	open := func(o Object) {
		o.ID, o.Marking, o.Account = d.ID, Restricted, ""
		if !slices.Contains(opened, o) {
			opened = append(opened, o)
		}
	}
	if whole.Logged {
		open(d.Object)
	}
	coarse = !t.Allow(who, "exact", d.Object).OK
	if coarse { // whose it is would be an attribution
		seen.Party = ""
	}
	name := d.Object
	name.Marking = Narrower(d.Marking, ForMission)
	if coarse || !t.Allow(who, "read", name).OK { // who wrote it is a name
		seen.Account = ""
	}
	sealed := false // it touches an object that this reader must not find
	for _, f := range d.Fields {
		rule, o := t.field(d, f)
		if r := t.Allow(who, "read", o); !r.OK {
			sealed = sealed || rule.Class == "site"
		}
	}
	for _, f := range d.Fields {
		rule, o := t.field(d, f)
		r := t.Allow(who, "read", o)
		if !r.OK {
			continue
		}
		exact := t.Allow(who, "exact", o).OK && !(sealed && pointsAt(rule.Class))
		v, shown := coarsen(rule.Class, f.Value, exact)
		if !shown {
			continue
		}
		if r.Logged {
			open(o)
		}
		seen.Fields = append(seen.Fields, Field{Name: f.Name, Value: v, Marking: o.Marking, Party: f.Party})
		if !exact {
			seen.Fields[len(seen.Fields)-1].Party = ""
		}
	}
	return seen, coarse || sealed, opened, true
}

// pointsAt reports whether a class of fields helps to find a site: where, when,
// and words.
func pointsAt(class string) bool { return class == "place" || class == "time" || class == "text" }

// field is the rule of a field, and the object that rights are asked about.
func (t *Table) field(d Document, f Field) (FieldRule, Object) {
	rule, known := t.Fields[f.Name]
	if !known {
		rule = FieldRule{Class: "name", Marking: Restricted}
	}
	o := d.Object
	o.Marking = Narrower(d.Marking, rule.Marking)
	if f.Marking != "" {
		o.Marking = Narrower(o.Marking, f.Marking)
	}
	switch rule.Class {
	case "site", "damage", "window":
		o.Thing, o.Party, o.Account = rule.Class, f.Party, ""
		if d.Thing == rule.Class && f.Party == "" {
			o.Party = d.Party
		}
	default:
		if f.Party != "" {
			o.Party = f.Party
		}
	}
	return rule, o
}

// coarsen is a value as somebody sees it who may read it; what cannot be made
// coarse is not shown.
func coarsen(class, value string, exact bool) (string, bool) {
	if exact {
		return value, true
	}
	switch class {
	case "place":
		return CoarsePlace(value)
	case "time":
		return CoarseTime(value)
	case "area":
		return value, isArea(value)
	case "plain":
		return value, true
	}
	return "", false
}
