package fusing

import (
	"bufio"
	"container/heap"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"

	"github.com/truce-project/truce/evidence"
)

// Sorter takes reports in any order and gives them back in that of time. More
// than it may hold go to files in a folder of its own, which Close removes.
type Sorter struct {
	Hold int // reports that are held in memory; 0 is 50,000

	News evidence.News // of the reports that were added

	list   []*evidence.Prepared
	runs   []*os.File
	dir    string
	seed   maphash.Seed
	known  map[uint64]struct{}
	ids    map[uint64]struct{}
	Again  int // reports that came before, with the same id and facts
	Twice  int // reports whose id another has: they are told apart by where they were read
	Number int
}

// NewSorter returns an empty sorter.
func NewSorter() *Sorter {
	return &Sorter{Hold: 50_000, seed: maphash.MakeSeed(), known: map[uint64]struct{}{}, ids: map[uint64]struct{}{}}
}

// Add takes a report. One that came before is counted and not taken again.
func (s *Sorter) Add(r *evidence.Report) error {
	h := s.hash(r)
	if _, again := s.known[h]; again {
		s.Again++
		return nil
	}
	s.known[h] = struct{}{}
	s.Number++
	id := maphash.String(s.seed, r.Incident.ID)
	if _, taken := s.ids[id]; taken {
		s.Twice++
		r.Incident.ID += "@" + r.Incident.From.String()
		id = maphash.String(s.seed, r.Incident.ID)
	}
	s.ids[id] = struct{}{}
	p := evidence.Prepare(r)
	s.News.Add(p)
	s.list = append(s.list, p)
	if len(s.list) < s.Hold {
		return nil
	}
	return s.spill()
}

// Has reports whether a report with an id was added.
func (s *Sorter) Has(id string) bool {
	_, ok := s.ids[maphash.String(s.seed, id)]
	return ok
}

func (s *Sorter) hash(r *evidence.Report) uint64 {
	in := r.Incident
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, x := range []string{in.ID, in.Source, in.URL, in.Text} {
		h.WriteString(x)
		h.WriteByte(0)
	}
	for i := range in.Scenarios {
		x := &in.Scenarios[i]
		fmt.Fprint(&h, x.Name, x.Time, x.Place, x.Actor, x.Act, x.Outcome, x.Target, x.Means)
	}
	return h.Sum64()
}

func (s *Sorter) order() { slices.SortStableFunc(s.list, order) }

func order(a, b *evidence.Prepared) int {
	switch {
	case a.Before(b):
		return -1
	case b.Before(a):
		return 1
	}
	return 0
}

// spill writes what is held to a file.
func (s *Sorter) spill() (err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "truce-fuse-"); err != nil {
			return err
		}
	}
	s.order()
	f, err := os.CreateTemp(s.dir, "run-")
	if err != nil {
		return err
	}
	s.runs = append(s.runs, f)
	w := bufio.NewWriterSize(f, 1<<20)
	enc := gob.NewEncoder(w)
	for _, p := range s.list {
		if err := enc.Encode(p.Report); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	s.list = s.list[:0]
	return w.Flush()
}

// Each gives the reports in order, once.
func (s *Sorter) Each(yield func(*evidence.Prepared) error) error {
	if len(s.runs) == 0 {
		s.order()
		for _, p := range s.list {
			if err := yield(p); err != nil {
				return err
			}
		}
		return nil
	}
	if len(s.list) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.list = nil
	stop := make(chan struct{})
	defer close(stop)
	var m merge
	for _, f := range s.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r := &reading{in: make(chan ahead, 2), name: f.Name()}
		go r.read(gob.NewDecoder(bufio.NewReaderSize(f, 256<<10)), stop)
		if ok, err := r.next(); err != nil {
			return err
		} else if ok {
			m = append(m, r)
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		p := m[0].head
		ok, err := m[0].next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&m, 0)
		} else {
			heap.Pop(&m)
		}
		if err := yield(p); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the files.
func (s *Sorter) Close() error {
	for _, f := range s.runs {
		f.Close()
	}
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// reading is a run that is read back, some reports ahead: unpacking them takes about
// as long as comparing.
type reading struct {
	in   chan ahead
	list []*evidence.Prepared
	err  error
	name string
	head *evidence.Prepared
}

// ahead is reports that were read, and why there are no more.
type ahead struct {
	list []*evidence.Prepared
	err  error
}

// readAhead is how many reports of a run are read together.
const readAhead = 64

// read unpacks a run until stop is closed.
func (r *reading) read(in *gob.Decoder, stop <-chan struct{}) {
	for {
		x := ahead{list: make([]*evidence.Prepared, 0, readAhead)}
		for len(x.list) < readAhead && x.err == nil {
			rep := new(evidence.Report)
			if x.err = in.Decode(rep); x.err == nil {
				x.list = append(x.list, evidence.Prepare(rep))
			}
		}
		select {
		case r.in <- x:
		case <-stop:
			return
		}
		if x.err != nil {
			return
		}
	}
}

func (r *reading) next() (bool, error) {
	for len(r.list) == 0 && r.err == nil {
		x := <-r.in
		r.list, r.err = x.list, x.err
	}
	switch {
	case len(r.list) > 0:
		r.head, r.list = r.list[0], r.list[1:]
		return true, nil
	case errors.Is(r.err, io.EOF):
		return false, nil
	}
	return false, fmt.Errorf("%s: %w", r.name, r.err)
}

type merge []*reading

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, k int) bool { return m[i].head.Before(m[k].head) }
func (m merge) Swap(i, k int)      { m[i], m[k] = m[k], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*reading)) }
func (m *merge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}
