package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/terms"
)

const drawnText = `---
truce: 1
id: line
title: A line
vocabulary: truce-core@1
time: {zone: UTC, start: "2025-01-01T00:00Z", end: none}
geometry: {distance: sphere, edges: planar, boundary: closed}
parties: {RU: {}, UA: {}}
---
> 1 Nobody fires into the zone.

` + "```truce\nclause: \"1\"\nforbid: {act: attack, zone: strip}\n```\n\n```truce\ndefine: strip\nzone: {file: maps/strip.geojson}\n```\n"

const drawnZone = `{"type":"Polygon","coordinates":[[[34,49],[36,49],[36,51],[34,51],[34,49]]]}`

// TestTextWithFilesOverHTTP: a text is handed in with the files that it draws zones
// in, is judged by, and is examined with them; names that lead elsewhere are refused.
func TestTextWithFilesOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	x, problems := terms.Parse(fstest.MapFS{"line.truce.md": {Data: []byte(drawnText)}, "maps/strip.geojson": {Data: []byte(drawnZone)}}, "line.truce.md")
	if x == nil {
		t.Fatal(problems)
	}
	send := func(body string) string {
		res, sum := w.do("POST", "/api/blobs", "chair", "application/octet-stream", []byte(body), nil)
		if res.StatusCode != http.StatusCreated {
			t.Fatal(sum)
		}
		return sha256Of(sum)
	}
	text, zone := send(drawnText), send(drawnZone)
	entry := func(id, files string, blobs ...string) (int, string) {
		b, err := json.Marshal(blobs)
		if err != nil {
			t.Fatal(err)
		}
		res, got := w.do("POST", "/api/entries", "chair", "application/json", fmt.Appendf(nil, `{"id":%q,"kind":"terms@1","blobs":%s,"payload":{"id":"line","digest":%q,"title":"A line"%s}}`, id, b, x.Digest, files), nil)
		w.follow()
		return res.StatusCode, got
	}
	for files, says := range map[string]string{
		`,"files":["line.truce.md","../secret/people.db"]`: "payload.files[1]",
		`,"files":["/etc/passwd","maps/strip.geojson"]`:    "payload.files[0]",
		`,"files":["line.truce.md","maps\\strip.geojson"]`: "payload.files[1]",
		`,"files":["line.truce.md","line.truce.md"]`:       "stands twice",
		`,"files":["line.truce.md"]`:                       "1 names for 2 files",
		``:                                                 "0 names for 2 files",
	} {
		if status, got := entry("01JPV9Z8M00000000000000001", files, text, zone); status != http.StatusUnprocessableEntity || !strings.Contains(got, says) {
			t.Errorf("%s: %d %s, want %s", files, status, got, says)
		}
	}
	if status, got := entry("01JPV9Z8M00000000000000002", `,"files":["line.truce.md","maps/strip.geojson"]`, text, strings.Repeat("0", 64)); status != http.StatusUnprocessableEntity || !strings.Contains(got, "blobs[1]") {
		t.Errorf("a file that is not here: %d %s", status, got)
	}
	w.post("/api/reports", "anna", `{"id":"01JPV9Z8M00000000000000003","marking":"public","row":{"time_start":"2025-03-20T02:14Z","time_end":"2025-03-20T02:30Z","lat":"50.05","lon":"35.2","precision_m":"50","act":"attack.strike.drone"}}`)
	if status, got := entry("01JPV9Z8M00000000000000004", `,"files":["line.truce.md","maps/strip.geojson"]`, text, zone); status != http.StatusCreated {
		t.Fatalf("%d %s", status, got)
	}
	for q, says := range map[string]string{
		"/api/findings?terms=line&verdict=breach":                              x.Digest,
		"/api/incidents/01JPV9Z8M00000000000000003?explain=true":               "Nobody fires into the zone",
		"/api/terms/line/source":                                               x.Digest,
		"/api/terms/01JPV9Z8M00000000000000004/source":                         x.Digest,
		"/api/terms/line/lint":                                                 `"ok":true`,
		"/api/terms/line/versions":                                             `"newest":true`,
		"/api/entries/01JPV9Z8M00000000000000004/blobs/1":                      drawnZone,
		"/api/compare?a=line&b=01JPV9Z8M00000000000000004":                     `"a":`,
		"/api/incidents/01JPV9Z8M00000000000000003/explanation":                `"verdict":"breach"`,
		"/api/cases?at=" + fmt.Sprint(w.base+2) + "&time=2025-03-20T03:00:00Z": `"vector"`,
	} {
		res, got := w.do("GET", q, "check", "", nil, nil)
		if res.StatusCode != http.StatusOK || !strings.Contains(got, says) || strings.Contains(got, "no folder was given") {
			t.Errorf("%s: %d %s, want %s", q, res.StatusCode, got, says)
		}
	}
}
