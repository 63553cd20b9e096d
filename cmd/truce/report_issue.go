package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// takeIssues finds the report of the period before, and the one that is corrected.
// Of several for one period the last counts, whatever language it is in: it is the
// one that corrects the others.
func (o *reportOptions) takeIssues(s *views.Snapshot) error {
	before, now := o.input.Before(), o.input.Now()
	all, err := issuedReports(s, o.isFor)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(all) { // newest first
		x := issueOf(r.ID, &r.ReportIssueEntry)
		if r.ID == o.corrects {
			o.input.Corrects = x
			if len(r.CorrectedBy) > 0 && o.issue {
				return failed(fmt.Errorf("--corrects %s: was itself corrected by %s: --corrects names that", o.corrects, strings.Join(r.CorrectedBy, ", ")))
			}
		}
		same := func(p daily.Period) bool {
			return x.From.Equal(p.From) && x.To.Equal(p.To) && r.Marking == o.forWhom
		}
		if same(before) && o.input.Last == nil {
			o.input.Last = x
		}
		if same(now) && r.Lang == o.lang && o.issuedAlready == "" {
			o.issuedAlready = r.ID
		}
	}
	o.input.Reason = o.reason
	switch c := o.input.Corrects; {
	case o.corrects == "":
	case c == nil:
		return fmt.Errorf("--corrects %s: the record holds no issued report by that id that may be shown to --for %s", o.corrects, o.forWhom)
	case !c.From.Equal(now.From) || !c.To.Equal(now.To):
		return fmt.Errorf("--corrects %s: is of another period, %s to %s: give the --date, --cutoff and --days of that", o.corrects, when.At(c.From).RFC3339(), when.At(c.To).RFC3339())
	}
	return nil
}

// issuedReport is a report that was issued, with what it corrects and what corrects it.
type issuedReport struct {
	ID          string   `json:"id"`
	Index       int64    `json:"index"`
	Made        string   `json:"made"`
	Corrects    []string `json:"corrects,omitempty"`
	CorrectedBy []string `json:"corrected_by,omitempty"`
	record.ReportIssueEntry
}

// issuedReports are those of a record that may be shown, the oldest first.
func issuedReports(s *views.Snapshot, may func(views.Marking) bool) ([]*issuedReport, error) {
	var out []*issuedReport
	byID := map[string]*issuedReport{}
	err := s.Store().Docs([]string{record.KindReportIssue}, math.MaxInt64, func(d *views.Doc) bool {
		x := &issuedReport{ID: d.ID, Index: d.Index, Made: d.Made}
		// What was issued for the same readers, or for more, they have seen already.
		if d.Erased || json.Unmarshal(d.Payload, &x.ReportIssueEntry) != nil || !may(views.Marking(x.Marking)) && !may(d.Marking) {
			return true
		}
		for _, r := range d.Refs {
			if r.Relation == string(record.Supersedes) {
				x.Corrects = append(x.Corrects, r.ID)
			}
		}
		out, byID[d.ID] = append(out, x), x
		return true
	})
	slices.Reverse(out)
	for _, x := range out {
		for _, id := range x.Corrects {
			if y := byID[id]; y != nil {
				y.CorrectedBy = append(y.CorrectedBy, x.ID)
			}
		}
	}
	return out, err
}

func issueOf(id string, e *record.ReportIssueEntry) *daily.Issue {
	x := &daily.Issue{ID: id, Title: e.Title, Figures: e.Figures}
	for _, v := range e.Vector { // of this record alone: it is one log
		if _, n, ok := strings.Cut(v, " "); ok {
			x.Size, _ = strconv.ParseInt(n, 10, 64)
		}
	}
	if i, err := when.ParseRFC3339(e.From); err == nil {
		x.From = i.Time()
	}
	if i, err := when.ParseRFC3339(e.To); err == nil {
		x.To = i.Time()
	}
	return x
}

// recordIssue records that the report was issued, with the files that were written.
func (o *reportOptions) recordIssue(ctx context.Context, r *daily.Report, written []string) (string, error) {
	var files []office.IssuedFile
	for _, name := range written {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		files = append(files, office.IssuedFile{Name: filepath.Base(name), Bytes: b})
	}
	e := record.ReportIssueEntry{Title: r.Title, Lang: r.Lang, From: when.At(r.Period.From).RFC3339(), To: when.At(r.Period.To).RFC3339(), Rule: r.Rule, Figures: map[string]string{}, Records: r.Records(), Marking: o.forWhom, Reason: o.reason}
	for origin, size := range r.Vector {
		e.Vector = append(e.Vector, fmt.Sprintf("%s %d", origin, size))
	}
	for _, f := range r.Figures {
		e.Figures[f.ID] = f.NumberText()
	}
	of, err := office.Open(o.data, "", journal.Options{Interval: -1})
	if err != nil {
		return "", err
	}
	id, err := of.IssueReport(ctx, e, files, o.corrects)
	if cerr := of.Close(); err == nil {
		err = cerr
	}
	return id, err
}
