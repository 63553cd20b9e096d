package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/console"
	"time"
)

// TestDemoServes: each address of the API has something to show of the story, says
// that it is a demo, and keeps what is handed in.
func TestDemoServes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	h, err := openDemo(t.Context(), dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	// The newest entry is the account that was made to look at it: today.
	if now := storyClock(h.log.Reader())(); now.Format("2006-01-02") != "2025-04-30" {
		t.Errorf("a demo that is served again begins at %v", now)
	}
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan struct{})
	go func() { h.web.Follow(ctx); close(followed) }()
	srv := httptest.NewServer(h.web.Handler())
	ask := func(method, path, body string, header ...string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		a, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(b)
	}
	for _, path := range []string{"/api/incidents?limit=5", "/api/incidents?verdict=contested&limit=5", "/api/incidents?q=Sudzha", "/api/findings?terms=energy-2025&reading=kremlin&verdict=breach&limit=5", "/api/reports?limit=5", "/api/claims?limit=5", "/api/terms", "/api/entries?limit=5"} {
		status, b := ask("GET", path, "")
		var page struct{ Items []any }
		if err := json.Unmarshal([]byte(b), &page); err != nil || status != 200 || len(page.Items) == 0 {
			t.Errorf("%s: %d, %d items, %v", path, status, len(page.Items), err)
		}
	}
	for _, path := range []string{"/", "/api/vector", "/api/counts?by=energy-2025@kremlin", "/api/bins?bbox=30,44,41,53&width=8&height=8", "/api/findings.atom", "/api/incidents.csv", "/api/incidents.geojson", "/log/checkpoint", "/openapi.json"} {
		if status, b := ask("GET", path, ""); status != 200 || len(b) < 40 {
			t.Errorf("%s: %d, %d bytes", path, status, len(b))
		}
	}
	for _, kind := range []string{"commitment@1", "determination@1", "evidence@1", "note@1", "notice@1", "merge@1", "split@1", "account@1"} {
		if status, b := ask("GET", "/api/entries?limit=1&kind="+kind, ""); status != 200 || !strings.Contains(b, kind) {
			t.Errorf("entries of %s: %d %.200s", kind, status, b)
		}
	}
	verdictsCounted(t, ask)
	dataBeside(t, ask)
	if _, b := ask("GET", "/healthz", ""); !strings.Contains(b, `"today":"2025-04-30"`) || !strings.Contains(b, "Demo record") {
		t.Errorf("health does not say that it is a demo: %s", b)
	}
	report := `{"id": "01JTEST000000000000000000A", "row": {"time_start": "2025-04-30T09:00Z", "act": "attack.strike", "text": "handed in by a test"}}`
	if status, b := ask("POST", "/api/reports", report, "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("a page of another site: %d %s", status, b)
	}
	if status, b := ask("POST", "/api/reports", report); status != 201 {
		t.Errorf("a report: %d %s", status, b)
	}
	size := h.log.Size()
	srv.Close()
	stop()
	<-followed
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if h, err = openDemo(t.Context(), dir, "", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if h.log.Size() != size {
		t.Errorf("%d entries after another start, expected %d", h.log.Size(), size)
	}
	h.close()
	var out, errs bytes.Buffer
	if code := run([]string{"verify", dir, "--policy", filepath.Join(dir, "mission.policy")}, strings.NewReader(""), &out, &errs); code != 0 || !strings.Contains(out.String(), "40 findings judged again") {
		t.Errorf("truce verify: exit %d\n%s%s", code, out.String(), errs.String())
	}
}

// dataBeside: every page has its data at its address with .json, .csv and .geojson,
// whatever of its layout stands in the address.
func dataBeside(t *testing.T, ask func(method, path, body string, header ...string) (int, string)) {
	t.Helper()
	kinds := map[string]func(string) bool{
		"json": func(b string) bool { return json.Valid([]byte(b)) },
		"csv": func(b string) bool {
			rows, err := csv.NewReader(strings.NewReader(b)).ReadAll()
			return err == nil && len(rows) > 1
		},
		"geojson": func(b string) bool {
			var c struct {
				Type     string
				Features []struct{ Geometry *struct{ Type string } }
			}
			return json.Unmarshal([]byte(b), &c) == nil && c.Type == "FeatureCollection" && c.Features != nil
		},
	}
	pages := []string{"incidents/KUR-9ZD7", "terms/energy-2025", "compare?a=energy-2025@kremlin&b=energy-2025@ukraine&view=side", "scenario?of=KUR-9ZD7&f.act=overflight&only=changed", "commission?view=windows&sel=X"}
	for _, p := range console.Pages() {
		if p != "compare" {
			pages = append(pages, p)
		}
	}
	for _, p := range pages {
		at, query, _ := strings.Cut(p, "?")
		for ending, good := range kinds {
			if status, b := ask("GET", "/"+at+"."+ending+"?"+query, ""); status != 200 || !good(b) {
				t.Errorf("%s as %s: %d %.200s", p, ending, status, b)
			}
		}
	}
	if status, b := ask("GET", "/incidents.csv?verdit=breach", ""); status != 422 {
		t.Errorf("a filter that is misspelt answers with %d %.100s", status, b)
	}
	if status, b := ask("GET", "/scenario.csv?f.act=nonsense", ""); status != 422 || !strings.Contains(b, "act") {
		t.Errorf("a fact that cannot be: %d %.200s", status, b)
	}
	if _, b := ask("GET", "/scenario.csv?of=KUR-9ZD7&f.act=attack.strike.drone", ""); !strings.Contains(b, "white-house-18-march,attributed,US,breach,undetermined,true") {
		t.Errorf("what is supposed is not judged: %s", b)
	}
	for _, path := range []string{"/api/accounts.csv", "/api/tasks.csv", "/api/scenario.geojson"} {
		if _, b := ask("GET", "/openapi.json", ""); !strings.Contains(b, path) {
			t.Errorf("/openapi.json does not name %s", path)
		}
	}
}

// counted: what the API counts by verdict, under each of the five readings, is what
// going through all incidents gives, and no reading has one verdict alone.
func verdictsCounted(t *testing.T, ask func(method, path, body string, header ...string) (int, string)) {
	t.Helper()
	readings := []string{"kremlin", "order-18-march", "white-house-18-march", "white-house-25-march", "ukraine"}
	walked := map[string]map[string]int{}
	for _, r := range readings {
		walked[r] = map[string]int{}
	}
	for cursor := ""; ; {
		_, b := ask("GET", "/api/incidents?limit=200&cursor="+cursor, "")
		var page struct {
			Next  string
			Items []struct {
				Findings []struct{ Terms, Reading, Verdict string }
			}
		}
		if err := json.Unmarshal([]byte(b), &page); err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			for _, f := range i.Findings {
				if f.Terms == "energy-2025" {
					walked[f.Reading][f.Verdict]++
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, r := range readings {
		_, b := ask("GET", "/api/counts?by=energy-2025@"+r, "")
		var c struct {
			Groups []string
			Days   []struct{ N []int }
		}
		if err := json.Unmarshal([]byte(b), &c); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, d := range c.Days {
			for i, n := range d.N {
				if n > 0 {
					counts[c.Groups[i]] += n
				}
			}
		}
		if !maps.Equal(counts, walked[r]) || len(counts) < 3 {
			t.Errorf("%s: counted %v, walked %v", r, counts, walked[r])
		}
		t.Log(r, counts)
	}
}

// TestDemoEnds: it serves until it is interrupted, with the address printed, and
// refuses a record that is not the story's.
func TestDemoEnds(t *testing.T) {
	dir := t.TempDir()
	h, err := openDemo(t.Context(), filepath.Join(dir, "record"), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var out bytes.Buffer
	opened := false
	if err := serveDemo(ctx, h, l, &out, func() { opened = true; stop() }); err != nil || !opened {
		t.Fatal(err, opened)
	}
	if !strings.Contains(out.String(), "http://"+l.Addr().String()) {
		t.Errorf("the address is not printed: %q", out.String())
	}
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	o := serveOptions{data: other, origin: "example.org/real", every: time.Second}
	real, err := o.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	real.close()
	if _, err := openDemo(t.Context(), other, "", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "not of the story") {
		t.Errorf("the demo opened the record of %s without a sign-in: %v", "example.org/real", err)
	}
}
