package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReportTellsNoMore: a report for the public holds of the story what its server
// answers the public, in none of its files more.
func TestReportTellsNoMore(t *testing.T) {
	dir := t.TempDir()
	var out, errs strings.Builder
	if code := run([]string{"report", "--demo", "--date", "2025-04-02", "--days", "31", "--out", dir + "/"}, nil, &out, &errs); code != 0 && !strings.Contains(errs.String(), "PDF") {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	h, err := openDemo(t.Context(), filepath.Join(t.TempDir(), "record"), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	served := h.web.HTTP(t.Context()).Handler
	type item struct{ ID, Radio, Text, Source, Title string }
	list := func(as string) map[string]item {
		r := httptest.NewRequest(http.MethodGet, "/api/incidents?limit=1000", nil)
		r.Header.Set("Truce-Demo-As", as)
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		var l struct{ Items []item }
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all := map[string]item{}
		for _, x := range l.Items {
			all[x.ID] = x
		}
		return all
	}
	open, whole := list("public"), list("duty")
	if len(open) == 0 || len(open) >= len(whole) {
		t.Fatalf("%d for the public, %d for the mission", len(open), len(whole))
	}
	f, err := os.Open(filepath.Join(dir, "records.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	head, err := rows.Read()
	n := 0
	for ; err == nil; n++ {
		var row []string
		if row, err = rows.Read(); err != nil {
			break
		}
		cell := map[string]string{}
		for i, name := range head {
			cell[name] = row[i]
		}
		if _, shown := open[cell["id"]]; !shown {
			t.Errorf("%s is not for the public", cell["id"])
		}
		for _, c := range []string{"actor", "source", "text", "station"} {
			if cell[c] != "" {
				t.Errorf("%s: %s is %q", cell["id"], c, cell[c])
			}
		}
		if !strings.HasSuffix(cell["time_start"], "T00:00:00Z") && cell["time_start"] != "" {
			t.Errorf("%s: the hour is told: %s", cell["id"], cell["time_start"])
		}
	}
	if err != io.EOF || n < 100 {
		t.Fatalf("%d rows, %v", n, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range whole {
			if len(x.Text) > 20 && strings.Contains(string(b), x.Text) {
				t.Errorf("%s holds the words of %s", filepath.Base(name), x.ID)
			}
		}
	}
}
