package notify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
)

// bench is a record with views and somebody who tells.
type bench struct {
	*Notifier
	t     *testing.T
	o     *office.Office
	views *views.Views
	db    *jobs.DB
	now   atomic.Int64
	n     byte
}

func open(t *testing.T, c Config, allow ...string) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t}
	b.now.Store(time.Date(2030, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	var err error
	if b.o, err = office.Open(dir, "example.org/north", journal.Options{Interval: -1}); err != nil {
		t.Fatal(err)
	}
	store, err := views.OpenSQLite(filepath.Join(dir, "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	if b.views, err = views.New(store, "example.org/north", b.o.Log.Blobs()); err != nil {
		t.Fatal(err)
	}
	g, err := fetch.NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	if faults := c.Check(dir, g); len(faults) > 0 {
		t.Fatal(faults)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.OwnKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	b.Notifier = New(Options{Dir: dir, Origin: "example.org/north", Views: b.views, Guard: g, Key: key, Config: c, Base: time.Millisecond, Most: 5 * time.Millisecond, Now: func() time.Time { return time.Unix(0, b.now.Load()) },
		Sources: func(context.Context) (int, []string, error) { return 3, []string{"acled: broken: 503"}, nil }})
	if b.db, err = jobs.Open(t.Context(), filepath.Join(dir, "jobs.db"), jobs.Options{Poll: 5 * time.Millisecond}, b.Kinds()...); err != nil {
		t.Fatal(err)
	}
	b.Notifier.o.Store, b.Notifier.o.Queue = b.db, b.db
	if err := b.db.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(b.db.Stop(context.Background()), b.db.Close(), b.views.Close(), b.o.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// put records an entry and looks for what is new.
func (b *bench) put(kind string, payload any, blobs []record.Hash, refs ...record.Ref) string {
	b.t.Helper()
	b.n++
	e, _, err := b.o.Write(context.Background(), office.Draft{Kind: kind, Payload: payload, Refs: refs, Blobs: blobs, Made: time.Unix(0, b.now.Load()), Seed: bytes.Repeat([]byte{b.n}, 32)})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := errors.Join(b.o.Log.Integrate(context.Background()), b.views.Update(context.Background(), b.o.Log.Reader()), b.follow(context.Background())); err != nil {
		b.t.Fatal(err)
	}
	return e.ID
}

// text records the text of a regime.
func (b *bench) text(id string) {
	b.t.Helper()
	if err := b.follow(context.Background()); err != nil { // from here on it is told
		b.t.Fatal(err)
	}
	src, err := fs.ReadFile(regimes.FS(), id+".truce.md")
	if err != nil {
		b.t.Fatal(err)
	}
	x, err := regimes.Open(id)
	if err != nil {
		b.t.Fatal(err)
	}
	blob, err := b.o.Log.Blobs().Put(context.Background(), bytes.NewReader(src))
	if err != nil {
		b.t.Fatal(err)
	}
	b.put("terms@1", record.TermsEntry{ID: x.ID, Digest: x.Digest, Title: x.TitleText()}, []record.Hash{blob.Hash})
}

// strike reports a strike on a substation.
func (b *bench) strike(marking string, more map[string]string) string {
	row := map[string]string{"time_start": "2025-03-20T20:20Z", "time_end": "2025-03-20T20:40Z", "lat": "50.45123", "lon": "30.52345", "precision_m": "400", "actor": "RU", "act": "attack.strike.drone", "outcome": "impact", "target": "energy.power.substation", "owner": "UA", "level": "reported", "text": "Olena saw it from the mill"}
	for k, v := range more {
		row[k] = v
	}
	return b.put("report@1", map[string]any{"format": "truce", "row": row, "source": "patrol 4", "marking": marking}, nil)
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("in 60 s it did not come to that: %s", what)
}

// ear is a host that is told.
type ear struct {
	*httptest.Server
	mu     sync.Mutex
	heads  []http.Header
	bodies [][]byte
	status func(n int) int // answer to the nth request
}

func newEar(t *testing.T, status func(int) int) *ear {
	e := &ear{status: status}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		e.mu.Lock()
		e.heads, e.bodies = append(e.heads, r.Header.Clone()), append(e.bodies, b)
		n := len(e.bodies)
		e.mu.Unlock()
		w.WriteHeader(e.status(n))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ear) len() int { e.mu.Lock(); defer e.mu.Unlock(); return len(e.bodies) }

func (e *ear) message(t *testing.T, i int) Message {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	var m Message
	if err := json.Unmarshal(e.bodies[i], &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func ok(int) int { return http.StatusNoContent }

// TestWebhook: what is told, to whom, signed, and tried until it is taken.
func TestWebhook(t *testing.T) {
	public, verifier := newEar(t, func(n int) int {
		if n < 3 {
			return http.StatusBadGateway
		}
		return http.StatusOK
	}), newEar(t, ok)
	secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	b := open(t, Config{Webhooks: []Webhook{{Name: "public", URL: public.URL, Secret: fetch.Secret("text:" + secret)}, {Name: "checkers", URL: verifier.URL, Sees: Sees{Role: "verifier"}, Events: []string{"finding", "entry"}}}}, "127.0.0.1")
	b.text("energy-2025")
	b.strike("mission", nil)
	b.strike("restricted", nil)
	b.strike("public", nil)
	until(t, "both told", func() bool { return public.len() >= 3 && verifier.len() >= 7 })
	time.Sleep(50 * time.Millisecond)
	if public.len() != 3 {
		t.Errorf("the public one was told %d times, of one report in three attempts", public.len())
	}
	m := public.message(t, 2)
	all := string(public.bodies[2])
	if len(m.Findings) == 0 || m.Findings[0].Facts["place"] == "" || !m.Findings[0].Coarse {
		t.Errorf("%s", all)
	}
	for _, hidden := range []string{"50.45", "20:20", "Olena", "patrol", `"RU"`, `"actor"`} {
		if strings.Contains(all, hidden) {
			t.Errorf("the public is told %s: %s", hidden, all)
		}
	}
	// The same id and body at each attempt, signed as Standard Webhooks has it.
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range public.heads {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), public.bodies[i])
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
			t.Errorf("signature %s, expected %s", h.Get("webhook-signature"), want)
		}
		if h.Get("webhook-id") != public.heads[0].Get("webhook-id") || !bytes.Equal(public.bodies[i], public.bodies[0]) {
			t.Error("another message at another attempt")
		}
	}
	// Who checks sees all of it but what is restricted, signed by the office.
	entries, findings, exact := 0, 0, 0
	state, err := b.Webhooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pub, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(state[1].Key, "whpk_"))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range verifier.heads {
		m := verifier.message(t, i)
		switch m.Type {
		case "entry":
			entries++
		case "finding":
			findings++
			if m.Findings[0].Facts["actor"] == "RU" && strings.HasPrefix(m.Findings[0].Facts["place"], "50.45123") {
				exact++
			}
		}
		sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.Get("webhook-signature"), "v1a,"))
		if err != nil || !ed25519.Verify(pub, fmt.Appendf(nil, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), verifier.bodies[i]), sig) {
			t.Error("not signed by the office")
		}
	}
	if entries != 5 || findings != 2 || exact != 2 {
		t.Errorf("%d entries, %d findings, %d exact", entries, findings, exact)
	}
	// Looked through again, nothing is told twice.
	if err := errors.Join(b.db.Put(t.Context(), "notify", "cursor", cursor{Next: 0}), b.follow(t.Context())); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if n, k := public.len(), verifier.len(); n > 3 || k > 7 {
		t.Errorf("told again: %d, %d", n, k)
	}
}

// TestDeadLetter: what nobody takes is given up, and seen.
func TestDeadLetter(t *testing.T) {
	gone, down := newEar(t, func(int) int { return http.StatusGone }), newEar(t, func(int) int { return http.StatusInternalServerError })
	b := open(t, Config{Webhooks: []Webhook{{Name: "gone", URL: gone.URL, Secret: "text:x"}, {Name: "down", URL: down.URL, Secret: "text:x", Attempts: 3}}}, "127.0.0.1")
	b.text("energy-2025")
	b.strike("public", nil)
	until(t, "given up", func() bool {
		s, err := b.Webhooks(t.Context())
		return err == nil && s[0].Dead == 1 && s[1].Dead == 1
	})
	if gone.len() != 1 || down.len() != 3 {
		t.Errorf("%d and %d attempts", gone.len(), down.len())
	}
	until(t, "among the dead", func() bool { dead, err := b.db.Dead(t.Context(), 10); return err == nil && len(dead) == 2 })
	s, err := b.Webhooks(t.Context())
	if err != nil || !strings.Contains(s[1].Why, "500") || s[1].Failing == nil || s[1].Failures != 3 {
		t.Errorf("%+v %v", s, err)
	}
	raw, err := os.ReadFile(filepath.Join(b.Notifier.o.Dir, "jobs.db"))
	if err != nil || bytes.Contains(raw, []byte("Olena")) {
		t.Error("words of the record are in the queue's file")
	}
}

// TestF33NoLoop: a webhook never reaches a host that is not public.
func TestF33NoLoop(t *testing.T) {
	e := newEar(t, ok)
	u := strings.Replace(e.URL, "127.0.0.1", "localhost", 1)
	b := open(t, Config{Webhooks: []Webhook{{Name: "inside", URL: u, Secret: "text:x", Attempts: 2}}})
	b.text("energy-2025")
	b.strike("public", nil)
	until(t, "refused", func() bool { s, err := b.Webhooks(t.Context()); return err == nil && s[0].Dead == 1 })
	if s, err := b.Webhooks(t.Context()); err != nil || e.len() != 0 || !strings.Contains(s[0].Why, "refused") {
		t.Errorf("%d requests, %+v %v", e.len(), s, err)
	}
}

// letters is a mail server with TLS.
type letters struct {
	mu   sync.Mutex
	got  []string
	to   []string
	tls  []bool
	fail int
}

type session struct {
	l    *letters
	c    *smtp.Conn
	rcpt string
}

func (s *session) Reset()                                    {}
func (s *session) Logout() error                             { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.rcpt = to; return nil }
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.l.fail > 0 {
		s.l.fail--
		return &smtp.SMTPError{Code: 451, Message: "try again"}
	}
	_, secure := s.c.TLSConnectionState()
	s.l.got, s.l.to, s.l.tls = append(s.l.got, string(b)), append(s.l.to, s.rcpt), append(s.l.tls, secure)
	return nil
}

func (l *letters) len() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.got) }

// newLetters starts the server, and writes its certificate to a file.
func newLetters(t *testing.T) (l *letters, addr, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	l = &letters{}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{l: l, c: c}, nil }))
	s.Domain, s.TLSConfig = "127.0.0.1", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
	return l, ln.Addr().String(), ca
}

// TestAlert: a rule picks what it says and nothing else; mail goes by TLS only.
func TestAlert(t *testing.T) {
	l, addr, ca := newLetters(t)
	l.fail = 1
	e := newEar(t, ok)
	b := open(t, Config{Mail: &Mail{Server: addr, From: "truce <truce@example.org>", CA: ca}, Webhooks: []Webhook{{Name: "desk", URL: e.URL, Secret: "text:x", Events: []string{"entry"}, Sees: Sees{Role: "duty-officer"}}},
		Alerts: []Alert{{Name: "kyiv", Mail: []string{"duty@example.org"}, Webhook: []string{"desk"}, Sees: Sees{Role: "duty-officer"},
			When: When{Verdict: []string{"breach"}, Terms: []string{"energy-2025"}, Reading: []string{"kremlin"}, Target: []string{"energy.power"}, Level: "reported", Within: &Within{Near: "50.45,30.52", M: 20_000}}}}}, "127.0.0.1")
	b.text("energy-2025")
	b.strike("mission", map[string]string{"level": "claimed"})
	b.strike("mission", map[string]string{"lat": "48.0", "lon": "37.8"})
	b.strike("mission", map[string]string{"target": "energy.gas.pipeline"})
	b.strike("mission", map[string]string{"act": ""})                // undetermined
	b.strike("mission", map[string]string{"actor": "", "owner": ""}) // a breach by whoever it was: nobody is inferred
	if err := b.follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.strike("mission", nil)
	b.strike("mission", map[string]string{"lat": "", "lon": "", "precision_m": ""})
	until(t, "told of three", func() bool { return l.len() == 3 })
	time.Sleep(50 * time.Millisecond)
	if l.len() != 3 {
		t.Errorf("%d letters", l.len())
	}
	both := strings.Join(l.got, "\n")
	for _, want := range []string{"in the place of the rule", "its place is not known", "not known, or not shown here", "breach, energy-2025@kremlin", "Auto-Submitted: auto-generated", "bind nobody", "Subject: example.org/north: kyiv: 1 finding"} {
		if !strings.Contains(strings.ReplaceAll(both, "=\r\n", ""), want) {
			t.Errorf("no %q in %s", want, both)
		}
	}
	if l.to[0] != "duty@example.org" || !l.tls[0] {
		t.Errorf("to %v, by TLS %v", l.to, l.tls)
	}
	alerts := 0
	until(t, "the webhook too", func() bool {
		alerts = 0
		for i := range e.len() {
			if e.message(t, i).Type == "alert" {
				alerts++
			}
		}
		return alerts == 3
	})
	// Without a certificate that is known nothing is sent.
	b.Notifier.o.Config.Mail.CA = ""
	b.strike("mission", nil)
	time.Sleep(150 * time.Millisecond)
	if l.len() != 3 {
		t.Error("mail went to a server whose certificate is not known")
	}
}

// TestDigest: quiet days are told too, with what cannot be relied on.
func TestDigest(t *testing.T) {
	l, addr, ca := newLetters(t)
	b := open(t, Config{Mail: &Mail{Server: addr, From: "truce@example.org", CA: ca}, Digests: []Digest{{Name: "morning", At: "06:00", Zone: "Europe/Kyiv", Mail: []string{"all@example.org"}, Sees: Sees{Role: "verifier"}}}}, "127.0.0.1")
	b.text("energy-2025")
	day := func() {
		t.Helper()
		if err := b.digests(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	day() // the first is for what comes
	b.now.Add(int64(16 * time.Hour))
	day() // 04:00Z of the next day: 06:00 in Kyiv
	day()
	until(t, "a quiet digest", func() bool { return l.len() == 1 })
	b.strike("mission", nil)
	b.strike("mission", map[string]string{"lat": "", "lon": "", "precision_m": ""})
	b.strike("restricted", nil)
	b.now.Add(int64(72 * time.Hour)) // nothing ran for three days
	day()
	day()
	until(t, "a digest", func() bool { return l.len() == 2 })
	time.Sleep(50 * time.Millisecond)
	if l.len() != 2 {
		t.Errorf("%d digests", l.len())
	}
	plain := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "=\r\n", ""), "=3D", "=") }
	for i, want := range [][]string{
		{"Nothing was recorded. That does not say that nothing happened.", "1 of 3 feeds say nothing that can be relied on", "acled: broken: 503", "digest of 2030-03-02"},
		{"3 entries were recorded", "report@1           3", "Incidents held, of those shown here: 2 (at the digest before: 0)", "of unknown place 1, of unknown time 0; 1 more are not shown here", "energy-2025@kremlin", "breach"},
	} {
		for _, w := range want {
			if !strings.Contains(plain(l.got[i]), w) {
				t.Errorf("digest %d: no %q in\n%s", i, w, plain(l.got[i]))
			}
		}
	}
}

// TestConfig: all that is wrong is said at once.
func TestConfig(t *testing.T) {
	g, err := fetch.NewGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Mail: &Mail{Server: "mail.example.org:25", From: "nobody", TLS: "none"}, Webhooks: []Webhook{{Name: "A b", URL: "http://10.0.0.1/x", Secret: "geheim", Events: []string{"all"}, Sees: Sees{Role: "king"}}},
		Alerts: []Alert{{Name: "x", Webhook: []string{"none"}, When: When{Verdict: []string{"guilty"}, Level: "sure", Within: &Within{Box: "5,5,1,1"}}}}, Digests: []Digest{{Name: "d", At: "25:00", Zone: "Mars/North", Sees: Sees{Role: "delegate"}}}}
	got := strings.Join(c.Check(t.TempDir(), g), "\n")
	for _, want := range []string{"expected a name", "refused", "env:NAME", `"all"`, `"king"`, "from:", "this machine only", `no webhook "none"`, `"guilty"`, "level", "box:", "time of day", "Mars/North", "nobody is told", "delegate has a party"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "geheim") {
		t.Error("a secret is shown")
	}
}
