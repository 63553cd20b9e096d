package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/inbox"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/notify"
)

// made is a background whose state is given.
type made struct{ err error }

func (m made) Feeds(context.Context) ([]inbox.FeedState, error) {
	now := time.Unix(1_900_000_000, 0)
	return []inbox.FeedState{{Name: "a", State: "broken", Failures: 3, Why: "the answer cannot be read: line 2: Olena"}, {Name: "b", State: "empty", Good: now}, {Name: "c", State: "new", Good: now}}, m.err
}

func (m made) Webhooks(context.Context) ([]notify.HookState, error) {
	now := time.Unix(1_900_000_000, 0)
	return []notify.HookState{{Name: "w", Failing: &now, Failures: 2, Dead: 1}}, nil
}
func (m made) Dead(context.Context, int) ([]jobs.Dead, error) { return nil, nil }
func (m made) Counts(context.Context) (map[string]int64, error) {
	return map[string]int64{"available": 1, "retryable": 2, "completed": 9, "discarded": 4, "cancelled": 1}, nil
}
func (m made) Receive(context.Context, string, http.Header, []byte) (inbox.Received, error) {
	return inbox.Received{}, nil
}

// TestBackgroundState: a broken source is in health and metrics, and does not make
// the server so; a queue that cannot be read does.
func TestBackgroundState(t *testing.T) {
	s := &Server{o: Options{Background: made{}}}
	h, err := s.backgroundHealth()
	if err != nil || *h != (BackgroundHealth{Feeds: 3, Broken: 1, Empty: 1, Failing: 1, Waiting: 3, Dead: 5}) {
		t.Errorf("%+v %v", h, err)
	}
	text := s.backgroundMetrics(t.Context())
	for _, want := range []string{`truce_feed_state{feed="a",state="broken"} 1`, `truce_feed_state{feed="a",state="new"} 0`, `truce_feed_failures{feed="a"} 3`, `truce_feed_good_seconds{feed="a"} 0`,
		`truce_feed_good_seconds{feed="b"} 1900000000`, `truce_webhook_failures{webhook="w"} 2`, `truce_webhook_dead_total{webhook="w"} 1`, `truce_tasks{state="discarded"} 4`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if _, err := (&Server{o: Options{Background: made{errors.New("disk")}}}).backgroundHealth(); err == nil {
		t.Error("a queue that cannot be read is not told")
	}
	fs, err := made{}.Feeds(t.Context())
	if quietly(fs); err != nil || strings.Contains(fs[0].Why, "Olena") || fs[0].Why == "" {
		t.Errorf("%v %v", fs, err)
	}
}
