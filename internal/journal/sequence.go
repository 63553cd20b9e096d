package journal

import (
	"fmt"
	"maps"

	"github.com/truce-project/truce/record"
)

// sequence is the loop of the sequencer: it takes what waits, writes it as one
// frame, syncs once, and answers.
func (l *Log) sequence() {
	defer l.ended.Done()
	var held *submission // must not go into the frame that is being filled
	for {
		select {
		case r := <-l.rotate:
			r <- l.rotateWAL()
			continue
		default:
		}
		first := held
		held = nil
		if first == nil {
			select {
			case first = <-l.queue:
			case r := <-l.rotate:
				r <- l.rotateWAL()
				continue
			case <-l.quit:
				l.refuse()
				return
			}
		}
		if err := l.room(); err != nil {
			first.done <- answer{err: err}
			continue
		}
		held = l.frame(first)
	}
}

// room waits while too much is in no checkpoint yet.
func (l *Log) room() error {
	for {
		l.mu.Lock()
		err, drained := l.stopped, l.drained
		if err == nil && l.waiting > most && drained == nil {
			drained = make(chan struct{})
			l.drained = drained
		}
		over := l.waiting > most
		l.mu.Unlock()
		if err != nil || !over {
			return err
		}
		l.ask()
		select {
		case <-drained:
		case r := <-l.rotate:
			r <- l.rotateWAL()
		case <-l.quit:
			return l.why()
		}
	}
}

// filling is a frame that is being filled. What it changes takes effect only
// when it is on disk.
type filling struct {
	l        *Log
	items    []item
	subs     []*submission
	firsts   []int64
	local    map[[16]byte]bool
	last     map[record.KeyID]record.Hash
	ring     *record.KeyRing
	accepted int64
	closed   bool // by a change of keys
	jumped   bool // the clock has, and the frame says so
}

// frame fills, writes and answers one frame. It returns a submission that has to
// wait for the next.
func (l *Log) frame(first *submission) (held *submission) {
	now, jumped := l.wal.time.read()
	f := &filling{l: l, local: map[[16]byte]bool{}, last: map[record.KeyID]record.Hash{}, ring: l.ring.Load(), accepted: now.UnixMilli()}
	l.wal.buf = beginFrame(l.wal.buf, f.accepted)
	if jumped != nil {
		it, err := l.clockItem(now, jumped)
		if err != nil {
			first.done <- answer{err: l.stop(err)}
			return nil
		}
		f.take(it)
		f.jumped = true
	}
	next := first
	for next != nil {
		if err := f.admit(next); err == errRetry {
			held = next
			break
		} else if err != nil {
			next.done <- answer{err: err}
		}
		if f.closed || len(l.wal.buf) > maxFrame || len(f.items) > maxEntries {
			break
		}
		select {
		case next = <-l.queue:
		default:
			next = nil
		}
	}
	if len(f.items) > 0 {
		f.commit()
	}
	return held
}

// admit puts a submission into the frame, or answers it at once where the log
// holds it already. errRetry means: in the next frame.
func (f *filling) admit(s *submission) error {
	if known, err := f.replayed(s); known || err != nil {
		return err
	}
	if s.keys && len(f.subs) > 0 {
		return errRetry // a change of keys begins a frame and ends it
	}
	ring := f.ring
	if s.keys {
		ring = ring.Clone()
	}
	place := f.l.wal.next + int64(len(f.items))
	last := f.last
	if len(s.items) > 1 { // what stands before them counts only where all of them do
		last = maps.Clone(f.last)
	}
	for i := range s.items {
		it := &s.items[i]
		if err := ring.Usable(it.env.Author, place+int64(i)); err != nil {
			return fmt.Errorf("entry %s: %w", it.env.ID, err)
		}
		if err := f.follows(it, last); err != nil {
			return err
		}
		if len(s.items) > 1 {
			last[it.env.Author] = it.leaf
		}
		if s.keys {
			if err := ring.Apply(place+int64(i), it.env, it.payload); err != nil {
				return err
			}
		}
	}
	f.ring, f.closed = ring, s.keys
	f.subs, f.firsts = append(f.subs, s), append(f.firsts, place)
	for i := range s.items {
		f.take(s.items[i])
	}
	return nil
}

func (f *filling) take(it item) {
	it.accepted = f.accepted
	f.l.wal.buf = appendItem(f.l.wal.buf, &it)
	f.items = append(f.items, it)
	f.local[it.id] = true
	f.last[it.env.Author] = it.leaf
}

// replayed answers a submission that the log holds: with the places that it has,
// where the bytes are the same.
func (f *filling) replayed(s *submission) (bool, error) {
	var places []int64
	for i := range s.items {
		if f.local[s.items[i].id] {
			return false, errRetry
		}
		if at, ok := f.l.ids[s.items[i].id]; ok {
			places = append(places, at)
			leaf, err := f.l.leafAt(at)
			if err != nil {
				return true, err
			}
			if leaf != s.items[i].leaf {
				return true, &Conflict{ID: s.items[i].env.ID, What: fmt.Sprintf("the log holds another entry with this id, at %d", at)}
			}
		}
	}
	if len(places) == 0 {
		return false, nil
	}
	for i, at := range places {
		if len(places) < len(s.items) || at != places[0]+int64(i) {
			return true, &Conflict{ID: s.items[0].env.ID, What: fmt.Sprintf("the log holds %d of these %d entries already, at %d and elsewhere: send them one by one", len(places), len(s.items), places[0])}
		}
	}
	accepted, err := f.l.acceptedAt(places[0])
	if err != nil {
		return true, err
	}
	s.done <- answer{first: places[0], accepted: accepted}
	return true, nil
}

// follows checks that the entry which an author names as the one before is.
func (f *filling) follows(it *item, last map[record.KeyID]record.Hash) error {
	if (it.env.Prev == record.Hash{}) {
		return nil
	}
	leaf, ok := last[it.env.Author]
	if !ok {
		if at, known := f.l.last[it.env.Author]; known {
			var err error
			if leaf, err = f.l.leafAt(at); err != nil {
				return err
			}
		}
	}
	if leaf != it.env.Prev {
		return &Conflict{ID: it.env.ID, What: fmt.Sprintf("names %s as the author's entry before, but the last is %s", it.env.Prev.Hex(), leaf.Hex()), Last: leaf}
	}
	return nil
}

// commit writes the frame, syncs, and only then lets it take effect.
func (f *filling) commit() {
	l := f.l
	err := l.tight(len(l.wal.buf))
	if err == nil {
		err = l.wal.write(len(f.items))
	}
	switch {
	case full(err):
		err = fmt.Errorf("%w (%w)", ErrFull, err)
	case err != nil:
		err = l.stop(err)
	}
	if err != nil {
		for _, s := range f.subs {
			s.done <- answer{err: err}
		}
		return
	}
	if f.jumped {
		l.wal.time.settle()
	}
	l.settle(f.items)
	l.ring.Store(f.ring)
	for i, s := range f.subs {
		s.done <- answer{first: f.firsts[i], accepted: f.accepted}
	}
}

// settle makes known what is on disk.
func (l *Log) settle(items []item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range items {
		it := &items[i]
		at := l.base + int64(len(l.pending))
		l.ids[it.id] = at
		l.last[it.env.Author] = at
		if it.env.Kind == record.KindErasure {
			for _, ref := range it.env.Refs {
				l.erased[ref.ID] = l.erased[ref.ID] || ref.Relation == record.Erases
			}
		}
		l.pending = append(l.pending, *it)
		l.waiting += it.size()
	}
	if l.waiting > soon {
		l.ask()
	}
}

// ask wakes the integrator; nobody waits for it.
func (l *Log) ask() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// leafAt is the leaf at a place, with or without a checkpoint.
func (l *Log) leafAt(i int64) (record.Hash, error) {
	l.mu.RLock()
	if i >= l.base {
		defer l.mu.RUnlock()
		return l.pending[i-l.base].leaf, nil
	}
	l.mu.RUnlock()
	hashes, err := l.Reader().tile(0, i/record.Width)
	if err != nil {
		return record.Hash{}, err
	}
	return record.Hash(hashes[i%record.Width]), nil
}

// acceptedAt is when an entry was accepted.
func (l *Log) acceptedAt(i int64) (int64, error) {
	l.mu.RLock()
	if i >= l.base {
		defer l.mu.RUnlock()
		return l.pending[i-l.base].accepted, nil
	}
	l.mu.RUnlock()
	b, err := l.w.readSpan(indexName, i*indexRecord, indexRecord)
	if err != nil {
		return 0, err
	}
	x, ok := readIndexEntry(b, i)
	if !ok {
		return 0, damaged(indexName, i*indexRecord, "the record of an entry is damaged").touching(i, i)
	}
	return x.accepted, nil
}
