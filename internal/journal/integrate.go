package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

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
	p := <-parted
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

// tidy removes what is no longer needed: files of the WAL that are in tiles, and
// partial tiles whose complete ones are there. A file that cannot be removed does
// no harm; a folder that cannot be synced stops the log, as everywhere.
func (l *Log) tidy(size int64, complete []string) error {
	if err := l.w.retireWAL(size); err != nil {
		return err
	}
	for _, name := range complete {
		delete(l.tree.dirs, name+".p")
		if err := l.w.removePartials(name); err != nil {
			return err
		}
	}
	return nil
}

// removePartials removes the partial tiles of a complete one.
func (w World) removePartials(name string) error {
	names, err := w.FS.ReadDir(name + ".p")
	if err != nil {
		return nil // there are none
	}
	for _, p := range names {
		if w.FS.Remove(name+".p/"+p) != nil {
			return nil
		}
	}
	if w.FS.Remove(name+".p") != nil {
		return nil
	}
	return syncError(dirOf(name), w.FS.SyncDir(dirOf(name)))
}

// retireWAL removes files of the WAL whose entries all are below size.
func (w World) retireWAL(size int64) error {
	names, err := w.walNames()
	if err != nil {
		return err
	}
	gone := false
	for i, name := range names {
		if i+1 == len(names) || walFirst(names[i+1]) > size || w.FS.Remove("wal/"+name) != nil {
			break
		}
		gone = true
	}
	if !gone {
		return nil
	}
	return syncError("wal", w.FS.SyncDir("wal"))
}

// writer writes bundles, tiles, payloads and the index for one checkpoint.
type writer struct {
	l        *Log
	edge     *edge
	tail     []byte // the bundle that is being filled
	segment  []byte // what is yet to be written of the segment beside it
	spans    int64  // bytes of that segment which are on disk
	complete []string
	written  []string
	touched  []string // folders with new names
}

func (o *writer) all(items []item, old int64) error {
	var index []byte
	for i := range items {
		it := &items[i]
		n := o.edge.size
		o.tail = record.AppendBundled(o.tail, it.entry)
		o.segment = appendPayload(o.segment, it)
		index = indexOf(it).append(index, n)
		if err := o.edge.add(it.leaf, o.full); err != nil {
			return err
		}
		if o.edge.size%record.Width == 0 {
			if err := o.bundle(n/record.Width, record.Width); err != nil {
				return err
			}
			o.tail, o.spans = nil, 0
		}
	}
	if w := int(o.edge.size % record.Width); w > 0 {
		if err := o.bundle(o.edge.size/record.Width, w); err != nil {
			return err
		}
	}
	if err := o.edge.partial(old, func(level int, n int64, hashes []tlog.Hash) error {
		return o.file(tileName(level, n, len(hashes)), flat(hashes))
	}); err != nil {
		return err
	}
	o.touch(".")
	return o.l.w.writeSegment(indexName, old*indexRecord, index)
}

func (o *writer) full(level int, n int64, hashes []tlog.Hash) error {
	name := tileName(level, n, record.Width)
	o.complete = append(o.complete, name)
	return o.file(name, flat(hashes))
}

// bundle writes the entries gathered so far, and their payloads.
func (o *writer) bundle(n int64, w int) error {
	name := tileName(-1, n, w)
	if w == record.Width {
		o.complete = append(o.complete, name)
	}
	if err := o.file(name, o.tail); err != nil {
		return err
	}
	segment := segmentName(n)
	if err := o.dir(dirOf(segment)); err != nil {
		return err
	}
	if o.spans == 0 {
		o.touch(dirOf(segment))
	}
	if err := o.l.w.writeSegment(segment, o.spans, o.segment); err != nil {
		return err
	}
	o.spans += int64(len(o.segment))
	o.segment = nil
	return nil
}

// file writes a file under a name of its own, and moves it to its place when it
// is on disk. The folder is synced with the others at the end.
func (o *writer) file(name string, data []byte) error {
	if err := o.dir(dirOf(name)); err != nil {
		return err
	}
	if err := o.l.w.write(name+".new", data, 0o644); err != nil {
		return err
	}
	o.touch(dirOf(name))
	o.written = append(o.written, name)
	return o.l.w.FS.Rename(name+".new", name)
}

// takeBack removes, as far as it can, what turned out not to be what was to be
// written: it is part of no checkpoint, and the WAL has the entries.
func (o *writer) takeBack() {
	for _, name := range o.written {
		if o.l.w.FS.Remove(name) != nil {
			return
		}
	}
}

func (o *writer) touch(dir string) {
	if !slices.Contains(o.touched, dir) {
		o.touched = append(o.touched, dir)
	}
}

// dir makes a folder, and the name of it durable in the folder above.
func (o *writer) dir(name string) error {
	if name == "." || o.l.tree.dirs[name] {
		return nil
	}
	if err := o.dir(dirOf(name)); err != nil {
		return err
	}
	if err := o.l.w.FS.MkdirAll(name); err != nil {
		return err
	}
	o.touch(dirOf(name))
	o.l.tree.dirs[name] = true
	return nil
}

func (o *writer) syncDirs() error {
	for _, d := range o.touched {
		if err := o.l.w.FS.SyncDir(d); err != nil {
			return syncError(d, err)
		}
	}
	return nil
}

// walNames lists the files of the WAL in their order.
func (w World) walNames() ([]string, error) {
	names, err := w.FS.ReadDir("wal")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(n string) bool {
		return len(n) != 20 || strings.Trim(n, "0123456789") != ""
	}), nil
}

func walFirst(name string) (n int64) {
	for _, c := range name {
		n = n*10 + int64(c-'0')
	}
	return n
}
