package mirror

import (
	"encoding/json"
	"sync"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Quarantine says from which entry on nothing of an office is taken into account:
// its key was revoked. What it signs later is still kept.
type Quarantine struct {
	Size   int64  `json:"size"`   // entries before it count
	By     string `json:"by"`     // whose log says so
	Entry  string `json:"entry"`  // id of the entry that says so
	Reason string `json:"reason"` // why
}

// revocations reads the revocations of offices in the own log and in that of
// headquarters.
type revocations struct {
	m  *Mirrors
	mu sync.Mutex
	at map[string]int64 // how far each log was read
}

func (v *revocations) read() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r := v.m.o.Own(); r != nil {
		if err := v.log(r, r.Size()); err != nil {
			return err
		}
	}
	for _, p := range v.m.peers {
		l := v.m.logs[p.Origin]
		if !p.Headquarters || l == nil || l.Reader() == nil {
			continue
		}
		if err := v.log(l.Reader(), l.Complete()); err != nil {
			return err
		}
	}
	return nil
}

func (v *revocations) log(r *journal.Reader, to int64) error {
	from := v.at[r.Office.Origin]
	for e, err := range r.Range(from, to) {
		if err != nil {
			return err
		}
		v.at[r.Office.Origin] = e.Index + 1
		if e.Envelope.Kind != record.KindOfficeRevoke {
			continue
		}
		var x record.OfficeRevokeEntry
		if p, err := r.Payload(e.Index); err != nil || json.Unmarshal(p.Bytes, &x) != nil {
			continue
		}
		v.m.mu.Lock()
		old, had := v.m.revoked[x.Origin]
		if !had || x.Size < old.Size { // of two the earlier place counts
			v.m.revoked[x.Origin] = Quarantine{x.Size, r.Office.Origin, e.Envelope.ID, x.Reason}
		}
		v.m.mu.Unlock()
	}
	return nil
}

// quarantine says whether the key of an office was revoked.
func (m *Mirrors) quarantine(origin string) (Quarantine, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q, ok := m.revoked[origin]
	return q, ok
}

// Counted is how many entries of an office's log are taken into account here: all
// whose payloads have come, as far as its key was good.
func (m *Mirrors) Counted(origin string) int64 {
	l := m.logs[origin]
	if l == nil {
		return 0
	}
	n := l.Complete()
	if q, ok := m.quarantine(origin); ok {
		n = min(n, q.Size)
	}
	return n
}

// Complete is how many entries are here with all payloads that are given to us.
func (l *Log) Complete() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.complete
}
