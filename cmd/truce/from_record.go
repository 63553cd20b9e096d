package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/fusing"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// openJoined reads the folder of a record, with the copies of other offices' records
// that count in it. It needs no key and disturbs no process that writes.
func openJoined(cmd *cobra.Command, dir string) (*mirror.Joined, error) {
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, unread(err)
	}
	for _, d := range damage {
		fmt.Fprintln(cmd.ErrOrStderr(), "damaged, and computed anew from what is below:", d)
	}
	j, told, err := mirror.ReadJoined(dir, r)
	for _, t := range told {
		fmt.Fprintln(cmd.ErrOrStderr(), t)
	}
	if err != nil {
		return nil, unread(err)
	}
	return j, nil
}

// withRecord reads the folder of a record: what its entries, and those of other
// offices, say now. Whoever has the folder reads all of it.
func withRecord(cmd *cobra.Command, dir string, read func(*views.Snapshot, *mirror.Joined) error) error {
	tmp, err := os.MkdirTemp("", "truce-record-")
	if err != nil {
		return unread(err)
	}
	defer os.RemoveAll(tmp)
	r, err := openJoined(cmd, dir)
	if err != nil {
		return err
	}
	store, err := views.OpenSQLite(filepath.Join(tmp, "views.db"))
	if err != nil {
		return unread(err)
	}
	v, err := views.New(store, r.Own.Office.Origin, r.Blobs())
	if err != nil {
		return unread(errors.Join(err, store.Close()))
	}
	defer v.Close()
	if err := v.BuildTo(cmd.Context(), r, r.Size()); err != nil {
		return unread(err)
	}
	return v.Read(views.Now, func(s *views.Snapshot) error { return read(s, r) })
}

// fromRecord takes the reports of a record, with what was claimed of them, and what
// people hold apart. A file whose rows are entries too is read once, as these.
func (o *fuseOptions) fromRecord(cmd *cobra.Command, l *fusing.Loader) (sums []feeds.Summary, err error) {
	err = withRecord(cmd, o.data, func(s *views.Snapshot, r *mirror.Joined) error {
		sum := feeds.Summary{File: o.data, As: "record"}
		var sets []*views.Doc
		old, rowsOf := map[string]bool{}, map[string]bool{}
		var fault error
		err := s.Store().InOrder([]string{"dataset@1", "report@1"}, func(d *views.Doc) bool {
			if d.Kind == "dataset@1" {
				sets = append(sets, d)
				for _, x := range d.Refs {
					old[x.ID] = old[x.ID] || x.Relation == string(record.Supersedes)
				}
				return true
			}
			for _, x := range d.Refs {
				rowsOf[x.ID] = true
			}
			fault = o.takeReport(s, l, d, &sum)
			return fault == nil
		})
		if err = errors.Join(err, fault); err != nil {
			return err
		}
		sums = append(sums, sum)
		for _, d := range sets {
			var p record.DatasetEntry
			if old[d.ID] || rowsOf[d.ID] || d.Erased || len(d.Blobs) == 0 || json.Unmarshal(d.Payload, &p) == nil && p.Each {
				continue
			}
			x, err := loadSet(l, r, d)
			o.problems(cmd, x.File, x, err)
			if err != nil {
				return unread(err)
			}
			sums = append(sums, x)
		}
		if err := o.takeTaken(s); err != nil {
			return err
		}
		return o.takeHeld(s)
	})
	return sums, err
}

// takeReport takes one report as it is corrected, with the claims about it.
func (o *fuseOptions) takeReport(s *views.Snapshot, l *fusing.Loader, d *views.Doc, sum *feeds.Summary) error {
	sum.Rows++
	var p record.ReportEntry
	if d.Erased || json.Unmarshal(d.Payload, &p) != nil {
		sum.Rejected++
		return nil
	}
	row := maps.Clone(p.Row)
	if row == nil {
		row = map[string]string{}
	}
	changes, err := s.Store().ByRoot(d.ID)
	if err != nil {
		return err
	}
	for _, c := range changes { // by anybody else it is a dispute, and stands beside it
		var x record.CorrectionEntry
		if c.Kind == "correction@1" && c.Author == d.Author && c.Account == d.Account && json.Unmarshal(c.Payload, &x) == nil {
			maps.Copy(row, x.Facts)
		}
	}
	in, problems, err := views.ReadRow(p.Format, row)
	if err != nil || in == nil {
		sum.Rejected++
		for _, q := range problems {
			q.Pos = evidence.Position{File: d.ID}
			sum.Problems = append(sum.Problems, q)
		}
		return nil
	}
	in.ID, in.From = d.ID, evidence.Position{File: fmt.Sprintf("entry %d", d.Index)}
	if in.Source == "" {
		in.Source = p.Source
	}
	if err := claimsOf(s, d.ID, in); err != nil {
		return err
	}
	sum.Incidents++
	return l.Take(l.Report(in, p.Format))
}

// claimsOf adds what is claimed of a report, or of the incident that holds it.
func claimsOf(s *views.Snapshot, id string, in *evidence.Incident) error {
	about, err := s.Store().Pointing(string(record.About), id)
	if err != nil {
		return err
	}
	for _, d := range slices.Clone(about) {
		if d.Kind == "incident@1" {
			more, err := s.Store().Pointing(string(record.About), d.ID)
			if err != nil {
				return err
			}
			about = append(about, more...)
		}
	}
	for _, d := range about {
		var c record.ClaimEntry
		if d.Kind != "claim@1" || d.Erased || json.Unmarshal(d.Payload, &c) != nil {
			continue
		}
		in.Claims = append(in.Claims, evidence.Claim{By: c.By, Kind: fusing.KindOfClaim(c.Says), On: d.Made, Gist: c.Says})
	}
	return nil
}

func loadSet(l *fusing.Loader, r *mirror.Joined, d *views.Doc) (feeds.Summary, error) {
	var p record.DatasetEntry
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return feeds.Summary{File: d.ID}, err
	}
	h, err := record.ParseHash(d.Blobs[0])
	if err != nil {
		return feeds.Summary{File: p.Name}, err
	}
	f, err := r.Blobs().Open(h)
	if err != nil {
		return feeds.Summary{File: p.Name}, err
	}
	defer f.Close()
	return l.LoadFrom(p.Name, f, p.Format)
}

// takeTaken takes what people took as one.
func (o *fuseOptions) takeTaken(s *views.Snapshot) error {
	taken, err := s.AllTaken()
	for _, t := range taken {
		x := evidence.Taken{Reports: t.Reports}
		x.Reason, x.By, x.Entry = t.Reason()
		o.taken = append(o.taken, x)
	}
	return err
}

// takeHeld takes what people hold apart. Of incidents it is so of all their reports.
func (o *fuseOptions) takeHeld(s *views.Snapshot) error {
	held, err := s.AllHeld()
	if err != nil {
		return err
	}
	for _, h := range held {
		var p record.ApartEntry
		if json.Unmarshal(h.Entry.Payload, &p) != nil {
			continue
		}
		a, err := s.ReportsOf(h.A)
		if err != nil {
			return err
		}
		b, err := s.ReportsOf(h.B)
		if err != nil {
			return err
		}
		for _, x := range a {
			for _, y := range b {
				o.held = append(o.held, evidence.Held{A: x, B: y, Reason: p.Reason, By: h.Entry.Account, Entry: h.Entry.ID})
			}
		}
	}
	return nil
}

// fromRecord takes incidents, means, tracks and restrictions of a record.
func (o *planOptions) fromRecord(cmd *cobra.Command) error {
	return withRecord(cmd, o.data, func(s *views.Snapshot, r *mirror.Joined) error {
		page := s.List(&views.Filter{May: views.Markings()}, nil, maxPlanIncidents)
		if page.Totals.Matched > maxPlanIncidents {
			return fmt.Errorf("more than %d incidents: plan for a part of them", maxPlanIncidents)
		}
		ins, err := s.Evidence(page.Rows)
		if err != nil {
			return err
		}
		o.incidents = append(o.incidents, ins...)
		rep := &gather.Gatherer{In: &daily.Input{For: "restricted"}, Blobs: r.Blobs()}
		if err := rep.Docs(s); err != nil {
			return err
		}
		o.outlook.Restrictions = append(o.outlook.Restrictions, rep.In.Restrictions...)
		if x := rep.In.Outlook; x != nil {
			o.outlook.House = x.House
		}
		return nil
	})
}
