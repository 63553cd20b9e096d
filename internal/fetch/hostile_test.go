package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a server of names that answers each question as it likes.
type names struct {
	mu     sync.Mutex
	asked  map[string]int
	answer func(name string, v6 bool, n int) []netip.Addr // n: how often it was asked, from 1
}

func newNames(t *testing.T, answer func(string, bool, int) []netip.Addr) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{asked: map[string]int{}, answer: answer}
	go n.serve(c)
	t.Cleanup(func() { c.Close() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

func (n *names) serve(c net.PacketConn) {
	b := make([]byte, 1500)
	for {
		k, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b[:k]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		v6, name := q.Type == dnsmessage.TypeAAAA, strings.TrimSuffix(q.Name.String(), ".")
		n.mu.Lock()
		n.asked[name+q.Type.String()]++
		addrs := n.answer(name, v6, n.asked[name+q.Type.String()])
		n.mu.Unlock()
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		for _, a := range addrs {
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 0}
			switch {
			case v6:
				h.Type = dnsmessage.TypeAAAA
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
			case a.Is4():
				h.Type = dnsmessage.TypeA
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
			}
		}
		if out, err := m.Pack(); err == nil {
			c.WriteTo(out, from)
		}
	}
}

// TestF33Names: a server of names that is the attacker's. What it answers at the
// moment of the connection counts, each time, in each form; a redirect asks again.
func TestF33Names(t *testing.T) {
	var reached atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, public := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.9.9.9") // stands for a public one below
	outside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+strings.Trim(r.URL.Path, "/")+":"+port+"/", http.StatusFound)
	}))
	l, err := net.Listen("tcp", "127.9.9.9:0")
	if err != nil {
		t.Skip("SKIPPED: this machine has no 127.9.9.9")
	}
	outside.Listener = l
	outside.Start()
	defer outside.Close()
	_, oport, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	g := guard(t)
	g.public, g.own = guardAnyPort(), []netip.Prefix{netip.PrefixFrom(public, 32)}
	g.resolver = newNames(t, func(name string, v6 bool, n int) []netip.Addr {
		switch strings.Split(name, ".")[0] {
		case "inside":
			if v6 {
				return []netip.Addr{netip.MustParseAddr("::1")}
			}
			return []netip.Addr{here}
		case "mapped":
			if v6 {
				return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("64:ff9b::7f00:1"), netip.MustParseAddr("::127.0.0.1")}
			}
		case "both": // the one that is let through does not listen there
			return []netip.Addr{here, public, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("169.254.169.254")}
		case "rebound": // the first time as it should be
			if n == 1 && !v6 {
				return []netip.Addr{public}
			}
			return []netip.Addr{here}
		}
		return nil
	})
	ask := func(url string) Answer {
		t.Helper()
		a, _ := get(t, g, Request{URL: url, Limits: Limits{Time: 5 * time.Second}})
		return a
	}
	for _, name := range []string{"inside.test", "mapped.test", "both.test", "INSIDE.test."} {
		if a := ask("http://" + name + ":" + port + "/"); a.State != Broken {
			t.Errorf("%s: %+v", name, a)
		}
		if a := ask("http://127.9.9.9:" + oport + "/" + name); a.State != Broken {
			t.Errorf("a redirect to %s: %+v", name, a)
		}
	}
	// The name is as it should be for the first request, and leads here for the
	// redirect to itself, and for the next look at the feed.
	if a := ask("http://rebound.test:" + oport + "/rebound.test"); a.State != Broken || !strings.Contains(a.Why, "refused") {
		t.Errorf("rebound at the redirect: %+v", a)
	}
	if a := ask("http://rebound.test:" + port + "/"); a.State != Broken || !strings.Contains(a.Why, "refused") {
		t.Errorf("rebound at the next look: %+v", a)
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("what listens here was reached %d times", n)
	}
}

// TestF33Spellings: this machine, written as browsers, resolvers and parsers of URLs
// disagree about.
func TestF33Spellings(t *testing.T) {
	var reached atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	g := guard(t)
	g.public = guardAnyPort()
	for _, host := range []string{"127.0.0.1.", "LOCALHOST", "localhost.", "lOcAlHoSt", "127.000.000.001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.01", "00000177.0.0.1", "017700000001", "2130706433", "4294967296", "127.0.1", "0", "0.0.0.0", "0x0",
		"①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "[::1]", "[::]", "[::1%25lo]", "[0:0:0:0:0:0:0:1]", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:0001::]",
		"example.org@127.0.0.1", "127.0.0.1%00.example.org", "127.0.0.1%2f", "127.0.0.1\\.example.org", "example.org\\@127.0.0.1", "127.0.0.1 ", "ip6-localhost"} {
		a, _ := get(t, g, Request{URL: "http://" + host + ":" + port + "/", Limits: Limits{Time: 3 * time.Second}})
		if a.State != Broken || a.Why == "" {
			t.Errorf("%s: %+v", host, a)
		}
	}
	for _, u := range []string{"gopher://127.0.0.1:" + port, "dict://127.0.0.1:" + port, "ftp://127.0.0.1/", "file:///etc/passwd", "file://localhost/etc/passwd", "data:text/csv,id", "jar:http://127.0.0.1!/", "HTTP:127.0.0.1", "http:127.0.0.1:" + port, "http:\\\\127.0.0.1", "unix:/run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/", "", "http://", "http://:" + port, "//127.0.0.1"} {
		if a, _ := get(t, g, Request{URL: u, Limits: Limits{Time: 3 * time.Second}}); a.State != Broken || a.Why == "" {
			t.Errorf("%q: %+v", u, a)
		}
		if a, _, err := g.Post(context.Background(), Request{URL: u, Limits: Limits{Time: 3 * time.Second}}, nil); err != nil || a.State != Broken {
			t.Errorf("a webhook to %q: %+v %v", u, a, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("what listens here was reached %d times", n)
	}
}

// TestF33Slow: hosts that never come to an end, in each part of an answer. Each is
// given up in the time allowed, holds no memory to speak of, and leaves nothing
// running.
func TestF33Slow(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mode atomic.Value
	var open atomic.Int32
	done := make(chan struct{})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(done)
				return
			}
			open.Add(1)
			go func() {
				defer open.Add(-1)
				defer c.Close()
				drip(c, mode.Load().(string))
			}()
		}
	}()
	g := guard(t, "127.0.0.1")
	const allowed = 80 * time.Millisecond
	before := runtime.NumGoroutine()
	for _, m := range []string{"silent", "head by bytes", "endless head", "wide head", "body by bytes", "endless body", "endless chunks", "wide chunk", "endless 100", "endless redirects' bodies", "no http", "gzip"} {
		mode.Store(m)
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		began := time.Now()
		got, _ := get(t, g, Request{URL: "http://" + l.Addr().String() + "/x.csv", Limits: Limits{Time: allowed, Bytes: 1 << 20}})
		took := time.Since(began)
		runtime.ReadMemStats(&b)
		if got.State != Broken || got.Why == "" {
			t.Errorf("%s: %+v", m, got)
		}
		if took > allowed+3*time.Second {
			t.Errorf("%s: %s where %s are allowed", m, took, allowed)
		}
		if grown := int64(b.TotalAlloc - a.TotalAlloc); grown > 24<<20 {
			t.Errorf("%s: %d MB were allocated for at most 1 MB of answer", m, grown>>20)
		}
		if _, _, err := g.Post(context.Background(), Request{URL: "http://" + l.Addr().String() + "/", Limits: Limits{Time: allowed, Bytes: 64 << 10}}, []byte("{}")); err != nil {
			t.Errorf("%s: a webhook: %v", m, err)
		}
	}
	// A handshake that never ends.
	mode.Store("silent")
	if got, _ := get(t, g, Request{URL: "https://" + l.Addr().String() + "/", Limits: Limits{Time: allowed}}); got.State != Broken {
		t.Errorf("a handshake: %+v", got)
	}
	l.Close()
	<-done
	for end := time.Now().Add(20 * time.Second); open.Load() > 0 || runtime.NumGoroutine() > before+3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections and %d goroutines are left, of %d", open.Load(), runtime.NumGoroutine(), before)
		}
	}
	if l := (Limits{}).filled(); l.Time != 30*time.Second || l.Bytes != 64<<20 || l.Redirects != 3 {
		t.Errorf("limits where none are said: %+v", l)
	}
}

// drip answers as a host that means harm.
func drip(c net.Conn, mode string) {
	c.SetDeadline(time.Now().Add(10 * time.Second))
	var err error
	say := func(format string, args ...any) bool {
		if err == nil {
			_, err = fmt.Fprintf(c, format, args...)
		}
		return err == nil
	}
	slowly := func(s string) {
		for i := 0; i < len(s) && say("%s", s[i:i+1]); i++ {
			time.Sleep(20 * time.Millisecond)
		}
	}
	wide := strings.Repeat("x", 32<<10)
	switch mode {
	case "silent":
		_, err = c.Read(make([]byte, 4096))
		for err == nil {
			_, err = c.Read(make([]byte, 4096))
		}
	case "head by bytes":
		slowly("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nX: " + wide)
	case "endless head":
		say("HTTP/1.1 200 OK\r\n")
		for i := 0; say("X-%d: y\r\n", i); i++ {
		}
	case "wide head":
		say("HTTP/1.1 200 OK\r\nX: ")
		for say("%s", wide) {
		}
	case "body by bytes":
		say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
		slowly(wide)
	case "endless body":
		say("HTTP/1.1 200 OK\r\n\r\n")
		for say("%s", wide) {
		}
	case "endless chunks":
		say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for say("1\r\nx\r\n") {
		}
	case "wide chunk":
		say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n", strings.Repeat("0", 1<<20))
		for say("%s", strings.Repeat("0", 1<<16)) {
		}
	case "endless 100":
		for say("HTTP/1.1 100 Continue\r\n\r\n") {
		}
	case "endless redirects' bodies":
		say("HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n")
		for say("%s", wide) {
		}
	case "no http":
		for say("\x00\xff%s", wide) {
		}
	case "gzip": // asked for as it is, and not unpacked: 1 MB is 1 MB
		say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
		for say("%s", strings.Repeat("\x00", 1<<15)) {
		}
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return
	}
}
