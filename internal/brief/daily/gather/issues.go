package gather

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// takeIssues finds the report of the period before, and the one that is corrected.
// Of several for one period the last counts, whatever language it is in: it is the
// one that corrects the others.
func (g *Gatherer) takeIssues(s *views.Snapshot) error {
	before, now := g.In.Before(), g.In.Now()
	err := s.Store().Docs([]string{record.KindReportIssue}, math.MaxInt64, func(d *views.Doc) bool {
		var e record.ReportIssueEntry
		// What was issued for the same readers, or for more, they have seen already.
		if d.Erased || !g.isFor(d.Marking) || json.Unmarshal(d.Payload, &e) != nil {
			return true
		}
		x := issueOf(d.ID, &e)
		if d.ID == g.Corrects {
			g.In.Corrects = x
		}
		same := func(p daily.Period) bool { return x.From.Equal(p.From) && x.To.Equal(p.To) && e.Marking == g.In.For }
		if same(before) && g.In.Last == nil {
			g.In.Last = x
		}
		if same(now) && e.Lang == g.In.Lang && g.Issued == "" {
			g.Issued = d.ID
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case g.Corrects != "" && g.In.Corrects == nil:
		return fmt.Errorf("%s: the record holds no issued report by that id that may be shown to those whom this one is for (%s)", g.Corrects, g.In.For)
	}
	g.In.Reason = g.Reason
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

// EntryOf is what the record says of a report that is issued; its files are added by
// whoever records it.
func EntryOf(r *daily.Report, forWhom, reason string) record.ReportIssueEntry {
	e := record.ReportIssueEntry{Title: r.Title, Lang: r.Lang, From: when.At(r.Period.From).RFC3339(), To: when.At(r.Period.To).RFC3339(), Rule: r.Rule, Figures: map[string]string{}, Marking: forWhom, Reason: reason}
	for _, origin := range slices.Sorted(maps.Keys(r.Vector)) {
		e.Vector = append(e.Vector, fmt.Sprintf("%s %d", origin, r.Vector[origin]))
	}
	for _, f := range r.Figures {
		e.Figures[f.ID] = f.NumberText()
	}
	return e
}
