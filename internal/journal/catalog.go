package journal

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/truce-project/truce/record"
)

// catalog is what must be known of all entries at once.
type catalog struct {
	ids    map[[16]byte]int64
	last   map[record.KeyID]int64 // the last entry of each author
	ring   *record.KeyRing
	erased map[string]bool // ids that an erasure names

	unread error // why the ring is not known: in a copy, the payload of a key has not arrived
}

// knowledge is what a reader asks of all entries: a catalog of its own, or the
// log that is being written.
type knowledge interface {
	place(id [16]byte) (int64, bool)
	keys() *record.KeyRing
	isErased(id string) bool
}

func (c *catalog) place(id [16]byte) (int64, bool) { i, ok := c.ids[id]; return i, ok }
func (c *catalog) keys() *record.KeyRing           { return c.ring }
func (c *catalog) isErased(id string) bool         { return c.erased[id] }

func (l *Log) place(id [16]byte) (int64, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i, ok := l.ids[id]
	return i, ok
}
func (l *Log) keys() *record.KeyRing { return l.Keys() }
func (l *Log) isErased(id string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.erased[id]
}

// readCatalog reads it from the index, and from the bundles where the index does
// not say; the numbers of these entries are returned.
func (r *Reader) readCatalog() (*catalog, []int64, error) {
	c := &catalog{ids: make(map[[16]byte]int64, r.Size()), last: map[record.KeyID]int64{}, erased: map[string]bool{}}
	remake := func(n int64) (indexEntry, error) {
		e, err := r.Entry(n)
		if err != nil {
			return indexEntry{}, err
		}
		it := item{env: e.Envelope, accepted: e.Envelope.Made.UnixMilli()}
		it.id, err = record.IDBytes(e.Envelope.ID)
		return indexOf(&it), err
	}
	remade, err := r.w.readIndex(r.Size(), remake, func(n int64, x indexEntry) error {
		c.ids[x.id] = n
		c.last[x.author] = n
		if x.flags == 0 {
			return nil
		}
		e, err := r.Entry(n)
		if err != nil {
			return err
		}
		if x.flags == flagErase {
			c.erase(e.Envelope)
			return nil
		}
		p, err := r.payload(n)
		if err != nil {
			err = fmt.Errorf("a key of the log: %w", err)
		}
		if errors.Is(err, record.ErrAbsent) || c.unread != nil {
			c.unread = cmp.Or(c.unread, err)
			return nil
		}
		if err != nil {
			return err
		}
		return c.apply(n, e.Envelope, p.Bytes)
	})
	return c, remade, err
}

// apply takes a key or a revocation into account.
func (c *catalog) apply(n int64, e *record.Envelope, payload []byte) (err error) {
	if c.ring == nil {
		c.ring, err = record.First(e, payload)
		return err
	}
	return c.ring.Apply(n, e, payload)
}

func (c *catalog) erase(e *record.Envelope) {
	for _, ref := range e.Refs {
		if ref.Relation == record.Erases {
			c.erased[ref.ID] = true
		}
	}
}
