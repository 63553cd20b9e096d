package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/pgtest"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// noteEveryEnv is how often a server notes how far it holds others. Only the program that
// tests run heeds it.
const noteEveryEnv = "TRUCE_TEST_NOTE_EVERY"

// mission is headquarters, which follows an office, with the office.
type mission struct {
	t         *testing.T
	hq, north *server
	token     map[*server]string
	n         int
	ids       []string // of what was handed in
	by        map[*server][]string
}

func free(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func carriedOut(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("truce", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("truce %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func newMission(t *testing.T, conf string) *mission {
	dir := t.TempDir()
	m := &mission{t: t, token: map[*server]string{}, by: map[*server][]string{}}
	at := map[string]string{"hq": free(t), "north": free(t)}
	make := func(name string, more ...string) *server {
		more = append([]string{"--origin", "example.org/" + name, "--listen", free(t)}, more...)
		s := &server{t: t, dir: filepath.Join(dir, name), more: more}
		s.start()
		b, err := os.ReadFile(filepath.Join(s.dir, "first-token"))
		if err != nil {
			t.Fatal(err)
		}
		m.token[s] = strings.TrimSpace(string(b))
		s.kill()
		s.more = append(s.more, "--peer-listen", at[name], "--peer-every", "200ms")
		return s
	}
	m.hq, m.north = make("hq", "--config", conf, "--tasks", "own"), make("north")
	m.north.more = append(m.north.more, "--database", "")
	carriedOut(t, "import", "--data", m.hq.dir, "../../regimes/energy-2025.truce.md")
	carriedOut(t, "peer", "add", "--data", m.hq.dir, "https://"+at["north"]+"#"+carriedOut(t, "peer", "key", "--data", m.north.dir))
	carriedOut(t, "peer", "add", "--data", m.north.dir, "--headquarters", "https://"+at["hq"]+"#"+carriedOut(t, "peer", "key", "--data", m.hq.dir))
	return m
}

// submit hands reports in at an office.
func (m *mission) submit(s *server, k int) {
	m.t.Helper()
	client := &http.Client{Timeout: 20 * time.Second}
	for range k {
		var r receipt
		if !s.submit(client, m.token[s], m.n, &r) {
			m.t.Fatal(s.log.String())
		}
		m.n++
		m.ids, m.by[s] = append(m.ids, r.ID), append(m.by[s], r.ID)
	}
}

func vectorOf(body string) string {
	var v struct{ Vector map[string]int64 }
	json.Unmarshal([]byte(body), &v)
	return fmt.Sprint(v.Vector)
}

// alike waits until the replica answers of so many incidents, and holds what it answers
// against what headquarters answers at the same sizes.
func (m *mission) alike(what string, r *process, incidents int) {
	m.t.Helper()
	hq := *m.hq.address.Load()
	log := func() string { return r.log.String() + m.hq.log.String() }
	comesTo(m.t, what, log, func() bool {
		_, _, a := ask(m.t, "GET", hq+"/api/incidents?limit=1000", m.token[m.hq])
		_, _, b := ask(m.t, "GET", r.address+"/api/incidents?limit=1000", m.token[m.hq])
		return strings.Count(a, `"radio"`) == incidents && strings.Count(b, `"radio"`) == incidents
	})
	for _, who := range []string{m.token[m.hq], ""} {
		for _, q := range questions {
			var a, b string
			for range 50 { // headquarters may note in between what it holds
				as, ah, ab := ask(m.t, "GET", hq+q, who)
				bs, bh, bb := ask(m.t, "GET", r.address+q, who)
				a, b = fmt.Sprint(as, ah.Get("ETag"), ah.Get("Content-Type"), ab), fmt.Sprint(bs, bh.Get("ETag"), bh.Get("Content-Type"), bb)
				if a == b || q == "/api/record" {
					a, b = "", ""
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			if a != b {
				m.t.Errorf("%s: %q as %.8q: headquarters says\n%.600s\nthe replica\n%.600s", what, q, who, a, b)
			}
		}
	}
}

// viewsAnew compares what the database holds with views that are made from nothing.
func (m *mission) viewsAnew(address string) {
	m.t.Helper()
	own, _, err := journal.OpenReader(journal.RealWorld(m.hq.dir))
	if err != nil {
		m.t.Fatal(err)
	}
	j, notes, err := mirror.ReadJoined(m.hq.dir, own)
	if err != nil || len(notes) > 0 {
		m.t.Fatal(notes, err)
	}
	dump := func(s views.Store, err error) ([]byte, int64) {
		if err != nil {
			m.t.Fatal(err)
		}
		v, err := views.New(s, own.Office.Origin, j.Blobs())
		if err == nil {
			err = v.Update(m.t.Context(), j)
		}
		var b bytes.Buffer
		if err != nil || s.(interface{ Dump(io.Writer) error }).Dump(&b) != nil {
			m.t.Fatal(err)
		}
		defer v.Close()
		return b.Bytes(), v.Size()
	}
	k, err := views.OpenKept(m.t.Context(), address, views.SchemaOf("example.org/hq"))
	if err != nil {
		m.t.Fatal(err)
	}
	was, err := views.NewBehind(k, own.Office.Origin)
	if err != nil {
		m.t.Fatal(err)
	}
	size := was.Size()
	was.Close()
	a, n := dump(views.OpenPostgres(m.t.Context(), address, views.SchemaOf("example.org/hq")))
	b, _ := dump(views.OpenSQLite(filepath.Join(m.t.TempDir(), "views.db")))
	if !bytes.Equal(a, b) || size == 0 || n != j.Size() {
		m.t.Errorf("the database, of %d entries, and views of %d that are made anew do not hold the same", size, n)
	}
}

// TestReplicaOfOffices: a record that follows another office, as headquarters does, is
// answered from elsewhere as from headquarters: while it pulls, over kills of either,
// after an erasure at the office, with a copy that is spoilt, and where the office is
// revoked. Each entry is told once, whatever becomes of the order; a worker sends of
// each.
func TestReplicaOfOffices(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	d, hook := pgtest.Shared(t), receive(t)
	conf := filepath.Join(t.TempDir(), "serve.yaml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "network: {allow: [127.0.0.1]}\nwebhooks: [{name: desk, url: %q, secret: \"text:x\", events: [entry]}]\n", hook.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TRUCE_DATABASE", d.Address)
	t.Setenv(noteEveryEnv, "300ms")
	m := newMission(t, conf)
	north := func(do func()) { // its views are in a file
		t.Setenv("TRUCE_DATABASE", "")
		do()
		t.Setenv("TRUCE_DATABASE", d.Address)
	}
	north(m.north.start)
	m.hq.start()
	defer func() { m.north.kill(); m.hq.kill() }()
	at := free(t)
	replica := func() *process {
		return beside(t, "replica", "--origin", "example.org/hq", "--writer", *m.hq.address.Load(), "--listen", at, "--rate", "-1", "--anonymous-rate", "-1", "--look-every", "500ms")
	}
	r := replica()
	events := listen(t, func() string { return "http://" + at }, m.token[m.hq])
	worker := beside(t, "worker", "--origin", "example.org/hq", "--config", conf)
	sent := func() bool {
		for _, id := range m.ids {
			if hook.heard(id) == 0 {
				return false
			}
		}
		return true
	}
	m.submit(m.north, 8)
	m.submit(m.hq, 3)
	m.alike("reports to the office are at the replica", r, m.n)
	_, _, body := ask(t, "GET", r.address+"/api/incidents", m.token[m.hq])
	if v := vectorOf(body); !strings.Contains(v, "example.org/north:") || !strings.Contains(v, "example.org/hq:") {
		t.Errorf("the replica answers of %s", v)
	}

	r.kill() // as the replica is killed, and headquarters
	m.submit(m.north, 4)
	r = replica()
	m.hq.kill()
	m.submit(m.north, 4)
	if status, _, _ := ask(t, "GET", r.address+"/api/incidents", m.token[m.hq]); status != 200 && status != 503 {
		t.Errorf("without headquarters: status %d", status)
	}
	m.hq.start()
	m.submit(m.hq, 2)
	own := 3 + 2
	m.alike("after both were killed", r, m.n)
	comesTo(t, "each entry is told", r.log.String, func() bool { return events.heard(m.ids) })

	// An erasure at the office: its words are nowhere any more.
	m.north.kill()
	gone := m.ids[0]
	m.erase(gone)
	north(m.north.start)
	comesTo(t, "the erasure is at the replica", func() string { return r.log.String() + m.hq.log.String() }, func() bool {
		_, _, body := ask(t, "GET", r.address+"/api/incidents?limit=1000&q=report", m.token[m.hq])
		_, _, entry := ask(t, "GET", r.address+"/api/entries?limit=1000", m.token[m.hq])
		return strings.Contains(entry, `"erasure@1"`) && strings.Contains(entry, gone) && strings.Count(body, `"radio"`) == m.n-1
	})
	m.alike("after an erasure", r, m.n)

	// The copy of the office is spoilt while headquarters is down: it answers without the
	// office, and of all when that can be reached.
	m.hq.kill()
	m.north.kill()
	held := filepath.Join(m.hq.dir, "peers", mirror.Folder("example.org/north"))
	flipped := 0
	if err := filepath.WalkDir(filepath.Join(held, "log", "tile", "entries"), func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err == nil {
			b[len(b)/2] ^= 4
			flipped++
			err = os.WriteFile(name, b, 0o600)
		}
		return err
	}); err != nil || flipped == 0 {
		t.Fatal(flipped, err)
	}
	m.hq.start()
	m.submit(m.hq, 1)
	m.alike("without the copy that is spoilt", r, own+1)
	north(m.north.start)
	m.submit(m.north, 2)
	m.alike("after the copy was mended", r, m.n)
	comesTo(t, "each entry is told", r.log.String, func() bool { return events.heard(m.ids) })
	comesTo(t, "a message of each entry", worker.log.String, sent)

	// The key of the office was stolen: what it signs from some place on counts for nobody.
	m.hq.kill()
	copied, _, err := journal.OpenReader(journal.RealWorld(held))
	if err != nil {
		t.Fatal(err)
	}
	const taken = 3
	carriedOut(t, "peer", "revoke", "--data", m.hq.dir, "example.org/north", "--from", fmt.Sprint(copied.Size()-taken), "--reason", "the laptop was taken")
	lost := 0
	for e, err := range copied.Range(copied.Size()-taken, copied.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Envelope.Kind == "report@1" {
			lost++
		}
	}
	m.hq.start()
	m.submit(m.hq, 2)
	m.alike("after the office was revoked", r, m.n-lost)
	if lost == 0 {
		t.Error("nothing was taken away: the test tests nothing")
	}
	comesTo(t, "each entry is told, also after its key was revoked", r.log.String, func() bool { return events.heard(m.ids) })
	events.mu.Lock()
	for id, n := range events.count {
		if n != 1 {
			t.Errorf("entry %s was told %d times", id, n)
		}
	}
	for _, handed := range m.by { // of each office in the order of its log
		at := -1
		for _, id := range handed {
			if i := slices.Index(events.entries, id); i <= at {
				t.Errorf("entry %s was told out of order", id)
			} else {
				at = i
			}
		}
	}
	events.mu.Unlock()
	comesTo(t, "a message of each entry", worker.log.String, sent)
	worker.end()
	r.end()
	m.north.kill()
	m.hq.cmd.Process.Signal(os.Interrupt)
	if err := m.hq.cmd.Wait(); err != nil {
		t.Errorf("asked to end, it did not end well: %v", err)
	}
	m.viewsAnew(d.Address)
}

// erase destroys the payload of an entry of the office, which does not run.
func (m *mission) erase(id string) {
	m.t.Helper()
	of, err := office.Open(m.north.dir, "example.org/north", journal.Options{Interval: -1})
	if err != nil {
		m.t.Fatal(err)
	}
	_, _, err = of.Write(m.t.Context(), office.Draft{Kind: record.KindErasure, Payload: record.ErasureEntry{Reason: "consent withdrawn"}, Refs: []record.Ref{{Relation: record.Erases, ID: id}}, Made: time.Now(), Seed: make([]byte, 32)})
	if err == nil {
		err = of.Log.Integrate(m.t.Context())
	}
	if err == nil {
		err = of.Log.Erase(m.t.Context(), id)
	}
	if err := errors.Join(err, of.Close()); err != nil {
		m.t.Fatal(err)
	}
}
