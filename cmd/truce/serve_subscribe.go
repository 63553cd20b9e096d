package main

import (
	"context"

	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/people"
)

// subscribers are the people of a record who asked to be told, as package notify asks
// for them.
type subscribers struct {
	people *people.People
	url    string
}

func (s subscribers) All(ctx context.Context) ([]notify.Subscription, error) {
	all, err := s.people.Subscriptions("")
	if err != nil {
		return nil, err
	}
	var out []notify.Subscription
	for _, x := range all {
		sub, ok, err := s.One(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, sub)
		}
	}
	return out, nil
}

func (s subscribers) One(_ context.Context, id string) (notify.Subscription, bool, error) {
	x, who, ok, err := s.people.Subscribed(id)
	if err != nil || !ok {
		return notify.Subscription{}, false, err
	}
	a, _ := s.people.Directory().Account(x.Account)
	confirm, stop := s.people.LetterPaths(x)
	return notify.Subscription{ID: x.ID, Name: x.Name, Owner: a.Name, Rule: x.Rule, Mail: x.Mail, Webhook: x.Webhook, Waiting: x.State == people.Waiting, Since: x.Since, Who: who,
		Confirm: s.url + confirm, Stop: s.url + stop}, true, nil
}
