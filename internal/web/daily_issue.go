package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// IssueList is the issued reports that somebody may see, the newest first.
type IssueList struct {
	Vector views.Vector  `json:"vector"`
	Items  []IssuedEntry `json:"items"`
}

// IssuedEntry is a report as it was issued.
type IssuedEntry struct {
	ID          string `json:"id"`
	Index       int64  `json:"index"`
	Made        string `json:"made"`
	Corrects    string `json:"corrects,omitempty" doc:"the report that it takes the place of"`
	CorrectedBy string `json:"corrected_by,omitempty"`
	record.ReportIssueEntry
}

// IssueIn asks for a report to be issued.
type IssueIn struct {
	ID       string            `json:"id" doc:"ULID, made by the client: the same one sent again issues nothing anew"`
	Report   DailyQuery        `json:"report"`
	Reason   string            `json:"reason" minLength:"1" maxLength:"4000" doc:"of a corrigendum: what was wrong; else why it is issued"`
	Corrects string            `json:"corrects,omitempty" doc:"id of the issued report that this one takes the place of"`
	Figures  map[string]string `json:"figures,omitempty" doc:"the numbers that were looked at, by their id: where one is another by now, nothing is issued"`
}

func sum(b []byte) [32]byte { return sha256.Sum256(b) }

func (s *Server) issues() {
	register(s, "/api/daily/issued", "Reports that were issued, the newest first. Of the newest state", func(ctx context.Context, q *struct {
		Have have `header:"If-None-Match"`
	}) (*typed[IssueList], error) {
		l, err := s.issued(ctx)
		if err != nil {
			return nil, err
		}
		return answer(ctx, l.Vector, "issued", q.Have, l), nil
	})
	register(s, "/api/daily/issued/{id}/{name}", "A file of an issued report, by its name", func(ctx context.Context, q *struct {
		ID   string `path:"id"`
		Name string `path:"name"`
	}) (*listed, error) {
		return s.issuedFile(ctx, q.ID, q.Name)
	})
	huma.Register(s.api, huma.Operation{OperationID: "issue-daily", Method: http.MethodPost, Path: "/api/daily/issue", Summary: "Issue a report: it is recorded with its files and the entries that it was made from", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusCreated, Tags: []string{"submit"}},
		func(ctx context.Context, in *struct{ Body IssueIn }) (*acceptedOutput, error) {
			return s.issue(ctx, &in.Body)
		})
}

// seesIssue reports whether somebody may see an issued report: it was made for those
// whom its marking names, and leaves out what is not for them.
func (s *Server) seesIssue(who Who, d *views.Doc) bool {
	return !d.Erased && slices.Contains(s.mayFor(who), string(d.Marking))
}

func (s *Server) issued(ctx context.Context) (*IssueList, error) {
	if err := s.allow(ctx, "read", Object{Thing: "report", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	l := &IssueList{Items: []IssuedEntry{}}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		by := map[string]string{}
		return snap.Store().Docs([]string{record.KindReportIssue}, math.MaxInt64, func(d *views.Doc) bool {
			x := IssuedEntry{ID: d.ID, Index: d.Index, Made: d.Made, CorrectedBy: by[d.ID]}
			if !s.seesIssue(whoOf(ctx), d) || json.Unmarshal(d.Payload, &x.ReportIssueEntry) != nil {
				return true
			}
			for _, r := range d.Refs {
				if r.Relation == string(record.Supersedes) {
					x.Corrects = r.ID
					by[r.ID] = d.ID
				}
			}
			l.Items = append(l.Items, x)
			return true
		})
	})
	return l, viewFailure(err)
}

// issuedFile is a file as it was issued, by its own name.
func (s *Server) issuedFile(ctx context.Context, id, name string) (*listed, error) {
	d, err := s.entryOf(id)
	if err != nil {
		return nil, err
	}
	var e record.ReportIssueEntry
	if d.Kind != record.KindReportIssue || !s.seesIssue(whoOf(ctx), d) || json.Unmarshal(d.Payload, &e) != nil {
		return nil, nowhere(id)
	}
	n := slices.Index(e.Files, name)
	if n < 0 || n >= len(d.Blobs) {
		return nil, huma.Error404NotFound(fmt.Sprintf("the report has no file %q: it has %s", name, strings.Join(e.Files, ", ")))
	}
	h, err := record.ParseHash(d.Blobs[n])
	if err != nil {
		return nil, failure(err)
	}
	f, err := s.files().Open(h)
	if err != nil {
		return nil, huma.Error404NotFound("the file " + d.Blobs[n] + " is not here")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, issuedMost))
	if err != nil {
		return nil, failure(err)
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	day, _, _ := strings.Cut(e.To, "T")
	a := fileOf(kind, fmt.Sprintf("%s-%s-%s", day, e.Marking, strings.Map(plainName, name)), b)
	a.Cache = "private, no-store"
	return a, nil
}

// issuedMost bounds a file of an issued report; the server itself makes none as long.
const issuedMost = 64 << 20

func plainName(r rune) rune {
	if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '_'
}

// issue makes the report anew, compares it with what was looked at, and records it
// with its files.
func (s *Server) issue(ctx context.Context, in *IssueIn) (*acceptedOutput, error) {
	who := whoOf(ctx)
	if !s.mayIssue(who) {
		if who.Account == "" {
			return nil, huma.Error401Unauthorized("sign in at /sign-in: reports are issued by those of the mission who hand reports in")
		}
		return nil, huma.Error403Forbidden("nothing was issued: reports are issued by the duty officer and the chair")
	}
	if strings.TrimSpace(in.Reason) == "" {
		return nil, huma.Error422UnprocessableEntity("nothing was issued", fault("reason", in.Reason, "it is empty: expected words"))
	}
	reason := ""
	if in.Corrects != "" {
		reason = in.Reason
	}
	if _, there := s.o.Log.Find(in.ID); there {
		return nil, huma.Error409Conflict("nothing was issued: the log holds an entry with the id " + in.ID)
	}
	m, err := s.dailyReport(ctx, &in.Report, in.Corrects, reason)
	if err != nil {
		return nil, err
	}
	if m.already != "" && in.Corrects == "" {
		return nil, huma.Error409Conflict("nothing was issued: this period was issued as " + m.already + ", which stays as it is; a corrigendum to it names it and says what was wrong")
	}
	if len(m.corrected) > 0 && in.Corrects != "" {
		return nil, huma.Error409Conflict("nothing was issued: " + in.Corrects + " was itself corrected by " + strings.Join(m.corrected, ", ") + ": a corrigendum is to that")
	}
	var changed []string
	for _, f := range m.report.Figures {
		if seen, was := in.Figures[f.ID]; was && seen != f.NumberText() {
			changed = append(changed, fmt.Sprintf("%s: %s, now %s", f.ID, seen, f.NumberText()))
		}
	}
	if len(changed) > 0 {
		return nil, huma.Error409Conflict("nothing was issued: numbers have changed since you looked (" + strings.Join(changed, "; ") + "): look again")
	}
	return s.recordIssue(ctx, in, m)
}

// recordIssue writes the entry, signed by whoever issues.
func (s *Server) recordIssue(ctx context.Context, in *IssueIn, m *madeReport) (*acceptedOutput, error) {
	e := gather.EntryOf(m.report, m.asked.For, in.Reason)
	endings := []string{"html", "xlsx", "json", "csv"}
	if s.whyNoPDF(whoOf(ctx)) == "" {
		endings = slices.Insert(endings, 1, "pdf")
	}
	var blobs []string
	for _, ending := range endings {
		name, b := "report."+ending, []byte(nil)
		var err error
		switch ending {
		case "json":
			var w bytes.Buffer
			err = m.report.WriteJSON(&w)
			b = w.Bytes()
		case "csv":
			name = "figures.csv"
			fallthrough
		default:
			b, _, err = s.dailyFile(ctx, m, ending, "", "")
		}
		if err != nil {
			return nil, err
		}
		x, err := s.o.Log.Blobs().Put(ctx, bytes.NewReader(b))
		if err != nil {
			return nil, failure(err)
		}
		e.Files, blobs = append(e.Files, name), append(blobs, x.Hash.Hex())
	}
	entry := &EntryIn{ID: in.ID, Kind: record.KindReportIssue, Valid: e.To, Blobs: blobs}
	if in.Corrects != "" {
		entry.Refs = []views.Ref{{Relation: string(record.Supersedes), ID: in.Corrects}}
	}
	b, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(b, &entry.Payload)
	}
	if err != nil {
		return nil, failure(err)
	}
	return s.take(ctx, entry, nil)
}
