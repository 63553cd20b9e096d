package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/when"
)

// TestServedReport: the server makes the report that truce report makes, to the byte,
// for each sort of readers; who may not read what it is made of has none; what is
// issued stays as it is.
func TestServedReport(t *testing.T) {
	dir := t.TempDir()
	h, err := openDemo(t.Context(), filepath.Join(dir, "record"), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	ctx, end := context.WithCancel(t.Context())
	followed := make(chan struct{})
	go func() { h.web.Follow(ctx); close(followed) }()
	defer func() { end(); <-followed }()
	served := h.web.HTTP(t.Context()).Handler
	ask := func(as, method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Truce-Demo-As", as)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	// truce report reads what a checkpoint covers; opening the demo wrote a few entries.
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var v struct {
			Vector          map[string]int64
			Log, Checkpoint int64
		}
		_, text := ask("duty", "GET", "/api/vector", "")
		if json.Unmarshal([]byte(text), &v) == nil && v.Log == v.Checkpoint && v.Vector[story.Origin] == v.Log {
			break
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("no checkpoint covers the record: %s", text)
		}
	}
	t.Run("of its days", func(t *testing.T) { reportOfItsDays(t, h) })
	const q = "date=2025-04-02&days=7&lang=uk"
	for as, who := range map[string]string{"public": "public", "delegate-ru": "parties", "delegate-ua": "parties", "duty": "mission"} {
		page, table := filepath.Join(dir, who+".html"), filepath.Join(dir, who+".csv")
		var out, errs strings.Builder
		if code := run([]string{"report", "--data", filepath.Join(dir, "record"), "--date", "2025-04-02", "--days", "7", "--lang", "uk", "--for", who, "--out", page, "--out", table, "--annex", "figures"}, nil, &out, &errs); code != 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		for name, path := range map[string]string{page: "/api/daily.html?", table: "/api/daily.csv?annex=figures&"} {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if status, got := ask(as, "GET", path+q+"&for="+who, ""); status != 200 || got != string(want) {
				t.Errorf("%s for %s as %s: %d, %d bytes, and truce report writes %d", path, who, as, status, len(got), len(want))
			}
		}
	}
	for as, want := range map[string]int{"public": 401, "delegate-ru": 403, "delegate-ua": 403, "reader": 403} {
		if status, _ := ask(as, "GET", "/api/daily?for=mission&"+q, ""); status != want {
			t.Errorf("the report for the mission, as %s: %d, expected %d", as, status, want)
		}
	}
	if status, text := ask("duty", "GET", "/api/daily?date=yesterday&zone=Nowhere/None&cutoff=25", ""); status != 422 || strings.Count(text, `"location"`) != 3 {
		t.Errorf("a question with three faults: %d %s", status, text)
	}

	issue := func(as, id, more string) (int, string) {
		return ask(as, "POST", "/api/daily/issue", `{"id":"01JT20000000000000000000`+id+`","report":{"date":"2025-04-02","for":"public"},"reason":"the morning's report"`+more+`}`)
	}
	for as, want := range map[string]int{"public": 401, "delegate-ua": 403, "delegate-ru": 403, "patrol-1": 403, "verifier": 403} {
		if status, text := issue(as, "01", ""); status != want {
			t.Errorf("issued as %s: %d %s, expected %d", as, status, text, want)
		}
	}
	if status, text := issue("duty", "02", `,"figures":{"violations.total":"777"}`); status != 409 || !strings.Contains(text, "violations.total: 777, now ") {
		t.Errorf("numbers that have changed: %d %s", status, text)
	}
	_, before := ask("duty", "GET", "/api/daily.html?date=2025-04-02", "")
	if status, text := issue("duty", "03", ""); status != 201 {
		t.Fatalf("issued by the duty officer: %d %s", status, text)
	}
	var list struct {
		Items []struct {
			ID, Marking, Corrects, Reason string
			CorrectedBy                   string `json:"corrected_by"`
			Vector, Files                 []string
			Figures                       map[string]string
		}
	}
	waitIssued := func(n int) {
		t.Helper()
		for began := time.Now(); len(list.Items) < n; time.Sleep(50 * time.Millisecond) {
			_, text := ask("public", "GET", "/api/daily/issued", "")
			if err := json.Unmarshal([]byte(text), &list); err != nil || time.Since(began) > 20*time.Second {
				t.Fatalf("%d issued reports are listed: %v %.300s", len(list.Items), err, text)
			}
		}
	}
	waitIssued(1)
	x := list.Items[0]
	if x.Marking != "public" || len(x.Vector) != 1 || len(x.Files) < 4 || len(x.Figures) < 10 {
		t.Errorf("issued: %+v", x)
	}
	if status, got := ask("public", "GET", "/api/daily/issued/"+x.ID+"/report.html", ""); status != http.StatusOK || got != before {
		t.Errorf("the issued page: %d, %d bytes; it was %d", status, len(got), len(before))
	}
	if status, text := issue("duty", "04", ""); status != 409 || !strings.Contains(text, x.ID) {
		t.Errorf("the same period again: %d %s", status, text)
	}
	if status, text := issue("chair", "05", fmt.Sprintf(`,"corrects":%q`, x.ID)); status != 201 {
		t.Fatalf("a corrigendum: %d %s", status, text)
	}
	waitIssued(2)
	if list.Items[0].Corrects != x.ID || list.Items[1].CorrectedBy != list.Items[0].ID {
		t.Errorf("after the corrigendum: %+v", list.Items)
	}
	if _, got := ask("public", "GET", "/api/daily/issued/"+x.ID+"/report.html", ""); got != before {
		t.Error("a corrigendum has changed what was issued")
	}
}

// reportOfItsDays: a report from the records of its days, of the chart and without a time
// is the one from all records.
func reportOfItsDays(t *testing.T, h *house) {
	kyiv, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	fewer := 0
	for _, who := range []string{"public", "parties", "mission", "restricted"} {
		for _, date := range []string{"2025-03-19", "2025-04-02", "2025-05-20"} {
			var pages, figures [2]string
			var records [2]int
			for i, all := range []bool{true, false} {
				in := &daily.Input{Lang: "en", For: who, Days: 1, Hour: 19, Minute: 30, Zone: kyiv, Of: story.Origin, Rule: daily.DefaultRule(nil)}
				if in.Day, err = when.ParseDay(date, kyiv); err != nil {
					t.Fatal(err)
				}
				g := gather.Gatherer{In: in, Blobs: h.log.Blobs(), All: all}
				if err := h.views.Read(views.Now, g.Take); err != nil {
					t.Fatal(err)
				}
				r, err := daily.New(in)
				if err != nil {
					t.Fatal(err)
				}
				var page strings.Builder
				if err := r.WriteHTML(&page); err != nil {
					t.Fatal(err)
				}
				b, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				pages[i], figures[i], records[i] = page.String(), string(b), len(in.Records)
			}
			if figures[0] != figures[1] || pages[0] != pages[1] {
				t.Errorf("for %s on %s: from all %d records\n%.2000s\nfrom %d\n%.2000s", who, date, records[0], figures[0], records[1], figures[1])
			}
			if records[1] < records[0] {
				fewer++
			}
		}
	}
	if fewer < 8 {
		t.Errorf("in %d of 12 reports records were left out", fewer)
	}
}
