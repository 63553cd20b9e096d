package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	permit "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// line is what lies between a phone and the office: a proxy at one address that can
// be cut, lose an answer after the request has arrived, or say that nobody is
// signed in. Behind it is a real server that is killed and started again.
type line struct {
	server
	url   string
	state atomic.Int32
	lost  atomic.Int32
}

const (
	whole = iota
	cut
	losing // the answer to the next report
	signedOut
)

func layLine(t *testing.T) *line {
	t.Helper()
	l := &line{server: server{t: t, dir: filepath.Join(t.TempDir(), "record"), demo: true}}
	l.start()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, _ := url.Parse(*l.address.Load())
		r.SetURL(to)
		r.Out.Host = to.Host
	}, ModifyResponse: func(r *http.Response) error {
		if l.state.Load() == losing && r.Request.Method == http.MethodPost && r.Request.URL.Path == "/api/reports" {
			l.lost.Add(1)
			return io.ErrUnexpectedEOF
		}
		return nil
	}, ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case l.state.Load() == cut:
			panic(http.ErrAbortHandler)
		case l.state.Load() == signedOut && r.URL.Path == "/api/me":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"role":"public","by":"nobody","demo":false,"office":"x","sign_in":"/sign-in","sign_out":"/sign-out","rights":[]}`)
		default:
			proxy.ServeHTTP(w, r)
		}
	})}
	go srv.Serve(at)
	l.url = "http://" + at.Addr().String()
	t.Cleanup(func() { srv.Close(); l.kill() })
	return l
}

// get asks the office itself.
func (l *line) get(path string, to any) {
	l.t.Helper()
	r, err := http.Get(*l.address.Load() + path)
	if err != nil {
		l.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		l.t.Fatalf("%s: %s %.300s %v", path, r.Status, b, err)
	}
	if raw, ok := to.(*[]byte); ok {
		*raw = b
		return
	}
	if err := json.Unmarshal(b, to); err != nil {
		l.t.Fatalf("%s: %v %.300s", path, err, b)
	}
}

// photograph is a JPEG with metadata that says where it was taken.
func photograph(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"), "taken-at-48.5167,35.0333"...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif...)
	return append(out, b.Bytes()[2:]...)
}

// put types into a field as a person would.
func (x *tab) put(selector, value string) {
	x.t.Helper()
	x.js(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})) })()`, selector, value), nil)
}

func (x *tab) press(selector string) {
	x.t.Helper()
	x.wait(fmt.Sprintf(`document.querySelector(%q)`, selector))
	x.js(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil)
}

// kept reads what the device has stored, as somebody who has the device would.
const kept = `(async () => {
  const db = await new Promise((ok, no) => { const r = indexedDB.open('truce-field'); r.onsuccess = () => ok(r.result); r.onerror = no })
  const all = s => new Promise(ok => { const r = db.transaction(s).objectStore(s).getAll(); r.onsuccess = () => ok(r.result) })
  const [items, files] = [await all('items'), await all('files')]
  db.close()
  const read = x => new TextDecoder('latin1').decode(x.data)
  return JSON.stringify({items: items.length, files: files.length, bytes: items.reduce((n, x) => n + x.data.byteLength, 0), plain: [...items, ...files].map(read).join('').includes('Fire behind the mill')})
})()`

type keptOnDevice struct {
	Items, Files, Bytes int
	Plain               bool
}

func (x *tab) kept() (k keptOnDevice) {
	x.t.Helper()
	var s string
	x.js(kept, &s)
	if err := json.Unmarshal([]byte(s), &k); err != nil {
		x.t.Fatal(err)
	}
	return k
}

// TestField: a report is written where there is no line, while the office is down,
// and arrives once; so does one whose receipt was lost on the way.
func TestField(t *testing.T) {
	b := newBrowser(t)
	l := layLine(t)
	b.base = l.url
	x := b.open(t, 390, 844, "/report")
	x.run(permit.GrantPermissions([]permit.PermissionType{permit.PermissionTypeGeolocation}), emulation.SetGeolocationOverride().WithLatitude(48.5).WithLongitude(35).WithAccuracy(12))
	x.wait(`document.querySelector('.gate input[type=password]')`)
	x.fits()
	x.axe()
	x.shot("report-gate-390")
	x.put(".gate input[type=password]", "four words of mine")
	x.press(".gate .main")
	x.wait(`document.querySelectorAll('.begin .form').length >= 2 && document.querySelector('.dot.on')`)
	x.wait(`navigator.serviceWorker.controller`)
	x.clean()

	// The office goes down; the phone is opened anew, and knows its page.
	l.kill()
	l.state.Store(cut)
	x.run(page.Reload())
	x.wait(`document.querySelector('.gate input[type=password]') && !document.querySelector('.dot.on')`)
	x.put(".gate input[type=password]", "not mine, these")
	x.press(".gate .main")
	x.wait(`document.querySelector('.gate [role=alert]')`)
	x.put(".gate input[type=password]", "four words of mine")
	x.press(".gate .main")
	write(x)
	x.axe()
	x.whole("report-390-whole")
	x.run(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
	x.press(".send .main")
	x.wait(`document.querySelector('[data-state=queued]')`)
	before := x.kept()
	if before.Items != 1 || before.Files != 2 || before.Plain {
		t.Errorf("while it waits the device has %+v: expected one report and two files, unreadable", before)
	}
	x.shot("report-queued-390")
	l.start()
	l.state.Store(losing)
	x.js(`dispatchEvent(new Event('online'))`, nil)
	for l.lost.Load() == 0 {
		x.wait(`document.querySelector('[data-state=queued]')`)
		x.js(`new Promise(f => setTimeout(() => { dispatchEvent(new Event('online')); f(0) }, 100))`, nil)
	}
	l.kill()
	l.start()
	l.state.Store(whole)
	x.wait(`document.querySelector('[data-state=sealed]')`)
	x.shot("report-sealed-390")
	after := x.kept()
	if after.Items != 1 || after.Files != 0 || after.Bytes >= before.Bytes+900 {
		t.Errorf("after the receipt the device has %+v, before %+v: expected the receipt alone", after, before)
	}
	l.once(x)
	// Signed out from afar: nothing more is sent, and all can be wiped.
	l.state.Store(signedOut)
	x.wait(`document.querySelector('.told .strong')`)
	x.shot("report-revoked-390")
	x.press(".told .strong")
	x.wait(`document.querySelector('.told[role=status]')`)
	var left string
	x.js(`(async () => [...(await indexedDB.databases()).map(d => d.name), ...await caches.keys(), ...(await navigator.serviceWorker.getRegistrations()).map(r => r.scope)].join())()`, &left)
	if left != "" {
		t.Errorf("after wiping the device still has %s", left)
	}
	for _, f := range x.faults {
		if !strings.Contains(f, "ERR_") { // the line was cut, more than once
			t.Errorf("the browser complains: %s", f)
		}
	}
	tryNotations(t, b)
}

// write fills in the patrol's form, with a bearing and a photograph.
func write(x *tab) {
	x.t.Helper()
	x.press(".begin .form")
	x.wait(`document.querySelector('#q-position')`)
	x.put("#q-seen-from", "2025-03-20T20:20")
	x.put("#q-text", "Fire behind the mill, як сказав сусід")
	x.press("input[name=q-what][value=explosion]")
	x.press("input[name=q-how-known][value=seen]")
	x.js(`document.querySelector('.ways [aria-expanded]').click()`, nil)
	x.wait(`document.querySelector('.sighting .numbers')`)
	x.put(".numbers label:nth-child(1) input", "90")
	x.put(".numbers label:nth-child(3) input", "2000")
	x.js(`document.querySelector('.sighting > .btn').click()`, nil)
	// 2 km east at 48.5° north are 0.02706° of longitude (a degree is 73.9 km); ±5° and ±400 m.
	x.wait(`document.querySelector('#q-position').value.startsWith('48.5')`)
	var at string
	x.js(`document.querySelector('#q-position').value + ' ' + document.querySelector('#q-within').value`, &at)
	if at != "48.50000, 35.02706 622" {
		x.t.Errorf("2 km east of 48.5, 35 is %q", at)
	}
	file := filepath.Join(x.t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(file, photograph(x.t), 0o600); err != nil {
		x.t.Fatal(err)
	}
	x.run(chromedp.SetUploadFiles("input[type=file]", []string{file}, chromedp.ByQuery))
	x.wait(`document.querySelectorAll('.photos li .mono').length === 2`)
	x.js(`document.querySelector('.photos li .btn').click()`, nil)
	x.wait(`document.querySelector('.photos figure img')`)
	var filter string
	x.js(`getComputedStyle(document.querySelector('.photos figure img')).filter`, &filter)
	if !strings.Contains(filter, "blur") || !strings.Contains(filter, "grayscale(1)") {
		x.t.Errorf("a picture is shown before it is asked for: %q", filter)
	}
}

// once wants one report, as it was written, its photograph apart from its copy.
func (l *line) once(x *tab) {
	l.t.Helper()
	var list struct {
		Items []struct {
			ID      string
			Kind    string
			Blobs   []string
			Payload struct {
				Row      map[string]string
				Language string
				Note     string
				Original string
				Public   string
			}
		}
	}
	l.get("/api/reports?limit=50", &list)
	if len(list.Items) != 1 {
		l.t.Fatalf("%d reports arrived, one was written", len(list.Items))
	}
	r := list.Items[0]
	if !strings.Contains(r.Payload.Row["text"], "Fire behind the mill") || r.Payload.Language != "en" || !strings.Contains(r.Payload.Note, "Bearing 90°") || len(r.Blobs) != 1 {
		l.t.Errorf("the report arrived as %+v", r)
	}
	var copied []byte
	l.get("/api/entries/"+r.ID+"/blobs/0", &copied)
	if bytes.Contains(copied, []byte("Exif")) || bytes.Contains(copied, []byte("taken-at")) || len(copied) == 0 {
		l.t.Errorf("the copy that goes with the report has the metadata of the camera: %.80q", copied)
	}
	l.get("/api/entries?limit=50", &list)
	sum := sha256.Sum256(photograph(l.t))
	n := 0
	for _, e := range list.Items {
		if e.Kind == "evidence@1" {
			n++
			var d struct {
				Blobs []string
			}
			l.get("/api/entries/"+e.ID, &d)
			if !strings.Contains(strings.Join(e.Blobs, " ")+strings.Join(d.Blobs, " "), hex.EncodeToString(sum[:])) {
				l.t.Errorf("the evidence does not name the photograph as it is: %+v", e)
			}
		}
	}
	if n != 1 {
		l.t.Errorf("%d entries of evidence, expected 1", n)
	}
}

// tryNotations types positions as people write them, and wants the same place.
func tryNotations(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/report")
	x.press(".gate .plain")
	x.press(".begin .form")
	x.wait(`document.querySelector('#q-position')`)
	for typed, want := range map[string]string{
		"48.5167, 35.0333":         "48.51670, 35.03330 6",
		"48,5167 35,0333":          "48.51670, 35.03330 6",
		"48.5167N 35.0333E":        "48.51670, 35.03330 6",
		"E35.0333 N48.5167":        "48.51670, 35.03330 6",
		`48°31'00"N 35°02'00"E`:    "48.51667, 35.03333 16",
		"48 31 00, 35 02 00":       "48.51667, 35.03333 16",
		"48°31.000'N, 35°02.000'E": "48.51667, 35.03333 1",
		"-33.8688, 151.2093":       "-33.86880, 151.20930 6",
		"31U DQ 48251 11932":       "48.85820, 2.29450 1",
		"31UDQ4811":                "48.85433, 2.29794 708",
		"31 U 448251 5411932":      "48.85819, 2.29449 1",
		"91, 35":                   "refused",
		"48.5":                     "refused",
		"48°61'N 35°E":             "refused",
		"31UDQ482":                 "refused",
		"36 S 500000 4000000":      "refused",
		"the mill":                 "refused",
	} {
		x.put("#q-position", typed)
		var got string
		x.js(`new Promise(f => setTimeout(() => f(document.querySelector('.wrong') ? 'refused' : document.querySelector('.position dd').textContent + ' ' + document.querySelector('#q-within').value), 30))`, &got)
		if got != want {
			t.Errorf("%q is read as %q, expected %q", typed, got, want)
		}
	}
	x.put("#q-position", "48.5167, 35.0333")
	x.shot("report-1440")
	x.clean()
}
