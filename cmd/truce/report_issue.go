package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

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
	err := s.Store().Docs([]string{record.KindReportIssue}, math.MaxInt64, func(d *views.Doc) bool {
		var e record.ReportIssueEntry
		// What was issued for the same readers, or for more, they have seen already.
		if d.Erased || !o.isFor(d.Marking) || json.Unmarshal(d.Payload, &e) != nil {
			return true
		}
		x := issueOf(d.ID, &e)
		if d.ID == o.corrects {
			o.input.Corrects = x
		}
		same := func(p daily.Period) bool { return x.From.Equal(p.From) && x.To.Equal(p.To) && e.Marking == o.forWhom }
		if same(before) && o.input.Last == nil {
			o.input.Last = x
		}
		if same(now) && e.Lang == o.lang && o.issuedAlready == "" {
			o.issuedAlready = d.ID
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case o.corrects != "" && o.input.Corrects == nil:
		return fmt.Errorf("--corrects %s: the record holds no issued report by that id that may be shown to --for %s", o.corrects, o.forWhom)
	}
	o.input.Reason = o.reason
	return nil
}

func issueOf(id string, e *record.ReportIssueEntry) *daily.Issue {
	x := &daily.Issue{ID: id, Title: e.Title, Figures: e.Figures}
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
	e := record.ReportIssueEntry{Title: r.Title, Lang: r.Lang, From: when.At(r.Period.From).RFC3339(), To: when.At(r.Period.To).RFC3339(), Rule: r.Rule, Figures: map[string]string{}, Marking: o.forWhom, Reason: o.reason}
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
