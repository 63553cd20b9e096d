package views

import (
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Evidence is the incidents that rows of the columns stand for, with their facts as
// they are judged; those that are none any more are left out. Each data set is read
// once, whatever the order of the rows: reading one takes as long as it is, so that
// rows that were read are kept for a while. They belong to all who ask: nobody changes
// them.
func (s *Snapshot) Evidence(rows []Row) ([]*evidence.Incident, error) {
	out, _, err := s.evidence(rows, &s.v.read, nil)
	return out, err
}

// EvidenceWith is Evidence with rows that were read before, and with the incidents as the
// views tell them, each at the same place.
func (s *Snapshot) EvidenceWith(rows []Row, u *Unread) ([]*evidence.Incident, []*Version, error) {
	return s.evidence(rows, &s.v.read, u)
}

// evidence is EvidenceWith with the rows that are kept; nil: all are read anew.
func (s *Snapshot) evidence(rows []Row, had *readRows, u *Unread) (out []*evidence.Incident, of []*Version, err error) {
	b := &batch{assembler: assembler{s.Store()}, texts: s.texts}
	var all []*Version
	wanted := map[string]map[int]*evidence.Incident{} // rows of data sets
	kept := map[string]*evidence.Incident{}
	for _, r := range rows {
		x, err := s.Store().Version(r.Num, s.At)
		if err != nil {
			return nil, nil, err
		}
		if x == nil {
			continue
		}
		all = append(all, x)
		if x.State == "row" {
			if in := had.get(x.ID); in != nil {
				kept[x.ID] = in
				continue
			}
			if in := u.take(s, x.ID); in != nil {
				had.put(in)
				kept[x.ID] = in
				continue
			}
			set, n := rowID(x.ID)
			if wanted[set] == nil {
				wanted[set] = map[int]*evidence.Incident{}
			}
			wanted[set][n] = nil
		}
	}
	for set, of := range wanted {
		d, err := b.r.Doc(set)
		if err != nil {
			return nil, nil, err
		}
		b.some(d, of)
	}
	for _, x := range all {
		var in *evidence.Incident
		if x.State == "row" {
			set, n := rowID(x.ID)
			if in = wanted[set][n]; in != nil {
				in.ID = x.ID
				had.put(in)
			} else {
				in = kept[x.ID]
			}
		} else if in, err = b.evidence(x, nil); err != nil {
			return nil, nil, err
		}
		if in != nil {
			out, of = append(out, in), append(of, x)
		}
	}
	return out, of, nil
}

// readRows keeps rows of data sets that were read, by their ids: what a row says never
// changes. Who is asked for again stays, of the others the oldest go.
type readRows struct {
	sync.Mutex
	young, old map[string]*evidence.Incident
}

// rowsKept is how many rows are kept at least, once there were as many; twice as many
// at most. A row takes about 2 kB.
const rowsKept = 20_000

func (r *readRows) get(id string) *evidence.Incident {
	if r == nil {
		return nil
	}
	r.Lock()
	defer r.Unlock()
	if in := r.young[id]; in != nil {
		return in
	}
	in := r.old[id]
	if in != nil {
		r.add(in)
	}
	return in
}

func (r *readRows) put(in *evidence.Incident) {
	if r == nil {
		return
	}
	r.Lock()
	defer r.Unlock()
	r.add(in)
}

func (r *readRows) add(in *evidence.Incident) {
	if len(r.young) >= rowsKept {
		r.old, r.young = r.young, nil
	}
	if r.young == nil {
		r.young = map[string]*evidence.Incident{}
	}
	r.young[in.ID] = in
}

// forget drops all of it: of what was erased nothing is kept.
func (r *readRows) forget() {
	r.Lock()
	defer r.Unlock()
	r.young, r.old = nil, nil
}

// some fills in rows of a data set, by their numbers from 1. Where the set cannot be
// read any more they stay nil.
func (b *batch) some(d *Doc, of map[int]*evidence.Incident) {
	if d == nil {
		return
	}
	last, n := 0, 0
	for k := range of {
		last = max(last, k)
	}
	b.eachRow(d, func(in *evidence.Incident) error {
		n++
		if _, ok := of[n]; ok {
			of[n] = in
		}
		if n >= last {
			return errEnough
		}
		return nil
	})
}

// Judges are those of all texts that hold, under every reading, in order. They
// may be asked after the snapshot is given back.
func (s *Snapshot) Judges() (out []*judge.Judge, texts []*terms.Terms) {
	for _, t := range s.texts.order {
		out = append(out, s.texts.of[t].judges...)
		texts = append(texts, s.texts.of[t].terms)
	}
	return out, texts
}
