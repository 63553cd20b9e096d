package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/truce-project/truce/record"
)

// Restore brings back, from a copy that somebody else holds, what this log had
// said and this disk has lost: after a backup was put back (Open says *RolledBack),
// or into an empty folder that holds nothing but log.key. It is what a log must do
// before it writes again, since otherwise it would give places twice.
//
// The copy must be one of this log, and continue what is here: otherwise *Forked.
// Payloads come from the function where it has them; entries whose payload it does
// not have are kept without, and Log.Fill takes payloads later. Those of keys it
// must have. It returns how many entries came back.
func Restore(ctx context.Context, w World, copied *Reader, payload func(Entry) (Payload, bool)) (int64, error) {
	lock, err := w.FS.Lock("lock")
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	if there, err := w.exists("office.json"); err != nil {
		return 0, err
	} else if !there {
		if mine, err := w.exists("log.key"); err != nil || !mine {
			return 0, errors.Join(errors.New("restoring into an empty folder needs log.key in it"), err)
		}
		if err := w.create(copied.Office.Origin); err != nil {
			return 0, err
		}
	}
	l, _, err := open(w, Options{Interval: -1}, lock)
	if l != nil {
		defer l.wal.close()
	}
	if err != nil {
		return 0, err
	}
	if l.office != copied.Office {
		return 0, fmt.Errorf("the copy is of %s with the key %s, this record is %s with %s", copied.Office.Origin, copied.Office.Key, l.office.Origin, l.office.Key)
	}
	if err := l.sameHistory(copied); err != nil {
		return 0, err
	}
	return l.bring(ctx, copied, payload)
}

// sameHistory compares what is here, with what waits in the WAL, with the copy.
func (l *Log) sameHistory(copied *Reader) error {
	size := min(l.Size(), copied.Size())
	want, err := copied.RootAt(size)
	if err != nil {
		return err
	}
	var here record.Hash
	if size <= l.base {
		if here, err = l.Reader().RootAt(size); err != nil {
			return err
		}
	} else {
		e := l.tree.edge.clone()
		for i := range l.pending[:size-l.base] {
			if err := e.add(l.pending[i].leaf, nothing); err != nil {
				return err
			}
		}
		here = e.root()
	}
	if here != want {
		return &Forked{Known: record.Checkpoint{Origin: l.office.Origin, Size: size, Root: want}, Here: here}
	}
	return nil
}

// bring takes the entries that are missing, frame by frame, the way that new ones
// go.
func (l *Log) bring(ctx context.Context, copied *Reader, payload func(Entry) (Payload, bool)) (int64, error) {
	from := l.Size()
	for l.Size() < copied.Size() {
		if err := ctx.Err(); err != nil {
			return l.Size() - from, err
		}
		if err := l.bringFrame(copied, payload); err != nil {
			return l.Size() - from, err
		}
		if l.waiting > soon || l.Size() == copied.Size() {
			if err := l.carry(l.rotateWAL()); err != nil {
				return l.Size() - from, err
			}
		}
	}
	return l.Size() - from, nil
}

func (l *Log) bringFrame(copied *Reader, payload func(Entry) (Payload, bool)) error {
	first := l.Size()
	var items []item
	bytes := 0
	var accepted int64
	ring := l.ring.Load()
	for i := first; i < copied.Size() && len(items) < maxEntries && bytes < maxFrame; i++ {
		e, err := copied.Entry(i)
		if err != nil {
			return err
		}
		it := item{entry: e.Bytes}
		if err := it.decode(); err != nil {
			return err
		}
		if err := it.takePayload(e, payload); err != nil {
			return err
		}
		if ring, err = nextRing(ring, i, &it); err != nil {
			return err
		}
		if len(items) == 0 { // when it was accepted is not known any more
			accepted = e.Envelope.Made.UnixMilli()
		}
		it.accepted = accepted
		items, bytes = append(items, it), bytes+it.size()
	}
	l.wal.buf = beginFrame(l.wal.buf, accepted)
	for i := range items {
		l.wal.buf = appendItem(l.wal.buf, &items[i])
	}
	if err := l.wal.write(len(items)); err != nil {
		return err
	}
	l.settle(items)
	l.ring.Store(ring)
	return nil
}

// takePayload asks for the payload of an entry that comes back.
func (it *item) takePayload(e Entry, payload func(Entry) (Payload, bool)) error {
	if !it.hasPayload() {
		return nil
	}
	p, ok := payload(e)
	if !ok {
		it.absent = true
		return nil
	}
	it.salt, it.payload = p.Salt, p.Bytes
	return record.CheckPayload(it.env, p.Salt, p.Bytes)
}

// nextRing takes an entry into account.
func nextRing(ring *record.KeyRing, i int64, it *item) (*record.KeyRing, error) {
	if it.env.Kind != record.KindKey && it.env.Kind != record.KindRevoke {
		return ring, nil
	}
	if it.absent {
		return ring, fmt.Errorf("entry %d: a key of the log cannot come back without its payload", i)
	}
	if ring == nil {
		return record.First(it.env, it.payload)
	}
	ring = ring.Clone()
	return ring, ring.Apply(i, it.env, it.payload)
}

// Fill takes the payload of an entry that came back without.
func (l *Log) Fill(i int64, p Payload) error {
	if err := l.why(); err != nil {
		return err
	}
	r := l.Reader()
	if _, err := r.Payload(i); err == nil || !errors.Is(err, record.ErrAbsent) {
		if err == nil {
			err = fs.ErrExist
		}
		return fmt.Errorf("entry %d: its payload cannot be filled in: %w", i, err)
	}
	b, err := r.load(i / record.Width)
	if err != nil {
		return err
	}
	k := i % record.Width
	if err := record.CheckPayload(b.entries[k].Envelope, p.Salt, p.Bytes); err != nil {
		return err
	}
	return l.w.fill(segmentName(b.n), b.at[k], p)
}

// Proof is the .tlog-proof of an acknowledged entry; a checkpoint is made first
// where none holds it yet.
func (l *Log) Proof(ctx context.Context, i int64) ([]byte, error) {
	if i >= l.Reader().Size() {
		if err := l.Integrate(ctx); err != nil {
			return nil, err
		}
	}
	return l.Reader().Proof(i)
}
