package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// handedFinding is a finding@1 that somebody hands in.
type handedFinding struct {
	at      string // where it stands in the body, with a dot behind it, or nothing
	refs    []record.Ref
	payload []byte
}

// maxFindingSets is of how many pairs of a text and a data set findings come in one
// request: each data set is read anew.
const maxFindingSets = 16

// untrueFindings judges findings again before they are recorded. A record is only added
// to: one that does not follow from what it names would be named by every check from
// then on. One whose text or data set is not here is let in, since another record may
// have them; those that come from other offices are not asked, see docs/record.md.
func (s *Server) untrueFindings(ctx context.Context, fs []handedFinding) (faults []error, err error) {
	var entries []office.RecordedEntry
	kind := map[string]string{}  // of what is referred to; empty: it is not here
	sets := map[[3]string]bool{} // what is read and judged by itself
	digests := map[string]bool{} // of texts that are not here as the entries named
	for i, f := range fs {
		if len(f.refs) != 2 {
			faults = append(faults, fault(f.at+"refs", f.refs, "expected two, about: the entry of the text, then that of the data set. Without them nobody can judge again, and truce verify would say for ever that the record does not hold"))
			continue
		}
		for _, r := range f.refs {
			if _, asked := kind[r.ID]; asked {
				continue
			}
			e, err := s.judgedFrom(ctx, r.ID)
			if err != nil {
				return nil, err
			}
			if kind[r.ID] = ""; e != nil {
				kind[r.ID] = e.Envelope.Kind
				entries = append(entries, *e)
			}
		}
		a, b := kind[f.refs[0].ID], kind[f.refs[1].ID]
		if f.refs[0].ID == f.refs[1].ID || a != "" && a == b || !judgesFrom[a] || !judgesFrom[b] {
			faults = append(faults, fault(f.at+"refs", f.refs, "expected the entry of a text (terms@1) and that of a data set (dataset@1)"))
			continue
		}
		var p record.FindingEntry
		_ = json.Unmarshal(f.payload, &p) // what is no finding is said below
		if a != "terms@1" && b != "terms@1" {
			digests[p.Digest] = true
		}
		if sets[[3]string{f.refs[0].ID, f.refs[1].ID, p.Assumed}] = true; len(sets) > maxFindingSets {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("nothing was recorded: findings of more than %d pairs of a text and a data set at once: send fewer", maxFindingSets))
		}
		entries = append(entries, office.RecordedEntry{Index: int64(i), Envelope: &record.Envelope{Kind: "finding@1", Refs: f.refs}, Payload: f.payload})
	}
	if len(faults) > 0 {
		return faults, nil
	}
	texts, err := s.textsOf(ctx, digests)
	if err != nil {
		return nil, err
	}
	entries = append(entries, texts...)
	done, err := s.onlyOne(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out, err := office.Recompute(ctx, entries, s.o.Log.Blobs().Open)
	if err != nil {
		return nil, failure(err)
	}
	for _, d := range out.Differ {
		at := strings.TrimSuffix(fs[d.Index].at+"payload", ".")
		faults = append(faults, fault(at, nil, "it %s; a finding is recorded where truce %s, judging what it refers to, comes to the same", d.What, s.o.Version))
	}
	return faults, nil
}

// textsOf are the texts of some digests that somebody may read: a finding may name the
// entry that another record has of a text.
func (s *Server) textsOf(ctx context.Context, digests map[string]bool) (out []office.RecordedEntry, err error) {
	if len(digests) == 0 {
		return nil, nil
	}
	var ids []string
	err = viewFailure(s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		return snap.Store().Docs([]string{"terms@1"}, math.MaxInt64, func(d *views.Doc) bool {
			var t record.TermsEntry
			if !d.Erased && json.Unmarshal(d.Payload, &t) == nil && digests[t.Digest] && s.mayReadText(ctx, d) {
				ids = append(ids, d.ID)
			}
			return true
		})
	}))
	for _, id := range ids {
		e, oneErr := s.judgedFrom(ctx, id)
		if oneErr != nil {
			return nil, oneErr
		}
		if e != nil {
			out = append(out, *e)
		}
	}
	return out, err
}

// judgesFrom are the kinds of entries that findings are judged from, and what is not here.
var judgesFrom = map[string]bool{"terms@1": true, "dataset@1": true, "": true}

// judgedFrom is an entry that a finding is judged from; nil where it is not here. What
// somebody may not read nothing is told about.
func (s *Server) judgedFrom(ctx context.Context, id string) (*office.RecordedEntry, error) {
	i, ok := s.o.Log.Find(id)
	if !ok {
		return nil, nil
	}
	o, err := s.objectOf(ctx, id)
	if err == nil {
		err = s.allow(ctx, "read", o)
	}
	if err != nil {
		return nil, err
	}
	e, p, err := s.held(ctx, id)
	switch {
	case errors.Is(err, record.ErrErased), errors.Is(err, record.ErrAbsent):
		return nil, nil
	case err != nil:
		return nil, failure(err)
	}
	for _, h := range e.Blobs[:min(len(e.Blobs), 1)] {
		if b, err := s.o.Log.Blobs().Stat(h); err == nil && e.Kind == "dataset@1" && b.Size > s.o.MaxImport {
			return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("nothing was recorded: a data set of %d bytes is not judged again for a request; record its findings where the record is, with `truce judge --record`", b.Size))
		}
	}
	return &office.RecordedEntry{Index: i, Envelope: e, Payload: p.Bytes}, nil
}
