package rights

import "slices"

// FieldRule says what a field is and for whom at the most.
type FieldRule struct {
	Class   string // one of the classes
	Marking Marking
	Because string
}

// classes of fields: place, point and time are made coarse for those who do not
// see them exactly, point being a part of a place, such as its latitude; area is an administrative area; site, damage and window are
// rights of their own.
var classes = []string{"plain", "place", "point", "time", "area", "text", "name", "site", "damage", "window"}

// Field is a field of a document.
type Field struct {
	Name    string
	Value   string
	Marking Marking // narrower than the table's; empty: as the table says
	Party   string  // whose it is, where it is another's than the document

	In  string // the member that it stands in: row, facts, or none
	Raw string // as it is written in JSON; empty where it is not shown as it is
}

// Document is a payload, or what a view made of one.
type Document struct {
	Object
	Fields []Field
	// Sealed says that what it is about touches an object of a sealed annex, though
	// no field of its own does.
	Sealed bool
}

// Redact is what somebody sees of a document. ok is false where that is nothing,
// not even that it is there. A field that the table does not know is restricted.
// Coarse is whether place and time are made coarse for this reader; it does not
// tell whether any field was left out.
//
// Opened is what of it is restricted and seen all the same: that it is read must
// be in the record before it is shown.
func (t *Table) Redact(who Who, d Document) (seen Document, coarse bool, opened []Object, ok bool) {
	return t.redact(who, d, true)
}

// Glance is what somebody sees of a document without opening what is restricted:
// Redact, where nothing has to be in the record before.
func (t *Table) Glance(who Who, d Document) (seen Document, coarse, ok bool) {
	seen, coarse, _, ok = t.redact(who, d, false)
	return seen, coarse, ok
}

func (t *Table) redact(who Who, d Document, opens bool) (seen Document, coarse bool, opened []Object, ok bool) {
	whole := t.Allow(who, "read", d.Object)
	if !whole.OK || whole.Logged && !opens {
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
	coarse = !t.exactly(who, d.Object)
	if coarse { // whose it is would be an attribution
		seen.Party = ""
	}
	name := d.Object
	name.Marking = Narrower(d.Marking, ForMission)
	if coarse || !t.Allow(who, "read", name).OK { // who wrote it is a name
		seen.Account = ""
	}
	// It touches an object that this reader must not find.
	sealed := d.Sealed && !t.Allow(who, "read", Object{Thing: "site", Marking: Restricted}).OK
	for _, f := range d.Fields {
		rule, o := t.field(d, f)
		if r := t.Allow(who, "read", o); !r.OK {
			sealed = sealed || rule.Class == "site"
		}
	}
	points := pointsOf(d.Fields)
	for _, f := range d.Fields {
		rule, o := t.field(d, f)
		r := t.Allow(who, "read", o)
		if !r.OK || r.Logged && !opens {
			continue
		}
		exact := t.exactly(who, o) && !(sealed && pointsAt(rule.Class))
		v, shown := coarsen(rule.Class, f.Value, exact)
		if !exact && rule.Class == "point" {
			v, shown = points.coarse(f)
			if _, there := points[f.In]["precision_m"]; shown && f.Name == "lat" && !there { // a cell without its size would look like a point
				r, _ := points.coarse(Field{Name: "precision_m", In: f.In})
				seen.Fields = append(seen.Fields, Field{Name: "precision_m", Value: r, Marking: o.Marking, In: f.In})
			}
		}
		if !shown {
			continue
		}
		if r.Logged {
			open(o)
		}
		seen.Fields = append(seen.Fields, Field{Name: f.Name, Value: v, Marking: o.Marking, Party: f.Party, In: f.In})
		if v == f.Value {
			seen.Fields[len(seen.Fields)-1].Raw = f.Raw
		}
		if !exact {
			seen.Fields[len(seen.Fields)-1].Party = ""
		}
	}
	return seen, coarse || sealed, opened, true
}

// exactly reports whether somebody who may read something sees it as it is. Texts,
// and what the office keeps about people, have no place to be made coarse.
func (t *Table) exactly(who Who, o Object) bool {
	return slices.Contains([]string{"terms", "account", "grant", "token", "settings", "access"}, o.Thing) || t.Allow(who, "exact", o).OK
}

// pointsAt reports whether a class of fields helps to find a site: where, when,
// and words.
func pointsAt(class string) bool {
	return class == "place" || class == "point" || class == "time" || class == "text"
}

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
		return value, IsArea(value)
	case "plain":
		return value, true
	}
	return "", false
}
