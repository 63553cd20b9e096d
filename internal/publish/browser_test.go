package publish

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// testInABrowser opens the page that checks the site, and that of an incident, in
// Chromium: all of it holds; with one digit changed the file is named. Nothing is
// asked of another host, and the policy stops nothing.
func testInABrowser(t *testing.T, s *Site) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine, so the site was not checked in a browser; `make test` installs it")
	}
	incident := ""
	for n := range s.Files {
		if strings.HasPrefix(n, "incidents/") && bytes.Contains(s.Files[n], []byte("data-entry")) && (incident == "" || n < incident) {
			incident = n
		}
	}
	day := bytes.Clone(s.Files["days/2025-03-20.html"])
	at := bytes.Index(day, []byte("<strong>")) + len("<strong>")
	day[at] = '0' + (day[at]-'0'+1)%10
	for _, x := range []struct {
		page, state string
		changed     map[string][]byte
		says        []string
	}{
		{"verify.html", "ok", nil, []string{"is signed by the key of demo.truce.example/story", "files are as they were published", "entries are proved to be in the log"}},
		{incident, "ok", nil, []string{"This page is as it was published, to the byte.", "in the log."}},
		{"days/2025-03-20.html", "bad", map[string][]byte{"days/2025-03-20.html": day}, []string{"days/2025-03-20.html: expected SHA-256"}},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := strings.TrimPrefix(r.URL.Path, "/")
			b, ok := x.changed[name]
			if !ok {
				b, ok = s.Files[name]
			}
			if !ok {
				http.NotFound(w, r)
				return
			}
			for ext, typ := range map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"} {
				if strings.HasSuffix(name, ext) {
					w.Header().Set("Content-Type", typ)
				}
			}
			w.Write(b)
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
			"--enable-logging=stderr", "--virtual-time-budget=60000", "--dump-dom", srv.URL+"/"+x.page+"#check")
		var logged strings.Builder
		cmd.Stderr = &logged
		out, err := cmd.Output()
		cancel()
		srv.Close()
		if err != nil {
			t.Fatalf("chromium: %v", err)
		}
		dom := string(out)
		for _, want := range append(slices.Clone(x.says), `data-state="`+x.state+`"`) {
			if !strings.Contains(dom, want) {
				t.Errorf("%s: does not say %q: %.600s", x.page, want, dom[max(0, strings.Index(dom, "data-state")):])
			}
		}
		for line := range strings.Lines(logged.String()) {
			if strings.Contains(line, "CONSOLE") && !strings.Contains(line, "favicon.ico") {
				t.Errorf("%s: the console speaks: %s", x.page, line)
			}
		}
	}
}
