package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/rights"
)

// Own is what belongs to whoever asks: how they sign in, where they have, and the
// tokens that act in their name.
type Own struct {
	SignIn   *people.Methods  `json:"sign_in,omitempty" doc:"absent: nobody has signed in"`
	Sessions []people.Session `json:"sessions" doc:"newest first"`
	Tokens   []OwnToken       `json:"tokens"`
	Actions  []string         `json:"actions" doc:"what a token may be good for: ACTION or ACTION:THING"`
	Things   []string         `json:"things"`
	Has      []string         `json:"has" doc:"addresses that only some servers have, and this one has"`
}

// OwnToken is a token of an account; its text is not kept anywhere.
type OwnToken struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Until     time.Time `json:"until"`
	Withdrawn bool      `json:"withdrawn"`
}

// Preferences are how somebody wants to be shown things. They change nothing that is
// judged, and nothing that others see.
type Preferences struct {
	Language string            `json:"language,omitempty" enum:"en,uk,ru,ar"`
	Theme    string            `json:"theme,omitempty" enum:"system,light,dark"`
	Zone     string            `json:"zone,omitempty" maxLength:"60" doc:"a clock beside UTC and the civil clocks of both sides; IANA name"`
	Start    map[string]string `json:"start,omitempty" doc:"query with which a page opens, by the name of the page"`
}

type private[T any] struct {
	Cache string `header:"Cache-Control"`
	Body  T
}

func privately[T any](body T) *private[T] { return &private[T]{"private, no-store", body} }

// person is who asks, where somebody does who has an account and sits at a browser.
// played: also one of a demonstration, who has not signed in.
func (s *Server) person(ctx context.Context, played bool) (Who, error) {
	who := whoOf(ctx)
	switch {
	case who.Account == "":
		return who, huma.Error401Unauthorized("sign in at /sign-in: this belongs to an account")
	case who.Token != "":
		return who, huma.Error403Forbidden("a token acts for programs: what belongs to a person is done by the person, signed in")
	case !played && s.played(ctx):
		return who, huma.Error403Forbidden("in a demonstration nobody has signed in: this is done at /sign-in with an account of one's own")
	}
	return who, nil
}

func change[I, O any](s *Server, method, path, summary string, f func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, huma.Operation{OperationID: strings.ToLower(method) + operation(path), Method: method, Path: path, Summary: summary, MaxBodyBytes: 64 << 10, Tags: []string{"people"}}, f)
}

func (s *Server) own() {
	register(s, "/api/own", "How one signs in, one's sessions and tokens", s.ownThings)
	change(s, http.MethodPost, "/api/own/sessions/end", "End a session of one's own, or all others", s.endSession)
	change(s, http.MethodPost, "/api/own/tokens", "Make a token; its text is told once", s.makeToken)
	change(s, http.MethodPost, "/api/own/tokens/{id}/withdraw", "Withdraw a token", func(ctx context.Context, in *struct {
		ID   string `path:"id"`
		Body struct{}
	}) (*struct{}, error) {
		who, err := s.person(ctx, false)
		if err != nil {
			return nil, err
		}
		return nil, peopleFailure(s.o.People.Withdraw(ctx, who, in.ID))
	})
	register(s, "/api/own/settings", "One's settings", func(ctx context.Context, _ *struct{}) (*private[Preferences], error) {
		who, err := s.person(ctx, true)
		if err != nil {
			return nil, err
		}
		var p Preferences
		b, err := s.o.People.Preferences(who.Account)
		if err == nil && b != nil {
			err = json.Unmarshal(b, &p)
		}
		return privately(p), failure(err)
	})
	change(s, http.MethodPost, "/api/own/settings", "Keep one's settings", s.prefer)
	register(s, "/api/own/views", "Views that one has saved, and those that colleagues share", func(ctx context.Context, _ *struct{}) (*private[savedViews], error) {
		who, err := s.person(ctx, true)
		if err != nil {
			return nil, err
		}
		l, err := s.o.People.SavedViews(who)
		return privately(savedViews{l}), failure(err)
	})
	change(s, http.MethodPost, "/api/own/views", "Save a view, for oneself or shared with colleagues", func(ctx context.Context, in *struct{ Body savedView }) (*private[people.Saved], error) {
		return s.saveView(ctx, "", in.Body)
	})
	change(s, http.MethodPost, "/api/own/views/{id}", "Change a view that one has saved", func(ctx context.Context, in *struct {
		ID   string `path:"id"`
		Body savedView
	}) (*private[people.Saved], error) {
		return s.saveView(ctx, in.ID, in.Body)
	})
	change(s, http.MethodDelete, "/api/own/views/{id}", "Delete a view that one has saved", func(ctx context.Context, in *struct {
		ID string `path:"id"`
	}) (*struct{}, error) {
		who, err := s.person(ctx, true)
		if err != nil {
			return nil, err
		}
		return nil, peopleFailure(s.o.People.DropView(who, in.ID))
	})
}

type savedViews struct {
	Items []people.Saved `json:"items" doc:"by name"`
}

type savedView struct {
	Name    string `json:"name" maxLength:"200"`
	Address string `json:"address" maxLength:"4000" doc:"of a page of this server, with its state"`
	Shared  bool   `json:"shared,omitempty" doc:"those of the mission see each other's, and the delegates of one party theirs"`
}

func (s *Server) saveView(ctx context.Context, id string, v savedView) (*private[people.Saved], error) {
	who, err := s.person(ctx, true)
	if err != nil {
		return nil, err
	}
	kept, err := s.o.People.SaveView(who, people.Saved{ID: id, Name: v.Name, Address: v.Address, Shared: v.Shared})
	if err != nil {
		return nil, peopleFailure(err)
	}
	return privately(kept), nil
}

func (s *Server) ownThings(ctx context.Context, _ *struct{}) (*private[Own], error) {
	o := Own{Sessions: []people.Session{}, Tokens: []OwnToken{}, Actions: rights.Actions(), Things: rights.Things()}
	o.Has = s.has("/api/subscriptions", "/passkeys", "/password", "/outside")
	who := whoOf(ctx)
	if who.Account == "" || s.played(ctx) || who.Token != "" {
		return privately(o), nil
	}
	m, err := s.o.People.Methods(who.Account)
	if err == nil {
		o.SignIn = &m
		o.Sessions, err = s.o.People.Sessions(ctx, who.Account)
	}
	for _, t := range s.o.People.Directory().Tokens(who.Account) {
		o.Tokens = append(o.Tokens, OwnToken{t.ID, t.Name, t.Scopes, t.Until, t.Withdrawn})
	}
	return privately(o), failure(err)
}

// has says which of some addresses are answered here.
func (s *Server) has(paths ...string) []string {
	out := []string{}
	for _, path := range paths {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}}
		_, asked := s.mux.Handler(r)
		_, page := s.pages.Handler(r)
		if asked != "" && asked != "/" || page != "" {
			out = append(out, path)
		}
	}
	return out
}

func (s *Server) endSession(ctx context.Context, in *struct {
	Body struct {
		Mark string `json:"mark,omitempty" maxLength:"40" doc:"of the session; absent: all but this one"`
	}
}) (*private[struct {
	Ended int `json:"ended"`
}], error) {
	who, err := s.person(ctx, false)
	if err != nil {
		return nil, err
	}
	n, err := s.o.People.EndSession(ctx, who.Account, in.Body.Mark)
	if err == nil && in.Body.Mark != "" && n == 0 {
		err = huma.Error404NotFound("you have no such session: it may have ended by itself")
	}
	return privately(struct {
		Ended int `json:"ended"`
	}{n}), failure(err)
}

func (s *Server) makeToken(ctx context.Context, in *struct {
	Body struct {
		Name   string   `json:"name" maxLength:"100" doc:"what for"`
		Scopes []string `json:"scopes" doc:"ACTION or ACTION:THING"`
		Days   int      `json:"days" minimum:"1" maximum:"366"`
	}
}) (*private[struct {
	Token string `json:"token" doc:"told now and never again"`
}], error) {
	who, err := s.person(ctx, false)
	if err != nil {
		return nil, err
	}
	text, err := s.o.People.Issue(ctx, who, strings.TrimSpace(in.Body.Name), in.Body.Scopes, time.Duration(in.Body.Days)*24*time.Hour)
	return privately(struct {
		Token string `json:"token" doc:"told now and never again"`
	}{text}), peopleFailure(err)
}

func (s *Server) prefer(ctx context.Context, in *struct{ Body Preferences }) (*private[Preferences], error) {
	who, err := s.person(ctx, true)
	if err != nil {
		return nil, err
	}
	if z := in.Body.Zone; z != "" {
		if _, err := time.LoadLocation(z); err != nil || z == "Local" {
			return nil, huma.Error422UnprocessableEntity("nothing was kept", &huma.ErrorDetail{Message: "expected the IANA name of a time zone, such as Europe/Vienna", Location: "body.zone", Value: z})
		}
	}
	for page, query := range in.Body.Start {
		if !slices.Contains([]string{"today", "incidents"}, page) || query != "" && !strings.HasPrefix(query, "?") || len(query) > 2000 {
			return nil, huma.Error422UnprocessableEntity("nothing was kept", &huma.ErrorDetail{Message: "expected, for today or incidents, a query that begins with ? and has at most 2000 characters", Location: "body.start." + page})
		}
	}
	b, err := json.Marshal(in.Body)
	if err == nil {
		err = s.o.People.Prefer(who.Account, b)
	}
	return privately(in.Body), failure(err)
}

// peopleFailure turns what package people says into an answer.
func peopleFailure(err error) error {
	var no people.ErrRefused
	var saved people.ErrSaved
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		return huma.Error403Forbidden(no.Because)
	case errors.As(err, &saved):
		return huma.Error422UnprocessableEntity(saved.Error())
	case errors.Is(err, people.ErrNoView):
		return huma.Error404NotFound(err.Error())
	}
	return huma.Error422UnprocessableEntity(fmt.Sprintf("nothing was done: %v", err))
}
