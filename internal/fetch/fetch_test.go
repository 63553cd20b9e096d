package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"pgregory.net/rapid"
)

func guard(t *testing.T, allow ...string) *Guard {
	t.Helper()
	g, err := NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestF33Addresses: what is not public, in each form in which it can be written.
func TestF33Addresses(t *testing.T) {
	g := guard(t)
	for _, x := range []struct {
		addr string
		ok   bool
	}{
		{"1.1.1.1:443", true}, {"8.8.8.8:80", true}, {"[2606:4700:4700::1111]:443", true}, {"93.184.216.34:8443", true},
		{"1.1.1.1:22", false}, {"1.1.1.1:25", false}, {"1.1.1.1:6379", false},
		{"127.0.0.1:80", false}, {"127.255.255.254:80", false}, {"[::1]:80", false}, {"[::]:80", false}, {"0.0.0.0:80", false}, {"0.1.2.3:80", false},
		{"10.0.0.1:80", false}, {"172.16.0.1:80", false}, {"172.31.255.255:80", false}, {"192.168.1.1:80", false}, {"[fc00::1]:80", false}, {"[fd12::1]:80", false},
		{"169.254.169.254:80", false}, {"[fd00:ec2::254]:80", false}, {"[fe80::1]:80", false}, {"100.64.0.1:80", false}, {"100.100.100.200:80", false}, {"192.0.0.192:80", false},
		{"224.0.0.1:80", false}, {"239.255.255.250:80", false}, {"[ff02::1]:80", false}, {"255.255.255.255:80", false}, {"240.0.0.1:80", false},
		{"192.0.2.1:80", false}, {"198.51.100.1:80", false}, {"203.0.113.1:80", false}, {"198.18.0.1:80", false}, {"[2001:db8::1]:80", false},
		{"[::ffff:127.0.0.1]:80", false}, {"[::ffff:10.0.0.1]:80", false}, {"[::ffff:169.254.169.254]:80", false}, {"[::127.0.0.1]:80", false},
		{"[64:ff9b::7f00:1]:80", false}, {"[2002:7f00:1::]:80", false}, {"[2001::1]:80", false},
	} {
		if err := g.Address("host.example", netip.MustParseAddrPort(x.addr)); (err == nil) != x.ok {
			t.Errorf("%s: %v", x.addr, err)
		} else if err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: not a refusal: %v", x.addr, err)
		}
	}
}

// TestF33NoPrivateAddress: whatever is drawn, what the standard library calls not
// public is refused, also as IPv6.
func TestF33NoPrivateAddress(t *testing.T) {
	g := guard(t)
	rapid.Check(t, func(t *rapid.T) {
		var ip netip.Addr
		if rapid.Bool().Draw(t, "four") {
			ip = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
		} else {
			ip = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
		}
		closed := !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast()
		for _, form := range []netip.Addr{ip, netip.AddrFrom16(ip.As16())} {
			err := g.Address("a.example", netip.AddrPortFrom(form, 443))
			if closed && err == nil {
				t.Fatalf("%s (as %s) may be dialled", ip, form)
			}
		}
	})
}

// TestF33Own: what an operator lists can be dialled, and nothing beside it.
func TestF33Own(t *testing.T) {
	g := guard(t, "10.1.0.0/16", "192.168.5.5", "feeds.internal", "minio.internal:9000")
	for _, x := range []struct {
		host, addr string
		ok         bool
	}{
		{"x", "10.1.9.9:9999", true}, {"x", "10.2.0.1:80", false}, {"x", "192.168.5.5:80", true}, {"x", "192.168.5.6:80", false},
		{"FEEDS.internal.", "10.9.0.1:8081", true}, {"feeds.internal", "169.254.169.254:80", false}, {"other.internal", "10.9.0.1:80", false},
		{"minio.internal", "10.9.0.1:9000", true}, {"minio.internal", "10.9.0.1:9001", false}, {"x", "[::ffff:10.1.0.1]:80", true},
	} {
		if err := g.Address(x.host, netip.MustParseAddrPort(x.addr)); (err == nil) != x.ok {
			t.Errorf("%s %s: %v", x.host, x.addr, err)
		}
	}
	for _, bad := range []string{"", "a b", "https://x", "x:y", "*.internal", "u@x"} {
		if _, err := NewGuard([]string{bad}); err == nil {
			t.Errorf("%q is taken as a host", bad)
		}
	}
}

// get asks a server of this machine.
func get(t *testing.T, g *Guard, q Request) (Answer, []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "f")
	a, err := g.Get(context.Background(), q, file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if (err == nil) != (a.State == Fresh) {
		t.Fatalf("state %s, file: %v", a.State, err)
	}
	return a, b
}

// TestF33Forms: addresses in each form in which a URL can hold them never reach a
// server that listens here.
func TestF33Forms(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	g := guard(t)
	g.public = guardAnyPort() // so that the address decides, and not the port
	for _, u := range []string{"http://127.0.0.1:%s/", "http://localhost:%s/", "http://[::ffff:127.0.0.1]:%s/", "http://2130706433:%s/", "http://0x7f000001:%s/", "http://127.1:%s/",
		"http://0177.0.0.1:%s/", "http://0:%s/", "http://[::]:%s/", "http://0.0.0.0:%s/", "gopher://127.0.0.1:%s/", "file:///etc/passwd?%s", "http://u:p@example.org:%s/", "http:///%s", "//127.0.0.1:%s/"} {
		a, _ := get(t, g, Request{URL: fmt.Sprintf(u, port), Limits: Limits{Time: 5 * time.Second}})
		if a.State != Broken || a.Why == "" {
			t.Errorf("%s: %+v", u, a)
		}
	}
	if asked {
		t.Error("the server was reached")
	}
}

// TestF33Rebinding: a name that stood for a public address when it was checked, and
// stands for this machine when it is dialled.
func TestF33Rebinding(t *testing.T) {
	if err := guard(t).control("rebound.example")(context.Background(), "tcp4", "127.0.0.1:80", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("dialled: %v", err)
	}
	if err := guard(t).control("x")(context.Background(), "unix", "/run/docker.sock", nil); !errors.Is(err, ErrRefused) {
		t.Errorf("dialled: %v", err)
	}
}

func TestF33Redirects(t *testing.T) {
	var seen []http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Clone())
		io.WriteString(w, "there")
	}))
	defer other.Close()
	hops := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loop":
			hops++
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case "/meta":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/local":
			http.Redirect(w, r, "http://127.0.0.2:80/", http.StatusFound)
		case "/other":
			http.Redirect(w, r, other.URL+"/x", http.StatusTemporaryRedirect)
		}
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	g := guard(t, host, strings.TrimPrefix(other.URL, "http://"))
	// A listed name is let through where it is dialled; addresses are listed here.
	g.own = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for _, p := range []string{"/loop", "/file", "/meta", "/local"} {
		if a, _ := get(t, g, Request{URL: s.URL + p}); a.State != Broken || !strings.Contains(a.Why, "refused") {
			t.Errorf("%s: %+v", p, a)
		}
	}
	if hops != 4 {
		t.Errorf("%d requests at 3 redirects", hops)
	}
	a, b := get(t, g, Request{URL: s.URL + "/other?key=geheim", Header: map[string]string{"X-Api-Key": "geheim", "Authorization": "Bearer geheim", "Accept": "text/csv"}, ETag: `"geheim"`})
	if a.State != Fresh || string(b) != "there" {
		t.Errorf("%+v", a)
	}
	if len(seen) != 1 || strings.Contains(fmt.Sprint(seen[0]), "geheim") || seen[0].Get("Accept") != "text/csv" {
		t.Errorf("another host was shown %v", seen)
	}
	if a, _, err := g.Post(context.Background(), Request{URL: s.URL + "/other"}, []byte("x")); err != nil || a.State != Broken || len(seen) != 1 {
		t.Errorf("a body followed a redirect: %+v %v", a, err)
	}
}

// TestF33States: empty, not modified and broken are told apart.
func TestF33States(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/etag":
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			io.WriteString(w, "rows")
		case "/liar":
			w.WriteHeader(http.StatusNotModified)
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/slow":
			for range 100 {
				io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		}
	}))
	defer s.Close()
	g := guard(t, "127.0.0.1")
	for _, x := range []struct {
		path, etag string
		state      State
		why        string
	}{
		{"/etag", "", Fresh, ""}, {"/etag", `"1"`, NotModified, ""}, {"/etag", `"0"`, Fresh, ""}, {"/liar", "", Broken, "was not asked"}, {"/none", "", Empty, ""}, {"/zero", "", Empty, ""},
		{"/busy", "", Broken, "429"}, {"/cut", "", Broken, "after 4 bytes"}, {"/endless", "", Broken, "longer than"}, {"/slow", "", Broken, "time allowed"},
	} {
		l := Limits{Bytes: 1 << 20}
		if x.path == "/slow" {
			l.Time = 400 * time.Millisecond
		}
		a, _ := get(t, g, Request{URL: s.URL + x.path, ETag: x.etag, Limits: l})
		if a.State != x.state || !strings.Contains(a.Why, x.why) {
			t.Errorf("%s: %+v", x.path, a)
		}
		if x.path == "/busy" && a.RetryAfter != 2*time.Minute {
			t.Errorf("Retry-After: %s", a.RetryAfter)
		}
	}
	s.Close()
	if a, _ := get(t, g, Request{URL: s.URL + "/etag?key=geheim"}); a.State != Broken || strings.Contains(a.Why, "geheim") {
		t.Errorf("nobody listens: %+v", a)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{"": 0, "5": 5 * time.Second, "-5": 0, "99999999999": mostWait, "Tue, 01 Jan 2030 00:01:00 GMT": time.Minute, "Tue, 01 Jan 2019 00:01:00 GMT": 0, "soon": 0} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %s", s, got)
		}
	}
}

func guardAnyPort() *ssrf.Guardian { return ssrf.New(ssrf.WithAnyPort()) }
