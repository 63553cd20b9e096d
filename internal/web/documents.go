package web

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/vocab"
)

// DocumentList is a page of entries, newest first.
type DocumentList struct {
	Vector views.Vector   `json:"vector"`
	Totals DocumentTotals `json:"totals"`
	Items  []*views.Doc   `json:"items"`
	Next   string         `json:"next,omitempty"`
}

// DocumentTotals say what a list of entries leaves out.
type DocumentTotals struct {
	Shown     int `json:"shown"`
	Unlocated int `json:"unlocated" doc:"of shown, reports without a place"`
	Undated   int `json:"undated" doc:"of shown, reports without a time"`
	Erased    int `json:"erased" doc:"of shown, entries whose payload was destroyed"`
	Closed    int `json:"closed" doc:"of shown, entries whose payload you may not read, or not without that it is recorded: only their envelope is here"`
}

// documents adds the lists of entries of some kinds.
func (s *Server) documents(name string, kinds []string) {
	register(s, "/api/"+name, "Entries as they arrived: "+name, func(ctx context.Context, q *documentListQuery) (*typed[DocumentList], error) {
		l, err := s.documentList(ctx, q, kinds)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
	exportsOf(s, name, func(ctx context.Context, q *documentListQuery) (table, views.Vector, error) {
		l, err := s.documentList(ctx, q, kinds)
		if err != nil {
			return table{}, nil, err
		}
		return documentTable(l), l.Vector, nil
	}, func(q *documentListQuery) have { return q.Have })
}

func (s *Server) documentList(ctx context.Context, q *documentListQuery, kinds []string) (*DocumentList, error) {
	if err := s.anyReading(ctx); err != nil {
		return nil, err
	}
	w, err := q.wanted(kinds)
	if err != nil {
		return nil, err
	}
	before := int64(math.MaxInt64)
	if q.Cursor != "" {
		if before, err = strconv.ParseInt(q.Cursor, 10, 64); err != nil {
			return nil, badCursor(q.Cursor)
		}
	}
	if kinds == nil {
		kinds = q.Kind
	}
	l := &DocumentList{Items: []*views.Doc{}}
	err = s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		var only map[int64]bool
		words := views.Search(q.Q)
		if len(words) > 0 {
			if only, err = snap.Store().DocsWith(words); err != nil {
				return err
			}
		}
		return docsOf(snap, kinds, min(before, snap.Size), q.About, func(d *views.Doc) bool {
			if only != nil && !only[d.Index] {
				return true
			}
			// What is asked is asked of what is seen: else the question would tell
			// what is in the rest.
			d, closed := s.redact(ctx, d)
			if !w.takes(d) || len(words) > 0 && !words.In(d.Searched()...) {
				return true
			}
			if closed {
				l.Totals.Closed++
			}
			if len(l.Items) == q.Limit {
				l.Next = strconv.FormatInt(l.Items[len(l.Items)-1].Index, 10)
				return false
			}
			l.Items = append(l.Items, d)
			return true
		})
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	for _, d := range l.Items {
		l.Totals.count(d)
	}
	return l, nil
}

// docsOf calls f with documents of some kinds below an index, newest first, until it
// returns false: all, or where about names an entry those that refer to it, which are
// few among many.
func docsOf(snap *views.Snapshot, kinds []string, before int64, about string, f func(*views.Doc) bool) error {
	if about == "" {
		return snap.Store().Docs(kinds, before, f)
	}
	ds, err := snap.Store().Pointing("", about)
	if err != nil {
		return err
	}
	found := map[int64]*views.Doc{} // once, by however many relations it refers
	for _, d := range ds {
		if d.Index < before && (len(kinds) == 0 || slices.Contains(kinds, d.Kind)) {
			found[d.Index] = d
		}
	}
	order := slices.Sorted(maps.Keys(found))
	for _, i := range slices.Backward(order) {
		if !f(found[i]) {
			return nil
		}
	}
	return nil
}

// envelopeOnly is what anybody who may read the log sees of an entry.
func envelopeOnly(d *views.Doc) *views.Doc {
	x := *d
	x.Payload, x.Account, x.Problem, x.Marking, x.Touches = nil, "", "", "", false
	return &x
}

func (t *DocumentTotals) count(d *views.Doc) {
	t.Shown++
	if d.Erased {
		t.Erased++
	}
	if d.Kind == "report@1" && len(d.Payload) > 0 {
		row := rowOf(d)
		if row["lat"] == "" && row["place"] == "" {
			t.Unlocated++
		}
		if row["time_start"] == "" {
			t.Undated++
		}
	}
}

// rowOf is the row of a report in the plain format, as it arrived.
func rowOf(d *views.Doc) map[string]string {
	var p struct{ Row map[string]string }
	if json.Unmarshal(d.Payload, &p) != nil {
		return nil
	}
	return p.Row
}

// anyReading asks whether somebody may ask for envelopes, which everybody may,
// but for tokens that are good for something else.
func (s *Server) anyReading(ctx context.Context) error {
	for _, scope := range whoOf(ctx).Scopes {
		if strings.HasPrefix(scope, "read:") {
			return nil
		}
	}
	return s.allow(ctx, "read", Object{Thing: "record", Marking: rights.ForPublic})
}

// wanted is a documentListQuery, read.
type wanted struct {
	q        *documentListQuery
	from, to time.Time
}

// wanted reads the query of a list of some kinds, or of all where kinds is nil.
func (q *documentListQuery) wanted(kinds []string) (*wanted, error) {
	w := &wanted{q: q}
	var faults []error
	for _, x := range []struct {
		name, text string
		to         *time.Time
	}{{"from", q.From, &w.from}, {"to", q.To, &w.to}} {
		if x.text == "" {
			continue
		}
		var err error
		if *x.to, err = timeOf(x.text); err != nil {
			faults = append(faults, &huma.ErrorDetail{Message: err.Error(), Location: "query." + x.name, Value: x.text})
		}
	}
	bad := func(name, value, why string) {
		faults = append(faults, &huma.ErrorDetail{Message: why, Location: "query." + name, Value: value})
	}
	if !w.from.IsZero() && !w.to.IsZero() && !w.from.Before(w.to) {
		bad("to", q.To, "it is not after from")
	}
	if f := wordless(q.Q); f != nil {
		faults = append(faults, f)
	}
	for _, k := range q.Kind {
		if kinds != nil {
			bad("kind", k, "this list is of "+strings.Join(kinds, ", ")+": ask /api/entries for other kinds")
		} else if _, ok := record.KindOf(k); !ok {
			bad("kind", k, noKind(k))
		}
	}
	if q.Author != "" {
		if _, err := record.ParseKeyID(q.Author); err != nil {
			bad("author", q.Author, "expected the id of a key: 32 hexadecimal digits")
		}
	}
	v := views.Vocabulary()
	faults = append(faults, noNodes("act", v.Act, q.Act)...)
	faults = append(faults, noNodes("target", v.Target, q.Target)...)
	if about := len(q.Act) + len(q.Target) + len(q.Actor); about > 0 && kinds != nil && !slices.Contains(kinds, "report@1") {
		bad("act", strings.Join(slices.Concat(q.Act, q.Target, q.Actor), ","), "act, target and actor are of reports: ask /api/reports")
	}
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("the question cannot be read", faults...)
	}
	return w, nil
}

func (w *wanted) takes(d *views.Doc) bool {
	q := w.q
	switch {
	case q.Account != "" && d.Account != q.Account, q.Author != "" && d.Author != q.Author,
		len(q.Marking) > 0 && !slices.Contains(q.Marking, string(d.Marking)),
		q.About != "" && !slices.ContainsFunc(d.Refs, func(r views.Ref) bool { return r.ID == q.About }):
		return false
	}
	if !w.from.IsZero() || !w.to.IsZero() {
		made, err := time.Parse(time.RFC3339, d.Made)
		if err != nil || made.Before(w.from) || !w.to.IsZero() && !made.Before(w.to) {
			return false
		}
	}
	if len(q.Act)+len(q.Target)+len(q.Actor) == 0 {
		return true
	}
	row := rowOf(d)
	if row == nil {
		return false
	}
	return below(row["act"], q.Act) && below(row["target"], q.Target) && below(row["actor"], q.Actor)
}

// noKind says that there is no such kind of entry, and the nearest.
func noKind(name string) string {
	var all []string
	for _, k := range record.Kinds {
		all = append(all, k.Name)
	}
	if near := vocab.Nearest(name, all); near != "" {
		return "there is no such kind; the nearest is " + near
	}
	return "there is no such kind: expected one of docs/kinds.md, such as report@1"
}

// below reports whether one of a|b is one of the nodes, or below one.
func below(have string, nodes []string) bool {
	if len(nodes) == 0 {
		return true
	}
	for _, h := range strings.Split(have, "|") {
		for _, n := range nodes {
			if h == n && h != "" || strings.HasPrefix(h, n+".") || h == "" && n == "unknown" {
				return true
			}
		}
	}
	return false
}
