package views

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
)

// Views are the read models of one office's log.
type Views struct {
	store Store
	blobs Blobs
	texts *texts // owned by the one who applies

	mu         sync.RWMutex
	origin     string
	size       int64
	held       int64 // how often what is held was made anew
	root       string
	cols       *Columns
	profiles   []string
	judgements []string
	text       *texts // as of size
	building   Progress
	order      order  // of what they are made of
	turn       uint64 // changes when the order may be another one
	anew       bool   // they are made anew, and nothing of that has been read here
	kept       *Kept  // the store, where another process writes it
	generation string // of what it holds
	past       pastCache
	counted    countCache
	glances    glances
	read       readRows
	recent     recent
	said       saidCache
}

// Progress says how far a rebuild has come.
type Progress struct {
	Done, Of int64
	Running  bool
}

// engine names what findings depend on besides the log; views made by another are
// made anew.
func engine() string { return schema + " " + judge.Engine + " " + when.TZData }

// New makes views of a log in a store.
func New(s Store, origin string, b Blobs) (*Views, error) {
	v := &Views{store: s, blobs: b, origin: origin}
	err := v.load()
	if damagedStore(err) {
		err = v.empty()
	}
	return v, err
}

// load takes from the store what is held in memory. It is called before others
// know the views, or with the lock.
func (v *Views) load() error {
	if v.kept != nil {
		h, err := v.take()
		if err == nil {
			v.follow(h)
		}
		return err
	}
	h := &memory{at: Now}
	var err error
	if h.size, h.root, err = v.store.Size(); err != nil {
		return err
	}
	if err := h.read(v.store, v.blobs); err != nil {
		return err
	}
	v.hold(h)
	return nil
}

// memory is what is held in memory of a store.
type memory struct {
	at, size             int64 // as of what it is read, and how many entries that are
	root                 string
	texts                *texts
	cols                 *Columns
	profiles, judgements []string
	generation           string // where another process writes the store
	order                order  // ... and the order that it has noted
}

// read reads what is held of a store.
func (h *memory) read(s Reads, b Blobs) (err error) {
	if h.texts, err = textsOf(s, b); err != nil {
		return err
	}
	rows, err := s.Load(h.at)
	if err != nil {
		return err
	}
	h.cols = NewColumns(rows)
	if h.profiles, err = s.Dict("profile", h.at); err != nil {
		return err
	}
	h.judgements, err = s.Dict("judgement", h.at)
	return err
}

// hold puts what is held in memory in the place of what was.
func (v *Views) hold(h *memory) {
	v.size, v.root, v.texts, v.text = h.size, h.root, h.texts, h.texts
	v.cols, v.profiles, v.judgements = h.cols, h.profiles, h.judgements
	v.past.of, v.past.texts = nil, nil
	v.held++
	v.recent = recent{from: h.size}
	v.glances.forget()
	v.read.forget()
	v.said.forget()
	v.counted.of, v.counted.now = nil, -1
}

// Size is how many entries the views were made from.
func (v *Views) Size() int64 { v.mu.RLock(); defer v.mu.RUnlock(); return v.size }

// Progress says how far the views have come with what they were asked to apply.
func (v *Views) Progress() Progress {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p := v.building
	p.Running = p.Running || v.anew
	return p
}

// batchSize is how many entries are applied between two commits.
const batchSize = 512

// batchBytes is how much of payloads a batch takes, and one entry more.
const batchBytes = 4 << 20

// ErrNoRoom means that the views wait for room on the disk, so that the record has
// what there is.
var ErrNoRoom = errors.New("the views wait for room on the disk")

// Update applies the entries of the log up to the reader's checkpoint, and none
// where there are no new ones. Views that are not of this log, or of another
// engine, are made anew. One at a time.
func (v *Views) Update(ctx context.Context, r Source) error {
	err := v.goOn(ctx, r)
	if errors.Is(err, errMoved) {
		if err = v.reload(); err == nil {
			err = v.goOn(ctx, r)
		}
	}
	if errors.Is(err, errErased) || damagedStore(err) {
		return v.Rebuild(ctx, r)
	}
	return err
}

func (v *Views) goOn(ctx context.Context, r Source) error {
	fits, err := v.fits(r)
	if err != nil {
		return err
	}
	if !fits {
		return v.Rebuild(ctx, r)
	}
	v.Of(r)
	return v.upTo(ctx, r, false)
}

// reload takes what is held in memory from the store again.
func (v *Views) reload() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.load()
}

// damagedStore reports whether the store says that its file is damaged. It has no
// checksums: a flipped bit in a document it does not notice.
func damagedStore(err error) bool {
	return damagedPostgres(err) || err != nil && (strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "not a database"))
}

// fits reports whether what the views were made from is the beginning of the log.
func (v *Views) fits(r Source) (bool, error) {
	v.mu.RLock()
	size, root := v.size, v.root
	v.mu.RUnlock()
	if size > r.Size() {
		return false, nil
	}
	if size == 0 {
		return true, nil
	}
	h, err := r.RootAt(size)
	return root == h.Hex()+" "+engine(), err
}

// Rebuild makes the views anew, from nothing. While it is at it nothing is
// answered from the old ones: they may hold what was erased.
func (v *Views) Rebuild(ctx context.Context, r Source) error {
	if err := v.empty(); err != nil {
		return err
	}
	v.Of(r)
	return v.upTo(ctx, r, true)
}

func (v *Views) empty() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.store.Reset(); err != nil {
		return err
	}
	v.order = nil
	v.turn++
	return v.load()
}

func (v *Views) upTo(ctx context.Context, r Source, rebuild bool) error {
	began := v.Size()
	for v.Size() < r.Size() {
		from := v.Size()
		to := min(from+batchSize, r.Size())
		if err := ctx.Err(); err != nil {
			return err
		}
		v.mu.Lock()
		v.building = Progress{Done: from - began, Of: r.Size() - began, Running: true}
		v.mu.Unlock()
		if err := v.apply(r, from, to, rebuild || began == 0); err != nil {
			return err
		}
	}
	v.mu.Lock()
	v.building.Running = false
	v.mu.Unlock()
	return nil
}

// apply applies entries as one batch, fewer where they are large. Readers see all of it or nothing.
func (v *Views) apply(r Source, from, to int64, rebuild bool) (err error) {
	if s, asks := v.store.(interface{ room() error }); asks {
		if err := s.room(); err != nil {
			return err
		}
	}
	w, err := v.store.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Rollback())
		}
	}()
	b, o := newBatch(w, v.texts, rebuild), orderOf(r)
	at, held := from, 0
	for e, err := range r.Range(from, to) {
		if err != nil {
			return err
		}
		if held >= batchBytes {
			break
		}
		d, err := docOf(r, o, e)
		if err != nil {
			return err
		}
		at, held = at+1, held+len(d.Payload)
		if again, err := b.again(d); err != nil {
			return err
		} else if again {
			continue
		}
		if err := b.entry(d); err != nil {
			return err
		}
		if k, ok := w.(interface{ KeepFiles(*Doc, Blobs) error }); ok {
			if err := k.KeepFiles(d, v.blobs); err != nil {
				return err
			}
		}
		runtime.Gosched() // who waits for a receipt goes first
	}
	root, err := r.RootAt(at)
	if err != nil {
		return err
	}
	if k, ok := w.(interface{ Ordered([]Run) error }); ok {
		if err := k.Ordered(o.between(from, at)); err != nil {
			return err
		}
	}
	return v.commit(w, b, at, root.Hex()+" "+engine())
}

// commit makes a batch seen, in the store and in memory at once.
func (v *Views) commit(w Writes, b *batch, size int64, root string) error {
	var changes []change
	for num := range b.changed {
		var c change
		var err error
		if c.old, c.hadOld, err = v.store.Row(num, Now); err != nil { // as it is seen by others
			return err
		}
		if c.now, c.hasNow, err = w.Row(num, Now); err != nil {
			return err
		}
		changes = append(changes, c)
	}
	profiles, err := w.Dict("profile", Now)
	if err != nil {
		return err
	}
	judgements, err := w.Dict("judgement", Now)
	if err != nil {
		return err
	}
	if k, ok := w.(interface {
		Changed(map[uint32]bool, int64) error
	}); ok {
		if err := k.Changed(b.changed, size); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := w.Commit(size, root); err != nil {
		return err
	}
	if err := v.change(changes, profiles); err != nil {
		return err
	}
	v.profiles, v.judgements, v.size, v.root = profiles, judgements, size, root
	v.texts, v.text = b.texts, b.texts
	return nil
}

// change is a row before and after.
type change struct {
	old, now       Row
	hadOld, hasNow bool
}

// change changes the columns; it is called with the lock.
func (v *Views) change(changes []change, profiles []string) error {
	v.recent.add(v.size, changes)
	for _, c := range changes {
		if c.hadOld && !v.cols.Remove(c.old.Start, c.old.Num) {
			return fmt.Errorf("incident %d is not where the columns should have it", c.old.Num)
		}
		if c.hasNow {
			v.cols.Insert(c.now)
		}
		v.glances.follow(profiles, c.hadOld, c.hasNow, c.old, c.now)
	}
	v.glances.follow(profiles, false, false, Row{}, Row{}) // profiles that no row has any more count too
	return nil
}

// moved reports whether the store is not where it was left, and reads it anew then.
// A file is moved by nobody; a database may be another one from one moment to the
// next.
func (v *Views) moved() (bool, error) {
	s, may := v.store.(interface{ moved() (bool, error) })
	if !may {
		return false, nil
	}
	moved, err := s.moved()
	if damagedStore(err) {
		return true, v.empty()
	}
	if err == nil && moved {
		err = v.reload()
	}
	return moved, err
}

// Close closes the store.
func (v *Views) Close() error { return v.store.Close() }

// Follow applies what the log gains until the context ends. next returns the
// newest reader; news is told the size after each update. An error is told and
// tried again: the log is the truth, and goes on without views.
func (v *Views) Follow(ctx context.Context, next func() Source, every time.Duration, news func(size int64), problem func(error)) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		r := next()
		moved, err := v.moved()
		if err != nil && ctx.Err() == nil {
			problem(err)
		}
		if was := v.Size(); was != r.Size() || moved {
			if err := v.Update(ctx, r); err != nil && ctx.Err() == nil {
				problem(err)
			}
			if now := v.Size(); now != was {
				news(now)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
