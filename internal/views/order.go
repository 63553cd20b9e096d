package views

import (
	"maps"
	"sort"
)

// Run is a run of entries of one log, in the order of several: it ends where the next
// one begins.
type Run struct {
	At     int64  // place of its first entry in the common order
	Office string // whose log; empty: the own one
	First  int64  // place of its first entry in that log
}

// order is the order of several logs, as runs by their places. Without any it is that
// of one log. A log that has several runs goes on in each where the one before ended.
type order []Run

func orderOf(s Source) (o order) {
	if j, ok := s.(Joined); ok {
		j.Runs(func(at int64, office string, first int64) { o = append(o, Run{at, office, first}) })
	}
	return o
}

// run is the number of the run that a place is in; -1: the order is of one log.
func (o order) run(i int64) int {
	return sort.Search(len(o), func(k int) bool { return o[k].At > i }) - 1
}

// place is whose entry stands somewhere, and at which place of its log.
func (o order) place(i int64) (office string, place int64) {
	k := o.run(i)
	if k < 0 {
		return "", i
	}
	return o[k].Office, o[k].First + i - o[k].At
}

// end is the place after a run, of an order that ends at size.
func (o order) end(k int, size int64) int64 {
	if k+1 < len(o) {
		return min(o[k+1].At, size)
	}
	return size
}

// sizes says how many entries of each log stand before a place.
func (o order) sizes(own string, size int64) Vector {
	if len(o) == 0 {
		return Vector{own: size}
	}
	out := Vector{own: 0}
	for k := range o {
		if o[k].At >= size {
			break
		}
		name := o[k].Office
		if name == "" {
			name = own
		}
		out[name] = o[k].First + o.end(k, size) - o[k].At
	}
	return out
}

// after is the place of the first entry that is not among those of a vector; size where
// all are.
func (o order) after(own string, had Vector, size int64) int64 {
	if len(o) == 0 {
		return min(had[own], size)
	}
	for k := range o {
		if o[k].At >= size {
			break
		}
		name := o[k].Office
		if name == "" {
			name = own
		}
		if i := o[k].At + max(had[name]-o[k].First, 0); i < o.end(k, size) {
			return i
		}
	}
	return size
}

// between are the runs from one place to another, the first of them as from there.
func (o order) between(from, to int64) []Run {
	if from >= to {
		return nil
	}
	k := o.run(from)
	if k < 0 {
		return []Run{{At: from, First: from}}
	}
	office, first := o.place(from)
	out := []Run{{from, office, first}}
	for k++; k < len(o) && o[k].At < to; k++ {
		out = append(out, o[k])
	}
	return out
}

// OwnSize is how many entries of the own log the views were made from.
func (v *Views) OwnSize() int64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.vector(v.size)[v.origin]
}

// Standing is the place of an entry in the log that it stands in.
func (d *Doc) Standing() int64 {
	if d.Place != nil {
		return *d.Place
	}
	return d.Index
}

// Seen is which entries somebody was told, by the sizes of their logs. What it means
// does not change where the order of the logs does: an office may be revoked, or a copy
// be damaged and be there again.
type Seen Vector

// Has reports whether the entry at a place is among those.
func (s *Snapshot) Has(seen Seen, i int64) bool {
	name, place := s.place(i)
	return place < seen[name]
}

// Saw is what somebody has seen with the entry at a place.
func (s *Snapshot) Saw(seen Seen, i int64) Seen {
	name, place := s.place(i)
	out := maps.Clone(seen)
	if out == nil {
		out = Seen{}
	}
	out[name] = max(out[name], place+1)
	return out
}

// After is the place of the first entry that is not among those; the size where all
// are.
func (s *Snapshot) After(seen Seen) int64 {
	return s.v.order.after(s.v.origin, Vector(seen), s.Size)
}

// Order changes when places in the common order may have changed.
func (s *Snapshot) Order() uint64 { return s.v.turn }

func (s *Snapshot) place(i int64) (name string, place int64) {
	if name, place = s.v.order.place(i); name == "" {
		name = s.v.origin
	}
	return name, place
}
