package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/commission/gather"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// fromRecord reads a record, as far as a report may show it. It needs no key and
// disturbs no process that writes.
func (o *reportOptions) fromRecord(cmd *cobra.Command) (err error) {
	ctx, dir := cmd.Context(), o.data
	tmp, err := os.MkdirTemp("", "truce-report-")
	if err != nil {
		return unread(err)
	}
	defer os.RemoveAll(tmp)
	if o.demo {
		dir = filepath.Join(tmp, "record")
		if err := story.Build(ctx, dir); err != nil {
			return unread(fmt.Errorf("making the record of the story: %w", err))
		}
	}
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return unread(err)
	}
	for _, d := range damage {
		fmt.Fprintln(cmd.ErrOrStderr(), "damaged, and computed anew from what is below:", d)
	}
	store, err := views.OpenSQLite(filepath.Join(tmp, "views.db"))
	if err != nil {
		return unread(err)
	}
	v, err := views.New(store, r.Office.Origin, r.Blobs())
	if err != nil {
		return unread(errors.Join(err, store.Close()))
	}
	defer v.Close()
	size, err := o.sizeAsOf(r)
	if err != nil {
		return err
	}
	if err := v.BuildTo(ctx, r, size); err != nil {
		return unread(err)
	}
	o.input.Of = r.Office.Origin
	if o.input.Mission == "" {
		o.input.Mission = r.Office.Origin
	}
	o.input.Vector = map[string]int64{r.Office.Origin: size}
	if err := v.Read(views.Now, func(s *views.Snapshot) error { return o.take(s, r) }); err != nil {
		return unread(err)
	}
	return nil
}

// sizeAsOf is how many entries the report is made from.
func (o *reportOptions) sizeAsOf(r *journal.Reader) (int64, error) {
	if o.asOf == "" {
		return r.Size(), nil
	}
	if n, err := strconv.ParseInt(o.asOf, 10, 64); err == nil {
		if n < 0 || n > r.Size() {
			return 0, fmt.Errorf("--as-of %d: the record has %d entries", n, r.Size())
		}
		return n, nil
	}
	to := o.input.Cutoff()
	if o.asOf != "cutoff" {
		i, err := when.ParseRFC3339(o.asOf)
		if err != nil {
			return 0, fmt.Errorf("--as-of %q: expected a number of entries, a time, or cutoff: %w", o.asOf, err)
		}
		to = i.Time()
	}
	// Clocks of authors differ, and order is that of the log: the place at which the
	// fewest entries stand on the wrong side of the time.
	best, fewest, wrong := int64(0), int64(0), int64(0)
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return 0, unread(err)
		}
		if e.Envelope.Made.After(to) {
			wrong++
		} else {
			wrong--
		}
		if wrong <= fewest {
			best, fewest = e.Index+1, wrong
		}
	}
	return best, nil
}

// take takes from the views what the report may show.
func (o *reportOptions) take(s *views.Snapshot, r *journal.Reader) error {
	f := &views.Filter{}
	for _, m := range views.Markings() {
		if o.isFor(m) {
			f.May = append(f.May, m)
		}
	}
	page := s.List(f, nil, math.MaxInt)
	see, who := sight.New(rights.Default()), sight.As(rights.Marking(o.forWhom))
	o.input.Withheld = page.Totals.Withheld
	ins, err := s.Evidence(page.Rows)
	if err != nil {
		return err
	}
	titles := map[string]*views.Version{}
	for _, row := range page.Rows {
		x, err := s.Store().Version(row.Num, views.Now)
		if err != nil {
			return err
		}
		if x != nil {
			titles[x.ID] = x
		}
	}
	for _, in := range ins {
		rec := &daily.Record{Incident: in}
		if x := titles[in.ID]; x != nil {
			if o.forWhom != "restricted" {
				if see.Verdict(who, sight.NarrowedOf(&x.Incident)) {
					rec.Whole = in
				}
				if rec.Incident = see.Evidence(who, &x.Incident, in); rec.Incident == nil {
					o.input.Withheld++
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
			if o.spot != "" && (x.ID == o.spot || rec.Short == o.spot) {
				if err := o.takeClaims(s, x, rec); err != nil {
					return err
				}
			}
		}
		o.input.Records = append(o.input.Records, rec)
	}
	o.input.Judges, _ = s.Judges()
	if err := o.takeIssues(s); err != nil {
		return err
	}
	if err := o.takeDeadlines(s, r); err != nil {
		return err
	}
	return o.takeDocs(s, r)
}

// takeDeadlines takes what is due of cases, duties and windows at the cut-off. Only
// the mission is told: a deadline tells of a case.
func (o *reportOptions) takeDeadlines(s *views.Snapshot, r *journal.Reader) error {
	if o.forWhom != "mission" && o.forWhom != "restricted" {
		return nil
	}
	in, err := gather.FromViews(s, &gather.Source{Origin: r.Office.Origin, Blobs: r.Blobs(), Texts: &gather.Texts{}})
	if err != nil {
		return err
	}
	for _, d := range commission.At(in, when.At(o.input.Cutoff())).Deadlines() {
		o.input.Deadlines = append(o.input.Deadlines, daily.Deadline{ID: d.ID, What: d.What, Of: d.Of, State: d.State, At: when.Instant(d.At).Time()})
	}
	return nil
}

// takeClaims takes what others say of an incident, and what was determined.
func (o *reportOptions) takeClaims(s *views.Snapshot, x *views.Version, rec *daily.Record) error {
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
			if o.readable(d, &c) {
				rec.Claims = append(rec.Claims, evidence.Claim{By: c.By, On: made, Gist: c.Says})
			}
		case "determination@1":
			var c record.DeterminationEntry
			if o.readable(d, &c) {
				rec.Claims = append(rec.Claims, evidence.Claim{By: c.By, On: made, Gist: c.Says + ": " + c.Reason, Kind: "determines"})
			}
		}
	}
	return nil
}

// isFor reports whether what has a marking is for those whom the report is for.
func (o *reportOptions) isFor(m views.Marking) bool {
	at := func(m string) int { return slices.Index(rights.Markings(), rights.Marking(m)) }
	return at(string(m)) >= 0 && at(string(m)) <= at(o.forWhom)
}

// readable reads of an entry's payload what the report may show. A restricted report
// shows all of what is marked so.
func (o *reportOptions) readable(d *views.Doc, into any) bool {
	if o.forWhom == "restricted" {
		return !d.Erased && json.Unmarshal(d.Payload, into) == nil
	}
	return sight.New(rights.Default()).Payload(sight.As(rights.Marking(o.forWhom)), d, into)
}

// takeDocs takes means, what hindered them, restrictions and notices.
func (o *reportOptions) takeDocs(s *views.Snapshot, r *journal.Reader) error {
	out := &watch.Outlook{House: &watch.House{}, Now: when.Future}
	err := s.Store().Docs([]string{record.KindMeans}, math.MaxInt64, func(d *views.Doc) bool {
		var m record.MeansEntry
		if !o.readable(d, &m) {
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
		o.takeDoc(d, r, out, byID)
		return true
	})
	if len(out.House.Means) > 0 {
		o.input.Outlook = out
	}
	o.input.Restrictions = out.Restrictions
	return err
}

func (o *reportOptions) takeDoc(d *views.Doc, r *journal.Reader, out *watch.Outlook, byID map[string]*watch.Means) {
	made, _ := when.ParseRFC3339(d.Made)
	switch d.Kind {
	case record.KindRestriction:
		var x record.RestrictionEntry
		if o.readable(d, &x) {
			if y, errs := restrictionOf(d.ID, &x); errs == nil {
				out.Restrictions = append(out.Restrictions, y)
			}
		} else {
			o.input.Withheld++
		}
	case record.KindCoverage:
		var c record.CoverageEntry
		if o.readable(d, &c) && byID[c.Means] != nil {
			from, err1 := when.ParseRFC3339(c.From)
			to, err2 := when.ParseRFC3339(c.To)
			if err1 == nil && err2 == nil && from < to {
				byID[c.Means].Outages = append(byID[c.Means].Outages, watch.Outage{Span: when.Span{Start: from, End: to}, Why: c.Why})
			}
		}
	case record.KindPatrol:
		var p record.PatrolEntry
		if o.readable(d, &p) && byID[p.Means] != nil {
			for _, h := range d.Blobs {
				if fixes, err := trackOf(r, h); err == nil {
					byID[p.Means].AddTrack(fixes)
				}
			}
		}
	case "notice@1":
		var n record.NoticeEntry
		if o.readable(d, &n) {
			o.input.Notices = append(o.input.Notices, daily.Notice{ID: d.ID, From: n.From, Says: n.Says, Text: n.Text, Clause: n.Clause, At: made})
		}
	case "window@1":
		var n record.WindowEntry
		if o.readable(d, &n) {
			o.input.Notices = append(o.input.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: fmt.Sprintf("%s, %s to %s: %s", n.Purpose, n.From, n.Until, n.Says), Text: n.Text, At: made, Span: formats.SpanOf(n.From, n.Until)})
		}
	case "activity@1":
		var n record.ActivityEntry
		if o.readable(d, &n) {
			o.input.Notices = append(o.input.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: fmt.Sprintf("%s, %s to %s: %s", n.What, n.From, n.Until, n.Says), At: made, Span: formats.SpanOf(n.From, n.Until)})
		}
	case "commitment@1":
		var n record.CommitmentEntry
		if o.readable(d, &n) {
			o.input.Notices = append(o.input.Notices, daily.Notice{ID: d.ID, From: n.Party, Says: n.Commitment, Text: n.Text, At: made})
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

func trackOf(r *journal.Reader, hash string) ([]watch.Fix, error) {
	h, err := record.ParseHash(hash)
	if err != nil {
		return nil, err
	}
	f, err := r.Blobs().Open(h)
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
