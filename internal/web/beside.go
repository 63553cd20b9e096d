package web

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// How many answers are kept, and how many are made beside requests or wait for it:
// half of these for those who have not signed in.
const (
	besideKept    = 16
	besideWorking = 8
	besideFailed  = 5 * time.Second // what failed is tried again after that
)

// beside keeps answers that take a while, so that a page opens at once with the one
// that was made last, of its own size, while the next is made beside requests. The
// answer before the last is kept too, for those who were shown it.
type beside[T sized] struct {
	mu      sync.Mutex
	kept    map[string]*besides[T]
	order   []string // of kept, the oldest first
	views   int64    // of which all of it is
	epoch   int      // how often all was forgotten
	working map[string]bool
	few     int           // of these, for those who have not signed in
	one     [2]sync.Mutex // for each sort one is made at a time
}

// sized is an answer that says of which views it is, and of which size of the record.
// The zero value is no answer.
type sized interface {
	comparable
	of() (made, size int64)
}

// besides is what is kept under a key.
type besides[T sized] struct {
	last, before T
	err          error // why the next could not be made
	failed       time.Time
}

// question is what is asked of beside. Whatever the answer depends on but the size of
// the record is part of the key, so also what whoever asks may read.
type question[T sized] struct {
	key      string
	views    int64 // views.Snapshot.Made: answers of others are forgotten, since what was erased stands in them
	stranger bool
	fits     func(T) bool // it is what would be made now
	make     func() (T, error)
	failed   func(error) // told why it could not be made
}

// last is the answer that was made last, and whether another is being made. There is
// none at first: then it is nil.
func (b *beside[T]) last(q *question[T]) (x T, working bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(q.views)
	if k := b.kept[q.key]; k != nil {
		switch {
		case k.last != x && q.fits(k.last):
			return k.last, false, nil
		case k.err != nil && time.Since(k.failed) < besideFailed:
			return x, false, k.err
		}
		x = k.last
	}
	b.begin(q)
	return x, true, nil
}

// begin makes an answer beside requests, if nobody does yet. Where too many are being
// made, whoever asks again in a second begins it then.
func (b *beside[T]) begin(q *question[T]) {
	if b.working[q.key] || len(b.working) >= besideWorking || q.stranger && b.few >= besideWorking/2 {
		return
	}
	if b.working == nil {
		b.working = map[string]bool{}
	}
	b.working[q.key] = true
	if q.stranger {
		b.few++
	}
	go b.work(q, b.epoch)
}

func (b *beside[T]) work(q *question[T], epoch int) {
	one := &b.one[0]
	if q.stranger {
		one = &b.one[1]
	}
	one.Lock()
	x, err := recovered(q.make)
	one.Unlock()
	if err != nil {
		q.failed(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.working, q.key)
	if q.stranger {
		b.few--
	}
	switch {
	case epoch != b.epoch: // what it was made from may have been erased
	case err != nil:
		k := b.at(q.key)
		k.err, k.failed = err, time.Now()
	default:
		b.keep(q.key, x)
	}
}

// recovered calls f; where that fails as it must not, the error says so.
func recovered[T any](f func() (T, error)) (x T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", huma.Error500InternalServerError("the server failed at this question; nothing was changed by it"), p)
		}
	}()
	return f()
}

// put keeps an answer that was made for a request.
func (b *beside[T]) put(key string, x T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(key, x)
}

// find is the first of the answers kept under a key that is looked for.
func (b *beside[T]) find(key string, made int64, is func(T) bool) (x T, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(made)
	if k := b.kept[key]; k != nil {
		for _, y := range []T{k.last, k.before} {
			if y != x && is(y) {
				return y, true
			}
		}
	}
	return x, false
}

// forget drops all that is kept, and what is being made.
func (b *beside[T]) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop()
}

func (b *beside[T]) drop() {
	b.kept, b.order = nil, nil
	b.epoch++
}

// of drops what is kept of other views than these.
func (b *beside[T]) of(made int64) {
	if made > b.views {
		b.views = made
		b.drop()
	}
}

func (b *beside[T]) at(key string) *besides[T] {
	k := b.kept[key]
	if k == nil {
		k = &besides[T]{}
		if b.kept == nil {
			b.kept = map[string]*besides[T]{}
		}
		b.kept[key] = k
	}
	b.order = append(slices.DeleteFunc(b.order, func(o string) bool { return o == key }), key)
	if len(b.order) > besideKept {
		delete(b.kept, b.order[0])
		b.order = b.order[1:]
	}
	return k
}

// keep keeps an answer, unless a newer one is kept.
func (b *beside[T]) keep(key string, x T) {
	var none T
	made, size := x.of()
	if b.of(made); made < b.views {
		return
	}
	k := b.at(key)
	if k.err = nil; k.last == none || k.last == x {
		k.last = x
		return
	}
	if _, had := k.last.of(); had <= size {
		k.last, k.before = x, k.last
	}
}

// forget drops kept answers in which something may stand that was erased. Those made
// from views that do not know of it yet are dropped when the views are made anew.
func (s *Server) forget() {
	s.plans.forget()
	s.dailies.forget()
	s.covers.forget()
	s.anews.forget()
	s.newests.forget()
	s.work.forget()
}
