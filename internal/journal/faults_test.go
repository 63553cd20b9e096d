package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/disk"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// The numbers are those of the catalogue of faults; the invariants are in
// client.verify.

// plan is work on a log, the same for a seed. It goes on until it is done or the
// machine stops, and says how far it came by what the client holds.
func plan(w *sim.World, c *client, a *author, seed uint64, steps int) error {
	if w.Disk.Content("office.json") == nil {
		if err := journal.Create(w.Journal(), origin); err != nil {
			return err
		}
	}
	l, _, err := journal.Open(w.Journal(), manual)
	if err != nil {
		return err
	}
	defer l.Close()
	if _, known := l.Keys().Key(a.id); !known {
		f, err := w.Journal().FS.OpenFile("log.key", 0, 0)
		if err != nil {
			return err
		}
		b := make([]byte, 1000)
		n, _ := f.ReadAt(b, 0)
		key, err := journal.OwnKey(b[:n])
		if err != nil {
			return err
		}
		own := newAuthor("")
		own.key, own.id, own.n = key, l.Author(), 1<<20
		es, ps := own.one(record.KindKey, record.KeyEntry{Name: "a", Public: a.public()})
		if err := c.send(l, es, ps); err != nil {
			return err
		}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for range steps {
		w.Pass(time.Second)
		if r.IntN(4) == 0 {
			if err := l.Integrate(context.Background()); err != nil {
				return err
			}
		} else if err := c.report(l, a, 1+r.IntN(4)*r.IntN(60), r.IntN(900)); err != nil {
			return err
		}
	}
	return l.Close()
}

// recovered opens a log after a fault and checks that nothing acknowledged is
// lost, and that it goes on.
func recovered(t *testing.T, w *sim.World, c *client, a *author) {
	t.Helper()
	if w.Disk.Content("office.json") == nil { // it had not begun
		if len(c.acked) > 0 {
			t.Fatal("entries were acknowledged by a log that is not there")
		}
		if err := journal.Create(w.Journal(), origin); err != nil {
			t.Fatal(err)
		}
	}
	c.look(t, w.Disk)
	l, rec, err := journal.Open(w.Journal(), manual)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, torn := range rec.Torn {
		for _, x := range c.acked {
			if x.index >= torn.Next {
				t.Fatalf("entry %d was acknowledged and cut off: %s", x.index, rec)
			}
		}
	}
	introduce(t, w.Journal(), l, a)
	if err := c.report(l, a, 2, 100); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.look(t, w.Disk)
	c.verify(t, w.Journal(), l.Reader())
}

// TestF02StopAtEveryOperation: the machine stops at the n-th operation of making
// a log, filling it and closing it, for every n; with the power and without.
func TestF02StopAtEveryOperation(t *testing.T) {
	whole := sim.New(1)
	if err := plan(whole, &client{}, newAuthor("a"), 1, 8); err != nil {
		t.Fatal(err)
	}
	total := whole.Disk.Ops()
	t.Logf("%d operations", total)
	for n := int64(1); n <= total; n++ {
		for _, power := range []bool{false, true} {
			w, c, a := sim.New(uint64(n)), &client{}, newAuthor("a")
			w.Disk.StopAt(n)
			if err := plan(w, c, a, 1, 8); err == nil && n < total-10 {
				t.Fatalf("operation %d: no error", n)
			}
			if power {
				w.Disk.Crash()
			} else {
				w.Disk.Kill()
			}
			t.Run(fmt.Sprintf("n=%d,power=%v", n, power), func(t *testing.T) { recovered(t, w, c, a) })
		}
	}
}

// seeds are those of a test: a few, or as many as make soak asks for, from one
// that is printed.
func seeds(t *testing.T, short, soak int) []uint64 {
	from, n := uint64(1), short
	if long() {
		from, n = uint64(time.Now().UnixNano()), soak
	}
	if s := os.Getenv("TRUCE_SEED"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		from, n = v, 1
	}
	if long() {
		fmt.Printf("%s: %d seeds from %d; repeat one with TRUCE_SEED=N\n", t.Name(), n, from)
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = from + uint64(i)
	}
	return out
}

// TestF03PowerLoss: the power goes, again and again, at random moments; what was
// not synced is lost, reordered and torn.
func TestF03PowerLoss(t *testing.T) {
	for _, seed := range seeds(t, 100, 10000) {
		r := rand.New(rand.NewPCG(seed, 3))
		w, c, a := sim.New(seed), &client{}, newAuthor("a")
		ok := t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			for range 1 + r.IntN(4) {
				w.Disk.StopAt(1 + r.Int64N(250))
				_ = plan(w, c, a, r.Uint64(), 12) // wherever it comes to
				w.Disk.Crash()
				if w.Disk.Content("office.json") != nil {
					c.look(t, w.Disk)
				}
			}
			recovered(t, w, c, a)
		})
		if !ok && long() {
			fmt.Println("seed", seed, "failed")
		}
	}
}

// TestF04SyncFails: after one failed sync nothing is acknowledged, the sync is
// not tried again, and the log goes on only when it was opened again.
func TestF04SyncFails(t *testing.T) {
	for _, kind := range []string{"sync", "syncdir", "write"} {
		for n := 1; n <= 16; n++ {
			w := sim.New(1)
			l, a := begin(t, w)
			var c client
			if err := c.report(l, a, 3, 100); err != nil {
				t.Fatal(err)
			}
			seen, failed := 0, 0
			w.Disk.Fail = func(op sim.Op) error {
				if op.Kind != kind || failed > 0 && kind != "sync" {
					return nil
				}
				if failed > 0 {
					failed++ // another sync, after one has failed
					return nil
				}
				if seen++; seen == n {
					failed++
					return syscall.EIO
				}
				return nil
			}
			var errs []error
			for range 3 {
				errs = append(errs, c.report(l, a, 2, 100), l.Integrate(t.Context()))
			}
			if failed == 0 {
				l.Close()
				break // the work has fewer of these
			}
			at := slices.IndexFunc(errs, func(err error) bool { return err != nil })
			if at < 0 || !errors.Is(errs[at], journal.ErrStopped) {
				t.Fatalf("%s %d: no stop: %v", kind, n, errs)
			}
			for _, err := range errs[at:] {
				if !errors.Is(err, journal.ErrStopped) {
					t.Fatalf("%s %d: it goes on: %v", kind, n, errs)
				}
			}
			if kind == "sync" && failed > 1 {
				t.Fatalf("%d syncs after one had failed", failed-1)
			}
			l.Close()
			w.Disk.Fail = nil
			w.Disk.Crash()
			recovered(t, w, &c, a)
		}
	}
}

// TestF05DiskFull: what finds no space is refused, reading goes on, and so does
// writing when there is space again.
func TestF05DiskFull(t *testing.T) {
	for _, where := range []string{"wal/", "log/", "payload/", "index", "signed", "checkpoint"} {
		w := sim.New(1)
		l, a := begin(t, w)
		var c client
		if err := c.report(l, a, 300, 100); err != nil {
			t.Fatal(err)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Disk.Fail = func(op sim.Op) error {
			if op.Kind == "write" && strings.Contains(op.Name, where) {
				return syscall.ENOSPC
			}
			return nil
		}
		err := c.report(l, a, 2, 100)
		if refused := errors.Is(err, journal.ErrFull); refused != (where == "wal/") || err != nil && !refused {
			t.Fatalf("%s: %v", where, err)
		}
		if err := l.Integrate(t.Context()); (err == nil) != (where == "wal/") || err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%s: %v", where, err)
		}
		if _, err := l.Reader().Entry(100); err != nil {
			t.Fatal(err)
		}
		w.Disk.Fail = nil
		if err := c.report(l, a, 2, 100); err != nil {
			t.Fatal(err)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.look(t, w.Disk)
		c.verify(t, w.Journal(), l.Reader())
		l.Close()
		w.Disk.Crash()
		recovered(t, w, &c, a)
	}
}

// TestF05NearlyFull: a report is refused before the last of the disk is taken, so
// that what has a receipt still gets into the tiles and under a checkpoint.
func TestF05NearlyFull(t *testing.T) {
	w := sim.New(1)
	world := w.Journal()
	room := disk.Room{Free: 1 << 20, All: 1 << 20}
	world.Room = func() (disk.Room, error) { return room, nil }
	if err := journal.Create(world, origin); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(world, manual)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := newAuthor("a")
	introduce(t, world, l, a)
	var c client
	taken := 0
	for ; ; taken++ {
		const size = 4000
		if err = c.report(l, a, 1, size); err != nil {
			break
		}
		room.Free -= size // and as much again when it goes into the tiles
	}
	if !errors.Is(err, journal.ErrFull) || taken < 10 {
		t.Fatalf("after %d reports: %v", taken, err)
	}
	if kept := uint64(taken) * 4000; room.Free < kept {
		t.Fatalf("%d bytes are free for %d that have a receipt", room.Free, kept)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	room.Free = 1 << 20
	if err := c.report(l, a, 1, 100); err != nil {
		t.Fatal(err)
	}
}

// filled is a log with complete and partial tiles, payloads, and entries that are
// in the WAL alone.
func filled(t *testing.T, n int) (*sim.World, *client) {
	t.Helper()
	w := sim.New(1)
	l, a := begin(t, w)
	c := &client{}
	for _, n := range []int{3, n, 5} {
		if err := c.report(l, a, n, 30); err != nil {
			t.Fatal(err)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 2 {
		if err := c.report(l, a, 1+n, 40); err != nil {
			t.Fatal(err)
		}
	}
	w.Disk.Kill() // the process ends with entries in the WAL
	w.Disk.StopAt(1)
	l.Close()
	w.Disk.Kill()
	c.look(t, w.Disk)
	return w, c
}

// TestF06FlippedBits: one bit flipped anywhere is named, with the file; nothing
// acknowledged is lost, and nothing is written to a log that is damaged. The
// long run takes every third bit of a smaller log.
func TestF06FlippedBits(t *testing.T) {
	for _, x := range []struct {
		entries int
		step    int64
		long    bool
	}{{290, 8*997 + 1, false}, {12, 3, true}} {
		if x.long && !long() {
			continue
		}
		w, c := filled(t, x.entries)
		flips := 0
		for _, name := range w.Disk.Files() {
			step := x.step
			if len(w.Disk.Content(name)) < 200 { // small files closely
				if step = 61; long() {
					step = 1
				}
			}
			for bit := int64(0); bit < int64(len(w.Disk.Content(name)))*8; bit += step {
				flips++
				d := w.Disk.Copy(1)
				d.Flip(name, bit)
				flipped(t, w, d, c, name, bit)
			}
		}
		t.Logf("%d bits in %d files", flips, len(w.Disk.Files()))
	}
}

func flipped(t *testing.T, w *sim.World, d *sim.Disk, c *client, name string, bit int64) {
	t.Helper()
	jw := w.Journal()
	jw.FS = d
	problems := check(jw)
	named := false
	for _, p := range problems {
		named = named || isDamage(p, name)
	}
	if !named || len(problems) > 1 && name != "office.json" {
		t.Errorf("%s, bit %d: %.300s", name, bit, fmt.Sprint(problems))
	}
	before := d.Files()
	l, rec, err := journal.Open(jw, manual)
	if err != nil {
		if !isDamage(err, "") && name != "office.json" {
			t.Errorf("%s, bit %d: refused without a place: %v", name, bit, err)
		}
		for _, f := range before {
			if f != name && !bytes.Equal(d.Content(f), w.Disk.Content(f)) {
				t.Errorf("%s, bit %d: %s was changed in spite of the damage", name, bit, f)
			}
		}
		return
	}
	defer l.Close()
	if strings.HasPrefix(name, "wal/") && len(rec.Mended) == 0 {
		t.Errorf("%s, bit %d: it is not said that it was put right: %s", name, bit, rec)
	}
	if want := int64(len(c.acked)) + 2; l.Size() != want {
		t.Errorf("%s, bit %d: %d entries, expected %d: %s", name, bit, l.Size(), want, rec)
	}
}

// TestF07Edited: files cut short, of zeros, or missing.
func TestF07Edited(t *testing.T) {
	w, c := filled(t, 290)
	for _, name := range w.Disk.Files() {
		old := w.Disk.Content(name)
		if name == "lock" || len(old) == 0 {
			continue
		}
		for what, data := range map[string][]byte{"cut": old[:len(old)*2/3], "empty": {}, "zeros": make([]byte, len(old)), "missing": nil} {
			d := w.Disk.Copy(1)
			d.Put(name, data)
			jw := w.Journal()
			jw.FS = d
			problems := check(jw)
			// What others can do without, or what says of itself that it may be
			// missing: a superseded partial tile, a copy of what was signed, the key.
			spare := what == "missing" && (strings.Contains(name, ".p/") || name == "log/checkpoint" || name == "log.key")
			if len(problems) == 0 && !spare {
				t.Errorf("%s %s: not noticed", name, what)
			}
			l, rec, err := journal.Open(jw, manual)
			if err != nil {
				continue
			}
			switch {
			case strings.HasPrefix(name, "wal/") && what == "cut":
				// A frame that ends early may be one that was never acknowledged: only
				// whoever has the receipt can tell. It is said.
				if len(rec.Torn) == 0 {
					t.Errorf("%s %s: not said: %s", name, what, rec)
				}
			case l.Size() != int64(len(c.acked))+2:
				t.Errorf("%s %s: %d entries: %s", name, what, l.Size(), rec)
			}
			l.Close()
		}
	}
}

// TestF07OldCopy: an older copy of the data that was put back is noticed where
// others hold a later checkpoint, also where the WAL has brought the log as far
// by other entries.
func TestF07OldCopy(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	var c client
	if err := c.report(l, a, 3, 30); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	backup := w.Disk.Copy(1)
	early := l.Reader().Signed
	if err := c.report(l, a, 3, 30); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	known := w.Disk.Content("signed")
	w.Disk.Restore(backup)
	var back *journal.RolledBack
	if _, _, err := journal.Open(w.Journal(), journal.Options{Interval: -1, Known: [][]byte{early, known}}); !errors.As(err, &back) || back.Known.Size != 8 || back.Size != 5 {
		t.Fatalf("an old copy: %v", err)
	}
	l, _, err := journal.Open(w.Journal(), journal.Options{Interval: -1, Known: [][]byte{early}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.report(l, a, 9, 30); err != nil { // nobody knew better: it forks
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var fork *journal.Forked
	if _, _, err := journal.Open(w.Journal(), journal.Options{Interval: -1, Known: [][]byte{known}}); !errors.As(err, &fork) || fork.Known.Size != 8 {
		t.Fatalf("another history: %v", err)
	}
}

// TestF08FlipInMemory: a bit that flips between hashing and writing is found
// before anything is signed.
func TestF08FlipInMemory(t *testing.T) {
	for _, where := range []string{"log/tile/entries", "log/tile/0", "payload/", "index"} {
		w := sim.New(1)
		l, a := begin(t, w)
		var c client
		if err := c.report(l, a, 20, 100); err != nil {
			t.Fatal(err)
		}
		w.Disk.Spoil = func(op sim.Op, data []byte) {
			if strings.HasPrefix(op.Name, where) {
				data[len(data)/2] ^= 4
				w.Disk.Spoil = nil
			}
		}
		before := w.Disk.Content("signed")
		if err := l.Integrate(t.Context()); !isDamage(err, "") || !errors.Is(err, journal.ErrStopped) {
			t.Fatalf("%s: %v", where, err)
		}
		if !bytes.Equal(before, w.Disk.Content("signed")) {
			t.Fatalf("%s: it was signed", where)
		}
		l.Close()
		recovered(t, w, &c, a) // the WAL has it right
	}
}

// TestF09TwoProcesses: the second process is refused; where a lock does not
// hold, as on some network disks, the first to sign stops the other.
func TestF09TwoProcesses(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	if _, _, err := journal.Open(w.Journal(), manual); !errors.Is(err, journal.ErrLocked) {
		t.Fatalf("a second process: %v", err)
	}
	w.Disk.Kill() // forgets the lock
	other := reopen(t, w)
	var c, d client
	if err := c.report(l, a, 2, 10); err != nil {
		t.Fatal(err)
	}
	if err := d.report(other, a, 3, 10); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.look(t, w.Disk)
	if err := other.Integrate(t.Context()); !errors.Is(err, journal.ErrStopped) {
		t.Fatalf("two processes sign: %v", err)
	}
	c.look(t, w.Disk)
	other.Close()
	l.Close()
}

// TestF09RealLock: the lock holds on a real disk.
func TestF09RealLock(t *testing.T) {
	w := journal.RealWorld(t.TempDir())
	if err := journal.Create(w, origin); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(w, manual)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := journal.Open(w, manual); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second time: %v", err)
	}
	if err := journal.Create(w, origin); err == nil {
		t.Error("a record is begun where one is")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, _, err = journal.Open(w, manual); err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestF10Clock: the order is that of the log whatever the clock says; a jump is
// recorded, once.
func TestF10Clock(t *testing.T) {
	year := 365 * 24 * time.Hour
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 10 * year, -10 * year, 6 * time.Second, 4 * time.Second, -4 * time.Second} {
		w := sim.New(1)
		l, a := begin(t, w)
		var c client
		step := func() {
			t.Helper()
			w.Pass(time.Minute)
			if err := c.report(l, a, 1, 20); err != nil {
				t.Fatal(err)
			}
		}
		step()
		w.Jump(jump)
		step()
		step()
		want := int64(6)
		if jump.Abs() < 5*time.Second {
			want = 5
		}
		if l.Size() != want {
			t.Errorf("a jump of %s: %d entries, expected %d", jump, l.Size(), want)
		}
		for i := 1; i < len(c.acked); i++ {
			if c.acked[i].index <= c.acked[i-1].index {
				t.Errorf("a jump of %s: entry %d after %d", jump, c.acked[i].index, c.acked[i-1].index)
			}
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want == 6 {
			e, err := l.Reader().Entry(3)
			if err != nil || e.Envelope.Kind != "clock@1" || e.Envelope.Author != l.Author() {
				t.Errorf("a jump of %s: %+v %v", jump, e.Envelope, err)
			}
			p, err := l.Reader().Payload(3)
			if err != nil || !contains(p.Bytes, fmt.Appendf(nil, `"milliseconds":%d`, jump.Milliseconds())) {
				t.Errorf("a jump of %s: %s %v", jump, p.Bytes, err)
			}
		}
		c.verify(t, w.Journal(), l.Reader())
		l.Close()
	}
}

// TestF10Stopped: a clock that stands still has jumped, too.
func TestF10Stopped(t *testing.T) {
	w := sim.New(1)
	l, a := begin(t, w)
	defer l.Close()
	var c client
	for range 5 {
		w.Pass(3 * time.Second)
		w.Jump(-3 * time.Second)
		if err := c.report(l, a, 1, 20); err != nil {
			t.Fatal(err)
		}
	}
	if l.Size() != 2+5+2 {
		t.Errorf("%d entries: expected five and two jumps of 6 s", l.Size()-2)
	}
}
