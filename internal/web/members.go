package web

import (
	"reflect"
	"strings"

	"github.com/truce-project/truce/record"
)

// member is a member of a payload, as its type in package record says.
type member struct {
	name, doc, kind string
	required        bool
	t               reflect.Type
}

func membersOf(k record.Kind) []member {
	t := reflect.TypeOf(k.Payload)
	var out []member
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, member{name: name, doc: f.Tag.Get("doc"), kind: kindOf(f.Type), required: !strings.Contains(options, "omitempty"), t: f.Type})
	}
	return out
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Int64, reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map:
		return "an object of texts"
	}
	return t.String()
}

// fits reports whether a value read from JSON is of the member's type.
func (m member) fits(v any) bool { return fits(m.t, v) }

func fits(t reflect.Type, v any) bool {
	switch t.Kind() {
	case reflect.String:
		_, ok := v.(string)
		return ok
	case reflect.Int64, reflect.Int:
		f, ok := v.(float64)
		return ok && f == float64(int64(f))
	case reflect.Bool:
		_, ok := v.(bool)
		return ok
	case reflect.Slice:
		list, ok := v.([]any)
		for _, x := range list {
			ok = ok && fits(t.Elem(), x)
		}
		return ok
	case reflect.Map:
		m, ok := v.(map[string]any)
		for _, x := range m {
			ok = ok && fits(t.Elem(), x)
		}
		return ok
	}
	return true
}
