package views

import (
	"math"
	"runtime"
	"slices"

	"github.com/truce-project/truce/evidence"
)

// Incidents may be judged by texts that the record does not judge by: a text of before,
// or one that is supposed to be in force. What was found is held by whoever judges, as
// one code for each incident, by its number. NotJudged is the code of one of which
// nothing was found; so is what lies beyond the last code.
const NotJudged = math.MaxUint32

// recent are the incidents that changed lately.
type recent struct {
	from int64 // of what came before this size nothing is known
	of   []recentChange
	n    int
}

type recentChange struct {
	since int64 // size of the record before
	nums  []uint32
}

// recentMost is how many changes are remembered.
const recentMost = 200_000

func (r *recent) add(since int64, changes []change) {
	c := recentChange{since: since}
	for _, x := range changes {
		if x.hadOld {
			c.nums = append(c.nums, x.old.Num)
		} else if x.hasNow {
			c.nums = append(c.nums, x.now.Num)
		}
	}
	r.of, r.n = append(r.of, c), r.n+len(c.nums)
	for r.n > recentMost {
		r.n -= len(r.of[0].nums)
		r.of = r.of[1:]
		r.from = since + 1
		if len(r.of) > 0 {
			r.from = r.of[0].since
		}
	}
}

// ChangedSince are the numbers of incidents that may have become others since the record
// had a size; known is false where that is too long ago, so that it may be any.
func (s *Snapshot) ChangedSince(size int64) (nums []uint32, known bool) {
	r := &s.v.recent
	if size >= s.Size {
		return nil, true
	}
	if s.At != Now || size < r.from {
		return nil, false
	}
	for _, c := range slices.Backward(r.of) {
		if c.since < size {
			break
		}
		nums = append(nums, c.nums...)
	}
	slices.Sort(nums)
	return slices.Compact(nums), true
}

// Len is how many incidents there are, whoever sees them.
func (s *Snapshot) Len() int { return s.cols.Len() }

// Numbers are those of all incidents.
func (s *Snapshot) Numbers() []uint32 {
	out := make([]uint32, 0, s.cols.Len())
	for _, b := range s.cols.blocks {
		out = append(out, b.num...)
	}
	return out
}

// SetRows are the rows of a data set that are to be read.
type SetRows struct {
	entry *Doc
	texts *texts
}

// Sets are the data sets whose rows are incidents.
func (s *Snapshot) Sets() (out []SetRows, err error) {
	err = s.Store().InOrder([]string{kindDataset}, func(d *Doc) bool {
		if !d.Erased {
			out = append(out, SetRows{d, s.texts})
		}
		return true
	})
	return out, err
}

// Each calls yield with the rows in order, as they are judged. It needs no snapshot, and
// is to be called while none is held.
func (x SetRows) Each(yield func(*evidence.Incident)) {
	n, b := 0, &batch{texts: x.texts}
	b.eachRow(x.entry, func(in *evidence.Incident) error {
		n++
		in.ID = rowName(x.entry.ID, n)
		yield(in)
		return nil
	})
}

// SetNumbers are the numbers of the first so many rows of a data set; one that is not
// known is NotJudged.
func (s *Snapshot) SetNumbers(x SetRows, rows int) ([]uint32, error) {
	out := make([]uint32, rows)
	num := func(n int) (uint32, error) {
		num, ok, err := s.Store().Num(rowName(x.entry.ID, n))
		if !ok {
			num = NotJudged
		}
		return num, err
	}
	if rows == 0 {
		return out, nil
	}
	// Rows are numbered as they come: where the last has the number that it then has, so
	// have all between.
	first, err := num(1)
	if err != nil {
		return nil, err
	}
	last, err := num(rows)
	if err != nil {
		return nil, err
	}
	run := first != NotJudged && last != NotJudged && int64(last)-int64(first) == int64(rows-1)
	for i := range out {
		if run {
			out[i] = first + uint32(i)
		} else if out[i], err = num(i + 1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CountBy counts the incidents that a filter asks for and of which may says that their
// reasons may be told, by the codes of whoever judged them, and says from when to when
// they are, to the minute.
func (s *Snapshot) CountBy(f *Filter, may func(Narrowed) bool, of []uint32, codes int) (n []int, from, to string) {
	cols, p := s.told(f, may)
	type part struct {
		n        []int
		from, to int32
	}
	parts := make([]part, runtime.GOMAXPROCS(0))
	cols.scan(func(w int, b *block) {
		if p.skip(b) {
			return
		}
		x := &parts[w]
		if x.n == nil {
			*x = part{make([]int, codes), math.MaxInt32, math.MinInt32}
		}
		whole := p.whole(b)
		for i, num := range b.num {
			if code := codeOf(of, num); code != NotJudged && p.takes(b, i, whole) {
				x.n[code]++
				if b.start[i] != noTime {
					x.from, x.to = min(x.from, b.start[i]), max(x.to, b.end[i])
				}
			}
		}
	})
	n, first, last := make([]int, codes), int32(math.MaxInt32), int32(math.MinInt32)
	for _, x := range parts {
		if x.n == nil {
			continue
		}
		for code, k := range x.n {
			n[code] += k
		}
		first, last = min(first, x.from), max(last, x.to)
	}
	if first <= last {
		from, to = minuteText(first), minuteText(last)
	}
	return n, from, to
}

// RowsBy are the newest rows of what CountBy counts that have one of some codes.
func (s *Snapshot) RowsBy(f *Filter, may func(Narrowed) bool, of []uint32, wanted func(code uint32) bool, limit int) (out []Row) {
	cols, p := s.told(f, may)
	for _, b := range slices.Backward(cols.blocks) {
		if p.skip(b) {
			continue
		}
		whole := p.whole(b)
		for i := len(b.num) - 1; i >= 0; i-- {
			if code := codeOf(of, b.num[i]); code == NotJudged || !wanted(code) || !p.takes(b, i, whole) {
				continue
			}
			if len(out) == limit {
				return out
			}
			out = append(out, b.row(i))
		}
	}
	return out
}

func codeOf(of []uint32, num uint32) uint32 {
	if int(num) >= len(of) {
		return NotJudged
	}
	return of[num]
}
