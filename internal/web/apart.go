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
	RadioA  string `json:"a_radio,omitempty" doc:"short id of a; absent where it is none by itself any more, or you may not see it"`
	RadioB  string `json:"b_radio,omitempty" doc:"the same of b"`
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
				x, ok, heldErr := s.heldApart(whoOf(ctx), snap, h)
				if heldErr != nil {
					return heldErr
				}
				if ok {
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
func (s *Server) heldApart(who Who, snap *views.Snapshot, h views.Held) (HeldApart, bool, error) {
	x := HeldApart{A: h.A, B: h.B, Entry: h.Entry.ID, Account: h.Entry.Account, Made: h.Entry.Made}
	payload, ok := s.wholly(who, h.Entry)
	if !ok {
		return x, false, nil
	}
	var p record.ApartEntry
	if json.Unmarshal(payload, &p) == nil {
		x.Reason = p.Reason
	}
	var err error
	if x.RadioA, err = s.radioOf(who, snap, x.A); err == nil {
		x.RadioB, err = s.radioOf(who, snap, x.B)
	}
	return x, err == nil, err
}

// radioOf is the short id of an incident that somebody sees; "" where they do not, or
// where it is none.
func (s *Server) radioOf(who Who, snap *views.Snapshot, id string) (string, error) {
	num, ok, err := snap.Store().Num(id)
	if err != nil || !ok {
		return "", err
	}
	v, err := snap.Store().Version(num, snap.At)
	if err != nil || v == nil || !s.sights.See(who, &v.Incident) {
		return "", err
	}
	return v.Radio, nil
}

// heldOf are the pairs of which an incident is one, as somebody sees them.
func (s *Server) heldOf(who Who, snap *views.Snapshot, x *views.Incident) (held []views.Held, out []HeldApart, err error) {
	if held, err = snap.Held(x); err != nil {
		return nil, nil, err
	}
	for _, h := range held {
		v, ok, err := s.heldApart(who, snap, h)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			out = append(out, v)
		}
	}
	return held, out, nil
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
				x, ok, err := s.heldApart(whoOf(ctx), snap, *h)
				if err != nil {
					return err
				}
				if ok {
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
