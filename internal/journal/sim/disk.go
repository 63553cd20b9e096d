// Package sim is a world for tests of the journal: a disk in memory that loses
// what was not synced, clocks that jump, and chance from a seed, so that every
// failure can be repeated.
package sim

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/truce-project/truce/internal/journal"
)

// Op is something that the journal asks of the disk.
type Op struct {
	N    int64  // from 1, in the order in which they came
	Kind string // open, write, sync, truncate, rename, remove, mkdir, syncdir, read, readdir
	Name string
}

// Disk is a disk in memory. What was written is safe from Crash only after Sync
// of the file and, for names, SyncDir of their folder. It must not be copied.
type Disk struct {
	// Fail is asked before each operation; an error is returned for it. A write
	// that fails has written the first half.
	Fail func(Op) error
	// Spoil may change the data of a write before they are stored: a bit that
	// flips in memory.
	Spoil func(Op, []byte)

	mu      sync.Mutex
	rand    *rand.Rand
	n       int64
	stopAt  int64
	stopped bool
	files   map[string]*inode // as running programs see them
	dirs    map[string]bool
	safe    map[string]*inode // names that survive a loss of power
	safeDir map[string]bool
	pending []nameOp // changes of names that are not safe yet
	locked  bool
}

// inode is a file, whatever its name.
type inode struct {
	data  []byte // as running programs see it
	safe  []byte // what survives for sure
	dirty []extent
}

// extent is a write, or a change of the size, that was not synced.
type extent struct {
	at   int64
	data []byte
	size int64 // of a truncation; -1 for a write
}

type nameOp struct {
	dir, from, to string // to empty: removed; from empty: made
	node          *inode
	mkdir         bool
}

// ErrStopped is what every operation returns after the machine stopped.
var ErrStopped = errors.New("the machine has stopped")

// NewDisk returns an empty disk.
func NewDisk(seed uint64) *Disk {
	return &Disk{rand: rand.New(rand.NewPCG(seed, 1)), files: map[string]*inode{}, dirs: map[string]bool{".": true}, safe: map[string]*inode{}, safeDir: map[string]bool{".": true}}
}

// StopAt makes the machine stop at the n-th operation from now on: that one and
// all after it fail, and a write leaves a part.
func (d *Disk) StopAt(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopAt = d.n + n
}

// Ops is how many operations there were.
func (d *Disk) Ops() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n
}

// Stopped reports whether the machine has.
func (d *Disk) Stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopped
}

// before counts an operation and says whether it fails. The lock is held.
func (d *Disk) before(kind, name string) error {
	if d.stopped {
		return ErrStopped
	}
	d.n++
	if d.stopAt > 0 && d.n >= d.stopAt {
		d.stopped = true
		return ErrStopped
	}
	if d.Fail != nil {
		return d.Fail(Op{d.n, kind, name})
	}
	return nil
}

// Kill ends the process and leaves the machine running: nothing is lost but the
// locks.
func (d *Disk) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped, d.stopAt, d.locked = false, 0, false
}

// Crash cuts the power and starts the machine again. Of what was not synced any
// part may be lost: of each write any of its sectors, of the changes of names in
// a folder any after some moment.
func (d *Disk) Crash() {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep := map[string]int{} // folder: how many of its changes survive
	count := map[string]int{}
	for _, op := range d.pending {
		count[op.dir]++
	}
	for _, dir := range sorted(count) {
		keep[dir] = d.rand.IntN(count[dir] + 1)
	}
	for _, op := range d.pending {
		if keep[op.dir] > 0 {
			keep[op.dir]--
			d.apply(op)
		}
	}
	d.pending = nil
	d.files, d.dirs = map[string]*inode{}, map[string]bool{}
	for name := range d.safeDir {
		d.dirs[name] = true
	}
	done := map[*inode]bool{}
	for _, name := range sorted(d.safe) {
		node := d.safe[name]
		if !d.reachable(path.Dir(name)) {
			delete(d.safe, name)
			continue
		}
		if !done[node] {
			d.lose(node)
			done[node] = true
		}
		d.files[name] = node
	}
	d.stopped, d.stopAt, d.locked = false, 0, false
}

func (d *Disk) reachable(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if !d.safeDir[dir] {
			return false
		}
	}
	return true
}

// sector is what a disk writes at once.
const sector = 512

// lose lets chance decide which sectors of the unsynced writes are there.
func (d *Disk) lose(node *inode) {
	all := d.rand.IntN(4) // sometimes everything is there, sometimes nothing
	for _, e := range node.dirty {
		if all == 1 || all > 1 && d.rand.IntN(4) == 0 {
			continue
		}
		if e.size >= 0 {
			node.safe = resize(node.safe, e.size)
			continue
		}
		for at := e.at; at < e.at+int64(len(e.data)); {
			end := min((at/sector+1)*sector, e.at+int64(len(e.data)))
			if all == 0 || d.rand.IntN(3) > 0 {
				node.safe = put(node.safe, at, e.data[at-e.at:end-e.at])
			}
			at = end
		}
	}
	node.dirty = nil
	node.data = slices.Clone(node.safe)
}

func put(b []byte, at int64, data []byte) []byte {
	if end := at + int64(len(data)); int64(len(b)) < end {
		b = resize(b, end)
	}
	copy(b[at:], data)
	return b
}

func resize(b []byte, size int64) []byte {
	if int64(len(b)) >= size {
		return slices.Clone(b[:size])
	}
	return append(slices.Clone(b), make([]byte, size-int64(len(b)))...)
}

// apply makes a change of names safe.
func (d *Disk) apply(op nameOp) {
	switch {
	case op.mkdir:
		d.safeDir[op.to] = true
	case op.to == "":
		delete(d.safe, op.from)
		delete(d.safeDir, op.from)
	default:
		if op.from != "" {
			delete(d.safe, op.from)
		}
		d.safe[op.to] = op.node
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (d *Disk) OpenFile(name string, flag int, _ fs.FileMode) (journal.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = path.Clean(name)
	if err := d.before("open", name); err != nil {
		return nil, err
	}
	node := d.files[name]
	switch {
	case node == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	case !d.dirs[path.Dir(name)]:
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	case node == nil:
		node = &inode{}
		d.files[name] = node
		d.pending = append(d.pending, nameOp{dir: path.Dir(name), to: name, node: node})
	case flag&os.O_TRUNC != 0:
		node.truncate(0)
	}
	return &file{d: d, node: node, name: name}, nil
}

func (n *inode) truncate(size int64) {
	n.data = resize(n.data, size)
	n.dirty = append(n.dirty, extent{size: size})
}

func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	from, to = path.Clean(from), path.Clean(to)
	if err := d.before("rename", to); err != nil {
		return err
	}
	node := d.files[from]
	if node == nil || !d.dirs[path.Dir(to)] {
		return &fs.PathError{Op: "rename", Path: from, Err: syscall.ENOENT}
	}
	delete(d.files, from)
	d.files[to] = node
	d.pending = append(d.pending, nameOp{dir: path.Dir(to), from: from, to: to, node: node})
	return nil
}

func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = path.Clean(name)
	if err := d.before("remove", name); err != nil {
		return err
	}
	if d.files[name] == nil && !d.dirs[name] {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOENT}
	}
	if d.dirs[name] && len(d.under(name)) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	delete(d.files, name)
	delete(d.dirs, name)
	d.pending = append(d.pending, nameOp{dir: path.Dir(name), from: name})
	return nil
}

func (d *Disk) MkdirAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = path.Clean(name)
	if err := d.before("mkdir", name); err != nil {
		return err
	}
	var missing []string
	for p := name; !d.dirs[p]; p = path.Dir(p) {
		missing = append(missing, p)
	}
	slices.Reverse(missing)
	for _, p := range missing {
		d.dirs[p] = true
		d.pending = append(d.pending, nameOp{dir: path.Dir(p), to: p, mkdir: true})
	}
	return nil
}

func (d *Disk) under(dir string) []string {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	set := map[string]bool{}
	for _, names := range [][]string{sorted(d.files), sorted(d.dirs)} {
		for _, n := range names {
			if rest, ok := strings.CutPrefix(n, prefix); ok && n != "." {
				first, _, _ := strings.Cut(rest, "/")
				set[first] = true
			}
		}
	}
	return sorted(set)
}

func (d *Disk) ReadDir(name string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = path.Clean(name)
	if err := d.before("readdir", name); err != nil {
		return nil, err
	}
	if !d.dirs[name] {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOENT}
	}
	return d.under(name), nil
}

func (d *Disk) SyncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = path.Clean(name)
	if err := d.before("syncdir", name); err != nil {
		return err
	}
	d.pending = slices.DeleteFunc(d.pending, func(op nameOp) bool {
		if op.dir == name {
			d.apply(op)
		}
		return op.dir == name
	})
	return nil
}

func (d *Disk) Lock(string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil, ErrStopped
	}
	if d.locked {
		return nil, journal.ErrLocked
	}
	d.locked = true
	return unlock{d}, nil
}

type unlock struct{ d *Disk }

func (u unlock) Close() error {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.d.locked = false
	return nil
}
