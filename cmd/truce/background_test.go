package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/stamptest"
)

const eventsCSV = "id,time_start,time_end,lat,lon,precision_m,act,target\n"

// TestBackground: a feed, a dropped file, a submission and a webhook, on a server
// that is killed again and again; each thing is in the record once.
func TestBackground(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	clock := stamptest.New(t, x509.ExtKeyUsageTimeStamping)
	var mu sync.Mutex
	told := map[string]int{}
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") == "application/timestamp-query" {
			b, err := io.ReadAll(r.Body)
			if err == nil {
				b, err = clock.Answer(b)
			}
			if err != nil {
				t.Error(err)
			}
			w.Write(b)
			return
		}
		if r.Method == http.MethodGet {
			fmt.Fprint(w, eventsCSV)
			for i := range 2000 {
				fmt.Fprintf(w, "F-%d,2025-03-20T20:20Z,2025-03-20T21:00Z,50.4,30.5,500,attack.strike,energy\n", i)
			}
			return
		}
		mu.Lock()
		defer mu.Unlock()
		told[r.Header.Get("webhook-id")]++
	}))
	defer outside.Close()
	dir := t.TempDir()
	s := &server{t: t, dir: dir}
	conf := fmt.Sprintf("network: {allow: [127.0.0.1]}\nfeeds: [{name: far, url: %q, as: truce, every: 1s}]\ndrop: {quiet: 200ms}\nhooks: [{name: kobo, as: kobo, token: \"text:geheim\"}]\nwebhooks: [{name: desk, url: %q, secret: \"text:x\", events: [entry]}]\ntimestamps: {url: %q, every: 1s, roots: %q}\n", outside.URL+"/far.csv", outside.URL, outside.URL, clock.CAFile)
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "drop"), 0o755), os.WriteFile(filepath.Join(dir, "serve.yaml"), []byte(conf), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.start()
	form := func(n int) []byte {
		return fmt.Appendf(nil, `{"_uuid":"k-%d","meta/instanceID":"uuid:k-%d","act":"attack.strike","target":"energy","time_start":"2025-03-20T20:20:00Z","place":"50.4 30.5 0 10"}`, n, n)
	}
	entries := map[string]int{}
	for round := range 3 {
		text := eventsCSV + fmt.Sprintf("D-%d,2025-03-20T20:20Z,2025-03-20T21:00Z,50.4,30.5,500,attack.strike,energy\n", round)
		if err := os.WriteFile(filepath.Join(dir, "drop", fmt.Sprintf("d%d.csv", round)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for n := range (round + 1) * 5 {
			r, err := http.NewRequest("POST", *s.address.Load()+"/api/hooks/kobo", bytes.NewReader(form(n)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Truce-Token", "geheim")
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			var got struct{ Entry string }
			if err != nil || res.StatusCode > 201 || json.Unmarshal(b, &got) != nil {
				if res.StatusCode == http.StatusTooManyRequests {
					time.Sleep(time.Second)
					continue
				}
				t.Fatalf("%d %s %v", res.StatusCode, b, err)
			}
			entries[got.Entry]++
		}
		time.Sleep(time.Duration(round*500) * time.Millisecond)
		s.kill()
		s.start()
	}
	token, err := os.ReadFile(filepath.Join(dir, "first-token"))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string, to any) {
		t.Helper()
		r, err := http.NewRequest("GET", *s.address.Load()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %d %s %v", path, res.StatusCode, b, err)
		}
		if s, ok := to.(*string); ok {
			*s = string(b)
		} else if err := json.Unmarshal(b, to); err != nil {
			t.Fatal(err)
		}
	}
	var feeds struct {
		Items []struct {
			State, Why string
			Edition    *struct{ Rows int }
		}
	}
	done := func() bool {
		ask("/api/feeds", &feeds)
		left, err := filepath.Glob(filepath.Join(dir, "drop", "*.csv"))
		return err == nil && len(left) == 0 && feeds.Items[0].Edition != nil && feeds.Items[0].State == "unchanged"
	}
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v\n%s", feeds, s.log.String())
		}
	}
	var docs struct {
		Items []struct{ ID, Kind string }
		Next  string
	}
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) { // answers follow the log
		var v struct {
			Vector map[string]int64
			Log    int64
		}
		if ask("/api/vector", &v); v.Vector["example.org/north"] == v.Log {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the views do not follow")
		}
	}
	ask("/api/entries?limit=1000", &docs)
	kinds := map[string]int{}
	for _, d := range docs.Items {
		kinds[d.Kind]++
		delete(entries, d.ID)
	}
	if kinds["dataset@1"] != 4 || kinds["report@1"] != 15 || len(entries) > 0 || feeds.Items[0].Edition.Rows != 2000 {
		t.Errorf("%v; answered and not in the record: %v; %+v", kinds, entries, feeds)
	}
	// Each entry from the first start on is told; one that was cut off may be told
	// twice, with one id.
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		mu.Lock()
		n := len(told)
		mu.Unlock()
		if n >= 19 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d messages\n%s", n, s.log.String())
		}
	}
	var health struct {
		Background struct{ Feeds, Broken int }
	}
	if ask("/healthz", &health); health.Background.Feeds != 1 || health.Background.Broken != 0 {
		t.Errorf("%+v", health)
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it did not end in order: %v\n%s", err, s.log.String())
	}
	if out, err := exec.Command("truce", "verify", dir, "--tsa-roots", clock.CAFile).CombinedOutput(); err != nil || !strings.Contains(string(out), "by CN=Clock of a test (its certificate leads to a root that was given)") {
		t.Errorf("%v\n%s", err, out)
	}
	// A stamp that does not hold, and one of another history.
	stamps, err := filepath.Glob(filepath.Join(dir, "stamps", "*.tsr"))
	if err != nil || len(stamps) == 0 {
		t.Fatal(stamps, err)
	}
	b, err := os.ReadFile(stamps[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(stamps[0], b, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("truce", "verify", dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "the time stamp") {
		t.Errorf("%v\n%s", err, out)
	}
}
