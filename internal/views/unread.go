package views

import (
	"github.com/truce-project/truce/evidence"
)

// Unread are rows of data sets that were not read yet. Reading a file takes as long as
// it is long: whoever wants many rows reads them between two snapshots, so that neither
// what comes in nor whoever asks waits for it.
type Unread struct {
	views *Views
	held  int64 // what the views held then: of what was erased since, nothing is used
	texts *texts
	sets  []unreadSet
	rows  map[string]*evidence.Incident // those that were read, by their ids
}

// unreadSet is a data set, and the numbers of those of its rows that are wanted.
type unreadSet struct {
	entry *Doc
	of    map[int]*evidence.Incident
}

// Unread finds the rows of data sets among some rows that Evidence would read from files.
func (s *Snapshot) Unread(rows []Row) (*Unread, error) {
	u := &Unread{views: s.v, held: s.v.held, texts: s.texts, rows: map[string]*evidence.Incident{}}
	at := map[string]int{}
	for _, r := range rows {
		id, _, err := s.Store().Name(r.Num)
		if err != nil {
			return nil, err
		}
		set, n := rowID(id)
		if n == 0 || s.v.read.get(id) != nil {
			continue
		}
		i, ok := at[set]
		if !ok {
			d, err := s.Store().Doc(set)
			if err != nil {
				return nil, err
			}
			if d == nil || d.Kind != kindDataset {
				continue
			}
			i = len(u.sets)
			at[set], u.sets = i, append(u.sets, unreadSet{d, map[int]*evidence.Incident{}})
		}
		u.sets[i].of[n] = nil
	}
	return u, nil
}

// Read reads them. It needs no snapshot, and is to be called while none is held.
func (u *Unread) Read() {
	b := &batch{texts: u.texts}
	for _, x := range u.sets {
		b.some(x.entry, x.of)
		for n, in := range x.of {
			if in != nil {
				in.ID = rowName(x.entry.ID, n)
				u.rows[in.ID] = in
			}
		}
	}
}

// take gives a row that was read, where the views are still those that were asked.
func (u *Unread) take(s *Snapshot, id string) *evidence.Incident {
	if u == nil || u.views != s.v || u.held != s.v.held {
		return nil
	}
	return u.rows[id]
}

// Made says how often what is held was made anew: answers of before are to be
// forgotten where it is another, since an entry may have been erased.
func (s *Snapshot) Made() int64 { return s.v.held }
