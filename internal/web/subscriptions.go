package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/vocab"
)

// Teller is a Background that tells people what they asked for.
type Teller interface {
	CheckMail(address string) (string, error)
	AskAddress(ctx context.Context, id, address string) error
	HooksOf(account string) []string
}

// SubscriptionList is what somebody has asked to be told of.
type SubscriptionList struct {
	Items    []Subscription `json:"items" doc:"the oldest first"`
	Webhooks []string       `json:"webhooks" doc:"by which this account may be told, as whoever keeps the machine has set up"`
	NoMail   string         `json:"no_mail,omitempty" doc:"why nobody is told by mail here; absent: mail is sent"`
	Sees     string         `json:"sees" doc:"as whom one is told: by the role that the account has at the time, and of what it may take away"`
}

// Subscription is one of them.
type Subscription struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Sort  string      `json:"sort" enum:"alert,digest"`
	Rule  notify.Rule `json:"rule"`
	By    string      `json:"by" enum:"mail,webhook"`
	To    string      `json:"to" doc:"an address, or the name of a webhook"`
	State string      `json:"state" enum:"waiting,active,paused,withdrawn" doc:"waiting: until the link in a mail to the address is opened, for three days"`
	Made  time.Time   `json:"made"`
}

type subscribeInput struct {
	Body struct {
		Name    string      `json:"name" maxLength:"240" doc:"for people, such as: power plants"`
		Sort    string      `json:"sort" enum:"alert,digest" doc:"findings that fit the rule as soon as they are there; or once a day how things stand"`
		Rule    notify.Rule `json:"rule,omitempty"`
		Mail    string      `json:"mail,omitempty" maxLength:"254" doc:"address; it is asked first"`
		Webhook string      `json:"webhook,omitempty" maxLength:"80" doc:"in its place, the name of a webhook that this account may use"`
	}
}

type oneSubscription struct {
	Cache string `header:"Cache-Control"`
	Body  Subscription
}

type subscriptionID struct {
	ID string `path:"id" maxLength:"20"`
}

func (s *Server) subscriptions() {
	register(s, "/api/subscriptions", "What one has asked to be told of", func(ctx context.Context, _ *struct{}) (*struct {
		Cache string `header:"Cache-Control"`
		Body  SubscriptionList
	}, error) {
		l, err := s.subscriptionList(ctx)
		return &struct {
			Cache string `header:"Cache-Control"`
			Body  SubscriptionList
		}{"private, no-store", l}, err
	})
	op := func(method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: strings.ToLower(method) + operation(path), Method: method, Path: path, Summary: summary, DefaultStatus: status, MaxBodyBytes: 64 << 10, Tags: []string{"people"}}
	}
	huma.Register(s.api, op(http.MethodPost, "/api/subscriptions", "Ask to be told: an alert by rule, or a digest", http.StatusCreated), s.subscribe)
	for _, x := range []struct{ do, state, says string }{{"pause", people.Paused, "Be told no more, for a while"}, {"resume", people.Active, "Be told again, of what comes from now on"}} {
		huma.Register(s.api, op(http.MethodPost, "/api/subscriptions/{id}/"+x.do, x.says, http.StatusOK), func(ctx context.Context, in *subscriptionID) (*oneSubscription, error) {
			return s.changeSubscription(ctx, in.ID, x.state)
		})
	}
	huma.Register(s.api, op(http.MethodDelete, "/api/subscriptions/{id}", "Withdraw a subscription: one's own, or as an administrator another's", http.StatusOK), func(ctx context.Context, in *subscriptionID) (*oneSubscription, error) {
		return s.changeSubscription(ctx, in.ID, people.Withdrawn)
	})
}

// subscriber is who asks, where it is a person who has signed in.
func (s *Server) subscriber(ctx context.Context) (Who, error) {
	who := whoOf(ctx)
	switch {
	case who.Account == "":
		return who, huma.Error401Unauthorized("sign in at /sign-in: subscriptions belong to an account")
	case who.Token != "":
		return who, huma.Error403Forbidden("a token acts for programs: subscriptions are made by a person, signed in")
	case s.o.Demo != "":
		return who, huma.Error403Forbidden("in a demonstration nobody is told of anything")
	}
	return who, nil
}

func (s *Server) teller() Teller {
	t, _ := s.o.Background.(Teller)
	return t
}

const nobodyTells = "this server tells nobody: whoever keeps the machine sets up mail or webhooks in serve.yaml (docs/feeds-and-alerts.md)"

func (s *Server) subscriptionList(ctx context.Context) (l SubscriptionList, err error) {
	who, err := s.subscriber(ctx)
	if err != nil {
		return l, err
	}
	all, err := s.o.People.Subscriptions(who.Account)
	if err != nil {
		return l, failure(err)
	}
	l = SubscriptionList{Items: []Subscription{}, Webhooks: []string{}, NoMail: nobodyTells, Sees: strings.TrimSpace(who.Role + " " + who.Party)}
	if t := s.teller(); t != nil {
		l.Webhooks, l.NoMail = t.HooksOf(s.nameOf(who)), ""
		if _, err := t.CheckMail("somebody@example.org"); err != nil && !strings.HasPrefix(err.Error(), "mail goes to addresses of") {
			l.NoMail = err.Error()
		}
	}
	for _, x := range all {
		l.Items = append(l.Items, shownSubscription(x))
	}
	return l, nil
}

func (s *Server) nameOf(who Who) string {
	a, _ := s.o.People.Directory().Account(who.Account)
	return a.Name
}

func shownSubscription(x people.Subscription) Subscription {
	out := Subscription{ID: x.ID, Name: x.Name, Sort: x.Sort, By: "mail", To: x.Mail, State: x.State, Made: x.Made}
	if x.Webhook != "" {
		out.By, out.To = "webhook", x.Webhook
	}
	out.Rule, _ = notify.ReadRule(x.Rule) // one that an older version cannot read is shown without
	return out
}

func (s *Server) subscribe(ctx context.Context, in *subscribeInput) (*oneSubscription, error) {
	who, err := s.subscriber(ctx)
	if err != nil {
		return nil, err
	}
	t := s.teller()
	if t == nil {
		return nil, huma.Error409Conflict(nobodyTells)
	}
	b := &in.Body
	var faults []error
	bad := func(where, why string, value any) {
		faults = append(faults, &huma.ErrorDetail{Message: why, Location: "body." + where, Value: value})
	}
	if err := notify.CheckName(b.Name); err != nil {
		bad("name", err.Error(), b.Name)
	}
	switch {
	case (b.Mail == "") == (b.Webhook == ""):
		bad("mail", "expected mail or webhook", b.Mail)
	case b.Mail != "":
		if b.Mail, err = t.CheckMail(b.Mail); err != nil {
			bad("mail", err.Error(), in.Body.Mail)
		}
	case !slices.Contains(t.HooksOf(s.nameOf(who)), b.Webhook):
		bad("webhook", "there is no webhook of this name that this account may use: whoever keeps the machine names accounts beside it", b.Webhook)
	}
	for _, f := range b.Rule.Check(b.Sort) {
		bad("rule."+f.Where, f.Why, nil)
	}
	faults = append(faults, s.ruleFaults(who, &b.Rule)...)
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("nothing was subscribed", faults...)
	}
	rule, err := json.Marshal(b.Rule)
	if err != nil {
		return nil, failure(err)
	}
	sub, err := s.o.People.Subscribe(ctx, who, people.Subscription{Name: b.Name, Sort: b.Sort, Rule: rule, Mail: b.Mail, Webhook: b.Webhook})
	if err != nil {
		return nil, refusal(err)
	}
	if sub.State == people.Waiting {
		if err := t.AskAddress(ctx, sub.ID, sub.Mail); err != nil {
			_, derr := s.o.People.Change(ctx, who, sub.ID, people.Withdrawn)
			return nil, failure(errors.Join(err, derr))
		}
	}
	return &oneSubscription{"private, no-store", shownSubscription(sub)}, nil
}

// ruleFaults are words of a rule that there are not, as far as the asker may know.
func (s *Server) ruleFaults(who Who, r *notify.Rule) (faults []error) {
	v := views.Vocabulary()
	for _, x := range []struct {
		name  string
		tree  *vocab.Tree
		nodes []string
	}{{"act", v.Act, r.Act}, {"target", v.Target, r.Target}, {"means", v.Means, r.Means}} {
		for _, node := range x.nodes {
			if _, ok := x.tree.Node(node); !ok {
				faults = append(faults, &huma.ErrorDetail{Message: noNode(x.tree, node), Location: "body.rule." + x.name, Value: node})
			}
		}
	}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		texts, readings, clauses := s.judgedBy(who, snap, "")
		for _, x := range []struct {
			name, what string
			known      map[string]bool
			asked      []string
		}{{"terms", "text", texts, r.Terms}, {"reading", "reading", readings, r.Reading}, {"clause", "clause", clauses, r.Clause}} {
			for _, a := range x.asked {
				if !x.known[a] {
					faults = append(faults, &huma.ErrorDetail{Message: notJudgedBy(x.what, x.known), Location: "body.rule." + x.name, Value: a})
				}
			}
		}
		return nil
	})
	if err != nil {
		faults = append(faults, failure(err))
	}
	return faults
}

func (s *Server) changeSubscription(ctx context.Context, id, state string) (*oneSubscription, error) {
	who, err := s.subscriber(ctx)
	if err != nil {
		return nil, err
	}
	sub, err := s.o.People.Change(ctx, who, id, state)
	if err != nil {
		return nil, refusal(err)
	}
	shown := shownSubscription(sub)
	if sub.Account != who.Account { // who keeps accounts does not see what others ask for
		shown.Name, shown.Rule, shown.To = "", notify.Rule{}, ""
	}
	return &oneSubscription{"private, no-store", shown}, nil
}

// refusal is a refusal of package people as an answer.
func refusal(err error) error {
	var no people.ErrRefused
	switch {
	case errors.Is(err, people.ErrNoSubscription):
		return huma.Error404NotFound(err.Error())
	case errors.As(err, &no):
		return huma.Error403Forbidden(no.Because)
	}
	return failure(err)
}
