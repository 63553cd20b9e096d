package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/inbox"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/rights"
)

// Background is the work that goes on beside requests.
type Background interface {
	Feeds(ctx context.Context) ([]inbox.FeedState, error)
	Webhooks(ctx context.Context) ([]notify.HookState, error)
	Dead(ctx context.Context, most int) ([]jobs.Dead, error)
	Counts(ctx context.Context) (map[string]int64, error)
	Receive(ctx context.Context, name string, h http.Header, body []byte) (inbox.Received, error)
}

// FeedList is the feeds as they stand.
type FeedList struct {
	Items  []inbox.FeedState `json:"items"`
	Broken int               `json:"broken" doc:"of items: nothing is known of what there is"`
	Empty  int               `json:"empty" doc:"of items: they answered, and there was nothing, which is not zero events"`
}

// WebhookList is the webhooks as they stand.
type WebhookList struct {
	Items []notify.HookState `json:"items"`
	Dead  []jobs.Dead        `json:"dead" doc:"messages and other tasks that were given up, the newest 100"`
}

// BackgroundHealth is how feeds and messages stand. A source that is broken does
// not make this server so.
type BackgroundHealth struct {
	Feeds   int   `json:"feeds"`
	Broken  int   `json:"broken"`
	Empty   int   `json:"empty"`
	Failing int   `json:"webhooks_failing"`
	Waiting int64 `json:"tasks_waiting"`
	Dead    int64 `json:"tasks_given_up"`
}

type hookInput struct {
	Name      string `path:"name"`
	Token     string `header:"X-Truce-Token" doc:"where the hook has a token"`
	Hub       string `header:"X-Hub-Signature-256" doc:"sha256= and the HMAC of the body, hexadecimal"`
	ID        string `header:"webhook-id" doc:"of Standard Webhooks"`
	Timestamp string `header:"webhook-timestamp"`
	Signature string `header:"webhook-signature"`
	RawBody   []byte `contentType:"application/json"`
}

func (in *hookInput) header() http.Header {
	h := http.Header{}
	for k, v := range map[string]string{"X-Truce-Token": in.Token, "X-Hub-Signature-256": in.Hub, "Webhook-Id": in.ID, "Webhook-Timestamp": in.Timestamp, "Webhook-Signature": in.Signature} {
		if v != "" {
			h.Set(k, v)
		}
	}
	return h
}

type receivedOutput struct {
	Status int
	Body   inbox.Received
}

func (s *Server) background() {
	b := s.o.Background
	if b == nil {
		b = idle{}
	}
	register(s, "/api/feeds", "Sources that are looked at on a schedule, and how each stands", func(ctx context.Context, _ *struct{}) (*struct {
		Cache string `header:"Cache-Control"`
		Body  FeedList
	}, error) {
		full := s.allow(ctx, "read", Object{Thing: "report", Marking: rights.ForMission})
		if full != nil && s.allow(ctx, "read", Object{Thing: "settings", Marking: rights.ForMission}) != nil {
			return nil, full
		}
		fs, err := b.Feeds(ctx)
		if full != nil {
			quietly(fs)
		}
		l := FeedList{Items: fs}
		for _, f := range fs {
			l.Broken += bit(f.State == "broken")
			l.Empty += bit(f.State == "empty")
		}
		return &struct {
			Cache string `header:"Cache-Control"`
			Body  FeedList
		}{"no-store", l}, failure(err)
	})
	register(s, "/api/webhooks", "Who is told, how that stands, and what was given up", func(ctx context.Context, _ *struct{}) (*struct {
		Cache string `header:"Cache-Control"`
		Body  WebhookList
	}, error) {
		if err := s.allow(ctx, "read", Object{Thing: "settings", Marking: rights.ForMission}); err != nil {
			return nil, err
		}
		ws, err := b.Webhooks(ctx)
		dead, derr := b.Dead(ctx, 100)
		return &struct {
			Cache string `header:"Cache-Control"`
			Body  WebhookList
		}{"no-store", WebhookList{ws, dead}}, failure(errors.Join(err, derr))
	})
	huma.Register(s.api, huma.Operation{OperationID: "hook", Method: http.MethodPost, Path: "/api/hooks/{name}", Summary: "A submission of KoboToolbox, or of another program", MaxBodyBytes: s.o.MaxBody, DefaultStatus: http.StatusCreated, Tags: []string{"submit"},
		Security: []map[string][]string{}, SkipValidateBody: true,
		Description: "The sender has a token or signs the body (docs/feeds-and-alerts.md). The same sent again is one entry; the same thing with other content is a correction."},
		func(ctx context.Context, in *hookInput) (*receivedOutput, error) {
			r, err := b.Receive(ctx, in.Name, in.header(), in.RawBody)
			var refused *inbox.HookError
			if errors.As(err, &refused) {
				var more []error
				for _, x := range refused.Says[1:] {
					more = append(more, errors.New(x))
				}
				return nil, huma.NewError(refused.Status, refused.Says[0], more...)
			}
			if err != nil {
				return nil, failure(err)
			}
			if r.Replay {
				s.metrics.replays.Add(1)
				return &receivedOutput{http.StatusOK, r}, nil
			}
			s.metrics.entries.Add(1)
			return &receivedOutput{http.StatusCreated, r}, nil
		})
}

// quietly leaves out what files hold: whoever keeps machines and reads nothing
// confidential sees that a file cannot be read, and not its words.
func quietly(fs []inbox.FeedState) {
	const unread = "cannot be read"
	for i := range fs {
		if k := strings.Index(fs[i].Why, unread); k >= 0 {
			fs[i].Why = fs[i].Why[:k+len(unread)]
		}
	}
}

// idle is a background where nothing is set up.
type idle struct{}

func (idle) Feeds(context.Context) ([]inbox.FeedState, error)     { return []inbox.FeedState{}, nil }
func (idle) Webhooks(context.Context) ([]notify.HookState, error) { return []notify.HookState{}, nil }
func (idle) Dead(context.Context, int) ([]jobs.Dead, error)       { return []jobs.Dead{}, nil }
func (idle) Counts(context.Context) (map[string]int64, error)     { return nil, nil }
func (idle) Receive(context.Context, string, http.Header, []byte) (inbox.Received, error) {
	return inbox.Received{}, &inbox.HookError{Status: http.StatusNotFound, Says: []string{"there is no such hook here"}}
}

// backgroundHealth is nil where nothing is set up, and an error where it cannot be
// told.
func (s *Server) backgroundHealth() (*BackgroundHealth, error) {
	if s.o.Background == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	fs, err := s.o.Background.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	ws, err := s.o.Background.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.o.Background.Counts(ctx)
	if err != nil {
		return nil, err
	}
	h := &BackgroundHealth{Feeds: len(fs), Waiting: n["available"] + n["retryable"] + n["scheduled"] + n["running"], Dead: n["discarded"] + n["cancelled"]}
	for _, f := range fs {
		h.Broken += bit(f.State == "broken")
		h.Empty += bit(f.State == "empty")
	}
	for _, w := range ws {
		h.Failing += bit(w.Failing != nil)
	}
	return h, nil
}

// backgroundMetrics are the numbers of feeds, webhooks and tasks.
func (s *Server) backgroundMetrics(ctx context.Context) string {
	if s.o.Background == nil {
		return ""
	}
	var b strings.Builder
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	fs, err := s.o.Background.Feeds(ctx)
	ws, werr := s.o.Background.Webhooks(ctx)
	n, nerr := s.o.Background.Counts(ctx)
	if err := errors.Join(err, werr, nerr); err != nil {
		s.o.Slog.Error("metrics", "error", err.Error())
	}
	head("truce_feed_state", "gauge", "1 for the state that a feed is in.")
	for _, f := range fs {
		for _, st := range []string{"waiting", "new", "unchanged", "not-modified", "empty", "broken"} {
			fmt.Fprintf(&b, "truce_feed_state{feed=%q,state=%q} %d\n", f.Name, st, bit(st == f.State))
		}
	}
	head("truce_feed_failures", "gauge", "Times that a feed was broken, one after another.")
	for _, f := range fs {
		fmt.Fprintf(&b, "truce_feed_failures{feed=%q} %d\n", f.Name, f.Failures)
	}
	head("truce_feed_good_seconds", "gauge", "When a feed last said something that could be read, seconds since 1970; 0: never.")
	for _, f := range fs {
		fmt.Fprintf(&b, "truce_feed_good_seconds{feed=%q} %d\n", f.Name, max(f.Good.Unix(), 0))
	}
	head("truce_webhook_failures", "gauge", "Attempts at a webhook that failed, one after another.")
	for _, w := range ws {
		fmt.Fprintf(&b, "truce_webhook_failures{webhook=%q} %d\n", w.Name, w.Failures)
	}
	head("truce_webhook_dead_total", "counter", "Messages to a webhook that were given up.")
	for _, w := range ws {
		fmt.Fprintf(&b, "truce_webhook_dead_total{webhook=%q} %d\n", w.Name, w.Dead)
	}
	head("truce_tasks", "gauge", "Tasks in the queue, by state.")
	var states []string
	for st := range n {
		states = append(states, st)
	}
	sort.Strings(states)
	for _, st := range states {
		fmt.Fprintf(&b, "truce_tasks{state=%q} %d\n", st, n[st])
	}
	return b.String()
}
