package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestTooMuch: what is more than a server takes is refused with what to do, and
// nothing of it is done.
func TestTooMuch(t *testing.T) {
	now := time.Unix(1_750_000_000, 0)
	w := newWorld(t, func(o *Options) {
		o.Rate, o.Anonymous, o.MaxBody = 2, 1, 2000
		o.Now = func() time.Time { return now }
	})
	ask := func(account string) int {
		res, body := w.do("GET", "/api/vector", account, "", nil, nil)
		if res.StatusCode == http.StatusTooManyRequests && (res.Header.Get("Retry-After") != "1" || !strings.Contains(body, "try again in 1 s")) {
			t.Errorf("429 does not say when to come back: %q %s", res.Header.Get("Retry-After"), body)
		}
		return res.StatusCode
	}
	for i := range 10 {
		if got := ask("reader"); got != 200 {
			t.Fatalf("request %d: status %d", i, got)
		}
	}
	if got := ask("reader"); got != 429 {
		t.Errorf("the 11th at once: status %d", got)
	}
	if got := ask("anna"); got != 200 {
		t.Errorf("somebody else: status %d", got)
	}
	now = now.Add(time.Second)
	if a, b, c := ask("reader"), ask("reader"), ask("reader"); a != 200 || b != 200 || c != 429 {
		t.Errorf("two a second: %d %d %d", a, b, c)
	}
	for range 100 { // guessing tokens
		res, _ := w.do("GET", "/api/vector", "nobody", "", nil, nil)
		if now = now.Add(time.Millisecond); res.StatusCode == 429 {
			goto guessed
		}
	}
	t.Error("guessing tokens is not slowed down")
guessed:
	res, body := w.do("POST", "/api/reports", "anna", "application/json", []byte(`{"note":"`+strings.Repeat("x", 3000)+`"}`), nil)
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, "/api/blobs") {
		t.Errorf("a long body: %d %s", res.StatusCode, body)
	}
	r, err := http.NewRequest("POST", w.http.URL+"/api/reports", io.MultiReader(strings.NewReader(`{"note":"`), strings.NewReader(strings.Repeat("x", 3000)), strings.NewReader(`"}`)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secretOf("anna"))
	r.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body whose length is not said: %v %v", res, err)
	}
	if w.log.Size() != w.base {
		t.Errorf("the log has %d entries", w.log.Size())
	}
}

// TestUnchanged: who has an answer already does not get it again; a change, or
// another reader, does.
func TestUnchanged(t *testing.T) {
	w := newWorld(t, nil)
	for i, path := range []string{"/api/incidents", "/api/incidents.csv", "/api/findings.geojson", "/api/reports", "/api/findings.atom", "/api/counts"} {
		res, _ := w.do("GET", path, "reader", "", nil, nil)
		tag := res.Header.Get("ETag")
		if res.StatusCode != 200 || tag == "" {
			t.Fatalf("%s: %d %q", path, res.StatusCode, tag)
		}
		have := map[string]string{"If-None-Match": tag}
		if res, body := w.do("GET", path, "reader", "", nil, have); res.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: asked again: %d %q", path, res.StatusCode, body)
		}
		if res, _ := w.do("GET", path, "anna", "", nil, have); res.StatusCode != 200 {
			t.Errorf("%s: another reader: %d", path, res.StatusCode)
		}
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil); res.StatusCode != 201 {
			t.Fatal(body)
		}
		w.follow()
		if res, _ := w.do("GET", path, "reader", "", nil, have); res.StatusCode != 200 {
			t.Errorf("%s: after a change: %d", path, res.StatusCode)
		}
		w.do("POST", "/api/reports", "anna", "application/json", reportBody(100+i), nil)
		w.follow()
	}
}

// TestEvents: a stream tells of each entry once, in order; one that was cut off
// goes on where it was; ids begin at 1.
func TestEvents(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.MaxStreams = 2 })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ids := func(last string, n int) []string {
		r, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+"/api/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secretOf("reader"))
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 200 {
			return []string{fmt.Sprint(res.StatusCode)}
		}
		var out []string
		in := bufio.NewScanner(res.Body)
		in.Buffer(nil, 1<<20)
		for len(out) < n && in.Scan() {
			if id, ok := strings.CutPrefix(in.Text(), "id: "); ok {
				out = append(out, id)
			}
		}
		return out
	}
	got := make(chan []string)
	go func() { got <- ids(fmt.Sprint(w.base-1), 4) }()
	for i := range 3 {
		w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil)
		w.follow()
	}
	if s := fmt.Sprint(<-got); s != fmt.Sprint([]int64{w.base, w.base + 1, w.base + 2, w.base + 3}) {
		t.Errorf("events %s", s)
	}
	if s := fmt.Sprint(ids(fmt.Sprint(w.base+1), 2)); s != fmt.Sprint([]int64{w.base + 2, w.base + 3}) {
		t.Errorf("after 2: %s", s)
	}
	if s := fmt.Sprint(ids("soon", 1)); s != "[422]" {
		t.Errorf("after soon: %s", s)
	}
	w.web.streams.Add(2)
	if s := fmt.Sprint(ids("", 1)); s != "[503]" {
		t.Errorf("a third stream: %s", s)
	}
	w.web.streams.Add(-2)
}

// TestReplayStorm: the same report by many at once is one entry with one receipt.
func TestReplayStorm(t *testing.T) {
	w := newWorld(t, nil)
	var mu sync.Mutex
	answers := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(1), nil)
			if res.StatusCode != 201 && res.StatusCode != 200 {
				body = res.Status + body
			}
			mu.Lock()
			answers[body]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(answers) != 1 || w.log.Size() != w.base+1 {
		t.Errorf("%d entries, answers %v", w.log.Size(), answers)
	}
}
