package people

import (
	"bytes"
	"encoding/hex"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/hotp"

	"github.com/truce-project/truce/rights"
)

const good = "four plain words here"

// browser is somebody with a browser.
type browser struct {
	t    *testing.T
	http *http.Client
	base string
	from string
}

// server serves an office; the test says where requests come from.
func (o *office) server(t *testing.T) *httptest.Server {
	o.People.o.From = func(r *http.Request) string { return r.Header.Get("X-Test-From") }
	mux := http.NewServeMux()
	o.Routes(mux)
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		who := WhoOf(r.Context())
		io.WriteString(w, who.Role+" "+who.Party)
	})
	s := httptest.NewServer(o.Identify(mux))
	t.Cleanup(s.Close)
	return s
}

func newBrowser(t *testing.T, s *httptest.Server, from string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar}, s.URL, from}
}

func (b *browser) do(method, path string, form url.Values, header ...string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequest(method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("X-Test-From", b.from)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, html.UnescapeString(string(body))
}

func (b *browser) signIn(name, password, code string) int {
	b.t.Helper()
	status, _ := b.do("POST", "/sign-in", url.Values{"name": {name}, "password": {password}, "code": {code}, "next": {"/me"}})
	return status
}

func (b *browser) me() string {
	b.t.Helper()
	_, s := b.do("GET", "/me", nil)
	return s
}

func (o *office) code(seed string) string {
	c, err := hotp.GenerateCodeCustom(seed, uint64(o.now.Unix()/step), totpOptions)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

var seedForm = regexp.MustCompile(`<p class="secret">([A-Z2-7]{32})</p>`)
var codeForm = regexp.MustCompile(`<li class="secret">([0-9A-Z-]{19})</li>`)

// ready makes an account that has a password and, where its role needs one, a
// second factor, through the pages.
func (o *office) ready(t *testing.T, b *browser, name, role, party string) (seed string, recovery []string) {
	t.Helper()
	a := o.add(name, role, party)
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o.welcomed(t, b, "/welcome/"+link, url.Values{"password": {good}, "again": {good}}, name)
}

func (o *office) welcomed(t *testing.T, b *browser, link string, form url.Values, name string) (seed string, recovery []string) {
	t.Helper()
	if status, s := b.do("GET", link, nil); status != 200 {
		t.Fatal(status, s)
	}
	if status, s := b.do("POST", link, form); status != 200 || !strings.Contains(s, "Sign in") {
		t.Fatal(status, s)
	}
	if status, _ := b.do("GET", link, nil); status != 404 {
		t.Errorf("the link holds twice: %d", status)
	}
	if status := b.signIn(name, good, ""); status != 200 {
		t.Fatal(status)
	}
	a, _ := o.dirOf().Account(name)
	if !needsSecondFactor(a.Role) {
		return "", nil
	}
	if got := b.me(); got != " " {
		t.Errorf("without the second factor that it needs it is %q", got)
	}
	_, s := b.do("GET", "/second-factor", nil)
	m := seedForm.FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("no seed in %s", s)
	}
	if status, _ := b.do("POST", "/second-factor", url.Values{"code": {"000000"}}); status != 422 {
		t.Errorf("a wrong code was taken: %d", status)
	}
	_, s = b.do("POST", "/second-factor", url.Values{"code": {o.code(m[1])}})
	for _, c := range codeForm.FindAllStringSubmatch(s, -1) {
		recovery = append(recovery, c[1])
	}
	if len(recovery) != recoveryCodes {
		t.Fatalf("%d recovery codes in %s", len(recovery), s)
	}
	return m[1], recovery
}

// TestFirstRun: from an empty record to an administrator, a delegate and what the
// delegate is.
func TestFirstRun(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	first, needed, err := o.SetupLink()
	if err != nil || !needed {
		t.Fatal(needed, err)
	}
	second, _, err := o.SetupLink()
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := b.do("GET", "/welcome/"+first, nil); status != 404 {
		t.Error("an older link of set-up still holds")
	}
	for _, form := range []url.Values{
		{"name": {"adm"}, "password": {"short"}, "again": {"short"}},
		{"name": {"adm"}, "password": {good}, "again": {"other"}},
		{"name": {"ADM"}, "password": {good}, "again": {good}},
		{"name": {"plain"}, "password": {good}, "again": {good}},
		{"name": {"adm"}, "password": {"aaaaaaaaaaaa"}, "again": {"aaaaaaaaaaaa"}},
	} {
		if status, s := b.do("POST", "/welcome/"+second, form); status != 422 {
			t.Errorf("%v: %d %s", form, status, s)
		}
	}
	o.welcomed(t, b, "/welcome/"+second, url.Values{"name": {"adm"}, "password": {good}, "again": {good}}, "adm")
	if b.me() != "administrator " {
		t.Fatalf("signed in as %q", b.me())
	}
	if _, needed, _ := o.SetupLink(); needed {
		t.Error("a record with an account asks for set-up")
	}
	status, page := b.do("POST", "/people", url.Values{"do": {"add"}, "name": {"alfa-1"}, "role": {"delegate"}, "party": {"ALFA"}})
	m := regexp.MustCompile(`/welcome/[0-9A-Z]+`).FindString(page)
	if status != 200 || m == "" {
		t.Fatal(status, page)
	}
	d := newBrowser(t, s, "192.0.2.2:5")
	o.welcomed(t, d, m, url.Values{"password": {good}, "again": {good}}, "alfa-1")
	if d.me() != "delegate ALFA" {
		t.Errorf("signed in as %q", d.me())
	}
	if status, _ := d.do("POST", "/people", url.Values{"do": {"add"}, "name": {"x1"}, "role": {"chair"}}); status != 422 {
		t.Errorf("a delegate made an account: %d", status)
	}
	if _, page := d.do("GET", "/people", nil); strings.Contains(page, "alfa-1") || !strings.Contains(page, "delegate of ALFA") {
		t.Errorf("a delegate sees names, or not the roles: %s", page)
	}
	a, _ := o.dirOf().Account("alfa-1")
	if status, _ := b.do("POST", "/people", url.Values{"do": {"revoke"}, "account": {a.ID}}); status != 200 {
		t.Error(status)
	}
	if d.me() != "public " {
		t.Errorf("a role that was taken away is %q in an open session", d.me())
	}
	if status, _ := b.do("POST", "/people", url.Values{"do": {"close"}, "account": {a.ID}}); status != 200 || d.me() != " " {
		t.Errorf("a closed account is %q in an open session", d.me())
	}
}

// TestSignIn: what signs in and what does not.
func TestSignIn(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	var logged bytes.Buffer
	o.People.o.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	seed, recovery := o.ready(t, b, "watch", rights.DutyOfficer, "")
	if b.me() != "duty-officer " {
		t.Fatal(b.me())
	}
	used := o.code(seed)
	try := func(why string, want int, name, password, code string) {
		t.Helper()
		o.People.limits = newLimiter(o.People.o.Now)
		n := newBrowser(t, s, "192.0.2.9:5")
		if got := n.signIn(name, password, code); got != want {
			t.Errorf("%s: %d, want %d", why, got, want)
		}
		if (n.me() == "duty-officer ") != (want == 200) {
			t.Errorf("%s: is %q", why, n.me())
		}
	}
	a, _ := o.dirOf().Account("watch")
	try("a code that was used", 401, "watch", good, used)
	o.now = o.now.Add(2 * step * time.Second)
	try("no code", 401, "watch", good, "")
	try("a wrong code", 401, "watch", good, "000000")
	try("another password", 401, "watch", good+"!", o.code(seed))
	try("an unknown name", 401, "nobody", good, "")
	try("the id for the name", 401, a.ID, good, o.code(seed))
	try("right", 200, "watch", good, o.code(seed))
	try("the same code again", 401, "watch", good, o.code(seed))
	try("a recovery code", 200, "watch", good, strings.ToLower(recovery[0]))
	try("the same recovery code", 401, "watch", good, recovery[0])
	try("another recovery code", 200, "watch", good, recovery[1])
	if err := o.SetState(t.Context(), AtConsole(), a.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	try("a closed account", 401, "watch", good, recovery[2])
	for _, secret := range append(recovery, good, seed, used) {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log of the server holds %q", secret)
		}
	}
	if !strings.Contains(logged.String(), "a sign-in failed") {
		t.Error("failures are not logged")
	}
}

// TestOnce: of many who use the same code, the same recovery code or the same link
// at the same time, one gets in.
func TestOnce(t *testing.T) {
	o := newOffice(t)
	b := newBrowser(t, o.server(t), "192.0.2.1:5")
	seed, recovery := o.ready(t, b, "watch", rights.DutyOfficer, "")
	o.now = o.now.Add(2 * step * time.Second)
	a, _ := o.dirOf().Account("watch")
	c, err := o.People.sec.credential(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	link, err := o.People.link(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for what, use := range map[string]func() bool{
		"code":          func() bool { ok, _ := o.takeCode(a.ID, c, o.code(seed)); return ok },
		"recovery code": func() bool { ok, _ := o.takeCode(a.ID, c, recovery[3]); return ok },
		"link":          func() bool { return o.People.sec.useLink(link, o.now) == nil },
	} {
		o.People.limits = newLimiter(o.People.o.Now)
		var n atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if use() {
					n.Add(1)
				}
			})
		}
		all.Wait()
		if n.Load() != 1 {
			t.Errorf("a %s was good %d times", what, n.Load())
		}
	}
}

// TestSessionEnds: a session ends by signing out, by a new password, by time, and
// is another one after signing in.
func TestSessionEnds(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, b, "desk", rights.Reader, "")
	cookie := func(b *browser) string {
		u, _ := url.Parse(s.URL)
		for _, c := range b.http.Jar.Cookies(u) {
			if c.Name == "truce" {
				return c.Value
			}
		}
		return ""
	}
	old := cookie(b)
	if b.signIn("desk", good, "") != 200 || cookie(b) == old || old == "" {
		t.Error("the session did not get another name")
	}
	planted := newBrowser(t, s, "192.0.2.7:5")
	u, _ := url.Parse(s.URL)
	planted.http.Jar.SetCookies(u, []*http.Cookie{{Name: "truce", Value: old}})
	if planted.me() != " " {
		t.Error("the old name of the session still holds")
	}
	if b.me() != "reader " {
		t.Fatal(b.me())
	}
	b.do("POST", "/sign-out", nil)
	if b.me() != " " {
		t.Error("signed out and still somebody")
	}
	b.signIn("desk", good, "")
	a, _ := o.dirOf().Account("desk")
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	other := newBrowser(t, s, "192.0.2.2:5")
	if status, _ := other.do("POST", "/welcome/"+link, url.Values{"password": {good + "2"}, "again": {good + "2"}}); status != 200 || b.me() != " " {
		t.Errorf("%d: a new password left a session of the old one: %q", status, b.me())
	}
	b.signIn("desk", good+"2", "")
	if _, err := o.People.sec.db.Exec("UPDATE session SET until = 1"); err != nil {
		t.Fatal(err)
	}
	if b.me() != " " {
		t.Error("a session that has ended holds")
	}
}

// TestCrossSite: what another site sends is not done, and nothing that changes is
// done by GET.
func TestCrossSite(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, b, "desk", rights.Reader, "")
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://example.net"}} {
		if status, s := b.do("POST", "/tokens", url.Values{"scopes": {"read"}, "days": {"1"}}, h...); status != 403 {
			t.Errorf("%v: %d %s", h, status, s)
		}
	}
	for _, path := range []string{"/sign-out", "/tokens/T4XJ0Q8W/withdraw"} {
		if status, _ := b.do("GET", path, nil); status == 200 {
			t.Errorf("GET %s was done", path)
		}
	}
	if b.me() != "reader " || len(o.dirOf().Tokens("")) > 0 {
		t.Error("something was done")
	}
	a, _ := o.dirOf().Account("desk")
	if n := len(o.dirOf().Tokens(a.ID)); n != 0 {
		t.Errorf("%d tokens were made", n)
	}
	resp, err := http.Get(s.URL + "/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Error(csp)
	}
}

// TestBearer: a token in the header, alone; a bad one never falls back to the
// session beside it.
func TestBearer(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, b, "desk", rights.Reader, "")
	status, page := b.do("POST", "/tokens", url.Values{"name": {"<b>export"}, "scopes": {"read, export:report"}, "days": {"30"}})
	token := regexp.MustCompile(`truce_\w+`).FindString(page)
	if status != 200 || token == "" {
		t.Fatal(status, page)
	}
	if _, page := b.do("GET", "/tokens", nil); strings.Contains(page, token) {
		t.Error("a token is shown twice")
	}
	for auth, want := range map[string]int{"Bearer " + token: 200, "bearer " + token: 200, "Bearer " + token + "x": 401, "Bearer": 401, "": 401, "Basic " + token: 401} {
		status, me := b.do("GET", "/me", nil, "Authorization", auth)
		if status != want || (me == "reader ") != (want == 200) {
			t.Errorf("%q: %d %s", auth, status, me)
		}
	}
	for _, path := range []string{"/tokens", "/people", "/sign-out"} {
		if status, _ := b.do("POST", path, url.Values{"scopes": {"read"}, "days": {"1"}}, "Authorization", "Bearer "+token); status != 403 {
			t.Errorf("a token posts to %s: %d", path, status)
		}
	}
	id, _, _ := ParseToken(token)
	if status, _ := b.do("POST", "/tokens/"+id+"/withdraw", nil); status != 200 {
		t.Error(status)
	}
	if status, _ := b.do("GET", "/me", nil, "Authorization", "Bearer "+token); status != 401 {
		t.Errorf("a withdrawn token: %d", status)
	}
}

// TestNobodyIsLockedOut: whoever guesses waits longer and longer; the owner does
// not wait, neither from a device that is known nor from another address.
func TestNobodyIsLockedOut(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	owner := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, owner, "desk", rights.Reader, "")
	owner.do("POST", "/sign-out", nil)
	guesser := newBrowser(t, s, "192.0.2.1:9") // behind the same address as the owner
	got := map[int]int{}
	for range 30 {
		got[guesser.signIn("desk", "not the password", "")]++
	}
	if got[401] != ruleGuess.free || got[429] != 30-ruleGuess.free {
		t.Fatalf("%v", got)
	}
	if got := guesser.signIn("desk", good, ""); got != 429 {
		t.Errorf("the guesser may go on: %d", got)
	}
	for i := range 40 { // from many addresses
		newBrowser(t, s, "198.51.100."+hex.EncodeToString([]byte{byte(i)})+":1").signIn("desk", "not the password", "")
	}
	if got := owner.signIn("desk", good, ""); got != 200 || owner.me() != "reader " {
		t.Errorf("the owner's known device waits: %d", got)
	}
	if got := newBrowser(t, s, "203.0.113.5:5").signIn("desk", good, ""); got != 200 {
		t.Errorf("the owner waits at another address: %d", got)
	}
	o.now = o.now.Add(2 * time.Second)
	if got := guesser.signIn("desk", "wrong again", ""); got != 401 {
		t.Errorf("after the wait one may try again: %d", got)
	}
	o.now = o.now.Add(time.Second)
	if got := guesser.signIn("desk", "wrong again", ""); got != 429 {
		t.Errorf("the wait does not grow: %d", got)
	}
	o.now = o.now.Add(ruleGuess.most)
	if got := guesser.signIn("desk", good, ""); got != 200 {
		t.Errorf("somebody is locked out for ever: %d", got)
	}
}

// TestCodesAreNotGuessed: whoever knows the password cannot try all codes, from
// however many addresses.
func TestCodesAreNotGuessed(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	seed, _ := o.ready(t, newBrowser(t, s, "192.0.2.1:5"), "watch", rights.DutyOfficer, "")
	got := map[int]int{}
	for i := range 20 {
		got[newBrowser(t, s, "2001:db8:"+hex.EncodeToString([]byte{1, byte(i)})+"::1").signIn("watch", good, "000000")]++
	}
	if got[401] != ruleCode.free || got[429] != 20-ruleCode.free {
		t.Errorf("%v", got)
	}
	o.now = o.now.Add(ruleCode.most)
	if got := newBrowser(t, s, "192.0.2.77:1").signIn("watch", good, o.code(seed)); got != 200 {
		t.Errorf("locked out for ever: %d", got)
	}
}

// TestWhyPage: the playground answers for any role, and escapes what it is given.
func TestWhyPage(t *testing.T) {
	o := newOffice(t)
	b := newBrowser(t, o.server(t), "192.0.2.1:5")
	q := url.Values{"role": {"delegate"}, "party": {"BRAVO"}, "action": {"read"}, "thing": {"evidence"}, "marking": {"restricted"}, "of": {"ALFA"}}
	if status, s := b.do("GET", "/why?"+q.Encode(), nil); status != 200 || !strings.Contains(s, "A delegate of BRAVO may not read") || !strings.Contains(s, "were it the own party's") {
		t.Error(status, s)
	}
	q.Set("of", "<script>alert(1)</script>")
	r, err := http.Get(b.base + "/why?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if raw, _ := io.ReadAll(r.Body); strings.Contains(string(raw), "<script") {
		t.Error("a script came back")
	}
}

// TestLocal: nobody is led to another site after signing in.
func TestLocal(t *testing.T) {
	for in, want := range map[string]string{"/map?x=1": "/map?x=1", "": "/", "//example.net": "/", "https://example.net": "/", "/\\example.net": "/", "javascript:x": "/", "map": "/", "/a\r\nb": "/"} {
		if got := local(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// TestRFC6238: the vectors of the RFC (appendix B, SHA-1, the last 6 digits), each
// good once, one step early and late, and not two.
func TestRFC6238(t *testing.T) {
	const seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		for late, want := range map[int64]bool{0: true, step: true, -step: true, 2 * step: false, -2 * step: false} {
			if at+late < step {
				continue
			}
			c, ok := codeCounter(code, seed, time.Unix(at+late, 0), 0)
			if ok != want || ok && c != at/step {
				t.Errorf("%s at %d: %v, counter %d", code, at+late, ok, c)
			}
		}
		if _, ok := codeCounter(code, seed, time.Unix(at, 0), at/step); ok {
			t.Errorf("%s is good twice", code)
		}
	}
}

// TestNetwork: what counts as one address.
func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.1:80": "192.0.2.1", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64", "::ffff:192.0.2.1": "192.0.2.1", "@": "@"} {
		if got := network(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// TestLimiterForgets: memory is bounded, and what is swept first is what failed
// least.
func TestLimiterForgets(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := newLimiter(func() time.Time { return now })
	for range 30 {
		l.failed("worst")
	}
	for i := range maxFails + 1000 {
		l.failed(hex.EncodeToString([]byte{byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(l.fail) > maxFails || l.wait("worst", ruleGuess) == 0 {
		t.Errorf("%d kept; the worst waits %v", len(l.fail), l.wait("worst", ruleGuess))
	}
	now = now.Add(forget + time.Second)
	if l.wait("worst", ruleGuess) != 0 {
		t.Error("a failure of yesterday makes somebody wait")
	}
}
