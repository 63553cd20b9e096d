package web

import (
	"sync"
	"time"
)

// limiter gives each key a bucket that fills at a rate and holds two seconds of
// it, 10 at least.
type limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	left float64
	at   time.Time
}

const maxBuckets = 100_000

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, buckets: map[string]*bucket{}, swept: now()}
}

// wait takes one from a bucket; where it is empty it returns how long to wait.
func (l *limiter) wait(key string, rate float64) time.Duration {
	if rate < 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.sweep(now)
	size := max(2*rate, 10)
	b := l.buckets[key]
	if b == nil {
		b = &bucket{left: size, at: now}
		l.buckets[key] = b
	}
	b.left = min(size, b.left+now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	b.left--
	return 0
}

// sweep forgets buckets that have been full for a while, and all where somebody
// fills the table with addresses.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute && len(l.buckets) < maxBuckets {
		return
	}
	l.swept = now
	for k, b := range l.buckets {
		if now.Sub(b.at) > time.Minute {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) >= maxBuckets {
		l.buckets = map[string]*bucket{}
	}
}
