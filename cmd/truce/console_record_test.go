package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// tampering is a server before the real one that changes a byte of some answers.
type tampering struct {
	*httptest.Server
	at atomic.Pointer[flip]
}

// flip is a byte that is changed: the first after a text, in answers to paths that
// hold another.
type flip struct{ path, after string }

func startTampering(t *testing.T, base string) *tampering {
	t.Helper()
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	x := &tampering{}
	p := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			delete(r.Out.Header, "Accept-Encoding")
			delete(r.Out.Header, "If-None-Match")
			delete(r.Out.Header, "If-Modified-Since")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				t.Errorf("nothing was changed: %v", err)
			}
			w.WriteHeader(http.StatusBadGateway)
		},
		ModifyResponse: func(r *http.Response) error {
			f := x.at.Load()
			if f == nil || !strings.Contains(r.Request.URL.Path, f.path) {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			r.Body.Close()
			i := bytes.Index(b, []byte(f.after))
			if i < 0 || i+len(f.after) >= len(b) {
				return fmt.Errorf("%s has no %q", r.Request.URL.Path, f.after)
			}
			b[i+len(f.after)] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(b))
			return nil
		},
	}
	x.Server = httptest.NewServer(p)
	t.Cleanup(x.Close)
	return x
}

// tryRecord checks an entry in the browser, and wants every changed byte refused.
func tryRecord(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/record")
	x.wait(`document.querySelectorAll('[data-level]').length === 3 && document.querySelector('table [aria-current], tbody tr')`)
	x.wait(`document.querySelector('#entry').value.length === 26`)
	x.axe()
	check := func(x *tab) string {
		x.js(`document.querySelector('.go').click()`, nil)
		x.wait(`document.querySelector('[data-verdict=good], [data-verdict=bad]')`)
		var verdict string
		x.js(`document.querySelector('[data-verdict]').dataset.verdict`, &verdict)
		return verdict
	}
	states := func(x *tab, state string) (keys string) {
		x.js(`[...document.querySelectorAll('[data-state=`+state+`]')].map(e => e.dataset.step).join(' ')`, &keys)
		return keys
	}
	// An entry that all witnesses have seen.
	const entry = "01JPVR0SC07RSVVMD3C6H0ZZYH"
	x.visit("/record?entry=" + entry)
	x.wait(`document.querySelector('#entry').value === '` + entry + `'`)
	if v := check(x); v != "good" {
		t.Errorf("an entry that is in the record: %s, %s", v, states(x, "fails"))
	}
	if got, want := states(x, "holds"), "checkpoint tree inclusion author witness witness witness"; got != want {
		t.Errorf("held %q, expected %q", got, want)
	}
	if got, want := states(x, "not"), "key.server before.first payload kept"; got != want {
		t.Errorf("not checked %q, expected %q", got, want)
	}
	x.whole("record-1440")
	if check(x); !strings.Contains(states(x, "holds"), " before") {
		t.Error("the second time it is not compared with the first")
	}
	// The chart can be taken away: the drawing has no class and no script.
	x.js(`(() => { window.made = []; const was = URL.createObjectURL; URL.createObjectURL = b => { window.made.push(b); return was(b) } })()`, nil)
	for _, b := range []string{"SVG", "CSV", "PNG"} {
		x.js(`[...document.querySelectorAll('[role=group] button')].find(b => b.textContent === '`+b+`').click()`, nil)
	}
	x.wait(`window.made.some(b => b.type === 'image/png' && b.size > 1000)`)
	var files string
	x.js(`Promise.all(window.made.filter(b => b.type !== 'image/png').map(b => b.text())).then(x => x.join('\n'))`, &files)
	if !strings.Contains(files, "<svg") || !regexp.MustCompile(`all-parties,[1-9]`).MatchString(files) || strings.Contains(files, "class=") {
		t.Errorf("the files of the chart: %s", files)
	}
	x.clean()

	y := b.open(t, 390, 844, "/record?entry="+entry)
	y.wait(`document.querySelector('#entry')?.value === '` + entry + `'`)
	y.fits()
	y.axe()
	check(y)
	y.whole("record-390")
	y.clean()

	p := startTampering(t, b.base)
	z := (&browser{ctx: b.ctx, base: p.URL}).open(t, 1440, 900, "/record?entry="+entry)
	z.wait(`document.querySelector('#entry')?.value === '` + entry + `'`)
	for _, f := range []struct {
		name  string
		at    flip
		fails string
	}{
		{"the root of the checkpoint", flip{"/log/checkpoint", "/story\n"}, "checkpoint"},
		{"the signature of the checkpoint", flip{"/log/checkpoint", "demo.truce.example/story jZtDn"}, "checkpoint"},
		{"the place in the proof", flip{"/proof", "v1\nindex "}, "inclusion"},
		{"a hash of the proof", flip{"/proof", "=\n"}, "inclusion"},
		{"the entry", flip{"/log/tile/entries/", `"id":"` + entry + `","kind":"`}, "inclusion"},
		{"its author's signature", flip{"/log/tile/entries/", `"id":"` + entry[:10]}, "inclusion"},
		{"a hash of the tree", flip{"/log/tile/1/", ""}, "tree"},
		{"a witness's signature", flip{"/api/record", `witness-ru gKoaHQAAAAB`}, "witness"},
		{"a witness's key", flip{"/api/record", `witness-ua+3d011d6b+`}, "witness"},
		{"the log's key", flip{"/api/record", `demo.truce.example/story+8d9b439f+`}, "checkpoint"},
	} {
		p.at.Store(&f.at)
		z.js(`window.old = true; location.reload()`, nil)
		z.wait(`!window.old && document.querySelector('#entry')?.value === '` + entry + `' && !document.querySelector('[data-step]')`)
		if v := check(z); v != "bad" || !strings.Contains(states(z, "fails"), f.fails) {
			t.Errorf("a changed byte in %s: %s, fails %q, expected %s to fail", f.name, v, states(z, "fails"), f.fails)
		}
		if f.name == "a hash of the proof" {
			z.shot("record-refused-1440")
		}
	}
	// What failed was never remembered as seen.
	var kept string
	z.js(`JSON.stringify(localStorage)`, &kept)
	if strings.Contains(kept, "truce.seen") {
		t.Errorf("a record that did not hold was remembered: %s", kept)
	}
}
