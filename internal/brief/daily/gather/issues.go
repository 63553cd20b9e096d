package gather

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

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
	all, err := Reports(s, g.isFor)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(all) { // newest first
		x := issueOf(r.ID, &r.ReportIssueEntry)
		if r.ID == g.Corrects {
			g.In.Corrects, g.CorrectedBy = x, r.CorrectedBy
		}
		same := func(p daily.Period) bool {
			return x.From.Equal(p.From) && x.To.Equal(p.To) && r.Marking == g.In.For
		}
		if same(before) && g.In.Last == nil {
			g.In.Last = x
		}
		if same(now) && r.Lang == g.In.Lang && g.Issued == "" {
			g.Issued = r.ID
		}
	}
	g.In.Reason = g.Reason
	switch c := g.In.Corrects; {
	case g.Corrects == "":
	case c == nil:
		return fmt.Errorf("%s: the record holds no issued report by that id that may be shown to those whom this one is for (%s)", g.Corrects, g.In.For)
	case !c.From.Equal(now.From) || !c.To.Equal(now.To):
		return fmt.Errorf("%s: is of another period, %s to %s: give the date, cut-off and days of that", g.Corrects, when.At(c.From).RFC3339(), when.At(c.To).RFC3339())
	}
	return nil
}

// Issued is a report that was issued, with what it corrects and what corrects it.
type Issued struct {
	ID          string   `json:"id"`
	Index       int64    `json:"index"`
	Made        string   `json:"made"`
	Corrects    []string `json:"corrects,omitempty"`
	CorrectedBy []string `json:"corrected_by,omitempty"`
	record.ReportIssueEntry
}

// Reports are those of a record that may be shown, the oldest first.
func Reports(s *views.Snapshot, may func(views.Marking) bool) ([]*Issued, error) {
	var out []*Issued
	byID := map[string]*Issued{}
	err := s.Store().Docs([]string{record.KindReportIssue}, math.MaxInt64, func(d *views.Doc) bool {
		x := &Issued{ID: d.ID, Index: d.Index, Made: d.Made}
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
	for _, v := range e.Vector { // the log that it was issued from
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

// EntryOf is what the record says of a report that is issued; its files are added by
// whoever records it.
func EntryOf(r *daily.Report, forWhom, reason string) record.ReportIssueEntry {
	e := record.ReportIssueEntry{Title: r.Title, Lang: r.Lang, From: when.At(r.Period.From).RFC3339(), To: when.At(r.Period.To).RFC3339(), Rule: r.Rule, Figures: map[string]string{}, Records: r.Records(), Marking: forWhom, Reason: reason}
	for _, origin := range slices.Sorted(maps.Keys(r.Vector)) {
		e.Vector = append(e.Vector, fmt.Sprintf("%s %d", origin, r.Vector[origin]))
	}
	for _, f := range r.Figures {
		e.Figures[f.ID] = f.NumberText()
	}
	return e
}
