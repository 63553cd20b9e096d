package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/audit"
)

// TestSameBytes: two copies of a record give the same site; publishing again touches
// nothing; a later state changes what it must, and removes what is gone.
func TestSameBytes(t *testing.T) {
	w, v := newWorld(t), newWorld(t)
	a, b := w.make(Rules{}), v.make(Rules{})
	if !maps.EqualFunc(a.Files, b.Files, bytes.Equal) {
		t.Error("two copies of a record give two sites")
	}
	dir := t.TempDir()
	if got, err := Write(dir, a); err != nil || got.New != len(a.Files) {
		t.Fatalf("%+v %v", got, err)
	}
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range a.Files {
		if err := os.Chtimes(filepath.Join(dir, n), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Write(dir, b); err != nil || got.Same != len(a.Files) {
		t.Fatalf("%+v %v", got, err)
	}
	late := w.make(Rules{Now: time.Date(2025, 4, 3, 0, 0, 0, 0, time.UTC), Delay: time.Hour})
	got, err := Write(dir, late)
	if err != nil || got.Removed == 0 || got.New != 0 || got.Same+got.Changed != len(late.Files) || got.Same == 0 {
		t.Fatalf("%+v %v", got, err)
	}
	touched := 0
	for n, b := range late.Files {
		info, err := os.Stat(filepath.Join(dir, n))
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(old) {
			touched++
		} else if !bytes.Equal(b, a.Files[n]) {
			t.Errorf("%s was not written", n)
		}
	}
	if touched != got.Changed {
		t.Errorf("%d files touched, %d changed", touched, got.Changed)
	}
	if c := verified(t, dir); !c.OK() {
		t.Errorf("%+v", c.Problems)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(other, a); err == nil || !strings.Contains(err.Error(), "holds mine") {
		t.Errorf("a folder with other things is written to: %v", err)
	}
}

func verified(t *testing.T, dir string) *Checked {
	t.Helper()
	c, err := Verify(t.Context(), audit.Dir(dir), nil, audit.Options{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSite looks at one site in several ways.
func TestSite(t *testing.T) {
	w := newWorld(t)
	s := w.make(Rules{})
	t.Run("pages", func(t *testing.T) { testPages(t, w, s) })
	t.Run("digits", func(t *testing.T) { testOneDigit(t, w, s) })
	t.Run("server", func(t *testing.T) { testServer(t, w, s) })
	t.Run("rules", func(t *testing.T) { testRulesOnlyTakeAway(t, w) })
	t.Run("browser", func(t *testing.T) { testInABrowser(t, s) })
}

// testServer: by way of a server that is busy now and then the site is the same; one
// that takes an entry in meanwhile, or takes the asker for somebody, gives none.
func testServer(t *testing.T, w *world, s *Site) {
	asked, grown, role := 0, false, false
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if asked++; asked == 5 {
			rw.Header().Set("Retry-After", "1")
			rw.WriteHeader(http.StatusTooManyRequests)
			return
		}
		status, h, b, err := w.ask(r.Context(), r.URL.RequestURI())
		if err != nil {
			t.Error(err)
		}
		if grown && asked > 40 {
			b = bytes.ReplaceAll(b, []byte(`"vector":{"demo.truce.example/story":`), []byte(`"vector":{"demo.truce.example/story":1`))
		}
		if role {
			b = bytes.ReplaceAll(b, []byte(`"role":"public"`), []byte(`"role":"chair"`))
		}
		if next := h.Get("X-Next"); next != "" {
			rw.Header().Set("X-Next", next)
		}
		rw.WriteHeader(status)
		rw.Write(b)
	}))
	defer srv.Close()
	ask, err := Server(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Ask: ask, Record: w.dir, Version: "test"}
	got, err := Make(t.Context(), o)
	if err != nil || !maps.EqualFunc(got.Files, s.Files, bytes.Equal) {
		t.Errorf("by way of a server the site is another: %v", err)
	}
	asked, grown = 10, true
	if _, err := Make(t.Context(), o); !errors.Is(err, ErrGrown) {
		t.Errorf("the record grew: %v", err)
	}
	grown, role = false, true
	if _, err := Make(t.Context(), o); err == nil || !strings.Contains(err.Error(), `as to "chair"`) {
		t.Errorf("what the chair is answered was published: %v", err)
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://x"} {
		if _, err := Server(bad); err == nil {
			t.Errorf("%q is taken for a server", bad)
		}
	}
}

// testPages: every link leads to a file of the site, nothing is asked of another
// host, no page has script or style of its own, and days are counted as by hand.
func testPages(t *testing.T, w *world, s *Site) {
	link := regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	for name, b := range s.Files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		page := string(b)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if to, _, _ := strings.Cut(m[1], "#"); to != "" && s.Files[path.Join(path.Dir(name), to)] == nil {
				t.Errorf("%s links to %q, which is not there", name, m[1])
			}
		}
		for _, bad := range []string{"<style", "style=", "onclick", "<script>", "@import", "<no value>", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if !strings.Contains(page, `script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'`) {
			t.Errorf("%s has no policy", name)
		}
	}
	type span struct{ from, to time.Time }
	spans := map[string]span{}
	g, err := gather(t.Context(), w.ask, &Rules{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range g.items {
		from, err1 := time.Parse(time.RFC3339, x.TimeStart)
		to, err2 := time.Parse(time.RFC3339, x.TimeEnd)
		if err1 == nil && err2 == nil {
			spans[x.ID] = span{from, to}
		}
	}
	days := 0
	for name, b := range s.Files {
		if !strings.HasPrefix(name, "data/days/") {
			continue
		}
		var d day
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatal(err)
		}
		from, _ := time.Parse(time.DateOnly, d.Day)
		to := from.AddDate(0, 0, 1)
		var want bounds
		for _, x := range spans {
			if !x.from.Before(from) && !x.to.After(to) {
				want.Low++
			}
			if x.from.Before(to) && x.to.After(from) {
				want.High++
			}
		}
		if d.Number != want || want.High == 0 {
			t.Errorf("%s: %s, want %s", d.Day, d.Number, want)
		}
		for _, r := range d.Readings {
			low := 0
			for _, v := range r.Verdicts {
				low += v.Low
			}
			if low != want.Low {
				t.Errorf("%s, %s %s: verdicts are of %d incidents, want %d", d.Day, r.Terms, r.Reading, low, want.Low)
			}
		}
		days++
	}
	if days < 40 {
		t.Errorf("%d days", days)
	}
}

// testOneDigit: wherever one digit of a site is another, verify names the file, the
// place and what was published there; other changes are named by file.
func testOneDigit(t *testing.T, w *world, s *Site) {
	dir := t.TempDir()
	if _, err := Write(dir, s); err != nil {
		t.Fatal(err)
	}
	if c := verified(t, dir); !c.OK() || c.Files != len(s.Files)-2 || c.Proofs < 100 || c.Log.Size != w.log.Size() {
		t.Fatalf("%+v", c)
	}
	name := "days/2025-03-20.html"
	b := bytes.Clone(s.Files[name])
	at := bytes.Index(b, []byte(`<strong>`)) + len("<strong>")
	was := b[at]
	b[at] = '0' + (was-'0'+1)%10
	put(t, dir, name, b)
	c := verified(t, dir)
	line := 1 + bytes.Count(b[:at], []byte("\n"))
	want := fmt.Sprintf("line %d, column %d: is %q, expected %q", line, at-bytes.LastIndexByte(b[:at], '\n'), b[at], was)
	if len(c.Problems) != 1 || c.Problems[0].File != name || !strings.HasPrefix(c.Problems[0].What, want) {
		t.Errorf("%+v, want %s", c.Problems, want)
	}
	put(t, dir, name, s.Files[name])
	// Any byte of any kind of file, a file too many, one too few.
	for _, n := range []string{"manifest.note", "manifest.txt", "office.json", "log/checkpoint", "log/tile/entries/000", "log/tile/0/000", "style.css", "check.js", "data/incidents.geojson", "terms/energy-2025.truce.md"} {
		b := bytes.Clone(s.Files[n])
		if b == nil {
			t.Fatalf("no %s", n)
		}
		b[len(b)/2] ^= 1
		put(t, dir, n, b)
		c, err := Verify(t.Context(), audit.Dir(dir), nil, audit.Options{Now: time.Now()})
		if err == nil && (c.OK() || !strings.Contains(fmt.Sprint(c.Problems), strings.TrimSuffix(n, path.Ext(n)))) && n != officeName {
			t.Errorf("%s changed: %+v", n, c.Problems)
		}
		if err == nil && c.OK() {
			t.Errorf("%s changed, and the site holds", n)
		}
		put(t, dir, n, s.Files[n])
	}
	put(t, dir, "days/more.html", []byte("x"))
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	if c := verified(t, dir); len(c.Problems) != 2 || !strings.Contains(fmt.Sprint(c.Problems), "days/more.html was not published") || !strings.Contains(fmt.Sprint(c.Problems), name+" is missing") {
		t.Errorf("%+v", c.Problems)
	}
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAnyDigit: a changed digit is found in any text, short or of several blocks,
// and two are never taken for one.
func TestAnyDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 60, 900, block + 1, 2*block + 700}).Draw(t, "n")
		letters := "ab \nü<"
		if n < block {
			letters += "0123"
		}
		pattern := rapid.SliceOfN(rapid.SampledFrom([]byte(letters)), 1, 60).Draw(t, "pattern")
		b := bytes.Repeat(pattern, n/len(pattern)+1)[:n]
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		was := byte('0' + rapid.IntRange(0, 9).Draw(t, "was"))
		is := byte('0' + (int(was-'0')+rapid.IntRange(1, 9).Draw(t, "more"))%10)
		b[at] = was
		f := listFile("x", b)
		c := bytes.Clone(b)
		c[at] = is
		want := fmt.Sprintf("line %d, column %d: is %q, expected %q", 1+bytes.Count(b[:at], []byte("\n")), at-bytes.LastIndexByte(b[:at], '\n'), is, was)
		if got := changed(&f, c); !strings.HasPrefix(got, want) {
			t.Fatalf("%s, want %s", got, want)
		}
		c[(at+1)%n] ^= 1
		if got := changed(&f, c); n > 1 && strings.Contains(got, "column") {
			t.Fatalf("two changes are told as one: %s", got)
		}
	})
}

// FuzzManifest: what is read is written again to the byte.
func FuzzManifest(f *testing.F) {
	f.Add(writeManifest(map[string][]byte{"a/b.html": []byte("x"), "c": make([]byte, block+1)}))
	f.Add([]byte("x 1 ../y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := parseManifest(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		for _, x := range files {
			if strings.Contains(x.name, "..") || strings.HasPrefix(x.name, "/") {
				t.Fatalf("the name %q leads out", x.name)
			}
			fmt.Fprintf(&out, "%s %d %s\n", x.sum.Hex(), x.size, x.name)
			for _, h := range x.blocks {
				fmt.Fprintf(&out, "  %s\n", h.Hex())
			}
		}
		if !bytes.Equal(out.Bytes(), b) {
			t.Fatalf("%q is read, and written as %q", b, out.Bytes())
		}
	})
}

// TestNeeded: of all names that tiles can have, those of a log of a size are taken.
func TestNeeded(t *testing.T) {
	for name, want := range map[string]bool{
		"tile/0/000": true, "tile/0/001.p/112": true, "tile/0/001.p/105": false, "tile/0/001": false, "tile/1/000.p/1": true, "tile/entries/000": true, "tile/entries/001.p/112": true,
		"tile/2/000.p/0": false, "tile/entries/x000/001": false, "tile/entries/.000.new": false, "checkpoint": false,
	} {
		if got := needed(name, 256+112); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
