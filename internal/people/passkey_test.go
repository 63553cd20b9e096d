package people

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	vw "github.com/descope/virtualwebauthn"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

var askForm = regexp.MustCompile(`data-passkey="(\{.*?\})"[ >]`)

// device is an authenticator in software, which also does what no honest one does.
type device struct {
	vw.Authenticator
	rp  vw.RelyingParty
	key vw.Credential
}

func newDevice(a Account) *device {
	d := &device{vw.NewAuthenticatorWithOptions(vw.AuthenticatorOptions{UserHandle: []byte(a.ID)}), vw.RelyingParty{ID: "north.example.org", Name: "truce", Origin: "https://north.example.org"}, newPasskey()}
	d.key.Counter = 1
	return d
}

// newPasskey is a key whose public half the device writes rightly: of one in 128 it leaves
// out zeros that stand first, and what it makes then is refused as it must be.
func newPasskey() vw.Credential {
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		point, err := key.PublicKey.Bytes() // 4, then both coordinates
		if err != nil {
			panic(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		if point[1] != 0 && point[33] != 0 {
			return vw.NewCredentialWithImportedKey(vw.KeyTypeEC2, der)
		}
	}
}

// asked is the question on a page.
func (b *browser) asked(path string) string {
	b.t.Helper()
	status, s := b.do("GET", path, nil)
	m := askForm.FindStringSubmatch(s)
	if m == nil {
		b.t.Fatalf("%s asks no device: %d %s", path, status, s)
	}
	return m[1]
}

// make makes a passkey and sends it.
func (d *device) make(b *browser, name string) (int, string) {
	b.t.Helper()
	o, err := vw.ParseAttestationOptions(b.asked("/passkeys"))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do("POST", "/passkeys", url.Values{"name": {name}, "answer": {vw.CreateAttestationResponse(d.rp, d.Authenticator, d.key, *o)}})
}

// answer answers the question of /passkey.
func (d *device) answer(b *browser) string {
	b.t.Helper()
	o, err := vw.ParseAssertionOptions(b.asked("/passkey"))
	if err != nil {
		b.t.Fatal(err)
	}
	d.key.Counter++
	return vw.CreateAssertionResponse(d.rp, d.Authenticator, d.key, *o)
}

func (b *browser) enter(answer string) int {
	status, _ := b.do("POST", "/passkey", url.Values{"answer": {answer}, "next": {"/me"}})
	return status
}

func newKeyOffice(t *testing.T) *office {
	o := newOffice(t)
	var err error
	if o.People.passkeys, err = newPasskeys("https://north.example.org", "truce"); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestPasskeys: made, named, used alone and as the second factor, removed.
func TestPasskeys(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	seed, _ := o.ready(t, b, "watch", rights.DutyOfficer, "")
	a, _ := o.dirOf().Account("watch")
	elsewhere := newBrowser(t, s, "192.0.2.9:5")
	o.now = o.now.Add(2 * step * time.Second)
	if elsewhere.signIn("watch", good, o.code(seed)); elsewhere.me() != "duty-officer " {
		t.Fatal(elsewhere.me())
	}
	d := newDevice(a)
	if status, page := d.make(b, "key on the ring"); status != 200 || !strings.Contains(page, "key on the ring") {
		t.Fatal(status, page)
	}
	if b.me() != "duty-officer " || elsewhere.me() != " " {
		t.Errorf("after a passkey was added the session is %q, and another's %q", b.me(), elsewhere.me())
	}
	accounts, authors := o.payloads(record.KindAccount)
	if last := accounts[len(accounts)-1]; !strings.Contains(last, "a passkey was added") || strings.Contains(last, "ring") || authors[len(authors)-1] != o.log.Author() {
		t.Errorf("the record says %s", last)
	}
	// Alone, from a browser that knows nothing.
	n := newBrowser(t, s, "192.0.2.2:5")
	if status := n.enter(d.answer(n)); status != 200 || n.me() != "duty-officer " {
		t.Errorf("signing in by a passkey: %d %q", status, n.me())
	}
	// As the second factor: the password alone opens nothing.
	n = newBrowser(t, s, "192.0.2.3:5")
	if n.signIn("watch", good, ""); n.me() != " " {
		t.Fatalf("the password alone: %q", n.me())
	}
	d.Options.UserNotVerified = true // the password has said who it is
	if status := n.enter(d.answer(n)); status != 200 || n.me() != "duty-officer " {
		t.Errorf("a passkey as the second factor: %d %q", status, n.me())
	}
	d.Options.UserNotVerified = false
	// A code does as well.
	n = newBrowser(t, s, "192.0.2.4:5")
	o.now = o.now.Add(2 * step * time.Second)
	n.signIn("watch", good, "")
	if n.do("POST", "/code", url.Values{"code": {o.code(seed)}}); n.me() != "duty-officer " {
		t.Errorf("a code after the password: %q", n.me())
	}
	list, _, err := o.sec.passkeys(a.ID)
	if err != nil || len(list) != 1 || list[0].Used.IsZero() {
		t.Fatal(list, err)
	}
	// Named and removed, by the owner, soon after signing in.
	if status, page := n.do("POST", "/passkeys/change", url.Values{"do": {"name"}, "id": {list[0].ID}, "name": {"<b>phone"}}); status != 200 || !strings.Contains(page, "<b>phone") {
		t.Errorf("naming: %d", status)
	}
	other := newBrowser(t, s, "192.0.2.5:5")
	o.ready(t, other, "desk", rights.Reader, "")
	if status, _ := other.do("POST", "/passkeys/change", url.Values{"do": {"remove"}, "id": {list[0].ID}}); status != 403 {
		t.Errorf("another's passkey was removed: %d", status)
	}
	o.now = o.now.Add(freshFor)
	if status, _ := n.do("POST", "/passkeys/change", url.Values{"do": {"remove"}, "id": {list[0].ID}}); status != 403 {
		t.Errorf("removed a long time after signing in: %d", status)
	}
	if status, _ := n.do("POST", "/passkeys", url.Values{"name": {"x"}, "answer": {"{}"}}); status != 403 {
		t.Errorf("added a long time after signing in: %d", status)
	}
	n = newBrowser(t, s, "192.0.2.6:5")
	n.enter(d.answer(n))
	if status, page := n.do("POST", "/passkeys/change", url.Values{"do": {"remove"}, "id": {list[0].ID}}); status != 200 || !strings.Contains(page, "none yet") {
		t.Errorf("removing: %d", status)
	}
	n = newBrowser(t, s, "192.0.2.7:5")
	if status := n.enter(d.answer(n)); status != 401 || n.me() != " " {
		t.Errorf("a passkey that was removed: %d %q", status, n.me())
	}
}

// TestPasskeyAlone: a passkey is second factor enough, with recovery codes for the
// day on which it is lost.
func TestPasskeyAlone(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	a := o.add("watch", rights.DutyOfficer, "")
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.do("POST", "/welcome/"+link, url.Values{"password": {good}, "again": {good}})
	if b.signIn("watch", good, ""); b.me() != " " {
		t.Fatalf("without a second factor: %q", b.me())
	}
	// Whoever else has signed in by the password before has nothing by it afterwards.
	early := newBrowser(t, s, "192.0.2.8:5")
	early.signIn("watch", good, "")
	status, page := newDevice(a).make(b, "phone")
	codes := codeForm.FindAllStringSubmatch(page, -1)
	if status != 200 || len(codes) != recoveryCodes || b.me() != "duty-officer " {
		t.Fatal(status, len(codes), b.me())
	}
	if early.me() != " " {
		t.Errorf("a session of before is %q", early.me())
	}
	if status, _ := early.do("GET", "/passkeys", nil); status != 200 || strings.Contains(func() string { _, s := early.do("GET", "/passkeys", nil); return s }(), "phone") {
		t.Errorf("a session of before sees passkeys: %d", status)
	}
	n := newBrowser(t, s, "192.0.2.2:5")
	n.signIn("watch", good, "")
	for _, bad := range []string{"", "000000", "755224", "94287082"[:6]} {
		if status, _ := n.do("POST", "/code", url.Values{"code": {bad}}); status != 401 || n.me() != " " {
			t.Errorf("code %q where there are none: %d", bad, status)
		}
	}
	if n.do("POST", "/code", url.Values{"code": {codes[0][1]}}); n.me() != "duty-officer " {
		t.Errorf("a recovery code: %q", n.me())
	}
	if err := o.ResetSecondFactor(t.Context(), "watch"); err != nil {
		t.Fatal(err)
	}
	if list, _, err := o.sec.passkeys(a.ID); err != nil || len(list) > 0 || n.me() != " " {
		t.Errorf("after the second factor was removed: %v %v %q", list, err, n.me())
	}
}

// TestPasskeyRefused: what a dishonest device, page or thief sends.
func TestPasskeyRefused(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, b, "watch", rights.DutyOfficer, "")
	victim := o.add("victim", rights.Chair, "")
	a, _ := o.dirOf().Account("watch")
	d := newDevice(a)
	phish := *d
	phish.rp.Origin = "https://north.example.net"
	if status, _ := phish.make(b, "of another page"); status != 422 {
		t.Errorf("made on another page: %d", status)
	}
	if status, _ := d.make(b, ""); status != 422 {
		t.Errorf("without a name: %d", status)
	}
	if status, _ := d.make(b, "phone"); status != 200 {
		t.Fatal(status)
	}
	if status, _ := d.make(b, "again"); status != 403 {
		t.Errorf("the same passkey twice: %d", status)
	}
	for i, bad := range map[string]func(d *device){
		"another page":            func(d *device) { d.rp.Origin = "https://north.example.org.evil.test" },
		"another server":          func(d *device) { d.rp.ID = "example.org" },
		"nobody was verified":     func(d *device) { d.Options.UserNotVerified = true },
		"nobody was there":        func(d *device) { d.Options.UserNotPresent = true },
		"another's account":       func(d *device) { d.Options.UserHandle = []byte(victim.ID) },
		"a name for an id":        func(d *device) { d.Options.UserHandle = []byte("watch") },
		"no account":              func(d *device) { d.Options.UserHandle = []byte("A-00000000") },
		"another key":             func(d *device) { k := vw.NewCredential(vw.KeyTypeEC2); k.ID = d.key.ID; d.key = k },
		"a copy that is behind":   func(d *device) { d.key.Counter = 0 },
		"one that may be copied":  func(d *device) { d.Options.BackupEligible = true },
		"backed up and never may": func(d *device) { d.Options.BackupState = true },
	} {
		n, x := newBrowser(t, s, "192.0.2.2:5"), *d
		bad(&x)
		if status := n.enter(x.answer(n)); status != 401 || n.me() != " " {
			t.Errorf("%s: %d %q", i, status, n.me())
		}
	}
	d.key.Counter = 10
	// An answer is good once, in the browser that was asked, for what was asked.
	n := newBrowser(t, s, "192.0.2.3:5")
	answer := d.answer(n)
	if status := newBrowser(t, s, "192.0.2.4:5").enter(answer); status != 401 {
		t.Errorf("in another browser: %d", status)
	}
	if status := n.enter(answer); status != 200 || n.me() != "duty-officer " {
		t.Fatal(status)
	}
	n.do("POST", "/sign-out", nil)
	if status := n.enter(answer); status != 401 || n.me() != " " {
		t.Errorf("the same answer again: %d %q", status, n.me())
	}
	for _, junk := range []string{"", "{}", "null", `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`, strings.Repeat("[", 5000)} {
		n.asked("/passkey")
		if status := n.enter(junk); status != 401 {
			t.Errorf("%.20q: %d", junk, status)
		}
	}
	if err := o.SetState(t.Context(), AtConsole(), a.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	n = newBrowser(t, s, "192.0.2.5:5")
	if status := n.enter(d.answer(n)); status != 401 || n.me() != " " {
		t.Errorf("a closed account: %d %q", status, n.me())
	}
	// Who guesses waits.
	g := newBrowser(t, s, "192.0.2.77:5")
	last := 0
	for range ruleAddress.free + 1 {
		last = g.enter("{}")
	}
	if last != 429 {
		t.Errorf("after %d failures: %d", ruleAddress.free, last)
	}
}

// TestSecondFactorIsOwed: a first factor that was shown holds for minutes, and not
// once the password has changed.
func TestSecondFactorIsOwed(t *testing.T) {
	o := newKeyOffice(t)
	s := o.server(t)
	b := newBrowser(t, s, "192.0.2.1:5")
	o.ready(t, b, "watch", rights.DutyOfficer, "")
	a, _ := o.dirOf().Account("watch")
	d := newDevice(a)
	if status, _ := d.make(b, "phone"); status != 200 {
		t.Fatal(status)
	}
	late, old := newBrowser(t, s, "192.0.2.2:5"), newBrowser(t, s, "192.0.2.3:5")
	late.signIn("watch", good, "")
	answer := d.answer(late)
	o.now = o.now.Add(owedFor + time.Second)
	if status := late.enter(answer); status != 401 || late.me() != " " {
		t.Errorf("after %s: %d %q", owedFor, status, late.me())
	}
	old.signIn("watch", good, "")
	link, err := o.Link(t.Context(), AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := newBrowser(t, s, "192.0.2.4:5").do("POST", "/welcome/"+link, url.Values{"password": {good + " too"}, "again": {good + " too"}}); status != 200 {
		t.Fatal(status)
	}
	if status, page := old.do("GET", "/code", nil); !strings.Contains(page, "Sign in") || status != 200 {
		t.Errorf("the old password still counts: %d", status)
	}
}

// TestNoPasskeysByAddress: a server without a name has none, and says why.
func TestNoPasskeysByAddress(t *testing.T) {
	o := newOffice(t)
	b := newBrowser(t, o.server(t), "192.0.2.1:5")
	if status, page := b.do("GET", "/passkey", nil); status != 404 || !strings.Contains(page, "--url") {
		t.Error(status, page)
	}
	for _, x := range []string{"https://192.0.2.1", "http://[::1]:8080", ""} {
		if k, err := newPasskeys(x, "truce"); k != nil || err != nil {
			t.Errorf("%q: %v %v", x, k, err)
		}
	}
	if k, err := newPasskeys("http://localhost:8080", "truce"); k == nil || err != nil {
		t.Error(err)
	}
}
