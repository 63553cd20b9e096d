package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/views"
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
	size, err := o.sizeAsOf(r)
	if err != nil {
		return err
	}
	if err := v.BuildTo(ctx, r, size); err != nil {
		return unread(err)
	}
	o.input.Of = r.Own.Office.Origin
	if o.input.Mission == "" {
		o.input.Mission = r.Own.Office.Origin
	}
	o.input.Vector = r.Sizes(size)
	if err := v.Read(views.Now, func(s *views.Snapshot) error { return o.take(s, r.Blobs()) }); err != nil {
		return unread(err)
	}
	return nil
}

// sizeAsOf is how many entries the report is made from.
func (o *reportOptions) sizeAsOf(r *mirror.Joined) (int64, error) {
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
func (o *reportOptions) take(s *views.Snapshot, blobs views.Blobs) error {
	g := gather.Gatherer{In: &o.input, Blobs: blobs, Corrects: o.corrects, Reason: o.reason}
	if err := g.Take(s); err != nil {
		return err
	}
	if o.issue && len(g.CorrectedBy) > 0 {
		return failed(fmt.Errorf("--corrects %s: was itself corrected by %s: --corrects names that", o.corrects, strings.Join(g.CorrectedBy, ", ")))
	}
	o.issuedAlready = g.Issued
	return nil
}
