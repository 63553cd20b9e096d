package where

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// PlainJSON says in plain words what is wrong with a JSON text, and where; err is
// what encoding/json said of it. Other errors are returned as they are.
func PlainJSON(data []byte, err error) error {
	var s *json.SyntaxError
	var t *json.UnmarshalTypeError
	switch {
	case errors.As(err, &s) && s.Offset >= int64(len(data)):
		return fmt.Errorf("not JSON: it ends before its brackets and quotes are closed")
	case errors.As(err, &s):
		at := max(0, int(s.Offset)-1)
		head := data[:at]
		line := 1 + strings.Count(string(head), "\n")
		return fmt.Errorf("not JSON: %s cannot stand in line %d, column %d", strconv.QuoteRune(firstRune(data[at:])), line, at-strings.LastIndexByte(string(head), '\n'))
	case errors.As(err, &t) && strings.HasPrefix(t.Value, "number "):
		return fmt.Errorf("the %s is too large: expected degrees, such as 37.25", clip(t.Value))
	case errors.As(err, &t):
		return fmt.Errorf("expected %s, got %s", jsonWord(t.Type.Kind().String()), jsonWord(t.Value))
	}
	return err
}

func firstRune(b []byte) rune {
	for _, r := range string(b) {
		return r
	}
	return ' '
}

// jsonWord names a kind of JSON value.
func jsonWord(s string) string {
	switch s {
	case "slice", "array":
		return "a list in brackets"
	case "struct", "map", "object":
		return "an object in braces"
	case "float64", "number":
		return "a number"
	case "string":
		return "text in quotes"
	case "bool":
		return "true or false"
	}
	return s
}

var degreesOfWGS84 = regexp.MustCompile(`(?i)^"?((urn:ogc:def:crs:)?(OGC:([0-9.]*:)?)?CRS84|(urn:ogc:def:crs:)?EPSG:([0-9.]*:)?4326|https?://www\.opengis\.net/def/crs/(OGC/[0-9.]+/CRS84|EPSG/[0-9.]+/4326))"?$`)

// Geographic reports whether the crs member of a GeoJSON object is absent, null
// or the name of WGS 84 longitude and latitude.
func Geographic(raw json.RawMessage) bool {
	if len(raw) == 0 || string(raw) == "null" {
		return true
	}
	var name string
	var o struct {
		Properties struct{ Name string }
	}
	if json.Unmarshal(raw, &name) != nil && json.Unmarshal(raw, &o) == nil {
		name = o.Properties.Name
	}
	return degreesOfWGS84.MatchString(strings.TrimSpace(name))
}

// RepeatedKey finds a key that stands twice in one object of a sound JSON text:
// readers differ in which value they take.
func RepeatedKey(data []byte) (string, bool) {
	var open []map[string]bool // nil: a list
	key := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '{':
			open, key = append(open, map[string]bool{}), true
		case '[':
			open, key = append(open, nil), false
		case '}', ']':
			if len(open) == 0 {
				return "", false
			}
			open, key = open[:len(open)-1], false
		case ',':
			key = len(open) > 0 && open[len(open)-1] != nil
		case '"':
			start := i
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if !key || i >= len(data) {
				continue
			}
			var k string
			seen := open[len(open)-1]
			if json.Unmarshal(data[start:i+1], &k) != nil {
				return "", false
			}
			if seen[k] {
				return k, true
			}
			seen[k], key = true, false
		}
	}
	return "", false
}
