package people

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// limiter slows down guessing. Who fails waits, and the wait doubles; what waits
// is the pair of an address and a name, or a known device and a name, never the
// name alone: somebody who only knows a name can make nobody else wait. Codes of
// the second factor are counted by account, since whoever gets that far knows the
// password. A restart forgets none of it, see limit_keep.go.
type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	fail map[failKey]failures
	kept *keeping // nil: in memory alone
}

type failures struct {
	count int
	last  time.Time
}

// failKey is what failed, hashed: what was typed as a name may be a password, and is not
// to be kept.
type failKey [sha256.Size]byte

func failKeyOf(key string) failKey { return sha256.Sum256([]byte("truce failed v1\n" + key)) }

// A rule says how many failures are free and how long the wait gets.
type limitRule struct {
	free int
	most time.Duration
}

var (
	ruleGuess   = limitRule{5, 15 * time.Minute}  // one address or device, one name
	ruleAddress = limitRule{50, 15 * time.Minute} // one address, any name: an office may share one
	ruleCode    = limitRule{5, time.Hour}         // second factor of an account
	ruleBegin   = limitRule{60, time.Minute}      // sign-ins that one address begins and does not end
	ruleMail    = limitRule{5, time.Hour}         // addresses that an account has had mailed
)

const (
	forget   = 24 * time.Hour
	maxFails = 100_000 // kept in memory, some 20 MB
)

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, fail: map[failKey]failures{}}
}

// wait is how long a key must wait yet.
func (l *limiter) wait(key string, r limitRule) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waits(failKeyOf(key), r)
}

func (l *limiter) waits(key failKey, r limitRule) time.Duration {
	f := l.fail[key]
	if f.count < r.free {
		return 0
	}
	d := r.most
	if n := f.count - r.free; n < 20 {
		d = min(time.Second<<n, r.most)
	}
	return max(0, f.last.Add(d).Sub(l.now()))
}

// attempt is how long a key must wait yet; where it need not, the attempt counts as a
// failure from its beginning, so that many at the same time are not all free. What
// succeeds is taken back by passed or undo.
func (l *limiter) attempt(r limitRule, keys ...string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := time.Duration(0)
	for i, k := range keys {
		rule := r
		if i > 0 {
			rule = ruleAddress
		}
		wait = max(wait, l.waits(failKeyOf(k), rule))
	}
	if wait == 0 {
		l.count(keys)
	}
	return wait
}

// undo takes back one attempt.
func (l *limiter) undo(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		k := failKeyOf(key)
		f := l.fail[k]
		f.count--
		l.set(k, f)
	}
}

// failed counts a failure.
func (l *limiter) failed(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(keys)
}

func (l *limiter) count(keys []string) {
	now := l.now()
	for _, key := range keys {
		k := failKeyOf(key)
		f := l.fail[k]
		if now.Sub(f.last) > forget {
			f.count = 0
		}
		if f.count == 0 && len(l.fail) >= maxFails {
			l.sweep(now)
		}
		l.set(k, failures{f.count + 1, now})
	}
}

// set notes how often something has failed; what has not is forgotten.
func (l *limiter) set(k failKey, f failures) {
	if f.count <= 0 {
		delete(l.fail, k)
	} else {
		l.fail[k] = f
	}
	l.kept.changed(k)
}

// sweep makes room: first what is forgotten anyway, then whatever has failed the
// least.
func (l *limiter) sweep(now time.Time) {
	for least := 0; len(l.fail) > maxFails*3/4; least++ {
		for k, f := range l.fail {
			if now.Sub(f.last) > forget || f.count <= least {
				l.set(k, failures{})
			}
		}
	}
}

// passed forgets failures.
func (l *limiter) passed(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		l.set(failKeyOf(k), failures{})
	}
}

// network is the part of an address that one subscriber has: all of IPv4, the
// first 64 bits of IPv6.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if ap, perr := netip.ParseAddrPort(address); perr == nil {
		a, err = ap.Addr(), nil
	}
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	n, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return n.String()
}
