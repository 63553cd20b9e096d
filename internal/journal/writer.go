package journal

import (
	"runtime"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

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
			o.tail, o.spans = o.tail[:0], 0
			runtime.Gosched() // who waits for a receipt goes first
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
	o.segment = o.segment[:0]
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
