package journal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"syscall"
	"time"

	"github.com/truce-project/truce/internal/disk"
)

// World is all that a journal asks of the outside.
type World struct {
	FS   FS
	Now  func() time.Time     // the clock on the wall, which may jump
	Mono func() time.Duration // time that has passed, which never jumps
	Rand io.Reader
	Room func() (disk.Room, error) // of the disk; nil: it is not asked
}

// RealWorld is the disk below a folder, the clocks and the chance of the
// machine.
func RealWorld(dir string) World {
	start := time.Now()
	return World{
		FS: osFS(dir), Now: time.Now, Mono: func() time.Duration { return time.Since(start) }, Rand: rand.Reader,
		Room: func() (disk.Room, error) { return disk.Of(dir) },
	}
}

// FS is a disk. Names are relative, with slashes. What was written is safe from
// a loss of power only after Sync of the file and, for new names, SyncDir of
// its folder.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	MkdirAll(name string) error
	ReadDir(name string) ([]string, error) // names, sorted
	SyncDir(name string) error
	Lock(name string) (io.Closer, error)
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
	Size() (int64, error)
}

// ErrLocked means that another process writes to the same folder.
var ErrLocked = errors.New("another process writes to this record")

type osFS string

func (d osFS) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	i, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return i.Size(), nil
}

func (d osFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(d.path(name), flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d osFS) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }
func (d osFS) Remove(name string) error     { return os.Remove(d.path(name)) }
func (d osFS) MkdirAll(name string) error   { return os.MkdirAll(d.path(name), 0o755) }

func (d osFS) ReadDir(name string) ([]string, error) {
	es, err := os.ReadDir(d.path(name))
	if err != nil {
		return nil, err
	}
	out := make([]string, len(es))
	for i, e := range es {
		out[i] = e.Name()
	}
	sort.Strings(out)
	return out, nil
}

func (d osFS) SyncDir(name string) error {
	f, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", d.path(name), ErrLocked)
	}
	return f, nil
}

// read reads a whole file.
func (w World) read(name string) ([]byte, error) {
	f, err := w.FS.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	n, err := f.ReadAt(b, 0)
	if err == io.EOF || int64(n) == size {
		err = nil
	}
	return b[:n], err
}

// replace writes a file beside its name, syncs it, and moves it there: after a
// crash either the old file is there or the new one, whole.
func (w World) replace(name string, data []byte, perm fs.FileMode) error {
	tmp := name + ".new"
	if err := w.write(tmp, data, perm); err != nil {
		return err
	}
	if err := w.FS.Rename(tmp, name); err != nil {
		return err
	}
	return syncError(dirOf(name), w.FS.SyncDir(dirOf(name)))
}

// write writes a new file and syncs it, but not its folder.
func (w World) write(name string, data []byte, perm fs.FileMode) error {
	f, err := w.FS.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	err = writeAt(f, data, 0)
	if err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncError hides what kind of error a sync returned: none of them is one after
// which writing goes on, not even that of a full disk.
func syncError(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("syncing %s: %v", name, err)
}

// writeAt writes all of the data, also where the disk takes it in pieces.
func writeAt(f File, data []byte, at int64) error {
	for len(data) > 0 {
		n, err := f.WriteAt(data, at)
		if err != nil {
			return err
		}
		if n <= 0 {
			return io.ErrShortWrite
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}

// exists reports whether a file is there.
func (w World) exists(name string) (bool, error) {
	f, err := w.FS.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// full reports whether an error means that the disk is full: the one kind of
// error after which writing may go on later.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// keptFree is what new entries leave free at most, so that those which have a
// receipt always get into the tiles, and a checkpoint can be signed: on a small
// disk the 64th part.
const keptFree = 16 << 20

// tight says that a frame would leave too little room for what was acknowledged
// before it, which is written a second time when it goes into the tiles.
func (l *Log) tight(frame int) error {
	if l.w.Room == nil {
		return nil
	}
	r, err := l.w.Room()
	if err != nil {
		return nil // the disk will say
	}
	l.mu.RLock()
	need := uint64(l.waiting) + 2*uint64(frame) + r.Floor(64, keptFree)
	l.mu.RUnlock()
	if r.Free < need {
		return fmt.Errorf("%d bytes are free, and %d are kept for what has a receipt: %w", r.Free, need-2*uint64(frame), syscall.ENOSPC)
	}
	return nil
}

func dirOf(name string) string { return path.Dir(name) }
