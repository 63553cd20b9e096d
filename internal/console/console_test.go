package console

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/basemap"
)

func ask(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	base, err := basemap.World()
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(base)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var script = regexp.MustCompile(`<script[^>]*>`)

// TestUnknownPage: an address that is no page's is answered with the page, which
// says so, and with 404. The pages are the folders of the sources.
func TestUnknownPage(t *testing.T) {
	for _, path := range []string{"/nope", "/nope/incidents", "/../../etc/passwd"} {
		for _, method := range []string{"GET", "HEAD"} {
			r := ask(t, method, path)
			if r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Security-Policy") == "" || (method == "GET") != strings.Contains(body(t, r), `<div id="app">`) {
				t.Errorf("%s %s: %s", method, path, r.Status)
			}
		}
	}
	found, err := filepath.Glob("../../console/src/pages/*/Page.svelte")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range found {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	slices.Sort(names)
	if !slices.Equal(names, pages) {
		t.Errorf("the folders of pages are %v, and the server knows %v", names, pages)
	}
	for _, name := range names {
		if r := ask(t, "GET", "/"+name+"/x"); r.StatusCode != http.StatusOK {
			t.Errorf("/%s: %s", name, r.Status)
		}
	}
}

// TestPages: an address of a page is the page, which says what the browser
// may do and holds no script itself.
func TestPages(t *testing.T) {
	for _, path := range []string{"/", "/incidents", "/incidents/KHA-4F7Q", "/index.html", "/terms/energy-2025"} {
		r := ask(t, "GET", path)
		text := body(t, r)
		if r.StatusCode != http.StatusOK || !strings.Contains(text, `<div id="app">`) {
			t.Errorf("%s: %s %.200s", path, r.Status, text)
		}
		p := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "require-trusted-types-for 'script'", "frame-ancestors 'none'"} {
			if !strings.Contains(p, want) {
				t.Errorf("%s: the policy lacks %q: %s", path, want, p)
			}
		}
		if strings.Contains(p, "unsafe") || strings.Contains(p, "http") || strings.Contains(p, "*") {
			t.Errorf("%s: the policy lets in more than this server's files: %s", path, p)
		}
		for _, s := range script.FindAllString(text, -1) {
			if !strings.Contains(s, ` src="/assets/`) && s != `<script src="/look.js">` {
				t.Errorf("%s: a script in the page: %s", path, s)
			}
		}
		if strings.Contains(text, "style=") || strings.Contains(text, "onload=") {
			t.Errorf("%s: the page holds what its policy refuses", path)
		}
	}
}

// TestFiles: files are kept for ever, compressed for who takes that, and the same
// either way.
func TestFiles(t *testing.T) {
	name := regexp.MustCompile(`/assets/index-[^"]+\.js`).FindString(body(t, ask(t, "GET", "/")))
	if name == "" {
		t.Fatal("the page names no script")
	}
	plain := ask(t, "GET", name)
	if c := plain.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("%s: %q", name, c)
	}
	packed := ask(t, "GET", name, "Accept-Encoding", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("not compressed: %v", packed.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil || string(b) != body(t, plain) {
		t.Errorf("compressed it is something else (%v)", err)
	}
	for _, path := range []string{"/assets/none.js", "/assets/../index.html/x", "/map/none"} {
		if r := ask(t, "GET", path); r.StatusCode != http.StatusNotFound && path != "/assets/../index.html/x" {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	if r := ask(t, "POST", "/"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", r.Status)
	}
}

// TestDataOfAPage: an address with an ending is the same question to the API.
func TestDataOfAPage(t *testing.T) {
	for path, want := range map[string]string{
		"/incidents.csv?verdict=breach": "/api/incidents.csv?verdict=breach",
		"/incidents/KHA-4F7Q.json":      "/api/incidents/KHA-4F7Q",
		"/incidents.json?q=a&level=b":   "/api/incidents?q=a&level=b",
		"//example.org/x.json":          "/api/example.org/x",
		// What lays the page out is no part of the question; what is misspelt stays, and
		// is refused there.
		"/today.json":      "/api/incidents",
		"/.csv":            "/api/incidents.csv",
		"/incidents/A.csv": "/api/incidents/A/facts.csv",
		"/today.csv?sel=X&map=4/50/30&verdit=breach":                                        "/api/incidents.csv?verdit=breach",
		"/today.geojson?by=energy-2025@kremlin&verdict=breach&t=2025-03-20T00:00Z&only=day": "/api/incidents.geojson?verdict=breach&to=2025-03-20T00%3A00Z&from=2025-03-19T00%3A00Z&terms=energy-2025&reading=kremlin",
		"/incidents.csv?by=energy-2025@*&verdict=!contested&from=2025-03-01&to=2025-03-05":  "/api/incidents.csv?verdict=!contested&from=2025-03-01&to=2025-03-05&terms=energy-2025",
		"/verification.csv?accept=claimed&task=x&q=y":                                       "/api/tasks.csv?accept=claimed",
		"/terms/energy-2025.json?lint=all":                                                  "/api/terms/energy-2025/source",
		"/terms/energy-2025.csv":                                                            "/api/terms/energy-2025/counts.csv",
		"/terms/energy-2025.geojson":                                                        "/api/findings.geojson?terms=energy-2025",
		"/scenario.csv?of=KHA-4F7Q&f.act=overflight&only=changed":                           "/api/scenario.csv?of=KHA-4F7Q&f.act=overflight",
		"/triage.csv?do=import":                                                             "/api/incidents.csv?state=report",
		"/record.json?kind=report@1":                                                        "/api/record",
		"/record.csv?kind=report@1":                                                         "/api/entries.csv?kind=report@1",
		"/people.json?view=accounts":                                                        "/api/accounts",
		"/daily.csv?date=2025-04-02":                                                        "/api/daily.csv?date=2025-04-02",
	} {
		if r := ask(t, "GET", path); r.Header.Get("Location") != want {
			t.Errorf("%s leads to %q, expected %q", path, r.Header.Get("Location"), want)
		}
	}
}

// TestMaps: the layers are GeoJSON; what is disputed is in no country.
func TestMaps(t *testing.T) {
	for path, least := range map[string]int{"/map/world.geojson": 150, "/map/areas.geojson": 100, "/map/places.geojson": 20} {
		var c struct {
			Type     string
			Features []struct {
				Properties map[string]any
				Geometry   struct{ Type string }
			}
		}
		if err := json.Unmarshal([]byte(body(t, ask(t, "GET", path))), &c); err != nil {
			t.Fatal(path, err)
		}
		if c.Type != "FeatureCollection" || len(c.Features) < least {
			t.Errorf("%s: %s of %d features", path, c.Type, len(c.Features))
		}
		disputed := 0
		for _, f := range c.Features {
			if f.Properties["disputed"] == true {
				disputed++
			}
		}
		if path == "/map/world.geojson" && disputed == 0 {
			t.Error("no area is disputed")
		}
	}
}

// TestNobodyElseIsNamed: what is built asks no other server. Addresses in links,
// licences and names of formats are no requests.
func TestNobodyElseIsNamed(t *testing.T) {
	c, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	request := regexp.MustCompile(`(?:fetch\(|import\(|url\(|src=)\s*["'` + "`" + `]?https?://[^"'` + "`" + `) ]+`)
	for name, f := range c.files {
		for _, hit := range request.FindAllString(string(f.plain), -1) {
			t.Errorf("%s asks another server: %s", name, hit)
		}
	}
}
