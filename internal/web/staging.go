package web

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// staging keeps files that are looked at before they are taken in: each for the
// account that sent it and nobody else, for an hour, in a folder that goes with
// the process. They are no part of the record.
type staging struct {
	now  func() time.Time
	mu   sync.Mutex
	dir  string
	held map[string]*staged
}

type staged struct {
	name, account, path string
	size                int64
	until               time.Time
}

// Limits of what is kept.
const (
	stagedFor     = time.Hour
	stagedEach    = 5
	stagedBytes   = 1 << 30
	maxStagedName = 200
)

// put keeps a file for an account.
func (s *staging) put(account, name string, b []byte) (id string, until time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	n, total := 0, int64(len(b))
	for _, x := range s.held {
		total += x.size
		if x.account == account {
			n++
		}
	}
	if n >= stagedEach || total > stagedBytes {
		return "", until, fmt.Errorf("%d files of yours, and %d MiB in all, wait to be taken in: take them in, or wait up to an hour", n, (total-int64(len(b)))>>20)
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "truce-intake-"); err != nil {
			return "", until, err
		}
	}
	id = rand.Text()
	x := &staged{name: name, account: account, path: filepath.Join(s.dir, id), size: int64(len(b)), until: s.now().Add(stagedFor)}
	if err := os.WriteFile(x.path, b, 0o600); err != nil {
		return "", until, err
	}
	if s.held == nil {
		s.held = map[string]*staged{}
	}
	s.held[id] = x
	return id, x.until, nil
}

// get returns a file of an account.
func (s *staging) get(account, id string) (*staged, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	x, ok := s.held[id]
	return x, ok && x.account == account
}

// sweep forgets what has waited too long.
func (s *staging) sweep() {
	for id, x := range s.held {
		if s.now().After(x.until) {
			os.Remove(x.path)
			delete(s.held, id)
		}
	}
}

// close removes all of it.
func (s *staging) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != "" {
		os.RemoveAll(s.dir)
	}
	s.dir, s.held = "", nil
}
