package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/truce-project/truce/record"
)

// Erase destroys the payload of an entry, and its salt: what is left is the
// commitment, of which nobody can tell any more what it was to. An erasure entry
// that names the entry must be in the log before; who may write one is for the
// rules of a mission to say. The keys of the log cannot be erased, since nothing
// could be verified without them.
//
// It makes a checkpoint first, so that no copy is left in the WAL. What the disk,
// its snapshots and backups keep is out of its reach.
func (l *Log) Erase(ctx context.Context, id string) error {
	i, ok := l.Find(id)
	if !ok {
		return fmt.Errorf("no entry %s", id)
	}
	if !l.isErased(id) {
		return fmt.Errorf("entry %s: no %s entry names it: write one first, by whoever may", id, record.KindErasure)
	}
	if err := l.Integrate(ctx); err != nil {
		return err
	}
	r := l.Reader()
	if err := r.inside(i); err != nil {
		return err
	}
	b, err := r.load(i / record.Width)
	if err != nil {
		return err
	}
	k := i % record.Width
	e := b.entries[k].Envelope
	if e.Kind == record.KindKey || e.Kind == record.KindRevoke {
		return fmt.Errorf("entry %s: the keys of a log cannot be erased", id)
	}
	if (e.Payload == record.Hash{}) {
		return fmt.Errorf("entry %s has no payload", id)
	}
	if _, err := r.Payload(i); errors.Is(err, record.ErrErased) {
		return nil
	} else if err != nil {
		return err
	}
	return l.w.erase(segmentName(b.n), b.at[k], payloadSpan(e))
}
