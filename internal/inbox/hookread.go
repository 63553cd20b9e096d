package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/feeds"
)

// koboMessage reads a submission of KoboToolbox.
func koboMessage(body []byte) (*message, error) {
	s, err := feeds.ReadKobo(body)
	if err != nil {
		return nil, err
	}
	m := &message{id: s.ID, row: s.Row, notes: s.Notes, ignored: s.Ignored}
	for _, v := range []string{s.Replaces, s.Root} {
		if v != "" && v != s.ID {
			m.versions = append(m.versions, v)
		}
	}
	return m, nil
}

// jsonMessage reads an object by a hook's map.
func jsonMessage(k *Hook, body []byte) (*message, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("more than one value of JSON: send one message at a time")
	}
	m := &message{row: map[string]string{}}
	var err error
	if m.id, err = at(doc, k.ID); err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	if m.id == "" {
		return nil, errNoID
	}
	for column, path := range k.Map {
		if text, fixed := strings.CutPrefix(path, "="); fixed {
			m.row[column] = text
			continue
		}
		v, err := at(doc, path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", column, err)
		}
		if v != "" {
			m.row[column] = v
		}
	}
	return m, nil
}

// at is the text, number or yes and no at a path such as event.places.0.lat; what
// is not there is empty.
func at(doc any, path string) (string, error) {
	for _, step := range strings.Split(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", nil
			}
			doc = v[i]
		default:
			return "", nil
		}
	}
	switch v := doc.(type) {
	case nil:
		return "", nil
	case string:
		return strings.TrimSpace(v), nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", fmt.Errorf("%q is an object or a list: expected where a single value stands", path)
}
