package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/rights"
)

// Who is who asks, Object what is asked about: those of package rights. The zero
// Who is the public.
type (
	Who    = rights.Who
	Object = rights.Object
)

type visitKey struct{}

// visit is what is found out about a request while it is answered; the log has a
// line of it.
type visit struct {
	who     Who
	played  bool // of a demonstration: nobody has signed in
	pattern string
	asker   string // whose share it is of
	account bool   // ... an account's, and no address's
}

// whoOf is who asks, as the middleware found.
func whoOf(ctx context.Context) Who { return people.WhoOf(ctx) }

func withWho(ctx context.Context, who Who) context.Context { return people.WithWho(ctx, who) }

// isPage reports whether a request is for a page of package people: a form that a
// browser sends, not JSON. Where there is a console, it shows people and settings
// itself; the form is at /accounts.
func (s *Server) isPage(r *http.Request) bool {
	if isQuick(r.URL.Path) || s.o.Console != nil && r.Method != http.MethodPost && r.URL.Path == "/people" {
		return false
	}
	_, pattern := s.pages.Handler(r)
	return pattern != ""
}

// Problem answers with a problem of RFC 9457 where no operation does.
func Problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	var b strings.Builder
	if huma.DefaultJSONFormat.Marshal(&b, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}) == nil {
		w.Write([]byte(b.String()))
	}
}

// ByProxy is whence a request comes where a proxy on this machine or in a private
// network stands before the server: what the proxy has added last. Anything else a
// client can write itself.
func ByProxy(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if a, perr := netip.ParseAddr(host); err == nil && perr == nil && (a.Unmap().IsLoopback() || a.Unmap().IsPrivate()) {
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if a, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			return a.String()
		}
	}
	return r.RemoteAddr
}

// thingOf is what an entry of a kind is, for rights.
func thingOf(kind string) string {
	if k, known := rights.Default().Kinds[kind]; known {
		return k.Thing
	}
	return "evidence"
}

// freely reports whether somebody may read something as it is, without an entry
// that says so.
func (s *Server) freely(who Who, o Object) bool {
	d := s.o.People.Allow(who, "read", o)
	return d.OK && !d.Logged && s.o.People.Allow(who, "exact", o).OK
}

// Me is who asks, and what they may.
type Me struct {
	Account  string   `json:"account,omitempty" doc:"id; absent: nobody has signed in"`
	Name     string   `json:"name,omitempty" doc:"by which the account signs in"`
	Title    string   `json:"title,omitempty" doc:"whose account it is"`
	Role     string   `json:"role" doc:"public, where nobody has signed in"`
	Party    string   `json:"party,omitempty" doc:"that a delegate speaks for"`
	By       string   `json:"by" enum:"session,token,demo,nobody" doc:"how the server knows"`
	Scopes   []string `json:"scopes,omitempty" doc:"of the token"`
	Demo     bool     `json:"demo" doc:"this is a demonstration: whoever does not sign in acts as a made-up account, and nothing here is evidence of anything"`
	As       []Stand  `json:"as,omitempty" doc:"of a demonstration: as whom one may act, by POST /api/demo/as/ACCOUNT"`
	Office   string   `json:"office" doc:"origin of the record"`
	SignIn   string   `json:"sign_in" doc:"where one signs in"`
	SignOut  string   `json:"sign_out" doc:"where one signs out, by POST"`
	Rights   []Right  `json:"rights" doc:"what the table of rights allows (docs/rights.md)"`
	Withheld string   `json:"withheld" doc:"how what may not be seen is told"`
}

// Right is what somebody may do with a kind of thing.
type Right struct {
	Action   string           `json:"action"`
	Thing    string           `json:"thing"`
	Markings []rights.Marking `json:"markings,omitempty" doc:"of anybody's, so marked"`
	Own      []rights.Marking `json:"own,omitempty" doc:"further, of what the own account wrote or is the own party's, so marked"`
	Logged   []rights.Marking `json:"logged,omitempty" doc:"of these, doing it is an entry of the record"`
}

func (s *Server) me() {
	register(s, "/api/me", "Who asks, and what they may", func(ctx context.Context, _ *struct{}) (*struct {
		Cache string `header:"Cache-Control"`
		Vary  string `header:"Vary"`
		Body  Me
	}, error) {
		return &struct {
			Cache string `header:"Cache-Control"`
			Vary  string `header:"Vary"`
			Body  Me
		}{"private, no-store", "Authorization, Cookie", s.describe(ctx)}, nil
	})
}

func (s *Server) describe(ctx context.Context) Me {
	who := whoOf(ctx)
	m := Me{Account: who.Account, Role: who.Role, Party: who.Party, By: "session", Scopes: who.Scopes, Demo: s.o.Demo != "", Office: s.o.Log.Office().Origin,
		SignIn: "/sign-in", SignOut: "/sign-out", Rights: []Right{},
		Withheld: "lists say how many incidents of the whole record are not shown, whatever was asked; what an entry leaves out is not told: ask /api/why/ID"}
	a, there := s.o.People.Directory().Account(who.Account)
	if there {
		m.Name, m.Title = a.Name, a.Title
	}
	switch {
	case who.Account == "":
		m.Role, m.By = rights.Public, "nobody"
	case who.Token != "":
		m.By = "token"
	}
	if m.Demo && s.played(ctx) {
		m.By = "demo"
	}
	if m.Demo {
		m.As = s.stands()
	}
	for _, action := range rights.Actions() {
		for _, thing := range rights.Things() {
			if r := s.right(who, action, thing); len(r.Markings)+len(r.Own) > 0 {
				m.Rights = append(m.Rights, r)
			}
		}
	}
	return m
}

// right asks the table for one action on one kind of thing.
func (s *Server) right(who Who, action, thing string) Right {
	r := Right{Action: action, Thing: thing}
	for _, k := range rights.Markings() {
		d := s.o.People.Allow(who, action, Object{Thing: thing, Marking: k})
		own := s.o.People.Allow(who, action, Object{Thing: thing, Marking: k, Party: who.Party, Account: who.Account})
		switch {
		case d.OK:
			r.Markings = append(r.Markings, k)
		case own.OK:
			r.Own, d = append(r.Own, k), own
		}
		if d.Logged {
			r.Logged = append(r.Logged, k)
		}
	}
	return r
}

// since is how long ago something was, for logs.
func since(t time.Time) float64 { return float64(time.Since(t).Microseconds()) / 1000 }
