package journal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// Options are how a log is kept.
type Options struct {
	// Interval is how often a checkpoint is made when there is news; zero is 10 s,
	// and less than zero only when Integrate is called: then whoever calls it keeps
	// what receipts promise.
	Interval time.Duration
	// Known are checkpoints of this log, signed by it, that others hold: mirrors
	// and witnesses. Open refuses to write where the data are behind them.
	Known [][]byte
}

const (
	interval = 10 * time.Second
	// grace is added to the interval for what a receipt promises: an integration
	// under load takes seconds.
	grace = 20 * time.Second
	// maxFrame and maxEntries bound what one write to the WAL carries.
	maxFrame   = 8 << 20
	maxEntries = 16384
	// soon and most bound what waits in the WAL and in memory: from soon on an
	// integration begins before its time, above most submissions wait for it.
	soon = 32 << 20
	most = 192 << 20
)

// Log is a record that is open for writing.
type Log struct {
	w      World
	opts   Options
	office Office
	key    note.Verifier
	signer note.Signer
	secret ed25519.PrivateKey // by which the log writes entries of its own
	self   record.KeyID
	lock   io.Closer

	queue  chan *submission
	rotate chan chan rotated
	asked  chan chan error // integrations that somebody waits for
	wake   chan struct{}   // one that nobody waits for
	quit   chan struct{}
	ended  sync.WaitGroup
	closed atomic.Bool

	ring   atomic.Pointer[record.KeyRing]
	verify record.Verifier // by ring
	reader atomic.Pointer[Reader]

	mu      sync.RWMutex
	ids     map[[16]byte]int64
	last    map[record.KeyID]int64
	erased  map[string]bool
	base    int64  // size of the last checkpoint
	pending []item // from base on
	waiting int    // bytes of pending
	drained chan struct{}
	stopped error

	wal  wal  // owned by the sequencer
	tree tree // owned by the integrator

	publishing sync.Mutex // of log/checkpoint
}

// Payload is the payload of an entry with its salt; the zero Payload where an
// entry has none.
type Payload struct {
	Salt  [record.SaltSize]byte
	Bytes []byte
}

// Ack is what the log answers: the receipt, and the receipt as it signed it.
type Ack struct {
	record.Receipt
	Signed []byte
}

// submission is what one call of Append brings.
type submission struct {
	items []item
	bytes int
	keys  bool // it changes the key ring
	done  chan answer
}

type answer struct {
	first    int64
	accepted int64
	err      error
}

// Append records entries, in their order, all or none of them, and returns when
// they are on disk. Each must be signed by a key that the log knows and that is
// not revoked, with the payload that it commits to.
//
// Entries that the log holds already, byte for byte, get the receipt that they
// had. Payloads are copied. Where ctx ends while the log is at it, the error is
// ErrInDoubt: sending the same again tells.
func (l *Log) Append(ctx context.Context, entries []*record.Envelope, payloads []Payload) (Ack, error) {
	s, err := l.prepare(entries, payloads)
	if err != nil {
		return Ack{}, err
	}
	select {
	case l.queue <- s:
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	case <-l.quit:
		return Ack{}, l.why()
	}
	var a answer
	select {
	case a = <-s.done:
	case <-ctx.Done():
		return Ack{}, fmt.Errorf("%w (%w)", ErrInDoubt, ctx.Err())
	case <-l.quit:
		l.ended.Wait() // then it was answered, or never will be
		select {
		case a = <-s.done:
		default:
			return Ack{}, l.why()
		}
	}
	if a.err != nil {
		return Ack{}, a.err
	}
	return l.receipt(s, a)
}

// prepare checks all of a submission that does not depend on its place.
func (l *Log) prepare(entries []*record.Envelope, payloads []Payload) (*submission, error) {
	if len(entries) == 0 || len(entries) > maxEntries || len(payloads) != len(entries) {
		return nil, fmt.Errorf("%d entries with %d payloads: expected 1 to %d, each with its payload or an empty one", len(entries), len(payloads), maxEntries)
	}
	if err := l.why(); err != nil {
		return nil, err
	}
	s := &submission{items: make([]item, len(entries)), done: make(chan answer, 1)}
	ids := make(map[[16]byte]bool, len(entries))
	for i, e := range entries {
		it := &s.items[i]
		if err := it.fill(e, payloads[i]); err != nil {
			return nil, err
		}
		if err := l.verify.Verify(e); err != nil {
			return nil, err
		}
		if ids[it.id] {
			return nil, &Conflict{ID: e.ID, What: "stands twice in what was sent"}
		}
		ids[it.id] = true
		s.keys = s.keys || e.Kind == record.KindKey || e.Kind == record.KindRevoke
		s.bytes += it.size()
	}
	if s.bytes > maxBody/2 {
		return nil, fmt.Errorf("%d bytes at once are more than %d: send fewer entries, or larger things as blobs", s.bytes, maxBody/2)
	}
	return s, nil
}

func (it *item) fill(e *record.Envelope, p Payload) error {
	var err error
	if it.entry, err = e.Encode(); err != nil {
		return fmt.Errorf("entry %s: %w", e.ID, err)
	}
	if it.id, err = record.IDBytes(e.ID); err != nil {
		return err
	}
	env := *e
	env.Refs = slices.Clone(e.Refs)
	it.leaf, it.env = record.LeafHash(it.entry), &env
	if (e.Payload == record.Hash{}) {
		if len(p.Bytes) > 0 {
			return fmt.Errorf("entry %s: a payload that it does not commit to", e.ID)
		}
		return nil
	}
	if len(p.Bytes) > record.MaxPayload {
		return fmt.Errorf("entry %s: a payload of %d bytes is longer than %d: send it as a blob", e.ID, len(p.Bytes), record.MaxPayload)
	}
	if zero(p.Salt[:]) {
		return fmt.Errorf("entry %s: a salt of zeros: expected 32 random bytes", e.ID)
	}
	it.salt, it.payload = p.Salt, append([]byte(nil), p.Bytes...)
	return record.CheckPayload(e, it.salt, it.payload)
}

// receipt signs what the log promises of a submission.
func (l *Log) receipt(s *submission, a answer) (Ack, error) {
	t := time.UnixMilli(a.accepted).UTC()
	r := record.Receipt{Origin: l.office.Origin, Index: a.first, Count: int64(len(s.items)), Leaf: s.items[0].leaf, Accepted: t, Due: t.Add(l.promise())}
	if r.Count > 1 {
		leaves := make([]record.Hash, len(s.items))
		for i := range s.items {
			leaves[i] = s.items[i].leaf
		}
		r.Leaf = record.RootOf(leaves)
	}
	signed, err := record.SignReceipt(r, l.signer)
	return Ack{r, signed}, err
}

// promise is how long after acceptance an entry is in a checkpoint at the
// latest.
func (l *Log) promise() time.Duration { return max(l.opts.Interval, interval) + grace }

// why says why the log does not write any more, or nothing.
func (l *Log) why() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.stopped != nil {
		return l.stopped
	}
	if l.closed.Load() {
		return ErrClosed
	}
	return nil
}

// stop ends writing for good.
func (l *Log) stop(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == nil {
		l.stopped = fmt.Errorf("%w: %w", ErrStopped, cause)
	}
	return l.stopped
}

// Halt ends writing for good, such as where others hold more of this log than is
// here, or another history of it.
func (l *Log) Halt(cause error) { _ = l.stop(cause) }

// Size is how many entries were acknowledged, with those that are in no
// checkpoint yet.
func (l *Log) Size() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.base + int64(len(l.pending))
}

// Find returns the place of an acknowledged entry.
func (l *Log) Find(id string) (int64, bool) {
	b, err := record.IDBytes(id)
	if err != nil {
		return 0, false
	}
	return l.place(b)
}

// Keys is the ring at the head of the log, with what no checkpoint holds yet. It
// must not be changed.
func (l *Log) Keys() *record.KeyRing { return l.ring.Load() }

// Author is the key by which the log writes entries of its own.
func (l *Log) Author() record.KeyID { return l.self }

// Office is whose record it is.
func (l *Log) Office() Office { return l.office }

// Err says why the log has stopped, or nothing.
func (l *Log) Err() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.stopped
}

// Reader reads the log as of its last checkpoint.
func (l *Log) Reader() *Reader { return l.reader.Load() }

// Close makes a last checkpoint where there is news, and ends. A log that has
// stopped says why.
func (l *Log) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	err := l.Err()
	if err == nil {
		err = l.Integrate(context.Background())
	}
	close(l.quit)
	l.ended.Wait()
	l.wal.close()
	if cerr := l.lock.Close(); err == nil {
		err = cerr
	}
	return err
}

// refuse answers everything that waits when the log ends.
func (l *Log) refuse() {
	err := l.why()
	for {
		select {
		case s := <-l.queue:
			s.done <- answer{err: err}
		default:
			return
		}
	}
}

var errRetry = errors.New("the frame must be closed before this")
