package mirror_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// site is one office on this machine: its record, its copies, its answers, and the
// link by which others reach it.
type site struct {
	t       testing.TB
	name    string
	dir     string
	of      *office.Office
	m       *mirror.Mirrors
	link    *badlink.Link
	options mirror.Options
	addr    string
	stop    func()
	acks    []journal.Ack

	mu     sync.Mutex
	halted error
}

func newSite(t testing.TB, name string) *site {
	t.Helper()
	s := &site{t: t, name: name, dir: filepath.Join(t.TempDir(), name)}
	s.open()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	l.Close()
	if s.link, err = badlink.New(s.addr, 7); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.down()
		s.link.Close()
		s.of.Close()
	})
	return s
}

// newPair are an office and headquarters that know each other.
func newPair(t testing.TB) (north, hq *site) {
	t.Helper()
	north, hq = newSite(t, "north"), newSite(t, "hq")
	north.knows(hq)
	hq.knows(north)
	return north, hq
}

func (s *site) open() {
	s.t.Helper()
	var err error
	if s.of, err = office.Open(s.dir, "example.org/"+s.name, journal.Options{Interval: -1}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) key() string { return s.of.Log.Office().Key }

// knows makes other offices known, each by its link.
func (s *site) knows(others ...*site) {
	s.t.Helper()
	for _, o := range others {
		if err := mirror.PutPeer(s.dir, mirror.Peer{Origin: "example.org/" + o.name, Key: o.key(), URL: "https://" + o.link.Addr()}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// up opens the copies and answers others.
func (s *site) up() {
	s.t.Helper()
	o := s.options
	o.Dir, o.Own = s.dir, s.of.Log.Reader
	o.Halt = func(err error) { s.mu.Lock(); s.halted = err; s.mu.Unlock() }
	if o.Every == 0 {
		o.Every = 20 * time.Millisecond
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	m, err := mirror.Open(o)
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	srv := m.Server(ctx)
	done := make(chan struct{})
	go func() { srv.ServeTLS(m.Listener(ctx, l), "", ""); close(done) }()
	s.m = m
	s.stop = func() { cancel(); srv.Close(); <-done; m.Close() }
}

func (s *site) down() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// report writes entries of a kind, and makes a checkpoint.
func (s *site) write(n int, kind string, payload map[string]any, blobs ...record.Hash) {
	s.t.Helper()
	for range n {
		seed := make([]byte, 32)
		rand.Read(seed)
		_, ack, err := s.of.Write(s.t.Context(), office.Draft{Kind: kind, Payload: payload, Made: time.Now(), Seed: seed, Blobs: blobs})
		if err != nil {
			s.t.Fatal(err)
		}
		s.acks = append(s.acks, ack)
	}
	s.check()
}

func (s *site) check() {
	s.t.Helper()
	if err := s.of.Log.Integrate(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) status(o *site) mirror.Status {
	s.t.Helper()
	for _, x := range s.m.Status() {
		if x.Origin == "example.org/"+o.name {
			return x
		}
	}
	s.t.Fatalf("%s does not know %s", s.name, o.name)
	return mirror.Status{}
}

// same fails where a copy is not the log that it is of.
func (s *site) same(o *site) {
	s.t.Helper()
	want, got := o.of.Log.Reader(), s.m.Log("example.org/"+o.name).Reader()
	if got == nil || got.Checkpoint != want.Checkpoint {
		s.t.Fatalf("%s holds %v of %s, which has %v", s.name, got, o.name, want.Checkpoint)
	}
	dir := filepath.Join(s.dir, "peers", mirror.Folder("example.org/"+o.name))
	err := journal.Check(s.t.Context(), journal.RealWorld(dir), journal.CheckOptions{Mirror: true}, func(d *journal.Damage) {
		if !strings.Contains(d.What, "is not here") {
			s.t.Errorf("%s of %s: %v", s.name, o.name, d)
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) pull(o *site) error { return s.m.Pull(s.t.Context(), "example.org/"+o.name) }

var aReport = map[string]any{"format": "truce", "row": map[string]string{"id": "R", "text": "fire at a station"}}

// TestFollow: an office takes what another has, entries, payloads and files, and
// what it may not have is named and not given.
func TestFollow(t *testing.T) {
	north, hq := newPair(t)
	file := bytes.Repeat([]byte("evidence "), 80_000)
	blob, err := north.of.Log.Blobs().Put(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	north.write(20, "report@1", aReport)
	north.write(1, "report@1", map[string]any{"format": "truce", "marking": "restricted"})
	north.write(300, "report@1", aReport)
	north.write(1, "message@1", map[string]any{"says": "stop firing at the bridge"})
	north.write(1, "report@1", map[string]any{"format": "long", "text": strings.Repeat("x", 200_000)})
	north.write(1, "dataset@1", map[string]any{"name": "a"}, blob.Hash)
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	hq.same(north)
	st := hq.status(north)
	if st.Withheld != 1 || len(st.Queue) != 0 || st.Complete != north.of.Log.Size() || len(st.Alarms) != 0 {
		t.Fatalf("%+v", st)
	}
	in, err := hq.m.Log("example.org/north").Reader().Blobs().Stat(blob.Hash)
	if err != nil || in.Size != int64(len(file)) {
		t.Fatalf("%+v %v", in, err)
	}
	first := st.In
	north.write(3, "report@1", aReport)
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	hq.same(north)
	if st = hq.status(north); st.In-first > 12_000 {
		t.Errorf("three reports cost %d bytes", st.In-first)
	}
	if err := north.pull(hq); err != nil { // and learns that it is mirrored
		t.Fatal(err)
	}
	if n := north.m.MirroredSize(); n != north.of.Log.Size() {
		t.Errorf("%d of %d entries are mirrored", n, north.of.Log.Size())
	}
	// what is held is still there after opening it again
	hq.down()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	if st = hq.status(north); st.Withheld != 1 || len(st.Queue) != 0 || st.Complete != north.of.Log.Size() {
		t.Fatalf("%+v", st)
	}
}

// TestStrangers: who is not known gets nothing, and who answers with another key is
// not asked.
func TestStrangers(t *testing.T) {
	north, hq, other := newSite(t, "north"), newSite(t, "hq"), newSite(t, "other")
	hq.knows(north)
	north.write(1, "report@1", aReport)
	north.up()
	hq.up()
	if err := hq.pull(north); err == nil || !strings.Contains(err.Error(), "not known here") {
		t.Errorf("%v", err)
	}
	north.down()
	north.knows(hq)
	north.up()
	other.up()
	north.link.Aim(other.addr) // somebody else answers at the address
	if err := hq.pull(north); err == nil || !strings.Contains(err.Error(), "answers, expected example.org/north") {
		t.Errorf("%v", err)
	}
	north.link.Aim(north.addr)
	if err := hq.pull(north); err != nil {
		t.Error(err)
	}
	hq.same(north)
}

// TestBadLink: whatever the link does, what came stays, and in the end all is
// there; hotline messages come before the backlog.
func TestBadLink(t *testing.T) {
	north, hq := newPair(t)
	hq.options.Patience = 250 * time.Millisecond
	before, most, rate := 800, 2, 400_000.0
	if os.Getenv("TRUCE_SOAK") != "" {
		before, most, rate = 3000, 12, 150_000
	}
	north.write(before, "report@1", aReport)
	north.write(1, "message@1", map[string]any{"says": "stop"})
	north.write(20, "report@1", aReport)
	north.up()
	hq.up()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	bad := badlink.Conditions{Rate: rate, Latency: 10 * time.Millisecond, Loss: 0.05, Again: 50 * time.Millisecond}
	north.link.Set(bad)
	done := hq.m.Start(ctx)
	ahead, cuts := false, 0
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		st := hq.status(north)
		ahead = ahead || slices.Contains(st.Ahead, int64(before)+1) && st.Held < int64(before)
		if st.Complete == north.of.Log.Size() {
			break
		}
		if int64(cuts+1)*80_000 < st.In && cuts < most {
			cuts++
			north.link.Set(badlink.Conditions{Refuse: cuts%2 == 0, Hole: cuts%2 == 1})
			time.Sleep(350 * time.Millisecond)
			north.link.Set(bad)
		}
		if time.Since(began) > 90*time.Second {
			t.Fatalf("%+v", st)
		}
	}
	cancel()
	<-done
	hq.same(north)
	if !ahead {
		t.Error("the hotline message did not come before the backlog")
	}
	if cuts < most {
		t.Errorf("the link was cut %d times of %d: the test tests nothing", cuts, most)
	}
	t.Logf("%d cuts, %d bytes", cuts, north.link.Passed())
}

// TestRelay: offices that know only headquarters have each other's logs through it.
func TestRelay(t *testing.T) {
	north, south, hq := newSite(t, "north"), newSite(t, "south"), newSite(t, "hq")
	hq.knows(north, south)
	north.knows(hq)
	south.knows(hq)
	if err := mirror.PutPeer(south.dir, mirror.Peer{Origin: "example.org/north", Key: north.key()}); err != nil {
		t.Fatal(err)
	}
	north.write(300, "report@1", aReport)
	for _, s := range []*site{north, south, hq} {
		s.up()
	}
	for _, err := range []error{hq.pull(north), south.pull(hq)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	south.same(north)
	if st := south.status(north); st.Complete != north.of.Log.Size() {
		t.Errorf("%+v", st)
	}
}

// TestForks: another history is an alarm with the office, the place and a proof; what
// was held stays.
func TestForks(t *testing.T) {
	north, hq := newPair(t)
	north.write(40, "report@1", aReport)
	north.of.Close()
	twin := north.dir + "-twin"
	if err := os.CopyFS(twin, os.DirFS(north.dir)); err != nil {
		t.Fatal(err)
	}
	north.open()
	north.write(700, "report@1", aReport)
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	held := hq.status(north).Held
	// the same office on a second laptop, from an older copy
	for _, n := range []int{3, 800} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			north.down()
			north.of.Close()
			real := north.dir
			north.dir = twin
			north.open()
			north.write(n, "report@1", aReport)
			north.up()
			err := hq.pull(north)
			st := hq.status(north)
			if err == nil || st.Held != held || st.Stopped == "" || len(st.Alarms) == 0 {
				t.Fatalf("%v %+v", err, st)
			}
			a := st.Alarms[len(st.Alarms)-1]
			if a.What != mirror.AlarmFork || a.Index != 41 || a.Proof == "" {
				t.Errorf("%+v", a)
			}
			north.down()
			north.dir = real
			hq.down()
			dir := filepath.Join(hq.dir, "peers", mirror.Folder("example.org/north"))
			os.Remove(filepath.Join(dir, "alarms"))
			hq.up()
		})
	}
}

// TestRollback: an office that shows less than it had signed is named; and it learns
// itself that it must not write.
func TestRollback(t *testing.T) {
	north, hq := newPair(t)
	north.write(40, "report@1", aReport)
	north.of.Close()
	old := north.dir + "-old"
	if err := os.CopyFS(old, os.DirFS(north.dir)); err != nil {
		t.Fatal(err)
	}
	north.open()
	north.write(30, "report@1", aReport)
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	north.down()
	north.of.Close()
	north.dir = old
	north.open()
	north.up()
	if err := hq.pull(north); err == nil {
		t.Fatal("an office that went back was not noticed")
	}
	if a := hq.status(north).Alarms; len(a) != 1 || a[0].What != mirror.AlarmRollback || a[0].Index != 41 {
		t.Errorf("%+v", a)
	}
	north.pull(hq)
	if north.halted == nil {
		t.Error("the office goes on writing")
	}
	north.down()
	north.of.Close()
	if _, err := office.Open(old, "", journal.Options{Interval: -1}); err == nil {
		t.Error("the office can be opened again")
	}
	north.dir = strings.TrimSuffix(old, "-old")
	north.open()
}

// TestMarkings: what a peer may have is the narrowest of what a payload says.
func TestMarkings(t *testing.T) {
	for _, x := range []struct {
		kind, payload string
		may           rights.Marking
		want          bool
	}{
		{"report@1", `{"format":"truce"}`, rights.ForMission, true},
		{"report@1", `{"format":"truce"}`, rights.ForParties, false},
		{"report@1", `{"marking":"restricted"}`, rights.ForMission, false},
		{"report@1", `{"marking":"secret"}`, rights.ForMission, false},
		{"report@1", `{"text":"x","markings":{"text":"restricted"}}`, rights.ForMission, false},
		{"report@1", `{"row":{"witness":"a name"}}`, rights.ForMission, false},
		{"report@1", `{"row":{"witness":""}}`, rights.ForMission, true},
		{"report@1", `{"row":{"witness":"a name"}}`, rights.Restricted, true},
		{"evidence@1", `{}`, rights.ForMission, false},
		{"evidence@1", `{"marking":"public"}`, rights.ForPublic, true},
		{"strange@1", `{}`, rights.ForMission, false},
		{"report@1", `not json`, rights.ForMission, false},
		{"key@1", `{}`, rights.ForPublic, true},
	} {
		if got := mirror.Allows(x.may, mirror.MarkingOf(x.kind, []byte(x.payload))); got != x.want {
			t.Errorf("%s %s for %s: %v", x.kind, x.payload, x.may, got)
		}
	}
}
