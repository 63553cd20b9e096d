// Package gather reads the entries of talks from a record.
package gather

import (
	"slices"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// entry is a document with what is known of its author; party is whose the payload
// says that it is.
func entry(d *views.Doc, dir *people.Directory, party string) board.Entry {
	e := board.Entry{Index: d.Index, ID: d.ID, Kind: d.Kind, Payload: d.Payload, Of: party}
	if key, err := record.ParseKeyID(d.Author); err == nil && dir != nil {
		if a, ok := dir.ByKey(key); ok {
			e.Role, e.Speaks = a.Role, a.Party
			if a.Party != "" {
				e.Of = a.Party
			}
		}
	}
	return board.Unwrap(e)
}

// partyOf is whose a payload says that it is.
func partyOf(d *views.Doc) string {
	x, err := rights.Default().DocumentOf(d.Kind, d.ID, d.Payload)
	if err != nil {
		return ""
	}
	return x.Party
}

// FromViews reads what views hold, up to the size of a snapshot, as somebody of a
// party sees it; reads tells what they may read without a disclosure.
func FromViews(snap *views.Snapshot, dir *people.Directory, party string, reads func(*views.Doc) bool) ([]board.Entry, error) {
	var all []board.Entry
	may := map[string]bool{}
	err := snap.Store().InOrder(board.Read(), func(d *views.Doc) bool {
		if d.Index >= snap.Size {
			return false
		}
		if !d.Erased && len(d.Payload) > 0 {
			all = append(all, entry(d, dir, partyOf(d)))
			may[d.ID] = reads(d)
		}
		return true
	})
	return board.Visible(all, party, func(e *board.Entry) bool { return may[e.ID] }), err
}

// FromLog reads all of it from a log without views, up to a size.
func FromLog(r *journal.Reader, size int64) ([]board.Entry, error) {
	var all []board.Entry
	var dir *people.Directory
	for e, err := range r.Range(0, min(size, r.Size())) {
		if err != nil {
			return nil, err
		}
		if e.Index == 0 {
			dir = people.NewDirectory(e.Envelope.Author, rights.Default())
		}
		if k := e.Envelope.Kind; k == record.KindAccount || k == record.KindGrant {
			if p, err := r.Payload(e.Index); err == nil {
				dir.Apply(e.Index, e.Envelope, p.Bytes)
			}
			continue
		}
		if !slices.Contains(board.Read(), e.Envelope.Kind) {
			continue
		}
		d, err := views.DocOf(r, e)
		if err != nil {
			return nil, err
		}
		if !d.Erased && len(d.Payload) > 0 {
			all = append(all, entry(d, dir, partyOf(d)))
		}
	}
	return all, nil
}
