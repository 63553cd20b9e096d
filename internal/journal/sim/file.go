package sim

import (
	"io"
	"slices"
)

// file is an open file.
type file struct {
	d    *Disk
	node *inode
	name string
	pos  int64
}

func (f *file) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.pos)
	f.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

func (f *file) ReadAt(b []byte, at int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.before("read", f.name); err != nil {
		return 0, err
	}
	if at >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) WriteAt(b []byte, at int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	err := f.d.before("write", f.name)
	data := slices.Clone(b)
	if err != nil {
		data = data[:len(data)/2]
	}
	if f.d.Spoil != nil {
		f.d.Spoil(Op{f.d.n, "write", f.name}, data)
	}
	f.node.data = put(f.node.data, at, data)
	f.node.dirty = append(f.node.dirty, extent{at: at, data: data, size: -1})
	return len(data), err
}

func (f *file) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.before("truncate", f.name); err != nil {
		return err
	}
	f.node.truncate(size)
	return nil
}

func (f *file) Size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.stopped {
		return 0, ErrStopped
	}
	return int64(len(f.node.data)), nil
}

// Sync makes the content safe. Where it fails the system forgets what it could
// not write, as Linux does: a second Sync succeeds and keeps nothing.
func (f *file) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.before("sync", f.name); err != nil {
		if err != ErrStopped {
			f.node.dirty = nil
		}
		return err
	}
	for _, e := range f.node.dirty {
		if e.size >= 0 {
			f.node.safe = resize(f.node.safe, e.size)
		} else {
			f.node.safe = put(f.node.safe, e.at, e.data)
		}
	}
	f.node.dirty = nil
	return nil
}

func (f *file) Close() error { return nil }
