package publish

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// served is a site with some files changed, over HTTP.
func served(t *testing.T, s *Site, changed map[string][]byte) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		b, ok := changed[name]
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
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// testInABrowser checks the site, and pages of it, in Chromium: all of it holds; with
// one digit, one hash of a proof, one signature changed it does not, and the file is
// named; a copy that is opened as files is checked too. The policy stops nothing, and
// no page is wider than a telephone.
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
	change := func(name, before string) map[string][]byte {
		b := bytes.Clone(s.Files[name])
		at := bytes.Index(b, []byte(before)) + len(before)
		b[at] = '0' + (b[at]-'0'+1)%10
		return map[string][]byte{name: b}
	}
	dir := t.TempDir()
	if _, err := Write(dir, s); err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(390, 900))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	defer stop()
	ctx, stopTab := chromedp.NewContext(alloc)
	defer stopTab()
	ctx, late := context.WithTimeout(ctx, 2*time.Minute)
	defer late()
	var mu sync.Mutex
	var said []string
	chromedp.ListenTarget(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			if !strings.Contains(e.Entry.URL, "favicon") {
				said = append(said, e.Entry.Text+" "+e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			said = append(said, e.ExceptionDetails.Error())
		}
	})
	if err := chromedp.Run(ctx, log.Enable(), runtime.Enable()); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		page, state string
		changed     map[string][]byte
		says        []string
	}{
		{"verify.html", "ok", nil, []string{"is signed by the key of demo.truce.example/story", "Files as they were published", "Entries proved to be in the log"}},
		{incident, "ok", nil, []string{"This page is as it was published, to the byte.", "in the log: 1."}},
		{"uk/" + incident, "ok", nil, []string{"Ця сторінка така, як її опубліковано, до байта.", "є в журналі: 1."}},
		{"terms/energy-2025.html", "ok", nil, []string{"Entries named here that are in the log: 1."}},
		{"days/2025-03-20.html", "bad", change("days/2025-03-20.html", "<strong>"), []string{"days/2025-03-20.html: expected SHA-256"}},
		{"verify.html", "bad", change("data/incidents.csv", "2025-03-"), []string{"data/incidents.csv: expected SHA-256"}},
		{incident, "bad", change("log/checkpoint", "demo.truce.example/story\n"), []string{"log/checkpoint: no signature"}},
		{incident, "bad", change(ListName, ""), []string{"manifest.txt: expected SHA-256"}},
		{incident, "bad", entryChanged(s, incident), []string{"does not lead to the root"}},
	} {
		ul := "#checked"
		if x.page == "verify.html" {
			ul = "#all-checked"
		}
		var state, text string
		err := chromedp.Run(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(served(t, s, x.changed)+x.page+"#check"))
		for range 5 { // another origin is another process: the tab's old context may be asked while it goes
			if err == nil || strings.Contains(err.Error(), "Cannot find context") {
				err = chromedp.Run(ctx, chromedp.WaitReady(ul), chromedp.Poll(`["ok","bad","unsure"].includes(document.querySelector("`+ul+`")?.dataset.state)`, nil),
					chromedp.Evaluate(`document.querySelector("`+ul+`").dataset.state`, &state), chromedp.Text(ul, &text))
			}
			if err == nil {
				break
			}
		}
		if err != nil {
			t.Fatalf("%s: %v", x.page, err)
		}
		if state != x.state {
			t.Errorf("%s with %v changed: %s: %s", x.page, firstOf(x.changed), state, text)
		}
		for _, want := range x.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: %s", x.page, want, text)
			}
		}
	}
	base := served(t, s, nil)
	for _, p := range []string{"index.html", "days/2025-03-20.html", incident, "terms.html", "terms/energy-2025.html", "corrections.html", "method.html", "data.html", "verify.html", "reports.html", "uk/index.html", "ru/days/2025-03-20.html", "uk/method.html"} {
		var over int
		if err := chromedp.Run(ctx, chromedp.Navigate(base+p), chromedp.Evaluate(`document.scrollingElement.scrollWidth - innerWidth`, &over)); err != nil || over > 0 {
			t.Errorf("%s is %d pixels wider than a telephone: %v", p, over, err)
		}
	}
	var state, text string
	if err := chromedp.Run(ctx, chromedp.Navigate("file://"+filepath.ToSlash(dir)+"/verify.html"), chromedp.SetUploadFiles("#files", []string{dir}),
		chromedp.Poll(`["ok","bad","unsure"].includes(document.querySelector("#all-checked").dataset.state)`, nil),
		chromedp.Evaluate(`document.querySelector("#all-checked").dataset.state`, &state), chromedp.Text("#all-checked", &text)); err != nil || state != "ok" {
		t.Errorf("a copy as files: %v %s %s", err, state, text)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, s := range said {
		t.Errorf("the console speaks: %s", s)
	}
}

func firstOf(m map[string][]byte) string {
	for n := range m {
		return n
	}
	return ""
}

// entryChanged changes a digit in the first entry that a page names, in the log.
func entryChanged(s *Site, page string) map[string][]byte {
	_, rest, _ := strings.Cut(string(s.Files[page]), `data-entry="`)
	id, _, _ := strings.Cut(rest, `"`)
	for n, b := range s.Files {
		at := bytes.Index(b, []byte(`"`+id+`"`))
		if at < 0 || !strings.HasPrefix(n, "log/tile/entries/") {
			continue
		}
		b = bytes.Clone(b)
		at += bytes.Index(b[at:], []byte(`"made":"20`)) + len(`"made":"20`)
		b[at] = '0' + (b[at]-'0'+1)%10
		return map[string][]byte{n: b}
	}
	return nil
}
