package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/pgtest"
	"github.com/truce-project/truce/internal/views"
)

// TestServeDatabase: a server whose views are in PostgreSQL goes on giving receipts
// while the database is away, catches up when it is back, and holds after kill -9
// what views hold that are made anew in a file.
func TestServeDatabase(t *testing.T) {
	d := pgtest.Start(t)
	s := &server{t: t, dir: filepath.Join(t.TempDir(), "north")}
	s.start() // first in a file
	b, err := os.ReadFile(filepath.Join(s.dir, "first-token"))
	if err != nil {
		t.Fatal(err)
	}
	token, client, n := strings.TrimSpace(string(b)), &http.Client{Timeout: 20 * time.Second}, 0
	submit := func(k int) {
		for range k {
			if !s.submit(client, token, n, new(receipt)) {
				t.Fatal(s.log.String())
			}
			n++
		}
	}
	submit(5)
	s.kill()
	t.Setenv("TRUCE_DATABASE", d.Address)
	s.start()
	defer func() { s.kill() }()
	if left, _ := filepath.Glob(filepath.Join(s.dir, "views", "views.db*")); len(left) > 0 {
		t.Errorf("what is not used any more is still there: %v", left)
	}
	s.listed(token, n)
	d.Stop()
	submit(5)
	d.Run()
	s.listed(token, n)
	s.kill()
	s.start()
	submit(5)
	s.listed(token, n)
	if out, err := exec.Command("truce", "serve", "--data", filepath.Join(t.TempDir(), "x"), "--listen", "127.0.0.1:0", "--database", "postgres://u:geheim@127.0.0.1:1/x").CombinedOutput(); err == nil || bytes.Contains(out, []byte("geheim")) || !bytes.Contains(out, []byte("database")) {
		t.Errorf("a database that is not there: %v\n%s", err, out)
	}
	if out, _ := exec.Command("truce", "doctor", "--data", s.dir).CombinedOutput(); !bytes.Contains(out, []byte(views.SchemaOf("example.org/north"))) {
		t.Errorf("the doctor does not say where the views are:\n%s", out)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("asked to end, it did not end well: %v\n%s", err, s.log.String())
	}
	if got, want := viewsIn(t, s.dir, d.Address), viewsIn(t, s.dir, ""); got != want || !strings.Contains(got, fmt.Sprint("report ", n-1)) {
		t.Errorf("the database (%d bytes) and a file (%d bytes) do not hold the same, or not the last report", len(got), len(want))
	}
}

// listed waits until n incidents are listed.
func (s *server) listed(token string, n int) {
	s.t.Helper()
	last := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		r, err := http.NewRequest("GET", *s.address.Load()+"/api/incidents?limit=1000", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		var list struct{ Items []struct{ ID string } }
		if last = string(b); json.Unmarshal(b, &list) == nil && len(list.Items) == n {
			return
		}
	}
	s.t.Fatalf("%d incidents are not listed: %.500s\n%s", n, last, s.log.String())
}

// viewsIn is everything that the views of a record hold, in a database as they are,
// or made anew in a file.
func viewsIn(t *testing.T, dir, address string) string {
	t.Helper()
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		t.Fatal(err)
	}
	var store views.Store
	if address != "" {
		store, err = views.OpenPostgres(t.Context(), address, views.SchemaOf(r.Office.Origin))
	} else {
		store, err = views.OpenSQLite(filepath.Join(t.TempDir(), "views.db"))
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := views.New(store, r.Office.Origin, r.Blobs())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if address == "" {
		err = v.Update(context.Background(), r)
	}
	var b bytes.Buffer
	if derr := store.(interface{ Dump(io.Writer) error }).Dump(&b); err != nil || derr != nil {
		t.Fatal(err, derr)
	}
	return b.String()
}
