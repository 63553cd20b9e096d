package parts

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
)

var le = binary.LittleEndian

// maxRun is how many hashes are sorted in memory; a test has fewer.
var maxRun = 1 << 22

// hashes finds numbers that were added more than once, by way of sorted runs on
// disk.
type hashes struct {
	dir  string
	mu   sync.Mutex
	run  []uint64
	runs []*os.File
}

func (h *hashes) add(list []uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.run = append(h.run, list...)
	if len(h.run) < maxRun {
		return nil
	}
	return h.spill()
}

func (h *hashes) spill() error {
	slices.Sort(h.run)
	f, err := os.CreateTemp(h.dir, ".ids-*")
	if err != nil {
		return err
	}
	h.runs = append(h.runs, f)
	w := bufio.NewWriterSize(f, 1<<18)
	var b [8]byte
	for _, v := range h.run {
		le.PutUint64(b[:], v)
		w.Write(b[:])
	}
	h.run = h.run[:0]
	return w.Flush()
}

// close removes the runs.
func (h *hashes) close() {
	for _, f := range h.runs {
		f.Close()
		os.Remove(f.Name())
	}
}

// repeated lists, in order, what was added more than once.
func (h *hashes) repeated() ([]uint64, error) {
	if len(h.run) > 0 {
		if err := h.spill(); err != nil {
			return nil, err
		}
	}
	var q runs
	for _, f := range h.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		r := &sortedRun{r: bufio.NewReaderSize(f, 1<<18)}
		if err := r.next(); err == nil {
			q = append(q, r)
		} else if !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	heap.Init(&q)
	var out []uint64
	var last uint64
	for n := 0; len(q) > 0; n++ {
		r := q[0]
		if n > 0 && r.at == last && (len(out) == 0 || out[len(out)-1] != last) {
			out = append(out, last)
		}
		last = r.at
		switch err := r.next(); {
		case err == nil:
			heap.Fix(&q, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&q)
		default:
			return nil, err
		}
	}
	return out, nil
}

// sortedRun is a run with its next number.
type sortedRun struct {
	r  *bufio.Reader
	at uint64
	b  [8]byte
}

func (s *sortedRun) next() error {
	_, err := io.ReadFull(s.r, s.b[:])
	s.at = le.Uint64(s.b[:])
	return err
}

type runs []*sortedRun

// Len is how many runs are left.
func (q runs) Len() int { return len(q) }

// Less puts the run with the least number first.
func (q runs) Less(i, k int) bool { return q[i].at < q[k].at }

// Swap exchanges two runs.
func (q runs) Swap(i, k int) { q[i], q[k] = q[k], q[i] }

// Push is there for package heap; no run is ever added.
func (q *runs) Push(any) {}

// Pop takes the last run out.
func (q *runs) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
