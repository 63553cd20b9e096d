package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestShares: whoever takes and gives back in whatever order, nobody has more than a
// share but for one thing, all not more than there is, and in the end nothing is held.
func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShares()
		each, all := rapid.Int64Range(1, 20).Draw(t, "each"), rapid.Int64Range(1, 40).Draw(t, "all")
		type taken struct {
			key string
			n   int64
		}
		var held []taken
		of := func(key string) (sum, count int64) {
			for _, h := range held {
				if key == "" || h.key == key {
					sum, count = sum+h.n, count+1
				}
			}
			return sum, count
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(held) > 0 && rapid.Bool().Draw(t, "give") {
				i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
				s.give(held[i].key, held[i].n)
				held = append(held[:i], held[i+1:]...)
				continue
			}
			x := taken{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), rapid.Int64Range(1, 25).Draw(t, "n")}
			mine, count := of(x.key)
			sum, total := of("")
			want := (count == 0 || mine+x.n <= each) && (total == 0 || sum+x.n <= all)
			if got := s.take(x.key, x.n, each, all); got != want {
				t.Fatalf("take %+v with %+v: %v, expected %v", x, held, got, want)
			} else if got {
				held = append(held, x)
			}
		}
		for _, h := range held {
			s.give(h.key, h.n)
		}
		if s.sum != 0 || len(s.of) != 0 {
			t.Fatalf("in the end %d are held, of %v", s.sum, s.of)
		}
	})
}

// slow opens connections that send the head of a request, and not its body.
func (w *world) slow(t *testing.T, n int, head string) (conns []net.Conn) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.http.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, strings.ReplaceAll(head, "\n", "\r\n")); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	return conns
}

// answerOf is what comes on a connection at once; 0: nothing, since the body is waited for.
func answerOf(c net.Conn) (int, http.Header) {
	c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, res.Header
}

// TestF34SlowBodies: somebody who sends heads and no bodies has a share of the places
// and no more; others are served.
func TestF34SlowBodies(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxInFlight = 160 })
	head := "POST /api/hooks/x HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 1000\n\n"
	w.slow(t, 10, head) // a sixteenth
	time.Sleep(100 * time.Millisecond)
	whole := func(head string) net.Conn { // the server reads a short body before it answers
		t.Helper()
		return w.slow(t, 1, head+strings.Repeat("x", 1000))[0]
	}
	if status, h := answerOf(whole(head)); status != 429 || h.Get("Retry-After") == "" {
		t.Errorf("the 11th from one address: %d %v", status, h)
	}
	if res, _ := w.do("GET", "/api/vector", "anna", "", nil, nil); res.StatusCode != 200 {
		t.Errorf("an account is not served: %d", res.StatusCode)
	}
	mine := fmt.Sprintf("POST /api/reports HTTP/1.1\nHost: x\nAuthorization: Bearer %s\nContent-Type: application/json\nContent-Length: 1000\n\n", secretOf("reader"))
	w.slow(t, 80, mine) // half
	time.Sleep(200 * time.Millisecond)
	if status, _ := answerOf(whole(mine)); status != 429 {
		t.Errorf("the 81st of one account: %d", status)
	}
	if res, _ := w.do("GET", "/api/vector", "anna", "", nil, nil); res.StatusCode != 200 {
		t.Errorf("another account is not served: %d", res.StatusCode)
	}
}

// TestF34LongBodies: long bodies are read for those who may send them, a share at
// once, and files are never whole in memory.
func TestF34LongBodies(t *testing.T) {
	office := withOffice(t)
	w := newWorld(t, func(o *Options) { office(o); o.MaxBlob, o.MaxImport = 40<<20, 48<<20 })
	head := func(account, path, kind string, length int) string {
		h := fmt.Sprintf("POST %s HTTP/1.1\nHost: x\nContent-Type: %s\nContent-Length: %d\n", path, kind, length)
		if account != "" {
			h += "Authorization: Bearer " + secretOf(account) + "\n"
		}
		return h + "\n"
	}
	if status, _ := answerOf(w.slow(t, 1, head("", "/api/imports?name=x.csv", "application/octet-stream", 48<<20))[0]); status != 401 {
		t.Errorf("a table by nobody: %d before its body", status)
	}
	w.slow(t, 1, head("anna", "/api/imports?name=x.csv", "application/octet-stream", 48<<20))
	time.Sleep(100 * time.Millisecond)
	if status, h := answerOf(w.slow(t, 1, head("anna", "/api/imports?name=x.csv", "application/octet-stream", 48<<20))[0]); status != 429 || h.Get("Retry-After") == "" {
		t.Errorf("a second long body of one account: %d", status)
	}
	if status, _ := answerOf(w.slow(t, 1, head("reader", "/api/imports?name=x.csv", "application/octet-stream", 48<<20))[0]); status == 429 {
		t.Error("another account's is refused too")
	}
	// A file goes to disk and from it.
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	file := bytes.Repeat([]byte("evidence"), 4<<20) // 32 MiB
	made := len(file)
	res, text := w.do("POST", "/api/blobs", "anna", "application/octet-stream", file, nil)
	if runtime.ReadMemStats(&b); res.StatusCode != 201 || b.TotalAlloc-a.TotalAlloc > uint64(made)+16<<20 {
		t.Errorf("%d %s; %d MB were allocated to take a file of %d MB that was there", res.StatusCode, text, (b.TotalAlloc-a.TotalAlloc)>>20, made>>20)
	}
	// One that is too long, and does not say so, is not kept.
	r, err := http.NewRequest("POST", w.http.URL+"/api/blobs", io.LimitReader(zeros{}, 41<<20))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secretOf("anna"))
	r.Header.Set("Content-Type", "application/octet-stream")
	if res, err := http.DefaultClient.Do(r); err == nil { // or the connection is closed before all of it is sent
		defer res.Body.Close()
		if text, _ := io.ReadAll(res.Body); res.StatusCode != 413 {
			t.Errorf("a file that is too long: %d %s", res.StatusCode, text)
		}
	}
	if res, _ := w.do("POST", "/api/blobs", "", "application/octet-stream", file[:100], nil); res.StatusCode != 401 {
		t.Errorf("a file by nobody: %d", res.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestF34Streams: one address has a tenth of the streams; whoever has signed in still
// gets one.
func TestF34Streams(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxStreams = 100 })
	ask := func(account string) (*http.Response, func()) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.http.URL+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		if account != "" {
			r.Header.Set("Authorization", "Bearer "+secretOf(account))
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res, func() { res.Body.Close() }
	}
	var close []func()
	for i := range 10 {
		res, end := ask("")
		if close = append(close, end); res.StatusCode != 200 {
			t.Fatalf("stream %d: %d", i, res.StatusCode)
		}
	}
	res, end := ask("")
	if end(); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("the 11th of one address: %d", res.StatusCode)
	}
	res, end = ask("anna")
	if end(); res.StatusCode != 200 {
		t.Errorf("an account: %d", res.StatusCode)
	}
	for _, end := range close {
		end()
	}
	for late := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if w.web.viewing.mu.Lock(); w.web.viewing.sum == 0 && w.web.streams.Load() == 0 {
			w.web.viewing.mu.Unlock()
			return
		}
		w.web.viewing.mu.Unlock()
		if time.Now().After(late) {
			t.Fatal("places of streams that have ended are not given back")
		}
	}
}
