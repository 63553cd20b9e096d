package journal

import (
	"errors"

	"github.com/truce-project/truce/record"
)

// Kept is an entry that a record acknowledged, with its payload where that is here.
type Kept struct {
	Entry
	Payload Payload
	Absent  bool // it has a payload, and that is not here, or was erased
}

// Acknowledged calls a function with each entry from a place on that a record has
// acknowledged, with those that stand in the WAL alone, and returns how many there
// are. It signs nothing: it is for a record that must not be written to any more,
// because others hold another history, and whose end is to be handed in elsewhere.
// What was damaged in the WAL is put right or refused as Open does.
func Acknowledged(w World, from int64, f func(Kept) error) (int64, error) {
	lock, err := w.FS.Lock("lock")
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	l, _, err := open(w, Options{Interval: -1}, lock)
	if l != nil {
		defer l.wal.close()
	}
	if err != nil {
		return 0, err
	}
	r := l.Reader()
	for e, err := range r.Range(min(from, l.base), l.base) {
		if err != nil {
			return 0, err
		}
		k := Kept{Entry: e}
		p, err := r.Payload(e.Index)
		switch {
		case err == nil:
			k.Payload = p
		case errors.Is(err, record.ErrErased), errors.Is(err, record.ErrAbsent):
			k.Absent = true
		default:
			return 0, err
		}
		if err := f(k); err != nil {
			return 0, err
		}
	}
	for i := max(from-l.base, 0); i < int64(len(l.pending)); i++ {
		it := &l.pending[i]
		k := Kept{Entry: Entry{Index: l.base + i, Bytes: it.entry, Envelope: it.env}, Payload: Payload{Salt: it.salt, Bytes: it.payload}, Absent: it.absent}
		if err := f(k); err != nil {
			return 0, err
		}
	}
	return l.Size(), nil
}
