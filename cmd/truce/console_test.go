package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestConsole is all that is tried in a browser: it is begun once.
func TestConsole(t *testing.T) {
	b := startBrowser(t)
	for _, c := range []struct {
		name string
		try  func(*testing.T, *browser)
	}{
		{"today", tryToday},
		{"incident", tryIncident},
		{"keys", tryKeys},
		{"languages", tryLanguages},
		{"names", tryNames},
		{"moving", tryMoving},
		{"talks", tryTalks},
		{"article", tryArticle},
		{"commission", tryCommission},
		{"daily", tryDaily},
		{"terms", tryTerms},
		{"compare", tryCompare},
		{"record", tryRecord},
		{"verification", tryVerification},
		{"triage", tryTriage},
		{"import", tryImport},
		{"watch", tryWatch},
		{"scenario", tryScenario},
		{"methodology", tryMethodology},
		{"people", tryPeople},
		{"pictures", tryPictures},
		{"media", tryMedia},
		{"look as", tryLookAs},
	} {
		t.Run(c.name, func(t *testing.T) { c.try(t, b) })
	}
}

// The console is tried in a real browser on the record of the demo, served by the
// real server. With CONSOLE_SHOTS=DIR pictures of the pages are left there, to be
// looked at.

// browser is one Chromium on one demo server, for all tests of the console.
type browser struct {
	ctx  context.Context
	base string
	late time.Duration // how long a tab may take; 0: a minute
}

// startBrowser begins both; they end with the test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	dir := t.TempDir() // deleted last
	var served chan error
	t.Cleanup(func() { // after the browser has ended
		end()
		if served == nil {
			return
		}
		if err := <-served; err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	b := newBrowser(t)
	var err error
	if b.base, served, err = demoServer(ctx, dir); err != nil {
		t.Fatal(err)
	}
	return b
}

// newBrowser is a Chromium without a server.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: browser tests are left out with -short")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine, so the console was not opened in a browser; `make test` installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")),
		chromedp.Flag("use-angle", "swiftshader"), chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("lang", "en-US"), chromedp.Flag("force-prefers-reduced-motion", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	first, _ := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		chromedp.Cancel(first) // waits until the browser has ended; if it has by itself, that is as well
		stop()
	})
	if err := chromedp.Run(first); err != nil {
		t.Fatal(err)
	}
	return &browser{ctx: first}
}

// demoServer serves the record of the demo, or the one in CONSOLE_RECORD.
func demoServer(ctx context.Context, dir string) (base string, served chan error, err error) {
	record := filepath.Join(dir, "record")
	if kept := os.Getenv("CONSOLE_RECORD"); kept != "" {
		record = kept
	}
	h, err := openDemo(ctx, record, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, errors.Join(err, h.close())
	}
	served = make(chan error, 1)
	ready := make(chan bool)
	go func() { served <- serveDemo(ctx, h, l, io.Discard, func() { close(ready) }) }()
	<-ready
	return "http://" + l.Addr().String(), served, nil
}

// tab is a page that is open, with all that the browser complained of.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	faults   []string // of scripts, of the policy, of files that were not had
	outside  []string // addresses of other servers that were asked
	received float64  // bytes over the line, of what is not the map library
	library  float64  // of the map library
	kinds    map[network.RequestID]string
}

func (b *browser) open(t *testing.T, width, height int64, path string) *tab {
	t.Helper()
	x := &tab{t: t, base: b.base, kinds: map[network.RequestID]string{}}
	ctx, stop := chromedp.NewContext(b.ctx)
	ctx, late := context.WithTimeout(ctx, max(b.late, 3*time.Minute)) // what is waited for in vain ends sooner
	t.Cleanup(func() { late(); stop() })
	x.ctx = ctx
	chromedp.ListenTarget(ctx, x.hear)
	x.run(network.Enable(), runtime.Enable(), log.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, width < 600), chromedp.Navigate(b.base+path))
	return x
}

func (x *tab) hear(ev any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || strings.Contains(e.Entry.Text, "Content Security Policy") {
			x.faults = append(x.faults, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		x.faults = append(x.faults, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			var s []string
			for _, a := range e.Args {
				s = append(s, string(a.Value), a.Description)
			}
			x.faults = append(x.faults, strings.Join(s, " "))
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; strings.HasPrefix(u, "http") && !strings.HasPrefix(u, x.base) {
			x.outside = append(x.outside, u)
		}
		x.kinds[e.RequestID] = e.Request.URL
	case *network.EventLoadingFinished:
		if u := x.kinds[e.RequestID]; strings.Contains(u, "maplibre") || strings.Contains(u, "/map/") {
			x.library += e.EncodedDataLength
		} else {
			x.received += e.EncodedDataLength
		}
	}
}

func (x *tab) run(actions ...chromedp.Action) {
	x.t.Helper()
	if err := chromedp.Run(x.ctx, actions...); err != nil {
		x.t.Fatal(err)
	}
}

// js runs an expression in the page; it is no script of the page, and no policy
// binds it.
func (x *tab) js(expression string, to any) {
	x.t.Helper()
	x.run(chromedp.Evaluate(expression, to, awaited))
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// wait waits until an expression is true; of a promise, what it comes to.
func (x *tab) wait(expression string) {
	x.t.Helper()
	x.waitFor(20*time.Second, expression)
}

// waitFor is wait for what takes longer where the machine has other work too.
func (x *tab) waitFor(most time.Duration, expression string) {
	x.t.Helper()
	began := time.Now()
	for {
		var ok bool
		err := chromedp.Run(x.ctx, chromedp.Evaluate("(async () => !!(await ("+expression+")))()", &ok, awaited))
		switch {
		case ok:
			return
		case err != nil && !strings.Contains(err.Error(), "navigated or closed") && !strings.Contains(err.Error(), "find context") && !strings.Contains(err.Error(), "context was destroyed"): // the page is loaded anew
			x.t.Fatal(err)
		}
		if time.Since(began) > most {
			var body string
			x.js("document.body.innerText.slice(0, 1500)", &body)
			x.t.Fatalf("waited in vain for %s; the page says:\n%s\n%s", expression, body, strings.Join(x.faults, "\n"))
		}
		time.Sleep(40 * time.Millisecond)
	}
}

// clean wants no fault, and no question to anybody else.
func (x *tab) clean() {
	x.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.faults {
		x.t.Errorf("the browser complains: %s", f)
	}
	for _, u := range x.outside {
		x.t.Errorf("another server was asked: %s", u)
	}
}

func (x *tab) shot(name string) {
	x.t.Helper()
	dir := os.Getenv("CONSOLE_SHOTS")
	if dir == "" {
		return
	}
	time.Sleep(700 * time.Millisecond) // the map is drawn in frames of its own
	var b []byte
	x.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		b, err = page.CaptureScreenshot().WithCaptureBeyondViewport(strings.HasSuffix(name, "-whole")).Do(ctx)
		return err
	}))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644); err != nil {
		x.t.Fatal(err)
	}
}

// whole is shot of all of a long page.
func (x *tab) whole(name string) {
	x.t.Helper()
	if os.Getenv("CONSOLE_SHOTS") == "" {
		return
	}
	var h int64
	var w int64
	x.js("document.documentElement.scrollHeight", &h)
	x.js("innerWidth", &w)
	x.run(emulation.SetDeviceMetricsOverride(w, min(h, 6000), 1, w < 600))
	x.shot(name)
}

// axe wants no finding of axe-core that is more than minor, where npm has brought it.
func (x *tab) axe() {
	x.t.Helper()
	b, err := os.ReadFile("../../console/node_modules/axe-core/axe.min.js")
	if err != nil {
		x.t.Log("SKIPPED: axe-core is not here (npm ci in console): the page was not checked for readers with disabilities")
		return
	}
	x.js(string(b)+";0", nil)
	var found string
	x.js(`axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.filter(v => v.impact !== 'minor').map(v => [v.id, v.help, v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary)])))`, &found)
	var list []any
	if err := json.Unmarshal([]byte(found), &list); err != nil || len(list) > 0 {
		x.t.Errorf("axe-core: %s %v", found, err)
	}
}

// tryToday walks the main path of the first page, at both widths.
func tryToday(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/")
	x.wait(`document.querySelectorAll('.item').length > 5`)
	x.wait(`document.querySelector('figure[data-idle]')`)
	x.load()
	x.wait(`document.querySelector('.notice')?.textContent.includes('Demo record')`)
	var list string
	x.js(`document.querySelector('.list [role=status]').textContent`, &list)
	if !strings.Contains(list, " of ") {
		t.Errorf("the page does not say how many are shown: %q", list)
	}
	x.shot("today-1440")
	x.axe()
	// One clock: a day of it leaves less in the list.
	var all, some int
	x.js(`+document.querySelector('.list [role=listitem]').ariaSetSize`, &all)
	x.visit("/?t=2025-03-20T00:00Z")
	x.wait(fmt.Sprintf(`document.querySelector('.list [role=listitem]').ariaSetSize != %d`, all))
	x.js(`+document.querySelector('.list [role=listitem]').ariaSetSize`, &some)
	if some == 0 || some >= all {
		t.Errorf("with the clock on 20 March %d of %d are listed", some, all)
	}
	// A day of the timeline, and a verdict: the address holds both.
	x.visit("/?from=2025-03-26&to=2025-03-28&by=energy-2025@ukraine")
	x.wait(`document.querySelector('select.of').value === 'energy-2025@ukraine'`)
	x.js(`document.querySelector('.chip').click()`, nil)
	x.wait(`location.search.includes('verdict=') && document.querySelector('.chip[aria-pressed=true]')`)
	x.js(`document.querySelector('.item').click()`, nil)
	x.wait(`location.search.includes('sel=') && document.querySelector('.peek')`)
	x.shot("today-chosen-1440")
	x.clean()
	y := b.open(t, 390, 844, "/")
	y.wait(`document.querySelectorAll('.item').length > 5`)
	y.wait(`document.querySelector('figure[data-idle]')`)
	y.fits()
	y.shot("today-390")
	y.axe()
	y.clean()
}

// fits wants no page that is wider than the screen.
func (x *tab) fits() {
	x.t.Helper()
	var w, inner int
	x.js("document.documentElement.scrollWidth", &w)
	x.js("screen.width", &inner)
	if w > inner {
		var who string
		x.js(`[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > screen.width + 1).map(e => e.tagName + '.' + e.className + ' ' + Math.round(e.getBoundingClientRect().width)).slice(0, 8).join('; ')`, &who)
		x.t.Errorf("the page is %d px wide, the screen %d: %s", w, inner, who)
	}
}

func tryIncident(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/incidents?q=Sudzha")
	x.wait(`document.querySelectorAll('tbody a').length > 1`)
	x.shot("incidents-1440")
	x.axe()
	x.js(`document.querySelector('tbody a').click()`, nil)
	x.wait(`document.querySelector('.lit') && document.querySelector('figure[data-idle]')`)
	x.whole("incident-1440")
	x.axe()
	// Every reading is there, and says its own.
	var readings int
	x.js(`document.querySelectorAll('.readings tbody tr').length`, &readings)
	if readings != 5 {
		t.Errorf("%d readings of the energy halt are shown, of 5", readings)
	}
	x.js(`document.querySelectorAll('.readings tbody button')[2].click()`, nil)
	x.wait(`location.search.includes('reading=')`)
	x.js(`document.querySelector('.history a[href*="at="]').click()`, nil)
	x.wait(`document.querySelector('.past')`)
	var path, other string
	x.js("location.pathname", &path)
	// Another is held to be a different event, and that is taken back.
	x.js(`fetch('/api/incidents?state=incident&limit=1').then(r => r.json()).then(l => l.items[0].radio)`, &other)
	x.visit(path)
	x.wait(`document.querySelector('[aria-labelledby="apart-title"] input')`)
	x.put(`[aria-labelledby="apart-title"] input`, other)
	x.js(`document.querySelector('[aria-labelledby="apart-title"] form').requestSubmit()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog[open] textarea", "a week and two oblasts apart")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`document.querySelector('[aria-labelledby="apart-title"] li')?.textContent.includes('two oblasts') && document.querySelector('[aria-labelledby="apart-title"] li a').textContent === '` + other + `'`)
	x.whole("incident-apart-1440")
	x.axe()
	x.js(`document.querySelector('[aria-labelledby="apart-title"] li button').click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog[open] textarea", "a test of the button")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`!document.querySelector('[aria-labelledby="apart-title"] li')`)
	x.clean()
	y := b.open(t, 390, 844, path)
	y.wait(`document.querySelector('.lit') && document.querySelector('figure[data-idle]')`)
	y.fits()
	y.whole("incident-390")
	y.axe()
	y.clean()
}

// tryKeys does it all without a pointer.
func tryKeys(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/")
	x.wait(`document.querySelectorAll('.item').length > 5`)
	x.run(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
	x.wait(`location.search.includes('sel=')`)
	x.run(chromedp.KeyEvent(kb.Enter))
	x.wait(`location.pathname.startsWith('/incidents/') && document.querySelector('article h1')`)
	x.run(chromedp.KeyEvent("k", chromedp.KeyModifiers(input.ModifierCtrl)))
	x.wait(`document.querySelector('dialog[open] input')`)
	x.run(chromedp.KeyEvent("Kherson"))
	x.wait(`document.querySelectorAll('#found li .mono, #found li').length > 1 && /Kherson/.test(document.querySelector('#found li').textContent)`)
	x.shot("palette-1440")
	x.axe()
	x.run(chromedp.KeyEvent(kb.Enter))
	x.wait(`/Kherson/.test(document.querySelector('article h1')?.textContent) && !document.querySelector('dialog[open]')`)
	x.run(chromedp.KeyEvent("?"))
	x.wait(`document.querySelector('dialog[open] kbd')`)
	x.run(chromedp.KeyEvent(kb.Escape))
	x.wait(`!document.querySelector('dialog[open]')`)
	x.js(`document.activeElement?.blur()`, nil)
	x.run(chromedp.KeyEvent(kb.Tab))
	x.wait(`document.activeElement.matches('a, button, input, select')`)
	x.clean()
}

// tryLanguages wants every language, the right direction, and both looks.
func tryLanguages(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/")
	x.wait(`document.querySelectorAll('.item').length > 5`)
	for _, l := range []struct{ code, dir, word string }{{"uk", "ltr", "Сьогодні"}, {"ru", "ltr", "Сегодня"}, {"ar", "rtl", "اليوم"}} {
		x.js(`document.querySelector('[aria-expanded]')?.click()`, nil)
		x.js(`[...document.querySelectorAll('header button')].find(b => b.getAttribute('aria-expanded') !== null).getAttribute('aria-expanded') === 'true' || [...document.querySelectorAll('header button')].find(b => b.getAttribute('aria-expanded') !== null).click()`, nil)
		x.wait(`document.querySelector('input[name=lang][value=` + l.code + `]')`)
		x.js(`document.querySelector('input[name=lang][value=`+l.code+`]').click()`, nil)
		x.wait(`document.documentElement.lang === '` + l.code + `' && document.documentElement.dir === '` + l.dir + `' && document.querySelector('h1').textContent === '` + l.word + `'`)
	}
	x.js(`document.querySelector('input[name=theme][value=dark]').click(); document.body.click()`, nil)
	x.wait(`document.querySelector('figure[data-idle]')`)
	x.shot("today-ar-dark-1440")
	x.axe()
	x.js(`localStorage.clear()`, nil)
	x.clean()
}

// load measures what the first page takes, with nothing kept.
func (x *tab) load() {
	x.t.Helper()
	var ms [3]float64
	x.js(`[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, Math.max(...performance.getEntriesByType('resource').filter(r => r.name.includes('/api/incidents')).map(r => r.responseEnd)), Math.max(...performance.getEntriesByType('resource').filter(r => r.name.includes('/api/')).map(r => r.responseEnd))]`, &ms)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.t.Logf("first load, nothing kept: something is drawn after %.0f ms, the incidents are there after %.0f ms, all answers after %.0f ms; %.0f KiB, and the map library with its layers %.0f KiB; %s", ms[0], ms[1], ms[2], x.received/1024, x.library/1024, load())
	if x.received > 400<<10 {
		x.t.Errorf("the first page takes %.0f KiB without the map library: expected 400 at most", x.received/1024)
	}
}

// visit goes to an address as a link of the console does.
func (x *tab) visit(path string) {
	x.t.Helper()
	x.js(fmt.Sprintf(`history.pushState(null, '', %q); dispatchEvent(new PopStateEvent('popstate'))`, path), nil)
}
