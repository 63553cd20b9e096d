package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/views"
)

const (
	hookKind = "webhook"
	mailKind = "mail"
	atHome   = "-office" // ends the names of kinds that are done where the office is
)

// task is what the queue holds of a message: where it goes, and what it is made
// of.
type task struct {
	To    string `json:"to"`             // name of a webhook, or an address
	Event string `json:"event"`          // finding, entry, alert or digest
	Rule  string `json:"rule,omitempty"` // name of the alert or digest
	Index int64  `json:"index"`          // entry, by its place when the task was made
	ID    string `json:"id,omitempty"`   // ... and its id: places are others where the order of several logs is another one
	Day   string `json:"day,omitempty"`  // of a digest
}

// Kinds are how the queue sends messages.
func (n *Notifier) Kinds() []jobs.Kind {
	all := []jobs.Kind{
		{Name: hookKind, Do: n.deliver, AtOnce: 8, Time: time.Minute, Base: n.o.Base, Most: n.o.Most},
		{Name: mailKind, Do: n.post, AtOnce: 2, Time: 2 * time.Minute, Base: n.o.Base, Most: n.o.Most},
	}
	if n.o.Shared {
		for i, k := range all[:2] {
			if k.Name += atHome; n.o.Away {
				k.Do = nil
			}
			if n.o.Leaves {
				all[i].Do = nil
			}
			all = append(all, k)
		}
	}
	return all
}

const mailAttempts = 14

// messages makes the tasks that bring one message to all whom it is for.
func (n *Notifier) messages(t task, mails, hooks []string) []jobs.Task {
	var out []jobs.Task
	for _, h := range hooks {
		if w := n.hook(h); w != nil {
			t.To = h
			out = append(out, jobs.Task{Kind: n.kind(hookKind, t.Rule, w.Secret == ""), Key: t.key(), Once: true, Body: t, Attempts: w.Attempts})
		}
	}
	for _, m := range mails {
		t.To = m
		out = append(out, jobs.Task{Kind: n.kind(mailKind, t.Rule, false), Key: t.key(), Once: true, Body: t, Attempts: mailAttempts})
	}
	return out
}

// kind is who sends a message: where several do, what needs the key of the office or
// its people is sent where these are.
func (n *Notifier) kind(of, rule string, byKey bool) string {
	if n.o.Shared && (byKey || isSubscription(rule)) {
		return of + atHome
	}
	return of
}

// key is the same for the same message to the same one, whoever makes it.
func (t task) key() string {
	if t.ID != "" {
		return fmt.Sprintf("%s %s %s %s %s", t.To, t.Event, t.Rule, t.ID, t.Day)
	}
	return fmt.Sprintf("%s %s %s %d %s", t.To, t.Event, t.Rule, t.Index, t.Day)
}

func (n *Notifier) hook(name string) *Webhook {
	for i := range n.o.Config.Webhooks {
		if n.o.Config.Webhooks[i].Name == name {
			return &n.o.Config.Webhooks[i]
		}
	}
	return nil
}

func (n *Notifier) rule(name string) *Alert {
	for i := range n.o.Config.Alerts {
		if n.o.Config.Alerts[i].Name == name {
			return &n.o.Config.Alerts[i]
		}
	}
	return nil
}

// tasks are the messages that an entry may bring; whether there is something in
// them that may be seen is found when they are sent.
func (n *Notifier) tasks(index int64, alerts []Alert, since map[string]int64) ([]jobs.Task, error) {
	r, err := n.store()
	if err != nil {
		return nil, err
	}
	d, err := r.DocAt(index)
	if err != nil || d == nil { // nil: it stands in two logs, and counts where it comes first
		return nil, err
	}
	found, picked := false, make([]bool, len(alerts))
	err = r.Since(index, func(_ uint32, f views.Finding) bool {
		found = true
		all := true
		for i := range alerts {
			picked[i] = picked[i] || alerts[i].When.cheap(&f)
			all = all && picked[i]
		}
		return !all
	})
	if err != nil {
		return nil, err
	}
	var out []jobs.Task
	for _, w := range n.o.Config.Webhooks {
		if slices.Contains(w.Events, "entry") {
			out = append(out, n.messages(task{Event: "entry", Index: index, ID: d.ID}, nil, []string{w.Name})...)
		}
		if found && slices.Contains(w.Events, "finding") {
			out = append(out, n.messages(task{Event: "finding", Index: index, ID: d.ID}, nil, []string{w.Name})...)
		}
	}
	for i, a := range alerts {
		if picked[i] && index >= since[a.Name] {
			out = append(out, n.messages(task{Event: "alert", Rule: a.Name, Index: index, ID: d.ID}, a.Mail, a.Webhook)...)
		}
	}
	return out, nil
}

// made makes the message of a task for one who sees so much; nil: there is nothing
// to tell.
func (n *Notifier) made(ctx context.Context, t task, s Sees) (*Message, error) {
	if t.Event != "digest" {
		var err error
		if t.Index, err = n.placeOf(ctx, t); err != nil {
			return nil, err
		}
	}
	switch t.Event {
	case "digest":
		return n.digestMessage(ctx, t, s)
	case "entry":
		r, err := n.store()
		if err != nil {
			return nil, err
		}
		d, err := r.DocAt(t.Index)
		if err != nil || d == nil {
			return nil, err
		}
		return &Message{Type: "entry", Origin: n.o.Origin, Vector: n.o.Views.VectorAt(t.Index + 1), Entry: &Entry{d.Index, d.ID, d.Kind, d.Made}, Standing: standing}, nil
	case "alert":
		name, w, err := n.asksFor(ctx, t.Rule)
		if err != nil || w == nil {
			return nil, err
		}
		m, err := n.message(t.Index, s, w)
		if m != nil {
			m.Type, m.Rule = "alert", name
		}
		return m, err
	}
	return n.message(t.Index, s, nil)
}

// placeOf is where the entry of a task stands by now. The views may be behind for a
// while, in a database.
func (n *Notifier) placeOf(ctx context.Context, t task) (int64, error) {
	for {
		r, err := n.store()
		if err != nil {
			return 0, err
		}
		if t.ID == "" && t.Index < n.o.Views.Size() { // it was made by an earlier version
			return t.Index, nil
		}
		if d, err := r.Doc(t.ID); err != nil || d != nil && t.ID != "" {
			if err != nil {
				return 0, err
			}
			return d.Index, nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the views have not come to entry %d, or it does not count any more (its office was revoked): %w", t.Index, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// asksFor is what an alert asks for, and its name for people; nil: it is not there any
// more.
func (n *Notifier) asksFor(ctx context.Context, rule string) (string, *When, error) {
	if a := n.rule(rule); a != nil {
		return rule, &a.When, nil
	}
	s, err := n.subscription(ctx, rule)
	if err != nil || s == nil {
		return "", nil, err
	}
	r, err := ReadRule(s.Rule)
	if err != nil {
		return "", nil, jobs.Give(err)
	}
	w, err := r.when()
	return s.Name, &w, err
}

func read(t jobs.Try) (x task, err error) {
	if err = json.Unmarshal(t.Body, &x); err != nil {
		err = jobs.Give(err)
	}
	return x, err
}
