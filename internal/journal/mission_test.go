package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/journal/sim"
	"github.com/truce-project/truce/record"
)

// mission is one log, the machines that have written it, copies of it at other
// offices, and a witness, all in simulated worlds, through a schedule of faults that
// comes from a seed.
type mission struct {
	t       testing.TB
	seed    uint64
	chance  *rand.Rand
	w       *sim.World
	l       *journal.Log
	a       *author
	office  journal.Office
	copies  []*held
	witness record.Checkpoint // what it has cosigned last
	signed  []byte
	acks    []*promised
	old     *sim.Disk // as it was some time ago
	done    []string  // the schedule, for whoever repeats it
	forks   int
}

// held is a copy at another office.
type held struct {
	c    *journal.Copy
	away bool // there is no link
}

// promised is an entry that was acknowledged.
type promised struct {
	index   int64
	leaf    record.Hash
	moved   bool // handed in again: it stands at another place
	excused bool // the disk was lost, or went back, before anybody else held it
}

func newMission(t testing.TB, seed uint64) *mission {
	m := &mission{t: t, seed: seed, chance: rand.New(rand.NewPCG(seed, 3)), w: sim.New(seed)}
	m.l, m.a = begin(t, m.w)
	m.office = m.l.Office()
	for i := range 3 {
		m.copies = append(m.copies, &held{c: m.copyAnew(uint64(i))})
	}
	return m
}

func (m *mission) copyAnew(n uint64) *journal.Copy {
	c, err := journal.OpenCopy(sim.New(m.seed<<8+n).Journal(), m.office)
	m.must(err)
	return c
}

func (m *mission) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("seed %d, after %v: %v", m.seed, m.done, err)
	}
}

func (m *mission) fail(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("seed %d, after %v: %s", m.seed, m.done, fmt.Sprintf(format, args...))
}

func (m *mission) report(l *journal.Log, n int) []*promised {
	es, ps := m.a.batch(n, 30)
	ack, err := l.Append(m.t.Context(), es, ps)
	m.must(err)
	var out []*promised
	for i, e := range es {
		b, err := e.Encode()
		m.must(err)
		out = append(out, &promised{index: ack.Index + int64(i), leaf: record.LeafHash(b)})
	}
	m.acks = append(m.acks, out...)
	return out
}

func (m *mission) integrate() { m.must(m.l.Integrate(m.t.Context())) }

// follow lets an office take what the log shows. Where it holds another history that
// has to be noticed: then it is set aside, as a person does.
func (m *mission) follow(k *held) {
	if k.away {
		return
	}
	m.integrate()
	r := m.l.Reader()
	held, _ := k.c.Checkpoint()
	root, err := r.RootAt(min(held.Size, r.Size()))
	m.must(err)
	same := held.Size == 0 || held.Size <= r.Size() && root == held.Root
	err = follow(k.c, m.w.Disk, r)
	switch {
	case same && err != nil:
		m.must(err)
	case !same && err == nil:
		m.fail("a copy of %d entries took a log of %d that does not continue it", held.Size, r.Size())
	case !same:
		m.forks++
		k.c = m.copyAnew(uint64(len(m.done)) + 16)
		m.must(follow(k.c, m.w.Disk, r))
	}
	if now, _ := k.c.Checkpoint(); now != r.Checkpoint {
		m.fail("a copy holds %v of %v", now, r.Checkpoint)
	}
}

// cosign asks the witness to cosign what an office holds.
func (m *mission) cosign() {
	m.integrate()
	for _, k := range m.copies {
		if c, signed := k.c.Checkpoint(); !k.away && c.Size > m.witness.Size && c.Size <= m.l.Reader().Size() {
			if m.asks(m.l.Reader(), c) {
				m.witness, m.signed = c, signed
			}
		}
	}
}

// asks reports whether a witness would cosign a checkpoint of a log.
func (m *mission) asks(r *journal.Reader, c record.Checkpoint) bool {
	if m.witness.Size == 0 {
		return true
	}
	path, err := r.Consistency(m.witness.Size, c.Size)
	return err == nil && record.CheckConsistency(path, c.Size, c.Root, m.witness.Size, m.witness.Root) == nil
}

func (m *mission) known() journal.Options {
	o := journal.Options{Interval: -1}
	if m.signed != nil {
		o.Known = [][]byte{m.signed}
	}
	return o
}

// crash: the machine loses power, and comes back.
func (m *mission) crash() {
	m.stop()
	m.w.Disk.Crash()
	size := int64(0)
	for _, a := range m.acks {
		if !a.excused && !a.moved {
			size = max(size, a.index+1)
		}
	}
	var err error
	m.l, _, err = journal.Open(m.w.Journal(), m.known())
	m.must(err)
	if m.l.Size() < size {
		m.fail("%d entries are here, %d were acknowledged", m.l.Size(), size)
	}
}

// stop ends the process without finishing anything.
func (m *mission) stop() {
	m.w.Disk.StopAt(1)
	m.l.Close() // nothing that it does reaches the disk
	m.w.Disk.Kill()
}

// best is the copy that has most, of those that can be reached and continue what the
// witness has cosigned: truce promote refuses others.
func (m *mission) best() *held {
	var out *held
	for _, k := range m.copies {
		r := k.c.Reader()
		if k.away || r == nil || r.Size() < m.witness.Size || out != nil && r.Size() <= out.c.Reader().Size() {
			continue
		}
		if root, err := r.RootAt(m.witness.Size); m.witness.Size == 0 || err == nil && root == m.witness.Root {
			out = k
		}
	}
	return out
}

func payloads(r *journal.Reader) func(journal.Entry) (journal.Payload, bool) {
	return func(e journal.Entry) (journal.Payload, bool) {
		p, err := r.Payload(e.Index)
		return p, err == nil
	}
}

// back: an old copy of the disk is put back.
func (m *mission) back() {
	k := m.best()
	if m.old == nil || k == nil {
		return
	}
	m.stop()
	before := m.w.Disk.Copy(m.seed)
	m.w.Disk.Restore(m.old)
	m.w.Disk.Kill()
	l, _, err := journal.Open(m.w.Journal(), m.known())
	switch {
	case err == nil && l.Size() < m.witness.Size:
		m.fail("%d entries are opened, %d were cosigned", l.Size(), m.witness.Size)
	case err == nil:
		l.Close()
	default:
		var back *journal.RolledBack
		var fork *journal.Forked
		if !errors.As(err, &back) && !errors.As(err, &fork) {
			m.must(err)
		}
	}
	_, err = journal.Restore(m.t.Context(), m.w.Journal(), k.c.Reader(), payloads(k.c.Reader()))
	var fork *journal.Forked
	refused := errors.As(err, &fork)
	if refused { // the others hold what was lost before: a person looks for a later copy
		m.w.Disk.Restore(before)
		m.w.Disk.Kill()
	} else {
		m.must(err)
	}
	m.l, _, err = journal.Open(m.w.Journal(), m.known())
	m.must(err)
	if refused {
		return
	}
	m.excuse(m.l.Size(), nil)
}

// excuse names what was lost with a disk: what stood from a place on.
func (m *mission) excuse(size int64, but []*promised) {
	for _, a := range m.acks {
		if a.index >= size && !a.moved && !slices.Contains(but, a) {
			a.excused = true
		}
	}
}

// failOver: another machine goes on from a copy, while the one before may still
// run, and hands in what only that had.
func (m *mission) failOver() {
	k := m.best()
	if k == nil || k.c.Reader().Size() == 0 {
		return // truce promote refuses
	}
	from := k.c.Reader()
	before, beforeLog := m.w, m.l
	size := from.Size()
	var tail []*promised
	for _, a := range m.acks {
		if a.index >= size && !a.moved && !a.excused {
			tail = append(tail, a)
		}
	}
	m.w = sim.New(m.seed + uint64(len(m.done))<<32)
	m.w.Disk.Put("log.key", before.Disk.Content("log.key"))
	_, err := journal.Restore(m.t.Context(), m.w.Journal(), from, payloads(from))
	m.must(err)
	m.l, _, err = journal.Open(m.w.Journal(), m.known())
	m.must(err)
	es, ps := logAuthor(m.t, m.w.Journal()).one(record.KindTenure, record.TenureEntry{Holder: fmt.Sprint(len(m.done)), Size: size})
	_, err = m.l.Append(m.t.Context(), es, ps)
	m.must(err)
	m.integrate()
	if !m.asks(m.l.Reader(), m.l.Reader().Checkpoint) {
		m.fail("the witness does not cosign the tenure")
	}
	m.witness, m.signed = m.l.Reader().Checkpoint, m.l.Reader().Signed
	m.old = nil // copies of the disk of the machine before are not put back here
	if m.chance.IntN(2) == 0 {
		tail = append(tail, m.report(beforeLog, 1+m.chance.IntN(9))...) // it has not noticed yet
	}
	m.fenced(before, beforeLog)
	m.handIn(before, size, tail)
}

// fenced: the machine before gets no cosignature, and cannot be opened again.
func (m *mission) fenced(w *sim.World, l *journal.Log) {
	m.must(l.Integrate(m.t.Context()))
	if r := l.Reader(); r.Size() > m.witness.Size && m.asks(r, r.Checkpoint) {
		m.fail("the witness cosigns two histories")
	}
	m.must(l.Close())
	l, _, err := journal.Open(w.Journal(), m.known())
	var back *journal.RolledBack
	var fork *journal.Forked
	if !errors.As(err, &back) && !errors.As(err, &fork) {
		m.fail("the machine before is opened: %v %v", l, err)
	}
}

// handIn takes what the machine before had acknowledged.
func (m *mission) handIn(w *sim.World, from int64, tail []*promised) {
	byLeaf := map[record.Hash]*promised{}
	for _, a := range tail {
		byLeaf[a.leaf] = a
	}
	_, err := journal.Acknowledged(w.Journal(), from, func(k journal.Kept) error {
		if k.Envelope.Kind == record.KindTenure || k.Envelope.Kind == record.KindClock {
			return nil
		}
		if _, err := m.l.Append(m.t.Context(), []*record.Envelope{k.Envelope}, []journal.Payload{k.Payload}); err != nil {
			return err
		}
		if a := byLeaf[k.Leaf()]; a != nil {
			a.moved = true
			delete(byLeaf, k.Leaf())
		}
		return nil
	})
	m.must(err)
	if len(byLeaf) > 0 {
		m.fail("%d entries are not in what the machine before has kept", len(byLeaf))
	}
}

// step does one thing.
func (m *mission) step() {
	one := m.copies[m.chance.IntN(len(m.copies))]
	say := func(what string) { m.done = append(m.done, what) }
	switch n := m.chance.IntN(20); {
	case n < 6:
		say("report")
		m.report(m.l, 1+m.chance.IntN(40))
	case n < 7:
		say("reports")
		m.report(m.l, 300)
	case n < 10:
		say("follow")
		m.follow(one)
	case n < 12:
		say("cosign")
		m.cosign()
	case n < 14:
		say("link")
		if !one.away && m.chance.IntN(2) == 0 {
			m.follow(one) // the last that it takes
		}
		one.away = !one.away
	case n < 15:
		say("snapshot")
		m.old = m.w.Disk.Copy(m.seed)
	case n < 16:
		say("crash")
		m.crash()
	case n < 18:
		say("back")
		m.back()
	default:
		say("fail-over")
		m.failOver()
	}
}

// account holds all that was promised against the log as it is in the end.
func (m *mission) account() {
	for _, k := range m.copies {
		k.away = false
		m.follow(k)
	}
	r := m.l.Reader()
	stands := map[record.Hash]int64{}
	for e, err := range r.Range(0, r.Size()) {
		m.must(err)
		if at, twice := stands[e.Leaf()]; twice {
			m.fail("entry %d stands at %d too", at, e.Index)
		}
		stands[e.Leaf()] = e.Index
	}
	for _, a := range m.acks {
		at, there := stands[a.leaf]
		if !a.excused && (!there || !a.moved && at != a.index) {
			m.fail("entry %d was acknowledged, and stands at %d (%v), moved: %v", a.index, at, there, a.moved)
		}
	}
	if root, err := r.RootAt(m.witness.Size); m.witness.Size > 0 && (err != nil || root != m.witness.Root) {
		m.fail("the witness has cosigned another history: %v", err)
	}
	m.must(m.l.Close())
}

// TestMission: whatever happens to a log, the machines that write it and the offices
// that copy it, in whatever order: what was acknowledged is there, at its place or
// handed in at another; what was lost with a disk nobody else had held; another
// history is never taken without a word; and a witness cosigns one.
func TestMission(t *testing.T) {
	kinds := map[string]int{}
	forks, moved, excused := 0, 0, 0
	for _, seed := range seeds(t, 15, 5000) {
		m := newMission(t, seed)
		for range 40 {
			m.step()
		}
		for _, d := range m.done {
			kinds[d]++
		}
		m.account()
		forks += m.forks
		for _, a := range m.acks {
			if a.moved {
				moved++
			} else if a.excused {
				excused++
			}
		}
	}
	if os.Getenv("TRUCE_SEED") == "" && (forks == 0 || moved == 0 || excused == 0) {
		t.Errorf("%d forks, %d handed in again, %d lost: the test tests too little", forks, moved, excused)
	}
	t.Logf("%v; %d forks noticed, %d entries handed in again, %d lost with a disk", kinds, forks, moved, excused)
}
