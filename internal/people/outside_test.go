package people

import (
	"cmp"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// service is a provider of OpenID Connect, as small as one can be; bad changes
// what it says.
type service struct {
	*httptest.Server
	key       *rsa.PrivateKey
	subject   string
	challenge map[string]string // by code
	nonce     map[string]string
	bad       func(claims map[string]any)
	signer    *rsa.PrivateKey
	head      string         // of tokens, where it is not as it should be
	issuer    string         // that it says of itself, where it is another
	more      map[string]any // claims
}

func newService(t *testing.T) *service {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{key: key, signer: key, subject: "person-1", challenge: map[string]string{}, nonce: map[string]string{}}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	b64 := base64.RawURLEncoding.EncodeToString
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": cmp.Or(s.issuer, s.URL), "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/auth", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		code := "code-" + q.Get("state")
		s.challenge[code], s.nonce[code] = q.Get("code_challenge"), q.Get("nonce")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		code := r.FormValue("code")
		h := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if b64(h[:]) != s.challenge[code] {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		delete(s.challenge, code)
		claims := map[string]any{"iss": s.URL, "aud": "truce", "sub": s.subject, "nonce": s.nonce[code], "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
		maps.Copy(claims, s.more)
		if s.bad != nil {
			s.bad(claims)
		}
		c, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		signed := b64([]byte(cmp.Or(s.head, `{"alg":"RS256","kid":"1"}`))) + "." + b64(c)
		d := sha256.Sum256([]byte(signed))
		var sig []byte
		switch {
		case strings.Contains(s.head, "HS256"): // by what both sides know
			h := hmac.New(sha256.New, []byte("s"))
			h.Write([]byte(signed))
			sig = h.Sum(nil)
		case !strings.Contains(s.head, "none"):
			sig, err = rsa.SignPKCS1v15(nil, s.signer, crypto.SHA256, d[:])
		}
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": signed + "." + b64(sig)})
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

var leaveForm = regexp.MustCompile(`id="leave" href="([^"]+)"`)

// outside goes to the service and back.
func (b *browser) outside(t *testing.T) (int, string) {
	t.Helper()
	status, page := b.do("POST", "/outside", nil)
	m := leaveForm.FindStringSubmatch(page)
	if m == nil {
		t.Fatal(status, page)
	}
	r, err := http.NewRequest("GET", m[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Test-From", b.from)
	resp, err := b.http.Do(r) // follows back to us
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Request.URL.Path
}

// TestOutside: signing in by a service, from tying an account to the second
// factor; what it must not accept.
func TestOutside(t *testing.T) {
	o, sv := newOffice(t), newService(t)
	o.People.outside = newOutsider(&Outside{Issuer: sv.URL, ClientID: "truce", ClientSecret: "s"})
	s := o.server(t)
	o.People.outside.Self = s.URL
	b := newBrowser(t, s, "192.0.2.1:5")
	seed, _ := o.ready(t, b, "watch", rights.DutyOfficer, "")
	if status, _ := newBrowser(t, s, "192.0.2.2:5").outside(t); status != 403 {
		t.Errorf("somebody whom no account is tied to got %d", status)
	}
	if status, path := b.outside(t); status != 200 || path != "/outside/back" {
		t.Fatal(status, path)
	}
	n := newBrowser(t, s, "192.0.2.3:5")
	if status, path := n.outside(t); status != 200 || path != "/code" || n.me() != " " {
		t.Fatalf("the second factor was not asked for: %d %s %q", status, path, n.me())
	}
	if status, _ := n.do("POST", "/code", url.Values{"code": {"000000"}}); status != 401 || n.me() != " " {
		t.Errorf("a wrong code: %d %q", status, n.me())
	}
	o.now = o.now.Add(2 * step * time.Second)
	n.do("POST", "/code", url.Values{"code": {o.code(seed)}})
	if n.me() != "duty-officer " {
		t.Errorf("signed in as %q", n.me())
	}
	accounts, _ := o.payloads(record.KindAccount)
	if last := accounts[len(accounts)-1]; !strings.Contains(last, "tied to sign-in by "+sv.URL) || strings.Contains(last, sv.subject) {
		t.Errorf("the record says %s", last)
	}
	// Another account cannot take the same person.
	other := newBrowser(t, s, "192.0.2.4:5")
	o.ready(t, other, "desk", rights.Reader, "")
	if status, _ := other.outside(t); status != 403 {
		t.Errorf("one person for two accounts: %d", status)
	}
	if status, _ := n.do("GET", "/outside/back?code=x&state=y", nil); status != 400 {
		t.Errorf("an answer that was not asked for: %d", status)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for why, bad := range map[string]func(map[string]any){
		"another audience": func(c map[string]any) { c["aud"] = "others" },
		"another issuer":   func(c map[string]any) { c["iss"] = "https://example.net" },
		"another nonce":    func(c map[string]any) { c["nonce"] = "x" },
		"ended":            func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"nobody":           func(c map[string]any) { c["sub"] = "" },
		"another's key":    func(map[string]any) { sv.signer = stranger },
		"not signed":       func(map[string]any) { sv.head = `{"alg":"none"}` },
		"a shared secret":  func(map[string]any) { sv.head = `{"alg":"HS256","kid":"1"}` },
		"no nonce":         func(c map[string]any) { delete(c, "nonce") },
		"for two":          func(c map[string]any) { c["aud"] = []string{"truce", "others"} },
		"for another":      func(c map[string]any) { c["azp"] = "others" },
		"not yet":          func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() },
	} {
		sv.bad, sv.signer, sv.head = bad, sv.key, ""
		x := newBrowser(t, s, "192.0.2.5:5")
		if status, _ := x.outside(t); status != 401 || x.me() != " " {
			t.Errorf("%s: %d", why, status)
		}
	}
	sv.bad, sv.signer, sv.head = nil, sv.key, ""
	a, _ := o.dirOf().Account("watch")
	if err := o.SetState(t.Context(), AtConsole(), a.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	if status, _ := newBrowser(t, s, "192.0.2.6:5").outside(t); status != 403 {
		t.Errorf("a closed account: %d", status)
	}
}

// TestOutsideForged: an answer that another browser asked for, and a service that is
// not the one that was configured.
func TestOutsideForged(t *testing.T) {
	o, sv := newOffice(t), newService(t)
	o.People.outside = newOutsider(&Outside{Issuer: sv.URL, ClientID: "truce", ClientSecret: "s"})
	s := o.server(t)
	o.People.outside.Self = s.URL
	// Whoever attacks begins, and makes the victim's browser end it.
	attacker, victim := newBrowser(t, s, "192.0.2.1:5"), newBrowser(t, s, "192.0.2.2:5")
	_, page := attacker.do("POST", "/outside", nil)
	u, err := url.Parse(leaveForm.FindStringSubmatch(page)[1])
	if err != nil {
		t.Fatal(err)
	}
	state := u.Query().Get("state")
	if len(state) < 32 || u.Query().Get("nonce") == state || u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("the question is %s", u)
	}
	back := "/outside/back?" + url.Values{"code": {"code-" + state}, "state": {state}}.Encode()
	if status, _ := victim.do("GET", back, nil); status != 400 {
		t.Errorf("an answer that another browser asked for: %d", status)
	}
	victim.do("POST", "/outside", nil)
	if status, _ := victim.do("GET", back, nil); status != 400 {
		t.Errorf("an answer to another question: %d", status)
	}
	// What was begun before signing in is not gone on with afterwards.
	o.ready(t, attacker, "desk", rights.Reader, "")
	if status, _ := attacker.do("GET", back, nil); status != 400 {
		t.Errorf("begun before signing in: %d", status)
	}
	for _, cross := range []string{"cross-site", "same-site"} {
		if status, _ := victim.do("POST", "/outside", nil, "Sec-Fetch-Site", cross); status != 403 {
			t.Errorf("from a page of another site: %d", status)
		}
	}
	// A session that is found open later is tied to nobody.
	o.now = o.now.Add(freshFor)
	if status, _ := attacker.do("POST", "/outside", nil); status != 403 {
		t.Errorf("tied a long time after signing in: %d", status)
	}
	sv.issuer = "https://id.example.net"
	o.People.outside = newOutsider(&Outside{Issuer: sv.URL, ClientID: "truce", Self: s.URL})
	if status, _ := victim.do("POST", "/outside", nil); status != 500 {
		t.Errorf("a service that says it is another: %d", status)
	}
}

// TestOutsideNames: accounts by a claim. A name takes nothing over, and a claim gives
// no role that was not mapped.
func TestOutsideNames(t *testing.T) {
	o, sv := newOffice(t), newService(t)
	out := &Outside{Issuer: sv.URL, ClientID: "truce", ClientSecret: "s", Claim: "preferred_username", Name: "the mission"}
	o.People.outside = newOutsider(out)
	s := o.server(t)
	o.People.outside.Self = s.URL
	at := func(subject string, claims map[string]any) (int, string) {
		t.Helper()
		sv.subject, sv.more = subject, claims
		b := newBrowser(t, s, "192.0.2.3:5")
		status, path := b.outside(t)
		return status, path + " " + b.me()
	}
	named := func(name any, more ...string) map[string]any {
		c := map[string]any{"preferred_username": name, "role": "chair", "roles": []string{"chair"}, "party": "ALFA"}
		if len(more) > 0 {
			c["groups"] = more
		}
		return c
	}
	if status, _ := at("p1", named("anna")); status != 403 {
		t.Errorf("an account was made: %d", status)
	}
	// One that waits for its owner is taken, once; one with a password, or that nobody
	// was invited to, is not.
	a := o.add("anna", rights.Verifier, "")
	if status, _ := at("p1", named("anna")); status != 403 {
		t.Errorf("nobody was invited: %d", status)
	}
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if status, where := at("p1", named("ANNA")); status != 200 || where != "/second-factor  " {
		t.Errorf("an invited account: %d %q", status, where)
	}
	if status, _ := newBrowser(t, s, "192.0.2.4:5").do("GET", "/welcome/"+link, nil); status != 404 {
		t.Errorf("the link still holds: %d", status)
	}
	if status, _ := at("p2", named("anna")); status != 403 {
		t.Errorf("another person of the same name: %d", status)
	}
	if status, where := at("p1", named("somebody-else")); status != 200 || where != "/second-factor  " {
		t.Errorf("the person counts, and not the name: %d %q", status, where)
	}
	o.ready(t, newBrowser(t, s, "192.0.2.5:5"), "berta", rights.Reader, "")
	if status, _ := at("p3", named("berta")); status != 403 {
		t.Errorf("an account with a password: %d", status)
	}
	o.People.outside.Create = true
	o.People.outside.Roles = []RoleByClaim{{"groups", "desk", rights.Reader, ""}, {"groups", "check", rights.Verifier, ""}, {"groups", "alfa", rights.Delegate, "ALFA"}}
	for _, bad := range []any{nil, 7, "", "../x", "a b", "<b>", []string{"x", "y"}, strings.Repeat("x", 41), "рада"} {
		if status, _ := at("p9", named(bad)); status != 403 {
			t.Errorf("name %v: %d", bad, status)
		}
	}
	if status, where := at("p4", named("carla")); status != 404 || where != "/ public " {
		t.Errorf("an account without a role: %d %q", status, where)
	}
	if x, _ := o.dirOf().Account("carla"); x.ID == "" || x.Role != "" || x.Party != "" {
		t.Errorf("claims gave the role %q of %q", x.Role, x.Party)
	}
	if _, where := at("p5", named("dora", "desk", "check")); !strings.HasSuffix(where, " reader ") {
		t.Errorf("a mapped role: %q", where)
	}
	at("p6", named("emil", "alfa"))
	if x, _ := o.dirOf().Account("emil"); x.Role != rights.Delegate || x.Party != "ALFA" {
		t.Errorf("a mapped delegate: %q of %q", x.Role, x.Party)
	}
	// A role by a claim is given when the account is made, and not again.
	x, _ := o.dirOf().Account("dora")
	if _, err := o.Grant(t.Context(), AtConsole(), x.ID, "", "", ""); err != nil {
		t.Fatal(err)
	}
	at("p5", named("dora", "check"))
	if x, _ := o.dirOf().Account("dora"); x.Role != "" {
		t.Errorf("what was withdrawn came back: %q", x.Role)
	}
	// With a chair a confidential role needs the chair.
	o.add("head", rights.Chair, "")
	at("p7", named("finn", "check"))
	if x, _ := o.dirOf().Account("finn"); x.Role != "" || x.ID == "" {
		t.Errorf("with a chair: %q %q", x.ID, x.Role)
	}
	o.People.outside.Claim = "email"
	for _, c := range []map[string]any{{"email": "gerd"}, {"email": "gerd", "email_verified": "true"}, {"email": "gerd", "email_verified": false}} {
		if status, _ := at("p8", c); status != 403 {
			t.Errorf("%v: %d", c, status)
		}
	}
	// Untied, the service opens nothing any more.
	sv.subject, sv.more, o.People.outside.Claim = "p4", nil, ""
	b := newBrowser(t, s, "192.0.2.6:5")
	b.outside(t)
	if status, _ := b.do("POST", "/outside/untie", nil); status != 200 {
		t.Errorf("untying: %d", status)
	}
	if status, _ := newBrowser(t, s, "192.0.2.7:5").outside(t); status != 403 {
		t.Errorf("untied: %d", status)
	}
}
