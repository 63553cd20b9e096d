package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/pgtest"
)

// process is a process of truce beside a server.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string // of one that listens
	log     bytes.Buffer
}

// beside starts one, and waits until it says that it is ready.
func beside(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("truce", args...)}
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.kill()
		t.Fatalf("truce %s did not start: %q %v\n%s", strings.Join(args, " "), line, err, p.log.String())
	}
	_, p.address, _ = strings.Cut(strings.TrimSpace(line), " at ")
	return p
}

func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Kill()
		p.cmd.Wait() // it was killed, which is an error
	}
}

// end asks it to end, which it does well.
func (p *process) end() {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("asked to end, it did not end well: %v\n%s", err, p.log.String())
	}
}

// ask asks a server something.
func ask(t *testing.T, method, url, token string) (status int, header http.Header, body string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := (&http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// listening reads the events of a server until the test ends, and goes on after the
// last one where the stream ends.
type listening struct {
	mu      sync.Mutex
	ids     []string // of events
	entries []string // that they tell, by their ids
	count   map[string]int
	last    string
}

func listen(t *testing.T, address func() string, token string) *listening {
	l := &listening{last: "0", count: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			l.read(ctx, address(), token)
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return l
}

func (l *listening) read(ctx context.Context, address, token string) {
	r, err := http.NewRequestWithContext(ctx, "GET", address+"/api/events", nil)
	if err != nil {
		return
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Last-Event-ID", l.last)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return
	}
	defer res.Body.Close()
	id, lines := "", bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if i, ok := strings.CutPrefix(strings.TrimSpace(line), "id: "); ok {
			id = i
		}
		var e struct{ Entry struct{ ID string } }
		if data, ok := strings.CutPrefix(line, "data: "); ok && id != "" && json.Unmarshal([]byte(data), &e) == nil && e.Entry.ID != "" {
			l.mu.Lock()
			l.ids, l.entries, l.last, id = append(l.ids, id), append(l.entries, e.Entry.ID), id, ""
			l.count[e.Entry.ID]++
			l.mu.Unlock()
		}
	}
}

// heard reports whether all these entries were told.
func (l *listening) heard(ids []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.ContainsFunc(ids, func(id string) bool { return l.count[id] == 0 })
}

// all waits until the events of n entries came: each once, in order.
func (l *listening) all(t *testing.T, n int64) {
	t.Helper()
	var got []string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		got = slices.Clone(l.ids)
		l.mu.Unlock()
		if int64(len(got)) >= n {
			break
		}
	}
	for i, id := range got {
		if id != fmt.Sprint(i+1) {
			t.Fatalf("event %d is of entry %s", i+1, id)
		}
	}
	if int64(len(got)) != n {
		t.Fatalf("%d events came, of %d entries", len(got), n)
	}
}

// receiver takes messages of webhooks, and says which came. While it is held it
// answers nobody.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  map[string]int // by id of the entry
	hold chan struct{}
}

func receive(t *testing.T) *receiver {
	r := &receiver{got: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		hold := r.hold
		r.mu.Unlock()
		if hold != nil {
			select {
			case <-hold:
			case <-q.Context().Done():
				return
			}
		}
		var m struct{ Entry struct{ ID string } }
		b, err := io.ReadAll(q.Body)
		if err != nil || json.Unmarshal(b, &m) != nil || m.Entry.ID == "" {
			t.Errorf("a message cannot be read: %v %.200s", err, b)
		}
		r.mu.Lock()
		r.got[m.Entry.ID]++
		r.mu.Unlock()
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) heard(id string) int { r.mu.Lock(); defer r.mu.Unlock(); return r.got[id] }

// comesTo waits until something is so.
func comesTo(t *testing.T, what string, log func() string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("it did not come to that: %s\n%s", what, log())
}

// questions are asked of both servers.
var questions = []string{"/api/incidents", "/api/incidents?limit=3&q=report", "/api/incidents.csv", "/api/findings", "/api/findings?terms=energy-2025", "/api/reports?limit=7", "/api/entries?limit=5", "/api/entries.csv", "/api/claims",
	"/api/terms", "/api/counts?by=act", "/api/counts?by=energy-2025@kremlin", "/api/bins?bbox=30,44,41,53&width=8&height=8", "/api/tiles/6/38/22.mvt?by=act", "/api/regimes", "/api/terms/energy-2025/source", "/api/terms/energy-2025/counts",
	"/api/incidents?at=5", "/api/findings?at=3", "/api/rules", "/api/me", "/api/record", "/api/nothing", "/api/incidents/KHA-0000", "/api/incidents?nonsense=1", "/api/findings.atom", "/openapi.json"}

// TestReplica: what answers beside a server answers like it, at once; passes on what it
// cannot answer; and goes on while the server is away. What a worker was doing that was
// killed is done by another.
func TestReplica(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	d, told := pgtest.Shared(t), receive(t)
	dir := filepath.Join(t.TempDir(), "north")
	conf := filepath.Join(t.TempDir(), "serve.yaml")
	text := fmt.Sprintf("network: {allow: [127.0.0.1]}\nwebhooks: [{name: desk, url: %q, secret: \"text:x\", events: [entry]}]\n", told.URL)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TRUCE_DATABASE", d.Address)
	s := &server{t: t, dir: dir, more: []string{"--config", conf, "--tasks", "own"}}
	s.start()
	defer func() { s.kill() }()
	b, err := os.ReadFile(filepath.Join(dir, "first-token"))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(b))
	s.kill()
	if out, err := exec.Command("truce", "import", "--data", dir, "../../regimes/energy-2025.truce.md").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.start()
	client, n := &http.Client{Timeout: 20 * time.Second}, 0
	submit := func(to string, k int) (last receipt) {
		was := *s.address.Load()
		if to != "" {
			s.address.Store(&to)
			defer s.address.Store(&was)
		}
		for range k {
			if !s.submit(client, token, n, &last) {
				t.Fatal(s.log.String())
			}
			n++
		}
		return last
	}
	submit("", 12)
	s.listed(token, n)
	r := beside(t, "replica", "--origin", "example.org/north", "--writer", *s.address.Load(), "--listen", "127.0.0.1:0", "--rate", "-1", "--anonymous-rate", "-1")
	events := listen(t, func() string { return r.address }, token)
	for _, who := range []string{token, "", "truce_nonsense"} {
		for _, q := range questions {
			ws, wh, wb := ask(t, "GET", *s.address.Load()+q, who)
			rs, rh, rb := ask(t, "GET", r.address+q, who)
			if ws != rs || wb != rb && q != "/api/record" || wh.Get("ETag") != rh.Get("ETag") || wh.Get("Content-Type") != rh.Get("Content-Type") {
				t.Errorf("%q as %.8q: the server says %d\n%.600s\nthe replica %d\n%.600s", q, who, ws, wb, rs, rb)
			}
		}
	}
	last := submit(r.address, 3) // passed on
	comesTo(t, "what was handed in by the replica is in its list", r.log.String, func() bool {
		_, _, body := ask(t, "GET", r.address+"/api/incidents?limit=1000", token)
		return strings.Count(body, `"radio"`) == n
	})
	// Two workers: one has a message in hand that nobody takes, and is killed.
	if told.heard(last.ID) > 0 {
		t.Error("a message was sent, and no worker runs: the test tests nothing")
	}
	told.mu.Lock()
	told.hold = make(chan struct{})
	told.mu.Unlock()
	args := []string{"worker", "--origin", "example.org/north", "--config", conf}
	first := beside(t, args...)
	time.Sleep(500 * time.Millisecond)
	second := beside(t, args...)
	first.kill()
	close(told.hold)
	told.mu.Lock()
	told.hold = nil
	told.mu.Unlock()
	comesTo(t, "every message came", second.log.String, func() bool { told.mu.Lock(); defer told.mu.Unlock(); return len(told.got) >= n })
	_, _, state := ask(t, "GET", *s.address.Load()+"/api/record", token)
	var size struct{ Size int64 }
	if err := json.Unmarshal([]byte(state), &size); err != nil {
		t.Fatal(err)
	}
	_, _, vector := ask(t, "GET", *s.address.Load()+"/api/vector", "")
	var entries struct{ Checkpoint int64 }
	if err := json.Unmarshal([]byte(vector), &entries); err != nil {
		t.Fatal(err)
	}
	events.all(t, entries.Checkpoint)
	// The server is away: questions are answered, and what is sent is told where to go.
	s.kill()
	if status, _, body := ask(t, "GET", r.address+"/api/incidents?limit=1000", token); status != 200 || strings.Count(body, `"radio"`) != n {
		t.Errorf("without the server: %d %.300s", status, body)
	}
	if status, h, body := ask(t, "POST", r.address+"/api/reports", token); status != 503 || h.Get("Retry-After") == "" || !strings.Contains(body, *s.address.Load()) {
		t.Errorf("sent while the server is away: %d %s", status, body)
	}
	second.end()
	r.end()
}
