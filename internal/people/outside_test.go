package people

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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
		answer(w, map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
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
		if s.bad != nil {
			s.bad(claims)
		}
		c, err := json.Marshal(claims)
		if err != nil {
			t.Error(err)
		}
		signed := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(c)
		d := sha256.Sum256([]byte(signed))
		sig, err := rsa.SignPKCS1v15(nil, s.signer, crypto.SHA256, d[:])
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
	} {
		sv.bad, sv.signer = bad, sv.key
		x := newBrowser(t, s, "192.0.2.5:5")
		if status, _ := x.outside(t); status != 401 || x.me() != " " {
			t.Errorf("%s: %d", why, status)
		}
	}
	sv.bad, sv.signer = nil, sv.key
	a, _ := o.dirOf().Account("watch")
	if err := o.SetState(t.Context(), AtConsole(), a.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	if status, _ := newBrowser(t, s, "192.0.2.6:5").outside(t); status != 403 {
		t.Errorf("a closed account: %d", status)
	}
}
