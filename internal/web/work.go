package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// work is what takes a while and changes nothing: examining texts, comparing them,
// judging what is supposed. Few are done at once, whoever asks, and those who are
// not signed in have one place among them.
type work struct {
	places, strangers chan struct{}

	mu   sync.Mutex
	kept map[string]any // answers, by what was asked
	old  []string       // keys, the oldest first
}

const (
	workPlaces = 2
	workWaits  = 8 * time.Second  // for a place
	workLasts  = 25 * time.Second // before it is given up
	workKept   = 48               // answers
)

func newWork() work {
	return work{places: make(chan struct{}, workPlaces), strangers: make(chan struct{}, 1), kept: map[string]any{}}
}

var errBusy = errors.New("busy")

// take takes a place; giving it back is up to who has it.
func (w *work) take(ctx context.Context, who Who) (back func(), err error) {
	late := time.NewTimer(workWaits)
	defer late.Stop()
	var had []chan struct{}
	back = func() {
		for _, c := range had {
			<-c
		}
	}
	for _, c := range []chan struct{}{w.strangers, w.places} {
		if c == w.strangers && who.Account != "" {
			continue
		}
		select {
		case c <- struct{}{}:
			had = append(had, c)
		case <-late.C:
			back()
			return nil, errBusy
		case <-ctx.Done():
			back()
			return nil, ctx.Err()
		}
	}
	return back, nil
}

func (w *work) answer(key string) (any, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok := w.kept[key]
	return x, ok
}

func (w *work) keep(key string, x any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, had := w.kept[key]; !had {
		w.old = append(w.old, key)
	}
	w.kept[key] = x
	if len(w.old) > workKept {
		delete(w.kept, w.old[0])
		w.old = w.old[1:]
	}
}

// forget drops what is kept.
func (w *work) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept, w.old = map[string]any{}, nil
}

// computed answers a question that takes a while: with the answer that was kept
// under a key, or with f in a place of its own. What lasts too long is given up, and
// holds its place until it has ended. f must not use a snapshot.
func computed[T any](ctx context.Context, s *Server, key string, f func() (*T, error)) (*T, error) {
	if x, ok := s.work.answer(key); ok && key != "" {
		return x.(*T), nil
	}
	back, err := s.work.take(ctx, whoOf(ctx))
	if errors.Is(err, errBusy) {
		return nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests("other texts are being examined; nothing was done: try again in a few seconds"), http.Header{"Retry-After": {"5"}})
	}
	if err != nil {
		return nil, failure(err)
	}
	if x, ok := s.work.answer(key); ok && key != "" { // somebody asked the same
		back()
		return x.(*T), nil
	}
	type outcome struct {
		x   *T
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		defer back()
		defer func() {
			if p := recover(); p != nil {
				s.o.Slog.Error("a computation made the server fail", "panic", fmt.Sprint(p))
				done <- outcome{nil, huma.Error500InternalServerError("the server failed at this question; nothing was changed by it")}
			}
		}()
		x, err := f()
		if err == nil && key != "" {
			s.work.keep(key, x)
		}
		done <- outcome{x, err}
	}()
	late := time.NewTimer(workLasts)
	defer late.Stop()
	select {
	case o := <-done:
		return o.x, o.err
	case <-ctx.Done():
		return nil, failure(ctx.Err())
	case <-late.C:
		return nil, huma.Error503ServiceUnavailable(fmt.Sprintf("this takes longer than %s and was given up; truce check and truce compare have no such limit", workLasts))
	}
}
