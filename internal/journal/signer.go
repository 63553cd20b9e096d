package journal

import (
	"crypto/ed25519"
	"fmt"
	"sync"
	"time"

	"github.com/truce-project/truce/record"
)

// Signer signs entries by one key for many callers. Where entries come thick,
// those of half a millisecond go under one signature, which is made and checked
// once: an entry that comes alone does not wait.
type Signer struct {
	key  ed25519.PrivateKey
	id   record.KeyID
	turn sync.Mutex // one signs
	last time.Time  // of the last signature; with turn

	mu   sync.Mutex
	next *round // is gathering
}

// round is what goes under one signature.
type round struct {
	entries []*record.Envelope
	err     error
	done    chan struct{}
}

const (
	gather   = 500 * time.Microsecond
	maxRound = 1024
)

// NewSigner makes a signer by a key.
func NewSigner(key ed25519.PrivateKey) *Signer {
	return &Signer{key: key, id: record.IDOf(key.Public().(ed25519.PublicKey))}
}

// Author is the id of the key.
func (s *Signer) Author() record.KeyID { return s.id }

// Sign signs an entry, perhaps with others. An entry that cannot be signed keeps
// no other from it.
func (s *Signer) Sign(e *record.Envelope) error {
	if err := e.Check(); err != nil {
		return fmt.Errorf("entry %s: %w", e.ID, err)
	}
	if e.Author != s.id {
		return fmt.Errorf("entry %s is by %s, the key is %s", e.ID, e.Author, s.id)
	}
	s.mu.Lock()
	r := s.next
	first := r == nil || len(r.entries) >= maxRound
	if first {
		r = &round{done: make(chan struct{})}
		s.next = r
	}
	r.entries = append(r.entries, e)
	s.mu.Unlock()
	if first {
		s.lead(r)
	}
	<-r.done
	return r.err
}

// lead waits for its turn, and for others where there are likely to be some.
func (s *Signer) lead(r *round) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if since := time.Since(s.last); since < gather {
		time.Sleep(gather - since)
	}
	s.mu.Lock()
	if s.next == r {
		s.next = nil
	}
	s.mu.Unlock()
	r.err = record.Sign(s.key, r.entries)
	s.last = time.Now()
	close(r.done)
}
