package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/rights"
)

// AccountList is who there is, and with what role.
type AccountList struct {
	Items    []AccountItem `json:"items"`
	Manages  bool          `json:"manages" doc:"you keep accounts"`
	Confirms bool          `json:"confirms" doc:"you confirm roles that read what is confidential"`
	Named    bool          `json:"named" doc:"false: roles are no secret, names are"`
	Roles    []AccountRole `json:"roles"`
	Ignored  []Ignored     `json:"ignored,omitempty" doc:"entries about people that count for nothing, for whoever keeps accounts"`
}

// AccountItem is an account.
type AccountItem struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Title   string `json:"title,omitempty"`
	Role    string `json:"role,omitempty" doc:"absent: it may sign in and do what the public may"`
	Party   string `json:"party,omitempty"`
	Active  bool   `json:"active"`
	Waiting *Wait  `json:"waiting,omitempty" doc:"a role that a chair has yet to confirm"`
	Since   int64  `json:"since" doc:"place of its first entry in the record"`
	Own     bool   `json:"own,omitempty"`
}

// Wait is a role that waits.
type Wait struct {
	Role  string `json:"role"`
	Party string `json:"party,omitempty"`
}

// AccountRole is a role that can be given.
type AccountRole struct {
	Name         string `json:"name"`
	Confidential bool   `json:"confidential" doc:"it reads more than the public does: from the first chair on, a chair confirms it"`
}

// Ignored is an entry that counts for nothing.
type Ignored struct {
	Index int64  `json:"index"`
	Kind  string `json:"kind"`
	Why   string `json:"why"`
}

func (s *Server) accounts() {
	register(s, "/api/accounts", "Accounts and roles", func(ctx context.Context, _ *struct{}) (*private[AccountList], error) {
		l, err := s.accountList(ctx)
		return privately(l), err
	})
	change(s, http.MethodPost, "/api/accounts", "Make an account; its owner chooses a password by a one-time link", s.addAccount)
	change(s, http.MethodPost, "/api/accounts/{id}", "Give or take a role, confirm one, make a link, close or open an account", s.changeAccount)
	register(s, "/api/why", "Why somebody of a role may, or may not, do something: the table is no secret", func(ctx context.Context, q *struct {
		Role    string `query:"role"`
		Party   string `query:"party"`
		Action  string `query:"action"`
		Thing   string `query:"thing"`
		Marking string `query:"marking"`
		Of      string `query:"of" doc:"party whose it is"`
		Own     bool   `query:"own" doc:"written by the same account"`
	}) (*private[whyRole], error) {
		who, o := Who{Role: q.Role, Party: q.Party}, Object{Thing: q.Thing, Marking: rights.Marking(q.Marking), Party: q.Of}
		if q.Own {
			who.Account, o.Account = "the asker", "the asker"
		}
		for _, x := range []struct {
			name, value string
			of          []string
		}{{"role", q.Role, append([]string{rights.Public}, rights.Roles()...)}, {"action", q.Action, rights.Actions()}, {"thing", q.Thing, rights.Things()}} {
			if !slices.Contains(x.of, x.value) {
				return nil, huma.Error422UnprocessableEntity("the question cannot be read", &huma.ErrorDetail{Message: "expected one of " + strings.Join(x.of, ", "), Location: "query." + x.name, Value: x.value})
			}
		}
		return privately(whyRole{s.o.People.Allow(who, q.Action, o).OK, s.o.People.Explain(who, q.Action, o)}), nil
	})
}

type whyRole struct {
	OK    bool     `json:"ok"`
	Lines []string `json:"lines"`
}

func (s *Server) accountList(ctx context.Context) (AccountList, error) {
	who := whoOf(ctx)
	l := AccountList{Items: []AccountItem{}}
	if err := s.allow(ctx, "read", Object{Thing: "grant"}); err != nil {
		return l, err
	}
	may := func(action, thing string) bool { return s.o.People.Allow(who, action, Object{Thing: thing}).OK }
	l.Named = may("read", "account")
	l.Manages, l.Confirms = may("manage", "account") && !s.played(ctx) && who.Token == "", may("confirm", "grant") && !s.played(ctx) && who.Token == ""
	for _, r := range rights.Roles() {
		l.Roles = append(l.Roles, AccountRole{r, people.Confidential(s.o.People.Table(), r)})
	}
	for _, a := range s.o.People.Directory().Accounts() {
		x := AccountItem{ID: a.ID, Role: a.Role, Party: a.Party, Active: a.Active, Since: a.Since, Own: a.ID == who.Account}
		if l.Named || x.Own {
			x.Name, x.Title = a.Name, a.Title
		}
		if a.Waiting != nil {
			x.Waiting = &Wait{a.Waiting.Role, a.Waiting.Party}
		}
		l.Items = append(l.Items, x)
	}
	if !l.Named { // the order of names would tell them
		slices.SortFunc(l.Items, func(a, b AccountItem) int { return strings.Compare(a.ID, b.ID) })
	}
	if may("manage", "account") {
		for _, i := range s.o.People.Directory().Ignored() {
			l.Ignored = append(l.Ignored, Ignored{i.Index, i.Kind, i.Why})
		}
	}
	return l, nil
}

// accountMade is an account with the link by which its owner gets in.
type accountMade struct {
	Account string `json:"account"`
	Link    string `json:"link,omitempty" doc:"path of a one-time link for its owner; told now and never again"`
}

func (s *Server) addAccount(ctx context.Context, in *struct {
	Body struct {
		Name   string `json:"name" maxLength:"40"`
		Title  string `json:"title,omitempty" maxLength:"200" doc:"whose it is, for people"`
		Role   string `json:"role"`
		Party  string `json:"party,omitempty" maxLength:"40"`
		Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"it stands in the record"`
	}
}) (*private[accountMade], error) {
	who, err := s.person(ctx, false)
	if err != nil {
		return nil, err
	}
	b := in.Body
	a, err := s.o.People.Add(ctx, who, people.NewAccount{Name: strings.TrimSpace(b.Name), Title: strings.TrimSpace(b.Title), Role: b.Role, Party: strings.TrimSpace(b.Party), Reason: strings.TrimSpace(b.Reason)})
	if err != nil {
		return nil, peopleFailure(err)
	}
	link, err := s.o.People.Link(ctx, who, a.ID)
	if err != nil {
		return nil, peopleFailure(err)
	}
	return privately(accountMade{a.ID, "/welcome/" + link}), nil
}

func (s *Server) changeAccount(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Do     string `json:"do" enum:"grant,revoke,link,close,open"`
		Role   string `json:"role,omitempty"`
		Party  string `json:"party,omitempty" maxLength:"40"`
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"it stands in the record"`
	}
}) (*private[accountMade], error) {
	who, err := s.person(ctx, false)
	if err != nil {
		return nil, err
	}
	b, out := in.Body, accountMade{Account: in.ID}
	reason := strings.TrimSpace(b.Reason)
	if reason == "" && b.Do != "link" {
		return nil, huma.Error422UnprocessableEntity("nothing was done", &huma.ErrorDetail{Message: "expected a reason, in words: it stands in the record", Location: "body.reason"})
	}
	switch b.Do {
	case "grant":
		if b.Role == "" {
			return nil, huma.Error422UnprocessableEntity("nothing was done", &huma.ErrorDetail{Message: "expected a role; revoke takes one away", Location: "body.role"})
		}
		_, err = s.o.People.Grant(ctx, who, in.ID, b.Role, strings.TrimSpace(b.Party), reason)
	case "revoke":
		_, err = s.o.People.Grant(ctx, who, in.ID, "", "", reason)
	case "link":
		if out.Link, err = s.o.People.Link(ctx, who, in.ID); err == nil {
			out.Link = "/welcome/" + out.Link
		}
	default:
		err = s.o.People.SetState(ctx, who, in.ID, b.Do == "open", reason)
	}
	if err != nil {
		return nil, peopleFailure(err)
	}
	return privately(out), nil
}
