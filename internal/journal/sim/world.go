package sim

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/journal"
)

// World is a world of which everything comes from a seed.
type World struct {
	Disk *Disk

	mu   sync.Mutex
	wall time.Time
	mono time.Duration
	rand *rand.ChaCha8
}

// New returns a world in the spring of 2025.
func New(seed uint64) *World {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return &World{Disk: NewDisk(seed), wall: time.Date(2025, 3, 25, 0, 0, 0, 0, time.UTC), rand: rand.NewChaCha8(key)}
}

// Journal is the world as the journal sees it.
func (w *World) Journal() journal.World {
	return journal.World{FS: w.Disk, Now: w.now, Mono: w.passed, Rand: w}
}

func (w *World) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wall
}

func (w *World) passed() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mono
}

// Read gives chance.
func (w *World) Read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.Read(b)
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wall, w.mono = w.wall.Add(d), w.mono+d
}

// Jump sets the clock on the wall, while no time passes.
func (w *World) Jump(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wall = w.wall.Add(d)
}

// Copy is the disk as running programs see it, as another disk: a backup.
func (d *Disk) Copy(seed uint64) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := NewDisk(seed)
	for name := range d.dirs {
		c.dirs[name], c.safeDir[name] = true, true
	}
	for name, node := range d.files {
		n := &inode{data: slices.Clone(node.data), safe: slices.Clone(node.data)}
		c.files[name], c.safe[name] = n, n
	}
	return c
}

// Restore puts a copy in the place of what is there.
func (d *Disk) Restore(c *Disk) {
	c = c.Copy(0)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files, d.dirs, d.safe, d.safeDir, d.pending, d.locked, d.stopped, d.stopAt = c.files, c.dirs, c.safe, c.safeDir, nil, false, false, 0
}

// Files lists the files.
func (d *Disk) Files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sorted(d.files)
}

// Content is what a file holds, or nil.
func (d *Disk) Content(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.files[name]; n != nil {
		return slices.Clone(n.data)
	}
	return nil
}

// Put replaces the content of a file, safely; nil removes it.
func (d *Disk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if data == nil {
		delete(d.files, name)
		delete(d.safe, name)
		return
	}
	n := &inode{data: slices.Clone(data), safe: slices.Clone(data)}
	d.files[name], d.safe[name] = n, n
}

// Flip changes one bit of a file.
func (d *Disk) Flip(name string, bit int64) {
	b := d.Content(name)
	b[bit/8] ^= 1 << (bit % 8)
	d.Put(name, b)
}
