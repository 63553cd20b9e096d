package mirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Join is the logs of several offices in the order of one of them, the spine: where
// the spine notes, by an entry mirror@1, that it holds another log up to a size, the
// entries that this adds come after the note. So the order is a function of signed
// logs alone, the same wherever it is computed, and what was in it stays in its
// place as the spine grows.
type Join struct {
	spine *journal.Reader
	logs  map[string]*journal.Reader // of others, by their names
	segs  []seg
	size  int64
	named map[string]bool // logs that have a run
}

// seg is a run of entries of one log.
type seg struct {
	at       int64  // place of the first in the common order
	origin   string // "" of the spine
	from, to int64  // in its log
}

// noted is what an entry of the spine says of another log.
type noted struct {
	at     int64 // its place in the spine
	origin string
	size   int64
	root   string
}

// notesOf reads the notes of a log, from a place on.
func notesOf(r *journal.Reader, from int64) ([]noted, error) {
	var out []noted
	for e, err := range r.Range(from, r.Size()) {
		if err != nil {
			return out, err
		}
		if e.Envelope.Kind != record.KindMirror {
			continue
		}
		var m record.MirrorEntry
		if p, err := r.Payload(e.Index); err != nil || json.Unmarshal(p.Bytes, &m) != nil {
			continue // it stands for nothing
		}
		out = append(out, noted{e.Index, m.Origin, m.Size, m.Root})
	}
	return out, nil
}

// join puts logs in order. most is how many entries of a log count.
func join(spine *journal.Reader, notes []noted, logs map[string]*journal.Reader, most func(origin string) int64) *Join {
	j := &Join{spine: spine, logs: logs, named: map[string]bool{}}
	add := func(origin string, from, to int64) {
		if to > from {
			j.segs = append(j.segs, seg{j.size, origin, from, to})
			j.size += to - from
			j.named[origin] = true
		}
	}
	own, held := int64(0), map[string]int64{}
	for _, n := range notes {
		r := logs[n.origin]
		if n.at >= spine.Size() || r == nil || n.size > r.Size() || n.size <= held[n.origin] {
			continue
		}
		if root, err := r.RootAt(n.size); err != nil || root.String() != n.root {
			continue // it was of another history
		}
		add("", own, n.at+1)
		own = n.at + 1
		to := min(n.size, max(most(n.origin), held[n.origin]))
		add(n.origin, held[n.origin], to)
		held[n.origin] = n.size
	}
	add("", own, spine.Size())
	return j
}

// JoinBy puts logs in the order of one of them, whatever is known of offices here:
// for comparing what several offices hold.
func JoinBy(spine *journal.Reader, logs map[string]*journal.Reader) (*Join, error) {
	notes, err := notesOf(spine, 0)
	if err != nil {
		return nil, err
	}
	return join(spine, notes, logs, func(string) int64 { return 1 << 62 }), nil
}

// Size is how many entries there are.
func (j *Join) Size() int64 { return j.size }

// find is the run in which a place is.
func (j *Join) find(i int64) seg {
	k := sort.Search(len(j.segs), func(k int) bool { return j.segs[k].at > i })
	return j.segs[k-1]
}

func (j *Join) log(s seg) *journal.Reader {
	if s.origin == "" {
		return j.spine
	}
	return j.logs[s.origin]
}

// Runs tells the runs of entries of one log that this order is made of: the place of the
// first in it, whose log ("" is the spine), and the place there.
func (j *Join) Runs(tell func(at int64, origin string, first int64)) {
	for _, s := range j.segs {
		tell(s.at, s.origin, s.from)
	}
}

// Place is whose entry stands somewhere, and at which place of its log; "" is the
// spine.
func (j *Join) Place(i int64) (string, int64) {
	s := j.find(i)
	return s.origin, s.from + i - s.at
}

// Sizes says how many entries of each log stand before a place.
func (j *Join) Sizes(size int64) map[string]int64 {
	out := map[string]int64{j.spine.Office.Origin: 0}
	k := sort.Search(len(j.segs), func(k int) bool { return j.segs[k].at >= size })
	seen := map[string]bool{}
	for k--; k >= 0 && len(seen) < len(j.named); k-- {
		s := j.segs[k]
		if seen[s.origin] {
			continue
		}
		seen[s.origin] = true
		name := s.origin
		if name == "" {
			name = j.spine.Office.Origin
		}
		out[name] = s.from + min(size-s.at, s.to-s.from)
	}
	return out
}

// RootAt is a hash over how far each log goes before a place, and what it holds
// there.
func (j *Join) RootAt(size int64) (record.Hash, error) {
	if size < 0 || size > j.size {
		return record.Hash{}, fmt.Errorf("no root for %d entries of %d", size, j.size)
	}
	sizes := j.Sizes(size)
	own := sizes[j.spine.Office.Origin]
	if own == size { // nothing of others: as if there were none
		return j.spine.RootAt(size)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		r := j.logs[name]
		if name == j.spine.Office.Origin {
			r = j.spine
		}
		root, err := r.RootAt(sizes[name])
		if err != nil {
			return record.Hash{}, err
		}
		fmt.Fprintf(&b, "%s %d %s\n", name, sizes[name], root)
	}
	return record.Hash(audit.HashBytes([]byte(b.String()))), nil
}

// Range goes through entries; their index is the place in the common order.
func (j *Join) Range(from, to int64) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for i := max(from, 0); i < min(to, j.size); {
			s := j.find(i)
			first := s.from + i - s.at
			for e, err := range j.log(s).Range(first, min(s.to, first+to-i)) {
				e.Index = i
				i++
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// Payload is that of the entry at a place.
func (j *Join) Payload(i int64) (journal.Payload, error) {
	if i < 0 || i >= j.size {
		return journal.Payload{}, fmt.Errorf("no entry %d of %d", i, j.size)
	}
	s := j.find(i)
	return j.log(s).Payload(s.from + i - s.at)
}

// Erased reports whether the log that holds an entry says that it was erased. What
// another log says of it has no such effect.
func (j *Join) Erased(id string) (bool, error) {
	for _, r := range j.all() {
		if _, ok, err := r.Find(id); err != nil || !ok {
			if err != nil {
				return false, err
			}
			continue
		}
		if gone, err := r.Erased(id); gone || err != nil {
			return gone, err
		}
	}
	return false, nil
}

func (j *Join) all() []*journal.Reader {
	out := []*journal.Reader{j.spine}
	for _, name := range slices.Sorted(maps.Keys(j.logs)) {
		out = append(out, j.logs[name])
	}
	return out
}

// Join is the own log and those of others, in the order of the own one. With an
// error it is as it was before, or nil.
func (m *Mirrors) Join() (*Join, error) {
	own := m.o.Own()
	m.joining.mu.Lock()
	defer m.joining.mu.Unlock()
	c := &m.joining
	logs, key := map[string]*journal.Reader{}, fmt.Sprint(own.Size())
	for _, l := range m.Logs() {
		if r := l.Reader(); r != nil {
			logs[l.Origin()] = r
			key += fmt.Sprintf(" %s %d %d", l.Origin(), r.Size(), m.most(l.Origin()))
		}
	}
	if c.last != nil && c.key == key {
		return c.last, nil
	}
	more, err := notesOf(own, c.read)
	if err != nil {
		return c.last, err // what was in order stays so
	}
	c.notes, c.read = append(c.notes, more...), own.Size()
	c.last, c.key = join(own, c.notes, logs, m.most), key
	return c.last, nil
}

// most is how many entries of an office's log count: all, while its key is good.
func (m *Mirrors) most(origin string) int64 {
	if q, ok := m.quarantine(origin); ok {
		return q.Size
	}
	return 1 << 62
}

// Reader reads the copy of an office's log; nil where there is none.
func (m *Mirrors) Reader(origin string) *journal.Reader {
	if l := m.logs[origin]; l != nil {
		return l.Reader()
	}
	return nil
}

// Stored are the files of all entries that are here.
type Stored struct {
	own journal.Blobs
	m   *Mirrors
}

// Stored are the files of the own record, and of the copies.
func (m *Mirrors) Stored(own journal.Blobs) Stored { return Stored{own, m} }

// Open opens a file by its hash.
func (f Stored) Open(h record.Hash) (io.ReadCloser, error) {
	in, err := f.own.Open(h)
	for _, l := range f.m.Logs() {
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		in, err = l.copy.Blobs().Open(h)
	}
	return in, err
}
