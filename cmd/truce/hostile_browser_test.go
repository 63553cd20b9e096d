package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// scripts is the corpus of F31.
func scripts(t *testing.T) (list []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/hostile/scripts.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if !strings.HasPrefix(l, "# ") {
			list = append(list, l)
		}
	}
	if len(list) < 300 {
		t.Fatalf("%d scripts: the corpus is gone", len(list))
	}
	return list
}

// person is somebody who has signed in, and sends what a browser would.
type person struct {
	t    *testing.T
	http *http.Client
	base string
}

// signedIn makes an account, with a second factor, and signs in to it.
func signedIn(t *testing.T, h *house, base, name, title, role string) *person {
	t.Helper()
	a, err := h.people.Add(t.Context(), people.AtConsole(), people.NewAccount{Name: name, Title: title, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.people.Link(t.Context(), people.AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t, &http.Client{Jar: jar}, base}
	const password = "four plain words here"
	p.form("/welcome/"+code, url.Values{"password": {password}, "again": {password}})
	text := p.form("/sign-in", url.Values{"name": {name}, "password": {password}})
	m := regexp.MustCompile(`<p class="secret">([A-Z2-7]{32})</p>`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal(text)
	}
	now, err := totp.GenerateCode(m[1], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p.form("/second-factor", url.Values{"code": {now}})
	return p
}

func (p *person) send(method, path, kind string, body []byte) (int, http.Header, string) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func (p *person) form(path string, v url.Values) string {
	p.t.Helper()
	_, _, text := p.send("POST", path, "application/x-www-form-urlencoded", []byte(v.Encode()))
	return text
}

// put sends something that has to be taken.
func (p *person) put(path string, v any) string {
	p.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	status, _, text := p.send("POST", path, "application/json", b)
	if status != 201 && status != 200 {
		p.t.Fatalf("%s %.300s: %d %s", path, b, status, text)
	}
	return text
}

func (p *person) blob(b []byte) string {
	p.t.Helper()
	var x struct{ SHA256 string }
	_, _, text := p.send("POST", "/api/blobs", "application/octet-stream", b)
	if err := json.Unmarshal([]byte(text), &x); err != nil || x.SHA256 == "" {
		p.t.Fatal(text)
	}
	return x.SHA256
}

// numbered makes ids of entries.
type numbered int

func (n *numbered) next() string {
	*n++
	return record.NewID(time.Date(2025, 3, 20, 20, 0, int(*n), 0, time.UTC), [10]byte{byte(*n), byte(*n >> 8)})
}

// fill puts the corpus into every field that takes words: reports, incidents, claims,
// the log of the watch, talks, restrictions, names of files, evidence, texts.
func (p *person) fill(list []string) (reports, incidents []string, text string) {
	p.t.Helper()
	var id numbered
	const some = 45
	for i := 0; i < len(list); i += some {
		part := list[i:min(i+some, len(list))]
		all, one := strings.Join(part, "\n"), func(k int) string { return part[k%len(part)] }
		report, incident := id.next(), id.next()
		p.put("/api/reports", map[string]any{"id": report, "marking": "public", "source": one(0) + one(1), "note": all, "row": map[string]string{"time_start": "2025-03-20T20:20Z", "time_end": "2025-03-20T23:30Z",
			"lat": fmt.Sprintf("%.2f", 50.2+float64(i)/1000), "lon": "30.52", "precision_m": "400", "act": "attack.strike.drone", "target": "energy.power.substation", "owner": "UA", "text": all, "damage": one(2) + one(3), "severity": one(4), "source": one(5) + one(6)}})
		entry := func(kind string, about string, payload map[string]any) {
			p.t.Helper()
			e := map[string]any{"id": id.next(), "kind": kind, "payload": payload}
			if about != "" {
				e["refs"] = []map[string]string{{"relation": "about", "id": about}}
			}
			p.put("/api/entries", e)
		}
		if i/some%3 == 2 { // one that nobody has taken for an incident
			reports = append(reports, report)
			continue
		}
		incidents = append(incidents, incident)
		p.put("/api/entries", map[string]any{"id": incident, "kind": "incident@1", "refs": []map[string]string{{"relation": "about", "id": report}}, "payload": map[string]any{"marking": "public", "title": one(7) + one(8), "reason": all}})
		entry("claim@1", incident, map[string]any{"says": all, "by": one(9)})
		entry("watch-line@1", "", map[string]any{"time": "2025-03-20T20:41:00Z", "caller": one(10), "channel": one(11), "words": all})
		entry("proposal@1", "", map[string]any{"proposal": fmt.Sprint("p", i), "version": "v", "tabled": one(12), "title": one(13), "clauses": []map[string]any{{"clause": "1", "words": all}}, "quotation": all, "of": one(14), "day": "2025-03-19"})
		entry("position@1", "", map[string]any{"holder": "ALFA", "proposal": fmt.Sprint("p", i), "version": "v", "stance": "accepts-if", "condition": one(15), "by": one(16), "day": "2025-03-19", "quotation": all, "of": one(17)})
		entry("restriction@1", "", map[string]any{"type": "denial", "from": "2025-03-20T20:20:00Z", "place": "50.45,30.52", "checkpoint": one(18), "reason": all, "told": one(19)})
	}
	all := strings.Join(list, "\n")
	// A picture that is a program, with a name that is one.
	svg := `<svg xmlns="http://www.w3.org/2000/svg" onload="canary(1)"><script>canary(1)</script>` + all
	sum := p.blob([]byte(svg))
	p.put("/api/entries", map[string]any{"id": id.next(), "kind": "evidence@1", "refs": []map[string]string{{"relation": "about", "id": incidents[0]}}, "blobs": []string{sum},
		"payload": map[string]any{"marking": "public", "name": list[0] + ".svg", "type": "image/svg+xml", "size": len(svg), "original": sum, "public": sum, "custody": all}})
	// A table with such a name, and such cells.
	table := "id,time_start,time_end,lat,lon,precision_m,act,text\n" + `R-1,2025-03-20T20:20Z,2025-03-20T21:00Z,50.4,30.5,500,attack.strike,"` + strings.ReplaceAll(strings.Join(list[:40], " "), `"`, `""`) + "\"\n"
	status, _, got := p.send("POST", "/api/imports?name="+url.QueryEscape(`"><img src=x onerror=canary(1)>.csv`), "application/octet-stream", []byte(table))
	var up struct{ Upload string }
	if err := json.Unmarshal([]byte(got), &up); err != nil || status != 201 {
		p.t.Fatal(status, got)
	}
	p.put("/api/imports/"+up.Upload, map[string]any{"source": `<svg onload=canary(1)>`})
	return reports, incidents, p.text(list)
}

// text records a text whose prose is the corpus.
func (p *person) text(list []string) string {
	p.t.Helper()
	src, err := fs.ReadFile(regimes.FS(), "energy-2025.truce.md")
	if err != nil {
		p.t.Fatal(err)
	}
	head, rest, ok := bytes.Cut(src, []byte("\n\n"))
	if !ok {
		p.t.Fatal("the text has no first paragraph")
	}
	var b bytes.Buffer
	b.Write(head)
	for _, s := range list {
		if !strings.ContainsAny(s, "`~\u202e\u200b\ufeff") { // blocks that run, and what no text may hold
			b.WriteString("\n\nOf this: " + s)
		}
	}
	b.WriteString("\n\n")
	b.Write(rest)
	x, problems := terms.ParseBytes(fstest.MapFS{}, "energy-2025.truce.md", b.Bytes())
	if x == nil || len(problems) > 0 {
		p.t.Fatal(problems)
	}
	p.put("/api/entries", map[string]any{"id": "01JPV9Z8M0000000000000000Z", "kind": "terms@1", "blobs": []string{p.blob(b.Bytes())}, "payload": map[string]any{"id": x.ID, "digest": x.Digest, "title": `</title><script>canary(1)</script>`, "marking": "public"}})
	return x.ID
}

// ran is a script of somebody else that ran.
type ran struct {
	mu   sync.Mutex
	list []string
}

func (r *ran) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, fmt.Sprintf(format, args...))
}

// inert wants a page on which nothing of the corpus is markup: no handler, no frame,
// no script but the server's own files, no address that runs.
const inert = `(() => {
  const bad = [];
  const look = root => { for (const e of root.querySelectorAll('*')) {
    const tag = e.tagName.toLowerCase();
    if (e.shadowRoot) look(e.shadowRoot);
    if (tag === 'script' && (!e.src || new URL(e.src).origin !== location.origin)) bad.push(e.outerHTML.slice(0, 120));
    if (['iframe', 'frame', 'object', 'embed', 'applet', 'base', 'portal', 'foreignobject', 'marquee'].includes(tag)) bad.push(e.outerHTML.slice(0, 120));
    if (tag === 'meta' && e.httpEquiv && !/^(content-type|x-ua-compatible)$/i.test(e.httpEquiv)) bad.push(e.outerHTML.slice(0, 120));
    for (const a of e.attributes) {
      if (/^on/i.test(a.name)) bad.push(tag + ' ' + a.name);
      if (/^(href|src|action|formaction|xlink:href|data|srcset|poster|background|ping)$/i.test(a.name) && (/^[\s\u0000-\u001f]*(javascript|vbscript|data:text|blob:https:\/\/evil)/i.test(a.value) || /evil\.test/.test(a.value) && tag !== 'a' )) bad.push(tag + ' ' + a.name + '=' + a.value.slice(0, 80));
      if (a.name === 'href' && tag === 'a' && /evil\.test/.test(e.host)) bad.push('a link to ' + e.host);
    }
  } };
  look(document);
  return bad.slice(0, 5).join('\n');
})()`

// tryScripts is F31: the corpus in every field, on every page of the console and of the
// server. Nothing of it runs, nothing is asked of another host, and nothing of it gets
// so far that the policy of a page has to stop it.
func tryScripts(t *testing.T, b *browser) {
	list := scripts(t)
	h, base, _ := namedServer(t, "")
	keeper := signedIn(t, h, base, "keeper", `</td><script>canary(1)</script>`, "administrator")
	watch := signedIn(t, h, base, "watch", `"><img src=x onerror=canary(1)>`, "duty-officer")
	reports, incidents, text := watch.fill(list)
	for i, s := range list[:40] {
		if i%4 == 0 {
			watch.form("/tokens", url.Values{"name": {s}, "scopes": {"read"}, "days": {"1"}})
			keeper.form("/people", url.Values{"do": {"add"}, "name": {fmt.Sprint("n", i)}, "title": {s}, "role": {"reader"}, "reason": {s}})
		}
	}
	for end := time.Now().Add(20 * time.Second); h.views.Size() < h.log.Size(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the views do not follow")
		}
	}
	x := (&browser{ctx: b.ctx, base: base}).open(t, 1280, 900, "/people.css")
	var r ran
	chromedp.ListenTarget(x.ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventBindingCalled:
			r.add("canary(%s) ran", e.Payload)
		case *page.EventJavascriptDialogOpening:
			r.add("a dialog: %s", e.Message)
		case *page.EventWindowOpen:
			r.add("a window: %s", e.URL)
		}
	})
	x.run(page.Enable(), runtime.AddBinding("canary"))
	// The canary sings: else nothing would be shown by its silence.
	x.js(`canary('1')`, nil)
	if r.mu.Lock(); len(r.list) != 1 {
		t.Fatal("the canary cannot be heard")
	}
	r.list = nil
	r.mu.Unlock()
	// So are an address that runs, and the policy that stops it.
	var found string
	x.js(`{ const e = document.createElement('a'); e.setAttribute('href', 'javascript:canary(2)'); document.body.append(e); e.click(); '' }`, nil)
	x.js(inert, &found)
	x.hears("Content Security Policy")
	if found == "" {
		t.Fatal("an address that runs is not found in a page")
	}
	as := func(p *person) {
		t.Helper()
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.http.Jar.Cookies(u) {
			x.run(network.SetCookie(c.Name, c.Value).WithURL(base))
		}
	}
	shown, quiet := 0, 0
	look := func(what string) {
		t.Helper()
		var bad string
		var n int
		x.js(inert, &bad)
		x.js(`(document.body.innerText.match(/canary|evil\.test/g) || []).length`, &n)
		if bad != "" {
			t.Errorf("%s: markup of somebody else:\n%s", what, bad)
		}
		// Pointers and focus, for what waits for them.
		x.js(`for (const e of [...document.querySelectorAll('main *, dialog *')].slice(0, 400)) for (const k of ['mouseover', 'mouseenter', 'focus', 'pointerenter', 'animationstart']) e.dispatchEvent(new Event(k, {bubbles: true}))`, nil)
		if shown += n; n == 0 {
			quiet++
		}
	}
	as(watch)
	first := true
	for _, p := range []struct{ path, until string }{
		{"/?t=2025-03-21T00:00Z", `document.querySelectorAll('.item').length > 3`},
		{"/incidents", `document.querySelectorAll('tbody a').length > 3`},
		{"/incidents?q=canary", `document.querySelectorAll('tbody a').length > 3`},
		{"/incidents?q=%3Cimg%20src%3Dx%20onerror%3Dcanary(1)%3E&actor=%22%3E%3Cscript%3Ecanary(1)%3C/script%3E", `document.querySelector('main h1')`},
		{"/incidents/" + incidents[0], `document.querySelector('article h1') && document.querySelector('.lit')`},
		{"/incidents/" + incidents[len(incidents)-2], `document.querySelector('article h1') && document.querySelector('.lit')`},
		{"/incidents/" + reports[0], `document.querySelector('article h1') && document.querySelector('.lit')`},
		{"/incidents/%3Cimg%20src=x%20onerror=canary(1)%3E", `document.querySelector('main')`},
		{"/terms", `document.querySelector('main h1')`},
		{"/terms/" + text, `document.body.innerText.includes('Of this:')`},
		{"/compare?a=" + text + "@kremlin&b=%3Csvg%20onload=canary(1)%3E", `document.querySelector('main h1')`},
		{"/talks", `document.body.innerText.includes('canary')`},
		{"/triage", `document.querySelector('main h1')`},
		{"/verification", `document.querySelector('main h1')`},
		{"/record", `document.querySelector('main h1')`},
		{"/scenario?of=" + incidents[1], `document.querySelector('main h1')`},
		{"/methodology", `document.querySelector('main h1')`},
		{"/report", `document.querySelector('main h1')`},
	} {
		if first {
			x.goTo(p.path)
			first = false
		} else {
			x.visit(p.path)
		}
		x.wait(p.until)
		time.Sleep(80 * time.Millisecond)
		look(p.path)
	}
	// A point on the map, and the palette, hold words of incidents too.
	x.goTo("/?t=2025-03-21T00:00Z&sel=" + incidents[0])
	x.wait(`document.querySelector('.peek')`)
	look("what is chosen on the map")
	for _, p := range []string{"/sign-in?next=javascript:canary(1)", "/sign-in?next=%22%3E%3Cscript%3Ecanary(1)%3C/script%3E", "/tokens", "/passkeys", "/passkey?next=%22%3E%3Csvg%20onload=canary(1)%3E", "/why?role=%3Cscript%3Ecanary(1)%3C/script%3E&action=read&thing=%22%3E%3Csvg%20onload=canary(1)%3E&of=%22%3E%3Csvg/onload=canary(1)%3E",
		"/people", "/api/reports", "/api/incidents/" + incidents[0] + "?explain=true", "/api/terms/" + text + "/source", "/openapi.json"} {
		if p == "/people" {
			as(keeper)
		}
		x.goTo(p)
		look(p)
		if p == "/people" {
			as(watch)
		}
	}
	if shown < 2000 || quiet > 12 {
		t.Errorf("%d of the corpus were shown, and on %d pages none: too little was tried", shown, quiet)
	}
	// Files that others have sent are files, and nothing that a browser shows.
	_, head, _ := watch.send("GET", "/api/entries?kind=evidence@1", "", nil)
	if !strings.HasPrefix(head.Get("Content-Type"), "application/json") {
		t.Errorf("entries are %s", head.Get("Content-Type"))
	}
	_, _, entries := watch.send("GET", "/api/entries?kind=evidence@1", "", nil)
	var l struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(entries), &l); err != nil || len(l.Items) != 1 {
		t.Fatal(entries)
	}
	file := "/api/entries/" + l.Items[0].ID + "/blobs/0"
	status, head, _ := watch.send("GET", file, "", nil)
	if status != 200 || head.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(head.Get("Content-Disposition"), "attachment") || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a picture that is a program: %d %v", status, head)
	}
	x.run(chromedp.Evaluate(`{ const f = document.createElement('iframe'); f.src = '`+file+`'; document.body?.append(f) }`, nil))
	time.Sleep(200 * time.Millisecond)
	x.mu.Lock()
	x.faults = dropOwn(x.faults)
	x.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.list {
		t.Error(s)
	}
	x.clean()
}

// hears waits until the browser has complained of something, and forgets it.
func (x *tab) hears(what string) {
	x.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		x.mu.Lock()
		n := len(x.faults)
		x.faults = slices.DeleteFunc(x.faults, func(f string) bool { return strings.Contains(f, what) })
		heard := len(x.faults) < n
		x.mu.Unlock()
		if heard {
			return
		}
		if time.Now().After(end) {
			x.t.Fatalf("the browser does not complain of %s", what)
		}
	}
}

// dropOwn leaves out what this test has done itself: a frame, questions for what is not
// there, pages that are no pages and have no icon, pages left before they were ready.
func dropOwn(faults []string) (out []string) {
	for _, f := range faults {
		if strings.HasSuffix(f, "/favicon.ico") || strings.Contains(f, "frame-src") || strings.Contains(f, "frame-ancestors") || strings.Contains(f, "the server responded with a status of 4") || strings.Contains(f, "derived_inert") {
			continue
		}
		out = append(out, f)
	}
	return out
}
