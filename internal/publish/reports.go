package publish

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// issued is a report that was issued for the public, with its files as they were given
// out. A corrigendum names what it takes the place of, and stands beside it.
type issued struct {
	ID, Title, Lang, Rule string
	From, To              string // RFC 3339
	Made, Reason          string
	Index                 int64
	Files                 []string // below reports/ID/
	Corrects, CorrectedBy []*issued
	of, records           []string
}

// Page is the file of a report that people read; "" where it has none.
func (r *issued) Page() string {
	for _, ending := range []string{".html", ".pdf"} {
		for _, f := range r.Files {
			if path.Ext(f) == ending {
				return f
			}
		}
	}
	return ""
}

// day is the day of the cut-off.
func (r *issued) Day() string {
	if len(r.To) < len(time.DateOnly) {
		return r.To
	}
	return r.To[:len(time.DateOnly)]
}

// reportsOf asks for the reports that were issued for the public. all are the incidents
// that the public sees now: a report that tells of another, which was erased or marked
// more closely since, is not for the public any more. held are those of all that an
// embargo keeps back: what may tell of one is kept back with it.
func (g *gathered) reportsOf(ctx context.Context, ask Asker, r *Rules, horizon int64, all, held []*item) error {
	seen := map[string]bool{}
	for _, x := range all {
		seen[x.ID] = true
		for _, id := range slices.Concat(x.Members, x.Reports) {
			seen[id] = true
		}
	}
	gone := func(id string) bool { return !seen[id] }
	byID := map[string]*issued{}
	err := ask.pages(ctx, "/api/entries", map[string][]string{"kind": {record.KindReportIssue}}, func(b []byte) error {
		var l struct {
			Vector views.Vector
			Items  []*views.Doc
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return err
		}
		if err := g.sameVector(l.Vector); err != nil {
			return err
		}
		for _, d := range l.Items {
			x := issuedOf(d)
			switch {
			case x == nil:
			case d.Index >= horizon || r.tellsOfNew(x) || tellsOf(x, held) || slices.ContainsFunc(x.records, gone):
				g.left.Reports++
			default:
				byID[x.ID], g.docs[x.ID] = x, d
				g.reports = append(g.reports, x)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, x := range g.reports {
		if err := g.filesOf(ctx, ask, x); err != nil {
			return err
		}
		for _, id := range x.of {
			if y := byID[id]; y != nil {
				x.Corrects, y.CorrectedBy = append(x.Corrects, y), append(y.CorrectedBy, x)
			}
		}
	}
	return nil
}

// issuedOf reads an entry; nil: it is not for the public, or no report.
func issuedOf(d *views.Doc) *issued {
	var p record.ReportIssueEntry
	if d.Erased || d.Problem != "" || !plainName(d.ID) || json.Unmarshal(d.Payload, &p) != nil || len(p.Files) != len(d.Blobs) || len(p.Files) == 0 {
		return nil
	}
	x := &issued{ID: d.ID, Title: p.Title, Lang: p.Lang, Rule: p.Rule, From: p.From, To: p.To, Made: d.Made, Reason: p.Reason, Index: d.Index, Files: p.Files, records: p.Records}
	for _, ref := range d.Refs {
		if ref.Relation == string(record.Supersedes) {
			x.of = append(x.of, ref.ID)
		}
	}
	return x
}

// filesOf takes the files of a report as they were given out.
func (g *gathered) filesOf(ctx context.Context, ask Asker, x *issued) error {
	var names []string
	for n, name := range x.Files {
		if !plainName(name) || path.Base(name) != name {
			continue
		}
		status, _, b, err := ask(ctx, fmt.Sprintf("/api/entries/%s/blobs/%d", x.ID, n))
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			continue // a file that is not for the public
		}
		names = append(names, name)
		g.files["reports/"+x.ID+"/"+name] = b
	}
	x.Files = names
	return nil
}

// tellsOfNew reports whether a report is of a time that the delay keeps back.
func (r *Rules) tellsOfNew(x *issued) bool {
	to, err := time.Parse(time.RFC3339, x.To)
	return r.Delay > 0 && (err != nil || to.After(r.Now.Add(-r.Delay)))
}

// tellsOf reports whether a report may count an incident that is kept back: one of a
// time that the report, or what it compares itself with, may be of, or of none.
func tellsOf(x *issued, held []*item) bool {
	from, err1 := time.Parse(time.RFC3339, x.From)
	to, err2 := time.Parse(time.RFC3339, x.To)
	if err1 != nil || err2 != nil {
		return len(held) > 0
	}
	from = from.Add(-max(to.Sub(from), chartSpan)) // the period before, and the chart
	return slices.ContainsFunc(held, func(y *item) bool {
		s, dated := y.span()
		return !dated || s.Start.Time().Before(to) && !s.End.Time().Before(from)
	})
}

// chartSpan is how far back the chart of a report goes.
const chartSpan = 15 * 24 * time.Hour
