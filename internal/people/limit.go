package people

import (
	"net/netip"
	"sync"
	"time"
)

// limiter slows down guessing. Who fails waits, and the wait doubles; what waits
// is the pair of an address and a name, or a known device and a name, never the
// name alone: somebody who only knows a name can make nobody else wait. Codes of
// the second factor are counted by account, since whoever gets that far knows the
// password.
type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	fail map[string]*failures
}

type failures struct {
	count int
	last  time.Time
}

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
	return &limiter{now: now, fail: map[string]*failures{}}
}

// wait is how long a key must wait yet.
func (l *limiter) wait(key string, r limitRule) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waits(key, r)
}

func (l *limiter) waits(key string, r limitRule) time.Duration {
	f := l.fail[key]
	if f == nil || f.count < r.free {
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
		wait = max(wait, l.waits(k, rule))
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
	for _, k := range keys {
		if f := l.fail[k]; f != nil {
			if f.count--; f.count <= 0 {
				delete(l.fail, k)
			}
		}
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
	for _, k := range keys {
		f := l.fail[k]
		if f == nil || now.Sub(f.last) > forget {
			if len(l.fail) >= maxFails {
				l.sweep(now)
			}
			f = &failures{}
			l.fail[k] = f
		}
		f.count, f.last = f.count+1, now
	}
}

// sweep makes room: first what is forgotten anyway, then whatever has failed the
// least.
func (l *limiter) sweep(now time.Time) {
	for least := 0; len(l.fail) > maxFails*3/4; least++ {
		for k, f := range l.fail {
			if now.Sub(f.last) > forget || f.count <= least {
				delete(l.fail, k)
			}
		}
	}
}

// passed forgets failures.
func (l *limiter) passed(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		delete(l.fail, k)
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
