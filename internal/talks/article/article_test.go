package article

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/fetch"
)

const story = `<!doctype html><html><head><title>Talks in Riyadh</title>
<meta property="article:published_time" content="2025-03-23T21:14:00+03:00"></head><body>
<nav><a href="/">Home</a> <a href="/subscribe">Subscribe</a></nav>
<article><h1>Talks in Riyadh</h1>
<p>Delegations of Ukraine and the United States met in Riyadh on Sunday evening, officials of both sides said after the session, which lasted for nearly five hours and ended late.</p>
<p>Russia&rsquo;s delegation will meet the Americans on Monday in the same hotel, and the talks will turn to a halt of strikes on energy facilities, they said in separate statements.</p>
<p>The sides have still to agree on a list of the facilities, on how to monitor the halt, and on who would speak for each of them when one of them complains about the other.</p>
</article><footer>All rights reserved</footer></body></html>`

func TestPage(t *testing.T) {
	list, err := Open("a.html", []byte(story), "")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	s := list[0]
	if !strings.Contains(s.Text, "Russia’s delegation will meet") || strings.Contains(s.Text, "Subscribe") {
		t.Errorf("text: %q", s.Text)
	}
	if s.Published.Format("2006-01-02") != "2025-03-23" || s.Title != "Talks in Riyadh" || s.Whole {
		t.Errorf("%+v", s)
	}
	if n := strings.Count(s.Text, "\n"); n < 2 {
		t.Errorf("paragraphs run together: %q", s.Text)
	}
}

func TestFeed(t *testing.T) {
	list, err := Open("f.xml", []byte(`<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
<item><title>One</title><link>https://example.org/1</link><pubDate>Sun, 23 Mar 2025 18:00:00 GMT</pubDate><description>&lt;p&gt;Kyiv accepted it.&lt;/p&gt;&lt;p&gt;Moscow did not.&lt;/p&gt;</description></item>
<item><title>Two</title></item></channel></rss>`), "")
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if list[0].Text != "Kyiv accepted it.\nMoscow did not." || list[0].Published.Year() != 2025 || list[1].Text != "Two" {
		t.Errorf("%+v", list)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct{ data, kind, wrong string }{
		{"Kyiv and Moscow met.", "text", ""},
		{"# mine\nhttps://example.org/a\nhttp://example.org/b\n", "urls", ""},
		{`{"text":"x","title":"y"}`, "jsonl", ""},
		{"%PDF-1.7", "", "PDF"},
		{"", "", "empty"},
		{"a\x00b", "", "binary"},
	} {
		kind, err := guess("f", []byte(c.data))
		if kind != c.kind || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q: %q, %v", c.data, kind, err)
		}
	}
	if _, err := Open("f", []byte("caf\xe9"), "text"); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Error(err)
	}
	if _, err := Open("f", []byte("https://example.org/a\nnot one"), "urls"); err == nil || !strings.Contains(err.Error(), "f:2") {
		t.Error(err)
	}
	if _, err := Open("f", []byte("x"), "docx"); err == nil {
		t.Error("an unknown kind was taken")
	}
}

func TestFetch(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, story)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	guard, err := fetch.NewGuard([]string{strings.TrimPrefix(srv.URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Fetch(context.Background(), guard, srv.URL+"/a")
	if err != nil || !strings.Contains(s.Text, "met in Riyadh") || s.URL != srv.URL+"/a" {
		t.Errorf("%+v %v", s, err)
	}
	for _, p := range []string{"/loop", "/none"} {
		if _, err := Fetch(context.Background(), guard, srv.URL+p); err == nil {
			t.Errorf("%s: no error", p)
		}
	}
	if _, err := Fetch(context.Background(), guard, "file:///etc/hostname"); err == nil {
		t.Error("a file was fetched")
	}
	closed, _ := fetch.NewGuard(nil)
	if _, err := Fetch(context.Background(), closed, srv.URL+"/a"); err == nil {
		t.Error("an address that is not public was asked")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(story))
	f.Add([]byte("<rss><channel><item><title>a</title></item></channel></rss>"))
	f.Add([]byte(`{"text":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list, err := Open("f", data, ""); err == nil && len(list) == 1 && list[0].Whole && list[0].Text != string(data) {
			t.Error("the text of a plain file is not the file")
		}
	})
}
