package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/truce-project/truce/internal/console"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/web"
)

// plainServer serves the record of the story as an office does, where whoever has not
// signed in is the public.
func plainServer(t *testing.T, tiles string) (base string, h *house) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	dir := filepath.Join(t.TempDir(), "record")
	if err := story.Build(ctx, dir); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	h = &house{log: l, slog: log}
	o := &serveOptions{data: dir, demo: false}
	if err := h.openViews(ctx, o, l); err != nil {
		t.Fatal(err)
	}
	if err := h.views.Update(ctx, l.Reader()); err != nil {
		t.Fatal(err)
	}
	if h.people, err = people.Open(ctx, journal.RealWorld(dir), l, dir, people.Options{Log: log, Refuse: web.Problem}); err != nil {
		t.Fatal(err)
	}
	of, err := office.Attach(dir, l)
	if err != nil {
		t.Fatal(err)
	}
	pages, _, err := openConsole("", tiles)
	if err != nil {
		t.Fatal(err)
	}
	h.pages = pages
	h.web = web.New(web.Options{Console: pages, Log: l, Office: of, People: h.people, Views: h.views, LogDir: filepath.Join(dir, "log"), Slog: log, Version: version(), Rate: -1, Anonymous: -1})
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	ready := make(chan bool)
	go func() { served <- serveDemo(ctx, h, listen, io.Discard, func() { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	return "http://" + listen.Addr().String(), h
}

// secrets are words of entries that are not for the public, and of none that is: as
// a duty officer reads them from the demo of the same record.
func secrets(t *testing.T, demo string) []string {
	t.Helper()
	var l struct {
		Items []struct {
			Marking string          `json:"marking"`
			Payload json.RawMessage `json:"payload"`
		} `json:"items"`
		Next string `json:"next"`
	}
	open, closed := map[string]bool{}, map[string]bool{}
	for cursor := ""; ; cursor = l.Next {
		res, err := http.Get(demo + "/api/entries?limit=1000&cursor=" + cursor)
		if err != nil {
			t.Fatal(err)
		}
		l.Items, l.Next = nil, ""
		err = json.NewDecoder(res.Body).Decode(&l)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range l.Items {
			to := closed
			if d.Marking == "public" {
				to = open
			}
			var v any
			if json.Unmarshal(d.Payload, &v) == nil {
				leaves(v, to)
			}
		}
		if l.Next == "" {
			break
		}
	}
	var out []string
	for s := range closed {
		if !open[s] {
			out = append(out, s)
		}
	}
	return out
}

// leaves are the longer texts in a payload: short ones are words that anybody uses.
func leaves(v any, to map[string]bool) {
	switch x := v.(type) {
	case string:
		if len(x) >= 20 && strings.Contains(x, " ") {
			to[x] = true
		}
	case []any:
		for _, y := range x {
			leaves(y, to)
		}
	case map[string]any:
		for _, y := range x {
			leaves(y, to)
		}
	}
}

// TestConsolePublic: whoever has not signed in reads every page, is shown nothing
// that writes, is told how to sign in, and no answer holds a word that is not public.
func TestConsolePublic(t *testing.T) {
	b := startBrowser(t)
	b.late = 5 * time.Minute
	hidden := secrets(t, b.base)
	if len(hidden) < 20 {
		t.Fatalf("only %d texts of the record are not public: the test would see nothing", len(hidden))
	}
	b.base, _ = plainServer(t, "")
	var told []string // what the server answered
	first := b.open(t, 1440, 900, "/incidents?level=verified")
	first.wait(`document.querySelectorAll('tbody a').length > 3`)
	var one string
	first.js(`new URL(document.querySelector('tbody a').href).pathname`, &one)
	paths := []string{one, "/terms/energy-2025", "/people?view=rights", "/people?view=settings", "/people?view=views", "/people?view=accounts"}
	for _, name := range console.Pages() {
		paths = append(paths, "/"+strings.TrimPrefix(name, "today"))
	}
	x := b.open(t, 1440, 900, "/record")
	bodies := x.answers()
	for _, path := range paths {
		x.visit(path)
		x.settled()
		var failed, writes string
		x.js(`[...document.querySelectorAll('main [role=alert]')].map(e => e.innerText).filter(Boolean).join('; ')`, &failed)
		if failed != "" {
			t.Errorf("%s, as the public: %s", path, failed)
		}
		x.js(`[...document.querySelectorAll('main button, main textarea, main input[type=file], main form[method=post]')].filter(e => e.checkVisibility()).map(e => e.innerText || e.tagName).filter(s => /^(TEXTAREA|INPUT|FORM|add |write|record it|import|merge|split|set aside|hand over|new |make|adopt|dismiss|take it on|finish|drop|dispute|mark|discard|send|begin|grant|withdraw|open it|settle)/i.test(s)).join(' | ')`, &writes)
		if writes != "" {
			t.Errorf("%s shows the public what writes: %s", path, writes)
		}
		var signin bool
		x.js(`!!document.querySelector('a[href^="/sign-in"]')`, &signin)
		if !signin {
			t.Errorf("%s does not say where one signs in", path)
		}
		x.shot("public-" + strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path), "-"))
	}
	told = append(told, bodies()...)
	for _, name := range []string{"triage", "talks", "verification", "report"} { // what is not public says so calmly
		x.visit("/" + name)
		x.wait(`document.querySelector('main a[href^="/sign-in?next="]')`)
		x.axe()
	}
	var listed string
	x.js(`document.querySelector('.rail').innerText`, &listed)
	if strings.Contains(listed, "New report") || strings.Contains(listed, "Triage") {
		t.Errorf("what only writes is listed for the public: %s", listed)
	}
	// A view is kept on this device, without the server.
	x.visit("/incidents?level=verified")
	x.settled()
	x.js(`dispatchEvent(new KeyboardEvent('keydown', {key: 'S'}))`, nil)
	x.wait(`document.querySelector('dialog[open] input[maxlength]')`)
	x.run(chromedp.KeyEvent("Mine"), chromedp.KeyEvent(kb.Enter))
	x.wait(`!document.querySelector('dialog[open]') && JSON.parse(localStorage.getItem('truce.views'))[0].name === 'Mine'`)
	x.visit("/people?view=views")
	x.wait(`document.querySelector('section li .what a')?.textContent === 'Mine'`)
	x.js(`localStorage.clear()`, nil)
	x.clean()
	for _, s := range hidden {
		j, _ := json.Marshal(s)
		for _, body := range told {
			if strings.Contains(body, string(j[1:len(j)-1])) || strings.Contains(body, s) {
				t.Errorf("the public was told %q", s)
				break
			}
		}
	}
	if len(told) < 20 {
		t.Errorf("only %d answers were looked at", len(told))
	}
}

// answers collects the answers of the server from now on.
func (x *tab) answers() func() []string {
	var ids []network.RequestID
	chromedp.ListenTarget(x.ctx, func(ev any) {
		if e, ok := ev.(*network.EventResponseReceived); ok && strings.Contains(e.Response.URL, "/api/") {
			x.mu.Lock()
			ids = append(ids, e.RequestID)
			x.mu.Unlock()
		}
	})
	return func() (out []string) {
		x.mu.Lock()
		all := append([]network.RequestID(nil), ids...)
		x.mu.Unlock()
		for _, id := range all {
			x.run(chromedp.ActionFunc(func(ctx context.Context) error {
				b, err := network.GetResponseBody(id).Do(ctx)
				if err == nil { // an answer that was given up has none
					out = append(out, string(b))
				}
				return nil
			}))
		}
		return out
	}
}

// settled waits until a page has what it asks for: nothing was asked for a while.
func (x *tab) settled() {
	x.t.Helper()
	x.wait(`document.querySelector('main :is(h1, .card)')`)
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		var quiet float64
		x.js(`performance.now() - Math.max(0, ...performance.getEntriesByType('resource').map(r => r.responseEnd))`, &quiet)
		var loading bool
		x.js(`!!document.querySelector('main [aria-busy=true], main figure:not([data-idle]) canvas')`, &loading)
		if quiet > 250 && !loading {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
