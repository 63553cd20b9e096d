package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// ErrRefused means that something was not asked for, because it must not be.
var ErrRefused = errors.New("refused")

// Limits are bounds of one request. Zero values have the defaults named here.
type Limits struct {
	Time      time.Duration // of all of it, with redirects; 0 is 30 s
	Bytes     int64         // of a body; 0 is 64 MiB
	Redirects int           // 0 is 3; below 0 is none
}

func (l Limits) filled() Limits {
	if l.Time == 0 {
		l.Time = 30 * time.Second
	}
	if l.Bytes == 0 {
		l.Bytes = 64 << 20
	}
	if l.Redirects == 0 {
		l.Redirects = 3
	}
	return l
}

// ports that are dialled at hosts which are not the operator's own.
var ports = []uint16{80, 443, 8080, 8443}

// never are addresses by which machines of a cloud hand out secrets. An operator
// who wants one of them has to list it as an address.
var never = []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("fd00:ec2::254/128"), netip.MustParsePrefix("100.100.100.200/32"), netip.MustParsePrefix("192.0.0.192/32")}

// Guard says which addresses may be dialled.
type Guard struct {
	public *ssrf.Guardian
	own    []netip.Prefix
	hosts  map[string]bool // names, with or without a port

	resolver *net.Resolver // of names; nil: the machine's
}

// NewGuard makes a guard. What is allowed besides public addresses are an
// operator's own hosts: addresses (10.1.2.3), ranges (10.1.0.0/16) and names,
// with or without a port (feeds.example.org:8081).
func NewGuard(allow []string) (*Guard, error) {
	g := &Guard{public: ssrf.New(ssrf.WithPorts(ports...)), hosts: map[string]bool{}}
	for _, a := range allow {
		a = strings.ToLower(strings.TrimSpace(a))
		if p, err := netip.ParsePrefix(a); err == nil {
			g.own = append(g.own, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(strings.Trim(a, "[]")); err == nil {
			g.own = append(g.own, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		host, port, ok := strings.Cut(a, ":")
		_, err := strconv.ParseUint(port, 10, 16)
		if host == "" || ok && err != nil || strings.ContainsAny(a, "/*@ ") {
			return nil, fmt.Errorf("%q: expected an address, a range such as 10.1.0.0/16, or the name of a host, with or without a port", a)
		}
		g.hosts[strings.TrimSuffix(a, ".")] = true
	}
	return g, nil
}

// Address says whether an address may be dialled for a host, and why not.
func (g *Guard) Address(host string, a netip.AddrPort) error {
	ip := a.Addr().Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(g.own, within) {
		return nil
	}
	if slices.ContainsFunc(never, within) {
		return fmt.Errorf("%w: %s is of this network only (%s)", ErrRefused, ip, host)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if g.hosts[host] || g.hosts[fmt.Sprintf("%s:%d", host, a.Port())] {
		return nil
	}
	// As it stands: an IPv4 address that is written as IPv6 is none that others use.
	if err := g.public.SafeAddrPort(a); err != nil {
		return fmt.Errorf("%w: %s: %w; a host of your own can be listed (--allow, or network: allow in serve.yaml)", ErrRefused, host, err)
	}
	return nil
}

// dial connects, to none but an address that the guard lets through.
func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: -1, Resolver: g.resolver, ControlContext: g.control(host)}
	return d.DialContext(ctx, network, address)
}

// URL checks what can be told from an address before anything is asked.
func (g *Guard) URL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: the address cannot be read", ErrRefused) // it may hold a secret
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: %q is not https or http", ErrRefused, u.Scheme)
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("%w: an address without a host", ErrRefused)
	case u.User != nil:
		return nil, fmt.Errorf("%w: an address with a name and password: give them in a header, from a secret", ErrRefused)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		port, _ := strconv.ParseUint(u.Port(), 10, 16)
		if u.Port() == "" {
			port = map[string]uint64{"https": 443, "http": 80}[u.Scheme]
		}
		return u, g.Address(u.Hostname(), netip.AddrPortFrom(ip, uint16(port)))
	}
	return u, nil
}

// carried are headers that may go on to another host.
var carried = []string{"Accept", "User-Agent", "Accept-Encoding", "Accept-Language"}

// redirect lets a redirect through, or says why not.
func (g *Guard) redirect(most int) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		if len(via) > most {
			return fmt.Errorf("%w: more than %d redirects", ErrRefused, most)
		}
		if _, err := g.URL(r.URL.String()); err != nil {
			return err
		}
		if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
			return fmt.Errorf("%w: a redirect from https to %s", ErrRefused, r.URL.Scheme)
		}
		// The address before may hold a token, and headers may: another host sees none.
		r.Header.Del("Referer")
		for _, v := range via {
			if v.URL.Host != r.URL.Host || v.URL.Scheme != r.URL.Scheme {
				for h := range r.Header {
					if !slices.Contains(carried, h) {
						r.Header.Del(h)
					}
				}
			}
		}
		return nil
	}
}

// client is made anew for each request: connections are not kept, so that a name
// is resolved and checked each time.
func (g *Guard) client(l Limits) *http.Client {
	t := &http.Transport{Proxy: nil, DialContext: g.dial, DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true,
		// A handshake goes on when whoever asked has given up: it has no time of its own.
		TLSHandshakeTimeout: min(10*time.Second, l.Time), ResponseHeaderTimeout: l.Time, MaxResponseHeaderBytes: 64 << 10}
	return &http.Client{Transport: t, Timeout: l.Time, CheckRedirect: g.redirect(l.Redirects)}
}
