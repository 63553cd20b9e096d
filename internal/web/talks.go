package web

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/talks/gather"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// TalksQuery is what talks are asked with. Answers have no ETag and no size of the
// log: both would change with entries that whoever asks may not see.
type TalksQuery struct {
	At int64 `query:"at" doc:"as of this size of the log; the newest, where absent" minimum:"1"`
}

// Talks is all of the talks that somebody may see.
type Talks struct {
	board.State
	Standing string `json:"standing"`
}

// TalksBoard is the convergence board alone.
type TalksBoard struct {
	Rounds    []BoardRound      `json:"rounds" doc:"across"`
	Proposals []*board.Proposal `json:"proposals" doc:"each with its clauses down"`
	Standing  string            `json:"standing"`
}

// BoardRound is a round as the board names it.
type BoardRound struct {
	ID     string         `json:"id"`
	Title  string         `json:"title,omitempty"`
	Day    string         `json:"day,omitempty"`
	Counts map[string]int `json:"counts"`
}

// talks adds what is said at talks.
func (s *Server) talks() {
	register(s, "/api/talks", "Talks: rounds, delegations and mandates, proposals, positions", func(ctx context.Context, q *TalksQuery) (*commissionAnswer[Talks], error) {
		x, err := s.talksOf(ctx, q)
		if err != nil {
			return nil, err
		}
		return unkept(Talks{*x, standing}), nil
	})
	register(s, "/api/talks/board", "The convergence board: rounds across, clauses down", func(ctx context.Context, q *TalksQuery) (*commissionAnswer[TalksBoard], error) {
		x, err := s.talksOf(ctx, q)
		if err != nil {
			return nil, err
		}
		b := TalksBoard{[]BoardRound{}, x.Proposals, standing}
		for _, r := range x.Rounds {
			b.Rounds = append(b.Rounds, BoardRound{r.ID, r.Title, r.Day, r.Counts})
		}
		return unkept(b), nil
	})
}

// talksOf is the state made of the entries that somebody may read whole, and of those
// that were disclosed to the own party.
func (s *Server) talksOf(ctx context.Context, q *TalksQuery) (*board.State, error) {
	who := whoOf(ctx)
	if err := s.allow(ctx, "exact", Object{Thing: "notice", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	size := views.Now
	if q.At != 0 {
		size = q.At
	}
	var entries []board.Entry
	err := s.o.Views.Read(size, func(snap *views.Snapshot) (err error) {
		entries, err = gather.FromViews(snap, s.o.People.Directory(), who.Party, func(d *views.Doc) bool { return s.readsWhole(who, d) })
		return err
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	return board.Of(entries), nil
}

// readsWhole reports whether somebody may read an entry of talks, all of it, without
// an entry that says so. Where its author keeps a field for fewer, it is one of those
// that they do not see: half a position would be another.
func (s *Server) readsWhole(who Who, d *views.Doc) bool {
	x, err := s.document(d)
	if err != nil || !s.freely(who, x.Object) {
		return false
	}
	for _, f := range x.Fields {
		o := x.Object
		if f.Marking != "" {
			if o.Marking = rights.Narrower(o.Marking, f.Marking); !s.freely(who, o) {
				return false
			}
		}
	}
	return true
}

// talksFaults checks the words of an entry of talks, and whose they are.
func (s *Server) talksFaults(who Who, kind string, payload map[string]any) []error {
	at := "payload"
	var faults []error
	if kind == record.KindCaucus {
		inner, _ := payload["entry"].(map[string]any)
		kind, _ = payload["kind"].(string)
		if k, known := record.KindOf(kind); known && kind != record.KindCaucus {
			if faults := payloadFaults(k, inner); len(faults) > 0 {
				return faults
			}
		}
		payload, at = inner, "payload.entry"
	} else if kind == record.KindReceived {
		faults = s.openlyReceived(who, payload)
	}
	b, err := json.Marshal(payload)
	if err != nil {
		return []error{fault(at, nil, "it cannot be written as JSON")}
	}
	out := faults
	for _, f := range board.Faults(kind, b, who.Party) {
		out = append(out, &huma.ErrorDetail{Message: f, Location: "body." + at})
	}
	return out
}

// openlyReceived refuses to tell in the open that something was received that is not
// on the table for both parties. What is not there is answered alike.
func (s *Server) openlyReceived(who Who, payload map[string]any) (out []error) {
	id, _ := payload["entry"].(string)
	open := false
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		d, err := snap.Store().Doc(id)
		if err != nil || d == nil || d.Index >= snap.Size {
			return err
		}
		open = d.Kind != record.KindCaucus && rights.Narrower(rights.Marking(d.Marking), rights.ForParties) == rights.ForParties
		return nil
	})
	if err != nil || !open {
		return []error{fault("payload.entry", id, "no such draft is on the table for both parties: what was received in confidence is acknowledged in confidence, wrapped in caucus@1")}
	}
	return nil
}
