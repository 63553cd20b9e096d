package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/truce-project/truce/record"
)

// tree is what the integrator keeps between checkpoints. It is owned by it.
type tree struct {
	edge   *edge  // as of the last checkpoint
	tail   []byte // the bundle that is not complete
	spans  int64  // bytes of the payloads of its entries
	signed []byte // the file "signed", as it must be found
	shown  bool   // signed is in log/checkpoint
	dirs   map[string]bool
}

// Integrate makes a checkpoint that holds everything that was acknowledged
// before the call, where the last does not.
func (l *Log) Integrate(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case l.asked <- done:
	case <-ctx.Done():
		return ctx.Err()
	case <-l.quit:
		return l.why()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// integrate is the loop of the integrator.
func (l *Log) integrate() {
	defer l.ended.Done()
	every := l.opts.Interval
	if every == 0 {
		every = interval
	}
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	for {
		var waiting []chan error
		select {
		case c := <-l.asked:
			waiting = append(waiting, c)
		case <-l.wake:
		case <-tick:
		case <-l.quit:
			return
		}
	more:
		for { // all who wait now are served by one checkpoint
			select {
			case c := <-l.asked:
				waiting = append(waiting, c)
			default:
				break more
			}
		}
		err := l.integrateOnce()
		for _, c := range waiting {
			c <- err
		}
	}
}

// integrateOnce carries what waits into tiles and signs a checkpoint.
func (l *Log) integrateOnce() error {
	parted := make(chan rotated, 1)
	select {
	case l.rotate <- parted:
	case <-l.quit:
		return l.why()
	}
	return l.carry(<-parted)
}

// carry carries what is in closed files of the WAL.
func (l *Log) carry(p rotated) error {
	if p.err != nil {
		return p.err
	}
	l.mu.RLock()
	items := l.pending[:p.size-l.base]
	l.mu.RUnlock()
	if err := l.Err(); err != nil {
		return err
	}
	var err error
	if len(items) > 0 {
		err = l.write(items)
	}
	if err == nil && !l.tree.shown {
		err = l.show(l.tree.signed)
		l.tree.shown = err == nil
	}
	if err != nil {
		l.tree.dirs = map[string]bool{} // what was made may not have been synced
	}
	if err != nil && !full(err) {
		return l.stop(err)
	}
	return err
}

// write does all that stands between acknowledged entries and a checkpoint.
func (l *Log) write(items []item) error {
	t := &l.tree
	old, next := t.edge.size, t.edge.clone()
	out := &writer{l: l, edge: next, tail: slices.Clone(t.tail), spans: t.spans}
	if err := out.all(items, old); err != nil {
		return err
	}
	if err := out.syncDirs(); err != nil {
		return err
	}
	root := next.root()
	if err := l.readBack(items, root); err != nil {
		out.takeBack()
		return err
	}
	c := record.Checkpoint{Origin: l.office.Origin, Size: next.size, Root: root}
	signed, err := record.SignCheckpoint(c, l.signer)
	if err != nil {
		return err
	}
	if err := l.swap(signed); err != nil {
		return err
	}
	t.edge, t.tail, t.spans = next, out.tail, out.spans
	r := newReader(l.w, l.office, l.key, c, signed, next, l.Reader().cache)
	r.known = l
	l.reader.Store(r)
	l.mu.Lock()
	for i := range items {
		l.waiting -= items[i].size()
	}
	l.pending = slices.Clone(l.pending[len(items):])
	l.base = next.size
	if l.drained != nil {
		close(l.drained)
		l.drained = nil
	}
	l.mu.Unlock()
	return l.tidy(next.size, out.complete)
}

// swap puts a new checkpoint into the file "signed", where the old one is still
// the one that this process wrote: another process that writes in spite of the
// lock is noticed here, before two histories are signed.
func (l *Log) swap(signed []byte) error {
	was, err := l.w.read("signed")
	if errors.Is(err, fs.ErrNotExist) && l.tree.signed == nil {
		err = nil
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(was, l.tree.signed) {
		return damaged("signed", 0, "was changed by somebody else while this process was writing: nothing more is signed")
	}
	if err := l.w.replace("signed", signed, 0o644); err != nil {
		return err
	}
	l.tree.signed, l.tree.shown = signed, false
	return nil
}

// show puts a checkpoint where everybody reads it.
func (l *Log) show(signed []byte) error {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	return l.w.replace("log/checkpoint", signed, 0o644)
}

// ShowCosigned puts a checkpoint with cosignatures where everybody reads it, if
// it is still the last one.
func (l *Log) ShowCosigned(cosigned []byte) error {
	if err := l.why(); err != nil {
		return err
	}
	c, _, err := record.OpenCheckpoint(cosigned, l.office.Origin, l.key)
	if err != nil {
		return err
	}
	l.publishing.Lock()
	defer l.publishing.Unlock()
	last := l.Reader().Checkpoint
	if c != last {
		return fmt.Errorf("the checkpoint of %d entries is not the last one, which has %d", c.Size, last.Size)
	}
	return l.w.replace("log/checkpoint", cosigned, 0o644)
}
