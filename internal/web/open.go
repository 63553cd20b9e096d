package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// purpose is what somebody says who opens what is restricted.
type purpose struct {
	Purpose string `json:"purpose" minLength:"3" maxLength:"1000" doc:"what for, in words; it stands in the record"`
}

// opened is an entry with what was opened of it.
type opened struct {
	Entry    *views.Doc `json:"entry"`
	Recorded bool       `json:"recorded" doc:"that it was opened is an entry of the record; false: there was nothing restricted in it"`
}

func (s *Server) openings() {
	huma.Register(s.api, huma.Operation{OperationID: "open-entry", Method: http.MethodPost, Path: "/api/entries/{id}/open", Summary: "Open what is restricted in an entry; that it was opened is recorded before", MaxBodyBytes: s.o.MaxBody, Tags: []string{"read"}}, s.open)
	huma.Register(s.api, huma.Operation{OperationID: "open-file", Method: http.MethodPost, Path: "/api/entries/{id}/blobs/{n}/open", Summary: "Open a restricted file of an entry; that it was opened is recorded before", MaxBodyBytes: s.o.MaxBody, Tags: []string{"read"}}, s.openFile)
	huma.Register(s.api, huma.Operation{OperationID: "get-entry-file", Method: http.MethodGet, Path: "/api/entries/{id}/blobs/{n}", Summary: "A file of an entry, from 0", Tags: []string{"read"}}, s.file)
}

// entryOf is an entry of the views; where it is not there, an error that says so.
func (s *Server) entryOf(id string) (*views.Doc, error) {
	var d *views.Doc
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		if d, err = snap.Store().Doc(id); err == nil && d == nil {
			err = s.notThere(id, snap)
		}
		return err
	})
	return d, failure(err)
}

// open shows what somebody may see of an entry, restricted parts too. The entry
// that says so is on disk before anything leaves.
func (s *Server) open(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body purpose
}) (*struct {
	Cache string `header:"Cache-Control"`
	Body  opened
}, error) {
	d, err := s.entryOf(in.ID)
	if err != nil {
		return nil, err
	}
	whole, err := s.document(d)
	if err != nil { // what says something of its rights that cannot be read
		whole.Marking = rights.Restricted
	}
	left, coarse, what, ok := s.o.People.Table().Redact(whoOf(ctx), whole)
	if !ok {
		return nil, s.closed(ctx, whole.Thing)
	}
	if err := s.recordOpening(ctx, in.Body.Purpose, what...); err != nil {
		return nil, err
	}
	return &struct {
		Cache string `header:"Cache-Control"`
		Body  opened
	}{"private, no-store", opened{s.leave(d, &whole, &left, coarse), len(what) > 0}}, nil
}

// closed is the refusal of what somebody may not see. It does not tell for whom it
// is.
func (s *Server) closed(ctx context.Context, thing string) error {
	if whoOf(ctx).Account == "" {
		return huma.Error401Unauthorized("sign in at /sign-in, or send `Authorization: Bearer TOKEN`: the public may not see this")
	}
	return huma.Error403Forbidden("you may not see this " + thing + ": /api/why/ID says what you may see")
}

// recordOpening writes who opens what, and what for.
func (s *Server) recordOpening(ctx context.Context, purpose string, what ...Object) error {
	if strings.TrimSpace(purpose) == "" && len(what) > 0 {
		return huma.Error422UnprocessableEntity("nothing was opened: expected a purpose, in words")
	}
	err := s.o.People.Access(ctx, whoOf(ctx), "read", strings.TrimSpace(purpose), what...)
	var no people.ErrRefused
	if errors.As(err, &no) {
		return huma.Error403Forbidden("nothing was opened: " + no.Because)
	}
	return failure(err)
}

// fileObject is a file of an entry as rights see it. A file holds all that the
// entry leaves out elsewhere: whatever the entry is marked, it is for the mission.
// Texts, and copies that were made for the public, are as the entry.
func (s *Server) fileObject(d *views.Doc, n int) (Object, error) {
	x, err := s.document(d)
	o := x.Object
	if err != nil {
		o.Marking = rights.Restricted
	}
	if n >= len(d.Blobs) {
		return o, huma.Error404NotFound(fmt.Sprintf("entry %s has %d files", d.ID, len(d.Blobs)))
	}
	copied := false
	for _, f := range x.Fields {
		copied = copied || d.Kind == "evidence@1" && f.Name == "public" && f.In == "" && f.Value == d.Blobs[n]
	}
	if !copied && o.Thing != "terms" {
		o.Marking = rights.Narrower(o.Marking, rights.ForMission)
	}
	return o, nil
}

// mayTakeFile asks whether somebody may have a file, and whether that has to be
// recorded.
func (s *Server) mayTakeFile(ctx context.Context, o Object) (logged bool, err error) {
	who := whoOf(ctx)
	d := s.o.People.Allow(who, "read", o)
	if !d.OK || o.Thing != "terms" && !s.o.People.Allow(who, "exact", o).OK {
		return false, s.closed(ctx, o.Thing)
	}
	return d.Logged, nil
}

// file hands out a file of an entry, to whom may have it freely.
func (s *Server) file(ctx context.Context, q *struct {
	ID string `path:"id"`
	N  int    `path:"n" minimum:"0"`
}) (*huma.StreamResponse, error) {
	d, err := s.entryOf(q.ID)
	if err != nil {
		return nil, err
	}
	o, err := s.fileObject(d, q.N)
	if err != nil {
		return nil, err
	}
	if logged, err := s.mayTakeFile(ctx, o); err != nil {
		return nil, err
	} else if logged {
		return nil, huma.Error403Forbidden(fmt.Sprintf("this is restricted: POST {\"purpose\": \"...\"} to /api/entries/%s/blobs/%d/open; that it was opened will be in the record first", q.ID, q.N))
	}
	return s.blob(d.Blobs[q.N])
}

// openFile hands out a restricted file after that was recorded.
func (s *Server) openFile(ctx context.Context, in *struct {
	ID   string `path:"id"`
	N    int    `path:"n" minimum:"0"`
	Body purpose
}) (*huma.StreamResponse, error) {
	d, err := s.entryOf(in.ID)
	if err != nil {
		return nil, err
	}
	o, err := s.fileObject(d, in.N)
	if err != nil {
		return nil, err
	}
	logged, err := s.mayTakeFile(ctx, o)
	if err != nil {
		return nil, err
	}
	if logged {
		if err := s.recordOpening(ctx, in.Body.Purpose, o); err != nil {
			return nil, err
		}
	}
	return s.blob(d.Blobs[in.N])
}

// blob is a file. It is never shown by a browser as what it says it is: it may be
// anything.
func (s *Server) blob(name string) (*huma.StreamResponse, error) {
	h, err := record.ParseHash(name)
	if err != nil {
		return nil, failure(err)
	}
	f, err := s.files().Open(h)
	if err != nil {
		return nil, huma.Error404NotFound("the file " + name + " is not here")
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) { // as it is read: it may be 256 MiB
		defer f.Close()
		for k, v := range map[string]string{"ETag": `"` + name + `"`, "Vary": byWho, "Cache-Control": "private, no-store", "Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="` + name + `"`} {
			ctx.SetHeader(k, v)
		}
		ctx.SetStatus(http.StatusOK)
		if _, err := io.Copy(ctx.BodyWriter(), f); err != nil {
			s.o.Slog.Debug("a file was not taken to its end", "error", err.Error())
		}
	}}, nil
}
