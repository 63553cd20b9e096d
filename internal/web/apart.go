package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// HeldApart is what an entry says of two incidents or reports: that they are of
// different events.
type HeldApart struct {
	A       string `json:"a"`
	B       string `json:"b"`
	Entry   string `json:"entry"`
	Account string `json:"account,omitempty"`
	Made    string `json:"made"`
	Reason  string `json:"reason,omitempty"`
}

// ApartList is what is held apart now.
type ApartList struct {
	Vector views.Vector `json:"vector"`
	Items  []HeldApart  `json:"items" doc:"the oldest first; truce fuse --apart reads this"`
}

func (s *Server) apart() {
	register(s, "/api/apart", "What people hold to be different events: these are not proposed as one, and a merge of them does not count", func(ctx context.Context, q *struct {
		AsOf
	}) (*typed[ApartList], error) {
		if err := s.mayReadKind(ctx, record.KindApart, "what is held apart"); err != nil {
			return nil, err
		}
		l := &ApartList{Items: []HeldApart{}}
		err := s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
			l.Vector = snap.Vector()
			held, err := snap.AllHeld()
			for _, h := range held {
				if x, ok := s.heldApart(whoOf(ctx), h); ok {
					l.Items = append(l.Items, x)
				}
			}
			return err
		})
		if err != nil {
			return nil, viewFailure(err)
		}
		return answer(ctx, l.Vector, q, q.Have, l), nil
	})
}

// heldApart is a pair as somebody sees it; false where they may not read the entry.
func (s *Server) heldApart(who Who, h views.Held) (HeldApart, bool) {
	x := HeldApart{A: h.A, B: h.B, Entry: h.Entry.ID, Account: h.Entry.Account, Made: h.Entry.Made}
	payload, ok := s.wholly(who, h.Entry)
	if !ok {
		return x, false
	}
	var p record.ApartEntry
	if json.Unmarshal(payload, &p) == nil {
		x.Reason = p.Reason
	}
	return x, true
}

// apartFaults checks that an entry holds two apart that are there.
func (s *Server) apartFaults(ctx context.Context, in *EntryIn) (faults []error) {
	faults = dutyFaults(in.Kind, in.Payload)
	var about []string
	for _, r := range in.Refs {
		if r.Relation == string(record.About) {
			about = append(about, r.ID)
		}
	}
	if len(about) != 2 || len(in.Refs) != 2 || about[0] == about[1] {
		return append(faults, fault("refs", in.Refs, "expected two references, about two different incidents or reports"))
	}
	for _, id := range about {
		o, err := s.objectOf(ctx, id)
		if err != nil {
			return append(faults, err)
		}
		if o.Thing != "report" && o.Thing != "incident" { // what is not there is refused as what may not be read
			faults = append(faults, fault("refs", id, "it is no incident and no report"))
		}
	}
	return faults
}

// mergeFault refuses a merge of what is held apart: it would not count. The way out
// is to take that back first.
func (s *Server) mergeFault(ctx context.Context, in *EntryIn) error {
	var ids []string
	for _, r := range in.Refs {
		if r.Relation == string(record.Merges) {
			ids = append(ids, r.ID)
		}
	}
	var out error
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		for i, a := range ids {
			for _, b := range ids[i+1:] {
				h, err := snap.HeldBetween(a, b)
				if err != nil || h == nil {
					if err != nil {
						return err
					}
					continue
				}
				why := "two of what would be one are held apart by people"
				if x, ok := s.heldApart(whoOf(ctx), *h); ok {
					why += ": " + x.A + " and " + x.B + ", entry " + x.Entry
				}
				out = huma.NewError(http.StatusConflict, "nothing was recorded: "+why+". An entry of kind apart@1 about both with the decision withdrawn takes that back; then they can be merged")
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return viewFailure(err)
	}
	return out
}
