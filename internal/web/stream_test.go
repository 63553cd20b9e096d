package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/people"
)

// stream is what an account is told of the entries up to a size.
func (w *world) stream(t *testing.T, account string, size int64) []string {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 10*time.Second)
	defer end()
	lines := w.open(t, ctx, account, "/api/events?after=0")
	var out []string
	for l := range lines {
		out = append(out, l)
		if l == fmt.Sprintf("id: %d", size) {
			return out
		}
	}
	t.Fatalf("%q: the stream ends after %d lines", account, len(out))
	return nil
}

// open opens a stream; the channel is closed where it ends.
func (w *world) open(t *testing.T, ctx context.Context, account, path string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+secretOf(account))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	return linesOf(ctx, res)
}

func linesOf(ctx context.Context, res *http.Response) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// ends waits for the end of a stream.
func ends(t *testing.T, lines <-chan string, what string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case l, more := <-lines:
			if !more {
				return
			}
			if strings.Contains(l, "after it was taken away") {
				t.Fatalf("%s: still told: %s", what, l)
			}
		case <-late:
			t.Fatalf("%s: the stream goes on", what)
		}
	}
}

// TestStreamEndsWithTheRight: who reads a stream reads no further when the role,
// the account or the token is taken away, or the session ends.
func TestStreamEndsWithTheRight(t *testing.T) {
	w := newWorld(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	report := func(n int) {
		w.post("/api/reports", "anna", fmt.Sprintf(`{"id":"01JPV9Z8M00000000000000%03d","row":{"act":"attack.strike.drone","text":"after it was taken away"}}`, n))
	}
	id := func(name string) string { a, _ := w.people.Directory().Account(name); return a.ID }
	for n, x := range []struct {
		account, what string
		take          func() error
	}{
		{"check", "a role taken away", func() error {
			_, err := w.people.Grant(ctx, people.AtConsole(), id("check"), "", "", "test")
			return err
		}},
		{"borys", "an account closed", func() error { return w.people.SetState(ctx, people.AtConsole(), id("borys"), false, "test") }},
		{"reader", "a token withdrawn", func() error {
			for _, tok := range w.people.Directory().Tokens(id("reader")) {
				if err := w.people.Withdraw(ctx, people.AtConsole(), tok.ID); err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		lines := w.open(t, ctx, x.account, "/api/events")
		<-lines // it has begun
		if err := x.take(); err != nil {
			t.Fatalf("%s: %v", x.what, err)
		}
		report(n)
		ends(t, lines, x.what)
	}
	b, _ := w.officer(t, "watch", "verifier", "")
	r, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(r)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	lines := linesOf(ctx, res)
	<-lines
	if status, _ := b.form("/sign-out", nil); status != 200 {
		t.Fatal(status)
	}
	report(100)
	ends(t, lines, "a session signed out")
}
