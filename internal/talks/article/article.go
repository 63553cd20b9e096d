// Package article opens what people call an article: a plain text, a page of
// HTML, a feed (RSS or Atom), a list of addresses, or JSON lines with a text.
//
// It promises that a file of none of these kinds is refused by name, that the
// text of a plain file is the file itself, byte for byte, and that an address is
// only fetched when a list or the command line names it.
package article

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html/charset"
)

// Source is one article before it is read for drafts.
type Source struct {
	Name, URL, Title string
	Text             string
	// Whole says that Text is the file itself, so that offsets are those of the file.
	Whole     bool
	Published time.Time // zero: not told
}

// Kinds are the names that --as takes.
func Kinds() []string { return []string{"text", "html", "rss", "urls", "jsonl"} }

const maxItems = 500 // articles of one feed or list

// Open reads a file as articles. kind is one of Kinds, or empty to guess by the
// content. Addresses of a list come back with no text: Fetch gets them.
func Open(name string, data []byte, kind string) ([]Source, error) {
	if kind == "" {
		var err error
		if kind, err = guess(name, data); err != nil {
			return nil, err
		}
	}
	switch kind {
	case "text":
		if !utf8.Valid(data) {
			return nil, fmt.Errorf("%s: not UTF-8 text: convert it first, for example with iconv -t utf-8", name)
		}
		return []Source{{Name: name, Text: string(data), Whole: true}}, nil
	case "html":
		s, err := page(name, "", data)
		return []Source{s}, err
	case "rss":
		return feed(name, data)
	case "urls":
		return list(name, data)
	case "jsonl":
		return lines(name, data)
	}
	return nil, fmt.Errorf("%s: --as %s: expected one of %s", name, kind, strings.Join(Kinds(), ", "))
}

// guess tells the kind by the content.
func guess(name string, data []byte) (string, error) {
	head := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	low := bytes.ToLower(head[:min(len(head), 2048)])
	switch {
	case len(head) == 0:
		return "", fmt.Errorf("%s: empty: expected an article", name)
	case bytes.HasPrefix(low, []byte("%pdf")), bytes.HasPrefix(low, []byte("pk\x03\x04")), bytes.HasPrefix(low, []byte("\x1f\x8b")), bytes.IndexByte(low, 0) >= 0:
		return "", fmt.Errorf("%s: not an article (PDF, archive or other binary file): save its text or its page first", name)
	case bytes.HasPrefix(low, []byte("<?xml")) && (bytes.Contains(low, []byte("<rss")) || bytes.Contains(low, []byte("<feed")) || bytes.Contains(low, []byte("<rdf"))),
		bytes.HasPrefix(low, []byte("<rss")), bytes.HasPrefix(low, []byte("<feed")):
		return "rss", nil
	case bytes.HasPrefix(low, []byte("<")):
		return "html", nil
	case bytes.HasPrefix(low, []byte("{")) && bytes.Contains(low, []byte(`"text"`)):
		return "jsonl", nil
	}
	if onlyAddresses(data) {
		return "urls", nil
	}
	return "text", nil
}

func onlyAddresses(data []byte) bool {
	n := 0
	for _, l := range strings.Split(string(data), "\n") {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if !isAddress(l) {
			return false
		}
		n++
	}
	return n > 0
}

func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(s, " \t")
}

// page takes the article out of a page.
func page(name, address string, data []byte) (Source, error) {
	r, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", name, err)
	}
	at, _ := url.Parse(address)
	if at == nil || address == "" {
		at, _ = url.Parse("file:///" + url.PathEscape(name))
	}
	a, err := readability.FromReader(r, at)
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", name, err)
	}
	var text strings.Builder
	if a.Node != nil {
		if err := a.RenderText(&text); err != nil {
			return Source{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	if strings.TrimSpace(text.String()) == "" {
		return Source{}, fmt.Errorf("%s: no article found in this page: save the text of the article and read that", name)
	}
	out := Source{Name: name, URL: address, Title: a.Title(), Text: clean(text.String())}
	if t, err := a.PublishedTime(); err == nil {
		out.Published = t
	}
	return out, nil
}

// clean drops blanks at the ends of lines and runs of empty lines.
func clean(s string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// feed reads the items of RSS or Atom that hold some text.
func feed(name string, data []byte) ([]Source, error) {
	f, err := gofeed.NewParser().Parse(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: not a feed that can be read: %w", name, err)
	}
	var out []Source
	for i, it := range f.Items {
		if i == maxItems {
			return out, fmt.Errorf("%s: more than %d items: the rest was not read", name, maxItems)
		}
		body := it.Content
		if body == "" {
			body = it.Description
		}
		s := Source{Name: fmt.Sprintf("%s#%d", name, i+1), URL: it.Link, Title: it.Title, Text: plain(body)}
		if s.Text == "" {
			s.Text = it.Title
		}
		if it.PublishedParsed != nil {
			s.Published = *it.PublishedParsed
		}
		out = append(out, s)
	}
	return out, nil
}

// list reads addresses, one a line; # begins a comment.
func list(name string, data []byte) ([]Source, error) {
	var out []Source
	in := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; in.Scan(); n++ {
		l := strings.TrimSpace(in.Text())
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if !isAddress(l) {
			return out, fmt.Errorf("%s:%d: %q is no address: expected http:// or https://", name, n, l)
		}
		if len(out) == maxItems {
			return out, fmt.Errorf("%s:%d: more than %d addresses: the rest was not read", name, n, maxItems)
		}
		out = append(out, Source{Name: l, URL: l})
	}
	return out, in.Err()
}

// lines reads JSON objects, one a line, with text, title, link and published.
func lines(name string, data []byte) ([]Source, error) {
	var out []Source
	for n, l := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(l)) == 0 {
			continue
		}
		var x struct{ Title, Text, Link, Published string }
		if err := json.Unmarshal(l, &x); err != nil {
			return out, fmt.Errorf("%s:%d: not JSON: %w", name, n+1, err)
		}
		s := Source{Name: fmt.Sprintf("%s#%d", name, n+1), URL: x.Link, Title: x.Title, Text: x.Text}
		for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123, time.DateOnly} {
			if t, err := time.Parse(layout, x.Published); err == nil {
				s.Published = t
				break
			}
		}
		out = append(out, s)
	}
	return out, nil
}
