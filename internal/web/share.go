package web

import (
	"net/http"
	"sync"
)

// shares sees to it that nobody has all of what there is for everybody: requests at
// once, streams, bytes of bodies that are held in memory.
type shares struct {
	mu  sync.Mutex
	of  map[string]int64
	sum int64
}

func newShares() *shares { return &shares{of: map[string]int64{}} }

// take takes so much for somebody, unless they would have more than each may, or all
// more than there is; whatever they have, one thing fits.
func (s *shares) take(key string, n, each, all int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if had := s.of[key]; had > 0 && had+n > each || s.sum > 0 && s.sum+n > all {
		return false
	}
	s.of[key] += n
	s.sum += n
	return true
}

func (s *shares) give(key string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum -= n
	if s.of[key] -= n; s.of[key] <= 0 {
		delete(s.of, key)
	}
}

const (
	smallBody = 64 << 10  // bodies up to this are not counted: there is room for one of each request
	eachBody  = 64 << 20  // bytes of larger ones that one asker has in memory at once
	allBodies = 256 << 20 // ... and all
)

// heldBody is how much of a request is held in memory while it is answered. Files are
// written as they come.
func heldBody(r *http.Request, limit int64) int64 {
	if r.URL.Path == "/api/blobs" || r.ContentLength == 0 || r.ContentLength > 0 && r.ContentLength <= smallBody {
		return 0
	}
	if r.ContentLength < 0 { // it does not say
		return limit
	}
	return min(r.ContentLength, limit)
}

// asker is whose share a request is of: an account's, or an address's of those who
// have not signed in, also in a demonstration, where all have one account.
func (s *Server) asker(who Who, v *visit, r *http.Request) (key string, account bool) {
	if who.Account == "" || v != nil && v.played {
		return "address " + s.o.People.Network(r), false
	}
	return "account " + who.Account, true
}
