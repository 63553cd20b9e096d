package views

import (
	"encoding/json"
	"slices"
)

// Taken is reports that people take as one event, and the entries that say so.
type Taken struct {
	Reports []string
	Entries []*Doc // incidents that hold reports, and the merges that count
}

// AllTaken are all sets of two reports and more that people take as one, in the order
// of the log. A merge that was split, or that does not count because two of it are held
// apart, takes nothing as one.
func (s *Snapshot) AllTaken() ([]Taken, error) {
	x := assembler{s.Store()}
	seen := map[string]bool{}
	var out []Taken
	var fault error
	err := s.Store().InOrder([]string{kindIncident}, func(d *Doc) bool {
		if seen[d.ID] || d.Index >= s.Size {
			return true
		}
		var members, merges []*Doc
		if members, merges, fault = x.component(d.ID); fault != nil {
			return false
		}
		for _, m := range members {
			seen[m.ID] = true
		}
		var rs []*Doc
		if rs, fault = x.reports(members); fault != nil {
			return false
		}
		if len(rs) > 1 {
			t := Taken{Entries: slices.Concat(members, merges)}
			for _, r := range rs {
				t.Reports = append(t.Reports, r.ID)
			}
			out = append(out, t)
		}
		return true
	})
	if err == nil {
		err = fault
	}
	return out, err
}

// Reason is why incidents were merged, in the words of the entry.
func (t *Taken) Reason() (reason, by, entry string) {
	for _, d := range t.Entries {
		if d.Kind != kindMerge {
			continue
		}
		var p struct{ Reason string }
		if json.Unmarshal(d.Payload, &p) == nil && p.Reason != "" {
			return p.Reason, d.Account, d.ID
		}
	}
	return "", t.Entries[0].Account, t.Entries[0].ID
}
