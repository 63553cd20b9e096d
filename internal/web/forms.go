package web

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/forms"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// FormItem is a version of a form.
type FormItem struct {
	Ref     string `json:"ref" doc:"ID@VERSION, which a report names"`
	Newest  bool   `json:"newest" doc:"the version by which reports are made; older ones are for reading what was made by them"`
	Builtin bool   `json:"builtin" doc:"comes with truce; otherwise it is an entry of the record"`
	Entry   string `json:"entry,omitempty" doc:"id of the entry"`
	*forms.Form
}

// FormList is all forms.
type FormList struct {
	Vector views.Vector `json:"vector"`
	Items  []FormItem   `json:"items" doc:"by id, the newest version first"`
}

func (s *Server) formQuestions() {
	register(s, "/api/forms", "Forms by which reports are made, in all their versions", func(ctx context.Context, q *struct{ AsOf }) (*typed[FormList], error) {
		l, err := s.forms(ctx, q.size())
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
}

// forms are those that come with truce and those of the record. Of two entries with
// one id and version the first holds: a version is never changed.
func (s *Server) forms(ctx context.Context, at int64) (*FormList, error) {
	who := whoOf(ctx)
	if !s.freely(who, Object{Thing: thingOf("form@1"), Marking: rights.Marking(views.MarkingOf("form@1"))}) {
		return nil, s.closed(ctx, "forms")
	}
	l, have := &FormList{Items: []FormItem{}}, map[string]bool{}
	for _, f := range forms.Builtin() {
		have[forms.Ref(f)] = true
		l.Items = append(l.Items, FormItem{Ref: forms.Ref(f), Builtin: true, Form: f})
	}
	err := s.o.Views.Read(at, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		return snap.Store().InOrder([]string{"form@1"}, func(d *views.Doc) bool {
			f := &forms.Form{}
			if d.Index >= snap.Size || !s.freely(who, s.object(d)) || json.Unmarshal(d.Payload, f) != nil || len(forms.Check(f)) > 0 || have[forms.Ref(f)] {
				return true
			}
			have[forms.Ref(f)] = true
			l.Items = append(l.Items, FormItem{Ref: forms.Ref(f), Entry: d.ID, Form: f})
			return true
		})
	})
	slices.SortStableFunc(l.Items, func(a, b FormItem) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return int(min(max(b.Version-a.Version, -1), 1))
	})
	for i := range l.Items {
		l.Items[i].Newest = i == 0 || l.Items[i-1].ID != l.Items[i].ID
	}
	return l, viewFailure(err)
}

// formFaults checks a form that is handed in: by itself, and that its version follows
// those that are there.
func (s *Server) formFaults(ctx context.Context, id string, payload map[string]any) (faults []error) {
	b, err := json.Marshal(payload)
	f := &forms.Form{}
	if err == nil {
		err = json.Unmarshal(b, f)
	}
	if err != nil {
		return []error{fault("payload", nil, "it is no form: %v", err)}
	}
	for _, x := range forms.Check(f) {
		faults = append(faults, fault("payload."+x.At, nil, "%s", x.Msg))
	}
	if _, again := s.o.Log.Find(id); again {
		return faults
	}
	l, err := s.forms(ctx, views.Now)
	if err != nil {
		return append(faults, err)
	}
	for _, x := range l.Items {
		if x.ID == f.ID && x.Version >= f.Version {
			return append(faults, fault("payload.version", f.Version, "there is version %d of %s, and a version is never changed: expected %d", x.Version, x.ID, x.Version+1))
		}
	}
	return faults
}

// fill puts the answers of a form into a report. Those that are columns stand in the
// row, the others beside it; the report is marked at least as its answers ask.
func (s *Server) fill(ctx context.Context, in *ReportIn, e *EntryIn) (faults []error) {
	if in.Form == "" {
		if len(in.Fields) > 0 {
			faults = append(faults, fault("fields", nil, "answers without a form: expected form, ID@VERSION of /api/forms"))
		}
		return faults
	}
	l, err := s.forms(ctx, views.Now)
	if err != nil {
		return []error{fault("form", in.Form, "%v", err)}
	}
	i := slices.IndexFunc(l.Items, func(x FormItem) bool { return x.Ref == in.Form })
	if i < 0 {
		var refs []string
		for _, x := range l.Items {
			refs = append(refs, x.Ref)
		}
		return []error{fault("form", in.Form, "there is no such form: expected one of %s", strings.Join(refs, ", "))}
	}
	if _, again := s.o.Log.Find(in.ID); !again && !l.Items[i].Newest {
		faults = append(faults, fault("form", in.Form, "a later version has taken its place: answer that of /api/forms which is newest"))
	}
	a, wrong := forms.Answer(l.Items[i].Form, in.Fields)
	for _, x := range wrong {
		faults = append(faults, fault(strings.TrimSuffix("fields."+x.At, "."), in.Fields[x.At], "%s", x.Msg))
	}
	if in.Format != "truce" {
		faults = append(faults, fault("format", in.Format, "a form fills the columns of truce: expected truce, or no format"))
	}
	row := maps.Clone(in.Row)
	if row == nil {
		row = map[string]string{}
	}
	for _, c := range slices.Sorted(maps.Keys(a.Row)) {
		if row[c] != "" && row[c] != a.Row[c] {
			faults = append(faults, fault("row."+c, row[c], "the form fills this column, with %q: expected it in one of the two", a.Row[c]))
		}
		row[c] = a.Row[c]
	}
	in.Row, e.Payload["form"] = row, in.Form
	if len(a.Fields) > 0 {
		e.Payload["fields"] = a.Fields
	}
	if len(a.Words) > 0 {
		e.Payload["words"] = a.Words
	}
	marking := views.MarkingOf("report@1")
	if in.Marking != "" {
		marking = views.Marking(in.Marking)
	}
	if a.Marking != "" {
		in.Marking = string(views.Closer(marking, views.Marking(a.Marking)))
	}
	return faults
}

// fieldColumns are the fields of forms that a page of incidents has, in order.
func fieldColumns(items []IncidentItem) []string {
	seen := map[string]bool{}
	for i := range items {
		for k := range items[i].Fields {
			seen[k] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
