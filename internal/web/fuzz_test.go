package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequests sends anything to anywhere: the server never fails, answers with a
// problem where it refuses, and nothing that was refused is in the log.
func FuzzRequests(f *testing.F) {
	w := newWorld(f, nil)
	for i := range 3 {
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil); res.StatusCode != 201 {
			f.Fatal(body)
		}
	}
	w.follow()
	for _, seed := range [][3]string{
		{"/api/incidents", "bbox=170,-90,-170,90&from=0001-01-01&to=9999-12-31&limit=1", ""},
		{"/api/incidents.csv", "act=attack&act=unknown&verdict=contested&reading=*&q=%D0%BE%D0%B1%D1%81%D1%82%D1%80%D1%96%D0%BB%22%20OR%20*", ""},
		{"/api/incidents", "cursor=AAAAAAAAAAA&at=2", ""}, {"/api/bins", "bbox=-180,-90,180,90&width=512&height=512", ""}, {"/api/bins", "bbox=1,1,1,1", ""},
		{"/api/counts", "by=halt@a&at=1", ""}, {"/api/entries", "cursor=-1&kind=report@1&from=x", ""}, {"/api/incidents/OUT-0000", "explain=true", ""},
		{"/api/reports", "", string(reportBody(9))}, {"/api/reports", "", `{"id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZA","format":"geojson","row":{"a":"\u0000","":"x"}}`},
		{"/api/reports", "", `{"id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZB","format":"acled","made":"-0001-01-01T00:00:00Z","row":{"event_date":"1 May 2025"}}`},
		{"/api/entries", "", `{"id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZC","kind":"merge@1","refs":[{"relation":"merges","id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZC"}],"payload":{"reason":"itself"}}`},
		{"/api/entries", "", `{"id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZD","kind":"correction@1","refs":[{"relation":"supersedes","id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZD"}],"payload":{"reason":"itself","facts":{"time_start":"x"}}}`},
		{"/api/signed", "", `{"entries":[{"entry":"{}","salt":"AA==","payload":"AA=="}]}`}, {"/log/tile/0/000", "", ""}, {"/log/tile/entries/x001/000.p/0", "", ""},
		{"/log/tile/entries/x0\x10\x00", "", ""}, {"/log/checkpoint/x", "", ""}, {"/log/tile/entries/000/x", "", ""}, {"/log/tile/" + strings.Repeat("0", 300), "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, path, query, body string) {
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/api/events") {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		if body != "" {
			r = httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
		}
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+secretOf("anna"))
		size := w.log.Size()
		rec := httptest.NewRecorder()
		w.web.Handler().ServeHTTP(rec, r)
		if rec.Code >= 500 {
			t.Fatalf("%s?%s: status %d: %s", path, query, rec.Code, rec.Body)
		}
		if rec.Code >= 400 && rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Fatalf("%s?%s: status %d as %q", path, query, rec.Code, rec.Header().Get("Content-Type"))
		}
		if rec.Code != http.StatusCreated && w.log.Size() != size {
			t.Fatalf("%s: status %d, and the log grew", path, rec.Code)
		}
		if w.log.Size() == size {
			return
		}
		if err := w.log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.views.Update(t.Context(), w.log.Reader()); err != nil {
			t.Fatalf("the views do not take the entry: %v", err)
		}
	})
}
