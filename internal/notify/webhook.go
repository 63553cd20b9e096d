package notify

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
)

// HookState is how a webhook stands.
type HookState struct {
	Name      string     `json:"name"`
	Host      string     `json:"host"`
	Sees      string     `json:"sees" doc:"as whom it is told"`
	Signed    string     `json:"signed" doc:"hmac-sha256 with the secret of both, or ed25519 with the key of the office"`
	Key       string     `json:"key,omitempty" doc:"whpk_ and the public key, base64"`
	Delivered int64      `json:"delivered"`
	LastOK    *time.Time `json:"last_ok,omitempty"`
	Failing   *time.Time `json:"failing_since,omitempty"`
	Failures  int        `json:"failures" doc:"attempts that failed, one after another"`
	Why       string     `json:"why,omitempty" doc:"the last attempt failed"`
	Dead      int64      `json:"dead" doc:"messages that were given up"`
}

// hooked is what is remembered of a webhook.
type hooked struct {
	Delivered, Dead int64
	LastOK, Failing *time.Time
	Failures        int
	Why             string
}

// Webhooks lists the webhooks as they stand.
func (n *Notifier) Webhooks(ctx context.Context) ([]HookState, error) {
	out := []HookState{}
	for _, w := range n.o.Config.Webhooks {
		var h hooked
		if _, err := n.o.Store.Get(ctx, hookKind, w.Name, &h); err != nil {
			return nil, err
		}
		s := HookState{Name: w.Name, Sees: strings.TrimSpace(w.Sees.Role + " " + w.Sees.Party), Signed: "hmac-sha256", Delivered: h.Delivered, LastOK: h.LastOK, Failing: h.Failing, Failures: h.Failures, Why: h.Why, Dead: h.Dead}
		if u, err := url.Parse(w.URL); err == nil {
			s.Host = u.Host
		}
		if w.Secret == "" && n.o.Key != nil {
			s.Signed, s.Key = "ed25519", "whpk_"+base64.StdEncoding.EncodeToString(n.o.Key.Public().(ed25519.PublicKey))
		}
		out = append(out, s)
	}
	return out, nil
}

// note remembers what came of an attempt.
func (n *Notifier) note(ctx context.Context, name string, err error, dead bool) error {
	if err != nil && dead {
		n.o.Slog.Warn("a message to a webhook was given up", "webhook", name, "why", err.Error())
	}
	now := n.o.Now().UTC()
	var h hooked
	return n.o.Store.Change(ctx, hookKind, name, &h, func() {
		if err == nil {
			h.Delivered, h.LastOK, h.Failing, h.Failures, h.Why = h.Delivered+1, &now, nil, 0, ""
			return
		}
		h.Failures, h.Why = h.Failures+1, err.Error()
		if h.Failing == nil {
			h.Failing = &now
		}
		if dead {
			h.Dead++
		}
	})
}

// deliver sends a message to a webhook.
func (n *Notifier) deliver(ctx context.Context, t jobs.Try) error {
	x, err := read(t)
	if err != nil {
		return err
	}
	w := n.hook(x.To)
	if w == nil {
		return nil // it is not in the configuration any more
	}
	if n.o.Away && (w.Secret == "" || isSubscription(x.Rule)) {
		return n.o.Queue.Add(ctx, jobs.Task{Kind: hookKind + atHome, Key: x.key(), Once: true, Body: x, Attempts: w.Attempts})
	}
	sees := w.Sees
	if isSubscription(x.Rule) {
		own, err := n.subscription(ctx, x.Rule)
		if err != nil || own == nil || own.Webhook != x.To {
			return err
		}
		sees = own.sees()
	}
	m, err := n.made(ctx, x, sees)
	if err != nil || m == nil {
		return err
	}
	err = n.send(ctx, w, t.Key, m)
	if err != nil && ctx.Err() != nil {
		return err
	}
	var gone goneError
	if errors.As(err, &gone) {
		err = jobs.Give(err)
	}
	if nerr := n.note(ctx, w.Name, err, err != nil && (t.Last || errors.As(err, &gone))); nerr != nil {
		n.o.Slog.Error("webhook", "webhook", w.Name, "error", nerr.Error())
	}
	return err
}

// goneError is of a host that does not want to be told any more.
type goneError struct{ error }

// send posts a message, signed as Standard Webhooks has it.
func (n *Notifier) send(ctx context.Context, w *Webhook, key string, m *Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	id := sha256.Sum256([]byte(n.o.Origin + "\n" + key))
	h := map[string]string{"Content-Type": "application/json", "webhook-id": "msg_" + hex.EncodeToString(id[:16]), "webhook-timestamp": strconv.FormatInt(n.o.Now().Unix(), 10)}
	signed := []byte(h["webhook-id"] + "." + h["webhook-timestamp"] + "." + string(body))
	if h["webhook-signature"], err = n.signature(w, signed); err != nil {
		return err
	}
	a, _, err := n.o.Guard.Post(ctx, fetch.Request{URL: w.URL, Header: h, Limits: fetch.Limits{Bytes: 64 << 10}}, body)
	switch {
	case err != nil:
		return err
	case a.State == fetch.Fresh:
		return nil
	case a.Status == http.StatusGone:
		return goneError{errors.New(a.Why)}
	}
	return jobs.Later(a.RetryAfter, errors.New(a.Why))
}

func (n *Notifier) signature(w *Webhook, signed []byte) (string, error) {
	if w.Secret == "" {
		return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(n.o.Key, signed)), nil
	}
	secret, err := w.Secret.Read(n.o.Dir)
	if err != nil {
		return "", err
	}
	key := []byte(secret)
	if rest, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err = base64.StdEncoding.DecodeString(rest); err != nil {
			return "", fmt.Errorf("the secret begins with whsec_ and is not base64 after it")
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(signed)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
