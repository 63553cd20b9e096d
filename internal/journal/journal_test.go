package journal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// TestLifeOfAnEntry: accepted, in a checkpoint, proved, read again after opening.
func TestLifeOfAnEntry(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	for n := range 40 {
		if err := c.report(l, a, 1+n%20, 10+n*7); err != nil {
			t.Fatal(err)
		}
		if n%7 == 0 {
			if err := l.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.look(t, w.Disk)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, w)
	defer l.Close()
	r := l.Reader()
	if want := int64(len(c.acked) + 2); r.Size() != want || l.Size() != want {
		t.Fatalf("%d entries, expected %d", r.Size(), want)
	}
	c.verify(t, w.Journal(), r)
	for _, x := range c.acked {
		file, err := r.Proof(x.index)
		if err != nil {
			t.Fatal(err)
		}
		if i, p, _, err := record.CheckProof(file, x.entry, origin, r.Verifier()); err != nil || i != x.index || p != r.Checkpoint {
			t.Fatalf("entry %d: %d %v", x.index, i, err)
		}
	}
	for old, oldRoot := range c.checkpoints {
		for size, root := range c.checkpoints {
			if old > size {
				continue
			}
			p, err := r.Consistency(old, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := record.CheckConsistency(p, size, root, old, oldRoot); err != nil {
				t.Fatal(err)
			}
		}
	}
	ring, err := r.KeyRing()
	if err != nil || len(ring.IDs()) != 2 {
		t.Fatalf("%v %v", ring, err)
	}
}

// TestReceipts: a receipt is signed, names the place, and covers a batch by the
// root of its leaves.
func TestReceipts(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	defer l.Close()
	es, ps := a.batch(5, 100)
	ack, err := l.Append(t.Context(), es, ps)
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.OpenReceipt(ack.Signed, origin, l.Reader().Verifier())
	if err != nil || got != ack.Receipt || got.Index != 2 || got.Count != 5 {
		t.Fatalf("%+v %v", got, err)
	}
	var leaves []record.Hash
	for _, e := range es {
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, record.LeafHash(b))
	}
	if record.RootOf(leaves) != got.Leaf {
		t.Fatal("the receipt is of other entries")
	}
	if got.Due.Sub(got.Accepted) < 10*time.Second {
		t.Fatalf("due at %s", got.Due)
	}
}

// TestF19Replay: the same submission, sent again at any time, is the same
// receipt and no second entry; other bytes under its id are refused.
func TestF19Replay(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	one, onep := a.batch(1, 50)
	many, manyp := a.batch(4, 50)
	var first [2]journal.Ack
	send := func(l *journal.Log, k int) journal.Ack {
		es, ps := one, onep
		if k == 1 {
			es, ps = many, manyp
		}
		ack, err := l.Append(t.Context(), es, ps)
		if err != nil {
			t.Fatal(err)
		}
		return ack
	}
	for k := range first {
		first[k] = send(l, k)
	}
	size := l.Size()
	same := func(l *journal.Log, when string) {
		t.Helper()
		for k := range first {
			if ack := send(l, k); string(ack.Signed) != string(first[k].Signed) {
				t.Errorf("%s: another receipt:\n%s\n%s", when, ack.Signed, first[k].Signed)
			}
		}
		if l.Size() != size {
			t.Errorf("%s: %d entries, expected %d", when, l.Size(), size)
		}
	}
	same(l, "at once")
	w.Pass(time.Minute)
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(l, "after a checkpoint")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w.Pass(30 * 24 * time.Hour)
	l = reopen(t, w)
	defer l.Close()
	same(l, "30 days later")

	other := *one[0]
	other.Valid = "2025"
	a.sign([]*record.Envelope{&other})
	var conflict *journal.Conflict
	if _, err := l.Append(t.Context(), []*record.Envelope{&other}, onep); !errors.As(err, &conflict) {
		t.Errorf("other bytes under the same id: %v", err)
	}
	fresh, freshp := a.batch(1, 20)
	if _, err := l.Append(t.Context(), append(fresh, many[1]), append(freshp, manyp[1])); !errors.As(err, &conflict) {
		t.Errorf("a part that is known: %v", err)
	}
	if l.Size() != size {
		t.Errorf("%d entries, expected %d", l.Size(), size)
	}
}

// TestF19Storm: the same submissions from many at the same moment are one entry
// each, and one receipt.
func TestF19Storm(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	defer l.Close()
	type sub struct {
		es []*record.Envelope
		ps []journal.Payload
	}
	var subs []sub
	for n := range 5 {
		es, ps := a.batch(1+n, 20)
		subs = append(subs, sub{es, ps})
	}
	type answer struct {
		k   int
		ack string
		err error
	}
	answers := make(chan answer)
	for i := range 16 {
		go func() {
			for k := range subs {
				s := subs[(k+i)%len(subs)]
				ack, err := l.Append(context.Background(), s.es, s.ps)
				answers <- answer{(k + i) % len(subs), string(ack.Signed), err}
			}
		}()
	}
	receipts := map[int]string{}
	for range 16 * len(subs) {
		x := <-answers
		if x.err != nil {
			t.Fatal(x.err)
		}
		if was, ok := receipts[x.k]; ok && was != x.ack {
			t.Errorf("two receipts for submission %d", x.k)
		}
		receipts[x.k] = x.ack
	}
	if l.Size() != 2+1+2+3+4+5 {
		t.Errorf("%d entries, expected 17", l.Size())
	}
}

// TestPrev: an author who names the entry before is held to it.
func TestPrev(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	defer l.Close()
	es, ps := a.batch(1, 10)
	if _, err := l.Append(t.Context(), es, ps); err != nil {
		t.Fatal(err)
	}
	b, _ := es[0].Encode()
	for _, integrated := range []bool{false, true} {
		next, nextp := a.batch(1, 10)
		next[0].Prev = record.LeafHash([]byte("another"))
		a.sign(next)
		var c *journal.Conflict
		if _, err := l.Append(t.Context(), next, nextp); !errors.As(err, &c) || c.Last != record.LeafHash(b) {
			t.Fatalf("integrated %v: %v", integrated, err)
		}
		next[0].Prev = c.Last
		a.sign(next)
		if _, err := l.Append(t.Context(), next, nextp); err != nil {
			t.Fatal(err)
		}
		b, _ = next[0].Encode()
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestF22RevokedKey: what a key signed before its revocation stays valid; after
// it nothing by the key is accepted, whatever time it claims.
func TestF22RevokedKey(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	if err := c.report(l, a, 3, 10); err != nil {
		t.Fatal(err)
	}
	late, latep := a.batch(1, 10) // signed and dated before
	own := logAuthor(t, w.Journal())
	revoke, revokep := own.one(record.KindRevoke, record.RevokeEntry{Key: a.id.String(), Reason: "stolen"})
	if _, err := l.Append(t.Context(), revoke, revokep); err != nil {
		t.Fatal(err)
	}
	refused := func(l *journal.Log) {
		t.Helper()
		if _, err := l.Append(t.Context(), late, latep); !errors.Is(err, record.ErrRevoked) {
			t.Errorf("an entry by a stolen key: %v", err)
		}
	}
	refused(l)
	b := newAuthor("never introduced")
	es, ps := b.batch(1, 10)
	if _, err := l.Append(t.Context(), es, ps); !errors.Is(err, record.ErrUnknownKey) {
		t.Errorf("an entry by an unknown key: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, w)
	defer l.Close()
	refused(l)
	c.verify(t, w.Journal(), l.Reader())
}

// TestRefused: nothing is recorded that could not be verified later.
func TestRefused(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	defer l.Close()
	size := l.Size()
	for name, spoil := range map[string]func(es []*record.Envelope, ps []journal.Payload){
		"another payload": func(_ []*record.Envelope, ps []journal.Payload) { ps[0].Bytes[0] ^= 1 },
		"another salt":    func(_ []*record.Envelope, ps []journal.Payload) { ps[0].Salt[0] ^= 1 },
		"no payload":      func(_ []*record.Envelope, ps []journal.Payload) { ps[0] = journal.Payload{} },
		"changed":         func(es []*record.Envelope, _ []journal.Payload) { es[0].Valid = "2025" },
		"not signed":      func(es []*record.Envelope, _ []journal.Payload) { es[0].Signed = record.Signature{Of: 1} },
		"twice": func(es []*record.Envelope, _ []journal.Payload) {
			es[1].ID = es[0].ID
			a.sign(es)
		},
	} {
		es, ps := a.batch(2, 30)
		spoil(es, ps)
		if _, err := l.Append(t.Context(), es, ps); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if l.Size() != size {
		t.Errorf("%d entries, expected %d", l.Size(), size)
	}
}

// TestErase: an erased payload is gone from the disk, the tree stays, and zeros
// that no entry explains are damage.
func TestErase(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	es, ps := a.batch(3, 200)
	if _, err := l.Append(t.Context(), es, ps); err != nil {
		t.Fatal(err)
	}
	if err := l.Erase(t.Context(), es[1].ID); err == nil {
		t.Fatal("erased without an entry that says so")
	}
	x, xp := a.one(record.KindErasure, record.ErasureEntry{Reason: "order of a court", Authority: "court"}, record.Ref{Relation: record.Erases, ID: es[1].ID})
	if _, err := l.Append(t.Context(), x, xp); err != nil {
		t.Fatal(err)
	}
	if err := l.Erase(t.Context(), es[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, w)
	defer l.Close()
	r := l.Reader()
	if _, err := r.Payload(3); !errors.Is(err, record.ErrErased) {
		t.Errorf("an erased payload: %v", err)
	}
	if p, err := r.Payload(4); err != nil || string(p.Bytes) != string(ps[2].Bytes) {
		t.Errorf("the payload after it: %v", err)
	}
	for _, f := range w.Disk.Files() {
		if contains(w.Disk.Content(f), ps[1].Bytes[:40]) || contains(w.Disk.Content(f), ps[1].Salt[:]) {
			t.Errorf("%s still holds the payload or its salt", f)
		}
	}
	if problems := check(w.Journal()); len(problems) > 0 {
		t.Error(problems)
	}
	b := w.Disk.Content("payload/000")
	at := index(b, ps[0].Bytes)
	clear(b[at-36 : at-4])
	clear(b[at : at+200])
	w.Disk.Put("payload/000", b)
	if problems := check(w.Journal()); len(problems) != 1 || !isDamage(problems[0], "payload/000") {
		t.Errorf("zeros without an erasure: %v", problems)
	}
	if _, err := r.Payload(2); !isDamage(err, "payload/000") {
		t.Errorf("zeros without an erasure: %v", err)
	}
}

// TestManyWriters: submissions at the same time get places of their own.
func TestManyWriters(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	type result struct {
		c   client
		err error
	}
	results := make(chan result)
	for k := range 16 {
		var work [][]*record.Envelope
		var loads [][]journal.Payload
		for range 20 {
			es, ps := a.batch(1+k%3, 40)
			work, loads = append(work, es), append(loads, ps)
		}
		go func() {
			var r result
			for i := range work {
				if r.err = r.c.send(l, work[i], loads[i]); r.err != nil {
					break
				}
				if i == 10 {
					r.err = l.Integrate(context.Background())
				}
			}
			results <- r
		}()
	}
	var all client
	places := map[int64]bool{}
	for range 16 {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		for _, x := range r.c.acked {
			if places[x.index] {
				t.Fatalf("place %d was given twice", x.index)
			}
			places[x.index] = true
		}
		all.acked = append(all.acked, r.c.acked...)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, w)
	defer l.Close()
	if l.Size() != int64(len(all.acked)+2) {
		t.Fatalf("%d entries, expected %d", l.Size(), len(all.acked)+2)
	}
	all.verify(t, w.Journal(), l.Reader())
}
