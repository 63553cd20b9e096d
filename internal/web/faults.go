package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/vocab"
)

// fault is what is wrong with one member of a body.
func fault(member string, value any, format string, args ...any) *huma.ErrorDetail {
	return &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: "body." + member, Value: value}
}

// rowFaults reads a row, and says all that keeps it from being read: a column with
// a fault is left out, and the rest is read again.
func rowFaults(format string, row map[string]string) (faults []error) {
	row, faults = maps.Clone(row), columnFaults(format, row)
	pair := map[string]string{"lat": "lon", "lon": "lat", "time_start": "time_end", "time_end": "time_start"}
	for len(faults) < 20 {
		x, problems, err := views.CheckRow(format, row)
		if err != nil {
			return append(faults, fault("format", format, "%v", err))
		}
		if x != nil {
			return faults
		}
		more := false
		for _, p := range problems {
			if !p.Fatal {
				continue
			}
			at, value := "row", ""
			if p.Column != "" {
				at, value = "row."+p.Column, row[p.Column]
				more = more || len(row) > 1
			}
			faults = append(faults, fault(at, value, "%s", p.Msg))
			if other := pair[p.Column]; row[other] != "" {
				faults = append(faults, aloneFaults(format, other, row[other], p.Column)...)
				delete(row, other) // one without the other is no fault of theirs
			}
			delete(row, p.Column)
		}
		if !more {
			break
		}
	}
	if len(faults) == 0 {
		faults = append(faults, fault("row", nil, "it is no event in the format %s", format))
	}
	return faults
}

// columnFaults names what is no column of the incidents file: what stands in it would
// be read by nothing. Other formats have columns that are passed over.
func columnFaults(format string, row map[string]string) (faults []error) {
	if format != "truce" {
		return nil
	}
	columns := feeds.IncidentColumns()
	for _, c := range slices.Sorted(maps.Keys(row)) {
		name := strings.ToLower(strings.TrimSpace(c))
		if slices.Contains(columns, name) {
			continue
		}
		near := vocab.Nearest(name, columns)
		if near != "" {
			near = "; the nearest is " + near
		}
		faults = append(faults, fault("row."+c, row[c], "it is no column%s: expected one of %s", near, strings.Join(columns, ", ")))
	}
	return faults
}

// aloneFaults reads one column of a pair beside a good value of the other, which has
// a fault of its own: a missing longitude must not hide a latitude of 151.
func aloneFaults(format, column, value, other string) (faults []error) {
	good := map[string]string{"lat": "0", "lon": "0", "time_start": "1970-01-01T00:00Z", "time_end": "2099-12-31T00:00Z"}
	_, problems, err := views.CheckRow(format, map[string]string{column: value, other: good[other]})
	if err != nil {
		return nil
	}
	for _, p := range problems {
		if p.Fatal && p.Column == column {
			faults = append(faults, fault("row."+column, value, "%s", p.Msg))
		}
	}
	return faults
}

// textFaults checks the names of the files of a text: they lead to files of the entry
// and to nothing else. Whether the text can be read by them its problem says.
func textFaults(in *EntryIn) []error {
	names := []string{}
	all, _ := in.Payload["files"].([]any)
	for _, n := range all {
		name, _ := n.(string)
		names = append(names, name)
	}
	switch at, err := views.CheckFiles(names, len(in.Blobs)); {
	case len(in.Blobs) == 0:
		return []error{fault("blobs", nil, "a text is a file: send it to /api/blobs, and name it here by its SHA-256")}
	case err != nil && at < 0:
		return []error{fault("payload.files", nil, "%v", err)}
	case err != nil:
		return []error{fault(fmt.Sprintf("payload.files[%d]", at), names[at], "%v", err)}
	}
	return nil
}

// payloadFaults reads a payload into the type of its kind, and names members that
// are missing or of another type.
func payloadFaults(k record.Kind, payload map[string]any) []error {
	var faults []error
	members := membersOf(k)
	for _, m := range members {
		v, ok := payload[m.name]
		switch {
		case !ok && m.required:
			faults = append(faults, fault("payload."+m.name, nil, "it is missing: expected %s", m.doc))
		case ok && !m.fits(v):
			faults = append(faults, fault("payload."+m.name, v, "expected %s: %s", m.kind, m.doc))
		}
	}
	for name, v := range payload {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == name }) && !ofRights(name) {
			faults = append(faults, fault("payload."+name, v, "%s has no such member", k.Name))
		}
	}
	return append(faults, rightsFaults(payload)...)
}

// ofRights reports whether a member is about rights: any payload may have it.
func ofRights(name string) bool {
	return name == "marking" || name == "markings" || name == "party"
}

// rightsFaults checks the members that are about rights.
func rightsFaults(payload map[string]any) []error {
	var faults []error
	known := func(v any) bool {
		m, ok := v.(string)
		return ok && slices.Contains(views.Markings(), views.Marking(m))
	}
	const expected = "expected one of public, parties, mission, restricted"
	if m, there := payload["marking"]; there && !known(m) {
		faults = append(faults, fault("payload.marking", m, expected))
	}
	if p, there := payload["party"]; there {
		if _, ok := p.(string); !ok {
			faults = append(faults, fault("payload.party", p, "expected the id of a party"))
		}
	}
	all, there := payload["markings"]
	fields, ok := all.(map[string]any)
	if there && !ok {
		faults = append(faults, fault("payload.markings", all, "expected an object: the name of a field, and for whom it is"))
	}
	for name, m := range fields {
		if !known(m) {
			faults = append(faults, fault("payload.markings."+name, m, expected))
		}
	}
	return faults
}

func kindNames() string {
	var out []string
	for _, k := range record.Kinds {
		out = append(out, k.Name)
	}
	return strings.Join(out, ", ")
}

func toMend(faults []error) string {
	if len(faults) == 1 {
		return "nothing was recorded: one thing to mend"
	}
	return fmt.Sprintf("nothing was recorded: %d things to mend", len(faults))
}
