package views

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/record"
)

// everything is what can be asked of views, and what they answer as of a size. ids
// are of all entries of the log, also later ones, each with a row by its name.
func everything(t testing.TB, v *Views, at int64, ids []string) string {
	t.Helper()
	var b strings.Builder
	tell := func(what string, x any, err error) {
		j, jerr := json.Marshal(x)
		if jerr != nil {
			t.Fatal(jerr)
		}
		fmt.Fprintln(&b, what, string(j), err)
	}
	err := v.Read(at, func(s *Snapshot) error {
		r := s.Store()
		all := s.List(&Filter{May: Markings()}, nil, 1000)
		tell("all", all, nil)
		glanced(t, &b, s, all.Rows)
		for _, q := range []string{"substation", "burns", "обстріл станції", "drones", "fire", "who did it", "night", "пожежа"} {
			found, err := r.IncidentsWith(Search(q), s.At)
			tell(q, slices.Sorted(maps.Keys(found)), err)
			tell(q, s.List(&Filter{May: Markings(), Only: found}, nil, 1000), nil)
			docs, err := r.DocsWith(Search(q))
			tell(q, slices.Sorted(maps.Keys(docs)), err)
		}
		for _, name := range []string{"profile", "judgement"} {
			codes, err := r.Dict(name, s.At)
			tell(name, codes, err)
		}
		var docs []*Doc
		err := r.Docs(nil, math.MaxInt64, func(d *Doc) bool { docs = append(docs, d); return true })
		tell("docs", docs, err)
		docs = nil
		err = r.InOrder([]string{kindReport, kindTerms}, func(d *Doc) bool { docs = append(docs, d); return true })
		tell("in order", docs, err)
		for i := range int64(len(ids) / 2) {
			d, err := r.DocAt(i)
			tell("at", d, err)
			err = r.Since(i, func(num uint32, f Finding) bool { tell("since", []any{num, f}, nil); return true })
			tell("since", nil, err)
		}
		for _, id := range ids {
			d, err := r.Doc(id)
			tell("doc", d, err)
			ds, err := r.ByRoot(id)
			tell("root", ds, err)
			for _, rel := range []record.Relation{record.About, record.Merges, record.Supersedes, record.Adopts} {
				ds, err := r.Pointing(string(rel), id)
				tell(string(rel), ds, err)
			}
			s.tellIncident(&b, tell, id)
		}
		for _, x := range s.Texts() {
			tell("text", []any{x.Entry, brief.NewTextJSON(x.Terms, x.Regimes)}, nil)
			tell("clauses", s.Clauses(&Filter{May: Markings()}, x.Terms.ID), nil)
		}
		for _, by := range []string{"", "act", "energy-2025@kremlin", "blanket-30d@plain"} {
			names, days, err := s.Days(&Filter{May: Markings()}, by)
			tell(by, names, err)
			tell(by, days, nil)
			cells, err := s.Cells(&Filter{May: Markings()}, Tile{}, 8, by)
			if by == "" || by == "act" {
				tell(by, cells, err)
			} else {
				tell(by, nil, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tellIncident tells what is held of one incident, and why it is judged so.
func (s *Snapshot) tellIncident(b *strings.Builder, tell func(string, any, error), id string) {
	r := s.Store()
	num, ok, err := r.Num(id)
	tell("num", []any{num, ok}, err)
	if !ok {
		return
	}
	v, err := r.Version(num, s.At)
	tell("version", v, err)
	h, err := r.History(num)
	tell("history", h, err)
	fs, err := r.Findings(num, s.At)
	tell("findings", fs, err)
	fs, err = r.AllFindings(num)
	tell("all findings", fs, err)
	row, ok, err := r.Row(num, s.At)
	tell("row", []any{row, ok}, err)
	why, err := s.Explain(id)
	brief.Explain(b, why)
	tell("explained", len(why), err)
	ins, err := s.Evidence([]Row{{Num: num}})
	tell("evidence", len(ins), err)
	was, is, err := s.Suppose(id, map[string]string{"act": "attack.sabotage.demolition"})
	if was != nil {
		for _, j := range s.JudgesOf(func(*Doc) bool { return true }) {
			before, after := j.Incident(was, nil), j.Incident(is, nil)
			fmt.Fprintln(b, before.Verdict, after.Verdict)
		}
	}
	tell("supposed", is != nil, err)
}

// TestAsOfIsATwin: asked as of an earlier size, views answer in everything as those
// do whose log never had more.
func TestAsOfIsATwin(t *testing.T) {
	histories := 0
	rapid.Check(t, func(rt *rapid.T) {
		if histories++; histories > min(8, mostHistories) && os.Getenv("TRUCE_SOAK") == "" {
			return // each history is a record on disk
		}
		o := newOffice(t)
		kinds := map[string][]string{}
		if rapid.Bool().Draw(rt, "text first") {
			o.text("energy-2025", kinds)
		}
		for range rapid.IntRange(6, 30).Draw(rt, "entries") {
			o.act(rt, kinds)
		}
		r := o.reader()
		whole := o.views()
		o.update(whole, r)
		var ids []string
		for i := range r.Size() {
			e, err := r.Entry(i)
			if err != nil {
				rt.Fatal(err)
			}
			ids = append(ids, e.Envelope.ID, e.Envelope.ID+".1")
		}
		for range 4 {
			n := rapid.Int64Range(1, r.Size()).Draw(rt, "size")
			twin := o.views()
			if err := twin.BuildTo(context.Background(), r, n); err != nil {
				rt.Fatal(err)
			}
			if want, got := everything(t, twin, Now, ids), everything(t, whole, n, ids); want != got {
				rt.Fatalf("as of %d of %d: %s", n, r.Size(), firstDifference(want, got))
			}
		}
	})
}
