package main

import (
	"bufio"
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
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// server is a `truce serve` that can be killed and started again.
type server struct {
	t       *testing.T
	dir     string
	demo    bool // whoever comes acts as the duty officer
	more    []string
	cmd     *exec.Cmd
	address atomic.Pointer[string]
	log     bytes.Buffer
}

func (s *server) start() {
	s.t.Helper()
	args := []string{"serve", "--data", s.dir, "--origin", "example.org/north", "--listen", "127.0.0.1:0", "--rate", "-1", "--checkpoint-every", "100ms"}
	if s.demo {
		args = append(args, "--demo")
	} else {
		args = append(args, "--first-token")
	}
	s.cmd = exec.Command("truce", append(args, s.more...)...)
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), " at ")
	if err != nil || !ok {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.t.Fatalf("the server did not start: %q %v\n%s", line, err, s.log.String())
	}
	s.address.Store(&url)
}

// kill ends it as a power cut of the process would: SIGKILL.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait() // it was killed, which is an error
}

// post sends until there is an answer that is no failure of the server.
func (s *server) post(client *http.Client, token string, body []byte) (status int, answer []byte) {
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		r, err := http.NewRequest("POST", *s.address.Load()+"/api/reports", bytes.NewReader(body))
		if err != nil {
			return 0, nil
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		if res, err := client.Do(r); err == nil {
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
				return res.StatusCode, b
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, nil
}

type receipt struct {
	ID, Leaf, Receipt string
	Index             int64
}

// TestServeKilled is what the server is for: 32 clients submit reports while it is
// killed and started again five times. Every receipt's entry is in the verified
// log, once; views that grew through all of it are those that are built anew.
func TestServeKilled(t *testing.T) {
	n := 2000
	if os.Getenv("TRUCE_SOAK") != "" {
		n = 10_000
	}
	s := &server{t: t, dir: filepath.Join(t.TempDir(), "north")}
	s.start()
	b, err := os.ReadFile(filepath.Join(s.dir, "first-token"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(b))
	var done atomic.Int64
	receipts := make([]receipt, n)
	var wg sync.WaitGroup
	for c := range 32 {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			for i := c; i < n; i += 32 {
				if !s.submit(client, token, i, &receipts[i]) {
					return
				}
				done.Add(1)
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	for k := range 5 {
		for done.Load() < int64(n*(k+1)/6) {
			select {
			case <-finished:
				t.Fatalf("the clients ended before kill %d: the test tests nothing\n%s", k+1, s.log.String())
			case <-time.After(time.Millisecond):
			}
		}
		s.kill()
		s.start()
	}
	<-finished
	if t.Failed() {
		t.Fatal(s.log.String())
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("asked to end, it did not end well: %v\n%s", err, s.log.String())
	}
	inLog(t, s.dir, receipts, 5) // the log's own key; the account of programs with its key, role and token
	sameViews(t, s.dir)
}

// submit hands one report in, some of them twice.
func (s *server) submit(client *http.Client, token string, i int, to *receipt) bool {
	at := time.UnixMilli(1_742_860_800_000 + int64(i)).UTC()
	id := record.NewID(at, [10]byte{byte(i), byte(i >> 8), 7})
	body, err := json.Marshal(map[string]any{"id": id, "source": "patrol", "row": map[string]string{
		"time_start": at.Add(time.Duration(i) * time.Minute).Format("2006-01-02T15:04:05Z"), "time_end": at.Add(time.Duration(i+30) * time.Minute).Format("2006-01-02T15:04:05Z"),
		"lat": fmt.Sprintf("%.3f", 46+float64(i%5000)/1000), "lon": "35.2", "precision_m": "500", "act": "attack.strike.drone", "target": "energy.power.substation", "text": fmt.Sprint("report ", i)}})
	if err != nil {
		s.t.Error(err)
		return false
	}
	status, answer := s.post(client, token, body)
	if status/100 != 2 || json.Unmarshal(answer, to) != nil || to.ID != id {
		s.t.Errorf("report %d: status %d: %.300s", i, status, answer)
		return false
	}
	if i%10 == 0 {
		var again receipt
		if status, answer = s.post(client, token, body); status != 200 || json.Unmarshal(answer, &again) != nil || again != *to {
			s.t.Errorf("report %d sent again: status %d, %+v, before %+v", i, status, again, *to)
			return false
		}
	}
	return true
}

// inLog checks the log, and that it holds what was promised.
func inLog(t *testing.T, dir string, receipts []receipt, others int) {
	t.Helper()
	w := journal.RealWorld(dir)
	if err := journal.Check(t.Context(), w, journal.CheckOptions{}, func(d *journal.Damage) { t.Error(d) }); err != nil {
		t.Fatal(err)
	}
	r, damage, err := journal.OpenReader(w)
	if err != nil || len(damage) > 0 {
		t.Fatal(err, damage)
	}
	times := map[string]int{}
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		times[e.Envelope.ID]++
	}
	for i, x := range receipts {
		if times[x.ID] != 1 {
			t.Fatalf("report %d (%s) stands %d times in the log", i, x.ID, times[x.ID])
		}
		rec, err := record.OpenReceipt([]byte(x.Receipt), r.Office.Origin, r.Verifier())
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.Entry(rec.Index)
		if err != nil || e.Envelope.ID != x.ID || e.Leaf() != rec.Leaf || rec.Index != x.Index {
			t.Fatalf("report %d: the receipt promises entry %d, which is %s (%v)", i, rec.Index, e.Envelope.ID, err)
		}
	}
	if want := len(receipts) + others; len(times) != want {
		t.Errorf("%d entries, want %d", len(times), want)
	}
}

// sameViews compares the views of a folder with views built from nothing.
func sameViews(t *testing.T, dir string) {
	t.Helper()
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		t.Fatal(err)
	}
	dump := func(path string) string {
		store, err := views.OpenSQLite(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := views.New(store, r.Office.Origin, r.Blobs())
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		if err := v.Update(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := store.(interface{ Dump(io.Writer) error }).Dump(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	grown := dump(filepath.Join(dir, "views", "views.db"))
	built := dump(filepath.Join(t.TempDir(), "views.db"))
	if grown != built {
		t.Errorf("views that grew (%d bytes) differ from views built anew (%d bytes)", len(grown), len(built))
	}
	if !strings.Contains(built, "report 1999") {
		t.Error("the views do not hold the last report: the test tests nothing")
	}
}
