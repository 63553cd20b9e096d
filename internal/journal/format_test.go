package journal_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
)

var update = flag.Bool("update", false, "write testdata/v1, the log of the first version; never again once it is released")

// TestF36OldLog: a log that the first version wrote is read, continued, and still
// written in the same bytes. A change of form is a new version beside the old.
func TestF36OldLog(t *testing.T) {
	w, c := old(t)
	if *update {
		for _, name := range w.Disk.Files() {
			path := filepath.Join("testdata/v1", name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, w.Disk.Content(name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range w.Disk.Files() {
		b, err := os.ReadFile(filepath.Join("testdata/v1", name))
		if err != nil || string(b) != string(w.Disk.Content(name)) {
			t.Errorf("%s is written otherwise than by the first version (%v)", name, err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	l, rec, err := journal.Open(journal.RealWorld(dir), manual)
	if err != nil || rec.Replayed != 3 {
		t.Fatal(rec, err)
	}
	defer l.Close()
	a := newAuthor("a")
	a.n = 1000
	if err := c.report(l, a, 3, 20); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.verify(t, journal.RealWorld(dir), l.Reader())
	e, err := l.Reader().Entry(c.acked[4].index)
	if err != nil || e.Envelope.Kind != "unheard-of@7" {
		t.Errorf("an entry of a kind that nobody knows: %+v %v", e.Envelope, err)
	}
}

// old is a small log with partial tiles, an entry of an unknown kind, a blob, and
// entries in the WAL alone. Everything in it comes from the seed.
func old(t *testing.T) (*sim.World, *client) {
	t.Helper()
	w := sim.New(36)
	l, a := begin(t, w)
	c := &client{}
	step := func(n int) {
		t.Helper()
		w.Pass(time.Second)
		if err := c.report(l, a, n, 30); err != nil {
			t.Fatal(err)
		}
	}
	step(4)
	es, ps := a.one("unheard-of@7", map[string]int{"new": 1})
	if err := c.send(l, es, ps); err != nil {
		t.Fatal(err)
	}
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	step(1)
	if err := l.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	step(1)
	step(2)
	w.Disk.StopAt(1)
	l.Close()
	w.Disk.Kill()
	w.Disk.Put("lock", nil)
	c.look(t, w.Disk)
	return w, c
}

// TestF36NewerLog: what a later version wrote in a form that this one does not
// know is refused, by name, and left as it is.
func TestF36NewerLog(t *testing.T) {
	w, _ := old(t)
	for _, name := range w.Disk.Files() {
		if filepath.Dir(name) != "wal" {
			continue
		}
		d := w.Disk.Copy(1)
		b := d.Content(name)
		copy(b, "TRW2") // more than one bit away from TRW1, which would be put right
		d.Put(name, b)
		jw := w.Journal()
		jw.FS = d
		if _, _, err := journal.Open(jw, manual); !isDamage(err, name) {
			t.Errorf("%s of a later version: %v", name, err)
		}
		if string(d.Content(name)) != string(b) {
			t.Errorf("%s was changed", name)
		}
	}
}

// TestMirror: a copy of what everybody may read is read and checked without the
// rest.
func TestMirror(t *testing.T) {
	w, _ := old(t)
	d := sim.NewDisk(1)
	if err := d.MkdirAll("log"); err != nil {
		t.Fatal(err)
	}
	for _, name := range w.Disk.Files() {
		if name == "office.json" || name[:4] == "log/" {
			if err := d.MkdirAll(filepath.Dir(name)); err != nil {
				t.Fatal(err)
			}
			d.Put(name, w.Disk.Content(name))
		}
	}
	jw := w.Journal()
	jw.FS = d
	r, damage, err := journal.OpenReader(jw)
	if err != nil || len(damage) > 0 {
		t.Fatal(damage, err)
	}
	if _, err := r.Proof(r.Size() - 1); err != nil {
		t.Error(err)
	}
	var found []*journal.Damage
	if err := journal.Check(t.Context(), jw, journal.CheckOptions{Mirror: true}, func(d *journal.Damage) { found = append(found, d) }); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	d.Flip("log/tile/entries/000.p/8", 99)
	if err := journal.Check(t.Context(), jw, journal.CheckOptions{Mirror: true}, func(d *journal.Damage) { found = append(found, d) }); err != nil || len(found) != 1 || found[0].File != "log/tile/entries/000.p/8" {
		t.Error(found, err)
	}
}
