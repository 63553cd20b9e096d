package mirror

import (
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/rights"
)

// Status is how one office is followed. None of it says that all is well: it says
// what is known, since when, and what is missing.
type Status struct {
	Origin       string
	Key          string
	URL          string
	Headquarters bool
	May          rights.Marking

	Contact time.Time     // when it answered last; zero: never, since this process began
	Tried   time.Time     // when it was asked last
	Failed  string        // why it did not answer
	Skew    time.Duration // its clock minus ours
	Took    time.Duration // a question and its answer
	In, Out int64         // bytes that came and went, since this process began
	Rate    [2]float64    // bytes a second, in and out, lately

	Seen     int64     // entries in the largest checkpoint that was seen, and continues all before
	SeenAt   time.Time // when it came; zero: before this process began
	Held     int64     // entries of the checkpoint that is on disk here in full
	Root     string    // of it
	Complete int64     // entries before it have all payloads that are given to us
	Withheld int       // payloads that are not given to us
	Made     time.Time // when the newest entry that is held was made, by its author's clock
	Queue    []Queued  // what is missing, by rank
	Ahead    []int64   // places of hotline messages that came before their turn
	Alarms   []Alarm
	Stopped  string // why nothing more is taken: a fork
	Revoked  *Quarantine

	OfUs   int64     // entries of our own log that it holds, as it has cosigned; 0: none, or it has not said so
	OfUsAt time.Time // when it signed, by its clock
}

// Queued is how much of a rank is missing.
type Queued struct {
	Rank  string
	Count int64
}

// Status says how all offices are followed.
func (m *Mirrors) Status() []Status {
	var out []Status
	for _, l := range m.Logs() {
		s := Status{Origin: l.peer.Origin, Key: l.peer.Key, URL: l.peer.URL, Headquarters: l.peer.Headquarters, May: l.peer.may()}
		l.status(&s)
		m.mu.Lock()
		x, u := m.links[l.peer.Origin], m.ofUs[l.peer.Origin]
		if q, ok := m.revoked[l.peer.Origin]; ok {
			s.Revoked = &q
		}
		m.mu.Unlock()
		s.OfUs, s.OfUsAt = u.Size, u.At
		if x != nil {
			x.mu.Lock()
			s.Contact, s.Tried, s.Failed, s.Skew, s.Took = x.contact, x.tried, x.failed, x.skew, x.took
			x.mu.Unlock()
			s.In, s.Out, s.Rate = x.meter.read()
		}
		out = append(out, s)
	}
	return out
}

func (l *Log) status(s *Status) {
	if r := l.Reader(); r != nil {
		s.Held, s.Root = r.Size(), r.Checkpoint.Root.String()
		if r.Size() > 0 {
			if e, err := r.Entry(r.Size() - 1); err == nil {
				s.Made = e.Envelope.Made
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Seen, s.SeenAt, s.Complete, s.Withheld = l.seen.Size, l.news, l.complete, l.before
	for _, n := range l.withheld {
		s.Withheld += n
	}
	if s.Contact.IsZero() {
		s.Contact = l.contact
	}
	for r := range Ranks {
		n := int64(l.counts[r])
		switch r {
		case Entries:
			n = max(l.seen.Size-s.Held, 0)
		case SmallFiles, Files:
			n = int64(len(l.files[r-SmallFiles]))
		}
		if n > 0 {
			s.Queue = append(s.Queue, Queued{r.String(), n})
		}
	}
	s.Ahead, _ = aheads(l.dir) // what cannot be listed is none
	for len(s.Ahead) > 0 && s.Ahead[0] < l.complete {
		os.Remove(filepath.Join(l.dir, aheadName, aheadFile(s.Ahead[0]))) // it has come in its turn
		s.Ahead = s.Ahead[1:]
	}
	s.Alarms = append([]Alarm(nil), l.alarms...)
	if l.stopped != nil {
		s.Stopped = l.stopped.Error()
	}
}
