package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// IncidentPage is one incident with all that bears on it.
type IncidentPage struct {
	Vector   views.Vector `json:"vector"`
	Incident IncidentItem `json:"incident"`
	// History is what it was before: states between entries, and findings that
	// were revised.
	History  []views.Version `json:"history" doc:"its states, oldest first, by the entries between which they held"`
	Revised  []views.Finding `json:"revised" doc:"findings that were revised, with the entries between which they held"`
	Reports  []*views.Doc    `json:"reports"`
	Claims   []*views.Doc    `json:"claims"`
	Others   []*views.Doc    `json:"others" doc:"entries that made it so: incidents, merges, corrections, disputes, determinations"`
	Apart    []HeldApart     `json:"apart,omitempty" doc:"what people hold to be another event"`
	Closed   int             `json:"closed" doc:"entries that you may not read: only their envelope is here"`
	Explain  string          `json:"explain,omitempty" doc:"articles with lit and unlit phrases, as truce judge --explain prints"`
	Standing string          `json:"standing" doc:"what a verdict means here"`
}

type incidentPageQuery struct {
	AsOf
	ID      string `path:"id" doc:"id or radio id" maxLength:"60"`
	Explain bool   `query:"explain" doc:"add the article with lit and unlit phrases"`
}

const standing = "Verdicts are computed and bind nobody: each says what would follow if the facts hold. Determinations stand beside it."

func (s *Server) incidents() {
	register(s, "/api/incidents/{id}", "One incident, with reports, claims, findings and history", s.incidentPage)
	register(s, "/api/entries/{id}", "One entry", func(ctx context.Context, q *struct {
		AsOf
		ID string `path:"id"`
	}) (*typed[entryPage], error) {
		if err := s.anyReading(ctx); err != nil {
			return nil, err
		}
		p := &entryPage{}
		err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
			p.Vector = snap.Vector()
			d, err := snap.Store().Doc(q.ID)
			if err == nil && d == nil {
				err = s.notThere(q.ID, snap)
			}
			if err == nil {
				p.Entry, _ = s.redact(ctx, d)
			}
			return err
		})
		if err != nil {
			return nil, viewFailure(err)
		}
		return answer(ctx, p.Vector, q, q.Have, p), nil
	})
}

type entryPage struct {
	Vector views.Vector `json:"vector"`
	Entry  *views.Doc   `json:"entry"`
}

// notThere says whether an entry is not there, or not there yet: one that the views
// have gone past, and do not show, will not come by asking again.
func (s *Server) notThere(id string, snap *views.Snapshot) error {
	if i, ok := s.o.Log.Find(id); ok && snap.At == views.Now && i >= snap.Vector()[s.o.Log.Office().Origin] {
		return huma.ErrorWithHeaders(huma.Error404NotFound("entry "+id+" is recorded, and the views do not hold it yet: ask again in a second"), http.Header{"Retry-After": {"1"}})
	}
	return nowhere(id)
}

// nowhere is the one answer for what is not in the record and what is not there for
// the asker, so that it tells nothing of the two.
func nowhere(id string) error {
	return huma.Error404NotFound("there is no " + strconv.Quote(id) + " in this record")
}

func (s *Server) incidentPage(ctx context.Context, q *incidentPageQuery) (*typed[IncidentPage], error) {
	who := whoOf(ctx)
	if err := s.allow(ctx, "read", Object{Thing: "incident", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	p := &IncidentPage{Standing: standing, History: []views.Version{}, Revised: []views.Finding{}, Reports: []*views.Doc{}, Claims: []*views.Doc{}, Others: []*views.Doc{}}
	id := q.ID
	if len(id) < 26 {
		id = strings.ToUpper(id)
		if len(id) > 4 && id[3] == '-' && !views.CheckRadio(id) {
			return nil, huma.Error404NotFound("no incident has the id " + strconv.Quote(id) + ": its last digit does not check the others, so it was misheard or mistyped")
		}
	}
	err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		num, ok, err := snap.Store().Num(id)
		if err != nil {
			return err
		}
		var x *IncidentItem
		if ok {
			x, err = s.itemOf(who, snap, num)
		}
		if err != nil {
			return err
		}
		// What one may not see is answered as what is not there.
		if x == nil {
			return s.notThere(id, snap)
		}
		p.Vector, p.Incident = snap.Vector(), *x
		if err := s.past(who, snap, num, p); err != nil {
			return err
		}
		if err := s.beside(ctx, snap, p); err != nil {
			return err
		}
		if len(x.Apart) > 0 {
			if _, p.Apart, err = s.heldOf(who, snap, &x.Incident); err != nil {
				return err
			}
		}
		reasons := false
		if q.Explain {
			if reasons, err = s.seesReasons(who, snap, num); err != nil {
				return err
			}
		}
		if reasons {
			fs, err := snap.Explain(x.ID)
			if err != nil {
				return err
			}
			var b strings.Builder
			brief.Explain(&b, fs)
			p.Explain = b.String()
		}
		return nil
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	return answer(ctx, p.Vector, q, q.Have, p), nil
}

// past adds states and findings that do not hold any more.
func (s *Server) past(who Who, snap *views.Snapshot, num uint32, p *IncidentPage) error {
	h, err := snap.Store().History(num)
	if err != nil {
		return err
	}
	// A finding is as open as the state that it was of.
	type held struct {
		since, until int64
		n            views.Narrowed
	}
	var narrowed []held
	for _, v := range h {
		if v.Since >= snap.Size {
			continue
		}
		narrowed = append(narrowed, held{v.Since, v.Until, sight.NarrowedOf(&v.Incident)})
		if s.sights.See(who, &v.Incident) {
			p.History = append(p.History, *v)
		}
	}
	fs, err := snap.Store().AllFindings(num)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if f.Until == 0 || f.Until >= snap.Size {
			continue
		}
		seen := []views.Finding{f}
		for _, v := range narrowed {
			if v.since < f.Until && (v.until == 0 || v.until > f.Since) {
				seen = s.sights.Findings(who, v.n, seen)
			}
		}
		p.Revised = append(p.Revised, seen...)
	}
	return nil
}

// beside adds the entries that bear on it.
func (s *Server) beside(ctx context.Context, snap *views.Snapshot, p *IncidentPage) error {
	x := &p.Incident
	var others []string
	others = append(append(append(append(others, x.Members...), x.Merges...), append(slices.Clone(x.Apart), x.Corrections...)...), x.Determinations...)
	for _, d := range x.Disputes {
		others = append(others, d.Entry)
		if d.By != "" {
			others = append(others, d.By)
		}
	}
	if x.Dataset != "" {
		others = append(others, x.Dataset)
	}
	for _, l := range []struct {
		ids []string
		to  *[]*views.Doc
	}{{x.Reports, &p.Reports}, {x.Claims, &p.Claims}, {others, &p.Others}} {
		for _, id := range l.ids {
			d, err := snap.Store().Doc(id)
			if err != nil {
				return err
			}
			if d == nil || d.Index >= snap.Size {
				continue
			}
			r, closed := s.redact(ctx, d)
			if closed {
				p.Closed++
			}
			*l.to = append(*l.to, r)
		}
	}
	return nil
}

func (s *Server) receipts() {
	register(s, "/api/receipts/{id}", "The receipt of an entry, as it was given", func(ctx context.Context, q *struct {
		ID string `path:"id"`
	}) (*acceptedOutput, error) {
		if err := s.anyReading(ctx); err != nil {
			return nil, err
		}
		e, p, err := s.held(ctx, q.ID)
		if errors.Is(err, record.ErrErased) {
			return nil, huma.NewError(http.StatusGone, "the payload of entry "+q.ID+" was erased; its place in the log is proved by "+"/api/entries/"+q.ID+"/proof")
		}
		if err != nil {
			return nil, failure(err)
		}
		ack, err := s.o.Log.Append(ctx, []*record.Envelope{e}, []journal.Payload{p})
		if err != nil {
			return nil, failure(err)
		}
		return accepted(q.ID, ack, http.StatusOK), nil
	})
	huma.Register(s.api, huma.Operation{OperationID: "get-proof", Method: http.MethodGet, Path: "/api/entries/{id}/proof", Summary: "Proof that an entry is in the log (.tlog-proof)", Tags: []string{"read"}},
		func(ctx context.Context, q *struct {
			ID string `path:"id"`
		}) (*listed, error) {
			i, ok := s.o.Log.Find(q.ID)
			if !ok {
				return s.foreignProof(q.ID)
			}
			r := s.o.Log.Reader()
			if i >= r.Size() {
				return nil, huma.ErrorWithHeaders(huma.Error404NotFound("entry "+q.ID+" is recorded, and in no checkpoint yet: ask again in a second"), http.Header{"Retry-After": {"1"}})
			}
			b, err := r.Proof(i)
			if err != nil {
				return nil, failure(err)
			}
			return &listed{Status: http.StatusOK, Cache: "no-cache", ContentType: "text/plain; charset=utf-8", Disposition: `attachment; filename="` + q.ID + `.tlog-proof"`, Body: b}, nil
		})
}
