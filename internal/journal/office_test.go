package journal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

const origin = "example.org/north"

// manual keeps a log that makes checkpoints only when asked.
var manual = journal.Options{Interval: -1}

// long reports whether the long tests were asked for (make soak).
func long() bool { return os.Getenv("TRUCE_SOAK") != "" }

// author writes entries.
type author struct {
	key ed25519.PrivateKey
	id  record.KeyID
	n   int
}

func newAuthor(seed string) *author {
	s := sha256.Sum256([]byte(seed))
	k := ed25519.NewKeyFromSeed(s[:])
	return &author{key: k, id: record.IDOf(k.Public().(ed25519.PublicKey))}
}

func (a *author) public() string {
	return base64.StdEncoding.EncodeToString(a.key.Public().(ed25519.PublicKey))
}

// batch makes n signed reports with payloads of a size.
func (a *author) batch(n, size int) ([]*record.Envelope, []journal.Payload) {
	es, ps := make([]*record.Envelope, n), make([]journal.Payload, n)
	for i := range es {
		a.n++
		body := make([]byte, size)
		copy(body, fmt.Sprintf(`{"text":"report %d by %s"}`, a.n, a.id))
		for k := range body {
			if body[k] == 0 {
				body[k] = byte('a' + (k+a.n)%26)
			}
		}
		es[i], ps[i] = a.entry("report@1", body)
	}
	a.sign(es)
	return es, ps
}

// entry makes an entry that is not signed yet.
func (a *author) entry(kind string, body []byte) (*record.Envelope, journal.Payload) {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", a.id, a.n, body))
	p := journal.Payload{Salt: h, Bytes: body}
	made := time.UnixMilli(1_742_860_800_000 + int64(a.n)).UTC()
	return &record.Envelope{Kind: kind, ID: record.NewID(made, [10]byte(h[:10])), Author: a.id, Made: made,
		Payload: record.Commit(p.Salt, body), Type: "application/json", Size: int64(len(body))}, p
}

func (a *author) sign(es []*record.Envelope) {
	if err := record.Sign(a.key, es); err != nil {
		panic(err)
	}
}

// one makes and signs an entry of a kind with a payload.
func (a *author) one(kind string, payload any, refs ...record.Ref) ([]*record.Envelope, []journal.Payload) {
	a.n++
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	e, p := a.entry(kind, b)
	e.Refs = refs
	a.sign([]*record.Envelope{e})
	return []*record.Envelope{e}, []journal.Payload{p}
}

// logAuthor writes by the key of the log itself, which introduces all others.
func logAuthor(t testing.TB, w journal.World) *author {
	t.Helper()
	f, err := w.FS.OpenFile("log.key", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	key, err := journal.OwnKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return &author{key: key, id: record.IDOf(key.Public().(ed25519.PublicKey)), n: 1 << 20}
}

// introduce makes the key of an author known to a log.
func introduce(t testing.TB, w journal.World, l *journal.Log, a *author) {
	t.Helper()
	if _, known := l.Keys().Key(a.id); known {
		return
	}
	es, ps := logAuthor(t, w).one(record.KindKey, record.KeyEntry{Name: "a", Public: a.public()})
	if _, err := l.Append(t.Context(), es, ps); err != nil {
		t.Fatal(err)
	}
}

// begin makes a record in a simulated world, with one author.
func begin(t testing.TB, w *sim.World) (*journal.Log, *author) {
	t.Helper()
	if err := journal.Create(w.Journal(), origin); err != nil {
		t.Fatal(err)
	}
	l := reopen(t, w)
	a := newAuthor("a")
	introduce(t, w.Journal(), l, a)
	return l, a
}

func reopen(t testing.TB, w *sim.World) *journal.Log {
	t.Helper()
	l, _, err := journal.Open(w.Journal(), manual)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// acked is what a client keeps of what was acknowledged.
type acked struct {
	entry   []byte
	payload journal.Payload
	index   int64
}

// client sends entries and keeps what was acknowledged, and every checkpoint
// that it saw.
type client struct {
	acked       []acked
	checkpoints map[int64]record.Hash
}

func (c *client) send(l *journal.Log, es []*record.Envelope, ps []journal.Payload) error {
	ack, err := l.Append(context.Background(), es, ps)
	if err != nil {
		return err
	}
	for i, e := range es {
		b, err := e.Encode()
		if err != nil {
			return err
		}
		c.acked = append(c.acked, acked{b, ps[i], ack.Index + int64(i)})
	}
	return nil
}

// report sends n new reports by an author.
func (c *client) report(l *journal.Log, a *author, n, size int) error {
	es, ps := a.batch(n, size)
	return c.send(l, es, ps)
}

// see remembers a checkpoint; two roots for one size are the end of a log (I4).
func (c *client) see(t testing.TB, p record.Checkpoint) {
	t.Helper()
	if c.checkpoints == nil {
		c.checkpoints = map[int64]record.Hash{}
	}
	if root, ok := c.checkpoints[p.Size]; ok && root != p.Root {
		t.Fatalf("two roots for %d entries", p.Size)
	}
	c.checkpoints[p.Size] = p.Root
}

// look remembers what everybody can read on a disk.
func (c *client) look(t testing.TB, d *sim.Disk) {
	t.Helper()
	for _, name := range []string{"signed", "log/checkpoint"} {
		b := d.Content(name)
		if b == nil {
			continue
		}
		var o journal.Office
		if err := json.Unmarshal(d.Content("office.json"), &o); err != nil {
			t.Fatal(err)
		}
		p, err := journal.ReadCheckpoint(b, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.see(t, p)
	}
}

// verify checks the invariants I1 to I4 by reading the log.
func (c *client) verify(t testing.TB, w journal.World, r *journal.Reader) {
	t.Helper()
	c.see(t, r.Checkpoint)
	for _, a := range c.acked {
		e, err := r.Entry(a.index)
		if err != nil {
			t.Fatalf("acknowledged entry %d: %v", a.index, err)
		}
		if string(e.Bytes) != string(a.entry) {
			t.Fatalf("acknowledged entry %d is another", a.index)
		}
		p, err := r.Payload(a.index)
		if err != nil || p.Salt != a.payload.Salt || string(p.Bytes) != string(a.payload.Bytes) {
			t.Fatalf("payload of acknowledged entry %d: %v", a.index, err)
		}
	}
	for size, root := range c.checkpoints {
		if size > r.Size() {
			t.Fatalf("a checkpoint of %d entries was signed, now there are %d", size, r.Size())
		}
		if got, err := r.RootAt(size); err != nil || got != root {
			t.Fatalf("the root of %d entries has changed: %v", size, err)
		}
	}
	seen := map[string]bool{}
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Envelope.ID] {
			t.Fatalf("entry %s stands twice", e.Envelope.ID)
		}
		seen[e.Envelope.ID] = true
	}
	if problems := check(w); len(problems) > 0 {
		t.Fatalf("after all: %v", problems)
	}
}

func check(w journal.World) (out []error) {
	if err := journal.Check(context.Background(), w, journal.CheckOptions{}, func(d *journal.Damage) { out = append(out, d) }); err != nil {
		out = append(out, err)
	}
	return out
}

func isDamage(err error, file string) bool {
	var d *journal.Damage
	return errors.As(err, &d) && (file == "" || d.File == file)
}

func index(b, part []byte) int { return bytes.Index(b, part) }

func contains(b, part []byte) bool { return bytes.Contains(b, part) }
