package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// TestAskersAreBounded: of those who ask, who was not seen for the longest time is
// dropped, and nobody else: held against a list that is looked through.
func TestAskersAreBounded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const most = 5
		k, now := newAskers(most), time.Unix(0, 0)
		twin := map[string]time.Time{} // when each was seen last
		for range rapid.IntRange(1, 80).Draw(rt, "questions") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 1, 700, 4000, 11000}).Draw(rt, "ms")) * time.Millisecond)
			key := fmt.Sprint(rapid.IntRange(0, 30).Draw(rt, "who"))
			_, known := k.seen(key, now)
			if _, want := twin[key]; known != want {
				rt.Fatalf("%s is known: %v, expected %v", key, known, want)
			}
			for !known && len(twin) >= most {
				oldest := slices.MinFunc(slices.Collect(maps.Keys(twin)), func(a, b string) int { return twin[a].Compare(twin[b]) })
				if now.Sub(twin[oldest]) <= askedFor && len(twin) < 2*most {
					break
				}
				delete(twin, oldest)
			}
			k.put(shownOnce{at: now, used: now, key: key})
			twin[key] = now
			if len(k.by) != len(twin) || k.order.Len() != len(twin) || len(twin) > 2*most {
				rt.Fatalf("%d are known, %d in the list, expected %d", len(k.by), k.order.Len(), len(twin))
			}
			for key := range twin {
				if k.by[key] == nil {
					rt.Fatalf("%s is not known", key)
				}
			}
		}
	})
}

// BenchmarkAskers: one who was not seen before asks, while so many others do.
func BenchmarkAskers(b *testing.B) {
	for _, n := range []int{1000, askedMost, 2 * askedMost} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k, now := newAskers(askedMost), time.Unix(0, 0)
			keys := make([]string, n+b.N)
			for i := range keys {
				keys[i] = fmt.Sprint("somebody ", i)
			}
			for i := range n {
				k.put(shownOnce{used: now, key: keys[i]})
			}
			b.ResetTimer()
			for i := range b.N {
				now = now.Add(time.Microsecond)
				k.put(shownOnce{used: now, key: keys[n+i]})
			}
		})
	}
}
