package main

import (
	"bufio"
	"context"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/truce-project/truce/internal/people"
)

// TestPeopleInBrowser is what of signing in only a real browser can try, on the
// server as `truce serve` starts it.
func TestPeopleInBrowser(t *testing.T) {
	b := newBrowser(t)
	t.Run("passkeys", func(t *testing.T) { tryPasskeys(t, b) })
	t.Run("subscriptions", func(t *testing.T) { trySubscriptions(t, b) })
	t.Run("F31 scripts", func(t *testing.T) { tryScripts(t, b) })
}

// namedServer serves a new record under the name localhost; the link is the one by
// which the first administrator is made.
func namedServer(t *testing.T, config string) (h *house, base, link string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "serve.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	base = "http://localhost:" + port
	o := &serveOptions{data: dir, origin: "example.org/north", url: base, rate: -1, anonymous: -1, every: 100_000_000}
	if err := o.checkBackground(); err != nil {
		t.Fatal(err)
	}
	h, err = o.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- h.serve(ctx, o, l, w) }()
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	lines := bufio.NewScanner(r)
	for link == "" && lines.Scan() {
		link = regexp.MustCompile(`/welcome/\S+`).FindString(lines.Text())
	}
	go io.Copy(io.Discard, r)
	if link == "" {
		t.Fatal("no link to set up by")
	}
	return h, base, link
}

// fill fills in the fields of a page and sends its form, and waits for the page
// that follows.
func (x *tab) fill(form string, fields map[string]string, then string) {
	x.t.Helper()
	x.wait(`document.querySelector('` + form + ` button')?.disabled === false`)
	for name, v := range fields {
		b, err := json.Marshal(v)
		if err != nil {
			x.t.Fatal(err)
		}
		x.js(`document.querySelector('`+form+` [name="`+name+`"]').value = `+string(b), nil)
	}
	x.js(`document.querySelector('`+form+` button').click()`, nil)
	x.wait(then)
}

// me is the role that the browser has by its cookies.
func (x *tab) me() (role string) {
	x.t.Helper()
	x.run(chromedp.Navigate(x.base + "/api/me"))
	x.js(`JSON.parse(document.body.innerText).role`, &role)
	x.mu.Lock()
	defer x.mu.Unlock()
	// An answer that is no page has no icon, and the browser asks for one.
	x.faults = slices.DeleteFunc(x.faults, func(f string) bool { return strings.HasSuffix(f, "/favicon.ico") })
	return role
}

// tryPasskeys makes a passkey with a device of the browser's own, signs in by it
// alone and as the second factor, and removes it.
func tryPasskeys(t *testing.T, b *browser) {
	_, base, link := namedServer(t, "")
	x := (&browser{ctx: b.ctx, base: base}).open(t, 1000, 800, link)
	x.run(webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
			Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}).Do(ctx)
		return err
	}))
	const password = "four plain words here"
	x.fill("form", map[string]string{"name": "adm", "password": password, "again": password}, `document.querySelector('form[action="/sign-in"]')`)
	x.fill("form", map[string]string{"name": "adm", "password": password}, `document.querySelector('img[alt^="QR"]')`)
	if role := x.me(); role != "public" {
		t.Fatalf("without a second factor: %s", role)
	}
	x.goTo("/passkeys")
	x.wait(`document.querySelector('form[data-passkey] button:not([disabled])')`)
	x.axe()
	x.shot("passkeys")
	x.fill("form[data-passkey]", map[string]string{"name": "of the test"}, `document.querySelectorAll('li.secret').length === 8`)
	if role := x.me(); role != "administrator" {
		t.Errorf("with a passkey: %s", role)
	}
	out := func() {
		x.goTo("/tokens")
		x.js(`document.querySelector('form[action="/sign-out"] button').click()`, nil)
		x.wait(`location.pathname === '/sign-in' && document.querySelector('a[href^="/passkey?"]')`)
	}
	out()
	x.axe()
	x.js(`document.querySelector('a[href^="/passkey?"]').click()`, nil)
	x.wait(`document.querySelector('form[data-passkey] button:not([disabled])')`)
	x.fill("form[data-passkey]", nil, `location.pathname === '/'`)
	if role := x.me(); role != "administrator" {
		t.Errorf("by a passkey alone: %s", role)
	}
	out()
	x.fill("form", map[string]string{"name": "adm", "password": password}, `location.pathname === '/code'`)
	if role := x.me(); role != "public" {
		t.Errorf("the password alone: %s", role)
	}
	x.goTo("/code")
	x.js(`document.querySelector('a[href="/passkey"]').click()`, nil)
	x.wait(`document.querySelector('form[data-passkey] button:not([disabled])')`)
	x.fill("form[data-passkey]", nil, `location.pathname === '/'`)
	if role := x.me(); role != "administrator" {
		t.Errorf("by password and passkey: %s", role)
	}
	x.goTo("/passkeys")
	x.wait(`document.querySelector('button[value=remove]')`)
	x.js(`document.querySelector('button[value=remove]').click()`, nil)
	x.wait(`document.body?.innerText.includes('There are none yet')`)
	x.clean()
}

// goTo opens another page of the server.
func (x *tab) goTo(path string) {
	x.t.Helper()
	x.run(chromedp.Navigate(x.base + path))
}

// TestSignInByService: what serve.yaml says of a service stands on the page, with the
// way there. What comes back is tested beside internal/people.
func TestSignInByService(t *testing.T) {
	var sv *httptest.Server
	sv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"issuer": sv.URL, "authorization_endpoint": sv.URL + "/auth", "token_endpoint": sv.URL + "/token", "jwks_uri": sv.URL + "/keys"})
	}))
	defer sv.Close()
	t.Setenv("OIDC_SECRET", "x")
	_, base, _ := namedServer(t, "sign-in: {issuer: \""+sv.URL+"\", client: truce-north, secret: \"env:OIDC_SECRET\", name: the mission}\n")
	page := func(method, path string) string {
		r, err := http.NewRequest(method, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return html.UnescapeString(string(b))
	}
	if p := page("GET", "/sign-in"); !strings.Contains(p, "Sign in by the mission") {
		t.Error(p)
	}
	m := regexp.MustCompile(`id="leave" href="([^"]+)"`).FindStringSubmatch(page("POST", "/outside"))
	if m == nil {
		t.Fatal("no way to the service")
	}
	u, err := url.Parse(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); !strings.HasPrefix(m[1], sv.URL+"/auth?") || q.Get("client_id") != "truce-north" || q.Get("redirect_uri") != base+"/outside/back" || strings.Contains(m[1], "OIDC") {
		t.Error(u)
	}
}

// trySubscriptions asks to be told by rule and once a day, pauses, and ends it, on the
// page.
func trySubscriptions(t *testing.T, b *browser) {
	h, base, _ := namedServer(t, "webhooks:\n  - {name: desk, url: \"https://desk.example.org/truce\", accounts: [rosa]}\n")
	a, err := h.people.Add(t.Context(), people.AtConsole(), people.NewAccount{Name: "rosa", Role: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.people.Link(t.Context(), people.AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	x := (&browser{ctx: b.ctx, base: base}).open(t, 1440, 900, "/welcome/"+code)
	const password = "four plain words here"
	x.fill("form", map[string]string{"password": password, "again": password}, `document.querySelector('form[action="/sign-in"]')`)
	x.fill("form", map[string]string{"name": "rosa", "password": password}, `document.querySelector('img[alt^="QR"]')`)
	x.goTo("/people?view=account")
	make := func(name, sort string) {
		x.wait(`document.querySelector('[aria-labelledby="subscriptions-title"] details')`)
		x.js(`(() => { const d = document.querySelector('[aria-labelledby="subscriptions-title"] details'); d.open || d.querySelector('summary').click() })()`, nil)
		x.wait(`document.querySelectorAll('[aria-labelledby="subscriptions-title"] select').length > 2`)
		x.put(`[aria-labelledby="subscriptions-title"] input[name=name]`, name)
		x.put(`[aria-labelledby="subscriptions-title"] select[name=sort]`, sort)
		x.js(`document.querySelector('[aria-labelledby="subscriptions-title"] form').requestSubmit()`, nil)
		x.wait(`[...document.querySelectorAll('[aria-labelledby="subscriptions-title"] li')].some(l => l.textContent.includes('` + name + `'))`)
	}
	make("power plants", "alert")
	x.whole("people-subscriptions-1440")
	x.axe()
	make("mornings", "digest")
	button := func(says string) {
		x.js(`[...document.querySelectorAll('[aria-labelledby="subscriptions-title"] li')].find(l => l.textContent.includes('power plants')).querySelectorAll('button').forEach(b => b.textContent.startsWith('`+says+`') && b.click())`, nil)
	}
	one := func(says string) {
		x.wait(`[...document.querySelectorAll('[aria-labelledby="subscriptions-title"] li')].find(l => l.textContent.includes('power plants'))?.textContent.includes('` + says + `')`)
	}
	one("active")
	button("Pause")
	one("paused")
	button("Go on")
	one("active")
	button("Delete")
	x.wait(`[...document.querySelectorAll('[aria-labelledby="subscriptions-title"] li')].every(l => !l.textContent.includes('power plants') || l.textContent.includes('ended'))`)
	x.clean()
}
