package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/regimes"
)

// postbox takes mail on this machine.
type postbox struct {
	mu   sync.Mutex
	got  []string
	rcpt string
}

func (p *postbox) Reset()                                    {}
func (p *postbox) Logout() error                             { return nil }
func (p *postbox) Mail(string, *smtp.MailOptions) error      { return nil }
func (p *postbox) Rcpt(to string, _ *smtp.RcptOptions) error { p.rcpt = to; return nil }
func (p *postbox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, "to "+p.rcpt+"\n"+strings.ReplaceAll(strings.ReplaceAll(string(b), "=\r\n", ""), "=3D", "="))
	return err
}

func (p *postbox) wait(t *testing.T, n int) string {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		p.mu.Lock()
		if len(p.got) >= n {
			defer p.mu.Unlock()
			return p.got[n-1]
		}
		p.mu.Unlock()
	}
	t.Fatalf("letter %d did not come in 60 s", n)
	return ""
}

// TestSubscribe: on the server as it runs, somebody asks to be told, confirms the
// address by the link in the mail, is told of a finding, and ends it by the link in
// that.
func TestSubscribe(t *testing.T) {
	box := &postbox{}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return box, nil }))
	srv.Domain = "127.0.0.1"
	ml, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ml)
	defer srv.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir, base := t.TempDir(), "http://"+l.Addr().String()
	conf := fmt.Sprintf("mail: {server: %q, from: truce@example.org, tls: none, domains: [example.org]}\n", ml.Addr())
	if err := os.WriteFile(filepath.Join(dir, "serve.yaml"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	o := &serveOptions{data: dir, origin: "example.org/north", url: base, rate: -1, anonymous: -1, every: 100 * time.Millisecond}
	h, err := o.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.serve(ctx, o, l, io.Discard) }()
	defer func() {
		end()
		if err := <-served; err != nil {
			t.Errorf("the server ended: %v", err)
		}
	}()
	a, err := h.people.Add(ctx, people.AtConsole(), people.NewAccount{Name: "rosa", Role: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.people.Link(ctx, people.AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.standIn(ctx, programAccount, "Programs"); err != nil {
		t.Fatal(err)
	}
	token, err := h.people.IssueAt(ctx, programAccount, "test", programScopes, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	send := func(c *http.Client, method, path, kind, auth string, body []byte) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		if auth != "" {
			r.Header.Set("Authorization", "Bearer "+auth)
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	form := func(path string, v url.Values) (int, string) {
		return send(browser, "POST", path, "application/x-www-form-urlencoded", "", []byte(v.Encode()))
	}
	const password = "four plain words here"
	form("/welcome/"+code, url.Values{"password": {password}, "again": {password}})
	form("/sign-in", url.Values{"name": {"rosa"}, "password": {password}, "next": {"/why"}})
	// The text first: what was there before is not told.
	src, err := fs.ReadFile(regimes.FS(), "energy-2025.truce.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text := send(http.DefaultClient, "POST", "/api/blobs", "application/octet-stream", token, src)
	var blob struct{ SHA256 string }
	if err := json.Unmarshal([]byte(text), &blob); err != nil || blob.SHA256 == "" {
		t.Fatal(text)
	}
	x, err := regimes.Open("energy-2025")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := json.Marshal(map[string]any{"id": "01JPV9Z8M0000000000000000A", "kind": "terms@1", "blobs": []string{blob.SHA256}, "payload": map[string]string{"id": x.ID, "digest": x.Digest, "title": x.TitleText(), "marking": "public"}})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := send(http.DefaultClient, "POST", "/api/entries", "application/json", token, entry); status != 201 {
		t.Fatal(status, text)
	}
	subscribe := func() (int, string) {
		return send(browser, "POST", "/api/subscriptions", "application/json", "", []byte(`{"name":"substations","sort":"alert","rule":{"verdict":["breach"],"terms":["energy-2025"],"reading":["kremlin"],"target":["energy.power"]},"mail":"rosa@example.org"}`))
	}
	var status int
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if status, text = subscribe(); status != 422 { // until the text is in the views
			break
		}
	}
	if status != 201 {
		t.Fatal(status, text)
	}
	letter := box.wait(t, 1)
	confirm := regexp.MustCompile(regexp.QuoteMeta(base) + `(/subscriptions/confirm/\S+)`).FindStringSubmatch(letter)
	if confirm == nil || !strings.HasPrefix(letter, "to rosa@example.org") {
		t.Fatal(letter)
	}
	if status, text := send(http.DefaultClient, "POST", confirm[1], "application/x-www-form-urlencoded", "", nil); status != 200 {
		t.Fatal(status, text)
	}
	strike := func(id, marking, words string) {
		t.Helper()
		b := fmt.Sprintf(`{"id":%q,"marking":%q,"source":"patrol 4","row":{"time_start":"2025-03-20T20:20Z","time_end":"2025-03-20T20:40Z","lat":"50.45123","lon":"30.52345","precision_m":"400","actor":"RU","act":"attack.strike.drone","outcome":"impact","target":"energy.power.substation","owner":"UA","level":"reported","text":%q}}`, id, marking, words)
		if status, text := send(http.DefaultClient, "POST", "/api/reports", "application/json", token, []byte(b)); status != 201 {
			t.Fatal(status, text)
		}
	}
	strike("01JPV9Z8M0000000000000000B", "mission", "Olena")
	strike("01JPV9Z8M0000000000000000C", "public", "Olena")
	letter = box.wait(t, 2)
	stop := regexp.MustCompile(regexp.QuoteMeta(base)+`(/subscriptions/stop/\S+)`).FindAllStringSubmatch(letter, -1)
	if !strings.Contains(letter, "breach, energy-2025@kremlin") || strings.Contains(letter, "Olena") || len(stop) == 0 {
		t.Fatal(letter)
	}
	if status, text := send(http.DefaultClient, "POST", stop[len(stop)-1][1], "application/x-www-form-urlencoded", "", nil); status != 200 {
		t.Fatal(status, text)
	}
	strike("01JPV9Z8M0000000000000000D", "public", "Olena")
	time.Sleep(2500 * time.Millisecond)
	box.mu.Lock()
	defer box.mu.Unlock()
	if len(box.got) != 2 {
		t.Errorf("%d letters: after it was ended, or of what the reader may not see:\n%s", len(box.got), strings.Join(box.got, "\n\n"))
	}
}
