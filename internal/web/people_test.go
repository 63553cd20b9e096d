package web

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/truce-project/truce/internal/people"
)

// browser is somebody with a browser, which keeps cookies and says whence a form
// comes.
type browser struct {
	t    *testing.T
	w    *world
	http *http.Client
	site string // Sec-Fetch-Site of what is posted
	from string // X-Forwarded-For
}

func (w *world) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, w: w, http: &http.Client{Jar: jar}, site: "same-origin"}
}

func (b *browser) do(method, path, kind, body string) (int, string, http.Header) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.w.http.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", b.site)
	}
	if b.from != "" {
		r.Header.Set("X-Forwarded-For", b.from)
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, html.UnescapeString(string(text)), res.Header
}

func (b *browser) form(path string, v url.Values) (int, string) {
	b.t.Helper()
	status, text, _ := b.do("POST", path, "application/x-www-form-urlencoded", v.Encode())
	return status, text
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	status, text, _ := b.do("GET", path, "", "")
	return status, text
}

func (b *browser) me() Me {
	b.t.Helper()
	var m Me
	status, text := b.get("/api/me")
	if err := json.Unmarshal([]byte(text), &m); status != 200 || err != nil {
		b.t.Fatalf("%d %s %v", status, text, err)
	}
	return m
}

const password = "four plain words here"

var seedForm = regexp.MustCompile(`<p class="secret">([A-Z2-7]{32})</p>`)

// welcome chooses a password behind a link, signs in, and sets up a second factor;
// it returns the secrets that were used.
func (b *browser) welcome(code, name string, more url.Values) []string {
	b.t.Helper()
	v := url.Values{"password": {password}, "again": {password}}
	for k := range more {
		v.Set(k, more.Get(k))
	}
	if status, text := b.form("/welcome/"+code, v); status != 200 || !strings.Contains(text, "Sign in") {
		b.t.Fatalf("%d %s", status, text)
	}
	if status, _ := b.form("/sign-in", url.Values{"name": {name}, "password": {password}, "next": {"/second-factor"}}); status != 200 {
		b.t.Fatal(status)
	}
	_, text := b.get("/second-factor")
	m := seedForm.FindStringSubmatch(text)
	if m == nil {
		b.t.Fatalf("no seed in %s", text)
	}
	now, err := totp.GenerateCode(m[1], time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	status, text := b.form("/second-factor", url.Values{"code": {now}})
	if status != 200 {
		b.t.Fatalf("%d %s", status, text)
	}
	secrets := []string{code, password, m[1]}
	for _, c := range regexp.MustCompile(`<li class="secret">([0-9A-Z-]{19})</li>`).FindAllStringSubmatch(text, -1) {
		secrets = append(secrets, c[1])
	}
	return secrets
}

// officer is somebody who has signed in as an account with a role.
func (w *world) officer(t *testing.T, name, role, party string) (*browser, []string) {
	t.Helper()
	a, err := w.people.Add(t.Context(), people.AtConsole(), people.NewAccount{Name: name, Role: role, Party: party})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.people.Link(t.Context(), people.AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser(t)
	return b, b.welcome(code, name, nil)
}

// TestSession: from a link to a report, by a browser alone: what it writes is in
// the name of the account, a page of another site writes nothing, and no secret of
// it all is in the log of the program, at its most talkative.
func TestSession(t *testing.T) {
	w := newWorld(t, nil)
	b, secrets := w.officer(t, "watch", "duty-officer", "")
	m := b.me()
	if m.Name != "watch" || m.By != "session" || m.Role != "duty-officer" || m.Demo {
		t.Fatalf("%+v", m)
	}
	for _, c := range b.http.Jar.Cookies(must(url.Parse(w.http.URL))) {
		secrets = append(secrets, c.Value)
	}
	if status, text, _ := b.do("POST", "/api/reports", "application/json", string(reportBody(1))); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	w.follow()
	if _, text := b.get("/api/reports"); !strings.Contains(text, `"account":"`+m.Account+`"`) {
		t.Error(text)
	}
	b.site = "cross-site"
	for _, x := range [][2]string{{"/api/reports", "application/json"}, {"/api/reports", "text/plain"}, {"/api/blobs", "application/octet-stream"}, {"/sign-out", "application/x-www-form-urlencoded"}} {
		if status, text, _ := b.do("POST", x[0], x[1], string(reportBody(2))); status != http.StatusForbidden {
			t.Errorf("%s from another site: %d %s", x[0], status, text)
		}
	}
	b.site = "same-origin"
	_, text := b.form("/tokens", url.Values{"scopes": {"submit:report"}, "days": {"1"}})
	token := regexp.MustCompile(`truce_[0-9A-Z]{8}_[0-9A-Z]{32}`).FindString(text)
	if token == "" {
		t.Fatal(text)
	}
	secrets = append(secrets, token)
	for _, x := range []struct {
		token string
		want  int
	}{{token, 201}, {token + "X", 401}} {
		r, err := http.NewRequest("POST", w.http.URL+"/api/reports", strings.NewReader(string(reportBody(3))))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+x.token)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode != x.want {
			t.Fatal(res, err)
		}
		res.Body.Close()
	}
	if status, _ := b.form("/sign-in", url.Values{"name": {"watch"}, "password": {"not " + password}}); status != 401 {
		t.Errorf("a wrong password: %d", status)
	}
	if status, _ := b.form("/sign-out", nil); status != 200 || b.me().By != "nobody" {
		t.Errorf("signing out: %d %+v", status, b.me())
	}
	said := w.said.String()
	if !strings.Contains(said, "/welcome/...") || !strings.Contains(said, "a sign-in failed") {
		t.Errorf("the log says too little to test anything: %s", said)
	}
	for _, s := range append(secrets, secretOf("anna")) {
		if strings.Contains(said, s) {
			t.Errorf("%q is in the log of the program", s)
		}
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// TestDemo: a demonstration is open to whoever does not sign in, says so, and
// keeps no accounts for them; what they write is signed by the account that is
// made up for them.
func TestDemo(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Demo = "anna"
	})
	b := w.browser(t)
	m := b.me()
	if !m.Demo || m.By != "demo" || m.Role != "duty-officer" || m.Name != "anna" {
		t.Errorf("%+v", m)
	}
	if status, text, _ := b.do("POST", "/api/reports", "application/json", string(reportBody(1))); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	w.follow()
	if _, text := b.get("/api/incidents"); !strings.Contains(text, `"matched":1`) {
		t.Error(text)
	}
	b.site = "cross-site"
	if status, _, _ := b.do("POST", "/api/reports", "application/json", string(reportBody(2))); status != 403 {
		t.Errorf("a page of another site writes: %d", status)
	}
	for _, path := range []string{"/tokens", "/people"} {
		if _, text := b.get(path); !strings.Contains(text, "Sign in") {
			t.Errorf("%s is open to a demonstration: %s", path, text)
		}
	}
	r, err := http.NewRequest("GET", w.http.URL+"/api/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secretOf("chair"))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&m); err != nil || m.Role != "chair" || m.By != "token" {
		t.Errorf("a token in a demonstration: %+v %v", m, err)
	}
}

// TestDemoAs: whoever looks at a demonstration does so with the eyes of anybody in
// it, writes in their name, and keeps no accounts; no other record has that.
func TestDemoAs(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Demo = "anna" })
	b := w.browser(t)
	as := func(name string, want int) string {
		t.Helper()
		status, text, _ := b.do("POST", "/api/demo/as/"+name, "application/json", "")
		if status != want {
			t.Errorf("as %s: %d %s", name, status, text)
		}
		return text
	}
	if m := b.me(); len(m.As) != len(accounts)+1 || m.As[0].Account != "public" {
		t.Errorf("%+v", m.As)
	}
	if text := as("alfa", 200); !strings.Contains(text, `"role":"delegate","party":"ALFA"`) {
		t.Error(text)
	}
	if m := b.me(); m.Name != "alfa" || m.By != "demo" || !m.Demo {
		t.Errorf("%+v", m)
	}
	note := `{"id":"01JPV9Z8M0000000000000000N","kind":"note@1","payload":{"party":"ALFA","note":"our own"}}`
	if status, text, _ := b.do("POST", "/api/entries", "application/json", note); status != 201 {
		t.Errorf("%d %s", status, text)
	}
	w.follow()
	for name, sees := range map[string]bool{"alfa": true, "bravo": false, "chair": false, "public": false} {
		as(name, 200)
		if _, text := b.get("/api/entries/01JPV9Z8M0000000000000000N"); strings.Contains(text, "our own") != sees {
			t.Errorf("as %s: %s", name, text)
		}
	}
	as("public", 200)
	if m := b.me(); m.Account != "" || m.Role != "public" || m.By != "demo" {
		t.Errorf("as the public: %+v", m)
	}
	as("nobody", 404)
	as("adm", 200)
	if _, text := b.get("/people"); !strings.Contains(text, "Sign in") {
		t.Errorf("a visitor keeps accounts: %s", text)
	}
	b.site = "cross-site"
	as("chair", 403)
	for _, headers := range []map[string]string{{"Truce-Demo-As": "bravo"}, {"Cookie": "truce-demo-as=bravo"}} {
		if _, text := w.do("GET", "/api/me", "", "", nil, headers); !strings.Contains(text, `"party":"BRAVO"`) {
			t.Errorf("%v: %s", headers, text)
		}
	}
	if _, text := w.do("GET", "/api/me", "alfa", "", nil, map[string]string{"Truce-Demo-As": "bravo"}); !strings.Contains(text, `"party":"ALFA"`) {
		t.Errorf("a token and a header: %s", text)
	}
	real := newWorld(t, nil)
	if res, _ := real.do("POST", "/api/demo/as/chair", "", "application/json", nil, nil); res.StatusCode != 404 && res.StatusCode != 405 {
		t.Errorf("a record that is no demonstration: %d", res.StatusCode)
	}
	for _, headers := range []map[string]string{{"Truce-Demo-As": "chair"}, {"Cookie": "truce-demo-as=chair"}} {
		if _, text := real.do("GET", "/api/me", "", "", nil, headers); !strings.Contains(text, `"role":"public"`) || strings.Contains(text, `"as"`) {
			t.Errorf("a record that is no demonstration, %v: %s", headers, text)
		}
	}
}

// TestWhence: behind a proxy a request comes from where the proxy says, and what a
// client has written before that is not believed.
func TestWhence(t *testing.T) {
	for _, x := range []struct{ remote, forwarded, want string }{
		{"127.0.0.1:7", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:7", "10.0.0.1, 203.0.113.9", "203.0.113.9"},
		{"10.1.2.3:7", "2001:db8::1", "2001:db8::1"},
		{"198.51.100.4:7", "203.0.113.9", "198.51.100.4:7"},
		{"127.0.0.1:7", "nonsense", "127.0.0.1:7"},
		{"127.0.0.1:7", "", "127.0.0.1:7"},
	} {
		r, err := http.NewRequest("GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = x.remote
		r.Header.Set("X-Forwarded-For", x.forwarded)
		if got := ByProxy(r); got != x.want {
			t.Errorf("%v: %s", x, got)
		}
	}
}

// TestSeal: the chair puts an annex under seal, and nobody else; who seals does not
// thereby see another's sites.
func TestSeal(t *testing.T) {
	w := newWorld(t, nil)
	n := 0
	for account := range accounts {
		n++
		body := fmt.Sprintf(`{"id":%q,"kind":"annex-seal@1","payload":{"annex":"sites","holder":"neutral office","objects":[%q]}}`, ulid(600+n), strings.Repeat("0a", 32))
		res, got := w.do("POST", "/api/entries", account, "application/json", []byte(body), nil)
		if want := map[bool]int{true: 201, false: 403}[account == "chair"]; res.StatusCode != want {
			t.Errorf("%s: %d %s", account, res.StatusCode, got)
		}
	}
}
