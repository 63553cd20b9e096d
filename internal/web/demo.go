package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/rights"
)

// standCookie and standHeader say as whom a visitor of a demonstration acts. They
// mean nothing anywhere else.
const (
	standCookie = "truce-demo-as"
	standHeader = "Truce-Demo-As"
)

// Stand is somebody as whom one may act in a demonstration.
type Stand struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Role    string `json:"role"`
	Party   string `json:"party,omitempty"`
}

// stands are the accounts of a demonstration, and the public.
func (s *Server) stands() []Stand {
	out := []Stand{{Account: rights.Public, Name: rights.Public, Title: "The public", Role: rights.Public}}
	for _, a := range s.o.People.Directory().Accounts() {
		if a.Active && a.Role != "" {
			out = append(out, Stand{a.ID, a.Name, a.Title, a.Role, a.Party})
		}
	}
	return out
}

// asDemo gives whoever has not signed in an account of the demonstration, where
// the server is one: the one that they chose, or else that of Options. Pages for
// people never do: nobody keeps accounts unnamed.
func (s *Server) asDemo(r *http.Request) Who {
	who := whoOf(r.Context())
	if s.o.Demo == "" || who.Account != "" || s.isPage(r) {
		return who
	}
	name := r.Header.Get(standHeader)
	if c, err := r.Cookie(standCookie); name == "" && err == nil {
		name = c.Value
	}
	if who, ok := s.stand(name); ok {
		return who
	}
	who, _ = s.stand(s.o.Demo)
	return who
}

// stand is an account of a demonstration, by its id or name.
func (s *Server) stand(name string) (Who, bool) {
	if name == rights.Public {
		return Who{}, true
	}
	a, ok := s.o.People.Directory().Account(name)
	return a.Who(), ok && a.Active && a.Role != ""
}

// played reports whether a request is of somebody who has not signed in.
func (s *Server) played(ctx context.Context) bool {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v != nil && v.played
}

func (s *Server) demo() {
	if s.o.Demo == "" {
		return
	}
	huma.Register(s.api, huma.Operation{OperationID: "demo-as", Method: http.MethodPost, Path: "/api/demo/as/{account}", Summary: "Act as somebody else in this demonstration", Tags: []string{"demo"},
		Description: "Sets a cookie. `public` is whoever has no account. The header " + standHeader + " does the same for one request. Only demonstrations have this."},
		func(ctx context.Context, in *struct {
			Account string `path:"account" doc:"id or name, as in the list as of /api/me"`
		}) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
			Cache     string      `header:"Cache-Control"`
			Body      Me
		}, error) {
			who, ok := s.stand(in.Account)
			if !ok {
				return nil, huma.Error404NotFound("there is no such account in this demonstration: /api/me lists them")
			}
			if !s.played(ctx) {
				return nil, huma.Error409Conflict("you have signed in, or sent a token: that decides who you are")
			}
			me := s.describe(withWho(ctx, who))
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
				Cache     string      `header:"Cache-Control"`
				Body      Me
			}{http.Cookie{Name: standCookie, Value: in.Account, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}, "private, no-store", me}, nil
		})
}
