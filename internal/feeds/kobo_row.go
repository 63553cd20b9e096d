package feeds

import (
	"encoding/json"
	"errors"
)

// KoboSubmission is one form that was sent in, as columns of the incidents file.
type KoboSubmission struct {
	ID       string // of this version
	Root     string // of the first version, where the form says so
	Replaces string // id of the version that was edited
	Row      map[string]string
	Notes    []string // what became of it
	Ignored  []string // questions that are no columns
}

// ReadKobo reads a submission as KoboToolbox sends it to a REST service: one
// object. Who sent it and from where is not passed on.
func ReadKobo(b []byte) (*KoboSubmission, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil || members == nil {
		return nil, errors.New("not a submission: expected an object of JSON")
	}
	var sum Summary
	r, err := newRun("submission", Options{As: "kobo"}, &sum, nil)
	if err != nil {
		return nil, err
	}
	f := newKobo(r)
	if err := f.one(&record{line: 1, raw: string(b)}); err != nil {
		return nil, err
	}
	if len(f.held) != 1 {
		return nil, errors.New("not a submission: expected an object of JSON")
	}
	s := f.held[0]
	if s.fault != nil {
		return nil, s.fault
	}
	if s.instance == "" {
		return nil, errors.New("not a submission: expected meta/instanceID, _uuid or _id")
	}
	rec := newRecord(1)
	if err := f.columns(rec, s); err != nil {
		return nil, err
	}
	notes, err := f.position(rec, s)
	if err != nil {
		return nil, err
	}
	out := &KoboSubmission{ID: s.instance, Root: bareUUID(s.answers["meta/rootuuid"]), Replaces: bareUUID(s.answers["meta/deprecatedid"]), Row: map[string]string{}, Notes: append(notes, koboNotes(s)...)}
	for column, i := range featureColumns {
		if v := rec.fields[i]; v != "" && column != "id" {
			out.Row[column] = v
		}
	}
	out.Ignored = sum.Columns
	return out, nil
}
