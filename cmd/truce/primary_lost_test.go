package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/pgtest"
	"github.com/truce-project/truce/internal/views"
)

// TestPrimaryLost: the database is two servers of PostgreSQL, one of which follows the
// other without being waited for. While clients submit, a replica answers and workers
// send, the first is killed and the second promoted. Every receipt's entry is in the
// verified log once; views are those that are made from nothing; every message came,
// also those whose task went with the first server; every event came once.
func TestPrimaryLost(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	primary := pgtest.Start(t)
	standby := primary.Standby()
	told := receive(t)
	dir, conf := filepath.Join(t.TempDir(), "north"), filepath.Join(t.TempDir(), "serve.yaml")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "network: {allow: [127.0.0.1]}\nwebhooks: [{name: desk, url: %q, secret: \"text:x\", events: [entry], attempts: 20}]\n", told.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	address := primary.Either(standby)
	t.Setenv("TRUCE_DATABASE", address)
	s := &server{t: t, dir: dir, more: []string{"--config", conf, "--tasks", "own"}}
	s.start()
	defer func() { s.kill() }()
	b, err := os.ReadFile(filepath.Join(dir, "first-token"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(b))
	r := beside(t, "replica", "--origin", "example.org/north", "--writer", *s.address.Load(), "--listen", "127.0.0.1:0", "--rate", "-1", "--look-every", "200ms")
	events := listen(t, func() string { return r.address }, token)
	other := beside(t, "replica", "--database", standby.Address, "--origin", "example.org/north", "--writer", *s.address.Load(), "--listen", "127.0.0.1:0", "--rate", "-1", "--look-every", "200ms")
	var workers []*process
	for range 2 {
		workers = append(workers, beside(t, "worker", "--origin", "example.org/north", "--config", conf, "--look-every", "200ms"))
	}
	const n, clients = 480, 8
	receipts := make([]receipt, n)
	var done atomic.Int64
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			for i := c; i < n; i += clients {
				if !s.submit(client, token, i, &receipts[i]) {
					return
				}
				done.Add(1)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	until := func(k int64) {
		for end := time.Now().Add(time.Minute); done.Load() < k && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	until(n / 4)
	primary.Silence() // what is committed now goes with it
	count := func(s *pgtest.Server, what string) (k int64) {
		fmt.Sscan(s.Ask(fmt.Sprintf("SELECT %s", strings.ReplaceAll(what, "TRUCE", views.SchemaOf("example.org/north")))), &k)
		return k
	}
	const size, tasks = "size FROM TRUCE.meta WHERE name='log'", "count(*) FROM TRUCE.river_job"
	var lost, lostTasks int64
	for end := time.Now().Add(10 * time.Second); lost <= 0 || lostTasks <= 0; {
		lost, lostTasks = count(primary, size)-count(standby, size), count(primary, tasks)-count(standby, tasks)
		if time.Now().After(end) {
			t.Fatalf("the second server lacks %d entries and %d tasks of the first: the test tests nothing", lost, lostTasks)
		}
	}
	primary.Kill()
	away, before := time.Now(), done.Load()
	until(before + n/8) // receipts go on with no database at all
	between := done.Load() - before
	took := standby.Promote()
	gone := time.Since(away)
	wg.Wait()
	s.listed(token, n)
	t.Logf("%d receipts, %d of them while there was no database (%s, of which %s to promote); the second server lacked %d entries of the views and %d tasks; all was listed %s after it was there",
		n, between, gone.Round(time.Millisecond), took.Round(time.Millisecond), lost, lostTasks, (time.Since(away) - gone).Round(time.Millisecond))
	if between == 0 {
		t.Error("no receipt was given while there was no database")
	}
	log := func() string { return workers[0].log.String() + s.log.String() }
	missing := func() (k int) {
		for _, x := range receipts {
			if told.heard(x.ID) == 0 {
				k++
			}
		}
		return k
	}
	comesTo(t, "a message of every entry", log, func() bool { return missing() == 0 })
	for _, r := range []*process{r, other} { // one of them reads the second server, all the time
		comesTo(t, "the replica has every incident", r.log.String, func() bool {
			_, _, body := ask(t, "GET", r.address+"/api/incidents?limit=1000", token)
			return strings.Count(body, `"radio"`) == n
		})
	}
	_, _, a := ask(t, "GET", *s.address.Load()+"/api/findings.csv?limit=1000", token)
	if _, _, b := ask(t, "GET", r.address+"/api/findings.csv?limit=1000", token); a != b {
		t.Error("the replica and the server do not say the same")
	}
	for _, w := range workers {
		w.end()
	}
	s.cmd.Process.Signal(os.Interrupt)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("asked to end, it did not end well: %v", err)
	}
	rd, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		t.Fatal(err)
	}
	events.all(t, rd.Size())
	r.end()
	other.end()
	others := int(rd.Size()) - n
	inLog(t, dir, receipts, others)
	if got, want := viewsIn(t, dir, standby.Address), viewsIn(t, dir, ""); got != want {
		t.Errorf("the database (%d bytes) and a file made anew (%d bytes) do not hold the same", len(got), len(want))
	}
	twice := 0
	for _, x := range receipts {
		if told.heard(x.ID) > 1 {
			twice++
		}
	}
	t.Logf("%d of %d messages came more than once, each time with one id", twice, n)
}
