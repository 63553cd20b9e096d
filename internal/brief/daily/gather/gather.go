// Package gather takes from the views of a record what a report is made from, as far as
// its readers may see it: for truce report and for the server alike.
package gather

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/commission"
	cases "github.com/truce-project/truce/internal/commission/gather"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// Gatherer fills the input of a report. What is asked for (day, language, readers)
// stands in the input before.
type Gatherer struct {
	In    *daily.Input
	Blobs views.Blobs
	// Corrects is the issued report that this one takes the place of, and Reason what
	// was wrong in it; "": none.
	Corrects, Reason string
	// All takes all records, whatever their time: the report is the same.
	All bool
	// Most is of how many records a report is made; 0: of any number.
	Most int
	// Read are rows of data sets that were read before, as Unread told; nil: Take reads
	// them all.
	Read *views.Unread

	// Issued is the report that was issued for the same period, language and readers.
	Issued string
	// CorrectedBy are the reports by which the one to be corrected was corrected
	// already: whoever issues has to correct those.
	CorrectedBy []string
}

// TooMany says that a report would be made from more records than it may.
type TooMany struct{ Records, Most int }

func (e *TooMany) Error() string {
	return fmt.Sprintf("a report of these days would be made from %d records, and from %d at most", e.Records, e.Most)
}

// Unread are the rows of data sets that Take would read from files.
func (g *Gatherer) Unread(s *views.Snapshot) (*views.Unread, error) {
	rows, err := g.rows(s, g.filter(), sight.New(rights.Default()), sight.As(rights.Marking(g.In.For)))
	if err != nil {
		return nil, err
	}
	return s.Unread(rows)
}

// filter asks for all that is for the readers of the report.
func (g *Gatherer) filter() *views.Filter {
	f := &views.Filter{}
	for _, m := range views.Markings() {
		if g.isFor(m) {
			f.May = append(f.May, m)
		}
	}
	return f
}

// Take takes from the views what the report may show.
func (g *Gatherer) Take(s *views.Snapshot) error {
	f, see, who := g.filter(), sight.New(rights.Default()), sight.As(rights.Marking(g.In.For))
	g.In.Withheld = s.Count(f).Withheld
	rows, err := g.rows(s, f, see, who)
	if err != nil {
		return err
	}
	ins, told, err := s.EvidenceWith(rows, g.Read)
	if err != nil {
		return err
	}
	for i, in := range ins {
		rec := &daily.Record{Incident: in}
		if x := told[i]; x != nil {
			if g.In.For != "restricted" {
				if see.Verdict(who, sight.NarrowedOf(&x.Incident)) {
					rec.Whole = in
				}
				if rec.Incident = see.Evidence(who, &x.Incident, in); rec.Incident == nil {
					if g.In.Rest == nil {
						g.In.Withheld++
					}
					continue
				}
				if !see.See(who, &x.Incident) {
					continue
				}
			}
			rec.Since = x.Since
			if rec.Short, rec.Title = x.Radio, x.Title; x.Incident.Row != "" {
				rec.Short = x.Incident.Row
			}
			if rec.Is(g.In.Spot) {
				if err := g.takeClaims(s, x, rec); err != nil {
					return err
				}
			}
		}
		g.In.Records = append(g.In.Records, rec)
	}
	g.In.Judges, _ = s.Judges()
	if err := g.takeIssues(s); err != nil {
		return err
	}
	if err := g.takeDeadlines(s); err != nil {
		return err
	}
	return g.Docs(s)
}

// rows are the incidents that the report needs: of its days, as its readers see their
// times, and those without a time. A report on the spot is of one of all.
func (g *Gatherer) rows(s *views.Snapshot, f *views.Filter, see *sight.Sights, who sight.Who) ([]views.Row, error) {
	rows, err := g.wanted(s, f, see, who)
	if err == nil && g.Most > 0 && len(rows) > g.Most {
		err = &TooMany{len(rows), g.Most}
	}
	return rows, err
}

func (g *Gatherer) wanted(s *views.Snapshot, f *views.Filter, see *sight.Sights, who sight.Who) ([]views.Row, error) {
	if g.All || g.In.Spot != "" {
		return g.list(s, f)
	}
	seen := *f
	if g.In.For != "restricted" {
		seen.Eyes = see.Eyes(who)
	}
	g.In.Rest = &daily.Rest{Actors: s.Actors(&seen)}
	if first := s.First(&seen); first != "" {
		i, err := when.ParseRFC3339(first)
		if err != nil {
			return nil, err
		}
		g.In.Rest.First = i.Time()
	}
	g.In.Withheld = s.Count(&seen).Withheld // whenever it was
	needs := g.In.Needs()
	of := seen
	of.Timed, of.From, of.To = true, needs.From.Unix()/60-1, needs.To.Unix()/60+1
	rows, err := g.list(s, &of)
	return append(rows, s.Undated(&seen)...), err
}

// list lists what a filter asks for, unless that is too much.
func (g *Gatherer) list(s *views.Snapshot, f *views.Filter) ([]views.Row, error) {
	if n := s.Count(f).Matched; g.Most > 0 && n > g.Most {
		return nil, &TooMany{n, g.Most}
	}
	return s.List(f, nil, math.MaxInt).Rows, nil
}

// takeDeadlines takes what is due of cases, duties and windows at the cut-off. Only
// the mission is told: a deadline tells of a case.
func (g *Gatherer) takeDeadlines(s *views.Snapshot) error {
	if g.In.For != "mission" && g.In.For != "restricted" {
		return nil
	}
	in, err := cases.FromViews(s, &cases.Source{Origin: g.In.Of, Blobs: g.Blobs, Texts: &cases.Texts{}})
	if err != nil {
		return err
	}
	for _, d := range commission.At(in, when.At(g.In.Cutoff())).Deadlines() {
		g.In.Deadlines = append(g.In.Deadlines, daily.Deadline{ID: d.ID, What: d.What, Of: d.Of, State: d.State, At: when.Instant(d.At).Time()})
	}
	return nil
}

// takeClaims takes what others say of an incident, and what was determined.
func (g *Gatherer) takeClaims(s *views.Snapshot, x *views.Version, rec *daily.Record) error {
	for _, id := range slices.Concat(x.Claims, x.Determinations) {
		d, err := s.Store().Doc(id)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		made, _, _ := strings.Cut(d.Made, "T")
		switch d.Kind {
		case "claim@1":
			var c record.ClaimEntry
			if g.readable(d, &c) {
				rec.Claims = append(rec.Claims, evidence.Claim{By: c.By, On: made, Gist: c.Says})
			}
		case "determination@1":
			var c record.DeterminationEntry
			if g.readable(d, &c) {
				rec.Claims = append(rec.Claims, evidence.Claim{By: c.By, On: made, Gist: c.Says + ": " + c.Reason, Kind: "determines"})
			}
		}
	}
	return nil
}

// isFor reports whether what has a marking is for those whom the report is for.
func (g *Gatherer) isFor(m views.Marking) bool {
	at := func(m string) int { return slices.Index(rights.Markings(), rights.Marking(m)) }
	return at(string(m)) >= 0 && at(string(m)) <= at(g.In.For)
}

// readable reads of an entry's payload what the report may show. A restricted report
// shows all of what is marked so.
func (g *Gatherer) readable(d *views.Doc, into any) bool {
	if g.In.For == "restricted" {
		return !d.Erased && json.Unmarshal(d.Payload, into) == nil
	}
	return sight.New(rights.Default()).Payload(sight.As(rights.Marking(g.In.For)), d, into)
}

// Docs takes means, what hindered them, restrictions and notices.
func (g *Gatherer) Docs(s *views.Snapshot) error {
	out := &watch.Outlook{House: &watch.House{}, Now: when.Future}
	err := s.Store().Docs([]string{record.KindMeans}, math.MaxInt64, func(d *views.Doc) bool {
		var m record.MeansEntry
		if !g.readable(d, &m) {
			return true
		}
		out.House, _ = watch.ReadMeans(d.ID, []byte(m.Means), views.Vocabulary())
		return false
	})
	if err != nil {
		return err
	}
	byID := map[string]*watch.Means{}
	for _, m := range out.House.Means {
		byID[m.ID] = m
	}
	err = s.Store().InOrder([]string{record.KindRestriction, record.KindCoverage, record.KindPatrol, "notice@1", "commitment@1", "window@1", "activity@1"}, func(d *views.Doc) bool {
		g.takeDoc(d, out, byID)
		return true
	})
	if len(out.House.Means) > 0 {
		g.In.Outlook = out
	}
	g.In.Restrictions = out.Restrictions
	return err
}

func (g *Gatherer) takeDoc(d *views.Doc, out *watch.Outlook, byID map[string]*watch.Means) {
	made, _ := when.ParseRFC3339(d.Made)
	switch d.Kind {
	case record.KindRestriction:
		var x record.RestrictionEntry
		if g.readable(d, &x) {
			if y, errs := restrictionOf(d.ID, &x); errs == nil {
				out.Restrictions = append(out.Restrictions, y)
			}
		} else {
			g.In.Withheld++
		}
	case record.KindCoverage:
		var c record.CoverageEntry
		if g.readable(d, &c) && byID[c.Means] != nil {
			from, err1 := when.ParseRFC3339(c.From)
			to, err2 := when.ParseRFC3339(c.To)
			if err1 == nil && err2 == nil && from < to {
				byID[c.Means].Outages = append(byID[c.Means].Outages, watch.Outage{Span: when.Span{Start: from, End: to}, Why: c.Why})
			}
		}
	case record.KindPatrol:
		var p record.PatrolEntry
		if g.readable(d, &p) && byID[p.Means] != nil {
			for _, h := range d.Blobs {
				if fixes, err := trackOf(g.Blobs, h); err == nil {
					byID[p.Means].AddTrack(fixes)
				}
			}
		}
	case "notice@1":
		var n record.NoticeEntry
		if g.readable(d, &n) {
			g.In.Notices = append(g.In.Notices, daily.Notice{ID: d.ID, From: n.From, Says: n.Says, Text: n.Text, Clause: n.Clause, At: made})
		}
	case "window@1":
		var n record.WindowEntry
		if g.readable(d, &n) {
			g.In.Notices = append(g.In.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: fmt.Sprintf("%s, %s to %s: %s", n.Purpose, n.From, n.Until, n.Says), Text: n.Text, At: made, Span: formats.SpanOf(n.From, n.Until)})
		}
	case "activity@1":
		var n record.ActivityEntry
		if g.readable(d, &n) {
			g.In.Notices = append(g.In.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: fmt.Sprintf("%s, %s to %s: %s", n.What, n.From, n.Until, n.Says), At: made, Span: formats.SpanOf(n.From, n.Until)})
		}
	case "commitment@1":
		var n record.CommitmentEntry
		if g.readable(d, &n) {
			g.In.Notices = append(g.In.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: n.Commitment, Text: n.Text, At: made})
		}
	}
}

// restrictionOf reads an entry as a row of a file of restrictions would be read.
func restrictionOf(id string, r *record.RestrictionEntry) (watch.Restriction, []error) {
	delay := ""
	if r.Delay != 0 {
		delay = fmt.Sprint(r.Delay)
	}
	cells := map[string]string{"id": id, "kind": r.Type, "time_start": r.From, "time_end": r.To, "place": r.Place, "checkpoint": r.Checkpoint, "by": r.By, "reason": r.Reason, "delay_minutes": delay, "of": r.Of, "means": r.Means, "told": r.Told}
	return watch.SetRestriction(func(c string) string { return cells[c] })
}

func trackOf(blobs views.Blobs, hash string) ([]watch.Fix, error) {
	h, err := record.ParseHash(hash)
	if err != nil {
		return nil, err
	}
	f, err := blobs.Open(h)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, watch.MaxTrack+1))
	if err != nil || len(b) > watch.MaxTrack {
		return nil, fmt.Errorf("the track %s cannot be read", hash)
	}
	fixes, problems := watch.ReadGPX(hash, b)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return fixes, nil
}
