package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Asker answers a question as somebody who has not signed in is answered.
type Asker func(ctx context.Context, path string) (status int, header http.Header, body []byte, err error)

// Of asks a handler, without a line in between and without a word of who asks.
func Of(h http.Handler) Asker {
	return func(ctx context.Context, path string) (int, http.Header, []byte, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://record.invalid"+path, nil)
		if err != nil {
			return 0, nil, nil, err
		}
		r.RemoteAddr = "127.0.0.1:1"
		w := &kept{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(w, r)
		return w.status, w.header, w.body.Bytes(), ctx.Err()
	}
}

// maxAnswer bounds an answer of a server.
const maxAnswer = 1 << 30

// Server asks a server that is running, as somebody who has not signed in. Where it
// says that these are more questions than it answers in a second, it is asked later.
func Server(base string) (Asker, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q: expected the address of a server, such as http://127.0.0.1:8080", base)
	}
	c := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the server sends on to elsewhere") }}
	base = strings.TrimSuffix(base, "/")
	return func(ctx context.Context, path string) (int, http.Header, []byte, error) {
		for {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
			if err != nil {
				return 0, nil, nil, err
			}
			res, err := c.Do(r)
			if err != nil {
				return 0, nil, nil, err
			}
			b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
			res.Body.Close()
			if err == nil && len(b) > maxAnswer {
				err = fmt.Errorf("%s: an answer of more than %d bytes", path, maxAnswer)
			}
			if err != nil || res.StatusCode != http.StatusTooManyRequests {
				return res.StatusCode, res.Header, b, err
			}
			wait, _ := strconv.Atoi(res.Header.Get("Retry-After")) // none: at once, but for this
			select {
			case <-time.After(time.Duration(min(max(wait, 1), 60)) * time.Second):
			case <-ctx.Done():
				return 0, nil, nil, ctx.Err()
			}
		}
	}, nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(code int)        { k.status = code }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }

// get asks for something that must be there.
func (a Asker) get(ctx context.Context, path string) ([]byte, http.Header, error) {
	status, h, b, err := a(ctx, path)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: the record answers %d: %.300s", path, status, b)
	}
	return b, h, err
}

func (a Asker) json(ctx context.Context, path string, to any) error {
	b, _, err := a.get(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// pages asks for all pages of a list.
func (a Asker) pages(ctx context.Context, path string, query url.Values, each func(b []byte) error) error {
	q := url.Values{"limit": {"1000"}}
	for k, v := range query {
		q[k] = v
	}
	for {
		b, h, err := a.get(ctx, path+"?"+q.Encode())
		if err != nil {
			return err
		}
		if err := each(b); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		next := h.Get("X-Next") // of files
		if next == "" {
			var l struct{ Next string }
			if json.Unmarshal(b, &l) == nil { // a table has none in it
				next = l.Next
			}
		}
		if next == "" {
			return nil
		}
		q.Set("cursor", next)
	}
}
