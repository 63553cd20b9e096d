package office

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// formers are the entries of rows of the edition before that have other values now, or
// are not there any more.
type formers struct {
	ids     map[*feeds.EditionRow]string            // of reports, by the row of the edition before
	updated map[*feeds.EditionRow]*feeds.EditionRow // that row, by the row of the later edition
}

// of is the row that a row of the later edition was; nil where it is new.
func (f formers) of(r *feeds.EditionRow) *feeds.EditionRow { return f.updated[r] }

// said is a hash over what a row says.
type said [16]byte

func saidBy(columns map[string]string) said {
	b, _ := json.Marshal(columns) // keys are sorted
	h := sha256.Sum256(b)
	return said(h[:16])
}

// facts are columns that corrections have changed, with the newest value of each; empty:
// it was taken away.
type facts [][2]string

func (f facts) set(column, value string) facts {
	for i := range f {
		if f[i][0] == column {
			f[i][1] = value
			return f
		}
	}
	return append(f, [2]string{column, value})
}

func (f facts) change(columns map[string]string) {
	for _, c := range f {
		if columns[c[0]] = c[1]; c[1] == "" {
			delete(columns, c[0])
		}
	}
}

// formers finds the entries, among those before a place of the log, by what they say by
// now. Rows of a source may be as many as there are, so what is held is of rows that
// changed and of corrections, and nothing of the others.
func (x *importing) formers(ctx context.Context, before int64) (formers, error) {
	out := formers{map[*feeds.EditionRow]string{}, map[*feeds.EditionRow]*feeds.EditionRow{}}
	wanted := map[said][]*feeds.EditionRow{}
	if x.diff == nil {
		return out, nil
	}
	for _, c := range x.diff.Changes {
		if c.OldRow == nil {
			continue
		}
		if c.NewRow != nil {
			out.updated[c.NewRow] = c.OldRow
		}
		key := saidBy(x.old.Columns(c.OldRow))
		wanted[key] = append(wanted[key], c.OldRow)
	}
	if len(wanted) == 0 {
		return out, nil
	}
	if err := x.Log.Integrate(ctx); err != nil {
		return out, err
	}
	r := x.Log.Reader()
	before = min(before, r.Size())
	of, corrected, err := x.corrected(r, before)
	if err != nil {
		return out, err
	}
	found := map[said][]string{}
	for e, err := range r.Range(0, before) {
		if err != nil {
			return out, err
		}
		if e.Envelope.Author != x.me || e.Envelope.Kind != "report@1" || !of[about(e.Envelope)] {
			continue
		}
		var p signedRow
		if ok, err := payloadOf(r, e.Index, &p); err != nil {
			return out, err
		} else if !ok || p.Account != x.in.Account || p.Format != x.in.Format || p.Row == nil {
			continue
		}
		corrected[e.Envelope.ID].change(p.Row)
		if key := saidBy(p.Row); wanted[key] != nil {
			found[key] = append(found[key], e.Envelope.ID)
		}
	}
	for key, ids := range found {
		slices.Sort(ids)
		for i, id := range ids[:min(len(ids), len(wanted[key]))] {
			out.ids[wanted[key][i]] = id
		}
	}
	return out, nil
}

// corrected are the data sets of the editions before, and what corrections have made of
// reports.
func (x *importing) corrected(r *journal.Reader, before int64) (of map[string]bool, by map[string]facts, err error) {
	earlier := map[string]string{} // data sets, with the one that each took the place of
	by = map[string]facts{}
	for e, err := range r.Range(0, before) {
		if err != nil {
			return nil, nil, err
		}
		if e.Envelope.Author != x.me {
			continue
		}
		switch e.Envelope.Kind {
		case "dataset@1":
			earlier[e.Envelope.ID] = superseded(e.Envelope)
		case "correction@1":
			var p signedCorrection
			id := superseded(e.Envelope)
			if ok, err := payloadOf(r, e.Index, &p); err != nil {
				return nil, nil, err
			} else if !ok || id == "" || p.Account != x.in.Account {
				continue
			}
			for column, v := range p.Facts {
				by[id] = by[id].set(column, v)
			}
		}
	}
	of = map[string]bool{}
	h, err := record.ParseHash(x.in.Earlier)
	if err != nil || x.notes[h] == nil {
		return of, by, nil
	}
	for id := x.notes[h].Dataset; id != "" && !of[id]; id = earlier[id] {
		of[id] = true
	}
	return of, by, nil
}

// payloadOf reads a payload; false where it is not here, or says something else.
func payloadOf(r *journal.Reader, i int64, to any) (bool, error) {
	p, err := r.Payload(i)
	if errors.Is(err, record.ErrErased) || errors.Is(err, record.ErrAbsent) {
		return false, nil
	}
	return err == nil && json.Unmarshal(p.Bytes, to) == nil, err
}

func superseded(e *record.Envelope) string { return refOf(e, record.Supersedes) }

func about(e *record.Envelope) string { return refOf(e, record.About) }

// refOf is the first entry that another refers to by a relation; empty: none.
func refOf(e *record.Envelope, by record.Relation) string {
	for _, r := range e.Refs {
		if r.Relation == by {
			return r.ID
		}
	}
	return ""
}
