// Package badlink is a link between two programs of one machine that behaves as
// badly as it is told to: slow, late, losing, one-sided, cut. Tests and drills put
// it between offices. What is lost on it stalls, as it does for TCP: the bytes come
// later, in their order, or never.
package badlink

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Conditions are how a link is.
type Conditions struct {
	Rate    float64       // bytes a second, each way; 0: no limit
	Latency time.Duration // one way
	Loss    float64       // share of segments that have to be sent again, 0 to 1
	Again   time.Duration // how long sending again takes; 0: twice the latency, and 200 ms
	Refuse  bool          // connections are refused, and those that are there are cut
	Hole    bool          // nothing passes, and nobody is told
	Deaf    bool          // nothing passes from the far end: a link that is cut one way
}

// segment is how much is lost at once, in bytes.
const segment = 1400

// Link is a listener on this machine whose connections go to another address.
type Link struct {
	l      net.Listener
	target string
	ctx    context.Context
	stop   context.CancelFunc
	ended  sync.WaitGroup

	mu     sync.Mutex
	chance *rand.Rand
	now    Conditions
	conns  map[net.Conn]bool
	passed int64
	free   [2]time.Time // when each way has carried what it was given
}

// New begins a link to an address; chance comes from the seed.
func New(target string, seed uint64) (*Link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Link{l: l, target: target, ctx: ctx, stop: stop, chance: rand.New(rand.NewPCG(seed, 11)), conns: map[net.Conn]bool{}}
	k.ended.Go(k.accept)
	return k, nil
}

// Addr is the address to connect to.
func (k *Link) Addr() string { return k.l.Addr().String() }

// Set changes how the link is.
func (k *Link) Set(c Conditions) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = c
	if c.Refuse {
		for x := range k.conns {
			x.Close()
		}
	}
}

// Aim makes new connections go to another address.
func (k *Link) Aim(target string) { k.mu.Lock(); defer k.mu.Unlock(); k.target = target }

// Passed is how many bytes went over it, both ways.
func (k *Link) Passed() int64 { k.mu.Lock(); defer k.mu.Unlock(); return k.passed }

// Close ends it.
func (k *Link) Close() {
	k.stop()
	k.l.Close()
	k.Set(Conditions{Refuse: true})
	k.ended.Wait()
}

func (k *Link) how() (Conditions, string) { k.mu.Lock(); defer k.mu.Unlock(); return k.now, k.target }

func (k *Link) accept() {
	for {
		near, err := k.l.Accept()
		if err != nil {
			return
		}
		c, target := k.how()
		if c.Refuse {
			near.Close()
			continue
		}
		k.ended.Go(func() { k.connect(near, target) })
	}
}

func (k *Link) connect(near net.Conn, target string) {
	defer near.Close()
	far, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(k.ctx, "tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	k.mu.Lock()
	k.conns[near], k.conns[far] = true, true
	k.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { k.carry(far, near, 0); near.Close(); far.Close() })
	both.Go(func() { k.carry(near, far, 1); near.Close(); far.Close() })
	both.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.conns, near)
	delete(k.conns, far)
}

// late is what has been read and is on its way.
type late struct {
	b  []byte
	at time.Time
}

// carry takes bytes one way: 0 towards the far end, 1 back.
func (k *Link) carry(to io.Writer, from io.Reader, way int) {
	ctx, stop := context.WithCancel(k.ctx)
	defer stop()
	on := make(chan late, 64)
	k.ended.Go(func() {
		defer close(on)
		for {
			b := make([]byte, segment)
			n, err := from.Read(b)
			if n > 0 {
				select {
				case on <- late{b[:n], k.due(n, way)}:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	for x := range on {
		if !k.wait(ctx, x.at, way) {
			return
		}
		if _, err := to.Write(x.b); err != nil {
			return
		}
		k.mu.Lock()
		k.passed += int64(len(x.b))
		k.mu.Unlock()
	}
}

// due is when bytes arrive.
func (k *Link) due(n, way int) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, now := k.now, time.Now()
	at := now
	if c.Rate > 0 {
		if k.free[way].After(at) {
			at = k.free[way]
		}
		at = at.Add(time.Duration(float64(n) / c.Rate * float64(time.Second)))
		k.free[way] = at
	}
	at = at.Add(c.Latency)
	for c.Loss > 0 && k.chance.Float64() < c.Loss {
		again := c.Again
		if again == 0 {
			again = 2*c.Latency + 200*time.Millisecond
		}
		at = at.Add(again)
	}
	return at
}

// wait waits until bytes may pass.
func (k *Link) wait(ctx context.Context, at time.Time, way int) bool {
	for {
		d := time.Until(at)
		if c, _ := k.how(); c.Hole || c.Deaf && way == 1 {
			d = max(d, 20*time.Millisecond)
		} else if d <= 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(d, 50*time.Millisecond)):
		}
	}
}
