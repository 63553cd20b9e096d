package journal_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// TestRestore: an office whose disk went back learns from a mirror what it had
// said, goes on from there, and every checkpoint that it ever signed still holds;
// whatever moment the restoring is interrupted at.
func TestRestore(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	if err := c.report(l, a, 300, 20); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	backup := w.Disk.Copy(1)
	b := newAuthor("b")
	introduce(t, w.Journal(), l, b) // a key that the backup does not know
	if err := c.report(l, b, 250, 20); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.report(l, a, 40, 20); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.look(t, w.Disk)
	mirror := w.Journal()
	mirror.FS = w.Disk.Copy(1)
	copied, _, err := journal.OpenReader(mirror)
	if err != nil {
		t.Fatal(err)
	}
	known := journal.Options{Interval: -1, Known: [][]byte{copied.Signed}}
	all := func(e journal.Entry) (journal.Payload, bool) {
		p, err := copied.Payload(e.Index)
		return p, err == nil
	}
	empty := sim.NewDisk(1)
	empty.Put("log.key", w.Disk.Content("log.key"))
	for name, d := range map[string]*sim.Disk{"backup": backup, "empty": empty} {
		for n := int64(1); ; n += 7 {
			w.Disk.Restore(d)
			w.Disk.StopAt(n)
			_, err := journal.Restore(t.Context(), w.Journal(), copied, all)
			done := !w.Disk.Stopped()
			w.Disk.Crash()
			if done && err != nil {
				t.Fatal(name, err)
			}
			if _, err := journal.Restore(t.Context(), w.Journal(), copied, all); err != nil {
				t.Fatalf("%s, stopped at operation %d: %v", name, n, err)
			}
			if done || n%5 == 0 {
				l, _, err := journal.Open(w.Journal(), known)
				if err != nil {
					t.Fatal(name, err)
				}
				more := client{acked: slices.Clone(c.acked), checkpoints: maps.Clone(c.checkpoints)}
				if err := more.report(l, b, 2, 20); err != nil {
					t.Fatal(err)
				}
				if err := l.Integrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				more.verify(t, w.Journal(), l.Reader())
				l.Close()
			}
			if done {
				break
			}
		}
	}
}

// TestRestoreWithoutPayloads: what nobody has any more is said to be absent, and
// taken when somebody brings it.
func TestRestoreWithoutPayloads(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	backup := w.Disk.Copy(1)
	var c client
	introduce(t, w.Journal(), l, a)
	if err := c.report(l, a, 3, 20); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	mirror := w.Journal()
	mirror.FS = w.Disk.Copy(1)
	copied, _, err := journal.OpenReader(mirror)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(e journal.Entry) (journal.Payload, bool) {
		p, err := copied.Payload(e.Index)
		return p, err == nil && e.Envelope.Kind == record.KindKey
	}
	w.Disk.Restore(backup)
	if n, err := journal.Restore(t.Context(), w.Journal(), copied, keys); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	l = reopen(t, w)
	defer l.Close()
	r := l.Reader()
	if _, err := r.Payload(3); !errors.Is(err, record.ErrAbsent) {
		t.Fatalf("an absent payload: %v", err)
	}
	if p := check(w.Journal()); len(p) != 3 {
		t.Errorf("three payloads are absent: %v", p)
	}
	other := c.acked[0].payload
	if err := l.Fill(3, other); err == nil {
		t.Error("another payload is taken")
	}
	for _, x := range c.acked {
		if err := l.Fill(x.index, x.payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Fill(3, c.acked[1].payload); err == nil {
		t.Error("a payload is replaced")
	}
	c.verify(t, w.Journal(), r)

	w.Disk.Restore(backup) // and where a fork has begun nothing is brought
	l = reopen(t, w)
	var d client
	if err := d.report(l, a, 1, 33); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before := w.Disk.Content("signed")
	var fork *journal.Forked
	if _, err := journal.Restore(t.Context(), w.Journal(), copied, keys); !errors.As(err, &fork) {
		t.Errorf("a fork: %v", err)
	}
	if !bytes.Equal(before, w.Disk.Content("signed")) {
		t.Error("something was signed in spite of the fork")
	}
}
