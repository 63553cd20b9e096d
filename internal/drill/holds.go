package drill

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// holds ends both machines in order, and holds what is on their disks against the
// receipts, the logs and, where that is asked, the views; then it starts them again.
func (d *Drill) holds(andViews bool) {
	pair := []*machine{d.hq, d.north}
	d.until("both to hold each other", func() bool {
		a, b := d.hq.of(d.north), d.north.of(d.hq)
		return a.Complete == d.north.size() && b.Complete == d.hq.size() && a.Complete >= d.promised(d.north.origin) && b.Complete >= d.promised(d.hq.origin)
	})
	if andViews {
		d.until("views that are of all that is noted", func() bool { return d.current(d.hq) && d.current(d.north) })
	}
	for _, m := range pair {
		m.stop()
	}
	readers := map[*machine]*journal.Reader{}
	for i, m := range pair {
		other := pair[1-i]
		r, err := m.reader()
		d.must(err, "the record of "+m.name)
		readers[m] = r
		d.verified(m.dir, m.name)
		c, err := d.copyOf(other, m)
		d.must(err, "the copy of "+m.name)
		root, err := r.RootAt(c.Size())
		if err != nil || root != c.Checkpoint.Root {
			d.must(errors.Join(err, errors.New("another history")), "the copy of "+m.name)
		}
		for _, x := range d.receipts {
			if x.office != m.origin {
				continue
			}
			if at, there := stands(r, x), stands(c, x); at != x.Index || there != x.Index {
				d.must(fmt.Errorf("entry %d stands at %d, and at %d in the copy", x.Index, at, there), "the receipt for "+x.ID)
			}
		}
		d.copyIs(other, m)
	}
	if andViews {
		d.sameViews(pair, readers)
	}
	d.startAll(pair)
}

// startAll starts machines at once, so that none waits for another.
func (d *Drill) startAll(all []*machine) {
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, m := range all {
		wait.Go(func() { errs[i] = m.start() })
	}
	wait.Wait()
	d.must(errors.Join(errs...), "starting them again")
}

func (d *Drill) copyDir(m, other *machine) string {
	return filepath.Join(m.dir, "peers", mirror.Folder(other.origin))
}

// copyOf reads the copy that one machine has of another.
func (d *Drill) copyOf(m, other *machine) (*journal.Reader, error) {
	r, _, err := journal.OpenReader(journal.RealWorld(d.copyDir(m, other)))
	return r, err
}

// copyIs reads all of a copy: nothing of it may be damaged, and no alarm may stand
// there but those that are expected at headquarters.
func (d *Drill) copyIs(m, other *machine) {
	err := journal.Check(d.ctx, journal.RealWorld(d.copyDir(m, other)), journal.CheckOptions{Mirror: true}, func(x *journal.Damage) {
		if !strings.Contains(x.What, "is not here") {
			d.must(x, "the copy of "+other.name)
		}
	})
	d.must(err, "the copy of "+other.name)
	b, err := os.ReadFile(filepath.Join(d.copyDir(m, other), "alarms"))
	want := 0
	if m == d.hq {
		want = d.alarms
	}
	if n := bytes.Count(b, []byte(`"what"`)); n != want || err != nil && want > 0 {
		d.must(fmt.Errorf("%d, expected %d: %s", n, want, b), "alarms about "+other.name)
	}
}

// current reports whether what a machine answers is of all that it has noted.
func (d *Drill) current(m *machine) bool {
	own, err := m.reader()
	if err != nil {
		return false
	}
	j, _, err := mirror.ReadJoined(m.path("."), own)
	if err != nil || !j.Several() {
		return false
	}
	have := m.peers().Vector
	for origin, n := range j.Sizes(j.Size()) {
		if have[origin] != n {
			return false
		}
	}
	return true
}

// sameViews compares what each machine answered of with a rebuild, and what both have
// in the order of headquarters.
func (d *Drill) sameViews(pair []*machine, readers map[*machine]*journal.Reader) {
	for _, m := range pair {
		j, told, err := mirror.ReadJoined(m.dir, readers[m])
		if err == nil && len(told) > 0 {
			err = errors.New(strings.Join(told, "; "))
		}
		d.must(err, "the logs at "+m.name)
		served, size := d.dump(m.path("views/views.db"), m.origin, nil, j.Blobs())
		if !j.Several() || size == 0 || size > j.Size() {
			d.must(fmt.Errorf("%d entries of %d", size, j.Size()), "the views of "+m.name)
		}
		anew, _ := d.dump("", m.origin, upTo{j.Join, size}, j.Blobs())
		if !bytes.Equal(served, anew) {
			d.must(fmt.Errorf("of %d entries: %s", size, different(served, anew)), "the views of "+m.name+", which are not those of a rebuild")
		}
	}
	hq, north := readers[d.hq], readers[d.north]
	ofNorth, err := d.copyOf(d.hq, d.north)
	d.must(err, "the copy of north")
	ofHQ, err := d.copyOf(d.north, d.hq)
	d.must(err, "the copy of headquarters")
	var orders []*mirror.Join
	for _, x := range []struct{ spine, other *journal.Reader }{{hq, ofNorth}, {ofHQ, north}} {
		j, err := mirror.JoinBy(x.spine, map[string]*journal.Reader{d.north.origin: x.other})
		d.must(err, "the order of headquarters")
		orders = append(orders, j)
	}
	size := min(orders[0].Size(), orders[1].Size()) // one may hold a note more
	for size > 0 {                                  // or the last notes without their payloads yet
		origin, place := orders[1].Place(size - 1)
		_, err := orders[1].Payload(size - 1)
		if origin != "" || place < d.promised(d.hq.origin) || !errors.Is(err, record.ErrAbsent) {
			break
		}
		size--
	}
	var all [][]byte
	for _, j := range orders {
		b, _ := d.dump("", d.hq.origin, upTo{j, size}, hq.Blobs())
		all = append(all, b)
	}
	if !bytes.Equal(all[0], all[1]) {
		d.must(errors.New(different(all[0], all[1])), "the views of both in the order of headquarters")
	}
}

// dump is all that a store of views holds; with a source it is a new one, of that.
func (d *Drill) dump(file, origin string, src views.Source, blobs views.Blobs) ([]byte, int64) {
	if src != nil {
		dir, err := os.MkdirTemp(d.o.Dir, "views-")
		d.must(err, "a folder")
		defer os.RemoveAll(dir)
		file = filepath.Join(dir, "views.db")
	}
	store, err := views.OpenSQLite(file)
	d.must(err, "views")
	v, err := views.New(store, origin, blobs)
	d.must(err, "views")
	defer v.Close()
	if src != nil {
		d.must(v.Update(d.ctx, src), "views")
	}
	var b bytes.Buffer
	d.must(store.(interface{ Dump(io.Writer) error }).Dump(&b), "views")
	return b.Bytes(), v.Size()
}

// different is the first line in which two dumps differ.
func different(a, b []byte) string {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return fmt.Sprintf("line %d is %.600q, and %.600q", i, as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d lines, and %d", len(as), len(bs))
}

// upTo is the first entries of several logs: a machine that ends may have noted more
// than it answered of.
type upTo struct {
	*mirror.Join
	size int64
}

func (u upTo) Size() int64 { return u.size }
