package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/people"
)

// Somebody who goes away while it is asked who they are, or who asks too often, keeps
// nobody else out; and the server is told whence they ask.
func TestAheadOneAskerKeepsNobodyElseOut(t *testing.T) {
	whence := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whence <- r.Header.Get("X-Forwarded-For")
		switch r.Header.Get("Authorization") {
		case "Bearer slow":
			<-r.Context().Done()
		case "Bearer often":
			w.WriteHeader(http.StatusTooManyRequests)
		case "Bearer wrong":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.Write([]byte(`{"account":"A-1","role":"mission","by":"token"}`))
		}
	}))
	defer srv.Close()
	u, _ := url.Parse(srv.URL)
	a := NewAhead(u, slog.New(slog.DiscardHandler), func(r *http.Request) string { return r.RemoteAddr })
	ask := func(ctx context.Context, token, from string) (Who, error) {
		r := httptest.NewRequest(http.MethodGet, "/api/incidents", nil)
		r.RemoteAddr = from
		r.Header.Set("Authorization", "Bearer "+token)
		who, _, err := a.Ask(ctx, r)
		return who, err
	}
	heard := func() string {
		select {
		case from := <-whence:
			return from
		case <-time.After(5 * time.Second):
			return "nowhere"
		}
	}
	for i, c := range []struct {
		token string
		is    error
	}{{"slow", context.DeadlineExceeded}, {"often", errAskLess}, {"wrong", people.ErrNotGood}} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		if c.token != "slow" {
			ctx = context.Background()
		}
		if _, err := ask(ctx, c.token, "192.0.2.7:1234"); !errors.Is(err, c.is) {
			t.Errorf("%s: %v, expected %v", c.token, err, c.is)
		}
		cancel()
		if from := heard(); from != "192.0.2.7" {
			t.Errorf("%s: asked as from %q", c.token, from)
		}
		if who, err := ask(context.Background(), "good"+string(rune('a'+i)), "[2001:db8::1]:99"); err != nil || who.Account != "A-1" {
			t.Errorf("after %s: %+v, %v", c.token, who, err)
		}
		if from := heard(); from != "2001:db8::1" {
			t.Errorf("after %s: asked as from %q", c.token, from)
		}
	}
}
