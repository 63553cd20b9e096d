package journal_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// follow brings a copy up to what the disk of a log shows, payloads too.
func follow(c *journal.Copy, disk *sim.Disk, from *journal.Reader) error {
	read := func(n int64, width int) ([]byte, error) {
		for _, w := range []int{width, record.Width} {
			if b := disk.Content("log/" + record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: w})); b != nil {
				return b, nil
			}
		}
		return nil, fmt.Errorf("no bundle %d", n)
	}
	for n := int64(0); (n+1)*record.Width <= from.Size(); n += 2 { // some come before their checkpoint
		if there, err := c.HasBundle(n); err != nil || there {
			continue
		}
		raw, err := read(n, record.Width)
		if err != nil {
			return err
		}
		entries, _ := record.Unbundle(raw)
		var leaves []record.Hash
		for _, e := range entries {
			leaves = append(leaves, record.LeafHash(e))
		}
		if err := c.AddBundle(n, raw, record.RootOf(leaves)); err != nil {
			return err
		}
		if err := fill(c, n, from); err != nil {
			return err
		}
	}
	if err := c.Advance(from.Signed, read); err != nil {
		return err
	}
	for n := int64(0); n*record.Width < from.Size(); n++ {
		if err := fill(c, n, from); err != nil {
			return err
		}
	}
	return nil
}

func fill(c *journal.Copy, n int64, from *journal.Reader) error {
	states, entries, err := c.States(n)
	if err != nil {
		return err
	}
	ps := map[int64]journal.Payload{}
	for k, s := range states {
		if s != journal.Missing && s != journal.Spoilt || entries[k].Index >= from.Size() {
			continue
		}
		p, err := from.Payload(entries[k].Index)
		if errors.Is(err, record.ErrErased) {
			continue
		}
		if err != nil {
			return err
		}
		ps[entries[k].Index] = p
	}
	if len(ps) == 0 {
		return nil
	}
	return c.Fill(n, ps)
}

// TestCopy: a copy grows from checkpoint to checkpoint, whatever operation its
// machine stops at, and is then whole by the check that records have.
func TestCopy(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	var steps []*sim.Disk
	for _, n := range []int{100, 190, 300, 3} {
		if err := c.report(l, a, n, 30); err != nil {
			t.Fatal(err)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, w.Disk.Copy(1))
	}
	office := l.Office()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	m := sim.New(2)
	run := func() error {
		for _, disk := range steps {
			from := m.Journal()
			from.FS = disk
			r, _, err := journal.OpenReader(from)
			if err != nil {
				t.Fatal(err)
			}
			c, err := journal.OpenCopy(m.Journal(), office)
			if err != nil {
				return err
			}
			if have, _ := c.Checkpoint(); have.Size <= r.Size() {
				err = follow(c, disk, r)
			}
			c.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	for n := int64(1); ; n += 11 {
		m.Disk.Restore(sim.NewDisk(3))
		m.Disk.StopAt(n)
		err := run()
		done := !m.Disk.Stopped()
		m.Disk.Crash()
		if done && err != nil {
			t.Fatal(err)
		}
		if err := run(); err != nil {
			t.Fatalf("stopped at operation %d: %v", n, err)
		}
		if done || n%4 == 0 {
			if err := journal.Check(t.Context(), m.Journal(), journal.CheckOptions{Mirror: true}, func(d *journal.Damage) { t.Errorf("stopped at %d: %v", n, d) }); err != nil {
				t.Fatal(err)
			}
			r, _, err := journal.OpenReader(m.Journal())
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range c.acked {
				e, err := r.Entry(x.index)
				if err != nil || string(e.Bytes) != string(x.entry) {
					t.Fatalf("entry %d: %v", x.index, err)
				}
				if _, err := r.Payload(x.index); err != nil {
					t.Fatal(err)
				}
			}
		}
		if done {
			break
		}
	}
}

// TestCopyRefusesAnotherHistory: a log that was rewritten is not taken, and the
// place is named.
func TestCopyRefusesAnotherHistory(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	if err := c.report(l, a, 10, 30); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fork := w.Disk.Copy(1)
	office := l.Office()
	grow := func(n int) *journal.Reader {
		if err := c.report(l, a, n, 30); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r, _, err := journal.OpenReader(w.Journal())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := grow(20)
	m := sim.New(2)
	copied, err := journal.OpenCopy(m.Journal(), office)
	if err != nil {
		t.Fatal(err)
	}
	if err := follow(copied, w.Disk, r); err != nil {
		t.Fatal(err)
	}
	w.Disk.Restore(fork)
	w.Pass(1e9)
	if l, _, err = journal.Open(w.Journal(), journal.Options{Interval: -1}); err != nil {
		t.Fatal(err)
	}
	c = client{}
	err = follow(copied, w.Disk, grow(25))
	var d *journal.Differs
	if !errors.As(err, &d) || d.Index != 12 {
		t.Fatalf("%v", err)
	}
	if have, _ := copied.Checkpoint(); have.Size != r.Size() {
		t.Fatalf("%d entries after a fork", have.Size)
	}
}
