package web

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/record"
)

// reportBody is a report of about 500 bytes, with an id of its own.
func reportBody(i int) []byte {
	at := time.UnixMilli(1_742_860_800_000 + int64(i)).UTC()
	b, err := json.Marshal(map[string]any{"id": record.NewID(at, [10]byte{byte(i), byte(i >> 8), byte(i >> 16), 9}), "source": "patrol 4", "row": map[string]string{
		"time_start": at.Format("2006-01-02T15:04:05Z"), "time_end": at.Add(time.Hour).Format("2006-01-02T15:04:05Z"), "lat": fmt.Sprintf("%.4f", 46+float64(i%50000)/10000), "lon": "35.2", "precision_m": "500",
		"act": "attack.strike.drone", "target": "energy.power.substation", "owner": "UA", "text": "Drones were heard from the east, then two explosions; the substation at the edge of the town burns and the lights are out."}})
	if err != nil {
		panic(err)
	}
	return b
}

// BenchmarkReports hands reports in over HTTP by 256 clients on connections that
// stay open; each is checked, signed by the office, and on disk before its
// receipt. With rate=N a report is sent every 1/N s, and what one waits is counted
// from when it was to be sent. The clients are as lean as can be: it is the server
// that is measured, and both share the machine.
func BenchmarkReports(b *testing.B) {
	for _, rate := range []int{0, 5000} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) { reports(b, 256, rate, false) })
	}
	b.Run("rate=5000-followed", func(b *testing.B) { reports(b, 256, 5000, true) })
}

func reports(b *testing.B, clients, rate int, followed bool) {
	w := newWorld(b, lean)
	if followed {
		w.followAlong(b)
	}
	requests := make([][]byte, b.N)
	for i := range requests {
		requests[i] = w.request("/api/reports", reportBody(i))
	}
	w.measure(b, requests, clients, rate, 1)
}

// followAlong makes a checkpoint each second, which is ten times what a server does,
// and keeps the views up with it.
func (w *world) followAlong(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.web.Follow(ctx) })
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := w.log.Integrate(ctx); err != nil && ctx.Err() == nil {
				b.Error(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	b.Cleanup(func() { cancel(); wg.Wait() })
}

// lean is a server as it runs: it does not write a line for each request.
func lean(o *Options) {
	o.MaxInFlight = 4096
	o.Slog = slog.New(slog.DiscardHandler)
	TuneMemory()
	TuneProcessors() // each time: testing sets it back
}

// request is what a client sends.
func (w *world) request(path string, body []byte) []byte {
	address := strings.TrimPrefix(w.http.URL, "http://")
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, address, secretOf("anna"), len(body), body)
}

// measure sends requests, each with so many reports, and reports what one waits and
// what it costs. What the clients use is told apart: each writes bytes that were made
// before, and reads until the answer ends.
func (w *world) measure(b *testing.B, requests [][]byte, clients, rate, each int) {
	conns := make([]net.Conn, clients)
	for i := range conns {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.http.URL, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
	}
	took := make([]time.Duration, len(requests))
	var next atomic.Int64
	var wg sync.WaitGroup
	runtime.GC()
	used := processor(b)
	b.ResetTimer()
	start := time.Now()
	for _, c := range conns {
		wg.Go(func() {
			r := bufio.NewReader(c)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				began := time.Now()
				if rate > 0 {
					began = start.Add(time.Duration(i) * time.Second / time.Duration(rate))
					time.Sleep(time.Until(began))
				}
				if _, err := c.Write(requests[i]); err != nil {
					b.Error(err)
					return
				}
				if status, err := statusOf(r); status != http.StatusCreated || err != nil {
					b.Errorf("status %d, %v", status, err)
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	n := float64(len(requests) * each)
	b.ReportMetric(float64((processor(b)-used).Microseconds())/n, "cpu-µs/report")
	percentiles(b, took)
	b.ReportMetric(n/b.Elapsed().Seconds(), "reports/s")
}

// statusOf reads an answer that says how long it is.
func statusOf(r *bufio.Reader) (status int, err error) {
	length := -1
	for line := []byte("-"); len(line) > 0; {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if after, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 ")); ok && len(after) >= 3 {
			status, err = strconv.Atoi(string(after[:3]))
		} else if after, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, err = strconv.Atoi(string(after))
		}
		if err != nil {
			return 0, err
		}
	}
	if length < 0 {
		return status, errors.New("an answer that does not say how long it is")
	}
	_, err = r.Discard(length)
	return status, err
}

// processor is the time that this process has used of all processors.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// percentiles reports what a client waits.
func percentiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkFollow applies reports to the views, each of which is judged under
// nothing: what intake costs them without a text.
func BenchmarkFollow(b *testing.B) {
	w := newWorld(b, nil)
	for i := range b.N {
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil); res.StatusCode != http.StatusCreated {
			b.Fatal(body)
		}
	}
	used := processor(b)
	b.ResetTimer()
	w.follow()
	b.ReportMetric(float64((processor(b)-used).Microseconds())/float64(b.N), "cpu-µs/entry")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkSigned hands in entries that their author signed, several under one
// signature in each request, by 256 clients.
func BenchmarkSigned(b *testing.B) {
	for _, batch := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { signedReports(b, batch) })
	}
}

func signedReports(b *testing.B, batch int) {
	w := newWorld(b, lean)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	public := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	body := fmt.Sprintf(`{"id":"01JPV9Z8M0000000000000000A","kind":"key@1","payload":{"name":"collector","public":%q}}`, public)
	if res, got := w.do("POST", "/api/entries", "adm", "application/json", []byte(body), nil); res.StatusCode != http.StatusCreated {
		b.Fatal(got)
	}
	w.follow()
	author := record.IDOf(key.Public().(ed25519.PublicKey))
	requests := make([][]byte, b.N)
	for i := range requests {
		requests[i] = w.request("/api/signed", signedBody(b, key, author, i, batch))
	}
	w.measure(b, requests, 256, 0, batch)
}

func signedBody(tb testing.TB, key ed25519.PrivateKey, author record.KeyID, n, count int) []byte {
	tb.Helper()
	es := make([]*record.Envelope, count)
	var in struct {
		Entries []SignedIn `json:"entries"`
	}
	for k := range es {
		i := n*count + k
		at := time.UnixMilli(1_742_860_800_000 + int64(i)).UTC()
		x := SignedIn{Salt: make([]byte, record.SaltSize), Payload: fmt.Appendf(nil, `{"format":"truce","row":{"act":"attack.strike.drone","lat":"48.5","lon":"37.9","time_start":%q,"text":"seen by camera 12"}}`, at.Format(time.RFC3339))}
		copy(x.Salt, fmt.Sprint("salt ", i))
		es[k] = &record.Envelope{Kind: "report@1", ID: record.NewID(at, [10]byte{byte(i), byte(i >> 8), byte(i >> 16), 8}), Author: author, Made: at,
			Payload: record.Commit([record.SaltSize]byte(x.Salt), x.Payload), Type: "application/json", Size: int64(len(x.Payload))}
		in.Entries = append(in.Entries, x)
	}
	if err := record.Sign(key, es); err != nil {
		tb.Fatal(err)
	}
	for k, e := range es {
		b, err := e.Encode()
		if err != nil {
			tb.Fatal(err)
		}
		in.Entries[k].Entry = string(b)
	}
	b, err := json.Marshal(in)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
