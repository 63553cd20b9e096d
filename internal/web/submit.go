package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// Accepted is what is answered for an entry: the receipt is the office's signed
// promise that the entry will be in its log.
type Accepted struct {
	ID      string    `json:"id"`
	Index   int64     `json:"index" doc:"place in the log"`
	Leaf    string    `json:"leaf" doc:"hash of the entry, or root of the leaves of several, hexadecimal"`
	Due     time.Time `json:"due" doc:"a checkpoint made after this holds the entry"`
	Receipt string    `json:"receipt" doc:"signed note; keep it: where no later checkpoint holds the entry it proves the omission"`
	Proof   string    `json:"proof" doc:"where the proof of inclusion will be"`
}

type acceptedOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     Accepted
}

// ReportIn is a report in the plain form.
type ReportIn struct {
	ID       string            `json:"id" doc:"ULID, made by the client; the same report sent again has the same" example:"01JPV9Z8M0QRS4T5V6W7X8Y9ZA"`
	Made     string            `json:"made,omitempty" doc:"RFC 3339, by the client's clock; now, where absent"`
	Format   string            `json:"format,omitempty" doc:"of the row, see docs/formats.md; truce, where absent"`
	Row      map[string]string `json:"row,omitempty" doc:"columns of the format as they are known; what is left out is unknown. A form fills it"`
	Form     string            `json:"form,omitempty" doc:"ID@VERSION of a form of /api/forms"`
	Fields   map[string]any    `json:"fields,omitempty" doc:"answers of the form, by field: texts, numbers, true or false, ids of words (a list for several)"`
	Source   string            `json:"source,omitempty" doc:"who reports"`
	Note     string            `json:"note,omitempty" doc:"of whoever took it down"`
	Language string            `json:"language,omitempty" maxLength:"20" doc:"of the words, as whoever reports names it, such as uk"`
	Marking  string            `json:"marking,omitempty" enum:"public,parties,mission,restricted" doc:"who may read it; mission, where absent"`
	Markings map[string]string `json:"markings,omitempty" doc:"fields that are for fewer: the name of a field, and public, parties, mission or restricted"`
	Party    string            `json:"party,omitempty" doc:"whose it is, if one party's: its delegates read all of it"`
	About    []string          `json:"about,omitempty" maxItems:"100" doc:"ids of incidents or reports that it speaks of"`
	Blobs    []string          `json:"blobs,omitempty" maxItems:"100" doc:"SHA-256 of files that were sent to /api/blobs"`
}

// EntryIn is an entry of any kind that the office signs.
type EntryIn struct {
	ID      string         `json:"id" doc:"ULID, made by the client"`
	Kind    string         `json:"kind" doc:"NAME@VERSION, see docs/kinds.md"`
	Made    string         `json:"made,omitempty" doc:"RFC 3339; now, where absent"`
	Valid   string         `json:"valid,omitempty" doc:"the time that the entry speaks of"`
	Refs    []views.Ref    `json:"refs,omitempty" maxItems:"1000"`
	Blobs   []string       `json:"blobs,omitempty" maxItems:"1000"`
	Payload map[string]any `json:"payload"`
}

// SignedIn is an entry that its author signed.
type SignedIn struct {
	Entry   string `json:"entry" doc:"canonical bytes of the envelope (docs/design/record.md)"`
	Salt    []byte `json:"salt,omitempty" doc:"32 bytes, base64"`
	Payload []byte `json:"payload,omitempty" doc:"base64"`
}

func (s *Server) submissions() {
	huma.Register(s.api, huma.Operation{OperationID: "submit-report", Method: http.MethodPost, Path: "/api/reports", Summary: "Hand in a report", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Description: "The office signs it on behalf of the account. The answer comes when it is on disk. Sending it again is the same entry and gets the same receipt."},
		func(ctx context.Context, in *struct{ Body ReportIn }) (*acceptedOutput, error) {
			return s.report(ctx, &in.Body)
		})
	huma.Register(s.api, huma.Operation{OperationID: "submit-entry", Method: http.MethodPost, Path: "/api/entries", Summary: "Hand in an entry of any kind", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Description: "As reports are handed in. What an account may write depends on the kind."},
		func(ctx context.Context, in *struct{ Body EntryIn }) (*acceptedOutput, error) {
			return s.entry(ctx, &in.Body)
		})
	huma.Register(s.api, huma.Operation{OperationID: "submit-signed", Method: http.MethodPost, Path: "/api/signed", Summary: "Hand in entries that their author signed", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Description: "All of them or none, in their order. Each must be signed by a key that the log knows."},
		func(ctx context.Context, in *struct {
			Body struct {
				Entries []SignedIn `json:"entries" minItems:"1" maxItems:"1000"`
			}
		}) (*acceptedOutput, error) {
			return s.signed(ctx, in.Body.Entries)
		})
	huma.Register(s.api, huma.Operation{OperationID: "send-file", Method: http.MethodPost, Path: "/api/blobs", Summary: "Send a file", MaxBodyBytes: s.o.MaxBlob, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Description: "The body is the file. Entries name it by its SHA-256.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}},
		func(ctx context.Context, in *sentFile) (*struct{ Body BlobOut }, error) {
			if err := s.maySendFiles(ctx); err != nil {
				return nil, err
			}
			b, err := s.o.Log.Blobs().Put(ctx, in.body)
			var long *http.MaxBytesError
			if errors.As(err, &long) {
				return nil, huma.NewError(http.StatusRequestEntityTooLarge, fmt.Sprintf("a file has at most %d bytes: nothing was kept", long.Limit))
			}
			if err != nil {
				return nil, failure(err)
			}
			return &struct{ Body BlobOut }{BlobOut{b.Hash.Hex(), b.Size}}, nil
		})
}

// sentFile is a file as it comes: it goes to disk, and is never whole in memory.
type sentFile struct{ body io.Reader }

// Resolve takes the body, of which nothing was read yet.
func (f *sentFile) Resolve(ctx huma.Context) []error {
	f.body = ctx.BodyReader()
	return nil
}

// BlobOut is a file that was received.
type BlobOut struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// report checks a report in the plain form, all of it at once.
func (s *Server) report(ctx context.Context, in *ReportIn) (*acceptedOutput, error) {
	var faults []error
	if in.Format == "" {
		in.Format = "truce"
	}
	e := EntryIn{ID: in.ID, Kind: "report@1", Made: in.Made, Blobs: in.Blobs, Payload: map[string]any{"format": in.Format}}
	faults = s.fill(ctx, in, &e)
	switch e.Payload["row"] = in.Row; {
	case len(in.Row) > 0:
		faults = append(faults, rowFaults(in.Format, in.Row)...)
	case len(faults) == 0:
		faults = append(faults, fault("row", nil, "it is empty: expected columns such as time_start, lat, lon, act, target, text"))
	}
	for _, id := range in.About {
		e.Refs = append(e.Refs, views.Ref{Relation: string(record.About), ID: id})
	}
	for k, v := range map[string]string{"source": in.Source, "note": in.Note, "language": in.Language, "marking": in.Marking, "party": in.Party} {
		if v != "" {
			e.Payload[k] = v
		}
	}
	if len(in.Markings) > 0 {
		all := map[string]any{}
		for f, m := range in.Markings {
			all[f] = m
		}
		e.Payload["markings"] = all
	}
	return s.take(ctx, &e, append(faults, rightsFaults(e.Payload)...))
}

func (s *Server) entry(ctx context.Context, in *EntryIn) (*acceptedOutput, error) {
	var faults []error
	k, known := record.KindOf(in.Kind)
	if !known {
		faults = append(faults, fault("kind", in.Kind, "it is not known: expected one of %s", kindNames()))
	} else {
		faults = payloadFaults(k, in.Payload)
	}
	if ofPeople(in.Kind) {
		return nil, errPeople
	}
	switch {
	case len(faults) > 0:
	case in.Kind == record.KindApart:
		faults = s.apartFaults(ctx, in)
	case in.Kind == "finding@1":
		if err := s.mayTake(ctx, in); err != nil {
			return nil, err
		}
		b, err := json.Marshal(in.Payload)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("nothing was recorded: the payload cannot be written as JSON")
		}
		f := handedFinding{payload: b}
		for _, r := range in.Refs {
			f.refs = append(f.refs, record.Ref{Relation: record.Relation(r.Relation), ID: r.ID})
		}
		if faults, err = s.untrueFindings(ctx, []handedFinding{f}); err != nil {
			return nil, err
		}
	case in.Kind == "merge@1":
		if err := s.mayTake(ctx, in); err != nil {
			return nil, err
		}
		if err := s.mergeFault(ctx, in); err != nil {
			return nil, err
		}
	default:
		faults = dutyFaults(in.Kind, in.Payload)
	}
	if in.Kind == "terms@1" && len(faults) == 0 {
		faults = textFaults(in)
	}
	if slices.Contains(board.Kinds(), in.Kind) && len(faults) == 0 {
		faults = s.talksFaults(whoOf(ctx), in.Kind, in.Payload)
	}
	if in.Kind == "form@1" && len(faults) == 0 {
		faults = s.formFaults(ctx, in.ID, in.Payload)
	}
	if in.Kind == "report@1" {
		return nil, huma.Error422UnprocessableEntity("reports are handed in at /api/reports, where their row is checked")
	}
	return s.take(ctx, in, faults)
}

// take signs an entry for an account, and records it.
func (s *Server) take(ctx context.Context, in *EntryIn, faults []error) (*acceptedOutput, error) {
	who := whoOf(ctx)
	if err := s.mayTake(ctx, in); err != nil {
		return nil, err
	}
	e := &record.Envelope{Kind: in.Kind, ID: in.ID, Author: s.authorOf(who), Valid: in.Valid, Type: "application/json"}
	if _, err := record.IDBytes(in.ID); err != nil {
		faults = append(faults, fault("id", in.ID, "expected a ULID, 26 letters and digits, that the client makes once for each entry"))
	}
	e.Made = s.o.Now().UTC().Truncate(time.Millisecond)
	if in.Made != "" {
		t, err := time.Parse(time.RFC3339, in.Made)
		if err != nil {
			faults = append(faults, fault("made", in.Made, "expected a time such as 2025-03-20T20:20:00Z"))
		}
		e.Made = t.UTC().Truncate(time.Millisecond)
	}
	for i, r := range in.Refs {
		if _, err := record.IDBytes(r.ID); err != nil {
			faults = append(faults, fault(fmt.Sprintf("refs[%d].id", i), r.ID, "expected the id of an entry"))
		}
		e.Refs = append(e.Refs, record.Ref{Relation: record.Relation(r.Relation), ID: r.ID})
	}
	record.SortRefs(e.Refs)
	var more []error
	e.Blobs, more = s.blobs(in.Blobs)
	if faults = append(faults, more...); len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity(toMend(faults), faults...)
	}
	in.Payload["account"] = who.Account
	payload, err := json.Marshal(in.Payload) // members in the order of their names
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("nothing was recorded: the payload cannot be written as JSON")
	}
	return s.append(ctx, e, payload, in.Made != "")
}

// blobs looks up files that an entry names: they must be here before it.
func (s *Server) blobs(names []string) (out []record.Hash, faults []error) {
	for i, b := range names {
		h, err := record.ParseHash(b)
		if err == nil {
			_, err = s.o.Log.Blobs().Stat(h)
		}
		if err != nil {
			faults = append(faults, fault(fmt.Sprintf("blobs[%d]", i), b, "there is no such file here: send it to /api/blobs first"))
			continue
		}
		out = append(out, h)
	}
	return out, faults
}

func (s *Server) append(ctx context.Context, e *record.Envelope, payload []byte, made bool) (*acceptedOutput, error) {
	if _, ok := s.o.Log.Find(e.ID); ok {
		return s.again(ctx, e, payload, made)
	}
	p := journal.Payload{Bytes: payload}
	if _, err := rand.Read(p.Salt[:]); err != nil {
		return nil, failure(err)
	}
	e.Payload, e.Size = record.Commit(p.Salt, payload), int64(len(payload))
	if err := s.o.People.Sign(whoOf(ctx), []*record.Envelope{e}); err != nil {
		return nil, huma.Error422UnprocessableEntity("nothing was recorded: " + err.Error())
	}
	if err := s.recordErasing(ctx, e, payload); err != nil {
		return nil, err
	}
	ack, err := s.o.People.Append(ctx, []*record.Envelope{e}, []journal.Payload{p})
	var conflict *journal.Conflict
	if errors.As(err, &conflict) { // the same id at the same time
		if _, ok := s.o.Log.Find(e.ID); ok {
			return s.again(ctx, e, payload, made)
		}
	}
	if err != nil {
		return nil, failure(err)
	}
	s.metrics.entries.Add(1)
	if e.Kind == record.KindErasure {
		if err := s.erase(ctx, e); err != nil {
			return nil, failure(err)
		}
	}
	return accepted(e.ID, ack, http.StatusCreated), nil
}

// recordErasing writes into the chain of custody who destroys what, before it is
// done.
func (s *Server) recordErasing(ctx context.Context, e *record.Envelope, payload []byte) error {
	if e.Kind != record.KindErasure {
		return nil
	}
	var why record.ErasureEntry
	if err := json.Unmarshal(payload, &why); err != nil {
		return huma.Error422UnprocessableEntity("nothing was recorded: the payload is no erasure@1")
	}
	var what []Object
	for _, id := range targets(e.Kind, e.Refs) {
		o, err := s.objectOf(ctx, id)
		if err != nil {
			return err
		}
		what = append(what, o)
	}
	err := s.o.People.Access(ctx, whoOf(ctx), "erase", why.Reason, what...)
	var no people.ErrRefused
	if errors.As(err, &no) {
		return huma.Error403Forbidden("nothing was erased: " + no.Because)
	}
	return failure(err)
}

// erase destroys what an erasure names.
func (s *Server) erase(ctx context.Context, e *record.Envelope) error {
	defer s.forget()
	for _, r := range e.Refs {
		if r.Relation == record.Erases {
			if err := s.o.Log.Erase(ctx, r.ID); err != nil {
				return fmt.Errorf("the erasure is recorded, and was not carried out: %w; send the same again", err)
			}
		}
	}
	return nil
}

// again answers a submission with an id that the log holds: with the receipt that
// was given, where it is the same submission.
func (s *Server) again(ctx context.Context, e *record.Envelope, payload []byte, made bool) (*acceptedOutput, error) {
	have, p, err := s.held(ctx, e.ID)
	if errors.Is(err, record.ErrErased) {
		return nil, huma.Error409Conflict("entry " + e.ID + " was erased, by lawful order")
	}
	if err != nil {
		return nil, failure(err)
	}
	same := have.Kind == e.Kind && have.Author == e.Author && have.Valid == e.Valid && slices.Equal(have.Refs, e.Refs) && slices.Equal(have.Blobs, e.Blobs) &&
		bytes.Equal(p.Bytes, payload) && (!made || have.Made.Equal(e.Made))
	if !same {
		return nil, huma.Error409Conflict("nothing was recorded: the log holds another entry with the id " + e.ID + "; a correction is an entry of its own, with an id of its own")
	}
	ack, err := s.o.Log.Append(ctx, []*record.Envelope{have}, []journal.Payload{p})
	if err != nil {
		return nil, failure(err)
	}
	s.metrics.replays.Add(1)
	if e.Kind == record.KindErasure {
		if err := s.erase(ctx, e); err != nil {
			return nil, failure(err)
		}
	}
	return accepted(e.ID, ack, http.StatusOK), nil
}

// held reads an entry that the log has accepted; one that is in no checkpoint yet
// gets into one first.
func (s *Server) held(ctx context.Context, id string) (*record.Envelope, journal.Payload, error) {
	i, ok := s.o.Log.Find(id)
	if !ok {
		return nil, journal.Payload{}, huma.Error404NotFound("there is no entry " + id)
	}
	if i >= s.o.Log.Reader().Size() {
		if err := s.o.Log.Integrate(ctx); err != nil {
			return nil, journal.Payload{}, err
		}
	}
	r := s.o.Log.Reader()
	e, err := r.Entry(i)
	if err != nil {
		return nil, journal.Payload{}, err
	}
	if (e.Envelope.Payload == record.Hash{}) {
		return e.Envelope, journal.Payload{}, nil
	}
	p, err := r.Payload(i)
	return e.Envelope, p, err
}

func accepted(id string, ack journal.Ack, status int) *acceptedOutput {
	return &acceptedOutput{Status: status, Location: "/api/entries/" + id, Body: Accepted{ID: id, Index: ack.Index, Leaf: ack.Leaf.Hex(), Due: ack.Due, Receipt: string(ack.Signed), Proof: "/api/entries/" + id + "/proof"}}
}

// signed records entries that their authors signed.
func (s *Server) signed(ctx context.Context, in []SignedIn) (*acceptedOutput, error) {
	es, ps := make([]*record.Envelope, len(in)), make([]journal.Payload, len(in))
	var faults []error
	var findings []handedFinding
	for i, x := range in {
		at := fmt.Sprintf("entries[%d]", i)
		e, err := record.Decode([]byte(x.Entry))
		if err != nil {
			faults = append(faults, fault(at+".entry", nil, "%v", err))
			continue
		}
		if len(x.Salt) != record.SaltSize && len(x.Payload) > 0 {
			faults = append(faults, fault(at+".salt", nil, "a salt of %d bytes: expected %d", len(x.Salt), record.SaltSize))
			continue
		}
		es[i], ps[i].Bytes = e, x.Payload
		copy(ps[i].Salt[:], x.Salt)
		var names []string
		for _, b := range e.Blobs {
			names = append(names, b.Hex())
		}
		_, more := s.blobs(names)
		faults = append(faults, more...)
		if err := s.signedAllowed(ctx, e, x.Payload); err != nil {
			return nil, err
		}
		if e.Kind == "finding@1" {
			findings = append(findings, handedFinding{at + ".", e.Refs, x.Payload})
		}
	}
	if len(findings) > 0 && len(faults) == 0 {
		var err error
		if faults, err = s.untrueFindings(ctx, findings); err != nil {
			return nil, err
		}
	}
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity(toMend(faults), faults...)
	}
	for i, e := range es {
		if err := s.recordErasing(ctx, e, ps[i].Bytes); err != nil {
			return nil, err
		}
	}
	ack, err := s.o.People.Append(ctx, es, ps)
	switch {
	case errors.Is(err, record.ErrUnknownKey), errors.Is(err, record.ErrRevoked):
		return nil, huma.Error403Forbidden("nothing was recorded: " + err.Error())
	case err != nil && !known(err):
		return nil, huma.Error422UnprocessableEntity("nothing was recorded: " + err.Error())
	case err != nil:
		return nil, failure(err)
	}
	s.metrics.entries.Add(int64(len(es)))
	for _, e := range es {
		if e.Kind == record.KindErasure {
			if err := s.erase(ctx, e); err != nil {
				return nil, failure(err)
			}
		}
	}
	return accepted(es[0].ID, ack, http.StatusCreated), nil
}

// known reports whether an error of the log is about the log, not about what was
// sent.
func known(err error) bool {
	var c *journal.Conflict
	for _, e := range []error{journal.ErrFull, journal.ErrStopped, journal.ErrClosed, journal.ErrInDoubt, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.As(err, &c)
}
