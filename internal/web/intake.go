package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Upload is a file that waits to be taken in.
type Upload struct {
	Upload  string    `json:"upload" doc:"names it in the questions that follow; for the account that sent it alone"`
	Expires time.Time `json:"expires"`
	*intake.Recognised
}

// ImportIn says how a file is taken in.
type ImportIn struct {
	Mapping *intake.Mapping `json:"mapping,omitempty" doc:"what the columns mean; absent: the file is of a kind that is read as it is"`
	As      string          `json:"as,omitempty" doc:"that kind, where it is not to be found out"`
	Source  string          `json:"source,omitempty" doc:"what the file is an edition of; its name, where absent"`
	Licence string          `json:"licence,omitempty"`
	URL     string          `json:"url,omitempty" doc:"where it came from"`
	Marking string          `json:"marking,omitempty" enum:"public,parties,mission,restricted" doc:"who may read it; mission, where absent"`
	Rows    int             `json:"rows,omitempty" minimum:"0" maximum:"200" doc:"of a preview; 20, where absent"`
}

// ImportOut is what became of a file, or would become.
type ImportOut struct {
	Dry       bool            `json:"dry" doc:"nothing was recorded"`
	State     string          `json:"state" doc:"new, edition (a later one of the same source), or unchanged (nothing to record)"`
	Format    string          `json:"format"`
	Rows      int64           `json:"rows"`
	Incidents int64           `json:"incidents"`
	Reports   int64           `json:"reports" doc:"rows that are kept as reports and are no incidents"`
	New       int64           `json:"new"`
	Updated   int64           `json:"updated"`
	Unchanged int64           `json:"unchanged"`
	Withdrawn int64           `json:"withdrawn" doc:"rows of the edition before that are gone"`
	Gone      []office.Gone   `json:"gone,omitempty" doc:"the first of these: that a source does not publish a row any more says nothing about whether it happened"`
	Rejected  int64           `json:"rejected" doc:"rows that were refused; they are among the faults"`
	Unknown   []string        `json:"unknown,omitempty" doc:"words that are not known and leave facts open, with the number of rows"`
	Faults    []*intake.Fault `json:"faults" doc:"the first 200"`
	More      int             `json:"more_faults,omitempty"`
	ID        string          `json:"id,omitempty" doc:"of the entry"`
	Index     int64           `json:"index,omitempty"`
	Receipt   string          `json:"receipt,omitempty" doc:"signed note; keep it"`
	SHA256    string          `json:"sha256" doc:"of the table that is recorded"`
	Original  string          `json:"original,omitempty" doc:"SHA-256 of the file as it was sent, where it was mapped"`
}

const (
	shownFaults = 200
	previewRows = 20
)

func (s *Server) imports() {
	if s.o.Office == nil {
		return
	}
	huma.Register(s.api, huma.Operation{OperationID: "send-table", Method: http.MethodPost, Path: "/api/imports", Summary: "Send a file to be looked at, and perhaps taken in", MaxBodyBytes: s.o.MaxImport, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Description: "The body is the file. The answer says what it is: a kind that is read as it is, or a table with columns of its own, with a mapping that it suggests. Nothing is recorded; the file is kept for an hour."},
		func(ctx context.Context, in *struct {
			Name    string `query:"name" required:"true" maxLength:"200" doc:"of the file"`
			Sheet   string `query:"sheet" doc:"of a workbook, for the proposal"`
			RawBody []byte `contentType:"application/octet-stream"`
		}) (*struct{ Body Upload }, error) {
			return s.stage(ctx, in.Name, in.Sheet, in.RawBody)
		})
	huma.Register(s.api, huma.Operation{OperationID: "preview-table", Method: http.MethodPost, Path: "/api/imports/{upload}/preview", Summary: "The first rows of a file as they would become incidents, and each fault", MaxBodyBytes: s.o.MaxBody, Tags: []string{"submit"}},
		func(ctx context.Context, in *struct {
			Upload string `path:"upload"`
			Body   ImportIn
		}) (*struct{ Body intake.Preview }, error) {
			p, err := s.preview(ctx, in.Upload, &in.Body)
			if err != nil {
				return nil, err
			}
			return &struct{ Body intake.Preview }{*p}, nil
		})
	huma.Register(s.api, huma.Operation{OperationID: "take-table", Method: http.MethodPost, Path: "/api/imports/{upload}", Summary: "Take a file in, or with dry=true say what would be taken in", MaxBodyBytes: s.o.MaxBody, Tags: []string{"submit"},
		Description: "A file that is taken in again is unchanged; a later edition of a source takes the place of the one before."},
		func(ctx context.Context, in *struct {
			Upload string `path:"upload"`
			Dry    bool   `query:"dry" doc:"record nothing"`
			Body   ImportIn
		}) (*struct{ Body ImportOut }, error) {
			out, err := s.takeTable(ctx, in.Upload, in.Dry, &in.Body)
			if err != nil {
				return nil, err
			}
			return &struct{ Body ImportOut }{*out}, nil
		})
}

// mayImport asks whether somebody may take in files with a marking.
func (s *Server) mayImport(ctx context.Context, marking string) error {
	who := whoOf(ctx)
	m := rights.Marking(views.MarkingOf("dataset@1"))
	if marking != "" {
		m = rights.Narrower(rights.Marking(marking), rights.ForPublic)
	}
	return s.allow(ctx, "submit", Object{Thing: thingOf("dataset@1"), Marking: m, Party: who.Party, Account: who.Account})
}

// onlyOne lets one file be read at a time: a workbook may take a gigabyte.
func (s *Server) onlyOne(ctx context.Context) (done func(), err error) {
	select {
	case s.intake <- struct{}{}:
		return func() { <-s.intake }, nil
	case <-ctx.Done():
		return nil, huma.Error503ServiceUnavailable("other files are being read: send the same again")
	}
}

func (s *Server) stage(ctx context.Context, name, sheet string, b []byte) (*struct{ Body Upload }, error) {
	if err := s.mayImport(ctx, ""); err != nil {
		return nil, err
	}
	if name = filepath.Base(filepath.ToSlash(strings.ReplaceAll(name, `\`, "/"))); name == "." || name == "/" || len(name) > maxStagedName {
		return nil, huma.Error422UnprocessableEntity("expected the name of a file", &huma.ErrorDetail{Message: "expected the name of a file, of at most 200 bytes", Location: "query.name"})
	}
	done, err := s.onlyOne(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := intake.Recognise(name, b, sheet)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the file cannot be read", &huma.ErrorDetail{Message: err.Error(), Location: "body"})
	}
	id, until, err := s.staging.put(whoOf(ctx).Account, name, b)
	if err != nil {
		return nil, huma.Error429TooManyRequests(err.Error())
	}
	return &struct{ Body Upload }{Upload{id, until, r}}, nil
}

// waiting finds a file of the account that asks.
func (s *Server) waiting(ctx context.Context, upload string, in *ImportIn) (*staged, error) {
	if err := s.mayImport(ctx, in.Marking); err != nil {
		return nil, err
	}
	x, ok := s.staging.get(whoOf(ctx).Account, upload)
	if !ok {
		return nil, huma.Error404NotFound("there is no such file of yours here: files wait for an hour; send it to /api/imports again")
	}
	return x, nil
}

func (s *Server) preview(ctx context.Context, upload string, in *ImportIn) (*intake.Preview, error) {
	x, err := s.waiting(ctx, upload, in)
	if err != nil {
		return nil, err
	}
	done, err := s.onlyOne(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := os.ReadFile(x.path)
	if err != nil {
		return nil, failure(err)
	}
	rows := in.Rows
	if rows == 0 {
		rows = previewRows
	}
	var p *intake.Preview
	if in.Mapping == nil {
		p, err = intake.SeeKnown(x.name, bytes.NewReader(b), in.As, rows)
	} else {
		var f *intake.File
		if f, err = intake.Read(x.name, bytes.NewReader(b)); err == nil {
			p, err = intake.See(f, in.Mapping, rows)
		}
	}
	return p, importFailure(err)
}

func (s *Server) takeTable(ctx context.Context, upload string, dry bool, in *ImportIn) (*ImportOut, error) {
	x, err := s.waiting(ctx, upload, in)
	if err != nil {
		return nil, err
	}
	done, err := s.onlyOne(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	take := s.o.Office.Import
	if dry {
		take = s.o.Office.Try
	}
	who := whoOf(ctx)
	by := &office.By{Key: s.authorOf(who), Append: s.o.People.Append, Sign: func(es []*record.Envelope) error { return s.o.People.Sign(who, es) }}
	i, err := take(ctx, x.path, office.ImportOptions{Name: x.name, Mapping: in.Mapping, As: in.As, Source: in.Source, Licence: in.Licence, URL: in.URL, Marking: in.Marking,
		Account: who.Account, By: by, Parser: "truce " + s.o.Version})
	if err != nil {
		return nil, importFailure(err)
	}
	out := &ImportOut{Dry: dry, State: i.State, Format: i.Format, Rows: i.Rows, Incidents: i.Incidents, Reports: i.Reports, Rejected: i.Refused,
		Unknown: i.Words, ID: i.Entry, Index: i.Index, SHA256: i.SHA256, Original: i.Original, Faults: []*intake.Fault{}}
	out.New, out.Updated, out.Unchanged, out.Withdrawn = i.Against()
	out.Gone = i.Gone[:min(len(i.Gone), shownFaults)]
	all := i.Faults
	for _, p := range i.Problems {
		all = append(all, &intake.Fault{File: x.name, Row: p.Pos.Line, Column: p.Column, Msg: p.Msg, Fatal: p.Fatal})
	}
	out.Faults, out.More = append(out.Faults, all[:min(len(all), shownFaults)]...), max(len(all)-shownFaults, 0)
	if dry || i.Entry == "" {
		return out, nil
	}
	b, err := os.ReadFile(i.Receipt)
	if err != nil {
		return nil, failure(err)
	}
	out.Receipt = string(b)
	if i.State != "unchanged" {
		s.metrics.entries.Add(1)
	}
	return out, nil
}

// importFailure tells what is wrong with a file or mapping; all else is the
// server's.
func importFailure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, intake.ErrMapping):
		var faults []error
		for _, line := range strings.Split(err.Error(), "\n") {
			faults = append(faults, &huma.ErrorDetail{Message: strings.TrimPrefix(line, intake.ErrMapping.Error()+": "), Location: "body.mapping"})
		}
		return huma.Error422UnprocessableEntity(fmt.Sprintf("the mapping does not fit: %d things to mend", len(faults)), faults...)
	case known(err), errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist):
		return failure(err)
	}
	return huma.Error422UnprocessableEntity("nothing was recorded: the file cannot be read so", &huma.ErrorDetail{Message: err.Error(), Location: "body"})
}
