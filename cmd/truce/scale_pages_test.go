package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scalePages are opened in a browser, to see what each asks the server.
var scalePages = []string{"/", "/incidents", "/incidents/ID", "/triage", "/terms", "/terms/energy-2025", "/compare?a=energy-2025@kremlin&b=energy-2025@ukraine", "/compare?a=energy-2025@kremlin&b=energy-2025@ukraine&assume=all", "/scenario?of=ID", "/record", "/talks", "/commission", "/daily", "/daily?date=2025-04-20", "/verification", "/verification?view=coverage&from=2025-04-13&to=2025-04-20", "/methodology", "/report"}

// mostWorked is what a request of a page may take of a processor: the server's time, and that
// of the client with it.
const mostWorked = 200 * time.Millisecond

// TestScalePages prints how long the server takes for each request that each page
// makes when it is opened: the first time after the record has grown, when what was
// kept of earlier answers is of no use, and again and again after that. The time is
// that which a client on this machine waits for the whole answer; beside it stands the
// processor time of both, which may be 200 ms for no request. What is made beside
// requests is waited for, and its processor time stands in a line of its own.
func TestScalePages(t *testing.T) {
	n := scaleSize(t)
	b := newBrowser(t)
	b.base = scaleServer(t, n)
	c := &http.Client{Timeout: 2 * time.Minute}
	id := one(t, c, b.base)
	const again = 40
	t.Logf("%d generated incidents; %s", n, load())
	t.Log("page | request | first ms (processor) | p50 ms | p99 ms | processor ms each | bytes")
	for _, page := range scalePages {
		if !strings.HasPrefix(page, os.Getenv("TRUCE_SCALE_PAGE")) {
			continue
		}
		page = strings.ReplaceAll(page, "ID", id)
		asked := asks(t, b, page)
		grow(t, c, b.base)
		// What begins work beside requests is asked last: its processor time is no request's.
		slices.SortStableFunc(asked, func(x, y string) int { return isBeside(x) - isBeside(y) })
		first, firstCPU := map[string]time.Duration{}, map[string]time.Duration{}
		for _, u := range asked {
			before := worked()
			first[u], _, _ = waits(t, c, b.base+u)
			firstCPU[u] = worked() - before
			if isBeside(u) > 0 {
				before, began := worked(), time.Now()
				if settles(t, c, b.base+u); time.Since(began) > time.Second/4 {
					t.Logf("%s | made beside %s | %.1f (%.1f)", page, u, milli(time.Since(began)), milli(worked()-before))
				}
			}
		}
		for _, u := range asked {
			took, size, status, before := make([]time.Duration, again), 0, 0, worked()
			for i := range took {
				took[i], size, status = waits(t, c, b.base+u)
			}
			each := (worked() - before) / again
			slices.Sort(took)
			said := u
			if status != http.StatusOK {
				said += fmt.Sprintf(" (%d)", status)
			}
			if first[u] > mostWorked || took[again*99/100] > mostWorked {
				said += " OVER"
			}
			t.Logf("%s | %s | %.1f (%.1f) | %.1f | %.1f | %.1f | %d", page, said, milli(first[u]), milli(firstCPU[u]), milli(took[again/2]), milli(took[again*99/100]), milli(each), size)
			if firstCPU[u] > mostWorked || each > mostWorked {
				t.Errorf("%s: %s takes %.0f ms of a processor the first time, %.0f again: no request of a page may take %v", page, u, milli(firstCPU[u]), milli(each), mostWorked)
			}
		}
	}
	t.Log(load())
}

// isBeside is 1 for a request whose answer may be made beside it.
func isBeside(u string) int {
	if strings.Contains(u, "stale=true") || strings.HasPrefix(u, "/api/compare") && strings.Contains(u, "part=incidents") {
		return 1
	}
	return 0
}

// settles asks until nothing is made beside any more.
func settles(t *testing.T, c *http.Client, url string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Minute; time.Sleep(500 * time.Millisecond) {
		res, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		var a struct{ Working bool }
		err = json.NewDecoder(res.Body).Decode(&a)
		res.Body.Close()
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		if !a.Working {
			return
		}
	}
	t.Fatalf("%s is made for ever", url)
}

// worked is the processor time that this program has had, the server and the client in
// it: it does not grow with what else the machine does.
func worked() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// one is the id of an incident of the story, which has all that an incident can have.
func one(t *testing.T, c *http.Client, base string) string {
	t.Helper()
	res, err := c.Get(base + "/api/incidents?state=incident&limit=1&q=Sudzha")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var l struct{ Items []struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&l); err != nil || len(l.Items) != 1 {
		t.Fatal("the story's incident of Sudzha is not there:", err)
	}
	return l.Items[0].ID
}

// asks opens a page and returns what it asks of the server, without what is the same
// file for everybody and without the stream, which does not end.
func asks(t *testing.T, b *browser, page string) []string {
	t.Helper()
	x := b.open(t, 1440, 900, page)
	quiet, had, began := time.Now(), 0, time.Now()
	for time.Since(quiet) < 2500*time.Millisecond && time.Since(began) < time.Minute {
		time.Sleep(100 * time.Millisecond)
		x.mu.Lock()
		if len(x.kinds) != had {
			had, quiet = len(x.kinds), time.Now()
		}
		x.mu.Unlock()
	}
	var out []string
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, u := range x.kinds {
		p, err := url.Parse(u)
		if err == nil && strings.HasPrefix(u, b.base) && strings.HasPrefix(p.Path, "/api/") && p.Path != "/api/events" {
			out = append(out, p.RequestURI())
		}
	}
	for _, f := range x.faults {
		t.Logf("%s: the browser complains: %s", page, f)
	}
	slices.Sort(out)
	return slices.Compact(append(out, page))
}

// grow adds a report, and waits until answers are of the record with it.
func grow(t *testing.T, c *http.Client, base string) {
	t.Helper()
	body := floodBody(int(time.Now().UnixMilli() % 1_000_000_000))
	res, err := c.Post(base+"/api/reports", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("a report is answered with %d: %s", res.StatusCode, b)
	}
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(50 * time.Millisecond) {
		res, err := c.Get(base + "/api/vector")
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Vector map[string]int64
			Log    int64
		}
		err = json.NewDecoder(res.Body).Decode(&v)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range v.Vector {
			if size == v.Log {
				return
			}
		}
	}
	t.Fatal("the views did not follow within a minute")
}

// waits asks once, and says how long the whole answer took.
func waits(t *testing.T, c *http.Client, url string) (took time.Duration, size, status int) {
	t.Helper()
	began := time.Now()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(began), int(n), res.StatusCode
}
