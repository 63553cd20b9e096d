package views

import (
	"iter"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Source is what views are made of: the log of one office, or those of several in
// one order.
type Source interface {
	Size() int64
	// RootAt is a hash over the first entries: the views are of this source where it
	// is the one that they were made from.
	RootAt(size int64) (record.Hash, error)
	Range(from, to int64) iter.Seq2[journal.Entry, error]
	Payload(i int64) (journal.Payload, error)
	Erased(id string) (bool, error)
}

// Joined are the logs of several offices in one order. The index of an entry is its
// place in that order.
type Joined interface {
	Source
	// Runs tells the runs of entries of one log that the order is made of: the place of
	// the first in it, whose log (empty: the own one), and the place there.
	Runs(tell func(at int64, office string, first int64))
}

var _ Source = (*journal.Reader)(nil)

// Of says what the views are made of, before the first update: so that answers name
// the right sizes.
func (v *Views) Of(s Source) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.order = orderOf(s)
}

// vector is what the first entries were of.
func (v *Views) vector(size int64) Vector { return v.order.sizes(v.origin, size) }

// VectorAt is what the first entries were of.
func (v *Views) VectorAt(size int64) Vector {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.vector(size)
}

// placed notes where an entry of several logs stands.
func (o order) placed(d *Doc) {
	office, place := o.place(d.Index)
	if office != "" || place != d.Index {
		d.Office, d.Place = office, &place
	}
}

// again reports whether an entry stands in two logs: it counts once, where it comes
// first. Another one under the same id stays beside it, under a name of its own.
func (b *batch) again(d *Doc) (bool, error) {
	if d.Place == nil {
		return false, nil // one log gives no id twice
	}
	x, err := b.w.Doc(d.ID)
	if err != nil || x == nil {
		return false, err
	}
	if x.Leaf == d.Leaf {
		return true, nil
	}
	office := d.Office
	if office == "" {
		office = "this office"
	}
	d.Problem = "another entry has this id in the log of another office: it is kept under a name of its own, and has no effect on others"
	d.ID += "@" + office
	return false, nil
}
